"""The rule profiles: every number has a source, and only what somebody read binds."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgspatial.errors import InputError
from kgspatial.standards import Profile, Rule, profile_names, read_profile, share_3_to_5


@pytest.mark.parametrize("name", profile_names())
def test_every_rule_has_a_source_and_an_evidence_mark(name: str) -> None:
    for rule in read_profile(name).rules:
        assert rule.source
        assert rule.evidence in ("seen", "sec", "mem", "calc")


def test_the_ladder_is_30_places_a_class() -> None:
    profile = read_profile()
    assert [(s.classes, s.places) for s in profile.ladder] == [
        *((3, 90), (6, 180), (9, 270), (12, 360)),
    ]
    assert all(profile.places(s.classes) == s.places for s in profile.ladder)
    assert profile.ladder[-1].places == profile.max_places


def test_what_is_only_remembered_does_not_bind() -> None:
    assert not Rule("x", 1.0, "source", "mem").binds
    assert Rule("x", 1.0, "source", "seen").binds


def test_a_rule_is_found_by_its_id() -> None:
    assert read_profile().rule("targets.public_share").value == 0.5
    with pytest.raises(InputError, match=r"no rule 'targets\.nothing'"):
        read_profile().rule("targets.nothing")


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"Known: .*national"):
        read_profile("utopia")


OWN = """[profile]
id = "own"
name_zh = "本规划"
name_en = "own"
based_on = "guangdong_2022"

[service_radius_m]
value = 400
source = "本规划"
evidence = "seen"

[norm]
form = "places_per_1000"
value = 35
source = "本规划"
evidence = "seen"
"""


def own_file(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


class TestInheritance:
    def test_the_plans_own_file_goes_before_the_province_and_the_nation(
        self, tmp_path: Path
    ) -> None:
        own, nation = read_profile(own_file(tmp_path)), read_profile()
        assert own.based_on == ("guangdong_2022", "national")
        assert (own.service_radius_m, own.norm.value) == (400, 35)
        assert own.norm.split is None  # the province's split belongs to the province's norm
        assert own.ladder == nation.ladder
        assert own.rule("targets.public_share") == nation.rule("targets.public_share")

    def test_a_file_may_be_named_as_text_and_is_read_anew(self, tmp_path: Path) -> None:
        path = own_file(tmp_path)
        assert read_profile(str(path)).norm.value == 35
        own_file(tmp_path, OWN.replace("value = 35", "value = 36"))
        assert read_profile(str(path)).norm.value == 36

    def test_a_city_inherits_from_its_province(self) -> None:
        xiamen = read_profile("xiamen_2012")
        assert xiamen.based_on == ("fujian_2010", "national")
        assert xiamen.norm_rural == read_profile("fujian_2010").norm_rural
        assert read_profile("fujian_2013").service_radius_m == 300

    def test_a_single_target_is_overridden(self, tmp_path: Path) -> None:
        text = OWN + '[targets.inclusive_share]\nvalue = 0.85\nsource = "x"\nevidence = "seen"\n'
        own = read_profile(own_file(tmp_path, text))
        assert own.rule("targets.inclusive_share").value == 0.85
        assert own.rule("targets.public_share").value == 0.5

    def test_a_number_from_memory_does_not_take_the_place_of_one_that_was_read(
        self, tmp_path: Path
    ) -> None:
        text = OWN.replace('evidence = "seen"', 'evidence = "mem"', 1)
        own = read_profile(own_file(tmp_path, text))
        assert own.service_radius_m == 500
        assert [(r.id, r.value) for r in own.unverified] == [("service_radius_m", 400)]

    def test_a_pool_takes_the_service_radius_unless_it_names_one(self, tmp_path: Path) -> None:
        pool = "[norm.pool]\nresidents_below = 4500\n"
        for own, radius in (("", 400), ("radius_m = 800\n", 800)):
            rule = read_profile(own_file(tmp_path, OWN + pool + own)).norm
            assert rule.pool is not None
            assert rule.pool.radius_m == radius

    def test_the_norms_own_household_does_not_touch_the_census(self) -> None:
        guangdong = read_profile("guangdong_2022")
        assert guangdong.norm.basis.persons_per_household.value == 3.2
        assert guangdong.rule("persons_per_household").value == 2.62

    def test_a_file_without_a_base_must_bring_every_rule(self, tmp_path: Path) -> None:
        text = OWN.replace('based_on = "guangdong_2022"\n', "")
        with pytest.raises(InputError, match="no verified rule") as caught:
            read_profile(own_file(tmp_path, text))
        assert "based_on" in caught.value.hint


def target(value: float, years: str = "", mark: str = "seen") -> str:
    entry = f'[[targets.class_size_share]]\nvalue = {value}\ndirection = "at_least"\n'
    return f'{entry}source = "本规划"\nevidence = "{mark}"\n{years}'


class TestTargetsByYear:
    def values(self, profile: Profile, year: int | None) -> list[float]:
        return [rule.value for rule in profile.rules_in("targets.class_size_share", year)]

    def test_each_year_has_its_own(self, tmp_path: Path) -> None:
        text = target(0.7, "valid_to = 2026\n") + target(0.8, "valid_from = 2027\n")
        own = read_profile(own_file(tmp_path, OWN + text))
        found = {year: self.values(own, year) for year in (2020, 2026, 2027, None)}
        assert found == {2020: [0.7], 2026: [0.7], 2027: [0.8], None: [0.8]}

    def test_all_years_of_a_target_are_overridden_together(self, tmp_path: Path) -> None:
        own = read_profile(own_file(tmp_path, OWN + target(0.9, "valid_from = 2030\n")))
        assert self.values(own, 2025) == []
        assert self.values(own, 2030) == [0.9]
        assert own.rule("targets.public_share") == read_profile().rule("targets.public_share")

    def test_what_nobody_verified_replaces_nothing(self, tmp_path: Path) -> None:
        own = read_profile(own_file(tmp_path, OWN + target(0.9, mark="mem")))
        assert self.values(own, 2025) == [0.85]
        assert [rule.value for rule in own.unverified if "class_size" in rule.id] == [0.9]

    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            (target(0.7, "valid_to = 2027\n") + target(0.8, "valid_from = 2027\n"), 8, "same time"),
            (target(1.1), 2, "cannot be"),
            (target(85), 2, "cannot be"),
            (target(0.7).replace("class_size_share", "class_sizes_share"), 1, "Did you mean"),
        ],
    )
    def test_what_cannot_be_is_refused_with_its_line(
        self, tmp_path: Path, text: str, line: int, words: str
    ) -> None:
        with pytest.raises(InputError, match=words) as caught:
            read_profile(own_file(tmp_path, OWN + text))
        assert caught.value.row == OWN.count("\n") + line


def wrong(tmp_path: Path, old: str, new: str) -> InputError:
    """The error about the planner's own file with one thing changed."""
    assert old in OWN
    with pytest.raises(InputError) as caught:
        read_profile(own_file(tmp_path, OWN.replace(old, new)))
    return caught.value


STEP = "[[norm.steps]]\nresidents_from = 4500\nclasses = 6\n"
LAST_LINE = OWN.count("\n")


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("old", "new", "line", "key", "words"),
        [
            ("[norm]", "[nrom]", 12, "nrom", "Did you mean 'norm'"),
            ("value = 400", "valeu = 400", 8, "service_radius_m.valeu", "Did you mean 'value'"),
            ("value = 400", "value = 40000", 8, "service_radius_m.value", "cannot be"),
            ("value = 400", 'value = "400"', 8, "service_radius_m.value", "expected a number"),
            ("value = 400", "value = true", 8, "service_radius_m.value", "expected a number"),
            ("value = 400", "value = nan", 8, "service_radius_m.value", "cannot be"),
            ("value = 400", "", 7, "service_radius_m.value", "'value' is missing"),
            ("value = 400", "value = 400\nlow = 500", 9, "service_radius_m.low", "that side"),
            ('source = "本规划"\nevidence', "evidence", 7, "service_radius_m.source", "missing"),
            ('source = "本规划"', 'source = " "', 9, "service_radius_m.source", "expected a text"),
            ('evidence = "seen"', 'evidence = "sure"', 10, "service_radius_m.evidence", "not one of"),
            ("value = 35", "value = 35\nvalid_from = 22", 15, "norm.valid_from", "cannot be"),
            ("value = 35", "value = 35\nvalid_from = 2020\nvalid_to = 2019", 16, "norm.valid_to", "before it begins"),
            ("value = 35", "value = 0.035", 14, "norm.value", "cannot be"),
            ("value = 35", "value = 35\nclasses = 6", 15, "norm.classes", "[[norm.steps]]"),
            ('"places_per_1000"', '"per_mille"', 13, "norm.form", "not one of"),
            ('"places_per_1000"', '"brackets"', 12, "norm.steps", "verified step"),
            ('"places_per_1000"', '"one_per_residents"', 14, "norm.value", "cannot be"),
            ('"guangdong_2022"', '"guangdong"', 5, "profile.based_on", "Known:"),
            ('"guangdong_2022"', '"own"', 5, "profile.based_on", "Known:"),
            ('id = "own"', "", 1, "profile.id", "'id' is missing"),
        ],
    )  # fmt: skip
    def test_the_file_the_line_and_the_key_are_named(
        self, tmp_path: Path, old: str, new: str, line: int, key: str, words: str
    ) -> None:
        error = wrong(tmp_path, old, new)
        assert (error.source, error.row, error.column) == ("own.toml", line, key)
        assert words in str(error)

    @pytest.mark.parametrize(
        ("added", "line", "key", "words"),
        [
            (STEP.replace("residents_from", "people_from"), 2, "[1].people_from", "not known"),
            (STEP.replace("= 6", "= 6.5"), 3, "[1].classes", "whole"),
            (STEP.replace("residents_from = 4500\n", ""), 1, "[1]", "such as residents_from"),
            (STEP + STEP.replace("= 6", "= 9"), 6, "[2].classes", "later"),
            (STEP + STEP.replace("4500\nclasses = 6", "9000\nclasses = 3"), 6, "[2].classes", "fewer"),
        ],
    )  # fmt: skip
    def test_a_step_that_cannot_be_is_named_by_its_number(
        self, tmp_path: Path, added: str, line: int, key: str, words: str
    ) -> None:
        with pytest.raises(InputError, match=words) as caught:
            read_profile(own_file(tmp_path, OWN + added))
        assert (caught.value.row, caught.value.column) == (LAST_LINE + line, f"norm.steps{key}")

    @pytest.mark.parametrize("part", ["split]\nresidents_above", "pool]\nresidents_below"])
    def test_a_norm_that_nobody_verified_does_not_bind(self, tmp_path: Path, part: str) -> None:
        text = OWN + f'[norm.{part} = 4500\nevidence = "mem"\n'
        with pytest.raises(InputError, match="never binds"):
            read_profile(own_file(tmp_path, text))
        with pytest.raises(InputError, match="never binds"):
            read_profile(own_file(tmp_path, OWN[: OWN.rindex("seen")] + 'mem"\n'))

    def test_a_step_that_nobody_verified_is_shown_and_not_used(self) -> None:
        rule = read_profile("wuhan").norm
        assert [step.classes for step in rule.steps] == [6, 9]
        assert [step.classes for step in rule.unverified] == [12]
        assert not rule.unverified[0].binds

    def test_one_per_residents_has_no_steps_that_nothing_would_read(self, tmp_path: Path) -> None:
        text = OWN.replace('"places_per_1000"', '"one_per_residents"').replace("= 35", "= 6000")
        assert read_profile(own_file(tmp_path, text)).norm.value == 6000
        with pytest.raises(InputError, match="not known"):
            read_profile(own_file(tmp_path, text + "[norm.split]\nresidents_above = 1\n"))

    @pytest.mark.parametrize(
        ("ladder", "words"),
        [
            ("classes = 6\nplaces = 180\nresidents_up_to = 3000", "larger than the one before"),
            ("classes = 9\nplaces = 0\nresidents_up_to = 9000", "cannot be"),
        ],
    )
    def test_a_ladder_must_rise(self, tmp_path: Path, ladder: str, words: str) -> None:
        origin = 'source = "x"\nevidence = "seen"\n'
        first = "classes = 6\nplaces = 180\nresidents_up_to = 6000\n"
        text = OWN + f"[[ladder]]\n{first}{origin}[[ladder]]\n{ladder}\n{origin}"
        with pytest.raises(InputError, match=words):
            read_profile(own_file(tmp_path, text))

    def test_a_file_that_is_not_there_or_no_toml_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.toml"):
            read_profile(tmp_path / "none.toml")
        with pytest.raises(InputError, match=r"own\.toml: .*not valid TOML"):
            read_profile(own_file(tmp_path, "[profile\n"))
        (tmp_path / "own.toml").write_bytes("名".encode("gb18030"))
        with pytest.raises(InputError, match="UTF-8"):
            read_profile(tmp_path / "own.toml")


BIRTHS = {
    2018: 1523,
    2019: 1465,
    2020: 1202,
    2021: 1062,
    2022: 956,
    2023: 902,
    2024: 954,
    2025: 792,
}
"""Births in 10,000 as announced (国家统计局, seen)."""


class TestDemography:
    @pytest.mark.parametrize("year", [2024, 2025, 2026, 2027, 2028])
    def test_the_share_of_3_to_5_follows_from_the_births(self, year: int) -> None:
        born = (
            BIRTHS[year - 6] * 4 / 12
            + BIRTHS[year - 5]
            + BIRTHS[year - 4]
            + BIRTHS[year - 3] * 8 / 12
        )
        people = 140_828 if year == 2024 else 140_489
        assert share_3_to_5(year).value == pytest.approx(born / people, abs=5e-5)

    def test_it_is_arithmetic_and_says_so(self) -> None:
        share = share_3_to_5(2026)
        assert (share.evidence, share.valid_from) == ("calc", 2026)
        assert share.source
        assert share.clause

    @pytest.mark.parametrize("year", [2019, 2029])
    def test_nothing_is_carried_on_beyond_the_series(self, year: int) -> None:
        with pytest.raises(InputError, match="2020 to 2028"):
            share_3_to_5(year)

    def test_until_2023_enrolment_shows_more_children_than_the_births_announced(self) -> None:
        more = {
            y: share_3_to_5(y, "enrolment_per_1000").value / share_3_to_5(y).value
            for y in range(2020, 2026)
        }
        assert more[2020] == pytest.approx(1.096, abs=1e-3)
        assert max(more[2023], more[2024], more[2025]) < 1.03

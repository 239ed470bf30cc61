"""Verdicts by the rules: met, not met, or cannot be judged and what is missing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from kgspatial import read_study
from kgspatial.balance import (
    check_estates,
    check_kindergartens,
    check_rules,
    check_synchronisation,
    check_towns,
    check_villages,
    rule_summary,
)
from kgspatial.balance.rules import VERDICT_COLUMNS
from kgspatial.balance.rules.synchronisation import STAGES
from kgspatial.demand.norm import norm_demand
from kgspatial.errors import InputError
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.readers import read_plain
from kgspatial.layers import KINDS
from kgspatial.standards import Profile, Rule, profile_names, read_profile
from kgspatial.standards.single_rules import AT_LEAST, CHECKS
from kgspatial.study import Study

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
SAMPLE = Path(__file__).parents[1] / "data" / "sample"
PLACES_OF_TOWNS = box(WEST - 50_000, SOUTH - 50_000, WEST + 50_000, SOUTH + 50_000)

COMPLETE = {
    "name": "朝阳园",
    "places": 180,
    "classes": 6,
    "enrolled": 150,
    "kind": "public",
    "licensed": True,
    "grade": "示范园",
    "classes_junior": 2,
    "classes_middle": 2,
    "classes_senior": 2,
    "classes_nursery": 0,
    "classes_mixed": 0,
    "teachers": 12,
    "carers": 6,
    "staff": 25,
    "opened_year": 2019,
    "site_area_m2": 3000.0,
    "floor_area_m2": 2500.0,
    "outdoor_area_m2": 800.0,
}
"""A kindergarten of which everything is known and that meets every rule."""

NEEDS = {
    "class_size": ("enrolled", "classes"),
    "max_places": ("places",),
    "limits.classes": ("classes",),
    "limits.unlicensed": ("licensed",),
    "staffing.children_per_teacher": ("enrolled", "teachers"),
    "staffing.children_per_staff": ("enrolled", "staff"),
    "staffing.children_per_educator": ("enrolled", "teachers", "carers"),
    "staffing.teachers_per_class": ("teachers", "classes"),
    "staffing.carers_per_class": ("carers", "classes"),
    "areas.outdoor_m2_per_child": ("outdoor_area_m2", "opened_year"),
    "areas.floor_m2_per_child": ("floor_area_m2", "opened_year"),
}
"""What each rule cannot do without, of a kindergarten that meets it."""


def layer(rows: list[dict[str, Any]], id_column: str, shapes: list[Any] | None = None) -> Any:
    """Rows as a layer; without shapes, points a kilometre apart."""
    ids = [{id_column: f"{id_column[0].upper()}{i}"} for i in range(len(rows))]
    table = [first | row for first, row in zip(ids, rows, strict=True)]
    points = shapes or [Point(WEST + 1_000 * i, SOUTH) for i in range(len(rows))]
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)


def study_of(*gardens: dict[str, Any], **layers: Any) -> Study:
    rows = [{"places": 90} | garden for garden in gardens] or [{"places": 90}]
    return Study(kindergartens=layer(rows, "kindergarten_id"), crs=CRS, **layers)


def one(found: pd.DataFrame, rule: str) -> pd.Series:
    """The only verdict of a rule."""
    rows = found[found["rule"] == rule]
    assert len(rows) == 1
    return rows.iloc[0]


def binding(profile: str) -> list[Rule]:
    """Rules of a profile's own file by which something is judged."""
    rules = read_profile(profile).rules
    judging = ("max_places", *(f"{group}.{key}" for group in CHECKS for key in CHECKS[group]))
    return [r for r in rules if r.binds and r.profile == profile and r.id in judging]


def own_rule(profile: str, rule_id: str, year: int, classes: int | None = None) -> Rule:
    rules = read_profile(profile).rules_in(rule_id, year)
    return next(r for r in rules if classes is None or r.classes_from == classes)


# --- both sides of each threshold, in the words of the clause ---

CLASS = {"enrolled": 30, "classes": 1, "teachers": 3, "carers": 1, "staff": 10}
TOWN = layer([{"level": "镇"}], "unit_id", [PLACES_OF_TOWNS])
RURAL = layer([{"urban": False}], "unit_id", [PLACES_OF_TOWNS])
URBAN = layer([{"urban": True}], "unit_id", [PLACES_OF_TOWNS])
CENTRAL, PLAIN = {"name": "东镇中心幼儿园"}, {"name": "东镇幼儿园"}

SIDES: list[tuple[str, str, int, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # profile, rule, year, of all, what meets it, what does not
    *(
        ("national", f"class_size.{group}", 2024, {"classes": 1, f"classes_{group}": 1}, a, b)
        for group, a, b in (
            ("junior", {"enrolled": 25}, {"enrolled": 26}),
            ("middle", {"enrolled": 30}, {"enrolled": 31}),
            ("senior", {"enrolled": 35}, {"enrolled": 36}),
            ("mixed", {"enrolled": 30}, {"enrolled": 31}),
            ("nursery", {"enrolled": 20}, {"enrolled": 21}),
        )
    ),
    *(
        (profile, "max_places", 2024, {}, {"places": 360}, {"places": 361})
        for profile in ("national", "fuzhou_2011", "shandong_2018")
    ),
    *(
        (profile, "limits.classes", 2024, {}, {"classes": 12}, {"classes": 13})
        for profile in ("national", "shandong_2018")
    ),
    *(
        (profile, "staffing.children_per_teacher", year, {"teachers": 10}, a, b)
        for profile, year, a, b in (
            ("national", 2024, {"enrolled": 150}, {"enrolled": 151}),
            ("pujipuhui_2020", 2024, {"enrolled": 150}, {"enrolled": 151}),
            ("enping_2023", 2023, {"enrolled": 160}, {"enrolled": 161}),
            ("enping_2023", 2024, {"enrolled": 150}, {"enrolled": 151}),
        )
    ),
    *(
        (profile, "staffing.children_per_staff", year, {"staff": 10}, a, b)
        for profile, year, a, b in (
            ("national", 2024, {"enrolled": 70}, {"enrolled": 71}),
            ("enping_2023", 2023, {"enrolled": 80}, {"enrolled": 81}),
            ("enping_2023", 2024, {"enrolled": 70}, {"enrolled": 71}),
        )
    ),
    *(
        (profile, "staffing.children_per_educator", year, {"teachers": 6, "carers": 4}, a, b)
        for profile, year, a, b in (
            ("national", 2024, {"enrolled": 90}, {"enrolled": 91}),
            ("enping_2023", 2023, {"enrolled": 110}, {"enrolled": 111}),
            ("enping_2023", 2024, {"enrolled": 90}, {"enrolled": 91}),
        )
    ),
    (
        *("national", "staffing.teachers_per_class", 2024, {"classes": 3}),
        *({"teachers": 6}, {"teachers": 5}),
    ),
    (
        *("national", "staffing.carers_per_class", 2024, {"classes": 3, "teachers": 8}),
        *({"carers": 3}, {"carers": 2}),
    ),
    (
        *("national", "staffing.teachers_without_carer", 2024, {"classes": 3, "carers": 0}),
        *({"teachers": 9}, {"teachers": 8}),
    ),
    (
        *("national", "areas.outdoor_m2_per_child", 2024, {"enrolled": 100, "opened_year": 2017}),
        *({"outdoor_area_m2": 400.0}, {"outdoor_area_m2": 399.9}),
    ),
    (
        *("national", "areas.floor_m2_per_child", 2024, {"enrolled": 100, "opened_year": 2017}),
        *({"floor_area_m2": 1044.0}, {"floor_area_m2": 1043.9}),
    ),
    (
        *("fuzhou_2011", "areas.site_m2_per_child", 2024, {"enrolled": 100, "opened_year": 2011}),
        *({"site_area_m2": 1300.0}, {"site_area_m2": 1299.9}),
    ),
    (
        *("fuzhou_2011", "areas.site_m2_per_child_rural", 2024),
        {"enrolled": 100, "opened_year": 2011},
        *({"site_area_m2": 1500.0}, {"site_area_m2": 1499.9}),
    ),
    *(
        ("harbin_2019", rule, 2024, {"classes": n, "opened_year": 2019}, {c: m2}, {c: m2 - 0.1})
        for rule, c, sizes in (
            ("areas.site_m2", "site_area_m2", {6: 2700.0, 9: 4000.0, 12: 5400.0}),
            ("areas.floor_m2", "floor_area_m2", {6: 2400.0, 9: 3300.0, 12: 4200.0}),
        )
        for n, m2 in sizes.items()
    ),
    ("enping_2023", "limits.unlicensed", 2024, {}, {"licensed": True}, {"licensed": False}),
    *(
        (profile, "towns.central_kindergartens", 2024, {"kind": "public", "grade": "一级"}, a, b)
        for profile in ("national", "enping_2023")
        for a, b in ((CENTRAL, PLAIN), (CENTRAL, CENTRAL | {"kind": "private"}))
    ),
]

UNITS = {"towns": TOWN, "areas.site_m2_per_child_rural": RURAL, "areas.site_m2_per_child": URBAN}
SHOWN = {"staffing.teachers_without_carer": "staffing.carers_per_class"}
"""Rules whose verdict stands under another's name: they replace it."""


def clause_of(profile: str, rule: str, year: int, garden: dict[str, Any]) -> str:
    by_classes = rule in ("areas.site_m2", "areas.floor_m2")
    return own_rule(profile, rule, year, garden["classes"] if by_classes else None).clause


@pytest.mark.parametrize(
    ("profile", "rule", "year", "garden", "verdict"),
    [
        pytest.param(
            *(profile, rule, year, of_all | side, verdict),
            id=f"{profile}: {clause_of(profile, rule, year, of_all)}: {verdict} with {side}",
        )
        for profile, rule, year, of_all, meets, fails in SIDES
        for side, verdict in ((meets, "met"), (fails, "not_met"))
    ],
)
def test_at_the_threshold_a_rule_is_met_and_beyond_it_not(
    profile: str, rule: str, year: int, garden: dict[str, Any], verdict: str
) -> None:
    units = UNITS.get(rule, UNITS.get(rule.partition(".")[0]))
    found = check_rules(study_of(garden, units=units), year, profile)
    row = one(found, SHOWN.get(rule, rule))
    assert (row["verdict"], row["missing"]) == (verdict, "")
    assert row["source"] == clause_source(profile, SHOWN.get(rule, rule), year, garden)


def clause_source(profile: str, rule: str, year: int, garden: dict[str, Any]) -> str:
    by_classes = rule in ("areas.site_m2", "areas.floor_m2")
    return own_rule(profile, rule, year, garden["classes"] if by_classes else None).source


def test_every_rule_that_binds_has_both_sides_above() -> None:
    seen = {(p, rule, clause_of(p, rule, year, of_all)) for p, rule, year, of_all, *_ in SIDES} | {
        ("enping_2023", VILLAGE, own_rule("enping_2023", VILLAGE, 2024).clause),
        ("national", SYNCHRONISED, own_rule("national", SYNCHRONISED, 2024).clause),
    }
    bind = {(p, rule.id, rule.clause) for p in profile_names() for rule in binding(p)}
    assert bind - seen == set()


VILLAGE, BRANCH = "villages.own_kindergarten", "villages.branch"
SYNCHRONISED = "estates.synchronised"
SYNCHRONISED_CLAUSE = own_rule("national", SYNCHRONISED, 2024).clause
VILLAGE_CLAUSE = own_rule("enping_2023", VILLAGE, 2024).clause


@pytest.mark.parametrize(
    ("residents", "inside", "rule", "verdict"),
    [
        pytest.param(*case, id=f"enping_2023: {VILLAGE_CLAUSE}: {case[0]} {case[1]}")
        for case in (
            (4000, None, VILLAGE, "not_met"),
            (4000, "private", VILLAGE, "not_met"),
            (4000, "inclusive", VILLAGE, "met"),
            (3999, None, BRANCH, "unknown"),
            (3999, "public", BRANCH, "met"),
        )
    ],
)
def test_a_village_of_4000_has_a_kindergarten_of_its_own(
    residents: int, inside: str | None, rule: str, verdict: str
) -> None:
    outline = box(WEST - 100, SOUTH - 100, WEST + 100, SOUTH + 100)
    villages = layer([{"residents": residents}], "village_id", [outline])
    gardens = [{"kind": inside}, {"kind": "public"}] if inside else [{"kind": "public"}]
    shapes = [Point(WEST, SOUTH), Point(WEST + 900, SOUTH)][-len(gardens) :]
    rows = [{"places": 90} | garden for garden in gardens]
    study = Study(layer(rows, "kindergarten_id", shapes), villages=villages, crs=CRS)
    found = check_villages(study, 2024, "enping_2023")
    assert found[["rule", "verdict"]].to_numpy().tolist() == [[rule, verdict]]
    without = verdict != "met"
    assert found["head_id"].notna().tolist() == [without]
    assert (
        not without or found["head_id"].iloc[0] == study.kindergartens["kindergarten_id"].iloc[-1]
    )


def estate_of(profile: Profile, short: int) -> tuple[Study, float, int]:
    """A large estate whose kindergarten has the places owed, or some fewer; and the norm's year."""
    origin = profile.norm.origin
    size = {"residents": 12_000, "households": 4_000, "floor_area_m2": 400_000.0}
    outline = box(WEST - 300, SOUTH - 300, WEST + 300, SOUTH + 300)
    estates = layer([size], "community_id", [outline])
    owed, _ = norm_demand(estates, profile.norm)
    number = owed["places_owed"].fillna(owed["kindergartens"]).iloc[0]
    places, gardens = owed["places_owed"].iloc[0], 1
    if math.isnan(places):  # the rule counts kindergartens: as many, each of 90 places
        places, gardens = 90.0, max(int(number) - short, 1)
    else:
        places = math.ceil(places) - short
    link = {"supports_community": "C0", "places": places}
    rows = [link] * gardens if short < number else [{"places": 90, "supports_community": "C9"}]
    study = study_of(*rows, communities=estates)
    return study, float(number), origin.valid_to or max(origin.valid_from or 2024, 2024)


@pytest.mark.parametrize(
    ("name", "short", "verdict"),
    [
        pytest.param(
            *(name, short, verdict),
            id=f"{name}: {read_profile(name).norm.origin.clause}: {verdict} with {short} fewer",
        )
        for name in profile_names()
        for short, verdict in ((0, "met"), (1, "not_met"))
    ],
)
def test_an_estate_has_the_places_that_the_norm_owes(name: str, short: int, verdict: str) -> None:
    profile = read_profile(name)
    study, owed, year = estate_of(profile, short)
    row = check_estates(study, year, name).iloc[0]
    assert owed > 0
    assert (row["verdict"], row["missing"]) == (verdict, "")
    assert row["threshold"] == pytest.approx(owed)
    assert row["source"] == profile.norm.origin.source


@pytest.mark.parametrize(
    ("stage", "day", "verdict"),
    [
        pytest.param(
            stage, day, verdict, id=f"national: {SYNCHRONISED_CLAUSE}: {stage} {day} {verdict}"
        )
        for stage in STAGES
        for day, verdict in (
            ("2023-06-30", "met"),
            ("2024-08-31", "met"),
            ("2024-09-01", "not_met"),
        )
    ],
)
def test_no_stage_comes_later_than_the_first_homes(stage: str, day: str, verdict: str) -> None:
    entry = {"community": "江景", "phase_one_date": "2024-08-31", STAGES[stage]: day}
    found = check_synchronisation(study_of(ledger=pd.DataFrame([entry])), 2024)
    assert len(found) == len(STAGES)
    assert set(found["source"]) == {own_rule("national", SYNCHRONISED, 2024).source}
    assert one(found, f"estates.synchronised.{stage}")["verdict"] == verdict
    others = found[found["rule"] != f"estates.synchronised.{stage}"]
    assert set(others["verdict"]) == {"unknown"}
    assert sorted(others["missing"]) == sorted(set(STAGES.values()) - {STAGES[stage]})


# --- what is missing is named ---


def test_of_a_kindergarten_of_which_all_is_known_only_the_unverified_is_open() -> None:
    found = check_kindergartens(study_of(COMPLETE), 2025)
    assert set(found.loc[found["verdict"] == "unknown", "evidence"]) == {"mem"}
    assert set(found.loc[found["verdict"] == "unknown", "missing"]) == {"verified_threshold"}
    assert "not_met" not in set(found["verdict"])
    assert set(NEEDS) <= set(found["rule"])


@pytest.mark.parametrize("column", sorted({c for columns in NEEDS.values() for c in columns}))
@pytest.mark.parametrize("absent", [True, False])
def test_without_a_column_the_rules_that_need_it_are_open_and_name_it(
    column: str, absent: bool
) -> None:
    derived = "classes_" if column == "classes" else column  # age groups would tell the classes
    without = {c: v for c, v in COMPLETE.items() if c != column and not c.startswith(derived)}
    rows = [without] if absent else [COMPLETE, without]
    study = Study(layer(rows, "kindergarten_id"), crs=CRS)
    found = check_kindergartens(study, 2024, "enping_2023")
    subject = study.kindergartens["kindergarten_id"].iloc[-1]
    rows = found[(found["subject_id"] == subject) & (found["evidence"] != "mem")]
    open_ones = rows.set_index("rule")["missing"].loc[lambda said: said != ""]
    assert set(open_ones.index) == {rule for rule, needs in NEEDS.items() if column in needs}
    assert all(column in said.split(", ") for said in open_ones)


def test_class_size_is_certain_without_age_groups_only_beyond_the_ends() -> None:
    sizes = {20: "met", 21: "unknown", 35: "unknown", 36: "not_met"}
    for children, verdict in sizes.items():
        study = study_of({"classes": 1, "enrolled": children})
        row = one(check_kindergartens(study, 2024), "class_size")
        assert row["verdict"] == verdict
        assert ("classes_junior" in row["missing"]) == (verdict == "unknown")


def test_class_size_of_several_age_groups_is_held_against_what_their_classes_hold() -> None:
    groups = {"classes": 3, "classes_junior": 1, "classes_middle": 1, "classes_senior": 1}
    for children, verdict in ((90, "met"), (91, "not_met")):
        row = one(
            check_kindergartens(study_of(groups | {"enrolled": children}), 2024), "class_size"
        )
        assert (row["verdict"], row["threshold"]) == (verdict, 30.0)


def test_age_groups_that_do_not_add_up_to_the_classes_are_not_believed() -> None:
    garden = {"classes": 2, "classes_senior": 1, "enrolled": 70}
    assert one(check_kindergartens(study_of(garden), 2024), "class_size")["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("teachers", "carers", "verdict", "missing"),
    [
        (None, 2, "unknown", "teachers"),
        (None, 3, "met", ""),
        (8, None, "unknown", "carers"),
        (9, None, "met", ""),
    ],
)
def test_three_teachers_a_class_do_without_a_carer(
    teachers: int | None, carers: int | None, verdict: str, missing: str
) -> None:
    garden = {"classes": 3, "teachers": teachers, "carers": carers}
    row = one(check_kindergartens(study_of(garden), 2024), "staffing.carers_per_class")
    assert (row["verdict"], row["missing"]) == (verdict, missing)


@pytest.mark.parametrize(
    ("opened", "verdicts"),
    [(2016, []), (2017, [["not_met", ""]]), (None, [["unknown", "opened_year"]])],
)
def test_kindergartens_older_than_2017_are_not_held_against_the_areas_of_2017(
    opened: int | None, verdicts: list[list[str]]
) -> None:
    garden = {"enrolled": 100, "outdoor_area_m2": 10.0, "opened_year": opened}
    found = check_kindergartens(study_of(garden), 2024)
    rows = found[found["rule"] == "areas.outdoor_m2_per_child"]
    assert rows[["verdict", "missing"]].to_numpy().tolist() == verdicts


def test_areas_are_per_place_where_nobody_is_enrolled_yet() -> None:
    garden = {"places": 100, "enrolled": 0, "outdoor_area_m2": 399.0, "opened_year": 2024}
    row = one(check_kindergartens(study_of(garden), 2024), "areas.outdoor_m2_per_child")
    assert (row["value"], row["verdict"]) == (3.99, "not_met")


def test_where_town_and_country_have_areas_of_their_own_the_unit_decides() -> None:
    garden = {"enrolled": 100, "site_area_m2": 1400.0, "opened_year": 2012}
    for units, rule, verdict, missing in (
        (URBAN, "areas.site_m2_per_child", "met", ""),
        (RURAL, "areas.site_m2_per_child_rural", "not_met", ""),
        (None, "areas.site_m2_per_child", "unknown", "urban"),
    ):
        found = check_kindergartens(study_of(garden, units=units), 2024, "fuzhou_2011")
        rows = found[found["rule"].str.startswith("areas.site_m2_per_child")]
        assert rows[["rule", "verdict", "missing"]].to_numpy().tolist() == [
            [rule, verdict, missing]
        ]


def test_below_the_least_size_a_rule_of_sizes_says_nothing_and_without_classes_it_is_open() -> None:
    small = {"classes": 5, "site_area_m2": 100.0, "opened_year": 2020}
    found = check_kindergartens(study_of(small), 2024, "harbin_2019")
    assert "areas.site_m2" not in set(found["rule"])
    found = check_kindergartens(study_of(small | {"classes": None}), 2024, "harbin_2019")
    assert one(found, "areas.site_m2")["missing"] == "classes"


def test_a_rule_that_is_not_in_force_decides_nothing() -> None:
    found = check_kindergartens(study_of(COMPLETE | {"opened_year": 2010}), 2012)
    row = one(found, "staffing.children_per_teacher")
    assert (row["verdict"], row["missing"]) == ("unknown", "rule_in_force")


@pytest.mark.parametrize(
    ("garden", "verdict", "missing"),
    [
        ({"kind": "public", "name": "朝阳园", "grade": "中心园"}, "met", ""),
        ({"kind": "public", "name": "朝阳园"}, "unknown", "grade"),
        ({"kind": "public", "grade": "一级"}, "unknown", "name"),
        ({"name": "中心幼儿园"}, "unknown", "kind"),
        ({"name": "朝阳园", "grade": "一级"}, "not_met", ""),
        ({"kind": "public", "licensed": False} | CENTRAL, "not_met", ""),
    ],
)
def test_a_town_asks_what_its_kindergartens_are_called(
    garden: dict[str, Any], verdict: str, missing: str
) -> None:
    row = check_towns(study_of(garden, units=TOWN), 2024).iloc[0]
    assert (row["verdict"], row["missing"]) == (verdict, missing)


def test_districts_of_other_kinds_need_no_central_kindergarten() -> None:
    districts = layer([{"level": "学区"}, {"level": "镇"}], "unit_id", [PLACES_OF_TOWNS] * 2)
    assert check_towns(study_of(CENTRAL, units=districts), 2024)["subject_id"].tolist() == ["U1"]


@pytest.mark.parametrize(
    ("unit", "named"),
    [
        ({"level": "镇"}, True),
        ({"level": "乡"}, True),
        ({"level": "街镇"}, True),
        ({"name": "街道口镇"}, True),
        ({"level": "街镇", "name": "东湖街道"}, False),
        ({"level": "街道"}, False),
        ({"level": "street"}, False),
        ({"name": "东湖街道办事处"}, False),
        ({"name": "Donghu Jiedao"}, False),
    ],
)
def test_a_clause_on_towns_does_not_concern_streets_unless_it_names_them(
    unit: dict[str, str], named: bool
) -> None:
    study = study_of(CENTRAL, units=layer([unit], "unit_id", [PLACES_OF_TOWNS]))
    assert len(check_towns(study, 2024, "national")) == int(named)
    assert len(check_towns(study, 2024, "enping_2023")) == 1


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("[towns.central_kindergartens]\nvalue = 1\nstreets = 'yes'", 10, "true or false"),
        ("[villages.own_kindergarten]\nvalue = 4000\nstreets = true", 10, "not known"),
        ("[estates.synchronised]\nvalue = -1", 9, "must lie from 0 to 366"),
    ],
)
def test_what_a_profile_cannot_say_of_towns_and_stages_is_refused_with_its_line(
    tmp_path: Path, table: str, line: int, words: str
) -> None:
    own = tmp_path / "own.toml"
    head, _, tail = OWN_DAYS.partition("[estates.synchronised]")
    own.write_text(f"{head}{table}\n{tail.replace('value = 30', '')}", encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_profile(own)
    assert caught.value.row == line


def test_a_plan_s_own_profile_may_allow_days_after_the_first_homes(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN_DAYS, encoding="utf-8")
    entry = {"community": "江景", "phase_one_date": "2024-08-31", "built_date": "2024-09-30"}
    study = study_of(ledger=pd.DataFrame([entry]))
    built = "estates.synchronised.construction"
    assert one(check_synchronisation(study, 2024, own), built)["verdict"] == "met"
    assert one(check_synchronisation(study, 2024), built)["verdict"] == "not_met"
    before = one(check_synchronisation(study, 2019), built)
    assert (before["verdict"], before["missing"]) == ("unknown", "rule_in_force")


OWN_DAYS = """
[profile]
id = "own"
name_zh = "本地"
name_en = "Own"
based_on = "national"

[estates.synchronised]
value = 30
source = "本地办法"
evidence = "seen"
"""


def test_villages_by_a_number_nobody_verified_are_open() -> None:
    villages = layer([{"residents": 9000}, {"residents": 100}], "village_id")
    found = check_villages(study_of({"kind": "public"}, villages=villages), 2024, "national")
    assert set(found["verdict"]) == {"unknown"}
    assert all("verified_threshold" in said for said in found["missing"])


def test_a_village_without_a_number_of_residents_is_open() -> None:
    villages = layer([{"residents": 100.0}, {"residents": None}], "village_id")
    found = check_villages(study_of({"kind": "public"}, villages=villages), 2024, "enping_2023")
    assert found.set_index("subject_id").loc["V1", ["verdict", "missing"]].tolist() == [
        "unknown",
        "residents",
    ]


def test_a_kindergarten_near_a_village_of_unknown_outline_may_be_its_own() -> None:
    villages = layer([{"residents": 5000}], "village_id", [Point(WEST, SOUTH + 800)])
    row = check_villages(study_of({"kind": "public"}, villages=villages), 2024, "enping_2023").iloc[
        0
    ]
    assert (row["verdict"], row["missing"], row["head_id"]) == ("unknown", "geometry", "K0")
    assert row["head_distance_m"] == pytest.approx(800)


@given(
    st.lists(
        st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=6, unique=True
    ),
    st.lists(
        st.tuples(st.integers(11, 30), st.integers(0, 30), st.sampled_from(KINDS)),
        min_size=1,
        max_size=6,
        unique_by=lambda row: row[:2],
    ),
)
@settings(max_examples=15, deadline=None)
def test_the_nearest_public_kindergarten_is_proposed_as_head(
    villages: list[tuple[int, int]], gardens: list[tuple[int, int, str]]
) -> None:
    outlines = [Point(WEST + 3e3 * x, SOUTH + 3e3 * y).buffer(500) for x, y in villages]
    places = layer([{"residents": 100}] * len(villages), "village_id", outlines)
    rows = [{"kind": kind, "places": 90} for *_, kind in gardens]
    points = [Point(WEST + 3e3 * x, SOUTH + 3e3 * y) for x, y, _ in gardens]
    study = Study(layer(rows, "kindergarten_id", points), villages=places, crs=CRS)
    found = check_villages(study, 2024, "enping_2023").set_index("subject_id")
    heads = study.kindergartens[study.kindergartens["kind"] == "public"]
    for _, village in study.layers["villages"].iterrows():
        row = found.loc[village["village_id"]]
        metres = heads.distance(village.geometry.representative_point())
        if heads.empty:
            assert pd.isna(row["head_id"])
        else:
            assert row["head_distance_m"] == pytest.approx(metres.min())
            nearest = heads.loc[metres <= metres.min() + 1e-6, "kindergarten_id"]
            assert row["head_id"] in set(nearest)


def test_kindergartens_that_others_name_come_before_other_public_ones_as_heads() -> None:
    gardens = [{"kind": "public"}, {"kind": "public"}, {"kind": "public", "head_id": "K1"}]
    outline = [box(WEST - 5_000, SOUTH - 100, WEST - 4_000, SOUTH + 100)]
    villages = layer([{"residents": 100}], "village_id", outline)
    found = check_villages(study_of(*gardens, villages=villages), 2024, "enping_2023")
    assert found["head_id"].tolist() == ["K1"]


# --- estates ---

OUTLINES = [box(WEST + 600 * i, SOUTH - 200, WEST + 600 * i + 400, SOUTH + 200) for i in range(3)]


def estates(*rows: dict[str, Any]) -> Any:
    return layer(list(rows), "community_id", OUTLINES[: len(rows)])


def test_owed_provided_and_missing_places_of_an_estate_add_up() -> None:
    communities = estates({"residents": 6000}, {"residents": 3000})
    study = study_of({"places": 100, "supports_community": "C0"}, communities=communities)
    found = check_estates(study, 2024)
    assert found["places_owed"].tolist() == [180.0, 90.0]
    assert found["places_provided"].tolist() == [100.0, 0.0]
    assert found["places_missing"].tolist() == [80.0, 90.0]


def test_a_kindergarten_within_an_estate_counts_unless_it_names_another() -> None:
    communities = estates({"residents": 3000}, {"residents": 3000})
    inside = {"places": 90}  # at the corner of the first estate
    found = check_estates(study_of(inside, communities=communities), 2024)
    assert found["verdict"].tolist() == ["met", "unknown"]
    found = check_estates(
        study_of(inside | {"supports_community": "C1"}, communities=communities), 2024
    )
    assert found["verdict"].tolist() == ["not_met", "met"]


def test_where_no_kindergarten_names_its_estate_too_few_prove_nothing() -> None:
    study = study_of({"places": 10}, communities=estates({"residents": 3000}))
    row = check_estates(study, 2024).iloc[0]
    assert (row["verdict"], row["missing"]) == ("unknown", "supports_community")


def test_an_estate_without_a_size_and_a_kindergarten_without_places_are_open() -> None:
    communities = estates({"residents": None}, {"residents": 3000})
    rows = [{"places": 90, "supports_community": "C9"}, {"supports_community": "C1"}]
    study = Study(layer(rows, "kindergarten_id"), communities, crs=CRS)
    assert check_estates(study, 2024)["missing"].tolist() == ["residents", "places"]


def test_estates_delivered_later_owe_nothing_yet() -> None:
    communities = estates({"residents": 3000, "delivered_year": 2025})
    study = study_of({"places": 90}, communities=communities)
    assert check_estates(study, 2024).empty
    assert len(check_estates(study, 2025)) == 1


def test_estates_that_share_a_kindergarten_are_judged_together() -> None:
    side_by_side = [box(WEST + 200 * i, SOUTH, WEST + 200 * i + 190, SOUTH + 190) for i in (0, 1)]
    communities = layer([{"residents": 3000}] * 2, "community_id", side_by_side)
    for places, verdict in ((240, "met"), (239, "not_met")):
        study = study_of({"places": places, "supports_community": "C0"}, communities=communities)
        found = check_estates(study, 2024, "guangdong_2022")
        assert set(found["group"]) == {found["group"].iloc[0]}
        assert found["places_owed"].tolist() == [120.0, 120.0]
        assert found["verdict"].tolist() == [verdict] * 2


def test_the_rural_norm_is_for_estates_of_units_that_are_not_urban() -> None:
    communities = estates({"residents": 3000})
    for units, rule in ((RURAL, "estates.kindergartens"), (URBAN, "estates.places")):
        study = study_of({"places": 90}, communities=communities, units=units)
        assert check_estates(study, 2024, "fujian_2010")["rule"].tolist() == [rule]


# --- the ledger's dates ---


def test_a_ledger_is_read_with_its_dates_and_judged(tmp_path: Path) -> None:
    row = {
        "小区名称": "金城花园",
        "首期交付日期": "2024年8月31日",
        "规划日期": "2022-03-01",
        "设计日期": "2022年6月",
        "竣工日期": "2024.8.31",
        "验收日期": "2024-09-15",
        "移交日期": "无",
    }
    pd.DataFrame([row]).to_excel(tmp_path / "台账.xlsx", index=False)
    ledger, problems = read_plain("ledger", LayerInput(str(tmp_path / "台账.xlsx")))
    found = check_synchronisation(study_of(ledger=ledger))
    assert [p for p in problems if p.severity != "note"] == []
    assert found["verdict"].tolist() == ["met", "met", "met", "not_met", "unknown"]
    assert one(found, "estates.synchronised.acceptance")["value"] == 15
    assert one(found, "estates.synchronised.delivery")["missing"] == "handed_over_date"


def test_a_ledger_without_dates_is_open_in_every_stage() -> None:
    ledger = pd.DataFrame({"community": ["x", "y"], "community_id": ["C1", None]}, index=[2, 3])
    found = check_synchronisation(study_of(ledger=ledger))
    assert found["subject_id"].tolist() == ["C1"] * 5 + ["y"] * 5
    assert set(found["verdict"]) == {"unknown"}
    assert all(said.endswith(", phase_one_date") for said in found["missing"])


def test_a_cell_that_is_no_date_is_named() -> None:
    ledger = pd.DataFrame({"community": ["x"], "built_date": ["soon"]}, index=[2])
    with pytest.raises(InputError, match="row 2, column 'built_date': 'soon' is no date"):
        check_synchronisation(study_of(ledger=ledger))


# --- properties ---


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


COUNTS = ("enrolled", "teachers", "carers", "staff", "site_area_m2", "floor_area_m2")
GROUPS = tuple(f"classes_{group}" for group in CHECKS["class_size"])
garden_rows = st.fixed_dictionaries(
    {
        "places": st.integers(0, 500),
        "classes": maybe(st.integers(0, 16)),
        "opened_year": maybe(st.integers(2005, 2026)),
        "closes_year": maybe(st.integers(2020, 2030)),
        "licensed": maybe(st.booleans()),
        "kind": maybe(st.sampled_from(KINDS)),
        **{name: maybe(st.integers(0, 3)) for name in GROUPS},
        **{name: maybe(st.integers(0, 400)) for name in COUNTS},
        "outdoor_area_m2": maybe(st.integers(0, 2000)),
    }
)
gardens_ = st.lists(garden_rows, min_size=1, max_size=12)
years_ = st.integers(2012, 2027)
profiles_ = st.sampled_from(profile_names())


def is_open(garden: pd.Series, year: int) -> bool:
    return not (garden["opened_year"] > year or garden["closes_year"] <= year)


def applies(rule: Rule, rules: list[Rule], garden: pd.Series) -> bool:
    """Whether a rule has something to say of a kindergarten, told one by one."""
    if rule.opened_from is not None and garden["opened_year"] < rule.opened_from:
        return False
    if rule.classes_from is None:
        return rule.id != "areas.site_m2_per_child_rural"  # no units: nobody is known to be rural
    if pd.isna(garden["classes"]):
        return rule is rules[0]
    steps = [r.classes_from or 0 for r in rules if (r.classes_from or 0) <= garden["classes"]]
    return bool(steps) and max(steps) == rule.classes_from


def expected(garden: pd.Series, profile: Profile) -> list[str]:
    """Ids of the verdicts that a kindergarten gets."""
    found = []
    for rule_id in dict.fromkeys(rule.id for rule in profile.rules):
        group = rule_id.partition(".")[0]
        if rule_id == "max_places" or group in ("limits", "staffing", "areas"):
            rules = [rule for rule in profile.rules if rule.id == rule_id]
            now = rules if rules[0].classes_from else rules[-1:]
            found += [rule_id for rule in now if applies(rule, now, garden)]
    return sorted([*found, "class_size"])


@given(gardens_, years_, profiles_)
@settings(max_examples=20, deadline=None)
def test_every_open_kindergarten_has_one_verdict_for_each_rule_that_applies(
    rows: list[dict[str, Any]], year: int, name: str
) -> None:
    study, profile = study_of(*rows), read_profile(name)
    found = check_kindergartens(study, year, profile)
    said = found.assign(
        rule=found["rule"].str.replace(r"^class_size\..*", "class_size", regex=True)
    )
    for _, garden in study.kindergartens.iterrows():
        rules = sorted(said.loc[said["subject_id"] == garden["kindergarten_id"], "rule"])
        wanted = expected(garden, profile) if is_open(garden, year) else []
        assert rules == [r for r in wanted if r != "staffing.teachers_without_carer"]


@given(gardens_, years_, profiles_)
@settings(max_examples=20, deadline=None)
def test_a_verdict_is_open_when_and_only_when_something_is_missing(
    rows: list[dict[str, Any]], year: int, name: str
) -> None:
    ledger = pd.DataFrame({"community": ["x"], "phase_one_date": ["2024-01-31"]})
    communities = estates({"residents": 6000}, {"households": 100})
    villages = layer([{"residents": 4000}, {"residents": 10}], "village_id", OUTLINES[1:])
    study = study_of(*rows, units=TOWN, communities=communities, villages=villages, ledger=ledger)
    found = check_rules(study, year, name)
    assert set(found["verdict"]) <= {"met", "not_met", "unknown"}
    assert ((found["verdict"] == "unknown") == (found["missing"] != "")).all()
    assert (found.loc[found["evidence"] == "mem", "verdict"] == "unknown").all()
    decided = found[found["verdict"] != "unknown"]
    assert decided["threshold"].notna().all()


MORE = (
    *("teachers", "carers", "staff"),
    *("site_area_m2", "floor_area_m2", "outdoor_area_m2"),
)


@given(gardens_, years_, profiles_, st.sampled_from(MORE), st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_more_staff_and_room_never_turn_met_into_not_met(
    rows: list[dict[str, Any]], year: int, name: str, column: str, more: int
) -> None:
    richer = [r | {column: None if r[column] is None else r[column] + more} for r in rows]
    ids = [f"{group}{i}" for group in "AB" for i in range(len(rows))]
    both = [row | {"kindergarten_id": i} for row, i in zip([*rows, *richer], ids, strict=True)]
    found = check_kindergartens(study_of(*both), year, name)
    before, after = (found[found["subject_id"].str.startswith(group)] for group in "AB")
    assert before["rule"].tolist() == after["rule"].tolist()
    worse = (before["verdict"] == "met").to_numpy() & (after["verdict"] == "not_met").to_numpy()
    assert not worse.any()


@given(gardens_, years_, profiles_)
@settings(max_examples=20, deadline=None)
def test_plain_rules_agree_with_a_loop(rows: list[dict[str, Any]], year: int, name: str) -> None:
    quotients = {
        "staffing.children_per_teacher": ("enrolled", ("teachers",)),
        "staffing.children_per_staff": ("enrolled", ("staff",)),
        "staffing.children_per_educator": ("enrolled", ("teachers", "carers")),
        "staffing.teachers_per_class": ("teachers", ("classes",)),
        "max_places": ("places", ()),
        "limits.classes": ("classes", ()),
    }
    study, profile = study_of(*rows), read_profile(name)
    found = check_kindergartens(study, year, profile).set_index(["subject_id", "rule"])
    for row, garden in zip(rows, study.kindergartens["kindergarten_id"], strict=True):
        for rule_id, (above, below) in quotients.items():
            rules = profile.rules_in(rule_id, year)
            parts = [row[above], *(row[column] for column in below)]
            by = sum(parts[1:]) if below and None not in parts else 1
            decided = bool(rules) and None not in parts and by > 0
            if (garden, rule_id) not in found.index or not decided:
                continue
            value, threshold = parts[0] / by, rules[0].value
            met = value >= threshold if rules[0].direction == AT_LEAST else value <= threshold
            assert found.loc[(garden, rule_id), "verdict"] == ("met" if met else "not_met")


# --- the whole ---


def test_layers_that_are_not_there_give_no_rows() -> None:
    study = study_of(COMPLETE)
    for check in (check_towns, check_villages, check_estates):
        found = check(study, 2024)
        assert found.empty
        assert set(VERDICT_COLUMNS) <= set(found.columns)
    assert check_synchronisation(study).empty
    assert set(check_rules(study, 2024)["subject"]) == {"kindergarten"}


def test_where_every_kindergarten_is_closed_there_is_no_verdict() -> None:
    found = check_rules(study_of(COMPLETE | {"closes_year": 2020}), 2024)
    assert found.empty
    assert rule_summary(found).empty


@pytest.mark.parametrize(
    ("year", "judged"), [(2019, False), (2020, True), (2023, True), (2024, False)]
)
def test_a_kindergarten_is_judged_from_its_first_year_until_the_year_it_closes(
    year: int, judged: bool
) -> None:
    study = study_of(COMPLETE | {"opened_year": 2020, "closes_year": 2024})
    assert check_kindergartens(study, year).empty is not judged


def test_the_year_and_the_profile_are_the_plan_s_unless_given() -> None:
    study = read_study(SAMPLE / "plan.toml")
    plan = study.settings.plan
    pd.testing.assert_frame_equal(check_rules(study), check_rules(study, plan.year, plan.profile))


def test_a_profile_may_be_given_by_its_name_or_whole() -> None:
    study = study_of(COMPLETE)
    by_name = check_rules(study, 2024, "harbin_2019")
    pd.testing.assert_frame_equal(by_name, check_rules(study, 2024, read_profile("harbin_2019")))


@given(gardens_, years_)
@settings(max_examples=15, deadline=None)
def test_the_summary_counts_every_verdict_once_and_shows_the_worst_first(
    rows: list[dict[str, Any]], year: int
) -> None:
    found = check_rules(study_of(*rows, units=TOWN), year)
    counts = rule_summary(found)
    assert counts[["met", "not_met", "unknown"]].to_numpy().sum() == len(found)
    for _, row in counts.iterrows():
        same = found[(found["subject"] == row["subject"]) & (found["rule"] == row["rule"])]
        assert row["not_met"] == (same["verdict"] == "not_met").sum()
    order = list(zip(-counts["not_met"], -counts["unknown"], strict=True))
    assert order == sorted(order)

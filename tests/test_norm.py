"""The planning norm: what each rule owes on both sides of its thresholds, and who shares what."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from kgspatial.demand.norm import NORM_COLUMNS, norm_children, norm_demand
from kgspatial.demand.owed import on_the_ladder
from kgspatial.demand.pooling import pooled_hosts
from kgspatial.errors import InputError
from kgspatial.standards import NormRule, Rule, profile_names, read_profile
from kgspatial.standards.profile import rule_chain

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
R, H, F = "residents", "households", "floor_area_m2"

THRESHOLDS = [
    # profile, clause in words, measure, size, (classes, kindergartens)
    ("national", "up to 3,000 residents 3 classes", R, 3000, (3, 1)),
    ("national", "from 3,001 residents 6 classes", R, 3001, (6, 1)),
    ("national", "up to 6,000 residents 6 classes", R, 6000, (6, 1)),
    ("national", "from 6,001 residents 9 classes", R, 6001, (9, 1)),
    ("national", "up to 9,000 residents 9 classes", R, 9000, (9, 1)),
    ("national", "from 9,001 residents 12 classes", R, 9001, (12, 1)),
    ("national", "up to 12,000 residents 12 classes", R, 12000, (12, 1)),
    ("national", "no more than 360 places in one (MoE order 39, art. 11)", R, 12001, (15, 2)),
    ("guangdong_2022", "below 4,500 residents none of its own", R, 4499, (0, 0)),
    ("guangdong_2022", "from 4,500 residents 6 classes", R, 4500, (6, 1)),
    ("guangdong_2022", "3.2 persons a household: 1,406 below 4,500", H, 1406, (0, 0)),
    ("guangdong_2022", "3.2 persons a household: 1,407 above 4,500", H, 1407, (9, 1)),
    ("guangdong_2022", "up to 12,000 residents one", R, 12000, (16, 1)),
    ("guangdong_2022", "above 12,000 residents two", R, 12001, (18, 2)),
    ("guangdong_2022", "each begun 12,000 one: two", R, 24000, (32, 2)),
    ("guangdong_2022", "each begun 12,000 one: three", R, 24001, (33, 3)),
    ("guangdong_2016", "below 4,500 residents none of its own", R, 4499, (0, 0)),
    ("guangdong_2016", "from 4,500 residents 6 classes", R, 4500, (6, 1)),
    ("guangdong_2016", "up to 13,500 residents one", R, 13500, (18, 1)),
    ("guangdong_2016", "above 13,500 residents two", R, 13501, (21, 2)),
    ("fujian_2010", "one of 6 classes per 6,000: none below", R, 5999, (0, 0)),
    ("fujian_2010", "one of 6 classes per 6,000: one", R, 6000, (6, 1)),
    ("fujian_2010", "one of 6 classes per 6,000: still one", R, 11999, (6, 1)),
    ("fujian_2010", "one of 6 classes per 6,000: two", R, 12000, (12, 2)),
    ("fujian_2013", "30 per 1,000: one class", R, 1000, (3, 1)),
    ("fuzhou_2011", "9 classes from 8,000 residents: none below", R, 7999, (0, 0)),
    ("fuzhou_2011", "9 classes from 8,000 residents", R, 8000, (9, 1)),
    ("fuzhou_2011", "12 classes from 11,000 residents: 9 below", R, 10999, (9, 1)),
    ("fuzhou_2011", "12 classes from 11,000 residents", R, 11000, (12, 1)),
    ("xiamen_2012", "from 6,000 residents one: none below", R, 5999, (0, 0)),
    ("xiamen_2012", "from 6,000 residents 6 classes", R, 6000, (6, 1)),
    ("xiamen_2012", "one serves up to 15,000 with 15 classes", R, 15000, (15, 1)),
    ("xiamen_2012", "above 15,000 residents two", R, 15001, (18, 2)),
    ("nanjing_2019", "12 classes per 10,000 residents", R, 10000, (12, 1)),
    ("nanjing_2019", "12 classes per 10,000 residents: more above", R, 10001, (15, 2)),
    ("hunan_2019", "below 10,000 residents none of its own", R, 9999, (0, 0)),
    ("hunan_2019", "from 10,000 residents a kindergarten", R, 10000, (12, 1)),
    ("wuhan", "below 1,200 households none", H, 1199, (0, 0)),
    ("wuhan", "from 1,200 households 6 classes", H, 1200, (6, 1)),
    ("wuhan", "below 120,000 m2 none", F, 119_999, (0, 0)),
    ("wuhan", "from 120,000 m2 6 classes", F, 120_000, (6, 1)),
    ("wuhan", "below 1,800 households 6 classes", H, 1799, (6, 1)),
    ("wuhan", "from 1,800 households 9 classes", H, 1800, (9, 1)),
    ("wuhan", "below 2,400 households 9 classes", H, 2399, (9, 1)),
    ("wuhan", "12 classes from 2,400 households was not seen and does not bind", H, 2400, (9, 1)),
    ("harbin_2019", "below 100,000 m2 optional", F, 99_999, (0, 0)),
    ("harbin_2019", "from 100,000 m2 6 classes", F, 100_000, (6, 1)),
    ("harbin_2019", "below 200,000 m2 6 classes", F, 199_999, (6, 1)),
    ("harbin_2019", "from 200,000 m2 9 classes", F, 200_000, (9, 1)),
    ("harbin_2019", "below 300,000 m2 9 classes", F, 299_999, (9, 1)),
    ("harbin_2019", "from 300,000 m2 12 classes", F, 300_000, (12, 1)),
    ("harbin_2019", "about 3,000 residents: none below", R, 2999, (0, 0)),
    ("harbin_2019", "about 3,000 residents 6 classes", R, 3000, (6, 1)),
    ("harbin_2019", "about 6,000 residents: 6 classes below", R, 5999, (6, 1)),
    ("harbin_2019", "about 6,000 residents 9 classes", R, 6000, (9, 1)),
    ("harbin_2019", "about 9,000 residents: 9 classes below", R, 8999, (9, 1)),
    ("harbin_2019", "about 9,000 residents 12 classes", R, 9000, (12, 1)),
    ("yulin_2022", "below 500 households none", H, 499, (0, 0)),
    ("yulin_2022", "from 500 households 6 classes", H, 500, (6, 1)),
    ("yulin_2022", "below 1,000 households 6 classes", H, 999, (6, 1)),
    ("yulin_2022", "from 1,000 households 9 classes", H, 1000, (9, 1)),
    ("yulin_2022", "below 1,500 households 9 classes", H, 1499, (9, 1)),
    ("yulin_2022", "from 1,500 households 12 classes", H, 1500, (12, 1)),
    ("chengdu_2014", "one of 9 classes per 10,000: none below", R, 9999, (0, 0)),
    ("chengdu_2014", "one of 9 classes per 10,000: one", R, 10000, (9, 1)),
    ("chengdu_2014", "one of 9 classes per 10,000: still one", R, 19999, (9, 1)),
    ("chengdu_2014", "one of 9 classes per 10,000: two", R, 20000, (18, 2)),
]


def one(rule: NormRule, **sizes: float) -> pd.Series:
    """What is owed to one estate."""
    found, _ = norm_demand(pd.DataFrame({k: [v] for k, v in sizes.items()}), rule)
    return found.iloc[0]


def own_rule(tmp_path: Path, norm: str) -> NormRule:
    """A planner's own rule."""
    head = '[profile]\nid = "own"\nname_zh = "本规划"\nname_en = "own"\nbased_on = "national"\n'
    origin = '[norm]\nsource = "own file"\nclause = "own rule"\nevidence = "seen"\n'
    (tmp_path / "own.toml").write_text(head + origin + norm, encoding="utf-8")
    return read_profile(tmp_path / "own.toml").norm


def estates(*rows: tuple[float, float, float]) -> gpd.GeoDataFrame:
    """Estates of so many residents at points `x`, `y` metres from the town's corner."""
    table = {"community_id": [f"C{i}" for i in range(len(rows))], R: [r for _, _, r in rows]}
    shapes = [Point(WEST + x, SOUTH + y) for x, y, _ in rows]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


class TestThresholds:
    @pytest.mark.parametrize(
        ("profile", "measure", "size", "expected"),
        [
            pytest.param(profile, measure, size, expected, id=f"{profile}: {clause}")
            for profile, clause, measure, size, expected in THRESHOLDS
        ],
    )
    def test_the_rule_owes(
        self, profile: str, measure: str, size: float, expected: tuple[int, int]
    ) -> None:
        owed = one(read_profile(profile).norm, **{measure: size})
        assert (owed["classes"], owed["kindergartens"]) == expected

    def test_every_norm_that_ships_has_its_thresholds_above(self) -> None:
        own_norm = {name for name in profile_names() if "norm" in rule_chain(name)[0].values}
        assert {profile for profile, *_ in THRESHOLDS} == own_norm

    @pytest.mark.parametrize(("residents", "classes"), [(2999, 0), (3000, 4), (5999, 4), (6000, 6)])
    def test_fuzhou_2011_rural_4_classes_from_3000_and_6_from_6000(
        self, residents: float, classes: int
    ) -> None:
        rule = read_profile("fuzhou_2011").norm_rural
        assert rule is not None
        assert one(rule, residents=residents)["classes"] == classes

    @pytest.mark.parametrize(("residents", "number"), [(2999, 0), (3000, 1), (6000, 2)])
    def test_fujian_2010_rural_one_per_3000_names_no_classes(
        self, residents: float, number: int
    ) -> None:
        rule = read_profile("fujian_2010").norm_rural
        assert rule is not None
        found, problems = norm_demand(pd.DataFrame({R: [residents]}), rule)
        assert found["kindergartens"].tolist() == [number]
        assert found["places_owed"].isna().tolist() == [number > 0]
        assert [p.code for p in problems] == ["norm_without_size"] * (number > 0)

    @pytest.mark.parametrize(
        ("profile", "sizes", "implied"),
        [
            ("national", {R: 6000}, 30.0),
            ("guangdong_2022", {R: 4500}, 40.0),
            ("guangdong_2016", {R: 4500}, 40.0),
            ("fujian_2010", {R: 6000}, 30.0),
            ("fuzhou_2011", {R: 11000}, 360 / 11),
            ("xiamen_2012", {R: 15000}, 30.0),
            ("nanjing_2019", {R: 10000}, 36.0),
            ("harbin_2019", {R: 3000}, 60.0),
            ("harbin_2019", {R: 5999.99}, 30.0),
            ("chengdu_2014", {R: 10000}, 27.0),
        ],
    )
    def test_a_rule_implies_its_places_per_1000(
        self, profile: str, sizes: dict[str, float], implied: float
    ) -> None:
        owed = one(read_profile(profile).norm, **sizes)
        assert 1000 * owed["places_owed"] / sizes[R] == pytest.approx(implied, rel=1e-5)

    def test_wuhan_implies_31_to_57_by_household_size(self) -> None:
        owed = one(read_profile("wuhan").norm, households=1200)["places_owed"]
        least = one(read_profile("wuhan").norm, households=1799.999)["places_owed"]
        assert round(1000 * owed / (1200 * 2.62)) == 57
        assert round(1000 * least / (1800 * 3.2)) == 31


class TestForms:
    def test_brackets_may_begin_above_a_number(self, tmp_path: Path) -> None:
        rule = own_rule(
            tmp_path,
            'form = "brackets"\n[[norm.steps]]\nresidents_above = 0\nclasses = 3\n'
            "[[norm.steps]]\nresidents_above = 3000\nclasses = 6\n",
        )
        sizes = (0, 1, 3000, 3001)
        assert [one(rule, residents=r)["classes"] for r in sizes] == [0, 3, 3, 6]

    @pytest.mark.parametrize(
        ("households", "classes", "number"),
        [(999, 6, 1), (2000, 12, 1), (2001, 24, 2), (4000, 24, 2), (4001, 36, 3)],
    )
    def test_brackets_that_split_above_2000_households_take_each_part_by_its_step(
        self, tmp_path: Path, households: float, classes: int, number: int
    ) -> None:
        rule = own_rule(
            tmp_path,
            'form = "brackets"\n[[norm.steps]]\nhouseholds_from = 500\nclasses = 6\n'
            "[[norm.steps]]\nhouseholds_from = 1000\nclasses = 12\n"
            "[norm.split]\nhouseholds_above = 2000\n",
        )
        owed = one(rule, households=households)
        assert (owed["classes"], owed["kindergartens"]) == (classes, number)
        assert owed["places_owed"] == 30 * classes

    def test_the_first_known_measure_decides_or_the_largest(self) -> None:
        both = {F: 150_000.0, R: 7000.0}
        assert one(read_profile("harbin_2019").norm, **both)["classes"] == 6
        assert (
            one(read_profile("wuhan").norm, households=1000, floor_area_m2=130_000)["classes"] == 6
        )
        assert one(read_profile("wuhan").norm, households=1900, floor_area_m2=100)["classes"] == 9

    def test_the_larger_of_residents_and_households_counts(self) -> None:
        both = pd.DataFrame({R: [1000, 5000, np.nan], H: [1000, 1000, 1000]}, index=list("abc"))
        found, _ = norm_demand(both, read_profile("national").norm)
        assert found["residents_used"].to_dict() == pytest.approx({"a": 2620, "b": 5000, "c": 2620})
        assert found["basis"].tolist() == ["households", "residents", "households"]

    def test_the_clauses_that_decided_are_named(self) -> None:
        clause = one(read_profile("guangdong_2022").norm, residents=13_000)["clause"]
        for part in ("不低于40座", "4500人以上设6班以上", "超过1.2万人分设2所以上"):
            assert part in clause
        assert "第十一条" in one(read_profile().norm, residents=13_000)["clause"]
        assert one(read_profile("wuhan").norm, households=100)["clause"] == ""

    def test_products_of_households_do_not_miss_a_threshold_by_rounding(self) -> None:
        persons = 4500 / 1407  # 1407 * persons is 4500 but for the last digits
        table = pd.DataFrame({H: [1407]})
        rule = read_profile("guangdong_2022").norm
        found, _ = norm_demand(table, rule, persons_per_household=persons)
        assert (found["classes"].item(), found["kindergartens"].item()) == (6, 1)

    def test_the_ladder_takes_full_ones_and_one_smaller(self) -> None:
        needed = np.array([0.0, 1, 4, 13, 24, 25, np.nan])
        number = np.array([0.0, 1, 2, 2, 2, 2, 1])
        expected = [0, 3, 6, 15, 24, 25, np.nan]
        np.testing.assert_array_equal(on_the_ladder(needed, number, (3, 6, 9, 12)), expected)


class TestWhatIsNotKnown:
    def test_a_community_without_a_size_has_no_number_and_is_listed(self) -> None:
        table = pd.DataFrame({"community_id": ["A", "B"], R: [3000, np.nan]}, index=[7, 3])
        found, problems = norm_demand(table, read_profile().norm)
        assert list(found.columns) == list(NORM_COLUMNS)
        assert found.index.tolist() == [7, 3]
        assert found.loc[3, ["places_owed", "classes", "kindergartens"]].isna().all()
        assert [(p.code, p.value) for p in problems] == [("no_size", "B")]

    def test_a_default_is_noted_with_its_source_and_ones_own_number_is_not(self) -> None:
        table = pd.DataFrame({H: [100, 200], R: [np.nan, 9000]})
        rule = read_profile("guangdong_2022").norm
        _, problems = norm_demand(table, rule)
        (note,) = [p for p in problems if p.code == "default_used"]
        assert note.severity == "note"
        assert "1 communities take the default 3.2" in note.problem
        assert "粤教基〔2022〕33号" in note.done
        _, problems = norm_demand(table, rule, persons_per_household=2.9)
        assert "default_used" not in [p.code for p in problems]

    def test_households_from_residents_rest_on_the_default_too(self) -> None:
        found, problems = norm_demand(pd.DataFrame({R: [2620.0]}), read_profile("yulin_2022").norm)
        assert found["classes"].item() == 9
        assert [p.code for p in problems] == ["default_used"]

    @pytest.mark.parametrize("persons", [0.5, 26.2, float("nan"), Rule("p", 2.0, "x", "mem")])
    def test_persons_per_household_that_cannot_be_are_refused(self, persons: float | Rule) -> None:
        with pytest.raises(InputError, match="persons per household"):
            norm_demand(pd.DataFrame({H: [1]}), read_profile().norm, persons_per_household=persons)

    @pytest.mark.parametrize(("area", "codes"), [(400_000, []), (400_001, ["norm_beyond"])])
    def test_harbin_says_nothing_above_400000_m2(self, area: float, codes: list[str]) -> None:
        found, problems = norm_demand(pd.DataFrame({F: [area]}), read_profile("harbin_2019").norm)
        assert found["classes"].item() == 12
        assert [p.code for p in problems] == codes

    def test_brackets_are_silent_on_small_estates_but_a_rate_is_not(self) -> None:
        table = pd.DataFrame({"community_id": list("ABC"), H: [0, 300, 600]})
        children, problems = norm_children(table, read_profile("yulin_2022").norm)
        assert children.isna().tolist() == [False, True, False]
        assert children[[0, 2]].tolist() == [0.0, 180.0]
        assert [(p.code, ": B" in p.problem) for p in problems if p.code == "norm_silent"] == [
            ("norm_silent", True)
        ]
        children, _ = norm_children(table, read_profile("guangdong_2022").norm)
        assert children.tolist() == pytest.approx([0, 300 * 3.2 * 0.04, 600 * 3.2 * 0.04])

    def test_an_estate_delivered_later_counts_as_nobody(self) -> None:
        table = pd.DataFrame(
            {R: [1000, 1000, 1000], "delivered_year": [2025, 2026, None]}, index=list("abc")
        )
        children, _ = norm_children(table, read_profile().norm, year=2025)
        assert children.to_dict() == {"a": 30.0, "b": 0.0, "c": 30.0}

    @pytest.mark.parametrize(("year", "codes"), [(2022, []), (2023, ["norm_ended"])])
    def test_a_rule_that_has_ended_is_used_but_said(self, year: int, codes: list[str]) -> None:
        rule = read_profile("guangdong_2016").norm
        _, problems = norm_children(pd.DataFrame({R: [5000]}), rule, year=year)
        assert [p.code for p in problems] == codes

    def test_no_communities_owe_nothing(self) -> None:
        found, problems = norm_demand(estates().iloc[:0], read_profile("guangdong_2022").norm)
        assert len(found) == 0
        assert problems == []


class TestPooling:
    @pytest.mark.parametrize(
        ("residents", "classes", "groups"),
        [(2249, 0, 1), (2250, 6, 1), (4500, 12, 2)],
        ids=["together below 4,500", "together 4,500: 6 classes", "each 4,500: not pooled"],
    )
    def test_guangdong_2022_estates_below_4500_share(
        self, residents: float, classes: int, groups: int
    ) -> None:
        two = estates((0, 0, residents), (400, 0, residents))
        found, _ = norm_demand(two, read_profile("guangdong_2022").norm)
        assert found["classes"].sum() == classes
        assert found["group"].nunique() == groups
        assert found["places_owed"].tolist() == pytest.approx([residents * 0.04] * 2)
        assert found["clause"].str.contains("统筹").all() == (groups == 1)

    @pytest.mark.parametrize(("apart", "groups"), [(500, 1), (501, 2)])
    def test_guangdong_2022_the_service_radius_of_500_m_bounds_the_pool(
        self, apart: float, groups: int
    ) -> None:
        two = estates((0, 0, 1000), (apart, 0, 1000))
        found, _ = norm_demand(two, read_profile("guangdong_2022").norm)
        assert found["group"].nunique() == groups

    def test_brackets_share_the_places_of_the_pooled_estates(self, tmp_path: Path) -> None:
        rule = own_rule(
            tmp_path,
            'form = "brackets"\n[[norm.steps]]\nhouseholds_from = 1000\nclasses = 6\n'
            "[norm.pool]\nhouseholds_below = 1000\nradius_m = 800\n",
        )
        table = estates((0, 0, np.nan), (700, 0, np.nan), (1400, 0, np.nan), (9000, 0, np.nan))
        table[H] = [300, 300, 600, 999]
        found, _ = norm_demand(table, rule)
        assert found["group"].tolist() == ["C1", "C1", "C1", "C3"]
        assert found["classes"].tolist() == [0, 6, 0, 0]
        assert found["kindergartens"].tolist() == [0, 1, 0, 0]
        assert found["places_owed"].tolist() == pytest.approx([45, 45, 90, 0])

    def test_without_positions_each_estate_stands_alone_and_that_is_said(self) -> None:
        table = pd.DataFrame({R: [3000, 3000]})
        found, problems = norm_demand(table, read_profile("guangdong_2022").norm)
        assert found["classes"].tolist() == [0, 0]
        assert [(p.code, p.severity) for p in problems] == [("not_pooled", "warning")]

    def test_degrees_cannot_be_pooled(self) -> None:
        with pytest.raises(InputError, match="degrees"):
            norm_demand(estates((0, 0, 1)).to_crs("EPSG:4490"), read_profile("guangdong_2022").norm)

    def test_the_middle_of_three_is_the_host(self) -> None:
        xy = np.array([[0.0, 0.0], [400.0, 0.0], [800.0, 0.0]])
        hosts = pooled_hosts(xy, np.array([900.0, 100.0, 900.0]), np.full(3, True), 500.0)
        assert hosts.tolist() == [1, 1, 1]


spots = st.tuples(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 6000))


class TestInvariants:
    @pytest.mark.parametrize("profile", profile_names())
    @settings(max_examples=20)
    @given(sizes=st.lists(st.floats(0, 60_000), min_size=2, max_size=8))
    def test_more_residents_never_owe_less(self, profile: str, sizes: list[float]) -> None:
        table = pd.DataFrame({R: sorted(sizes)})
        for rule in (read_profile(profile).norm, read_profile(profile).norm_rural):
            if rule is not None:
                found, _ = norm_demand(table, rule)
                for column in ("places_owed", "classes", "kindergartens"):
                    assert (found[column].dropna().diff().dropna() >= -1e-9).all(), column

    @pytest.mark.parametrize("profile", ["wuhan", "yulin_2022", "harbin_2019"])
    @settings(max_examples=20)
    @given(sizes=st.lists(st.floats(0, 900_000), min_size=2, max_size=8))
    def test_more_homes_or_floor_area_never_owe_less(
        self, profile: str, sizes: list[float]
    ) -> None:
        rule = read_profile(profile).norm
        for table in ({F: sorted(sizes)}, {H: np.sort(sizes) / 100}):
            found, _ = norm_demand(pd.DataFrame(table), rule)
            assert (found["classes"].dropna().diff().dropna() >= 0).all()

    @settings(max_examples=40)
    @given(st.lists(spots, min_size=1, max_size=25))
    def test_pooling_conserves_residents_and_places(self, rows: list[tuple[int, int, int]]) -> None:
        table, rule = estates(*rows), read_profile("guangdong_2022").norm
        found, _ = norm_demand(table, rule)
        assert found["residents_used"].sum() == table[R].sum()
        assert found["places_owed"].sum() == pytest.approx(0.04 * table[R].sum(), rel=1e-9)
        by_group = found.groupby("group")[["residents_used", "classes", "kindergartens"]].sum()
        alone, _ = norm_demand(by_group.rename(columns={"residents_used": R})[[R]], rule)
        np.testing.assert_array_equal(alone["classes"], by_group["classes"])
        np.testing.assert_array_equal(alone["kindergartens"], by_group["kindergartens"])
        shape = table.set_index("community_id").geometry
        apart = shape.distance(shape.loc[found["group"]].reset_index(drop=True), align=False)
        assert (apart <= 500).all()
        host = found.set_index(table["community_id"])["group"]
        assert (host.loc[host] == host.to_numpy()).all()
        assert (table[R][found.duplicated("group", keep=False)] < 4500).all()

    @settings(max_examples=40)
    @given(st.lists(spots, min_size=2, max_size=25), st.randoms(use_true_random=False))
    def test_the_order_of_rows_changes_nothing(
        self, rows: list[tuple[int, int, int]], chance: object
    ) -> None:
        table = estates(*rows)
        order = list(range(len(rows)))
        chance.shuffle(order)  # type: ignore[attr-defined]
        for profile in ("guangdong_2022", "wuhan"):
            rule = read_profile(profile).norm
            plain, _ = norm_demand(table, rule)
            shuffled, _ = norm_demand(table.iloc[order], rule)
            pd.testing.assert_frame_equal(shuffled.loc[plain.index], plain, check_exact=True)

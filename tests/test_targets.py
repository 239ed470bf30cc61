"""Targets of indicators: worked by hand on both sides of each, by year, and at every level."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

import kgspatial as kg
from kgspatial.balance import (
    Indicator,
    assess_indicators,
    indicators_by_level,
    indicators_over_years,
)
from kgspatial.errors import InputError
from kgspatial.standards import read_profile
from kgspatial.study import Study

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
COUNTY = "pujipuhui_2020"
FIRST_DOCUMENT = 2020


def balance_of(*, children: float = 200.0, year: int = 2025, **columns: list) -> kg.Balance:
    """One estate with the children, and kindergartens in it with the given columns."""
    count = len(next(iter(columns.values())))
    table = {"kindergarten_id": [f"K{i}" for i in range(count)], "places": [400.0] * count}
    points = [Point(WEST + 10 * i, SOUTH + 50) for i in range(count)]
    estate = {"community_id": ["C1"], "children": [children]}
    study = Study(
        kindergartens=gpd.GeoDataFrame({**table, **columns}, geometry=points, crs=CRS),
        communities=gpd.GeoDataFrame(
            estate, geometry=[box(WEST, SOUTH, WEST + 100, SOUTH + 100)], crs=CRS
        ),
    )
    demand = kg.estimate_demand(study, year=year)
    return kg.assess_balance(study, demand, kg.measure_travel(study, demand))


def judged(name: str, profile: str = COUNTY, **columns: object) -> Indicator:
    found = {i.id: i for i in assess_indicators(balance_of(**columns), profile)}
    return found[name]


def of_kinds(public: int, inclusive: int, private: int) -> dict[str, list]:
    return {
        "enrolled": [public, inclusive, private],
        "kind": ["public", "inclusive", "private"],
    }


def of_classes(fitting: int, over: int) -> dict[str, list]:
    """Two kindergartens of junior classes: 25 children a class in one, 26 in the other."""
    counts = [fitting, over]
    return {
        "classes": counts,
        "classes_junior": counts,
        "enrolled": [25 * fitting, 26 * over],
    }


def of_areas(outdoor: float, floor: float, opened: int = 2018) -> dict[str, list]:
    """Two kindergartens of 100 children: one with areas to spare, and one with these a child."""
    return {
        "enrolled": [100, 100],
        "opened_year": [2018, opened],
        "outdoor_area_m2": [1000, 100 * outdoor],
        "floor_area_m2": [2000, 100 * floor],
    }


CASES = [
    ("毛入园率85%", "gross_enrolment", {"enrolled": [170]}, 0.85, True, 0),
    ("毛入园率85%", "gross_enrolment", {"enrolled": [169]}, 0.845, False, 1),
    ("毛入园率85%:不封顶", "gross_enrolment", {"enrolled": [230]}, 1.15, True, 0),
    ("普惠覆盖率80%", "inclusive_share", of_kinds(50, 30, 20), 0.80, True, 0),
    ("普惠覆盖率80%", "inclusive_share", of_kinds(50, 29, 21), 0.79, False, 1),
    ("公办占比50%", "public_share", of_kinds(50, 30, 20), 0.50, True, 0),
    ("公办占比50%", "public_share", of_kinds(46, 34, 20), 0.46, False, 4),
    ("班额85%", "class_size_share", of_classes(17, 3), 0.85, True, 0),
    ("班额85%", "class_size_share", of_classes(16, 4), 0.80, False, 1),
    ("师生比1:15", "children_per_teacher", {"enrolled": [150], "teachers": [10]}, 15, True, 0),
    ("师生比1:15", "children_per_teacher", {"enrolled": [151], "teachers": [10]}, 15.1, False, 1),
    ("师生比1:15", "children_per_teacher", {"enrolled": [166], "teachers": [10]}, 16.6, False, 2),
    ("教职工1:7", "children_per_staff", {"enrolled": [140], "staff": [20]}, 7, True, 0),
    ("教职工1:7", "children_per_staff", {"enrolled": [150], "staff": [20]}, 7.5, False, 2),
    (
        *("保教人员1:9", "children_per_educator"),
        *({"enrolled": [135], "teachers": [10], "carers": [5]}, 9, True, 0),
    ),
    (
        *("保教人员1:9", "children_per_educator"),
        *({"enrolled": [136], "teachers": [10], "carers": [5]}, 136 / 15, False, 1),
    ),
    ("2017年起100%:户外4", "areas_share", of_areas(4.0, 10.44), 1.0, True, 0),
    ("2017年起100%:户外4", "areas_share", of_areas(3.99, 10.44), 0.5, False, 1),
    ("2017年起100%:建筑10.44", "areas_share", of_areas(4.0, 10.43), 0.5, False, 1),
    ("2017年起100%:之前不计", "areas_share", of_areas(1.0, 2.0, opened=2016), 1.0, True, 0),
]


@pytest.mark.parametrize(
    ("name", "columns", "value", "met", "missed"),
    [case[1:] for case in CASES],
    ids=[f"{clause}-{value:g}" for clause, _, _, value, *_ in CASES],
)
def test_a_target_of_the_county_assessment_has_two_sides(
    name: str, columns: dict[str, list], value: float, met: bool, missed: float
) -> None:
    found = judged(name, **columns)
    assert (found.value, found.met) == (pytest.approx(value), met)
    assert found.missed == pytest.approx(missed)
    assert found.short == pytest.approx(
        0 if met else abs(found.value - found.threshold), rel=1e-9, abs=1e-12
    )
    assert found.evidence == "seen"
    assert found.source
    assert found.clause


def test_every_number_of_the_county_assessment_was_seen() -> None:
    rules = read_profile(COUNTY)
    own = [rule for rule in rules.rules if rule.profile == COUNTY]
    assert {rule.id.removeprefix("targets."): rule.value for rule in own} == {
        "public_share": 0.5,
        "inclusive_share": 0.8,
        "gross_enrolment": 0.85,
        "class_size_share": 0.85,
        "areas_share": 1.0,
        "staffing.children_per_teacher": 15,
    }
    assert {(rule.evidence, rule.valid_from) for rule in own} == {("seen", FIRST_DOCUMENT)}


class TestWhatTheInputsLeaveOpen:
    def test_is_judged_only_where_both_ends_agree(self) -> None:
        """Classes that fit, that are over, and that nobody tells by age group: 30 children each."""

        def share(fitting: int, over: int, untold: int) -> Indicator:
            known = of_classes(fitting, over)
            return judged(
                "class_size_share",
                classes=[*known["classes"], untold],
                classes_junior=[*known["classes_junior"], None],
                enrolled=[*known["enrolled"], 30 * untold],
            )

        for counts, met in {(17, 1, 2): True, (16, 2, 2): None, (15, 4, 1): False}.items():
            found = share(*counts)
            assert (found.value, found.missed, found.met) == (None, None, met)

    def test_is_settled_by_the_average_beyond_all_sizes(self) -> None:
        told = {"classes": [10, 2], "enrolled": [200, 2 * 36]}
        found = judged("class_size_share", **told)
        assert found.value == pytest.approx(10 / 12)

    @pytest.mark.parametrize(
        ("name", "columns"),
        [
            ("children_per_teacher", {"enrolled": [100, 100], "teachers": [10, None]}),
            ("children_per_teacher", {"enrolled": [100, None], "teachers": [10, 10]}),
            ("children_per_teacher", {"enrolled": [100, 100]}),
            ("children_per_educator", {"enrolled": [100, 100], "teachers": [10, 10]}),
            ("licensed_share", {"enrolled": [100, 100], "licensed": [True, None]}),
            ("public_share", {"enrolled": [100, 100], "kind": ["public", None]}),
            ("areas_share", {"enrolled": [100, 100], "opened_year": [1999, 2005]}),
        ],
    )
    def test_is_no_pass(self, name: str, columns: dict[str, list]) -> None:
        found = judged(name, **columns)
        assert (found.value, found.met, found.missed) == (None, None, None)

    def test_one_kindergarten_that_surely_fails_decides_for_all(self) -> None:
        columns = of_areas(3.0, 10.44)
        columns["floor_area_m2"] = [None, None]
        found = judged("areas_share", **columns)
        assert (found.value, found.met) == (None, False)


class TestWithoutATarget:
    def test_the_value_is_only_observed(self) -> None:
        found = judged("coverage", enrolled=[100])
        assert (found.value, found.threshold, found.met) == (1.0, None, None)

    def test_unlicensed_kindergartens_weigh_with_their_children(self) -> None:
        found = judged("licensed_share", enrolled=[150, 50], licensed=[True, False])
        assert found.value == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("clause", "name", "year", "columns", "met"),
    [
        ("班额2023年80%", "class_size_share", 2023, of_classes(16, 4), True),
        ("班额2023年80%", "class_size_share", 2023, of_classes(15, 5), False),
        ("班额2024年85%", "class_size_share", 2024, of_classes(16, 4), False),
        ("班额2024年85%", "class_size_share", 2024, of_classes(17, 3), True),
        ("师生比2023年1:16", "children_per_teacher", 2023, {"enrolled": [160], "teachers": [10]}, True),
        ("师生比2023年1:16", "children_per_teacher", 2023, {"enrolled": [161], "teachers": [10]}, False),
        ("师生比2024年1:15", "children_per_teacher", 2024, {"enrolled": [160], "teachers": [10]}, False),
        ("教职工2023年1:8", "children_per_staff", 2023, {"enrolled": [160], "staff": [20]}, True),
        ("教职工2024年1:7", "children_per_staff", 2024, {"enrolled": [160], "staff": [20]}, False),
        ("毛入园率2024年85%", "gross_enrolment", 2024, {"enrolled": [199]}, True),
        ("毛入园率2025年100%", "gross_enrolment", 2025, {"enrolled": [199]}, False),
        ("毛入园率2025年100%", "gross_enrolment", 2025, {"enrolled": [200]}, True),
        ("普惠覆盖率2023年起85%", "inclusive_share", 2024, of_kinds(50, 34, 16), False),
        ("普惠覆盖率2023年起85%", "inclusive_share", 2024, of_kinds(50, 35, 15), True),
        ("普惠覆盖率2022年无目标", "inclusive_share", 2022, of_kinds(50, 10, 40), None),
    ],
)  # fmt: skip
def test_enping_asks_more_from_year_to_year(
    clause: str, name: str, year: int, columns: dict[str, list], met: bool | None
) -> None:
    assert judged(name, "enping_2023", year=year, **columns).met is met


ENPING_BY_YEAR = {
    "gross_enrolment": {2025: 1.0},
    "public_share": {2023: 0.5, 2024: 0.5, 2025: 0.5},
    "inclusive_share": {2023: 0.85, 2024: 0.85, 2025: 0.85},
    "children_per_teacher": {2023: 16, 2024: 15, 2025: 15},
    "children_per_staff": {2023: 8, 2024: 7, 2025: 7},
    "children_per_educator": {2023: 11, 2024: 9, 2025: 9},
    "class_size_share": {2023: 0.8, 2024: 0.85, 2025: 0.85},
}
"""The yearly targets of the Enping plan 2023-2025 (STANDARDS 1.1, rows 1 to 9)."""


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_the_targets_of_a_year_are_those_of_the_enping_plan(year: int) -> None:
    found = assess_indicators(balance_of(enrolled=[100], year=year), "enping_2023")
    thresholds = {i.id: i.threshold for i in found}
    for name, asked in ENPING_BY_YEAR.items():
        if year in asked:
            assert thresholds[name] == asked[year], name


@given(st.integers(1, 900), st.integers(1, 80))
@settings(max_examples=30, deadline=None)
def test_so_many_teachers_more_meet_the_target_and_one_less_does_not(
    enrolled: int, teachers: int
) -> None:
    def with_teachers(count: float) -> Indicator:
        return judged("children_per_teacher", enrolled=[enrolled], teachers=[count])

    missed = with_teachers(teachers).missed
    assert with_teachers(teachers + missed).met is True
    if missed:
        assert with_teachers(teachers + missed - 1).met is False


class TestLevels:
    @pytest.fixture
    def balance(self, town: Callable[..., Study], kindergartens: gpd.GeoDataFrame) -> kg.Balance:
        """Two kindergartens in the west, one in the east."""
        extra = gpd.GeoDataFrame(
            {"kindergarten_id": ["K3"], "places": [60.0]},
            geometry=[Point(WEST + 1700, SOUTH + 150)],
            crs=CRS,
        )
        gardens = pd.concat([kindergartens, extra], ignore_index=True).assign(
            enrolled=[30, 40, 50], kind=["public", "private", "public"], teachers=[2, 2, 5]
        )
        study = town(kindergartens=gardens)
        demand = kg.estimate_demand(study, year=2025)
        return kg.assess_balance(study, demand, kg.measure_travel(study, demand))

    def test_units_add_up_to_towns_and_these_to_the_area(self, balance: kg.Balance) -> None:
        table = indicators_by_level(balance, COUNTY, towns={"W": "T", "E": "T"})
        known = table[table["id"].isin(table.loc[table["part"].notna(), "id"])]
        judged = known.groupby("id").filter(lambda rows: rows["part"].notna().all())
        sums = judged.groupby(["level", "id"])[["part", "whole"]].sum()
        assert len(sums.loc["area"]) == 5
        for level in ("unit", "town"):
            pd.testing.assert_frame_equal(sums.loc[level], sums.loc["area"])

    def test_each_unit_is_judged_by_its_own_children(self, balance: kg.Balance) -> None:
        table = indicators_by_level(balance, COUNTY).set_index(["place", "id"])
        assert table.loc[("W", "public_share"), "value"] == pytest.approx(30 / 70)
        assert table.loc[("E", "public_share"), "value"] == 1.0
        assert table.loc[("W", "gross_enrolment"), "value"] == pytest.approx(70 / 90)
        assert table.loc[("W", "children_per_teacher"), "missed"] == 1
        assert table.loc[("E", "children_per_teacher"), "met"] is True

    def test_a_town_of_no_unit_is_refused(self, balance: kg.Balance) -> None:
        with pytest.raises(InputError, match="no unit 'X'"):
            indicators_by_level(balance, towns={"X": "T"})


class TestYears:
    def test_each_is_judged_by_its_own_target_and_the_trend_is_a_year(self) -> None:
        found = [
            balance_of(year=year, enrolled=[count], teachers=[10])
            for year, count in ((2026, 190), (2023, 160), (2024, 166))
        ]
        table = indicators_over_years(found, "enping_2023")
        ratio = table[table["id"] == "children_per_teacher"].set_index("year")
        assert ratio["threshold"].to_dict() == {2023: 16, 2024: 15, 2026: 15}
        assert ratio["met"].tolist() == [True, False, False]
        assert ratio["missed"].tolist() == [0, 2, 3]
        assert pd.isna(ratio.loc[2023, "trend"])
        assert ratio["trend"].tolist()[1:] == pytest.approx([0.6, 1.2])

    def test_without_years_of_their_own_are_refused(self) -> None:
        one = balance_of(enrolled=[100])
        with pytest.raises(InputError, match="different years, not 2025, 2025"):
            indicators_over_years([one, one])

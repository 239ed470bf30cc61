"""Supply: how many places each kindergarten offers in a year, and which of them count."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

import kgspatial as kg
from kgspatial.inputs.settings import BalanceSettings, PlanSettings, Settings
from kgspatial.study import Study
from kgspatial.supply import kindergarten_supply, project_problems, with_projects

Make = Callable[..., Study]


@pytest.fixture
def register(town: Make) -> Callable[..., gpd.GeoDataFrame]:
    """Supply of three kindergartens with the given columns."""

    def make(*, year: int | None = None, unlicensed: bool = False, **columns: object):
        table = {"kindergarten_id": ["K1", "K2", "K3"], **columns}
        shapes = [Point(500_000 + x, 2_700_000) for x in range(3)]
        gardens = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4549")
        settings = Settings(balance=BalanceSettings(count_unlicensed=unlicensed))
        return kindergarten_supply(town(kindergartens=gardens, settings=settings), year=year)

    return make


def test_places_go_before_classes_of_30(register: Callable) -> None:
    found = register(places=[100, None, None], classes=[9, 6, None])
    assert found["places"].tolist() == [100, 180, 0]
    assert found["places_derived"].tolist() == [False, True, False]


def test_classes_come_from_places_rounded_up(register: Callable) -> None:
    found = register(places=[100, 90, None], classes=[9, None, None])
    assert found["classes"].tolist()[:2] == [9, 3]
    assert register(places=[91, 300, None])["classes"].tolist()[:2] == [4, 10]
    assert found["classes_derived"].tolist() == [False, True, False]


def test_a_kindergarten_that_tells_neither_counts_nothing_and_says_why(register: Callable) -> None:
    found = register(places=[100, None, 0])
    assert found["not_counted"].tolist() == [None, "no_places", None]
    assert found["counted"].tolist() == [True, False, True]


def test_an_unlicensed_kindergarten_keeps_its_row_without_places(register: Callable) -> None:
    found = register(places=[90, 90, 90], licensed=["是", "否", None])
    assert found["places"].tolist() == [90, 0, 90]
    assert found["not_counted"].tolist() == [None, "unlicensed", None]


def test_unlicensed_kindergartens_count_where_the_plan_says_so(register: Callable) -> None:
    found = register(places=[90, 90, 90], licensed=[True, False, None], unlicensed=True)
    assert found["places"].tolist() == [90, 90, 90]


@pytest.mark.parametrize(
    ("year", "open_"),
    [(2024, [False, True, True]), (2025, [True, False, True]), (None, [True] * 3)],
)
def test_only_what_is_open_in_the_year_counts(
    register: Callable, year: int | None, open_: list[bool]
) -> None:
    found = register(
        year=year,
        places=[90, 90, 90],
        opened_year=[2025, 1999, None],
        closes_year=[2050, 2025, None],
    )
    assert found["counted"].tolist() == open_
    assert found["places"].tolist() == [90 if o else 0 for o in open_]


def test_the_study_is_not_changed(town: Make) -> None:
    study = town()
    before = study.kindergartens.copy()
    kindergarten_supply(study, year=2025)
    assert study.kindergartens.equals(before)


# --- projects ---

NOW = 2025
CRS = "EPSG:4549"


def planned(*projects: dict[str, object], year: int | None = NOW, **gardens: object) -> Study:
    """Two kindergartens of 90 and 180 places, an estate, a site, and projects in rows from 2 on."""
    table = {"kindergarten_id": ["K1", "K2"], "name": ["一园", "二园"], "places": [90, 180]}
    points = [Point(500_000 + x, 2_700_000) for x in (0, 500)]
    rows = [{"name": f"P{row}", **project} for row, project in enumerate(projects)]
    listed = pd.DataFrame(rows, index=range(2, 2 + len(rows)))
    estate = {"community_id": ["C1"], "name": ["金城花园"], "children": [100.0]}
    site = {"site_id": ["S1"], "source": ["parcel"], "max_classes": [9]}
    return Study(
        kindergartens=gpd.GeoDataFrame({**table, **gardens}, geometry=points, crs=CRS),
        communities=gpd.GeoDataFrame(
            estate, geometry=[box(500_100, 2_700_000, 500_300, 2_700_200)], crs=CRS
        ),
        candidates=gpd.GeoDataFrame(site, geometry=[Point(500_900, 2_700_000)], crs=CRS),
        projects=listed,
        settings=Settings(plan=PlanSettings(year=year)),
    )


def places(study: Study, year: int | None) -> dict[str, float]:
    found = kindergarten_supply(study, year=year)
    return dict(zip(found["kindergarten_id"], found["places"], strict=True))


def listed(study: Study) -> list[tuple[str, int]]:
    found = project_problems(study)
    return list(zip(found["code"], found["row"], strict=True))


EXTENSION = {"kindergarten_id": "K1", "places_added": 30, "opens": "2027-09-01"}


class TestProjects:
    def test_add_to_the_kindergarten_that_they_name_from_their_opening_on(self) -> None:
        study = planned(EXTENSION, {**EXTENSION, "places_added": 60, "opens": "2030"})
        found = {y: places(study, y)["K1"] for y in (2025, 2026, 2027, 2029, 2030)}
        assert found == {2025: 90, 2026: 90, 2027: 120, 2029: 120, 2030: 180}
        assert places(study, 2030)["K2"] == 180
        assert listed(study) == []

    def test_add_classes_as_given_else_what_their_places_need(self) -> None:
        study = planned(EXTENSION, {**EXTENSION, "kindergarten_id": "K2", "classes": 2})
        found = kindergarten_supply(study, year=2027)
        assert found["classes"].tolist() == [3 + 1, 6 + 2]
        assert found["places_added"].tolist() == [30, 30]

    def test_are_linked_by_the_name_of_the_kindergarten_too(self) -> None:
        study = planned({**EXTENSION, "kindergarten_id": None, "kindergarten": "二园"})
        assert places(study, 2027) == {"K1": 90, "K2": 210}

    def test_do_not_count_without_a_year(self) -> None:
        assert places(planned(EXTENSION), None) == {"K1": 90, "K2": 180}

    def test_give_places_to_a_kindergarten_that_told_none(self) -> None:
        study = planned({**EXTENSION, "work": "new"}, places=[None, 180])
        assert places(study, 2026)["K1"] == 0
        found = kindergarten_supply(study, year=2027)
        assert found[["places", "counted"]].values.tolist()[0] == [30, True]

    def test_bring_nothing_to_a_kindergarten_that_does_not_count(self) -> None:
        found = kindergarten_supply(planned(EXTENSION, licensed=[False, True]), year=2027)
        assert found[["places", "places_added", "not_counted"]].values.tolist()[0] == [
            *(0, 30, "unlicensed"),
        ]

    @pytest.mark.parametrize(
        ("project", "gardens", "code"),
        [
            ({"opens": "2025-09-01"}, {}, "project_in_layer"),
            ({"opens": "2026-09-01"}, {}, None),
            ({}, {"opened_year": [2026, 1999]}, None),
            ({}, {"opened_year": [2027, 1999]}, "project_in_layer"),
            ({"work": "new"}, {}, "project_maybe_in_layer"),
            ({"work": "supporting"}, {"opened_year": [None, 1999]}, "project_maybe_in_layer"),
            ({"work": "new"}, {"opened_year": [1999, None]}, None),
            ({"work": "expansion"}, {}, None),
            ({"progress": "stopped"}, {}, "project_stopped"),
            ({"kindergarten_id": "K7"}, {}, "name_unknown"),
        ],
    )
    def test_in_the_layer_already_are_not_counted_twice_and_are_listed(
        self, project: dict[str, object], gardens: dict[str, object], code: str | None
    ) -> None:
        study = planned({**EXTENSION, **project}, **gardens)
        found = kindergarten_supply(study, year=2030)
        assert found["places"].sum() == 270 + (30 if code is None else 0)
        assert listed(study)[:1] == ([] if code is None else [(code, 2)])

    def test_of_a_plan_without_a_year_cannot_be_judged(self) -> None:
        study = planned(EXTENSION, year=None)
        assert places(study, 2030) == {"K1": 90, "K2": 180}
        assert listed(study) == [("project_year_unknown", 2)]


SITE = {"site_id": "S1", "places_added": 270, "classes": 9, "opens": "2028-09-01"}
ESTATE = {"community": "金城花园", "places_added": 180, "opens": "2027-09-01"}


class TestProjectsThatOpenAKindergarten:
    def test_are_listed_until_they_are_placed(self) -> None:
        study = planned(SITE, ESTATE)
        assert listed(study) == [("project_not_placed", 2), ("project_not_placed", 3)]
        wider = with_projects(study)
        assert listed(wider) == []
        assert [c for c in wider.problems["code"] if c.startswith("project")] == [
            *("project_placed", "project_placed"),
        ]
        assert len(study.kindergartens) == 2

    def test_lie_at_their_site_or_in_their_community(self) -> None:
        study = planned(SITE, ESTATE)
        new = with_projects(study).kindergartens.iloc[2:]
        assert new["kindergarten_id"].tolist() == ["project-2", "project-3"]
        assert new.geometry.iloc[0].equals(study.candidates.geometry.iloc[0])
        assert new.geometry.iloc[1].within(study.communities.geometry.iloc[0])

    def test_count_from_their_opening_on(self) -> None:
        wider = with_projects(planned(SITE, ESTATE))
        found = {y: sum(places(wider, y).values()) - 270 for y in (2025, 2027, 2028, 2040)}
        assert found == {2025: 0, 2027: 180, 2028: 450, 2040: 450}
        waiting = kindergarten_supply(wider, year=NOW)["not_counted"].tolist()
        assert waiting == [None, None, "not_open", "not_open"]

    def test_are_public_only_where_all_their_places_are(self) -> None:
        rows = [{**SITE, "public_places_added": n} for n in (270, 180, None)]
        kinds = with_projects(planned(*rows)).kindergartens["kind"].tolist()[2:]
        assert [kind == "public" for kind in kinds] == [True, False, False]
        assert pd.isna(kinds[1:]).all()

    def test_placed_twice_are_placed_once(self) -> None:
        wider = with_projects(planned(SITE))
        assert with_projects(wider) is wider

    def test_of_an_estate_whose_kindergarten_is_in_the_layer_are_not_counted_twice(self) -> None:
        own = {"supports_community": ["C1", None]}
        for opened, code in ((2027, "project_in_layer"), (None, "project_maybe_in_layer")):
            study = planned(ESTATE, opened_year=[opened, 1999], **own)
            assert len(with_projects(study).kindergartens) == 2
            assert listed(study) == [(code, 2)]
        grown = with_projects(planned(ESTATE, opened_year=[2010, 1999], **own))
        assert places(grown, 2027) == {"K1": 90, "K2": 180, "project-2": 180}

    def test_of_a_site_that_nobody_knows_stay_listed(self) -> None:
        study = planned({**SITE, "site_id": "S9"})
        assert with_projects(study) is study
        assert listed(study) == [("name_unknown", 2), ("project_nowhere", 2)]

    def test_serve_children_who_had_no_place(self) -> None:
        study = with_projects(planned(ESTATE, places=[0, 0]))
        for year, served in ((2026, 0.0), (2027, 100.0)):
            demand = kg.estimate_demand(study, year=year)
            balance = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
            assert balance.totals["served"] == pytest.approx(served)
            assert balance.totals["served"] + balance.totals["unserved"] == pytest.approx(100.0)


project_ = st.fixed_dictionaries(
    {
        "kindergarten_id": st.sampled_from(("K1", "K2", "K9", None)),
        "site_id": st.sampled_from(("S1", "S9", None)),
        "community_id": st.sampled_from(("C1", None)),
        "work": st.sampled_from(("new", "expansion", None)),
        "places_added": st.sampled_from((30, 90, None)),
        "opens": st.sampled_from(("2024-09-01", "2026-09-01", "2028-02-20", None)),
        "progress": st.sampled_from(("done", "stopped", None)),
    }
)


@given(st.lists(project_, min_size=1, max_size=6), st.integers(2025, 2029))
@settings(max_examples=50, deadline=None)
def test_each_project_counts_once_waits_or_is_listed(
    rows: list[dict[str, object]], year: int
) -> None:
    study = with_projects(planned(*rows, opened_year=[1990, None]))
    out = {row for code, row in listed(study) if code.startswith("project_")}
    counts = sum(
        int(str(row["places_added"]))
        for number, row in enumerate(rows, start=2)
        if number not in out and int(str(row["opens"])[:4]) <= year
    )
    assert sum(places(study, year).values()) == 270 + counts
    assert len(out) == sum(code.startswith("project_") for code, _ in listed(study))

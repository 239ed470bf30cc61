"""The balance: who finds a place and who does not, and every level adds up to the next."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from kgspatial.balance import Balance, assess_balance, assess_indicators
from kgspatial.demand import estimate_demand
from kgspatial.errors import InputError
from kgspatial.inputs.settings import Settings, TravelSettings
from kgspatial.layers import Grid, Population
from kgspatial.study import Study
from kgspatial.travel import measure_travel

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
Make = Callable[..., Study]


def balance_of(study: Study) -> Balance:
    demand = estimate_demand(study)
    return assess_balance(study, demand, measure_travel(study, demand))


def at(x: float, y: float) -> Point:
    return Point(WEST + x, SOUTH + y)


where = st.tuples(st.integers(0, 1500), st.integers(0, 1500))


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Homes and kindergartens anywhere in a square of two units and beyond, with any counts."""
    homes, gardens = (
        draw(st.lists(where, min_size=1, max_size=8)),
        draw(st.lists(where, min_size=1, max_size=5)),
    )
    n, m = len(homes), len(gardens)
    children = draw(st.lists(st.floats(0, 200), min_size=n, max_size=n))
    places = draw(st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=m, max_size=m))
    licensed = draw(st.lists(st.booleans(), min_size=m, max_size=m))
    communities = {"community_id": [f"C{i}" for i in range(n)], "children": children}
    kindergartens = {
        "kindergarten_id": [f"K{i}" for i in range(m)],
        "places": places,
        "licensed": licensed,
        "enrolled": places,
    }
    units = [box(WEST - 50, SOUTH - 50, WEST + 700, SOUTH + 1600)]
    units.append(box(WEST + 700, SOUTH - 50, WEST + 1200, SOUTH + 1600))
    squares = [box(WEST + x - 9, SOUTH + y - 9, WEST + x + 9, SOUTH + y + 9) for x, y in homes]
    return Study(
        communities=gpd.GeoDataFrame(communities, geometry=squares, crs=CRS),
        kindergartens=gpd.GeoDataFrame(kindergartens, geometry=[at(*g) for g in gardens], crs=CRS),
        units=gpd.GeoDataFrame({"unit_id": ["A", "B"]}, geometry=units, crs=CRS),
    )


class TestSums:
    @settings(deadline=None, max_examples=40)
    @given(studies())
    def test_of_every_level_agree(self, study: Study) -> None:
        found = balance_of(study)
        totals = found.totals
        for table in (found.demand, found.communities, found.units):
            np.testing.assert_allclose(
                table["served"] + table["unserved"], table["children"], atol=1e-9
            )
            assert (table["unreached"] <= table["unserved"] + 1e-9).all()
            for column in ("children", "served", "unserved", "unreached"):
                assert table[column].sum() == pytest.approx(totals[column], abs=1e-6)
        for column in ("places", "vacant"):
            assert found.units[column].sum() == pytest.approx(totals[column], abs=1e-6)
        gardens = found.kindergartens
        assert gardens["served"].sum() == pytest.approx(totals["served"], abs=1e-6)
        np.testing.assert_allclose(gardens["served"] + gardens["vacant"], gardens["places"])
        assert (gardens[["served", "vacant"]] >= 0).all().all()

    @settings(deadline=None, max_examples=40)
    @given(studies())
    def test_gaps_are_children_minus_places_of_either_sign(self, study: Study) -> None:
        found = balance_of(study)
        units, gardens = found.units, found.kindergartens
        np.testing.assert_allclose(units["gap"], units["children"] - units["places"])
        np.testing.assert_allclose(gardens["gap"], gardens["nearest_children"] - gardens["places"])
        homes = found.communities
        np.testing.assert_allclose(homes["gap"], homes["unserved"], atol=1e-9)

    @settings(deadline=None, max_examples=40)
    @given(studies())
    def test_what_does_not_count_serves_reaches_and_catches_nobody(self, study: Study) -> None:
        found = balance_of(study)
        idle = found.kindergartens[~found.kindergartens["counted"]]
        assert idle[["places", "served", "vacant", "nearest_children"]].sum().sum() == 0
        caught = set(found.catchments["kindergarten_id"])
        assert not caught & set(idle["kindergarten_id"])
        assert len(caught) + len(idle) == len(found.kindergartens)


class TestTown:
    def test_of_three_communities_one_is_out_of_reach(self, town: Make) -> None:
        found = balance_of(town())
        assert found.totals == {
            "children": 180,
            "places": 120,
            "enrolled": None,
            "served": pytest.approx(90),
            "unserved": pytest.approx(90),
            "unreached": 90,
            "vacant": pytest.approx(30),
            "coverage": pytest.approx(0.5),
            "mean_distance_m": pytest.approx(0, abs=1e-6),
        }
        assert found.communities["unreached"].tolist() == [0, 0, 90]
        assert np.isnan(found.communities["nearest_m"].iloc[2])

    def test_a_surplus_is_shown_and_not_clipped(self, town: Make) -> None:
        found = balance_of(town())
        west = found.units.set_index("unit_id").loc["W"]
        assert west["gap"] == -30
        assert west["vacant"] == pytest.approx(30)
        assert found.units["gap"].sum() == 60

    def test_whoever_walks_further_fills_the_next_kindergarten(
        self, town: Make, kindergartens: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
    ) -> None:
        near = kindergartens.assign(places=[10, 100])
        wide = Settings(travel=TravelSettings(limit_m=900))
        empty_east = communities.assign(children=[30, 60, 0])
        found = balance_of(town(kindergartens=near, communities=empty_east, settings=wide))
        assert found.totals["unserved"] == pytest.approx(0)
        assert found.kindergartens["served"].tolist() == pytest.approx([10, 80])
        assert found.totals["mean_distance_m"] == pytest.approx(20 * 800 / 90)

    def test_what_lies_in_no_unit_has_a_row_of_its_own(
        self, town: Make, units: gpd.GeoDataFrame
    ) -> None:
        found = balance_of(town(units=units.iloc[:1]))
        outside = found.units.set_index("unit_id").loc["outside"]
        assert outside["children"] == 90
        assert outside.geometry is None

    def test_units_without_anything_keep_their_row(
        self, town: Make, units: gpd.GeoDataFrame
    ) -> None:
        far = gpd.GeoDataFrame(
            {"unit_id": ["N"]}, geometry=[box(WEST, SOUTH + 2000, WEST + 9, SOUTH + 2009)], crs=CRS
        )
        found = balance_of(town(units=pd.concat([units, far], ignore_index=True)))
        assert found.units["unit_id"].tolist() == ["W", "E", "N"]
        assert found.units["children"].iloc[2] == 0

    def test_catchments_tell_places_per_100_children_and_who_has_no_choice(
        self, town: Make
    ) -> None:
        found = balance_of(town(settings=Settings(travel=TravelSettings(limit_m=900))))
        caught = found.catchments.set_index("kindergarten_id")
        assert caught["children"].tolist() == [90, 180]
        assert caught["only_children"].tolist() == [0, 90]
        assert caught["ratio"].tolist() == pytest.approx([100 * 40 / 90, 100 * 80 / 180])
        assert caught.geometry.area.iloc[0] == pytest.approx(np.pi * 900**2, rel=2e-3)

    def test_only_children_enrolled_where_it_counts_are_added_up(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        register = kindergartens.assign(enrolled=[35, 70], licensed=[True, False])
        assert balance_of(town(kindergartens=register)).totals["enrolled"] == 35

    def test_problems_of_the_study_and_of_the_demand_come_along(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        twice = communities.assign(community_id=["C1", "C1", "C3"], children=[30, 60, None])
        found = balance_of(town(communities=twice))
        assert found.problems["code"].tolist() == ["repeated_id", "no_count"]

    def test_travel_measured_for_others_is_refused(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        study = town()
        demand = estimate_demand(study)
        other = measure_travel(study, demand, to=study.kindergartens.iloc[::-1])
        with pytest.raises(InputError, match="other kindergartens"):
            assess_balance(study, demand, other)


class TestWholeArea:
    """Without units there is one row, and its geometry is always an area that can be drawn."""

    @pytest.mark.parametrize("gardens", [[(150, 150)], [(150, 150), (450, 150)]])
    def test_of_points_in_one_place_or_a_row(self, gardens: list[tuple[float, float]]) -> None:
        table = {"kindergarten_id": [f"K{i}" for i in range(len(gardens))], "places": 5}
        people = Population(
            Grid((1, 1), Affine(100, 0, WEST + 100, 0, -100, SOUTH + 200), CRS),
            {"children": np.array([[7.0]])},
        )
        study = Study(
            kindergartens=gpd.GeoDataFrame(table, geometry=[at(*g) for g in gardens], crs=CRS),
            population=people,
        )
        found = balance_of(study)
        assert found.units["unit_id"].tolist() == ["all"]
        area = found.units.geometry.iloc[0]
        assert area.geom_type == "Polygon"
        assert area.area > 500_000
        assert found.demand.within(area).all()
        assert len(found.communities) == 0

    def test_with_communities_is_their_hull(self, town: Make) -> None:
        found = balance_of(town(units=None))
        assert found.units.geometry.iloc[0].bounds == pytest.approx(
            (WEST, SOUTH, WEST + 1900, SOUTH + 300), abs=0.1
        )


class TestIndicators:
    def judged(self, town: Make, kindergartens: gpd.GeoDataFrame, **columns: object) -> dict:
        found = balance_of(town(kindergartens=kindergartens.assign(**columns)))
        return {i.id: (i.value, i.met) for i in assess_indicators(found)}

    def test_are_shares_of_children_and_not_of_kindergartens(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        judged = self.judged(town, kindergartens, enrolled=[40, 120], kind=["public", "private"])
        assert judged["public_share"] == (0.25, False)
        assert judged["inclusive_share"] == (0.25, False)
        assert judged["gross_enrolment"] == (pytest.approx(160 / 180), True)

    def test_with_a_kind_missing_cannot_be_judged(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        judged = self.judged(town, kindergartens, enrolled=[40, 120], kind=["public", None])
        assert judged["public_share"] == (None, None)
        assert judged["gross_enrolment"][1] is True

    def test_with_an_enrolment_missing_cannot_be_judged(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        judged = self.judged(town, kindergartens, enrolled=[40, None], kind=["public", "public"])
        assert {met for _, met in judged.values()} == {None}

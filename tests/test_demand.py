"""Demand: how many children live where, from counts or a grid, with nobody lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from kgspatial.demand import children_grid, estimate_demand
from kgspatial.errors import InputError
from kgspatial.inputs.settings import DemandSettings, PlanSettings, Settings
from kgspatial.layers import Grid, Population
from kgspatial.study import OUTSIDE, Study

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
Make = Callable[..., Study]


def grid_of(values: object, **bands: object) -> Population:
    """Cells of 100 m with their lower left corner at the town's corner."""
    named = {"children": values} if values is not None else {}
    arrays = {k: np.asarray(v, dtype=float) for k, v in {**named, **bands}.items()}
    rows, columns = next(iter(arrays.values())).shape
    transform = Affine(100, 0, WEST, 0, -100, SOUTH + 100 * rows)
    return Population(Grid((rows, columns), transform, CRS), arrays)


def polygons(*shapes: tuple[float, float, float, float], **columns: object) -> gpd.GeoDataFrame:
    found = [box(WEST + w, SOUTH + s, WEST + e, SOUTH + n) for w, s, e, n in shapes]
    ids = [f"C{i}" for i in range(len(found))]
    return gpd.GeoDataFrame({"community_id": ids, **columns}, geometry=found, crs=CRS)


def garden() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"kindergarten_id": ["K"], "places": [1]}, geometry=[Point(WEST, SOUTH)], crs=CRS
    )


corner = st.floats(-250, 650)
rectangles = st.tuples(corner, corner, st.floats(1, 500), st.floats(1, 500)).map(
    lambda r: (r[0], r[1], r[0] + r[2], r[1] + r[3])
)


class TestGrid:
    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(rectangles, min_size=1, max_size=5),
        st.lists(st.floats(0, 1e6), min_size=30, max_size=30),
    )
    def test_children_are_conserved_whatever_overlaps(
        self, shapes: list[tuple[float, float, float, float]], values: list[float]
    ) -> None:
        people = grid_of(np.reshape(values, (5, 6)))
        study = Study(kindergartens=garden(), communities=polygons(*shapes), population=people)
        demand = estimate_demand(study)
        assert demand.children == pytest.approx(sum(values), rel=1e-9)
        assert (demand.points["children"] >= 0).all()

    @pytest.mark.parametrize("times", [2, 3])
    def test_communities_that_overlap_share_their_children(self, times: int) -> None:
        homes = polygons(*[(50, 50, 250, 250)] * times)
        study = Study(
            kindergartens=garden(), communities=homes, population=grid_of(np.ones((5, 6)))
        )
        points = estimate_demand(study).points
        shares = points.loc[points["source"] == "community", "children"]
        np.testing.assert_allclose(shares, 4 / times)
        assert points["children"].sum() == pytest.approx(30, rel=1e-12)

    def test_a_cell_is_cut_at_the_edge_of_a_community(self) -> None:
        homes = polygons((0, 0, 150, 100))
        study = Study(
            kindergartens=garden(), communities=homes, population=grid_of([[8.0, 6.0, 0.0]])
        )
        points = estimate_demand(study).points
        assert points["children"].tolist() == [11.0, 3.0]
        assert points["source"].tolist() == ["community", "cell"]
        assert points["cell_number"].tolist() == [-1, 1]

    def test_children_outside_every_community_stay_in_their_cell(self) -> None:
        study = Study(kindergartens=garden(), population=grid_of([[0.0, 2.5], [0.0, 1.0]]))
        points = estimate_demand(study).points
        assert points["demand_id"].tolist() == ["cell-0-1", "cell-1-1"]
        assert points.geometry.iloc[0].distance(Point(WEST + 150, SOUTH + 150)) < 1e-3
        assert points["unit_id"].tolist() == ["all", "all"]

    def test_rounding_along_shared_borders_makes_no_demand_points(self) -> None:
        edges = np.linspace(0, 600, 8)
        shapes = [(a, 0, b, 500) for a, b in pairwise(edges)]
        study = Study(
            kindergartens=garden(),
            communities=polygons(*shapes),
            population=grid_of(np.ones((5, 6))),
        )
        assert set(estimate_demand(study).points["source"]) == {"community"}

    def test_age_bands_give_ages_3_to_5(self) -> None:
        ones = np.ones((1, 1))
        people = grid_of(None, age_1_4=40 * ones, age_5_9=50 * ones, age_0=9 * ones)
        study = Study(kindergartens=garden(), population=people)
        assert children_grid(study).tolist() == [[40 * 2 / 4 + 50 / 5]]

    def test_residents_give_children_by_the_declared_share(self) -> None:
        declared = Settings(demand=DemandSettings(age_share=0.04))
        people = grid_of(None, residents=[[1000.0]])
        study = Study(kindergartens=garden(), population=people, settings=declared)
        assert estimate_demand(study).children == pytest.approx(40)

    def test_residents_without_a_share_tell_nothing(self) -> None:
        study = Study(kindergartens=garden(), population=grid_of(None, residents=[[1.0]]))
        with pytest.raises(InputError, match="age_share"):
            estimate_demand(study)

    def test_a_share_above_1_is_refused(self) -> None:
        declared = Settings(demand=DemandSettings(age_share=4.0))
        people = grid_of(None, residents=[[1.0]])
        with pytest.raises(InputError, match="from 0 to 1"):
            estimate_demand(Study(kindergartens=garden(), population=people, settings=declared))

    def test_a_grid_much_larger_than_the_units_is_noted(self, town: Make) -> None:
        people = grid_of(np.ones((40, 60)))
        demand = estimate_demand(town(population=people), method="grid")
        assert demand.problems["code"].tolist() == ["outside_units"]
        assert OUTSIDE in set(demand.points["unit_id"])
        assert demand.children == pytest.approx(2400, rel=1e-12)

    def test_a_grid_of_half_the_world_is_refused(self) -> None:
        world = Grid((18, 36), Affine(10, 0, -180, 0, -10, 90), "EPSG:4326")
        people = Population(world, {"children": np.ones((18, 36))})
        study = Study(kindergartens=garden(), population=people, crs="EPSG:4549")
        with pytest.raises(InputError, match="Clip it"):
            estimate_demand(study)


class TestCounts:
    def test_communities_keep_their_counts(self, town: Make) -> None:
        demand = estimate_demand(town())
        assert demand.method == "register"
        assert demand.points["children"].tolist() == [30, 60, 90]
        assert demand.points["unit_id"].tolist() == ["W", "W", "E"]
        assert "180.0 children (3 community: 180)" in repr(demand)

    def test_a_missing_count_is_reported_and_counts_nothing(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        demand = estimate_demand(town(communities=communities.assign(children=[30, None, 90])))
        assert demand.children == 120
        assert demand.problems["problem"].tolist() == ["'C2' carries no count of children"]

    def test_a_grid_goes_before_counts_that_are_not_complete(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        holes = communities.assign(children=[30, None, 90])
        study = town(communities=holes, population=grid_of(np.ones((5, 19))))
        demand = estimate_demand(study)
        assert demand.method == "grid"
        assert demand.problems["code"].tolist() == ["incomplete_counts"]
        assert not len(estimate_demand(study, method="grid").problems)

    def test_the_asked_year_goes_before_that_of_the_plan(self, town: Make) -> None:
        study = town(settings=Settings(plan=PlanSettings(year=2025)))
        assert estimate_demand(study).year == 2025
        assert estimate_demand(study, year=2030).year == 2030

    def test_nothing_that_counts_children_is_an_error(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        with pytest.raises(InputError, match="how many children"):
            estimate_demand(town(communities=communities.drop(columns="children")))

    def test_an_unknown_method_is_an_error(self, town: Make) -> None:
        with pytest.raises(InputError, match="no demand method 'guess'"):
            estimate_demand(town(), method="guess")

    def test_a_grid_that_is_not_there_is_an_error(self, town: Make) -> None:
        with pytest.raises(InputError, match="no population grid"):
            estimate_demand(town(), method="grid")


class TestCountsOfUnits:
    @settings(deadline=None, max_examples=30)
    @given(
        st.lists(st.one_of(st.none(), st.floats(0, 5000)), min_size=2, max_size=2),
        st.lists(st.one_of(st.none(), st.floats(0, 900)), min_size=3, max_size=3),
    )
    def test_are_conserved_whatever_the_communities_weigh(
        self, counts: list[float | None], households: list[float | None]
    ) -> None:
        if all(c is None for c in counts):
            return
        homes = polygons(
            (0, 0, 90, 90), (100, 0, 190, 90), (300, 0, 390, 90), households=households
        )
        demand = estimate_demand(
            Study(kindergartens=garden(), communities=homes, units=self.two(counts))
        )
        assert demand.children == pytest.approx(sum(c or 0 for c in counts), rel=1e-9, abs=1e-12)

    @staticmethod
    def two(counts: list[float | None]) -> gpd.GeoDataFrame:
        shapes = [box(WEST + x, SOUTH, WEST + x + 250, SOUTH + 100) for x in (0, 250)]
        return gpd.GeoDataFrame(
            {"unit_id": ["A", "B"], "children": counts}, geometry=shapes, crs=CRS
        )

    def test_spread_in_proportion_to_residents(self) -> None:
        homes = polygons((0, 0, 90, 90), (100, 0, 190, 90), residents=[100, 300])
        units = self.two([40.0, 7.0])
        points = estimate_demand(
            Study(kindergartens=garden(), communities=homes, units=units)
        ).points
        assert points["children"].tolist() == [10.0, 30.0, 7.0]
        assert points["source"].tolist() == ["community", "community", "unit"]

    def test_without_communities_each_unit_is_a_point(self) -> None:
        demand = estimate_demand(Study(kindergartens=garden(), units=self.two([40.0, None])))
        assert demand.points["demand_id"].tolist() == ["unit-A"]
        assert demand.problems["problem"].tolist() == ["'B' carries no count of children"]

    def test_a_community_in_no_unit_gets_none_and_is_reported(self) -> None:
        homes = polygons((0, 0, 90, 90), (900, 0, 990, 90))
        demand = estimate_demand(
            Study(kindergartens=garden(), communities=homes, units=self.two([40.0, 0.0]))
        )
        assert demand.points["children"].tolist() == [40.0, 0.0]
        assert demand.problems["problem"].tolist() == ["'C1' lies in no unit"]

    def test_the_declared_unit_of_a_community_holds(self) -> None:
        homes = polygons((0, 0, 90, 90), unit_id=["B"])
        points = estimate_demand(
            Study(kindergartens=garden(), communities=homes, units=self.two([0.0, 5.0]))
        ).points
        assert points["children"].tolist() == [5.0]


def test_the_population_refuses_counts_that_cannot_be() -> None:
    good = grid_of([[1.0]])
    for bad in (np.array([[-1.0]]), np.array([[np.nan]])):
        with pytest.raises(InputError, match="negative or non-finite"):
            replace(good, bands={"children": bad})
    with pytest.raises(InputError, match="shape"):
        replace(good, bands={"children": np.ones((2, 2))})
    with pytest.raises(InputError, match="unknown band"):
        replace(good, bands={"kids": np.ones((1, 1))})

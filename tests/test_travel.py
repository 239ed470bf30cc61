"""Travel: who can walk where, in metres, within the limit and on this side of the river."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from shapely import LineString, Point, box

from kgspatial.demand import estimate_demand
from kgspatial.errors import InputError
from kgspatial.layers import Grid
from kgspatial.study import Study
from kgspatial.travel import TravelMatrix, measure_travel, radius_areas, straight
from kgspatial.travel.lattice import lattice_of

CRS = "EPSG:4549"
quick = settings(deadline=None, max_examples=60)
places = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=12)


def points(found: list[tuple[float, float]], id_column: str = "demand_id") -> gpd.GeoDataFrame:
    shapes = [Point(500_000 + x, 2_700_000 + y) for x, y in found]
    return gpd.GeoDataFrame(
        {id_column: [f"p{i}" for i in range(len(found))]}, geometry=shapes, crs=CRS
    )


def points_at(xy: np.ndarray) -> gpd.GeoDataFrame:
    """Points that are named by where they lie."""
    names = [f"{x!r} {y!r}" for x, y in xy.tolist()]
    return gpd.GeoDataFrame({"demand_id": names}, geometry=gpd.points_from_xy(*xy.T), crs=CRS)


def matrix(rows: list[list[float]], limit_m: float = 1000.0) -> TravelMatrix:
    """Travel matrix of a table in which nan is out of reach."""
    table = np.array(rows)
    at = np.nonzero(~np.isnan(table))
    csr = sparse.csr_array((table[at], at), shape=table.shape)
    ids = [[f"{kind}{i}" for i in range(n)] for kind, n in zip("oz", table.shape, strict=True)]
    return TravelMatrix(csr, np.array(ids[0]), np.array(ids[1]), limit_m)


class TestStraight:
    @quick
    @given(places, places, st.sampled_from([1.0, 1.3]))
    def test_distances_are_those_of_pythagoras_times_the_detour(
        self, starts: list[tuple[int, int]], ends: list[tuple[int, int]], detour: float
    ) -> None:
        found = straight(points(starts), points(ends), limit_m=500, detour=detour).csr.tocoo()
        apart = np.array(starts)[:, None] - np.array(ends)[None]
        metres = np.hypot(apart[..., 0], apart[..., 1]) * detour
        clear = np.abs(metres - 500) > 1e-6
        stored = np.zeros(metres.shape, dtype=bool)
        stored[found.row, found.col] = True
        np.testing.assert_array_equal(stored[clear], (metres < 500)[clear])
        np.testing.assert_allclose(found.data, metres[found.row, found.col], atol=1e-6)

    @quick
    @given(places, places)
    def test_the_way_back_is_as_long(self, starts: list, ends: list) -> None:
        there = straight(points(starts), points(ends), limit_m=700).csr
        back = straight(points(ends), points(starts), limit_m=700).csr
        np.testing.assert_array_equal(there.toarray(), back.toarray().T)
        assert there.nnz == back.nnz

    @pytest.mark.parametrize(("limit_m", "reached"), [(500.0, True), (499.999, False)])
    def test_the_limit_itself_is_within_reach(self, limit_m: float, reached: bool) -> None:
        found = straight(points([(0, 0)]), points([(300, 400)]), limit_m=limit_m)
        assert found.reached.tolist() == [reached]

    def test_a_distance_of_0_is_an_entry(self) -> None:
        found = straight(points([(10, 10)]), points([(10, 10), (990, 990)]), limit_m=500)
        assert found.csr.nnz == 1
        assert found.csr.data.tolist() == [0.0]
        assert found.reached.all()

    def test_a_river_without_a_bridge_cuts_the_catchment(self) -> None:
        river = gpd.GeoDataFrame(
            geometry=[LineString([(500_050, 2_699_000), (500_050, 2_701_000)])], crs=CRS
        )
        homes, garden = points([(0, 0), (90, 0)]), points([(100, 0)], "kindergarten_id")
        dry = straight(homes, garden, limit_m=500)
        cut = straight(homes, garden, limit_m=500, barriers=river.to_crs("EPSG:4490"))
        assert dry.reached.tolist() == [True, True]
        assert cut.reached.tolist() == [False, True]

    def test_a_river_leaves_the_home_that_stands_at_the_kindergarten(self) -> None:
        river = gpd.GeoDataFrame(
            geometry=[LineString([(500_050, 2_699_000), (500_050, 2_701_000)])], crs=CRS
        )
        found = straight(points([(0, 0)]), points([(0, 0)]), limit_m=500, barriers=river)
        assert found.csr.nnz == 1

    def test_degrees_are_measured_in_metres(self) -> None:
        homes, garden = points([(0, 0)]), points([(300, 400)])
        found = straight(homes.to_crs("EPSG:4326"), garden.to_crs("EPSG:4490"), limit_m=600)
        assert found.csr.data == pytest.approx([500.0], abs=0.01)

    def test_web_mercator_is_not_taken_for_metres(self) -> None:
        homes, garden = points([(0, 0)]), points([(300, 400)])
        found = straight(homes.to_crs("EPSG:3857"), garden, limit_m=600)
        assert found.csr.data == pytest.approx([500.0], abs=0.01)

    def test_polygons_are_taken_at_an_inner_point(self) -> None:
        home = gpd.GeoDataFrame(geometry=[box(500_000, 2_700_000, 500_100, 2_700_100)], crs=CRS)
        found = straight(home, points([(50, 50)]), limit_m=500)
        assert found.csr.data == pytest.approx([0.0], abs=1e-6)

    def test_ids_are_those_of_the_layers(self) -> None:
        found = straight(
            points([(0, 0)]), points([(1, 1)], "site_id").set_index("site_id"), limit_m=9
        )
        assert found.origin_ids.tolist() == ["p0"]
        assert found.destination_ids.tolist() == ["p0"]

    def test_layers_without_rows_give_a_matrix_without_entries(self) -> None:
        none = points([(0, 0)]).iloc[:0]
        assert straight(none, points([(0, 0)]), limit_m=9).csr.shape == (0, 1)
        assert straight(points([(0, 0)]), none, limit_m=9).csr.shape == (1, 0)

    @pytest.mark.parametrize("limit_m", [0.0, -5.0, np.nan, np.inf])
    def test_a_limit_that_is_none_is_refused(self, limit_m: float) -> None:
        with pytest.raises(InputError, match="limit"):
            straight(points([(0, 0)]), points([(0, 0)]), limit_m=limit_m)

    @pytest.mark.parametrize("detour", [0.9, np.nan, np.inf])
    def test_a_detour_shorter_than_the_straight_line_is_refused(self, detour: float) -> None:
        with pytest.raises(InputError, match="detour"):
            straight(points([(0, 0)]), points([(0, 0)]), limit_m=500, detour=detour)

    @pytest.mark.parametrize("which", [0, 1])
    def test_points_without_a_system_are_refused(self, which: int) -> None:
        layers = [points([(0, 0)]), points([(0, 0)])]
        layers[which] = layers[which].set_crs(None, allow_override=True)
        with pytest.raises(InputError, match="no coordinate reference system"):
            straight(*layers, limit_m=500)


class TestTravelMatrix:
    def test_equal_distances_are_settled_by_the_lower_column(self) -> None:
        nan = np.nan
        found = matrix([[nan, 5, 5], [7, 2, 2], [nan, nan, nan], [0, 0, 1]])
        distance, column = found.nearest()
        np.testing.assert_array_equal(distance, [5, 2, nan, 0])
        assert column.tolist() == [1, 1, -1, 0]

    def test_nearest_of_no_destinations_is_none(self) -> None:
        empty = TravelMatrix(sparse.csr_array((2, 0)), np.array(["a", "b"]), np.array([]), 5.0)
        assert empty.nearest()[1].tolist() == [-1, -1]

    def test_beside_keeps_distances_of_0(self) -> None:
        left, right = matrix([[0.0], [3.0]]), matrix([[np.nan], [0.0]])
        both = left.beside(right)
        assert both.csr.nnz == 3
        assert both.destination_ids.tolist() == ["z0", "z0"]
        assert both.csr.toarray().tolist() == [[0, 0], [3, 0]]

    def test_matrices_of_other_origins_do_not_go_side_by_side(self) -> None:
        other = TravelMatrix(sparse.csr_array((1, 1)), np.array(["x"]), np.array(["y"]), 5.0)
        with pytest.raises(InputError, match="different origins"):
            matrix([[1.0]]).beside(other)

    def test_a_shape_that_does_not_fit_the_ids_is_refused(self) -> None:
        with pytest.raises(InputError, match="2 x 2 does not fit 1 origins"):
            TravelMatrix(sparse.csr_array((2, 2)), np.array(["a"]), np.array(["b", "c"]), 5.0)

    @pytest.mark.parametrize("metres", [-1.0, 1000.1, np.nan, np.inf])
    def test_a_distance_that_cannot_be_is_refused(self, metres: float) -> None:
        csr = sparse.csr_array(([metres], ([0], [0])), shape=(1, 1))
        with pytest.raises(InputError, match="between 0 and the limit"):
            TravelMatrix(csr, np.array(["a"]), np.array(["b"]), 1000.0)

    def test_two_distances_of_one_pair_are_refused(self) -> None:
        csr = sparse.csr_array(
            (np.array([1.0, 2.0]), np.array([0, 0]), np.array([0, 2])), shape=(1, 1)
        )
        with pytest.raises(InputError, match="two distances"):
            TravelMatrix(csr, np.array(["a"]), np.array(["b"]), 1000.0)

    def test_the_callers_matrix_is_not_changed(self) -> None:
        csr = sparse.csr_array(
            (np.array([1.0, 2.0]), np.array([1, 0]), np.array([0, 2])), shape=(1, 2)
        )
        found = TravelMatrix(csr, np.array(["a"]), np.array(["b", "c"]), 1000.0)
        assert csr.indices.tolist() == [1, 0]
        assert found.csr.indices.tolist() == [0, 1]


class TestMeasureTravel:
    def test_the_studys_own_limit_and_kindergartens_hold(self, town: Callable[..., Study]) -> None:
        study = town()
        found = measure_travel(study, estimate_demand(study))
        assert found.limit_m == 500.0
        assert found.origin_ids.tolist() == ["C1", "C2", "C3"]
        assert found.destination_ids.tolist() == ["K1", "K2"]
        assert found.reached.tolist() == [True, True, False]

    def test_streets_that_are_barriers_cut_and_others_do_not(
        self, town: Callable[..., Study]
    ) -> None:
        lines = [
            LineString([(500_000 + x, 2_690_000), (500_000 + x, 2_710_000)]) for x in (500, 20)
        ]
        streets = gpd.GeoDataFrame({"barrier": ["river", None]}, geometry=lines, crs=CRS)
        study = town(streets=streets)
        demand = estimate_demand(study)
        cut = measure_travel(study, demand, limit_m=900)
        open_ = measure_travel(town(), demand, limit_m=900)
        assert open_.csr.nnz == 5
        assert sorted(zip(*cut.csr.tocoo().coords, strict=True)) == [(0, 0), (1, 1), (2, 1)]

    def test_the_service_area_is_the_limit_without_the_detour(self) -> None:
        area = radius_areas(points([(0, 0)]), limit_m=650, detour=1.3).iloc[0]
        assert area.area == pytest.approx(np.pi * 500**2, rel=2e-3)


class TestLattices:
    """Cells of a grid are found by window arithmetic, with the distances of the tree."""

    GRID = Grid((40, 50), Affine(100, 0, 500_000, 0, -100, 2_704_000), CRS)

    @quick
    @given(places, st.floats(20, 900))
    def test_windows_find_what_the_tree_finds(
        self, ends: list[tuple[int, int]], limit: float
    ) -> None:
        schools = points([(3 * x, 3 * y) for x, y in ends], "kindergarten_id")
        cells = straight(self.GRID, schools, limit_m=limit)
        xy = np.column_stack(self.GRID.centres(np.arange(self.GRID.size)))
        end = np.column_stack([schools.geometry.x, schools.geometry.y])
        apart = np.hypot(*(xy[:, None] - end[None]).transpose(2, 0, 1))
        stored = np.zeros(apart.shape, dtype=bool)
        found = cells.csr.tocoo()
        stored[found.row, found.col] = True
        clear = np.abs(apart - limit) > 1e-6
        np.testing.assert_array_equal(stored[clear], (apart <= limit)[clear])
        np.testing.assert_allclose(found.data, apart[found.row, found.col], atol=1e-9)
        assert cells.csr.has_sorted_indices

    def test_a_cell_at_just_the_limit_is_in_by_both_ways(self) -> None:
        x, y = self.GRID.centres(np.array([20 * 50 + 20]))
        school = points([(x[0] - 500_000, y[0] - 2_700_000)], "kindergarten_id")
        assert straight(self.GRID, school, limit_m=100).csr.nnz == 5
        few = points([(x[0] - 500_000 + d, y[0] - 2_700_000) for d in (-100, 0, 100)])
        assert straight(few, school, limit_m=100).csr.nnz == 3

    @quick
    @given(st.integers(0, 2**31))
    def test_just_the_distance_of_a_pair_as_limit_gives_the_same_pairs(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        step = np.stack(np.meshgrid(np.arange(25), np.arange(25)), axis=-1).reshape(-1, 2)
        start = step * random.uniform(20, 120) + random.uniform(0, 1e6, 2)
        end = start[random.integers(0, len(start), 3)] + random.uniform(-90, 90, (3, 2))
        limit = float(np.hypot(*(start[random.integers(0, 625)] - end[0])))
        if limit == 0:
            return
        cells, homes = (points_at(p) for p in (start, start[random.permutation(625)[:400]]))
        by_window, by_tree = (straight(f, points_at(end), limit_m=limit) for f in (cells, homes))
        shared = np.isin(by_window.origin_ids, by_tree.origin_ids)
        order = np.argsort(by_tree.origin_ids)
        rows = np.flatnonzero(shared)[np.argsort(by_window.origin_ids[shared])]
        np.testing.assert_array_equal(by_window.csr[rows].toarray(), by_tree.csr[order].toarray())

    def test_a_long_river_in_many_corners_cuts_as_a_short_one(self) -> None:
        y = np.linspace(2_699_000, 2_705_000, 2_000)
        river = LineString(np.column_stack([502_010 + 3 * np.sin(y / 50), y]))
        frame = gpd.GeoDataFrame(geometry=[river], crs=CRS)
        school = points([(2300, 2000)], "kindergarten_id")
        found = straight(self.GRID, school, limit_m=900, barriers=frame)
        xy = np.column_stack(self.GRID.centres(np.arange(self.GRID.size)))
        lines = [LineString([p, school.geometry[0].coords[0]]) for p in xy]
        near = np.array([line.length <= 900 for line in lines])
        free = np.array([not line.intersects(river) for line in lines])
        np.testing.assert_array_equal(found.reached, near & free)

    def test_cells_among_communities_keep_their_rows(self) -> None:
        x, y = self.GRID.centres(np.arange(self.GRID.size))
        shapes = list(map(Point, x, y))
        homes = [Point(501_234.5, 2_701_111.1), Point(503_000.0, 2_702_000.0)]
        order = np.random.default_rng(4).permutation(len(shapes) + 2)
        frame = gpd.GeoDataFrame(
            {
                "demand_id": [f"d{i}" for i in range(len(order))],
                "cell_number": [*range(len(shapes)), -1, -1],
            },
            geometry=[*shapes, *homes],
            crs=CRS,
        ).iloc[order]
        school = points([(1200, 1100), (2900, 2100)], "kindergarten_id")
        mixed = straight(frame, school, limit_m=400)
        plain = straight(frame.drop(columns="cell_number"), school, limit_m=400)
        np.testing.assert_array_equal(mixed.origin_ids, frame["demand_id"])
        np.testing.assert_allclose(mixed.csr.toarray(), plain.csr.toarray())

    def test_points_off_any_lattice_are_not_taken_for_one(self) -> None:
        random = np.random.default_rng(1)
        assert lattice_of(random.uniform(0, 1000, (800, 2))) is None
        assert lattice_of(np.zeros((800, 2))) is None
        step = np.stack(np.meshgrid(np.arange(40), np.arange(40)), axis=-1).reshape(-1, 2) * 100.0
        assert lattice_of(step) is not None
        assert lattice_of(np.concatenate([step, step[:1]])) is None
        assert lattice_of(np.concatenate([step, [[33.0, 50.0]]])) is None

    def test_a_river_cuts_cells_as_it_cuts_points(self) -> None:
        river = gpd.GeoDataFrame(geometry=[LineString([(502_010, 0), (502_010, 9e6)])], crs=CRS)
        school = points([(2000, 2000)], "kindergarten_id")
        found = straight(self.GRID, school, limit_m=500, barriers=river).csr.tocoo()
        x, _ = self.GRID.centres(found.row)
        assert x.max() < 502_010
        assert found.nnz > 20

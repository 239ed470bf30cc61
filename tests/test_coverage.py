"""The coverage matrix: which fraction of each cell lies in each polygon, and who shares it."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from kgspatial.demand import coverage_matrix, share_overlaps
from kgspatial.errors import InputError
from kgspatial.layers import Grid

CRS = "EPSG:4549"
ROWS, COLUMNS, SIDE = 5, 6, 100.0
NORTH_UP = Grid((ROWS, COLUMNS), Affine(SIDE, 0, 0, 0, -SIDE, ROWS * SIDE), CRS)
SOUTH_UP = Grid((ROWS, COLUMNS), Affine(SIDE, 0, 0, 0, SIDE, 0), CRS)
quick = settings(deadline=None, max_examples=60)


def cells_of(grid: Grid) -> np.ndarray:
    """The grid's cells as squares, row by row."""
    t, (rows, columns) = grid.transform, grid.shape
    r, c = np.divmod(np.arange(rows * columns), columns)
    x, y = t.c + c * t.a, t.f + r * t.e
    sides = np.sort([x, x + t.a], axis=0), np.sort([y, y + t.e], axis=0)
    return shapely.box(sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def by_intersection(shape: shapely.Geometry, grid: Grid) -> np.ndarray:
    cells = cells_of(grid)
    return shapely.area(shapely.intersection(shape, cells)) / shapely.area(cells)


def by_numpy(shape: shapely.Geometry, grid: Grid) -> np.ndarray:
    """The signed-area sum of the kernel, written plainly: edges cut at every grid line."""
    (rows, columns), t = grid.shape, grid.transform
    total = np.zeros((rows, columns + 1))
    for part in shapely.get_parts(shapely.orient_polygons(shape)):
        for ring in shapely.get_rings(part):
            xy = shapely.get_coordinates(ring)
            cut = np.column_stack([(xy[:, 0] - t.c) / t.a, (xy[:, 1] - t.f) / t.e])
            for start, end in pairwise(cut):
                add_edge(total, start, end, rows, columns)
    return np.abs(np.cumsum(total, axis=1)[:, :columns]).ravel()


def add_edge(total: np.ndarray, start: np.ndarray, end: np.ndarray, rows: int, columns: int):
    lines = [
        np.arange(np.floor(min(a, b)), np.ceil(max(a, b)) + 1)
        for a, b in zip(start, end, strict=True)
    ]
    at = [(k - a) / (b - a) for k, a, b in zip(lines, start, end, strict=True) if a != b]
    steps = np.unique(np.clip(np.concatenate([[0.0, 1.0], *at]), 0.0, 1.0))
    points = start + steps[:, None] * (end - start)
    middle, height = (points[:-1] + points[1:]) / 2, np.diff(points[:, 1])
    row, column = np.floor(middle[:, 1]).astype(int), np.floor(middle[:, 0]).astype(int)
    kept = (row >= 0) & (row < rows) & (column < columns)
    row, column, height, x = row[kept], column[kept], height[kept], middle[kept, 0]
    part = np.where(column < 0, 0.0, x - column)
    column = np.maximum(column, 0)
    np.add.at(total, (row, column), height * (1 - part))
    np.add.at(total, (row, column + 1), height * part)


def one(shape: shapely.Geometry, grid: Grid = NORTH_UP) -> np.ndarray:
    return coverage_matrix(gpd.GeoSeries([shape], crs=grid.crs), grid).toarray()[0]


@st.composite
def stars(draw: st.DrawFn, step: float | None = None) -> Polygon:
    """A star-shaped polygon around a point on or near the grid, often with a hole."""
    x, y = draw(st.floats(-150, 750)), draw(st.floats(-150, 650))
    radii = draw(st.lists(st.floats(5, 400), min_size=3, max_size=9))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False) + draw(st.floats(0, 1))
    ring = np.column_stack([x + radii * np.cos(angles), y + radii * np.sin(angles)])
    if step is not None:
        ring = np.round(ring / step) * step
    hole = [ring[::-1] * 0.4 + 0.6 * np.array([x, y])] if draw(st.booleans()) else []
    star = Polygon(ring, hole)
    assume(star.is_valid and star.area > 1.0)
    return star


class TestFractions:
    @quick
    @given(stars(), st.sampled_from([NORTH_UP, SOUTH_UP]))
    def test_equal_the_area_of_intersection_with_each_cell(self, star: Polygon, grid: Grid) -> None:
        np.testing.assert_allclose(one(star, grid), by_intersection(star, grid), atol=1e-9)

    @quick
    @given(stars(step=50.0))
    def test_are_exact_where_corners_lie_on_grid_lines(self, star: Polygon) -> None:
        np.testing.assert_allclose(one(star), by_intersection(star, NORTH_UP), atol=1e-9)

    @quick
    @given(st.lists(stars(), min_size=1, max_size=3))
    def test_of_the_kernel_equal_those_of_its_numpy_version(self, found: list[Polygon]) -> None:
        shape = shapely.union_all(found)
        assume(shape.geom_type in ("Polygon", "MultiPolygon"))
        np.testing.assert_allclose(one(shape), by_numpy(shape, NORTH_UP), atol=1e-9)

    @quick
    @given(stars())
    def test_add_up_to_the_area_within_the_grid(self, star: Polygon) -> None:
        within = star.intersection(box(0, 0, COLUMNS * SIDE, ROWS * SIDE)).area
        assert one(star).sum() * SIDE**2 == pytest.approx(within, abs=1e-4)

    @quick
    @given(stars())
    def test_lie_between_0_and_1(self, star: Polygon) -> None:
        data = coverage_matrix(gpd.GeoSeries([star], crs=CRS), NORTH_UP).data
        assert ((data > 0) & (data <= 1)).all()

    @quick
    @given(stars())
    def test_do_not_depend_on_the_direction_of_the_outline(self, star: Polygon) -> None:
        turned = shapely.reverse(star)
        np.testing.assert_allclose(one(star), one(turned), atol=1e-12)

    @pytest.mark.parametrize(
        "shape",
        [
            box(120, 120, 130, 130),
            box(100, 100, 300, 300),
            box(-500, -500, 5000, 5000),
            box(-50, 250, 250, 700),
            MultiPolygon([box(10, 10, 90, 90), box(310, 310, 555, 444)]),
            Polygon(box(50, 50, 450, 450).exterior, [box(150, 150, 350, 350).exterior]),
            Polygon([(0, 0), (600, 0.001), (600, 0.002)]),
            Polygon([(100, 100), (200, 100), (100, 200)]),
        ],
        ids=[
            "inside one cell",
            "on lines",
            "all",
            "off the grid",
            "parts",
            "hole",
            "sliver",
            "half",
        ],
    )
    def test_of_named_shapes(self, shape: shapely.Geometry) -> None:
        np.testing.assert_allclose(one(shape), by_intersection(shape, NORTH_UP), atol=1e-9)

    @pytest.mark.parametrize("x", [-1000.0, 700.0])
    def test_of_a_polygon_beside_the_grid_are_none(self, x: float) -> None:
        assert coverage_matrix(gpd.GeoSeries([box(x, 0, x + 90, 90)], crs=CRS), NORTH_UP).nnz == 0

    def test_hold_on_a_grid_of_degrees(self) -> None:
        grid = Grid((4, 4), Affine(1 / 1200, 0, 118.0, 0, -1 / 1200, 24.0), "EPSG:4326")
        shape = Polygon([(118.0003, 23.9999), (118.003, 23.9991), (118.001, 23.9969)])
        np.testing.assert_allclose(one(shape, grid), by_intersection(shape, grid), atol=1e-9)

    def test_are_measured_in_the_grids_system_whatever_that_of_the_polygons(self) -> None:
        here = gpd.GeoSeries([box(500_000, 2_700_000, 500_150, 2_700_080)], crs=CRS)
        grid = Grid((2, 3), Affine(100, 0, 499_950, 0, -100, 2_700_150), CRS)
        there = coverage_matrix(here.to_crs("EPSG:4326"), grid).toarray()
        np.testing.assert_allclose(there, coverage_matrix(here, grid).toarray(), atol=1e-6)


class TestAgainstExactextract:
    """exactextract 0.3 (Baston): an independent implementation, in 32-bit floats."""

    @staticmethod
    def extracted(shapes: list[shapely.Geometry], grid: Grid) -> np.ndarray:
        (rows, columns), t = grid.shape, grid.transform
        south, east = t.f + rows * t.e, t.c + columns * t.a
        raster = NumPyRasterSource(
            np.ones(grid.shape), t.c, south, east, t.f, srs_wkt=grid.crs.to_wkt()
        )
        features = gpd.GeoDataFrame(geometry=shapes, crs=grid.crs)
        found = exact_extract(raster, features, ["cell_id", "coverage"], output="pandas")
        dense = np.zeros((len(shapes), grid.size))
        for i, (ids, parts) in enumerate(zip(found["cell_id"], found["coverage"], strict=True)):
            dense[i, ids] = parts
        return dense

    @settings(deadline=None, max_examples=25)
    @given(st.lists(stars(), min_size=1, max_size=6))
    def test_stars_with_holes_agree(self, found: list[Polygon]) -> None:
        ours = coverage_matrix(gpd.GeoSeries(found, crs=CRS), NORTH_UP).toarray()
        np.testing.assert_allclose(ours, self.extracted(found, NORTH_UP), atol=1e-5)

    def test_many_parts_agree(self) -> None:
        rng = np.random.default_rng(5)
        middles = shapely.points(rng.uniform(-50, 650, (40, 2)))
        circles = shapely.buffer(middles, rng.uniform(3, 90, 40))
        shapes = [shapely.union_all(circles[i::4]) for i in range(4)]
        ours = coverage_matrix(gpd.GeoSeries(shapes, crs=CRS), NORTH_UP).toarray()
        np.testing.assert_allclose(ours, self.extracted(shapes, NORTH_UP), atol=1e-5)


class TestOverlaps:
    @quick
    @given(st.lists(stars(), min_size=1, max_size=4))
    def test_no_part_of_a_cell_is_counted_twice(self, found: list[Polygon]) -> None:
        polygons = gpd.GeoSeries(found, crs=CRS)
        shares = share_overlaps(coverage_matrix(polygons, NORTH_UP), polygons, NORTH_UP)
        together = by_intersection(shapely.union_all(found), NORTH_UP)
        np.testing.assert_allclose(shares.sum(axis=0), together, atol=1e-8)

    @pytest.mark.parametrize("times", [2, 3])
    def test_equal_polygons_share_equally(self, times: int) -> None:
        polygons = gpd.GeoSeries([box(50, 50, 250, 250)] * times, crs=CRS)
        full = coverage_matrix(polygons, NORTH_UP)
        shares = share_overlaps(full, polygons, NORTH_UP)
        np.testing.assert_allclose(shares.toarray(), full.toarray() / times, atol=1e-12)

    def test_a_cell_is_shared_in_proportion_to_what_each_covers_of_it(self) -> None:
        polygons = gpd.GeoSeries([box(0, 0, 100, 100), box(50, 0, 100, 100)], crs=CRS)
        shares = share_overlaps(coverage_matrix(polygons, NORTH_UP), polygons, NORTH_UP)
        cell = shares.toarray()[:, (ROWS - 1) * COLUMNS]
        np.testing.assert_allclose(cell, [2 / 3, 1 / 3])

    def test_neighbours_that_only_touch_keep_all_of_their_own(self) -> None:
        polygons = gpd.GeoSeries([box(0, 0, 150, 100), box(150, 0, 300, 100)], crs=CRS)
        full = coverage_matrix(polygons, NORTH_UP)
        shares = share_overlaps(full, polygons, NORTH_UP)
        np.testing.assert_array_equal(shares.toarray(), full.toarray())

    def test_the_matrix_that_came_in_is_not_changed(self) -> None:
        polygons = gpd.GeoSeries([box(0, 0, 100, 100)] * 2, crs=CRS)
        full = coverage_matrix(polygons, NORTH_UP)
        before = full.toarray()
        share_overlaps(full, polygons, NORTH_UP)
        np.testing.assert_array_equal(full.toarray(), before)


class TestRefusals:
    def test_polygons_without_a_system(self) -> None:
        with pytest.raises(InputError, match="no coordinate reference system"):
            coverage_matrix(gpd.GeoSeries([box(0, 0, 1, 1)]), NORTH_UP)

    @pytest.mark.parametrize("shape", [shapely.Point(0, 0), None])
    def test_what_is_no_polygon(self, shape: shapely.Geometry | None) -> None:
        shapes = gpd.GeoSeries([box(0, 0, 1, 1), shape], crs=CRS)
        with pytest.raises(InputError, match="polygons only"):
            coverage_matrix(shapes, NORTH_UP)

    def test_a_rotated_grid(self) -> None:
        with pytest.raises(InputError, match="rotated"):
            Grid((2, 2), Affine(100, 5, 0, 5, -100, 0), CRS)

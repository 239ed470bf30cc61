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
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rastering import write_raster
from shapely import MultiPolygon, Polygon, affinity, box

from kgspatial import Study, estimate_demand
from kgspatial.demand import coverage_matrix, share_overlaps
from kgspatial.demand.coverage import shared_outlines, split_counts
from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, read_population
from kgspatial.layers import Grid

CRS = "EPSG:4549"
ROWS, COLUMNS, SIDE = 5, 6, 100.0
NORTH_UP = Grid((ROWS, COLUMNS), Affine(SIDE, 0, 0, 0, -SIDE, ROWS * SIDE), CRS)
SOUTH_UP = Grid((ROWS, COLUMNS), Affine(SIDE, 0, 0, 0, SIDE, 0), CRS)
quick = settings(deadline=None, max_examples=60)
SINGLE = 1e-6
"""Tolerance against exactextract, which keeps coverage as 32-bit floats: steps of 6e-8 below 1."""


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
        hole_as_outline = Polygon(star.exterior, [ring.coords[::-1] for ring in star.interiors])
        np.testing.assert_allclose(one(star), one(hole_as_outline), atol=1e-12)

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
        np.testing.assert_allclose(ours, self.extracted(found, NORTH_UP), atol=SINGLE)

    def test_many_parts_agree(self) -> None:
        rng = np.random.default_rng(5)
        middles = shapely.points(rng.uniform(-50, 650, (40, 2)))
        circles = shapely.buffer(middles, rng.uniform(3, 90, 40))
        shapes = [shapely.union_all(circles[i::4]) for i in range(4)]
        ours = coverage_matrix(gpd.GeoSeries(shapes, crs=CRS), NORTH_UP).toarray()
        np.testing.assert_allclose(ours, self.extracted(shapes, NORTH_UP), atol=SINGLE)

    @settings(deadline=None, max_examples=40)
    @given(st.lists(stars(), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
    def test_sums_agree(self, found: list[Polygon], seed: int) -> None:
        children = np.random.default_rng(seed).gamma(0.5, 2.0, (ROWS, COLUMNS))
        polygons = gpd.GeoDataFrame(geometry=found, crs=CRS)
        raster = NumPyRasterSource(
            children, 0, 0, COLUMNS * SIDE, ROWS * SIDE, srs_wkt=NORTH_UP.crs.to_wkt()
        )
        theirs = exact_extract(raster, polygons, ["sum"], output="pandas")["sum"].fillna(0.0)
        ours = coverage_matrix(polygons, NORTH_UP) @ children.ravel()
        np.testing.assert_allclose(ours, theirs, rtol=SINGLE, atol=SINGLE * children.max())


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

    def test_members_of_a_chain_share_only_where_they_overlap(self) -> None:
        chain = [box(x, 0, x + 150, 100) for x in (0, 100, 200)]
        polygons = gpd.GeoSeries([*chain, box(400, 400, 500, 500)], crs=CRS)
        shares = share_overlaps(coverage_matrix(polygons, NORTH_UP), polygons, NORTH_UP).toarray()
        last = shares[:, (ROWS - 1) * COLUMNS :]
        np.testing.assert_allclose(
            last[:3, :4].T, [[1, 0, 0], [1 / 3, 2 / 3, 0], [0, 1 / 3, 2 / 3], [0, 0, 0.5]]
        )
        assert shares[3].sum() == pytest.approx(1.0)

    def test_an_outline_that_crosses_itself_is_no_reason_to_stop(self) -> None:
        bow = Polygon([(0, 0), (200, 200), (200, 0), (0, 200)])
        polygons = gpd.GeoSeries([bow, box(0, 0, 100, 200)], crs=CRS)
        shares = share_overlaps(coverage_matrix(polygons, NORTH_UP), polygons, NORTH_UP)
        assert (shares.sum(axis=0) <= 1 + 1e-9).all()

    def test_outlines_that_were_taken_apart_once_give_the_same_shares(self) -> None:
        polygons = gpd.GeoSeries([box(0, 0, 150, 100), box(100, 0, 300, 100)], crs=CRS)
        shares = share_overlaps(coverage_matrix(polygons, NORTH_UP), polygons, NORTH_UP)
        kept = shared_outlines(polygons, NORTH_UP.crs).shares(NORTH_UP)
        np.testing.assert_array_equal(kept.toarray(), shares.toarray())


CELLS_M = (30.0, 100.0, 250.0, 1000.0)
CELLS_DEGREES = (1 / 3600, 1 / 1200, 1 / 120)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Cells of 30 m to 1 km, in metres or in degrees, near the middle of a three-degree zone."""
    shape = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    if draw(st.booleans()):
        side = draw(st.sampled_from(CELLS_M))
        corner = draw(st.floats(450_000, 550_000)), draw(st.floats(2.6e6, 2.8e6))
        return Grid(shape, Affine(side, 0, corner[0], 0, -side, corner[1]), CRS)
    side = draw(st.sampled_from(CELLS_DEGREES))
    corner = draw(st.floats(119.5, 120.5)), draw(st.floats(23.5, 25.3))
    return Grid(shape, Affine(side, 0, corner[0], 0, -side, corner[1]), "EPSG:4326")


@st.composite
def layouts(draw: st.DrawFn, grid: Grid) -> gpd.GeoSeries:
    """Polygons that overlap, nest, touch, are tiny or reach beyond the edge, in either system."""
    rows, columns = grid.shape
    shapes: list[shapely.Geometry] = []
    for kind in draw(st.lists(st.sampled_from(["star", "tiny", "pair"]), min_size=1, max_size=4)):
        x, y = draw(st.floats(-1, columns + 1)), draw(st.floats(-1, rows + 1))
        if kind == "star":
            star = affinity.scale(draw(stars()), 1 / 100, 1 / 100, origin=(0, 0))
            shapes.append(star)
            if draw(st.booleans()):
                shapes.append(affinity.scale(star, 0.5, 0.5, origin="center"))
        elif kind == "tiny":
            side = draw(st.floats(1e-3, 0.3))
            shapes.append(box(x, y, x + side, y + side))
        else:
            wide, high = draw(st.floats(0.1, 3)), draw(st.floats(0.1, 3))
            shapes += [box(x - wide, y, x, y + high), box(x, y, x + wide, y + high)]
    t = grid.transform
    placed = affinity.affine_transform
    there = [placed(shape, [t.a, t.b, t.d, t.e, t.c, t.f]) for shape in shapes]
    own = gpd.GeoSeries(there, crs=grid.crs)
    return own.to_crs(draw(st.sampled_from([CRS, "EPSG:4326"])))


def joined(polygons: gpd.GeoSeries, grid: Grid, children: np.ndarray) -> tuple[np.ndarray, ...]:
    shares = share_overlaps(coverage_matrix(polygons, grid), polygons, grid)
    return split_counts(shares, children)


class TestConservation:
    """What polygons get and what cells keep is what there was, to 1e-9."""

    @settings(deadline=None, max_examples=3000)
    @given(st.data(), grids(), st.integers(0, 2**32 - 1))
    def test_holds_for_any_polygons_on_any_cells(
        self, data: st.DataObject, grid: Grid, seed: int
    ) -> None:
        polygons = data.draw(layouts(grid))
        children = np.random.default_rng(seed).gamma(0.3, 5.0, grid.size)
        inside, left = joined(polygons, grid, children)
        assert inside.sum() + left.sum() == pytest.approx(children.sum(), rel=1e-9)
        assert (inside >= 0).all()
        assert (left >= 0).all()
        assert (left <= children * (1 + 1e-12)).all()

    @settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data(), grid=grids(), seed=st.integers(0, 2**32 - 1))
    def test_holds_from_a_file_with_nodata_to_demand_points(
        self, data: st.DataObject, grid: Grid, seed: int, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        random = np.random.default_rng(seed)
        values = random.gamma(0.3, 5.0, grid.shape)
        values[random.random(grid.shape) < 0.4] = -99999.0
        values.flat[0] = 1.0
        path = tmp_path_factory.mktemp("grid") / "children.tif"
        write_raster(path, values, crs=grid.crs, transform=grid.transform, nodata=-99999.0)
        polygons = data.draw(layouts(grid))
        communities = gpd.GeoDataFrame(
            {"community_id": [f"C{i}" for i in range(len(polygons))]}, geometry=polygons
        )
        population, _ = read_population(LayerInput(str(path), bands={"children": 1}))
        middle = shapely.Point(*np.concatenate(grid.centres(np.array([0]))))
        garden = gpd.GeoDataFrame(
            {"kindergarten_id": ["K1"], "places": [90]}, geometry=[middle], crs=grid.crs
        )
        study = Study(communities=communities, kindergartens=garden, population=population)
        demand = estimate_demand(study, method="grid")
        there = values[values >= 0].sum()
        assert demand.children == pytest.approx(there, rel=1e-9)

    @quick
    @given(st.floats(1e-3, 0.99), st.floats(0, 1), st.floats(0, 1), grids())
    def test_a_polygon_smaller_than_a_cell_gets_its_share(
        self, side: float, x: float, y: float, grid: Grid
    ) -> None:
        t, (row, column) = grid.transform, (grid.shape[0] - 1, grid.shape[1] - 1)
        west, north = column + x * (1 - side), row + y * (1 - side)
        corners = [(west, north), (west + side, north + side)]
        (x0, y0), (x1, y1) = ((t.c + t.a * c, t.f + t.e * r) for c, r in corners)
        small = gpd.GeoSeries([box(x0, y1, x1, y0)], crs=grid.crs)
        inside, left = joined(small, grid, np.full(grid.size, 8.0))
        assert inside[0] == pytest.approx(8.0 * side**2, rel=1e-5)
        assert left[-1] == pytest.approx(8.0 * (1 - side**2), rel=1e-5)

    @quick
    @given(st.data(), grids())
    def test_no_polygon_is_lost(self, data: st.DataObject, grid: Grid) -> None:
        polygons = data.draw(layouts(grid))
        inside, _ = joined(polygons, grid, np.ones(grid.size))
        t = grid.transform
        there = polygons.to_crs(grid.crs).to_numpy()
        within = shapely.area(shapely.intersection(there, box(*grid.bounds))) / abs(t.a * t.e)
        assert (inside[within > 1e-7] > 0).all()

    def test_holds_band_by_band(self) -> None:
        polygons = gpd.GeoSeries([box(50, 50, 250, 250), box(0, 0, 100, 100)], crs=CRS)
        shares = share_overlaps(coverage_matrix(polygons, NORTH_UP), polygons, NORTH_UP)
        counts = np.random.default_rng(2).gamma(0.5, 2.0, (NORTH_UP.size, 3))
        inside, left = split_counts(shares, counts)
        for band in range(3):
            one_inside, one_left = split_counts(shares, counts[:, band])
            np.testing.assert_allclose(inside[:, band], one_inside)
            np.testing.assert_array_equal(left[:, band], one_left)

    def test_a_cell_that_is_covered_but_for_rounding_keeps_nobody(self) -> None:
        third = SIDE / 3
        strips = [box(i * third, 0, (i + 1) * third, SIDE) for i in range(3)]
        polygons = gpd.GeoSeries(strips, crs=CRS)
        inside, left = joined(polygons, NORTH_UP, np.full(NORTH_UP.size, 9.0))
        assert left[(ROWS - 1) * COLUMNS] == 0.0
        np.testing.assert_allclose(inside, 3.0)
        assert inside.sum() + left.sum() == pytest.approx(9.0 * NORTH_UP.size, rel=1e-12)

    def test_the_counts_that_came_in_are_not_changed(self) -> None:
        counts = np.ones(NORTH_UP.size)
        joined(gpd.GeoSeries([box(0, 0, 300, 300)], crs=CRS), NORTH_UP, counts)
        assert (counts == 1).all()


class TestCounts:
    """Cells hold counts. They are never weighted by their area on the ground, nor resampled."""

    WORLD = Grid((6, 1), Affine(10, 0, 110, 0, -10, 60), "EPSG:4326")

    def test_in_degrees_weigh_the_same_in_the_north_where_cells_are_smaller(self) -> None:
        north = gpd.GeoSeries([box(110, 30, 120, 60)], crs="EPSG:4326")
        inside, left = joined(north, self.WORLD, np.full(6, 100.0))
        assert inside[0] == pytest.approx(300.0)
        np.testing.assert_allclose(left, [0, 0, 0, 100, 100, 100])

    def test_stay_in_their_cells_while_polygons_go_to_them(self) -> None:
        """A study in metres, a grid in degrees: every cell keeps the count that was written."""
        grid = Grid((3, 4), Affine(1 / 1200, 0, 119.99, 0, -1 / 1200, 24.5), "EPSG:4326")
        counts = np.random.default_rng(4).gamma(0.5, 3.0, grid.shape)
        t = grid.transform
        west, north = t.c + 1.5 * t.a, t.f + t.e
        square = gpd.GeoSeries([box(west, north + t.e, west + 2 * t.a, north)], crs=grid.crs)
        inside, left = joined(square.to_crs(CRS), grid, counts.ravel())
        covered = np.array([0, 0.5, 1, 0.5])
        assert inside[0] == pytest.approx(counts[1] @ covered, rel=1e-5)
        np.testing.assert_array_equal(left.reshape(grid.shape)[[0, 2]], counts[[0, 2]])
        np.testing.assert_allclose(
            left.reshape(grid.shape)[1], counts[1] * (1 - covered), atol=1e-4
        )


class TestRefusals:
    def test_polygons_without_a_system(self) -> None:
        with pytest.raises(InputError, match="no coordinate reference system"):
            coverage_matrix(gpd.GeoSeries([box(0, 0, 1, 1)]), NORTH_UP)

    @pytest.mark.parametrize("shape", [shapely.Point(0, 0), None])
    def test_what_is_no_polygon(self, shape: shapely.Geometry | None) -> None:
        shapes = gpd.GeoSeries([box(0, 0, 1, 1), shape], crs=CRS)
        with pytest.raises(InputError, match="polygons only"):
            coverage_matrix(shapes, NORTH_UP)

    def test_polygons_where_the_grids_system_has_no_place(self) -> None:
        beyond = gpd.GeoSeries([box(0, 95, 1, 96)], crs="EPSG:4326")
        with pytest.raises(InputError, match="no place"):
            coverage_matrix(beyond, NORTH_UP)

    def test_a_rotated_grid(self) -> None:
        with pytest.raises(InputError, match="rotated"):
            Grid((2, 2), Affine(100, 5, 0, 5, -100, 0), CRS)

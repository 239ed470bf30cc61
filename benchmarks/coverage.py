"""Children of 4,000 communities from a grid: kgspatial beside exactextract, in one run.

Two towns: rectangles on 400 x 400 cells of 100 m, and outlines as surveyors draw them, with holes
and in several parts, on 2,000 x 2,000 cells of 30 m. Timed is the whole join as a user calls it,
from a GeoDataFrame to a sum for each community.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from benchmarks.common import CRS, NORTH, WEST, print_head, print_row, timed, town
from kgspatial.demand import coverage_matrix
from kgspatial.layers import Grid

SINGLE = 1e-6
"""exactextract keeps coverage as 32-bit floats, which differ by up to 6e-8 from the true ones;
its sums over many cells are closer to each other than this."""


def outlines(count: int, side_m: float, seed: int = 7) -> gpd.GeoDataFrame:
    """Star-shaped communities of 80 to 600 m: a quarter with a hole, a fifth in 2 or 3 parts."""
    random = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        x, y = random.uniform(2_000, side_m - 2_000, 2)
        radius = random.uniform(40, 300)
        parts = random.integers(2, 4) if number % 5 == 0 else 1
        shapes.append(
            shapely.multipolygons(
                [
                    _star(random, x + 2.1 * radius * part, y, radius, hole=number % 4 == 0)
                    for part in range(parts)
                ]
            )
            if parts > 1
            else _star(random, x, y, radius, hole=number % 4 == 0)
        )
    moved = shapely.transform(shapes, lambda xy: np.add(xy, (WEST, NORTH - side_m)))
    return gpd.GeoDataFrame({"community_id": np.arange(count)}, geometry=moved, crs=CRS)


def _star(
    random: np.random.Generator, x: float, y: float, radius: float, *, hole: bool
) -> shapely.Polygon:
    corners = int(random.integers(8, 120))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = radius * random.uniform(0.7, 1.0, corners)
    ring = np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)])
    inner = [(x, y) + 0.25 * (ring - (x, y))] if hole else None
    return shapely.Polygon(ring, inner)


def compare(
    name: str, ours: Callable[[], np.ndarray], theirs: Callable[[], pd.DataFrame], runs: int = 5
) -> None:
    """Time both in turns, so that a busy machine is busy for both; results must agree."""
    ours()  # compiles the kernel
    seconds, others = [], []
    for _ in range(runs):
        sums, run = timed(ours, runs=1)
        table, other = timed(theirs, runs=1)
        seconds += run
        others += other
    found, known = np.asarray(sums), table["sum"].to_numpy()
    worst = float(np.max(np.abs(found - known) / known))
    print_head(name)
    print_row("kgspatial coverage_matrix", seconds)
    times = median(others) / median(seconds)
    print_row("exactextract", others, f"{times:.0f} times; largest difference {worst:.1e}")
    assert worst < SINGLE


def join(communities: gpd.GeoDataFrame, grid: Grid, children: np.ndarray, name: str) -> None:
    west, south, east, north = grid.bounds
    raster = NumPyRasterSource(children, west, south, east, north, srs_wkt=grid.crs.to_wkt())
    same = grid.crs == communities.crs
    compare(
        name,
        lambda: coverage_matrix(communities, grid) @ children.ravel(),
        lambda: exact_extract(
            raster,
            communities if same else communities.to_crs(grid.crs),
            ["sum"],
            output="pandas",
        ),
    )


def in_degrees(communities: gpd.GeoDataFrame) -> Grid:
    """Cells of a second of arc over all communities: the polygons have to go to their system."""
    west, south, east, north = communities.to_crs("EPSG:4326").total_bounds
    shape = int((north - south) * 3600) + 2, int((east - west) * 3600) + 2
    return Grid(shape, Affine(1 / 3600, 0, west, 0, -1 / 3600, north), "EPSG:4326")


def main() -> None:
    join(*town(4_000), "4,000 rectangles on 400 x 400 cells of 100 m")
    communities = outlines(4_000, 60_000)
    corners = shapely.get_num_coordinates(communities.geometry.to_numpy()).sum()
    metres = Grid((2_000, 2_000), Affine(30, 0, WEST, 0, -30, NORTH), CRS)
    for grid, unit in ((metres, "30 m"), (in_degrees(communities), "a second of arc")):
        children = np.random.default_rng(1).gamma(0.4, 2.0, grid.shape)
        cells = f"{grid.shape[0]:,} x {grid.shape[1]:,} cells of {unit}"
        name = f"4,000 communities of {corners:,} corners, with holes and parts, on {cells}"
        join(communities, grid, children, name)

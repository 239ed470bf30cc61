"""What the benchmarks share: timing with a spread, a table, and a synthetic town."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import geopandas as gpd
import numpy as np
from affine import Affine
from shapely import box

from kgspatial.layers import Grid

CRS = "EPSG:4549"
WEST, NORTH = 500_000.0, 2_740_000.0


def timed(work: Callable[[], object], runs: int = 3) -> tuple[object, list[float]]:
    """The result of the last run, and the seconds of each."""
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return result, seconds


def print_row(name: str, seconds: list[float], note: str = "") -> None:
    spread = f"{min(seconds):8.3f} {median(seconds):8.3f} {max(seconds):8.3f}"
    print(f"{name:<44} {spread}   {note}")


def print_head(title: str) -> None:
    print(f"\n{title}\n{'seconds':<44} {'min':>8} {'median':>8} {'max':>8}")


def town(count: int, seed: int = 7) -> tuple[gpd.GeoDataFrame, Grid, np.ndarray]:
    """Rectangular communities at random, and a 100 m grid of children over 40 x 40 km."""
    random = np.random.default_rng(seed)
    x, y = WEST + random.uniform(500, 39_000, count), NORTH - random.uniform(1_000, 39_500, count)
    wide, high = random.uniform(60, 400, (2, count))
    shapes = box(x, y, x + wide, y + high)
    communities = gpd.GeoDataFrame(
        {"community_id": [f"C{i:05d}" for i in range(count)]}, geometry=shapes, crs=CRS
    )
    grid = Grid((400, 400), Affine(100, 0, WEST, 0, -100, NORTH), communities.crs)
    return communities, grid, random.gamma(0.4, 2.0, grid.shape)

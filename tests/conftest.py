"""A small town in two units, three communities and two kindergartens, for every room's tests; a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import geopandas as gpd
import pytest
from browsing import FLAGS, browser_path
from hypothesis import settings
from shapely import Point, box

from kgspatial.study import Study

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")  # the same cases in every run

TOWN_CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0


def square(x: float, y: float, side: float):
    """Square with its lower left corner `x`, `y` metres from the town's corner."""
    return box(WEST + x, SOUTH + y, WEST + x + side, SOUTH + y + side)


def layer(table: dict[str, object], shapes: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=shapes, crs=TOWN_CRS)


@pytest.fixture
def communities() -> gpd.GeoDataFrame:
    """Three squares of 300 m with 30, 60 and 90 children; the third is 1.6 km to the east."""
    table = {"community_id": ["C1", "C2", "C3"], "children": [30.0, 60.0, 90.0]}
    return layer(table, [square(x, 0, 300) for x in (0, 800, 1600)])


@pytest.fixture
def kindergartens() -> gpd.GeoDataFrame:
    """40 places in the first community, 80 in the second, none in the third."""
    table = {"kindergarten_id": ["K1", "K2"], "places": [40.0, 80.0]}
    return layer(table, [Point(WEST + x, SOUTH + 150) for x in (150, 950)])


@pytest.fixture
def units() -> gpd.GeoDataFrame:
    """The west holds two communities and both kindergartens, the east the third community."""
    table = {"unit_id": ["W", "E"], "name": ["西街", "东街"]}
    return layer(table, [square(-100, -600, 1500), square(1400, -600, 1500)])


@pytest.fixture
def town(
    communities: gpd.GeoDataFrame, kindergartens: gpd.GeoDataFrame, units: gpd.GeoDataFrame
) -> Callable[..., Study]:
    """Make the town's study, with layers or settings replaced or taken away (None)."""

    def make(**changes: object) -> Study:
        layers = {"communities": communities, "kindergartens": kindergartens, "units": units}
        return Study(**{**layers, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()

"""Things on the map lie where they are: shapes, grids and base maps, at three latitudes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from browsing import WIDE, Opened
from PIL import Image, ImageDraw
from pyproj import Transformer
from shapely import Point

from kgspatial import transform_china
from kgspatial.balance import assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.layers import Grid, Population
from kgspatial.maps import BaseMap, PlanMap, plan_map
from kgspatial.study import Study
from kgspatial.travel import measure_travel

pytestmark = pytest.mark.browser

PLACES = [(110.36, 21.27), (106.55, 29.57), (126.63, 47.75)]
"""In Zhanjiang, Chongqing and Heilongjiang: longitude and latitude in WGS 84."""

GARDEN, CELL, DOT = "#d7301f", "#bdd7e7", "#00ff00"
TILE = 256
STEPS = [(0, 0), (-180, -150), (170, 140), (190, -120), (-160, 130)]
"""Dots of a base map, in pixels from the middle of the view."""

Pixels = np.ndarray


def mercator(lon: float, lat: float, zoom: float) -> Pixels:
    """Pixels of Web Mercator from the world's north-western corner, by the formula."""
    world = TILE * 2**zoom
    north = np.arctanh(np.sin(np.radians(lat)))
    return np.array([(lon + 180) / 360 * world, (0.5 - north / (2 * np.pi)) * world])


def degrees(pixel: Pixels, zoom: float) -> tuple[float, float]:
    world = TILE * 2**zoom
    lat = np.degrees(np.arcsin(np.tanh((0.5 - pixel[1] / world) * 2 * np.pi)))
    return float(pixel[0] / world * 360 - 180), float(lat)


def study_at(lon: float, lat: float, **changes: Any) -> Study:
    """A kindergarten at a place, and three around it that widen the map."""
    around = [(0, 0), (0.05, 0.04), (-0.05, -0.04), (0.05, -0.04)]
    gardens = gpd.GeoDataFrame(
        {
            "kindergarten_id": ["here", "a", "b", "c"],
            "places": [90.0] * 4,
            "kind": ["public", "private", "private", "private"],
        },
        geometry=[Point(lon + dx, lat + dy) for dx, dy in around],
        crs="EPSG:4326",
    )
    homes = gpd.GeoDataFrame(
        {"community_id": ["C"], "children": [50.0]},
        geometry=[Point(lon + 0.01, lat).buffer(0.001)],
        crs="EPSG:4326",
    )
    return Study(**{"kindergartens": gardens, "communities": homes, **changes})


def map_of(study: Study, **options: Any) -> PlanMap:
    demand = estimate_demand(study)
    return plan_map(study, assess_balance(study, demand, measure_travel(study, demand)), **options)


class View(Opened):
    """An opened map on which one can find colours, and go to places."""

    def go(self, lon: float, lat: float, zoom: float) -> None:
        self.page.evaluate(
            "([lat, lon, zoom]) => kgspatial.map.setMaxBounds(null).setMinZoom(0)"
            ".setView([lat, lon], zoom, {animate: false})",
            [lat, lon, zoom],
        )
        self.rest()

    def rest(self) -> None:
        """Wait until tiles are loaded and have faded in; the page's policy forbids its eval."""
        self.page.wait_for_timeout(350)
        for _ in range(20):
            if not self.page.evaluate(
                "Boolean(kgspatial.base) && kgspatial.base.getLayers().some((l) => l.isLoading())"
            ):
                break
            self.page.wait_for_timeout(350)
        else:
            raise AssertionError("tiles are still loading")
        self.settle()

    def only(self, *keys: str) -> None:
        self.page.evaluate(
            "(keys) => kgspatial.layers.layers.forEach("
            "(layer) => kgspatial.layers.toggle(layer, keys.includes(layer.key)))",
            list(keys),
        )
        self.settle()

    def drag(self, dx: int, dy: int) -> None:
        self.page.mouse.move(500, 500)
        self.page.mouse.down()
        self.page.mouse.move(500 + dx // 2, 500 + dy // 2)
        self.page.mouse.move(500 + dx, 500 + dy, steps=3)
        self.page.wait_for_timeout(300)  # no throw: the mouse rests before it lets go
        self.page.mouse.up()
        self.rest()

    def expected(self, lon: float, lat: float) -> Pixels:
        """Pixel of the window where Web Mercator has a place, from the view's own middle."""
        middle, zoom, box = self.page.evaluate(
            "(() => { const m = kgspatial.map, b = m.getContainer().getBoundingClientRect();"
            "const c = m.containerPointToLatLng([0, 0]);"
            "return [[c.lng, c.lat], m.getZoom(), [b.left, b.top]]; })()"
        )
        return mercator(lon, lat, zoom) - mercator(*middle, zoom) + box

    def found(self, colour: str, near: Pixels, within: int = 60) -> Pixels:
        """Middle of the pixels of a colour around a place of the window."""
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        shown = np.asarray(image, dtype=int)
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        y, x = np.nonzero(np.abs(shown - wanted).max(axis=2) < 24)
        here = (np.abs(x - near[0]) < within) & (np.abs(y - near[1]) < within)
        assert here.any(), f"no {colour} near {near}"
        return np.array([x[here].mean() + 0.5, y[here].mean() + 0.5])


@pytest.fixture
def view(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    windows: list[View] = []

    def open_map(map_: PlanMap) -> View:
        file = tmp_path / "map.html"
        map_.save(file)
        windows.append(View(chromium, file, WIDE))
        return windows[-1]

    yield open_map
    for window in windows:
        window.context.close()


@pytest.mark.parametrize("place", PLACES)
def test_a_kindergarten_is_drawn_within_a_pixel(view: Any, place: tuple[float, float]) -> None:
    window = view(map_of(study_at(*place)))
    window.only("kindergartens")
    for zoom in (12, 14.5, 18):
        window.go(*place, zoom)
        there = window.expected(*place)
        assert np.abs(window.found(GARDEN, there) - there).max() < 1
    window.assert_quiet()


def grid_at(lon: float, lat: float, crs: str) -> Population:
    """Some children everywhere, many in one cell whose middle is the place."""
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    step = 1 / 1200 if crs == "EPSG:4326" else 90.0
    people = np.full((90, 120), 0.5)
    people[70, 50] = 900.0
    transform = Affine(step, 0, x - 50.5 * step, 0, -step, y + 70.5 * step)
    return Population(Grid(people.shape, transform, crs), {"children": people}, "children.tif")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4549"])
@pytest.mark.parametrize("place", PLACES)
def test_a_cell_of_a_grid_is_drawn_within_a_pixel(
    view: Any, place: tuple[float, float], crs: str
) -> None:
    study = study_at(*place, population=grid_at(*place, crs), communities=None)
    window = view(map_of(study))
    window.only("demand")
    for zoom in (12, 14, 15, *((17,) if crs == "EPSG:4326" else ())):
        window.go(*place, zoom)
        there = window.expected(*place)
        assert np.abs(window.found(CELL, there, within=30) - there).max() < 1
    window.assert_quiet()


def dots_at(place: tuple[float, float], zoom: int) -> list[tuple[float, float]]:
    middle = mercator(*place, zoom)
    return [degrees(middle + step, zoom) for step in STEPS]


def draw_tiles(folder: Path, place: tuple[float, float], zoom: int, datum: str) -> None:
    """Tiles with a dot at each of some places, where the datum of the tiles has it."""
    middle = mercator(*place, zoom)
    corner = np.floor(middle / TILE).astype(int) - 4
    sheet = Image.new("RGB", (9 * TILE, 9 * TILE), "white")
    pen = ImageDraw.Draw(sheet)
    for lon, lat in dots_at(place, zoom):
        moved = transform_china(lon, lat, from_="WGS84", to=datum)
        x, y = np.rint(mercator(float(moved[0]), float(moved[1]), zoom) - corner * TILE)
        pen.rectangle([x - 4, y - 4, x + 3, y + 3], fill=DOT)
    for i in range(9):
        for j in range(9):
            column, row = int(corner[0]) + i, int(corner[1]) + j
            path = folder / str(zoom) / str(column) / f"{row}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            sheet.crop((i * TILE, j * TILE, (i + 1) * TILE, (j + 1) * TILE)).save(path)


def offsets(window: View, place: tuple[float, float], zoom: int) -> list[float]:
    """How many pixels each dot of the base map lies beside its place."""
    beside = []
    for lon, lat in dots_at(place, zoom):
        there = window.expected(lon, lat)
        beside.append(float(np.abs(window.found(DOT, there) - there).max()))
    return beside


ZOOMS = (10, 13, 16)


@pytest.mark.parametrize("datum", ["GCJ-02", "WGS 84"])
@pytest.mark.parametrize("place", PLACES)
def test_a_base_map_lies_under_its_places_also_after_dragging(
    view: Any, tmp_path: Path, place: tuple[float, float], datum: str
) -> None:
    for zoom in ZOOMS:
        draw_tiles(tmp_path / "tiles", place, zoom, datum.replace(" ", ""))
    base = BaseMap(folder=tmp_path / "tiles", datum=datum)
    window = view(map_of(study_at(*place), base=base))
    window.only()
    for zoom in ZOOMS:
        window.go(*place, zoom)
        assert max(offsets(window, place, zoom)) <= 1
        window.drag(110, -90)
        assert max(offsets(window, place, zoom)) <= 1
    window.assert_quiet()


def test_tiles_of_gcj_02_taken_for_wgs_84_lie_hundreds_of_metres_off(
    view: Any, tmp_path: Path
) -> None:
    place, zoom = PLACES[1], 14
    draw_tiles(tmp_path / "tiles", place, zoom, "GCJ-02")
    window = view(map_of(study_at(*place), base=tmp_path / "tiles"))
    window.only()
    window.go(*place, zoom)
    there = window.expected(*place)
    metres_a_pixel = 156_543.03 * np.cos(np.radians(place[1])) / 2**zoom
    off = np.linalg.norm(window.found(DOT, there, within=90) - there) * metres_a_pixel
    assert 300 < off < 700

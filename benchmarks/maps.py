"""The map of a large county, against a plain folium map of the same: size, writing, opening, dragging.

The county is made here: 4,000 communities with 8 attributes each, 800 kindergartens with catchments,
1,500 candidates and a grid of 360,000 cells. Opening and dragging need Chromium; without it they are
left out.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import folium
import geopandas as gpd
import numpy as np
from affine import Affine
from shapely import box

from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import children_grid, estimate_demand
from kgspatial.inputs.settings import PlanSettings, Settings, TravelSettings
from kgspatial.layers import Grid, Population
from kgspatial.maps import plan_map
from kgspatial.maps.symbols import GAP_COLOURS, gap_classes
from kgspatial.siting import SitePlan, propose_sites
from kgspatial.study import Study
from kgspatial.travel import measure_travel

CRS = "EPSG:4549"
WEST, SOUTH, SIDE = 470_000.0, 2_700_000.0, 54_000.0
COMMUNITIES, GARDENS, CANDIDATES, CELLS = 4_000, 800, 1_500, 600
VIEW = {"width": 1280, "height": 800}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FRAMES = """async () => {
  const pane = document.querySelector('.leaflet-container');
  const box = pane.getBoundingClientRect();
  const fire = (type, x, y, target) => target.dispatchEvent(new MouseEvent(type, {
    bubbles: true, clientX: box.left + x, clientY: box.top + y, button: 0, buttons: 1 }));
  const frame = () => new Promise(requestAnimationFrame);
  fire('mousedown', 500, 400, pane);
  const moved = () => pane.querySelector('.leaflet-map-pane').style.transform;
  const before = moved();
  const times = [];
  let last = await frame();
  for (let i = 1; i <= 60; i += 1) {
    fire('mousemove', 500 + 3 * i, 400 + 2 * i, document);
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  fire('mouseup', 680, 520, document);
  if (moved() === before) throw new Error('the map was not dragged');
  return times;
}"""


def county() -> Study:
    """The county: everything at random, the same in every run."""
    random = np.random.default_rng(8)
    step = SIDE / 64
    i, j = np.divmod(random.permutation(64 * 64)[:COMMUNITIES], 64)
    x, y = WEST + step * i + random.uniform(0, 300, COMMUNITIES), SOUTH + step * j
    outlines = gpd.GeoSeries(box(x, y, x + 400, y + random.uniform(150, 450, COMMUNITIES)), crs=CRS)
    numbers = np.arange(COMMUNITIES)
    communities = gpd.GeoDataFrame(
        {
            "community_id": [f"C{n:04d}" for n in numbers],
            "name": [f"第{n}居住小区" for n in numbers],
            "households": random.integers(100, 3000, COMMUNITIES).astype(float),
            "residents": random.integers(300, 9000, COMMUNITIES).astype(float),
        },
        geometry=outlines.buffer(20, quad_segs=2),
        crs=CRS,
    )
    return Study(
        kindergartens=gardens(random),
        communities=communities,
        candidates=candidates(random),
        units=units(),
        population=population(random),
        settings=Settings(
            plan=PlanSettings(name="大县", year=2025), travel=TravelSettings(limit_m=800)
        ),
    )


def scattered(random: np.random.Generator, count: int) -> gpd.GeoSeries:
    at = random.uniform(500, SIDE - 500, (count, 2)) + np.array([WEST, SOUTH])
    return gpd.GeoSeries(gpd.points_from_xy(at[:, 0], at[:, 1]), crs=CRS)


def gardens(random: np.random.Generator) -> gpd.GeoDataFrame:
    columns = {
        "kindergarten_id": [f"K{n:03d}" for n in range(GARDENS)],
        "name": [f"第{n}幼儿园" for n in range(GARDENS)],
        "places": random.choice([90.0, 180.0, 270.0, 360.0], GARDENS),
        "kind": random.choice(["public", "inclusive", "private"], GARDENS),
    }
    return gpd.GeoDataFrame(columns, geometry=scattered(random, GARDENS))


def candidates(random: np.random.Generator) -> gpd.GeoDataFrame:
    columns = {
        "site_id": [f"S{n:04d}" for n in range(CANDIDATES)],
        "name": [f"候选地块{n}" for n in range(CANDIDATES)],
        "max_classes": random.choice([6.0, 9.0, 12.0], CANDIDATES),
        "cost_wan": random.integers(500, 3000, CANDIDATES).astype(float),
    }
    return gpd.GeoDataFrame(columns, geometry=scattered(random, CANDIDATES))


def units() -> gpd.GeoDataFrame:
    step = SIDE / 5
    corners = [(WEST + step * i, SOUTH + step * j) for i in range(5) for j in range(5)]
    squares = [box(x, y, x + step, y + step) for x, y in corners]
    names = {"unit_id": [f"U{n}" for n in range(25)], "name": [f"第{n}镇" for n in range(25)]}
    return gpd.GeoDataFrame(names, geometry=squares, crs=CRS)


def population(random: np.random.Generator) -> Population:
    """90 m cells; people live in towns, so that three cells of four are empty."""
    step = SIDE / CELLS
    grid = Grid((CELLS, CELLS), Affine(step, 0, WEST, 0, -step, SOUTH + SIDE), CRS)
    rows, columns = np.mgrid[:CELLS, :CELLS]
    near = np.zeros((CELLS, CELLS))
    for row, column in random.integers(0, CELLS, (60, 2)):
        near += np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 400)
    people = random.gamma(0.7, 2.0, near.shape) * near
    return Population(grid, {"children": np.where(near > 0.15, people, 0.0)}, "children.tif")


def ours(study: Study, balance: Balance, sites: SitePlan | None, path: Path) -> None:
    plan_map(study, balance, sites).save(path)


def plain(study: Study, balance: Balance, path: Path) -> None:
    """The same with folium's own objects: polygons, circles, markers and an image of the grid."""
    from matplotlib import colormaps

    degrees = {name: layer.to_crs(4326) for name, layer in study.layers.items()}
    south, west, north, east = degrees["units"].total_bounds[[1, 0, 3, 2]]
    map_ = folium.Map([(south + north) / 2, (west + east) / 2], zoom_start=10, prefer_canvas=True)
    children = children_grid(study)
    shades = colormaps["Blues"](children / children.max(), bytes=True)
    shades[children == 0] = 0
    corners = [[south, west], [north, east]]
    folium.raster_layers.ImageOverlay(shades, corners, mercator_project=True).add_to(map_)
    folium.GeoJson(degrees["units"], style_function=lambda _: {"fill": False}).add_to(map_)
    table = balance.communities.to_crs(4326)
    columns = ["name", "households", "residents", "children", "served", "unserved", "unreached"]
    columns.append("gap")
    need = (balance.communities[c].to_numpy(float) for c in ("unserved", "unreached", "children"))
    classes = np.minimum(gap_classes(*need), 4)
    table = table[[*columns, "geometry"]].assign(colour=[GAP_COLOURS[c] for c in classes])
    folium.GeoJson(
        table,
        style_function=lambda f: {"fillColor": f["properties"]["colour"], "weight": 0.5},
        popup=folium.GeoJsonPopup(columns),
    ).add_to(map_)
    lines = balance.catchments.to_crs(4326)[["geometry"]]
    folium.GeoJson(lines, style_function=lambda _: {"fill": False}).add_to(map_)
    for layer, colour in (("kindergartens", "red"), ("candidates", "green")):
        for row in degrees[layer].itertuples():
            at = [row.geometry.y, row.geometry.x]
            folium.CircleMarker(at, radius=4, color=colour, popup=row.name).add_to(map_)
    map_.save(path)


def empty(path: Path) -> None:
    """A map of one kindergarten and nothing else."""
    garden = gpd.GeoDataFrame(
        {"kindergarten_id": ["K"], "places": [90.0]},
        geometry=gpd.points_from_xy([117.7], [24.5]),
        crs=4326,
    )
    home = gpd.GeoDataFrame(
        {"community_id": ["C"], "children": [9.0]},
        geometry=[box(117.7, 24.5, 117.702, 24.502)],
        crs=4326,
    )
    study = Study(kindergartens=garden, communities=home)
    ours(study, balance_of(study), None, path)


def balance_of(study: Study) -> Balance:
    demand = estimate_demand(study)
    return assess_balance(study, demand, measure_travel(study, demand))


def written(write: Callable[..., None], *given: Any, runs: int = 3) -> tuple[float, float]:
    """Median seconds to write a map, and its size in kB."""
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        write(*given)
        seconds.append(time.perf_counter() - begun)
    return median(seconds), given[-1].stat().st_size / 1000


def opened(browser: Any, path: Path, ready: str) -> tuple[float, float]:
    """Median seconds until the map can be used, over five visits, and median drag frame in ms."""
    seconds, frames = [], []
    for _ in range(5):
        page = browser.new_context(viewport=VIEW).new_page()
        page.route("**/*", lambda r: serve(r, path))
        begun = time.perf_counter()
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_selector(ready, state="attached", timeout=60_000)
        page.evaluate(
            "() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"
        )
        seconds.append(time.perf_counter() - begun)
        frames.append(median(page.evaluate(FRAMES)))
        page.context.close()
    return median(seconds), median(frames)


def serve(route: Any, path: Path) -> None:
    """The file itself; Leaflet for folium from its package, and nothing else: there is no network."""
    from xstatic.pkg import leaflet

    name = route.request.url.rsplit("/", 1)[-1]
    if route.request.url == path.as_uri():
        route.continue_()
    elif name in ("leaflet.js", "leaflet.css"):
        route.fulfill(path=str(Path(leaflet.BASE_DIR) / name))
    elif name.endswith((".js", ".css")):
        route.fulfill(body="")
    else:
        route.abort()


def main() -> None:
    """Print one line for each map."""
    study = county()
    balance = balance_of(study)
    sites = propose_sites(study, balance_of(study), new=0)  # all candidates, nothing to solve
    head = f"{COMMUNITIES:,} communities, {GARDENS} kindergartens, {CANDIDATES:,} candidates, "
    print(f"\n{head}{CELLS**2:,} cells")
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.html" for name in ("ours", "folium", "empty")}
        rows = {
            "ours": written(ours, study, balance, sites, paths["ours"]),
            "folium": written(plain, study, balance, paths["folium"]),
            "empty": written(empty, paths["empty"]),
        }
        looks = browse(paths)
    for name, (seconds, size) in rows.items():
        look = looks.get(name)
        seen = (
            f"{look[0]:6.2f} s until usable {look[1]:6.1f} ms a drag frame"
            if look
            else "not opened"
        )
        print(f"{name:<10} {size:8,.0f} kB {seconds:6.2f} s to write {seen}")


def browse(paths: dict[str, Path]) -> dict[str, tuple[float, float]]:
    """What a browser makes of each map; nothing where there is no browser."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        return {}
    from playwright.sync_api import sync_playwright

    ready = {"folium": ".folium-map .leaflet-overlay-pane canvas"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        found = {
            name: opened(browser, file, ready.get(name, "html[data-kg-ready]"))
            for name, file in paths.items()
        }
        browser.close()
    return found

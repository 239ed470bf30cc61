"""Layers of plates that shade all demand: coverage, accessibility, children per hectare.

Imports from `drawn`, `packing`, `symbols`, `grid_images`, `result_layers`, `access`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kgspatial.access import GaussianToLimit, two_step
from kgspatial.maps import symbols
from kgspatial.maps.drawn import DIGITS, Drawn, Field, FieldKind, Scene, Style, as_text, titles
from kgspatial.maps.grid_images import cell_hectares, demand_layer, density_limits, overlay
from kgspatial.maps.packing import pack_areas, pack_numbers, pack_points
from kgspatial.maps.result_layers import PIXELS_PER_ROOT_POINT, POINT_SOURCES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RATIO_LIMITS = (50.0, 80.0, 100.0, 150.0)
"""Places per 100 children: 80 to 100 is about what all children of the age need."""

SHARE = 0.01
"""Covered and not covered are taken with this much room for rounding."""

CIRCLE = "#6baed6"
EDGE = {"line": symbols.COMMUNITY_EDGE, "width": 0.5}


@dataclass(frozen=True, eq=False)
class Shading:
    """Classes of all demand points, for their estates, cells, villages and units alike.

    Parameters
    ----------
    name : str
        Of the layers, behind ``plate_``; its label is the term of the same name.
    styles : sequence of Style
        The classes.
    classes : ndarray of int
        The class of each row of the balance's demand.
    facts : sequence of (str, FieldKind, values)
        Rows of the popups: a label, and a value for each row of the demand.
    """

    name: str
    styles: Sequence[Style]
    classes: Ints
    facts: Sequence[tuple[str, FieldKind, Any]]


def shaded_layers(scene: Scene, shading: Shading) -> Iterator[Drawn]:
    """Yield the image of cells, the estates and the points that a shading colours."""
    demand = scene.balance.demand
    population = scene.study.population
    cells = (demand["source"] == "cell").to_numpy()
    if population is not None and cells.any():
        yield _shaded_cells(scene, shading, cells)
    if len(scene.balance.communities):
        yield _shaded_estates(scene, shading)
    points = demand["source"].isin(POINT_SOURCES).to_numpy()
    if points.any():
        yield _shaded_points(scene, shading, np.flatnonzero(points))


def _shaded_cells(scene: Scene, shading: Shading, cells: NDArray[np.bool_]) -> Drawn:
    grid = scene.study.population.grid  # type: ignore[union-attr]
    image = np.zeros(grid.size, dtype=np.uint8)
    number = scene.balance.demand.loc[cells, "cell_number"].to_numpy(dtype=np.int64)
    image[number] = shading.classes[cells] + 1
    colours = [style.fill for style in shading.styles]
    key = f"plate_{shading.name}_cells"
    shapes = overlay(image.reshape(grid.shape), grid, colours)
    return Drawn(key, scene.say(key), "image", shapes, shading.styles)


def _shaded_estates(scene: Scene, shading: Shading) -> Drawn:
    table, demand = scene.balance.communities, scene.balance.demand
    own = np.flatnonzero(demand["source"] == "community")
    places = pd.Series(own, index=demand["community_id"].iloc[own].astype(str))
    rows = places[~places.index.duplicated()].reindex(table["community_id"].astype(str))
    found = rows.notna().to_numpy()
    row = rows.fillna(0).to_numpy(dtype=np.int64)
    nobody = Style(scene.say("plate_nobody"), fill=symbols.NOBODY_COLOUR, **EDGE)  # type: ignore[arg-type]
    styles = [*shading.styles, *([] if found.all() else [nobody])]
    of = np.where(found, shading.classes[row], len(shading.styles))
    return Drawn(
        f"plate_{shading.name}",
        scene.say(f"plate_{shading.name}_areas"),
        "areas",
        pack_areas(table.geometry)[0],
        styles,
        of.tolist(),
        titles=titles(scene, table, "community_id"),
        subtitles=[scene.value("community")] * len(table),
        fields=[_field(label, kind, values, row, found) for label, kind, values in shading.facts],
    )


def _shaded_points(scene: Scene, shading: Shading, rows: Ints) -> Drawn:
    table = scene.balance.demand.iloc[rows]
    every = np.full(len(rows), True)
    key = f"plate_{shading.name}_points"
    return Drawn(
        key,
        scene.say(key),
        "points",
        pack_points(table.geometry),
        [replace(s, shape="circle", radius=6.0, line="#444444") for s in shading.styles],
        shading.classes[rows].tolist(),
        titles=titles(scene, table, "demand_id"),
        subtitles=[scene.value(s) for s in table["source"]],
        fields=[_field(label, kind, values, rows, every) for label, kind, values in shading.facts],
    )


def _field(label: str, kind: FieldKind, values: Any, rows: Ints, found: NDArray[np.bool_]) -> Field:
    chosen = np.asarray(values, dtype=object)[rows]
    if kind in DIGITS:
        numbers = np.where(found, pd.to_numeric(pd.Series(chosen)).to_numpy(dtype=float), np.nan)
        return Field(label, kind, pack_numbers(numbers, DIGITS[kind]))
    return Field(label, kind, [as_text(v) or None if ok else None for v, ok in zip(chosen, found)])  # noqa: B905


def coverage_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield where children have a kindergarten within the limit, all of them, some or none."""
    demand = scene.balance.demand
    children, beyond = (demand[c].to_numpy(dtype=float) for c in ("children", "unreached"))
    share = np.divide(beyond, children, out=np.zeros(len(demand)), where=children > 0)
    near = demand["nearest_m"].notna().to_numpy()
    share = np.where(children > 0, share, np.where(near, 0.0, 1.0))
    classes = np.where(share <= SHARE, 0, np.where(share >= 1 - SHARE, 2, 1))
    styles = [
        Style(scene.say(f"plate_{name}"), fill=colour, **EDGE)  # type: ignore[arg-type]
        for name, colour in symbols.COVERAGE_COLOURS.items()
    ]
    used, classes = np.unique(classes, return_inverse=True)
    facts = [_fact(scene, c) for c in ("children", "unreached", "nearest_m")]
    shading = Shading("coverage", [styles[i] for i in used], classes.astype(np.int64), facts)
    yield from shaded_layers(scene, shading)


def _fact(scene: Scene, column: str) -> tuple[str, FieldKind, Any]:
    return scene.column(column), "count", scene.balance.demand[column].to_numpy(dtype=float)


def accessibility_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield places per 100 children by the two-step method with a Gaussian decay to the limit."""
    ratio = accessibility(scene)
    classes = np.where(ratio > 0, np.searchsorted(RATIO_LIMITS, ratio) + 1, 0)
    limits = RATIO_LIMITS
    labels = [
        scene.say("plate_none_in_reach"),
        f"≤ {limits[0]:g}",
        *(f"{low:g}–{high:g}" for low, high in pairwise(limits)),
        f"> {limits[-1]:g}",
    ]
    styles = [
        Style(label, fill=colour, **EDGE)  # type: ignore[arg-type]
        for label, colour in zip(labels, symbols.RATIO_COLOURS, strict=True)
    ]
    facts = [(scene.column("ratio"), "money", ratio), _fact(scene, "children")]
    yield from shaded_layers(
        scene, Shading("accessibility", styles, classes.astype(np.int64), facts)
    )  # fmt: skip


def accessibility(scene: Scene) -> Floats:
    """Return places per 100 children within reach of each row of the balance's demand."""
    balance = scene.balance
    decay = GaussianToLimit(scene.study.settings.travel.limit_m)
    children, places = balance.demand["children"], balance.kindergartens["places"]
    return two_step(balance.travel, children.to_numpy(float), places.to_numpy(float), decay=decay)


def population_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield children per hectare: estates over the grid, or alone where no grid tells of all."""
    demand, table = scene.balance.demand, scene.balance.communities
    density = demand["children"].to_numpy(dtype=float) / _hectares(demand, table)
    if scene.study.population is not None:
        cells = (demand["source"] == "cell").to_numpy()
        number = demand.loc[cells, "cell_number"].to_numpy(dtype=np.int64)
        grid = scene.study.population.grid
        area = np.broadcast_to(cell_hectares(grid), grid.shape).ravel()[number]
        density[cells] = demand.loc[cells, "children"].to_numpy(dtype=float) / area
    facts = [_fact(scene, "children"), (scene.say("plate_density"), "money", density)]
    if demand_layer(scene) is not None:
        outline = [Style(scene.say("plate_population_outline"), line="#444444", width=0.7)]
        shading = Shading("population", outline, np.zeros(len(demand), dtype=np.int64), facts)
        if len(table):
            yield replace(_shaded_estates(scene, shading), label=outline[0].label)
        return
    limits = density_limits(density[density > 0])
    labels = [*(f"≤ {u:g}" for u in limits), f"> {limits[-1]:g}" if len(limits) else "> 0"]
    styles = [
        Style(label, fill=colour, **EDGE)  # type: ignore[arg-type]
        for label, colour in zip(labels, symbols.DEMAND_COLOURS, strict=False)
    ]
    classes = np.searchsorted(limits, np.nan_to_num(density)).astype(np.int64)
    shading = Shading("population", styles, classes, facts)
    yield from (d for d in shaded_layers(scene, shading) if not d.key.endswith("_points"))
    yield from _sized_points(scene)


def _hectares(demand: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Floats:
    """Area of each row's estate; NaN for cells and points, which have none of their own."""
    ids = communities["community_id"].astype(str)
    areas = pd.Series(communities.area.to_numpy() / 1e4, index=ids.to_numpy())
    own = demand["community_id"].map(as_text).map(areas[~areas.index.duplicated()])
    return own.where(demand["source"] == "community").to_numpy(dtype=float)


def _sized_points(scene: Scene) -> Iterator[Drawn]:
    """Children who live at a point, by the size of its symbol: they have no area to be spread over."""
    demand = scene.balance.demand
    table = demand[demand["source"].isin(POINT_SOURCES)]
    if table.empty:
        return
    sizes = symbols.place_sizes(table["children"].to_numpy(dtype=float), symbols.CHILD_STEPS)
    radius = {s: round(float(np.sqrt(s)) * PIXELS_PER_ROOT_POINT, 1) for s in np.unique(sizes)}
    label = scene.say("plate_population_points")
    steps = [
        Style(symbols.place_label(s, symbols.CHILD_STEPS), "circle", CIRCLE, "#ffffff", radius=r)
        for s, r in radius.items()
    ]
    yield Drawn(
        "plate_population_points",
        label,
        "points",
        pack_points(table.geometry),
        [Style(label, "circle", CIRCLE, "#ffffff", radius=6.0)],
        [0] * len(table),
        radii=[radius[s] for s in sizes],
        sizes=steps,
        sizes_label=scene.column("children"),
        titles=titles(scene, table, "demand_id"),
        subtitles=[scene.value(s) for s in table["source"]],
        fields=[Field(scene.column("children"), "count", pack_numbers(table["children"], 0))],
    )

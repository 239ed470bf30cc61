"""Everything that the map shows, as one JSON value: layers, figures, texts, extent.

Imports from `base_layers`, `result_layers`, `layout_layers`, `year_layers`, `grid_images`, `flows`,
`tools`, `drawn`, `packing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.maps.base_layers import base_layers, hazard_layers
from kgspatial.maps.drawn import Drawn, Scene
from kgspatial.maps.flows import flow_content, states_of
from kgspatial.maps.grid_images import cell_layer, demand_layer
from kgspatial.maps.layout_layers import layout_layers
from kgspatial.maps.packing import pack_numbers
from kgspatial.maps.result_layers import (
    catchment_layers,
    community_layer,
    kindergarten_layer,
    point_layer,
    site_layers,
)
from kgspatial.maps.tools import tool_content
from kgspatial.maps.year_layers import unit_gap_layer, with_years
from kgspatial.travel.wording import way_of_travel

if TYPE_CHECKING:
    from kgspatial.balance import Balance

Chooser = Callable[[list[Drawn]], list[Drawn]]

FIGURES = ("children", "places", "served", "unserved", "unreached", "vacant")
LEGEND_ORDER = (
    *("sites", "site_catchments", "kindergartens", "catchments", "communities"),
    *("points", "cells", "demand"),
    *(
        "unit_gaps",
        "units",
        "outline",
        "streets",
        "barriers",
        "villages",
        "hazards",
        "hazard_lines",
        "keep_away",
    ),
    *("candidates", "excluded"),
)
"""What people look for first stands first."""

SMALLEST_EXTENT_DEG = 0.005
"""About 500 m: a map of one kindergarten needs some ground around it."""


def map_content(scene: Scene, choose: Chooser | None = None) -> dict[str, Any]:
    """Return what the page's script draws; see `assets/start.js` for its reader.

    `choose` makes a plate's layers out of those of the whole map.
    """
    layers, tolerance = _layers(scene)
    layers = layers if choose is None else choose(layers)
    flows = flow_content(scene, layers)
    return {
        "layers": [layer.as_json() for layer in layers],
        "legend": sorted((layer.key for layer in layers), key=_legend_rank),
        "title": map_title(scene),
        "figures": _figures(scene),
        "note": _note(scene, tolerance, flows),
        **({} if flows is None else {"flows": flows}),
        **_states(scene),
        **tool_content(scene, layers),
    }


def _states(scene: Scene) -> dict[str, Any]:
    """What can be switched between: whether there is a state after the plan, and the years."""
    if not scene.years:
        return {"has_after": scene.after is not None}
    years = [state.year for state in scene.years]
    after = [state.after is not None for state in scene.years]
    return {
        "has_after": any(after),
        "years": years,
        "titles": [map_title(scene, year) for year in years],
        "year": years.index(scene.balance.year or 0),
        "years_after": after,
    }


def _legend_rank(key: str) -> tuple[int, str]:
    """A plate's own layers and the phases of a layout first, the near term before the far one."""
    first = key.startswith(("layout_", "plate_"))
    return (-1, key) if first else (LEGEND_ORDER.index(key), key)


def map_title(scene: Scene, year: int | None = None) -> str:
    """Return the heading: the plan's name, what the map shows, the year (the map's first)."""
    year = scene.balance.year if year is None else year
    key = f"plate_{scene.plate}" if scene.plate else "title"
    heading = scene.say(key, plan=scene.study.settings.plan.name).strip()
    return heading if year is None else scene.say("title_year", title=heading, year=year)


def _layers(scene: Scene) -> tuple[list[Drawn], float]:
    """The layers from the lowest to the highest, and the largest tolerance of their shapes."""
    images = [demand_layer(scene), cell_layer(scene)]
    communities = community_layer(scene)
    points = point_layer(scene)
    results = [*([communities] if communities else []), *([(points, 0.0)] if points else [])]
    gaps = unit_gap_layer(scene)
    shaped = [*([(gaps, 0.0)] if gaps else []), *results, *base_layers(scene)]
    above = [*catchment_layers(scene), *hazard_layers(scene), kindergarten_layer(scene)]
    found = [
        *images,
        *(layer for layer, _ in shaped),
        *above,
        *site_layers(scene),
        *layout_layers(scene),
    ]
    there = [with_years(scene, layer) for layer in found if layer is not None]
    return there, max((t for _, t in shaped), default=0.0)


def _figures(scene: Scene) -> list[dict[str, Any]]:
    """The totals, and those of each year of the slider: before, and after where they differ."""
    shown = (scene.balance, scene.after)
    figures = []
    for key in FIGURES:
        now, *then = _totals(key, *shown)
        figure = {"label": scene.column(key), "value": now, **({"after": then[0]} if then else {})}
        years = {"years": [_totals(key, *pair) for pair in states_of(scene)]}
        figures.append({**figure, **(years if scene.years else {})})
    return figures


def _totals(key: str, before: Balance, after: Balance | None) -> list[float | None]:
    now, then = pack_numbers([s.totals[key] for s in (before, after or before)], 0)
    return [now] if now == then else [now, then]


def _note(scene: Scene, tolerance: float, flows: dict[str, Any] | None) -> str:
    settings = scene.study.settings
    given = {"source": settings.plan.source_note}
    way = way_of_travel(scene.balance.travel, settings.travel.detour, scene.language)
    travel = {"limit": f"{settings.travel.limit_m:,.0f}", "way": way}
    parts = [
        scene.say("note_source", **given) if given["source"] else "",
        scene.say("note_travel", **travel),
        scene.say("note_crs", crs=scene.study.crs.name),
        scene.say("note_simplified", metres=f"{tolerance:g}") if tolerance else "",
        _left_out(scene, flows),
        scene.say("note_leaflet"),
    ]
    return scene.say("note_separator").join(p for p in parts if p)


def _left_out(scene: Scene, flows: dict[str, Any] | None) -> str:
    left, count = (0, 0) if flows is None else flows["left_out"]
    return scene.say("note_flows", kept=f"{count - left:,}", count=f"{count:,}") if left else ""


def map_bounds(scene: Scene) -> list[list[float]]:
    """Return ((south, west), (north, east)) of everything that the results cover, in degrees."""
    layers = [scene.balance.units, scene.balance.communities, scene.balance.kindergartens]
    layers += [scene.balance.demand, *([] if scene.sites is None else [scene.sites.sites])]
    boxes = np.array([f.geometry.to_crs(WGS84).total_bounds for f in layers if len(f)])
    west, south = np.nanmin(boxes[:, :2], axis=0)
    east, north = np.nanmax(boxes[:, 2:], axis=0)
    pad_x = max(0.0, SMALLEST_EXTENT_DEG - (east - west)) / 2
    pad_y = max(0.0, SMALLEST_EXTENT_DEG - (north - south)) / 2
    corners = [[south - pad_y, west - pad_x], [north + pad_y, east + pad_x]]
    return [[round(float(v), 6) for v in corner] for corner in corners]

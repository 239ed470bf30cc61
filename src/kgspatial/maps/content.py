"""Everything that the map shows, as one JSON value: layers, figures, texts, extent.

Imports from `base_layers`, `result_layers`, `layout_layers`, `grid_images`, `drawn`, `packing`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.maps.base_layers import base_layers, hazard_layers
from kgspatial.maps.drawn import Drawn, Scene
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
from kgspatial.travel.wording import way_of_travel

FIGURES = ("children", "places", "served", "unserved", "unreached", "vacant")
TEXTS = ("legend", "before", "after", "close", "missing", "state", "north", "extent_button")
LEGEND_ORDER = (
    *("sites", "site_catchments", "kindergartens", "catchments", "communities"),
    *("points", "cells", "demand"),
    *(
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


def map_content(scene: Scene) -> dict[str, Any]:
    """Return what the page's script draws; see `assets/start.js` for its reader."""
    layers, tolerance = _layers(scene)
    return {
        "layers": [layer.as_json() for layer in layers],
        "legend": sorted((layer.key for layer in layers), key=_legend_rank),
        "has_after": scene.after is not None,
        "texts": {key: scene.say(key) for key in TEXTS},
        "title": map_title(scene),
        "figures": _figures(scene),
        "note": _note(scene, tolerance),
    }


def _legend_rank(key: str) -> tuple[int, str]:
    """The phases of a layout first, the near term before the far one."""
    return (-1, key) if key.startswith("layout_") else (LEGEND_ORDER.index(key), key)


def map_title(scene: Scene) -> str:
    """Return the heading: the plan's name, what the map shows, the year."""
    year = scene.balance.year
    heading = scene.say("title", plan=scene.study.settings.plan.name).strip()
    return heading if year is None else scene.say("title_year", title=heading, year=year)


def _layers(scene: Scene) -> tuple[list[Drawn], float]:
    """The layers from the lowest to the highest, and the largest tolerance of their shapes."""
    images = [demand_layer(scene), cell_layer(scene)]
    communities = community_layer(scene)
    points = point_layer(scene)
    results = [*([communities] if communities else []), *([(points, 0.0)] if points else [])]
    shaped = [*results, *base_layers(scene)]
    above = [*catchment_layers(scene), *hazard_layers(scene), kindergarten_layer(scene)]
    found = [
        *images,
        *(layer for layer, _ in shaped),
        *above,
        *site_layers(scene),
        *layout_layers(scene),
    ]
    return [layer for layer in found if layer is not None], max((t for _, t in shaped), default=0.0)


def _figures(scene: Scene) -> list[dict[str, Any]]:
    before = scene.balance.totals
    after = before if scene.after is None else scene.after.totals
    figures = []
    for key in FIGURES:
        now, then = pack_numbers([before[key], after[key]], 0)
        later = {"after": then} if scene.after is not None and then != now else {}
        figures.append({"label": scene.column(key), "value": now, **later})
    return figures


def _note(scene: Scene, tolerance: float) -> str:
    settings = scene.study.settings
    given = {"source": settings.plan.source_note}
    way = way_of_travel(scene.balance.travel, settings.travel.detour, scene.language)
    travel = {"limit": f"{settings.travel.limit_m:,.0f}", "way": way}
    parts = [
        scene.say("note_source", **given) if given["source"] else "",
        scene.say("note_travel", **travel),
        scene.say("note_crs", crs=scene.study.crs.name),
        scene.say("note_simplified", metres=f"{tolerance:g}") if tolerance else "",
        scene.say("note_leaflet"),
    ]
    return scene.say("note_separator").join(p for p in parts if p)


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

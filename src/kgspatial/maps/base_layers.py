"""The ground of the map: outline, units, streets, barriers, villages, hazards.

Imports from `drawn`, `packing`, `symbols`.
"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import shapely

from kgspatial.maps import symbols
from kgspatial.maps.drawn import Drawn, Scene, Style, as_text, fields, labels, subtitles, titles
from kgspatial.maps.packing import Packed, pack_areas, pack_lines, pack_points
from kgspatial.terms import has_term

STATES = ("served", "unserved", "unreached", "places", "vacant", "gap")
UNIT_ZOOM, FEW_UNITS, MANY_UNITS_ZOOM = 0.0, 60, 13.0
"""Names of few units are written always, those of many from this zoom on."""

SLIVER_M2 = 10_000.0
"""Holes smaller than this are gaps between neighbours' borders, not land outside."""

VILLAGE_ZOOM = 13.0
SNAP_M = 0.5
"""Units whose borders miss each other by less than this still make one outline."""


def base_layers(scene: Scene) -> Iterator[tuple[Drawn, float]]:
    """Yield the layers below the results, each with the tolerance of its shapes in metres."""
    yield from _units(scene)
    yield from ((layer, 0.0) for layer in _streets(scene))
    yield from _villages(scene)


def _units(scene: Scene) -> Iterator[tuple[Drawn, float]]:
    table = scene.balance.units
    there = table.geometry.notna() & ~table.geometry.is_empty
    units = gpd.GeoDataFrame(table[there].reset_index(drop=True))
    if units.empty:
        return
    tolerance = 0.0
    label = scene.say("extent")
    style = Style(label, "line", line=symbols.OUTLINE_COLOUR, width=1.5, dash="6 4")
    if scene.study.units is not None:
        layer, tolerance = _unit_areas(scene, units)
        yield layer, tolerance
        label = scene.say("outline")
        style = Style(label, "line", line=symbols.OUTLINE_COLOUR, width=2.0)
    lines = pack_lines(_outline(units).simplify(tolerance))
    yield Drawn("outline", label, "lines", lines, [style], [0]), tolerance


def _unit_areas(scene: Scene, units: gpd.GeoDataFrame) -> tuple[Drawn, float]:
    shapes, tolerance = pack_areas(units.geometry)
    names = titles(scene, units, "unit_id")
    zoom = UNIT_ZOOM if len(units) <= FEW_UNITS else MANY_UNITS_ZOOM
    width = 1.2 if len(units) <= FEW_UNITS else 0.7
    thin = Style(scene.say("unit_boundary"), "line", line=symbols.BOUNDARY_COLOUR, width=width)
    drawn = Drawn(
        "units",
        scene.say("layer_units"),
        "areas",
        shapes,
        [thin],
        [0] * len(units),
        titles=names,
        subtitles=subtitles(scene, units, "unit_id", scene.value("unit")),
        fields=fields(scene, units, ("children", *STATES), _after(scene, units)),
        labels=labels(names, units.geometry, zoom, units["children"], size=13, bold=True),
        ground=True,
    )
    return drawn, tolerance


def _outline(units: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The outer boundary of all units, without the slivers between neighbours."""
    grown = units.buffer(SNAP_M, join_style="mitre").union_all()
    parts = shapely.get_parts(grown.buffer(-SNAP_M, join_style="mitre"))
    rings = [p.exterior for p in parts if isinstance(p, shapely.Polygon)]
    rings += [
        ring
        for p in parts
        if isinstance(p, shapely.Polygon)
        for ring in p.interiors
        if shapely.Polygon(ring).area > SLIVER_M2
    ]
    return gpd.GeoSeries([shapely.MultiLineString(rings)], crs=units.crs)


def _after(scene: Scene, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    if scene.after is None:
        return None
    rows = scene.after.units.set_index("unit_id").reindex(units["unit_id"])
    return pd.DataFrame(rows[list(STATES)])


def _streets(scene: Scene) -> Iterator[Drawn]:
    streets = scene.study.streets
    if streets is None or streets.empty:
        return
    cut = streets["barrier"].notna() if "barrier" in streets else pd.Series(False, streets.index)
    walked, barriers = streets[~cut], streets[cut]
    if len(walked):
        style = Style(scene.say("layer_streets"), "line", line=symbols.STREET_COLOUR, width=1.2)
        shapes = pack_lines(walked.geometry)
        yield Drawn("streets", style.label, "lines", shapes, [style], [0] * len(walked))
    if len(barriers):
        yield _barriers(scene, barriers)


def _barriers(scene: Scene, barriers: gpd.GeoDataFrame) -> Drawn:
    kinds = sorted({as_text(b) for b in barriers["barrier"]})
    styles = [
        Style(
            scene.value(f"barrier_{kind}", "map") if has_term(f"map.barrier_{kind}") else kind,
            "line",
            line=symbols.BARRIER_COLOUR,
            width=3.0,
            dash="" if i == 0 else f"{4 * i} 4",
        )
        for i, kind in enumerate(kinds)
    ]
    of = [kinds.index(as_text(b)) for b in barriers["barrier"]]
    shapes = pack_lines(barriers.geometry)
    return Drawn("barriers", scene.say("layer_barriers"), "lines", shapes, styles, of)


def _villages(scene: Scene) -> Iterator[tuple[Drawn, float]]:
    villages = scene.study.villages
    if villages is None or villages.empty:
        return
    names = titles(scene, villages, "village_id")
    label = scene.say("layer_villages")
    symbol = symbols.VILLAGE_SYMBOL
    style = Style(label, symbol.shape, symbol.fill, symbol.line, radius=4.0)
    yield (
        Drawn(
            "villages",
            label,
            "points",
            pack_points(villages.geometry),
            [style],
            [0] * len(villages),
            shown=False,
            titles=names,
            subtitles=subtitles(scene, villages, "village_id", label),
            fields=fields(scene, villages, ("residents",)),
            labels=labels(names, villages.geometry, VILLAGE_ZOOM, villages["residents"], size=11),
        ),
        0.0,
    )


def hazard_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the hazards and the rings within which no kindergarten may lie."""
    given = scene.study.hazards
    if given is None or given.empty:
        return
    hazards = given.assign(hazard=[scene.value(h, "hazards") for h in given["hazard"]])
    symbol = symbols.HAZARD_SYMBOL
    if "keep_away_m" in hazards and hazards["keep_away_m"].gt(0).any():
        kept = hazards[hazards["keep_away_m"].gt(0)]
        rings = gpd.GeoSeries(kept.buffer(kept["keep_away_m"])).boundary
        ring = Style(scene.say("keep_away"), "line", line=symbol.line, width=1.2, dash="4 4")
        shapes, of = pack_lines(rings), [0] * len(kept)
        yield Drawn("keep_away", ring.label, "lines", shapes, [ring], of, shown=False)
    spread = hazards[hazards.geom_type != "Point"]
    if len(spread):
        areas = spread.geom_type.isin(["Polygon", "MultiPolygon"])
        lines = spread.geometry.where(~areas, spread.boundary)
        style = Style(scene.say("layer_hazard_lines"), "line", line=symbol.line, width=2.5)
        yield _hazards(scene, "hazard_lines", spread, style, pack_lines(lines))
    points = hazards[hazards.geom_type == "Point"]
    if len(points):
        label = scene.say("layer_hazards")
        style = Style(label, symbol.shape, symbol.fill, symbol.line, 1.4, radius=6.0)
        yield _hazards(scene, "hazards", points, style, pack_points(points.geometry))


def _hazards(
    scene: Scene, key: str, table: gpd.GeoDataFrame, style: Style, shapes: Packed
) -> Drawn:
    own = titles(scene, table, None)
    return Drawn(
        key,
        style.label,
        "lines" if style.shape == "line" else "points",
        shapes,
        [style],
        [0] * len(table),
        shown=False,
        titles=[name or kind for name, kind in zip(own, table["hazard"], strict=True)],
        subtitles=[style.label] * len(table),
        fields=fields(scene, table, ("hazard", "keep_away_m")),
    )

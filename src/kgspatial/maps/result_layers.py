"""The results on the map: gaps of communities and points, kindergartens, catchments, sites, candidates.

Imports from `drawn`, `packing`, `reach_lines`, `symbols`, `balance`, `siting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.maps import symbols
from kgspatial.maps.drawn import Drawn, Scene, Style, as_text, fields, labels, subtitles, titles
from kgspatial.maps.packing import pack_areas, pack_lines, pack_points
from kgspatial.maps.reach_lines import reach_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMMUNITY_FIELDS = ("unit_id", "households", "residents", "children")
COMMUNITY_STATES = ("served", "unserved", "unreached", "gap", "nearest_m", "mean_distance_m")
POINT_SOURCES = {"village": ("villages", "village_id"), "unit": ("units", "unit_id")}
"""Sources of demand points that no polygon or cell of the map shows, with their layers."""

GARDEN_FIELDS = ("kind", "grade", "unit_id", "counted", "places", "classes", "enrolled")
GARDEN_STATES = ("served", "vacant", "utilisation", "nearest_children", "gap")
TEXTS = ("reason", "rules", "checks")
SITE_FIELDS = ("action", "source", "unit_id", "classes", "places", "served", "children_gained")
CANDIDATE_FIELDS = ("action", "source", "max_classes", "cost_wan")

NOT_COUNTED = "not_counted"
COMMUNITY_ZOOM, GARDEN_ZOOM, SITE_ZOOM = 16.0, 15.0, 11.0
MANY_COMMUNITIES = 3000
PIXELS_PER_ROOT_POINT = 0.8
"""Radius in pixels of a symbol of one square point: a little larger than in print, for fingers."""

SITE_RADIUS = 13.0


def community_layer(scene: Scene) -> tuple[Drawn, float] | None:
    """Return the communities by children without a place, and the tolerance of their shapes."""
    table = scene.balance.communities
    if table.empty:
        return None
    table = table.assign(unit_id=table["unit_id"].astype(str).map(scene.unit_names()))
    shapes, tolerance = pack_areas(table.geometry)
    later = None if scene.after is None else scene.after.communities.reset_index(drop=True)
    names = titles(scene, table, "community_id")
    named = gpd.GeoSeries(table.geometry)
    drawn = Drawn(
        "communities",
        scene.say("layer_communities"),
        "areas",
        shapes,
        _gap_styles(scene, thin=len(table) > MANY_COMMUNITIES),
        gap_classes_of(table),
        None if later is None else gap_classes_of(later),
        titles=names,
        subtitles=subtitles(scene, table, "community_id", scene.value("community")),
        fields=fields(
            scene,
            table,
            (*COMMUNITY_FIELDS, *COMMUNITY_STATES),
            None if later is None else later[list(COMMUNITY_STATES)],
        ),
        labels=labels(names, named, COMMUNITY_ZOOM, table["children"], size=11)
        if table["name"].notna().any()
        else None,
    )
    return drawn, tolerance


def _gap_styles(scene: Scene, *, thin: bool) -> list[Style]:
    edge = {"line": symbols.COMMUNITY_EDGE, "width": 0.2 if thin else 0.7}
    styles = [
        Style(label, fill=colour, **edge)  # type: ignore[arg-type]
        for label, colour in zip(symbols.gap_labels(), symbols.GAP_COLOURS, strict=True)
    ]
    alone = Style(scene.say("unreached"), fill=symbols.UNREACHED_COLOUR, **edge)  # type: ignore[arg-type]
    return [*styles, alone]


def gap_classes_of(table: pd.DataFrame) -> list[int]:
    """Return the class of each row by its children without a place."""
    columns = ("unserved", "unreached", "children")
    classes = symbols.gap_classes(*(table[c].to_numpy(dtype=float) for c in columns))
    return [int(c) for c in classes]


def point_layer(scene: Scene) -> Drawn | None:
    """Return the villages and units whose children live at a point, by those without a place."""
    demand = scene.balance.demand
    at_point = demand["source"].isin(POINT_SOURCES).to_numpy()
    if not at_point.any():
        return None
    table = _with_own_names(scene, demand[at_point].reset_index(drop=True))
    later = None if scene.after is None else scene.after.demand[at_point].reset_index(drop=True)
    sizes = symbols.place_sizes(table["children"].to_numpy(dtype=float), symbols.CHILD_STEPS)
    called = {s: subtitles(scene, table, "own_id", scene.value(s)) for s in POINT_SOURCES}
    return Drawn(
        "points",
        scene.say("layer_points"),
        "points",
        pack_points(table.geometry),
        [replace(style, shape="circle", radius=6.5) for style in _gap_styles(scene, thin=False)],
        gap_classes_of(table),
        None if later is None else gap_classes_of(later),
        radii=_radii(sizes),
        sizes=_size_styles(sizes, symbols.CHILD_STEPS),
        sizes_label=scene.column("children"),
        crowded=len(table) > symbols.MANY_KINDERGARTENS,
        titles=titles(scene, table, "own_id"),
        subtitles=[called[s][row] for row, s in enumerate(table["source"])],
        fields=fields(
            scene,
            table.assign(unit_id=table["unit_id"].astype(str).map(scene.unit_names())),
            ("unit_id", "children", *COMMUNITY_STATES),
            None if later is None else later.reindex(columns=COMMUNITY_STATES),
        ),
    )


def _with_own_names(scene: Scene, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The points with the id of their village or unit, and its Latin name where one is given."""
    prefixed = zip(points["source"], points["demand_id"], strict=True)
    points = points.assign(own_id=[i.removeprefix(f"{source}-") for source, i in prefixed])
    latin = pd.Series(None, index=points.index, dtype=object)
    for source, (name, key) in POINT_SOURCES.items():
        layer = getattr(scene.study, name)
        if layer is not None and "name_latin" in layer:
            names = pd.Series(layer["name_latin"].to_numpy(dtype=object), layer[key].astype(str))
            own = points["source"] == source
            latin[own] = points.loc[own, "own_id"].map(names)
    return points.assign(name_latin=latin)


def kindergarten_layer(scene: Scene) -> Drawn:
    """Return the kindergartens by kind (colour and shape) and places (size)."""
    table = scene.balance.kindergartens.reset_index(drop=True)
    styles, of = _kinds(scene, table)
    sizes = symbols.place_sizes(table["places"].to_numpy(dtype=float))
    names = titles(scene, table, "kindergarten_id")
    shown = table.assign(
        kind=[as_text(k) or "unknown_kind" for k in table["kind"]],
        unit_id=table["unit_id"].astype(str).map(scene.unit_names()),
        counted=_counted(scene, table),
    )
    return Drawn(
        "kindergartens",
        scene.say("layer_kindergartens"),
        "points",
        pack_points(table.geometry),
        styles,
        of,
        radii=_radii(sizes),
        sizes=_size_styles(sizes),
        sizes_label=scene.column("places"),
        crowded=len(table) > symbols.MANY_KINDERGARTENS,
        titles=names,
        subtitles=subtitles(scene, table, "kindergarten_id", scene.say("kindergarten")),
        fields=fields(scene, shown, (*GARDEN_FIELDS, *GARDEN_STATES), _gardens_after(scene)),
        labels=labels(names, table.geometry, GARDEN_ZOOM, table["places"], size=11),
    )


def _kinds(scene: Scene, table: pd.DataFrame) -> tuple[list[Style], list[int]]:
    """The kinds that are there, and that of each row; one that does not count has its own."""
    drawn = {
        kind: Style(scene.value(kind), s.shape, s.fill, s.line, radius=6.5)
        for kind, s in symbols.KIND_SYMBOLS.items()
    }
    hollow = symbols.NOT_COUNTED_SYMBOL
    label = scene.say(NOT_COUNTED)
    drawn[NOT_COUNTED] = Style(label, hollow.shape, hollow.fill, hollow.line, 1.5, radius=5.0)
    known = [
        k if (k := as_text(kind)) in symbols.KIND_SYMBOLS else "unknown_kind"
        for kind in table["kind"]
    ]
    kinds = [k if c else NOT_COUNTED for k, c in zip(known, table["counted"], strict=True)]
    there = [k for k in drawn if k in kinds]
    return [drawn[k] for k in there], [there.index(k) for k in kinds]


def _counted(scene: Scene, table: pd.DataFrame) -> list[str]:
    said = {True: scene.say("yes"), False: scene.say("no")}
    why = [
        scene.value(f"not_counted_{w}", "map") if as_text(w) else "" for w in table["not_counted"]
    ]
    return [w or said[bool(c)] for c, w in zip(table["counted"], why, strict=True)]


def _gardens_after(scene: Scene) -> pd.DataFrame | None:
    if scene.after is None:
        return None
    existing = scene.after.kindergartens.iloc[: len(scene.balance.kindergartens)]
    return pd.DataFrame(existing[list(GARDEN_STATES)].reset_index(drop=True))


def _radii(sizes: NDArray[np.float64]) -> list[float]:
    return [round(float(np.sqrt(s)) * PIXELS_PER_ROOT_POINT, 1) for s in sizes]


def _size_styles(
    sizes: NDArray[np.float64], steps: symbols.Steps = symbols.PLACE_STEPS
) -> list[Style]:
    """The sizes that are drawn, for the legend; one alone explains nothing."""
    used = np.unique(sizes)
    if len(used) < 2:
        return []
    return [
        Style(symbols.place_label(size, steps), "circle", "#9a9a9a", "#ffffff", radius=radius)
        for size, radius in zip(used, _radii(used), strict=True)
    ]


def catchment_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the lines within which kindergartens, and proposed ones, can be reached."""
    build = symbols.ACTION_SYMBOLS["build"].fill
    for key, colour in (("catchments", symbols.CATCHMENT_COLOUR), ("site_catchments", build)):
        yield from _catchments(scene, key, catchment_table(scene, key), colour)


def catchment_table(scene: Scene, key: str) -> gpd.GeoDataFrame:
    """Return the rows of the layer ``catchments``, or of ``site_catchments``: none without sites."""
    present = scene.balance.catchments
    if key == "catchments":
        return present
    if scene.after is None or scene.sites is None:
        return present.iloc[:0]
    table = scene.after.catchments
    return table[table["kindergarten_id"].isin(scene.sites.sites["site_id"])]


def _catchments(scene: Scene, key: str, table: gpd.GeoDataFrame, colour: str) -> Iterator[Drawn]:
    if table.empty:
        return
    method = table["method"].iloc[0]
    name = f"layer_{key}" if method == "radius" else f"layer_{key}_{method}"
    label = scene.say(name, radius=f"{table['radius_m'].iloc[0]:,.0f}")
    yield Drawn(
        key,
        label,
        "lines",
        pack_lines(reach_lines(table)),
        [Style(label, "line", line=colour, width=1.2, dash="5 4")],
        [0] * len(table),
        shown=False,
        titles=titles(scene, table, "kindergarten_id"),
        subtitles=subtitles(scene, table, "kindergarten_id", scene.say("catchment")),
        fields=fields(scene, table, ("children", "places", "ratio", "only_children")),
    )


def site_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the candidates that were not taken, those that may not be, and the proposed sites."""
    if scene.sites is None:
        return
    plan = scene.sites
    others = plan.candidates[~plan.candidates["site_id"].isin(plan.sites["site_id"])]
    if len(others):
        label, symbol = scene.say("layer_candidates"), symbols.CANDIDATE_SYMBOL
        style = Style(label, symbol.shape, symbol.fill, symbol.line, 1.6, radius=4.5)
        yield _points(scene, "candidates", label, others, style, CANDIDATE_FIELDS)
    if len(plan.excluded):
        label, symbol = scene.say("layer_excluded"), symbols.EXCLUDED_SYMBOL
        style = Style(label, symbol.shape, symbol.fill, symbol.line, 0.7, radius=6.5)
        table = plan.excluded.assign(reason=plan.excluded[f"reason_{scene.language}"])
        yield _points(scene, "excluded", label, table, style, ("reason",))
    if len(plan.sites):
        yield _proposed(scene, plan.sites)


def _points(
    scene: Scene,
    key: str,
    label: str,
    table: gpd.GeoDataFrame,
    style: Style,
    columns: tuple[str, ...],
) -> Drawn:
    return Drawn(
        key,
        label,
        "points",
        pack_points(table.geometry),
        [style],
        [0] * len(table),
        shown=False,
        titles=titles(scene, table, "site_id"),
        subtitles=subtitles(scene, table, "site_id", label),
        fields=fields(scene, table, columns),
    )


def _proposed(scene: Scene, sites: gpd.GeoDataFrame) -> Drawn:
    there = [a for a in symbols.ACTION_SYMBOLS if (sites["action"] == a).any()]
    styles = [
        Style(scene.value(a), s.shape, s.fill, s.line, radius=SITE_RADIUS)
        for a in there
        for s in [symbols.ACTION_SYMBOLS[a]]
    ]
    table = sites.assign(
        unit_id=sites["unit_id"].astype(str).map(scene.unit_names()),
        **{name: sites[f"{name}_{scene.language}"] for name in TEXTS},
    )
    names = titles(scene, table, "site_id")
    numbered = [f"{n} {name}" for n, name in zip(sites["order"], names, strict=True)]
    return Drawn(
        "sites",
        scene.say("layer_sites"),
        "points",
        pack_points(sites.geometry),
        styles,
        [there.index(a) for a in sites["action"]],
        shown=scene.layout is None,  # a layout's own signs would lie on these
        titles=numbered,
        subtitles=subtitles(scene, table, "site_id", scene.say("site")),
        fields=fields(scene, table, (*SITE_FIELDS, "cost_wan", *TEXTS)),
        labels=labels(names, sites.geometry, SITE_ZOOM, -sites["order"], size=12, bold=True),
        marks=[str(n) for n in sites["order"]],
    )

"""Layers of single plates: links of groups, projects, what estates owe, villages, candidates.

Imports from `drawn`, `packing`, `symbols`, `plate_shades`, `balance`, `supply`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from kgspatial.balance.ledger import group_links, link_projects, opening_years
from kgspatial.balance.rules import check_estates, check_villages
from kgspatial.maps import symbols
from kgspatial.maps.drawn import Drawn, Field, Scene, Style, as_text, titles
from kgspatial.maps.packing import pack_areas, pack_lines, pack_numbers, pack_points
from kgspatial.maps.plate_shades import EDGE

VERDICTS = ("met", "not_met", "unknown")
OWN_VILLAGE = "villages.own_kindergarten"
VILLAGE_RADII = {True: 8.0, False: 5.0}


def link_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield a line from each branch to its head."""
    links, _ = group_links(scene.study.kindergartens)
    gardens = scene.study.kindergartens
    names = dict(zip(gardens["kindergarten_id"], titles(scene, gardens, "kindergarten_id")))  # noqa: B905
    label = scene.say("plate_links_lines")
    style = Style(label, "line", line=symbols.LINK_COLOUR, width=2.2)
    yield Drawn(
        "plate_links",
        label,
        "lines",
        pack_lines(links.geometry),
        [style],
        [0] * len(links),
        titles=[names[i] for i in links["kindergarten_id"]],
        subtitles=[label] * len(links),
        fields=[Field(scene.say("plate_head"), "text", [names[i] for i in links["head_id"]])],
    )


def project_table(scene: Scene) -> gpd.GeoDataFrame:
    """Return the projects with the point of the site, kindergarten or estate that they name."""
    study = scene.study
    if study.projects is None:
        return gpd.GeoDataFrame({"geometry": []}, crs=study.crs)
    layers = {"site": study.candidates, "kindergarten": study.kindergartens}
    layers["community"] = study.communities
    named, _ = link_projects(
        study.projects,
        communities=study.communities,
        kindergartens=study.kindergartens,
        candidates=study.candidates,
    )
    at = pd.Series(None, index=named.index, dtype=object)
    for what, layer in layers.items():
        if layer is None or f"{what}_id" not in named:
            continue
        points = layer.geometry.representative_point()
        spots = pd.Series(points.to_numpy(), index=layer[f"{what}_id"].astype(str))
        at = at.where(at.notna(), named[f"{what}_id"].map(as_text).map(spots))
    years = opening_years(named)
    given = pd.to_numeric(named["year"], errors="coerce") if "year" in named else years
    table = named.assign(plate_year=given.fillna(years))
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(at, crs=study.crs))


def project_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the projects that have a place by their year; the others are counted in the name."""
    whole = project_table(scene)
    table = whole[whole.geometry.notna()].reset_index(drop=True)
    missing = len(whole) - len(table)
    label = scene.say("plate_projects_points")
    if missing:
        label = scene.say("plate_projects_missing", label=label, count=missing)
    years = table["plate_year"].map(
        lambda y: scene.say("plate_no_year") if pd.isna(y) else f"{y:.0f}"
    )
    there = sorted(years.unique())
    marks = [symbols.YEAR_SYMBOLS[i % len(symbols.YEAR_SYMBOLS)] for i in range(len(there))]
    columns = ("work", "classes", "places_added", "investment_wan", "responsible_unit", "progress")
    yield Drawn(
        "plate_projects",
        label,
        "points",
        pack_points(table.geometry),
        [Style(y, m.shape, m.fill, m.line, radius=10.0) for y, m in zip(there, marks, strict=True)],
        [there.index(y) for y in years],
        titles=titles(scene, table, None),
        subtitles=[str(y) for y in years],
        fields=[_column(scene, table, c) for c in columns if c in table],
        marks=[str(n) for n in range(1, len(table) + 1)],
    )


def _column(scene: Scene, table: pd.DataFrame, column: str) -> Field:
    """A column of a table without a schema of results: numbers where all of it are."""
    numbers = pd.to_numeric(table[column], errors="coerce")
    if numbers.notna().sum() == table[column].notna().sum() and numbers.notna().any():
        return Field(scene.column(column), "money", pack_numbers(numbers.to_numpy(float), 1))
    return Field(scene.column(column), "text", [scene.value(v) or None for v in table[column]])


def obligation_table(scene: Scene) -> gpd.GeoDataFrame:
    """Return the estates with the places that the plan's norm owes them, and the verdict."""
    study = scene.study
    if study.communities is None:
        return gpd.GeoDataFrame({"verdict": [], "geometry": []}, crs=study.crs)
    found = check_estates(study, scene.balance.year)
    outlines = study.communities.set_index(study.communities["community_id"].astype(str))
    shapes = outlines.loc[found["subject_id"].astype(str).tolist()].geometry
    table = found.reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=study.crs)


def obligation_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the estates by what they owe and have: met, in part, nothing, nothing owed, unknown."""
    table = obligation_table(scene)
    kinds = list(symbols.OBLIGATION_COLOURS)
    classes = [kinds.index(_obligation(row)) for row in table.itertuples()]
    used = sorted(set(classes))
    styles = [
        Style(scene.say(f"plate_owed_{k}"), fill=symbols.OBLIGATION_COLOURS[k], **EDGE)  # type: ignore[arg-type]
        for k in (kinds[i] for i in used)
    ]
    numbers = {
        f"plate_{c}": pack_numbers(table[c].to_numpy(float), 0)
        for c in ("places_owed", "places_provided")
    }
    fields = [Field(scene.say(k), "count", values) for k, values in numbers.items()]
    fields.append(
        Field(scene.say("plate_group"), "text", [as_text(v) or None for v in table["group"]])
    )
    fields.append(
        Field(scene.say("plate_clause"), "prose", [as_text(v) or None for v in table["clause"]])
    )
    label = scene.say("plate_obligations_areas")
    yield Drawn(
        "plate_obligations",
        label,
        "areas",
        pack_areas(table.geometry)[0],
        styles,
        [used.index(c) for c in classes],
        titles=[as_text(n) or as_text(i) for n, i in zip(table["name"], table["subject_id"])],  # noqa: B905
        subtitles=[scene.value("community")] * len(table),
        fields=fields,
    )


def _obligation(row: Any) -> Literal["none", "met", "part", "nothing", "unknown"]:
    if row.verdict == "unknown":
        return "unknown"
    if row.verdict == "met":
        return "met" if row.threshold > 0 else "none"
    return "part" if row.value > 0 else "nothing"


def village_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the villages by the rule that holds for their size, and whether it is met."""
    villages = scene.study.villages
    if villages is None:
        return
    found = check_villages(scene.study, scene.balance.year)
    outlines = villages.set_index(villages["village_id"].astype(str))
    shapes = outlines.loc[found["subject_id"].astype(str).tolist()].reset_index(drop=True)
    large = (found["rule"] == OWN_VILLAGE).tolist()
    kinds = [(big, verdict) for big in (True, False) for verdict in VERDICTS]
    own = list(zip(large, found["verdict"], strict=True))
    there = [kind for kind in kinds if kind in own]
    heads = [as_text(n) or as_text(i) for n, i in zip(found["head_name"], found["head_id"])]  # noqa: B905
    yield Drawn(
        "plate_villages",
        scene.say("plate_villages_points"),
        "points",
        pack_points(shapes.geometry),
        [_village_style(scene, big, verdict) for big, verdict in there],
        [there.index(kind) for kind in own],
        titles=titles(scene, shapes, "village_id"),
        subtitles=[scene.say("plate_village_large" if big else "plate_village_small") for big in large],
        fields=[
            Field(scene.column("residents"), "count", pack_numbers(found["residents"], 0)),
            Field(scene.say("plate_verdict"), "text", [scene.say(f"plate_is_{v}") for v in found["verdict"]]),
            Field(scene.say("plate_head"), "text", [h or None for h in heads]),
        ],
    )  # fmt: skip


def _village_style(scene: Scene, large: bool, verdict: str) -> Style:
    size = scene.say("plate_village_large" if large else "plate_village_small")
    label = scene.say("plate_village", size=size, verdict=scene.say(f"plate_is_{verdict}"))
    shape = "square" if large else "circle"
    return Style(
        label, shape, symbols.VERDICT_COLOURS[verdict], "#333333", 1.0, radius=VILLAGE_RADII[large]
    )


def candidate_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the study's candidates where no proposal tells which were taken or excluded."""
    table = scene.study.candidates
    if scene.sites is not None or table is None or table.empty:
        return
    label, symbol = scene.say("plate_candidates"), symbols.CANDIDATE_SYMBOL
    yield Drawn(
        "plate_candidates",
        label,
        "points",
        pack_points(table.geometry),
        [Style(label, symbol.shape, symbol.fill, symbol.line, 1.6, radius=4.5)],
        [0] * len(table),
        titles=titles(scene, table, "site_id"),
        subtitles=[label] * len(table),
        fields=[
            _column(scene, table, c) for c in ("source", "max_classes", "cost_wan") if c in table
        ],
    )

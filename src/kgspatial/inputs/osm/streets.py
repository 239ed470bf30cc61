"""Streets from OpenStreetMap: the ways on which people walk, each in full.

Imports from `osm.elements`, `osm.tags`, `areas`, `crs`, `problems` and `errors`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import LineString, MultiLineString

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.inputs.osm.elements import OsmFile, Way, opened, touches
from kgspatial.inputs.osm.tags import (
    Closed,
    Tags,
    closed_because,
    column_keys,
    first_value,
    flag_columns,
    is_closed_gate,
    is_set,
    street_rules,
    values_of,
)
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from kgspatial.inputs.coordinates.areas import Area
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Severity

Row: TypeAlias = tuple[Tags, LineString | MultiLineString]

KEYS = ("highway",)
SAID = ("highway", "foot", "access")
"""Columns that say whether people walk there; :func:`closed_because` finds no row of them closed."""
GATES = ("barrier",)
SHOWN = 10
"""Ids or words named in one message."""

LEFT_OUT: dict[Closed, tuple[str, Severity]] = {
    "forbidden": ("foot=... or access=... closes them to people on foot", "note"),
    "needs_foot": ("they are for cars or cycles, and no tag says that people walk there", "note"),
    "not_there": ("they are being built, planned or gone", "note"),
    "no_street": ("they are no streets (rest areas, ladders, ...)", "note"),
    "unknown": ("their kind of street is not known", "warning"),
}


@dataclass
class Tally:
    """What was seen and left out while a file is read."""

    closed: Counter[Closed] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    """Values of `highway` that nobody knows."""
    outside: int = 0

    def walked(self, tags: Tags) -> bool:
        """Whether people walk there; counts where they do not."""
        because = closed_because(tags)
        if because is not None:
            self.closed[because] += 1
        if because == "unknown":
            self.words.update(values_of(tags, "highway"))
        return because is None


def read_streets(
    path: Path, declared: LayerInput, area: Area | None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Read the streets on which people walk; the index is the way's OpenStreetMap id.

    A square (``area=yes``, or a multipolygon relation) is kept as its outline.
    """
    keys, tally = column_keys("streets", declared, path), Tally()
    used = {key for candidates in keys.values() for key in candidates}
    rows: dict[int, Row] = {}
    problems: list[Problem] = []
    with opened(path, {*street_rules().keys, *used}) as file:
        for way, tags in _walked(file, tally, problems):
            line = way.pieces[0] if len(way.pieces) == 1 else MultiLineString(way.pieces)
            if way.pieces and not touches(area, line):
                tally.outside += 1
                continue
            problems += _broken(way, str(path))
            if way.pieces:
                rows[way.id] = ({k: v for k, v in tags.items() if k in used}, line)
        if not rows:
            raise _no_street(tally, path)
        frame = _frame(rows, keys)
        gates = _closed_gates(file, frame.geometry)
    return frame, _summary(tally, str(path)) + gates + problems


def _walked(file: OsmFile, tally: Tally, problems: list[Problem]) -> Iterator[tuple[Way, Tags]]:
    """The ways to walk on, with their tags; those of an outline are the tags of its relation."""
    squares = [r for r in file.relations(*KEYS) if r.is_area and tally.walked(r.tags)]
    outlines = {way: r.tags for r in squares for way, _ in r.ways}
    there: set[int] = set()
    for way in file.ways(*KEYS):
        if way.id in outlines:
            there.add(way.id)
        if tally.walked(way.tags):
            yield way, way.tags
    for way, _ in file.members(outlines.keys() - there):
        there.add(way.id)
        yield way, outlines[way.id]
    for square in squares:
        if lost := len({way for way, _ in square.ways} - there):
            text = f"{lost} of its {len(square.ways)} ways are not in the file: the extract cuts it"
            label = f"relation/{square.id}"
            problems.append(
                _problem("cut_by_extract", text, "its other ways kept", str(file.path), label)
            )


def _closed_gates(file: OsmFile, lines: gpd.GeoSeries) -> list[Problem]:
    """Gates on the streets that are closed to people on foot."""
    gates = [g for g in file.nodes(*GATES) if is_closed_gate(g.tags) and not g.shape.is_empty]
    if not gates:
        return []
    corners = shapely.get_coordinates(lines.to_numpy()).view(np.complex128)
    on_street = np.isin(
        shapely.get_coordinates([g.shape for g in gates]).view(np.complex128), corners
    )
    shown = [f"node/{g.id}" for g, on in zip(gates, on_street.ravel(), strict=True) if on]
    if not shown:
        return []
    text = f"{_count(len(shown), 'gate')} or other barriers on streets, closed to people on foot"
    value = ", ".join(shown[:SHOWN])
    return [_problem("closed_gates", text, "streets kept whole", str(file.path), value)]


def _broken(way: Way, source: str) -> list[Problem]:
    """What of a way is not in the file: at the border of an extract, or in its middle."""
    label = f"way/{way.id}"
    if way.missing:
        text = f"{way.missing} of its {way.nodes} nodes are not in the file: the extract cuts it"
        if not way.pieces:
            return [_problem("cut_by_extract", text, "left out: no length is left", source, label)]
        single, done = len(way.pieces) == 1, "kept where its nodes are there"
        done += "" if single else f", in {len(way.pieces)} pieces"
        severity: Severity = "note" if single else "warning"
        return [_problem("cut_by_extract", text, done, source, label, severity)]
    if not way.pieces:
        text = "it has fewer than two nodes at different places"
        return [_problem("no_length", text, "left out", source, label, "warning")]
    return []


def _summary(tally: Tally, source: str) -> list[Problem]:
    """One finding for each reason for which ways were left out."""
    found = []
    for because, (why, severity) in LEFT_OUT.items():
        if count := tally.closed[because]:
            words = ", ".join(f"{w} ({n})" for w, n in tally.words.most_common(SHOWN))
            shown = f"highway={words}" if because == "unknown" else ""
            text = f"{_count(count, 'element')} with the tag highway, not walked on: {why}"
            found.append(
                _problem(f"not_walked_{because}", text, "left out", source, shown, severity)
            )
    if tally.outside:
        text = f"{_count(tally.outside, 'street')} outside the study area"
        found.append(_problem("outside_area", text, "left out", source))
    return found


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _problem(
    code: str, text: str, done: str, source: str, value: str = "", severity: Severity = "note"
) -> Problem:
    return Problem("streets", code, text, done, severity, source, value=value)


def _no_street(tally: Tally, path: Path) -> InputError:
    if tally.outside:
        text = f"none of its {tally.outside} streets lies in the study area"
        return InputError(text, source=path, hint="Take the extract of the study area's region.")
    count = tally.closed.total()
    text = "it holds no streets on which people walk (tag highway)"
    if count:
        text += f"; {count} ways with that tag are left out"
    return InputError(text, source=path, hint="Take an extract that holds all of the map.")


def _frame(rows: dict[int, Row], keys: dict[str, tuple[str, ...]]) -> gpd.GeoDataFrame:
    index = pd.Index(sorted(rows), dtype="int64", name="row")
    flags = flag_columns("streets")
    columns: dict[str, list[Any]] = {}
    for column, candidates in keys.items():
        values = [first_value(rows[way][0], candidates) for way in index]
        columns[column] = [is_set(v) for v in values] if column in flags else values
    columns["level"] = [_whole(v) for v in columns["level"]]
    said = zip(*(columns[c] for c in SAID), strict=True)
    columns["foot"] = [_foot({k: v for k, v in zip(SAID, row, strict=True) if v}) for row in said]
    lines = [rows[way][1] for way in index]
    return gpd.GeoDataFrame(columns, index=index, geometry=lines, crs=WGS84)


def _whole(text: str | None) -> float:
    """A level; ways that lead from one to another (0;1) are on none."""
    return float(text) if text and re.fullmatch(r"[-+]?\d+", text.strip()) else np.nan


def _foot(said: Tags) -> str | None:
    """The tag `foot`; yes where others than the columns hold let people walk, such as `sidewalk`."""
    return said.get("foot") if closed_because(said) in (None, "unknown") else "yes"

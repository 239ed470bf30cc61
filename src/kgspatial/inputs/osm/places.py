"""Kindergartens and residential areas from OpenStreetMap: points, closed ways and multipolygons.

Imports from `osm.elements`, `osm.tags`, `areas`, `crs`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import LineString, Point, Polygon

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.inputs.osm.elements import (
    Corner,
    Node,
    OsmFile,
    Relation,
    Way,
    assembled,
    opened,
    touches,
)
from kgspatial.inputs.osm.tags import (
    PlaceRules,
    Tags,
    column_keys,
    first_value,
    matches,
    place_rules,
)
from kgspatial.inputs.problems import Problem
from kgspatial.layers import LAYERS, Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from kgspatial.inputs.coordinates.areas import Area
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Severity

RING = 4
"""A closed line with fewer points encloses nothing."""


@dataclass(frozen=True)
class Place:
    """An element with one of the tags: where it is, or why that is not known."""

    label: str
    """As OpenStreetMap calls it, such as ``way/123``."""
    tags: Tags
    shape: BaseGeometry = field(default_factory=Point)
    """Empty where it is not known."""
    code: str = ""
    problem: str = ""


def read_places(
    path: Path, name: str, declared: LayerInput, area: Area | None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Read the kindergartens or the communities; the index counts them from 1.

    They come as nodes, ways, relations, each in the file's order, which is that of their ids.
    """
    rules, keys, spec = place_rules(name), column_keys(name, declared, path), LAYERS[name]
    looked_at = {"name", *rules.keys, *(key for candidates in keys.values() for key in candidates)}
    places: list[Place] = []
    others: list[Place] = []
    outside = 0
    with opened(path, looked_at) as file:
        for place in _places(file, rules, "Point" in spec.shapes):
            read = matches(place.tags, rules.read)
            if touches(area, place.shape):
                (places if read else others).append(place)
            else:
                outside += read
    used = [p for p in places if not p.shape.is_empty]
    if not used:
        raise _nothing(rules, places, others, outside, path)
    report = _Report(name, rules, str(path))
    problems = report.outside(outside)
    problems += [report.left_out(p) for p in places if p.shape.is_empty]
    problems += report.listed(others, used) + report.mapped_twice(used)
    if name == "kindergartens":
        problems += report.no_capacity(used, keys["places"])
    return _frame(used, spec, rules, keys, declared), problems


def _places(file: OsmFile, rules: PlaceRules, points: bool) -> Iterator[Place]:
    """All places of the file."""
    both = {**rules.listed, **rules.read}
    for node in file.nodes(*rules.keys):
        if matches(node.tags, both):
            yield _from_node(node, points or not matches(node.tags, rules.read))
    for way in file.ways(*rules.keys):
        if matches(way.tags, both):
            yield _from_way(way)
    yield from _from_relations(
        file, [r for r in file.relations(*rules.keys) if matches(r.tags, both)]
    )


def _from_relations(file: OsmFile, relations: list[Relation]) -> Iterator[Place]:
    """The areas of relations, from those of their ways that are in the file in full."""
    ways = {way for r in relations if r.is_area for way, _ in r.ways}
    corners = {way.id: line for way, line in file.members(ways) if not way.missing}
    whole = [r for r in relations if r.is_area and {way for way, _ in r.ways} <= corners.keys()]
    areas = assembled(whole, corners, file.path)
    for relation in relations:
        yield _from_relation(relation, areas.get(relation.id), corners)


def _from_node(node: Node, points: bool) -> Place:
    label = f"node/{node.id}"
    if node.shape.is_empty:
        return Place(label, node.tags, Point(), "no_geometry", "it has no position")
    if not points:
        return Place(
            label, node.tags, Point(), "wrong_geometry", "it is a point without an outline"
        )
    return Place(label, node.tags, node.shape)


def _from_way(way: Way) -> Place:
    label = f"way/{way.id}"
    if way.missing:
        text = f"{way.missing} of its {way.nodes} nodes are not in the file: the extract cuts it"
        return Place(label, way.tags, Point(), "cut_by_extract", text)
    if not way.closed:
        return Place(label, way.tags, Point(), "unclosed", "it is a line that does not close")
    (line,) = way.pieces or (LineString(),)
    if len(line.coords) < RING:
        return Place(label, way.tags, Point(), "no_area", "its outline encloses no area")
    return Place(label, way.tags, Polygon(line))


def _from_relation(
    relation: Relation, area: BaseGeometry | None, corners: dict[int, list[Corner]]
) -> Place:
    label, tags = f"relation/{relation.id}", relation.tags
    if area is not None:
        return Place(label, tags, area)
    if not relation.is_area:
        text = f"it is a relation of the type '{tags.get('type', '')}', which has no outline"
        return Place(label, tags, Point(), "wrong_geometry", text)
    lost = len({way for way, _ in relation.ways} - corners.keys())
    if lost:
        text = f"{lost} of its {len(relation.ways)} ways are not in the file in full: the extract "
        return Place(label, tags, Point(), "cut_by_extract", f"{text}cuts it")
    text = "its ways do not close to an outline, or cross each other"
    return Place(label, tags, Point(), "unclosed", text)


@dataclass(frozen=True)
class _Report:
    """Makes findings of one layer of one file."""

    layer: str
    rules: PlaceRules
    source: str

    def _problem(
        self, code: str, text: str, done: str, severity: Severity, value: str = "", column: str = ""
    ) -> Problem:
        return Problem(
            self.layer, code, text, done, severity, self.source, column=column, value=value
        )

    def outside(self, count: int) -> list[Problem]:
        if not count:
            return []
        text = f"{count} {self.rules.what} outside the study area"
        return [self._problem("outside_area", text, "left out", "note")]

    def left_out(self, place: Place) -> Problem:
        return self._problem(place.code, place.problem, "left out", "error", place.label)

    def listed(self, others: list[Place], used: list[Place]) -> list[Problem]:
        """Elements of a kindred tag where nothing was read."""
        covered = set(_meeting(others, used)[0].tolist())
        text, severity = self.rules.listed_what, self.rules.listed_severity
        return [
            self._problem("not_read", _named(text, p), "not read", severity, p.label)
            for i, p in enumerate(others)
            if i not in covered
        ]

    def mapped_twice(self, used: list[Place]) -> list[Problem]:
        """Points in the outline of another place: mostly one place, drawn twice."""
        points = [p for p in used if p.label.startswith("node/")]
        outlines = [p for p in used if not p.label.startswith("node/")]
        done = "both kept; delete one if they are the same"
        return [
            self._problem(
                "mapped_twice",
                f"it lies inside {outlines[o].label}, which has the same tag",
                done,
                "warning",
                points[i].label,
            )
            for i, o in _meeting(points, outlines).T.tolist()
        ]

    def no_capacity(self, used: list[Place], keys: tuple[str, ...]) -> list[Problem]:
        """Say it once where OpenStreetMap knows no places at all."""
        if any(first_value(p.tags, keys) for p in used):
            return []
        text = (
            f"none of its {len(used)} kindergartens has the tag capacity: "
            "how many places there are is not known"
        )
        done = "kept without places; join them to a register"
        return [self._problem("no_capacity", text, done, "warning", column="places")]


def _meeting(ones: list[Place], others: list[Place]) -> NDArray[np.int64]:
    """Pairs of places that have a point in common: numbers of the first, of the second."""
    shapes = [np.array([p.shape for p in places], dtype=object) for places in (ones, others)]
    return shapely.STRtree(shapes[1]).query(shapes[0], predicate="intersects")


def _named(text: str, place: Place) -> str:
    name = place.tags.get("name")
    return f"{text}: {name}" if name else text


def _nothing(
    rules: PlaceRules, places: list[Place], others: list[Place], outside: int, path: Path
) -> InputError:
    if places:
        first = places[0]
        text = f"none of its {len(places)} {rules.what} can be used; the first, {first.label}: "
        return InputError(
            f"{text}{first.problem}",
            source=path,
            hint="Take an extract that is larger than the study area.",
        )
    if outside:
        text = f"none of its {outside} {rules.what} lies in the study area"
        hint = "Take the extract of the study area's region."
    else:
        text = f"it holds no {rules.what}"
        text += f", but {len(others)} with {rules.listed_what}" if others else ""
        hint = "Take an extract that holds all of the map, not roads alone."
    return InputError(text, source=path, hint=hint)


def _frame(
    used: list[Place],
    spec: Layer,
    rules: PlaceRules,
    keys: dict[str, tuple[str, ...]],
    declared: LayerInput,
) -> gpd.GeoDataFrame:
    named = declared.columns or {}
    columns: dict[str, list[str | None]] = {str(spec.id_column): [p.label for p in used]}
    for column, candidates in keys.items():
        values = [first_value(p.tags, candidates) for p in used]
        if column in rules.values and column not in named:
            values = [rules.values[column].get(v) if v else None for v in values]
        if column in rules.always or any(values):
            columns[column] = values
    index = pd.RangeIndex(1, 1 + len(used), name="row")
    shapes = [p.shape for p in used]
    return gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs=WGS84)

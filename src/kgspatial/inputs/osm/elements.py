"""The elements of an OpenStreetMap file by kind, with the places of their nodes.

Imports from `osm.tags`, `areas` and `errors`. The only room that knows the library `osmium`. A
file is streamed, once for each kind: memory holds the places of its nodes (16 bytes each; of a
large file they lie in a temporary file) and what the caller keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias, cast

import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

from kgspatial.errors import InputError

if TYPE_CHECKING:
    import osmium.osm
    from osmium import NodeLocationsForWays
    from osmium.geom import WKBFactory
    from osmium.io import File
    from shapely.geometry.base import BaseGeometry

    from kgspatial.inputs.coordinates.areas import Area
    from kgspatial.inputs.osm.tags import Tags

FORMATS = {".pbf": "pbf", ".osm": "osm", ".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2"}
"""Ends of file names, and what the library calls the format."""

OUTLINED = ("multipolygon", "boundary")
"""Types of relation whose ways are the outline of an area."""

LARGE_FILE = 400_000_000
"""Bytes of a file from which on the places of its nodes (twice as many) are kept on the disk."""

Corner: TypeAlias = tuple[int, float, float]
"""A node of a line: its id, longitude and latitude."""


@dataclass(frozen=True)
class Node:
    """A node with tags; an empty point where it has no position on the earth."""

    id: int
    tags: Tags
    shape: Point


@dataclass(frozen=True)
class Way:
    """A way: its line in pieces, more than one where nodes between them are not in the file."""

    id: int
    tags: Tags
    pieces: tuple[LineString, ...]
    nodes: int
    missing: int
    """How many of its `nodes` are not in the file."""
    closed: bool


@dataclass(frozen=True)
class Relation:
    """A relation: its tags, and the ways that it refers to with their roles."""

    id: int
    tags: Tags
    ways: tuple[tuple[int, str], ...]

    @property
    def is_area(self) -> bool:
        """Whether its ways are the outline of an area."""
        return self.tags.get("type") in OUTLINED


def file_format(path: Path) -> str | None:
    """The library's name of the format that the file's name tells; None for other files."""
    name = path.name.lower()
    return next((f for end, f in FORMATS.items() if name.endswith(end)), None)


def touches(area: Area | None, shape: BaseGeometry) -> bool:
    """Whether the bounds of a shape touch the area; all do where there is no area or no shape."""
    if area is None or shape.is_empty:
        return True
    west, south, east, north = shape.bounds
    return west <= area.east and east >= area.west and south <= area.north and north >= area.south


class OsmFile:
    """An opened file. Each method reads it from its beginning.

    Parameters
    ----------
    path : Path
        The user's file.
    keys : iterable of str
        The tags that are looked at; elements come with these alone.
    folder : Path
        A temporary one, for the places of nodes.

    Raises
    ------
    InputError
        Here and while reading: when the package is not installed, when the file cannot be read to
        its end, and when it is of another sort than a map of the present.
    """

    def __init__(self, path: Path, keys: Iterable[str], folder: Path) -> None:
        self.path = path
        self._keys = tuple(sorted({"type", *keys}))
        self._folder = folder
        self._places: NodeLocationsForWays | None = None
        _check_installed(path)
        with _library_errors(path):
            self._file = _opened(path)

    def nodes(self, *keys: str) -> Iterator[Node]:
        """Yield the nodes that have one of some tags."""
        import osmium

        processor = osmium.FileProcessor(self._file, osmium.osm.NODE)
        with _library_errors(self.path):
            for element in processor.with_filter(osmium.filter.KeyFilter(*keys)):
                node = cast("osmium.osm.Node", element)
                place = node.location
                shape = Point(place.lon, place.lat) if place.valid() else Point()
                yield Node(node.id, _tags(node, self._keys), shape)

    def relations(self, *keys: str) -> Iterator[Relation]:
        """Yield the relations that have one of some tags."""
        import osmium

        processor = osmium.FileProcessor(self._file, osmium.osm.RELATION)
        with _library_errors(self.path):
            for element in processor.with_filter(osmium.filter.KeyFilter(*keys)):
                relation = cast("osmium.osm.Relation", element)
                ways = tuple((m.ref, m.role) for m in relation.members if m.type == "w")
                yield Relation(relation.id, _tags(relation, self._keys), ways)

    def ways(self, *keys: str) -> Iterator[Way]:
        """Yield the ways that have one of some tags."""
        import osmium

        factory = osmium.geom.WKBFactory()
        with _library_errors(self.path):
            for way in self._ways(osmium.filter.KeyFilter(*keys)):
                yield self._way(way, factory)

    def members(self, ids: Iterable[int]) -> Iterator[tuple[Way, list[Corner]]]:
        """Yield the ways with some ids, whatever their tags, each with its nodes that are there."""
        import osmium

        factory, wanted = osmium.geom.WKBFactory(), set(ids)
        if not wanted:
            return
        with _library_errors(self.path):
            for way in self._ways(osmium.filter.EntityFilter(osmium.osm.WAY)):
                if way.id in wanted:
                    corners = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
                    yield self._way(way, factory), corners

    def _ways(self, chosen: osmium.BaseFilter) -> Iterator[osmium.osm.Way]:
        """Ways of the library that pass a filter, their nodes with places."""
        import osmium

        if self._places is None:
            self._places = self._read_places()
        processor = osmium.FileProcessor(self._file, osmium.osm.WAY)
        for way in processor.with_filter(chosen).with_filter(self._places):
            yield cast("osmium.osm.Way", way)

    def _read_places(self) -> NodeLocationsForWays:
        """The places of all nodes; read before the first way, in whatever order the file has."""
        import osmium

        large = self.path.stat().st_size >= LARGE_FILE
        kind = f"sparse_file_array,{self._folder / 'places'}" if large else "flex_mem"
        places = osmium.NodeLocationsForWays(osmium.index.create_map(kind))
        places.ignore_errors()  # a node that is missing is told by its way
        with osmium.io.Reader(self._file, osmium.osm.NODE) as reader:
            osmium.apply(reader, places)
        return places

    def _way(self, way: osmium.osm.Way, factory: WKBFactory) -> Way:
        """The way; its line comes from the library in one piece, unless nodes are missing."""
        import osmium

        if way.id < 0:
            raise _not_uploaded(self.path, way.id)
        nodes, tags = len(way.nodes), _tags(way, self._keys)
        closed = nodes > 1 and way.is_closed()
        try:
            line = cast("LineString", shapely.from_wkb(factory.create_linestring(way)))
        except (osmium.InvalidLocationError, RuntimeError):  # the second: not two different nodes
            pieces, missing = _pieces(way, self.path)
            return Way(way.id, tags, pieces, nodes, missing, closed)
        return Way(way.id, tags, (line,), nodes, 0, closed)


@contextmanager
def opened(path: Path, keys: Iterable[str]) -> Iterator[OsmFile]:
    """Open a file for the time of the block; see :class:`OsmFile`."""
    with TemporaryDirectory(prefix="kgspatial-", ignore_cleanup_errors=True) as folder:
        yield OsmFile(path, keys, Path(folder))


def assembled(
    relations: Iterable[Relation], corners: dict[int, list[Corner]], path: Path
) -> dict[int, Polygon | MultiPolygon]:
    """Build the areas of relations from their ways, with holes; by the library's own rules.

    Parameters
    ----------
    relations : iterable of Relation
        Relations all of whose ways are in `corners`.
    corners : dict of int to list
        Nodes of the ways by their ids.
    path : Path
        The user's file, for messages.

    Returns
    -------
    dict of int to Polygon or MultiPolygon
        By the relation's id; without those whose ways do not close, or cross.
    """
    import osmium

    factory, chosen = osmium.geom.WKBFactory(), sorted(relations, key=lambda r: r.id)
    found: dict[int, Polygon | MultiPolygon] = {}
    if not chosen:
        return found
    with TemporaryDirectory(prefix="kgspatial-") as folder, _library_errors(path):
        # The library builds areas only of what it reads from a file.
        copy = Path(folder) / "relations.osm.pbf"
        _write(chosen, corners, copy)
        for area in osmium.FileProcessor(copy).with_areas():
            if isinstance(area, osmium.osm.Area) and area.num_rings()[0]:
                shape = cast("MultiPolygon", shapely.from_wkb(factory.create_multipolygon(area)))
                single = len(shape.geoms) == 1
                found[area.orig_id()] = shape.geoms[0] if single else shape
    return found


def _write(relations: list[Relation], corners: dict[int, list[Corner]], path: Path) -> None:
    import osmium
    from osmium.osm import mutable

    ways = sorted({way for relation in relations for way, _ in relation.ways})
    places = {node: (lon, lat) for way in ways for node, lon, lat in corners[way]}
    with osmium.SimpleWriter(path) as writer:
        for node, place in sorted(places.items()):
            writer.add_node(mutable.Node(id=node, location=place))
        for way in ways:
            writer.add_way(mutable.Way(id=way, nodes=[node for node, _, _ in corners[way]]))
        for relation in relations:
            members = [("w", way, role) for way, role in relation.ways]
            writer.add_relation(
                mutable.Relation(id=relation.id, tags=dict(relation.tags), members=members)
            )


def _check_installed(path: Path) -> None:
    if find_spec("osmium") is None:
        raise InputError(
            "OpenStreetMap files are read by the package 'osmium', which is not installed",
            source=path,
            hint='Install it: pip install "kgspatial[osm]"',
        )


@contextmanager
def _library_errors(path: Path) -> Iterator[None]:
    """Turn what the library raises on broken files into messages.

    It raises RuntimeError for its own errors and for those of zlib and Expat, Python's like for
    C++'s out of range, too long and out of memory, and for texts that are not UTF-8, and one
    error of its own for a place in XML that is no number.
    """
    from osmium import InvalidLocationError as BadPlace

    broken = (RuntimeError, ValueError, LookupError, ArithmeticError, MemoryError, BadPlace)
    try:
        yield
    except broken as error:
        raise InputError(
            f"the file cannot be read as OpenStreetMap data: {error}",
            source=path,
            hint="A download that broke off ends like this: fetch the file again.",
        ) from error


def _opened(path: Path) -> File:
    import osmium

    file = osmium.io.File(path, file_format(path) or "pbf")
    with osmium.io.Reader(file, osmium.osm.NOTHING) as reader:
        history = reader.header().has_multiple_object_versions
    if history:
        raise InputError(
            "the file holds the history of its objects, each of them many times",
            source=path,
            hint="Take a file with the present state: its name ends in .osm.pbf, not .osh.pbf.",
        )
    return file


def _tags(
    element: osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation, keys: tuple[str, ...]
) -> dict[str, str]:
    """Some of the tags: asking for them takes a third of the time of copying all."""
    tags = element.tags
    return {key: value for key in keys if (value := tags.get(key)) is not None}


def _pieces(way: osmium.osm.Way, path: Path) -> tuple[tuple[LineString, ...], int]:
    """Lines through the nodes that are there, broken where one is missing; how many are."""
    runs: list[list[tuple[float, float]]] = [[]]
    missing = 0
    for node in way.nodes:
        if node.ref < 0:
            raise _not_uploaded(path, way.id)
        if not node.location.valid():
            missing += 1
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != (node.lon, node.lat):
            runs[-1].append((node.lon, node.lat))
    return tuple(LineString(run) for run in runs if len(run) > 1), missing


def _not_uploaded(path: Path, way: int) -> InputError:
    return InputError(
        f"it holds negative ids, such as those of way/{way}: an editor gives them to what was drawn "
        "and not uploaded",
        source=path,
        hint="Take an extract of the uploaded map, or save what was drawn as GeoPackage.",
    )

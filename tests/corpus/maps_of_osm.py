"""OpenStreetMap extracts: streets, kindergartens and residential land use, with what is amiss.

Imports from `case`, `town` and `writing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from corpus.case import LayerCase
from corpus.town import ESTATES, GARDENS, STREETS
from corpus.writing import numbered, raw

Node = tuple[int, float, float, Mapping[str, str]]
Way = tuple[int, Iterable[int], Mapping[str, str]]


def _osm(nodes: Iterable[Node], ways: Iterable[Way]) -> Any:
    """Writes a .osm.pbf."""

    def make(path: Path) -> None:
        import osmium

        path.unlink(missing_ok=True)
        with osmium.SimpleWriter(str(path)) as writer:
            for number, lon, lat, tags in nodes:
                node = osmium.osm.mutable.Node(
                    id=number, version=1, location=(lon, lat), tags=dict(tags)
                )
                writer.add_node(node)
            for number, refs, tags in ways:
                way = osmium.osm.mutable.Way(
                    id=number, version=1, nodes=list(refs), tags=dict(tags)
                )
                writer.add_way(way)

    return make


def _drawn(
    lines: Mapping[int, tuple[list[tuple[float, float]], Mapping[str, str]]],
) -> tuple[list[Node], list[Way]]:
    """Nodes and ways of lines; positions that come twice are one node."""
    numbers: dict[tuple[float, float], int] = {}
    for positions, _ in lines.values():
        for x, y in positions:
            numbers.setdefault((round(x, 6), round(y, 6)), 1001 + len(numbers))
    nodes: list[Node] = [(number, *place, {}) for place, number in numbers.items()]
    ways: list[Way] = [
        (way, [numbers[round(x, 6), round(y, 6)] for x, y in positions], tags)
        for way, (positions, tags) in lines.items()
    ]
    return nodes, ways


HIGHWAYS = {"R1": "primary", "R2": "residential", "R3": "tertiary"}
WALKED = {
    101 + i: (line, {"highway": HIGHWAYS[r], "name": name})
    for i, (r, (name, line)) in enumerate(STREETS.items())
}
NOT_WALKED = {
    201: ([(114.04, 27.34), (114.09, 27.341)], {"highway": "motorway", "name": "霁石高速"}),
    202: ([(114.06, 27.34), (114.06, 27.341)], {"highway": "construction", "name": "规划路"}),
    203: ([(114.061, 27.34), (114.061, 27.341)], {"highway": "service", "access": "private"}),
    204: ([(114.05, 27.33), (114.06, 27.33)], {"railway": "rail"}),
}
RESIDENTIAL = {
    301 + i: (e.ring, {"landuse": "residential", "name": e.name})
    for i, e in enumerate(ESTATES.values())
}
SCHOOLS: list[Node] = [
    (
        11 + i,
        g.lon,
        g.lat,
        {"amenity": "kindergarten", "name": g.name, "capacity": str(g.places)},
    )
    for i, g in enumerate(GARDENS.values())
]
NODES, WAYS = _drawn({**WALKED, **NOT_WALKED, **RESIDENTIAL})
WITHOUT_CAPACITY: list[Node] = [
    (number, lon, lat, {k: v for k, v in tags.items() if k != "capacity"})
    for number, lon, lat, tags in SCHOOLS
]
CUT_NODES, CUT_WAYS = _drawn({**RESIDENTIAL})

CASES = (
    LayerCase(
        name="osm_streets",
        about="Streets to walk on; a motorway, one under construction and a private one are not",
        file="osm_town.osm.pbf",
        layer="streets",
        make=_osm([*SCHOOLS, *NODES], WAYS),
        rows={101: "R1", 102: "R2", 103: "R3"},
        notes=(("not_walked_needs_foot", None, ""), ("not_walked_not_there", None, "")),
    ),
    LayerCase(
        name="osm_kindergartens",
        about="Kindergartens with their capacity",
        file="osm_town.osm.pbf",
        rows=numbered(1),
        same=("name", "places"),
        values={(1, "kindergarten_id"): "node/11"},
    ),
    LayerCase(
        name="osm_communities",
        about="Residential land use as communities",
        file="osm_town.osm.pbf",
        layer="communities",
        rows=numbered(1, ESTATES),
        values={(1, "community_id"): "way/301"},
    ),
    LayerCase(
        name="osm_without_capacity",
        about="Kindergartens of which the map knows no places, as is mostly so",
        file="osm_without_capacity.osm.pbf",
        make=_osm(WITHOUT_CAPACITY, []),
        rows=numbered(1),
        values={(1, "places"): None},
        problems=(
            ("no_capacity", None, "places"),
            *(("missing_value", r, "places") for r in range(1, 7)),
        ),
    ),
    LayerCase(
        name="osm_cut",
        about="An extract that cuts through an estate: a node of its outline is not in it",
        file="osm_cut.osm.pbf",
        layer="communities",
        make=_osm([n for n in CUT_NODES if n[0] != 1003], CUT_WAYS),
        rows=numbered(1, ("E2", "E3", "E4", "E5")),
        problems=(("cut_by_extract", None, ""),),
        says=("way/301",),
    ),
    LayerCase(
        name="osm_without_streets",
        about="An extract of kindergartens only, named for the streets",
        file="osm_without_capacity.osm.pbf",
        layer="streets",
        refused=("no streets",),
    ),
    LayerCase(
        name="osm_for_units",
        about="A map extract named for a layer that such a map does not hold",
        file="osm_town.osm.pbf",
        layer="units",
        refused=("not for 'units'",),
    ),
    LayerCase(
        name="osm_broken_off",
        about="A download that broke off",
        file="osm_broken_off.osm.pbf",
        layer="streets",
        make=raw(b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x80\x01" + bytes(20)),
        refused=("cannot be read",),
    ),
)

"""The street network of the invented district: lanes to villages, edges, bridges, the river.

Imports from `sample_ground` and `sample_names`.
"""

from __future__ import annotations

import numpy as np
import shapely
from sample_ground import SNAP_M, Ground, Street, smooth
from sample_names import RIVER
from shapely import LineString, Point

BARRIER_GAP_M = 300.0
"""How far either side of a bridge the river counts as crossable."""
BANK_M = 8.0
"""Streets that do not cross end this far from the water."""


def network(ground: Ground, streets: list[Street]) -> list[dict[str, object]]:
    """Cut the streets at their crossings and at the water; add the river as barrier rows."""
    parts = [piece for street in streets for piece in _at_water(ground, street)]
    edges = _edges(parts)
    bridges = [e["geometry"].interpolate(0.5, normalized=True) for e in edges if e["bridge"]]
    gaps = shapely.union_all([b.buffer(BARRIER_GAP_M) for b in bridges])
    barriers = shapely.get_parts(ground.river.intersection(ground.outline).difference(gaps))
    ordered = sorted(map(shapely.normalize, barriers), key=lambda b: -b.centroid.y)
    return edges + [_row(Street(b, RIVER, ""), b, "river") for b in ordered]


def _at_water(ground: Ground, street: Street) -> list[tuple[Street, bool]]:
    """Part a street into its pieces on land and, where it may cross, its bridges."""
    wet = ground.water.buffer(BANK_M)
    inside = street.line.intersection(ground.outline)
    pieces = [(p, False) for p in shapely.get_parts(inside.difference(wet))]
    if street.crosses:
        pieces += [(p, True) for p in shapely.get_parts(inside.intersection(wet))]
    return [
        (Street(p, street.name, street.highway), bridge) for p, bridge in pieces if p.length > 3
    ]


def _edges(parts: list[tuple[Street, bool]]) -> list[dict[str, object]]:
    """Node all pieces with each other; each edge takes the attributes of the street it lies on."""
    lines = [street.line for street, _ in parts]
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=SNAP_M))
    pieces = [shapely.normalize(n) for n in noded if n.length > 1]
    pieces.sort(key=lambda n: (*np.round(n.coords[0]), *np.round(n.coords[-1]), round(n.length)))
    tree = shapely.STRtree(lines)
    nearest = tree.nearest([p.interpolate(0.5, normalized=True) for p in pieces])
    rows = []
    for piece, i in zip(pieces, nearest, strict=True):
        street, bridge = parts[i]
        rows.append(_row(street, piece, None) | {"bridge": bridge})
    return rows


def _row(street: Street, line: LineString, barrier: str | None) -> dict[str, object]:
    return {
        "name": street.name[0] if street.name else None,
        "name_latin": street.name[1] if street.name else None,
        "highway": street.highway or None,
        "barrier": barrier,
        "bridge": False,
        "length_m": round(line.length, 1),
        "geometry": line,
    }


def lanes_to(ground: Ground, places: list[Point]) -> list[Street]:
    """Return a lane from each place to the nearest street on its side of the river."""
    known = [s.line for q in ground.quarters.values() for s in q.streets if s.name]
    roads = shapely.union_all([*known, *(r.line for r in ground.roads)])
    lanes = []
    for place in places:
        start, end = np.asarray(shapely.shortest_line(place, roads).coords)
        bend = (start + end) / 2 + 0.12 * (end - start)[::-1] * (1, -1)
        line = LineString(np.vstack([smooth((start, bend, end))]))
        if line.length > SNAP_M and not line.intersects(ground.water):
            lanes.append(Street(line, None, "unclassified"))
    return lanes

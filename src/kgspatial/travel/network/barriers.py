"""Barriers: a street that crosses a river, a railway or a wall at grade ends on both sides of it.

Imports from `joints`, `noding`, `segments`. Around each place where streets meet barriers, the
barriers part the plane into sectors; what leaves it in different sectors is not joined there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kgspatial.travel.network.joints import Breaks, Lines
from kgspatial.travel.network.noding import Stops
from kgspatial.travel.network.segments import (
    SAME_M,
    Segments,
    meetings_between,
    segments_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ALONG = -1
"""In place of a sector: the street runs on the barrier itself."""

TURN = 8.0
"""More than a full turn in radians: place x TURN + angle sorts by both."""

SHORTEST_M = 0.1
"""The direction of a shorter piece is known no better than that of one of this length."""


@dataclass(frozen=True, eq=False)
class Rays:
    """Directions (radians, 0 to 2 pi) in which lines leave places, and how far they are straight."""

    place: Ints
    angle: Floats
    metres: Floats

    @staticmethod
    def leaving(place: Ints, start: Floats, end: Floats) -> Rays:
        """Rays from start to end."""
        x, y = (end - start).T
        return Rays(place, np.arctan2(y, x) % (2 * np.pi), np.asarray(np.hypot(x, y)))


@dataclass(frozen=True, eq=False)
class Crossings:
    """Where streets meet barriers: place on the street, and the directions of the barriers."""

    key: Floats
    """Sorted places, see :meth:`Lines.keys`; those within a millimetre are one."""
    arms: Rays
    """Their places are positions in `key`."""
    breaks: Breaks
    """Where a street passes from one side to another."""


def barrier_lines(barriers: NDArray[np.object_]) -> NDArray[np.object_]:
    """Barriers as single lines without height and repeated points."""
    flat = shapely.get_parts(shapely.force_2d(barriers))
    flat = shapely.remove_repeated_points(flat[shapely.get_type_id(flat) == 1], SAME_M)
    return np.asarray(flat[shapely.length(flat) > SAME_M], dtype=object)


def barrier_crossings(lines: Lines, barriers: NDArray[np.object_]) -> Crossings:
    """Find where barriers meet streets; bridges and tunnels pass them."""
    walls = segments_of(barriers)
    met = meetings_between(walls, lines.segments)
    met = met.taken(~lines.spans[met.b])
    key = lines.keys(met.b, met.along_b)
    order = np.argsort(key, kind="stable")
    key = key[order]
    fresh = np.diff(key, prepend=-1.0) > SAME_M
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(fresh) - 1
    arms = _arms(walls, shapely.length(barriers), met.a, met.along_a, place)
    chosen = order[fresh]
    line, along, xy = met.b[chosen], met.along_b[chosen], met.xy[chosen]
    through = _passes(lines, line, along, arms)
    line, along, xy = line[through], along[through], xy[through]
    breaks = Breaks(line, along, xy, np.zeros((0, 2), dtype=np.int64))
    return Crossings(key[fresh], arms, breaks)


def _arms(walls: Segments, length: Floats, wall: Ints, along: Floats, place: Ints) -> Rays:
    """Directions of barriers at places on them: one at their ends, else two; each once."""
    offset = np.concatenate([[0.0], np.cumsum(length + 1.0)])
    start = offset[walls.line] + walls.along
    forth = along < length[wall] - SAME_M
    back = along > SAME_M
    on = np.searchsorted(start, offset[wall[forth]] + along[forth] + SAME_M, side="right") - 1
    off = np.searchsorted(start, offset[wall[back]] + along[back] - SAME_M, side="right") - 1
    rays = Rays.leaving(
        np.concatenate([place[forth], place[back]]),
        np.concatenate([walls.start[on], walls.end[off]]),
        np.concatenate([walls.end[on], walls.start[off]]),
    )
    order = np.argsort(rays.place * TURN + rays.angle, kind="stable")
    place, angle, metres = rays.place[order], rays.angle[order], rays.metres[order]
    fresh = np.diff(place * TURN + angle, prepend=-1.0) > 1e-7
    return Rays(place[fresh], angle[fresh], metres[fresh])


def _passes(lines: Lines, line: Ints, along: Floats, arms: Rays) -> Flags:
    """Whether a street goes on in another sector than it came from."""
    segments = lines.segments
    start = lines.keys(segments.line, segments.along)
    key = lines.keys(line, along)
    inside = (along > SAME_M) & (along < lines.length[line] - SAME_M)
    place = np.flatnonzero(inside)
    on = np.searchsorted(start, key[inside] + SAME_M, side="right") - 1
    off = np.searchsorted(start, key[inside] - SAME_M, side="right") - 1
    forth = sectors(Rays.leaving(place, segments.start[on], segments.end[on]), arms)
    back = sectors(Rays.leaving(place, segments.end[off], segments.start[off]), arms)
    through = np.zeros(len(line), dtype=np.bool_)
    through[place] = forth != back
    return through


def sectors(rays: Rays, arms: Rays) -> Ints:
    """Number of the sector between arms in which each ray leaves its place.

    A single arm parts nothing.

    Examples
    --------
    >>> south_north = Rays(np.array([0, 0]), np.array([0.5, 1.5]) * np.pi, np.ones(2))
    >>> east_west = Rays(np.array([0, 0]), np.array([0.0, 1.0]) * np.pi, np.ones(2))
    >>> sectors(east_west, south_north)
    array([0, 1])
    """
    key = arms.place * TURN + arms.angle
    first = np.searchsorted(arms.place, rays.place)
    count = np.searchsorted(arms.place, rays.place, side="right") - first
    parted = count > 1
    after = np.searchsorted(key, rays.place * TURN + rays.angle) - first
    many = np.maximum(count, 1)
    found = np.where(parted, after % many, 0)
    tolerance = SAME_M / np.maximum(rays.metres, SHORTEST_M)
    for beside in (after % many, (after - 1) % many):
        arm = np.minimum(first + beside, max(len(arms.angle) - 1, 0))
        if len(arms.angle):
            apart = np.abs(rays.angle - arms.angle[arm])
            found[parted & (np.minimum(apart, 2 * np.pi - apart) <= tolerance)] = ALONG
    return np.asarray(found, dtype=np.int64)


def streets_along(lines: Lines, barriers: NDArray[np.object_]) -> Ints:
    """Lines that run on a barrier, which thus lie on neither side of it."""
    if not len(barriers):
        return np.zeros(0, dtype=np.int64)
    tree = shapely.STRtree(lines.shapes)
    wall, line = tree.query(barriers, predicate="intersects")
    met = shapely.intersection(lines.shapes[line], barriers[wall])
    return np.unique(line[~lines.spans[line] & (shapely.length(met) > SHORTEST_M)])


def parted_nodes(
    lines: Lines, stops: Stops, shapes: NDArray[np.object_], crossings: Crossings
) -> tuple[Ints, Ints, Ints]:
    """Part the nodes that lie on barriers, those at which a bridge or tunnel begins excepted.

    Returns
    -------
    tail, head : ndarray of int, shape (m,)
        Nodes of the edges, numbered in the order of the old ones.
    old : ndarray of int
        For each new node the one that it was a part of.
    """
    first = stops.first
    node = np.concatenate([stops.node[first], stops.node[first + 1]])
    arms = _arms_at_nodes(stops, crossings)
    spanned = np.zeros(int(stops.node.max(initial=-1)) + 1, dtype=np.bool_)
    spanned[node[np.tile(lines.spans[stops.line[first]], 2)]] = True
    hub = np.zeros(len(spanned), dtype=np.bool_)
    hub[arms.place] = True
    at = np.flatnonzero((hub & ~spanned)[node])
    sector = np.zeros(len(node), dtype=np.int64)
    sector[at] = sectors(_leaving(shapes, node, at), arms) - ALONG
    most = int(sector.max(initial=0)) + 1
    parts, number = np.unique(node * most + sector, return_inverse=True)
    tail, head = np.asarray(number, dtype=np.int64).reshape(2, -1)
    return tail, head, parts // most


def _arms_at_nodes(stops: Stops, crossings: Crossings) -> Rays:
    """The arms of barriers that lie on a stop, under the number of its node."""
    key = crossings.key
    right = np.minimum(np.searchsorted(stops.key, key), max(len(stops.key) - 1, 0))
    left = np.maximum(right - 1, 0)
    nearer = np.abs(stops.key[left] - key) <= np.abs(stops.key[right] - key)
    stop = np.where(nearer, left, right)
    meets = np.abs(stops.key[stop] - key) <= 2 * SAME_M
    arms = crossings.arms
    kept = meets[arms.place]
    node = stops.node[stop[arms.place[kept]]]
    angle, metres = arms.angle[kept], arms.metres[kept]
    order = np.argsort(node * TURN + angle, kind="stable")
    fresh = np.diff((node * TURN + angle)[order], prepend=-1.0) > 1e-7
    return Rays(node[order][fresh], angle[order][fresh], metres[order][fresh])


def _leaving(shapes: NDArray[np.object_], node: Ints, at: Ints) -> Rays:
    """Directions in which edges leave their tails (the first half of `node`) and heads."""
    edge, is_head = at % len(shapes), at >= len(shapes)
    start = shapely.get_point(shapes[edge], np.where(is_head, -1, 0))
    end = shapely.get_point(shapes[edge], np.where(is_head, -2, 1))
    return Rays.leaving(node[at], shapely.get_coordinates(start), shapely.get_coordinates(end))

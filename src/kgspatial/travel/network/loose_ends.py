"""Ends that just miss a line, as drawings have them: which of them join it.

Imports from `noding`, `joints`, `segments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kgspatial.travel.network.joints import Breaks, Lines, lands
from kgspatial.travel.network.noding import Stops, stops_of
from kgspatial.travel.network.segments import SAME_M, segments_near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

REACH_M = 0.5
"""An end that misses another line by no more than this meets it: drawings are no more exact."""

NEAR_M = 4 * REACH_M
"""Where the lines lead from an end to the other line in less than this, nothing is missing: else
a curve that is drawn in pieces shorter than half a metre would shrink to a point."""


@dataclass(frozen=True, eq=False)
class _Misses:
    """Ends (starts of all lines, then their ends) and the places on lines which they just miss."""

    end: Ints
    line: Ints
    along: Floats
    xy: Floats
    gap: Floats

    def taken(self, rows: Flags | Ints) -> _Misses:
        return _Misses(
            self.end[rows], self.line[rows], self.along[rows], self.xy[rows], self.gap[rows]
        )


def loose_breaks(lines: Lines, exact: Breaks, barriers: NDArray[np.object_]) -> Breaks:
    """Ends that come within half a metre of a line, or of the end of one, without meeting it.

    Parameters
    ----------
    lines : Lines
        All lines.
    exact : Breaks
        Where they meet.
    barriers : ndarray of LineString
        Nothing joins across one of these, bridges and tunnels excepted.
    """
    found = _within_reach(lines)
    found = found.taken(_may_join(lines, found))
    if len(found.end):
        found = found.taken(~_barred(lines, found, barriers))
        found = found.taken(~_joined_already(lines, stops_of(lines, exact), found))
    order = np.lexsort((found.along, found.gap, found.line, found.end))
    fresh = np.diff(found.end[order], prepend=-1) != 0
    fresh |= np.diff(found.line[order], prepend=-1) != 0
    found = found.taken(order[fresh])
    own = found.end % max(len(lines.shapes), 1)
    xy, _, along = lines.corners
    at = lines.ends[found.end]
    return Breaks.paired((own, along[at], xy[at]), (found.line, found.along, found.xy))


def _within_reach(lines: Lines) -> _Misses:
    """All ends near lines; a place near an end of its line is moved there."""
    xy, segments = lines.corners[0], lines.segments
    end, segment, place = segments_near(xy[lines.ends], segments, REACH_M)
    start = segments.start[segment]
    step = (segments.end[segment] - start) / segments.length[segment][:, None]
    at = start + place[:, None] * step
    gap = np.asarray(np.hypot(*(at - xy[lines.ends[end]]).T))
    line, along = segments.line[segment], segments.along[segment] + place
    rest = lines.length[line] - along
    near_start = (along <= REACH_M) & (along <= rest)
    near_end = (rest <= REACH_M) & ~near_start
    which = line + np.where(near_start, 0, len(lines.shapes))
    moved = near_start | near_end
    at[moved] = xy[lines.ends[which[moved]]]
    along = np.where(near_start, 0.0, np.where(near_end, lines.length[line], along))
    return _Misses(end, line, along, at, gap).taken(gap > SAME_M)


def _may_join(lines: Lines, found: _Misses) -> Flags:
    """Ends may join ends, and what they may land on; bridges in the air only other bridges."""
    own, aloft = found.end % max(len(lines.shapes), 1), lines.aloft[found.end]
    at_start, at_end = found.along == 0.0, found.along == lines.length[found.line]
    other = found.line + np.where(at_start, 0, len(lines.shapes))
    to_end = ~(aloft & ~lines.spans[found.line]) & ~(lines.aloft[other] & ~lines.spans[own])
    return np.where(at_start | at_end, to_end, lands(lines, own, found.line, aloft))


def _barred(lines: Lines, found: _Misses, barriers: NDArray[np.object_]) -> Flags:
    """Whether a barrier lies between an end and what it misses, or the end on it."""
    own = found.end % len(lines.shapes)
    corners = np.stack([lines.corners[0][lines.ends[found.end]], found.xy], axis=1)
    barred = np.zeros(len(found.end), dtype=np.bool_)
    links = np.asarray(shapely.linestrings(corners), dtype=object)
    if len(barriers):
        barred[shapely.STRtree(links).query(barriers, predicate="intersects")[1]] = True
    return barred & ~lines.spans[own] & ~lines.spans[found.line]


def _joined_already(lines: Lines, stops: Stops, found: _Misses) -> Flags:
    """Whether the lines lead from an end to the place which it misses in less than `NEAR_M`."""
    at = lines.corners[2][lines.ends[found.end]]
    own = stops.node[np.searchsorted(stops.key, lines.keys(found.end % len(lines.shapes), at))]
    starts, start = np.unique(own, return_inverse=True)
    reached = _short_ways(starts, stops)
    key = lines.keys(found.line, found.along)
    left = np.maximum(np.searchsorted(stops.key, key, side="right") - 1, 0)
    right = np.minimum(left + 1, len(stops.key) - 1)
    count = int(stops.node.max()) + 1
    back = _looked_up(reached, start * count + stops.node[left]) + np.abs(key - stops.key[left])
    on = _looked_up(reached, start * count + stops.node[right]) + np.abs(stops.key[right] - key)
    on[stops.line[right] != found.line] = np.inf
    return np.asarray(np.minimum(back, on) <= NEAR_M)


def _looked_up(table: tuple[Ints, Floats], key: Ints) -> Floats:
    keys, metres = table
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.where(keys[at] == key, metres[at], np.inf)


def _short_ways(starts: Ints, stops: Stops) -> tuple[Ints, Floats]:
    """Metres from starts to all nodes within `NEAR_M`, by start's number x count + node, sorted."""
    first, count = stops.first, int(stops.node.max()) + 1
    metres = stops.key[first + 1] - stops.key[first]
    first, metres = first[metres <= NEAR_M], metres[metres <= NEAR_M]
    tail = np.concatenate([stops.node[first], stops.node[first + 1]])
    order = np.argsort(tail, kind="stable")
    head = np.concatenate([stops.node[first + 1], stops.node[first]])[order]
    step = np.concatenate([metres, metres])[order]
    begin = np.searchsorted(tail[order], np.arange(count + 1))
    keys, best = np.arange(len(starts)) * count + starts, np.zeros(len(starts))
    fresh, far = keys, best
    while len(fresh):
        start, node = np.divmod(fresh, count)
        many = begin[node + 1] - begin[node]
        arc = np.repeat(begin[node] - np.cumsum(many) + many, many) + np.arange(many.sum())
        far = np.repeat(far, many) + step[arc]
        new = (np.repeat(start, many) * count + head[arc])[far <= NEAR_M]
        far = far[far <= NEAR_M]
        better = far < _looked_up((keys, best), new)
        fresh, far = _least(new[better], far[better])
        keys, best = _least(np.concatenate([keys, fresh]), np.concatenate([best, far]))
    return keys, best


def _least(keys: Ints, metres: Floats) -> tuple[Ints, Floats]:
    """Each key once, with its least metres."""
    order = np.lexsort((metres, keys))
    fresh = np.diff(keys[order], prepend=-1) != 0
    return keys[order][fresh], metres[order][fresh]

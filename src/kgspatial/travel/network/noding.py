"""Lines cut at their breaks: the groups of breaks that are nodes, and the edges between them.

Imports from `joints`, `segments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kgspatial.travel.network.joints import Breaks, Lines, linked
from kgspatial.travel.network.segments import SAME_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stops:
    """Where lines are cut, in the order of the lines and along them; both ends are stops too.

    Parameters
    ----------
    line : ndarray of int, shape (k,)
        The line.
    along : ndarray of float, shape (k,)
        Metres from its start.
    xy : ndarray of float, shape (k, 2)
        Coordinates.
    node : ndarray of int, shape (k,)
        Which stops are one place of the network.
    key : ndarray of float, shape (k,)
        Sorted, see :meth:`Lines.keys`.
    """

    line: Ints
    along: Floats
    xy: Floats
    node: Ints
    key: Floats

    @property
    def first(self) -> Ints:
        """Stops from which an edge leads to the next stop, one for each edge."""
        return np.flatnonzero(np.diff(self.line) == 0)


def stops_of(lines: Lines, breaks: Breaks) -> Stops:
    """Make one stop of the breaks within a millimetre on a line, one node of those that join."""
    key = lines.keys(breaks.line, breaks.along)
    order = np.argsort(key, kind="stable")
    key = key[order]
    fresh = np.diff(key, prepend=-1.0) > SAME_M
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    chosen = order[fresh]
    line, along, xy = breaks.line[chosen], breaks.along[chosen], breaks.xy[chosen]
    _, half = lines.ends.reshape(2, -1)
    last = np.flatnonzero(np.diff(line, append=-1))
    along[last], xy[last] = lines.length[line[last]], lines.corners[0][half[line[last]]]
    node = linked(number[breaks.pairs], len(line))
    return Stops(line, along, xy, node, lines.keys(line, along))


def pieces(lines: Lines, stops: Stops) -> NDArray[np.object_]:
    """Each edge as a line from its stop to the next one, over the vertices between them."""
    first = stops.first
    xy, line, along = lines.corners
    key = lines.keys(line, along)
    after = np.searchsorted(stops.key, key)
    left, right = np.maximum(after - 1, 0), np.minimum(after, len(stops.key) - 1)
    inner = (np.abs(stops.key[left] - key) > SAME_M) & (np.abs(stops.key[right] - key) > SAME_M)
    edge_of = np.zeros(len(stops.line), dtype=np.int64)
    edge_of[first] = np.arange(len(first))
    edge = edge_of[left[inner]]
    count = np.bincount(edge, minlength=len(first))
    begin = np.cumsum(count + 2) - (count + 2)
    before = np.cumsum(count) - count
    corners = np.empty((int((count + 2).sum()), 2))
    corners[begin], corners[begin + count + 1] = stops.xy[first], stops.xy[first + 1]
    corners[begin[edge] + 1 + np.arange(len(edge)) - before[edge]] = xy[inner]
    owner = np.repeat(np.arange(len(first)), count + 2)
    return np.asarray(shapely.linestrings(corners, indices=owner), dtype=object)

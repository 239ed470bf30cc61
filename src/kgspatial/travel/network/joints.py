"""Where lines join: shared vertices, crossings at grade, ends that meet a line or just miss it.

Imports from `segments`. A break is a place on a line; breaks that are joined become one node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from kgspatial.travel.network.segments import SAME_M, Segments, meetings_among, metres_along

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines with what decides where they join; none is shorter than a millimetre.

    Parameters
    ----------
    shapes : ndarray of LineString, shape (n,)
        The lines.
    row : ndarray of int, shape (n,)
        Position in the streets layer.
    spans : ndarray of bool, shape (n,)
        Bridges and tunnels: they do not join what they pass.
    level : ndarray of float, shape (n,)
        Level above ground, nan where nothing is said.
    """

    shapes: NDArray[np.object_]
    row: Ints
    spans: Flags
    level: Floats

    @cached_property
    def corners(self) -> tuple[Floats, Ints, Floats]:
        """All vertices: coordinates, line, metres from its start."""
        xy, line = shapely.get_coordinates(self.shapes, return_index=True)
        line = np.asarray(line, dtype=np.int64)
        return xy, line, metres_along(xy, line)

    @cached_property
    def ends(self) -> Ints:
        """The vertices at which lines start, then those at which they end."""
        line = self.corners[1]
        first = np.flatnonzero(np.diff(line, prepend=-1))
        return np.concatenate([first, np.append(first[1:], len(line))[: len(first)] - 1])

    @cached_property
    def length(self) -> Floats:
        """Metres of each line."""
        return self.corners[2][self.ends[len(self.shapes) :]]

    @cached_property
    def segments(self) -> Segments:
        """Their straight pieces."""
        xy, line, along = self.corners
        first = np.flatnonzero(line[1:] == line[:-1])
        return Segments(line[first], xy[first], xy[first + 1], along[first])

    @cached_property
    def vertex(self) -> Ints:
        """One number for all vertices at the same place."""
        return _places(self.corners[0])

    @cached_property
    def aloft(self) -> Flags:
        """Starts, then ends, of bridges that only other bridges meet: no ground is there."""
        spanning = self.spans[self.corners[1]]
        over = np.bincount(self.vertex[spanning], minlength=len(self.vertex))
        ground = np.bincount(self.vertex[~spanning], minlength=len(self.vertex))
        at = self.vertex[self.ends]
        return np.asarray(spanning[self.ends] & (over[at] > 1) & (ground[at] == 0))

    def keys(self, line: Ints, along: Floats) -> Floats:
        """One number for a place on a line, by which places sort along the lines."""
        return np.asarray(self._offset[line] + along)

    @cached_property
    def _offset(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self.length + 1.0)])


@dataclass(frozen=True, eq=False)
class Breaks:
    """Places on lines (`along` metres from the start), and pairs of breaks that are one node."""

    line: Ints
    along: Floats
    xy: Floats
    pairs: Ints

    @staticmethod
    def joined(parts: list[Breaks]) -> Breaks:
        """Several lists of breaks as one."""
        first = np.cumsum([0, *(len(p.line) for p in parts[:-1])])
        return Breaks(
            np.concatenate([p.line for p in parts]),
            np.concatenate([p.along for p in parts]),
            np.concatenate([p.xy for p in parts]),
            np.concatenate([p.pairs + n for p, n in zip(parts, first, strict=True)]),
        )

    @staticmethod
    def paired(a: tuple[Ints, Floats, Floats], b: tuple[Ints, Floats, Floats]) -> Breaks:
        """Places on lines, each joined to the one beside it in the second list."""
        line, along, xy = (np.concatenate(columns) for columns in zip(a, b, strict=True))
        n = np.arange(len(a[0]))
        return Breaks(line, along, xy, np.column_stack([n, n + len(n)]))


def vertex_breaks(lines: Lines) -> Breaks:
    """Ends, and vertices that several lines share or one line visits twice."""
    xy, line, along = lines.corners
    shared = np.bincount(lines.vertex, minlength=1)[lines.vertex] > 1
    shared[lines.ends] = True
    kept = np.flatnonzero(shared)
    number = lines.vertex[kept]
    order = np.argsort(number, kind="stable")
    same = np.flatnonzero(np.diff(number[order]) == 0)
    pairs = np.column_stack([order[same], order[same + 1]])
    return Breaks(line[kept], along[kept], xy[kept], pairs)


def _places(xy: Floats) -> Ints:
    """One number for points at the same place, which rounding of their file may have moved."""
    if not len(xy):
        return np.zeros(0, dtype=np.int64)
    exact, number = np.unique(
        np.ascontiguousarray(xy).view(np.complex128).ravel(), return_inverse=True
    )
    number = np.asarray(number, dtype=np.int64).ravel()
    places = np.column_stack([exact.real, exact.imag])
    tree = cKDTree(places, balanced_tree=False, compact_nodes=False)
    close = tree.query_pairs(SAME_M, output_type="ndarray")
    return number if not len(close) else linked(close, len(exact))[number]


def linked(pairs: Ints, count: int) -> Ints:
    """Number of the group of each of `count` things, of which pairs belong together."""
    ones = np.ones(len(pairs))
    links = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), (count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def meeting_breaks(lines: Lines) -> Breaks:
    """Places where lines cross or touch, as far as they join there."""
    met = meetings_among(lines.segments)
    end_a, aloft_a = _end_at(lines, met.a, met.along_a)
    end_b, aloft_b = _end_at(lines, met.b, met.along_b)
    joins = np.where(
        end_a & end_b,
        True,
        np.where(
            end_a,
            lands(lines, met.a, met.b, aloft_a),
            np.where(end_b, lands(lines, met.b, met.a, aloft_b), at_grade(lines, met.a, met.b)),
        ),
    )
    met = met.taken(joins)
    return Breaks.paired((met.a, met.along_a, met.xy), (met.b, met.along_b, met.xy))


def _end_at(lines: Lines, line: Ints, along: Floats) -> tuple[Flags, Flags]:
    """Whether places are ends of their lines, and such with no ground under them."""
    first, last = along <= SAME_M, along >= lines.length[line] - SAME_M
    aloft = lines.aloft
    return first | last, np.where(first, aloft[line], aloft[line + len(lines.shapes)])


def at_grade(lines: Lines, a: Ints, b: Ints) -> Flags:
    """Whether two lines that cross join there: neither spans, and no two levels differ."""
    return np.asarray(~lines.spans[a] & ~lines.spans[b] & ~_levels_differ(lines, a, b))


def lands(lines: Lines, own: Ints, line: Ints, aloft: Flags) -> Flags:
    """Whether an end of `own` joins the inside of `line`.

    A bridge begins somewhere: it lands on any street, and one on a higher level on a lower one.
    What ends under a bridge does not join it, nor do bridges the street over which they meet.
    """
    passes = lines.spans[line] & ~lines.spans[own]
    nearer = np.abs(lines.level[own]) <= np.abs(lines.level[line])
    passes |= _levels_differ(lines, own, line) & nearer
    return np.asarray(~passes & ~(aloft & ~lines.spans[line]))


def _levels_differ(lines: Lines, a: Ints, b: Ints) -> Flags:
    known = np.isfinite(lines.level[a]) & np.isfinite(lines.level[b])
    return np.asarray(known & (lines.level[a] != lines.level[b]))

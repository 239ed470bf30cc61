"""Segments: the straight pieces of lines, where they meet, and which of them lie near a point.

Imports nothing of kgspatial. Pairs are found by their boxes, a few thousand segments at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SAME_M = 0.001
"""Places closer than a millimetre are one."""

BLOCK = 4096
"""Segments whose pairs are looked at together: each may cross a thousand others."""

PARALLEL = 1e-8
"""Sine below which two segments have no one crossing: 10 km of them part by 0.1 mm. Where they
lie on each other, their ends tell it."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight pieces of lines, in the order of the lines and along them.

    Parameters
    ----------
    line : ndarray of int, shape (n,)
        Number of the line that each is a piece of.
    start, end : ndarray of float, shape (n, 2)
        Coordinates.
    along : ndarray of float, shape (n,)
        Metres from the start of the line to the start of the piece.
    """

    line: Ints
    start: Floats
    end: Floats
    along: Floats

    @cached_property
    def length(self) -> Floats:
        """Metres of each."""
        return np.asarray(np.hypot(*(self.end - self.start).T))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index."""
        pieces = shapely.linestrings(np.stack([self.start, self.end], axis=1))
        return shapely.STRtree(np.asarray(pieces, dtype=object))


@dataclass(frozen=True, eq=False)
class Meetings:
    """Places at which line `a` meets line `b`, in metres along both."""

    a: Ints
    along_a: Floats
    b: Ints
    along_b: Floats
    xy: Floats

    def taken(self, rows: Flags) -> Meetings:
        """Some of them."""
        return Meetings(
            self.a[rows], self.along_a[rows], self.b[rows], self.along_b[rows], self.xy[rows]
        )


def segments_of(shapes: NDArray[np.object_]) -> Segments:
    """Take lines apart."""
    xy, line = shapely.get_coordinates(shapes, return_index=True)
    line = np.asarray(line, dtype=np.int64)
    along = metres_along(xy, line)
    first = np.flatnonzero(line[1:] == line[:-1])
    return Segments(line[first], xy[first], xy[first + 1], along[first])


def metres_along(xy: Floats, line: Ints) -> Floats:
    """Metres from the start of its line to each vertex.

    Examples
    --------
    >>> metres_along(np.array([[0.0, 0], [3, 4], [7, 7], [9, 7]]), np.array([0, 0, 1, 1]))
    array([0., 5., 0., 2.])
    """
    if not len(line):
        return np.zeros(0)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    step[first] = 0.0
    total = np.cumsum(step)
    return np.asarray(total - np.repeat(total[first], np.diff(np.append(first, len(line)))))


def meetings_among(segments: Segments) -> Meetings:
    """Where lines cross or touch each other and themselves, shared vertices excepted."""
    found = [
        _touching(segments, i[later], segments, j[later])
        for i, j in _near(segments.start, segments.end, segments, SAME_M)
        if (later := i < j).any()
    ]
    met = _joined(found)
    itself = (met.a == met.b) & (np.abs(met.along_a - met.along_b) <= 2 * SAME_M)
    return met.taken(~itself)


def meetings_between(some: Segments, others: Segments) -> Meetings:
    """Where lines of two layers cross or touch."""
    return _joined(
        [
            _touching(some, i, others, j, vertices=True)
            for i, j in _near(some.start, some.end, others, SAME_M)
        ]
    )


def segments_near(points: Floats, segments: Segments, reach: float) -> tuple[Ints, Ints, Floats]:
    """Points, segments within `reach` of them, and the metres along these lines' pieces to there.

    Returns
    -------
    point, segment : ndarray of int, shape (k,)
    place : ndarray of float, shape (k,)
        Metres from the start of the segment.
    """
    found: list[tuple[Ints, Ints, Floats]] = []
    for i, j in _near(points, points, segments, reach):
        place, gap = _foot(points[i], segments, j)
        kept = gap <= reach
        found.append((i[kept], j[kept], place[kept]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    return (
        np.concatenate([point for point, _, _ in found]),
        np.concatenate([segment for _, segment, _ in found]),
        np.concatenate([place for _, _, place in found]),
    )


def _near(
    start: Floats, end: Floats, segments: Segments, reach: float
) -> Iterator[tuple[Ints, Ints]]:
    """Pairs whose boxes come within `reach`, a block at a time."""
    low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
    for first in range(0, len(start) if len(segments.line) else 0, BLOCK):
        block = slice(first, first + BLOCK)
        boxes = shapely.box(*low[block].T, *high[block].T)
        i, j = segments.tree.query(boxes)
        yield np.asarray(i, dtype=np.int64) + first, np.asarray(j, dtype=np.int64)


def _touching(
    some: Segments, i: Ints, others: Segments, j: Ints, *, vertices: bool = False
) -> Meetings:
    """Of pairs of segments those that meet: crossings, and ends of one that lie on the other."""
    found = [_crossings(some, i, others, j)]
    for at_end in (False, True):
        found.append(_ends_on(some, i, others, j, at_end=at_end, vertices=vertices))
        other = _ends_on(others, j, some, i, at_end=at_end, vertices=vertices)
        found.append(Meetings(other.b, other.along_b, other.a, other.along_a, other.xy))
    return _joined(found)


def _crossings(some: Segments, i: Ints, others: Segments, j: Ints) -> Meetings:
    r, s = some.end[i] - some.start[i], others.end[j] - others.start[j]
    apart = others.start[j] - some.start[i]
    sine = _cross(r, s)
    slanted = np.abs(sine) > PARALLEL * some.length[i] * others.length[j]
    whole = np.where(slanted, sine, 1.0)
    t, u = _cross(apart, s) / whole, _cross(apart, r) / whole
    hit = slanted & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    i, j, t, u = i[hit], j[hit], t[hit], u[hit]
    return Meetings(
        some.line[i],
        some.along[i] + t * some.length[i],
        others.line[j],
        others.along[j] + u * others.length[j],
        some.start[i] + t[:, None] * r[hit],
    )


def _ends_on(
    some: Segments, i: Ints, others: Segments, j: Ints, *, at_end: bool, vertices: bool
) -> Meetings:
    """Ends of `some` that lie on `others`; on a vertex of these only where `vertices` says so."""
    xy = (some.end if at_end else some.start)[i]
    place, gap = _foot(xy, others, j)
    hit = gap <= SAME_M
    if not vertices:
        ends = np.minimum(np.hypot(*(xy - others.start[j]).T), np.hypot(*(xy - others.end[j]).T))
        hit &= ends > SAME_M
    i, j = i[hit], j[hit]
    along = some.along[i] + (some.length[i] if at_end else 0.0)
    return Meetings(some.line[i], along, others.line[j], others.along[j] + place[hit], xy[hit])


def _foot(xy: Floats, segments: Segments, j: Ints) -> tuple[Floats, Floats]:
    """Nearest place on a segment in metres from its start, and the metres from there to a point."""
    start, length = segments.start[j], segments.length[j]
    step = (segments.end[j] - start) / np.maximum(length, 1e-300)[:, None]
    place = np.clip(np.einsum("ij,ij->i", xy - start, step), 0.0, length)
    return place, np.asarray(np.hypot(*(start + place[:, None] * step - xy).T))


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _joined(parts: list[Meetings]) -> Meetings:
    none, nowhere = np.zeros(0, dtype=np.int64), np.zeros(0)
    parts = parts or [Meetings(none, nowhere, none, nowhere, np.zeros((0, 2)))]
    return Meetings(
        np.concatenate([p.a for p in parts]).astype(np.int64),
        np.concatenate([p.along_a for p in parts]),
        np.concatenate([p.b for p in parts]).astype(np.int64),
        np.concatenate([p.along_b for p in parts]),
        np.concatenate([p.xy for p in parts]),
    )

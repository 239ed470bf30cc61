"""Where lines join: shared vertices, crossings at grade, ends that meet a line.

Imports nothing of kgspatial. A break is a place on a line; breaks that are joined become one node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

SAME_M = 0.001
"""Places closer than a millimetre are one."""

REACH_M = 0.5
"""An end that misses another line by no more than this meets it: drawings are no more exact."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Simple lines with what decides where they join.

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
    spans: NDArray[np.bool_]
    level: Floats


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


def vertex_breaks(lines: Lines) -> Breaks:
    """Ends, and vertices that several lines share or one line visits twice."""
    xy, line = shapely.get_coordinates(lines.shapes, return_index=True)
    at = along(xy, line)
    key = _vertex_numbers(xy)
    ends = np.ones(len(xy), dtype=np.bool_)
    ends[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    kept = np.flatnonzero(ends | (np.bincount(key)[key] > 1))
    order = np.argsort(key[kept], kind="stable")
    same = np.flatnonzero(np.diff(key[kept][order]) == 0)
    pairs = np.column_stack([order[same], order[same + 1]])
    return Breaks(line[kept].astype(np.int64), at[kept], xy[kept], pairs)


def along(xy: Floats, line: Ints) -> Floats:
    """Metres from the start of its line to each vertex."""
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    step[first] = 0.0
    total = np.cumsum(step)
    return np.asarray(total - np.repeat(total[first], np.diff(np.append(first, len(line)))))


def _vertex_numbers(xy: Floats) -> Ints:
    """One number for vertices at the same millimetre."""
    if not len(xy):
        return np.zeros(0, dtype=np.int64)
    whole = np.rint((xy - xy.min(axis=0)) / SAME_M).astype(np.int64)
    _, number = np.unique(whole[:, 0] * (whole[:, 1].max() + 1) + whole[:, 1], return_inverse=True)
    return np.asarray(number, dtype=np.int64).ravel()


def crossing_breaks(lines: Lines, tree: shapely.STRtree) -> Breaks:
    """Places where two lines cross or run together at grade."""
    a, b = tree.query(lines.shapes, predicate="intersects")
    once = a < b
    a, b = a[once], b[once]
    free = at_grade(lines, a, b)
    a, b = a[free], b[free]
    xy, pair = _meeting_points(shapely.intersection(lines.shapes[a], lines.shapes[b]))
    return _paired(lines, a[pair], b[pair], xy)


def at_grade(lines: Lines, a: Ints, b: Ints) -> NDArray[np.bool_]:
    """Whether two lines that cross join there: neither spans, and no two levels differ."""
    apart = lines.level[a] != lines.level[b]
    apart &= np.isfinite(lines.level[a]) & np.isfinite(lines.level[b])
    return np.asarray(~lines.spans[a] & ~lines.spans[b] & ~apart)


def _meeting_points(shapes: NDArray[np.object_]) -> tuple[Floats, Ints]:
    """Points of each intersection, and the ends of stretches that two lines share."""
    parts, pair = shapely.get_parts(shapes, return_index=True)
    is_line = shapely.get_type_id(parts) == 1
    shared, line_pair = shapely.get_parts(shapely.boundary(parts[is_line]), return_index=True)
    points = np.concatenate([parts[~is_line], shared])
    return shapely.get_coordinates(points), np.concatenate(
        [pair[~is_line], pair[is_line][line_pair]]
    ).astype(np.int64)


def end_breaks(lines: Lines, tree: shapely.STRtree) -> Breaks:
    """Ends that meet the inside or an end of another line, or miss it by a little.

    A bridge may begin on any line; what ends under a bridge does not join it.
    """
    count = len(lines.shapes)
    ends = np.concatenate([shapely.get_point(lines.shapes, 0), shapely.get_point(lines.shapes, -1)])
    end, line = tree.query(ends, predicate="dwithin", distance=REACH_M)
    own = end % count
    inside = shapely.line_locate_point(lines.shapes[line], ends[end])
    length = shapely.length(lines.shapes[line])
    at_end = (inside <= REACH_M) | (inside >= length - REACH_M)
    kept = (own != line) & (at_end | ~lines.spans[line] | lines.spans[own])
    end, line, inside, length = end[kept], line[kept], inside[kept], length[kept]
    inside = np.where(inside <= REACH_M, 0.0, np.where(inside >= length - REACH_M, length, inside))
    own = end % count
    own_at = np.where(end < count, 0.0, shapely.length(lines.shapes[own]))
    met = shapely.get_coordinates(shapely.line_interpolate_point(lines.shapes[line], inside))
    n = np.arange(len(end))
    return Breaks(
        np.concatenate([own, line]).astype(np.int64),
        np.concatenate([own_at, inside]),
        np.concatenate([shapely.get_coordinates(ends[end]), met]),
        np.column_stack([n, n + len(end)]),
    )


def _paired(lines: Lines, a: Ints, b: Ints, xy: Floats) -> Breaks:
    """One break on each of two lines, joined."""
    points = shapely.points(xy)
    n = np.arange(len(a))
    return Breaks(
        np.concatenate([a, b]).astype(np.int64),
        np.concatenate(
            [
                shapely.line_locate_point(lines.shapes[a], points),
                shapely.line_locate_point(lines.shapes[b], points),
            ]
        ),
        np.concatenate([xy, xy]),
        np.column_stack([n, n + len(a)]),
    )

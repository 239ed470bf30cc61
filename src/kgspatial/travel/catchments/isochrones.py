"""Street isochrones: the streets that a walk reaches, whole or in part, and the area beside them.

Imports from `network`, `places`, `errors`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import substring

from kgspatial.errors import InputError
from kgspatial.travel.network import Entrances, StreetNetwork, node_distances
from kgspatial.travel.places import check_positive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

BESIDE_M = 100.0
"""Half the depth of an ordinary block: the area that a street serves on either side."""

HULL_RATIO = 0.25
"""Of the concave hull: the longest edge that stays, between the shortest (0) and all (1)."""

HULL_STEP_M = 25.0
"""Corners that a street has at least: between distant ones the hull would cut it off."""


class _Walks(NamedTuple):
    """Edges that each start reaches: metres to their tails and heads, infinite where not."""

    start: Ints
    edge: Ints
    tail_m: Floats
    head_m: Floats


class _Stretches(NamedTuple):
    """Parts of edges, from one share of the length to another."""

    start: Ints
    edge: Ints
    begin: Floats
    end: Floats


def street_reach(
    network: StreetNetwork, starts: Entrances, *, limits: Sequence[float]
) -> gpd.GeoDataFrame:
    """Find the streets within a walk of each start.

    Parameters
    ----------
    network : StreetNetwork
        The streets.
    starts : Entrances
        Where the kindergartens meet them.
    limits : sequence of float
        Metres, one or more.

    Returns
    -------
    GeoDataFrame
        One row for each start and limit: ``start`` (position), ``limit_m`` and the lines. An edge
        that is reached from one end only is cut where the walk ends; one that is reached from
        both may have a gap in its middle.
    """
    if not len(limits):
        raise InputError("no limit is given")
    for limit in limits:
        check_positive(limit, "limit")
    walks = _walks(network, starts, max(limits))
    parts = []
    for limit in sorted(limits):
        found = _stretches(network, walks, starts, limit)
        there, number = np.unique(found.start, return_inverse=True)
        shapes = np.full(starts.count, shapely.MultiLineString(), dtype=object)
        shapes[there] = shapely.multilinestrings(_cut(network, found), indices=number.ravel())
        parts.append((limit, shapes))
    count = len(parts)
    return gpd.GeoDataFrame(
        {
            "start": np.tile(np.arange(starts.count), count),
            "limit_m": np.repeat([limit for limit, _ in parts], starts.count),
        },
        geometry=np.concatenate([shapes for _, shapes in parts]),
        crs=network.crs,
    )


def street_areas(
    network: StreetNetwork,
    starts: Entrances,
    *,
    limits: Sequence[float],
    beside_m: float = BESIDE_M,
    hull: bool = False,
    rings: bool = False,
) -> gpd.GeoDataFrame:
    """Draw the areas within a walk along streets of each start (isochrones).

    Parameters
    ----------
    network : StreetNetwork
        The streets.
    starts : Entrances
        Where the kindergartens meet them.
    limits : sequence of float
        Metres; several at once give nested areas.
    beside_m : float
        What lies this far from a reached street belongs to it; blocks that are wider stay open.
    hull : bool
        Instead, the concave hull of the reached streets, holes kept.
    rings : bool
        Take from each area the one of the next smaller limit.

    Returns
    -------
    GeoDataFrame
        ``start``, ``limit_m`` and polygons, by limit and start; empty for starts on no street.
    """
    lines = street_reach(network, starts, limits=limits)
    shapes = np.asarray(lines.geometry.array, dtype=object)
    if hull:
        corners = shapely.segmentize(shapes, HULL_STEP_M)
        areas = shapely.concave_hull(corners, ratio=HULL_RATIO, allow_holes=True)
        flat = shapely.area(areas) <= 0
        areas[flat] = _beside(shapes[flat], beside_m)
    else:
        areas = _beside(shapes, beside_m)
    nested = np.asarray(areas, dtype=object).reshape(len(limits), starts.count)
    if hull:  # a concave hull of more streets may leave out what that of fewer holds
        for smaller, larger in itertools.pairwise(nested):
            larger[:] = shapely.union(larger, smaller)
    if rings and len(nested):
        cut = [shapely.difference(o, i) for o, i in zip(nested[1:], nested[:-1], strict=True)]
        nested = np.stack([nested[0], *cut])
    return gpd.GeoDataFrame(lines[["start", "limit_m"]], geometry=nested.ravel(), crs=network.crs)


def _beside(shapes: NDArray[np.object_], beside_m: float) -> NDArray[np.object_]:
    """Areas beside the lines; street by street, then united: far faster than all at once."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    strips = np.asarray(shapely.buffer(parts, beside_m, quad_segs=4), dtype=object)
    bounds = np.searchsorted(owner, np.arange(len(shapes) + 1))
    found = np.full(len(shapes), shapely.Polygon(), dtype=object)
    for i in np.unique(owner):
        found[i] = shapely.union_all(strips[bounds[i] : bounds[i + 1]])
    return found


def _walks(network: StreetNetwork, starts: Entrances, limit: float) -> _Walks:
    """Both ends of every edge beside a node that is reached."""
    nodes = node_distances(network, starts, limit_m=limit)
    count = len(network.metres)
    side = np.argsort(np.concatenate([network.tail, network.head]), kind="stable")
    pointer = network.csr.indptr
    many = np.diff(pointer)[nodes.indices]
    place = np.repeat(pointer[nodes.indices] - np.cumsum(many) + many, many) + np.arange(many.sum())
    start = np.repeat(np.repeat(np.arange(starts.count), np.diff(nodes.indptr)), many)
    metres = np.repeat(nodes.data, many)
    end, edge = np.divmod(side[place], max(count, 1))
    key, position = np.unique(start * max(count, 1) + edge, return_inverse=True)
    found = np.full((2, len(key)), np.inf)
    found[end, position.ravel()] = metres
    return _Walks(*np.divmod(key, max(count, 1)), found[0], found[1])


def _stretches(
    network: StreetNetwork, walks: _Walks, starts: Entrances, limit: float
) -> _Stretches:
    """What of each edge lies within the limit, from its tail, from its head, and around a start."""
    length = np.maximum(network.metres[walks.edge], 1e-9)
    first = np.clip((limit - walks.tail_m) / length, 0.0, 1.0)
    last = np.clip((limit - walks.head_m) / length, 0.0, 1.0)
    whole = first + last >= 1.0
    first, last = np.where(whole, 1.0, first), np.where(whole, 0.0, last)
    own = np.maximum(network.metres[starts.edge], 1e-9)
    span = (limit - starts.walk_m) / own
    begin, end = np.clip(starts.share - span, 0, 1), np.clip(starts.share + span, 0, 1)
    found = _Stretches(
        np.concatenate([walks.start, walks.start, starts.point]),
        np.concatenate([walks.edge, walks.edge, starts.edge]),
        np.concatenate([np.zeros(len(first)), 1.0 - last, begin]),
        np.concatenate([first, np.ones(len(last)), np.where(span > 0, end, begin)]),
    )
    return _united(found)


def _united(parts: _Stretches) -> _Stretches:
    """Stretches of one edge that overlap or touch as one; empty ones left out."""
    kept = np.flatnonzero(parts.end > parts.begin)
    order = kept[np.lexsort((parts.begin[kept], parts.edge[kept], parts.start[kept]))]
    start, edge = parts.start[order], parts.edge[order]
    begin, end = parts.begin[order], parts.end[order]
    if not len(order):
        return _Stretches(start, edge, begin, end)
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (np.diff(start) != 0) | (np.diff(edge) != 0)
    group = np.cumsum(fresh) - 1
    reach = np.maximum.accumulate(end + 2.0 * group) - 2.0 * group  # furthest so far on this edge
    fresh[1:] |= begin[1:] > reach[:-1]
    first = np.flatnonzero(fresh)
    return _Stretches(start[first], edge[first], begin[first], np.maximum.reduceat(end, first))


def _cut(network: StreetNetwork, parts: _Stretches) -> NDArray[np.object_]:
    lines = network.shapes[parts.edge].copy()
    partial = np.flatnonzero((parts.begin > 0) | (parts.end < 1))
    for i in partial:
        lines[i] = substring(lines[i], parts.begin[i], parts.end[i], normalized=True)
    return lines

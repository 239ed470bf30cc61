"""Snapping: from points to the nearest place on a street, on this side of every barrier.

Imports from `network`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from kgspatial.travel.network.network import Entrances, StreetNetwork, points_lost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

TOO_FAR = "no street within {limit:g} m"
BEHIND = "every street within {limit:g} m lies behind a barrier"
NO_STREET = "there are no streets"


def snap_points(
    network: StreetNetwork, points: NDArray[np.float64], *, limit_m: float = 200.0
) -> Entrances:
    """Snap points to the nearest edge of the network.

    Parameters
    ----------
    network : StreetNetwork
        The streets.
    points : ndarray of float, shape (n, 2)
        Coordinates in the network's CRS.
    limit_m : float
        Longest straight walk to the street.

    Returns
    -------
    Entrances
        At most one per point. Where the straight walk to the nearest edge would cross a barrier,
        the nearest edge on this side is taken. Equally near places are settled by their
        coordinates, west before east.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from kgspatial.travel import street_network
    >>> lane = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (400, 0)])], crs=4549)
    >>> found = snap_points(street_network(lane), np.array([[100.0, 20.0]]))
    >>> found.share, found.walk_m
    (array([0.25]), array([20.]))
    """
    shapes = np.asarray(shapely.points(points), dtype=object)
    found = _nearest(network, shapes, limit_m)
    blocked = np.unique(found.point[crosses_barrier(network, shapes[found.point], found.place)])
    if len(blocked):
        free = found.taken(~np.isin(found.point, blocked))
        found = _joined(free, _nearest_on_this_side(network, shapes, blocked, limit_m))
    found = found.taken(first_of_each(found.point, found.walk, found.place))
    share = share_of(network, found.edge, found.place)
    lost = np.setdiff1d(np.arange(len(shapes)), found.point)
    unsnapped = _unsnapped(network, shapes, lost, blocked, limit_m)
    return Entrances(found.point, found.edge, share, found.walk, len(shapes), unsnapped)


class _Snapped(NamedTuple):
    """Points, the edges they walk to, the places on these, and metres."""

    point: Ints
    edge: Ints
    place: Shapes
    walk: Floats

    def taken(self, rows: Ints | NDArray[np.bool_]) -> _Snapped:
        return _Snapped(self.point[rows], self.edge[rows], self.place[rows], self.walk[rows])


def _joined(first: _Snapped, second: _Snapped) -> _Snapped:
    return _Snapped(
        np.concatenate([first.point, second.point]),
        np.concatenate([first.edge, second.edge]),
        np.concatenate([first.place, second.place]),
        np.concatenate([first.walk, second.walk]),
    )


def share_of(network: StreetNetwork, edge: Ints, place: Shapes) -> Floats:
    """Share of each edge's length at which a place on it lies."""
    found = shapely.line_locate_point(network.shapes[edge], place, normalized=True)
    return np.clip(np.asarray(found, dtype=np.float64), 0.0, 1.0)


def crosses_barrier(network: StreetNetwork, start: Shapes, end: Shapes) -> NDArray[np.bool_]:
    """Whether the straight walk between two points meets a barrier."""
    crossed = np.zeros(len(start), dtype=np.bool_)
    if not len(network.barriers) or not len(start):
        return crossed
    corners = np.stack([shapely.get_coordinates(start), shapely.get_coordinates(end)], axis=1)
    walk, _ = network.barrier_tree.query(shapely.linestrings(corners), predicate="intersects")
    crossed[walk] = True
    return crossed


def first_of_each(point: Ints, walk: Floats, place: Shapes) -> Ints:
    """Positions of the shortest walk of each point; equal ones by their place, west first."""
    xy = np.round(shapely.get_coordinates(place), 6)
    order = np.lexsort((xy[:, 1], xy[:, 0], np.round(walk, 6), point))
    return order[np.flatnonzero(np.diff(point[order], prepend=-1))]


def _nearest(network: StreetNetwork, shapes: Shapes, limit_m: float) -> _Snapped:
    """All edges that are nearest to a point."""
    (point, edge), walk = network.tree.query_nearest(
        shapes, max_distance=limit_m, return_distance=True, all_matches=True
    )
    return _Snapped(point, edge, _places(network, shapes[point], edge), walk)


def _nearest_on_this_side(
    network: StreetNetwork, shapes: Shapes, blocked: Ints, limit_m: float
) -> _Snapped:
    """All edges within the limit to which no barrier bars the way."""
    point, edge = network.tree.query(shapes[blocked], predicate="dwithin", distance=limit_m)
    start = shapes[blocked[point]]
    place = _places(network, start, edge)
    free = ~crosses_barrier(network, start, place)
    walk = np.asarray(shapely.distance(start, place))
    return _Snapped(blocked[point[free]], edge[free], place[free], walk[free])


def _places(network: StreetNetwork, start: Shapes, edge: Ints) -> Shapes:
    """Nearest point of each edge."""
    lines = network.shapes[edge]
    found = shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, start))
    return np.asarray(found, dtype=object)


def _unsnapped(
    network: StreetNetwork, shapes: Shapes, lost: Ints, blocked: Ints, limit_m: float
) -> pd.DataFrame:
    if not len(network.shapes):
        reasons, metres = [NO_STREET] * len(lost), np.full(len(lost), np.nan)
    else:
        barred = np.isin(lost, blocked)
        reasons = [(BEHIND if b else TOO_FAR).format(limit=limit_m) for b in barred]
        metres = np.full(len(lost), np.nan)
        (point, _), far = network.tree.query_nearest(
            shapes[lost], return_distance=True, all_matches=False
        )
        metres[point] = far
    return points_lost(lost, reasons, metres)

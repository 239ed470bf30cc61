"""Entrances: where the points of a layer meet the streets, estates through gates or boundary.

Imports from `gates`, `snapping`, `network`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.travel.network.gates import gates_of
from kgspatial.travel.network.network import Entrances, StreetNetwork, points_lost
from kgspatial.travel.network.snapping import crosses_barrier, share_of, snap_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

BEFORE_STREET = 0.999
"""Share of a walk to a street that must be free: at its end it meets that street."""


def entrances_of(
    network: StreetNetwork,
    layer: gpd.GeoDataFrame,
    *,
    snap_m: float,
    outlines: gpd.GeoSeries | None = None,
    gates: gpd.GeoDataFrame | None = None,
) -> Entrances:
    """Find where the rows of a layer meet the streets.

    Parameters
    ----------
    network : StreetNetwork
        The streets.
    layer : GeoDataFrame
        Points or polygons in the network's CRS. Polygons are estates around an inner point.
    snap_m : float
        Longest straight walk to a street, from a point, a gate or the boundary.
    outlines : GeoSeries, optional
        Polygons of the points that are estates, aligned to `layer`; None elsewhere.
    gates : GeoDataFrame, optional
        Points at which estates are entered; matched by ``community_id``, else by position.

    Returns
    -------
    Entrances
        One per point; for an estate one per gate, or one for each street along its boundary.
    """
    own = np.asarray(layer.geometry.array, dtype=object)
    is_point = shapely.get_type_id(own) == 0
    inner = np.where(is_point, own, np.asarray(shapely.point_on_surface(own), dtype=object))
    shapes = np.where(is_point, np.array(None, dtype=object), own)
    if outlines is not None:
        known = np.asarray(outlines.reindex(layer.index), dtype=object)
        there = shapely.is_geometry(known) & ~shapely.is_empty(known)
        shapes = np.where(there, known, shapes)
    estate = np.flatnonzero(shapely.is_geometry(shapes))
    plain = np.setdiff1d(np.arange(len(layer)), estate)
    points = snap_points(network, shapely.get_coordinates(inner[plain]), limit_m=snap_m)
    parts = [_renumbered(points, plain, len(layer))]
    if len(estate):
        ids = layer["community_id"] if "community_id" in layer else pd.Series(index=layer.index)
        at, estate_of, problems = gates_of(gates, shapes[estate], ids.to_numpy()[estate])
        found = community_entrances(network, shapes[estate], inner[estate], (estate_of, at), snap_m)
        parts.append(replace(_renumbered(found, estate, len(layer)), problems=problems))
    return _joined(parts)


def community_entrances(
    network: StreetNetwork,
    outlines: NDArray[np.object_],
    inner: NDArray[np.object_],
    gates: tuple[NDArray[np.int64], NDArray[np.object_]],
    limit_m: float,
) -> Entrances:
    """Find where walled estates meet the streets.

    Parameters
    ----------
    network : StreetNetwork
        The streets.
    outlines, inner : ndarray of Polygon and of Point, shape (n,)
        Each estate's outline, and the point inside that stands for its homes.
    gates : tuple of ndarray
        Number of the estate and point of each gate; both empty where none are known.
    limit_m : float
        Longest straight walk from the gate or the boundary to a street.

    Returns
    -------
    Entrances
        An estate with gates is entered at these alone. Without, it is entered wherever its
        boundary is nearest to a street that no other street and no barrier parts from it. The
        walk counts from the inner point straight to gate or boundary, and on to the street.
        Where all streets lie inside, the inner point itself is snapped.
    """
    at_gates = _through_gates(network, inner, gates, limit_m)
    open_ones = np.setdiff1d(np.arange(len(outlines)), gates[0])
    across = _across_boundary(network, outlines, inner, open_ones, limit_m)
    lost = np.setdiff1d(open_ones, across.point)
    inside = snap_points(network, shapely.get_coordinates(inner[lost]), limit_m=limit_m)
    return _joined([at_gates, across, _renumbered(inside, lost, len(outlines))])


def _through_gates(
    network: StreetNetwork, inner: Shapes, gates: tuple[Ints, Shapes], limit_m: float
) -> Entrances:
    estate, at = gates
    found = snap_points(network, shapely.get_coordinates(at), limit_m=limit_m)
    to_gate = shapely.distance(inner[estate], at)[found.point]
    reached = estate[found.point]
    lost = found.unsnapped.assign(point=estate[found.unsnapped["point"].to_numpy(dtype=np.int64)])
    lost = lost[~lost["point"].isin(reached)].sort_values("street_m", kind="stable")
    lost = lost.drop_duplicates("point")
    lost = lost.assign(reason=[f"{reason} of its gates" for reason in lost["reason"]])
    return Entrances(
        reached, found.edge, found.share, to_gate + found.walk_m, len(inner),
        lost.sort_values("point", ignore_index=True),
    )  # fmt: skip


def _across_boundary(
    network: StreetNetwork, outlines: Shapes, inner: Shapes, open_ones: Ints, limit_m: float
) -> Entrances:
    estate, edge = network.tree.query(outlines[open_ones], predicate="dwithin", distance=limit_m)
    estate = open_ones[estate]
    shapely.prepare(outlines)
    outside = ~shapely.contains_properly(outlines[estate], network.shapes[edge])
    estate, edge = estate[outside], edge[outside]
    estate, edge, wall, place = _connections(network, outlines, estate, edge)
    free = ~_behind_another_street(network, wall, place)
    free &= ~crosses_barrier(network, wall, place) & ~crosses_barrier(network, inner[estate], wall)
    estate, edge, wall, place = estate[free], edge[free], wall[free], place[free]
    walk = shapely.distance(inner[estate], wall) + shapely.distance(wall, place)
    near = shapely.distance(wall, place) <= limit_m
    order = np.lexsort((walk, edge, estate))
    order = order[near[order]]
    share = share_of(network, edge[order], place[order])
    none = points_lost(np.zeros(0, dtype=np.int64), [], np.zeros(0))
    return Entrances(estate[order], edge[order], share, walk[order], len(outlines), none)


def _connections(
    network: StreetNetwork, outlines: Shapes, estate: Ints, edge: Ints
) -> tuple[Ints, Ints, Shapes, Shapes]:
    """Point of the boundary and place on the edge: where they cross, else where they are nearest.

    An edge may cross a boundary several times; each crossing is a way in.
    """
    boundary = shapely.boundary(outlines)
    met = shapely.intersects(boundary[estate], network.shapes[edge])
    crossing = shapely.intersection(boundary[estate[met]], network.shapes[edge[met]])
    xy, pair = shapely.get_coordinates(crossing, return_index=True)
    apart = np.flatnonzero(~met)
    line = shapely.shortest_line(boundary[estate[apart]], network.shapes[edge[apart]])
    at = shapely.points(xy)
    return (
        np.concatenate([estate[met][pair], estate[apart]]),
        np.concatenate([edge[met][pair], edge[apart]]),
        np.concatenate([at, shapely.get_point(line, 0)]),
        np.concatenate([at, shapely.get_point(line, -1)]),
    )


def _behind_another_street(
    network: StreetNetwork, wall: Shapes, place: Shapes
) -> NDArray[np.bool_]:
    """Whether another street lies between the boundary and the place on a street."""
    start, end = shapely.get_coordinates(wall), shapely.get_coordinates(place)
    hidden = np.zeros(len(start), dtype=np.bool_)
    long = np.flatnonzero((start != end).any(axis=1))
    before = start[long] + BEFORE_STREET * (end[long] - start[long])
    walks = shapely.linestrings(np.stack([start[long], before], axis=1))
    crossed, _ = network.tree.query(walks, predicate="intersects")
    hidden[long[crossed]] = True
    return hidden


def _renumbered(part: Entrances, rows: Ints, count: int) -> Entrances:
    """Entrances of some rows, counted in the whole layer."""
    lost = part.unsnapped
    return replace(
        part,
        point=rows[part.point],
        count=count,
        unsnapped=lost.assign(point=rows[lost["point"].to_numpy(dtype=np.int64)]),
    )


def _joined(parts: list[Entrances]) -> Entrances:
    """Several lists of entrances of one layer, in the order of its rows."""
    from kgspatial.inputs.problems import joined_problems

    point = np.concatenate([p.point for p in parts])
    order = np.argsort(point, kind="stable")
    lost = [p.unsnapped for p in parts if len(p.unsnapped)] or [parts[0].unsnapped]
    return Entrances(
        point[order],
        np.concatenate([p.edge for p in parts])[order],
        np.concatenate([p.share for p in parts])[order],
        np.concatenate([p.walk_m for p in parts])[order],
        parts[0].count,
        pd.concat(lost).sort_values("point", ignore_index=True),
        joined_problems(*(p.problems for p in parts)),
    )

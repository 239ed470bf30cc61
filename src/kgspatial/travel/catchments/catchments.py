"""`catchments`: the service areas of all kindergartens by one method, with what is in them.

Imports from `isochrones`, `areas`, `members`, `network`, `matrix`, `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.travel.catchments.areas import (
    hull_areas,
    joined_areas,
    radius_areas,
    thiessen_areas,
)
from kgspatial.travel.catchments.isochrones import BESIDE_M, street_areas
from kgspatial.travel.catchments.members import (
    district_of,
    filled,
    nearest_members,
    reached,
    within,
    within_districts,
)
from kgspatial.travel.network import entrances_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from kgspatial.travel.matrix import TravelMatrix

    Floats = NDArray[np.float64]

T = TypeVar("T")

CatchmentMethod = Literal[
    "radius", "street", "nearest", "thiessen", "fill", "assigned", "district", "reach"
]

NOBODY = 1e-9
"""Fewer children than this are rounding; a ratio over them tells nothing."""

CARRIED = ("kindergarten_id", "name", "name_latin", "kind")


@dataclass(frozen=True, eq=False)
class Catchments:
    """Service areas of kindergartens.

    Parameters
    ----------
    areas : GeoDataFrame
        One row per kindergarten: ``kindergarten_id``, ``method``, ``limit_m``, ``children``
        (inside), ``places``, ``ratio`` (places per 100 children; nan without children),
        ``only_children`` (whom no other kindergarten has inside), ``shared_children``,
        ``exclusive_share`` (only over all) and the polygon.
    members : csr_array
        Demand points x kindergartens: 1 for who is inside, or, for ``fill`` and ``assigned``,
        the children who are taken.
    residual : ndarray of float, shape (points,)
        Children of each point who are in no catchment.
    children_share : float or None
        Share of all children who are in a catchment; None without children.
    area_share : float
        Share of the outline that lies in a catchment.
    """

    areas: gpd.GeoDataFrame
    members: sparse.csr_array
    residual: Floats
    children_share: float | None
    area_share: float

    def __repr__(self) -> str:
        share = "no children" if self.children_share is None else f"{self.children_share:.1%}"
        return (
            f"<Catchments of {len(self.areas)} kindergartens: {share} of children, "
            f"{self.area_share:.1%} of the area>"
        )


def catchments(
    points: gpd.GeoDataFrame,
    kindergartens: gpd.GeoDataFrame,
    travel: TravelMatrix,
    *,
    method: CatchmentMethod = "radius",
    limit_m: float | None = None,
    detour: float = 1.0,
    assignment: sparse.csr_array | None = None,
    districts: gpd.GeoDataFrame | None = None,
    outlines: gpd.GeoSeries | None = None,
    outline: BaseGeometry | None = None,
    beside_m: float = BESIDE_M,
) -> Catchments:
    """Draw the service areas of kindergartens and count what is in them.

    Parameters
    ----------
    points : GeoDataFrame
        Demand points with ``children``, in a projected CRS.
    kindergartens : GeoDataFrame
        Points with ``kindergarten_id`` and ``places``, in the same CRS.
    travel : TravelMatrix
        Between them, in metres.
    method : str
        ``radius``: circles, and who is within the limit of the matrix; ``street``: isochrones
        along the streets of the matrix; ``nearest``: each point to its nearest by the matrix;
        ``thiessen``: to its nearest as the crow flies; ``fill``: until the places are full;
        ``assigned``: whom `assignment` sends; ``district``: all in the district of the
        kindergarten; ``reach``: who is within the limit, with a hull around them.
    limit_m : float, optional
        Not more than the matrix' own limit, which it is unless given.
    detour : float
        Of ``radius``: walking metres per metre of straight line.
    assignment : csr_array, optional
        Children, demand points x kindergartens; for ``assigned``.
    districts : GeoDataFrame, optional
        Polygons; for ``district``.
    outlines : GeoSeries, optional
        Polygon of each demand point, of which ``nearest``, ``fill`` and ``assigned`` are made; the
        Thiessen polygons of the demand points unless given.
    outline : Polygon or MultiPolygon, optional
        The study area; the convex hull of all points unless given. Without any extent the share
        of area is nan.
    beside_m : float
        Of ``street``: how far from a street the area reaches.

    Returns
    -------
    Catchments

    Raises
    ------
    InputError
        When the method lacks what it needs.
    """
    children = points["children"].to_numpy(dtype=np.float64)
    places = kindergartens["places"].to_numpy(dtype=np.float64)
    area = _hull(points, kindergartens) if outline is None else outline
    limit = travel.limit_m if limit_m is None else limit_m
    inside = _members(points, kindergartens, within(travel, limit), method, assignment, districts)
    taken = inside if method in ("fill", "assigned") else _children(inside, children)
    if method in ("radius", "street", "thiessen", "district"):
        shapes = _drawn(kindergartens, travel, method, limit, detour, districts, area, beside_m)
    elif method == "reach":
        shapes = hull_areas(inside, points)
    else:
        own = thiessen_areas(points, area=area) if outlines is None else outlines
        shapes = joined_areas(inside, own)
    table = _table(kindergartens, method, limit, taken, inside, places)
    areas = gpd.GeoDataFrame(table, geometry=np.asarray(shapes.array), crs=kindergartens.crs)
    residual = children - np.minimum(np.asarray(taken.max(axis=1).toarray()).ravel(), children)
    if method in ("fill", "assigned"):
        residual = np.maximum(children - np.asarray(taken.sum(axis=1)).ravel(), 0.0)
    total = float(children.sum())
    return Catchments(
        areas,
        inside,
        residual,
        1.0 - float(residual.sum()) / total if total > 0 else None,
        _area_share(areas, area),
    )


def _members(
    points: gpd.GeoDataFrame,
    kindergartens: gpd.GeoDataFrame,
    travel: TravelMatrix,
    method: CatchmentMethod,
    assignment: sparse.csr_array | None,
    districts: gpd.GeoDataFrame | None,
) -> sparse.csr_array:
    if method in ("radius", "street", "reach"):
        return reached(travel)
    if method == "nearest":
        return nearest_members(travel)
    if method == "thiessen":
        return _nearest_straight(points, kindergartens)
    if method == "fill":
        return filled(travel, points["children"], kindergartens["places"])[0]
    if method == "assigned":
        sent = sparse.csr_array(_needed(assignment, "assignment", method), copy=True)
        sent.eliminate_zeros()  # a stored 0 sends nobody
        return sent
    return within_districts(points, kindergartens, _needed(districts, "districts", method))


def _needed(value: T | None, name: str, method: str) -> T:
    if value is None:
        raise InputError(f"catchments by '{method}' need {name}")
    return value


def _nearest_straight(
    points: gpd.GeoDataFrame, kindergartens: gpd.GeoDataFrame
) -> sparse.csr_array:
    """Nearest as the crow flies; of kindergartens at one distance the lowest id."""
    order = np.argsort(kindergartens["kindergarten_id"].to_numpy(dtype=str), kind="stable")
    shapes = np.asarray(kindergartens.geometry.array, dtype=object)[order]
    starts = np.asarray(points.geometry.array, dtype=object)
    point, found = shapely.STRtree(shapes).query_nearest(starts, all_matches=True)
    best = np.lexsort((found, point))
    first = best[np.flatnonzero(np.diff(point[best], prepend=-1))]
    at = point[first], order[found[first]]
    return sparse.csr_array((np.ones(len(first)), at), shape=(len(points), len(kindergartens)))


def _children(members: sparse.csr_array, children: Floats) -> sparse.csr_array:
    rows = np.repeat(children, np.diff(members.indptr))
    return sparse.csr_array(
        (members.data * rows, members.indices, members.indptr), shape=members.shape
    )


def _drawn(
    kindergartens: gpd.GeoDataFrame,
    travel: TravelMatrix,
    method: CatchmentMethod,
    limit: float,
    detour: float,
    districts: gpd.GeoDataFrame | None,
    area: BaseGeometry,
    beside_m: float,
) -> gpd.GeoSeries:
    """Polygons that are drawn around the kindergartens themselves."""
    if method == "radius":
        return radius_areas(kindergartens, limit_m=limit, detour=detour)
    if method == "thiessen":
        return thiessen_areas(kindergartens, area=area)
    if method == "district":
        return _district_shapes(kindergartens, _needed(districts, "districts", method))
    network = _needed(travel.network, "a travel matrix measured along streets", method)
    snap_m = float(travel.provenance.get("snap_m", 200.0))
    starts = entrances_of(network, kindergartens.to_crs(network.crs), snap_m=snap_m)
    found = street_areas(network, starts, limits=[limit], beside_m=beside_m)
    return found.to_crs(cast("CRS", kindergartens.crs)).geometry


def _district_shapes(kindergartens: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoSeries:
    own = district_of(kindergartens, districts)
    there = own >= 0
    shapes = np.full(len(kindergartens), shapely.Polygon(), dtype=object)
    shapes[there] = np.asarray(districts.geometry.array, dtype=object)[own[there]]
    return gpd.GeoSeries(shapes, crs=kindergartens.crs)


def _table(
    kindergartens: gpd.GeoDataFrame,
    method: str,
    limit: float,
    taken: sparse.csr_array,
    inside: sparse.csr_array,
    places: Floats,
) -> pd.DataFrame:
    within = np.asarray(taken.sum(axis=0)).ravel()
    alone = np.diff(inside.indptr) == 1
    single = np.repeat(alone, np.diff(inside.indptr)) * taken.data
    only = np.bincount(taken.indices, single, minlength=len(places))
    known = within > NOBODY
    nothing = np.full_like(places, np.nan)
    return pd.DataFrame(
        {
            **{c: kindergartens[c].to_numpy() for c in CARRIED if c in kindergartens},
            "method": method,
            "limit_m": limit,
            "children": within,
            "places": places,
            "ratio": np.divide(100.0 * places, within, out=nothing.copy(), where=known),
            "only_children": only,
            "shared_children": np.maximum(within - only, 0.0),
            "exclusive_share": np.divide(only, within, out=nothing.copy(), where=known),
        }
    )


def _hull(points: gpd.GeoDataFrame, kindergartens: gpd.GeoDataFrame) -> BaseGeometry:
    shapes = [np.asarray(f.geometry.array, dtype=object) for f in (points, kindergartens)]
    whole = shapely.GeometryCollection(list(np.concatenate(shapes)))
    return whole.convex_hull


def _area_share(areas: gpd.GeoDataFrame, outline: BaseGeometry) -> float:
    whole = float(shapely.area(outline))
    if not whole > 0:
        return float("nan")
    shapes = shapely.make_valid(np.asarray(areas.geometry.array, dtype=object))
    served = shapely.intersection(shapely.union_all(shapes), outline)
    return float(shapely.area(served)) / whole

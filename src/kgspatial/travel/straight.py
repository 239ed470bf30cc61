"""Straight-line travel: metres as the crow flies times a detour, cut by barriers.

Imports from `matrix`, `inputs.crs`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import WGS84, is_metric, projected_crs
from kgspatial.travel.matrix import TravelMatrix, csr_with_zeros

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

ID_COLUMNS = ("demand_id", "kindergarten_id", "site_id", "community_id", "village_id", "unit_id")


def straight(
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    *,
    limit_m: float,
    detour: float = 1.0,
    barriers: gpd.GeoDataFrame | None = None,
) -> TravelMatrix:
    """Straight-line distances between points, as a sparse matrix.

    Parameters
    ----------
    origins, destinations : GeoDataFrame
        Points in any declared CRS (polygons are taken at an inner point). Ids come from the first
        of ``demand_id``, ``kindergarten_id``, ``site_id``, ``community_id``, ``village_id``,
        ``unit_id`` that is there, else from the index.
    limit_m : float
        Pairs with more walking metres than this are absent.
    detour : float
        Walking metres per metre of straight line, at least 1.
    barriers : GeoDataFrame, optional
        Lines (a river, a railway) that cannot be crossed: a pair whose straight line meets one
        is absent.

    Returns
    -------
    TravelMatrix
        Metres in the CRS of the origins where distances in it are metres on the ground, else in
        one chosen from their area.

    Raises
    ------
    InputError
        When a layer has no CRS, or the limit or the detour cannot be used.

    Examples
    --------
    >>> home = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500000], [2700000]), crs=4549)
    >>> school = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500300], [2700400]), crs=4549)
    >>> straight(home, school, limit_m=1000, detour=1.3)
    <TravelMatrix 1 x 1, 1 pairs within 1000 m, straight line x 1.3>
    """
    if not (np.isfinite(limit_m) and limit_m > 0):
        raise InputError(f"the limit must be a positive number of metres, not {limit_m}")
    if not (np.isfinite(detour) and detour >= 1):
        raise InputError(f"the detour must be 1 or more, not {detour}")
    crs = _metric_crs(origins)
    start, end = _points(origins, crs, "origins"), _points(destinations, crs, "destinations")
    rows, columns, metres = _pairs(start, end, limit_m / detour)
    walked = np.minimum(metres * detour, limit_m)
    if barriers is not None and len(barriers):
        free = ~_crosses(start[rows], end[columns], barriers.geometry.to_crs(crs).to_numpy())
        rows, columns, walked = rows[free], columns[free], walked[free]
    csr = csr_with_zeros(rows, columns, walked, (len(start), len(end)))
    method = f"straight line x {detour:g}" + (", cut by barriers" if barriers is not None else "")
    return TravelMatrix(csr, _ids(origins), _ids(destinations), limit_m, method=method)


def _pairs(
    start: NDArray[np.float64], end: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    if not len(start) or not len(end):
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    found = cKDTree(start).sparse_distance_matrix(cKDTree(end), radius, output_type="ndarray")
    return found["i"].astype(np.int64), found["j"].astype(np.int64), found["v"]


def _crosses(
    start: NDArray[np.float64], end: NDArray[np.float64], barriers: NDArray[np.object_]
) -> NDArray[np.bool_]:
    lines = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    crossed = np.zeros(len(start), dtype=np.bool_)
    line, _ = shapely.STRtree(barriers).query(lines, predicate="intersects")
    crossed[line] = True
    return crossed


def _metric_crs(frame: gpd.GeoDataFrame) -> CRS:
    if frame.crs is None:
        raise InputError("the origins have no coordinate reference system")
    if is_metric(frame.crs):
        return frame.crs
    west, south, east, north = frame.geometry.to_crs(WGS84).total_bounds
    return projected_crs((west, south, east, north))


def _points(frame: gpd.GeoDataFrame, crs: CRS, role: str) -> NDArray[np.float64]:
    if frame.crs is None:
        raise InputError(f"the {role} have no coordinate reference system")
    moved = frame.geometry.to_crs(crs)
    points = moved.where(moved.geom_type == "Point", moved.representative_point())
    return np.column_stack([points.x.to_numpy(), points.y.to_numpy()])


def _ids(frame: gpd.GeoDataFrame) -> NDArray[np.str_]:
    column = next((c for c in ID_COLUMNS if c in frame.columns), None)
    values = frame[column] if column is not None else frame.index
    return np.asarray(values, dtype=np.str_)

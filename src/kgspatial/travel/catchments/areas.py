"""Polygons of catchments: circles, Thiessen polygons, hulls, unions of what belongs together.

Imports nothing of kgspatial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse
    from shapely.geometry.base import BaseGeometry

THIN_HULL_M = 25.0
"""Hulls of one point, or of points in a row, are widened by this to be areas."""


def radius_areas(points: gpd.GeoDataFrame, *, limit_m: float, detour: float = 1.0) -> gpd.GeoSeries:
    """Circles within which the walk to each point stays within the limit.

    Parameters
    ----------
    points : GeoDataFrame
        Points in a projected CRS.
    limit_m : float
        Walking limit, metres.
    detour : float
        Walking metres per metre of straight line.

    Returns
    -------
    GeoSeries
        Polygons of 64 corners, aligned to `points`.
    """
    circles = shapely.buffer(points.geometry.to_numpy(), limit_m / detour, quad_segs=16)
    return gpd.GeoSeries(circles, index=points.index, crs=points.crs)


def thiessen_areas(points: gpd.GeoDataFrame, *, area: BaseGeometry) -> gpd.GeoSeries:
    """Thiessen polygons: all places to which a point is the nearest as the crow flies.

    Parameters
    ----------
    points : GeoDataFrame
        Points in a projected CRS.
    area : Polygon or MultiPolygon
        The polygons end at its border; together they fill it.

    Returns
    -------
    GeoSeries
        Aligned to `points`; points at one place have the same polygon.

    References
    ----------
    Thiessen (1911), Precipitation averages for large areas. Monthly Weather Review 39.
    """
    xy = shapely.get_coordinates(np.asarray(points.geometry.array, dtype=object))
    single, number = np.unique(xy, axis=0, return_inverse=True)
    if len(single) < 2:
        cells = np.full(len(single), area, dtype=object)
    else:
        shapes = np.asarray(shapely.points(single), dtype=object)
        around = shapely.union(area, shapely.multipoints(shapes))
        parts = shapely.voronoi_polygons(shapely.multipoints(shapes), extend_to=around)
        cells = _by_point(shapes, np.asarray(shapely.get_parts(parts), dtype=object))
        cells = np.asarray(shapely.intersection(cells, area), dtype=object)
    return gpd.GeoSeries(cells[number.ravel()], index=points.index, crs=points.crs)


def _by_point(points: NDArray[np.object_], cells: NDArray[np.object_]) -> NDArray[np.object_]:
    """The cells in the order of their points."""
    point, cell = shapely.STRtree(cells).query(points, predicate="within")
    ordered = np.empty(len(points), dtype=object)
    ordered[point] = cells[cell]
    return ordered


def joined_areas(members: sparse.csr_array, outlines: gpd.GeoSeries) -> gpd.GeoSeries:
    """Unite the outlines of the demand points that belong to each kindergarten.

    Parameters
    ----------
    members : csr_array
        Demand points x kindergartens; a stored value above 0 belongs.
    outlines : GeoSeries
        Polygon of each demand point: its community, or its Thiessen polygon.

    Returns
    -------
    GeoSeries
        One polygon for each kindergarten, empty where nobody belongs to it.
    """
    shapes = np.asarray(outlines.array, dtype=object)
    return _of_each(members, lambda rows: shapely.union_all(shapes[rows]), outlines)


def hull_areas(members: sparse.csr_array, points: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Convex hulls of the demand points that belong to each kindergarten.

    Parameters
    ----------
    members : csr_array
        Demand points x kindergartens; a stored value above 0 belongs.
    points : GeoDataFrame
        The demand points, in a projected CRS.

    Returns
    -------
    GeoSeries
        One polygon for each kindergarten, empty where nobody belongs to it.
    """
    shapes = np.asarray(points.geometry.array, dtype=object)

    def hull(rows: NDArray[np.integer]) -> BaseGeometry:
        found: BaseGeometry = shapely.convex_hull(shapely.geometrycollections(shapes[rows]))
        return found if found.geom_type == "Polygon" else found.buffer(THIN_HULL_M)

    return _of_each(members, hull, points.geometry)


def _of_each(members: sparse.csr_array, shape: object, like: gpd.GeoSeries) -> gpd.GeoSeries:
    """One shape of the members of each kindergarten."""
    columns = members.tocsc()
    empty = shapely.Polygon()
    found = []
    for j in range(columns.shape[1]):
        part = slice(columns.indptr[j], columns.indptr[j + 1])
        rows = np.sort(columns.indices[part][columns.data[part] > 0])
        found.append(shape(rows) if len(rows) else empty)  # type: ignore[operator]
    return gpd.GeoSeries(found, crs=like.crs)

"""Service areas: the polygon within which a kindergarten can be reached.

Imports nothing of kgspatial.
"""

from __future__ import annotations

import geopandas as gpd
import shapely


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

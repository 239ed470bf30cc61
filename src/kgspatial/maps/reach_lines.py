"""The lines of catchments as maps and figures draw them: without the middles of blocks.

Imports nothing of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

BLOCK_M2 = 40_000.0
"""Holes smaller than 200 m by 200 m are the middles of blocks between reached streets: their
estates are entered from those streets, and a line around each would hide what lies below."""


def reach_lines(areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the boundaries of catchments, aligned to them, without their small holes."""
    return gpd.GeoSeries(
        [_without_blocks(shape).boundary for shape in areas.geometry],
        index=areas.index,
        crs=areas.crs,
    )


def _without_blocks(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    filled = [
        shapely.Polygon(part.exterior, [r for r in part.interiors if _area(r) >= BLOCK_M2])
        for part in parts
        if isinstance(part, shapely.Polygon) and not part.is_empty
    ]
    return filled[0] if len(filled) == 1 else shapely.MultiPolygon(filled)


def _area(ring: shapely.LinearRing) -> float:
    return float(shapely.Polygon(ring).area)

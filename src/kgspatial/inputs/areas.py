"""The study area as a rectangle: what of a raster has to be read.

Imports from `crs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from kgspatial.inputs.crs import WGS84, lonlat_transformer, transform_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

MARGIN_M = 1000.0
"""Children this far beyond the area are still read: they walk across its border."""

NEARBY_M = 10_000.0
"""Rows further than this from the layer that tells the area do not widen it."""

METRES_PER_DEGREE = 111_000.0
"""Of latitude, rounded down: a margin in degrees is never too small."""

TELL_THE_AREA = ("units", "communities", "villages", "kindergartens")


@dataclass(frozen=True)
class Area:
    """A rectangle of longitudes and latitudes."""

    west: float
    south: float
    east: float
    north: float

    def widened(self, metres: float) -> Area:
        """The rectangle with a margin on all sides."""
        up = metres / METRES_PER_DEGREE
        steepest = min(max(abs(self.south), abs(self.north)) + up, 89.0)
        side = up / np.cos(np.radians(steepest))
        return Area(
            self.west - side,
            max(self.south - up, -90.0),
            self.east + side,
            min(self.north + up, 90.0),
        )

    def in_crs(self, crs: CRS) -> tuple[float, float, float, float]:
        """Bounds in another system that hold the whole rectangle."""
        return transform_bounds(WGS84, crs, self.west, self.south, self.east, self.north)


def study_area(layers: Mapping[str, gpd.GeoDataFrame]) -> Area | None:
    """Return the rectangle of units, communities, villages and kindergartens, with a margin.

    The first of them tells where the area is; rows of the others that lie far from it are errors
    rather than part of it. None when no layer has a place on the earth.
    """
    boxes = [_lonlat_boxes(layers[name]) for name in TELL_THE_AREA if name in layers]
    boxes = [box for box in boxes if len(box)]
    if not boxes:
        return None
    area = _around(boxes[0])
    near = area.widened(NEARBY_M)
    west, south, east, north = np.concatenate(boxes).T
    touching = (
        (west <= near.east) & (east >= near.west) & (south <= near.north) & (north >= near.south)
    )
    return _around(np.concatenate(boxes)[touching]).widened(MARGIN_M)


def _around(boxes: NDArray[np.float64]) -> Area:
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return Area(float(west), float(south), float(east), float(north))


def _lonlat_boxes(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Bounds of the rows in longitudes and latitudes, of those that lie on the earth."""
    west, south, east, north = frame.geometry.bounds.to_numpy(dtype=np.float64).T
    crs = cast("CRS", frame.crs)
    if not crs.is_geographic:
        corners = lonlat_transformer(crs, source=str(frame.attrs.get("source", "")))
        x, y = corners.transform(
            np.stack([west, east, west, east]), np.stack([south, south, north, north])
        )
        west, south, east, north = x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)
    boxes = np.column_stack([west, south, east, north])
    limits = np.array([180.0, 90.0, 180.0, 90.0])
    return np.asarray(boxes[(np.abs(boxes) <= limits).all(axis=1)])

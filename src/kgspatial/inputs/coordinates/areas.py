"""The study area as a rectangle: what of a raster has to be read.

Imports from `crs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from pyproj.enums import TransformDirection

from kgspatial.inputs.coordinates.crs import WGS84, lonlat_transformer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

MARGIN_M = 1000.0
"""Children this far beyond the area are still read: they walk across its border."""

NEARBY_M = 10_000.0
"""Rows further than this from the layers that tell the area do not widen it."""

FAR_M, FAR_TIMES = 100_000.0, 10.0
"""A row this far from the middle, and this many times further than half of the rows are, lies
there by mistake: at 0, 0, or with its coordinates swapped. No county is that wide."""

METRES_PER_DEGREE = 110_500.0
"""Of latitude at the equator, where it is shortest: a margin in degrees is never too small."""

TELL_THE_AREA = (("units",), ("communities", "villages"), ("kindergartens",))
"""The first of these that is there tells where the area is; those after it may lie around it."""


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
            float(self.west - side),
            max(self.south - up, -90.0),
            float(self.east + side),
            min(self.north + up, 90.0),
        )

    def in_crs(self, crs: CRS, *, source: str = "") -> tuple[float, float, float, float]:
        """West, south, east and north in another system, holding the whole rectangle.

        Infinite where that system does not reach.

        Raises
        ------
        InputError
            When nothing says where on the earth that system lies.
        """
        box = (self.west, self.south, self.east, self.north)
        if crs == WGS84:
            return box
        transformer = lonlat_transformer(crs, source=source)
        return transformer.transform_bounds(*box, direction=TransformDirection.INVERSE)


def study_area(layers: Mapping[str, gpd.GeoDataFrame]) -> Area | None:
    """Return the rectangle of units, communities, villages and kindergartens, with a margin.

    Units tell where the area is; without them communities and villages, without those
    kindergartens. Rows of the others that lie far from it are errors rather than part of it, and
    so are rows of the same layer that lie far from all the rest.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Layers by name, each in its own CRS.

    Returns
    -------
    Area or None
        Widened by :data:`MARGIN_M`; None when no layer has a place on the earth.
    """
    boxes = [_boxes_of(layers, names) for names in TELL_THE_AREA]
    boxes = [box for box in boxes if len(box)]
    if not boxes:
        return None
    area = _around(_together(boxes[0]))
    near = area.widened(NEARBY_M)
    west, south, east, north = np.concatenate([_together(boxes[0]), *boxes[1:]]).T
    touching = (
        (west <= near.east) & (east >= near.west) & (south <= near.north) & (north >= near.south)
    )
    rows = np.column_stack([west, south, east, north])[touching]
    return _around(rows).widened(MARGIN_M)


def _around(boxes: NDArray[np.float64]) -> Area:
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return Area(float(west), float(south), float(east), float(north))


def _together(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The boxes without those that lie far from all the rest."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    middle = np.median(centres, axis=0)
    degrees = (centres - middle) * [np.cos(np.radians(middle[1])), 1.0]
    apart = np.hypot(*degrees.T) * METRES_PER_DEGREE
    near = apart <= max(FAR_M, FAR_TIMES * float(np.median(apart)))
    return np.asarray(boxes[near])


def _boxes_of(
    layers: Mapping[str, gpd.GeoDataFrame], names: tuple[str, ...]
) -> NDArray[np.float64]:
    boxes = [_lonlat_boxes(layers[name]) for name in names if name in layers]
    return np.concatenate(boxes) if boxes else np.empty((0, 4))


def _lonlat_boxes(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Bounds of the rows in longitudes and latitudes, of those that lie on the earth."""
    west, south, east, north = frame.geometry.bounds.to_numpy(dtype=np.float64).T
    crs = cast("CRS", frame.crs)
    if crs != WGS84:
        corners = lonlat_transformer(crs, source=str(frame.attrs.get("source", "")))
        x, y = corners.transform(
            np.stack([west, east, west, east]), np.stack([south, south, north, north])
        )
        west, south, east, north = x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)
    boxes = np.column_stack([west, south, east, north])
    limits = np.array([180.0, 90.0, 180.0, 90.0])
    return np.asarray(boxes[(np.abs(boxes) <= limits).all(axis=1)])

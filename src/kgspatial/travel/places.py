"""Layers as points in metres with ids: what every way of measuring takes.

Imports from `inputs.coordinates`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import WGS84, is_metric, projected_crs

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

ID_COLUMNS = ("demand_id", "site_id", "kindergarten_id", "community_id", "village_id", "unit_id")


def ids_of(frame: gpd.GeoDataFrame) -> NDArray[np.str_]:
    """Ids of a layer's rows: the first of :data:`ID_COLUMNS` that is there, else the index."""
    column = next((c for c in ID_COLUMNS if c in frame.columns), None)
    values = frame[column] if column is not None else frame.index
    return np.asarray(values, dtype=np.str_)


def moved(frame: gpd.GeoDataFrame, crs: CRS, role: str) -> gpd.GeoDataFrame:
    """The layer in another CRS.

    Raises
    ------
    InputError
        When it has none of its own.
    """
    if frame.crs is None:
        raise InputError(f"the {role} have no coordinate reference system")
    return frame if frame.crs == crs else frame.to_crs(crs)


def points_of(frame: gpd.GeoDataFrame, crs: CRS, role: str) -> NDArray[np.float64]:
    """Coordinates of a layer's rows, shape (n, 2); polygons are taken at an inner point.

    Raises
    ------
    InputError
        When the layer has no CRS, or a row has no position.
    """
    shapes = np.asarray(moved(frame, crs, role).geometry.array, dtype=object)
    lost = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(lost):
        raise InputError(f"row {frame.index[lost[0]]} of the {role} has no position")
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    if not is_point.all():
        shapes = np.where(is_point, shapes, shapely.point_on_surface(shapes))
    return shapely.get_coordinates(shapes)


def metric_crs(frame: gpd.GeoDataFrame, role: str = "origins") -> CRS:
    """The layer's own CRS where distances in it are metres on the ground, else one of its area."""
    if frame.crs is None:
        raise InputError(f"the {role} have no coordinate reference system")
    if is_metric(frame.crs):
        return frame.crs
    west, south, east, north = frame.geometry.to_crs(WGS84).total_bounds
    return projected_crs((west, south, east, north))


def check_positive(value: float, what: str) -> None:
    """Refuse what is no positive number of metres."""
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"the {what} must be a positive number of metres, not {value}")

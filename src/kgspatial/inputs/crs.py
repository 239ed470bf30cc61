"""Coordinate systems: what a layer declares, and the projected CRS of an area.

Imports from `china` and `errors`. Nothing is guessed: a layer without a CRS is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from kgspatial.errors import InputError
from kgspatial.inputs.china import ChinaCrs, china_crs_name, transform_china

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

WGS84 = CRS.from_epsg(4326)
CHINA_BOX = (73.0, 3.0, 135.5, 54.0)
"""Longitudes and latitudes for which CGCS2000 three-degree zones are chosen."""

FIRST_MERIDIAN, FIRST_CODE, ZONE_DEG = 75, 4534, 3
"""EPSG:4534 is the CGCS2000 three-degree zone of 75 E without prefix; then 3 degrees a code."""


@dataclass(frozen=True)
class DeclaredCrs:
    """A CRS as a layer declares it: one that pyproj knows, or a shifted web-map system."""

    crs: CRS
    shifted: ChinaCrs | None = None


def parse_crs(text: object, *, source: str = "") -> DeclaredCrs:
    """Read a CRS declaration: anything that pyproj takes, ``GCJ-02`` or ``BD-09``.

    Raises
    ------
    InputError
        When neither pyproj nor kgspatial knows it.
    """
    name = china_crs_name(text) if isinstance(text, str) else None
    if name is not None:
        return DeclaredCrs(WGS84, name)
    try:
        return DeclaredCrs(CRS.from_user_input(text))
    except CRSError as error:
        raise InputError(
            f"the coordinate reference system '{text}' is not known",
            source=source or None,
            hint="Write an EPSG code such as 'EPSG:4490', a WKT string, 'GCJ-02' or 'BD-09'.",
        ) from error


def unshift(frame: gpd.GeoDataFrame, shifted: ChinaCrs) -> gpd.GeoDataFrame:
    """Return the layer with its shifted longitudes and latitudes turned into WGS 84."""

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = transform_china(points[:, 0], points[:, 1], from_=shifted, to="WGS 84")
        return np.column_stack([lon, lat])

    moved = shapely.transform(frame.geometry.to_numpy(), move)
    return frame.set_geometry(moved, crs=WGS84)


def projected_crs(bounds: tuple[float, float, float, float]) -> CRS:
    """Choose a projected CRS in metres for an area given in longitudes and latitudes.

    The CGCS2000 three-degree zone (without prefix) in China, UTM elsewhere; an area that reaches
    into a second zone gets a transverse Mercator of its own centre.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north in degrees.

    Examples
    --------
    >>> projected_crs((117.6, 24.4, 117.8, 24.6)).to_epsg()
    4548
    """
    west, south, east, north = bounds
    in_china = (
        west >= CHINA_BOX[0]
        and south >= CHINA_BOX[1]
        and east <= CHINA_BOX[2]
        and north <= CHINA_BOX[3]
    )
    zones = [_china_zone(x) if in_china else _utm_zone(x) for x in (west, east)]
    if zones[0] != zones[1]:
        return _own_transverse_mercator((west + east) / 2, (south + north) / 2)
    if in_china:
        return CRS.from_epsg(FIRST_CODE + zones[0])
    return CRS.from_epsg((32600 if (south + north) / 2 >= 0 else 32700) + zones[0])


def _china_zone(lon: float) -> int:
    return int(np.floor((lon - FIRST_MERIDIAN) / ZONE_DEG + 0.5))


def _utm_zone(lon: float) -> int:
    return int(np.clip(np.floor((lon + 180) / 6) + 1, 1, 60))


def _own_transverse_mercator(lon: float, lat: float) -> CRS:
    return CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat:.4f} +lon_0={lon:.4f} +k=1 +x_0=500000 +y_0=0 "
        "+ellps=GRS80 +units=m +no_defs"
    )


def check_metric(crs: CRS, *, source: str = "") -> CRS:
    """Return `crs` when it is projected in metres, as the analysis needs.

    Raises
    ------
    InputError
        When it is geographic or in another unit.
    """
    if not crs.is_projected or any(
        axis.unit_name not in ("metre", "meter") for axis in crs.axis_info
    ):
        raise InputError(
            f"'{crs.name}' is not a projected coordinate system in metres",
            source=source or None,
            hint="Leave study_crs out: a CGCS2000 three-degree zone or UTM is chosen from the area.",
        )
    return crs

"""Coordinate systems: what a layer declares, and the projected CRS of an area.

Imports from `china` and `errors`. Nothing is guessed: a layer without a CRS is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.china import ChinaCrs, china_crs_name, transform_china

if TYPE_CHECKING:
    import geopandas as gpd

WGS84 = CRS.from_epsg(4326)
CHINA_BOX = (73.0, 3.0, 135.5, 54.0)
"""Longitudes and latitudes for which CGCS2000 three-degree zones are chosen."""

SHORT_NAMES = ("wgs84", "cgcs2000")
"""Names that everybody writes and that PROJ knows without doubt."""

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
        crs = CRS.from_user_input(text)
    except CRSError:
        crs = None
    if crs is None or not (crs.is_geographic or crs.is_projected) or _only_resembles(text, crs):
        raise InputError(
            f"the coordinate reference system '{text}' is not known",
            source=source or None,
            hint="Write an EPSG code such as 'EPSG:4490', a WKT string, 'GCJ-02' or 'BD-09'.",
        )
    return DeclaredCrs(crs)


def _only_resembles(text: object, crs: CRS) -> bool:
    """Whether PROJ took a name for one that it resembles ('beijing' for 'New Beijing')."""
    if not isinstance(text, str) or text.isdigit() or any(sign in text for sign in ":+[{"):
        return False
    plain = _letters(text)
    return plain not in (_letters(crs.name), *SHORT_NAMES)


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def lonlat_transformer(crs: CRS, *, source: str = "") -> Transformer:
    """Return the transformation from `crs` to longitudes and latitudes, in that order.

    Raises
    ------
    InputError
        When there is none, as for a local system whose place on the earth nobody wrote down.
    """
    try:
        return _transformer(crs, WGS84)
    except ProjError as error:
        raise InputError(
            f"nothing says where on the earth '{crs.name}' lies",
            source=source or None,
            hint="Transform the file to CGCS2000 with your local parameters, or declare a crs "
            "(an EPSG code, WKT, or '+proj=tmerc ...') that says it.",
        ) from error


def transform_bounds(
    start: CRS, end: CRS, west: float, south: float, east: float, north: float
) -> tuple[float, float, float, float]:
    """Bounds in another CRS, their edges bent as the transformation bends them."""
    return _transformer(start, end).transform_bounds(west, south, east, north)


@lru_cache(maxsize=64)
def _transformer(start: CRS, end: CRS) -> Transformer:
    """Kept, because PROJ takes 60 ms to find the best way between two systems."""
    return Transformer.from_crs(start, end, always_xy=True)


def unshift(frame: gpd.GeoDataFrame, shifted: ChinaCrs) -> gpd.GeoDataFrame:
    """Return the layer with its shifted longitudes and latitudes turned into WGS 84."""
    return transform_china(frame, from_=shifted, to="WGS 84")


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
        f"+proj=tmerc +lat_0={lat:.4f} +lon_0={lon:.4f} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 "
        f"+units=m +title=Transverse_Mercator_of_{lon:.4f}E +no_defs"
    )


def is_metric(crs: CRS) -> bool:
    """Whether distances in `crs` are metres on the ground.

    A Mercator of the whole world is in metres by name only: its distances are a tenth too long
    at 24 degrees of latitude and a third at 40.
    """
    if not crs.is_projected or crs.coordinate_operation is None:
        return False
    method = crs.coordinate_operation.method_name
    world = method.startswith("Mercator") or "Pseudo Mercator" in method
    return not world and all(a.unit_name in ("metre", "meter") for a in crs.axis_info[:2])


def check_metric(crs: CRS, *, source: str = "") -> CRS:
    """Return `crs` when it is projected in metres, as the analysis needs.

    Raises
    ------
    InputError
        When it is geographic, in another unit, or a Mercator of the whole world.
    """
    if not is_metric(crs):
        raise InputError(
            f"distances in '{crs.name}' are not metres on the ground",
            source=source or None,
            hint="Leave study_crs out: a CGCS2000 three-degree zone or UTM is chosen from the area.",
        )
    return crs

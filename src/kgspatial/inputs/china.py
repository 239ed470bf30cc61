"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to WGS 84 and back.

Imports from `errors` only. The formulas are the openly published ones; the inverses iterate
until they agree with the forward formula, because the usual mirror formula is up to 2 m off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ChinaCrs = Literal["WGS 84", "GCJ-02", "BD-09"]

SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the area in which the shift applies."""

BD_PI = np.pi * 3000.0 / 180.0
INVERSE_TOLERANCE_DEG = 1e-11
INVERSE_STEPS = 30


def transform_china(x: ArrayLike, y: ArrayLike, *, from_: str, to: str) -> tuple[Floats, Floats]:
    """Transform longitudes and latitudes between WGS 84, GCJ-02 and BD-09.

    Parameters
    ----------
    x, y : array-like
        Longitudes and latitudes in degrees, of one shape.
    from_, to : {"WGS 84", "GCJ-02", "BD-09"}
        CGCS2000 longitudes and latitudes may be given as "WGS 84": they differ by centimetres.

    Returns
    -------
    lon, lat : ndarray
        Degrees, of the shape of the input. Points outside China's box come back unchanged.

    Raises
    ------
    InputError
        When a name is unknown or the shapes differ.

    References
    ----------
    The constants and polynomials are those of the widely published open implementation; the
    box, check values and the error of the mirror formula are stated in ``docs/coordinates.md``.

    Examples
    --------
    >>> lon, lat = transform_china(116.42079, 39.90105, from_="WGS 84", to="GCJ-02")
    >>> print(f"{lon:.5f} {lat:.5f}")
    116.42702 39.90245
    """
    start, end = _china_crs(from_), _china_crs(to)
    lon, lat = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if lon.shape != lat.shape:
        raise InputError(f"longitudes have the shape {lon.shape}, latitudes {lat.shape}")
    inside = _inside(lon, lat)
    moved_lon, moved_lat = lon[inside], lat[inside]
    for step in _steps(start, end):
        moved_lon, moved_lat = step(moved_lon, moved_lat)
    out_lon, out_lat = lon.copy(), lat.copy()
    out_lon[inside], out_lat[inside] = moved_lon, moved_lat
    return out_lon, out_lat


def china_crs_name(text: str) -> ChinaCrs | None:
    """Return the canonical name when `text` names GCJ-02 or BD-09 (any case or dash), else None."""
    plain = text.upper().replace("-", "").replace("_", "").replace(" ", "")
    names: dict[str, ChinaCrs] = {"GCJ02": "GCJ-02", "BD09": "BD-09", "BD09LL": "BD-09"}
    return names.get(plain)


def _china_crs(text: str) -> ChinaCrs:
    name = china_crs_name(text)
    if name is not None:
        return name
    if text.upper().replace(" ", "") in ("WGS84", "EPSG:4326", "EPSG:4490", "CGCS2000"):
        return "WGS 84"
    known = ", ".join(get_args(ChinaCrs))
    raise InputError(f"'{text}' is not a coordinate system of web maps; known are {known}")


def _steps(start: ChinaCrs, end: ChinaCrs) -> list[Step]:
    order = get_args(ChinaCrs)
    forward: list[Step] = [_wgs_to_gcj, _gcj_to_bd]
    back: list[Step] = [_gcj_to_wgs, _bd_to_gcj]
    i, j = order.index(start), order.index(end)
    return forward[i:j] if i <= j else back[j:i][::-1]


def _inside(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = BOX
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _wgs_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    m = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (m * np.sqrt(m))
    parallel = SEMI_MAJOR_M / np.sqrt(m) * np.cos(phi)
    return lon + np.degrees(d_lon / parallel), lat + np.degrees(d_lat / meridian)


def _gcj_to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD_PI)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _gcj_to_wgs(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _inverse(_wgs_to_gcj, lon, lat)


def _bd_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _inverse(_gcj_to_bd, lon, lat)


def _inverse(forward: Step, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Fixed-point iteration: the shift changes slowly, so it converges by a factor of 100 a step."""
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(INVERSE_STEPS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        error_lon, error_lat = lon - there_lon, lat - there_lat
        guess_lon, guess_lat = guess_lon + error_lon, guess_lat + error_lat
        worst = max(np.abs(error_lon).max(initial=0.0), np.abs(error_lat).max(initial=0.0))
        if worst < INVERSE_TOLERANCE_DEG:
            break
    return guess_lon, guess_lat


if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[Floats, Floats], tuple[Floats, Floats]]

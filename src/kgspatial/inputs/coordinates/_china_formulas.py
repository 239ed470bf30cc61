"""The formulas of GCJ-02 and BD-09 on arrays, and their inverses by Newton's method.

Imports nothing of kgspatial. No box is looked at here: `china` says which points are shifted.

The sines of the published formula have periods of 60, 24, 6, 2, 1 and 1/3 degrees. Only the first
two are computed as such; the others follow by the double-angle and triple-angle identities, and
the cosines that come with them are what the slopes need. Two steps of Newton's method then find a
shifted point's origin to some micrometres (the error squares with each step).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[Any]  # singles or doubles
    Formula = Callable[[Floats, Floats], "Shift"]

SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
"""The Krassowsky ellipsoid, as the published code has it."""

BD_WAVE = np.pi * 3000.0 / 180.0
BD_LON, BD_LAT = 0.0065, 0.006

RADIAN = np.pi / 180.0

PRECISIONS = (np.float32, np.float64)
"""Of the steps of Newton's method: the first leaves decimetres and needs no more than singles."""


@dataclass(frozen=True)
class Shift:
    """How far points are moved, in degrees, and how that changes from place to place.

    `lon_by_lat` is the change of the longitude's shift per degree of latitude; so the others.
    """

    lon: Floats
    lat: Floats
    lon_by_lon: Floats
    lon_by_lat: Floats
    lat_by_lon: Floats
    lat_by_lat: Floats


def gcj_shift(lon: Floats, lat: Floats) -> Shift:
    """Return the shift from WGS 84 to GCJ-02 at points given in WGS 84."""
    x, y = lon - 105.0, lat - 35.0
    x_waves, x_slope, sine, cosine = _waves(x, 150.0, 300.0)
    y_waves, y_slope, _, _ = _waves(y, 160.0, 320.0)
    sine, cosine = _twice(sine, cosine)
    quick, quick_slope = 20.0 * sine, 40.0 * cosine
    sine, cosine = _thrice(sine, cosine)
    quick, quick_slope = quick + 20.0 * sine, np.pi * (quick_slope + 120.0 * cosine)
    root = np.sqrt(np.abs(x))  # its slope is left out: infinite at 105 E, and tiny elsewhere
    east = 300.0 + x + 2.0 * y + 0.1 * x * (x + y) + 0.1 * root + 2.0 / 3.0 * (quick + x_waves)
    north = -100.0 + 2.0 * x + y * (3.0 + 0.2 * y + 0.1 * x) + 0.2 * root
    north += 2.0 / 3.0 * (quick + y_waves)
    per_east, per_north, narrowing = _degrees_per_metre(lat)
    return Shift(
        lon=east * per_east,
        lat=north * per_north,
        lon_by_lon=(1.0 + 0.2 * x + 0.1 * y + 2.0 / 3.0 * (quick_slope + x_slope)) * per_east,
        lon_by_lat=(2.0 + 0.1 * x + east * narrowing) * per_east,
        lat_by_lon=(2.0 + 0.1 * y + 2.0 / 3.0 * quick_slope) * per_north,
        lat_by_lat=(3.0 + 0.4 * y + 0.1 * x + 2.0 / 3.0 * y_slope) * per_north,
    )


def _waves(q: Floats, by_12: float, by_30: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Sum of the four slow sines of `q` degrees, its slope, and sine and cosine of pi q."""
    sin_12, cos_12 = np.sin(q * (np.pi / 12.0)), np.cos(q * (np.pi / 12.0))
    sin_30, cos_30 = np.sin(q * (np.pi / 30.0)), np.cos(q * (np.pi / 30.0))
    sin_3, cos_3 = _twice(*_twice(sin_12, cos_12))
    sin_1, cos_1 = _thrice(sin_3, cos_3)
    total = 20.0 * sin_1 + 40.0 * sin_3 + by_12 * sin_12 + by_30 * sin_30
    slope = 20.0 * cos_1 + 40.0 / 3.0 * cos_3 + by_12 / 12.0 * cos_12 + by_30 / 30.0 * cos_30
    return total, np.pi * slope, sin_1, cos_1


def _twice(sine: Floats, cosine: Floats) -> tuple[Floats, Floats]:
    return 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine


def _thrice(sine: Floats, cosine: Floats) -> tuple[Floats, Floats]:
    return sine * (3.0 - 4.0 * sine * sine), cosine * (4.0 * cosine * cosine - 3.0)


def _degrees_per_metre(lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Degrees per metre to the east and north, and how much faster the first grows northwards."""
    phi = lat * RADIAN
    sine, cosine = np.sin(phi), np.cos(phi)
    m = 1.0 - ECCENTRICITY_SQUARED * sine * sine
    root = np.sqrt(m)
    per_east = root / (RADIAN * SEMI_MAJOR_M * cosine)
    per_north = m * root / (RADIAN * SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED))
    return per_east, per_north, RADIAN * sine / cosine


def bd_shift(lon: Floats, lat: Floats) -> Shift:
    """Return the shift from GCJ-02 to BD-09 at points given in GCJ-02.

    The published formula turns the point by a tiny angle about 0, 0 and lengthens its radius. The
    angle's sine is the angle, and its cosine 1 less half its square, to the last digit.
    """
    radius = np.sqrt(lon * lon + lat * lat)
    turn, stretch = 3e-6 * np.cos(lon * BD_WAVE), 2e-5 * np.sin(lat * BD_WAVE) / radius
    turn_slope = -3e-6 * BD_WAVE * np.sin(lon * BD_WAVE)
    stretch_slope = 2e-5 * BD_WAVE * np.cos(lat * BD_WAVE) / radius
    along = stretch - 0.5 * turn * turn * (1.0 + stretch)
    across = turn * (1.0 + stretch)
    return Shift(
        lon=along * lon - across * lat + BD_LON,
        lat=along * lat + across * lon + BD_LAT,
        lon_by_lon=along - turn_slope * lat,
        lon_by_lat=stretch_slope * lon - across,
        lat_by_lon=turn_slope * lon + across,
        lat_by_lat=along + stretch_slope * lat,
    )


def moved(shift: Formula, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return the points moved by a shift."""
    by = shift(lon, lat)
    return lon + by.lon, lat + by.lat


def moved_back(shift: Formula, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return the points that a shift moves to `lon`, `lat`."""
    from_lon, from_lat = lon, lat
    for precision in PRECISIONS:
        by = shift(from_lon.astype(precision), from_lat.astype(precision))
        over_lon, over_lat = from_lon + by.lon - lon, from_lat + by.lat - lat
        a, d = 1.0 + by.lon_by_lon, 1.0 + by.lat_by_lat
        determinant = a * d - by.lon_by_lat * by.lat_by_lon
        from_lon = from_lon - (d * over_lon - by.lon_by_lat * over_lat) / determinant
        from_lat = from_lat - (a * over_lat - by.lat_by_lon * over_lon) / determinant
    return from_lon, from_lat

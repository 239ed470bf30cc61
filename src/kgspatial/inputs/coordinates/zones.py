"""Coordinates that do not fit their system: zone numbers, metres for degrees, east for north.

Imports from `crs`, `problems` and `errors`. By magnitude and extent only: what looks wrong is
reported with the fix, never turned or moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import shapely
from pyproj import CRS

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import CHINA_BOX, lonlat_transformer
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CHINA_LON, CHINA_LAT = (72.0, 138.0), (0.0, 56.0)
NORTHING = (1.5e6, 6.2e6)
"""Metres from the equator, from 13 to 56 degrees of latitude."""
EASTING = (1e5, 9e5)
"""Eastings within a Gauss-Kruger or UTM zone: 400 km on either side of 500,000."""
ZONE_STEP = 1e6
"""A zone's number stands in front of its eastings: 39,458,123 is zone 39."""
WEB_MERCATOR = CRS.from_epsg(3857)
AREA_MARGIN_DEG = 2.0
HALF_ZONE_DEG = 3.5
"""Half of a six-degree zone, and what data overlap their neighbours' by."""
MOST = 0.5
"""Share of rows above which a layer, rather than some of its rows, is taken to be wrong."""


class _Zones(NamedTuple):
    """EPSG codes of consecutive Gauss-Kruger zones of one datum, with and without their number."""

    first: int
    last: int
    width_deg: int
    numbered: int
    """Code of the first zone whose eastings begin with its number."""
    plain: int
    """Code of the first zone without."""


ZONES = {
    4490: (_Zones(25, 45, 3, 4513, 4534), _Zones(13, 23, 6, 4491, 4502)),
    4610: (_Zones(25, 45, 3, 2349, 2370), _Zones(13, 23, 6, 2327, 2338)),
    4214: (_Zones(25, 45, 3, 2401, 2422), _Zones(13, 23, 6, 21413, 21453)),
}
"""CGCS2000, Xian 1980 and Beijing 1954 by the code of their longitudes and latitudes."""


@dataclass(frozen=True)
class _Zone:
    """A declared transverse Mercator zone in China."""

    meridian: float
    number: int
    """In front of its eastings, 0 where there is none."""
    datum: int


def check_system(
    frame: gpd.GeoDataFrame, name: str, declared: str | None, path: Path
) -> list[Problem]:
    """Compare the size of a layer's coordinates with its coordinate system.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, with the CRS that the plan file or the file itself declares.
    name : str
        The layer, for messages.
    declared : str, optional
        What the plan file says about its CRS; None where the file says it.
    path : Path
        The file, for messages.

    Returns
    -------
    list of Problem
        A warning for each of a few rows whose zone number differs from that of the others.

    Raises
    ------
    InputError
        When most rows are degrees in a system of metres or the other way round, have the zone's
        number in front of their eastings and the system has not (or the other way round), or
        look as if north and east were exchanged. The message names the code that fits.
    """
    x, y = _centres(frame)
    given = np.isfinite(x) & np.isfinite(y) & ~((x == 0.0) & (y == 0.0))
    if not given.any():
        return []
    crs = cast("CRS", frame.crs)
    called = declared if declared is not None else crs.name
    _check_degrees(x[given], y[given], crs, name, called, path)
    if swapped(x[given], y[given], crs).mean() > MOST:
        raise InputError(
            f"x and y of the layer '{name}' look swapped: north stands for east in '{called}'",
            source=path,
            hint="Exchange them in the file: x is east and y is north there, as GIS has it.",
        )
    if crs.is_geographic or (zone := _zone(crs)) is None:
        return []
    numbers = np.where(given, zone_numbers(x, y), -1)
    _check_zone(numbers, x, zone, name, called, path)
    other = (numbers >= 0) & (numbers != zone.number)
    return [
        _other_zone(name, path, int(row), int(number), zone)
        for row, number in zip(frame.index[other], numbers[other], strict=True)
    ]


def fitting_systems(frame: gpd.GeoDataFrame) -> list[str]:
    """EPSG codes of systems in China that a layer's coordinates would fit, by their size.

    Codes are of CGCS2000 and web Mercator; empty where nothing can be told, as from eastings
    without the number of their zone.
    """
    x, y = _centres(frame)
    given = np.isfinite(x) & np.isfinite(y) & ~((x == 0.0) & (y == 0.0))
    return _fitting(x[given], y[given]) if given.any() else []


def zone_numbers(x: Floats, y: Floats) -> NDArray[np.int64]:
    """The number of the zone in front of each easting, 0 where there is none, -1 for no easting."""
    number = np.floor(x / ZONE_STEP)
    within = _between(x - number * ZONE_STEP, EASTING) & _between(y, NORTHING)
    known = (number == 0) | ((number >= 13) & (number <= 23)) | ((number >= 25) & (number <= 45))
    return np.where(within & known, number, -1).astype(np.int64)


def swapped(x: Floats, y: Floats, crs: CRS) -> Flags:
    """Which points look as if their two coordinates stood in each other's place.

    Either they lie where the system is used only when exchanged; or, in China, their size tells:
    latitudes are below 56 and longitudes above 72, northings have seven digits and eastings six
    (or eight, with the zone's number).
    """
    turned = _by_area(x, y, crs)
    if crs.is_geographic:
        return turned | (_between(x, CHINA_LAT) & _between(y, CHINA_LON))
    if _zone(crs) is None:
        return turned
    return turned | (_between(x, NORTHING) & (zone_numbers(y, x) >= 0))


def _by_area(x: Floats, y: Floats, crs: CRS) -> Flags:
    area = crs.area_of_use
    none = np.zeros(len(x), dtype=bool)
    if area is None or area.east - area.west > 180.0 or area.west > area.east:
        return none

    def inside(x: Floats, y: Floats) -> Flags:
        lon, lat = (x, y) if crs.is_geographic else lonlat_transformer(crs).transform(x, y)
        return _between(lon, (area.west - AREA_MARGIN_DEG, area.east + AREA_MARGIN_DEG)) & _between(
            lat, (area.south - AREA_MARGIN_DEG, area.north + AREA_MARGIN_DEG)
        )

    there = inside(x, y)
    return none if there.all() else ~there & inside(y, x)


def _between(values: Floats, span: tuple[float, float]) -> Flags:
    return (values >= span[0]) & (values <= span[1])


def _centres(frame: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    west, south, east, north = shapely.bounds(frame.geometry.to_numpy()).T
    return (west + east) / 2, (south + north) / 2


# --- degrees and metres -------------------------------------------------------------------------


def _check_degrees(x: Floats, y: Floats, crs: CRS, name: str, called: str, path: Path) -> None:
    small = ((np.abs(x) <= 180.0) & (np.abs(y) <= 180.0)).mean()
    if crs.is_projected and small > MOST:
        raise InputError(
            f"the coordinates of the layer '{name}' are degrees, but '{called}' has metres",
            source=path,
            hint='Write crs = "EPSG:4490" (or "EPSG:4326", "GCJ-02", ...) beside its path.',
        )
    large = ((np.abs(x) > 1000.0) & (np.abs(y) > 1000.0)).mean()
    if crs.is_geographic and large > MOST:
        raise InputError(
            f"the coordinates of the layer '{name}' are metres, but '{called}' has degrees",
            source=path,
            hint=f"Write beside its path the system of its metres: {_advice(x, y)}.",
        )


def _advice(x: Floats, y: Floats) -> str:
    codes = _fitting(x, y)
    if codes:
        return " or ".join(f'crs = "{code}"' for code in codes)
    if (zone_numbers(x, y) == 0).mean() > MOST:
        return (
            "a zone without number, such as CGCS2000 from EPSG:4534 (75 E) by threes to EPSG:4554 "
            "(135 E); the one whose meridian is nearest to the area"
        )
    return 'crs = "EPSG:..." as whoever made the file says'


def _fitting(x: Floats, y: Floats) -> list[str]:
    codes = []
    numbers = zone_numbers(x, y)
    number = int(np.median(numbers))
    if number > 0 and (code := _code(4490, number, numbered=True)) is not None:
        codes.append(code)
    codes.append("EPSG:3857")
    return [code for code in codes if _in_china(x, y, code)]


def _in_china(x: Floats, y: Floats, code: str) -> bool:
    """Whether the middle of the points, in this system, lies in its zone in China."""
    crs = CRS.from_user_input(code)
    lon, lat = lonlat_transformer(crs).transform(float(np.median(x)), float(np.median(y)))
    west, south, east, north = CHINA_BOX
    if (zone := _zone(crs)) is not None:
        west, east = zone.meridian - HALF_ZONE_DEG, zone.meridian + HALF_ZONE_DEG
    return bool(west <= lon <= east and south <= lat <= north)


# --- zones --------------------------------------------------------------------------------------


def _zone(crs: CRS) -> _Zone | None:
    """The zone of a declared system: a transverse Mercator of whole metres in China's longitudes."""
    operation = crs.coordinate_operation
    if not crs.is_projected or operation is None or operation.method_name != "Transverse Mercator":
        return None
    values = {p.name: float(p.value) for p in operation.params}
    meridian = values.get("Longitude of natural origin", 0.0)
    number, rest = divmod(values.get("False easting", -1.0), ZONE_STEP)
    if rest != 500_000.0 or not CHINA_LON[0] <= meridian <= CHINA_LON[1]:
        return None
    datum = crs.geodetic_crs.to_epsg() if crs.geodetic_crs is not None else None
    return _Zone(meridian, int(number), datum if datum in ZONES else 4490)


def _check_zone(
    numbers: NDArray[np.int64], x: Floats, zone: _Zone, name: str, called: str, path: Path
) -> None:
    """Refuse a layer most of whose eastings begin with another number than its system's."""
    told = numbers[numbers >= 0]
    if not len(told) or (told != zone.number).mean() <= MOST:
        return
    number = int(np.bincount(told[told != zone.number]).argmax())
    example = f"{x[numbers == number][0]:,.0f}"
    if number == 0:
        text = f"have no zone number in front, but '{called}' has {zone.number}"
        code = _plain_code(zone)
    else:
        own = "has none" if zone.number == 0 else f"has {zone.number}"
        text = f"begin with the zone number {number}, but '{called}' {own}"
        code = _code(zone.datum, number, numbered=True)
    raise InputError(
        f"the eastings of the layer '{name}', such as {example}, {text}",
        source=path,
        hint=f'If they are right, write crs = "{code}" beside its path.' if code else "",
    )


def _code(datum: int, number: int, *, numbered: bool) -> str | None:
    for zones in ZONES[datum]:
        if zones.first <= number <= zones.last:
            start = zones.numbered if numbered else zones.plain
            return f"EPSG:{start + number - zones.first}"
    return None


def _plain_code(zone: _Zone) -> str | None:
    """The code of the same zone without its number in front."""
    return _code(zone.datum, zone.number, numbered=False)


def _other_zone(name: str, path: Path, row: int, number: int, zone: _Zone) -> Problem:
    theirs = f"the zone number {number}" if number else "no zone number"
    ours = f"the zone number {zone.number}" if zone.number else "none"
    text = f"its easting has {theirs} in front, unlike other rows ({ours})"
    done = "used as it is, which is far away; correct it in the file"
    return Problem(name, "zone_number", text, done, "warning", str(path), row, "x")

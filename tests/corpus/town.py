"""The truth behind the corpus: an invented town whose records the awkward files hold.

Imports nothing of kgspatial: what comes out of a file is compared with what is said here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

NAMES = ("霁川区", "霁南街道", "石埠镇")


@dataclass(frozen=True)
class Garden:
    """A kindergarten; position in degrees (CGCS2000 and WGS 84 alike)."""

    id: str
    name: str
    kind: str
    classes: int
    places: int
    enrolled: int
    site_area_m2: int
    opened_year: int
    lon: float
    lat: float
    supports: str = ""


@dataclass(frozen=True)
class Estate:
    """An estate; its outline runs from its south-west corner by sides in degrees."""

    id: str
    name: str
    households: int
    residents: int
    children: int
    floor_area_m2: int
    delivered_year: int
    west: float
    south: float
    width: float = 0.0030
    height: float = 0.0027

    @property
    def ring(self) -> list[tuple[float, float]]:
        """Its outline, closed; one corner cut, so that no turn or mirror fits it."""
        w, s, e, n = self.west, self.south, self.west + self.width, self.south + self.height
        cut_x, cut_y = self.width * 0.3, self.height * 0.2
        return [(w, s), (e, s), (e, n - cut_y), (e - cut_x, n), (w, n), (w, s)]


@dataclass(frozen=True)
class Unit:
    """A street office or town: a rectangle."""

    id: str
    name: str
    west: float
    south: float
    east: float
    north: float

    @property
    def ring(self) -> list[tuple[float, float]]:
        w, s, e, n = self.west, self.south, self.east, self.north
        return [(w, s), (e, s), (e, n), (w, n), (w, s)]


@dataclass(frozen=True)
class Site:
    """A parcel where a kindergarten may be built."""

    id: str
    name: str
    source: str
    site_area_m2: float
    max_classes: int
    cost_wan: float
    land_code: str
    lon: float
    lat: float


GARDENS = {
    g.id: g
    for g in (
        Garden(
            *("K1", "霁川区中心幼儿园", "public", 12, 360, 342, 5400, 1998, 114.051200, 27.352100)
        ),
        Garden(
            *("K2", "云栖苑幼儿园", "public", 9, 270, 251, 4000, 2016, 114.061500, 27.353200, "E1")
        ),
        Garden(
            *("K3", "澄湖湾幼儿园", "inclusive", 6, 180, 176, 2600, 2018),
            *(114.070900, 27.348600, "E2"),
        ),
        Garden(
            *("K4", "栖凤里幼儿园", "inclusive", 6, 180, 173, 2400, 2020),
            *(114.055400, 27.343300, "E3"),
        ),
        Garden(*("K5", "小禾苗幼儿园", "private", 3, 90, 64, 900, 2009, 114.047300, 27.346800)),
        Garden(
            *("K6", "石埠镇中心幼儿园", "public", 6, 180, 97, 3300, 2011, 114.082600, 27.338400)
        ),
    )
}

ESTATES = {
    e.id: e
    for e in (
        Estate("E1", "云栖苑", 1860, 5200, 198, 223000, 2014, 114.0600, 27.3519),
        Estate("E2", "澄湖湾", 1240, 3480, 142, 148800, 2017, 114.0694, 27.3473),
        Estate("E3", "栖凤里", 960, 2690, 117, 105600, 2019, 114.0540, 27.3420),
        Estate("E4", "汀兰小区", 612, 1710, 44, 55080, 2003, 114.0480, 27.3495),
        Estate("E5", "南埂安置房", 408, 1390, 61, 44880, 2012, 114.0760, 27.3405),
    )
}

UNITS = {
    u.id: u
    for u in (
        Unit("U1", "霁南街道", 114.0400, 27.3350, 114.0740, 27.3600),
        Unit("U2", "石埠镇", 114.0740, 27.3300, 114.0950, 27.3600),
    )
}

SITES = {
    s.id: s
    for s in (
        Site("S1", "霁南社区地块", "parcel", 4666.67, 9, 1850.0, "080404", 114.0580, 27.3480),
        Site("S2", "石埠闲置小学", "idle_building", 6000.0, 6, 420.0, "080403", 114.0800, 27.3420),
        Site("S3", "云栖苑扩建", "expansion", 1000.0, 3, 260.0, "R22", 114.0618, 27.3535),
    )
}

STREETS = {
    "R1": ("霁川大道", [(114.0450, 27.3510), (114.0590, 27.3512), (114.0720, 27.3515)]),
    "R2": ("云栖路", [(114.0590, 27.3512), (114.0592, 27.3440), (114.0591, 27.3400)]),
    "R3": ("石埠街", [(114.0720, 27.3515), (114.0790, 27.3440), (114.0850, 27.3370)]),
}

TOWN = {**GARDENS, **ESTATES, **UNITS, **SITES}


# ---------------------------------------------------------------- positions in other systems


@cache
def _transformer(epsg: int):
    from pyproj import Transformer

    return Transformer.from_crs(4490, epsg, always_xy=True)


def projected(lon: float, lat: float, epsg: int = 4547) -> tuple[float, float]:
    """East and north in metres, to the millimetre."""
    x, y = _transformer(epsg).transform(lon, lat)
    return round(x, 3), round(y, 3)


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The published formula of GCJ-02, forward only, written out once more."""
    sin, pi = math.sin, math.pi
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += 2 / 3 * (waves + 20 * sin(y * pi) + 40 * sin(y / 3 * pi))
    north += 2 / 3 * (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30))
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += 2 / 3 * (waves + 20 * sin(x * pi) + 40 * sin(x / 3 * pi))
    east += 2 / 3 * (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi))
    axis, squared = 6378245.0, 0.00669342162296594323
    m = 1 - squared * sin(math.radians(lat)) ** 2
    lat_m = axis * (1 - squared) / (m * math.sqrt(m)) * pi / 180
    lon_m = axis / math.sqrt(m) * math.cos(math.radians(lat)) * pi / 180
    return round(lon + east / lon_m, 8), round(lat + north / lat_m, 8)


def bd09(lon: float, lat: float) -> tuple[float, float]:
    """The published formula of BD-09 after GCJ-02, forward only."""
    x, y = gcj02(lon, lat)
    turn = math.pi * 3000 / 180
    z = math.hypot(x, y) + 2e-5 * math.sin(y * turn)
    theta = math.atan2(y, x) + 3e-6 * math.cos(x * turn)
    return round(z * math.cos(theta) + 0.0065, 8), round(z * math.sin(theta) + 0.006, 8)

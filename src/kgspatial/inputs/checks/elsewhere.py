"""Layers that lie tens of kilometres from the others, and the mistake that explains it best.

Imports from `crs`, `zones`, `problems`, `layers` and `errors`. A wrong declaration moves a layer as a
whole: its numbers are read in the systems that are usual where the other layers lie, and one that
fits is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import (
    FIRST_MERIDIAN,
    lonlat_transformer,
    parse_crs,
    transform_bounds,
)
from kgspatial.inputs.coordinates.zones import ZONES
from kgspatial.inputs.problems import Problem
from kgspatial.layers import POPULATION, Population

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    LonLat = tuple[float, float]

ELSEWHERE_M = 50_000.0
"""A layer further than this from the others has a wrong system rather than a long way."""

MIDDLE = (0.05, 0.95)
"""Single rows that are lost do not tell where a layer lies: it is where nine in ten rows are."""

FITS_DEG = 0.5
"""How near to the other layers a layer's middle comes in the system that it is in."""

ZONE_DEG = 3.0
ZONE_TOLERANCE_DEG = 0.3

WEB_MERCATOR = 3857


def layers_elsewhere(
    layers: Mapping[str, gpd.GeoDataFrame], population: Population | None
) -> list[Problem]:
    """Return a warning for each layer that lies elsewhere than most layers, with the likely cause.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Checked layers by name, in one projected CRS; ``attrs["crs_declared"]`` says in which system
        they were declared, where it is known.
    population : Population, optional
        The grid.
    """
    crs = cast("CRS", layers["kindergartens"].crs)
    places = {name: _place(frame) for name, frame in layers.items()}
    if population is not None:
        bounds = transform_bounds(population.grid.crs, crs, *population.grid.bounds)
        places[POPULATION] = shapely.box(*bounds)
    here = _most_in_common(places)
    found = []
    for name, place in places.items():
        apart = float(shapely.distance(place, places[here]))
        if apart > ELSEWHERE_M:
            source = str(layers[name].attrs.get("source", "")) if name in layers else ""
            declared = str(layers[name].attrs.get("crs_declared") or "") if name in layers else ""
            cause = _likely_cause(_middle(place, crs), _middle(places[here], crs), declared)
            text = f"it lies {apart / 1000:,.0f} km from the layer '{here}'"
            done = f"used as it is; {cause}"
            found.append(Problem(name, "elsewhere", text, done, "warning", source))
    return found


def _place(frame: gpd.GeoDataFrame) -> BaseGeometry:
    low, high = np.quantile(frame.geometry.bounds.to_numpy(), MIDDLE, axis=0)
    east, north = max(low[0], high[2]), max(low[1], high[3])
    return cast("BaseGeometry", shapely.box(low[0], low[1], east, north))


def _most_in_common(places: Mapping[str, BaseGeometry]) -> str:
    """The layer near which most layers lie; the kindergartens where several are as good."""
    shapes = np.array(list(places.values()), dtype=object)
    near = {n: int((shapely.distance(p, shapes) <= ELSEWHERE_M).sum()) for n, p in places.items()}
    return max(near, key=lambda name: (near[name], name == "kindergartens"))


def _middle(place: BaseGeometry, crs: CRS) -> LonLat:
    lon, lat = lonlat_transformer(crs).transform(place.centroid.x, place.centroid.y)
    return float(lon), float(lat)


def _likely_cause(there: LonLat, here: LonLat, declared: str) -> str:
    (lon, lat), (own_lon, own_lat) = there, here
    zones = round(abs(lon - own_lon) / ZONE_DEG)
    over = abs(abs(lon - own_lon) - zones * ZONE_DEG)
    if abs(lon - own_lat) + abs(lat - own_lon) < 2 * FITS_DEG:
        return "its longitude and latitude look swapped"
    if abs(lon) < 1.0 and abs(lat) < 1.0:
        return "it lies at 0, 0, which stands for positions that are missing"
    if fitting := next(_fitting(there, here, declared), ""):
        return fitting
    if zones and over < ZONE_TOLERANCE_DEG and abs(lat - own_lat) < ZONE_TOLERANCE_DEG:
        return (
            f"it is {zones * ZONE_DEG:.0f} degrees of longitude away at the same latitude: "
            "the central meridian (zone) of its crs or of the other layers' is wrong"
        )
    return "check its crs and the order of its coordinates"


def _fitting(there: LonLat, here: LonLat, declared: str) -> Iterator[str]:
    """The usual systems in which the layer's own numbers lie near the other layers."""
    try:
        was = parse_crs(declared).crs
    except InputError:
        return
    if was.is_geographic:
        return
    x, y = lonlat_transformer(was).transform(*there, direction="INVERSE")
    for crs in (was, *(parse_crs(f"EPSG:{code}").crs for code in _usual_codes(*here, was))):
        for numbers, swapped in (((x, y), ""), ((y, x), ", with x (east) and y (north) swapped")):
            lon, lat = lonlat_transformer(crs).transform(*numbers)
            if abs(lon - here[0]) < FITS_DEG and abs(lat - here[1]) < FITS_DEG:
                yield f"its numbers fit '{crs.name}' (EPSG:{crs.to_epsg()}){swapped}"


def _usual_codes(lon: float, lat: float, declared: CRS) -> list[int]:
    """Codes of what maps around a place are in: Gauss-Kruger zones, UTM, web maps.

    Zones are of the declared datum where it is one of China's, else of CGCS2000. What is nearest to
    the declaration comes first, because six-degree zones and UTM differ by a kilometre only.
    """
    datum = declared.geodetic_crs.to_epsg() if declared.geodetic_crs is not None else None
    china = []
    for zones in ZONES.get(datum or 0, ZONES[4490]):
        number = round((lon - FIRST_MERIDIAN) / zones.width_deg)
        if 0 <= number <= zones.last - zones.first:
            china += [zones.plain + number, zones.numbered + number]
    zone = int(np.clip((lon + 180.0) // 6.0 + 1, 1, 60))
    utm = [(32600 if lat >= 0 else 32700) + zone]
    return [*utm, *china, WEB_MERCATOR] if "UTM" in declared.name else [*china, *utm, WEB_MERCATOR]

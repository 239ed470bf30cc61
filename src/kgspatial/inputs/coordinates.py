"""Points from the coordinate columns of a table, and columns that look the wrong way round.

Imports from `angles`, `crs`, `planfile`, `problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.errors import InputError
from kgspatial.inputs.angles import read_coordinates, read_pairs
from kgspatial.inputs.crs import parse_crs
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.inputs.planfile import LayerInput

PAIRS = (("lon", "lat"), ("x", "y"))
TOGETHER = ("lon_lat", "lat_lon")

CHINA_LON, CHINA_LAT = (72.0, 138.0), (0.0, 56.0)
CHINA_NORTHING = (1.5e6, 6.2e6)
CHINA_EASTINGS = ((1e5, 9.5e5), (12e6, 47e6))
"""Eastings of Gauss-Kruger and UTM zones, without and with the zone's number in front."""


@dataclass(frozen=True)
class _Found:
    """Coordinates of each row (NaN where there are none), and the columns that they come from."""

    x: pd.Series
    y: pd.Series
    columns: tuple[str, ...]
    problems: list[Problem]


def with_points(
    table: pd.DataFrame, name: str, declared: LayerInput, path: Path
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the table with a point for each row that has both coordinates, without CRS.

    Parameters
    ----------
    table : DataFrame
        With ``lon`` and ``lat``, ``x`` (east) and ``y`` (north), or both in ``lon_lat`` or
        ``lat_lon``: decimal numbers, or degrees, minutes and seconds.
    name : str
        The layer, for messages.
    declared : LayerInput
        Its ``crs`` tells degrees from metres.
    path : Path
        The file, for messages.

    Raises
    ------
    InputError
        When there are no coordinate columns, or all rows have them the wrong way round.
    """
    found = _found(table, name, path)
    points = np.full(len(table), None, dtype=object)
    x, y = found.x.to_numpy("float64"), found.y.to_numpy("float64")
    given = np.isfinite(x) & np.isfinite(y)
    points[given] = shapely.points(x[given], y[given])
    turned = _turned(x, y, given, declared, found.columns, name, path)
    frame = gpd.GeoDataFrame(table, geometry=points)
    doubts = [_doubt(name, path, int(row), found.columns) for row in table.index[turned]]
    return frame, found.problems + doubts


def _found(table: pd.DataFrame, name: str, path: Path) -> _Found:
    pair = next((p for p in PAIRS if set(p) <= set(table.columns)), None)
    if pair is not None:
        x, first = read_coordinates(table[pair[0]], name, pair[0], path)
        y, second = read_coordinates(table[pair[1]], name, pair[1], path)
        return _Found(x, y, pair, first + second)
    together = next((c for c in TOGETHER if c in table.columns), None)
    if together is not None:
        x, y, problems = read_pairs(table[together], name, together, path)
        return _Found(x, y, (together,), problems)
    there = ", ".join(map(str, table.columns))
    raise InputError(
        f"no coordinate columns 'lon' and 'lat' (or 'x' and 'y', or 'lon_lat'); it has {there}",
        source=path,
        hint='Name them in the plan file: columns = { lon = "经度", lat = "纬度" }.',
    )


def _turned(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    given: NDArray[np.bool_],
    declared: LayerInput,
    columns: tuple[str, ...],
    name: str,
    path: Path,
) -> NDArray[np.bool_]:
    """Which rows look as if their two coordinates stood in each other's column.

    By magnitude, in China only. All rows: refused with what to write. Some: for a person to look at.
    """
    degrees = declared.crs is None or parse_crs(declared.crs, source=str(path)).crs.is_geographic
    if degrees:
        turned = _between(x, CHINA_LAT) & _between(y, CHINA_LON)
    else:
        east = np.logical_or(*(_between(y, span) for span in CHINA_EASTINGS))
        turned = _between(x, CHINA_NORTHING) & east
        _refuse_degrees(x, y, given, declared, name, path)
    if given.any() and turned[given].all():
        raise _wrong_way_round(columns, declared, path, degrees=bool(degrees))
    return turned & given


def _between(values: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= span[0]) & (values <= span[1])


def _refuse_degrees(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    given: NDArray[np.bool_],
    declared: LayerInput,
    name: str,
    path: Path,
) -> None:
    small = (np.abs(x) <= 180.0) & (np.abs(y) <= 180.0) & ~((x == 0.0) & (y == 0.0))
    if given.any() and small[given].all():
        raise InputError(
            f"the coordinates of the layer '{name}' are degrees, but '{declared.crs}' has metres",
            source=path,
            hint='Write crs = "EPSG:4490" (or "EPSG:4326", "GCJ-02", ...) beside its path.',
        )


def _wrong_way_round(
    columns: tuple[str, ...], declared: LayerInput, path: Path, *, degrees: bool
) -> InputError:
    what = "longitude and latitude" if degrees else "x (east) and y (north)"
    if len(columns) == 2:
        first, second = (_own_name(c, declared) for c in columns)
        fix = f'columns = {{ {columns[0]} = "{second}", {columns[1]} = "{first}" }}'
    else:
        other = next(c for c in TOGETHER if c not in columns)
        fix = f'columns = {{ {other} = "{_own_name(columns[0], declared)}" }}'
    return InputError(
        f"{what} look swapped in every row",
        source=path,
        column=columns[0],
        hint=f"If they are, write in the plan file: {fix}.",
    )


def _own_name(canonical: str, declared: LayerInput) -> str:
    return (declared.columns or {}).get(canonical, canonical)


def _doubt(name: str, path: Path, row: int, columns: tuple[str, ...]) -> Problem:
    text = "its coordinates look swapped, unlike those of other rows"
    done = "used as they are; correct them in the file"
    return Problem(name, "swapped", text, done, "warning", str(path), row, columns[0])

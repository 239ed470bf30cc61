"""Points from the coordinate columns of a table, and columns that look the wrong way round.

Imports from `angles`, `zones`, `crs`, `headers`, `planfile`, `problems` and `errors`.
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
from kgspatial.inputs.columns.headers import FILE_COLUMNS, OWN_NAMES
from kgspatial.inputs.coordinates.angles import read_coordinates, read_pairs
from kgspatial.inputs.coordinates.crs import WGS84, DeclaredCrs, parse_crs
from kgspatial.inputs.coordinates.zones import MOST, swapped
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput

DEGREES, METRES, TOGETHER = ("lon", "lat"), ("x", "y"), ("lon_lat", "lat_lon")
SHIFTED_WORDS = {
    "GCJ-02": ("gcj", "高德", "火星", "腾讯", "amap"),
    "BD-09": ("bd09", "bd-09", "bd_09", "百度", "baidu"),
}
"""Words in the name of a coordinate column that tell a web map's system."""


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
        ``lat_lon``: decimal numbers, or degrees, minutes and seconds. Where it has several of
        these, the declared system decides between degrees and metres.
    name : str
        The layer, for messages.
    declared : LayerInput
        Its ``crs`` tells degrees from metres.
    path : Path
        The file, for messages.

    Returns
    -------
    frame : GeoDataFrame
        The same rows; those without coordinates have no point.
    problems : list of Problem
        What was converted, what cannot be read, which rows look swapped, and coordinates of a
        web map that is not the declared system.

    Raises
    ------
    InputError
        When there are no coordinate columns, or most rows have them the wrong way round.
    """
    system = parse_crs(declared.crs, source=str(path)) if declared.crs is not None else None
    found = _found(table, system, name, path)
    points = np.full(len(table), None, dtype=object)
    x, y = found.x.to_numpy("float64"), found.y.to_numpy("float64")
    given = np.isfinite(x) & np.isfinite(y)
    points[given] = shapely.points(x[given], y[given])
    turned = np.zeros(len(table), dtype=bool)
    turned[given] = swapped(x[given], y[given], system.crs if system is not None else WGS84)
    own = [_own_name(table, c) for c in found.columns]
    if given.any() and turned[given].mean() > MOST:
        raise _wrong_way_round(found.columns, own, int(turned.sum()), int(given.sum()), path)
    frame = gpd.GeoDataFrame(table, geometry=points)
    doubts = [_doubt(name, path, int(row), own) for row in table.index[turned]]
    return frame, found.problems + doubts + _other_map(own, system, declared, name, path)


def _own_name(table: pd.DataFrame, canonical: str) -> str:
    """What the file calls a column."""
    return str(table.attrs.get(OWN_NAMES, {}).get(canonical, canonical))


def _found(table: pd.DataFrame, system: DeclaredCrs | None, name: str, path: Path) -> _Found:
    pairs = [DEGREES, METRES]
    if system is not None and not system.crs.is_geographic:
        pairs.reverse()
    options: list[tuple[str, ...]] = [p for p in pairs if set(p) <= set(table.columns)]
    options += [(c,) for c in TOGETHER if c in table.columns]
    if not options:
        there = ", ".join(table.attrs.get(FILE_COLUMNS, map(str, table.columns)))
        raise InputError(
            f"no coordinate columns 'lon' and 'lat' (or 'x' and 'y', or 'lon_lat'); it has {there}",
            source=path,
            hint='Name them in the plan file: columns = { lon = "经度", lat = "纬度" }.',
        )
    columns = next((o for o in options if table[list(o)].notna().all(axis=1).any()), options[0])
    problems = _set_aside(table, columns, [o for o in options if o != columns], name, path)
    if len(columns) == 2:
        x, first = read_coordinates(table[columns[0]], name, columns[0], path)
        y, second = read_coordinates(table[columns[1]], name, columns[1], path)
        return _Found(x, y, columns, problems + first + second)
    x, y, found = read_pairs(table[columns[0]], name, columns[0], path)
    return _Found(x, y, columns, problems + found)


def _set_aside(
    table: pd.DataFrame,
    columns: tuple[str, ...],
    others: list[tuple[str, ...]],
    name: str,
    path: Path,
) -> list[Problem]:
    if not others:
        return []
    taken = " and ".join(f"'{_own_name(table, c)}'" for c in columns)
    unused = ", ".join(f"'{_own_name(table, c)}'" for other in others for c in other)
    text = f"the coordinates are read from {taken}; {unused} are not used"
    done = "read as such, as the declared system says; columns = { ... } changes it"
    return [Problem(name, "columns_ambiguous", text, done, "note", str(path))]


def _wrong_way_round(
    columns: tuple[str, ...], own: list[str], turned: int, given: int, path: Path
) -> InputError:
    what = "x (east) and y (north)" if columns == METRES else "longitude and latitude"
    if len(columns) == 2:
        fix = f'columns = {{ {columns[0]} = "{own[1]}", {columns[1]} = "{own[0]}" }}'
    else:
        other = next(c for c in TOGETHER if c not in columns)
        fix = f'columns = {{ {other} = "{own[0]}" }}'
    rows = "every row" if turned == given else f"{turned} of {given} rows"
    return InputError(
        f"{what} look swapped in {rows}",
        source=path,
        column=own[0],
        hint=f"If they are, write in the plan file: {fix}.",
    )


def _doubt(name: str, path: Path, row: int, own: list[str]) -> Problem:
    text = "its coordinates look swapped, unlike those of other rows"
    done = "used as they are; exchange them in the file"
    return Problem(name, "swapped", text, done, "warning", str(path), row, own[0])


def _other_map(
    own: list[str], system: DeclaredCrs | None, declared: LayerInput, name: str, path: Path
) -> list[Problem]:
    """A column called 百度经度 is hardly in CGCS2000, which is a kilometre away."""
    if system is None:
        return []
    for shifted, words in SHIFTED_WORDS.items():
        column = next((c for c in own if any(w in c.casefold() for w in words)), None)
        if column is not None and system.shifted != shifted:
            text = f"its name says {shifted}, but the plan file declares '{declared.crs}'"
            done = f'read as declared; crs = "{shifted}" changes it'
            return [Problem(name, "crs_doubt", text, done, "warning", str(path), None, column)]
    return []

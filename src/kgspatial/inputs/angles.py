"""Texts to coordinates: decimal numbers, degrees with minutes and seconds, two in one cell.

Imports from `aliases` and `problems`.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from kgspatial.inputs.aliases import means_missing
from kgspatial.inputs.problems import Problem

EXPECTED = "expected a coordinate such as 117.6471 or 117°38'49.6\""

_HEMISPHERE = {
    **dict.fromkeys(("e", "东经", "东"), ("lon", 1.0)),
    **dict.fromkeys(("w", "西经", "西"), ("lon", -1.0)),
    **dict.fromkeys(("n", "北纬", "北"), ("lat", 1.0)),
    **dict.fromkeys(("s", "南纬", "南"), ("lat", -1.0)),
}
_SIDE = "[ewns]|[东西]经?|[南北]纬?"
_ANGLE = re.compile(
    rf"(?P<before>{_SIDE})?[:\s]*(?P<sign>[+-]?)(?P<deg>\d+(?:\.\d*)?|\.\d+)\s*(?:(?:°|º|˚|o|度|d)\s*"
    r"(?:(?P<min>\d+(?:\.\d*)?)\s*(?:'|′|’|‘|`|分|m)\s*"
    r"(?:(?P<sec>\d+(?:\.\d*)?)\s*(?:\"|''|′′|″|”|“|’’|秒|s)?\s*)?)?)?"
    rf"(?P<after>{_SIDE})?"
)
_BETWEEN = re.compile(r"\s*[,;、|/]\s*|\s+")
_WRAPPED = re.compile(r"^(?:point)?\s*[(\[{]\s*(.*?)\s*[)\]}]$", re.IGNORECASE)


class _Angle(NamedTuple):
    value: float
    axis: str
    """``lon`` or ``lat`` where the text says so."""


def read_coordinates(
    cells: pd.Series, layer: str, column: str, path: Path
) -> tuple[pd.Series, list[Problem]]:
    """Numbers of one coordinate column, NaN where there is none, with what was found."""
    numbers = pd.to_numeric(cells, errors="coerce").astype("float64")
    texts = cells[numbers.isna() & cells.notna()].astype(str)
    if texts.empty:
        return numbers, []
    angles = {t: _angle(t) for t in texts.unique()}
    read = {t: a.value for t, a in angles.items() if a and a.axis in ("", column)}
    numbers[texts.index] = texts.map(lambda t: read.get(t, np.nan)).astype("float64")
    return numbers, _reports(texts, set(read), layer, column, path, numbers)


def read_pairs(
    cells: pd.Series, layer: str, column: str, path: Path
) -> tuple[pd.Series, pd.Series, list[Problem]]:
    """Longitudes and latitudes from cells that hold both, NaN where there is none."""
    texts = cells.dropna().astype(str)
    order = ("lon", "lat") if column == "lon_lat" else ("lat", "lon")
    read = {t: pair for t in texts.unique() if (pair := _pair(t, order)) is not None}
    x = cells.map(lambda t: read.get(str(t), (np.nan, np.nan))[0]).astype("float64")
    y = cells.map(lambda t: read.get(str(t), (np.nan, np.nan))[1]).astype("float64")
    plain = re.compile(r"[\s\d.,;+-]+")
    noted = texts[~texts.map(lambda t: plain.fullmatch(t) is not None and t in read).astype(bool)]
    return x, y, _reports(noted, set(read), layer, column, path, x)


def _reports(
    texts: pd.Series,
    read: set[str],
    layer: str,
    column: str,
    path: Path,
    numbers: pd.Series,
) -> list[Problem]:
    """One note on what was converted, one warning for each cell that cannot be read."""
    source, converted = str(path), texts[texts.isin(list(read))]
    problems = []
    if len(converted):
        example = f"{converted.iloc[0]} is {numbers[converted.index[0]]:.8g}"
        text = f"{len(converted)} coordinates are not plain numbers, such as {example}"
        problems.append(
            Problem(layer, "numbers_converted", text, "converted", "note", source, column=column)
        )
    lost = texts[~texts.isin(list(read)) & ~texts.map(means_missing).astype(bool)]
    lost = lost[lost.str.strip() != ""]
    done = "taken as missing"
    return problems + [
        Problem(layer, "not_a_value", EXPECTED, done, "warning", source, int(row), column, text)
        for row, text in zip(lost.index, lost, strict=True)
    ]


def _pair(text: str, order: tuple[str, str]) -> tuple[float, float] | None:
    plain = _normal(text)
    plain = match[1] if (match := _WRAPPED.match(plain)) else plain
    parts = [p for p in _BETWEEN.split(plain) if p]
    if len(parts) != 2:
        found = list(_ANGLE.finditer(plain))
        rest = _BETWEEN.sub("", _ANGLE.sub("", plain))
        parts = [m[0].strip() for m in found] if len(found) == 2 and not rest else []
    angles = [a for p in parts if (a := _angle(p)) is not None]
    if len(angles) != 2:
        return None
    axes = [a.axis or expected for a, expected in zip(angles, order, strict=True)]
    if set(axes) != {"lon", "lat"}:
        return None
    values = {axis: a.value for axis, a in zip(axes, angles, strict=True)}
    return values["lon"], values["lat"]


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _angle(text: str) -> _Angle | None:
    """One coordinate; None when the text is none, or its minutes or seconds reach 60."""
    match = _ANGLE.fullmatch(_normal(text))
    if match is None:
        return None
    minutes, seconds = float(match["min"] or 0), float(match["sec"] or 0)
    side = match["before"] or match["after"] or ""
    if minutes >= 60 or seconds >= 60 or (match["before"] and match["after"]):
        return None
    axis, sign = _HEMISPHERE.get(side, ("", 1.0))
    value = float(match["deg"]) + minutes / 60 + seconds / 3600
    return _Angle(-value * sign if match["sign"] == "-" else value * sign, axis)

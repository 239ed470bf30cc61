"""Texts to coordinates: decimal numbers, degrees with minutes and seconds, two in one cell.

Imports from `aliases`, `numbers` and `problems`.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kgspatial.inputs.columns.aliases import means_missing
from kgspatial.inputs.columns.numbers import read_numbers
from kgspatial.inputs.problems import Problem

EXPECTED = "expected a coordinate such as 117.6471 or 117°38'49.6\""

_SIDES = {
    **dict.fromkeys(("e", "东经", "东", "经度", "lon", "lng"), ("lon", 1.0)),
    **dict.fromkeys(("w", "西经", "西"), ("lon", -1.0)),
    **dict.fromkeys(("n", "北纬", "北", "纬度", "lat"), ("lat", 1.0)),
    **dict.fromkeys(("s", "南纬", "南"), ("lat", -1.0)),
}
_LOOKALIKES = str.maketrans(
    {"˚": "°", "º": "°", "´": "'", "ʹ": "'", "ʺ": '"', "′": "'", "″": '"', "\u2212": "-"}
    | dict.fromkeys("’‘`", "'")
    | dict.fromkeys("”“", '"')
)
"""Signs that NFKC would take apart or leave as they are."""

_SIDE = "[ewns]|[东西]经?|[南北]纬?|经度|纬度|lon|lng|lat"
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_FRAME = rf"(?P<before>{_SIDE})?[:\s]*(?P<sign>[+-]?)(?P<deg>{_NUMBER})%s\s*(?P<after>{_SIDE})?"
_WITH_SIGNS = (
    rf"(?:\s*[°度](?:\s*(?P<min>{_NUMBER})\s*['分](?:\s*(?P<sec>{_NUMBER})\s*(?:\"|''|秒)?)?)?)?"
)
_WITH_LETTERS = rf"\s*d\s*(?P<min>{_NUMBER})\s*m(?:\s*(?P<sec>{_NUMBER})\s*s)?"
_WITH_SPACES = r"(?P<between>[-:\s])(?P<min>\d{1,2})(?P=between)(?P<sec>\d{1,2}(?:\.\d*)?)\"?"
_FORMS = tuple(re.compile(_FRAME % form) for form in (_WITH_SIGNS, _WITH_LETTERS, _WITH_SPACES))
_RUN_ON = tuple(
    re.compile(form)
    for form in (
        rf"(?:{_SIDE})[:\s]*(?:{_NUMBER})(?:\s*[°度'分\"秒]+\s*(?:{_NUMBER})?)*",
        rf"(?:{_NUMBER})(?:\s*[°度'分\"秒]+\s*(?:{_NUMBER})?)*\s*(?:{_SIDE})",
    )
)
"""Two coordinates without anything between them, told apart by their sides."""
_BETWEEN = (re.compile(r"\s*[,;、|/]\s*"), re.compile(r"\s+"))
_WRAPPED = re.compile(r"^(?:point)?\s*[(\[{]\s*(.*?)\s*[)\]}]$")
_PLAIN_PAIR = (
    rf"^\s*[(\[]?\s*([+-]?(?:{_NUMBER}))(?:\s*[,;，；、|/]\s*|\s+)([+-]?(?:{_NUMBER}))\s*[)\]]?\s*$"
)


class _Angle(NamedTuple):
    value: float
    axis: str
    """``lon`` or ``lat`` where the text says so."""


def read_coordinates(
    cells: pd.Series, layer: str, column: str, path: Path
) -> tuple[pd.Series, list[Problem]]:
    """Read one column of coordinates.

    Parameters
    ----------
    cells : Series
        Numbers, or texts of degrees (decimal, or with minutes and seconds) or metres.
    layer : str
        For messages.
    column : str
        ``lon``, ``lat``, ``x`` or ``y``: a text that says 北纬 is no longitude.
    path : Path
        For messages.

    Returns
    -------
    numbers : Series
        NaN where there is no coordinate.
    problems : list of Problem
        One note on what was converted, one warning for each text that cannot be read.
    """
    numbers = pd.to_numeric(cells, errors="coerce").astype("float64")
    texts = cells[numbers.isna() & cells.notna()].astype(str)
    if texts.empty:
        return numbers, []
    if column in ("x", "y"):
        read = read_numbers(texts, "m").values.dropna()
    else:
        angles = {t: _angle(_normal(t)) for t in texts.unique()}
        values = {t: a.value for t, a in angles.items() if a and a.axis in ("", column)}
        read = texts.map(values).dropna()
    numbers[read.index] = read.astype("float64")
    return numbers, _reports(texts, numbers, layer, column, path)


def read_pairs(
    cells: pd.Series, layer: str, column: str, path: Path
) -> tuple[pd.Series, pd.Series, list[Problem]]:
    """Longitudes and latitudes from cells that hold both, NaN where there is none.

    Parameters
    ----------
    cells : Series
        Texts such as ``117.65,24.51`` or ``N24°30′ E117°39′``.
    layer, path : str and Path
        For messages.
    column : str
        ``lon_lat`` or ``lat_lon``: which comes first where a text does not say it.
    """
    texts = cells.dropna().astype(str)
    order = ("lon", "lat") if column == "lon_lat" else ("lat", "lon")
    found = texts.str.extract(_PLAIN_PAIR).astype("float64").set_axis(list(order), axis=1)
    rest = texts[found["lon"].isna()]
    read = {t: pair for t in rest.unique() if (pair := _pair(t, order)) is not None}
    known = rest[rest.isin(list(read))]
    both = pd.DataFrame(
        [read[t] for t in known], index=known.index, columns=["lon", "lat"], dtype="float64"
    )
    found = pd.concat([found.drop(known.index), both]).reindex(cells.index)
    return found["lon"], found["lat"], _reports(rest, found["lon"], layer, column, path)


def _reports(
    texts: pd.Series, numbers: pd.Series, layer: str, column: str, path: Path
) -> list[Problem]:
    """One note on what was converted, one warning for each cell that cannot be read."""
    source, problems = str(path), []
    read = numbers[texts.index].notna()
    if read.any():
        first = texts.index[int(read.to_numpy().argmax())]
        example = f"{texts[first].strip()} is {numbers[first]:.10g}"
        text = f"{int(read.sum())} coordinates are not plain numbers, such as {example}"
        problems.append(
            Problem(layer, "numbers_converted", text, "converted", "note", source, column=column)
        )
    lost = texts[~read & (texts.str.strip() != "")]
    lost = lost[~lost.map(means_missing).astype(bool)]
    done = "taken as missing"
    return problems + [
        Problem(layer, "not_a_value", EXPECTED, done, "warning", source, int(row), column, text)
        for row, text in zip(lost.index, lost, strict=True)
    ]


def _pair(text: str, order: tuple[str, str]) -> tuple[float, float] | None:
    plain = _normal(text)
    plain = match[1] if (match := _WRAPPED.match(plain)) else plain
    angles = _two_angles(plain)
    if angles is None:
        return None
    axes = [a.axis or expected for a, expected in zip(angles, order, strict=True)]
    if set(axes) != {"lon", "lat"}:
        axes = [a.axis or _other(b.axis) for a, b in zip(angles, reversed(angles), strict=True)]
    values = {axis: a.value for axis, a in zip(axes, angles, strict=True)}
    return (values["lon"], values["lat"]) if set(values) == {"lon", "lat"} else None


def _other(axis: str) -> str:
    return {"lon": "lat", "lat": "lon"}.get(axis, "")


def _two_angles(text: str) -> list[_Angle] | None:
    """Two coordinates in one text: parted by a sign, by a blank, or one straight after the other."""
    for between in _BETWEEN:
        parts = [p for p in between.split(text) if p]
        if len(parts) == 2:
            angles = [a for p in parts if (a := _angle(p)) is not None]
            return angles if len(angles) == 2 else None
    for form in _RUN_ON:
        parts = form.findall(text)
        angles = [a for p in parts if (a := _angle(p.strip())) is not None]
        if len(angles) == len(parts) == 2 and not form.sub("", text).strip():
            return angles
    return None


def _normal(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_LOOKALIKES)).translate(_LOOKALIKES)
    return plain.strip().casefold().removeprefix("'")


def _angle(text: str) -> _Angle | None:
    """One coordinate; None when the text is none, or its minutes or seconds reach 60."""
    match = next((m for form in _FORMS if (m := form.fullmatch(text))), None)
    if match is None:
        return None
    minutes, seconds = float(match["min"] or 0), float(match["sec"] or 0)
    if (match["min"] and "." in match["deg"]) or (match["sec"] and "." in match["min"]):
        return None
    side = match["before"] or match["after"] or ""
    if minutes >= 60 or seconds >= 60 or (match["before"] and match["after"]):
        return None
    if side and match["sign"]:
        return None  # nobody knows what the minus of 12.5° S would mean
    axis, sign = _SIDES.get(side, ("", 1.0))
    value = float(match["deg"]) + minutes / 60 + seconds / 3600
    return _Angle(-value * sign if match["sign"] == "-" else value * sign, axis)

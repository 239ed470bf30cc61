"""Cell texts to numbers: separators, units in the cell, Chinese numerals, shares and years.

Imports from `aliases`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kgspatial.inputs.columns.aliases import means_missing, unit_key, units_of

_ABOUT = re.compile(r"^(?:大约|约|近|共|共计|≈|~|about )\s*|\s*(?:左右|上下|余|多)$")
_NUMBER = re.compile(
    r"([+-]?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)(?!\d)\s*(.*)", re.DOTALL
)
_DATE = re.compile(
    r"((?:19|20)\d{2})(?:[-./年]\s*(0?[1-9]|1[0-2])(?:[-./月](?:\s*\d{1,2}日?)?)?|(?:0[1-9]|1[0-2])"
    r"(?:[0-2]\d|3[01])?)?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-"})
"""Minus and hyphens that NFKC leaves as they are."""

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DIGITS = {c: i % 10 for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_SPOKEN_YEAR = re.compile(r"^(?:一九|二[〇零○])[〇零○一二三四五六七八九]{2}")
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile(
    r"([零〇一二两三四五六七八九十百千]*万?[零〇一二两三四五六七八九十百千]*)(.*)", re.DOTALL
)


@dataclass(frozen=True)
class Numbers:
    """What a column's cells say, aligned to it.

    ``values`` are floats (missing where nothing can be read), ``converted`` marks cells that are
    more than a plain number and were understood, ``missing`` those that say there is none (无, -).
    """

    values: pd.Series
    converted: pd.Series
    missing: pd.Series


def read_numbers(cells: pd.Series, unit: str, factor: float = 1.0) -> Numbers:
    """Read a column of numbers.

    Parameters
    ----------
    cells : Series
        Numbers, texts, dates, or a mixture.
    unit : str
        The column's unit as its schema names it: it decides which units a cell may carry.
    factor : float
        What a number without a unit of its own is multiplied by (the unit in the header).

    Returns
    -------
    Numbers
        In the column's unit.

    Examples
    --------
    >>> read_numbers(pd.Series(["2.5亩", "1,200", "３"]), "m2").values.round(1).tolist()
    [1666.7, 1200.0, 3.0]
    """
    none = pd.Series(False, index=cells.index)
    if pd.api.types.is_numeric_dtype(cells.dtype) and unit != "year":
        numbers = cells.astype("float64")
        return Numbers((numbers * factor).where(np.isfinite(numbers)), none, none)
    plain = pd.to_numeric(cells.astype("string").str.strip(), errors="coerce").astype("Float64")
    numbers = pd.Series(plain.to_numpy("float64", na_value=np.nan), index=cells.index)
    numbers = numbers.where(np.isfinite(numbers)) * factor
    written = cells.map(lambda c: isinstance(c, str) and bool(c.strip()))
    open_ = written & numbers.isna() if unit != "year" else cells.notna() & ~_is_year(numbers)
    if not open_.any():
        return Numbers(numbers, none, none)
    found = {text: _cell(text, unit, factor) for text in cells[open_].map(_as_written).unique()}
    texts = cells[open_].map(_as_written)
    numbers[open_] = texts.map(lambda t: found[t]).astype("float64").fillna(numbers[open_])
    missing = none.copy()
    missing[open_] = texts.map(means_missing).astype(bool)
    converted = none.copy()
    converted[open_] = texts.map(lambda t: not np.isnan(found[t])).astype(bool)
    return Numbers(numbers, converted | missing, missing)


def _is_year(numbers: pd.Series) -> pd.Series:
    return numbers.between(1000, 9999) & (numbers % 1 == 0)


def _as_written(cell: Any) -> str:
    """Numbers as a person would write them: 2019.09 is a month, whether text or number."""
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell)


def _cell(text: str, unit: str, factor: float) -> float:
    plain = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip().removeprefix("'")
    if unit == "year":
        return _year(plain)
    plain = _ABOUT.sub("", plain)
    if match := _NUMBER.fullmatch(plain):
        number, own = float(re.sub(r"[, ]", "", match[1])), match[2]
    elif (spoken := _numeral(plain)) is not None:
        number, own = spoken
        if unit == "10,000 yuan" and not own and "万" in plain:
            own = "元"  # 三百万 is money, not three million times 10,000
    else:
        return np.nan
    own = unit_key(_ABOUT.sub("", own.strip()).strip("()"))
    return number * (units_of(unit).get(own, np.nan) if own else factor)


def _year(text: str) -> float:
    """The year of a date, or the one year that a text names."""
    text = _SPOKEN_YEAR.sub(lambda m: "".join(str(_DIGITS[c]) for c in m[0]), text)
    if match := _DATE.fullmatch(text):
        return float(match[1])
    years = _YEAR.findall(text)
    only = len(years) == 1 and len(re.findall(r"\d+", text)) == 1
    return float(years[0]) if only and ("." not in text and "-" not in text) else np.nan


def _numeral(text: str) -> tuple[float, str] | None:
    """A number in Chinese numerals up to 万, and what follows it; None when there is none."""
    match = _NUMERAL.fullmatch(text)
    if match is None or not any(c in _DIGITS or c == "十" for c in match[1]):
        return None
    high, wan, low = match[1].partition("万")
    parts = [_below_wan(part) for part in ((high, low) if wan else (high,))]
    if None in parts:
        return None
    numbers = [float(p) for p in parts if p is not None]
    return (numbers[0] * 10_000 + numbers[1] if wan else numbers[0]), match[2]


def _below_wan(text: str) -> int | None:
    """三百六十 is 360; None for what no one would write (二三, 百十千)."""
    total, digit, last = 0, None, 10_000
    for sign in text:
        if sign in _TENS:
            if _TENS[sign] >= last:
                return None
            last = _TENS[sign]
            total += (1 if digit is None else digit) * last
            digit = None
        elif digit not in (None, 0):
            return None
        else:
            digit = _DIGITS[sign]
    return total + (digit or 0)

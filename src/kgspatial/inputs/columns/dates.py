"""Cells to dates: as ISO 8601, in Chinese, from workbooks, with or without a day.

Imports from `aliases`.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import pandas as pd

from kgspatial.inputs.columns.aliases import means_missing

_YEAR = r"((?:19|20)\d{2})"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_WRITTEN = (
    re.compile(rf"{_YEAR}\s*[-./年]\s*(\d{{1,2}})\s*[-./月]\s*(\d{{1,2}})\s*[日号]?前?{_TIME}"),
    re.compile(rf"{_YEAR}(\d{{2}})(\d{{2}})"),
    re.compile(rf"{_YEAR}\s*[-./年]\s*(\d{{1,2}})\s*(?:月(?:底前?)?)?()"),
    re.compile(rf"{_YEAR}(\d{{2}})()"),
    re.compile(rf"{_YEAR}\s*(?:年(?:底前?)?)?()()"),
)
"""A day, in words or in eight digits; a month, in words or in six; a year. 6月前 is none of them:
it may mean the end of May."""

DECEMBER = 12


@dataclass(frozen=True)
class Dates:
    """What a column's cells say, aligned to it.

    ``values`` are texts such as 2025-03-31 (None where nothing can be read), ``converted`` marks
    cells written otherwise and understood, ``missing`` those that say there is none (无, -).
    """

    values: pd.Series
    converted: pd.Series
    missing: pd.Series


def read_dates(cells: pd.Series) -> Dates:
    """Read a column of dates.

    A month stands for its last day and a year for 31 December, as a time limit means it.

    Parameters
    ----------
    cells : Series
        Texts, dates, or a mixture.

    Examples
    --------
    >>> read_dates(pd.Series(["2025年3月31日", "2025.2", "20250630", "soon"])).values.tolist()
    ['2025-03-31', '2025-02-28', '2025-06-30', None]
    """
    texts = cells.map(_as_written, na_action="ignore").astype(object)
    texts = texts.where(texts.notna() & (texts != ""), None)
    given = [text for text in texts.unique() if text is not None]
    found = {text: date_of(text) for text in given}
    values = texts.map(found.get, na_action="ignore").astype(object)
    values = values.where(values.notna(), None)
    plain = {text for text in given if found[text] is not None and text[:10] == found[text]}
    missing = texts.isin([text for text in given if means_missing(text)]) & values.isna()
    return Dates(values, values.notna() & ~texts.isin(list(plain)), missing)


def date_of(text: str) -> str | None:
    """Return the date that a text names as ISO 8601, or None where it names none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    match = next((m for rule in _WRITTEN if (m := rule.fullmatch(plain))), None)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2] or DECEMBER)
    if not 1 <= month <= DECEMBER:
        return None
    last = calendar.monthrange(year, month)[1]
    day = int(match[3] or last)
    return date(year, month, day).isoformat() if 1 <= day <= last else None


def _as_written(cell: object) -> str:
    """A number such as 2025 or 20250331 without the '.0' that a column with gaps gives it.

    2025.1 as a number may have been October: it stays a text that names no date.
    """
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell % 1 == 0 else f"{cell!r} as a number"
    return str(cell).strip()

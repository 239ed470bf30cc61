"""Cells to typed columns: numbers, years, dates, flags, codes and texts, with what was converted.

Imports from `aliases`, `dates`, `numbers`, `problems` and `layers`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from kgspatial.inputs.columns.aliases import coded, has_codes, means_missing
from kgspatial.inputs.columns.dates import read_dates
from kgspatial.inputs.columns.numbers import read_numbers
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgspatial.layers import Column

EXACT_FLOATS = 2.0**53
"""Below this a float holds every whole number exactly."""

EXPECTED = {
    "flag": "true or false (是/否)",
    "integer": "a whole number",
    "number": "a number",
    "date": "a date such as 2025-03-31",
}
ROWS_SHOWN, WORDS_SHOWN = 10, 8

_BETWEEN = re.compile(r"[、，,;；/／+|\n]+|和|及")
"""What stands between several words in a cell."""

SEPARATOR = ";"


def typed_column(
    cells: pd.Series, column: Column, layer: str, source: str
) -> tuple[pd.Series, list[Problem]]:
    """Read a column's cells as its schema types them.

    Parameters
    ----------
    cells : Series
        As in the file; its index is the row as the user counts it.
    column : Column
        Type, unit and codes.
    layer, source : str
        For the problem table.

    Returns
    -------
    values : Series
        Floats, booleans or texts, missing where a cell says nothing that can be read.
    problems : list of Problem
        One note on what was converted, one on cells that say there is nothing, one warning for
        each cell that cannot be read. Limits and codes are checked later.
    """
    say = _Reporter(cells, column.name, layer, source)
    if column.codes:
        return _several_codes(as_text(cells), column, say)
    if column.kind == "date":
        return _dates(cells, say)
    if column.kind == "text":
        return (
            _codes(as_text(cells), column.name, say)
            if has_codes(column.name)
            else _texts(cells, column, say)
        )
    if column.kind == "flag":
        return _flags(cells, say)
    return _numbers(cells, column, say)


class _Reporter:
    """Findings about the cells of one column."""

    def __init__(self, cells: pd.Series, column: str, layer: str, source: str) -> None:
        self.cells, self.column, self.layer, self.source = cells, column, layer, source

    def converted(self, which: pd.Series, shown: Callable[[Any], str]) -> list[Problem]:
        """One note on all cells that are more than a plain value, with the first as an example."""
        rows = self.cells.index[which]
        if not len(rows):
            return []
        text = f"{len(rows)} cells are not plain, such as {str(self.cells[rows[0]]).strip()}"
        text += f", read as {shown(rows[0])}"
        return [self._problem("numbers_converted", text, "converted", "note", rows)]

    def missing(self, which: pd.Series) -> list[Problem]:
        """One note on all cells that say in words that there is nothing."""
        rows = self.cells.index[which]
        if not len(rows):
            return []
        text = f"{len(rows)} cells say that there is nothing ({str(self.cells[rows[0]]).strip()})"
        return [self._problem("no_value", text, "taken as missing", "note", rows)]

    def coded(self, pairs: dict[str, str]) -> list[Problem]:
        """One note on the words that were understood as codes."""
        if not pairs:
            return []
        shown = ", ".join(f"{w} = {c}" for w, c in list(pairs.items())[:WORDS_SHOWN])
        more = f" and {len(pairs) - WORDS_SHOWN} more" if len(pairs) > WORDS_SHOWN else ""
        text = f"words understood: {shown}{more}"
        return [
            Problem(
                *(self.layer, "values_recognised", text, "read as such", "note", self.source),
                column=self.column,
            )
        ]

    def unread(self, which: pd.Series, expected: str) -> list[Problem]:
        """One warning for each cell that cannot be read."""
        return [
            Problem(
                *(self.layer, "not_a_value", f"expected {expected}", "value left out", "warning"),
                *(self.source, int(row), self.column, str(self.cells[row])),
            )
            for row in self.cells.index[which]
        ]

    def _problem(self, code: str, text: str, done: str, severity: str, rows: pd.Index) -> Problem:
        more = ", ..." if len(rows) > ROWS_SHOWN else ""
        value = f"rows {', '.join(map(str, rows[:ROWS_SHOWN]))}{more}" if len(rows) > 1 else ""
        return Problem(
            *(self.layer, code, text, done, severity, self.source, int(rows[0])),  # type: ignore[arg-type]
            column=self.column,
            value=value or str(self.cells[rows[0]]),
        )


def as_text(cells: pd.Series) -> pd.Series:
    """Texts without surrounding blanks; whole floats lose their '.0', as ids in tables often have."""
    if pd.api.types.is_float_dtype(cells.dtype):
        given = cells.dropna()
        if given.abs().lt(EXACT_FLOATS).all() and (given % 1 == 0).all():
            cells = cells.astype("Int64")
    text = cells.astype("string").str.strip()
    return text.mask(text == "").astype(object).where(text.notna() & (text != ""), None)


def given_cells(cells: pd.Series) -> pd.Series:
    """Which cells hold anything but blanks."""
    return cells.notna() & (cells.astype("string").str.strip() != "").fillna(False)


def _texts(cells: pd.Series, column: Column, say: _Reporter) -> tuple[pd.Series, list[Problem]]:
    """Texts, None for 无 and the like; an id or another required text may be written as it likes."""
    texts = as_text(cells)
    if column.required:
        return texts, []
    words = [w for w in texts.dropna().unique() if means_missing(w)]
    nothing = texts.isin(words)
    return texts.where(~nothing, None), say.missing(nothing)


def _codes(texts: pd.Series, kind: str, say: _Reporter) -> tuple[pd.Series, list[Problem]]:
    """Codes for the words that stand for one; other words stay, for the check of codes to list."""
    words = texts.dropna().unique()
    codes = {word: code for word in words if (code := coded(word, kind)) is not None}
    nothing = texts.map(lambda t: t not in codes and means_missing(t), na_action="ignore")
    nothing = nothing.astype("boolean").fillna(False).astype(bool)
    read = texts.map(lambda t: codes.get(t, t), na_action="ignore")
    read = read.astype(object).where(read.notna() & ~nothing, None)
    pairs = {word: code for word, code in codes.items() if word != code}
    return read, say.coded(pairs) + say.missing(nothing)


def _several_codes(
    texts: pd.Series, column: Column, say: _Reporter
) -> tuple[pd.Series, list[Problem]]:
    """Codes in the schema's order, joined by ";"; a word that is none is left out and listed."""
    given = {text: code_parts(text, column.name) for text in texts.dropna().unique()}
    nothing = texts.isin([text for text in given if means_missing(text)])
    read = texts.map(
        lambda t: SEPARATOR.join(c for c in column.codes if c in given[t].values()),
        na_action="ignore",
    ).astype(object)
    read = read.where(read.notna() & (read != ""), None)
    unknown = [text for text, parts in given.items() if None in parts.values()]
    pairs = {w: c for parts in given.values() for w, c in parts.items() if c not in (None, w)}
    unread = say.unread(texts.isin(unknown) & ~nothing, f"some of {', '.join(column.codes)}")
    return read, say.coded(pairs) + say.missing(nothing) + unread


def code_parts(text: str, kind: str) -> dict[str, str | None]:
    """The words of a cell that may hold several, each with its code or None."""
    if (code := coded(text, kind)) is not None:
        return {text: code}
    words = [word.strip() for word in _BETWEEN.split(text)]
    return {word: coded(word, kind) for word in words if word}


def _dates(cells: pd.Series, say: _Reporter) -> tuple[pd.Series, list[Problem]]:
    found = read_dates(cells)
    unread = given_cells(cells) & found.values.isna() & ~found.missing
    problems = say.converted(found.converted, lambda row: str(found.values.loc[row]))
    problems += say.missing(found.missing)
    return found.values, problems + say.unread(unread, EXPECTED["date"])


def _flags(cells: pd.Series, say: _Reporter) -> tuple[pd.Series, list[Problem]]:
    words = cells.astype("string").str.strip().str.removesuffix(".0")
    codes = {word: coded(word, "flag") for word in words.dropna().unique()}
    flags = words.map(lambda w: codes[w], na_action="ignore").map({"true": True, "false": False})
    flags = flags.astype("boolean")
    nothing = words.map(means_missing, na_action="ignore").astype("boolean").fillna(False)
    nothing &= flags.isna()
    unread = given_cells(cells) & flags.isna() & ~nothing
    return flags, say.missing(nothing) + say.unread(unread.astype(bool), EXPECTED["flag"])


def _numbers(cells: pd.Series, column: Column, say: _Reporter) -> tuple[pd.Series, list[Problem]]:
    found = read_numbers(cells, column.unit)
    values = found.values
    if column.kind == "integer":
        values = values.where(values % 1 == 0)
    understood = found.converted & ~found.missing & values.notna()
    unread = given_cells(cells) & values.isna() & ~found.missing
    problems = say.converted(understood, lambda row: f"{values.loc[row]:.10g}")
    problems += say.missing(found.missing)
    return values, problems + say.unread(unread, EXPECTED[column.kind])

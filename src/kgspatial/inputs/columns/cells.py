"""Columns of the ledger and of the list of projects as others take them: given or not, dates, groups.

Imports from `dates` and `errors`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.columns.dates import date_of, read_dates

NOT_GIVEN = "not_given"
"""The group of rows that do not say to which they belong: no total loses them."""


def as_date(on: date | str) -> pd.Timestamp:
    """Return a day as a timestamp.

    Raises
    ------
    InputError
        When the text names no date.
    """
    iso = on.isoformat()[:10] if isinstance(on, date) else date_of(on)
    if iso is None:
        raise InputError(f"'{on}' is no date", hint="Write it as 2025-03-31.")
    return pd.Timestamp(iso)


def column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column, all missing where the table has none.

    Raises
    ------
    InputError
        When two rows of the table go by the same number.
    """
    if not table.index.is_unique:
        raise InputError(
            f"two rows of the table go by the number {table.index[table.index.duplicated()][0]}",
            source=source_of(table) or None,
            hint="Number them anew: reset_index(drop=True).",
        )
    if name in table.columns:
        return table[name]
    return pd.Series(None, index=table.index, dtype=object)


def numbers(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of numbers, nan where nothing is given."""
    return column(table, name).astype(float)


def texts(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of texts, None where nothing is given."""
    cells = column(table, name).astype(object)
    return cells.where(cells.notna() & (cells != ""), None)


def dates(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of dates as timestamps, NaT where none is given.

    Raises
    ------
    InputError
        When a cell holds something that is no date.
    """
    cells = texts(table, name)
    found = read_dates(cells)
    unread = cells.notna() & found.values.isna() & ~found.missing
    if unread.any():
        row = first_row(unread)
        raise InputError(
            f"'{cells[row]}' is no date",
            source=source_of(table) or None,
            row=row_number(row),
            column=name,
            hint="Write it as 2025-03-31, or leave the cell empty.",
        )
    return pd.to_datetime(found.values, format="%Y-%m-%d")


def groups(table: pd.DataFrame, by: str | pd.Series) -> pd.Series:
    """Return what each row belongs to, as texts: by a column or by a series aligned to the table.

    Raises
    ------
    InputError
        When the table has no such column.
    """
    if isinstance(by, str) and by not in table.columns:
        raise InputError(
            f"no column '{by}' to tell the rows apart by",
            source=source_of(table) or None,
            hint=f"Its columns: {', '.join(map(str, table.columns))}.",
        )
    cells = texts(table, by) if isinstance(by, str) else by.reindex(table.index).astype(object)
    shown = cells.map(_label, na_action="ignore").astype(object)
    return shown.where(shown.notna(), NOT_GIVEN)


def source_of(table: pd.DataFrame) -> str:
    """Return the file of a table as its ``attrs`` name it, or an empty text."""
    return str(table.attrs.get("source", ""))


def first_row(which: pd.Series) -> Any:
    """Return the name of the first row that is marked."""
    return which.index[which.to_numpy(dtype=bool)][0]


def row_number(row: object) -> int | None:
    """Return a row's number as the user counts it; None where rows go by another name."""
    return int(row) if isinstance(row, int) or hasattr(row, "__index__") else None


def _label(cell: object) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) and cell % 1 == 0 else str(cell)

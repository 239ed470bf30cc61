"""Workbooks to cells: XLSX through openpyxl, XLS through xlrd, with merged cells as ranges.

Imports from `sheet`, `problems` and `errors`.
"""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.sheet import Merge, Sheet

ZIP_START, OLE_START = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

BROKEN = (
    *(OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(EOFError, OverflowError, RuntimeError, struct.error, zlib.error),
    *(zipfile.BadZipFile, ParseError),
)
"""What openpyxl and xlrd raise on files that are cut off, locked or something else."""


@dataclass(frozen=True)
class _Tab:
    """One sheet of a workbook: its cells, merged ranges, and whether the user sees it."""

    title: str
    cells: list[list[Any]]
    merges: tuple[Merge, ...]
    hidden: bool = False
    hidden_rows: int = 0
    stale: tuple[tuple[int, int], ...] = ()
    """Positions of formulas that were saved without their results."""

    @property
    def filled(self) -> bool:
        return bool(self.cells)


def read_workbook(path: Path, name: str, wanted: str | None) -> tuple[Sheet, list[Problem]]:
    """Read the named sheet of a workbook, or the only one that holds anything.

    Raises
    ------
    InputError
        When the file cannot be read, the sheet is not there, or several hold data.
    """
    with path.open("rb") as stream:
        is_zip = stream.read(len(ZIP_START)) == ZIP_START
    try:
        tabs = _xlsx_tabs(path) if is_zip else _xls_tabs(path)
    except BROKEN as error:
        raise InputError(
            f"the workbook cannot be read: {str(error) or type(error).__name__}",
            source=path,
            hint="Open it in Excel or WPS, take away its password, and save it as .xlsx.",
        ) from error
    tab = _pick(tabs, wanted, path)
    rows = list(range(1, 1 + len(tab.cells)))
    sheet = Sheet(tab.cells, rows, str(path), tab.merges, lettered=True)
    return sheet, _said(tabs, tab, wanted, name, str(path))


def _pick(tabs: list[_Tab], wanted: str | None, path: Path) -> _Tab:
    titles = ", ".join(f"{t.title} (hidden)" if t.hidden else t.title for t in tabs if t.filled)
    if wanted is not None:
        found = [t for t in tabs if t.title == wanted]
        if not found or not found[0].filled:
            state = "is empty" if found else "is not there"
            raise InputError(
                f"the sheet '{wanted}' {state}", source=path, hint=f"Sheets with data: {titles}."
            )
        return found[0]
    seen = [t for t in tabs if t.filled and not t.hidden] or [t for t in tabs if t.filled]
    if not seen:
        raise InputError("the file is empty: no sheet holds anything", source=path)
    if len(seen) > 1:
        raise InputError(
            "it has several sheets with data and none is named",
            source=path,
            hint=f"Write layer = ... beside its path in the plan file: {titles}.",
        )
    return seen[0]


def _said(tabs: list[_Tab], tab: _Tab, wanted: str | None, name: str, source: str) -> list[Problem]:
    """What a user who looks at the sheet in a spreadsheet program would not expect."""
    problems = []
    unseen = ", ".join(t.title for t in tabs if t.filled and t is not tab)
    if unseen and wanted is None:
        text = f"the sheet '{tab.title}' is read; hidden sheets are not ({unseen})"
        problems.append(Problem(name, "sheet_chosen", text, "read", "note", source))
    if tab.hidden_rows:
        text = f"{tab.hidden_rows} rows are hidden in the workbook, as by a filter"
        problems.append(Problem(name, "hidden_rows", text, "read like all others", "note", source))
    for row, column in tab.stale:
        text = "the formula was saved without its result"
        done = "taken as missing; open the file in Excel or WPS and save it"
        problems.append(
            Problem(name, "formula", text, done, "warning", source, row, f"column {column}")
        )
    return problems


def _trimmed(cells: list[list[Any]]) -> list[list[Any]]:
    """Cells without blank rows at the end, which a workbook has by its formats only."""
    while cells and all(c is None for c in cells[-1]):
        cells = cells[:-1]
    return cells


def _cell(value: Any) -> Any:
    """A cell's value: None where blank, whole floats as integers."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _xlsx_tabs(path: Path) -> list[_Tab]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about styles and validations we do not read
        book = openpyxl.load_workbook(path, data_only=True)
        formulas = openpyxl.load_workbook(path) if _has_formulas(path) else None
    return [
        _Tab(
            sheet.title,
            cells := _trimmed(
                [[_cell(v) for v in row] for row in sheet.iter_rows(values_only=True)]
            ),
            tuple(
                Merge(m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1)
                for m in sheet.merged_cells.ranges
            ),
            sheet.sheet_state != "visible",
            sum(d.hidden and i <= len(cells) for i, d in sheet.row_dimensions.items()),
            _stale(cells, formulas[sheet.title]) if formulas is not None else (),
        )
        for sheet in book.worksheets
    ]


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        return any(b"<f>" in (text := archive.read(n)) or b"<f " in text for n in sheets)


def _stale(cells: list[list[Any]], formulas: Any) -> tuple[tuple[int, Any], ...]:
    return tuple(
        (cell.row, cell.column_letter)
        for row in formulas.iter_rows(max_row=len(cells) or 1)
        for cell in row
        if cell.data_type == "f"
        and (cell.row > len(cells) or cells[cell.row - 1][cell.column - 1] is None)
    )


def _xls_tabs(path: Path) -> list[_Tab]:
    import xlrd

    try:
        book = xlrd.open_workbook(path, formatting_info=True, logfile=_Silent())
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, NotImplementedError) as error:
        raise ValueError(str(error)) from error
    tabs = []
    for sheet in book.sheets():
        cells = [
            [_xls_cell(cell, book.datemode) for cell in sheet.row(i)] for i in range(sheet.nrows)
        ]
        merges = tuple(Merge(t, x, b - 1, r - 1) for t, b, x, r in sheet.merged_cells)
        hidden = sum(bool(i.hidden) for i in sheet.rowinfo_map.values())
        tabs.append(_Tab(sheet.name, _trimmed(cells), merges, sheet.visibility != 0, hidden))
    return tabs


class _Silent:
    """Where xlrd may write its remarks."""

    def write(self, text: str) -> int:
        return len(text)


def _xls_cell(cell: Any, datemode: int) -> Any:
    import xlrd

    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, datemode)
        except xlrd.XLDateError:
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#N/A")
    return _cell(cell.value)

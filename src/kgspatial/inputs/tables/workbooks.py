"""Workbooks to cells: XLSX through openpyxl, XLS through xlrd, with merged cells as ranges.

Imports from `sheet`, `problems` and `errors`.
"""

from __future__ import annotations

import io
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
from kgspatial.inputs.tables.sheet import Merge, Sheet, column_letter

ZIP_START, OLE_START = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

BROKEN = (
    *(OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(EOFError, OverflowError, RuntimeError, struct.error, zlib.error),
    *(zipfile.BadZipFile, ParseError),
)
"""What openpyxl and xlrd raise on files that are cut off, locked or something else."""

ERRORS = frozenset(("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"))
"""What a spreadsheet shows for a formula that has no result."""


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
    calculated: bool = True
    """Whether any formula was saved with a result; where some were, the others gave an empty text."""

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
    try:
        content = path.read_bytes()
        tabs = (_xlsx_tabs if content.startswith(ZIP_START) else _xls_tabs)(content)
    except BROKEN as error:
        raise InputError(
            f"the workbook cannot be read: {str(error) or type(error).__name__}",
            source=path,
            hint="Open it in Excel or WPS, take away its password, and save it as .xlsx.",
        ) from error
    tab = _pick(tabs, wanted, path)
    rows = list(range(1, 1 + len(tab.cells)))
    problems = _said(tabs, tab, wanted, name, str(path)) + _failed(tab, name, str(path))
    cells = [[None if c in ERRORS else c for c in row] for row in tab.cells]
    return Sheet(cells, rows, str(path), tab.merges, lettered=True), problems


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
    return problems


def _failed(tab: _Tab, name: str, source: str) -> list[Problem]:
    """One finding for each column with formulas that have no result, or an error for one."""
    errors = [
        (i, c) for i, row in enumerate(tab.cells) for c, cell in enumerate(row) if cell in ERRORS
    ]
    stale = "warning" if not tab.calculated else "note"
    problems = []
    for where, what, severity in (
        (errors, "hold an error instead of a result", "warning"),
        (tab.stale, "are formulas without a result", stale),
    ):
        columns: dict[int, list[int]] = {}
        for i, c in where:
            columns.setdefault(c, []).append(i)
        problems += [
            Problem(
                *(name, "formula", f"{len(rows)} cells {what}, the first in this row"),
                "taken as missing; open the file in Excel or WPS, mend them and save it",
                "warning" if severity == "warning" else "note",
                *(source, rows[0] + 1, f"column {column_letter(c)}"),
                str(tab.cells[rows[0]][c] or "") if rows[0] < len(tab.cells) else "",
            )
            for c, rows in columns.items()
        ]
    return problems


def _trimmed(cells: list[list[Any]]) -> list[list[Any]]:
    """Cells without blank rows at the end, which a workbook has by its formats only."""
    last = len(cells)
    while last and all(c is None for c in cells[last - 1]):
        last -= 1
    return cells[:last]


def _cell(value: Any) -> Any:
    """A cell's value: None where blank, whole floats as integers."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _xlsx_tabs(content: bytes) -> list[_Tab]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about styles and validations we do not read
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(content)) if _has_formulas(content) else None
    return [
        _xlsx_tab(s, formulas[s.title] if formulas is not None else None) for s in book.worksheets
    ]


def _xlsx_tab(sheet: Any, formulas: Any) -> _Tab:
    cells = _trimmed([[_cell(v) for v in row] for row in sheet.iter_rows(values_only=True)])
    merges = tuple(
        Merge(m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1)
        for m in sheet.merged_cells.ranges
    )
    hidden_rows = sum(d.hidden and i <= len(cells) for i, d in sheet.row_dimensions.items())
    places = [] if formulas is None else _formula_places(formulas)
    stale = tuple((i, c) for i, c in places if i >= len(cells) or cells[i][c] is None)
    hidden = sheet.sheet_state != "visible"
    return _Tab(
        *(sheet.title, cells, merges, hidden, hidden_rows, stale),
        len(stale) < len(places) or not places,
    )


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        return any(b"<f>" in (text := archive.read(n)) or b"<f " in text for n in sheets)


def _formula_places(sheet: Any) -> list[tuple[int, int]]:
    return [
        (cell.row - 1, cell.column - 1)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


def _xls_tabs(content: bytes) -> list[_Tab]:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=_Silent())
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

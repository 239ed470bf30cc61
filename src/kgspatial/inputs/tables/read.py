"""Tables to data rows under their own header: CSV, TSV, TXT, XLSX and XLS.

Imports from `text_tables`, `workbooks`, `header_lines`, `row_kinds`, `sheet`, `meanings`,
`planfile`, `problems` and `errors`. Every row of a file is read as data or listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.columns.meanings import column_of
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.tables.header_lines import NONE_NAMED, Header, find_header
from kgspatial.inputs.tables.row_kinds import LISTED, Kind, row_kinds
from kgspatial.inputs.tables.sheet import Cells, Merge, Sheet, given
from kgspatial.inputs.tables.text_tables import read_text_table
from kgspatial.inputs.tables.workbooks import OLE_START, ZIP_START, read_workbook
from kgspatial.layers import spec_of

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", *WORKBOOK_SUFFIXES)
RUNS = ("blank_row", "other_table")
"""Kinds of rows that are listed by the run; ``value`` of the note says from which row to which."""

LONGEST_VALUE = 120


def read_table(path: Path, name: str, declared: LayerInput) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a table's data rows under its own header; its index counts the rows of the file.

    Parameters
    ----------
    path : Path
        A text table or a workbook; told apart by their first bytes, not by their suffix.
    name : str
        The layer, whose column names tell the header from titles above it.
    declared : LayerInput
        What the plan file says: ``encoding`` of a text, ``layer`` (sheet) of a workbook, columns.

    Returns
    -------
    table : DataFrame
        Cells as they are: texts, and numbers and dates in workbooks.
    problems : list of Problem
        Every row that is not data, and how the file was read where that was not plain.

    Raises
    ------
    InputError
        When the file cannot be read as a table, or several sheets hold data and none is named.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"the table cannot be read: {error}", source=path) from error
    if not content.strip():
        raise InputError("the file is empty", source=path)
    named = {theirs: canonical for canonical, theirs in (declared.columns or {}).items()}
    if content.startswith((ZIP_START, OLE_START)):
        sheet, problems = read_workbook(path, name, declared.layer)
    else:
        _check_text(path, content, declared)
        sheet, problems = read_text_table(path, content, name, declared.encoding, named)
    table, listed = table_of(sheet, name, named)
    return table, problems + listed


def _check_text(path: Path, content: bytes, declared: LayerInput) -> None:
    if declared.layer is not None:
        raise InputError(
            f"a text table has no sheets, but the plan file names '{declared.layer}'",
            source=path,
            hint="Take layer = ... away.",
        )
    start = content[:20_000].lower()
    if path.suffix.lower() in WORKBOOK_SUFFIXES and (b"<table" in start or b"<html" in start):
        # exports called .xls are often web pages, or texts; the texts can be read
        raise InputError(
            "the table cannot be read: it is a web page with the name of a workbook",
            source=path,
            hint="Open it in Excel or WPS and save it as .xlsx.",
        )


def table_of(
    sheet: Sheet, layer: str, named: Mapping[str, str] = NONE_NAMED
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the data rows of a sheet under their header.

    Parameters
    ----------
    sheet : Sheet
        The cells.
    layer : str
        Which layer's names to look for in the header.
    named : mapping of str to str
        Columns that the plan file names, to what it says they are.

    Returns
    -------
    table : DataFrame
        Cells as they are, index = row in the file.
    problems : list of Problem
        One note for each row (or run of rows that are blank or another table) that is not data.

    Raises
    ------
    InputError
        When a row is longer than the header, or a second table of the layer has other columns.
    """
    header = find_header(sheet, layer, named)
    kinds = row_kinds(sheet, header, layer)
    data = [i for i, kind in enumerate(kinds) if kind is None]
    cells, merged = _filled_down(sheet, header, data, layer)
    _refuse_longer(sheet, header, data, cells)
    width = len(header.names)
    content = [row if len(row) == width else (row + [None] * width)[:width] for row in cells]
    index = pd.Index([sheet.rows[i] for i in data], name="row", dtype="int64")
    table = pd.DataFrame(content, columns=list(header.names), index=index, dtype=object)
    unnamed = [header.names[c] for c in header.unnamed]
    empty = [name for name in unnamed if table[name].isna().all()]
    return table.drop(columns=empty), _listed(sheet, header, kinds, layer) + merged


def _filled_down(
    sheet: Sheet, header: Header, data: list[int], layer: str
) -> tuple[list[Cells], list[Problem]]:
    """Data rows, with a text that is merged over several of them in each.

    A number merged over rows stays in the first: places that two campuses share count once. So
    does an id, which tells rows apart.
    """
    rows = {i: sheet.cells[i] for i in data}
    notes = []
    for m in sheet.merges:
        below = [i for i in range(m.top + 1, m.bottom + 1) if i in rows]
        value = sheet.cell(m.top, m.left) if m.top >= header.end else None
        if value is None or not below or m.left >= len(header.names):
            continue
        if _stays(header.known[m.left], value, layer):
            notes.append(_stays_note(sheet, header, m, layer))
            continue
        for i in below:
            row = rows[i] + [None] * (m.left + 1 - len(rows[i]))
            rows[i] = [*row[: m.left], value, *row[m.left + 1 :]]
    return [rows[i] for i in data], notes


def _stays(canonical: str | None, value: object, layer: str) -> bool:
    if canonical is None:
        return not isinstance(value, str)
    column = column_of(canonical, layer)
    told_apart = canonical == spec_of(layer).id_column
    return column is None or told_apart or column.kind in ("number", "integer")


def _stays_note(sheet: Sheet, header: Header, m: Merge, layer: str) -> Problem:
    first, last = sheet.rows[m.top], sheet.rows[min(m.bottom, len(sheet.rows) - 1)]
    text = f"one cell is merged over rows {first} to {last}"
    done = f"its value counts for row {first}, and is missing in the others"
    return Problem(
        *(layer, "merged_value", text, done, "note", sheet.source, first),
        column=header.names[m.left],
        value=str(sheet.cell(m.top, m.left)),
    )


def _refuse_longer(sheet: Sheet, header: Header, data: list[int], cells: list[Cells]) -> None:
    """A row with values beyond the header has its columns shifted, as by a comma in an address."""
    width = len(header.names)
    for i, row in zip(data, cells, strict=True):
        if len(row) > width and given(row[width:]):
            line = sheet.rows[i]
            names = f"the header (line {sheet.rows[header.top]}) has names"
            raise InputError(
                f"line {line} has more values than {names}",
                source=sheet.source,
                row=line,
                hint="Put texts that hold the separator in quotation marks, and give every column "
                "a name.",
            )


def _listed(sheet: Sheet, header: Header, kinds: list[Kind], layer: str) -> list[Problem]:
    """A note for each row that is no data; blank rows and other tables are one note a run."""
    plain = header.top == 0 and header.depth == 1
    problems: list[Problem] = []
    start = 0
    for i, kind in enumerate(kinds):
        following = kinds[i + 1] if i + 1 < len(kinds) else None
        if kind in RUNS and following == kind:
            continue
        if kind in RUNS:
            problems.append(_run(sheet, layer, str(kind), start, i))
        elif kind is not None and not (plain and i == 0):
            value = " | ".join(str(c).strip() for c in given(sheet.cells[i]))
            problems.append(sheet.note(layer, kind, i, LISTED[kind], value[:LONGEST_VALUE]))
        start = i + 1
    return problems


def _run(sheet: Sheet, layer: str, kind: str, first: int, last: int) -> Problem:
    rows = f"{sheet.rows[first]}-{sheet.rows[last]}" if last > first else ""
    if kind == "blank_row":
        text = f"rows {rows.replace('-', ' to ')} are blank" if rows else LISTED[kind]
        return sheet.note(layer, kind, first, text, rows)
    names = ", ".join(str(c).strip() for c in given(sheet.cells[first]))[:LONGEST_VALUE]
    text = f"another table begins here ({names})"
    done = "not read; give it a sheet or file of its own if it belongs to the layer"
    line = sheet.rows[first]
    return Problem(layer, kind, text, done, "warning", sheet.source, line, "", rows)

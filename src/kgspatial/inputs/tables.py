"""Tables to cells: CSV, TSV, TXT, XLSX and XLS, with the row as the user counts it.

Imports from `sheet`, `workbooks`, `planfile`, `problems` and `errors`.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.sheet import Sheet, table_of
from kgspatial.inputs.workbooks import OLE_START, ZIP_START, read_workbook

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", *WORKBOOK_SUFFIXES)

SEPARATORS = (",", "\t", ";", "|")
LINES_LOOKED_AT = 50
LONGEST_CELL = 1_000_000
END = "\x00end of table\x00"
"""A last line of our own: where it is not read as such, a quotation mark was left open."""

BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


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
    if content.startswith((ZIP_START, OLE_START)):
        sheet, problems = read_workbook(path, name, declared.layer)
    else:
        sheet, problems = _read_text(path, content, name, declared)
    table, listed = table_of(sheet, name, tuple((declared.columns or {}).values()))
    return table, problems + listed


def _read_text(
    path: Path, content: bytes, name: str, declared: LayerInput
) -> tuple[Sheet, list[Problem]]:
    if declared.layer is not None:
        raise InputError(
            f"a text table has no sheets, but the plan file names '{declared.layer}'",
            source=path,
            hint="Take layer = ... away.",
        )
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        _refuse_web_page(path, content)
    text, encoding = _decoded(path, content, declared.encoding)
    separator = _separator(text, path)
    cells, lines = _records(text, separator, path)
    problems = []
    if declared.encoding is None and encoding == "gb18030":
        said = "its texts are in GB18030 (GBK), not in UTF-8"
        done = "read as GB18030; encoding = ... in the plan file changes it"
        problems.append(Problem(name, "encoding_detected", said, done, "note", str(path)))
    return Sheet(cells, lines, str(path)), problems


def _refuse_web_page(path: Path, content: bytes) -> None:
    """Exports called .xls are often web pages or texts; the texts can be read."""
    if b"<table" in content[:20_000].lower() or b"<html" in content[:20_000].lower():
        raise InputError(
            "the table cannot be read: it is a web page with the name of a workbook",
            source=path,
            hint="Open it in Excel or WPS and save it as .xlsx.",
        )


def _decoded(path: Path, content: bytes, declared: str | None) -> tuple[str, str]:
    marked = next((e for mark, e in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    tried = [declared] if declared else [marked] if marked else _likely(content)
    for encoding in tried:
        try:
            return content.decode(encoding), encoding
        except (UnicodeError, LookupError):
            continue
    raise InputError(
        f"the table cannot be read: its texts are not in {' or '.join(tried)}",
        source=path,
        hint='Write encoding = "..." beside its path in the plan file, for example "UTF-16".',
    )


def _likely(content: bytes) -> list[str]:
    """UTF-8, then GB18030; UTF-16 where every second byte of the beginning is mostly 0."""
    start = content[:400]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(zeros) > 8 and zeros.count(0) > 0.4 * len(zeros):
            return [encoding]
    return ["utf-8", "gb18030"]


def _separator(text: str, path: Path) -> str:
    """The separator that splits most lines into the same number of cells, more than one."""
    preferred = "\t" if path.suffix.lower() == ".tsv" else ","
    start = "".join(text.splitlines(keepends=True)[:LINES_LOOKED_AT])

    def score(separator: str) -> tuple[int, bool]:
        widths = Counter(len(row) for row in _lenient(start, separator) if any(row))
        width, count = max(widths.items(), key=lambda w: (w[0] - 1) * w[1], default=(1, 0))
        return (width - 1) * count, separator == preferred

    return max(SEPARATORS, key=score)


def _lenient(text: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return []


def _records(text: str, separator: str, path: Path) -> tuple[list[list[str | None]], list[int]]:
    """All records, blank cells as None, and the line of the file in which each begins."""
    csv.field_size_limit(LONGEST_CELL)
    ended = text if text.endswith(("\n", "\r")) else f"{text}\n"
    reader = csv.reader(io.StringIO(ended + END, newline=""), delimiter=separator)
    cells: list[list[str | None]] = []
    lines: list[int] = []
    line = 1
    try:
        for record in reader:
            cells.append([c if c.strip() else None for c in record])
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        said = f"the table cannot be read: {error}"
        raise InputError(said, source=path, row=line) from error
    if cells[-1] != [END]:
        raise InputError(
            "the table cannot be read: it ends inside string quotation marks that begin here",
            source=path,
            row=lines[-1],
            hint='Close the quotation mark ("), or take it away.',
        )
    return cells[:-1], lines[:-1]

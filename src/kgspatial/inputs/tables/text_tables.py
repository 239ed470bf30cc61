"""Text tables to sheets: their encoding, separator, decimal sign and records told from the content.

Imports from `header_lines`, `sheet`, `problems` and `errors`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.tables.header_lines import find_header
from kgspatial.inputs.tables.sheet import Cells, Sheet

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

_COMMA_NUMBER = re.compile(r"\s*[+-]?\d+,\d+\s*")
_COMMA_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")
_POINT_NUMBER = re.compile(r"\s*[+-]?\d+\.\d+\s*")


def read_text_table(
    path: Path, content: bytes, layer: str, encoding: str | None, named: Mapping[str, str]
) -> tuple[Sheet, list[Problem]]:
    """Read all records of a text table; rows are counted as the lines in which they begin.

    Parameters
    ----------
    path : Path
        The file, for messages; its suffix decides where content does not.
    content : bytes
        What it holds.
    layer : str
        Whose names the right separator brings to light in the header.
    encoding : str, optional
        As the plan file says; else UTF-8 or UTF-16 where the file is so marked, then GB18030.
    named : mapping of str to str
        Columns that the plan file names, to what it says they are.

    Raises
    ------
    InputError
        When the encoding is another one, or quotation marks are left open or take in rows.
    """
    text, used = _decoded(path, content, encoding)
    separator = _separator(text, path, layer, named)
    cells, lines = _records(text, separator, path)
    problems = []
    if encoding is None and used == "gb18030":
        said = "its texts are in GB18030 (GBK), not in UTF-8"
        done = "read as GB18030; encoding = ... in the plan file changes it"
        problems.append(Problem(layer, "encoding_detected", said, done, "note", str(path)))
    if separator != ",":
        cells, found = _with_decimal_points(cells, lines, layer, path)
        problems += found
    return Sheet(cells, lines, str(path)), problems


def _decoded(path: Path, content: bytes, declared: str | None) -> tuple[str, str]:
    marked = next((e for mark, e in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    tried = [declared] if declared else [marked] if marked else _likely(content)
    for encoding in tried:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except (UnicodeError, LookupError):
            continue
    raise InputError(
        f"the table cannot be read: its texts are not in {' or '.join(tried)}",
        source=path,
        hint='Write encoding = "..." beside its path in the plan file, for example "UTF-16".',
    )


def _likely(content: bytes) -> list[str]:
    """UTF-8, then GB18030; UTF-16 where every second byte of the beginning is often 0."""
    start = content[:400]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(zeros) > 8 and zeros.count(0) > 0.25 * len(zeros):
            return [encoding]
    return ["utf-8", "gb18030"]


def _separator(text: str, path: Path, layer: str, named: Mapping[str, str]) -> str:
    """The separator under which most names of the header are known, then the most even one.

    Decimal commas can split a table with semicolons as evenly as these do, but never its header.
    """
    start = "".join(islice(io.StringIO(text, newline=""), LINES_LOOKED_AT))
    preferred = "\t" if path.suffix.lower() == ".tsv" else ","

    def score(separator: str) -> tuple[int, int, bool]:
        rows = _lenient(start, separator)
        widths = Counter(len(row) for row in rows if any(row))
        width, count = max(widths.items(), key=lambda w: (w[0] - 1) * w[1], default=(1, 0))
        known = 0
        if width > 1:
            header = find_header(Sheet(rows, list(range(len(rows))), str(path)), layer, named)
            known = len(set(header.known) - {None})
        return known, (width - 1) * count, separator == preferred

    return max(SEPARATORS, key=score)


def _lenient(text: str, separator: str) -> list[Cells]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return []
    return [[c if c.strip() else None for c in row] for row in rows]


def _records(text: str, separator: str, path: Path) -> tuple[list[Cells], list[int]]:
    """All records, blank cells as None, and the line of the file in which each begins."""
    csv.field_size_limit(LONGEST_CELL)
    ended = text if text.endswith(("\n", "\r")) else f"{text}\n"
    reader = csv.reader(io.StringIO(ended + END, newline=""), delimiter=separator)
    cells: list[Cells] = []
    lines: list[int] = []
    line = 1
    try:
        for record in reader:
            cells.append([c if c and not c.isspace() else None for c in record])
            lines.append(line)
            if reader.line_num > line and not record[-1].endswith(END):
                _refuse_swallowed(record, separator, path, line)
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


def _refuse_swallowed(record: list[str], separator: str, path: Path, line: int) -> None:
    """Refuse a cell that holds whole rows: a quotation mark that only a later row's mark closed."""
    for cell in record:
        inner = cell.splitlines()[1:-1] or cell.splitlines()[1:]
        if any(part.count(separator) >= max(2, len(record) - 1) for part in inner):
            raise InputError(
                "quotation marks that begin here take in whole rows of the table",
                source=path,
                row=line,
                hint='Close the quotation mark ("), or take it away.',
            )


def _with_decimal_points(
    cells: list[Cells], lines: list[int], layer: str, path: Path
) -> tuple[list[Cells], list[Problem]]:
    """Decimal commas as points, where the file can only mean decimals by its commas.

    That is: one of its numbers with a comma is not in thousands, and none has a decimal point.
    """
    with_comma = [
        (i, c)
        for i, row in enumerate(cells)
        for c, cell in enumerate(row)
        if cell is not None and "," in cell and _COMMA_NUMBER.fullmatch(cell)
    ]
    if all(_COMMA_THOUSANDS.fullmatch(cells[i][c]) for i, c in with_comma):
        return cells, []
    if any(cell and "." in cell and _POINT_NUMBER.fullmatch(cell) for row in cells for cell in row):
        return cells, []
    turned = [list(row) for row in cells]
    for i, c in with_comma:
        turned[i][c] = turned[i][c].replace(",", ".")
    i, c = with_comma[0]
    text = f"{len(with_comma)} numbers have decimal commas, such as {cells[i][c].strip()}"
    done = f"read as decimal points: {turned[i][c].strip()}"
    note = Problem(layer, "decimal_commas", text, done, "note", str(path), lines[i])
    return turned, [note]

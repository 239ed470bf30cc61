"""A sheet: cells as they lie in a file, whatever its format, before anyone knows what they mean.

Imports from `problems`. Text tables and workbooks make sheets; `header_lines` and `row_kinds` read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kgspatial.inputs.problems import Problem

Cells = list[Any]


@dataclass(frozen=True)
class Merge:
    """Cells that are one: positions in the grid, all inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """Cells as they lie in a file, None where blank, with the row number that the user sees."""

    cells: list[Cells]
    rows: list[int]
    source: str
    merges: tuple[Merge, ...] = ()
    lettered: bool = False
    """Whether a column without a name goes by its letter (a spreadsheet) or must have a name."""

    def cell(self, row: int, column: int) -> Any:
        """The cell at a position, None beyond a row's end."""
        cells = self.cells[row]
        return cells[column] if column < len(cells) else None

    def note(self, layer: str, code: str, row: int, text: str, value: str = "") -> Problem:
        """A note that a row, given by its position, is not read as data."""
        done = "not read as data"
        return Problem(layer, code, text, done, "note", self.source, self.rows[row], "", value)


def given(row: Cells) -> Cells:
    """The cells of a row that hold anything."""
    return [c for c in row if c is not None]


def is_number(cell: Any) -> bool:
    """Whether a cell is a plain number, as such or as text."""
    if not isinstance(cell, str):
        return isinstance(cell, int | float) and not isinstance(cell, bool)
    try:
        float(cell)
    except ValueError:
        return False
    return True


def column_letter(column: int) -> str:
    """How spreadsheet programs call a column: A to Z, then AA."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters

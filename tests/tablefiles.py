"""Tables for the tests: the same cells written in each format, and how they are read back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlwt

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput
from kgspatial.inputs.columns.headers import with_canonical_names
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.tables.read import read_table
from kgspatial.inputs.tables.row_kinds import LISTED

Grid = Sequence[Sequence[Any]]
Merges = Iterable[tuple[int, int, int, int]]
FORMATS = (".csv", ".xlsx", ".xls")
WORKBOOKS = (".xlsx", ".xls")


# --- writing files --------------------------------------------------------------------------


def write(path: Path, grid: Grid, merges: Merges = ()) -> Path:
    """A grid of cells as the format of the path's suffix; merges are top, left, bottom, right."""
    {".csv": write_csv, ".xlsx": write_xlsx, ".xls": write_xls}[path.suffix](path, grid, merges)
    return path


def write_csv(path: Path, grid: Grid, merges: Merges) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(grid)


def write_xlsx(path: Path, grid: Grid, merges: Merges) -> None:
    book = openpyxl.Workbook()
    for i, row in enumerate(grid, 1):
        for c, cell in enumerate(row, 1):
            book.active.cell(i, c).value = cell
    for top, left, bottom, right in merges:
        book.active.merge_cells(None, top + 1, left + 1, bottom + 1, right + 1)
    book.save(path)


def write_xls(path: Path, grid: Grid, merges: Merges) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    merged = {(top, left): (bottom, right) for top, left, bottom, right in merges}
    for i, row in enumerate(grid):
        for c, cell in enumerate(row):
            if (i, c) in merged:
                bottom, right = merged[i, c]
                sheet.write_merge(i, bottom, c, right, cell)
            elif cell is not None:
                sheet.write(i, c, cell)
    book.save(str(path))


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


# --- reading them ---------------------------------------------------------------------------


def read(
    path: Path, layer: str = "kindergartens", **declared: Any
) -> tuple[pd.DataFrame, list[Problem]]:
    return read_table(path, layer, LayerInput(str(path), **declared))


def canonical(path: Path, layer: str = "kindergartens", **declared: Any) -> pd.DataFrame:
    given_ = LayerInput(str(path), **declared)
    return with_canonical_names(read_table(path, layer, given_)[0], layer, given_, path)[0]


def refused(path: Path, layer: str = "kindergartens", **declared: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path, layer, **declared)
    assert caught.value.source == str(path)
    return caught.value


def kinds(problems: list[Problem]) -> list[tuple[int | None, str]]:
    return [(p.row, p.code) for p in problems if p.code in LISTED]


def listed_rows(problems: list[Problem]) -> list[int]:
    """Every row that a problem table lists as no data, runs of rows spelt out."""
    rows: list[int] = []
    for p in problems:
        if p.code in LISTED:
            assert p.row is not None
            first, _, last = p.value.partition("-")
            is_run = p.code in ("blank_row", "other_table") and last
            rows += range(int(first), int(last) + 1) if is_run else [p.row]
    return rows


HEAD = ["序号", "园名", "街道", "经度", "纬度", "班数", "学位数"]


def garden(number: int, name: str, street: str | None = "西街") -> list[Any]:
    return [number, name, street, 117.6 + number / 1000, 24.5, 6, 180]


def wide(*cells: Any) -> list[Any]:
    """A row of few cells in a table of seven columns."""
    return [*cells, *[None] * (len(HEAD) - len(cells))]

"""Writes sheets and workbooks, new and old ones.

Imports from `case`, `town` and `writing`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from corpus.case import Maker
from corpus.town import GARDENS
from corpus.writing import KIND_WORDS

CGCS = {"crs": "EPSG:4490"}
CREATED = dt.datetime(2025, 3, 1, 9, 0)  # noqa: DTZ001 - the format knows no time zones
HEAD = ("幼儿园名称", "办园性质", "班级数", "学位数", "在园人数", "经度", "纬度")
PLAIN = ("name", "kind", "classes", "places", "enrolled")
Fill = Callable[[Any], None]


def values_of(garden: str) -> list[Any]:
    """A garden's cells under `HEAD`."""
    g = GARDENS[garden]
    return [g.name, KIND_WORDS[g.kind], g.classes, g.places, g.enrolled, g.lon, g.lat]


def sheet_of(lines: Sequence[Sequence[Any]], top: int = 0, left: int = 0) -> Fill:
    """Writes lines of cells, blank where None."""

    def fill(sheet: Any) -> None:
        for i, line in enumerate(lines):
            for j, value in enumerate(line):
                if value is not None:
                    sheet.write(top + i, left + j, value)

    return fill


def xlsx(**sheets: Fill | tuple[Fill, str]) -> Maker:
    """Writes a workbook; a sheet may be named with `hide`."""

    def make(path: Path) -> None:
        import xlsxwriter

        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d"}) as book:
            book.set_properties({"created": CREATED})
            for title, content in sheets.items():
                fill, state = content if isinstance(content, tuple) else (content, "")
                sheet = book.add_worksheet(title)
                fill(sheet)
                if state:
                    sheet.hide()

    return make


def xls(**sheets: Fill) -> Maker:
    """Writes an old workbook."""

    def make(path: Path) -> None:
        import xlwt

        book = xlwt.Workbook(encoding="utf-8")
        for title, fill in sheets.items():
            fill(book.add_sheet(title))
        book.save(str(path))

    return make

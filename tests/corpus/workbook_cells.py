"""Workbooks: which sheet is read; formulas, errors, texts for numbers, dates.

Imports from `case`, `sheets`, `town` and `writing`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from corpus.case import LayerCase
from corpus.sheets import CGCS, CREATED, HEAD, PLAIN, sheet_of, values_of, xls, xlsx
from corpus.town import GARDENS
from corpus.writing import numbered, raw, repacked

# ---------------------------------------------------------------- sheets


def _one_hidden_row(sheet: Any) -> None:
    sheet_of([HEAD, *(values_of(g) for g in GARDENS)])(sheet)
    sheet.set_row(3, None, None, {"hidden": True})


FULL = sheet_of([HEAD, *(values_of(g) for g in GARDENS)])
OLD = sheet_of([HEAD, *(values_of(g) for g in ("K1", "K5"))])

SHEETS = (
    LayerCase(
        name="hidden_sheet",
        about="A hidden sheet with last year's list beside the visible one",
        file="xlsx_hidden_sheet.xlsx",
        make=xlsx(现状=FULL, 去年=(OLD, "hide")),
        declared=CGCS,
        rows=numbered(2),
        same=PLAIN,
        rows_in=7,
        notes=(("sheet_chosen", None, ""),),
        says=("去年",),
    ),
    LayerCase(
        name="several_sheets_none_named",
        about="Two visible sheets with data and none is named: the names are listed",
        file="xlsx_several_sheets.xlsx",
        make=xlsx(说明=sheet_of([["填表说明：见第二页"]]), 现状2024=OLD, 现状2025=FULL),
        declared=CGCS,
        refused=("several sheets", "layer = ", "现状2024", "现状2025"),
    ),
    LayerCase(
        name="several_sheets_one_named",
        about="The same workbook with the sheet named",
        file="xlsx_several_sheets.xlsx",
        declared={**CGCS, "layer": "现状2025"},
        rows=numbered(2),
        same=PLAIN,
        rows_in=7,
    ),
    LayerCase(
        name="sheet_that_is_not_there",
        about="The plan file names a sheet that the workbook does not have",
        file="xlsx_several_sheets.xlsx",
        declared={**CGCS, "layer": "现状2023"},
        refused=("'现状2023' is not there", "现状2024"),
    ),
    LayerCase(
        name="filtered_rows",
        about="A row hidden by a filter is read like all others, and this is said",
        file="xlsx_filtered.xlsx",
        make=xlsx(Sheet1=_one_hidden_row),
        declared=CGCS,
        rows=numbered(2),
        same=PLAIN,
        rows_in=7,
        notes=(("hidden_rows", None, ""),),
    ),
    LayerCase(
        name="xls_sheets",
        about="An old workbook of three sheets, two of them empty, as Excel used to make them",
        file="xls_three_sheets.xls",
        make=xls(Sheet1=FULL, Sheet2=sheet_of([]), Sheet3=sheet_of([])),
        declared=CGCS,
        rows=numbered(2),
        same=PLAIN,
        rows_in=7,
    ),
    LayerCase(
        name="xlsx_called_xls",
        about="A new workbook under the old suffix",
        file="xls_really_xlsx.xls",
        make=xlsx(Sheet1=FULL),
        declared=CGCS,
        rows=numbered(2),
        same=PLAIN,
        rows_in=7,
    ),
    LayerCase(
        name="workbook_cut_off",
        about="A workbook whose second half was lost on the way",
        file="xlsx_cut_off.xlsx",
        make=raw(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + bytes(range(256)) * 4),
        declared=CGCS,
        refused=("the workbook cannot be read", "save it as .xlsx"),
    ),
    LayerCase(
        name="workbook_without_anything",
        about="A workbook whose sheets are all empty",
        file="xlsx_nothing.xlsx",
        make=xlsx(Sheet1=sheet_of([]), Sheet2=sheet_of([])),
        declared=CGCS,
        refused=("the file is empty",),
    ),
)

# ---------------------------------------------------------------- cells


def _formulas(path: Path) -> None:
    """Formulas as a program writes them that does not reckon: without their results."""
    import openpyxl

    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = CREATED
    sheet = book.active
    sheet.append(["园所名称", "班数", "学位数", "经度", "纬度"])
    sheet.append(["霁川区中心幼儿园", 12, "=B2*30", 114.0512, 27.3521])
    sheet.append(["澄湖湾幼儿园", 6, 180, 114.0709, 27.3486])
    sheet.append(['=CONCATENATE("小禾苗","幼儿园")', 3, "=B4*30", 114.0473, 27.3468])
    book.save(path)
    repacked(path)


def _reckoned(sheet: Any) -> None:
    sheet.write_row(0, 0, ["园所名称", "班数", "学位数", "经度", "纬度"])
    for i, g in enumerate(("K1", "K3", "K5"), 1):
        held = GARDENS[g]
        sheet.write_row(i, 0, [held.name, held.classes])
        sheet.write_formula(i, 2, f"=B{i + 1}*30", None, held.places)
        sheet.write_row(i, 3, [held.lon, held.lat])


def _errors(sheet: Any) -> None:
    sheet.write_row(0, 0, ["园所名称", "学位数", "在园人数", "经度", "纬度"])
    for i, g in enumerate(("K1", "K3", "K5"), 1):
        held = GARDENS[g]
        sheet.write_row(i, 0, [held.name, held.places, held.enrolled, held.lon, held.lat])
    sheet.write_formula(1, 2, "=NA()", None, "#N/A")
    sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    sheet.write_formula(3, 2, "=X1:X0", None, "#REF!")


def _numbers_as_texts(sheet: Any) -> None:
    head = ["机构标识码", "园所名称", "学位数", "在园幼儿数", "占地面积（亩）", "经度", "纬度"]
    sheet.write_row(0, 0, head)
    lines = [
        ["0036000001", "霁川区中心幼儿园", "３６０", "342人", "8.1", "114.0512", "27.3521"],
        ["0036000002", " 云栖苑幼儿园", "270 ", " 251", "6", "114.0615", " 27.3532"],
        ["0036000003", "澄湖湾幼儿园\n（总园）", "180", "１７６名", "3.9", "114.0709", "27.3486"],
    ]
    for i, line in enumerate(lines, 1):
        for j, value in enumerate(line):
            sheet.write_string(i, j, value)


def _ids_as_numbers(sheet: Any) -> None:
    sheet.write_row(0, 0, ["学校(机构)标识码", "校名", "班级数", "经度", "纬度"])
    for i, g in enumerate(GARDENS, 1):
        held = GARDENS[g]
        sheet.write_row(i, 0, [3136000000 + i, held.name, held.classes, held.lon, held.lat])


def _dates_xlsx(sheet: Any) -> None:
    sheet.write_row(0, 0, ["园所名称", "学位数", "开园时间", "经度", "纬度"])
    for i, g in enumerate(("K1", "K3", "K6"), 1):
        held = GARDENS[g]
        sheet.write_row(i, 0, [held.name, held.places])
        sheet.write_datetime(i, 2, dt.date(held.opened_year, 9, 1))
        sheet.write_row(i, 3, [held.lon, held.lat])


def _dates_xls(sheet: Any) -> None:
    import xlwt

    sheet_of([["园所名称", "学位数", "开园时间", "经度", "纬度"]])(sheet)
    for i, g in enumerate(("K1", "K3", "K6"), 1):
        held = GARDENS[g]
        sheet_of([[held.name, held.places, None, held.lon, held.lat]], top=i)(sheet)
        style = xlwt.XFStyle()
        style.num_format_str = "YYYY/MM/DD"
        sheet.write(i, 2, dt.date(held.opened_year, 9, 1), style)


CELLS = (
    LayerCase(
        name="formulas_without_results",
        about="Formulas saved without results: missing, and each of them is listed",
        file="xlsx_formulas.xlsx",
        make=_formulas,
        declared=CGCS,
        rows=numbered(2, ("K1", "K3", "K5")),
        same=("classes",),
        values={
            (2, "places"): None,
            (3, "places"): 180.0,
            (4, "places"): None,
            (2, "name"): "霁川区中心幼儿园",
            (4, "name"): None,
        },
        rows_in=4,
        problems=(("formula", 2, "column C"), ("formula", 4, "column A")),
    ),
    LayerCase(
        name="formulas_with_results",
        about="Formulas that Excel has reckoned are the numbers that they show",
        file="xlsx_reckoned.xlsx",
        make=xlsx(Sheet1=_reckoned),
        declared=CGCS,
        rows=numbered(2, ("K1", "K3", "K5")),
        same=("name", "classes", "places"),
        rows_in=4,
    ),
    LayerCase(
        name="cells_with_errors",
        about="#N/A, #DIV/0! and #REF! in place of numbers",
        file="xlsx_error_cells.xlsx",
        make=xlsx(Sheet1=_errors),
        declared=CGCS,
        rows=numbered(2, ("K1", "K3", "K5")),
        same=("name", "places"),
        values={(r, "enrolled"): None for r in (2, 3, 4)},
        rows_in=4,
        problems=(("formula", 2, "column C"),),
        says=("3 cells hold an error",),
    ),
    LayerCase(
        name="numbers_as_texts",
        about="All cells are texts: full width, units, blanks; ids keep their leading zeros",
        file="xlsx_numbers_as_texts.xlsx",
        make=xlsx(Sheet1=_numbers_as_texts),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")),
        same=("places", "enrolled", "site_area_m2"),
        values={(2, "kindergarten_id"): "0036000001", (3, "name"): "云栖苑幼儿园"},
        rows_in=4,
        notes=(("numbers_converted", 2, "enrolled"),),
    ),
    LayerCase(
        name="ids_as_numbers",
        about="Ids of ten digits that are numbers in the workbook",
        file="xlsx_ids_as_numbers.xlsx",
        make=xlsx(Sheet1=_ids_as_numbers),
        declared=CGCS,
        rows=numbered(2),
        same=("name", "classes"),
        values={(2, "kindergarten_id"): "3136000001", (7, "kindergarten_id"): "3136000006"},
        rows_in=7,
    ),
    LayerCase(
        name="dates_in_xlsx",
        about="开园时间 as dates of the workbook",
        file="xlsx_dates.xlsx",
        make=xlsx(Sheet1=_dates_xlsx),
        declared=CGCS,
        rows=numbered(2, ("K1", "K3", "K6")),
        same=("name", "places", "opened_year"),
        rows_in=4,
    ),
    LayerCase(
        name="dates_in_xls",
        about="开园时间 as dates of an old workbook",
        file="xls_dates.xls",
        make=xls(Sheet1=_dates_xls),
        declared=CGCS,
        rows=numbered(2, ("K1", "K3", "K6")),
        same=("name", "places", "opened_year"),
        rows_in=4,
    ),
)

CASES = (*SHEETS, *CELLS)

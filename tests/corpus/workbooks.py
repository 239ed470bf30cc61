"""Workbooks: titles and notes, headers of two lines, merged cells, sheets, formulas, dates; XLS too.

Imports from `case`, `writing` and `town`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from corpus.case import LayerCase, Maker
from corpus.town import GARDENS
from corpus.writing import KIND_WORDS, numbered, raw

CGCS = {"crs": "EPSG:4490"}
CREATED = dt.datetime(2025, 3, 1, 9, 0)  # noqa: DTZ001 - the format knows no time zones
HEAD = ("幼儿园名称", "办园性质", "班级数", "学位数", "在园人数", "经度", "纬度")
PLAIN = ("name", "kind", "classes", "places", "enrolled")
Fill = Callable[[Any], None]


def _values(garden: str) -> list[Any]:
    g = GARDENS[garden]
    return [g.name, KIND_WORDS[g.kind], g.classes, g.places, g.enrolled, g.lon, g.lat]


def _sheet(lines: Sequence[Sequence[Any]], top: int = 0, left: int = 0) -> Fill:
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


# ---------------------------------------------------------------- rows around the data


def _annex(sheet: Any) -> None:
    """The annex table of a layout plan: title over all columns, total, notes."""
    sheet.merge_range("A1:H1", "附表1 霁川区现状幼儿园一览表")
    sheet.merge_range("G2:H2", "截止日期：2025年3月")
    lines = [["序号", *HEAD]]
    lines += [[i, *_values(g)] for i, g in enumerate(GARDENS, 1)]
    lines += [["合计", None, None, 42, 1260, 1103], []]
    _sheet(lines, top=2)(sheet)
    sheet.merge_range("A12:H12", "注：①学位数为核定规模；②未取得许可证的园所不在本表内。")
    sheet.write("A13", "数据来源：霁川区教育局")


def _two_lines(write: Fill, merge: Callable[[int, int, int, int, str], None], top: int) -> None:
    """A header of two lines: 班数 and 教职工 stand over their parts, all others over both lines."""
    single = {0: "园所名称", 1: "办园性质", 7: "在园幼儿数", 10: "经度", 11: "纬度"}
    for column, header in single.items():
        merge(top, column, top + 1, column, header)
    merge(top, 2, top, 6, "班数")
    merge(top, 8, top, 9, "教职工（人）")
    write((top + 1, 2, ["托班", "小班", "中班", "大班", "混龄班"]))
    write((top + 1, 8, ["专任教师", "保育员"]))
    for i, g in enumerate(("K1", "K3", "K5"), top + 2):
        held, each = GARDENS[g], GARDENS[g].classes // 3
        parts = [None, each, each, each, None]
        line = [held.name, KIND_WORDS[held.kind], *parts, held.enrolled]
        write((i, 0, [*line, held.classes * 2, held.classes, held.lon, held.lat]))


def _two_lines_xlsx(sheet: Any) -> None:
    sheet.merge_range("A1:L1", "霁川区幼儿园班级及教职工情况表")
    _two_lines(
        lambda said: sheet.write_row(*said[:2], said[2]),
        sheet.merge_range,
        top=1,
    )
    sheet.write_row(6, 0, ["总计", None, None, 7, 7, 7, None, 582, 42, 21])


def _two_lines_xls(sheet: Any) -> None:
    def write(said: tuple[int, int, list[Any]]) -> None:
        _sheet([said[2]], *said[:2])(sheet)

    def merge(top: int, left: int, bottom: int, right: int, header: str) -> None:
        sheet.write_merge(top, bottom, left, right, header)

    merge(0, 0, 0, 11, "霁川区幼儿园班级及教职工情况表")
    _two_lines(write, merge, top=1)
    write((6, 0, ["总计", None, None, 7, 7, 7, None, 582, 42, 21]))


TWO_LINES: dict[str, Any] = {
    "declared": CGCS,
    "rows": numbered(4, ("K1", "K3", "K5")),
    "same": ("name", "kind", "enrolled", "classes"),
    "values": {
        (4, "classes_junior"): 4.0,
        (4, "classes_nursery"): None,
        (4, "teachers"): 24.0,
        (5, "classes_senior"): 2.0,
        (5, "carers"): 6.0,
        (6, "classes_middle"): 1.0,
    },
    "rows_in": 7,
    "header": (2, 3),
    "notes": (
        *(("title_row", 1, ""), ("header_row", 2, ""), ("header_row", 3, "")),
        *(("total_row", 7, ""), ("derived", None, "classes")),
    ),
}


def _streets_merged(sheet: Any) -> None:
    """街道 merged over the rows of a street, 小计 after each, a plan's 座 of villages beside."""
    sheet.write_row(0, 0, ["所属街镇", "小计名", "村名", "常住人口", "经度", "纬度"])
    sheet.merge_range("A2:A4", "石埠镇")
    villages = [("㙦头村", 4200, 114.0901, 27.3317), ("南埂村", 1380, 114.0770, 27.3410)]
    for i, (name, people, lon, lat) in enumerate(villages, 1):
        sheet.write_row(i, 2, [name, people, lon, lat])
    sheet.write_row(3, 1, ["小计", None, 5580])
    sheet.write_row(4, 0, ["霁南街道", None, "上陂村", 2250, 114.0450, 27.3370])


def _campuses(sheet: Any) -> None:
    """Two campuses whose places are merged into one number: they must not count twice."""
    sheet.write_row(0, 0, ["园所名称", "办园性质", "学位数", "经度", "纬度"])
    sheet.merge_range("B2:B3", "公办")
    sheet.merge_range("C2:C3", 540)
    sheet.write_row(1, 0, ["霁川区中心幼儿园"])
    sheet.write_row(2, 0, ["霁川区中心幼儿园南园"])
    sheet.write_row(1, 3, [114.0512, 27.3521])
    sheet.write_row(2, 3, [114.0615, 27.3532])
    sheet.write_row(3, 0, [*_values("K3")[:2], 180, 114.0709, 27.3486])


AROUND = (
    LayerCase(
        name="annex_table",
        about="Title merged over all columns, a date at the right, 合计, blank line, two notes",
        file="xlsx_annex_table.xlsx",
        make=xlsx(附表1=_annex),
        declared=CGCS,
        rows=numbered(4),
        same=PLAIN,
        rows_in=13,
        header=(3,),
        notes=(
            *(("title_row", 1, ""), ("title_row", 2, ""), ("header_row", 3, "")),
            *(("total_row", 10, ""), ("blank_row", 11, "")),
            *(("note_row", 12, ""), ("note_row", 13, "")),
        ),
    ),
    LayerCase(
        name="header_of_two_lines",
        about="班数 over 托小中大混, 教职工 over two more, merged down and across",
        file="xlsx_two_line_header.xlsx",
        make=xlsx(班级情况=_two_lines_xlsx),
        **TWO_LINES,
    ),
    LayerCase(
        name="header_of_two_lines_in_xls",
        about="The same table in the old format",
        file="xls_two_line_header.xls",
        make=xls(班级情况=_two_lines_xls),
        **TWO_LINES,
    ),
    LayerCase(
        name="header_of_two_lines_not_merged",
        about="A header of two lines whose groups are blank cells instead of merged ones",
        file="xlsx_two_lines_blank.xlsx",
        make=xlsx(
            Sheet1=_sheet(
                [
                    ["园所名称", "班数", None, None, "学位数", "坐标", None],
                    [None, "小班", "中班", "大班", None, "经度", "纬度"],
                    ["霁川区中心幼儿园", 4, 4, 4, 360, 114.0512, 27.3521],
                    ["澄湖湾幼儿园", 2, 2, 2, 180, 114.0709, 27.3486],
                ]
            )
        ),
        declared=CGCS,
        rows=numbered(3, ("K1", "K3")),
        same=("name", "classes", "places"),
        values={(3, "classes_senior"): 4.0},
        rows_in=4,
        header=(1, 2),
        notes=(("header_row", 1, ""), ("header_row", 2, ""), ("derived", None, "classes")),
    ),
    LayerCase(
        name="towns_merged_over_rows",
        about="所属街镇 merged over several rows, a 小计 within the merged block",
        file="xlsx_vertical_merges.xlsx",
        layer="villages",
        make=xlsx(村庄=_streets_merged),
        declared=CGCS,
        rows={2: "", 3: "", 5: ""},
        same=(),
        values={
            (2, "unit_id"): "石埠镇",
            (3, "unit_id"): "石埠镇",
            (5, "unit_id"): "霁南街道",
            (3, "name"): "南埂村",
            (3, "residents"): 1380.0,
            (5, "residents"): 2250.0,
        },
        rows_in=5,
        notes=(("total_row", 4, ""),),
    ),
    LayerCase(
        name="places_merged_over_campuses",
        about="One number of places merged over two campuses counts once",
        file="xlsx_merged_places.xlsx",
        make=xlsx(Sheet1=_campuses),
        declared=CGCS,
        rows={2: "K1", 3: "", 4: "K3"},
        same=("name",),
        values={
            (2, "places"): 540.0,
            (3, "places"): None,
            (4, "places"): 180.0,
            (3, "kind"): "public",
            (3, "name"): "霁川区中心幼儿园南园",
        },
        rows_in=4,
        problems=(("missing_value", 3, "places"),),
    ),
    LayerCase(
        name="table_in_the_middle",
        about="The table begins in C5; the rows and columns before it are blank",
        file="xlsx_table_at_c5.xlsx",
        make=xlsx(Sheet1=_sheet([HEAD, *(_values(g) for g in GARDENS)], top=4, left=2)),
        declared=CGCS,
        rows=numbered(6),
        same=PLAIN,
        rows_in=11,
        header=(5,),
        notes=(("blank_row", 1, ""), ("header_row", 5, "")),
    ),
    LayerCase(
        name="two_tables_below_each_other",
        about="公办 and 民办 as two tables on one sheet, each with title and header",
        file="xlsx_two_tables.xlsx",
        make=xlsx(
            Sheet1=_sheet(
                [
                    ["表一 公办幼儿园"],
                    HEAD,
                    *(_values(g) for g in ("K1", "K2", "K6")),
                    [],
                    ["表二 民办幼儿园"],
                    HEAD,
                    *(_values(g) for g in ("K3", "K4", "K5")),
                ]
            )
        ),
        declared=CGCS,
        rows=numbered(3, ("K1", "K2", "K6")) | numbered(9, ("K3", "K4", "K5")),
        same=PLAIN,
        rows_in=11,
        header=(2,),
        notes=(
            *(("title_row", 1, ""), ("header_row", 2, ""), ("blank_row", 6, "")),
            *(("title_row", 7, ""), ("header_row", 8, "")),
        ),
    ),
    LayerCase(
        name="a_summary_below_the_table",
        about="A small table of another kind below: its rows are no kindergartens",
        file="xlsx_summary_below.xlsx",
        make=xlsx(
            Sheet1=_sheet(
                [
                    HEAD,
                    *(_values(g) for g in GARDENS),
                    [],
                    ["类别", "园数", "学位数"],
                    ["公办", 3, 810],
                    ["民办", 3, 450],
                ]
            )
        ),
        declared=CGCS,
        rows=numbered(2),
        same=PLAIN,
        rows_in=11,
        problems=(("other_table", 9, ""),),
        notes=(("blank_row", 8, ""),),
    ),
)

# ---------------------------------------------------------------- sheets


def _one_hidden_row(sheet: Any) -> None:
    _sheet([HEAD, *(_values(g) for g in GARDENS)])(sheet)
    sheet.set_row(3, None, None, {"hidden": True})


FULL = _sheet([HEAD, *(_values(g) for g in GARDENS)])
OLD = _sheet([HEAD, *(_values(g) for g in ("K1", "K5"))])

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
        make=xlsx(说明=_sheet([["填表说明：见第二页"]]), 现状2024=OLD, 现状2025=FULL),
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
        make=xls(Sheet1=FULL, Sheet2=_sheet([]), Sheet3=_sheet([])),
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
        make=xlsx(Sheet1=_sheet([]), Sheet2=_sheet([])),
        declared=CGCS,
        refused=("the file is empty",),
    ),
)

# ---------------------------------------------------------------- cells


def _formulas(path: Path) -> None:
    """Formulas as a program writes them that does not reckon: without their results."""
    import openpyxl

    from corpus.writing import repacked

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
        sheet.write_datetime(i, 2, dt.datetime(held.opened_year, 9, 1))  # noqa: DTZ001
        sheet.write_row(i, 3, [held.lon, held.lat])


def _dates_xls(sheet: Any) -> None:
    import xlwt

    _sheet([["园所名称", "学位数", "开园时间", "经度", "纬度"]])(sheet)
    for i, g in enumerate(("K1", "K3", "K6"), 1):
        held = GARDENS[g]
        _sheet([[held.name, held.places, None, held.lon, held.lat]], top=i)(sheet)
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

CASES = (*AROUND, *SHEETS, *CELLS)

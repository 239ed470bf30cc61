"""Workbooks: titles, totals and notes, headers of two lines, merged cells, several tables.

Imports from `case`, `sheets`, `town` and `writing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from corpus.case import LayerCase
from corpus.sheets import CGCS, HEAD, PLAIN, sheet_of, values_of, xls, xlsx
from corpus.town import GARDENS
from corpus.writing import KIND_WORDS, numbered

# ---------------------------------------------------------------- rows around the data


def _annex(sheet: Any) -> None:
    """The annex table of a layout plan: title over all columns, total, notes."""
    sheet.merge_range("A1:H1", "附表1 霁川区现状幼儿园一览表")
    sheet.merge_range("G2:H2", "截止日期：2025年3月")
    lines = [["序号", *HEAD]]
    lines += [[i, *values_of(g)] for i, g in enumerate(GARDENS, 1)]
    lines += [["合计", None, None, 42, 1260, 1103], []]
    sheet_of(lines, top=2)(sheet)
    sheet.merge_range("A12:H12", "注：①学位数为核定规模；②未取得许可证的园所不在本表内。")
    sheet.write("A13", "数据来源：霁川区教育局")


def _two_lines(
    write: Callable[[Any], None], merge: Callable[[int, int, int, int, str], None], top: int
) -> None:
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
        sheet_of([said[2]], *said[:2])(sheet)

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
    sheet.write_row(3, 0, [*values_of("K3")[:2], 180, 114.0709, 27.3486])


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
            Sheet1=sheet_of(
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
        make=xlsx(Sheet1=sheet_of([HEAD, *(values_of(g) for g in GARDENS)], top=4, left=2)),
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
            Sheet1=sheet_of(
                [
                    ["表一 公办幼儿园"],
                    HEAD,
                    *(values_of(g) for g in ("K1", "K2", "K6")),
                    [],
                    ["表二 民办幼儿园"],
                    HEAD,
                    *(values_of(g) for g in ("K3", "K4", "K5")),
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
            Sheet1=sheet_of(
                [
                    HEAD,
                    *(values_of(g) for g in GARDENS),
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

CASES = AROUND

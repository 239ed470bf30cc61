"""Text tables: encodings, separators, quotation marks, and rows that are no data.

Imports from `case`, `writing` and `town`.
"""

from __future__ import annotations

from corpus.case import LayerCase
from corpus.writing import PLAIN, REGISTER, numbered, raw, register, text

CGCS = {"crs": "EPSG:4490"}
MADE = ("ids_made", None, "kindergarten_id")
SIX = numbered(2)

WITH_CODES = {"机构标识码": "id", **REGISTER}
HEADER, *LINES = register()

BOOK = '''\
幼儿园名称,地址,备注,学位数,经度,纬度
霁川区中心幼儿园,"霁川大道12号,近市民中心",,360,114.051200,27.352100
云栖苑幼儿园,"云栖路3号
（小区东门内）","家长称""云幼""",270,114.061500,27.353200
澄湖湾幼儿园,滨湖路8号,"原""澄湖""点
2018年并入
",180,114.070900,27.348600
'''

ENCODINGS = (
    LayerCase(
        name="plain_utf8",
        about="A register in UTF-8 whose headers are Chinese and not declared",
        file="csv_plain_utf8.csv",
        make=text(register()),
        declared=CGCS,
        rows=SIX,
        same=PLAIN,
        rows_in=7,
        notes=(("columns_recognised", None, ""), MADE, ("values_recognised", None, "kind")),
    ),
    LayerCase(
        name="byte_order_mark",
        about="Excel's UTF-8: the mark sticks to the first header, which holds the ids",
        file="csv_utf8_bom.csv",
        make=text(register(WITH_CODES), mark=b"\xef\xbb\xbf", newline="\r\n"),
        declared=CGCS,
        rows=SIX,
        same=("kindergarten_id", *PLAIN),
        rows_in=7,
    ),
    LayerCase(
        name="gb18030",
        about="A register in GB18030, with a character of four bytes that GBK does not have",
        file="csv_gb18030.csv",
        make=text([*register(), "㙦头村幼儿园,公办,2,60,41,114.090100,27.331700"], "gb18030"),
        declared=CGCS,
        rows=SIX | {8: ""},
        same=PLAIN,
        values={(8, "name"): "㙦头村幼儿园", (8, "places"): 60.0},
        rows_in=8,
        notes=(("encoding_detected", None, ""),),
        says=("GB18030",),
    ),
    LayerCase(
        name="gbk_declared",
        about="The plan file says GBK, so nothing has to be detected",
        file="csv_gbk_declared.csv",
        make=text(register(), "gbk", newline="\r\n"),
        declared={**CGCS, "encoding": "GBK"},
        rows=SIX,
        same=PLAIN,
        rows_in=7,
    ),
    LayerCase(
        name="wrong_encoding_declared",
        about="The plan file says UTF-8 of a text in GBK",
        file="csv_gbk_declared.csv",
        declared={**CGCS, "encoding": "UTF-8"},
        refused=("not in UTF-8", "encoding ="),
    ),
    LayerCase(
        name="unicode_text_of_excel",
        about="Excel's 'Unicode text': UTF-16 with tabs, called .txt",
        file="txt_utf16.txt",
        make=text(register(separator="\t"), "utf-16-le", "\r\n", b"\xff\xfe"),
        declared=CGCS,
        rows=SIX,
        same=PLAIN,
        rows_in=7,
    ),
    LayerCase(
        name="big5_not_declared",
        about="Bytes that are neither UTF-8 nor GB18030",
        file="csv_broken_bytes.csv",
        make=raw("幼儿园名称,学位数,经度,纬度\n".encode("gb18030") + b"\xff\xfe\xff,1,114,27\n"),
        declared=CGCS,
        refused=("not in utf-8 or gb18030", 'encoding = "..."'),
    ),
)

SEPARATORS = (
    LayerCase(
        name="semicolons",
        about="Semicolons between the cells, and commas within a name",
        file="csv_semicolon.csv",
        make=text(
            [
                HEADER.replace(",", ";"),
                *(x.replace(",", ";") for x in LINES[:2]),
                "澄湖湾幼儿园,原湖滨园;普惠性民办;6;180;176;114.070900;27.348600",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")),
        same=("kind", "classes", "places", "enrolled"),
        values={(4, "name"): "澄湖湾幼儿园,原湖滨园"},
        rows_in=4,
    ),
    LayerCase(
        name="tabs_in_gb18030",
        about="Tabs, GB18030, and a last line without an end",
        file="tsv_gb18030.tsv",
        make=text("\r\n".join(register(separator="\t")), "gb18030"),
        declared=CGCS,
        rows=SIX,
        same=PLAIN,
        rows_in=7,
        notes=(("encoding_detected", None, ""),),
    ),
    LayerCase(
        name="upright_strokes",
        about="Upright strokes between the cells, under the name .csv",
        file="csv_pipes.csv",
        make=text(register(separator="|")),
        declared=CGCS,
        rows=SIX,
        same=PLAIN,
        rows_in=7,
    ),
    LayerCase(
        name="quotes_and_line_breaks",
        about="Separators, quotation marks and line breaks within cells; rows counted as lines",
        file="csv_quotes_newlines.csv",
        make=text(BOOK),
        declared=CGCS,
        rows={2: "K1", 3: "K2", 5: "K3"},
        same=("name", "places"),
        rows_in=4,
        notes=(("columns_ignored", None, ""),),
        says=("地址, 备注",),
    ),
    LayerCase(
        name="open_quotation_mark",
        about="A quotation mark that is never closed would swallow all lines below it",
        file="csv_open_quote.csv",
        make=text([HEADER, LINES[0], f'"{LINES[1]}', *LINES[2:]]),
        declared=CGCS,
        refused=("quotation mark",),
        refused_at=3,
    ),
    LayerCase(
        name="comma_in_an_address",
        about="A comma within an address shifts one row's columns by one",
        file="csv_comma_in_address.csv",
        make=text(
            [
                "幼儿园名称,地址,学位数,经度,纬度",
                "霁川区中心幼儿园,霁川大道12号,360,114.051200,27.352100",
                "云栖苑幼儿园,云栖路3号,近东门,270,114.061500,27.353200",
            ]
        ),
        declared=CGCS,
        refused=("more values than the header", "quotation marks"),
        refused_at=3,
    ),
)

BESIDES_DATA = (
    LayerCase(
        name="title_and_unit_line",
        about="A title and a line with the unit and the date above the header",
        file="csv_title_unit_line.csv",
        make=text(["霁川区幼儿园现状一览表,,,,,,", "单位：人,,,,,,2025年3月", *register()]),
        declared=CGCS,
        rows=numbered(4),
        same=PLAIN,
        rows_in=9,
        header=(3,),
        notes=(("title_row", 1, ""), ("title_row", 2, ""), ("header_row", 3, "")),
    ),
    LayerCase(
        name="blank_lines_total_and_notes",
        about="Blank lines between the rows, 合计 below them, then notes and who filled it in",
        file="csv_total_notes.csv",
        make=text(
            [
                *register()[:4],
                "",
                ",,,,,,",
                *register()[4:],
                "合计,,42,1260,1103,,",
                ",,,,,,",
                "注：1.学位数按核定规模填报；2.数据截至2025年3月。,,,,,,",
                "填表人：周小满,,,,,,",
                "数据来源：霁川区教育局,,,,,,",
            ],
            newline="\r\n",
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")) | numbered(7, ("K4", "K5", "K6")),
        same=PLAIN,
        rows_in=14,
        notes=(
            *(("blank_row", 5, ""), ("total_row", 10, ""), ("blank_row", 11, "")),
            *(("note_row", 12, ""), ("note_row", 13, ""), ("note_row", 14, "")),
        ),
    ),
    LayerCase(
        name="subtotals_of_streets",
        about="小计 after each street, 总计 at the end",
        file="csv_subtotals.csv",
        make=text(
            [
                "序号,街道,园所名称,核定学位,经度,纬度",
                "1,霁南街道,霁川区中心幼儿园,360,114.051200,27.352100",
                "2,霁南街道,云栖苑幼儿园,270,114.061500,27.353200",
                "霁南街道小计,,,630,,",
                "3,石埠镇,石埠镇中心幼儿园,180,114.082600,27.338400",
                "石埠镇小计,,,180,,",
                "总  计,,,810,,",
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K2", 5: "K6"},
        same=("name", "places"),
        rows_in=7,
        notes=(("total_row", 4, ""), ("total_row", 6, ""), ("total_row", 7, "")),
    ),
    LayerCase(
        name="a_kindergarten_called_total",
        about="Names that look like totals but are kindergartens stay data",
        file="csv_names_like_totals.csv",
        make=text(
            [
                "幼儿园名称,学位数,经度,纬度",
                "合计村幼儿园,60,114.051200,27.352100",
                "总部基地幼儿园,90,114.061500,27.353200",
                "注重幼儿园,120,114.070900,27.348600",
                "平均路幼儿园,150,114.055400,27.343300",
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K2", 4: "K3", 5: "K4"},
        same=(),
        values={
            (2, "name"): "合计村幼儿园",
            (3, "name"): "总部基地幼儿园",
            (4, "name"): "注重幼儿园",
            (5, "name"): "平均路幼儿园",
            (5, "places"): 150.0,
        },
        rows_in=5,
    ),
    LayerCase(
        name="header_on_every_page",
        about="Pages pasted below each other: title and header come again",
        file="csv_repeated_header.csv",
        make=text(
            [
                "霁川区幼儿园一览表,,,,,,",
                *register()[:4],
                "霁川区幼儿园一览表,,,,,,",
                HEADER,
                *LINES[3:],
            ]
        ),
        declared=CGCS,
        rows=numbered(3, ("K1", "K2", "K3")) | numbered(8, ("K4", "K5", "K6")),
        same=PLAIN,
        rows_in=10,
        header=(2,),
        notes=(
            *(("title_row", 1, ""), ("header_row", 2, "")),
            *(("title_row", 6, ""), ("header_row", 7, "")),
        ),
    ),
    LayerCase(
        name="numbered_columns",
        about="The line 1, 2, 3 ... that statistical forms have under their header",
        file="csv_numbered_columns.csv",
        make=text([HEADER, "1,2,3,4,5,6,7", *LINES]),
        declared=CGCS,
        rows=numbered(3),
        same=PLAIN,
        rows_in=8,
        notes=(("header_row", 2, ""),),
    ),
    LayerCase(
        name="columns_numbered_by_stems",
        about="The line 甲, 乙, 1, 2 ... of official statistical forms",
        file="csv_numbered_by_stems.csv",
        make=text([HEADER, "甲,乙,1,2,3,4,5", *LINES]),
        declared=CGCS,
        rows=numbered(3),
        same=PLAIN,
        rows_in=8,
        notes=(("header_row", 2, ""),),
    ),
    LayerCase(
        name="sections_of_a_list",
        about="Lines such as 一、公办幼儿园 between the rows",
        file="csv_sections.csv",
        make=text(
            [
                HEADER,
                "一、公办幼儿园,,,,,,",
                *LINES[:2],
                LINES[5],
                "二、民办幼儿园,,,,,,",
                *LINES[2:5],
            ]
        ),
        declared=CGCS,
        rows={3: "K1", 4: "K2", 5: "K6", 7: "K3", 8: "K4", 9: "K5"},
        same=PLAIN,
        rows_in=9,
        notes=(("note_row", 2, ""), ("note_row", 6, "")),
    ),
)

NOTHING_TO_READ = (
    LayerCase(
        name="empty_file",
        about="A file of no bytes, as a broken download leaves",
        file="csv_empty.csv",
        make=raw(b""),
        declared=CGCS,
        refused=("the file is empty",),
    ),
    LayerCase(
        name="header_only",
        about="A template that nobody has filled in",
        file="csv_header_only.csv",
        make=text([HEADER]),
        declared=CGCS,
        refused=("is empty", "no rows"),
    ),
    LayerCase(
        name="web_page_called_xls",
        about="A web page of an education platform, exported under the name .xls",
        file="xls_web_page.xls",
        make=text(
            "<html><body><table><tr><td>幼儿园名称</td><td>学位数</td></tr>"
            "<tr><td>云栖苑幼儿园</td><td>270</td></tr></table></body></html>"
        ),
        declared=CGCS,
        refused=("web page", "save it as .xlsx"),
    ),
    LayerCase(
        name="no_coordinates",
        about="A register with addresses only",
        file="csv_no_coordinates.csv",
        make=text(["幼儿园名称,地址,学位数", "云栖苑幼儿园,云栖路3号,270"]),
        declared=CGCS,
        refused=("no coordinate columns", "地址", "columns = {"),
    ),
    LayerCase(
        name="another_table",
        about="A table of something else: neither places nor classes are in it",
        file="csv_other_table.csv",
        make=text(["网点名称,服务半径,经度,纬度", "霁南菜场,500,114.0512,27.3521"]),
        declared=CGCS,
        refused=("lacks the required column", "places or classes"),
    ),
)

CASES = (*ENCODINGS, *SEPARATORS, *BESIDES_DATA, *NOTHING_TO_READ)

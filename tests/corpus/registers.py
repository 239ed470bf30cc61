"""What registers say in coded words: kinds, licences, classes by age; and lists of estates.

Imports from `case`, `writing` and `town`.
"""

from __future__ import annotations

from corpus.case import LayerCase
from corpus.town import GARDENS
from corpus.writing import numbered, text

CGCS = {"crs": "EPSG:4490"}
KINDS = {
    "公办": "public",
    "教育部门办": "public",
    "企事业办园": "public",
    "部队办园": "public",
    "高校办园": "public",
    "公办性质": "public",
    "普惠性民办": "inclusive",
    "民办普惠": "inclusive",
    "民办（普惠）": "inclusive",
    "普惠性民办幼儿园": "inclusive",
    "非普惠性民办": "private",
    "营利性民办": "private",
    "民办（非普惠）": "private",
    " 营利性 ": "private",
}


def _at(garden: str) -> str:
    return f"{GARDENS[garden].lon:.6f},{GARDENS[garden].lat:.6f}"


def _row(garden: str, *said: object) -> str:
    return ",".join([GARDENS[garden].name, *map(str, said), _at(garden)])


CASES = (
    LayerCase(
        name="words_for_kinds",
        about="The words for kinds of kindergartens that registers use",
        file="csv_kinds.csv",
        make=text(
            ["园所名称,办园性质,班数,经度,纬度"]
            + [f"第{i}幼儿园,{w},6,{114.04 + i / 100:.2f},27.35" for i, w in enumerate(KINDS, 1)]
        ),
        declared=CGCS,
        rows=dict.fromkeys(range(2, 2 + len(KINDS)), ""),
        same=(),
        values={(r, "kind"): kind for r, kind in enumerate(KINDS.values(), 2)},
        rows_in=15,
        notes=(("values_recognised", None, "kind"),),
    ),
    LayerCase(
        name="a_kind_that_nobody_knows",
        about="A word for a kind that is none: listed, and the kindergarten stays",
        file="csv_unknown_kind.csv",
        make=text(
            [
                "园所名称,办园性质,学位,经度,纬度",
                _row("K1", "公办", 360),
                _row("K5", "其他", 90),
                _row("K2", "", 270),
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K5", 4: "K2"},
        same=("name", "places"),
        values={(2, "kind"): "public", (3, "kind"): None, (4, "kind"): None},
        rows_in=4,
        problems=(("out_of_range", 3, "kind"),),
    ),
    LayerCase(
        name="inclusive_in_a_column_of_its_own",
        about="办园性质 says 民办; whether inclusive stands in 是否普惠",
        file="csv_inclusive_column.csv",
        make=text(
            [
                "园所名称,办园性质,是否普惠,学位数,经度,纬度",
                _row("K1", "公办", "是", 360),
                _row("K3", "民办", "是", 180),
                _row("K4", "民办", "√", 180),
                _row("K5", "民办", "否", 90),
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K3", 4: "K4", 5: "K5"},
        same=("name", "kind", "places"),
        rows_in=5,
        notes=(("values_recognised", None, "kind"),),
    ),
    LayerCase(
        name="private_of_some_kind",
        about="民办 alone: it is not known whether inclusive, and is not guessed",
        file="csv_unclear_kind.csv",
        make=text(
            [
                "园所名称,办园性质,学位数,经度,纬度",
                _row("K1", "公办", 360),
                _row("K3", "民办", 180),
                _row("K5", "民办", 90),
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K3", 4: "K5"},
        same=("name", "places"),
        values={(2, "kind"): "public", (3, "kind"): None, (4, "kind"): None},
        rows_in=4,
        problems=(("unclear_kind", 3, "kind"), ("unclear_kind", 4, "kind")),
        says=("是否普惠",),
    ),
    LayerCase(
        name="licence_numbers",
        about="办园许可证号 in place of 是否持证: a number, 无, or nothing",
        file="csv_licence_numbers.csv",
        make=text(
            [
                "园所名称,办园许可证号,学位数,经度,纬度",
                _row("K1", "教民136000160000011号", 360),
                _row("K3", "无", 180),
                _row("K5", "", 90),
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K3", 4: "K5"},
        same=("name", "places"),
        values={(2, "licensed"): True, (3, "licensed"): False, (4, "licensed"): None},
        rows_in=4,
        notes=(("derived", None, "licensed"),),
    ),
    LayerCase(
        name="flags_as_signs",
        about="是否持证 as √, ×, 1, 0, 有 and one word that is neither",
        file="csv_flags.csv",
        make=text(
            ["园所名称,是否持证,学位数,经度,纬度"]
            + [_row(g, s, GARDENS[g].places) for g, s in zip(GARDENS, "√×10有", strict=False)]
            + [_row("K6", "办理中", 180)]
        ),
        declared=CGCS,
        rows=numbered(2),
        same=("name", "places"),
        values={
            (2, "licensed"): True,
            (3, "licensed"): False,
            (4, "licensed"): True,
            (5, "licensed"): False,
            (6, "licensed"): True,
            (7, "licensed"): None,
        },
        rows_in=7,
        problems=(("not_a_value", 7, "licensed"),),
    ),
    LayerCase(
        name="classes_by_age",
        about="小班, 中班 and 大班 without a total: classes are their sum",
        file="csv_classes_by_age.csv",
        make=text(
            [
                "园所名称,小班,中班,大班,混龄班,经度,纬度",
                _row("K1", 4, 4, 4, 0),
                _row("K3", 2, 2, 2, ""),
                _row("K5", "", "", "", 3),
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K3", 4: "K5"},
        same=("name", "classes"),
        values={(2, "classes_junior"): 4.0, (4, "classes_mixed"): 3.0},
        rows_in=4,
        notes=(("derived", None, "classes"),),
    ),
    LayerCase(
        name="neither_places_nor_classes_in_a_row",
        about="One row says neither places nor classes: kept and listed",
        file="csv_some_without_places.csv",
        make=text(
            [
                "园所名称,班数,学位数,经度,纬度",
                _row("K1", 12, 360),
                _row("K3", 6, ""),
                _row("K5", "", ""),
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K3", 4: "K5"},
        values={(3, "places"): None, (3, "classes"): 6.0, (4, "classes"): None},
        rows_in=4,
        problems=(("missing_value", 4, "places"),),
    ),
    LayerCase(
        name="strong_and_weak_headers",
        about="学位数 goes before 规划学位, 幼儿园名称 before 名称, without an error",
        file="csv_weak_headers.csv",
        make=text(
            [
                "编号,名称,幼儿园名称,规划学位,学位数,类型,经度,纬度",
                f"K1,中心园,{_row('K1', 540, 360, '公办')}",
                f"K5,小苗,{_row('K5', 120, 90, '')}",
            ]
        ),
        declared=CGCS,
        rows={2: "K1", 3: "K5"},
        same=("kindergarten_id", "name", "places"),
        values={(2, "kind"): "public"},
        rows_in=3,
    ),
    LayerCase(
        name="estates_as_points",
        about="A list of estates with one point each: communities need their outlines",
        file="csv_estates_as_points.csv",
        layer="communities",
        make=text(["小区名称,总户数,经度,纬度", "云栖苑,1860,114.0615,27.3532"]),
        declared=CGCS,
        refused=("it is a Point", "expected Polygon"),
        refused_at=2,
    ),
    LayerCase(
        name="villages_of_a_yearbook",
        about="Villages with 常住人口 in 万人 and 户籍人口 beside it",
        file="csv_villages.csv",
        layer="villages",
        make=text(
            [
                "行政村,所属乡镇,常住人口（万人）,户籍人口,经度,纬度",
                "㙦头村,石埠镇,0.42,5100,114.0901,27.3317",
                "南埂村,石埠镇,0.138,1900,114.0770,27.3410",
            ]
        ),
        declared=CGCS,
        rows={2: "", 3: ""},
        same=(),
        values={
            (2, "name"): "㙦头村",
            (2, "residents"): 4200.0,
            (3, "residents"): 1380.0,
            (2, "unit_id"): "石埠镇",
        },
        rows_in=3,
        notes=(("numbers_converted", None, "residents"), ("ids_made", None, "village_id")),
    ),
)

"""What cells and headers say: full width, units, words for nothing, years, ids, two for one name.

Imports from `case`, `writing` and `town`.
"""

from __future__ import annotations

from corpus.case import LayerCase
from corpus.writing import PLAIN, numbered, register, text

CGCS = {"crs": "EPSG:4490"}
MU = 2000 / 3
TWO = {2: "K1", 3: "K2"}
PLACES_1, PLACES_2 = "114.051200,27.352100", "114.061500,27.353200"

NUMBERS = (
    LayerCase(
        name="full_width_and_thousands",
        about="Full-width digits, commas and blanks within numbers, blanks around names",
        file="csv_full_width.csv",
        make=text(
            [
                "幼儿园名称,办园性质,班级数,学位数,在园人数,经度,纬度",
                "\u3000霁川区中心幼儿园 ,公办,１２,３６０,３４２,１１４．０５１２００,２７．３５２１００",
                '云栖苑幼儿园,公办, 9 ,"1,270",２５１,114.061500 , 27.353200',
            ]
        ),
        declared=CGCS,
        rows=TWO,
        same=("name", "kind", "classes", "enrolled"),
        values={(2, "places"): 360.0, (3, "places"): 1270.0},
        rows_in=3,
        notes=(("numbers_converted", 2, "places"), ("numbers_converted", 2, "classes")),
    ),
    LayerCase(
        name="units_in_cells",
        about="360人, 12班, 8.1亩, 2.4公顷, 4320㎡: each in the unit that it says",
        file="csv_units_in_cells.csv",
        make=text(
            [
                "园所名称,学位,班数,占地面积,建筑面积,经度,纬度",
                f"霁川区中心幼儿园,360人,12班,8.1亩,4320㎡,{PLACES_1}",
                f"云栖苑幼儿园,270个学位,9个班,0.4公顷,0.32万平方米,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        rows=TWO,
        same=("name", "places", "classes"),
        values={
            (2, "site_area_m2"): 8.1 * MU,
            (3, "site_area_m2"): 4000.0,
            (2, "floor_area_m2"): 4320.0,
            (3, "floor_area_m2"): 3200.0,
        },
        rows_in=3,
        notes=(("numbers_converted", 2, "site_area_m2"), ("numbers_converted", 2, "places")),
        says=("8.1亩", "360人"),
    ),
    LayerCase(
        name="units_in_headers",
        about="Units in the headers: brackets, a stroke, full width; 亩 and 公顷 become m²",
        file="csv_units_in_headers.csv",
        make=text(
            [
                "幼儿园名称,学位数（个）,班级数/个,用地面积（亩）,建筑面积(万㎡),户外场地/公顷,经度,纬度",
                f"霁川区中心幼儿园,360,12,8.1,0.432,0.2,{PLACES_1}",
                f"云栖苑幼儿园,270,9,6,0.32,0.15,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        rows=TWO,
        same=("name", "places", "classes"),
        values={
            (2, "site_area_m2"): 8.1 * MU,
            (3, "site_area_m2"): 4000.0,
            (2, "floor_area_m2"): 4320.0,
            (3, "floor_area_m2"): 3200.0,
            (2, "outdoor_area_m2"): 2000.0,
            (3, "outdoor_area_m2"): 1500.0,
        },
        rows_in=3,
        notes=(
            ("numbers_converted", None, "site_area_m2"),
            ("numbers_converted", None, "floor_area_m2"),
            ("numbers_converted", None, "outdoor_area_m2"),
        ),
        says=("亩", "8.1 is 5400"),
    ),
    LayerCase(
        name="yuan_and_ten_thousand_yuan",
        about="Costs in 元 in the header, in 万 and 亿 in single cells",
        file="csv_costs.csv",
        layer="candidates",
        make=text(
            [
                "地块编号,地块名称,用地面积(亩),总投资(元),可建班数,用地性质代码,经度,纬度",
                "S1,霁南社区地块,7,18500000,9,080404,114.0580,27.3480",
                "S2,石埠闲置小学,9,420万,6,080403,114.0800,27.3420",
                "S3,云栖苑扩建,1.5,0.026亿元,3,R22,114.0618,27.3535",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("S1", "S2", "S3")),
        same=("site_id", "name", "cost_wan", "max_classes", "land_code"),
        values={(2, "site_area_m2"): 7 * MU, (3, "site_area_m2"): 6000.0},
        rows_in=4,
        notes=(
            ("numbers_converted", None, "cost_wan"),
            ("numbers_converted", None, "site_area_m2"),
        ),
    ),
    LayerCase(
        name="words_for_nothing",
        about="无, -, /, 暂无 and blank cells where there is no number",
        file="csv_words_for_nothing.csv",
        make=text(
            [
                "幼儿园名称,学位数,在园人数,用地面积,经度,纬度",
                f"霁川区中心幼儿园,360,无,-,{PLACES_1}",
                f"云栖苑幼儿园,270,暂无,/,{PLACES_2}",
                "澄湖湾幼儿园,——,176,,114.070900,27.348600",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")),
        same=("name",),
        values={
            (2, "places"): 360.0,
            (4, "places"): None,
            (4, "enrolled"): 176.0,
            (2, "enrolled"): None,
            (3, "enrolled"): None,
            (2, "site_area_m2"): None,
            (3, "site_area_m2"): None,
            (4, "site_area_m2"): None,
        },
        rows_in=4,
        problems=(("missing_value", 4, "places"),),
        notes=(("no_value", 2, "enrolled"), ("no_value", 2, "site_area_m2")),
    ),
    LayerCase(
        name="numbers_in_words",
        about="一百八十 and 约270人 are numbers; 待核, 1/2 and 200-300 are not",
        file="csv_numbers_in_words.csv",
        make=text(
            [
                "幼儿园名称,学位数,在园人数,经度,纬度",
                f"霁川区中心幼儿园,三百六十,待核,{PLACES_1}",
                f"云栖苑幼儿园,约270人,200-300,{PLACES_2}",
                "澄湖湾幼儿园,180,1/2,114.070900,27.348600",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")),
        same=("name", "places"),
        values={(r, "enrolled"): None for r in (2, 3, 4)},
        rows_in=4,
        problems=tuple(("not_a_value", r, "enrolled") for r in (2, 3, 4)),
        notes=(("numbers_converted", 2, "places"),),
    ),
    LayerCase(
        name="numbers_that_cannot_be",
        about="A negative number of children, a year before all kindergartens, a word for a year",
        file="csv_out_of_range.csv",
        make=text(
            [
                "幼儿园名称,学位数,在园人数,开园年份,经度,纬度",
                f"霁川区中心幼儿园,360,-3,1998,{PLACES_1}",
                f"云栖苑幼儿园,270,251,216,{PLACES_2}",
                "澄湖湾幼儿园,180,176,二期建成后,114.070900,27.348600",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")),
        same=("name", "places"),
        values={
            (2, "enrolled"): None,
            (3, "enrolled"): 251.0,
            (2, "opened_year"): 1998.0,
            (3, "opened_year"): None,
            (4, "opened_year"): None,
        },
        rows_in=4,
        problems=(
            ("not_a_value", 4, "opened_year"),
            ("out_of_range", 2, "enrolled"),
            ("out_of_range", 3, "opened_year"),
        ),
    ),
    LayerCase(
        name="years_as_dates",
        about="Opening times as 2016年9月, 2018-09-01, 201109, 2020/3/1 and 1998",
        file="csv_years_as_dates.csv",
        make=text(
            [
                "幼儿园名称,学位数,建园时间,经度,纬度",
                f"霁川区中心幼儿园,360,1998,{PLACES_1}",
                f"云栖苑幼儿园,270,2016年9月,{PLACES_2}",
                "澄湖湾幼儿园,180,2018-09-01,114.070900,27.348600",
                "栖凤里幼儿园,180,2020/3/1,114.055400,27.343300",
                "小禾苗幼儿园,90,二〇〇九年,114.047300,27.346800",
                "石埠镇中心幼儿园,180,201109,114.082600,27.338400",
            ]
        ),
        declared=CGCS,
        rows=numbered(2),
        same=("name", "places", "opened_year"),
        rows_in=7,
    ),
)

HEADERS = (
    LayerCase(
        name="years_in_headers",
        about="2024年在园人数 and 2024学年学位数: the year stands before the name",
        file="csv_years_in_headers.csv",
        make=text(
            [
                "幼儿园名称,2024学年学位数,2024年在园人数,经度,纬度",
                f"霁川区中心幼儿园,360,342,{PLACES_1}",
                f"云栖苑幼儿园,270,251,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        rows=TWO,
        same=("name", "places", "enrolled"),
        rows_in=3,
    ),
    LayerCase(
        name="two_years_of_one_number",
        about="在园人数 of two years side by side: which one counts is not the program's to say",
        file="csv_two_years.csv",
        make=text(
            [
                "幼儿园名称,学位数,2023年在园人数,2024年在园人数,经度,纬度",
                f"霁川区中心幼儿园,360,355,342,{PLACES_1}",
                f"云栖苑幼儿园,270,260,251,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        refused=("2023年在园人数", "2024年在园人数", 'columns = { enrolled = "'),
    ),
    LayerCase(
        name="two_years_one_named",
        about="The same table, with the year's column named in the plan file",
        file="csv_two_years.csv",
        declared={**CGCS, "columns": {"enrolled": "2024年在园人数"}},
        rows=TWO,
        same=("name", "places", "enrolled"),
        rows_in=3,
    ),
    LayerCase(
        name="two_columns_for_one_name",
        about="学位数 and 核定学位 both mean places",
        file="csv_two_for_one.csv",
        make=text(
            [
                "园所名称,学位数,核定学位,经度,纬度",
                f"霁川区中心幼儿园,355,360,{PLACES_1}",
                f"云栖苑幼儿园,265,270,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        refused=("学位数", "核定学位", "places", 'columns = { places = "'),
    ),
    LayerCase(
        name="two_columns_one_named",
        about="The same table, with the right column named in the plan file",
        file="csv_two_for_one.csv",
        declared={**CGCS, "columns": {"places": "核定学位"}},
        rows=TWO,
        same=("name", "places"),
        rows_in=3,
    ),
    LayerCase(
        name="named_column_that_is_not_there",
        about="The plan file names a column that the table does not have",
        file="csv_two_for_one.csv",
        declared={**CGCS, "columns": {"places": "学位总量"}},
        refused=("no column '学位总量'", "核定学位"),
    ),
    LayerCase(
        name="english_headers",
        about="A register with English headers in capitals and with underscores",
        file="csv_english.csv",
        make=text(
            [
                "School_ID,Kindergarten Name,CAPACITY,Number of Classes,Enrolment,Longitude,Latitude",
                f"K1,霁川区中心幼儿园,360,12,342,{PLACES_1}",
                f"K2,云栖苑幼儿园,270,9,251,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        rows=TWO,
        same=("kindergarten_id", "name", "places", "classes", "enrolled"),
        rows_in=3,
    ),
    LayerCase(
        name="ratios_are_not_counts",
        about="生均用地面积 and 平均班额 are not 用地面积 and 班数",
        file="csv_ratios.csv",
        make=text(
            [
                "幼儿园名称,班级数,平均班额,学位数,生均用地面积,生均建筑面积（㎡）,经度,纬度",
                f"霁川区中心幼儿园,12,28.5,360,15.0,12.0,{PLACES_1}",
                f"云栖苑幼儿园,9,27.9,270,14.8,11.9,{PLACES_2}",
            ]
        ),
        declared=CGCS,
        rows=TWO,
        same=("name", "places", "classes"),
        values={(2, "site_area_m2"): None, (2, "floor_area_m2"): None},
        rows_in=3,
        notes=(("columns_ignored", None, ""),),
        says=("生均用地面积",),
    ),
    LayerCase(
        name="headers_with_blanks_and_breaks",
        about="Headers laid out with blanks and line breaks, and one column without a name",
        file="csv_header_blanks.csv",
        make=text(
            '" 幼 儿 园\n名 称 ","学 位 数\n（个）",,"在园\n人数",经  度,纬  度\n'
            f"霁川区中心幼儿园,360,甲,342,{PLACES_1}\n云栖苑幼儿园,270,乙,251,{PLACES_2}\n"
        ),
        declared=CGCS,
        rows={5: "K1", 6: "K2"},
        same=("name", "places", "enrolled"),
        rows_in=3,
    ),
)

IDS = (
    LayerCase(
        name="ids_twice_and_missing",
        about="An id that comes twice and one that is missing: both rows stay",
        file="csv_ids.csv",
        make=text(
            [
                "园所编码,园所名称,学位,经度,纬度",
                f"0036001,霁川区中心幼儿园,360,{PLACES_1}",
                f"0036001,云栖苑幼儿园,270,{PLACES_2}",
                ",澄湖湾幼儿园,180,114.070900,27.348600",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3")),
        same=("name", "places"),
        values={
            (2, "kindergarten_id"): "0036001",
            (3, "kindergarten_id"): "0036001#3",
            (4, "kindergarten_id"): "row-4",
        },
        rows_in=4,
        problems=(("missing_id", 4, "kindergarten_id"), ("repeated_id", 3, "kindergarten_id")),
    ),
    LayerCase(
        name="serial_numbers_as_ids",
        about="序号 is the only number of a row",
        file="csv_serial_numbers.csv",
        make=text(
            register({"序号": "id", "园名": "name", "学位": "places", "东经": "lon", "北纬": "lat"})
        ),
        declared=CGCS,
        rows=numbered(2),
        same=("kindergarten_id", "name", "places"),
        rows_in=7,
    ),
)

PLAN_NAMES = (
    LayerCase(
        name="headers_that_only_the_plan_explains",
        about="Headers f1, f2 ... as an export of a form leaves; the plan file names them",
        file="csv_f_columns.csv",
        make=text(
            register(
                {"f1": "name", "f2": "kind", "f3": "classes", "f4": "places", "f5": "enrolled"}
                | {"f6": "lon", "f7": "lat"}
            )
        ),
        declared={
            **CGCS,
            "columns": {
                "name": "f1",
                "kind": "f2",
                "classes": "f3",
                "places": "f4",
                "enrolled": "f5",
                "lon": "f6",
                "lat": "f7",
            },
        },
        rows=numbered(2),
        same=PLAIN,
        rows_in=7,
    ),
)

CASES = (*NUMBERS, *HEADERS, *IDS, *PLAN_NAMES)

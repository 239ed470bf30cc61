"""Headers: what the columns of real registers are recognised as, and what is said about it."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, check_layer, read_layer
from kgspatial.inputs.columns.aliases import (
    AUXILIARY,
    COORDINATE_NAMES,
    alias_data,
    coded,
    key,
    known_names,
)
from kgspatial.inputs.columns.headers import FILE_COLUMNS, OWN_NAMES, with_canonical_names
from kgspatial.inputs.columns.meanings import DBF_NAME_BYTES, recognise
from kgspatial.inputs.problems import Problem
from kgspatial.layers import KINDS, LAYERS

FILE = Path("园.xlsx")
MU = 2000 / 3
TAINAN = Path(__file__).parents[2] / "shared/data/tainan/kindergartens_raw.csv"

# Headers of registers, ledgers, lists of estates and parcels, and annex tables, as they are written.
REAL_HEADERS = {
    "kindergartens": {
        "kindergarten_id": "序号 机构编码 学校(机构)标识码 幼儿园编号 KG_ID Kindergarten_Code",
        "name": "幼儿园名称 园所名称 学校名称 机构名称 校名 学校（机构）名称 *幼儿园名称 幼儿园名称（全称） "
        "NAME Kindergarten_Name kg_name",
        "kind": "办园性质 办学性质 学校性质 办园性质（公办/民办） 办园性质： 举办者 ownership",
        "kind_detail": "办园类型 园所类型",
        "inclusive": "是否普惠 是否普惠性幼儿园 是否普惠（是/否）",
        "grade": "办园等级 等级 示范等级 星级 rating",
        "licensed": "是否持证 有无办园许可证",
        "licence_number": "办园许可证号 办学许可证编号",
        "classes": "班数 班级数 班数（托/小/中/大/混） 现有班数 现状班数（班） 班级数合计 班数总计 核定班数 "
        "办园规模（班） Classes n_classes",
        "classes_nursery": "托班 班数托 托班数（个）",
        "classes_junior": "小班 小班数 班数小班",
        "classes_middle": "中班 中班班数",
        "classes_senior": "大班（个） 班级数大班",
        "classes_mixed": "混合班 混龄班 混班",
        "enrolled": "在园幼儿数 在园人数 在园幼儿数（人） 在园幼儿数(个) ２０２４年在园幼儿数 2024学年在园人数 "
        "在园人数(2024年) 2024年秋季在园幼儿数（人） 截至2024年底在园人数 在园人数2024 在园_人数 在园人数/人 "
        "enrolment Enrolled",
        "places": "学位数 核定规模 学位 办园规模（人） 办园规模 规划学位数 学位数小计 现有学位 Capacity seats",
        "teachers": "教师数 专任教师 专任教师数 专任教师数（人） 教职工专任教师",
        "carers": "保育员 保育员数",
        "staff": "教职工 教职工数 教职工合计",
        "site_area_m2": "用地面积 占地面积",
        "floor_area_m2": "建筑面积 校舍建筑面积",
        "outdoor_area_m2": "户外场地 户外活动场地面积",
        "opened_year": "建成年份 开园时间 竣工/开园时间",
        "closes_year": "停办年份 拟停办年份",
        "head_id": "总园 总园ID",
        "supports_community": "配套小区 配套小区名称",
        "lon": "经度 LNG Longitude 经度（WGS84） 经度（°） 百度经度",
        "lat": "纬度 latitude 北纬",
        "x": "X X坐标 POINT_X X坐标(CGCS2000) 东坐标",
        "y": "Y坐标（m） point_y 北坐标",
        "lon_lat": "经纬度 坐标 经度,纬度",
        "lat_lon": "纬经度 lat/lon",
        "": "县(市)区 街道 详细地址 园区地址 办学地址 校址 联系电话 收费 收费标准（元/月） 平均班额 备注 是否配套园 "
        "生均用地面积 生均建筑面积（m²） 生均户外 生均活动用房 建筑面积(生均) 户外场地（m²/生） "
        "户外场地(平方米/人) 每生建筑面积 每班人数 班均人数 人均建筑面积 生均公用经费 师生比 建筑面积（万元） "
        "学位缺口 需求学位 新增学位 在园幼儿数小班 女教师数 面积 总投资 数量 1 places_per_child 所属总园名称",
    },
    "communities": {
        "community_id": "小区编号 地块编号 序号",
        "name": "小区名称 楼盘名称 小区 项目名称",
        "households": "总户数 规划户数 规划户数（户） 户数 hh households",
        "residents": "人口 常住人口（人） 规划人口 POP",
        "children": "3-5岁人口 3—5岁人口 3～5岁儿童数 ３－５岁人口数 3-6岁儿童数（人） 适龄幼儿数 children_3-5",
        "floor_area_m2": "建筑面积 住宅建筑面积 GFA",
        "delivered_year": "建成/交付年份 规划批复/交付年份 交付时间 year_built",
        "occupancy": "入住率",
        "unit_id": "街道/镇 街道（镇） 县区 所属街道",
        "planned_places": "应配建学位 规划学位",
        "": "地址 楼栋数 容积率 开发企业 物业 分期 规划班数 实配学位 0-14岁人口 户均人口 人均建筑面积 问题类别 "
        "责任单位 责任人 整治时限 完成日期 备注",
    },
    "candidates": {
        "site_id": "地块编号 编号 项目编号",
        "name": "项目名称 地块名称 规划幼儿园名称",
        "land_code": "用地性质(代码) 用地性质代码 用地代码",
        "source": "建设性质 来源 类型",
        "max_classes": "幼儿园班数 规划班数 班数",
        "site_area_m2": "幼儿园用地面积 用地面积 面积",
        "floor_area_m2": "幼儿园建筑面积 建筑面积",
        "available_year": "开工时间 建设时序",
        "": "居住建筑面积 年度计划投资 累计完成投资 资金来源 新增学位 责任单位 位置描述 容积率",
    },
    "units": {
        "unit_id": "行政区划代码 街道代码",
        "name": "街道名称 街镇 片区 行政区",
        "children": "3–5岁人口 适龄儿童数",
        "level": "级别 层级",
        "urban": "是否城区",
        "residents": "常住人口 总人口（人）",
        "age_3": "3岁 3岁人口 3岁儿童数",
        "": "学位数 在园 毛入园率 公办占比 普惠率 缺口（±） 覆盖率",
    },
    "villages": {
        "village_id": "行政区划代码 村编号",
        "name": "行政村 村名",
        "residents": "常住人口 常住人口（人） 户籍人口",
        "unit_id": "所属镇街 乡镇",
        "": "≥4000? 现有园 应设形式 总园",
    },
    "streets": {"name": "路名 道路名称", "bridge": "桥", "tunnel": "隧道", "length_m": "长度"},
    "hazards": {"hazard": "设施类型 类型", "name": "设施名称", "keep_away_m": "防护距离"},
}
CASES = [
    (layer, header, canonical)
    for layer, columns in REAL_HEADERS.items()
    for canonical, headers in columns.items()
    for header in headers.split()
]


@pytest.mark.parametrize(("layer", "header", "canonical"), CASES)
def test_a_real_header_is_known_for_what_it_is(layer: str, header: str, canonical: str) -> None:
    meaning = recognise(header, layer, with_coordinates=True)
    assert (meaning.name if meaning else "") == canonical


@pytest.mark.parametrize(
    ("layer", "header", "canonical", "factor"),
    [
        ("kindergartens", "用地面积（亩）", "site_area_m2", MU),
        ("kindergartens", "占地亩数", "site_area_m2", MU),
        ("kindergartens", "用地面积/亩", "site_area_m2", MU),
        ("kindergartens", "用地面积_亩", "site_area_m2", MU),
        ("kindergartens", "用地面积（单位：公顷）", "site_area_m2", 10_000),
        ("kindergartens", "建筑面积（㎡）", "floor_area_m2", 1),
        ("kindergartens", "建筑面积m²", "floor_area_m2", 1),
        ("kindergartens", "建筑面积(万平方米)", "floor_area_m2", 10_000),
        ("kindergartens", "2024年占地面积（亩）", "site_area_m2", MU),
        ("communities", "总户数(万户)", "households", 10_000),
        ("communities", "常住人口（万人）", "residents", 10_000),
        ("communities", "入住率（%）", "occupancy", 0.01),
        ("communities", "入住率％", "occupancy", 0.01),
        ("candidates", "总投资(万元)", "cost_wan", 1),
        ("candidates", "总投资（元）", "cost_wan", 1e-4),
        ("candidates", "投资估算(亿元)", "cost_wan", 10_000),
        ("candidates", "总投资_万元", "cost_wan", 1),
        ("candidates", "面积(亩)", "site_area_m2", MU),
        ("streets", "长度(km)", "length_m", 1000),
        ("hazards", "防护距离（公里）", "keep_away_m", 1000),
    ],
)
def test_a_unit_in_the_header_is_understood(
    layer: str, header: str, canonical: str, factor: float
) -> None:
    meaning = recognise(header, layer, with_coordinates=True)
    assert meaning is not None
    assert (meaning.name, meaning.factor) == (canonical, pytest.approx(factor))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("公办", "public"),
        ("教育部门办", "public"),
        ("企事业办园", "public"),
        ("高校办园", "public"),
        ("部队办园", "public"),
        ("集体办", "public"),
        ("普惠性民办", "inclusive"),
        ("民办普惠", "inclusive"),
        ("民办（普惠性）", "inclusive"),
        ("委托普惠", "inclusive"),
        ("非普惠性民办", "private"),
        ("营利性民办", "private"),
        ("民办（非普惠）", "private"),
        ("Public", "public"),
        ("民办", None),
        ("私塾", None),
    ],
)
def test_words_for_kinds(word: str, kind: str | None) -> None:
    assert coded(word, "kind") == kind


class TestTheTableOfAliases:
    def layers(self) -> dict[str, dict[str, list[str]]]:
        """Canonical name to all its aliases, strong and weak, by layer; coordinates with each."""
        data = alias_data()
        found: dict[str, dict[str, list[str]]] = {}
        for layer in LAYERS:
            table: dict[str, list[str]] = defaultdict(list)
            for part in (
                data["columns"].get(layer, {}),
                data["fallback"].get(layer, {}),
                data["columns"]["coordinates"],
            ):
                for canonical, names in part.items():
                    table[canonical] += names
            found[layer] = table
        return found

    def test_every_column_is_reached_in_chinese_and_in_english(self) -> None:
        for layer, table in self.layers().items():
            columns = (*LAYERS[layer].column_names, *AUXILIARY.get(layer, ()), *COORDINATE_NAMES)
            for canonical in columns:
                others = [a for a in table[canonical] if key(a) != key(canonical)]
                for names in (
                    [a for a in others if a.isascii()],
                    [a for a in others if not a.isascii()],
                ):
                    assert names, f"{layer}.{canonical}"
                    found = {recognise(a, layer, with_coordinates=True) for a in names}
                    assert {m.name for m in found if m} == {canonical}, f"{layer}.{canonical}"

    def test_every_table_is_of_a_layer_and_its_columns(self) -> None:
        data = alias_data()
        for part in ("columns", "fallback"):
            for layer, table in data[part].items():
                known = COORDINATE_NAMES if layer == "coordinates" else known_names(layer, False)
                assert set(table) <= set(known), f"{part}.{layer}"

    def test_no_alias_means_two_things_in_a_layer(self) -> None:
        for layer, table in self.layers().items():
            meant: dict[str, set[str]] = defaultdict(set)
            for canonical, names in table.items():
                for name in (*names, canonical):
                    meant[key(name)].add(canonical)
            assert {k: v for k, v in meant.items() if len(v) > 1} == {}, layer
            assert "" not in meant

    def test_no_alias_stands_twice(self) -> None:
        data = alias_data()
        for part in ("columns", "fallback"):
            for layer, table in data[part].items():
                keys = [key(a) for names in table.values() for a in names]
                twice = sorted({k for k in keys if keys.count(k) > 1})
                assert twice == [], f"{part}.{layer}"

    def test_no_word_stands_for_two_codes(self) -> None:
        for kind, table in alias_data()["values"].items():
            codes: dict[str, set[str]] = defaultdict(set)
            for code, words in table.items():
                for word in (code, *words):
                    codes[key(word) or word].add(code)
            assert {w: c for w, c in codes.items() if len(c) > 1} == {}, kind
        assert set(alias_data()["values"]["kind"]) == set(KINDS)

    @settings(max_examples=60)
    @given(st.sampled_from(sorted(LAYERS)), st.data())
    def test_layout_and_width_of_a_header_do_not_matter(
        self, layer: str, data: st.DataObject
    ) -> None:
        table = alias_data()["columns"][layer]
        canonical = data.draw(st.sampled_from(sorted(table)))
        alias = data.draw(st.sampled_from(table[canonical]))
        between = data.draw(st.sampled_from(["", " ", "\u3000", "\n"]))
        wide = {c: chr(ord(c) + 0xFEE0) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz0123456789()"}
        dressed = between.join(alias).translate(str.maketrans(wide)).upper()
        headers = [dressed, f" {alias}：", f"{alias}*", f"现状{alias}"]
        if not alias.startswith(("规划", "拟")):  # what is planned for a year is not what there is
            headers.append(f"2024年{alias}")
        for header in headers:
            meaning = recognise(header, layer, with_coordinates=True)
            assert meaning is not None
            assert meaning.name == canonical


class TestTraditionalCharacters:
    @pytest.mark.parametrize(
        ("header", "canonical"),
        [
            ("幼兒園名稱", "name"),
            ("核定總招收人數", "places"),
            ("在園幼兒數（人）", "enrolled"),
            ("核准設立日期", "opened_year"),
            ("設立許可文號", "licence_number"),
            ("經度", "lon"),
            ("緯度", "lat"),
            ("用地面積（畝）", "site_area_m2"),
            ("生均用地面積", None),
        ],
    )
    def test_in_headers(self, header: str, canonical: str | None) -> None:
        meaning = recognise(header, "kindergartens", with_coordinates=True)
        assert (meaning.name if meaning else None) == canonical

    def test_in_words(self) -> None:
        words = {"公立": "public", "公辦": "public", "準公共": "inclusive", "營利性": "private"}
        assert {w: coded(w, "kind") for w in words} == words

    def test_each_has_one_simplified_form(self) -> None:
        pairs = alias_data()["writing"]["simplified"].split()
        assert all(len(p) == 2 and p[0] != p[1] for p in pairs)
        assert len({p[0] for p in pairs}) == len(pairs)
        assert not {p[0] for p in pairs} & {p[1] for p in pairs}

    @pytest.mark.realdata
    @pytest.mark.skipif(not TAINAN.is_file(), reason="the Tainan data are not part of the project")
    def test_a_published_register_is_read_as_it_is(self) -> None:
        with TAINAN.open(encoding="utf-8-sig", newline="") as stream:
            published = list(csv.DictReader(stream))
        declared = LayerInput(str(TAINAN), crs="EPSG:4326")
        raw, _ = read_layer("kindergartens", declared)
        checked, problems = check_layer(raw, LAYERS["kindergartens"])
        placed = [row for row in published if row["longitude"]]
        assert len(raw) == len(published)
        assert (
            len(checked)
            == len(placed)
            == len(raw) - sum(p.done == "row left out" for p in problems)
        )
        places = [float(row["核定總招收人數"] or "nan") for row in placed]
        np.testing.assert_array_equal(checked["places"], places)
        kinds = {"公幼": "public", "準公共": "inclusive"}  # what 非營利 is here, the user must say
        assert checked["kind"].tolist() == [kinds.get(row["類型"]) for row in placed]
        dates = [row["核准設立日期"] for row in placed]
        np.testing.assert_array_equal(
            checked["opened_year"], [float(d[:4] or "nan") for d in dates]
        )


class TestShapefileNames:
    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
    @pytest.mark.parametrize(
        ("alias", "canonical"),
        [
            ("在园幼儿人数", "enrolled"),
            ("户外活动场地面积", "outdoor_area_m2"),
            ("办学许可证编号", "licence_number"),
            ("园所性质", "kind"),
            ("用地面积", "site_area_m2"),
            ("kindergarten_id", "kindergarten_id"),
            ("floor_area_m2", "floor_area_m2"),
            ("outdoor_area_m2", "outdoor_area_m2"),
            ("classes_junior", "classes_junior"),
            ("supports_community", "supports_community"),
            ("number of teachers", None),
        ],
    )
    def test_cut_to_ten_bytes_they_are_known_where_they_are_one_name(
        self, encoding: str, alias: str, canonical: str | None
    ) -> None:
        cut = alias.encode(encoding)[:DBF_NAME_BYTES].decode(encoding, "ignore")
        meaning = recognise(cut, "kindergartens", with_coordinates=False)
        assert (meaning.name if meaning else None) == canonical

    def test_a_cut_name_is_our_own_before_it_is_an_alias(self) -> None:
        """Results of kgspatial saved as a Shapefile come back under their names."""
        assert recognise("幼儿园", "kindergartens", with_coordinates=False).name == "name"  # type: ignore[union-attr]
        cut = recognise("kindergart", "kindergartens", with_coordinates=False)
        assert cut is not None
        assert cut.name == "kindergarten_id"

    def test_a_cut_alias_that_could_be_two_columns_is_none(self) -> None:
        assert recognise("number of ", "kindergartens", with_coordinates=False) is None

    def test_a_spatial_file_has_no_coordinate_columns(self) -> None:
        assert recognise("经度", "kindergartens", with_coordinates=False) is None


def table(**columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype=object)
    return frame.set_axis(pd.RangeIndex(2, 2 + len(frame), name="row"), axis=0)


def named(
    frame: pd.DataFrame, layer: str = "kindergartens", **columns: str
) -> tuple[pd.DataFrame, list[Problem]]:
    declared = LayerInput(str(FILE), columns=columns or None)
    return with_canonical_names(frame, layer, declared, FILE)


def said(problems: list[Problem], code: str) -> list[str]:
    return [p.problem for p in problems if p.code == code]


class TestWhatIsSaid:
    def test_recognised_and_ignored_columns_are_named(self) -> None:
        frame, problems = named(
            table(园编号=["a"], 园名=["一园"], 学位数=[90], 邮编=[1], 备注=[""])
        )
        assert set(frame.columns) == {"kindergarten_id", "name", "places"}
        text = "columns recognised by their names: 园编号 = kindergarten_id, 园名 = name, 学位数 = places"
        assert said(problems, "columns_recognised") == [text]
        assert said(problems, "columns_ignored") == ["columns that are not used: 邮编, 备注"]
        assert {p.severity for p in problems} == {"note"}
        assert frame.attrs[OWN_NAMES]["places"] == "学位数"
        assert frame.attrs[FILE_COLUMNS] == ["园编号", "园名", "学位数", "邮编", "备注"]

    def test_many_ignored_columns_are_counted(self) -> None:
        columns = {f"杂项{i:02}": [1] for i in range(20)}
        _, problems = named(table(园编号=["a"], **columns))
        assert said(problems, "columns_ignored")[0].endswith("杂项14 and 5 more")

    def test_two_columns_for_one_name_are_refused_with_what_to_write(self) -> None:
        frame = table(园编号=["a"], 在园人数=[1], 在园幼儿数=[2])
        with pytest.raises(
            InputError, match="'在园人数' and '在园幼儿数' both mean 'enrolled'"
        ) as caught:
            named(frame)
        assert 'columns = { enrolled = "在园人数" }' in caught.value.hint
        assert (caught.value.source, caught.value.column) == (str(FILE), "在园人数")
        chosen, problems = named(frame, enrolled="在园幼儿数")
        assert chosen["enrolled"].tolist() == [2]
        assert said(problems, "columns_ignored") == ["columns that are not used: 在园人数"]

    def test_the_same_name_in_two_years_is_refused(self) -> None:
        frame = pd.DataFrame([["a", 1, 2]], columns=["园编号", "2023年在园人数", "2024年在园人数"])
        with pytest.raises(InputError, match="both mean 'enrolled'"):
            named(frame)

    def test_of_several_weak_names_the_best_is_taken_and_the_others_named(self) -> None:
        frame = table(序号=[1], 代码=["x"], 编号=["K1"], 名称=["一园"], 规模=[90], 规划学位=[180])
        found, problems = named(frame)
        assert found["kindergarten_id"].tolist() == ["K1"]
        assert found["places"].tolist() == [90]
        assert said(problems, "columns_ambiguous") == [
            "'编号' is taken as kindergarten_id; it could also be 代码, 序号",
            "'规模' is taken as places; it could also be 规划学位",
        ]
        assert [p.column for p in problems if p.code == "columns_ambiguous"] == ["编号", "规模"]
        assert said(problems, "columns_ignored") == []

    def test_a_weak_name_is_left_aside_where_there_is_a_strong_one(self) -> None:
        found, problems = named(table(园编号=["K1"], 序号=[1], 学位数=[90], 规划学位=[180]))
        assert found["kindergarten_id"].tolist() == ["K1"]
        assert found["places"].tolist() == [90]
        assert said(problems, "columns_ambiguous") == []
        assert said(problems, "columns_ignored") == ["columns that are not used: 序号, 规划学位"]

    def test_a_column_with_the_canonical_name_goes_before_its_aliases(self) -> None:
        found, problems = named(table(kindergarten_id=["a"], 学位数=[90], places=[80]))
        assert found["places"].tolist() == [80]
        assert said(problems, "columns_ignored") == ["columns that are not used: 学位数"]

    def test_what_the_plan_file_names_goes_before_all(self) -> None:
        found, _ = named(table(kindergarten_id=["a"], places=[80], 面积=[5]), places="面积")
        assert found["places"].tolist() == [5]

    def test_a_name_that_is_not_there_is_refused_with_those_that_are(self) -> None:
        with pytest.raises(InputError, match="no column '学位'") as caught:
            named(table(园编号=["a"], 学位数=[90]), places="学位")
        assert "Its columns: 园编号, 学位数" in caught.value.hint


class TestIds:
    def test_are_made_from_row_numbers_where_no_column_holds_any(self) -> None:
        found, problems = named(table(园名=["一园", "二园"], 学位数=[90, 90]))
        assert found["kindergarten_id"].tolist() == ["row-2", "row-3"]
        assert said(problems, "ids_made")

    def test_row_numbers_that_start_anew_are_no_ids(self) -> None:
        frame = table(序号=[1, 2, 1], 园名=["一园", "二园", "三园"])
        found, problems = named(frame)
        assert found["kindergarten_id"].tolist() == ["row-2", "row-3", "row-4"]
        assert "the numbers in '序号' repeat" in said(problems, "columns_ambiguous")[0]
        again, _ = named(frame, kindergarten_id="序号")
        assert again["kindergarten_id"].tolist() == [1, 2, 1]

    def test_row_numbers_that_count_through_are_ids(self) -> None:
        found, problems = named(table(序号=[1, 2], 园名=["一园", "二园"]))
        assert found["kindergarten_id"].tolist() == [1, 2]
        assert said(problems, "ids_made") == []

    def test_units_are_known_by_their_names(self) -> None:
        squares = [box(0, 0, 1, 1), box(1, 0, 2, 1)]
        frame = gpd.GeoDataFrame({"街道": ["西街", "东街"]}, geometry=squares, crs="EPSG:4326")
        found, problems = with_canonical_names(frame, "units", LayerInput("u.shp"), Path("u.shp"))
        assert found["unit_id"].tolist() == ["西街", "东街"]
        assert "made from the names" in said(problems, "ids_made")[0]


class TestUnits:
    def test_of_the_header_convert_the_column_and_are_listed(self) -> None:
        frame = pd.DataFrame({"园编号": ["a", "b", "c"], "用地面积（亩）": [3, "2公顷", None]})
        found, problems = named(frame)
        assert found["site_area_m2"].tolist()[:2] == [pytest.approx(2000), 20_000]
        (text,) = said(problems, "numbers_converted")
        assert text == (
            "1 numbers in 亩, as the header says, and 1 as their cells say, such as 3 is 2000"
        )

    def test_a_column_that_the_plan_file_names_keeps_the_unit_of_its_header(self) -> None:
        frame = pd.DataFrame({"园编号": ["a"], "占地（亩）": [3], "用地面积": [1]})
        found, _ = named(frame, site_area_m2="占地（亩）")
        assert found["site_area_m2"].tolist() == [pytest.approx(2000)]

    @pytest.mark.parametrize(
        ("cells", "shares"),
        [([85, 90.5], [0.85, 0.905]), ([0.85, 0.905], [0.85, 0.905]), (["85%", 90], [0.85, 0.9])],
    )
    def test_shares_under_a_percent_sign(self, cells: list[object], shares: list[float]) -> None:
        frame = pd.DataFrame({"小区编号": ["a", "b"], "入住率（%）": cells}, dtype=object)
        found, _ = named(frame, "communities")
        squares = [box(117.6, 24.5, 117.61, 24.51), box(117.62, 24.5, 117.63, 24.51)]
        layer = gpd.GeoDataFrame(found, geometry=squares, crs="EPSG:4490")
        checked, _ = check_layer(layer, LAYERS["communities"])
        assert checked["occupancy"].tolist() == pytest.approx(shares)


def garden_register(**columns: list[object]) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    found, problems = named(table(**columns))
    places = [Point(117.6 + i / 100, 24.5) for i in range(len(found))]
    frame = gpd.GeoDataFrame(found, geometry=places, crs="EPSG:4490")
    checked, more = check_layer(frame, LAYERS["kindergartens"])
    return checked, problems + more


class TestRegisters:
    """What a register says in several columns at once."""

    def test_the_type_tells_which_private_kindergartens_are_inclusive(self) -> None:
        checked, problems = garden_register(
            学位数=[90] * 5,
            办园性质=["公办", "民办", "民办", None, "民办"],
            办园类型=["独立设置", "普惠性民办", "非普惠性民办", "公办", "独立设置"],
        )
        assert checked["kind"].tolist() == ["public", "inclusive", "private", "public", "private"]
        assert "kind was filled from it" in [p.done for p in problems]

    def test_the_type_is_the_kind_where_there_is_no_other(self) -> None:
        checked, _ = garden_register(学位数=[90, 90], 办园类型=["公办", "普惠性民办"])
        assert checked["kind"].tolist() == ["public", "inclusive"]

    def test_private_ones_stay_unclear_where_nothing_tells(self) -> None:
        checked, problems = garden_register(
            学位数=[90, 90], 办园性质=["民办", "公办"], 办园类型=["独立设置", "附设"]
        )
        assert checked["kind"].tolist() == [None, "public"]
        assert [(p.row, p.severity) for p in problems if p.code == "unclear_kind"] == [
            (2, "warning")
        ]

    def test_classes_by_age_and_a_licence_number(self) -> None:
        checked, _ = garden_register(
            小班=["2班", 1], 中班=[2, None], 大班=[None, None], 办园许可证号=["教民1号", "无"]
        )
        assert checked["classes"].tolist() == [4, 1]
        assert checked["licensed"].tolist() == [True, False]
        assert np.isnan(checked["classes_senior"]).all()

"""Tables as planners keep them: every row is data under its own header, or listed as what it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from tablefiles import (
    FORMATS,
    HEAD,
    WORKBOOKS,
    Grid,
    canonical,
    garden,
    kinds,
    listed_rows,
    read,
    refused,
    wide,
    write,
)

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, check_layer, read_layer
from kgspatial.layers import LAYERS

# --- the header -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
class TestTheHeader:
    def test_may_stand_below_titles_and_the_unit_of_all_numbers(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [
            wide("某区幼儿园一览表"),
            ["填报单位：教育局", None, None, None, None, "单位：个", "2024年9月"],
            wide(),
            HEAD,
            garden(1, "一园"),
        ]
        table, problems = read(write(tmp_path / f"t{suffix}", grid, [(0, 0, 0, 6)]))
        assert table.columns.tolist() == HEAD
        assert table.index.tolist() == [5]
        assert kinds(problems) == [
            (1, "title_row"),
            (2, "title_row"),
            (3, "blank_row"),
            (4, "header_row"),
        ]
        assert problems[1].value == "填报单位：教育局 | 单位：个 | 2024年9月"

    def test_in_the_first_row_is_not_worth_a_word(self, tmp_path: Path, suffix: str) -> None:
        _, problems = read(write(tmp_path / f"t{suffix}", [HEAD, garden(1, "一园")]))
        assert problems == []

    def test_of_two_lines_gives_each_part_the_name_of_its_group(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [
            ["序号", "园名", "坐标", None, "班数", None, None, "教职工", None, "备注"],
            [None, None, "经度", "纬度", "小班", "中班", "合计", "专任教师", "保育员", None],
            [1, "一园", 117.6, 24.5, 2, 2, 4, 8, 4, None],
            [2, "二园", 117.7, 24.5, 3, 2, 5, 9, 5, "新"],
        ]
        merges = [(0, c, 1, c) for c in (0, 1, 9)]
        merges += [(0, 2, 0, 3), (0, 4, 0, 6), (0, 7, 0, 8)]
        path = write(tmp_path / f"t{suffix}", grid, merges)
        table, problems = read(path)
        assert table.columns.tolist()[4:7] == ["班数小班", "班数中班", "班数合计"]
        assert table.index.tolist() == [3, 4]
        assert kinds(problems) == [(1, "header_row"), (2, "header_row")]
        found = canonical(path)
        expected = {
            "lon",
            "lat",
            "classes_junior",
            "classes_middle",
            "classes",
            "teachers",
            "carers",
        }
        assert expected <= set(found.columns)
        assert [str(c) for c in found["classes"]] == ["4", "5"]

    def test_of_three_lines(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            ["园名", "经度", "纬度", "教职工数（人）", None, None, "用地"],
            [None, None, None, "合计", "其中", None, "面积"],
            [None, None, None, None, "专任教师", "保育员", "（亩）"],
            ["一园", 117.6, 24.5, 20, 12, 6, 3],
        ]
        merges = [(0, c, 2, c) for c in (0, 1, 2)]
        merges += [(0, 3, 0, 5), (1, 3, 2, 3), (1, 4, 1, 5)]
        found = canonical(write(tmp_path / f"t{suffix}", grid, merges))
        assert [float(found[c].iloc[0]) for c in ("staff", "teachers", "carers")] == [20, 12, 6]
        assert found["site_area_m2"].iloc[0] == pytest.approx(2000)
        assert found.index.tolist() == [4]

    def test_a_group_of_another_meaning_is_not_dropped(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            ["园名", "经度", "纬度", "学位", "2030年规划", "生均指标", None],
            [None, None, None, None, "班数", "用地面积", "建筑面积"],
            ["一园", 117.6, 24.5, 180, 9, 13.5, 10.4],
        ]
        merges = [(0, c, 1, c) for c in (0, 1, 2, 3)] + [(0, 5, 0, 6)]
        found = canonical(write(tmp_path / f"t{suffix}", grid, merges))
        assert set(found.columns) == {"kindergarten_id", "name", "lon", "lat", "places"}

    def test_with_a_line_of_units_below(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            ["园名", "经度", "纬度", "班数", "学位数", "用地面积"],
            [None, None, None, "（班）", "（个）", "（亩）"],
            ["一园", 117.6, 24.5, 6, 180, 3],
        ]
        found = canonical(write(tmp_path / f"t{suffix}", grid))
        assert found.index.tolist() == [3]
        assert found["site_area_m2"].iloc[0] == pytest.approx(2000)

    def test_with_a_line_of_column_numbers_below(self, tmp_path: Path, suffix: str) -> None:
        for numbers in ([1, 2, 3, 4, 5, 6, 7], ["甲", "乙", 1, 2, 3, 4, 5]):
            grid = [HEAD, numbers, garden(1, "一园")]
            table, problems = read(write(tmp_path / f"t{suffix}", grid))
            assert table.index.tolist() == [3]
            assert kinds(problems) == [(2, "header_row")]

    def test_with_breaks_and_blanks_within_its_names(self, tmp_path: Path, suffix: str) -> None:
        grid = [["园 名", "经\n度", "纬　度", "学位数\n（个）"], ["一园", 117.6, 24.5, 180]]
        found = canonical(write(tmp_path / f"t{suffix}", grid))
        assert set(found.columns) == {"kindergarten_id", "name", "lon", "lat", "places"}

    def test_a_name_that_comes_twice_is_told_apart(self, tmp_path: Path, suffix: str) -> None:
        grid = [["园名", "经度", "纬度", "备注", "备注"], ["一园", 117.6, 24.5, "a", "b"]]
        table, _ = read(write(tmp_path / f"t{suffix}", grid))
        assert table.columns.tolist() == ["园名", "经度", "纬度", "备注", "备注 (2)"]

    def test_columns_without_a_name_go_by_their_letter_and_empty_ones_go(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [
            [None, "园名", "经度", "纬度", None, None, "学位"],
            [None, "一园", 117.6, 24.5, None, "x", 90],
        ]
        table, _ = read(write(tmp_path / f"t{suffix}", grid))
        assert table.columns.tolist() == ["园名", "经度", "纬度", "column F", "学位"]

    def test_columns_that_the_plan_file_names_count_as_known(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [["园", "东", "北", "座"], ["一园", 117.6, 24.5, 90], ["合计", None, None, 90]]
        columns = {"name": "园", "lon": "东", "lat": "北", "places": "座"}
        table, problems = read(write(tmp_path / f"t{suffix}", grid), columns=columns)
        assert table.index.tolist() == [2]
        assert kinds(problems) == [(3, "total_row")]

    def test_of_unknown_names_is_the_first_line_of_several_cells(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [wide("表一"), ["甲", "乙", "丙"], ["一园", 117.6, 24.5]]
        table, _ = read(write(tmp_path / f"t{suffix}", grid))
        assert table.columns.tolist() == ["甲", "乙", "丙"]
        assert table.index.tolist() == [3]


# --- rows that are no data ------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
class TestTotals:
    @pytest.mark.parametrize(
        "row",
        [
            wide("合计", None, None, None, None, 12, 360),
            wide("合 计", None, None, None, None, 12, 360),
            wide(None, "小计", None, None, None, 12, 360),
            wide(None, None, "总计", None, None, 12, 360),
            wide(3, "合计", None, None, None, 12, 360),
            wide("西街", "小计", None, None, None, 12, 360),
            wide("西街小计", None, None, None, None, 12, 360),
            wide(None, "西街街道合计", None, None, None, 12, 360),
            wide("合计（12所）", None, None, None, None, 12, 360),
            wide("合计：", "12所", None, None, None, 12, 360),
            wide("全区合计", None, None, None, None, 12, 360),
            wide("2024年合计", None, None, None, None, 12, 360),
            wide("其中：公办", None, None, None, None, 6, 180),
            wide("平均", None, None, 117.6, 24.5, 6, 180),
            wide(None, "小计", None, 117.6, 24.5, 12, 360),
            wide("Total", None, None, None, None, 12, 360),
            wide(None, "Sub-total", None, None, None, 12, 360),
            wide("合计", None, None, None, None, None, None),
        ],
    )
    def test_are_listed_and_not_read(self, tmp_path: Path, suffix: str, row: list[Any]) -> None:
        grid = [HEAD, garden(1, "一园"), row, garden(2, "二园")]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert kinds(problems) == [(3, "total_row")]

    @pytest.mark.parametrize(
        "name",
        [
            "合计路幼儿园",
            "总部花园",
            "总计生态园",
            "小计划幼儿园",
            "汇总街中心园",
            "平均巷幼儿园",
            "Summer幼儿园",
            "Total Kids",
            "其中心幼儿园",
            "备注路幼儿园",
            "说明书幼儿园",
            "一、二幼儿园",
            "注音幼儿园",
        ],
    )
    def test_a_name_that_only_begins_like_one_is_a_name(
        self, tmp_path: Path, suffix: str, name: str
    ) -> None:
        placed = garden(1, name)
        unplaced = wide(2, name, "西街", None, None, 6, 180)
        path = write(tmp_path / f"t{suffix}", [HEAD, placed, unplaced])
        table, problems = read(path)
        assert table["园名"].tolist() == [name, name]
        assert problems == []

    def test_a_word_in_another_column_does_not_make_one(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            ["类别", "园名", "经度", "纬度", "备注"],
            ["汇总", "一园", 117.6, 24.5, None],
            ["园", "二园", 117.6, 24.5, "合计"],
            ["园", "三园", None, None, "小计"],
        ]
        table, _ = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园", "三园"]


@pytest.mark.parametrize("suffix", FORMATS)
class TestNotesAndBlanks:
    @pytest.mark.parametrize(
        "notes",
        [
            [wide("注：数据截至2024年9月")],
            [wide("注:1.本表含民办园"), wide("2.不含托班"), wide("3.无")],
            [wide("备注", "不含托班")],
            [wide("说明：学位按班数计"), wide(), wide("教育局"), wide("2024年9月30日")],
            [wide("填表人：张三", None, "审核人：李四", None, "日期：2024.9")],
            [wide("数据来源：区教育局")],
            [wide("本表由区教育局根据2024年秋季学期统计填报。")],
            [wide("本表由区教育局填报。"), wide("联系电话：0596-1234567", None, "联系人：王五")],
            [wide(None, "Note: as of September")],
        ],
    )
    def test_under_the_table_are_listed(
        self, tmp_path: Path, suffix: str, notes: list[list[Any]]
    ) -> None:
        grid = [HEAD, garden(1, "一园"), garden(2, "二园"), *notes]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]
        codes = ["blank_row" if not any(row) else "note_row" for row in notes]
        assert kinds(problems) == list(zip(range(4, 99), codes, strict=False))

    def test_between_the_rows_part_the_table(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            HEAD,
            wide("一、公办园"),
            garden(1, "一园"),
            wide(),
            wide(),
            wide("（二）民办园"),
            garden(2, "二园"),
        ]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert kinds(problems) == [(2, "note_row"), (4, "blank_row"), (6, "note_row")]
        assert next(p for p in problems if p.code == "blank_row").value == "4-5"

    def test_a_name_alone_in_the_last_row_stays_a_row_without_a_place(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [HEAD, garden(1, "一园"), wide(None, "二园")]
        path = write(tmp_path / f"t{suffix}", grid)
        assert read(path)[0]["园名"].tolist() == ["一园", "二园"]
        raw, _ = read_layer("kindergartens", LayerInput(str(path), crs="EPSG:4490"))
        checked, problems = check_layer(raw, LAYERS["kindergartens"])
        assert checked["name"].tolist() == ["一园"]
        assert [(p.row, p.severity) for p in problems if p.code == "no_geometry"] == [(3, "error")]

    def test_a_table_of_two_columns_has_no_texts_alone(self, tmp_path: Path, suffix: str) -> None:
        grid = [["园名", "坐标"], ["一园", "117.6,24.5"], ["一个很长很长很长很长的名字", None]]
        assert len(read(write(tmp_path / f"t{suffix}", grid))[0]) == 2


@pytest.mark.parametrize("suffix", FORMATS)
class TestASecondTable:
    def test_with_the_same_header_is_read_on_and_its_header_listed(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [
            wide("表1 公办园"),
            HEAD,
            garden(1, "一园"),
            wide(),
            wide("表2 民办园"),
            HEAD,
            garden(2, "二园"),
        ]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert kinds(problems)[2:] == [(4, "blank_row"), (5, "title_row"), (6, "header_row")]

    def test_with_the_same_header_of_two_lines(self, tmp_path: Path, suffix: str) -> None:
        head = [
            ["园名", "经度", "纬度", "班数", None],
            [None, None, None, "小班", "大班"],
        ]
        merges = [(0, c, 1, c) for c in (0, 1, 2)] + [(0, 3, 0, 4)]
        again = [(t + 3, x, b + 3, r) for t, x, b, r in merges]
        grid = [*head, ["一园", 117.6, 24.5, 1, 2], *head, ["二园", 117.7, 24.5, 1, 2]]
        table, problems = read(write(tmp_path / f"t{suffix}", grid, merges + again))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert kinds(problems) == [(r, "header_row") for r in (1, 2, 4, 5)]

    def test_with_other_words_for_the_same_columns_is_read_on(
        self, tmp_path: Path, suffix: str
    ) -> None:
        words = ["序号", "幼儿园名称", "街道", "经度", "纬度", "班级数", "学位"]
        grid = [HEAD, garden(1, "一园"), words, garden(2, "二园")]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert kinds(problems) == [(3, "header_row")]

    @pytest.mark.parametrize("gap", [[], [wide()], [wide(), wide("表2 民办园")]])
    def test_with_its_columns_in_another_order_is_refused(
        self, tmp_path: Path, suffix: str, gap: list[list[Any]]
    ) -> None:
        other = ["序号", "园名", "街道", "学位数", "班数", "经度", "纬度"]
        grid = [HEAD, garden(1, "一园"), *gap, other, [2, "二园", "东街", 180, 6, 117.6, 24.5]]
        error = refused(write(tmp_path / f"t{suffix}", grid))
        assert error.row == 3 + len(gap)
        assert "a second table begins in line" in str(error)
        assert "file or sheet of its own" in error.hint

    def test_with_more_known_names_than_the_first_is_refused_too(
        self, tmp_path: Path, suffix: str
    ) -> None:
        first = ["园名", "经度", "纬度"]
        other = ["序号", "园名", "办园性质", "班数", "学位数", "经度", "纬度"]
        grid = [first, ["一园", 117.6, 24.5], other, [1, "二园", "公办", 6, 180, 117.6, 24.5]]
        assert refused(write(tmp_path / f"t{suffix}", grid)).row == 3

    @pytest.mark.parametrize(
        "rows",
        [
            [["街道", "园数", "学位数"], ["西街", 1, 180], ["东街", 1, 180]],
            [["办园性质", "园数", "学位数（个）"], ["公办", 1, 180], ["民办", 1, 180]],
        ],
    )
    def test_of_something_else_is_listed_as_a_warning(
        self, tmp_path: Path, suffix: str, rows: list[list[Any]]
    ) -> None:
        grid = [HEAD, garden(1, "一园"), wide(), wide("表2 分街道汇总表"), *rows]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园"]
        (other,) = [p for p in problems if p.code == "other_table"]
        assert (other.row, other.value, other.severity) == (5, "5-7", "warning")
        assert rows[0][0] in other.problem
        assert listed_rows(problems) == [3, 4, 5, 6, 7]

    def test_of_something_else_ends_where_the_first_goes_on(
        self, tmp_path: Path, suffix: str
    ) -> None:
        other = [["街道", "园数", "学位数"], ["西街", 1, 180]]
        grid = [HEAD, garden(1, "一园"), wide(), *other, wide(), HEAD, garden(2, "二园")]
        table, problems = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert listed_rows(problems) == [3, 4, 5, 6, 7]

    def test_rows_still_under_construction_are_none(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            HEAD,
            garden(1, "一园"),
            wide(),
            wide(2, "二园", "待定", None, None, "在建", "在建"),
        ]
        table, _ = read(write(tmp_path / f"t{suffix}", grid))
        assert table["园名"].tolist() == ["一园", "二园"]


# --- merged cells ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", WORKBOOKS)
class TestMergedCells:
    def test_a_text_is_filled_down_and_a_number_is_not(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            ["街道", "园名", "校区", "经度", "纬度", "班数", "学位数"],
            ["西街", "一园", "南", 117.6, 24.5, 6, 360],
            [None, None, "北", 117.7, 24.5, 6, None],
            [None, "二园", "南", 117.8, 24.5, 3, 90],
            ["东街", "三园", "南", 117.9, 24.5, 3, 90],
        ]
        merges = [(1, 0, 3, 0), (1, 1, 2, 1), (1, 6, 2, 6)]
        table, problems = read(write(tmp_path / f"t{suffix}", grid, merges))
        assert table["街道"].tolist() == ["西街", "西街", "西街", "东街"]
        assert table["园名"].tolist() == ["一园", "一园", "二园", "三园"]
        assert table["学位数"].tolist() == [360, None, 90, 90]
        (note,) = problems
        assert (note.code, note.row, note.column, note.value) == (
            "merged_value",
            2,
            "学位数",
            "360",
        )
        assert "rows 2 to 3" in note.problem

    def test_a_number_as_text_counts_once_too_and_a_code_is_filled_down(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [
            ["小区名称", "所属街道", "户数"],
            ["一期", 350602001, "300户"],
            ["二期", None, None],
        ]
        merges = [(1, 1, 2, 1), (1, 2, 2, 2)]
        table, problems = read(write(tmp_path / f"t{suffix}", grid, merges), "communities")
        assert table["所属街道"].tolist() == [350602001, 350602001]
        assert table["户数"].tolist() == ["300户", None]
        assert [p.code for p in problems] == ["merged_value"]

    def test_a_total_between_is_not_filled(self, tmp_path: Path, suffix: str) -> None:
        grid = [
            HEAD,
            garden(1, "一园"),
            wide(None, None, None, None, None, 6, 180),
            garden(2, "二园"),
        ]
        grid[1][2], grid[2][1], grid[3][2] = "西街", "小计", None
        table, problems = read(write(tmp_path / f"t{suffix}", grid, [(1, 2, 3, 2)]))
        assert table["街道"].tolist() == ["西街", "西街"]
        assert kinds(problems) == [(3, "total_row")]

    def test_a_text_over_the_width_of_the_table_is_a_note(
        self, tmp_path: Path, suffix: str
    ) -> None:
        grid = [HEAD, wide("西街"), garden(1, "一园"), wide("东街"), garden(2, "二园")]
        merges = [(1, 0, 1, 6), (3, 0, 3, 6)]
        table, problems = read(write(tmp_path / f"t{suffix}", grid, merges))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert kinds(problems) == [(2, "note_row"), (4, "note_row")]


# --- rules that hold for every table --------------------------------------------------------

WORDS = [
    *(None, None, None, 1, 90, 117.6, 24.5, "117.6", "24.5", "一园", "西街", "公办", "-"),
    *(
        "园名",
        "经度",
        "纬度",
        "学位数",
        "班数",
        "街道",
        "合计",
        "西街小计",
        "注：无",
        "一、公办",
        "(人)",
    ),
    *("这是一句说明文字，在表的下面。", "幼儿园一览表", "小班", "中班", "单位：人"),
]
GRIDS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=9)


def all_rows(grid: Grid, suffix: str) -> set[int]:
    """The rows of the file; a workbook ends with its last cell."""
    filled = [i for i, row in enumerate(grid) if any(c is not None for c in row)]
    return set(range(1, 2 + (filled[-1] if suffix != ".csv" else len(grid) - 1)))


many = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@many
@given(GRIDS, st.sampled_from(FORMATS), st.sampled_from(["kindergartens", "communities"]))
def test_no_row_is_lost_whatever_the_cells(
    tmp_path: Path, grid: list[list[Any]], suffix: str, layer: str
) -> None:
    path = write(tmp_path / f"t{suffix}", grid)
    try:
        table, problems = read(path, layer)
    except InputError:
        return  # a table that cannot be read is no table with fewer rows
    listed = listed_rows(problems)
    header = [] if 1 in listed or 1 in table.index else [1]  # a header in row 1 goes without saying
    assert sorted([*table.index, *listed, *header]) == sorted(all_rows(grid, suffix))


NAMES = [
    "一园",
    "合计路幼儿园",
    "总部花园",
    "Summer园",
    "注音园",
    "小计划园",
    "说明书园",
    "第一部分园",
]
STREETS = ["西街", "东街", None]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[list[list[Any]], list[tuple[int, int, int, int]], list[int]]:
    """A register with everything around it: its cells, its merges, and the rows that are data."""
    grid: list[list[Any]] = []
    merges: list[tuple[int, int, int, int]] = []
    for _ in range(draw(st.integers(0, 2))):
        grid.append(
            wide(draw(st.sampled_from(["幼儿园一览表", "单位：个", "2024年秋季学期登记表"])))
        )
        merges.append((len(grid) - 1, 0, len(grid) - 1, 6))
    if draw(st.booleans()):
        head = [HEAD]
    else:
        head = [
            ["序号", "园名", "街道", "坐标", None, "规模", None],
            [None, None, None, "经度", "纬度", "班数", "学位数"],
        ]
        top = len(grid)
        merges += [(top, c, top + 1, c) for c in (0, 1, 2)]
        merges += [(top, 3, top, 4), (top, 5, top, 6)]
    grid += head
    data: list[int] = []
    for kind in draw(st.lists(st.sampled_from("dddddtbrs"), min_size=1, max_size=12)):
        if kind == "d" or not data:
            number, name = len(data) + 1, draw(st.sampled_from(NAMES))
            lon = draw(st.integers(117_500_000, 117_900_000)) / 1e6  # 16 digits are all that a
            lat = draw(st.integers(24_300_000, 24_700_000)) / 1e6  # workbook keeps of a number
            places = draw(st.sampled_from([90, 180.5, "360人", "约270", "1,200", None]))
            classes = draw(st.one_of(st.integers(3, 12), st.sampled_from(["六", "12个班"])))
            grid.append([number, name, draw(st.sampled_from(STREETS)), lon, lat, classes, places])
            data.append(len(grid))
        elif kind == "t":
            word = draw(st.sampled_from(["合计", "西街小计", "总 计", "其中：公办"]))
            grid.append(wide(word, None, None, None, None, 12, 360))
        elif kind == "b":
            grid += [wide()] * draw(st.integers(1, 3))
        elif kind == "r":
            grid += head
        else:
            grid.append(wide(draw(st.sampled_from(["一、公办园", "（二）民办园", "注：不含托班"]))))
    for note in draw(
        st.lists(st.sampled_from(["注：数据截至2024年9月。", "制表人：张三"]), max_size=2)
    ):
        grid.append(wide(note))
    return grid, merges, data


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(sheets())
def test_a_register_is_the_same_in_every_format(
    tmp_path: Path, sheet: tuple[list[list[Any]], list[tuple[int, int, int, int]], list[int]]
) -> None:
    grid, merges, data = sheet
    layers, said, raws = [], [], []
    for suffix in FORMATS:
        path = write(tmp_path / f"t{suffix}", grid, merges)
        raw, problems = read_layer("kindergartens", LayerInput(str(path), crs="EPSG:4490"))
        assert raw.index.tolist() == data
        listed = listed_rows(problems)
        header = [] if 1 in listed else [1]
        rest = sorted(set(range(1, len(grid) + 1)) - set(data))
        trailing = [r for r in rest if r > max(all_rows(grid, ".xlsx"))]
        assert sorted([*listed, *header]) == [
            r for r in rest if suffix == ".csv" or r not in trailing
        ]
        checked, found = check_layer(raw, LAYERS["kindergartens"])
        raws.append(raw.drop(columns="geometry"))
        layers.append(checked)
        said.append([(p.code, p.row, p.column) for p in found])
    for other, theirs in zip(layers[1:], said[1:], strict=True):
        other.attrs = layers[0].attrs
        assert_geodataframe_equal(layers[0], other)
        assert theirs == said[0]
    assert_frame_equal(raws[1], raws[2])
    assert layers[0].geometry.x.tolist() == [grid[i - 1][3] for i in data]


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_in_a_few_seconds(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    count = 100_000
    grid = [wide("全市幼儿园一览表"), HEAD]
    grid += [
        [i, f"第{i}幼儿园", f"{i % 40}街道", 117 + i / 1e6, 24 + i / 1e6, 6, f"{i % 400}人"]
        for i in range(count)
    ]
    write(path, [*grid, wide("合计", None, None, None, None, 600_000, 20_000_000)])
    start = time.perf_counter()
    frame, problems = read_layer("kindergartens", LayerInput(str(path), crs="EPSG:4490"))
    seconds = time.perf_counter() - start
    assert len(frame) == count
    assert kinds(problems) == [(1, "title_row"), (2, "header_row"), (count + 3, "total_row")]
    assert seconds < 20  # about 2 s on two cores; ten times that on a busy machine

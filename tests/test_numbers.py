"""Numbers as people write them: units, separators, numerals, shares, years; each conversion listed."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgspatial.inputs.columns.aliases import alias_data, unit_key, units_of
from kgspatial.inputs.columns.numbers import read_numbers
from kgspatial.inputs.columns.values import typed_column
from kgspatial.inputs.problems import Problem
from kgspatial.layers import LAYERS, Column

MU = 2000 / 3
few = settings(max_examples=40)


def read(cell: object, unit: str = "places", factor: float = 1.0) -> float:
    numbers = read_numbers(pd.Series([cell], index=[3], dtype=object), unit, factor)
    return float(numbers.values[3])


def column(name: str) -> Column:
    return next(c for layer in LAYERS.values() for c in layer.columns if c.name == name)


def typed(name: str, *cells: object) -> tuple[list[object], list[Problem]]:
    series = pd.Series(list(cells), index=range(4, 4 + len(cells)), dtype=object)
    values, problems = typed_column(series, column(name), "kindergartens", "园.csv")
    return values.tolist(), problems


class TestDigits:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            (360, 360),
            (3.5, 3.5),
            ("360", 360),
            (" 360 ", 360),
            ("３６０", 360),
            ("３．５", 3.5),
            ("1,200", 1200),
            ("1，200", 1200),
            ("1 200", 1200),
            ("1,234,567.5", 1234567.5),
            ("1.2E+03", 1200),
            ("1e3", 1000),
            (".5", 0.5),
            ("+5", 5),
            ("-5", -5),
            ("−5", -5),
            ("－５", -5),
            ("'360", 360),
            ("约360", 360),
            ("大约 360", 360),
            ("360左右", 360),
            ("近360人", 360),
            ("300余", 300),
        ],
    )
    def test_are_read_however_they_are_typed(self, cell: object, number: float) -> None:
        assert read(cell) == number

    @pytest.mark.parametrize(
        "cell",
        [
            "3-5",
            "3~5",
            "3至5",
            "3、5",
            "180/270",
            "10:30",
            "1.2.3",
            "1,2",
            "12,34",
            "1,2345",
            "360+",
            "≥360",
            "（360）",
            "很多",
            "inf",
            "1e999",
            "nan",
            "0x10",
            "1_000",
            "六-八",
            True,
            pd.Timestamp(2024, 3, 5).to_pydatetime(),  # a spreadsheet's reading of 3-5
            "2024-03-05",
        ],
    )
    def test_what_is_not_one_number_is_none(self, cell: object) -> None:
        assert math.isnan(read(cell))

    def test_infinity_is_no_number_in_a_column_of_numbers_either(self) -> None:
        values = read_numbers(pd.Series([np.inf, 2.0]), "places").values
        assert np.isnan(values[0])
        assert values[1] == 2.0

    @few
    @given(st.floats(-1e12, 1e12))
    def test_written_and_read_back(self, number: float) -> None:
        assert read(repr(number)) == number
        assert read(number) == number
        wide = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
        assert read(f"{number:.3f}".translate(wide)) == float(f"{number:.3f}")
        for separator in (",", "，", " "):
            text = f"{number:,.3f}".replace(",", separator)
            assert read(text) == float(f"{number:.3f}")


NUMERALS = "零一二三四五六七八九"


def spoken(number: int) -> str:
    """Chinese numerals up to 99,999,999, written digit by digit from the place names."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        joint = "" if low == 0 else "零" if low < 1000 else ""
        return f"{spoken(high)}万{joint}{spoken(low) if low else ''}"
    text, gap = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            text += ("零" if gap and text else "") + NUMERALS[digit] + name
            gap = False
        else:
            gap = True
    return text or "零"


class TestNumerals:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("零", 0),
            ("六", 6),
            ("十", 10),
            ("十二", 12),
            ("两百", 200),
            ("三百六十", 360),
            ("一百零五", 105),
            ("一千二百人", 1200),
            ("六个", 6),
            ("一万二千", 12_000),
        ],
    )
    def test_are_read(self, cell: str, number: float) -> None:
        assert read(cell, "children") == number

    @pytest.mark.parametrize("cell", ["二三", "百十千", "十百", "小班", "万", "一班二班", "多"])
    def test_what_no_one_would_write_is_none(self, cell: str) -> None:
        assert math.isnan(read(cell))

    @few
    @given(st.integers(0, 99_999_999))
    def test_written_and_read_back(self, number: int) -> None:
        assert read(spoken(number)) == number


class TestUnitsInTheCell:
    @pytest.mark.parametrize(
        ("cell", "unit", "number"),
        [
            ("360人", "places", 360),
            ("360个", "places", 360),
            ("360 个学位", "places", 360),
            ("360（人）", "children", 360),
            ("6班", "classes", 6),
            ("6个班", "classes", 6),
            ("1500户", "households", 1500),
            ("1.2万户", "households", 12_000),
            ("3.5千人", "persons", 3500),
            ("1.2万", "persons", 12_000),
            ("2.5亩", "m2", 2.5 * MU),
            ("2.5 公顷", "m2", 25_000),
            ("5000㎡", "m2", 5000),
            ("5,000.5m²", "m2", 5000.5),
            ("1.2万平方米", "m2", 12_000),
            ("0.05km2", "m2", 50_000),
            ("1200万", "10,000 yuan", 1200),
            ("1200万元", "10,000 yuan", 1200),
            ("1.2亿", "10,000 yuan", 12_000),
            ("30000元", "10,000 yuan", 3),
            ("三百万元", "10,000 yuan", 300),
            ("三百万", "10,000 yuan", 300),
            ("1,200", "10,000 yuan", 1200),
            ("300米", "m", 300),
            ("1.5公里", "m", 1500),
            ("85%", "share", 0.85),
            ("85％", "share", 0.85),
            ("850‰", "share", 0.85),
        ],
    )
    def test_are_converted(self, cell: str, unit: str, number: float) -> None:
        assert read(cell, unit) == pytest.approx(number, rel=1e-12)

    @pytest.mark.parametrize(
        ("cell", "unit"),
        [
            ("2亩", "places"),
            ("6班", "places"),
            ("360人", "classes"),
            ("360人", "m2"),
            ("30平方米", "10,000 yuan"),
            ("85%", "places"),
            ("5000m2/生", "m2"),
            ("3元", "m"),
        ],
    )
    def test_of_something_else_are_not(self, cell: str, unit: str) -> None:
        assert math.isnan(read(cell, unit))

    def test_the_cell_goes_before_the_header(self) -> None:
        assert read("2", "m2", factor=MU) == pytest.approx(2 * MU)
        assert read("2公顷", "m2", factor=MU) == 20_000
        assert read("5000元", "10,000 yuan", factor=1e-4) == 0.5
        assert read("5000", "10,000 yuan", factor=1e-4) == 0.5

    @few
    @given(st.sampled_from(sorted(alias_data()["units"])), st.data())
    def test_every_unit_of_the_table_is_read(self, unit: str, data: st.DataObject) -> None:
        if unit in ("count", "year"):
            return  # these stand with the others, or name years
        written = data.draw(st.sampled_from(sorted(alias_data()["units"][unit])))
        factor = units_of(unit)[unit_key(written)]
        assert read(f"12.5{written}", unit) == pytest.approx(12.5 * factor)
        assert read(f"１２．５ {written}", unit) == pytest.approx(12.5 * factor)

    def test_every_unit_of_the_schemas_has_a_table(self) -> None:
        units = {c.unit for layer in LAYERS.values() for c in layer.columns if c.unit}
        assert all(units_of(unit) for unit in units)


class TestYears:
    @pytest.mark.parametrize(
        "cell",
        [
            2019,
            2019.0,
            "2019",
            "2019.0",
            "2019年",
            "2019年9月",
            "2019年9月1日",
            "2019.09",
            2019.09,
            2019.9,
            "2019.9.1",
            "2019-09",
            "2019/9/1",
            "201909",
            201909,
            20190901,
            pd.Timestamp(2019, 9, 1).to_pydatetime(),
            dt.date(2019, 9, 1),
            pd.Timestamp("2019-09-01"),
            "2019-09-01 00:00:00",
            "2019年秋季",
            "2019学年",
            "建于2019年",
            "二〇一九年",
            "二零一九年九月",
            "２０１９",
        ],
    )
    def test_are_read_from_dates_of_all_kinds(self, cell: object) -> None:
        assert read(cell, "year") == 2019

    @pytest.mark.parametrize("cell", ["2019-2020", "19年", "不详", "9/2019", "2019、2020"])
    def test_what_names_no_one_year_is_none(self, cell: str) -> None:
        assert math.isnan(read(cell, "year"))

    def test_a_column_of_numbers_or_dates_is_read_as_well(self) -> None:
        months = read_numbers(pd.Series([201909, 2018]), "year")
        assert months.values.tolist() == [2019, 2018]
        assert months.converted.tolist() == [True, False]
        dates = pd.Series(pd.to_datetime(["2019-09-01", None]))
        assert read_numbers(dates, "year").values.tolist()[0] == 2019

    @pytest.mark.parametrize("cell", [2019.55, "43709", 43709, 0, "20"])
    def test_other_numbers_stay_what_they_are_for_the_limits_to_list(self, cell: object) -> None:
        assert read(cell, "year") == float(cell)  # type: ignore[arg-type]

    @few
    @given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
    def test_of_any_date(self, day: dt.date) -> None:
        texts = [f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"]
        texts += [f"{day.year}.{day.month}", f"{day:%Y.%m}", f"{day.year}/{day.month}/{day.day}"]
        assert {read(t, "year") for t in texts} == {day.year}


class TestWhatIsSaid:
    def test_converted_cells_are_listed_once_a_column_with_an_example(self) -> None:
        values, problems = typed("places", 90, "180人", "约270", "360")
        assert values == [90, 180, 270, 360]
        (note,) = problems
        assert (note.code, note.severity, note.row) == ("numbers_converted", "note", 5)
        assert "2 cells are not plain, such as 180人, read as 180" in note.problem
        assert note.value == "rows 5, 6"

    def test_plain_numbers_are_not_listed(self) -> None:
        assert typed("places", 90, "180", " 270.0 ", None, "")[1] == []

    def test_cells_that_cannot_be_read_are_listed_one_by_one(self) -> None:
        values, problems = typed("places", "3-5", 90, "很多")
        assert [math.isnan(v) for v in values] == [True, False, True]  # type: ignore[arg-type]
        said = [(p.code, p.severity, p.row, p.value) for p in problems]
        assert said == [
            ("not_a_value", "warning", 4, "3-5"),
            ("not_a_value", "warning", 6, "很多"),
        ]

    @pytest.mark.parametrize("word", ["-", "——", "/", "无", "暂无", "N/A", "#N/A", "不详"])
    def test_words_for_nothing_are_missing_and_listed(self, word: str) -> None:
        values, problems = typed("places", word, 90)
        assert math.isnan(values[0])  # type: ignore[arg-type]
        assert [(p.code, p.severity) for p in problems] == [("no_value", "note")]

    def test_a_text_that_says_nothing_is_missing_and_an_id_is_never(self) -> None:
        values, problems = typed("supports_community", "无", "汀原雅苑", "/", None)
        assert values == [None, "汀原雅苑", None, None]
        assert [(p.code, p.value) for p in problems] == [("no_value", "rows 4, 6")]
        assert typed("kindergarten_id", "无", "-")[0] == ["无", "-"]

    def test_a_year_that_is_no_whole_number_is_listed(self) -> None:
        values, problems = typed("opened_year", 2019.55, "2019年9月")
        assert math.isnan(values[0])  # type: ignore[arg-type]
        assert values[1] == 2019
        assert {p.code for p in problems} == {"not_a_value", "numbers_converted"}

    @few
    @given(st.lists(st.sampled_from([90, "180人", "x", "无", None, " ", "3-5", 2.5]), max_size=8))
    def test_every_cell_is_read_or_listed(self, cells: list[object]) -> None:
        values, problems = typed("places", *cells)
        blank = sum(c is None or c == " " for c in cells)
        nothing = cells.count("无")
        unread = sum(p.code == "not_a_value" for p in problems)
        read_ = sum(not math.isnan(v) for v in values)  # type: ignore[arg-type]
        assert read_ + unread + nothing + blank == len(cells)
        assert unread == cells.count("x") + cells.count("3-5")
        assert any(p.code == "no_value" for p in problems) == (nothing > 0)
        assert any(p.code == "numbers_converted" for p in problems) == ("180人" in cells)

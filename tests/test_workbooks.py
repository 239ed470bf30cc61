"""Workbooks: sheets, hidden rows, formulas, dates, and files with another format's name."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlwt
from openpyxl.styles import Font
from tablefiles import HEAD, WORKBOOKS, Grid, garden, read, refused, write, write_text

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.tables.read import read_table


class TestWorkbooks:
    def book(self, path: Path, **sheets: Grid) -> openpyxl.Workbook:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, grid in sheets.items():
            sheet = book.create_sheet(title)
            for row in grid:
                sheet.append(row)
        book.save(path)
        return book

    def sheet_read(
        self, path: Path, sheet: str | None = None
    ) -> tuple[pd.DataFrame, list[Problem]]:
        return read_table(path, "kindergartens", LayerInput(str(path), layer=sheet))

    def test_one_of_several_sheets_must_be_named(self, tmp_path: Path) -> None:
        path = tmp_path / "t.xlsx"
        self.book(path, 公办=[HEAD, garden(1, "一园")], 民办=[HEAD, garden(2, "二园")], 空=[])
        assert "公办, 民办" in refused(path).hint
        assert self.sheet_read(path, "民办")[0]["园名"].tolist() == ["二园"]
        with pytest.raises(InputError, match="'其他' is not there"):
            self.sheet_read(path, "其他")
        with pytest.raises(InputError, match="'空' is empty"):
            self.sheet_read(path, "空")

    def test_a_hidden_sheet_is_not_read_and_named(self, tmp_path: Path) -> None:
        path = tmp_path / "t.xlsx"
        book = self.book(path, 园=[HEAD, garden(1, "一园")], 旧=[HEAD, garden(2, "二园")])
        book["旧"].sheet_state = "hidden"
        book.save(path)
        table, problems = self.sheet_read(path)
        assert table["园名"].tolist() == ["一园"]
        assert [(p.code, "旧" in p.problem) for p in problems] == [("sheet_chosen", True)]

    def test_hidden_rows_are_read_and_said(self, tmp_path: Path) -> None:
        path = tmp_path / "t.xlsx"
        book = self.book(path, 园=[HEAD, garden(1, "一园"), garden(2, "二园")])
        book["园"].row_dimensions[3].hidden = True
        book.save(path)
        table, problems = self.sheet_read(path)
        assert len(table) == 2
        assert [p.code for p in problems] == ["hidden_rows"]

    def test_formulas_without_results_are_missing_and_said_by_column(self, tmp_path: Path) -> None:
        path = tmp_path / "t.xlsx"
        rows = [[*garden(i, f"{i}园")[:6], f"=F{i + 1}*30"] for i in (1, 2)]
        self.book(path, 园=[HEAD, *rows])
        table, problems = self.sheet_read(path)
        assert table["学位数"].tolist() == [None, None]
        assert [(p.code, p.severity, p.row, p.column) for p in problems] == [
            ("formula", "warning", 2, "column G")
        ]
        assert "2 cells are formulas without a result" in problems[0].problem

    def test_errors_for_results_are_missing_and_said(self, tmp_path: Path) -> None:
        path = tmp_path / "t.xlsx"
        rows = [garden(1, "#REF!"), [*garden(2, "二园")[:6], "#DIV/0!"]]
        self.book(path, 园=[HEAD, *rows])
        table, problems = self.sheet_read(path)
        assert table["园名"].tolist() == [None, "二园"]
        assert table["学位数"].tolist() == [180, None]
        said = [(p.row, p.column, p.value) for p in problems if p.code == "formula"]
        assert said == [(2, "column B", "#REF!"), (3, "column G", "#DIV/0!")]

    def test_formats_alone_make_no_rows(self, tmp_path: Path) -> None:
        path = tmp_path / "t.xlsx"
        book = self.book(path, 园=[HEAD, garden(1, "一园")])
        for row in range(3, 3000):
            book["园"].cell(row, 2).font = Font(bold=True)
        book.save(path)
        table, problems = self.sheet_read(path)
        assert len(table) == 1
        assert problems == []

    def test_the_content_tells_the_format_and_not_the_suffix(self, tmp_path: Path) -> None:
        grid = [HEAD, garden(1, "一园")]
        for written, called in ((".xlsx", "a.xls"), (".xls", "b.xlsx"), (".xlsx", "c.csv")):
            path = write(tmp_path / f"t{written}", grid).rename(tmp_path / called)
            assert read(path)[0]["园名"].tolist() == ["一园"]
        text = write_text(tmp_path / "d.xls", "园名\t经度\t纬度\n一园\t117.6\t24.5\n", "utf-16")
        assert read(text)[0]["园名"].tolist() == ["一园"]

    @pytest.mark.parametrize("suffix", WORKBOOKS)
    def test_dates_are_dates_and_whole_numbers_whole(self, tmp_path: Path, suffix: str) -> None:
        day = pd.Timestamp(2019, 9, 1).to_pydatetime()
        path = tmp_path / f"t{suffix}"
        if suffix == ".xls":
            book = xlwt.Workbook()
            sheet = book.add_sheet("a")
            for c, name in enumerate(["园名", "学位", "开园时间"]):
                sheet.write(0, c, name)
            sheet.write(1, 0, "一园")
            sheet.write(1, 1, 90.0)
            sheet.write(1, 2, day, xlwt.easyxf(num_format_str="YYYY-MM-DD"))
            book.save(str(path))
        else:
            write(path, [["园名", "学位", "开园时间"], ["一园", 90.0, day]])
        table, _ = read(path)
        assert table.iloc[0].tolist() == ["一园", 90, day]
        assert isinstance(table["学位"].iloc[0], int)

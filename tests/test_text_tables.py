"""Text tables: separators, encodings, quotation marks and decimal commas told from the content."""

from __future__ import annotations

from pathlib import Path

import pytest
from tablefiles import HEAD, WORKBOOKS, Grid, garden, read, refused, write, write_text

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput
from kgspatial.inputs.tables.read import read_table

PLAIN = [
    ["园名", "经度", "纬度", "学位"],
    ["一园", "117.6", "24.5", "90"],
    ["二园", "117.7", "24.5", "180"],
]


def joined(separator: str, rows: Grid = PLAIN, end: str = "\n") -> str:
    return "".join(separator.join(row) + end for row in rows)


class TestTextTables:
    @pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_separators_are_told_from_the_content(
        self, tmp_path: Path, separator: str, suffix: str, end: str
    ) -> None:
        path = write_text(tmp_path / f"t{suffix}", joined(separator, end=end))
        table, problems = read(path)
        assert table.columns.tolist() == PLAIN[0]
        assert table.to_numpy().tolist() == PLAIN[1:]
        assert table.index.tolist() == [2, 3]
        assert problems == []

    @pytest.mark.parametrize("separator", ["\t", ";", "|"])
    def test_commas_within_the_cells_do_not_part_them(self, tmp_path: Path, separator: str) -> None:
        rows = [
            ["园名", "坐标", "地址"],
            *[[f"{i}园", "117.6,24.5", "a, b, c, d"] for i in range(9)],
        ]
        table, _ = read(write_text(tmp_path / "t.csv", joined(separator, rows)))
        assert table.columns.tolist() == rows[0]

    @pytest.mark.parametrize(
        ("encoding", "said"),
        [
            ("utf-8", []),
            ("utf-8-sig", []),
            ("gb18030", ["encoding_detected"]),
            ("utf-16", []),
            ("utf-16-le", []),
            ("utf-16-be", []),
            ("utf-32", []),
        ],
    )
    def test_encodings_are_told_from_the_content(
        self, tmp_path: Path, encoding: str, said: list[str]
    ) -> None:
        table, problems = read(write_text(tmp_path / "t.csv", joined(","), encoding))
        assert table["园名"].tolist() == ["一园", "二园"]
        assert table.columns[0] == "园名"
        assert [p.code for p in problems] == said

    def test_a_declared_encoding_is_taken_and_refused_where_it_does_not_fit(
        self, tmp_path: Path
    ) -> None:
        path = write_text(tmp_path / "t.csv", joined(","), "gb18030")
        assert read(path, encoding="GBK")[1] == []
        assert "its texts are not in UTF-8" in str(refused(path, encoding="UTF-8"))
        big5 = write_text(tmp_path / "b.csv", "name,lon,lat\n中文,120,23\n", "big5")
        assert read(big5, encoding="big5")[0]["name"].tolist() == ["中文"]

    def test_quotation_marks_keep_separators_and_line_breaks(self, tmp_path: Path) -> None:
        text = (
            '园名,地址,经度,纬度\n"一园","中山路1号,\n南门",117.6,24.5\n"""新""二园",b,117.7,24.5\n'
        )
        table, _ = read(write_text(tmp_path / "t.csv", text))
        assert table["地址"].tolist() == ["中山路1号,\n南门", "b"]
        assert table["园名"].tolist() == ["一园", '"新"二园']
        assert table.index.tolist() == [2, 4]  # the lines of the file in which they begin

    def test_a_quotation_mark_left_open_is_found_where_it_opens(self, tmp_path: Path) -> None:
        rows = [["园名", "经度", "纬度"], *[[f"{i}园", "117.6", "24.5"] for i in range(5)]]
        rows[2][0] = '"1园'
        error = refused(write_text(tmp_path / "t.csv", joined(",", rows)))
        assert (error.row, "inside string quotation marks" in str(error)) == (3, True)
        rows[4][0] = '"3园'
        error = refused(write_text(tmp_path / "t.csv", joined(",", rows)))
        assert (error.row, "take in whole rows" in str(error)) == (3, True)

    def test_inches_in_a_text_are_no_quotation_marks(self, tmp_path: Path) -> None:
        text = "园名,经度,纬度\n一园,117°36'00\",24°30'00\"\n二园,117.6,24.5\n"
        table, _ = read(write_text(tmp_path / "t.csv", text))
        assert table["经度"].tolist() == ["117°36'00\"", "117.6"]

    def test_a_row_longer_than_the_header_is_refused(self, tmp_path: Path) -> None:
        text = "园名,地址,经度,纬度\n一园,a,117.6,24.5\n二园,中山路,1号,117.6,24.5\n"
        error = refused(write_text(tmp_path / "t.csv", text))
        assert error.row == 3
        assert "line 3 has more values than the header (line 1) has names" in str(error)

    def test_blank_cells_beyond_the_header_do_not_matter(self, tmp_path: Path) -> None:
        text = "园名,经度,纬度\n一园,117.6,24.5,,\n,,,,\n二园,117.6\n"
        table, _ = read(write_text(tmp_path / "t.csv", text))
        assert table.index.tolist() == [2, 4]
        assert table["纬度"].tolist() == ["24.5", None]


class TestDecimalCommas:
    def text(self, *rows: str, separator: str = ";") -> str:
        return (
            "\n".join(r.replace(";", separator) for r in ("园名;经度;纬度;用地面积", *rows)) + "\n"
        )

    @pytest.mark.parametrize("separator", [";", "\t", "|"])
    def test_are_read_as_points_and_listed(self, tmp_path: Path, separator: str) -> None:
        text = self.text("一园;117,65;24,513;1,5", "二园;117,66;24,514;2,25", separator=separator)
        table, problems = read(write_text(tmp_path / "t.csv", text))
        assert table["经度"].tolist() == ["117.65", "117.66"]
        assert table["用地面积"].tolist() == ["1.5", "2.25"]
        (note,) = problems
        assert (note.code, note.row) == ("decimal_commas", 2)
        assert "6 numbers have decimal commas, such as 117,65" in note.problem

    def test_in_every_cell_do_not_win_over_the_separator(self, tmp_path: Path) -> None:
        rows = [f"{i},5;117,65;24,51;1,5" for i in range(30)]
        table, _ = read(write_text(tmp_path / "t.csv", self.text(*rows)))
        assert table.shape == (30, 4)

    def test_are_none_where_the_file_has_decimal_points(self, tmp_path: Path) -> None:
        text = self.text("一园;117.65;24.51;1,5")
        table, problems = read(write_text(tmp_path / "t.csv", text))
        assert table["用地面积"].tolist() == ["1,5"]
        assert problems == []

    def test_that_could_all_be_thousands_are_left_as_they_are(self, tmp_path: Path) -> None:
        text = self.text("一园;117;24;1,500", "二园;117;24;12,000")
        assert read(write_text(tmp_path / "t.csv", text))[0]["用地面积"].tolist() == [
            "1,500",
            "12,000",
        ]


class TestFilesThatAreNoTables:
    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("t.csv", b"", "the file is empty"),
            ("t.csv", b" \n\n", "the file is empty"),
            ("t.csv", b",,,\n,,\n", "it has no cell with anything"),
            ("t.csv", bytes(range(256)), "its texts are not in"),
            ("t.xlsx", b"PK\x03\x04 and no more", "the workbook cannot be read"),
            (
                "t.xls",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more",
                "the workbook cannot be read",
            ),
            ("t.xls", b"<html><table><tr><td>a</td></tr></table>", "a web page with the name of"),
        ],
    )
    def test_are_refused_by_name(
        self, tmp_path: Path, name: str, content: bytes, said: str
    ) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        assert said in str(refused(path))

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").mkdir()
        assert "cannot be read" in str(refused(tmp_path / "t.csv"))

    def test_a_workbook_that_was_cut_off(self, tmp_path: Path) -> None:
        for suffix in WORKBOOKS:
            path = write(tmp_path / f"t{suffix}", [HEAD, garden(1, "一园")])
            path.write_bytes(path.read_bytes()[:3000])
            assert "the workbook cannot be read" in str(refused(path))

    def test_a_sheet_named_for_a_text_table(self, tmp_path: Path) -> None:
        path = write_text(tmp_path / "t.csv", joined(","))
        with pytest.raises(InputError, match="a text table has no sheets"):
            read_table(path, "kindergartens", LayerInput(str(path), layer="园"))

"""Vector files as planners have them: every format, encoding and damage, read or refused in words."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, sha256
from kgspatial.inputs.charsets import codec_of
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.vector.read import read_vector

WGS84 = "EPSG:4326"
FIELD = "位置"
NAMES = ["第一幼儿园", "向阳幼儿园", "镇中心园"]
MADE_ONCE = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

COMMON = "".join(
    bytes([lead, trail]).decode("gb2312")
    for lead in range(0xB0, 0xD8)
    for trail in range(0xA1, 0xFF)
    if (lead, trail) < (0xD7, 0xFA)
)
"""The 3,755 common characters of GB/T 2312."""
RARE = st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF) | st.characters(
    min_codepoint=0x20000, max_codepoint=0x2A6DF
)


@pytest.fixture
def gardens() -> gpd.GeoDataFrame:
    table = {"code": ["K1", "K2", "K3"], "name": NAMES, "places": [90, 180, 270]}
    shapes = [Point(120.125, 23.5), Point(120.25, 23.25), Point(120.5, 23.125)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84).astype({"places": "int32"})


@pytest.fixture
def estates() -> gpd.GeoDataFrame:
    table = {"编号": ["C1", "C2", "C3"], "名称": ["阳光小区", "和平里", "东苑"]}
    shapes = [box(i, 0, i + 1, 1) for i in range(3)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4549")


def read(
    path: Path, name: str = "kindergartens", /, **declared: object
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    return read_vector(path, name, LayerInput(str(path), **declared))  # type: ignore[arg-type]


def read_silently(path: Path, **declared: object) -> gpd.GeoDataFrame:
    frame, problems = read(path, **declared)
    assert not problems
    return frame


def only(problems: list[Problem], code: str) -> Problem:
    (problem,) = problems
    assert problem.code == code
    return problem


def refused(path: Path, **declared: object) -> str:
    with pytest.raises(InputError) as caught:
        read(path, **declared)
    assert caught.value.source == str(path)
    return str(caught.value)


def state(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def raw_shapefile(
    path: Path,
    names: Sequence[bytes],
    rows: Sequence[Sequence[bytes]],
    *,
    width: int = 60,
    language: int = 0,
    cpg: str | None = None,
) -> Path:
    """Points in a row with texts of any bytes, written byte by byte as the formats say."""
    size = 1 + width * len(names)
    head = struct.pack(
        "<B3BIHH16xBBxx", 3, 126, 1, 1, len(rows), 33 + 32 * len(names), size, 0, language
    )
    fields = b"".join(
        name[:10].ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14)
        for name in names
    )
    records = b"".join(b" " + b"".join(cell.ljust(width) for cell in row) for row in rows)
    path.with_suffix(".dbf").write_bytes(
        head[:28] + bytes([0, language, 0, 0]) + fields + b"\r" + records
    )
    points = [(float(i), 0.5) for i in range(len(rows))]
    for suffix, length in ((".shp", 100 + 28 * len(rows)), (".shx", 100 + 8 * len(rows))):
        start = struct.pack(">i20xi", 9994, length // 2) + struct.pack("<ii", 1000, 1)
        start += struct.pack("<8d", 0, 0, len(rows), 1, 0, 0, 0, 0)
        body = b""
        for i, point in enumerate(points):
            if suffix == ".shp":
                body += struct.pack(">ii", i + 1, 10) + struct.pack("<idd", 1, *point)
            else:
                body += struct.pack(">ii", (100 + 28 * i) // 2, 10)
        path.with_suffix(suffix).write_bytes(start + body)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    return path


def named_shapefile(path: Path, texts: Sequence[str], encoding: str, **how: object) -> Path:
    rows = [[text.encode(encoding)] for text in texts]
    return raw_shapefile(path, [FIELD.encode(encoding)], rows, **how)  # type: ignore[arg-type]


class TestEncodingOfShapefiles:
    @pytest.mark.parametrize(
        ("label", "encoding"),
        [
            ("936", "gbk"), ("GBK", "gbk"), ("ANSI 936", "gbk"), ("ANSI_936", "gbk"),
            ("cp936", "gbk"), ("gb2312", "gbk"), ("GB18030", "gb18030"), ("UTF-8", "utf-8"),
            ("utf8\r\n", "utf-8"), ("65001", "utf-8"), ("\ufeffUTF-8", "utf-8"), ("950", "big5"),
            ("BIG5", "big5"),
        ],
    )  # fmt: skip
    def test_a_code_page_file_is_taken_at_its_word(
        self, tmp_path: Path, label: str, encoding: str
    ) -> None:
        texts = ["臺南市東區", "國民小學附設幼兒園"] if encoding == "big5" else NAMES
        path = named_shapefile(tmp_path / "g.shp", texts, encoding, cpg=label)
        frame = read_silently(path)
        assert frame[FIELD].tolist() == texts

    @pytest.mark.parametrize("language", [0x4D, 0x7A])
    def test_else_the_language_byte_names_the_code_page(
        self, tmp_path: Path, language: int
    ) -> None:
        path = named_shapefile(tmp_path / "g.shp", NAMES, "gbk", language=language)
        assert read_silently(path)[FIELD].tolist() == NAMES

    @pytest.mark.parametrize("language", [0x00, 0x57])
    @pytest.mark.parametrize(("encoding", "shown"), [("gb18030", "GB18030"), ("utf-8", "UTF-8")])
    def test_else_it_is_detected_and_said(
        self, tmp_path: Path, encoding: str, shown: str, language: int
    ) -> None:
        path = named_shapefile(tmp_path / "g.shp", NAMES, encoding, language=language)
        frame, problems = read(path)
        assert frame[FIELD].tolist() == NAMES
        note = only(problems, "encoding_detected")
        assert (note.severity, note.layer, note.source) == ("note", "kindergartens", str(path))
        assert shown in note.problem
        assert FIELD in note.done

    @pytest.mark.parametrize("label", ["OEM", "klingon", "", "utf-16", "hex", "\0", "x" * 500])
    def test_a_code_page_file_of_nonsense_counts_as_absent(
        self, tmp_path: Path, label: str
    ) -> None:
        path = named_shapefile(tmp_path / "g.shp", NAMES, "gbk", cpg=label)
        frame, problems = read(path)
        assert frame[FIELD].tolist() == NAMES
        assert [p.code for p in problems] == ["encoding_unknown", "encoding_detected"]
        assert problems[0].severity == "warning"

    @pytest.mark.parametrize(
        ("label", "language", "encoding", "read_as"),
        [
            ("UTF-8", 0, "gbk", "GB18030"),
            ("GBK", 0, "utf-8", "UTF-8"),
            ("ISO-8859-1", 0, "gbk", "GB18030"),
            ("1252", 0, "utf-8", "UTF-8"),
            (None, 0x03, "gbk", "GB18030"),
            (None, 0x4D, "utf-8", "UTF-8"),
        ],
    )
    def test_a_wrong_claim_is_seen_and_said(
        self, tmp_path: Path, label: str | None, language: int, encoding: str, read_as: str
    ) -> None:
        path = named_shapefile(
            tmp_path / "g.shp", [*NAMES, "学校"], encoding, cpg=label, language=language
        )
        frame, problems = read(path)
        assert frame[FIELD].tolist() == [*NAMES, "学校"]
        warning = only(problems, "encoding_wrong")
        assert warning.severity == "warning"
        assert (label or "code page") in warning.problem
        assert f"read as {read_as}" in warning.done

    def test_western_texts_stay_what_they_are(self, tmp_path: Path) -> None:
        texts = ["Düsseldorf", "São Paulo", "Ærø", "Kita Löwenzahn"]
        rows = [[text.encode("cp1252")] for text in texts]
        path = raw_shapefile(tmp_path / "g.shp", [b"name"], rows, cpg="1252")
        assert read_silently(path)["name"].tolist() == texts

    def test_two_bytes_that_are_letters_in_utf_8_are_still_chinese(self, tmp_path: Path) -> None:
        assert "学校".encode("gbk").decode("utf-8") == "ѧУ"
        path = raw_shapefile(tmp_path / "g.shp", [b"kind"], [["学校".encode("gbk")]])
        assert read(path)[0]["kind"].tolist() == ["学校"]

    def test_a_declared_encoding_goes_before_the_files_own(self, tmp_path: Path) -> None:
        path = named_shapefile(tmp_path / "g.shp", NAMES, "gbk", cpg="UTF-8")
        assert read_silently(path, encoding="GBK")[FIELD].tolist() == NAMES

    def test_a_declared_encoding_that_does_not_fit_is_refused(self, tmp_path: Path) -> None:
        path = named_shapefile(tmp_path / "g.shp", NAMES, "gbk")
        assert "not in UTF-8" in refused(path, encoding="UTF-8")
        assert "not in klingon" in refused(path, encoding="klingon")

    def test_plain_letters_need_no_encoding(self, tmp_path: Path) -> None:
        path = raw_shapefile(tmp_path / "g.shp", [b"name"], [[b"A"], [b""], [b"B"]])
        frame = read_silently(path)
        assert frame["name"].iloc[[0, 2]].tolist() == ["A", "B"]
        assert frame["name"].isna().tolist() == [False, True, False]

    @MADE_ONCE
    @given(
        names=st.lists(
            st.text(COMMON + "0123456789AB（）", min_size=1, max_size=9), min_size=1, max_size=6
        ),
        field=st.text(COMMON, min_size=1, max_size=3),
        encoding=st.sampled_from(["utf-8", "gb18030"]),
        label=st.sampled_from([None, "UTF-8", "GBK", "936", "OEM"]),
    )
    @example(names=["联通"], field="学校", encoding="gb18030", label=None)
    def test_names_come_back_whatever_their_encoding_and_its_label(
        self, tmp_path: Path, names: list[str], field: str, encoding: str, label: str | None
    ) -> None:
        rows = [[name.encode(encoding)] for name in names]
        path = raw_shapefile(tmp_path / "g.shp", [field.encode(encoding)], rows, cpg=label)
        assert read(path)[0][field].tolist() == names

    @MADE_ONCE
    @given(
        names=st.lists(
            st.text(RARE | st.sampled_from(COMMON), min_size=1, max_size=9), min_size=1, max_size=6
        ),
        encoding=st.sampled_from(["utf-8", "gb18030"]),
    )
    def test_rare_characters_come_back_beside_common_ones(
        self, tmp_path: Path, names: list[str], encoding: str
    ) -> None:
        path = named_shapefile(tmp_path / "g.shp", names, encoding)
        assert read(path)[0][FIELD].tolist() == names


class TestTextsThatAreNotWhole:
    @pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
    @pytest.mark.parametrize("width", range(50, 56))
    def test_a_text_cut_inside_a_character_loses_only_that(
        self, tmp_path: Path, encoding: str, width: int
    ) -> None:
        long = "某某市某某区某某街道某某路某某号某某小区配套幼儿园东侧地块"
        rows = [[text.encode(encoding)[:width]] for text in (long, *NAMES)]
        path = raw_shapefile(tmp_path / "g.shp", [b"name"], rows, width=width)
        frame, problems = read(path)
        kept = long.encode(encoding)[:width].decode(encoding, "ignore")
        assert frame["name"].tolist() == [kept, *NAMES]
        size = len("某".encode(encoding))
        expected = ["encoding_detected"] + (["text_cut"] if width % size else [])
        assert [p.code for p in problems] == expected
        if width % size:
            assert (problems[1].row, problems[1].column) == (1, "name")
            assert problems[1].severity == "note"

    @pytest.mark.parametrize(("encoding", "left"), [("utf-8", "建筑面"), ("gb18030", "a建筑面积")])
    def test_a_name_of_ten_bytes_cut_inside_a_character(
        self, tmp_path: Path, encoding: str, left: str
    ) -> None:
        name = "建筑面积" if encoding == "utf-8" else "a建筑面积总"
        rows = [[text.encode(encoding)] for text in NAMES]
        path = raw_shapefile(tmp_path / "g.shp", [name.encode(encoding)[:10]], rows)
        frame, problems = read(path)
        assert frame[left].tolist() == NAMES
        assert problems[-1].code == "text_cut"
        assert left in problems[-1].problem

    def test_two_names_that_are_cut_to_one_stay_two_columns(self, tmp_path: Path) -> None:
        names = [name.encode()[:10] for name in ("建筑面积", "建筑面宽")]
        path = raw_shapefile(tmp_path / "g.shp", names, [[b"1", b"2"]])
        frame, problems = read(path)
        assert frame[["建筑面", "建筑面_2"]].iloc[0].tolist() == ["1", "2"]
        assert "column_renamed" in [p.code for p in problems]

    def test_a_damaged_text_is_shown_with_its_row(self, tmp_path: Path) -> None:
        texts = [f"幼儿园{i}号".encode("gbk") for i in range(60)]
        texts[40] = b"\xff\xff" + texts[40]
        path = raw_shapefile(tmp_path / "g.shp", [b"name"], [[t] for t in texts], cpg="GBK")
        frame, problems = read(path)
        damaged = only(problems, "text_damaged")
        assert (damaged.row, damaged.column) == (41, "name")
        assert damaged.value == frame["name"].iloc[40]
        assert frame["name"].iloc[40].endswith("幼儿园40号")
        assert frame["name"].iloc[41] == "幼儿园41号"

    def test_texts_in_two_encodings_are_refused(self, tmp_path: Path) -> None:
        texts = [f"实验幼儿园{i}".encode(e) for i in range(20) for e in ("gbk", "utf-8")]
        path = raw_shapefile(tmp_path / "g.shp", [b"name"], [[t] for t in texts])
        assert "not in UTF-8 or GB18030 (GBK)" in refused(path)


class TestPartsOfShapefiles:
    def test_capital_suffixes(self, estates: gpd.GeoDataFrame, tmp_path: Path) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        for part in list(tmp_path.iterdir()):
            part.rename(tmp_path / part.name.upper())
        frame = read_silently(tmp_path / "X.SHP")
        assert frame["名称"].tolist() == estates["名称"].tolist()
        assert frame.crs == estates.crs

    def test_parts_whose_capitals_differ(self, estates: gpd.GeoDataFrame, tmp_path: Path) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        (tmp_path / "x.dbf").rename(tmp_path / "X.Dbf")
        (tmp_path / "x.prj").rename(tmp_path / "x.PRJ")
        frame = read_silently(tmp_path / "x.shp")
        assert frame["名称"].tolist() == estates["名称"].tolist()
        assert frame.crs == estates.crs

    @pytest.mark.parametrize("index", [None, b"", b"short", bytes(200)])
    def test_a_missing_or_damaged_index_is_made_anew_beside_nothing(
        self, estates: gpd.GeoDataFrame, tmp_path: Path, index: bytes | None
    ) -> None:
        path = tmp_path / "x.shp"
        estates.to_file(path, encoding="GBK")
        path.with_suffix(".shx").unlink()
        if index is not None:
            path.with_suffix(".shx").write_bytes(index)
        before = state(tmp_path)
        frame, problems = read(path)
        assert only(problems, "index_restored").severity == "note"
        assert frame["名称"].tolist() == estates["名称"].tolist()
        assert shapely.equals(frame.geometry.values, estates.geometry.values).all()
        assert state(tmp_path) == before

    def test_without_its_table_it_is_refused(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        (tmp_path / "x.dbf").unlink()
        assert "copy all of them" in refused(tmp_path / "x.shp")

    def test_without_its_system_it_has_none(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        (tmp_path / "x.prj").unlink()
        assert read_silently(tmp_path / "x.shp").crs is None

    def test_a_system_with_a_chinese_name_in_gbk(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.shp"
        estates.to_file(path, encoding="GBK")
        text = path.with_suffix(".prj").read_text()
        named = text.replace('PROJCS["', 'PROJCS["某市地方坐标系_', 1)
        path.with_suffix(".prj").write_bytes(named.encode("gbk"))
        frame = read_silently(path)
        assert frame.crs is not None
        assert frame.crs.name.startswith("某市地方坐标系")

    @pytest.mark.parametrize("part", [".dbf", ".shp"])
    def test_a_part_that_was_cut_off_is_never_read_short(
        self, estates: gpd.GeoDataFrame, tmp_path: Path, part: str
    ) -> None:
        path = tmp_path / "x.shp"
        many = pd.concat([estates] * 50, ignore_index=True)
        many.to_file(path, encoding="GBK")
        content = path.with_suffix(part).read_bytes()
        path.with_suffix(part).write_bytes(content[: len(content) // 2])
        if part == ".dbf":
            assert "its .dbf is cut off: it says 150 rows" in refused(path)
            return
        frame, problems = read(path)
        assert only(problems, "file_cut_off").severity == "error"
        assert len(frame) == 150
        assert frame.geometry.isna().sum() > 50

    def test_parts_of_different_lengths_are_refused(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        estates[:2].to_file(tmp_path / "y.shp", encoding="GBK")
        shutil.copy(tmp_path / "y.dbf", tmp_path / "x.dbf")
        assert "3 shapes and its .dbf 2 rows" in refused(tmp_path / "x.shp")

    def test_rows_marked_as_deleted_are_no_rows(self, tmp_path: Path) -> None:
        path = named_shapefile(tmp_path / "g.shp", NAMES, "gbk", cpg="GBK")
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[65 + 61] = ord("*")
        path.with_suffix(".dbf").write_bytes(table)
        frame = read_silently(path)
        assert frame[FIELD].tolist() == [NAMES[0], NAMES[2]]

    @pytest.mark.parametrize("name", ["重要!小区", "小区;新", "园[1]", "a b%20#?", "小区.新版"])
    def test_any_name_of_a_file_will_do(
        self, estates: gpd.GeoDataFrame, tmp_path: Path, name: str
    ) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        for part in list(tmp_path.iterdir()):
            part.rename(tmp_path / f"{name}{part.suffix}")
        estates.to_file(tmp_path / "x.gpkg")
        (tmp_path / "x.gpkg").rename(tmp_path / f"{name}.gpkg")
        for suffix in (".shp", ".gpkg"):
            frame = read_silently(tmp_path / f"{name}{suffix}")
            assert frame["名称"].tolist() == estates["名称"].tolist()

    def test_its_one_layer_may_be_named(self, estates: gpd.GeoDataFrame, tmp_path: Path) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        assert len(read_silently(tmp_path / "x.shp", layer="x")) == 3
        assert "one layer: 'x'" in refused(tmp_path / "x.shp", layer="y")


def zipped(path: Path, entries: dict[str, bytes], encoding: str = "utf-8") -> Path:
    """An archive whose names are bytes of an encoding, as Chinese Windows packs them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            if encoding == "utf-8":
                archive.writestr(name, content)
            else:
                archive.writestr(name.encode(encoding).decode("cp437"), content)
    if encoding != "utf-8":  # zipfile marks other than plain names as UTF-8; the packers do not
        content = path.read_bytes()
        for name in entries:
            marked = name.encode(encoding).decode("cp437").encode("utf-8")
            assert content.count(marked) == 2
        path.write_bytes(_unmarked(entries, encoding))
    return path


def _unmarked(entries: dict[str, bytes], encoding: str) -> bytes:
    """A .zip without compression and without the mark of UTF-8 names."""
    body, directory = b"", b""
    for name, content in entries.items():
        raw, check = name.encode(encoding), zipfile.crc32(content)
        fields = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 33, check, len(content), len(content), len(raw), 0
        )
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + raw
        body += b"PK\3\4" + fields + raw + content
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def parts(frame: gpd.GeoDataFrame, folder: Path, name: str) -> dict[str, bytes]:
    place = folder / "made"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    frame.to_file(place / "x.shp", encoding="GBK")
    return {f"{name}{p.suffix}": p.read_bytes() for p in place.iterdir()}


class TestArchives:
    @pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
    def test_a_shapefile_in_a_folder_among_other_files(
        self, estates: gpd.GeoDataFrame, tmp_path: Path, encoding: str
    ) -> None:
        entries = {
            **parts(estates, tmp_path, "成果/现状小区"),
            "成果/说明.txt": "说明".encode("gbk"),
            "__MACOSX/成果/._现状小区.shp": b"x",
            "成果/metadata.json": b"{}",
        }
        path = zipped(tmp_path / "a.zip", entries, encoding)
        before = state(tmp_path)
        frame = read_silently(path)
        assert frame["名称"].tolist() == estates["名称"].tolist()
        assert frame.crs == estates.crs
        assert state(tmp_path) == before

    def test_one_of_several_must_be_named(self, estates: gpd.GeoDataFrame, tmp_path: Path) -> None:
        entries = {
            **parts(estates, tmp_path, "2020/小区"),
            **parts(estates[:2], tmp_path, "2025/小区"),
            **parts(estates[:1].set_geometry(estates[:1].centroid), tmp_path, "园"),
        }
        path = zipped(tmp_path / "a.zip", entries, "gbk")
        said = refused(path)
        for shown in ("2020/小区.shp (Polygon, 3 rows)", "园.shp (Point, 1 rows)"):
            assert shown in said
        assert len(read_silently(path, layer="园")) == 1
        assert len(read_silently(path, layer="园.shp")) == 1
        assert len(read_silently(path, layer="2025/小区")) == 2
        assert "several data sets called '小区'" in refused(path, layer="小区")
        assert "no data set called 'x'" in refused(path, layer="x")

    def test_those_without_rows_do_not_count(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        entries = {**parts(estates[:0], tmp_path, "空"), **parts(estates, tmp_path, "b")}
        assert len(read_silently(zipped(tmp_path / "a.zip", entries))) == 3

    def test_a_geopackage_or_geojson_or_geodatabase(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        estates.to_file(tmp_path / "x.gpkg", layer="现状")
        estates.to_file(tmp_path / "x.gpkg", layer="规划")
        estates.to_file(tmp_path / "x.geojson")
        estates.to_file(tmp_path / "x.gdb", driver="OpenFileGDB", layer="现状")
        estates.to_file(tmp_path / "x.gdb", driver="OpenFileGDB", layer="规划", mode="a")
        gdb = {f"x.gdb/{p.name}": p.read_bytes() for p in (tmp_path / "x.gdb").iterdir()}
        bare = {p.name: p.read_bytes() for p in (tmp_path / "x.gdb").iterdir()}
        for entries in ({"a/x.gpkg": (tmp_path / "x.gpkg").read_bytes()}, gdb, bare):
            path = zipped(tmp_path / "y.gdb.zip", entries)
            frame = read_silently(path, layer="规划")
            assert frame["名称"].tolist() == estates["名称"].tolist()
            assert "现状 (" in refused(path)
        path = zipped(tmp_path / "z.zip", {"x.geojson": (tmp_path / "x.geojson").read_bytes()})
        assert len(read_silently(path)) == 3

    def test_archives_that_cannot_be_read(self, estates: gpd.GeoDataFrame, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        for content in (b"", b"hello", b"PK\3\4" + bytes(50)):
            path.write_bytes(content)
            assert "cannot be read" in refused(path)
        assert "no spatial data" in refused(zipped(path, {"a.txt": b"x"}))
        whole = zipped(path, parts(estates, tmp_path, "x")).read_bytes()
        middle = whole.index(b"x.shp") + 60
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
        assert "cannot be read" in refused(path)
        locked = bytearray(_unmarked(parts(estates, tmp_path, "x"), "gbk"))
        for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            start = locked.find(mark)
            while start >= 0:
                locked[start + at] |= 1
                start = locked.find(mark, start + 4)
        path.write_bytes(locked)
        assert "password" in refused(path)


KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>公办</name>
<Placemark><name>一园</name><description>区属</description><ExtendedData>
<Data name="学位"><value>90</value></Data></ExtendedData>
<Point><coordinates>120.1,23.1,0</coordinates></Point></Placemark>
<Placemark><name>二园</name><Point><coordinates>120.2,23.2,0</coordinates></Point></Placemark>
</Folder>{more}</Document></kml>"""
PRIVATE = """<Folder><name>民办</name><Placemark><name>三园</name><Polygon><outerBoundaryIs>
<LinearRing><coordinates>0,0,0 1,0,0 1,1,0 0,0,0</coordinates></LinearRing></outerBoundaryIs>
</Polygon></Placemark></Folder>"""


class TestFormats:
    @pytest.mark.parametrize("suffix", ["gpkg", "geojson", "geojsonl", "fgb", "parquet", "gdb"])
    def test_the_same_layer_in_each_is_the_same(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path, suffix: str
    ) -> None:
        path = tmp_path / f"g.{suffix}"
        if suffix == "parquet":
            gardens.to_parquet(path)
        else:
            gardens.to_file(path, driver="OpenFileGDB" if suffix == "gdb" else None)
        before = state(tmp_path)
        frame = read_silently(path)
        order = [frame["code"].tolist().index(code) for code in gardens["code"]]
        assert frame.index.tolist() == [1, 2, 3]
        assert frame["name"].iloc[order].tolist() == NAMES
        assert frame["places"].iloc[order].tolist() == [90, 180, 270]
        assert shapely.distance(frame.geometry.values[order], gardens.geometry.values).max() < 1e-8
        assert frame.crs is not None
        assert frame.crs.to_epsg(20) == 4326
        assert frame.active_geometry_name == "geometry"
        assert state(tmp_path) == before

    @pytest.mark.parametrize(
        ("suffix", "encoding"), [("tab", "UTF-8"), ("tab", "CP936"), ("mif", "CP936")]
    )
    def test_mapinfo(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path, suffix: str, encoding: str
    ) -> None:
        path = tmp_path / f"g.{suffix}"
        gardens.to_file(path, driver="MapInfo File", layer_options={"ENCODING": encoding})
        frame = read_silently(path)
        assert frame["name"].tolist() == NAMES
        assert frame.crs is not None

    def test_kml_with_folders(self, tmp_path: Path) -> None:
        path = tmp_path / "g.kml"
        path.write_text(KML.format(encoding="UTF-8", more=""), encoding="utf-8")
        frame = read_silently(path)
        assert frame["Name"].tolist() == ["一园", "二园"]
        assert frame["description"].iloc[0] == "区属"
        assert frame["学位"].iloc[0] == "90"
        assert shapely.get_z(frame.geometry.values).tolist() == [0.0, 0.0]
        assert "tessellate" not in frame.columns
        path.write_text(KML.format(encoding="UTF-8", more=PRIVATE), encoding="utf-8")
        said = refused(path)
        assert "公办 (Point, 2 rows); 民办 (Polygon, 1 rows)" in said
        assert read_silently(path, layer="民办")["Name"].tolist() == ["三园"]
        with zipfile.ZipFile(tmp_path / "g.kmz", "w") as archive:
            archive.write(path, "doc.kml")
        assert len(read_silently(tmp_path / "g.kmz", layer="公办")) == 2

    def test_attributes_of_kml_keep_their_names(self, tmp_path: Path) -> None:
        path = tmp_path / "g.kml"
        values = {"学位": "90", "班数": "3", "a&lt;b": "x", "name": "别名", "id": "7"}
        data = "".join(f'<Data name="{k}"><value>{v}</value></Data>' for k, v in values.items())
        text = KML.format(encoding="UTF-8", more="")
        start, end = text.index("<Data"), text.index("</ExtendedData>")
        path.write_text(text[:start] + data + text[end:], encoding="utf-8")
        first = read_silently(path).iloc[0]
        kept = {"学位": "90", "班数": "3", "a<b": "x", "name_2": "别名", "id": "7", "Name": "一园"}
        assert first[list(kept)].to_dict() == kept

    def test_kml_in_gbk(self, tmp_path: Path) -> None:
        path = tmp_path / "g.kml"
        path.write_bytes(KML.format(encoding="GBK", more="").encode("gbk"))
        frame, problems = read(path)
        assert frame["Name"].tolist() == ["一园", "二园"]
        assert only(problems, "encoding_detected").severity == "note"

    def test_an_index_stored_in_a_parquet_file_is_a_column(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        gardens.set_index("code").to_parquet(tmp_path / "g.parquet")
        assert read_silently(tmp_path / "g.parquet")["code"].tolist() == ["K1", "K2", "K3"]
        gardens.iloc[[2, 0]].to_parquet(tmp_path / "g.parquet")
        assert list(read_silently(tmp_path / "g.parquet").columns) == list(gardens.columns)

    @pytest.mark.parametrize("how", ["geoarrow", "WKB"])
    def test_parquet_with_shapes_in_other_ways_and_their_boxes(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path, how: str
    ) -> None:
        path = tmp_path / "g.geoparquet"
        renamed = gardens.rename_geometry("形状")
        renamed.to_parquet(path, geometry_encoding=how, write_covering_bbox=True)
        frame = read_silently(path)
        assert list(frame.columns) == ["code", "name", "places", "geometry"]
        assert shapely.equals(frame.geometry.values, gardens.geometry.values).all()

    def test_a_geopackage_with_changes_that_lie_beside_it(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "g.gpkg"
        gardens.to_file(path, layer_options={"SPATIAL_INDEX": "NO"})
        open_elsewhere = sqlite3.connect(path)
        open_elsewhere.execute("pragma journal_mode = wal")
        open_elsewhere.execute("update g set name = '改名园' where code = 'K2'")
        open_elsewhere.commit()
        before = state(tmp_path)
        assert str(tmp_path / "g.gpkg-wal") in before
        assert read_silently(path)["name"].tolist() == [NAMES[0], "改名园", NAMES[2]]
        assert state(tmp_path) == before
        open_elsewhere.close()
        before = state(tmp_path)
        assert read_silently(path)["name"].iloc[1] == "改名园"
        assert state(tmp_path) == before

    @pytest.mark.parametrize("suffix", ["gpkg", "dxf", "kml", "kmz", "geojson", "parquet", "zip"])
    def test_a_file_that_cannot_be_opened(self, tmp_path: Path, suffix: str) -> None:
        assert "cannot be read" in refused(tmp_path / f"none.{suffix}")

    @pytest.mark.parametrize("notes", ["[]", "{", '{"columns": []}', '{"columns": {"g": 1}}'])
    def test_parquet_with_wrong_notes_about_its_shapes(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path, notes: str
    ) -> None:
        table = pa.table({"code": ["K1"], "g": [shapely.to_wkb(Point(1, 2))]})
        path = tmp_path / "g.parquet"
        pq.write_table(table.replace_schema_metadata({"geo": notes}), path)
        assert "cannot be read as GeoParquet" in refused(path)

    def test_a_file_that_was_cut_off_says_so(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "g.fgb"
        gardens.to_file(path)
        path.write_bytes(path.read_bytes()[:300])
        assert "it is damaged or cut off" in refused(path)

    @pytest.mark.parametrize("suffix", [".dwg", ".mdb", ".rar", ".DWG"])
    def test_files_that_nobody_reads_come_with_advice(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"x{suffix}"
        path.write_bytes(b"x")
        with pytest.raises(InputError, match="cannot be read") as caught:
            read(path)
        assert caught.value.hint

    def test_a_folder_says_which_file_in_it_to_name(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        estates.to_file(tmp_path / "x.shp", encoding="GBK")
        assert "Name a file in it: x.shp" in refused(tmp_path)


def feature(properties: object, geometry: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: object, **members: object) -> str:
    return json.dumps(
        {"type": "FeatureCollection", **members, "features": features}, ensure_ascii=False
    )


class TestGeoJson:
    POINT = {"type": "Point", "coordinates": [120.0, 23.0]}  # noqa: RUF012

    def test_its_system_is_wgs_84_unless_it_says_another(self, tmp_path: Path) -> None:
        path = tmp_path / "g.geojson"
        path.write_text(collection(feature({"a": 1}, self.POINT)))
        assert read_silently(path).crs.to_epsg() == 4326
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
        path.write_text(collection(feature({"a": 1}, self.POINT), crs=crs))
        assert read_silently(path).crs.to_epsg() == 4549

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
    def test_in_other_encodings(self, tmp_path: Path, encoding: str) -> None:
        path = tmp_path / "g.json"
        names = ["阳光幼儿园", "乗"]  # the second ends in the byte of a backslash
        text = collection(*(feature({"名称": name}, self.POINT) for name in names))
        path.write_bytes(text.encode(encoding))
        frame, problems = read(path)
        assert frame["名称"].tolist() == names
        assert [p.code for p in problems] == (
            [] if encoding == "utf-8-sig" else ["encoding_detected"]
        )

    @pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"type": "FeatureCollection"', "5"])
    def test_wrong_json_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "g.geojson"
        path.write_text(text)
        assert "cannot be read as spatial data" in refused(path)

    @pytest.mark.parametrize("suffix", ["geojsonl", "geojson"])
    def test_a_broken_line_of_a_sequence_is_listed(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"g.{suffix}"
        lines = [json.dumps(feature({"n": i}, self.POINT)) for i in range(5)]
        lines[2] = lines[2][:-9]
        path.write_text("\n".join(lines) + "\n")
        frame, problems = read(path)
        lost = only([p for p in problems if p.code != "gdal_warning"], "line_unreadable")
        assert (lost.row, lost.severity) == (3, "error")
        assert frame["n"].tolist() == [0, 1, 3, 4]

    def test_nested_values_are_texts(self, tmp_path: Path) -> None:
        path = tmp_path / "g.geojson"
        values = {"list": ["甲", "乙"], "numbers": [1, 2], "nested": {"键": 1}, "geometry": "文"}
        path.write_text(
            collection(feature(values, self.POINT), feature({}, None)), encoding="utf-8"
        )
        frame, problems = read(path)
        first = frame.iloc[0]
        assert first["list"] == "甲, 乙"
        assert first["numbers"] == "1, 2"
        assert json.loads(first["nested"]) == {"键": 1}
        assert first["geometry_2"] == "文"
        assert "'geometry' as 'geometry_2'" in only(problems, "column_renamed").done
        assert frame.geometry.isna().tolist() == [False, True]

    def test_warnings_of_gdal_are_problems(self, tmp_path: Path) -> None:
        path = tmp_path / "g.geojson"
        odd = {"type": "Cloud", "coordinates": [1, 2]}
        path.write_text(collection(feature({"a": 1}, self.POINT), feature({"a": 2}, odd)))
        frame, problems = read(path)
        assert only(problems, "gdal_warning").severity == "warning"
        assert frame["a"].tolist() == [1, 2]
        assert frame.geometry.isna().tolist() == [False, True]


class TestColumns:
    def test_are_plain_in_every_format(self, tmp_path: Path) -> None:
        table = pd.DataFrame(
            {
                "whole": [1, 2],
                "gaps": pd.array([1, None], "Int64"),
                "code": pd.array([123456789012345678, None], "Int64"),
                "real": [0.5, np.nan],
                "yes": [True, False],
                "day": pd.to_datetime(["2020-01-02", None]),
                "text": ["文", None],
            }
        )
        frame = gpd.GeoDataFrame(table, geometry=[Point(1, 2), None], crs=WGS84)
        frame.to_file(tmp_path / "g.gpkg")
        frame.to_parquet(tmp_path / "g.parquet")
        for name in ("g.gpkg", "g.parquet"):
            found = read_silently(tmp_path / name)
            assert found["whole"].tolist() == [1, 2]
            assert found["gaps"].iloc[0] == 1.0
            assert found["code"].iloc[0] == 123456789012345678
            assert found["yes"].tolist() == [True, False]
            assert found["day"].dt.year.iloc[0] == 2020
            assert found["text"].iloc[0] == "文"
            assert found.drop(columns=["whole", "yes", "geometry"]).iloc[1].isna().all()

    def test_categories_decimals_and_structures_of_parquet(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        from decimal import Decimal

        odd = gardens.assign(
            kind=pd.Categorical(["公办", "民办", "公办"]),
            money=[Decimal("1.50"), None, Decimal(2)],
            tags=[["a", "b"], [], None],
            names=[{"zh": "一"}, None, {"zh": "三"}],
        )
        odd.to_parquet(tmp_path / "g.parquet")
        frame = read_silently(tmp_path / "g.parquet")
        assert frame["kind"].tolist() == ["公办", "民办", "公办"]
        assert not isinstance(frame["kind"].dtype, pd.CategoricalDtype)
        assert frame["money"].iloc[[0, 2]].tolist() == [1.5, 2.0]
        assert frame["tags"].iloc[:2].tolist() == ["a, b", ""]
        assert json.loads(frame["names"].iloc[0]) == {"zh": "一"}

    def test_the_number_that_a_format_counts_rows_by_is_read_when_named(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        gardens.to_file(tmp_path / "g.gdb", driver="OpenFileGDB")
        path = tmp_path / "g.gdb"
        assert "OBJECTID" not in read_silently(path).columns
        columns = {"kindergarten_id": "OBJECTID"}
        assert read_silently(path, columns=columns)["OBJECTID"].tolist() == [1, 2, 3]

    def test_texts_of_a_geopackage_that_are_in_gbk(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "g.gpkg"
        gardens.rename(columns={"code": "编号"}).to_file(
            path, layer_options={"SPATIAL_INDEX": "NO"}
        )
        with sqlite3.connect(path) as connection:
            for name in NAMES:
                raw = name.encode("gbk").hex()
                connection.execute(
                    f"update g set name = cast(x'{raw}' as text) where name = ?", (name,)
                )
        connection.close()
        frame, problems = read(path)
        assert frame["name"].tolist() == NAMES
        assert frame["编号"].tolist() == ["K1", "K2", "K3"]
        assert only(problems, "encoding_detected").severity == "note"


def wkb_curve() -> bytes:
    """A half circle around (1, 0) from (0, 0) to (2, 0), as ISO well-known binary."""
    return struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)


def with_binary(frame: gpd.GeoDataFrame, path: Path, row: int, binary: bytes) -> Path:
    """A GeoPackage in which one row's shape is replaced by any binary."""
    frame.to_file(path, layer="t", layer_options={"SPATIAL_INDEX": "NO"})
    with sqlite3.connect(path) as connection:
        (old,) = connection.execute("select geom from t where fid = ?", (row,)).fetchone()
        blob = old[:3] + bytes([1]) + old[4:8] + binary
        connection.execute("update t set geom = ? where fid = ?", (blob, row))
    connection.close()
    return path


class TestShapes:
    LINES = gpd.GeoDataFrame(
        {"a": [1, 2, 3]}, geometry=[LineString([(0, i), (1, i)]) for i in range(3)], crs=WGS84
    )

    def test_arcs_are_drawn_in_short_steps(self, tmp_path: Path) -> None:
        path = with_binary(self.LINES, tmp_path / "g.gpkg", 2, wkb_curve())
        frame = read_silently(path)
        arc = frame.geometry.iloc[1]
        assert arc.geom_type == "LineString"
        assert arc.length == pytest.approx(np.pi, rel=1e-3)
        assert frame["a"].tolist() == [1, 2, 3]
        assert shapely.equals(frame.geometry.iloc[2], self.LINES.geometry.iloc[2])

    def test_an_outline_that_is_not_closed_is_closed_and_listed(self, tmp_path: Path) -> None:
        squares = self.LINES.set_geometry([box(0, 0, 1, 1)] * 3)
        ring = struct.pack("<BIII6d", 1, 3, 1, 3, 0, 0, 4, 0, 4, 4)
        frame, problems = read(with_binary(squares, tmp_path / "g.gpkg", 2, ring))
        assert only(problems, "outline_not_closed").row == 2
        assert frame.geometry.iloc[1].area == 8.0

    def test_a_shape_that_is_none_is_listed_and_its_row_kept(self, tmp_path: Path) -> None:
        surface = struct.pack("<BII", 1, 16, 0)  # a TIN
        frame, problems = read(with_binary(self.LINES, tmp_path / "g.gpkg", 3, surface))
        lost = only(problems, "shape_unreadable")
        assert (lost.row, lost.severity) == (3, "error")
        assert frame.geometry.isna().tolist() == [False, False, True]

    def test_rows_without_shape_and_mixed_kinds_are_kept(self, tmp_path: Path) -> None:
        shapes = [Point(1, 2, 0), None, shapely.GeometryCollection([Point(0, 0), box(0, 0, 1, 1)])]
        frame = self.LINES.set_geometry(shapes, crs=WGS84)
        frame.to_file(tmp_path / "g.gpkg")
        found = read_silently(tmp_path / "g.gpkg")
        assert found.geometry.iloc[2].geom_type == "GeometryCollection"
        assert found.geometry.isna().tolist() == [False, True, False]

    def test_a_system_of_the_files_own_is_none(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="not provided"):
            self.LINES.set_crs(None, allow_override=True).to_file(tmp_path / "g.gpkg")
        assert read_silently(tmp_path / "g.gpkg").crs is None
        local = 'LOCAL_CS["某工程坐标系",UNIT["metre",1]]'
        self.LINES.set_crs(local, allow_override=True).to_file(tmp_path / "l.gpkg")
        frame, problems = read(tmp_path / "l.gpkg")
        assert frame.crs is None
        assert "某工程坐标系" in only(problems, "crs_unreadable").problem


class TestLayersOfAFile:
    def test_one_of_several_must_be_named(self, gardens: gpd.GeoDataFrame, tmp_path: Path) -> None:
        path = tmp_path / "all.gpkg"
        gardens.to_file(path, layer="园")
        gardens[:1].to_file(path, layer="旧园")
        pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="台账")
        for wanted in (None, "新园"):
            said = refused(path, layer=wanted)
            assert "园 (Point, 3 rows); 旧园 (Point, 1 rows)" in said
            assert "Tables without shapes: 台账" in said
        assert len(read_silently(path, layer="旧园")) == 1
        assert "no geometry" in refused(path, layer="台账")

    def test_tables_without_shapes_do_not_count(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "all.gpkg"
        gardens.to_file(path, layer="园")
        pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="layer_styles")
        assert len(read_silently(path)) == 3

    def test_layers_without_rows_do_not_count_and_this_is_said(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "all.gpkg"
        gardens[:0].to_file(path, layer="空")
        gardens.to_file(path, layer="园")
        frame, problems = read(path)
        assert len(frame) == 3
        note = only(problems, "layer_chosen")
        assert note.severity == "note"
        assert "空" in note.problem
        assert "园" in note.done
        assert read_silently(path, layer="空").empty

    def test_of_a_geodatabase(self, gardens: gpd.GeoDataFrame, tmp_path: Path) -> None:
        path = tmp_path / "x.gdb"
        gardens.to_file(path, driver="OpenFileGDB", layer="园")
        gardens.to_file(path, driver="OpenFileGDB", layer="备选", mode="a")
        assert "园 (Point, 3 rows); 备选 (Point, 3 rows)" in refused(path)
        assert read_silently(path, layer="备选")["name"].tolist() == NAMES

    def test_a_file_of_tables_only(self, tmp_path: Path) -> None:
        pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), tmp_path / "t.gpkg", layer="台账")
        assert "no geometry" in refused(tmp_path / "t.gpkg")


def entity(kind: str, layer: str, *pairs: tuple[int, object]) -> list[str]:
    return ["0", kind, "8", layer, *(str(part) for pair in pairs for part in pair)]


def polyline(layer: str, points: Sequence[tuple[float, float]], closed: bool) -> list[str]:
    corners = [pair for x, y in points for pair in ((10, x), (20, y))]
    return entity("LWPOLYLINE", layer, (90, len(points)), (70, int(closed)), *corners)


def drawing(entities: Sequence[list[str]], version: str, page: str) -> str:
    lines = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", version]
    lines += ["9", "$DWGCODEPAGE", "3", page, "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES"]
    lines += [line for one in entities for line in one] + ["0", "ENDSEC", "0", "EOF"]
    return "\r\n".join(lines) + "\r\n"


class TestDrawings:
    SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
    ENTITIES = (
        polyline("居住小区", SQUARE, True),
        polyline("居住小区", (*SQUARE, SQUARE[0]), False),
        polyline("居住小区", SQUARE, False),
        entity("TEXT", "注记", (10, 50), (20, 50), (40, 2), (1, "阳光小区")),
        entity("POINT", "幼儿园", (10, 5), (20, 5)),
    )

    @pytest.mark.parametrize(
        ("version", "page", "encoding", "code"),
        [
            ("AC1015", "ANSI_936", "gbk", None),
            ("AC1021", "ANSI_936", "utf-8", None),
            ("AC1032", "ANSI_1252", "utf-8", None),
            ("AC1015", "ANSI_1252", "gbk", "encoding_wrong"),
            ("AC1021", "ANSI_936", "gbk", "encoding_wrong"),
            ("AC1015", "ANSI_936", "utf-8", "encoding_wrong"),
            ("AC1015", "nonsense", "gbk", "encoding_wrong"),
        ],
    )
    def test_texts_come_back_whatever_the_head_says(
        self, tmp_path: Path, version: str, page: str, encoding: str, code: str | None
    ) -> None:
        path = tmp_path / "d.dxf"
        path.write_bytes(drawing(self.ENTITIES, version, page).encode(encoding))
        frame, problems = read(path, "hazards", layer="entities")
        assert set(frame["Layer"]) == {"居住小区", "注记", "幼儿园"}
        assert frame["Text"].dropna().tolist() == ["阳光小区"]
        assert [p.code for p in problems] == ([] if code is None else [code])

    def test_closed_lines_are_areas_where_areas_are_expected(self, tmp_path: Path) -> None:
        path = tmp_path / "d.dxf"
        path.write_bytes(drawing(self.ENTITIES, "AC1015", "ANSI_936").encode("gbk"))
        frame, problems = read(path, "communities")
        assert [p.code for p in problems] == ["layers_all", "outlines_taken"]
        assert "居住小区 (3), 注记 (1), 幼儿园 (1)" in problems[0].problem
        assert "2 closed lines" in problems[1].problem
        kinds = ["Polygon", "Polygon", "LineString", "Point", "Point"]
        assert frame.geom_type.tolist() == kinds
        assert frame.geometry.iloc[:2].area.tolist() == [10_000.0, 10_000.0]
        assert frame.crs is None

    def test_a_drawing_layer_may_be_named(self, tmp_path: Path) -> None:
        path = tmp_path / "d.dxf"
        path.write_bytes(drawing(self.ENTITIES, "AC1015", "ANSI_936").encode("gbk"))
        frame = read_silently(path, layer="幼儿园")
        assert frame.index.tolist() == [5]
        assert "Its drawing layers: 居住小区 (3)" in refused(path, layer="道路")

    def test_a_drawing_that_was_cut_off_is_said_to_be(self, tmp_path: Path) -> None:
        path = tmp_path / "d.dxf"
        content = drawing(self.ENTITIES, "AC1015", "ANSI_936").encode("gbk")
        path.write_bytes(content[:-60])
        problems = read(path, "streets", layer="entities")[1]
        assert only(problems, "file_cut_off").severity == "error"

    def test_a_binary_drawing_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "d.dxf").write_bytes(b"AutoCAD Binary DXF\r\n\x1a\x00")
        assert "ASCII DXF" in refused(tmp_path / "d.dxf")


class TestLabels:
    @pytest.mark.parametrize(
        ("label", "codec"),
        [
            ("936", "gb18030"), ("gbk", "gb18030"), ("54936", "gb18030"), ("ANSI_936", "gb18030"),
            ("UTF-8", "utf-8"), ("65001", "utf-8"), ("1252", "cp1252"), ("ANSI 1252", "cp1252"),
            ("88591", "iso8859-1"), ("28591", "iso8859-1"), ("8859-1", None),
            ("ISO-8859-1", "iso8859-1"), ("950", "cp950"), ("932", "cp932"), ("99999", None),
            ("utf-16", None), ("utf-7", None), ("rot13", None), ("punycode", None), ("", None),
        ],
    )  # fmt: skip
    def test_mean_one_encoding_or_none(self, label: str, codec: str | None) -> None:
        assert codec_of(label) == codec

    @given(st.text(max_size=30))
    def test_any_text_is_a_label_or_none(self, label: str) -> None:
        codec = codec_of(label)
        assert codec is None or b"abc".decode(codec) == "abc"


class TestHash:
    def test_of_a_shapefile_covers_what_is_read_of_it(
        self, estates: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.shp"
        estates.to_file(path, encoding="GBK")
        before = sha256(path)
        for other in ("x.qix", "x.sbn", "x.shp.xml", "x.old.dbf", "xy.dbf"):
            (tmp_path / other).write_bytes(b"1")
        assert sha256(path) == before
        for part in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            content = path.with_suffix(part).read_bytes()
            path.with_suffix(part).write_bytes(content + b" ")
            assert sha256(path) != before
            path.with_suffix(part).write_bytes(content)
        assert sha256(path) == before

    def test_of_a_geodatabase_leaves_its_locks_out(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.gdb"
        gardens.to_file(path, driver="OpenFileGDB")
        before = sha256(path)
        (path / "_gdb.PC.1.2.sr.lock").write_bytes(b"")
        (path / "x.PC.1.2.rd.lock").write_bytes(b"x")
        assert sha256(path) == before
        (path / "a00000001.gdbtable").write_bytes(b"x")
        assert sha256(path) != before


SQUARES = gpd.GeoDataFrame(
    {"名称": ["一", "二", "三", "四"], "n": np.arange(4, dtype="int32")},
    geometry=[box(0, 0, 1, 1), None, MultiPolygon([box(2, 2, 3, 3)]), Polygon()],
    crs=WGS84,
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small file of each format."""
    folder = tmp_path_factory.mktemp("samples")
    for suffix in ("gpkg", "geojson", "geojsonl", "fgb", "parquet", "kml", "dxf", "zip"):
        path = folder / f"g.{suffix}"
        if suffix == "parquet":
            SQUARES.to_parquet(path)
        elif suffix == "kml":
            path.write_text(KML.format(encoding="UTF-8", more=""), encoding="utf-8")
        elif suffix == "dxf":
            path.write_bytes(drawing(TestDrawings.ENTITIES, "AC1015", "ANSI_936").encode("gbk"))
        elif suffix == "zip":
            zipped(path, parts(SQUARES[:1], folder, "x"))
        else:
            frame = SQUARES[:1] if suffix == "fgb" else SQUARES
            frame.to_file(path)
    SQUARES[:3].to_file(folder / "g.shp", encoding="GBK")
    return folder


SUFFIXES = [
    "gpkg",
    "geojson",
    "geojsonl",
    "fgb",
    "parquet",
    "kml",
    "dxf",
    "zip",
    "shp",
    "dbf",
    "shx",
]


class TestDamagedFiles:
    @settings(
        deadline=None,
        max_examples=300,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        suffix=st.sampled_from(SUFFIXES),
        changes=st.lists(
            st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6
        ),
        kept=st.floats(0.2, 1.0) | st.just(1.0),
    )
    def test_are_read_or_refused_in_words(
        self,
        tmp_path: Path,
        samples: Path,
        suffix: str,
        changes: list[tuple[float, int]],
        kept: float,
    ) -> None:
        content = bytearray((samples / f"g.{suffix}").read_bytes())
        # GDAL's reader of drawings can turn a changed number into minutes of work; cut ones it ends.
        for place, value in changes if suffix != "dxf" else []:
            content[int(place * len(content))] = value
        content = content[: int(kept * len(content))]
        path = tmp_path / f"g.{suffix}"
        if suffix in ("shp", "dbf", "shx"):
            for part in ("shp", "dbf", "shx", "prj", "cpg"):
                shutil.copy(samples / f"g.{part}", tmp_path)
        path.write_bytes(content)
        path = path.with_suffix(".shp") if suffix in ("dbf", "shx") else path
        try:
            frame, problems = read(path)
        except InputError:
            return
        assert isinstance(frame, gpd.GeoDataFrame)
        assert all(p.source == str(path) for p in problems)

"""`convert`: coordinates of a file in another system, and everything else as it was."""

from __future__ import annotations

import json
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyogrio.raw import write_arrow
from shapely import MultiPoint, MultiPolygon, Point, box

from kgspatial.errors import InputError
from kgspatial.inputs import transform_china
from kgspatial.inputs.convert.file import Converted, convert_file
from kgspatial.inputs.convert.movement import Movement
from kgspatial.inputs.convert.text_points import moved_text
from kgspatial.inputs.coordinates.crs import parse_crs
from kgspatial.inputs.files import Source

FORMATS = (".shp", ".gpkg", ".geojson", ".fgb", ".parquet")


def register(**shapes: object) -> gpd.GeoDataFrame:
    """Three kindergartens in GCJ-02, one without a place, columns of every common type."""
    table = {
        "园所名称": ["阳光幼儿园", "月亮湾园", None],
        "班级数": pd.array([3, None, 12], dtype="Int32"),
        "面积": [1234.5, None, 0.1],
    }
    return gpd.GeoDataFrame(
        table, geometry=[Point(116.4, 39.9), Point(117.1, 24.5), None], crs=4490
    )


def read(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)
    return pyogrio.read_dataframe(path, layer=layer)


def written(path: Path, frame: gpd.GeoDataFrame, **options: object) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        own = {".shp": {"encoding": "GBK"}, ".fgb": {"SPATIAL_INDEX": "NO"}}
        frame.to_file(path, **own.get(path.suffix, {}), **options)
    return path


def codes(done: Converted) -> list[str]:
    return [p.code for p in done.problems]


def assert_moved(found: gpd.GeoDataFrame, before: gpd.GeoDataFrame, atol: float = 1e-9) -> None:
    """Whether shapes went from GCJ-02 to WGS 84, corner by corner, and stayed what they are."""
    old, new = before.geometry.to_numpy(), found.geometry.to_numpy()
    np.testing.assert_array_equal(shapely.get_type_id(new), shapely.get_type_id(old))
    np.testing.assert_array_equal(shapely.has_z(new), shapely.has_z(old))
    lon, lat = transform_china(*shapely.get_coordinates(old).T, from_="GCJ-02", to="WGS 84")
    np.testing.assert_allclose(
        shapely.get_coordinates(new), np.column_stack([lon, lat]), rtol=0, atol=atol
    )


class TestLayers:
    @pytest.mark.parametrize("suffix", FORMATS)
    def test_keep_their_attributes_and_rows_in_every_format(
        self, tmp_path: Path, suffix: str
    ) -> None:
        source = written(tmp_path / f"in{suffix}", register())
        before = read(source)
        done = convert_file(source, tmp_path / f"out{suffix}", from_="GCJ-02", to="EPSG:4490")
        found = read(done.target)
        assert done.rows == {"in": 3}
        assert not done.problems
        assert found.crs.to_epsg() == 4490
        assert_moved(found, before)
        assert found.geometry.isna().tolist() == [False, False, True]
        pd.testing.assert_frame_equal(
            pd.DataFrame(found.drop(columns="geometry")),
            pd.DataFrame(before.drop(columns="geometry")),
        )

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_of_a_shapefile_go_into_every_other_format(self, tmp_path: Path, suffix: str) -> None:
        source = written(tmp_path / "in.shp", register())
        done = convert_file(source, tmp_path / f"out{suffix}", from_="GCJ-02", to="EPSG:4326")
        found = read(done.target)
        assert_moved(found, register())
        assert found["园所名称"].dropna().tolist() == ["阳光幼儿园", "月亮湾园"]
        assert found["班级数"].dropna().tolist() == [3, 12]

    @pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".shp"])
    def test_keep_kinds_parts_and_heights(self, tmp_path: Path, suffix: str) -> None:
        ring = box(116.40, 39.90, 116.41, 39.91)
        kinds = {
            "area": [MultiPolygon([ring]), ring.difference(box(116.402, 39.902, 116.404, 39.904))],
            "height": [Point(116.4, 39.9, 51.5), Point(116.5, 39.9, -1.25)],
            "parts": [MultiPoint([(116.4, 39.9), (116.5, 39.8)]), MultiPoint([(116.4, 39.9)])],
        }
        for name, shapes in kinds.items():
            frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=shapes, crs=4326)
            source = written(tmp_path / f"{name}{suffix}", frame)
            done = convert_file(
                source, tmp_path / f"{name}-out{suffix}", from_="GCJ-02", to="EPSG:4326"
            )
            before, found = read(source), read(done.target)
            assert_moved(found, before)
            np.testing.assert_array_equal(
                shapely.get_coordinates(found.geometry, include_z=True)[:, 2],
                shapely.get_coordinates(before.geometry, include_z=True)[:, 2],
            )

    def test_without_from_start_in_their_own_system(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register().to_crs(4548))
        done = convert_file(source, tmp_path / "out.gpkg", to="BD-09")
        back = convert_file(done.target, tmp_path / "back.gpkg", from_="BD-09", to="EPSG:4548")
        pairs = (shapely.get_coordinates(read(p).geometry) for p in (source, back.target))
        np.testing.assert_allclose(*pairs, rtol=0, atol=1e-3)

    def test_of_a_geopackage_are_all_converted_with_their_tables(self, tmp_path: Path) -> None:
        source = tmp_path / "in.gpkg"
        written(source, register(), layer="幼儿园", layer_options={"GEOMETRY_NAME": "形状"})
        areas = pa.table(
            {"fid": [11, 7], "shape": [shapely.to_wkb(box(116, 39, 116.1, 39.1)), None]}
        )
        write_arrow(
            *(areas, source),
            layer="areas",
            geometry_name="shape",
            geometry_type="Polygon",
            crs="EPSG:4490",
        )
        pyogrio.write_dataframe(pd.DataFrame({"k": ["u"], "v": [1.5]}), source, layer="table")
        done = convert_file(source, tmp_path / "out.gpkg", from_="GCJ-02", to="EPSG:4490")
        assert done.rows == {"幼儿园": 3, "areas": 2, "table": 1}
        assert [list(row) for row in pyogrio.list_layers(done.target)] == [
            list(row) for row in pyogrio.list_layers(source)
        ]
        assert pyogrio.read_info(done.target, layer="幼儿园")["geometry_name"] == "形状"
        numbered = pyogrio.read_dataframe(done.target, layer="areas", fid_as_index=True)
        assert numbered.index.tolist() == [7, 11]
        pd.testing.assert_frame_equal(
            pyogrio.read_dataframe(done.target, layer="table"),
            pyogrio.read_dataframe(source, layer="table"),
        )
        one = convert_file(
            source, tmp_path / "one.shp", from_="GCJ-02", to="EPSG:4490", layer="areas"
        )
        assert one.rows == {"areas": 2}
        with pytest.raises(InputError, match="several layers") as error:
            convert_file(source, tmp_path / "two.shp", from_="GCJ-02", to="EPSG:4490")
        assert "--layer with one of: 幼儿园, areas" in str(error.value)
        with pytest.raises(InputError, match="no layer 'x'"):
            convert_file(source, tmp_path / "two.gpkg", to="GCJ-02", layer="x")

    def test_numbers_of_rows_are_no_column_of_another_format(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        for suffix in (".parquet", ".geojson", ".fgb", ".shp"):
            done = convert_file(source, tmp_path / f"out{suffix}", to="EPSG:4326")
            assert list(read(done.target))[:-1] == list(register())[:-1]

    def test_of_geojson_keep_ids_nested_values_and_texts_like_dates(self, tmp_path: Path) -> None:
        properties = {"名": "甲", "开园": "2020/09/01", "级": {"省": [1, 2]}, "班": 3, "满": True}
        feature = {
            "type": "Feature",
            "id": 42,
            "properties": properties,
            "geometry": {"type": "Point", "coordinates": [116.4, 39.9]},
        }
        source = tmp_path / "in.geojson"
        source.write_text(
            json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
        )
        done = convert_file(source, tmp_path / "out.geojson", from_="GCJ-02", to="EPSG:4326")
        found = json.loads(done.target.read_text(encoding="utf-8"))["features"][0]
        assert found["id"] == 42
        assert found["properties"] == properties

    def test_of_geoparquet_keep_categories_and_lose_the_boxes_of_their_shapes(
        self, tmp_path: Path
    ) -> None:
        frame = register().assign(类别=pd.Categorical(["公办", "民办", "公办"])).set_axis([5, 5, 9])
        source = tmp_path / "in.parquet"
        frame.to_parquet(source, write_covering_bbox=True, schema_version="1.1.0")
        done = convert_file(source, tmp_path / "out.parquet", from_="GCJ-02", to="EPSG:4490")
        found = read(done.target)
        assert list(found.columns) == list(frame.columns)
        assert found.dtypes.equals(frame.dtypes)
        assert found.index.tolist() == [5, 5, 9]

    def test_measures_are_dropped_and_listed(self, tmp_path: Path) -> None:
        shape = shapely.to_wkb(shapely.from_wkt("POINT ZM (116.4 39.9 3 4)"), flavor="iso")
        write_arrow(
            *(pa.table({"a": [1], "shape": [shape]}), tmp_path / "in.gpkg"),
            geometry_name="shape",
            geometry_type="Measured 3D Point",
            crs="EPSG:4490",
        )
        done = convert_file(tmp_path / "in.gpkg", tmp_path / "out.gpkg", to="EPSG:4326")
        assert read(done.target).geometry.to_wkt().tolist() == ["POINT Z (116.4 39.9 3)"]
        assert "Measured" in done.problems[0].problem

    def test_kml_is_wgs_84_and_nothing_else(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        done = convert_file(source, tmp_path / "out.kml", from_="GCJ-02", to="EPSG:4326")
        assert read(done.target)["园所名称"].dropna().tolist() == ["阳光幼儿园", "月亮湾园"]
        with pytest.raises(InputError, match="WGS 84 by definition"):
            convert_file(source, tmp_path / "other.kml", to="GCJ-02")

    def test_of_a_geodatabase_are_read_and_suffixes_may_be_capitals(self, tmp_path: Path) -> None:
        register().to_file(tmp_path / "in.gdb", driver="OpenFileGDB", layer="幼儿园")
        done = convert_file(
            tmp_path / "in.gdb", tmp_path / "OUT.SHP", from_="BD-09", to="EPSG:4490"
        )
        assert done.target == tmp_path / "OUT.shp"
        assert done.rows == {"幼儿园": 3}
        assert read(done.target)["班级数"].dropna().tolist() == [3, 12]

    def test_points_and_areas_do_not_go_into_one_shapefile(self, tmp_path: Path) -> None:
        shapes = [Point(116.4, 39.9), box(116, 39, 117, 40)]
        source = written(tmp_path / "in.gpkg", gpd.GeoDataFrame(geometry=shapes, crs=4490))
        with pytest.raises(InputError, match=r"shapes of one kind.*Point, Polygon"):
            convert_file(source, tmp_path / "out.shp", to="EPSG:4326")


class TestShifted:
    """GCJ-02 and BD-09 have no code: what is written in them must not pass for WGS 84."""

    @pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".fgb", ".parquet"])
    def test_layers_carry_no_crs(self, tmp_path: Path, suffix: str) -> None:
        source = written(tmp_path / "in.gpkg", register())
        done = convert_file(source, tmp_path / f"out{suffix}", to="GCJ-02")
        assert read(done.target).crs is None
        assert done.crs == "GCJ-02"
        assert ("written_without_crs", "note") in [(p.code, p.severity) for p in done.problems]

    def test_a_geopackage_says_so(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        convert_file(source, tmp_path / "out.gpkg", to="BD-09")
        with sqlite3.connect(tmp_path / "out.gpkg") as connection:
            said = connection.execute("SELECT description FROM gpkg_contents").fetchall()
        connection.close()
        assert said == [("Coordinates in BD-09, which is not WGS 84",)]

    def test_geojson_is_a_warning_because_programs_take_it_for_wgs_84(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        done = convert_file(source, tmp_path / "out.geojson", to="GCJ-02")
        assert [p.severity for p in done.problems] == ["warning"]
        content = json.loads(done.target.read_text(encoding="utf-8"))
        assert "crs" not in content
        assert "GCJ-02" in content["description"]


class TestShapefiles:
    def test_in_gbk_without_a_cpg_stay_in_gbk_and_get_one(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.shp", register())
        source.with_suffix(".cpg").unlink()
        done = convert_file(source, tmp_path / "out.shp", from_="GCJ-02", to="EPSG:4490")
        assert codes(done) == ["encoding_detected"]
        assert "--from-encoding" in done.problems[0].done
        assert (tmp_path / "out.cpg").read_text() == "GBK"
        assert read(done.target)["园所名称"].tolist()[:2] == ["阳光幼儿园", "月亮湾园"]

    def test_keep_their_fields_byte_by_byte(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.shp", register())
        done = convert_file(source, tmp_path / "out.shp", from_="GCJ-02", to="EPSG:4490")
        assert done.target.with_suffix(".dbf").read_bytes() == (tmp_path / "in.dbf").read_bytes()

    def test_with_deleted_rows_are_written_without_them(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.shp", register())
        content = bytearray((tmp_path / "in.dbf").read_bytes())
        content[struct.unpack_from("<H", content, 8)[0]] = ord("*")
        (tmp_path / "in.dbf").write_bytes(content)
        done = convert_file(source, tmp_path / "out.shp", from_="GCJ-02", to="EPSG:4490")
        assert done.rows == {"in": 2}
        assert read(done.target)["园所名称"].tolist()[0] == "月亮湾园"

    def test_take_another_encoding_when_told(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.shp", register())
        done = convert_file(
            source, tmp_path / "out.shp", from_="GCJ-02", to="EPSG:4490", encoding="utf8"
        )
        assert (tmp_path / "out.cpg").read_text() == "UTF-8"
        assert "阳光幼儿园".encode() in (tmp_path / "out.dbf").read_bytes()
        assert read(done.target)["园所名"].tolist()[0] == "阳光幼儿园"
        assert codes(done) == ["names_shortened"]  # 园所名称 has 12 bytes in UTF-8

    def test_of_another_format_are_in_gbk_where_names_need_it(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        done = convert_file(source, tmp_path / "out.shp", to="EPSG:4326")
        assert codes(done) == ["encoding_chosen"]
        assert list(read(done.target)) == ["园所名称", "班级数", "面积", "geometry"]
        plain = written(tmp_path / "plain.gpkg", register()[["班级数", "geometry"]])
        done = convert_file(plain, tmp_path / "plain.shp", to="EPSG:4326")
        assert not done.problems
        assert (tmp_path / "plain.cpg").read_text() == "UTF-8"

    def test_names_that_are_alike_once_shortened_are_told_apart(self, tmp_path: Path) -> None:
        frame = register().assign(kindergarten_a=1, kindergarten_b=2)
        source = written(tmp_path / "in.gpkg", frame)
        done = convert_file(source, tmp_path / "out.shp", to="EPSG:4326")
        assert {"kindergart", "kindergar2"} <= set(read(done.target))
        assert "names_shortened" in codes(done)

    def test_an_older_ones_prj_does_not_stay_beside_shifted_coordinates(
        self, tmp_path: Path
    ) -> None:
        source = written(tmp_path / "in.gpkg", register())
        convert_file(source, tmp_path / "out.shp", to="EPSG:4548")
        assert (tmp_path / "out.prj").exists()
        convert_file(source, tmp_path / "out.shp", to="GCJ-02", overwrite=True)
        assert not (tmp_path / "out.prj").exists()

    def test_unreadable_texts_are_refused_in_the_commands_words(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.shp", register())
        with pytest.raises(InputError, match="not in x-mac") as error:
            convert_file(source, tmp_path / "out.shp", to="GCJ-02", from_encoding="x-mac")
        assert "--from-encoding" in str(error.value)
        assert "plan file" not in str(error.value)


class TestTables:
    def convert(self, tmp_path: Path, content: bytes, **options: str) -> tuple[bytes, Converted]:
        source = tmp_path / options.pop("name", "in.csv")
        source.write_bytes(content)
        target = tmp_path / f"out{source.suffix}"
        done = convert_file(source, target, **{"from_": "GCJ-02", "to": "EPSG:4490", **options})
        return target.read_bytes(), done

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_only_cells_of_coordinates_change(
        self, tmp_path: Path, encoding: str, end: str
    ) -> None:
        rows = [
            "全市幼儿园点位,,,,",
            "编号,名称,经度,纬度,备注",
            '1,"阳光, 园",116.400000,39.9,"两\n行 ""引"""',
            '02, 月亮 ,"117.1" , 24.50,1.50',
            "3,无坐标,,,",
            "合计,3,,,",
        ]
        text = end.join(rows)
        found, done = self.convert(
            tmp_path,
            text.encode(encoding),
            **({"from_encoding": "utf-16-be"} if encoding == "utf-16-be" else {}),
        )
        points = transform_china([116.4, 117.1], [39.9, 24.5], from_="GCJ-02", to="WGS 84")
        (a, b), (c, d) = ((f"{v:.8f}".rstrip("0") for v in values) for values in points)
        expected = (
            text.replace("116.400000,39.9", f"{a},{c}")
            .replace('"117.1"', f'"{b}"')
            .replace("24.50", d)
        )
        assert found == expected.encode(encoding)
        assert done.rows == {"in": 2}
        assert not done.problems

    @given(
        st.lists(
            st.tuples(
                st.text(st.characters(codec="gb18030", exclude_characters="\0"), max_size=8),
                st.floats(74, 134).map(lambda v: round(v, 6)),
                st.floats(4, 52).map(lambda v: round(v, 6)),
            ),
            max_size=6,
        ),
        st.sampled_from([",", "\t", ";"]),
        st.sampled_from(["utf-8", "gb18030"]),
    )
    def test_whatever_the_other_cells_hold(
        self, rows: list[tuple[str, float, float]], separator: str, encoding: str
    ) -> None:
        def content(points: list[tuple[float, float]]) -> bytes:
            lines = [separator.join(["名称", "lon", "lat", "尾"])]
            for (name, _, _), (lon, lat) in zip(rows, points, strict=True):
                quoted = '"' + name.replace('"', '""') + '"'
                lines.append(separator.join([quoted, _short(lon), _short(lat), quoted]))
            return "\n".join(lines).encode(encoding)

        move = Movement(parse_crs("GCJ-02"), parse_crs("EPSG:4490"))
        before = [(lon, lat) for _, lon, lat in rows]
        found, count, _ = moved_text(
            content(before), move, Source("", Path("in.csv")), encoding, None
        )
        after = np.column_stack(move(*np.array(before).reshape(-1, 2).T))
        assert found == content([tuple(point) for point in after])
        assert count == len(rows)

    def test_both_coordinates_in_one_cell_keep_what_is_between_them(self, tmp_path: Path) -> None:
        text = "名\t经纬度\n甲\t116.4, 39.9\n乙\tPOINT(117.1 24.5)\n丙\t东经117度6分，北纬24.5度\n"
        found, done = self.convert(tmp_path, text.encode(), name="in.tsv")
        points = transform_china([116.4, 117.1], [39.9, 24.5], from_="GCJ-02", to="WGS 84")
        (a, b), (c, d) = ((f"{v:.8f}" for v in values) for values in points)
        assert found.decode() == f"名\t经纬度\n甲\t{a}, {c}\n乙\tPOINT({b} {d})\n丙\t{b} {d}\n"
        assert codes(done) == ["numbers_converted"]

    def test_latitude_may_come_first(self, tmp_path: Path) -> None:
        found, _ = self.convert(tmp_path, b'lat_lon\n"39.9,116.4"\n')
        assert found.startswith(b'lat_lon\n"39.89')

    def test_metres_have_four_decimals_and_the_names_are_a_warning(self, tmp_path: Path) -> None:
        found, done = self.convert(tmp_path, b"lon,lat\n116.4,39.9\n", to="EPSG:4548")
        x, y = found.decode().split("\n")[1].split(",")
        assert len(x.split(".")[1]) <= 4
        assert 400_000 < float(x) < 500_000 < float(y)
        assert codes(done) == ["names_kept"]

    def test_points_abroad_stay_as_they_are_and_are_counted(self, tmp_path: Path) -> None:
        text = b"lon,lat\n2.35000,48.850\n116.4,39.9\n"
        found, done = self.convert(tmp_path, text)
        assert found.split(b"\n")[1] == b"2.35000,48.850"
        (problem,) = done.problems
        assert (problem.code, problem.row, problem.severity) == ("outside_china", 2, "note")

    def test_a_cell_that_is_no_coordinate_is_left_and_listed(self, tmp_path: Path) -> None:
        found, done = self.convert(tmp_path, "lon,lat\n116.4,待查\n116.4,39.9\n".encode())
        assert "116.4,待查" in found.decode()
        (problem,) = done.problems
        assert (problem.row, problem.value, problem.done) == (2, "待查", "left as it is")

    def test_another_encoding_is_written_when_told(self, tmp_path: Path) -> None:
        content = "﻿名称,lon,lat\n阳光园,2,1\n".encode()
        found, _ = self.convert(tmp_path, content, encoding="GBK")
        assert found == "名称,lon,lat\n阳光园,2,1\n".encode("gbk")
        (tmp_path / "out.csv").unlink()
        with pytest.raises(InputError, match="row 2: '😀' cannot be written in gbk"):
            self.convert(tmp_path, "名称,lon,lat\n😀,2,1\n".encode(), encoding="GBK")

    @pytest.mark.parametrize(
        ("content", "options", "said"),
        [
            ("lon,lat\n39.9,116.4\n", {}, "look swapped"),
            ("lon,lat\n453000,4418000\n", {}, "no longitude and latitude"),
            ("lon,lat\n116.4,39.9\n", {"from_": "EPSG:4548"}, "are degrees"),
            ("x,y\n4418000,453000\n", {"from_": "EPSG:4548"}, "look exchanged"),
            ("x,y\n453000,4418000\n", {"from_": "EPSG:2384"}, "towgs84"),
            ("lon;lat\n116,4;39,9\n", {}, "no row has coordinates.*116,4"),
            ("l\0o\0n\0,\0l\0a\0t\0", {}, "not in utf-8 or gb18030"),
            ("名称,地址\n甲,乙\n", {}, "no columns of coordinates"),
            ("", {}, "no columns of coordinates"),
            ("百度经度,高德经度,纬度\n116,116,39\n", {}, "百度经度, 高德经度"),
            ('lon,lat\n116.4,"39.9\n', {}, "row 2: .*left open"),
            ("lon,lat\n116.4,39.9\n", {"layer": "a"}, "no layers"),
            ("lon,lat\n116.4,39.9\n", {"from_encoding": "nix"}, "not in nix"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(
        self, tmp_path: Path, content: str, options: dict[str, str], said: str
    ) -> None:
        with pytest.raises(InputError, match=f"(?s){said}"):
            self.convert(tmp_path, content.encode(), **options)
        assert not (tmp_path / "out.csv").exists()


def _short(value: float) -> str:
    return f"{value:.8f}".rstrip("0").rstrip(".")


class TestSystems:
    def test_of_another_datum_are_converted_with_a_warning(self, tmp_path: Path) -> None:
        frame = gpd.GeoDataFrame(geometry=[Point(500_000, 4_400_000)], crs=2436)  # Beijing 1954
        source = written(tmp_path / "in.gpkg", frame)
        done = convert_file(source, tmp_path / "out.gpkg", to="EPSG:4490")
        assert codes(done) == ["datum_changed"]
        local = "+proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3"
        done = convert_file(source, tmp_path / "own.gpkg", from_=local, to="EPSG:4490")
        assert codes(done) == ["crs_replaced"]

    def test_without_known_parameters_are_refused(self, tmp_path: Path) -> None:
        frame = gpd.GeoDataFrame(geometry=[Point(500_000, 4_400_000)], crs=2384)  # Xian 1980
        source = written(tmp_path / "in.gpkg", frame)
        with pytest.raises(InputError, match="nothing is known of how 'Xian 1980"):
            convert_file(source, tmp_path / "out.gpkg", to="EPSG:4548")

    def test_a_system_for_another_area_is_a_warning(self, tmp_path: Path) -> None:
        frame = gpd.GeoDataFrame(geometry=[Point(2_500_000, 4_400_000)], crs=4548)
        source = written(tmp_path / "in.gpkg", frame)
        done = convert_file(source, tmp_path / "out.gpkg", to="EPSG:4490")
        assert codes(done) == ["crs_elsewhere"]

    def test_wgs_84_and_cgcs2000_are_equal(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.parquet", register().to_crs(4326))
        done = convert_file(source, tmp_path / "out.parquet", to="EPSG:4490")
        pd.testing.assert_series_equal(read(source).geometry.x, read(done.target).geometry.x)


class TestFiles:
    def test_the_input_is_never_overwritten(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        before = source.read_bytes()
        with pytest.raises(InputError, match="input is not overwritten"):
            convert_file(source, source, to="GCJ-02", overwrite=True)
        assert source.read_bytes() == before

    def test_another_file_only_when_told(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        target = tmp_path / "out.gpkg"
        target.write_bytes(b"old")
        with pytest.raises(InputError, match="Say --overwrite"):
            convert_file(source, target, to="GCJ-02")
        assert target.read_bytes() == b"old"
        convert_file(source, target, to="GCJ-02", overwrite=True)
        assert len(read(target)) == 3

    def test_nothing_is_left_of_a_conversion_that_failed(self, tmp_path: Path) -> None:
        shapes = [Point(116.4, 39.9), box(116, 39, 117, 40)]
        source = written(tmp_path / "in.gpkg", gpd.GeoDataFrame(geometry=shapes, crs=4490))
        with pytest.raises(InputError):
            convert_file(source, tmp_path / "out.shp", to="EPSG:4326")
        assert [p.name for p in tmp_path.iterdir()] == ["in.gpkg"]

    @pytest.mark.parametrize(
        ("name", "content", "target", "options", "said"),
        [
            ("in.gpkg", None, "out.gpkg", {}, "no such file"),
            ("in.xlsx", b"PK", "out.csv", {}, "cannot be converted"),
            ("in.csv", b"lon,lat\n1,2\n", "out.gpkg", {}, "cannot be written in this format"),
            ("in.csv", b"lon,lat\n1,2\n", "out.csv", {}, "Say it: --from"),
            ("in.gpkg", b"hello", "out.gpkg", {}, "cannot be read"),
            ("in.parquet", b"PAR1", "out.gpkg", {}, "cannot be read as GeoParquet"),
            ("in.geojson", b"{}", "out.gpkg", {}, "cannot be read|no geometry"),
            ("in.shp", b"", "out.gpkg", {}, "dbf file that belongs to it is missing"),
            ("in.gpkg", b"", "out!.gpkg", {}, "cannot be written"),
            ("in.csv", b"lon,lat\n1,2\n", "nix/out.csv", {"from_": "GCJ-02"}, "no such folder"),
            ("in.csv", b"lon,lat\n1,2\n", "out.csv", {"to": "MARS"}, "--to: .*not known"),
            ("in.csv", b"lon,lat\n1,2\n", "out.csv", {"from_": "MARS"}, "--from: .*not known"),
        ],
    )
    def test_calls_that_are_wrong_say_why(
        self,
        tmp_path: Path,
        name: str,
        content: bytes | None,
        target: str,
        options: dict[str, str],
        said: str,
    ) -> None:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=said):
            convert_file(tmp_path / name, tmp_path / target, **{"to": "EPSG:4490", **options})

    def test_texts_of_a_geopackage_have_one_encoding(self, tmp_path: Path) -> None:
        source = written(tmp_path / "in.gpkg", register())
        with pytest.raises(InputError, match="always in UTF-8"):
            convert_file(source, tmp_path / "out.gpkg", to="GCJ-02", encoding="GBK")


class TestCommand:
    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "kgspatial", "convert", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            check=False,
        )

    def test_says_what_it_wrote_and_ends_with_its_status(self, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text("名,lon,lat\n甲,116.4,39.9\n", encoding="utf-8")
        done = self.run(tmp_path, "in.csv", "out.csv", "--from", "GCJ-02", "--to", "EPSG:4490")
        assert (done.returncode, done.stderr) == (0, "")
        assert "out.csv  in  1  China Geodetic Coordinate System 2000" in done.stdout
        again = self.run(tmp_path, "in.csv", "out.csv", "--from", "GCJ-02", "--to", "EPSG:4490")
        assert again.returncode == 2
        assert again.stderr.startswith("kgspatial: out.csv: this file is there already")

    def test_warnings_are_status_1_and_json_has_them(self, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text("lon,lat\n116.4,39.9\n", encoding="utf-8")
        options = ("--from", "GCJ-02", "--to", "EPSG:4548", "--json")
        done = self.run(tmp_path, "in.csv", "out.csv", *options)
        assert done.returncode == 1
        said = json.loads(done.stdout)
        assert (said["file"], said["rows"]) == ("out.csv", {"in": 1})
        assert [p["code"] for p in said["problems"]] == ["names_kept"]

"""Readers: the same layer from real files in every format, and files that cannot be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from kgspatial.errors import InputError
from kgspatial.inputs import (
    LayerInput,
    check_layer,
    read_layer,
    sha256,
    transform_china,
)
from kgspatial.layers import LAYERS

WGS84 = "EPSG:4326"
GARDENS = LAYERS["kindergartens"]
SHORT = {"kindergarten_id": "编号", "name": "名称", "places": "学位", "licensed": "持证"}


@pytest.fixture
def gardens() -> gpd.GeoDataFrame:
    table = {
        "kindergarten_id": ["K1", "K2", "K3"],
        "name": ["第一幼儿园", "向阳幼儿园", "镇中心园"],
        "places": [90, 180, 270],
        "licensed": ["是", "否", "是"],
    }
    shapes = [Point(120.125, 23.5), Point(120.25, 23.25), Point(120.5, 23.125)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)


def read(path: Path, **declared: object) -> gpd.GeoDataFrame:
    return read_layer("kindergartens", LayerInput(str(path), **declared))[0]  # type: ignore[arg-type]


def checked(path: Path, **declared: object) -> gpd.GeoDataFrame:
    frame, problems = check_layer(read(path, **declared), GARDENS)
    assert [p for p in problems if p.severity != "note"] == []
    return frame


def write_shapefile(frame: gpd.GeoDataFrame, path: Path, encoding: str) -> None:
    frame.rename(columns=SHORT).to_file(path, encoding=encoding)


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


class TestFormats:
    """The same layer read from each format is the same layer."""

    def test_geopackage_geojson_and_geoparquet(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        gardens.to_file(tmp_path / "g.gpkg")
        gardens.to_file(tmp_path / "g.geojson")
        gardens.to_parquet(tmp_path / "g.parquet")
        first = checked(tmp_path / "g.gpkg")
        assert first["licensed"].tolist() == [True, False, True]
        assert first["places"].tolist() == [90.0, 180.0, 270.0]
        for name in ("g.geojson", "g.parquet"):
            assert_geodataframe_equal(first, checked(tmp_path / name), check_crs=False)

    @pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
    @pytest.mark.parametrize("silent", [False, True])
    def test_a_shapefile_with_and_without_its_code_page(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path, encoding: str, silent: bool
    ) -> None:
        path = tmp_path / "幼儿园.shp"
        write_shapefile(gardens, path, encoding)
        if silent:
            path.with_suffix(".cpg").unlink()
        gardens.to_file(tmp_path / "g.gpkg")
        found = checked(path, columns=SHORT)
        assert_geodataframe_equal(checked(tmp_path / "g.gpkg"), found, check_crs=False)

    def test_a_shapefile_without_prj_takes_the_declared_system(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "g.shp"
        write_shapefile(gardens.to_crs("EPSG:4549"), path, "GBK")
        path.with_suffix(".prj").unlink()
        with pytest.raises(InputError, match="coordinate reference system") as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert 'crs = "EPSG:4490"' in caught.value.hint
        found = checked(path, columns=SHORT, crs="EPSG:4549").to_crs(WGS84)
        assert shapely.distance(found.geometry.values, gardens.geometry.values).max() < 1e-9

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_a_table_with_coordinates_in_either_encoding(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path, encoding: str
    ) -> None:
        table = pd.DataFrame(gardens.drop(columns="geometry")).rename(columns=SHORT)
        table = table.assign(经度=gardens.geometry.x, 纬度=gardens.geometry.y)
        table.to_csv(tmp_path / "g.csv", index=False, encoding=encoding)
        columns = {**SHORT, "lon": "经度", "lat": "纬度"}
        gardens.to_file(tmp_path / "g.gpkg")
        found = checked(tmp_path / "g.csv", crs=WGS84, columns=columns)
        assert_geodataframe_equal(checked(tmp_path / "g.gpkg"), found, check_crs=False)

    @pytest.mark.parametrize("encoding", ["utf-16", "big5"])
    def test_a_table_in_another_encoding_when_declared(self, tmp_path: Path, encoding: str) -> None:
        text = "kindergarten_id,name,places,x,y\nK,中文,5,120.1,23.2\n"
        path = write_text(tmp_path / "g.csv", text, encoding)
        assert read(path, crs=WGS84, encoding=encoding)["name"].tolist() == ["中文"]

    def test_an_index_stored_in_a_parquet_file_is_a_column(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        gardens.set_index("kindergarten_id").to_parquet(tmp_path / "g.parquet")
        assert checked(tmp_path / "g.parquet")["kindergarten_id"].tolist() == ["K1", "K2", "K3"]

    def test_web_map_coordinates_are_brought_back(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        lon, lat = transform_china(
            gardens.geometry.x, gardens.geometry.y, from_="WGS 84", to="BD-09"
        )
        shifted = gardens.set_geometry(gpd.points_from_xy(lon, lat), crs=None)
        shifted.set_crs(WGS84).to_file(tmp_path / "g.geojson")
        found = checked(tmp_path / "g.geojson", crs="bd09")
        assert shapely.distance(found.geometry.values, gardens.geometry.values).max() < 1e-8

    def test_rows_are_counted_as_the_user_counts_them(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        gardens.to_file(tmp_path / "g.gpkg")
        assert read(tmp_path / "g.gpkg").index.tolist() == [1, 2, 3]
        text = "kindergarten_id,lon,lat,places\nK1,120,23,5\n\n,,,\nK2,120,23,6\n"
        found = read(write_text(tmp_path / "g.csv", text), crs=WGS84)
        assert found.index.tolist() == [2, 5]


class TestDeclaredSystems:
    def test_a_plan_that_contradicts_the_file_is_followed_and_said(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "g.gpkg"
        gardens.to_crs("EPSG:4549").to_file(path)
        wanted = LayerInput(str(path), crs="EPSG:4548")
        frame, problems = read_layer("kindergartens", wanted)
        assert frame.crs == "EPSG:4548"
        assert [p.code for p in problems if p.code == "crs_overridden"] == ["crs_overridden"]
        own = LayerInput(str(path), crs="EPSG:4549")
        assert "crs_overridden" not in [p.code for p in read_layer("kindergartens", own)[1]]


class TestNamedColumns:
    TEXT = "kindergarten_id,name,全称,lon,lat,lon2,places\nK,短,长,120,23,121,5\n"

    def declared(self, tmp_path: Path, **columns: str) -> gpd.GeoDataFrame:
        return read(write_text(tmp_path / "g.csv", self.TEXT), crs=WGS84, columns=columns)

    def test_a_named_column_goes_before_a_like_named_one(self, tmp_path: Path) -> None:
        found = self.declared(tmp_path, name="全称", lon="lon2")
        assert found["name"].tolist() == ["长"]
        assert found.geometry.x.tolist() == [121.0]

    def test_one_column_may_serve_twice(self, tmp_path: Path) -> None:
        found = self.declared(tmp_path, name="kindergarten_id", kindergarten_id="kindergarten_id")
        assert found["name"].tolist() == found["kindergarten_id"].tolist() == ["K"]

    def test_two_columns_may_change_names(self, tmp_path: Path) -> None:
        found = self.declared(tmp_path, name="kindergarten_id", kindergarten_id="name")
        assert found[["kindergarten_id", "name"]].iloc[0].tolist() == ["短", "K"]

    def test_a_column_that_is_not_there_is_named_with_those_that_are(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no column '简称'") as caught:
            self.declared(tmp_path, name="简称")
        assert caught.value.column == "简称"
        assert "全称" in caught.value.hint


class TestFilesThatCannotBeRead:
    """Each gives a message with the file's name, never the trace of a library."""

    def said(self, path: Path, **declared: object) -> str:
        with pytest.raises(InputError) as caught:
            read(path, **declared)
        assert caught.value.source == str(path)
        return str(caught.value)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert "there is no such file for the layer" in self.said(tmp_path / "none.gpkg")

    @pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "zip", "kml", ""])
    @pytest.mark.parametrize("content", [b"", b"hello", b"{", b"PAR1", b"SQLite format 3\x00"])
    def test_a_file_that_is_something_else(
        self, tmp_path: Path, suffix: str, content: bytes
    ) -> None:
        path = tmp_path / f"g.{suffix}"
        path.write_bytes(content)
        assert "cannot be read" in self.said(path)

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "cannot be read" in self.said(tmp_path)
        (tmp_path / "g.csv").mkdir()
        assert "cannot be read" in self.said(tmp_path / "g.csv", crs=WGS84)

    def test_a_geopackage_that_was_cut_off(self, gardens: gpd.GeoDataFrame, tmp_path: Path) -> None:
        path = tmp_path / "g.gpkg"
        gardens.to_file(path)
        path.write_bytes(path.read_bytes()[:6000])
        assert "cannot be read" in self.said(path)

    def test_an_encoding_that_does_not_exist(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        write_shapefile(gardens, tmp_path / "g.shp", "GBK")
        assert "not in klingon" in self.said(tmp_path / "g.shp", encoding="klingon")
        path = write_text(tmp_path / "g.csv", "lon,lat\n1,2\n")
        assert "not in klingon" in self.said(path, encoding="klingon", crs=WGS84)

    def test_a_parquet_file_without_places(self, tmp_path: Path) -> None:
        pd.DataFrame({"kindergarten_id": ["K"]}).to_parquet(tmp_path / "g.parquet")
        assert "GeoParquet" in self.said(tmp_path / "g.parquet")

    def test_a_layer_without_rows(self, tmp_path: Path) -> None:
        text = '{"type": "FeatureCollection", "features": []}'
        assert "empty" in self.said(write_text(tmp_path / "g.geojson", text))
        assert "empty" in self.said(write_text(tmp_path / "g.csv", "lon,lat\n"), crs=WGS84)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "the file is empty"),
            ("kindergarten_id,横,纵\nK,120,23\n", "no coordinate columns"),
            ("id,lon,lat\nK,120,23,5,6\nL,120,23,5,6\n", "more values than"),
            ("id,lon,lat\nK,120,23\nL,120,23,5,6\n", "line 3"),
            ('id,lon,lat\n"K,120,23\n', "inside string"),
        ],
    )
    def test_a_table_that_is_none(self, tmp_path: Path, text: str, said: str) -> None:
        assert said in self.said(write_text(tmp_path / "g.csv", text), crs=WGS84)

    def test_a_table_of_other_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "g.csv"
        path.write_bytes(bytes(range(256)))
        assert "encoding" in self.said(path, crs=WGS84)

    def test_a_table_without_a_declared_system(self, tmp_path: Path) -> None:
        path = write_text(tmp_path / "g.csv", "lon,lat\n120,23\n")
        assert "coordinate reference system" in self.said(path)

    def test_an_unknown_system(self, tmp_path: Path) -> None:
        path = write_text(tmp_path / "g.csv", "lon,lat\n120,23\n")
        assert "'EPSG:99999' is not known" in self.said(path, crs="EPSG:99999")

    @settings(
        deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.sampled_from(["gpkg", "geojson", "parquet", "csv", "tsv", "shp"]),
        st.binary(max_size=80) | st.text(max_size=80).map(lambda t: t.encode("utf-8", "ignore")),
    )
    def test_whatever_the_bytes(self, tmp_path: Path, suffix: str, content: bytes) -> None:
        path = tmp_path / f"g.{suffix}"
        path.write_bytes(content)
        with pytest.raises(InputError):
            read(path)


class TestSha256:
    def test_of_a_shapefile_covers_all_its_parts(
        self, gardens: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        path = tmp_path / "园[1].shp"
        write_shapefile(gardens, path, "GBK")
        before = sha256(path)
        shutil.copy(path.with_suffix(".dbf"), tmp_path / "other.dbf")
        assert sha256(path) == before
        path.with_suffix(".dbf").write_bytes(b"changed")
        assert sha256(path) != before

    def test_of_a_file_is_that_of_its_bytes(self, tmp_path: Path) -> None:
        path = write_text(tmp_path / "a.csv", "abc")
        assert sha256(path).startswith("ba7816bf8f01cfea")  # FIPS 180-2, appendix B.1
        assert sha256(tmp_path) == sha256(path)

"""Population rasters: read as they were written, or refused with what to do about it."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rastering import METRES, moved, write_raster
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, read_population
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.inputs.rasters.read import source_files
from kgspatial.layers import Grid, Population

CHILDREN = {"children": 1}
ONE, TWO = [[1.0, 2.0]], [[3.0, 4.0]]
DEGREES = Affine(0.01, 0, 117.0, 0, -0.01, 25.0)


def read(path: Path | str, **declared: object) -> Population:
    """The grid, of which nothing had to be said."""
    found, problems = read_population(LayerInput(str(path), **{"bands": CHILDREN, **declared}))
    assert not problems
    return found


def children(path: Path | str, **declared: object) -> list[list[float]]:
    return read(path, **declared).bands["children"].tolist()


def codes(path: Path | str, **declared: object) -> list[str]:
    declaration = LayerInput(str(path), **{"bands": CHILDREN, **declared})
    return [problem.code for problem in read_population(declaration)[1]]


def said(path: Path | str, *, source: Path | None = None, **declared: object) -> str:
    """The error's text, which names the file and says what to do."""
    with pytest.raises(InputError) as caught:
        read_population(LayerInput(str(path), **declared))  # type: ignore[arg-type]
    assert caught.value.source == str(source or path)
    assert caught.value.hint or caught.value.column
    return str(caught.value)


class TestCells:
    def test_come_back_as_they_were_written(self, tmp_path: Path) -> None:
        values = np.array([[1.5, 0.0], [2.0, 7.25]])
        found = read(write_raster(tmp_path / "p.tif", values))
        np.testing.assert_array_equal(found.bands["children"], values)
        assert found.grid.transform == METRES
        assert found.grid.crs.equals("EPSG:4549")

    @pytest.mark.parametrize(
        "layout",
        [
            {"tiled": True, "blockxsize": 16, "blockysize": 32},
            {"blockysize": 1},
            {"blockysize": 40},
            {"tiled": True, "blockxsize": 16, "blockysize": 16, "interleave": "pixel"},
            {"compress": "lzw", "predictor": 3, "blockysize": 7},
            {"compress": "deflate", "tiled": True, "blockxsize": 32, "blockysize": 16},
            {"compress": "zstd", "BIGTIFF": "YES"},
        ],
        ids=str,
    )
    def test_are_the_same_in_tiles_and_strips_compressed_or_not(
        self, tmp_path: Path, layout: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "kgspatial.inputs.rasters.cells.CHUNK_CELLS", 300
        )  # several to a raster
        values = np.arange(2 * 40 * 50, dtype="float32").reshape(2, 40, 50)
        path = write_raster(tmp_path / "p.tif", values, dtype="float32", **layout)
        found = read(path, bands={"age_1_4": 2, "age_5_9": 1})
        np.testing.assert_array_equal(found.bands["age_1_4"], values[1])
        np.testing.assert_array_equal(found.bands["age_5_9"], values[0])

    @pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "int64"])
    def test_may_be_whole_numbers(self, tmp_path: Path, dtype: str) -> None:
        path = write_raster(tmp_path / "p.tif", np.array([[0, 3]], dtype), dtype=dtype)
        assert children(path) == [[0, 3]]

    def test_are_scaled_and_offset_as_the_file_says(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[0, 30], [-2, -1]], dtype="int16", nodata=-1)
        with rasterio.open(path, "r+") as raster:
            raster.scales, raster.offsets = (0.1,), (0.5,)
        np.testing.assert_allclose(children(path), [[0.5, 3.5], [0.3, 0.0]])

    def test_are_never_those_of_overviews(self, tmp_path: Path) -> None:
        values = np.random.default_rng(3).integers(0, 9, (64, 64)).astype(float)
        path = write_raster(tmp_path / "p.tif", values)
        with rasterio.open(path, "r+") as raster:
            raster.build_overviews([2, 4, 8], Resampling.average)
        np.testing.assert_array_equal(read(path).bands["children"], values)

    @pytest.mark.parametrize(
        ("crs", "transform"),
        [
            ("EPSG:4326", DEGREES),
            ("EPSG:4490", DEGREES),
            ("EPSG:4549", METRES),
            ("EPSG:4528", Affine(100, 0, 40_500_000, 0, -100, 27e5)),
            ("EPSG:4508", Affine(100, 0, 500_000, 0, -100, 27e5)),
            ("EPSG:32650", METRES),
            ("EPSG:3857", Affine(100, 0, 1.3e7, 0, -100, 2.8e6)),
            ("ESRI:102025", Affine(1000, 0, 1e6, 0, -1000, 2.5e6)),
            ("+proj=tmerc +lon_0=118.1 +x_0=500000 +ellps=GRS80", METRES),
        ],
    )
    def test_lie_where_their_own_system_says(
        self, tmp_path: Path, crs: str, transform: Affine
    ) -> None:
        found = read(
            write_raster(tmp_path / "p.tif", [ONE[0], TWO[0]], crs=crs, transform=transform)
        )
        assert found.grid.transform.almost_equals(transform)
        assert found.grid.crs.equals(CRS(crs), ignore_axis_order=True) or crs.startswith("+")
        assert found.grid.crs.is_geographic == (crs in ("EPSG:4326", "EPSG:4490"))
        assert found.bands["children"].sum() == 10

    def test_of_a_raster_that_begins_in_the_south_stay_in_its_order(self, tmp_path: Path) -> None:
        south_up = Affine(0.01, 0, 117.0, 0, 0.01, 24.0)
        path = write_raster(
            tmp_path / "p.tif", [[1.0], [2.0], [3.0]], crs="EPSG:4326", transform=south_up
        )
        found = read(path)
        assert found.bands["children"].tolist() == [[1], [2], [3]]
        lat = found.grid.centres(np.array([0, 1, 2]))[1]
        np.testing.assert_allclose(lat, [24.005, 24.015, 24.025])

    def test_in_degrees_are_counts_and_not_resampled(self, tmp_path: Path) -> None:
        values = np.random.default_rng(1).gamma(0.5, 3.0, (20, 30))
        path = write_raster(tmp_path / "p.tif", values, crs="EPSG:4326", transform=DEGREES)
        found = read(path)
        assert found.grid.crs.is_geographic
        assert found.bands["children"].sum() == values.sum()


class TestNoData:
    @pytest.mark.parametrize("nodata", [-99999.0, -3.4028234663852886e38, 0.0, 255.0])
    def test_is_nobody(self, tmp_path: Path, nodata: float) -> None:
        values = np.array([[nodata, 3.0], [0.0, nodata]], "float32")
        path = write_raster(tmp_path / "p.tif", values, dtype="float32", nodata=nodata)
        assert children(path) == [[0, 3], [0, 0]]

    def test_may_be_nan_declared_or_not_or_both(self, tmp_path: Path) -> None:
        for name, nodata in (("none", None), ("nan", np.nan), ("number", -99999.0)):
            path = write_raster(tmp_path / f"{name}.tif", [[np.nan, 3.0]], nodata=nodata)
            assert children(path) == [[0, 3]]

    @pytest.mark.parametrize("mark", [-99999.0, -9999.0, -1.0, -3.4e38, 3.4e38])
    def test_that_nobody_declared_is_known_by_its_usual_marks_and_said(
        self, tmp_path: Path, mark: float
    ) -> None:
        values = np.array([[mark, 3.0], [mark, 0.0]], "float32")
        path = write_raster(tmp_path / "p.tif", values, dtype="float32")
        found, (problem,) = read_population(LayerInput(str(path), bands=CHILDREN))
        assert found.bands["children"].tolist() == [[0, 3], [0, 0]]
        assert (problem.code, problem.source) == ("undeclared_nodata", str(path))
        assert "2 cells of band 1" in problem.problem
        assert float(problem.value) == pytest.approx(mark)

    @pytest.mark.parametrize("value", [-3.0, -0.2, np.inf, -np.inf])
    def test_is_not_what_other_impossible_counts_are(self, tmp_path: Path, value: float) -> None:
        path = write_raster(tmp_path / "p.tif", [[1.0, value]])
        text = said(path, bands=CHILDREN)
        assert "negative or infinite" in text
        assert "a_nodata" in text

    def test_is_not_what_many_impossible_values_are(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[1e10 * i for i in range(1, 9)]])
        assert "many values" in said(path, bands=CHILDREN)

    @pytest.mark.parametrize(("dtype", "highest"), [("uint8", 255), ("uint16", 65535)])
    def test_may_be_the_highest_value_of_a_small_type_which_is_said(
        self, tmp_path: Path, dtype: str, highest: int
    ) -> None:
        path = write_raster(tmp_path / "p.tif", np.array([[highest, 3]], dtype), dtype=dtype)
        found, (problem,) = read_population(LayerInput(str(path), bands=CHILDREN))
        assert problem.code == "perhaps_nodata"
        assert found.bands["children"].tolist() == [[highest, 3]]  # counted: it may be a count

    def test_is_what_a_mask_inside_the_file_hides(self, tmp_path: Path) -> None:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            path = write_raster(tmp_path / "p.tif", [[7.0, 3.0]])
            with rasterio.open(path, "r+") as raster:
                raster.write_mask(np.array([[0, 255]], "uint8"))
        assert [p.name for p in tmp_path.iterdir()] == ["p.tif"]
        assert children(path) == [[0, 3]]

    def test_is_what_a_mask_beside_the_file_hides(self, tmp_path: Path) -> None:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
            path = write_raster(tmp_path / "p.tif", [[7.0, 3.0]])
            with rasterio.open(path, "r+") as raster:
                raster.write_mask(np.array([[0, 255]], "uint8"))
        assert (tmp_path / "p.tif.msk").exists()
        assert children(path) == [[0, 3]]
        assert source_files(LayerInput(str(path), bands=CHILDREN), None) == [
            path,
            tmp_path / "p.tif.msk",
        ]

    def test_is_what_is_transparent(self, tmp_path: Path) -> None:
        values = np.array([[[7, 3]], [[0, 255]]], "uint8")
        path = write_raster(tmp_path / "p.tif", values, dtype="uint8")
        with rasterio.open(path, "r+") as raster:
            raster.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
        assert children(path) == [[0, 3]]


class TestBands:
    def test_are_known_by_their_descriptions(self, tmp_path: Path) -> None:
        names = ["age_1_4", None, "age_5_9"]
        values = np.arange(3.0)[:, None, None] * np.ones((3, 2, 2))
        found = read(write_raster(tmp_path / "p.tif", values, names=names), bands=None)
        assert {k: v[0, 0] for k, v in found.bands.items()} == {"age_1_4": 0.0, "age_5_9": 2.0}

    def test_that_are_declared_go_before_their_descriptions(self, tmp_path: Path) -> None:
        values = np.arange(2.0)[:, None, None] * np.ones((2, 2, 2))
        path = write_raster(tmp_path / "p.tif", values, names=["children", "residents"])
        assert children(path, bands={"children": 2}) == [[1, 1], [1, 1]]

    def test_that_nobody_named_or_that_are_not_there(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[1.0]])
        assert "bands = { children = 1 }" in said(path)
        assert "no band 2 (it has 1)" in said(path, bands={"children": 2})

    def test_that_are_described_alike_have_to_be_declared(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", np.ones((2, 1, 1)), names=["children"] * 2)
        assert "described alike" in said(path)
        assert children(path, bands={"children": 2}) == [[1]]

    def test_of_no_counts_are_refused(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", np.ones((1, 2), "complex64"), dtype="complex64")
        assert "complex64, not counts" in said(path, bands=CHILDREN)


class TestPlaces:
    def test_may_stand_in_a_world_file(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", ONE, crs=None, transform=None)
        world = tmp_path / "p.tfw"
        world.write_text("100\n0\n0\n-100\n500050\n2699950\n")
        found = read(path, crs="EPSG:4549")
        assert found.grid.transform == METRES
        assert source_files(LayerInput(str(path), bands=CHILDREN), None) == [path, world]

    def test_that_nobody_wrote_down(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[1.0]], transform=Affine.identity())
        assert "where its cells lie" in said(path, bands=CHILDREN)

    def test_without_a_system_until_it_is_declared(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[1.0]], crs=None)
        assert "coordinate reference system" in said(path, bands=CHILDREN)
        assert "cannot be in GCJ-02" in said(path, bands=CHILDREN, crs="GCJ-02")
        assert "'EPSG:99999' is not known" in said(path, bands=CHILDREN, crs="EPSG:99999")
        assert read(path, crs="EPSG:4549").grid.crs.to_epsg() == 4549

    def test_in_a_local_system_are_on_no_map(self, tmp_path: Path) -> None:
        local = 'LOCAL_CS["厦门独立坐标系",UNIT["metre",1]]'
        path = write_raster(tmp_path / "p.tif", [[1.0]], crs=local)
        assert "where on the earth" in said(path, bands=CHILDREN)

    def test_that_are_declared_otherwise_than_the_file_says(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[1.0]])
        found, (problem,) = read_population(LayerInput(str(path), bands=CHILDREN, crs="EPSG:32651"))
        assert found.grid.crs.to_epsg() == 32651
        assert problem.code == "crs_overridden"
        assert "CGCS2000 / 3-degree" in problem.problem

    def test_that_are_rotated(self, tmp_path: Path) -> None:
        turned = Affine(100, 9, 5e5, 9, -100, 27e5)
        path = write_raster(tmp_path / "p.tif", [[1.0]], transform=turned)
        assert "north-up" in said(path, bands=CHILDREN)


class TestFiles:
    def test_that_are_not_there_or_no_raster(self, tmp_path: Path) -> None:
        assert "no such file" in said(tmp_path / "none.tif")
        for name, content in (("text.tif", "hello"), ("empty.tif", ""), ("table.csv", "a,b\n1,2")):
            (tmp_path / name).write_text(content)
            assert "cannot be read as a raster" in said(tmp_path / name)

    def test_that_are_folders_without_rasters(self, tmp_path: Path) -> None:
        folder = tmp_path / "p.tif"
        folder.mkdir()
        assert "no raster in this folder" in said(folder)

    def test_that_are_archives_have_to_be_unpacked(self, tmp_path: Path) -> None:
        (tmp_path / "chn_2025.zip").write_bytes(b"PK\x05\x06" + bytes(18))
        assert "Unpack it first" in said(tmp_path / "chn_2025.zip")

    def test_that_are_pictures(self, tmp_path: Path) -> None:
        picture = np.ones((3, 2, 2), "uint8")
        path = write_raster(
            *(tmp_path / "p.png", picture),
            driver="PNG",
            dtype="uint8",
            crs=None,
            transform=None,
        )
        assert "where its cells lie" in said(path, bands=CHILDREN)

    @pytest.mark.parametrize("lost", [100, 9_000, 19_500])
    def test_that_were_cut_off(self, tmp_path: Path, lost: int) -> None:
        path = write_raster(tmp_path / "p.tif", np.ones((50, 50)))
        path.write_bytes(path.read_bytes()[:-lost])
        text = said(path, bands=CHILDREN)
        assert "cannot be read" in text
        assert "to its end?" in text
        assert "See previous exception" not in text

    @pytest.mark.skipif(not hasattr(os, "seteuid"), reason="rights are those of Unix")
    def test_that_may_not_be_read(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", [[1.0]])
        path.chmod(0)
        me = os.geteuid()
        if me == 0:
            os.seteuid(65534)  # who may read everything has to become nobody to see this
        try:
            assert "ermission denied" in said(path, bands=CHILDREN)
        finally:
            os.seteuid(me)

    def test_with_several_rasters_inside_name_them(self, tmp_path: Path) -> None:
        path = tmp_path / "p.gpkg"
        for number, table in enumerate(("老城", "新区")):
            write_raster(
                *(path, np.ones((1, 2, 2), "uint8")),
                driver="GPKG",
                dtype="uint8",
                RASTER_TABLE=table,
                **{"APPEND_SUBDATASET": "YES"} if number else {},
            )
        text = said(path, bands=CHILDREN)
        assert "several rasters" in text
        assert "老城, 新区" in text

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(
        changes=st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 255)), max_size=4),
        cut=st.integers(0, 60),
    )
    def test_that_are_damaged_are_read_or_refused_and_nothing_else(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        changes: list[tuple[int, int]],
        cut: int,
    ) -> None:
        path = tmp_path_factory.getbasetemp() / "damaged.tif"
        values = np.random.default_rng(5).random((2, 9, 9)).astype("float32")
        write_raster(
            *(path, values), names=["children"], dtype="float32", nodata=-9, compress="lzw"
        )
        content = bytearray(path.read_bytes())
        for place, byte in changes:
            content[place % len(content)] = byte
        path.write_bytes(content[: len(content) - cut])
        try:
            found: InputError | Population = read_population(LayerInput(str(path)))[0]
        except InputError as error:
            found = error
        assert found.source == str(path)


class TestVirtualRasters:
    def test_are_their_parts_which_are_hashed_too(self, tmp_path: Path) -> None:
        part = write_raster(tmp_path / "p.tif", ONE)
        rasterio.shutil.copy(part, tmp_path / "p.vrt", driver="VRT")
        assert children(tmp_path / "p.vrt") == ONE
        sources = source_files(LayerInput(str(tmp_path / "p.vrt"), bands=CHILDREN), None)
        assert sources == [tmp_path / "p.vrt", part]

    def test_without_their_parts_are_refused(self, tmp_path: Path) -> None:
        part = write_raster(tmp_path / "p.tif", ONE)
        rasterio.shutil.copy(part, tmp_path / "p.vrt", driver="VRT")
        part.unlink()
        assert "cannot be read as a raster" in said(tmp_path / "p.vrt", bands=CHILDREN)

    def test_that_warp_are_used_with_a_warning(self, tmp_path: Path) -> None:
        part = write_raster(tmp_path / "p.tif", np.ones((30, 30)), nodata=-1)
        with rasterio.open(part) as source, WarpedVRT(source, crs="EPSG:4326") as warped:
            rasterio.shutil.copy(warped, tmp_path / "w.vrt", driver="VRT")
        assert codes(tmp_path / "w.vrt") == ["resampled"]

    def test_that_stretch_their_parts_are_used_with_a_warning(self, tmp_path: Path) -> None:
        part = write_raster(tmp_path / "p.tif", ONE)
        rasterio.shutil.copy(part, tmp_path / "p.vrt", driver="VRT")
        text = (tmp_path / "p.vrt").read_text()
        wide = text.replace('rasterXSize="2"', 'rasterXSize="4"').replace(
            'DstRect xOff="0" yOff="0" xSize="2"', 'DstRect xOff="0" yOff="0" xSize="4"'
        )
        (tmp_path / "p.vrt").write_text(wide)
        found, (problem,) = read_population(LayerInput(str(tmp_path / "p.vrt"), bands=CHILDREN))
        assert found.bands["children"].sum() == 6  # twice the people, as GDAL gives them
        assert (problem.code, problem.severity) == ("resampled", "warning")


class TestMosaic:
    @staticmethod
    def tile(
        path: Path, values: object, column: float, row: float = 0.0, **profile: object
    ) -> Path:
        place = moved(METRES, column, row)
        return write_raster(path, values, **{"transform": place, **profile})

    def test_of_adjoining_tiles_is_one_grid(self, tmp_path: Path) -> None:
        self.tile(tmp_path / "east.tif", TWO, 2)
        self.tile(tmp_path / "south.tif", [[5.0, 6.0, 7.0, 8.0]], 0, 1)
        self.tile(tmp_path / "west.tif", ONE, 0)
        found, (note,) = read_population(LayerInput(str(tmp_path / "*.tif"), bands=CHILDREN))
        assert found.bands["children"].tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
        assert found.grid.transform == METRES
        assert (note.code, note.severity) == ("files_understood", "note")
        assert "east.tif, south.tif, west.tif" in note.problem

    def test_takes_the_rounding_of_transforms_as_rounding(self, tmp_path: Path) -> None:
        self.tile(tmp_path / "a.tif", ONE, 0)
        self.tile(tmp_path / "b.tif", TWO, 2.0 + 1e-6)
        found = read_population(LayerInput(str(tmp_path / "*.tif"), bands=CHILDREN))[0]
        assert found.bands["children"].tolist() == [[1, 2, 3, 4]]

    @pytest.mark.parametrize(("column", "row", "off"), [(2.5, 0, "0.50"), (2, 0.25, "0.25")])
    def test_of_tiles_half_a_cell_apart_is_refused(
        self, tmp_path: Path, column: float, row: float, off: str
    ) -> None:
        self.tile(tmp_path / "a.tif", ONE, 0)
        other = self.tile(tmp_path / "b.tif", TWO, column, row)
        text = said(tmp_path / "*.tif", source=other, bands=CHILDREN)
        assert f"its cells lie {off} of a cell beside those of a.tif" in text

    def test_of_cells_of_two_sizes_or_systems_is_refused(self, tmp_path: Path) -> None:
        self.tile(tmp_path / "a.tif", ONE, 0)
        wide = Affine(1000, 0, 5e5 + 200, 0, -1000, 27e5)
        other = write_raster(tmp_path / "b.tif", TWO, transform=wide)
        text = said(tmp_path / "*.tif", source=other, bands=CHILDREN)
        assert "its cells are 1000 x -1000, those of a.tif 100 x -100" in text
        self.tile(other, TWO, 2, crs="EPSG:32651")
        text = said(tmp_path / "*.tif", source=other, bands=CHILDREN)
        assert "its system is WGS 84 / UTM zone 51N, that of a.tif is CGCS2000" in text

    def test_of_overlapping_tiles_is_refused(self, tmp_path: Path) -> None:
        self.tile(tmp_path / "a.tif", ONE, 0)
        other = self.tile(tmp_path / "b.tif", TWO, 1)
        text = said(tmp_path / "*.tif", source=other, bands=CHILDREN)
        assert "overlaps a.tif: people would be counted twice" in text

    def test_with_a_gap_says_how_many_cells_it_lacks(self, tmp_path: Path) -> None:
        self.tile(tmp_path / "a.tif", ONE, 0)
        self.tile(tmp_path / "b.tif", TWO, 3)
        found, problems = read_population(LayerInput(str(tmp_path / "*.tif"), bands=CHILDREN))
        assert found.bands["children"].tolist() == [[1, 2, 0, 3, 4]]
        gap = problems[-1]
        assert (gap.code, gap.severity) == ("no_tile", "warning")
        assert "1 of the 5 cells lie in no file of children" in gap.problem

    @settings(max_examples=40)
    @given(data=st.data(), south_up=st.booleans())
    def test_is_the_whole_that_was_cut(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, south_up: bool
    ) -> None:
        folder = tmp_path_factory.mktemp("cut")
        rows, columns = data.draw(st.integers(2, 9)), data.draw(st.integers(2, 9))
        whole = np.random.default_rng(rows * 10 + columns).integers(0, 50, (rows, columns))
        transform = Affine(100, 0, 5e5, 0, 100 if south_up else -100, 27e5)
        down = [0, data.draw(st.integers(1, rows - 1)), rows]
        right = [0, data.draw(st.integers(1, columns - 1)), columns]
        for top, bottom in pairwise(down):
            for left, end in pairwise(right):
                write_raster(
                    *(folder / f"{top}-{left}.tif", whole[top:bottom, left:end]),
                    transform=moved(transform, left, top),
                )
        found = read_population(LayerInput(str(folder / "*.tif"), bands=CHILDREN))[0]
        np.testing.assert_array_equal(found.bands["children"], whole)
        assert found.grid.transform == transform


CELLS = (40, 50)


@pytest.fixture(scope="module")
def rasters(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The same people of 24.6 to 25 N, 117 to 117.5 E, from the north and from the south."""
    folder = tmp_path_factory.mktemp("window")
    values = np.random.default_rng(8).integers(0, 100, CELLS)
    south = Affine(0.01, 0, 117.0, 0, 0.01, 24.6)
    layout = {"crs": "EPSG:4326", "dtype": "int32", "tiled": True, "blockxsize": 16}
    return {
        False: write_raster(folder / "n.tif", values, transform=DEGREES, **layout, blockysize=16),
        True: write_raster(
            folder / "s.tif", values[::-1], transform=south, **layout, blockysize=16
        ),
    }


class TestWindow:
    """Only what touches the study area is read, and all of that."""

    @settings(max_examples=120)
    @given(
        south_up=st.booleans(),
        corner=st.tuples(st.floats(116.8, 117.49), st.floats(24.4, 24.99)),
        size=st.tuples(st.floats(0, 0.6), st.floats(0, 0.5)),
    )
    def test_holds_exactly_the_people_of_its_cells(
        self,
        rasters: dict[bool, Path],
        south_up: bool,
        corner: tuple[float, float],
        size: tuple[float, float],
    ) -> None:
        (west, south), (wide, high) = corner, size
        area = Area(west, south, west + wide, south + high)
        with rasterio.open(rasters[south_up]) as raster:
            values, t = raster.read(1), raster.transform
        if area.east < 117.0 or area.north < 24.6:
            return
        found = read_population(LayerInput(str(rasters[south_up]), bands=CHILDREN), area=area)[0]
        left, bottom, right, top = found.grid.bounds
        inside = 0
        for row in range(CELLS[0]):
            for column in range(CELLS[1]):
                x, y = t.c + (column + 0.5) * t.a, t.f + (row + 0.5) * t.e
                kept = left < x < right and bottom < y < top
                inside += int(values[row, column]) if kept else 0
                touched = (
                    area.west - 0.005 <= x <= area.east + 0.005
                    and area.south - 0.005 <= y <= area.north + 0.005
                )
                assert kept or not touched
        assert found.bands["children"].sum() == inside

    def test_is_said_with_what_is_left_out(self, rasters: dict[bool, Path]) -> None:
        area = Area(117.1, 24.8, 117.15, 24.85)
        found, (note,) = read_population(LayerInput(str(rasters[False]), bands=CHILDREN), area=area)
        assert found.grid.shape[0] < 10
        assert (note.code, note.severity) == ("window_read", "note")
        assert "of its 40 x 50 cells" in note.problem

    def test_of_a_raster_in_metres_holds_the_area_in_degrees(self, tmp_path: Path) -> None:
        values = np.arange(10_000.0).reshape(100, 100)
        path = write_raster(tmp_path / "p.tif", values)  # 120.0 to 120.1 E, 24.31 to 24.40 N
        area = Area(120.02, 24.34, 120.03, 24.35)
        found = read_population(LayerInput(str(path), bands=CHILDREN), area=area)[0]
        west, south, east, north = found.grid.bounds
        inner = area.in_crs(found.grid.crs)
        assert west <= inner[0] <= inner[2] <= east
        assert south <= inner[1] <= inner[3] <= north
        assert found.grid.size < 400
        row, column = round((27e5 - north) / 100), round((west - 5e5) / 100)
        rows, columns = found.grid.shape
        np.testing.assert_array_equal(
            found.bands["children"], values[row : row + rows, column : column + columns]
        )

    def test_that_the_raster_does_not_reach(self, rasters: dict[bool, Path]) -> None:
        for area in (Area(100, 30, 101, 31), Area(117.2, -5, 117.3, -4)):
            with pytest.raises(InputError, match="does not reach the study area") as caught:
                read_population(LayerInput(str(rasters[True]), bands=CHILDREN), area=area)
            assert f"{area.west:.3f} to {area.east:.3f} E" in caught.value.hint

    def test_that_the_rasters_system_does_not_reach(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", ONE, crs="+proj=ortho +lon_0=-60 +ellps=GRS80")
        with pytest.raises(InputError, match="does not reach the study area"):
            read_population(LayerInput(str(path), bands=CHILDREN), area=Area(118, 24, 119, 25))

    def test_takes_only_the_tiles_that_it_touches(self, tmp_path: Path) -> None:
        near = write_raster(
            tmp_path / "a.tif", np.ones((50, 50)), crs="EPSG:4326", transform=DEGREES
        )
        far = moved(DEGREES, 50)
        damaged = write_raster(
            tmp_path / "b.tif", np.ones((50, 50)), crs="EPSG:4326", transform=far
        )
        damaged.write_bytes(damaged.read_bytes()[:-9000])
        area = Area(117.1, 24.8, 117.2, 24.9)
        found = read_population(LayerInput(str(tmp_path / "?.tif"), bands=CHILDREN), area=area)[0]
        assert found.bands["children"].sum() == found.grid.size
        assert near.exists()

    def test_that_nobody_tells_of_a_national_raster_is_refused(self, tmp_path: Path) -> None:
        path = national(tmp_path / "china.tif", tiled=True)
        assert "40000 x 60000 cells are too many to hold" in said(path, bands=CHILDREN)


def national(path: Path, *, tiled: bool) -> Path:
    """60,000 x 40,000 cells over China; people in 600 rows of it (and 2,000 columns if tiled)."""
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512} if tiled else {"blockysize": 1}
    with rasterio.open(
        *(path, "w"),
        driver="GTiff",
        dtype="float32",
        count=1,
        width=60_000,
        height=40_000,
        crs="EPSG:4326",
        transform=Affine(1 / 1200, 0, 80.0, 0, -1 / 1200, 54.0),
        **{"nodata": -99999.0, "compress": "lzw", "SPARSE_OK": True, **layout},
    ) as out:
        wide = 2_000 if tiled else 60_000
        rows = np.full((600, wide), 0.25, "float32")
        out.write(rows, 1, window=Window(30_000 if tiled else 0, 20_000, wide, 600))
    return path


PEAK = """
import sys
from pathlib import Path
from kgspatial.inputs import LayerInput, read_population
from kgspatial.inputs.coordinates.areas import Area

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def children(path, *area):
    declared = LayerInput(path, bands={"children": 1})
    return read_population(declared, area=Area(*area))[0].bands["children"].sum()

children(sys.argv[1], 0.0, 0.0, 0.2, 0.2)
before = peak()
total = children(sys.argv[2], 105.2, 36.9, 105.6, 37.3)
print(total, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("tiled", [True, False], ids=["tiles", "strips"])
def test_a_national_raster_takes_no_more_memory_than_its_window(
    tmp_path: Path, tiled: bool
) -> None:
    """The raster holds 9.6 GB, each band of 480 of its rows in strips 115 MB, the window 2 MB."""
    small = write_raster(
        *(tmp_path / "small.tif", np.ones((300, 300))),
        crs="EPSG:4326",
        transform=Affine(0.001, 0, 0, 0, -0.001, 0.3),
    )
    big = national(tmp_path / "china.tif", tiled=tiled)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(small), str(big)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    total, kilobytes = map(float, done.stdout.split())
    assert total == pytest.approx(0.25 * 480 * 480, rel=0.01)
    assert kilobytes < 50_000


class TestDensities:
    """Counts unless the plan file says otherwise."""

    def test_declared_ones_become_people_per_cell(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "d.tif", np.full((2, 3), 500.0))
        counts, none = read_population(LayerInput(str(path), bands=CHILDREN))
        dense = LayerInput(str(path), bands=CHILDREN, density="per_km2")
        found, (note,) = read_population(dense)
        assert none == []
        assert counts.bands["children"].sum() == 3000.0
        np.testing.assert_allclose(found.bands["children"], 500.0 * 0.01)  # cells of 100 m
        assert (note.code, note.severity) == ("density_counted", "note")
        hectares = LayerInput(str(path), bands=CHILDREN, density="per_ha")
        np.testing.assert_allclose(read_population(hectares)[0].bands["children"], 500.0)

    def test_cells_in_degrees_have_their_area_on_the_ellipsoid(self) -> None:
        from pyproj import Geod

        grid = Grid((4, 2), Affine(0.5, 0, 110.0, 0, -0.5, 32.0), "EPSG:4326")
        geod = Geod(ellps="WGS84")
        steps = np.linspace(110.0, 110.5, 2001)
        for row, area in enumerate(grid.cell_areas_m2()[:, 0]):
            north, south = 32.0 - 0.5 * row, 31.5 - 0.5 * row
            lon = np.concatenate([steps, steps[::-1]])
            lat = np.concatenate([np.full(2001, south), np.full(2001, north)])
            along_parallels, _ = geod.polygon_area_perimeter(lon, lat)
            assert area == pytest.approx(abs(along_parallels), rel=1e-6)

"""Population rasters: read as they were written, or refused with what to do about it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from kgspatial.errors import InputError
from kgspatial.inputs import (
    LayerInput,
    read_population,
)


class TestRasters:
    @staticmethod
    def write(path: Path, values: object, **profile: object) -> Path:
        array = np.asarray(values, dtype=float)
        bands = array if array.ndim == 3 else array[None]
        settings_ = {
            "driver": "GTiff",
            "dtype": "float64",
            "crs": "EPSG:4549",
            "transform": Affine(100, 0, 5e5, 0, -100, 27e5),
            **profile,
        }
        names = settings_.pop("names", [None] * len(bands))
        count, height, width = bands.shape
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(
                path, "w", count=count, height=height, width=width, **settings_
            ) as out:
                out.write(bands)
                for number, name in enumerate(names, start=1):
                    if name:
                        out.set_band_description(number, name)
        return path

    def said(self, path: Path, **declared: object) -> str:
        with pytest.raises(InputError) as caught:
            read_population(LayerInput(str(path), **declared))  # type: ignore[arg-type]
        assert str(path) in str(caught.value)
        return str(caught.value)

    def test_a_grid_comes_back_as_it_was_written(self, tmp_path: Path) -> None:
        values = np.array([[1.5, 0.0], [2.0, 7.25]])
        path = self.write(tmp_path / "p.tif", values)
        found = read_population(LayerInput(str(path), bands={"children": 1}))[0]
        np.testing.assert_array_equal(found.bands["children"], values)
        assert found.grid.transform == Affine(100, 0, 5e5, 0, -100, 27e5)
        assert found.grid.crs.equals("EPSG:4549")

    def test_bands_are_known_by_their_descriptions(self, tmp_path: Path) -> None:
        names = ["age_1_4", None, "age_5_9"]
        path = self.write(
            tmp_path / "p.tif", np.arange(3.0)[:, None, None] * np.ones((3, 2, 2)), names=names
        )
        found = read_population(LayerInput(str(path)))[0]
        assert {k: v[0, 0] for k, v in found.bands.items()} == {"age_1_4": 0.0, "age_5_9": 2.0}

    def test_cells_without_data_hold_nobody(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "p.tif", [[-99999.0, np.nan], [3.0, 0.0]], nodata=-99999.0)
        found = read_population(LayerInput(str(path), bands={"children": 1}))[0]
        assert found.bands["children"].tolist() == [[0, 0], [3, 0]]

    def test_a_file_that_is_not_there_or_no_raster(self, tmp_path: Path) -> None:
        assert "no such file" in self.said(tmp_path / "none.tif")
        (tmp_path / "p.tif").write_text("hello")
        assert "cannot be read" in self.said(tmp_path / "p.tif")
        assert "cannot be read" in self.said(tmp_path)

    def test_a_raster_that_was_cut_off(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "p.tif", np.ones((50, 50)))
        path.write_bytes(path.read_bytes()[:-9000])
        assert "cannot be read" in self.said(path, bands={"children": 1})

    def test_a_raster_without_a_place(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "p.tif", [[1.0]], transform=Affine.identity())
        assert "where its cells lie" in self.said(path, bands={"children": 1})

    def test_a_raster_without_a_system_until_it_is_declared(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "p.tif", [[1.0]], crs=None)
        assert "coordinate reference system" in self.said(path, bands={"children": 1})
        assert "cannot be in GCJ-02" in self.said(path, bands={"children": 1}, crs="GCJ-02")
        found = read_population(LayerInput(str(path), crs="EPSG:4549", bands={"children": 1}))[0]
        assert found.grid.crs.to_epsg() == 4549

    def test_a_rotated_raster(self, tmp_path: Path) -> None:
        turned = Affine(100, 9, 5e5, 9, -100, 27e5)
        path = self.write(tmp_path / "p.tif", [[1.0]], transform=turned)
        assert "gdalwarp" in self.said(path, bands={"children": 1})

    @pytest.mark.parametrize("value", [-9999.0, np.inf])
    def test_counts_that_cannot_be(self, tmp_path: Path, value: float) -> None:
        path = self.write(tmp_path / "p.tif", [[1.0, value]])
        assert "a_nodata" in self.said(path, bands={"children": 1})

    def test_bands_that_nobody_named_or_that_are_not_there(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "p.tif", [[1.0]])
        assert "bands = { children = 1 }" in self.said(path)
        assert "no band 2 (it has 1)" in self.said(path, bands={"children": 2})

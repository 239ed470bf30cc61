"""The study: layers of one area in one projected system, frozen, with every finding listed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from shapely import Point, box

from kgspatial.errors import InputError
from kgspatial.layers import Grid, Population
from kgspatial.reading import read_study
from kgspatial.study import OUTSIDE, WHOLE_AREA, Study

Make = Callable[..., Study]
CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0


class TestSystem:
    def test_is_the_three_degree_zone_of_the_area(self, town: Make) -> None:
        assert town().crs.to_epsg() == 4549

    def test_of_layers_in_different_systems_is_one(
        self, town: Make, communities: gpd.GeoDataFrame, kindergartens: gpd.GeoDataFrame
    ) -> None:
        mixed = town(
            communities=communities.to_crs("EPSG:4326"), kindergartens=kindergartens.to_crs(32651)
        )
        assert {frame.crs for frame in mixed.layers.values()} == {mixed.crs}
        moved = mixed.communities.distance(town().communities)
        assert moved.max() < 0.01

    def test_can_be_asked_for(self, town: Make) -> None:
        assert town(crs="EPSG:32651").crs.to_epsg() == 32651

    @pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "GCJ-02"])
    def test_must_have_metres(self, town: Make, crs: str) -> None:
        with pytest.raises(InputError, match="not metres on the ground"):
            town(crs=crs)

    def test_that_nobody_knows_is_refused(self, town: Make) -> None:
        with pytest.raises(InputError, match="'EPSG:99999' is not known"):
            town(crs="EPSG:99999")

    def test_is_not_drawn_away_by_one_wrong_kindergarten(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        lonlat = kindergartens.to_crs("EPSG:4326")
        lonlat.loc[1, "geometry"] = Point(80.0, 45.0)
        study = town(kindergartens=lonlat)
        assert study.crs.to_epsg() == 4549
        assert len(study.kindergartens) == 2

    def test_leaves_out_what_lies_on_the_other_side_of_the_earth(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        lonlat = kindergartens.to_crs("EPSG:4326")
        lonlat.loc[1, "geometry"] = Point(-150.0, 0.0)
        study = town(kindergartens=lonlat)
        assert study.kindergartens["kindergarten_id"].tolist() == ["K1"]
        assert study.problems[["code", "value"]].to_numpy().tolist() == [["bad_coordinates", "K2"]]


class TestUnits:
    def test_hold_the_points_that_lie_in_them(self, town: Make) -> None:
        points = gpd.GeoSeries([Point(WEST + x, SOUTH) for x in (0, 1500, 9000)], crs=CRS)
        assert town().unit_of(points).tolist() == ["W", "E", OUTSIDE]
        assert town(units=None).unit_of(points).tolist() == [WHOLE_AREA] * 3

    def test_on_a_shared_border_the_first_by_id_holds_the_point(self, town: Make) -> None:
        border = gpd.GeoSeries([Point(WEST + 1400, SOUTH)], crs=CRS)
        assert town().unit_of(border).tolist() == ["E"]

    def test_that_are_declared_hold_and_unknown_ones_are_listed(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        declared = communities.assign(unit_id=["E", "X", None])
        study = town(communities=declared)
        found = study.unit_of(study.communities.centroid, study.communities["unit_id"])
        assert found.tolist() == ["E", "W", "E"]
        assert study.problems["problem"].tolist() == ["'C2' names the unit 'X', which is not there"]

    @pytest.mark.parametrize("name", [OUTSIDE, WHOLE_AREA])
    def test_cannot_be_called_what_results_call_the_rest(
        self, town: Make, units: gpd.GeoDataFrame, name: str
    ) -> None:
        with pytest.raises(InputError, match="cannot be a unit's id"):
            town(units=units.assign(unit_id=["W", name]))


class TestLayers:
    def test_kindergartens_drawn_as_buildings_are_taken_at_an_inner_point(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        buildings = kindergartens.set_geometry(kindergartens.buffer(20))
        study = town(kindergartens=buildings)
        assert (study.kindergartens.geom_type == "Point").all()
        assert study.kindergartens.within(buildings.geometry).all()

    def test_that_came_in_are_not_changed_and_the_study_is_frozen(
        self, town: Make, kindergartens: gpd.GeoDataFrame
    ) -> None:
        before = kindergartens.copy()
        study = town()
        assert kindergartens.equals(before)
        with pytest.raises(FrozenInstanceError):
            study.units = None  # type: ignore[misc]

    def test_that_lie_elsewhere_are_listed(self, town: Make, communities: gpd.GeoDataFrame) -> None:
        far = gpd.GeoDataFrame(
            {"village_id": ["V"], "residents": [5]}, geometry=[Point(WEST + 5e5, SOUTH)], crs=CRS
        )
        grid = Grid((1, 1), Affine(1, 0, 100, 0, -1, 30), "EPSG:4326")
        study = town(villages=far, population=Population(grid, {"children": np.ones((1, 1))}))
        assert study.problems[["layer", "code"]].to_numpy().tolist() == [
            *(["villages", "elsewhere"], ["population", "elsewhere"]),
        ]

    def test_of_a_town_are_told_in_one_line(self, town: Make) -> None:
        assert repr(town()).startswith("<Study: 3 communities, 2 kindergartens, 2 units; CGCS2000")
        assert repr(town()).endswith("no problems>")


class TestPlan:
    @pytest.fixture
    def folder(
        self,
        tmp_path: Path,
        communities: gpd.GeoDataFrame,
        kindergartens: gpd.GeoDataFrame,
        units: gpd.GeoDataFrame,
    ) -> Path:
        communities.to_file(tmp_path / "homes.gpkg")
        units.to_crs("EPSG:4490").to_file(tmp_path / "units.geojson")
        points = kindergartens.to_crs("EPSG:4326")
        table = pd.DataFrame(points.drop(columns="geometry"))
        table.assign(lon=points.geometry.x, lat=points.geometry.y).to_csv(
            tmp_path / "园.csv", index=False, encoding="gb18030"
        )
        profile = {"driver": "GTiff", "height": 4, "width": 20, "count": 1, "dtype": "float64"}
        place = {"crs": CRS, "transform": Affine(100, 0, WEST, 0, -100, SOUTH + 400)}
        with rasterio.open(tmp_path / "pop.tif", "w", **profile, **place) as out:
            out.write(np.ones((1, 4, 20)))
            out.set_band_description(1, "children")
        return tmp_path

    PLAN = """
        [plan]
        name = "临江县"
        [inputs.communities]
        path = "homes.gpkg"
        [inputs.kindergartens]
        path = "园.csv"
        crs = "EPSG:4326"
        [inputs.units]
        path = "units.geojson"
        [inputs.population]
        path = "pop.tif"
        """

    def read(self, folder: Path, plan: str) -> Study:
        path = folder / "plan.toml"
        path.write_text(plan, encoding="utf-8")
        return read_study(path)

    def test_is_read_as_the_layers_in_memory_would_be(self, folder: Path, town: Make) -> None:
        study = self.read(folder, self.PLAN)
        assert not (study.problems["severity"] != "note").any()
        for name, frame in town().layers.items():
            assert study.layers[name].distance(frame).max() < 0.01
        assert study.population is not None
        assert study.population.bands["children"].sum() == 80
        assert repr(study).startswith("<临江县: 3 communities")

    def test_records_each_file_with_its_hash_rows_and_system(self, folder: Path) -> None:
        plan = self.PLAN.replace('"EPSG:4326"', '"gcj02"')
        inputs = self.read(folder, plan).inputs.set_index("layer")
        digest = hashlib.sha256((folder / "园.csv").read_bytes()).hexdigest()
        assert inputs.loc["kindergartens"].tolist() == ["园.csv", digest, 2, "GCJ-02"]
        assert inputs.loc["population", "rows"] == 80
        assert not inputs["path"].str.contains(str(folder), regex=False).any()

    def test_without_kindergartens_is_refused(self, folder: Path) -> None:
        with pytest.raises(InputError, match=r"\[inputs.kindergartens\]"):
            self.read(folder, "[plan]\n")

    def test_with_an_unknown_result_system_is_refused_before_anything_is_read(
        self, folder: Path
    ) -> None:
        plan = self.PLAN.replace('name = "临江县"', 'crs = "EPSG:99999"').replace("homes", "none")
        with pytest.raises(InputError, match="'EPSG:99999' is not known"):
            self.read(folder, plan)

    def test_names_the_file_and_row_of_a_problem(self, folder: Path) -> None:
        text = (
            "kindergarten_id,places,lon,lat\nK1,40,120.001,24.401\nK1,-5,120.002,24.401\nK3,5,,\n"
        )
        (folder / "园.csv").write_text(text, encoding="utf-8")
        problems = self.read(folder, self.PLAN).problems
        assert problems["row"].tolist() == [4, 3, 3, 3]
        assert set(problems["source"]) == {"园.csv"}, "a result tells no machine's folders"
        assert problems["code"].tolist() == [
            *("no_geometry", "out_of_range", "missing_value", "repeated_id"),
        ]

    def test_a_raster_given_by_path_is_read(self, folder: Path, town: Make) -> None:
        study = town(population=folder / "pop.tif")
        assert study.population.grid.shape == (4, 20)


def test_a_grid_of_cells_knows_its_edges_whichever_way_up() -> None:
    up = Grid((2, 3), Affine(10, 0, 5, 0, -10, 45), CRS)
    down = Grid((2, 3), Affine(10, 0, 5, 0, 10, 25), CRS)
    assert up.bounds == down.bounds == (5, 25, 35, 45)
    assert up.centres(np.array([0, 5]))[1].tolist() == [40, 30]
    assert down.centres(np.array([0, 5]))[1].tolist() == [30, 40]
    assert box(*up.bounds).area == up.size * 100


def test_an_area_across_two_zones_says_in_which_projection_it_is_measured() -> None:
    gardens = gpd.GeoDataFrame(
        {"kindergarten_id": ["K1", "K2"], "places": [90, 90]},
        geometry=[Point(118.4, 35.1), Point(118.6, 35.1)],
        crs="EPSG:4490",
    )
    study = Study(kindergartens=gardens)
    found = study.problems[study.problems["code"] == "own_projection"]
    assert found["severity"].tolist() == ["note"]
    assert "118.5000E" in found["problem"].iloc[0]
    one_zone = Study(kindergartens=gardens.iloc[:1])
    assert "own_projection" not in one_zone.problems["code"].tolist()
    chosen = Study(kindergartens=gardens, crs="EPSG:4548")
    assert "own_projection" not in chosen.problems["code"].tolist()

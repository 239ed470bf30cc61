"""Slopes: a walk that climbs counts more, there and back alike; and where heights come from."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import LineString, Point

import kgspatial as kg
from kgspatial.errors import InputError, PlanError
from kgspatial.layers import Elevation, Grid
from kgspatial.travel import street_network, with_slopes
from kgspatial.travel.network.slope import heights_at, level_metres

CRS = "EPSG:4549"
WEST, NORTH = 500_000.0, 2_702_000.0
GRID = Grid((80, 80), Affine(30, 0, WEST, 0, -30, NORTH), CRS)
quick = settings(deadline=None, max_examples=30)


def plane(east: float, north: float = 0.0) -> Elevation:
    """Ground that rises evenly to the east and to the north."""
    x, y = GRID.centres(np.arange(GRID.size))
    return Elevation(GRID, (east * (x - WEST) + north * (y - NORTH)).reshape(GRID.shape))


def lane(*shapes: list, **columns: list) -> kg.travel.StreetNetwork:
    rows = [LineString([(WEST + x, NORTH - 1000 + y) for x, y in s]) for s in shapes]
    return street_network(gpd.GeoDataFrame(columns, geometry=rows, crs=CRS))


def tobler(slope: float) -> float:
    """Level metres per metre, the mean of up and down, by the formula as published."""
    speed = [6 * np.exp(-3.5 * abs(s + 0.05)) for s in (slope, -slope, 0.0)]
    return (speed[2] / speed[0] + speed[2] / speed[1]) / 2


class TestSlopes:
    def test_level_ground_changes_nothing(self) -> None:
        flat = lane([(100, 0), (900, 0)])
        np.testing.assert_allclose(with_slopes(flat, plane(0.0)).metres, [800])

    @quick
    @given(st.floats(-0.4, 0.4))
    def test_an_even_slope_counts_as_tobler_says(self, slope: float) -> None:
        along, across = [(100, 0), (900, 0)], [(100, 50), (100, 350)]
        found = with_slopes(lane(along, across), plane(slope))
        np.testing.assert_allclose(
            np.sort(found.metres), np.sort([800 * tobler(slope), 300]), rtol=1e-6
        )

    @quick
    @given(st.floats(-3, 3))
    def test_no_slope_shortens_a_walk_and_none_counts_beyond_the_steepest(
        self, slope: float
    ) -> None:
        assert 1.0 <= level_metres(np.array([slope]))[0] <= level_metres(np.array([0.6]))[0]

    @quick
    @given(st.integers(0, 2**31))
    def test_a_walk_back_is_as_long(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        ground = Elevation(GRID, random.normal(0, 8, GRID.shape))
        there, back = [(100, 0), (500, 300), (900, 0)], [(900, 0), (500, 300), (100, 0)]
        one, other = (with_slopes(lane(s), ground).metres for s in (there, back))
        np.testing.assert_allclose(one, other)
        assert (one >= 999).all()

    def test_a_bridge_does_not_follow_the_ground(self) -> None:
        x, _ = GRID.centres(np.arange(GRID.size))
        valley = Elevation(GRID, -np.clip(200 - abs(x - WEST - 500), 0, None).reshape(GRID.shape))
        rows = [(100, 0), (900, 0)], [(100, 90), (900, 90)]
        down, over = with_slopes(lane(*map(list, rows), bridge=[False, True]), valley).metres
        assert over == pytest.approx(800)
        assert down > 1000

    def test_where_no_height_is_known_streets_are_level_and_that_is_said(self) -> None:
        outside = lane([(-900, 0), (-100, 0)])
        found = with_slopes(outside, plane(0.2))
        assert found.metres.tolist() == [800]
        assert found.problems["code"].tolist() == ["no_height"]

    def test_heights_are_read_between_the_centres_of_cells(self) -> None:
        ground = plane(0.1, 0.02)
        at = np.array([[WEST + 500.0, NORTH - 700.0], [WEST + 333.0, NORTH - 1234.5]])
        expected = 0.1 * (at[:, 0] - WEST) + 0.02 * (at[:, 1] - NORTH)
        found = heights_at(ground, at, street_network_crs())
        np.testing.assert_allclose(found, expected)

    def test_a_raster_in_degrees_gives_the_same_heights(self) -> None:
        grid = Grid((200, 200), Affine(0.0003, 0, 114.0, 0, -0.0003, 24.45), 4490)
        move = Transformer.from_crs(4490, CRS, always_xy=True)
        x, _y = move.transform(*grid.centres(np.arange(grid.size)))
        ground = Elevation(grid, (0.1 * (np.asarray(x) - WEST)).reshape(grid.shape))
        at = np.column_stack(move.transform([114.02, 114.03], [24.42, 24.43]))
        found = heights_at(ground, at, street_network_crs())
        np.testing.assert_allclose(found, 0.1 * (at[:, 0] - WEST), atol=0.01)


def street_network_crs() -> object:
    return lane([(0, 0), (100, 0)]).crs


def write(path: Path, values: np.ndarray, **more: object) -> Path:
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "crs": CRS,
        "height": GRID.shape[0], "width": GRID.shape[1], "transform": GRID.transform, **more,
    }  # fmt: skip
    unit = profile.pop("unit", None)
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values.astype("float32"), 1)
        if unit:
            raster.units = [unit]
    return path


def study(path: Path | None) -> kg.Study:
    school = gpd.GeoDataFrame(
        {"kindergarten_id": ["k"], "places": [90]},
        geometry=[Point(WEST + 600, NORTH - 1000)],
        crs=CRS,
    )
    return kg.Study(kindergartens=school, elevation=path)


class TestElevationFiles:
    def test_only_the_study_area_is_read(self, tmp_path: Path) -> None:
        found = study(write(tmp_path / "dem.tif", plane(0.1).values)).elevation
        assert found.values.size < GRID.size
        at = np.array([[WEST + 600.0, NORTH - 1000.0]])
        np.testing.assert_allclose(heights_at(found, at, street_network_crs()), 60.0, rtol=1e-5)

    def test_feet_are_turned_into_metres_and_said(self, tmp_path: Path) -> None:
        path = write(tmp_path / "dem.tif", np.full(GRID.shape, 100.0), unit="ft")
        found = study(path)
        np.testing.assert_allclose(found.elevation.values, 30.48)
        assert "feet" in found.problems["code"].tolist()

    def test_cells_without_data_are_not_heights(self, tmp_path: Path) -> None:
        path = write(tmp_path / "dem.tif", np.full(GRID.shape, -9999.0), nodata=-9999.0)
        assert np.isnan(study(path).elevation.values).all()

    def test_a_raster_of_another_place_is_refused(self, tmp_path: Path) -> None:
        away = Affine(30, 0, WEST + 90_000, 0, -30, NORTH)
        with pytest.raises(InputError):
            study(write(tmp_path / "dem.tif", plane(0.1).values, transform=away))

    def test_a_plan_file_names_it_and_its_walks_grow(self, tmp_path: Path) -> None:
        folder = Path(__file__).parents[1] / "data" / "sample"
        text = (folder / "plan.toml").read_text(encoding="utf-8")
        text = text.replace('path = "', f'path = "{folder.as_posix()}/')
        (tmp_path / "flat.toml").write_text(text, encoding="utf-8")
        flat = kg.read_study(tmp_path / "flat.toml")
        west, south, east, north = flat.units.total_bounds
        hills = Affine(90, 0, west - 500, 0, -90, north + 500)
        rows, columns = int((north - south) // 90 + 14), int((east - west) // 90 + 14)
        x = np.arange(columns) * 90.0
        values = np.broadcast_to(40 * np.sin(x / 300), (rows, columns))
        write(
            tmp_path / "dem.tif", values, height=rows, width=columns, transform=hills,
            crs=flat.crs.to_wkt(),
        )  # fmt: skip
        added = f'[inputs.elevation]\npath = "{tmp_path.as_posix()}/dem.tif"\n\n[travel]'
        (tmp_path / "hilly.toml").write_text(text.replace("[travel]", added), encoding="utf-8")
        hilly = kg.read_study(tmp_path / "hilly.toml")
        assert "elevation" in hilly.inputs["layer"].tolist()
        demand = kg.estimate_demand(flat)
        ways = [kg.measure_travel(s, demand, method="street", limit_m=2000) for s in (flat, hilly)]
        assert 0 < ways[1].csr.nnz < ways[0].csr.nnz

    @pytest.mark.parametrize(
        "key", ["bands = { children = 1 }", 'density = "per_ha"', 'layer = "x"']
    )
    def test_what_an_elevation_cannot_have_is_refused(self, tmp_path: Path, key: str) -> None:
        plan = tmp_path / "plan.toml"
        plan.write_text(
            f'[inputs.kindergartens]\npath = "k.csv"\n[inputs.elevation]\npath = "d.tif"\n{key}\n'
        )
        with pytest.raises(PlanError):
            kg.read_study(plan)

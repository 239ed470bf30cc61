"""Undeclared web-map coordinates are noticed, named with evidence, and never turned by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

import kgspatial as kg
from kgspatial.inputs.checks.alignment import Comparison, best_fit
from kgspatial.inputs.checks.relations import comparisons_between
from kgspatial.inputs.checks.shifts import undeclared_shifts
from kgspatial.inputs.coordinates.china import transform_china
from kgspatial.inputs.coordinates.crs import projected_crs
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.readers import read_layer

Layers = dict[str, gpd.GeoDataFrame]

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
REAL = Path(__file__).parents[2] / "shared" / "data"
SHIFTED = ("GCJ-02", "BD-09")
LEAST_SHIFT_M = 300.0
"""In the Qaidam basin GCJ-02 moves points by 40 m only, which nobody can see."""


def turned(frame: gpd.GeoDataFrame, from_: str, to: str) -> gpd.GeoDataFrame:
    """The layer as it lies when coordinates of `to` are taken for `from_`, in its own CRS."""
    lonlat = transform_china(frame.to_crs("EPSG:4326"), from_=from_, to=to)
    back = lonlat.set_crs("EPSG:4326", allow_override=True).to_crs(frame.crs)
    back.attrs = dict(frame.attrs)
    return back


def by(xy: np.ndarray, east: float, north: float) -> np.ndarray:
    """Points, so many metres away."""
    return xy + np.array([east, north])


def shifted(layers: Layers, names: tuple[str, ...], system: str) -> Layers:
    """The layers, with some of them in a system that nobody declared."""
    return {**layers, **{name: turned(layers[name], "WGS 84", system) for name in names}}


def named(problems: list[Problem]) -> dict[str, str]:
    """The layers that are suspected, and of what."""
    assert {p.code for p in problems} <= {"looks_shifted"}
    assert {p.severity for p in problems} <= {"warning"}
    return {p.layer: p.value for p in problems}


def town(
    seed: int, lon: float = 118.0, lat: float = 27.0, *, inside: bool = True, gardens: int = 12
) -> Layers:
    """30 estates of 80 to 250 m and kindergartens inside (or anywhere), within 3 km."""
    rng = np.random.default_rng(seed)
    crs = projected_crs((lon, lat, lon, lat))
    corner = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    estates: list[shapely.Polygon] = []
    while len(estates) < 30:
        west, south, width, depth = rng.uniform((0, 0, 80, 80), (3000, 3000, 250, 250))
        estate = shapely.box(west, south, west + width, south + depth)
        if all(estate.distance(other) > 15 for other in estates):
            estates.append(estate)
    boxes = shapely.bounds(np.array(estates))[rng.permutation(30)[:gardens]]
    low, high = (boxes[:, :2], boxes[:, 2:]) if inside else (0.0, 3000.0)
    points = shapely.points(rng.uniform(low, high, (gardens, 2)) + corner)
    homes = shapely.transform(np.array(estates), lambda xy: xy + corner)
    ids = {"kindergarten_id": [f"K{i}" for i in range(gardens)]}
    communities = {"community_id": [f"C{i}" for i in range(30)]}
    return {
        "kindergartens": gpd.GeoDataFrame(ids, geometry=points, crs=crs),
        "communities": gpd.GeoDataFrame(communities, geometry=homes, crs=crs),
    }


@pytest.fixture(scope="module")
def district() -> Layers:
    return kg.read_study(SAMPLE / "plan.toml").layers


class TestSampleDistrict:
    def test_raises_no_alarm_as_it_is(self, district: Layers) -> None:
        assert undeclared_shifts(district) == []

    def test_every_comparison_that_tells_says_so(self, district: Layers) -> None:
        compared = {(c.points_of, c.shapes_of) for c in comparisons_between(district)}
        assert ("kindergartens", "communities") in compared
        assert ("communities", "streets") in compared
        assert ("candidates", "kindergartens") in compared

    @pytest.mark.parametrize("system", SHIFTED)
    @pytest.mark.parametrize(
        "layer", ["kindergartens", "communities", "streets", "units", "villages", "candidates"]
    )
    def test_names_the_layer_and_the_system(
        self, district: Layers, layer: str, system: str
    ) -> None:
        assert named(undeclared_shifts(shifted(district, (layer,), system))) == {layer: system}

    @pytest.mark.parametrize("system", SHIFTED)
    @pytest.mark.parametrize(
        "layers",
        [
            ("kindergartens", "communities"),
            ("communities", "streets"),
            ("kindergartens", "candidates"),
            ("kindergartens", "communities", "villages", "candidates"),
        ],
    )
    def test_names_all_layers_that_come_from_one_web_map(
        self, district: Layers, layers: tuple[str, ...], system: str
    ) -> None:
        found = named(undeclared_shifts(shifted(district, layers, system)))
        assert found == dict.fromkeys(layers, system)

    def test_tells_two_web_maps_apart(self, district: Layers) -> None:
        mixed = shifted(district, ("communities",), "BD-09")
        mixed = shifted(mixed, ("kindergartens",), "GCJ-02")
        found = named(undeclared_shifts(mixed))
        assert found == {"communities": "BD-09", "kindergartens": "GCJ-02"}

    def test_two_layers_that_would_both_be_wrong_tell_nothing(self, district: Layers) -> None:
        two = {name: district[name] for name in ("kindergartens", "communities")}
        mixed = shifted(shifted(two, ("communities",), "BD-09"), ("kindergartens",), "GCJ-02")
        assert undeclared_shifts(mixed) == []

    @pytest.mark.parametrize("layer", ["kindergartens", "communities"])
    @pytest.mark.parametrize("aside", [45, 90, 135, 225, 270, 315])
    def test_500_m_in_another_direction_raise_no_alarm(
        self, district: Layers, layer: str, aside: int
    ) -> None:
        """`aside` is the angle to where GCJ-02 would lie."""
        frame = district[layer]
        there = turned(frame, "WGS 84", "GCJ-02").centroid
        east, north = (there.x - frame.centroid.x).mean(), (there.y - frame.centroid.y).mean()
        angle = np.arctan2(north, east) + np.radians(aside)
        moved = frame.translate(500.0 * np.cos(angle), 500.0 * np.sin(angle))
        assert undeclared_shifts({**district, layer: frame.set_geometry(moved)}) == []

    def test_nothing_is_turned(self, district: Layers) -> None:
        layers = shifted(district, ("kindergartens",), "GCJ-02")
        before = {name: frame.copy() for name, frame in layers.items()}
        undeclared_shifts(layers)
        assert all(frame.equals(before[name]) for name, frame in layers.items())


class TestEvidence:
    def test_says_how_many_points_tell_and_what_the_distances_become(self) -> None:
        layers = town(1)
        moved = shifted(layers, ("kindergartens",), "GCJ-02")
        problem = undeclared_shifts(moved)[0]
        before = moved["kindergartens"].distance(layers["communities"].union_all()).mean()
        assert before > 50
        assert (
            f"mean distances shrink from {before:,.0f} m to 0 m from the nearest community "
            "(12 points of kindergartens)"
        ) in problem.problem

    @pytest.mark.parametrize("system", SHIFTED)
    def test_says_how_far_and_in_which_direction_the_layer_lies_off(self, system: str) -> None:
        layers = town(2)
        moved = shifted(layers, ("kindergartens",), system)
        right, wrong = (
            frame["kindergartens"].to_crs("EPSG:4326").geometry for frame in (layers, moved)
        )
        azimuth, _, metres = Geod(ellps="WGS84").inv(right.x, right.y, wrong.x, wrong.y)
        names = ["north", "north-east", "east", "south-east", "south", "south-west", "west"]
        direction = [*names, "north-west"][round(np.median(azimuth) / 45) % 8]
        text = undeclared_shifts(moved)[0].problem
        far = int(text.split("it lies ")[1].split(" m ")[0].replace(",", ""))
        assert far == pytest.approx(np.median(metres), abs=3)
        assert f" m {direction} of where it belongs" in text

    def test_of_a_layer_that_only_goes_with_another_names_that_one(self, district: Layers) -> None:
        found = undeclared_shifts(shifted(district, ("kindergartens", "candidates"), "GCJ-02"))
        candidates = next(p for p in found if p.layer == "candidates")
        assert "it fits kindergartens, which lie as it does (12 points)" in candidates.problem

    def test_for_a_file_says_what_to_write(self, district: Layers) -> None:
        problem = undeclared_shifts(shifted(district, ("kindergartens",), "BD-09"))[0]
        assert problem.source == "kindergartens.csv"
        assert problem.row is None
        assert problem.done == (
            'used as it is; if it is so, write crs = "BD-09" under [inputs.kindergartens]'
        )

    def test_for_a_layer_in_memory_says_what_to_call(self) -> None:
        problem = undeclared_shifts(shifted(town(3), ("kindergartens",), "GCJ-02"))[0]
        call = 'kgspatial.transform_china(..., from_="GCJ-02", to="WGS 84")'
        assert problem.done == f"used as it is; if it is so, turn it before with {call}"

    def test_stands_in_the_problem_table_of_a_study(self, tmp_path: Path) -> None:
        shutil.copytree(SAMPLE, tmp_path / "plan")
        register = tmp_path / "plan" / "kindergartens.csv"
        table = pd.read_csv(register)
        lon, lat = transform_china(table["lon"], table["lat"], from_="WGS 84", to="GCJ-02")
        table.assign(lon=lon, lat=lat).to_csv(register, index=False)
        problems = kg.read_study(tmp_path / "plan" / "plan.toml").problems
        found = problems[problems["code"] == "looks_shifted"]
        assert found[["layer", "source", "severity", "value"]].to_numpy().tolist() == [
            ["kindergartens", "kindergartens.csv", "warning", "GCJ-02"]
        ]


class TestTheOppositeMistake:
    @pytest.mark.parametrize("system", SHIFTED)
    @pytest.mark.parametrize("layer", ["kindergartens", "communities"])
    def test_a_layer_declared_shifted_that_is_not(
        self, district: Layers, layer: str, system: str
    ) -> None:
        wrong = turned(district[layer], system, "WGS 84")
        wrong.attrs["crs_declared"] = system
        problem, *others = undeclared_shifts({**district, layer: wrong})
        assert not others
        assert (problem.layer, problem.value) == (layer, "WGS 84")
        assert problem.problem.startswith(f"it looks as if it were WGS 84 already, not {system}:")
        assert f'write crs = "EPSG:4326" under [inputs.{layer}]' in problem.done

    def test_a_file_declared_shifted_that_is_not(self, tmp_path: Path) -> None:
        shutil.copytree(SAMPLE, tmp_path / "plan")
        plan = tmp_path / "plan" / "plan.toml"
        declared = 'path = "kindergartens.csv"\ncrs = '
        text = plan.read_text(encoding="utf-8")
        text = text.replace(f'{declared}"EPSG:4490"', f'{declared}"GCJ-02"')
        plan.write_text(text, encoding="utf-8")
        problems = kg.read_study(plan).problems
        found = problems[problems["code"] == "looks_shifted"]
        assert found[["layer", "value"]].to_numpy().tolist() == [["kindergartens", "WGS 84"]]
        assert 'write crs = "EPSG:4326" under [inputs.kindergartens]' in found["done"].iloc[0]

    def test_a_layer_declared_as_the_wrong_web_map(self, district: Layers) -> None:
        wrong = turned(district["kindergartens"], "GCJ-02", "BD-09")
        wrong.attrs["crs_declared"] = "gcj02"
        layers = {**district, "kindergartens": wrong}
        assert named(undeclared_shifts(layers)) == {"kindergartens": "BD-09"}

    @pytest.mark.parametrize("system", SHIFTED)
    def test_a_layer_rightly_declared_raises_no_alarm(self, district: Layers, system: str) -> None:
        right = turned(turned(district["kindergartens"], "WGS 84", system), system, "WGS 84")
        right.attrs["crs_declared"] = system
        assert undeclared_shifts({**district, "kindergartens": right}) == []

    def test_a_layer_turned_by_hand_for_nothing(self, district: Layers) -> None:
        wrong = turned(district["kindergartens"], "GCJ-02", "WGS 84")
        problem, *others = undeclared_shifts({**district, "kindergartens": wrong})
        assert not others
        assert (problem.layer, problem.value) == ("kindergartens", "WGS 84")
        assert "as if it had been turned from GCJ-02 into WGS 84, which it was" in problem.problem

    def test_two_readings_that_are_equally_likely_are_both_told(self) -> None:
        """Either the register was WGS 84 already, or the estates are of the web map."""
        layers = town(4)
        layers["kindergartens"] = turned(layers["kindergartens"], "GCJ-02", "WGS 84")
        layers["kindergartens"].attrs["crs_declared"] = "GCJ-02"
        found = undeclared_shifts(layers)
        assert named(found) == {"kindergartens": "WGS 84", "communities": "GCJ-02"}
        said = {p.layer: p.done for p in found}
        assert said["kindergartens"].endswith("or else the mistake lies in communities (GCJ-02)")
        assert said["communities"].endswith("or else the mistake lies in kindergartens (WGS 84)")


class TestTowns:
    @settings(max_examples=15)
    @given(st.integers(0, 10_000), st.floats(74.0, 134.0), st.floats(18.0, 53.0))
    def test_anywhere_in_china_a_shift_is_found_and_none_is_made_up(
        self, seed: int, lon: float, lat: float
    ) -> None:
        layers = town(seed, lon, lat)
        assert undeclared_shifts(layers) == []
        moved = shifted(layers, ("kindergartens",), "GCJ-02")
        apart = moved["kindergartens"].distance(layers["kindergartens"]).mean()
        assume(apart >= LEAST_SHIFT_M)
        assert named(undeclared_shifts(moved)) == {"kindergartens": "GCJ-02"}

    @settings(max_examples=15)
    @given(st.integers(0, 10_000), st.integers(8, 30))
    def test_where_kindergartens_have_nothing_to_do_with_estates_raise_no_alarm(
        self, seed: int, gardens: int
    ) -> None:
        assert undeclared_shifts(town(seed, inside=False, gardens=gardens)) == []

    def test_of_two_kindergartens_tell_nothing(self) -> None:
        layers = town(5, gardens=2)
        assert undeclared_shifts(layers) == []
        assert undeclared_shifts(shifted(layers, ("kindergartens",), "GCJ-02")) == []

    def test_far_from_their_kindergartens_tell_nothing(self) -> None:
        layers = town(6)
        frame = layers["kindergartens"]
        far = frame.set_geometry(frame.translate(9000.0, 4000.0))
        for system in ("WGS 84", *SHIFTED):
            found = undeclared_shifts({**layers, "kindergartens": turned(far, "WGS 84", system)})
            assert found == []

    def test_with_some_kindergartens_misplaced_still_tell(self) -> None:
        layers = town(7, gardens=20)
        wrong = np.arange(20) % 7 == 3
        frame = shifted(layers, ("kindergartens",), "GCJ-02")["kindergartens"]
        points = frame.geometry.where(~wrong, frame.translate(0.0, 12_000.0))
        found = undeclared_shifts({**layers, "kindergartens": frame.set_geometry(points)})
        assert named(found) == {"kindergartens": "GCJ-02"}
        assert "(17 points of kindergartens)" in found[0].problem

    def test_where_the_shift_is_too_small_to_see_raise_no_alarm(self) -> None:
        layers = town(8, lon=96.75, lat=36.75)
        moved = shifted(layers, ("kindergartens",), "GCJ-02")
        assert moved["kindergartens"].distance(layers["kindergartens"]).max() < 60
        assert undeclared_shifts(moved) == []

    def test_outside_china_raise_no_alarm(self) -> None:
        layers = town(9, lon=25.0, lat=60.2)
        assert undeclared_shifts(layers) == []
        frame = layers["kindergartens"]
        for degrees in range(0, 360, 30):
            east, north = 560 * np.cos(np.radians(degrees)), 560 * np.sin(np.radians(degrees))
            moved = frame.set_geometry(frame.translate(east, north))
            assert undeclared_shifts({**layers, "kindergartens": moved}) == []

    def test_without_kindergartens_are_compared_as_far_as_they_can(self, district: Layers) -> None:
        layers = {n: f for n, f in district.items() if n in ("communities", "streets")}
        found = undeclared_shifts(shifted(layers, ("communities",), "GCJ-02"))
        assert named(found) == {"communities": "GCJ-02"}


class TestNames:
    """Few kindergartens tell as well, when their names or ids say where they belong."""

    NAMES = ("阳光花园", "滨江壹号院", "翠湖湾小区", "锦绣前程（一期）", "万科城", "东门社区")

    @pytest.fixture
    def small(self) -> Layers:
        """Four kindergartens, each in an estate of its own."""
        layers = town(10, gardens=4)
        own = gpd.sjoin(layers["kindergartens"], layers["communities"])["index_right"]
        names = pd.Series([f"第{i}区" for i in range(30)])
        names[own.to_numpy()] = self.NAMES[:4]
        return {
            "kindergartens": layers["kindergartens"].assign(own=own),
            "communities": layers["communities"].assign(name=names.to_numpy()),
        }

    def test_of_kindergartens_within_which_stands_the_estates(self, small: Layers) -> None:
        names = [
            "芗城区阳光花园幼儿园",
            "滨江壹号院 幼儿园",
            "翠湖湾幼儿园",
            "锦绣前程(一期)幼儿园",
        ]
        small["kindergartens"]["name"] = names
        found = undeclared_shifts(shifted(small, ("kindergartens",), "GCJ-02"))
        assert named(found) == {"kindergartens": "GCJ-02"}
        assert "from the communities that they support (4 points" in found[0].problem

    def test_that_say_nothing_leave_four_points_untold(self, small: Layers) -> None:
        small["kindergartens"]["name"] = ["第一幼儿园", "机关幼儿园", "中心幼儿园", None]
        assert undeclared_shifts(shifted(small, ("kindergartens",), "GCJ-02")) == []

    def test_of_several_estates_say_nothing(self, small: Layers) -> None:
        small["kindergartens"]["name"] = list(self.NAMES[:4])
        small["communities"]["name"] = "阳光花园"
        assert undeclared_shifts(shifted(small, ("kindergartens",), "GCJ-02")) == []

    def test_come_after_the_id_that_a_register_gives(self, small: Layers) -> None:
        gardens, communities = small["kindergartens"], small["communities"]
        gardens["supports_community"] = communities["community_id"].loc[gardens["own"]].to_numpy()
        gardens["name"] = list(reversed(self.NAMES[:4]))
        found = undeclared_shifts(shifted(small, ("kindergartens",), "BD-09"))
        assert named(found) == {"kindergartens": "BD-09"}

    def test_that_contradict_the_streets_raise_no_alarm(self, small: Layers) -> None:
        """By name they lie as GCJ-02 would, and yet each stands right at a street."""
        layers = town(11, gardens=24)
        own = gpd.sjoin(layers["kindergartens"], layers["communities"])
        ids = layers["communities"]["community_id"].loc[own["index_right"]].to_numpy()
        gardens = shifted(layers, ("kindergartens",), "GCJ-02")["kindergartens"]
        gardens = gardens.assign(supports_community=ids)
        doors = shapely.get_coordinates(gardens.geometry.to_numpy())
        outlines = layers["communities"].boundary.to_numpy()
        lanes = shapely.linestrings([[by(door, 0, -9), by(door, 0, 9)] for door in doors])
        streets = gpd.GeoDataFrame(geometry=[*outlines, *lanes], crs=gardens.crs)
        assert named(undeclared_shifts({**layers, "kindergartens": gardens}))
        layers = {**layers, "kindergartens": gardens, "streets": streets}
        assert undeclared_shifts(layers) == []


class TestBestFit:
    """The judge: one place stands out, or none is named."""

    def comparison(self, xy: np.ndarray, at_least: int = 4) -> Comparison:
        corners = np.array([[0, 0], [900, 200], [300, 1100], [1700, 800]])
        squares = shapely.box(*corners.T, *(corners + 100).T)
        return Comparison("a", "b", "near", at_least, xy, shapely.STRtree(squares))

    INSIDE = np.array([[50.0, 50], [950, 250], [350, 1150], [1750, 850]])

    def test_is_the_place_where_all_points_fit(self) -> None:
        fit = best_fit(self.comparison(self.INSIDE), [by(self.INSIDE, 600, 0), self.INSIDE])
        assert fit is not None
        assert (fit.place, fit.points, fit.after_m) == (1, 4, 0.0)
        assert fit.before_m > 100

    def test_is_none_with_fewer_points_than_tell(self) -> None:
        places = [by(self.INSIDE, 600, 0), self.INSIDE]
        assert best_fit(self.comparison(self.INSIDE, at_least=5), places) is None

    def test_is_none_when_another_place_nearby_is_better(self) -> None:
        near = by(self.INSIDE, 0, 250)
        assert best_fit(self.comparison(near), [near, by(near, 600, 0)]) is None

    def test_is_none_when_two_places_are_as_good(self) -> None:
        places = [self.INSIDE, self.INSIDE.copy()]
        assert best_fit(self.comparison(self.INSIDE), places) is None

    def test_leaves_aside_points_that_are_near_nowhere(self) -> None:
        lost = np.vstack([self.INSIDE, [[9000.0, 9000.0]]])
        fit = best_fit(self.comparison(lost), [lost, by(lost, 600, 0)])
        assert fit is not None
        assert fit.points == 4


def real(folder: str) -> pytest.MarkDecorator:
    path = REAL / folder
    return pytest.mark.skipif(not path.exists(), reason=f"the data of {folder} are not here")


@pytest.fixture(scope="module")
def city() -> Layers:
    folder = REAL / "tainan"
    table = pd.read_csv(folder / "kindergartens.csv")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    layers = {
        "kindergartens": gpd.GeoDataFrame(table, geometry=points),
        "communities": gpd.read_file(folder / "areas.gpkg"),
        "units": gpd.read_file(folder / "villages.gpkg"),
    }
    return {name: frame.to_crs("EPSG:4549") for name, frame in layers.items()}


@pytest.mark.realdata
@real("tainan")
class TestTainan:
    """12,774 areas that fill the city, their 752 villages, and 421 kindergartens, all in WGS 84."""

    def test_raises_no_alarm(self, city: Layers) -> None:
        assert undeclared_shifts(city) == []

    @pytest.mark.parametrize("system", SHIFTED)
    @pytest.mark.parametrize("layer", ["communities", "units"])
    def test_a_shifted_layer_is_named(self, city: Layers, layer: str, system: str) -> None:
        assert named(undeclared_shifts(shifted(city, (layer,), system))) == {layer: system}


@pytest.mark.realdata
@real("helsinki")
class TestHelsinki:
    """Streets and residential areas of two Finnish towns as OpenStreetMap has them."""

    @pytest.fixture(params=["Helsinki.osm.pbf", "test.osm.pbf"])
    def finnish(self, request: pytest.FixtureRequest) -> Layers:
        pytest.importorskip("osmium")
        path = str(REAL / "helsinki" / request.param)
        layers = {n: read_layer(n, LayerInput(path))[0] for n in ("communities", "streets")}
        return {name: frame.to_crs("EPSG:3067") for name, frame in layers.items()}

    @pytest.fixture
    def in_china(self, finnish: Layers) -> Layers:
        """The same towns, laid down at 114 E."""
        corner = finnish["streets"].total_bounds[:2]
        return {
            name: gpd.GeoDataFrame(
                frame.drop(columns="geometry"),
                geometry=frame.translate(*(np.array([500_000, 3_300_000]) - corner)).to_numpy(),
                crs="EPSG:4547",
            )
            for name, frame in finnish.items()
        }

    def test_raises_no_alarm_wherever_its_streets_are_moved(self, finnish: Layers) -> None:
        streets = finnish["streets"]
        for east, north in ((0, 0), (520, -200), (-520, 200), (1150, 480), (-1150, -480)):
            moved = streets.set_geometry(streets.translate(east, north))
            assert undeclared_shifts({**finnish, "streets": moved}) == []

    def test_laid_down_in_china_raises_no_alarm_either(self, in_china: Layers) -> None:
        assert undeclared_shifts(in_china) == []

    @pytest.mark.parametrize("system", SHIFTED)
    @pytest.mark.parametrize("layer", ["communities", "streets"])
    def test_laid_down_in_china_and_shifted_is_named(
        self, in_china: Layers, layer: str, system: str
    ) -> None:
        assert named(undeclared_shifts(shifted(in_china, (layer,), system))) == {layer: system}

"""The doctor: what layers say that cannot be right stands in the problem table, row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from conftest import SOUTH, TOWN_CRS, WEST, layer, square
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

import kgspatial as kg
from kgspatial.inputs.checks.doctor import examine_layers
from kgspatial.inputs.checks.duplicates import overlapping_rows, repeated_rows
from kgspatial.inputs.checks.elsewhere import layers_elsewhere
from kgspatial.layers import Grid, Population
from kgspatial.study import Study

Make = Callable[..., Study]

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
COLUMNS = ["layer", "row", "column", "value", "code", "severity"]


def listed(study: Study) -> list[list[object]]:
    return study.problems[COLUMNS].to_numpy().tolist()


def gardens(
    *places: tuple[float, float], first_row: int = 2, **columns: object
) -> gpd.GeoDataFrame:
    """Kindergartens at metres from the town's corner, their rows counted from `first_row`."""
    table = {"kindergarten_id": [f"K{i}" for i in range(len(places))], "places": 90.0, **columns}
    frame = layer(table, [Point(WEST + x, SOUTH + y) for x, y in places])
    return frame.set_axis(range(first_row, first_row + len(frame)), axis=0)


def homes(*shapes: object, first_row: int = 1, **columns: object) -> gpd.GeoDataFrame:
    table = {"community_id": [f"C{i}" for i in range(len(shapes))], "children": 10.0, **columns}
    frame = layer(table, list(shapes))
    return frame.set_axis(range(first_row, first_row + len(frame)), axis=0)


class TestSoundLayers:
    def test_of_the_town_have_no_problem(self, town: Make) -> None:
        assert listed(town()) == []
        assert listed(town(units=None)) == []

    def test_of_the_sample_district_have_notes_on_what_was_put_into_them(self) -> None:
        problems = kg.read_study(SAMPLE / "plan.toml").problems
        assert set(problems["severity"]) <= {"note"}
        found = problems[problems["code"].isin(["over_full", "overlap"])]
        assert found[["layer", "row", "value", "code"]].astype(object).to_numpy().tolist() == [
            ["kindergartens", pd.NA, "", "over_full"],
            ["communities", 42, "C042", "overlap"],
        ]

    def test_are_not_changed(self, town: Make) -> None:
        layers = town().layers
        before = {name: frame.copy() for name, frame in layers.items()}
        examine_layers(layers, None)
        assert all(frame.equals(before[name]) for name, frame in layers.items())


class TestRepeatedRows:
    def test_of_one_name_within_50_m(self, town: Make) -> None:
        twice = gardens((150, 150), (900, 150), (190, 150), name=["阳光园", "星星园", "阳光 园"])
        study = town(kindergartens=twice)
        assert listed(study) == [
            ["kindergartens", 4, "name", "阳光 园", "same_name", "warning"],
        ]
        problem = study.problems.iloc[0]
        assert problem["problem"] == "'K0' 阳光园 (row 2) has the same name, 40 m away"
        assert problem["done"] == "both kept; delete one if they are the same"
        assert len(study.kindergartens) == 3

    def test_of_one_name_further_away_are_two_places(self, town: Make) -> None:
        assert listed(town(kindergartens=gardens((150, 150), (201, 150), name="阳光园"))) == []

    def test_on_one_point(self, town: Make) -> None:
        study = town(
            kindergartens=gardens((150, 150), (900, 150), (900, 150.4), name=["甲", "乙", "丙"])
        )
        assert listed(study) == [
            ["kindergartens", 4, "kindergarten_id", "K2", "same_point", "warning"]
        ]
        assert study.problems["problem"].iloc[0] == ("it lies on the same point as 'K1' 乙 (row 3)")

    def test_of_one_name_on_one_point_are_told_once(self, town: Make) -> None:
        study = town(kindergartens=gardens((150, 150), (150, 150), name="阳光园"))
        assert study.problems["code"].tolist() == ["same_name"]

    def test_all_at_the_town_hall_are_told_against_the_first(self) -> None:
        stacked = gardens(*[(150, 150)] * 400)
        found = repeated_rows(stacked, "kindergartens")
        assert [p.row for p in found] == list(range(3, 402))
        assert {p.problem for p in found} == {"it lies on the same point as 'K0' (row 2)"}

    def test_without_names_are_not_one(self, town: Make) -> None:
        for name in (None, "", "  "):
            assert listed(town(kindergartens=gardens((150, 150), (190, 150), name=name))) == []

    def test_of_large_estates_are_told_by_their_edges(self, town: Make) -> None:
        """Their middles are 620 m apart, a street of 20 m lies between them."""
        two = homes(square(0, 0, 600), square(620, 0, 600), name=["锦绣（南区）", "锦绣(南区)"])
        study = town(communities=two, units=None)
        assert listed(study) == [["communities", 2, "name", "锦绣(南区)", "same_name", "warning"]]
        assert "20 m away" in study.problems["problem"].iloc[0]

    @pytest.mark.parametrize(
        ("one", "other"),
        [("锦绣一期", "锦绣二期"), ("锦绣花园（一期）", "锦绣花园"), ("锦绣A区", "锦绣B区")],
    )
    def test_of_an_estates_phases_are_two_places(self, town: Make, one: str, other: str) -> None:
        two = homes(square(0, 0, 300), square(310, 0, 300), name=[one, other])
        assert listed(town(communities=two)) == []

    def test_of_one_outline_are_one_estate_drawn_twice(self, town: Make) -> None:
        drawn = homes(square(0, 0, 300), square(800, 0, 300), square(4, 0, 300), first_row=7)
        study = town(communities=drawn)
        assert listed(study) == [["communities", 9, "community_id", "C2", "same_shape", "warning"]]
        assert "its outline is that of 'C0' (row 7): they share 99%" in study.problems["problem"][0]

    def test_of_a_small_estate_within_a_large_one_overlap_only(self, town: Make) -> None:
        study = town(communities=homes(square(0, 0, 300), square(20, 20, 60)))
        assert study.problems["code"].tolist() == ["overlap"]

    def test_of_villages_and_candidates_are_told_too(self, town: Make) -> None:
        here = [Point(WEST + 50, SOUTH + 50)] * 2
        villages = layer({"village_id": ["V1", "V2"], "residents": 5, "name": "李家村"}, here)
        sites = layer({"site_id": ["S1", "S2"]}, [square(1000, 0, 50), square(1001, 0, 50)])
        study = town(villages=villages, candidates=sites)
        assert listed(study) == [
            ["villages", 1, "name", "李家村", "same_name", "warning"],
            ["candidates", 1, "site_id", "S2", "same_shape", "warning"],
        ]

    @given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=12))
    def test_are_those_that_a_comparison_of_all_pairs_finds(
        self, rows: list[tuple[int, int]]
    ) -> None:
        frame = gardens(*[(20.0 * x, 0.0) for x, _ in rows], name=[f"园{n}" for _, n in rows])
        expected = set()
        for later, (x, name) in enumerate(rows):
            before = rows[:later]
            if any(n == name and abs(x - at) * 20.0 <= 50.0 for at, n in before):
                expected.add((later + 2, "same_name"))
            if any(at == x for at, _ in before):
                first = next(n for at, n in before if at == x)
                if first != name:
                    expected.add((later + 2, "same_point"))
        found = {(p.row, p.code) for p in repeated_rows(frame, "kindergartens")}
        assert found == expected


class TestOverlaps:
    @pytest.mark.parametrize(
        ("across", "severity", "text"),
        [
            (5, "note", "0.15 ha of it (1.7% of the smaller one)"),
            (60, "warning", "1.80 ha of it (20.0%"),
        ],
    )
    def test_are_told_with_area_and_share(
        self, town: Make, across: float, severity: str, text: str
    ) -> None:
        two = homes(square(0, 0, 300), square(300 - across, 0, 300), name=["甲苑", "乙苑"])
        study = town(communities=two)
        assert listed(study) == [["communities", 2, "community_id", "C1", "overlap", severity]]
        assert text in study.problems["problem"][0]
        assert study.problems["problem"][0].endswith("lie in 'C0' 甲苑 (row 1) too")

    @pytest.mark.parametrize("across", [-20, 0, 2.9])
    def test_of_less_than_a_hundredth_are_neighbours(self, town: Make, across: float) -> None:
        two = homes(square(0, 0, 300), square(300 - across, 0, 300))
        assert listed(town(communities=two)) == []

    @given(
        st.lists(
            st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 20)] * 2), min_size=2, max_size=9
        )
    )
    def test_are_those_that_a_comparison_of_all_pairs_finds(
        self, boxes: list[tuple[int, int, int, int]]
    ) -> None:
        shapes = [box(WEST + x, SOUTH + y, WEST + x + w, SOUTH + y + h) for x, y, w, h in boxes]
        expected = []
        for later, shape in enumerate(shapes):
            for other in shapes[:later]:
                common = shape.intersection(other).area
                least, most = sorted([shape.area, other.area])
                if common > 0.01 * least and common <= 0.9 * most:
                    expected.append((later + 1, "warning" if common > 0.1 * least else "note"))
        found = [(p.row, p.severity) for p in overlapping_rows(homes(*shapes))]
        assert found == expected


class TestArea:
    def test_rows_beyond_the_units_are_told_with_the_distance(self, town: Make) -> None:
        study = town(kindergartens=gardens((150, 150), (950, 150), (400, -1350)))
        assert listed(study) == [
            ["kindergartens", 4, "kindergarten_id", "K2", "outside_area", "warning"]
        ]
        assert study.problems["problem"][0] == "it lies 750 m outside all units"

    def test_rows_just_beyond_a_coarse_outline_are_not_told(self, town: Make) -> None:
        assert listed(town(kindergartens=gardens((150, 150), (400, -690)))) == []

    def test_without_units_the_communities_tell_it(self, town: Make) -> None:
        near = gardens((150, 150), (150, 5200), (150, 5400))
        study = town(units=None, kindergartens=near)
        assert listed(study) == [
            ["kindergartens", 4, "kindergarten_id", "K2", "outside_area", "warning"]
        ]
        assert "it lies 5,100 m outside all communities" in study.problems["problem"][0]

    def test_without_both_nothing_tells_it(self, kindergartens: gpd.GeoDataFrame) -> None:
        assert examine_layers({"kindergartens": kindergartens}, None) == []

    def test_communities_that_the_grid_does_not_reach_are_told(self, town: Make) -> None:
        grid = Grid((10, 10), Affine(100, 0, WEST - 100, 0, -100, SOUTH + 900), TOWN_CRS)
        study = town(population=Population(grid, {"children": np.ones((10, 10))}))
        assert listed(study) == [
            ["communities", row, "community_id", own, "beyond_grid", "warning"]
            for row, own in ((1, "C2"), (2, "C3"))
        ]


class TestNumbers:
    def test_of_places_that_are_none_or_a_thousand(self, town: Make) -> None:
        odd = gardens((150, 150), (950, 150), (1700, 150), (200, 200))
        study = town(kindergartens=odd.assign(places=[0.0, 1000.0, 1001.0, np.nan], classes=4.0))
        assert listed(study) == [
            ["kindergartens", 2, "places", "0", "odd_places", "warning"],
            ["kindergartens", 4, "places", "1001", "odd_places", "warning"],
        ]
        assert study.problems["problem"].tolist() == [
            "it has no places at all",
            "it has more than 1,000 places",
        ]

    def test_of_enrolment_far_over_places_are_told_by_row(self, town: Make) -> None:
        full = gardens((150, 150), (950, 150)).assign(places=[90.0, 9.0], enrolled=[90, 88])
        study = town(kindergartens=full)
        assert listed(study) == [["kindergartens", 3, "enrolled", "88", "over_full", "warning"]]
        assert study.problems["problem"][0] == "88 children are enrolled on 9 places"

    def test_of_enrolment_a_little_over_places_are_noted_together(self, town: Make) -> None:
        places = [(150.0 + 30 * i, 150.0) for i in range(7)]
        study = town(kindergartens=gardens(*places).assign(places=90.0, enrolled=95))
        assert listed(study) == [["kindergartens", pd.NA, "enrolled", "", "over_full", "note"]]
        assert study.problems["problem"][0] == (
            "more children are enrolled than there are places in 7 of 7 rows: "
            "K0, K1, K2, K3, K4 and 2 more"
        )

    def test_of_enrolment_without_places_are_not_compared(self, town: Make) -> None:
        full = gardens((150, 150), (950, 150)).assign(classes=4.0, enrolled=300)
        assert listed(town(kindergartens=full.drop(columns="places"))) == []


def turned(frame: gpd.GeoDataFrame, declared: str) -> gpd.GeoDataFrame:
    """The layer as it lies when its numbers are declared to be of another system."""
    wrong = frame.set_crs(declared, allow_override=True)
    wrong.attrs = {"source": "file.shp", "crs_declared": declared}
    return wrong


class TestElsewhere:
    """A wrong declaration moves a layer as a whole, and its cause is named."""

    def test_a_zone_three_degrees_off(self, town: Make, kindergartens: gpd.GeoDataFrame) -> None:
        study = town(kindergartens=turned(kindergartens, "EPSG:4548"))
        problem = study.problems.iloc[0]
        assert listed(study) == [["kindergartens", pd.NA, "", "", "elsewhere", "warning"]]
        assert problem["source"] == "file.shp"
        assert "304 km from the layer 'communities'" in problem["problem"]
        assert problem["done"] == (
            "used as it is; its numbers fit 'CGCS2000 / 3-degree Gauss-Kruger CM 120E' (EPSG:4549)"
        )

    def test_a_zone_three_degrees_off_where_nobody_wrote_the_declaration(self, town: Make) -> None:
        layers = town().layers
        wrong = turned(layers["kindergartens"], "EPSG:4548").to_crs(TOWN_CRS)
        wrong.attrs = {}
        (problem,) = layers_elsewhere({**layers, "kindergartens": wrong}, None)
        assert "it is 3 degrees of longitude away at the same latitude" in problem.done

    @pytest.mark.parametrize(
        ("numbers", "declared", "cause"),
        [
            ("EPSG:3857", "EPSG:32649", "its numbers fit 'WGS 84 / Pseudo-Mercator' (EPSG:3857)"),
            ("EPSG:4528", "EPSG:4527", "zone 40' (EPSG:4528)"),
            ("EPSG:32651", "EPSG:32650", "its numbers fit 'WGS 84 / UTM zone 51N' (EPSG:32651)"),
            ("EPSG:2385", "EPSG:2384", "Xian 1980 / 3-degree Gauss-Kruger CM 120E"),
        ],
    )
    def test_numbers_of_another_system(
        self, town: Make, units: gpd.GeoDataFrame, numbers: str, declared: str, cause: str
    ) -> None:
        layers = town().layers
        wrong = turned(layers["units"].to_crs(numbers), declared).to_crs(TOWN_CRS)
        wrong.attrs = {"crs_declared": declared}
        found = layers_elsewhere({**layers, "units": wrong}, None)
        assert [(p.layer, p.code) for p in found] == [("units", "elsewhere")]
        assert cause in found[0].done

    def test_longitude_and_latitude_swapped_where_both_are_possible(self, town: Make) -> None:
        """West of 90 E a longitude can be a latitude, and no row is off the earth."""
        layers = {n: f.set_crs("EPSG:4536", allow_override=True) for n, f in town().layers.items()}
        assert layers_elsewhere(layers, None) == []
        lonlat = layers["kindergartens"].to_crs("EPSG:4326").geometry
        turned_points = gpd.GeoSeries(gpd.points_from_xy(lonlat.y, lonlat.x), crs="EPSG:4326")
        layers["kindergartens"] = layers["kindergartens"].set_geometry(
            turned_points.to_crs("EPSG:4536").to_numpy()
        )
        (problem,) = layers_elsewhere(layers, None)
        assert problem.layer == "kindergartens"
        assert problem.done.endswith("its longitude and latitude look swapped")

    def test_east_and_north_swapped(self, town: Make, kindergartens: gpd.GeoDataFrame) -> None:
        points = kindergartens.geometry
        wrong = kindergartens.set_geometry(gpd.points_from_xy(points.y, points.x), crs=TOWN_CRS)
        wrong.attrs = {"crs_declared": TOWN_CRS}
        study = town(kindergartens=wrong)
        assert "with x (east) and y (north) swapped" in "".join(study.problems["done"])

    def test_positions_that_are_missing(self, town: Make) -> None:
        nowhere = gpd.GeoDataFrame(
            {"village_id": ["V1"], "residents": [5]}, geometry=[Point(0, 0)], crs="EPSG:4326"
        )
        layers = town().layers
        study_crs = layers["units"].crs
        found = layers_elsewhere({**layers, "villages": nowhere.to_crs(study_crs)}, None)
        assert found[0].done.endswith(
            "it lies at 0, 0, which stands for positions that are missing"
        )

    def test_no_mistake_that_is_known(self, town: Make) -> None:
        away = layer({"village_id": ["V1"], "residents": [5]}, [Point(WEST + 70e3, SOUTH + 210e3)])
        study = town(villages=away)
        assert listed(study) == [["villages", pd.NA, "", "", "elsewhere", "warning"]]
        assert study.problems["done"][0].endswith("check its crs and the order of its coordinates")

    def test_one_row_is_told_as_a_row(self, town: Make) -> None:
        points = [(150.0, 150.0 + 10 * i) for i in range(30)]
        study = town(kindergartens=gardens(*points, (150, 200_000)))
        assert listed(study) == [
            ["kindergartens", 32, "kindergarten_id", "K30", "outside_area", "warning"]
        ]

    def test_a_grid(self, town: Make) -> None:
        grid = Grid((2, 2), Affine(0.01, 0, 100.0, 0, -0.01, 30.0), "EPSG:4326")
        study = town(population=Population(grid, {"children": np.ones((2, 2))}))
        assert listed(study) == [["population", pd.NA, "", "", "elsewhere", "warning"]]


class TestDeclaredSystems:
    def test_a_drawing_that_counts_from_its_own_corner(
        self, communities: gpd.GeoDataFrame, kindergartens: gpd.GeoDataFrame
    ) -> None:
        drawn = communities.set_geometry(communities.translate(-WEST, 8000 - SOUTH))
        points = kindergartens.set_geometry(kindergartens.translate(-WEST, 8000 - SOUTH))
        study = Study(communities=drawn, kindergartens=points)
        assert listed(study) == [
            ["communities", pd.NA, "", "", "crs_doubt", "warning"],
            ["kindergartens", pd.NA, "", "", "crs_doubt", "warning"],
        ]
        assert (
            "'CGCS2000 / 3-degree Gauss-Kruger CM 120E' is made for" in study.problems["problem"][0]
        )

    def test_the_system_of_another_country(self, kindergartens: gpd.GeoDataFrame) -> None:
        abroad = kindergartens.to_crs("EPSG:4490")
        abroad["geometry"] = [Point(24.9, 60.2), Point(24.91, 60.21)]
        abroad = abroad.set_crs("EPSG:4490", allow_override=True)
        assert Study(kindergartens=abroad).problems["code"].tolist() == ["crs_doubt"]

    def test_a_zone_used_beyond_its_edge(self, kindergartens: gpd.GeoDataFrame) -> None:
        beyond = kindergartens.to_crs("EPSG:4547")
        assert Study(kindergartens=beyond).problems.empty


class TestFiles:
    def test_rows_are_counted_as_in_the_table_that_the_user_sees(self, tmp_path: Path) -> None:
        lines = [
            "幼儿园登记表,,,,,",
            "编号,园名,学位数,在园人数,经度,纬度",
            "K1,阳光园,90,88,120.001,24.401",
            "K2,星星园,0,10,120.004,24.401",
            "K3,阳光园,90,300,120.0012,24.401",
        ]
        (tmp_path / "园.csv").write_text("\n".join(lines), encoding="utf-8")
        (tmp_path / "plan.toml").write_text(
            '[plan]\n[inputs.kindergartens]\npath = "园.csv"\ncrs = "EPSG:4490"\n',
            encoding="utf-8",
        )
        problems = kg.read_study(tmp_path / "plan.toml").problems
        found = problems[problems["severity"] == "warning"]
        assert found[["source", "row", "code"]].to_numpy().tolist() == [
            ["园.csv", 5, "same_name"],
            ["园.csv", 4, "odd_places"],
            ["园.csv", 5, "over_full"],
        ]


def test_neighbours_of_one_name_are_not_compared_each_with_all() -> None:
    """40,000 estates, all of one name: all pairs would be 800 million."""
    side, step = 200, 110.0
    number = np.arange(side * side)
    west, south = WEST + step * (number % side), SOUTH + step * (number // side)
    frame = gpd.GeoDataFrame(
        {"community_id": number.astype(str), "name": "住宅小区"},
        geometry=shapely.box(west, south, west + 100.0, south + 100.0),
        crs=TOWN_CRS,
    )
    assert len(repeated_rows(frame, "communities")) == side * side - 1
    assert overlapping_rows(frame) == []

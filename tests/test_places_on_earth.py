"""Places on the earth: coordinates in texts, columns the wrong way round, zones and their numbers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely import Point, box

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput
from kgspatial.inputs.columns.headers import with_canonical_names
from kgspatial.inputs.coordinates.angles import read_coordinates, read_pairs
from kgspatial.inputs.coordinates.points import with_points
from kgspatial.inputs.coordinates.zones import (
    ZONES,
    check_system,
    fitting_systems,
    swapped,
    zone_numbers,
)
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.tables.read import read_table

FILE = Path("园.csv")
LON, LAT = 117 + 38 / 60 + 49.6 / 3600, 24 + 30 / 60 + 46.8 / 3600


def read_one(text: object, column: str = "lon") -> tuple[float, list[Problem]]:
    cells = pd.Series([text], index=[7], dtype=object)
    numbers, problems = read_coordinates(cells, "kindergartens", column, FILE)
    return float(numbers[7]), problems


def read_two(text: object, column: str = "lon_lat") -> tuple[float, float, list[Problem]]:
    cells = pd.Series([text], index=[7], dtype=object)
    x, y, problems = read_pairs(cells, "kindergartens", column, FILE)
    return float(x[7]), float(y[7]), problems


class TestDegreesMinutesAndSeconds:
    @pytest.mark.parametrize(
        "text",
        [
            "117°38'49.6\"",
            "117°38′49.6″",
            "117° 38′ 49.6″",
            "117°38’49.6”",
            "117º38'49.6''",
            "117˚38´49.6",
            "117度38分49.6秒",
            "东经117°38′49.6″",
            "E117°38'49.6\"",
            "117°38'49.6\"E",
            "１１７°３８′４９．６″",
            "117-38-49.6",
            "117:38:49.6",
            "117 38 49.6",
            "117d38m49.6s",
            "经度：117°38′49.6″",
        ],
    )
    def test_in_the_notations_that_people_use(self, text: str) -> None:
        number, problems = read_one(text)
        assert number == pytest.approx(LON, abs=1e-12)
        assert [p.code for p in problems] == ["numbers_converted"]
        assert text in problems[0].problem

    @pytest.mark.parametrize(
        ("text", "column", "degrees"),
        [
            ("117°38.5'", "lon", 117 + 38.5 / 60),
            ("117°38'", "lon", 117 + 38 / 60),
            ("117.6471°", "lon", 117.6471),
            ("１１７．６", "lon", 117.6),
            ("'117.6471", "lon", 117.6471),
            ("S33.5", "lat", -33.5),
            ("33°30′S", "lat", -33.5),
            ("33 30 00 S", "lat", -33.5),
            ("33°30'30.5S", "lat", -(33.5 + 30.5 / 3600)),
            ("南纬33.5°", "lat", -33.5),
            ("西经70.5", "lon", -70.5),
            ("−33.5", "lat", -33.5),
        ],
    )
    def test_in_part_and_south_of_the_equator(self, text: str, column: str, degrees: float) -> None:
        assert read_one(text, column)[0] == pytest.approx(degrees, abs=1e-12)

    @pytest.mark.parametrize(
        "text",
        [
            "117°60'00\"",
            "117°38'60\"",
            "117.5°30'",
            "北纬24.5",
            "-33.5S",
            "117.6.4",
            "117,6471",
            "中山路1号",
            "E117.6E",
            "°",
        ],
    )
    def test_what_is_no_longitude_is_listed_and_not_guessed(self, text: str) -> None:
        number, problems = read_one(text)
        assert np.isnan(number)
        first = problems[0]
        assert (first.code, first.severity, first.row) == ("not_a_value", "warning", 7)
        assert (first.column, first.value) == ("lon", text)

    @pytest.mark.parametrize("text", ["-", "无", "", " ", None])
    def test_a_cell_that_says_nothing_is_no_problem(self, text: str | None) -> None:
        number, problems = read_one(text)
        assert np.isnan(number)
        assert problems == []

    @pytest.mark.parametrize(
        ("text", "metres"),
        [
            ("2,712,345.67", 2712345.67),
            ("39，458，123.5", 39458123.5),
            ("500000米", 500000.0),
            ("458.123 km", 458123.0),
            ("４５８１２３", 458123.0),
        ],
    )
    def test_metres_may_have_separators_and_units(self, text: str, metres: float) -> None:
        assert read_one(text, "x")[0] == metres

    @given(st.integers(-179_999_999, 179_999_999), st.sampled_from(["signs", "letters", "spaces"]))
    def test_there_and_back(self, millionths: int, how: str) -> None:
        degrees = abs(millionths) / 1e6
        whole, minutes = int(degrees), int(degrees % 1 * 60)
        seconds = f"{(degrees % 1 * 60 - minutes) * 60:.6f}"
        if seconds == "60.000000":
            return  # a rounding that no one writes down
        form = {"signs": "{}°{}′{}″", "letters": "{}d{}m{}s", "spaces": "{} {} {}"}[how]
        text = form.format(whole, minutes, seconds)
        side = {"signs": ("西经", "东经"), "letters": ("W", "E"), "spaces": ("w ", "e ")}[how]
        number, _ = read_one(side[millionths >= 0] + text)
        assert number == pytest.approx(millionths / 1e6, abs=1e-9)


class TestTwoInOneCell:
    @pytest.mark.parametrize(
        "text",
        [
            "117.6,24.5",
            "117.6，24.5",
            "117.6；24.5",
            " 117.6 , 24.5 ",
            "117.6 24.5",
            "117.6、24.5",
            "117.6/24.5",
            "(117.6, 24.5)",
            "[117.6,24.5]",
            "（117.6，24.5）",
            "POINT (117.6 24.5)",
            "117.6\n24.5",
            "１１７．６，２４．５",
            "N24.5 E117.6",
            "24.5N,117.6E",
            "24.5N,117.6",
            "北纬24°30′，东经117°36′",
            "东经117°36′北纬24°30′",
            "117°36'00\"E24°30'00\"N",
            "E117.6°N24.5°",
            "117 36 00, 24 30 00",
            "经度：117.6，纬度：24.5",
        ],
    )
    def test_however_they_are_parted(self, text: str) -> None:
        x, y, _ = read_two(text)
        assert (x, y) == (pytest.approx(117.6), pytest.approx(24.5))

    def test_the_column_says_the_order_where_the_cell_does_not(self) -> None:
        assert read_two("24.5,117.6", "lat_lon")[:2] == (117.6, 24.5)
        assert read_two("24.5,117.6", "lon_lat")[:2] == (24.5, 117.6)

    @pytest.mark.parametrize(
        "text", ["117.6", "117.6,24.5,12", "x,y", "E117.6,E24.5", "117.6,", "24°30′"]
    )
    def test_what_is_no_pair_is_listed(self, text: str) -> None:
        x, y, problems = read_two(text)
        assert np.isnan(x)
        assert np.isnan(y)
        assert [p.code for p in problems] == ["not_a_value"]
        assert problems[0].value == text

    def test_plain_pairs_are_not_called_converted(self) -> None:
        assert read_two("117.6,24.5")[2] == []
        assert [p.code for p in read_two("E117.6 N24.5")[2]] == ["numbers_converted"]

    @given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from([",", "，", ";", " ", "、"]))
    def test_there_and_back(self, lon: float, lat: float, between: str) -> None:
        x, y, _ = read_two(f"{lon:.9f}{between}{lat:.9f}")
        assert (x, y) == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))


def points_of(
    tmp_path: Path, text: str, crs: str | None = "EPSG:4490", **columns: str
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """A table as `read_layer` reads it, up to its points."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    declared = LayerInput(str(path), crs=crs, columns=columns or None)
    table, _ = read_table(path, "kindergartens", declared)
    named, _ = with_canonical_names(table, "kindergartens", declared, path)
    return with_points(named, "kindergartens", declared, path)


def rows(*pairs: tuple[object, object]) -> str:
    return "".join(f"园{i},90,{a},{b}\n" for i, (a, b) in enumerate(pairs))


class TestPointsOfATable:
    HEAD = "园名,学位,经度,纬度\n"

    def test_a_row_without_both_coordinates_has_no_point(self, tmp_path: Path) -> None:
        text = self.HEAD + rows((117.6, 24.5), (117.6, ""), ("无", 24.5), ("", ""))
        frame, problems = points_of(tmp_path, text)
        assert frame.geometry.tolist() == [Point(117.6, 24.5), None, None, None]
        assert problems == []

    def test_the_declared_system_chooses_between_degrees_and_metres(self, tmp_path: Path) -> None:
        text = "园名,学位,经度,纬度,X,Y\n园,90,117.6,24.5,560812,2710694\n"
        degrees, said = points_of(tmp_path, text)
        assert degrees.geometry.x.tolist() == [117.6]
        assert [p.code for p in said] == ["columns_ambiguous"]
        assert "'经度' and '纬度'; 'X', 'Y' are not used" in said[0].problem
        metres, said = points_of(tmp_path, text, crs="EPSG:4548")
        assert metres.geometry.x.tolist() == [560812]
        assert "'X' and 'Y'; '经度', '纬度' are not used" in said[0].problem

    def test_columns_that_are_empty_leave_the_place_to_others(self, tmp_path: Path) -> None:
        text = '园名,学位,经度,纬度,坐标\n园,90,,,"117.6,24.5"\n'
        assert points_of(tmp_path, text)[0].geometry.tolist() == [Point(117.6, 24.5)]

    def test_without_coordinate_columns_all_columns_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="it has 园名, 学位, 地址") as caught:
            points_of(tmp_path, "园名,学位,地址\n园,90,中山路\n")
        assert 'lon = "经度"' in caught.value.hint

    @pytest.mark.parametrize(
        ("name", "system"), [("百度经度", "BD-09"), ("高德经度", "GCJ-02"), ("lon_gcj02", "GCJ-02")]
    )
    def test_a_column_that_names_a_web_map_is_doubted_under_another_system(
        self, tmp_path: Path, name: str, system: str
    ) -> None:
        text = f"园名,学位,{name},纬度\n园,90,117.6,24.5\n"
        _, problems = points_of(tmp_path, text, lon=name)
        assert [(p.code, p.severity, p.column) for p in problems] == [
            ("crs_doubt", "warning", name)
        ]
        assert f'crs = "{system}"' in problems[0].done
        assert points_of(tmp_path, text, crs=system, lon=name)[1] == []


class TestTheWrongWayRound:
    def test_all_rows_in_degrees_are_refused_with_what_to_write(self, tmp_path: Path) -> None:
        text = "园名,学位,经度,纬度\n" + rows((24.5, 117.6), (24.6, 117.7))
        for crs in ("EPSG:4490", "EPSG:4326", "GCJ-02", None):
            with pytest.raises(InputError, match="look swapped in every row") as caught:
                points_of(tmp_path, text, crs=crs)
            assert 'columns = { lon = "纬度", lat = "经度" }' in caught.value.hint
        fixed, _ = points_of(tmp_path, text, lon="纬度", lat="经度")
        assert fixed.geometry.iloc[0] == Point(117.6, 24.5)

    def test_pairs_are_refused_with_what_to_write(self, tmp_path: Path) -> None:
        text = '园名,学位,经纬度\n园,90,"24.5,117.6"\n'
        with pytest.raises(InputError, match="longitude and latitude look swapped") as caught:
            points_of(tmp_path, text)
        assert 'columns = { lat_lon = "经纬度" }' in caught.value.hint
        assert points_of(tmp_path, text, lat_lon="经纬度")[0].geometry.x.tolist() == [117.6]

    @pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4527", "EPSG:2384", "EPSG:32650"])
    def test_north_in_the_column_x_is_refused_with_what_to_write(
        self, tmp_path: Path, crs: str
    ) -> None:
        x, y = Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(117.6, 24.5)
        text = "园名,学位,X坐标,Y坐标\n" + rows((y, x), (y + 500, x + 300))
        with pytest.raises(InputError, match=r"x \(east\) and y \(north\) look swapped") as caught:
            points_of(tmp_path, text, crs=crs)
        assert 'columns = { x = "Y坐标", y = "X坐标" }' in caught.value.hint

    def test_north_first_is_seen_under_a_system_of_another_zone_number(
        self, tmp_path: Path
    ) -> None:
        text = "园名,学位,X,Y\n" + rows((2710694, 39560812))
        with pytest.raises(InputError, match="look swapped"):
            points_of(tmp_path, text, crs="EPSG:4548")

    def test_some_rows_are_listed_and_used_as_they_are(self, tmp_path: Path) -> None:
        text = "园名,学位,经度,纬度\n" + rows((117.6, 24.5), (24.5, 117.6), (117.7, 24.6))
        frame, problems = points_of(tmp_path, text)
        assert frame.geometry.tolist()[1] == Point(24.5, 117.6)
        assert [(p.code, p.severity, p.row, p.column) for p in problems] == [
            ("swapped", "warning", 3, "经度")
        ]
        assert "exchange them in the file" in problems[0].done

    def test_most_rows_are_refused_and_counted(self, tmp_path: Path) -> None:
        text = "园名,学位,经度,纬度\n" + rows((117.6, 24.5), (24.5, 117.6), (24.6, 117.7))
        with pytest.raises(InputError, match="look swapped in 2 of 3 rows"):
            points_of(tmp_path, text)

    @pytest.mark.parametrize(
        ("lon", "lat", "crs"),
        [
            (24.94, 60.17, "EPSG:4326"),  # Helsinki
            (-43.94, -19.92, "EPSG:4326"),  # Belo Horizonte
            (25_496_000, 6_672_000, "EPSG:3879"),
            (610_000, 7_796_000, "EPSG:31983"),
            (652_000, 6_862_000, "EPSG:2154"),
            (3_500_000, 540_000, "EPSG:3857"),  # Juba
            (169_000, 2_544_000, "EPSG:3826"),  # Tainan
            (560_812, 2_710_694, "EPSG:4548"),
            (39_560_812, 2_710_694, "EPSG:4527"),
        ],
    )
    def test_what_is_right_is_left_alone_anywhere(self, lon: float, lat: float, crs: str) -> None:
        assert not swapped(np.array([lon]), np.array([lat]), CRS(crs)).any()

    @pytest.mark.parametrize(
        ("east", "north", "crs"),
        [
            (25_496_000, 6_672_000, "EPSG:3879"),
            (610_000, 7_796_000, "EPSG:31983"),
            (652_000, 6_862_000, "EPSG:2154"),
            (169_000, 2_544_000, "EPSG:3826"),
            (24.94, 60.17, "EPSG:4258"),  # ETRS89, Europe
        ],
    )
    def test_outside_china_the_area_of_the_system_tells(
        self, east: float, north: float, crs: str
    ) -> None:
        assert swapped(np.array([north]), np.array([east]), CRS(crs)).all()

    @settings(max_examples=25)
    @given(st.floats(73.6, 134.7), st.floats(18.2, 53.5))
    def test_everywhere_in_china(self, lon: float, lat: float) -> None:
        for crs in ("EPSG:4490", "EPSG:4326"):
            assert swapped(np.array([lat]), np.array([lon]), CRS(crs)).all()
            assert not swapped(np.array([lon]), np.array([lat]), CRS(crs)).any()
        zone = 25 + round((lon - 75) / 3)
        for code in (4488 + zone, 4534 + zone - 25):
            crs = CRS.from_epsg(code)
            x, y = Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lon, lat)
            assert swapped(np.array([y]), np.array([x]), crs).all()
            assert not swapped(np.array([x]), np.array([y]), crs).any()


def gardens(crs: str, *points: tuple[float, float]) -> gpd.GeoDataFrame:
    index = pd.RangeIndex(2, 2 + len(points))
    return gpd.GeoDataFrame(index=index, geometry=[Point(p) for p in points], crs=crs)


def check(frame: gpd.GeoDataFrame, declared: str | None = None) -> list[Problem]:
    return check_system(frame, "kindergartens", declared, FILE)


def refused(frame: gpd.GeoDataFrame, declared: str | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        check(frame, declared)
    assert caught.value.source == str(FILE)
    return caught.value


class TestZones:
    @pytest.mark.parametrize("datum", list(ZONES))
    def test_the_codes_are_those_of_the_epsg_register(self, datum: int) -> None:
        for zones in ZONES[datum]:
            for number in range(zones.first, zones.last + 1):
                meridian = number * 3 if zones.width_deg == 3 else number * 6 - 3
                for start, easting in ((zones.numbered, number * 1e6), (zones.plain, 0.0)):
                    crs = CRS.from_epsg(start + number - zones.first)
                    values = {p.name: p.value for p in crs.coordinate_operation.params}
                    assert crs.geodetic_crs.to_epsg() == datum
                    assert values["Longitude of natural origin"] == meridian
                    assert values["False easting"] == easting + 500_000

    @pytest.mark.parametrize(
        ("declared", "easting", "code"),
        [
            ("EPSG:4548", 39_560_812, "EPSG:4527"),  # Zhangzhou, 117 E
            ("EPSG:4545", 36_551_000, "EPSG:4524"),  # Nanning, 108 E
            ("EPSG:4548", 20_560_812, "EPSG:4498"),  # a six-degree zone, 117 E
            ("EPSG:4547", 39_560_812, "EPSG:4527"),  # of the neighbouring zone
            ("EPSG:2384", 39_560_812, "EPSG:2363"),  # Xian 1980
            ("EPSG:2436", 39_560_812, "EPSG:2415"),  # Beijing 1954
            ("EPSG:32650", 39_560_812, "EPSG:4527"),
            ("EPSG:4527", 38_560_812, "EPSG:4526"),
        ],
    )
    def test_a_number_in_front_that_the_system_has_not(
        self, declared: str, easting: float, code: str
    ) -> None:
        frame = gardens(declared, (easting, 2_710_694), (easting + 900, 2_711_000))
        error = refused(frame, declared)
        number = int(easting // 1e6)
        assert f"begin with the zone number {number}, but '{declared}' has" in str(error)
        assert f'crs = "{code}"' in error.hint
        assert check(frame.set_crs(code, allow_override=True), code) == []

    @pytest.mark.parametrize(
        ("declared", "code"),
        [
            ("EPSG:4527", "EPSG:4548"),
            ("EPSG:4526", "EPSG:4547"),
            ("EPSG:4498", "EPSG:4509"),
            ("EPSG:2363", "EPSG:2384"),
            ("EPSG:21420", "EPSG:21460"),
        ],
    )
    def test_a_number_in_the_system_that_is_not_in_front(self, declared: str, code: str) -> None:
        error = refused(gardens(declared, (560_812, 2_710_694)), declared)
        assert "have no zone number in front" in str(error)
        assert f'crs = "{code}"' in error.hint

    def test_what_fits_is_let_pass(self) -> None:
        for code, x in ((4548, 560_812), (4527, 39_560_812), (4498, 20_560_812), (4509, 560_812)):
            assert check(gardens(f"EPSG:{code}", (x, 2_710_694))) == []

    def test_a_system_of_the_file_is_called_by_its_name(self) -> None:
        error = refused(gardens("EPSG:4548", (39_560_812, 2_710_694)))
        assert "'CGCS2000 / 3-degree Gauss-Kruger CM 117E' has none" in str(error)

    def test_polygons_are_looked_at_too(self) -> None:
        square = box(39_560_000, 2_710_000, 39_560_900, 2_710_900)
        frame = gpd.GeoDataFrame(geometry=[square, None], crs="EPSG:4548")
        assert "EPSG:4527" in refused(frame).hint

    def test_a_few_rows_are_listed(self) -> None:
        good = [(560_000 + i, 2_710_000) for i in range(3)]
        frame = gardens("EPSG:4548", *good, (39_560_812, 2_710_694))
        (problem,) = check(frame)
        assert (problem.code, problem.severity, problem.row) == ("zone_number", "warning", 5)
        assert "the zone number 39" in problem.problem
        frame = gardens("EPSG:4527", *[(39e6 + x, y) for x, y in good], (560_812, 2_710_694))
        (problem,) = check(frame)
        assert "no zone number in front, unlike other rows (the zone number 39)" in problem.problem

    def test_systems_that_are_no_zones_are_let_pass(self) -> None:
        local = "+proj=tmerc +lon_0=117.6 +x_0=60000 +y_0=-2650000 +ellps=GRS80"
        assert check(gardens(local, (39_560_812, 60_000))) == []
        assert check(gardens("EPSG:3879", (25_496_000, 6_672_000))) == []
        assert check(gardens("EPSG:3857", (13_096_000, 2_815_000))) == []

    @given(st.floats(73.7, 134.7), st.floats(18.2, 53.4))
    def test_the_number_is_read_everywhere_in_china(self, lon: float, lat: float) -> None:
        zone = 25 + round((lon - 75) / 3)
        to = Transformer.from_crs("EPSG:4490", f"EPSG:{4488 + zone}", always_xy=True)
        x, y = to.transform(np.array([lon]), np.array([lat]))
        assert zone_numbers(x, y).tolist() == [zone]
        assert zone_numbers(x - zone * 1e6, y).tolist() == [0]
        assert f"EPSG:{4488 + zone}" in fitting_systems(gardens("EPSG:4326", (x[0], y[0])))


class TestDegreesAndMetres:
    @pytest.mark.parametrize("declared", ["EPSG:4548", "EPSG:3857", "EPSG:32650"])
    def test_degrees_in_a_system_of_metres(self, declared: str) -> None:
        error = refused(gardens(declared, (117.6, 24.5), (117.7, 24.5)), declared)
        assert f"are degrees, but '{declared}' has metres" in str(error)
        assert "EPSG:4490" in error.hint

    @pytest.mark.parametrize(
        ("point", "advice"),
        [
            ((39_560_812, 2_710_694), 'crs = "EPSG:4527"'),
            ((20_560_812, 2_710_694), 'crs = "EPSG:4498"'),
            ((13_096_389, 2_814_800), 'crs = "EPSG:3857"'),
            ((560_812, 2_710_694), "EPSG:4534 (75 E)"),
            ((25_496_000, 6_672_000), 'crs = "EPSG:..."'),
        ],
    )
    def test_metres_in_a_system_of_degrees(self, point: tuple[float, float], advice: str) -> None:
        for declared in ("EPSG:4490", "EPSG:4326", "GCJ-02"):
            crs = "EPSG:4326" if declared == "GCJ-02" else declared
            error = refused(gardens(crs, point), declared)
            assert f"are metres, but '{declared}' has degrees" in str(error)
            assert advice in error.hint

    def test_web_mercator_and_a_western_zone_are_both_named_where_both_fit(self) -> None:
        to_metres = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
        frame = gardens("EPSG:4326", to_metres.transform(121.4, 37.5))  # Yantai, or Kashgar
        assert fitting_systems(frame) == ["EPSG:4491", "EPSG:3857"]
        hint = refused(frame).hint
        assert 'crs = "EPSG:4491" or crs = "EPSG:3857"' in hint

    def test_nothing_is_said_of_a_layer_without_places(self) -> None:
        frame = gpd.GeoDataFrame(geometry=[None, shapely.Point()], crs="EPSG:4490")
        assert check(frame) == []
        assert fitting_systems(frame) == []
        assert check(gardens("EPSG:4548", (0.0, 0.0))) == []

    def test_north_in_x_is_seen_in_spatial_files_too(self) -> None:
        error = refused(gardens("EPSG:4548", (2_710_694, 560_812)))
        assert "x and y of the layer 'kindergartens' look swapped" in str(error)
        assert check(gardens("EPSG:4326", (117.6, 24.5))) == []

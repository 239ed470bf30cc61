"""Checks: every row of a layer is used, or listed with what is wrong with it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from kgspatial.errors import InputError
from kgspatial.inputs import (
    check_layer,
    problem_table,
)
from kgspatial.layers import LAYERS

WGS84 = "EPSG:4326"
GARDENS = LAYERS["kindergartens"]


def layer(*shapes: object, spec: str = "kindergartens", **columns: object) -> gpd.GeoDataFrame:
    spec_ = LAYERS[spec]
    ids = {spec_.id_column: [f"r{i}" for i in range(len(shapes))]} if spec_.id_column else {}
    table = {**ids, **columns}
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:4549")


def checked_layer(*shapes: object, spec: str = "kindergartens", **columns: object):
    frame, problems = check_layer(layer(*shapes, spec=spec, **columns), LAYERS[spec])
    return frame, problem_table(problems)


HERE = Point(500_000, 2_700_000)
BOW_TIE = Polygon(
    [(500_000, 2_700_000), (500_100, 2_700_100), (500_100, 2_700_000), (500_000, 2_700_050)]
)
SPIKED = Polygon(
    [(0, 0), (100, 0), (100, 100), (52, 100), (52, 110), (54, 99), (50, 100), (0, 100)]
)
SPIKED = shapely.transform(SPIKED, lambda xy: xy + np.array([5e5, 27e5]))


class TestShapes:
    @pytest.mark.parametrize(
        ("shape", "code"),
        [
            (None, "no_geometry"),
            (Point(), "no_geometry"),
            (LineString([(5e5, 27e5), (5e5, 28e5)]), "wrong_geometry"),
            (MultiPoint([(5e5, 27e5), (5e5, 28e5)]), "wrong_geometry"),
            (Point(np.inf, 27e5), "bad_coordinates"),
            (Point(5e5, 9e9), "bad_coordinates"),
        ],
    )
    def test_a_row_without_a_usable_one_is_left_out_and_listed(
        self, shape: object, code: str
    ) -> None:
        frame, problems = checked_layer(HERE, shape, places=[5, 6])
        assert frame["kindergarten_id"].tolist() == ["r0"]
        assert problems[["row", "code", "done"]].values.tolist() == [[1, code, "row left out"]]

    def test_swapped_coordinates_are_called_by_their_name(self) -> None:
        table = {"kindergarten_id": ["a", "b"], "places": [5, 5]}
        shapes = [Point(120.1, 23.2), Point(23.2, 120.1)]
        raw = gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)
        frame, problems = check_layer(raw, GARDENS)
        assert len(frame) == 1
        assert "longitude and latitude look swapped" in problems[0].problem
        with pytest.raises(InputError, match="swapped") as caught:
            check_layer(raw.iloc[1:], GARDENS)
        assert caught.value.row == 1
        assert "other way round" in caught.value.hint

    def test_metres_declared_as_degrees_end_with_what_to_check(self) -> None:
        raw = layer(HERE, places=[5]).set_crs(WGS84, allow_override=True)
        with pytest.raises(InputError, match="do not lie on the earth") as caught:
            check_layer(raw, GARDENS)
        assert "Check crs" in caught.value.hint

    def test_a_local_system_that_nobody_can_place_is_refused(self) -> None:
        local = 'LOCAL_CS["独立坐标系",UNIT["metre",1]]'
        raw = layer(HERE, places=[5]).set_crs(local, allow_override=True)
        with pytest.raises(InputError, match="where on the earth '独立坐标系' lies"):
            check_layer(raw, GARDENS)

    def test_a_crossing_outline_is_repaired_and_its_change_stated(self) -> None:
        frame, problems = checked_layer(SPIKED, spec="communities")
        assert frame.geometry.is_valid.all()
        assert frame.geometry.area.iloc[0] == pytest.approx(1e4, rel=0.01)
        assert problems["code"].tolist() == ["invalid_geometry"]
        assert "its area changed by" in problems["done"].iloc[0]

    def test_a_repair_that_would_change_much_of_the_area_is_refused(self) -> None:
        frame, problems = checked_layer(SPIKED, BOW_TIE, spec="communities")
        assert len(frame) == 1
        last = problems.iloc[-1]
        assert (last["row"], last["code"], last["severity"]) == (1, "invalid_geometry", "error")
        assert "would change its area by 40%" in last["problem"]

    def test_an_outline_without_area_is_left_out(self) -> None:
        line = Polygon([(5e5, 27e5), (5.001e5, 27e5), (5e5, 27e5)])
        frame, problems = checked_layer(box(5e5, 27e5, 5.1e5, 27.1e5), line, spec="communities")
        assert len(frame) == 1
        assert problems["code"].tolist() == ["no_area"]

    def test_a_street_without_length_is_left_out(self) -> None:
        street = LineString([(5e5, 27e5), (5e5, 28e5)])
        stump = LineString([(5e5, 27e5), (5e5, 27e5)])
        frame, problems = checked_layer(street, stump, spec="streets")
        assert len(frame) == 1
        assert problems["code"].tolist() == ["no_length"]

    def test_heights_are_dropped_and_single_parts_unpacked(self) -> None:
        shapes = [Point(5e5, 27e5, 88.0), MultiPoint([(5e5, 27e5)])]
        frame, problems = checked_layer(*shapes, places=[1, 2])
        assert not len(problems)
        assert frame.geometry.to_list() == [HERE, HERE]

    def test_multipolygons_are_kept_whole(self) -> None:
        parts = MultiPolygon([box(0, 0, 9, 9), box(20, 0, 29, 9)])
        frame, _ = checked_layer(
            shapely.transform(parts, lambda c: c + np.array([5e5, 27e5])), spec="units"
        )
        assert frame.geometry.area.tolist() == [162.0]


class TestValues:
    def test_numbers_written_as_text_are_numbers(self) -> None:
        texts = ["30 ", "30", " 1e2", "45.0"]
        frame, problems = checked_layer(*[HERE] * 4, places=texts)
        assert frame["places"].tolist() == [30, 30, 100, 45]
        assert not len(problems)

    @pytest.mark.parametrize(
        ("value", "number"),
        [
            ("约30", 30),
            ("1,200", 1200),
            ("30人", 30),
            ("３６０", 360),
            ("三百六十", 360),
            ("1.2万", 12000),
        ],
    )
    def test_what_planners_write_for_a_number_is_converted_and_listed(
        self, value: str, number: float
    ) -> None:
        frame, problems = checked_layer(HERE, HERE, places=["5", value])
        assert frame["places"].tolist() == [5, number]
        first = problems.iloc[0]
        assert (first["code"], first["severity"], first["row"]) == ("numbers_converted", "note", 1)
        assert f"{value}, read as {number}" in first["problem"]

    @pytest.mark.parametrize("value", ["-", "无", "N/A", "——", "待定"])
    def test_a_word_for_nothing_is_missing_and_listed(self, value: str) -> None:
        frame, problems = checked_layer(HERE, HERE, places=["5", value])
        assert np.isnan(frame["places"].iloc[1])
        assert problems["code"].tolist() == ["no_value", "missing_value"]

    @pytest.mark.parametrize("value", ["inf", "很多", "1.2.3", "30/60", "2亩"])
    def test_what_is_no_number_is_listed_and_the_row_kept(self, value: str) -> None:
        frame, problems = checked_layer(HERE, HERE, places=["5", value])
        assert np.isnan(frame["places"].iloc[1])
        first = problems.iloc[0]
        assert (first["row"], first["column"], first["value"]) == (1, "places", value)
        assert first["problem"] == "expected a number"
        assert problems["code"].tolist() == ["not_a_value", "missing_value"]

    @pytest.mark.parametrize(
        ("column", "value", "expected"),
        [
            ("places", -30, "expected 0 or more"),
            ("opened_year", 20, "expected 1900 to 2100"),
            ("opened_year", 2019.55, "expected a whole number"),
            ("kind", "私塾", "expected one of public, inclusive, private"),
            ("licensed", "也许", "expected true or false (是/否)"),
            ("places", pd.Timestamp("2020-01-01"), "expected a number"),
        ],
    )
    def test_a_value_outside_its_limits_is_left_out_and_listed(
        self, column: str, value: object, expected: str
    ) -> None:
        columns = {"places": [5], column: [value]}
        frame, problems = checked_layer(HERE, **columns)
        assert frame[column].isna().all()
        assert problems["problem"].iloc[0] == expected
        assert problems["done"].iloc[0] == "value left out"

    def test_yes_and_no_are_read_in_both_languages(self) -> None:
        words = ["是", "否", "TRUE", "no", "1", None, " 有 "]
        frame, problems = checked_layer(*[HERE] * 7, places=5, licensed=words)
        assert frame["licensed"].tolist() == [True, False, True, False, True, pd.NA, True]
        assert not len(problems)

    def test_words_for_kinds_are_read_and_said(self) -> None:
        words = ["公办", "教育部门办", "普惠性民办", "民办普惠", "营利性民办", "public", None]
        frame, problems = checked_layer(*[HERE] * 7, places=5, kind=words)
        known = ["public", "public", "inclusive", "inclusive", "private", "public", None]
        assert frame["kind"].tolist() == known
        assert problems["code"].tolist() == ["values_recognised"]
        assert "民办普惠 = inclusive" in problems["problem"].iloc[0]

    def test_minban_alone_is_private_where_inclusive_ones_are_told_apart(self) -> None:
        frame, _ = checked_layer(*[HERE] * 3, places=5, kind=["民办", "普惠性民办", "公办"])
        assert frame["kind"].tolist() == ["private", "inclusive", "public"]

    def test_minban_alone_is_unclear_where_nothing_tells(self) -> None:
        frame, problems = checked_layer(HERE, HERE, places=5, kind=["民办", "公办"])
        assert frame["kind"].tolist() == [None, "public"]
        unclear = problems[problems["code"] == "unclear_kind"].iloc[0]
        assert (unclear["row"], unclear["severity"]) == (0, "warning")

    def test_minban_is_told_by_the_column_of_inclusive_ones(self) -> None:
        columns = {
            "kind": ["民办", "民办园", "民办", "公办"],
            "inclusive": ["是", "否", None, "是"],
        }
        frame, problems = checked_layer(*[HERE] * 4, places=5, **columns)
        assert frame["kind"].tolist() == ["inclusive", "private", None, "public"]
        assert problems["code"].tolist().count("unclear_kind") == 1

    def test_a_licence_number_is_a_licence(self) -> None:
        numbers = ["教民123号", "无", None, "/"]
        frame, problems = checked_layer(*[HERE] * 4, places=5, licence_number=numbers)
        assert frame["licensed"].tolist() == [True, False, pd.NA, False]
        assert problems["code"].tolist() == ["derived"]

    def test_classes_by_age_add_up_where_no_total_is_given(self) -> None:
        columns = {"classes_junior": [1, "2班", None], "classes_senior": [2, 3, None]}
        frame, problems = checked_layer(*[HERE] * 3, classes=[9, None, None], **columns)
        assert frame["classes"].tolist()[:2] == [9, 5]
        assert np.isnan(frame["classes"].iloc[2])
        assert "derived" in problems["code"].tolist()

    def test_whole_numbers_as_ids_lose_their_decimal_point(self) -> None:
        frame, _ = checked_layer(HERE, HERE, places=5, name=[3.0, np.nan])
        assert frame["name"].tolist() == ["3", None]
        assert checked_layer(HERE, places=5, name=[1e300])[0]["name"].tolist() == ["1e+300"]

    def test_a_kindergarten_without_places_and_classes_is_listed(self) -> None:
        _, problems = checked_layer(HERE, HERE, places=[5, None])
        assert problems["problem"].tolist() == ["places or classes is not given"]

    def test_unknown_columns_are_left_aside(self) -> None:
        frame, _ = checked_layer(HERE, places=[5], 备注=["x"])
        assert "备注" not in frame


class TestIds:
    def test_repeated_and_missing_ids_get_one_of_their_own(self) -> None:
        frame, problems = checked_layer(
            *[HERE] * 5, kindergarten_id=["a", "a", None, " ", "a#1"], places=5
        )
        assert frame["kindergarten_id"].tolist() == ["a", "a#1#", "row-2", "row-3", "a#1"]
        assert problems["code"].tolist() == ["repeated_id", "missing_id", "missing_id"]

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [HERE, None, Point(), Point(np.nan, 1.0), BOW_TIE, SPIKED, Point(5e5, 1e8)]
                ),
                st.sampled_from(["a", "b", None, "", "a#1", "row-1", "3.0"]),
                st.one_of(st.none(), st.text(max_size=4), st.integers(-5, 400).map(str)),
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_every_row_is_used_or_listed(self, rows: list[tuple]) -> None:
        shapes, ids, places = zip(*rows, strict=True)
        usable = {id(HERE), id(SPIKED)}
        table = {"kindergarten_id": ids, "places": list(places)}
        raw = gpd.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:4549")
        if not usable & set(map(id, shapes)):
            with pytest.raises(InputError, match="no row"):
                check_layer(raw, GARDENS)
            return
        frame, problems = check_layer(raw, GARDENS)
        left_out = [p for p in problems if p.done == "row left out"]
        assert len(frame) + len(left_out) == len(rows)
        assert frame["kindergarten_id"].is_unique
        assert frame["kindergarten_id"].notna().all()
        assert (frame["places"].isna() | (frame["places"] >= 0)).all()


class TestDoor:
    def test_a_missing_required_column_is_named_with_those_that_are_there(self) -> None:
        raw = layer(HERE, places=[5]).rename(columns={"kindergarten_id": "编号"})
        raw.attrs["source"] = "园.shp"
        with pytest.raises(InputError, match="lacks the required column") as caught:
            check_layer(raw, GARDENS)
        assert caught.value.source == "园.shp"
        assert "Its columns: 编号, places" in caught.value.hint
        assert 'columns = { kindergarten_id = "..." }' in caught.value.hint

    def test_places_or_classes_must_be_there(self) -> None:
        with pytest.raises(InputError, match="places or classes"):
            check_layer(layer(HERE), GARDENS)

    def test_a_layer_without_a_system(self) -> None:
        raw = layer(HERE, places=[5]).set_crs(None, allow_override=True)
        with pytest.raises(InputError, match="set_crs"):
            check_layer(raw, GARDENS)

    def test_a_layer_without_rows(self) -> None:
        with pytest.raises(InputError, match="empty"):
            check_layer(layer(HERE, places=[5]).iloc[:0], GARDENS)

    def test_a_layer_without_geometry(self) -> None:
        with pytest.raises(InputError, match="no geometry column"):
            check_layer(gpd.GeoDataFrame({"kindergarten_id": ["a"]}), GARDENS)

    def test_a_plain_table(self) -> None:
        with pytest.raises(InputError, match="must be a GeoDataFrame, not DataFrame"):
            check_layer(pd.DataFrame({"a": [1]}), GARDENS)  # type: ignore[arg-type]

    def test_a_column_that_is_there_twice(self) -> None:
        raw = layer(HERE, places=[5], name=["x"])
        raw.columns = ["kindergarten_id", "places", "places", "geometry"]
        with pytest.raises(InputError, match="more than one column 'places'"):
            check_layer(raw, GARDENS)

    @pytest.mark.parametrize("index", [["x", "y"], [7, 7]])
    def test_rows_are_counted_from_1_where_the_index_does_not_count(self, index: list) -> None:
        raw = layer(HERE, HERE, places=[5, -1]).set_axis(index, axis=0)
        _, problems = check_layer(raw, GARDENS)
        assert [p.row for p in problems] == [2, 2]

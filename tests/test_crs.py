"""Coordinate systems: what is known by name, and a projected system chosen from the area."""

from __future__ import annotations

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely import Point

from kgspatial.errors import InputError
from kgspatial.inputs import parse_crs, projected_crs
from kgspatial.inputs.coordinates.crs import check_metric

GEOD = Geod(ellps="WGS84")


class TestProjectedCrs:
    @pytest.mark.parametrize(
        ("bounds", "code"),
        [
            ((116.3, 39.8, 116.6, 40.0), 4548),  # Beijing: 117 E
            ((120.1, 22.9, 120.6, 23.4), 4549),  # Tainan: 120 E
            ((75.9, 39.4, 76.1, 39.6), 4534),  # Kashgar: 75 E
            ((134.0, 48.0, 134.8, 48.5), 4554),  # Fuyuan: 135 E
            ((2.2, 48.8, 2.5, 49.0), 32631),  # Paris
            ((-58.6, -34.7, -58.3, -34.5), 32721),  # Buenos Aires
        ],
    )
    def test_is_the_zone_of_the_area(
        self, bounds: tuple[float, float, float, float], code: int
    ) -> None:
        assert projected_crs(bounds).to_epsg() == code

    @pytest.mark.parametrize("west", [118.4, 5.9, 2.0])
    def test_across_zones_is_a_transverse_mercator_of_the_areas_own_centre(
        self, west: float
    ) -> None:
        found = projected_crs((west, 30.0, west + 4.2, 31.0))
        assert f"lon_0={west + 2.1:.4f}" in found.to_string()
        assert "Transverse_Mercator_of" in found.name
        assert check_metric(found) == found
        assert CRS(found.to_string()) == found

    @settings(deadline=None, max_examples=60)
    @given(st.floats(75.0, 133.0), st.floats(4.0, 52.0), st.floats(0, 360))
    def test_a_kilometre_is_a_kilometre(self, lon: float, lat: float, bearing: float) -> None:
        lon2, lat2, _ = GEOD.fwd(lon, lat, bearing, 1000.0)
        crs = projected_crs((min(lon, lon2), min(lat, lat2), max(lon, lon2), max(lat, lat2)))
        start, end = gpd.GeoSeries([Point(lon, lat), Point(lon2, lat2)], crs="EPSG:4326").to_crs(
            crs
        )
        assert start.distance(end) == pytest.approx(1000, abs=0.5)

    @pytest.mark.parametrize("text", ["EPSG:4490", "EPSG:3857", "EPSG:3395", "EPSG:2263"])
    def test_what_has_no_metres_on_the_ground_is_refused(self, text: str) -> None:
        with pytest.raises(InputError, match="not metres on the ground"):
            check_metric(CRS(text))


@pytest.mark.parametrize("text", ["EPSG:4490", "4490", "CGCS2000", "WGS 84", "Beijing 1954"])
def test_codes_and_whole_names_are_known(text: str) -> None:
    assert parse_crs(text).crs.is_geographic


@pytest.mark.parametrize("text", ["EPSG:99999", "EPSG:4479", "beijing", "", 3.5])
def test_an_unknown_system_is_refused_with_what_can_be_written(text: object) -> None:
    with pytest.raises(InputError, match="EPSG:4490"):
        parse_crs(text, source="plan.toml")


@pytest.mark.parametrize(("text", "name"), [("gcj02", "GCJ-02"), ("BD_09", "BD-09")])
def test_the_systems_of_web_maps_are_known_in_any_spelling(text: str, name: str) -> None:
    assert parse_crs(text).shifted == name

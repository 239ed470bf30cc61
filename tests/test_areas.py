"""The rectangle of a study area: what of a raster has to be read, and what does not widen it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.areas import MARGIN_M, Area, study_area

EARTH = Geod(ellps="WGS84")
XIAMEN = (118.05, 24.43, 118.20, 24.55)


def layer(*shapes: object, crs: object = "EPSG:4326") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def points(*lonlat: tuple[float, float]) -> gpd.GeoDataFrame:
    return layer(*(shapely.Point(p) for p in lonlat))


def area(**layers: gpd.GeoDataFrame) -> Area:
    found = study_area(layers)
    assert found is not None
    return found


def margins(found: Area, inner: tuple[float, float, float, float]) -> list[float]:
    """Metres from each side of the inner rectangle to the found one."""
    west, south, east, north = inner
    lat, lon = (south + north) / 2, (west + east) / 2
    sides = [
        ((found.west, lat), (west, lat), 1 if found.west <= west else -1),
        ((lon, found.south), (lon, south), 1 if found.south <= south else -1),
        ((east, lat), (found.east, lat), 1 if found.east >= east else -1),
        ((lon, north), (lon, found.north), 1 if found.north >= north else -1),
    ]
    return [sign * EARTH.inv(*a, *b)[2] for a, b, sign in sides]


def near(found: Area, inner: tuple[float, float, float, float], *, slack: float = 30.0) -> bool:
    return all(MARGIN_M - 1 <= m <= MARGIN_M + slack for m in margins(found, inner))


class TestMargin:
    @given(
        lon=st.floats(74, 134),
        lat=st.floats(-60, 60),
        size=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
        metres=st.floats(1, 20_000),
    )
    def test_is_never_smaller_than_asked_for(
        self, lon: float, lat: float, size: tuple[float, float], metres: float
    ) -> None:
        inner = Area(lon, lat, lon + size[0], lat + size[1])
        wide = inner.widened(metres)
        corners = [(x, y) for x in (inner.west, inner.east) for y in (inner.south, inner.north)]
        for x, y in corners:
            side = wide.west if x == inner.west else wide.east
            assert EARTH.inv(x, y, side, y)[2] >= metres
            end = wide.south if y == inner.south else wide.north
            assert EARTH.inv(x, y, x, end)[2] >= metres

    def test_stops_at_the_poles(self) -> None:
        wide = Area(0, 89.9, 1, 90).widened(50_000)
        assert wide.north == 90
        assert np.isfinite([wide.west, wide.east]).all()


class TestLayers:
    def test_of_units_tell_the_area_with_a_margin(self) -> None:
        assert near(area(units=layer(shapely.box(*XIAMEN))), XIAMEN)

    @pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4548", "EPSG:4527", "EPSG:32650"])
    def test_may_be_in_any_system(self, crs: str) -> None:
        units = layer(shapely.box(*XIAMEN)).to_crs(crs)
        assert near(area(units=units), XIAMEN, slack=250)  # the box of a turned box is larger

    def test_are_units_before_all_others(self) -> None:
        others = points((118.1, 24.5), (118.24, 24.5), (121.0, 31.0))
        found = area(kindergartens=others, units=layer(shapely.box(*XIAMEN)))
        assert near(found, (XIAMEN[0], XIAMEN[1], 118.24, XIAMEN[3]))

    def test_of_communities_and_villages_tell_it_together(self) -> None:
        communities = layer(shapely.box(118.10, 24.48, 118.11, 24.49))
        villages = points((118.6, 24.9), (118.2, 24.6))
        assert near(area(communities=communities, villages=villages), (118.10, 24.48, 118.6, 24.9))

    def test_of_kindergartens_alone_tell_it(self) -> None:
        found = area(kindergartens=points(XIAMEN[:2], XIAMEN[2:]))
        assert near(found, XIAMEN)

    def test_that_say_nothing_of_the_area_are_not_asked(self) -> None:
        assert study_area({"streets": points((118.1, 24.5)), "hazards": points((1, 1))}) is None
        assert study_area({}) is None

    def test_without_a_place_on_the_earth_tell_nothing(self) -> None:
        metres_as_degrees = points((500_000.0, 2_700_000.0))
        assert study_area({"kindergartens": metres_as_degrees}) is None
        empty = layer(shapely.Point(), None)
        assert study_area({"kindergartens": empty}) is None
        assert near(area(units=empty, kindergartens=points(XIAMEN[:2], XIAMEN[2:])), XIAMEN)

    def test_in_a_system_that_lies_nowhere_are_refused(self) -> None:
        local = CRS('LOCAL_CS["城建坐标系",UNIT["metre",1]]')
        with pytest.raises(InputError, match="where on the earth '城建坐标系' lies"):
            study_area({"units": layer(shapely.Point(1, 1), crs=local)})


class TestWrongRows:
    TOWN = tuple((118.05 + 0.01 * i, 24.43 + 0.008 * i) for i in range(16))
    INNER = (118.05, 24.43, 118.20, 24.55)

    @pytest.mark.parametrize(
        "wrong", [(0.0, 0.0), (24.5, 88.0), (116.4, 39.9), (121.5, 24.5), (np.inf, 24.5)]
    )
    @pytest.mark.parametrize("name", ["units", "communities", "villages", "kindergartens"])
    def test_do_not_widen_it(self, name: str, wrong: tuple[float, float]) -> None:
        assert near(area(**{name: points(*self.TOWN, wrong)}), self.INNER)
        assert near(area(**{name: points(wrong, wrong, *self.TOWN)}), self.INNER)

    def test_of_another_layer_do_not_widen_it(self) -> None:
        found = area(
            communities=points(*self.TOWN), kindergartens=points(self.TOWN[3], (119.0, 25.4))
        )
        assert near(found, self.INNER)

    def test_are_not_rows_of_a_wide_county(self) -> None:
        """Ruoqiang is 400 km wide: its far towns belong to it."""
        towns = points((86.0, 36.5), (88.2, 39.0), (90.0, 38.3), (91.0, 37.0), (90.8, 39.8))
        assert near(area(units=towns), (86.0, 36.5, 91.0, 39.8), slack=60)

    def test_are_not_an_island_beyond_the_sea(self) -> None:
        town = points(*self.TOWN, (118.9, 24.9))
        assert near(area(communities=town), (118.05, 24.43, 118.9, 24.9))


class TestSystems:
    def test_hold_the_whole_rectangle(self) -> None:
        found = Area(*XIAMEN)
        for code in (4548, 4549, 32650, 3857):
            crs = CRS.from_epsg(code)
            west, south, east, north = found.in_crs(crs)
            edge = np.linspace(0, 1, 50)
            ring = shapely.box(*XIAMEN).exterior.interpolate(edge, normalized=True)
            inside = gpd.GeoSeries(ring, crs=4326).to_crs(crs)
            assert inside.x.between(west - 0.5, east + 0.5).all()
            assert inside.y.between(south - 0.5, north + 0.5).all()

    def test_that_do_not_reach_it_give_no_bounds(self) -> None:
        far = CRS("+proj=ortho +lon_0=-60 +ellps=GRS80")  # the earth as seen from the other side
        assert not np.isfinite(Area(*XIAMEN).in_crs(far)).any()

    def test_that_lie_nowhere_are_refused(self) -> None:
        local = CRS('LOCAL_CS["城建坐标系",UNIT["metre",1]]')
        with pytest.raises(InputError, match="where on the earth"):
            Area(*XIAMEN).in_crs(local, source="pop.tif")

"""Catchments: who is inside, what the polygons show, and what more reach can never do."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from shapely import LineString, Point, box

import kgspatial as kg
from kgspatial.balance import allocate
from kgspatial.errors import InputError
from kgspatial.supply import kindergarten_supply
from kgspatial.travel import (
    TravelMatrix,
    catchments,
    filled,
    nearest_members,
    radius_areas,
    reached,
    snap_points,
    straight,
    street_areas,
    street_network,
    street_reach,
    thiessen_areas,
)
from kgspatial.travel.catchments import hull_areas, joined_areas, within_districts

CRS = "EPSG:4549"
SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "plan.toml"
quick = settings(deadline=None, max_examples=40)
AREA = box(-50, -50, 1050, 1050)


class Town:
    """Demand points and kindergartens at random, with straight walks between them."""

    def __init__(self, seed: int, points: int = 14, gardens: int = 5) -> None:
        random = np.random.default_rng(seed)
        self.points = gpd.GeoDataFrame(
            {
                "demand_id": [f"p{i:02d}" for i in range(points)],
                "children": random.integers(0, 30, points) + 0.5,
            },
            geometry=[Point(p) for p in random.uniform(0, 1000, (points, 2))],
            crs=CRS,
        )
        self.gardens = gpd.GeoDataFrame(
            {
                "kindergarten_id": [f"k{i}" for i in range(gardens)],
                "places": random.integers(0, 90, gardens).astype(float),
            },
            geometry=[Point(p) for p in random.uniform(0, 1000, (gardens, 2))],
            crs=CRS,
        )
        self.travel = straight(self.points, self.gardens, limit_m=500)


towns = st.integers(0, 2**31).map(Town)


class TestMembers:
    @quick
    @given(towns, st.floats(50, 500))
    def test_within_the_limit_is_inside(self, town: Town, limit: float) -> None:
        found = reached(town.travel, limit=limit).toarray() > 0
        for i, a in enumerate(town.points.geometry):
            for j, b in enumerate(town.gardens.geometry):
                assert found[i, j] == (a.distance(b) <= limit)

    def test_beyond_the_matrix_nothing_is_known(self) -> None:
        with pytest.raises(InputError, match="ends at 500"):
            reached(Town(1).travel, limit=600)

    @quick
    @given(towns)
    def test_each_point_goes_to_its_nearest(self, town: Town) -> None:
        found = nearest_members(town.travel).toarray()
        for i, a in enumerate(town.points.geometry):
            apart = [a.distance(b) for b in town.gardens.geometry]
            expected = {int(np.argmin(apart))} if min(apart) <= 500 else set()
            assert set(np.flatnonzero(found[i])) == expected

    def test_equally_near_kindergartens_are_settled_by_id_not_by_row(self) -> None:
        csr = sparse.csr_array(np.array([[100.0, 100.0]]))
        found = nearest_members(TravelMatrix(csr, ["p"], ["k2", "k1"], 500))
        assert found.toarray().tolist() == [[0, 1]]

    @quick
    @given(towns)
    def test_places_fill_from_near_to_far(self, town: Town) -> None:
        children = town.points["children"].to_numpy()
        places = town.gardens["places"].to_numpy()
        members, residual = filled(town.travel, children, places)
        taken = members.toarray()
        np.testing.assert_allclose(taken.sum(axis=1) + residual, children)
        assert (taken.sum(axis=0) <= places + 1e-9).all()
        left, room = children.copy(), places.copy()
        pairs = town.travel.csr.tocoo()
        expected = np.zeros(taken.shape)
        for _, i, j in sorted(zip(pairs.data, pairs.row, pairs.col, strict=True)):
            expected[i, j] = min(left[i], room[j])
            left[i] -= expected[i, j]
            room[j] -= expected[i, j]
        np.testing.assert_allclose(taken, expected)
        for i, j in zip(pairs.row, pairs.col, strict=True):  # nobody waits beside a free place
            assert left[i] < 1e-9 or room[j] < 1e-9
        assert taken.sum() <= allocate(town.travel, children, places).sum() + 1e-6

    def test_all_children_of_a_district_belong_to_its_kindergartens(self) -> None:
        districts = gpd.GeoDataFrame(
            {"unit_id": ["w", "e"]},
            geometry=[box(0, 0, 500, 1000), box(500, 0, 1000, 1000)],
            crs=CRS,
        )
        town = Town(3)
        found = within_districts(town.points, town.gardens, districts).toarray() > 0
        west = [town.points.geometry.x < 500, town.gardens.geometry.x < 500]
        np.testing.assert_array_equal(found, np.equal.outer(*map(np.asarray, west)))


class TestPolygons:
    @quick
    @given(towns)
    def test_thiessen_polygons_fill_the_area_and_hold_what_is_nearest(self, town: Town) -> None:
        cells = thiessen_areas(town.gardens, area=AREA)
        assert cells.area.sum() == pytest.approx(AREA.area)
        assert shapely.union_all(cells.to_numpy()).symmetric_difference(AREA).area < 1e-3
        for point in town.points.geometry:
            apart = [point.distance(b) for b in town.gardens.geometry]
            assert cells.iloc[int(np.argmin(apart))].distance(point) < 1e-6

    def test_kindergartens_at_one_place_have_one_cell(self) -> None:
        town = Town(2)
        twice = town.gardens.iloc[[0, 0, 1]]
        cells = thiessen_areas(twice, area=AREA)
        assert cells.iloc[0].equals(cells.iloc[1])
        alone = thiessen_areas(town.gardens.iloc[[0]], area=AREA)
        assert alone.iloc[0].equals(AREA)

    def test_hulls_and_unions_hold_their_members(self) -> None:
        town = Town(4)
        members = nearest_members(town.travel)
        hulls = hull_areas(members, town.points)
        unions = joined_areas(members, thiessen_areas(town.points, area=AREA))
        for i, j in zip(*members.nonzero(), strict=True):
            point = town.points.geometry.iloc[i]
            assert hulls.iloc[j].distance(point) < 1e-6
            assert unions.iloc[j].distance(point) < 1e-6
        assert unions.area.sum() == pytest.approx(shapely.union_all(unions.to_numpy()).area)

    def test_a_circle_ends_where_the_walk_with_its_detour_does(self) -> None:
        (circle,) = radius_areas(Town(1).gardens.iloc[[0]], limit_m=650, detour=1.3)
        assert circle.area == pytest.approx(np.pi * 500**2, rel=0.01)


def reach(lines: list, start: tuple, limits: list[float]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(geometry=[LineString(s) for s in lines], crs=CRS)
    network = street_network(frame)
    return street_reach(network, snap_points(network, np.array([start])), limits=limits)


class TestIsochrones:
    def test_a_street_is_reached_as_far_as_the_walk_goes(self) -> None:
        found = reach([[(0, 0), (1000, 0)]], (400, 30), [300])
        assert found.length.tolist() == pytest.approx([540])
        assert found.total_bounds[[0, 2]].tolist() == pytest.approx([130, 670])

    def test_a_block_walked_around_from_both_sides_keeps_a_gap(self) -> None:
        block = [(0, 0), (300, 0), (300, 300), (0, 300), (0, 0)]
        found = reach([block], (0, 0.0), [500])
        assert found.length.tolist() == pytest.approx([1000])
        assert reach([block], (0, 0.0), [600]).length.tolist() == pytest.approx([1200])

    def test_side_streets_are_reached_in_part(self) -> None:
        found = reach([[(0, 0), (1000, 0)], [(200, 0), (200, 900)]], (0, 0), [500])
        assert found.length.tolist() == pytest.approx([500 + 300])

    def test_several_limits_nest_and_rings_do_not_overlap(self) -> None:
        lines = [[(100 * i, 0), (100 * i, 900)] for i in range(10)]
        lines += [[(0, 100 * i), (900, 100 * i)] for i in range(10)]
        network = street_network(gpd.GeoDataFrame(geometry=[LineString(s) for s in lines], crs=CRS))
        starts = snap_points(network, np.array([[450.0, 410.0], [100.0, 100.0]]))
        limits = [300.0, 500.0, 800.0]
        areas = street_areas(network, starts, limits=limits, beside_m=20)
        rings = street_areas(network, starts, limits=limits, beside_m=20, rings=True)
        for start in (0, 1):
            own = areas[areas["start"] == start].geometry.to_list()
            cut = rings[rings["start"] == start].geometry.to_list()
            assert all(b.buffer(1e-6).contains(a) for a, b in itertools.pairwise(own))
            assert sum(r.area for r in cut) == pytest.approx(own[-1].area)
        assert any(len(p.interiors) for p in shapely.get_parts(areas.geometry.to_numpy()))

    def test_hulls_nest_and_hold_the_streets_that_are_reached(self) -> None:
        study = kg.read_study(SAMPLE)
        network = street_network(study.streets)
        at = shapely.get_coordinates(study.kindergartens.geometry)[:6]
        starts, limits = snap_points(network, at), [300.0, 700.0]
        hulls = street_areas(network, starts, limits=limits, hull=True).geometry
        lines = street_reach(network, starts, limits=limits).geometry
        assert (lines.difference(hulls.buffer(0.01)).length < 1e-3 * lines.length).all()
        assert (hulls[:6].difference(hulls[6:], align=False).area < 1e-3).all()

    @pytest.mark.parametrize("limits", [[], [-5.0], [0.0, 100.0]])
    def test_limits_that_cannot_be_are_refused(self, limits: list[float]) -> None:
        with pytest.raises(InputError, match="limit"):
            reach([[(0, 0), (9, 0)]], (0, 0), limits)

    def test_without_kindergartens_nothing_is_drawn(self) -> None:
        network = street_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9, 0)])], crs=CRS))
        assert not len(street_areas(network, snap_points(network, np.zeros((0, 2))), limits=[100]))

    def test_a_start_on_no_street_reaches_nothing(self) -> None:
        network = street_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9, 0)])], crs=CRS))
        starts = snap_points(network, np.array([[0.0, 900.0], [0.0, 5.0]]))
        areas = street_areas(network, starts, limits=[100.0])
        assert areas.is_empty.tolist() == [True, False]

    @quick
    @given(st.integers(0, 2**31), st.floats(100, 900))
    def test_all_and_only_what_the_walk_reaches_is_drawn(self, seed: int, limit: float) -> None:
        random = np.random.default_rng(seed)
        ends = random.uniform(0, 900, (8, 2, 2))
        network = street_network(gpd.GeoDataFrame(geometry=[LineString(e) for e in ends], crs=CRS))
        school = gpd.GeoDataFrame(
            {"kindergarten_id": ["k"]}, geometry=[Point(random.uniform(0, 900, 2))], crs=CRS
        )
        starts = snap_points(network, shapely.get_coordinates(school.geometry), limit_m=500)
        lines = street_reach(network, starts, limits=[limit]).geometry.iloc[0]
        places = [
            s.interpolate(q, normalized=True) for s in network.shapes for q in (0.2, 0.5, 0.9)
        ]
        homes = gpd.GeoDataFrame(geometry=places, crs=CRS)
        walks = kg.travel.street(
            homes, school, streets=network, limit_m=5000, snap_m=500
        ).csr.tocoo()
        metres = np.full(len(homes), np.inf)
        metres[walks.row] = walks.data
        clear = np.abs(metres - limit) > 1e-3
        inside = np.array([lines.distance(p) < 1e-6 for p in places])
        np.testing.assert_array_equal(inside[clear], (metres <= limit)[clear])


METHODS = ("radius", "nearest", "thiessen", "fill", "district", "reach")


def drawn(town: Town, method: str, **more: object) -> kg.travel.Catchments:
    districts = gpd.GeoDataFrame(geometry=[box(0, 0, 500, 1000), box(500, 0, 1000, 1000)], crs=CRS)
    return catchments(
        town.points, town.gardens, town.travel, method=method, districts=districts, outline=AREA, **more
    )  # fmt: skip


class TestCatchments:
    @quick
    @given(towns)
    def test_counts_are_those_of_a_loop(self, town: Town) -> None:
        found = drawn(town, "radius").areas
        within = {
            (i, j)
            for i, a in enumerate(town.points.geometry)
            for j, b in enumerate(town.gardens.geometry)
            if a.distance(b) <= 500
        }
        children = town.points["children"]
        for j, row in found.iterrows():
            own = [i for i, k in within if k == j]
            alone = [i for i in own if sum(p == i for p, _ in within) == 1]
            assert row["children"] == pytest.approx(children.iloc[own].sum())
            assert row["only_children"] == pytest.approx(children.iloc[alone].sum())
            assert row["shared_children"] + row["only_children"] == pytest.approx(row["children"])
            if own:
                assert row["ratio"] == pytest.approx(100 * row["places"] / row["children"])
            else:
                assert np.isnan(row["ratio"])

    @quick
    @given(towns, st.sampled_from(METHODS))
    def test_children_inside_and_residual_are_all_children(self, town: Town, method: str) -> None:
        found = drawn(town, method)
        total = town.points["children"].sum()
        assert found.children_share == pytest.approx(1 - found.residual.sum() / total)
        assert found.residual.min() >= -1e-9
        assert 0 <= found.area_share <= 1 + 1e-9
        assert len(found.areas) == len(town.gardens)

    @quick
    @given(towns, st.floats(60, 400), st.floats(1, 100))
    def test_a_longer_limit_never_lowers_coverage(
        self, town: Town, limit: float, more: float
    ) -> None:
        near, far = (drawn(town, "radius", limit_m=m) for m in (limit, limit + more))
        assert far.children_share >= near.children_share
        assert far.area_share >= near.area_share - 1e-12

    @quick
    @given(towns, st.sampled_from(["radius", "nearest", "fill", "reach"]))
    def test_one_more_kindergarten_never_lowers_coverage(self, town: Town, method: str) -> None:
        every = drawn(town, method).children_share
        fewer = Town.__new__(Town)
        fewer.points, fewer.gardens = town.points, town.gardens.iloc[:-1]
        fewer.travel = town.travel.to_destinations(np.arange(len(town.gardens) - 1))
        assert every >= drawn(fewer, method).children_share - 1e-9

    @quick
    @given(towns, st.sampled_from(METHODS), st.integers(0, 9))
    def test_the_order_of_rows_does_not_matter(self, town: Town, method: str, seed: int) -> None:
        random = np.random.default_rng(seed)
        mixed = Town.__new__(Town)
        mixed.points = town.points.iloc[random.permutation(len(town.points))]
        mixed.gardens = town.gardens.iloc[random.permutation(len(town.gardens))]
        mixed.travel = straight(mixed.points, mixed.gardens, limit_m=500)
        tables = [
            drawn(t, method).areas.set_index("kindergarten_id").sort_index() for t in (town, mixed)
        ]
        for column in ("children", "only_children", "ratio"):
            np.testing.assert_allclose(tables[0][column], tables[1][column])
        np.testing.assert_allclose(tables[0].area, tables[1].area, rtol=1e-6, atol=1e-3)

    @quick
    @given(towns)
    def test_doubling_places_and_children_leaves_ratios(self, town: Town) -> None:
        twice = Town.__new__(Town)
        twice.points = town.points.assign(children=2 * town.points["children"])
        twice.gardens = town.gardens.assign(places=2 * town.gardens["places"])
        twice.travel = town.travel
        for method in ("radius", "nearest", "fill"):
            one, other = (drawn(t, method).areas for t in (town, twice))
            np.testing.assert_allclose(one["ratio"], other["ratio"])
            np.testing.assert_allclose(one["exclusive_share"], other["exclusive_share"])

    def test_the_limit_holds_for_nearest_and_fill_as_well(self) -> None:
        town = Town(6)
        far = town.travel.csr.data > 200
        for method in ("nearest", "fill"):
            members = drawn(town, method, limit_m=200).members.toarray() > 0
            rows = np.repeat(np.arange(14), np.diff(town.travel.csr.indptr))
            assert not members[rows[far], town.travel.csr.indices[far]].any()

    def test_a_pair_to_which_nobody_is_sent_is_no_member(self) -> None:
        town = Town(6)
        sent = sparse.csr_array((np.array([3.0, 0.0]), ([0, 0], [0, 1])), shape=(14, 5))
        found = drawn(town, "assigned", assignment=sent).areas
        assert found["only_children"].tolist() == [3, 0, 0, 0, 0]

    def test_overlapping_districts_are_settled_by_id_not_by_row(self) -> None:
        town, whole = Town(3), [box(0, 0, 1000, 1000), box(0, 0, 500, 1000)]
        first = gpd.GeoDataFrame({"unit_id": ["b", "a"]}, geometry=whole, crs=CRS)
        one, other = (
            within_districts(town.points, town.gardens, d).toarray()
            for d in (first, first.iloc[::-1])
        )
        np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("method", ["assigned", "street"])
    def test_what_a_method_needs_is_asked_for(self, method: str) -> None:
        with pytest.raises(InputError, match="need"):
            drawn(Town(1), method)


def test_on_the_sample_children_inside_are_children_reached() -> None:
    study = kg.read_study(SAMPLE)
    demand = kg.estimate_demand(study)
    travel = kg.measure_travel(study, demand, method="street")
    gardens = kindergarten_supply(study, year=2025)
    outline = shapely.union_all(study.units.geometry.to_numpy())
    found = catchments(demand.points, gardens, travel, method="street", outline=outline)
    children = demand.points["children"].to_numpy()
    assert found.children_share == pytest.approx(children[travel.reached].sum() / children.sum())
    wider = radius_areas(gardens, limit_m=800 + 100)
    assert (found.areas.difference(wider.reset_index(drop=True)).area < 1).all()
    sent = allocate(travel, children, gardens["places"])
    given_out = catchments(demand.points, gardens, travel, method="assigned", assignment=sent)
    assert given_out.residual.sum() == pytest.approx(children.sum() - sent.sum())

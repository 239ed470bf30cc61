"""The walking network: what joins, what passes over, what cuts."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

import kgspatial as kg
from kgspatial.errors import InputError
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.readers import read_layer
from kgspatial.travel import StreetNetwork, street_network

CRS = "EPSG:4549"
SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "plan.toml"
HELSINKI = Path(__file__).parents[2] / "shared" / "data" / "helsinki" / "Helsinki.osm.pbf"
quick = settings(deadline=None, max_examples=40)

corners = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(
    lambda p: (100.0 * p[0], 100.0 * p[1])
)
lines = st.lists(
    st.lists(corners, min_size=2, max_size=4, unique=True).map(LineString), min_size=1, max_size=8
)


def streets(shapes: list, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def network(*shapes: list, crossings: str = "at_grade", **columns: list) -> StreetNetwork:
    made = [LineString(s) if isinstance(s, list) else s for s in shapes]
    return street_network(streets(made, **columns), crossings=crossings)


def parts(found: StreetNetwork) -> int:
    return len(np.unique(found.component))


EAST = [(0, 0), (200, 0)]
NORTH = [(100, -100), (100, 100)]


class TestWhatJoins:
    def test_lines_that_cross_at_grade_join(self) -> None:
        found = network(EAST, NORTH)
        assert (len(found.nodes), len(found.tail), parts(found)) == (5, 4, 1)

    def test_lines_that_cross_without_a_shared_vertex_do_not_join_in_openstreetmap(self) -> None:
        assert parts(network(EAST, NORTH, crossings="shared")) == 2
        shared = [(100, -100), (100, 0), (100, 100)]
        assert parts(network([(0, 0), (100, 0), (200, 0)], shared, crossings="shared")) == 1

    def test_where_a_layer_came_from_decides(self) -> None:
        frame = streets([LineString(EAST), LineString(NORTH)])
        assert parts(street_network(frame)) == 1
        frame.attrs["source"] = "city.osm.pbf"
        assert parts(street_network(frame)) == 2

    @pytest.mark.parametrize("what", ["bridge", "tunnel"])
    def test_a_bridge_does_not_join_what_it_passes_over_but_joins_at_its_ends(
        self, what: str
    ) -> None:
        before, after = [(-100, 0), (0, 0)], [(200, 0), (300, 0)]
        flags = {what: [True, False, False, False]}
        found = network(EAST, NORTH, before, after, **flags)
        assert parts(found) == 2
        assert np.bincount(found.component).tolist() == [4, 2]

    def test_a_bridge_may_begin_in_the_middle_of_a_street(self) -> None:
        assert parts(network(EAST, [(100, 0), (100, 100)], bridge=[False, True])) == 1

    def test_a_path_that_ends_under_a_bridge_does_not_join_it(self) -> None:
        assert parts(network(EAST, [(100, 0), (100, 100)], bridge=[True, False])) == 2

    def test_lines_on_different_levels_do_not_join_where_they_cross(self) -> None:
        assert parts(network(EAST, NORTH, level=[0, 1])) == 2
        assert parts(network(EAST, NORTH, level=[1, 1])) == 1
        assert parts(network(EAST, NORTH, level=[None, 1])) == 1

    @pytest.mark.parametrize(("miss", "joined"), [(0.0, 1), (0.4, 1), (-0.4, 1), (0.6, 2)])
    def test_an_end_that_just_misses_a_street_meets_it(self, miss: float, joined: int) -> None:
        assert parts(network(EAST, [(100, miss), (100, 100)])) == joined

    def test_ends_that_just_miss_each_other_meet(self) -> None:
        found = network(EAST, [(200.3, 0.2), (300, 0)])
        assert (parts(found), len(found.nodes)) == (1, 3)

    def test_a_line_that_crosses_itself_joins_itself_unless_it_is_a_bridge(self) -> None:
        loop = [(0, 0), (200, 0), (200, 100), (100, 100), (100, -100)]
        assert len(network(loop).nodes) == 3
        assert len(network(loop, bridge=[True]).nodes) == 2

    def test_a_ring_is_an_edge_from_a_node_to_itself(self) -> None:
        found = network([(0, 0), (100, 0), (100, 100), (0, 0)])
        assert len(found.nodes) == 1
        assert found.tail == found.head

    def test_lines_that_run_together_join_where_they_meet_and_part(self) -> None:
        found = network([(0, 0), (300, 0)], [(100, 0), (200, 0)])
        assert parts(found) == 1
        assert found.metres.sum() == pytest.approx(400)

    def test_a_line_of_several_pieces_and_with_height_is_taken_as_it_lies(self) -> None:
        pieces = MultiLineString([[(0, 0, 5), (100, 0, 90)], [(100, 0, 90), (100, 50, 0)]])
        found = network(pieces)
        assert found.metres.tolist() == [100, 50]
        assert found.rows.tolist() == [0, 0]

    def test_vertices_that_nobody_shares_are_no_nodes(self) -> None:
        assert len(network([(0, 0), (10, 5), (20, 0), (30, 5)]).nodes) == 2


class TestBarriers:
    RIVER = LineString([(100, -500), (100, 500)])

    def test_a_river_without_a_bridge_cuts(self) -> None:
        found = network(EAST, self.RIVER, barrier=[None, "river"])
        assert parts(found) == 2
        assert found.metres.sum() == pytest.approx(200)

    def test_a_bridge_joins_what_a_river_cuts(self) -> None:
        bridge = [(0, 50), (200, 50)]
        banks = [(0, 0), (0, 50)], [(200, 0), (200, 50)]
        found = network(
            EAST, bridge, *map(list, banks), self.RIVER,
            bridge=[False, True, False, False, False],
            barrier=[None, None, None, None, "river"],
        )  # fmt: skip
        assert parts(found) == 1

    def test_a_wall_that_ends_at_a_street_does_not_cut_it(self) -> None:
        wall = LineString([(100, 0), (100, 500)])
        assert parts(network(EAST, wall, barrier=[None, "wall"])) == 1

    def test_a_river_in_pieces_that_meet_on_a_street_cuts_it(self) -> None:
        pieces = LineString([(100, -500), (100, 0)]), LineString([(100, 0), (100, 500)])
        assert parts(network(EAST, *pieces, barrier=[None, "river", "river"])) == 2

    def test_no_way_leads_through_a_junction_on_a_barrier(self) -> None:
        arms = [[(100, 0), (0, 0)], [(100, 0), (200, 0)], [(100, 0), (150, 80)]]
        found = network(*arms, self.RIVER, barrier=[None, None, None, "railway"])
        assert parts(found) == 3

    def test_a_street_cut_twice_keeps_its_middle(self) -> None:
        second = LineString([(150, -500), (150, 500)])
        found = network(EAST, self.RIVER, second, barrier=[None, "river", "railway"])
        assert sorted(found.metres.tolist()) == pytest.approx([50, 50, 100])
        assert parts(found) == 3

    def test_on_the_sample_the_river_parts_what_its_bridges_join(self) -> None:
        layer = kg.read_study(SAMPLE).streets
        dry = layer[~layer["bridge"].fillna(False).astype(bool)]
        assert parts(street_network(layer)) == 1
        assert parts(street_network(dry)) == 2


class TestTagsAndLengths:
    def test_motorways_and_closed_ways_are_not_walked_and_are_counted(self) -> None:
        words = {
            "highway": ["motorway", "footway", "steps", "高速公路", None, "支路", "residential"],
            "foot": [None, None, None, None, None, None, "no"],
        }
        rows = [[(0, 10.0 * i), (100, 10.0 * i)] for i in range(7)]
        found = network(*rows, **words)
        assert sorted(found.rows.tolist()) == [1, 2, 4, 5]
        (problem,) = found.problems["problem"]
        assert "3 of 7" in problem

    def test_a_stated_length_counts_where_it_can_be_one(self) -> None:
        found = network(
            EAST, [(0, 50), (200, 50)], [(0, 99), (200, 99)], length_m=[250, 0.002, None]
        )
        assert found.metres.tolist() == [250, 200, 200]
        assert found.problems["code"].tolist() == ["odd_lengths"]

    def test_a_stated_length_is_shared_by_the_pieces_of_its_line(self) -> None:
        found = network(EAST, NORTH, length_m=[300, None])
        assert sorted(found.metres.tolist()) == [100, 100, 150, 150]

    def test_degrees_are_refused(self) -> None:
        with pytest.raises(InputError):
            street_network(streets([LineString(EAST)]).set_crs(4490, allow_override=True))


class TestAnyStreets:
    @quick
    @given(lines)
    def test_metres_are_conserved(self, shapes: list) -> None:
        found = network(*shapes)
        walked = sum(
            shapely.node(s).length for s in shapes
        )  # once where a line runs back on itself
        assert found.metres.sum() == pytest.approx(walked)
        assert shapely.length(found.shapes).sum() == pytest.approx(walked)

    @quick
    @given(lines)
    def test_what_joins_is_what_the_noded_lines_join(self, shapes: list) -> None:
        found = network(*shapes)
        oracle = nx.Graph()
        for piece in shapely.get_parts(shapely.union_all([shapely.node(s) for s in shapes])):
            ends = [tuple(np.round(piece.coords[i], 3)) for i in (0, -1)]
            old = oracle.get_edge_data(*ends, default={"metres": np.inf})["metres"]
            oracle.add_edge(*ends, metres=min(old, piece.length))
        assert parts(found) == nx.number_connected_components(oracle)
        ours = graph_of(found)
        place = {tuple(np.round(xy, 3)): i for i, xy in enumerate(found.nodes)}
        common = [p for p in oracle.nodes if p in place][:6]
        for a in common:
            theirs = nx.single_source_dijkstra_path_length(oracle, a, weight="metres")
            own = nx.single_source_dijkstra_path_length(ours, place[a], weight="metres")
            for b in common:
                assert own.get(place[b], -1) == pytest.approx(theirs.get(b, -1), abs=1e-6)

    @quick
    @given(lines, st.randoms(use_true_random=False))
    def test_order_and_direction_of_lines_do_not_matter(self, shapes: list, random: object) -> None:
        mixed = [s.reverse() if random.random() < 0.5 else s for s in shapes]
        random.shuffle(mixed)
        one, other = network(*shapes), network(*mixed)
        assert parts(one) == parts(other)
        np.testing.assert_allclose(one.nodes, other.nodes, atol=1e-6)
        np.testing.assert_allclose(np.sort(one.metres), np.sort(other.metres))


def graph_of(found: StreetNetwork) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(found.nodes)))
    for a, b, metres in zip(found.tail, found.head, found.metres, strict=True):
        if not graph.has_edge(a, b) or graph[a][b]["metres"] > metres:
            graph.add_edge(int(a), int(b), metres=float(metres))
    return graph


@pytest.mark.realdata
@pytest.mark.skipif(not HELSINKI.is_file(), reason="the extract of Helsinki is not there")
def test_streets_of_helsinki_join_as_their_nodes_say() -> None:
    frame, _ = read_layer("streets", LayerInput(str(HELSINKI)))
    metric = frame.to_crs("EPSG:3879")
    metric.attrs = frame.attrs
    found = street_network(metric)
    oracle = nx.Graph()
    for line in metric.geometry.explode():
        corners = [tuple(np.round(c, 3)) for c in line.coords]
        for a, b in itertools.pairwise(corners):
            oracle.add_edge(a, b)
    sizes = sorted(len(c) for c in nx.connected_components(oracle))
    assert parts(found) == len(sizes)
    junctions = {n for n, degree in oracle.degree if degree > 2}
    own = {tuple(np.round(xy, 3)) for xy in found.nodes}
    assert junctions <= own
    assert found.metres.sum() == pytest.approx(metric.length.sum())

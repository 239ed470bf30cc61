"""The walking network: what joins, what passes over, what cuts."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
import shapely.ops
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


@dataclass(frozen=True)
class Row:
    """A straight street of a drawing."""

    shape: LineString
    bridge: bool
    level: int | None


@dataclass(frozen=True)
class Drawing:
    rows: list[Row]
    walls: list[list[tuple[float, float]]]


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Straight streets between the corners of a grid, and walls that meet no corner."""
    rows = draw(
        st.lists(
            st.builds(
                Row,
                st.lists(corners, min_size=2, max_size=2, unique=True).map(LineString),
                st.booleans(),
                st.sampled_from([None, None, 0, 1, -1]),
            ),
            min_size=2,
            max_size=8,
            unique_by=lambda r: frozenset(r.shape.coords),
        )
    )
    bits = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(
        lambda p: (100 * p[0] + 31.7, 100 * p[1] - 13.3)
    )
    return Drawing(
        rows, draw(st.lists(st.lists(bits, min_size=2, max_size=2, unique=True), max_size=2))
    )


def pair_by_pair(drawing: Drawing) -> nx.Graph:
    """What the rules say, written as loops over pairs of straight streets."""
    rows = drawing.rows
    walls = [LineString(w) for w in drawing.walls]
    marks: dict[int, list[tuple[float, object]]] = {
        i: [(0.0, (i, 0)), (r.shape.length, (i, 1))] for i, r in enumerate(rows)
    }
    graph = nx.Graph()
    for (i, one), (j, two) in itertools.combinations(enumerate(rows), 2):
        for n, point in enumerate(meeting_places(one.shape, two.shape)):
            if joins(drawing, one, two, point):
                for k, row in ((i, one), (j, two)):
                    marks[k].append((row.shape.project(point), (k, i, j, n)))
                graph.add_edge((i, i, j, n), (j, i, j, n), metres=0.0)
    for i, row in enumerate(rows):
        for (a, start), (b, end) in itertools.pairwise(sorted(marks[i], key=lambda m: m[0])):
            piece = shapely.ops.substring(row.shape, a, b)
            if row.bridge or not any(piece.intersects(w) for w in walls):
                graph.add_edge(start, end, metres=b - a)
            else:
                graph.add_nodes_from([start, end])
    return graph


def meeting_places(one: LineString, two: LineString) -> list[shapely.Point]:
    """Where two straight streets cross or touch; the ends of what they share."""
    met = one.intersection(two)
    found = [shapely.Point(c) for part in shapely.get_parts(met) for c in part.coords]
    ends = [shapely.Point(c) for line in (one, two) for c in line.coords]
    near = [e for e in ends if max(e.distance(one), e.distance(two)) < 1e-6]
    return found + near


def joins(drawing: Drawing, one: Row, two: Row, point: shapely.Point) -> bool:
    def ends_here(row: Row) -> bool:
        return row.shape.boundary.distance(point) < 1e-6

    def lands(own: Row, on: Row) -> bool:
        if on.bridge and not own.bridge:
            return False
        known = None not in (own.level, on.level) and own.level != on.level
        if known and abs(own.level) <= abs(on.level):
            return False
        others = [r for r in drawing.rows if r is not own and ends_here(r)]
        aloft = own.bridge and bool(others) and all(r.bridge for r in others)
        return on.bridge or not aloft

    if ends_here(one) and ends_here(two):
        return True
    if ends_here(one) or ends_here(two):
        return lands(one, two) if ends_here(one) else lands(two, one)
    levels_differ = None not in (one.level, two.level) and one.level != two.level
    return not (one.bridge or two.bridge or levels_differ)


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

    def test_a_street_that_ends_under_a_higher_level_does_not_join_it(self) -> None:
        arm = [(100, 0), (100, 100)]
        assert parts(network(EAST, arm, level=[1, 0])) == 2
        assert parts(network(EAST, arm, level=[0, 1])) == 1  # a ramp comes down to the street

    @pytest.mark.parametrize("aside", [0.0, 0.2])
    def test_bridges_that_meet_above_a_street_do_not_land_on_it(self, aside: float) -> None:
        arms = [[(100, aside), (100 + x, y)] for x, y in ((60, 60), (60, -60), (-60, 60))]
        found = network(EAST, *arms, bridge=[False, True, True, True])
        assert parts(found) == 2
        ground = [(100, aside), (100, -80)]
        found = network(EAST, *arms, ground, bridge=[False, True, True, True, False])
        assert parts(found) == 1

    def test_a_curve_in_short_pieces_keeps_its_length(self) -> None:
        turn = np.linspace(0, np.pi, 200)
        curve = np.column_stack([20 * np.cos(turn), 20 * np.sin(turn)])
        found = network(*(curve[i : i + 2].tolist() for i in range(199)))
        metres = nx.dijkstra_path_length(graph_of(found), 0, len(found.nodes) - 1, weight="metres")
        assert metres == pytest.approx(20 * np.pi, rel=1e-4)

    def test_a_ring_that_just_fails_to_close_is_closed(self) -> None:
        found = network([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0.3)])
        assert found.tail == found.head

    def test_an_end_that_overshoots_makes_no_ring(self) -> None:
        found = network(EAST, [(100, 100), (100, -0.3)])
        assert len(found.nodes) == 5
        assert (found.tail != found.head).all()

    def test_vertices_that_rounding_parted_are_one(self) -> None:
        pairs = [[[(x, 0), (x, 50)], [(x + 4e-7, 50 - 3e-7), (x, 90)]] for x in np.arange(300) / 7]
        found = network(*itertools.chain(*pairs), crossings="shared")
        assert parts(found) == 300

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

    def test_a_junction_on_a_barrier_joins_each_side_with_itself_only(self) -> None:
        arms = [[(100, 0), (0, 0)], [(100, 0), (200, 0)], [(100, 0), (150, 80)]]
        found = network(*arms, self.RIVER, barrier=[None, None, None, "railway"])
        assert parts(found) == 2
        assert sorted(np.bincount(found.component)) == [2, 3]

    @quick
    @given(
        st.lists(st.integers(0, 35), min_size=1, max_size=7, unique=True),
        st.lists(st.integers(0, 35), max_size=5, unique=True),
        st.booleans(),
    )
    def test_around_a_place_on_barriers_only_neighbours_are_joined(
        self, streets_at: list[int], walls_at: list[int], in_pairs: bool
    ) -> None:
        def arm(degrees: float) -> tuple[float, float]:
            return 100 * math.cos(math.radians(degrees)), 100 * math.sin(math.radians(degrees))

        rays, walls = [10 * a for a in streets_at], [10 * a + 5 for a in walls_at]
        drawn = [LineString([(0, 0), arm(a)]) for a in walls]
        if in_pairs and len(walls) > 1:
            drawn[:2] = [LineString([arm(walls[0]), (0, 0), arm(walls[1])])]
        shapes = [*(LineString([arm(a), (0, 0)]) for a in rays), *drawn]
        found = network(*shapes, barrier=[None] * len(rays) + ["wall"] * len(drawn))
        oracle = nx.Graph()
        oracle.add_nodes_from(rays)
        for a, b in itertools.combinations(sorted(rays), 2):
            between = sum(a < w < b for w in walls)
            if not between or between == len(walls) or len(walls) < 2:
                oracle.add_edge(a, b)
        assert parts(found) == nx.number_connected_components(oracle)

    def test_three_barriers_that_end_on_a_street_cut_it(self) -> None:
        ends = [(100, 300), (100, -300), (150, 300)]
        walls = [LineString([(100, 0), end]) for end in ends]
        assert parts(network(EAST, *walls, barrier=[None, "r", "r", "r"])) == 2

    def test_touching_with_a_corner_is_no_crossing(self) -> None:
        wall = LineString([(50, 80), (100, 0), (150, 80)])
        assert parts(network(EAST, wall, barrier=[None, "wall"])) == 1
        bent = [(50, 80), (100, 0), (50, -80)]
        assert parts(network(bent, self.RIVER, barrier=[None, "river"])) == 1

    def test_a_bridge_drawn_from_bank_to_bank_joins_both(self) -> None:
        banks = [LineString([(x, -300), (x, 300)]) for x in (100, 140)]
        bridge, beyond = [(100, 0), (140, 0)], [(140, 0), (200, 0)]
        rows = [[(0, 0), (100, 0)], bridge, beyond]
        cut = [None, None, None, "river", "river"]
        assert parts(network(*rows, *banks, bridge=[0, 1, 0, 0, 0], barrier=cut)) == 1
        assert parts(network(*rows, *banks, barrier=cut)) == 3

    def test_an_end_does_not_join_across_a_wall_that_it_just_misses(self) -> None:
        rows = [(0, 0), (99.8, 0)], [(100.2, -50), (100.2, 50)]
        assert parts(network(*map(list, rows))) == 1
        found = network(*map(list, rows), self.RIVER, barrier=[None, None, "wall"])
        assert parts(found) == 2

    def test_a_street_on_a_barrier_is_joined_to_neither_side_and_listed(self) -> None:
        quay, sides = [(100, -50), (100, 50)], [[(100, 0), (0, 0)], [(100, 0), (200, 0)]]
        found = network(quay, *sides, self.RIVER, barrier=[None, None, None, "river"])
        assert parts(found) == 3
        assert found.problems["code"].tolist() == ["along_barrier"]

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

    @pytest.mark.parametrize("word", ["trunk", "快速路", "匝道", "铁路", "motorway_link"])
    def test_roads_for_cars_and_railways_are_not_walked_unless_foot_says_so(
        self, word: str
    ) -> None:
        rows = EAST, [(0, 50), (200, 50)]
        found = network(*map(list, rows), highway=[word, "支路"], foot=[None, None])
        assert found.rows.tolist() == [1]
        opened = network(*map(list, rows), highway=[word, "支路"], foot=["yes", None])
        assert len(opened.rows) == (1 if word == "铁路" else 2)

    def test_lengths_in_another_unit_are_not_used(self) -> None:
        rows = [[(0, 9.0 * i), (100 + i, 9.0 * i)] for i in range(20)]
        web = network(*rows, length_m=[1.155 * (100 + i) for i in range(20)])
        np.testing.assert_allclose(web.metres, 100 + np.arange(20))
        assert web.problems["code"].tolist() == ["odd_lengths"]
        climbing = [(1 + 0.01 * i) * (100 + i) for i in range(20)]
        np.testing.assert_allclose(network(*rows, length_m=climbing).metres, climbing)

    def test_outlines_are_refused_and_empty_rows_left_out(self) -> None:
        with pytest.raises(InputError, match="streets are lines, and row 0 is a Polygon"):
            network(shapely.box(0, 0, 9, 9))
        found = street_network(streets([None, LineString(), LineString([(0, 0)] * 2)]))
        assert (len(found.nodes), len(found.tail)) == (0, 0)
        assert network(LineString(EAST), LineString(EAST)).metres.tolist() == [200, 200]

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
        walked = sum(s.length for s in shapes)
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
    @given(drawings())
    def test_distances_are_those_of_a_graph_made_pair_by_pair(self, drawing: Drawing) -> None:
        rows = drawing.rows
        walls = [LineString(w) for w in drawing.walls]
        found = network(
            *(r.shape for r in rows), *walls,
            bridge=[r.bridge for r in rows] + [False] * len(walls),
            level=[r.level for r in rows] + [None] * len(walls),
            barrier=[None] * len(rows) + ["wall"] * len(walls),
        )  # fmt: skip
        oracle, ours = pair_by_pair(drawing), graph_of(found)
        ends = {}
        for i in range(len(rows)):
            (edges,) = np.nonzero(found.rows == i)
            ends[i, 0], ends[i, 1] = int(found.tail[edges[0]]), int(found.head[edges[-1]])
        for a, start in ends.items():
            theirs = nx.single_source_dijkstra_path_length(oracle, a, weight="metres")
            own = nx.single_source_dijkstra_path_length(ours, start, weight="metres")
            for b, end in ends.items():
                assert own.get(end, -1) == pytest.approx(theirs.get(b, -1), abs=1e-6)

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
    lines = [[tuple(np.round(c, 3)) for c in g.coords] for g in metric.geometry.explode()]
    for line in lines:
        oracle.add_edges_from(itertools.pairwise(line))
    sizes = sorted(len(c) for c in nx.connected_components(oracle))
    assert parts(found) == len(sizes)
    junctions = {n for n, degree in oracle.degree if degree > 2}
    own = {tuple(np.round(xy, 3)) for xy in found.nodes}
    assert junctions <= own
    assert found.metres.sum() == pytest.approx(metric.length.sum())
    uses = Counter(c for line in lines for c in line) + Counter(
        c for line in lines for c in (line[0], line[-1])
    )
    streets_at = nx.MultiGraph()
    for line in lines:
        stops = [0, *(i for i in range(1, len(line) - 1) if uses[line[i]] > 1), len(line) - 1]
        streets_at.add_edges_from((line[a], line[b]) for a, b in itertools.pairwise(stops))
    degree = np.bincount(np.concatenate([found.tail, found.head]))
    assert dict(zip(map(tuple, np.round(found.nodes, 3)), degree, strict=True)) == dict(
        streets_at.degree
    )

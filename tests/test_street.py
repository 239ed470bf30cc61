"""Travel along streets: entrances, distances, and the whole of it on the sample and in Helsinki."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy import sparse
from scipy.sparse import csgraph
from shapely import LineString, Point, box

import kgspatial as kg
from kgspatial.errors import InputError
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.readers import read_layer
from kgspatial.report.sentences import limit_sentences, parameters
from kgspatial.report.workbook import source_notes
from kgspatial.travel import (
    Entrances,
    StreetNetwork,
    entrances_of,
    network_distances,
    node_distances,
    snap_points,
    straight,
    street,
    street_network,
)
from kgspatial.travel.network import distances

METRIC = "EPSG:4549"
SAMPLE = Path(__file__).parents[1] / "data" / "sample"
HELSINKI = Path(__file__).parents[2] / "shared" / "data" / "helsinki" / "Helsinki.osm.pbf"
quick = settings(deadline=None, max_examples=40)


def layer(shapes: list, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=METRIC)


def lanes(*rows: list, **columns: list) -> StreetNetwork:
    return street_network(layer([LineString(r) for r in rows], **columns))


class TestSnapping:
    LANE = ((0, 0), (400, 0))

    @quick
    @given(st.lists(st.tuples(st.floats(-50, 450), st.floats(-250, 250)), min_size=1, max_size=9))
    def test_the_nearest_place_on_any_street_is_taken(self, points: list) -> None:
        found = lanes([(0, 0), (400, 0)], [(0, 90), (300, 120)])
        snapped = snap_points(found, np.array(points), limit_m=150)
        at = dict(zip(snapped.point, zip(snapped.edge, snapped.share, strict=True), strict=True))
        for i, xy in enumerate(points):
            apart = [s.distance(Point(xy)) for s in found.shapes]
            assert (i in at) == (min(apart) <= 150)
            if i in at:
                edge, share = at[i]
                place = found.shapes[edge].interpolate(share, normalized=True)
                assert place.distance(Point(xy)) == pytest.approx(min(apart), abs=1e-6)
        np.testing.assert_allclose(
            snapped.walk_m,
            [min(s.distance(Point(points[i])) for s in found.shapes) for i in snapped.point],
            atol=1e-6,
        )
        assert len(snapped.point) + len(snapped.unsnapped) == len(points)

    def test_what_is_too_far_is_listed_with_its_distance(self) -> None:
        snapped = snap_points(lanes(list(self.LANE)), np.array([[100.0, 300.0]]), limit_m=200)
        (row,) = snapped.unsnapped.to_dict("records")
        assert row == {"point": 0, "reason": "no street within 200 m", "street_m": 300.0}

    def test_the_walk_to_a_street_does_not_cross_a_river(self) -> None:
        river = [(-100, 30), (500, 30)]
        found = lanes(list(self.LANE), [(0, 180), (400, 180)], river, barrier=[None, None, "river"])
        snapped = snap_points(found, np.array([[100.0, 60.0]]), limit_m=200)
        assert snapped.walk_m.tolist() == [120]
        behind = snap_points(found, np.array([[100.0, 60.0]]), limit_m=100)
        assert "behind a barrier" in behind.unsnapped["reason"].iloc[0]

    def test_without_streets_nobody_is_snapped(self) -> None:
        none = street_network(layer([], barrier=[]))
        snapped = snap_points(none, np.array([[1.0, 2.0]]))
        assert snapped.unsnapped["reason"].tolist() == ["there are no streets"]


class TestEstates:
    ESTATE = box(100, 20, 200, 120)

    def entrances(self, found: StreetNetwork, gates: gpd.GeoDataFrame | None = None) -> Entrances:
        estate = layer([self.ESTATE], community_id=["C1"])
        return entrances_of(found, estate, snap_m=200, gates=gates)

    def test_without_gates_an_estate_is_left_to_every_street_beside_it(self) -> None:
        snapped = self.entrances(lanes([(0, 0), (400, 0)], [(0, 150), (400, 150)]))
        assert len(snapped.point) == 2
        inner = self.ESTATE.representative_point()
        assert sorted(snapped.walk_m) == pytest.approx(
            sorted([inner.y, 150 - inner.y]), abs=35
        )  # to the boundary and on: at least the straight line
        assert (snapped.walk_m >= sorted([inner.y, 150 - inner.y])).all()

    def test_a_street_behind_another_is_reached_over_that_one(self) -> None:
        found = lanes([(0, 0), (400, 0)], [(0, -50), (400, -50)])
        snapped = self.entrances(found)
        assert found.shapes[snapped.edge[0]].coords[0][1] == 0
        assert len(snapped.point) == 1

    def test_an_estate_is_entered_at_its_gates_alone(self) -> None:
        found = lanes([(0, 0), (400, 0)], [(0, 150), (400, 150)])
        gates = layer([Point(150, 120)], community_id=["C1"])
        snapped = self.entrances(found, gates)
        inner = self.ESTATE.representative_point()
        assert snapped.walk_m.tolist() == pytest.approx([inner.distance(gates.geometry[0]) + 30])

    def test_a_gate_without_an_id_belongs_to_the_wall_it_stands_in(self) -> None:
        found = lanes([(0, 0), (400, 0)], [(0, 150), (400, 150)])
        near = self.entrances(found, layer([Point(150, 125)]))
        assert len(near.point) == 1
        assert not len(near.problems)
        far = self.entrances(found, layer([Point(150, 170)]))
        assert len(far.point) == 2
        assert far.problems["code"].tolist() == ["gate_apart"]

    def test_a_gate_of_nobody_is_listed(self) -> None:
        snapped = self.entrances(
            lanes([(0, 0), (400, 0)]), layer([Point(150, 20)], community_id=["C9"])
        )
        assert snapped.problems["value"].tolist() == ["C9"]

    def test_gates_far_from_any_street_leave_the_estate_out(self) -> None:
        found = lanes([(0, -150), (400, -150)])
        snapped = self.entrances(found, layer([Point(150, 120)], community_id=["C1"]))
        assert not len(snapped.point)
        assert "of its gates" in snapped.unsnapped["reason"].iloc[0]

    def test_a_street_through_an_estate_is_entered_where_it_crosses_the_wall(self) -> None:
        found = lanes([(0, 70), (400, 70)])
        snapped = self.entrances(found)
        assert len(snapped.point) == 2
        np.testing.assert_allclose(snapped.walk_m, [50, 50])

    def test_streets_inside_alone_are_reached_from_the_inner_point(self) -> None:
        snapped = self.entrances(lanes([(120, 60), (180, 60)]))
        assert snapped.walk_m.tolist() == pytest.approx([10])

    def test_a_river_does_not_let_the_estate_out(self) -> None:
        found = lanes([(0, 0), (400, 0)], [(-9, 10), (409, 10)], barrier=[None, "river"])
        snapped = self.entrances(found)
        assert not len(snapped.point)

    @quick
    @given(st.integers(0, 2**31))
    def test_no_way_is_shorter_than_the_straight_line(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        ends = random.uniform(0, 900, (9, 2, 2))
        found = street_network(layer([LineString(e) for e in ends]))
        corner, side = random.uniform(0, 800, (4, 2)), random.uniform(10, 120, (4, 2))
        estates = layer([box(*c, *(c + s)) for c, s in zip(corner, side, strict=True)])
        schools = layer([Point(p) for p in random.uniform(0, 900, (5, 2))])
        way = street(estates, schools, streets=found, limit_m=2000).csr.toarray()
        crow = straight(estates, schools, limit_m=2000).csr.toarray()
        assert (way[way > 0] >= crow[way > 0] - 1e-6).all()


def random_case(seed: int) -> tuple[StreetNetwork, Entrances, Entrances]:
    """A network with parallel edges, loops, dead ends and separate parts; points on its edges."""
    random = np.random.default_rng(seed)
    nodes, edges = 9, 13
    tail, head = random.integers(0, nodes, (2, edges))
    metres = random.integers(0, 60, edges) * 10.0
    network = StreetNetwork(
        CRS(METRIC), random.uniform(0, 500, (nodes, 2)), tail, head, metres,
        np.zeros(edges, dtype=object), np.zeros(edges, dtype=np.int64), np.zeros(edges, dtype=bool),
    )  # fmt: skip

    def points(count: int, doors: int) -> Entrances:
        return Entrances(
            np.sort(random.integers(0, count, doors)), random.integers(0, edges, doors),
            random.choice([0.0, 0.25, 0.5, 1.0], doors), random.integers(0, 4, doors) * 25.0,
            count, pd.DataFrame(),
        )  # fmt: skip

    return network, points(6, 9), points(4, 5)


def oracle(network: StreetNetwork, origins: Entrances, ends: Entrances) -> np.ndarray:
    """Distances on a graph in which every entrance is a node of its own on its split edge."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(network.nodes)))
    doors = [("o", i, e) for i, e in enumerate(origins.edge)]
    doors += [("d", i, e) for i, e in enumerate(ends.edge)]
    for edge in range(len(network.tail)):
        on = [
            (float((origins if side == "o" else ends).share[i]), (side, i))
            for side, i, own in doors
            if own == edge
        ]
        both = int(network.tail[edge]), int(network.head[edge])
        chain = [(0.0, both[0]), *sorted(on, key=lambda p: p[0]), (1.0, both[1])]
        for (a, u), (b, v) in pairwise(chain):
            graph.add_edge(u, v, metres=(b - a) * network.metres[edge])
    for side, part in (("o", origins), ("d", ends)):
        for i, (point, walk) in enumerate(zip(part.point, part.walk_m, strict=True)):
            graph.add_edge((side, i), (side, "point", int(point)), metres=walk)
    table = np.full((origins.count, ends.count), np.inf)
    points = {n for n in graph if isinstance(n, tuple) and n[1] == "point"}
    for i, j in np.ndindex(table.shape):
        pair = ("o", "point", i), ("d", "point", j)
        if points.issuperset(pair):
            # No way leads through the door of a third point.
            view = nx.restricted_view(graph, points - set(pair), [])
            if nx.has_path(view, *pair):
                table[i, j] = nx.dijkstra_path_length(view, *pair, weight="metres")
    return table


class TestDistances:
    @quick
    @given(st.integers(0, 2**31), st.sampled_from([200.0, 600.0, 5000.0]))
    def test_they_are_those_of_the_network_with_every_edge_split(
        self, seed: int, limit: float
    ) -> None:
        network, origins, ends = random_case(seed)
        found = network_distances(network, origins, ends, limit_m=limit).tocoo()
        expected = oracle(network, origins, ends)
        stored = np.zeros(expected.shape, dtype=bool)
        stored[found.row, found.col] = True
        np.testing.assert_array_equal(stored, expected <= limit)
        np.testing.assert_allclose(found.data, expected[found.row, found.col], atol=1e-6)

    @quick
    @given(st.integers(0, 2**31))
    def test_the_way_back_is_as_long(self, seed: int) -> None:
        network, origins, ends = random_case(seed)
        there = network_distances(network, origins, ends, limit_m=700).toarray()
        back = network_distances(network, ends, origins, limit_m=700).toarray()
        np.testing.assert_allclose(there, back.T, atol=1e-9)

    @quick
    @given(st.integers(0, 2**31))
    def test_a_longer_limit_only_adds_pairs(self, seed: int) -> None:
        network, origins, ends = random_case(seed)
        near = network_distances(network, origins, ends, limit_m=300).tocoo()
        far = network_distances(network, origins, ends, limit_m=600).toarray()
        np.testing.assert_array_equal(far[near.row, near.col], near.data)

    @quick
    @given(st.integers(0, 2**31))
    def test_nodes_are_reached_as_networkx_says(self, seed: int) -> None:
        network, origins, _ = random_case(seed)
        found = node_distances(network, origins, limit_m=800)
        graph = nx.MultiGraph()
        graph.add_nodes_from(range(len(network.nodes)))
        for a, b, metres in zip(network.tail, network.head, network.metres, strict=True):
            graph.add_edge(a, b, metres=metres)
        for i in range(origins.count):
            best = np.full(len(network.nodes), np.inf)
            for k in np.flatnonzero(origins.point == i):
                edge, share = origins.edge[k], origins.share[k]
                for node, part in ((network.tail[edge], share), (network.head[edge], 1 - share)):
                    to_node = origins.walk_m[k] + part * network.metres[edge]
                    lengths = nx.single_source_dijkstra_path_length(graph, node, weight="metres")
                    for target, metres in lengths.items():
                        best[target] = min(best[target], to_node + metres)
            row = found[[i]].tocoo()
            assert set(row.col) == set(np.flatnonzero(best <= 800))
            np.testing.assert_allclose(row.data, best[row.col])

    @quick
    @given(st.integers(0, 2**31))
    def test_nodes_are_reached_as_scipy_says(self, seed: int) -> None:
        network, origins, _ = random_case(seed)
        n, doors = len(network.nodes), len(origins.point)
        edge, metres = origins.edge, network.metres[origins.edge]
        # Each door is a node of its own, joined to both ends of its edge. Scipy would add up
        # parallel edges, so the least of them is taken; a stored 0 is a walk of 0.
        row = np.concatenate([network.tail, n + np.arange(doors), n + np.arange(doors)])
        column = np.concatenate([network.head, network.tail[edge], network.head[edge]])
        walk = np.concatenate(
            [
                network.metres,
                origins.walk_m + origins.share * metres,
                origins.walk_m + (1 - origins.share) * metres,
            ]
        )
        table = np.full((n + doors, n + doors), np.inf)
        np.minimum.at(table, (row, column), walk)
        table[n:, n:] = np.inf
        both = np.minimum(table, table.T)
        both[:, n:] = np.inf
        there = np.nonzero(np.isfinite(both))
        graph = sparse.csr_array((both[there], there), shape=both.shape)
        found = csgraph.dijkstra(graph, indices=n + np.arange(doors))
        best = np.full((origins.count, n), np.inf)
        np.minimum.at(best, origins.point, found[:, :n])
        ours = node_distances(network, origins, limit_m=800).tocoo()
        full = np.full(best.shape, np.inf)
        full[ours.row, ours.col] = ours.data
        clear = np.abs(best - 800) > 1e-3
        np.testing.assert_array_equal(np.isfinite(full)[clear], (best <= 800)[clear])
        inside = np.isfinite(full) & clear
        np.testing.assert_allclose(full[inside], best[inside], atol=1e-6)

    def test_any_number_of_threads_gives_the_same_bytes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        network, origins, ends = random_case(5)
        monkeypatch.setattr(distances, "SOURCES_AT_ONCE", 1)
        results = []
        for cores in (1, 2, 3):
            monkeypatch.setattr(distances.os, "cpu_count", lambda cores=cores: cores)
            found = network_distances(network, origins, ends, limit_m=900)
            results.append((found.indptr.tolist(), found.indices.tolist(), found.data.tobytes()))
        assert results[0] == results[1] == results[2]

    def test_nobody_goes_nowhere(self) -> None:
        network, origins, _ = random_case(1)
        none = snap_points(lanes([(0, 0), (1000, 0)]), np.zeros((0, 2)))
        assert network_distances(network, origins, none, limit_m=100).shape == (6, 0)
        assert network_distances(network, none, origins, limit_m=100).shape == (0, 6)


class TestStreet:
    def test_points_in_another_system_are_moved(self) -> None:
        lane = layer([LineString([(500_000, 2_700_000), (500_400, 2_700_000)])])
        home = layer([Point(500_000, 2_700_010)], demand_id=["a"]).to_crs(4490)
        school = layer([Point(500_300, 2_700_000)], kindergarten_id=["k"]).to_crs(4326)
        found = street(home, school, streets=lane.to_crs(4490), limit_m=500)
        assert found.csr.toarray() == pytest.approx(np.array([[310.0]]), abs=0.2)
        assert found.origin_ids.tolist() == ["a"]

    def test_points_on_an_island_of_streets_are_listed(self) -> None:
        lane = layer([LineString([(0, 0), (400, 0)]), LineString([(0, 900), (400, 900)])])
        homes = layer([Point(10, 5), Point(10, 905), Point(10, 500)], demand_id=["a", "b", "c"])
        school = layer([Point(300, 0)], kindergarten_id=["k"])
        found = street(homes, school, streets=lane, limit_m=5000)
        assert found.csr.nnz == 1
        lost = found.unsnapped.set_index("id")["reason"]
        assert "join none" in lost["b"]
        assert "no street" in lost["c"]

    def test_a_layer_without_a_system_is_refused(self) -> None:
        lane = layer([LineString([(0, 0), (400, 0)])])
        bare = gpd.GeoDataFrame(geometry=[Point(0, 0)])
        with pytest.raises(InputError, match="coordinate reference system"):
            street(bare, bare, streets=lane, limit_m=100)
        with pytest.raises(InputError, match="positive"):
            street(lane, lane, streets=lane, limit_m=0)


@pytest.fixture(scope="module")
def sample() -> tuple[kg.Study, kg.Demand]:
    study = kg.read_study(SAMPLE / "plan.toml")
    return study, kg.estimate_demand(study)


class TestSample:
    def test_no_street_way_is_shorter_than_the_crow_flies(self, sample: tuple) -> None:
        way = kg.measure_travel(*sample, method="street").csr.tocoo()
        crow = kg.measure_travel(*sample, method="straight", detour=1.0).csr
        apart = way.data - np.asarray(crow[way.row, way.col]).ravel()
        # Communities are entered from their inner point, cells and kindergartens from their own.
        assert apart.min() > -1e-6

    def test_what_no_street_reaches_is_listed_with_its_children(self, sample: tuple) -> None:
        study, demand = sample
        found = kg.measure_travel(study, demand, method="street")
        (problem,) = found.problems["problem"]
        lost = found.unsnapped["id"]
        children = demand.points.set_index("demand_id").loc[lost, "children"].sum()
        assert f"{len(lost)} points (cell) with {children:,.1f} children" in problem

    def test_a_longer_limit_or_one_more_kindergarten_never_lowers_coverage(
        self, sample: tuple
    ) -> None:
        study, demand = sample
        children = demand.points["children"].to_numpy()

        def covered(limit: float, gardens: gpd.GeoDataFrame) -> float:
            found = kg.measure_travel(study, demand, method="street", limit_m=limit, to=gardens)
            return float(children[found.reached].sum())

        gardens = study.kindergartens
        assert covered(300, gardens) <= covered(500, gardens) <= covered(1500, gardens)
        assert covered(500, gardens.iloc[:20]) <= covered(500, gardens.iloc[:21])

    def test_the_order_of_streets_does_not_matter(self, sample: tuple) -> None:
        study, demand = sample
        mixed = study.streets.sample(frac=1.0, random_state=3)
        one, other = (
            street(demand.points, study.kindergartens, streets=s, limit_m=800)
            for s in (study.streets, mixed)
        )
        np.testing.assert_allclose(one.csr.toarray(), other.csr.toarray(), atol=1e-6)

    def test_a_river_without_bridges_lengthens_no_walk_and_cuts_some(self, sample: tuple) -> None:
        study, demand = sample
        dry = study.streets[~study.streets["bridge"].fillna(False).astype(bool)]
        with_bridges, without = (
            street(demand.points, study.kindergartens, streets=s, limit_m=1500).csr
            for s in (study.streets, dry)
        )
        assert without.nnz < with_bridges.nnz
        kept = without.tocoo()
        longer = kept.data - np.asarray(with_bridges[kept.row, kept.col]).ravel()
        assert longer.min() > -1e-6

    def test_a_plan_runs_along_streets_end_to_end(self, tmp_path: Path) -> None:
        folder = shutil.copytree(SAMPLE, tmp_path / "sample")
        plan = folder / "plan.toml"
        text = plan.read_text(encoding="utf-8").replace("[travel]", '[travel]\nmethod = "street"')
        plan.write_text(text.replace("[siting]", "[report]\ndocuments = false\n[siting]"), "utf-8")
        run = kg.run_plan(plan, tmp_path / "out")
        assert run.travel.provenance["method"] == "street"
        assert run.balance.catchments["method"].unique().tolist() == ["street"]
        assert run.sites.after.totals["served"] > run.balance.totals["served"]
        page = (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
        assert '"method": "street"' in page
        written = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="catchments")
        assert (written.to_crs(run.study.crs).area > 0).all()

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_map_tables_and_report_say_how_walks_were_measured(
        self, sample: tuple, language: str
    ) -> None:
        study, demand = sample
        travel = kg.measure_travel(study, demand, method="street")
        balance = kg.assess_balance(study, demand, travel)
        told = [
            *source_notes(study, balance, language),
            *limit_sentences(study, balance, language),
            *parameters(study, balance, language).astype(str).to_numpy().ravel(),
            kg.plan_map(study, balance, language=language).get_root().render(),
        ]
        text = "\n".join(told)
        along = {"zh": "沿道路", "en": "along streets"}[language]
        assert along in text
        for word in ("绕行系数", "detour factor", "直线距离", "半径"):
            assert word not in text

    def test_streets_are_asked_for_where_there_are_none(self, sample: tuple) -> None:
        study, demand = sample
        bare = kg.Study(kindergartens=study.kindergartens, crs=study.crs)
        with pytest.raises(InputError, match="layer of streets"):
            kg.measure_travel(bare, demand, method="street")
        with pytest.raises(InputError, match="no travel matrix of its own"):
            kg.measure_travel(bare, demand, method="given")


@pytest.mark.realdata
@pytest.mark.skipif(not HELSINKI.is_file(), reason="the extract of Helsinki is not there")
def test_distances_in_helsinki_are_those_of_networkx() -> None:
    frame, _ = read_layer("streets", LayerInput(str(HELSINKI)))
    metric = frame.to_crs("EPSG:3879")
    metric.attrs = frame.attrs
    network = street_network(metric)
    graph = nx.Graph()  # node by node from the ways, not from our network
    for line in metric.geometry.explode():
        corners = [tuple(np.round(c, 3)) for c in line.coords]
        exact = shapely.get_coordinates(line)
        for i, (a, b) in enumerate(pairwise(corners)):
            metres = float(np.hypot(*(exact[i + 1] - exact[i])))
            old = graph.get_edge_data(a, b, default={"metres": np.inf})["metres"]
            graph.add_edge(a, b, metres=min(old, metres))
    random = np.random.default_rng(11)
    chosen = random.integers(0, len(network.nodes), (2, 200))
    ends = [entrances_at(network, nodes) for nodes in chosen]
    found = network_distances(network, *ends, limit_m=1e6)
    names = [tuple(np.round(xy, 3)) for xy in network.nodes]
    reached = 0
    for i, (a, b) in enumerate(chosen.T):
        row = found[[i]].tocoo()
        ours = dict(zip(row.col, row.data, strict=True)).get(i)
        try:
            expected = nx.dijkstra_path_length(graph, names[a], names[b], weight="metres")
        except nx.NetworkXNoPath:
            assert ours is None
            assert network.component[a] != network.component[b]
            continue
        assert ours == pytest.approx(expected, abs=1e-6)
        reached += 1
    assert reached > 100


def entrances_at(network: StreetNetwork, nodes: np.ndarray) -> Entrances:
    """Points that stand on nodes."""
    edge = np.array([np.flatnonzero((network.tail == n) | (network.head == n))[0] for n in nodes])
    share = np.where(network.tail[edge] == nodes, 0.0, 1.0)
    return Entrances(
        np.arange(len(nodes)), edge, share, np.zeros(len(nodes)), len(nodes), pd.DataFrame()
    )

"""Bounded street distances: kgspatial beside scipy, networkx and pandana, in one run.

200,000 junctions of an irregular grid and 800 kindergartens that stand on junctions, 2 km. Counted
is from a ready graph to one sparse matrix of kindergartens x junctions. Each works in a process of
its own; memory is the peak of that process above what stood before the measure began.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import pandas as pd
from pyproj import CRS as System  # noqa: N811
from scipy import sparse

from benchmarks.common import CRS, print_head, print_row, timed
from kgspatial.travel import Entrances, StreetNetwork, node_distances

ROWS, COLUMNS, KINDERGARTENS, LIMIT_M = 400, 500, 800, 2_000.0
PATIENCE_S = 300.0
"""A peer that is not ready by then is left out."""


class Result(NamedTuple):
    matrix: sparse.csr_array
    seconds: list[float]
    ready_s: float
    above_mb: float
    peak_mb: float


def grid_network(rows: int, columns: int, seed: int = 3) -> StreetNetwork:
    """Crossings 100 m apart, moved at random; one street in twelve is missing."""
    random = np.random.default_rng(seed)
    number = np.arange(rows * columns).reshape(rows, columns)
    row, column = np.divmod(number.ravel(), columns)
    nodes = np.column_stack([column, row]) * 100.0 + random.uniform(-25, 25, (number.size, 2))
    tail = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    head = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = random.random(len(tail)) > 1 / 12
    tail, head = tail[kept].astype(np.int64), head[kept].astype(np.int64)
    metres = np.hypot(*(nodes[tail] - nodes[head]).T) * random.uniform(1.0, 1.3, len(tail))
    return StreetNetwork(
        System.from_user_input(CRS), nodes, tail, head, metres, np.zeros(0, dtype=object),
        np.zeros(len(tail), dtype=np.int64), np.zeros(len(tail), dtype=bool),
    )  # fmt: skip


def sources(network: StreetNetwork, count: int, seed: int = 4) -> np.ndarray:
    """Junctions at which a street ends or begins."""
    there = np.unique(np.concatenate([network.tail, network.head]))
    return np.sort(np.random.default_rng(seed).choice(there, count, replace=False))


def at_junctions(network: StreetNetwork, nodes: np.ndarray) -> Entrances:
    """Points that stand on junctions."""
    order = np.argsort(network.tail, kind="stable")
    place = np.searchsorted(network.tail[order], nodes)
    place = np.minimum(place, len(order) - 1)
    edge = order[place]
    share = np.zeros(len(nodes))
    for i in np.flatnonzero(network.tail[edge] != nodes):
        edge[i], share[i] = np.flatnonzero(network.head == nodes[i])[0], 1.0
    count = len(nodes)
    return Entrances(np.arange(count), edge, share, np.zeros(count), count, pd.DataFrame())


def measured(work: Callable[[], sparse.csr_array], ready_s: float, runs: int) -> Result:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    del first
    matrix, seconds = timed(work, runs)
    return Result(matrix, seconds, ready_s, (peak - before) / 1024, peak / 1024)  # type: ignore[arg-type]


def kgspatial_() -> Result:
    network = grid_network(ROWS, COLUMNS)
    starts = at_junctions(network, sources(network, KINDERGARTENS))
    begun = time.perf_counter()
    node_distances(network, at_junctions(network, sources(network, 1)), limit_m=10.0)  # compiles
    ready = time.perf_counter() - begun
    return measured(lambda: node_distances(network, starts, limit_m=LIMIT_M), ready, 5)


def scipy_() -> Result:
    from scipy.sparse.csgraph import dijkstra

    network = grid_network(ROWS, COLUMNS)
    starts, graph = sources(network, KINDERGARTENS), network.csr

    def work() -> sparse.csr_array:
        parts = []
        for first in range(0, len(starts), 10):  # blocks of 10 were the fastest of 5 to 200
            block = starts[first : first + 10]
            table = dijkstra(graph, indices=block, limit=LIMIT_M)
            row, column = np.nonzero(np.isfinite(table))
            pairs = (table[row, column], (row, column))
            parts.append(sparse.csr_array(pairs, shape=table.shape))
        return sparse.csr_array(sparse.vstack(parts, format="csr"))

    return measured(work, 0.0, 3)


def networkx_() -> Result:
    import networkx as nx

    network = grid_network(ROWS, COLUMNS)
    starts = sources(network, KINDERGARTENS)
    begun = time.perf_counter()
    graph = nx.Graph()
    rows = zip(network.tail.tolist(), network.head.tolist(), network.metres.tolist(), strict=True)
    graph.add_weighted_edges_from(rows)
    ready = time.perf_counter() - begun

    def work() -> sparse.csr_array:
        row, column, value = [], [], []
        for i, start in enumerate(starts.tolist()):
            found = nx.single_source_dijkstra_path_length(graph, start, LIMIT_M, "weight")
            row += [i] * len(found)
            column += found.keys()
            value += found.values()
        shape = (len(starts), len(network.nodes))
        return sparse.csr_array((value, (row, column)), shape=shape)

    return measured(work, ready, 1)


def pandana_() -> Result:
    import pandana

    network = grid_network(ROWS, COLUMNS)
    starts = sources(network, KINDERGARTENS)
    begun = time.perf_counter()
    graph = pandana.Network(
        pd.Series(network.nodes[:, 0]), pd.Series(network.nodes[:, 1]), pd.Series(network.tail),
        pd.Series(network.head), pd.DataFrame({"metres": network.metres}),
    )  # fmt: skip
    ready = time.perf_counter() - begun

    def work() -> sparse.csr_array:
        found = graph.nodes_in_range(starts.tolist(), LIMIT_M)
        found = found[found["metres"] <= LIMIT_M]
        position = pd.Series(np.arange(len(starts)), index=starts)
        row = position.loc[found["source"]].to_numpy()
        pairs = (found["metres"].to_numpy(), (row, found["destination"].to_numpy()))
        return sparse.csr_array(pairs, shape=(len(starts), len(network.nodes)))

    return measured(work, ready, 3)


PEERS: dict[str, Callable[[], Result]] = {
    "kgspatial": kgspatial_,
    "scipy": scipy_,
    "networkx": networkx_,
    "pandana": pandana_,
}


def alone(name: str) -> Result | str:
    """In a process of its own; why not, where it fails or is not ready in time."""
    fresh = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=fresh)
    try:
        return pool.submit(PEERS[name]).result(timeout=PATIENCE_S)
    except TimeoutError:
        for process in list(pool._processes.values()):
            process.kill()
        return f"not ready after {PATIENCE_S:.0f} s"
    except BrokenProcessPool:
        return "its process died"
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def memory(found: Result) -> str:
    return f"peak {found.peak_mb:,.0f} MB, {found.above_mb:,.0f} MB of it the measure"


def differs(one: sparse.csr_array, other: sparse.csr_array) -> tuple[int, float]:
    """Pairs that only one has (the start itself aside), and the largest difference otherwise."""
    left, right = one.tocoo(), other.tocoo()
    keys = [p.row.astype(np.int64) * one.shape[1] + p.col for p in (left, right)]
    shared, a, b = np.intersect1d(*keys, return_indices=True)
    alone = len(keys[0]) + len(keys[1]) - 2 * len(shared)
    return alone, float(np.abs(left.data[a] - right.data[b]).max(initial=0.0))


def main() -> None:
    print_head(f"{ROWS * COLUMNS:,} junctions x {KINDERGARTENS} kindergartens, {LIMIT_M:,.0f} m")
    ours = alone("kgspatial")
    if isinstance(ours, str):
        raise SystemExit(f"kgspatial: {ours}")
    print_row("kgspatial", ours.seconds, f"{memory(ours)}; compiled in {ours.ready_s:.1f} s")
    fastest = np.inf
    for name in ("scipy", "networkx", "pandana"):
        if find_spec(name) is None:
            print(f"{name}: not installed, left out")
            continue
        found = alone(name)
        if isinstance(found, str):
            print(f"{name}: {found}")
            continue
        lost, apart = differs(ours.matrix, found.matrix)
        note = f"{memory(found)}; ready in {found.ready_s:.1f} s"
        print_row(name, found.seconds, f"{note}; {lost} pairs differ, others by {apart:.1e} m")
        fastest = min(fastest, float(np.median(found.seconds)))
    print(f"{fastest / np.median(ours.seconds):.1f} times as fast as the best of them (medians)")


if __name__ == "__main__":
    main()

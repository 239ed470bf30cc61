"""Published instances with known optima: value, published value, proof and time.

The files are not part of the project: name their folder in ``KGSPATIAL_INSTANCES`` (OR-Library
``orlib_pmed`` and ``orlib_pmedcap``, SJC ``mclp_sjc``). Instances made by the recipe of the larger
ones follow; these are always run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from kgspatial.siting import SitingResult, max_coverage, p_center, p_median

TIME_LIMIT_S = 60.0
Row = tuple[str, float | None, SitingResult]


def medians(folder: Path) -> Iterator[Row]:
    """OR-Library p-median: distances along the given graph, every node a site."""
    known = dict(re.findall(r"pmed(\d+)\s+(\d+)", (folder / "pmedopt.txt").read_text()))
    for number, optimum in sorted(known.items(), key=lambda item: int(item[0])):
        path = folder / f"pmed{number}.txt"
        if not path.exists():
            continue
        values = np.array(path.read_text().split(), dtype=int)
        nodes, edges, p = values[:3]
        streets = np.zeros((nodes, nodes))
        for a, b, length in values[3 : 3 + 3 * edges].reshape(-1, 3):
            streets[a - 1, b - 1] = streets[b - 1, a - 1] = length
        distances = dijkstra(sparse.csr_array(streets), directed=False)
        found = p_median(distances, np.ones(nodes), p=int(p), time_limit_s=TIME_LIMIT_S)
        yield f"pmed{number} (n {nodes}, p {p})", float(optimum), found


def capacitated_medians(folder: Path) -> Iterator[Row]:
    """OR-Library capacitated p-median: Euclidean distances rounded down, whole points."""
    for number in range(1, 21):
        path = folder / f"pmedcap1({number}).txt"
        if not path.exists():
            continue
        values = path.read_text().split()
        optimum, nodes, p, room = map(int, values[1:5])
        rows = np.array(values[5 : 5 + 4 * nodes], dtype=float).reshape(-1, 4)
        apart = rows[:, None, 1:3] - rows[None, :, 1:3]
        found = p_median(
            np.floor(np.hypot(apart[..., 0], apart[..., 1])),
            np.ones(nodes),
            p=p,
            capacities=np.full(nodes, float(room)),
            demands=rows[:, 3],
            single_source=True,
            time_limit_s=TIME_LIMIT_S,
        )
        yield f"pmedcap {number} (n {nodes}, p {p})", float(optimum), found


def coverings(folder: Path) -> Iterator[Row]:
    """Sao Jose dos Campos: covered within 800 m."""
    for line in (folder / "OPTIMA_computed.txt").read_text().splitlines():
        name = re.match(r"SJC (\d+)", line)
        if name is None or not (folder / f"SJC{name[1]}.txt").exists():
            continue
        rows = np.loadtxt(folder / f"SJC{name[1]}.txt", skiprows=1, usecols=(0, 1, 2))
        apart = rows[:, None, :2] - rows[None, :, :2]
        reach = (np.hypot(apart[..., 0], apart[..., 1]) <= 800).astype(float)
        for p, optimum in re.findall(r"\((\d+), (\d+), 0\)", line):
            found = max_coverage(reach, rows[:, 2], p=int(p), time_limit_s=TIME_LIMIT_S)
            yield f"SJC{name[1]} (p {p})", float(optimum), found


def random_graph(nodes: int, seed: int) -> np.ndarray:
    """Distances along a graph of n * n / 50 edges of 1 to 100: a path, then pairs at random."""
    random = np.random.default_rng(seed)
    streets = np.zeros((nodes, nodes))
    path = np.arange(nodes - 1)
    streets[path, path + 1] = random.integers(1, 101, nodes - 1)
    one, other = np.triu_indices(nodes, 2)
    more = random.choice(len(one), nodes * nodes // 50 - (nodes - 1), replace=False)
    streets[one[more], other[more]] = random.integers(1, 101, len(more))
    return dijkstra(sparse.csr_array(streets + streets.T), directed=False)


def larger_medians() -> Iterator[Row]:
    """Sizes and numbers of sites as in OR-Library's instances 21 to 40."""
    for nodes in (500, 600, 700, 800, 900):
        for p in (5, 10, nodes // 10, nodes // 5, nodes // 3)[: 5 if nodes < 700 else 4]:
            for seed in (1, 2):
                distances = random_graph(nodes, seed)
                found = p_median(distances, np.ones(nodes), p=p, time_limit_s=TIME_LIMIT_S)
                yield f"median {nodes}, p {p}, seed {seed}", None, found


def larger_capacitated_medians(kind: str, seeds: range) -> Iterator[Row]:
    """100 nodes in a square of 100, needs of 1 to 20, room 120: 82 to 96 % of it needed."""
    for seed in seeds:
        random = np.random.default_rng(seed)
        places, need = random.integers(1, 101, (100, 2)), np.zeros(100)
        while not 0.82 <= need.sum() / 1200 <= 0.96:
            need = random.integers(1, 21, 100).astype(float)
        apart = places[:, None] - places[None]
        found = p_median(
            np.floor(np.hypot(apart[..., 0], apart[..., 1])),
            np.ones(100),
            p=10,
            capacities=np.full(100, 120.0),
            demands=need,
            single_source=kind == "whole",
            time_limit_s=TIME_LIMIT_S,
        )
        yield f"{kind} 100, p 10, seed {seed}", None, found


def centers() -> Iterator[Row]:
    """The p-center on the largest of the random graphs."""
    for p in (5, 10, 45, 90):
        found = p_center(random_graph(900, 1), p=p, time_limit_s=TIME_LIMIT_S)
        yield f"center 900, p {p}, seed 1", None, found


def warm_up() -> None:
    """Compile the loops: that is not part of the times."""
    random = np.random.default_rng(0)
    distances = np.floor(random.uniform(0, 100, (40, 12)))
    p_median(distances, np.ones(40), p=3)
    p_median(distances, np.ones(40), p=5, capacities=np.full(12, 9.0), single_source=True)
    p_center(distances, p=3)
    max_coverage(distances < 30, np.ones(40), p=3)


def show(label: str, optimum: float | None, found: SitingResult) -> None:
    known = "" if optimum is None else f"{optimum:,.0f}"
    print(
        f"{label:<30} {known:>10} {found.objective:>10,.0f} {found.bound:>10,.1f} "
        f"{found.status:>8} {found.seconds:>7.2f}",
        flush=True,
    )
    assert optimum is None or found.status != "optimal" or round(found.objective) == optimum


def main() -> None:
    warm_up()
    print(
        f"\n{'instance':<30} {'published':>10} {'found':>10} {'bound':>10} {'status':>8} {'s':>7}"
    )
    given = os.environ.get("KGSPATIAL_INSTANCES")
    jobs = {"orlib_pmed": medians, "orlib_pmedcap": capacitated_medians, "mclp_sjc": coverings}
    for name, rows in jobs.items() if given else ():
        for row in rows(Path(str(given)) / name):
            show(*row)
    if not given:
        print("(name the folder of the published instances in KGSPATIAL_INSTANCES to run them)")
    whole = larger_capacitated_medians("whole", range(1, 11))
    shared = larger_capacitated_medians("shared", range(1, 4))
    for rows in (larger_medians(), whole, shared, centers()):
        for row in rows:
            show(*row)

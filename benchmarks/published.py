"""Published instances with known optima: value, published value, proof and time.

The files are not part of the project: name their folder in ``KGSPATIAL_INSTANCES`` (OR-Library
``orlib_pmed`` and ``orlib_pmedcap``, SJC ``mclp_sjc``). Without it nothing is run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from kgspatial.siting import SitingResult, max_coverage, p_median

TIME_LIMIT_S = 120.0
Row = tuple[str, float, SitingResult]


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


def main() -> None:
    given = os.environ.get("KGSPATIAL_INSTANCES")
    if not given:
        print("\nPublished instances: name their folder in KGSPATIAL_INSTANCES to run them")
        return
    print(
        f"\n{'instance':<26} {'published':>10} {'found':>10} {'bound':>10} {'status':>8} {'s':>7}"
    )
    folder = Path(given)
    jobs = {"orlib_pmed": medians, "orlib_pmedcap": capacitated_medians, "mclp_sjc": coverings}
    for name, rows in jobs.items():
        for label, optimum, found in rows(folder / name):
            print(
                f"{label:<26} {optimum:>10,.0f} {found.objective:>10,.0f} {found.bound:>10,.1f} "
                f"{found.status:>8} {found.seconds:>7.2f}",
                flush=True,
            )
            assert found.status != "optimal" or round(found.objective) == optimum

"""A province's streets: 1,000,000 junctions, 5,000 kindergartens, 200,000 demand points, 2 km.

Each step with its time and the peak memory of the process so far; 8 GB are the limit.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import shapely

from benchmarks.streets import grid_network
from kgspatial.travel import network_distances, node_distances, snap_points

SIDE, KINDERGARTENS, POINTS, LIMIT_M = 1000, 5_000, 200_000, 2_000.0

T = TypeVar("T")


def step(name: str, work: Callable[[], T]) -> T:
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<44} {seconds:8.2f} s   peak {peak:7,.0f} MB")
    return result


def main() -> None:
    print(f"\n{SIDE * SIDE:,} junctions, {KINDERGARTENS:,} kindergartens, {POINTS:,} demand points")
    random = np.random.default_rng(8)
    small = grid_network(30, 30)
    lines = shapely.linestrings(
        np.stack([small.nodes[small.tail], small.nodes[small.head]], axis=1)
    )
    small = replace(small, shapes=lines)
    few = snap_points(small, random.uniform(0, 2000, (5, 2)))
    step("compiling", lambda: network_distances(small, few, few, limit_m=500.0))
    plain = grid_network(SIDE, SIDE)
    corners = np.stack([plain.nodes[plain.tail], plain.nodes[plain.head]], axis=1)
    network = step("lines", lambda: replace(plain, shapes=shapely.linestrings(corners)))
    step("graph", lambda: network.csr)
    step("index of streets", lambda: network.tree)
    places = [random.uniform(0, SIDE * 100.0, (n, 2)) for n in (POINTS, KINDERGARTENS)]
    homes = step("snapping of demand points", lambda: snap_points(network, places[0]))
    schools = step("snapping of kindergartens", lambda: snap_points(network, places[1]))
    found = step("distances", lambda: network_distances(network, homes, schools, limit_m=LIMIT_M))
    reached = step(
        "distances to junctions", lambda: node_distances(network, schools, limit_m=LIMIT_M)
    )
    print(f"{found.nnz:,} pairs of demand points, {reached.nnz:,} of junctions within the limit")


if __name__ == "__main__":
    main()

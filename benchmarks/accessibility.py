"""E2SFCA on a million cells: kgspatial beside PySAL's `access`, in one run with equal results.

Time counts the measure alone, each from its own natural input: a `TravelMatrix` here, an `Access`
object with its long table of costs there. Peak memory is of a fresh process each, as a whole and
above what stood when the measure began.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.common import print_head, print_row, timed

SIDE, CELL_M, KINDERGARTENS, LIMIT_M = 1000, 100.0, 800, 2_000.0
BOUNDS_M, WEIGHTS = (700.0, 1_400.0, 2_000.0), (1.0, 0.68, 0.22)
RUNS = {"kgspatial": 5, "access": 3}


class Case(NamedTuple):
    row: np.ndarray
    column: np.ndarray
    metres: np.ndarray
    children: np.ndarray
    places: np.ndarray


class Measured(NamedTuple):
    value: Any
    seconds: list[float]
    above_mb: float
    peak_mb: float


def case(seed: int = 5) -> Case:
    """Pairs of cells and kindergartens within the limit, kindergarten by kindergarten."""
    random = np.random.default_rng(seed)
    homes = random.uniform(0, SIDE * CELL_M, (KINDERGARTENS, 2))
    reach = int(LIMIT_M // CELL_M) + 1
    step = np.arange(-reach, reach + 1)
    parts = []
    for j, (x, y) in enumerate(homes):
        across, up = int(x // CELL_M) + step, int(y // CELL_M) + step
        across, up = (v[(v >= 0) & (v < SIDE)] for v in (across, up))
        metres = np.hypot(
            ((across + 0.5) * CELL_M - x)[None, :], ((up + 0.5) * CELL_M - y)[:, None]
        )
        near = metres <= LIMIT_M
        cells = (up[:, None] * SIDE + across[None, :])[near]
        parts.append((cells, np.full(len(cells), j), metres[near]))
    row, column, metres = (np.concatenate(p) for p in zip(*parts, strict=True))
    children = random.gamma(0.5, 2.0, SIDE * SIDE)
    return Case(row, column, metres, children, random.integers(3, 13, KINDERGARTENS) * 30.0)


def ours(given: Case, runs: int) -> Measured:
    from kgspatial.access import Steps, two_step
    from kgspatial.travel import TravelMatrix
    from kgspatial.travel.matrix import csr_with_zeros

    shape = (SIDE * SIDE, KINDERGARTENS)
    csr = csr_with_zeros(given.row, given.column, given.metres, shape)
    ids = [np.arange(n).astype("U7") for n in shape]  # no longer than the numbers are
    travel = TravelMatrix(csr, ids[0], ids[1], LIMIT_M)
    decay = Steps(BOUNDS_M, WEIGHTS)
    found = measure(lambda: two_step(travel, given.children, given.places, decay=decay), runs)
    return found._replace(value=found.value / 100.0)


def theirs(given: Case, runs: int) -> Measured:
    import pandas as pd
    from access import Access, weights

    costs = pd.DataFrame({"origin": given.row, "dest": given.column, "cost": given.metres})
    cells = pd.DataFrame({"geoid": np.arange(SIDE * SIDE), "children": given.children})
    gardens = pd.DataFrame({"geoid": np.arange(KINDERGARTENS), "places": given.places})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's own
        peer = Access(
            demand_df=cells, demand_index="geoid", demand_value="children",
            supply_df=gardens, supply_index="geoid", supply_value=["places"],
            cost_df=costs, cost_origin="origin", cost_dest="dest", cost_name="cost",
        )  # fmt: skip
        decay = weights.step_fn(dict(zip(BOUNDS_M, WEIGHTS, strict=True)))
        found = measure(
            lambda: peer.enhanced_two_stage_fca(weight_fn=decay, max_cost=LIMIT_M), runs
        )
    return found._replace(value=found.value["e2sfca_places"].fillna(0.0).to_numpy())


def measure(work: Callable[[], Any], runs: int) -> Measured:
    """Seconds first, then the whole peak, then the measure's own: tracing slows and adds memory."""
    value, seconds = timed(work, runs)
    peak = peak_mb()
    tracemalloc.start()
    work()
    above = tracemalloc.get_traced_memory()[1] / 1024**2
    tracemalloc.stop()
    return Measured(value, seconds, above, peak)


def peak_mb() -> float:
    """The most memory that this process has held."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measured(name: str) -> Measured:
    return {"kgspatial": ours, "access": theirs}[name](case(), RUNS[name])


def alone(name: str) -> Measured:
    """Measured in a process of its own: what another has held would count as its peak."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as one:
        return one.submit(measured, name).result()


def main() -> None:
    pairs = len(case().row)
    print_head(
        f"E2SFCA, three rings: {SIDE * SIDE:,} cells x {KINDERGARTENS}, {pairs:,} pairs in {LIMIT_M:,.0f} m"
    )
    names = ["kgspatial"] + (["access"] if find_spec("access") else [])
    found = {name: alone(name) for name in names}
    for name, one in found.items():
        note = f"peak {one.peak_mb:,.0f} MB, {one.above_mb:,.0f} MB of it the measure"
        print_row(name, one.seconds, note)
    if "access" not in found:
        print("access is not installed: left out")
        return
    us, peer = found["kgspatial"], found["access"]
    apart = float(np.abs(us.value - peer.value).max())
    faster = median(peer.seconds) / median(us.seconds)
    print(f"{faster:,.0f} times as fast (medians); largest difference {apart:.1e} places per child")
    np.testing.assert_allclose(us.value, peer.value, rtol=1e-9, atol=1e-12)

"""Assigning children to places: kgspatial's min-cost flow beside scipy's linear programming."""

from __future__ import annotations

import resource
import sys

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial import KDTree

from benchmarks.common import print_head, print_row, timed
from kgspatial.balance import allocate

LIMIT_M = 1_200.0
DISTRICT, COUNTY = (8_850, 160), (70_500, 500)
"""Homes and kindergartens: some 40,000 and 1,000,000 pairs within the limit."""

PLACES_PER_CHILD = {"too few places": 0.8, "as many as children": 1.1, "many vacant": 1.5}


def case(
    points: int, kindergartens: int, per_child: float, seed: int = 3
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    homes, gardens = (
        random.uniform(0, 12_000, (points, 2)),
        random.uniform(0, 12_000, (kindergartens, 2)),
    )
    near = KDTree(homes).sparse_distance_matrix(KDTree(gardens), LIMIT_M, output_type="coo_matrix")
    children = random.gamma(0.5, 8.0, points)
    sizes = random.integers(2, 12, kindergartens)
    places = np.rint(sizes * children.sum() * per_child / sizes.sum())
    return sparse.csr_array(near), children, places


def by_linear_programming(
    metres: sparse.csr_array, children: np.ndarray, places: np.ndarray
) -> tuple[float, float]:
    table = metres.tocoo()
    pairs = np.arange(table.nnz)
    rows = sparse.vstack(
        [
            sparse.csr_array(
                (np.ones(table.nnz), (table.row, pairs)), shape=(len(children), table.nnz)
            ),
            sparse.csr_array(
                (np.ones(table.nnz), (table.col, pairs)), shape=(len(places), table.nnz)
            ),
        ]
    )
    # Serving one more child outweighs any detour within the limit.
    found = linprog(table.data - 1e3 * LIMIT_M, A_ub=rows, b_ub=np.concatenate([children, places]))
    return float(found.x.sum()), float(found.x @ table.data)


def peak_mb() -> float:
    """Most memory that the process has held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def compare(name: str, per_child: float) -> None:
    metres, children, places = case(*DISTRICT, per_child)
    flow, seconds = timed(lambda: allocate(metres, children, places))
    (served, walked), others = timed(
        lambda: by_linear_programming(metres, children, places), runs=1
    )
    print_head(f"{metres.nnz:,} pairs, {name}: {places.sum() / children.sum():.2f} places a child")
    print_row(
        "kgspatial allocate",
        seconds,
        f"{flow.sum():,.2f} served, {flow.multiply(metres).sum():,.0f} m",
    )
    times = f"{min(others) / min(seconds):.0f} times as long"
    print_row("scipy linprog (HiGHS)", others, f"{served:,.2f} served, {walked:,.0f} m; {times}")
    assert np.isclose(flow.sum(), served, rtol=1e-6)
    assert np.isclose(flow.multiply(metres).sum(), walked, rtol=1e-4)


def large() -> None:
    metres, children, places = case(*COUNTY, 1.1)
    before = peak_mb()
    flow, seconds = timed(lambda: allocate(metres, children, places), runs=3)
    print_head(f"{metres.nnz:,} pairs, as many places as children")
    more = f"{flow.sum():,.2f} served, {peak_mb() - before:,.0f} MB more than before"
    print_row("kgspatial allocate", seconds, more)


def main() -> None:
    large()
    for name, per_child in PLACES_PER_CHILD.items():
        compare(name, per_child)

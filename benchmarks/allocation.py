"""Assigning children to places: kgspatial's min-cost flow beside scipy's linear programming."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial import KDTree

from benchmarks.common import print_head, print_row, timed
from kgspatial.balance import allocate

POINTS, KINDERGARTENS, LIMIT_M = 6_000, 160, 1_200.0


def case(seed: int = 3) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    homes, gardens = (
        random.uniform(0, 12_000, (POINTS, 2)),
        random.uniform(0, 12_000, (KINDERGARTENS, 2)),
    )
    near = KDTree(homes).sparse_distance_matrix(KDTree(gardens), LIMIT_M, output_type="coo_matrix")
    return (
        sparse.csr_array(near),
        random.gamma(0.5, 8.0, POINTS),
        random.integers(2, 12, KINDERGARTENS) * 30.0,
    )


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


def main() -> None:
    metres, children, places = case()
    flow, seconds = timed(lambda: allocate(metres, children, places))
    (served, walked), others = timed(
        lambda: by_linear_programming(metres, children, places), runs=1
    )
    print_head(f"{metres.nnz:,} pairs of homes and kindergartens")
    print_row(
        "kgspatial allocate",
        seconds,
        f"{flow.sum():,.2f} served, {flow.multiply(metres).sum():,.0f} m",
    )
    print_row("scipy linprog (HiGHS)", others, f"{served:,.2f} served, {walked:,.0f} m")
    assert np.isclose(flow.sum(), served, rtol=1e-6)
    assert np.isclose(flow.multiply(metres).sum(), walked, rtol=1e-4)

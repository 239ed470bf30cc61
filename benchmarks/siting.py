"""Sites with capacities, beside the textbook model.

Five of 600 candidates beside 120 kindergartens. Both are solved by HiGHS to proven optimality; the
textbook model is the same mathematics without the deficit core, merged points and the worth of
single sites.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.spatial import KDTree

from benchmarks.common import print_head, print_row, timed
from kgspatial.balance import allocate
from kgspatial.siting import capacitated_coverage
from kgspatial.siting.core import deficit_core

HOMES, GARDENS, CANDIDATES, SITES, LIMIT_M = 6_000, 120, 600, 5, 1_500.0
SIZES = np.array([90.0, 180.0, 270.0, 360.0])
TIME_LIMIT_S = 120.0


def case(seed: int = 11) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    homes, gardens, sites = (
        random.uniform(0, 30_000, (n, 2)) for n in (HOMES, GARDENS, CANDIDATES)
    )
    near, reach = (
        sparse.csr_array(
            KDTree(homes).sparse_distance_matrix(KDTree(p), LIMIT_M, output_type="coo_matrix")
        )
        for p in (gardens, sites)
    )
    return near, reach, random.gamma(0.5, 6.0, HOMES), random.integers(1, 9, GARDENS) * 30.0


def reduced(
    near: sparse.csr_array, reach: sparse.csr_array, children: np.ndarray, places: np.ndarray
) -> tuple[float, float]:
    core = deficit_core(near, children, allocate(near, children, places))
    settled = children.sum() - children[core.points].sum()
    found = capacitated_coverage(
        reach[core.points],
        children[core.points],
        SIZES,
        p=SITES,
        existing=(near[core.points][:, core.existing], places[core.existing]),
        time_limit_s=TIME_LIMIT_S,
    )
    return found.objective + settled, found.bound + settled


def textbook(
    near: sparse.csr_array, reach: sparse.csr_array, children: np.ndarray, places: np.ndarray
) -> tuple[float, float]:
    old, new = near.tocoo(), reach.tocoo()
    n, sizes = old.nnz + new.nnz, CANDIDATES * len(SIZES)
    point, flow = np.concatenate([old.row, new.row]), np.arange(n)
    site_of = np.repeat(np.arange(CANDIDATES), len(SIZES))

    def rows(i: np.ndarray, j: np.ndarray, v: np.ndarray | float, count: int) -> sparse.csr_array:
        values = np.broadcast_to(v, len(i)).astype(float)
        return sparse.csr_array((values, (i, j)), shape=(count, n + sizes))

    fresh, option = old.nnz + np.arange(new.nnz), n + np.arange(sizes)
    linked = rows(np.arange(new.nnz), fresh, 1.0, new.nnz)
    by_site = rows(site_of, option, 1.0, CANDIDATES)
    blocks = [
        (rows(point, flow, 1.0, HOMES), children),
        (rows(old.col, np.arange(old.nnz), 1.0, GARDENS), places),
        (
            rows(new.col, fresh, 1.0, CANDIDATES)
            - rows(site_of, option, np.tile(SIZES, CANDIDATES), CANDIDATES),
            np.zeros(CANDIDATES),
        ),
        (linked - sparse.diags_array(children[new.row]) @ by_site[new.col], np.zeros(new.nnz)),
        (by_site, np.ones(CANDIDATES)),
        (rows(np.zeros(sizes, dtype=int), option, 1.0, 1), np.array([float(SITES)])),
    ]
    found = milp(
        np.concatenate([-np.ones(n), np.zeros(sizes)]),
        constraints=LinearConstraint(
            sparse.vstack([b[0] for b in blocks]), ub=np.concatenate([b[1] for b in blocks])
        ),
        integrality=np.concatenate([np.zeros(n), np.ones(sizes)]),
        bounds=Bounds(0, np.concatenate([np.full(n, np.inf), np.ones(sizes)])),
        options={"time_limit": TIME_LIMIT_S, "mip_rel_gap": 0.0},
    )
    return -float(found.fun), -float(found.mip_dual_bound)


def main() -> None:
    given = case()
    (ours, bound), seconds = timed(lambda: reduced(*given), runs=3)
    (theirs, other), others = timed(lambda: textbook(*given), runs=1)
    print_head(f"{SITES} of {CANDIDATES} sites, {HOMES:,} homes, {GARDENS} kindergartens")
    print_row("kgspatial", seconds, f"served {ours:,.3f}, bound {bound:,.3f}")
    print_row(
        "textbook model (scipy milp, HiGHS)", others, f"served {theirs:,.3f}, bound {other:,.3f}"
    )
    assert ours <= other + 1e-3, "no answer may beat the other's proven bound"
    assert theirs <= bound + 1e-3, "no answer may beat the other's proven bound"

"""Sites that reach the most, beside spopt; sites with capacities, beside the textbook model.

Covering: 20 of 1,500 candidates for 4,000 communities within 2 km. spopt builds the model with
PuLP and hands it to HiGHS or CBC; without spopt (``pip install spopt``) only kgspatial is run.

Capacities: five of 600 candidates beside 120 kindergartens. Both are solved by HiGHS to proven
optimality; the textbook model is the same mathematics without the deficit core, merged points and
the worth of single sites.
"""

from __future__ import annotations

from importlib.util import find_spec
from time import perf_counter

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.spatial import KDTree

from benchmarks.common import print_head, print_row, timed
from kgspatial.balance import allocate
from kgspatial.siting import capacitated_coverage, max_coverage
from kgspatial.siting.core import deficit_core

HOMES, GARDENS, CANDIDATES, SITES, LIMIT_M = 6_000, 120, 600, 5, 1_500.0
SIZES = np.array([90.0, 180.0, 270.0, 360.0])
COMMUNITIES, PARCELS, CHOSEN, RADIUS_M, SIDE_M = 4_000, 1_500, 20, 2_000.0, 20_000.0
TIME_LIMIT_S = 120.0

Points = tuple[np.ndarray, np.ndarray, np.ndarray]


def covering_case(seed: int = 7) -> Points:
    """Communities, children, candidates: evenly at random over 20 x 20 km, so reaches overlap."""
    random = np.random.default_rng(seed)
    communities = random.uniform(0, SIDE_M, (COMMUNITIES, 2))
    children = random.gamma(1.5, 40.0, COMMUNITIES)
    return communities, children, random.uniform(0, SIDE_M, (PARCELS, 2))


def cover(given: Points) -> tuple[float, float]:
    communities, children, parcels = given
    near = KDTree(communities).sparse_distance_matrix(
        KDTree(parcels), RADIUS_M, output_type="coo_matrix"
    )
    reach = sparse.csr_array(near)
    found = max_coverage(reach, children, p=CHOSEN, time_limit_s=TIME_LIMIT_S)
    return found.objective, found.bound


def cover_with_spopt(given: Points, solver: str) -> tuple[float, bool, float]:
    """What is covered, whether PuLP calls it optimal, and the seconds until the model stood."""
    import pulp
    from scipy.spatial.distance import cdist
    from spopt.locate import MCLP

    begun = perf_counter()
    communities, children, parcels = given
    model = MCLP.from_cost_matrix(cdist(communities, parcels), children, RADIUS_M, CHOSEN)
    built_s = perf_counter() - begun
    command = {"HiGHS": pulp.HiGHS, "CBC": pulp.PULP_CBC_CMD}[solver]
    model.solve(command(msg=False, timeLimit=TIME_LIMIT_S))
    proven = model.problem.sol_status == pulp.LpSolutionOptimal
    return float(pulp.value(model.problem.objective)), proven, built_s


def compare_covering() -> None:
    given = covering_case()
    max_coverage(np.eye(2), [1.0, 1.0], p=1)  # compiles
    (ours, bound), seconds = timed(lambda: cover(given), runs=3)
    print_head(f"{CHOSEN} of {PARCELS:,} sites, {COMMUNITIES:,} communities, {RADIUS_M:,.0f} m")
    print_row("kgspatial", seconds, f"covered {ours:,.3f}, bound {bound:,.3f}")
    if find_spec("spopt") is None:
        print("spopt is not installed: not compared")
        return
    for solver in ("HiGHS", "CBC"):
        (theirs, proven, built_s), others = timed(
            lambda solver=solver: cover_with_spopt(given, solver), runs=1
        )
        note = "optimal" if proven else f"not proven in {TIME_LIMIT_S:.0f} s"
        print_row(
            f"spopt, {solver}", others, f"covered {theirs:,.3f}, {note}; model {built_s:.1f} s"
        )
        tolerance = 1e-6 * bound
        assert theirs <= bound + tolerance, "no answer may beat the other's proven bound"
        assert not proven or abs(theirs - ours) <= tolerance, "two optima must be equal"


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


def compare_capacities() -> None:
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


def main() -> None:
    compare_covering()
    compare_capacities()

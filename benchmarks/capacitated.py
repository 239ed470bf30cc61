"""The default model at the size of a county: 20 of 500 candidates in four sizes beside 400 kindergartens.

4,000 communities on 20 x 20 km, evenly and in towns that have grown together, walks of 500, 1,000 and
2,000 m; kindergartens have places for three quarters of the children, or for all. What is proven
within 120 s.
"""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from benchmarks.common import timed
from benchmarks.siting import reduced
from kgspatial.balance import allocate

POINTS, GARDENS, CANDIDATES, SITES = 4_000, 400, 500, 20
SIDE_M = 20_000.0
LIMITS_M = (500.0, 1_000.0, 2_000.0)
SHARES = (0.75, 1.0)
TOWNS, SPREAD_M, OUTSIDE = 20, (1_000.0, 3_000.0), 0.2


def case(
    limit_m: float, share: float, *, towns: bool, seed: int = 3
) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray, np.ndarray]:
    """Walks to kindergartens and to candidates, children, places."""
    random = np.random.default_rng(seed)
    homes = _homes(random, towns)
    gardens = homes[random.choice(POINTS, GARDENS, replace=False)] + random.normal(
        0, 100, (GARDENS, 2)
    )
    sites = random.uniform(0, SIDE_M, (CANDIDATES, 2))
    children = random.gamma(2.0, 15.0, POINTS)
    places = random.integers(1, 5, GARDENS) * 90.0
    places *= share * children.sum() / places.sum()
    near, reach = (
        sparse.csr_array(
            KDTree(homes).sparse_distance_matrix(KDTree(p), limit_m, output_type="coo_matrix")
        )
        for p in (gardens, sites)
    )
    return near, reach, children, places


def _homes(random: np.random.Generator, towns: bool) -> np.ndarray:
    if not towns:
        return random.uniform(0, SIDE_M, (POINTS, 2))
    centre = random.uniform(0, SIDE_M, (TOWNS, 2))
    spread = random.uniform(*SPREAD_M, TOWNS)
    of = random.integers(TOWNS, size=POINTS)
    homes = centre[of] + random.normal(0, 1, (POINTS, 2)) * spread[of][:, None]
    lone = random.random(POINTS) < OUTSIDE
    homes[lone] = random.uniform(0, SIDE_M, (int(lone.sum()), 2))
    return homes


def main() -> None:
    print(
        f"\n{SITES} of {CANDIDATES} candidates in 4 sizes beside {GARDENS} kindergartens, "
        f"{POINTS:,} communities; short: children without a place before"
    )
    heads = f"{'served':>10} {'bound':>10} {'gap':>8} {'seconds':>8}"
    print(f"{'demand':<22} {'places':>7} {'limit':>7} {'short':>7} {heads}")
    for towns, share, limit in product((False, True), SHARES, LIMITS_M):
        near, reach, children, places = case(limit, share, towns=towns)
        short = children.sum() - allocate(near, children, places).sum()
        (served, bound), (seconds,) = timed(partial(reduced, near, reach, children, places), 1)
        name = "towns grown together" if towns else "evenly"
        found = (
            f"{served:>10,.1f} {bound:>10,.1f} {(bound - served) / served:>8.4%} {seconds:>8.1f}"
        )
        print(f"{name:<22} {share:>7.0%} {limit:>5,.0f} m {short:>7,.0f} {found}", flush=True)

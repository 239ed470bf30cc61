"""What branching leaves open of a small p-median, solved by HiGHS.

Imports from `_median_kernels`, `solver`, `errors`. On lists of each point's sites.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting._median_kernels import CLOSED, FORCED
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def solve_rest(
    first: Ints,
    order: NDArray[np.int32],
    cost: Floats,
    state: NDArray[np.int8],
    count: int,
    *,
    time_limit_s: float,
    seed: int,
) -> tuple[Ints, float]:
    """Sites and a bound for all answers that use only these links and the open sites.

    Parameters
    ----------
    first, order, cost : ndarray
        Each point's sites and what it pays there, as in compressed sparse rows.
    state : ndarray of int8, shape (sites,)
        Free, forced or closed.
    count : int
        Sites to choose.
    time_limit_s, seed : float, int
        Limit and seed of HiGHS.

    Returns
    -------
    ndarray of int
        Sites; empty when there is no answer or none was found.
    float
        The bound: infinite when there is no answer, 0 when the time was too short for any.
    """
    nothing = np.zeros(0, dtype=np.int64)
    kept = np.flatnonzero(state != CLOSED)
    model = _model(first, np.searchsorted(kept, order), cost, state[kept] == FORCED, count)
    try:
        answer = solve(model, time_limit_s=time_limit_s, seed=seed, is_reduced=True)
    except SolverError:
        return nothing, 0.0
    if answer is None:
        return nothing, np.inf
    return kept[answer.values[: len(kept)] > 0.5], -answer.bound


def _model(
    first: Ints, site: Ints, cost: Floats, is_forced: NDArray[np.bool_], count: int
) -> MixedInteger:
    """Sites first, then one column per link: every point once, open sites only."""
    points, sites, n = len(first) - 1, len(is_forced), len(cost)
    point = np.repeat(np.arange(points), np.diff(first))
    flow, each, width = sites + np.arange(n), np.arange(n), sites + n
    given = sparse.csr_array((np.ones(n), (point, flow)), shape=(points, width))
    taken = sparse.csr_array((np.ones(n), (each, flow)), shape=(n, width))
    opened = sparse.csr_array((np.ones(n), (each, site)), shape=(n, width))
    own = np.arange(sites)
    number = sparse.csr_array((np.ones(sites), (np.zeros(sites, int), own)), shape=(1, width))
    forced = sparse.csr_array((np.ones(sites), (own, own)), shape=(sites, width))
    return MixedInteger(
        gain=np.concatenate([np.zeros(sites), -cost]),
        matrix=sparse.csr_array(
            sparse.vstack([given, taken - opened, number, forced], format="csr")
        ),
        lower=np.concatenate([np.ones(points), np.full(n + 1, -np.inf), is_forced.astype(float)]),
        upper=np.concatenate([np.ones(points), np.zeros(n), [float(count)], np.ones(sites)]),
        most=np.ones(width),
        integer=np.arange(width) < sites,
    )

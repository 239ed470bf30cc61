"""The p-median with capacities whose points may be shared: prices settle sites, HiGHS the rest.

Imports from `median_capacity`, `_median_kernels`, `solver`, `arrays`, `errors`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting._median_kernels import CLOSED, FORCED
from kgspatial.siting.median_capacity import bounded_sites
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.siting.arrays import Limits
    from kgspatial.siting.solver import Answer

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SHARE_NOISE = 1e-9
"""Shares of a point below this are rounding of the solver."""
SLACK = 1e-9
"""Relative slack of comparisons: rounding must not remove the optimum."""
PRICES_SHARE = 0.4
"""Share of the time that answer and prices may take before HiGHS."""
PRESOLVE_S = 5e-5
"""Seconds a link before HiGHS looks at the clock: what has no time for that is left unproven."""
LEAST_S = 1.0
"""Seconds that the flows to given sites have even when the time is up."""


@dataclass(frozen=True, eq=False)
class FoundShares:
    """Sites, the share of each point at each of them, the cost, and what is proven."""

    chosen: Ints
    shares: sparse.csr_array
    objective: float
    bound: float


@dataclass(frozen=True, eq=False)
class _Case:
    """Costs (infinite out of reach), needs, rooms, and how many sites."""

    cost: Floats
    need: Floats
    room: Floats
    count: int

    def at(self, sites: Ints) -> _Case:
        """The same with some sites only."""
        return _Case(self.cost[:, sites], self.need, self.room[sites], min(self.count, len(sites)))


def find_shared_median(
    cost: Floats, need: Floats, room: Floats, count: int, limits: Limits
) -> FoundShares | None:
    """Find `count` sites and shares of points of least cost; None where there are none.

    Parameters
    ----------
    cost : ndarray, shape (points, sites)
        What each point pays when it goes there whole; infinite where it cannot go.
    need, room : ndarray
        Room that each point takes, and that each site has.
    count : int
        Sites to choose.
    limits : Limits
        When to stop.

    Raises
    ------
    SolverError
        When the time was too short for any answer.
    """
    case = _Case(cost, need, room, count)
    tried: list[FoundShares] = []

    def cost_of(sites: Ints) -> float:
        flows = _flows(case, sites, limits)
        tried.extend([] if flows is None else [flows])
        return np.inf if flows is None else flows.objective

    until = time.perf_counter() + PRICES_SHARE * limits.left_s
    bound, state = bounded_sites(cost, need, room, count, until, limits.seed, cost_of)
    known = tried[0] if tried else None
    if known is not None:
        bound = min(bound, known.objective)
        if known.objective - bound <= max(limits.gap_target, SLACK) * known.objective:
            return replace(known, bound=bound)
    return _rest(case, state, bound, known, limits)


def _flows(case: _Case, sites: Ints, limits: Limits) -> FoundShares | None:
    """The cheapest shares at given sites; None where their room or reach does not suffice."""
    own = case.at(sites)
    model, point, site = _model(own, np.ones(len(sites), dtype=bool), is_whole=False)
    try:
        answer = solve(model, time_limit_s=max(limits.left_s, LEAST_S), seed=limits.seed)
    except SolverError:
        return None
    return None if answer is None else _found(case, answer, sites, point, site)


def _rest(
    case: _Case, state: NDArray[np.int8], bound: float, known: FoundShares | None, limits: Limits
) -> FoundShares | None:
    """HiGHS on the sites that are open; anything better than `known` is there."""
    kept = np.flatnonzero(state != CLOSED)
    needed_s = PRESOLVE_S * float(np.isfinite(case.cost[:, kept]).sum())
    if known is not None and limits.left_s < needed_s:
        return replace(known, bound=bound)
    model, point, site = _model(case.at(kept), state[kept] == FORCED, is_whole=True)
    try:
        answer = solve(
            model,
            time_limit_s=limits.left_s,
            gap_target=limits.gap_target,
            seed=limits.seed,
        )
    except SolverError:
        if known is None:
            raise
        return replace(known, bound=bound)
    if answer is None:
        return None if known is None else replace(known, bound=known.objective)
    found = _found(case, answer, kept, point, site)
    best = found if known is None or found.objective < known.objective else known
    proven = -answer.bound if known is None else min(-answer.bound, known.objective)
    return replace(best, bound=min(max(bound, proven), best.objective))


def _found(case: _Case, answer: Answer, sites: Ints, point: Ints, site: Ints) -> FoundShares:
    chosen = sites[answer.values[: len(sites)] > 0.5]
    values = answer.values[len(sites) :]
    kept = values > SHARE_NOISE
    ends = (point[kept], sites[site[kept]])
    shares = sparse.csr_array((values[kept], ends), shape=case.cost.shape)
    objective = float(values[kept] @ case.cost[ends])
    return FoundShares(chosen, shares, objective, 0.0)


def _model(
    case: _Case, is_forced: NDArray[np.bool_], *, is_whole: bool
) -> tuple[MixedInteger, Ints, Ints]:
    """Sites first, then shares of points at sites: every point in full, open sites only."""
    points, sites = case.cost.shape
    point, site = np.nonzero(np.isfinite(case.cost))
    n = len(point)
    flow, own, each = sites + np.arange(n), np.arange(sites), np.arange(n)
    width = sites + n
    ones, some = np.ones(n), np.ones(sites)
    given = _rows(point, flow, ones, points, width)
    opened = _rows(each, flow, ones, n, width) - _rows(each, site, ones, n, width)
    number = _rows(np.zeros(sites, int), own, some, 1, width)
    taken = _rows(site, flow, case.need[point], sites, width)
    room = _rows(own, own, case.room, sites, width)
    forced = _rows(own, own, some, sites, width)
    blocks: list[tuple[sparse.csr_array, Floats, Floats]] = [
        (given, np.ones(points), np.ones(points)),
        (opened, np.full(n, -np.inf), np.zeros(n)),
        (number, np.full(1, -np.inf), np.full(1, float(case.count))),
        (taken - room, np.full(sites, -np.inf), np.zeros(sites)),
        (forced, is_forced.astype(float), some),
    ]
    model = MixedInteger(
        gain=np.concatenate([np.zeros(sites), -case.cost[point, site]]),
        matrix=sparse.csr_array(sparse.vstack([b[0] for b in blocks], format="csr")),
        lower=np.concatenate([b[1] for b in blocks]),
        upper=np.concatenate([b[2] for b in blocks]),
        most=np.ones(width),
        integer=(np.arange(width) < sites) & is_whole,
    )
    return model, point.astype(np.int64), site.astype(np.int64)


def _rows(rows: Ints, columns: Ints, values: Floats, count: int, width: int) -> sparse.csr_array:
    return sparse.csr_array((values, (rows, columns)), shape=(count, width))

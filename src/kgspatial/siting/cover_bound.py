"""A bound and a good answer for maximal covering: prices per point, and exchanges of sites.

Imports from `_kernels`, `cover_links`. On merged links: every point has demand and a site that reaches it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting._kernels import exchange_each
from kgspatial.siting.cover_links import is_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_STEPS = 1000
FIRST_STEP, LEAST_STEP = 4.0, 1e-3
SHORTER, AFTER_STEPS = 0.7, 20
"""The step shrinks by this factor when so many steps in a row did not lower the bound."""
MEMORY = 0.9
"""Share of the last direction that the next one keeps: after 1,000 steps, the bound lies 0.2 to
0.6 % lower than without it (seen with 4,000 to 36,000 points)."""
TRY_EVERY = 5
"""Steps between exchanges started from the relaxation's sites."""
LEAST_LOWER = 1e-6
"""Relative fall of the bound that counts as one."""
TINY = 1e-300
"""Keeps a division by a direction of zero length finite."""
SLACK = 1e-9
"""Relative slack of the comparisons that remove sites: rounding must not remove the optimum."""


@dataclass(frozen=True, eq=False)
class BoundedCover:
    """The best answer found, a proven bound, and what an answer as good could still look like.

    Parameters
    ----------
    chosen : ndarray of int
        Sites of the best answer, ascending: at most as many as asked for, none that adds nothing.
    objective, bound : float
        Demand that it covers, and what no answer can exceed.
    may_be_chosen : ndarray of bool, shape (sites,)
        Sites that an answer of `objective` or more could use.
    must_be_chosen : ndarray of bool, shape (sites,)
        Sites that every such answer uses.
    price : ndarray, shape (points,)
        Prices of that bound.
    """

    chosen: Ints
    objective: float
    bound: float
    may_be_chosen: Flags
    must_be_chosen: Flags
    price: Floats


@dataclass(frozen=True, eq=False)
class _Links:
    """The links both ways: by point and by site."""

    by_point: sparse.csr_array
    by_site: sparse.csr_array
    amount: Floats
    count: int

    def times(self, sites: Ints) -> Ints:
        """How many of the sites reach each point."""
        start, points = self.by_site.indptr, self.by_site.indices
        reached = [points[start[site] : start[site + 1]] for site in sites]
        none = np.zeros(0, dtype=points.dtype)
        return np.bincount(np.concatenate([none, *reached]), minlength=len(self.amount))

    def covered(self, sites: Ints) -> float:
        """Demand within reach of the sites."""
        return float(self.amount[self.times(sites) > 0].sum())


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """The relaxation at one set of prices: what each site is worth, the sites worth most."""

    price: Floats
    worth: Floats
    order: Ints
    value: float


@dataclass(frozen=True, eq=False)
class _Descent:
    """Where the prices are, where they head, how far a step goes, steps since the last gain."""

    price: Floats
    direction: Floats
    step: float = FIRST_STEP
    still: int = 0


def bounded_cover(
    links: sparse.csr_array,
    amount: Floats,
    count: int,
    *,
    time_limit_s: float,
    gap_target: float = SLACK,
) -> BoundedCover:
    """Bound the covering from above and answer it from below.

    Relaxing "a point is covered only by a chosen site" with a price per point leaves a problem
    that is solved by sorting: the sites whose points have the highest prices together. Prices move
    along a deflected subgradient; the sites of the relaxation start exchanges.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        Ones where a site reaches a point, each stored once; no point without any.
    amount : ndarray, shape (points,)
        Demand, above 0.
    count : int
        Number of sites at most, 0 to the number of sites.
    time_limit_s, gap_target : float
        When to stop: seconds, or relative distance of answer and bound.

    Returns
    -------
    BoundedCover
        Valid whenever it stopped: fewer steps only leave more open.

    References
    ----------
    Galvao and ReVelle (1996), A Lagrangean heuristic for the maximal covering location problem,
    European Journal of Operational Research 88; the direction: Camerini, Fratta and Maffioli
    (1975), Mathematical Programming Study 3; exchanges: Teitz and Bart (1968), Operations
    Research 16.
    """
    until = time.perf_counter() + time_limit_s
    given = _Links(links, sparse.csr_array(links.T), amount, count)
    best = _exchanged(given, np.zeros(0, dtype=np.int64), until)
    most = given.covered(best)
    lowest = _relaxed(given, amount if count == 0 else np.zeros(len(amount)))
    descent = _Descent(amount / np.diff(links.indptr), np.zeros(len(amount)))
    for number in range(MOST_STEPS):
        if lowest.value - most <= gap_target * most or descent.step < LEAST_STEP:
            break
        if is_over(until):
            break
        now = _relaxed(given, descent.price)
        descent = _next(given, descent, now, lowest.value, most)
        lowest = min(lowest, now, key=lambda relaxed: relaxed.value)
        if number % TRY_EVERY == 0 or descent.step == 0.0:
            tried = _exchanged(given, now.order[:count], until)
            best = max(best, tried, key=given.covered)
            most = given.covered(best)
    may, must = _left_open(given, lowest, most)
    return BoundedCover(np.sort(best), most, max(lowest.value, most), may, must, lowest.price)


def _relaxed(given: _Links, price: Floats) -> _Relaxed:
    """Sites by falling worth, ties by column; a price is at most the demand."""
    worth = given.by_site @ price
    order = np.argsort(-worth, kind="stable")
    value = (given.amount - price).sum() + worth[order[: given.count]].sum()
    return _Relaxed(price, worth, order, float(value))


def _next(given: _Links, at: _Descent, now: _Relaxed, lowest: float, most: float) -> _Descent:
    """Step towards lower values; a step of 0 when the relaxation's sites are an optimal answer."""
    missing = (given.amount > now.price) - given.times(now.order[: given.count])
    if not missing.any():
        return replace(at, step=0.0)
    direction = missing + MEMORY * at.direction
    # Not `direction @ direction`: its last bits change with the number of threads.
    length = at.step * (now.value - most) / max(float(np.square(direction).sum()), TINY)
    price = np.clip(now.price + length * direction, 0.0, given.amount)
    still = 0 if now.value < lowest * (1 - LEAST_LOWER) else at.still + 1
    if still < AFTER_STEPS:
        return _Descent(price, direction, at.step, still)
    return _Descent(price, direction, at.step * SHORTER)


def _left_open(given: _Links, relaxed: _Relaxed, most: float) -> tuple[Flags, Flags]:
    """Sites that an answer of `most` may use, and those that it must use, by reduced cost."""
    worth, count = relaxed.worth, given.count
    may, must = np.ones(len(worth), dtype=bool), np.zeros(len(worth), dtype=bool)
    if not 0 < count < len(worth):
        return may, must
    inside, outside = relaxed.order[:count], relaxed.order[count:]
    floor = most * (1 - SLACK)
    may[outside] = relaxed.value - (worth[inside[-1]] - worth[outside]) >= floor
    must[inside] = relaxed.value - (worth[inside] - worth[outside[0]]) < floor
    return may, must


def _exchanged(given: _Links, sites: Ints, until: float) -> Ints:
    """Add sites up to the count and exchange one for another, while that covers more.

    From no sites at all, the first round is the greedy choice.
    """
    chosen = np.full(given.count, -1, dtype=np.int64)
    chosen[: len(sites)] = sites
    times = given.times(sites)
    gains = given.by_site @ np.where(times == 0, given.amount, 0.0)
    by_site, by_point = given.by_site, given.by_point
    ways = (by_site.indptr, by_site.indices, by_point.indptr, by_point.indices)
    while given.count and exchange_each(chosen, times, gains, given.amount, *ways):
        if is_over(until):
            break
    return chosen[chosen >= 0]

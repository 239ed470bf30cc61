"""The p-median without capacities: an answer by exchanges, a proof by prices and branching.

Imports from `_median_kernels`, `median_branching`, `median_rest`. On tables of costs, points x sites, infinite where out of reach.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.siting._median_kernels import (
    ANSWER,
    CLOSED,
    FORCED,
    FREE,
    VALUE,
    climb,
    exchange,
    greedy,
    settle,
    shorten,
    split,
)
from kgspatial.siting.median_branching import SLACK, Best, FoundMedian, branch_and_bound, unit_of
from kgspatial.siting.median_rest import solve_rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

ROOT_STEPS, NODE_STEPS = 1500, 100
ROOT_STEP, NODE_STEP = 1.5, 1.0
"""Steps of the prices, and their first length as a share of Polyak's: at a branch the prices of the
branch above are nearly right already."""
SMALL_LINKS, FEW_BRANCHES = 20_000, 400
"""With so few links left after the root, HiGHS takes over after so many branches: many answers of
nearly equal cost are told apart by its cuts, not by prices."""
LINKS_AT_ONCE = 2_000_000
"""Links that may be walked between two looks at the clock."""
ROUNDS, SHAKEN_COSTS = 12, 400_000_000
"""How often the best answer is shaken - some of its sites replaced, then exchanged anew - and the
costs that this may look at: a round goes over the table some 15 times."""
PASSES = 15
SHAKEN = 0.2
"""Share of the sites that a shake replaces, two at least."""
WORTH_ANOTHER = 0.7
"""Share of the links below which a shorter list is worth another climb at the root."""
FAR = 2.0
"""What an unreachable site costs in exchanges, as a multiple of the dearest answer: more than any
answer that reaches every point."""


@dataclass(frozen=True, eq=False)
class _Lists:
    """Each point's sites, nearest first: only those that a better answer may use."""

    first: Ints
    order: NDArray[np.int32]
    cost: Floats

    def cut(self, limit: Floats, state: NDArray[np.int8]) -> _Lists | None:
        """Up to the limits, without closed sites; None when some point has none left."""
        new = _Lists(np.empty_like(self.first), np.empty_like(self.order), np.empty_like(self.cost))
        ways = (new.first, new.order, new.cost)
        if not shorten(self.first, self.order, self.cost, limit, state, *ways):
            return None
        end = new.first[-1]
        return _Lists(new.first, new.order[:end].copy(), new.cost[:end].copy())


@dataclass(frozen=True, eq=False)
class _Branch:
    """A part of all answers: some sites forced or closed, a limit to what each point pays."""

    state: NDArray[np.int8]
    limit: Floats
    price: Floats
    bound: float


@dataclass(frozen=True, eq=False)
class _Task:
    """The costs by site, with `FAR` for out of reach; the number of sites; the best so far."""

    by_site: Floats
    count: int
    best: Best

    def offer(self, sites: Ints) -> None:
        """Keep the sites when they reach every point and cost less."""
        objective = float(self.by_site[sites].min(axis=0).sum())
        self.best.keep(sites, np.zeros(0, dtype=np.int64), objective)


def find_median(
    cost: Floats,
    count: int,
    *,
    time_limit_s: float,
    gap_target: float = 0.0,
    seed: int = 0,
    most_branches: int | None = None,
) -> FoundMedian:
    """Find the `count` sites of least cost and prove them.

    Parameters
    ----------
    cost : ndarray, shape (points, sites)
        What each point pays at each site; infinite where it cannot go. Every point can go
        somewhere.
    count : int
        Sites to choose, 1 to the number of sites.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.
    most_branches : int, optional
        Branches after which it stops too.

    Returns
    -------
    FoundMedian
        Valid whenever the search stopped.

    References
    ----------
    Cornuejols, Fisher and Nemhauser (1977), Location of bank accounts to optimize float,
    Management Science 23; branch and bound on it: Christofides and Beasley (1982), A tree search
    algorithm for the p-median problem, European Journal of Operational Research 10; exchanges:
    Whitaker (1983), INFOR 21. Branching by distance follows the variables of Cornuejols,
    Nemhauser and Wolsey (1980), SIAM Journal on Algebraic and Discrete Methods 1: a point is served within a
    radius, or it is not.
    """
    compile_search()
    until = time.perf_counter() + time_limit_s
    return _proven(cost, count, until, gap_target, seed, most_branches)


@cache
def compile_search() -> None:
    """Compile the loops, or read them compiled: no part of any time limit."""
    random = np.random.default_rng(0)
    _proven(np.floor(random.uniform(0, 50, (40, 20))), 4, np.inf, 0.0, 0, None)


def _proven(
    cost: Floats, count: int, until: float, gap_target: float, seed: int, most_branches: int | None
) -> FoundMedian:
    within = np.isfinite(cost)
    dearest = float(np.where(within, cost, 0.0).max(axis=1, initial=0.0).sum())
    by_site = np.ascontiguousarray(np.where(within, cost, FAR * dearest + 1.0).T)
    ceiling = dearest * (1 + SLACK) + 0.5
    task = _Task(by_site, count, Best(unit_of(cost[within]), gap_target, until, ceiling))
    _search(task, np.random.default_rng(seed))
    root, lists = _root(task, _sorted_lists(cost))
    is_small = len(lists.cost) <= SMALL_LINKS
    most = FEW_BRANCHES if is_small and most_branches is None else most_branches
    found = branch_and_bound(task.best, root, lambda branch: _parts(task, lists, branch), most)
    if most_branches is not None or not is_small or found.bound >= task.best.cutoff:
        return found
    return _finished(task, root, lists, found, seed)


def _finished(
    task: _Task, root: _Branch, lists: _Lists, found: FoundMedian, seed: int
) -> FoundMedian:
    """HiGHS on what the prices leave open; anything better than the best answer is there."""
    best, state, limit = task.best, root.state.copy(), root.limit.copy()
    settle(lists.first, lists.order, lists.cost, state, task.count, best.cutoff, root.price, limit)
    own = lists.cut(limit, state)
    if own is None:
        return best.found(best.objective, found.branches)
    left_s = best.until - time.perf_counter()
    if left_s <= 0:
        return found
    ways = (own.first, own.order, own.cost, state, task.count)
    sites, bound = solve_rest(*ways, time_limit_s=left_s, seed=seed)
    target = best.target
    if len(sites):
        task.offer(sites)
    # What was removed costs no less than the best answer did.
    proven = max(found.bound, best.rounded(min(bound, target)))
    if not np.isfinite(best.objective) and np.isinf(bound):
        proven = np.inf
    return best.found(proven, found.branches)


def _root(task: _Task, lists: _Lists) -> tuple[_Branch, _Lists]:
    """Raise the bound for all answers, and keep only what a better one may use."""
    best, count = task.best, task.count
    points, sites = len(lists.first) - 1, len(task.by_site)
    middle = np.minimum(lists.first[:-1] + sites // count, lists.first[1:] - 1)
    price, bound = lists.cost[middle], -np.inf
    state, limit = np.zeros(sites, dtype=np.int8), np.full(points, np.inf)
    for step in (ROOT_STEP, NODE_STEP, NODE_STEP):
        climbed = _Climb(lists, state, count, price, step)
        climbed.run(best, ROOT_STEPS)
        bound, price = max(bound, climbed.bound), climbed.best_price
        _exchanged(task, np.flatnonzero(climbed.answer))
        if bound >= best.cutoff or best.is_late:
            break
        settle(*(lists.first, lists.order, lists.cost), state, count, best.cutoff, price, limit)
        shorter = lists.cut(limit, state)
        if shorter is None:
            bound = best.cutoff
            break
        was, lists = len(lists.cost), shorter
        if len(lists.cost) > WORTH_ANOTHER * was:
            break
    return _Branch(state, limit, price, bound), lists


class _Climb:
    """Prices on their way up for one branch."""

    def __init__(
        self, lists: _Lists, state: NDArray[np.int8], count: int, price: Floats, step: float
    ) -> None:
        self.lists, self.state, self.count = lists, state, count
        self.price, self.best_price = price.copy(), price.copy()
        self.direction = np.zeros(len(price))
        self.shares = np.zeros(len(state))
        self.answer = np.zeros(len(state), dtype=np.bool_)
        self.notes = np.array([-np.inf, step, 0.0, np.inf])

    def run(self, best: Best, steps: int) -> None:
        """Climb until nothing better is left, the steps are done or the time is up."""
        at_once = max(1, LINKS_AT_ONCE // max(len(self.lists.cost), 1))
        done = 0
        while done < steps and not best.is_late:
            number = min(at_once, steps - done)
            if climb(
                *(number, self.lists.first, self.lists.order, self.lists.cost, self.state),
                *(
                    self.count,
                    best.target,
                    best.cutoff,
                    self.price,
                    self.direction,
                    self.best_price,
                ),
                *(self.shares, self.answer, self.notes),
            ):
                break
            done += number

    @property
    def bound(self) -> float:
        return float(self.notes[VALUE])


def _parts(task: _Task, lists: _Lists, branch: _Branch) -> Iterator[_Branch]:
    """Bound a branch; the two parts of it, unless it holds nothing better than the best answer."""
    best, count = task.best, task.count
    state, limit = branch.state.copy(), branch.limit.copy()
    own = lists.cut(limit, state)
    if own is None or (state == FORCED).sum() > count:
        return
    if (state != CLOSED).sum() <= count:
        task.offer(np.flatnonzero(state != CLOSED))
        return
    climbed = _Climb(own, state, count, branch.price, NODE_STEP)
    climbed.run(best, NODE_STEPS)
    bound, price = max(branch.bound, climbed.bound), climbed.best_price
    if best.is_late:
        yield _Branch(branch.state, branch.limit, branch.price, bound)
        return
    if climbed.notes[ANSWER] < best.objective:
        _exchanged(task, np.flatnonzero(climbed.answer))
    if bound >= best.cutoff:
        return
    settle(*(own.first, own.order, own.cost), state, count, best.cutoff, price, limit)
    own = own.cut(limit, state)
    if own is None:
        return
    yield from _halves(task, own, _Branch(state, limit, price, bound), climbed.shares)


def _halves(task: _Task, own: _Lists, branch: _Branch, shares: Floats) -> Iterator[_Branch]:
    """A point is served within a radius or not; where no radius parts anything, by one site."""
    state, limit, price, bound = branch.state, branch.limit, branch.price, branch.bound
    point, link = split(own.first, own.order, own.cost, shares)
    if point >= 0:
        near = limit.copy()
        near[point] = own.cost[link - 1]
        far = state.copy()
        far[own.order[own.first[point] : link]] = CLOSED
        yield _Branch(far, limit, price, bound)
        yield _Branch(state, near, price, bound)
        return
    free = np.flatnonzero(state == FREE)
    if not len(free):
        task.offer(np.flatnonzero(state == FORCED))
        return
    site = free[np.argmin(np.abs(shares[free] - 0.5))]
    for value in (FORCED, CLOSED):
        single = state.copy()
        single[site] = value
        yield _Branch(single, limit, price, bound)


def _sorted_lists(cost: Floats) -> _Lists:
    order = np.argsort(cost, axis=1, kind="stable").astype(np.int32)
    ordered = np.take_along_axis(cost, order, axis=1)
    within = np.isfinite(ordered)
    first = np.concatenate([[0], np.cumsum(within.sum(axis=1))]).astype(np.int64)
    return _Lists(first, order[within], ordered[within])


def _exchanged(task: _Task, start: Ints) -> Ints:
    """Exchange one site for another while that saves anything, and offer what comes out."""
    chosen = start.copy()
    if not len(chosen):
        return chosen
    is_chosen = np.zeros(len(task.by_site), dtype=np.bool_)
    is_chosen[chosen] = True
    while not task.best.is_late and exchange(task.by_site, chosen, is_chosen):
        pass
    task.offer(chosen)
    return chosen


def _search(task: _Task, random: np.random.Generator) -> None:
    """Exchange from the greedy sites, then shake the best so many times."""
    best, sites = task.best, len(task.by_site)
    now = _exchanged(task, greedy(task.by_site, task.count))
    for _ in range(min(ROUNDS, 1 + SHAKEN_COSTS // (PASSES * task.by_site.size))):
        if best.is_late or len(now) == sites:
            break
        shaken = (best.chosen if len(best.chosen) else now).copy()
        number = min(max(2, round(SHAKEN * len(shaken))), len(shaken), sites - len(shaken))
        outside = np.setdiff1d(np.arange(sites), shaken)
        leaving = random.choice(len(shaken), number, replace=False)
        shaken[leaving] = random.choice(outside, number, replace=False)
        _exchanged(task, shaken)

"""The p-median with capacities and whole points: knapsack prices, branching, assignments.

Imports from `_median_kernels`, `_median_capacity_kernels`, `_median_assignment_kernels`,
`median_assignment`, `median_branching`. On tables of costs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.siting._median_assignment_kernels import FITS
from kgspatial.siting._median_capacity_kernels import (
    climb_capacity,
    settle_capacity,
    split_capacity,
)
from kgspatial.siting._median_kernels import CLOSED, FORCED, FREE, VALUE, greedy
from kgspatial.siting.median_assignment import (
    CapacityTask,
    assign_and_move,
    capacity_task,
    paid_at,
    search_assignments,
)
from kgspatial.siting.median_branching import FoundMedian, branch_and_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

ROOT_STEPS, NODE_STEPS = 1500, 80
ROOT_STEP, NODE_STEP = 1.5, 0.8
"""Steps of the prices and their first length, as in `median_search`."""
LINKS_AT_ONCE = 500_000
"""Links that may be packed between two looks at the clock."""
ANSWER_TAKEN = 2
"""What `climb_capacity` returns when the relaxation is an answer: no other of the branch is
cheaper."""


@dataclass(frozen=True, eq=False)
class _Links:
    """The allowed links by site."""

    first: Ints
    points: Ints
    cost: Floats

    @property
    def site(self) -> Ints:
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def ordered(self, points: int) -> tuple[Ints, Ints]:
        """Links by point, nearest first, and where each point's begin."""
        order = np.lexsort((self.cost, self.points))
        number = np.bincount(self.points, minlength=points)
        return order.astype(np.int64), np.concatenate([[0], np.cumsum(number)]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Branch:
    """A part of all answers: sites forced or closed, and links that are not allowed (as bits)."""

    state: NDArray[np.int8]
    allowed: NDArray[np.uint8]
    price: Floats
    bound: float


def find_capacitated_median(
    cost: Floats,
    need: Floats,
    room: Floats,
    count: int,
    *,
    time_limit_s: float,
    gap_target: float = 0.0,
    seed: int = 0,
) -> FoundMedian:
    """Find the `count` sites of least cost that hold every point whole, and prove them.

    Relaxing "every point goes to one site" with a price per point leaves one knapsack a site: the
    points that are worth most together within its room. That bound is as strong as generating
    all clusters that fit.

    Parameters
    ----------
    cost : ndarray, shape (points, sites)
        What each point pays at each site; infinite where it cannot go.
    need : ndarray, shape (points,)
        Room that each point takes.
    room : ndarray, shape (sites,)
        Room of each site.
    count : int
        Sites to choose, 1 to the number of sites.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.

    References
    ----------
    Ceselli and Righini (2005), A branch-and-price algorithm for the capacitated p-median problem,
    Networks 45, for the branching on sets of a point's sites; Pirkul (1987), Efficient algorithms
    for the capacitated concentrator location problem, Computers and Operations Research 14, for
    the relaxation; Mulvey and Beck (1984), European Journal of Operational Research 18, for
    assignments by regret.
    """
    compile_capacity()
    until = time.perf_counter() + time_limit_s
    within = np.isfinite(cost) & (need[:, None] <= room * (1 + FITS))
    task = capacity_task(np.where(within, cost, np.inf), need, room, count, until)
    task.best.gap_target = gap_target
    if not within.any(axis=1).all():
        return task.best.found(np.inf, 0)
    search_assignments(task, np.random.default_rng(seed))
    root = _root(task, within)
    return branch_and_bound(task.best, root, lambda branch: _parts(task, branch))


def bounded_sites(
    cost: Floats,
    need: Floats,
    room: Floats,
    count: int,
    until: float,
    seed: int,
    cost_of: Callable[[Ints], float],
) -> tuple[float, NDArray[np.int8]]:
    """Bound the cost when points may be shared, and settle which sites a better answer may use.

    Parameters
    ----------
    cost, need, room, count, seed
        As for `find_capacitated_median`.
    until : float
        When to stop, by `time.perf_counter`.
    cost_of : callable
        What given sites cost when points are shared among them.

    Returns
    -------
    float
        The bound.
    ndarray of int8, shape (sites,)
        Free, forced or closed.
    """
    within = np.isfinite(cost)
    task = capacity_task(cost, need, room, count, until, is_shared=True)
    search_assignments(task, np.random.default_rng(seed))
    sites = task.best.chosen
    if not len(sites):
        sites = np.sort(greedy(np.ascontiguousarray(task.cost.T), count))
    task.best.objective = min(task.best.objective, cost_of(sites))
    root = _root(task, within)
    state = root.state.copy()
    links = _links(task, root.allowed, state)
    if links is None:
        return 0.0, state
    climbed = _Climb(task, links, state, root.price, ROOT_STEP)
    climbed.run(ROOT_STEPS)
    ways = (links.first, links.points, links.cost, task.need, task.room, True)
    kept = np.zeros(len(links.points), dtype=np.bool_)
    if climbed.bound < task.best.cutoff:
        settle_capacity(*ways, state, count, task.best.cutoff, climbed.best_price, kept)
    return max(climbed.bound, 0.0), state


@cache
def compile_capacity() -> None:
    """Compile the loops, or read them compiled: no part of any time limit."""
    random = np.random.default_rng(0)
    cost, need = np.floor(random.uniform(0, 50, (24, 8))), random.integers(1, 9, 24).astype(float)
    room = np.full(8, need.sum() / 3)
    task = capacity_task(cost, need, room, 4, np.inf)
    assign_and_move(task, np.arange(4))
    root = _root(task, np.isfinite(cost))
    for part in _parts(task, root):
        list(_parts(task, part))


def _root(task: CapacityTask, within: Flags) -> _Branch:
    ordered = np.sort(task.cost, axis=1)
    rank = min(within.shape[1] // task.count, within.shape[1] - 1)
    price = np.minimum(ordered[:, rank], np.where(within, task.cost, 0.0).max(axis=1))
    return _Branch(np.zeros(within.shape[1], dtype=np.int8), _as_bits(within), price, -np.inf)


def _parts(task: CapacityTask, branch: _Branch) -> Iterator[_Branch]:
    """Bound a branch; its two parts, unless it holds nothing better than the best answer."""
    best, state = task.best, branch.state.copy()
    links = _links(task, branch.allowed, state)
    if links is None or (state == FORCED).sum() > task.count:
        return
    is_root = np.isinf(branch.bound)
    climbed = _Climb(task, links, state, branch.price, ROOT_STEP if is_root else NODE_STEP)
    climbed.run(ROOT_STEPS if is_root else NODE_STEPS)
    bound = max(branch.bound, climbed.bound)
    if climbed.is_answer:
        _offer_links(task, links, climbed.shares)
        return
    if best.is_late:
        yield _Branch(branch.state, branch.allowed, branch.price, bound)
        return
    assign_and_move(task, np.flatnonzero(climbed.taken))
    if bound >= best.cutoff:
        return
    kept = np.zeros(len(links.points), dtype=np.bool_)
    ways = (links.first, links.points, links.cost, task.need, task.room, False)
    price = climbed.best_price
    settle_capacity(*ways, state, task.count, best.cutoff, price, kept)
    allowed = np.zeros(task.cost.shape, dtype=np.bool_)
    allowed[links.points[kept], links.site[kept]] = True
    allowed[:, state == CLOSED] = False
    if allowed.any(axis=1).all():
        own = _Branch(state, _as_bits(allowed), price, bound)
        yield from _halves(task, own, allowed, links, np.where(kept, climbed.shares, 0.0))


class _Climb:
    """Prices on their way up for one branch."""

    def __init__(
        self, task: CapacityTask, links: _Links, state: NDArray[np.int8], price: Floats, step: float
    ) -> None:
        self.task, self.links, self.state = task, links, state
        self.price, self.best_price = price.copy(), price.copy()
        self.direction = np.zeros(len(price))
        self.shares = np.zeros(len(links.points))
        self.taken = np.zeros(len(state), dtype=np.bool_)
        self.notes = np.array([-np.inf, step, 0.0, np.inf])
        self.is_answer = False

    def run(self, steps: int) -> None:
        """Climb until nothing better is left, the steps are done or the time is up."""
        task, links, best = self.task, self.links, self.task.best
        at_once = min(max(1, LINKS_AT_ONCE // max(len(links.points), 1)), steps)
        for _ in range(0, steps, at_once):
            if best.is_late:
                break
            ended = climb_capacity(
                *(at_once, links.first, links.points, links.cost, task.need, task.room),
                *(
                    task.is_shared,
                    self.state,
                    task.count,
                    best.target,
                    best.cutoff,
                    self.price,
                    self.direction,
                ),
                *(self.best_price, self.shares, self.taken, self.notes),
            )
            if ended:
                self.is_answer = ended == ANSWER_TAKEN
                break

    @property
    def bound(self) -> float:
        return float(self.notes[VALUE])


def _halves(
    task: CapacityTask, branch: _Branch, allowed: Flags, links: _Links, shares: Floats
) -> Iterator[_Branch]:
    """A point goes to one of its nearer sites or not; else one site is chosen or not."""
    ordered, number = links.ordered(len(task.need))
    point, at = split_capacity(links.cost, shares, ordered, number)
    if point >= 0:
        near, far = (
            links.site[ordered[number[point] : at]],
            links.site[ordered[at : number[point + 1]]],
        )
        for without in (near, far):
            part = allowed.copy()
            part[point, without] = False
            if part[point].any():
                yield _Branch(branch.state, _as_bits(part), branch.price, branch.bound)
        return
    yield from _whole_sites(task, branch, allowed, links)


def _whole_sites(
    task: CapacityTask, branch: _Branch, allowed: Flags, links: _Links
) -> Iterator[_Branch]:
    """Force or close the first free site; without one, part the links of a point by one."""
    free = np.flatnonzero(branch.state == FREE)
    if len(free):
        for value in (FORCED, CLOSED):
            state = branch.state.copy()
            state[free[0]] = value
            yield _Branch(state, branch.allowed, branch.price, branch.bound)
        return
    several = np.flatnonzero(allowed.sum(axis=1) > 1)
    if not len(several):
        _offer_links(task, links, allowed[links.points, links.site])
    else:
        point = several[0]
        site = np.flatnonzero(allowed[point])[0]
        only, without = allowed.copy(), allowed.copy()
        only[point], without[point, site] = False, False
        only[point, site] = True
        for part in (only, without):
            yield _Branch(branch.state, _as_bits(part), branch.price, branch.bound)


def _links(
    task: CapacityTask, allowed: NDArray[np.uint8], state: NDArray[np.int8]
) -> _Links | None:
    """The allowed links of a branch by site; None when some point has none left."""
    sites = task.cost.shape[1]
    kept = np.unpackbits(allowed, axis=1, count=sites).astype(np.bool_)
    kept[:, state == CLOSED] = False
    if not kept.any(axis=1).all():
        return None
    site, point = np.nonzero(kept.T)
    first = np.concatenate([[0], np.cumsum(np.bincount(site, minlength=sites))])
    return _Links(first.astype(np.int64), point.astype(np.int64), task.cost[point, site])


def _as_bits(allowed: Flags) -> NDArray[np.uint8]:
    return np.packbits(allowed, axis=1)


def _offer_links(task: CapacityTask, links: _Links, taken: Floats | Flags) -> None:
    """Offer the answer that takes exactly these links, when it keeps to the rooms and the count."""
    used = np.flatnonzero(taken > 0.5)
    site = np.zeros(len(task.need), dtype=np.int64)
    site[links.points[used]] = links.site[used]
    load = np.bincount(site, task.need, minlength=len(task.room))
    sites, place = np.unique(site, return_inverse=True)
    if len(sites) <= task.count and (load <= task.room * (1 + FITS)).all():
        task.offer(sites, place, paid_at(task, sites, place))

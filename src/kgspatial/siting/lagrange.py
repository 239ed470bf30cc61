"""A bound and a good answer for the p-median: subgradients on the assignment, and exchanges.

Imports nothing of kgspatial. On tables of distances, points x sites, infinite where out of reach.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_STEPS = 1500
FIRST_STEP, HALVE_AFTER, LEAST_STEP = 2.0, 30, 1e-4
"""The usual step rule of Held, Wolfe and Crowder (1974): halved when the bound stands still."""
TRY_EVERY = 25
"""Steps between exchanges started from the relaxation's sites."""
SLACK = 1e-7
"""Relative slack of the comparisons that remove sites: rounding must not remove the optimum."""


@dataclass(frozen=True, eq=False)
class Bounded:
    """The best answer found, a proven bound, and what a better answer could still use.

    Parameters
    ----------
    chosen : ndarray of int
        Sites of the best answer, ascending.
    objective, bound : float
        Its weighted distance, and what no answer can fall below.
    may_be_chosen : ndarray of bool, shape (sites,)
        Sites that a better answer could use.
    useful_pairs : ndarray of bool, shape (points, sites)
        Assignments that a better answer could use.
    """

    chosen: Ints
    objective: float
    bound: float
    may_be_chosen: NDArray[np.bool_]
    useful_pairs: NDArray[np.bool_]

    @property
    def open(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """What is still open: sites and pairs."""
        return self.may_be_chosen, self.useful_pairs


def bounded_median(table: Floats, weight: Floats, count: int, *, time_limit_s: float) -> Bounded:
    """Bound the p-median from below, and answer it from above.

    Relaxing "every point is assigned once" with a price per point leaves a problem that is solved
    by sorting: each site is worth the savings of the points that would take it at their price.

    References
    ----------
    Cornuejols, Fisher and Nemhauser (1977), Management Science 23; exchanges: Teitz and Bart
    (1968), Operations Research 16.
    """
    begun = time.perf_counter()
    within = np.isfinite(table)
    cost = np.where(within, weight[:, None] * np.where(within, table, 0.0), np.inf)
    best = _exchanged(cost, _spread_start(cost, count), begun + time_limit_s)
    least = _value(cost, best)
    price = _first_prices(cost, best)
    kept_price, bound, step, still = price, -np.inf, FIRST_STEP, 0
    for number in range(MOST_STEPS):
        worth = np.minimum(cost - price[:, None], 0.0)
        sites = np.argpartition(worth.sum(axis=0), count - 1)[:count]
        value = float(price.sum() + worth.sum(axis=0)[sites].sum())
        if value > bound + 1e-9 * abs(value):
            bound, kept_price, still = value, price, 0
        else:
            still += 1
        if number % TRY_EVERY == 0 or _value(cost, sites) < least:
            tried = _exchanged(cost, sites, begun + time_limit_s)
            best = min(best, tried, key=lambda chosen: _value(cost, chosen))
            least = _value(cost, best)
        if still >= HALVE_AFTER:
            step, still, price = step / 2, 0, kept_price
            continue
        missing = 1.0 - (cost[:, sites] < price[:, None]).sum(axis=1)
        norm = float(missing @ missing)
        done = least - bound <= SLACK * abs(least) or norm == 0.0 or step < LEAST_STEP
        if done or time.perf_counter() - begun > time_limit_s or not np.isfinite(least):
            break
        price = np.maximum(price + step * (least - value) / norm * missing, 0.0)
    return _with_open(cost, kept_price, count, best, least, bound)


def _with_open(
    cost: Floats, price: Floats, count: int, best: Ints, least: float, bound: float
) -> Bounded:
    """Which sites and pairs could be in an answer better than `least`, by their reduced cost."""
    worth = np.minimum(cost - price[:, None], 0.0).sum(axis=0)
    order = np.sort(worth)
    base = float(price.sum() + order[:count].sum())
    last = order[count - 1]
    forced = base + np.maximum(worth - last, 0.0)
    limit = least * (1 + SLACK) if least > 0 else SLACK
    extra = np.maximum(cost - price[:, None], 0.0)
    return Bounded(
        np.sort(best),
        least,
        min(bound, least),
        forced <= limit,
        forced[None, :] + extra <= limit,
    )


def _first_prices(cost: Floats, best: Ints) -> Floats:
    """Between what a point pays and its second choice among the chosen sites."""
    ordered = np.sort(np.where(np.isfinite(cost[:, best]), cost[:, best], 0.0), axis=1)
    return np.asarray(ordered[:, min(1, ordered.shape[1] - 1)])


def _value(cost: Floats, sites: Ints) -> float:
    return float(cost[:, sites].min(axis=1).sum())


def _spread_start(cost: Floats, count: int) -> Ints:
    """Greedy: each next site is the one that saves the most."""
    far = np.where(np.isfinite(cost), cost, 1e6 * max(float(cost[np.isfinite(cost)].max()), 1.0))
    nearest = np.full(len(cost), far.max(initial=1.0))
    chosen: list[int] = []
    for _ in range(count):
        totals = np.minimum(far, nearest[:, None]).sum(axis=0)
        totals[chosen] = np.inf
        chosen.append(int(np.argmin(totals)))
        nearest = np.minimum(nearest, far[:, chosen[-1]])
    return np.array(chosen, dtype=np.int64)


def _exchanged(cost: Floats, sites: Ints, until: float) -> Ints:
    """Exchange the pair of sites that saves the most, while any does."""
    chosen = np.array(sites, dtype=np.int64)
    far = np.where(np.isfinite(cost), cost, 1e6 * max(float(cost[np.isfinite(cost)].max()), 1.0))
    points = np.arange(len(far))
    while time.perf_counter() < until:
        ranked = np.argsort(far[:, chosen], axis=1, kind="stable")
        first = far[points, chosen[ranked[:, 0]]]
        second = far[points, chosen[ranked[:, 1]]] if len(chosen) > 1 else np.full(len(far), np.inf)
        gain = np.maximum(first[:, None] - far, 0.0).sum(axis=0)
        loss = np.minimum(np.where(np.isinf(second), far.max(), second)[:, None], far)
        loss = np.maximum(loss, first[:, None]) - first[:, None]
        lost = np.zeros((len(chosen), far.shape[1]))
        np.add.at(lost, ranked[:, 0], loss)
        net = gain[None, :] - lost
        net[:, chosen] = -np.inf
        out, into = np.unravel_index(int(np.argmax(net)), net.shape)
        if net[out, into] <= 1e-9 * max(float(first.sum()), 1.0):
            break
        chosen[out] = into
    return np.sort(chosen)

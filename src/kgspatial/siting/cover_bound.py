"""A bound and a good answer for maximal covering: subgradients, greedy, exchanges.

Imports nothing of kgspatial. Only sparse matrix-vector products: memory stays that of the matrix.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_STEPS, TRY_EVERY, MOST_EXCHANGES = 600, 25, 200
FIRST_STEP, HALVE_AFTER, LEAST_STEP = 1.0, 15, 1e-3
SLACK = 1e-9
"""Relative slack of the comparisons that remove sites: rounding must not remove the optimum."""


@dataclass(frozen=True, eq=False)
class BoundedCover:
    """The best answer found, a proven bound, and what a better answer could still look like.

    Parameters
    ----------
    chosen : ndarray of int
        Sites of the best answer, ascending.
    objective, bound : float
        Demand that it covers, and what no answer can exceed.
    may_be_chosen : ndarray of bool
        Sites that a better answer could use.
    must_be_chosen : ndarray of bool
        Sites that every better answer uses.
    """

    chosen: Ints
    objective: float
    bound: float
    may_be_chosen: NDArray[np.bool_]
    must_be_chosen: NDArray[np.bool_]


def bounded_cover(
    links: sparse.csr_array, amount: Floats, count: int, *, time_limit_s: float
) -> BoundedCover:
    """Bound the covering from above and answer it from below.

    Relaxing "a point is covered only by a chosen site" with a price per point leaves a problem
    that is solved by sorting: the sites whose points have the highest prices together.

    References
    ----------
    Galvao and ReVelle (1996), A Lagrangean heuristic for the maximal covering location problem,
    European Journal of Operational Research 88.
    """
    until = time.perf_counter() + time_limit_s
    by_site = sparse.csr_array(links.T)
    best = exchanged(by_site, amount, greedy(by_site, amount, count), until)
    most = covered(by_site, amount, best)
    price = amount / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)
    bound, kept_price, step, still = np.inf, price, FIRST_STEP, 0
    for number in range(MOST_STEPS):
        worth = by_site @ price
        sites = np.argpartition(-worth, count - 1)[:count] if count else np.zeros(0, dtype=int)
        value = float(np.maximum(amount - price, 0.0).sum() + worth[sites].sum())
        if value < bound * (1 - 1e-9) or np.isinf(bound):
            bound, kept_price, still = value, price, 0
        else:
            still += 1
        if number % TRY_EVERY == 0:
            tried = exchanged(by_site, amount, [int(s) for s in sites], until)
            best = max(best, tried, key=lambda chosen: covered(by_site, amount, chosen))
            most = covered(by_site, amount, best)
        if still >= HALVE_AFTER:
            step, still, price = step / 2, 0, kept_price
            continue
        times = np.asarray(by_site[sites].sum(axis=0)).ravel()
        missing = (amount > price) - times
        norm = float(missing @ missing)
        proven = bound - most <= SLACK * max(most, 1.0)
        if proven or norm == 0.0 or step < LEAST_STEP or time.perf_counter() > until:
            break
        price = np.clip(price + step * (value - most) / norm * missing, 0.0, amount)
    may, must = _left_open(by_site, amount, kept_price, count, most)
    return BoundedCover(np.array(sorted(best), dtype=np.int64), most, max(bound, most), may, must)


def _left_open(
    by_site: sparse.csr_array, amount: Floats, price: Floats, count: int, most: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Sites that an answer above `most` may use, and those that it must use."""
    worth = by_site @ price
    order = np.argsort(-worth, kind="stable")
    base = float(np.maximum(amount - price, 0.0).sum() + worth[order[:count]].sum())
    floor = most * (1 - SLACK)
    may, must = np.ones(len(worth), dtype=bool), np.zeros(len(worth), dtype=bool)
    if count == 0 or count == len(worth):
        return may, must
    inside, outside = order[:count], order[count:]
    may[outside] = base - (worth[inside[-1]] - worth[outside]) >= floor
    must[inside] = base - (worth[inside] - worth[outside[0]]) < floor
    return may, must


def covered(by_site: sparse.csr_array, amount: Floats, chosen: list[int]) -> float:
    """Demand within reach of the chosen sites."""
    reached = np.zeros(len(amount), dtype=bool)
    reached[by_site[chosen].indices] = True
    return float(amount[reached].sum())


def greedy(by_site: sparse.csr_array, amount: Floats, count: int) -> list[int]:
    """Each next site is the one that adds the most; none that adds nothing."""
    left = amount.copy()
    chosen: list[int] = []
    for _ in range(count):
        gains = by_site @ left
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        chosen.append(best)
        left[_points(by_site, best)] = 0.0
    return chosen


def exchanged(
    by_site: sparse.csr_array, amount: Floats, sites: list[int], until: float
) -> list[int]:
    """Exchange one site for another while that adds demand."""
    chosen = list(sites)
    times = np.zeros(len(amount))
    for site in chosen:
        times[_points(by_site, site)] += 1.0
    position = idle = 0
    for _ in range(MOST_EXCHANGES * max(len(chosen), 1)):
        if idle >= len(chosen) or time.perf_counter() > until:
            break
        site = chosen[position]
        times[_points(by_site, site)] -= 1.0
        gains = by_site @ np.where(times == 0, amount, 0.0)
        best = int(np.argmax(gains))
        better = gains[best] > gains[site] * (1 + 1e-12)
        chosen[position] = best if better else site
        times[_points(by_site, chosen[position])] += 1.0
        idle = 0 if better else idle + 1
        position = (position + 1) % len(chosen)
    return chosen


def _points(by_site: sparse.csr_array, site: int) -> NDArray[np.int32]:
    return np.asarray(by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]])

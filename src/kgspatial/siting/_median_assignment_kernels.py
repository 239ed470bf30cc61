"""Whole points to sites with room, compiled with Numba: by regret, then moves and swaps.

Imports from `_median_kernels`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from kgspatial.siting._median_kernels import LEAST_GAIN

MOST_REGRET = 1e300
"""Regret of a point that only one site has room for."""
FITS = 1e-9
"""Relative slack of room: rounding must not keep out what fits exactly."""


@njit(cache=True)
def assign(cost, need, room, sites, far, place):  # type: ignore[no-untyped-def]
    """Give each point a site: most regret first, then moves and swaps while they save anything.

    Parameters
    ----------
    cost : ndarray, shape (points, sites)
        `far` where a point cannot go.
    need, room : ndarray
        What points take and sites have.
    sites : ndarray of int
        The sites that are open.
    far : float
        What a missing unit of room costs, and a point out of reach.
    place : ndarray of int, shape (points,)
        Receives each point's place in `sites`.

    Returns
    -------
    float
        The cost; `far` or more when some point found no room.
    """
    number, opened = len(need), len(sites)
    left = np.empty(opened)
    for at in range(opened):
        left[at] = room[sites[at]] * (1.0 + FITS)
    _by_regret(cost, need, sites, left, place)
    while _moved(cost, need, sites, far, left, place) or _swapped(
        cost, need, sites, far, left, place
    ):
        pass
    total = 0.0
    for point in range(number):
        total += cost[point, sites[place[point]]]
    for at in range(opened):
        total += far * max(-left[at], 0.0)
    return total


@njit(cache=True)
def _by_regret(cost, need, sites, left, place):  # type: ignore[no-untyped-def]
    """The point that loses most without its best site comes next; then the emptiest site takes."""
    number = len(need)
    best, second = np.empty(number, dtype=np.int64), np.empty(number, dtype=np.int64)
    regret = np.empty(number)
    place[:] = -1
    for point in range(number):
        _look(point, cost, need, sites, left, best, second, regret)
    for _ in range(number):
        chosen = np.argmax(regret)
        if regret[chosen] < 0.0:
            break
        at = best[chosen]
        place[chosen] = at
        left[at] -= need[chosen]
        regret[chosen] = -2.0
        for point in range(number):
            if place[point] < 0 and left[at] < need[point] and at in (best[point], second[point]):
                _look(point, cost, need, sites, left, best, second, regret)
    for point in range(number):
        if place[point] < 0:
            place[point] = np.argmax(left)
            left[place[point]] -= need[point]


@njit(cache=True)
def _look(point, cost, need, sites, left, best, second, regret):  # type: ignore[no-untyped-def]
    """The two cheapest sites with room for a point; regret -1 where there is none."""
    first_cost, second_cost = np.inf, np.inf
    best[point], second[point] = -1, -1
    for at in range(len(sites)):
        if left[at] < need[point]:
            continue
        paid = cost[point, sites[at]]
        if paid < first_cost:
            second_cost, second[point] = first_cost, best[point]
            first_cost, best[point] = paid, at
        elif paid < second_cost:
            second_cost, second[point] = paid, at
    if best[point] < 0:
        regret[point] = -1.0
    else:
        regret[point] = second_cost - first_cost if second[point] >= 0 else MOST_REGRET


@njit(cache=True)
def _over(left):  # type: ignore[no-untyped-def]
    return max(-left, 0.0)


@njit(cache=True)
def _moved(cost, need, sites, far, left, place):  # type: ignore[no-untyped-def]
    """Move single points to where they and the overloads cost less."""
    moved = False
    for point in range(len(need)):
        now, size = place[point], need[point]
        relief = far * (_over(left[now]) - _over(left[now] + size))
        best, best_at = LEAST_GAIN * (1.0 + cost[point, sites[now]]), -1
        for at in range(len(sites)):
            if at == now:
                continue
            saved = cost[point, sites[now]] - cost[point, sites[at]] + relief
            saved -= far * (_over(left[at] - size) - _over(left[at]))
            if saved > best:
                best, best_at = saved, at
        if best_at >= 0:
            place[point] = best_at
            left[now] += size
            left[best_at] -= size
            moved = True
    return moved


@njit(cache=True)
def _swapped(cost, need, sites, far, left, place):  # type: ignore[no-untyped-def]
    """Let two points change places where that costs less."""
    swapped = False
    for one in range(len(need)):
        for other in range(one + 1, len(need)):
            a, b = place[one], place[other]
            if a == b:
                continue
            saved = cost[one, sites[a]] + cost[other, sites[b]]
            saved -= cost[one, sites[b]] + cost[other, sites[a]]
            more = need[other] - need[one]
            if saved <= 0.0 and left[a] >= 0.0 and left[b] >= 0.0:
                continue
            saved += far * (_over(left[a]) - _over(left[a] - more))
            saved += far * (_over(left[b]) - _over(left[b] + more))
            if saved > LEAST_GAIN * (1.0 + cost[one, sites[a]] + cost[other, sites[b]]):
                place[one], place[other] = b, a
                left[a] -= more
                left[b] += more
                swapped = True
    return swapped


@njit(cache=True)
def relocate(cost, need, room, sites, place):  # type: ignore[no-untyped-def]
    """Move each site to where its points cost least, if the room there holds them.

    Returns
    -------
    bool
        Whether any site moved; `sites` is changed in place.
    """
    moved = False
    is_open = np.zeros(cost.shape[1], dtype=np.bool_)
    for site in sites:
        is_open[site] = True
    total = np.empty(cost.shape[1])
    for at in range(len(sites)):
        total[:] = 0.0
        load = 0.0
        for point in range(len(need)):
            if place[point] == at:
                load += need[point]
                for site in range(len(total)):
                    total[site] += cost[point, site]
        best, best_site = total[sites[at]] * (1 - LEAST_GAIN), sites[at]
        for site in range(len(total)):
            if not is_open[site] and total[site] < best and load <= room[site] * (1.0 + FITS):
                best, best_site = total[site], site
        if best_site != sites[at]:
            is_open[sites[at]], is_open[best_site] = False, True
            sites[at] = best_site
            moved = True
    return moved

"""The capacitated p-median's bound, compiled with Numba: knapsacks, prices and their fixing.

Imports from `_median_kernels`, `_median_assignment_kernels`. Every point goes whole to one site and takes of its room.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from kgspatial.siting._median_assignment_kernels import FITS
from kgspatial.siting._median_kernels import (
    CLOSED,
    FORCED,
    LEAST_STEP,
    MEMORY,
    SHARE_MEMORY,
    STEP,
    VALUE,
    _take_best,
    note_bound,
)

MOST_PACKINGS = 20_000
"""Partial packings looked at for one site; beyond, the bound of the fractional packing stands."""
LEAST_NEED = 1e-12
"""Keeps the worth per room finite for points that need none."""
LEAST_APART = 1e-3
"""Lets sites of equal distance be told apart where nothing else is left to part."""


@njit(cache=True)
def _pack(worth, need, room, taken):  # type: ignore[no-untyped-def]
    """What is worth most together within the room; items by falling worth per need, all above 0.

    Depth first, with the fractional packing as bound. Returns an upper bound, mostly exact.
    `taken` receives 1 for what is packed.
    """
    number = len(worth)
    trial = np.zeros(number, dtype=np.bool_)
    taken[:] = 0.0
    best, now, left, at, looked, top = 0.0, 0.0, room, 0, 0, -1.0
    while True:
        rest, value, stop = left, now, at
        while stop < number and need[stop] <= rest:
            value += worth[stop]
            rest -= need[stop]
            stop += 1
        bound = value
        if stop < number:
            bound += worth[stop] * rest / need[stop]
        if looked == 0:
            top = bound
        looked += 1
        if looked > MOST_PACKINGS:
            return top
        if bound > best:
            trial[at:stop] = True
            now, left = value, rest
            if now > best:
                best = now
                taken[:stop] = trial[:stop]
                taken[stop:] = 0.0
            if stop < number:
                at = stop + 1
                trial[stop] = False
                continue
            at = number
        back = at - 1
        while back >= 0 and not trial[back]:
            back -= 1
        if back < 0:
            return best
        trial[back] = False
        now -= worth[back]
        left += need[back]
        at = back + 1


@njit(cache=True)
def _pack_shares(worth, need, room, taken):  # type: ignore[no-untyped-def]
    """What is worth most together when the last item may be packed in part."""
    taken[:] = 0.0
    value, rest = 0.0, room
    for at in range(len(worth)):
        if need[at] > rest:
            taken[at] = rest / need[at]
            return value + worth[at] * taken[at]
        taken[at] = 1.0
        value += worth[at]
        rest -= need[at]
    return value


@njit(cache=True)
def _sort_site(begin, end, points, cost, need, price, order, worth, size):  # type: ignore[no-untyped-def]
    """Links of a site whose price exceeds their cost, by falling worth per need; how many."""
    number = 0
    for link in range(begin, end):
        gain = price[points[link]] - cost[link]
        if gain > 0.0:
            order[number] = link
            worth[number] = -gain / max(need[points[link]], LEAST_NEED)
            number += 1
    order[:number] = order[:number][np.argsort(worth[:number], kind="mergesort")]
    for at in range(number):
        point = points[order[at]]
        worth[at] = price[point] - cost[order[at]]
        size[at] = need[point]
    return number


@njit(cache=True)
def climb_capacity(  # type: ignore[no-untyped-def]
    steps, first, points, cost, need, room, is_shared, state, count, target, cutoff, price,
    direction, best_price, shares, taken, notes,
):  # fmt: skip
    """Raise the bound: each site packs the points that are worth most at these prices.

    Parameters
    ----------
    steps : int
        Steps at most.
    first, points, cost : ndarray
        The allowed links by site, as in compressed sparse columns.
    need, room : ndarray
        What each point takes, what each site has.
    is_shared : bool
        Points may be packed in part.
    state, count, target, cutoff, price, direction, best_price, notes
        As for `climb` of `_median_kernels`.
    shares : ndarray, one per link
        How often each link was taken of late, or whether at the last step when that took every
        point exactly once; changed in place.
    taken : ndarray of bool, shape (sites,)
        The sites of the last step; changed in place.

    Returns
    -------
    int
        1 when more steps are of no use, 2 when the last step took every point exactly once.
    """
    sites, links = len(state), len(points)
    value_of = np.zeros(sites)
    packed_of = np.zeros(links)
    missing = np.empty(len(price))
    for _ in range(steps):
        _pack_all(first, points, cost, need, room, state, price, is_shared, value_of, packed_of)
        value = price.sum() + _take_best(value_of, state, count, taken)[0]
        note_bound(value, price, best_price, notes)
        if notes[VALUE] >= cutoff or notes[STEP] < LEAST_STEP:
            return 1
        missing[:] = 1.0
        for site in range(sites):
            for link in range(first[site], first[site + 1]):
                packed_of[link] *= taken[site]
                missing[points[link]] -= packed_of[link]
                shares[link] = SHARE_MEMORY * shares[link] + (1 - SHARE_MEMORY) * packed_of[link]
        if (missing == 0.0).all():
            shares[:] = packed_of
            return 2
        _step(missing, notes[STEP] * (target - value), price, direction)
    return 0


@njit(cache=True)
def _pack_all(first, points, cost, need, room, state, price, is_shared, value_of, taken):  # type: ignore[no-untyped-def]
    """What each open site packs at these prices, and what that saves, as a negative number."""
    links = len(points)
    order = np.empty(links, dtype=np.int64)
    worth, size, packed = np.empty(links), np.empty(links), np.empty(links)
    taken[:] = 0.0
    for site in range(len(state)):
        if state[site] == CLOSED:
            continue
        begin, end = first[site], first[site + 1]
        number = _sort_site(begin, end, points, cost, need, price, order, worth, size)
        within = room[site] * (1.0 + FITS)
        if is_shared:
            best = _pack_shares(worth[:number], size[:number], within, packed[:number])
        else:
            best = _pack(worth[:number], size[:number], within, packed[:number])
        value_of[site] = -best
        for at in range(number):
            taken[order[at]] = packed[at]


@njit(cache=True)
def _step(missing, length, price, direction):  # type: ignore[no-untyped-def]
    """Move the prices along the direction, which keeps some of the last one."""
    norm = 0.0
    for point in range(len(price)):
        direction[point] = missing[point] + MEMORY * direction[point]
        norm += direction[point] * direction[point]
    if norm == 0.0:
        return
    for point in range(len(price)):
        price[point] = max(price[point] + length / norm * direction[point], 0.0)


@njit(cache=True)
def _loosest(worth, need, room, without):  # type: ignore[no-untyped-def]
    """The fractional packing of all items but one (-1 for none)."""
    value, rest = 0.0, room
    for at in range(len(worth)):
        if at == without:
            continue
        if need[at] > rest:
            return value + worth[at] * rest / need[at]
        value += worth[at]
        rest -= need[at]
    return value


@njit(cache=True)
def settle_capacity(  # type: ignore[no-untyped-def]
    first, points, cost, need, room, is_shared, state, count, cutoff, price, is_kept
):
    """Close and force sites, and drop links, where anything else reaches the cutoff.

    Parameters
    ----------
    first, points, cost, need, room, is_shared, state, count, cutoff, price
        As for `climb_capacity`; `state` is changed in place.
    is_kept : ndarray of bool, one per link
        Receives which links a better answer of whole points may use.
    """
    sites, links = len(state), len(points)
    value_of = np.zeros(sites)
    order, place = np.empty(links, dtype=np.int64), np.empty(links, dtype=np.int64)
    worth, size = np.empty(links), np.empty(links)
    taken, packed_of = np.zeros(sites, dtype=np.bool_), np.zeros(links)
    left = (state != CLOSED).sum()
    _pack_all(first, points, cost, need, room, state, price, is_shared, value_of, packed_of)
    more, last, after = _take_best(value_of, state, count, taken)
    value = price.sum() + more
    is_kept[:] = False
    for site in range(sites):
        if state[site] == CLOSED:
            continue
        with_it = value
        if left > count and not taken[site]:
            with_it = value + value_of[site] - last
        if state[site] != FORCED and left > count:
            if with_it >= cutoff:
                state[site] = CLOSED
                continue
            if taken[site] and value + after - value_of[site] >= cutoff:
                state[site] = FORCED
        begin, end = first[site], first[site + 1]
        number = _sort_site(begin, end, points, cost, need, price, order, worth, size)
        for at in range(number):
            place[order[at]] = at
        spare = cutoff - with_it + value_of[site]
        for link in range(begin, end):
            own = price[points[link]] - cost[link]
            at = place[link] if own > 0.0 else -1
            within = room[site] * (1.0 + FITS) - need[points[link]]
            others = _loosest(worth[:number], size[:number], within, at)
            is_kept[link] = -(own + others) < spare


@njit(cache=True)
def split_capacity(cost, shares, ordered, number):  # type: ignore[no-untyped-def]
    """Where to branch: a point, and up to which of its links, nearest first, about half is taken.

    Parameters
    ----------
    cost, shares
        As for `climb_capacity`.
    ordered : ndarray of int
        Links by point, nearest first.
    number : ndarray of int, shape (points + 1,)
        Where each point's links begin in `ordered`.

    Returns
    -------
    (int, int)
        The point and the place in `ordered` where the farther part begins; -1 without one.
    """
    best, best_point, best_at = 0.0, -1, -1
    for point in range(len(number) - 1):
        begin, end = number[point], number[point + 1]
        total, paid = 0.0, 0.0
        for at in range(begin, end):
            total += shares[ordered[at]]
            paid += shares[ordered[at]] * cost[ordered[at]]
        near, near_paid = 0.0, 0.0
        for at in range(begin, end - 1):
            near += shares[ordered[at]]
            near_paid += shares[ordered[at]] * cost[ordered[at]]
            if near <= 0.0 or near >= total:
                continue
            apart = (paid - near_paid) / (total - near) - near_paid / near
            score = near / total * (1.0 - near / total) * (apart + LEAST_APART)
            if score > best:
                best, best_point, best_at = score, point, at + 1
    return best_point, best_at

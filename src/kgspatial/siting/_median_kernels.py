"""The p-median's inner loops, compiled with Numba: prices, their fixing, exchanges of sites.

Imports nothing of kgspatial. Each point has its sites in order of cost, nearest first.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MEMORY = 0.9
"""Share of the last direction that the next one keeps (Camerini, Fratta and Maffioli 1975)."""
SHARE_MEMORY = 0.95
"""Share of the last averages that the next ones keep: how often each site was taken of late."""
SHORTER, AFTER_STEPS, LEAST_STEP = 0.7, 20, 1e-3
"""The step shrinks by this factor when so many steps in a row did not raise the bound."""
LEAST_HIGHER = 1e-7
"""Relative rise of the bound that counts as one."""
ANSWER_EVERY = 5
"""Steps between looks at what the relaxation's sites cost as an answer."""
LEAST_GAIN = 1e-9
"""Relative gain below which an exchange is rounding."""
VALUE, STEP, STILL, ANSWER = 0, 1, 2, 3
"""Places in the notes that go from one call of `climb` to the next."""
FREE, FORCED, CLOSED = 0, 1, -1


@njit(cache=True)
def shorten(first, order, cost, limit, state, new_first, new_order, new_cost):  # type: ignore[no-untyped-def]
    """Copy each point's list up to its limit, without the closed sites.

    Returns
    -------
    bool
        Whether every point has a site left.
    """
    at = 0
    for point in range(len(limit)):
        new_first[point] = at
        for link in range(first[point], first[point + 1]):
            if cost[link] > limit[point]:
                break
            if state[order[link]] != CLOSED:
                new_order[at] = order[link]
                new_cost[at] = cost[link]
                at += 1
        if at == new_first[point]:
            return False
    new_first[len(limit)] = at
    return True


@njit(cache=True)
def _worth(first, order, cost, price, worth):  # type: ignore[no-untyped-def]
    """What each site saves at these prices, as a negative number; returns the sum of prices."""
    worth[:] = 0.0
    total = 0.0
    for point in range(len(price)):
        paid = price[point]
        total += paid
        for link in range(first[point], first[point + 1]):
            saved = cost[link] - paid
            if saved >= 0.0:
                break
            worth[order[link]] += saved
    return total


@njit(cache=True)
def _take_best(worth, state, count, taken):  # type: ignore[no-untyped-def]
    """Take the forced sites, then those worth most, ties by column; returns their worth.

    Also returns the worth of the last free site taken and of the first one left.
    """
    total, left = 0.0, count
    free = np.empty(len(worth), dtype=np.float64)
    number = 0
    for site in range(len(worth)):
        taken[site] = state[site] == FORCED
        if taken[site]:
            total += worth[site]
            left -= 1
        elif state[site] == FREE:
            free[number] = worth[site]
            number += 1
    if left <= 0:
        return total, -np.inf, 0.0 if number == 0 else free[:number].min()
    if number <= left:
        for site in range(len(worth)):
            if state[site] == FREE:
                taken[site] = True
                total += worth[site]
        return total, 0.0, 0.0
    ordered = np.partition(free[:number], left - 1)
    last = ordered[left - 1]
    after = ordered[left:].min()
    below = 0
    for site in range(len(worth)):
        if state[site] == FREE and worth[site] < last:
            taken[site] = True
            total += worth[site]
            below += 1
    for site in range(len(worth)):
        if below == left:
            break
        if state[site] == FREE and worth[site] == last:
            taken[site] = True
            total += last
            below += 1
    return total, last, after


@njit(cache=True)
def _answer(first, order, cost, taken):  # type: ignore[no-untyped-def]
    """What the taken sites cost as an answer; infinite where a list has none of them."""
    total = 0.0
    for point in range(len(first) - 1):
        found = False
        for link in range(first[point], first[point + 1]):
            if taken[order[link]]:
                total += cost[link]
                found = True
                break
        if not found:
            return np.inf
    return total


@njit(cache=True)
def note_bound(value, price, best_price, notes):  # type: ignore[no-untyped-def]
    """Keep the highest bound with its prices; shorten the step when it has not risen for long."""
    notes[STILL] += 1
    if value > notes[VALUE]:
        if value > notes[VALUE] + LEAST_HIGHER * abs(value):
            notes[STILL] = 0
        notes[VALUE] = value
        best_price[:] = price
    if notes[STILL] >= AFTER_STEPS:
        notes[STEP] *= SHORTER
        notes[STILL] = 0


@njit(cache=True)
def climb(  # type: ignore[no-untyped-def]
    steps, first, order, cost, state, count, target, cutoff, price, direction, best_price,
    shares, answer, notes,
):  # fmt: skip
    """Raise the Lagrangian bound by so many steps of a deflected subgradient.

    Parameters
    ----------
    steps : int
        Steps at most.
    first, order, cost : ndarray
        The points' lists.
    state : ndarray of int8, shape (sites,)
        Free, forced or closed; closed ones are in no list.
    count : int
        Sites to take.
    target, cutoff : float
        What the steps aim at; the bound from which on nothing better is left here.
    price, direction, best_price : ndarray, shape (points,)
        Changed in place.
    shares : ndarray, shape (sites,)
        How often each site was taken of late; changed in place.
    answer : ndarray of bool, shape (sites,)
        The cheapest of the relaxation's choices; changed in place.
    notes : ndarray, shape (4,)
        Bound, step, steps since its last rise, cost of `answer`; changed in place.

    Returns
    -------
    bool
        Whether more steps are of no use.
    """
    worth = np.empty(len(state))
    taken = np.empty(len(state), dtype=np.bool_)
    for number in range(steps):
        value = _worth(first, order, cost, price, worth)
        value += _take_best(worth, state, count, taken)[0]
        note_bound(value, price, best_price, notes)
        if number % ANSWER_EVERY == 0:
            paid = _answer(first, order, cost, taken)
            if paid < notes[ANSWER]:
                notes[ANSWER] = paid
                answer[:] = taken
        if notes[VALUE] >= cutoff or notes[STEP] < LEAST_STEP:
            return True
        for site in range(len(state)):
            shares[site] = SHARE_MEMORY * shares[site] + (1.0 - SHARE_MEMORY) * taken[site]
        if _move(first, order, cost, taken, price, direction, notes[STEP] * (target - value)):
            notes[ANSWER] = _answer(first, order, cost, taken)
            answer[:] = taken
            return True
    return False


@njit(cache=True)
def _move(first, order, cost, taken, price, direction, length):  # type: ignore[no-untyped-def]
    """Move the prices along the direction; True when every point is taken exactly once."""
    even, norm = True, 0.0
    for point in range(len(price)):
        missing = 1.0
        for link in range(first[point], first[point + 1]):
            if cost[link] >= price[point]:
                break
            missing -= taken[order[link]]
        even &= missing == 0.0
        direction[point] = missing + MEMORY * direction[point]
        norm += direction[point] * direction[point]
    if even or norm == 0.0:
        return even
    for point in range(len(price)):
        price[point] = max(price[point] + length / norm * direction[point], 0.0)
    return False


@njit(cache=True)
def settle(first, order, cost, state, count, cutoff, price, limit):  # type: ignore[no-untyped-def]
    """Close and force sites, and cut lists, where anything else reaches the cutoff.

    Parameters
    ----------
    first, order, cost, state, count, cutoff, price
        As for `climb`; `state` is changed in place.
    limit : ndarray, shape (points,)
        Lowered in place to the most that the point may pay.
    """
    worth = np.empty(len(state))
    taken = np.empty(len(state), dtype=np.bool_)
    value = _worth(first, order, cost, price, worth)
    more, last, after = _take_best(worth, state, count, taken)
    value += more
    left = 0
    for site in range(len(state)):
        left += state[site] == FREE
        left += state[site] == FORCED
    for site in range(len(state)):
        if state[site] != FREE or left <= count:
            continue
        if not taken[site] and value + worth[site] - last >= cutoff:
            state[site] = CLOSED
        elif taken[site] and value + after - worth[site] >= cutoff:
            state[site] = FORCED
    for point in range(len(price)):
        for link in range(first[point], first[point + 1]):
            if value + cost[link] - price[point] >= cutoff:
                limit[point] = cost[link - 1] if link > first[point] else -1.0
                break
            if state[order[link]] == FORCED:
                limit[point] = cost[link]
                break


@njit(cache=True)
def split(first, order, cost, shares):  # type: ignore[no-untyped-def]
    """Where to branch: a point and how many of its nearest sites, about half of which are taken.

    Returns
    -------
    (int, int)
        The point and the end of the nearer part of its list; -1 when no list can be cut.
    """
    best, best_point, best_link = -1.0, -1, -1
    for point in range(len(first) - 1):
        begin, end = first[point], first[point + 1]
        mass, paid = 0.0, 0.0
        for link in range(begin, end):
            mass += shares[order[link]]
            paid += shares[order[link]] * cost[link]
            if mass >= 1.0:
                break
        near, near_paid = 0.0, 0.0
        total, total_paid = mass, paid
        for link in range(begin, end - 1):
            near += shares[order[link]]
            near_paid += shares[order[link]] * cost[link]
            if near >= total:
                break
            if near <= 0.0 or cost[link + 1] == cost[link]:
                continue
            inside = near / total
            apart = (total_paid - near_paid) / (total - near) - near_paid / near
            score = inside * (1.0 - inside) * apart
            if score > best:
                best, best_point, best_link = score, point, link + 1
    return best_point, best_link


@njit(cache=True)
def greedy(by_site, count):  # type: ignore[no-untyped-def]
    """Each next site is the one that saves the most, ties by column.

    Parameters
    ----------
    by_site : ndarray, shape (sites, points)
        Costs, all finite.
    count : int
        How many, at most the number of sites.
    """
    sites, points = by_site.shape
    nearest = np.full(points, np.inf)
    chosen = np.empty(count, dtype=np.int64)
    is_chosen = np.zeros(sites, dtype=np.bool_)
    for number in range(count):
        least, best = np.inf, -1
        for site in range(sites):
            if is_chosen[site]:
                continue
            total = 0.0
            for point in range(points):
                total += min(by_site[site, point], nearest[point])
            if total < least:
                least, best = total, site
        chosen[number] = best
        is_chosen[best] = True
        nearest = np.minimum(nearest, by_site[best])
    return chosen


@njit(cache=True)
def exchange(by_site, chosen, is_chosen):  # type: ignore[no-untyped-def]
    """Go once over the sites outside; bring each in for the site whose loss hurts least, if better.

    Parameters
    ----------
    by_site : ndarray, shape (sites, points)
        Costs, all finite.
    chosen : ndarray of int64, shape (count,)
        Changed in place, as is `is_chosen`.
    is_chosen : ndarray of bool, shape (sites,)
        The same as flags.

    Returns
    -------
    int
        How many exchanges were made.
    """
    points = by_site.shape[1]
    nearest, second = np.empty(points, dtype=np.int64), np.empty(points, dtype=np.int64)
    _nearest_two(by_site, chosen, nearest, second)
    lost = np.empty(len(chosen))
    made = 0
    for site in range(len(by_site)):
        if is_chosen[site]:
            continue
        lost[:] = 0.0
        gain, total = 0.0, 0.0
        for point in range(points):
            now = by_site[chosen[nearest[point]], point]
            new = by_site[site, point]
            total += now
            if new < now:
                gain += now - new
            elif second[point] >= 0:
                lost[nearest[point]] += min(new, by_site[chosen[second[point]], point]) - now
            else:
                lost[nearest[point]] += new - now
        out = np.argmin(lost)
        if gain - lost[out] > LEAST_GAIN * total:
            is_chosen[chosen[out]], is_chosen[site] = False, True
            chosen[out] = site
            _renew(by_site, chosen, out, nearest, second)
            made += 1
    return made


@njit(cache=True)
def _renew(by_site, chosen, changed, nearest, second):  # type: ignore[no-untyped-def]
    """Bring the two nearest up to date after the site at one position has changed."""
    for point in range(by_site.shape[1]):
        if changed in (nearest[point], second[point]):
            _two_of(by_site, chosen, point, nearest, second)
            continue
        new = by_site[chosen[changed], point]
        if new < by_site[chosen[nearest[point]], point]:
            second[point], nearest[point] = nearest[point], changed
        elif second[point] < 0 or new < by_site[chosen[second[point]], point]:
            second[point] = changed


@njit(cache=True)
def _nearest_two(by_site, chosen, nearest, second):  # type: ignore[no-untyped-def]
    """Positions in `chosen` of each point's nearest and second nearest site; -1 without one."""
    for point in range(by_site.shape[1]):
        _two_of(by_site, chosen, point, nearest, second)


@njit(cache=True)
def _two_of(by_site, chosen, point, nearest, second):  # type: ignore[no-untyped-def]
    first, after = np.inf, np.inf
    nearest[point], second[point] = -1, -1
    for position in range(len(chosen)):
        cost = by_site[chosen[position], point]
        if cost < first:
            after, second[point] = first, nearest[point]
            first, nearest[point] = cost, position
        elif cost < after:
            after, second[point] = cost, position

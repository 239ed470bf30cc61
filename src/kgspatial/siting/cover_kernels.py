"""Compiled steps of the proof of maximal covering: what is left of it, prices, shares of sites.

Imports nothing of kgspatial. Links are given both ways, as in compressed sparse rows: points by
site (`site_start`, `points`) and sites by point (`point_start`, `sites`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

REMOVED, OPEN, FORCED = 0, 1, 2
"""What is settled about a site."""
ROUNDS = 100
"""Most halvings when the shares are brought down to the number of sites; 10 mostly do."""


@njit(cache=True)
def worth_of(price, site_start, points, worth):  # type: ignore[no-untyped-def]
    """Write the prices of each site's points together into `worth`."""
    for site in range(len(worth)):
        total = 0.0
        for link in range(site_start[site], site_start[site + 1]):
            total += price[points[link]]
        worth[site] = total


@njit(cache=True)
def value_of(price, amount, site_start, points, count, worth, taken):  # type: ignore[no-untyped-def]
    """What no answer can exceed at these prices; marks in `taken` the sites that are worth most."""
    worth_of(price, site_start, points, worth)
    taken[:] = False
    total = 0.0
    for point in range(len(price)):
        total += amount[point] - price[point]
    for site in np.argsort(-worth, kind="mergesort")[:count]:
        taken[site] = True
        total += worth[site]
    return total


@njit(cache=True)
def covered_by_shares(share, amount, point_start, sites):  # type: ignore[no-untyped-def]
    """Demand covered when each site is built to its share."""
    total = 0.0
    for point in range(len(amount)):
        there = 0.0
        for link in range(point_start[point], point_start[point + 1]):
            there += share[sites[link]]
        total += amount[point] * min(there, 1.0)
    return total


@njit(cache=True)
def bring_down(wanted, length, count, share):  # type: ignore[no-untyped-def]
    """Write the nearest shares of 0 to 1 that sum to `count` at most, in the metric of `length`."""
    high, low, total = 0.0, 0.0, 0.0
    for site in range(len(wanted)):
        share[site] = min(max(wanted[site], 0.0), 1.0)
        total += share[site]
        high = max(high, wanted[site] / length[site])
    if total <= count:
        return
    toll = 0.5 * high
    for _ in range(ROUNDS):
        total, slope = 0.0, 0.0
        for site in range(len(wanted)):
            left = wanted[site] - toll * length[site]
            total += min(max(left, 0.0), 1.0)
            if 0.0 < left < 1.0:
                slope += length[site]
        if abs(total - count) < 1e-9 * count:
            break
        if total > count:
            low = toll
        else:
            high = toll
        newton = toll + (total - count) / slope if slope > 0.0 else low
        toll = newton if low < newton < high else 0.5 * (low + high)
    for site in range(len(wanted)):
        share[site] = min(max(wanted[site] - toll * length[site], 0.0), 1.0)


@njit(cache=True)
def _move_prices(ahead, price, price_length, amount, point_start, sites):  # type: ignore[no-untyped-def]
    for point in range(len(price)):
        there = 0.0
        for link in range(point_start[point], point_start[point + 1]):
            there += ahead[sites[link]]
        moved = price[point] - price_length[point] * (there - 1.0)
        price[point] = min(max(moved, 0.0), amount[point])


@njit(cache=True)
def move(steps, now, sums, lengths, amount, ways, count):  # type: ignore[no-untyped-def]
    """Take primal-dual steps; `now` and `sums` are (price, share), changed in place."""
    price, share = now
    price_length, share_length = lengths
    site_start, points, point_start, sites = ways
    worth = np.empty(len(share))
    moved = np.empty(len(share))
    ahead = np.empty(len(share))
    for _ in range(steps):
        worth_of(price, site_start, points, worth)
        for site in range(len(share)):
            ahead[site] = share[site] + share_length[site] * worth[site]
        bring_down(ahead, share_length, count, moved)
        for site in range(len(share)):
            ahead[site] = 2.0 * moved[site] - share[site]
            share[site] = moved[site]
        _move_prices(ahead, price, price_length, amount, point_start, sites)
        sums[0][:] += price
        sums[1][:] += share


@njit(cache=True)
def cut_out(state, keys, amount, site_start, points, point_start, sites):  # type: ignore[no-untyped-def]
    """Keep the open sites and the points that they reach and no forced site does.

    Points that the same open sites reach become one; `keys` are random whole numbers per site.

    Returns
    -------
    float
        Demand that forced sites cover.
    ndarray, ndarray, ndarray
        Sites and points that are kept; what each of those points has become.
    ndarray of float64
        Demand of the merged points.
    tuple of ndarray
        Their links, both ways.
    """
    is_settled = np.zeros(len(amount), np.bool_)
    number = np.full(len(state), -1, np.int32)
    kept_sites = np.flatnonzero(state == OPEN).astype(np.int32)
    number[kept_sites] = np.arange(len(kept_sites), dtype=np.int32)
    for site in np.flatnonzero(state == FORCED):
        is_settled[points[site_start[site] : site_start[site + 1]]] = True
    settled = 0.0
    kept_points = np.empty(len(amount), np.int32)
    start = np.zeros(len(amount) + 1, np.int32)
    inside = np.empty(len(sites), np.int32)
    name = np.zeros(len(amount), np.int64)
    rows = links = 0
    for point in range(len(amount)):
        if is_settled[point]:
            settled += amount[point]
            continue
        for link in range(point_start[point], point_start[point + 1]):
            if number[sites[link]] >= 0:
                inside[links] = number[sites[link]]
                name[rows] += keys[sites[link]]
                links += 1
        if links > start[rows]:
            kept_points[rows] = point
            rows += 1
            start[rows] = links
    start = start[: rows + 1]
    group, first = _equal_rows(name[:rows], start, inside)
    summed = np.zeros(len(first))
    for row in range(rows):
        summed[group[row]] += amount[kept_points[row]]
    ways = _both_ways(first, start, inside, len(kept_sites))
    return settled, kept_sites, kept_points[:rows].copy(), group, summed, ways


@njit(cache=True)
def _equal_rows(name, start, inside):  # type: ignore[no-untyped-def]
    """Number the rows, equal ones alike, in the order of their first; and which row that is.

    Equal rows have equal names; equal names are compared, so that none is merged by chance.
    """
    same_as = np.arange(len(name)).astype(np.int32)
    order = np.argsort(name, kind="mergesort")
    for at in range(1, len(order)):
        row, before = order[at], same_as[order[at - 1]]
        if name[row] != name[before]:
            continue
        if np.array_equal(
            inside[start[row] : start[row + 1]], inside[start[before] : start[before + 1]]
        ):
            same_as[row] = before
    group = np.empty(len(name), np.int32)
    first = np.empty(len(name), np.int32)
    groups = 0
    for row in range(len(name)):
        if same_as[row] == row:
            group[row] = groups
            first[groups] = row
            groups += 1
        else:
            group[row] = group[same_as[row]]
    return group, first[:groups].copy()


@njit(cache=True)
def _both_ways(first, start, inside, number):  # type: ignore[no-untyped-def]
    """Links of the first rows, by site and by row."""
    by_row = np.zeros(len(first) + 1, np.int32)
    by_site = np.zeros(number + 1, np.int32)
    for row in range(len(first)):
        by_row[row + 1] = by_row[row] + start[first[row] + 1] - start[first[row]]
        for link in range(start[first[row]], start[first[row] + 1]):
            by_site[inside[link] + 1] += 1
    by_site = np.cumsum(by_site).astype(np.int32)
    free = by_site[:-1].copy()
    rows = np.empty(by_row[-1], np.int32)
    sites = np.empty(by_row[-1], np.int32)
    for row in range(len(first)):
        link = by_row[row]
        for at in range(start[first[row]], start[first[row] + 1]):
            site = inside[at]
            sites[link] = site
            link += 1
            rows[free[site]] = row
            free[site] += 1
    return by_site, rows, by_row, sites

"""Better answers of maximal covering: some sites leave, others come, then exchanges.

Imports from `_kernels`, `cover_links`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from scipy import sparse

from kgspatial.siting._kernels import LEAST_GAIN, _enter, _leave, exchange_each
from kgspatial.siting.cover_links import is_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PATIENCE, LEAST_PATIENCE, LINKS_TRIED = 400, 100, 6e7
"""Trials in a row without a better answer after which the search ends: fewer with many links, whose
trials take longer. Seen with 20 of 1,500 sites: the last better answer came after 30 to 400 trials."""
AT_ONCE = 5
"""Trials between looks at the clock."""
FEWEST, MOST = 2, 5
"""Sites that leave in a trial."""
NEARLY = 0.7
"""A site may come that adds at least this share of what the best one adds; drawn up to 1."""


def searched(
    links: sparse.csr_array,
    amount: Floats,
    count: int,
    chosen: Ints,
    *,
    enough: float,
    seed: int,
    until: float,
) -> Ints:
    """Improve an answer by iterated local search.

    Parameters
    ----------
    links, amount
        As for :func:`~kgspatial.siting.cover_bound.bounded_cover`.
    count : int
        Number of sites at most, 1 to the number of sites.
    chosen : ndarray of int
        Sites of the answer to start from, `count` or fewer.
    enough : float
        Demand at which the search may end.
    seed, until : int, float
        Seed of the draws; a reading of `time.perf_counter`.

    Returns
    -------
    ndarray of int
        Sites, ascending, that cover as much or more.

    References
    ----------
    Lourenco, Martin and Stutzle (2003), Iterated local search, Handbook of Metaheuristics.
    """
    by_site = sparse.csr_array(links.T)
    ways = (by_site.indptr, by_site.indices, links.indptr, links.indices)
    best, most, trials = np.full(count, -1, dtype=np.int64), -1.0, 0
    best[: len(chosen)] = chosen
    patience = min(max(LINKS_TRIED / max(links.nnz, 1), LEAST_PATIENCE), PATIENCE)
    random = np.random.default_rng(seed)
    while trials < patience and most < enough and not is_over(until):
        now = best.copy()
        times = np.diff(links[:, now[now >= 0]].indptr).astype(np.int64)
        gains = by_site @ np.where(times == 0, amount, 0.0)
        draws = random.random((AT_ONCE, 2 * MOST + 2))
        covered = shake_each(now, times, gains, amount, ways, draws)
        trials = 0 if covered > most * (1 + LEAST_GAIN) else trials + AT_ONCE
        best, most = now, covered
    return np.sort(best[best >= 0])


@njit(cache=True)
def shake_each(chosen, times, gains, amount, ways, draws):  # type: ignore[no-untyped-def]
    """Try as many changes as `draws` has rows; return what `chosen` then covers.

    `chosen`, `times` and `gains` as in `exchange_each`, changed in place.
    """
    best = chosen.copy()
    most = _covered(times, amount)
    for trial in range(len(draws)):
        _shake(chosen, times, gains, amount, ways, draws[trial])
        while exchange_each(chosen, times, gains, amount, *ways) > 0:
            pass
        now = _covered(times, amount)
        if now > most:
            most = now
            best[:] = chosen
        else:
            _put_back(chosen, best, times, gains, amount, ways)
    return most


@njit(cache=True)
def _covered(times, amount):  # type: ignore[no-untyped-def]
    total = 0.0
    for point in range(len(amount)):
        if times[point] > 0:
            total += amount[point]
    return total


@njit(cache=True)
def _shake(chosen, times, gains, amount, ways, draw):  # type: ignore[no-untyped-def]
    """Some sites leave; those that come add nearly as much as the best ones would."""
    number = FEWEST + int(draw[0] * (MOST - FEWEST + 1))
    for at in range(number):
        position = int(draw[1 + at] * len(chosen))
        if chosen[position] >= 0:
            _leave(chosen[position], times, gains, amount, *ways)
            chosen[position] = -1
    at = 2 + MOST
    for position in range(len(chosen)):
        most = gains.max()
        if most <= 0.0 or at >= len(draw):
            break
        if chosen[position] >= 0:
            continue
        near = np.flatnonzero(gains >= most * (NEARLY + (1.0 - NEARLY) * draw[1 + MOST]))
        chosen[position] = near[min(int(draw[at] * len(near)), len(near) - 1)]
        _enter(chosen[position], times, gains, amount, *ways)
        at += 1


@njit(cache=True)
def _put_back(chosen, best, times, gains, amount, ways):  # type: ignore[no-untyped-def]
    for site in chosen:
        if site >= 0:
            _leave(site, times, gains, amount, *ways)
    for position in range(len(best)):
        chosen[position] = best[position]
        if best[position] >= 0:
            _enter(best[position], times, gains, amount, *ways)

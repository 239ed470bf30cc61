"""Maximal covering: which sites reach the most demand.

Imports from `arrays`, `core`, `cover_links` to `cover_branch`, `watching`, `result`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.arrays import Limits, amounts_of, count_of, links_of
from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.cover_bound import BoundedCover, bounded_cover
from kgspatial.siting.cover_branch import proven_cover
from kgspatial.siting.cover_links import (
    covered,
    first_covering,
    is_over,
    merged,
    reached,
    useful_sites,
    without_idle,
)
from kgspatial.siting.cover_search import searched
from kgspatial.siting.result import PROVEN, SitingResult, answered, relative_gap
from kgspatial.siting.watching import watched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.siting.watching import Tell, Watch

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

PRICES_SHARE = 0.8
"""Share of the time limit that the prices may take; they mostly need far less."""


def max_coverage(
    reach: sparse.sparray | ArrayLike,
    weights: ArrayLike,
    *,
    p: int,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
    tell: Tell | None = None,
) -> SitingResult:
    """Choose `p` sites so that the most demand has one of them within reach.

    Points of equal reach are merged. Prices per point give a bound and, with exchanges of sites, an
    answer. Sites that no answer as good can use, or that every one must use, are settled by their
    reduced cost; branch and bound proves the rest. Ctrl-C ends the search with
    the best answer so far.

    Parameters
    ----------
    reach : sparse or dense, shape (points, sites)
        Sparse: stored entries are within reach. Dense: nonzero entries are, ``nan`` are not.
    weights : array-like, shape (points,)
        Demand per point.
    p : int
        Number of sites at most.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.
    tell : callable, optional
        Called with the demand covered so far, its bound and the seconds, about twice a second.

    Returns
    -------
    SitingResult
        ``objective`` is the demand covered; ``assignment`` gives each covered point to the first
        chosen site that reaches it. Fewer than `p` sites when the others would add nothing.

    Raises
    ------
    InputError
        When shapes do not fit or numbers are negative or missing.

    References
    ----------
    Church and ReVelle (1974), The maximal covering location problem, Papers in Regional
    Science 32.

    Examples
    --------
    >>> reach = [[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]]
    >>> found = max_coverage(reach, [4.0, 1.0, 4.0, 1.0], p=1)
    >>> found.chosen.tolist(), found.objective, found.status
    ([2], 8.0, 'optimal')
    """
    begun = time.perf_counter()
    limits = Limits(begun + time_limit_s, max(gap_target, PROVEN / 10), seed)
    links = links_of(reach)
    demand = amounts_of(weights, links.shape[0], "weights")
    count = count_of(p, links.shape[1])
    groups, amount = reached(*merged(links, demand))
    with watched(tell) as watch:
        chosen, bound = _most_covering(groups, amount, count, limits, watch)
    chosen = without_idle(groups, chosen)
    assignment = first_covering(links, demand, chosen)
    objective = float(assignment.sum())
    return answered(chosen, objective, max(bound, objective), assignment, begun)


def _most_covering(
    links: sparse.csr_array, amount: Floats, count: int, limits: Limits, watch: Watch
) -> tuple[Ints, float]:
    """Return the best sites found, and what no answer can exceed."""
    found = bounded_cover(
        links,
        amount,
        count,
        time_limit_s=PRICES_SHARE * limits.left_s,
        gap_target=limits.gap_target,
    )
    watch.report(found.objective, found.bound)
    if relative_gap(found.objective, found.bound) <= limits.gap_target or is_over(limits.until):
        return found.chosen, found.bound
    return _proven(found, links, amount, count, limits, watch)


def _proven(
    found: BoundedCover,
    links: sparse.csr_array,
    amount: Floats,
    count: int,
    limits: Limits,
    watch: Watch,
) -> tuple[Ints, float]:
    """Solve what the prices leave open; any answer that they excluded covers less than `found`."""
    forced = np.flatnonzero(found.must_be_chosen)
    kept = np.flatnonzero(found.may_be_chosen & ~found.must_be_chosen)
    is_open = np.diff(links[:, forced].indptr) == 0
    settled = float(amount[~is_open].sum())
    kept = kept[useful_sites(links[is_open][:, kept])]
    part, part_amount, price = _part(links, amount, found.price, is_open, kept)
    left = min(count - len(forced), len(kept))
    if left == 0 or not len(part_amount):  # all that is as good uses the forced sites, no other
        return found.chosen, found.objective
    start = np.flatnonzero(np.isin(kept, found.chosen))
    better = searched(
        part,
        part_amount,
        left,
        start,
        enough=(found.bound - settled) / (1 + limits.gap_target),
        seed=limits.seed,
        until=limits.until,
    )

    def tell(best: float, bound: float) -> None:
        watch.report(max(settled + best, found.objective), min(settled + bound, found.bound))

    tell(covered(part, part_amount, better), found.bound)
    best, bound = proven_cover(
        part,
        part_amount,
        left,
        price,
        better,
        until=limits.until,
        least_rise=limits.gap_target * found.objective,
        tell=tell,
    )
    chosen = np.sort(np.concatenate([forced, kept[best]]))
    is_better = covered(links, amount, chosen) > found.objective
    bound = min(found.bound, max(settled + bound, found.objective))
    return (chosen if is_better else found.chosen), bound


def _part(
    links: sparse.csr_array, amount: Floats, price: Floats, is_open: Flags, kept: Ints
) -> tuple[sparse.csr_array, Floats, Floats]:
    """Points that the kept sites reach, those of equal reach as one, with their prices."""
    own = links[is_open][:, kept]
    rows = np.diff(own.indptr) > 0
    groups, summed, group = merge_equal_rows(own[rows], amount[is_open][rows])
    together = np.bincount(group, price[is_open][rows], minlength=len(summed)).astype(np.float64)
    return groups, summed, np.minimum(together, summed)

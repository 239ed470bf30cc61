"""Maximal covering and set covering: which sites reach the most demand, or enough of it.

Imports from `arrays`, `core`, `cover_bound`, `solver`, `result`, `errors`. On arrays only.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.siting.arrays import amounts_of, count_of, links_of
from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.cover_bound import BoundedCover, bounded_cover
from kgspatial.siting.result import PROVEN, SitingResult, answered, infeasible, relative_gap
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PRICES_SHARE = 0.8
"""Share of the time limit that the prices may take; they mostly need far less."""
PRESOLVE_S = 5e-5
"""Seconds a link: HiGHS looks at the clock after its presolve only, which took 20 to 50 us a link
(160,000 to 1,500,000 links of 1,500 sites). What has no time for that is left unproven."""
SOLVER_DIGITS = 20
"""Binary digits before the point that the objective gets for HiGHS, whose tolerances are absolute:
weights in millionths and in millions are solved alike. A power of two changes no digit."""


def max_coverage(
    reach: sparse.sparray | ArrayLike,
    weights: ArrayLike,
    *,
    p: int,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Choose `p` sites so that the most demand has one of them within reach.

    Points of equal reach are merged. Prices per point give a bound and, with exchanges of sites, an
    answer. Sites that no answer as good can use, or that every one must use, are settled by their
    reduced cost; HiGHS solves the rest.

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
    """
    begun = time.perf_counter()
    until = begun + time_limit_s
    links = links_of(reach)
    demand = amounts_of(weights, links.shape[0], "weights")
    count = count_of(p, links.shape[1])
    enough = max(gap_target, PROVEN / 10)
    groups, amount = _reached(*_merged(links, demand))
    prices_s = PRICES_SHARE * (until - time.perf_counter())
    found = bounded_cover(groups, amount, count, time_limit_s=prices_s, gap_target=enough)
    chosen, bound = found.chosen, found.bound
    if relative_gap(found.objective, bound) > enough:
        chosen, bound = _proven(found, groups, amount, count, until, gap_target, seed)
    chosen = _without_idle(groups, chosen)
    assignment = _first_covering(links, demand, chosen)
    objective = float(assignment.sum())
    return answered(chosen, objective, max(bound, objective), assignment, begun)


def _proven(
    found: BoundedCover,
    links: sparse.csr_array,
    amount: Floats,
    count: int,
    until: float,
    gap_target: float,
    seed: int,
) -> tuple[Ints, float]:
    """Solve what the prices leave open; any answer that they excluded covers less than `found`."""
    forced = np.flatnonzero(found.must_be_chosen)
    kept = np.flatnonzero(found.may_be_chosen & ~found.must_be_chosen)
    is_open = np.diff(links[:, forced].indptr) == 0
    settled = float(amount[~is_open].sum())
    part, part_amount = _reached(*_merged(links[is_open][:, kept], amount[is_open]))
    left_s = until - time.perf_counter()
    if left_s < PRESOLVE_S * part.nnz:
        return found.chosen, found.bound
    scale = 2.0 ** (SOLVER_DIGITS - np.frexp(found.objective)[1])
    answer = solve(
        _coverage_model(part, part_amount * scale, count - len(forced)),
        time_limit_s=left_s,
        gap_target=gap_target,
        seed=seed,
        start=_start_values(part, np.flatnonzero(np.isin(kept, found.chosen))),
        is_reduced=True,
    )
    if answer is None:  # nothing chosen always meets the conditions: only a failure of HiGHS
        return found.chosen, found.bound
    bound = min(found.bound, max(settled + answer.bound / scale, found.objective))
    chosen = np.concatenate([forced, kept[answer.values[: len(kept)] > 0.5]])
    is_better = _covered(links, amount, chosen) > found.objective
    return (np.sort(chosen) if is_better else found.chosen), bound


def set_cover(
    reach: sparse.sparray | ArrayLike,
    weights: ArrayLike,
    *,
    share: float = 1.0,
    costs: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Choose the fewest sites, or the cheapest, that reach a share of the demand.

    Parameters
    ----------
    reach, weights
        As for :func:`max_coverage`.
    share : float
        Share of all demand that must be covered, 0 to 1; 1 asks for every point with demand.
    costs : array-like, shape (sites,), optional
        Cost per site; 1 each unless given.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.

    Returns
    -------
    SitingResult
        ``objective`` is the number of sites, or their cost; ``status`` is ``infeasible`` with
        nothing chosen when even all sites together do not reach enough.

    References
    ----------
    Toregas, Swain, ReVelle and Bergman (1971), The location of emergency service facilities,
    Operations Research 19.
    """
    begun = time.perf_counter()
    links = links_of(reach)
    demand = amounts_of(weights, links.shape[0], "weights")
    if not 0.0 <= share <= 1.0:
        raise InputError(f"share must lie between 0 and 1, not {share}")
    price = np.ones(links.shape[1]) if costs is None else amounts_of(costs, links.shape[1], "costs")
    model = _cover_model(*_merged(links, demand), share, price)
    answer = solve(model, time_limit_s=time_limit_s, gap_target=gap_target, seed=seed)
    if answer is None:
        return infeasible(links.shape, begun)
    chosen = np.flatnonzero(answer.values[: links.shape[1]] > 0.5)
    objective = float(price[chosen].sum())
    bound = min(-answer.bound, objective)
    return answered(chosen, objective, bound, _first_covering(links, demand, chosen), begun)


def _merged(links: sparse.csr_array, demand: Floats) -> tuple[sparse.csr_array, Floats]:
    """Points with demand, those of equal reach as one; the caller's matrix is left as it is."""
    rows = np.flatnonzero(demand > 0)
    own = links[rows]
    own.sum_duplicates()
    own.data[:] = 1.0
    groups, amount, _ = merge_equal_rows(own, demand[rows])
    return groups, amount


def _reached(groups: sparse.csr_array, amount: Floats) -> tuple[sparse.csr_array, Floats]:
    """Without the points that no site reaches."""
    rows = np.flatnonzero(np.diff(groups.indptr))
    return groups[rows], amount[rows]


def _covered(links: sparse.csr_array, amount: Floats, chosen: Ints) -> float:
    return float(amount[np.diff(links[:, chosen].indptr) > 0].sum())


def _without_idle(links: sparse.csr_array, chosen: Ints) -> Ints:
    """Drop, from the last column on, each site whose points the others reach as well."""
    by_site = sparse.csc_array(links[:, chosen])
    times = np.diff(links[:, chosen].indptr)
    needed = np.ones(len(chosen), dtype=bool)
    for site in range(len(chosen) - 1, -1, -1):
        points = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        needed[site] = bool((times[points] == 1).any())
        times[points] -= not needed[site]
    return chosen[needed]


def _coverage_model(links: sparse.csr_array, amount: Floats, count: int) -> MixedInteger:
    """Sites first, then one column per group: covered by at most the sum of its sites."""
    groups, sites = links.shape
    covered = sparse.hstack([-links, sparse.eye_array(groups)], format="csr")
    limit = sparse.csr_array(np.concatenate([np.ones(sites), np.zeros(groups)])[None, :])
    upper = np.concatenate([np.zeros(groups), [float(count)]])
    return MixedInteger(
        gain=np.concatenate([np.zeros(sites), amount]),
        matrix=sparse.csr_array(sparse.vstack([covered, limit], format="csr")),
        lower=np.full(groups + 1, -np.inf),
        upper=upper,
        most=np.ones(sites + groups),
        integer=np.arange(sites + groups) < sites,
    )


def _cover_model(
    links: sparse.csr_array, amount: Floats, share: float, price: Floats
) -> MixedInteger:
    groups, sites = links.shape
    if share == 1.0:
        return MixedInteger(
            gain=-price,
            matrix=links,
            lower=np.ones(groups),
            upper=np.full(groups, np.inf),
            most=np.ones(sites),
            integer=np.ones(sites, dtype=bool),
        )
    covered = sparse.hstack([-links, sparse.eye_array(groups)], format="csr")
    enough = sparse.csr_array(np.concatenate([np.zeros(sites), amount])[None, :])
    return MixedInteger(
        gain=np.concatenate([-price, np.zeros(groups)]),
        matrix=sparse.csr_array(sparse.vstack([covered, enough], format="csr")),
        lower=np.concatenate([np.full(groups, -np.inf), [share * float(amount.sum())]]),
        upper=np.concatenate([np.zeros(groups), [np.inf]]),
        most=np.ones(sites + groups),
        integer=np.arange(sites + groups) < sites,
    )


def _start_values(links: sparse.csr_array, chosen: Ints) -> Floats:
    sites = np.zeros(links.shape[1])
    sites[chosen] = 1.0
    return np.concatenate([sites, (links @ sites > 0).astype(float)])


def _first_covering(links: sparse.csr_array, demand: Floats, chosen: Ints) -> sparse.csr_array:
    """Each covered point's demand at the first chosen site that reaches it."""
    taken = sparse.csr_array(links[:, chosen])
    taken.sort_indices()
    points = np.flatnonzero((np.diff(taken.indptr) > 0) & (demand > 0))
    sites = chosen[taken.indices[taken.indptr[points]]]
    return sparse.csr_array((demand[points], (points, sites)), shape=links.shape)

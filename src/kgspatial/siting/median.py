"""The p-median: which sites keep the total weighted distance least, with or without capacities.

Imports from `arrays`, `median_search`, `median_capacity`, `median_shared`, `result`, `watching`,
`errors`. On arrays: no map, no study.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting.arrays import Limits, amounts_of, count_of, distances_of
from kgspatial.siting.median_capacity import compile_capacity, find_capacitated_median
from kgspatial.siting.median_search import compile_search, find_median
from kgspatial.siting.median_shared import find_shared_median
from kgspatial.siting.result import SitingResult, answered, infeasible
from kgspatial.siting.watching import interruptible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.siting.median_branching import FoundMedian

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@interruptible
def p_median(
    distances: sparse.sparray | ArrayLike,
    weights: ArrayLike,
    *,
    p: int,
    capacities: ArrayLike | None = None,
    demands: ArrayLike | None = None,
    single_source: bool = False,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Choose `p` sites and assign every point so that the weighted distance is least.

    Exchanges of sites give an answer, prices per point a bound; what cannot be in a better answer
    is removed by its reduced cost. The rest is parted again and again - a point is served within
    a radius, or it is not - until nothing better is left. Only where points may be shared among
    sites with capacities is it left to HiGHS.

    Parameters
    ----------
    distances : sparse or dense, shape (points, sites)
        Sparse: absent means out of reach. Dense: ``nan`` and infinity mean so.
    weights : array-like, shape (points,)
        What each point counts in the objective.
    p : int
        Number of sites.
    capacities : array-like, shape (sites,), optional
        The most that each site can take.
    demands : array-like, shape (points,), optional
        What each point takes of a capacity; `weights` unless given.
    single_source : bool
        Each point must be assigned whole; without capacities it always is.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.

    Returns
    -------
    SitingResult
        ``objective`` is the sum of weight times distance; ``assignment`` holds each point's
        weight at its site. ``infeasible`` with nothing chosen when no assignment exists.

    Raises
    ------
    InputError
        When shapes do not fit or numbers are negative or missing.
    SolverError
        When the time was too short for any answer.

    References
    ----------
    ReVelle and Swain (1970), Central facilities location, Geographical Analysis 2; the bound:
    Cornuejols, Fisher and Nemhauser (1977), Management Science 23; with capacities: Pirkul
    (1987), Computers and Operations Research 14, and Ceselli and Righini (2005), Networks 45.

    Examples
    --------
    >>> found = p_median([[0, 500], [400, 100], [900, 200]], [10, 10, 10], p=1)
    >>> found.chosen.tolist(), found.objective, found.status
    ([1], 8000.0, 'optimal')
    """
    compile_capacity() if capacities is not None else compile_search()
    begun = time.perf_counter()
    table = distances_of(distances)
    weight = amounts_of(weights, table.shape[0], "weights")
    count = count_of(p, table.shape[1])
    if np.isinf(table).all(axis=1).any() or (count == 0 and len(table)):
        return infeasible(table.shape, begun)
    if not len(table):
        nobody = sparse.csr_array(table.shape)
        return answered(np.arange(count), 0.0, 0.0, nobody, begun)
    limits = Limits(begun + time_limit_s, gap_target, seed)
    if capacities is None:
        return _uncapacitated(table, weight, count, begun, limits)
    room = amounts_of(capacities, table.shape[1], "capacities")
    need = weight if demands is None else amounts_of(demands, table.shape[0], "demands")
    solver = _whole if single_source else _shared
    return solver(table, weight, count, need, room, begun, limits)


def _uncapacitated(
    table: Floats, weight: Floats, count: int, begun: float, limits: Limits
) -> SitingResult:
    """Merge equal points and equal sites, find the sites, read them for the caller's points."""
    first_site, _ = _first_of_equal(table.T)
    first_point, group = _first_of_equal(table)
    amount = np.bincount(group, weight, minlength=len(first_point)).astype(np.float64)
    found = find_median(
        _costs(table[np.ix_(first_point, first_site)], amount),
        min(count, len(first_site)),
        time_limit_s=limits.left_s,
        gap_target=limits.gap_target,
        seed=limits.seed,
    )
    if not np.isfinite(found.objective):
        return _nothing(table.shape, found, begun)
    chosen = _filled(first_site[found.chosen], count, table.shape[1])
    nearest = chosen[np.argmin(table[:, chosen], axis=1)]
    return _answer(table, weight, chosen, nearest, found, begun)


def _whole(
    table: Floats,
    weight: Floats,
    count: int,
    need: Floats,
    room: Floats,
    begun: float,
    limits: Limits,
) -> SitingResult:
    """With capacities, every point whole: knapsack prices and branching."""
    found = find_capacitated_median(
        _costs(table, weight),
        need,
        room,
        count,
        time_limit_s=limits.left_s,
        gap_target=limits.gap_target,
        seed=limits.seed,
    )
    if not np.isfinite(found.objective):
        return _nothing(table.shape, found, begun)
    chosen = _filled(found.chosen, count, table.shape[1])
    return _answer(table, weight, chosen, found.place, found, begun)


def _shared(
    table: Floats,
    weight: Floats,
    count: int,
    need: Floats,
    room: Floats,
    begun: float,
    limits: Limits,
) -> SitingResult:
    """With capacities, points may be shared among sites: prices, then HiGHS."""
    found = find_shared_median(_costs(table, weight), need, room, count, limits)
    if found is None:
        return infeasible(table.shape, begun)
    chosen = _filled(found.chosen, count, table.shape[1])
    assignment = sparse.csr_array(sparse.diags_array(weight) @ found.shares)
    return answered(chosen, found.objective, found.bound, assignment, begun)


def _costs(table: Floats, weight: Floats) -> Floats:
    """What each point pays at each site: weight times distance, infinite out of reach."""
    within = np.isfinite(table)
    return np.where(within, weight[:, None] * np.where(within, table, 0.0), np.inf)


def _answer(
    table: Floats, weight: Floats, chosen: Ints, place: Ints, found: FoundMedian, begun: float
) -> SitingResult:
    rows = np.arange(len(weight))
    assignment = sparse.csr_array((weight, (rows, place)), shape=table.shape)
    objective = float(weight @ table[rows, place])
    return answered(chosen, objective, min(found.bound, objective), assignment, begun)


def _nothing(shape: tuple[int, ...], found: FoundMedian, begun: float) -> SitingResult:
    """Infeasible where that is proven; else the time was too short."""
    if np.isfinite(found.bound):
        raise SolverError("the time was too short for any answer; allow more with time_limit_s")
    return infeasible(shape, begun)


def _first_of_equal(rows: Floats) -> tuple[Ints, Ints]:
    """The first of each set of equal rows, in order, and for every row the number of its set."""
    number: dict[bytes, int] = {}
    group = [number.setdefault(row.tobytes(), len(number)) for row in np.ascontiguousarray(rows)]
    sets = np.array(group, dtype=np.int64)
    return np.unique(sets, return_index=True)[1].astype(np.int64), sets


def _filled(chosen: Ints, count: int, sites: int) -> Ints:
    """Add the first sites that are not chosen, up to the count: they harm nobody."""
    others = np.setdiff1d(np.arange(sites), chosen)
    return np.sort(np.concatenate([chosen, others[: count - len(chosen)]]))

"""The p-center: which sites keep the longest walk shortest.

Imports from `arrays`, `core`, `median_search`, `set_covering`, `set_covering_parts`, `solver`,
`result`, `watching`, `errors`. On arrays: no map, no study.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting.arrays import Limits, count_of, distances_of
from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.median_search import compile_search, find_median
from kgspatial.siting.result import SitingResult, answered, infeasible
from kgspatial.siting.set_covering import set_cover
from kgspatial.siting.set_covering_parts import reduced
from kgspatial.siting.solver import MixedInteger, solve
from kgspatial.siting.watching import interruptible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ANY_ANSWER = 10.0
"""Relative gap at which the first answer that reaches everybody is good enough."""
FEW_BRANCHES = 20
"""Branches of the search for sites that reach everybody; then HiGHS's relaxation proves more."""
ABOVE = 1e-4
"""By how much a number of sites in parts must exceed a whole number to rule that out."""
TINY = 1e-300
"""Keeps a division by a limit of 0 finite."""
FAINT = 1e-3
"""What all points may pay together: nearer sites are tried first, but any answer is as good."""


@interruptible
def p_center(
    distances: sparse.sparray | ArrayLike,
    *,
    p: int,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> SitingResult:
    """Choose `p` sites so that the farthest point is as near as possible to one of them.

    Halves the list of distinct distances: within each, reductions, exchanges and prices find `p`
    sites that reach every point; the linear relaxation, or at last HiGHS, proves that there are
    none.

    Parameters
    ----------
    distances : sparse or dense, shape (points, sites)
        Sparse: absent means out of reach. Dense: ``nan`` and infinity mean so.
    p : int
        Number of sites at most.
    time_limit_s, seed : float, int
        Limit and seed of the search.

    Returns
    -------
    SitingResult
        ``objective`` is the longest distance; ``assignment`` holds a 1 for each point at its
        nearest chosen site. ``infeasible`` when `p` sites cannot reach every point.

    Raises
    ------
    SolverError
        When the time was too short for any answer.

    References
    ----------
    Minieka (1970), The m-center problem, SIAM Review 12; the relaxation first: Elloumi, Labbe and
    Pochet (2004), INFORMS Journal on Computing 16; reductions: Toregas and ReVelle (1973),
    Geographical Analysis 5.

    Examples
    --------
    >>> found = p_center([[0, 500], [400, 100], [900, 200]], p=1)
    >>> found.chosen.tolist(), found.objective
    ([1], 500.0)
    """
    compile_search()
    begun = time.perf_counter()
    table = distances_of(distances)
    count = count_of(p, table.shape[1])
    if not len(table):
        return answered(np.zeros(0, dtype=np.int64), 0.0, 0.0, sparse.csr_array(table.shape), begun)
    limits = Limits(begun + time_limit_s, ANY_ANSWER, seed)
    values = np.unique(table[np.isfinite(table)])
    farthest = float(table.min(axis=1, initial=np.inf).max())
    if not np.isfinite(farthest) or count == 0:
        return infeasible(table.shape, begun)
    # Below the farthest of the nearest, some point has no site at all.
    low = proven = int(np.searchsorted(values, farthest))
    tried = _suffice(table, float(values[-1]), count, limits)
    if tried.chosen is None:
        if not tried.is_proven:
            raise SolverError("the time was too short for any answer; allow more: time_limit_s")
        return infeasible(table.shape, begun)
    chosen = tried.chosen
    high = _rank(values, table, chosen)
    while low < high and limits.left_s > 0:
        middle = (low + high) // 2
        tried = _suffice(table, float(values[middle]), count, limits)
        if tried.chosen is not None:
            chosen = tried.chosen
            high = _rank(values, table, chosen)
        else:
            low = middle + 1
            proven = low if tried.is_proven else proven
    return _read(table, chosen, float(values[proven]), begun)


def _rank(values: Floats, table: Floats, chosen: Ints) -> int:
    """Where the longest walk to these sites stands among all distances."""
    return int(np.searchsorted(values, table[:, chosen].min(axis=1).max()))


def _read(table: Floats, chosen: Ints, bound: float, begun: float) -> SitingResult:
    rows = np.arange(len(table))
    nearest = chosen[np.argmin(table[:, chosen], axis=1)]
    objective = float(table[rows, nearest].max())
    assignment = sparse.csr_array((np.ones(len(table)), (rows, nearest)), shape=table.shape)
    return answered(chosen, objective, min(bound, objective), assignment, begun)


@dataclass(frozen=True, eq=False)
class _Tried:
    """Sites that reach every point; None where there are none, or none were found in time."""

    chosen: Ints | None
    is_proven: bool = True


def _suffice(table: Floats, limit: float, count: int, limits: Limits) -> _Tried:
    """Whether so many sites reach every point within that distance."""
    links = sparse.csr_array((table <= limit).astype(np.float64))
    if (np.diff(links.indptr) == 0).any():
        return _Tried(None)
    merged, _, group = merge_equal_rows(links, np.ones(len(table)))
    first = np.unique(group, return_index=True)[1]
    forced, parts = reduced(merged, np.ones(table.shape[1]))
    left = count - len(forced)
    if left < len(parts):
        return _Tried(None)
    if not parts:
        return _Tried(forced)
    points = first[np.concatenate([part.points for part in parts])]
    sites = np.sort(np.concatenate([part.sites for part in parts]))
    near = table[np.ix_(points, sites)]
    chosen, is_proven = _covered(near, limit, min(left, len(sites)), limits)
    if chosen is None:
        return _Tried(None, is_proven)
    return _Tried(np.sort(np.concatenate([forced, sites[chosen]])))


def _covered(near: Floats, limit: float, count: int, limits: Limits) -> tuple[Ints | None, bool]:
    """Prices and exchanges first, then the linear relaxation, then HiGHS on the covering."""
    within = near <= limit
    cost = np.where(within, near * (FAINT / (max(limit, TINY) * len(near))), np.inf)
    found = find_median(
        cost,
        count,
        time_limit_s=limits.left_s,
        gap_target=limits.gap_target,
        seed=limits.seed,
        most_branches=FEW_BRANCHES,
    )
    if np.isfinite(found.objective) or np.isinf(found.bound):
        return (found.chosen if np.isfinite(found.objective) else None), True
    links = sparse.csr_array(within.astype(np.float64))
    least = _relaxed(links, limits)
    if least > count + ABOVE:
        return None, True
    # First only as near to the relaxation as so many sites are; then to the end.
    for gap in ((count - least) / count, 0.0):
        one_each, left_s = np.ones(len(near)), limits.left_s
        cover = set_cover(
            links, one_each, time_limit_s=left_s, gap_target=max(gap, 0.0), seed=limits.seed
        )
        if len(cover.chosen) <= count:
            return cover.chosen, True
        if np.ceil(cover.bound - ABOVE) > count:
            return None, True
    return None, False


def _relaxed(links: sparse.csr_array, limits: Limits) -> float:
    """The fewest sites when they may be chosen in part; 0 when the time was too short."""
    points, sites = links.shape
    whole = np.zeros(sites, dtype=bool)
    rows = (np.ones(points), np.full(points, np.inf))
    model = MixedInteger(-np.ones(sites), links, *rows, np.ones(sites), whole)
    try:
        answer = solve(model, time_limit_s=limits.left_s, seed=limits.seed)
    except SolverError:
        return 0.0
    return 0.0 if answer is None else -answer.objective

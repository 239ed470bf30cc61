"""The p-median: which sites keep the total weighted distance least, with or without capacities.

Imports from `arrays`, `lagrange`, `solver`, `result`, `errors`. On arrays: no map, no study.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.arrays import amounts_of, count_of, distances_of
from kgspatial.siting.lagrange import Bounded, bounded_median
from kgspatial.siting.result import SitingResult, answered, infeasible, relative_gap
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.siting.solver import Answer

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SHARE_NOISE = 1e-9
"""Shares of a point below this are rounding of the solver."""


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

    Without capacities, a Lagrangian bound with exchanges comes first; sites and assignments that
    cannot be in a better answer are then removed by their reduced cost, and HiGHS proves the rest.

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

    References
    ----------
    ReVelle and Swain (1970), Central facilities location, Geographical Analysis 2; the bound:
    Cornuejols, Fisher and Nemhauser (1977), Management Science 23.
    """
    begun = time.perf_counter()
    table = distances_of(distances)
    weight = amounts_of(weights, table.shape[0], "weights")
    count = count_of(p, table.shape[1])
    if np.isinf(table).all(axis=1).any() or (count == 0 and len(table)):
        return infeasible(table.shape, begun)
    limits = {"time_limit_s": time_limit_s, "gap_target": gap_target}
    if capacities is None:
        return _uncapacitated(table, weight, count, begun, seed=seed, **limits)
    room = amounts_of(capacities, table.shape[1], "capacities")
    need = weight if demands is None else amounts_of(demands, table.shape[0], "demands")
    model, point, site = _assignment_model(table, weight, count, need, room, single_source)
    answer = solve(model, time_limit_s=time_limit_s, gap_target=gap_target, seed=seed)
    if answer is None:
        return infeasible(table.shape, begun)
    return _read(answer, point, site, table, weight, -answer.bound, begun, single_source)


def _uncapacitated(
    table: Floats,
    weight: Floats,
    count: int,
    begun: float,
    *,
    time_limit_s: float,
    gap_target: float,
    seed: int,
) -> SitingResult:
    found = bounded_median(table, weight, count, time_limit_s=time_limit_s / 2)
    if relative_gap(found.objective, found.bound) > max(gap_target, 1e-9) and np.isfinite(
        found.objective
    ):
        left = time_limit_s - (time.perf_counter() - begun)
        found = _proven(found, table, weight, count, max(left, 1.0), gap_target, seed)
    if not np.isfinite(found.objective):
        return infeasible(table.shape, begun)
    nearest = found.chosen[np.argmin(table[:, found.chosen], axis=1)]
    rows = np.arange(len(weight))
    assignment = sparse.csr_array((weight, (rows, nearest)), shape=table.shape)
    return answered(found.chosen, found.objective, found.bound, assignment, begun)


def _proven(
    found: Bounded,
    table: Floats,
    weight: Floats,
    count: int,
    time_limit_s: float,
    gap_target: float,
    seed: int,
) -> Bounded:
    """Solve what the reduced costs leave open; anything better than `found` is in it."""
    kept = np.flatnonzero(found.may_be_chosen)
    useful = found.useful_pairs[:, kept] & np.isfinite(table[:, kept])
    reduced = np.where(useful, table[:, kept], np.inf)
    if np.isinf(reduced).all(axis=1).any():
        return Bounded(found.chosen, found.objective, found.objective, *found.open)
    model, _, _ = _assignment_model(reduced, weight, min(count, len(kept)))
    answer = solve(model, time_limit_s=time_limit_s, gap_target=gap_target, seed=seed)
    if answer is None:
        return Bounded(found.chosen, found.objective, found.objective, *found.open)
    chosen = kept[answer.values[: len(kept)] > 0.5]
    objective = float(weight @ table[:, chosen].min(axis=1)) if len(chosen) else np.inf
    # Whatever was removed cannot beat `found`: the bound of the whole is the smaller of the two.
    best, sites = min((found.objective, 0), (objective, 1))
    bound = max(found.bound, min(-answer.bound, found.objective))
    return Bounded((found.chosen, chosen)[sites], best, min(bound, best), *found.open)


def _assignment_model(
    table: Floats,
    weight: Floats,
    count: int,
    need: Floats | None = None,
    room: Floats | None = None,
    single_source: bool = False,
) -> tuple[MixedInteger, Ints, Ints]:
    """Sites first, then shares of points at sites: every point in full, open sites only."""
    points, sites = table.shape
    point, site = np.nonzero(np.isfinite(table))
    n = len(point)
    flow = sites + np.arange(n)
    shape = sites + n
    blocks = [
        (_rows(point, flow, np.ones(n), points, shape), 1.0, 1.0),
        (
            _rows(np.arange(n), flow, np.ones(n), n, shape)
            - _rows(np.arange(n), site, np.ones(n), n, shape),
            -np.inf,
            0.0,
        ),
        (_rows(np.zeros(sites, int), np.arange(sites), np.ones(sites), 1, shape), count, count),
    ]
    if need is not None and room is not None:
        taken = _rows(site, flow, need[point], sites, shape)
        open_room = _rows(np.arange(sites), np.arange(sites), room, sites, shape)
        blocks.append((taken - open_room, -np.inf, 0.0))
    lower = np.concatenate([np.full(b.shape[0], low, float) for b, low, _ in blocks])
    upper = np.concatenate([np.full(b.shape[0], high, float) for b, _, high in blocks])
    model = MixedInteger(
        gain=np.concatenate([np.zeros(sites), -weight[point] * table[point, site]]),
        matrix=sparse.csr_array(sparse.vstack([b for b, _, _ in blocks], format="csr")),
        lower=lower,
        upper=upper,
        most=np.ones(shape),
        integer=(np.arange(shape) < sites) | single_source,
    )
    return model, point.astype(np.int64), site.astype(np.int64)


def _rows(rows: Ints, columns: Ints, values: Floats, count: int, width: int) -> sparse.csr_array:
    return sparse.csr_array((values, (rows, columns)), shape=(count, width))


def _read(
    answer: Answer,
    point: Ints,
    site: Ints,
    table: Floats,
    weight: Floats,
    bound: float,
    begun: float,
    whole: bool,
) -> SitingResult:
    sites = table.shape[1]
    chosen = np.flatnonzero(answer.values[:sites] > 0.5)
    shares = np.where(answer.values[sites:] > SHARE_NOISE, answer.values[sites:], 0.0)
    shares = np.rint(shares) if whole else shares
    kept = shares > 0
    amounts = (shares * weight[point])[kept]
    assignment = sparse.csr_array((amounts, (point[kept], site[kept])), shape=table.shape)
    objective = float((shares * weight[point]) @ np.where(kept, table[point, site], 0.0))
    return answered(chosen, objective, min(bound, objective), assignment, begun)

"""Capacitated maximal covering with modular capacity: where, and how many classes.

Imports from `arrays`, `core`, `model`, `solver`, `result`, `errors`. On arrays: no map, no study.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.siting.arrays import amounts_of, links_of
from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.model import Builder, Options
from kgspatial.siting.result import SitingResult, judged, relative_gap
from kgspatial.siting.solver import solve
from kgspatial.siting.watching import interruptible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


SHRINK_LEAST_S = 1.0
"""Time for smaller sizes when the search has used up its own."""


@interruptible
def capacitated_coverage(
    reach: sparse.sparray | ArrayLike,
    weights: ArrayLike,
    modules: ArrayLike,
    *,
    p: int | None = None,
    budget: float | None = None,
    costs: ArrayLike | None = None,
    existing: tuple[sparse.sparray | ArrayLike, ArrayLike] | None = None,
    single_source: bool = False,
    required: ArrayLike = (),
    groups: Sequence[ArrayLike] = (),
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
) -> SitingResult:
    """Choose sites and their sizes so that the most demand is served within reach and capacity.

    Existing facilities stay in and compete: demand may be moved between them and the new sites.
    Among sizes that serve as much at the chosen sites, the smallest are taken.

    Parameters
    ----------
    reach : sparse or dense, shape (points, sites)
        Sparse: stored entries are within reach. Dense: nonzero entries are, ``nan`` are not.
    weights : array-like, shape (points,)
        Demand (children) per point.
    modules : array-like, shape (modules,) or (sites, modules)
        Capacities to choose from; 0 marks a size that a site does not offer.
    p : int, optional
        Number of sites at most.
    budget : float, optional
        Most that the chosen sizes may cost together; needs `costs`.
    costs : array-like, shape of `modules`, optional
        Cost of each size.
    existing : (reach, capacities), optional
        Facilities that are there: points x facilities, and their capacities.
    single_source : bool
        Each point must be served whole by one facility, or not at all.
    required : array-like of int
        Sites that must be chosen.
    groups : sequence of array-like of int
        Sites of which only one may be chosen.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.

    Returns
    -------
    SitingResult
        ``objective`` counts all demand served, by existing facilities too; ``sizes`` holds the
        capacity at each chosen site.

    Raises
    ------
    InputError
        When shapes do not fit or numbers are negative or missing.
    SolverError
        When the time was too short for any answer.

    References
    ----------
    Current and Storbeck (1988), Capacitated covering models, Environment and Planning B 15;
    modular capacities as in Correia and Captivo (2003), Annals of Operations Research 122.
    """
    begun = time.perf_counter()
    links = links_of(reach)
    demand = amounts_of(weights, links.shape[0], "weights")
    must = np.asarray(required, dtype=np.int64)
    options = _options(modules, costs, links, demand, must)
    fixed, room = _existing(existing, links.shape[0])
    if budget is not None and costs is None:
        raise InputError("a budget needs the costs of the sizes")
    if p is not None and len(must) > p:
        raise InputError(f"{len(must)} sites are required, but {p} may be chosen")
    if single_source:
        group = np.arange(len(demand))
        merged, amount = sparse.csr_array(sparse.hstack([links, fixed], format="csr")), demand
    else:
        merged, amount, group = merge_equal_rows(
            sparse.hstack([links, fixed], format="csr"), demand
        )
    shared = tuple(np.asarray(group, dtype=np.int64) for group in groups)
    build = Builder(merged, amount, links.shape[1], room, p, budget, single_source, must, shared)
    # Without a budget a larger size is never worse: sizes are settled afterwards, by `shrink`.
    tried = options if budget is not None else options.largest()
    answer = solve(build.model(tried), time_limit_s=time_limit_s, gap_target=gap_target, seed=seed)
    if answer is None:
        raise InputError("no answer meets the conditions, not even building nothing")
    found = tried.taken(np.flatnonzero(answer.values[: len(tried.site)] > 0.5))
    left = max(time_limit_s - (time.perf_counter() - begun), SHRINK_LEAST_S)
    chosen, whole = build.shrink(options.at(found.site), found, answer.objective, left, seed)
    if whole is None:
        whole = build.flow_of(tried, answer.values)
    flow = whole if single_source else build.assignment(chosen)
    objective = float(answer.objective)
    bound = max(float(answer.bound), objective)
    order = np.argsort(chosen.site)
    return SitingResult(
        chosen=chosen.site[order],
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        status=judged(objective, bound),
        assignment=_unmerged(flow, group, demand, amount),
        seconds=time.perf_counter() - begun,
        sizes=chosen.capacity[order],
    )


def _options(
    modules: ArrayLike,
    costs: ArrayLike | None,
    links: sparse.csr_array,
    demand: Floats,
    required: Ints,
) -> Options:
    """All sizes of all sites, without those that a smaller and no dearer one of the site replaces.

    A size counts only as far as the site's surroundings could ever fill it.
    """
    sites = links.shape[1]
    sizes = np.asarray(modules, dtype=np.float64)
    sizes = np.broadcast_to(sizes, (sites, sizes.shape[-1] if sizes.ndim else 1))
    money = np.zeros_like(sizes) if costs is None else np.broadcast_to(costs, sizes.shape)
    if not (np.isfinite(sizes).all() and (sizes >= 0).all() and np.isfinite(money).all()):
        raise InputError("capacities and costs of modules must be finite numbers of 0 or more")
    usable = np.minimum(sizes, np.asarray(links.T @ demand).ravel()[:, None])
    order = np.lexsort((money, sizes), axis=1)
    sizes, money, usable = (np.take_along_axis(a, order, axis=1) for a in (sizes, money, usable))
    kept = usable > 0
    smallest = np.argmax(sizes > 0, axis=1)
    kept[required, smallest[required]] |= sizes[required, smallest[required]] > 0
    for module in range(1, sizes.shape[1]):
        as_good = usable[:, :module] >= usable[:, [module]]
        no_dearer = money[:, :module] <= money[:, [module]]
        kept[:, module] &= ~(kept[:, :module] & as_good & no_dearer).any(axis=1)
    site, size = np.nonzero(kept)
    return Options(site, sizes[site, size], np.asarray(money, dtype=np.float64)[site, size])


def _existing(
    existing: tuple[sparse.sparray | ArrayLike, ArrayLike] | None, points: int
) -> tuple[sparse.csr_array, Floats]:
    if existing is None:
        return sparse.csr_array((points, 0)), np.zeros(0)
    links = links_of(existing[0])
    room = np.asarray(existing[1], dtype=np.float64)
    if links.shape != (points, len(room)):
        raise InputError(
            f"existing reach has the shape {links.shape}; expected {points} points x "
            f"{len(room)} facilities"
        )
    return links, room


def _unmerged(
    flow: sparse.csr_array, group: Ints, demand: Floats, amount: Floats
) -> sparse.csr_array:
    """Split each group's flow among its points in proportion to their demand."""
    share = np.divide(demand, amount[group], out=np.zeros_like(demand), where=amount[group] > 0)
    return sparse.csr_array(sparse.diags_array(share) @ flow[group])

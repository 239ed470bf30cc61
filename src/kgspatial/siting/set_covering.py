"""Set covering: the fewest or cheapest sites that reach, or have room for, enough of the demand.

Imports from `arrays`, `cover_links`, `set_covering_parts`, `set_covering_room`, `solver`, `result`,
`watching`, `errors`. On arrays only.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError, SolverError
from kgspatial.siting.arrays import Limits, amounts_of, links_of
from kgspatial.siting.cover_links import covered, first_covering, merged, without_idle
from kgspatial.siting.median_branching import unit_of
from kgspatial.siting.result import SitingResult, answered, infeasible
from kgspatial.siting.set_covering_parts import Part, reduced, useful_sites
from kgspatial.siting.set_covering_room import Rooms, cheapest_with_room, most_served
from kgspatial.siting.solver import MixedInteger, solve
from kgspatial.siting.watching import interruptible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WHOLE = 2.0**20
"""All demand, as HiGHS sees it: its tolerances are absolute."""
ENOUGH = 1e-9
"""Relative shortfall of the share that is rounding."""
TINY = 1e-12
"""Lets a site that costs nothing be compared by what it covers for its price."""
RAISED = 2e-6
"""By how much the share is raised, relative, when HiGHS's tolerance left an answer short of it."""


@dataclass(frozen=True, eq=False)
class CoverResult(SitingResult):
    """A set covering; where none exists, what stands in the way.

    Parameters
    ----------
    unreached : ndarray of int
        Points with demand that no site and no existing facility reaches, ascending.
    most_served : float
        Demand that all sites and existing facilities together can serve; ``nan`` unless
        ``infeasible``.
    """

    unreached: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    most_served: float = np.nan


@interruptible
def set_cover(
    reach: sparse.sparray | ArrayLike,
    weights: ArrayLike,
    *,
    share: float = 1.0,
    costs: ArrayLike | None = None,
    capacities: ArrayLike | None = None,
    existing: tuple[sparse.sparray | ArrayLike, ArrayLike] | None = None,
    single_source: bool = False,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
) -> CoverResult:
    """Choose the fewest sites, or the cheapest, that serve a share of the demand within reach.

    Points of equal reach are merged, sites and points that others make superfluous dropped, parts
    that stand apart solved apart. HiGHS solves what is left.

    Parameters
    ----------
    reach, weights
        As for :func:`max_coverage`.
    share : float
        Share of all demand that must be served, 0 to 1; 1 asks for every point with demand.
    costs : array-like, shape (sites,), optional
        Cost per site; 1 each unless given.
    capacities : array-like, shape (sites,), optional
        Most demand that each site can serve; no limit unless given. Infinite is no limit.
    existing : (reach, capacities), optional
        Facilities that are there and cost nothing: points x facilities, and their capacities.
        Demand may be moved between them and the new sites.
    single_source : bool
        Each point must be served whole by one facility, or not at all.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search.

    Returns
    -------
    CoverResult
        ``objective`` is the number of sites, or their cost; ``assignment`` holds what each new
        site serves. ``status`` is ``infeasible`` with nothing chosen when even all sites together
        do not serve enough: ``unreached`` and ``most_served`` then say why.

    Raises
    ------
    InputError
        When shapes do not fit or numbers are negative or missing.
    SolverError
        When the time was too short for any answer.

    References
    ----------
    Toregas, Swain, ReVelle and Bergman (1971), The location of emergency service facilities,
    Operations Research 19; partial: Daskin and Owen (1999), Two new location covering problems,
    Geographical Analysis 31; with capacities: Current and Storbeck (1988), Environment and
    Planning B 15; reductions: Toregas and ReVelle (1973), Binary logic solutions to a class of
    location problem, Geographical Analysis 5.

    Examples
    --------
    >>> reach = [[1, 1, 0], [0, 1, 0], [0, 1, 1]]
    >>> set_cover(reach, [30, 20, 10]).chosen.tolist()
    [1]
    >>> set_cover(reach, [30, 20, 10], capacities=[40, 40, 40]).objective
    2.0
    """
    begun = time.perf_counter()
    limits = Limits(begun + time_limit_s, gap_target, seed)
    links = links_of(reach)
    demand = amounts_of(weights, links.shape[0], "weights")
    if not 0.0 <= share <= 1.0:
        raise InputError(f"share must lie between 0 and 1, not {share}")
    price = np.ones(links.shape[1]) if costs is None else amounts_of(costs, links.shape[1], "costs")
    rooms = _rooms(links, capacities, existing)
    if rooms.is_unlimited:
        served = np.diff(rooms.old.indptr) > 0
        found = _unlimited(links, np.where(served, 0.0, demand), demand, share, price, limits)
    else:
        found = cheapest_with_room(links, demand, share, price, rooms, single_source, limits)
    if found is None:
        return _infeasible(links, demand, rooms, begun)
    chosen, bound, assignment = found
    objective = float(price[chosen].sum())
    plain = answered(chosen, objective, _rounded(bound, price, objective), assignment, begun)
    return CoverResult(**vars(plain))


def _rooms(
    links: sparse.csr_array,
    capacities: ArrayLike | None,
    existing: tuple[sparse.sparray | ArrayLike, ArrayLike] | None,
) -> Rooms:
    points, sites = links.shape
    new = np.full(sites, np.inf) if capacities is None else _room(capacities, sites, "capacities")
    if existing is None:
        return Rooms(new, sparse.csr_array((points, 0)), np.zeros(0))
    old = links_of(existing[0])
    if old.shape[0] != points:
        raise InputError(f"existing reach has {old.shape[0]} rows; expected {points} points")
    return Rooms(new, old, _room(existing[1], old.shape[1], "existing capacities"))


def _room(values: ArrayLike, length: int, name: str) -> Floats:
    room = np.asarray(values, dtype=np.float64)
    if room.shape != (length,) or not (room >= 0).all():
        raise InputError(f"{name} must be {length} numbers of 0 or more, one per facility")
    return room


def _rounded(bound: float, price: Floats, objective: float) -> float:
    """A bound, up to the next sum that prices in whole units can have, never above the answer."""
    unit = unit_of(price)
    up = unit * np.ceil(bound / unit - ENOUGH) if unit else bound
    return float(min(max(up, 0.0), objective))


def _infeasible(links: sparse.csr_array, demand: Floats, rooms: Rooms, begun: float) -> CoverResult:
    by_none = (np.diff(links.indptr) == 0) & (np.diff(rooms.old.indptr) == 0)
    unreached = np.flatnonzero(by_none & (demand > 0))
    plain = vars(infeasible(links.shape, begun))
    return CoverResult(**plain, unreached=unreached, most_served=most_served(links, demand, rooms))


Found = tuple["Ints", float, sparse.csr_array]


def _unlimited(
    links: sparse.csr_array,
    open_demand: Floats,
    demand: Floats,
    share: float,
    price: Floats,
    limits: Limits,
) -> Found | None:
    """Sites of any size: a point is served when one reaches it."""
    groups, amount = merged(links, open_demand)
    need = share * float(demand.sum()) - (float(demand.sum()) - float(open_demand.sum()))
    reached = np.diff(groups.indptr) > 0
    if amount[reached].sum() < need * (1 - ENOUGH) or (share == 1.0 and not reached.all()):
        return None
    groups, amount = groups[np.flatnonzero(reached)], amount[reached]
    if share == 1.0:
        chosen, bound = _all_points(groups, price, limits)
    else:
        chosen, bound = _enough_points(groups, amount, need, price, limits)
    chosen = without_idle(groups, chosen)
    return chosen, bound, first_covering(links, open_demand, chosen)


def _all_points(links: sparse.csr_array, price: Floats, limits: Limits) -> tuple[Ints, float]:
    """Cover every point: reductions, then each part by itself."""
    forced, parts = reduced(links, price)
    chosen, bound = [forced], float(price[forced].sum())
    for number, part in enumerate(parts):
        limit = limits.part(1.0 / (len(parts) - number))
        sites, least = _part(part, price[part.sites], limit)
        chosen.append(part.sites[sites])
        bound += least
    return np.sort(np.concatenate(chosen)), bound


def _part(part: Part, price: Floats, limits: Limits) -> tuple[Ints, float]:
    links = part.links
    start = _greedy(links, np.ones(links.shape[0]), float(links.shape[0]), price)
    points, sites = links.shape
    model = MixedInteger(
        gain=-price,
        matrix=links,
        lower=np.ones(points),
        upper=np.full(points, np.inf),
        most=np.ones(sites),
        integer=np.ones(sites, dtype=bool),
    )
    return _solved(model, start, sites, price, _least(links, price), limits)


def _enough_points(
    links: sparse.csr_array, amount: Floats, need: float, price: Floats, limits: Limits
) -> tuple[Ints, float]:
    """Cover points of so much demand."""
    if need <= 0:
        return np.zeros(0, dtype=np.int64), 0.0
    kept = np.flatnonzero(useful_sites(links, price))
    own, cost = sparse.csr_array(links[:, kept]), price[kept]
    start = _greedy(own, amount, need, cost)
    scale = WHOLE / float(amount.sum())
    chosen, bound = start, 0.0
    for raised in (1.0, 1.0 + RAISED):
        model = _share_model(own, amount * scale, need * scale * raised, cost)
        chosen, least = _solved(model, start, len(kept), cost, 0.0, limits)
        bound = bound if raised > 1.0 else least
        if covered(own, amount, chosen) >= need * (1 - ENOUGH):
            return kept[chosen], bound
    return kept[start], bound


def _least(links: sparse.csr_array, price: Floats) -> float:
    """No covering costs less: each point pays its part of the cheapest site, shared by all there."""
    size = np.bincount(links.indices, minlength=links.shape[1])
    per_link = (price / np.maximum(size, 1))[links.indices]
    return float(np.minimum.reduceat(per_link, links.indptr[:-1]).sum())


def _greedy(links: sparse.csr_array, amount: Floats, need: float, price: Floats) -> Ints:
    """Each next site covers the most for its price, until enough is covered."""
    by_site, left = sparse.csr_array(links.T), amount.copy()
    chosen: list[int] = []
    dear = np.maximum(price, TINY)
    while amount.sum() - left.sum() < need * (1 - ENOUGH):
        gain = by_site @ left
        site = int(np.argmax(gain / dear))
        if gain[site] <= 0:
            break
        chosen.append(site)
        left[by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]] = 0.0
    return np.sort(np.array(chosen, dtype=np.int64))


def _share_model(
    links: sparse.csr_array, amount: Floats, need: float, price: Floats
) -> MixedInteger:
    """Sites first, then one column per group: covered by at most the sum of its sites."""
    groups, sites = links.shape
    covered = sparse.hstack([-links, sparse.eye_array(groups)], format="csr")
    enough = sparse.csr_array(np.concatenate([np.zeros(sites), amount])[None, :])
    return MixedInteger(
        gain=np.concatenate([-price, np.zeros(groups)]),
        matrix=sparse.csr_array(sparse.vstack([covered, enough], format="csr")),
        lower=np.concatenate([np.full(groups, -np.inf), [need]]),
        upper=np.concatenate([np.zeros(groups), [np.inf]]),
        most=np.ones(sites + groups),
        integer=np.arange(sites + groups) < sites,
    )


def _solved(
    model: MixedInteger, start: Ints, sites: int, price: Floats, least: float, limits: Limits
) -> tuple[Ints, float]:
    """HiGHS's answer and bound; the greedy one where HiGHS has no better."""
    try:
        answer = solve(
            model,
            time_limit_s=limits.left_s,
            gap_target=limits.gap_target,
            seed=limits.seed,
            is_reduced=True,
        )
    except SolverError:
        return start, least
    if answer is None:
        return start, least
    chosen = np.flatnonzero(answer.values[:sites] > 0.5)
    bound = max(least, -answer.bound)
    return (chosen if price[chosen].sum() <= price[start].sum() else start), bound

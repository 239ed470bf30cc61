"""Capacitated maximal covering with modular capacity: where, and how many classes.

Imports from `core`, `solver`, `result`, `errors`. On arrays: no map, no study.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.result import SitingResult, judged, relative_gap
from kgspatial.siting.solver import Answer, MixedInteger, solve
from kgspatial.siting.worth import single_site_worth

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SERVED_TOLERANCE = 1e-6
"""Children that the choice of smaller buildings may not cost, in children."""


WORTH_ROUNDING = 1e-5
"""Slack of the bounds on a component, in children: they come from flows in whole units."""


@dataclass(frozen=True, eq=False)
class Options:
    """Site-size pairs that may be chosen: the binary columns of the model."""

    site: Ints
    capacity: Floats
    cost: Floats


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
    links = _links(reach)
    demand = _amounts(weights, links.shape[0], "weights")
    options = _options(modules, costs, links, demand)
    fixed, room = _existing(existing, links.shape[0])
    if budget is not None and costs is None:
        raise InputError("a budget needs the costs of the sizes")
    if single_source:
        group = np.arange(len(demand))
        merged, amount = sparse.csr_array(sparse.hstack([links, fixed], format="csr")), demand
    else:
        merged, amount, group = merge_equal_rows(sparse.hstack([links, fixed], format="csr"), demand)
    build = Builder(merged, amount, links.shape[1], room, p, budget, single_source)
    search = {"time_limit_s": time_limit_s, "gap_target": gap_target, "seed": seed}
    answer = solve(build.model(options), **search)
    if answer is None:
        raise InputError("no answer meets the conditions, not even building nothing")
    chosen, best = build.shrink(options, answer, time_limit_s, seed)
    flow = build.assignment(chosen, best)
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


@dataclass(frozen=True, eq=False)
class Builder:
    """Assembles the mixed-integer model: option columns first, then one column per flow."""

    links: sparse.csr_array
    """Points x (sites, then existing facilities), ones."""
    demand: Floats
    sites: int
    room: Floats
    p: int | None
    budget: float | None
    whole: bool

    def model(self, options: Options, least_served: float | None = None) -> MixedInteger:
        """Maximise what is served, or the negative of capacity when `least_served` is given."""
        point, facility = self._flows(options)
        n_options, n_flows = len(options.site), len(point)
        scale = self.demand[point] if self.whole else np.ones(n_flows)
        blocks = [
            self._demand_rows(point, n_options),
            self._site_rows(options, point, facility, scale),
            self._link_rows(options, point, facility),
            self._room_rows(facility, scale, n_options),
            self._choice_rows(options, n_flows),
            self._worth_rows(options, point, facility, scale),
        ]
        served = np.concatenate([np.zeros(n_options), scale])
        gain = served
        if least_served is not None:
            blocks.append((sparse.csr_array(served[None, :]), np.array([np.inf])))
            gain = np.concatenate([-options.capacity, np.zeros(n_flows)])
        upper = np.concatenate([b[1] for b in blocks])
        lower = np.full(len(upper), -np.inf)
        if least_served is not None:
            lower[-1] = least_served
        most = np.ones(n_flows) if self.whole else self.demand[point]
        return MixedInteger(
            gain=gain,
            matrix=sparse.csr_array(sparse.vstack([b[0] for b in blocks], format="csr")),
            lower=lower,
            upper=upper,
            most=np.concatenate([np.ones(n_options), most]),
            integer=np.concatenate([np.ones(n_options, bool), np.full(n_flows, self.whole)]),
        )

    def _worth_rows(
        self, options: Options, point: Ints, facility: Ints, scale: Floats
    ) -> tuple[sparse.csr_array, Floats]:
        """No component is served more than it is without sites plus what each adds alone."""
        new, old = self.links[:, : self.sites], self.links[:, self.sites :]
        worth = single_site_worth(
            new, self.demand, old, self.room, options.site, options.capacity
        )
        n_options = len(options.site)
        within = np.flatnonzero(worth.component[point] >= 0)
        flows = _matrix(
            worth.component[point[within]],
            within,
            scale[within],
            (len(worth.base), len(point)),
        )
        rows = sparse.hstack([-worth.gain, flows], format="csr")
        return sparse.csr_array(rows), worth.base + WORTH_ROUNDING

    def shrink(
        self, options: Options, answer: Answer, time_limit_s: float, seed: int
    ) -> tuple[Options, Answer]:
        """At the chosen sites, take the smallest sizes that serve as many."""
        picked = options.site[answer.values[: len(options.site)] > 0.5]
        kept = np.isin(options.site, picked)
        fewer = Options(options.site[kept], options.capacity[kept], options.cost[kept])
        least = answer.objective - SERVED_TOLERANCE
        smaller = solve(self.model(fewer, least), time_limit_s=time_limit_s, seed=seed)
        if smaller is None:
            return self._taken(options, answer), answer
        return self._taken(fewer, smaller), smaller

    def assignment(self, chosen: Options, answer: Answer) -> sparse.csr_array:
        """Flows of the best answer with the chosen sizes, points x sites."""
        fixed = solve(self.model(chosen), time_limit_s=60.0)
        flows = answer if fixed is None else fixed
        point, facility = self._flows(chosen)
        values = flows.values[len(chosen.site) :] * (self.demand[point] if self.whole else 1.0)
        new = (facility < self.sites) & (values > 0)
        shape = (len(self.demand), self.sites)
        return sparse.csr_array((values[new], (point[new], facility[new])), shape=shape)

    def _taken(self, options: Options, answer: Answer) -> Options:
        on = answer.values[: len(options.site)] > 0.5
        return Options(options.site[on], options.capacity[on], options.cost[on])

    def _flows(self, options: Options) -> tuple[Ints, Ints]:
        """Point and facility of each flow column; sites without an option have none."""
        point = np.repeat(np.arange(len(self.demand)), np.diff(self.links.indptr))
        facility = self.links.indices.astype(np.int64)
        used = np.isin(facility, options.site) | (facility >= self.sites)
        kept = used & (self.demand[point] > 0)
        return point[kept], facility[kept]

    def _demand_rows(self, point: Ints, n_options: int) -> tuple[sparse.csr_array, Floats]:
        """No point is served beyond its demand."""
        n = len(self.demand)
        shape = (n, n_options + len(point))
        rows = _matrix(point, n_options + np.arange(len(point)), np.ones(len(point)), shape)
        return rows, np.ones(n) if self.whole else self.demand

    def _site_rows(
        self, options: Options, point: Ints, facility: Ints, scale: Floats
    ) -> tuple[sparse.csr_array, Floats]:
        """What a site serves fits into the size that is built there."""
        n_options = len(options.site)
        new = np.flatnonzero(facility < self.sites)
        rows = np.concatenate([options.site, facility[new]])
        columns = np.concatenate([np.arange(n_options), n_options + new])
        values = np.concatenate([-options.capacity, scale[new]])
        shape = (self.sites, n_options + len(point))
        return _matrix(rows, columns, values, shape), np.zeros(self.sites)

    def _link_rows(
        self, options: Options, point: Ints, facility: Ints
    ) -> tuple[sparse.csr_array, Floats]:
        """A point is served only by a site that is built (tightens the relaxation)."""
        n_options = len(options.site)
        new = np.flatnonzero(facility < self.sites)
        by_site = _matrix(options.site, np.arange(n_options), np.ones(n_options), (self.sites, n_options))
        most = np.ones(len(new)) if self.whole else self.demand[point[new]]
        scaled = sparse.diags_array(-most) @ by_site[facility[new]]
        flows = _matrix(np.arange(len(new)), new, np.ones(len(new)), (len(new), len(point)))
        return sparse.csr_array(sparse.hstack([scaled, flows], format="csr")), np.zeros(len(new))

    def _room_rows(
        self, facility: Ints, scale: Floats, n_options: int
    ) -> tuple[sparse.csr_array, Floats]:
        """What an existing facility serves fits into its capacity."""
        old = np.flatnonzero(facility >= self.sites)
        shape = (len(self.room), n_options + len(facility))
        return _matrix(facility[old] - self.sites, n_options + old, scale[old], shape), self.room

    def _choice_rows(self, options: Options, n_flows: int) -> tuple[sparse.csr_array, Floats]:
        """One size a site, at most p sites, within the budget."""
        n = len(options.site)
        rows = [_matrix(options.site, np.arange(n), np.ones(n), (self.sites, n))]
        upper = [np.ones(self.sites)]
        if self.p is not None:
            rows.append(sparse.csr_array(np.ones((1, n))))
            upper.append(np.array([float(self.p)]))
        if self.budget is not None:
            rows.append(sparse.csr_array(options.cost[None, :]))
            upper.append(np.array([float(self.budget)]))
        stacked = sparse.vstack(rows, format="csr")
        none = sparse.csr_array((stacked.shape[0], n_flows))
        return sparse.csr_array(sparse.hstack([stacked, none], format="csr")), np.concatenate(upper)


def _matrix(
    rows: Ints, columns: Ints, values: Floats, shape: tuple[int, int]
) -> sparse.csr_array:
    return sparse.csr_array((values, (rows, columns)), shape=shape)


def _links(reach: sparse.sparray | ArrayLike) -> sparse.csr_array:
    """Ones where a site is within reach; a stored distance of 0 is within reach."""
    if sparse.issparse(reach):
        csr = sparse.csr_array(reach)
        return sparse.csr_array(
            (np.ones(len(csr.indices)), csr.indices, csr.indptr), shape=csr.shape
        )
    dense = np.asarray(reach, dtype=np.float64)
    if dense.ndim != 2:
        raise InputError("reach must be a matrix, demand points x sites")
    return sparse.csr_array((np.nan_to_num(dense) != 0).astype(np.float64))


def _amounts(values: ArrayLike, length: int, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (length,) or not (np.isfinite(array).all() and (array >= 0).all()):
        raise InputError(f"{name} must be {length} numbers of 0 or more, one per row of reach")
    return array


def _options(
    modules: ArrayLike, costs: ArrayLike | None, links: sparse.csr_array, demand: Floats
) -> Options:
    """All sizes of all sites, without those that a smaller or cheaper size of the site replaces."""
    sites = links.shape[1]
    sizes = np.asarray(modules, dtype=np.float64)
    sizes = np.broadcast_to(sizes, (sites, sizes.shape[-1] if sizes.ndim else 1))
    money = np.zeros_like(sizes) if costs is None else np.broadcast_to(costs, sizes.shape)
    if not (np.isfinite(sizes).all() and (sizes >= 0).all() and np.isfinite(money).all()):
        raise InputError("capacities and costs of modules must be finite numbers of 0 or more")
    useful = np.asarray(links.T @ demand).ravel()
    site, module = np.nonzero(sizes > 0)
    capacity, cost = sizes[site, module], np.asarray(money, dtype=np.float64)[site, module]
    usable = np.minimum(capacity, useful[site])
    order = np.lexsort((capacity, cost, -usable, site))
    site, capacity, cost, usable = site[order], capacity[order], cost[order], usable[order]
    # Within a site, usable capacity falls along the order: an option that offers no more than a
    # later, cheaper one is replaced by it.
    kept = usable > 0
    for i in range(len(site) - 1):
        later = (site[i + 1 :] == site[i]) & (usable[i + 1 :] >= usable[i])
        smaller = later & (cost[i + 1 :] <= cost[i]) & (capacity[i + 1 :] <= capacity[i])
        kept[i] &= not smaller.any()
    return Options(site[kept], capacity[kept], cost[kept])


def _existing(
    existing: tuple[sparse.sparray | ArrayLike, ArrayLike] | None, points: int
) -> tuple[sparse.csr_array, Floats]:
    if existing is None:
        return sparse.csr_array((points, 0)), np.zeros(0)
    links = _links(existing[0])
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

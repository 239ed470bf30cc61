"""The mixed-integer model of capacitated covering: its columns, rows and answers.

Imports from `solver`, `worth`, `errors`. On arrays: option columns first (a site with a size), then one
column per flow from a point to a facility.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting.solver import MixedInteger, solve
from kgspatial.siting.worth import single_site_worth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SERVED_TOLERANCE = 1e-4
"""Children that the choice of smaller sizes may cost: above what HiGHS allows its rows to be off."""


ASSIGNMENT_TIME_S = 60.0
"""Time for the flows to the sites that were chosen."""

WORTH_ROUNDING = 1e-5
"""Slack of the bounds on a component, in children: they come from flows in whole units."""


@dataclass(frozen=True, eq=False)
class Options:
    """Site-size pairs that may be chosen: the binary columns of the model."""

    site: Ints
    capacity: Floats
    cost: Floats

    def largest(self) -> Options:
        """The largest size of each site."""
        order = np.lexsort((self.capacity, self.site))
        last = np.flatnonzero(np.diff(self.site[order], append=-1))
        return self.taken(np.sort(order[last]))

    def at(self, sites: Ints) -> Options:
        """All sizes at the given sites."""
        return self.taken(np.flatnonzero(np.isin(self.site, sites)))

    def taken(self, rows: Ints) -> Options:
        """Some of the options."""
        return Options(self.site[rows], self.capacity[rows], self.cost[rows])


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
    required: Ints
    groups: tuple[Ints, ...]

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
            self._worth_rows(options, point, scale),
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
        self, options: Options, point: Ints, scale: Floats
    ) -> tuple[sparse.csr_array, Floats]:
        """No component is served more than it is without sites plus what each adds alone."""
        new, old = self.links[:, : self.sites], self.links[:, self.sites :]
        worth = single_site_worth(new, self.demand, old, self.room, options.site, options.capacity)
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
        self, options: Options, found: Options, served: float, time_limit_s: float, seed: int
    ) -> tuple[Options, sparse.csr_array | None]:
        """Among sizes of the chosen sites, the smallest that serve as many, and who goes there.

        The sizes `found`, and None, when the time was too short for any answer.
        """
        least = served - SERVED_TOLERANCE
        try:
            answer = solve(self.model(options, least), time_limit_s=time_limit_s, seed=seed)
        except SolverError:
            answer = None
        if answer is None:
            return found, None
        on = answer.values[: len(options.site)] > 0.5
        chosen = Options(options.site[on], options.capacity[on], options.cost[on])
        return chosen, self.flow_of(options, answer.values)

    def assignment(self, chosen: Options) -> sparse.csr_array:
        """Flows that serve the most with the chosen sizes, points x sites."""
        answer = solve(self.model(chosen), time_limit_s=ASSIGNMENT_TIME_S)
        if answer is None:
            return sparse.csr_array((len(self.demand), self.sites))
        return self.flow_of(chosen, answer.values)

    def flow_of(self, options: Options, found: Floats) -> sparse.csr_array:
        """Flows of an answer to the sites, points x sites."""
        point, facility = self._flows(options)
        shape = (len(self.demand), self.sites)
        values = found[len(options.site) :] * (self.demand[point] if self.whole else 1.0)
        new = (facility < self.sites) & (values > 0)
        return sparse.csr_array((values[new], (point[new], facility[new])), shape=shape)

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
        by_site = _matrix(
            options.site, np.arange(n_options), np.ones(n_options), (self.sites, n_options)
        )
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
        """One size a site, at most p sites, within the budget; what must be, what excludes another."""
        n = len(options.site)
        rows = [_matrix(options.site, np.arange(n), np.ones(n), (self.sites, n))]
        upper = [np.ones(self.sites)]
        if self.p is not None:
            rows.append(sparse.csr_array(np.ones((1, n))))
            upper.append(np.array([float(self.p)]))
        if self.budget is not None:
            rows.append(sparse.csr_array(options.cost[None, :]))
            upper.append(np.array([float(self.budget)]))
        for site in self.required:
            rows.append(sparse.csr_array(-(options.site == site).astype(float)[None, :]))
            upper.append(np.array([-1.0]))
        for group in self.groups:
            rows.append(sparse.csr_array(np.isin(options.site, group).astype(float)[None, :]))
            upper.append(np.array([1.0]))
        stacked = sparse.vstack(rows, format="csr")
        none = sparse.csr_array((stacked.shape[0], n_flows))
        return sparse.csr_array(sparse.hstack([stacked, none], format="csr")), np.concatenate(upper)


def _matrix(rows: Ints, columns: Ints, values: Floats, shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.csr_array((values, (rows, columns)), shape=shape)

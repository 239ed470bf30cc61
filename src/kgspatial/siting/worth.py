"""What one site is worth alone, component by component: cuts that tighten the covering model.

Imports from `core`. The most that can be served is a submodular function of the sites that are
built (it is a maximum flow), so served(all chosen) <= served(none) + the sum of what each chosen
site adds alone. Written per connected component of points and existing facilities, these bounds
cut off the fractional answers in which half a site with half its capacity serves everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.siting.core import merge_equal_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

UNITS_PER_PERSON = 1_000_000
MOST_UNITS = 1e17
"""Whole units of flow stay far below 64 bits."""


@dataclass(frozen=True, eq=False)
class Worth:
    """Upper bounds on what is served in each component: ``base[c] + sum of gain[option, c]``.

    Parameters
    ----------
    component : ndarray of int
        Component of each demand point; -1 where no existing facility is in reach.
    base : ndarray
        Served in each component with no site built.
    gain : csr_array
        Components x options: what one option adds there alone.
    """

    component: Ints
    base: Floats
    gain: sparse.csr_array


def single_site_worth(
    links: sparse.csr_array,
    demand: Floats,
    fixed: sparse.csr_array,
    room: Floats,
    site: Ints,
    capacity: Floats,
) -> Worth:
    """Compute what each option adds alone in each component.

    Parameters
    ----------
    links, fixed : csr_array
        Points x sites and points x existing facilities; stored entries are within reach.
    demand, room : ndarray
        Demand per point, capacity per existing facility.
    site, capacity : ndarray
        Column of `links` and capacity of each option.

    References
    ----------
    Nemhauser and Wolsey (1981), Maximizing submodular set functions, Annals of Discrete
    Mathematics 11: the inequalities.
    """
    component, count = _components(fixed)
    by_site = sparse.csc_array(links)
    base = np.zeros(count)
    rows: list[int] = []
    columns: list[int] = []
    gains: list[float] = []
    for c, points in enumerate(_members(component, count)):
        piece = _Piece(fixed[points], demand[points], room)
        base[c] = piece.served()
        local = np.full(len(demand), -1, dtype=np.int64)
        local[points] = np.arange(len(points))
        touching = np.unique(links[points].indices)
        for option in np.flatnonzero(np.isin(site, touching)):
            column = site[option]
            near = local[by_site.indices[by_site.indptr[column] : by_site.indptr[column + 1]]]
            gains.append(piece.served(near[near >= 0], capacity[option]) - base[c])
            rows.append(c)
            columns.append(int(option))
    shape = (count, len(site))
    return Worth(component, base, sparse.csr_array((gains, (rows, columns)), shape=shape))


def _components(fixed: sparse.csr_array) -> tuple[Ints, int]:
    """Component of each point that reaches an existing facility, numbered from 0; -1 elsewhere."""
    points, facilities = fixed.shape
    point = np.repeat(np.arange(points), np.diff(fixed.indptr))
    graph = sparse.csr_array(
        (np.ones(len(point)), (point, points + fixed.indices)), shape=(points + facilities,) * 2
    )
    _, label = connected_components(graph, directed=False)
    linked = np.diff(fixed.indptr) > 0
    names, number = np.unique(label[:points][linked], return_inverse=True)
    component = np.full(points, -1, dtype=np.int64)
    component[linked] = number
    return component, len(names)


def _members(component: Ints, count: int) -> list[Ints]:
    order = np.argsort(component, kind="stable")
    edges = np.searchsorted(component[order], np.arange(count + 1))
    return [order[a:b] for a, b in pairwise(edges)]


class _Piece:
    """One component as a flow network: groups of points, existing facilities, one site at a time."""

    def __init__(self, fixed: sparse.csr_array, demand: Floats, room: Floats) -> None:
        merged, amount, self.group = merge_equal_rows(fixed, demand)
        self.demand = demand
        self.used = np.unique(merged.indices)
        column = np.searchsorted(self.used, merged.indices)
        self.per_person = min(UNITS_PER_PERSON, MOST_UNITS / max(float(demand.sum()), 1.0))
        self.tails = np.repeat(np.arange(len(amount)), np.diff(merged.indptr))
        self.heads = len(amount) + column
        self.amount = self._units(amount)
        self.room = self._units(np.minimum(room[self.used], demand.sum()))

    def _units(self, values: Floats) -> Ints:
        """Whole units, rounded up: a bound may be too high, never too low."""
        return np.ceil(values * self.per_person).astype(np.int64)

    def served(self, near: Ints | None = None, capacity: float = 0.0) -> float:
        """Maximum flow, with a site of that capacity in reach of the points `near`."""
        from ortools.graph.python.max_flow import SimpleMaxFlow

        n, m = len(self.amount), len(self.room)
        site, source, sink = n + m, n + m + 1, n + m + 2
        flow = SimpleMaxFlow()
        flow.add_arcs_with_capacity(self.tails, self.heads, self.amount[self.tails])
        flow.add_arcs_with_capacity(np.full(n, source), np.arange(n), self.amount)
        flow.add_arcs_with_capacity(n + np.arange(m), np.full(m, sink), self.room)
        if near is not None:
            share = self._units(
                np.bincount(self.group[near], self.demand[near], minlength=n).astype(float)
            )
            groups = np.flatnonzero(share)
            flow.add_arcs_with_capacity(groups, np.full(len(groups), site), share[groups])
            most = self._units(np.array([min(capacity, float(self.demand.sum()))]))
            flow.add_arcs_with_capacity(np.array([site]), np.array([sink]), most)
        flow.solve(source, sink)
        return float(flow.optimal_flow() / self.per_person)

"""Set covering with capacities: the cheapest sites whose room serves enough within reach.

Imports from `arrays`, `core`, `set_covering_parts`, `solver`. On arrays: site columns first, then one column per link,
the share of the point that the facility serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.set_covering_parts import components
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kgspatial.siting.arrays import Limits

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SHARE_NOISE = 1e-9
"""Shares of a point below this are rounding of the solver."""
SERVED_TIME_S = 60.0
"""Time for the one linear program that tells how much all sites together serve."""


@dataclass(frozen=True, eq=False)
class Rooms:
    """What new sites can serve; which existing facilities reach whom, and what these can serve."""

    new: Floats
    old: sparse.csr_array
    existing: Floats

    @property
    def is_unlimited(self) -> bool:
        """Whether no capacity binds."""
        return bool(np.isinf(self.new).all() and np.isinf(self.existing).all())


@dataclass(frozen=True, eq=False)
class _Case:
    """Links to sites, then to existing facilities; demand; room of each; a price per site."""

    links: sparse.csr_array
    demand: Floats
    room: Floats
    price: Floats
    whole: bool

    @property
    def sites(self) -> int:
        return len(self.price)

    @property
    def ends(self) -> tuple[Ints, Ints]:
        """Point and facility of each link."""
        point = np.repeat(np.arange(self.links.shape[0]), np.diff(self.links.indptr))
        return point, self.links.indices.astype(np.int64)

    def part(self, rows: Ints, columns: Ints) -> _Case:
        """Some points with the facilities that reach them."""
        price = self.price[columns[columns < self.sites]]
        links = self.links[rows][:, columns]
        return _Case(links, self.demand[rows], self.room[columns], price, self.whole)


def cheapest_with_room(
    links: sparse.csr_array,
    demand: Floats,
    share: float,
    price: Floats,
    rooms: Rooms,
    whole: bool,
    limits: Limits,
) -> tuple[Ints, float, sparse.csr_array] | None:
    """Sites, a bound on their price, and what each serves; None where all together fall short.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        Ones where a site reaches a point.
    demand, share, price
        Demand per point, share of it to serve, price per site.
    rooms : Rooms
        Capacities and existing facilities.
    whole : bool
        Points are served whole or not at all.
    limits : Limits
        When to stop.
    """
    case, group = _merged(links, demand, rooms, price, whole)
    if share == 1.0 and (np.diff(case.links.indptr)[case.demand > 0] == 0).any():
        return None
    all_of_it = (case, np.arange(case.links.shape[0]), np.arange(case.links.shape[1]))
    parts = list(_parts(case)) if share == 1.0 else [all_of_it]
    served = sparse.csr_array(case.links.shape)
    chosen, bound = [np.zeros(0, dtype=np.int64)], 0.0
    for number, (part, rows, columns) in enumerate(parts):
        found = _solved(part, share, limits.part(1.0 / (len(parts) - number)))
        if found is None:
            return None
        sites, least, amounts = found
        chosen.append(columns[sites])
        bound += least
        at = amounts.tocoo()
        ends = (rows[at.coords[0]], columns[at.coords[1]])
        served = served + sparse.csr_array((at.data, ends), shape=served.shape)
    per_point = np.divide(demand, case.demand[group], where=demand > 0, out=np.zeros(len(demand)))
    own = sparse.diags_array(per_point) @ served[:, : len(price)][group]
    return np.sort(np.concatenate(chosen)), bound, sparse.csr_array(own)


def most_served(links: sparse.csr_array, demand: Floats, rooms: Rooms) -> float:
    """Demand that all sites and existing facilities together can serve, points shared as needed."""
    case, _ = _merged(links, demand, rooms, np.zeros(links.shape[1]), whole=False)
    point, facility = case.ends
    if not len(point):
        return 0.0
    taken = _rows(facility, np.arange(len(point)), case.demand[point], case.links.shape[1])
    given = _rows(point, np.arange(len(point)), np.ones(len(point)), len(case.demand))
    upper = np.concatenate([case.room, np.ones(len(case.demand))])
    matrix = sparse.csr_array(sparse.vstack([taken, given], format="csr"))
    kinds = np.zeros(len(point), dtype=bool)
    low, most = np.full(len(upper), -np.inf), np.ones(len(point))
    model = MixedInteger(case.demand[point], matrix, low, upper, most, kinds)
    answer = solve(model, time_limit_s=SERVED_TIME_S)
    return 0.0 if answer is None else float(answer.objective)


def _merged(
    links: sparse.csr_array, demand: Floats, rooms: Rooms, price: Floats, whole: bool
) -> tuple[_Case, Ints]:
    """Points of equal reach as one, unless they must stay whole; no room beyond what is near."""
    both = sparse.csr_array(sparse.hstack([links, rooms.old], format="csr"))
    both.sum_duplicates()
    both.data[:] = 1.0
    group = np.arange(len(demand))
    amount = demand
    if not whole:
        both, amount, group = merge_equal_rows(both, demand)
    near = np.asarray(both.T @ amount).ravel()
    room = np.minimum(np.concatenate([rooms.new, rooms.existing]), near)
    return _Case(both, amount, room, price, whole), group


def _parts(case: _Case) -> Iterator[tuple[_Case, Ints, Ints]]:
    """Points and facilities that no link joins to others; points without demand are in none."""
    rows = np.flatnonzero(case.demand > 0)
    if not len(rows):
        return
    links = case.links[rows]
    of_point, of_facility = components(links)
    for part in np.unique(of_point):
        columns = np.flatnonzero(of_facility == part)
        own = rows[of_point == part]
        yield case.part(own, columns), own, columns


def _solved(
    case: _Case, share: float, limits: Limits
) -> tuple[Ints, float, sparse.csr_array] | None:
    answer = solve(
        _model(case, share),
        time_limit_s=limits.left_s,
        gap_target=limits.gap_target,
        seed=limits.seed,
    )
    if answer is None:
        return None
    chosen = np.flatnonzero(answer.values[: case.sites] > 0.5)
    shares = answer.values[case.sites :]
    shares = np.rint(shares) if case.whole else np.where(shares > SHARE_NOISE, shares, 0.0)
    point, facility = case.ends
    kept = shares > 0
    amounts = (np.minimum(shares, 1.0) * case.demand[point])[kept]
    served = sparse.csr_array((amounts, (point[kept], facility[kept])), shape=case.links.shape)
    return chosen, -answer.bound, _within_room(served, case.room)


def _within_room(served: sparse.csr_array, room: Floats) -> sparse.csr_array:
    """Take back what the solver's tolerance let in beyond a room."""
    load = np.asarray(served.sum(axis=0)).ravel()
    kept = np.divide(room, load, out=np.ones(len(load)), where=load > room)
    return sparse.csr_array(served @ sparse.diags_array(kept))


def _model(case: _Case, share: float) -> MixedInteger:
    """Least price of the sites, subject to reach, room and share."""
    point, facility = case.ends
    points, facilities = case.links.shape
    n, sites = len(point), case.sites
    unit = max(float(case.demand.mean()), 1e-300) if points else 1.0
    need, room = case.demand / unit, case.room / unit
    flow, new = sites + np.arange(n), np.flatnonzero(facility < sites)
    width = sites + n
    own = np.arange(sites)
    given = _rows(point, flow, np.ones(n), points, width)
    taken = _rows(facility, flow, need[point], facilities, width)
    opened = _rows(own, own, room[:sites], facilities, width)
    shares = _rows(np.arange(len(new)), flow[new], np.ones(len(new)), len(new), width)
    of_open = _rows(np.arange(len(new)), facility[new], np.ones(len(new)), len(new), width)
    total = _rows(np.zeros(n, int), flow, need[point], 1, width)
    built = _rows(np.zeros(sites, int), own, room[:sites], 1, width)
    enough = share * float(need.sum())
    least = (need > 0).astype(float) if share == 1.0 else np.full(points, -np.inf)
    no, far = np.zeros(1), np.full(1, np.inf)
    blocks: list[tuple[sparse.csr_array, Floats, Floats]] = [
        (taken - opened, np.full(facilities, -np.inf), np.append(np.zeros(sites), room[sites:])),
        (shares - of_open, np.full(len(new), -np.inf), np.zeros(len(new))),
        (given, least, np.ones(points)),
        (built, no + enough - float(room[sites:].sum()), far),
    ]
    if share < 1.0:
        blocks.append((total, no + enough, far))
    return MixedInteger(
        gain=np.concatenate([-case.price, np.zeros(n)]),
        matrix=sparse.csr_array(sparse.vstack([b[0] for b in blocks], format="csr")),
        lower=np.concatenate([b[1] for b in blocks]),
        upper=np.concatenate([b[2] for b in blocks]),
        most=np.ones(width),
        integer=(np.arange(width) < sites) | case.whole,
    )


def _rows(
    rows: Ints, columns: Ints, values: Floats, count: int, width: int | None = None
) -> sparse.csr_array:
    shape = (count, len(columns) if width is None else width)
    return sparse.csr_array((values, (rows, columns)), shape=shape)

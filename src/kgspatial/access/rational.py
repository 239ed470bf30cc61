"""The rational agent access model: families move to where walk and crowding together cost least.

Imports from `weights`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgspatial.access.weights import counts, distances
from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.access.weights import Travel

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CROWDED_ROUNDS = 20
"""In the first rounds a kindergarten takes in no more children than it has places."""

LEAST_STEP, HALF_LIFE = 0.005, 50
"""Share of a point's children that move in one round: it is halved every 50 rounds, to 0.5 %."""


class _Pairs(NamedTuple):
    """Pairs of origin and destination as flat arrays, sorted by origin."""

    first: Ints
    row: Ints
    column: NDArray[np.integer]
    travel: Floats


def rational_agents(
    travel: Travel,
    children: ArrayLike,
    places: ArrayLike,
    *,
    scale: float,
    rounds: int = 150,
    first_step: float = 0.2,
    parts: int | None = None,
) -> Floats:
    """Rational agent access model (RAAM): the cost of walk and crowding at equilibrium.

    Every family first goes to the nearest kindergarten; then, round by round, some of those with
    the dearest move to the cheapest, where the cost is distance / `scale` plus children per
    place over the mean of the area.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
        Sparse throughout: memory goes with the pairs in reach.
    children : array-like, shape (origins,)
    places : array-like, shape (destinations,)
    scale : float
        Distance that weighs as much as the mean crowding of the area, in the unit of the matrix.
    rounds : int
        Rounds of moving.
    first_step : float
        Largest share of a point's children that move in the first round.
    parts : int, optional
        Parts of a child that move at least together: 1 where all counts of children are whole,
        else 1000.

    Returns
    -------
    ndarray of float, shape (origins,)
        Cost: lower is better; 1 is the mean crowding without any walk. nan where no kindergarten
        with places is in reach, or no child lives.

    References
    ----------
    Saxon and Snow (2020), A rational agent model for the spatial accessibility of primary health
    care. Annals of the American Association of Geographers 110.
    """
    csr = distances(travel)
    demand = counts(children, csr.shape[0], "children")
    supply = counts(places, csr.shape[1], "places")
    if not scale > 0:
        raise InputError(f"the scale must be a positive distance, not {scale}")
    cost = np.full(csr.shape[0], np.nan)
    if not (demand.sum() > 0 and supply.sum() > 0):
        return cost
    row = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    kept = (demand[row] > 0) & (supply[csr.indices] > 0)
    origins, number = np.unique(row[kept], return_inverse=True)
    if not len(origins):
        return cost
    first = np.flatnonzero(np.diff(number.ravel(), prepend=-1))
    pairs = _Pairs(first, number.ravel(), csr.indices[kept], csr.data[kept] / scale)
    whole = parts or (1 if (demand == np.rint(demand)).all() else 1000)
    rho = demand.sum() / supply.sum()
    cost[origins] = _settled(
        pairs, demand[origins] * whole, supply * rho * whole, rounds, first_step
    )
    return cost


def _settled(
    pairs: _Pairs, demand: Floats, supply: Floats, rounds: int, first_step: float
) -> Floats:
    """Cost of each origin after all rounds."""
    assigned = np.zeros(len(pairs.row))
    assigned[_first_least(pairs, pairs.travel)] = demand
    total = pairs.travel
    for i in range(rounds):
        there = np.bincount(pairs.column, assigned, minlength=len(supply)).astype(np.float64)
        total = (there / np.where(supply > 0, supply, 1.0))[pairs.column] + pairs.travel
        low = _first_least(pairs, total)
        high = _first_least(pairs, np.where(assigned != 0, -total, np.inf))
        step = max(first_step * 0.5 ** (i / HALF_LIFE), LEAST_STEP)
        moved = _moved(pairs, assigned, there, supply, low, high)
        moved = np.trunc(np.minimum(moved, step * demand))
        if i < CROWDED_ROUNDS:
            arriving = np.bincount(pairs.column[low], moved, minlength=len(supply))
            crowd = np.maximum(arriving / np.where(supply > 0, supply, 1.0), 1.0)
            moved = np.rint(moved / crowd[pairs.column[low]])
        assigned[low] += moved
        assigned[high] -= moved
    return np.add.reduceat(total * assigned, pairs.first) / demand


def _moved(
    pairs: _Pairs, assigned: Floats, there: Floats, supply: Floats, low: Ints, high: Ints
) -> Floats:
    """Children who would have to move for both kindergartens to cost the same."""
    to, away = pairs.column[low], pairs.column[high]
    s_low, s_high = supply[to], supply[away]
    own = assigned[low] + assigned[high]
    others_low, others_high = there[to] - assigned[low], there[away] - assigned[high]
    level = (s_low * s_high / (s_low + s_high)) * (
        pairs.travel[high] - pairs.travel[low] + (own + others_high) / s_high - others_low / s_low
    )
    moved = np.minimum(level - assigned[low], assigned[high])
    return np.where(low == high, 0.0, moved)


def _first_least(pairs: _Pairs, value: Floats) -> Ints:
    """Position of the first pair of each origin that has its least value."""
    least = np.minimum.reduceat(value, pairs.first)
    found = np.flatnonzero(value == least[pairs.row])
    return found[np.flatnonzero(np.diff(pairs.row[found], prepend=-1))]

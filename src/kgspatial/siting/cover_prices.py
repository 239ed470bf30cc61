"""The linear relaxation of a part of a maximal covering, bounded at every step.

Imports from `cover_kernels`, `cover_links`. A part: open sites, points that are not yet covered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.siting.cover_kernels import (
    FORCED,
    OPEN,
    REMOVED,
    covered_by_shares,
    move,
    value_of,
    worth_of,
)
from kgspatial.siting.cover_links import is_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Ways = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]

LOOK_EVERY = 25
"""Steps between looks at bound, shares and clock."""
PRICE_WEIGHT = 0.8
"""How far prices move against shares. 0.2 to 6 tried on two of 36,100 cells: the fewest steps in
all lay between 0.2 and 1.5."""
LEAST_WEIGHT = 1e-300
"""Keeps the step of a site that reaches nobody finite."""
HALVED, MUCH_LESS, LONG = 0.4, 0.8, 0.36
"""Start averaging anew when the gap fell to the first share of what it was, to the second and
rises again, or when the average spans the third of all steps (Applegate et al. 2021)."""


@dataclass(frozen=True, eq=False)
class Part:
    """What is left to decide.

    Parameters
    ----------
    sites, points : ndarray of int
        Which sites and points of the whole are left.
    group : ndarray of int
        What each of those points has become: points that the same sites reach are one.
    amount : ndarray
        Demand of the merged points.
    ways : tuple of ndarray
        Links by site and by point, as `cover_kernels` takes them.
    count : int
        Sites to choose at most.
    settled : float
        Demand that is covered already.
    """

    sites: Ints
    points: Ints
    group: Ints
    amount: Floats
    ways: Ways
    count: int
    settled: float


@dataclass(frozen=True, eq=False)
class Stand:
    """Where the steps are: a price per point, a share per site."""

    price: Floats
    share: Floats

    def copy(self) -> Stand:
        """Arrays of its own."""
        return Stand(self.price.copy(), self.share.copy())

    @property
    def arrays(self) -> tuple[Floats, Floats]:
        """As the compiled steps take them."""
        return self.price, self.share


@dataclass(frozen=True, eq=False)
class Priced:
    """A bound, and what it was computed from.

    Parameters
    ----------
    bound : float
        No answer of the part covers more, with what is settled.
    stand : Stand
        Prices of that bound; shares where the steps ended.
    worth : ndarray
        Prices of each site's points together.
    taken : ndarray of bool
        The sites that are worth most.
    """

    bound: float
    stand: Stand
    worth: Floats
    taken: NDArray[np.bool_]


def priced(
    part: Part, start: Stand, *, floor: float, most_steps: int, enough: float, until: float
) -> Priced:
    """Lower the bound of a part by primal-dual steps with averages and restarts.

    Parameters
    ----------
    part, start : Part, Stand
        What is left to decide, and where to start.
    floor : float
        Stop as soon as the bound falls this low.
    most_steps : int
        Stop after so many.
    enough : float
        Stop when the relaxation certainly lies above `floor` and the bound lies this near to it,
        as a share of its distance from `floor`.
    until : float
        Stop at this reading of `time.perf_counter`.

    References
    ----------
    Chambolle and Pock (2011), A first-order primal-dual algorithm, Journal of Mathematical Imaging
    and Vision 40; Pock and Chambolle (2011), Diagonal preconditioning; Applegate et al. (2021),
    Practical large-scale linear programming using primal-dual hybrid gradient.
    """
    now = start.copy()
    best = _valued(part, now)
    sums, averaged, done = _zeros(now), 0, 0
    gap, last = np.inf, np.inf
    lengths = _lengths(part)
    while done < most_steps and best.bound > floor and not is_over(until):
        move(
            LOOK_EVERY,
            now.arrays,
            sums.arrays,
            lengths,
            part.amount,
            part.ways,
            part.count,
        )
        averaged, done = averaged + LOOK_EVERY, done + LOOK_EVERY
        mean = Stand(*(total / averaged for total in sums.arrays))
        looks = [(_valued(part, stand), _reached(part, stand)) for stand in (mean, now.copy())]
        best = min(best, *(look for look, _ in looks), key=lambda look: look.bound)
        nearer, reached = min(looks, key=lambda look: look[0].bound - look[1])
        shares = nearer.stand
        width = nearer.bound - reached
        if reached > floor and best.bound - reached < enough * (best.bound - floor):
            break
        is_long = averaged > LONG * done and width < gap
        if width <= HALVED * gap or is_long or last < width < MUCH_LESS * gap:
            now, sums, averaged = shares.copy(), _zeros(now), 0
            gap, last = width, np.inf
        else:
            last = width
    if not done:
        return best
    return replace(best, stand=Stand(best.stand.price, shares.share))


def settled_sites(part: Part, found: Priced, floor: float) -> NDArray[np.int8]:
    """What is settled about each site of the part if answers below `floor` do not matter.

    Using one site more means another one less: the least of the best, or the best of the others.
    """
    state = np.full(len(part.sites), OPEN, dtype=np.int8)
    worth, taken = found.worth, found.taken
    if taken.all():  # as many may be chosen as there are: none does harm
        state[:] = FORCED
    elif taken.any():
        state[~taken & (found.bound + worth - worth[taken].min() < floor)] = REMOVED
        state[taken & (found.bound - worth + worth[~taken].max() < floor)] = FORCED
    return state


def _valued(part: Part, stand: Stand) -> Priced:
    worth = np.empty(len(part.sites))
    taken = np.empty(len(part.sites), dtype=np.bool_)
    value = value_of(stand.price, part.amount, *part.ways[:2], part.count, worth, taken)
    return Priced(value + part.settled, stand, worth, taken)


def _reached(part: Part, stand: Stand) -> float:
    covered = covered_by_shares(stand.share, part.amount, *part.ways[2:])
    return float(covered) + part.settled


def _zeros(stand: Stand) -> Stand:
    return Stand(*(np.zeros(len(values)) for values in stand.arrays))


def _lengths(part: Part) -> tuple[Floats, Floats]:
    """Steps per price and share: short enough for the links' norm (Pock and Chambolle 2011)."""
    site_start, points, point_start, _ = part.ways
    scale = np.sqrt(part.amount * part.amount.mean()) if len(part.amount) else part.amount
    weight = np.empty(len(part.sites))
    worth_of(scale, site_start, points, weight)
    return (
        PRICE_WEIGHT * scale / np.diff(point_start),
        1.0 / (PRICE_WEIGHT * np.maximum(weight, LEAST_WEIGHT)),
    )

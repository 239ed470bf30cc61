"""Answers of the p-median with capacities and whole points: points assigned by regret, sites moved.

Imports from `_median_kernels`, `_median_assignment_kernels`, `median_branching`. On tables of costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.siting._median_assignment_kernels import assign, relocate
from kgspatial.siting._median_kernels import greedy
from kgspatial.siting.median_branching import SLACK, Best, unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ROUNDS, FEWEST_ROUNDS, PAIRS_LOOKED_AT = 300, 5, 1_000_000_000
"""How often one of the best sites is moved and the points are assigned anew; and the pairs of
points that this may compare: an assignment compares all some 15 times."""
PASSES = 15
NEAR_SITES, NEAR_CHOSEN = 10, 3
"""How many sites near a point may enter, and how many of the chosen ones near it may leave."""


@dataclass(frozen=True, eq=False)
class CapacityTask:
    """Costs (`far` for out of reach), needs and rooms; the number of sites; the best so far.

    `is_shared` where points may be shared among sites.
    """

    cost: Floats
    need: Floats
    room: Floats
    count: int
    far: float
    best: Best
    is_shared: bool = False

    def offer(self, sites: Ints, place: Ints, objective: float) -> None:
        """Keep an answer when it is cheaper."""
        self.best.keep(sites, sites[place], objective)


def capacity_task(
    cost: Floats, need: Floats, room: Floats, count: int, until: float, *, is_shared: bool = False
) -> CapacityTask:
    """Copies in one layout: the loops are compiled once for each."""
    within = np.isfinite(cost)
    dearest = float(np.where(within, cost, 0.0).max(axis=1, initial=0.0).sum())
    far = 2.0 * dearest + 1.0
    unit = 0.0 if is_shared else unit_of(cost[within])
    best = Best(unit, 0.0, until, dearest * (1 + SLACK) + 0.5)
    table = np.ascontiguousarray(np.where(within, cost, far))
    own_need, own_room = np.array(need, dtype=np.float64), np.array(room, dtype=np.float64)
    return CapacityTask(table, own_need.copy(), own_room.copy(), count, far, best, is_shared)


def search_assignments(task: CapacityTask, random: np.random.Generator) -> None:
    """Assign from spread sites; then move one of the best sites at a time and assign anew."""
    sites = task.cost.shape[1]
    now = greedy(np.ascontiguousarray(task.cost.T), task.count)
    assign_and_move(task, now)
    pairs = PASSES * len(task.need) ** 2
    for _ in range(min(ROUNDS, max(FEWEST_ROUNDS, PAIRS_LOOKED_AT // pairs))):
        if task.best.is_late or task.count == sites:
            break
        assign_and_move(
            task, _shaken(task, task.best.chosen if len(task.best.chosen) else now, random)
        )


def assign_and_move(task: CapacityTask, sites: Ints) -> None:
    """Assign the points to these sites, move the sites to the middle of their points, again."""
    sites = sites.astype(np.int64)
    place = np.zeros(len(task.need), dtype=np.int64)
    least = np.inf
    while len(sites) and not task.best.is_late:
        paid = float(assign(task.cost, task.need, task.room, sites, task.far, place))
        if paid >= least:
            break
        least = paid
        if paid < task.best.ceiling:
            task.offer(sites, place, paid_at(task, sites, place))
        if not relocate(task.cost, task.need, task.room, sites, place):
            break
        if paid < task.best.ceiling:
            task.offer(sites, place, paid_at(task, sites, place))


def _shaken(task: CapacityTask, chosen: Ints, random: np.random.Generator) -> Ints:
    """Near a random point, another site for one of those that are near it or, as often, for any."""
    costs = task.cost[random.integers(len(task.cost))]
    order = np.argsort(costs, kind="stable")
    is_chosen = np.isin(order, chosen)
    entering = random.choice(order[~is_chosen][:NEAR_SITES])
    leaving = random.choice(order[is_chosen][: NEAR_CHOSEN if random.random() < 0.5 else None])
    return np.append(chosen[chosen != leaving], entering)


def paid_at(task: CapacityTask, sites: Ints, place: Ints) -> float:
    """What all points pay together, each at its place among the sites."""
    return float(task.cost[np.arange(len(place)), sites[place]].sum())

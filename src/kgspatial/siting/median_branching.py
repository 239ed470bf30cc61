"""Branch and bound as the median searches share it: the best answer so far, lowest bound first.

Imports from `watching`.
"""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from kgspatial.siting.watching import current_watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WHOLE_UP_TO = 2.0**40
"""Costs above this are not looked at for a common unit: their sums would not be exact."""
SLACK = 1e-9
"""Relative slack of comparisons: rounding must not remove the optimum."""


@dataclass(frozen=True, eq=False)
class FoundMedian:
    """The best answer found and what no answer can fall below; infinite where there is none.

    Parameters
    ----------
    chosen : ndarray of int
        Sites, ascending.
    place : ndarray of int, shape (points,)
        The site of each point; empty where every point simply goes to the nearest.
    objective, bound : float
        The cost, and what is proven.
    branches : int
        How many branches the proof took.
    """

    chosen: Ints
    place: Ints
    objective: float
    bound: float
    branches: int


class HasBound(Protocol):
    """A part of all answers with a bound on their cost."""

    @property
    def bound(self) -> float:
        """No answer of the part costs less."""


Branch = TypeVar("Branch", bound=HasBound)


@dataclass(eq=False)
class Best:
    """The best answer so far, and from which bound on nothing better is left.

    Parameters
    ----------
    unit : float
        All costs are whole multiples of it; 0 where they are not.
    gap_target : float
        Relative gap that is good enough.
    until : float
        When to stop, by `time.perf_counter`.
    ceiling : float
        More than any answer costs.
    """

    unit: float
    gap_target: float
    until: float
    ceiling: float
    chosen: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    place: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    objective: float = np.inf

    @property
    def target(self) -> float:
        """The cost of the best answer, or more than any costs."""
        return min(self.objective, self.ceiling)

    @property
    def step(self) -> float:
        """How much cheaper an answer must be to count: a unit, or a little for rounding."""
        return max(self.unit * (1 - 1e-6), SLACK * abs(self.target), SLACK)

    @property
    def tolerated(self) -> float:
        """How much cheaper another answer may be at the gap that is good enough."""
        return self.gap_target * abs(self.objective) if np.isfinite(self.objective) else 0.0

    @property
    def cutoff(self) -> float:
        """Bounds from here on prove that nothing better, or nothing much better, is left."""
        return self.target - max(self.step, self.tolerated)

    @property
    def is_late(self) -> bool:
        """Whether the time is up, or an interrupt asked for the best so far."""
        watch = current_watch()
        return time.perf_counter() > self.until or (watch is not None and watch.stopped)

    def rounded(self, bound: float) -> float:
        """Return a bound, up to the next whole unit: no answer costs less."""
        return self.unit * float(np.ceil(bound / self.unit - 1e-6)) if self.unit else bound

    def keep(self, chosen: Ints, place: Ints, objective: float) -> None:
        """Keep an answer when it is cheaper."""
        if objective < min(self.ceiling, self.objective - SLACK * abs(self.objective)):
            order = np.argsort(chosen)
            self.chosen, self.place, self.objective = chosen[order], place.copy(), objective

    def found(self, bound: float, branches: int) -> FoundMedian:
        """Return the answer with its bound: no cost is below 0."""
        bound = min(max(bound, 0.0), self.objective)
        return FoundMedian(self.chosen, self.place, self.objective, bound, branches)


def branch_and_bound(
    best: Best,
    root: Branch,
    parts: Callable[[Branch], Iterable[Branch]],
    most: int | None = None,
) -> FoundMedian:
    """Branch, the lowest bound first, until nothing can be better than the best answer.

    Parameters
    ----------
    best : Best
        The best answer so far; `parts` improves it.
    root : HasBound
        All answers.
    parts : callable
        Gives the parts of a branch that may still hold something better.
    most : int, optional
        Branches after which it stops.
    """
    serial = itertools.count()
    queue = [(best.rounded(root.bound), 0, root)]
    watch = current_watch()
    if watch is not None:
        watch.report(best.objective, max(root.bound, 0.0))
    done = itertools.count() if most is None else iter(range(most))
    while queue and queue[0][0] < best.cutoff and not best.is_late:
        if next(done, None) is None:
            break
        if watch is not None:
            watch.report(best.objective, max(queue[0][0], 0.0))
        _, _, branch = heapq.heappop(queue)
        for part in parts(branch):
            # Among equal bounds the youngest first: a dive to an answer.
            heapq.heappush(queue, (best.rounded(part.bound), -1 - next(serial), part))
    proven = best.objective
    if best.tolerated > best.step:
        proven -= best.tolerated
    open_bound = queue[0][0] if queue and queue[0][0] < best.cutoff else np.inf
    return best.found(min(proven, open_bound), next(serial))


def unit_of(costs: Floats) -> float:
    """Return the unit that all costs are whole multiples of; 0 when they are not whole numbers."""
    if costs.max(initial=0.0) > WHOLE_UP_TO or not (costs == np.rint(costs)).all():
        return 0.0
    return float(np.gcd.reduce(costs.astype(np.int64))) if len(costs) else 0.0

"""What may be done at each facility, in which situations it must do, and under which conditions.

Imports from `siting.arrays`, `errors`. On arrays: an option is one course of a facility over all phases.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Options:
    """What may be done: one row for each course that a facility may take over the phases.

    A facility that is there has one course in which it stays as it is (``keeps``) and takes exactly
    one of its courses; one that is not there yet takes one or none.

    Parameters
    ----------
    facility : ndarray of int, shape (options,)
        Column of the reach matrix.
    capacity : ndarray, shape (options, phases)
        Places in each phase.
    cost : ndarray, shape (options, phases)
        Money spent in each phase, held against the budget.
    running : ndarray, shape (options,)
        Money for running it over all phases; part of the goal ``cost``, not of the budget.
    least : ndarray, shape (options, phases)
        Children that it must serve in each phase, or the course may not be taken.
    public, inclusive : ndarray of bool, shape (options, phases)
        Whether its places are public (公办); public or inclusive (普惠).
    counts : ndarray of bool, shape (options,)
        Whether it counts against the greatest number of actions.
    keeps : ndarray of bool, shape (options,)
        Whether it leaves the facility as it is.
    """

    facility: Ints
    capacity: Floats
    cost: Floats
    running: Floats
    least: Floats
    public: Flags
    inclusive: Flags
    counts: Flags
    keeps: Flags

    @classmethod
    def of(
        cls,
        facility: Ints,
        capacity: Floats,
        *,
        cost: Floats | None = None,
        running: Floats | None = None,
        least: Floats | None = None,
        public: Flags | None = None,
        inclusive: Flags | None = None,
        counts: Flags | None = None,
        keeps: Flags | None = None,
    ) -> Options:
        """Fill in what is not given: no cost, no conditions, of no kind, all new and counted."""
        shape = np.shape(capacity)
        n = len(facility)
        keeps = np.zeros(n, bool) if keeps is None else np.asarray(keeps, dtype=bool)
        return cls(
            np.asarray(facility, dtype=np.int64),
            np.asarray(capacity, dtype=np.float64),
            np.zeros(shape) if cost is None else np.asarray(cost, dtype=np.float64),
            np.zeros(n) if running is None else np.asarray(running, dtype=np.float64),
            np.zeros(shape) if least is None else np.asarray(least, dtype=np.float64),
            np.zeros(shape, bool) if public is None else np.asarray(public, dtype=bool),
            np.zeros(shape, bool) if inclusive is None else np.asarray(inclusive, dtype=bool),
            ~keeps if counts is None else np.asarray(counts, dtype=bool),
            keeps,
        )

    @property
    def phases(self) -> int:
        """Number of phases."""
        return int(self.capacity.shape[1])

    def at(self, rows: Ints | Flags) -> Options:
        """Some of the options."""
        return Options(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def checked(self, facilities: int) -> Options:
        """Return them when shapes fit and numbers can be, or raise."""
        shape = (len(self.facility), self.phases)
        for name in ("cost", "least", "public", "inclusive"):
            if getattr(self, name).shape != shape:
                raise InputError(f"{name} must have the shape of the capacities, {shape}")
        if len(self.facility) and not 0 <= self.facility.min() <= self.facility.max() < facilities:
            raise InputError(
                f"facilities of options must be columns of reach, 0 to {facilities - 1}"
            )
        for name in ("capacity", "cost", "least", "running"):
            if not np.isfinite(getattr(self, name)).all():
                raise InputError(f"{name} of an option must be a number")
        if (self.capacity < 0).any() or (self.least > self.capacity).any():
            raise InputError("capacities must be 0 or more, and no less than what must be served")
        if (np.bincount(self.facility[self.keeps], minlength=facilities) > 1).any():
            raise InputError("a facility has one course at most in which it stays as it is")
        return self


@dataclass(frozen=True, eq=False)
class Situations:
    """The demand of each phase in each scenario.

    Parameters
    ----------
    demand : ndarray, shape (points, situations)
        Children.
    phase, scenario : ndarray of int, shape (situations,)
        Of which phase and scenario a column is.
    weight : ndarray, shape (situations,)
        What a child served counts there: years of the phase times likelihood of the scenario.
    """

    demand: Floats
    phase: Ints
    scenario: Ints
    weight: Floats

    @classmethod
    def single(cls, demand: Floats) -> Situations:
        """One phase, one scenario."""
        zero = np.zeros(1, dtype=np.int64)
        return cls(np.asarray(demand, dtype=np.float64).reshape(-1, 1), zero, zero, np.ones(1))

    def __len__(self) -> int:
        return len(self.phase)

    def of_scenario(self, scenario: int) -> Situations:
        """Only the situations of one scenario."""
        mine = self.scenario == scenario
        return Situations(
            self.demand[:, mine], self.phase[mine], self.scenario[mine] * 0, self.weight[mine]
        )

    def with_demand(self, demand: Floats) -> Situations:
        """The same situations with the demand of other points."""
        return replace(self, demand=demand)


@dataclass(frozen=True, eq=False)
class Need:
    """One of these options is to be there: in a phase, or in every one.

    Parameters
    ----------
    name : str
        What needs it, such as a town.
    options : ndarray of bool, shape (options, phases)
        Which options meet the need in which phase.
    phases : tuple of int, optional
        Phases in which it is to be met; every one unless given.
    """

    name: str
    options: Flags
    phases: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Conditions:
    """What a layout must keep to.

    Parameters
    ----------
    p : int, optional
        Actions at most.
    budget : ndarray, shape (phases,), optional
        Money at most in each phase; infinite where there is no limit.
    public_share, inclusive_share : float, optional
        Share of the children served who must be at public places; at public or inclusive ones.
    town : ndarray of int, shape (points,), optional
        Town of each point, -1 for none; for `town_floor` and the goal ``fair``.
    town_floor : float, optional
        Share of each town's children who must be served, in every situation.
    least_served : float, optional
        Share of all children who must be served, in every situation.
    groups : tuple of arrays of int
        Options of which one at most may be taken.
    needs : tuple of Need
        What must be there.
    required : tuple of arrays of int
        Options of which one must be taken.
    single_source : bool
        Each point is served whole by one facility, or not at all.
    """

    p: int | None = None
    budget: Floats | None = None
    public_share: float | None = None
    inclusive_share: float | None = None
    town: Ints | None = None
    town_floor: float | None = None
    least_served: float | None = None
    groups: tuple[Ints, ...] = ()
    needs: tuple[Need, ...] = ()
    required: tuple[Ints, ...] = ()
    single_source: bool = False

    @property
    def on_flows(self) -> bool:
        """Whether who goes where is bound by more than reach and places."""
        given = (self.public_share, self.inclusive_share, self.town_floor)
        return self.single_source or any(value is not None for value in given)

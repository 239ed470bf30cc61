"""`phased_coverage`: the layout that is best by one goal after another, and what is proven.

Imports from `options`, `program`, `settling`, `siting.solver`, `siting.result`, `errors`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError, SolverError
from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.layout.columns import Case
from kgspatial.siting.layout.options import Conditions, Options, Situations
from kgspatial.siting.layout.program import Program, assemble
from kgspatial.siting.layout.settling import settled
from kgspatial.siting.result import Status, judged, relative_gap
from kgspatial.siting.solver import MixedInteger, solve
from kgspatial.siting.watching import interruptible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

GOALS = ("served", "cost", "distance", "actions", "worst", "regret", "fair")
"""What may be asked for; all but these stand for less: ``served``, ``worst``, ``fair`` for more."""

FIRST_SHARE = 0.6
"""Part of the time that the first of several goals may take."""

POLISH_SECONDS = 20.0
"""Time for the flows of a choice that was found, even when the search has used up its own."""

ROW_SLACK = 1e-6
"""By how much HiGHS may miss a row."""

CUTOFF = {"served": 1e-4, "fair": 1e-7, "worst": 1e-7}
"""What a later goal may cost an earlier one: above what HiGHS allows its rows to be off."""
CUTOFF_OTHER = 1e-5


@dataclass(frozen=True)
class GoalValue:
    """What was reached of one goal, and the bound that no layout passes."""

    goal: str
    value: float
    bound: float
    gap: float
    status: Status


@dataclass(frozen=True, eq=False)
class LayoutResult:
    """A layout with its proof.

    Parameters
    ----------
    chosen : ndarray of int
        Options that are taken, ascending, courses without change included.
    goals : tuple of GoalValue
        One for each goal, in their order: each was optimised with those before it kept.
    flows : tuple of csr_array
        Children, points x facilities, in each situation.
    status : {"optimal", "gap", "infeasible"}
        ``optimal`` only when every goal is proven.
    seconds : float
        Wall time.
    """

    chosen: Ints
    goals: tuple[GoalValue, ...]
    flows: tuple[sparse.csr_array, ...]
    status: Status
    seconds: float

    @property
    def objective(self) -> float:
        """Value of the first goal."""
        return self.goals[0].value if self.goals else np.inf

    @property
    def bound(self) -> float:
        """Bound of the first goal."""
        return self.goals[0].bound if self.goals else np.inf

    @property
    def gap(self) -> float:
        """Relative distance of both."""
        return self.goals[0].gap if self.goals else np.inf

    def served(self) -> Floats:
        """Children served in each situation."""
        return np.array([flow.sum() for flow in self.flows], dtype=np.float64)

    def __repr__(self) -> str:
        said = ", ".join(f"{g.goal} {g.value:,.3f} ({g.status})" for g in self.goals)
        return f"<LayoutResult {self.status}: {said}; {self.seconds:.2f} s>"


@interruptible
def phased_coverage(
    distances: sparse.sparray | ArrayLike,
    options: Options,
    situations: Situations | ArrayLike,
    conditions: Conditions | None = None,
    *,
    goals: Sequence[str] = ("served", "distance", "cost"),
    present: sparse.csr_array | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    seed: int = 0,
) -> LayoutResult:
    """Choose a course for each facility: capacitated, modular, over phases and demand scenarios.

    Parameters
    ----------
    distances : sparse or dense, shape (points, facilities)
        Metres. Sparse: stored entries are within reach, a stored 0 too. Dense: finite ones are.
    options : Options
        The courses that each facility may take over the phases.
    situations : Situations or array-like, shape (points,)
        Demand by phase and scenario; an array is one phase and one scenario.
    conditions : Conditions, optional
        Number, money, shares of kinds, floors, needs, groups, single source.
    goals : sequence of str
        Optimised one after another, each with those before it kept: ``served`` (children, weighted
        by situation), ``distance``, ``cost`` (spent and running), ``actions``, ``worst`` (the
        least share served of any scenario), ``regret`` (children missed beside a scenario's own
        best), ``fair`` (the least-served town first, then the next). Equal layouts go by the order
        of options.
    present : csr_array, optional
        Children, points x facilities, as they are today. With the courses settled, children go
        where the most are served, then where the fewest change from one phase to the next (from
        today to the first), then where they walk least.
    time_limit_s, gap_target, seed : float, float, int
        Limits and seed of the search, for all goals together.

    Returns
    -------
    LayoutResult
        With value, bound and status of each goal. ``infeasible`` when the conditions cannot be
        kept; :func:`shortfall` then says by how much each fails.

    Raises
    ------
    InputError
        When shapes do not fit, numbers cannot be, or a goal is unknown.
    SolverError
        When the time was too short for any answer.

    Examples
    --------
    One estate of 100 children, a kindergarten of 60 places, and a site for 90 more:

    >>> options = Options.of([0, 1], [[60.0], [90.0]], keeps=[True, False])
    >>> phased_coverage([[300.0, 200.0]], options, [100.0], goals=("served",)).objective
    100.0

    References
    ----------
    Correia and Captivo (2003), Annals of Operations Research 122 (modular capacities); Melo,
    Nickel and Saldanha da Gama (2006), Computers and Operations Research 33 (phases, opening,
    closing, changes of capacity); Snyder (2006), IIE Transactions 38 (scenarios, regret);
    Ogryczak and Sliwinski (2003), Computers and Operations Research 30 (lexicographic fairness).
    """
    begun = time.perf_counter()
    case = case_of(distances, options, situations, conditions or Conditions())
    _check_goals(goals)
    whole = merged(case) if "distance" not in goals else case
    best = None
    if "regret" in goals:
        best = _best_alone(whole, time_limit_s * FIRST_SHARE, gap_target, seed)
    program = assemble(whole, goals, best)
    stages = [name for goal in goals for name in _stages(program, goal)]
    clock = begun + time_limit_s
    values, reached, kept = _staged(program, stages, clock, gap_target, seed)
    if not reached:
        none: Ints = np.zeros(0, dtype=np.int64)
        return LayoutResult(none, (), (), "infeasible", time.perf_counter() - begun)
    chosen = program.chosen(values)
    flows = settled(case, chosen, kept, clock, best, present)
    status: Status = "optimal" if all(g.status == "optimal" for g in reached) else "gap"
    return LayoutResult(chosen, tuple(reached), flows, status, time.perf_counter() - begun)


def case_of(
    distances: sparse.sparray | ArrayLike,
    options: Options,
    situations: Situations | ArrayLike,
    conditions: Conditions,
) -> Case:
    """Check what was given and put it together."""
    links = _metres(distances)
    if not isinstance(situations, Situations):
        situations = Situations.single(np.asarray(situations, dtype=np.float64))
    options.checked(links.shape[1])
    demand = situations.demand
    if demand.shape != (links.shape[0], len(situations)):
        raise InputError(
            f"demand has the shape {demand.shape}; expected {links.shape[0]} points x "
            f"{len(situations)} situations"
        )
    if not (np.isfinite(demand).all() and (demand >= 0).all()):
        raise InputError("demand must be finite numbers of 0 or more")
    if (
        len(situations)
        and not 0 <= situations.phase.min() <= situations.phase.max() < options.phases
    ):
        raise InputError(f"phases of situations must lie from 0 to {options.phases - 1}")
    if conditions.budget is not None and np.shape(conditions.budget) != (options.phases,):
        raise InputError(f"budget must name a sum for each of the {options.phases} phases")
    if conditions.town is not None and len(conditions.town) != links.shape[0]:
        raise InputError("town must name one town for each point")
    return Case(links, options, situations, conditions)


def _metres(distances: sparse.sparray | ArrayLike) -> sparse.csr_array:
    """Distances as a sparse matrix with one entry a pair, the shortest; a stored 0 stays."""
    if sparse.issparse(distances):
        table = sparse.coo_array(distances)
    else:
        dense = np.asarray(distances, dtype=np.float64)
        if dense.ndim != 2:
            raise InputError("distances must be a matrix, demand points x facilities")
        near = np.nonzero(np.isfinite(dense))
        table = sparse.coo_array((dense[near], near), shape=dense.shape)
    row, column, metres = table.row, table.col, table.data.astype(np.float64)
    if len(metres) and not (np.isfinite(metres).all() and metres.min() >= 0):
        raise InputError("distances must be 0 or more, without missing values")
    order = np.lexsort((metres, column, row))
    row, column, metres = row[order], column[order], metres[order]
    first = np.ones(len(row), bool)
    first[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    starts = np.searchsorted(row[first], np.arange(table.shape[0] + 1))
    return sparse.csr_array((metres[first], column[first], starts), shape=table.shape)


def merged(case: Case) -> Case:
    """Points that reach the same facilities and lie in the same town as one; the optimum stays."""
    conditions, situations = case.conditions, case.situations
    if conditions.single_source:
        return case
    points = case.links.shape[0]
    town = np.full(points, -1) if conditions.town is None else np.asarray(conditions.town)
    names, place = np.unique(town, return_inverse=True)
    marks = sparse.csr_array((np.ones(points), (np.arange(points), place)), (points, len(names)))
    ones = sparse.csr_array(
        (np.ones(len(case.links.data)), case.links.indices, case.links.indptr), case.links.shape
    )
    key = sparse.csr_array(sparse.hstack([ones, marks], format="csr"))
    _, _, group = merge_equal_rows(key, np.zeros(points))
    count = int(group.max(initial=-1)) + 1
    first = np.full(count, points)
    np.minimum.at(first, group, np.arange(points))
    demand = np.zeros((count, len(situations)))
    np.add.at(demand, group, situations.demand)
    bound = Conditions(
        **{**vars(conditions), "town": None if conditions.town is None else town[first]}
    )
    return Case(
        sparse.csr_array(case.links[first]), case.options, situations.with_demand(demand), bound
    )


def _check_goals(goals: Sequence[str]) -> None:
    if not goals:
        raise InputError("a layout needs one goal at least")
    for goal in goals:
        if goal not in GOALS:
            raise InputError(f"there is no goal '{goal}'", hint=f"Known: {', '.join(GOALS)}.")


def _stages(program: Program, goal: str) -> list[str]:
    """Names of the gains that a goal maximises, one after another."""
    if goal != "fair":
        return [goal]
    return [name for name in program.gains if name.startswith("fair ")]


def _best_alone(case: Case, seconds: float, gap_target: float, seed: int) -> Floats:
    """The most that each scenario alone could serve: a bound, so that no regret is too small."""
    scenarios = np.unique(case.situations.scenario)
    best = np.zeros(int(scenarios.max()) + 1)
    for scenario in scenarios:
        alone = Case(
            case.links, case.options, case.situations.of_scenario(int(scenario)), case.conditions
        )
        program = assemble(alone, ("served",))
        try:
            answer = solve(
                program.mixed_integer("served"),
                time_limit_s=seconds / len(scenarios),
                gap_target=gap_target,
                seed=seed,
            )
        except SolverError:
            best[scenario] = program.ceiling("served")
        else:
            best[scenario] = 0.0 if answer is None else answer.bound
    return best


def _as_it_is(program: Program, model: MixedInteger) -> Floats:
    """The layout in which nothing is done, when the time was too short for any other."""
    keeps = np.flatnonzero(program.case.options.keeps)
    values = np.zeros(len(model.most))
    values[keeps] = 1.0
    values = _polished(program, model, values)
    rows = model.matrix @ values
    if (rows < model.lower - ROW_SLACK).any() or (rows > model.upper + ROW_SLACK).any():
        raise SolverError("no layout was found in time; allow more with time_limit_s")
    return values


def _staged(
    program: Program, stages: Sequence[str], clock: float, gap_target: float, seed: int
) -> tuple[Floats, list[GoalValue], list[tuple[str, float]]]:
    """Optimise one goal after another; what was reached of each stays. Empty if infeasible."""
    cutoffs: list[tuple[str, float]] = []
    reached: list[GoalValue] = []
    values: Floats = np.zeros(0)
    for number, stage in enumerate(stages):
        left = max(clock - time.perf_counter(), 0.0)
        limit = max(left * (FIRST_SHARE if number + 1 < len(stages) else 1.0), 0.05)
        model = program.mixed_integer(stage, cutoffs)
        start = values if len(values) else None
        bound = program.ceiling(stage)
        try:
            answer = solve(model, time_limit_s=limit, gap_target=gap_target, seed=seed, start=start)
        except SolverError:  # the time is over: the layout before stands, or that of today
            if start is None:
                values = _as_it_is(program, model)
        else:
            if answer is None and start is None:
                break
            if answer is not None:
                values = _polished(program, model, answer.values)
                bound = min(bound, answer.bound)
        value = float(program.gains[stage] @ values)
        reached.append(_reached(stage, value, bound))
        cutoffs.append((stage, _cutoff(stage, value)))
    return values, reached, cutoffs


def _polished(program: Program, model: MixedInteger, values: Floats) -> Floats:
    """The same choice with flows that keep every row: a choice of 0.999999 holds no 360 places."""
    if program.case.conditions.single_source:
        return values
    n, chosen = len(program.case.options.facility), program.chosen(values)
    most = model.most.copy()
    most[:n] = 0.0
    most[chosen] = 1.0
    taken = sparse.csr_array(
        (np.ones(len(chosen)), (np.zeros(len(chosen), dtype=np.int64), chosen)),
        shape=(1, len(most)),
    )
    settled_model = replace(
        model,
        matrix=sparse.csr_array(sparse.vstack([model.matrix, taken], format="csr")),
        lower=np.append(model.lower, len(chosen)),
        upper=np.append(model.upper, len(chosen)),
        most=most,
        integer=np.zeros(len(most), bool),
    )
    try:
        answer = solve(settled_model, time_limit_s=POLISH_SECONDS)
    except SolverError:
        return values
    return values if answer is None else answer.values


def _cutoff(stage: str, value: float) -> float:
    slack = CUTOFF.get(stage.split(" ", maxsplit=1)[0], CUTOFF_OTHER)
    return value - max(slack, 1e-9 * abs(value))


def _reached(stage: str, value: float, bound: float) -> GoalValue:
    sign = -1.0 if stage in ("cost", "distance", "actions", "regret") else 1.0
    bound = max(bound, value)
    gap = relative_gap(value, bound)
    return GoalValue(stage, sign * value + 0.0, sign * bound + 0.0, gap, _status(value, bound))


def _status(objective: float, bound: float) -> Status:
    """Proven also where both are 0 but for rounding."""
    return "optimal" if abs(bound - objective) <= 1e-6 else judged(objective, bound)

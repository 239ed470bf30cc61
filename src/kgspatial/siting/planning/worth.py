"""What each action is worth: children served without it, and with the best other site in its place.

Imports from `courses`, `siting.layout`, `balance`. Exact: a maximum flow, or the linear program where
more than reach and places binds who goes where.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgspatial.balance import allocate
from kgspatial.siting.layout import Need
from kgspatial.siting.layout.columns import Case, room_of
from kgspatial.siting.layout.program import assemble
from kgspatial.siting.layout.settling import fixed
from kgspatial.siting.planning.courses import NEW, Courses
from kgspatial.siting.solver import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

OTHERS = 40
"""Sites tried in the place of one: those with the most children in reach who would have no place."""

SAME = 1e-6
"""Children, or money, that are only rounding."""


class Worth(NamedTuple):
    """Children served a year without an action, and with the best other in its place."""

    loss: float
    other: int
    """Option of the runner-up; -1 where nothing else adds anything."""
    difference: float


def worth_of(case: Case, courses: Courses, chosen: Ints, option: int, served: float) -> Worth:
    """Return what one of the chosen options is worth, everything else left as it is.

    A runner-up keeps to everything that binds the plan, but for the sites that it requires.

    Parameters
    ----------
    case, courses
        The problem and its courses.
    chosen : ndarray of int
        Options that are taken.
    option : int
        The one asked about.
    served : float
        Children served a year with all of them: :func:`served_by`.
    """
    rest = _without(courses, chosen, option)
    base = served_by(case, rest)
    if courses.rows[option].action not in NEW:
        return Worth(served - base, -1, 0.0)
    best, value = -1, base
    others = [(q, _with(courses, rest, q)) for q in _rivals(case, courses, chosen, rest, option)]
    most = [(_at_most(case, taken), q, taken) for q, taken in others if _chosen_well(case, taken)]
    for bound, other, taken in sorted(most, key=lambda found: -found[0]):
        if bound <= value + SAME:
            break
        found = bound if _is_free(case, taken) else _within_all(case, taken)
        if found is not None and found > value + SAME:
            best, value = other, found
    return Worth(served - base, best, served - value)


def served_by(case: Case, chosen: Ints) -> float:
    """Most children served a year with settled courses; where they cannot keep a floor, without it."""
    if not case.conditions.on_flows:
        return _at_most(case, chosen)
    found = _within_all(case, chosen)
    if found is None:
        free = replace(case.conditions, town_floor=None, least_served=None)
        options = replace(case.options, least=np.zeros_like(case.options.least))
        found = _within_all(replace(case, conditions=free, options=options), chosen)
    return 0.0 if found is None else found


def _at_most(case: Case, chosen: Ints) -> float:
    """What reach and places allow: a maximum flow in each situation."""
    room = room_of(case.options.at(chosen), case.links.shape[1])
    situations = case.situations
    return float(
        sum(
            weight * allocate(case.links, situations.demand[:, h], room[:, phase]).sum()
            for h, (phase, weight) in enumerate(
                zip(situations.phase, situations.weight, strict=True)
            )
        )
    )


def _is_free(case: Case, chosen: Ints) -> bool:
    """Whether only reach and places bind who goes where."""
    bound = case.conditions
    return not (
        bound.on_flows or bound.least_served is not None or case.options.least[chosen].any()
    )


def _within_all(case: Case, chosen: Ints) -> float | None:
    """The same within floors, shares and least use; None where these cannot be kept."""
    model = assemble(fixed(case, chosen), ("served",)).mixed_integer("served")
    answer = solve(model, time_limit_s=10.0)
    return None if answer is None else answer.objective


def _chosen_well(case: Case, chosen: Ints) -> bool:
    """Whether a choice keeps to money, groups and needs."""
    bound = case.conditions
    spent = case.options.cost[chosen].sum(axis=0)
    return (
        (bound.budget is None or bool((spent <= np.asarray(bound.budget) + SAME).all()))
        and all(np.isin(chosen, group).sum() <= 1 for group in bound.groups)
        and all(_is_met(need, chosen) for need in bound.needs)
    )


def _is_met(need: Need, chosen: Ints) -> bool:
    there = np.asarray(need.options[chosen].any(axis=0), dtype=bool)
    return bool(there.all() if need.phases is None else there[list(need.phases)].all())


def _keeps(courses: Courses, facility: int) -> Ints:
    options = courses.options
    return np.flatnonzero(options.keeps & (options.facility == facility))


def _without(courses: Courses, chosen: Ints, option: int) -> Ints:
    """The chosen options with this facility left as it is."""
    kept = _keeps(courses, int(courses.options.facility[option]))
    return np.sort(np.concatenate([chosen[chosen != option], kept]))


def _with(courses: Courses, chosen: Ints, option: int) -> Ints:
    kept = _keeps(courses, int(courses.options.facility[option]))
    return np.sort(np.append(chosen[~np.isin(chosen, kept)], option))


def _rivals(case: Case, courses: Courses, chosen: Ints, rest: Ints, option: int) -> list[int]:
    """Other sites in the same phase, of the same size or the largest below, most promising first."""
    options, table = courses.options, courses.table
    mine = courses.rows[option]
    taken = options.facility[chosen[~options.keeps[chosen]]]
    open_to = (
        table["action"].isin(NEW).to_numpy()
        & (table["phase"].to_numpy() == mine.phase)
        & (table["classes"].to_numpy(dtype=float) <= mine.classes)
        & ~np.isin(options.facility, taken)
    )
    rows = np.flatnonzero(open_to)
    if not len(rows):
        return []
    order = np.lexsort((-table["classes"].to_numpy(dtype=float)[rows], options.facility[rows]))
    rows = rows[order]
    first = np.unique(options.facility[rows], return_index=True)[1]
    rows = rows[np.sort(first)]
    room = room_of(options.at(rest), case.links.shape[1])
    phase = int(mine.phase)
    h = int(np.flatnonzero(case.situations.phase == phase)[0])
    demand = case.situations.demand[:, h]
    flow = allocate(case.links, demand, room[:, phase])
    left = demand - np.asarray(flow.sum(axis=1)).ravel()
    pattern = case.links.copy()
    pattern.data = np.ones_like(pattern.data)
    near = np.asarray(pattern.T @ left).ravel()[options.facility[rows]]
    names = table["subject_id"].to_numpy(dtype=str)[rows]
    best = np.lexsort((names, -near.round(6)))[:OTHERS]
    return [int(q) for q in rows[best]]

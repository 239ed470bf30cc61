"""Who goes where once the courses are settled: most served, fewest moves, least distance.

Imports from `program`, `options`, `siting.solver`. One linear program (mixed-integer with single
source) over all situations, so that a child moves from one phase to the next only where it must.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting.layout.columns import Case, Flows
from kgspatial.siting.layout.options import Conditions
from kgspatial.siting.layout.program import Program, assemble
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LEAST_SECONDS = 20.0
"""Time for the flows of a settled layout, even when the search has used up its own."""

CHOICES = ("cost", "actions")
"""Goals that who goes where does not change."""

DISTANCE_SLACK = 2e-4
"""Children, by the longest walk, that a goal of distance gives way: it was reached with so many
fewer served, and these are served now."""

MOVE_IN_WALKS = 100.0
"""A child who changes its kindergarten counts as so many of the longest walks: in effect moves go
first, and one program is solved in place of two, fifteen times faster at the size of a county."""

SERVED_SLACK = 1e-6
"""Children, of each situation, that fewer moves or metres may cost: the solver's tolerance."""


def settled(
    case: Case,
    chosen: Ints,
    kept: Sequence[tuple[str, float]],
    clock: float,
    best: Floats | None = None,
    present: sparse.csr_array | None = None,
) -> tuple[sparse.csr_array, ...]:
    """Return the children from each point to each facility, in each situation.

    Parameters
    ----------
    case : Case
        The problem, its points not merged.
    chosen : ndarray of int
        The options that are taken.
    kept : sequence of (goal, value)
        What was reached of each goal; who goes where must not spoil it.
    clock : float
        When the time is up, by ``time.perf_counter``.
    best : ndarray, optional
        The most that each scenario alone could serve.
    present : csr_array, optional
        Children, points x facilities, as they are today.
    """
    walks = DISTANCE_SLACK * float(case.links.data.max(initial=0.0))
    flowing = [
        (name, value - walks * (name == "distance")) for name, value in kept if name not in CHOICES
    ]
    goals = dict.fromkeys(name.split(" ")[0] for name, _ in flowing)
    program = assemble(fixed(case, chosen), tuple(goals), best)
    moves = _moves(case, program.flows, present)
    seconds = max(clock - time.perf_counter(), LEAST_SECONDS)
    values = _lexicographic(program, flowing, moves, seconds)
    return _clean(case, program.flows, chosen, values[len(chosen) :])


def fixed(case: Case, chosen: Ints) -> Case:
    """The same case with nothing left to choose; what binds only choices is dropped."""
    old = case.conditions
    bound = Conditions(
        public_share=old.public_share,
        inclusive_share=old.inclusive_share,
        town=old.town,
        town_floor=old.town_floor,
        least_served=old.least_served,
        single_source=old.single_source,
    )
    options = case.options.at(chosen)
    every = type(options)(**{**vars(options), "keeps": np.ones(len(chosen), bool)})
    return Case(case.links, every, case.situations, bound)


@dataclass(frozen=True, eq=False)
class _Moves:
    """Children of a point at a facility in one phase, who may leave it in the next.

    `before` and `after` are flow columns, -1 where there is none; `share` is the part of the point's
    children who are still there in the next phase; `present` are those of today, for whom no column
    stands.
    """

    before: Ints
    after: Ints
    share: Floats
    present: Floats

    def __len__(self) -> int:
        return len(self.before)


def _moves(case: Case, flows: Flows, present: sparse.csr_array | None) -> _Moves:
    """Pairs of today and the first phase, and of each phase and the next, in every scenario."""
    situations = case.situations
    column_of = _columns(case, flows)
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))]
    for scenario in np.unique(situations.scenario):
        own = np.flatnonzero(situations.scenario == scenario)
        order = own[np.argsort(situations.phase[own], kind="stable")]
        if present is not None:
            now = sparse.coo_array(present)
            there = np.asarray(present.sum(axis=1)).ravel()[now.row]
            share = np.minimum(1.0, situations.demand[now.row, order[0]] / there)
            row, col = (np.asarray(part, dtype=np.int64) for part in (now.row, now.col))
            after = column_of(np.full(len(row), order[0]), row, col)
            parts.append((np.full(len(now.row), -1), after, share, now.data))
        for here, following in pairwise(order):
            before = np.flatnonzero(flows.situation == here)
            point = flows.point[before]
            share = np.minimum(
                1.0, situations.demand[point, following] / situations.demand[point, here]
            )
            after = column_of(np.full(len(before), following), point, flows.facility[before])
            parts.append((before, after, share, np.zeros(len(before))))
    return _Moves(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _columns(case: Case, flows: Flows) -> Callable[[Ints, Ints, Ints], Ints]:
    """Return what finds the flow column of situation, point and facility; -1 where there is none."""
    points, facilities = case.links.shape

    def key(situation: Ints, point: Ints, facility: Ints) -> Ints:
        return (situation * points + point) * facilities + facility

    keys = key(flows.situation, flows.point, flows.facility)
    order = np.argsort(keys)

    def column_of(situation: Ints, point: Ints, facility: Ints) -> Ints:
        if not len(order):
            return np.full(len(point), -1, dtype=np.int64)
        asked = key(situation, point, facility)
        found = order[np.minimum(np.searchsorted(keys[order], asked), len(order) - 1)]
        return np.where(keys[found] == asked, found, -1)

    return column_of


def _lexicographic(
    program: Program, flowing: Sequence[tuple[str, float]], moves: _Moves, seconds: float
) -> Floats:
    """Most served in all, then fewest moves, then least distance; the goals' values stay."""
    model = program.mixed_integer("served", flowing)
    settled_already = model.integer.copy()
    settled_already[: len(program.case.options.facility)] = False  # each is the only course left
    model = replace(model, integer=settled_already)
    n, extra = len(model.gain), len(moves)
    wide = _with_moves(model, program.flows, moves, len(program.case.options.facility))
    burden = np.pad(program.gains["distance"], (0, extra))
    burden[n:] = -MOVE_IN_WALKS * program.flows.metres.max(initial=1.0)
    first = solve(_kept(wide, wide.gain, []), time_limit_s=seconds)
    if first is None:
        raise SolverError("the children of a settled layout could not be assigned")
    kept = [(wide.gain, float(wide.gain @ first.values) - SERVED_SLACK)]
    try:
        answer = solve(_kept(wide, burden, kept), time_limit_s=seconds, start=first.values)
    except SolverError:
        answer = None  # the time is over: as many are served, if not in the best places
    values = first.values if answer is None else answer.values
    return values[:n]


def _with_moves(model: MixedInteger, flows: Flows, moves: _Moves, first: int) -> MixedInteger:
    """One column more for each pair: children who leave, ``move >= share * before - after``.

    `first` is the first flow column; behind the flows there may be columns of shares and goals.
    """
    if not len(moves):
        return model
    n, extra = len(model.gain), len(moves)
    row = np.arange(extra)
    was, stays = moves.before >= 0, moves.after >= 0
    leaving = -moves.share[was] * flows.scale[moves.before[was]]
    rows = sparse.csr_array(
        (
            np.concatenate([leaving, flows.scale[moves.after[stays]], np.ones(extra)]),
            (
                np.concatenate([row[was], row[stays], row]),
                np.concatenate([first + moves.before[was], first + moves.after[stays], n + row]),
            ),
        ),
        shape=(extra, n + extra),
    )
    old = sparse.hstack([model.matrix, sparse.csr_array((model.matrix.shape[0], extra))])
    return MixedInteger(
        np.pad(model.gain, (0, extra)),
        sparse.csr_array(sparse.vstack([old, rows], format="csr")),
        np.concatenate([model.lower, moves.share * moves.present]),
        np.concatenate([model.upper, np.full(extra, np.inf)]),
        np.concatenate([model.most, np.full(extra, np.inf)]),
        np.concatenate([model.integer, np.zeros(extra, bool)]),
    )


def _kept(model: MixedInteger, gain: Floats, kept: list[tuple[Floats, float]]) -> MixedInteger:
    if not kept:
        return MixedInteger(gain, model.matrix, model.lower, model.upper, model.most, model.integer)
    rows = sparse.csr_array(np.array([row for row, _ in kept]))
    return MixedInteger(
        gain,
        sparse.csr_array(sparse.vstack([model.matrix, rows], format="csr")),
        np.concatenate([model.lower, [value for _, value in kept]]),
        np.concatenate([model.upper, np.full(len(kept), np.inf)]),
        model.most,
        model.integer,
    )


def _clean(case: Case, flows: Flows, chosen: Ints, values: Floats) -> tuple[sparse.csr_array, ...]:
    """Flows without the solver's tolerance: no point beyond its children, no facility beyond its places."""
    children = np.clip(values[: len(flows)], 0.0, flows.most) * flows.scale
    children[children < 1e-9] = 0.0
    found = []
    for h, phase in enumerate(case.situations.phase):
        mine = np.flatnonzero((flows.situation == h) & (children > 0))
        table = sparse.csr_array(
            (children[mine], (flows.point[mine], flows.facility[mine])), shape=case.links.shape
        )
        room = np.zeros(case.links.shape[1])
        room[case.options.facility[chosen]] = case.options.capacity[chosen, phase]
        found.append(_within(table, case.situations.demand[:, h], room))
    return tuple(found)


def _within(flow: sparse.csr_array, children: Floats, room: Floats) -> sparse.csr_array:
    for axis, most in ((1, children), (0, room)):
        total = np.asarray(flow.sum(axis=axis)).ravel()
        ratio = np.divide(most, total, out=np.ones_like(total), where=total > most)
        scale = sparse.diags_array(ratio)
        flow = sparse.csr_array(scale @ flow if axis == 1 else flow @ scale)
    return flow

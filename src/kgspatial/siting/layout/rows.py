"""The rows of a layout's program: demand, places, choices, needs, floors, shares of kinds, and bounds.

Imports from `columns`, `siting.worth`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.layout.columns import Case, Flows, Rows
from kgspatial.siting.worth import single_site_worth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WORTH_ROUNDING = 1e-5
"""Slack of the bounds on a component, in children: they come from flows in whole units."""

WORTH_OPTIONS = 4_000
"""Pairs of option and situation up to which these bounds are worth their flows."""


def demand_rows(rows: Rows, case: Case, flows: Flows, first: int) -> None:
    """No point is served beyond its children."""
    points = case.links.shape[0]
    key, row = np.unique(flows.situation * points + flows.point, return_inverse=True)
    children = case.situations.demand[key % points, key // points]
    upper = np.ones(len(key)) if case.conditions.single_source else children
    column = first + np.arange(len(flows))
    rows.add(row, column, np.ones(len(flows)), np.full(len(key), -np.inf), upper)


def capacity_rows(rows: Rows, case: Case, flows: Flows, first: int) -> None:
    """What a facility serves fits into the places of the course that it takes."""
    options, facilities = case.options, case.links.shape[1]
    n, n_flows = len(options.facility), len(flows)
    row = [flows.situation * facilities + flows.facility]
    column, value = [first + np.arange(n_flows)], [flows.scale]
    for h, phase in enumerate(case.situations.phase):
        row.append(h * facilities + options.facility)
        column.append(np.arange(n))
        value.append(-options.capacity[:, phase])
    key, short = np.unique(np.concatenate(row), return_inverse=True)
    none, zero = np.full(len(key), -np.inf), np.zeros(len(key))
    rows.add(short, np.concatenate(column), np.concatenate(value), none, zero)


def link_rows(rows: Rows, case: Case, flows: Flows, first: int) -> None:
    """A point is served only where a course with places is taken (tightens the relaxation)."""
    options, phases = case.options, case.situations.phase[flows.situation]
    always = np.ones((case.links.shape[1], options.phases), bool)
    kept = np.isin(np.arange(case.links.shape[1]), options.facility[options.keeps])
    always &= kept[:, None]
    np.logical_and.at(always, options.facility, options.capacity > 0)
    bound = np.flatnonzero(~always[flows.facility, phases])
    order = np.argsort(options.facility, kind="stable")
    ends = np.searchsorted(options.facility[order], np.arange(case.links.shape[1] + 1))
    sizes = np.diff(ends)[flows.facility[bound]]
    row = np.repeat(np.arange(len(bound)), sizes)
    within = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    option = order[ends[flows.facility[bound]][row] + within] if len(row) else row
    open_there = options.capacity[option, phases[bound][row]] > 0
    row, option = row[open_there], option[open_there]
    rows.add(
        np.concatenate([np.arange(len(bound)), row]),
        np.concatenate([first + bound, option]),
        np.concatenate([np.ones(len(bound)), -flows.most[bound][row]]),
        np.full(len(bound), -np.inf),
        np.zeros(len(bound)),
    )


def choice_rows(rows: Rows, case: Case) -> None:
    """One course a facility; actions, money, groups and needs within what the conditions say."""
    options, conditions, facilities = case.options, case.conditions, case.links.shape[1]
    n = np.arange(len(options.facility))
    used, row = np.unique(options.facility, return_inverse=True)
    there = np.bincount(options.facility[options.keeps], minlength=facilities)[used] > 0
    rows.add(row, n, np.ones(len(n)), there.astype(float), np.ones(len(used)))
    if conditions.p is not None:
        counted = np.flatnonzero(options.counts)
        rows.one(counted, np.ones(len(counted)), -np.inf, float(conditions.p), "p")
    for phase, most in enumerate(() if conditions.budget is None else conditions.budget):
        if np.isfinite(most):
            rows.one(n, options.cost[:, phase], -np.inf, float(most), f"budget {phase}")
    for members in conditions.groups:
        rows.one(members, np.ones(len(members)), -np.inf, 1.0)
    for number, members in enumerate(conditions.required):
        rows.one(members, np.ones(len(members)), 1.0, np.inf, f"required {number}")
    for number, need in enumerate(conditions.needs):
        for phase in range(options.phases) if need.phases is None else need.phases:
            members = np.flatnonzero(need.options[:, phase])
            rows.one(members, np.ones(len(members)), 1.0, np.inf, f"need {number} {phase}")


def least_rows(rows: Rows, case: Case, flows: Flows, first: int) -> None:
    """A course that must serve so many serves them."""
    options = case.options
    for h, phase in enumerate(case.situations.phase):
        asked = options.least[:, phase] > 0
        for facility in np.unique(options.facility[asked]):
            mine = np.flatnonzero(asked & (options.facility == facility))
            there = np.flatnonzero((flows.situation == h) & (flows.facility == facility))
            columns = np.concatenate([first + there, mine])
            values = np.concatenate([flows.scale[there], -options.least[mine, phase]])
            rows.one(columns, values, 0.0, np.inf)


def floor_rows(rows: Rows, case: Case, flows: Flows, first: int) -> None:
    """Shares of all children, and of each town's, who must be served."""
    conditions, demand = case.conditions, case.situations.demand
    for h in range(len(case.situations)):
        there = flows.situation == h
        if conditions.least_served is not None:
            mine = np.flatnonzero(there)
            least = conditions.least_served * demand[:, h].sum()
            rows.one(first + mine, flows.scale[mine], least, np.inf, f"least_served {h}")
        if conditions.town_floor is not None and conditions.town is not None:
            for town in np.unique(conditions.town[conditions.town >= 0]):
                mine = np.flatnonzero(there & (conditions.town[flows.point] == town))
                least = conditions.town_floor * demand[conditions.town == town, h].sum()
                rows.one(first + mine, flows.scale[mine], least, np.inf, f"town {town} {h}")


def share_rows(rows: Rows, case: Case, flows: Flows, width: int, kind: str, share: float) -> Floats:
    """Children at places of a kind: one column for each facility and situation.

    They are no more than the facility serves, and none unless its course is of the kind.
    """
    options, facilities = case.options, case.links.shape[1]
    of_kind = getattr(options, kind)
    first, n = len(options.facility), len(options.facility)
    key, row = np.unique(flows.situation * facilities + flows.facility, return_inverse=True)
    own = width + np.arange(len(key))
    count = len(key)
    rows.add(
        np.concatenate([np.arange(count), row]),
        np.concatenate([own, first + np.arange(len(flows))]),
        np.concatenate([np.ones(count), -flows.scale]),
        np.full(count, -np.inf),
        np.zeros(count),
    )
    row_of = {int(k): i for i, k in enumerate(key)}
    r, c, v = [np.arange(count)], [own], [np.ones(count)]
    for h, phase in enumerate(case.situations.phase):
        right = np.flatnonzero(of_kind[:, phase])
        place = [row_of.get(int(h * facilities + options.facility[q]), -1) for q in right]
        kept = np.array(place, dtype=np.int64) >= 0
        r.append(np.array(place, dtype=np.int64)[kept])
        c.append(np.arange(n)[right][kept])
        v.append(-options.capacity[right, phase][kept])
    rows.add(
        np.concatenate(r),
        np.concatenate(c),
        np.concatenate(v),
        np.full(count, -np.inf),
        np.zeros(count),
    )
    for h in range(len(case.situations)):
        mine, there = np.flatnonzero(key // facilities == h), np.flatnonzero(flows.situation == h)
        columns = np.concatenate([own[mine], first + there])
        values = np.concatenate([np.ones(len(mine)), -share * flows.scale[there]])
        rows.one(columns, values, 0.0, np.inf, f"{kind}_share {h}")
    return np.full(count, np.inf)


def worth_rows(rows: Rows, case: Case, flows: Flows, first: int) -> None:
    """No component is served more than by all that is there, at its largest before any action, and what each action adds alone."""
    options, facilities = case.options, case.links.shape[1]
    if len(options.facility) * len(case.situations) > WORTH_OPTIONS:
        return
    kept = options.at(options.keeps)
    for h, phase in enumerate(case.situations.phase):
        room = np.zeros(facilities)
        room[kept.facility] = kept.capacity[:, phase]
        extra = options.capacity[:, phase] - room[options.facility]
        adding = np.flatnonzero(~options.keeps & (extra > 0))
        if not len(adding):
            continue
        demand = case.situations.demand[:, h]
        old = np.flatnonzero(room > 0)
        pairs, column = np.unique(
            np.column_stack([options.facility[adding], extra[adding]]), axis=0, return_inverse=True
        )
        worth = single_site_worth(
            _ones(case.links),
            demand,
            _ones(case.links[:, old]),
            room[old],
            pairs[:, 0].astype(np.int64),
            pairs[:, 1],
        )
        inside = np.flatnonzero((flows.situation == h) & (worth.component[flows.point] >= 0))
        gain = worth.gain[:, column.ravel()].tocoo()
        rows.add(
            np.concatenate([worth.component[flows.point[inside]], gain.row]),
            np.concatenate([first + inside, adding[gain.col]]),
            np.concatenate([flows.scale[inside], -gain.data]),
            np.full(len(worth.base), -np.inf),
            worth.base + WORTH_ROUNDING,
        )


def _ones(links: sparse.csr_array) -> sparse.csr_array:
    csr = sparse.csr_array(links)
    return sparse.csr_array((np.ones(len(csr.indices)), csr.indices, csr.indptr), shape=csr.shape)

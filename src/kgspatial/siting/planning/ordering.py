"""The model in the order of ids: the same layout whatever the order of the rows of the layers.

Imports from `task`, `siting.layout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from kgspatial.siting.layout import LayoutResult, phased_coverage
from kgspatial.siting.layout.columns import Case
from kgspatial.siting.planning.task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class Order(NamedTuple):
    """Rows of the points, facilities and options, in the order of their ids."""

    points: Ints
    facilities: Ints
    options: Ints


def order_of(task: Task) -> Order:
    """Order points, facilities and options by id; kindergartens come before candidates."""
    phases, n = task.phases, task.courses.kindergartens
    gardens = phases.supply[0]["kindergarten_id"].astype(str).to_numpy(dtype=str)
    sites = phases.candidates["site_id"].astype(str).to_numpy(dtype=str)
    points = phases.points["demand_id"].astype(str).to_numpy(dtype=str)
    facilities = np.concatenate(
        [np.argsort(gardens, kind="stable"), n + np.argsort(sites, kind="stable")]
    ).astype(np.int64)
    rank = np.argsort(facilities)
    rows = task.courses.rows
    keys = [
        (rank[c.facility], c.subject_id, c.action, c.phase, c.places, str(c.kinds[-1]))
        for c in rows
    ]
    options = np.array(sorted(range(len(rows)), key=keys.__getitem__), dtype=np.int64)
    return Order(np.argsort(points, kind="stable").astype(np.int64), facilities, options)


def solved(
    task: Task,
    case: Case,
    *,
    goals: Sequence[str],
    seed: int,
    present: sparse.csr_array | None = None,
) -> LayoutResult:
    """Solve a case of a task in the order of ids, and return the answer in that of its rows."""
    order = order_of(task)
    sorted_case = _sorted(case, order)
    found = phased_coverage(
        sorted_case.links,
        sorted_case.options,
        sorted_case.situations,
        sorted_case.conditions,
        goals=goals,
        present=None if present is None else _both(present, order.points, order.facilities),
        time_limit_s=task.layout.time_limit_s,
        gap_target=task.layout.gap_target,
        seed=seed,
    )
    back, across = np.argsort(order.points), np.argsort(order.facilities)
    flows = tuple(_both(flow, back, across) for flow in found.flows)
    return replace(found, chosen=np.sort(order.options[found.chosen]), flows=flows)


def _sorted(case: Case, order: Order) -> Case:
    rank = np.argsort(order.facilities)
    place = np.argsort(order.options)
    options = case.options.at(order.options)
    old = case.conditions
    conditions = replace(
        old,
        town=None if old.town is None else old.town[order.points],
        groups=tuple(np.sort(place[group]) for group in old.groups),
        required=tuple(np.sort(place[group]) for group in old.required),
        needs=tuple(replace(need, options=need.options[order.options]) for need in old.needs),
    )
    return Case(
        _both(case.links, order.points, order.facilities),
        replace(options, facility=rank[options.facility]),
        case.situations.with_demand(case.situations.demand[order.points]),
        conditions,
    )


def _both(matrix: sparse.csr_array, rows: Ints, columns: Ints) -> sparse.csr_array:
    """Rows and columns in another order; a stored 0 stays."""
    table = sparse.coo_array(matrix)
    row, column = np.argsort(rows)[table.row], np.argsort(columns)[table.col]
    return sparse.csr_array((table.data, (row, column)), shape=table.shape)

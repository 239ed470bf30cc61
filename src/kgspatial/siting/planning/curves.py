"""What more sites or money would bring, which actions hold in every scenario, and what the choice hangs on.

Imports from `task`, `courses`, `siting.layout`, `study`. Each point is a layout of its own with its bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.balance import Balance
from kgspatial.balance.assess import balance_of
from kgspatial.errors import InputError
from kgspatial.inputs.settings import LayoutSettings
from kgspatial.siting.layout import LayoutResult, Situations
from kgspatial.siting.planning.courses import KEEP
from kgspatial.siting.planning.ordering import solved
from kgspatial.siting.planning.task import Task, goals_of, task_of
from kgspatial.siting.result import relative_gap
from kgspatial.study import Study
from kgspatial.supply import kindergarten_supply
from kgspatial.travel import measure_travel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def trade_off(
    study: Study,
    balance: Balance,
    layout: LayoutSettings,
    *,
    new: Iterable[int] | None = None,
    budgets_wan: Iterable[float] | None = None,
) -> pd.DataFrame:
    """Children served against the number of sites, or against money; every point with its bound.

    Parameters
    ----------
    study, balance, layout
        As for :func:`kgspatial.plan_layout`; its goals are kept.
    new : iterable of int, optional
        Sites at most; 0 to 6 unless this or `budgets_wan` is given.
    budgets_wan : iterable of float, optional
        Money at most in 10,000 yuan, the same for each phase.

    Returns
    -------
    DataFrame
        ``new`` or ``budget_wan``; ``served`` (children a year), its ``bound`` and ``gap`` (where it
        is the first goal), ``status``, ``cost_wan`` (spent), ``added`` (children more than the point before), ``sites``.

    Raises
    ------
    InputError
        When both are given.
    """
    if new is not None and budgets_wan is not None:
        raise InputError("a trade-off is over new sites or over budgets, not over both")
    task = task_of(study, balance, layout)
    bound = task.case.conditions
    if budgets_wan is not None:
        phases = len(task.phases.years)
        named = "budget_wan"
        points = [(b, replace(bound, budget=np.full(phases, float(b)))) for b in budgets_wan]
    else:
        named = "new"
        points = [(p, replace(bound, p=int(p))) for p in (range(7) if new is None else new)]
    rows = [
        {named: value, **_point(task, _solved(task, layout, conditions=conditions))}
        for value, conditions in points
    ]
    table = pd.DataFrame(rows)
    return table.assign(added=table["served"].diff().round(6))


def compare_scenarios(study: Study, balance: Balance, layout: LayoutSettings) -> pd.DataFrame:
    """Plan for each scenario alone and for all together: which actions hold in every one.

    Returns
    -------
    DataFrame
        One row for each site or kindergarten with an action anywhere: ``subject_id``; a column for
        each scenario and ``together`` with the action and its year, such as ``build 9 (2028)``;
        ``in_all``: whether the same thing is done there in every scenario, whatever the size.
    """
    task = task_of(study, balance, layout)
    found: dict[str, dict[str, str]] = {}
    kinds: dict[str, dict[str, str]] = {}
    for s, name in enumerate(layout.scenarios):
        alone = task.case.situations.of_scenario(s)
        situations = replace(alone, weight=alone.weight / alone.weight.sum())
        result = _solved(task, layout, situations=situations)
        _note(task, result, name, found, kinds)
    _note(task, _solved(task, layout), "together", found, kinds)
    columns = [*layout.scenarios, "together"]
    table = pd.DataFrame.from_dict(found, orient="index", columns=columns).fillna("")
    same = [
        len({kinds[subject].get(s, "") for s in layout.scenarios}) == 1
        and all(kinds[subject].get(s) for s in layout.scenarios)
        for subject in table.index
    ]
    return table.assign(in_all=same).rename_axis("subject_id").sort_index().reset_index()


def sensitivity(
    study: Study,
    balance: Balance,
    layout: LayoutSettings,
    *,
    demand: Sequence[float] = (0.9, 1.1),
    costs: Sequence[float] = (0.8, 1.2),
    limits_m: Sequence[float] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plan again with other children, costs and walking limits: what the choice hangs on.

    Parameters
    ----------
    study, balance, layout
        As for :func:`kgspatial.plan_layout`.
    demand, costs : sequence of float
        Factors on all children; on what building, converting, expanding, closing cost, while running
        costs stay.
    limits_m : sequence of float
        Other walking limits in metres.

    Returns
    -------
    variants : DataFrame
        ``variant``, ``served``, ``bound``, ``status``, ``cost_wan``, ``sites``; the plan itself first.
    chosen : DataFrame
        ``subject_id`` and ``share``: in which share of the variants something is done there.
    """
    base = task_of(study, balance, layout)
    runs = {"plan": (base, _solved(base, layout))}
    for factor in demand:
        more = base.case.situations.with_demand(base.case.situations.demand * factor)
        runs[f"children x {factor:g}"] = (base, _solved(base, layout, situations=more))
    for factor in costs:
        options = base.courses.options
        dearer = replace(options, cost=options.cost * factor)
        runs[f"cost x {factor:g}"] = (base, _solved(base, layout, options=dearer))
    for limit in limits_m:
        other = _with_limit(study, balance, layout, limit)
        runs[f"limit {limit:g} m"] = (other, _solved(other, layout))
    rows = [{"variant": name, **_point(task, result)} for name, (task, result) in runs.items()]
    sites = [_acting(task, result) for task, result in runs.values()]
    every = sorted({subject for each in sites for subject in each})
    share = [sum(subject in each for each in sites) / len(sites) for subject in every]
    chosen = pd.DataFrame({"subject_id": every, "share": share})
    order = chosen.sort_values(["share", "subject_id"], ascending=[False, True])
    return pd.DataFrame(rows), order.reset_index(drop=True)


def _with_limit(study: Study, balance: Balance, layout: LayoutSettings, limit: float) -> Task:
    """The same problem with another walking limit."""
    settings = study.settings
    other = replace(settings, travel=replace(settings.travel, limit_m=limit))
    wider = replace(study, settings=other)
    travel = measure_travel(wider, balance.points, network=balance.travel.network)
    gardens = kindergarten_supply(wider, year=balance.year)
    return task_of(wider, balance_of(wider, balance.points, gardens, travel, balance.year), layout)


def _solved(
    task: Task, layout: LayoutSettings, *, situations: Situations | None = None, **change: object
) -> LayoutResult:
    case = replace(task.case, **change)  # type: ignore[arg-type]
    return solved(
        task,
        case if situations is None else replace(case, situations=situations),
        goals=goals_of(layout),
        seed=task.study.settings.siting.seed,
    )


def _point(task: Task, result: LayoutResult) -> dict[str, object]:
    """A layout in one row."""
    if result.status == "infeasible":
        nothing = dict.fromkeys(("served", "bound", "gap", "cost_wan"), np.nan)
        return {**nothing, "status": "infeasible", "sites": ""}
    is_first = result.goals[0].goal == "served"
    counted = round(float(result.served() @ task.case.situations.weight), 4)
    served = result.objective if is_first else counted
    bound = result.bound if is_first else np.nan
    return {
        "served": served,
        "bound": bound,
        "gap": relative_gap(served, bound),
        "status": result.status,
        "cost_wan": float(task.courses.options.cost[result.chosen].sum()),
        "sites": ", ".join(_acting(task, result)),
    }


def _acting(task: Task, result: LayoutResult) -> list[str]:
    table = task.courses.table.iloc[result.chosen]
    return sorted(table.loc[table["action"] != KEEP, "subject_id"])


def _note(
    task: Task,
    result: LayoutResult,
    name: str,
    found: dict[str, dict[str, str]],
    kinds: dict[str, dict[str, str]],
) -> None:
    for q in result.chosen:
        course = task.courses.rows[q]
        if course.action == KEEP:
            continue
        size = "" if np.isnan(course.classes) else f" {course.classes:g}"
        year = task.phases.years[course.phase]
        found.setdefault(course.subject_id, {})[name] = f"{course.action}{size} ({year})"
        kinds.setdefault(course.subject_id, {})[name] = course.action

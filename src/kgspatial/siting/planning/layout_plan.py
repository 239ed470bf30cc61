"""`plan_layout`: where to build, convert, expand, merge, close, in which phase, and what is proven.

Imports from `task`, `courses`, `ordering`, `reasons`, `siting.layout`, `balance`, `study`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from kgspatial.balance import Balance
from kgspatial.balance.assess import balance_of
from kgspatial.inputs.settings import BalanceSettings, LayoutSettings
from kgspatial.siting.layout import LayoutResult
from kgspatial.siting.layout.shortfall import shortfall
from kgspatial.siting.planning.bounds import units_of
from kgspatial.siting.planning.courses import KEEP
from kgspatial.siting.planning.ordering import solved
from kgspatial.siting.planning.reasons import explained
from kgspatial.siting.planning.task import Task, goals_of, state_of, task_of
from kgspatial.siting.planning.unreachable import unreachable
from kgspatial.study import WHOLE_AREA, Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayoutPlan:
    """A layout over phases: what to do where and when, the state with and without it, and the proof.

    Parameters
    ----------
    actions : GeoDataFrame
        One row for each action, by phase and then by worth: ``order``, ``year``, ``subject_id``
        (kindergarten or candidate), ``name``, ``action`` (``build``, ``convert``, ``expand``,
        ``nursery``, ``kind``, ``merge``, ``close``), ``into_id``, ``classes``, ``places_before``,
        ``places``, ``kind``, ``cost_wan``, ``worth`` (children served a year who would not be
        without it, all else as it is; below 0 where children lose a place by it), ``runner_up`` and ``runner_up_difference`` (the best other
        site in its place, and the children it serves less), ``newly_served``, ``communities``,
        ``moved_here`` and ``moved_from``, ``distance_before_m``, ``distance_m``,
        ``cost_per_child_wan``, ``use_YEAR``, ``reason_zh``, ``reason_en``, ``rules_zh``, ``rules_en`` (rules that the site
        meets, and what the inputs cannot tell), ``checks_zh``, ``checks_en`` (what a person should
        look at), ``lon``, ``lat``.
    phases : DataFrame
        One row for each phase and scenario: children, places, served, unserved, vacant, mean
        distance, each also ``_without`` the plan; ``cost_wan``, ``moved``.
    units : DataFrame
        One row for each unit and phase, with and without the plan.
    shortfall : DataFrame
        Where no layout keeps the conditions: the smallest change that would make one possible:
        ``condition``, ``year``, ``scenario``, ``about`` (unit, site or need), ``asked``, ``missing``
        (actions, 10,000 yuan, children).
    unreachable : GeoDataFrame
        Demand points that no kindergarten and no candidate reaches: ``children`` (first phase),
        ``nearest_id``, ``nearest_m`` (in a straight line times the detour), ``beyond_m`` (by how
        much it misses the limit).
    unmet : tuple of str
        Needs of the rules that no kindergarten and no candidate can meet; they do not bind.
    result : LayoutResult
        Value, bound and status of each goal.
    before, after : dict of int to Balance
        By year, in the first scenario.
    excluded : GeoDataFrame
        Candidates that may not be used, with the reason.
    layout : LayoutSettings
        What was asked.
    """

    actions: gpd.GeoDataFrame
    phases: pd.DataFrame
    units: pd.DataFrame
    shortfall: pd.DataFrame
    unreachable: gpd.GeoDataFrame
    unmet: tuple[str, ...]
    result: LayoutResult
    before: dict[int, Balance] = field(repr=False)
    after: dict[int, Balance] = field(repr=False)
    excluded: gpd.GeoDataFrame = field(repr=False)
    layout: LayoutSettings = field(repr=False)

    def __repr__(self) -> str:
        if self.result.status == "infeasible":
            failing = ", ".join(self.shortfall["condition"])
            return f"<LayoutPlan infeasible: {failing}>"
        each = self.actions["year"].astype(str) + " " + self.actions["action"]
        parts = ", ".join(f"{name} {n}" for name, n in each.value_counts().sort_index().items())
        goals = ", ".join(f"{g.goal} {g.value:,.1f} ({g.status})" for g in self.result.goals)
        return f"<LayoutPlan {self.result.status}: {parts or 'nothing to do'}; {goals}>"


def plan_layout(
    study: Study, balance: Balance, layout: LayoutSettings | None = None, *, seed: int | None = None
) -> LayoutPlan:
    """Plan the kindergartens of an area over several years: everything that may be done, at once.

    A kindergarten stays, is expanded, gives classes to nurseries, changes its kind, or closes; a
    candidate is built or converted in one of the sizes of the ladder. Everything is decided
    together, for the children of all phases and scenarios, by one goal after another.

    Parameters
    ----------
    study : Study
        Its kindergartens, candidates, hazards, and births or counts for the forecast.
    balance : Balance
        The present state.
    layout : LayoutSettings, optional
        Phases, scenarios, actions, money, conditions; ``[siting.layout]`` unless given.
    seed : int, optional
        Of the solver; ``[siting] seed`` unless given.

    Returns
    -------
    LayoutPlan
        Infeasible conditions are no error: ``shortfall`` says what would make them feasible.

    Raises
    ------
    InputError
        When years, likelihood, budget or costs do not fit, or a year's children cannot be told.
    SolverError
        When the time was too short for any answer.

    See Also
    --------
    kgspatial.siting.layout.phased_coverage : the model on arrays, with its sources.
    """
    asked = layout or study.settings.siting.layout
    task = task_of(study, balance, asked)
    result = solved(
        task,
        task.case,
        goals=goals_of(asked),
        present=_present(task, balance),
        seed=study.settings.siting.seed if seed is None else seed,
    )
    failing = _in_words(task, shortfall(task.case, result))
    after = _after(task, result)
    return LayoutPlan(
        explained(task, result),
        _phase_table(task, result),
        _unit_table(task, after),
        failing,
        unreachable(task.phases),
        task.unmet,
        result,
        task.before,
        after,
        task.phases.excluded,
        asked,
    )


def _in_words(task: Task, failing: pd.DataFrame) -> pd.DataFrame:
    """The conditions that fail, with the year, scenario, unit, site or need that each is about."""
    rows = []
    for label, asked, missing in failing.itertuples(index=False):
        name, *numbers = str(label).split(" ")
        about = _about(task, name, [int(number) for number in numbers])
        rows.append({"condition": name, **about, "asked": asked, "missing": missing})
    columns = ["condition", "year", "scenario", "about", "asked", "missing"]
    return pd.DataFrame(rows, columns=columns)


def _about(task: Task, name: str, numbers: list[int]) -> dict[str, object]:
    phases = task.phases
    if name == "budget":
        return {"year": phases.years[numbers[0]]}
    if name == "required":
        options = task.case.conditions.required[numbers[0]]
        return {"about": task.courses.rows[options[0]].subject_id}
    if name == "need":
        need = task.case.conditions.needs[numbers[0]]
        return {"about": need.name, "year": phases.years[numbers[1]]}
    if name == "p":
        return {}
    h = numbers[-1]
    found: dict[str, object] = {
        "year": phases.years[phases.situations.phase[h]],
        "scenario": phases.scenarios[phases.situations.scenario[h]],
    }
    if name == "town":
        units = units_of(phases)
        found["about"] = str(units[numbers[0]]) if len(units) else WHOLE_AREA
    return found


def _present(task: Task, balance: Balance) -> sparse.csr_array:
    """Today's children, points of the layout x facilities."""
    rows = pd.Series(np.arange(len(task.phases.points)), index=task.phases.points["demand_id"])
    now = balance.assignment.tocoo()
    row = rows.reindex(balance.demand["demand_id"]).to_numpy()[now.row]
    return sparse.csr_array(
        (now.data, (row.astype(np.int64), now.col)), shape=task.case.links.shape
    )


def _after(task: Task, result: LayoutResult) -> dict[int, Balance]:
    """The state of each phase with the plan, in the first scenario."""
    if result.status == "infeasible":
        return {}
    chosen = task.courses.table.iloc[result.chosen]
    n = task.courses.kindergartens
    sites = np.unique(chosen["facility"][chosen["facility"] >= n].to_numpy()) - n
    travel = task.phases.travel.beside(task.phases.reach.to_destinations(sites))
    columns = np.concatenate([np.arange(n), n + sites])
    found = {}
    for t, year in enumerate(task.phases.years):
        gardens = gardens_in(task, result, t, sites)
        flow = sparse.csr_array(result.flows[t][:, columns])
        found[year] = state_of(task.study, task.phases, t, gardens, travel, flow)
    return found


def gardens_in(
    task: Task, result: LayoutResult, t: int, sites: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Kindergartens of a phase with the plan: changed ones, then new ones."""
    old = task.phases.supply[t]
    places = old["places"].to_numpy(dtype=float).copy()
    classes = old["classes"].to_numpy(dtype=float).copy()
    kinds = old["kind"].to_numpy(dtype=object).copy()
    fresh = {int(j): (0.0, None) for j in sites}
    n = task.courses.kindergartens
    for q in result.chosen:
        course = task.courses.rows[q]
        if course.facility >= n:
            fresh[course.facility - n] = (course.places[t], course.kinds[t])
        elif course.action != KEEP:
            before = places[course.facility]
            places[course.facility] = course.places[t]
            kinds[course.facility] = course.kinds[t]
            if before > 0:
                change = course.places[t] / before
                classes[course.facility] = round(classes[course.facility] * change, 6)
            elif course.places[t] > 0:
                classes[course.facility] = course.classes
    counted = old["counted"].to_numpy(dtype=bool) & (places > 0)
    changed = old.assign(places=places, classes=classes, kind=kinds, counted=counted)
    chosen = task.phases.candidates.iloc[list(fresh)]
    new = gpd.GeoDataFrame(
        {
            "kindergarten_id": chosen["site_id"].to_numpy(),
            "name": chosen["name"].to_numpy(),
            "kind": [kind for _, kind in fresh.values()],
            "places": [p for p, _ in fresh.values()],
            "classes": [p / task.profile.places(1) for p, _ in fresh.values()],
            "counted": [p > 0 for p, _ in fresh.values()],
        },
        geometry=chosen.geometry.to_numpy(),
        crs=old.crs,
    )
    if not len(new):
        return gpd.GeoDataFrame(changed)
    return gpd.GeoDataFrame(
        pd.concat([changed, new], ignore_index=True), geometry="geometry", crs=old.crs
    )


def _phase_table(task: Task, result: LayoutResult) -> pd.DataFrame:
    """Each phase and scenario, with and without the plan."""
    phases, rows = task.phases, []
    if result.status == "infeasible":
        return pd.DataFrame()
    spent = task.courses.options.cost[result.chosen].sum(axis=0)
    moved = _moved(task, result)
    for h, (t, s) in enumerate(
        zip(phases.situations.phase, phases.situations.scenario, strict=True)
    ):
        year, scenario = phases.years[t], phases.scenarios[s]
        flow, children = result.flows[h], phases.situations.demand[:, h]
        without = task.before[year] if s == 0 else _without(task, int(t), int(s))
        places = float(task.courses.options.capacity[result.chosen, t].sum())
        served = float(flow.sum())
        metres = float(flow.multiply(task.case.links).sum())
        was = without.totals
        rows.append(
            {
                "year": year,
                "scenario": scenario,
                "children": float(children.sum()),
                "places_without": was["places"],
                "places": places,
                "served_without": was["served"],
                "served": served,
                "unserved_without": was["unserved"],
                "unserved": float(children.sum()) - served,
                "vacant_without": was["vacant"],
                "vacant": places - served,
                "mean_distance_without_m": was["mean_distance_m"],
                "mean_distance_m": metres / served if served > 0 else np.nan,
                "moved": moved[h],
                "cost_wan": float(spent[t]) if s == 0 else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _without(task: Task, t: int, s: int) -> Balance:
    points = task.phases.points_in(t, s)
    year, supply = task.phases.years[t], task.phases.supply[t]
    return balance_of(task.study, points, supply, task.phases.travel, year, BalanceSettings())


def _moved(task: Task, result: LayoutResult) -> Floats:
    """Children of a phase who leave the kindergarten of the phase before, beyond the fall in births."""
    situations = task.phases.situations
    found = np.full(len(situations), np.nan)
    for h in range(len(situations)):
        same = situations.scenario == situations.scenario[h]
        earlier = np.flatnonzero(same & (situations.phase == situations.phase[h] - 1))
        if len(earlier):
            was, now = situations.demand[:, earlier[0]], situations.demand[:, h]
            share = np.minimum(1.0, np.divide(now, was, out=np.ones_like(now), where=was > 0))
            kept = sparse.csr_array(sparse.diags_array(share) @ result.flows[earlier[0]])
            left = (kept - result.flows[h]).maximum(0)
            found[h] = float(left.sum())
    return found


def _unit_table(task: Task, after: dict[int, Balance]) -> pd.DataFrame:
    """Units in each phase, with and without the plan."""
    kept = ["children", "places", "served", "unserved", "vacant", "gap"]
    tables = []
    for year, state in after.items():
        without = task.before[year].units.set_index("unit_id")[kept].add_suffix("_without")
        names = [c for c in ("unit_id", "name") if c in state.units]
        table = pd.DataFrame(state.units[[*names, *kept]]).join(without, on="unit_id")
        tables.append(table.drop(columns="children_without").assign(year=year))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

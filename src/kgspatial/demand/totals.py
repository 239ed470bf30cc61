"""Demand from totals of units: counted ones spread over the points, forecast ones, control totals.

Imports from `dasymetric`, `reconcile`, `cohort`, `scenarios`, `grid`, `points`, `study`, `inputs`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.cohort import forecast_children, forecast_problems
from kgspatial.demand.dasymetric import spread
from kgspatial.demand.grid import grid_points
from kgspatial.demand.points import community_points, stacked, unit_points
from kgspatial.demand.reconcile import to_totals
from kgspatial.demand.scenarios import (
    ASSUMPTION,
    Scenario,
    default_scenarios,
    default_survival,
)
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.study import Study

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Points = tuple[gpd.GeoDataFrame, list[Problem]]

SPREAD_BY = ("children", "residents", "households", "floor_area_m2")
"""Columns by which a unit's total is spread over its communities, in order of preference."""

SHARED_BIRTHS = {
    "what": "births",
    "name": "of the whole area",
    "evidence": ASSUMPTION,
    "source": "no unit is named; shared by the children of age 0",
}
"""Said in every forecast from births that name no unit."""


def unit_counts(study: Study) -> pd.Series:
    """Children counted by unit, indexed by ``unit_id``; missing where a unit carries none.

    Raises
    ------
    InputError
        When no unit carries a count.
    """
    units = study.units
    if units is None or "children" not in units or units["children"].isna().all():
        raise InputError(
            "no unit carries a count of children",
            hint="Give the units layer a column 'children' (3-5岁人口): children aged 3 to 5.",
        )
    return units.set_index("unit_id")["children"].astype(np.float64)


def dasymetric_points(study: Study, method: str = "dasymetric") -> Points:
    """Counted totals of units, spread over communities and cells."""
    counts = unit_counts(study)
    problems = [
        _no_count("units", f"'{unit}' carries no count of children")
        for unit in counts.index[counts.isna()]
    ]
    points, found = spread_totals(study, counts.fillna(0.0), method)
    return points, problems + found


def spread_totals(study: Study, totals: pd.Series, method: str) -> Points:
    """Spread totals by ``unit_id`` over the points of the study, conserving each.

    A unit in which no point has weight keeps its total at a point of its own.
    """
    points, problems = _weighted(study)
    amounts, left = spread(totals, points["unit_id"], points["children"].to_numpy())
    told = np.isfinite(amounts)
    problems += _untold(points[~told])
    points = points.assign(children=np.where(told, amounts, 0.0), method=method)
    lived_in = (points["source"] != "cell") | (points["children"] > 0)
    alone = _alone(study, left, method)
    return stacked(study, [points[lived_in], alone]), problems


def _alone(study: Study, left: pd.Series, method: str) -> gpd.GeoDataFrame:
    units = cast("gpd.GeoDataFrame", study.units)
    units = units[units["unit_id"].isin(left.index)]
    return unit_points(study, units.assign(children=units["unit_id"].map(left)), method)


def _untold(points: gpd.GeoDataFrame) -> list[Problem]:
    """Points that lie in no unit get nothing of any total."""
    communities = points.loc[points["source"] == "community", "community_id"]
    found = [_no_count("communities", f"'{own}' lies in no unit") for own in communities]
    cells = int(((points["source"] == "cell") & (points["children"] > 0)).sum())
    if cells:
        text = f"{cells:,} cells of the grid with children lie in no unit"
        done = "counted as 0 children: only totals of units are spread"
        found.append(Problem("population", "no_count", text, done, "note"))
    return found


def _no_count(layer: str, text: str) -> Problem:
    return Problem(layer, "no_count", text, "counted as 0 children", column="children")


def _weighted(study: Study) -> Points:
    """Points whose `children` are the weights by which totals are spread."""
    wanted = study.settings.demand.spread_by
    if wanted == "grid" or (wanted == "auto" and grid_tells(study)):
        return grid_points(study)
    if study.communities is None:
        return stacked(study, [_alone(study, pd.Series(dtype=np.float64), "")]), []
    weights, problems = _community_weights(study.communities, wanted)
    return stacked(study, [community_points(study, weights, wanted)]), problems


def grid_tells(study: Study) -> bool:
    """Whether there is a grid whose bands tell the children."""
    if study.population is None:
        return False
    bands = set(study.population.bands)
    shares = {"age_1_4", "age_5_9"} <= bands
    return "children" in bands or shares or study.settings.demand.age_share is not None


def _community_weights(
    communities: gpd.GeoDataFrame, wanted: str
) -> tuple[NDArray[np.float64], list[Problem]]:
    columns = SPREAD_BY if wanted == "auto" else (wanted,)
    there = [c for c in columns if c in communities and communities[c].notna().any()]
    if not there:
        if wanted not in ("auto", "area"):
            raise InputError(
                f"[demand] spread_by is '{wanted}', but no community has it",
                hint="Choose another of: auto, grid, area, " + ", ".join(SPREAD_BY) + ".",
            )
        return np.asarray(communities.area, dtype=np.float64), []
    weights = communities[there[0]].astype(np.float64)
    empty = communities.loc[weights.isna(), "community_id"]
    text = f"totals of units are spread by {there[0]}, which it does not have"
    problems = [
        Problem(
            *("communities", "no_weight", f"'{own}': {text}", "counted as 0 children"),
            column=there[0],
        )
        for own in empty
    ]
    return np.asarray(weights.fillna(0.0), dtype=np.float64), problems


def cohort_points(study: Study, year: int | None, scenario: str) -> Points:
    """Children forecast by unit from single years of age and births, spread over the points."""
    forecast = cohort_forecast(study, [_forecast_year(year)], [scenario])
    totals = forecast.set_index("unit_id")["children"]
    points, problems = spread_totals(study, totals.fillna(0.0), "cohort")
    return points, forecast_problems(forecast) + _births_without_unit(study) + problems


def _forecast_year(year: int | None) -> int:
    if year is None:
        raise InputError("the method 'cohort' needs a year", hint="Write year = ... under [plan].")
    return year


def cohort_forecast(
    study: Study, years: Sequence[int], scenarios: Sequence[str] = ()
) -> pd.DataFrame:
    """Forecast the children of a study's units by the cohort method.

    Parameters
    ----------
    study : Study
        Its units carry ``age_0`` to ``age_5`` (children by single year of age on the day
        ``[demand] counted_on``); births, where given, are those since that day.
    years : sequence of int
        School years, each named by its September.
    scenarios : sequence of str
        Names out of ``[demand.scenarios]`` and low, mid, high; all unless given.

    Returns
    -------
    DataFrame
        See :func:`kgspatial.demand.cohort.forecast_children`: years and scenarios are columns.

    Raises
    ------
    InputError
        When ages or their day are missing, or a scenario is not known.
    """
    settings = study.settings.demand
    known = {s.name: s for s in scenarios_of(study)}
    for name in scenarios:
        if name not in known:
            raise InputError(f"there is no scenario '{name}'", hint=f"Known: {', '.join(known)}.")
    forecast = forecast_children(
        _ages(study),
        years,
        reference=_counted_on(study),
        births=births_by_unit(study),
        survival=default_survival(settings.survival),
        scenarios=[known[name] for name in scenarios or known],
    )
    if study.births is not None and not _names_units(study.births):
        forecast.attrs["assumptions"].append(SHARED_BIRTHS)
    return forecast


def scenarios_of(study: Study) -> tuple[Scenario, ...]:
    """The plan's scenarios, and of the defaults those that the plan does not define anew."""
    own = study.settings.demand.scenarios
    known = ("births_change", "migration", "enrolment")
    for name, numbers in own.items():
        strange = sorted(set(numbers) - set(known))
        if strange:
            raise InputError(
                f"unknown key '{strange[0]}' in [demand.scenarios.{name}]",
                hint=f"Known: {', '.join(known)}.",
            )
    made = [
        Scenario(name, **numbers, evidence="plan", source="the plan file")
        for name, numbers in own.items()
    ]
    return (*made, *(s for s in default_scenarios() if s.name not in own))


def _ages(study: Study) -> pd.DataFrame:
    units = study.units
    columns = [] if units is None else [c for c in units if str(c).startswith("age_")]
    if units is None or "age_0" not in columns:
        raise InputError(
            "the method 'cohort' needs units with children by single year of age",
            hint="Give the units layer the columns age_0 to age_5 (0岁 ... 5岁).",
        )
    return pd.DataFrame(units[["unit_id", *columns]])


def _counted_on(study: Study) -> date:
    text = study.settings.demand.counted_on
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = f"is '{text}'" if text else "is not given"
        raise InputError(
            f"[demand] counted_on {said}: the day on which the children by age were counted",
            hint='Write counted_on = "2024-08-31" under [demand].',
        ) from None


def births_by_unit(study: Study) -> pd.DataFrame | None:
    """Return a study's births as units x calendar years, as the arrays below take them.

    Parameters
    ----------
    study : Study
        Its births name units by id or by name. Where they name none, those of the whole area
        are shared in proportion to the units' children of age 0.

    Returns
    -------
    DataFrame or None
        Persons, indexed by ``unit_id``, one column for each calendar year; None without births.
    """
    births = study.births
    if births is None:
        return None
    if _names_units(births):
        named = births.assign(unit_id=_ids_of_units(study, births["unit_id"]))
        table = named.pivot_table("births", "unit_id", "year", aggfunc="sum", observed=True)
    else:
        ages = _ages(study).set_index("unit_id")["age_0"].fillna(0.0)
        total = births.groupby("year")["births"].sum()
        share = ages / ages.sum()
        table = pd.DataFrame(np.outer(share, total), share.index, total.index)
    return table.rename(columns=int)


def _names_units(births: pd.DataFrame) -> bool:
    return "unit_id" in births and bool(births["unit_id"].notna().any())


def _ids_of_units(study: Study, called: pd.Series) -> pd.Series:
    """Ids of units that births call by their names, as most lists do."""
    units = cast("gpd.GeoDataFrame", study.units)
    if "name" not in units:
        return called
    once = units.dropna(subset="name").drop_duplicates("name", keep=False)
    ids = called.map(once.set_index("name")["unit_id"])
    return called.where(called.isin(units["unit_id"]) | ids.isna(), ids)


def _births_without_unit(study: Study) -> list[Problem]:
    """Rows without a unit, where others name theirs, belong nowhere."""
    births = study.births
    if births is None or not _names_units(births) or births["unit_id"].notna().all():
        return []
    lost = births.loc[births["unit_id"].isna(), "births"]
    text = f"{len(lost)} rows with {lost.sum():,.0f} births name no unit, unlike others"
    return [Problem("births", "no_unit", text, "not in the forecast", column="unit_id")]


def reconciled_points(study: Study, points: gpd.GeoDataFrame) -> Points:
    """Multiply the children of each unit to its counted total; a total without children stays."""
    units = cast("gpd.GeoDataFrame", study.units)
    found = to_totals(points, unit_counts(study), units=units["unit_id"])
    changed = points.assign(children=found.children)
    return stacked(study, [changed, _alone(study, found.left, "control")]), found.problems

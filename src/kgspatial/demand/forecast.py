"""The cohort method on a study: its ages, births and coming estates, spread over its points.

Imports from `totals`, `cohort`, `scenarios`, `estates`, `points`, `study`, `inputs` and `errors`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.cohort import forecast_children, forecast_problems
from kgspatial.demand.estates import community_amounts
from kgspatial.demand.points import community_points, stacked
from kgspatial.demand.scenarios import (
    ASSUMPTION,
    Scenario,
    default_scenarios,
    default_survival,
)
from kgspatial.demand.totals import spread_totals
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.study import Study

if TYPE_CHECKING:
    from collections.abc import Sequence

    Points = tuple[gpd.GeoDataFrame, list[Problem]]

SHARED_BIRTHS = {
    "what": "births",
    "name": "of the whole area",
    "evidence": ASSUMPTION,
    "source": "no unit is named; shared by the children of age 0",
}
"""Said in every forecast from births that name no unit."""


def cohort_points(study: Study, year: int | None, scenario: str) -> Points:
    """Children forecast by unit from single years of age and births, spread over the points."""
    wanted = _forecast_year(year)
    forecast = cohort_forecast(study, [wanted], [scenario])
    table = forecast.set_index("unit_id")
    here = (table["children"] - table["delivered"]).fillna(0.0)
    points, problems = spread_totals(study, here, "cohort")
    coming, found = _coming_estates(study, wanted)
    if len(coming):
        points = _with_coming(study, points, coming)
    told = forecast_problems(forecast) + _births_without_unit(study)
    return points, told + found + problems


def _with_coming(
    study: Study, points: gpd.GeoDataFrame, coming: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The points with the children of coming estates where these will stand."""
    there = points["community_id"].isin(coming["community_id"])
    more = points.loc[there, "community_id"].map(coming.set_index("community_id")["children"])
    raised = points["children"].add(more, fill_value=0.0)
    missing = coming[~coming["community_id"].isin(points.loc[there, "community_id"])]
    fresh = community_points(study, missing["children"].to_numpy(), "cohort", missing)
    return stacked(study, [points.assign(children=raised), fresh])


def _coming_estates(study: Study, year: int) -> Points:
    """Communities delivered after the count and by the wanted year, with their children."""
    communities, since = study.communities, _counted_on(study).year
    if communities is None or "delivered_year" not in communities:
        return gpd.GeoDataFrame(), []
    delivered = communities["delivered_year"]
    coming = communities[(delivered > since) & (delivered <= year)]
    if coming.empty:
        return coming, []
    amounts, problems = community_amounts(study, coming, year, "households")
    points = coming.representative_point()
    coming = coming.assign(
        children=amounts.fillna(0.0), unit_id=study.unit_of(points, coming.get("unit_id"))
    )
    inside = coming["unit_id"].isin(cast("gpd.GeoDataFrame", study.units)["unit_id"])
    return coming[inside], problems + _estates_note(coming, year, since)


def _estates_note(coming: gpd.GeoDataFrame, year: int, since: int) -> list[Problem]:
    text = f"{len(coming)} communities are delivered after {since} and by {year}"
    done = f"{coming['children'].sum():,.1f} children were added there by the method 'households'"
    return [Problem("communities", "estates_added", text, done, "note", column="delivered_year")]


def _delivered(study: Study, years: Sequence[int]) -> pd.DataFrame | None:
    """Children in coming estates by unit and year, as the forecast adds them."""
    parts = []
    for year in years:
        coming, _ = _coming_estates(study, year)
        if len(coming):
            parts.append(pd.DataFrame(coming[["unit_id", "children"]]).assign(year=year))
    return pd.concat(parts, ignore_index=True) if parts else None


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
        ``[demand] counted_on``) and may carry ``migration`` (yearly net rate, to which that of
        the scenario is added); births, where given, are those since that day. Communities
        delivered after it are added by the method ``households``.
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
        delivered=_delivered(study, years),
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
    rest = (s for s in default_scenarios() if s.name not in own)
    return tuple(_moving(study, scenario) for scenario in (*made, *rest))


def _moving(study: Study, scenario: Scenario) -> Scenario:
    """A scenario with the units' own rates of migration, to which its rate is added."""
    units = study.units
    if units is None or "migration" not in units or not isinstance(scenario.migration, float):
        return scenario
    own = units.set_index("unit_id")["migration"].astype(np.float64).fillna(0.0)
    return replace(scenario, migration=own + scenario.migration)


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

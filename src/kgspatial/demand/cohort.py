"""The cohort forecast: children of 3 to 5 by unit, school year and scenario.

From children counted by single year of age and from births. Imports from `scenarios`,
`school_years`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kgspatial.demand.scenarios import (
    ASSUMPTION,
    Scenario,
    Survival,
    default_scenarios,
    default_survival,
)
from kgspatial.demand.school_years import (
    KINDERGARTEN_AGES,
    YEAR,
    Cohorts,
    age_spans,
    checked_counts,
    indexed,
    month_of,
    read_births,
    running_school_year,
    school_cut,
)
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

AGE_COLUMNS = [f"age_{age}" for age in KINDERGARTEN_AGES]
URBAN_GROUPS = ("urban", "rural", "unknown")


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a forecast begins: who was counted when, and who was born since."""

    counted: Cohorts
    births: Cohorts
    month: float
    survival: Survival


def forecast_children(
    ages: pd.DataFrame,
    years: Iterable[int],
    *,
    reference: date,
    births: pd.DataFrame | None = None,
    survival: Survival | None = None,
    scenarios: Sequence[Scenario] | None = None,
    delivered: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Forecast children of 3, 4 and 5 by unit, school year and scenario.

    Parameters
    ----------
    ages : DataFrame
        Children by single year of age on the reference date: one row per unit, ``age_0`` to
        ``age_5``; for the school year running on that date also ``age_6``, unless the date is
        31 August. Units are the index or a column ``unit_id``.
    years : iterable of int
        School years, each named by the September in which it begins; none before the one running
        on the reference date.
    reference : date
        Day of the count, such as 31 August, 31 December, or 1 November (census, zero hours).
    births : DataFrame, optional
        Births by unit and calendar year or month, as in :func:`read_births`: those since the
        reference date and those to come as far as the planner gives them. Beyond them, each
        scenario's `births_change` goes on from the last twelve months. Without births, the
        children of ``age_0`` stand for the births of the twelve months before the reference date.
    survival : Survival, optional
        Nobody dies unless given.
    scenarios : sequence of Scenario, optional
        Those of :func:`default_scenarios` unless given.
    delivered : DataFrame, optional
        Children of 3 to 5 living in estates delivered since the count: ``unit_id``, ``year``,
        ``children``. They are added to the year they stand for, not carried forward; several
        rows of a unit and year add up.

    Returns
    -------
    DataFrame
        ``unit_id``, ``year``, ``scenario``, ``age_3``, ``age_4``, ``age_5``, ``delivered``,
        ``children`` (their sum), ``gross_enrolment``, ``expected`` (places asked for: children x
        gross enrolment), in the order of units, years and scenarios. A missing count makes
        missing what depends on it. ``attrs["assumptions"]`` lists survival and scenarios with
        their evidence: see :func:`forecast_problems`.

    Raises
    ------
    InputError
        When a year, an age or a birth year that is needed is missing, units do not match, or a
        number cannot be.

    Notes
    -----
    The cohort-component method for one sex and six ages (Smith, Tayman, Swanson, *A Practitioner's
    Guide to State and Local Population Projections*, 2013, ch. 7). On 31 August of year Y, t years
    after the count, the children of age a are

    ``N(a, Y) = sum_b w(b, a) n(b) K(a, t) + B(a, Y) k(0) ... k(a)``

    with ``n(b)`` counted at age b, ``w`` the share of them born in the cohort's twelve months
    (birthdays evenly spread over the year), ``k(a) = s(a) (1 + m(a))`` survival and migration of
    the year in which age a is reached, ``K`` the product of the last t of these (a part of a year
    counts as a power), and ``B`` births since the count. With t whole, w is 0 or 1. For the
    school year running at the count t is 0: nobody is taken back in time.

    Examples
    --------
    >>> ages = pd.DataFrame({f"age_{a}": [100.0 + a] for a in range(6)}, index=["U1"])
    >>> mid = Scenario("mid")
    >>> found = forecast_children(ages, [2026], reference=date(2025, 8, 31), scenarios=[mid])
    >>> found[["age_3", "age_4", "age_5", "children"]].values.tolist()
    [[102.0, 103.0, 104.0, 309.0]]
    """
    start = _start(ages, reference, births, survival or default_survival())
    chosen = tuple(default_scenarios() if scenarios is None else scenarios)
    wanted = _wanted_years(years, reference)
    names = [s.name for s in chosen]
    if len(set(names)) < len(names):
        raise InputError(f"two scenarios have the same name: {', '.join(names)}")
    units = start.counted.units
    found = np.stack(
        [
            np.stack([_ages_on(start, school_cut(y), KINDERGARTEN_AGES, s) for s in chosen], axis=1)
            for y in wanted
        ],
        axis=1,
    )
    rows = pd.MultiIndex.from_product([units, wanted, names], names=["unit_id", "year", "scenario"])
    table = pd.DataFrame(found.reshape(len(rows), -1), columns=AGE_COLUMNS, index=rows)
    ratios = np.array([[s.enrolment_in(y) for s in chosen] for y in wanted])
    extra = np.repeat(_delivered(delivered, units, wanted).ravel(), len(chosen))
    table = table.assign(delivered=extra)
    table["children"] = table.sum(axis=1, skipna=False)
    table["gross_enrolment"] = np.tile(ratios.ravel(), len(units))
    table["expected"] = table["children"] * table["gross_enrolment"]
    table = table.reset_index()
    table.attrs.update(_attributes(start, reference, chosen))
    return table


def ages_on(
    day: date,
    wanted: Sequence[int],
    ages: pd.DataFrame,
    *,
    reference: date,
    scenario: Scenario,
    births: pd.DataFrame | None = None,
    survival: Survival | None = None,
) -> pd.DataFrame:
    """Forecast the children of some ages on any day: the step behind :func:`forecast_children`.

    Parameters
    ----------
    day : date
        The day of the forecast, at most a year before the reference date.
    wanted : sequence of int
        Ages in completed years.
    ages, reference, births, survival
        As in :func:`forecast_children`; `survival` must reach the highest wanted age.
    scenario : Scenario
        What is assumed.

    Returns
    -------
    DataFrame
        Units x ``age_a``.

    Raises
    ------
    InputError
        As in :func:`forecast_children`.
    """
    start = _start(ages, reference, births, survival or default_survival())
    found = _ages_on(start, month_of(day), wanted, scenario)
    return pd.DataFrame(found, index=start.counted.units, columns=[f"age_{a}" for a in wanted])


def _start(
    ages: pd.DataFrame, reference: date, births: pd.DataFrame | None, survival: Survival
) -> _Start:
    table = indexed(ages)
    numbers = sorted(
        int(c[4:]) for c in map(str, table) if c.startswith("age_") and c[4:].isdecimal()
    )
    if 0 not in numbers:
        raise InputError("the children counted by age have no column 'age_0'")
    month = month_of(reference)
    plain = pd.DataFrame(table[[f"age_{age}" for age in numbers]])
    units = plain.index.rename("unit_id")
    counted = Cohorts(units, checked_counts(plain, "children"), age_spans(month, numbers))
    born = counted.newest() if births is None else _matched(read_births(births), units)
    return _Start(counted, born, month, survival)


def _matched(births: Cohorts, units: pd.Index) -> Cohorts:
    """Births in the order of the counted units; a unit without births has them missing."""
    strange = births.units.difference(units)
    if len(strange):
        raise InputError(
            f"there are births of unit '{strange[0]}', but no children counted by age",
            hint="Both tables need the same unit_id; births have one row per unit.",
        )
    place = births.units.get_indexer(units)
    counts = np.where((place < 0)[:, None], np.nan, births.counts[place])
    return Cohorts(units, counts, births.spans)


def _wanted_years(years: Iterable[int], reference: date) -> list[int]:
    wanted, first = list(dict.fromkeys(years)), running_school_year(reference)
    early = [year for year in wanted if year < first]
    if early or not wanted:
        what = f"school year {early[0]} is over" if early else "there is no school year to forecast"
        raise InputError(
            f"{what}: the children were counted on {reference.isoformat()}",
            hint=f"The first year that this count can tell is {first}.",
        )
    return wanted


def _ages_on(
    start: _Start, month: float, wanted: Sequence[int], scenario: Scenario
) -> NDArray[np.float64]:
    """Units x wanted ages at a month: those counted, and those born since, who are still there."""
    spans = age_spans(month, wanted)
    born = start.births.continued(spans[:, 1].max(), scenario.births_change).after(start.month)
    covered = start.counted.joined(born).covered(spans)
    if month <= start.month - YEAR:
        raise InputError("the day of the forecast is more than a year before the count")
    if not covered.all():
        raise InputError(
            f"ages and births do not tell all who are {wanted[int(np.argmin(covered))]} years old",
            hint="The count has to be by every single year of age, up to 'age_6' for the school "
            "year running on that day; births are needed without a gap since the count.",
        )
    keep = _keep(start, scenario, max(wanted))
    years = max(0.0, (month - start.month) / YEAR)
    stayed = np.column_stack([_power(keep, age, years) for age in wanted])
    grown = np.column_stack([keep[:, : age + 1].prod(axis=1) for age in wanted])
    return np.asarray(start.counted.born_in(spans) * stayed + born.born_in(spans) * grown)


def _power(keep: NDArray[np.float64], age: int, years: float) -> NDArray[np.float64]:
    """Share that reached `age` of those there `years` before: the oldest step may be a part."""
    whole = min(int(np.floor(years + 1e-9)), age + 1)
    part = max(0.0, min(years - whole, 1.0))
    first = age + 1 - whole
    return np.asarray(keep[:, first : age + 1].prod(axis=1) * keep[:, max(first - 1, 0)] ** part)


def _keep(start: _Start, scenario: Scenario, oldest: int) -> NDArray[np.float64]:
    """Share of survivors and movers by unit and age reached, units x 0..oldest."""
    if len(start.survival.reaching) <= oldest:
        raise InputError(f"survival '{start.survival.name}' ends before age {oldest}")
    survival = np.array(start.survival.reaching[: oldest + 1])
    moved = np.zeros((len(start.counted.units), oldest + 1))
    moved[:, 1:] = scenario.migration_of(start.counted.units, oldest)
    return np.asarray(survival * (1.0 + moved))


def _delivered(
    delivered: pd.DataFrame | None, units: pd.Index, years: list[int]
) -> NDArray[np.float64]:
    """Children of delivered estates, units x years; an empty one is no estate, NaN is unknown."""
    if delivered is None:
        return np.zeros((len(units), len(years)))
    strange = pd.Index(delivered["unit_id"]).difference(units)
    if len(strange):
        raise InputError(f"an estate is delivered in unit '{strange[0]}', which has no children")
    checked_counts(delivered[["children"]].reset_index(drop=True), "delivered children")
    keys = [delivered["unit_id"], delivered["year"]]
    children = delivered["children"].astype(np.float64)
    sums = children.groupby(keys).sum().where(~children.isna().groupby(keys).any())
    places = pd.MultiIndex.from_product([units, years])
    filled = sums.reindex(places, fill_value=0.0).to_numpy(dtype=np.float64)
    return np.asarray(filled.reshape(len(units), len(years)))


def _attributes(start: _Start, reference: date, scenarios: Iterable[Scenario]) -> dict[str, Any]:
    """Plain values only: they survive a copy, a concat and a Parquet file."""
    used = [("survival", start.survival)] + [("scenario", s) for s in scenarios]
    return {
        "reference": reference.isoformat(),
        "assumptions": [
            {"what": what, "name": s.name, "evidence": s.evidence, "source": s.source}
            for what, s in used
        ],
    }


def forecast_problems(forecast: pd.DataFrame) -> list[Problem]:
    """Say what a person should know of a forecast: what was assumed, and which units are missing.

    Parameters
    ----------
    forecast : DataFrame
        Of :func:`forecast_children`.

    Returns
    -------
    list of Problem
        A note for each assumption without an observation behind it, a warning for each unit
        that lacks a number in some year.
    """
    notes = [
        Problem(
            "demand",
            "assumed",
            f"{made['what']} '{made['name']}': {made['source']}",
            "used as an assumption; give your own to replace it",
            "note",
        )
        for made in forecast.attrs.get("assumptions", [])
        if made["evidence"] == ASSUMPTION
    ]
    missing = forecast.loc[forecast["children"].isna()].groupby("unit_id", sort=False)["year"]
    return notes + [
        Problem(
            "demand",
            "no_forecast",
            f"unit '{unit}' lacks counts or births for {', '.join(map(str, years.unique()))}",
            "its children of these school years are missing, and not in the totals",
            value=str(unit),
        )
        for unit, years in missing
    ]


def by_urban(forecast: pd.DataFrame, urban: pd.Series) -> pd.DataFrame:
    """Add up a forecast for urban, rural and unknown units apart.

    Parameters
    ----------
    forecast : DataFrame
        Of :func:`forecast_children`.
    urban : Series
        Whether a unit is urban, by ``unit_id``; missing, or no row, is unknown.

    Returns
    -------
    DataFrame
        ``urban`` (``urban``, ``rural``, ``unknown``), ``year``, ``scenario``, the sums of ages,
        delivered, children and expected over the units that have them, ``gross_enrolment``
        (expected per child), ``units`` and ``units_missing`` (units without a number, which the
        sums leave out); where no unit has a number, the sums are missing.

    Raises
    ------
    InputError
        When `urban` has a unit twice.
    """
    if urban.index.has_duplicates:
        twice = urban.index[urban.index.duplicated()][0]
        raise InputError(f"unit '{twice}' is twice in the table of urban units")
    flags = forecast["unit_id"].map(urban.astype("boolean")).astype("boolean")
    named = np.where(flags.fillna(False).to_numpy(dtype=bool), "urban", "rural")
    order = pd.Categorical(np.where(flags.isna(), "unknown", named), URBAN_GROUPS)
    sums = [*AGE_COLUMNS, "delivered", "children", "expected"]
    known = forecast["children"].notna()
    table = forecast[["year", "scenario", *sums]].assign(
        urban=order, units=1, units_missing=(~known).astype(int)
    )
    table[sums] = table[sums].where(known, 0.0)
    keys = ["urban", "year", "scenario"]
    total = table.groupby(keys, sort=False, observed=True).sum().reset_index()
    total = total.sort_values("urban", kind="stable", ignore_index=True)
    total["urban"] = total["urban"].astype(str)
    total[sums] = total[sums].where(total["units_missing"] < total["units"])
    children = total["children"].where(total["children"] > 0.0)
    total["gross_enrolment"] = total["expected"] / children
    return total[[*keys, *sums[:-1], "gross_enrolment", "expected", "units", "units_missing"]]

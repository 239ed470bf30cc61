"""Indicators of units and towns beside those of the area, and from year to year.

Imports from `indicators`, `assess`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kgspatial.balance.assess import Balance
from kgspatial.balance.indicators import assess_indicators
from kgspatial.errors import InputError
from kgspatial.study import WHOLE_AREA

AREA, TOWN, UNIT = "area", "town", "unit"
LEVELS = (AREA, TOWN, UNIT)


def indicators_by_level(
    balance: Balance,
    profile: str | Path = "national",
    *,
    towns: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Judge the indicators of the whole area, of each town and of each unit.

    Parameters
    ----------
    balance : Balance
        Its ``units`` are the units; those without children and kindergartens have no rows.
    profile : str or Path
        Rule profile with the targets; the same at all levels.
    towns : mapping of str to str, optional
        The town to which each unit belongs, where units are smaller than towns (villages, planning
        units); a unit that it does not name belongs to none.

    Returns
    -------
    DataFrame
        One row for each place and indicator: ``level`` (``area``, ``town``, ``unit``), ``place``
        (its id), ``year`` and the fields of an Indicator. Where all units are judged, ``part`` and
        ``whole`` add up over the units to those of the area.

    Raises
    ------
    InputError
        When `towns` names a unit that the balance does not have.

    Examples
    --------
    >>> import geopandas as gpd, kgspatial as kg
    >>> from shapely import Point, box
    >>> rows = {"kindergarten_id": ["K1"], "places": [90], "enrolled": [80], "teachers": [5]}
    >>> gardens = gpd.GeoDataFrame(rows, geometry=[Point(500_050, 2_700_050)], crs="EPSG:4549")
    >>> home = {"community_id": ["C1"], "children": [100]}
    >>> square = box(500_000, 2_700_000, 500_100, 2_700_100)
    >>> homes = gpd.GeoDataFrame(home, geometry=[square], crs="EPSG:4549")
    >>> study = kg.Study(kindergartens=gardens, communities=homes)
    >>> demand = kg.estimate_demand(study, year=2025)
    >>> balance = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
    >>> table = indicators_by_level(balance)
    >>> table.loc[table["id"] == "gross_enrolment", ["level", "place", "value"]].values.tolist()
    [['area', 'all', 0.8], ['unit', 'all', 0.8]]
    """
    home, own = (table["unit_id"].astype(str) for table in (balance.demand, balance.kindergartens))
    units = sorted({*home, *own})
    rows = _rows(balance, profile, AREA, WHOLE_AREA)
    if towns:
        _check_units(towns, {*units, *balance.units["unit_id"].astype(str)})
        for town in sorted(set(towns.values())):
            mine = [unit for unit, of in towns.items() if of == town]
            part = _part(balance, home.isin(mine), own.isin(mine))
            rows += _rows(part, profile, TOWN, town)
    for unit in units:
        rows += _rows(_part(balance, home == unit, own == unit), profile, UNIT, unit)
    return pd.DataFrame(rows)


def indicators_over_years(
    balances: Sequence[Balance], profile: str | Path = "national"
) -> pd.DataFrame:
    """Judge the indicators of several years, each by the targets of its own year, with the trend.

    Parameters
    ----------
    balances : sequence of Balance
        Of different years, in any order.
    profile : str or Path
        Rule profile with the targets.

    Returns
    -------
    DataFrame
        One row for each year and indicator: ``year``, the fields of an Indicator, ``trend``: change
        a year since the last year in which the value is known (NaN in the first).

    Raises
    ------
    InputError
        When a balance has no year, or two have the same.

    Examples
    --------
    >>> import geopandas as gpd, kgspatial as kg
    >>> from shapely import Point, box
    >>> rows = {"kindergarten_id": ["K1"], "places": [90], "enrolled": [80], "teachers": [5]}
    >>> gardens = gpd.GeoDataFrame(rows, geometry=[Point(500_050, 2_700_050)], crs="EPSG:4549")
    >>> home = {"community_id": ["C1"], "children": [100]}
    >>> square = box(500_000, 2_700_000, 500_100, 2_700_100)
    >>> homes = gpd.GeoDataFrame(home, geometry=[square], crs="EPSG:4549")
    >>> study = kg.Study(kindergartens=gardens, communities=homes)
    >>> demand = kg.estimate_demand(study, year=2025)
    >>> balance = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
    >>> table = indicators_over_years([balance])
    >>> table.loc[table["id"] == "gross_enrolment", ["year", "value", "trend"]].values.tolist()
    [[2025.0, 0.8, nan]]
    """
    years = [balance.year for balance in balances]
    if None in years or len(set(years)) < len(years):
        shown = ", ".join("no year" if year is None else str(year) for year in years)
        raise InputError(
            f"a trend needs balances of different years, not {shown}",
            hint="Estimate the demand of each year: estimate_demand(study, year=2030).",
        )
    rows = [row for b in balances for row in _rows(b, profile, AREA, WHOLE_AREA)]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).drop(columns=["level", "place"])
    table = table.sort_values("year", kind="stable").reset_index(drop=True)
    value = pd.to_numeric(table["value"]).astype(float)
    known = table.assign(value=value)[value.notna()].groupby("id")
    change = known["value"].diff() / known["year"].diff()
    return table.assign(trend=change.reindex(table.index).astype(float))


def _part(balance: Balance, home: pd.Series, own: pd.Series) -> Balance:
    """The demand points and kindergartens of a place; all that indicators look at."""
    return replace(
        balance,
        demand=balance.demand[home.to_numpy(dtype=bool)],
        kindergartens=balance.kindergartens[own.to_numpy(dtype=bool)],
    )


def _rows(balance: Balance, profile: str | Path, level: str, place: str) -> list[dict[str, object]]:
    head = {"level": level, "place": place, "year": balance.year}
    return [{**head, **asdict(found)} for found in assess_indicators(balance, profile)]


def _check_units(towns: Mapping[str, str], known: set[str]) -> None:
    unknown = np.sort([unit for unit in towns if unit not in known])
    if len(unknown):
        hint = f"Known: {', '.join(sorted(known))}."
        raise InputError(f"there is no unit '{unknown[0]}'", column="unit_id", hint=hint)

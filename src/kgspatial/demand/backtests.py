"""How wrong a forecast was: demand forecast for a year against the children counted in it.

Imports from `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kgspatial.errors import InputError

FORECAST_COLUMNS = ("expected", "children")
ACTUAL_COLUMNS = ("enrolled", "children")


@dataclass(frozen=True, eq=False)
class Backtest:
    """Errors of a forecast by unit and in total.

    Parameters
    ----------
    units : DataFrame
        By ``unit_id``: ``forecast``, ``actual`` (children), ``error`` (forecast minus actual:
        positive is too many), ``absolute_error``, ``relative_error`` (of the actual; missing
        where that is 0) and ``found`` (``both``, ``forecast only``, ``actual only``,
        ``neither``). Units that lack a side keep their row, with missing errors.
    compared : int
        Units with both sides; the totals are over these.
    forecast, actual : float
        Children of the compared units.
    mae : float
        Mean absolute error by unit, in children.
    mape : float
        Mean absolute percentage error weighted by the actual, as a share: the sum of absolute
        errors over the sum of actuals.
    bias : float
        Sum of errors over the sum of actuals: positive where too many children were forecast.
    """

    units: pd.DataFrame
    compared: int
    forecast: float
    actual: float
    mae: float
    mape: float
    bias: float

    @property
    def missing(self) -> pd.DataFrame:
        """The units that lack a side."""
        return self.units.loc[self.units["found"] != "both"]

    def __repr__(self) -> str:
        return (
            f"<Backtest of {self.compared} units: {self.forecast:,.0f} forecast, "
            f"{self.actual:,.0f} counted, bias {self.bias:+.1%}, weighted MAPE {self.mape:.1%}, "
            f"MAE {self.mae:,.1f}; {len(self.missing)} units not compared>"
        )


def backtest(
    demand_then: pd.Series | pd.DataFrame, enrolled_now: pd.Series | pd.DataFrame
) -> Backtest:
    """Compare what was forecast for a year with what was counted in it.

    Parameters
    ----------
    demand_then : Series or DataFrame
        Children forecast, by unit: a Series by unit id, or a DataFrame with ``unit_id`` and
        ``expected`` (used first) or ``children``, of one year and one scenario.
    enrolled_now : Series or DataFrame
        Children enrolled, or otherwise counted, by unit: a Series, or a DataFrame with
        ``unit_id`` and ``enrolled`` (used first) or ``children``. Rows of one unit, such as its
        kindergartens, add up; one missing number makes the unit's missing.

    Returns
    -------
    Backtest
        Units in the order of `demand_then`, then those found only in `enrolled_now`.

    Raises
    ------
    InputError
        When a column is missing, a Series has a unit twice, or the forecast is of several years
        or scenarios.

    Notes
    -----
    Children enrolled are those of a unit's kindergartens, not those who live there: compare towns
    or districts that few children leave for kindergarten. Weighted MAPE and algebraic bias: Smith,
    Tayman, Swanson, *A Practitioner's Guide to State and Local Population Projections*, 2013,
    ch. 13.

    Examples
    --------
    >>> found = backtest(pd.Series({"A": 110.0, "B": 45.0}), pd.Series({"A": 100.0, "B": 50.0}))
    >>> found.mae, round(found.mape, 3), round(found.bias, 3)
    (7.5, 0.1, 0.033)
    """
    forecast = _by_unit(demand_then, FORECAST_COLUMNS, "the forecast")
    actual = _by_unit(enrolled_now, ACTUAL_COLUMNS, "the count")
    units = forecast.index.append(actual.index.difference(forecast.index))
    table = pd.DataFrame(
        {"forecast": forecast.reindex(units), "actual": actual.reindex(units)}, index=units
    ).rename_axis("unit_id")
    error = table["forecast"] - table["actual"]
    table["error"] = error
    table["absolute_error"] = error.abs()
    table["relative_error"] = error / table["actual"].where(table["actual"] != 0.0)
    table["found"] = np.select(
        [error.notna(), table["forecast"].notna(), table["actual"].notna()],
        ["both", "forecast only", "actual only"],
        "neither",
    )
    return _totals(table)


def _totals(table: pd.DataFrame) -> Backtest:
    both = table.loc[table["found"] == "both"]
    forecast, actual = float(both["forecast"].sum()), float(both["actual"].sum())
    absolute = float(both["absolute_error"].sum())
    return Backtest(
        units=table,
        compared=len(both),
        forecast=forecast,
        actual=actual,
        mae=absolute / len(both) if len(both) else float("nan"),
        mape=absolute / actual if actual else float("nan"),
        bias=(forecast - actual) / actual if actual else float("nan"),
    )


def _by_unit(given: pd.Series | pd.DataFrame, columns: tuple[str, ...], what: str) -> pd.Series:
    if isinstance(given, pd.Series):
        if given.index.has_duplicates:
            twice = given.index[given.index.duplicated()][0]
            raise InputError(f"{what} has unit '{twice}' twice")
        return _numbers(given, what)
    column = next((c for c in columns if c in given), None)
    if column is None or "unit_id" not in given:
        raise InputError(f"{what} needs 'unit_id' and one of: {', '.join(columns)}")
    for several in ("year", "scenario"):
        if several in given and len(given[several].unique()) > 1:
            raise InputError(
                f"{what} has several values, but a back-test is of one",
                column=several,
                hint=f"Choose: forecast[forecast['{several}'] == ...]",
            )
    numbers, unit = _numbers(given[column], what), given["unit_id"]
    missing = numbers.isna().groupby(unit, sort=False).any()
    return numbers.groupby(unit, sort=False).sum().where(~missing)


def _numbers(given: pd.Series, what: str) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(given):
        raise InputError(f"{what} is not in numbers", column=str(given.name))
    return given.astype(np.float64)

"""Which births belong to which school year, in months, and the children of 3 to 5 they give.

Imports from `errors`. Time is a count of months since year 0, so that a calendar year, a single
year of age and a school cohort are all spans, and what one gives to another is their overlap.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDERGARTEN_AGES = (3, 4, 5)
CUT_MONTH = 8
"""A child of school year Y is 3, 4 or 5 by 31 August Y (entry rules of Chengdu and Zhuhai)."""

YEAR = 12.0
"""Months."""

ROUNDING = 1e-9
"""Months, or shares: what is smaller comes from rounding."""

FIRST_YEAR, LAST_YEAR = 1900, 2200


def month_of(day: date) -> float:
    """Months from year 0 to the end of a day.

    The first of a month counts from its first hour, as the census does (1 November, zero hours);
    every other day counts to its end, as year-end registers do.

    Examples
    --------
    >>> month_of(date(2020, 11, 1)) == month_of(date(2020, 10, 31)) == 2020 * 12 + 10
    True
    """
    passed = 0 if day.day == 1 else day.day
    return day.year * YEAR + day.month - 1 + passed / monthrange(day.year, day.month)[1]


def school_cut(year: int) -> float:
    """Months from year 0 to the end of 31 August of a school year."""
    return year * YEAR + CUT_MONTH


def running_school_year(day: date) -> int:
    """Return the school year whose 31 August is the last one up to a day.

    Examples
    --------
    >>> running_school_year(date(2024, 12, 31)), running_school_year(date(2024, 8, 30))
    (2024, 2023)
    """
    return day.year if month_of(day) >= school_cut(day.year) else day.year - 1


def age_spans(month: float, ages: Sequence[int]) -> NDArray[np.float64]:
    """Return the months of birth of those who are so many completed years old, ages x 2."""
    oldest = np.asarray(ages, dtype=np.float64) + 1.0
    return np.column_stack([month - oldest * YEAR, month - (oldest - 1.0) * YEAR])


def overlaps(sources: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the months that each source span shares with each target span."""
    start = np.maximum(sources[:, None, 0], targets[None, :, 0])
    end = np.minimum(sources[:, None, 1], targets[None, :, 1])
    common = np.clip(end - start, 0.0, None)
    return np.where(common > ROUNDING, common, 0.0)


@dataclass(frozen=True, eq=False)
class Cohorts:
    """People by unit and span of birth months, evenly spread within each span.

    Parameters
    ----------
    units : Index
        Unit ids.
    counts : array, units x spans
        Persons; NaN where unknown.
    spans : array, spans x 2
        First and last month of birth (months since year 0), without overlap.
    """

    units: pd.Index
    counts: NDArray[np.float64]
    spans: NDArray[np.float64]

    @property
    def end(self) -> float:
        """The month up to which births are known."""
        return float(self.spans[:, 1].max())

    def born_in(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Persons by unit born in each target span, units x targets; unknown parts count as 0.

        A missing count makes every target missing that takes something of it.
        """
        shares = overlaps(self.spans, targets) / np.diff(self.spans, axis=1)
        missing = np.isnan(self.counts).astype(np.float64) @ (shares > 0.0)
        return np.where(missing > 0.0, np.nan, np.nan_to_num(self.counts) @ shares)

    def covered(self, targets: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether the spans tell all of each target span."""
        told = overlaps(self.spans, targets).sum(axis=0)
        return np.asarray(told >= np.diff(targets, axis=1)[:, 0] - 1e-6)

    def after(self, month: float) -> Cohorts:
        """Only those born after a month; a span that is cut keeps its even share."""
        start = np.maximum(self.spans[:, 0], month)
        left = (self.spans[:, 1] - start) / np.diff(self.spans, axis=1)[:, 0]
        kept = left > ROUNDING
        spans = np.column_stack([start, self.spans[:, 1]])
        return Cohorts(self.units, self.counts[:, kept] * left[kept], spans[kept])

    def newest(self) -> Cohorts:
        """The last span alone."""
        last = [int(self.spans[:, 1].argmax())]
        return Cohorts(self.units, self.counts[:, last], self.spans[last])

    def joined(self, other: Cohorts) -> Cohorts:
        """Both together, for the same units."""
        counts = np.column_stack([self.counts, other.counts])
        return Cohorts(self.units, counts, np.vstack([self.spans, other.spans]))

    def continued(self, until: float, change: float) -> Cohorts:
        """Go on to a month: each twelve months bring 1 + `change` times the twelve before.

        Raises
        ------
        InputError
            When the last twelve months are not known as a whole.
        """
        last = np.array([[self.end - YEAR, self.end]])
        if not self.covered(last).all():
            raise InputError(
                "births are known for less than twelve months in a row",
                hint="A scenario of births starts from the births of the last twelve months.",
            )
        steps = np.arange(max(0, int(np.ceil((until - self.end) / YEAR - ROUNDING))))
        if not steps.size:
            return self
        later = self.end + YEAR * np.column_stack([steps, steps + 1.0])
        counts = self.born_in(last) * (1.0 + change) ** (steps + 1.0)
        return self.joined(Cohorts(self.units, counts, later))


def read_births(births: pd.Series | pd.DataFrame) -> Cohorts:
    """Take births by calendar year, or by month, as spans.

    Parameters
    ----------
    births : Series or DataFrame
        Persons. A Series is one unit; a DataFrame has one row per unit, which is its index or a
        column ``unit_id``. The Series' index, or the
        DataFrame's columns, are calendar years as integers or months as a monthly PeriodIndex.
        A calendar year's births are spread evenly: a third of them falls in September to December.

    Raises
    ------
    InputError
        When years repeat or are no years, a unit repeats, or a count is negative or no number.
    """
    table = births.to_frame().T if isinstance(births, pd.Series) else indexed(births)
    spans = _calendar_spans(table.columns)
    return Cohorts(table.index, checked_counts(table, "births"), spans)


def indexed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the unit ids as its index, whether or not they are a column."""
    if "unit_id" not in table.columns:
        return table
    found = table.set_index("unit_id")
    # The text among the headings made years and months plain objects.
    return found.set_axis(found.columns.infer_objects(), axis=1)


def _calendar_spans(times: pd.Index) -> NDArray[np.float64]:
    if times.has_duplicates:
        raise InputError(f"births of {times[times.duplicated()][0]} are given twice")
    if isinstance(times, pd.PeriodIndex):
        if times.freqstr != "M":
            raise InputError(f"births are given by periods of '{times.freqstr}', not by months")
        start = times.year.to_numpy() * YEAR + times.month.to_numpy() - 1.0
        return np.column_stack([start, start + 1.0])
    if (
        not pd.api.types.is_integer_dtype(times)
        or not times.isin(range(FIRST_YEAR, LAST_YEAR)).all()
    ):
        raise InputError(
            "births are not given by calendar year",
            hint="Use years as integers, such as 2024, or a monthly PeriodIndex.",
        )
    start = times.to_numpy(dtype=np.float64) * YEAR
    return np.column_stack([start, start + YEAR])


def checked_counts(table: pd.DataFrame, what: str) -> NDArray[np.float64]:
    """Return a table of units x columns as counts of persons, missing ones as NaN.

    Raises
    ------
    InputError
        When a unit repeats, or a count is negative, infinite or no number.
    """
    if table.index.has_duplicates:
        raise InputError(
            f"unit '{table.index[table.index.duplicated()][0]}' is given twice: {what}"
        )
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise InputError(f"{what} are not numbers", column=str(column))
    counts = table.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.argwhere((counts < 0.0) | np.isinf(counts))
    if len(wrong):
        unit, column = table.index[wrong[0, 0]], table.columns[wrong[0, 1]]
        value = counts[wrong[0, 0], wrong[0, 1]]
        raise InputError(f"{what} of unit '{unit}' are {value:g}", column=str(column))
    return counts


def school_cohorts(births: pd.Series | pd.DataFrame, years: Iterable[int]) -> pd.DataFrame:
    """Children of 3, 4 and 5 in each school year, from births alone.

    In school year Y a child counts as 3, 4 or 5 who turned that age by 31 August Y: those born
    from September Y-6 to August Y-3. Nobody dies or moves: this is what the births leave, not
    what lives there.

    Parameters
    ----------
    births : Series or DataFrame
        As in :func:`read_births`: by calendar year or month, of one unit or of units x years.
    years : iterable of int
        School years, each named by the September in which it begins.

    Returns
    -------
    DataFrame
        ``year``, ``age_3``, ``age_4``, ``age_5``, ``children``, led by ``unit_id`` where `births`
        is a DataFrame; in the order of units and years. Missing where births are not known.

    Raises
    ------
    InputError
        See :func:`read_births`.

    Notes
    -----
    Entry rule: 3 by 31 August (Zhuhai 2023, Chengdu 2025). Ages 3, 4, 5 of school year Y are one
    third of the births of Y-6, all of Y-5 and Y-4 and two thirds of Y-3.

    Examples
    --------
    >>> births = pd.Series({2014: 1687, 2015: 1655, 2016: 1786, 2017: 1723})
    >>> school_cohorts(births, [2020]).round().astype(int).to_dict("records")
    [{'year': 2020, 'age_3': 1744, 'age_4': 1742, 'age_5': 1666, 'children': 5152}]
    """
    known = read_births(births)
    wanted = list(dict.fromkeys(years))
    spans = np.vstack([age_spans(school_cut(y), KINDERGARTEN_AGES) for y in wanted])
    born = np.where(known.covered(spans), known.born_in(spans), np.nan)
    rows = pd.MultiIndex.from_product([known.units, wanted], names=["unit_id", "year"])
    names = [f"age_{age}" for age in KINDERGARTEN_AGES]
    table = pd.DataFrame(born.reshape(len(rows), len(names)), index=rows, columns=names)
    table = table.assign(children=table.sum(axis=1, skipna=False)).reset_index()
    return table.drop(columns="unit_id") if isinstance(births, pd.Series) else table

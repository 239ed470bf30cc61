"""What indicators count: a part of a whole, with what missing inputs leave open between two ends.

Imports from `rules`, `assess`, `standards`, `demand.residents`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.assess import Balance
from kgspatial.balance.rules.areas import check_areas
from kgspatial.balance.rules.class_size import check_class_sizes
from kgspatial.balance.rules.verdicts import MET, UNKNOWN, subjects_of
from kgspatial.demand.residents import numbers_of
from kgspatial.standards import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A part and its whole; what nobody tells lies between the ends of the part.

    Parameters
    ----------
    low, high : float
        Ends of the part; equal where the inputs tell it.
    whole : float
        What it is a part of, or is divided by.
    """

    low: float
    high: float
    whole: float

    @property
    def ends(self) -> tuple[float, float] | None:
        """Least and greatest quotient; None where there is no whole."""
        if not self.whole > 0:
            return None
        return self.low / self.whole, self.high / self.whole


def measures_of(balance: Balance, profile: Profile) -> dict[str, Measure]:
    """Return what each indicator counts in a balance; those that the inputs do not tell are not there.

    Parameters
    ----------
    balance : Balance
        Kindergartens need ``enrolled`` throughout for all that is said of children enrolled.
    profile : Profile
        Class sizes and areas per child, those in force in the balance's year.

    Examples
    --------
    >>> Measure(low=160.0, high=160.0, whole=200.0).ends
    (0.8, 0.8)
    """
    gardens = balance.kindergartens
    counted = gardens[gardens["counted"].astype(bool)]
    by_year = {
        "class_size_share": _class_sizes(counted, profile, balance.year),
        "areas_share": _areas(counted, profile, balance.year),
    }
    found: dict[str, Measure | None] = {
        **{name: count(balance, counted) for name, count in COUNTS.items()},
        **by_year,
    }
    return {name: measure for name, measure in found.items() if measure is not None}


def _enrolled(gardens: pd.DataFrame) -> float | None:
    """Children enrolled; None where there are none or a kindergarten does not tell."""
    enrolled = numbers_of(gardens, "enrolled")
    known = len(enrolled) and not np.isnan(enrolled).any() and enrolled.sum() > 0
    return float(enrolled.sum()) if known else None


def _gross_enrolment(balance: Balance, counted: gpd.GeoDataFrame) -> Measure | None:
    return _exact(_enrolled(counted), float(balance.demand["children"].sum()))


def _of_kinds(counted: gpd.GeoDataFrame, kinds: tuple[str, ...]) -> Measure | None:
    if counted["kind"].isna().any():
        return None
    return _exact(_sum_where(counted, counted["kind"].isin(kinds)), _enrolled(counted))


def _public(_: Balance, counted: gpd.GeoDataFrame) -> Measure | None:
    return _of_kinds(counted, ("public",))


def _inclusive(_: Balance, counted: gpd.GeoDataFrame) -> Measure | None:
    return _of_kinds(counted, ("public", "inclusive"))


def _licensed(balance: Balance, _: gpd.GeoDataFrame) -> Measure | None:
    """Of all that are open, also those that are no supply for want of a licence."""
    gardens = balance.kindergartens
    there = gardens[gardens["not_counted"].ne("not_open").to_numpy(dtype=bool)]
    if "licensed" not in there or there["licensed"].isna().any():
        return None
    return _exact(_sum_where(there, there["licensed"].astype(bool)), _enrolled(there))


def _coverage(balance: Balance, _: gpd.GeoDataFrame) -> Measure | None:
    children, unreached = (float(balance.demand[c].sum()) for c in ("children", "unreached"))
    return _exact(children - unreached, children)


def _per_person(*columns: str) -> Callable[[Balance, gpd.GeoDataFrame], Measure | None]:
    """Children enrolled per person of these columns."""

    def count(_: Balance, counted: gpd.GeoDataFrame) -> Measure | None:
        persons = sum(numbers_of(counted, column).sum() for column in columns)
        return None if np.isnan(persons) else _exact(_enrolled(counted), float(persons))

    return count


COUNTS: dict[str, Callable[[Balance, gpd.GeoDataFrame], Measure | None]] = {
    "public_share": _public,
    "inclusive_share": _inclusive,
    "gross_enrolment": _gross_enrolment,
    "children_per_teacher": _per_person("teachers"),
    "children_per_staff": _per_person("staff"),
    "children_per_educator": _per_person("teachers", "carers"),
    "coverage": _coverage,
    "licensed_share": _licensed,
}
"""Indicators that need no rule, by what they count."""


def _exact(part: float | None, whole: float | None) -> Measure | None:
    return None if part is None or whole is None else Measure(part, part, whole)


def _sum_where(gardens: pd.DataFrame, which: pd.Series) -> float:
    return float(numbers_of(gardens, "enrolled")[which.to_numpy(dtype=bool)].sum())


def _class_sizes(counted: gpd.GeoDataFrame, profile: Profile, year: int | None) -> Measure | None:
    """Classes of the kindergartens whose children fit into what their classes hold by age group.

    Children by class are in no layer: a kindergarten with more children than that counts with none
    of its classes, one of which nobody can tell with none or with all.
    """
    classes = numbers_of(counted, "classes")
    if not len(classes) or np.isnan(classes).any():
        return None
    found = check_class_sizes(counted, subjects_of(counted, "kindergarten_id"), profile, year)
    if len(found) != len(classes):
        return None
    return _shared(found["verdict"], classes)


def _areas(counted: gpd.GeoDataFrame, profile: Profile, year: int | None) -> Measure | None:
    """Kindergartens that have all areas per child that the rules ask of those opened since a year."""
    asked = {r.id for r in profile.rules if r.id.startswith("areas.") and r.opened_from and r.binds}
    subjects = subjects_of(counted, "kindergarten_id")
    tables = check_areas(counted, subjects, [None] * len(counted), profile, year)
    rows = [table[table["rule"].isin(asked)] for table in tables]
    if not any(len(table) for table in rows):
        return None
    every = pd.concat([table for table in rows if len(table)])
    worst = every["verdict"].map({MET: 0, UNKNOWN: 1}).fillna(2).groupby(every["subject_id"]).max()
    verdicts = worst.map({0: MET, 1: UNKNOWN, 2: "not_met"})
    return _shared(verdicts, np.ones(len(verdicts)))


def _shared(verdicts: pd.Series, weights: Floats) -> Measure:
    """The weight of what is met, and what may be met, of all."""
    met, unknown = ((verdicts == v).to_numpy(dtype=bool) for v in (MET, UNKNOWN))
    low = float(weights[met].sum())
    return Measure(low, low + float(weights[unknown].sum()), float(weights.sum()))

"""What a cohort forecast assumes: who lives on, and scenarios of births, moves and enrolment.

Imports from `errors`; the defaults are data (`cohort_defaults.toml`) and are assumptions, not facts.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASSUMPTION = "assumption"
"""Evidence mark of what was chosen and not observed."""


@dataclass(frozen=True)
class Survival:
    """Who lives on from age to age.

    Parameters
    ----------
    name : str
        What it is called in the result.
    reaching : tuple of float
        ``reaching[0]`` is the share of births present at age 0, ``reaching[a]`` the share of
        children aged a - 1 present a year later at age a. From 0 to 1.
    evidence, source : str
        Where the numbers come from.
    """

    name: str
    reaching: tuple[float, ...]
    evidence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not all(0.0 <= share <= 1.0 for share in self.reaching):
            raise InputError(f"survival '{self.name}' has shares outside 0 to 1: {self.reaching}")


@dataclass(frozen=True, eq=False)
class Scenario:
    """What the planner assumes about the years to come.

    Parameters
    ----------
    name : str
        What it is called in the result.
    births_change : float
        Yearly rate of change of births after the last known twelve months: -0.08 is 8 % fewer
        each year.
    migration : float, Series or DataFrame
        Yearly net rate, as a share of the children: one for all, by unit (Series), or by unit and
        age (DataFrame with ``age_1`` ... ``age_5``: the age reached during the year). It begins
        with the first birthday; births are counted where the children live.
    enrolment : float or Series
        Gross enrolment ratio, places asked for per child; one for all, or by school year. It may
        exceed 1.
    evidence, source : str
        Where the numbers come from.
    """

    name: str
    births_change: float = 0.0
    migration: float | pd.Series | pd.DataFrame = 0.0
    enrolment: float | pd.Series = 1.0
    evidence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not self.births_change > -1.0:
            raise InputError(f"scenario '{self.name}': births_change is {self.births_change:g}")
        if not np.all(np.asarray(self.migration, dtype=np.float64) > -1.0):
            raise InputError(
                f"scenario '{self.name}': a migration rate is missing, or -1 or less",
                hint="-0.02 says that 2 % of the children leave each year.",
            )
        if not np.all(np.asarray(self.enrolment, dtype=np.float64) >= 0.0):
            raise InputError(f"scenario '{self.name}': an enrolment ratio is missing or negative")

    def migration_of(self, units: pd.Index, oldest: int) -> NDArray[np.float64]:
        """Yearly net rates, units x ages reached (1 to `oldest`).

        Raises
        ------
        InputError
            When a unit or an age has no rate, or a unit has two.
        """
        rates = self.migration
        if not isinstance(rates, (pd.Series, pd.DataFrame)):
            return np.full((len(units), oldest), float(rates))
        missing = units.difference(rates.index)
        if len(missing) or rates.index.has_duplicates:
            what = f"no rate of unit '{missing[0]}'" if len(missing) else "a unit with two rates"
            raise InputError(f"scenario '{self.name}': migration has {what}")
        if isinstance(rates, pd.Series):
            one = rates.loc[units].to_numpy(dtype=np.float64)
            return np.repeat(one[:, None], oldest, axis=1)
        names = [f"age_{age}" for age in range(1, oldest + 1)]
        absent = [name for name in names if name not in rates]
        if absent:
            raise InputError(f"scenario '{self.name}': migration has no column", column=absent[0])
        return np.asarray(rates.loc[units, names].to_numpy(dtype=np.float64))

    def enrolment_in(self, year: int) -> float:
        """Gross enrolment ratio of a school year.

        Raises
        ------
        InputError
            When the ratios are by year and this one has none.
        """
        ratio = self.enrolment
        if not isinstance(ratio, pd.Series):
            return float(ratio)
        if year not in ratio.index:
            raise InputError(f"scenario '{self.name}' has no enrolment ratio for {year}")
        return float(ratio.loc[year])


@cache
def _defaults() -> dict[str, dict[str, dict[str, Any]]]:
    path = files("kgspatial") / "demand" / "cohort_defaults.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def default_survival(name: str = "neutral") -> Survival:
    """Return a survival table that comes with kgspatial: ``neutral`` (nobody dies) or another.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    tables = _defaults()["survival"]
    if name not in tables:
        raise InputError(
            f"there is no survival table '{name}'", hint=f"Known: {', '.join(tables)}."
        )
    table = tables[name]
    return Survival(name, tuple(table["reaching"]), table["evidence"], table["source"])


def default_scenarios() -> tuple[Scenario, ...]:
    """Return low, mid and high: the planner's assumptions to replace, not facts; mid is no change.

    Examples
    --------
    >>> [(s.name, s.births_change, s.evidence) for s in default_scenarios()]
    [('low', -0.08, 'assumption'), ('mid', 0.0, 'assumption'), ('high', 0.08, 'assumption')]
    """
    return tuple(Scenario(name, **values) for name, values in _defaults()["scenarios"].items())

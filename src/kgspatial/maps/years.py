"""The years that the map's slider steps through, each with its states before and after.

Imports from `errors`, `study`, `balance`, `siting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgspatial.errors import InputError
from kgspatial.study import OUTSIDE

if TYPE_CHECKING:
    import geopandas as gpd

    from kgspatial.balance import Balance
    from kgspatial.siting import LayoutPlan

SAME_IN_ALL_YEARS = (("communities", "community_id"), ("units", "unit_id"))


@dataclass(frozen=True, eq=False)
class YearState:
    """One position of the slider.

    Parameters
    ----------
    year : int
        The year.
    before : Balance
        Its state.
    after : Balance, optional
        Its state with the plan.
    """

    year: int
    before: Balance
    after: Balance | None = None


def year_states(
    balance: Balance,
    after: Balance | None,
    years: Mapping[int, Balance] | None,
    layout: LayoutPlan | None = None,
) -> tuple[YearState, ...]:
    """Return the positions of the slider in order, that of `balance` among them.

    Parameters
    ----------
    balance : Balance
        The state that the map opens with.
    after : Balance, optional
        The same year's state with the proposed sites.
    years : mapping of int to Balance, optional
        States of other years; those of the layout unless given.
    layout : LayoutPlan, optional
        Gives the years after the plan.

    Returns
    -------
    tuple of YearState
        Empty when there is one year only.

    Raises
    ------
    InputError
        When `balance` has no year, or a year has other communities or units.
    """
    given = dict(years if years is not None else (layout.before if layout is not None else {}))
    planned = {} if layout is None else layout.after
    if not given or (years is None and balance.year is None):
        return ()
    if balance.year is None:
        raise InputError(
            "a map of several years needs to know the year of its first state",
            hint="set plan.year, or year= of estimate_demand",
        )
    for year, state in given.items():
        _check_same(balance, state, year)
    given[balance.year] = balance
    later = {**planned, **({} if after is None else {balance.year: after})}
    found = [YearState(year, given[year], later.get(year)) for year in sorted(given)]
    return tuple(found) if len(found) > 1 else ()


def _check_same(balance: Balance, state: Balance, year: int) -> None:
    for layer, column in SAME_IN_ALL_YEARS:
        ours: gpd.GeoDataFrame = getattr(balance, layer)
        theirs: gpd.GeoDataFrame = getattr(state, layer)
        ids = [set(table[column].astype(str)) - {OUTSIDE} for table in (ours, theirs)]
        if ids[0] != ids[1]:
            raise InputError(
                f"the {layer} of {year} are not those of {balance.year}",
                column=column,
                hint="assess all years of a map with one study",
            )

"""The phases of a layout: children of each year and scenario on one table of points, and their walks.

Imports from `demand`, `travel`, `supply`, `study`, `siting.candidates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance import Balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import InputError
from kgspatial.inputs.settings import LayoutSettings
from kgspatial.siting.candidates import candidate_sites
from kgspatial.siting.layout import Situations
from kgspatial.study import Study
from kgspatial.supply import kindergarten_supply
from kgspatial.terms import LANGUAGES, term
from kgspatial.travel import TravelMatrix, measure_travel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LAST_PHASE_YEARS = 5.0
"""Years that a single phase stands for when nothing says when the one before it was."""


@dataclass(frozen=True, eq=False)
class Phases:
    """What the phases of a layout are about.

    Parameters
    ----------
    years : tuple of int
        The phases.
    lasting : ndarray
        Years that each stands for: since the one before it, the first since the plan's year.
    scenarios : tuple of str
        Of the forecast; the first is the one that is shown.
    points : GeoDataFrame
        Demand points of all phases, without children.
    situations : Situations
        Children by phase and scenario; weights sum to 1, so that served is children a year.
    supply : tuple of GeoDataFrame
        The kindergartens in each phase as they are foreseen without a plan.
    travel, reach : TravelMatrix
        Points x kindergartens, points x candidates, metres.
    candidates, excluded : GeoDataFrame
        Candidates that may be used by the last phase, and those that may not, with the reason.
    """

    years: tuple[int, ...]
    lasting: Floats
    scenarios: tuple[str, ...]
    points: gpd.GeoDataFrame
    situations: Situations
    supply: tuple[gpd.GeoDataFrame, ...]
    travel: TravelMatrix
    reach: TravelMatrix
    candidates: gpd.GeoDataFrame
    excluded: gpd.GeoDataFrame

    def children(self, phase: int, scenario: int = 0) -> Floats:
        """Children of each point in a phase and scenario."""
        at = (self.situations.phase == phase) & (self.situations.scenario == scenario)
        return np.asarray(self.situations.demand[:, np.flatnonzero(at)[0]], dtype=np.float64)

    def points_in(self, phase: int, scenario: int = 0) -> gpd.GeoDataFrame:
        """The demand points with the children of a phase and scenario."""
        return self.points.assign(children=self.children(phase, scenario))


def phases_of(
    study: Study, balance: Balance, layout: LayoutSettings, ladder: NDArray[np.int64]
) -> Phases:
    """Estimate the children of every phase and scenario and measure their walks.

    `ladder` holds the sizes of new sites, in classes.

    Raises
    ------
    InputError
        When there are no phases, they are not in order, or a forecast cannot be made.
    """
    years = _years(layout, balance.year)
    start = balance.year if balance.year is not None and balance.year < years[0] else None
    first = years[0] - start if start is not None else LAST_PHASE_YEARS
    lasting = np.array([first, *np.diff(years)], dtype=np.float64)
    method = layout.demand_method or ("cohort" if study.births is not None else None)
    found = {
        (s, year): estimate_demand(study, year=year, method=method, scenario=s).points
        for s in layout.scenarios
        for year in years
    }
    points = _all_points([balance.demand, *found.values()])
    demand = np.column_stack([_children_at(points, table) for table in found.values()])
    chance = _likelihood(layout)
    weights = np.outer(chance, lasting / lasting.sum()).ravel()
    situations = Situations(
        demand,
        np.tile(np.arange(len(years)), len(layout.scenarios)),
        np.repeat(np.arange(len(layout.scenarios)), len(years)),
        weights,
    )
    short = _with_unserved(points, balance)
    supply = tuple(kindergarten_supply(study, year=year) for year in years)
    usable, excluded = _of_open_kindergartens(
        *candidate_sites(study, short, year=years[-1], classes=ladder.tolist()), supply
    )
    network = balance.travel.network
    walking = points.assign(children=demand.max(axis=1))
    return Phases(
        years,
        lasting,
        layout.scenarios,
        points,
        situations,
        supply,
        measure_travel(study, walking, network=network),
        measure_travel(study, walking, to=usable, network=network),
        usable,
        excluded,
    )


def _of_open_kindergartens(
    usable: gpd.GeoDataFrame, excluded: gpd.GeoDataFrame, supply: tuple[gpd.GeoDataFrame, ...]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Without expansions of kindergartens that count as supply in no phase; these are excluded."""
    counted = np.logical_or.reduce([t["counted"].to_numpy(dtype=bool) for t in supply])
    closed = supply[0][~counted]
    named = dict(zip(closed["kindergarten_id"].astype(str), closed["name"], strict=True))
    idle = usable["kindergarten_id"].isin(named).to_numpy(dtype=bool)
    if not idle.any():
        return usable, excluded
    lost = usable[idle]
    if lost["required"].any():
        site = lost.loc[lost["required"].astype(bool), "site_id"].iloc[0]
        message = (
            f"the required site '{site}' expands a kindergarten that counts as supply in no phase"
        )
        raise InputError(message, column="siting.required", hint="Take it off the list.")
    called = [named[own] if isinstance(named[own], str) else own for own in lost["kindergarten_id"]]
    reasons = {
        f"reason_{language}": [
            term("siting.excluded_owner", language, name=name) for name in called
        ]
        for language in LANGUAGES
    }
    rows = lost.assign(**reasons)[excluded.columns]
    both = rows if excluded.empty else pd.concat([excluded, rows], ignore_index=True)
    return usable[~idle].reset_index(drop=True), gpd.GeoDataFrame(both, crs=usable.crs)


def _years(layout: LayoutSettings, base: int | None) -> tuple[int, ...]:
    years = layout.years
    if not years:
        raise InputError(
            "a layout needs the years of its phases",
            hint="Write years = [2028, 2033] under [siting.layout].",
        )
    if list(years) != sorted(set(years)) or (base is not None and years[0] < base):
        raise InputError(
            f"the years of a layout must follow one another from the plan's year on, not {years}"
        )
    return years


def _likelihood(layout: LayoutSettings) -> Floats:
    chance = np.array(layout.likelihood or [1.0] * len(layout.scenarios), dtype=np.float64)
    if len(chance) != len(layout.scenarios) or not ((chance > 0) & (chance < np.inf)).all():
        raise InputError(
            "likelihood must name a number above 0 for each scenario",
            hint="Leave a scenario out of scenarios if it is not to count.",
        )
    return np.asarray(chance / chance.sum(), dtype=np.float64)


def _all_points(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Each demand point once, in the order in which it first appears."""
    kept = ["demand_id", "name", "source", "community_id", "unit_id", "geometry"]
    parts = [t[[c for c in kept if c in t]] for t in tables]
    both = pd.concat(parts, ignore_index=True).drop_duplicates("demand_id")
    return gpd.GeoDataFrame(both.reset_index(drop=True), geometry="geometry", crs=tables[0].crs)


def _children_at(points: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> Floats:
    own = table.set_index("demand_id")["children"]
    return own.reindex(points["demand_id"]).fillna(0.0).to_numpy(dtype=np.float64)


def _with_unserved(points: gpd.GeoDataFrame, balance: Balance) -> gpd.GeoDataFrame:
    """The points with who has no place today, for candidates that are generated."""
    now = balance.demand.set_index("demand_id")
    rows = now[["children", "unserved", "unreached"]].reindex(points["demand_id"]).fillna(0.0)
    return points.assign(**{str(c): rows[c].to_numpy() for c in rows})

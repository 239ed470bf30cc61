"""Demand of estates and villages: from who lives there, or from the norm.

Imports from `households`, `norm`, `filling`, `residents`, `points`, `study`, `standards`,
`layers`, `inputs` and `errors`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.filling import Filling, default_filling
from kgspatial.demand.households import household_children
from kgspatial.demand.norm import norm_children
from kgspatial.demand.points import community_points, stacked, village_points
from kgspatial.demand.residents import listed
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.layers import LAST_YEAR
from kgspatial.standards import Rule, read_profile, share_3_to_5
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Amounts = tuple[pd.Series, list[Problem]]

SIZES = ("residents", "households")
NORM_SIZES = (*SIZES, "floor_area_m2")


def household_points(study: Study, year: int | None) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Children of communities and villages from residents or households and an age share."""
    return _points(study, year, "households")


def norm_points(study: Study, year: int | None) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Places that the norm of the rule profile owes to communities and villages, as children."""
    return _points(study, year, "norm")


def can_tell(study: Study, method: str) -> bool:
    """Whether a layer has a column from which `household_points` or `norm_points` can start."""
    columns = SIZES if method == "households" else NORM_SIZES
    layers = (study.communities, study.villages)
    return any(
        layer is not None and any(c in layer and layer[c].notna().any() for c in columns)
        for layer in layers
    )


def community_amounts(
    study: Study, communities: gpd.GeoDataFrame, year: int | None, by: str
) -> Amounts:
    """Children of these communities by ``households`` or ``norm``; missing where nothing tells."""
    if by == "households":
        return _by_households(study, communities, year)
    return _communities_by_norm(study, communities, year)


def _points(study: Study, year: int | None, method: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    if not can_tell(study, method):
        columns = ", ".join(SIZES if method == "households" else NORM_SIZES)
        raise InputError(
            f"the method '{method}' needs communities or villages with one of {columns}",
            hint="Give such a column, or choose another [demand] method.",
        )
    parts, problems = [], list[Problem]()
    if study.communities is not None:
        amounts, found = community_amounts(study, study.communities, year, method)
        parts.append(community_points(study, _told(amounts), method))
        problems += found
    if study.villages is not None:
        beside, shown = _beside_communities(study, study.villages, year)
        amounts, found = _village_amounts(study, beside, year, method)
        parts.append(village_points(study, study.villages, _told(amounts), method))
        problems += shown + [_of_villages(problem) for problem in found]
    return stacked(study, parts), problems


def _told(amounts: pd.Series) -> NDArray[np.float64]:
    """Amounts with 0 where nothing tells; the methods have listed those."""
    return np.asarray(amounts.fillna(0.0), dtype=np.float64)


def _beside_communities(
    study: Study, villages: gpd.GeoDataFrame, year: int | None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Villages with the residents whom no community in them shows, so that nobody counts twice.

    A community belongs to the village whose point lies in it, or whose outline holds its inner
    point. Villages without one keep all their residents.
    """
    if study.communities is None:
        return villages, []
    pairs = _village_of(study.communities, villages)
    living = _counted_residents(study, study.communities, year).iloc[pairs["community"]]
    sums = living.groupby(pairs["village"].to_numpy()).sum()
    shown = sums.reindex(range(len(villages)), fill_value=0.0).to_numpy()
    given = villages["residents"].to_numpy(dtype=np.float64)
    beside = villages.assign(residents=np.fmax(given - shown, 0.0))
    ids = villages["village_id"]
    return beside, _shown_problems(ids[shown > 0], ids[shown > given])


def _village_of(communities: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Row numbers of each community and the village it belongs to; one village at most."""
    points = (villages.geom_type == "Point").to_numpy()
    inner = communities.representative_point()
    held, outline = villages.geometry.sindex.query(inner, predicate="intersects")
    drawn = ~points[outline]
    around, at = communities.sindex.query(villages.geometry[points], predicate="intersects")
    rows = {
        "community": np.concatenate([held[drawn], at]),
        "village": np.concatenate([outline[drawn], np.flatnonzero(points)[around]]),
    }
    return pd.DataFrame(rows).sort_values(["community", "village"]).drop_duplicates("community")


def _counted_residents(study: Study, communities: gpd.GeoDataFrame, year: int | None) -> pd.Series:
    """Residents of communities when they were counted; missing ones are nobody."""
    counted = study.settings.demand.counted_year or year
    found, _ = household_children(
        communities,
        year=LAST_YEAR if counted is None else counted,
        persons_per_household=_persons(study),
        share_3_to_5=0.0,  # only residents are asked for
        filling=_filling(study),
    )
    return found["residents_used"].fillna(0.0)


def _shown_problems(shown: pd.Series, fewer: pd.Series) -> list[Problem]:
    problems = []
    if len(shown):
        text = f"communities show residents of {len(shown)} villages: {listed(shown)}"
        done = "the villages count with the others only, so that nobody counts twice"
        problems.append(Problem("villages", "residents_shown", text, done, "note"))
    if len(fewer):
        text = f"communities in {len(fewer)} villages have more residents: {listed(fewer)}"
        done = "nobody is counted in these villages beside the communities"
        problems.append(Problem("villages", "fewer_residents", text, done, column="residents"))
    return problems


def _village_amounts(
    study: Study, villages: gpd.GeoDataFrame, year: int | None, method: str
) -> Amounts:
    named = villages.rename(columns={"village_id": "community_id"})
    if method == "households":
        return _by_households(study, named, year)
    return _by_norm(study, named, year, rural=True)


def _of_villages(problem: Problem) -> Problem:
    text = problem.problem.replace("communities", "villages")
    return replace(problem, layer="villages", problem=text)


def _by_households(study: Study, estates: gpd.GeoDataFrame, year: int | None) -> Amounts:
    if year is None:
        raise InputError(
            "the method 'households' needs a year", hint="Write year = ... under [plan]."
        )
    settings = study.settings.demand
    found, problems = household_children(
        estates,
        year=year,
        persons_per_household=_persons(study),
        share_3_to_5=share_3_to_5(year) if settings.age_share is None else settings.age_share,
        filling=_filling(study),
        counted_year=settings.counted_year,
    )
    return found["children"], problems


def _communities_by_norm(study: Study, communities: gpd.GeoDataFrame, year: int | None) -> Amounts:
    """The norm for estates; those of rural units by the rural norm where the profile has one."""
    rural = _in_rural_units(study, communities)
    parts = [
        _by_norm(study, communities[rural == r], year, rural=r)
        for r in (False, True)
        if (rural == r).any()
    ]
    amounts = pd.concat([part for part, _ in parts]).reindex(communities.index)
    return amounts, [problem for _, found in parts for problem in found]


def _in_rural_units(study: Study, communities: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    if study.units is None or "urban" not in study.units:
        return np.zeros(len(communities), dtype=bool)
    urban = study.units.set_index("unit_id")["urban"]
    points = communities.representative_point()
    units = study.unit_of(points, communities.get("unit_id"))
    return np.asarray(units.map(urban).eq(False).fillna(False), dtype=bool)


def _by_norm(study: Study, estates: gpd.GeoDataFrame, year: int | None, *, rural: bool) -> Amounts:
    profile = read_profile(study.settings.plan.profile)
    rule = profile.norm_rural if rural and profile.norm_rural is not None else profile.norm
    given = study.settings.demand.persons_per_household
    return norm_children(estates, rule, persons_per_household=given, year=year)


def _persons(study: Study) -> float | Rule:
    given = study.settings.demand.persons_per_household
    if given is not None:
        return given
    return read_profile(study.settings.plan.profile).rule("persons_per_household")


def _filling(study: Study) -> Filling:
    settings = study.settings.demand
    if not settings.filling_years:
        return default_filling()
    return Filling("of the plan", settings.filling_years, settings.filling_shares, "plan")

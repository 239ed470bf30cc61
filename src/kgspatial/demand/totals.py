"""Demand from totals of units: counted ones spread over the points, and control totals.

Imports from `dasymetric`, `reconcile`, `grid`, `points`, `study`, `inputs` and `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.dasymetric import spread
from kgspatial.demand.grid import grid_points
from kgspatial.demand.points import community_points, stacked, unit_points
from kgspatial.demand.reconcile import to_totals
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = tuple[gpd.GeoDataFrame, list[Problem]]

SPREAD_BY = ("children", "residents", "households", "floor_area_m2")
"""Columns by which a unit's total is spread over its communities, in order of preference."""


def unit_counts(study: Study) -> pd.Series:
    """Children counted by unit, indexed by ``unit_id``; missing where a unit carries none.

    Raises
    ------
    InputError
        When no unit carries a count.
    """
    units = study.units
    if units is None or "children" not in units or units["children"].isna().all():
        raise InputError(
            "no unit carries a count of children",
            hint="Give the units layer a column 'children' (3-5岁人口): children aged 3 to 5.",
        )
    return units.set_index("unit_id")["children"].astype(np.float64)


def dasymetric_points(study: Study, method: str = "dasymetric") -> Points:
    """Counted totals of units, spread over communities and cells."""
    counts = unit_counts(study)
    problems = [
        _no_count("units", f"'{unit}' carries no count of children")
        for unit in counts.index[counts.isna()]
    ]
    points, found = spread_totals(study, counts.fillna(0.0), method)
    return points, problems + found


def spread_totals(study: Study, totals: pd.Series, method: str) -> Points:
    """Spread totals by ``unit_id`` over the points of the study, conserving each.

    A unit in which no point has weight keeps its total at a point of its own.
    """
    points, problems = _weighted(study)
    amounts, left = spread(totals, points["unit_id"], points["children"].to_numpy())
    told = np.isfinite(amounts)
    problems += _untold(points[~told])
    points = points.assign(children=np.where(told, amounts, 0.0), method=method)
    lived_in = (points["source"] != "cell") | (points["children"] > 0)
    alone = _alone(study, left, method)
    return stacked(study, [points[lived_in], alone]), problems


def _alone(study: Study, left: pd.Series, method: str) -> gpd.GeoDataFrame:
    units = cast("gpd.GeoDataFrame", study.units)
    units = units[units["unit_id"].isin(left.index)]
    return unit_points(study, units.assign(children=units["unit_id"].map(left)), method)


def _untold(points: gpd.GeoDataFrame) -> list[Problem]:
    """Points that lie in no unit get nothing of any total."""
    communities = points.loc[points["source"] == "community", "community_id"]
    found = [_no_count("communities", f"'{own}' lies in no unit") for own in communities]
    cells = int(((points["source"] == "cell") & (points["children"] > 0)).sum())
    if cells:
        text = f"{cells:,} cells of the grid with children lie in no unit"
        done = "counted as 0 children: only totals of units are spread"
        found.append(Problem("population", "no_count", text, done, "note"))
    return found


def _no_count(layer: str, text: str) -> Problem:
    return Problem(layer, "no_count", text, "counted as 0 children", column="children")


def _weighted(study: Study) -> Points:
    """Points whose `children` are the weights by which totals are spread."""
    wanted = study.settings.demand.spread_by
    if wanted == "grid" or (wanted == "auto" and grid_tells(study)):
        return grid_points(study)
    if study.communities is None:
        return stacked(study, [_alone(study, pd.Series(dtype=np.float64), "")]), []
    weights, problems = _community_weights(study.communities, wanted)
    return stacked(study, [community_points(study, weights, wanted)]), problems


def grid_tells(study: Study) -> bool:
    """Whether there is a grid whose bands tell the children."""
    if study.population is None:
        return False
    bands = set(study.population.bands)
    shares = {"age_1_4", "age_5_9"} <= bands
    return "children" in bands or shares or study.settings.demand.age_share is not None


def _community_weights(
    communities: gpd.GeoDataFrame, wanted: str
) -> tuple[NDArray[np.float64], list[Problem]]:
    columns = SPREAD_BY if wanted == "auto" else (wanted,)
    there = [c for c in columns if c in communities and communities[c].notna().any()]
    if not there:
        if wanted not in ("auto", "area"):
            raise InputError(
                f"[demand] spread_by is '{wanted}', but no community has it",
                hint="Choose another of: auto, grid, area, " + ", ".join(SPREAD_BY) + ".",
            )
        return np.asarray(communities.area, dtype=np.float64), []
    weights = communities[there[0]].astype(np.float64)
    empty = communities.loc[weights.isna(), "community_id"]
    text = f"totals of units are spread by {there[0]}, which it does not have"
    problems = [
        Problem(
            *("communities", "no_weight", f"'{own}': {text}", "counted as 0 children"),
            column=there[0],
        )
        for own in empty
    ]
    return np.asarray(weights.fillna(0.0), dtype=np.float64), problems


def reconciled_points(study: Study, points: gpd.GeoDataFrame) -> Points:
    """Multiply the children of each unit to its counted total; a total without children stays."""
    units = cast("gpd.GeoDataFrame", study.units)
    found = to_totals(points, unit_counts(study), units=units["unit_id"])
    changed = points.assign(children=found.children)
    return stacked(study, [changed, _alone(study, found.left, "control")]), found.problems

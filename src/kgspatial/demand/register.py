"""The register method: counts that the planner has, per community or per unit.

Imports from `points`, `study`, `inputs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.points import community_points, stacked, unit_points
from kgspatial.inputs.problems import Problem
from kgspatial.study import OUTSIDE, Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPREAD_BY = ("residents", "households", "floor_area_m2")
"""Columns by which a unit's count is spread over its communities, in order of preference."""


def community_counts(study: Study) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Counts of communities as they are; one without a count has no children and is listed."""
    communities = cast("gpd.GeoDataFrame", study.communities)
    counts = communities["children"]
    problems = [
        _counted_as_0("communities", f"'{community}' carries no count of children")
        for community in communities.loc[counts.isna(), "community_id"]
    ]
    return stacked(
        study, [community_points(study, counts.fillna(0.0).to_numpy(dtype=float), "register")]
    ), problems


def unit_counts(study: Study) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Spread units' counts over their communities; a unit without any keeps its own point."""
    units = cast("gpd.GeoDataFrame", study.units)
    counts = units.set_index("unit_id")["children"].fillna(0.0)
    parts, reached = [], pd.Series(0.0, index=counts.index)
    problems = [
        _counted_as_0("units", f"'{unit}' carries no count of children")
        for unit in units.loc[units["children"].isna(), "unit_id"]
    ]
    if study.communities is not None:
        points = community_points(study, np.zeros(len(study.communities)), "register")
        weight = pd.Series(_weights(study.communities), index=points.index)
        total = weight.groupby(points["unit_id"]).transform("sum")
        per_unit = points["unit_id"].map(counts).fillna(0.0)
        points["children"] = (per_unit * (weight / total.where(total > 0))).fillna(0.0)
        reached = points.groupby("unit_id")["children"].sum().reindex(counts.index).fillna(0.0)
        parts.append(points)
        problems += [
            _counted_as_0("communities", f"'{c}' lies in no unit")
            for c in points.loc[points["unit_id"] == OUTSIDE, "community_id"]
        ]
    left = units[(counts - reached).to_numpy() > 1e-9 * counts.max()]
    parts.append(unit_points(study, left, "register"))
    return stacked(study, parts), problems


def _counted_as_0(layer: str, text: str) -> Problem:
    return Problem(layer, "no_count", text, "counted as 0 children", column="children")


def _weights(communities: gpd.GeoDataFrame) -> NDArray[np.float64]:
    for column in SPREAD_BY:
        if column in communities and communities[column].notna().any():
            return np.asarray(communities[column].fillna(0.0), dtype=np.float64)
    return np.asarray(communities.area, dtype=np.float64)

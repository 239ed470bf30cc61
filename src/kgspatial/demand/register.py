"""The register method: children as the planner has counted them, gaps filled by another method.

Imports from `totals`, `estates`, `grid`, `points`, `study`, `inputs` and `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.estates import can_tell, community_amounts
from kgspatial.demand.grid import children_grid, split_grid
from kgspatial.demand.points import community_points, stacked
from kgspatial.demand.residents import listed
from kgspatial.demand.totals import dasymetric_points, grid_tells
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.study import Study

if TYPE_CHECKING:
    Points = tuple[gpd.GeoDataFrame, list[Problem]]

FILL_BY = ("grid", "households", "norm")
"""Methods by which a community without a count is filled, in order of preference."""


def register_points(study: Study, year: int | None) -> Points:
    """Counts of communities, filled where they are missing; else counts of units, spread."""
    if counts_of_communities(study) is not None:
        return _community_counts(study, year)
    return dasymetric_points(study, "register")


def counts_of_communities(study: Study) -> pd.Series | None:
    """Children counted by community, aligned to the layer; None where no community carries any."""
    communities = study.communities
    if communities is None or "children" not in communities:
        return None
    counts = communities["children"].astype(np.float64)
    return counts if counts.notna().any() else None


def _community_counts(study: Study, year: int | None) -> Points:
    communities = cast("gpd.GeoDataFrame", study.communities)
    counts = cast("pd.Series", counts_of_communities(study))
    methods = pd.Series("register", index=counts.index, dtype=object)
    problems: list[Problem] = []
    for method in _fill_methods(study, year):
        empty = counts.isna()
        if not empty.any():
            break
        amounts, found = _amounts(study, communities[empty], year, method)
        filled = amounts.index[amounts.notna()]
        counts[filled], methods[filled] = amounts[filled], method
        problems += found + _filled(communities.loc[filled, "community_id"], method)
    problems += [
        Problem(
            *("communities", "no_count", f"'{own}' carries no count of children"),
            "counted as 0 children",
            column="children",
        )
        for own in communities.loc[counts.isna(), "community_id"]
    ]
    children = counts.fillna(0.0).to_numpy(dtype=np.float64)
    return stacked(study, [community_points(study, children, methods)]), problems


def _fill_methods(study: Study, year: int | None) -> list[str]:
    """What the plan names, or all that the inputs allow."""
    wanted = study.settings.demand.fill
    if wanted == "none":
        return []
    if wanted != "auto":
        return [wanted]
    there = {
        "grid": grid_tells(study),
        "households": can_tell(study, "households") and year is not None,
        "norm": can_tell(study, "norm"),
    }
    return [method for method in FILL_BY if there[method]]


def _amounts(
    study: Study, communities: gpd.GeoDataFrame, year: int | None, method: str
) -> tuple[pd.Series, list[Problem]]:
    if method != "grid":
        return community_amounts(study, communities, year, method)
    if study.population is None:
        raise InputError(
            "[demand] fill is 'grid', but there is no population grid",
            hint="Declare [inputs.population], or choose another fill.",
        )
    inside, _ = split_grid(study, children_grid(study).ravel())
    layer = cast("gpd.GeoDataFrame", study.communities)
    return pd.Series(inside, index=layer.index).loc[communities.index], []


def _filled(ids: pd.Series, method: str) -> list[Problem]:
    if ids.empty:
        return []
    text = f"{len(ids)} communities carry no count of children: {listed(ids)}"
    done = f"filled by the method '{method}', flagged in the column 'method'"
    return [Problem("communities", "count_filled", text, done, column="children")]

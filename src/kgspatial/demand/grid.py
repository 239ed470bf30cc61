"""The grid method: children of 3 to 5 from a raster, cut at the outlines of communities.

Imports from `points`, `coverage`, `ages`, `study`, `standards`, `layers`, `inputs` and `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np

from kgspatial.demand.ages import children_3_to_5
from kgspatial.demand.coverage import shared_outlines, split_counts
from kgspatial.demand.points import cell_points, community_points, stacked
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.layers import Population
from kgspatial.standards import read_profile
from kgspatial.study import OUTSIDE, Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOSTLY_INSIDE = 0.2
"""A grid with more than this share of its children beyond all units is larger than the area."""


def children_grid(study: Study) -> NDArray[np.float64]:
    """Children aged 3 to 5 per grid cell, as an array of the grid's shape.

    A band ``children`` is taken as it is; bands ``age_1_4`` and ``age_5_9`` give ages 3 and 4 as
    half of the first and age 5 as a fifth of the second, or by Sprague multipliers where
    ``[demand] age_split`` says so; a band ``residents`` is multiplied by ``[demand] age_share``.
    See :func:`kgspatial.demand.ages.children_3_to_5`.

    Raises
    ------
    InputError
        When there is no grid or its bands do not suffice.
    """
    if study.population is None:
        raise InputError(
            "there is no population grid", hint="Declare [inputs.population] in the plan file."
        )
    return _children_of(study.population, study)


def _children_of(population: Population, study: Study) -> NDArray[np.float64]:
    settings = study.settings.demand
    return children_3_to_5(
        population.bands,
        split=settings.age_split,
        shares=read_profile(study.settings.plan.profile).shares_3_to_5,
        age_share=settings.age_share,
        source=population.source or None,
    )


def grid_points(study: Study) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Children of each community by exact area, and of the cells that lie in none."""
    children = children_grid(study).ravel()
    parts = []
    if study.communities is not None:
        inside, children = split_grid(study, children)
        parts.append(community_points(study, inside, "grid"))
    parts.append(cell_points(study, children, "grid"))
    points = stacked(study, parts)
    return points, _beyond_units(points)


def _beyond_units(points: gpd.GeoDataFrame) -> list[Problem]:
    """Say so when the grid is larger than the area: its children would count without a word."""
    beyond = points.loc[points["unit_id"] == OUTSIDE, "children"].sum()
    if beyond <= MOSTLY_INSIDE * points["children"].sum():
        return []
    share = beyond / points["children"].sum()
    text = f"{beyond:,.1f} children ({share:.1%}) of the grid live in no unit"
    done = "kept, in the unit 'outside'; clip the grid where it is larger than the area"
    return [Problem("population", "outside_units", text, done, "note")]


def split_grid(
    study: Study, children: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Children of each community, and what each cell keeps."""
    grid = cast("Population", study.population).grid
    communities = cast("gpd.GeoDataFrame", study.communities)
    return split_counts(shared_outlines(communities, grid.crs).shares(grid), children)

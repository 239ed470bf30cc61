"""`estimate_demand`: children aged 3 to 5 per demand point, by the method that the inputs allow.

Imports from `grid`, `register`, `points`, `study`, `inputs` and `errors`.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

import geopandas as gpd

from kgspatial.demand.grid import grid_points
from kgspatial.demand.points import Demand
from kgspatial.demand.register import community_counts, unit_counts
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.study import Study

Method = Literal["auto", "register", "grid"]


def estimate_demand(
    study: Study, *, year: int | None = None, method: Method | None = None
) -> Demand:
    """Estimate how many children aged 3 to 5 live where.

    Parameters
    ----------
    study : Study
        The study area.
    year : int, optional
        The plan's year unless given.
    method : {"auto", "register", "grid"}, optional
        ``register`` takes the children that communities carry, or else those of units, spread over
        the unit's communities. ``grid`` takes a population grid by exact area coverage: a cell is
        shared between the communities that cover it, overlapping communities share what they
        cover together, and children outside every community stay in their cell. ``auto`` (default)
        takes communities' counts when all carry one, else the grid, else units' counts.

    Returns
    -------
    Demand
        Its sum equals the total of the counts, or of the grid, to 1e-9 relative.

    Raises
    ------
    InputError
        When nothing says how many children there are.
    """
    year = study.settings.plan.year if year is None else year
    wanted = method or study.settings.demand.method
    if wanted not in get_args(Method):
        known = ", ".join(get_args(Method))
        raise InputError(f"there is no demand method '{wanted}'", hint=f"Known: {known}.")
    chosen = _available(study) if wanted == "auto" else wanted
    if chosen == "grid":
        points, problems = grid_points(study)
        problems += _unused_counts(study) if wanted == "auto" else []
    elif _has_counts(study.communities):
        points, problems = community_counts(study)
    elif _has_counts(study.units):
        points, problems = unit_counts(study)
    else:
        raise InputError(
            "no layer says how many children there are",
            hint="Give communities or units a column 'children', or declare [inputs.population].",
        )
    return Demand(points, year, chosen, problem_table(problems))


def _available(study: Study) -> Literal["register", "grid"]:
    communities = study.communities
    complete = _has_counts(communities) and bool(
        cast("gpd.GeoDataFrame", communities)["children"].notna().all()
    )
    return "register" if complete or study.population is None else "grid"


def _has_counts(frame: gpd.GeoDataFrame | None) -> bool:
    return frame is not None and "children" in frame and bool(frame["children"].notna().any())


def _unused_counts(study: Study) -> list[Problem]:
    if not _has_counts(study.communities):
        return []
    text = "not every community carries a count of children"
    done = "the population grid was used instead"
    return [Problem("communities", "incomplete_counts", text, done, column="children")]

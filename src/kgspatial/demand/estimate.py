"""`estimate_demand`: children aged 3 to 5 per demand point, by the method that the inputs allow.

Imports from `register`, `forecast`, `estates`, `totals`, `grid`, `points`, `study`, `inputs` and `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import geopandas as gpd

from kgspatial.demand.estates import can_tell, household_points, norm_points
from kgspatial.demand.forecast import cohort_points
from kgspatial.demand.grid import grid_points
from kgspatial.demand.points import Demand
from kgspatial.demand.register import counts_of_communities, register_points
from kgspatial.demand.totals import dasymetric_points, grid_tells, reconciled_points
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.inputs.settings import DemandMethod
from kgspatial.study import Study

if TYPE_CHECKING:
    Points = tuple[gpd.GeoDataFrame, list[Problem]]

METHODS: tuple[DemandMethod, ...] = get_args(DemandMethod)[1:]
"""All methods but ``auto``, which chooses one of them."""


def estimate_demand(
    study: Study,
    *,
    year: int | None = None,
    method: DemandMethod | None = None,
    scenario: str | None = None,
) -> Demand:
    """Estimate how many children aged 3 to 5 live where.

    Parameters
    ----------
    study : Study
        The study area.
    year : int, optional
        The plan's year unless given.
    method : str, optional
        The plan's unless given (``[demand] method``).

        ``register`` takes the children that communities carry, gaps filled by another method and
        flagged; or else the counts of units, spread over their communities.
        ``grid`` takes a population grid by exact area: a cell is shared between the communities
        that cover it, overlapping communities share what they cover together, and children
        outside every community stay in their cell.
        ``households`` takes residents, or households, and an age share.
        ``norm`` takes the places that the rule profile owes (千人指标).
        ``dasymetric`` spreads counted totals of units over communities and cells.
        ``cohort`` forecasts the children of units from single years of age and births, and
        spreads them likewise.
        ``auto`` (default) takes communities' counts when all carry one, else the grid, else some
        communities' counts, units' counts, residents or households: the first that is there.
    scenario : str, optional
        Of the forecast; the plan's unless given.

    Returns
    -------
    Demand
        Children are fractions, and nobody is lost: the sum equals the total of the counts, of
        the grid or of the forecast to 1e-9 relative.

    Raises
    ------
    InputError
        When the inputs do not tell what the method needs, or nothing says how many children
        there are.
    """
    settings = study.settings.demand
    year = study.settings.plan.year if year is None else year
    wanted = method or settings.method
    if wanted != "auto" and wanted not in METHODS:
        known = ", ".join(("auto", *METHODS))
        raise InputError(f"there is no demand method '{wanted}'", hint=f"Known: {known}.")
    chosen = _available(study) if wanted == "auto" else wanted
    named = scenario or settings.scenario
    points, problems = points_by(study, chosen, year, named)
    problems += _unused_counts(study) if wanted == "auto" and chosen == "grid" else []
    if settings.control:
        points, found = reconciled_points(study, points)
        problems += found
    told = named if chosen == "cohort" else ""
    return Demand(points, year, chosen, told, problem_table(problems))


def points_by(study: Study, method: DemandMethod, year: int | None, scenario: str) -> Points:
    """Demand points by one method, before any control total."""
    if method == "grid":
        return grid_points(study)
    if method == "households":
        return household_points(study, year)
    if method == "norm":
        return norm_points(study, year)
    if method == "dasymetric":
        return dasymetric_points(study)
    if method == "cohort":
        return cohort_points(study, year, scenario)
    return register_points(study, year)


def _available(study: Study) -> DemandMethod:
    counts = counts_of_communities(study)
    if counts is not None and counts.notna().all():
        return "register"
    if study.population is not None:
        return "grid"
    if counts is not None or _units_tell(study):
        return "register"
    if can_tell(study, "households"):
        return "households"
    raise InputError(
        "no layer says how many children there are",
        hint="Give communities or units a column 'children', communities 'residents' or "
        "'households', or declare [inputs.population].",
    )


def available_methods(study: Study, year: int | None = None) -> tuple[DemandMethod, ...]:
    """Return the methods for which a study has what they need, without trying them."""
    counted = counts_of_communities(study) is not None
    aged = study.units is not None and "age_0" in study.units
    there: dict[DemandMethod, bool] = {
        "register": counted or _units_tell(study),
        "grid": grid_tells(study),
        "households": can_tell(study, "households") and year is not None,
        "norm": can_tell(study, "norm"),
        "dasymetric": counted and _units_tell(study),
        "cohort": aged and bool(study.settings.demand.counted_on) and year is not None,
    }
    return tuple(method for method, possible in there.items() if possible)


def _units_tell(study: Study) -> bool:
    units = study.units
    return units is not None and "children" in units and bool(units["children"].notna().any())


def _unused_counts(study: Study) -> list[Problem]:
    if counts_of_communities(study) is None:
        return []
    text = "not every community carries a count of children"
    done = "the population grid was used instead"
    return [Problem("communities", "incomplete_counts", text, done, column="children")]

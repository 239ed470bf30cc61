"""`run_plan`: a plan file from its inputs to its result files, the whole pipeline on one screen.

Imports from every room below; nothing below imports from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import geopandas as gpd
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS

from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import Demand, coverage_matrix, estimate_demand
from kgspatial.errors import InputError
from kgspatial.inputs import PlanFile, read_plan_file
from kgspatial.inputs.problems import Problem, joined_problems, problem_table
from kgspatial.inputs.settings import TravelMethod
from kgspatial.layers import Grid
from kgspatial.outputs import Outputs, write_outputs
from kgspatial.reading import check_plan, study_from_plan
from kgspatial.siting import LayoutPlan, SitePlan, plan_layout, propose_sites
from kgspatial.siting.watching import Tell, watched
from kgspatial.study import Study
from kgspatial.supply import project_problems, with_projects
from kgspatial.terms import Language
from kgspatial.travel import TravelMatrix, measure_travel, straight, street

Step = Literal["read", "compile", "demand", "travel", "balance", "siting", "write"]
STEPS: tuple[Step, ...] = get_args(Step)


@dataclass(frozen=True, eq=False)
class PlanRun:
    """Everything that a run made: the values of each step and the files."""

    study: Study
    demand: Demand
    travel: TravelMatrix
    balance: Balance
    sites: SitePlan
    outputs: Outputs
    layout: LayoutPlan | None = None


def run_plan(
    path: str | Path,
    out: str | Path,
    *,
    language: Language | None = None,
    progress: Callable[[Step], None] = lambda _step: None,
    tell: Tell | None = None,
) -> PlanRun:
    """Run a plan file end to end and write its results.

    Parameters
    ----------
    path : str or Path
        The plan file (TOML).
    out : str or Path
        The result folder; made when it is not there.
    language : {"zh", "en"}, optional
        Language of map and reports; the plan's unless given.
    progress : callable, optional
        Called with the name of each step (:data:`STEPS`) as it begins.
    tell : callable, optional
        Called with best value, bound and seconds while sites are searched. An interrupt ends the
        search with the best so far and its gap, and the run goes on.

    Returns
    -------
    PlanRun
        All values, and the paths of what was written.

    Raises
    ------
    InputError
        When the plan file or an input cannot be used.
    SolverError
        When ``[siting] time_limit_s`` was too short for any answer.
    """
    progress("read")
    study = with_projects(study_from_plan(plan_in_language(path, language)))
    progress("compile")
    _compile_kernels(study.settings.travel.method)
    progress("demand")
    demand = estimate_demand(study)
    progress("travel")
    travel = measure_travel(study, demand)
    progress("balance")
    balance = assess_balance(study, demand, travel)
    progress("siting")
    with watched(tell):
        sites = propose_sites(study, balance)
        layout = plan_layout(study, balance) if study.settings.siting.layout.years else None
    progress("write")
    outputs = write_outputs(out, study, balance, sites, layout=layout)
    return PlanRun(study, demand, travel, balance, sites, outputs, layout)


def plan_in_language(path: str | Path, language: Language | None) -> PlanFile:
    """Read a plan file, with another language for people than the plan's if given."""
    plan = read_plan_file(path)
    if language is None:
        return plan
    settings = plan.settings
    return replace(plan, settings=replace(settings, plan=replace(settings.plan, language=language)))


def check_inputs(plan: PlanFile) -> tuple[Study | None, pd.DataFrame]:
    """Read and check what a plan declares, down to whether the demand can be told.

    Returns
    -------
    study : Study or None
        None when a layer cannot be used.
    problems : DataFrame
        The problem table.
    """
    study, problems = check_plan(plan)
    if study is None:
        return None, problems
    problems = joined_problems(problems, project_problems(study))
    try:
        found = estimate_demand(study).problems
    except InputError as error:
        text, hint = error.message, error.hint or "demand cannot be estimated"
        found = problem_table([Problem("", "no_demand", text, hint, "warning")])
    return study, joined_problems(problems, found)


def _compile_kernels(method: TravelMethod) -> None:
    """Compile the kernels that a run will use on next to nothing, so that no later step looks slow."""
    crs = CRS.from_epsg(4549)
    grid = Grid((1, 1), Affine(100, 0, 0, 0, -100, 100), crs)
    coverage_matrix(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 50, 100)], crs=crs), grid)
    here = gpd.GeoDataFrame(geometry=[shapely.Point(50, 50)], crs=crs)
    if method == "street":
        lane = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0)])], crs=crs)
        street(here, here, streets=lane, limit_m=100)
    elif method == "straight":
        straight(Grid((25, 25), grid.transform, crs), here, limit_m=100)

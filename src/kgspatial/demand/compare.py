"""`compare_demand`: the methods side by side, unit by unit, with their ratio to the register.

Imports from `estimate`, `points`, `study`, `inputs` and `errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.estimate import METHODS, available_methods, points_by
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.inputs.settings import DemandMethod
from kgspatial.study import OUTSIDE, Study

RATIO = "{}_to_register"


@dataclass(frozen=True, eq=False)
class DemandComparison:
    """Children aged 3 to 5 by unit, as each method tells them.

    Parameters
    ----------
    units : GeoDataFrame
        ``unit_id``, ``name``, ``urban``, one column for each method, one ``METHOD_to_register``
        for each method beside the register (missing where the register has nobody), geometry. A
        last row ``outside`` holds what lies in no unit.
    totals : DataFrame
        The same sums for ``all``, and for ``urban``, ``rural`` and ``unknown`` units apart.
    methods : tuple of str
        The methods that the inputs allowed.
    problems : DataFrame
        What was found on the way, with the methods that could not be carried out.
    """

    units: gpd.GeoDataFrame
    totals: pd.DataFrame
    methods: tuple[str, ...]
    problems: pd.DataFrame


def compare_demand(
    study: Study,
    year: int | None = None,
    *,
    methods: Sequence[DemandMethod] = (),
    scenario: str | None = None,
) -> DemandComparison:
    """Put the methods of demand side by side.

    Norm, cohort and register differ by up to a factor of two: a planner needs to see it.

    Parameters
    ----------
    study : Study
        The study area.
    year : int, optional
        The plan's year unless given.
    methods : sequence of str, optional
        All that the inputs allow unless given.
    scenario : str, optional
        Of the forecast; the plan's unless given.

    Returns
    -------
    DemandComparison
        No method is reconciled to control totals here: each stands as it is.

    Raises
    ------
    InputError
        When no method can be carried out, or one that was asked for cannot.
    """
    year = study.settings.plan.year if year is None else year
    wanted = tuple(dict.fromkeys(methods)) or available_methods(study, year)
    if strange := [m for m in wanted if m not in METHODS]:
        raise InputError(
            f"there is no demand method '{strange[0]}' to compare",
            hint=f"Known: {', '.join(METHODS)}.",
        )
    named = scenario or study.settings.demand.scenario
    sums: dict[str, pd.Series] = {}
    problems: list[Problem] = []
    for method in wanted:
        try:
            points, found = points_by(study, method, year, named)
        except InputError as error:
            if methods:
                raise
            problems.append(Problem("demand", "method_left_out", error.message, error.hint))
            continue
        sums[method] = points.groupby("unit_id")["children"].sum()
        problems += found
    if not sums:
        raise InputError(
            "no method of demand can be carried out",
            hint="Give communities or units a column 'children', 'residents' or 'households', or "
            "declare [inputs.population].",
        )
    units = _by_unit(study, pd.DataFrame(sums))
    return DemandComparison(units, _totals(units, list(sums)), tuple(sums), problem_table(problems))


def _by_unit(study: Study, sums: pd.DataFrame) -> gpd.GeoDataFrame:
    columns = ["unit_id", "name", "urban", "geometry"]
    if study.units is None:
        units = _without_shape(study, sums.index.tolist())
    else:
        units = study.units
        if OUTSIDE in sums.index:
            both = pd.concat([units, _without_shape(study, [OUTSIDE])], ignore_index=True)
            units = gpd.GeoDataFrame(both, crs=study.crs)
    table = units.reindex(columns=[c for c in columns if c in units or c == "urban"])
    children = sums.reindex(table["unit_id"]).fillna(0.0).set_axis(table.index)
    return gpd.GeoDataFrame(_with_ratios(table.join(children), list(sums.columns)), crs=study.crs)


def _without_shape(study: Study, ids: list[str]) -> gpd.GeoDataFrame:
    shapes = gpd.GeoSeries.from_wkt([None] * len(ids), crs=study.crs)  # type: ignore[arg-type]
    return gpd.GeoDataFrame({"unit_id": ids}, geometry=shapes)


def _with_ratios(table: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    if "register" not in methods:
        return table
    counted = table["register"].where(table["register"] > 0)
    ratios = {RATIO.format(m): table[m] / counted for m in methods if m != "register"}
    return table.assign(**ratios)


def _totals(units: gpd.GeoDataFrame, methods: list[str]) -> pd.DataFrame:
    urban = units["urban"].astype("boolean")
    named = np.where(urban.fillna(False).to_numpy(dtype=bool), "urban", "rural")
    group = np.where(urban.isna(), "unknown", named)
    children = pd.DataFrame(units[methods])
    apart = children.groupby(group).sum().reindex(["urban", "rural", "unknown"]).fillna(0.0)
    whole = children.sum().to_frame("all").T
    return _with_ratios(pd.concat([whole, apart]), methods).rename_axis("units")

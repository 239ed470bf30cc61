"""The list of projects (项目清单): money, places and cost per place.

Imports from `inputs.columns`. What later years gain is told by `supply`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kgspatial.inputs.columns.cells import groups, numbers

ALL = "all"
SUMS = ("investment_wan", "planned_wan", "done_wan", "places_added", "public_places_added")


def cost_per_place(projects: pd.DataFrame) -> pd.Series:
    """Return the investment per added place, 万元; nan where cost or places are not given or 0.

    Examples
    --------
    >>> projects = pd.DataFrame({"investment_wan": [2000, None], "places_added": [500, 300]})
    >>> cost_per_place(projects).tolist()
    [4.0, nan]
    """
    return _quotient(numbers(projects, "investment_wan"), numbers(projects, "places_added"))


def project_totals(projects: pd.DataFrame, *, by: str | pd.Series | None = None) -> pd.DataFrame:
    """Add up money and places of projects.

    Parameters
    ----------
    projects : DataFrame
        Columns of ``layers.TABLES["projects"]``.
    by : str or Series, optional
        A column (``work``, ``year``, ``funding``, ``county``, ``town``) or a series aligned to
        the projects, such as :func:`kgspatial.supply.opening_years`. Without it one row, ``all``. Projects paid
        from several sources are a group of their own: who paid what is not known.

    Returns
    -------
    DataFrame
        Indexed by group, ``not_given`` for projects that name none: ``projects``, the sums of
        what is given, ``without_cost`` and ``without_places`` (projects that do not say),
        ``cost_per_place_wan`` over the projects that give both, and ``investment_rate``: done
        of planned over the projects that give both. A rate above 1 is shown as it is; what
        cannot be judged is nan. Sums over the rows are the totals.

    Examples
    --------
    >>> projects = pd.DataFrame({"planned_wan": [1000.0], "done_wan": [2300.0]})
    >>> project_totals(projects)["investment_rate"].tolist()
    [2.3]
    """
    cells = _amounts(projects)
    if by is None:
        sums = cells.sum().to_frame(ALL).T
    else:
        sums = cells.groupby(groups(projects, by)).sum().rename_axis("group")
    table = sums[["projects", *SUMS]].assign(
        without_cost=sums["without_cost"],
        without_places=sums["without_places"],
        cost_per_place_wan=_quotient(sums["cost_of_places"], sums["places_of_cost"]),
        investment_rate=_quotient(sums["done_of_plan"], sums["plan_of_done"]),
    )
    return table.astype({"projects": int, "without_cost": int, "without_places": int})


def _amounts(projects: pd.DataFrame) -> pd.DataFrame:
    """What each project adds to the sums of its group."""
    given = pd.DataFrame({name: numbers(projects, name) for name in SUMS})
    cost, places = given["investment_wan"], given["places_added"]
    plan, done = given["planned_wan"], given["done_wan"]
    priced, reported = cost.notna() & places.notna(), plan.notna() & done.notna()
    return given.fillna(0.0).assign(
        projects=1,
        without_cost=cost.isna(),
        without_places=places.isna(),
        cost_of_places=cost.where(priced, 0.0),
        places_of_cost=places.where(priced, 0.0),
        plan_of_done=plan.where(reported, 0.0),
        done_of_plan=done.where(reported, 0.0),
    )


def _quotient(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part / whole.where(whole > 0, np.nan)).astype(float)

"""The list of projects (项目清单): money, places, cost per place, and what later years gain.

Imports from `cells`, `names` and `inputs.problems`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kgspatial.balance.ledger.cells import dates, groups, numbers, row_number, source_of, texts
from kgspatial.balance.ledger.names import linked, names_of
from kgspatial.inputs.problems import Problem

ALL = "all"
SUMS = ("investment_wan", "planned_wan", "done_wan", "places_added", "public_places_added")
TARGETS = ("kindergarten_id", "site_id", "community_id")
SUPPLY_COLUMNS = (
    *("project_id", "name", *TARGETS, "work", "places", "public_places", "from_year"),
)


def link_projects(
    projects: pd.DataFrame,
    *,
    communities: pd.DataFrame | None = None,
    kindergartens: pd.DataFrame | None = None,
    candidates: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Link projects to estates, kindergartens and sites, as :func:`link_ledger` links entries.

    Sites are linked by ``site_id`` only.
    """
    layers = {"community": communities, "kindergarten": kindergartens, "site": candidates}
    problems: list[Problem] = []
    for what, layer in layers.items():
        known = None if layer is None else names_of(layer, f"{what}_id")
        projects, found = linked(projects, what, known, "projects")
        problems += found
    return projects, problems


def cost_per_place(projects: pd.DataFrame) -> pd.Series:
    """Return the investment per added place, 万元; nan where cost or places are not given or 0.

    Examples
    --------
    >>> projects = pd.DataFrame({"investment_wan": [2000, None], "places_added": [500, 300]})
    >>> cost_per_place(projects).tolist()
    [4.0, nan]
    """
    return _quotient(numbers(projects, "investment_wan"), numbers(projects, "places_added"))


def opening_years(projects: pd.DataFrame) -> pd.Series:
    """Return the year in which each project opens, nan where no date is given.

    Raises
    ------
    InputError
        When a cell of ``opens`` holds something that is no date.
    """
    return pd.Series(dates(projects, "opens").dt.year, dtype=float)


def project_totals(projects: pd.DataFrame, *, by: str | pd.Series | None = None) -> pd.DataFrame:
    """Add up money and places of projects.

    Parameters
    ----------
    projects : DataFrame
        Columns of ``layers.TABLES["projects"]``.
    by : str or Series, optional
        A column (``work``, ``year``, ``funding``, ``county``, ``town``) or a series aligned to
        the projects, such as :func:`opening_years`. Without it one row, ``all``. Projects paid
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


def added_supply(projects: pd.DataFrame, year: int) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the places that projects have added by a year.

    A project counts from the year of its opening on, as a kindergarten counts from its
    ``opened_year``. Places are taken as given: 9 classes need not be 270 places.

    Parameters
    ----------
    projects : DataFrame
        Columns of ``layers.TABLES["projects"]``.
    year : int
        The year whose supply is asked for.

    Returns
    -------
    supply : DataFrame
        One row per project that counts: ``project_id``, ``name``, ``kindergarten_id``,
        ``site_id``, ``community_id``, ``work``, ``places``, ``public_places`` (nan where not
        said), ``from_year``.
    problems : list of Problem
        Projects that cannot count: no opening, no places, no place on the map; and stopped ones.

    Raises
    ------
    InputError
        When a cell of ``opens`` holds something that is no date.

    Examples
    --------
    >>> projects = pd.DataFrame({"name": ["East"], "kindergarten_id": ["K1"]})
    >>> projects = projects.assign(places_added=[500], opens=["2025-09-01"])
    >>> added_supply(projects, 2024)[0]["places"].sum(), added_supply(projects, 2025)[0]["places"].sum()
    (np.float64(0.0), np.float64(500.0))
    """
    table = pd.DataFrame({name: texts(projects, name) for name in SUPPLY_COLUMNS})
    table = table.assign(
        places=numbers(projects, "places_added"),
        public_places=numbers(projects, "public_places_added"),
        from_year=opening_years(projects),
    )
    why = _not_counted(projects, table)
    counts = why.isna() & table["from_year"].le(year)
    supply = table[counts].astype({"from_year": int})
    return supply, _problems(projects, table["name"], why)


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


def _not_counted(projects: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Why a project never counts; the first reason of several."""
    why = pd.Series(None, index=table.index, dtype=object)
    why[table[list(TARGETS)].isna().all(axis=1)] = "project_nowhere"
    why[table["places"].isna()] = "project_without_places"
    why[table["from_year"].isna()] = "project_without_opening"
    why[texts(projects, "progress") == "stopped"] = "project_stopped"
    return why


def _problems(projects: pd.DataFrame, names: pd.Series, why: pd.Series) -> list[Problem]:
    source = source_of(projects)
    return [
        _PROBLEMS[str(why[row])](source, row_number(row), str(names[row]))
        for row in why.index[why.notna()]
    ]


def _nowhere(source: str, row: int | None, name: str) -> Problem:
    text = f"'{name}' is linked to no kindergarten, site or community"
    done = "its places are in no supply"
    return Problem("projects", "project_nowhere", text, done, "warning", source, row, "site_id")


def _without_places(source: str, row: int | None, name: str) -> Problem:
    text, done = f"'{name}' does not say how many places it adds", "it adds nothing to the supply"
    column = "places_added"
    return Problem("projects", "project_without_places", text, done, "warning", source, row, column)


def _without_opening(source: str, row: int | None, name: str) -> Problem:
    text, done = f"'{name}' does not say when it opens", "its places are in no supply"
    return Problem(
        "projects", "project_without_opening", text, done, "warning", source, row, "opens"
    )


def _stopped(source: str, row: int | None, name: str) -> Problem:
    text, done = f"'{name}' was stopped", "its places are in no supply"
    return Problem("projects", "project_stopped", text, done, "note", source, row, "progress")


_PROBLEMS = {
    "project_nowhere": _nowhere,
    "project_without_places": _without_places,
    "project_without_opening": _without_opening,
    "project_stopped": _stopped,
}

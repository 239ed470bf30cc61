"""Projects linked to what they change, and the places that they add from their opening on.

Imports from `inputs.columns` and `inputs.problems`.
"""

from __future__ import annotations

import pandas as pd

from kgspatial.inputs.columns.cells import dates, numbers, row_number, source_of, texts
from kgspatial.inputs.columns.links import linked, names_of
from kgspatial.inputs.problems import Problem

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


def opening_years(projects: pd.DataFrame) -> pd.Series:
    """Return the year in which each project opens, nan where no date is given.

    Raises
    ------
    InputError
        When a cell of ``opens`` holds something that is no date.
    """
    return pd.Series(dates(projects, "opens").dt.year, dtype=float)


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

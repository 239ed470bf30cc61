"""Which projects of a study add places to its kindergartens in later years, and which cannot.

Imports from `projects`, `study`, `standards`, `inputs.columns`, `inputs.problems`, `layers`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.inputs.columns.cells import numbers, row_number, source_of, texts
from kgspatial.inputs.problems import Problem, joined_problems, problem_table
from kgspatial.layers import LAST_YEAR
from kgspatial.standards import read_profile
from kgspatial.study import Study
from kgspatial.supply.projects import added_supply, link_projects

OWN_ID = "project-{row}"
"""Id of a kindergarten that a project opens: by the row of the list."""

BUILDS = ("new", "supporting")
"""Kinds of work that may be the making of the kindergarten that the project names."""


@dataclass(frozen=True, eq=False)
class LaterPlaces:
    """What the projects of a study do for the supply of later years.

    Parameters
    ----------
    projects : DataFrame
        The list, linked to kindergartens, sites and communities.
    added : DataFrame
        Projects that add to a kindergarten of the study: columns of :func:`added_supply`, and
        ``classes`` as the list gives them.
    alone : DataFrame
        The same of projects that open a kindergarten of their own.
    problems : list of Problem
        All others.
    """

    projects: pd.DataFrame
    added: pd.DataFrame
    alone: pd.DataFrame
    problems: list[Problem]


def later_places(study: Study) -> LaterPlaces:
    """Judge each project of a study once: in a kindergarten's places, on its own, or listed.

    The layer of kindergartens tells the places of ``[plan] year``. What opens by then is in it,
    and so is a project whose kindergarten (the one it names, or the supporting one of its
    community) opens in the project's own year or later. A project that builds the kindergarten it
    names may be in it where that does not say when it opened: not counted, and listed.
    """
    if study.projects is None:
        return LaterPlaces(pd.DataFrame(), *(pd.DataFrame(),) * 2, [])
    projects, problems = link_projects(
        study.projects,
        communities=study.communities,
        kindergartens=study.kindergartens,
        candidates=study.candidates,
    )
    usable, found = added_supply(projects, LAST_YEAR)
    usable = usable.assign(classes=numbers(projects, "classes").reindex(usable.index))
    why = _in_the_layer(study, usable)
    placed = usable["kindergarten_id"].eq(_own_ids(usable)) & why.eq("project_in_layer")
    usable, why = usable[~placed], why[~placed]  # `with_projects` has told of these
    named = usable["kindergarten_id"].isin(study.kindergartens["kindergarten_id"])
    listed = [_judged(projects, row, str(why[row])) for row in why.index[why.notna()]]
    added, alone = usable[why.isna() & named], usable[why.isna() & ~named]
    return LaterPlaces(projects, added, alone, problems + found + listed)


def places_of_projects(study: Study, year: int | None) -> pd.DataFrame:
    """Return what projects have added to each kindergarten by a year: ``places``, ``classes``.

    Classes that the list does not give are those that the places need.
    """
    ids = study.kindergartens["kindergarten_id"]
    added = later_places(study).added
    if year is None or added.empty:
        return pd.DataFrame(0.0, index=ids.index, columns=["places", "classes"])
    norm = read_profile(study.settings.plan.profile).places_per_class
    needed = np.ceil(added["places"] / norm)
    opened = added.assign(classes=added["classes"].fillna(needed))[added["from_year"] <= year]
    sums = opened.groupby("kindergarten_id")[["places", "classes"]].sum().reindex(ids)
    return sums.fillna(0.0).astype(float).set_index(ids.index)


def project_problems(study: Study) -> pd.DataFrame:
    """Return the projects whose places are in no supply, each with why: a table of problems.

    Examples
    --------
    >>> from shapely import Point
    >>> from kgspatial.inputs.settings import PlanSettings, Settings
    >>> layer = {"kindergarten_id": ["K1"], "places": [90]}
    >>> gardens = gpd.GeoDataFrame(layer, geometry=[Point(118.08, 24.48)], crs="EPSG:4490")
    >>> projects = pd.DataFrame(
    ...     {"name": ["East", "West"], "kindergarten_id": "K1", "places_added": 30}
    ... ).assign(opens=["2024-09-01", "2027-09-01"])
    >>> settings = Settings(plan=PlanSettings(year=2025))
    >>> study = Study(kindergartens=gardens, projects=projects, settings=settings)
    >>> project_problems(study)["problem"].tolist()
    ["the layer of kindergartens holds the places of 'East'"]
    """
    found = later_places(study)
    alone = [_not_placed(found.projects, row) for row in found.alone.index]
    return problem_table([*found.problems, *alone])


def with_projects(study: Study) -> Study:
    """Return the study with a kindergarten for each project that opens one of its own.

    It lies at the project's site, else at the inner point of its community, has the project's
    places, and counts from the year of its opening on. It is public where all its places are;
    otherwise nobody says of what kind it is. Done twice, it is done once.

    Parameters
    ----------
    study : Study
        With ``projects``; without, or without such projects, it comes back as it is.

    Returns
    -------
    Study
        ``kindergartens`` has the new rows at its end, ids ``project-`` and the project's row;
        ``projects`` names them, ``problems`` notes each.

    Examples
    --------
    >>> from shapely import Point, box
    >>> from kgspatial.inputs.settings import PlanSettings, Settings
    >>> point, square = Point(500_500, 2_700_000), box(500_000, 2_700_000, 500_100, 2_700_100)
    >>> rows = {"kindergarten_id": ["K1"], "places": [90]}
    >>> gardens = gpd.GeoDataFrame(rows, geometry=[point], crs="EPSG:4549")
    >>> rows = {"community_id": ["C1"], "children": [100]}
    >>> homes = gpd.GeoDataFrame(rows, geometry=[square], crs="EPSG:4549")
    >>> projects = pd.DataFrame({"name": ["East"], "community_id": ["C1"], "places_added": [180]})
    >>> projects = projects.assign(opens="2027-09-01")
    >>> settings = Settings(plan=PlanSettings(year=2025))
    >>> study = Study(
    ...     kindergartens=gardens, communities=homes, projects=projects, settings=settings
    ... )
    >>> with_projects(study).kindergartens[["kindergarten_id", "opened_year"]].values.tolist()
    [['K1', nan], ['project-0', 2027.0]]
    """
    alone = later_places(study).alone
    where = _positions(study, alone)
    alone = alone.loc[where.index]
    if alone.empty:
        return study
    ids = _own_ids(alone)
    projects = study.projects.copy()  # type: ignore[union-attr]
    projects["kindergarten_id"] = ids.reindex(projects.index).fillna(
        texts(projects, "kindergarten_id")
    )
    projects.attrs = dict(study.projects.attrs)  # type: ignore[union-attr]
    noted = problem_table([_placed(projects, row, ids[row]) for row in alone.index])
    changed = {
        "kindergartens": _extended(study.kindergartens, alone, where),
        "projects": projects,
        "problems": joined_problems(study.problems, noted),
    }
    wider = copy.copy(study)  # its layers are checked: checking again would list all findings twice
    for name, value in changed.items():
        object.__setattr__(wider, name, value)
    return wider


def _own_ids(projects: pd.DataFrame) -> pd.Series:
    return pd.Series(
        [OWN_ID.format(row=row) for row in projects.index], projects.index, dtype=object
    )


def _in_the_layer(study: Study, usable: pd.DataFrame) -> pd.Series:
    """Why the layer holds, or may hold, the places of a project already; None where it does not."""
    why = pd.Series(None, index=usable.index, dtype=object)
    now = study.settings.plan.year
    if now is None:
        return why.fillna("project_year_unknown")
    before, unclear = _made_by_it(study, usable)
    why[unclear] = "project_maybe_in_layer"
    why[before | usable["from_year"].le(now)] = "project_in_layer"
    return why


def _made_by_it(study: Study, usable: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Whether a kindergarten of the layer is surely, or perhaps, the one that the project makes."""
    gardens = study.kindergartens
    opened = numbers(gardens, "opened_year").to_numpy()
    silent = numbers(gardens, "places").isna() & numbers(gardens, "classes").isna()
    ids = gardens["kindergarten_id"].to_numpy(dtype=object)[:, None]
    estates = texts(gardens, "supports_community").to_numpy()[:, None]
    named = usable["kindergarten_id"].to_numpy(dtype=object)
    linked = usable["kindergarten_id"].notna().to_numpy()
    by_id = (ids == named) & linked
    community = usable["community_id"].to_numpy(dtype=object)
    by_estate = (estates == community) & usable["community_id"].notna().to_numpy() & ~linked
    same = (by_id | by_estate) & ~silent.to_numpy()[:, None]
    later = opened[:, None] >= usable["from_year"].to_numpy()
    builds = by_estate | usable["work"].isin(BUILDS).to_numpy()
    unknown = np.isnan(opened)[:, None] & builds
    sure, perhaps = ((same & part).any(axis=0) for part in (later, unknown))
    return pd.Series(sure, usable.index), pd.Series(perhaps, usable.index)


def _positions(study: Study, alone: pd.DataFrame) -> gpd.GeoSeries:
    """Where each project opens its kindergarten, for those whose site or community is known."""
    found = pd.Series(None, index=alone.index, dtype=object)
    layers = {"community_id": study.communities, "site_id": study.candidates}  # the site goes first
    for column, layer in layers.items():
        if layer is not None and len(alone):
            points = pd.Series(
                layer.geometry.representative_point().to_numpy(), layer[column].to_numpy()
            )
            at = alone[column].map(points)
            found = at.astype(object).where(at.notna(), found)
    return gpd.GeoSeries(found[found.notna()], crs=study.crs)


def _extended(
    gardens: gpd.GeoDataFrame, alone: pd.DataFrame, where: gpd.GeoSeries
) -> gpd.GeoDataFrame:
    """The kindergartens with those of projects at the end; what nobody says of these is missing."""
    public = alone["public_places"].eq(alone["places"])
    new = {
        "kindergarten_id": _own_ids(alone),
        "name": alone["name"],
        "places": alone["places"],
        "classes": alone["classes"],
        "kind": pd.Series("public", alone.index, dtype=object).where(public, None),
        "opened_year": alone["from_year"].astype(float),
        "supports_community": alone["community_id"],
    }
    count, columns = len(gardens), [*dict.fromkeys((*gardens.columns, *new))]
    plain = pd.DataFrame(gardens.drop(columns="geometry")).reindex(
        index=range(count + len(alone)), columns=[c for c in columns if c != "geometry"]
    )
    for name, cells in new.items():
        kept = plain[name].iloc[:count]
        kept = kept.astype(object).where(kept.notna(), None) if cells.dtype == object else kept
        plain[name] = pd.Series([*kept, *cells], plain.index, dtype=cells.dtype)
    shapes = [*gardens.geometry, *where]
    wider = gpd.GeoDataFrame(plain, geometry=shapes, crs=gardens.crs)
    wider.attrs = dict(gardens.attrs)
    return wider


def _about(projects: pd.DataFrame, row: object) -> tuple[str, int | None, str]:
    return str(projects.loc[row, "name"]), row_number(row), source_of(projects)  # type: ignore[index]


def _judged(projects: pd.DataFrame, row: object, code: str) -> Problem:
    return _JUDGED[code](projects, row)


def _in_layer(projects: pd.DataFrame, row: object) -> Problem:
    name, number, source = _about(projects, row)
    text, done = f"the layer of kindergartens holds the places of '{name}'", "not counted again"
    return Problem("projects", "project_in_layer", text, done, "note", source, number, "opens")


def _maybe_in_layer(projects: pd.DataFrame, row: object) -> Problem:
    name, number, source = _about(projects, row)
    text = f"nobody can tell whether the layer of kindergartens holds the places of '{name}'"
    done = "in no supply; write the kindergarten's opened_year"
    return Problem(
        "projects", "project_maybe_in_layer", text, done, "warning", source, number, "work"
    )


def _year_unknown(projects: pd.DataFrame, row: object) -> Problem:
    name, number, source = _about(projects, row)
    text = f"the kindergartens are of no known year: they may hold the places of '{name}'"
    done = "in no supply; write year under [plan]"
    return Problem(
        "projects", "project_year_unknown", text, done, "warning", source, number, "opens"
    )


def _not_placed(projects: pd.DataFrame, row: object) -> Problem:
    name, number, source = _about(projects, row)
    text, done = f"'{name}' is no kindergarten of the study yet", "its places are in no supply"
    return Problem(
        "projects", "project_not_placed", text, done, "warning", source, number, "kindergarten_id"
    )


def _placed(projects: pd.DataFrame, row: object, own_id: str) -> Problem:
    name, number, source = _about(projects, row)
    text, done = f"'{name}' opens a kindergarten of its own", f"the kindergarten '{own_id}'"
    return Problem("projects", "project_placed", text, done, "note", source, number, "site_id")


_JUDGED = {
    "project_in_layer": _in_layer,
    "project_maybe_in_layer": _maybe_in_layer,
    "project_year_unknown": _year_unknown,
}

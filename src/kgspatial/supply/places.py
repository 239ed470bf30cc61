"""`kindergarten_supply`: the places of each kindergarten in a year, and whether they count.

Imports from `openings`, `study`, `standards`, `inputs.settings`.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.inputs.settings import BalanceSettings
from kgspatial.standards import read_profile
from kgspatial.study import Study
from kgspatial.supply.openings import places_of_projects

ACCEPTED = {"inclusive": ("public", "inclusive"), "public": ("public",)}
"""Kinds that count, by what families accept; with `all`, also those of no known kind."""

OPTIONAL = ("name", "kind", "enrolled", "classes", "places")


def kindergarten_supply(study: Study, *, year: int | None = None) -> gpd.GeoDataFrame:
    """Return the kindergartens with their places and whether these count as supply.

    Places come from ``places``; where these are missing, from ``classes`` times the norm of the
    rule profile, flagged in ``places_derived``; missing classes come from the places, rounded up,
    flagged in ``classes_derived``. A kindergarten counts when it is licensed (or
    nothing is said, or ``[balance] count_unlicensed`` is set), of a kind that ``[balance] accepts``,
    and open in `year`; what does not count keeps its row with 0 places.

    Where the study has ``projects``, those that add to a kindergarten and open after ``[plan] year``
    count from their opening on; :func:`with_projects` makes kindergartens of those that open one of
    their own, :func:`project_problems` lists the rest.

    Parameters
    ----------
    study : Study
        The study area.
    year : int, optional
        For ``opened_year``, ``closes_year`` and projects; without it all count as open, and no
        project counts.

    Returns
    -------
    GeoDataFrame
        One row per kindergarten, in the study's order: all its columns and ``places_derived``,
        ``classes_derived``, ``places_added`` (by projects), ``counted``, and ``not_counted`` (why: ``unlicensed``, ``not_accepted``,
        ``not_open``, ``no_places`` or None).

    References
    ----------
    30 places a class: 幼儿园标准设计样图 (2019) after 建标175-2016.
    """
    table = study.kindergartens.copy()
    for column in OPTIONAL:
        if column not in table.columns:
            table[column] = None if column in ("name", "kind") else np.nan
    norm = read_profile(study.settings.plan.profile).places_per_class
    places, classes = table["places"], table["classes"]
    without_places, without_classes = (
        places.isna() & classes.notna(),
        classes.isna() & places.notna(),
    )
    later = places_of_projects(study, year)
    offered = _with(places.where(~without_places, classes * norm), later["places"])
    known = classes.where(~without_classes, np.ceil(places / norm)).astype(float)
    table["classes"] = _with(known, later["classes"])
    why = _not_counted(table, offered, year, study.settings.balance)
    table["places"] = offered.where(why.isna(), 0.0).fillna(0.0).astype(float)
    return table.assign(
        places_derived=without_places,
        classes_derived=without_classes,
        places_added=later["places"],
        counted=why.isna(),
        not_counted=why,
    )


def _with(known: pd.Series, added: pd.Series) -> pd.Series:
    """What is known and what is added; of a kindergarten that told nothing, what is added."""
    return (known + added).where(known.notna(), added.where(added > 0))


def _not_counted(
    table: gpd.GeoDataFrame, offered: pd.Series, year: int | None, settings: BalanceSettings
) -> pd.Series:
    why = pd.Series([None] * len(table), index=table.index, dtype=object)
    why[offered.isna()] = "no_places"
    if year is not None:
        why[_years(table, "opened_year").gt(year)] = "not_open"
        why[_years(table, "closes_year").le(year)] = "not_open"
    if settings.accepts != "all":
        why[~table["kind"].isin(ACCEPTED[settings.accepts])] = "not_accepted"
    if "licensed" in table.columns and not settings.count_unlicensed:
        why[table["licensed"].eq(False).fillna(False).astype(bool)] = "unlicensed"
    return why


def _years(table: gpd.GeoDataFrame, column: str) -> pd.Series:
    return table[column] if column in table.columns else pd.Series(np.nan, index=table.index)

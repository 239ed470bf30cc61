"""`candidate_sites`: all candidates that the plan asks for, sorted into usable and excluded.

Imports from all modules of this room, `standards`, `study`, `errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.siting.candidates.areas import within_areas
from kgspatial.siting.candidates.estates import estate_candidates
from kgspatial.siting.candidates.expansions import expansion_candidates, linked_expansions
from kgspatial.siting.candidates.findings import Finding, concerned, texts_of
from kgspatial.siting.candidates.generated import generated_candidates
from kgspatial.siting.candidates.groups import groups_of
from kgspatial.siting.candidates.hazards import near_hazards
from kgspatial.siting.candidates.land import (
    beyond_study,
    other_land,
    taken_by_projects,
    too_late,
    too_small,
)
from kgspatial.siting.candidates.spacing import thinned, too_close
from kgspatial.siting.candidates.table import (
    ACTIONS,
    COLUMNS,
    given_candidates,
    inner_points,
    stacked,
)
from kgspatial.siting.candidates.wishes import check_required, check_wishes, forbidden_sites
from kgspatial.standards import Profile, read_profile
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXCLUDED_COLUMNS = ("site_id", "name", "source", "reason_zh", "reason_en")


def candidate_sites(
    study: Study,
    demand: gpd.GeoDataFrame,
    *,
    year: int | None,
    classes: Sequence[int] | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the candidates that may be used, and those that may not with the reasons.

    Candidates are the rows of the layer; with ``[siting] estates`` and ``expand``, estates that are
    owed places and kindergartens that may grow; and generated ones where the layer is absent or
    ``generate`` is set.

    Parameters
    ----------
    study : Study
        Its candidates, hazards, communities, kindergartens and ``[siting]`` settings.
    demand : GeoDataFrame
        Demand points with ``unserved``, of a balance.
    year : int, optional
        The plan's year.
    classes : sequence of int, optional
        Sizes that may be built; ``[siting] classes``, else the rule profile's ladder.

    Returns
    -------
    usable : GeoDataFrame
        Points. ``site_id``, ``name``, ``name_latin``, ``source``, ``action`` (``build``,
        ``convert``, ``expand``); ``max_classes`` (NaN: no limit), ``min_classes`` (NaN: none);
        ``cost_wan`` (of ``max_classes``), ``available_year``; ``kindergarten_id`` of the one that is
        expanded; ``group``: of candidates that share it only one may be used; ``required``;
        ``checks_zh``, ``checks_en``: what a person should look at; ``prefer_away``: it lies nearer
        to a hazard than is good.
    excluded : GeoDataFrame
        Points. ``site_id``, ``name``, ``source``, ``reason_zh``, ``reason_en``.

    Raises
    ------
    InputError
        When a required or forbidden site is not there, a required one may not be used, or an id of
        the layer is one that is given to a candidate of another source.
    """
    settings = study.settings.siting
    profile = read_profile(study.settings.plan.profile)
    ladder = classes or settings.classes or [step.classes for step in profile.ladder]
    sizes = np.unique(np.asarray(ladder, dtype=np.int64))
    table, found = _all_candidates(study, demand, profile, year)
    _check_ids(table)
    check_wishes(settings, table["site_id"].tolist())
    small = too_small(table, sizes)
    table, cramped = within_areas(study, table, profile, sizes, year)
    found = [
        *forbidden_sites(settings),
        *other_land(table, settings.land_codes),
        *too_late(table, year),
        *taken_by_projects(study, table),
        *found,
        *small,
        *cramped,
        *near_hazards(study, table),
        *beyond_study(study, table, demand),
    ]
    found += too_close(study, table, concerned(table["site_id"], found, "exclude"), year)
    table = thinned(table, concerned(table["site_id"], found, "exclude"), settings)
    usable, excluded = _sorted_out(table, found, settings.required)
    reasons = dict(zip(excluded["site_id"], excluded["reason_en"], strict=True))
    check_required(settings, usable, reasons)
    return usable, excluded


def sizes_of(
    candidates: gpd.GeoDataFrame, classes: NDArray[np.int64], profile: Profile
) -> NDArray[np.float64]:
    """Places of each size at each candidate, 0 where the size is too large or too small for it.

    A new kindergarten has one of the sizes `classes`; an old one grows by any number of classes, so
    that there may be more columns than `classes` has.
    """
    most = candidates["max_classes"].fillna(np.inf).to_numpy(dtype=np.float64)
    ladder = np.asarray(classes)
    grows = (candidates["action"] == "expand").to_numpy() & np.isfinite(most)
    if grows.any():
        classes = np.union1d(ladder, np.arange(1, int(most[grows].max()) + 1))
    fits = (classes[None, :] <= most[:, None]) & (
        grows[:, None] | np.isin(classes, ladder)[None, :]
    )
    if "min_classes" in candidates:
        least = candidates["min_classes"].fillna(0.0).to_numpy(dtype=np.float64)
        fits &= classes[None, :] >= least[:, None]
    return np.where(fits, profile.places(1) * classes[None, :], 0.0)


def _all_candidates(
    study: Study, demand: gpd.GeoDataFrame, profile: Profile, year: int | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    given, links = linked_expansions(study, given_candidates(study), profile, year)
    estates, open_ones = estate_candidates(study, profile, year)
    owners = given["kindergarten_id"].dropna()
    grown, full = expansion_candidates(study, profile, year, given=owners)
    table = stacked([given, estates, grown, generated_candidates(study, demand)], study.crs)
    return table, [*links, *open_ones, *full]


def _check_ids(table: gpd.GeoDataFrame) -> None:
    twice = table["site_id"][table["site_id"].duplicated()]
    if len(twice):
        message = f"the layer's candidate '{twice.iloc[0]}' has the id of one that is made here"
        raise InputError(message, column="site_id", hint="Give it another id.")


def _sorted_out(
    table: gpd.GeoDataFrame, found: list[Finding], required: Sequence[str]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    out = concerned(table["site_id"], found, "exclude")
    reasons = texts_of(table["site_id"], found, "exclude")
    excluded = table.assign(reason_zh=reasons["zh"], reason_en=reasons["en"])[out]
    checks = texts_of(table["site_id"], found, "check", "prefer_away")
    usable = table.assign(
        action=table["source"].map(ACTIONS),
        required=table["site_id"].isin(list(required)),
        checks_zh=pd.Series(checks["zh"], table.index, dtype=object),
        checks_en=pd.Series(checks["en"], table.index, dtype=object),
        prefer_away=concerned(table["site_id"], found, "prefer_away"),
    )[~out]
    groups = groups_of(usable.reset_index(drop=True))
    usable = usable.assign(group=pd.Series(groups, usable.index, dtype=object))
    return _as_points(usable, COLUMNS), _as_points(excluded, EXCLUDED_COLUMNS)


def _as_points(table: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    points = inner_points(table.geometry).reset_index(drop=True)
    kept = pd.DataFrame(table[list(columns)]).reset_index(drop=True)
    return gpd.GeoDataFrame(kept, geometry=points, crs=table.crs)

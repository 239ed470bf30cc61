"""Rule for each estate: the places that the norm (千人指标) owes, provided and missing.

Imports from `areas`, `verdicts`, `demand.norm`, `demand.owed`, `standards`, `study`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.areas import urban_of
from kgspatial.balance.rules.verdicts import (
    DECIMALS,
    NOT_IN_FORCE,
    VERDICT_COLUMNS,
    asked,
    joined,
    licensed_kindergartens,
    stacked,
    subjects_of,
    texts,
    verdict_table,
    verdicts_of,
)
from kgspatial.demand.norm import norm_demand
from kgspatial.demand.owed import measures_of
from kgspatial.demand.residents import numbers_of
from kgspatial.standards import NormRule, Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.study import Study

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Words = NDArray[np.object_]

PLACES, KINDERGARTENS = "estates.places", "estates.kindergartens"
SHARED = "shared_kindergarten"
"""What is missing for an estate that is to share a kindergarten with others: which one it is."""

ESTATE_COLUMNS = (
    *VERDICT_COLUMNS,
    *("residents_used", "basis", "places_owed", "places_provided", "places_missing"),
    *("classes_owed", "kindergartens_owed"),
    *("group", "clause"),
)


class _Provided(NamedTuple):
    """Kindergartens of each estate and their places (NaN where a kindergarten names none)."""

    places: Floats
    kindergartens: Floats


def check_estates(
    study: Study, year: int | None = None, profile: str | Path | Profile | None = None
) -> pd.DataFrame:
    """Judge whether every estate has the kindergarten places that the norm owes it.

    Parameters
    ----------
    study : Study
        Its communities are the estates.
    year : int, optional
        The plan's year unless given; estates delivered later are left out.
    profile : str, Path or Profile, optional
        The plan's own unless given. Estates in units that are not urban go by its rural norm, if
        it has one.

    Returns
    -------
    DataFrame
        One row for each estate, as :func:`kgspatial.balance.rules.check_kindergartens` has them;
        empty without communities. Estates that share a kindergarten (``group``) are judged together:
        ``value`` and ``threshold`` are those of the group. Also ``residents_used`` and ``basis``,
        ``clause``, and the estate's own ``places_owed``, ``places_provided`` and ``places_missing``
        (negative where there are more), ``classes_owed`` and ``kindergartens_owed`` (those of a group
        stand with its host). Where the rule counts kindergartens and names no places,
        ``rule`` is ``estates.kindergartens`` and value and threshold are numbers of these.

    Notes
    -----
    An estate's kindergartens are those that name it in ``supports_community``, and those within it
    that name none. If no kindergarten of the study names its estate, too few within it prove
    nothing: one may stand beside it. Estates are judged by the norm of `year`, whenever they were
    built.

    Examples
    --------
    >>> from shapely import Point, box
    >>> from kgspatial.study import Study
    >>> gardens = {"kindergarten_id": ["K1"], "places": [180], "supports_community": ["C1"]}
    >>> layer = gpd.GeoDataFrame(gardens, geometry=[Point(118.08, 24.48)], crs=4490)
    >>> estates = {"community_id": ["C1", "C2"], "residents": [6000, 3000]}
    >>> outlines = [box(118.07, 24.47, 118.09, 24.49), box(118.1, 24.47, 118.11, 24.49)]
    >>> communities = gpd.GeoDataFrame(estates, geometry=outlines, crs=4490)
    >>> found = check_estates(Study(layer, communities), 2024)
    >>> found[["subject_id", "value", "threshold", "verdict"]].values.tolist()
    [['C1', 180.0, 180.0, 'met'], ['C2', 0.0, 90.0, 'not_met']]
    """
    when, rules = asked(study, year, profile)
    if study.communities is None:
        return stacked([]).reindex(columns=list(ESTATE_COLUMNS))
    estates = study.communities
    if when is not None:
        estates = estates[~(numbers_of(estates, "delivered_year") > when)]
    provided = _provided(study, estates, rules, when)
    tables = []
    for rule, rows in _norms(study, estates, rules):
        part = _Provided(provided.places[rows], provided.kindergartens[rows])
        linked = bool((texts(study.kindergartens, "supports_community") != "").any())
        tables.append(_judged(estates[rows], rule, part, when, linked=linked))
    return stacked(tables).reindex(columns=list(ESTATE_COLUMNS))


def _norms(
    study: Study, estates: gpd.GeoDataFrame, profile: Profile
) -> list[tuple[NormRule, NDArray[np.bool_]]]:
    if profile.norm_rural is None:
        return [(profile.norm, np.full(len(estates), True))]
    rural = np.array([flag is False for flag in urban_of(study, estates)], dtype=bool)
    return [(profile.norm, ~rural), (profile.norm_rural, rural)]


def _provided(
    study: Study, estates: gpd.GeoDataFrame, profile: Profile, year: int | None
) -> _Provided:
    gardens = licensed_kindergartens(study, year)
    places, classes = numbers_of(gardens, "places"), numbers_of(gardens, "classes")
    offered = np.where(np.isnan(places), classes * profile.places_per_class, places)
    rows = pd.Series(np.arange(len(estates)), index=estates["community_id"].astype(str))
    supports = texts(gardens, "supports_community")
    named = rows.reindex(supports).to_numpy(dtype=np.float64, na_value=-1.0).astype(np.int64)
    pairs = estates.sindex.query(gardens.geometry, predicate="intersects")
    first = pd.Series(pairs[1]).groupby(pairs[0]).min()
    within = first.reindex(range(len(gardens))).fillna(-1).to_numpy(dtype=np.int64)
    home = np.where(supports == "", within, named)
    here, n = home >= 0, len(estates)
    sums = (np.bincount(home[here], each[here], n) for each in (offered, np.ones(len(home))))
    return _Provided(*(np.asarray(total, dtype=np.float64) for total in sums))


def _judged(
    estates: gpd.GeoDataFrame, rule: NormRule, own: _Provided, year: int | None, *, linked: bool
) -> pd.DataFrame:
    owed, _ = norm_demand(estates, rule)
    group = owed["group"].astype(str)
    places, gardens = owed["places_owed"], owed["kindergartens"]
    by_number = (places.isna() & gardens.notna()).to_numpy()
    asked_for = _total(places.where(~by_number, gardens), group)
    there = _total(
        pd.Series(np.where(by_number, own.kindergartens, own.places), estates.index), group
    )
    builds = _total(gardens, group)
    threshold = asked_for if rule.pool is not None else np.where(builds == 0, 0.0, asked_for)
    enough = there.round(DECIMALS) >= threshold.round(DECIMALS)
    lacks = {
        " or ".join(measures_of(rule)): np.isnan(asked_for),
        "places": np.isnan(there),
        SHARED: ~enough & (builds == 0),
        "supports_community": ~enough & (builds != 0) & (not linked),
    }
    in_force = rule.origin.rule(PLACES, 0.0).holds_in(year)
    missing = _missing(lacks, "" if in_force else NOT_IN_FORCE)
    table = verdict_table(
        subjects_of(estates, "community_id"),
        np.where(by_number, KINDERGARTENS, PLACES).astype(object),
        *(there, threshold, verdicts_of(enough, missing), missing),
        (rule.origin.source, rule.origin.evidence),
    )
    return table.assign(
        residents_used=owed["residents_used"],
        basis=owed["basis"],
        places_owed=places,
        places_provided=own.places,
        places_missing=places - own.places,
        classes_owed=owed["classes"],
        kindergartens_owed=gardens,
        group=group,
        clause=owed["clause"],
    )


def _missing(lacks: dict[str, Flags], always: str) -> Words:
    """What is missing for a verdict; whose a kindergarten is only matters where numbers are known."""
    *numbers, shared, unlinked = lacks.items()
    unsure = np.logical_or.reduce([rows for _, rows in numbers])
    links = [(name, rows & ~unsure) for name, rows in (shared, unlinked)]
    columns = [np.where(rows, name, "") for name, rows in (*numbers, *links)]
    return np.array([joined((always, *row)) for row in zip(*columns, strict=True)], dtype=object)


def _total(values: pd.Series[float], group: pd.Series[str]) -> Floats:
    """Sum over the group of each estate; NaN where one of them is."""
    codes, _ = pd.factorize(group)
    return np.asarray(np.bincount(codes, values)[codes], dtype=np.float64)

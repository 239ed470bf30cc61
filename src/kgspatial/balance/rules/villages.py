"""Rule for each village: an inclusive kindergarten of its own if large, else a branch or a joint one.

Imports from `towns`, `verdicts`, `standards`, `study`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.towns import is_central
from kgspatial.balance.rules.verdicts import (
    DECIMALS,
    UNKNOWN,
    VERDICT_COLUMNS,
    Ruling,
    asked,
    counted,
    joined,
    licensed_kindergartens,
    rulings,
    stacked,
    subjects_of,
    texts,
)
from kgspatial.demand.residents import numbers_of
from kgspatial.standards import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.study import Study

    Floats = NDArray[np.float64]
    Words = NDArray[np.object_]

OWN, BRANCH = "villages.own_kindergarten", "villages.branch"
ACCEPTED = ("public", "inclusive")
SERVED_BY = "serving_kindergarten"
"""What is missing for a small village without a kindergarten: which branch or joint one serves it."""

VILLAGE_COLUMNS = (
    *VERDICT_COLUMNS,
    *("residents", "head_id", "head_name", "head_distance_m"),
)


class _Found(NamedTuple):
    """Kindergartens of each village: sure and possible ones, and what would tell."""

    sure: Floats
    possible: Floats
    missing: Words


def check_villages(
    study: Study, year: int | None = None, profile: str | Path | Profile | None = None
) -> pd.DataFrame:
    """Judge whether large villages have their own inclusive kindergarten, and small ones any.

    Parameters
    ----------
    study : Study
        Its villages, as outlines or points.
    year : int, optional
        The plan's year unless given.
    profile : str, Path or Profile, optional
        The plan's own unless given.

    Returns
    -------
    DataFrame
        One row for each village, as :func:`kgspatial.balance.rules.check_kindergartens` has them;
        empty without villages. ``value`` counts public and inclusive kindergartens that are open and
        not unlicensed. Also ``residents`` and, for villages without one, the nearest head
        kindergarten of which a branch could be set up: ``head_id``, ``head_name``,
        ``head_distance_m`` (metres, straight).

    Notes
    -----
    The number of residents from which the first rule holds is the rule's value. A kindergarten is
    the village's within its outline; of villages given as points, of the nearest one, surely within
    the service radius and possibly beyond it. A small village without any may be served by a joint
    kindergarten elsewhere, which the layers do not tell.

    Head kindergartens are those that others name as their head and central ones; where there are
    none, public ones that are nobody's branch.

    Examples
    --------
    >>> from shapely import Point
    >>> from kgspatial.study import Study
    >>> gardens = {"kindergarten_id": ["K1"], "places": [180], "kind": ["public"]}
    >>> layer = gpd.GeoDataFrame(gardens, geometry=[Point(118.08, 24.48)], crs=4490)
    >>> people = {"village_id": ["V1", "V2"], "residents": [4000, 900]}
    >>> villages = gpd.GeoDataFrame(
    ...     people, geometry=[Point(118.08, 24.48), Point(118.09, 24.48)], crs=4490
    ... )
    >>> study = Study(kindergartens=layer, villages=villages)
    >>> found = check_villages(study, 2024, "enping_2023")
    >>> found[["rule", "verdict", "head_id"]].fillna("").values.tolist()
    [['villages.own_kindergarten', 'met', ''], ['villages.branch', 'unknown', 'K1']]
    """
    when, rules = asked(study, year, profile)
    if study.villages is None:
        return stacked([]).reindex(columns=list(VILLAGE_COLUMNS))
    villages, gardens = study.villages, licensed_kindergartens(study, when)
    found = _of_villages(villages, gardens, rules.service_radius_m)
    residents = numbers_of(villages, "residents")
    tables = [_verdicts(villages, residents, found, ruling) for ruling in rulings(rules, OWN, when)]
    heads = _nearest_heads(villages, gardens).where(pd.Series(found.sure == 0, villages.index))
    extra = pd.DataFrame({"residents": residents}, villages.index).join(heads)
    whole = [table.join(extra) for table in tables]
    return stacked(whole).reindex(columns=list(VILLAGE_COLUMNS))


def _verdicts(
    villages: gpd.GeoDataFrame, residents: Floats, found: _Found, ruling: Ruling
) -> pd.DataFrame:
    """Large villages by the first rule, small ones by the second."""
    subjects = subjects_of(villages, "village_id")
    large = ~(residents.round(DECIMALS) < ruling.rule.value)
    unsure = np.where(np.isnan(residents), "residents", "")
    own = counted(subjects, ruling, found.sure, found.possible, found.missing, at_least=1)
    own["missing"] = [joined(pair) for pair in zip(unsure, own["missing"], strict=True)]
    own.loc[np.isnan(residents), "verdict"] = UNKNOWN
    nothing = found.possible == 0
    small = counted(
        *(subjects, ruling, found.sure, np.fmax(found.possible, 1.0)),
        np.where(nothing, SERVED_BY, found.missing).astype(object),
        at_least=1,
        rule_id=BRANCH,
    )
    return own.where(pd.Series(large, villages.index), small)


def _of_villages(villages: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame, radius_m: float) -> _Found:
    village, sure_place = _village_of(villages, gardens, radius_m)
    kind = texts(gardens, "kind")
    accepted, unknown = np.isin(kind, ACCEPTED), kind == ""
    here, n = village >= 0, len(villages)

    def number(rows: NDArray[np.bool_]) -> Floats:
        return np.bincount(village[rows & here], minlength=n).astype(np.float64)

    far = number((accepted | unknown) & ~sure_place)
    kindless = number(unknown)
    words = zip(far > 0, kindless > 0, strict=True)
    missing = [joined(("geometry" if f else "", "kind" if k else "")) for f, k in words]
    sure, possible = number(accepted & sure_place), number(accepted | unknown)
    return _Found(sure, possible, np.array(missing, dtype=object))


def _village_of(
    villages: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame, radius_m: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Row of the village of each kindergarten (-1 for none), and whether it surely lies there."""
    village = np.full(len(gardens), -1, dtype=np.int64)
    sure = np.full(len(gardens), False)
    is_point = (villages.geom_type == "Point").to_numpy()
    outlines, points = np.flatnonzero(~is_point), np.flatnonzero(is_point)
    if len(outlines):
        pairs = villages.iloc[outlines].sindex.query(gardens.geometry, predicate="intersects")
        first = pd.Series(outlines[pairs[1]]).groupby(pairs[0]).min()
        village[first.index], sure[first.index] = first.to_numpy(), True
    rest = np.flatnonzero(village < 0)
    if len(points) and len(rest):
        (row, near), metres = villages.iloc[points].sindex.nearest(
            gardens.geometry.iloc[rest], return_all=False, return_distance=True
        )
        village[rest[row]], sure[rest[row]] = points[near], metres <= radius_m
    return village, sure


def _nearest_heads(villages: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame) -> pd.DataFrame:
    """The nearest head kindergarten of each village; missing where the study has none."""
    heads = _heads(gardens)
    empty = pd.DataFrame(index=villages.index, columns=["head_id", "head_name", "head_distance_m"])
    if not len(heads) or not len(villages):
        return empty
    heads = heads.sort_values("kindergarten_id")
    points = villages.geometry.representative_point()
    (row, near), metres = heads.sindex.nearest(points, return_all=False, return_distance=True)
    found = heads.iloc[near]
    names = {"head_id": found["kindergarten_id"].to_numpy(), "head_name": texts(found, "name")}
    table = pd.DataFrame({**names, "head_distance_m": metres}, index=villages.index[row])
    return table.reindex(villages.index)


def _heads(gardens: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    head_of, kind = texts(gardens, "head_id"), texts(gardens, "kind")
    ids = gardens["kindergarten_id"]
    named = ids.isin(head_of[head_of != ""]).to_numpy()
    central = is_central(gardens) & (kind == "public")
    heads = named | central
    if not heads.any():
        heads = (kind == "public") & (head_of == "")
    found: gpd.GeoDataFrame = gardens.loc[heads]
    return found

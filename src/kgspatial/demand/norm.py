"""The norm method: places that a planning rule (千人指标) owes to communities.

Imports from `pooling`, `residents`, `standards`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.pooling import fixed_order, pooled_hosts
from kgspatial.demand.residents import default_note, ids_of, listed, number_from, numbers_of
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.standards.norms import MEASURES, PERSONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.demand.residents import Number
    from kgspatial.standards import NormRule

NORM_COLUMNS = (
    *("residents_used", "basis", "places_owed", "classes", "kindergartens", "group", "clause"),
)

SILENT_BELOW = ("brackets", "one_per_residents")
"""Forms that say nothing of estates smaller than their first size."""

DECIMALS = 6
"""Sizes and places are compared at this many decimals: rounding must not move a threshold."""


@dataclass(frozen=True)
class _Owed:
    """What is owed to each group, and by which clauses."""

    places: NDArray[np.float64]
    classes: NDArray[np.float64]
    kindergartens: NDArray[np.float64]
    clause: pd.Series[str]


def norm_demand(
    communities: pd.DataFrame, rule: NormRule, *, persons_per_household: Number | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Work out the places, classes and kindergartens that a rule owes to communities.

    Parameters
    ----------
    communities : DataFrame or GeoDataFrame
        ``residents``, ``households``, ``floor_area_m2`` (m2 of housing), ``community_id``; any may
        be missing, as a column or in a row. Pooling needs shapes in a projected CRS in metres.
    rule : NormRule
        ``read_profile(...).norm``.
    persons_per_household : float or Rule, optional
        The norm's own, or the profile's, unless given; these are noted as defaults where used.

    Returns
    -------
    DataFrame
        Aligned to the index of `communities`: ``residents_used`` (persons); ``basis``
        (``residents`` or ``households``); ``places_owed`` (not rounded); ``classes`` and
        ``kindergartens``; ``group`` (id of the estate that hosts the shared kindergarten; an
        estate that shares with nobody has its own id); ``clause``, what of the rule applied. In a
        group each estate has its share of the places; classes and kindergartens stand with the
        host and are 0 elsewhere, so every column adds up. Where the inputs or the rule do not
        tell, numbers are NaN.
    list of Problem
        Defaults used, communities without numbers, estates that were not pooled for want of
        positions, estates beyond what the rule states.

    Raises
    ------
    InputError
        When persons per household cannot be, or pooling meets degrees.

    Notes
    -----
    The norm counts an estate as planned, not as lived in: residents are the larger of those given
    and households x persons per household. Forms:

    ``places_per_1000``, ``classes_per_10000``: places in proportion to residents. Steps say from
    which size an estate builds its own kindergarten and its least classes; below, places are owed
    but none is built. Kindergartens: one for each begun multiple of the split's size; without a
    split, of the largest kindergarten. Classes: places / class size, rounded up to sizes of the
    ladder; a kindergarten that the split lets grow beyond the ladder is not rounded.

    ``brackets``: classes by the highest step reached; places are classes x class size.

    ``one_per_residents``: one for each full multiple of the value.

    Pooled estates are added up first (:func:`kgspatial.demand.pooling.pooled_hosts`).

    Examples
    --------
    >>> from kgspatial.standards import read_profile
    >>> estates = pd.DataFrame({"residents": [3000, 12000, 12001]})
    >>> found, _ = norm_demand(estates, read_profile("national").norm)
    >>> found[["places_owed", "classes", "kindergartens"]].round(2).values.tolist()
    [[90.0, 3.0, 1.0], [360.0, 12.0, 1.0], [360.03, 15.0, 2.0]]
    """
    number = (
        rule.basis.persons_per_household if persons_per_household is None else persons_per_household
    )
    persons = number_from(number, "persons per household", *PERSONS)
    xy, ids = _positions(communities, rule), ids_of(communities)
    order = fixed_order(xy, ids)
    sizes = _sizes(communities, persons)
    hosts = _hosts(sizes.iloc[order], xy[order], rule)
    found = _owed_to(sizes.iloc[order], hosts, rule)
    found.insert(5, "group", ids[order][hosts])
    found.insert(1, "basis", _basis(communities, sizes)[order])
    back = found.iloc[np.argsort(order, kind="stable")].set_index(communities.index)
    return back[list(NORM_COLUMNS)], _problems(communities, sizes, xy, rule, number, back)


def norm_children(
    communities: pd.DataFrame,
    rule: NormRule,
    *,
    persons_per_household: Number | None = None,
    year: int | None = None,
) -> tuple[pd.Series[float], list[Problem]]:
    """Return the places owed as demand in children, to stand beside other methods.

    Parameters
    ----------
    communities, rule, persons_per_household
        As in :func:`norm_demand`.
    year : int, optional
        Estates delivered later count as nobody.

    Returns
    -------
    Series
        Children, aligned to the index of `communities`. NaN where the inputs do not tell, and
        where the rule is silent: brackets owe nothing to estates below the first, which is not
        to say that no child lives there.
    list of Problem
        Those of :func:`norm_demand`, and how many communities the rule passes over.
    """
    later = np.full(len(communities), False)
    if year is not None:
        later = numbers_of(communities, "delivered_year") > year
    found, problems = norm_demand(
        communities[~later], rule, persons_per_household=persons_per_household
    )
    silent = found["places_owed"].eq(0) & ~found["residents_used"].eq(0)
    if rule.form in SILENT_BELOW and silent.any():
        ids = ids_of(communities[~later])[silent.to_numpy()]
        text = f"the rule owes nothing to {len(ids)} communities: {listed(ids)}"
        done = f"left without a number of children; {_cited(rule)}"
        problems.append(Problem("communities", "norm_silent", text, done, "note"))
        found["places_owed"] = found["places_owed"].mask(silent)
    children = pd.Series(0.0, communities.index, name="children")
    children[~later] = found["places_owed"].to_numpy()
    return children, problems


def _positions(communities: pd.DataFrame, rule: NormRule) -> NDArray[np.float64]:
    """Inner points in metres; NaN where there are none or the rule does not pool."""
    nowhere = np.full((len(communities), 2), np.nan)
    if not isinstance(communities, gpd.GeoDataFrame):
        return nowhere
    if rule.pool is None:
        return nowhere
    if communities.crs is not None and communities.crs.is_geographic:
        raise InputError(
            "pooling within a radius needs metres, but the communities are in degrees",
            hint="Use the layer of a Study, or communities.to_crs(...).",
        )
    points = communities.geometry.representative_point()
    return np.asarray(np.column_stack((points.x, points.y)), dtype=np.float64)


def _sizes(communities: pd.DataFrame, persons: float) -> pd.DataFrame:
    """Each measure of the estates as planned, residents and households completing each other."""
    residents, households = (numbers_of(communities, c) for c in ("residents", "households"))
    return pd.DataFrame(
        {
            "residents": np.fmax(residents, households * persons),
            "households": np.where(np.isnan(households), residents / persons, households),
            "floor_area_m2": numbers_of(communities, "floor_area_m2"),
        },
        index=communities.index,
    )


def _basis(communities: pd.DataFrame, sizes: pd.DataFrame) -> NDArray[np.object_]:
    given, used = numbers_of(communities, "residents"), sizes["residents"].to_numpy()
    words = np.where(given == used, "residents", "households").astype(object)
    words[np.isnan(used)] = None
    return words


def _hosts(sizes: pd.DataFrame, xy: NDArray[np.float64], rule: NormRule) -> NDArray[np.int64]:
    if rule.pool is None:
        return np.arange(len(sizes))
    size = sizes[rule.pool.measure].to_numpy()
    return pooled_hosts(xy, size, _small(sizes, rule) & ~np.isnan(xy[:, 0]), rule.pool.radius_m)


def _small(sizes: pd.DataFrame, rule: NormRule) -> NDArray[np.bool_]:
    if rule.pool is None:
        return np.full(len(sizes), False)
    size = sizes[rule.pool.measure].to_numpy().round(DECIMALS)
    return np.asarray((size > 0) & (size < rule.pool.below))


def _owed_to(sizes: pd.DataFrame, hosts: NDArray[np.int64], rule: NormRule) -> pd.DataFrame:
    """What is owed to the groups, shared among their estates."""
    rows = np.arange(len(sizes))
    plain = sizes.set_axis(rows)
    unknown = plain.isna().groupby(hosts).any().reindex(rows)
    totals = (
        plain.groupby(hosts)
        .sum()
        .reindex(rows)
        .mask(unknown.astype("boolean").fillna(True).astype(bool))
    )
    owed = _owed(totals, rule)
    alone = hosts == rows
    pooled = np.bincount(hosts, minlength=len(rows))[hosts] > 1
    share = _shares(plain, totals, hosts, rule)
    clause = owed.clause.to_numpy()[hosts].astype(object)
    if rule.pool is not None:
        clause = _joined(pd.Series(clause), pooled, rule.pool.origin.clause).to_numpy()
    return pd.DataFrame(
        {
            "residents_used": plain["residents"],
            "places_owed": np.where(pooled, owed.places[hosts] * share, owed.places),
            "classes": np.where(alone, owed.classes, owed.classes[hosts] * 0.0),
            "kindergartens": np.where(alone, owed.kindergartens, owed.kindergartens[hosts] * 0.0),
            "clause": clause,
        }
    )


def _shares(
    sizes: pd.DataFrame, totals: pd.DataFrame, hosts: NDArray[np.int64], rule: NormRule
) -> NDArray[np.float64]:
    """Each estate's part of its group: by residents, or by what is pooled where they lack."""
    by_residents = (sizes["residents"] / totals["residents"].to_numpy()[hosts]).to_numpy()
    if rule.pool is None:
        return np.asarray(by_residents)
    measure = rule.pool.measure
    by_pool = (sizes[measure] / totals[measure].to_numpy()[hosts]).to_numpy()
    return np.where(np.isnan(by_residents), by_pool, by_residents)


def _owed(totals: pd.DataFrame, rule: NormRule) -> _Owed:
    reached, known = _steps_reached(totals, rule)
    least = np.array([0, *(step.classes for step in rule.steps)], dtype=np.float64)[reached]
    clauses = np.array(["", *(step.origin.clause for step in rule.steps)], dtype=object)[reached]
    if rule.form == "brackets":
        return _by_brackets(totals, rule, np.where(known, least, np.nan), clauses)
    residents = totals["residents"].to_numpy()
    if rule.form == "one_per_residents":
        return _by_number(residents, rule)
    builds = (reached > 0) | (len(rule.steps) == 0)
    return _by_rate(totals, rule, np.where(builds, least, np.nan), clauses)


def _steps_reached(
    totals: pd.DataFrame, rule: NormRule
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number of the highest step that each estate reaches, and whether its size is known."""
    by_measure = [
        (totals[m].to_numpy(), [_reached(totals[m].to_numpy(), m, rule)])
        for m in MEASURES
        if any(m == name for step in rule.steps for name, _, _ in step.starts)
    ]
    highest = np.zeros(len(totals), dtype=np.int64)
    known = np.full(len(totals), False)
    for sizes, (reached,) in by_measure:
        counts = ~np.isnan(sizes) & (~known | (rule.combine == "largest"))
        highest = np.where(counts, np.maximum(highest, reached), highest)
        known |= ~np.isnan(sizes)
    return highest, known

"""The norm method: places that a planning rule (千人指标) owes to communities.

Imports from `owed`, `pooling`, `residents`, `standards`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.owed import DECIMALS, combined, measures_of, owed_by
from kgspatial.demand.pooling import fixed_order, pooled_hosts
from kgspatial.demand.residents import default_note, ids_of, listed, number_from, numbers_of
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.standards import NormRule
from kgspatial.standards.norms import PERSONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.demand.residents import Number

NORM_COLUMNS = (
    *("residents_used", "basis", "places_owed", "classes", "kindergartens", "group", "clause"),
)

SILENT_BELOW = ("brackets", "one_per_residents")
"""Forms that say nothing of estates smaller than their first size."""


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
        host and are 0 elsewhere, so that every column adds up. Where the inputs or the rule do
        not tell, numbers are NaN.
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
    and households x persons per household.

    ``places_per_1000``, ``classes_per_10000``: places in proportion to residents. Steps say from
    which size an estate builds its own kindergarten and its least classes; below, places are owed
    but none is built. Kindergartens: one for each begun multiple of the split's size; without a
    split, of the largest kindergarten. Classes: places / class size, rounded up to sizes of the
    ladder; a kindergarten that the split lets grow beyond the ladder is not rounded.

    ``brackets``: classes by the highest step reached; places are classes x class size. Where the
    rule splits, each part by its own step.

    ``one_per_residents``: one for each full multiple of the value.

    Pooled estates are added up first (:func:`kgspatial.demand.pooling.pooled_hosts`).

    Examples
    --------
    >>> from kgspatial.standards import read_profile
    >>> estates = pd.DataFrame({"residents": [3000, 12000, 12001]})
    >>> found, _ = norm_demand(estates, read_profile("national").norm)
    >>> found[["places_owed", "classes", "kindergartens"]].values.round(2).tolist()
    [[90.0, 3.0, 1.0], [360.0, 12.0, 1.0], [360.03, 15.0, 2.0]]
    """
    given = persons_per_household
    number = rule.basis.persons_per_household if given is None else given
    sizes = _sizes(communities, number_from(number, "persons per household", *PERSONS))
    xy, ids = _positions(communities, rule), ids_of(communities)
    order = fixed_order(xy, ids)
    hosts = _hosts(sizes.iloc[order], xy[order], rule)
    found = _shared(sizes.iloc[order], hosts, rule).assign(group=ids[order][hosts])
    found = found.iloc[np.argsort(order)].set_axis(communities.index)
    found["basis"] = _basis(communities, sizes)
    problems = default_note(number, "persons per household", _converted(communities, sizes, rule))
    problems += _unknown(ids, found, rule) + _unpooled(ids, sizes, xy, rule)
    return found[list(NORM_COLUMNS)], problems + _beyond(ids, sizes, rule)


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
        Those of :func:`norm_demand`, which communities the rule passes over, and whether the rule
        had ended before `year`.
    """
    later = np.full(len(communities), False)
    if year is not None:
        later = numbers_of(communities, "delivered_year") > year
    there = communities[~later]
    found, problems = norm_demand(there, rule, persons_per_household=persons_per_household)
    places, silent = found["places_owed"], _silent(found, rule)
    if silent.any():
        ids = ids_of(there)[silent]
        text = f"the rule owes nothing to {len(ids)} communities: {listed(ids)}"
        problems += _note("norm_silent", text, "left without a number of children", rule)
    ended = rule.origin.valid_to
    if year is not None and ended is not None and ended < year:
        problems += _note("norm_ended", f"the rule ended in {ended}", f"used for {year}", rule)
    children = np.zeros(len(communities))
    children[~later] = places.mask(silent)
    return pd.Series(children, communities.index, name="children"), problems


def _silent(found: pd.DataFrame, rule: NormRule) -> NDArray[np.bool_]:
    nothing = found["places_owed"].eq(0) & ~found["residents_used"].eq(0)
    return np.asarray(nothing) & (rule.form in SILENT_BELOW)


def _positions(communities: pd.DataFrame, rule: NormRule) -> NDArray[np.float64]:
    """Inner points in metres; NaN where there are none or the rule does not pool."""
    if rule.pool is None or not isinstance(communities, gpd.GeoDataFrame):
        return np.full((len(communities), 2), np.nan)
    if communities.crs is not None and communities.crs.is_geographic:
        raise InputError(
            "pooling within a radius needs metres, but the communities are in degrees",
            hint="Use the layer of a Study, or communities.to_crs(...).",
        )
    points = communities.geometry.representative_point()
    return np.column_stack((points.x, points.y)).astype(np.float64)


def _sizes(communities: pd.DataFrame, persons: float) -> pd.DataFrame:
    """Each measure of the estates as planned; residents and households complete each other."""
    residents, households = (numbers_of(communities, c) for c in ("residents", "households"))
    return pd.DataFrame(
        {
            "residents": np.fmax(residents, households * persons),
            "households": np.where(np.isnan(households), residents / persons, households),
            "floor_area_m2": numbers_of(communities, "floor_area_m2"),
        },
        index=communities.index,
    )


def _basis(communities: pd.DataFrame, sizes: pd.DataFrame) -> pd.Series[str]:
    given, used = numbers_of(communities, "residents"), sizes["residents"].to_numpy()
    words = np.where(given == used, "residents", "households").astype(object)
    words[np.isnan(used)] = None
    return pd.Series(words, communities.index, dtype=object)


def _hosts(sizes: pd.DataFrame, xy: NDArray[np.float64], rule: NormRule) -> NDArray[np.int64]:
    if rule.pool is None:
        return np.arange(len(sizes))
    size = sizes[rule.pool.measure].to_numpy()
    small = _small(sizes, rule) & np.isfinite(xy).all(axis=1)
    return pooled_hosts(xy, size, small, rule.pool.radius_m)


def _small(sizes: pd.DataFrame, rule: NormRule) -> NDArray[np.bool_]:
    """Which estates the rule pools; none where it does not pool."""
    if rule.pool is None:
        return np.full(len(sizes), False)
    size = sizes[rule.pool.measure].to_numpy().round(DECIMALS)
    return np.asarray((size > 0) & (size < rule.pool.below))


def _shared(sizes: pd.DataFrame, hosts: NDArray[np.int64], rule: NormRule) -> pd.DataFrame:
    """What is owed to the groups: places shared among their estates, the rest with the host."""
    rows = np.arange(len(sizes))
    totals = pd.DataFrame({m: np.bincount(hosts, sizes[m], len(rows)) for m in sizes}, index=rows)
    owed = owed_by(rule, totals)
    pooled = np.bincount(hosts, minlength=len(rows))[hosts] > 1
    places = owed.places[hosts] * np.where(pooled, _parts(sizes, totals, hosts, rule), 1.0)
    at_host = np.where(hosts == rows, 1.0, 0.0)
    clause = owed.clause[hosts]
    if rule.pool is not None:
        clause = np.where(pooled, clause + f"; {rule.pool.origin.clause}", clause)
    return pd.DataFrame(
        {
            "residents_used": sizes["residents"].to_numpy(),
            "places_owed": places,
            "classes": owed.classes[hosts] * at_host,
            "kindergartens": owed.kindergartens[hosts] * at_host,
            "clause": pd.Series(clause, dtype=object),
        }
    )


def _parts(
    sizes: pd.DataFrame, totals: pd.DataFrame, hosts: NDArray[np.int64], rule: NormRule
) -> NDArray[np.float64]:
    """Each estate's part of its group: by residents, or by what is pooled where they lack."""
    parts = np.full(len(sizes), np.nan)
    for measure in ("residents", *([rule.pool.measure] if rule.pool else [])):
        own, all_of = sizes[measure].to_numpy(), totals[measure].to_numpy()[hosts]
        part = np.divide(own, all_of, out=np.full(len(own), np.nan), where=all_of > 0)
        parts = np.where(np.isnan(parts), part, parts)
    return parts


def _converted(communities: pd.DataFrame, sizes: pd.DataFrame, rule: NormRule) -> int:
    """Number of communities whose residents or households rest on persons per household."""
    rests = _basis(communities, sizes).eq("households").to_numpy()
    if "households" in measures_of(rule):
        missing = np.isnan(numbers_of(communities, "households"))
        rests = rests | (missing & sizes["households"].notna().to_numpy())
    return int(rests.sum())


def _unknown(ids: NDArray[np.object_], found: pd.DataFrame, rule: NormRule) -> list[Problem]:
    """Communities whose size is not given, and places that the rule does not name."""
    names = {"households": "residents", "floor_area_m2": "floor area"}
    needed = " or ".join(dict.fromkeys(names.get(m, m) for m in measures_of(rule)))
    hint = " (households would do)" if "residents" in needed else ""
    sizeless = found["kindergartens"].isna().to_numpy()
    problems = [
        Problem(
            *("communities", "no_size", f"'{i}' carries no {needed}{hint}"),
            "left without a number of places",
            value=str(i),
        )
        for i in ids[sizeless]
    ]
    unnamed = found["places_owed"].isna().to_numpy() & ~sizeless
    if unnamed.any():
        text = f"the rule names no size of the kindergartens of {unnamed.sum()} communities"
        problems += _note("norm_without_size", text, "left without a number of places", rule)
    return problems


def _unpooled(
    ids: NDArray[np.object_], sizes: pd.DataFrame, xy: NDArray[np.float64], rule: NormRule
) -> list[Problem]:
    lost = ids[_small(sizes, rule) & ~np.isfinite(xy).all(axis=1)]
    if not len(lost):
        return []
    text = f"{len(lost)} small communities have no position, so none shares a kindergarten"
    done = f"each was taken alone: {listed(lost)}"
    return [Problem("communities", "not_pooled", text, done, column="geometry")]


def _beyond(ids: NDArray[np.object_], sizes: pd.DataFrame, rule: NormRule) -> list[Problem]:
    """Estates larger than the rule's last bracket states: what is owed is the least."""
    if not rule.stated_up_to:
        return []
    excess = [sizes[m].to_numpy().round(DECIMALS) - most for m, most in rule.stated_up_to]
    beyond = ids[combined(rule, excess) > 0]
    if not len(beyond):
        return []
    text = f"{len(beyond)} communities are larger than the rule states: {listed(beyond)}"
    return _note("norm_beyond", text, "the last step counted, as the least that is owed", rule)


def _note(code: str, text: str, done: str, rule: NormRule) -> list[Problem]:
    origin = "; ".join(part for part in (rule.origin.source, rule.origin.clause) if part)
    return [Problem("communities", code, text, f"{done}; {origin}", "note")]

"""Class size by age group: the children enrolled against what the classes of a kindergarten hold.

Imports from `verdicts`, `standards`, `demand.residents`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.verdicts import (
    DECIMALS,
    NO_THRESHOLD,
    Ruling,
    divided,
    joined,
    positive,
    quantity,
    rulings,
    stacked,
    verdict_table,
    verdicts_of,
)
from kgspatial.demand.residents import numbers_of
from kgspatial.standards import Profile
from kgspatial.standards.single_rules import CHECKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

GROUPS = tuple(CHECKS["class_size"])
"""Age groups, as ``classes_nursery`` and so on in the layer."""

BY_GROUP = "classes_junior, classes_middle, classes_senior, classes_mixed"
EVIDENCE_ORDER = ("seen", "calc", "sec", "mem")
"""Of several thresholds that decide together, the weakest mark is shown."""


def check_class_sizes(
    table: gpd.GeoDataFrame, subjects: pd.DataFrame, profile: Profile, year: int | None
) -> pd.DataFrame:
    """Return one verdict for each kindergarten; value and threshold are children a class.

    Parameters
    ----------
    table : GeoDataFrame
        Kindergartens: ``enrolled``, ``classes``, and ``classes_junior`` and so on where known.
    subjects : DataFrame
        Their ids and names.
    profile : Profile
        The rules.
    year : int, optional
        In which they must be in force.

    Notes
    -----
    The age groups of a kindergarten are known where their classes add up to its classes. Otherwise
    the verdict is certain only beyond the largest or within the smallest size.
    """
    found = {group: rulings(profile, f"class_size.{group}", year)[-1:] for group in GROUPS}
    laws = {group: laws[0] for group, laws in found.items() if laws}
    if not laws:
        return stacked([])
    counts, told = _age_groups(table, list(laws))
    least, most = _bounds(counts, list(laws.values()), told)
    classes = positive(quantity(table, "classes"), "classes")
    size = divided(quantity(table, "enrolled"), classes, "classes")
    value = size.value.round(DECIMALS)
    silent = next((law.lacks for law in laws.values() if law.lacks), NO_THRESHOLD)
    between = (value > least) & (value <= most)
    unsettled = np.where(np.isnan(least), silent, np.where(between, BY_GROUP, ""))
    missing = np.array([joined(p) for p in zip(size.missing, unsettled, strict=True)], dtype=object)
    verdict = verdicts_of(value <= most, missing)
    threshold = np.where(value <= least, least, most)
    rule, *said = _said(list(laws.items()), np.where(told[:, None], counts > 0, True), told)
    return verdict_table(
        subjects, rule, size.value, threshold, verdict, missing, (said[0], said[1])
    )


def _age_groups(table: gpd.GeoDataFrame, groups: list[str]) -> tuple[Floats, Flags]:
    """Classes by age group, and whether they are known: they add up to the classes."""
    counts = np.column_stack([numbers_of(table, f"classes_{group}") for group in groups])
    counts = np.nan_to_num(counts)
    total = counts.sum(axis=1)
    return counts, (total > 0) & (total == numbers_of(table, "classes"))


def _bounds(counts: Floats, laws: list[Ruling], told: Flags) -> tuple[Floats, Floats]:
    """Least and most children a class: those of its age groups, or of any where none are told."""
    caps = np.array([np.nan if law.lacks else law.rule.value for law in laws])
    usable = caps[np.isfinite(caps)]
    ends = (usable.min(), usable.max()) if len(usable) else (np.nan, np.nan)
    held = np.where(counts > 0, counts * caps, 0.0).sum(axis=1)
    of_groups = np.divide(held, counts.sum(axis=1), out=np.full(len(held), np.nan), where=told)
    low, high = (np.where(told, of_groups, end).round(DECIMALS) for end in ends)
    return low, high


def _said(
    laws: list[tuple[str, Ruling]], used: Flags, told: Flags
) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Rule, sources and evidence of each row: of the age groups that it has."""
    rows = []
    for mine, known in zip(used, told, strict=True):
        own = [(group, law.rule) for (group, law), here in zip(laws, mine, strict=True) if here]
        if not known:  # nothing from memory stands beside what decides
            own = [(g, rule) for g, rule in own if rule.binds] or own
        name = f"class_size.{own[0][0]}" if known and len(own) == 1 else "class_size"
        sources = "; ".join(dict.fromkeys(rule.source for _, rule in own))
        weakest = max((rule.evidence for _, rule in own), key=EVIDENCE_ORDER.index, default="")
        rows.append((name, sources, weakest))
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    names, sources_of, marks = (np.array(column, dtype=object) for column in columns)
    return names, sources_of, marks

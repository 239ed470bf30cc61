"""Areas per child, and of the whole kindergarten by its classes, for those to whom a rule applies.

Imports from `verdicts`, `standards`, `demand.residents`, `study`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.verdicts import (
    Known,
    Ruling,
    divided,
    flags,
    joined,
    judged,
    quantity,
    rulings,
)
from kgspatial.demand.residents import numbers_of
from kgspatial.standards import Profile, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.study import Study

COLUMNS = {
    "areas.outdoor_m2_per_child": "outdoor_area_m2",
    "areas.floor_m2_per_child": "floor_area_m2",
    "areas.site_m2_per_child": "site_area_m2",
    "areas.site_m2_per_child_rural": "site_area_m2",
    "areas.floor_m2": "floor_area_m2",
    "areas.site_m2": "site_area_m2",
}
"""Rules of areas and the column that each is held against."""

URBAN, RURAL = "areas.site_m2_per_child", "areas.site_m2_per_child_rural"
"""Where a profile has both, the first is for towns and the second for the country."""


class _Part(NamedTuple):
    """Rows to which a rule applies or may apply, and what would tell which."""

    rows: NDArray[np.bool_]
    missing: NDArray[np.object_]


def check_areas(
    table: gpd.GeoDataFrame,
    subjects: pd.DataFrame,
    urban: Sequence[bool | None],
    profile: Profile,
    year: int | None,
) -> list[pd.DataFrame]:
    """Return the verdicts on areas, only for kindergartens to which each rule applies.

    Parameters
    ----------
    table : GeoDataFrame
        Kindergartens.
    subjects : DataFrame
        Their ids and names.
    urban : sequence of bool or None
        As :func:`urban_of` tells.
    profile : Profile
        The rules.
    year : int, optional
        In which they must be in force.
    """
    towns_apart = any(rule.id == RURAL for rule in profile.rules)
    found = []
    for rule_id, column in COLUMNS.items():
        area = quantity(table, column)
        per_child = "_per_child" in rule_id
        known = per_child_of(table, column) if per_child else area
        sizes = rulings(profile, rule_id, year)
        for number, ruling in enumerate(sizes):
            parts = [_by_opening(table, ruling.rule), _by_classes(table, sizes, number)]
            if towns_apart and rule_id in (URBAN, RURAL):
                parts.append(_by_town(urban, rule_id))
            found.append(_judged_where(subjects, ruling, known, parts))
    return found


def per_child_of(table: gpd.GeoDataFrame, column: str) -> Known:
    """Return an area per child of each kindergarten, whether or not a rule applies to it.

    Children are those enrolled, or the places where nobody is or nothing is said.
    """
    return divided(quantity(table, column), _children(table), "enrolled")


def urban_of(study: Study, table: gpd.GeoDataFrame) -> list[bool | None]:
    """Tell for each row whether it lies in an urban unit; None where nothing says so."""
    if study.units is None or "urban" not in study.units:
        return [None] * len(table)
    said = dict(zip(study.units["unit_id"], flags(study.units, "urban"), strict=True))
    points = table.geometry.representative_point()
    return [said.get(unit) for unit in study.unit_of(points)]


def _judged_where(
    subjects: pd.DataFrame, ruling: Ruling, known: Known, parts: Sequence[_Part]
) -> pd.DataFrame:
    rows = np.logical_and.reduce([part.rows for part in parts])
    lacks = zip(known.missing, *(part.missing for part in parts), strict=True)
    missing = np.array([joined(row) for row in lacks], dtype=object)
    return judged(subjects, ruling, Known(known.value, missing))[rows]


def _children(table: gpd.GeoDataFrame) -> Known:
    """Children enrolled, or places where nobody is or nothing is said."""
    enrolled, places = numbers_of(table, "enrolled"), numbers_of(table, "places")
    value = np.where(enrolled > 0, enrolled, places)
    value = np.where(value > 0, value, np.nan)
    return Known(value, np.where(np.isnan(value), "enrolled", "").astype(object))


def _by_opening(table: gpd.GeoDataFrame, rule: Rule) -> _Part:
    """Older kindergartens are passed over; without a year it cannot be told."""
    if rule.opened_from is None:
        return _Part(np.full(len(table), True), np.full(len(table), "", dtype=object))
    opened = numbers_of(table, "opened_year")
    lacks = np.where(np.isnan(opened), "opened_year", "").astype(object)
    return _Part(~(opened < rule.opened_from), lacks)


def _by_classes(table: gpd.GeoDataFrame, sizes: list[Ruling], number: int) -> _Part:
    """Each size holds up to the next; where the classes are not known, the least one says so."""
    start = sizes[number].rule.classes_from
    if start is None:
        return _Part(np.full(len(table), True), np.full(len(table), "", dtype=object))
    later = [r.rule.classes_from for r in sizes[number + 1 :] if r.rule.classes_from]
    classes = numbers_of(table, "classes")
    unknown = np.isnan(classes)
    here = (classes >= start) & (classes < min(later, default=np.inf))
    lacks = np.where(unknown, "classes", "").astype(object)
    return _Part(here | (unknown & (number == 0)), lacks)


def _by_town(urban: Sequence[bool | None], rule_id: str) -> _Part:
    """The rule for towns says so where it is not known whether it or the other applies."""
    rural = rule_id == RURAL
    rows = [not rural if flag is None else flag != rural for flag in urban]
    lacks = ["urban" if flag is None else "" for flag in urban]
    return _Part(np.array(rows, dtype=bool), np.array(lacks, dtype=object))

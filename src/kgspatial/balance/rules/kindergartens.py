"""Rules for each kindergarten: class size, staff, areas, number of classes and places, licence.

Imports from `class_size`, `areas`, `verdicts`, `standards`, `study`.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.areas import check_areas, urban_of
from kgspatial.balance.rules.class_size import check_class_sizes
from kgspatial.balance.rules.verdicts import (
    MET,
    NOT_MET,
    UNKNOWN,
    Known,
    asked,
    divided,
    flags,
    judged,
    open_kindergartens,
    positive,
    quantity,
    rulings,
    stacked,
    subjects_of,
)
from kgspatial.standards import Profile

if TYPE_CHECKING:
    from kgspatial.study import Study


def check_kindergartens(
    study: Study, year: int | None = None, profile: str | Path | Profile | None = None
) -> pd.DataFrame:
    """Judge every kindergarten that is open by the rules of a profile.

    Parameters
    ----------
    study : Study
        Its kindergartens may lack any of the columns; what is missing is named.
    year : int, optional
        The plan's year unless given; decides what is open and which rules are in force.
    profile : str, Path or Profile, optional
        The plan's own unless given.

    Returns
    -------
    DataFrame
        One row for each kindergarten and rule that applies: ``subject_id``, ``name``, ``rule`` (as
        ``kgspatial standards`` lists it), ``value``, ``threshold``, ``verdict`` (``met``,
        ``not_met``, ``unknown``), ``missing``, ``source``, ``evidence``.

    Notes
    -----
    Class size: children enrolled against what the classes hold by age group; of a kindergarten with
    one age group this is that group's rule, of others the mean. Without the groups, more children
    than the largest groups hold is too many, and no more than the smallest hold is enough.

    Areas per child are of the children enrolled, or of the places where nobody is enrolled or
    nothing is said. A rule for kindergartens opened from a year on passes over older ones.

    Examples
    --------
    >>> from shapely import Point
    >>> from kgspatial.study import Study
    >>> gardens = {"kindergarten_id": ["K1"], "classes": [3], "enrolled": [106], "teachers": [7]}
    >>> layer = gpd.GeoDataFrame(gardens, geometry=[Point(118.08, 24.48)], crs="EPSG:4490")
    >>> found = check_kindergartens(Study(kindergartens=layer), 2024).set_index("rule")
    >>> found.loc[["class_size", "staffing.children_per_staff"], ["verdict", "missing"]].values
    array([['not_met', ''],
           ['unknown', 'staff']], dtype=object)
    """
    when, rules = asked(study, year, profile)
    table = open_kindergartens(study, when)
    subjects = subjects_of(table, "kindergarten_id")
    plain = [
        judged(subjects, ruling, known)
        for rule_id, known in _measured(table).items()
        for ruling in rulings(rules, rule_id, when)
    ]
    sizes = check_class_sizes(table, subjects, rules, when)
    carers = _carers(table, subjects, rules, when)
    areas = check_areas(table, subjects, urban_of(study, table), rules, when)
    return stacked([sizes, *plain, *carers, *areas])


def _measured(table: gpd.GeoDataFrame) -> dict[str, Known]:
    """What the rules of one number are held against, for all but class size, carers and areas."""
    enrolled, teachers = quantity(table, "enrolled"), quantity(table, "teachers")
    educators, classes = quantity(table, "teachers", "carers"), quantity(table, "classes")
    return {
        "max_places": quantity(table, "places"),
        "limits.classes": classes,
        "limits.unlicensed": _unlicensed(table),
        "staffing.children_per_teacher": divided(enrolled, teachers, "teachers"),
        "staffing.children_per_staff": divided(enrolled, quantity(table, "staff"), "staff"),
        "staffing.children_per_educator": divided(enrolled, educators, "teachers, carers"),
        "staffing.teachers_per_class": divided(teachers, positive(classes, "classes"), "classes"),
    }


def _unlicensed(table: gpd.GeoDataFrame) -> Known:
    licensed = flags(table, "licensed")
    value = [np.nan if flag is None else float(not flag) for flag in licensed]
    missing = ["licensed" if flag is None else "" for flag in licensed]
    return Known(np.array(value), np.array(missing, dtype=object))


def _carers(
    table: gpd.GeoDataFrame, subjects: pd.DataFrame, profile: Profile, year: int | None
) -> list[pd.DataFrame]:
    """Carers per class; with three teachers in each class a kindergarten needs none (教师〔2013〕1号)."""
    classes = positive(quantity(table, "classes"), "classes")
    carers, teachers = (
        divided(quantity(table, c), classes, "classes") for c in ("carers", "teachers")
    )
    instead = rulings(profile, "staffing.teachers_without_carer", year)
    others = [judged(subjects, other, teachers) for other in instead if not other.lacks]
    found = []
    for ruling in rulings(profile, "staffing.carers_per_class", year):
        verdicts = judged(subjects, ruling, carers)
        found.append(verdicts if ruling.lacks else reduce(_or_else, others, verdicts))
    return found


def _or_else(verdicts: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The verdicts where another rule would do as well: it may meet them or leave them open."""
    said = ["verdict", "missing"]
    decides = (other["verdict"] == MET) | (
        (other["verdict"] == UNKNOWN) & (verdicts["verdict"] == NOT_MET)
    )
    found = verdicts.copy()
    found[said] = found[said].where(~decides, other[said])
    return found

"""Rule for each town: a public central kindergarten (公办中心幼儿园).

Imports from `verdicts`, `standards`, `study`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.verdicts import (
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
from kgspatial.standards import Profile, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.study import Study

    Flags = NDArray[np.bool_]

CENTRAL = re.compile(r"中心(?:幼儿|幼兒)?[园園]|\bcentral\b", re.IGNORECASE)
"""How a town's central kindergarten is called, in its name or its grade."""

TOWN = re.compile(r"镇|鎮|乡|鄉|街|town|street|sub-?district", re.IGNORECASE)
"""Levels of units that are towns or streets; districts of other kinds (片区, 学区) are neither."""

STREET = re.compile(r"街|street|sub-?district", re.IGNORECASE)
STREET_NAME = re.compile(
    r"街道(?:办|辦|办事处|辦事處)?$|\b(?:jiedao|sub-?district)$", re.IGNORECASE
)
"""A street (街道) by its level, unless that names towns too (街镇), or by its name."""

RULE = "towns.central_kindergartens"


def check_towns(
    study: Study, year: int | None = None, profile: str | Path | Profile | None = None
) -> pd.DataFrame:
    """Judge whether every town has its public central kindergarten.

    Parameters
    ----------
    study : Study
        Its units are the towns: those whose ``level`` says so or says nothing. Streets (街道), by
        ``level`` or ``name``, are towns only where the rule names them (``streets = true``). A
        kindergarten is central when its ``name`` or ``grade`` says 中心园, 中心幼儿园 or central.
    year : int, optional
        The plan's year unless given.
    profile : str, Path or Profile, optional
        The plan's own unless given.

    Returns
    -------
    DataFrame
        One row for each town, as :func:`kgspatial.balance.rules.check_kindergartens` has them;
        empty without units. ``value`` counts public central kindergartens that are open and not
        unlicensed. ``missing`` names what would tell whether a kindergarten of the town is one: its
        ``kind``, or its ``name`` or ``grade`` where the other does not call it central.

    Examples
    --------
    >>> from shapely import Point, box
    >>> from kgspatial.study import Study
    >>> gardens = {"kindergarten_id": ["K1"], "places": [180], "kind": ["public"]}
    >>> town = gpd.GeoDataFrame({"unit_id": ["U"]}, geometry=[box(118, 24, 118.1, 24.1)], crs=4490)
    >>> point = Point(118.08, 24.08)
    >>> for name in ("朝阳中心园", "朝阳园"):
    ...     layer = gpd.GeoDataFrame({**gardens, "name": [name]}, geometry=[point], crs=4490)
    ...     check_towns(Study(kindergartens=layer, units=town))[["verdict", "missing"]].values.tolist()
    [['met', '']]
    [['unknown', 'grade']]
    """
    when, rules = asked(study, year, profile)
    if study.units is None:
        return stacked([])
    tables = [_verdicts(study, when, ruling) for ruling in rulings(rules, RULE, when)]
    return stacked(tables)


def _verdicts(study: Study, year: int | None, ruling: Ruling) -> pd.DataFrame:
    """The verdicts of one rule on the units that it names."""
    units = cast("gpd.GeoDataFrame", study.units)
    towns = units[concerned(units, ruling.rule)]
    gardens = licensed_kindergartens(study, year)
    unit = study.unit_of(gardens.geometry)
    sure, possible, lacks = _central(gardens)
    counts = {name: _number(towns, unit[rows]) for name, rows in lacks.items()}
    columns = [np.where(count > 0, name, "") for name, count in counts.items()]
    missing = np.array([joined(row) for row in zip(*columns, strict=True)], dtype=object)
    subjects = subjects_of(towns, "unit_id")
    numbers = _number(towns, unit[sure]), _number(towns, unit[possible])
    return counted(subjects, ruling, *numbers, missing, at_least=ruling.rule.value)


def _central(gardens: gpd.GeoDataFrame) -> tuple[Flags, Flags, dict[str, Flags]]:
    """Public central kindergartens, those that may be ones, and which of these lack a column."""
    central = is_central(gardens)
    unsaid = {name: texts(gardens, name) == "" for name in ("kind", "name", "grade")}
    public = texts(gardens, "kind") == "public"
    uncalled = ~central & (unsaid["name"] | unsaid["grade"])
    possible = (public | unsaid["kind"]) & (central | uncalled)
    lacks = {"kind": unsaid["kind"] & possible}
    lacks |= {name: unsaid[name] & uncalled & possible for name in ("name", "grade")}
    return public & central, possible, lacks


def is_central(gardens: gpd.GeoDataFrame) -> Flags:
    """Tell which kindergartens are called a town's central one, in their name or grade."""
    said = zip(texts(gardens, "name"), texts(gardens, "grade"), strict=True)
    return np.array([any(map(CENTRAL.search, both)) for both in said], dtype=bool)


def concerned(units: gpd.GeoDataFrame, rule: Rule) -> Flags:
    """Tell which units a rule of towns is about: streets only where it names them."""
    towns = np.array([not t or bool(TOWN.search(t)) for t in texts(units, "level")], dtype=bool)
    return np.asarray(towns & (rule.streets | ~is_street(units)))


def is_street(units: gpd.GeoDataFrame) -> Flags:
    """Tell which units are streets (街道), by their level or their name."""
    levels, names = texts(units, "level"), texts(units, "name")
    by_level = [bool(STREET.search(t)) and not TOWN.search(STREET.sub("", t)) for t in levels]
    by_name = [bool(STREET_NAME.search(t.strip())) for t in names]
    return np.asarray(np.array(by_level, dtype=bool) | np.array(by_name, dtype=bool))


def _number(towns: gpd.GeoDataFrame, unit: pd.Series) -> NDArray[np.float64]:
    counts = unit.value_counts()
    return np.asarray(towns["unit_id"].map(counts).fillna(0), dtype=np.float64)

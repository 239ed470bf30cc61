"""How a verdict is reached: a value against a threshold, and what is missing where it cannot be.

Imports from `standards`, `demand.residents`. What is unverified (``mem``) or not in force never decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.demand.residents import numbers_of
from kgspatial.standards import Profile, Rule, read_profile

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kgspatial.study import Study

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Words = NDArray[np.object_]

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"

VERDICT_COLUMNS = (
    *("subject_id", "name", "rule", "value", "threshold", "verdict", "missing"),
    *("source", "evidence"),
)
"""Columns of every table of verdicts; some tables have more after them."""

NO_THRESHOLD = "verified_threshold"
NOT_IN_FORCE = "rule_in_force"
"""What is missing when the profile, not the study, is silent."""

DECIMALS = 9
"""Values are compared at this many decimals: rounding must not move a threshold."""


@dataclass(frozen=True, eq=False)
class Known:
    """A value of each row and the columns that it lacks (an empty text where it is known)."""

    value: Floats
    missing: Words


@dataclass(frozen=True)
class Ruling:
    """A rule of the profile and whether it is in force in the year asked for."""

    rule: Rule
    in_force: bool

    @property
    def lacks(self) -> str:
        """What keeps the rule itself from deciding; nothing when it may."""
        if not self.rule.binds:
            return NO_THRESHOLD
        return "" if self.in_force else NOT_IN_FORCE


def asked(
    study: Study, year: int | None, profile: str | Path | Profile | None
) -> tuple[int | None, Profile]:
    """Return the year and the profile that are meant: the plan's own unless given."""
    plan = study.settings.plan
    chosen = plan.profile if profile is None else profile
    read = chosen if isinstance(chosen, Profile) else read_profile(chosen)
    return (plan.year if year is None else year), read


def rulings(profile: Profile, rule_id: str, year: int | None) -> list[Ruling]:
    """Return what a profile says of a rule in a year; where it says it for other years, that."""
    if found := profile.rules_in(rule_id, year):
        return [Ruling(rule, True) for rule in found]
    said = [rule for rule in profile.rules if rule.id == rule_id]
    latest = [rule for rule in said if rule.years == max(r.years for r in said)]
    return [Ruling(rule, False) for rule in latest]


def judged(subjects: pd.DataFrame, ruling: Ruling, known: Known) -> pd.DataFrame:
    """Return the verdicts of one rule of one number.

    Parameters
    ----------
    subjects : DataFrame
        ``subject_id``, ``name``.
    ruling : Ruling
        Its ``direction`` says on which side of the threshold the rule is met; at it, it is.
    known : Known
        Aligned to `subjects`.
    """
    rule = ruling.rule
    value, threshold = known.value.round(DECIMALS), round(rule.value, DECIMALS)
    holds = value >= threshold if rule.direction == "at_least" else value <= threshold
    missing = np.array([joined((m, ruling.lacks)) for m in known.missing], dtype=object)
    return verdict_table(
        subjects, rule.id, known.value, rule.value, verdicts_of(holds, missing), missing, rule
    )


def counted(
    subjects: pd.DataFrame,
    ruling: Ruling,
    sure: Floats,
    possible: Floats,
    missing: Words,
    *,
    at_least: float,
    rule_id: str = "",
) -> pd.DataFrame:
    """Return the verdicts on numbers of things of which some are only possible.

    Parameters
    ----------
    subjects : DataFrame
        ``subject_id``, ``name``.
    ruling : Ruling
        The rule.
    sure, possible : ndarray of float, shape (subjects,)
        Things that count, and all that might.
    missing : ndarray of str, shape (subjects,)
        What would tell whether the possible ones count.
    at_least : float
        Number asked for.
    rule_id : str
        The rule's own unless given.
    """
    open_ones = (sure < at_least) & (possible >= at_least)
    lacks = np.where(open_ones, missing, "").astype(object)
    lacks = np.array([joined((m, ruling.lacks)) for m in lacks], dtype=object)
    verdict = verdicts_of(sure >= at_least, lacks)
    name = rule_id or ruling.rule.id
    return verdict_table(subjects, name, sure, at_least, verdict, lacks, ruling.rule)


def verdict_table(
    subjects: pd.DataFrame,
    rule_id: str | Words,
    value: Floats,
    threshold: float | Floats,
    verdict: Words,
    missing: Words,
    said: Rule | tuple[str | Words, str | Words],
) -> pd.DataFrame:
    """Return a table of verdicts, aligned to the index of `subjects`."""
    source, evidence = (said.source, said.evidence) if isinstance(said, Rule) else said
    table = subjects[["subject_id", "name"]].assign(
        rule=rule_id,
        value=value,
        threshold=threshold,
        verdict=verdict,
        missing=missing,
        source=source,
        evidence=evidence,
    )
    return table[list(VERDICT_COLUMNS)]


def verdicts_of(holds: Flags, missing: Words) -> Words:
    """Return the words: unknown where anything is missing, else met or not."""
    words = np.where(holds, MET, NOT_MET).astype(object)
    return np.asarray(np.where(missing == "", words, UNKNOWN))


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of verdicts as one, rows of a subject together; empty ones add nothing."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in VERDICT_COLUMNS})
    return pd.concat(filled).sort_index(kind="stable").reset_index(drop=True)


def quantity(table: pd.DataFrame, *columns: str) -> Known:
    """Return the sum of columns, known where all of them are."""
    values = [numbers_of(table, column) for column in columns]
    lacks = [np.where(np.isnan(v), c, "") for v, c in zip(values, columns, strict=True)]
    missing = [joined(row) for row in zip(*lacks, strict=True)]
    return Known(np.sum(values, axis=0), np.array(missing, dtype=object))


def divided(above: Known, below: Known, column: str) -> Known:
    """Return a quotient; nothing over nothing is not known for want of `column`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = above.value / below.value
    lacks = zip(above.missing, below.missing, strict=True)
    missing = np.array([joined(row) for row in lacks], dtype=object)
    empty = np.isnan(value) & (missing == "")
    return Known(value, np.where(empty, column, missing))


def positive(known: Known, column: str) -> Known:
    """Return the same with 0 as not known: nothing can be divided by it."""
    value = np.where(known.value > 0, known.value, np.nan)
    return Known(value, np.where(np.isnan(value), column, known.missing).astype(object))


def texts(table: pd.DataFrame, column: str) -> Words:
    """Return a column as texts; empty where it is missing or not there at all."""
    if column not in table.columns:
        return np.full(len(table), "", dtype=object)
    cells = table[column].to_numpy(dtype=object)
    return np.array([cell if isinstance(cell, str) else "" for cell in cells], dtype=object)


def flags(table: pd.DataFrame, column: str) -> Words:
    """Return a column as True, False or None."""
    if column not in table.columns:
        return np.full(len(table), None, dtype=object)
    cells = table[column].to_numpy(dtype=object)
    return np.array([None if pd.isna(cell) else bool(cell) for cell in cells], dtype=object)


def subjects_of(table: pd.DataFrame, id_column: str) -> pd.DataFrame:
    """Return the ids and names of a layer as subjects of verdicts."""
    named = texts(table, "name")
    return pd.DataFrame(
        {"subject_id": table[id_column].astype(str), "name": named}, index=table.index
    )


def open_kindergartens(study: Study, year: int | None) -> gpd.GeoDataFrame:
    """Return the kindergartens that are open in a year; all of them without one."""
    table = study.kindergartens
    if year is None:
        return table
    later, gone = numbers_of(table, "opened_year") > year, numbers_of(table, "closes_year") <= year
    return table[~(later | gone)]


def licensed_kindergartens(study: Study, year: int | None) -> gpd.GeoDataFrame:
    """Return the open ones without those that are known to have no licence."""
    table = open_kindergartens(study, year)
    return table[np.array([flag is not False for flag in flags(table, "licensed")], dtype=bool)]


def joined(parts: Sequence[str] | tuple[str, ...]) -> str:
    """Return what is missing as one text, each thing once."""
    return ", ".join(dict.fromkeys(part for part in parts if part))

"""The arithmetic of planning norms: sizes of estates to places, classes and kindergartens.

Imports from `standards`. One function for each form of rule; `norm` applies them to communities.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.standards.norms import NormRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.standards.norms import Measure

    Floats = NDArray[np.float64]
    Words = NDArray[np.object_]

DECIMALS = 6
"""Sizes and places are compared at this many decimals: rounding must not move a threshold."""

PER = {"places_per_1000": 1_000.0, "classes_per_10000": 10_000.0}


@dataclass(frozen=True)
class Owed:
    """What is owed to each estate (or group of estates), and by which clauses."""

    places: Floats
    classes: Floats
    kindergartens: Floats
    clause: Words


def owed_by(rule: NormRule, sizes: pd.DataFrame) -> Owed:
    """Work out what a rule owes to estates of given sizes.

    Parameters
    ----------
    rule : NormRule
        The rule.
    sizes : DataFrame
        ``residents`` (persons), ``households``, ``floor_area_m2``; NaN where not known.

    Returns
    -------
    Owed
        Arrays in the order of `sizes`; NaN where the size that counts is not known.
    """
    forms = {"brackets": _by_brackets, "one_per_residents": _by_number}
    return forms.get(rule.form, _by_rate)(rule, sizes)


def _by_rate(rule: NormRule, sizes: pd.DataFrame) -> Owed:
    """Places in proportion to residents; steps say who builds, and how many classes at least."""
    residents, norm = _array(sizes, "residents"), rule.basis
    each = norm.places_per_class if rule.form == "classes_per_10000" else 1.0
    places = residents * rule.value * each / PER[rule.form]
    reached = steps_reached(rule, sizes)
    builds = (places > 0) & ((reached > 0) | (not rule.steps))
    number = np.where(builds, np.fmax(1.0, _split(rule, sizes, places)), 0.0)
    needed = np.ceil((places / norm.places_per_class).round(DECIMALS))
    classes = np.where(builds, on_the_ladder(needed, number, norm.ladder), 0.0)
    classes = np.where(builds, np.fmax(classes, _least_classes(rule, reached)), classes)
    unknown = np.isnan(places) | np.isnan(reached)
    clause = _clauses([_where(places > 0, rule.origin.clause), *_applied(rule, reached, number)])
    return Owed(
        places,
        np.where(unknown, np.nan, classes),
        np.where(unknown, np.nan, number),
        clause,
    )


def _by_brackets(rule: NormRule, sizes: pd.DataFrame) -> Owed:
    """Classes of the highest step reached; where two are built, each by the step of its part."""
    reached = steps_reached(rule, sizes)
    whole = _least_classes(rule, reached)
    number = _split(rule, sizes, whole * rule.basis.places_per_class)
    parts = steps_reached(rule, sizes.div(np.fmax(1.0, np.nan_to_num(number)), axis=0))
    classes = np.fmax(whole, number * _least_classes(rule, parts))
    number = np.where(classes > 0, np.fmax(1.0, number), classes)
    places = classes * rule.basis.places_per_class
    return Owed(places, classes, number, _clauses(_applied(rule, reached, number)))


def _by_number(rule: NormRule, sizes: pd.DataFrame) -> Owed:
    """One kindergarten for each full number of residents; places where the rule names classes."""
    residents = _array(sizes, "residents")
    number = np.floor((residents / rule.value).round(DECIMALS))
    classes = np.where(number > 0, number * (rule.classes or np.nan), number)
    places = classes * rule.basis.places_per_class
    return Owed(places, classes, number, _clauses([_where(number > 0, rule.origin.clause)]))


def steps_reached(rule: NormRule, sizes: pd.DataFrame) -> Floats:
    """Return the number of the highest step reached, from 1; 0 for none, NaN for not known."""
    found = [_reached_by(rule, m, _array(sizes, m)) for m in _step_measures(rule)]
    return combined(rule, found) if found else np.zeros(len(sizes))


def measures_of(rule: NormRule) -> list[Measure]:
    """Return the measures of an estate that decide what a rule owes to it."""
    by_residents: list[Measure] = [] if rule.form == "brackets" else ["residents"]
    return list(dict.fromkeys([*by_residents, *_step_measures(rule)]))


def _step_measures(rule: NormRule) -> list[Measure]:
    return list(dict.fromkeys(measure for step in rule.steps for measure, _, _ in step.starts))


def combined(rule: NormRule, outcomes: Iterable[Floats]) -> Floats:
    """Return one outcome of those by several measures: the first that is known, or the largest."""
    if rule.combine == "largest":
        return reduce(np.fmax, outcomes)
    return reduce(lambda first, then: np.where(np.isnan(first), then, first), outcomes)


def _reached_by(rule: NormRule, measure: Measure, size: Floats) -> Floats:
    size = size.round(DECIMALS)
    highest = np.where(np.isnan(size), np.nan, 0.0)
    for number, step in enumerate(rule.steps, start=1):
        for own, start, inclusive in step.starts:
            if own == measure:
                highest[(size >= start) if inclusive else (size > start)] = number
    return highest


def _least_classes(rule: NormRule, reached: Floats) -> Floats:
    classes = np.array([0.0, *(float(step.classes) for step in rule.steps)])
    return np.where(np.isnan(reached), np.nan, classes[np.nan_to_num(reached).astype(np.int64)])


def _split(rule: NormRule, sizes: pd.DataFrame, places: Floats) -> Floats:
    """Number of kindergartens: by the rule's split, else by the largest kindergarten allowed."""
    by_places = np.ceil((places / rule.basis.max_places.value).round(DECIMALS))
    if rule.split is None:
        return by_places
    size = _array(sizes, rule.split.measure)
    by_size = np.ceil((size / rule.split.above).round(DECIMALS + 3))
    return np.where(np.isnan(size), by_places, by_size)


def on_the_ladder(needed: Floats, number: Floats, ladder: tuple[int, ...]) -> Floats:
    """Round classes up to what so many kindergartens of the ladder's sizes hold.

    Full ones and one smaller; none below the least size. Exact for ladders whose sizes are
    multiples of the least one (3, 6, 9, 12). What exceeds the largest sizes is not rounded.
    """
    sizes = np.array(ladder, dtype=np.float64)
    top, least = sizes[-1], sizes[0]
    full, rest = np.divmod(np.nan_to_num(needed), top)
    rounded = np.concatenate(([0.0], sizes))[np.searchsorted(sizes, rest) + (rest > 0)]
    total = np.fmax(full * top + rounded, number * least)
    return np.where(np.isnan(needed), np.nan, np.where(needed > number * top, needed, total))


def _applied(rule: NormRule, reached: Floats, number: Floats) -> list[Words]:
    """Clauses of the step, and of the split or the largest kindergarten, that decided."""
    clauses = np.array(["", *(step.origin.clause for step in rule.steps)], dtype=object)
    steps = clauses[np.nan_to_num(reached).astype(np.int64)]
    most = rule.basis.max_places
    split = rule.split.origin.clause if rule.split else f"{most.source}{most.clause}"
    return [steps, _where(number > 1, split)]


def _where(holds: NDArray[np.bool_], clause: str) -> Words:
    return np.where(holds, clause, "").astype(object)


def _clauses(parts: list[Words]) -> Words:
    joined = ["; ".join(filter(None, row)) for row in zip(*parts, strict=True)]
    return np.array(joined, dtype=object)


def _array(sizes: pd.DataFrame, measure: Measure) -> Floats:
    return np.asarray(sizes[measure], dtype=np.float64)

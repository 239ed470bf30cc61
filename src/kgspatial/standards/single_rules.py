"""Rules of one number: which there are, what each can be at all, and how a file's table is read.

Imports from `rule_files`. `profile` puts them together; `balance.rules` judges by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from kgspatial.standards.rule_files import (
    FIRST_YEAR,
    LAST_YEAR,
    ORIGIN,
    UNVERIFIED,
    Rule,
    Table,
)


class Known(NamedTuple):
    """What a rule can be at all; beyond lies a slip of the unit or of the comma."""

    low: float
    high: float
    direction: str = ""
    unit: str = ""


SINGLES = {
    "places_per_class": Known(5, 60),
    "max_places": Known(30, 2_000),
    "service_radius_m": Known(50, 20_000),
    "persons_per_household": Known(1, 10),
}
"""Rules of one number that every profile has, its own or inherited."""

TARGETS = {
    "public_share": Known(0, 1),
    "inclusive_share": Known(0, 1),
    "gross_enrolment": Known(0, 2),
    "class_size_share": Known(0, 1),
    "areas_share": Known(0, 1),
    "coverage": Known(0, 1),
    "licensed_share": Known(0, 1),
}
"""Indicators with a threshold; gross enrolment may exceed 1.

Shares of the children enrolled: in public, in public or inclusive, in licensed kindergartens.
``class_size_share``: of the classes, those that keep the class sizes; ``areas_share``: of the
kindergartens that a rule with ``opened_from`` asks, those that have the areas per child;
``coverage``: of the children, those within the walking limit.
"""

AT_LEAST, AT_MOST = "at_least", "at_most"
DIRECTIONS = (AT_LEAST, AT_MOST)

_CLASS = Known(5, 60, AT_MOST, "children")
_CHILDREN_EACH = Known(2, 60, AT_MOST, "children")
_M2_EACH = Known(0.5, 60, AT_LEAST, "m2")
_M2 = Known(100, 60_000, AT_LEAST, "m2")
_PERSONS = Known(0.5, 6, AT_LEAST, "persons")

CHECKS: dict[str, dict[str, Known]] = {
    "class_size": dict.fromkeys(("nursery", "junior", "middle", "senior", "mixed"), _CLASS),
    "staffing": {
        "children_per_teacher": _CHILDREN_EACH,
        "children_per_staff": _CHILDREN_EACH,
        "children_per_educator": _CHILDREN_EACH,
        "teachers_per_class": _PERSONS,
        "carers_per_class": _PERSONS,
        "teachers_without_carer": _PERSONS,
    },
    "areas": {
        "outdoor_m2_per_child": _M2_EACH,
        "floor_m2_per_child": _M2_EACH,
        "site_m2_per_child": _M2_EACH,
        "site_m2_per_child_rural": _M2_EACH,
        "floor_m2": _M2,
        "site_m2": _M2,
    },
    "limits": {
        "classes": Known(1, 60, AT_MOST, "classes"),
        "unlicensed": Known(0, 0, AT_MOST, "kindergartens"),
    },
    "towns": {"central_kindergartens": Known(1, 20, AT_LEAST, "kindergartens")},
    "villages": {"own_kindergarten": Known(100, 50_000, "", "residents")},
    "estates": {"synchronised": Known(0, 366, AT_MOST, "days")},
}
"""Rules by which kindergartens, towns, villages and estates are judged; a profile may lack any.

``staffing``: children per head count of teachers, of all staff, of teachers and carers together
(保教人员); persons per class, and the teachers that a class without a carer needs. ``areas``: per
child, or of the whole kindergarten by its number of classes. ``villages.own_kindergarten``: from so
many residents on a village has a kindergarten of its own. ``estates.synchronised``: days by which each of
the five stages of a supporting kindergarten (五同步) may come after the first homes.
"""

_RULE_KEYS = ("value", "low", "high", "unit", "direction", *ORIGIN)
_CHECK_KEYS = ("value", "low", "high", "opened_from", *ORIGIN)
_BY_CLASSES = ("floor_m2", "site_m2")
_STREETS, _OF_TOWNS = "streets", ("central_kindergartens",)


def read_rule(table: Table, rule_id: str, known: Known) -> Rule:
    """Read a table of ``value``, ``unit``, ``direction`` and origin.

    Raises
    ------
    InputError
        When a key is unknown or missing or the number cannot be.
    """
    table.check_keys(_RULE_KEYS)
    value, low, high = _numbers(table, known)
    direction = table.words("direction", DIRECTIONS) if "direction" in table.values else ""
    unit = table.words("unit") if "unit" in table.values else ""
    rule = table.origin().rule(rule_id, value, unit=unit, direction=direction)
    return replace(rule, low=low, high=high)


def read_targets(table: Table) -> Iterator[tuple[Rule, ...]]:
    """Read the :data:`TARGETS` of a file: each a table, or a list of tables for its years.

    Raises
    ------
    InputError
        When a key is unknown or missing, a number cannot be, or two entries of a target hold at
        once.
    """
    if "targets" in table.values:
        targets = table.table("targets")
        targets.check_keys(TARGETS)
        for key in targets.values:
            yield _read_entries(targets, key, _target)


def read_checks(table: Table) -> Iterator[tuple[Rule, ...]]:
    """Read the :data:`CHECKS` of a file: each a table, or a list of tables for its years or sizes.

    Raises
    ------
    InputError
        When a key is unknown or missing, a number cannot be, or two entries of a rule hold at once.
    """
    for group, known in CHECKS.items():
        if group in table.values:
            rules = table.table(group)
            rules.check_keys(known)
            for key in rules.values:
                yield _read_entries(rules, key, _check)


def _read_entries(
    group: Table, key: str, read: Callable[[Table, str, str], Rule]
) -> tuple[Rule, ...]:
    several = isinstance(group.values[key], list)
    entries = group.tables(key) if several else [group.table(key)]
    found = tuple(read(entry, group.path, key) for entry in entries)
    if not found:
        raise group.wrong(key, "the list is empty")
    order = sorted(range(len(found)), key=lambda i: (found[i].classes_from or 0, found[i].years))
    for before, after in pairwise(order):
        if _clash(found[before], found[after]):
            message = "two entries of this rule hold at the same time"
            hint = "Give each its own valid_from and valid_to."
            raise entries[max(before, after)].wrong("value", message, hint)
    return tuple(found[i] for i in order)


def _target(table: Table, group: str, key: str) -> Rule:
    return read_rule(table, f"{group}.{key}", TARGETS[key])


def _check(table: Table, group: str, key: str) -> Rule:
    known = CHECKS[group][key]
    by_classes, of_towns = key in _BY_CLASSES, key in _OF_TOWNS
    extra = (*(["classes_from"] if by_classes else []), *([_STREETS] if of_towns else []))
    table.check_keys((*_CHECK_KEYS, *extra))
    value, low, high = _numbers(table, known)
    opened = "opened_from" in table.values
    rule = table.origin().rule(f"{group}.{key}", value, unit=known.unit, direction=known.direction)
    return replace(
        rule,
        low=low,
        high=high,
        opened_from=table.whole("opened_from", FIRST_YEAR, LAST_YEAR) if opened else None,
        classes_from=table.whole("classes_from", 1, 60) if by_classes else None,
        streets=_STREETS in table.values and table.flag(_STREETS),
    )


def _numbers(table: Table, known: Known) -> tuple[float, float | None, float | None]:
    """The value and the ends of the range around it, where these are given."""
    value = table.number("value", known.low, known.high)
    ends: dict[str, float] = {}
    for key in ("low", "high"):
        if key in table.values:
            ends[key] = table.number(key, known.low, known.high)
            if ends[key] > value if key == "low" else ends[key] < value:
                raise table.wrong(key, f"{ends[key]:g} does not lie on that side of {value:g}")
    return value, ends.get("low"), ends.get("high")


def _clash(before: Rule, after: Rule) -> bool:
    same = before.classes_from == after.classes_from
    return same and after.years[0] <= before.years[1]


def has_binding(rules: tuple[Rule, ...]) -> bool:
    """Whether somebody read the number of any of these."""
    return any(rule.evidence != UNVERIFIED for rule in rules)

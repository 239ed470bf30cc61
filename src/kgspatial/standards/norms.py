"""The 千人指标 and its relatives: how many places a rule owes to residents, households, floor area.

Imports from `rule_files` and `errors`. `demand.norm` applies these rules to communities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, cast

from kgspatial.standards.rule_files import ORIGIN, UNVERIFIED, Origin, Rule, Table

Form = Literal["places_per_1000", "classes_per_10000", "brackets", "one_per_residents"]
Measure = Literal["residents", "households", "floor_area_m2"]
Combine = Literal["first", "largest"]

UNITS: dict[Form, str] = {
    "places_per_1000": "places per 1,000 residents",
    "classes_per_10000": "classes per 10,000 residents",
    "brackets": "classes by size of the estate",
    "one_per_residents": "residents for each kindergarten",
}
"""The rule forms and what their numbers count."""

LIMITS: dict[Form, tuple[float, float]] = {
    "places_per_1000": (1.0, 200.0),
    "classes_per_10000": (0.5, 60.0),
    "one_per_residents": (100.0, 200_000.0),
}
"""What a form's number can be at all; beyond lies a slip of the unit."""

MEASURES: tuple[Measure, ...] = ("residents", "households", "floor_area_m2")
COMBINE: tuple[Combine, ...] = ("first", "largest")
PERSONS = (1.0, 10.0)
"""Persons of a household lie between these."""
MOST = 1e9
"""No estate has more residents, households or square metres."""
MOST_CLASSES = 60

_NORM_KEYS = (
    *("form", "value", "classes", "combine", "persons_per_household", "stated_up_to"),
    *("steps", "split", "pool", *ORIGIN),
)


@dataclass(frozen=True)
class NormStep:
    """From a size of the estate on, a kindergarten of at least so many classes is owed.

    Parameters
    ----------
    starts : tuple of (measure, number, inclusive)
        Where the step begins by each measure: at the number when inclusive, else above it.
    classes : int
        Least number of classes; 0 where the rule names none.
    origin : Origin
        Source, clause and evidence.
    """

    starts: tuple[tuple[Measure, float, bool], ...]
    classes: int
    origin: Origin

    @property
    def binds(self) -> bool:
        """Whether it may decide anything: its number was read somewhere, not remembered."""
        return self.origin.evidence != UNVERIFIED


@dataclass(frozen=True)
class Split:
    """One kindergarten serves at most so many; each begun multiple above needs another."""

    measure: Measure
    above: float
    origin: Origin


@dataclass(frozen=True)
class Pool:
    """Estates smaller than this share a kindergarten with others within the radius.

    Parameters
    ----------
    measure : {"residents", "households", "floor_area_m2"}
        What is compared.
    below : float
        Estates of less than this are pooled.
    radius_m : float
        Metres, straight; the profile's service radius unless the rule names one.
    origin : Origin
        Source, clause and evidence.
    """

    measure: Measure
    below: float
    radius_m: float
    origin: Origin


@dataclass(frozen=True)
class NormBasis:
    """What a norm takes from the rest of its profile.

    Parameters
    ----------
    places_per_class : float
        Places of a class.
    max_places : Rule
        The most of one kindergarten, with its source.
    ladder : tuple of int
        Classes in which kindergartens are planned, rising.
    service_radius_m : float
        Metres.
    persons_per_household : Rule
        Persons of a household, with its source.
    """

    places_per_class: float
    max_places: Rule
    ladder: tuple[int, ...]
    service_radius_m: float
    persons_per_household: Rule


@dataclass(frozen=True)
class NormRule:
    """One rule of places owed, as a profile has it.

    Parameters
    ----------
    form : {"places_per_1000", "classes_per_10000", "brackets", "one_per_residents"}
        What the number counts: see :data:`UNITS`.
    origin : Origin
        Source, clause, evidence, years.
    basis : NormBasis
        Class size, largest kindergarten, ladder and household of the profile; the norm's own
        persons per household, where it names them.
    value : float, optional
        The form's number; brackets have none.
    classes : int
        Of each kindergarten, for ``one_per_residents``; 0 where the rule names none.
    steps : tuple of NormStep
        For ``brackets`` the rule itself; for other forms the size from which an estate needs a
        kindergarten of its own, and its least classes. Only those that bind are here.
    unverified : tuple of NormStep
        Steps marked ``mem``: shown, never used.
    combine : {"first", "largest"}
        Where steps name several measures: the first that is known decides, or the largest outcome.
    split, pool : optional
        When to build two or more, and when several estates share one.
    stated_up_to : tuple of (measure, number)
        Beyond this size the rule says no more: what it owes is the least.
    """

    form: Form
    origin: Origin
    basis: NormBasis
    value: float = 0.0
    classes: int = 0
    steps: tuple[NormStep, ...] = ()
    unverified: tuple[NormStep, ...] = ()
    combine: Combine = "first"
    split: Split | None = None
    pool: Pool | None = None
    stated_up_to: tuple[tuple[Measure, float], ...] = ()

    @property
    def unit(self) -> str:
        """What the form's number counts."""
        return UNITS[self.form]


def read_norm(table: Table, basis: NormBasis) -> NormRule:
    """Read a ``[norm]`` table.

    Parameters
    ----------
    table : Table
        The table.
    basis : NormBasis
        The rest of the profile.

    Raises
    ------
    InputError
        When a key is unknown or missing, a number cannot be, or nothing in it was verified.
    """
    table.check_keys(_NORM_KEYS)
    form = cast("Form", table.words("form", tuple(UNITS)))
    if form == "one_per_residents":
        table.check_keys([key for key in _NORM_KEYS if key not in ("steps", "split", "combine")])
    origin = _verified(table)
    given = table.values
    steps = _steps(table, form, origin) if "steps" in given else ()
    if form == "brackets" and not any(step.binds for step in steps):
        raise table.wrong("steps", f"brackets need a verified step: write [[{table.path}.steps]]")
    return NormRule(
        form,
        origin,
        _own_basis(table, basis, origin),
        value=_value(table, form),
        classes=_classes(table, form),
        steps=tuple(step for step in steps if step.binds),
        unverified=tuple(step for step in steps if not step.binds),
        combine=_combine(table),
        split=_split(table.table("split"), origin) if "split" in given else None,
        pool=_pool(table.table("pool"), origin, basis) if "pool" in given else None,
        stated_up_to=_stated(table.table("stated_up_to")) if "stated_up_to" in given else (),
    )


def _verified(table: Table, base: Origin | None = None) -> Origin:
    origin = table.origin(base)
    if origin.evidence == UNVERIFIED:
        hint = "Verify it and name the source, or leave it as a comment."
        raise table.wrong("evidence", "a norm that nobody could verify never binds", hint)
    return origin


def _own_basis(table: Table, basis: NormBasis, origin: Origin) -> NormBasis:
    if "persons_per_household" not in table.values:
        return basis
    persons = table.number("persons_per_household", *PERSONS)
    rule = origin.rule("persons_per_household", persons, unit="persons")
    return replace(basis, persons_per_household=rule)


def _combine(table: Table) -> Combine:
    given = "combine" in table.values
    return cast("Combine", table.words("combine", COMBINE)) if given else "first"


def _value(table: Table, form: Form) -> float:
    if form in LIMITS:
        return table.number("value", *LIMITS[form])
    if "value" in table.values:
        raise table.wrong("value", "brackets have no value of their own; write [[norm.steps]]")
    return 0.0


def _classes(table: Table, form: Form) -> int:
    if "classes" not in table.values:
        return 0
    if form != "one_per_residents":
        raise table.wrong(
            "classes", f"the form '{form}' has no classes; write them in [[norm.steps]]"
        )
    return table.whole("classes", 1, MOST_CLASSES)


def _steps(table: Table, form: Form, base: Origin) -> tuple[NormStep, ...]:
    entries = table.tables("steps")
    steps = [_step(entry, form, base) for entry in entries]
    before: dict[Measure, tuple[float, bool]] = {}
    for entry, (step, later) in zip(entries[1:], pairwise(steps), strict=True):
        before |= {measure: (start, not at) for measure, start, at in step.starts}
        rises = all((n, not at) > before[m] for m, n, at in later.starts if m in before)
        if not rises or later.classes < step.classes:
            message = "a step must begin later than the one before it and have no fewer classes"
            raise entry.wrong("classes", message)
    return tuple(steps)


def _step(entry: Table, form: Form, base: Origin) -> NormStep:
    starts = _starts(entry, ("from", "above"), (*ORIGIN, "classes"))
    least = form == "brackets" or "classes" in entry.values
    classes = entry.whole("classes", 1, MOST_CLASSES) if least else 0
    return NormStep(
        tuple((measure, number, end == "from") for measure, number, end in starts),
        classes,
        entry.origin(base),
    )


def _split(table: Table, base: Origin) -> Split:
    ((measure, above, _),) = _starts(table, ("above",), ORIGIN, one=True)
    return Split(measure, above, _verified(table, base))


def _pool(table: Table, base: Origin, basis: NormBasis) -> Pool:
    ((measure, below, _),) = _starts(table, ("below",), (*ORIGIN, "radius_m"), one=True)
    own = "radius_m" in table.values
    radius = table.number("radius_m", 1, 20_000) if own else basis.service_radius_m
    return Pool(measure, below, radius, _verified(table, base))


def _stated(table: Table) -> tuple[tuple[Measure, float], ...]:
    table.check_keys(MEASURES)
    return tuple((cast("Measure", key), table.number(key, 1, MOST)) for key in table.values)


def _starts(
    table: Table, ends: tuple[str, ...], others: tuple[str, ...], *, one: bool = False
) -> list[tuple[Measure, float, str]]:
    """The sizes that a table names, such as ``residents_from``, in the order of the file."""
    named = {f"{measure}_{end}": (measure, end) for measure in MEASURES for end in ends}
    table.check_keys((*named, *others))
    found = [
        (named[key][0], table.number(key, int(one), MOST), named[key][1])
        for key in table.values
        if key in named
    ]
    measures = [measure for measure, _, _ in found]
    if not found or len(set(measures)) < len(found) or (one and len(found) > 1):
        wanted = "one size" if one else "one size of each measure that counts"
        raise table.wrong("", f"it must name {wanted}, such as {next(iter(named))}")
    return found

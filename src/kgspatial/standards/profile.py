"""Reads a rule profile: national, then province, then city, then the plan's own file.

Imports from `norms`, `single_rules`, `rule_files` and `errors`. A rule acts only when its evidence mark is not
``mem``: what nobody could verify never binds and never takes the place of what binds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from kgspatial.errors import InputError
from kgspatial.standards.norms import NormBasis, NormRule, read_norm
from kgspatial.standards.rule_files import ORIGIN, UNVERIFIED, Rule, Table, read_rule_file
from kgspatial.standards.single_rules import (
    CHECKS,
    SINGLES,
    has_binding,
    read_checks,
    read_rule,
    read_targets,
)

SHARES = ("age_1_4", "age_5_9")
NORMS = ("norm", "norm_rural")
_HEAD_KEYS = ("id", "name_zh", "name_en", "based_on")
_TABLES = ("profile", *SINGLES, "ladder", "shares_3_to_5", "targets", *CHECKS, *NORMS)


@dataclass(frozen=True)
class Step:
    """One step of the scale ladder: a kindergarten of so many classes and places."""

    classes: int
    places: int
    residents_up_to: int


@dataclass(frozen=True)
class Profile:
    """The rules of one profile, with what it inherits.

    Parameters
    ----------
    id, name_zh, name_en : str
        What it is called.
    places_per_class, max_places : float
        Places of a class; the most of one kindergarten.
    service_radius_m : float
        Metres.
    ladder : tuple of Step
        The sizes in which kindergartens are planned.
    shares_3_to_5 : dict
        Share of a five-year band that is aged 3 to 5.
    rules : tuple of Rule
        All rules of one number, with their sources; a rule whose number changes with the year or
        with the number of classes is there once for each.
    norm : NormRule
        Places owed (千人指标).
    norm_rural : NormRule, optional
        The same for villages, where the profile tells them apart.
    based_on : tuple of str
        The profiles inherited from, the nearest first.
    unverified : tuple of Rule
        Numbers marked ``mem`` that would have replaced a rule: shown as 未核实, never used.
    """

    id: str
    name_zh: str
    name_en: str
    places_per_class: float
    max_places: float
    service_radius_m: float
    ladder: tuple[Step, ...]
    shares_3_to_5: dict[str, float]
    rules: tuple[Rule, ...]
    norm: NormRule
    norm_rural: NormRule | None = None
    based_on: tuple[str, ...] = ()
    unverified: tuple[Rule, ...] = ()

    def rule(self, rule_id: str) -> Rule:
        """Return one rule by its id, such as ``targets.public_share``."""
        found = next((r for r in self.rules if r.id == rule_id), None)
        if found is None:
            raise InputError(f"the profile '{self.id}' has no rule '{rule_id}'")
        return found

    def rules_in(self, rule_id: str, year: int | None = None) -> tuple[Rule, ...]:
        """Return what a rule says in a year, those of few classes first; nothing where it is silent.

        Parameters
        ----------
        rule_id : str
            Such as ``staffing.children_per_teacher``.
        year : int, optional
            Without it, what has not been ended.
        """
        return tuple(r for r in self.rules if r.id == rule_id and r.holds_in(year))

    def places(self, classes: float) -> float:
        """Planning capacity of so many classes."""
        return classes * self.places_per_class


@dataclass(frozen=True)
class _Sheet:
    """What profiles say together, from the first to one of them; a later one overrides."""

    rules: dict[str, Rule] = field(default_factory=dict)
    checks: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    unverified: tuple[Rule, ...] = ()
    ladder: tuple[Step, ...] = ()
    shares: dict[str, float] = field(default_factory=dict)
    norms: dict[str, Table] = field(default_factory=dict)


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with kgspatial."""
    return tuple(
        sorted(
            f.name.removesuffix(".toml") for f in _folder().iterdir() if f.name.endswith(".toml")
        )
    )


def read_profile(name: str | Path = "national") -> Profile:
    """Read a rule profile by name, or the plan's own from a TOML file.

    A profile says in ``[profile] based_on`` whose rules it inherits: national, then province, then
    city, then the plan's own. Whole tables are overridden, so a number and its source stay
    together; of ``[targets]``, single targets with all their years.

    Parameters
    ----------
    name : str or Path
        One of :func:`profile_names`, or the path of a file that ends in ``.toml``.

    Raises
    ------
    InputError
        When there is no such profile, or its file has an unknown key, a missing source or an
        impossible value; file, line and key are named.

    Examples
    --------
    >>> profile = read_profile("guangdong_2022")
    >>> profile.norm.value, profile.norm.unit, profile.based_on
    (40.0, 'places per 1,000 residents', ('national',))
    """
    if str(name).endswith(".toml"):
        return _profile(Path(name))
    return _shipped(str(name))


def rule_chain(name: str | Path) -> list[Table]:
    """Return a profile's file and those that it is based on, the nearest first, as they are."""
    return _chain(Path(name) if str(name).endswith(".toml") else _path_of(str(name)))


@cache
def _shipped(name: str) -> Profile:
    return _profile(_path_of(name))


def _folder() -> Traversable:
    return files("kgspatial") / "standards" / "profiles"


def _path_of(name: str) -> Traversable:
    if name not in profile_names():
        raise InputError(
            f"there is no rule profile '{name}'", hint=f"Known: {', '.join(profile_names())}."
        )
    return _folder() / f"{name}.toml"


def _profile(path: Traversable | Path) -> Profile:
    chain = _chain(path)
    sheet = _Sheet()
    for table in reversed(chain):
        sheet = _overridden(sheet, table)
    own, head = chain[0], chain[0].table("profile")
    for table_name in (*SINGLES, "ladder", "shares_3_to_5", "norm"):
        _check_complete(sheet, table_name, own)
    norms = {name: read_norm(table, _norm_basis(sheet)) for name, table in sheet.norms.items()}
    return Profile(
        id=head.words("id"),
        name_zh=head.words("name_zh"),
        name_en=head.words("name_en"),
        places_per_class=sheet.rules["places_per_class"].value,
        max_places=sheet.rules["max_places"].value,
        service_radius_m=sheet.rules["service_radius_m"].value,
        ladder=sheet.ladder,
        shares_3_to_5=sheet.shares,
        rules=(*sheet.rules.values(), *(r for rules in sheet.checks.values() for r in rules)),
        norm=norms["norm"],
        norm_rural=norms.get("norm_rural"),
        based_on=tuple(table.table("profile").words("id") for table in chain[1:]),
        unverified=sheet.unverified,
    )


def _chain(path: Traversable | Path) -> list[Table]:
    """The profile's file and those that it is based on, the nearest first."""
    chain = [read_rule_file(path)]
    seen: set[str] = set()
    while True:
        chain[-1].check_keys(_TABLES)
        head = chain[-1].table("profile")
        head.check_keys(_HEAD_KEYS)
        seen.add(head.words("id"))
        if "based_on" not in head.values:
            return chain
        base = head.words("based_on")
        if base in seen or base not in profile_names():
            known = ", ".join(name for name in profile_names() if name not in seen)
            message = f"'{base}' is not a profile on which this one can be based"
            raise head.wrong("based_on", message, f"Known: {known}.")
        chain.append(read_rule_file(_path_of(base)))


def _check_complete(sheet: _Sheet, name: str, own: Table) -> None:
    rule = sheet.rules.get(name)
    found = {"ladder": sheet.ladder, "shares_3_to_5": sheet.shares, "norm": sheet.norms.get("norm")}
    if not (rule.binds if rule else found.get(name)):
        hint = 'A profile with [profile] based_on = "national" inherits it.'
        raise own.wrong(name, "the profile has no verified rule of this name", hint)


def _norm_basis(sheet: _Sheet) -> NormBasis:
    return NormBasis(
        sheet.rules["places_per_class"].value,
        sheet.rules["max_places"],
        tuple(step.classes for step in sheet.ladder),
        sheet.rules["service_radius_m"].value,
        sheet.rules["persons_per_household"],
    )


def _overridden(base: _Sheet, table: Table) -> _Sheet:
    given, own = table.values, table.table("profile").words("id")
    rules, checks, unverified = dict(base.rules), dict(base.checks), list(base.unverified)
    for rule in _rules(table):
        if not rule.binds and rule.id in rules and rules[rule.id].binds:
            unverified.append(replace(rule, profile=own))
        else:
            rules[rule.id] = replace(rule, profile=own)
    for found in (*read_targets(table), *read_checks(table)):
        entries, name = tuple(replace(rule, profile=own) for rule in found), found[0].id
        if not has_binding(entries) and has_binding(checks.get(name, ())):
            unverified += entries
        else:
            checks[name] = entries
    return _Sheet(
        rules,
        checks,
        tuple(unverified),
        _ladder(table) if "ladder" in given else base.ladder,
        _shares(table.table("shares_3_to_5")) if "shares_3_to_5" in given else base.shares,
        base.norms | {name: table.table(name) for name in NORMS if name in given},
    )


def _rules(table: Table) -> list[Rule]:
    return [
        read_rule(table.table(k), k, known) for k, known in SINGLES.items() if k in table.values
    ]


def _ladder(table: Table) -> tuple[Step, ...]:
    steps: list[Step] = []
    for entry in table.tables("ladder"):
        entry.check_keys(("classes", "places", "residents_up_to", *ORIGIN))
        if entry.origin().evidence == UNVERIFIED:
            raise entry.wrong("evidence", "a step that nobody could verify never binds")
        step = Step(
            entry.whole("classes", 1, 60),
            entry.whole("places", 1, 2_000),
            entry.whole("residents_up_to", 1, 200_000),
        )
        if steps and not all(a > b for a, b in zip(_sizes(step), _sizes(steps[-1]), strict=True)):
            raise entry.wrong(
                "classes", "each step of the ladder must be larger than the one before"
            )
        steps.append(step)
    return tuple(steps)


def _sizes(step: Step) -> tuple[int, int, int]:
    return step.classes, step.places, step.residents_up_to


def _shares(table: Table) -> dict[str, float]:
    table.check_keys((*SHARES, *ORIGIN))
    table.origin()
    return {name: table.number(name, 0, 1) for name in SHARES}

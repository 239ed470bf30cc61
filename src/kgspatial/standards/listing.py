"""The rules of a profile as rows to read: what holds, why, since when, and who said it first.

Imports from `profile`, `norms`, `rule_files`, `terms` and `errors`.
"""

from __future__ import annotations

import difflib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kgspatial.errors import InputError
from kgspatial.standards.norms import NormRule, NormStep
from kgspatial.standards.profile import (
    NORMS,
    SHARES,
    Profile,
    profile_names,
    read_profile,
    rule_chain,
)
from kgspatial.standards.rule_files import UNVERIFIED, Origin, Rule, Table
from kgspatial.terms import Language, has_term, term

COLUMNS = ("id", "label", "rule", "clause", "source", "evidence", "years", "profile")
"""What a list of rules shows, in this order."""


@dataclass(frozen=True)
class ListedRule:
    """One number of a profile, whatever its form, with where it comes from.

    Parameters
    ----------
    id : str
        Such as ``service_radius_m``, ``ladder[2]`` or ``norm.split``.
    value : float or None
        None where the rule is all in its parts.
    unit, condition : str
        What is counted; when it applies.
    direction : str
        ``at_least``, ``at_most`` or nothing.
    origin : Origin
        Source, clause, evidence, years.
    profile : str
        The profile whose file says it.
    low, high : float, optional
        Ends of the range, where the source gives one.
    """

    id: str
    value: float | None
    unit: str
    origin: Origin
    profile: str
    condition: str = ""
    direction: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def binds(self) -> bool:
        """Whether it may decide anything: its number was read somewhere, not remembered."""
        return self.origin.evidence != UNVERIFIED

    def record(self) -> dict[str, Any]:
        """Return it as a plain dictionary, for JSON."""
        fields = asdict(self)
        origin = fields.pop("origin")
        return {**fields, **origin, "binds": self.binds}


def standards_text(
    profile: str | None,
    rule_id: str | None = None,
    language: Language = "zh",
    *,
    width: int | None = None,
    as_json: bool = False,
) -> str:
    """Return what ``kgspatial standards`` prints: profiles, the rules of one, or one rule.

    Parameters
    ----------
    profile : str, optional
        Name or file; without it and without a rule, the profiles are listed.
    rule_id : str, optional
        The rule to explain; of the national profile unless another is named.
    language : {"zh", "en"}
        Of the headings; clauses and sources stay as they were published.
    width : int, optional
        Characters of the terminal; tab-separated lines without it.
    as_json : bool
        JSON instead of text.

    Raises
    ------
    InputError
        When there is no such profile or rule, or the file is wrong.
    """
    if profile is None and rule_id is None:
        return _json(list_profiles()) if as_json else profile_text(language, width=width)
    name = profile or "national"
    read, rules = read_profile(name), list_rules(name)
    if rule_id is not None:
        rules = explain_rule(name, rule_id)
    if as_json:
        return _json(_profile_record(read, rules))
    return f"{profile_heading(read, language)}\n\n{rule_text(rules, language, width=width)}"


def _profile_record(profile: Profile, rules: Sequence[ListedRule]) -> dict[str, Any]:
    names = {key: getattr(profile, key) for key in ("id", "name_zh", "name_en")}
    return {
        **names,
        "based_on": list(profile.based_on),
        "rules": [rule.record() for rule in rules if rule.binds],
        "unverified": [rule.record() for rule in rules if not rule.binds],
    }


def _json(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, indent=2)


def list_profiles() -> list[dict[str, Any]]:
    """Return the profiles that come with kgspatial, each with its names and number of rules.

    Examples
    --------
    >>> [p["based_on"] for p in list_profiles() if p["id"] == "xiamen_2012"]
    [['fujian_2010', 'national']]
    """
    found = []
    for name in profile_names():
        profile, rules = read_profile(name), list_rules(name)
        found.append(
            {
                "id": profile.id,
                "name_zh": profile.name_zh,
                "name_en": profile.name_en,
                "based_on": list(profile.based_on),
                "rules": sum(rule.binds for rule in rules),
                "unverified": sum(not rule.binds for rule in rules),
            }
        )
    return found


def list_rules(name: str | Path = "national") -> list[ListedRule]:
    """Return every number of a profile, inherited ones too; those of mark ``mem`` do not bind.

    Parameters
    ----------
    name : str or Path
        As in :func:`kgspatial.standards.read_profile`.

    Raises
    ------
    InputError
        When there is no such profile or its file is wrong.

    Examples
    --------
    >>> rules = {rule.id: rule for rule in list_rules("guangdong_2022")}
    >>> rules["norm.split"].value, rules["norm.split"].profile, rules["max_places"].profile
    (12000.0, 'guangdong_2022', 'national')
    """
    profile, chain = read_profile(name), rule_chain(name)
    rows = [_of_rule(rule) for rule in (*profile.rules, *profile.unverified)]
    rows += _ladder(*_said_by(chain, "ladder"))
    rows += _shares(*_said_by(chain, "shares_3_to_5"))
    for key in NORMS:
        norm: NormRule | None = getattr(profile, key)
        if norm is not None:
            rows += _norm(key, norm, _said_by(chain, key)[1])
    return rows


def explain_rule(name: str | Path, rule_id: str) -> list[ListedRule]:
    """Return the rows of one rule, then what the profiles that it overrides say of it.

    Parameters
    ----------
    name : str or Path
        The profile.
    rule_id : str
        An id, or the table that it begins with: ``norm`` stands for ``norm.split`` too.

    Raises
    ------
    InputError
        When the profile has no such rule; the nearest ids are named.

    Examples
    --------
    >>> [(r.value, r.profile) for r in explain_rule("fujian_2013", "service_radius_m")]
    [(300.0, 'fujian_2013'), (500.0, 'national')]
    """
    rules = list_rules(name)
    found = [rule for rule in rules if _is_of(rule.id, rule_id)]
    if not found:
        known = list(dict.fromkeys(rule.id for rule in rules))
        near = difflib.get_close_matches(rule_id, known, n=3, cutoff=0.4) or known
        message = f"the profile '{read_profile(name).id}' has no rule '{rule_id}'"
        raise InputError(message, hint=f"Known: {', '.join(near)}.")
    for base in read_profile(name).based_on:
        more = (rule for rule in list_rules(base) if _is_of(rule.id, rule_id))
        found += [rule for rule in more if rule not in found]
    return found


def rule_row(rule: ListedRule, language: Language = "zh") -> tuple[str, ...]:
    """Return the texts of one rule under :data:`COLUMNS`."""
    origin = rule.origin
    evidence = term(f"standards.{origin.evidence}", language)
    return (
        *(rule.id, rule_label(rule.id, language), _said(rule)),
        *(origin.clause, origin.source, evidence, _years(origin), rule.profile),
    )


def rule_label(rule_id: str, language: Language = "zh") -> str:
    """Return what people call a rule; nothing where the table of terms does not know it."""
    key = f"rules.{rule_id.partition('[')[0]}"
    return term(key, language) if has_term(key) else ""


def rule_text(
    rules: Sequence[ListedRule], language: Language = "zh", *, width: int | None = None
) -> str:
    """Return rules as text: a table of `width` characters, or lines of fields parted by tabs.

    Those that nobody could verify come last, under a heading of their own (未核实).
    """
    heads = tuple(term(f"standards.{column}", language) for column in COLUMNS)
    parts = []
    for binds in (True, False):
        rows = [rule_row(rule, language) for rule in rules if rule.binds == binds]
        if rows and not binds:
            parts.append(term("standards.unverified", language))
        if rows and width is None:
            parts.append(table_text(heads, rows))
        elif rows:
            parts.append(table_text(_stacked(heads), [_stacked(row) for row in rows], width))
    return "\n\n".join(parts)


def _stacked(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row for a narrow terminal: what belongs together stands below one another."""
    rule_id, label, rule, clause, source, evidence, years, profile = row
    pairs = ((label, rule_id), (rule,), (clause, source), (evidence, years, profile))
    return tuple("\n".join(filter(None, pair)) for pair in pairs)


def profile_text(language: Language = "zh", *, width: int | None = None) -> str:
    """Return the list of profiles as text, as :func:`rule_text` does."""
    name = f"name_{language}"
    keys = ("id", name, "based_on", "rules", "unverified")
    heads = [
        term(f"standards.{key}", language)
        for key in ("profile", "name", "based_on", "rules", "count_unverified")
    ]
    rows = [
        tuple(", ".join(p[k]) if k == "based_on" else str(p[k]) for k in keys)
        for p in list_profiles()
    ]
    return table_text(heads, rows, width)


def table_text(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None
) -> str:
    """Return a table for a terminal of `width` characters, or tab-separated lines without one."""
    if width is None:
        return "\n".join("\t".join(line) for line in (heads, *rows))
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    lines = io.StringIO()
    Console(file=lines, width=width, highlight=False, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in lines.getvalue().rstrip().splitlines())


def _is_of(rule_id: str, asked: str) -> bool:
    return rule_id == asked or rule_id.startswith((f"{asked}.", f"{asked}["))


def _said_by(chain: list[Table], key: str) -> tuple[Table, str]:
    """The nearest file that has a table, and the id of its profile."""
    table = next(table for table in chain if key in table.values)
    return table, table.table("profile").words("id")


def _of_rule(rule: Rule) -> ListedRule:
    origin = Origin(rule.source, rule.clause, rule.evidence, rule.valid_from, rule.valid_to)
    condition = [f"opened_year >= {rule.opened_from}"] if rule.opened_from else []
    condition += [f"classes >= {rule.classes_from}"] if rule.classes_from else []
    condition += ["towns and streets"] if rule.streets else []
    return ListedRule(
        *(rule.id, rule.value, rule.unit, origin, rule.profile),
        condition=", ".join(condition),
        direction=rule.direction,
        low=rule.low,
        high=rule.high,
    )


def _ladder(table: Table, profile: str) -> Iterator[ListedRule]:
    for entry in table.tables("ladder"):
        given = entry.values
        condition = f"classes = {given['classes']}, residents <= {given['residents_up_to']}"
        places = float(given["places"])
        yield ListedRule(entry.path, places, "places", entry.origin(), profile, condition)


def _shares(table: Table, profile: str) -> Iterator[ListedRule]:
    shares = table.table("shares_3_to_5")
    for key in SHARES:
        rule_id, value = f"{shares.path}.{key}", float(shares.values[key])
        yield ListedRule(rule_id, value, "share", shares.origin(), profile)


def _norm(key: str, norm: NormRule, profile: str) -> Iterator[ListedRule]:
    """A norm and its parts; where a part names no years, those of the whole."""
    value = norm.value or None
    classes = f"classes >= {norm.classes}" if norm.classes else ""
    yield ListedRule(key, value, norm.unit, norm.origin, profile, classes)
    parts = [
        _norm_step(f"{key}.steps[{number}]", step, profile)
        for number, step in enumerate((*norm.steps, *norm.unverified), start=1)
    ]
    if (split := norm.split) is not None:
        parts.append(ListedRule(f"{key}.split", split.above, split.measure, split.origin, profile))
    if (pool := norm.pool) is not None:
        text = f"radius {pool.radius_m:g} m"
        parts.append(
            ListedRule(f"{key}.pool", pool.below, pool.measure, pool.origin, profile, text)
        )
    first, last = norm.origin.valid_from, norm.origin.valid_to
    for part in parts:
        own = part.origin.valid_from is not None or part.origin.valid_to is not None
        dated = part.origin if own else replace(part.origin, valid_from=first, valid_to=last)
        yield replace(part, origin=dated)


def _norm_step(rule_id: str, step: NormStep, profile: str) -> ListedRule:
    starts = " / ".join(f"{m} {'>=' if at else '>'} {n:g}" for m, n, at in step.starts)
    direction = "at_least" if step.classes else ""
    return ListedRule(
        rule_id, float(step.classes) or None, "classes", step.origin, profile, starts, direction
    )


def _said(rule: ListedRule) -> str:
    """The number in words: direction, value or range, unit, condition."""
    number = "" if rule.value is None else f"{rule.value:.10g}"
    if rule.low is not None or rule.high is not None:
        ends = (rule.low, rule.high)
        low, high = (rule.value if end is None else end for end in ends)
        number += f" ({low:.10g}–{high:.10g})"
    sign = {"at_least": "≥ ", "at_most": "≤ "}.get(rule.direction, "")
    condition = f"[{rule.condition}]" if rule.condition else ""
    return " ".join(filter(None, (f"{sign}{number}".strip(), rule.unit, condition)))


def _years(origin: Origin) -> str:
    if origin.valid_from is None and origin.valid_to is None:
        return ""
    return f"{origin.valid_from or ''}–{origin.valid_to or ''}"


def profile_heading(profile: Profile, language: Language = "zh") -> str:
    """Return the line above a list: the profile's name and what it inherits from."""
    name = profile.name_zh if language == "zh" else profile.name_en
    if not profile.based_on:
        return f"{name} ({profile.id})"
    based = term("standards.inherits", language, names=", ".join(profile.based_on))
    return f"{name} ({profile.id}; {based})"

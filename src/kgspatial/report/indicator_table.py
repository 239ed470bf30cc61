"""Annex 16: the indicators as they are, the targets of the year and of later years.

Imports from `tables`, `wording`, `balance`, `standards`, `terms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.balance import Indicator, assess_indicators
from kgspatial.balance.indicators import INDICATORS
from kgspatial.report.tables import Annex
from kgspatial.report.wording import ValueKind, clean, say
from kgspatial.standards import Profile, Rule, read_profile
from kgspatial.standards.rule_files import UNVERIFIED
from kgspatial.terms import Language, has_term, term

if TYPE_CHECKING:
    from kgspatial.balance import Balance
    from kgspatial.study import Study

_SIGNS = {"at_least": "≥ ", "at_most": "≤ "}


def indicators_annex(study: Study, balance: Balance, language: Language) -> Annex:
    """Return a row for each indicator of which the value or a target is known."""
    plan = study.settings
    profile = read_profile(plan.plan.profile)
    found = assess_indicators(balance, plan.plan.profile, plan.balance.indicators)
    years = _later_years(profile, balance.year)
    later = {y: {i.id: _target_in(profile, i, y, language) for i in found} for y in years}
    known = [i for i in found if _tells(i, [targets[i.id] for targets in later.values()])]
    rows = [_row(indicator, language) for indicator in known]
    frame = pd.DataFrame(rows)
    if frame.empty:
        return Annex("indicators", frame)
    frame.insert(0, "number", np.arange(1, len(frame) + 1))
    place = list(frame.columns).index("target") + 1
    for offset, (year, targets) in enumerate(later.items()):
        called = term("report.target_of", language, year=year)
        frame.insert(place + offset, called, [targets[i.id] for i in known])
    said = [c for c in frame if (frame[c].map(clean) != "").any()]
    return Annex("indicators", frame[said], row_kinds=tuple(_kind(i.id) for i in known))


def _row(found: Indicator, language: Language) -> dict[str, object]:
    value = np.nan if found.value is None else float(found.value)
    return {
        "indicator": _called(found.id, language),
        "value_now": value if found.id in INDICATORS else round(value, 4),
        "target": _target_text(
            found.id, found.threshold, found.direction, found.evidence, language
        ),
        "verdict": term(f"verdicts.{_verdict(found)}", language),
        "missed": _missed(found, language),
        "clause": found.clause,
        "source": found.source,
    }


def _tells(found: Indicator, later: Sequence[str]) -> bool:
    return found.value is not None or found.threshold is not None or any(later)


def _verdict(found: Indicator) -> str:
    if found.threshold is None:
        return "no_target"
    return "unknown" if found.met is None else "met" if found.met else "not_met"


def _missed(found: Indicator, language: Language) -> str:
    key = f"verdicts.missed_{found.missed_unit}"
    if not found.missed or not has_term(key):
        return ""
    return term(key, language, count=say(np.ceil(found.missed)))


def _kind(name: str) -> ValueKind:
    """How a value is written: a share, children to a person, or a plan's own number."""
    if name not in INDICATORS:
        return "text"
    return "money" if name.startswith("children_per_") else "share"


def _target_text(
    name: str, threshold: float | None, direction: str, evidence: str, language: Language
) -> str:
    if threshold is None:
        return ""
    kind = _kind(name)
    number = f"{threshold:g}" if kind == "text" else say(threshold, kind)
    doubt = f" ({term('standards.mem', language)})" if evidence == UNVERIFIED else ""
    return f"{_SIGNS.get(direction, '')}{number}{doubt}"


def _later_years(profile: Profile, year: int | None) -> list[int]:
    """Years after the balance's in which a target of the profile begins."""
    if year is None:
        return []
    rules = {asked.rule for asked in INDICATORS.values()}
    starts = {r.valid_from for r in profile.rules if r.id in rules and r.binds}
    return sorted(start for start in starts if start is not None and start > year)


def _target_in(profile: Profile, found: Indicator, year: int, language: Language) -> str:
    """What the profile asks of an indicator in a later year; nothing of the plan's own."""
    if found.id not in INDICATORS:
        return ""
    asked = INDICATORS[found.id]
    rule: Rule | None = next((r for r in profile.rules_in(asked.rule, year) if r.binds), None)
    if rule is None:
        return ""
    direction = rule.direction or asked.direction
    return _target_text(found.id, rule.value, direction, rule.evidence, language)


def _called(name: str, language: Language) -> str:
    """An indicator's name; a plan's own goes by what the plan calls it."""
    for key in (f"rules.targets.{name}", f"rules.staffing.{name}"):
        if has_term(key):
            return term(key, language)
    return name

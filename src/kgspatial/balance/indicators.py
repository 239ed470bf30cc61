"""Indicators over children in kindergarten, against the thresholds of the rule profile.

Imports from `assess`, `standards`. Missing data give "cannot be judged" (met is None), not a pass.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from kgspatial.balance.assess import Balance
from kgspatial.standards import read_profile


@dataclass(frozen=True)
class Indicator:
    """One indicator: its value (None where the inputs do not tell), its threshold, the verdict."""

    id: str
    value: float | None
    threshold: float
    met: bool | None
    source: str
    evidence: str


def assess_indicators(balance: Balance, profile: str = "national") -> list[Indicator]:
    """Judge gross enrolment and the public and inclusive shares of enrolled children.

    Parameters
    ----------
    balance : Balance
        Kindergartens need ``enrolled`` and ``kind`` throughout for a verdict on the shares.
    profile : str
        Rule profile with the thresholds.

    Returns
    -------
    list of Indicator
        In the profile's order; ``met`` is None where an enrolment or a kind is missing,
        or where nobody could verify the threshold.
    """
    values = _values(balance)
    found = []
    for rule in read_profile(profile).rules:
        if not rule.id.startswith("targets."):
            continue
        name = rule.id.removeprefix("targets.")
        value = values.get(name)
        met = None if value is None or not rule.binds else value >= rule.value
        found.append(Indicator(name, value, rule.value, met, rule.source, rule.evidence))
    return found


def indicator_records(indicators: list[Indicator]) -> list[dict[str, object]]:
    """Return the indicators as plain dictionaries, for ``summary.json``."""
    return [asdict(i) for i in indicators]


def _values(balance: Balance) -> dict[str, float | None]:
    gardens = balance.kindergartens
    open_ones = gardens[gardens["counted"].astype(bool)]
    enrolled, kind = open_ones["enrolled"], open_ones["kind"]
    if not len(open_ones) or enrolled.isna().any() or enrolled.sum() <= 0:
        return {}
    children = balance.demand["children"].sum()
    values: dict[str, float | None] = {
        "gross_enrolment": float(enrolled.sum() / children) if children > 0 else None
    }
    if kind.notna().all():
        share = enrolled.groupby(kind).sum() / enrolled.sum()
        values["public_share"] = float(share.get("public", 0.0))
        values["inclusive_share"] = float(share.get("public", 0.0) + share.get("inclusive", 0.0))
    return values

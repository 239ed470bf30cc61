"""Indicators over children in kindergarten, against the thresholds of the rule profile or the plan.

Imports from `expressions`, `assess`, `standards`, `inputs.settings`. Missing data give "cannot be
judged" (met is None), not a pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.balance.assess import Balance
from kgspatial.balance.expressions import evaluate
from kgspatial.errors import InputError
from kgspatial.standards import read_profile

if TYPE_CHECKING:
    from kgspatial.inputs.settings import OwnIndicator

OWN = "plan"
"""Evidence mark of the plan's own thresholds."""


@dataclass(frozen=True)
class Indicator:
    """One indicator: its value (None where the inputs do not tell), its threshold, the verdict.

    Parameters
    ----------
    id : str
        Of the rule, or of the plan's own indicator.
    value : float or None
        None where the inputs do not tell.
    threshold : float or None
        What is to be reached; None for an indicator that is only observed.
    met : bool or None
        None where the value or a verified threshold is missing.
    source, evidence : str
        Of the threshold.
    missed : float or None
        By how many children or places the target is missed; 0 where it is met.
    direction : str
        ``at_least`` or ``at_most``.
    """

    id: str
    value: float | None
    threshold: float | None
    met: bool | None
    source: str
    evidence: str
    missed: float | None = None
    direction: str = "at_least"


def assess_indicators(
    balance: Balance,
    profile: str = "national",
    own: Mapping[str, OwnIndicator] | None = None,
) -> list[Indicator]:
    """Judge gross enrolment, the public and inclusive shares ("5085"), and the plan's own.

    Parameters
    ----------
    balance : Balance
        Kindergartens need ``enrolled`` and ``kind`` throughout for a verdict on the shares.
    profile : str
        Rule profile with the thresholds.
    own : mapping of str to OwnIndicator, optional
        ``[balance.indicators]`` of the plan.

    Returns
    -------
    list of Indicator
        In the profile's order, then the plan's; ``met`` is None where an enrolment or a kind is
        missing, or where nobody could verify the threshold.

    Raises
    ------
    InputError
        When an expression of the plan cannot be read.
    """
    values = _values(balance)
    found = []
    for rule in read_profile(profile).rules:
        if not rule.id.startswith("targets."):
            continue
        name = rule.id.removeprefix("targets.")
        value = values.get(name)
        met = None if value is None or not rule.binds else value >= rule.value
        missed = _missed(balance, name, value, rule.value)
        found.append(Indicator(name, value, rule.value, met, rule.source, rule.evidence, missed))
    return found + [_own(balance, name, asked) for name, asked in (own or {}).items()]


def compare_indicators(before: Sequence[Indicator], after: Sequence[Indicator]) -> pd.DataFrame:
    """Lay two sets of indicators side by side: two years, or without a plan and with it.

    Returns
    -------
    DataFrame
        ``id``, ``before``, ``after``, ``change`` (nan where one is not known), ``threshold``,
        ``met_before``, ``met_after``; one row for each indicator of either set.
    """
    one, other = ({i.id: i for i in found} for found in (before, after))
    rows = []
    for name in dict.fromkeys([*one, *other]):
        a, b = one.get(name), other.get(name)
        values = [math.nan if i is None or i.value is None else i.value for i in (a, b)]
        shown = b or a
        rows.append(
            {
                "id": name,
                "before": values[0],
                "after": values[1],
                "change": values[1] - values[0],
                "threshold": None if shown is None else shown.threshold,
                "met_before": None if a is None else a.met,
                "met_after": None if b is None else b.met,
            }
        )
    return pd.DataFrame(rows)


def indicator_records(indicators: list[Indicator]) -> list[dict[str, object]]:
    """Return the indicators as plain dictionaries, for ``summary.json``."""
    return [asdict(i) for i in indicators]


def _own(balance: Balance, name: str, asked: OwnIndicator) -> Indicator:
    """An indicator of the plan's own, over the rows that count."""
    where = f"balance.indicators.{name}"
    if asked.at_least is not None and asked.at_most is not None:
        raise InputError("it has both at_least and at_most", column=where, hint="Write one.")
    table = getattr(balance, asked.over)
    if asked.over == "kindergartens":
        table = table[table["counted"].astype(bool)]
    value = evaluate(asked.expression, pd.DataFrame(table.drop(columns="geometry")), where=where)
    threshold = asked.at_most if asked.at_least is None else asked.at_least
    direction = "at_most" if asked.at_most is not None else "at_least"
    met = None
    if value is not None and threshold is not None:
        met = value <= threshold if direction == "at_most" else value >= threshold
    return Indicator(name, value, threshold, met, asked.source, OWN, direction=direction)


def _missed(balance: Balance, name: str, value: float | None, threshold: float) -> float | None:
    """Children who would have to be enrolled, or be in another kind, for the target."""
    if value is None:
        return None
    whole = balance.demand["children"].sum()
    if name != "gross_enrolment":
        gardens = balance.kindergartens
        whole = gardens.loc[gardens["counted"].astype(bool), "enrolled"].sum()
    return float(max(threshold - value, 0.0) * whole)


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

"""Indicators over children, staff and classes, against the targets of the year or of the plan.

Imports from `measures`, `expressions`, `assess`, `standards`, `inputs.settings`. Missing data give "cannot be
judged" (met is None), not a pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kgspatial.balance.assess import Balance
from kgspatial.balance.expressions import evaluate
from kgspatial.balance.measures import Measure, measures_of
from kgspatial.errors import InputError
from kgspatial.standards import Profile, Rule, read_profile
from kgspatial.standards.single_rules import AT_LEAST, AT_MOST

if TYPE_CHECKING:
    from kgspatial.inputs.settings import OwnIndicator

OWN = "plan"
"""Evidence mark of the plan's own thresholds."""

DECIMALS = 9
"""Values are compared at this many decimals: rounding must not move a threshold."""


class Asked(NamedTuple):
    """An indicator: the rule that names its target, and what its target is missed by."""

    rule: str
    unit: str
    direction: str = AT_LEAST
    whole_units: bool = False


INDICATORS = {
    "public_share": Asked("targets.public_share", "children"),
    "inclusive_share": Asked("targets.inclusive_share", "children"),
    "gross_enrolment": Asked("targets.gross_enrolment", "children"),
    "class_size_share": Asked("targets.class_size_share", "classes", whole_units=True),
    "children_per_teacher": Asked("staffing.children_per_teacher", "teachers", AT_MOST, True),
    "children_per_staff": Asked("staffing.children_per_staff", "staff", AT_MOST, True),
    "children_per_educator": Asked("staffing.children_per_educator", "educators", AT_MOST, True),
    "coverage": Asked("targets.coverage", "children"),
    "licensed_share": Asked("targets.licensed_share", "children"),
    "areas_share": Asked("targets.areas_share", "kindergartens", whole_units=True),
}
"""All indicators, in the order in which they are shown."""


@dataclass(frozen=True)
class Indicator:
    """One indicator: its value (None where the inputs do not tell), its threshold, the verdict.

    Parameters
    ----------
    id : str
        One of :data:`INDICATORS`, or of the plan's own.
    value : float or None
        None where the inputs do not tell.
    threshold : float or None
        What is to be reached in the year; None for an indicator that is only observed.
    met : bool or None
        None where a verified threshold is missing, or the inputs leave the verdict open.
    source, evidence : str
        Of the threshold.
    missed : float or None
        By how many of `missed_unit` the target is missed; 0 where it is met. Children are those
        who would have to be enrolled, or be in another kind of place: so many places. Teachers,
        staff, classes and kindergartens are whole numbers.
    direction : str
        ``at_least`` or ``at_most``.
    missed_unit : str
        ``children``, ``classes``, ``teachers``, ``staff``, ``educators`` or ``kindergartens``.
    short : float or None
        By how much the value misses the threshold, in its own unit; 0 where it is met.
    part, whole : float or None
        What the value is the quotient of; None where the inputs do not tell.
    clause : str
        Of the threshold.
    """

    id: str
    value: float | None
    threshold: float | None
    met: bool | None
    source: str
    evidence: str
    missed: float | None = None
    direction: str = AT_LEAST
    missed_unit: str = ""
    short: float | None = None
    part: float | None = None
    whole: float | None = None
    clause: str = ""


def assess_indicators(
    balance: Balance,
    profile: str | Path = "national",
    own: Mapping[str, OwnIndicator] | None = None,
) -> list[Indicator]:
    """Judge :data:`INDICATORS` by the targets of the balance's year, and the plan's own.

    Gross enrolment, the public and inclusive shares ("5085"), classes within the class sizes,
    children per teacher, per member of staff and per teacher or carer, children within the walk,
    the share in licensed kindergartens, kindergartens with the areas asked of those opened since
    a year. Ratios are over children enrolled in the kindergartens that count.

    Parameters
    ----------
    balance : Balance
        Kindergartens need ``enrolled`` throughout, and ``kind``, ``licensed``, ``teachers``,
        ``carers``, ``staff`` or the classes by age group for what rests on them.
    profile : str or Path
        Rule profile with the targets; those in force in ``balance.year`` hold.
    own : mapping of str to OwnIndicator, optional
        ``[balance.indicators]`` of the plan.

    Returns
    -------
    list of Indicator
        In the order of :data:`INDICATORS`, then the plan's; ``met`` is None where the inputs leave
        it open, or nobody could verify the threshold, or none is in force.

    Raises
    ------
    InputError
        When an expression of the plan cannot be read.

    Examples
    --------
    >>> import geopandas as gpd, kgspatial as kg
    >>> from shapely import Point, box
    >>> rows = {"kindergarten_id": ["K1"], "places": [90], "enrolled": [80], "teachers": [5]}
    >>> gardens = gpd.GeoDataFrame(rows, geometry=[Point(500_050, 2_700_050)], crs="EPSG:4549")
    >>> home = {"community_id": ["C1"], "children": [100]}
    >>> square = box(500_000, 2_700_000, 500_100, 2_700_100)
    >>> homes = gpd.GeoDataFrame(home, geometry=[square], crs="EPSG:4549")
    >>> study = kg.Study(kindergartens=gardens, communities=homes)
    >>> demand = kg.estimate_demand(study, year=2025)
    >>> balance = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
    >>> ratio = assess_indicators(balance, "pujipuhui_2020")[4]
    >>> ratio.id, ratio.value, ratio.threshold, ratio.met, ratio.missed, ratio.missed_unit
    ('children_per_teacher', 16.0, 15.0, False, 1.0, 'teachers')

    References
    ----------
    县域学前教育普及普惠督导评估办法 (教督〔2020〕1号): the profile ``pujipuhui_2020``.
    """
    rules = read_profile(profile)
    measures = measures_of(balance, rules)
    found = [
        _judged(name, asked, measures.get(name), _target(rules, asked.rule, balance.year))
        for name, asked in INDICATORS.items()
    ]
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


def _target(profile: Profile, rule_id: str, year: int | None) -> Rule | None:
    """What the profile asks in a year; what binds goes before what nobody verified."""
    rules = profile.rules_in(rule_id, year)
    return next((rule for rule in rules if rule.binds), rules[0] if rules else None)


def _judged(name: str, asked: Asked, measure: Measure | None, rule: Rule | None) -> Indicator:
    ends = None if measure is None else measure.ends
    known = measure is not None and ends is not None and measure.low == measure.high
    value = ends[0] if known and ends is not None else None
    direction = (rule.direction if rule is not None else "") or asked.direction
    met = None
    if ends is not None and rule is not None and rule.binds:
        met = _verdict(ends, rule.value, direction)
    missed, short = None, None
    if measure is not None and value is not None and rule is not None and rule.binds:
        short = _short(value, rule.value, direction)
        missed = _missed(measure, rule.value, asked) if short > 0 else 0.0
    return Indicator(
        name,
        value,
        None if rule is None else rule.value,
        met,
        "" if rule is None else rule.source,
        "" if rule is None else rule.evidence,
        missed,
        direction,
        missed_unit=asked.unit,
        short=short,
        part=measure.low if known and measure is not None else None,
        whole=measure.whole if measure is not None else None,
        clause="" if rule is None else rule.clause,
    )


def _short(value: float, threshold: float, direction: str) -> float:
    below = threshold - value if direction == AT_LEAST else value - threshold
    return below if round(below, DECIMALS) > 0 else 0.0


def _verdict(ends: tuple[float, float], threshold: float, direction: str) -> bool | None:
    """Whether the target is met; None where only one of the ends meets it."""
    low, high = (_short(end, threshold, direction) == 0 for end in ends)
    return low if low == high else None


def _missed(measure: Measure, threshold: float, asked: Asked) -> float:
    """How many more of the part, or of the persons that it is divided by, reach the target."""
    if asked.direction == AT_MOST:
        more = abs(measure.low / threshold - measure.whole)
    else:
        more = abs(threshold * measure.whole - measure.low)
    return float(np.ceil(round(more, DECIMALS))) if asked.whole_units else float(more)

"""Allocation of children to places, gap tables, indicators, the ledger.

Imports from `access`, `travel`, `supply`, `demand`, `standards`, `study`. Module order: allocate, choice,
assess, gaps, priority, expressions, measures, indicators, indicator_levels; `rules`, from which
measures imports, and `ledger` are rooms of their own.
"""

from kgspatial.balance.allocate import allocate
from kgspatial.balance.assess import Balance, assess_balance
from kgspatial.balance.choice import allocate_by_choice, own_pairs
from kgspatial.balance.expressions import evaluate
from kgspatial.balance.gaps import (
    gaps_by_area,
    gaps_by_catchment,
    gaps_by_kind,
    gaps_by_kindergarten,
    gaps_over_years,
)
from kgspatial.balance.indicator_levels import indicators_by_level, indicators_over_years
from kgspatial.balance.indicators import Indicator, assess_indicators, compare_indicators
from kgspatial.balance.priority import priorities
from kgspatial.balance.rules import (
    check_estates,
    check_kindergartens,
    check_rules,
    check_synchronisation,
    check_towns,
    check_villages,
    rule_summary,
)

__all__ = [
    "Balance",
    "Indicator",
    "allocate",
    "allocate_by_choice",
    "assess_balance",
    "assess_indicators",
    "check_estates",
    "check_kindergartens",
    "check_rules",
    "check_synchronisation",
    "check_towns",
    "check_villages",
    "compare_indicators",
    "evaluate",
    "gaps_by_area",
    "gaps_by_catchment",
    "gaps_by_kind",
    "gaps_by_kindergarten",
    "gaps_over_years",
    "indicators_by_level",
    "indicators_over_years",
    "own_pairs",
    "priorities",
    "rule_summary",
]

"""Allocation of children to places, gap tables, indicators, the ledger.

Imports from `access`, `travel`, `supply`, `demand`, `standards`, `study`. Module order: allocate,
choice, assess, gaps, priority, expressions, indicators; `ledger` is a room of its own.
"""

from kgspatial.balance.allocate import allocate
from kgspatial.balance.assess import Balance, assess_balance
from kgspatial.balance.choice import allocate_by_choice, own_pairs
from kgspatial.balance.expressions import evaluate
from kgspatial.balance.gaps import (
    gaps_by_area,
    gaps_by_kind,
    gaps_by_kindergarten,
    gaps_over_years,
)
from kgspatial.balance.indicators import Indicator, assess_indicators, compare_indicators
from kgspatial.balance.priority import priorities

__all__ = [
    "Balance",
    "Indicator",
    "allocate",
    "allocate_by_choice",
    "assess_balance",
    "assess_indicators",
    "compare_indicators",
    "evaluate",
    "gaps_by_area",
    "gaps_by_kind",
    "gaps_by_kindergarten",
    "gaps_over_years",
    "own_pairs",
    "priorities",
]

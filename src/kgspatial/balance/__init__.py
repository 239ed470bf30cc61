"""Allocation of children to places, gap tables, indicators.

Imports from `travel`, `supply`, `demand`, `standards`, `study`. Module order: allocate, assess,
indicators.
"""

from kgspatial.balance.allocate import allocate
from kgspatial.balance.assess import Balance, assess_balance
from kgspatial.balance.indicators import Indicator, assess_indicators

__all__ = ["Balance", "Indicator", "allocate", "assess_balance", "assess_indicators"]

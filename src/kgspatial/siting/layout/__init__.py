"""Layouts: courses of facilities over phases and scenarios, best by one goal after another.

Imports from `siting` arrays, solver and worth. Module order: options, columns, rows, goals,
program, settling, solving.
"""

from kgspatial.siting.layout.options import Conditions, Need, Options, Situations
from kgspatial.siting.layout.solving import GOALS, GoalValue, LayoutResult, phased_coverage

__all__ = [
    "GOALS",
    "Conditions",
    "GoalValue",
    "LayoutResult",
    "Need",
    "Options",
    "Situations",
    "phased_coverage",
]

"""Layouts of a study: phases, what may be done, what binds it, the plan and its reasons.

Imports from `siting.layout`, `siting.candidates`, `balance`, `demand`, `travel`, `standards`. Module
order: phases, courses, bounds, unreachable, task, ordering, worth, changes, words,
reasons, layout_plan, curves.
"""

from kgspatial.siting.planning.curves import compare_scenarios, sensitivity, trade_off
from kgspatial.siting.planning.layout_plan import LayoutPlan, plan_layout

__all__ = ["LayoutPlan", "compare_scenarios", "plan_layout", "sensitivity", "trade_off"]

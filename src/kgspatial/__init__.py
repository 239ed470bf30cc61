"""Kindergarten-place gap analysis: who finds a place within reach, who does not, where to build.

The public names are loaded when first used, so that ``import kgspatial`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Balance": "kgspatial.balance",
    "Demand": "kgspatial.demand",
    "Grid": "kgspatial.layers",
    "InputError": "kgspatial.errors",
    "KgspatialError": "kgspatial.errors",
    "LayoutPlan": "kgspatial.siting",
    "LayoutSettings": "kgspatial.inputs.settings",
    "PlanError": "kgspatial.errors",
    "Population": "kgspatial.layers",
    "SitePlan": "kgspatial.siting",
    "SitingResult": "kgspatial.siting",
    "SolverError": "kgspatial.errors",
    "Study": "kgspatial.study",
    "TravelMatrix": "kgspatial.travel",
    "assess_balance": "kgspatial.balance",
    "backtest": "kgspatial.demand",
    "compare_demand": "kgspatial.demand",
    "compare_scenarios": "kgspatial.siting",
    "estimate_demand": "kgspatial.demand",
    "measure_travel": "kgspatial.travel",
    "plan_layout": "kgspatial.siting",
    "plan_map": "kgspatial.maps",
    "propose_sites": "kgspatial.siting",
    "read_study": "kgspatial.reading",
    "run_plan": "kgspatial.plan",
    "sensitivity": "kgspatial.siting",
    "trade_off": "kgspatial.siting",
    "transform_china": "kgspatial.inputs",
    "write_outputs": "kgspatial.outputs",
}
"""Where each public name lives."""

__all__ = [
    "Balance",
    "Demand",
    "Grid",
    "InputError",
    "KgspatialError",
    "LayoutPlan",
    "LayoutSettings",
    "PlanError",
    "Population",
    "SitePlan",
    "SitingResult",
    "SolverError",
    "Study",
    "TravelMatrix",
    "assess_balance",
    "backtest",
    "compare_demand",
    "compare_scenarios",
    "estimate_demand",
    "measure_travel",
    "plan_layout",
    "plan_map",
    "propose_sites",
    "read_study",
    "run_plan",
    "sensitivity",
    "trade_off",
    "transform_china",
    "write_outputs",
]

if TYPE_CHECKING:
    from kgspatial.balance import Balance, assess_balance
    from kgspatial.demand import Demand, backtest, compare_demand, estimate_demand
    from kgspatial.errors import InputError, KgspatialError, PlanError, SolverError
    from kgspatial.inputs import transform_china
    from kgspatial.inputs.settings import LayoutSettings
    from kgspatial.layers import Grid, Population
    from kgspatial.maps import plan_map
    from kgspatial.outputs import write_outputs
    from kgspatial.plan import run_plan
    from kgspatial.reading import read_study
    from kgspatial.siting import (
        LayoutPlan,
        SitePlan,
        SitingResult,
        compare_scenarios,
        plan_layout,
        propose_sites,
        sensitivity,
        trade_off,
    )
    from kgspatial.study import Study
    from kgspatial.travel import TravelMatrix, measure_travel


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'kgspatial' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

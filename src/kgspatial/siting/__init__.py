"""Siting: candidates, location-allocation models, solver, proof and reasons.

Imports from `balance`, `travel`, `demand`, `standards`, `study`. Module order: result, watching, solver,
arrays, core, worth, model, capacitated, _kernels, cover_links, cover_bound, cover_kernels,
cover_prices, cover_search, cover_branch, covering, _median_kernels,
_median_assignment_kernels, _median_capacity_kernels, median_branching, median_rest, median_search,
median_assignment, median_capacity, median_shared, median, set_covering_parts, set_covering_room, set_covering, center,
candidates, rules_met, explain, propose, layout (on arrays), planning (of a study).
"""

from kgspatial.siting.capacitated import capacitated_coverage
from kgspatial.siting.center import p_center
from kgspatial.siting.covering import max_coverage
from kgspatial.siting.layout import phased_coverage
from kgspatial.siting.median import p_median
from kgspatial.siting.planning import (
    LayoutPlan,
    compare_scenarios,
    plan_layout,
    sensitivity,
    trade_off,
)
from kgspatial.siting.propose import SitePlan, propose_sites
from kgspatial.siting.result import SitingResult
from kgspatial.siting.set_covering import set_cover

__all__ = [
    "LayoutPlan",
    "SitePlan",
    "SitingResult",
    "capacitated_coverage",
    "compare_scenarios",
    "max_coverage",
    "p_center",
    "p_median",
    "phased_coverage",
    "plan_layout",
    "propose_sites",
    "sensitivity",
    "set_cover",
    "trade_off",
]

"""Children aged 3 to 5 per demand point: counted, estimated or forecast, by one of six methods.

Imports from `study` and below. Module order: _kernels, coverage, zonal, ages, residents, filling,
households, owed, pooling, norm, school_years, scenarios, cohort, backtests, dasymetric, reconcile,
points, grid, estates, totals, forecast, register, estimate, compare.
"""

from kgspatial.demand.ages import children_3_to_5
from kgspatial.demand.backtests import Backtest, backtest
from kgspatial.demand.cohort import forecast_children
from kgspatial.demand.compare import DemandComparison, compare_demand
from kgspatial.demand.coverage import coverage_matrix, share_overlaps
from kgspatial.demand.dasymetric import fit_margins, spread
from kgspatial.demand.estimate import available_methods, estimate_demand
from kgspatial.demand.forecast import births_by_unit, cohort_forecast
from kgspatial.demand.grid import children_grid
from kgspatial.demand.households import household_children
from kgspatial.demand.norm import norm_children, norm_demand
from kgspatial.demand.points import Demand
from kgspatial.demand.reconcile import to_totals
from kgspatial.demand.scenarios import Scenario, default_scenarios
from kgspatial.demand.school_years import school_cohorts
from kgspatial.demand.zonal import zonal_children

__all__ = [
    "Backtest",
    "Demand",
    "DemandComparison",
    "Scenario",
    "available_methods",
    "backtest",
    "births_by_unit",
    "children_3_to_5",
    "children_grid",
    "cohort_forecast",
    "compare_demand",
    "coverage_matrix",
    "default_scenarios",
    "estimate_demand",
    "fit_margins",
    "forecast_children",
    "household_children",
    "norm_children",
    "norm_demand",
    "school_cohorts",
    "share_overlaps",
    "spread",
    "to_totals",
    "zonal_children",
]

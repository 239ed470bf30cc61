"""Children aged 3 to 5 per demand point: from counts or from a grid.

Imports from `study` and below. Module order: _kernels, coverage, estimate.
"""

from kgspatial.demand.coverage import coverage_matrix, share_overlaps
from kgspatial.demand.estimate import Demand, children_grid, estimate_demand

__all__ = ["Demand", "children_grid", "coverage_matrix", "estimate_demand", "share_overlaps"]

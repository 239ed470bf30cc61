"""Children aged 3 to 5 per demand point: from counts or from a grid.

Imports from `study` and below. Module order: _kernels, coverage, points, grid,
register, estimate.
"""

from kgspatial.demand.coverage import coverage_matrix, share_overlaps
from kgspatial.demand.estimate import estimate_demand
from kgspatial.demand.grid import children_grid
from kgspatial.demand.points import Demand

__all__ = ["Demand", "children_grid", "coverage_matrix", "estimate_demand", "share_overlaps"]

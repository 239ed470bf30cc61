"""Accessibility: how well children are served, measure by measure, and how evenly.

Imports from `travel`, `errors`. Module order: decays, weights, opportunity, floating, competition,
rational, inequality, compare. Every measure takes the sparse matrix and arrays, and gives one value per origin.
"""

from kgspatial.access.compare import compare_access
from kgspatial.access.competition import (
    ConstrainedFlows,
    doubly_constrained,
    spatial_availability,
)
from kgspatial.access.decays import (
    Binary,
    Decay,
    Exponential,
    Gaussian,
    GaussianToLimit,
    Linear,
    Logistic,
    Power,
    Steps,
)
from kgspatial.access.floating import (
    balanced,
    huff_two_step,
    modified_two_step,
    three_step,
    two_step,
)
from kgspatial.access.inequality import concentration_index, gini, palma, theil
from kgspatial.access.opportunity import (
    cumulative,
    gravity,
    nearest,
    nearest_with_room,
    unreached,
)
from kgspatial.access.rational import rational_agents

__all__ = [
    "Binary",
    "ConstrainedFlows",
    "Decay",
    "Exponential",
    "Gaussian",
    "GaussianToLimit",
    "Linear",
    "Logistic",
    "Power",
    "Steps",
    "balanced",
    "compare_access",
    "concentration_index",
    "cumulative",
    "doubly_constrained",
    "gini",
    "gravity",
    "huff_two_step",
    "modified_two_step",
    "nearest",
    "nearest_with_room",
    "palma",
    "rational_agents",
    "spatial_availability",
    "theil",
    "three_step",
    "two_step",
    "unreached",
]

"""Siting: candidates, location-allocation models, solver, proof and reasons.

Imports from `balance`, `travel`, `demand`, `standards`, `study`. Module order: result, solver,
arrays, core, worth, model, capacitated, lagrange, _kernels, cover_bound, covering, median, center,
candidates, explain, propose.
"""

from kgspatial.siting.capacitated import capacitated_coverage
from kgspatial.siting.center import p_center
from kgspatial.siting.covering import max_coverage, set_cover
from kgspatial.siting.median import p_median
from kgspatial.siting.propose import SitePlan, propose_sites
from kgspatial.siting.result import SitingResult

__all__ = [
    "SitePlan",
    "SitingResult",
    "capacitated_coverage",
    "max_coverage",
    "p_center",
    "p_median",
    "propose_sites",
    "set_cover",
]

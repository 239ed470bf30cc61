"""Siting: candidates, location-allocation models, solver, proof and reasons.

Imports from `balance`, `travel`, `demand`, `standards`, `study`. Module order: result, solver,
core, capacitated, candidates, explain, propose.
"""

from kgspatial.siting.capacitated import capacitated_coverage
from kgspatial.siting.propose import SitePlan, propose_sites
from kgspatial.siting.result import SitingResult

__all__ = ["SitePlan", "SitingResult", "capacitated_coverage", "propose_sites"]

"""Candidate sites of every kind, and why some may not be used.

Imports from `balance`, `demand`, `supply`, `standards`, `study`, `terms`. Module order: findings, table,
lattices, generated, areas, estates, expansions, land, hazards, spacing, groups, wishes, sites.
"""

from kgspatial.siting.candidates.sites import candidate_sites, sizes_of
from kgspatial.siting.candidates.table import ACTIONS, COLUMNS

__all__ = ["ACTIONS", "COLUMNS", "candidate_sites", "sizes_of"]

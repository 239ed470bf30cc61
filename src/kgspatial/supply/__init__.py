"""Supply: how many places each kindergarten offers in a year, those of projects too, and which count.

Imports from `study`, `standards`, `inputs`. Module order: projects, openings, places.
"""

from kgspatial.supply.openings import project_problems, with_projects
from kgspatial.supply.places import kindergarten_supply
from kgspatial.supply.projects import added_supply, link_projects, opening_years

__all__ = [
    "added_supply",
    "kindergarten_supply",
    "link_projects",
    "opening_years",
    "project_problems",
    "with_projects",
]

"""Catchments (service areas): who belongs to which kindergarten, and the polygons of it.

Imports from `network`, `matrix`, `standards`, `errors`. Module order: radii, members, areas, isochrones, catchments.
"""

from kgspatial.travel.catchments.areas import (
    hull_areas,
    joined_areas,
    radius_areas,
    thiessen_areas,
)
from kgspatial.travel.catchments.catchments import Catchments, catchments
from kgspatial.travel.catchments.isochrones import street_areas, street_reach
from kgspatial.travel.catchments.members import filled, nearest_members, reached, within_districts
from kgspatial.travel.catchments.radii import service_radii

__all__ = [
    "Catchments",
    "catchments",
    "filled",
    "hull_areas",
    "joined_areas",
    "nearest_members",
    "radius_areas",
    "reached",
    "service_radii",
    "street_areas",
    "street_reach",
    "thiessen_areas",
    "within_districts",
]

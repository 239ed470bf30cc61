"""The travel matrices: who can walk where, in metres; and service areas.

Imports from `demand`, `study` and below. Module order: matrix, straight, measure, service_area.
"""

from kgspatial.travel.matrix import TravelMatrix
from kgspatial.travel.measure import measure_travel
from kgspatial.travel.service_area import radius_areas
from kgspatial.travel.straight import straight

__all__ = ["TravelMatrix", "measure_travel", "radius_areas", "straight"]

"""The travel matrices: who can walk where, in metres; and service areas.

Imports from `demand`, `study` and below. Module order: matrix, places, _kernels, lattice, straight,
network, unsnapped, street, given, measure, service_area.
"""

from kgspatial.travel.given import given
from kgspatial.travel.matrix import TravelMatrix
from kgspatial.travel.measure import barrier_lines, measure_travel, study_network
from kgspatial.travel.network import (
    Entrances,
    StreetNetwork,
    entrances_of,
    network_distances,
    node_distances,
    snap_points,
    street_network,
    with_slopes,
)
from kgspatial.travel.service_area import radius_areas
from kgspatial.travel.straight import straight
from kgspatial.travel.street import street

__all__ = [
    "Entrances",
    "StreetNetwork",
    "TravelMatrix",
    "barrier_lines",
    "entrances_of",
    "given",
    "measure_travel",
    "network_distances",
    "node_distances",
    "radius_areas",
    "snap_points",
    "straight",
    "street",
    "street_network",
    "study_network",
    "with_slopes",
]

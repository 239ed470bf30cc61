"""The travel matrices: who can walk where, in metres; and service areas.

Imports from `demand`, `study` and below. Module order: matrix, places, _kernels, lattice, straight,
network, unsnapped, street, given, measure, catchments.
"""

from kgspatial.travel.catchments import (
    Catchments,
    catchments,
    filled,
    nearest_members,
    radius_areas,
    reached,
    service_radii,
    street_areas,
    street_reach,
    thiessen_areas,
)
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
from kgspatial.travel.straight import straight
from kgspatial.travel.street import street

__all__ = [
    "Catchments",
    "Entrances",
    "StreetNetwork",
    "TravelMatrix",
    "barrier_lines",
    "catchments",
    "entrances_of",
    "filled",
    "given",
    "measure_travel",
    "nearest_members",
    "network_distances",
    "node_distances",
    "radius_areas",
    "reached",
    "service_radii",
    "snap_points",
    "straight",
    "street",
    "street_areas",
    "street_network",
    "street_reach",
    "study_network",
    "thiessen_areas",
    "with_slopes",
]

"""The walking network: streets as nodes and edges, points snapped to them, distances along them.

Imports from `inputs`, `layers`, `errors`. Module order: network, segments, joints, noding,
loose_ends, barriers, walked, topology, snapping, gates, entrances, slope, _kernels, distances.
"""

from kgspatial.travel.network.distances import network_distances, node_distances
from kgspatial.travel.network.entrances import community_entrances, entrances_of
from kgspatial.travel.network.network import Entrances, StreetNetwork
from kgspatial.travel.network.slope import with_slopes
from kgspatial.travel.network.snapping import snap_points
from kgspatial.travel.network.topology import street_network

__all__ = [
    "Entrances",
    "StreetNetwork",
    "community_entrances",
    "entrances_of",
    "network_distances",
    "node_distances",
    "snap_points",
    "street_network",
    "with_slopes",
]

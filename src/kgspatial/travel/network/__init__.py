"""The walking network: streets as nodes and edges, points snapped to them, distances along them.

Imports from `inputs`, `errors`. Module order: network, joints, barriers, topology, snapping,
entrances, slope, _kernels, distances.
"""

from kgspatial.travel.network.network import StreetNetwork

__all__ = ["StreetNetwork"]

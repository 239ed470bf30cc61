"""Distances along streets: bounded shortest paths between entrances, as sparse matrices.

Imports from `_kernels`, `network`, `travel.places`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.travel.network.network import Entrances, StreetNetwork
from kgspatial.travel.places import check_positive

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


BUCKET = 0.4
"""Width of a bucket of the queue over the mean length of an edge: measured, and not sensitive."""

SOURCES_AT_ONCE = 64
"""Sources of one task of a thread: what they reach is held until their points are known, so few
keep memory small; fewer would each pay for the row of all nodes."""


def network_distances(
    network: StreetNetwork, origins: Entrances, destinations: Entrances, *, limit_m: float
) -> sparse.csr_array:
    """Measure the least walking metres between points along the streets.

    Parameters
    ----------
    network : StreetNetwork
        The streets, walked both ways.
    origins, destinations : Entrances
        Where the points meet the streets; of several entrances the best one counts.
    limit_m : float
        Pairs with more metres than this are absent.

    Returns
    -------
    csr_array
        Origins x destinations: the walks to the street and the metres along it; a distance of 0
        is a stored entry.

    Raises
    ------
    InputError
        When the limit is no positive number.

    Notes
    -----
    The points split their edges in thought only: a source starts at both ends of its edge with the
    metres to them, and a point is reached from both ends of its own. Searched is from the side
    with fewer entrances, by bounded shortest paths (Dijkstra 1959) over the sparse rows of
    `network.csr`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from kgspatial.travel import snap_points, street_network
    >>> lane = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (400, 0)])], crs=4549)
    >>> network = street_network(lane)
    >>> home, school = (snap_points(network, np.array([[x, 10.0]])) for x in (50, 350))
    >>> network_distances(network, home, school, limit_m=500).toarray()
    array([[320.]])
    """
    check_positive(limit_m, "limit")
    from_origins = len(origins.point) < len(destinations.point)
    sources, points = (origins, destinations) if from_origins else (destinations, origins)
    pointer, rows, metres = _from_sources(network, sources, points, limit_m)
    if from_origins:
        found = sparse.csr_array((metres, rows, pointer), shape=(sources.count, points.count))
        found.sort_indices()
        return found
    columns = sparse.csc_array((metres, rows, pointer), shape=(points.count, sources.count))
    return sparse.csr_array(columns.tocsr())


def node_distances(
    network: StreetNetwork, starts: Entrances, *, limit_m: float
) -> sparse.csr_array:
    """Measure the walking metres from points to the nodes of the network.

    Parameters
    ----------
    network : StreetNetwork
        The streets.
    starts : Entrances
        Where the points meet the streets.
    limit_m : float
        Nodes beyond it are absent.

    Returns
    -------
    csr_array
        Points x nodes, metres with the walk to the street; rows are not sorted by node.

    Raises
    ------
    InputError
        When the limit is no positive number.
    """
    check_positive(limit_m, "limit")
    search = _searcher(network, starts, limit_m)
    pointer, nodes, metres = _in_threads(search, starts.count)
    return sparse.csr_array((metres, nodes, pointer), shape=(starts.count, len(network.nodes)))


def _from_sources(
    network: StreetNetwork, sources: Entrances, points: Entrances, limit_m: float
) -> tuple[Ints, NDArray[np.int32], Floats]:
    from kgspatial.travel.network._kernels import reach_points

    order = np.argsort(sources.point, kind="stable")
    seeds = _pointer(sources.point, sources.count)
    along = (sources.edge[order], sources.share[order], sources.walk_m[order])
    ends, extra = _to_ends(network, points)
    both = np.argsort(ends, kind="stable")
    beside = (_pointer(ends, len(network.nodes)), np.tile(points.point, 2)[both].astype(np.int32))
    on = np.argsort(points.edge, kind="stable")
    on_edges = (_pointer(points.edge, len(network.metres)), points.point[on].astype(np.int32))
    places = (points.share[on], points.walk_m[on], points.count)
    search = _searcher(network, sources, limit_m)

    def part(first: int, last: int) -> tuple[Ints, NDArray[np.int32], Floats]:
        found = search(first, last)
        return reach_points(  # type: ignore[no-any-return]
            *(*found, *beside, extra[both], seeds[first : last + 1], *along),
            *(network.metres, *on_edges, *places, limit_m),
        )

    return _in_threads(part, sources.count)


def _to_ends(network: StreetNetwork, entrances: Entrances) -> tuple[Ints, Floats]:
    """The two ends of each entrance's edge, tails first, and the metres from them to the point."""
    edge, metres = entrances.edge, network.metres[entrances.edge]
    ends = np.concatenate([network.tail[edge], network.head[edge]])
    along = np.concatenate([entrances.share * metres, (1.0 - entrances.share) * metres])
    return ends, along + np.tile(entrances.walk_m, 2)


def _pointer(group: Ints, count: int) -> Ints:
    """Where each group begins in rows that are sorted by it."""
    return np.concatenate([[0], np.cumsum(np.bincount(group, minlength=count))])


def _searcher(
    network: StreetNetwork, starts: Entrances, limit_m: float
) -> Callable[[int, int], tuple[Ints, NDArray[np.int32], Floats]]:
    """Nodes within the limit of the points from one to another, from the two ends of each edge."""
    from kgspatial.travel.network._kernels import reach_nodes

    ends, metres = _to_ends(network, starts)
    point = np.tile(starts.point, 2)
    order = np.argsort(point, kind="stable")
    seeds = (_pointer(point, starts.count), ends[order].astype(np.int32), metres[order])
    graph = network.csr
    arcs = (graph.indptr.astype(np.int32), graph.indices.astype(np.int32), graph.data)
    mean = float(network.metres.mean()) if len(network.metres) else 0.0
    width = max(BUCKET * mean, 1e-4 * limit_m) or 1.0

    def part(first: int, last: int) -> tuple[Ints, NDArray[np.int32], Floats]:
        own = (seeds[0][first : last + 1], *seeds[1:])
        return reach_nodes(*arcs, *own, limit_m, width)  # type: ignore[no-any-return]

    return part


def _in_threads(
    part: Callable[[int, int], tuple[Ints, NDArray[np.int32], Floats]], sources: int
) -> tuple[Ints, NDArray[np.int32], Floats]:
    """Results of all sources; each is worked on alone, so any number of threads gives the same."""
    bounds = [*range(0, sources, SOURCES_AT_ONCE), sources]
    if len(bounds) <= 2:
        return part(0, sources)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(bounds) - 1)) as pool:
        parts = list(pool.map(part, bounds[:-1], bounds[1:]))
    offsets = np.cumsum([0, *(p[0][-1] for p in parts)])
    pointers = [p[0][1:] + offset for p, offset in zip(parts, offsets, strict=False)]
    return (
        np.concatenate([[0], *pointers]),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([p[2] for p in parts]),
    )

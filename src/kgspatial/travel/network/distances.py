"""Distances along streets: bounded shortest paths between entrances, as sparse matrices.

Imports from `_kernels`, `network`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from kgspatial.travel.network.network import Entrances, StreetNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


BUCKET = 0.4
"""Width of a bucket of the queue over the mean length of an edge: measured, and not sensitive."""

SOURCES_A_THREAD = 64
"""Fewer sources than this are done before a thread has begun."""


class _Reached(NamedTuple):
    """Nodes that each source reaches, and their metres from it."""

    pointer: Ints
    nodes: NDArray[np.int32]
    metres: Floats


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
    swapped = len(origins.point) < len(destinations.point)
    sources, points = (origins, destinations) if swapped else (destinations, origins)
    pointer, rows, metres = _from_sources(network, sources, points, limit_m)
    if swapped:
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
        Points x nodes, metres with the walk to the street.
    """
    found = _search(network, starts, limit_m)
    shape = (starts.count, len(network.nodes))
    return sparse.csr_array((found.metres, found.nodes, found.pointer), shape=shape)


def _from_sources(
    network: StreetNetwork, sources: Entrances, points: Entrances, limit_m: float
) -> tuple[Ints, NDArray[np.int32], Floats]:
    from kgspatial.travel.network._kernels import reach_points

    order = np.argsort(sources.point, kind="stable")
    seeds = _pointer(sources.point, sources.count)
    found = _search(network, sources, limit_m)
    ends, extra = _to_ends(network, points)
    both = np.argsort(ends, kind="stable")
    beside = _pointer(ends, len(network.nodes))
    on = np.argsort(points.edge, kind="stable")

    def part(first: int, last: int) -> tuple[Ints, NDArray[np.int32], Floats]:
        return reach_points(  # type: ignore[no-any-return]
            *(found.pointer[first : last + 1], found.nodes, found.metres),
            *(beside, np.tile(points.point, 2)[both].astype(np.int32), extra[both]),
            *(seeds[first : last + 1], sources.edge[order], sources.share[order]),
            *(sources.walk_m[order], network.metres),
            *(_pointer(points.edge, len(network.metres)), points.point[on].astype(np.int32)),
            *(points.share[on], points.walk_m[on], points.count, limit_m),
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


def _search(network: StreetNetwork, starts: Entrances, limit_m: float) -> _Reached:
    """Nodes within the limit of each point, from the two ends of its edges."""
    from kgspatial.travel.network._kernels import reach_nodes

    ends, metres = _to_ends(network, starts)
    point = np.tile(starts.point, 2)
    order = np.argsort(point, kind="stable")
    seeds, seed_node, seed_m = _pointer(point, starts.count), ends[order], metres[order]
    graph = network.csr
    arcs = (graph.indptr.astype(np.int32), graph.indices.astype(np.int32), graph.data)
    width = max(BUCKET * float(network.metres.mean() if len(network.metres) else 0), 1e-4 * limit_m)

    def part(first: int, last: int) -> tuple[Ints, NDArray[np.int32], Floats]:
        own = (seeds[first : last + 1], seed_node.astype(np.int32), seed_m)
        return reach_nodes(*arcs, *own, limit_m, width)  # type: ignore[no-any-return]

    return _Reached(*_in_threads(part, starts.count))


def _in_threads(
    part: Callable[[int, int], tuple[Ints, NDArray[np.int32], Floats]], sources: int
) -> tuple[Ints, NDArray[np.int32], Floats]:
    """Results of all sources; each is worked on alone, so any number of threads gives the same."""
    threads = min(os.cpu_count() or 1, max(1, sources // SOURCES_A_THREAD))
    bounds = np.linspace(0, sources, threads + 1).astype(int)
    if threads == 1:
        return part(0, sources)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, bounds[:-1], bounds[1:]))
    offsets = np.cumsum([0, *(p[0][-1] for p in parts)])
    pointers = [p[0][1:] + offset for p, offset in zip(parts, offsets, strict=False)]
    return (
        np.concatenate([[0], *pointers]),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([p[2] for p in parts]),
    )

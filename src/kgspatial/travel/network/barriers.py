"""Barriers: a street that crosses a river, a railway or a wall at grade ends on both sides of it.

Imports from `joints`, `network`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kgspatial.travel.network.joints import SAME_M
from kgspatial.travel.network.network import StreetNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def cut_by_barriers(network: StreetNetwork, barriers: NDArray[np.object_]) -> StreetNetwork:
    """Cut the edges where they cross barriers, bridges and tunnels excepted; both parts stay.

    Parameters
    ----------
    network : StreetNetwork
        The network without barriers.
    barriers : ndarray of LineString or MultiLineString
        Lines that cannot be crossed. A street that merely touches the end of one passes by it.

    Returns
    -------
    StreetNetwork
        Through a junction on a barrier leads no way at all.
    """
    whole = _merged(barriers)
    if not len(whole):
        return network
    edge, at = _cuts(network, whole)
    length = shapely.length(network.shapes[edge])
    at_tail, at_head = at <= SAME_M, at >= length - SAME_M
    loose = _with_loose_ends(network, edge[at_tail], edge[at_head])
    inside = ~(at_tail | at_head)
    parted = _parted(loose, edge[inside], at[inside])
    return replace(_without_unused_nodes(parted), barriers=whole)


def _merged(barriers: NDArray[np.object_]) -> NDArray[np.object_]:
    """Barrier lines, pieces that continue each other made one, so that only real ends are ends."""
    flat = shapely.get_parts(shapely.force_2d(barriers))
    merged = shapely.line_merge(shapely.multilinestrings(flat)) if len(flat) else None
    return np.asarray(shapely.get_parts(merged), dtype=object)


def _cuts(network: StreetNetwork, barriers: NDArray[np.object_]) -> tuple[Ints, Floats]:
    """Edges that cross barriers, and where on them."""
    barrier, edge = network.tree.query(barriers, predicate="intersects")
    kept = ~network.spans[edge]
    barrier, edge = barrier[kept], edge[kept]
    met = shapely.intersection(network.shapes[edge], barriers[barrier])
    parts, pair = shapely.get_parts(met, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    points, pair = np.asarray(shapely.points(xy), dtype=object), pair[part]
    ends = shapely.boundary(barriers[barrier[pair]])
    touches = ~shapely.is_empty(ends) & (shapely.distance(ends, points) <= SAME_M)
    points, pair = points[~touches], pair[~touches]
    at = shapely.line_locate_point(network.shapes[edge[pair]], points)
    order = np.lexsort((at, edge[pair]))
    found, where = edge[pair][order], at[order]
    fresh = np.ones(len(found), dtype=np.bool_)
    fresh[1:] = (np.diff(found) != 0) | (np.diff(where) > SAME_M)
    return found[fresh], where[fresh]


def _with_loose_ends(network: StreetNetwork, tails: Ints, heads: Ints) -> StreetNetwork:
    """The network with own nodes for ends that lie on a barrier."""
    tail, head, count = network.tail.copy(), network.head.copy(), len(network.nodes)
    more = network.nodes[np.concatenate([tail[tails], head[heads]])]
    tail[tails] = count + np.arange(len(tails))
    head[heads] = count + len(tails) + np.arange(len(heads))
    return replace(network, nodes=np.concatenate([network.nodes, more]), tail=tail, head=head)


def _parted(network: StreetNetwork, edge: Ints, at: Floats) -> StreetNetwork:
    """The network with edges cut at places inside them, each cut leaving two dead ends."""
    if not len(edge):
        return network
    shapes, count = network.shapes, len(network.nodes)
    cut = np.unique(edge)
    length = shapely.length(shapes[cut])
    starts = np.concatenate([cut, edge])
    begin = np.concatenate([np.zeros(len(cut)), at])
    order = np.lexsort((begin, starts))
    starts, begin = starts[order], begin[order]
    is_last = np.append(np.diff(starts) != 0, True)
    is_first = np.insert(is_last[:-1], 0, True)
    end = np.append(begin[1:], 0.0)
    end[is_last] = length
    pieces = _substrings(shapes[starts], begin, end)
    new = np.arange(len(starts))
    tail = np.where(is_first, network.tail[starts], count + 2 * new)
    head = np.where(is_last, network.head[starts], count + 2 * new + 1)
    share = (end - begin) / shapely.length(shapes[starts])
    kept = np.setdiff1d(np.arange(len(shapes)), cut)
    places = shapely.get_coordinates(
        np.column_stack([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)]).ravel()
    )
    return replace(
        network,
        nodes=np.concatenate([network.nodes, places]),
        tail=np.concatenate([network.tail[kept], tail]),
        head=np.concatenate([network.head[kept], head]),
        metres=np.concatenate([network.metres[kept], network.metres[starts] * share]),
        shapes=np.concatenate([shapes[kept], pieces]),
        rows=np.concatenate([network.rows[kept], network.rows[starts]]),
        spans=np.concatenate([network.spans[kept], network.spans[starts]]),
    )


def _substrings(shapes: NDArray[np.object_], begin: Floats, end: Floats) -> NDArray[np.object_]:
    from shapely.ops import substring

    cut = [substring(s, b, e) for s, b, e in zip(shapes, begin, end, strict=True)]
    return np.array(cut, dtype=object)


def _without_unused_nodes(network: StreetNetwork) -> StreetNetwork:
    used, number = np.unique(np.concatenate([network.tail, network.head]), return_inverse=True)
    half = len(network.tail)
    return replace(
        network, nodes=network.nodes[used], tail=number[:half].ravel(), head=number[half:].ravel()
    )

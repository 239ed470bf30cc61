"""Bounded shortest paths from many sources, compiled with Numba.

Each source costs only what it reaches. The queue is a row of buckets by distance, each a linked
list: measured on streets, a third faster than a binary heap.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _with_room(array, used, wanted):  # type: ignore[no-untyped-def]
    """The array, or one of at least `wanted` with the same `used` values."""
    if wanted <= len(array):
        return array
    more = np.empty(2 * wanted, dtype=array.dtype)
    more[:used] = array[:used]
    return more


@njit(cache=True, nogil=True)
def reach_nodes(  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915
    indptr, ends, weights, seed_ptr, seed_node, seed_m, limit, width
):
    """Nodes within `limit` of each source, which starts from its seeds (node, metres so far).

    A node may be settled again while its bucket of `width` metres is worked on; what stands when
    the bucket is empty is final, as weights are not negative. Returns the pointer of each source
    into the nodes that it reaches and their metres.
    """
    sources, per_m = len(seed_ptr) - 1, 1.0 / width
    best = np.full(len(indptr) - 1, np.inf)
    bucket = np.full(int(limit * per_m) + 2, -1, dtype=np.int32)
    node_of = np.empty(1024, dtype=np.int32)
    metres_of = np.empty(1024, dtype=np.float64)
    after = np.empty(1024, dtype=np.int32)
    found = np.empty(1024, dtype=np.int32)
    metres = np.empty(1024, dtype=np.float64)
    pointer = np.zeros(sources + 1, dtype=np.int64)
    total = 0
    for s in range(sources):
        size, first, last = 0, total, -1
        seeds = seed_ptr[s + 1] - seed_ptr[s]
        node_of = _with_room(node_of, 0, seeds)
        metres_of = _with_room(metres_of, 0, seeds)
        after = _with_room(after, 0, seeds)
        found = _with_room(found, total, total + seeds)
        for k in range(seed_ptr[s], seed_ptr[s + 1]):
            node, far = seed_node[k], seed_m[k]
            old = best[node]
            if far > limit or old <= far:
                continue
            if old == np.inf:
                found[total] = node
                total += 1
            best[node] = far
            b = int(far * per_m)
            node_of[size], metres_of[size], after[size] = node, far, bucket[b]
            bucket[b] = size
            size += 1
            last = max(last, b)
        at = 0
        while at <= last:
            while bucket[at] >= 0:
                entry = bucket[at]
                bucket[at] = after[entry]
                node, near = node_of[entry], metres_of[entry]
                if near > best[node]:
                    continue
                arcs = indptr[node + 1] - indptr[node]
                if size + arcs > len(after):
                    node_of = _with_room(node_of, size, size + arcs)
                    metres_of = _with_room(metres_of, size, size + arcs)
                    after = _with_room(after, size, size + arcs)
                if total + arcs > len(found):
                    found = _with_room(found, total, total + arcs)
                for k in range(indptr[node], indptr[node + 1]):
                    far, end = near + weights[k], ends[k]
                    old = best[end]
                    if far > limit or old <= far:
                        continue
                    if old == np.inf:
                        found[total] = end
                        total += 1
                    best[end] = far
                    b = int(far * per_m)
                    node_of[size], metres_of[size], after[size] = end, far, bucket[b]
                    bucket[b] = size
                    size += 1
                    last = max(last, b)
            at += 1
        metres = _with_room(metres, first, total)
        for k in range(first, total):
            metres[k] = best[found[k]]
            best[found[k]] = np.inf
        pointer[s + 1] = total
    return pointer, found[:total].copy(), metres[:total].copy()


@njit(cache=True, nogil=True)
def reach_points(  # type: ignore[no-untyped-def]
    pointer, found, metres, at_ptr, at_point, at_m, seed_ptr, seed_edge, seed_share, seed_walk,
    edge_m, on_ptr, on_point, on_share, on_walk, points, limit,
):  # fmt: skip
    """Points within `limit` of each source: over the nodes that it reaches, and along its edge.

    `at_*` are the points beside each node and the metres from it to them, `on_*` those on each
    edge. Returns the pointer of each source into its points and their least metres.
    """
    sources = len(pointer) - 1
    best = np.full(points, np.inf)
    reached = np.empty(1024, dtype=np.int32)
    result = np.empty(1024, dtype=np.float64)
    out = np.zeros(sources + 1, dtype=np.int64)
    total = 0
    for s in range(sources):
        first = total
        for k in range(pointer[s], pointer[s + 1]):
            node = found[k]
            reached = _with_room(reached, total, total + at_ptr[node + 1] - at_ptr[node])
            for a in range(at_ptr[node], at_ptr[node + 1]):
                far, point = metres[k] + at_m[a], at_point[a]
                if far > limit or best[point] <= far:
                    continue
                if best[point] == np.inf:
                    reached[total] = point
                    total += 1
                best[point] = far
        for k in range(seed_ptr[s], seed_ptr[s + 1]):
            edge = seed_edge[k]
            reached = _with_room(reached, total, total + on_ptr[edge + 1] - on_ptr[edge])
            for a in range(on_ptr[edge], on_ptr[edge + 1]):
                apart = abs(on_share[a] - seed_share[k]) * edge_m[edge]
                far, point = seed_walk[k] + apart + on_walk[a], on_point[a]
                if far > limit or best[point] <= far:
                    continue
                if best[point] == np.inf:
                    reached[total] = point
                    total += 1
                best[point] = far
        result = _with_room(result, first, total)
        for k in range(first, total):
            result[k] = best[reached[k]]
            best[reached[k]] = np.inf
        out[s + 1] = total
    return out, reached[:total].copy(), result[:total].copy()

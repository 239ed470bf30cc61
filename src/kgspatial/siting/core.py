"""The deficit core: the part of the demand that new places can help at all.

Imports nothing of kgspatial. An exact reduction: after a maximum flow to the existing places,
only demand points that an unserved child can reach by moving others (alternating paths) can
gain. All other points are served in full by kindergartens that have room, and the points of the
core reach none of these. So served children = those outside the core + a flow within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOW_NOISE = 1e-6
"""Children below this are rounding of the flow solver's whole units."""


@dataclass(frozen=True, eq=False)
class Core:
    """Rows (demand points) and columns (existing kindergartens) that the core keeps."""

    points: NDArray[np.int64]
    existing: NDArray[np.int64]


def deficit_core(
    reach: sparse.csr_array, children: NDArray[np.float64], assignment: sparse.csr_array
) -> Core:
    """Find the points and kindergartens that alternating paths from unserved children visit.

    Parameters
    ----------
    reach : csr_array
        Demand points x existing kindergartens; stored entries are within reach.
    children : ndarray
        Children per demand point.
    assignment : csr_array
        A maximum flow: children, demand points x existing kindergartens.
    """
    served = np.asarray(assignment.sum(axis=1)).ravel()
    in_core = children - served > FLOW_NOISE
    visited = np.zeros(reach.shape[1], dtype=bool)
    link = _pattern(reach, reach.data >= 0)
    back = _pattern(assignment, assignment.data > FLOW_NOISE)
    while True:
        found = np.asarray(link.T @ in_core.astype(np.int64)) > 0
        fresh = found & ~visited
        if not fresh.any():
            break
        visited |= found
        in_core |= np.asarray(back @ fresh.astype(np.int64)) > 0
    return Core(np.flatnonzero(in_core), np.flatnonzero(visited))


def merge_equal_rows(
    reach: sparse.csr_array, children: NDArray[np.float64]
) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.int64]]:
    """Merge demand points that reach the same columns; `reach` is left as it is.

    Returns
    -------
    csr_array
        One row per group.
    ndarray
        Children per group.
    ndarray
        Group of each original row.
    """
    reach = sparse.csr_array(reach)
    if not reach.has_sorted_indices:  # sorting in place would reorder arrays that others share
        reach = reach.sorted_indices()
    keys = [
        reach.indices[a:b].tobytes()
        for a, b in zip(reach.indptr[:-1], reach.indptr[1:], strict=True)
    ]
    _, first, group = np.unique(
        np.array(keys, dtype=object), return_index=True, return_inverse=True
    )
    summed = np.bincount(group, children, minlength=len(first)).astype(np.float64)
    return reach[first], summed, group.astype(np.int64)


def _pattern(matrix: sparse.csr_array, kept: NDArray[np.bool_]) -> sparse.csr_array:
    """Zeros and ones where entries are kept; a stored distance of 0 m is an entry too."""
    ones = sparse.csr_array(
        (kept.astype(np.int64), matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape
    )
    ones.eliminate_zeros()
    return ones

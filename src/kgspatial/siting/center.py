"""The p-center: which sites keep the longest walk shortest.

Imports from `arrays`, `covering`, `result`, `errors`. On arrays: no map, no study.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.arrays import count_of, distances_of
from kgspatial.siting.covering import set_cover
from kgspatial.siting.result import SitingResult, answered, infeasible

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def p_center(
    distances: sparse.sparray | ArrayLike,
    *,
    p: int,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> SitingResult:
    """Choose `p` sites so that the farthest point is as near as possible to one of them.

    Halves the list of distinct distances: within each, a set covering tells whether `p` sites
    suffice.

    Parameters
    ----------
    distances : sparse or dense, shape (points, sites)
        Sparse: absent means out of reach. Dense: ``nan`` and infinity mean so.
    p : int
        Number of sites at most.
    time_limit_s, seed : float, int
        Limit and seed of the search.

    Returns
    -------
    SitingResult
        ``objective`` is the longest distance; ``assignment`` holds a 1 for each point at its
        nearest chosen site. ``infeasible`` when `p` sites cannot reach every point.

    References
    ----------
    Minieka (1970), The m-center problem, SIAM Review 12.
    """
    begun = time.perf_counter()
    table = distances_of(distances)
    count = count_of(p, table.shape[1])
    values = np.unique(table[np.isfinite(table)])
    low, high, best = 0, len(values), None
    proven = -1
    while low < high:
        middle = (low + high) // 2
        left = max(time_limit_s - (time.perf_counter() - begun), 1.0)
        cover = _within(table, float(values[middle]), left, seed)
        if cover is not None and len(cover.chosen) <= count:
            best, high = (middle, cover.chosen), middle
        else:
            # Only a proven number of sites above p rules a distance out.
            if cover is None or np.ceil(cover.bound - 1e-6) > count:
                proven = max(proven, middle)
            low = middle + 1
    if best is None:
        return infeasible(table.shape, begun)
    chosen = best[1]
    nearest = chosen[np.argmin(table[:, chosen], axis=1)]
    objective = float(table[np.arange(len(table)), nearest].max())
    bound = float(values[min(proven + 1, best[0])])
    assignment = sparse.csr_array(
        (np.ones(len(table)), (np.arange(len(table)), nearest)), shape=table.shape
    )
    return answered(chosen, objective, bound, assignment, begun)


def _within(table: Floats, limit: float, time_limit_s: float, seed: int) -> SitingResult | None:
    """The fewest sites within that distance of every point; None where some point has none."""
    reach = sparse.csr_array((table <= limit).astype(float))
    if (np.diff(reach.indptr) == 0).any():
        return None
    return set_cover(reach, np.ones(len(table)), time_limit_s=time_limit_s, seed=seed)

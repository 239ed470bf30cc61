"""What the covering models share: merged links, what sites cover, who is given to whom.

Imports from `core`, `watching`. On arrays only.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.core import merge_equal_rows
from kgspatial.siting.watching import current_watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


MOST_COMPARED = 3000


def merged(links: sparse.csr_array, demand: Floats) -> tuple[sparse.csr_array, Floats]:
    """Points with demand, those of equal reach as one; the caller's matrix is left as it is."""
    rows = np.flatnonzero(demand > 0)
    own = links[rows]
    own.sum_duplicates()
    own.data[:] = 1.0
    groups, amount, _ = merge_equal_rows(own, demand[rows])
    return groups, amount


def reached(groups: sparse.csr_array, amount: Floats) -> tuple[sparse.csr_array, Floats]:
    """Without the points that no site reaches."""
    rows = np.flatnonzero(np.diff(groups.indptr))
    return groups[rows], amount[rows]


def covered(links: sparse.csr_array, amount: Floats, chosen: Ints) -> float:
    """Demand that the chosen sites reach."""
    return float(amount[np.diff(links[:, chosen].indptr) > 0].sum())


def without_idle(links: sparse.csr_array, chosen: Ints) -> Ints:
    """Drop, from the last column on, each site whose points the others reach as well."""
    by_site = sparse.csc_array(links[:, chosen])
    times = np.diff(links[:, chosen].indptr)
    needed = np.ones(len(chosen), dtype=bool)
    for site in range(len(chosen) - 1, -1, -1):
        points = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        needed[site] = bool((times[points] == 1).any())
        times[points] -= not needed[site]
    return chosen[needed]


def first_covering(links: sparse.csr_array, demand: Floats, chosen: Ints) -> sparse.csr_array:
    """Each covered point's demand at the first chosen site that reaches it."""
    taken = sparse.csr_array(links[:, chosen])
    taken.sort_indices()
    points = np.flatnonzero((np.diff(taken.indptr) > 0) & (demand > 0))
    sites = chosen[taken.indices[taken.indptr[points]]]
    return sparse.csr_array((demand[points], (points, sites)), shape=links.shape)


def useful_sites(links: sparse.csr_array) -> NDArray[np.bool_]:
    """Sites whose points no other site reaches all; of equal sites the first.

    All sites when there are so many that a table of sites x sites is not worth its memory.
    """
    if links.shape[1] > MOST_COMPARED:
        return np.ones(links.shape[1], dtype=np.bool_)
    shared = (links.T @ links).toarray()
    own = np.diag(shared)
    within = shared >= own[:, None]  # the row's points are among the column's
    earlier = np.arange(len(own))[:, None] > np.arange(len(own))[None, :]
    beaten = within & ((own[None, :] > own[:, None]) | earlier)
    return np.asarray(~beaten.any(axis=1) & (own > 0))


def is_over(until: float) -> bool:
    """Whether `time.perf_counter` has passed `until`, or the search was asked to stop."""
    watch = current_watch()
    return time.perf_counter() >= until or (watch is not None and watch.stopped)

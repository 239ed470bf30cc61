"""What the siting models take: reach as links, distances as a table, amounts per point.

Imports from `errors`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Limits:
    """When a search stops, by `time.perf_counter` or at a relative gap; and its seed."""

    until: float
    gap_target: float
    seed: int

    @property
    def left_s(self) -> float:
        """Seconds until the time is up."""
        return max(self.until - time.perf_counter(), 0.0)

    def part(self, share: float) -> Limits:
        """Return the limits of a part of the work that may take this share of the time left."""
        until = time.perf_counter() + share * self.left_s
        return Limits(until, self.gap_target, self.seed)


def links_of(reach: sparse.sparray | ArrayLike) -> sparse.csr_array:
    """Ones where a site is within reach; a stored distance of 0 is within reach."""
    if sparse.issparse(reach):
        csr = sparse.csr_array(reach)
        return sparse.csr_array(
            (np.ones(len(csr.indices)), csr.indices, csr.indptr), shape=csr.shape
        )
    dense = np.asarray(reach, dtype=np.float64)
    if dense.ndim != 2:
        raise InputError("reach must be a matrix, demand points x sites")
    return sparse.csr_array((np.nan_to_num(dense) != 0).astype(np.float64))


def amounts_of(values: ArrayLike, length: int, name: str) -> Floats:
    """Return one finite number of 0 or more per row of `reach`, or raise."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (length,) or not (np.isfinite(array).all() and (array >= 0).all()):
        raise InputError(f"{name} must be {length} numbers of 0 or more, one per row of reach")
    return array


def distances_of(distances: sparse.sparray | ArrayLike) -> Floats:
    """Distances as a table, points x sites: infinite where absent or nan.

    Raises
    ------
    InputError
        When it is no matrix or a distance is negative.
    """
    if sparse.issparse(distances):
        stored = distances.tocoo()  # not `tocsr`, which would add up a pair stored twice
        if stored.ndim != 2:
            raise InputError("distances must be a matrix, demand points x sites")
        table = np.full(stored.shape, np.inf)
        metres = np.where(np.isnan(stored.data), np.inf, stored.data)
        np.minimum.at(table, stored.coords, metres)  # the shorter way
    else:
        table = np.array(distances, dtype=np.float64)
        table[np.isnan(table)] = np.inf
    if table.ndim != 2:
        raise InputError("distances must be a matrix, demand points x sites")
    if (table < 0).any():
        raise InputError("distances must be 0 or more")
    return table


def count_of(p: int, sites: int) -> int:
    """Return `p` when so many sites can be chosen, or raise."""
    if not 0 <= p <= sites:
        raise InputError(f"p must lie between 0 and the number of sites ({sites}), not {p}")
    return int(p)

"""What the siting models take: reach as links, distances as a table, amounts per point.

Imports from `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


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
        csr = sparse.csr_array(distances)
        table = np.full(csr.shape, np.inf)
        rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
        np.minimum.at(table, (rows, csr.indices), csr.data)  # a pair stored twice: the shorter way
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

"""What every measure starts from: the matrix as weights, and checked counts.

Imports from `decays`, `travel`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.travel.matrix import TravelMatrix, csr_with_zeros

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.access.decays import Decay

    Floats = NDArray[np.float64]
    Travel: TypeAlias = TravelMatrix | sparse.csr_array | sparse.csc_array | sparse.coo_array

NOTHING = 1e-150
"""Weights that add up to less than this are none."""

PER_CHILDREN = 100.0
"""Ratios are places per so many children."""


def distances(travel: Travel) -> sparse.csr_array:
    """The matrix as rows; a stored 0 is a distance.

    Raises
    ------
    InputError
        When a distance is negative or missing, a pair is stored twice, or the matrix is of a
        kind in which a distance of 0 cannot be told from a pair out of reach.
    """
    if isinstance(travel, TravelMatrix):
        return travel.csr
    if not sparse.issparse(travel) or travel.format not in ("csr", "csc", "coo"):
        raise InputError(
            "travel must be a TravelMatrix or a sparse array of the format csr, csc or coo",
            hint="kgspatial.travel.matrix.csr_with_zeros makes one of rows, columns and values.",
        )
    pairs = sparse.coo_array(travel)
    if len(np.unique(pairs.row.astype(np.int64) * pairs.shape[1] + pairs.col)) != pairs.nnz:
        raise InputError("a pair of origin and destination has two distances")
    if pairs.nnz and not (np.isfinite(pairs.data).all() and pairs.data.min() >= 0):
        raise InputError("distances must be 0 or more, without missing values")
    return csr_with_zeros(pairs.row, pairs.col, pairs.data, pairs.shape)


def weights(travel: Travel, decay: Decay | None) -> sparse.csr_array:
    """Weights of all pairs, origins x destinations; 1 for each stored pair without a decay.

    Raises
    ------
    InputError
        When the decay gives something else than one weight of 0 or more for each distance.
    """
    csr = distances(travel)
    if decay is None:
        return _with_data(csr, np.ones(csr.nnz))
    weight = np.asarray(decay(csr.data), dtype=np.float64)
    if weight.shape != (csr.nnz,) or (weight.size and not weight.min() >= 0):
        raise InputError("a decay must give one weight of 0 or more for each distance")
    return _with_data(csr, weight)


def counts(values: ArrayLike, length: int, name: str) -> Floats:
    """Counts as an array.

    Raises
    ------
    InputError
        When there are too many or too few, or one is negative or missing.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (length,):
        raise InputError(f"{name}: {length} values are expected, {array.shape} are given")
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise InputError(f"{name} must be 0 or more, without missing values")
    return array


def ratio(part: Floats, whole: Floats) -> Floats:
    """Part over whole; 0 where the whole is 0, or too small to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > NOTHING)


def scaled_columns(matrix: sparse.csr_array, factor: Floats) -> sparse.csr_array:
    """The matrix with each column multiplied."""
    return _with_data(matrix, matrix.data * factor[matrix.indices])


def scaled_rows(matrix: sparse.csr_array, factor: Floats) -> sparse.csr_array:
    """The matrix with each row multiplied."""
    return _with_data(matrix, matrix.data * np.repeat(factor, np.diff(matrix.indptr)))


def _with_data(matrix: sparse.csr_array, data: Floats) -> sparse.csr_array:
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def row_sums(matrix: sparse.csr_array) -> Floats:
    """Sum over destinations, for each origin."""
    return np.asarray(matrix @ np.ones(matrix.shape[1]))


def column_sums(matrix: sparse.csr_array) -> Floats:
    """Sum over origins, for each destination."""
    return np.asarray(matrix.T @ np.ones(matrix.shape[0]))

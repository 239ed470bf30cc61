"""What every measure starts from: the matrix as weights, and checked counts.

Imports from `decays`, `travel`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.travel import TravelMatrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.access.decays import Decay

    Floats = NDArray[np.float64]
    Travel: TypeAlias = TravelMatrix | sparse.csr_array | sparse.csc_array | sparse.coo_array

PER_CHILDREN = 100.0
"""Ratios are places per so many children."""


def distances(travel: Travel) -> sparse.csr_array:
    """The matrix as rows; a stored 0 is a distance.

    Raises
    ------
    InputError
        When a distance is negative or missing.
    """
    csr = travel.csr if isinstance(travel, TravelMatrix) else sparse.csr_array(travel)
    if csr.nnz and not (np.isfinite(csr.data).all() and csr.data.min() >= 0):
        raise InputError("distances must be 0 or more, without missing values")
    return csr


def weights(travel: Travel, decay: Decay | None) -> sparse.csr_array:
    """Weights of all pairs, origins x destinations; 1 for each stored pair without a decay."""
    csr = distances(travel)
    weight = np.ones(csr.nnz) if decay is None else decay(csr.data)
    return sparse.csr_array((weight, csr.indices, csr.indptr), shape=csr.shape)


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
    """Part over whole; 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


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

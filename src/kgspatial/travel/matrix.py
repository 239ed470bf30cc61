"""`TravelMatrix`: sparse metres between origins and destinations, absent beyond the limit.

Imports from `errors` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Walking distances from origins to destinations within a limit.

    Parameters
    ----------
    csr : scipy.sparse.csr_array
        Origins x destinations, metres. A stored 0 is a distance of 0; what is absent lies beyond
        the limit.
    origin_ids, destination_ids : ndarray of str
        Names of rows and columns.
    limit_m : float
        No entry exceeds it.
    unit : str
        Always ``m`` so far.
    method : str
        How the distances were made, for the record.
    """

    csr: sparse.csr_array
    origin_ids: NDArray[np.str_]
    destination_ids: NDArray[np.str_]
    limit_m: float
    unit: str = "m"
    method: str = ""

    def __post_init__(self) -> None:
        csr = sparse.csr_array(self.csr).astype(np.float64, copy=True)
        csr.sort_indices()
        origins = np.asarray(self.origin_ids, dtype=np.str_)
        destinations = np.asarray(self.destination_ids, dtype=np.str_)
        if csr.shape != (len(origins), len(destinations)):
            raise InputError(
                f"a matrix of {csr.shape[0]} x {csr.shape[1]} does not fit {len(origins)} origins "
                f"and {len(destinations)} destinations"
            )
        if not csr.has_canonical_format:
            raise InputError("a pair of origin and destination has two distances")
        if csr.nnz and not (csr.data.min() >= 0 and csr.data.max() <= self.limit_m):
            raise InputError(
                f"distances must lie between 0 and the limit of {self.limit_m:g} m; found "
                f"{csr.data.min():g} to {csr.data.max():g}"
            )
        object.__setattr__(self, "csr", csr)
        object.__setattr__(self, "origin_ids", origins)
        object.__setattr__(self, "destination_ids", destinations)

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Which origins have any destination within the limit."""
        return np.diff(self.csr.indptr) > 0

    def nearest(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Distance to the nearest destination (nan if none) and its column (-1 if none).

        Equal distances are settled by the lower column.
        """
        n = self.csr.shape[0]
        distance, column = np.full(n, np.nan), np.full(n, -1, dtype=np.int64)
        rows = np.repeat(np.arange(n), np.diff(self.csr.indptr))
        order = np.lexsort((self.csr.indices, self.csr.data, rows))
        first = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
        distance[rows[first]] = self.csr.data[first]
        column[rows[first]] = self.csr.indices[first]
        return distance, column

    def beside(self, other: TravelMatrix) -> TravelMatrix:
        """Return this matrix with the destinations of `other` appended as columns.

        Raises
        ------
        InputError
            When the origins differ.
        """
        if not np.array_equal(self.origin_ids, other.origin_ids):
            raise InputError("the two travel matrices have different origins")
        return TravelMatrix(
            _hstack(self.csr, other.csr),
            self.origin_ids,
            np.concatenate([self.destination_ids, other.destination_ids]),
            max(self.limit_m, other.limit_m),
            self.unit,
            self.method,
        )

    def __repr__(self) -> str:
        rows, columns = self.csr.shape
        return (
            f"<TravelMatrix {rows} x {columns}, {self.csr.nnz} pairs within "
            f"{self.limit_m:g} {self.unit}, {self.method}>"
        )


def _hstack(left: sparse.csr_array, right: sparse.csr_array) -> sparse.csr_array:
    """Side by side, keeping stored zeros (scipy's own would keep them too, but promises nothing)."""
    a, b = left.tocoo(), right.tocoo()
    rows = np.concatenate([a.row, b.row])
    columns = np.concatenate([a.col, b.col + left.shape[1]])
    return csr_with_zeros(
        rows,
        columns,
        np.concatenate([a.data, b.data]),
        (left.shape[0], left.shape[1] + right.shape[1]),
    )


def csr_with_zeros(
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    values: NDArray[np.float64],
    shape: tuple[int, int],
) -> sparse.csr_array:
    """Assemble a CSR matrix from distinct pairs; values of 0 stay stored entries."""
    order = np.lexsort((columns, rows))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
    return sparse.csr_array(
        (np.asarray(values, dtype=np.float64)[order], np.asarray(columns)[order], indptr),
        shape=shape,
    )

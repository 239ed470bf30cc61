"""`TravelMatrix`: sparse walks between origins and destinations, absent beyond the limit.

Imports from `inputs.problems`, `errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.inputs.problems import problem_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.travel.network import StreetNetwork

Unit = Literal["m", "min"]

UNSNAPPED_COLUMNS = ("role", "id", "reason", "street_m")
"""Whose it is (``origin`` or ``destination``), its id, why, and metres to the nearest street."""


def no_unsnapped() -> pd.DataFrame:
    """The table of points that could not be snapped, without rows."""
    return pd.DataFrame({c: [] for c in UNSNAPPED_COLUMNS}).astype({"street_m": float})


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Walks from origins to destinations within a limit.

    Parameters
    ----------
    csr : scipy.sparse.csr_array
        Origins x destinations, in `unit`. A stored 0 is a distance of 0; what is absent lies
        beyond the limit.
    origin_ids, destination_ids : ndarray of str
        Names of rows and columns.
    limit : float
        No entry exceeds it, in `unit`.
    unit : {"m", "min"}
        Walking metres or minutes.
    method : str
        How the walks were measured, in words.
    provenance : mapping of str to str or float
        The parameters behind them: method, limit, detour, speed, sources and the like.
    unsnapped : DataFrame
        Points that no street reaches, with ``role``, ``id``, ``reason`` and ``street_m``.
    problems : DataFrame
        The problem table of the measuring.
    network : StreetNetwork, optional
        The streets along which was measured.

    Raises
    ------
    InputError
        When shape, pairs, unit or values do not fit.
    """

    csr: sparse.csr_array
    origin_ids: NDArray[np.str_]
    destination_ids: NDArray[np.str_]
    limit: float
    unit: Unit = "m"
    method: str = ""
    provenance: Mapping[str, str | float] = field(default_factory=dict)
    unsnapped: pd.DataFrame = field(default_factory=no_unsnapped)
    problems: pd.DataFrame = field(default_factory=lambda: problem_table([]))
    network: StreetNetwork | None = None

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
        if self.unit not in get_args(Unit):
            raise InputError(f"the unit of travel must be m or min, not '{self.unit}'")
        if not csr.has_canonical_format:
            raise InputError("a pair of origin and destination has two distances")
        if csr.nnz and not (csr.data.min() >= 0 and csr.data.max() <= self.limit):
            raise InputError(
                f"distances must lie between 0 and the limit of {self.limit:g} {self.unit}; found "
                f"{csr.data.min():g} to {csr.data.max():g}"
            )
        object.__setattr__(self, "csr", csr)
        object.__setattr__(self, "origin_ids", origins)
        object.__setattr__(self, "destination_ids", destinations)

    @property
    def limit_m(self) -> float:
        """The limit in metres.

        Raises
        ------
        InputError
            When the matrix is in minutes.
        """
        if self.unit != "m":
            raise InputError(
                "this travel matrix is in minutes; metres are needed here",
                hint="Change it: travel.in_metres(speed_m_per_min=54).",
            )
        return self.limit

    def in_metres(self, speed_m_per_min: float) -> TravelMatrix:
        """Return the matrix in walking metres; one in metres as it is."""
        return self if self.unit == "m" else self._scaled(speed_m_per_min, "m", speed_m_per_min)

    def in_minutes(self, speed_m_per_min: float) -> TravelMatrix:
        """Return the matrix in minutes at a walking speed; one in minutes as it is."""
        if self.unit == "min":
            return self
        return self._scaled(1.0 / speed_m_per_min, "min", speed_m_per_min)

    def _scaled(self, factor: float, unit: Unit, speed: float) -> TravelMatrix:
        if not (np.isfinite(speed) and speed > 0):
            raise InputError(f"the speed must be a positive number of metres a minute, not {speed}")
        csr, limit = self.csr.copy(), self.limit * factor
        csr.data = np.minimum(csr.data * factor, limit)
        method = f"{self.method}, at {speed:g} m/min"
        told = {**self.provenance, "speed_m_per_min": speed}
        return replace(self, csr=csr, limit=limit, unit=unit, method=method, provenance=told)

    def to_destinations(self, columns: NDArray[np.integer] | NDArray[np.bool_]) -> TravelMatrix:
        """Return the matrix of some destinations, given by position or by a mask."""
        kept = sparse.csr_array(self.csr[:, columns])
        return replace(self, csr=kept, destination_ids=self.destination_ids[columns])

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
        if self.unit != other.unit:
            raise InputError("one travel matrix is in metres, the other in minutes")
        return replace(
            self,
            csr=_hstack(self.csr, other.csr),
            destination_ids=np.concatenate([self.destination_ids, other.destination_ids]),
            limit=max(self.limit, other.limit),
        )

    def __repr__(self) -> str:
        rows, columns = self.csr.shape
        return (
            f"<TravelMatrix {rows} x {columns}, {self.csr.nnz} pairs within "
            f"{self.limit:g} {self.unit}, {self.method}>"
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

"""Allocation under rules of choice: the nearest first, own estate first, who stays.

Imports from `allocate`, `travel`, `errors`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from kgspatial.balance.allocate import allocate
from kgspatial.travel import TravelMatrix, filled
from kgspatial.travel.matrix import csr_with_zeros

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

Order = Literal["most_served", "nearest"]

LEFT = 1e-9
"""Fewer children or places than this are rounding."""


def allocate_by_choice(
    travel: TravelMatrix,
    children: ArrayLike,
    places: ArrayLike,
    *,
    order: Order = "most_served",
    own: sparse.csr_array | None = None,
    stays: ArrayLike | None = None,
) -> sparse.csr_array:
    """Assign children to kindergartens under rules of choice.

    Three rounds, each with the children and places that the one before left: those who stay where
    they are, an estate's own kindergarten, then all others.

    Parameters
    ----------
    travel : TravelMatrix
        Demand points x kindergartens.
    children : array-like, shape (points,)
    places : array-like, shape (kindergartens,)
    order : {"most_served", "nearest"}
        As many as possible find a place, then the least total distance; or the nearest come first
        (see :func:`kgspatial.travel.filled`).
    own : csr_array, optional
        Pairs of a point and the kindergarten of its own estate: served before all others.
    stays : array-like, shape (kindergartens,), optional
        Children who are enrolled already and stay: their places are given first, to the children
        who live nearest, as nobody knows where they live.

    Returns
    -------
    csr_array
        Children, demand points x kindergartens. No kindergarten takes more than it has places, no
        point sends more than it has children, nobody walks beyond the limit.

    Raises
    ------
    InputError
        When lengths do not fit or a number is negative or missing.

    Examples
    --------
    >>> csr = sparse.csr_array(np.array([[100.0, 400.0], [200.0, 300.0]]))
    >>> travel = TravelMatrix(csr, ["a", "b"], ["k", "m"], 500.0)
    >>> allocate_by_choice(travel, [10, 20], [15, 30], own=sparse.csr_array([[0, 0], [1, 0]])).toarray()
    array([[ 0., 10.],
           [15.,  5.]])
    """
    left = np.array(children, dtype=np.float64)
    room = np.array(places, dtype=np.float64)
    parts = []
    if stays is not None:
        kept = np.minimum(np.nan_to_num(np.asarray(stays, dtype=np.float64)), room)
        parts.append(_round(travel, left, kept, "most_served"))
        left, room = _rest(left, room, parts[-1])
    if own is not None:
        parts.append(_round(_only(travel, _stored(travel.csr, own)), left, room, order))
        left, room = _rest(left, room, parts[-1])
    parts.append(_round(travel, left, room, order))
    total = parts[0]
    for part in parts[1:]:
        total = sparse.csr_array(total + part)
    return total


def own_pairs(community_ids: ArrayLike, supports: ArrayLike) -> sparse.csr_array:
    """Pair demand points with the supporting kindergarten (配套园) of their estate.

    Parameters
    ----------
    community_ids : array-like of str, shape (points,)
        Missing for points outside all estates.
    supports : array-like of str, shape (kindergartens,)
        ``supports_community`` of each kindergarten; missing where it supports none.

    Returns
    -------
    csr_array of ones, points x kindergartens
    """
    points = np.array([_text(v) for v in np.asarray(community_ids, dtype=object)])
    gardens = np.array([_text(v) for v in np.asarray(supports, dtype=object)])
    names, number = np.unique(np.concatenate([points, gardens]), return_inverse=True)
    own, theirs = number.ravel()[: len(points)], number.ravel()[len(points) :]
    here, there = (
        sparse.csr_array(
            (np.ones(int(f.sum())), (np.flatnonzero(f), n[f])), shape=(len(n), len(names))
        )
        for n, f in ((own, points != ""), (theirs, gardens != ""))
    )
    return sparse.csr_array(here @ there.T)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _round(travel: TravelMatrix, left: Floats, room: Floats, order: Order) -> sparse.csr_array:
    if order == "nearest":
        return filled(travel, left, room)[0]
    return allocate(travel, left, room)


def _rest(left: Floats, room: Floats, part: sparse.csr_array) -> tuple[Floats, Floats]:
    """Children and places after a round, without the dust of rounding."""
    children = left - np.asarray(part.sum(axis=1)).ravel()
    places = room - np.asarray(part.sum(axis=0)).ravel()
    return np.where(children > LEFT, children, 0.0), np.where(places > LEFT, places, 0.0)


def _only(travel: TravelMatrix, kept: Flags) -> TravelMatrix:
    """The matrix with some of its pairs."""
    csr = travel.csr
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    fewer = csr_with_zeros(rows[kept], csr.indices[kept], csr.data[kept], csr.shape)
    return replace(travel, csr=fewer)


def _stored(csr: sparse.csr_array, own: sparse.csr_array) -> Flags:
    """Which stored pairs of a matrix another one has as well."""
    rows = np.repeat(np.arange(csr.shape[0], dtype=np.int64), np.diff(csr.indptr))
    pairs = own.tocoo()
    key = pairs.row.astype(np.int64) * csr.shape[1] + pairs.col
    return np.isin(rows * csr.shape[1] + csr.indices, key)

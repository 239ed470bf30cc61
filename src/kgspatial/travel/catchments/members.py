"""Who belongs to a catchment: sparse matrices of demand points x kindergartens.

Imports from `_kernels`, `matrix`, `errors`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from scipy import sparse

from kgspatial.errors import InputError
from kgspatial.travel.matrix import TravelMatrix, csr_with_zeros

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def within(travel: TravelMatrix, limit: float | None) -> TravelMatrix:
    """Return the matrix of the pairs within a limit, in its own unit; itself without one.

    Raises
    ------
    InputError
        When the limit is beyond that of the matrix, which then does not know.
    """
    if limit is None or limit == travel.limit:
        return travel
    if limit > travel.limit:
        raise InputError(
            f"the travel matrix ends at {travel.limit:g} {travel.unit}, before {limit:g}",
            hint="Measure again with the larger limit.",
        )
    csr = travel.csr
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    near = csr.data <= limit
    kept = csr_with_zeros(rows[near], csr.indices[near], csr.data[near], csr.shape)
    return replace(travel, csr=kept, limit=limit)


def reached(travel: TravelMatrix, *, limit: float | None = None) -> sparse.csr_array:
    """Tell who lies within the limit of each kindergarten.

    Parameters
    ----------
    travel : TravelMatrix
        Demand points x kindergartens.
    limit : float, optional
        In the unit of the matrix; its own limit unless given.

    Returns
    -------
    csr_array
        1 for each pair within the limit.

    Raises
    ------
    InputError
        When the limit is beyond that of the matrix, which then does not know.
    """
    csr = within(travel, limit).csr
    return sparse.csr_array((np.ones(csr.nnz), csr.indices, csr.indptr), shape=csr.shape)


def nearest_members(travel: TravelMatrix) -> sparse.csr_array:
    """Give each point to its nearest kindergarten; equal distances by the lower id.

    Parameters
    ----------
    travel : TravelMatrix
        Demand points x kindergartens.

    Returns
    -------
    csr_array
        1 for each point and its kindergarten; empty rows for points with none in reach.
    """
    order = np.argsort(travel.destination_ids, kind="stable")
    _, column = travel.to_destinations(order).nearest()
    rows = np.flatnonzero(column >= 0)
    at = rows, order[column[rows]]
    return sparse.csr_array((np.ones(len(rows)), at), shape=travel.csr.shape)


def filled(
    travel: TravelMatrix, children: ArrayLike, places: ArrayLike
) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Let catchments grow until the places are full.

    Pairs are gone through by distance: each kindergarten takes the nearest children who have no
    place yet, as far as it has room. Nobody would rather change with another: it is the stable
    matching by distance, and serves no more children than :func:`kgspatial.balance.allocate` does.

    Parameters
    ----------
    travel : TravelMatrix
        Demand points x kindergartens.
    children : array-like, shape (points,)
        Fractions are allowed.
    places : array-like, shape (kindergartens,)

    Returns
    -------
    members : csr_array
        Children of each point who are taken in by each kindergarten.
    residual : ndarray of float, shape (points,)
        Children without a place: what is left of the demand.

    Raises
    ------
    InputError
        When counts are negative or missing, or do not fit the matrix.
    """
    from kgspatial.travel.catchments._kernels import fill_places

    csr = travel.csr
    left = _counts(children, csr.shape[0], "children")
    room = _counts(places, csr.shape[1], "places")
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    rank = [
        np.argsort(np.argsort(i, kind="stable"))
        for i in (travel.origin_ids, travel.destination_ids)
    ]
    order = np.lexsort((rank[1][csr.indices], rank[0][rows], csr.data))
    taken, left = fill_places(order, rows, csr.indices, left, room)
    return _kept(csr, taken > 0, taken), left


def within_districts(
    points: gpd.GeoDataFrame, kindergartens: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> sparse.csr_array:
    """Give each point to the kindergartens of its district (学区, 片区).

    Parameters
    ----------
    points, kindergartens, districts : GeoDataFrame
        In one CRS. Where districts overlap, the one with the lowest ``unit_id`` counts (the first
        one, where they have none).

    Returns
    -------
    csr_array
        1 for each point and each kindergarten of the same district.
    """
    own, theirs = (district_of(f, districts) for f in (points, kindergartens))
    shape = (len(own), len(districts))
    at = [np.flatnonzero(d >= 0) for d in (own, theirs)]
    here = sparse.csr_array((np.ones(len(at[0])), (at[0], own[at[0]])), shape=shape)
    there = sparse.csr_array(
        (np.ones(len(at[1])), (theirs[at[1]], at[1])), shape=(len(districts), len(theirs))
    )
    return sparse.csr_array(here @ there)


def district_of(frame: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the position of the district in which each point lies; -1 for none."""
    ids = districts["unit_id"].to_numpy(dtype=str) if "unit_id" in districts else None
    rank = np.arange(len(districts)) if ids is None else np.argsort(np.argsort(ids, kind="stable"))
    found = np.full(len(frame), -1, dtype=np.int64)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    point, district = districts.sindex.query(shapes, predicate="intersects")
    order = np.lexsort((rank[district], point))
    first = order[np.flatnonzero(np.diff(point[order], prepend=-1))]
    found[point[first]] = district[first]
    return found


def _counts(values: ArrayLike, length: int, name: str) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    if array.shape != (length,) or not (np.isfinite(array).all() and (array >= 0).all()):
        raise InputError(f"{name} must be {length} numbers of 0 or more, without missing values")
    return array


def _kept(
    csr: sparse.csr_array, kept: NDArray[np.bool_], values: NDArray[np.float64]
) -> sparse.csr_array:
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    at = rows[kept], csr.indices[kept]
    return sparse.csr_array((values[kept], at), shape=csr.shape)

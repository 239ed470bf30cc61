"""Set covering made smaller: what another site or point makes superfluous, and parts that stand apart.

Imports nothing of kgspatial. On links, points x sites, with ones; the optimum stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_PAIRS = 50_000_000
"""Pairs of sites or of points that are compared at most: beyond, the comparison costs more than it
saves."""


@dataclass(frozen=True, eq=False)
class Part:
    """Points and sites that no link joins to others.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        Ones.
    points, sites : ndarray of int
        Their rows and columns in the whole.
    """

    links: sparse.csr_array
    points: Ints
    sites: Ints


def useful_sites(links: sparse.csr_array, price: Floats) -> Flags:
    """Sites of which no other reaches all points at no higher price, ties by column.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        Ones where a site reaches a point, each stored once.
    price : ndarray, shape (sites,)
        What each site costs.
    """
    size = np.bincount(links.indices, minlength=links.shape[1])
    useful = size > 0
    one, other = _included(sparse.csr_array(links.T), size)
    is_same = size[one] == size[other]
    beaten = (price[other] < price[one]) | (
        (price[other] == price[one]) & (~is_same | (other < one))
    )
    useful[one[beaten]] = False
    return useful


def binding_points(links: sparse.csr_array) -> Flags:
    """Points that are not covered in any case when some other is: those with the fewest ways.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        As for `useful_sites`.
    """
    size = np.diff(links.indptr)
    one, other = _included(links, size)
    implied = (size[one] < size[other]) | (one < other)
    binding = np.ones(len(size), dtype=bool)
    binding[other[implied]] = False
    return binding


def _included(rows: sparse.csr_array, size: Ints) -> tuple[Ints, Ints]:
    """Pairs of rows of which the first lies within the second; none where there are too many."""
    per_column = np.bincount(rows.indices, minlength=rows.shape[1]).astype(np.int64)
    if int(per_column @ per_column) > MOST_PAIRS:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    shared = sparse.coo_array(rows @ rows.T)
    one, other = shared.coords
    inside = (shared.data == size[one]) & (one != other)
    return one[inside].astype(np.int64), other[inside].astype(np.int64)


def reduced(links: sparse.csr_array, price: Floats) -> tuple[Ints, list[Part]]:
    """Return sites that some optimal answer uses, and what is left to decide, in parts.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        As for `useful_sites`; every point must be covered and can be.
    price : ndarray, shape (sites,)
        What each site costs.
    """
    points, sites = np.arange(links.shape[0]), np.arange(links.shape[1])
    forced: list[Ints] = []
    while True:
        before = links.shape
        kept = np.flatnonzero(useful_sites(links, price[sites]))
        links, sites = links[:, kept], sites[kept]
        only = np.unique(links.indices[links.indptr[:-1]][np.diff(links.indptr) == 1])
        forced.append(sites[only])
        is_open = (np.diff(links[:, only].indptr) == 0) & binding_points(links)
        links, points = links[np.flatnonzero(is_open)], points[is_open]
        if links.shape == before:
            break
    return np.sort(np.concatenate(forced)), list(_apart(links, points, sites))


def components(links: sparse.csr_array) -> tuple[Ints, Ints]:
    """The number of the part that each point, and each site, belongs to."""
    at = links.tocoo()
    points, sites = links.shape
    ends = (at.coords[0], points + at.coords[1].astype(np.int64))
    both = sparse.csr_array((np.ones(links.nnz), ends), shape=(points + sites, points + sites))
    _, label = connected_components(both, directed=False)
    return label[:points].astype(np.int64), label[points:].astype(np.int64)


def _apart(links: sparse.csr_array, points: Ints, sites: Ints) -> Iterator[Part]:
    """Parts in the order of their first points."""
    if not len(points):
        return
    of_point, of_site = components(links)
    _, first = np.unique(of_point, return_index=True)
    for part in of_point[np.sort(first)]:
        rows, columns = np.flatnonzero(of_point == part), np.flatnonzero(of_site == part)
        yield Part(links[rows][:, columns], points[rows], sites[columns])

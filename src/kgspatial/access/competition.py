"""Places shared out among those who compete: spatial availability, doubly constrained flows.

Imports from `weights`, `decays`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.access.weights import (
    counts,
    distances,
    ratio,
    row_sums,
    scaled_columns,
    scaled_rows,
    weights,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.access.decays import Decay
    from kgspatial.access.weights import Travel

    Floats = NDArray[np.float64]


def spatial_availability(
    travel: Travel, children: ArrayLike, places: ArrayLike, *, decay: Decay | None = None
) -> Floats:
    """Share out each kindergarten's places by children and distance.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
    children : array-like, shape (origins,)
    places : array-like, shape (destinations,)
    decay : Decay, optional
        Weights by distance; all stored pairs count fully unless given.

    Returns
    -------
    ndarray of float, shape (origins,)
        Places available to the children of each point. They add up to the places of all
        kindergartens that any child reaches: each place is counted once. Per 100 children this is
        :func:`kgspatial.access.two_step`.

    References
    ----------
    Soukhov, Paez, Higgins and Mohamed (2023), Introducing spatial availability, a singly-
    constrained measure of competitive accessibility. PLoS ONE 18: e0278468.
    """
    weight = weights(travel, decay)
    own = counts(children, weight.shape[0], "children")
    wanted = np.asarray(weight.T @ own)
    share = ratio(counts(places, weight.shape[1], "places"), wanted)
    return np.asarray(own * (weight @ share))


LARGEST = 1e100
"""A balancing factor that has grown to this grows on: some margin cannot be kept."""


@dataclass(frozen=True, eq=False)
class ConstrainedFlows:
    """Children from points to kindergartens, with both margins kept.

    Parameters
    ----------
    flows : csr_array
        Children, origins x destinations; no point sends more than it has.
    distance : ndarray of float, shape (origins,)
        Mean distance of each point's children, in the unit of the matrix; nan without flows.
    residual : float
        Largest miss of a margin, in children.
    converged : bool
        Whether the residual is within the tolerance. It cannot be where the matrix leaves some
        kindergartens too few children in reach to fill them, or points too few places.
    iterations : int
        Rounds of balancing.
    """

    flows: sparse.csr_array
    distance: Floats
    residual: float
    converged: bool
    iterations: int


def doubly_constrained(
    travel: Travel,
    children: ArrayLike,
    places: ArrayLike,
    *,
    decay: Decay | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 10_000,
) -> ConstrainedFlows:
    """Balance flows so that all children leave and all places fill (doubly constrained model).

    In each connected part of the matrix the greater of the two totals is scaled down to the
    smaller: with too few places each point sends the same share of its children.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
    children : array-like, shape (origins,)
    places : array-like, shape (destinations,)
    decay : Decay, optional
        Weights by distance; all stored pairs count fully unless given.
    tolerance : float
        Largest miss of a margin as a share of all flows.
    max_iterations : int
        Rounds after which balancing ends.

    Returns
    -------
    ConstrainedFlows

    References
    ----------
    Wilson (1971), A family of spatial interaction models, and associated developments.
    Environment and Planning 3. Balanced by Furness (1965), Time function iteration. Traffic
    Engineering and Control 7.
    """
    weight = weights(travel, decay)
    rows = counts(children, weight.shape[0], "children")
    columns = counts(places, weight.shape[1], "places")
    rows, columns = _matched(weight, rows, columns)
    total = float(rows.sum())
    a, b = np.ones(len(rows)), np.ones(len(columns))
    residual, rounds = total, 0
    while residual > tolerance * total and rounds < max_iterations and a.max() < LARGEST:
        rounds += 1
        b = ratio(columns, np.asarray(weight.T @ a))
        a = ratio(rows, np.asarray(weight @ b))
        filled = b * np.asarray(weight.T @ a)
        residual = float(np.abs(filled - columns).max(initial=0.0))
    flows = scaled_columns(scaled_rows(weight, a), b)
    return ConstrainedFlows(
        flows,
        _mean_distance(travel, flows),
        residual,
        residual <= tolerance * total,
        rounds,
    )


def _matched(weight: sparse.csr_array, rows: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Margins with equal totals in each connected part of the pairs that can have a flow."""
    n, m = weight.shape
    there = weight.tocoo()
    used = (there.data > 0) & (rows[there.row] > 0) & (columns[there.col] > 0)
    pairs = (there.row[used], n + there.col[used])
    graph = sparse.coo_array((np.ones(used.sum()), pairs), shape=(n + m, n + m))
    count, part = connected_components(graph, directed=False)
    out = np.bincount(part[:n], rows, minlength=count).astype(np.float64)
    into = np.bincount(part[n:], columns, minlength=count).astype(np.float64)
    least = np.minimum(out, into)
    return rows * ratio(least, out)[part[:n]], columns * ratio(least, into)[part[n:]]


def _mean_distance(travel: Travel, flows: sparse.csr_array) -> Floats:
    walked = scaled_rows(flows, np.ones(flows.shape[0]))
    walked.data = flows.data * distances(travel).data
    sent = row_sums(flows)
    return np.where(sent > 0, ratio(row_sums(walked), sent), np.nan)

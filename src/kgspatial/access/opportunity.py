"""How much is in reach, without competition: nearest, cumulative opportunities, gravity.

Imports from `weights`, `decays`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kgspatial.access.decays import Binary
from kgspatial.access.weights import counts, distances, row_sums, weights
from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kgspatial.access.decays import Decay
    from kgspatial.access.weights import Travel

    Floats = NDArray[np.float64]


def unreached(travel: Travel, *, decay: Decay | None = None) -> NDArray[np.bool_]:
    """Tell which origins have nothing in reach: their measures are 0 by this, not by crowding.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
        A stored 0 is a distance of 0; what is absent is out of reach.
    decay : Decay, optional
        With it, what weighs 0 is out of reach as well.

    Returns
    -------
    ndarray of bool, shape (origins,)
    """
    return np.asarray(row_sums(weights(travel, decay)) <= 0)


def nearest(travel: Travel) -> Floats:
    """Return the distance to the nearest destination; nan where none is in reach.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations

    Returns
    -------
    ndarray of float, shape (origins,)
        In the unit of the matrix.

    Examples
    --------
    >>> from scipy import sparse
    >>> nearest(sparse.csr_array(np.array([[300.0, 200.0], [0.0, 0.0]])))
    array([200.,  nan])
    """
    csr = distances(travel)
    return _row_minimum(csr.indptr, csr.data)


def nearest_with_room(travel: Travel, vacant: ArrayLike) -> Floats:
    """Return the distance to the nearest destination that has a vacant place; nan if none has.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
    vacant : array-like, shape (destinations,)
        Places that nobody has taken, such as a balance's ``kindergartens["vacant"]``; below 0
        where a kindergarten is over-full.

    Returns
    -------
    ndarray of float, shape (origins,)
        In the unit of the matrix.
    """
    csr = distances(travel)
    room = np.asarray(vacant, dtype=np.float64) > 0
    if room.shape != csr.shape[1:]:
        raise InputError(f"vacant: {csr.shape[1]} values are expected, {room.shape} are given")
    found = _row_minimum(csr.indptr, np.where(room[csr.indices], csr.data, np.inf))
    return np.where(np.isfinite(found), found, np.nan)


def _row_minimum(indptr: NDArray[np.integer], values: Floats) -> Floats:
    found = np.full(len(indptr) - 1, np.nan)
    filled = np.flatnonzero(np.diff(indptr) > 0)
    if len(filled):
        found[filled] = np.minimum.reduceat(values, indptr[filled])
    return found


def cumulative(travel: Travel, places: ArrayLike, *, limit: float | None = None) -> Floats:
    """Add up the places within a limit (cumulative opportunities).

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
    places : array-like, shape (destinations,)
        Places, or ones to count kindergartens.
    limit : float, optional
        In the unit of the matrix; its own limit unless given.

    Returns
    -------
    ndarray of float, shape (origins,)
        Places; 0 where none is in reach.

    Examples
    --------
    >>> from scipy import sparse
    >>> cumulative(sparse.csr_array(np.array([[300.0, 200.0]])), [90, 180], limit=250)
    array([180.])
    """
    return gravity(travel, places, decay=None if limit is None else Binary(limit))


def gravity(travel: Travel, places: ArrayLike, *, decay: Decay | None = None) -> Floats:
    """Add up the places, each weighted by its distance (potential accessibility).

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
    places : array-like, shape (destinations,)
    decay : Decay, optional
        Weights by distance; all stored pairs count fully unless given.

    Returns
    -------
    ndarray of float, shape (origins,)
        Weighted places; 0 where none is in reach.

    References
    ----------
    Hansen (1959), How accessibility shapes land use. Journal of the American Institute of
    Planners 25.
    """
    weight = weights(travel, decay)
    return np.asarray(weight @ counts(places, weight.shape[1], "places"))

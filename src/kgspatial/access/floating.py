"""The floating catchment family: places over the children who could come for them.

Imports from `weights`, `decays`. All give places per 100 children, and 0 where none is in reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kgspatial.access.weights import (
    PER_CHILDREN,
    column_sums,
    counts,
    ratio,
    row_sums,
    scaled_columns,
    scaled_rows,
    weights,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

    from kgspatial.access.decays import Decay
    from kgspatial.access.weights import Travel

    Floats = NDArray[np.float64]


def two_step(
    travel: Travel, children: ArrayLike, places: ArrayLike, *, decay: Decay | None = None
) -> Floats:
    """Two-step floating catchment area (2SFCA; enhanced, E2SFCA, with a decay).

    Each kindergarten's places are divided by the children within its reach; each point adds up
    these ratios over the kindergartens within its own reach.

    Parameters
    ----------
    travel : TravelMatrix or sparse array, origins x destinations
        A stored 0 is a distance of 0; what is absent is out of reach.
    children : array-like, shape (origins,)
    places : array-like, shape (destinations,)
    decay : Decay, optional
        Weights by distance in both steps; all stored pairs count fully unless given.

    Returns
    -------
    ndarray of float, shape (origins,)
        Places per 100 children. Weighted by children they add up to the places of all
        kindergartens that any child reaches. A kindergarten without children in reach adds 0.

    References
    ----------
    Luo and Wang (2003), Measures of spatial accessibility to health care in a GIS environment.
    Environment and Planning B 30. Luo and Qi (2009), An enhanced two-step floating catchment area
    method. Health & Place 15.

    Examples
    --------
    >>> from scipy import sparse
    >>> travel = sparse.csr_array(np.array([[200.0, 0.0], [300.0, 100.0]]))
    >>> two_step(travel, children=[100, 50], places=[90, 30])
    array([ 60., 120.])
    """
    weight = weights(travel, decay)
    return PER_CHILDREN * np.asarray(weight @ _ratios(weight, children, places))


def modified_two_step(
    travel: Travel, children: ArrayLike, places: ArrayLike, *, decay: Decay
) -> Floats:
    """Modified 2SFCA (M2SFCA): distance also lowers what a place is worth, not only its share.

    Parameters
    ----------
    travel, children, places, decay
        As for :func:`two_step`.

    Returns
    -------
    ndarray of float, shape (origins,)
        Places per 100 children; less in sum than there are places, by what distance costs.

    References
    ----------
    Delamater (2013), Spatial accessibility in suboptimally configured health care systems.
    Health & Place 24.
    """
    weight = weights(travel, decay)
    squared = scaled_columns(weight, np.ones(weight.shape[1]))
    squared.data = weight.data**2
    return PER_CHILDREN * np.asarray(squared @ _ratios(weight, children, places))


def three_step(
    travel: Travel, children: ArrayLike, places: ArrayLike, *, decay: Decay | None = None
) -> Floats:
    """Three-step floating catchment area (3SFCA): families choose among the kindergartens first.

    A point's children are shared among its kindergartens in proportion to the weights of their
    distances, so that a point with many in reach does not ask for a place in each.

    Parameters
    ----------
    travel, children, places, decay
        As for :func:`two_step`.

    Returns
    -------
    ndarray of float, shape (origins,)
        Places per 100 children.

    References
    ----------
    Wan, Zou and Sternberg (2012), A three-step floating catchment area method for analyzing
    spatial access to health services. International Journal of Geographical Information Science 26.
    """
    weight = weights(travel, decay)
    chosen = scaled_rows(weight, _inverse(row_sums(weight)))
    chosen.data = chosen.data * weight.data
    return PER_CHILDREN * np.asarray(chosen @ _ratios(chosen, children, places))


def balanced(
    travel: Travel, children: ArrayLike, places: ArrayLike, *, decay: Decay | None = None
) -> Floats:
    """Balanced floating catchment area (BFCA): neither children nor places are counted twice.

    The weights of a point's kindergartens are made to add up to 1 where children are shared out,
    and those of a kindergarten's points where its level of service is.

    Parameters
    ----------
    travel, children, places, decay
        As for :func:`two_step`.

    Returns
    -------
    ndarray of float, shape (origins,)
        Level of service, places per 100 children: its sum over the points is that over the
        kindergartens of places by children who come.

    References
    ----------
    Paez, Higgins and Vivona (2019), Demand and level of service inflation in floating catchment
    area (FCA) methods. PLoS ONE 14: e0218773.
    """
    weight = weights(travel, decay)
    shared = scaled_rows(weight, _inverse(row_sums(weight)))
    standard = scaled_columns(weight, _inverse(column_sums(weight)))
    return PER_CHILDREN * np.asarray(standard @ _ratios(shared, children, places))


def huff_two_step(
    travel: Travel, children: ArrayLike, places: ArrayLike, *, decay: Decay | None = None
) -> Floats:
    """Huff-based 2SFCA: families choose by distance and by size.

    A point's children go to its kindergartens in proportion to places times weight (Huff 1963).

    Parameters
    ----------
    travel, children, places, decay
        As for :func:`two_step`.

    Returns
    -------
    ndarray of float, shape (origins,)
        Places per 100 children.

    References
    ----------
    Luo (2014), Integrating the Huff model and floating catchment area methods to analyze spatial
    access to healthcare services. Transactions in GIS 18.
    """
    weight = weights(travel, decay)
    drawn = scaled_columns(weight, counts(places, weight.shape[1], "places"))
    chosen = scaled_rows(drawn, _inverse(row_sums(drawn)))
    chosen.data = chosen.data * weight.data
    return PER_CHILDREN * np.asarray(chosen @ _ratios(chosen, children, places))


def _ratios(weight: sparse.csr_array, children: ArrayLike, places: ArrayLike) -> Floats:
    """Places per weighted child at each kindergarten; 0 where no child is in reach."""
    demand = weight.T @ counts(children, weight.shape[0], "children")
    return ratio(counts(places, weight.shape[1], "places"), np.asarray(demand))


def _inverse(sums: Floats) -> Floats:
    return ratio(np.ones_like(sums), sums)

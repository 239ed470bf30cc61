"""How evenly access is spread: Gini, Palma, Theil, concentration index, weighted by children.

Imports from `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def gini(access: ArrayLike, children: ArrayLike) -> float:
    """Gini coefficient: 0 when all children have the same access, towards 1 when one has all.

    Parameters
    ----------
    access : array-like, shape (n,)
        Access of each point, 0 or more; nan is left out.
    children : array-like, shape (n,)
        How many children have it.

    Returns
    -------
    float
        Half the mean difference between two children, over the mean; nan without any access.

    References
    ----------
    Gini (1912), Variabilità e mutabilità. Weighted as in Cowell (2011), Measuring Inequality.

    Examples
    --------
    >>> gini([1.0, 3.0], children=[1, 1])
    0.25
    """
    value, weight = _sorted(access, children)
    total, mass = float(weight.sum()), float((value * weight).sum())
    if not mass > 0:
        return float("nan")
    below = np.cumsum(weight) - weight / 2.0
    return float(2.0 * (value * weight * below).sum() / (mass * total) - 1.0)


def palma(access: ArrayLike, children: ArrayLike) -> float:
    """Palma ratio: what the best-served 10 % of children have over what the worst-served 40 % have.

    Parameters
    ----------
    access, children : array-like, shape (n,)
        As for :func:`gini`. A point across a bound is divided.

    Returns
    -------
    float
        0.25 when all have the same; infinite when the worst-served have nothing; nan without any
        access.

    References
    ----------
    Palma (2011), Homogeneous middles vs. heterogeneous tails. Development and Change 42.

    Examples
    --------
    >>> palma([1.0] * 10, children=[1] * 10)
    0.25
    """
    value, weight = _sorted(access, children)
    mass = float((value * weight).sum())
    if not mass > 0:
        return float("nan")
    reached = np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum()
    had = np.concatenate([[0.0], np.cumsum(value * weight)])
    worst = float(np.interp(0.4, reached, had))
    best = mass - float(np.interp(0.9, reached, had))
    return best / worst if worst > 0 else float("inf")


def theil(access: ArrayLike, children: ArrayLike) -> float:
    """Theil index T: 0 when all children have the same access, up to the log of their number.

    Parameters
    ----------
    access, children : array-like, shape (n,)
        As for :func:`gini`.

    Returns
    -------
    float
        Points without access count by their limit, 0; nan without any access.

    References
    ----------
    Theil (1967), Economics and Information Theory.

    Examples
    --------
    >>> theil([2.0, 2.0], children=[10, 30])
    0.0
    """
    value, weight = _sorted(access, children)
    mass = float((value * weight).sum())
    if not mass > 0:
        return float("nan")
    share = value / (mass / float(weight.sum()))
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return float((weight * share * logs).sum() / weight.sum())


def concentration_index(access: ArrayLike, children: ArrayLike, rank_by: ArrayLike) -> float:
    """Concentration index: whether access goes with another quantity, such as income.

    Parameters
    ----------
    access, children : array-like, shape (n,)
        As for :func:`gini`.
    rank_by : array-like, shape (n,)
        What orders the points, lowest first; equal ones share their mean rank.

    Returns
    -------
    float
        Between -1 (only the lowest have access) and 1 (only the highest); 0 when access does not
        go with the rank; nan without any access.

    References
    ----------
    Kakwani, Wagstaff and van Doorslaer (1997), Socioeconomic inequalities in health. Journal of
    Econometrics 77.

    Examples
    --------
    >>> concentration_index([1.0, 3.0], children=[1, 1], rank_by=[20, 10])
    -0.25
    """
    value, weight, rank = _checked(access, children, rank_by)
    _, group = np.unique(rank, return_inverse=True)
    size = np.bincount(group.ravel(), weight)
    middle = (np.cumsum(size) - size / 2.0) / size.sum()
    mass = float((value * weight).sum())
    if not mass > 0:
        return float("nan")
    return float(2.0 * (value * weight * middle[group.ravel()]).sum() / mass - 1.0)


def _sorted(access: ArrayLike, children: ArrayLike) -> tuple[Floats, Floats]:
    value, weight, _ = _checked(access, children, access)
    order = np.argsort(value, kind="stable")
    return value[order], weight[order]


def _checked(
    access: ArrayLike, children: ArrayLike, rank_by: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Rows with access, children and rank; the rest is no part of the comparison."""
    value, weight, rank = (np.asarray(a, dtype=np.float64) for a in (access, children, rank_by))
    if not value.shape == weight.shape == rank.shape or value.ndim != 1:
        raise InputError(
            f"access, children and ranks must be as many: {value.shape}, {weight.shape}, {rank.shape}"
        )
    if not (np.isfinite(weight).all() and (weight >= 0).all()) or (value < 0).any():
        raise InputError("access and children must be 0 or more")
    kept = np.isfinite(value) & np.isfinite(rank) & (weight > 0)
    return value[kept], weight[kept], rank[kept]

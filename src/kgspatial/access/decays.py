"""Distance decay: how much a place counts that is so far away, from 1 beside it to 0.

Imports from `errors`. Distances and parameters are in the unit of the travel matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol

import numpy as np

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Decay(Protocol):
    """Weights of distances: an array of distances to an array of weights between 0 and 1."""

    def __call__(self, distance: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Return the weight of each distance."""


def _check(decay: object) -> None:
    """Parameters are positive numbers; an optional limit may be None."""
    for field in fields(decay):  # type: ignore[arg-type]
        value = getattr(decay, field.name)
        if field.name == "limit" and value is None:
            continue
        if not (np.isfinite(value) and value > 0):
            name = type(decay).__name__
            raise InputError(f"{name}: {field.name} must be a positive number, not {value}")


def _within(weight: Floats, distance: Floats, limit: float | None) -> Floats:
    return weight if limit is None else np.where(distance <= limit, weight, 0.0)


@dataclass(frozen=True)
class Binary:
    """1 up to the limit, 0 beyond: a catchment with a sharp edge.

    Examples
    --------
    >>> Binary(500)(np.array([0.0, 500.0, 501.0]))
    array([1., 1., 0.])
    """

    limit: float

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        return np.where(distance <= self.limit, 1.0, 0.0)


@dataclass(frozen=True)
class Steps:
    """A weight for each zone: up to and with the first bound, the second, and so on; then 0.

    Parameters
    ----------
    bounds : tuple of float
        Outer edges of the zones, rising.
    weights : tuple of float
        One for each zone.

    References
    ----------
    Luo and Qi (2009), An enhanced two-step floating catchment area method. Health & Place 15:
    zones of 10, 20 and 30 minutes with weights 1, 0.68 and 0.22.

    Examples
    --------
    >>> Steps((300, 500), (1.0, 0.5))(np.array([300.0, 301.0, 501.0]))
    array([1. , 0.5, 0. ])
    """

    bounds: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip((0.0, *self.bounds), self.bounds, strict=False))
        if not 0 < len(self.bounds) < 255 or not rising or len(self.bounds) != len(self.weights):
            raise InputError(f"Steps: bounds must rise from above 0, one weight each: {self}")
        falling = all(a >= b for a, b in zip(self.weights, self.weights[1:], strict=False))
        if not falling or not all(np.isfinite(w) and w >= 0 for w in self.weights):
            raise InputError(f"Steps: weights must be 0 or more and not rise: {self.weights}")

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        passed = np.zeros(distance.shape, dtype=np.uint8)  # faster than searchsorted, few bounds
        for bound in self.bounds:
            passed += distance > bound
        return np.asarray(np.array([*self.weights, 0.0])[passed])


@dataclass(frozen=True)
class Linear:
    """Falls evenly from 1 beside the place to 0 at the limit.

    Examples
    --------
    >>> Linear(500)(np.array([0.0, 250.0, 600.0]))
    array([1. , 0.5, 0. ])
    """

    limit: float

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        return np.maximum(1.0 - distance / self.limit, 0.0)


@dataclass(frozen=True)
class Exponential:
    """exp(-rate x distance), 0 beyond an optional limit.

    References
    ----------
    Wilson (1971), A family of spatial interaction models. Environment and Planning 3.

    Examples
    --------
    >>> Exponential(0.002)(np.array([0.0, 500.0])).round(3)
    array([1.   , 0.368])
    """

    rate: float
    limit: float | None = None

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        return _within(np.exp(-self.rate * distance), distance, self.limit)


@dataclass(frozen=True)
class Gaussian:
    """exp(-distance² / (2 bandwidth²)), 0 beyond an optional limit.

    Examples
    --------
    >>> Gaussian(500)(np.array([0.0, 500.0])).round(3)
    array([1.   , 0.607])
    """

    bandwidth: float
    limit: float | None = None

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        weight = np.exp(-0.5 * (distance / self.bandwidth) ** 2)
        return _within(weight, distance, self.limit)


@dataclass(frozen=True)
class GaussianToLimit:
    """A Gaussian that is 1 beside the place and just 0 at the limit (高斯两步移动搜索法).

    References
    ----------
    Dai (2010), Black residential segregation, disparities in spatial access to health care
    facilities. Health & Place 16: (exp(-x²/2) - exp(-1/2)) / (1 - exp(-1/2)), x = distance / limit.

    Examples
    --------
    >>> GaussianToLimit(500)(np.array([0.0, 250.0, 500.0])).round(3)
    array([1.   , 0.701, 0.   ])
    """

    limit: float

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        edge = np.exp(-0.5)
        weight = (np.exp(-0.5 * (distance / self.limit) ** 2) - edge) / (1.0 - edge)
        return np.asarray(np.maximum(weight, 0.0))


@dataclass(frozen=True)
class Power:
    """(distance / scale)^-exponent, 1 within the scale, 0 beyond an optional limit.

    A plain power is infinite at distance 0; here nothing counts more than 1.

    References
    ----------
    Hansen (1959), How accessibility shapes land use. Journal of the American Institute of
    Planners 25.

    Examples
    --------
    >>> Power(2.0, scale=100)(np.array([0.0, 100.0, 200.0]))
    array([1.  , 1.  , 0.25])
    """

    exponent: float
    scale: float = 1.0
    limit: float | None = None

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        ratio: Floats = np.maximum(distance / self.scale, 1.0)
        weight: Floats = np.exp(-self.exponent * np.log(ratio))
        return _within(weight, distance, self.limit)


@dataclass(frozen=True)
class Logistic:
    """Falls slowly, then fast around the midpoint, then slowly (logistic), from 1 beside the place.

    Parameters
    ----------
    midpoint : float
        Distance at which it falls fastest.
    spread : float
        Standard deviation: the larger, the gentler the fall.
    limit : float, optional
        0 beyond it.

    References
    ----------
    Bauer and Groneberg (2016), Measuring spatial accessibility of health care providers.
    PLoS ONE 11: e0159148.

    Examples
    --------
    >>> Logistic(500, 100)(np.array([0.0, 500.0])).round(3)
    array([1. , 0.5])
    """

    midpoint: float
    spread: float
    limit: float | None = None

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, distance: Floats) -> Floats:
        """Return the weight of each distance."""
        steepness = np.pi / (self.spread * np.sqrt(3.0))
        with np.errstate(over="ignore"):
            weight = 1.0 / (1.0 + np.exp(steepness * (distance - self.midpoint)))
        weight *= 1.0 + np.exp(-steepness * self.midpoint)  # 1 at distance 0
        return _within(weight, distance, self.limit)

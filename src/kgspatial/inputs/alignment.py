"""Which displacement brings points of one layer onto what they belong to in another, if any does.

Imports nothing of kgspatial. The judge is a map laid over another: at the right place the points
are much nearer than at any other place that is tried, and nearer than anywhere around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import STRtree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

REACH_M = 400.0
"""A point that comes no nearer than this at any place that is tried lies elsewhere: it tells nothing."""

AROUND_M = (250.0, 400.0)
"""Radii of the rings around the best place: a lucky fit has equals there, a true one has none.
Wider than a community, narrower than the shifts."""

RING = 12
"""Places tried on each ring."""

NEAR_M = 150.0
"""Mean distance at the right place; half an estate's width, or a block behind a street."""

LEAST_RATIO = 0.8
"""At any other place the mean distance is larger by at least this much."""

LEAST_ERRORS = 2.0
"""... and by this many standard errors of the mean difference."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Points of one layer, and what they should be near in another, in one CRS in metres.

    Parameters
    ----------
    points_of, shapes_of : str
        The two layers.
    relation : str
        What the shapes are to the points, for messages.
    at_least : int
        Fewer points tell nothing.
    xy : ndarray, n x 2
        The points.
    shapes : STRtree or ndarray of n shapes
        A tree where any of the shapes will do, or each point's own shape.
    """

    points_of: str
    shapes_of: str
    relation: str
    at_least: int
    xy: Points
    shapes: STRtree | NDArray[np.object_]

    def distances(self, xy: Points) -> NDArray[np.float64]:
        """Distance in metres of each point, displaced to `xy`, from what it belongs to."""
        points = shapely.points(xy)
        if not isinstance(self.shapes, STRtree):
            return np.asarray(shapely.distance(points, self.shapes))
        apart = np.full(len(points), np.inf)
        found, apart_found = self.shapes.query_nearest(
            points, return_distance=True, all_matches=False
        )
        apart[found[0]] = apart_found
        return apart


@dataclass(frozen=True)
class Fit:
    """The place at which the points fit: its number, how many of them tell so, mean distances."""

    place: int
    points: int
    before_m: float
    after_m: float


def best_fit(comparison: Comparison, places: list[Points]) -> Fit | None:
    """Return the place at which the points fit what they belong to, or None when none stands out.

    Parameters
    ----------
    comparison : Comparison
        The points and the shapes.
    places : list of ndarray
        The points as they are, then displaced in each way that is tried.
    """
    if len(comparison.xy) < comparison.at_least:
        return None
    tried = np.stack([comparison.distances(xy) for xy in places])
    best = int(np.minimum(tried, REACH_M).mean(axis=1).argmin())
    around = [comparison.distances(places[best] + step) for step in _rings()]
    every = np.vstack([tried, *around])
    told = every.min(axis=0) <= REACH_M
    every = every[:, told]
    if told.sum() < comparison.at_least or not _stands_out(every, best):
        return None
    before, after = every[0].mean(), every[best].mean()
    return Fit(best, int(told.sum()), float(before), float(after))


def _rings() -> Points:
    angles = 2 * np.pi * np.arange(RING) / RING
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.vstack([radius * circle for radius in AROUND_M])


def _stands_out(distances: NDArray[np.float64], best: int) -> bool:
    """Whether one row of distances is smaller than every other, in mean and beyond chance."""
    here = distances[best]
    gains = np.delete(distances, best, axis=0) - here
    gain = gains.mean(axis=1)
    error = gains.std(axis=1, ddof=1) / np.sqrt(gains.shape[1])
    small = here.mean() <= NEAR_M and bool((gain > 0.0).all())
    return (
        small
        and bool((here.mean() <= LEAST_RATIO * (here.mean() + gain)).all())
        and bool((gain >= LEAST_ERRORS * error).all())
    )

"""Which displacement brings points of one layer onto what they belong to in another, if any does.

Imports nothing of kgspatial. The judge works as an eye that lays one map over another: at the right
place many more points are near than at any other place that is tried, and than anywhere around it.
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
    Distances = NDArray[np.float64]

NEAR_M = 50.0
"""Nearness falls with exp(-distance / this): a point far from everything then weighs as little as
one not so far, and a few misplaced ones do not hide what the others tell."""

REACH_M = 400.0
"""A point that comes no nearer than this at any place that is tried tells nothing."""

AROUND_M = (250.0, 400.0)
"""Radii of the rings around the best place. A chance fit has its like there, a true one has none:
they are wider than most estates, and narrower than the shifts."""

RING = 12
"""Places tried on each ring."""

LEAST_GAIN = 0.05
"""By how much the mean nearness at the right place exceeds that at any other place, and ..."""

LEAST_ERRORS = 2.0
"""... by how many standard errors of the mean difference over the points. Of 15,000 simulated towns
in which points and shapes had nothing to do with each other, one passed both."""


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
        A tree where any of its shapes will do, or each point's own shape.
    least_gain : float
        Mean nearness that a displacement costs at least, from 0 to 1.
    """

    points_of: str
    shapes_of: str
    relation: str
    at_least: int
    xy: Points
    shapes: STRtree | NDArray[np.object_]
    least_gain: float = LEAST_GAIN

    def distances(self, xy: Points) -> Distances:
        """Distance in metres of each point, displaced to `xy`, from what it belongs to."""
        points = np.asarray(shapely.points(xy))
        if not isinstance(self.shapes, STRtree):
            return np.asarray(shapely.distance(points, self.shapes))
        apart = np.full(len(points), np.inf)
        (row, _), found = self.shapes.query_nearest(points, return_distance=True, all_matches=False)
        apart[row] = found
        return apart


@dataclass(frozen=True)
class Fit:
    """The place at which points fit: its number, how many points tell so, mean distances."""

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
    places : list of ndarray, n x 2
        The points as they are, and displaced in each way that is tried.
    """
    if len(comparison.xy) < comparison.at_least:
        return None
    tried = np.stack([comparison.distances(xy) for xy in places])
    best = int(_nearness(tried).mean(axis=1).argmax())
    around = [comparison.distances(places[best] + step) for step in _rings()]
    every = np.vstack([tried, *around])
    every = every[:, every.min(axis=0) <= REACH_M]
    points = every.shape[1]
    if points < comparison.at_least:
        return None
    if not _stands_out(_nearness(every), best, comparison.least_gain):
        return None
    return Fit(best, points, float(every[0].mean()), float(every[best].mean()))


def _nearness(distances: Distances) -> NDArray[np.float64]:
    return np.exp(-distances / NEAR_M)


def _rings() -> Points:
    angles = 2 * np.pi * np.arange(RING) / RING
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.vstack([radius * circle for radius in AROUND_M])


def _stands_out(nearness: NDArray[np.float64], best: int, least_gain: float) -> bool:
    """Whether the points are nearer at one place than at each other one, and beyond chance."""
    gains = nearness[best] - np.delete(nearness, best, axis=0)
    gain = gains.mean(axis=1)
    error = gains.std(axis=1, ddof=1) / np.sqrt(gains.shape[1])
    return bool((gain >= np.maximum(least_gain, LEAST_ERRORS * error)).all())

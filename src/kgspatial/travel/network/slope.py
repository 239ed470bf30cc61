"""Slopes: a walk that climbs counts as the level walk that takes as long.

Imports from `network`, `layers`, `inputs.problems`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from kgspatial.inputs.problems import Problem, joined_problems, problem_table
from kgspatial.layers import ELEVATION, Elevation
from kgspatial.travel.network.network import StreetNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEEPNESS, DOWNHILL = 3.5, 0.05
"""Tobler (1993): speed = 6 exp(-3.5 |slope + 0.05|) km/h, fastest slightly downhill."""

STEEPEST = 0.6
"""Streets are not steeper; more than this is an error of the raster, such as a roof or a cliff."""

SHORTEST_M = 20.0
"""Heights are compared over pieces no shorter than this: closer, their errors look like slopes."""


def with_slopes(network: StreetNetwork, elevation: Elevation) -> StreetNetwork:
    """Count the metres of each edge by the time that its slopes take.

    Parameters
    ----------
    network : StreetNetwork
        Its ``metres`` are multiplied by at least 1.
    elevation : Elevation
        Heights in any CRS. Beyond them, and where they hold no data, streets are level.

    Returns
    -------
    StreetNetwork
        A child is walked there and back: the mean of both ways counts, so that the way from a to
        b is as long as that from b to a.

    Notes
    -----
    Heights are interpolated between cell centres at pieces of about a cell along each edge;
    bridges and tunnels rise evenly between their ends. The hiking function was fitted to adults;
    nothing comparable is known for children of four, whom slopes will hardly slow down less.

    References
    ----------
    Tobler (1993), Three presentations on geographical analysis and modeling, NCGIA report 93-1.
    """
    if not len(network.shapes):
        return network
    length = shapely.length(network.shapes)
    base = max(_cell_m(elevation), SHORTEST_M)
    pieces = np.maximum(np.rint(length / base), 1).astype(np.int64)
    pieces[network.spans] = 1
    edge = np.repeat(np.arange(len(length)), pieces + 1)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces + 1) - (pieces + 1), pieces + 1)
    at = shapely.line_interpolate_point(network.shapes[edge], step / pieces[edge], normalized=True)
    stretch = np.where(network.spans, 1.0, np.maximum(base / length, 1.0))
    height = heights_at(elevation, _stretched(at, edge, stretch), network.crs)
    height = _spanned(network, height, edge, length)
    inner = np.diff(edge) == 0
    slope = np.diff(height)[inner] / (length * stretch / pieces)[edge[1:][inner]]
    known = np.isfinite(slope)
    factor = np.where(known, level_metres(np.where(known, slope, 0.0)), 1.0)
    mean = np.bincount(edge[1:][inner], factor, minlength=len(length)) / pieces
    problems = _unknown(int((~known).sum()), len(known), elevation)
    return replace(
        network,
        metres=network.metres * mean,
        problems=joined_problems(network.problems, problem_table(problems)),
    )


def level_metres(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the level metres that take as long as a metre up and a metre down a slope, halved.

    Parameters
    ----------
    slope : ndarray of float
        Rise over run; the sign does not matter. More than 0.6 counts as 0.6.

    Examples
    --------
    >>> level_metres(np.array([0.0, 0.1, -0.1])).round(3)
    array([1.  , 1.21, 1.21])
    """
    steep = np.minimum(np.abs(slope), STEEPEST)
    up = np.exp(STEEPNESS * (steep + DOWNHILL))
    down = np.exp(STEEPNESS * np.abs(DOWNHILL - steep))
    return np.asarray((up + down) / 2.0 / np.exp(STEEPNESS * DOWNHILL))


def heights_at(elevation: Elevation, points: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
    """Return heights at points, interpolated between the centres of four cells.

    Parameters
    ----------
    elevation : Elevation
        The raster.
    points : ndarray of float, shape (n, 2)
        Coordinates in `crs`.
    crs : pyproj.CRS
        Of the points.

    Returns
    -------
    ndarray of float, shape (n,)
        Metres; nan beyond the cell centres of the border, and beside cells without data.
    """
    grid = elevation.grid
    x, y = points.T
    if grid.crs != crs:
        x, y = Transformer.from_crs(crs, grid.crs, always_xy=True).transform(x, y)
    t, (rows, columns) = grid.transform, grid.shape
    column, row = (x - t.c) / t.a - 0.5, (y - t.f) / t.e - 0.5
    inside = (column >= 0) & (column <= columns - 1) & (row >= 0) & (row <= rows - 1)
    left = np.clip(np.floor(np.where(inside, column, 0)), 0, max(columns - 2, 0)).astype(np.int64)
    top = np.clip(np.floor(np.where(inside, row, 0)), 0, max(rows - 2, 0)).astype(np.int64)
    right, below = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    u, v = column - left, row - top
    z = elevation.values
    upper = z[top, left] * (1 - u) + z[top, right] * u
    lower = z[below, left] * (1 - u) + z[below, right] * u
    return np.where(inside, upper * (1 - v) + lower * v, np.nan)


def _stretched(at: NDArray[np.object_], edge: NDArray[np.int64], stretch: Floats) -> Floats:
    """Coordinates, those of short edges moved away from the middle of their two ends."""
    xy = shapely.get_coordinates(at)
    middle = np.column_stack([np.bincount(edge, c) / np.bincount(edge) for c in xy.T])[edge]
    return np.where(stretch[edge, None] > 1.0, middle + (xy - middle) * stretch[edge, None], xy)


def _spanned(
    network: StreetNetwork, height: Floats, edge: NDArray[np.int64], length: Floats
) -> Floats:
    """Heights, where nodes amid a bridge or tunnel lie evenly between those that touch the ground.

    OpenStreetMap cuts bridges wherever a tag changes: what the raster holds there is the river.
    """
    spans, count = network.spans, len(network.nodes)
    ends = np.concatenate([network.tail[spans], network.head[spans]])
    grounded = np.bincount(ends, minlength=count) <= 1
    grounded[network.tail[~spans]] = grounded[network.head[~spans]] = True
    if grounded[ends].all():
        return height
    first = np.flatnonzero(spans[edge] & np.append(np.diff(edge) == 0, False))
    z = np.full(count, np.nan)
    z[network.tail[spans]], z[network.head[spans]] = height[first], height[first + 1]
    z = _even(network.tail[spans], network.head[spans], 1.0 / length[spans], z, grounded)
    found = height.copy()
    found[first], found[first + 1] = z[network.tail[spans]], z[network.head[spans]]
    return found


def _even(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    weight: Floats,
    z: Floats,
    grounded: NDArray[np.bool_],
) -> Floats:
    """Heights at which each node aloft is the mean of its neighbours, the nearer the heavier."""
    count = len(z)
    links = sparse.csr_array((weight, (tail, head)), shape=(count, count))
    links = (links + links.T).tocsr()
    held = grounded & np.isfinite(z)
    _, part = connected_components(links, directed=False)
    sought = np.flatnonzero(~held & np.isin(part, part[held]))
    pull = links[sought]
    inner: Any = sparse.diags(pull.sum(axis=1), format="csr") - pull[:, sought]
    found = np.where(grounded, z, np.nan)
    aloft = ~grounded[sought]
    solved = np.asarray(spsolve(inner.tocsc(), pull[:, held] @ z[held]))
    found[sought[aloft]] = solved[aloft]
    return found


def _cell_m(elevation: Elevation) -> float:
    """Side of a cell on the ground."""
    return float(np.sqrt(np.median(elevation.grid.cell_areas_m2())))


def _unknown(missing: int, pieces: int, elevation: Elevation) -> list[Problem]:
    if not missing:
        return []
    text = f"{missing} of {pieces} pieces of street lie where it holds no heights"
    done = "counted as level"
    return [Problem(ELEVATION, "no_height", text, done, "warning", elevation.source)]

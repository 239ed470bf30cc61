"""Lattices: points that lie row by row and column by column, as the cells of a grid do.

Imports from `_kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

FEWEST = 500
"""Fewer points than this are looked up in a tree before a lattice is recognised."""

EMPTIEST = 50
"""Places of a lattice per point, at most: a few cells over a province are no lattice to store."""

OFF = 1e-6
"""How far a point may lie off its place, as a share of the step: rounding of coordinates."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Places in rows and columns: which point stands at each, -1 for none."""

    slot: NDArray[np.int32]
    corner: Floats
    step: Floats


def lattice_of(points: NDArray[np.float64]) -> Lattice | None:
    """Return the lattice on which all points lie, each at a place of its own; None if there is none.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        Coordinates in metres.
    """
    if len(points) < FEWEST:
        return None
    numbers, steps, corners = [], [], []
    for values in points.T:
        found = _on_axis(values)
        if found is None:
            return None
        number, corner, step = found
        numbers.append(number)
        corners.append(corner)
        steps.append(step)
    column, row = numbers
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    if shape[0] * shape[1] > EMPTIEST * len(points):
        return None
    slot = np.full(shape, -1, dtype=np.int32)
    slot[row, column] = np.arange(len(points))
    if np.count_nonzero(slot >= 0) != len(points):
        return None
    return Lattice(slot, np.array(corners), np.array(steps))


def _on_axis(values: Floats) -> tuple[Ints, float, float] | None:
    """Number of each value on an axis of equal steps, the axis' first value and its step."""
    distinct = np.unique(values)
    gaps = np.diff(distinct)
    if not len(gaps):
        return None
    step = float(np.median(gaps))
    near = gaps[gaps > step * 0.5]  # values that rounding has parted leave tiny gaps
    if not len(near):
        return None
    step = float(near.min())
    number = np.rint((values - distinct[0]) / step)
    if number.max() > np.iinfo(np.int32).max:
        return None
    span = max(number.max(), 1.0)
    step = float((values.max() - distinct[0]) / span)
    if np.abs(values - distinct[0] - number * step).max() > OFF * step:
        return None
    return number.astype(np.int64), float(distinct[0]), step


def pairs_in_windows(
    lattice: Lattice, start: NDArray[np.float64], end: NDArray[np.float64], radius: float
) -> sparse.csr_array:
    """Return the metres between points of a lattice and other points within `radius`.

    Parameters
    ----------
    lattice : Lattice
        Of the origins.
    start, end : ndarray of float, shapes (n, 2) and (m, 2)
        Origins and destinations.
    radius : float
        Metres; a pair at just this distance is in.

    Returns
    -------
    csr_array, shape (n, m)
        A distance of 0 is a stored entry.
    """
    from kgspatial.travel._kernels import window_pairs

    pointer, columns, metres = window_pairs(
        lattice.slot, lattice.corner, lattice.step, start, end, radius
    )
    return sparse.csr_array((metres, columns, pointer), shape=(len(start), len(end)))

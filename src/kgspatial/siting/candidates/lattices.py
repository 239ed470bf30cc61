"""Lattices of points in the plane: hexagonal and square, the nodes near given points.

Imports from `errors`. Nodes are counted from the origin of the CRS, so that they lie where they lie
whatever the demand is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_NODES = 4_000_000
"""A lattice with more nodes over the area is a slip of the unit of its spacing."""


@dataclass(frozen=True)
class Lattice:
    """A lattice: its prefix for ids, where nodes lie, and whose cell a point is in.

    Parameters
    ----------
    name : str
        Prefix of the ids of nodes.
    radius : float
        From a node to the farthest point of its cell, in spacings.
    row_height : float
        From one row of nodes to the next, in spacings.
    slant : float
        By how much of the spacing each row is shifted against the one before.
    cell_of : callable
        Of x and y in spacings: the two numbers of the node whose cell holds each point.
    """

    name: str
    radius: float
    row_height: float
    slant: float
    cell_of: Callable[[Floats, Floats], tuple[Ints, Ints]]

    def places(self, nodes: Ints, spacing: float) -> Floats:
        """Return the x and y of nodes, given by their two numbers."""
        x = (nodes[:, 0] + self.slant * nodes[:, 1]) * spacing
        return np.column_stack((x, nodes[:, 1] * self.row_height * spacing))


def nodes_near(lattice: Lattice, xy: Floats, spacing: float, radius_m: float) -> Ints:
    """Return the nodes within a distance of any of the points, in the order of their numbers.

    Parameters
    ----------
    lattice : Lattice
        Its kind.
    xy : ndarray, shape (points, 2)
        Metres.
    spacing : float
        Metres from a node to the next.
    radius_m : float
        Metres; nodes at this distance count as near.

    Raises
    ------
    InputError
        When the spacing is so small that there would be millions of nodes.

    Examples
    --------
    >>> nodes_near(SQUARES, np.array([[120.0, 80.0]]), 100.0, 71.0)
    array([[1, 1]])
    """
    if not len(xy):
        return np.zeros((0, 2), dtype=np.int64)
    height = lattice.row_height * spacing
    low, high = xy.min(axis=0) - radius_m, xy.max(axis=0) + radius_m
    rows = np.arange(np.ceil(low[1] / height), np.floor(high[1] / height) + 1)
    width = int((high[0] - low[0]) / spacing) + 2
    if len(rows) * width > MOST_NODES:
        raise InputError(
            f"candidates every {spacing:g} m over this area would be more than {MOST_NODES:,}",
            column="siting.spacing_m",
            hint="It is in metres; 300 to 1000 is usual.",
        )
    first = np.ceil(low[0] / spacing - lattice.slant * rows)
    across = (first[:, None] + np.arange(width)).astype(np.int64)
    nodes = np.column_stack((across.ravel(), np.repeat(rows.astype(np.int64), width)))
    away, _ = cKDTree(xy).query(lattice.places(nodes, spacing))
    near: Ints = nodes[away <= radius_m]
    return near[np.lexsort((near[:, 1], near[:, 0]))]


def hexagon_of(x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Axial coordinates of the hexagon that holds each point; centres lie 1 apart."""
    side = 1.0 / np.sqrt(3.0)
    q, r = (np.sqrt(3.0) / 3.0 * x - y / 3.0) / side, (2.0 / 3.0 * y) / side
    s = -q - r
    rq, rr, rs = np.rint(q), np.rint(r), np.rint(s)
    dq, dr, ds = np.abs(rq - q), np.abs(rr - r), np.abs(rs - s)
    fix_q = (dq > dr) & (dq > ds)
    fix_r = ~fix_q & (dr > ds)
    rq = np.where(fix_q, -rr - rs, rq)
    rr = np.where(fix_r, -rq - rs, rr)
    return rq.astype(np.int64), rr.astype(np.int64)


def square_of(x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Numbers of the square around a node that holds each point; nodes lie 1 apart."""
    return np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)


HEXAGONS = Lattice("hex", 1.0 / np.sqrt(3.0), np.sqrt(3.0) / 2.0, 0.5, hexagon_of)
SQUARES = Lattice("grid", np.sqrt(0.5), 1.0, 0.0, square_of)

"""`StreetNetwork`: the walking network as arrays, and `Entrances`: where points meet it.

Imports from `inputs.problems`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.inputs.problems import problem_table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS


def _no_lines() -> NDArray[np.object_]:
    return np.zeros(0, dtype=object)


@dataclass(frozen=True, eq=False, repr=False)
class StreetNetwork:
    """Streets on which people walk, both ways, as nodes and edges.

    Parameters
    ----------
    crs : pyproj.CRS
        Projected, metres.
    nodes : ndarray of float, shape (n, 2)
        Ends and junctions.
    tail, head : ndarray of int, shape (m,)
        Nodes at the two ends of each edge. Two edges may join the same nodes, an edge may be a
        loop.
    metres : ndarray of float, shape (m,)
        What the walk along each edge counts: its length, or more where it climbs.
    shapes : ndarray of LineString, shape (m,)
        Each edge from tail to head; a place on it is told by its share of the length.
    rows : ndarray of int, shape (m,)
        Position in the streets layer of the line that each edge is a part of.
    spans : ndarray of bool, shape (m,)
        Bridges and tunnels: they pass barriers and do not follow the ground.
    barriers : ndarray of LineString or MultiLineString
        Lines that no walk to a street crosses.
    problems : DataFrame
        What was found while the network was made.
    """

    crs: CRS
    nodes: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    metres: NDArray[np.float64]
    shapes: NDArray[np.object_]
    rows: NDArray[np.int64]
    spans: NDArray[np.bool_]
    barriers: NDArray[np.object_] = field(default_factory=_no_lines)
    problems: pd.DataFrame = field(default_factory=lambda: problem_table([]))

    @cached_property
    def csr(self) -> sparse.csr_array:
        """Nodes x nodes, metres, symmetric; of two edges between the same nodes both are there."""
        order = np.argsort(np.concatenate([self.tail, self.head]), kind="stable")
        starts = np.concatenate([self.tail, self.head])
        ends = np.concatenate([self.head, self.tail])[order]
        counts = np.bincount(starts, minlength=len(self.nodes))
        indptr = np.concatenate([[0], np.cumsum(counts)])
        both = np.concatenate([self.metres, self.metres])[order]
        shape = (len(self.nodes), len(self.nodes))
        return sparse.csr_array((both, ends, indptr), shape=shape)

    @cached_property
    def component(self) -> NDArray[np.int64]:
        """Number of the connected part that each node belongs to; the largest part is 0."""
        _, label = connected_components(self.csr, directed=False)
        first, size = np.unique(label, return_counts=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.lexsort((first, -size))] = np.arange(len(first))
        return rank[label]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index of `shapes`."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def barrier_tree(self) -> shapely.STRtree:
        """Spatial index of `barriers`."""
        return shapely.STRtree(self.barriers)

    def __repr__(self) -> str:
        parts = len(np.unique(self.component)) if len(self.nodes) else 0
        return (
            f"<StreetNetwork: {len(self.nodes)} nodes, {len(self.tail)} edges, "
            f"{self.metres.sum() / 1000:,.1f} km, {parts} connected parts>"
        )


@dataclass(frozen=True, eq=False)
class Entrances:
    """Where the points of a layer meet the network: one row each, several for a community.

    Parameters
    ----------
    point : ndarray of int, shape (k,)
        Position in the layer.
    edge : ndarray of int, shape (k,)
        Edge of the network.
    share : ndarray of float, shape (k,)
        Place on the edge: 0 at its tail, 1 at its head.
    walk_m : ndarray of float, shape (k,)
        Metres from the point to that place, through the gate where there is one.
    count : int
        Number of points in the layer.
    unsnapped : DataFrame
        Points without an entrance: ``point``, ``reason``, ``street_m``.
    problems : DataFrame
        Gates that could not be used.
    """

    point: NDArray[np.int64]
    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    walk_m: NDArray[np.float64]
    count: int
    unsnapped: pd.DataFrame
    problems: pd.DataFrame = field(default_factory=lambda: problem_table([]))


def points_lost(
    point: NDArray[np.int64], reason: list[str], street_m: NDArray[np.float64]
) -> pd.DataFrame:
    """Rows of :attr:`Entrances.unsnapped`."""
    table = pd.DataFrame({"point": point, "reason": reason, "street_m": street_m})
    return table.astype({"point": np.int64, "reason": object, "street_m": np.float64})

"""`street_network`: from lines to a network of nodes and edges on which people walk.

Imports from `walked`, `barriers`, `loose_ends`, `noding`, `joints`, `network`, `inputs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np

from kgspatial.inputs.coordinates.crs import check_metric
from kgspatial.inputs.osm.read import is_osm
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.inputs.settings import Crossings
from kgspatial.travel.network.barriers import (
    barrier_crossings,
    barrier_lines,
    parted_nodes,
    streets_along,
)
from kgspatial.travel.network.joints import Breaks, Lines, meeting_breaks, vertex_breaks
from kgspatial.travel.network.loose_ends import loose_breaks
from kgspatial.travel.network.network import StreetNetwork
from kgspatial.travel.network.noding import pieces, stops_of
from kgspatial.travel.network.segments import SAME_M
from kgspatial.travel.network.walked import (
    barrier_rows,
    check_lines,
    closed_rows,
    length_ratios,
    note,
    walked_lines,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


SQUARE_M = 500.0
"""A walk stays within a few squares of this side; measured, twice as fast as west to east."""


def street_network(streets: gpd.GeoDataFrame, *, crossings: Crossings = "auto") -> StreetNetwork:
    """Make a walking network of street lines.

    Parameters
    ----------
    streets : GeoDataFrame
        Lines in a projected CRS in metres, with the columns of the streets layer, all optional.
        Rows with a ``barrier`` are no streets: they cut what crosses them, bridges and tunnels
        excepted. ``highway``, ``foot`` and ``access`` close streets as in OpenStreetMap (motorways,
        ``foot=no``); footways and stairs are kept. ``length_m`` is what the walk counts where it
        is between half and twice the drawn length.
    crossings : {"auto", "at_grade", "shared"}
        ``shared``: lines join where they share a vertex, as OpenStreetMap means it. ``at_grade``:
        also where they cross, and where an end meets another line or misses it by 0.5 m or less.
        ``auto``: ``shared`` for layers that were read from OpenStreetMap, ``at_grade`` for all
        others.

    Returns
    -------
    StreetNetwork
        Nodes at ends, junctions and crossings, by squares of 500 m, west to east in each; edges in the order of the rows and
        along them. Parts that are not joined stay apart.

    Raises
    ------
    InputError
        When the CRS is not projected in metres, or a row is no line.

    Notes
    -----
    At grade, bridges and tunnels, and lines whose ``level`` differs, do not join what they cross,
    only what shares a vertex with them. A bridge lands on the line that its end meets, unless
    only other bridges meet there; a street that ends under a bridge does not join it. Nothing
    tells a bridge from the street below where a drawing cuts both at their crossing.

    An end that just misses a line joins it unless streets lead there in less than 2 m, or a
    barrier lies between. What arrives at a barrier on different sides is not joined there, unless
    a bridge or a tunnel begins at that place; a barrier that ends on a street does not cut it.
    A street that runs on a barrier itself is joined to neither side, and listed.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = [LineString([(0, 0), (200, 0)]), LineString([(100, -50), (100, 50)])]
    >>> street_network(gpd.GeoDataFrame(geometry=lines, crs=4549))
    <StreetNetwork: 5 nodes, 4 edges, 0.3 km, 1 connected parts>
    """
    crs = check_metric(cast("CRS", streets.crs))
    check_lines(streets)
    cutting = barrier_rows(streets)
    closed, found = closed_rows(streets[~cutting])
    rows = np.flatnonzero(~cutting)[~closed]
    ratio, odd = length_ratios(streets, rows)
    lines = walked_lines(streets, rows)
    barriers = barrier_lines(streets.geometry.to_numpy()[cutting])
    crossed = barrier_crossings(lines, barriers)
    breaks = _breaks(lines, barriers, at_grade=_joins_at_grade(streets, crossings))
    stops = stops_of(lines, Breaks.joined([breaks, crossed.breaks]))
    shapes = pieces(lines, stops)
    tail, head, old = parted_nodes(lines, stops, shapes, crossed)
    tail, head, nodes = _by_squares(tail, head, _place_of_nodes(stops.node, stops.xy)[old])
    first = stops.first
    line = stops.line[first]
    metres = (stops.along[first + 1] - stops.along[first]) * ratio[lines.row[line]]
    problems = problem_table(
        found + odd + _along(streets, lines.row[streets_along(lines, barriers)])
    )
    return StreetNetwork(
        crs,
        nodes,
        tail,
        head,
        metres,
        shapes,
        lines.row[line],
        lines.spans[line],
        barriers,
        problems,
    )


def _joins_at_grade(streets: gpd.GeoDataFrame, crossings: Crossings) -> bool:
    if crossings == "auto":
        return not is_osm(Path(str(streets.attrs.get("source", ""))))
    return crossings == "at_grade"


def _breaks(lines: Lines, barriers: NDArray[np.object_], *, at_grade: bool) -> Breaks:
    """Where lines join."""
    shared = vertex_breaks(lines)
    if not at_grade:
        return shared
    exact = Breaks.joined([shared, meeting_breaks(lines)])
    return Breaks.joined([exact, loose_breaks(lines, exact, barriers)])


def _place_of_nodes(node: Ints, xy: Floats) -> Floats:
    """Of stops that are one node, the most western place."""
    order = _order(xy)
    _, west = np.unique(node[order], return_index=True)
    return np.asarray(xy[order[west]])


def _order(xy: Floats) -> Ints:
    """West to east, then south to north, to the millimetre: more would be rounding errors."""
    x, y = np.rint(xy / SAME_M).T
    return np.lexsort((y, x))


def _by_squares(tail: Ints, head: Ints, nodes: Floats) -> tuple[Ints, Ints, Floats]:
    """Numbers of nodes by squares, west to east within: near ones are near in memory as well.

    They do not depend on the order of the rows.
    """
    x, y = np.rint(nodes / SAME_M).T
    side = SQUARE_M / SAME_M
    order = np.lexsort((y, x, np.floor(y / side), np.floor(x / side)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[tail], rank[head], nodes[order]


def _along(streets: gpd.GeoDataFrame, rows: Ints) -> list[Problem]:
    """A finding on streets that lie on barriers."""
    if not len(rows):
        return []
    text = f"{len(np.unique(rows))} streets run on a barrier, on neither side of it"
    return [note(streets, "along_barrier", text, "joined to what leaves it on no side")]

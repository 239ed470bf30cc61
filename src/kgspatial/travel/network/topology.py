"""`street_network`: from lines to a network of nodes and edges on which people walk.

Imports from `barriers`, `joints`, `network`, `inputs`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.inputs.coordinates.crs import check_metric
from kgspatial.inputs.osm.read import is_osm
from kgspatial.inputs.osm.tags import closed_because
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.inputs.settings import Crossings
from kgspatial.travel.network.barriers import cut_by_barriers
from kgspatial.travel.network.joints import (
    SAME_M,
    Breaks,
    Lines,
    along,
    crossing_breaks,
    end_breaks,
    vertex_breaks,
)
from kgspatial.travel.network.network import StreetNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

CLOSED = ("forbidden", "needs_foot", "not_there", "no_street")
"""Reasons for which a street is not walked; a word that nobody knows closes none."""

LENGTH_RATIO = (0.5, 2.0)
"""A stated length outside these shares of the drawn one is no length in metres of that line."""


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
        also where they cross, and where an end comes within 0.5 m of another line, unless one of
        the two is a bridge or a tunnel or their ``level`` differs. ``auto``: ``shared`` for
        layers that were read from OpenStreetMap, ``at_grade`` for all others.

    Returns
    -------
    StreetNetwork
        Nodes at ends, junctions and crossings; parts that are not joined stay apart.

    Raises
    ------
    InputError
        When the CRS is not projected in metres.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = [LineString([(0, 0), (200, 0)]), LineString([(100, -50), (100, 50)])]
    >>> street_network(gpd.GeoDataFrame(geometry=lines, crs=4549))
    <StreetNetwork: 5 nodes, 4 edges, 0.3 km, 1 connected parts>
    """
    crs = check_metric(cast("CRS", streets.crs))
    barriers = _rows_with(streets, "barrier")
    closed, problems = _closed(streets[~barriers])
    walked = np.flatnonzero(~barriers)[~closed]
    lines = _lines(streets, walked, simple=_joins_at_grade(streets, crossings))
    ratio, odd = _length_ratios(streets, walked)
    network = _network(lines, _breaks(lines, _joins_at_grade(streets, crossings)), crs)
    network = replace(
        network,
        metres=network.metres * ratio[network.rows],
        problems=problem_table(problems + odd),
    )
    return cut_by_barriers(network, streets.geometry.to_numpy()[barriers])


def _rows_with(streets: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    if column not in streets:
        return np.zeros(len(streets), dtype=np.bool_)
    return streets[column].notna().to_numpy(dtype=np.bool_)


def _flags(streets: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    if column not in streets:
        return np.zeros(len(streets), dtype=np.bool_)
    return streets[column].astype("boolean").fillna(False).to_numpy(dtype=np.bool_)


def _joins_at_grade(streets: gpd.GeoDataFrame, crossings: Crossings) -> bool:
    if crossings == "auto":
        return not is_osm(Path(str(streets.attrs.get("source", ""))))
    return crossings == "at_grade"


def _closed(streets: gpd.GeoDataFrame) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Rows on which nobody walks, by their tags, and how many there are."""
    known = [c for c in ("highway", "foot", "access") if c in streets]
    if not known:
        return np.zeros(len(streets), dtype=np.bool_), []
    words = streets[known].astype("string").fillna("")
    kinds = words.drop_duplicates()
    shut = [
        closed_because({k: v for k, v in zip(known, row, strict=True) if v}) in CLOSED
        for row in kinds.itertuples(index=False)
    ]
    marks = words.merge(kinds.assign(shut=shut), on=known, how="left")["shut"]
    closed = marks.to_numpy(dtype=np.bool_)
    if not closed.any():
        return closed, []
    text = f"{closed.sum()} of {len(closed)} streets are closed to people on foot"
    return closed, [_problem(streets, "closed_streets", text, "not walked on")]


def _problem(streets: gpd.GeoDataFrame, code: str, text: str, done: str) -> Problem:
    return Problem("streets", code, text, done, "note", str(streets.attrs.get("source", "")))


def _length_ratios(streets: gpd.GeoDataFrame, walked: Ints) -> tuple[Floats, list[Problem]]:
    """What the walk counts over the drawn length, by row; 1 where nothing usable is stated."""
    ratio = np.ones(len(streets))
    if "length_m" not in streets:
        return ratio, []
    stated = pd.to_numeric(streets["length_m"], errors="coerce").to_numpy(dtype=np.float64)
    drawn = shapely.length(streets.geometry.to_numpy())
    found = np.divide(stated, drawn, out=np.full_like(drawn, np.nan), where=drawn > 0)[walked]
    usable = (found >= LENGTH_RATIO[0]) & (found <= LENGTH_RATIO[1])
    ratio[walked[usable]] = found[usable]
    odd = int((np.isfinite(found) & ~usable).sum())
    if not odd:
        return ratio, []
    text = f"length_m of {odd} streets is less than half or more than twice the drawn length"
    return ratio, [_problem(streets, "odd_lengths", text, "their drawn length is used")]


def _lines(streets: gpd.GeoDataFrame, walked: Ints, *, simple: bool) -> Lines:
    """Single lines without height and without repeated points; at grade none crosses itself."""
    flat = shapely.force_2d(streets.geometry.to_numpy()[walked])
    parts, index = shapely.get_parts(flat, return_index=True)
    spans = (_flags(streets, "bridge") | _flags(streets, "tunnel"))[walked]
    level = np.full(len(streets), np.nan)
    if "level" in streets:
        level = pd.to_numeric(streets["level"], errors="coerce").to_numpy(dtype=np.float64)
    if simple:
        parts, inner = shapely.get_parts(_noded(parts, spans[index]), return_index=True)
        index = index[inner]
    parts = shapely.remove_repeated_points(parts, SAME_M)
    long = shapely.length(parts) > SAME_M
    parts, index = parts[long], index[long]
    return Lines(parts, walked[index].astype(np.int64), spans[index], level[walked][index])


def _noded(parts: NDArray[np.object_], spans: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Lines that cross themselves at grade, cut there."""
    crossed = ~shapely.is_simple(parts) & ~spans
    noded = parts.copy()
    noded[crossed] = shapely.node(parts[crossed])
    return noded


def _breaks(lines: Lines, at_grade: bool) -> Breaks:
    shared = vertex_breaks(lines)
    if not at_grade:
        return shared
    tree = shapely.STRtree(lines.shapes)
    return Breaks.joined([shared, crossing_breaks(lines, tree), end_breaks(lines, tree)])


def _network(lines: Lines, breaks: Breaks, crs: CRS) -> StreetNetwork:
    """Nodes of joined breaks; edges between the breaks that follow each other on a line."""
    order = np.lexsort((breaks.along, breaks.line))
    line, at, xy = breaks.line[order], breaks.along[order], breaks.xy[order]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (np.diff(line) != 0) | (np.diff(at) > SAME_M)
    number = np.cumsum(fresh) - 1
    pairs = number[place[breaks.pairs]]
    line, at, xy = line[fresh], at[fresh], xy[fresh]
    node, nodes = _nodes(xy, pairs)
    first = np.flatnonzero(np.diff(line) == 0)
    shapes = _pieces(lines.shapes, line, at, xy, first)
    return StreetNetwork(
        crs, nodes, node[first], node[first + 1], at[first + 1] - at[first], shapes,
        lines.row[line[first]], lines.spans[line[first]],
    )  # fmt: skip


def _nodes(xy: Floats, pairs: Ints) -> tuple[Ints, Floats]:
    """Number of the node of each break, and the nodes' places, west to east."""
    count = len(xy)
    links = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count))
    _, label = connected_components(links, directed=False)
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    _, west = np.unique(label[order], return_index=True)
    chosen = order[west]
    rank = np.empty(len(chosen), dtype=np.int64)
    sorted_nodes = np.lexsort((xy[chosen, 1], xy[chosen, 0]))
    rank[sorted_nodes] = np.arange(len(chosen))
    return rank[label], xy[chosen[sorted_nodes]]


def _pieces(
    shapes: NDArray[np.object_], line: Ints, at: Floats, xy: Floats, first: Ints
) -> NDArray[np.object_]:
    """Each line cut at its breaks: from break `first` to the one after it."""
    corner_xy, corner_line = shapely.get_coordinates(shapes, return_index=True)
    corner_at = along(corner_xy, corner_line)
    keys = np.searchsorted(_keyed(line, at), _keyed(corner_line, corner_at))
    left, right = np.clip(keys - 1, 0, len(at) - 1), np.clip(keys, 0, len(at) - 1)
    inner = (np.abs(at[left] - corner_at) > SAME_M) | (line[left] != corner_line)
    inner &= (np.abs(at[right] - corner_at) > SAME_M) | (line[right] != corner_line)
    edge_of = np.full(len(at), -1, dtype=np.int64)
    edge_of[first] = np.arange(len(first))
    count = np.arange(len(first))
    edge = np.concatenate([count, edge_of[left[inner]], count])
    where = np.concatenate([at[first], corner_at[inner], at[first + 1]])
    all_xy = np.concatenate([xy[first], corner_xy[inner], xy[first + 1]])
    order = np.lexsort((where, edge))
    order = order[edge[order] >= 0]
    return np.asarray(shapely.linestrings(all_xy[order], indices=edge[order]), dtype=object)


def _keyed(line: Ints, at: Floats) -> Floats:
    """Line and place as one sortable number: a complex number sorts by its real part first."""
    return np.asarray(line + 1j * at)

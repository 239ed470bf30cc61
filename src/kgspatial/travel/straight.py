"""Straight-line travel: metres as the crow flies times a detour, cut by barriers.

Imports from `lattice`, `places`, `matrix`, `layers`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import is_metric
from kgspatial.layers import Grid
from kgspatial.travel.lattice import lattice_of, pairs_in_windows
from kgspatial.travel.matrix import TravelMatrix, csr_with_zeros
from kgspatial.travel.places import check_positive, ids_of, metric_crs, points_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    Floats = NDArray[np.float64]

PIECE_CORNERS = 50
"""Corners of a piece of barrier in the index; measured, and not sensitive."""


def straight(
    origins: gpd.GeoDataFrame | Grid,
    destinations: gpd.GeoDataFrame,
    *,
    limit_m: float,
    detour: float = 1.0,
    barriers: gpd.GeoDataFrame | None = None,
) -> TravelMatrix:
    """Straight-line distances between points, as a sparse matrix.

    Parameters
    ----------
    origins : GeoDataFrame or Grid
        Points in any declared CRS (polygons are taken at an inner point), or all cells of a grid.
        Ids come from the first of ``demand_id``, ``site_id``, ``kindergarten_id``,
        ``community_id``, ``village_id``, ``unit_id`` that is there, else from the index; those of
        cells are ``cell-ROW-COLUMN``.
    destinations : GeoDataFrame
        Points or polygons likewise.
    limit_m : float
        Pairs with more walking metres than this are absent.
    detour : float
        Walking metres per metre of straight line, at least 1.
    barriers : GeoDataFrame, optional
        Lines (a river, a railway) that cannot be crossed: a pair whose straight line meets one
        is absent.

    Returns
    -------
    TravelMatrix
        Metres in the CRS of the origins where distances in it are metres on the ground, else in
        one chosen from their area.

    Raises
    ------
    InputError
        When a layer has no CRS, or the limit or the detour cannot be used.

    Notes
    -----
    Origins on a lattice, as the cells of a projected grid are, are found by window arithmetic,
    all others in a k-d tree; the distances are the same.

    Examples
    --------
    >>> home = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500000], [2700000]), crs=4549)
    >>> school = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500300], [2700400]), crs=4549)
    >>> straight(home, school, limit_m=1000, detour=1.3)
    <TravelMatrix 1 x 1, 1 pairs within 1000 m, straight line x 1.3>
    """
    check_positive(limit_m, "limit")
    if not (np.isfinite(detour) and detour >= 1):
        raise InputError(f"the detour must be 1 or more, not {detour}")
    ids, start, is_cell, crs = _origins(origins)
    end = points_of(destinations, crs, "destinations")
    metres = _metres(start, is_cell, end, limit_m / detour)
    if barriers is not None and len(barriers):
        lines = barriers.geometry.to_crs(crs).to_numpy()
        metres = _without_crossings(metres, start, end, lines, limit_m / detour)
    metres.data = np.minimum(metres.data * detour, limit_m)
    count = 0 if barriers is None else len(barriers)
    return TravelMatrix(
        metres,
        ids,
        ids_of(destinations),
        limit_m,
        method=f"straight line x {detour:g}" + (", cut by barriers" if count else ""),
        provenance={
            "method": "straight",
            "limit_m": limit_m,
            "detour": detour,
            "barriers": count,
        },
    )


def _origins(
    origins: gpd.GeoDataFrame | Grid,
) -> tuple[NDArray[np.str_], Floats, NDArray[np.bool_], CRS]:
    """Ids, places and CRS of the origins, and which of them are cells of a grid."""
    if isinstance(origins, Grid) and is_metric(origins.crs):
        start = np.column_stack(origins.centres(np.arange(origins.size)))
        return _cell_ids(origins), start, np.ones(origins.size, dtype=np.bool_), origins.crs
    if isinstance(origins, Grid):
        points = gpd.points_from_xy(*origins.centres(np.arange(origins.size)), crs=origins.crs)
        origins = gpd.GeoDataFrame({"demand_id": _cell_ids(origins)}, geometry=points)
    crs = metric_crs(origins)
    is_cell = np.ones(len(origins), dtype=np.bool_)
    if "cell_number" in origins:
        is_cell = origins["cell_number"].to_numpy() >= 0
    return ids_of(origins), points_of(origins, crs, "origins"), is_cell, crs


def _cell_ids(grid: Grid) -> NDArray[np.str_]:
    rows, columns = grid.shape
    return np.char.add(
        np.repeat([f"cell-{r}-" for r in range(rows)], columns),
        np.tile([f"{c}" for c in range(columns)], rows),
    )


def _metres(
    start: Floats, is_cell: NDArray[np.bool_], end: Floats, radius: float
) -> sparse.csr_array:
    """Straight metres of all pairs within the radius; cells of a grid apart from the rest."""
    if is_cell.all():
        return _pairs(start, end, radius)
    order = np.concatenate([np.flatnonzero(is_cell), np.flatnonzero(~is_cell)])
    parts = [_pairs(start[is_cell], end, radius), _pairs(start[~is_cell], end, radius)]
    stacked = sparse.csr_array(sparse.vstack(parts, format="csr"))
    return sparse.csr_array(stacked[np.argsort(order)])


def _pairs(start: Floats, end: Floats, radius: float) -> sparse.csr_array:
    """Straight metres of all pairs within the radius: those of a lattice by windows."""
    if not len(start) or not len(end):
        return sparse.csr_array((len(start), len(end)))
    lattice = lattice_of(start)
    if lattice is not None:
        return pairs_in_windows(lattice, start, end, radius)
    beyond = radius * (1.0 + 1e-12)  # the tree compares squares, and would miss some just within
    found = cKDTree(start).sparse_distance_matrix(cKDTree(end), beyond, output_type="ndarray")
    found = found[found["v"] <= radius]
    return csr_with_zeros(found["i"], found["j"], found["v"], (len(start), len(end)))


def _without_crossings(
    metres: sparse.csr_array,
    start: Floats,
    end: Floats,
    barriers: NDArray[np.object_],
    radius: float,
) -> sparse.csr_array:
    """The matrix without the pairs whose straight line meets a barrier.

    Only pairs of destinations that have a barrier within the radius are looked at.
    """
    rows = np.repeat(np.arange(metres.shape[0]), np.diff(metres.indptr))
    columns = metres.indices
    tree = shapely.STRtree(_short_pieces(barriers))
    near, _ = tree.query(shapely.points(end), predicate="dwithin", distance=radius)
    asked = np.flatnonzero(np.isin(columns, near))
    lines = shapely.linestrings(np.stack([start[rows[asked]], end[columns[asked]]], axis=1))
    crossed, _ = tree.query(lines, predicate="intersects")
    free = np.ones(len(columns), dtype=np.bool_)
    free[asked[crossed]] = False
    return csr_with_zeros(rows[free], columns[free], metres.data[free], metres.shape)


def _short_pieces(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lines cut into pieces of few corners: an index of a whole river finds it everywhere."""
    xy, line = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    place = np.arange(len(xy)) - np.searchsorted(line, line)
    piece = np.cumsum((place % PIECE_CORNERS == 0) | (np.diff(line, prepend=-1) != 0)) - 1
    last = np.append(np.diff(line) != 0, True)
    bridged = np.flatnonzero(~last & (np.append(np.diff(piece), 0) != 0))
    corners = np.concatenate([xy, xy[bridged + 1]])
    owner = np.concatenate([piece, piece[bridged]])
    order = np.argsort(owner, kind="stable")
    several = np.bincount(owner)[owner[order]] > 1
    _, number = np.unique(owner[order][several], return_inverse=True)
    return np.asarray(
        shapely.linestrings(corners[order][several], indices=number.ravel()), dtype=object
    )

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
from kgspatial.layers import Grid
from kgspatial.travel.lattice import lattice_of, pairs_in_windows
from kgspatial.travel.matrix import TravelMatrix, csr_with_zeros
from kgspatial.travel.places import check_positive, ids_of, metric_crs, points_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


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
        Ids come from the first of ``demand_id``, ``kindergarten_id``, ``site_id``,
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
    starts = _cells(origins) if isinstance(origins, Grid) else origins
    crs = metric_crs(starts)
    start, end = points_of(starts, crs, "origins"), points_of(destinations, crs, "destinations")
    metres = _metres(starts, start, end, limit_m / detour)
    if barriers is not None and len(barriers):
        lines = barriers.geometry.to_crs(crs).to_numpy()
        metres = _without_crossings(metres, start, end, lines, limit_m / detour)
    metres.data = np.minimum(metres.data * detour, limit_m)
    count = 0 if barriers is None else len(barriers)
    return TravelMatrix(
        metres,
        ids_of(starts),
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


def _cells(grid: Grid) -> gpd.GeoDataFrame:
    """The centres of all cells of a grid."""
    rows, columns = grid.shape
    names = np.char.add(
        np.repeat([f"cell-{r}-" for r in range(rows)], columns),
        np.tile([f"{c}" for c in range(columns)], rows),
    )
    points = gpd.points_from_xy(*grid.centres(np.arange(grid.size)), crs=grid.crs)
    return gpd.GeoDataFrame({"demand_id": names}, geometry=points)


def _metres(
    starts: gpd.GeoDataFrame, start: Floats, end: Floats, radius: float
) -> sparse.csr_array:
    """Straight metres of all pairs within the radius; cells of a demand layer apart from the rest."""
    if "cell_number" not in starts:
        return _pairs(start, end, radius)
    is_cell = starts["cell_number"].to_numpy() >= 0
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
    found = cKDTree(start).sparse_distance_matrix(cKDTree(end), radius, output_type="ndarray")
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
    tree = shapely.STRtree(barriers)
    near, _ = tree.query(shapely.points(end), predicate="dwithin", distance=radius)
    asked = np.flatnonzero(np.isin(columns, near))
    lines = shapely.linestrings(np.stack([start[rows[asked]], end[columns[asked]]], axis=1))
    crossed, _ = tree.query(lines, predicate="intersects")
    free = np.ones(len(columns), dtype=np.bool_)
    free[asked[crossed]] = False
    return csr_with_zeros(rows[free], columns[free], metres.data[free], metres.shape)

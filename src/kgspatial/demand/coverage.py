"""The coverage matrix: which fraction of each grid cell lies in each polygon.

Imports from `layers`, `errors` and its kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.demand._kernels import cover_polygons
from kgspatial.errors import InputError
from kgspatial.layers import Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVERLAP_SHARE = 1e-9
"""Two polygons overlap when they share more than this part of the smaller one."""


def coverage_matrix(polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid) -> sparse.csr_array:
    """Fraction of each grid cell that lies inside each polygon.

    The polygons go to the grid's CRS, so that counts are never resampled. Holes and multipolygons
    are exact; parts beyond the grid's edge cover nothing. Overlapping polygons each get their own
    full fraction: see :func:`share_overlaps` for counting nobody twice.

    Parameters
    ----------
    polygons : GeoDataFrame or GeoSeries
        Valid polygons in any CRS.
    grid : Grid
        Shape, transform and CRS of the cells.

    Returns
    -------
    scipy.sparse.csr_array
        Polygons x cells (row-major), fractions in (0, 1].

    Raises
    ------
    InputError
        When the polygons have no CRS or a shape is no polygon.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid((1, 2), Affine(100, 0, 0, 0, -100, 100), "EPSG:4549")
    >>> square = gpd.GeoSeries([shapely.box(50, 0, 150, 100)], crs="EPSG:4549")
    >>> coverage_matrix(square, grid).toarray()
    array([[0.5, 0.5]])
    """
    shapes = polygons.geometry
    if shapes.crs is None:
        raise InputError("the polygons have no coordinate reference system")
    if not shapes.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        raise InputError("the coverage matrix takes polygons only")
    return _cover(shapes.to_crs(grid.crs).to_numpy(), grid)


def _cover(shapes: NDArray[np.object_], grid: Grid) -> sparse.csr_array:
    oriented = shapely.orient_polygons(shapes)
    parts, part_of = shapely.get_parts(oriented, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, coordinate_of = shapely.get_coordinates(rings, return_index=True)
    first_coordinate = np.searchsorted(coordinate_of, np.arange(len(rings) + 1))
    first_ring = np.searchsorted(part_of[ring_of], np.arange(len(shapes) + 1))
    t = grid.transform
    cells = np.column_stack([(xy[:, 0] - t.c) / t.a, (xy[:, 1] - t.f) / t.e])
    indptr, indices, data = cover_polygons(cells, first_coordinate, first_ring, *grid.shape)
    return sparse.csr_array((data, indices, indptr), shape=(len(shapes), grid.size))


def share_overlaps(
    coverage: sparse.csr_array, polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid
) -> sparse.csr_array:
    """Turn coverage into shares that count no part of a cell twice.

    Where polygons overlap, the part of a cell that they cover together is split among them in
    proportion to what each covers of that cell. Column sums are then the covered part of each
    cell, at most 1.

    Parameters
    ----------
    coverage : csr_array
        Of :func:`coverage_matrix`.
    polygons : GeoDataFrame or GeoSeries
        The same polygons.
    grid : Grid
        The same grid.

    Returns
    -------
    csr_array
        Of the same shape.
    """
    shapes = polygons.geometry.to_crs(grid.crs).to_numpy()
    shares = coverage.copy()
    for group in overlapping_groups(shapes):
        _share_group(shares, group, _cover(np.array([shapely.union_all(shapes[group])]), grid))
    return shares


def _share_group(
    shares: sparse.csr_array, group: NDArray[np.int64], together: sparse.csr_array
) -> None:
    """Scale the rows of a group, in place, so that they add up to what they cover `together`."""
    parts = [np.arange(shares.indptr[row], shares.indptr[row + 1]) for row in group]
    entries = np.concatenate(parts)
    cells, cell_of = np.unique(shares.indices[entries], return_inverse=True)
    total = np.bincount(cell_of, shares.data[entries], minlength=len(cells)).astype(np.float64)
    covered = np.zeros(len(cells))
    _, position, other = np.intersect1d(cells, together.indices, return_indices=True)
    covered[position] = together.data[other]
    factor = np.divide(covered, total, out=np.ones_like(total), where=total > 0)
    shares.data[entries] *= factor[cell_of]


def overlapping_groups(shapes: NDArray[np.object_]) -> list[NDArray[np.int64]]:
    """Groups of polygons that overlap each other, directly or through others."""
    valid = np.where(shapely.is_valid(shapes), shapes, shapely.buffer(shapes, 0.0))
    first, second = shapely.STRtree(valid).query(valid, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.area(shapely.intersection(valid[first], valid[second]))
    smaller = np.minimum(shapely.area(valid[first]), shapely.area(valid[second]))
    real = common > OVERLAP_SHARE * smaller
    if not real.any():
        return []
    n = len(valid)
    links = sparse.coo_array((np.ones(real.sum()), (first[real], second[real])), shape=(n, n))
    _, label = connected_components(links, directed=False)
    sizes = np.bincount(label)
    return [np.flatnonzero(label == g) for g in np.flatnonzero(sizes > 1)]

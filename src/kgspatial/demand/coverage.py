"""The coverage matrix: which fraction of each grid cell lies in each polygon, and who shares it.

Imports from `layers`, `errors` and its kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.errors import InputError
from kgspatial.layers import Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVERLAP_SHARE = 1e-9
"""Two polygons overlap when they share more than this part of the smaller one."""

FULL_COVER = 1e-9
"""A cell that is covered but for this part is covered: rounding must not make demand points."""

POLYGON_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, eq=False)
class Outlines:
    """Corners of many polygons as flat arrays, in the CRS of a grid.

    Taken apart once, they are laid over any number of grids, or blocks of one.
    """

    xy: NDArray[np.float64]
    """Coordinates of all rings, one after the other, shape (corners, 2)."""
    rings: NDArray[np.int64]
    """The first corner of each ring, and the number of corners at the end."""
    holes: NDArray[np.bool_]
    """Whether a ring is a hole."""
    polygons: NDArray[np.int64]
    """The first ring of each polygon, and the number of rings at the end."""

    def coverage(self, grid: Grid) -> sparse.csr_array:
        """Fraction of each cell inside each polygon, polygons x cells."""
        from kgspatial.demand._kernels import cover_polygons

        t = grid.transform
        cells = (self.xy - (t.c, t.f)) / (t.a, t.e)
        indptr, indices, data = cover_polygons(
            cells, self.rings, self.holes, self.polygons, *grid.shape
        )
        return sparse.csr_array((data, indices, indptr), shape=(len(self.polygons) - 1, grid.size))


def outlines_of(
    shapes: NDArray[np.object_], crs: CRS | None = None, target: CRS | None = None
) -> Outlines:
    """Take polygons apart; where a `target` is given, their corners go there from `crs`.

    Only corners are moved, as :meth:`geopandas.GeoSeries.to_crs` does, but no shapes are built
    of them again: that would take as long as the coverage itself.
    """
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy = shapely.get_coordinates(rings)
    if crs is not None and target is not None and not crs.equals(target, ignore_axis_order=True):
        xy = np.column_stack(_transformer(crs, target).transform(xy[:, 0], xy[:, 1]))
    if not np.isfinite(xy).all():
        raise InputError(
            "a polygon lies where the grid's coordinate reference system has no place",
            hint="Check the crs of both layers.",
        )
    first = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))])
    holes = np.diff(ring_of, prepend=-1) == 0
    polygons = np.searchsorted(part_of[ring_of], np.arange(len(shapes) + 1))
    return Outlines(xy, first, holes, polygons)


@lru_cache(maxsize=32)
def _transformer(crs: CRS, target: CRS) -> Transformer:
    """Kept, because looking one up takes as long as the coverage of a county."""
    return Transformer.from_crs(crs, target, always_xy=True)


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
        When the polygons have no CRS, a shape is no polygon, or one lies where the grid's CRS has
        no place.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid((1, 2), Affine(100, 0, 0, 0, -100, 100), "EPSG:4549")
    >>> square = gpd.GeoSeries([shapely.box(50, 0, 150, 100)], crs="EPSG:4549")
    >>> coverage_matrix(square, grid).toarray()
    array([[0.5, 0.5]])
    """
    shapes = polygon_shapes(polygons)
    return outlines_of(shapes.to_numpy(), shapes.crs, grid.crs).coverage(grid)


def polygon_shapes(polygons: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the shapes of a layer, which must be polygons in a known CRS."""
    shapes = polygons.geometry
    if shapes.crs is None:
        raise InputError("the polygons have no coordinate reference system")
    if not np.isin(shapely.get_type_id(shapes.to_numpy()), POLYGON_TYPES).all():
        raise InputError("the coverage matrix takes polygons only")
    return shapes


# ---------------------------------------------------------------- overlaps


@dataclass(frozen=True, eq=False)
class SharedOutlines:
    """Outlines of polygons, and of what those that overlap cover together."""

    outlines: Outlines
    group: NDArray[np.int64]
    """Number of the group of overlapping polygons that each belongs to, -1 for none."""
    together: Outlines
    """Of the union of each group."""

    def shares(self, grid: Grid) -> sparse.csr_array:
        """Shares of each cell, polygons x cells: coverage, with overlaps split."""
        coverage = self.outlines.coverage(grid)
        return _split_overlaps(coverage, self.group, self.together.coverage(grid))


def shared_outlines(polygons: gpd.GeoDataFrame | gpd.GeoSeries, crs: CRS) -> SharedOutlines:
    """Take polygons apart in a CRS, and find those that overlap."""
    shapes = polygon_shapes(polygons).to_crs(crs).to_numpy()
    group, unions = _groups_and_unions(shapes)
    return SharedOutlines(outlines_of(shapes), group, outlines_of(unions))


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
    group, unions = _groups_and_unions(shapes)
    return _split_overlaps(coverage, group, outlines_of(unions).coverage(grid))


def split_counts(
    shares: sparse.csr_array, counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split counts per cell into those inside each polygon and those that each cell keeps.

    Parameters
    ----------
    shares : csr_array
        Of :func:`share_overlaps`, polygons x cells.
    counts : ndarray, shape (cells,) or (cells, bands)
        People per cell.

    Returns
    -------
    inside : ndarray, shape (polygons,) or (polygons, bands)
        Each polygon's part of each cell, added up.
    left : ndarray, of the shape of `counts`
        What no polygon covers; 0 in cells that are covered but for rounding. Both together add
        up to `counts`.
    """
    covered = np.bincount(shares.indices, shares.data, minlength=shares.shape[1])
    full = np.flatnonzero(covered > 1.0 - FULL_COVER)
    part = np.flatnonzero((covered > 0.0) & (covered <= 1.0 - FULL_COVER))
    each = (slice(None),) + (None,) * (counts.ndim - 1)
    whole = counts.astype(np.float64)
    whole[full] /= covered[full][each]
    left = counts.astype(np.float64)
    left[full] = 0.0
    left[part] *= (1.0 - covered[part])[each]
    return np.asarray(shares @ whole), left


def _split_overlaps(
    coverage: sparse.csr_array, group: NDArray[np.int64], together: sparse.csr_array
) -> sparse.csr_array:
    """Scale the coverage within each group so that it adds up to what they cover together."""
    shares = coverage.copy()
    group_of = np.repeat(group, np.diff(shares.indptr))
    entries = np.flatnonzero(group_of >= 0)
    cells = coverage.shape[1]
    places, place_of = np.unique(
        group_of[entries] * cells + shares.indices[entries], return_inverse=True
    )
    total = np.bincount(place_of, shares.data[entries], minlength=len(places))
    covered = np.zeros(len(places))
    of_union = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
    _, here, there = np.intersect1d(
        places, of_union * cells + together.indices, assume_unique=True, return_indices=True
    )
    covered[here] = together.data[there]
    shares.data[entries] *= (covered / total)[place_of]
    return shares


def _groups_and_unions(
    shapes: NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Group of each polygon that overlaps others, directly or through others, and their unions."""
    first, second, valid = _overlapping_pairs(shapes)
    links = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(len(valid),) * 2)
    _, label = connected_components(links, directed=False)
    shared = np.flatnonzero(np.bincount(label, minlength=1) > 1)
    group = np.full(len(valid), -1)
    unions = np.empty(len(shared), dtype=object)
    for number, one in enumerate(shared):
        members = label == one
        group[members] = number
        unions[number] = shapely.union_all(valid[members])
    return group, unions


def _overlapping_pairs(
    shapes: NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Pairs that share an area, and the shapes with those of them made valid that may."""
    first, second = shapely.STRtree(shapes).query(shapes)  # by their boxes: most are apart
    once = first < second
    first, second = first[once], second[once]
    near = np.unique(np.concatenate([first, second]))
    broken = near[~shapely.is_valid(shapes[near])]
    valid = shapes.copy()
    valid[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    meet = shapely.intersects(valid[first], valid[second])
    first, second = first[meet], second[meet]
    common = shapely.area(shapely.intersection(valid[first], valid[second]))
    smaller = np.minimum(shapely.area(valid[first]), shapely.area(valid[second]))
    real = common > OVERLAP_SHARE * smaller
    return first[real], second[real], valid

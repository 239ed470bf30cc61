"""The coverage matrix: which fraction of each grid cell lies in each polygon.

Imports from `layers`, `errors` and its kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kgspatial.demand._kernels import cover_polygons
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

    Taken apart once, they are laid over any number of grids, or blocks of one grid.
    """

    xy: NDArray[np.float64]
    """Coordinates of all rings, one after the other, shape (corners, 2)."""
    rings: NDArray[np.int64]
    """The first corner of each ring, and their number at the end."""
    holes: NDArray[np.bool_]
    """Whether a ring is a hole."""
    polygons: NDArray[np.int64]
    """The first ring of each polygon, and their number at the end."""

    @classmethod
    def of(
        cls, shapes: NDArray[np.object_], crs: CRS | None = None, target: CRS | None = None
    ) -> Outlines:
        """Take polygons apart; their corners go from `crs` to `target` where these differ."""
        parts, part_of = shapely.get_parts(shapes, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        xy = shapely.get_coordinates(rings)
        if crs is not None and target is not None and not crs.equals(target, True):
            move = Transformer.from_crs(crs, target, always_xy=True)
            xy = np.column_stack(move.transform(xy[:, 0], xy[:, 1]))
        if not np.isfinite(xy).all():
            raise InputError(
                "some polygons lie where the grid's coordinate reference system has no place",
                hint="Check the crs of both layers, and that no coordinate is missing.",
            )
        first = np.zeros(len(rings) + 1, dtype=np.int64)
        np.cumsum(shapely.get_num_coordinates(rings), out=first[1:])
        return cls(
            xy,
            first,
            np.diff(ring_of, prepend=-1) == 0,
            np.searchsorted(part_of[ring_of], np.arange(len(shapes) + 1)),
        )

    def coverage(self, grid: Grid) -> sparse.csr_array:
        """Fraction of each cell inside each polygon, polygons x cells."""
        t = grid.transform
        cells = (self.xy - (t.c, t.f)) / (t.a, t.e)
        indptr, indices, data = cover_polygons(
            cells, self.rings, self.holes, self.polygons, *grid.shape
        )
        return sparse.csr_array((data, indices, indptr), shape=(len(self.polygons) - 1, grid.size))


def coverage_matrix(polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid) -> sparse.csr_array:
    shapes = polygons.geometry
    if shapes.crs is None:
        raise InputError("the polygons have no coordinate reference system")
    if not np.isin(shapely.get_type_id(shapes.to_numpy()), POLYGON_TYPES).all():
        raise InputError("the coverage matrix takes polygons only")
    return Outlines.of(shapes.to_numpy(), shapes.crs, grid.crs).coverage(grid)

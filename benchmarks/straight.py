"""Straight-line pairs of a million cells and 800 kindergartens: windows, tree, and geopandas.

Counted is from coordinates to one sparse matrix. All find the same pairs, which is checked.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from affine import Affine
from scipy import sparse
from scipy.spatial import cKDTree

from benchmarks.common import CRS, NORTH, WEST, print_head, print_row, timed
from kgspatial.layers import Grid
from kgspatial.travel.lattice import lattice_of, pairs_in_windows

SIDE, KINDERGARTENS, LIMIT_M = 1000, 800, 2_000.0


def main() -> None:
    grid = Grid((SIDE, SIDE), Affine(100, 0, WEST, 0, -100, NORTH), CRS)
    start = np.column_stack(grid.centres(np.arange(grid.size)))
    random = np.random.default_rng(2)
    end = np.column_stack(
        [
            WEST + random.uniform(0, 1e5, KINDERGARTENS),
            NORTH - random.uniform(0, 1e5, KINDERGARTENS),
        ]
    )
    shape = (len(start), len(end))

    def windows() -> sparse.csr_array:
        lattice = lattice_of(start)
        assert lattice is not None
        return pairs_in_windows(lattice, start, end, LIMIT_M)

    def tree() -> sparse.csr_array:
        found = cKDTree(start).sparse_distance_matrix(
            cKDTree(end), LIMIT_M, output_type="coo_matrix"
        )
        return sparse.csr_array(found)

    def frames() -> sparse.csr_array:
        left, right = (gpd.GeoSeries(gpd.points_from_xy(*p.T), crs=CRS) for p in (start, end))
        point, cell = left.sindex.query(right, predicate="dwithin", distance=LIMIT_M)
        metres = left.iloc[cell].distance(right.iloc[point], align=False)
        return sparse.csr_array((metres.to_numpy(), (cell, point)), shape=shape)

    windows()  # compiles
    print_head(f"{grid.size:,} cells x {KINDERGARTENS} kindergartens, {LIMIT_M:,.0f} m")
    lattice = lattice_of(start)
    _, known = timed(lambda: pairs_in_windows(lattice, start, end, LIMIT_M), 5)  # type: ignore[arg-type]
    print_row("windows, lattice known", known)
    ours, seconds = timed(windows, 5)
    print_row("windows, with finding the lattice", seconds)
    for name, work in (("scipy cKDTree", tree), ("geopandas", frames)):
        found, seconds = timed(work, 3)
        apart = abs(ours - found).max()  # type: ignore[operator]
        note = f"{found.nnz - ours.nnz} more pairs, differences up to {apart:.1e} m"  # type: ignore[attr-defined]
        print_row(name, seconds, note)


if __name__ == "__main__":
    main()

"""Fractional coverage of 4,000 polygons on 160,000 cells: kgspatial beside exactextract."""

from __future__ import annotations

import numpy as np
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from benchmarks.common import print_head, print_row, timed, town
from kgspatial.demand import coverage_matrix


def main() -> None:
    communities, grid, children = town(4_000)
    bounds = (
        grid.transform.c,
        grid.transform.f - 40_000,
        grid.transform.c + 40_000,
        grid.transform.f,
    )
    raster = NumPyRasterSource(children, *bounds, srs_wkt=communities.crs.to_wkt())
    coverage_matrix(communities.head(1), grid)  # compiles the kernel

    ours, seconds = timed(lambda: coverage_matrix(communities, grid) @ children.ravel())
    table, others = timed(lambda: exact_extract(raster, communities, ["sum"], output="pandas"))
    theirs = table["sum"].to_numpy()
    worst = float(np.max(np.abs(ours - theirs) / theirs))
    print_head("Children of 4,000 communities from a 100 m grid")
    print_row("kgspatial coverage_matrix", seconds)
    print_row("exactextract", others, f"largest relative difference {worst:.1e}")
    assert worst < 1e-5

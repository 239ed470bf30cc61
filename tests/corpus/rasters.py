"""Single rasters: tiles, strips, bands, nodata, place, and what is no grid of people.

Imports from `case`, `tifs` and `writing`.
"""

from __future__ import annotations

import numpy as np

from corpus.case import GridCase, Maker
from corpus.tifs import (
    CHILDREN,
    COLUMNS,
    NODATA,
    NORTH,
    ROWS,
    SIDE,
    WEST,
    grid,
    people,
    tif,
    total,
)
from corpus.writing import raw, text


def _with_holes(value: float) -> np.ndarray:
    """The pattern of 0.5 with its first column lost."""
    band = grid(people(0.5))
    band[:, 0] = value
    return band


HELD = total(0.5) - sum((5 * r) % 11 * 0.5 for r in range(ROWS))


LAYOUT = (
    GridCase(
        name="raster_tiled",
        about="Stored in tiles of 16 cells, compressed, larger than what is needed",
        file="tif_tiled.tif",
        make=tif(grid(people(0.5), 64, 64), tiled=True, blockxsize=16, blockysize=16),
        declared=CHILDREN,
        sums={"children": total(0.5, 64, 64)},
        shape=(64, 64),
    ),
    GridCase(
        name="raster_window",
        about="The same raster, of which the study area is a corner: only that is read",
        file="tif_tiled.tif",
        declared=CHILDREN,
        area=(114.041, 27.351, 114.059, 27.359),
        sums={"children": total(0.5, 5, 9)},
        shape=(5, 9),
        notes=(("window_read", None, ""),),
    ),
    GridCase(
        name="raster_elsewhere",
        about="The same raster, and a study area in another province",
        file="tif_tiled.tif",
        declared=CHILDREN,
        area=(117.64, 24.50, 117.66, 24.52),
        refused=("does not reach the study area", "117.640"),
    ),
    GridCase(
        name="raster_in_strips",
        about="Stored in strips of one row, not compressed, whole numbers",
        file="tif_strips.tif",
        make=tif(grid(people(2.0)).astype(np.int16), compress="none", blockysize=1),
        declared=CHILDREN,
        sums={"children": total(2.0)},
    ),
    GridCase(
        name="raster_nodata",
        about="Cells without data, said by the file",
        file="tif_nodata.tif",
        make=tif(_with_holes(NODATA), nodata=NODATA),
        declared=CHILDREN,
        sums={"children": HELD},
    ),
    GridCase(
        name="raster_nodata_silent",
        about="Cells of -99999 in a file that says no nodata: not one person less than 0",
        file="tif_nodata_silent.tif",
        make=tif(_with_holes(NODATA)),
        declared=CHILDREN,
        sums={"children": HELD},
        problems=(("undeclared_nodata", None, ""),),
        says=("-99999",),
    ),
    GridCase(
        name="raster_negative",
        about="Counts below 0 that are no usual mark: a difference of two years, not people",
        file="tif_negative.tif",
        make=tif(_with_holes(-2.5)),
        declared=CHILDREN,
        refused=("negative", "-2.5"),
    ),
    GridCase(
        name="raster_not_a_number",
        about="Cells without data as NaN, and the file does not say so",
        file="tif_nan.tif",
        make=tif(_with_holes(np.nan)),
        declared=CHILDREN,
        sums={"children": HELD},
    ),
    GridCase(
        name="raster_bands_described",
        about="Several bands, two of them described with the names of the library",
        file="tif_bands_described.tif",
        make=tif(
            *(grid(people(f)) for f in (0.25, 1.0, 0.75)), names=("quality", "age_1_4", "age_5_9")
        ),
        sums={"age_1_4": total(1.0), "age_5_9": total(0.75)},
    ),
    GridCase(
        name="raster_bands_silent",
        about="Three bands, and nothing says what they hold",
        file="tif_bands_silent.tif",
        make=tif(*(grid(people(f)) for f in (0.25, 1.0, 0.75))),
        refused=("what its 3 band(s) hold", "bands = { children = 1 }"),
    ),
    GridCase(
        name="raster_bands_declared",
        about="The same raster with its bands numbered in the plan file",
        file="tif_bands_silent.tif",
        declared={"bands": {"age_1_4": 2, "age_5_9": 3}},
        sums={"age_1_4": total(1.0), "age_5_9": total(0.75)},
    ),
    GridCase(
        name="raster_band_that_is_not_there",
        about="The plan file numbers a band that the raster does not have",
        file="tif_bands_silent.tif",
        declared={"bands": {"children": 4}},
        refused=("no band 4", "it has 3"),
    ),
)


def _turned_up() -> Maker:
    """The pattern with the first row in the south, as some programs write it."""
    from affine import Affine

    south = NORTH - ROWS * SIDE
    return tif(grid(people(0.5))[::-1], transform=Affine(SIDE, 0, WEST, 0, SIDE, south))


def _rotated() -> Maker:
    from affine import Affine

    return tif(grid(people(0.5)), transform=Affine(SIDE, 0.0004, WEST, 0.0004, -SIDE, NORTH))


def _in_metres() -> Maker:
    from affine import Affine

    place = Affine(100, 0, 504_000, 0, -100, 3_027_000)
    return tif(grid(people(0.5)), crs="EPSG:4547", transform=place)


PLACE = (
    GridCase(
        name="raster_south_up",
        about="The first row lies in the south",
        file="tif_south_up.tif",
        make=_turned_up(),
        declared=CHILDREN,
        sums={"children": total(0.5)},
        cells={
            ("children", WEST + 2.5 * SIDE, NORTH - 1.5 * SIDE): 0.0,
            ("children", WEST + 3.5 * SIDE, NORTH - 0.5 * SIDE): 4.5,
        },
    ),
    GridCase(
        name="raster_without_system",
        about="A raster that says no coordinate reference system",
        file="tif_without_crs.tif",
        make=tif(grid(people(0.5)), crs=None),
        declared=CHILDREN,
        refused=("coordinate reference system", 'crs = "EPSG:4490"'),
    ),
    GridCase(
        name="raster_system_declared",
        about="The same raster with its system in the plan file",
        file="tif_without_crs.tif",
        declared={**CHILDREN, "crs": "EPSG:4490"},
        sums={"children": total(0.5)},
        cells={("children", WEST + 3.5 * SIDE, NORTH - 0.5 * SIDE): 4.5},
    ),
    GridCase(
        name="raster_in_gcj02",
        about="A raster declared GCJ-02: its cells would be crooked",
        file="tif_without_crs.tif",
        declared={**CHILDREN, "crs": "GCJ-02"},
        refused=("cannot be in GCJ-02",),
    ),
    GridCase(
        name="raster_in_metres",
        about="Cells of 100 m in a Gauss-Kruger zone",
        file="tif_gauss_kruger.tif",
        make=_in_metres(),
        declared=CHILDREN,
        sums={"children": total(0.5)},
        shape=(ROWS, COLUMNS),
    ),
    GridCase(
        name="raster_rotated",
        about="Rows that do not run from west to east",
        file="tif_rotated.tif",
        make=_rotated(),
        declared=CHILDREN,
        refused=("rotated", "north-up"),
    ),
    GridCase(
        name="raster_without_place",
        about="A picture: nothing says where its cells lie",
        file="tif_picture.tif",
        make=tif(grid(people(0.5)), crs=None, transform=None),
        declared=CHILDREN,
        refused=("where its cells lie",),
    ),
    GridCase(
        name="raster_that_is_none",
        about="A letter under the name .tif",
        file="tif_letter.tif",
        make=text("人口格网数据因故不能提供。\n"),
        declared=CHILDREN,
        refused=("cannot be read as a raster",),
    ),
    GridCase(
        name="raster_cut_off",
        about="A GeoTIFF that broke off after its head",
        file="tif_cut_off.tif",
        make=raw(b"II*\x00\x08\x00\x00\x00\x0c\x00" + bytes(40)),
        declared=CHILDREN,
        refused=("cannot be read as a raster",),
    ),
)

CASES = (*LAYOUT, *PLACE)

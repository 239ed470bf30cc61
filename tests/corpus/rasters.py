"""Population rasters: WorldPop's names, tiles, strips, bands, nodata, and what is no grid of people.

Imports from `case`, `town` and `writing`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpus.case import GridCase, Maker
from corpus.writing import raw, text

WEST, NORTH, SIDE = 114.04, 27.36, 0.0025
ROWS, COLUMNS = 12, 24
NODATA = -99999.0
"""Of WorldPop's second release."""

Values = Callable[[int, int], float]


def people(factor: float) -> Values:
    """A pattern in which no row or column is like another, so that turns and shifts are seen."""
    return lambda row, column: ((5 * row + 3 * column) % 11) * factor


def grid(values: Values, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """The pattern as an array, in halves and quarters that 32 bits hold exactly."""
    return np.array([[values(r, c) for c in range(columns)] for r in range(rows)], np.float32)


def total(factor: float, rows: int = ROWS, columns: int = COLUMNS) -> float:
    """Its sum, reckoned without it."""
    return sum(((5 * r + 3 * c) % 11) * factor for r in range(rows) for c in range(columns))


def _write(
    path: Path, bands: list[np.ndarray], names: tuple[str, ...] = (), **profile: Any
) -> None:
    import rasterio
    from affine import Affine

    path.parent.mkdir(exist_ok=True)
    settings = {
        "driver": "GTiff",
        "dtype": bands[0].dtype,
        "crs": "EPSG:4326",
        "transform": Affine(SIDE, 0, WEST, 0, -SIDE, NORTH),
        "compress": "deflate",
        **profile,
    }
    rows, columns = bands[0].shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", count=len(bands), height=rows, width=columns, **settings
        ) as raster:
            for number, band in enumerate(bands, 1):
                raster.write(band, number)
            for number, name in enumerate(names, 1):
                raster.set_band_description(number, name)


def tif(*bands: np.ndarray, names: tuple[str, ...] = (), **profile: Any) -> Maker:
    """Writes one raster."""
    return lambda path: _write(path, list(bands), names, **profile)


def several(files: Mapping[str, tuple[np.ndarray, Mapping[str, Any]]]) -> Maker:
    """Writes rasters beside each other, in the folder of the pattern."""

    def make(path: Path) -> None:
        for name, (band, profile) in files.items():
            _write(path.parent / name, [band], **profile)

    return make


def _shifted(columns: float, rows: float = 0) -> dict[str, Any]:
    from affine import Affine

    return {"transform": Affine(SIDE, 0, WEST + columns * SIDE, 0, -SIDE, NORTH - rows * SIDE)}


def _ages(name: str, ages: Mapping[str, float], sexes: str = "fm") -> dict[str, Any]:
    return {
        name.format(sex=sex, age=age): (
            grid(people(factor * (1.0 if sex == "f" else 1.5))),
            {"nodata": NODATA},
        )
        for sex in sexes
        for age, factor in ages.items()
    }


def _with_holes(value: float) -> np.ndarray:
    """The pattern of 0.5 with its first column lost."""
    band = grid(people(0.5))
    band[:, 0] = value
    return band


HELD = total(0.5) - sum((5 * r) % 11 * 0.5 for r in range(ROWS))

SECOND = "chn_{sex}_{age}_2025_CN_100m_R2025A_v1.tif"
FIRST = "chn_{sex}_{age}_2020.tif"
SECOND_FILES = _ages(SECOND, {"00": 0.25, "01": 1.0, "05": 0.75, "10": 0.5})
FIRST_FILES = _ages(FIRST, {"0": 0.25, "1": 1.0, "5": 0.75})
ONE_SEX = _ages("chn_{sex}_{age}_2025_CN_100m_R2025A_v1.tif", {"01": 1.0, "05": 0.75}, "f")
OLDER = _ages("chn_{sex}_{age}_2025_CN_100m_R2025A_v1.tif", {"10": 1.0, "15": 0.75})


def _in(folder: str, files: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in files)


WORLDPOP = (
    GridCase(
        name="worldpop_second_release",
        about="WorldPop R2025A: {year}, {sex} and {age} in the path; an age that is not needed",
        file="worldpop_r2025a/chn_{sex}_{age}_{year}_CN_100m_R2025A_v1.tif",
        parts=_in("worldpop_r2025a", SECOND_FILES),
        make=several(SECOND_FILES),
        year=2025,
        sums={"age_0": total(0.25) * 2.5, "age_1_4": total(1) * 2.5, "age_5_9": total(0.75) * 2.5},
        cells={("age_1_4", 114.0463, 27.3588): ((5 * 0 + 3 * 2) % 11) * 2.5},
        shape=(ROWS, COLUMNS),
    ),
    GridCase(
        name="worldpop_second_release_other_year",
        about="{year} in the path, and files of another year only: the years that are there",
        file="worldpop_r2025a/chn_{sex}_{age}_{year}_CN_100m_R2025A_v1.tif",
        year=2030,
        refused=("no file fits this pattern for the plan's year 2030", "2025"),
    ),
    GridCase(
        name="worldpop_first_release",
        about="WorldPop before: ages without a leading zero, found by a star; the plan is for 2025",
        file="worldpop_2020/chn_*_2020.tif",
        parts=_in("worldpop_2020", FIRST_FILES),
        make=several(FIRST_FILES),
        year=2025,
        sums={"age_0": total(0.25) * 2.5, "age_1_4": total(1) * 2.5, "age_5_9": total(0.75) * 2.5},
        problems=(("other_year", None, ""),),
        says=("2020", "2025"),
    ),
    GridCase(
        name="worldpop_one_sex",
        about="Only the girls were downloaded",
        file="worldpop_girls/chn_f_*.tif",
        parts=_in("worldpop_girls", ONE_SEX),
        make=several(ONE_SEX),
        refused=("one sex", "chn_m_01_2025_CN_100m_R2025A_v1.tif"),
    ),
    GridCase(
        name="worldpop_other_ages",
        about="The ages from 10 and 15 years on: nothing about children of 3 to 5",
        file="worldpop_older/chn_*.tif",
        parts=_in("worldpop_older", OLDER),
        make=several(OLDER),
        refused=("no band for children", "chn_f_01_2025_CN_100m_R2025A_v1.tif"),
    ),
    GridCase(
        name="worldpop_total",
        about="WorldPop's count of everybody, known by its name",
        file="chn_pop_2025_CN_100m_R2025A_v1.tif",
        make=tif(grid(people(10.0)), nodata=NODATA),
        year=2025,
        sums={"residents": total(10.0)},
    ),
    GridCase(
        name="worldpop_density",
        about="WorldPop's people per square kilometre, which is not people per cell",
        file="chn_pd_2020_1km.tif",
        make=tif(grid(people(100.0))),
        refused=("per square kilometre",),
    ),
)

CHILDREN = {"bands": {"children": 1}}

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

LEFT, RIGHT = {"left.tif": (grid(people(0.5)), {})}, _shifted(COLUMNS)
ADJOINING = {**LEFT, "right.tif": (grid(people(1.0)), RIGHT)}
APART = {**LEFT, "right.tif": (grid(people(1.0)), _shifted(COLUMNS + 2))}
OVERLAPPING = {**LEFT, "right.tif": (grid(people(1.0)), _shifted(COLUMNS - 1))}
MISPLACED = {**LEFT, "right.tif": (grid(people(1.0)), _shifted(COLUMNS + 0.4))}

MOSAICS = (
    GridCase(
        name="mosaic",
        about="Two tiles that adjoin, named by a star",
        file="mosaic/*.tif",
        parts=_in("mosaic", ADJOINING),
        make=several(ADJOINING),
        declared=CHILDREN,
        sums={"children": total(0.5) + total(1.0)},
        cells={("children", WEST + (COLUMNS + 2.5) * SIDE, NORTH - 1.5 * SIDE): 0.0},
        shape=(ROWS, 2 * COLUMNS),
    ),
    GridCase(
        name="mosaic_with_a_gap",
        about="Two tiles with two columns missing between them: counted as nobody, and said",
        file="mosaic_gap/*.tif",
        parts=_in("mosaic_gap", APART),
        make=several(APART),
        declared=CHILDREN,
        sums={"children": total(0.5) + total(1.0)},
        shape=(ROWS, 2 * COLUMNS + 2),
        problems=(("no_tile", None, ""),),
    ),
    GridCase(
        name="mosaic_overlapping",
        about="Two tiles over each other would count people twice",
        file="mosaic_overlapping/*.tif",
        parts=_in("mosaic_overlapping", OVERLAPPING),
        make=several(OVERLAPPING),
        declared=CHILDREN,
        refused=("overlaps", "counted twice"),
    ),
    GridCase(
        name="mosaic_misplaced",
        about="Two tiles whose cells do not lie on one grid",
        file="mosaic_misplaced/*.tif",
        parts=_in("mosaic_misplaced", MISPLACED),
        make=several(MISPLACED),
        declared=CHILDREN,
        refused=("its cells lie 0.40 of a cell beside those of left.tif",),
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
        refused=("rotated", "gdalwarp"),
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

CASES = (*WORLDPOP, *LAYOUT, *MOSAICS, *PLACE)

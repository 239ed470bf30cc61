"""Rasters of several files: WorldPop's names in both releases, and tiles.

Imports from `case` and `tifs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.case import GridCase
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
    several,
    shifted,
    tif,
    total,
)


def _ages(name: str, ages: Mapping[str, float], sexes: str = "fm") -> dict[str, Any]:
    return {
        name.format(sex=sex, age=age): (
            grid(people(factor * (1.0 if sex == "f" else 1.5))),
            {"nodata": NODATA},
        )
        for sex in sexes
        for age, factor in ages.items()
    }


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

LEFT, RIGHT = {"left.tif": (grid(people(0.5)), {})}, shifted(COLUMNS)
ADJOINING = {**LEFT, "right.tif": (grid(people(1.0)), RIGHT)}
APART = {**LEFT, "right.tif": (grid(people(1.0)), shifted(COLUMNS + 2))}
OVERLAPPING = {**LEFT, "right.tif": (grid(people(1.0)), shifted(COLUMNS - 1))}
MISPLACED = {**LEFT, "right.tif": (grid(people(1.0)), shifted(COLUMNS + 0.4))}

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

CASES = (*WORLDPOP, *MOSAICS)

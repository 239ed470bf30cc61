"""Several rasters as one grid: where each lies in it, and that none counts the same people twice.

Imports from `areas`, `layers` and `errors`. Cells are never resampled: rasters lie on one grid or
are refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.layers import Grid

ALIGNED = 0.01
"""Part of a cell by which two rasters of one grid may differ, from rounding in their files."""

Kind = tuple[str, str | None, int | None]
"""Band, sex and first age: what a tile counts."""


@dataclass(frozen=True)
class Tile:
    """One file of a population grid: its cells, and which of its bands hold what."""

    path: Path
    grid: Grid
    numbers: dict[str, int]
    sex: str | None = None
    """``f``, ``m``, or ``t`` or None for both."""
    age: int | None = None
    """First age of its people; None for all."""

    @property
    def kinds(self) -> set[Kind]:
        """What it counts."""
        return {(band, self.sex, self.age) for band in self.numbers}

    def counts_people_of(self, other: Tile) -> bool:
        """Whether both count the same people where they lie on the same cells."""
        sexes = self.sex == other.sex or not {self.sex, other.sex} <= {"f", "m"}
        ages = self.age == other.age or None in (self.age, other.age)
        return sexes and ages and bool(set(self.numbers) & set(other.numbers))


@dataclass(frozen=True)
class Block:
    """Cells of the common grid: first row and column, and how many of each."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def size(self) -> int:
        """Number of cells; 0 where there is none."""
        return max(self.rows, 0) * max(self.columns, 0)

    def shared_with(self, other: Block) -> Block:
        """The cells of both."""
        row, column = max(self.row, other.row), max(self.column, other.column)
        return Block(
            row,
            column,
            min(self.row + self.rows, other.row + other.rows) - row,
            min(self.column + self.columns, other.column + other.columns) - column,
        )

    def seen_from(self, other: Block) -> Block:
        """These cells, counted from the first one of another block."""
        return Block(self.row - other.row, self.column - other.column, self.rows, self.columns)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of an array from whose first cell these are counted."""
        rows, columns = self.row + self.rows, self.column + self.columns
        return slice(self.row, rows), slice(self.column, columns)

    def grid(self, first: Grid) -> Grid:
        """These cells as a grid of their own, counted from the first cell of another."""
        t = first.transform
        corner = Affine(t.a, 0, t.c + self.column * t.a, 0, t.e, t.f + self.row * t.e)
        return Grid((self.rows, self.columns), corner, first.crs)


def place_tiles(tiles: list[Tile]) -> list[Block]:
    """Return where each tile lies, in cells of the first one's grid.

    Raises
    ------
    InputError
        When tiles do not lie on one grid, or count the same people on the same cells.
    """
    blocks = [_placed(tile, tiles[0]) for tile in tiles]
    for i, tile in enumerate(tiles):
        for other, block in zip(tiles[:i], blocks, strict=False):
            if tile.counts_people_of(other) and blocks[i].shared_with(block).size:
                raise InputError(
                    f"it overlaps {other.path.name}: people would be counted twice",
                    source=tile.path,
                    hint="Name only one of them in the path, or cut them so that they adjoin.",
                )
    return blocks


def _placed(tile: Tile, first: Tile) -> Block:
    t, own = tile.grid.transform, first.grid.transform
    rows, columns = tile.grid.shape
    if not tile.grid.crs.equals(first.grid.crs, ignore_axis_order=True):
        text = f"its system is {tile.grid.crs.name}, that of {first.path.name} "
        raise _not_one_grid(tile, f"{text}is {first.grid.crs.name}")
    drift = abs(t.a / own.a - 1.0) * columns, abs(t.e / own.e - 1.0) * rows
    if max(drift) > ALIGNED:
        sizes = f"{t.a:.9g} x {t.e:.9g}, those of {first.path.name} {own.a:.9g} x {own.e:.9g}"
        raise _not_one_grid(tile, f"its cells are {sizes}")
    place = np.array([(t.f - own.f) / own.e, (t.c - own.c) / own.a])
    off = float(np.abs(place - np.rint(place)).max())
    if not off <= ALIGNED:
        text = f"its cells lie {off:.2f} of a cell beside those of {first.path.name}"
        raise _not_one_grid(tile, text)
    return Block(round(place[0]), round(place[1]), rows, columns)


def _not_one_grid(tile: Tile, text: str) -> InputError:
    return InputError(
        text,
        source=tile.path,
        hint="Counts are not resampled: take all files from one data set, or name one of them.",
    )


def extent_of(blocks: list[Block]) -> Block:
    """Return the cells from the first to the last of all blocks."""
    row, column = min(b.row for b in blocks), min(b.column for b in blocks)
    rows = max(b.row + b.rows for b in blocks) - row
    columns = max(b.column + b.columns for b in blocks) - column
    return Block(row, column, rows, columns)


def window_of(area: Area, extent: Block, grid: Grid, source: str) -> Block:
    """Return the cells of an extent that touch the area, and one more on each side.

    Raises
    ------
    InputError
        When there is none.
    """
    west, south, east, north = area.in_crs(grid.crs, source=source)
    t = grid.transform
    columns = sorted([(west - t.c) / t.a, (east - t.c) / t.a])
    rows = sorted([(south - t.f) / t.e, (north - t.f) / t.e])
    if np.isfinite([*rows, *columns]).all():
        row, column = math.floor(rows[0]) - 1, math.floor(columns[0]) - 1
        last_row, last_column = math.ceil(rows[1]) + 1, math.ceil(columns[1]) + 1
        around = Block(row, column, last_row - row, last_column - column)
        if (window := around.shared_with(extent)).size:
            return window
    raise InputError(
        "the raster does not reach the study area",
        source=source,
        hint=f"The area is {area.west:.3f} to {area.east:.3f} E, {area.south:.3f} to "
        f"{area.north:.3f} N. Check which files the path names, and the crs of all layers.",
    )


def cells_without_tile(tiles: list[Tile], blocks: list[Block], window: Block) -> dict[Kind, int]:
    """Return how many cells of the window lie in no tile, for each kind where there are any."""
    found = {}
    for kind in sorted(set().union(*(t.kinds for t in tiles)), key=str):
        of_kind = [b for t, b in zip(tiles, blocks, strict=True) if kind in t.kinds]
        missing = window.size - sum(b.shared_with(window).size for b in of_kind)
        if missing:
            found[kind] = missing
    return found

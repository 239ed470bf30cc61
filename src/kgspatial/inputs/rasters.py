"""Population rasters to counts per cell: one file or many, only where the study area lies.

Imports from `worldpop`, `areas`, `crs`, `planfile`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine

from kgspatial.errors import InputError
from kgspatial.inputs.areas import Area
from kgspatial.inputs.crs import DeclaredCrs, parse_crs
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.worldpop import RasterFile, child_files, raster_files
from kgspatial.layers import BANDS, POPULATION, Grid, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.inputs.planfile import LayerInput

MAX_CELLS = 100_000_000
"""Above this a window is refused: eight bytes a cell and band would not fit beside the rest."""

ALIGNED = 0.01
"""Part of a cell by which two rasters of one grid may differ, from rounding in their files."""


@dataclass(frozen=True)
class Tile:
    """One file of a population grid: its cells, and which of its bands hold what."""

    path: Path
    grid: Grid
    numbers: dict[str, int]
    sex: str | None = None

    @property
    def kinds(self) -> set[tuple[str, str | None]]:
        """What it counts; two tiles that count the same must not overlap."""
        return {(band, self.sex) for band in self.numbers}


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


def read_population(
    declared: LayerInput, *, area: Area | None = None, year: int | None = None
) -> tuple[Population, list[Problem]]:
    """Read a population raster, or several that are one: tiles, and WorldPop's ages and sexes.

    Bands are those that the declaration numbers, or that their descriptions name, or that the
    files' names tell: ages are summed over sexes.

    Parameters
    ----------
    declared : LayerInput
        Its path may be a pattern, see :func:`kgspatial.inputs.worldpop.raster_files`.
    area : Area, optional
        Only cells that touch it are read. All cells unless given.
    year : int, optional
        The plan's year.

    Returns
    -------
    population : Population
        Counts per cell, cells without data as 0.
    problems : list of Problem
        What was found and done.

    Raises
    ------
    InputError
        When a file is missing, unreadable, rotated or without CRS, when its bands are not known or
        hold no children, when files do not lie on one grid or overlap, or none is in the area.
    """
    files = population_files(declared, year)
    tiles = [_tile(file, declared) for file in files]
    blocks = _placed(tiles)
    _check_overlaps(tiles, blocks)
    first = tiles[0].grid
    extent = _extent(blocks)
    window = extent if area is None else _window(extent, first, area, declared)
    if window.size > MAX_CELLS:
        raise InputError(
            f"{window.rows} x {window.columns} cells are too many to hold",
            source=declared.path,
            hint="Declare units or communities, which tell the study area, or clip it first.",
        )
    bands: dict[str, NDArray[np.float64]] = {}
    for tile, block in zip(tiles, blocks, strict=True):
        _add(tile, block, window, bands)
    problems = _window_notes(extent, window, tiles, blocks, declared) + _year_notes(files, year)
    t = first.transform
    corner = Affine(t.a, 0, t.c + window.column * t.a, 0, t.e, t.f + window.row * t.e)
    grid = Grid((window.rows, window.columns), corner, first.crs)
    return Population(grid, bands, declared.path), problems


def population_files(declared: LayerInput, year: int | None) -> list[RasterFile]:
    """Return the files of a population declaration that are read, by their names alone."""
    files = raster_files(declared.path, year)
    return files if declared.bands else child_files(files, declared.path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                yield raster
    except RasterioIOError as error:
        raise InputError(f"the file cannot be read as a raster: {error}", source=path) from error


def _tile(file: RasterFile, declared: LayerInput) -> Tile:
    with _opened(file.path) as raster:
        if raster.transform.is_identity:
            raise InputError(
                "the raster does not say where its cells lie",
                source=file.path,
                hint="Keep its .tfw or .aux.xml beside it, or export it as GeoTIFF again.",
            )
        numbers = _numbers(raster, file, declared)
        try:
            crs = _raster_crs(raster, declared)
            grid = Grid((raster.height, raster.width), raster.transform, crs)
        except InputError as error:
            raise InputError(error.message, source=file.path, hint=error.hint) from error
    by_name = file.band in numbers and not declared.bands
    return Tile(file.path, grid, numbers, file.sex if by_name else None)


def _raster_crs(raster: Any, declared: LayerInput) -> Any:
    if declared.crs is not None:
        wanted: DeclaredCrs = parse_crs(declared.crs, source=declared.path)
        if wanted.shifted is not None:
            raise InputError(f"a raster cannot be in {wanted.shifted}", source=declared.path)
        return wanted.crs
    if raster.crs is None:
        raise InputError(
            "neither the raster nor the plan file says its coordinate reference system",
            source=declared.path,
            hint='Write crs = "EPSG:4490" beside its path in the plan file.',
        )
    return raster.crs.to_wkt()


def _numbers(raster: Any, file: RasterFile, declared: LayerInput) -> dict[str, int]:
    """Number of each band that is used: as declared, as described, or by the file's name."""
    numbers = declared.bands or {
        text: i for i, text in enumerate(raster.descriptions, start=1) if text in BANDS
    }
    if not numbers and file.band is not None and raster.count == 1:
        return {file.band: 1}
    if not numbers:
        raise InputError(
            f"it is not said what its {raster.count} band(s) hold",
            source=file.path,
            hint="Write bands = { children = 1 } beside its path; known: " + ", ".join(BANDS) + ".",
        )
    for name, number in numbers.items():
        if not 1 <= number <= raster.count:
            raise InputError(
                f"it has no band {number} (it has {raster.count})", source=file.path, column=name
            )
    return dict(numbers)


def _placed(tiles: list[Tile]) -> list[Block]:
    """Where each tile lies, in cells of the first one's grid."""
    first = tiles[0].grid.transform
    blocks = []
    for tile in tiles:
        t, (rows, columns) = tile.grid.transform, tile.grid.shape
        column, row = (t.c - first.c) / first.a, (t.f - first.f) / first.e
        drift = (t.a / first.a - 1.0) * columns, (t.e / first.e - 1.0) * rows
        off = max(abs(column - round(column)), abs(row - round(row)), *map(abs, drift))
        if off > ALIGNED or tile.grid.crs != tiles[0].grid.crs:
            what = "system" if tile.grid.crs != tiles[0].grid.crs else "cells"
            raise InputError(
                f"its {what} differ from those of {tiles[0].path.name}",
                source=tile.path,
                hint="Warp one onto the grid of the other, or name one of them in the path.",
            )
        blocks.append(Block(round(row), round(column), rows, columns))
    return blocks


def _check_overlaps(tiles: list[Tile], blocks: list[Block]) -> None:
    for i, tile in enumerate(tiles):
        for other in range(i):
            if tile.kinds & tiles[other].kinds and blocks[i].shared_with(blocks[other]).size:
                raise InputError(
                    f"it overlaps {tiles[other].path.name}: people would be counted twice",
                    source=tile.path,
                    hint="Name only one of them in the path, or cut them so that they adjoin.",
                )


def _extent(blocks: list[Block]) -> Block:
    row, column = min(b.row for b in blocks), min(b.column for b in blocks)
    rows = max(b.row + b.rows for b in blocks) - row
    columns = max(b.column + b.columns for b in blocks) - column
    return Block(row, column, rows, columns)


def _window(extent: Block, grid: Grid, area: Area, declared: LayerInput) -> Block:
    """The cells that touch the area, one more on each side."""
    west, south, east, north = area.in_crs(grid.crs)
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
        source=declared.path,
        hint=f"The area is {area.west:.3f} to {area.east:.3f} E, {area.south:.3f} to "
        f"{area.north:.3f} N. Check which files the path names, and the crs of all layers.",
    )


def _add(tile: Tile, block: Block, window: Block, bands: dict[str, NDArray[np.float64]]) -> None:
    """Add a tile's counts to the bands, reading the cells of the window only."""
    from rasterio.windows import Window

    part = block.shared_with(window)
    for name in tile.numbers:
        bands.setdefault(name, np.zeros((window.rows, window.columns)))
    if not part.size:
        return
    cut = Window(part.column - block.column, part.row - block.row, part.columns, part.rows)
    rows = slice(part.row - window.row, part.row - window.row + part.rows)
    columns = slice(part.column - window.column, part.column - window.column + part.columns)
    with _opened(tile.path) as raster:
        for name, number in tile.numbers.items():
            bands[name][rows, columns] += _counts(raster, number, cut, tile.path)


def _counts(raster: Any, number: int, cut: Any, path: Path) -> NDArray[np.float64]:
    values = raster.read(number, window=cut, masked=True).astype(np.float64)
    values = (values * raster.scales[number - 1] + raster.offsets[number - 1]).filled(0.0)
    values[np.isnan(values)] = 0.0
    worst = values[~((values >= 0) & np.isfinite(values))]
    if len(worst):
        raise InputError(
            f"band {number} holds counts that are negative or infinite ({worst[0]:g})",
            source=path,
            hint="Set the raster's nodata value, for example with gdal_edit -a_nodata.",
        )
    return np.asarray(values)


def _window_notes(
    extent: Block, window: Block, tiles: list[Tile], blocks: list[Block], declared: LayerInput
) -> list[Problem]:
    notes = []
    if window != extent:
        text = (
            f"the raster is larger than the study area: {window.rows} x {window.columns} of its "
            f"{extent.rows} x {extent.columns} cells lie in it or around it"
        )
        done = "only these were read; who lives beyond them is not counted"
        notes.append(Problem(POPULATION, "window_read", text, done, "note", declared.path))
    kinds = sorted(set().union(*(t.kinds for t in tiles)), key=str)
    for band, sex in kinds:
        of_kind = [b for t, b in zip(tiles, blocks, strict=True) if (band, sex) in t.kinds]
        missing = window.size - sum(b.shared_with(window).size for b in of_kind)
        if missing:
            text = f"{missing:,} of the {window.size:,} cells lie in no file of {band}"
            text += f" ({sex})" if sex else ""
            done = "counted as nobody there"
            notes.append(Problem(POPULATION, "no_tile", text, done, "warning", declared.path))
    return notes


def _year_notes(files: list[RasterFile], year: int | None) -> list[Problem]:
    named = {f.year for f in files if f.year is not None}
    if year is None or not named or named == {year}:
        return []
    (other,) = named if len(named) == 1 else (min(named),)
    text = f"its files are of {other}, the plan is for {year}"
    done = "used as they are; the number of births has changed since"
    source = str(files[0].path)
    return [Problem(POPULATION, "other_year", text, done, "warning", source, value=str(other))]

"""A population raster block by block, where it holds more cells than a laptop's memory.

Imports from `rasters.read`, `cells`, `mosaic`, `worldpop`, `areas`, `planfile`, `problems`, `layers`
and `errors`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.rasters.cells import MOST_MARKS, chunks_of, counted, mark_notes
from kgspatial.inputs.rasters.mosaic import Block, Tile, extent_of, place_tiles, window_of
from kgspatial.inputs.rasters.read import as_counts, opened_raster, tile_of, window_notes
from kgspatial.inputs.rasters.worldpop import population_rasters
from kgspatial.layers import Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.inputs.planfile import LayerInput

BLOCK_CELLS = 4_000_000
"""Cells times bands of a block: 32 MB, and some ten times that while its cells are shared out."""

Marks = dict[tuple[int, str], Counter[float]]
"""Marks of no data that nobody declared, by number of the tile and name of the band."""


def population_blocks(
    declared: LayerInput,
    *,
    area: Area | None = None,
    year: int | None = None,
    cells: int = BLOCK_CELLS,
) -> Iterator[tuple[Population, list[Problem]]]:
    """Read a population raster as :func:`read_population` does, one block of cells after another.

    Blocks follow the blocks in which the file is stored, so that none is read twice where this is
    possible, and no two hold the same cell. Together they are the grid that
    :func:`kgspatial.inputs.read_population` would give.

    Parameters
    ----------
    declared : LayerInput
        What the plan file says of the raster.
    area : Area, optional
        Only cells that touch it are read.
    year : int, optional
        The plan's year.
    cells : int
        Cells times bands that a block may hold.

    Yields
    ------
    population : Population
        One block, with a grid of its own.
    problems : list of Problem
        What was understood comes with the first block; what the cells hold that is no count
        comes with the last, when all have been counted.

    Raises
    ------
    InputError
        As :func:`kgspatial.inputs.read_population`, but for the number of cells.
    """
    files, notes = population_rasters(
        declared.path, year, by_name=not declared.bands, density=declared.density is not None
    )
    tiles = []
    for file in files:
        tile, found = tile_of(file, declared)
        tiles.append(tile)
        notes += found
    places = place_tiles(tiles)
    extent, first = extent_of(places), tiles[0].grid
    window = extent if area is None else window_of(area, extent, first, declared.path)
    notes += window_notes(extent, window, tiles, places, declared)
    marks: Marks = {}
    blocks = _blocks(tiles, places, window, cells)
    for number, block in enumerate(blocks, start=1):
        bands = _read(tiles, places, block, marks)
        if number == len(blocks):
            notes += _what_is_no_count(tiles, marks)
        grid = block.grid(first)
        bands, found = as_counts(bands, grid, declared)
        notes += found if number == 1 else []
        yield Population(grid, bands, declared.path), notes
        notes = []


def _blocks(tiles: list[Tile], places: list[Block], window: Block, cells: int) -> list[Block]:
    """Blocks of a window, row by row, whose edges are those of the first tile's storage blocks."""
    most = max(1, cells // len({name for tile in tiles for name in tile.numbers}))
    with opened_raster(tiles[0].path) as raster:
        high, wide = raster.block_shapes[next(iter(tiles[0].numbers.values())) - 1]
    if high * min(wide, window.columns) > most:
        high = wide = 1  # stored in one piece: nothing to follow
    rows = max(high, most // window.columns // high * high)
    columns = window.columns if rows * window.columns <= most else max(wide, most // rows)
    columns = columns if columns >= window.columns else max(1, columns // wide * wide)
    down = pairwise(_edges(window.row, window.rows, places[0].row, rows))
    across = list(pairwise(_edges(window.column, window.columns, places[0].column, columns)))
    return [
        Block(top, left, below - top, right - left)
        for (top, below), (left, right) in product(down, across)
    ]


def _edges(start: int, count: int, origin: int, step: int) -> list[int]:
    """From the first to the last, and between them every `step` counted from `origin`."""
    inner = range(start + step - (start - origin) % step, start + count, step)
    return [start, *inner, start + count]


def _read(
    tiles: list[Tile], places: list[Block], block: Block, marks: Marks
) -> dict[str, NDArray[np.float64]]:
    """The bands of a block; marks of no data are added to `marks`."""
    names = dict.fromkeys(name for tile in tiles for name in tile.numbers)
    bands = {name: np.zeros((block.rows, block.columns)) for name in names}
    for index, (tile, place) in enumerate(zip(tiles, places, strict=True)):
        part = place.shared_with(block)
        if not part.size:
            continue
        own = part.seen_from(place)
        with opened_raster(tile.path) as raster:
            for name, number in tile.numbers.items():
                target = bands[name][part.seen_from(block).slices]
                seen = marks.setdefault((index, name), Counter())
                for rows in chunks_of(raster, number, own):
                    counts = counted(raster, number, rows, seen, tile.path)
                    target[rows.seen_from(own).slices] += counts
                    _refuse_many(seen, number, tile)
    return bands


def _refuse_many(seen: Counter[float], number: int, tile: Tile) -> None:
    if len(seen) > MOST_MARKS:
        raise InputError(
            f"band {number} holds many values that no cell of people can",
            source=tile.path,
            hint="It holds no counts, or the file is damaged.",
        )


def _what_is_no_count(tiles: list[Tile], marks: Marks) -> list[Problem]:
    found = []
    for (index, name), seen in marks.items():
        tile = tiles[index]
        number = tile.numbers[name]
        with opened_raster(tile.path) as raster:
            found += mark_notes(seen, raster.dtypes[number - 1], number, tile.path)
    return found

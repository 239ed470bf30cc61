"""Children by polygon and outside all polygons, from a raster that comes in blocks.

Imports from `coverage`, `ages`, `inputs`, `layers` and `errors`. What is held is one block, the
sums of each polygon and those of the squares outside: never the raster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.ages import AgeSplit, children_3_to_5, sprague_groups, sprague_shares
from kgspatial.demand.coverage import shared_outlines, split_counts
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.layers import Grid, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SQUARES = 2_000_000
"""Squares outside all polygons that are kept at most: every one becomes a demand point."""

COLUMN_BITS = 32
"""A square's row and column are one number: its row times 2 to this, and its column."""


@dataclass(frozen=True, eq=False)
class ZonalChildren:
    """Children aged 3 to 5 of polygons, and of the squares outside them.

    Parameters
    ----------
    inside : Series of float64
        Children of each polygon, under the polygons' index.
    outside : GeoDataFrame
        ``children`` of each square where some live outside all polygons, row by row, with a
        point where they live on average, in the grid's CRS: the middle of the cell for squares
        of one cell.
    problems : list of Problem
        What was found while reading.
    """

    inside: pd.Series[float]
    outside: gpd.GeoDataFrame
    problems: list[Problem]

    @property
    def children(self) -> float:
        """All children: as many as the raster holds."""
        return float(self.inside.sum() + self.outside["children"].sum())


@dataclass(frozen=True, eq=False)
class BandSums:
    """Persons by band: of polygons, and of the squares outside them.

    Parameters
    ----------
    bands : tuple of str
        Their names.
    inside : ndarray, shape (polygons, bands)
        Persons of each polygon.
    outside : ndarray, shape (squares, bands)
        Persons of each square that live in no polygon.
    moments : ndarray, shape (squares, bands, 2)
        These persons times the column and the row of the middle of their cell, counted from the
        corner of `grid`.
    grid : Grid
        Of the first block.
    """

    bands: tuple[str, ...]
    inside: NDArray[np.float64]
    outside: NDArray[np.float64]
    moments: NDArray[np.float64]
    grid: Grid


def zonal_children(
    polygons: gpd.GeoDataFrame | gpd.GeoSeries,
    blocks: Iterable[tuple[Population, list[Problem]]],
    *,
    split: AgeSplit = "plain",
    merge: int = 1,
    shares: Mapping[str, float] | None = None,
    age_share: float | None = None,
) -> ZonalChildren:
    """Children aged 3 to 5 of each polygon and outside all of them, block by block.

    The result is that of one block that holds the whole raster: polygons go to the grid's CRS,
    cells are cut at their outlines by exact area, overlapping polygons share what they cover
    together. Only cells with children outside all polygons are kept. Where these are too many
    to be demand points, `merge` counts them by squares of several cells.

    Parameters
    ----------
    polygons : GeoDataFrame or GeoSeries
        Communities or any other valid polygons, in any CRS.
    blocks : iterable of (Population, list of Problem)
        Blocks of one raster, no cell twice: what
        :func:`kgspatial.inputs.rasters.blocks.population_blocks` yields, or
        ``[read_population(...)]``.
    split, shares, age_share
        How bands become children, see :func:`kgspatial.demand.ages.children_3_to_5`. Sprague
        multipliers are applied to the whole raster's totals.
    merge : int
        Cells along each side of the squares outside.

    Returns
    -------
    ZonalChildren
        Its sum equals the raster's, to 1e-9 relative.

    Raises
    ------
    InputError
        When bands do not suffice, blocks are not of one grid, or children outside live in more
        than :data:`MAX_SQUARES` squares.
    """
    problems: list[Problem] = []

    def layers() -> Iterator[tuple[Grid, dict[str, NDArray[np.float64]]]]:
        for block, found in blocks:
            problems.extend(found)
            yield block.grid, _linear_bands(block, split, shares, age_share)

    sums = coverage_sums(polygons, layers(), merge=merge)
    weights = _weights(sums)
    children = sums.outside @ weights
    lived = children > 0
    middle = np.einsum("sbk,b->sk", sums.moments[lived], weights) / children[lived, None]
    t = sums.grid.transform
    points = gpd.points_from_xy(t.c + t.a * middle[:, 0], t.f + t.e * middle[:, 1])
    return ZonalChildren(
        pd.Series(sums.inside @ weights, index=polygons.index, name="children"),
        gpd.GeoDataFrame({"children": children[lived]}, geometry=points, crs=sums.grid.crs),
        problems,
    )


def _linear_bands(
    block: Population,
    split: AgeSplit,
    shares: Mapping[str, float] | None,
    age_share: float | None,
) -> dict[str, NDArray[np.float64]]:
    """Children, or the groups of which children are shares that the whole raster's sums tell."""
    source = block.source or None
    if split == "sprague" and "children" not in block.bands:
        return sprague_groups(block.bands, source=source)
    children = children_3_to_5(
        block.bands, split=split, shares=shares, age_share=age_share, source=source
    )
    return {"children": children}


def _weights(sums: BandSums) -> NDArray[np.float64]:
    """Children for each person of a band."""
    if sums.bands == ("children",):
        return np.ones(1)
    totals = sums.inside.sum(axis=0) + sums.outside.sum(axis=0)
    found = sprague_shares(dict(zip(sums.bands, totals, strict=True)))
    return np.array([float(found.get(band, 0.0)) for band in sums.bands])


# ---------------------------------------------------------------- sums


def coverage_sums(
    polygons: gpd.GeoDataFrame | gpd.GeoSeries,
    blocks: Iterable[tuple[Grid, Mapping[str, NDArray[np.float64]]]],
    *,
    merge: int = 1,
) -> BandSums:
    """Add up the cells of a raster by polygon, and by squares outside all polygons.

    Parameters
    ----------
    polygons : GeoDataFrame or GeoSeries
        Valid polygons in any CRS; those that overlap share what they cover together.
    blocks : iterable of (Grid, mapping of str to ndarray)
        Blocks of one grid with the counts of their cells by band, no cell twice.
    merge : int
        Cells along each side of the squares.

    Returns
    -------
    BandSums
        Their sum by band is that of all cells.

    Raises
    ------
    InputError
        When there is no block, when they are not of one grid, when `merge` is not at least 1, or
        when more than
        :data:`MAX_SQUARES` squares hold somebody.
    """
    if merge < 1:
        raise InputError(f"squares are at least one cell wide, not {merge}")
    first, parts, held = None, [], 0
    for grid, bands in blocks:
        if first is None:
            first, names = grid, tuple(bands)
            outlines = shared_outlines(polygons, grid.crs)
            inside = np.zeros((len(polygons), len(names)))
        row, column = _place(grid, first)
        counts = np.stack([bands[name].ravel() for name in names], axis=1)
        if not counts.any():
            continue
        found, left = split_counts(outlines.shares(grid), counts)
        inside += found
        parts.append(_squares(left.reshape(*grid.shape, -1), row, column, merge))
        held += len(parts[-1][0])
        _refuse_too_many(held, merge)
    if first is None:
        raise InputError("there is no block of a raster to add up")
    sums = _added(parts, len(names))
    return BandSums(names, inside, sums[..., 0], sums[..., 1:], first)


def _place(grid: Grid, first: Grid) -> tuple[int, int]:
    """Row and column of a block's first cell, counted from that of the first block."""
    t, own = grid.transform, first.transform
    row, column = (t.f - own.f) / own.e, (t.c - own.c) / own.a
    off = max(abs(row - round(row)), abs(column - round(column)))
    if off > 0.01 or not np.allclose([t.a, t.e], [own.a, own.e]) or grid.crs != first.crs:
        raise InputError("the blocks of the raster do not lie on one grid")
    return round(row), round(column)


def _squares(
    left: NDArray[np.float64], row: int, column: int, merge: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers of the squares of a block that hold somebody, and their sums and moments."""
    rows, columns = row + np.arange(left.shape[0]), column + np.arange(left.shape[1])
    down, across = _first_of_each(rows // merge), _first_of_each(columns // merge)
    strips = np.add.reduceat(left, across, axis=1)
    east = np.add.reduceat(left * (columns + 0.5)[:, None], across, axis=1)
    south = strips * (rows + 0.5)[:, None, None]
    sums = np.stack(
        [np.add.reduceat(part, down, axis=0) for part in (strips, east, south)], axis=-1
    )
    number = (rows[down, None] // merge << COLUMN_BITS) + columns[across] // merge
    lived = (sums[..., 0] > 0).any(axis=-1)
    return number[lived], sums[lived]


def _first_of_each(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions at which a rising number changes."""
    return np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))


def _added(
    parts: list[tuple[NDArray[np.int64], NDArray[np.float64]]], bands: int
) -> NDArray[np.float64]:
    """Sums of all blocks, square by square: one may lie in several blocks."""
    if not any(len(numbers) for numbers, _ in parts):
        return np.zeros((0, bands, 3))
    numbers, sums = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(numbers, kind="stable")
    return np.add.reduceat(sums[order], _first_of_each(numbers[order]), axis=0)


def _refuse_too_many(held: int, merge: int) -> None:
    if held > MAX_SQUARES:
        raise InputError(
            f"outside all polygons, people live in more than {MAX_SQUARES:,} "
            + ("cells" if merge == 1 else f"squares of {merge} x {merge} cells"),
            hint=f"Count them by larger squares, such as merge={10 * merge}, or clip the raster.",
        )

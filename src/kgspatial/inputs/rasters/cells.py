"""What the cells of a raster hold: counts, no data, and marks of no data that nobody declared.

Imports from `mosaic`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.rasters.mosaic import Block
from kgspatial.layers import POPULATION

if TYPE_CHECKING:
    from numpy.typing import NDArray

CACHE_BYTES = 16 * 1024**2
"""GDAL's cache while a window is read. Its own choice is a share of the machine's memory, which a
national raster in strips fills: a strip is as wide as the country, the window is not."""

CHUNK_BYTES = CACHE_BYTES // 2
"""Of storage blocks that are read at once: their mask is then made from the cache, not from the
file a second time."""

CHUNK_CELLS = 1_000_000
"""Cells that are read at once, so that what reading takes beside the counts stays small."""

MARKS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, -32768.0, -2147483648.0)
"""Values that programs write where there is no data; none of them is a count."""

MOST_PEOPLE = 1e9
"""Not even a country as one cell holds more: such values are marks such as -3.4e38 as well."""

MOST_MARKS = 4
"""A raster with more different marks than this holds something else."""

HIGHEST = {"uint8": 255.0, "int8": 127.0, "uint16": 65535.0, "int16": 32767.0}
"""Of small types: it may be a count, but often marks cells without data."""


def add_counts(
    target: NDArray[np.float64], raster: Any, number: int, part: Block, path: Path
) -> list[Problem]:
    """Add the counts of some cells of a band to `target`, which is changed.

    Changed rather than returned: a window of a band is held once, however many files add to it.

    Parameters
    ----------
    target : ndarray of float64, shape (part.rows, part.columns)
        People per cell.
    raster : rasterio.DatasetReader
        Its scale and offset are applied; what it masks or declares as nodata, and NaN, count 0.
    number : int
        The band, from 1.
    part : Block
        Cells, counted from the raster's first one.
    path : Path
        Its file, for messages.

    Returns
    -------
    list of Problem
        Marks of no data that are not declared, which count 0.

    Raises
    ------
    InputError
        When a cell holds what is neither a count nor a usual mark of no data.
    """
    marks: Counter[float] = Counter()
    for rows in chunks_of(raster, number, part):
        target[rows.seen_from(part).slices] += counted(raster, number, rows, marks, path)
    if len(marks) > MOST_MARKS:
        shown = ", ".join(f"{value:g}" for value in sorted(marks)[:MOST_MARKS])
        raise InputError(
            f"band {number} holds many values that no cell of people can: {shown}, ...",
            source=path,
            hint="It holds no counts, or the file is damaged.",
        )
    return mark_notes(marks, raster.dtypes[number - 1], number, path)


def chunks_of(raster: Any, number: int, part: Block) -> Iterator[Block]:
    """Rows of a part, by as many whole rows of storage blocks as fit in a chunk and the cache."""
    high, wide = raster.block_shapes[number - 1]
    across = (part.column + part.columns - 1) // wide - part.column // wide + 1
    size = high * wide * across * np.dtype(raster.dtypes[number - 1]).itemsize
    if raster.interleaving is not None and raster.interleaving.name == "pixel":
        size *= raster.count
    step = max(1, min(CHUNK_BYTES // size, CHUNK_CELLS // (part.columns * high))) * high
    row, end = part.row, part.row + part.rows
    while row < end:
        below = min(end, row - row % high + step)
        yield Block(row, part.column, below - row, part.columns)
        row = below


def counted(
    raster: Any, number: int, part: Block, marks: Counter[float], path: Path
) -> NDArray[np.float64]:
    """Counts of some cells; what stands for no data without being declared is noted in `marks`."""
    from rasterio.windows import Window

    cut = Window(part.column, part.row, part.columns, part.rows)
    raw = raster.read(number, window=cut, masked=True)
    known = ~np.ma.getmaskarray(raw) & ~np.isnan(raw.data)
    scale, offset = raster.scales[number - 1], raster.offsets[number - 1]
    with np.errstate(over="ignore", invalid="ignore"):
        values = raw.data.astype(np.float64)
        counts = np.where(known, values, 0.0) * scale + np.where(known, offset, 0.0)
    odd = ~((counts >= 0) & (counts < MOST_PEOPLE))
    if odd.any():
        marks.update(_marks(values[odd], counts[odd], number, path))
        counts[odd] = 0.0
    highest = HIGHEST.get(raster.dtypes[number - 1])
    if highest is not None and raster.nodatavals[number - 1] is None:
        full = np.count_nonzero((values == highest) & known)
        marks.update({highest: full} if full else {})
    return np.asarray(counts)


def _marks(
    raw: NDArray[np.float64], counts: NDArray[np.float64], number: int, path: Path
) -> dict[float, int]:
    """How often each mark stands among values that are no counts; any other value is an error."""
    usual = np.isfinite(raw) & (np.isin(raw, MARKS) | (np.abs(raw) >= MOST_PEOPLE))
    if not usual.all():
        raise InputError(
            f"band {number} holds counts that are negative or infinite ({counts[~usual][0]:g})",
            source=path,
            hint="If that value marks cells without data, declare it, for example with "
            "gdal_edit -a_nodata; if not, the raster holds no counts.",
        )
    values, times = np.unique(raw, return_counts=True)
    return dict(zip(values.tolist(), times.tolist(), strict=True))


def mark_notes(marks: Counter[float], dtype: str, number: int, path: Path) -> list[Problem]:
    """A warning for each value that stands for no data, or may, without being declared so."""
    found = []
    for value, times in sorted(marks.items()):
        cells = f"{times:,} cells of band {number} hold {value:g}"
        if value == HIGHEST.get(dtype):
            code, text = (
                "perhaps_nodata",
                f"{cells}, the most that {dtype} can: it may mark no data",
            )
            done = "counted as people; declare it as nodata if nobody lives there"
        else:
            code, text = "undeclared_nodata", f"{cells}, which is not declared as nodata"
            done = "counted as nobody there"
        found.append(
            Problem(POPULATION, code, text, done, "warning", str(path), value=f"{value:g}")
        )
    return found

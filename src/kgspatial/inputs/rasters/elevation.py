"""Elevation rasters: metres above the sea where the study area lies.

Imports from `read`, `mosaic`, `areas`, `planfile`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspatial.errors import InputError
from kgspatial.inputs.files import existing
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.rasters.mosaic import Block, window_of
from kgspatial.inputs.rasters.read import MAX_CELLS, check_placed, opened_raster, raster_grid
from kgspatial.layers import ELEVATION, Elevation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.inputs.coordinates.areas import Area
    from kgspatial.inputs.planfile import LayerInput

FEET = {
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "international foot": 0.3048,
    "us survey foot": 1200.0 / 3937.0, "us-ft": 1200.0 / 3937.0, "ftus": 1200.0 / 3937.0,
    "foot_us": 1200.0 / 3937.0,
}  # fmt: skip
"""Metres of one foot, as a raster's unit names it."""

METRES = ("", "m", "metre", "metres", "meter", "meters", "米")
"""How a raster names its unit where nothing needs to be done."""

LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""Nobody lives lower than the shore of the Dead Sea or higher than Everest: such heights are voids."""


def read_elevation(
    declared: LayerInput, *, area: Area | None = None
) -> tuple[Elevation, list[Problem]]:
    """Read an elevation raster, only where the study area lies.

    Parameters
    ----------
    declared : LayerInput
        One raster whose first band holds heights; several tiles are one as a VRT.
    area : Area, optional
        Only cells that touch it, and one more on each side, are read.

    Returns
    -------
    elevation : Elevation
        Metres; nan where the raster has no data.
    problems : list of Problem
        A declared CRS that takes the place of the file's, and feet that were turned into metres.

    Raises
    ------
    InputError
        When the file is missing, unreadable, rotated or without CRS, or not in the area.
    """
    path = existing(declared.path, ELEVATION)
    with opened_raster(path) as raster:
        if raster.count == 0:
            raise InputError("it holds no raster of its own", source=path)
        check_placed(raster, path)
        grid, problems = raster_grid(raster, path, declared, ELEVATION)
        whole = Block(0, 0, *grid.shape)
        window = whole if area is None else window_of(area, whole, grid, declared.path)
        if window.size > MAX_CELLS:
            raise InputError(
                f"{window.rows} x {window.columns} cells are too many to hold",
                source=path,
                hint="Declare units or communities, which tell the study area, or clip it first.",
            )
        values = _heights(raster, window)
        unit = str(raster.units[0] or "").strip().casefold()
    if unit in FEET:
        values = values * FEET[unit]
        text = f"its heights are in {unit}"
        problems.append(Problem(ELEVATION, "feet", text, "turned into metres", "note", str(path)))
    elif unit not in METRES:
        raise InputError(
            f"its heights are in '{unit}'",
            source=path,
            hint="Convert them to metres or feet first.",
        )
    values, found = _without_voids(values, path)
    return Elevation(window.grid(grid), values, declared.path), problems + found


def elevation_files(declared: LayerInput) -> list[Path]:
    """Return all files that the heights come from: also a VRT's parts; overviews are never read."""
    path = existing(declared.path, ELEVATION)
    with opened_raster(path) as raster:
        parts = [Path(name) for name in raster.files] or [path]
    return [part for part in parts if part.suffix.lower() != ".ovr"]


def _without_voids(
    values: NDArray[np.float64], path: Path
) -> tuple[NDArray[np.float64], list[Problem]]:
    """Heights without those that fill a void: -32768 and -9999 are often not declared as such."""
    void = ~np.isnan(values) & ~((values >= LOWEST_M) & (values <= HIGHEST_M))
    if not void.any():
        return values, []
    text = (
        f"{int(void.sum())} cells hold heights that are not on earth, such as {values[void][0]:g}"
    )
    done = "taken as cells without data"
    found = Problem(ELEVATION, "impossible_height", text, done, "warning", str(path))
    return np.where(void, np.nan, values), [found]


def _heights(raster: Any, window: Block) -> NDArray[np.float64]:
    """The first band with its scale and offset; nan where there are no data."""
    from rasterio.windows import Window

    cut = Window(window.column, window.row, window.columns, window.rows)
    raw = raster.read(1, window=cut, masked=True)
    scale, offset = raster.scales[0], raster.offsets[0]
    return np.asarray(np.ma.filled(raw.astype(np.float64) * scale + offset, np.nan))

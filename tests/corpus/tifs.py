"""Writes small population rasters.

Imports from `case`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpus.case import Maker

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


def shifted(columns: float, rows: float = 0) -> dict[str, Any]:
    from affine import Affine

    return {"transform": Affine(SIDE, 0, WEST + columns * SIDE, 0, -SIDE, NORTH - rows * SIDE)}


CHILDREN = {"bands": {"children": 1}}

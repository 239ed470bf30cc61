"""Small rasters for the tests, written with whatever a planner's raster may have."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

METRES = Affine(100, 0, 5e5, 0, -100, 27e5)
"""Cells of 100 m from the north-west corner 500,000 E, 2,700,000 N."""


def write_raster(
    path: Path, values: object, *, names: Iterable[str | None] = (), **profile: object
) -> Path:
    """Write one band (two dimensions) or several (three); by default of float64 in EPSG:4549."""
    array = np.asarray(values)
    bands = array if array.ndim == 3 else array[None]
    count, height, width = bands.shape
    settings = {
        "driver": "GTiff",
        "dtype": "float64",
        "crs": "EPSG:4549",
        "transform": METRES,
        "count": count,
        "height": height,
        "width": width,
        **profile,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path, "w", **settings) as out:
            out.write(bands)
            for number, name in enumerate(names, start=1):
                if name:
                    out.set_band_description(number, name)
    return path


def moved(transform: Affine, columns: float, rows: float = 0.0) -> Affine:
    """The transform of a raster whose first cell lies this many cells further."""
    t = transform
    return Affine(t.a, t.b, t.c + columns * t.a, t.d, t.e, t.f + rows * t.e)

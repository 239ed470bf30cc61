"""Population rasters to counts per cell.

Imports from `files`, `crs`, `planfile`, `layers` and `errors`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspatial.errors import InputError
from kgspatial.inputs.crs import DeclaredCrs, parse_crs
from kgspatial.inputs.files import existing
from kgspatial.layers import BANDS, Grid, Population

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kgspatial.inputs.planfile import LayerInput

MAX_CELLS = 100_000_000
"""Above this a raster is refused: eight bytes a cell and band would not fit beside the rest."""


def read_population(declared: LayerInput) -> Population:
    """Read a population raster: the declared bands, or those that their descriptions name.

    Returns
    -------
    Population
        Counts per cell, cells without data as 0.

    Raises
    ------
    InputError
        When the file is missing, unreadable, rotated, without CRS, or its bands are not known.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    path = existing(declared.path, "population")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                grid = _raster_grid(raster, declared, path)
                bands = dict(_read_bands(raster, declared, path))
    except RasterioIOError as error:
        raise InputError(f"the file cannot be read as a raster: {error}", source=path) from error
    return Population(grid, bands, str(path))


def _raster_grid(raster: Any, declared: LayerInput, path: Path) -> Grid:
    if raster.width * raster.height > MAX_CELLS:
        raise InputError(
            f"the raster has {raster.width} x {raster.height} cells, too many to hold",
            source=path,
            hint="Clip it to the study area first.",
        )
    if raster.transform.is_identity:
        raise InputError(
            "the raster does not say where its cells lie",
            source=path,
            hint="Keep its .tfw or .aux.xml beside it, or export it as GeoTIFF again.",
        )
    shape = (raster.height, raster.width)
    try:
        return Grid(shape, raster.transform, _raster_crs(raster, declared))
    except InputError as error:
        raise InputError(error.message, source=path, hint=error.hint) from error


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


def _read_bands(
    raster: Any, declared: LayerInput, path: Path
) -> Iterator[tuple[str, np.ndarray[Any, np.dtype[np.float64]]]]:
    numbers = declared.bands or {
        text: i for i, text in enumerate(raster.descriptions, start=1) if text in BANDS
    }
    if not numbers:
        raise InputError(
            f"it is not said what its {raster.count} band(s) hold",
            source=path,
            hint="Write bands = { children = 1 } beside its path; known: " + ", ".join(BANDS) + ".",
        )
    for name, number in numbers.items():
        if not 1 <= number <= raster.count:
            raise InputError(
                f"it has no band {number} (it has {raster.count})", source=path, column=name
            )
        values = raster.read(number, masked=True).astype(np.float64).filled(0.0)
        values[np.isnan(values)] = 0.0
        worst = values[~((values >= 0) & np.isfinite(values))]
        if len(worst):
            raise InputError(
                f"band {number} holds counts that are negative or infinite ({worst[0]:g})",
                source=path,
                hint="Set the raster's nodata value, for example with gdal_edit -a_nodata.",
            )
        yield name, values

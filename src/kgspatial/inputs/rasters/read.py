"""Population rasters to counts per cell: one file or many, only where the study area lies.

Imports from `cells`, `mosaic`, `worldpop`, `areas`, `crs`, `planfile`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.inputs.coordinates.crs import parse_crs
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.rasters.cells import CACHE_BYTES, add_counts
from kgspatial.inputs.rasters.mosaic import (
    Block,
    Tile,
    cells_without_tile,
    extent_of,
    place_tiles,
    window_of,
)
from kgspatial.inputs.rasters.worldpop import RasterFile, population_rasters
from kgspatial.layers import BANDS, POPULATION, Grid, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.inputs.planfile import LayerInput

M2_OF = {"per_km2": 1e6, "per_ha": 1e4}
DENSITY_WORDS = {"per_km2": "per square kilometre", "per_ha": "per hectare"}

MAX_CELLS = 100_000_000
"""Cells times bands that are held at most: with eight bytes each, more would fill a laptop."""


def read_population(
    declared: LayerInput, *, area: Area | None = None, year: int | None = None
) -> tuple[Population, list[Problem]]:
    """Read a population raster, or several that are one: tiles, and WorldPop's ages and sexes.

    Bands are those that the declaration numbers, or that their descriptions name, or that the
    files' names tell: ages are summed over sexes. Cells are taken as they are, in degrees or in
    metres: counts are not resampled.

    Parameters
    ----------
    declared : LayerInput
        Its path may be a pattern or a folder, see
        :func:`kgspatial.inputs.rasters.worldpop.population_rasters`.
    area : Area, optional
        Only cells that touch it are read, and only these take memory. All cells unless given.
    year : int, optional
        The plan's year.

    Returns
    -------
    population : Population
        Counts per cell, cells without data as 0.
    problems : list of Problem
        What was understood, found and done.

    Raises
    ------
    InputError
        When a file is missing, unreadable, rotated or without CRS, when its bands are not known or
        hold no children, when files do not lie on one grid or overlap, or none is in the area.
    """
    files, problems = population_rasters(
        declared.path, year, by_name=not declared.bands, density=declared.density is not None
    )
    tiles = []
    for file in files:
        tile, found = tile_of(file, declared)
        tiles.append(tile)
        problems += found
    blocks = place_tiles(tiles)
    extent, first = extent_of(blocks), tiles[0].grid
    window = extent if area is None else window_of(area, extent, first, declared.path)
    bands = _zeros(tiles, window, declared)
    for tile, block in zip(tiles, blocks, strict=True):
        problems += _add(tile, block, window, bands)
    problems += window_notes(extent, window, tiles, blocks, declared)
    grid = window.grid(first)
    bands, found = as_counts(bands, grid, declared)
    return Population(grid, bands, declared.path), problems + found


def as_counts(
    bands: dict[str, NDArray[np.float64]], grid: Grid, declared: LayerInput
) -> tuple[dict[str, NDArray[np.float64]], list[Problem]]:
    """People per cell, where the plan file says that the cells hold people per area."""
    if declared.density is None:
        return bands, []
    area = grid.cell_areas_m2() / M2_OF[declared.density]
    text = f"the plan file says that its cells hold people {DENSITY_WORDS[declared.density]}"
    done = "multiplied by the area of each cell on the ground"
    note = Problem(POPULATION, "density_counted", text, done, "note", declared.path)
    return {name: values * area for name, values in bands.items()}, [note]


def population_files(declared: LayerInput, year: int | None) -> list[RasterFile]:
    """Return the files of a population declaration that are read, by their names alone."""
    return population_rasters(
        declared.path, year, by_name=not declared.bands, density=declared.density is not None
    )[0]


def source_files(declared: LayerInput, year: int | None) -> list[Path]:
    """Return all files that the counts come from: also world files, masks and a VRT's parts.

    Overviews are not among them: they are never read.
    """
    found: dict[Path, None] = {}
    for file in population_files(declared, year):
        with opened_raster(file.path) as raster:
            parts = [Path(name) for name in raster.files] or [file.path]
            found.update(dict.fromkeys(p for p in parts if p.suffix.lower() != ".ovr"))
    return list(found)


# ---------------------------------------------------------------- one file


@contextmanager
def opened_raster(path: Path) -> Iterator[Any]:
    """The raster, open for reading; what rasterio says of it in the user's words."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                yield raster
    except RasterioError as error:
        reason = str(error.__cause__ or error).replace(f"{path.parent}/", "")
        raise InputError(
            f"the file cannot be read as a raster: {reason}", source=path, hint=_advice(path)
        ) from error


def _advice(path: Path) -> str:
    if path.is_dir():
        return "This is a folder: name the raster in it."
    if path.suffix.lower() in (".zip", ".gz", ".7z", ".rar"):
        return "Unpack it first, and name the folder or the files in it."
    return "GeoTIFF is read, and what else GDAL knows. Was it copied or downloaded to its end?"


def tile_of(file: RasterFile, declared: LayerInput) -> tuple[Tile, list[Problem]]:
    """A file's grid and which of its bands hold what, without reading its cells."""
    with opened_raster(file.path) as raster:
        if raster.count == 0:
            inner = ", ".join(name.split(":")[-1] for name in raster.subdatasets[:6])
            raise InputError(
                "it holds several rasters and none of its own" if inner else "it holds no raster",
                source=file.path,
                hint=f"Export one of them as GeoTIFF: {inner}." if inner else "",
            )
        check_placed(raster, file.path)
        numbers = _numbers(raster, file, declared)
        grid, problems = raster_grid(raster, file.path, declared)
        problems += _resampled(raster, file.path)
    return Tile(file.path, grid, numbers, file.sex, file.age), problems


def check_placed(raster: Any, path: Path) -> None:
    """Refuse a raster that does not say where its cells lie."""
    if raster.transform.is_identity or not np.isfinite(raster.transform[:6]).all():
        raise InputError(
            "the raster does not say where its cells lie",
            source=path,
            hint="Keep its .tfw or .aux.xml beside it, or export it as GeoTIFF again.",
        )


def raster_grid(
    raster: Any, path: Path, declared: LayerInput, layer: str = POPULATION
) -> tuple[Grid, list[Problem]]:
    """Return the cells of a raster in the declared system, or else in its own."""
    try:
        crs, problems = _raster_crs(raster, path, declared, layer)
        return Grid((raster.height, raster.width), raster.transform, crs), problems
    except InputError as error:
        raise InputError(error.message, source=path, hint=error.hint) from error


def _raster_crs(
    raster: Any, path: Path, declared: LayerInput, layer: str
) -> tuple[CRS, list[Problem]]:
    """The declared system, or else the raster's own; a note where both differ."""
    own = _own_crs(raster)
    if declared.crs is None:
        if own is not None and (own.is_geographic or own.is_projected):
            return own, []
        raise InputError(
            "neither the raster nor the plan file says its coordinate reference system"
            if own is None
            else f"nothing says where on the earth its system '{own.name}' lies",
            hint='Write crs = "EPSG:4490" (or another) beside its path in the plan file.',
        )
    wanted = parse_crs(declared.crs)
    if wanted.shifted is not None:
        raise InputError(
            f"a raster cannot be in {wanted.shifted}",
            hint="Declare the system in which its cells are squares or rectangles.",
        )
    if own is None or own.equals(wanted.crs, ignore_axis_order=True):
        return wanted.crs, []
    text = f"its own system is {own.name}, the plan file declares {wanted.crs.name}"
    done = "the declared one is used"
    return wanted.crs, [Problem(layer, "crs_overridden", text, done, "note", str(path))]


def _own_crs(raster: Any) -> CRS | None:
    if raster.crs is None:
        return None
    try:
        return CRS.from_user_input(raster.crs.to_wkt())
    except CRSError:
        return None


def _numbers(raster: Any, file: RasterFile, declared: LayerInput) -> dict[str, int]:
    """Number of each band that is used: as declared, as described, or by the file's name."""
    described = [text for text in raster.descriptions if text in BANDS]
    if not declared.bands and len(described) > len(set(described)):
        raise InputError(
            f"several of its bands are described alike ({', '.join(described)})",
            source=file.path,
            hint="Write which to take: bands = { children = 1 } beside its path.",
        )
    numbers = declared.bands or {text: raster.descriptions.index(text) + 1 for text in described}
    if not numbers and file.band is not None and len(_data_bands(raster)) == 1:
        numbers = {file.band: _data_bands(raster)[0]}
    if not numbers:
        raise InputError(
            f"it is not said what its {raster.count} band(s) hold",
            source=file.path,
            hint="Write bands = { children = 1 } beside its path; known: " + ", ".join(BANDS) + ".",
        )
    for name, number in numbers.items():
        _check_number(raster, number, name, file.path)
    return dict(numbers)


def _check_number(raster: Any, number: int, name: str, path: Path) -> None:
    if not 1 <= number <= raster.count:
        raise InputError(
            f"it has no band {number} (it has {raster.count})", source=path, column=name
        )
    dtype = raster.dtypes[number - 1]
    if np.dtype(dtype).kind not in "iuf":
        raise InputError(f"band {number} holds {dtype}, not counts", source=path, column=name)


def _data_bands(raster: Any) -> list[int]:
    """Numbers of the bands that are not transparency."""
    return [i for i, sense in enumerate(raster.colorinterp, start=1) if sense.name != "alpha"]


def _resampled(raster: Any, path: Path) -> list[Problem]:
    """Say so when a VRT warps its parts or changes their cells: sums do not survive that."""
    if raster.driver != "VRT":
        return []
    xml = "".join(raster.tags(ns="xml:VRT").values())
    taken, given = (
        re.findall(rf'<{end}Rect[^>]*xSize="([^"]+)" ySize="([^"]+)"', xml)
        for end in ("Src", "Dst")
    )
    if "VRTWarpedDataset" not in xml and all(map(_same_size, taken, given)):
        return []
    text = "this VRT resamples its parts: their cells are not its cells"
    done = "used as it is; its total may differ from theirs"
    return [Problem(POPULATION, "resampled", text, done, "warning", str(path))]


def _same_size(taken: tuple[str, str], given: tuple[str, str]) -> bool:
    return np.allclose([float(t) for t in taken], [float(g) for g in given], rtol=1e-6)


# ---------------------------------------------------------------- all of them


def _zeros(
    tiles: list[Tile], window: Block, declared: LayerInput
) -> dict[str, NDArray[np.float64]]:
    """A band of zeros for each that a tile holds."""
    names = dict.fromkeys(name for tile in tiles for name in tile.numbers)
    if window.size * len(names) > MAX_CELLS:
        raise InputError(
            f"{window.rows} x {window.columns} cells are too many to hold",
            source=declared.path,
            hint="Declare units or communities, which tell the study area, or clip it first.",
        )
    return {name: np.zeros((window.rows, window.columns)) for name in names}


def _add(
    tile: Tile, block: Block, window: Block, bands: dict[str, NDArray[np.float64]]
) -> list[Problem]:
    """Add a tile's counts to the bands, reading the cells of the window only."""
    part = block.shared_with(window)
    if not part.size:
        return []
    target = part.seen_from(window).slices
    with opened_raster(tile.path) as raster:
        return [
            problem
            for name, number in tile.numbers.items()
            for problem in add_counts(
                bands[name][target], raster, number, part.seen_from(block), tile.path
            )
        ]


# ---------------------------------------------------------------- what was read


def window_notes(
    extent: Block, window: Block, tiles: list[Tile], blocks: list[Block], declared: LayerInput
) -> list[Problem]:
    """What of the rasters was read, and which cells of the window no file has."""
    notes = []
    if window != extent:
        text = (
            f"the raster is larger than the study area: {window.rows} x {window.columns} of its "
            f"{extent.rows} x {extent.columns} cells lie in it or around it"
        )
        done = "only these were read; who lives beyond them is not counted"
        notes.append(Problem(POPULATION, "window_read", text, done, "note", declared.path))
    for (band, sex, age), missing in cells_without_tile(tiles, blocks, window).items():
        of = ", ".join(str(part) for part in (sex, age) if part is not None)
        text = f"{missing:,} of the {window.size:,} cells lie in no file of {band}"
        text += f" ({of})" if of else ""
        done = "counted as nobody there"
        notes.append(Problem(POPULATION, "no_tile", text, done, "warning", declared.path))
    return notes

"""From files to raw layers: vector files, tables with coordinates, and rasters.

Imports from `crs`, `planfile`, `problems`, `layers` and `errors`. What comes out carries the
user's row numbers as its index, the file's own column names, and a CRS.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.crs import DeclaredCrs, parse_crs, unshift
from kgspatial.layers import BANDS, Grid, Population

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kgspatial.inputs.planfile import LayerInput

TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")
COORDINATES = (("lon", "lat"), ("x", "y"))
MAX_CELLS = 100_000_000
"""Above this a raster is refused: eight bytes a cell and band would not fit beside the rest."""


def read_layer(name: str, declared: LayerInput) -> gpd.GeoDataFrame:
    """Read one vector layer or table of points as it lies in its file.

    Returns
    -------
    GeoDataFrame
        Columns renamed as the plan file says, index = row as the user counts it (data rows of a
        spatial file from 1, lines of a table from the top of the file), ``attrs["source"]`` = file.

    Raises
    ------
    InputError
        When the file is missing, unreadable or empty, or no CRS is known.
    """
    path = existing(declared.path, name)
    suffix = path.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        frame = _read_table(path, declared)
    elif suffix in PARQUET_SUFFIXES:
        frame = _number_rows(_read_parquet(path), first=1)
    else:
        frame = _number_rows(_read_vector(path, declared), first=1)
    if frame.empty:
        raise InputError(f"the layer '{name}' is empty: it has no rows", source=path)
    frame = _with_crs(_rename(frame, declared, path), declared, path)
    frame.attrs = {"source": str(path)}
    return frame


def existing(path: str | Path, name: str) -> Path:
    """Return the path of an input file, or raise when there is none."""
    path = Path(path)
    if not path.exists():
        raise InputError(
            f"there is no such file for the layer '{name}'",
            source=path,
            hint="Paths in a plan file are relative to the plan file.",
        )
    return path


def sha256(path: str | Path) -> str:
    """Hash of the bytes of a data set: one file, a Shapefile's parts, or a folder's files."""
    path = Path(path)
    digest = hashlib.sha256()
    for file in _parts(path):
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _parts(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.glob(f"{path.stem}.*") if p.is_file())
    return [path]


def _number_rows(frame: gpd.GeoDataFrame, first: int) -> gpd.GeoDataFrame:
    return frame.set_axis(pd.RangeIndex(first, first + len(frame), name="row"), axis=0)


def _read_vector(path: Path, declared: LayerInput) -> gpd.GeoDataFrame:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        layer = _pick_layer(layers, declared.layer, path)
        frame = pyogrio.read_dataframe(path, layer=layer, encoding=declared.encoding)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(
            f"the file cannot be read as spatial data: {error}",
            source=path,
            hint="GeoPackage, GeoJSON, Shapefile, GeoParquet and CSV with coordinates are read.",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            "its texts are not in the encoding that the file claims",
            source=path,
            hint='Write encoding = "GB18030" beside its path in the plan file.',
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("the file has no geometry", source=path)
    return frame


def _pick_layer(layers: list[str], wanted: str | None, path: Path) -> str | None:
    names = ", ".join(layers)
    if wanted is not None and wanted not in layers:
        raise InputError(f"it has no layer '{wanted}'", source=path, hint=f"Its layers: {names}.")
    if wanted is None and len(layers) > 1:
        raise InputError(
            "it has several layers and none is named",
            source=path,
            hint=f"Write layer = ... beside its path in the plan file: {names}.",
        )
    return wanted


def _read_parquet(path: Path) -> gpd.GeoDataFrame:
    import pyarrow

    try:
        return gpd.read_parquet(path)
    except (ValueError, OSError, pyarrow.ArrowException) as error:
        raise InputError(f"the file cannot be read as GeoParquet: {error}", source=path) from error


def _read_table(path: Path, declared: LayerInput) -> gpd.GeoDataFrame:
    table = _read_text_table(path, declared.encoding)
    table.index = pd.RangeIndex(2, 2 + len(table), name="row")
    table = table[table.notna().any(axis=1)]
    renamed = table.rename(columns={v: k for k, v in (declared.columns or {}).items()})
    pair = next((p for p in COORDINATES if set(p) <= set(renamed.columns)), None)
    if pair is None:
        raise InputError(
            f"no coordinate columns 'lon' and 'lat' (or 'x' and 'y'); it has {', '.join(table)}",
            source=path,
            hint='Name them in the plan file: columns = { lon = "经度", lat = "纬度" }.',
        )
    x, y = (pd.to_numeric(renamed[c], errors="coerce").to_numpy(dtype=np.float64) for c in pair)
    points = gpd.points_from_xy(x, y)
    missing = ~(np.isfinite(x) & np.isfinite(y))
    points[missing] = None
    return gpd.GeoDataFrame(table, geometry=points)


def _read_text_table(path: Path, encoding: str | None) -> pd.DataFrame:
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    tried = [encoding] if encoding else ["utf-8-sig", "gb18030"]
    for name in tried:
        try:
            return pd.read_csv(
                path, encoding=name, sep=separator, dtype=str, skip_blank_lines=False
            )
        except (UnicodeDecodeError, LookupError):
            continue
        except pd.errors.EmptyDataError:
            raise InputError("the file is empty", source=path) from None
        except pd.errors.ParserError as error:
            raise InputError(f"the table cannot be read: {error}", source=path) from error
    raise InputError(f"its texts are not in {' or '.join(tried)}", source=path)


def _rename(frame: gpd.GeoDataFrame, declared: LayerInput, path: Path) -> gpd.GeoDataFrame:
    for canonical, theirs in (declared.columns or {}).items():
        if theirs not in frame.columns:
            raise InputError(
                f"no column '{theirs}', which the plan file names for '{canonical}'",
                source=path,
                hint=f"Its columns: {', '.join(map(str, frame.columns))}.",
            )
    return frame.rename(columns={v: k for k, v in (declared.columns or {}).items()})


def _with_crs(frame: gpd.GeoDataFrame, declared: LayerInput, path: Path) -> gpd.GeoDataFrame:
    wanted = parse_crs(declared.crs, source=str(path)) if declared.crs is not None else None
    if wanted is None:
        if frame.crs is None:
            raise InputError(
                "neither the file nor the plan file says its coordinate reference system",
                source=path,
                hint='Write crs = "EPSG:4490" (or "GCJ-02", "BD-09", ...) beside its path.',
            )
        return frame
    if wanted.shifted is not None:
        return unshift(frame.set_crs(wanted.crs, allow_override=True), wanted.shifted)
    return frame.set_crs(wanted.crs, allow_override=True)


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
    from rasterio.errors import RasterioIOError

    path = existing(declared.path, "population")
    try:
        with rasterio.open(path) as raster:
            if raster.width * raster.height > MAX_CELLS:
                raise InputError(
                    f"the raster has {raster.width} x {raster.height} cells, too many to hold",
                    source=path,
                    hint="Clip it to the study area first.",
                )
            grid = Grid(
                (raster.height, raster.width), raster.transform, _raster_crs(raster, declared)
            )
            bands = dict(_read_bands(raster, declared, path))
    except RasterioIOError as error:
        raise InputError(f"the file cannot be read as a raster: {error}", source=path) from error
    return Population(grid, bands, str(path))


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
        values[~np.isfinite(values)] = 0.0
        if (values < 0).any():
            raise InputError(
                f"band {number} holds negative counts ({values.min():g})",
                source=path,
                hint="Set the raster's nodata value, for example with gdal_edit -a_nodata.",
            )
        yield name, values

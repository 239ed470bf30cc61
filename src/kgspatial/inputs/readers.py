"""From files to raw layers: vector files, tables with coordinates, and rasters.

Imports from `crs`, `planfile`, `problems`, `layers` and `errors`. What comes out carries the
user's row numbers as its index, the file's own column names, and a CRS.
"""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from kgspatial.errors import InputError
from kgspatial.inputs.crs import DeclaredCrs, parse_crs, unshift
from kgspatial.layers import BANDS, Grid, Population

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kgspatial.inputs.planfile import LayerInput

FrameT = TypeVar("FrameT", bound=pd.DataFrame)

TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")
COORDINATES = (("lon", "lat"), ("x", "y"))
DBF_LANGUAGE_BYTE, DBF_NO_LANGUAGE = 29, (0x00, 0x57)
"""Where a .dbf names its code page, and the values that name none (0, and whatever Windows uses)."""
MAX_CELLS = 100_000_000
"""Above this a raster is refused: eight bytes a cell and band would not fit beside the rest."""


def read_layer(name: str, declared: LayerInput) -> gpd.GeoDataFrame:
    """Read one vector layer or table of points as it lies in its file.

    Returns
    -------
    GeoDataFrame
        Columns renamed as the plan file says, index = row as the user counts it (data rows of a
        spatial file from 1, lines of a table from the top of the file), ``attrs["source"]`` =
        file. A CRS that the plan file declares takes the place of the file's own.

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
        frame = _number_rows(_rename(_read_parquet(path), declared, path))
    else:
        frame = _number_rows(_rename(_read_vector(path, declared), declared, path))
    if frame.empty:
        raise InputError(f"the layer '{name}' is empty: it has no rows", source=path)
    frame = _with_crs(frame, declared, path)
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
        start = f"{path.stem}."
        return sorted(p for p in path.parent.iterdir() if p.is_file() and p.name.startswith(start))
    return [path]


def _number_rows(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_axis(pd.RangeIndex(1, 1 + len(frame), name="row"), axis=0)


def _read_vector(path: Path, declared: LayerInput) -> gpd.GeoDataFrame:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    encodings = _encodings(path, declared.encoding)
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        layer = _pick_layer(layers, declared.layer, path)
        frame = _first_decoded(path, layer, encodings)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(
            f"the file cannot be read as spatial data: {error}",
            source=path,
            hint="GeoPackage, GeoJSON, Shapefile, GeoParquet and CSV with coordinates are read.",
        ) from error
    except GEOSException as error:
        raise InputError(f"one of its shapes cannot be read: {error}", source=path) from error
    if frame is None:
        claimed = " or ".join(e for e in encodings if e) or "the encoding that the file claims"
        raise InputError(
            f"its texts are not in {claimed}",
            source=path,
            hint='Write encoding = "GB18030" (or its own) beside its path in the plan file.',
        )
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            "the file has no geometry",
            source=path,
            hint="A table with coordinates is read from CSV: save it as CSV.",
        )
    return frame


def _first_decoded(
    path: Path, layer: str | None, encodings: tuple[str | None, ...]
) -> pd.DataFrame | None:
    """The layer in the first encoding that fits all its texts; None when none does."""
    import pyogrio

    for encoding in encodings:
        try:
            frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        return frame
    return None


def _encodings(path: Path, declared: str | None) -> tuple[str | None, ...]:
    """The declared encoding, or the file's own; UTF-8, then GB18030, where a Shapefile is silent.

    The format's default for a silent file, Latin-1, would turn every Chinese name into signs
    without an error.
    """
    if declared is not None or path.suffix.lower() != ".shp":
        return (declared,)
    parts = {p.suffix.lower(): p for p in _parts(path)}
    if ".dbf" not in parts:
        raise InputError(
            "the .dbf file that belongs to it is missing, and with it all its columns",
            source=path,
            hint="A Shapefile is .shp, .shx, .dbf and .prj (and .cpg) together: copy all of them.",
        )
    if ".cpg" in parts:
        return (None,)
    with parts[".dbf"].open("rb") as stream:
        head = stream.read(DBF_LANGUAGE_BYTE + 1)
    silent = len(head) > DBF_LANGUAGE_BYTE and head[DBF_LANGUAGE_BYTE] in DBF_NO_LANGUAGE
    return ("UTF-8", "GB18030") if silent else (None,)


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
    import pyarrow as pa

    try:
        frame = gpd.read_parquet(path)
    except (ValueError, OSError, pa.ArrowException) as error:
        raise InputError(f"the file cannot be read as GeoParquet: {error}", source=path) from error
    return frame if frame.index.name is None else frame.reset_index()


def _read_table(path: Path, declared: LayerInput) -> gpd.GeoDataFrame:
    table = _read_text_table(path, declared.encoding)
    table.index = pd.RangeIndex(2, 2 + len(table), name="row")
    table = _rename(table[table.notna().any(axis=1)], declared, path)
    pair = next((p for p in COORDINATES if set(p) <= set(table.columns)), None)
    if pair is None:
        there = ", ".join(map(str, table.columns))
        raise InputError(
            f"no coordinate columns 'lon' and 'lat' (or 'x' and 'y'); it has {there}",
            source=path,
            hint='Name them in the plan file: columns = { lon = "经度", lat = "纬度" }.',
        )
    x, y = (pd.to_numeric(table[c], errors="coerce").to_numpy(dtype=np.float64) for c in pair)
    points = np.full(len(table), None, dtype=object)
    given = np.isfinite(x) & np.isfinite(y)
    points[given] = shapely.points(x[given], y[given])
    return gpd.GeoDataFrame(table, geometry=points)


def _read_text_table(path: Path, encoding: str | None) -> pd.DataFrame:
    tried = [encoding] if encoding else ["utf-8-sig", "gb18030"]
    for name in tried:
        try:
            return _decoded_table(path, name)
        except (UnicodeError, LookupError):
            continue
        except OSError as error:
            raise InputError(f"the table cannot be read: {error}", source=path) from error
        except pd.errors.EmptyDataError:
            raise InputError("the file is empty", source=path) from None
        except pd.errors.ParserError as error:
            text = str(error).strip()
            raise InputError(f"the table cannot be read: {text}", source=path) from error
        except pd.errors.ParserWarning:
            raise InputError(
                "it has rows with more values than its first line has column names",
                source=path,
                hint="Give every column a name in the first line, and no comma too many.",
            ) from None
    raise InputError(
        f"its texts are not in {' or '.join(tried)}",
        source=path,
        hint='Write encoding = "..." beside its path in the plan file, for example "UTF-16".',
    )


def _decoded_table(path: Path, encoding: str) -> pd.DataFrame:
    """Read a CSV; a row that is longer than the header is a warning of pandas, raised here.

    Without ``index_col=False`` pandas would shift the columns of such a file in silence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            encoding=encoding,
            sep="\t" if path.suffix.lower() == ".tsv" else ",",
            dtype=str,
            index_col=False,
            skip_blank_lines=False,
        )


def _rename(frame: FrameT, declared: LayerInput, path: Path) -> FrameT:
    """Columns under their canonical names; what the plan file names goes before a like-named one."""
    named = declared.columns or {}
    there = [c for c in frame.columns if c != getattr(frame, "active_geometry_name", None)]
    for canonical, theirs in named.items():
        if theirs not in there:
            raise InputError(
                f"no column '{theirs}', which the plan file names for '{canonical}'",
                source=path,
                column=theirs,
                hint=f"Its columns: {', '.join(map(str, there))}.",
            )
    gone = [c for c in there if c in named or c in named.values()]
    return frame.drop(columns=gone).assign(**{c: frame[theirs] for c, theirs in named.items()})


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

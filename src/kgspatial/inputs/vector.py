"""Vector files to raw layers: what GDAL reads, and GeoParquet.

Imports from `files`, `planfile`, `problems` and `errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from shapely.errors import GEOSException

from kgspatial.errors import InputError
from kgspatial.inputs.files import parts_of

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Problem

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
DBF_LANGUAGE_BYTE, DBF_NO_LANGUAGE = 29, (0x00, 0x57)
"""Where a .dbf names its code page, and the values that name none (0, and whatever Windows uses)."""


def read_vector(path: Path, declared: LayerInput) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Read one layer of a vector file as it lies there; its index counts the rows from 1.

    Raises
    ------
    InputError
        When the file cannot be read, or its layer, encoding or geometry is not clear.
    """
    if path.suffix.lower() in PARQUET_SUFFIXES:
        return _numbered(_read_parquet(path)), []
    return _numbered(_read_ogr(path, declared)), []


def _numbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_axis(pd.RangeIndex(1, 1 + len(frame), name="row"), axis=0)


def _read_ogr(path: Path, declared: LayerInput) -> gpd.GeoDataFrame:
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
    parts = {p.suffix.lower(): p for p in parts_of(path)}
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

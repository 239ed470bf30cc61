"""What GDAL reads, as Arrow tables: its layers, one of them, its failures in the user's words.

Imports from `files`, `problems` and `errors`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kgspatial.inputs.files import Source
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

FORMATS = (
    "Shapefiles (also in a .zip), GeoPackage, GeoJSON, GeoParquet, FlatGeobuf, KML, "
    "File Geodatabase, DXF, and tables with coordinates are read."
)


INSIDES = re.compile(r"\.(?:c|cpp|h)\b|^index \d+ is out of bounds|^local variable|^cannot access")
"""Messages that name a line of GDAL's or pyogrio's code; all of them come of damaged files."""


@dataclass(frozen=True)
class RawLayer:
    """A layer as GDAL hands it over: attributes, shapes as well-known binary, its CRS as text."""

    table: pa.Table
    shape_column: str
    crs: str | None


@dataclass(frozen=True)
class LayerName:
    """A layer of a file, and the kind of its shapes; None for a table without shapes."""

    name: str
    kind: str | None


@contextmanager
def guarded(source: Source, place: Path) -> Iterator[list[Problem]]:
    """Turn the errors of GDAL and its callers into `InputError`, its warnings into problems.

    Yields
    ------
    list of Problem
        Filled when the context ends.
    """
    import pyarrow as pa

    # pyogrio raises UnboundLocalError on a CRS that is not UTF-8, IndexError on a file cut short
    failures = (RuntimeError, OSError, ValueError, MemoryError, UnboundLocalError, IndexError)
    problems: list[Problem] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield problems
        except UnicodeDecodeError as error:
            said = "the file cannot be read: the names of its columns or layers are not in UTF-8"
            raise source.error(said, "Save it anew, in UTF-8.") from error
        except (*failures, pa.ArrowException) as error:
            said = f"the file cannot be read as spatial data: {_words(str(error), source, place)}"
            raise source.error(said, FORMATS) from error
    problems += [
        source.problem("gdal_warning", f"GDAL says: {text}", "read as far as GDAL reads it")
        for text in dict.fromkeys(
            _words(str(warning.message), source, place)
            for warning in caught
            if issubclass(warning.category, (RuntimeWarning, UserWarning))
        )
    ]


def _words(text: str, source: Source, place: Path) -> str:
    """A message about the user's file, not about a copy of it nor the insides of GDAL."""
    text = text.replace(str(place.absolute()), source.path.name).split("; It might help")[0]
    return "it is damaged or cut off" if INSIDES.search(text) else text


def layer_names(place: Path) -> list[LayerName]:
    """Return the layers of a file in their order."""
    import pyogrio

    return [LayerName(str(name), kind) for name, kind in pyogrio.list_layers(place.absolute())]


def described_layers(place: Path, layers: list[LayerName]) -> str:
    """Return the layers with the kinds of their shapes and their rows, tables apart."""
    shaped = [
        f"{layer.name} ({_kinds(place, layer)}, {layer_rows(place, layer)} rows)"
        for layer in layers
        if layer.kind is not None
    ]
    tables = [layer.name for layer in layers if layer.kind is None]
    text = "; ".join(shaped) or "none with shapes"
    return f"{text}. Tables without shapes: {', '.join(tables)}" if tables else text


def layer_rows(place: Path, layer: LayerName) -> int:
    """Return the number of rows of a layer."""
    import pyogrio

    info = pyogrio.read_info(place.absolute(), layer=layer.name, force_feature_count=True)
    return int(info["features"])


def _kinds(place: Path, layer: LayerName) -> str:
    """The kind of a layer's shapes; looked at one by one where the file does not say it."""
    if layer.kind != "Unknown":
        return str(layer.kind)
    shapes = shapely.from_wkb(read_linear(place, layer.name), on_invalid="ignore")
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    return " and ".join(sorted(kinds)) or "no shapes"


def read_layer_table(
    place: Path, layer: str | None, options: Mapping[str, str], wanted: frozenset[str] = frozenset()
) -> RawLayer | None:
    """Read one layer; None where it has no shapes.

    Parameters
    ----------
    place : Path
        The file.
    layer : str or None
        The layer's name; the first one by default.
    options : mapping
        Options of the format's driver.
    wanted : frozenset of str
        Columns that the user names: the numbers that the format counts its rows by are read as a
        column where they are among these ("OBJECTID").
    """
    import pyogrio

    meta, table = pyogrio.read_arrow(place.absolute(), layer=layer, **options)
    counted = meta.get("fid_column") or ""
    if counted in wanted and counted not in table.column_names:
        meta, table = pyogrio.read_arrow(place.absolute(), layer=layer, return_fids=True, **options)
    column = meta["geometry_name"] or "wkb_geometry"
    if meta["geometry_type"] is None or column not in table.column_names:
        return None
    return RawLayer(table, column, meta["crs"])


def read_linear(place: Path, layer: str | None) -> NDArray[np.object_]:
    """Return a layer's shapes as well-known binary, arcs as lines of short steps.

    Arrow streams hold arcs as they are, which GEOS cannot take; the slower way of reading row by
    row draws them in steps of four degrees.
    """
    import pyogrio

    shapes = pyogrio.raw.read(place.absolute(), layer=layer, columns=[])[2]
    return np.asarray(shapes, dtype=object)


@contextmanager
def gdal_option(name: str, value: str) -> Iterator[None]:
    """Set an option of GDAL's configuration for the time of a reading."""
    import pyogrio

    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: value})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})

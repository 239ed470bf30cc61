"""Vector files to raw layers: what GDAL reads, and GeoParquet.

Imports from `archives`, `kml`, `copies`, `shapefiles`, `drawings`, `ogr`, `texts`, `frames`,
`files`, `planfile`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
from shapely.errors import GEOSException

from kgspatial.inputs.files import Source
from kgspatial.inputs.vector.archives import unpacked
from kgspatial.inputs.vector.copies import lost_lines, readable
from kgspatial.inputs.vector.drawings import lines_as_areas, one_drawing_layer, opened_drawing
from kgspatial.inputs.vector.frames import SHAPE, plain_frame, read_shapes
from kgspatial.inputs.vector.kml import opened_kml, with_given_names
from kgspatial.inputs.vector.ogr import (
    FORMATS,
    LayerName,
    RawLayer,
    described_layers,
    gdal_option,
    guarded,
    layer_names,
    layer_rows,
    read_layer_table,
    read_linear,
)
from kgspatial.inputs.vector.shapefiles import Shapefile, check_rows, opened_shapefile
from kgspatial.inputs.vector.texts import LATIN1, Claim, with_texts
from kgspatial.layers import LAYERS

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Problem

Read = tuple[gpd.GeoDataFrame, "list[Problem]"]

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
PARQUET_FAILURES = (ValueError, OSError, LookupError, TypeError, AttributeError)
"""What geopandas raises on files that are none, and on notes about shapes that are not as agreed."""

SEQUENCE_SUFFIXES = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson")

OTHER_FORMATS = {
    ".dwg": "Save it as DXF in AutoCAD or its like.",
    ".mdb": "Export its layers to a GeoPackage or a File Geodatabase.",
    ".rar": "Unpack it, and name the file in it; or pack it as .zip.",
    ".7z": "Unpack it, and name the file in it; or pack it as .zip.",
    ".lyr": "It only says how a layer is drawn: name the file with the data.",
    ".qgz": "It only says how layers are drawn: name the file with the data.",
    ".qgs": "It only says how layers are drawn: name the file with the data.",
}
"""Files that planners have and GDAL cannot read, and what to do."""


def read_vector(path: Path, name: str, declared: LayerInput) -> Read:
    """Read one layer of a vector file as it lies there.

    Parameters
    ----------
    path : Path
        A file or File Geodatabase folder, or a .zip of one.
    name : str
        The layer, for the problem table; closed lines of a drawing are areas where it has areas.
    declared : LayerInput
        What the plan file says: ``layer`` where the file has several, ``encoding``, ``columns``.

    Returns
    -------
    frame : GeoDataFrame
        All rows in the order of the file, the index counting them from 1; shapes as they are,
        rows without one included. The CRS is the file's own, or None.
    problems : list of Problem
        What was found while reading: encodings, damaged texts and shapes, GDAL's warnings.

    Raises
    ------
    InputError
        When the file cannot be read, or its layer or encoding is not clear.
    """
    source = Source(name, path)
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise source.error("a folder cannot be read as spatial data", _files_in(path))
    if path.suffix.lower() in OTHER_FORMATS:
        said = f"a {path.suffix.lower()} file cannot be read"
        raise source.error(said, OTHER_FORMATS[path.suffix.lower()])
    try:
        if path.suffix.lower() != ".zip":
            return _read(path, source, declared)
        with unpacked(source, declared.layer) as (place, layer, _):
            return _read(place, source, replace(declared, layer=layer))
    except OSError as error:
        raise source.error(f"the file cannot be read: {error.strerror or error}") from error


def _files_in(folder: Path) -> str:
    names = sorted(
        p.name for p in folder.iterdir() if p.suffix.lower() in (".shp", ".gdb", ".gpkg")
    )
    return f"Name a file in it: {', '.join(names[:10])}." if names else FORMATS


def _read(place: Path, source: Source, declared: LayerInput) -> Read:
    suffix = place.suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        return _read_parquet(place, source, declared)
    if suffix == ".shp":
        return _read_shapefile(place, source, declared)
    if suffix == ".dxf":
        return _read_drawing(place, source, declared)
    if suffix in (".kml", ".kmz"):
        return _read_kml(place, source, declared)
    with readable(place, source, declared.encoding) as (ready, noted):
        frame, problems = _read_ogr(ready, source, declared)
    if suffix in SEQUENCE_SUFFIXES:
        problems += lost_lines(place, source, len(frame))
    return frame, noted + problems


def _read_ogr(place: Path, source: Source, declared: LayerInput) -> Read:
    with guarded(source, place) as warned:
        layer, chosen = _pick_layer(place, layer_names(place), declared.layer, source)
        wanted = frozenset((declared.columns or {}).values())
        raw = _shaped(read_layer_table(place, layer, {}, wanted), source)
        frame, problems = _finished(place, layer, raw, source, declared.encoding, Claim())
    return frame, chosen + warned + problems


def _shaped(raw: RawLayer | None, source: Source) -> RawLayer:
    if raw is None:
        hint = "A table with coordinates is read from CSV or a workbook: save it as one."
        raise source.error("the file has no geometry", hint)
    return raw


def _finished(
    place: Path,
    layer: str | None,
    raw: RawLayer,
    source: Source,
    encoding: str | None,
    claim: Claim,
    *,
    latin: bool = False,
) -> Read:
    """From what GDAL read to a GeoDataFrame."""
    at = len(raw.table.column_names) - 1 - raw.table.column_names[::-1].index(raw.shape_column)
    table, found = with_texts(raw.table, source, encoding, claim, latin=latin)
    shapes, damaged = read_shapes(table.column(at), lambda: read_linear(place, layer), source)
    frame, problems = plain_frame(table.remove_column(at), shapes, raw.crs, source)
    return frame, found + problems + damaged


def _pick_layer(
    place: Path, layers: list[LayerName], wanted: str | None, source: Source
) -> tuple[str | None, list[Problem]]:
    """The layer that is named, or the only one that has shapes, or the only one that has rows."""
    if wanted is not None and wanted not in [layer.name for layer in layers]:
        listed = described_layers(place, layers)
        raise source.error(f"it has no layer '{wanted}'", f"Its layers: {listed}.")
    shaped = [layer for layer in layers if layer.kind is not None]
    if wanted is not None or not shaped:
        return wanted, []
    if len(shaped) == 1:
        return shaped[0].name, []
    filled = [layer for layer in shaped if layer_rows(place, layer)]
    if len(filled) == 1:
        empty = ", ".join(layer.name for layer in shaped if layer not in filled)
        said = f"it has several layers; of these, {empty} has no rows"
        done = f"'{filled[0].name}' is read; layer = ... in the plan file changes it"
        return filled[0].name, [source.problem("layer_chosen", said, done, severity="note")]
    listed = described_layers(place, layers)
    hint = f"Write layer = ... beside its path in the plan file: {listed}."
    raise source.error("it has several layers and none is named", hint)


def _read_shapefile(place: Path, source: Source, declared: LayerInput) -> Read:
    if declared.layer not in (None, place.stem):
        said = f"it has no layer '{declared.layer}'"
        raise source.error(said, f"A Shapefile has one layer: '{place.stem}'.")
    with opened_shapefile(place, source) as shapefile, guarded(source, shapefile.place) as warned:
        raw = _shaped(_read_parts(shapefile), source)
        check_rows(shapefile, len(raw.table), source)
        frame, problems = _finished(
            shapefile.place,
            None,
            raw,
            source,
            declared.encoding,
            shapefile.claim,
            latin=shapefile.latin,
        )
    return frame, shapefile.problems + warned + problems


def _read_parts(shapefile: Shapefile) -> RawLayer | None:
    """All rows, texts as their bytes: GDAL's own decoding drops what it does not understand.

    An empty encoding is none. Latin-1, where names are not in UTF-8, has one character for each
    byte, and the bytes come back from these.
    """
    encoding = LATIN1.replace("iso", "ISO-") if shapefile.latin else ""
    with gdal_option("SHAPE_RESTORE_SHX", "YES") if shapefile.is_copy else nullcontext():
        return read_layer_table(shapefile.place, None, {"ENCODING": encoding})


def _read_drawing(place: Path, source: Source, declared: LayerInput) -> Read:
    with opened_drawing(place, source, declared.encoding) as drawing:
        encoding = drawing.encoding
        option = gdal_option("DXF_ENCODING", encoding) if encoding else nullcontext()
        with guarded(source, drawing.place) as warned, option:
            raw = _shaped(read_layer_table(drawing.place, None, {}), source)
            frame, found = _finished(drawing.place, None, raw, source, None, Claim())
    frame, chosen = one_drawing_layer(frame, declared.layer, source)
    problems = drawing.problems + warned + found + chosen
    if _is_of_areas(source.layer):
        frame, closed = lines_as_areas(frame, source)
        problems += closed
    return frame, problems


def _read_kml(place: Path, source: Source, declared: LayerInput) -> Read:
    with opened_kml(place, source, declared.encoding) as kml:
        frame, problems = _read_ogr(kml.place, source, declared)
    return with_given_names(frame, kml.names), kml.problems + problems


def _is_of_areas(layer: str) -> bool:
    """Whether a layer takes areas and no lines."""
    return layer in LAYERS and {"Polygon", "LineString"} & set(LAYERS[layer].shapes) == {"Polygon"}


def _read_parquet(place: Path, source: Source, declared: LayerInput) -> Read:
    """GeoParquet, which the GDAL of pyogrio's wheels does not read."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(place)
        geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
        shapes = gpd.read_parquet(place, columns=[geo.get("primary_column", SHAPE)])
        kept = [column for column in schema.names if column not in _not_data(geo)]
        table = parquet.read_table(place, columns=kept)
    except (*PARQUET_FAILURES, pa.ArrowException, GEOSException) as error:
        said = f"the file cannot be read as GeoParquet: {error}"
        raise source.error(said, FORMATS) from error
    table, found = with_texts(table, source, declared.encoding, Claim())
    frame, problems = plain_frame(table, shapes.geometry.to_numpy(), shapes.crs, source)
    return frame, found + problems


def _not_data(geo: dict[str, Any]) -> set[str]:
    """Columns that hold no attributes: shapes, their boxes, and an index without a name."""
    columns = geo["columns"]
    boxes = [c.get("covering", {}).get("bbox", {}).get("xmin", [""])[0] for c in columns.values()]
    return {*columns, *boxes, "__index_level_0__"}

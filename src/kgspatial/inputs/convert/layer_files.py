"""Layers as they lie in spatial files: read and written as Arrow tables, with nothing else changed.

Imports from `shapefiles`, `copies`, `ogr`, `parquet_files`, `texts`, `charsets`, `files`,
`problems` and `errors`.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from kgspatial.inputs.charsets import CHINESE, UTF8, codec_of, decode_texts
from kgspatial.inputs.convert.parquet_files import PARQUET_SUFFIXES, read_parquet, write_parquet
from kgspatial.inputs.convert.spatial_layer import SHAPE, SpatialLayer, kinds_of, layer_kind
from kgspatial.inputs.files import Source
from kgspatial.inputs.vector.copies import readable
from kgspatial.inputs.vector.ogr import gdal_option, guarded, layer_names, read_linear
from kgspatial.inputs.vector.shapefiles import NAME_BYTES, Shapefile, check_rows, opened_shapefile
from kgspatial.inputs.vector.texts import LATIN1, Claim, with_texts

if TYPE_CHECKING:
    import pyarrow as pa

    from kgspatial.inputs.problems import Problem

DRIVERS = {
    ".shp": "ESRI Shapefile",
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".kml": "LIBKML",
}
"""Formats written by GDAL."""

SPATIAL_SUFFIXES = (*DRIVERS, *PARQUET_SUFFIXES)
READ_SUFFIXES = (*SPATIAL_SUFFIXES, ".gdb")

JSON_SUFFIXES = (".geojson", ".json")
"""Texts that look like dates stay the texts that they are there."""

FIRST_IDS = {".gpkg": 1, ".geojson": 0, ".json": 0}
"""Formats in which rows have numbers of their own, and where these begin when nobody gave them."""

SHAPEFILE_FAMILIES = ("Point", "MultiPoint", "LineString", "Polygon")

NO_CRS = "'crs' was not provided"
"""How pyogrio begins to warn of what is meant here."""

DEGREE_DECIMALS, METRE_DECIMALS = 9, 4
"""A tenth of a millimetre, in formats that write numbers as texts."""


@dataclass(frozen=True)
class SpatialFile:
    """What a spatial file holds: its layers, and for a Shapefile how its attributes lie there."""

    suffix: str
    layers: tuple[SpatialLayer, ...]
    codec: str = UTF8
    dbf: Path | None = None
    """The .dbf, where it holds the rows that were read and no others."""


def read_spatial_file(
    source: Source, layer: str | None, encoding: str | None
) -> tuple[SpatialFile, list[Problem]]:
    """Read all layers of a file, or the one that is named.

    Parameters
    ----------
    source : Source
        The file.
    layer : str or None
        A layer's name.
    encoding : str or None
        Of its texts, where the file does not say it or says it wrongly.

    Raises
    ------
    InputError
        When the file cannot be read, has no such layer, or none with shapes.
    """
    suffix = source.path.suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        one, problems = read_parquet(source)
        found = SpatialFile(suffix, (one,))
    elif suffix == ".shp":
        found, problems = _read_shapefile(source, encoding)
    else:
        found, problems = _read_ogr(source, encoding)
    if layer is not None:
        found = replace(found, layers=tuple(a for a in found.layers if a.name == layer))
        if not found.layers:
            raise source.error(f"it has no layer '{layer}'")
    if not any(a.kind for a in found.layers):
        raise source.error("the file has no geometry: nothing in it has a place")
    return found, problems


def _read_ogr(source: Source, encoding: str | None) -> tuple[SpatialFile, list[Problem]]:
    suffix, layers = source.path.suffix.lower(), []
    problems: list[Problem] = []
    options = {"DATE_AS_STRING": "YES"} if suffix in JSON_SUFFIXES else {}
    with (
        readable(source.path, source, encoding) as (place, recoded),
        guarded(source, place) as warned,
    ):
        for name in layer_names(place):
            found = _read_layer(place, name.name, source, options, suffix in FIRST_IDS)
            table, noted = with_texts(found.table, source, None, Claim())
            own = source.path.stem if found.name == place.stem else found.name
            layers.append(replace(found, name=own, table=table))
            problems += noted
    return SpatialFile(suffix, tuple(layers)), recoded + warned + problems


def _read_layer(
    place: Path, layer: str | None, source: Source, options: dict[str, str], with_ids: bool
) -> SpatialLayer:
    import pyogrio

    meta, table = pyogrio.read_arrow(place.absolute(), layer=layer, return_fids=with_ids, **options)
    name = layer or place.stem
    ids = meta["fid_column"] if with_ids else None
    if meta["geometry_type"] is None:
        return SpatialLayer(name, table, None, None, ids)
    column = meta["geometry_name"] or "wkb_geometry"
    at = len(table.column_names) - 1 - table.column_names[::-1].index(column)
    shapes = _whole(table.column(at), place, layer)
    table = table.remove_column(at).append_column(SHAPE, shapes)
    crs = _known(meta["crs"], source)
    return SpatialLayer(name, table, meta["geometry_type"], crs, ids, meta["geometry_name"])


def _whole(shapes: pa.ChunkedArray, place: Path, layer: str | None) -> pa.ChunkedArray:
    """Shapes as read, or read row by row: GDAL 3.12 spoils them in FlatGeobuf where one is missing."""
    import pyarrow as pa

    try:
        shapes.validate(full=True)
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.array(read_linear(place, layer), type=pa.binary())])
    return shapes


def _known(text: str | None, source: Source) -> CRS | None:
    try:
        return None if text is None else CRS.from_user_input(text)
    except CRSError as error:
        said = f"its coordinate reference system cannot be understood: {text[:80] if text else ''}"
        raise source.error(said, "Say it: --from EPSG:4490 (or GCJ-02, ...).") from error


def _read_shapefile(source: Source, encoding: str | None) -> tuple[SpatialFile, list[Problem]]:
    with (
        opened_shapefile(source.path, source) as shapefile,
        guarded(source, shapefile.place) as warned,
    ):
        label = LATIN1.replace("iso", "ISO-") if shapefile.latin else ""
        with gdal_option("SHAPE_RESTORE_SHX", "YES" if shapefile.is_copy else "NO"):
            found = _read_layer(shapefile.place, None, source, {"ENCODING": label}, False)
        check_rows(shapefile, len(found.table), source)
        table, noted = with_texts(
            found.table, source, encoding, shapefile.claim, latin=shapefile.latin
        )
        codec = _codec_used(found.table, table, shapefile, encoding)
    whole = len(table) == shapefile.head.records
    layer = replace(found, name=source.path.stem, table=table)
    read = SpatialFile(".shp", (layer,), codec, shapefile.dbf if whole else None)
    return read, shapefile.problems + warned + noted


def _codec_used(raw: pa.Table, table: pa.Table, shapefile: Shapefile, encoding: str | None) -> str:
    """The encoding in which the file's bytes read as the texts that were found."""
    if encoding is not None:
        return codec_of(encoding) or UTF8
    claim, wide = shapefile.claim, LATIN1 if shapefile.latin else UTF8
    names = [n.encode(wide, "surrogateescape") for n in raw.column_names]
    samples = [(names, table.column_names, claim.name_width)]
    for name, before, after in zip(names, raw.columns, table.columns, strict=True):
        if str(before.type) == "string" and not before.equals(after):
            samples.append(
                (_bytes(before, shapefile.latin), after.to_pylist(), claim.widths.get(name))
            )
    for codec in filter(None, (claim.codec, UTF8, CHINESE)):
        if all(decode_texts(old, codec, width=w).texts == new for old, new, w in samples):
            return codec
    return claim.codec or UTF8


def _bytes(column: pa.ChunkedArray, latin: bool) -> list[bytes | None]:
    import pyarrow as pa

    if latin:
        return [None if t is None else t.encode(LATIN1) for t in column.to_pylist()]
    return list(column.cast(pa.binary()).to_pylist())


def write_spatial_file(file: SpatialFile, path: Path, label: str, source: Source) -> list[Problem]:
    """Write layers in the format that the path's suffix names.

    Parameters
    ----------
    file : SpatialFile
        Layers, each with the CRS that its shapes are in; None where no code names it.
    path : Path
        A file that is not there yet.
    label : str
        Name of the encoding of a Shapefile's texts, as its .cpg says it.
    source : Source
        The file that the layers came from, for messages.

    Returns
    -------
    list of Problem
        What the format could not take: names or texts that are too long for it.

    Raises
    ------
    InputError
        When the format cannot hold the layers.
    """
    suffix = path.suffix.lower()
    problems: list[Problem] = []
    for layer in file.layers:
        own = layer if _keeps_ids(layer, file.suffix, suffix) else _without_ids(layer)
        if suffix in PARQUET_SUFFIXES:
            write_parquet(own, path, source)
            continue
        ready, shortened = _with_taken_names(own, suffix, label, source)
        with _writing(source, path) as warned:
            _write_layer(ready, path, label, source)
        problems += shortened + warned
    if suffix == ".shp":
        _finish_shapefile(file, path, label)
    return problems


def _without_ids(layer: SpatialLayer) -> SpatialLayer:
    if layer.ids is None:
        return layer
    return replace(layer, table=layer.table.drop_columns([layer.ids]), ids=None)


def _with_taken_names(
    layer: SpatialLayer, suffix: str, label: str, source: Source
) -> tuple[SpatialLayer, list[Problem]]:
    """In a Shapefile, names of at most ten bytes; GDAL would cut them inside a character."""
    if suffix != ".shp":
        return layer, []
    taken: set[str] = set()
    names = []
    for name in layer.table.column_names:
        new = name if name == SHAPE else _short_name(name, label, taken)
        taken.add(new)
        names.append(new)
    pairs = zip(layer.table.column_names, names, strict=True)
    changed = ", ".join(f"'{old}' as '{new}'" for old, new in pairs if old != new)
    short = replace(layer, table=layer.table.rename_columns(names))
    if not changed:
        return short, []
    said = f"names of more than {NAME_BYTES} bytes in {label}, or alike after that: {changed}"
    done = "shortened: a Shapefile has no longer ones, a GeoPackage has"
    return short, [source.problem("names_shortened", said, done)]


def _short_name(name: str, label: str, taken: set[str]) -> str:
    for number in ("", *map(str, range(2, 2 + len(taken)))):
        cut = name
        while len(_in_codec(cut + number, label)) > NAME_BYTES:
            cut = cut[:-1]
        if cut + number not in taken:
            break
    return cut + number


def _in_codec(text: str, label: str) -> bytes:
    return text.encode(codec_of(label) or UTF8, "replace")


def names_fit(layer: SpatialLayer, label: str) -> bool:
    """Whether a Shapefile in this encoding can take the names of the layer's columns."""
    names = [n for n in layer.table.column_names if n != SHAPE]
    return all(len(_in_codec(name, label)) <= NAME_BYTES for name in names)


@contextmanager
def _writing(source: Source, path: Path) -> Iterator[list[Problem]]:
    """Turn errors of writing into `InputError`, and warnings of losses into problems."""
    import pyarrow as pa
    from pyogrio.errors import DataSourceError, FieldError

    problems: list[Problem] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield problems
        except (DataSourceError, FieldError, RuntimeError, ValueError, pa.ArrowException) as error:
            raise source.error(f"it cannot be written as {path.name}: {error}") from error
    said = [str(w.message) for w in caught if not str(w.message).startswith(NO_CRS)]
    problems += [
        source.problem("written_otherwise", f"GDAL says: {text}", "written as the format allows")
        for text in dict.fromkeys(said)
    ]


def _keeps_ids(layer: SpatialLayer, before: str, after: str) -> bool:
    """Whether rows keep their numbers: in the same format, where somebody gave them."""
    if layer.ids is None or DRIVERS.get(before) != DRIVERS.get(after):
        return False
    first = FIRST_IDS[after]
    numbers = layer.table.column(layer.ids).to_numpy()
    return not np.array_equal(numbers, np.arange(first, first + len(numbers)))


def _write_layer(layer: SpatialLayer, path: Path, label: str, source: Source) -> None:
    from pyogrio.raw import write_arrow

    suffix = path.suffix.lower()
    kind = layer_kind(layer, source) if layer.kind else None
    if suffix == ".shp":
        kind = _shapefile_kind(layer, source)
    write_arrow(
        layer.table,
        path,
        layer=layer.name if suffix != ".shp" else None,
        driver=DRIVERS[suffix],
        geometry_name=SHAPE if layer.kind else None,
        geometry_type=kind,
        crs=None if layer.crs is None else layer.crs.to_wkt(),
        encoding=label if suffix == ".shp" else None,
        layer_options=_options(layer, suffix),
    )


def _options(layer: SpatialLayer, suffix: str) -> dict[str, str]:
    about = {"DESCRIPTION": layer.about} if layer.about else {}
    if suffix == ".gpkg":
        return {"GEOMETRY_NAME": layer.shape_name or "geom", **about}
    if suffix in JSON_SUFFIXES:
        degrees = layer.crs is None or layer.crs.is_geographic
        return {
            "COORDINATE_PRECISION": str(DEGREE_DECIMALS if degrees else METRE_DECIMALS),
            **about,
        }
    if suffix == ".fgb":
        return {"SPATIAL_INDEX": "NO", **about}  # it would change the order of the rows
    return {}


def _shapefile_kind(layer: SpatialLayer, source: Source) -> str:
    """One of the kinds of a Shapefile, which says nothing of parts."""
    kinds = kinds_of(layer.shapes(source)) or [layer.kind or "Unknown"]
    families = {k.removesuffix(" Z").removeprefix("Multi") for k in kinds if "Point" not in k}
    families |= {k.removesuffix(" Z") for k in kinds if "Point" in k}
    if len(families) > 1 or not families <= set(SHAPEFILE_FAMILIES):
        said = f"a Shapefile holds shapes of one kind, and '{layer.name}' has {', '.join(kinds)}"
        raise source.error(said, "Write a GeoPackage (.gpkg) instead.")
    return f"{families.pop()}{' Z' if any(k.endswith(' Z') for k in kinds) else ''}"


def _finish_shapefile(file: SpatialFile, path: Path, label: str) -> None:
    """Say the encoding; and where attributes were in a Shapefile before, keep them byte by byte.

    GDAL would write other widths and decimals of fields, which data standards check.
    """
    path.with_suffix(".cpg").write_text(label, encoding="ascii")
    if file.dbf is not None and codec_of(label) == file.codec:
        shutil.copyfile(file.dbf, path.with_suffix(".dbf"))

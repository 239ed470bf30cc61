"""`convert_file`: a file's points and shapes from one coordinate system to another.

Imports from `layer_files`, `spatial_layer`, `text_points`, `movement`, `crs`, `charsets`, `files`,
`problems` and `errors`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kgspatial.errors import InputError
from kgspatial.inputs.charsets import CHINESE, UTF8, codec_of
from kgspatial.inputs.convert.layer_files import (
    READ_SUFFIXES,
    SPATIAL_SUFFIXES,
    SpatialFile,
    names_fit,
    read_spatial_file,
    write_spatial_file,
)
from kgspatial.inputs.convert.movement import Movement, file_and_declared
from kgspatial.inputs.convert.spatial_layer import SpatialLayer, moved_layer
from kgspatial.inputs.convert.text_points import TEXT_SUFFIXES, moved_text
from kgspatial.inputs.coordinates.crs import DeclaredCrs, parse_crs
from kgspatial.inputs.files import PARTS, Source, is_plain, named_parts
from kgspatial.inputs.problems import Problem

SEVERAL_LAYERS = (".gpkg",)
ALWAYS_WGS84 = (".kml",)
READ_AS_WGS84 = (".geojson", ".json")

STALE_PARTS = (".cpg", ".prj", ".qix", ".sbn", ".sbx", ".fbn", ".fbx", ".ain", ".aih", ".shp.xml")
"""Files beside an older Shapefile of the same name that would not hold for the new one."""


@dataclass(frozen=True)
class Converted:
    """What was written.

    Parameters
    ----------
    target : Path
        The file.
    rows : dict
        Rows of each layer, by its name; points of a table.
    crs : str
        The system that the coordinates are in now.
    problems : tuple of Problem
        What should be looked at.
    """

    target: Path
    rows: dict[str, int]
    crs: str
    problems: tuple[Problem, ...]


def convert_file(
    source: str | Path,
    target: str | Path,
    *,
    to: str,
    from_: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    from_encoding: str | None = None,
    overwrite: bool = False,
) -> Converted:
    """Write a file anew in another coordinate system, and nothing else changed.

    Parameters
    ----------
    source : str or Path
        A Shapefile, GeoPackage, GeoJSON, GeoParquet, FlatGeobuf, KML or File Geodatabase; or a
        table as CSV, TSV or TXT with columns of coordinates.
    target : str or Path
        What to write. Its suffix names the format: the one of `source` or another; a table stays
        a table.
    to, from_ : str
        Coordinate systems: what pyproj takes, "GCJ-02" or "BD-09". Without `from_`, the file's
        own.
    layer : str, optional
        The layer to convert; all of them unless given.
    encoding : str, optional
        Of the texts of a Shapefile or table that is written; that of `source` unless given. A
        Shapefile from another format is in UTF-8, or in GBK where its names are too long for that.
    from_encoding : str, optional
        Of the texts of `source`, where it is not found by itself.
    overwrite : bool, default False
        Whether a file that is there already may be replaced; never `source` itself.

    Returns
    -------
    Converted
        Rows by layer, and what should be looked at.

    Raises
    ------
    InputError
        When files, systems or coordinates are not what they must be. Nothing is written then.

    Notes
    -----
    Attributes keep their names, order and types, rows without shape stay, and points, shapes in
    parts and heights stay what they are; measures (M) are dropped, and listed. From Shapefile to
    Shapefile the .dbf is kept byte by byte. In a table only the cells of coordinates change, to at
    most 8 decimals of a degree or 4 of a metre. GCJ-02 and BD-09 have no code: what is written in
    them carries no CRS, and says so where the format has a place for it.
    """
    source, target = Path(source), Path(target)
    target = target.with_suffix(target.suffix.lower())
    end = parse_crs(to, source="--to")
    start = None if from_ is None else parse_crs(from_, source="--from")
    _check_paths(source, target, overwrite)
    job = _Job(Source("", source), target, start, end, layer, encoding, from_encoding)
    with _in_words_of_the_command():
        return _convert_table(job) if _is_table(source) else _convert_layers(job)


@dataclass(frozen=True)
class _Job:
    source: Source
    target: Path
    start: DeclaredCrs | None
    end: DeclaredCrs
    layer: str | None
    encoding: str | None
    from_encoding: str | None


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in TEXT_SUFFIXES


def _check_paths(source: Path, target: Path, overwrite: bool) -> None:
    if not source.exists():
        raise InputError("there is no such file", source=source)
    suffix, allowed = source.suffix.lower(), (*READ_SUFFIXES, *TEXT_SUFFIXES)
    if suffix not in allowed:
        raise InputError(
            f"a {suffix or 'file without suffix'} cannot be converted",
            source=source,
            hint=f"These can: {', '.join(allowed)}. Save a workbook as CSV; unpack an archive.",
        )
    allowed = TEXT_SUFFIXES if _is_table(source) else SPATIAL_SUFFIXES
    if target.suffix.lower() not in allowed:
        raise InputError(
            f"{source.name} cannot be written in this format",
            source=target,
            hint=f"From {suffix} these can be written: {', '.join(allowed)}.",
        )
    if not is_plain(target):
        raise InputError("a path with ! or ; cannot be written: GDAL cuts it", source=target)
    if not target.parent.is_dir():
        raise InputError("there is no such folder", source=target.parent)
    if target.exists() and target.samefile(source):
        raise InputError("the input is not overwritten: name another file", source=target)
    if target.exists() and not overwrite:
        raise InputError("this file is there already", source=target, hint="Say --overwrite.")


def _convert_table(job: _Job) -> Converted:
    start, _ = file_and_declared(None, job.start, job.source)
    if job.layer is not None:
        raise job.source.error("a table of text has no layers", "Leave --layer out.")
    content, rows, problems = moved_text(
        _bytes_of(job.source), Movement(start, job.end), job.source, job.from_encoding, job.encoding
    )
    with _written_whole(job.target) as beside:
        beside.write_bytes(content)
    return _converted(job, {job.source.path.stem: rows}, problems)


def _bytes_of(source: Source) -> bytes:
    try:
        return source.path.read_bytes()
    except OSError as error:
        raise source.error(f"the table cannot be read: {error}") from error


def _convert_layers(job: _Job) -> Converted:
    suffix = job.target.suffix.lower()
    if suffix in ALWAYS_WGS84 and not _is_wgs84(job.end):
        said = f"a {suffix} is in WGS 84 by definition, and cannot be written in another system"
        raise InputError(said, source=job.target, hint="Say --to EPSG:4326, or another format.")
    file, problems = read_spatial_file(job.source, job.layer, job.from_encoding)
    problems += _many_layers(file, suffix, job)
    layers = []
    for layer in file.layers:
        if layer.kind is None:
            if suffix in SEVERAL_LAYERS:
                layers.append(layer)
            continue
        start, noted = file_and_declared(layer.crs, job.start, job.source)
        moved, found = moved_layer(layer, Movement(start, job.end), job.source)
        layers.append(replace(moved, about=_about(job.end)))
        problems += noted + found
    label, chosen = _label(file, suffix, job)
    problems += chosen
    with _written_whole(job.target) as beside:
        changed = replace(file, layers=tuple(layers))
        problems += write_spatial_file(changed, beside, label, job.source)
    rows = {layer.name: len(layer.table) for layer in layers}
    return _converted(job, rows, problems + _without_crs(job, suffix))


def _is_wgs84(declared: DeclaredCrs) -> bool:
    return declared.shifted is None and declared.crs.to_epsg() in (4326, 4490)


def _many_layers(file: SpatialFile, suffix: str, job: _Job) -> list[Problem]:
    """Refuse several layers for a format that holds one; say which tables are left out."""
    if suffix in SEVERAL_LAYERS:
        return []
    shaped = [layer.name for layer in file.layers if layer.kind is not None]
    tables = [layer.name for layer in file.layers if layer.kind is None]
    if len(shaped) > 1:
        hint = f"Say --layer with one of: {', '.join(shaped)}. Or write a .gpkg."
        raise job.source.error(f"it has several layers, and a {suffix} holds one", hint)
    if not tables:
        return []
    said = f"tables without shapes: {', '.join(tables)}"
    return [job.source.problem("tables_left_out", said, f"not written: a {suffix} holds one layer")]


def _about(end: DeclaredCrs) -> str:
    return f"Coordinates in {end.shifted}, which is not WGS 84" if end.shifted else ""


def _label(file: SpatialFile, suffix: str, job: _Job) -> tuple[str, list[Problem]]:
    """The name of the encoding to write, as a .cpg says it; and why, where it is not plain."""
    if suffix != ".shp":
        if job.encoding is not None and codec_of(job.encoding) != UTF8:
            said = f"the texts of a {suffix} are always in UTF-8"
            raise InputError(said, source=job.target, hint="Leave --encoding out.")
        return "UTF-8", []
    if job.encoding is not None:
        if codec_of(job.encoding) is None:
            raise InputError(f"'{job.encoding}' names no encoding", source="--encoding")
        return "UTF-8" if codec_of(job.encoding) == UTF8 else job.encoding.upper(), []
    in_gbk = all(_fits_gbk(layer) for layer in file.layers)
    if file.codec == CHINESE:
        return "GBK" if in_gbk else "GB18030", []
    fits = all(names_fit(layer, "UTF-8") for layer in file.layers)
    if file.suffix == ".shp" or fits or not in_gbk:
        return "UTF-8" if file.codec == UTF8 else file.codec.upper(), []
    said = "names of its columns are too long for a Shapefile in UTF-8"
    done = "texts written in GBK, which takes five Chinese characters; --encoding changes it"
    return "GBK", [job.source.problem("encoding_chosen", said, done, severity="note")]


def _fits_gbk(layer: SpatialLayer) -> bool:
    columns = [c for c in layer.table.columns if str(c.type) == "string"]
    texts = [text for c in columns for text in c.unique().to_pylist() if text]
    try:
        "".join([*texts, *layer.table.column_names]).encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _without_crs(job: _Job, suffix: str) -> list[Problem]:
    if job.end.shifted is None:
        return []
    said = f"coordinates in {job.end.shifted}, which no code names"
    if suffix in READ_AS_WGS84:
        done = "written without crs; programs take that for WGS 84: declare it where it is read"
        return [job.source.problem("written_without_crs", said, done)]
    done = "written without CRS: declare it where the file is read"
    return [job.source.problem("written_without_crs", said, done, severity="note")]


def _converted(job: _Job, rows: dict[str, int], problems: list[Problem]) -> Converted:
    said = tuple(replace(p, done=_as_said_here(p.done)) for p in problems)
    return Converted(job.target, rows, job.end.shifted or job.end.crs.name, said)


@contextmanager
def _in_words_of_the_command() -> Iterator[None]:
    """Readers tell users what to write in the plan file; here it is said to the command."""
    try:
        yield
    except InputError as error:
        hint = _as_said_here(error.hint)
        if hint == error.hint:
            raise
        raise InputError(
            error.message, source=error.source, row=error.row, column=error.column, hint=hint
        ) from error


def _as_said_here(text: str) -> str:
    return (
        text.replace("encoding = ... in the plan file", "--from-encoding")
        .replace('Write encoding = "GB18030" (or its own)', "Say --from-encoding GB18030")
        .replace(" beside its path in the plan file", "")
    )


@contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """A path in a folder beside the target; what is there at the end takes its place."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".writing-", dir=target.parent))
    except OSError as error:
        raise InputError(f"nothing can be written there: {error}", source=target) from error
    try:
        yield folder / target.name
        _take_place(folder, target)
    except OSError as error:
        raise InputError(f"it cannot be written: {error}", source=target) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_place(folder: Path, target: Path) -> None:
    """Move the files, the one that was named last; take away what belonged to an older one."""
    written = sorted(folder.iterdir(), key=lambda file: file.name == target.name)
    if target.suffix.lower() in PARTS and target.exists():
        fresh = {file.name for file in written}
        old = [*named_parts(target).values()]
        old += [target.with_suffix(suffix) for suffix in STALE_PARTS]
        for part in old:
            if part.name not in fresh:
                part.unlink(missing_ok=True)
    for file in written:
        file.replace(target.parent / file.name)

"""Data sets packed in a .zip: which there are, and one of them unpacked for reading.

Imports from `charsets`, `files` and `errors`.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from kgspatial.inputs.charsets import UTF8, choose_codec
from kgspatial.inputs.files import PARTS, Source

SINGLE = (
    *(".gpkg", ".geojson", ".geojsonl", ".geojsons", ".fgb", ".parquet", ".geoparquet"),
    *(".kml", ".kmz", ".dxf"),
)
"""Data sets of one file; .json is one where there is nothing else."""

UTF8_NAMES = 0x800
"""The bit of an entry whose name is in UTF-8; other names are in the packing computer's own."""

SEVERAL_LAYERS = (".gpkg", ".gdb", ".kml", ".kmz", ".dxf")
"""Data sets that may hold several layers, one of which the plan file may name."""

UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, NotImplementedError, OSError, ValueError),
)
"""What zipfile raises on archives that are damaged, cut off or packed by unknown methods."""

UNZIP = "Unpack it, and name the file in it."


SHAPE_TYPES = {1: "Point", 3: "LineString", 5: "Polygon", 8: "MultiPoint"}
"""Kinds of shapes by the number in a .shp; 10 and 20 more for those with heights and measures."""


@dataclass(frozen=True)
class Packed:
    """A data set in an archive: its name there, and its entries by the names they get on disk."""

    name: str
    target: str
    entries: dict[str, zipfile.ZipInfo]
    shape: str = ""
    rows: int | None = None

    def is_called(self, wanted: str) -> bool:
        """Whether it is meant by a name: with or without its folders and its suffix."""
        path = PurePosixPath(self.name)
        return wanted in {self.name, path.name, str(path.with_suffix("")), path.stem}

    def __str__(self) -> str:
        known = [self.shape] if self.shape else []
        known += [] if self.rows is None else [f"{self.rows} rows"]
        return f"{self.name} ({', '.join(known)})" if known else self.name


@contextmanager
def unpacked(source: Source, wanted: str | None) -> Iterator[tuple[Path, str | None, str]]:
    """Unpack the one data set of an archive, or the one whose name is wanted.

    Several count as one where only one of them has rows.

    Yields
    ------
    path : Path
        Its file or folder, in a temporary folder that goes with the context.
    layer : str or None
        The layer to read in it: `wanted`, unless that named the data set.
    name : str
        The data set's own name in the archive.

    Raises
    ------
    InputError
        When the archive cannot be read, holds no data set, or several and none is named.
    """
    with TemporaryDirectory(prefix="kgspatial-") as folder:
        try:
            chosen, layer = _unpack(source, wanted, Path(folder))
        except UNREADABLE as error:
            raise source.error(f"the archive cannot be read: {error}", UNZIP) from error
        except RuntimeError as error:
            if "password" not in str(error):
                raise
            raise source.error("the archive cannot be read without a password", UNZIP) from error
        yield Path(folder) / chosen.target, layer, chosen.name


def _unpack(source: Source, wanted: str | None, folder: Path) -> tuple[Packed, str | None]:
    with zipfile.ZipFile(source.path) as archive:
        chosen, layer = _pick(_data_sets(archive), wanted, source)
        for target, entry in chosen.entries.items():
            place = folder / target
            place.parent.mkdir(exist_ok=True)
            with archive.open(entry) as packed, place.open("wb") as file:
                copyfileobj(packed, file)
    return chosen, layer


def _pick(found: list[Packed], wanted: str | None, source: Source) -> tuple[Packed, str | None]:
    if not found:
        raise source.error(
            "the archive cannot be read: it holds no spatial data that is known",
            "A Shapefile, GeoPackage, GeoJSON or File Geodatabase may lie in a .zip.",
        )
    names = "; ".join(map(str, found))
    called = [packed for packed in found if wanted is not None and packed.is_called(wanted)]
    if len(called) == 1:
        return called[0], None
    if len(found) == 1 and (wanted is None or found[0].target.endswith(SEVERAL_LAYERS)):
        return found[0], wanted
    if wanted is not None:
        text = "several data sets called" if called else "no data set called"
        raise source.error(f"the archive has {text} '{wanted}'", f"It holds: {names}.")
    filled = [packed for packed in found if packed.rows != 0]
    if len(filled) == 1:
        return filled[0], None
    hint = f"Write layer = ... beside its path in the plan file: {names}."
    raise source.error("the archive has several data sets and none is named", hint)


def _data_sets(archive: zipfile.ZipFile) -> list[Packed]:
    files = {name: entry for name, entry in _named_entries(archive).items() if not _is_litter(name)}
    found = [
        *_geodatabases(files, archive),
        *(_of_parts(name, files, archive) for name in files if _suffix(name) in PARTS),
        *(_single(name, entry) for name, entry in files.items() if _suffix(name) in SINGLE),
    ]
    return found or [_single(n, e) for n, e in files.items() if _suffix(n) == ".json"]


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_litter(name: str) -> bool:
    """Folders, and what macOS adds for each file."""
    path = PurePosixPath(name)
    return name.endswith("/") or "__MACOSX" in path.parts or path.name.startswith(".")


def _named_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Entries by their names; a name without the mark of UTF-8 is read anew from its bytes."""
    raw = {}
    for entry in archive.infolist():
        try:
            raw[entry] = None if entry.flag_bits & UTF8_NAMES else entry.filename.encode("cp437")
        except UnicodeEncodeError:  # a name that zipfile took from elsewhere
            raw[entry] = None
    foreign = [name for name in raw.values() if name is not None and not name.isascii()]
    codec = choose_codec(foreign, [], UTF8) or "cp437"
    names = [
        entry.filename if n is None else n.decode(codec, "replace") for entry, n in raw.items()
    ]
    return {name.replace("\\", "/"): entry for name, entry in zip(names, raw, strict=True)}


def _single(name: str, entry: zipfile.ZipInfo) -> Packed:
    target = f"layer{_suffix(name)}"
    return Packed(name, target, {target: entry})


def _of_parts(name: str, files: dict[str, zipfile.ZipInfo], archive: zipfile.ZipFile) -> Packed:
    """A data set of several files of one name, told apart by their suffixes."""
    path = PurePosixPath(name)
    start, wanted = str(path.with_suffix("")).casefold(), PARTS[path.suffix.lower()]
    parts = {
        f"layer{_suffix(other)}": entry
        for other, entry in files.items()
        if _suffix(other) in wanted
        and str(PurePosixPath(other).with_suffix("")).casefold() == start
    }
    target = f"layer{path.suffix.lower()}"
    shape, rows = _described(parts, archive) if target == "layer.shp" else ("", None)
    return Packed(name, target, parts, shape, rows)


def _described(
    parts: dict[str, zipfile.ZipInfo], archive: zipfile.ZipFile
) -> tuple[str, int | None]:
    """The kind of shapes and the number of rows, from the heads of a .shp and a .dbf."""
    with archive.open(parts["layer.shp"]) as file:
        head = file.read(36)
    kind = struct.unpack_from("<i", head, 32)[0] if len(head) == 36 else 0
    rows = None
    if "layer.dbf" in parts:
        with archive.open(parts["layer.dbf"]) as file:
            head = file.read(8)
        rows = int(struct.unpack_from("<I", head, 4)[0]) if len(head) == 8 else None
    return SHAPE_TYPES.get(kind % 10, ""), rows


def _geodatabases(files: dict[str, zipfile.ZipInfo], archive: zipfile.ZipFile) -> list[Packed]:
    """Folders that hold the tables of a File Geodatabase, whatever they are called."""
    folders = dict.fromkeys(PurePosixPath(n).parent for n in files if _suffix(n) == ".gdbtable")
    return [
        Packed(
            str(folder) if folder.name else Path(archive.filename or "").stem,
            "layer.gdb",
            {
                f"layer.gdb/{PurePosixPath(name).name}": entry
                for name, entry in files.items()
                if PurePosixPath(name).parent == folder
            },
        )
        for folder in folders
    ]

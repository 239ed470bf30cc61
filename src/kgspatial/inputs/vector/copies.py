"""Copies of files that cannot be opened where they lie: nothing is written beside an input.

Imports from `charsets`, `texts`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

import codecs
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kgspatial.inputs.charsets import CHINESE, UTF8, codec_of
from kgspatial.inputs.files import Source, is_plain, parts_of
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.vector.texts import CHANGE_IT

TEXT_SUFFIXES = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".kml")
"""Texts that GDAL takes in UTF-8 only."""

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

SQLITE_SUFFIXES = (".gpkg", ".sqlite")
WAL = b"\x02\x02"
"""Bytes 18 and 19 of an SQLite file that keeps its latest changes in a file beside it."""

BLOCK = 1 << 20
XML_ENCODING = re.compile(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""")
ONE_FEATURE = re.compile(rb"""\s*\x1e?\{\s*"type"\s*:\s*"Feature"\s*,""")


@contextmanager
def readable(
    path: Path, source: Source, declared: str | None
) -> Iterator[tuple[Path, list[Problem]]]:
    """Give the place where GDAL can open a data set: where it lies, or a temporary copy.

    A copy is made of a GeoPackage with changes that were not written into it yet (SQLite would do
    so, or write its own files beside it), of JSON and KML in other encodings than UTF-8, and of
    files whose path pyogrio would take apart.

    Yields
    ------
    place : Path
        A file or folder with the same suffix.
    problems : list of Problem
        The encoding, where it is not UTF-8.
    """
    with TemporaryDirectory(prefix="kgspatial-") as folder:
        stem = path.stem if is_plain(Path(path.name)) else "layer"
        copy = Path(folder) / f"{stem}{path.suffix.lower()}"
        if path.suffix.lower() in TEXT_SUFFIXES and not _is_utf8(path):
            problems = _transcoded(path, copy, source, declared)
            yield (copy if copy.exists() else path), problems
        elif path.is_dir():
            if not is_plain(path):
                shutil.copytree(path, copy)
            yield (copy if copy.exists() else path), []
        elif is_plain(path) and not _has_journal(path):
            yield path, []
        else:
            _copy(path, copy)
            yield copy, []


def _has_journal(path: Path) -> bool:
    if path.suffix.lower() not in SQLITE_SUFFIXES:
        return False
    with path.open("rb") as stream:
        head = stream.read(20)
    return head[18:] == WAL or path.with_name(f"{path.name}-journal").exists()


def _copy(path: Path, copy: Path) -> None:
    for part in parts_of(path):
        shutil.copyfile(part, copy.with_suffix(part.suffix.lower()))
    for ending in ("-wal", "-journal"):
        beside = path.with_name(f"{path.name}{ending}")
        if beside.exists():
            shutil.copyfile(beside, copy.with_name(f"{copy.name}{ending}"))


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder(UTF8)()
    with path.open("rb") as stream:
        try:
            while block := stream.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _transcoded(path: Path, copy: Path, source: Source, declared: str | None) -> list[Problem]:
    """Write the text in UTF-8, or nothing where it is in no known encoding as a whole."""
    content = path.read_bytes()
    marked = next((e for mark, e in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    codec = marked or (CHINESE if declared is None else codec_of(declared))
    if codec is None:
        raise source.error(f"its texts are not in {declared}", "Write its own encoding.")
    try:
        text = content.decode(codec)
    except UnicodeDecodeError:
        return []
    copy.write_text(XML_ENCODING.sub(r"\1", text, count=1), encoding=UTF8)
    if declared is not None:
        return []
    said = f"its texts are in {codec.upper()}, not in UTF-8"
    done = f"read as {codec.upper()}; {CHANGE_IT}"
    return [source.problem("encoding_detected", said, done, severity="note")]


def lost_lines(path: Path, source: Source, rows: int) -> list[Problem]:
    """List the lines of a GeoJSON text sequence (one feature a line) that GDAL passed over.

    Parameters
    ----------
    path : Path
        The file; nothing is looked for in one that holds all features in one object.
    source : Source
        The layer and file that problems are reported for.
    rows : int
        The features that were read.
    """
    with path.open("rb") as stream:
        if not ONE_FEATURE.match(stream.read(200)):
            return []
        stream.seek(0)
        lines = [line.strip(b"\x1e \t\r\n") for line in stream]
    if sum(bool(line) for line in lines) <= rows:
        return []
    text, done = "the line is not a feature in JSON", "row left out"
    return [
        source.problem("line_unreadable", text, done, severity="error", row=i, value=_start(line))
        for i, line in enumerate(lines, start=1)
        if line and not _is_feature(line)
    ]


def _start(line: bytes) -> str:
    return line[:60].decode(UTF8, "replace")


def _is_feature(line: bytes) -> bool:
    try:
        feature = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(feature, dict) and feature.get("type") == "Feature"

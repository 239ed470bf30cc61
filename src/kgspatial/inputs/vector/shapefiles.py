"""Shapefiles: their parts, what these say of themselves, and the encoding of their texts.

Imports from `charsets`, `texts`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from kgspatial.inputs.charsets import CHINESE, UTF8, codec_of
from kgspatial.inputs.files import Source, is_plain, named_parts
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.vector.texts import Claim

COPY_ALL = "A Shapefile is .shp, .shx, .dbf and .prj (and .cpg) together: copy all of them."
COPY_AGAIN = "Copy all its files again from where they came from, or export it anew."

NAME_BYTES = 10
"""Bytes of a field's name; the eleventh ends it."""

CODE_PAGES = {
    0x01: 437, 0x02: 850, 0x03: 1252, 0x13: 932, 0x4D: 936, 0x4E: 949, 0x4F: 950, 0x50: 874,
    0x58: 1252, 0x59: 1252, 0x64: 852, 0x65: 866, 0x78: 950, 0x79: 949, 0x7A: 936, 0x7B: 932,
    0x7C: 874, 0xC8: 1250, 0xC9: 1251, 0xCA: 1254, 0xCB: 1253, 0xCC: 1257,
}  # fmt: skip
"""Code pages by the language byte of a .dbf; 0 and 0x57 (whatever Windows uses) name none."""


@dataclass(frozen=True)
class Dbf:
    """The head of a .dbf: how many records, of how many bytes, after how many; its fields."""

    records: int
    head_bytes: int
    record_bytes: int
    language: int
    widths: dict[bytes, int]


@dataclass(frozen=True)
class Shapefile:
    """A Shapefile that can be opened: where, under which options, and what is known of its texts."""

    place: Path
    dbf: Path
    head: Dbf
    claim: Claim
    latin: bool
    """Whether it must be opened as Latin-1, for names that are not in UTF-8; else as it is."""
    is_copy: bool
    problems: list[Problem]


@contextmanager
def opened_shapefile(path: Path, source: Source) -> Iterator[Shapefile]:
    """Check the parts of the Shapefile at `path` and give the place where GDAL can open it.

    That is a temporary copy where GDAL would write a missing index beside the file, would not
    find a part by its name, or would fail on a .prj in another encoding.

    Raises
    ------
    InputError
        When the .dbf is missing, a part is cut off, or the parts do not belong together.
    """
    parts = named_parts(path)
    if ".dbf" not in parts:
        said = "the .dbf file that belongs to it is missing, and with it all its columns"
        raise source.error(said, COPY_ALL)
    head = _read_head(parts[".dbf"], source)
    problems = _check_shapes(parts, source)
    _check_records(parts, head, source)
    claim, noted = _claim(parts, head, source)
    latin = not all(_is_utf8(name) for name in head.widths)
    problems += noted
    with TemporaryDirectory(prefix="kgspatial-") as folder:
        place, noted = _place(parts, Path(folder), source)
        yield Shapefile(
            place, parts[".dbf"], head, claim, latin, place != parts[".shp"], problems + noted
        )


def _read_head(path: Path, source: Source) -> Dbf:
    with path.open("rb") as stream:
        start = stream.read(32)
        head_bytes = struct.unpack_from("<H", start, 8)[0] if len(start) == 32 else 0
        fields = stream.read(max(0, head_bytes - 32))
    if head_bytes < 33 or len(fields) < head_bytes - 32:
        said = "its .dbf cannot be read: it is cut off or something else"
        raise source.error(said, COPY_AGAIN)
    records, _, record_bytes = struct.unpack_from("<IHH", start, 4)
    widths = {}
    for at in range(0, len(fields) - 31, 32):
        if fields[at] in (0x0D, 0x00):
            break
        name = fields[at : at + NAME_BYTES + 1].split(b"\0")[0].rstrip(b" ")
        widths[name] = fields[at + 16]
    return Dbf(records, head_bytes, record_bytes, start[29], widths)


def _check_shapes(parts: dict[str, Path], source: Source) -> list[Problem]:
    """Shapes beyond the end of a .shp that was cut off: GDAL reads these rows without a shape."""
    said, there = _length(parts[".shp"]), parts[".shp"].stat().st_size
    if said is None:
        raise source.error("it cannot be read as spatial data: it is not a .shp", COPY_AGAIN)
    if said <= there:
        return []
    text = f"its .shp is cut off: it says {said} bytes and has {there}"
    if not _has_index(parts):
        raise source.error(text, COPY_AGAIN)
    done = "rows whose shapes are missing are read without a shape"
    return [source.problem("file_cut_off", text, done, severity="error")]


def _length(path: Path) -> int | None:
    """The length in bytes that a .shp or .shx says; None where it is neither."""
    with path.open("rb") as stream:
        head = stream.read(28)
    if len(head) < 28 or struct.unpack_from(">i", head)[0] != 9994:
        return None
    return 2 * int(struct.unpack_from(">i", head, 24)[0])


def _has_index(parts: dict[str, Path]) -> bool:
    """Whether there is a whole .shx."""
    if ".shx" not in parts:
        return False
    said = _length(parts[".shx"])
    return said is not None and 100 <= said <= parts[".shx"].stat().st_size


def _check_records(parts: dict[str, Path], head: Dbf, source: Source) -> None:
    """Refuse parts of different lengths; GDAL leaves out, without a word, what one part lacks."""
    there = parts[".dbf"].stat().st_size
    whole = (there - head.head_bytes) // max(1, head.record_bytes)
    if whole < head.records:
        text = f"its .dbf is cut off: it says {head.records} rows and has {max(0, whole)}"
        raise source.error(text, COPY_AGAIN)
    if _has_index(parts):
        shapes = ((_length(parts[".shx"]) or 100) - 100) // 8
        if shapes != head.records:
            text = f"its .shp has {shapes} shapes and its .dbf {head.records} rows"
            raise source.error(f"{text}: they do not belong together", COPY_AGAIN)


def check_rows(shapefile: Shapefile, read: int, source: Source) -> None:
    """Refuse a reading with fewer rows than the .dbf has, those marked as deleted apart."""
    head = shapefile.head
    if read == head.records:
        return
    shape = (head.records, head.record_bytes)
    content = np.memmap(shapefile.dbf, np.uint8, "r", head.head_bytes, shape)
    deleted = int((content[:, 0] == ord("*")).sum())
    if read != head.records - deleted:
        text = f"only {read} of its {head.records - deleted} rows can be read"
        raise source.error(text, COPY_AGAIN)


def _claim(parts: dict[str, Path], head: Dbf, source: Source) -> tuple[Claim, list[Problem]]:
    """The encoding that the .cpg names, or else the language byte of the .dbf."""
    claim = Claim(widths=head.widths, name_width=NAME_BYTES, silent=False)
    problems = []
    if ".cpg" in parts:
        label = parts[".cpg"].read_bytes()[:100].decode(UTF8, "replace").strip("\ufeff\0 \r\n\t")
        codec = codec_of(label)
        if codec is not None:
            return replace(claim, codec=codec, words=f"its .cpg says '{label}'"), []
        said = f"its .cpg says '{label}', which names no encoding"
        problems.append(source.problem("encoding_unknown", said, "read as if it were not there"))
    page = CODE_PAGES.get(head.language)
    if page is not None:
        words = f"its .dbf says code page {page}"
        claim = replace(claim, codec=codec_of(str(page)), words=words)
    return claim, problems


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode(UTF8)
    except UnicodeDecodeError:
        return False
    return True


def _place(parts: dict[str, Path], folder: Path, source: Source) -> tuple[Path, list[Problem]]:
    """Where GDAL finds all parts: in place, or copied into `folder`."""
    prj = parts[".prj"].read_bytes() if ".prj" in parts else b""
    index = _has_index(parts)
    if index and _is_utf8(prj) and _alike(parts) and is_plain(parts[".shp"]):
        return parts[".shp"], []
    for suffix, part in parts.items():
        if suffix in (".shp", ".dbf", ".prj") or (suffix == ".shx" and index):
            shutil.copyfile(part, folder / f"layer{suffix}")
    if not _is_utf8(prj):
        text = prj.decode(CHINESE, "replace")
        (folder / "layer.prj").write_text(text, encoding=UTF8)
    if index:
        return folder / "layer.shp", []
    said = "its .shx, the index of its shapes, is missing or damaged"
    done = "made anew for reading; nothing was written beside the file"
    return folder / "layer.shp", [source.problem("index_restored", said, done, severity="note")]


def _alike(parts: dict[str, Path]) -> bool:
    """Whether GDAL finds all parts: it looks for .dbf and .DBF beside the name of the .shp."""
    stem = parts[".shp"].stem
    return all(p.stem == stem and p.suffix in (s, s.upper()) for s, p in parts.items())

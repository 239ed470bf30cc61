"""How files of the corpus are written: texts, archives, and lines from the town's records.

Imports from `case` and `town`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

from corpus.case import Maker
from corpus.town import GARDENS, Garden

KIND_WORDS = {"public": "公办", "inclusive": "普惠性民办", "private": "非普惠性民办"}
ZIP_TIME = (2025, 3, 1, 9, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")

REGISTER = {
    "幼儿园名称": "name",
    "办园性质": "kind",
    "班级数": "classes",
    "学位数": "places",
    "在园人数": "enrolled",
    "经度": "lon",
    "纬度": "lat",
}
"""A plain register: headers of the file, and the town's columns."""

PLAIN = ("name", "kind", "classes", "places", "enrolled")
"""What a plain register says, and must still say when it was read."""


def numbered(first: int, ids: Iterable[str] = GARDENS) -> dict[int, str]:
    """Rows from `first` on, one for each record."""
    return dict(enumerate(ids, start=first))


def cells(garden: Garden, columns: Iterable[str]) -> list[str]:
    """A garden's values as texts; the kind in Chinese, degrees with six digits."""
    found = []
    for column in columns:
        value = getattr(garden, column)
        if column == "kind":
            value = KIND_WORDS[value]
        found.append(f"{value:.6f}" if isinstance(value, float) else str(value))
    return found


def register(
    columns: Mapping[str, str] = REGISTER, separator: str = ",", ids: Iterable[str] = GARDENS
) -> list[str]:
    """The lines of a register: its header, then one for each garden."""
    lines = [list(columns), *(cells(GARDENS[i], columns.values()) for i in ids)]
    return [separator.join(line) for line in lines]


def text(
    lines: str | Iterable[str], encoding: str = "utf-8", newline: str = "\n", mark: bytes = b""
) -> Maker:
    """Writes a text file; `mark` stands before its texts."""
    joined = lines if isinstance(lines, str) else newline.join(lines) + newline

    def make(path: Path) -> None:
        path.write_bytes(mark + joined.encode(encoding))

    return make


def raw(content: bytes) -> Maker:
    """Writes bytes."""

    def make(path: Path) -> None:
        path.write_bytes(content)

    return make


def archive(path: Path, members: Mapping[str | bytes, bytes]) -> None:
    """Write a zip whose bytes depend on its members only.

    A name given as bytes is stored as it is, without the sign for UTF-8: so do archivers of
    Chinese Windows with names in GBK.
    """
    stored = BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            shown = name if isinstance(name, str) else name.decode("cp437")
            entry = _Raw(shown, name) if isinstance(name, bytes) else zipfile.ZipInfo(shown)
            entry.date_time, entry.compress_type = ZIP_TIME, zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    path.write_bytes(stored.getvalue())


class _Raw(zipfile.ZipInfo):
    """An entry whose name is stored byte by byte."""

    def __init__(self, shown: str, stored: bytes) -> None:
        super().__init__(shown)
        self.stored = stored

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.stored, self.flag_bits & ~0x800


def repacked(path: Path) -> None:
    """Pack a workbook anew: one time for all its members and in it, members in the order of names."""
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in sorted(packed.namelist())}
    properties = "docProps/core.xml"
    members[properties] = _MODIFIED.sub(rb"\g<1>2025-03-01T09:00:00Z", members[properties])
    archive(path, members)

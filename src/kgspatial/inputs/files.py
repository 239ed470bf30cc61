"""Input files as such: whether they are there, which parts belong to them, and their hash.

Imports from `problems` and `errors`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem

PARTS = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id", ".ind"),
    ".mif": (".mif", ".mid"),
}
"""Suffixes of the files that hold one data set together; search indexes and notes are none."""


@dataclass(frozen=True)
class Source:
    """A layer and the file it is read from: where findings and errors point to."""

    layer: str
    path: Path

    def problem(self, code: str, text: str, done: str, **place: Any) -> Problem:
        """A finding in this file; `place` is severity, row, column and value."""
        return Problem(self.layer, code, text, done, source=str(self.path), **place)

    def error(self, text: str, hint: str = "") -> InputError:
        """What makes this file unusable."""
        return InputError(text, source=self.path, hint=hint)


def is_plain(path: Path) -> bool:
    """Whether pyogrio takes the path as it is; it takes "!" and its like for signs of its own."""
    return not set("!;#?") & set(str(path.absolute()))


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


def sha256(*paths: str | Path) -> str:
    """Hash of the bytes of a data set: files, a Shapefile's parts, or a folder's files."""
    digest = hashlib.sha256()
    for file in (part for path in paths for part in parts_of(Path(path))):
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def parts_of(path: Path) -> list[Path]:
    """Return all files of a data set: the parts of a Shapefile or MapInfo table, a folder's files.

    A File Geodatabase's lock files come and go with the programs that look at it: they are none.
    """
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() != ".lock")
    if path.suffix.lower() in PARTS:
        return [part for _, part in sorted(named_parts(path).items())]
    return [path]


def named_parts(path: Path) -> dict[str, Path]:
    """Return the parts of a data set of several files by their suffix in lower case.

    A file system that tells capitals apart may hold A.SHP beside a.dbf: both belong together,
    unless there is one whose name is written alike.
    """
    wanted, stem = PARTS[path.suffix.lower()], path.stem
    parts = {path.suffix.lower(): path}
    for file in sorted(path.parent.iterdir()):
        suffix = file.suffix.lower()
        if suffix not in wanted or file.stem.casefold() != stem.casefold() or not file.is_file():
            continue
        if suffix not in parts or (file.stem == stem and parts[suffix].stem != stem):
            parts[suffix] = file
    return parts

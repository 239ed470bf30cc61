"""Input files as such: whether they are there, which parts belong to them, and their hash.

Imports from `errors`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kgspatial.errors import InputError


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
    """Return all files of a data set: a Shapefile's parts, a folder's files, or the file itself."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix.lower() == ".shp":
        start = f"{path.stem}."
        return sorted(p for p in path.parent.iterdir() if p.is_file() and p.name.startswith(start))
    return [path]

"""KML and KMZ: attributes under the names that the file gives them.

Imports from `copies`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd

from kgspatial.inputs.files import Source
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.vector.copies import readable

DATA_NAME = re.compile(rb"""(<(?:\w+:)?Data\s[^>]*?\bname\s*=\s*)("[^"]*"|'[^']*')""")
DRAWING_COLUMNS = ("tessellate", "extrude", "visibility", "drawOrder", "altitudeMode", "icon")
"""Columns that GDAL gives every layer, for how it is drawn."""


@dataclass(frozen=True)
class Kml:
    """A KML that GDAL can open: where, and the file's own names of its attributes."""

    place: Path
    names: Mapping[str, str]
    problems: list[Problem]


@contextmanager
def opened_kml(path: Path, source: Source, declared: str | None) -> Iterator[Kml]:
    """Give the place of a copy in which each attribute has a plain name of its own.

    GDAL writes an underscore for each byte beyond ASCII in the names of ``<Data>``, so that two
    Chinese names of one length become one column, and puts ``<Data name="name">`` in the place of
    the placemark's name.
    """
    with TemporaryDirectory(prefix="kgspatial-") as folder:
        plain = _unpacked(path, Path(folder), source)
        with readable(plain, source, declared) as (place, problems):
            if place.suffix.lower() != ".kml":
                yield Kml(place, {}, problems)
                return
            content, names = _with_plain_names(place.read_bytes())
            named = Path(folder) / "named" / place.name
            if names:
                named.parent.mkdir()
                named.write_bytes(content)
            yield Kml(named if names else place, names, problems)


def _unpacked(path: Path, folder: Path, source: Source) -> Path:
    """The one .kml of a .kmz; the file itself otherwise."""
    if path.suffix.lower() != ".kmz":
        return path
    try:
        with zipfile.ZipFile(path) as archive:
            found = [n for n in archive.namelist() if n.lower().endswith(".kml")]
            if len(found) != 1:
                return path
            place = folder / "doc.kml"
            place.write_bytes(archive.read(found[0]))
            return place
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise source.error(f"the file cannot be read as KMZ: {error}") from error


def _with_plain_names(content: bytes) -> tuple[bytes, dict[str, str]]:
    """The text with all names of <Data> replaced, and the names that were there."""
    given: dict[bytes, str] = {}

    def replaced(match: re.Match[bytes]) -> bytes:
        name = match[2][1:-1]
        return match[1] + b'"%s"' % given.setdefault(name, f"data_{len(given) + 1}_").encode()

    content = DATA_NAME.sub(replaced, content)
    return content, {
        plain: html.unescape(name.decode("utf-8", "replace")) for name, plain in given.items()
    }


def with_given_names(frame: gpd.GeoDataFrame, names: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return the layer under the file's own names, without the columns for drawing.

    An attribute that is called like one of KML's own columns takes its place where that is empty,
    and stands beside it with a number otherwise.
    """
    frame = frame.drop(columns=[c for c in DRAWING_COLUMNS if c in frame.columns])
    for plain, name in names.items():
        if plain not in frame.columns:
            continue
        own = {str(column).casefold(): column for column in frame.columns}
        same = own.get(name.casefold())
        if same is not None and frame[same].isna().all():
            frame = frame.drop(columns=same)
            same = None
        numbers = (f"{name}_{i}" for i in range(2, len(own) + 3))
        free = name if same is None else next(n for n in numbers if n.casefold() not in own)
        frame = frame.rename(columns={plain: free})
    return frame

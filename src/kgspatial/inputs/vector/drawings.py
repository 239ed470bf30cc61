"""Drawings (DXF): the encoding of their texts, their drawing layers, closed lines as outlines.

Imports from `charsets`, `texts`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.inputs.charsets import CHINESE, UTF8, codec_of
from kgspatial.inputs.files import Source, is_plain
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.vector.texts import Claim, settled_codec

UTF8_VERSION = b"AC1021"
"""AutoCAD 2007: from then on a drawing's texts are in UTF-8, whatever code page its head names."""

ALL_ENTITIES = "entities"
SHOWN_LAYERS = 20


@dataclass(frozen=True)
class Drawing:
    """A drawing that GDAL can open: where, and its name for the encoding of the texts."""

    place: Path
    encoding: str | None
    """None where all texts are plain letters."""
    problems: list[Problem]


@contextmanager
def opened_drawing(path: Path, source: Source, declared: str | None) -> Iterator[Drawing]:
    """Find the encoding of a drawing's texts, and give the place where GDAL can open it.

    GDAL goes by the code page in the head, also where that is of no effect, and would read the
    Chinese texts of most newer drawings as other characters. At the end of a drawing that was cut
    off inside an entity it would look for the rest for ever: that entity is left out of a copy.

    Raises
    ------
    InputError
        When the drawing is binary or damaged, or its texts are in no encoding that is known of them.
    """
    content = path.read_bytes()
    if b"\0" in content:  # GDAL would look behind it for the end of a line, for ever
        said = "the file cannot be read: it is a binary DXF, or damaged"
        raise source.error(said, "Save it anew as an ASCII DXF.")
    lines = [line.strip() for line in content.splitlines()]
    encoding, problems = _encoding(lines, source, declared)
    with TemporaryDirectory(prefix="kgspatial-") as folder:
        if _has_end(lines) and is_plain(path):
            yield Drawing(path, encoding, problems)
            return
        copy = Path(folder) / "drawing.dxf"
        if not _has_end(lines):
            problems += [_cut_off(source)]
            lines = _whole_entities(lines)
        copy.write_bytes(b"\n".join(lines) + b"\n")
        yield Drawing(copy, encoding, problems)


def _has_end(lines: list[bytes]) -> bool:
    """Whether there is an end; a drawing's lines are pairs of a code and a value."""
    return (b"0", b"EOF") in zip(lines[::2], lines[1::2], strict=False)


def _whole_entities(lines: list[bytes]) -> list[bytes]:
    """All lines before the last entity, which begins with the code 0, and an end."""
    codes = lines[::2]
    last = 2 * max((i for i, code in enumerate(codes) if code == b"0"), default=0)
    return [*lines[:last], b"0", b"ENDSEC", b"0", b"EOF"]


def _cut_off(source: Source) -> Problem:
    text, done = "the drawing has no end: it was cut off", "read up to its last whole entity"
    return source.problem("file_cut_off", text, done, severity="error")


def _encoding(
    lines: list[bytes], source: Source, declared: str | None
) -> tuple[str | None, list[Problem]]:
    texts = list(dict.fromkeys(line for line in lines if not line.isascii()))
    if not texts:
        return None, []
    codec, problems = settled_codec(texts, [], source, declared, _claim(lines))
    return _gdal_name(codec), problems


def _claim(lines: list[bytes]) -> Claim:
    """The encoding that the head names."""
    version = _header(lines, b"$ACADVER")
    if version >= UTF8_VERSION:
        shown = version.decode("ascii", "replace")
        return Claim(UTF8, f"its version, {shown}, has texts in UTF-8")
    label = _header(lines, b"$DWGCODEPAGE").decode("ascii", "replace")
    return Claim(codec_of(label), f"its head says '{label}'" if label else "")


def _header(lines: list[bytes], name: bytes) -> bytes:
    """The value of a variable: it stands two lines below its name."""
    try:
        return lines[lines.index(name) + 2]
    except (ValueError, IndexError):
        return b""


def _gdal_name(codec: str) -> str:
    names = {UTF8: "UTF-8", CHINESE: "GB18030"}
    return names.get(codec, codec.upper().replace("ISO8859", "ISO-8859"))


def one_drawing_layer(
    frame: gpd.GeoDataFrame, wanted: str | None, source: Source
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the entities of one drawing layer; all of them, with a note, when none is named.

    Raises
    ------
    InputError
        When there is no such drawing layer.
    """
    counts = frame["Layer"].value_counts(sort=False)
    listed = [f"{layer} ({count})" for layer, count in counts.items()]
    more = f" and {len(listed) - SHOWN_LAYERS} more" if len(listed) > SHOWN_LAYERS else ""
    names = f"{', '.join(listed[:SHOWN_LAYERS])}{more}"
    if wanted is not None and wanted != ALL_ENTITIES:
        if wanted not in counts.index:
            raise source.error(f"it has no layer '{wanted}'", f"Its drawing layers: {names}.")
        return frame[frame["Layer"] == wanted], []
    if len(counts) < 2 or wanted is not None:
        return frame, []
    said = f"a drawing with several layers: {names}"
    done = "all are read; layer = ... in the plan file takes one"
    return frame, [source.problem("layers_all", said, done, severity="note")]


def lines_as_areas(
    frame: gpd.GeoDataFrame, source: Source
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return closed lines as the areas that they enclose; a drawing knows no areas but hatches."""
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    closed = (
        (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING)
        & shapely.is_closed(shapes)
        & (shapely.get_num_coordinates(shapes) >= 4)
    )
    if not closed.any():
        return frame, []
    xy, of = shapely.get_coordinates(shapes[closed], return_index=True)
    shapes[closed] = shapely.polygons(shapely.linearrings(xy, indices=of))
    said = f"{int(closed.sum())} closed lines, where areas are expected"
    done = "taken as outlines of areas"
    note = source.problem("outlines_taken", said, done, severity="note")
    return frame.set_geometry(shapes, crs=frame.crs), [note]

"""Drawings (DXF): the encoding of their texts, their drawing layers, closed lines as outlines.

Imports from `charsets`, `texts`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.inputs.charsets import CHINESE, UTF8, codec_of
from kgspatial.inputs.files import Source
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.texts import Claim, settled_codec

UTF8_VERSION = b"AC1021"
"""AutoCAD 2007: from then on a drawing's texts are in UTF-8, whatever code page its head names."""

ALL_ENTITIES = "entities"
SHOWN_LAYERS = 20


def drawing_encoding(
    path: Path, source: Source, declared: str | None
) -> tuple[str | None, list[Problem]]:
    """Return GDAL's name for the encoding of a drawing's texts; None where all are plain letters.

    GDAL goes by the code page in the head, also where that is of no effect, and would read the
    Chinese texts of most newer drawings as other characters.

    Raises
    ------
    InputError
        When the drawing is binary, or its texts are in no encoding that is known of them.
    """
    content = path.read_bytes()
    if content.startswith(b"AutoCAD Binary DXF"):
        said = "the file cannot be read: it is a binary DXF"
        raise source.error(said, "Save it as an ASCII DXF.")
    lines = [line.strip() for line in content.splitlines()]
    problems = _cut_off(lines, source)
    texts = list(dict.fromkeys(line for line in lines if not line.isascii()))
    if not texts:
        return None, problems
    codec, found = settled_codec(texts, [], source, declared, _claim(lines))
    return _gdal_name(codec), problems + found


def _cut_off(lines: list[bytes], source: Source) -> list[Problem]:
    if any(line == b"EOF" for line in lines[-5:]):
        return []
    text, done = "the drawing has no end: it was cut off", "read as far as it goes"
    return [source.problem("file_cut_off", text, done, severity="error")]


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

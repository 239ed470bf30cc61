"""Shapefile, GeoJSON, KML and DXF written by hand, so that each oddity is where it should be.

Imports from `case`, `town` and `writing`.
"""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.case import Maker
from corpus.town import ESTATES, GARDENS, projected
from corpus.writing import archive

Ring = Sequence[tuple[float, ...]]

ESRI_4490 = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]]'
)
ESRI_4547 = (
    f'PROJCS["CGCS2000_3_Degree_GK_CM_114E",{ESRI_4490},PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)

ESTATE_FIELDS = {
    "小区名称": "name",
    "总户数": "households",
    "常住人口": "residents",
    "交付年份": "delivered_year",
}
ESTATE = ("name", "households", "residents", "delivered_year")
"""What a plain layer of estates says, and must still say when it was read."""

# ---------------------------------------------------------------- Shapefile

POINT, LINE, POLYGON, POLYGON_Z = 1, 3, 5, 15
Parts = dict[str, bytes]


@dataclass(frozen=True)
class Dbf:
    """How the attributes are stored: encoding, what the file says of it, widths of texts."""

    encoding: str = "utf-8"
    cpg: str | None = "UTF-8"
    language: int = 0
    width: int = 40
    half: bool = False
    """Whether texts are cut within a character."""


def shapefile(
    kind: int,
    shapes: Sequence[Any],
    table: Mapping[str, Sequence[Any]],
    dbf: Dbf = Dbf(),
    prj: str | None = ESRI_4490,
) -> Parts:
    """The parts of a Shapefile by suffix; a shape is a position, rings or lines, or None.

    Names of fields are cut to ten bytes, and half a character goes, as programs do it.
    """
    records = [_record(kind, shape) for shape in shapes]
    points = [p for shape in shapes if shape is not None for p in _positions(kind, shape)]
    box = [min(p[0] for p in points), min(p[1] for p in points)]
    box += [max(p[0] for p in points), max(p[1] for p in points)]
    offset, index, body = 50, b"", b""
    for number, content in enumerate(records, 1):
        words = len(content) // 2
        index += struct.pack(">ii", offset, words)
        body += struct.pack(">ii", number, words) + content
        offset += 4 + words
    heights = [0.0, 0.0, 0.0, 0.0] if kind < 10 else [12.5, 12.5, 0.0, 0.0]
    tail = struct.pack("<ii8d", 1000, kind, *box, *heights)
    parts = {
        ".shp": struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(body) // 2) + tail + body,
        ".shx": struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(index) // 2) + tail + index,
        ".dbf": _dbf(table, dbf, len(shapes)),
    }
    if dbf.cpg is not None:
        parts[".cpg"] = dbf.cpg.encode()
    return parts if prj is None else {**parts, ".prj": prj.encode()}


def _positions(kind: int, shape: Any) -> list[tuple[float, ...]]:
    return [shape] if kind == POINT else [p for ring in shape for p in ring]


def _record(kind: int, shape: Any) -> bytes:
    if shape is None:
        return struct.pack("<i", 0)
    if kind == POINT:
        return struct.pack("<i2d", kind, *shape)
    rings = [_clockwise(r) if kind in (POLYGON, POLYGON_Z) else r for r in shape]
    points = [p for ring in rings for p in ring]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    starts = [sum(len(r) for r in rings[:i]) for i in range(len(rings))]
    content = struct.pack("<i4d2i", kind, min(xs), min(ys), max(xs), max(ys), len(rings), len(xs))
    content += struct.pack(f"<{len(starts)}i", *starts)
    content += b"".join(struct.pack("<2d", p[0], p[1]) for p in points)
    if kind == POLYGON_Z:
        content += struct.pack("<2d", 12.5, 12.5) + struct.pack("<d", 12.5) * len(points)
    return content


def _clockwise(ring: Ring) -> Ring:
    twice = sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in itertools.pairwise(ring))
    return ring if twice > 0 else ring[::-1]


def _dbf(table: Mapping[str, Sequence[Any]], dbf: Dbf, rows: int) -> bytes:
    kinds = {
        c: isinstance(next(v for v in values if v is not None), int | float)
        for c, values in table.items()
    }
    widths = {c: 16 if number else dbf.width for c, number in kinds.items()}
    fields = b"".join(
        struct.pack(
            "<11sc4xBB14x",
            _cut(c, 10, dbf.encoding),
            b"N" if kinds[c] else b"C",
            widths[c],
            2 if any(isinstance(v, float) for v in values) else 0,
        )
        for c, values in table.items()
    )
    head = struct.pack(
        "<4BIHH17xB2x", 3, 125, 3, 1, rows, 33 + len(fields), 1 + sum(widths.values()), dbf.language
    )
    body = b"".join(
        b" " + b"".join(_cell(values[i], widths[c], dbf) for c, values in table.items())
        for i in range(rows)
    )
    return head + fields + b"\r" + body + b"\x1a"


def _cell(value: Any, width: int, dbf: Dbf) -> bytes:
    if value is None:
        return b" " * width
    if isinstance(value, str):
        if dbf.half:
            return value.encode(dbf.encoding)[:width].ljust(width)
        return _cut(value, width, dbf.encoding).ljust(width)
    return (f"{value:.2f}" if isinstance(value, float) else str(value)).rjust(width).encode()


def _cut(text: str, width: int, encoding: str) -> bytes:
    return text.encode(encoding)[:width].decode(encoding, "ignore").encode(encoding)


def beside(parts: Parts, drop: Iterable[str] = ()) -> Maker:
    """Writes the parts beside each other, under the stem of the .shp."""

    def make(path: Path) -> None:
        for suffix, content in parts.items():
            if suffix not in drop:
                path.with_suffix(suffix).write_bytes(content)

    return make


def part_names(stem: str, suffixes: str = "shp shx dbf prj cpg") -> tuple[str, ...]:
    """Names of the files that `beside` writes."""
    return tuple(f"{stem}.{suffix}" for suffix in suffixes.split())


def zipped(members: Mapping[str | bytes, bytes]) -> Maker:
    """Writes an archive."""
    return lambda path: archive(path, members)


def estates(columns: Mapping[str, str] = ESTATE_FIELDS) -> dict[str, list[Any]]:
    """The table of all estates under the headers of a file."""
    return {h: [getattr(e, c) for e in ESTATES.values()] for h, c in columns.items()}


def rings(epsg: int = 4490) -> list[list[list[tuple[float, float]]]]:
    """The outlines of all estates, each of one ring, in degrees or in metres."""
    degrees = (e.ring for e in ESTATES.values())
    if epsg == 4490:
        return [[[(round(x, 6), round(y, 6)) for x, y in ring]] for ring in degrees]
    return [[[projected(x, y, epsg) for x, y in ring]] for ring in degrees]


# ---------------------------------------------------------------- GeoJSON


def feature(shape: Mapping[str, Any] | None, **properties: Any) -> dict[str, Any]:
    """One feature."""
    return {"type": "Feature", "properties": properties, "geometry": shape}


def point(record: str) -> dict[str, Any]:
    """A garden's position."""
    return {"type": "Point", "coordinates": [GARDENS[record].lon, GARDENS[record].lat]}


def polygon(*outline: Ring) -> dict[str, Any]:
    """A polygon of one ring or more."""
    return {"type": "Polygon", "coordinates": [[list(p) for p in ring] for ring in outline]}


def outline(record: str) -> dict[str, Any]:
    """An estate's outline."""
    return polygon([(round(x, 6), round(y, 6)) for x, y in ESTATES[record].ring])


def collection(features: Sequence[Mapping[str, Any]], **more: Any) -> str:
    """A feature collection, one feature a line."""
    head = json.dumps({"type": "FeatureCollection", **more}, ensure_ascii=False)[:-1]
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in features)
    return f'{head}, "features": [\n{lines}\n]}}\n'


def garden_features(ids: Iterable[str] = GARDENS) -> list[dict[str, Any]]:
    """Gardens as points with their plain columns."""
    return [
        feature(point(i), 园所名称=g.name, 班数=g.classes, 学位数=g.places, 在园人数=g.enrolled)
        for i in ids
        for g in (GARDENS[i],)
    ]


def estate_features(ids: Iterable[str] = ESTATES) -> list[dict[str, Any]]:
    """Estates as outlines with their plain columns."""
    return [
        feature(outline(i), **{h: getattr(ESTATES[i], c) for h, c in ESTATE_FIELDS.items()})
        for i in ids
    ]


# ---------------------------------------------------------------- KML and DXF


def placemark(name: str, shape: str, **data: Any) -> str:
    """A placemark with its extended data."""
    extended = "".join(f'<Data name="{k}"><value>{v}</value></Data>' for k, v in data.items())
    return (
        f"<Placemark><name>{name}</name><ExtendedData>{extended}</ExtendedData>{shape}</Placemark>"
    )


def kml(content: str) -> str:
    """A KML document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>\n{content}\n</Document></kml>\n"
    )


def dxf(entities: Sequence[tuple[str, bool, Ring]]) -> str:
    """A drawing of polylines: name of the drawing's layer, whether it closes, its points."""
    codes: list[tuple[int, object]] = [(0, "SECTION"), (2, "ENTITIES")]
    for layer, closes, points in entities:
        codes += [(0, "LWPOLYLINE"), (100, "AcDbEntity"), (8, layer), (100, "AcDbPolyline")]
        codes += [(90, len(points)), (70, int(closes))]
        codes += [pair for x, y in points for pair in ((10, x), (20, y))]
    codes += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code:>3}\n{value}\n" for code, value in codes)

"""How the sample's files are written: the same bytes on every machine.

Imports from pyproj, shapely and numpy only. GeoJSON, CSV and TIFF are written by hand, because the
libraries that write them put their own version or order of rows into the file.
"""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

Row = dict[str, object]

ORIGIN = (540_000.0, 4_905_000.0)
"""South-west corner in EPSG:4547: open grassland, so that no base map contradicts the sample."""
PROJECTED, GEOGRAPHIC = 4547, 4490
_TO_LONLAT = Transformer.from_crs(PROJECTED, GEOGRAPHIC, always_xy=True)


def lonlat(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn local metres, taken to 0.1 m, into longitudes and latitudes of 7 decimals."""
    east, north = np.round(xy, 1).T + np.array(ORIGIN)[:, None]
    return np.round(np.column_stack(_TO_LONLAT.transform(east, north)), 7)


def write_geojson(path: Path, rows: Sequence[Row]) -> None:
    """Write one feature a line; geometry in local metres."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {k: v for k, v in row.items() if k != "geometry"},
                "geometry": _geometry(row["geometry"]),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for row in rows
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_bytes(text.encode())


def _geometry(shape: shapely.Geometry) -> Row:
    if shape.geom_type == "Polygon":
        rings = [shape.exterior, *shape.interiors]
        return {"type": "Polygon", "coordinates": [_ring(r, i == 0) for i, r in enumerate(rings)]}
    points = lonlat(shapely.get_coordinates(shape)).tolist()
    if shape.geom_type == "Point":
        return {"type": "Point", "coordinates": points[0]}
    if shape.geom_type == "LineString":
        return {"type": "LineString", "coordinates": points}
    raise ValueError(f"the sample has no {shape.geom_type}")


def _ring(ring: shapely.LinearRing, outer: bool) -> list[list[float]]:
    """Coordinates from the most south-western corner on, outer rings counter-clockwise.

    Which corner comes first depends on the version of GEOS; here it does not.
    """
    xy = np.round(shapely.get_coordinates(ring), 1)[:-1]
    xy = xy[np.any(xy != np.roll(xy, 1, axis=0), axis=1)]
    if shapely.is_ccw(ring) != outer:
        xy = xy[::-1]
    xy = np.roll(xy, -int(np.lexsort(xy.T[::-1])[0]), axis=0)
    return lonlat(np.vstack([xy, xy[:1]])).tolist()


def write_points_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write a table with lon and lat."""
    table = []
    for row in rows:
        lon, lat = lonlat(shapely.get_coordinates(row["geometry"]))[0].tolist()
        table.append({k: v for k, v in row.items() if k != "geometry"} | {"lon": lon, "lat": lat})
    write_csv(path, table)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write a table, UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


SHORT, LONG, TEXT, DOUBLE = 3, 4, 2, 12
_PACKED = {SHORT: "H", LONG: "I", DOUBLE: "d"}


def write_geotiff(
    path: Path, bands: NDArray[np.float64], names: Sequence[str], cell_m: float
) -> None:
    """Write bands of 32-bit floats, band by band and uncompressed; the first row lies in the north."""
    count, rows, columns = bands.shape
    data = bands.astype("<f4").tobytes()
    size = rows * columns * 4
    items = "".join(
        f'<Item name="DESCRIPTION" sample="{i}" role="description">{name}</Item>'
        for i, name in enumerate(names)
    )
    west, north = ORIGIN[0], ORIGIN[1] + rows * cell_m
    tags: list[tuple[int, int, Sequence[float] | bytes]] = [
        (256, LONG, [columns]),
        (257, LONG, [rows]),
        (258, SHORT, [32] * count),
        (259, SHORT, [1]),  # uncompressed
        (262, SHORT, [1]),
        (273, LONG, [8 + i * size for i in range(count)]),
        (277, SHORT, [count]),
        (278, LONG, [rows]),
        (279, LONG, [size] * count),
        (284, SHORT, [2]),  # band by band
        (338, SHORT, [0] * (count - 1)),
        (339, SHORT, [3] * count),  # floats
        (33550, DOUBLE, [cell_m, cell_m, 0.0]),
        (33922, DOUBLE, [0.0, 0.0, 0.0, west, north, 0.0]),
        # GeoTIFF keys: projected, cells are areas, the EPSG code.
        (34735, SHORT, [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, PROJECTED]),
        (42112, TEXT, f"<GDALMetadata>{items}</GDALMetadata>\0".encode()),
    ]
    header = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    path.write_bytes(header + data + _directory(tags, 8 + len(data)))


def _directory(tags: Sequence[tuple[int, int, Sequence[float] | bytes]], start: int) -> bytes:
    """Return a TIFF directory; values of more than four bytes follow it."""
    entries, extra = struct.pack("<H", len(tags)), b""
    beyond = start + 2 + 12 * len(tags) + 4
    for number, kind, values in tags:
        packed = values if kind == TEXT else struct.pack(f"<{len(values)}{_PACKED[kind]}", *values)
        if len(packed) > 4:
            field = struct.pack("<I", beyond + len(extra))
            extra += packed + b"\0" * (len(packed) % 2)
        else:
            field = packed.ljust(4, b"\0")
        entries += struct.pack("<HHI", number, kind, len(values)) + field
    return entries + struct.pack("<I", 0) + extra

"""Geometry and numbers as compact JSON values: integer coordinates, differences, columns.

Imports from `inputs.crs`. `assets/payload.js` reads what is written here.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.inputs.coordinates.crs import WGS84

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINE, COARSE = 1_000_000, 100_000
"""Steps per degree: 0.1 m, and 1 m for shapes that are simplified anyway."""

MOST_VERTICES = 300_000
"""Vertices that a browser draws at once without a pause that people notice."""

TOLERANCES_M = (0.0, 1.0, 2.0, 5.0, 10.0)
"""Simplification is tried in these steps until the vertices suffice."""

LEVEL = 6
"""How hard the content is pressed: 9 takes twice the time for a hundredth of the size."""

Packed = dict[str, Any]


def pack_areas(shapes: gpd.GeoSeries) -> tuple[Packed, float]:
    """Pack polygons; return them and the tolerance in metres by which they were simplified.

    Parameters
    ----------
    shapes : GeoSeries
        Polygons or multipolygons in a projected CRS; none is dropped, however small.

    Returns
    -------
    Packed
        ``x``, ``y``: differences of rounded degrees times ``scale``; ``points``: vertices of each
        ring (the closing one left out); ``rings``: rings of each polygon; ``polygons``: polygons
        of each row.
    float
        Tolerance, 0 when nothing was simplified.
    """
    kept, tolerance = simplified(shapes)
    whole = [_as_multi(g) for g in kept.to_crs(WGS84)]
    if not whole:
        return _packed(np.empty((0, 2)), FINE, points=[], rings=[], polygons=[]), tolerance
    _, xy, (rings, polygons, rows) = shapely.to_ragged_array(whole)
    closing = np.zeros(len(xy), dtype=bool)
    closing[rings[1:] - 1] = True
    counts = {
        "points": (np.diff(rings) - 1).tolist(),
        "rings": np.diff(polygons).tolist(),
        "polygons": np.diff(rows).tolist(),
    }
    return _packed(xy[~closing], FINE if tolerance == 0 else COARSE, **counts), tolerance


def simplified(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, float]:
    """Return polygons of at most :data:`MOST_VERTICES` vertices, if a tolerance gives them."""
    kept, tolerance = shapes, 0.0
    for tolerance in TOLERANCES_M:
        kept = shapes if tolerance == 0 else shapes.simplify(tolerance, preserve_topology=True)
        if shapely.get_num_coordinates(kept.to_numpy()).sum() <= MOST_VERTICES:
            break
    return kept, tolerance


def _as_multi(shape: shapely.Geometry | None) -> shapely.MultiPolygon:
    """The polygons of a shape; one without any keeps its row, with nothing to draw."""
    if isinstance(shape, shapely.MultiPolygon):
        return shape
    if isinstance(shape, shapely.Polygon) and not shape.is_empty:
        return shapely.MultiPolygon([shape])
    return shapely.MultiPolygon()


def pack_lines(shapes: gpd.GeoSeries) -> Packed:
    """Pack lines: ``x``, ``y``, ``points`` of each part, ``parts`` of each row."""
    degrees = shapes.to_crs(WGS84).to_numpy()
    parts, rows = shapely.get_parts(degrees, return_index=True)
    xy, owner = shapely.get_coordinates(parts, return_index=True)
    return _packed(
        xy,
        FINE,
        points=np.bincount(owner, minlength=len(parts)).tolist(),
        parts=np.bincount(rows, minlength=len(degrees)).tolist(),
    )


def pack_points(shapes: gpd.GeoSeries) -> Packed:
    """Pack one point for each row: the shape itself, or a point inside it."""
    inner = shapes.where(shapes.geom_type == "Point", shapes.representative_point())
    return _packed(shapely.get_coordinates(inner.to_crs(WGS84).to_numpy()), FINE)


def _packed(xy: NDArray[np.float64], scale: int, **counts: list[int]) -> Packed:
    steps = np.diff(np.rint(xy * scale).astype(np.int64), axis=0, prepend=0)
    return {"scale": scale, "x": steps[:, 0].tolist(), "y": steps[:, 1].tolist(), **counts}


def pack_numbers(values: Any, digits: int) -> list[float | None]:
    """Return numbers rounded half away from zero, as people do; None where there is none."""
    given = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(given)
    shifted = np.where(finite, given, 0.0) * 10.0**digits
    whole = np.copysign(np.floor(np.abs(shifted) + 0.5), shifted).astype(np.int64)
    if digits == 0:
        return [n if ok else None for n, ok in zip(whole.tolist(), finite, strict=True)]
    return [n / 10**digits if ok else None for n, ok in zip(whole.tolist(), finite, strict=True)]


def compressed(content: dict[str, Any]) -> str:
    """Return JSON as raw deflate in base64: no character of it means anything to a browser."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    press = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(press.compress(text.encode("utf-8")) + press.flush()).decode("ascii")

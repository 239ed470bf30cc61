"""The shapes of a raw layer: which can be used, which are repaired, which are left out and why.

Imports from `crs`, `problems` and `layers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.inputs.coordinates.crs import lonlat_transformer
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from kgspatial.layers import Layer

MOVED_AREA = 1e-6
"""Relative change of area above which a repaired polygon's change is stated."""

REFUSED_CHANGE = 0.2
"""Relative change of area above which a repair is a guess at what was drawn, and is refused."""


BEYOND_EARTH = 1e8
"""No coordinate on earth is as large, zone prefixes included; inverse projections would wrap it."""

NOT_ON_EARTH = "its coordinates do not lie on the earth in the declared system"
SWAPPED = f"{NOT_ON_EARTH}: longitude and latitude look swapped"

AREA_MARGIN_DEG = 6.0
"""As far beyond the area that a system is made for, maps lie for a reason; further, by mistake."""


def usable_shapes(
    raw: gpd.GeoDataFrame, spec: Layer, source: str
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the rows whose shape can be used, in two dimensions and valid, and what was found."""
    crs = cast("CRS", raw.crs)
    shapes = _plain(raw.geometry.to_numpy(), spec)
    reasons = _reasons(shapes, spec, crs, source)
    bad = np.zeros(len(raw), dtype=bool)
    bad[list(reasons)] = True
    problems = [
        _left_out(spec, source, raw.index[row], *reason) for row, reason in sorted(reasons.items())
    ]
    frame = raw.set_geometry(shapes, crs=crs)[~bad]
    frame, repairs = _repaired(frame, spec, source)
    return frame, problems + repairs + _doubts(frame, spec, source)


def _doubts(frame: gpd.GeoDataFrame, spec: Layer, source: str) -> list[Problem]:
    """Whether the layer as a whole lies far from where its system is made for.

    A projection gives a place on the earth to numbers far beyond its zone, too: to those of a
    drawing that counts from its own corner, or of another system.
    """
    crs = cast("CRS", frame.crs)
    area = crs.area_of_use
    if frame.empty or area is None or area.west > area.east:
        return []
    west, south, east, north = np.median(frame.geometry.bounds.to_numpy(), axis=0)
    middle = lonlat_transformer(crs, source=source).transform(
        (west + east) / 2, (south + north) / 2
    )
    beyond = max(area.west - middle[0], middle[0] - area.east)
    beyond = max(beyond, area.south - middle[1], middle[1] - area.north)
    if beyond <= AREA_MARGIN_DEG:
        return []
    text = (
        f"it lies at {middle[0]:.1f} E, {middle[1]:.1f} N, and '{crs.name}' is made for "
        f"{area.west:.0f} to {area.east:.0f} E, {area.south:.0f} to {area.north:.0f} N"
    )
    done = "used as it is; check its crs and the order of its coordinates"
    return [Problem(spec.name, "crs_doubt", text, done, "warning", source)]


def _plain(shapes: NDArray[np.object_], spec: Layer) -> NDArray[np.object_]:
    """Shapes without heights; a multipoint of one point is that point where points are expected."""
    flat = np.asarray(shapely.force_2d(shapes), dtype=object)
    if "Point" in spec.shapes:
        single = (shapely.get_type_id(flat) == shapely.GeometryType.MULTIPOINT) & (
            shapely.get_num_geometries(flat) == 1
        )
        flat[single] = shapely.get_geometry(flat[single], 0)
    return flat


def _reasons(
    shapes: NDArray[np.object_], spec: Layer, crs: CRS, source: str
) -> dict[int, tuple[str, str]]:
    """Why a shape cannot be used (code and text), by its position; of several reasons the last."""
    off, swapped = _off_earth(shapely.bounds(shapes), crs, source)
    reasons = {
        row: ("bad_coordinates", SWAPPED if swapped[row] else NOT_ON_EARTH)
        for row in np.flatnonzero(off).tolist()
    }
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    for row in np.unique(of[~np.isfinite(xy).all(axis=1)]).tolist():
        reasons[row] = "bad_coordinates", "its coordinates are not finite"
    types = [shapely.GeometryType[name.upper()] for name in spec.shapes]
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for row in np.flatnonzero(~missing & ~np.isin(shapely.get_type_id(shapes), types)).tolist():
        expected = " or ".join(spec.shapes)
        text = f"it is a {shapes[row].geom_type}; expected {expected}"
        reasons[row] = "wrong_geometry", text
    for row in np.flatnonzero(missing).tolist():
        reasons[row] = "no_geometry", "it has no position"
    return reasons


def _off_earth(
    bounds: NDArray[np.float64], crs: CRS, source: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which bounds lie beyond all longitudes and latitudes, and which of them only by a swap."""
    west, south, east, north = bounds.T
    beyond = ~(np.abs(bounds) < BEYOND_EARTH).all(axis=1)
    if not crs.is_geographic:
        transformer = lonlat_transformer(crs, source=source)
        west, south = transformer.transform(west, south)
        east, north = transformer.transform(east, north)
    x, y = np.maximum(np.abs(west), np.abs(east)), np.maximum(np.abs(south), np.abs(north))
    off = beyond | ~((x <= 180.0) & (y <= 90.0))
    return off, off & crs.is_geographic & (x <= 90.0) & (y <= 180.0)


def _left_out(spec: Layer, source: str, row: Any, code: str, text: str) -> Problem:
    return Problem(spec.name, code, text, "row left out", "error", source, int(row))


def _repaired(
    frame: gpd.GeoDataFrame, spec: Layer, source: str
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Repair self-crossing polygons, state the change, leave out what has no extent."""
    invalid = ~frame.geometry.is_valid.to_numpy()
    if not invalid.any():
        return frame, []
    before = frame.geometry.to_numpy()
    after = np.array(before, dtype=object)
    after[invalid] = [_polygonal(shapely.make_valid(g)) for g in before[invalid]]
    problems = [
        _repair(spec, source, row, old, new)
        for row, old, new in zip(frame.index[invalid], before[invalid], after[invalid], strict=True)
    ]
    lost = np.zeros(len(frame), dtype=bool)
    lost[invalid] = [p.severity == "error" for p in problems]
    return frame.set_geometry(after, crs=frame.crs)[~lost], problems


def _repair(spec: Layer, source: str, row: Any, old: Any, new: Any) -> Problem:
    if old.geom_type not in ("Polygon", "MultiPolygon"):
        return _left_out(spec, source, row, "no_length", "its line has no length")
    if new.is_empty:
        return _left_out(spec, source, row, "no_area", "its outline encloses no area")
    change = abs(new.area - old.area) / new.area
    text = "its outline crosses itself"
    if change > REFUSED_CHANGE:
        text += f", and a repair would change its area by {change:.0%}, more than "
        text += f"{REFUSED_CHANGE:.0%}: draw it anew"
        return _left_out(spec, source, row, "invalid_geometry", text)
    done = f"repaired; its area changed by {change:.2%}" if change > MOVED_AREA else "repaired"
    return Problem(spec.name, "invalid_geometry", text, done, "note", source, int(row))


def _polygonal(shape: Any) -> Any:
    """The areas of a repaired shape; an empty polygon where only points and lines are left."""
    parts = [p for p in shapely.get_parts([shape]) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()

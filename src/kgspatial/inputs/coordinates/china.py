"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to WGS 84 and back.

Imports from `_china_formulas` and `errors`. Which points are shifted at all is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, overload

import numpy as np

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates._china_formulas import bd_shift, gcj_shift, moved, moved_back

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Step = Callable[[Floats, Floats], tuple[Floats, Floats]]

    Frame = TypeVar("Frame", gpd.GeoDataFrame, gpd.GeoSeries)

ChinaCrs = Literal["WGS 84", "GCJ-02", "BD-09"]

BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the area in which the shift applies."""

LARGEST_SHIFT_DEG = 0.02
"""More than any point of the box is moved: 0.0108 degrees to GCJ-02 and 0.0070 on to BD-09."""

ROUNDING_DEG = 2e-9
"""A fifth of a millimetre: what an inverse may miss the box's edge by."""

WGS84_NAMES = {
    "WGS84": "EPSG:4326",
    "EPSG:4326": "EPSG:4326",
    "CGCS2000": "EPSG:4490",
    "EPSG:4490": "EPSG:4490",
}
"""Systems taken as WGS 84, and the code of each; CGCS2000 differs from it by centimetres."""

BLOCK = 16384
"""Points at a time: the arrays between the steps then stay in the processor's cache."""


@overload
def transform_china(
    x: ArrayLike, y: ArrayLike, *, from_: str, to: str
) -> tuple[Floats, Floats]: ...
@overload
def transform_china(x: gpd.GeoDataFrame, *, from_: str, to: str) -> gpd.GeoDataFrame: ...
@overload
def transform_china(x: gpd.GeoSeries, *, from_: str, to: str) -> gpd.GeoSeries: ...
def transform_china(x: Any, y: ArrayLike | None = None, *, from_: str, to: str) -> Any:
    """Transform longitudes and latitudes, or a whole layer, between WGS 84, GCJ-02 and BD-09.

    Parameters
    ----------
    x, y : array-like
        Longitudes and latitudes in degrees, of one shape. Or `x` alone: a GeoDataFrame (its
        active geometry) or GeoSeries in longitudes and latitudes, or without CRS.
    from_, to : {"WGS 84", "GCJ-02", "BD-09"}
        CGCS2000 longitudes and latitudes, also as "EPSG:4490", are taken as WGS 84: they differ
        by centimetres.

    Returns
    -------
    lon, lat : ndarray
        Degrees, of the shape of the input. NaN and infinite coordinates come back as they are.
    layer : GeoDataFrame or GeoSeries
        For a layer: a new one with the same rows, columns, geometry types and heights; measures
        (M) are dropped. Its CRS is the one that `to` names; there is none for GCJ-02 and BD-09,
        because whoever reads the layer after it was saved must not take it for WGS 84.

    Raises
    ------
    InputError
        When a name is unknown, the shapes differ, a value is not a number, or a layer's CRS is
        not WGS 84 or CGCS2000 longitudes and latitudes.

    Notes
    -----
    The shift applies to points whose WGS 84 position lies in China's box (72.004 to 137.8347 E,
    0.8293 to 55.8271 N); outside, coordinates come back unchanged. So a point that is shifted out
    of the box comes back into it. A strip of some hundred metres inside the box's edge is never
    the place of a shifted point; such a "shifted" point is taken to where the formula has it.

    The inverse is accurate to 0.01 mm, and to 0.1 mm within a metre of the meridian 105 E, where
    the shift's slope is infinite.

    References
    ----------
    The constants and polynomials are those of the widely published open implementation; its
    check values are in ``docs/coordinates.md``.

    Examples
    --------
    >>> lon, lat = transform_china(116.42079, 39.90105, from_="WGS 84", to="GCJ-02")
    >>> print(f"{lon:.5f} {lat:.5f}")
    116.42702 39.90245
    """
    start, end = _china_crs(from_), _china_crs(to)
    if y is None:
        return _moved_layer(x, start, end, WGS84_NAMES.get(_plain(to)))
    lon, lat = _numbers(x), _numbers(y)
    if lon.shape != lat.shape:
        raise InputError(f"longitudes have the shape {lon.shape}, latitudes {lat.shape}")
    return _moved_points(lon, lat, start, end)


def china_crs_name(text: str) -> ChinaCrs | None:
    """Return the canonical name when `text` names GCJ-02 or BD-09 (any case or dash), else None."""
    plain = text.upper().replace("-", "").replace("_", "").replace(" ", "")
    names: dict[str, ChinaCrs] = {"GCJ02": "GCJ-02", "BD09": "BD-09", "BD09LL": "BD-09"}
    return names.get(plain)


def _china_crs(text: str) -> ChinaCrs:
    name = china_crs_name(text)
    if name is not None:
        return name
    if _plain(text) in WGS84_NAMES:
        return "WGS 84"
    known = ", ".join(get_args(ChinaCrs))
    raise InputError(f"'{text}' is not a coordinate system of web maps; known are {known}")


def _plain(text: str) -> str:
    return text.upper().replace(" ", "")


def _numbers(values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"longitudes and latitudes must be numbers: {error}") from error


def _moved_points(
    lon: Floats, lat: Floats, start: ChinaCrs, end: ChinaCrs
) -> tuple[Floats, Floats]:
    out_lon, out_lat = np.array(lon, order="C"), np.array(lat, order="C")
    flat_lon, flat_lat, steps = out_lon.reshape(-1), out_lat.reshape(-1), _steps(start, end)
    for first in range(0, flat_lon.size if steps else 0, BLOCK):
        block = slice(first, first + BLOCK)
        a, b = flat_lon[block], flat_lat[block]
        shifted = _is_shifted(a, b, start)
        a_moved, b_moved = a[shifted], b[shifted]
        for step in steps:
            a_moved, b_moved = step(a_moved, b_moved)
        a[shifted], b[shifted] = a_moved, b_moved
    return out_lon, out_lat


def _steps(start: ChinaCrs, end: ChinaCrs) -> list[Step]:
    order = get_args(ChinaCrs)
    forward: list[Step] = [_wgs_to_gcj, _gcj_to_bd]
    back: list[Step] = [_gcj_to_wgs, _bd_to_gcj]
    i, j = order.index(start), order.index(end)
    return forward[i:j] if i <= j else back[j:i][::-1]


def _wgs_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return moved(gcj_shift, lon, lat)


def _gcj_to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return moved(bd_shift, lon, lat)


def _gcj_to_wgs(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _on_the_edge(*moved_back(gcj_shift, lon, lat))


def _bd_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _on_the_edge(*moved_back(bd_shift, lon, lat))


def _on_the_edge(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Points that rounding took over the box's edge: else they would not be shifted again."""
    west, south, east, north = BOX
    near_lon, near_lat = np.clip(lon, west, east), np.clip(lat, south, north)
    return (
        np.where(np.abs(lon - near_lon) < ROUNDING_DEG, near_lon, lon),
        np.where(np.abs(lat - near_lat) < ROUNDING_DEG, near_lat, lat),
    )


def _is_shifted(lon: Floats, lat: Floats, start: ChinaCrs) -> Flags:
    """Which points the shift applies to: those in the box, or that come from the box."""
    inside = in_china_box(lon, lat)
    if start == "WGS 84":
        return inside
    near = _inside(lon, lat, LARGEST_SHIFT_DEG) & ~inside
    if near.any():
        from_lon, from_lat = lon[near], lat[near]
        for step in _steps(start, "WGS 84"):
            from_lon, from_lat = step(from_lon, from_lat)
            inside[near] |= in_china_box(from_lon, from_lat)
    return inside


def in_china_box(lon: Floats, lat: Floats) -> Flags:
    """Return which points lie in the box in which the shift applies."""
    return _inside(lon, lat, 0.0)


def _inside(lon: Floats, lat: Floats, margin: float) -> Flags:
    west, south, east, north = BOX
    across = (lon >= west - margin) & (lon <= east + margin)
    return np.asarray(across & (lat >= south - margin) & (lat <= north + margin))


def _moved_layer(layer: Frame, start: ChinaCrs, end: ChinaCrs, code: str | None) -> Frame:
    import geopandas as gpd

    if not isinstance(layer, gpd.GeoDataFrame | gpd.GeoSeries):
        raise InputError(
            "latitudes are missing",
            hint="Give longitudes and latitudes, or a GeoDataFrame or GeoSeries alone.",
        )
    _check_degrees(layer)
    shapes = _moved_shapes(layer.geometry.to_numpy(), start, end)
    crs = code if end == "WGS 84" else None
    if isinstance(layer, gpd.GeoSeries):
        return gpd.GeoSeries(shapes, index=layer.index, crs=crs, name=layer.name)
    replaced = layer.set_geometry(shapes)
    return replaced.set_crs(crs, allow_override=True)  # type: ignore[arg-type]  # None is allowed


def _check_degrees(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    if layer.crs is not None and not is_plain_degrees(layer.crs):
        raise InputError(
            f"the layer is in '{layer.crs.name}', not in the longitudes and latitudes of web maps",
            hint="Transform it with .to_crs('EPSG:4326') before.",
        )


def is_plain_degrees(crs: CRS) -> bool:
    """Whether a system is WGS 84 or CGCS2000 longitudes and latitudes, in whatever axis order."""
    from pyproj import CRS

    flat = crs.to_2d()
    alike = dict.fromkeys(WGS84_NAMES.values())
    return any(flat.equals(CRS.from_user_input(c), ignore_axis_order=True) for c in alike)


def _moved_shapes(shapes: NDArray[np.object_], start: ChinaCrs, end: ChinaCrs) -> Any:
    return with_corners_moved(shapes, lambda lon, lat: _moved_points(lon, lat, start, end))


def with_corners_moved(shapes: NDArray[np.object_], move: Step) -> NDArray[np.object_]:
    """Return shapes with every corner moved.

    Heights are kept and missing shapes stay missing; measures (M) are dropped.
    """
    import shapely

    def moved_rows(corners: Floats) -> Floats:
        return np.column_stack([*move(corners[:, 0], corners[:, 1]), corners[:, 2:]])

    out = np.array(shapes, dtype=object)
    high, measured = shapely.has_z(out), shapely.has_m(out)
    flat, heights = measured & ~high, measured & high
    out[flat] = shapely.force_2d(out[flat])
    out[heights] = shapely.from_wkb(shapely.to_wkb(out[heights], output_dimension=3))
    for rows, include_z in ((high, True), (~high, False)):
        out[rows] = shapely.transform(out[rows], moved_rows, include_z=include_z)
    return out

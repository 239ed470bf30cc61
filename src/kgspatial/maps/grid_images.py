"""Grids as images in Web Mercator: children per hectare, and those without a place.

Imports from `drawn`, `symbols`, `demand`, `layers`.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.warp import Resampling, reproject

from kgspatial.demand import children_grid
from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.layers import Grid
from kgspatial.maps import symbols
from kgspatial.maps.drawn import Drawn, Scene, Style

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Classes = NDArray[np.uint8]

MERCATOR = CRS.from_epsg(3857)

FINEST_ROWS = 24
"""Of a grid of degrees: a row of 90 m is placed to 2 m."""

LEVEL = 6
"""How hard a PNG is pressed: 9 takes several times as long for some hundredths of the size."""

FINEST, MOST_PIXELS = 6, 1600
"""A cell becomes up to so many pixels, an image so many across unless it has more cells: at
one pixel a cell, warping by nearest neighbour would lose some cells and double others."""


def demand_layer(scene: Scene) -> Drawn | None:
    """Return children aged 3 to 5 per hectare as an image; None unless the grid tells them all."""
    population = scene.study.population
    if population is None or not _from_grid(scene):
        return None
    children = children_grid(scene.study)
    density = children / cell_hectares(population.grid)
    limits = density_limits(density[children > 0])
    classes = np.where(children > 0, np.searchsorted(limits, density) + 1, 0).astype(np.uint8)
    names = [*(f"≤ {u:g}" for u in limits), f"> {limits[-1]:g}" if len(limits) else "> 0"]
    styles = [Style(n, fill=c) for n, c in zip(names, symbols.DEMAND_COLOURS, strict=False)]
    image = overlay(classes, population.grid, [s.fill for s in styles])
    return Drawn("demand", scene.say("layer_demand"), "image", image, styles, shown=False)


def _from_grid(scene: Scene) -> bool:
    """Whether the demand is the grid's: another method, or totals of units, would deny it."""
    demand = scene.balance.demand
    made = len(demand) > 0 and bool((demand["method"] == "grid").all())
    return made and not scene.study.settings.demand.control


def density_limits(positive: Floats) -> Floats:
    """Return at most four class limits at the quintiles, rounded to one or two digits."""
    if not len(positive):
        return np.array([])
    quintiles = np.quantile(positive, [0.2, 0.4, 0.6, 0.8])
    return np.unique([float(f"{q:.1g}") if q < 1 else float(f"{q:.2g}") for q in quintiles])


def cell_layer(scene: Scene) -> Drawn | None:
    """Return the cells outside communities by children without a place, before and after."""
    population = scene.study.population
    if population is None or not (scene.balance.demand["source"] == "cell").any():
        return None
    grid = population.grid
    before = _cell_classes(scene.balance.demand, grid)
    after = None if scene.after is None else _cell_classes(scene.after.demand, grid)
    limits = symbols.DENSITY_LIMITS
    names = [
        *(f"{a:g}–{b:g}" for a, b in pairwise(limits)),
        f"> {limits[-1]:g}",
        scene.say("unreached"),
    ]
    styles = [Style(n, fill=c) for n, c in zip(names, symbols.CELL_COLOURS, strict=True)]
    image = overlay(before, grid, symbols.CELL_COLOURS)
    if after is not None:
        image["url_after"] = overlay(after, grid, symbols.CELL_COLOURS)["url"]
    return Drawn("cells", scene.say("layer_cells"), "image", image, styles)


def _cell_classes(demand: pd.DataFrame, grid: Grid) -> Classes:
    """Classes of the cells by children per hectare without a place; the last has none in reach."""
    cells = demand[demand["source"] == "cell"]
    number = cells["cell_number"].to_numpy(dtype=np.int64)
    area = np.broadcast_to(cell_hectares(grid), grid.shape).ravel()[number]
    unserved = cells["unserved"].to_numpy(dtype=float)
    density = unserved / area
    classes = np.searchsorted(symbols.DENSITY_LIMITS, density, side="left")
    enough = density > symbols.DENSITY_LIMITS[0]
    share = symbols.UNREACHED_SHARE * cells["children"].to_numpy(dtype=float)
    alone = enough & (cells["unreached"].to_numpy(dtype=float) >= share)
    classes[alone] = len(symbols.DENSITY_LIMITS) + 1
    image = np.zeros(grid.size, dtype=np.uint8)
    image[number] = classes
    return image.reshape(grid.shape)


def cell_hectares(grid: Grid) -> Floats:
    """Return the area of the cells of each row, as a column that broadcasts over the grid."""
    return grid.cell_areas_m2() / 1e4


def overlay(classes: Classes, grid: Grid, colours: Sequence[str]) -> dict[str, Any]:
    """Return the image of a classified grid as Leaflet lays it over the map.

    Parameters
    ----------
    classes : ndarray of uint8
        0 is transparent, then one number for each of `colours`.
    grid : Grid
        Where the cells lie.
    colours : sequence of str
        As ``#rrggbb``.

    Returns
    -------
    dict
        ``bounds`` ((south, west), (north, east)) in degrees and ``url``, a PNG as a data URI.
    """
    inside, transform = _trimmed(classes, grid)
    west, south, east, north = _mercator_bounds(inside.shape, transform, grid.crs)
    height, width = _pixels(inside.shape, grid.crs)
    pixels = np.zeros((height, width), dtype=np.uint8)
    reproject(
        inside,
        pixels,
        src_transform=transform,
        src_crs=grid.crs,
        dst_transform=Affine((east - west) / width, 0, west, 0, (south - north) / height, north),
        dst_crs=MERCATOR,
        src_nodata=0,
        dst_nodata=0,
        resampling=Resampling.nearest,
    )
    lon, lat = _move(MERCATOR, WGS84).transform([west, east], [south, north])
    data = base64.b64encode(palette_png(pixels, colours)).decode("ascii")
    corners = [[round(lat[0], 7), round(lon[0], 7)], [round(lat[1], 7), round(lon[1], 7)]]
    return {"bounds": corners, "url": f"data:image/png;base64,{data}"}


def _pixels(shape: tuple[int, ...], crs: CRS) -> tuple[int, int]:
    """Height and width of the image of a grid, in pixels."""
    rows, columns = shape
    if crs.is_geographic:  # columns stay columns in Mercator; only the height of rows changes
        return rows * max(1, min(FINEST_ROWS, MOST_PIXELS**2 // (rows * columns))), columns
    fine = max(1, min(FINEST, MOST_PIXELS // max(shape)))
    return rows * fine, columns * fine


@lru_cache(maxsize=8)
def _move(from_: CRS, to: CRS) -> Transformer:
    """Building one takes longer than using it on the corners of a grid."""
    return Transformer.from_crs(from_, to, always_xy=True)


def _mercator_bounds(
    shape: tuple[int, ...], t: Affine, crs: CRS
) -> tuple[float, float, float, float]:
    x, y = (t.c, t.c + shape[1] * t.a), (t.f, t.f + shape[0] * t.e)
    move = _move(crs, MERCATOR)
    west, south, east, north = move.transform_bounds(min(x), min(y), max(x), max(y))
    return west, south, east, north


def _trimmed(classes: Classes, grid: Grid) -> tuple[Classes, Affine]:
    """The part of the grid that has anything to show: a national grid must not blur a district."""
    rows, columns = np.nonzero(classes)
    if not len(rows):
        return classes[:1, :1], grid.transform
    first, left = int(rows.min()), int(columns.min())
    part = classes[first : rows.max() + 1, left : columns.max() + 1]
    t = grid.transform
    moved = Affine(t.a, 0, t.c + left * t.a, 0, t.e, t.f + first * t.e)
    return np.ascontiguousarray(part), moved


def palette_png(pixels: Classes, colours: Sequence[str]) -> bytes:
    """Return an indexed PNG (ISO/IEC 15948) whose colour 0 is transparent."""
    height, width = pixels.shape
    palette = b"\0\0\0" + b"".join(bytes.fromhex(c.removeprefix("#")) for c in colours)
    depth = 4 if len(colours) < 16 else 8
    packed = pixels if depth == 8 else _two_a_byte(pixels)
    scanlines = np.concatenate([np.zeros((height, 1), np.uint8), packed], axis=1).tobytes()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, 0)),
            (b"PLTE", palette),
            (b"tRNS", b"\0"),
            (b"IDAT", zlib.compress(scanlines, LEVEL)),
            (b"IEND", b""),
        )
    )


def _two_a_byte(pixels: Classes) -> Classes:
    even = np.pad(pixels, ((0, 0), (0, pixels.shape[1] % 2)))
    return np.asarray(even[:, ::2] << 4 | even[:, 1::2], dtype=np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

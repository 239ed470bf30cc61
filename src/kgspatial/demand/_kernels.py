"""Signed-area coverage of grid cells by polygons, compiled with Numba.

Each edge adds, to the cells that it crosses, the signed area between it and the right-hand side
of its row; a running sum along the row then gives every cell's covered fraction. Interior cells
cost one addition each. The idea is that of scanline font rasterisers with exact area coverage.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NOISE = 1e-10
"""Fractions below this are rounding: on a cell of 100 m it is a square of one millimetre."""


@njit(cache=True)
def _add_in_row(buffer, row, d, x0, x1, width):  # type: ignore[no-untyped-def]
    """Spread the signed height `d` of one edge piece within one row over the columns it crosses."""
    left, right = min(x0, x1), max(x0, x1)
    if left >= width:
        return
    if right <= 0.0:
        buffer[row, 0] += d
        return
    if right - left < 1e-12:
        column = min(int(left), width - 1)
        mean = max(left, 0.0) - column
        buffer[row, column] += d * (1.0 - mean)
        buffer[row, column + 1] += d * mean
        return
    per_x = d / (right - left)
    if left < 0.0:
        buffer[row, 0] += per_x * (0.0 - left)
        left = 0.0
    right = min(right, float(width))
    column = int(left)
    while left < right:
        stop = min(right, column + 1.0)
        part = per_x * (stop - left)
        mean = 0.5 * (left + stop) - column
        buffer[row, column] += part * (1.0 - mean)
        buffer[row, column + 1] += part * mean
        left = stop
        column += 1


@njit(cache=True)
def _add_edge(buffer, x0, y0, x1, y1, sign, height, width):  # type: ignore[no-untyped-def]
    """Add an edge's signed area; `sign` is 1 where the inside lies right of a downward edge."""
    if y0 == y1:
        return
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    if y1 <= 0.0 or y0 >= height:
        return
    slope = (x1 - x0) / (y1 - y0)
    row = max(int(np.floor(y0)), 0)
    while row < height and row < y1:
        top, bottom = max(y0, float(row)), min(y1, row + 1.0)
        if bottom > top:
            xa, xb = x0 + (top - y0) * slope, x0 + (bottom - y0) * slope
            _add_in_row(buffer, row, sign * (bottom - top), xa, xb, width)
        row += 1


@njit(cache=True)
def _window(xy, start, stop, rows, columns):  # type: ignore[no-untyped-def]
    """Rows and columns of the grid that a polygon's coordinates span, clipped to the grid."""
    left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
    for i in range(start, stop):
        left, right = min(left, xy[i, 0]), max(right, xy[i, 0])
        top, bottom = min(top, xy[i, 1]), max(bottom, xy[i, 1])
    return (
        int(min(max(np.floor(top), 0.0), rows)),
        int(max(min(np.ceil(bottom), rows), 0.0)),
        int(min(max(np.floor(left), 0.0), columns)),
        int(max(min(np.ceil(right), columns), 0.0)),
    )


@njit(cache=True)
def _turn(xy, start, stop):  # type: ignore[no-untyped-def]
    """1.0 when a ring's edges go down where its inside lies right of them, -1.0 when they go up.

    From the sign of its area, measured from its first corner: far from the grid's own corner the
    products of coordinates would lose the area of a small ring.
    """
    area = 0.0
    for i in range(start + 1, stop - 2):
        x0, y0 = xy[i, 0] - xy[start, 0], xy[i, 1] - xy[start, 1]
        x1, y1 = xy[i + 1, 0] - xy[start, 0], xy[i + 1, 1] - xy[start, 1]
        area += x0 * y1 - x1 * y0
    return -1.0 if area > 0.0 else 1.0


@njit(cache=True)
def _cover(xy, rings, holes, first, last, r0, r1, c0, c1):  # type: ignore[no-untyped-def]
    buffer = np.zeros((r1 - r0, c1 - c0 + 1))
    for ring in range(first, last):
        start, stop = rings[ring], rings[ring + 1]
        sign = _turn(xy, start, stop) * (-1.0 if holes[ring] else 1.0)
        for i in range(start, stop - 1):
            _add_edge(
                buffer,
                xy[i, 0] - c0,
                xy[i, 1] - r0,
                xy[i + 1, 0] - c0,
                xy[i + 1, 1] - r0,
                sign,
                r1 - r0,
                c1 - c0,
            )
    for row in range(r1 - r0):
        total = 0.0
        for column in range(c1 - c0):
            total += buffer[row, column]
            share = abs(total)
            buffer[row, column] = 0.0 if share < NOISE else min(share, 1.0)
    return buffer


@njit(cache=True)
def cover_polygons(xy, rings, holes, polygons, rows, columns):  # type: ignore[no-untyped-def]
    """Fractions of cells covered by each polygon, as the three arrays of a CSR matrix.

    `xy` holds all rings' coordinates in cells (column, row), whatever their direction; `rings`
    the first coordinate of each ring and `holes` whether it is one, `polygons` the first ring of
    each polygon.
    """
    count = len(polygons) - 1
    indptr = np.zeros(count + 1, dtype=np.int64)
    indices = np.empty(1024, dtype=np.int64)
    data = np.empty(1024, dtype=np.float64)
    n = 0
    for p in range(count):
        first, last = polygons[p], polygons[p + 1]
        if first < last:
            r0, r1, c0, c1 = _window(xy, rings[first], rings[last], rows, columns)
            if r0 < r1 and c0 < c1:
                cover = _cover(xy, rings, holes, first, last, r0, r1, c0, c1)
                need = n + (r1 - r0) * (c1 - c0)
                if need > len(data):
                    size = max(need, 2 * len(data))
                    more_indices = np.empty(size, dtype=np.int64)
                    more_data = np.empty(size, dtype=np.float64)
                    more_indices[:n], more_data[:n] = indices[:n], data[:n]
                    indices, data = more_indices, more_data
                for row in range(r1 - r0):
                    for column in range(c1 - c0):
                        if cover[row, column] > 0.0:
                            indices[n] = (r0 + row) * columns + c0 + column
                            data[n] = cover[row, column]
                            n += 1
        indptr[p + 1] = n
    return indptr, indices[:n].copy(), data[:n].copy()

"""Windows of a lattice around points, compiled with Numba.

Two passes: the first counts the pairs of each cell, the second fills rows that are then sorted by
destination, because destinations are gone through in order.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def window_pairs(slot, corner, step, start, end, radius):  # type: ignore[no-untyped-def]
    """Origins on a lattice within `radius` of each destination, as rows of a sparse matrix.

    `slot` tells which origin stands at each place of the lattice (-1: none). Places only choose
    whom to look at; metres are taken between the points themselves.
    """
    rows, columns = slot.shape
    pointer = np.zeros(len(start) + 1, dtype=np.int64)
    indices = np.empty(0, dtype=np.int32)
    metres = np.empty(0, dtype=np.float64)
    filled = np.zeros(0, dtype=np.int64)
    for filling in range(2):
        for j in range(len(end)):
            x, y = end[j, 0], end[j, 1]
            low = max(int(np.floor((y - radius - corner[1]) / step[1])), 0)
            high = min(int(np.ceil((y + radius - corner[1]) / step[1])), rows - 1)
            for r in range(low, high + 1):
                up = max(abs(corner[1] + r * step[1] - y) - 0.5 * step[1], 0.0)
                if up > radius:
                    continue
                half = np.sqrt(radius * radius - up * up)
                left = max(int(np.floor((x - half - corner[0]) / step[0])), 0)
                right = min(int(np.ceil((x + half - corner[0]) / step[0])), columns - 1)
                for c in range(left, right + 1):
                    i = slot[r, c]
                    if i < 0:
                        continue
                    apart = np.sqrt((start[i, 0] - x) ** 2 + (start[i, 1] - y) ** 2)
                    if apart > radius:
                        continue
                    if filling:
                        k = filled[i]
                        indices[k] = j
                        metres[k] = apart
                        filled[i] = k + 1
                    else:
                        pointer[i + 1] += 1
        if not filling:
            pointer = np.cumsum(pointer)
            filled = pointer[:-1].copy()
            indices = np.empty(pointer[-1], dtype=np.int32)
            metres = np.empty(pointer[-1], dtype=np.float64)
    return pointer, indices, metres

"""Places filled pair by pair, compiled with Numba: a loop that cannot be done at once."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def fill_places(order, rows, columns, children, places):  # type: ignore[no-untyped-def]
    """Children taken by each pair in turn, and those who are left."""
    left, room = children.copy(), places.copy()
    taken = np.zeros(len(rows), dtype=np.float64)
    for k in order:
        i, j = rows[k], columns[k]
        taken[k] = min(left[i], room[j])
        left[i] -= taken[k]
        room[j] -= taken[k]
    return taken, left

"""Small estates that share a kindergarten: which go together.

Imports nothing of kgspatial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fixed_order(xy: NDArray[np.float64], ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the order of rows by position, then id: the same whatever their order was.

    Parameters
    ----------
    xy : array of shape (n, 2)
        Positions; NaN where there are none.
    ids : array of shape (n,)
        Ids, compared as text.
    """
    return np.lexsort((ids.astype(str), xy[:, 1], xy[:, 0]))


def pooled_hosts(
    xy: NDArray[np.float64], size: NDArray[np.float64], small: NDArray[np.bool_], radius_m: float
) -> NDArray[np.int64]:
    """Put each small estate into the group of a host, no farther from it than the radius.

    Parameters
    ----------
    xy : array of shape (n, 2)
        Positions in metres, rows in a fixed order (ties go to the earlier row).
    size : array of shape (n,)
        Residents, households or floor area.
    small : array of bool, shape (n,)
        Which estates are pooled; the others stay alone.
    radius_m : float
        Metres, straight, to the host.

    Returns
    -------
    array of int, shape (n,)
        Row of each estate's host; its own for hosts and for estates that stay alone.

    Notes
    -----
    Greedy stars: the estate with the most residents of small estates within the radius (then the
    largest itself, then the earlier row) is the first host and takes all small estates within the
    radius; the next free estate in that order takes those that are still free, and so on. Every
    member reaches its host within the radius, and each estate is in one group: nobody is lost or
    counted twice. The groups need not be the fewest that could be.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [400.0, 0.0], [800.0, 0.0], [5000.0, 0.0]])
    >>> pooled_hosts(xy, np.full(4, 1000.0), np.full(4, True), 500.0).tolist()
    [1, 1, 1, 3]
    """
    hosts = np.arange(len(xy))
    rows = np.flatnonzero(small)
    if not len(rows):
        return hosts
    tree = cKDTree(xy[rows])
    around = [np.sort(tree.query_ball_point(point, radius_m)) for point in xy[rows]]
    mass = np.array([size[rows[near]].sum() for near in around])
    free = np.full(len(rows), True)
    for host in np.lexsort((np.arange(len(rows)), -size[rows], -mass)):
        if free[host]:
            members = around[host][free[around[host]]]
            hosts[rows[members]] = rows[host]
            free[members] = False
    return hosts

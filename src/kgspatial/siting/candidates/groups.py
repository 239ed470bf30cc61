"""Candidates of one place, of which only one may be used: overlapping land, one kindergarten.

Imports nothing of kgspatial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVERLAP = 0.01
"""Share of the smaller outline from which two overlap: less is how neighbours are drawn."""


def groups_of(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Name the group of each candidate by the first id in it; None for one that stands alone.

    Parameters
    ----------
    table : GeoDataFrame
        Candidates with ``site_id`` and ``kindergarten_id``. Two whose outlines overlap by more than
        1 % of the smaller, a point in another's outline, two at one point, and two that expand one
        kindergarten are one place; so are two that are each one place with a third.

    Examples
    --------
    >>> from shapely import Point, box
    >>> sites = {"site_id": ["A", "B", "C"], "kindergarten_id": None}
    >>> shapes = [box(0, 0, 9, 9), Point(5, 5), Point(50, 5)]
    >>> groups_of(gpd.GeoDataFrame(sites, geometry=shapes))
    array(['A', 'A', None], dtype=object)
    """
    ids, n = table["site_id"].astype(str).to_numpy(dtype=object), len(table)
    first, second = _same_place(table)
    owner = pd.Series(table["kindergarten_id"].to_numpy(dtype=object))
    same = owner[owner.notna()]
    head = same.groupby(same).transform(lambda rows: rows.index[0]).to_numpy(dtype=np.int64)
    first, second = np.append(first, head), np.append(second, same.index.to_numpy(dtype=np.int64))
    graph = sparse.csr_array((np.ones(len(first)), (first, second)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    size = np.bincount(label, minlength=1)[label] if n else np.zeros(0)
    name = pd.Series(ids).groupby(label).transform("min").to_numpy(dtype=object, copy=True)
    name[size <= 1] = None
    return name


def _same_place(table: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    shapes = table.geometry.to_numpy()
    first, second = table.sindex.query(shapes, predicate="intersects")
    apart = first < second
    first, second = first[apart], second[apart]
    smaller = np.fmin(shapely.area(shapes[first]), shapely.area(shapes[second]))
    common = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    one = (smaller == 0) | (common > OVERLAP * smaller)
    return first[one], second[one]

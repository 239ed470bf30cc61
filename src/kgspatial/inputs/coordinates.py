"""Points from the coordinate columns of a table.

Imports from `errors`.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.errors import InputError

COORDINATES = (("lon", "lat"), ("x", "y"))


def with_points(table: pd.DataFrame, path: Path) -> gpd.GeoDataFrame:
    """Return the table with a point for each row that has both coordinates, without CRS.

    Raises
    ------
    InputError
        When there is no pair of coordinate columns.
    """
    pair = next((p for p in COORDINATES if set(p) <= set(table.columns)), None)
    if pair is None:
        there = ", ".join(map(str, table.columns))
        raise InputError(
            f"no coordinate columns 'lon' and 'lat' (or 'x' and 'y'); it has {there}",
            source=path,
            hint='Name them in the plan file: columns = { lon = "经度", lat = "纬度" }.',
        )
    x, y = (pd.to_numeric(table[c], errors="coerce").to_numpy(dtype=np.float64) for c in pair)
    points = np.full(len(table), None, dtype=object)
    given = np.isfinite(x) & np.isfinite(y)
    points[given] = shapely.points(x[given], y[given])
    return gpd.GeoDataFrame(table, geometry=points)

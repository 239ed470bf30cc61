"""The table of candidates while they are examined: its columns, and the rows of the layer.

Imports from `study`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    Floats = NDArray[np.float64]

ACTIONS = {
    "parcel": "build",
    "community": "build",
    "generated": "build",
    "idle_building": "convert",
    "expansion": "expand",
}
"""What is done on a candidate of each source."""

COLUMNS = (
    *("site_id", "name", "name_latin", "source", "action", "max_classes", "min_classes"),
    *("cost_wan", "available_year", "kindergarten_id", "group", "required"),
    *("checks_zh", "checks_en", "prefer_away"),
)
"""Columns of the candidates that may be used, beside their point."""

TEXTS = ("site_id", "name", "name_latin", "source", "kindergarten_id", "land_code")
NUMBERS = (
    *("max_classes", "min_classes", "cost_wan", "available_year", "site_area_m2", "floor_area_m2"),
    "weight",
)
"""Columns of the working table. ``weight``: unserved children near a generated candidate; NaN for
all others, by which they are told apart."""


def candidate_table(values: Mapping[str, object], shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return candidates as a working table; what `values` lacks is missing.

    Parameters
    ----------
    values : mapping
        Columns of :data:`TEXTS` and :data:`NUMBERS`, each one value or one for each shape.
    shapes : GeoSeries
        Points or areas.
    """
    index = pd.RangeIndex(len(shapes))
    columns = {
        name: pd.Series(_texts(values.get(name), len(shapes)), index, dtype=object)
        for name in TEXTS
    }
    numbers = {name: _numbers(values.get(name), len(shapes)) for name in NUMBERS}
    table = pd.DataFrame({**columns, **numbers}, index=index)
    return gpd.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=shapes.crs)


def given_candidates(study: Study) -> gpd.GeoDataFrame:
    """Return the rows of the study's layer; a row without a source is a parcel."""
    layer = study.candidates
    if layer is None:
        return candidate_table({}, gpd.GeoSeries([], crs=study.crs))
    values = {str(name): layer[name] for name in layer if name != "geometry"}
    source = [said or "parcel" for said in _texts(values.get("source"), len(layer))]
    return candidate_table({**values, "source": source}, layer.geometry)


def stacked(tables: Iterable[gpd.GeoDataFrame], crs: CRS) -> gpd.GeoDataFrame:
    """Return tables of candidates below one another."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return candidate_table({}, gpd.GeoSeries([], crs=crs))
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=crs)


def is_generated(table: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which candidates no land register knows."""
    return table["weight"].notna().to_numpy(dtype=bool)


def inner_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return points as they are and a point inside each area."""
    return shapes.where(shapes.geom_type == "Point", shapes.representative_point())


def _texts(values: object, length: int) -> NDArray[np.object_]:
    if values is None or isinstance(values, str):
        return np.full(length, values, dtype=object)
    cells = list(values)  # type: ignore[call-overload]
    return np.array([None if pd.isna(cell) else str(cell) for cell in cells], dtype=object)


def _numbers(values: object, length: int) -> Floats:
    if values is None:
        return np.full(length, np.nan)
    cells = pd.to_numeric(pd.Series(values))
    found = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.full(length, found[0]) if len(found) != length else found

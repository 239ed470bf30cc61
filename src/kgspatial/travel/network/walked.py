"""Which rows of the streets layer are walked, what they count, and which of them are barriers.

Imports from `joints`, `inputs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kgspatial.errors import InputError
from kgspatial.inputs.osm.tags import closed_because
from kgspatial.inputs.problems import Problem
from kgspatial.travel.network.joints import Lines
from kgspatial.travel.network.segments import SAME_M

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CLOSED = ("forbidden", "needs_foot", "not_there", "no_street")
"""Reasons for which a street is not walked; a word that nobody knows closes none."""

LENGTH_RATIO = (0.5, 2.0)
"""A stated length outside these shares of the drawn one is no length in metres of that line."""

SAME_RATIO, FEWEST = 0.01, 10
"""Lengths of this many lines that are all the same multiple of the drawn ones, to a hundredth, are
in another unit or projection: those of web Mercator are 1.15 times too long in Fuzhou."""

LINES = (1, 2, 5)
"""LineString, LinearRing, MultiLineString in GEOS."""


def barrier_rows(streets: gpd.GeoDataFrame) -> Flags:
    """Rows that are no streets: they cut what crosses them."""
    if "barrier" not in streets:
        return np.zeros(len(streets), dtype=np.bool_)
    return streets["barrier"].notna().to_numpy(dtype=np.bool_)


def check_lines(streets: gpd.GeoDataFrame) -> None:
    """Refuse outlines and points.

    Raises
    ------
    InputError
        Naming the first such row.
    """
    shapes = streets.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    other = np.flatnonzero(there & ~np.isin(shapely.get_type_id(shapes), LINES))
    if len(other):
        raise InputError(
            f"streets are lines, and row {streets.index[other[0]]} is a "
            f"{shapes[other[0]].geom_type}",
            source=str(streets.attrs.get("source", "")) or None,
            hint="Take the centre lines of the streets.",
        )


def closed_rows(streets: gpd.GeoDataFrame) -> tuple[Flags, list[Problem]]:
    """Rows on which nobody walks, by their tags, and how many there are."""
    known = [c for c in ("highway", "foot", "access") if c in streets]
    if not known:
        return np.zeros(len(streets), dtype=np.bool_), []
    words = streets[known].astype("string").fillna("")
    kinds = words.drop_duplicates()
    shut = [
        closed_because({k: v for k, v in zip(known, row, strict=True) if v}) in CLOSED
        for row in kinds.itertuples(index=False)
    ]
    marks = words.merge(kinds.assign(shut=shut), on=known, how="left")["shut"]
    closed = marks.to_numpy(dtype=np.bool_)
    if not closed.any():
        return closed, []
    text = f"{closed.sum()} of {len(closed)} streets are closed to people on foot"
    return closed, [note(streets, "closed_streets", text, "not walked on")]


def length_ratios(streets: gpd.GeoDataFrame, walked: Ints) -> tuple[Floats, list[Problem]]:
    """What the walk counts over the drawn length, by row; 1 where nothing usable is stated."""
    ratio = np.ones(len(streets))
    if "length_m" not in streets:
        return ratio, []
    stated = pd.to_numeric(streets["length_m"], errors="coerce").to_numpy(
        np.float64, na_value=np.nan
    )
    drawn = shapely.length(streets.geometry.to_numpy())
    found = np.divide(stated, drawn, out=np.full_like(drawn, np.nan), where=drawn > 0)[walked]
    known = found[np.isfinite(found)]
    usable = (found >= LENGTH_RATIO[0]) & (found <= LENGTH_RATIO[1])
    if scale := _other_unit(known):
        text = (
            f"length_m is {scale:.4g} times the drawn length in most rows: no metres on the ground"
        )
        return ratio, [note(streets, "odd_lengths", text, "the drawn lengths are used")]
    ratio[walked[usable]] = found[usable]
    odd = int((np.isfinite(found) & ~usable).sum())
    if not odd:
        return ratio, []
    text = f"length_m of {odd} streets is less than half or more than twice the drawn length"
    return ratio, [note(streets, "odd_lengths", text, "their drawn length is used")]


def _other_unit(ratio: Floats) -> float | None:
    """The factor by which a column of lengths is in another unit, where it is."""
    if len(ratio) < FEWEST:
        return None
    low, middle, high = np.quantile(ratio, [0.25, 0.5, 0.75])
    same = high - low <= SAME_RATIO * middle
    return float(middle) if same and abs(middle - 1) > SAME_RATIO else None


def walked_lines(streets: gpd.GeoDataFrame, walked: Ints) -> Lines:
    """Single lines without height and without repeated points."""
    flat = shapely.force_2d(streets.geometry.to_numpy()[walked])
    parts, index = shapely.get_parts(flat, return_index=True)
    parts = shapely.remove_repeated_points(parts, SAME_M)
    long = shapely.length(parts) > SAME_M
    parts, row = np.asarray(parts[long], dtype=object), walked[index[long]].astype(np.int64)
    spans = _flags(streets, "bridge") | _flags(streets, "tunnel")
    level = np.full(len(streets), np.nan)
    if "level" in streets:
        level = pd.to_numeric(streets["level"], errors="coerce").to_numpy(
            np.float64, na_value=np.nan
        )
    return Lines(parts, row, spans[row], level[row])


def note(streets: gpd.GeoDataFrame, code: str, text: str, done: str) -> Problem:
    """A finding about the layer as a whole."""
    return Problem("streets", code, text, done, "note", str(streets.attrs.get("source", "")))


def _flags(streets: gpd.GeoDataFrame, column: str) -> Flags:
    if column not in streets:
        return np.zeros(len(streets), dtype=np.bool_)
    return streets[column].astype("boolean").fillna(False).to_numpy(dtype=np.bool_)

"""Arrow tables of spatial files to GeoDataFrames with plain columns, shape by shape where needed.

Imports from `files` and `problems`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException

from kgspatial.inputs.files import Source
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

EXACT_IN_FLOAT = 2**53
"""Whole numbers above this change when an empty cell turns their column into floating point."""

SHAPE = "geometry"


def plain_frame(
    attributes: pa.Table, shapes: NDArray[np.object_], crs: Any, source: Source
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return a GeoDataFrame with plain columns, whose index counts the rows from 1.

    Parameters
    ----------
    attributes : pyarrow.Table
        All columns but the shapes.
    shapes : array of Geometry
        One for each row, or None.
    crs : object
        Whatever pyproj takes, or None; a text that names no system is reported and dropped.
    source : Source
        The layer and file that problems are reported for.

    Returns
    -------
    frame : GeoDataFrame
        Columns of numbers, texts, truth values and dates; lists and nested values are texts. The
        column of shapes is called "geometry".
    problems : list of Problem
        Columns whose names were taken, and a CRS that cannot be understood.
    """
    names, renamed = _unique_names([str(n) for n in attributes.column_names], source)
    frame = _to_pandas([_plain(c) for c in attributes.columns], names, len(shapes))
    known, unknown = _known_crs(crs, source)
    numbered = pd.RangeIndex(1, 1 + len(shapes), name="row")
    result = gpd.GeoDataFrame(frame.set_axis(numbered, axis=0), geometry=shapes, crs=known)
    return result, renamed + unknown


def _to_pandas(columns: list[pa.ChunkedArray], names: list[str], rows: int) -> pd.DataFrame:
    import pyarrow as pa

    if not columns:
        return pd.DataFrame(index=pd.RangeIndex(rows))
    frame: pd.DataFrame = pa.table(columns, names=names).to_pandas(date_as_object=False)
    exact = {n: c for n, c in zip(names, columns, strict=True) if _inexact(c)}
    return frame.assign(
        **{n: pd.Series(c.to_pylist(), index=frame.index, dtype=object) for n, c in exact.items()}
    )


def _inexact(column: pa.ChunkedArray) -> bool:
    """Whether whole numbers would change as floating point: large ones beside empty cells."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (column.null_count and pa.types.is_integer(column.type)):
        return False
    ends = pc.min_max(column).as_py()
    return any(abs(end or 0) > EXACT_IN_FLOAT for end in ends.values())


def _unique_names(names: list[str], source: Source) -> tuple[list[str], list[Problem]]:
    """Names of columns, a second of one name with a number; the name of the shapes is taken."""
    taken, result, changed = {SHAPE}, [], []
    for name in names:
        free = next(
            n for n in (name, *(f"{name}_{k}" for k in range(2, len(names) + 3))) if n not in taken
        )
        taken.add(free)
        result.append(free)
        if free != name:
            changed.append(f"'{name}' as '{free}'")
    if not changed:
        return result, []
    said = "columns whose names are taken already"
    done = f"read under other names: {', '.join(changed)}"
    return result, [source.problem("column_renamed", said, done, severity="note")]


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of plain values: no extension types, categories, decimals, lists or structures."""
    import pyarrow as pa

    column = _stored(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if pa.types.is_time(column.type):
        return column.cast(pa.string())
    if pa.types.is_nested(column.type):
        texts = [None if value is None else _plain_text(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return column


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The plain column under one of an extension type."""
    import pyarrow as pa

    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    chunks = [chunk.storage for chunk in column.chunks]
    return pa.chunked_array(chunks, type=column.type.storage_type)


def _plain_text(value: Any) -> str:
    """A list as its values with commas, a structure as JSON."""
    if isinstance(value, (list, tuple, np.ndarray)) and not any(
        isinstance(part, (list, tuple, dict, np.ndarray)) for part in value
    ):
        return ", ".join("" if part is None else str(part) for part in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def read_shapes(
    column: pa.ChunkedArray, linear: Callable[[], NDArray[np.object_]], source: Source
) -> tuple[NDArray[np.object_], list[Problem]]:
    """Return the shapes of a column of well-known binary; damaged ones are listed.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        One value for each row.
    linear : callable
        Gives the binary anew with arcs as lines of short steps, where the column has arcs.
    source : Source
        The layer and file that problems are reported for.
    """
    binary = np.asarray(_stored(column).to_numpy(zero_copy_only=False), dtype=object)
    try:
        return np.asarray(shapely.from_wkb(binary), dtype=object), []
    except NotImplementedError:
        binary = linear()
    except GEOSException:
        pass
    return _shape_by_shape(binary, source)


def _shape_by_shape(
    binary: NDArray[np.object_], source: Source
) -> tuple[NDArray[np.object_], list[Problem]]:
    """Shapes where some are damaged: open outlines closed, others left empty, both listed."""
    strict = np.asarray(shapely.from_wkb(binary, on_invalid="ignore"), dtype=object)
    shapes = np.asarray(shapely.from_wkb(binary, on_invalid="fix"), dtype=object)
    given = np.array([value is not None for value in binary], dtype=bool)
    closed = given & shapely.is_missing(strict) & ~shapely.is_missing(shapes)
    lost = given & shapely.is_missing(shapes)
    problems = [
        source.problem(
            "outline_not_closed",
            "its outline does not end where it begins",
            "closed with a straight line",
            row=int(i) + 1,
        )
        for i in np.flatnonzero(closed)
    ]
    problems += [
        source.problem(
            "shape_unreadable",
            "its shape is damaged or of a kind that is not read",
            "read without a shape",
            severity="error",
            row=int(i) + 1,
        )
        for i in np.flatnonzero(lost)
    ]
    return shapes, problems


def _known_crs(crs: Any, source: Source) -> tuple[CRS | None, list[Problem]]:
    """The system of a layer; none where it is undefined, or one of the drawing's own."""
    if crs is None:
        return None, []
    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        known = None
    if known is not None and known.name.startswith("Undefined"):
        return None, []
    if known is not None and not known.is_engineering:
        return known, []
    said = f"its coordinate reference system cannot be understood: {str(crs)[:200]}"
    done = "read without one; crs = ... in the plan file says it"
    return None, [source.problem("crs_unreadable", said, done)]

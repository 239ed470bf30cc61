"""From a raw layer to a checked one: types, limits, ids and shapes, with every finding listed.

Imports from `registers`, `values`, `shapes`, `problems`, `layers`, `errors`. Value rules run through pandera, lazily, so
that all findings come at once. Nothing is lost: a row is used, or listed as left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.checks.shapes import NOT_ON_EARTH, SWAPPED, usable_shapes
from kgspatial.inputs.columns.registers import with_register_columns
from kgspatial.inputs.columns.values import typed_column
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from kgspatial.layers import Column, Layer

HINTS = {
    NOT_ON_EARTH: "Check crs in the plan file: metres declared as degrees end like this.",
    SWAPPED: 'Name them the other way round in the plan file: columns = { lon = "...", lat = "..." }.',
}


def check_layer(raw: gpd.GeoDataFrame, spec: Layer) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Check one layer against its schema.

    Parameters
    ----------
    raw : GeoDataFrame
        As read; its index is the row as the user counts it (rows are counted from 1 where the
        index is not of distinct whole numbers), ``attrs["source"]`` the file.
    spec : Layer
        The schema.

    Returns
    -------
    GeoDataFrame
        Known columns only, typed, in the schema's order, with a RangeIndex; the CRS of `raw`.
    list of Problem
        What was found and done.

    Raises
    ------
    InputError
        When the layer is empty, has no CRS, lacks a required column, or has no usable row.
    """
    checked, problems = check_rows(raw, spec)
    attrs = checked.attrs
    checked = checked.reset_index(drop=True)
    checked.attrs = attrs
    return checked, problems


def check_rows(raw: gpd.GeoDataFrame, spec: Layer) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Check one layer as :func:`check_layer` does; the index stays the row as the user counts it."""
    source = str(getattr(raw, "attrs", {}).get("source", ""))
    _check_door(raw, spec, source)
    raw = _numbered(raw)
    register: list[Problem] = []
    if spec.name == "kindergartens":
        raw, register = with_register_columns(raw, source)
    _check_columns(raw, spec, source or None)
    shaped, problems = usable_shapes(raw, spec, source)
    if shaped.empty:
        raise _no_row(spec, source, problems)
    problems = register + problems
    columns, found = _typed_columns(shaped, spec, source)
    problems += found
    checked = gpd.GeoDataFrame(columns, geometry=shaped.geometry, crs=raw.crs)
    if spec.id_column is not None:
        checked = _unique_ids(checked, spec.id_column, spec, source, problems)
    checked.attrs = dict(raw.attrs)
    return checked, problems


def check_table(raw: pd.DataFrame, spec: Layer, source: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Check a table without a place; rows without a required value are left out and listed.

    Parameters
    ----------
    raw : DataFrame
        As read; its index is the row as the user counts it.
    spec : Layer
        Its schema.
    source : str
        The file, for messages.

    Raises
    ------
    InputError
        When it has no rows or lacks a required column.
    """
    if raw.empty:
        raise InputError(f"the table '{spec.name}' is empty: it has no rows", source=source or None)
    _check_columns(raw, spec, source or None)
    checked, problems = _typed_columns(raw, spec, source)
    required = [c.name for c in spec.columns if c.required]
    whole = checked[required].notna().all(axis=1)
    lost = [replace(p, done="row left out") if p.code == "missing_value" else p for p in problems]
    return checked[whole], lost


def _typed_columns(
    frame: pd.DataFrame, spec: Layer, source: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """The known columns of a layer or table, typed, with what is out of range blanked."""
    problems: list[Problem] = []
    columns = {}
    for column in (c for c in spec.columns if c.name in frame.columns):
        columns[column.name], found = typed_column(frame[column.name], column, spec.name, source)
        problems += found
    typed = pd.DataFrame(columns, index=frame.index)
    problems += _check_values(typed, spec, source)
    typed = _blank_refused(typed, problems)
    return typed, problems + _missing_values(typed, spec, source)


def _check_door(raw: gpd.GeoDataFrame, spec: Layer, source: str) -> None:
    """Refuse a layer that cannot be looked at row by row."""
    where = source or None
    if not isinstance(raw, gpd.GeoDataFrame):
        raise InputError(
            f"the layer '{spec.name}' must be a GeoDataFrame, not {type(raw).__name__}"
        )
    if raw.active_geometry_name is None:
        raise InputError(f"the layer '{spec.name}' has no geometry column", source=where)
    if raw.empty:
        raise InputError(f"the layer '{spec.name}' is empty: it has no rows", source=where)
    if raw.crs is None:
        raise InputError(
            f"the layer '{spec.name}' has no coordinate reference system",
            source=where,
            hint="Declare it with crs = ... in the plan file or frame.set_crs(...).",
        )
    repeated = raw.columns[raw.columns.duplicated()]
    if len(repeated):
        raise InputError(
            f"the layer '{spec.name}' has more than one column '{repeated[0]}'",
            source=where,
            column=str(repeated[0]),
            hint="Keep one of them.",
        )


def _check_columns(raw: pd.DataFrame, spec: Layer, where: str | None) -> None:
    missing = [c.name for c in spec.columns if c.required and c.name not in raw.columns]
    if spec.one_of and not set(spec.one_of) & set(raw.columns):
        missing.append(" or ".join(spec.one_of))
    if missing:
        shape = getattr(raw, "active_geometry_name", None)
        there = [str(c) for c in raw.columns if c != shape]
        raise InputError(
            f"the layer '{spec.name}' lacks the required column(s) {', '.join(missing)}",
            source=where,
            column=missing[0].split()[0],
            hint=f"Its columns: {', '.join(there) or 'none'}. Name yours in the plan file: "
            f'columns = {{ {missing[0].split()[0]} = "..." }}.',
        )


def _numbered(raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if pd.api.types.is_integer_dtype(raw.index.dtype) and raw.index.is_unique:
        return raw
    return raw.set_axis(pd.RangeIndex(1, 1 + len(raw)), axis=0)


def _no_row(spec: Layer, source: str, problems: list[Problem]) -> InputError:
    first = problems[0]
    return InputError(
        f"no row of the layer '{spec.name}' can be used; the first: {first.problem}",
        source=source or None,
        row=first.row,
        hint=HINTS.get(first.problem, ""),
    )


def _check_values(frame: pd.DataFrame, spec: Layer, source: str) -> list[Problem]:
    """Run the schema's limits and coded values through pandera and list all that fail."""
    from pandera.errors import SchemaErrors

    try:
        _schema(spec, tuple(frame.columns)).validate(frame, lazy=True)
    except SchemaErrors as errors:
        return [
            _value_problem(spec, source, case)
            for case in errors.failure_cases.sort_values(["index", "column"]).to_dict("records")
        ]
    return []


def _schema(spec: Layer, present: tuple[str, ...]) -> Any:
    import pandera.pandas as pa

    def rules(column: Column) -> list[Any]:
        found = []
        if column.minimum is not None:
            found.append(pa.Check.ge(column.minimum))
        if column.maximum is not None:
            found.append(pa.Check.le(column.maximum))
        if column.values:
            found.append(pa.Check.isin(column.values))
        return found

    return pa.DataFrameSchema(
        {
            c.name: pa.Column(checks=rules(c), nullable=True)
            for c in spec.columns
            if c.name in present
        }
    )


def _value_problem(spec: Layer, source: str, case: dict[str, Any]) -> Problem:
    column = next(c for c in spec.columns if c.name == case["column"])
    if column.values:
        expected = f"expected one of {', '.join(column.values)}"
    else:
        low = f"{column.minimum:g}" if column.minimum is not None else ""
        high = f"{column.maximum:g}" if column.maximum is not None else ""
        expected = f"expected {low} to {high}" if high else f"expected {low} or more"
    return Problem(
        spec.name,
        "out_of_range",
        expected,
        "value left out",
        "warning",
        source,
        int(case["index"]),
        column.name,
        str(case["failure_case"]),
    )


def _blank_refused(frame: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    refused = [p for p in problems if p.code == "out_of_range"]
    if not refused:
        return frame
    frame = frame.copy()
    for p in refused:
        frame.loc[p.row, p.column] = None if frame[p.column].dtype == object else np.nan
    return frame


def _missing_values(frame: pd.DataFrame, spec: Layer, source: str) -> list[Problem]:
    """List empty cells of required columns, and rows where none of several columns is given."""
    groups: list[tuple[str, ...]] = [
        (c.name,) for c in spec.columns if c.required and c.name != spec.id_column
    ]
    if spec.one_of:
        groups.append(spec.one_of)
    found = []
    for group in groups:
        given = frame[[c for c in group if c in frame.columns]].notna().any(axis=1)
        found += [
            Problem(
                spec.name,
                "missing_value",
                f"{' or '.join(group)} is not given",
                "row kept, counted as 0 where a count is needed",
                "warning",
                source,
                int(row),
                group[0],
            )
            for row in frame.index[~given]
        ]
    return found


def _unique_ids(
    frame: gpd.GeoDataFrame, column: str, spec: Layer, source: str, problems: list[Problem]
) -> gpd.GeoDataFrame:
    """Give rows without an id, or with one used before, an id of their own, so that none is lost."""
    ids = frame[column]
    missing = ids.isna()
    repeated = ids.duplicated() & ~missing
    if not (missing | repeated).any():
        return frame
    taken = set(ids.dropna())
    new = ids.copy()
    for row in frame.index[missing | repeated]:
        old = "" if missing[row] else str(ids[row])
        new[row] = _free_id(f"{old}#{row}" if old else f"row-{row}", taken)
        code = "repeated_id" if old else "missing_id"
        text = "its id stands in an earlier row too" if old else "it has no id"
        done = f"kept as '{new[row]}'"
        problems.append(
            Problem(spec.name, code, text, done, "warning", source, int(row), column, old)
        )
    return frame.assign(**{column: new})


def _free_id(wanted: str, taken: set[str]) -> str:
    while wanted in taken:
        wanted += "#"
    taken.add(wanted)
    return wanted

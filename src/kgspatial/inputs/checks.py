"""From a raw layer to a checked one: types, limits, ids and shapes, with every finding listed.

Imports from `problems`, `layers`, `errors`. Value rules run through pandera, lazily, so that
all findings of a layer come at once. Nothing is lost: a row is used, or listed as left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from kgspatial.layers import Column, Layer

TRUE_WORDS = frozenset({"true", "1", "yes", "y", "是", "有", "t"})
FALSE_WORDS = frozenset({"false", "0", "no", "n", "否", "无", "f"})
MOVED_AREA = 1e-6
"""Relative change of area above which a repaired polygon's change is stated."""


def check_layer(raw: gpd.GeoDataFrame, spec: Layer) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Check one layer against its schema.

    Parameters
    ----------
    raw : GeoDataFrame
        As read; its index is the row as the user counts it, ``attrs["source"]`` the file.
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
        When the layer is empty, has no CRS, or lacks a required column.
    """
    source = str(raw.attrs.get("source", ""))
    _check_door(raw, spec, source)
    problems: list[Problem] = []
    frame = _usable_shapes(raw, spec, source, problems)
    columns = {
        column.name: _typed(frame[column.name], column, spec, source, problems)
        for column in spec.columns
        if column.name in frame.columns
    }
    checked = gpd.GeoDataFrame(columns, geometry=frame.geometry, crs=raw.crs, index=frame.index)
    problems += _check_values(checked, spec, source)
    checked = _blank_refused(checked, problems)
    problems += _missing_values(checked, spec, source)
    if spec.id_column is not None:
        checked = _unique_ids(checked, spec, source, problems)
    if checked.empty:
        raise InputError(f"no row of the layer '{spec.name}' can be used", source=source or None)
    checked = checked.reset_index(drop=True)
    checked.attrs = dict(raw.attrs)
    return checked, problems


def _check_door(raw: gpd.GeoDataFrame, spec: Layer, source: str) -> None:
    if not isinstance(raw, gpd.GeoDataFrame):
        raise InputError(
            f"the layer '{spec.name}' must be a GeoDataFrame, not {type(raw).__name__}"
        )
    if raw.empty:
        raise InputError(f"the layer '{spec.name}' is empty: it has no rows", source=source or None)
    if raw.crs is None:
        raise InputError(
            f"the layer '{spec.name}' has no coordinate reference system",
            source=source or None,
            hint="Declare it with crs = ... in the plan file or frame.set_crs(...).",
        )
    missing = [c.name for c in spec.columns if c.required and c.name not in raw.columns]
    if spec.one_of and not set(spec.one_of) & set(raw.columns):
        missing.append(" or ".join(spec.one_of))
    if missing:
        raise InputError(
            f"the layer '{spec.name}' lacks the required column(s) {', '.join(missing)}",
            source=source or None,
            hint="Its columns: "
            + ", ".join(str(c) for c in raw.columns if c != raw.geometry.name)
            + f'. Name yours in the plan file: columns = {{ {missing[0].split()[0]} = "..." }}.',
        )


def _usable_shapes(
    raw: gpd.GeoDataFrame, spec: Layer, source: str, problems: list[Problem]
) -> gpd.GeoDataFrame:
    shapes = raw.geometry
    empty = (shapes.isna() | shapes.is_empty).to_numpy()
    kinds = shapes.geom_type.to_numpy()
    wrong = ~empty & ~np.isin(kinds, spec.shapes)
    finite = np.isfinite(shapes.bounds.to_numpy()).all(axis=1)
    for row, kind, is_empty in zip(raw.index, kinds, empty, strict=True):
        if is_empty:
            problems.append(_left_out(spec, source, row, "no_geometry", "it has no position"))
        elif kind not in spec.shapes:
            text = f"it is a {kind}; expected {' or '.join(spec.shapes)}"
            problems.append(_left_out(spec, source, row, "wrong_geometry", text))
    for row in raw.index[~empty & ~wrong & ~finite]:
        problems.append(
            _left_out(spec, source, row, "bad_coordinates", "its coordinates are not finite")
        )
    frame = raw[~empty & ~wrong & finite]
    return _repaired(
        frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=raw.crs),
        spec,
        source,
        problems,
    )


def _left_out(spec: Layer, source: str, row: Any, code: str, text: str) -> Problem:
    return Problem(spec.name, code, text, "row left out", "error", source, int(row))


def _repaired(
    frame: gpd.GeoDataFrame, spec: Layer, source: str, problems: list[Problem]
) -> gpd.GeoDataFrame:
    """Repair self-crossing polygons, state the change, leave out what is no polygon any more."""
    invalid = ~frame.geometry.is_valid.to_numpy()
    if not invalid.any():
        return frame
    before = frame.geometry.to_numpy()
    after = before.copy()
    after[invalid] = [_polygonal(shapely.make_valid(g)) for g in before[invalid]]
    lost = invalid & shapely.is_empty(after)
    for row, old, new in zip(frame.index[invalid], before[invalid], after[invalid], strict=True):
        if shapely.is_empty(new):
            problems.append(_left_out(spec, source, row, "no_area", "its outline encloses no area"))
            continue
        change = abs(new.area - old.area) / new.area
        stated = f"; its area changed by {change:.2%}" if change > MOVED_AREA else ""
        text = "its outline crosses itself"
        done = f"repaired{stated}"
        problems.append(
            Problem(spec.name, "invalid_geometry", text, done, "note", source, int(row))
        )
    return frame.set_geometry(after, crs=frame.crs)[~lost]


def _polygonal(shape: Any) -> Any:
    parts = [p for p in shapely.get_parts([shape]) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _typed(
    values: pd.Series, column: Column, spec: Layer, source: str, problems: list[Problem]
) -> pd.Series:
    if column.kind == "text":
        return _as_text(values)
    if column.kind == "flag":
        typed = _as_flag(values)
    else:
        typed = pd.to_numeric(values, errors="coerce").astype("float64")
        typed = typed.where(np.isfinite(typed))
    given = values.notna() & (values.astype(str).str.strip() != "")
    expected = "true or false (是/否)" if column.kind == "flag" else "a number"
    for row in values.index[given & typed.isna()]:
        problems.append(
            Problem(
                spec.name,
                "not_a_value",
                f"expected {expected}",
                "value left out",
                "warning",
                source,
                int(row),
                column.name,
                str(values[row]),
            )
        )
    return typed


def _as_text(values: pd.Series) -> pd.Series:
    """Texts without surrounding blanks; whole floats lose their '.0', as ids in tables often have."""
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.dropna() % 1 == 0
        if whole.all():
            values = values.astype("Int64")
    text = values.astype("string").str.strip()
    return text.mask(text == "").astype(object).where(text.notna() & (text != ""), None)


def _as_flag(values: pd.Series) -> pd.Series:
    words = values.astype("string").str.strip().str.lower().str.removesuffix(".0")
    flags = pd.Series(pd.NA, index=values.index, dtype="boolean")
    flags[words.isin(TRUE_WORDS).fillna(False)] = True
    flags[words.isin(FALSE_WORDS).fillna(False)] = False
    return flags


def _check_values(frame: gpd.GeoDataFrame, spec: Layer, source: str) -> list[Problem]:
    """Run the schema's limits and coded values through pandera and list all that fail."""
    from pandera.errors import SchemaErrors

    try:
        _schema(spec, tuple(frame.columns)).validate(
            pd.DataFrame(frame.drop(columns="geometry")), lazy=True
        )
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
    column = spec.column(str(case["column"]))
    assert column is not None
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


def _blank_refused(frame: gpd.GeoDataFrame, problems: list[Problem]) -> gpd.GeoDataFrame:
    refused = [p for p in problems if p.code == "out_of_range"]
    if not refused:
        return frame
    frame = frame.copy()
    for p in refused:
        frame.loc[p.row, p.column] = None if frame[p.column].dtype == object else np.nan
    return frame


def _missing_values(frame: gpd.GeoDataFrame, spec: Layer, source: str) -> list[Problem]:
    """List empty cells of required columns, and rows where none of several columns is given."""
    groups = [(c.name,) for c in spec.columns if c.required and c.name != spec.id_column]
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
    frame: gpd.GeoDataFrame, spec: Layer, source: str, problems: list[Problem]
) -> gpd.GeoDataFrame:
    """Give rows without an id, or with one used before, an id of their own, so that none is lost."""
    assert spec.id_column is not None
    ids = frame[spec.id_column]
    missing = ids.isna()
    repeated = ids.duplicated() & ~missing
    if not (missing | repeated).any():
        return frame
    taken = set(ids.dropna())
    new = ids.copy()
    for row in frame.index[missing | repeated]:
        code = "missing_id" if missing[row] else "repeated_id"
        new[row] = _free_id(f"row-{row}" if missing[row] else f"{ids[row]}#{row}", taken)
        text = "it has no id" if missing[row] else "its id stands in an earlier row too"
        problems.append(
            Problem(
                spec.name,
                code,
                text,
                f"kept as '{new[row]}'",
                "warning",
                source,
                int(row),
                spec.id_column,
                "" if missing[row] else str(ids[row]),
            )
        )
    return frame.assign(**{spec.id_column: new})


def _free_id(wanted: str, taken: set[str]) -> str:
    while wanted in taken:
        wanted += "#"
    taken.add(wanted)
    return wanted

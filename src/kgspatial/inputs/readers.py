"""From files to raw layers: opened by format, columns under canonical names, with a CRS.

Imports from `checks.layer`, `vector.read`, `osm.read`, `tables.read`, `headers`, `coordinates.points`, `zones`, `crs`, `files`, `problems` and
`errors`. What comes out carries the user's row numbers as its index.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.checks.layer import check_table
from kgspatial.inputs.columns.headers import with_canonical_names
from kgspatial.inputs.coordinates.crs import parse_crs, unshift
from kgspatial.inputs.coordinates.points import with_points
from kgspatial.inputs.coordinates.zones import check_system, fitting_systems
from kgspatial.inputs.files import existing
from kgspatial.inputs.osm.read import is_osm, read_osm
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.tables.read import TABLE_SUFFIXES, read_table
from kgspatial.inputs.vector.read import read_vector
from kgspatial.layers import spec_of

if TYPE_CHECKING:
    from pyproj import CRS

    from kgspatial.inputs.coordinates.areas import Area
    from kgspatial.inputs.planfile import LayerInput


def read_layer(
    name: str, declared: LayerInput, area: Area | None = None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Read one vector layer or table of points as it lies in its file.

    Parameters
    ----------
    name : str
        Which layer it is.
    declared : LayerInput
        Where it lies and how to read it.
    area : Area, optional
        Of an OpenStreetMap file, which may hold a province, only what touches this is kept.

    Returns
    -------
    frame : GeoDataFrame
        Columns renamed as the plan file says, index = row as the user counts it (data rows of a
        spatial file from 1, lines of a table from the top of the file), ``attrs["source"]`` =
        file. A CRS that the plan file declares takes the place of the file's own.
    problems : list of Problem
        What was found and done while reading.

    Raises
    ------
    InputError
        When the file is missing, unreadable or empty, or no CRS is known.
    """
    path = existing(declared.path, name)
    frame, problems = _opened(path, name, declared, area)
    if frame.empty:
        raise InputError(f"the layer '{name}' is empty: it has no rows", source=path)
    problems += _overridden(frame, name, declared, path)
    frame = _with_crs(frame, declared, path)
    problems += check_system(frame, name, declared.crs, path)
    crs = declared.crs or cast("CRS", frame.crs).to_string()
    frame.attrs = {"source": str(path), "crs_declared": crs}
    return frame, problems


def read_plain(name: str, declared: LayerInput) -> tuple[pd.DataFrame, list[Problem]]:
    """Read and check a table without a place, such as births by year.

    Raises
    ------
    InputError
        When the file is missing, no table, empty, or lacks a required column.
    """
    path = existing(declared.path, name)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        known = ", ".join(TABLE_SUFFIXES)
        raise InputError(f"'{name}' is a table: expected {known}", source=path)
    table, problems = read_table(path, name, declared)
    named, found = with_canonical_names(table, name, declared, path)
    checked, checks = check_table(named, spec_of(name), str(path))
    return checked, problems + found + checks


def _opened(
    path: Path, name: str, declared: LayerInput, area: Area | None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """The file's rows under canonical names, in the CRS of the file if it has one."""
    if is_osm(path):
        return read_osm(path, name, declared, area)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raw, problems = read_vector(path, name, declared)
        frame, named = with_canonical_names(raw, name, declared, path)
        return frame, problems + named
    table, problems = read_table(path, name, declared)
    named_table, named = with_canonical_names(table, name, declared, path)
    frame, placed = with_points(named_table, name, declared, path)
    return frame, problems + named + placed


def _fitting(frame: gpd.GeoDataFrame) -> str:
    """What the size of the coordinates tells; the choice stays with the planner."""
    codes = fitting_systems(frame)
    return f" By their size the coordinates could be in {' or '.join(codes)}." if codes else ""


def _overridden(
    frame: gpd.GeoDataFrame, name: str, declared: LayerInput, path: Path
) -> list[Problem]:
    """Say so where the plan file contradicts the file's own system.

    Longitudes and latitudes of two systems are no contradiction: GeoJSON without a system counts
    as WGS 84, and web-map coordinates are declared over it.
    """
    if declared.crs is None or frame.crs is None:
        return []
    own, wanted = frame.crs, parse_crs(declared.crs, source=str(path)).crs
    if own == wanted or (own.is_geographic and wanted.is_geographic):
        return []
    text = f"the file says {own.name}, the plan file {declared.crs}"
    done = "the plan file's is used; take crs = ... away if the file is right"
    return [Problem(name, "crs_overridden", text, done, "note", str(path))]


def _with_crs(frame: gpd.GeoDataFrame, declared: LayerInput, path: Path) -> gpd.GeoDataFrame:
    wanted = parse_crs(declared.crs, source=str(path)) if declared.crs is not None else None
    if wanted is None:
        if frame.crs is None:
            raise InputError(
                "neither the file nor the plan file says its coordinate reference system",
                source=path,
                hint='Write crs = "EPSG:4490" (or "GCJ-02", "BD-09", ...) beside its path.'
                + _fitting(frame),
            )
        return frame
    if wanted.shifted is not None:
        return unshift(frame.set_crs(wanted.crs, allow_override=True), wanted.shifted)
    return frame.set_crs(wanted.crs, allow_override=True)

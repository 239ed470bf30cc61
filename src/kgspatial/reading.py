"""From a plan file to a study: its layers read, and what cannot be used raised or listed.

Imports from `study`, `inputs`, `layers`, `errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.checks.layer import check_layer
from kgspatial.inputs.coordinates.areas import study_area
from kgspatial.inputs.coordinates.china import china_crs_name
from kgspatial.inputs.coordinates.crs import parse_crs
from kgspatial.inputs.files import existing, sha256
from kgspatial.inputs.osm.read import is_osm
from kgspatial.inputs.planfile import PlanFile, read_plan_file
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.inputs.rasters.elevation import elevation_files, read_elevation
from kgspatial.inputs.rasters.read import read_population, source_files
from kgspatial.inputs.readers import read_layer, read_plain
from kgspatial.layers import (
    ELEVATION,
    LAYERS,
    POPULATION,
    RASTERS,
    TABLES,
    Elevation,
    Population,
)
from kgspatial.study import INPUT_COLUMNS, Study

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS


@dataclass(eq=False)
class _Found:
    """What a plan's files held, as far as they were read."""

    layers: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    population: Population | None = None
    elevation: Elevation | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_study(path: str | Path) -> Study:
    """Read the plan file and the layers that it declares.

    Parameters
    ----------
    path : str or Path
        A plan file (TOML); paths in it are relative to its folder.

    Returns
    -------
    Study
        With ``problems`` (what was found and done) and ``inputs`` (files and their SHA-256).

    Raises
    ------
    PlanError
        When the plan file cannot be carried out.
    InputError
        When a file is missing, unreadable, empty, without CRS or without a required column.
    """
    return study_from_plan(read_plan_file(path))


def study_from_plan(plan: PlanFile) -> Study:
    """Read the layers that a plan file declares; the first that cannot be used is an error."""
    _check_plan(plan)
    found = _Found()
    for name, read in _readers(plan):
        read(plan, name, found)
    return _study(plan, found)


def check_plan(plan: PlanFile) -> tuple[Study | None, pd.DataFrame]:
    """Read and check all that a plan file declares, and go on after what cannot be used.

    Returns
    -------
    study : Study or None
        None when something cannot be used.
    problems : DataFrame
        The problem table; what cannot be used stands first in it, with the code ``refused``.

    Raises
    ------
    PlanError
        When the plan file itself cannot be carried out.
    """
    _check_plan(plan)
    found, refused, whole = _Found(), list[Problem](), list[Problem]()
    for name, read in _readers(plan):
        try:
            read(plan, name, found)
        except InputError as error:
            refused.append(_refusal(name, error, plan))
    if not refused:
        try:
            study = _study(plan, found)
        except InputError as error:
            whole = [_refusal("", error, plan)]
        else:
            return study, study.problems
    checked = _checked_alone(plan, found, refused)
    return None, problem_table((refused or whole) + found.problems + checked)


def _checked_alone(plan: PlanFile, found: _Found, refused: list[Problem]) -> list[Problem]:
    """What each layer says by itself; those that cannot be used are added to `refused`."""
    problems: list[Problem] = []
    for name, frame in found.layers.items():
        try:
            problems += check_layer(frame, LAYERS[name])[1]
        except InputError as error:
            refused.append(_refusal(name, error, plan))
    return problems


def _check_plan(plan: PlanFile) -> None:
    if "kindergartens" not in plan.inputs:
        raise InputError(
            "no kindergartens are declared", source=plan.path, hint="Write [inputs.kindergartens]."
        )
    if plan.settings.plan.crs is not None:
        parse_crs(plan.settings.plan.crs, source=str(plan.path))


def _readers(plan: PlanFile) -> list[tuple[str, Callable[[PlanFile, str, _Found], None]]]:
    """What is declared, in reading order, each with its reader.

    Rasters come last: the other layers tell where the study area is.
    """
    tables = [name for name in plan.inputs if name in TABLES]
    rasters = {POPULATION: _read_grid, ELEVATION: _read_heights}
    return [
        *((name, _read_layer) for name in _vector_layers(plan)),
        *((name, _read_plain) for name in tables),
        *((name, read) for name, read in rasters.items() if name in plan.inputs),
    ]


def _vector_layers(plan: PlanFile) -> list[str]:
    """Names in reading order: OpenStreetMap last, cut to the area that the others tell."""
    names = [name for name in plan.inputs if name in LAYERS]
    return sorted(names, key=lambda name: is_osm(Path(plan.inputs[name].path)))


def _read_layer(plan: PlanFile, name: str, found: _Found) -> None:
    declared = plan.inputs[name]
    area = study_area(found.layers) if is_osm(Path(declared.path)) else None
    frame, problems = read_layer(name, declared, area)
    frame.attrs["source"] = _relative(Path(frame.attrs["source"]), plan.path.parent)
    found.layers[name] = frame
    found.problems += [_placed(problem, plan) for problem in problems]


def _read_plain(plan: PlanFile, name: str, found: _Found) -> None:
    table, problems = read_plain(name, plan.inputs[name])
    source = _relative(existing(plan.inputs[name].path, name), plan.path.parent)
    table.attrs["source"] = source
    found.tables[name] = table
    found.problems += [_placed(problem, plan) for problem in problems]


def _read_grid(plan: PlanFile, name: str, found: _Found) -> None:
    declared = plan.inputs[name]
    area, year = study_area(found.layers), plan.settings.plan.year
    found.population, problems = read_population(declared, area=area, year=year)
    found.problems += [_placed(problem, plan) for problem in problems]


def _read_heights(plan: PlanFile, name: str, found: _Found) -> None:
    area = study_area(found.layers)
    found.elevation, problems = read_elevation(plan.inputs[name], area=area)
    found.problems += [_placed(problem, plan) for problem in problems]


def _refusal(name: str, error: InputError, plan: PlanFile) -> Problem:
    done = error.hint or "not read"
    found = Problem(name, "refused", error.message, done, "error", error.source or "")
    return _placed(replace(found, row=error.row, column=error.column or ""), plan)


def _placed(problem: Problem, plan: PlanFile) -> Problem:
    """A finding whose file is named as the plan file would name it."""
    source = _relative(Path(problem.source), plan.path.parent) if problem.source else ""
    return replace(problem, source=source)


def _study(plan: PlanFile, found: _Found) -> Study:
    return Study(
        **found.layers,
        population=found.population,
        elevation=found.elevation,
        births=found.tables.get("births"),
        travel=found.tables.get("travel"),
        ledger=found.tables.get("ledger"),
        projects=found.tables.get("projects"),
        settings=plan.settings,
        crs=plan.settings.plan.study_crs,  # type: ignore[arg-type]
        problems=problem_table(found.problems),
        inputs=_input_table(plan, found),
    )


def _input_table(plan: PlanFile, found: _Found) -> pd.DataFrame:
    sizes = {n: (len(frame), cast("CRS", frame.crs).name) for n, frame in found.layers.items()}
    if found.population is not None:
        sizes[POPULATION] = (found.population.grid.size, found.population.grid.crs.name)
    if found.elevation is not None:
        sizes[ELEVATION] = (found.elevation.grid.size, found.elevation.grid.crs.name)
    sizes |= {name: (len(table), "") for name, table in found.tables.items()}
    rows: list[tuple[str, str, str, int, str]] = []
    for name, declared in plan.inputs.items():
        paths = _raster_files(plan, name) if name in RASTERS else [existing(declared.path, name)]
        count, crs = sizes[name]
        shown = china_crs_name(declared.crs or "") or crs
        path = _relative(Path(declared.path), plan.path.parent)
        rows.append((name, path, sha256(*paths), count, shown))
    return pd.DataFrame(rows, columns=list(INPUT_COLUMNS))


def _raster_files(plan: PlanFile, name: str) -> list[Path]:
    """All files behind a raster's cells: a VRT's parts and a world file belong to it."""
    if name == ELEVATION:
        return elevation_files(plan.inputs[name])
    return source_files(plan.inputs[name], plan.settings.plan.year)


def _relative(path: Path, folder: Path) -> str:
    """Path as the plan file would say it: a result must not tell where on a machine it was made."""
    folder = folder.resolve()
    if not path.is_absolute():
        return str(path)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name

"""`Study`: the validated layers of one area in one projected CRS, frozen.

Imports from `inputs`, `layers`, `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from kgspatial.errors import InputError
from kgspatial.inputs.checks.doctor import examine_layers
from kgspatial.inputs.checks.layer import check_rows
from kgspatial.inputs.coordinates.areas import study_area
from kgspatial.inputs.coordinates.crs import WGS84, check_metric, parse_crs, projected_crs
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.problems import Problem, joined_problems, problem_table
from kgspatial.inputs.rasters.elevation import read_elevation
from kgspatial.inputs.rasters.read import read_population
from kgspatial.inputs.settings import Settings
from kgspatial.layers import LAYERS, Elevation, Population

OUTSIDE = "outside"
"""`unit_id` of what lies in no unit."""

WHOLE_AREA = "all"
"""`unit_id` of everything when the study has no units."""

INPUT_COLUMNS = ("layer", "path", "sha256", "rows", "crs")


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """The layers of one study area, checked and brought into one projected CRS.

    Parameters
    ----------
    kindergartens : GeoDataFrame
        Points, or polygons that are taken at an inner point; columns of DESIGN section 4
        (`kindergarten_id` and `places` or `classes` are required).
    communities, units, villages, streets, gates, candidates, hazards : GeoDataFrame, optional
        The other layers, each with its own declared CRS. ``gates`` are the points at which
        communities are entered.
    population : Population, str or Path, optional
        A population grid, or the path (or pattern) of rasters whose names or band descriptions
        say what they hold.
    births : DataFrame, optional
        Births by calendar year: ``year``, ``births`` and, where given by unit, ``unit_id``.
    ledger, projects : DataFrame, optional
        The rectification ledger (整治台账) and the list of projects, for `balance.ledger`.
    elevation : Elevation, str or Path, optional
        Heights, or the path of a raster of them: walks along streets that climb count more.
    travel : DataFrame, optional
        The user's own travel matrix: ``origin_id``, ``destination_id`` and ``metres`` or
        ``minutes``.
    settings : Settings, optional
        What a plan file would say; defaults otherwise.
    crs : pyproj.CRS or anything that it takes, optional
        Projected CRS in metres of the analysis. Chosen from the area unless given: the CGCS2000
        three-degree zone in China, UTM elsewhere, an own transverse Mercator across zones.
    problems : DataFrame, optional
        Findings of earlier steps; those of the checks are appended.
    inputs : DataFrame, optional
        What was read: layer, path, sha256, rows, crs.

    Raises
    ------
    InputError
        When a layer is empty, has no CRS or lacks a required column, or when nothing says how
        many children there are.

    Examples
    --------
    >>> from shapely import Point
    >>> kindergartens = gpd.GeoDataFrame(
    ...     {"kindergarten_id": ["K1"], "places": [90]},
    ...     geometry=[Point(118.08, 24.48)],
    ...     crs="EPSG:4490",
    ... )
    >>> Study(kindergartens=kindergartens)
    <Study: 1 kindergartens; CGCS2000 / 3-degree Gauss-Kruger CM 117E; no problems>
    """

    kindergartens: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame | None = None
    population: Population | None = None
    units: gpd.GeoDataFrame | None = None
    villages: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    gates: gpd.GeoDataFrame | None = None
    candidates: gpd.GeoDataFrame | None = None
    hazards: gpd.GeoDataFrame | None = None
    births: pd.DataFrame | None = None
    elevation: Elevation | None = None
    travel: pd.DataFrame | None = None
    ledger: pd.DataFrame | None = None
    projects: pd.DataFrame | None = None
    settings: Settings = field(default_factory=Settings)
    crs: CRS = None  # type: ignore[assignment]
    problems: pd.DataFrame = None  # type: ignore[assignment]
    inputs: pd.DataFrame = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        checked: dict[str, gpd.GeoDataFrame] = {}
        problems: list[Problem] = []
        for name, spec in LAYERS.items():
            if (raw := getattr(self, name)) is not None:
                checked[name], found = check_rows(raw, spec)
                problems += found
        crs = _study_crs(self.crs, checked)
        problems += _across_zones(crs) if self.crs is None else []
        for name, frame in checked.items():
            checked[name], found = _in_crs(_with_unit_ids(frame, checked), crs, name)
            problems += found
            object.__setattr__(self, name, _renumbered(checked[name]))
        if isinstance(self.population, (str, Path)):
            declared, year = LayerInput(str(self.population)), self.settings.plan.year
            population, found = read_population(declared, area=study_area(checked), year=year)
            problems += found
            object.__setattr__(self, "population", population)
        if isinstance(self.elevation, (str, Path)):
            declared = LayerInput(str(self.elevation))
            elevation, found = read_elevation(declared, area=study_area(checked))
            problems += found
            object.__setattr__(self, "elevation", elevation)
        problems += examine_layers(checked, self.population) + _unknown_units(checked)
        found_now = problem_table(problems)
        object.__setattr__(self, "problems", joined_problems(self.problems, found_now))
        if self.inputs is None:
            object.__setattr__(self, "inputs", pd.DataFrame(columns=list(INPUT_COLUMNS)))
        object.__setattr__(self, "crs", crs)

    @property
    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """The vector layers that are there, by name."""
        return {n: f for n in LAYERS if (f := getattr(self, n)) is not None}

    def unit_of(self, points: gpd.GeoSeries, declared: pd.Series | None = None) -> pd.Series:
        """Return the unit of each point: the declared one where it exists, else by position.

        Parameters
        ----------
        points : GeoSeries
            Points in the study's CRS.
        declared : Series, optional
            ``unit_id`` as the layer carries it, aligned to `points`; ids that the units layer
            does not know count as not given.

        Returns
        -------
        Series
            ``unit_id`` aligned to `points`; :data:`OUTSIDE` beyond all units, :data:`WHOLE_AREA`
            when the study has no units.
        """
        if self.units is None:
            return pd.Series(WHOLE_AREA, index=points.index, dtype=object)
        point, unit = self.units.sindex.query(points.to_numpy(), predicate="intersects")
        hits = pd.Series(self.units["unit_id"].to_numpy()[unit], index=point)
        lowest = hits.groupby(level=0).min().reindex(range(len(points)))
        found = pd.Series(lowest.to_numpy(dtype=object), index=points.index).fillna(OUTSIDE)
        if declared is None:
            return found
        return declared.where(declared.isin(self.units["unit_id"]), found)

    def __repr__(self) -> str:
        name = self.settings.plan.name or "Study"
        rows = ", ".join(f"{len(frame)} {layer}" for layer, frame in self.layers.items())
        grid = f", grid {self.population.grid.shape}" if self.population is not None else ""
        found = f"{len(self.problems)} problems" if len(self.problems) else "no problems"
        return f"<{name}: {rows}{grid}; {self.crs.name}; {found}>"


def _study_crs(wanted: object, layers: dict[str, gpd.GeoDataFrame]) -> CRS:
    """The wanted CRS, or one for the area of the first layer that tells it.

    Units and communities tell the area; kindergartens only where there is neither, because one
    wrongly located point would draw the CRS after it.
    """
    if wanted is not None:
        return check_metric(parse_crs(wanted).crs)
    first = next(n for n in ("units", "communities", "kindergartens") if n in layers)
    west, south, east, north = layers[first].geometry.to_crs(WGS84).total_bounds
    return projected_crs((float(west), float(south), float(east), float(north)))


def _across_zones(crs: CRS) -> list[Problem]:
    """Say so when the CRS was made for the area because it reaches into a second zone."""
    if crs.to_epsg() is not None or not crs.is_projected:
        return []
    text = f"the area reaches into a second zone; distances are taken in {crs.name}"
    done = "used; write study_crs under [plan] to choose another"
    return [Problem("", "own_projection", text, done, "note")]


def _in_crs(frame: gpd.GeoDataFrame, crs: CRS, name: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """The layer in the study's CRS; what that CRS cannot show lies on another side of the earth."""
    moved = frame.to_crs(crs)
    shown = np.isfinite(moved.bounds.to_numpy()).all(axis=1)
    source, id_column = str(frame.attrs.get("source", "")), LAYERS[name].id_column
    text = "it lies so far from the study area that no map shows both"
    problems = [
        Problem(
            *(name, "bad_coordinates", text, "row left out", "error", source),
            row=int(row),
            column=id_column or "",
            value=str(frame.loc[row, id_column]) if id_column else "",
        )
        for row in frame.index[~shown]
    ]
    if not shown.any():
        raise InputError(f"no row of the layer '{name}' can be used: {text}", source=source or None)
    moved = moved[shown]
    if name == "kindergartens":
        points = moved.geometry.where(moved.geom_type == "Point", moved.representative_point())
        moved = moved.set_geometry(points)
    moved.attrs = {"crs_declared": cast("CRS", frame.crs).to_string(), **frame.attrs}
    return moved, problems


def _renumbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer without the user's row numbers, which only its problems need."""
    plain = frame.reset_index(drop=True)
    plain.attrs = frame.attrs
    return plain


def _with_unit_ids(
    frame: gpd.GeoDataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> gpd.GeoDataFrame:
    """The layer with ids for units that it calls by their names, as most lists do."""
    units = layers.get("units")
    if units is None or "name" not in units or units is frame or "unit_id" not in frame:
        return frame
    called = units.dropna(subset="name").drop_duplicates("name", keep=False)
    ids = pd.Series(called["unit_id"].to_numpy(), index=called["name"].to_numpy())
    by_name = ~frame["unit_id"].isin(units["unit_id"]) & frame["unit_id"].isin(ids.index)
    named = frame.assign(unit_id=frame["unit_id"].where(~by_name, frame["unit_id"].map(ids)))
    named.attrs = frame.attrs
    return named


def _unknown_units(layers: dict[str, gpd.GeoDataFrame]) -> list[Problem]:
    """Communities and villages that name a unit which the units layer does not have."""
    if "units" not in layers:
        return []
    known = layers["units"]["unit_id"]
    reserved = known[known.isin([OUTSIDE, WHOLE_AREA])]
    if len(reserved):
        raise InputError(
            f"'{reserved.iloc[0]}' cannot be a unit's id: results use it for what lies in no unit",
            source=layers["units"].attrs.get("source"),
            column="unit_id",
            hint="Give that unit another id.",
        )
    found = []
    for name in ("communities", "villages"):
        if name not in layers or "unit_id" not in layers[name]:
            continue
        frame, id_column = layers[name], str(LAYERS[name].id_column)
        lost = frame[frame["unit_id"].notna() & ~frame["unit_id"].isin(known)]
        found += [
            Problem(
                *(name, "unknown_unit", f"'{own}' names the unit '{unit}', which is not there"),
                *("its unit is taken from its position", "warning"),
                source=str(frame.attrs.get("source", "")),
                row=int(row),
                column="unit_id",
                value=str(unit),
            )
            for row, own, unit in zip(lost.index, lost[id_column], lost["unit_id"], strict=True)
        ]
    return found

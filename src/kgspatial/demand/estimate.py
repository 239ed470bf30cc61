"""`estimate_demand`: children aged 3 to 5 per demand point, from counts or from a grid.

Imports from `coverage`, `study`, `standards`, `layers`, `inputs` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.coverage import coverage_matrix, share_overlaps
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.layers import Population
from kgspatial.standards import read_profile
from kgspatial.study import OUTSIDE, Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

Method = Literal["auto", "counts", "grid"]

POINT_COLUMNS = (
    "demand_id",
    "source",
    "community_id",
    "unit_id",
    "name",
    "children",
    "cell_number",
    "geometry",
)
SPREAD_BY = ("residents", "households", "floor_area_m2")
"""Columns by which a unit's count is spread over its communities, in order of preference."""

MOSTLY_INSIDE = 0.2
"""A grid with more than this share of its children beyond all units is larger than the area."""

FULL_COVER = 1e-9
"""A cell that is covered but for this part is covered: rounding must not make demand points."""


@dataclass(frozen=True, eq=False)
class Demand:
    """Children aged 3 to 5 per demand point.

    Parameters
    ----------
    points : GeoDataFrame
        One row per demand point: ``demand_id``, ``source`` (``community``, ``cell`` or, for
        counts of units without communities, ``unit``), ``community_id``, ``unit_id``, ``name``,
        ``children``, ``cell_number`` (row-major in the population grid, -1 elsewhere), point.
    year : int, optional
        The year for which the children are counted.
    method : str
        ``counts`` or ``grid``.
    problems : DataFrame
        What was found while joining the layers.
    """

    points: gpd.GeoDataFrame
    year: int | None = None
    method: str = "counts"
    problems: pd.DataFrame = field(default_factory=lambda: problem_table([]))

    @property
    def children(self) -> float:
        """All children."""
        return float(self.points["children"].sum())

    def __repr__(self) -> str:
        by = self.points.groupby("source")["children"].agg(["size", "sum"])
        rows = "; ".join(f"{r['size']:.0f} {s}: {r['sum']:,.0f}" for s, r in by.iterrows())
        year = f" in {self.year}" if self.year else ""
        return f"<Demand{year} by {self.method}: {self.children:,.1f} children ({rows})>"


def estimate_demand(
    study: Study, *, year: int | None = None, method: Method | None = None
) -> Demand:
    """Estimate how many children aged 3 to 5 live where.

    Parameters
    ----------
    study : Study
        The study area.
    year : int, optional
        The plan's year unless given.
    method : {"auto", "counts", "grid"}, optional
        ``counts`` takes the children that communities carry, or else those of units, spread over
        the unit's communities. ``grid`` takes a population grid by exact area coverage: a cell is
        shared between the communities that cover it, overlapping communities share what they
        cover together, and children outside every community stay in their cell. ``auto`` (default)
        takes communities' counts when all carry one, else the grid, else units' counts.

    Returns
    -------
    Demand
        Its sum equals the total of the counts, or of the grid, to 1e-9 relative.

    Raises
    ------
    InputError
        When nothing says how many children there are.
    """
    year = study.settings.plan.year if year is None else year
    wanted = method or study.settings.demand.method
    if wanted not in get_args(Method):
        known = ", ".join(get_args(Method))
        raise InputError(f"there is no demand method '{wanted}'", hint=f"Known: {known}.")
    chosen = _available(study) if wanted == "auto" else wanted
    if chosen == "grid":
        points, problems = _from_grid(study)
        problems += _unused_counts(study) if wanted == "auto" else []
    elif _has_counts(study.communities):
        points, problems = _from_communities(study)
    elif _has_counts(study.units):
        points, problems = _from_units(study)
    else:
        raise InputError(
            "no layer says how many children there are",
            hint="Give communities or units a column 'children', or declare [inputs.population].",
        )
    return Demand(points, year, chosen, problem_table(problems))


def _available(study: Study) -> Literal["counts", "grid"]:
    communities = study.communities
    complete = _has_counts(communities) and bool(
        cast("gpd.GeoDataFrame", communities)["children"].notna().all()
    )
    return "counts" if complete or study.population is None else "grid"


def _has_counts(frame: gpd.GeoDataFrame | None) -> bool:
    return frame is not None and "children" in frame and bool(frame["children"].notna().any())


def children_grid(study: Study) -> NDArray[np.float64]:
    """Children aged 3 to 5 per grid cell, as an array of the grid's shape.

    A band ``children`` is taken as it is; bands ``age_1_4`` and ``age_5_9`` give ages 3 and 4 as
    half of the first and age 5 as a fifth of the second; a band ``residents`` is multiplied by
    ``[demand] age_share``.

    Raises
    ------
    InputError
        When there is no grid or its bands do not suffice.
    """
    if study.population is None:
        raise InputError(
            "there is no population grid", hint="Declare [inputs.population] in the plan file."
        )
    return _children_of(study.population, study)


def _children_of(population: Population, study: Study) -> NDArray[np.float64]:
    bands = population.bands
    if "children" in bands:
        return bands["children"]
    shares = read_profile(study.settings.plan.profile).shares_3_to_5
    if set(shares) <= set(bands):
        return np.asarray(sum(bands[b] * share for b, share in shares.items()))
    age_share = study.settings.demand.age_share
    if age_share is not None and not 0.0 <= age_share <= 1.0:
        raise InputError(f"[demand] age_share is a share from 0 to 1, not {age_share:g}")
    if "residents" in bands and age_share is not None:
        return bands["residents"] * age_share
    raise InputError(
        f"its bands ({', '.join(bands)}) do not tell how many children are 3 to 5",
        source=population.source or None,
        hint="Needed: 'children', or 'age_1_4' and 'age_5_9', or 'residents' with "
        "[demand] age_share.",
    )


def _from_grid(study: Study) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    children = children_grid(study).ravel()
    parts = []
    if study.communities is not None:
        inside, children = _split(study, children)
        parts.append(_community_points(study, inside))
    parts.append(_cell_points(study, children))
    points = _stack(parts)
    return points, _beyond_units(points)


def _unused_counts(study: Study) -> list[Problem]:
    if not _has_counts(study.communities):
        return []
    text = "not every community carries a count of children"
    done = "the population grid was used instead"
    return [Problem("communities", "incomplete_counts", text, done, column="children")]


def _beyond_units(points: gpd.GeoDataFrame) -> list[Problem]:
    """Say so when the grid is larger than the area: its children would count without a word."""
    beyond = points.loc[points["unit_id"] == OUTSIDE, "children"].sum()
    if beyond <= MOSTLY_INSIDE * points["children"].sum():
        return []
    share = beyond / points["children"].sum()
    text = f"{beyond:,.1f} children ({share:.1%}) of the grid live in no unit"
    done = "kept, in the unit 'outside'; clip the grid where it is larger than the area"
    return [Problem("population", "outside_units", text, done, "note")]


def _split(
    study: Study, children: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Children of each community, and what each cell keeps."""
    grid = cast("Population", study.population).grid
    communities = cast("gpd.GeoDataFrame", study.communities)
    shares = share_overlaps(coverage_matrix(communities, grid), communities, grid)
    covered = np.asarray(shares.sum(axis=0)).ravel()
    full = covered > 1.0 - FULL_COVER
    inside = np.asarray(shares @ np.divide(children, covered, out=children.copy(), where=full))
    return inside, np.where(full, 0.0, children * (1.0 - covered))


def _community_points(study: Study, children: NDArray[np.float64]) -> gpd.GeoDataFrame:
    communities = cast("gpd.GeoDataFrame", study.communities)
    points = communities.representative_point()
    declared = communities.get("unit_id")
    return gpd.GeoDataFrame(
        {
            "demand_id": communities["community_id"],
            "source": "community",
            "community_id": communities["community_id"],
            "unit_id": study.unit_of(points, declared),
            "name": communities.get("name"),
            "children": children,
            "cell_number": -1,
        },
        geometry=points,
    )


def _cell_points(study: Study, children: NDArray[np.float64]) -> gpd.GeoDataFrame:
    grid = cast("Population", study.population).grid
    cells = np.flatnonzero(children > 0)
    points = gpd.GeoSeries(gpd.points_from_xy(*grid.centres(cells)), crs=grid.crs).to_crs(study.crs)
    if not (np.isfinite(points.x).all() and np.isfinite(points.y).all()):
        raise InputError(
            "the grid reaches so far beyond the study area that no map shows both",
            source=cast("Population", study.population).source or None,
            hint="Clip it to the study area first.",
        )
    rows, columns = np.divmod(cells, grid.shape[1])
    return gpd.GeoDataFrame(
        {
            "demand_id": [f"cell-{r}-{c}" for r, c in zip(rows, columns, strict=True)],
            "source": "cell",
            "community_id": None,
            "unit_id": study.unit_of(points),
            "name": None,
            "children": children[cells],
            "cell_number": cells,
        },
        geometry=points,
    )


def _from_communities(study: Study) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    communities = cast("gpd.GeoDataFrame", study.communities)
    counts = communities["children"]
    problems = [
        _counted_as_0("communities", f"'{community}' carries no count of children")
        for community in communities.loc[counts.isna(), "community_id"]
    ]
    return _stack([_community_points(study, counts.fillna(0.0).to_numpy(dtype=float))]), problems


def _from_units(study: Study) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Spread units' counts over their communities; a unit without any keeps its own point."""
    units = cast("gpd.GeoDataFrame", study.units)
    counts = units.set_index("unit_id")["children"].fillna(0.0)
    parts, reached = [], pd.Series(0.0, index=counts.index)
    problems = [
        _counted_as_0("units", f"'{unit}' carries no count of children")
        for unit in units.loc[units["children"].isna(), "unit_id"]
    ]
    if study.communities is not None:
        points = _community_points(study, np.zeros(len(study.communities)))
        weight = pd.Series(_weights(study.communities), index=points.index)
        total = weight.groupby(points["unit_id"]).transform("sum")
        per_unit = points["unit_id"].map(counts).fillna(0.0)
        points["children"] = (per_unit * (weight / total.where(total > 0))).fillna(0.0)
        reached = points.groupby("unit_id")["children"].sum().reindex(counts.index).fillna(0.0)
        parts.append(points)
        problems += [
            _counted_as_0("communities", f"'{c}' lies in no unit")
            for c in points.loc[points["unit_id"] == OUTSIDE, "community_id"]
        ]
    left = units[(counts - reached).to_numpy() > 1e-9 * counts.max()]
    parts.append(_unit_points(study, left))
    return _stack(parts), problems


def _counted_as_0(layer: str, text: str) -> Problem:
    return Problem(layer, "no_count", text, "counted as 0 children", column="children")


def _weights(communities: gpd.GeoDataFrame) -> NDArray[np.float64]:
    for column in SPREAD_BY:
        if column in communities and communities[column].notna().any():
            return np.asarray(communities[column].fillna(0.0), dtype=np.float64)
    return np.asarray(communities.area, dtype=np.float64)


def _unit_points(study: Study, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "demand_id": units["unit_id"].map("unit-{}".format),
            "source": "unit",
            "community_id": None,
            "unit_id": units["unit_id"],
            "name": units.get("name"),
            "children": units["children"],
            "cell_number": -1,
        },
        geometry=units.representative_point(),
        crs=study.crs,
    )


def _stack(parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    filled = [p for p in parts if len(p)]
    stacked = pd.concat(
        [p.astype({"community_id": object, "name": object}) for p in filled or parts[:1]]
    )
    return gpd.GeoDataFrame(stacked.reset_index(drop=True), crs=parts[0].crs)[list(POINT_COLUMNS)]

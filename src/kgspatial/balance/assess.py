"""`assess_balance`: who finds a place, where, and who does not; gaps at every level.

Imports from `choice`, `allocate`, `travel`, `supply`, `demand`, `study`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.balance.allocate import allocate
from kgspatial.balance.choice import allocate_by_choice, own_pairs
from kgspatial.demand import Demand
from kgspatial.errors import InputError
from kgspatial.inputs.problems import joined_problems, problem_table
from kgspatial.inputs.settings import BalanceSettings
from kgspatial.study import OUTSIDE, WHOLE_AREA, Study
from kgspatial.supply import kindergarten_supply, project_problems
from kgspatial.travel import TravelMatrix
from kgspatial.travel.catchments import catchments
from kgspatial.travel.catchments.catchments import CatchmentMethod
from kgspatial.travel.matrix import csr_with_zeros

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse
    from shapely.geometry.base import BaseGeometry

COMMUNITY_COLUMNS = ("community_id", "name", "name_latin", "unit_id", "households", "residents")
CHILD_COLUMNS = ("children", "served", "unserved", "unreached")
NOBODY = 1e-9
"""Fewer children than this are rounding; a ratio over them tells nothing."""

FOUND_COLUMNS = ("served", "unserved", "unreached", "nearest_m", "mean_distance_m")
"""What a balance finds of each demand point."""

UNIT_COLUMNS = ("unit_id", "name", "name_latin")


@dataclass(frozen=True, eq=False)
class Balance:
    """Demand against supply within reach: the state of one area in one year.

    Parameters
    ----------
    demand : GeoDataFrame
        Demand points with ``children``, ``served``, ``unserved``, ``unreached`` (children with no
        kindergarten within the limit), ``nearest_m``, ``mean_distance_m``.
    communities : GeoDataFrame
        Polygons with the same columns and ``gap`` (children minus places given to them).
    kindergartens : GeoDataFrame
        Points with ``places``, ``served``, ``vacant``, ``utilisation``, ``nearest_children``,
        ``gap`` (children whose nearest it is minus places: positive is short), ``counted``.
    units : GeoDataFrame
        Polygons with ``children``, ``places``, ``served``, ``unserved``, ``unreached``,
        ``vacant``, ``gap`` (children minus places). What lies in no unit has the row ``outside``.
    catchments : GeoDataFrame
        Service areas with ``children``, ``places``, ``ratio`` (places per 100 children),
        ``only_children`` (children whom no other kindergarten reaches), ``shared_children``,
        ``exclusive_share``: circles, street isochrones, or hulls, as the walks were measured.
    assignment : csr_array
        Children, demand points x kindergartens.
    travel : TravelMatrix
        The distances behind it.
    year : int, optional
        The year.
    problems : DataFrame
        What was found in the inputs and while joining them: of the study and of the demand.
    """

    demand: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    kindergartens: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame
    assignment: sparse.csr_array
    travel: TravelMatrix
    year: int | None = None
    problems: pd.DataFrame = field(default_factory=lambda: problem_table([]))

    @property
    def points(self) -> gpd.GeoDataFrame:
        """The demand points as they came, without what the balance found of them."""
        return self.demand[[c for c in self.demand if c not in FOUND_COLUMNS]]

    @property
    def totals(self) -> dict[str, float | None]:
        """Key figures of the area; None where the inputs do not tell.

        ``places``, ``vacant`` and ``enrolled`` are those of the kindergartens that count as
        supply: children enrolled where nothing is licensed or open do not stand beside places
        that are not there.
        """
        points, gardens = self.demand, self.kindergartens
        children, served = points["children"].sum(), points["served"].sum()
        unreached = points["unreached"].sum()
        walked = (points["served"] * points["mean_distance_m"].fillna(0.0)).sum()
        enrolled = gardens.loc[gardens["counted"].astype(bool), "enrolled"]
        return {
            "children": float(children),
            "places": float(gardens["places"].sum()),
            "enrolled": float(enrolled.sum()) if enrolled.notna().any() else None,
            "served": float(served),
            "unserved": float(points["unserved"].sum()),
            "unreached": float(unreached),
            "vacant": float(gardens["vacant"].sum()),
            "coverage": float(1.0 - unreached / children) if children > 0 else None,
            "mean_distance_m": float(walked / served) if served > 0 else None,
        }

    def __repr__(self) -> str:
        t = self.totals
        year = f" {self.year}" if self.year else ""
        return (
            f"<Balance{year}: {t['children']:,.0f} children, {t['places']:,.0f} places; "
            f"{t['served']:,.0f} served, {t['unserved']:,.0f} without a place "
            f"({t['unreached']:,.0f} out of reach), {t['vacant']:,.0f} places vacant>"
        )


def assess_balance(study: Study, demand: Demand, travel: TravelMatrix) -> Balance:
    """Assign children to places and state the gaps of communities, kindergartens and units.

    Parameters
    ----------
    study : Study
        The study area.
    demand : Demand
        Children per demand point.
    travel : TravelMatrix
        Demand points x the study's kindergartens, as :func:`kgspatial.measure_travel` gives it.

    Returns
    -------
    Balance
        With ``served + unserved = children`` in every row and in total.

    Raises
    ------
    InputError
        When `travel` was measured for other points.
    """
    gardens = kindergarten_supply(study, year=demand.year)
    found = balance_of(study, demand.points, gardens, travel, demand.year)
    problems = joined_problems(
        study.problems, demand.problems, travel.problems, project_problems(study)
    )
    return replace(found, problems=problems)


def balance_of(
    study: Study,
    points: gpd.GeoDataFrame,
    gardens: gpd.GeoDataFrame,
    travel: TravelMatrix,
    year: int | None,
    choice: BalanceSettings | None = None,
    assignment: sparse.csr_array | None = None,
) -> Balance:
    """Assess given demand points against given kindergartens: the state before or after a plan.

    `choice` takes the place of the study's ``[balance]`` settings, `assignment` (children, points x
    kindergartens) of what would follow from them.
    """
    _check_ids(points["demand_id"], travel.origin_ids, "demand points")
    _check_ids(gardens["kindergarten_id"], travel.destination_ids, "kindergartens")
    counted = only_counted(travel, gardens["counted"].to_numpy(dtype=bool))
    children = points["children"].to_numpy(dtype=float)
    rules = study.settings.balance if choice is None else choice
    if assignment is None:
        assignment = _assigned(points, gardens, travel, rules)
    demand = _demand_rows(points, assignment, travel, counted)
    supply = _supply_rows(study, gardens, assignment, counted, children)
    return Balance(
        demand=demand,
        communities=_community_rows(study, demand),
        kindergartens=supply,
        units=_unit_rows(study, demand, supply),
        catchments=_catchments(study, points, supply, counted),
        assignment=assignment,
        travel=travel,
        year=year,
    )


def _assigned(
    points: gpd.GeoDataFrame,
    gardens: gpd.GeoDataFrame,
    travel: TravelMatrix,
    rules: BalanceSettings,
) -> sparse.csr_array:
    """Children to places by the rules of choice."""
    children = points["children"].to_numpy(dtype=float)
    places = gardens["places"].to_numpy(dtype=float)
    if rules.is_free:
        return allocate(travel, children, places)
    own = None
    if rules.own_estate_first and "supports_community" in gardens:
        own = own_pairs(points["community_id"], gardens["supports_community"])
    stays = gardens["enrolled"].to_numpy(dtype=float) if rules.keep_enrolled else None
    return allocate_by_choice(
        travel, children, places, order=rules.allocation, own=own, stays=stays
    )


def _check_ids(ids: pd.Series, found: NDArray[np.str_], what: str) -> None:
    if not np.array_equal(np.asarray(ids, dtype=np.str_), found):
        raise InputError(
            f"the travel matrix was measured for other {what}",
            hint="Measure again: travel = measure_travel(study, demand).",
        )


def only_counted(travel: TravelMatrix, counted: NDArray[np.bool_]) -> TravelMatrix:
    """Return the same matrix without the entries of kindergartens that are no supply."""
    csr = travel.csr
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    kept = counted[csr.indices]
    reduced = csr_with_zeros(rows[kept], csr.indices[kept], csr.data[kept], csr.shape)
    return replace(travel, csr=reduced)


def _demand_rows(
    points: gpd.GeoDataFrame,
    assignment: sparse.csr_array,
    travel: TravelMatrix,
    counted: TravelMatrix,
) -> gpd.GeoDataFrame:
    children = points["children"].to_numpy(dtype=float)
    served = np.minimum(np.asarray(assignment.sum(axis=1)).ravel(), children)
    walked = _walked(assignment, travel)
    return points.assign(
        served=served,
        unserved=children - served,
        unreached=np.where(counted.reached, 0.0, children),
        nearest_m=counted.nearest()[0],
        mean_distance_m=np.divide(
            walked, served, out=np.full_like(served, np.nan), where=served > 0
        ),
    )


def _walked(assignment: sparse.csr_array, travel: TravelMatrix) -> NDArray[np.float64]:
    """Child-metres per demand point (element by element: a stored 0 m must not vanish)."""
    return np.asarray(assignment.multiply(travel.csr).sum(axis=1)).ravel()


def _supply_rows(
    study: Study,
    gardens: gpd.GeoDataFrame,
    assignment: sparse.csr_array,
    counted: TravelMatrix,
    children: NDArray[np.float64],
) -> gpd.GeoDataFrame:
    places = gardens["places"].to_numpy(dtype=float)
    served = np.minimum(np.asarray(assignment.sum(axis=0)).ravel(), places)
    nearest = counted.nearest()[1]
    has = nearest >= 0
    nearest_children = np.bincount(nearest[has], children[has], minlength=len(gardens))
    return gardens.assign(
        unit_id=study.unit_of(gardens.geometry).to_numpy(),
        served=served,
        vacant=places - served,
        utilisation=np.divide(served, places, out=np.full_like(places, np.nan), where=places > 0),
        nearest_children=nearest_children,
        gap=nearest_children - places,
    )


def _community_rows(study: Study, demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if study.communities is None:
        columns = [
            "community_id",
            "name",
            "unit_id",
            *CHILD_COLUMNS,
            "gap",
            "nearest_m",
            "mean_distance_m",
        ]
        return gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=study.crs)
    own = demand[demand["source"] == "community"].set_index("community_id")
    table = study.communities[[c for c in COMMUNITY_COLUMNS if c in study.communities]].copy()
    if "name" not in table:
        table["name"] = None
    rows = own.reindex(table["community_id"])
    table["unit_id"] = rows["unit_id"].to_numpy()
    for column in CHILD_COLUMNS:
        table[column] = rows[column].fillna(0.0).to_numpy()
    return gpd.GeoDataFrame(
        table.assign(
            gap=table["children"] - table["served"],
            nearest_m=rows["nearest_m"].to_numpy(),
            mean_distance_m=rows["mean_distance_m"].to_numpy(),
        ),
        geometry=study.communities.geometry,
    )


def _unit_rows(
    study: Study, demand: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    sums = demand.groupby("unit_id")[list(CHILD_COLUMNS)].sum()
    supply = gardens.groupby("unit_id")[["places", "vacant"]].sum()
    used = sums.index.union(supply.index)
    table = _unit_frame(study, demand, OUTSIDE in used)
    for column, source in [
        *((c, sums) for c in CHILD_COLUMNS),
        ("places", supply),
        ("vacant", supply),
    ]:
        table[column] = source[column].reindex(table["unit_id"]).fillna(0.0).to_numpy()
    return table.assign(gap=table["children"] - table["places"])


def _unit_frame(study: Study, demand: gpd.GeoDataFrame, outside: bool) -> gpd.GeoDataFrame:
    """One row per unit of the layer, plus one for what lies `outside` all of them, if any does."""
    if study.units is None:
        area = _whole_area(study, demand)
        return gpd.GeoDataFrame(
            {"unit_id": [WHOLE_AREA], "name": [None]}, geometry=[area], crs=study.crs
        )
    table = study.units[[c for c in UNIT_COLUMNS if c in study.units] + ["geometry"]]
    if "name" not in table:
        table = table.assign(name=None)
    if not outside:
        return gpd.GeoDataFrame(table.copy())
    nowhere = gpd.GeoSeries(np.array([None], dtype=object), crs=study.crs)
    extra = gpd.GeoDataFrame({"unit_id": [OUTSIDE], "name": [None]}, geometry=nowhere)
    return gpd.GeoDataFrame(pd.concat([table, extra], ignore_index=True), crs=study.crs)


def _whole_area(study: Study, demand: gpd.GeoDataFrame) -> BaseGeometry:
    """Hull of all that the study holds; around one point or a row of them, as far as one walks."""
    layers = [study.communities, study.kindergartens, demand]
    shapes = [shapely.union_all(f.geometry.to_numpy()) for f in layers if f is not None]
    hull = shapely.convex_hull(shapely.union_all(shapes))
    return hull if hull.geom_type == "Polygon" else hull.buffer(study.settings.travel.limit_m)


def _catchments(
    study: Study, points: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame, counted: TravelMatrix
) -> gpd.GeoDataFrame:
    """Service areas of the kindergartens that count, drawn as the walks were measured."""
    measured = str(counted.provenance.get("method", "straight"))
    method = CATCHMENT_OF.get(measured, "reach")
    detour = float(counted.provenance.get("detour", study.settings.travel.detour))
    areas = catchments(points, gardens, counted, method=method, detour=detour).areas
    shown = gardens["counted"].to_numpy(dtype=bool)
    radius = counted.limit_m / (detour if method == "radius" else 1.0)
    return gpd.GeoDataFrame(areas.assign(radius_m=radius)[shown].reset_index(drop=True))


CATCHMENT_OF: dict[str, CatchmentMethod] = {"straight": "radius", "street": "street"}
"""How a catchment is drawn, by how the walks were measured; a hull for a given matrix."""

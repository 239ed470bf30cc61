"""Demand points: where children live, as rows of one table whatever the method.

Imports from `study`, `layers`, `inputs` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.problems import problem_table
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.layers import Population

POINT_COLUMNS = (
    "demand_id",
    "source",
    "community_id",
    "unit_id",
    "name",
    "children",
    "cell_number",
    "method",
    "urban",
    "geometry",
)


@dataclass(frozen=True, eq=False)
class Demand:
    """Children aged 3 to 5 per demand point.

    Parameters
    ----------
    points : GeoDataFrame
        One row per demand point: ``demand_id``, ``source`` (``community``, ``cell``, ``village``
        or, for totals of units without any of these, ``unit``), ``community_id``, ``unit_id``,
        ``name``, ``children``, ``cell_number`` (row-major in the population grid, -1 elsewhere),
        ``method`` (by which this point's children were told), ``urban`` (whether its unit is),
        point.
    year : int, optional
        The year for which the children are counted.
    method : str
        One of :data:`kgspatial.demand.estimate.METHODS`.
    scenario : str
        Of a forecast; empty otherwise.
    problems : DataFrame
        What was found while joining the layers.
    """

    points: gpd.GeoDataFrame
    year: int | None = None
    method: str = "register"
    scenario: str = ""
    problems: pd.DataFrame = field(default_factory=lambda: problem_table([]))

    @property
    def children(self) -> float:
        """All children."""
        return float(self.points["children"].sum())

    @property
    def by_urban(self) -> pd.Series:
        """Children of urban units, of rural ones, and of those that nothing is said of."""
        urban = self.points["urban"]
        named = np.where(urban.fillna(False).to_numpy(dtype=bool), "urban", "rural")
        group = pd.Series(np.where(urban.isna(), "unknown", named), index=self.points.index)
        sums = self.points["children"].groupby(group).sum()
        return sums.reindex(["urban", "rural", "unknown"]).fillna(0.0)

    def __repr__(self) -> str:
        by = self.points.groupby("source")["children"].agg(["size", "sum"])
        rows = "; ".join(f"{r['size']:.0f} {s}: {r['sum']:,.0f}" for s, r in by.iterrows())
        year = f" in {self.year}" if self.year else ""
        return f"<Demand{year} by {self.method}: {self.children:,.1f} children ({rows})>"


def community_points(
    study: Study,
    children: NDArray[np.float64],
    method: str | pd.Series,
    communities: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """One point for each community (all of the study unless given), with its children."""
    if communities is None:
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
            "method": method,
        },
        geometry=points,
    )


def cell_points(study: Study, children: NDArray[np.float64], method: str) -> gpd.GeoDataFrame:
    """One point for each cell of the population grid that holds children."""
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
            "method": method,
        },
        geometry=points,
    )


def unit_points(study: Study, units: gpd.GeoDataFrame, method: str) -> gpd.GeoDataFrame:
    """One point for each of `units`, with the children that its row carries."""
    return gpd.GeoDataFrame(
        {
            "demand_id": units["unit_id"].map("unit-{}".format),
            "source": "unit",
            "community_id": None,
            "unit_id": units["unit_id"],
            "name": units.get("name"),
            "children": units["children"],
            "cell_number": -1,
            "method": method,
        },
        geometry=units.representative_point(),
        crs=study.crs,
    )


def village_points(
    study: Study, villages: gpd.GeoDataFrame, children: NDArray[np.float64], method: str
) -> gpd.GeoDataFrame:
    """One point for each village, with its children."""
    points = villages.representative_point()
    return gpd.GeoDataFrame(
        {
            "demand_id": villages["village_id"].map("village-{}".format),
            "source": "village",
            "community_id": None,
            "unit_id": study.unit_of(points, villages.get("unit_id")),
            "name": villages.get("name"),
            "children": children,
            "cell_number": -1,
            "method": method,
        },
        geometry=points,
    )


def stacked(study: Study, parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Points of several sources as one table, with whether their unit is urban."""
    filled = [p for p in parts if len(p)]
    table = pd.concat(
        [p.astype({"community_id": object, "name": object}) for p in filled or parts[:1]]
    ).reset_index(drop=True)
    urban = pd.Series(pd.NA, index=table.index, dtype="boolean")
    if study.units is not None and "urban" in study.units:
        urban = table["unit_id"].map(study.units.set_index("unit_id")["urban"]).astype("boolean")
    table = table.assign(urban=urban)
    return gpd.GeoDataFrame(table, crs=parts[0].crs)[list(POINT_COLUMNS)]

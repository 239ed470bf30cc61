"""Candidates where children are without a place: at demand points, or on a lattice over them.

Imports from `lattices`, `table`, `study`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.siting.candidates.lattices import HEXAGONS, SQUARES, Lattice, hexagon_of, nodes_near
from kgspatial.siting.candidates.table import candidate_table
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UNSERVED_NOISE = 1e-3
"""Children below which a demand point asks for no candidate."""

LATTICES = {"hexagons": HEXAGONS, "grid": SQUARES}


def generated_candidates(study: Study, demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the generated candidates that the plan asks for.

    Parameters
    ----------
    study : Study
        ``[siting] generate`` says how: of each hexagon of ``spacing_m`` the demand point with the
        most unserved children (``demand``, and where nothing is said and no layer is given), or the
        nodes of a lattice (``hexagons``, ``grid``) from which an unserved child lives within the
        walking limit, or within the node's own cell.
    demand : GeoDataFrame
        Demand points with ``unserved``.

    Raises
    ------
    InputError
        When ``spacing_m`` is 0, or so small that there would be millions of candidates.
    """
    settings, given = study.settings.siting, study.candidates is not None
    how = settings.generate or (None if given else "demand")
    if how is None:
        return candidate_table({}, gpd.GeoSeries([], crs=study.crs))
    if settings.spacing_m <= 0:
        message = "candidates cannot be generated at a distance of 0 m from each other"
        raise InputError(message, column="siting.spacing_m", hint="Write metres, such as 500.")
    short = demand[demand["unserved"] > UNSERVED_NOISE]
    if how == "demand":
        return _at_demand(study, short, settings.spacing_m)
    return _on_lattice(study, short, LATTICES[how], settings.spacing_m)


def _at_demand(study: Study, short: gpd.GeoDataFrame, spacing: float) -> gpd.GeoDataFrame:
    xy = _xy(short)
    q, r = hexagon_of(xy[:, 0] / spacing, xy[:, 1] / spacing)
    best = (
        short.assign(q=q, r=r)
        .sort_values(["unserved", "demand_id"], ascending=[False, True])
        .drop_duplicates(["q", "r"])
        .sort_values("demand_id")
    )
    values = {
        "site_id": best["demand_id"].map("near-{}".format),
        "name": best["name"],
        "source": "community",
        "weight": best["unserved"],
    }
    return candidate_table(values, gpd.GeoSeries(best.geometry, crs=study.crs))


def _on_lattice(
    study: Study, short: gpd.GeoDataFrame, lattice: Lattice, spacing: float
) -> gpd.GeoDataFrame:
    travel, xy = study.settings.travel, _xy(short)
    walk = travel.limit_m / max(travel.detour, 1.0)
    nodes = nodes_near(lattice, xy, spacing, max(walk, lattice.radius * spacing * (1.0 + 1e-9)))
    places = lattice.places(nodes, spacing)
    values = {
        "site_id": [f"{lattice.name}_{column}_{row}" for column, row in nodes],
        "source": "generated",
        "weight": _unserved_in_cells(short, lattice, spacing, nodes),
    }
    return candidate_table(values, gpd.GeoSeries.from_xy(places[:, 0], places[:, 1], crs=study.crs))


def _unserved_in_cells(
    short: gpd.GeoDataFrame, lattice: Lattice, spacing: float, nodes: NDArray[np.int64]
) -> Floats:
    xy = _xy(short) / spacing
    cells = pd.MultiIndex.from_arrays(lattice.cell_of(xy[:, 0], xy[:, 1]))
    total = pd.Series(short["unserved"].to_numpy(dtype=np.float64), index=cells)
    summed = total.groupby(level=[0, 1]).sum()
    wanted = pd.MultiIndex.from_arrays((nodes[:, 0], nodes[:, 1]))
    return summed.reindex(wanted, fill_value=0.0).to_numpy(dtype=np.float64)


def _xy(points: gpd.GeoDataFrame) -> Floats:
    return np.column_stack((points.geometry.x, points.geometry.y)).astype(np.float64)

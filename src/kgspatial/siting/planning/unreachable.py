"""Who no kindergarten and no candidate reaches, and by how many metres the nearest one misses.

Imports from `phases`, `bounds`.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from scipy.spatial import KDTree

from kgspatial.siting.planning.bounds import facility_points
from kgspatial.siting.planning.phases import Phases


def unreachable(phases: Phases) -> gpd.GeoDataFrame:
    """Return the demand points that nothing reaches, those with the most children first.

    Along streets the nearest in a straight line is named: the walk is at least as long.
    """
    csr, more = phases.travel.csr, phases.reach.csr
    lone = (np.diff(csr.indptr) == 0) & (np.diff(more.indptr) == 0)
    children = phases.children(0)
    rows = np.flatnonzero(lone & (phases.situations.demand.sum(axis=1) > 0))
    places = facility_points(phases)
    ids = np.concatenate(
        [
            phases.supply[0]["kindergarten_id"].astype(str).to_numpy(),
            phases.candidates["site_id"].astype(str).to_numpy(),
        ]
    )
    points = phases.points.iloc[rows]
    tree = KDTree(np.column_stack([places.x, places.y]))
    metres, nearest = tree.query(
        np.column_stack([points.geometry.x, points.geometry.y]).reshape(-1, 2)
    )
    detour = float(phases.travel.provenance.get("detour", 1.0))
    table = gpd.GeoDataFrame(
        points[["demand_id", "name", "unit_id"]].assign(
            children=children[rows],
            nearest_id=ids[nearest],
            nearest_m=metres * detour,
            beyond_m=metres * detour - phases.travel.limit_m,
        ),
        geometry=points.geometry,
        crs=phases.points.crs,
    )
    return table.sort_values(["children", "demand_id"], ascending=[False, True]).reset_index(
        drop=True
    )

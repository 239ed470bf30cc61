"""`measure_travel`: the travel matrix of a study, and the service areas of its kindergartens.

Imports from `straight`, `matrix`, `demand`, `supply`, `study`.
"""

from __future__ import annotations

import geopandas as gpd

from kgspatial.demand import Demand
from kgspatial.study import Study
from kgspatial.travel.matrix import TravelMatrix
from kgspatial.travel.straight import straight


def measure_travel(
    study: Study,
    demand: Demand,
    *,
    to: gpd.GeoDataFrame | None = None,
    limit_m: float | None = None,
    detour: float | None = None,
) -> TravelMatrix:
    """Measure walking metres from demand points to kindergartens.

    Rows of the streets layer with a ``barrier`` cut what their line separates.

    Parameters
    ----------
    study : Study
        The study area; its ``[travel]`` settings hold unless given here.
    demand : Demand
        The origins.
    to : GeoDataFrame, optional
        Other destinations, such as candidate sites; the study's kindergartens unless given.
    limit_m, detour : float, optional
        Walking limit in metres, and walking metres per metre of straight line.

    Returns
    -------
    TravelMatrix
        Demand points x destinations.
    """
    settings = study.settings.travel
    return straight(
        demand.points,
        study.kindergartens if to is None else to,
        limit_m=settings.limit_m if limit_m is None else limit_m,
        detour=settings.detour if detour is None else detour,
        barriers=barrier_lines(study),
    )


def barrier_lines(study: Study) -> gpd.GeoDataFrame | None:
    """The rows of the streets layer that cannot be crossed on foot, or None."""
    if study.streets is None or "barrier" not in study.streets:
        return None
    lines = study.streets[study.streets["barrier"].notna()]
    return lines if len(lines) else None

"""`measure_travel`: the travel matrix of a study, by the method that its settings name.

Imports from `unsnapped`, `given`, `street`, `straight`, `network`, `matrix`, `demand`, `study`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand import Demand
from kgspatial.errors import InputError
from kgspatial.inputs.problems import joined_problems
from kgspatial.inputs.settings import TravelMethod
from kgspatial.study import Study
from kgspatial.travel.given import given
from kgspatial.travel.matrix import TravelMatrix
from kgspatial.travel.network import StreetNetwork, street_network, with_slopes
from kgspatial.travel.places import ids_of
from kgspatial.travel.straight import straight
from kgspatial.travel.street import street
from kgspatial.travel.unsnapped import unsnapped_problems


def measure_travel(
    study: Study,
    demand: Demand | gpd.GeoDataFrame,
    *,
    to: gpd.GeoDataFrame | None = None,
    method: TravelMethod | None = None,
    limit_m: float | None = None,
    detour: float | None = None,
    network: StreetNetwork | None = None,
) -> TravelMatrix:
    """Measure walking metres from demand points to kindergartens.

    Rows of the streets layer with a ``barrier`` cut what their line separates.

    Parameters
    ----------
    study : Study
        The study area; its ``[travel]`` settings hold unless given here.
    demand : Demand or GeoDataFrame
        The origins, or the rows of a balance's ``demand``.
    to : GeoDataFrame, optional
        Other destinations, such as candidate sites; the study's kindergartens unless given.
    method : {"straight", "street", "given"}, optional
        As the crow flies times `detour`; along the streets layer; or the study's own matrix.
    limit_m, detour : float, optional
        Walking limit in metres, and walking metres per metre of straight line.
    network : StreetNetwork, optional
        What :func:`study_network` made, so that it is not made again.

    Returns
    -------
    TravelMatrix
        Demand points x destinations, metres. A study's matrix in minutes is turned into metres
        by ``[travel] speed_m_per_min``.

    Raises
    ------
    InputError
        When the method needs a layer or a table that the study does not have.
    """
    settings = study.settings.travel
    points = demand.points if isinstance(demand, Demand) else demand
    ends = study.kindergartens if to is None else to
    limit = settings.limit_m if limit_m is None else limit_m
    chosen = settings.method if method is None else method
    if chosen == "given":
        return _given(study, points, ends, limit)
    if chosen == "street":
        return _along_streets(study, points, ends, limit, network)
    return straight(
        points,
        ends,
        limit_m=limit,
        detour=settings.detour if detour is None else detour,
        barriers=barrier_lines(study),
    )


def barrier_lines(study: Study) -> gpd.GeoDataFrame | None:
    """The rows of the streets layer that cannot be crossed on foot, or None."""
    if study.streets is None or "barrier" not in study.streets:
        return None
    lines = study.streets[study.streets["barrier"].notna()]
    return lines if len(lines) else None


def study_network(study: Study) -> StreetNetwork:
    """Make the walking network of a study's streets, with slopes where it has an elevation.

    Raises
    ------
    InputError
        When the study has no streets.
    """
    if study.streets is None:
        raise InputError(
            "travel along streets needs a layer of streets",
            hint='Write [inputs.streets], or method = "straight" under [travel].',
        )
    network = street_network(study.streets, crossings=study.settings.travel.crossings)
    return network if study.elevation is None else with_slopes(network, study.elevation)


def _along_streets(
    study: Study,
    points: gpd.GeoDataFrame,
    ends: gpd.GeoDataFrame,
    limit_m: float,
    network: StreetNetwork | None,
) -> TravelMatrix:
    found = street(
        points,
        ends,
        streets=study_network(study) if network is None else network,
        limit_m=limit_m,
        snap_m=study.settings.travel.snap_m,
        outlines=community_outlines(study, points),
        gates=study.gates,
    )
    lost = unsnapped_problems(found.unsnapped, points, ends)
    return replace(found, problems=joined_problems(found.problems, lost))


def community_outlines(study: Study, points: gpd.GeoDataFrame) -> gpd.GeoSeries | None:
    """The polygon of each demand point that stands for a community; None for the others."""
    if study.communities is None:
        return None
    shapes = study.communities.set_index("community_id").geometry
    named = points["community_id"].where(points["source"] == "community")
    found = np.asarray(shapes.reindex(named), dtype=object)
    return gpd.GeoSeries(found, index=points.index, crs=study.communities.crs)


def _given(
    study: Study, points: gpd.GeoDataFrame, ends: gpd.GeoDataFrame, limit_m: float
) -> TravelMatrix:
    if study.travel is None:
        raise InputError(
            "the study has no travel matrix of its own",
            hint='Write [inputs.travel], or method = "straight" under [travel].',
        )
    speed = study.settings.travel.speed_m_per_min
    in_minutes = "metres" not in study.travel
    return given(
        _rows_for(study, ends),
        origins=points,
        destinations=ends,
        limit=limit_m / speed if in_minutes else limit_m,
        source=str(study.travel.attrs.get("source", "")),
    ).in_metres(speed)


def _rows_for(study: Study, ends: gpd.GeoDataFrame) -> pd.DataFrame:
    """The rows of the study's matrix but those to its other places: sites, or kindergartens."""
    table = cast("pd.DataFrame", study.travel)
    layers = [f for f in (study.kindergartens, study.candidates) if f is not None]
    known = np.concatenate([ids_of(layer) for layer in layers])
    others = np.setdiff1d(known, ids_of(ends))
    rows = table[~table["destination_id"].astype(str).isin(others)]
    return rows if len(rows) else table

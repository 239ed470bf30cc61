"""Travel along streets: metres from point to street, along the network, and to the other point.

Imports from `unsnapped`, `network`, `places`, `matrix`, `inputs`.
"""

from __future__ import annotations

import geopandas as gpd

from kgspatial.inputs.problems import joined_problems
from kgspatial.inputs.settings import Crossings
from kgspatial.travel.matrix import TravelMatrix
from kgspatial.travel.network import (
    StreetNetwork,
    entrances_of,
    network_distances,
    street_network,
)
from kgspatial.travel.places import check_positive, ids_of, metric_crs, moved
from kgspatial.travel.unsnapped import unsnapped_table


def street(
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    *,
    streets: gpd.GeoDataFrame | StreetNetwork,
    limit_m: float,
    snap_m: float = 200.0,
    crossings: Crossings = "auto",
    outlines: gpd.GeoSeries | None = None,
    gates: gpd.GeoDataFrame | None = None,
) -> TravelMatrix:
    """Walking distances along streets, as a sparse matrix.

    Each point walks straight to the nearest place on a street (not to the nearest crossing), and
    that walk counts. Streets are walked both ways, whatever ``oneway`` says.

    Parameters
    ----------
    origins, destinations : GeoDataFrame
        Points in any declared CRS. Polygons are walled estates, as are points with an outline:
        they are entered at their gates, else where their boundary is nearest to each street, and
        the walk from the inner point to the boundary counts. Ids are found as in
        :func:`kgspatial.travel.straight`.
    streets : GeoDataFrame or StreetNetwork
        Lines with the columns of the streets layer, all optional; or the network that
        :func:`kgspatial.travel.street_network` made of them, which saves making it again.
    limit_m : float
        Pairs with more walking metres than this are absent.
    snap_m : float
        Longest walk to the nearest street. Points farther off are listed in ``unsnapped``.
    crossings : {"auto", "at_grade", "shared"}
        Where lines join; see :func:`kgspatial.travel.street_network`.
    outlines : GeoSeries, optional
        Polygons of the origins that are estates, aligned to `origins`; None elsewhere.
    gates : GeoDataFrame, optional
        Points at which estates are entered, with ``community_id`` where it is known.

    Returns
    -------
    TravelMatrix
        Metres, with the network and the table of what could not be snapped.

    Raises
    ------
    InputError
        When a layer has no CRS, or limit or snapping distance cannot be used.

    Examples
    --------
    >>> from shapely import LineString
    >>> lane = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (400, 0), (400, 300)])], crs=4549)
    >>> home = gpd.GeoDataFrame(geometry=gpd.points_from_xy([100], [20]), crs=4549)
    >>> school = gpd.GeoDataFrame(geometry=gpd.points_from_xy([390], [200]), crs=4549)
    >>> street(home, school, streets=lane, limit_m=1000).csr.toarray()
    array([[530.]])
    """
    check_positive(limit_m, "limit")
    check_positive(snap_m, "longest walk to a street")
    network = _network(streets, crossings)
    start = entrances_of(
        network,
        moved(origins, network.crs, "origins"),
        snap_m=snap_m,
        outlines=None if outlines is None else outlines.to_crs(network.crs),
        gates=None if gates is None else moved(gates, network.crs, "gates"),
    )
    ends = moved(destinations, network.crs, "destinations")
    end = entrances_of(network, ends, snap_m=snap_m)
    start_ids, end_ids = ids_of(origins), ids_of(destinations)
    return TravelMatrix(
        network_distances(network, start, end, limit_m=limit_m),
        start_ids,
        end_ids,
        limit_m,
        method=f"along streets, at most {snap_m:g} m to the nearest",
        provenance={
            "method": "street",
            "limit_m": limit_m,
            "snap_m": snap_m,
            "crossings": crossings,
            "street_km": round(float(network.metres.sum()) / 1000.0, 3),
            "gates": 0 if gates is None else len(gates),
        },
        unsnapped=unsnapped_table(network, (start, start_ids), (end, end_ids)),
        problems=joined_problems(network.problems, start.problems, end.problems),
        network=network,
    )


def _network(streets: gpd.GeoDataFrame | StreetNetwork, crossings: Crossings) -> StreetNetwork:
    if isinstance(streets, StreetNetwork):
        return streets
    crs = metric_crs(streets, "streets")
    projected = streets.to_crs(crs)
    projected.attrs = streets.attrs
    return street_network(projected, crossings=crossings)

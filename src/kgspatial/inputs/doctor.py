"""What layers say that cannot be right: twice the same, too much, elsewhere, shifted, overlapping.

Imports from `shifts`, `crs`, `problems` and `layers`. Nothing is changed here: every finding is
listed with its evidence and what to write, and the layers are used as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.inputs.crs import WGS84, transform_bounds
from kgspatial.inputs.problems import Problem, Severity
from kgspatial.inputs.shifts import undeclared_shifts
from kgspatial.layers import LAYERS, POPULATION, Population

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

ELSEWHERE_M = 50_000.0
"""A layer further than this from the kindergartens has a wrong CRS rather than a long way."""

SAME_POINT_M = 1.0
SAME_NAME_M = 50.0
"""Two rows of one name as near as this are one place entered twice."""

OUTSIDE_M = 100.0
"""Points this far beyond the units lie there by a coarse outline rather than by mistake."""

AROUND_COMMUNITIES_M = 5000.0
"""Where there are no units, the area reaches this far beyond the communities' hull."""

MOST_PLACES = 1000
"""Above this a number of places is rather a misplaced digit: 12 classes have 360."""

TWICE_FULL = 2.0
"""Above this ratio of enrolled children to places one of both is rather a slip."""

SHOWN_OVERLAP, WIDE_OVERLAP = 0.01, 0.10
"""Shares of the smaller community: below the first nothing is said, above the second look."""

ZONE_DEG = 3.0
ZONE_TOLERANCE_DEG = 0.3
IDS_SHOWN = 5
DUPLICATES_IN = ("kindergartens", "communities")
POINTS_IN = ("kindergartens", "communities", "villages", "candidates")


def examine_layers(
    layers: Mapping[str, gpd.GeoDataFrame], population: Population | None
) -> list[Problem]:
    """Return what is suspicious in and between checked layers.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Checked layers by name, in one projected CRS; the index is the row as the user counts it.
    population : Population, optional
        The grid.
    """
    elsewhere = _elsewhere(layers, population)
    far = {problem.layer for problem in elsewhere}
    near = {name: frame for name, frame in layers.items() if name not in far}
    problems = elsewhere + undeclared_shifts(near)
    for name in (n for n in DUPLICATES_IN if n in layers):
        problems += _duplicates(layers[name], name)
    problems += _outside(near)
    problems += _odd_places(layers["kindergartens"])
    if "communities" in layers:
        problems += _overlaps(layers["communities"])
        if population is not None and POPULATION not in far:
            problems += _beyond_grid(layers["communities"], population)
    return problems


def _row(
    frame: gpd.GeoDataFrame,
    name: str,
    row: Any,
    code: str,
    text: str,
    done: str,
    severity: Severity = "warning",
    *,
    column: str = "",
    value: object = None,
) -> Problem:
    """A finding in one row; without a column it is found by its id."""
    id_column = LAYERS[name].id_column or ""
    if not column and id_column:
        column, value = id_column, frame.loc[row, id_column]
    shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    source = str(frame.attrs.get("source", ""))
    return Problem(name, code, text, done, severity, source, int(row), column, shown)


def _label(frame: gpd.GeoDataFrame, name: str, row: Any) -> str:
    """How a row is called in a message: its id, its name where it has one, its row."""
    own = str(frame.loc[row, LAYERS[name].id_column])
    called = frame.loc[row, "name"] if "name" in frame else None
    return f"'{own}'{f' {called}' if isinstance(called, str) else ''} (row {row})"


# ---------------------------------------------------------------- one point, one name twice


def _duplicates(frame: gpd.GeoDataFrame, name: str) -> list[Problem]:
    """Rows that stand on an earlier row's point, or near one of the same name."""
    points = frame.geometry.centroid.to_numpy()
    found = []
    for first, second in _pairs_within(points, SAME_NAME_M):
        row, earlier = frame.index[second], frame.index[first]
        apart = float(shapely.distance(points[first], points[second]))
        label = _label(frame, name, earlier)
        called = _same_name(frame, earlier, row)
        if called:
            text = f"{label} has the same name, {apart:,.0f} m away"
            done = "both kept; delete one if they are the same"
            found.append(
                _row(frame, name, row, "same_name", text, done, column="name", value=called)
            )
        elif apart < SAME_POINT_M:
            text = f"it lies on the same point as {label}"
            done = "both kept; delete one, or correct its position"
            found.append(_row(frame, name, row, "same_point", text, done))
    return found


def _same_name(frame: gpd.GeoDataFrame, one: Any, other: Any) -> str:
    if "name" not in frame:
        return ""
    names = [frame.loc[row, "name"] for row in (one, other)]
    plain = ["".join(n.split()) if isinstance(n, str) else "" for n in names]
    return str(names[1]) if plain[0] and plain[0] == plain[1] else ""


def _pairs_within(shapes: NDArray[np.object_], metres: float) -> list[tuple[int, int]]:
    """Pairs of shapes within a distance, each once, by rows; of a later row only the nearest."""
    tree = shapely.STRtree(shapes)
    later, earlier = tree.query(shapes, predicate="dwithin", distance=metres)
    apart = shapely.distance(shapes[later], shapes[earlier])
    pairs = pd.DataFrame({"later": later, "earlier": earlier, "apart": apart})
    pairs = pairs[pairs["earlier"] < pairs["later"]].sort_values(["later", "apart", "earlier"])
    return list(zip(pairs["earlier"].tolist(), pairs["later"].tolist(), strict=True))


# ---------------------------------------------------------------- in the area or not


def _outside(layers: Mapping[str, gpd.GeoDataFrame]) -> list[Problem]:
    """Rows beyond the units' outlines, or where there are none, far from all communities."""
    if "units" in layers:
        area, what = layers["units"].geometry, "all units"
        reach, tellers = OUTSIDE_M, ("units",)
    elif "communities" in layers:
        hull = shapely.convex_hull(shapely.union_all(layers["communities"].geometry.to_numpy()))
        area, what = gpd.GeoSeries([hull], crs=layers["communities"].crs), "the communities"
        reach, tellers = AROUND_COMMUNITIES_M, ("communities",)
    else:
        return []
    found = []
    for name in (n for n in POINTS_IN if n in layers and n not in tellers):
        frame = layers[name]
        points = frame.geometry.representative_point().to_numpy()
        _, apart = area.sindex.nearest(points, return_all=False, return_distance=True)
        found += [
            _row(
                *(frame, name, frame.index[int(i)], "outside_area"),
                f"it lies {apart[i]:,.0f} m outside {what}",
                "kept; check its position",
            )
            for i in np.flatnonzero(apart > reach)
        ]
    return found


def _beyond_grid(communities: gpd.GeoDataFrame, population: Population) -> list[Problem]:
    """Communities whose children the grid cannot tell, because it ends before them."""
    west, south, east, north = population.grid.bounds
    corners = communities.geometry.to_crs(population.grid.crs).bounds.to_numpy()
    cell = max(abs(population.grid.transform.a), abs(population.grid.transform.e))
    inside = (corners >= (west - cell, south - cell, -np.inf, -np.inf)).all(axis=1)
    inside &= (corners <= (np.inf, np.inf, east + cell, north + cell)).all(axis=1)
    return [
        _row(
            *(communities, "communities", row, "beyond_grid"),
            "the population grid ends before its outline does",
            "its children beyond the grid are not counted",
        )
        for row in communities.index[np.logical_not(inside)]
    ]


def _elsewhere(
    layers: Mapping[str, gpd.GeoDataFrame], population: Population | None
) -> list[Problem]:
    """Layers tens of kilometres from the kindergartens, with the mistake that explains it best."""
    gardens = layers["kindergartens"]
    areas = {n: shapely.box(*frame.total_bounds) for n, frame in layers.items()}
    if population is not None:
        grid = population.grid
        bounds = transform_bounds(grid.crs, gardens.crs, *grid.bounds)  # type: ignore[arg-type]
        areas[POPULATION] = shapely.box(*bounds)
    here = _lonlat_centre(areas["kindergartens"], gardens.crs)
    found = []
    for name, area in areas.items():
        apart = area.distance(areas["kindergartens"])
        if apart > ELSEWHERE_M:
            cause = _likely_cause(_lonlat_centre(area, gardens.crs), here)
            text = f"it lies {apart / 1000:,.0f} km from the kindergartens"
            source = str(layers[name].attrs.get("source", "")) if name in layers else ""
            done = f"used as it is; {cause}"
            found.append(Problem(name, "elsewhere", text, done, "warning", source))
    return found


def _lonlat_centre(area: Any, crs: Any) -> tuple[float, float]:
    west, south, east, north = transform_bounds(crs, WGS84, *area.bounds)
    return (west + east) / 2, (south + north) / 2


def _likely_cause(there: tuple[float, float], here: tuple[float, float]) -> str:
    (lon, lat), (own_lon, own_lat) = there, here
    degrees = abs(lon - own_lon)
    zones = round(degrees / ZONE_DEG)
    same_row = abs(lat - own_lat) < ZONE_TOLERANCE_DEG
    if abs(lon - own_lat) + abs(lat - own_lon) < 1.0:
        return "its longitude and latitude look swapped"
    if zones and same_row and abs(degrees - zones * ZONE_DEG) < ZONE_TOLERANCE_DEG:
        return (
            f"it is {zones * ZONE_DEG:.0f} degrees of longitude away at the same latitude: "
            "the central meridian (zone) of one crs is wrong"
        )
    if abs(lon) < 1.0 and abs(lat) < 1.0:
        return "it lies at 0, 0, which stands for positions that are missing"
    return "check its crs and the order of longitude and latitude"


# ---------------------------------------------------------------- numbers that cannot be


def _odd_places(gardens: gpd.GeoDataFrame) -> list[Problem]:
    if "places" not in gardens:
        return []
    places = gardens["places"]
    done = "used as it is; check the number"
    found = [
        _row(
            *(gardens, "kindergartens", row, "odd_places", text, done),
            column="places",
            value=float(places.loc[row]),
        )
        for odd, text in (
            (places == 0, "it has no places at all"),
            (places > MOST_PLACES, f"it has more than {MOST_PLACES:,} places"),
        )
        for row in gardens.index[odd.to_numpy()]
    ]
    return found + (_overfull(gardens) if "enrolled" in gardens else [])


def _overfull(gardens: gpd.GeoDataFrame) -> list[Problem]:
    """Over-full is a finding about the town; only what is twice full is looked at singly."""
    enrolled, places = gardens["enrolled"], gardens["places"]
    full = (enrolled > places) & (places > 0)
    twice = full & (enrolled > TWICE_FULL * places)
    found = [
        _row(
            *(gardens, "kindergartens", row, "over_full"),
            f"{enrolled[row]:g} children are enrolled on {places[row]:g} places",
            "used as it is; check both numbers",
            column="enrolled",
            value=float(enrolled[row]),
        )
        for row in gardens.index[twice]
    ]
    rest = gardens[full & ~twice]
    if len(rest):
        ids = rest["kindergarten_id"].astype(str).tolist()
        shown = ", ".join(ids[:IDS_SHOWN]) + (", ..." if len(ids) > IDS_SHOWN else "")
        text = f"more children enrolled than places in {len(ids)} of {len(gardens)} rows: {shown}"
        done = "used as it is: they are over-full"
        source = str(gardens.attrs.get("source", ""))
        found.append(
            Problem(*("kindergartens", "over_full", text, done, "note", source), column="enrolled")
        )
    return found


# ---------------------------------------------------------------- communities over each other


def _overlaps(communities: gpd.GeoDataFrame) -> list[Problem]:
    return [
        _row(
            *(communities, "communities", row, "overlap"),
            f"{area / 10_000:,.2f} ha of it ({share:.1%} of the smaller one) lie in "
            f"{_label(communities, 'communities', other)} too",
            "used as it is; children there are shared between both",
            "warning" if share > WIDE_OVERLAP else "note",
        )
        for row, other, area, share in _overlapping(communities)
    ]


def _overlapping(communities: gpd.GeoDataFrame) -> Iterator[tuple[Any, Any, float, float]]:
    shapes = communities.geometry.to_numpy()
    first, second = communities.sindex.query(shapes, predicate="intersects")
    once = first > second
    first, second = first[once], second[once]
    areas = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    shares = areas / np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    for i in np.flatnonzero(shares > SHOWN_OVERLAP):
        rows = communities.index[first[i]], communities.index[second[i]]
        yield *rows, float(areas[i]), float(shares[i])

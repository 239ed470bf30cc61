"""What checked layers say that cannot be right: elsewhere, shifted, twice, outside, too much.

Imports from `elsewhere`, `shifts`, `duplicates`, `rows`, `problems` and `layers`. Nothing is changed
here: every finding is listed with its evidence and what to write, and the layers are used as they
are. A warning is what a person must look at; a note is what is good to know.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.inputs.checks.duplicates import overlapping_rows, repeated_rows
from kgspatial.inputs.checks.elsewhere import layers_elsewhere
from kgspatial.inputs.checks.rows import rows_of
from kgspatial.inputs.checks.shifts import undeclared_shifts
from kgspatial.inputs.problems import Problem
from kgspatial.layers import POPULATION, Population

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTSIDE_M = 100.0
"""Points this far beyond the units lie there by a coarse outline rather than by mistake."""

AROUND_COMMUNITIES_M = 5000.0
"""Where there are no units, the area reaches this far beyond the communities' hull."""

MOST_PLACES = 1000
"""Above this a number of places is rather a misplaced digit: 12 classes have 360."""

TWICE_FULL = 2.0
"""Above this ratio of enrolled children to places, one of both numbers is rather a slip."""

IDS_SHOWN = 5

COUNTED_ONCE = ("kindergartens", "communities", "villages", "candidates")
"""Layers whose rows count: twice the same row counts twice, one that lies outside counts nowhere."""


def examine_layers(
    layers: Mapping[str, gpd.GeoDataFrame], population: Population | None
) -> list[Problem]:
    """Return what is suspicious in and between checked layers.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Checked layers by name, with the kindergartens, in one projected CRS; the index is the row
        as the user counts it, ``attrs["crs_declared"]`` the declared system where it is known.
    population : Population, optional
        The grid.
    """
    problems = layers_elsewhere(layers, population)
    far = {problem.layer for problem in problems}
    near = {name: frame for name, frame in layers.items() if name not in far}
    problems += undeclared_shifts(near)
    for name in (n for n in COUNTED_ONCE if n in layers):
        problems += repeated_rows(layers[name], name)
    problems += _outside(near)
    problems += _odd_places(layers["kindergartens"]) + _over_full(layers["kindergartens"])
    if "communities" in layers:
        problems += overlapping_rows(layers["communities"])
    if "communities" in near and population is not None and POPULATION not in far:
        problems += _beyond_grid(near["communities"], population)
    return problems


# ---------------------------------------------------------------- in the area or not


def _outside(layers: Mapping[str, gpd.GeoDataFrame]) -> list[Problem]:
    """Rows beyond the units' outlines, or where there are none, far from all communities."""
    if "units" in layers:
        teller, area, reach = "units", layers["units"].geometry.to_numpy(), OUTSIDE_M
    elif "communities" in layers:
        teller, reach = "communities", AROUND_COMMUNITIES_M
        shapes = layers[teller].geometry.to_numpy()
        area = np.array([shapely.convex_hull(shapely.geometrycollections(shapes))])
    else:
        return []
    tree = shapely.STRtree(area)
    found = []
    for name in (n for n in COUNTED_ONCE if n in layers and n != teller):
        rows = rows_of(layers[name], name)
        points = shapely.point_on_surface(layers[name].geometry.to_numpy())
        _, apart = tree.query_nearest(points, return_distance=True, all_matches=False)
        found += [
            rows.problem(
                int(row),
                "outside_area",
                f"it lies {apart[row]:,.0f} m outside all {teller}",
                "kept; check its position",
            )
            for row in np.flatnonzero(apart > reach)
        ]
    return found


def _beyond_grid(communities: gpd.GeoDataFrame, population: Population) -> list[Problem]:
    """Communities whose children the grid cannot tell, because it ends before them."""
    west, south, east, north = population.grid.bounds
    corners = communities.geometry.to_crs(population.grid.crs).bounds.to_numpy()
    cell = max(abs(population.grid.transform.a), abs(population.grid.transform.e))
    inside = (corners >= (west - cell, south - cell, -np.inf, -np.inf)).all(axis=1)
    inside &= (corners <= (np.inf, np.inf, east + cell, north + cell)).all(axis=1)
    rows = rows_of(communities, "communities")
    text = "the population grid ends before its outline does"
    done = "its children beyond the grid are not counted"
    return [rows.problem(int(row), "beyond_grid", text, done) for row in np.flatnonzero(~inside)]


# ---------------------------------------------------------------- numbers that cannot be


def _odd_places(gardens: gpd.GeoDataFrame) -> list[Problem]:
    if "places" not in gardens:
        return []
    rows, places = rows_of(gardens, "kindergartens"), gardens["places"].to_numpy("float64")
    none, many = "it has no places at all", f"it has more than {MOST_PLACES:,} places"
    return [
        rows.problem(
            int(row),
            "odd_places",
            none if places[row] == 0 else many,
            "used as it is; check the number",
            column="places",
            value=float(places[row]),
        )
        for row in np.flatnonzero((places == 0) | (places > MOST_PLACES))
    ]


def _over_full(gardens: gpd.GeoDataFrame) -> list[Problem]:
    """Over-full is a finding about the town; only what is twice full is looked at row by row."""
    if not {"places", "enrolled"} <= set(gardens.columns):
        return []
    rows = rows_of(gardens, "kindergartens")
    enrolled, places = (gardens[c].to_numpy("float64") for c in ("enrolled", "places"))
    full = (enrolled > places) & (places > 0)
    twice = full & (enrolled > TWICE_FULL * places)
    found = [
        rows.problem(
            int(row),
            "over_full",
            f"{enrolled[row]:g} children are enrolled on {places[row]:g} places",
            "used as it is; check both numbers",
            column="enrolled",
            value=float(enrolled[row]),
        )
        for row in np.flatnonzero(twice)
    ]
    ids = rows.ids[full & ~twice].tolist()
    if ids:
        more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
        text = (
            f"more children are enrolled than there are places in {len(ids)} of {len(gardens)} "
            f"rows: {', '.join(ids[:IDS_SHOWN])}{more}"
        )
        done = "used as it is: they are over-full"
        note = Problem("kindergartens", "over_full", text, done, "note", rows.source)
        found.append(replace(note, column="enrolled"))
    return found

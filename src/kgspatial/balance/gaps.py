"""Gaps at every level: by area of any polygons, by kind, by kindergarten, over years and scenarios.

Imports from `assess`, `travel`, `supply`, `demand`, `standards`, `study`. A gap is demand minus
supply: positive is short, and surplus is never clipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.assess import Balance, assess_balance, only_counted
from kgspatial.demand import estimate_demand
from kgspatial.standards import read_profile
from kgspatial.study import OUTSIDE
from kgspatial.travel import TravelMatrix, measure_travel
from kgspatial.travel.catchments.members import district_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from kgspatial.demand import Demand
    from kgspatial.study import Study

KINDS = ("public", "inclusive", "private", "unknown")
CHILDREN = ("children", "served", "unserved", "unreached")
UNDER_USED = 0.6
"""Share of places that are taken below which a kindergarten is flagged, unless given."""

NOBODY = 1e-9
"""Fewer children or places than this are rounding."""


def gaps_by_area(
    balance: Balance,
    areas: gpd.GeoDataFrame,
    *,
    id_column: str = "unit_id",
    places_per_class: float | None = None,
) -> pd.DataFrame:
    """Add up children and places in polygons of any kind: towns, 片区, 学区, cells of a map.

    Parameters
    ----------
    balance : Balance
        The state.
    areas : GeoDataFrame
        Polygons with `id_column`, in any declared CRS. Where they overlap, the lowest ``unit_id``
        (else the first) counts.
    id_column : str
        What names them.
    places_per_class : float, optional
        Turns gaps into classes; the national norm of 30 unless given.

    Returns
    -------
    DataFrame
        One row per area, and ``outside`` for what lies in none: ``children``, ``served``,
        ``unserved`` of these ``unreached`` (no kindergarten within the limit) and ``crowded``
        (within reach, but full), ``places``, those by kind, ``vacant``, ``gap`` (children minus
        places) and ``gap_classes``, rounded away from 0. Sums over the rows are the totals.
    """
    crs = balance.demand.crs
    polygons = areas.to_crs(cast("CRS", crs)).reset_index(drop=True)
    names = np.append(polygons[id_column].astype(str).to_numpy(dtype=object), OUTSIDE)
    home, garden = (
        names[district_of(frame, polygons)] for frame in (balance.demand, balance.kindergartens)
    )
    return _gap_rows(balance, home, garden, names, id_column, places_per_class)


def gaps_by_catchment(balance: Balance, *, places_per_class: float | None = None) -> pd.DataFrame:
    """Set the children whose nearest kindergarten it is against the places of each kindergarten.

    Catchments as service areas overlap (``balance.catchments``); these do not: every child who
    reaches a kindergarten stands in just one row.

    Parameters
    ----------
    balance : Balance
        The state.
    places_per_class : float, optional
        As in :func:`gaps_by_area`.

    Returns
    -------
    DataFrame
        One row per kindergarten that counts: ``kindergarten_id``, ``name``, ``children`` (whose
        nearest it is; with the unreached they are all children), ``only_children`` (whom no other
        one reaches), ``places``, ``served``, ``vacant``, ``gap`` (children minus places) and
        ``gap_classes``, rounded away from 0.
    """
    gardens = balance.kindergartens[balance.kindergartens["counted"].astype(bool)]
    areas = balance.catchments.set_index("kindergarten_id")["only_children"]
    table = pd.DataFrame(gardens[["kindergarten_id", "name", "places", "served", "vacant", "gap"]])
    table.insert(2, "children", gardens["nearest_children"])
    table.insert(3, "only_children", gardens["kindergarten_id"].map(areas))
    return table.assign(gap_classes=_classes(table["gap"], places_per_class)).reset_index(drop=True)


def gaps_by_kind(balance: Balance) -> pd.DataFrame:
    """Add up kindergartens by kind.

    Returns
    -------
    DataFrame
        Indexed by kind (``unknown`` where none is given): ``kindergartens`` that count,
        ``places``, ``enrolled`` (nan where one is missing), ``served``, ``vacant`` and
        ``utilisation``.
    """
    gardens = balance.kindergartens[balance.kindergartens["counted"].astype(bool)]
    kinds = _kinds(gardens)
    sums = gardens.groupby(kinds)[["places", "served", "vacant"]].sum().reindex(KINDS)
    table = sums.fillna(0.0)
    table.insert(0, "kindergartens", gardens.groupby(kinds).size().reindex(KINDS).fillna(0))
    enrolled = gardens["enrolled"].astype(float).groupby(kinds).sum(min_count=1)
    missing = gardens["enrolled"].isna().groupby(kinds).any().reindex(KINDS).fillna(False)
    table["enrolled"] = enrolled.reindex(KINDS).where(~missing.astype(bool))
    table["utilisation"] = (table["served"] / table["places"]).where(table["places"] > NOBODY)
    return table.astype({"kindergartens": int}).rename_axis("kind")


def gaps_by_kindergarten(balance: Balance, *, under_used: float = UNDER_USED) -> pd.DataFrame:
    """Tell what each kindergarten would need, and which are hardly used.

    Parameters
    ----------
    balance : Balance
        The state.
    under_used : float
        Share of places taken below which a kindergarten is flagged.

    Returns
    -------
    DataFrame
        One row per kindergarten that counts: ``kindergarten_id``, ``name``, ``places``,
        ``served``, ``vacant``, ``utilisation``, ``extra_places`` (children without a place whose
        nearest it is, so that places here would serve them; over all they are the children who
        are within reach of a full kindergarten) and ``under_used``.
    """
    gardens = balance.kindergartens
    waiting = crowded(balance)
    counted = only_counted(balance.travel, gardens["counted"].to_numpy(dtype=bool))
    column = counted.nearest()[1]
    has = column >= 0
    extra = np.bincount(column[has], waiting[has], minlength=len(gardens))
    table = pd.DataFrame(
        {
            **{c: gardens[c] for c in ("kindergarten_id", "name", "places", "served", "vacant")},
            "utilisation": gardens["utilisation"],
            "extra_places": extra,
            "under_used": gardens["utilisation"] < under_used,
        }
    )
    return table[gardens["counted"].astype(bool)].reset_index(drop=True)


def gaps_over_years(
    study: Study,
    years: Iterable[int],
    *,
    scenarios: Sequence[str] = ("mid",),
    areas: gpd.GeoDataFrame | None = None,
    id_column: str = "unit_id",
) -> pd.DataFrame:
    """Assess the balance in several years and scenarios, with the kindergartens open in each.

    Parameters
    ----------
    study : Study
        With births and children by single year of age, which the forecast needs.
    years : iterable of int
    scenarios : sequence of str
        Of the forecast: ``low``, ``mid``, ``high``, or the plan's own.
    areas : GeoDataFrame, optional
        Polygons, as :func:`gaps_by_area` takes them; the whole study area unless given.
    id_column : str
        What names them.

    Returns
    -------
    DataFrame
        One row per year and scenario: ``year``, ``scenario``, ``children``, ``places``,
        ``served``, ``unserved``, ``unreached``, ``vacant``, ``gap``. With `areas`, one for each of
        them as well, with the columns of :func:`gaps_by_area`.

    Raises
    ------
    InputError
        When the forecast lacks what it needs.
    """
    tables = []
    travel: TravelMatrix | None = None
    for year in years:
        for scenario in scenarios:
            demand = estimate_demand(study, year=year, method="cohort", scenario=scenario)
            travel = _travel(study, demand, travel)
            found = assess_balance(study, demand, travel)
            rows = (
                _whole(found) if areas is None else gaps_by_area(found, areas, id_column=id_column)
            )
            rows.insert(0, "year", year)
            rows.insert(1, "scenario", scenario)
            tables.append(rows)
    return pd.concat(tables, ignore_index=True)


def _whole(balance: Balance) -> pd.DataFrame:
    totals = balance.totals
    kept = ("children", "places", *CHILDREN[1:], "vacant")
    table = pd.DataFrame([{key: totals[key] for key in kept}])
    return table.assign(gap=table["children"] - table["places"])


def _travel(study: Study, demand: Demand, last: TravelMatrix | None) -> TravelMatrix:
    """The last matrix again where the points are the same: only children change with the year."""
    ids = demand.points["demand_id"].to_numpy(dtype=str)
    if last is not None and np.array_equal(last.origin_ids, ids):
        return last
    return measure_travel(study, demand, network=None if last is None else last.network)


def _gap_rows(
    balance: Balance,
    home: NDArray[np.object_],
    garden: NDArray[np.object_],
    names: NDArray[np.object_],
    id_column: str,
    places_per_class: float | None,
) -> pd.DataFrame:
    points = balance.demand[list(CHILDREN)].assign(crowded=crowded(balance))
    rows = points.groupby(home).sum().reindex(names).fillna(0.0)
    gardens = balance.kindergartens
    supply = gardens[["places", "vacant"]].groupby(garden).sum().reindex(names).fillna(0.0)
    kinds = _kinds(gardens)
    by_kind = {
        f"places_{kind}": gardens["places"].where(kinds == kind, 0.0).groupby(garden).sum()
        for kind in KINDS
    }
    table = pd.concat([rows, supply[["places"]]], axis=1)
    table = table.assign(**{k: v.reindex(names).fillna(0.0) for k, v in by_kind.items()})
    table = table.assign(vacant=supply["vacant"], gap=table["children"] - table["places"])
    classes = _classes(table["gap"], places_per_class)
    return table.assign(gap_classes=classes).rename_axis(id_column).reset_index()


def _classes(gap: pd.Series, places_per_class: float | None) -> pd.Series:
    """A gap in whole classes, rounded away from 0."""
    per_class = read_profile().places_per_class if places_per_class is None else places_per_class
    return pd.Series(np.sign(gap) * np.ceil(np.abs(gap) / per_class - NOBODY)).astype(int)


def _kinds(gardens: gpd.GeoDataFrame) -> pd.Series:
    known = gardens["kind"].isin(KINDS[:3])
    return gardens["kind"].where(known, "unknown").astype(str)


def crowded(balance: Balance) -> NDArray[np.float64]:
    """Return the children of each point who have kindergartens in reach, all of them full."""
    points = balance.demand
    left = points["unserved"].to_numpy(dtype=float) - points["unreached"].to_numpy(dtype=float)
    return np.asarray(np.maximum(left, 0.0))

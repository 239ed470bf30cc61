"""Existing kindergartens that may grow: by how many classes, and which one a site of the layer expands.

Imports from `areas`, `findings`, `table`, `supply`, `standards`, `study`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.areas import urban_of
from kgspatial.demand.residents import numbers_of
from kgspatial.siting.candidates.areas import area_needs, site_rules
from kgspatial.siting.candidates.findings import Finding, called, cited
from kgspatial.siting.candidates.table import candidate_table
from kgspatial.standards import Profile, Rule
from kgspatial.study import Study
from kgspatial.supply import kindergarten_supply

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LINKED_M = 100.0
"""An expansion that names no kindergarten is taken as that of the nearest one within this."""


def linked_expansions(
    study: Study, table: gpd.GeoDataFrame, profile: Profile, year: int | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Link the expansions of the layer to their kindergartens, and keep them within what may grow.

    Parameters
    ----------
    study : Study
        Its kindergartens.
    table : GeoDataFrame
        Candidates of the layer. ``kindergarten_id`` of an expansion counts; without one, the nearest
        kindergarten within 100 m does, with a note.
    profile : Profile
        Its largest kindergarten limits the classes that are added. The area of an expansion does
        not: the layer does not say whether it is that of the whole.
    year : int, optional
        The plan's year.

    Returns
    -------
    GeoDataFrame
        `table` with ``kindergarten_id`` (of expansions only) and ``max_classes`` lowered, with
        ``cost_wan`` in proportion.
    list of Finding
        Expansions that cannot be, links that were taken from the position.
    """
    gardens = kindergarten_supply(study, year=year)
    owner, found = _owners(table, gardens)
    limit, rule = _largest(profile)
    classes = np.append(gardens["classes"].to_numpy(dtype=np.float64), np.nan)
    left = np.floor(limit - classes[owner])
    ids = np.array([*gardens["kindergarten_id"].astype(str), None], dtype=object)
    full = left < 1
    found += [
        _full(str(table["site_id"].iloc[row]), classes[owner[row]], limit, rule)
        for row in np.flatnonzero(full)
    ]
    most, cost = (table[c].to_numpy(dtype=np.float64) for c in ("max_classes", "cost_wan"))
    lower = ~full & (left < most)
    cost = np.divide(cost * left, most, out=cost.copy(), where=lower)
    most = np.where(full, most, np.fmin(most, left))
    owners = pd.Series(ids[owner], table.index, dtype=object)
    return table.assign(kindergarten_id=owners, max_classes=most, cost_wan=cost), found


def _owners(
    table: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], list[Finding]]:
    """Row of the kindergarten that each candidate expands, -1 for none, and what to say of it."""
    rows = np.flatnonzero(table["source"].eq("expansion"))
    known = {str(own): at for at, own in enumerate(gardens["kindergarten_id"])}
    near = _nearest(gardens, gpd.GeoSeries(table.geometry.iloc[rows]))
    owner, found = np.full(len(table), -1, dtype=np.int64), []
    for row, at in zip(rows, near, strict=True):
        site, said = str(table["site_id"].iloc[row]), table["kindergarten_id"].iloc[row]
        if said is not None and said not in known:
            found.append(Finding(site, "exclude", "unknown_kindergarten", {"id": said}))
        elif said is not None:
            owner[row] = known[said]
        elif at < 0:
            found.append(Finding(site, "check", "expansion_of_none", {"metres": LINKED_M}))
        else:
            owner[row] = at
            name = called(gardens.iloc[at], "kindergarten_id")
            found.append(Finding(site, "check", "expansion_by_position", {"name": name}))
    return owner, found


def expansion_candidates(
    study: Study, profile: Profile, year: int | None, *, given: pd.Series[str]
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the kindergartens that count as supply as candidates for more classes.

    Parameters
    ----------
    study : Study
        None are returned unless ``[siting] expand`` is set.
    profile : Profile
        The largest kindergarten, and the site area that its rules ask for, limit what can be added.
    year : int, optional
        The plan's year.
    given : Series
        Kindergartens whose expansion the layer holds already: these are left to it.

    Returns
    -------
    GeoDataFrame
        Candidates of source ``expansion``; ``max_classes`` is what can be added.
    list of Finding
        Kindergartens that cannot grow.
    """
    if not study.settings.siting.expand:
        return candidate_table({}, gpd.GeoSeries([], crs=study.crs)), []
    supply = kindergarten_supply(study, year=year)
    ids = supply["kindergarten_id"].astype(str)
    gardens = supply[supply["counted"].to_numpy(dtype=bool) & ~ids.isin(given).to_numpy(dtype=bool)]
    owners = gardens["kindergarten_id"].astype(str)
    columns = {name: gardens[name] for name in ("name", "name_latin") if name in gardens}
    sites = [f"expand-{own}" for own in owners]
    left, found = _room(study, gardens, sites, profile, year)
    values = {"site_id": sites, "kindergarten_id": owners, "source": "expansion"}
    return candidate_table({**columns, **values, "max_classes": left}, gardens.geometry), found


def _room(
    study: Study, gardens: gpd.GeoDataFrame, sites: list[str], profile: Profile, year: int | None
) -> tuple[Floats, list[Finding]]:
    """Classes that each kindergarten may add, and why some may add none."""
    limit, rule = _largest(profile)
    has = gardens["classes"].to_numpy(dtype=np.float64)
    left, found = np.floor(limit - has), []
    area, opened = numbers_of(gardens, "site_area_m2"), numbers_of(gardens, "opened_year")
    urban = urban_of(study, gardens)  # an area that is not known (NaN) fits everything
    for row, site in enumerate(sites):
        ids = site_rules(profile, urban[row])
        needs = area_needs(profile, ids, int(limit), year=year, opened=float(opened[row]))
        by_area = needs.fitting(float(area[row])) - has[row]
        if left[row] < 1:
            found.append(_full(site, float(has[row]), limit, rule))
        elif by_area < 1:
            wanted = int(min(has[row] + 1, limit))
            found.append(_cramped(site, float(area[row]), wanted, needs.m2, needs.rules))
        left[row] = min(left[row], by_area)
    return left, found


def _largest(profile: Profile) -> tuple[float, Rule]:
    """Most classes of a kindergarten, and the rule that says so."""
    by_places = profile.rule("max_places")
    found = [(by_places.value // profile.places_per_class, by_places)]
    found += [(r.value, r) for r in profile.rules_in("limits.classes") if r.binds]
    return min(found, key=lambda pair: pair[0])


def _nearest(gardens: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> NDArray[np.int64]:
    """Row of the nearest kindergarten of each shape; -1 where none is near enough."""
    found = np.full(len(shapes), -1, dtype=np.int64)
    if len(shapes):
        own, garden = gardens.sindex.nearest(shapes.to_numpy(), max_distance=LINKED_M)
        pairs = pd.DataFrame({"own": own, "garden": garden})
        pairs["id"] = gardens["kindergarten_id"].astype(str).to_numpy()[garden]
        first = pairs.sort_values(["own", "id"]).drop_duplicates("own")
        found[first["own"]] = first["garden"]
    return found


def _full(site: str, classes: float, limit: float, rule: Rule) -> Finding:
    values = {"classes": classes, "limit": limit, "cited": cited(rule)}
    return Finding(site, "exclude", "excluded_full", values)


def _cramped(
    site: str, area: float, classes: int, m2: Floats, rules: tuple[Rule | None, ...]
) -> Finding:
    rule = rules[classes - 1]
    values = {
        "area": area,
        "classes": classes,
        "needed": float(m2[classes - 1]),
        "cited": "" if rule is None else cited(rule),
    }
    return Finding(site, "exclude", "excluded_cramped", values)

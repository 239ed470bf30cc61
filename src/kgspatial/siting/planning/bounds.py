"""What binds a layout: settings and the rule profile turned into conditions of the model.

Imports from `phases`, `courses`, `siting.layout`, `balance.rules`, `standards`, `study`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules.towns import RULE as CENTRAL
from kgspatial.balance.rules.towns import concerned
from kgspatial.errors import InputError
from kgspatial.inputs.settings import LayoutSettings
from kgspatial.siting.layout import Conditions, Need
from kgspatial.siting.planning.courses import Courses
from kgspatial.siting.planning.phases import Phases
from kgspatial.standards import Profile
from kgspatial.study import OUTSIDE, Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

OWN_VILLAGE = "villages.own_kindergarten"


def conditions_of(
    study: Study, phases: Phases, courses: Courses, layout: LayoutSettings, profile: Profile
) -> tuple[Conditions, tuple[str, ...]]:
    """Return the conditions, and the names of the needs that nothing in reach of the plan can meet."""
    needs = [
        *_central(study, phases, courses, layout, profile),
        *_of_villages(study, phases, courses, layout, profile),
    ]
    met, unmet = _bindable(needs, phases.years)
    return Conditions(
        p=layout.new,
        budget=_budget(layout, len(phases.years)),
        public_share=layout.public_share,
        inclusive_share=layout.inclusive_share,
        town=towns_of(phases),
        town_floor=layout.town_floor,
        least_served=layout.least_served,
        groups=_groups(phases, courses),
        needs=met,
        required=_required(phases, courses),
        single_source=layout.single_source,
    ), unmet


def _bindable(
    needs: list[Need], years: tuple[int, ...]
) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    """Needs in the phases in which anything can meet them, and the names of those in the others."""
    met, unmet = [], []
    for need in needs:
        possible = np.asarray(need.options.any(axis=0), dtype=bool)
        if possible.any():
            met.append(replace(need, phases=tuple(np.flatnonzero(possible).tolist())))
        if not possible.all():
            lacking = ", ".join(str(y) for y, can in zip(years, possible, strict=True) if not can)
            unmet.append(f"{need.name} ({lacking})" if possible.any() else need.name)
    return tuple(met), tuple(unmet)


def towns_of(phases: Phases) -> Ints:
    """Number of each point's unit, by the order of :func:`units_of`; -1 outside all of them.

    Without units the area is one.
    """
    names = units_of(phases)
    if not len(names):
        return np.zeros(len(phases.points), dtype=np.int64)
    own = phases.points["unit_id"]
    number = np.searchsorted(names, own.astype(str).to_numpy(dtype=str))
    return np.where(_in_none(own), -1, number).astype(np.int64)


def units_of(phases: Phases) -> NDArray[np.str_]:
    """Ids of the units in which points lie, in order."""
    own = phases.points["unit_id"]
    return np.unique(own[~_in_none(own)].astype(str).to_numpy(dtype=str))


def _in_none(own: pd.Series) -> Flags:
    return (own.isna() | own.astype(str).eq(OUTSIDE)).to_numpy(dtype=bool)


def _budget(layout: LayoutSettings, phases: int) -> NDArray[np.float64] | None:
    if not layout.budget_wan:
        return None
    if len(layout.budget_wan) != phases:
        raise InputError(
            f"budget_wan names {len(layout.budget_wan)} sums for {phases} phases",
            hint="Give one sum for each of the years.",
        )
    return np.array(layout.budget_wan, dtype=np.float64)


def _required(phases: Phases, courses: Courses) -> tuple[Ints, ...]:
    """Courses of each site that is required."""
    sites = phases.candidates
    found = []
    for row in np.flatnonzero(sites["required"].to_numpy(dtype=bool)):
        own = np.flatnonzero(courses.site == row)
        if not len(own):
            name, action = sites["site_id"].iloc[row], sites["action"].iloc[row]
            raise InputError(
                f"nothing may be done at the required site '{name}'",
                column="siting.required",
                hint=f"Its action is '{action}': see actions and years under [siting.layout].",
            )
        found.append(own)
    return tuple(found)


def _groups(phases: Phases, courses: Courses) -> tuple[Ints, ...]:
    """Courses of candidates that share a site: only one is taken."""
    group = phases.candidates["group"]
    found = []
    for name in group.dropna().unique():
        rows = np.flatnonzero((group == name).to_numpy())
        used = np.flatnonzero(np.isin(courses.site, rows))
        if len(np.unique(courses.site[used])) > 1:
            found.append(used)
    return tuple(found)


def facility_points(phases: Phases) -> gpd.GeoSeries:
    """Where every facility stands: kindergartens, then candidates."""
    both = [phases.supply[0].geometry, phases.candidates.geometry]
    return gpd.GeoSeries(pd.concat(both, ignore_index=True), crs=phases.points.crs)


def _central(
    study: Study, phases: Phases, courses: Courses, layout: LayoutSettings, profile: Profile
) -> list[Need]:
    """A public kindergarten in each unit that the profile's rule of towns is about."""
    asked = [r for r in profile.rules_in(CENTRAL, phases.years[-1]) if r.binds]
    if not (layout.central and asked and study.units is not None):
        return []
    towns = study.units[np.logical_or.reduce([concerned(study.units, rule) for rule in asked])]
    unit = study.unit_of(facility_points(phases)).to_numpy()[courses.options.facility]
    public = courses.options.public & (courses.options.capacity > 0)
    return [
        Need(f"{CENTRAL}: {name}", public & (unit == name)[:, None]) for name in towns["unit_id"]
    ]


def _of_villages(
    study: Study, phases: Phases, courses: Courses, layout: LayoutSettings, profile: Profile
) -> list[Need]:
    """A kindergarten in each village of so many residents, where the profile has that rule."""
    asked = [r for r in profile.rules_in(OWN_VILLAGE, phases.years[-1]) if r.binds]
    villages = study.villages
    if not (layout.villages and asked and villages is not None):
        return []
    large = villages[villages["residents"] >= asked[-1].value]
    near = large.geometry.buffer(study.settings.travel.limit_m)
    areas = large.geometry.where(large.geometry.geom_type != "Point", near)
    points = facility_points(phases)
    inside = np.zeros((len(large), len(points)), dtype=bool)
    inside[tuple(points.sindex.query(areas, predicate="intersects"))] = True
    offered = courses.options.capacity > 0
    return [
        Need(f"{OWN_VILLAGE}: {name}", rows[courses.options.facility][:, None] & offered)
        for name, rows in zip(large["village_id"], inside, strict=True)
    ]

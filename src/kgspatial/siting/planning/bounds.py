"""What binds a layout: settings and the rule profile turned into conditions of the model.

Imports from `phases`, `courses`, `siting.layout`, `standards`, `study`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.settings import LayoutSettings
from kgspatial.siting.layout import Conditions, Need
from kgspatial.siting.planning.courses import Courses
from kgspatial.siting.planning.phases import Phases
from kgspatial.standards import Profile
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

CENTRAL, OWN_VILLAGE = "towns.central_kindergartens", "villages.own_kindergarten"


def conditions_of(
    study: Study, phases: Phases, courses: Courses, layout: LayoutSettings, profile: Profile
) -> tuple[Conditions, tuple[str, ...]]:
    """Return the conditions, and the names of the needs that nothing in reach of the plan can meet."""
    needs = [
        *_central(study, phases, courses, layout, profile),
        *_of_villages(study, phases, courses, layout, profile),
    ]
    met = [need for need in needs if need.options.any(axis=0).all()]
    unmet = tuple(need.name for need in needs if not need.options.any(axis=0).all())
    return Conditions(
        p=layout.new,
        budget=_budget(layout, len(phases.years)),
        public_share=layout.public_share,
        inclusive_share=layout.inclusive_share,
        town=towns_of(phases),
        town_floor=layout.town_floor,
        least_served=layout.least_served,
        groups=_groups(phases, courses),
        needs=tuple(met),
        required=_required(phases, courses),
        single_source=layout.single_source,
    ), unmet


def towns_of(phases: Phases) -> Ints:
    """Number of each point's unit, by the order of their ids."""
    _, number = np.unique(phases.points["unit_id"].astype(str), return_inverse=True)
    return np.asarray(number, dtype=np.int64)


def _budget(layout: LayoutSettings, phases: int) -> NDArray[np.float64] | None:
    if not layout.budget_wan:
        return None
    if len(layout.budget_wan) != phases:
        raise InputError(
            f"budget_wan names {len(layout.budget_wan)} sums for {phases} phases",
            hint="Give one sum for each of the years.",
        )
    return np.array(layout.budget_wan, dtype=np.float64)


def _required(phases: Phases, courses: Courses) -> Ints | None:
    if "required" not in phases.candidates:
        return None
    names = phases.candidates.loc[phases.candidates["required"].astype(bool), "site_id"]
    rows = courses.table[courses.table["subject_id"].isin(names.astype(str))]
    return rows["facility"].unique().astype(np.int64)


def _groups(phases: Phases, courses: Courses) -> tuple[Ints, ...]:
    """Facilities of candidates that share a site: only one is used."""
    if "group" not in phases.candidates:
        return ()
    group = phases.candidates["group"]
    n = courses.kindergartens
    found = []
    for name in group.dropna().unique():
        rows = n + np.flatnonzero((group == name).to_numpy())
        used = np.intersect1d(rows, courses.table["facility"])
        if len(used) > 1:
            found.append(used.astype(np.int64))
    return tuple(found)


def facility_points(phases: Phases) -> gpd.GeoSeries:
    """Where every facility stands: kindergartens, then candidates."""
    both = [phases.supply[0].geometry, phases.candidates.geometry]
    return gpd.GeoSeries(pd.concat(both, ignore_index=True), crs=phases.points.crs)


def _central(
    study: Study, phases: Phases, courses: Courses, layout: LayoutSettings, profile: Profile
) -> list[Need]:
    """A public kindergarten in each unit, where the profile has that rule."""
    asked = [r for r in profile.rules_in(CENTRAL, phases.years[-1]) if r.binds]
    if not (layout.central and asked and study.units is not None):
        return []
    unit = study.unit_of(facility_points(phases)).to_numpy()[courses.options.facility]
    public = courses.options.public & (courses.options.capacity > 0)
    return [
        Need(f"{CENTRAL}: {name}", public & (unit == name)[:, None])
        for name in study.units["unit_id"]
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
    points = facility_points(phases).to_numpy()
    limit = study.settings.travel.limit_m
    found = []
    for name, shape in zip(large["village_id"], large.geometry, strict=True):
        area = shape if "Polygon" in shape.geom_type else shape.buffer(limit)
        inside = np.array([area.intersects(p) for p in points], dtype=bool)
        there = inside[courses.options.facility][:, None] & (courses.options.capacity > 0)
        found.append(Need(f"{OWN_VILLAGE}: {name}", there))
    return found

"""Each action of a layout explained: who gains, from where, at what cost, and what else could be done.

Imports from `task`, `courses`, `worth`, `changes`, `words`, `siting.layout`, `siting.rules_met`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from scipy import sparse

from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.siting.layout import LayoutResult
from kgspatial.siting.layout.solving import merged
from kgspatial.siting.planning.bounds import facility_points
from kgspatial.siting.planning.changes import Change, changes_of, column_of
from kgspatial.siting.planning.courses import KEEP, Course
from kgspatial.siting.planning.task import Task
from kgspatial.siting.planning.words import said
from kgspatial.siting.planning.worth import Worth, served_by, worth_of
from kgspatial.siting.rules_met import rules_met
from kgspatial.terms import LANGUAGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAMED = 3
"""Kindergartens that are named as those whose children move."""

MERGED = 0.5
"""More than this share of a closing kindergarten's children who go to one other: then it is merged into that one."""

NOISE = 0.05
"""Children below this are not worth a word."""

TINY = 1e-4
"""Children that are only what flows are exact to."""

SHOWN = 0.5
"""Children from which a whole number shows them."""


def explained(task: Task, result: LayoutResult) -> gpd.GeoDataFrame:
    """Return one row for each action of a layout, by phase and then by worth."""
    acting = [int(q) for q in result.chosen if task.courses.rows[q].action != KEEP]
    small = merged(task.case)
    served = served_by(small, result.chosen) if acting else 0.0
    changes = changes_of(task, result)
    rows = [
        _row(
            task,
            result,
            q,
            worth_of(small, task.courses, result.chosen, q, served),
            changes[task.courses.rows[q].phase],
        )
        for q in acting
    ]
    shapes = facility_points(task.phases)
    table = gpd.GeoDataFrame(
        rows,
        geometry=[shapes.iloc[task.courses.rows[q].facility] for q in acting],
        crs=task.phases.points.crs,
        columns=[*_columns(task), "geometry"],
    )
    lonlat = table.geometry.to_crs(WGS84)
    table = table.assign(
        unit_id=task.study.unit_of(table.geometry), lon=lonlat.x.to_numpy(), lat=lonlat.y.to_numpy()
    )
    order = table.sort_values(
        ["year", "worth", "subject_id"], ascending=[True, False, True], kind="stable"
    )
    numbered = order.assign(order=np.arange(1, len(order) + 1)).reset_index(drop=True)
    ahead = ["order", *(c for c in numbered if c not in ("order", "geometry")), "geometry"]
    return gpd.GeoDataFrame(numbered[ahead])


def _columns(task: Task) -> list[str]:
    uses = [f"use_{year}" for year in task.phases.years]
    texts = [f"{name}_{k}" for name in ("reason", "rules", "checks") for k in LANGUAGES]
    return [
        *("year", "subject_id", "name", "action", "into_id", "classes", "places_before", "places"),
        *("kind", "cost_wan", "worth", "runner_up", "runner_up_difference", "newly_served"),
        *("communities", "moved_here", "moved_from", "distance_before_m", "distance_m"),
        *("cost_per_child_wan", *uses, *texts),
    ]


def _row(
    task: Task, result: LayoutResult, option: int, value: Worth, change: Change
) -> dict[str, Any]:
    course = task.courses.rows[option]
    year = task.phases.years[course.phase]
    places = course.places[course.phase]
    before = 0.0
    if course.facility < task.courses.kindergartens:
        before = float(task.phases.supply[course.phase]["places"].iloc[course.facility])
    row: dict[str, Any] = {
        "year": year,
        "subject_id": course.subject_id,
        "name": _name(task, course),
        "action": course.action,
        "into_id": None,
        "classes": course.classes,
        "places_before": before,
        "places": places,
        "kind": course.kinds[-1],
        "cost_wan": course.cost,
        "worth": round(value.loss, 6) + 0.0,
        "runner_up": None,
        "runner_up_difference": np.nan,
        **_gains(task, course, change),
        **_use(task, result, course),
    }
    if value.other >= 0:
        row["runner_up"] = task.courses.rows[value.other].subject_id
        row["runner_up_difference"] = max(value.difference, 0.0)
    if course.action == "close":
        row |= _merger(task, course, change)
    gained = row["worth"]
    row["cost_per_child_wan"] = course.cost / gained if gained > NOISE else np.nan
    leaving = float(change.leaving(course.facility).sum())
    for language in LANGUAGES:
        row[f"reason_{language}"] = said(row, task.phases.years, leaving, language)
    return row | _rules_and_checks(task, course)


def _rules_and_checks(task: Task, course: Course) -> dict[str, Any]:
    """What the site of an action meets, and what a person should look at; nothing without a site."""
    names = [f"{name}_{k}" for name in ("rules", "checks") for k in LANGUAGES]
    if course.site < 0:
        return dict.fromkeys(names)
    site = task.phases.candidates.iloc[[course.site]]
    total = course.classes
    if course.facility < task.courses.kindergartens:
        total += float(task.phases.supply[course.phase]["classes"].iloc[course.facility])
    year = task.phases.years[course.phase]
    rules = rules_met(task.study, site, [course.classes], [total], [year])
    checks = {f"checks_{k}": site[f"checks_{k}"].iloc[0] for k in LANGUAGES}
    return {name: texts[0] for name, texts in rules.items()} | checks


def _name(task: Task, course: Course) -> str | None:
    n = task.courses.kindergartens
    if course.facility >= n:
        name = task.phases.candidates["name"].iloc[course.facility - n]
    else:
        name = task.phases.supply[0]["name"].iloc[course.facility]
    return name if isinstance(name, str) else None


def _gains(task: Task, course: Course, change: Change) -> dict[str, Any]:
    """Who is served there in the phase of the action: newly, or moved, and how far they walk."""
    new, leaving = change.to(course.facility)
    here, metres = change.coming(course.facility), task.case.links
    total, moved = here.sum(), float(here.sum() - new.sum())
    walked = column_of(metres, course.facility)
    before = sparse.csr_array(leaving.multiply(metres)).sum()
    left = leaving.sum()
    return {
        "newly_served": float(new.sum()),
        "communities": _named_points(task, new > NOISE),
        "moved_here": moved if moved > TINY else 0.0,
        "moved_from": _left(task, leaving),
        "distance_before_m": float(before / left) if left > NOISE else np.nan,
        "distance_m": float((here * walked).sum() / total) if total > NOISE else np.nan,
    }


def _named_points(task: Task, rows: NDArray[np.bool_]) -> int:
    """How many communities are among the points."""
    points = task.phases.points
    return int(points.loc[rows, "community_id"].dropna().nunique())


def _left(task: Task, leaving: sparse.csr_array) -> str:
    """Kindergartens that those who are moved leave, the most first."""
    gone = np.asarray(leaving.sum(axis=0)).ravel()[: task.courses.kindergartens]
    ids = task.phases.supply[0]["kindergarten_id"].astype(str).to_numpy()
    most = [k for k in np.argsort(-gone.round(6), kind="stable")[:NAMED] if gone[k] >= SHOWN]
    return ", ".join(f"{ids[k]} ({gone[k]:.0f})" for k in most)


def _use(task: Task, result: LayoutResult, course: Course) -> dict[str, float]:
    """Share of the places used in each phase."""
    found = {}
    for t, year in enumerate(task.phases.years):
        places = course.places[t]
        used = column_of(result.flows[t], course.facility).sum()
        found[f"use_{year}"] = float(used / places) if places > 0 else np.nan
    return found


def _merger(task: Task, course: Course, change: Change) -> dict[str, Any]:
    """Where the children of a closing kindergarten go; merged where most go to one."""
    leaving = float(change.leaving(course.facility).sum())
    named = f"{course.subject_id} ({leaving:.0f})" if leaving >= SHOWN else ""
    taking = change.taking(course.facility)
    best = int(np.argmax(taking.round(6)))
    if leaving < SHOWN or taking[best] <= MERGED * leaving:
        return {"moved_from": named}
    n = task.courses.kindergartens
    ids = (
        task.phases.supply[0]["kindergarten_id"] if best < n else task.phases.candidates["site_id"]
    )
    into = str(ids.iloc[best if best < n else best - n])
    return {"action": "merge", "into_id": into, "moved_from": named}

"""Each action of a layout explained: who gains, from where, at what cost, and what else could be done.

Imports from `task`, `courses`, `worth`, `siting.layout`, `terms`.
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
from kgspatial.siting.planning.courses import KEEP, Course
from kgspatial.siting.planning.task import Task
from kgspatial.siting.planning.worth import NEW, Worth, worth_of
from kgspatial.terms import LANGUAGES, Language, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAMED = 3
"""Kindergartens that are named as those whose children move."""

MERGED = 0.5
"""Share of a closing kindergarten's children who go to one other: then it is merged into that one."""

NOISE = 0.05
"""Children below this are not worth a word."""


def explained(task: Task, result: LayoutResult) -> gpd.GeoDataFrame:
    """Return one row for each action of a layout, by phase and then by worth."""
    acting = [int(q) for q in result.chosen if task.courses.rows[q].action != KEEP]
    served = float(result.served() @ task.phases.situations.weight) if result.flows else 0.0
    small = merged(task.case)
    rows = [
        _row(task, result, q, worth_of(small, task.courses, result.chosen, q, served))
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
    texts = [f"reason_{language}" for language in LANGUAGES]
    return [
        *("year", "subject_id", "name", "action", "into_id", "classes", "places_before", "places"),
        *("kind", "cost_wan", "worth", "runner_up", "runner_up_difference", "newly_served"),
        *("communities", "moved_here", "moved_from", "distance_before_m", "distance_m"),
        *("cost_per_child_wan", *uses, *texts),
    ]


def _row(task: Task, result: LayoutResult, option: int, value: Worth) -> dict[str, Any]:
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
        "worth": max(value.loss, 0.0),
        "runner_up": None,
        "runner_up_difference": np.nan,
        **_gains(task, result, course),
        **_use(task, result, course),
    }
    if value.other >= 0:
        row["runner_up"] = task.courses.rows[value.other].subject_id
        row["runner_up_difference"] = max(value.difference, 0.0)
    if course.action == "close":
        row |= _merger(task, result, course)
    gained = row["worth"]
    row["cost_per_child_wan"] = course.cost / gained if gained > NOISE else np.nan
    for language in LANGUAGES:
        row[f"reason_{language}"] = _said(task, row, language)
    return row


def _name(task: Task, course: Course) -> str | None:
    n = task.courses.kindergartens
    if course.facility >= n:
        name = task.phases.candidates["name"].iloc[course.facility - n]
    else:
        name = task.phases.supply[0]["name"].iloc[course.facility]
    return name if isinstance(name, str) else None


def _gains(task: Task, result: LayoutResult, course: Course) -> dict[str, Any]:
    """Who is served there in the phase of the action: newly, or moved, and how far they walk."""
    t = course.phase
    without = task.before[task.phases.years[t]]
    here = _column(result.flows[t], course.facility)
    n = task.courses.kindergartens
    if course.facility < n:
        here = np.maximum(here - _column(without.assignment, course.facility), 0.0)
    was = without.demand["served"].to_numpy(dtype=float)
    now = np.asarray(result.flows[t].sum(axis=1)).ravel()
    new = np.minimum(here, np.maximum(now - was, 0.0))
    moved = here - new
    walked = _column(task.case.links, course.facility)
    total, gained = here.sum(), new > NOISE
    before = without.demand["mean_distance_m"].to_numpy(dtype=float)
    known = np.isfinite(before) & (moved > NOISE)
    return {
        "newly_served": float(new.sum()),
        "communities": _named_points(task, gained),
        "moved_here": float(moved.sum()),
        "moved_from": _left(task, result, course, moved),
        "distance_before_m": _mean(before[known], moved[known]),
        "distance_m": float((here * walked).sum() / total) if total > NOISE else np.nan,
    }


def _column(matrix: sparse.csr_array, column: int) -> Floats:
    return np.asarray(sparse.csr_array(matrix)[:, [column]].todense(), dtype=np.float64).ravel()


def _mean(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / weights.sum()) if weights.sum() > 0 else np.nan


def _named_points(task: Task, rows: NDArray[np.bool_]) -> int:
    """How many communities are among the points."""
    points = task.phases.points
    return int(points.loc[rows, "community_id"].dropna().nunique())


def _left(task: Task, result: LayoutResult, course: Course, moved: Floats) -> str:
    """Kindergartens whose children the points of an action took away, the most first."""
    t = course.phase
    rows = np.flatnonzero(moved > NOISE)
    if not len(rows):
        return ""
    was = task.before[task.phases.years[t]].assignment[rows]
    now = sparse.csr_array(result.flows[t][:, : task.courses.kindergartens])[rows]
    gone = np.asarray((was - now).maximum(0).sum(axis=0)).ravel()
    gone[course.facility : course.facility + 1] = 0.0
    ids = task.phases.supply[0]["kindergarten_id"].astype(str).to_numpy()
    most = [k for k in np.argsort(-gone, kind="stable")[:NAMED] if gone[k] > NOISE]
    return ", ".join(f"{ids[k]} ({gone[k]:.0f})" for k in most)


def _use(task: Task, result: LayoutResult, course: Course) -> dict[str, float]:
    """Share of the places used in each phase."""
    found = {}
    for t, year in enumerate(task.phases.years):
        places = course.places[t]
        used = _column(result.flows[t], course.facility).sum()
        found[f"use_{year}"] = float(used / places) if places > 0 else np.nan
    return found


def _merger(task: Task, result: LayoutResult, course: Course) -> dict[str, Any]:
    """Where the children of a closing kindergarten go; merged where most go to one."""
    t = course.phase
    was = task.before[task.phases.years[t]].assignment
    leaving = _column(was, course.facility)
    rows = np.flatnonzero(leaving > NOISE)
    plain = {"moved_from": f"{course.subject_id} ({leaving.sum():.0f})" if len(rows) else ""}
    if not len(rows):
        return {"action": "close", **plain}
    now = sparse.csr_array(result.flows[t])[rows]
    share = np.divide(
        leaving[rows],
        np.asarray(now.sum(axis=1)).ravel(),
        out=np.zeros(len(rows)),
        where=np.asarray(now.sum(axis=1)).ravel() > 0,
    )
    taking = np.asarray(share @ now).ravel()
    best = int(np.argmax(taking))
    if taking[best] < MERGED * leaving.sum():
        return {"action": "close", **plain}
    n = task.courses.kindergartens
    ids = (
        task.phases.supply[0]["kindergarten_id"] if best < n else task.phases.candidates["site_id"]
    )
    return {"action": "merge", "into_id": str(ids.iloc[best if best < n else best - n]), **plain}


def _said(task: Task, row: dict[str, Any], language: Language) -> str:
    """The reason in words."""
    facts = {
        "year": row["year"],
        "classes": 0 if np.isnan(row["classes"]) else round(row["classes"]),
        "places": row["places"],
        "before": row["places_before"],
        "cost": row["cost_wan"],
        "worth": row["worth"],
        "new": row["newly_served"],
        "moved": row["moved_here"],
        "use": np.nan_to_num(row[f"use_{task.phases.years[-1]}"]),
        "horizon": task.phases.years[-1],
        "into": row["into_id"] or "",
        "kind": term(f"values.{row['kind']}", language) if row["kind"] else "",
        "leaving": row["moved_from"],
        "difference": row["runner_up_difference"],
        "other": row["runner_up"] or "",
    }
    key = "new" if row["action"] in NEW else row["action"]
    text = term(f"layout.{key}", language, **facts)
    if row["runner_up"]:
        text += term("layout.runner_up", language, **facts)
    return text

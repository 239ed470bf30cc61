"""What may be done where: the courses of every kindergarten and candidate over the phases.

Imports from `phases`, `siting.layout`, `standards`. A course does one thing, in one phase, for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.settings import LayoutSettings
from kgspatial.siting.candidates import sizes_of
from kgspatial.siting.layout import Options
from kgspatial.siting.planning.phases import Phases
from kgspatial.standards import Profile
from kgspatial.standards.costs import unit_costs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

KEEP = "keep"
NEW = ("build", "convert", "expand")
"""Actions that make places, and count against the number of new sites."""

PUBLIC, INCLUSIVE = ("public",), ("public", "inclusive")
COSTS = ("build", "convert", "expand", "running", "close", "nursery", "kind")
NO_COST = ("close", "nursery", "kind")
"""Costs for which no published number was found: 0 unless the plan gives them."""


@dataclass(frozen=True)
class Course:
    """One course of one facility: what is done, when, and what it is from then on."""

    facility: int
    subject_id: str
    action: str
    phase: int
    places: tuple[float, ...]
    kinds: tuple[str | None, ...]
    site: int = -1
    """Row of the candidate that is used; -1 where none is."""
    classes: float = np.nan
    """Classes built or given up."""
    cost: float = 0.0
    yearly: float = 0.0
    """Further money each year from the phase on."""


@dataclass(frozen=True, eq=False)
class Courses:
    """All courses, as a table and as options of the model.

    Parameters
    ----------
    table : DataFrame
        ``facility``, ``subject_id``, ``action``, ``phase``, ``classes``, ``cost_wan``.
    options : Options
        The same rows.
    kindergartens, candidates : int
        Facilities are the study's kindergartens and then the candidates.
    """

    table: pd.DataFrame
    options: Options
    kindergartens: int
    candidates: int
    rows: list[Course] = field(repr=False, default_factory=list)

    @property
    def site(self) -> NDArray[np.int64]:
        """Row of the candidate that each course uses; -1 where none is."""
        return np.array([course.site for course in self.rows], dtype=np.int64)


def courses_of(
    phases: Phases,
    layout: LayoutSettings,
    profile: Profile,
    ladder: NDArray[np.int64],
    used: Floats,
) -> Courses:
    """List what may be done.

    Parameters
    ----------
    phases : Phases
        Years, kindergartens, candidates.
    layout : LayoutSettings
        Which actions are allowed, and costs.
    profile : Profile
        For the places of a class.
    ladder : ndarray of int
        Sizes of new sites, in classes.
    used : ndarray, shape (kindergartens,)
        Share of the places used in the last phase without a plan; ``nan`` without places.
    """
    costs = costs_of(layout)
    rows = [
        *_of_kindergartens(phases, layout, costs, used),
        *_of_candidates(phases, layout, profile, ladder, costs),
    ]
    n = len(phases.supply[0])
    running = np.array([_running(c, phases.lasting, costs["running"]) for c in rows])
    spent = np.zeros((len(rows), len(phases.years)))
    for q, course in enumerate(rows):
        if course.phase >= 0:
            spent[q, course.phase] = course.cost
    places = np.array([c.places for c in rows])
    new = np.array([c.action in NEW for c in rows])
    from_then = np.array([c.phase for c in rows])[:, None] <= np.arange(len(phases.years))
    least = np.where(new[:, None] & from_then, layout.least_use * places, 0.0)
    options = Options.of(
        np.array([c.facility for c in rows]),
        places,
        cost=spent,
        running=running,
        least=least,
        public=np.array([[k in PUBLIC for k in c.kinds] for c in rows]),
        inclusive=np.array([[k in INCLUSIVE for k in c.kinds] for c in rows]),
        counts=new,
        keeps=np.array([c.action == KEEP for c in rows]),
    )
    table = pd.DataFrame(
        {
            "facility": [c.facility for c in rows],
            "subject_id": [c.subject_id for c in rows],
            "action": [c.action for c in rows],
            "phase": [c.phase for c in rows],
            "classes": [c.classes for c in rows],
            "cost_wan": [c.cost for c in rows],
            "kind": [c.kinds[-1] for c in rows],
        }
    )
    return Courses(table, options, n, len(phases.candidates), rows)


def costs_of(layout: LayoutSettings) -> dict[str, float]:
    """Costs per place: the plan's own, else the indicative ones, else 0."""
    below = [name for name, value in layout.costs.items() if not 0 <= value < np.inf]
    unknown = [name for name in layout.costs if name not in COSTS]
    if unknown:
        raise InputError(f"there is no cost '{unknown[0]}'", hint=f"Known: {', '.join(COSTS)}.")
    if below:
        raise InputError(f"the cost '{below[0]}' must be a number of 0 or more")
    shipped = {name: rule.value for name, rule in unit_costs().items()}
    return dict.fromkeys(NO_COST, 0.0) | shipped | layout.costs


def _running(course: Course, lasting: Floats, per_place: float) -> float:
    """Money for running it in all the years of all phases."""
    yearly = np.asarray(course.places) * per_place
    later = np.arange(len(lasting)) >= course.phase
    extra = course.yearly * later if course.phase >= 0 else 0.0
    return float(((yearly + extra) * lasting).sum())


def _of_kindergartens(
    phases: Phases,
    layout: LayoutSettings,
    costs: dict[str, float],
    used: Floats,
) -> Iterator[Course]:
    places = np.array([t["places"].to_numpy(dtype=float) for t in phases.supply])
    table = phases.supply[0]
    classes = table["classes"].to_numpy(dtype=float)
    kinds = [None if pd.isna(k) else str(k) for k in table["kind"]]
    for row, name in enumerate(table["kindergarten_id"].astype(str)):
        now, kind = places[:, row], kinds[row]
        yield Course(row, name, KEEP, -1, tuple(now), (kind,) * len(now))
        if not now.any():
            continue
        for phase in np.flatnonzero(now > 0):
            shrinks = used[row] < layout.close_below
            if shrinks and "close" in layout.actions:
                yield _closed(row, name, kind, now, int(phase), costs["close"])
            if shrinks and "nursery" in layout.actions:
                yield from _nursery(
                    row, name, kind, now, int(phase), classes[row], costs["nursery"]
                )
            if "kind" in layout.actions:
                yield from _other_kinds(row, name, kind, now, int(phase), costs["kind"])


def _closed(
    row: int, name: str, kind: str | None, now: Floats, phase: int, per_place: float
) -> Course:
    after = np.where(np.arange(len(now)) >= phase, 0.0, now)
    cost = per_place * float(now[phase])
    return Course(row, name, "close", phase, tuple(after), (kind,) * len(now), cost=cost)


def _nursery(
    row: int, name: str, kind: str | None, now: Floats, phase: int, classes: float, per_place: float
) -> Iterator[Course]:
    """Any number of classes but the last turned into nursery classes (托班)."""
    if not classes > 1:
        return
    share = now / classes
    for given_up in range(1, int(classes)):
        later = np.arange(len(now)) >= phase
        after = np.where(later, now - given_up * share, now)
        cost = per_place * given_up * float(share[phase])
        yield Course(
            row, name, "nursery", phase, tuple(after), (kind,) * len(now), -1, float(given_up), cost
        )


def _other_kinds(
    row: int, name: str, kind: str | None, now: Floats, phase: int, per_place: float
) -> Iterator[Course]:
    """A private kindergarten becomes inclusive or public, an inclusive one public."""
    better = {"public": (), "inclusive": ("public",)}.get(str(kind), ("inclusive", "public"))
    for new in better:
        kinds = tuple(new if t >= phase else kind for t in range(len(now)))
        yearly = per_place * float(now[phase])
        yield Course(row, name, "kind", phase, tuple(now), kinds, yearly=yearly)


def _of_candidates(
    phases: Phases,
    layout: LayoutSettings,
    profile: Profile,
    ladder: NDArray[np.int64],
    costs: dict[str, float],
) -> Iterator[Course]:
    sites, n = phases.candidates, len(phases.supply[0])
    sizes = sizes_of(sites, ladder, profile)
    per_class = profile.places(1)
    for j in range(len(sites)):
        site = {str(name): value for name, value in sites.iloc[j].items()}
        if site["action"] not in layout.actions:
            continue
        ready = _first_phase(site.get("available_year"), phases.years)
        owner = _owner(site, phases.supply[0])
        counted = _counted(phases, owner)
        for places in np.unique(sizes[j][sizes[j] > 0]):
            for phase in np.flatnonzero(counted & (np.arange(len(counted)) >= ready)).tolist():
                later = counted & (np.arange(len(counted)) >= phase)
                there = _places_of(phases, owner)
                kind = layout.new_kind if owner < 0 else _kind_of(phases.supply[0], owner)
                yield Course(
                    n + j if owner < 0 else owner,
                    str(site["site_id"]),
                    str(site["action"]),
                    phase,
                    tuple(there + np.where(later, places, 0.0)),
                    (kind,) * len(phases.years),
                    j,
                    float(round(places / per_class, 6)),
                    site_cost(site, float(places), per_class, costs),
                )


def site_cost(
    site: dict[str, object], places: float, per_class: float, costs: dict[str, float]
) -> float:
    """The site's own cost in proportion to the classes built, else so much a place."""
    own, most = float(site["cost_wan"]), float(site["max_classes"])  # type: ignore[arg-type]
    if np.isnan(own):
        return costs[str(site["action"])] * places
    return own * (places / (most * per_class) if most > 0 else 1.0)


def _first_phase(available: object, years: tuple[int, ...]) -> int:
    """The first phase by which a site can be used."""
    known = pd.notna(available)  # type: ignore[call-overload]
    return int(np.searchsorted(years, float(available))) if known else 0  # type: ignore[arg-type]


def _owner(site: dict[str, object], gardens: gpd.GeoDataFrame) -> int:
    """Row of the kindergarten that a candidate expands; -1 where it stands by itself."""
    named = site.get("kindergarten_id")
    if named is None or pd.isna(named):  # type: ignore[call-overload]
        return -1
    rows = np.flatnonzero(gardens["kindergarten_id"].astype(str).to_numpy() == str(named))
    return int(rows[0]) if len(rows) else -1


def _counted(phases: Phases, row: int) -> Flags:
    """Phases in which a candidate can be used: an expansion only while its kindergarten is open."""
    if row < 0:
        return np.ones(len(phases.years), dtype=bool)
    return np.array([t["counted"].iloc[row] for t in phases.supply], dtype=bool)


def _places_of(phases: Phases, row: int) -> Floats:
    if row < 0:
        return np.zeros(len(phases.years))
    return np.array([t["places"].to_numpy(dtype=float)[row] for t in phases.supply])


def _kind_of(gardens: gpd.GeoDataFrame, row: int) -> str | None:
    kind = gardens["kind"].iloc[row]
    return None if pd.isna(kind) else str(kind)

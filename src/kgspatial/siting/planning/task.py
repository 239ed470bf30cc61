"""A layout problem of a study, put together: phases, courses, what binds them, the state without a plan.

Imports from `phases`, `courses`, `bounds`, `siting.layout`, `balance`, `standards`, `study`.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from scipy import sparse

from kgspatial.balance import Balance
from kgspatial.balance.assess import balance_of
from kgspatial.errors import InputError
from kgspatial.inputs.settings import BalanceSettings, LayoutSettings
from kgspatial.siting.layout.columns import Case
from kgspatial.siting.layout.solving import case_of
from kgspatial.siting.planning.bounds import conditions_of
from kgspatial.siting.planning.courses import Courses, courses_of
from kgspatial.siting.planning.phases import Phases, phases_of
from kgspatial.standards import Profile, read_profile
from kgspatial.study import Study
from kgspatial.travel import TravelMatrix


@dataclass(frozen=True, eq=False)
class Task:
    """A layout problem of a study, ready for the solver."""

    study: Study
    phases: Phases
    courses: Courses
    case: Case
    unmet: tuple[str, ...]
    before: dict[int, Balance]
    layout: LayoutSettings
    profile: Profile


SHARES = ("least_use", "public_share", "inclusive_share", "town_floor", "least_served")


def goals_of(layout: LayoutSettings) -> tuple[str, ...]:
    """The goals; of layouts that are equal by them the cheapest, so that nothing is done for nothing."""
    goals = tuple(layout.goals)
    return goals if not goals or "cost" in goals else (*goals, "cost")


def _check(layout: LayoutSettings) -> None:
    """Refuse numbers that cannot be."""
    for name in SHARES:
        value = getattr(layout, name)
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"{name} must be a share from 0 to 1, not {value:g}")
    if layout.new is not None and layout.new < 0:
        raise InputError(f"the number of new sites must be 0 or more, not {layout.new}")
    if any(not money >= 0 for money in layout.budget_wan):
        raise InputError("budget_wan must name sums of 0 or more")


def task_of(study: Study, balance: Balance, layout: LayoutSettings) -> Task:
    """Put together what the solver needs.

    Raises
    ------
    InputError
        When a number of the layout cannot be.
    """
    _check(layout)
    profile = read_profile(study.settings.plan.profile)
    ladder = np.array(
        study.settings.siting.classes or [s.classes for s in profile.ladder], dtype=np.int64
    )
    phases = phases_of(study, balance, layout, ladder)
    before = {
        year: state_of(study, phases, t, phases.supply[t], phases.travel)
        for t, year in enumerate(phases.years)
    }
    used = before[phases.years[-1]].kindergartens["utilisation"].to_numpy(dtype=float)
    courses = courses_of(phases, layout, profile, ladder, used)
    conditions, unmet = conditions_of(study, phases, courses, layout, profile)
    links = _beside(phases.travel.csr, phases.reach.csr)
    case = case_of(links, courses.options, phases.situations, conditions)
    return Task(study, phases, courses, case, unmet, before, layout, profile)


def _beside(left: sparse.csr_array, right: sparse.csr_array) -> sparse.coo_array:
    """Two matrices side by side; a stored 0 stays."""
    a, b = left.tocoo(), right.tocoo()
    return sparse.coo_array(
        (
            np.concatenate([a.data, b.data]),
            (np.concatenate([a.row, b.row]), np.concatenate([a.col, b.col + left.shape[1]])),
        ),
        shape=(left.shape[0], left.shape[1] + right.shape[1]),
    )


def state_of(
    study: Study,
    phases: Phases,
    t: int,
    gardens: gpd.GeoDataFrame,
    travel: TravelMatrix,
    flow: sparse.csr_array | None = None,
) -> Balance:
    """The balance of a phase in the first scenario."""
    points = phases.points_in(t)
    return balance_of(study, points, gardens, travel, phases.years[t], BalanceSettings(), flow)

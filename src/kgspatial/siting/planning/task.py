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


def task_of(study: Study, balance: Balance, layout: LayoutSettings) -> Task:
    """Put together what the solver needs."""
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

"""What a layout changes in a phase: who comes to which facility, newly or from where, beside no plan.

Imports from `task`, `courses`, `siting.layout`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.layout import LayoutResult
from kgspatial.siting.planning.courses import KEEP
from kgspatial.siting.planning.task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Change:
    """The children of a phase with the plan beside those without it.

    Parameters
    ----------
    rises, falls : csr_array
        Children more, and less, at each facility, points x facilities.
    gained : ndarray
        Children of each point who are served only with the plan.
    shares : ndarray
        What one child who comes to a changed facility counts as newly served: facilities that are
        changed by then share the gain of a point by how many come to each.
    """

    rises: sparse.csr_array
    falls: sparse.csr_array
    gained: Floats
    shares: Floats

    def coming(self, facility: int) -> Floats:
        """Children of each point who come there."""
        return column_of(self.rises, facility)

    def leaving(self, facility: int) -> Floats:
        """Children of each point who leave it."""
        return column_of(self.falls, facility)

    def to(self, facility: int) -> tuple[Floats, sparse.csr_array]:
        """Return who is newly served there, by point; and whom the others leave, points x facilities."""
        here = self.coming(facility)
        new = np.minimum(here, here * self.shares)
        total = _by_point(self.falls)
        part = np.minimum(_ratio(here - new, total), 1.0)
        return new, sparse.csr_array(sparse.diags_array(part) @ self.falls)

    def taking(self, facility: int) -> Floats:
        """Children who leave a facility, by the facility to which they go."""
        total = _by_point(self.rises)
        part = np.minimum(_ratio(self.leaving(facility), total), 1.0)
        return np.asarray(part @ self.rises, dtype=np.float64).ravel()


def changes_of(task: Task, result: LayoutResult) -> list[Change]:
    """Return the change of each phase, in the first scenario."""
    return [_change(task, result, t) for t in range(len(task.phases.years))] if result.flows else []


def _change(task: Task, result: LayoutResult, t: int) -> Change:
    now = sparse.csr_array(result.flows[t])
    without = task.before[task.phases.years[t]].assignment.tocoo()
    was = sparse.csr_array((without.data, (without.row, without.col)), shape=now.shape)
    difference = sparse.csr_array(now - was)
    rises = sparse.csr_array(difference.maximum(0))
    falls = sparse.csr_array((-difference).maximum(0))
    gained = np.maximum(_by_point(difference), 0.0)
    courses = (task.courses.rows[int(q)] for q in result.chosen)
    changed = sorted({c.facility for c in courses if c.action != KEEP and c.phase <= t})
    coming = _by_point(sparse.csr_array(rises[:, changed]))
    return Change(rises, falls, gained, _ratio(gained, coming))


def column_of(matrix: sparse.csr_array, column: int) -> Floats:
    """One column, dense."""
    return np.asarray(sparse.csr_array(matrix)[:, [column]].todense(), dtype=np.float64).ravel()


def _by_point(matrix: sparse.csr_array) -> Floats:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

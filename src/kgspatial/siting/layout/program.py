"""The mixed-integer program of a layout, put together from its columns, rows and goals.

Imports from `columns`, `rows`, `goals`, `siting.solver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.layout.columns import Case, Flows, Rows, flows_of
from kgspatial.siting.layout.goals import bent_goal, plain_gains
from kgspatial.siting.layout.rows import (
    capacity_rows,
    choice_rows,
    demand_rows,
    floor_rows,
    least_rows,
    link_rows,
    share_rows,
    worth_rows,
)
from kgspatial.siting.solver import MixedInteger

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Program:
    """The program with its rows, and a gain for each goal."""

    case: Case
    flows: Flows
    rows: Rows
    most: Floats
    integer: Flags
    gains: dict[str, Floats]

    def mixed_integer(self, goal: str, cutoffs: Sequence[tuple[str, float]] = ()) -> MixedInteger:
        """Maximise a goal while others stay no worse than given values."""
        n = len(self.most)
        matrix = self.rows.matrix(n)
        lower = np.concatenate(self.rows.lower)
        upper = np.concatenate(self.rows.upper)
        if cutoffs:
            kept = sparse.csr_array(np.array([self.gains[name] for name, _ in cutoffs]))
            matrix = sparse.csr_array(sparse.vstack([matrix, kept], format="csr"))
            lower = np.concatenate([lower, [value for _, value in cutoffs]])
            upper = np.concatenate([upper, np.full(len(cutoffs), np.inf)])
        return MixedInteger(self.gains[goal], matrix, lower, upper, self.most, self.integer)

    def ceiling(self, goal: str) -> float:
        """What a goal cannot pass, whatever is done."""
        gain, situations = self.gains[goal], self.case.situations
        good = gain > 0
        most = float(gain[good] @ self.most[good])
        everybody = float((situations.demand * situations.weight).sum())
        return min(most, everybody) if goal == "served" else most

    def chosen(self, values: Floats) -> Ints:
        """Options that an answer takes."""
        return np.flatnonzero(values[: len(self.case.options.facility)] > 0.5)


def assemble(case: Case, goals: Sequence[str], best: Floats | None = None) -> Program:
    """Write the program down.

    Parameters
    ----------
    case : Case
        The problem.
    goals : sequence of str
        ``served``, ``cost``, ``distance``, ``actions``, ``worst``, ``regret``, ``fair``.
    best : ndarray, shape (scenarios,), optional
        The most that each scenario alone could serve, for ``regret``.
    """
    flows = flows_of(case)
    rows = Rows()
    n = len(case.options.facility)
    demand_rows(rows, case, flows, n)
    capacity_rows(rows, case, flows, n)
    link_rows(rows, case, flows, n)
    choice_rows(rows, case)
    least_rows(rows, case, flows, n)
    worth_rows(rows, case, flows, n)
    floor_rows(rows, case, flows, n)
    most = [np.ones(n), flows.most]
    integer = [np.ones(n, bool), np.full(len(flows), case.conditions.single_source)]
    width = n + len(flows)
    for kind in ("public", "inclusive"):
        share = getattr(case.conditions, f"{kind}_share")
        if share is not None:
            extra = share_rows(rows, case, flows, width, kind, float(share))
            most.append(extra)
            integer.append(np.zeros(len(extra), bool))
            width += len(extra)
    gains = plain_gains(case, flows, width)
    for goal in goals:
        if goal in ("worst", "regret", "fair"):
            added, upper = bent_goal(
                rows, case, flows, width, goal, np.zeros(0) if best is None else best
            )
            most.append(upper)
            integer.append(np.zeros(len(upper), bool))
            gains.update(added)
            width += len(upper)
    padded = {name: np.pad(gain, (0, width - len(gain))) for name, gain in gains.items()}
    return Program(case, flows, rows, np.concatenate(most), np.concatenate(integer), padded)

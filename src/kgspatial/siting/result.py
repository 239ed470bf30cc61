"""`SitingResult`: what a siting model chose and what is proven about it.

Imports nothing of kgspatial.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

Status = Literal["optimal", "gap", "infeasible"]

PROVEN = 1e-6
"""Relative distance of objective and bound below which an answer counts as proven optimal."""


@dataclass(frozen=True, eq=False)
class SitingResult:
    """A siting answer with its proof.

    Parameters
    ----------
    chosen : ndarray of int
        Columns of `reach` that are chosen, ascending.
    objective : float
        Value of the answer.
    bound : float
        No answer of this model can be better than this.
    gap : float
        ``|bound - objective| / max(|objective|, 1e-9)``.
    status : {"optimal", "gap", "infeasible"}
        ``optimal`` only when objective and bound agree within 1e-6 relative.
    assignment : csr_array
        Demand points x sites: what each chosen site serves.
    seconds : float
        Wall time of the solution.
    sizes : ndarray
        Capacity chosen at each of `chosen`; empty for models without capacities.
    """

    chosen: NDArray[np.int64]
    objective: float
    bound: float
    gap: float
    status: Status
    assignment: sparse.csr_array
    seconds: float
    sizes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __repr__(self) -> str:
        return (
            f"<SitingResult {self.status}: {len(self.chosen)} chosen, objective "
            f"{self.objective:,.3f}, bound {self.bound:,.3f}, gap {self.gap:.2%}, {self.seconds:.2f} s>"
        )


def relative_gap(objective: float, bound: float) -> float:
    """Relative distance between an answer and what bounds it."""
    return abs(bound - objective) / max(abs(objective), 1e-9)


def judged(objective: float, bound: float) -> Status:
    """Call an answer optimal only when its bound says so."""
    return "optimal" if relative_gap(objective, bound) <= PROVEN else "gap"


def answered(
    chosen: NDArray[np.int64],
    objective: float,
    bound: float,
    assignment: sparse.csr_array,
    begun: float,
) -> SitingResult:
    """Return an answer with its gap and status; `begun` is when the clock was started."""
    return SitingResult(
        chosen=chosen,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        status=judged(objective, bound),
        assignment=assignment,
        seconds=time.perf_counter() - begun,
    )


def infeasible(shape: tuple[int, ...], begun: float) -> SitingResult:
    """Return that no answer meets the conditions: nothing is chosen."""
    nobody: sparse.csr_array = sparse.csr_array((shape[0], shape[1]))
    none = np.zeros(0, dtype=np.int64)
    seconds = time.perf_counter() - begun
    return SitingResult(none, np.inf, np.inf, np.inf, "infeasible", nobody, seconds)

"""One door to HiGHS: a mixed-integer model in sparse arrays, an answer with its bound.

Imports from `watching`, `errors`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from kgspatial.errors import SolverError
from kgspatial.siting.watching import current_watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


AFTER_STOP_S = 1.0
"""Time for a search that begins when the whole was asked to stop: enough for flows to be settled."""

OBJECTIVE_ROUNDING = 1e-6
"""Relative distance of HiGHS's objective and the value of its answer that is only rounding."""


@dataclass(frozen=True, eq=False)
class MixedInteger:
    """Maximise ``gain @ x`` subject to ``lower <= matrix @ x <= upper``, ``0 <= x <= most``."""

    gain: Floats
    matrix: sparse.csr_array
    lower: Floats
    upper: Floats
    most: Floats
    integer: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answer:
    """Values of the variables, the objective, and the bound that HiGHS proved."""

    values: Floats
    objective: float
    bound: float


def solve(
    model: MixedInteger,
    *,
    time_limit_s: float,
    gap_target: float = 0.0,
    seed: int = 0,
    start: Floats | None = None,
    is_reduced: bool = False,
) -> Answer | None:
    """Solve with HiGHS; None when the model has no feasible answer.

    Parameters
    ----------
    model : MixedInteger
        The model.
    time_limit_s : float
        The best answer so far is returned with its bound when the time is up.
    gap_target : float
        Relative gap at which the search may stop.
    seed : int
        HiGHS's random seed.
    start : ndarray, optional
        Values of a feasible answer to start from.
    is_reduced : bool
        The caller has removed what cannot be in the answer: HiGHS need not restart its search to
        remove more, and starts from an interior point. Three to five times faster where it holds.

    Raises
    ------
    SolverError
        When HiGHS stops without any answer.

    References
    ----------
    Huangfu and Hall (2018), Parallelizing the dual revised simplex method, Mathematical
    Programming Computation 10.
    """
    import highspy

    if not len(model.gain):
        return Answer(np.zeros(0), 0.0, 0.0)
    highs = _quiet(highspy)
    highs.setOptionValue("time_limit", float(time_limit_s))
    highs.setOptionValue("mip_rel_gap", float(gap_target))
    highs.setOptionValue("mip_abs_gap", 1e-6)
    highs.setOptionValue("random_seed", int(seed))
    highs.setOptionValue("threads", 1)
    if is_reduced:
        highs.setOptionValue("mip_allow_restart", False)
        highs.setOptionValue("mip_lp_solver", "ipm")
    highs.passModel(_as_highs(model, highspy))
    if start is not None:
        highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    begun = time.perf_counter()
    _run(highs, time_limit_s, is_search=bool(model.integer.any()))
    answer = _read(highs, highspy, bool(model.integer.any()))
    if start is None or answer is None or _is_whole(model, answer):
        return answer
    left = max(time_limit_s - (time.perf_counter() - begun), 1.0)
    return solve(model, time_limit_s=left, gap_target=gap_target, seed=seed, is_reduced=is_reduced)


def _run(highs: Any, time_limit_s: float, *, is_search: bool) -> None:
    """Run; a watch is told what is reached, and ends a search when it was stopped.

    HiGHS looks at its clock between larger pieces of work only: it is stopped from here as well.
    Who goes where with what was chosen is no search: it is finished.
    """
    watch = current_watch() if is_search else None
    last = time.perf_counter() + time_limit_s
    if was_stopped := watch is not None and watch.stopped:
        last = min(last, time.perf_counter() + AFTER_STOP_S)

    def look(event: Any) -> None:
        if watch is not None and event.callback_type == mip:
            watch.report(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)
        stopped = watch is not None and watch.stopped and not was_stopped
        if stopped or time.perf_counter() > last:
            event.interrupt()

    mip = highs.cbMipInterrupt.callback_type
    for callback in (highs.cbMipInterrupt, highs.cbSimplexInterrupt, highs.cbIpmInterrupt):
        callback.subscribe(look)
    highs.run()


def _is_whole(model: MixedInteger, answer: Answer) -> bool:
    """Whether the values have the objective that HiGHS names.

    HiGHS 1.16 may lose part of the objective when presolve meets a start that it cannot map, and then
    returns the start as if it were optimal: such an answer is solved again without the start.
    """
    value = float(model.gain @ answer.values)
    return abs(value - answer.objective) <= OBJECTIVE_ROUNDING * max(1.0, abs(value))


def _quiet(highspy: Any) -> Any:
    """A HiGHS that never writes to stdout: it greets there as soon as its callbacks are set."""

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
            self.silent()
            super().enableCallbacks()

    highs = Quiet()
    highs.silent()
    return highs


def _as_highs(model: MixedInteger, highspy: Any) -> Any:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = model.gain
    lp.col_lower_ = np.zeros_like(model.most)
    lp.col_upper_ = np.minimum(model.most, highspy.kHighsInf)
    lp.row_lower_ = np.maximum(model.lower, -highspy.kHighsInf)
    lp.row_upper_ = np.minimum(model.upper, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = model.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(i)] for i in model.integer]
    return lp


def _read(highs: Any, highspy: Any, is_integer: bool) -> Answer | None:
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    ):
        return None
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise SolverError(
            f"HiGHS stopped without an answer ({highs.modelStatusToString(status)}); "
            "allow more time with time_limit_s"
        )
    values = np.asarray(highs.getSolution().col_value, dtype=np.float64)
    objective = float(info.objective_function_value)
    return Answer(values, objective, float(info.mip_dual_bound) if is_integer else objective)

"""Conditions that no layout keeps: which fail, by how much, and what would be the least that mends it.

Imports from `program`, `columns`, `solving`, `siting.solver`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from kgspatial.siting.layout.columns import Case
from kgspatial.siting.layout.program import Program, assemble
from kgspatial.siting.layout.solving import LayoutResult, merged
from kgspatial.siting.solver import MixedInteger, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SHORTFALL_COLUMNS = ("condition", "asked", "missing")
SECONDS = 30.0


def shortfall(case: Case, result: LayoutResult | None = None) -> pd.DataFrame:
    """Say which conditions fail and the smallest change that would make them feasible.

    Each condition may be missed at a price of 1 for the whole of what it asks; the layout that
    misses least in all is found.

    Parameters
    ----------
    case : Case
        The problem.
    result : LayoutResult, optional
        When it is feasible, nothing is missing.

    Returns
    -------
    DataFrame
        ``condition`` (``p``, ``budget T``, ``least_served H``, ``town N H``, ``public_share H``,
        ``need N T``, ``required N``; T, H, N count phases, situations, and towns, needs or what is
        required), ``asked``, ``missing``: actions, money, children.
    """
    none = pd.DataFrame({name: [] for name in SHORTFALL_COLUMNS})
    if result is not None and result.status != "infeasible":
        return none
    program = assemble(merged(case), ("served",))
    soft = np.array([i for i, label in enumerate(program.rows.labels) if label], dtype=np.int64)
    if not len(soft):
        return none
    lower, upper = np.concatenate(program.rows.lower), np.concatenate(program.rows.upper)
    asked = np.where(np.isfinite(upper[soft]), upper[soft], lower[soft])
    answer = solve(_softened(program, soft, asked), time_limit_s=SECONDS)
    if answer is None:
        return none
    missing = answer.values[len(program.most) :]
    failing = np.flatnonzero(missing > 1e-6)
    return pd.DataFrame(
        {
            "condition": [program.rows.labels[soft[i]] for i in failing],
            "asked": asked[failing],
            "missing": missing[failing],
        }
    )


def _softened(program: Program, soft: Ints, asked: Floats) -> MixedInteger:
    """The same rows, each labelled one with a column for what it misses."""
    plain = program.mixed_integer("served")
    n, extra = len(plain.gain), len(soft)
    above = np.isfinite(plain.upper[soft])
    slack = sparse.csr_array(
        (np.where(above, -1.0, 1.0), (soft, np.arange(extra))),
        shape=(plain.matrix.shape[0], extra),
    )
    gain = np.concatenate([np.zeros(n), -1.0 / np.maximum(np.abs(asked), 1.0)])
    return replace(
        plain,
        gain=gain,
        matrix=sparse.csr_array(sparse.hstack([plain.matrix, slack], format="csr")),
        most=np.concatenate([plain.most, np.full(extra, np.inf)]),
        integer=np.concatenate([plain.integer, np.zeros(extra, bool)]),
    )

"""The problem table: what was wrong in the inputs, where, and what was done about it.

Imports nothing of kgspatial. Every reader and check feeds one table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Problem:
    """One finding; `row` is counted as the user counts it in the file."""

    layer: str
    code: str
    problem: str
    done: str
    severity: Severity = "warning"
    source: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""


PROBLEM_COLUMNS = (
    "layer",
    "source",
    "row",
    "column",
    "value",
    "code",
    "problem",
    "severity",
    "done",
)


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return the findings as a DataFrame, one row each, in the order in which they were found."""
    table = pd.DataFrame([asdict(p) for p in problems], columns=list(PROBLEM_COLUMNS))
    return table.astype({"row": "Int64"})


def joined_problems(*tables: pd.DataFrame | None) -> pd.DataFrame:
    """Return several problem tables as one, in their order; None stands for an empty one."""
    filled = [table for table in tables if table is not None and len(table)]
    return pd.concat(filled, ignore_index=True) if filled else problem_table([])

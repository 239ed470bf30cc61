"""What the methods by households and by norm share: columns, ids, and defaults that are reported.

Imports from `standards`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.standards import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Number = float | Rule

LISTED = 5
"""So many ids are named in a problem that concerns many communities."""


def numbers_of(communities: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as floats; NaN throughout where the column is missing."""
    if column not in communities:
        return np.full(len(communities), np.nan)
    return np.asarray(
        pd.to_numeric(communities[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    )


def ids_of(communities: pd.DataFrame) -> NDArray[np.object_]:
    """Return what identifies the communities: ``community_id``, or else the index."""
    named = communities.get("community_id")
    ids = communities.index.to_series() if named is None else named
    return np.asarray(ids.to_numpy(dtype=object))


def number_from(number: Number, name: str, low: float, high: float) -> float:
    """Return the value of a number that is the user's own (float) or a default (Rule).

    Raises
    ------
    InputError
        When it lies outside `low` to `high`, or nobody could verify it.
    """
    value = number.value if isinstance(number, Rule) else float(number)
    if isinstance(number, Rule) and not number.binds:
        raise InputError(f"{name}: {value:g} was never verified and cannot be used")
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} must lie from {low:g} to {high:g}, not {value:g}")
    return value


def default_note(number: Number, name: str, used: int) -> list[Problem]:
    """Return a note that a default was used for so many communities; none for the user's own."""
    if not isinstance(number, Rule) or not used:
        return []
    text = f"no {name} is given: {used} communities take the default {number.value:g}"
    origin = "; ".join(part for part in (number.source, number.clause) if part)
    done = f"used; {origin} ({number.evidence})"
    return [Problem("communities", "default_used", text, done, "note", value=f"{number.value:g}")]


def listed(ids: Iterable[object]) -> str:
    """Return the first few of some ids as text."""
    names = [str(i) for i in ids]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more

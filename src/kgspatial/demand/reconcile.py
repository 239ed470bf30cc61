"""Children of any method brought to the control totals that the bureau believes.

Imports from `dasymetric`, `study`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.demand.dasymetric import spread
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.study import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

USUAL_FACTORS = (0.5, 2.0)
"""Norm, cohort and register demand disagree by up to a factor of two (planning facts, finding 1)."""


@dataclass(frozen=True, eq=False)
class Reconciled:
    """Children that add up to control totals.

    Parameters
    ----------
    children : Series
        In the order and with the index of the points.
    left : Series
        Control totals by ``unit_id`` of units without children to share them by. With them
        nobody is lost: each makes a point of its own.
    factors : Series
        By ``unit_id``, what the unit's children were multiplied by.
    problems : list of Problem
        The range of factors, units whose factor is out of the usual, units without a total, and
        totals that are left.
    """

    children: pd.Series
    left: pd.Series
    factors: pd.Series
    problems: list[Problem]


def to_totals(
    points: pd.DataFrame, totals: pd.Series, *, units: Collection[Hashable] | None = None
) -> Reconciled:
    """Multiply the children of each unit so that they add up to its control total.

    Within a unit each point keeps its share.

    Parameters
    ----------
    points : DataFrame
        Demand points with ``unit_id`` and ``children``.
    totals : Series
        Control total by ``unit_id`` (the index). A missing one is no total.
    units : collection of unit_id, optional
        Every unit that there is; a total of any other is then an error. Without it a total
        of an unknown unit is returned in ``left``.

    Returns
    -------
    Reconciled
        Units without a total stay as they are. The children of each unit with a total, and what
        is left, equal the total to rounding.

    Raises
    ------
    InputError
        When children are missing or negative, a unit has two totals, a total is negative, or
        one belongs to a unit that there is not.

    Examples
    --------
    >>> points = pd.DataFrame({"unit_id": ["A", "A", "B"], "children": [10.0, 30.0, 7.0]})
    >>> found = to_totals(points, pd.Series({"A": 60.0}))
    >>> found.children.tolist(), found.factors.to_dict()
    ([15.0, 45.0, 7.0], {'A': 1.5})
    """
    children = _checked_children(points)
    known = totals.index if units is None else pd.Index(list(units))
    strange = totals.index.difference(known)
    if len(strange):
        raise InputError(
            f"there is a control total of unit '{strange[0]}', but no such unit",
            hint=f"It is one of {len(strange)} such. Both need the same unit_id.",
        )
    amounts, left = spread(totals, points["unit_id"], children)
    found = children.where(np.isnan(amounts), pd.Series(amounts, index=children.index))
    before = children.groupby(points["unit_id"], dropna=False).sum()
    factors = _factors(totals, before)
    untold = before[~before.index.isin(totals.index[totals.notna()])]
    problems = [*_factor_problems(factors, before, totals), *_no_total(untold), *_left_over(left)]
    return Reconciled(found, left, factors, problems)


def _checked_children(points: pd.DataFrame) -> pd.Series:
    children = points["children"].astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(children) & (children >= 0)))
    if len(wrong):
        raise InputError(
            f"{len(wrong)} of {len(points)} points have no number of children of zero or more; "
            f"the first lies in unit '{points['unit_id'].iloc[wrong[0]]}'",
            column="children",
            hint="Fill them in by another method first.",
        )
    return children


def _factors(totals: pd.Series, before: pd.Series) -> pd.Series:
    known = totals.dropna().astype(np.float64)
    shared = before.reindex(known.index).fillna(0.0)
    with np.errstate(over="ignore"):  # of a unit with next to no children
        return (known / shared)[shared > 0].rename("factor")


def _factor_problems(factors: pd.Series, before: pd.Series, totals: pd.Series) -> list[Problem]:
    if factors.empty:
        return []
    low, high = USUAL_FACTORS
    note = Problem(
        "units",
        "reconciled",
        f"children of {len(factors)} units were multiplied by {factors.min():.3g} to "
        f"{factors.max():.3g} to meet their control totals",
        "each unit's points keep their shares",
        "note",
        column="children",
    )
    far = pd.DataFrame({"factor": factors, "before": before, "total": totals}).loc[factors.index]
    far = far[(far["factor"] < low) | (far["factor"] > high)]
    return [note] + [
        Problem(
            "units",
            "far_from_total",
            f"unit '{unit}' has {row['before']:,.1f} children by the method, its control total is "
            f"{row['total']:,.1f}: a factor of {row['factor']:.3g}, and {low:g} to {high:g} is usual",
            "multiplied all the same; check the total and the method",
            column="children",
            value=str(unit),
        )
        for unit, row in far.iterrows()
    ]


def _no_total(untold: pd.Series) -> list[Problem]:
    """Units without a total; children that lie in no unit are one row, without a value."""
    nowhere = untold.index.isna() | (untold.index == OUTSIDE)
    return [
        Problem(
            "units",
            "no_total",
            "what lies in no unit has no control total"
            if outside
            else f"unit '{unit}' has no control total",
            f"its {children:,.1f} children stay as they are",
            column="children",
            value="" if outside else str(unit),
        )
        for (unit, children), outside in zip(untold.items(), nowhere, strict=True)
    ]


def _left_over(left: pd.Series) -> list[Problem]:
    return [
        Problem(
            "units",
            "total_left",
            f"unit '{unit}' has a control total of {total:,.1f}, but no children to share it by",
            "the unit keeps it at a point of its own",
            column="children",
            value=str(unit),
        )
        for unit, total in left.items()
    ]

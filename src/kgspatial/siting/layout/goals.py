"""What each goal of a layout counts: sums, the worst scenario, the greatest regret, the least-served town.

Imports from `columns`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kgspatial.errors import InputError
from kgspatial.siting.layout.columns import Case, Flows, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def plain_gains(case: Case, flows: Flows, width: int) -> dict[str, Floats]:
    """Goals that are sums: children served, and less money, metres or actions."""
    options, n = case.options, len(case.options.facility)
    weight = case.situations.weight[flows.situation] * flows.scale
    gains = {name: np.zeros(width) for name in ("served", "cost", "distance", "actions")}
    gains["served"][n : n + len(flows)] = weight
    gains["cost"][:n] = -(options.cost.sum(axis=1) + options.running)
    gains["distance"][n : n + len(flows)] = -weight * flows.metres
    gains["actions"][:n] = -options.counts.astype(float)
    return gains


def bent_goal(
    rows: Rows, case: Case, flows: Flows, width: int, goal: str, best: Floats
) -> tuple[dict[str, Floats], Floats]:
    """Goals that are a least or a greatest: columns of their own, tied to the flows."""
    if goal == "fair":
        return _fair(rows, case, flows, width)
    n, situations = len(case.options.facility), case.situations
    weight = situations.weight[flows.situation] * flows.scale
    gain = np.zeros(width + 1)
    gain[width] = 1.0 if goal == "worst" else -1.0
    for scenario in np.unique(situations.scenario):
        mine = np.flatnonzero(situations.scenario[flows.situation] == scenario)
        of = situations.scenario == scenario
        total = float((situations.demand[:, of] * situations.weight[of]).sum())
        if goal == "worst" and total <= 0:  # nobody to serve: no share is the least
            continue
        columns = np.concatenate([n + mine, [width]])
        if goal == "worst":  # the share served is no less than the worst
            values = np.concatenate([weight[mine] / total, [-1.0]])
            rows.one(columns, values, 0.0, np.inf)
        else:  # what is missed beside the scenario's own best is no more than the regret
            values = np.concatenate([weight[mine], [1.0]])
            rows.one(columns, values, float(best[scenario]), np.inf)
    return {goal: gain}, np.array([1.0 if goal == "worst" else np.inf])


def _fair(rows: Rows, case: Case, flows: Flows, width: int) -> tuple[dict[str, Floats], Floats]:
    """Least-served town first, then the next: the sums of the k least shares, one after another.

    The sum of the k least of m shares is the most of ``k t - sum of max(0, t - share)`` over t
    (Ogryczak and Sliwinski 2003), which is linear; maximised for k = 1, 2, ... it is lexicographic.
    """
    first, town = len(case.options.facility), case.conditions.town
    if town is None:
        raise InputError(
            "the goal 'fair' needs the town of each point", hint="Conditions(town=...)"
        )
    shares = []
    for name in np.unique(town[town >= 0]):
        children = (case.situations.demand[town == name] * case.situations.weight).sum()
        mine = np.flatnonzero(town[flows.point] == name)
        if children > 0:
            weight = case.situations.weight[flows.situation[mine]] * flows.scale[mine]
            shares.append((first + mine, weight / children))
    m = len(shares)
    gains: dict[str, Floats] = {}
    size = m * (m + 1)
    for k in range(m):
        t = width + k * (m + 1)
        gain = np.zeros(width + size)
        gain[t], gain[t + 1 : t + 1 + m] = k + 1.0, -1.0
        gains[f"fair {k + 1}"] = gain
        for i, (columns, values) in enumerate(shares):
            rows.one(
                np.concatenate([[t, t + 1 + i], columns]),
                np.concatenate([[1.0, -1.0], -values]),
                -np.inf,
                0.0,
            )
    return gains, np.ones(size)

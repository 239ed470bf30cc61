"""Allocation: children to places, as many served as possible, then the least total distance.

Imports from `travel`, `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.errors import InputError, SolverError
from kgspatial.travel import TravelMatrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    SparseArray = sparse.csr_array | sparse.csc_array | sparse.coo_array

COST_PER_M = 1000
"""The solver takes whole numbers: distances in millimetres."""

UNITS_PER_CHILD = 1_000_000_000
"""Parts of a child, at most; fewer where their product with distances would leave 64 bits."""

LARGEST_TOTAL = 4e18


def allocate(
    travel: TravelMatrix | SparseArray, children: ArrayLike, places: ArrayLike
) -> sparse.csr_array:
    """Assign children to kindergartens by minimum-cost flow.

    As many children as possible find a place within the travel limit; among all ways to do that,
    the one with the least total distance is taken. No kindergarten takes more children than it
    has places. Equal solutions are settled by the order of ids, not of rows.

    Parameters
    ----------
    travel : TravelMatrix or sparse array
        Origins x destinations, metres; a stored 0 is a distance, an absent entry is out of reach.
    children : array-like, shape (origins,)
        Children per origin; fractions are allowed.
    places : array-like, shape (destinations,)
        Places per destination.

    Returns
    -------
    csr_array
        Children, origins x destinations. Row sums never exceed `children`, column sums never
        exceed `places`, entries only where `travel` has one.

    Raises
    ------
    InputError
        When lengths do not fit or a number is negative or missing.
    SolverError
        When the flow solver ends without an answer.

    Examples
    --------
    >>> travel = sparse.csr_array(np.array([[100.0, 400.0], [200.0, 300.0]]))
    >>> allocate(travel, children=[10, 20], places=[15, 30]).toarray()
    array([[10.,  0.],
           [ 5., 15.]])

    References
    ----------
    Ahuja, Magnanti and Orlin (1993), Network Flows, chapter 9; solved by the cost-scaling
    push-relabel code of OR-Tools.
    """
    csr = _distances(travel)
    demand = _counts(children, csr.shape[0], "children")
    supply = _counts(places, csr.shape[1], "places")
    origin_order, destination_order = _id_order(travel, csr.shape)
    ordered = csr[origin_order][:, destination_order]
    ordered.sort_indices()  # or the order of arcs, and with it ties, would follow the input's
    flow = _solve(ordered, demand[origin_order], supply[destination_order])
    back_rows, back_columns = np.argsort(origin_order), np.argsort(destination_order)
    return sparse.csr_array(flow[back_rows][:, back_columns])


def _distances(travel: TravelMatrix | SparseArray) -> sparse.csr_array:
    if isinstance(travel, TravelMatrix):
        return travel.csr
    csr: sparse.csr_array = sparse.csr_array(travel).astype(np.float64)
    if not (np.isfinite(csr.data).all() and (csr.data >= 0).all()):
        raise InputError("distances must be 0 or more, without missing values")
    return csr


def _counts(values: ArrayLike, length: int, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (length,):
        raise InputError(
            f"{name} must have {length} values, one per row of travel; has {array.shape}"
        )
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise InputError(f"{name} must be 0 or more, without missing values")
    return array


def _id_order(
    travel: TravelMatrix | SparseArray, shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if not isinstance(travel, TravelMatrix):
        return np.arange(shape[0]), np.arange(shape[1])
    return (
        np.argsort(travel.origin_ids, kind="stable"),
        np.argsort(travel.destination_ids, kind="stable"),
    )


def _solve(csr: sparse.csr_array, children: Floats, places: Floats) -> sparse.csr_array:
    """Solve in whole units and scale back, so that fractions of a unit are carried, not lost.

    Demand is rounded up to whole units and each origin's flow then shrunk by the same ratio:
    a point served in full is served to its last fraction, and no capacity is exceeded.
    """
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    cost = np.rint(csr.data * COST_PER_M).astype(np.int64)
    per_child = _units_per_child(children, cost)
    units = np.ceil(children * per_child).astype(np.int64)
    room = np.floor(np.minimum(places, units.sum() / per_child) * per_child).astype(np.int64)
    flow = _flow(rows, csr.indices, cost, units, room)
    kept = flow > 0
    rows, columns = rows[kept], csr.indices[kept]
    served = flow[kept] / units[rows] * children[rows]
    return sparse.csr_array((served, (rows, columns)), shape=csr.shape)


def _units_per_child(children: Floats, cost: NDArray[np.int64]) -> float:
    worst = float(children.sum() + 1.0) * float(cost.max(initial=0) + 1.0)
    return float(max(1.0, min(UNITS_PER_CHILD, 10.0 ** np.floor(np.log10(LARGEST_TOTAL / worst)))))


def _flow(
    rows: NDArray[np.int64],
    columns: NDArray[np.integer],
    cost: NDArray[np.int64],
    units: NDArray[np.int64],
    room: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Maximum flow of minimum cost from a source over origins and destinations to a sink."""
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    n, m = len(units), len(room)
    source, sink = n + m, n + m + 1
    origin, destination = np.arange(n), n + np.arange(m)
    solver = SimpleMinCostFlow()
    pairs = solver.add_arcs_with_capacity_and_unit_cost(rows, n + columns, units[rows], cost)
    solver.add_arcs_with_capacity_and_unit_cost(
        np.full(n, source), origin, units, np.zeros_like(units)
    )
    solver.add_arcs_with_capacity_and_unit_cost(
        destination, np.full(m, sink), room, np.zeros_like(room)
    )
    total = int(units.sum())
    solver.set_nodes_supplies(np.array([source, sink]), np.array([total, -total]))
    status = solver.solve_max_flow_with_min_cost()
    if status != SimpleMinCostFlow.OPTIMAL:
        raise SolverError(f"the allocation of children to places ended as {status.name}")
    if not len(pairs):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(solver.flows(pairs), dtype=np.int64)

"""Control totals spread over the points of their units, and tables fitted to two sets of totals.

On arrays and tables, without a study. Imports from `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

NAMED_AT_MOST = 5
"""Rows that a message names before it only counts them."""


def spread(
    totals: pd.Series, unit: Sequence[Hashable] | pd.Series | NDArray[Any], weights: ArrayLike
) -> tuple[NDArray[np.float64], pd.Series]:
    """Spread each unit's control total over the unit's points by their weights.

    ``amount = total of the unit x weight / sum of the weights in the unit``. Which weights are
    right is the planner's choice: children of a grid, households, floor area, residents or area.

    Parameters
    ----------
    totals : Series
        Control total by ``unit_id`` (the index), such as children of 3 to 5 by town of a census.
    unit : Series or array, shape (points,)
        ``unit_id`` of each point; missing where it lies in no unit.
    weights : array_like, shape (points,)
        Zero or more, of one kind and unit for all points; taken in the order of `unit`, whatever
        their index.

    Returns
    -------
    amounts : ndarray of float64, shape (points,)
        In the order of `unit`. A point whose unit has no total, or a missing one, has none
        either (NaN): nobody knows. A point without weight gets 0.
    left : Series
        Totals by ``unit_id`` that no point could take, because the unit has no point or none with
        weight. They are not shared equally: a weight of 0 says that nobody lives there. Amounts
        and `left` together equal each total to rounding.

    Raises
    ------
    InputError
        When a unit has two totals, a total or a weight is negative or infinite, or a weight is
        missing.

    References
    ----------
    Eicher, C. L. and Brewer, C. A. (2001). Dasymetric mapping and areal interpolation:
    implementation and evaluation. Cartography and Geographic Information Science 28, 125-138.
    Mennis, J. (2003). Generating surface models of population using dasymetric mapping. The
    Professional Geographer 55, 31-42. That each source zone keeps its total: Tobler, W. R.
    (1979). Smooth pycnophylactic interpolation for geographical regions. Journal of the American
    Statistical Association 74, 519-530.

    Examples
    --------
    >>> totals = pd.Series({"A": 90.0, "B": 20.0})
    >>> amounts, left = spread(totals, ["A", "A", "C"], [100, 200, 50])
    >>> amounts.tolist()
    [30.0, 60.0, nan]
    >>> left.to_dict()
    {'B': 20.0}
    """
    wanted = _checked_totals(totals, "unit")
    weight = _checked_weights(weights, len(unit))
    place = totals.index.get_indexer(pd.Index(unit))
    inside = place >= 0
    at, part = place[inside], weight[inside]
    heaviest = np.zeros(len(totals))
    np.maximum.at(heaviest, at, part)
    # Relative to the heaviest point, so that no sum of weights overflows or vanishes.
    part = np.divide(part, heaviest[at], out=np.zeros_like(part), where=part > 0)
    sums = np.bincount(at, part, minlength=len(totals))
    share = np.divide(part, sums[at], out=np.zeros_like(part), where=part > 0)
    amounts = np.full(len(weight), np.nan)
    amounts[inside] = wanted[at] * share
    return amounts, totals.astype(np.float64)[(sums == 0) & (wanted > 0)]


@dataclass(frozen=True, eq=False)
class FittedTable:
    """A table fitted to totals of its rows and of its columns.

    Parameters
    ----------
    values : DataFrame
        Rows and columns as in the seed.
    iterations : int
        Rounds that it took; a round fits the rows, then the columns.
    largest_error : float
        Largest difference between a sum and its total, relative to the total.
    """

    values: pd.DataFrame
    iterations: int
    largest_error: float


def fit_margins(
    seed: pd.DataFrame,
    row_totals: pd.Series,
    column_totals: pd.Series,
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 10_000,
) -> FittedTable:
    """Fit a table to row and column totals by iterative proportional fitting.

    For control totals by unit and by age at once: `seed` holds children by unit and age as an
    older count or a method has them, or ones where nothing is known.

    Parameters
    ----------
    seed : DataFrame
        Numbers of zero or more. Only their proportions matter. A zero stays zero.
    row_totals, column_totals : Series
        Totals of zero or more, by the labels of the seed's index and columns, in any order.
    tolerance : float
        Largest relative difference of any sum from its total.
    max_iterations : int
        Rounds after which to look whether the totals can be met at all, or to give up.

    Returns
    -------
    FittedTable
        The one table ``row factor x seed x column factor`` that has these totals: the nearest to
        the seed in relative entropy. Where zeros and totals leave no such table but others with
        further zeros, the one of these to which the rounds would come closer for ever.

    Raises
    ------
    InputError
        When labels do not match, a number is missing or negative, the two sets of totals have
        different sums, the seed's zeros make the totals unreachable (with the amount that is
        short), or the table is not fitted after `max_iterations`.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency
    table when the expected marginal totals are known. Annals of Mathematical Statistics 11,
    427-444. When it converges: Pukelsheim, F. (2014). Biproportional scaling of matrices and the
    iterative proportional fitting procedure. Annals of Operations Research 215, 269-283.

    Examples
    --------
    >>> seed = pd.DataFrame({"age_3": [1.0, 1.0], "age_4": [1.0, 3.0]}, index=["A", "B"])
    >>> towns = pd.Series({"A": 30.0, "B": 70.0})
    >>> fitted = fit_margins(seed, towns, pd.Series({"age_3": 40.0, "age_4": 60.0}))
    >>> fitted.values.sum(axis=1).round(6).tolist()
    [30.0, 70.0]
    >>> fitted.values.round(2).to_numpy().tolist()
    [[17.57, 12.43], [22.43, 47.57]]
    """
    start = _checked_seed(seed)
    rows = _aligned(row_totals, seed.index, "row")
    columns = _aligned(column_totals, seed.columns, "column")
    _refuse_different_sums(rows, columns, tolerance)
    start = start * (rows > 0)[:, None] * (columns > 0)
    _refuse_empty(start, rows, columns, seed)
    rounds = 0
    while True:
        values, more, error = _fitted(start, rows, columns, tolerance, max_iterations)
        rounds += more
        if error <= tolerance:
            fitted = pd.DataFrame(values, index=seed.index, columns=seed.columns)
            return FittedTable(fitted, rounds, error)
        needs = _needs(start, values, rows, columns)
        _refuse_unreachable(needs, rows, seed.index, tolerance)
        closed = needs.closed(start, tolerance * rows.sum())
        if not closed.any():
            raise InputError(
                f"the table does not meet its totals after {rounds} rounds of fitting: "
                f"a sum is still {error:.1e} of its total away",
                hint="Raise max_iterations, or put small numbers where the seed has zeros that "
                "nobody knows to be zero.",
            )
        start = np.where(closed, 0.0, start)


def _fitted(
    start: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    tolerance: float,
    max_iterations: int,
) -> tuple[NDArray[np.float64], int, float]:
    """Fit rows, then columns, in turn: the table, the rounds, the largest relative error."""
    table = _evened(start)
    rounds, error = 0, _largest_error(table, rows, columns)
    while error > tolerance and rounds < max_iterations:
        table *= _ratio(rows, table.sum(axis=1))[:, None]
        table *= _ratio(columns, table.sum(axis=0))
        rounds, error = rounds + 1, _largest_error(table, rows, columns)
    return table, rounds, error


def _evened(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same proportions with a largest number of 1 in each row and column: no overflow later."""
    for axis in (1, 0):
        largest = table.max(axis=axis, keepdims=True, initial=0.0)
        table = np.divide(table, largest, out=np.zeros_like(table), where=table > 0)
    return table


def _ratio(totals: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(totals, sums, out=np.zeros_like(totals), where=sums > 0)


def _largest_error(
    table: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> float:
    """Largest relative difference; rows and columns of total 0 hold nothing but zeros."""
    totals = np.concatenate([rows, columns])
    sums = np.concatenate([table.sum(axis=1), table.sum(axis=0)])
    return float(np.max(_ratio(np.abs(sums - totals), totals), initial=0.0))


def _refuse_different_sums(
    rows: NDArray[np.float64], columns: NDArray[np.float64], tolerance: float
) -> None:
    by_row, by_column = float(rows.sum()), float(columns.sum())
    # Half of the tolerance; the other half is left to the fit.
    if abs(by_row - by_column) > tolerance / 2 * max(by_row, by_column):
        raise InputError(
            f"the row totals add up to {by_row:.12g}, the column totals to {by_column:.12g}: "
            f"they differ by {abs(by_row - by_column):.6g}",
            hint="Decide which of the two is right and multiply the other by the ratio.",
        )


def _refuse_empty(
    start: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    seed: pd.DataFrame,
) -> None:
    """A row or column with a total needs a number above zero where the other side has a total."""
    usable = start > 0
    sides = (("row", seed.index, rows, 1), ("column", seed.columns, columns, 0))
    for what, labels, totals, axis in sides:
        empty = np.flatnonzero((totals > 0) & ~usable.any(axis=axis))
        if len(empty):
            raise InputError(
                f"{what} '{labels[empty[0]]}' has a total of {totals[empty[0]]:g}, but no number "
                "above zero in the seed where there is anybody to place",
                hint=f"It is one of {len(empty)} such. Where the seed is zero, the table stays 0.",
            )


@dataclass(frozen=True, eq=False)
class _Needs:
    """Sets of rows, each one row larger than the last, and the columns open to them.

    A set may fill only the columns in which one of its rows is not zero in the seed. ``order``
    (rows), ``open_columns`` (sets x columns), ``short`` (sets): what the set needs beyond the
    totals of its open columns.
    """

    order: NDArray[np.intp]
    open_columns: NDArray[np.bool_]
    short: NDArray[np.float64]

    def closed(self, start: NDArray[np.float64], slack: float) -> NDArray[np.bool_]:
        """Cells that no table with these totals can fill.

        A set that needs all of its open columns leaves nothing in them to the other rows. The
        rounds bring such cells ever closer to 0 and never there.
        """
        tight = np.abs(self.short) <= slack
        taken = np.logical_or.accumulate(self.open_columns & tight[:, None], axis=0)
        closed = np.zeros(start.shape, dtype=np.bool_)
        closed[self.order[1:]] = taken[:-1]
        return closed & (start > 0)


def _needs(
    start: NDArray[np.float64],
    values: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> _Needs:
    """Sets of the rows that fitting in turn leaves furthest below their totals.

    Which rows these are is what the rounds show (Pukelsheim 2014); that a set is short or just
    filled is plain arithmetic on the totals.
    """
    some = np.flatnonzero(rows > 0)
    order = some[np.argsort(values.sum(axis=1)[some] / rows[some], kind="stable")]
    open_columns = np.logical_or.accumulate(start[order] > 0, axis=0)
    return _Needs(order, open_columns, np.cumsum(rows[order]) - open_columns @ columns)


def _refuse_unreachable(
    needs: _Needs, rows: NDArray[np.float64], labels: pd.Index, tolerance: float
) -> None:
    worst = int(np.argmax(needs.short))
    short = needs.short[worst]
    if short <= tolerance * rows.sum():
        return
    needy = needs.order[: worst + 1]
    names = ", ".join(f"'{labels[i]}'" for i in needy[:NAMED_AT_MOST])
    more = f" and {len(needy) - NAMED_AT_MOST} more" if len(needy) > NAMED_AT_MOST else ""
    need = rows[needy].sum()
    raise InputError(
        f"zeros in the seed make the totals unreachable: rows {names}{more} need {need:g}, the "
        f"columns in which they are not zero hold {need - short:g}: {short:g} short",
        hint="Put small numbers where the seed has zeros that nobody knows to be zero, or check "
        "the totals.",
    )


def _checked_totals(totals: pd.Series, what: str) -> NDArray[np.float64]:
    """Totals as numbers; a missing one stays missing."""
    twice = totals.index[totals.index.duplicated()]
    if len(twice):
        raise InputError(f"{what} '{twice[0]}' has two totals")
    if totals.index.hasnans:
        raise InputError(f"a total belongs to no {what}")
    values = totals.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero((values < 0) | np.isinf(values))
    if len(wrong):
        raise InputError(
            f"{what} '{totals.index[wrong[0]]}' has a total of {values[wrong[0]]:g}",
            hint="A total is a number of zero or more.",
        )
    return values


def _checked_weights(weights: ArrayLike, points: int) -> NDArray[np.float64]:
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (points,):
        raise InputError(f"there are {points} points, but weights of shape {values.shape}")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        raise InputError(
            f"{len(wrong)} of {points} weights are missing, negative or infinite, the first "
            f"({values[wrong[0]]:g}) at place {wrong[0]}",
            hint="A weight of 0 says that nobody lives there. Fill in what is missing, or take "
            "weights that every point has.",
        )
    return values


def _checked_seed(seed: pd.DataFrame) -> NDArray[np.float64]:
    for labels, what in ((seed.index, "row"), (seed.columns, "column")):
        if labels.has_duplicates:
            raise InputError(f"the seed has {what} '{labels[labels.duplicated()][0]}' twice")
    values = seed.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.argwhere(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"the seed has {values[row, column]:g} in row '{seed.index[row]}', column "
            f"'{seed.columns[column]}'",
            hint="It needs numbers of zero or more.",
        )
    return values


def _aligned(totals: pd.Series, labels: pd.Index, what: str) -> NDArray[np.float64]:
    """Totals in the order of the seed's labels, each there once."""
    values = _checked_totals(totals, what)
    strange, without = totals.index.difference(labels), labels.difference(totals.index)
    if len(strange):
        raise InputError(f"there is a total of {what} '{strange[0]}', which the seed has not")
    missing = list(without) + list(totals.index[np.isnan(values)])
    if missing:
        raise InputError(
            f"{what} '{missing[0]}' has no total",
            hint="Leave rows and columns without a total out of the table, or spread by unit.",
        )
    return np.asarray(values[totals.index.get_indexer(labels)])

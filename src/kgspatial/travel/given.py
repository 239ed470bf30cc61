"""The user's own travel matrix: a long table of origins, destinations, and metres or minutes.

Imports from `straight`, `places`, `matrix`, `inputs`, `errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.columns.headers import with_canonical_names
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.problems import Problem, Severity, problem_table
from kgspatial.travel.matrix import TravelMatrix, Unit, csr_with_zeros
from kgspatial.travel.places import ids_of
from kgspatial.travel.straight import straight

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Ids = NDArray[np.str_]
    Ends = ArrayLike | gpd.GeoDataFrame | None

NAMED = 10
"""Ids and pairs that one message names."""

COLUMN_OF: dict[Unit, str] = {"m": "metres", "min": "minutes"}


def given(
    table: pd.DataFrame,
    *,
    origins: Ends = None,
    destinations: Ends = None,
    limit: float | None = None,
    unit: Unit | None = None,
    source: str = "",
) -> TravelMatrix:
    """Take the travel matrix that a routing engine or a web service gave.

    Parameters
    ----------
    table : DataFrame
        A pair a row: ``origin_id``, ``destination_id`` and ``metres`` or ``minutes``, or the names
        that r5py and others use (``from_id``, ``to_id``, ``travel_time``). A missing value is a
        pair that is out of reach.
    origins, destinations : array-like of ids or GeoDataFrame, optional
        The rows and columns of the matrix, in their order; those of the table, sorted, unless
        given. Layers are looked at also for near pairs that the table lacks.
    limit : float, optional
        Pairs with more than this, in `unit`, are absent; the largest value unless given.
    unit : {"m", "min"}, optional
        Which column counts; metres where both are there.
    source : str
        The file, for messages.

    Returns
    -------
    TravelMatrix
        In `unit`. ``problems`` lists unknown ids, negative and contradictory values, and what is
        missing; nothing is left out in silence.

    Raises
    ------
    InputError
        When a column is missing, or no row fits the ids.

    Examples
    --------
    >>> table = pd.DataFrame({"from_id": ["a", "b"], "to_id": ["k", "k"], "travel_time": [4, 9]})
    >>> given(table)
    <TravelMatrix 2 x 1, 2 pairs within 9 min, given>
    """
    if table.empty:
        raise InputError("the travel matrix is empty: it has no rows", source=source or None)
    rows, found = _columns(table, source)
    measure = _unit(rows, unit, source)
    value, no_numbers = _numbers(rows, COLUMN_OF[measure], source)
    found += no_numbers
    starts, ends = _ids(rows["origin_id"], origins), _ids(rows["destination_id"], destinations)
    at = _positions(rows["origin_id"], starts), _positions(rows["destination_id"], ends)
    known = (at[0] >= 0) & (at[1] >= 0)
    if not known.any():
        raise _no_match(rows, starts, ends, source)
    wrong = known & ((value < 0) | np.isinf(value))
    usable = np.flatnonzero(known & ~wrong & np.isfinite(value))
    kept, doubled = _least_of_each_pair(at, value, usable)
    bound = _bound(value[kept], limit)
    near = kept[value[kept] <= bound]
    csr = csr_with_zeros(at[0][near], at[1][near], value[near], (len(starts), len(ends)))
    problems = [
        *found,
        *_unknown(rows, at[0], "origin_id", source),
        *_unknown(rows, at[1], "destination_id", source),
        *_wrong(rows, value, wrong, source),
        *_doubled(rows, doubled, len(usable) - len(kept), source),
        *_both(rows, measure, source),
        *_silent("origins", starts, at[0][known], source),
        *_silent("destinations", ends, at[1][known], source),
        *_out_of_reach(int((known & rows[COLUMN_OF[measure]].isna()).sum()), source),
        *_beyond(len(kept) - len(near), f"{bound:g} {measure}", source),
    ]
    if measure == "m" and isinstance(origins, gpd.GeoDataFrame):
        problems += _missing_pairs(origins, destinations, bound, at, known, source)
    return TravelMatrix(
        csr,
        starts,
        ends,
        bound,
        measure,
        "given",
        {"method": "given", "source": source, "limit": bound},
        problems=problem_table(problems),
    )


def _columns(table: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[Problem]]:
    """The table under canonical names."""
    named, found = with_canonical_names(table, "travel", LayerInput(""), Path(source))
    for column in ("origin_id", "destination_id"):
        if column not in named:
            raise InputError(
                f"the travel matrix has no column '{column}'",
                source=source or None,
                column=column,
                hint=f"Its columns are {', '.join(map(str, table.columns))}.",
            )
    return named, found


def _unit(rows: pd.DataFrame, unit: Unit | None, source: str) -> Unit:
    """The asked unit, else metres where they hold anything, else minutes."""
    if unit is not None and unit not in COLUMN_OF:
        raise InputError(f"the unit of travel must be m or min, not '{unit}'")
    there = [u for u, c in COLUMN_OF.items() if c in rows and (unit or rows[c].notna().any())]
    there = there or [u for u, c in COLUMN_OF.items() if c in rows]
    if not there or (unit is not None and unit not in there):
        wanted = "metres or minutes" if unit is None else COLUMN_OF[unit]
        raise InputError(
            f"the travel matrix has no column of {wanted}",
            source=source or None,
            column=COLUMN_OF[unit or "m"],
            hint="Name the column metres or minutes; seconds must be divided by 60 first.",
        )
    return there[0] if unit is None else unit


def _numbers(
    rows: pd.DataFrame, column: str, source: str
) -> tuple[NDArray[np.float64], list[Problem]]:
    """The values, and what stands among them that is no number."""
    value = pd.to_numeric(rows[column], errors="coerce").to_numpy(dtype=np.float64)
    lost = np.flatnonzero(np.isnan(value) & rows[column].notna().to_numpy())
    return value, _not_walks(rows, lost, rows[column].astype(str), source)


def _text(ids: pd.Series) -> pd.Series:
    """Ids as they are compared: trimmed, and whole numbers without a point and zeros."""
    text = ids.astype("string").str.strip()
    whole = text.dropna().str.fullmatch(r"\d+(\.0+)?").all()
    return text.str.replace(r"\.0+$", "", regex=True) if whole else text


def _ids(column: pd.Series, ends: Ends) -> Ids:
    if ends is None:
        return np.asarray(np.sort(_text(column).dropna().unique().astype(str)), dtype=np.str_)
    own = pd.Series(ids_of(ends) if isinstance(ends, gpd.GeoDataFrame) else np.asarray(ends))
    if own.isna().any():
        raise InputError("an id of the origins or destinations is missing")
    own = own if isinstance(ends, gpd.GeoDataFrame) else _text(own)
    repeated = own[own.duplicated()]
    if len(repeated):
        raise InputError(f"the id '{repeated.iloc[0]}' comes twice among origins or destinations")
    return np.asarray(own, dtype=np.str_)


def _positions(column: pd.Series, ids: Ids) -> NDArray[np.int64]:
    """Position of each row's id; -1 where there is none."""
    known = pd.Index(_text(pd.Series(ids, dtype="string")))
    return np.asarray(known.get_indexer(pd.Index(_text(column))), dtype=np.int64)


def _no_match(rows: pd.DataFrame, starts: Ids, ends: Ids, source: str) -> InputError:
    first = rows.iloc[0]
    shown = [str(i[0]) if len(i) else "none" for i in (starts, ends)]
    return InputError(
        "no row of the travel matrix fits the demand points and the destinations",
        source=source or None,
        hint=f"Its first row is from '{first['origin_id']}' to '{first['destination_id']}'; the "
        f"ids here are such as '{shown[0]}' and '{shown[1]}'.",
    )


def _bound(values: NDArray[np.float64], limit: float | None) -> float:
    if limit is not None:
        if not limit > 0:
            raise InputError(f"the limit must be a positive number, not {limit}")
        return float(limit)
    return float(values.max()) if len(values) else 0.0


def _least_of_each_pair(
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    value: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows with the least value of each pair, and rows with another value of the same pair."""
    order = rows[np.lexsort((rows, value[rows], at[1][rows], at[0][rows]))]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(at[0][order]) != 0) | (np.diff(at[1][order]) != 0)
    least = value[order[first]][np.cumsum(first) - 1]
    return order[first], order[~first & (value[order] != least)]


def _problem(code: str, text: str, done: str, severity: Severity, source: str) -> Problem:
    return Problem("travel", code, text, done, severity, source)


def _unknown(
    rows: pd.DataFrame, position: NDArray[np.int64], column: str, source: str
) -> list[Problem]:
    """Ids that nothing bears, with their first row; of many, the first ones and a count."""
    lost = rows.loc[position < 0, column]
    count = lost.value_counts(dropna=False, sort=False)
    first = lost[~lost.duplicated()]
    done = "its rows are left out"
    problems = [
        Problem(
            *("travel", "unknown_id", f"'{value}' is not known here ({count[value]} rows)"),
            *(done, "warning", source),
            row=_row(row),
            column=column,
            value=str(value),
        )
        for row, value in first.iloc[:NAMED].items()
    ]
    if len(first) > NAMED:
        text = f"{len(first) - NAMED} more ids in {column} are not known here"
        problems.append(_problem("unknown_id", text, "their rows are left out", "warning", source))
    return problems


def _row(row: object) -> int | None:
    return int(row) if isinstance(row, (int, np.integer)) else None


def _wrong(
    rows: pd.DataFrame, value: NDArray[np.float64], wrong: NDArray[np.bool_], source: str
) -> list[Problem]:
    found = np.flatnonzero(wrong)
    return _not_walks(rows, found, pd.Series(value).map("{:g}".format), source)


def _not_walks(
    rows: pd.DataFrame, lost: NDArray[np.int64], shown: pd.Series, source: str
) -> list[Problem]:
    """Values that are no walk, with their rows; of many, the first ones and a count."""
    problems = [
        Problem(
            *("travel", "no_walk", f"a walk of {shown.iloc[i]} cannot be", "row left out", "error"),
            source,
            row=_row(rows.index[i]),
            value=str(shown.iloc[i]),
        )
        for i in lost[:NAMED]
    ]
    if len(lost) > NAMED:
        text = f"{len(lost) - NAMED} more rows hold what is no walk"
        problems.append(_problem("no_walk", text, "rows left out", "error", source))
    return problems


def _doubled(
    rows: pd.DataFrame, doubled: NDArray[np.int64], all_doubled: int, source: str
) -> list[Problem]:
    problems = []
    if len(doubled):
        first = rows.iloc[doubled[0]]
        pair = f"{first['origin_id']} to {first['destination_id']}"
        text = f"{len(doubled)} rows give another value for a pair that is there, such as {pair}"
        problems.append(_problem("pair_twice", text, "the least is used", "warning", source))
    if same := all_doubled - len(doubled):
        text = f"{same} rows repeat a pair with the same value"
        problems.append(_problem("pair_repeated", text, "used once", "note", source))
    return problems


def _both(rows: pd.DataFrame, measure: Unit, source: str) -> list[Problem]:
    other = COLUMN_OF["min" if measure == "m" else "m"]
    if other not in rows or not rows[other].notna().any():
        return []
    text = f"it holds {other} as well as {COLUMN_OF[measure]}"
    return [_problem("two_units", text, f"{COLUMN_OF[measure]} are used", "note", source)]


def _silent(side: str, ids: Ids, told: NDArray[np.int64], source: str) -> list[Problem]:
    """Ids of the study without any row in the table."""
    lost = ids[np.setdiff1d(np.arange(len(ids)), told)]
    if not len(lost):
        return []
    more = ", ..." if len(lost) > NAMED else ""
    text = f"{len(lost)} {side} have no row: {', '.join(lost[:NAMED])}{more}"
    return [_problem("pairs_missing", text, "they count as out of reach", "warning", source)]


def _out_of_reach(count: int, source: str) -> list[Problem]:
    if not count:
        return []
    text = f"{count} pairs have no value, as routing engines write what they cannot reach"
    return [_problem("out_of_reach", text, "they count as out of reach", "note", source)]


def _beyond(count: int, bound: str, source: str) -> list[Problem]:
    if not count:
        return []
    text = f"{count} pairs have more than {bound}"
    return [_problem("beyond_limit", text, "they count as out of reach", "note", source)]


def _missing_pairs(
    origins: gpd.GeoDataFrame,
    destinations: Ends,
    bound: float,
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    known: NDArray[np.bool_],
    source: str,
) -> list[Problem]:
    """Pairs within the limit as the crow flies that a table, which has rows for both, lacks."""
    if not isinstance(destinations, gpd.GeoDataFrame):
        return []
    near = straight(origins, destinations, limit_m=bound)
    pairs = near.csr.tocoo()
    width = pairs.shape[1]
    asked = pairs.row.astype(np.int64) * width + pairs.col
    told = np.isin(pairs.row, at[0][known]) & np.isin(pairs.col, at[1][known])
    lost = np.flatnonzero(told & ~np.isin(asked, at[0][known] * width + at[1][known]))
    if not len(lost):
        return []
    first = f"{near.origin_ids[pairs.row[lost[0]]]} to {near.destination_ids[pairs.col[lost[0]]]}"
    text = f"{len(lost)} pairs within {bound:g} m as the crow flies have no row, such as {first}"
    return [_problem("pairs_missing", text, "they count as out of reach", "warning", source)]

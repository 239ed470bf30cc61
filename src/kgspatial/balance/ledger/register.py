"""The rectification ledger (整治台账): its entries, told apart, linked and checked.

Imports from `inputs.columns`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.columns.cells import (
    as_date,
    dates,
    first_row,
    numbers,
    row_number,
    source_of,
    texts,
)
from kgspatial.inputs.columns.links import linked, names_of
from kgspatial.inputs.problems import Problem

POLICY_YEAR = 2019
"""Estates delivered before it are old accounts: 国办发〔2019〕3号 began the rectification."""

PLACE = ("county", "town", "community", "kindergarten")
"""What names an entry that has no id of its own."""

OLD, NEW = "old", "new"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The ledger as it stood on a day.

    Parameters
    ----------
    on : date
        The day.
    entries : DataFrame
        The ledger.
    """

    on: date
    entries: pd.DataFrame


def link_ledger(
    ledger: pd.DataFrame,
    *,
    communities: pd.DataFrame | None = None,
    kindergartens: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Link the entries of a ledger to estates and kindergartens, by id or by name.

    Parameters
    ----------
    ledger : DataFrame
        Columns of ``layers.TABLES["ledger"]``; its index is the row as the user counts it.
    communities, kindergartens : GeoDataFrame, optional
        Layers with ``community_id`` or ``kindergarten_id``, and ``name``.

    Returns
    -------
    ledger : DataFrame
        With ``community_id``, ``kindergarten_id`` (None where not linked) and
        ``community_match``, ``kindergarten_match``: ``id``, ``name``,
        ``name_written_otherwise`` or None.
    problems : list of Problem
        Names that no row bears, that several bear, that differ from the id's.

    Examples
    --------
    >>> estates = pd.DataFrame({"community_id": ["C1", "C2"], "name": ["金城 花园", "江景"]})
    >>> ledger = pd.DataFrame({"community": ["金城花园", "东湖"]}, index=[2, 3])
    >>> entries, problems = link_ledger(ledger, communities=estates)
    >>> entries["community_id"].tolist(), [p.row for p in problems if p.code == "name_unknown"]
    (['C1', None], [3])
    """
    estates = None if communities is None else names_of(communities, "community_id")
    gardens = None if kindergartens is None else names_of(kindergartens, "kindergarten_id")
    entries, problems = linked(ledger, "community", estates, "ledger")
    entries, found = linked(entries, "kindergarten", gardens, "ledger")
    return entries, problems + found


def entry_keys(ledger: pd.DataFrame) -> pd.Series:
    """Return what tells each entry from the others, the same in every snapshot.

    The ``entry_id`` where all entries have one, else county, town, estate and kindergarten.
    Running numbers (序号) tell nothing: they move with every row that is put in.

    Raises
    ------
    InputError
        When two entries have the same.

    Examples
    --------
    >>> entry_keys(pd.DataFrame({"county": ["A", "B"], "community": ["x", "x"]})).tolist()
    ['A / x', 'B / x']
    """
    keys = _keys(ledger)
    twice = keys.duplicated()
    if twice.any():
        row = first_row(twice)
        raise InputError(
            f"two entries of the ledger are called '{keys[row]}'",
            source=source_of(ledger) or None,
            row=row_number(row),
            hint="Give every entry an entry_id (台账编号) that stays the same.",
        )
    return keys


def _keys(ledger: pd.DataFrame) -> pd.Series:
    own = texts(ledger, "entry_id")
    if len(own) and own.notna().all():
        return own.astype(str)
    parts = [texts(ledger, name) for name in PLACE]
    rows = zip(*parts, strict=True)
    keys = [" / ".join(str(part) for part in row if part is not None) for row in rows]
    return pd.Series(keys, index=ledger.index, dtype=object)


def accounts(ledger: pd.DataFrame, *, since: int = POLICY_YEAR) -> pd.Series:
    """Return whether each entry is an old account (老账, 旧账) or a new one (新账).

    Parameters
    ----------
    ledger : DataFrame
    since : int
        First year of new accounts.

    Returns
    -------
    Series
        ``old``, ``new`` or None where no year is given: by ``delivered_year``, else by
        ``approved_year``.

    Examples
    --------
    >>> accounts(pd.DataFrame({"delivered_year": [2015, 2020, None]})).tolist()
    ['old', 'new', None]
    """
    year = numbers(ledger, "delivered_year").fillna(numbers(ledger, "approved_year"))
    account = pd.Series(OLD, index=ledger.index, dtype=object).where(year < since, NEW)
    return account.where(year.notna(), None)


def check_ledger(ledger: pd.DataFrame, *, on: date | str) -> list[Problem]:
    """List what keeps entries from being counted or judged on a day.

    Parameters
    ----------
    ledger : DataFrame
    on : date or str
        The day.

    Returns
    -------
    list of Problem
        Entries that stand twice, are done without a date, contradict themselves, are done
        without an outcome, or are open without a deadline.

    Raises
    ------
    InputError
        When a cell holds something that is no date.
    """
    day, done_on = as_date(on), dates(ledger, "done_date")
    said = texts(ledger, "progress") == "done"
    over = done_on.le(day) | (said & done_on.isna())
    keys, source = _keys(ledger), source_of(ledger)
    findings = (
        (keys.duplicated(), _repeated),
        (said & done_on.isna(), _undated),
        ((said & done_on.gt(day)) | _denied(ledger, over), _contradicted),
        (over & texts(ledger, "outcome").isna(), _without_outcome),
        (~over & dates(ledger, "deadline").isna(), _without_deadline),
    )
    return [
        say(source, row_number(row), str(keys[row]))
        for which, say in findings
        for row in ledger.index[which.to_numpy(dtype=bool)]
    ]


def _denied(ledger: pd.DataFrame, over: pd.Series) -> pd.Series:
    return over & texts(ledger, "progress").isin(["not_started", "under_way"])


def _repeated(source: str, row: int | None, entry: str) -> Problem:
    text, done = f"'{entry}' stands in an earlier row too", "counted twice"
    return Problem("ledger", "entry_repeated", text, done, "warning", source, row, "community")


def _undated(source: str, row: int | None, entry: str) -> Problem:
    text, done = f"'{entry}' is done, but no date says when", "counted as done on any day"
    return Problem("ledger", "done_undated", text, done, "warning", source, row, "done_date")


def _contradicted(source: str, row: int | None, entry: str) -> Problem:
    text = f"progress and done_date of '{entry}' contradict each other"
    return Problem(
        "ledger", "done_contradicted", text, "the date counts", "warning", source, row, "done_date"
    )


def _without_outcome(source: str, row: int | None, entry: str) -> Problem:
    text = f"'{entry}' is done, but not said to be public or inclusive"
    done = "counted as done, in neither"
    return Problem("ledger", "no_outcome", text, done, "warning", source, row, "outcome")


def _without_deadline(source: str, row: int | None, entry: str) -> Problem:
    text, done = f"'{entry}' is open and has no deadline", "cannot be judged as overdue"
    return Problem("ledger", "no_deadline", text, done, "warning", source, row, "deadline")

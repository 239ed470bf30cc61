"""How far the rectification has come: completion, ranking, what is overdue, the monthly bulletin.

Imports from `register`, `inputs.columns`, `layers` and `terms`.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kgspatial.balance.ledger.register import Snapshot
from kgspatial.inputs.columns.cells import NOT_GIVEN, as_date, dates, groups, texts
from kgspatial.layers import OUTCOMES, PROBLEM_KINDS
from kgspatial.terms import Language, has_term, term

ALL = "all"
COUNTS = ("entries", "done", *OUTCOMES, "no_outcome", "open", "overdue", "undated")
BULLETIN = (
    *("rank", "entries", "done", "rate", *OUTCOMES, "done_this_month", "overdue"),
    *("rate_change", "rank_change"),
)


def entry_states(ledger: pd.DataFrame, *, on: date | str) -> pd.DataFrame:
    """Tell which entries are done, overdue or without a deadline on a day.

    An entry is done when its ``done_date`` has come; without a date, when its ``progress`` is
    ``done``. It is overdue from the day after its ``deadline`` until it is done.

    Parameters
    ----------
    ledger : DataFrame
        Columns of ``layers.TABLES["ledger"]``; dates as 2025-03-31.
    on : date or str
        The day.

    Returns
    -------
    DataFrame
        Aligned to the ledger: ``done``, ``overdue``, ``undated`` (open, without a deadline, so
        that it cannot be judged) and ``days_over`` (days past the deadline, nan unless overdue).

    Raises
    ------
    InputError
        When a cell holds something that is no date.

    Examples
    --------
    >>> ledger = pd.DataFrame({"deadline": ["2025-03-01"] * 2, "done_date": ["2025-02-10", None]})
    >>> entry_states(ledger, on="2025-03-31")["days_over"].tolist()
    [nan, 30.0]
    """
    day = as_date(on)
    done_on, deadline = dates(ledger, "done_date"), dates(ledger, "deadline")
    done = done_on.le(day) | (done_on.isna() & (texts(ledger, "progress") == "done"))
    overdue = ~done & deadline.lt(day)
    days = (day - deadline).dt.days.astype(float)
    return pd.DataFrame(
        {
            "done": done.astype(bool),
            "overdue": overdue.astype(bool),
            "undated": (~done & deadline.isna()).astype(bool),
            "days_over": days.where(overdue),
        }
    )


def completion(
    ledger: pd.DataFrame, *, on: date | str, by: str | pd.Series | None = None
) -> pd.DataFrame:
    """Count entries, those done and the share of these on a day.

    Parameters
    ----------
    ledger : DataFrame
    on : date or str
        The day.
    by : str or Series, optional
        A column (``county``, ``town``, ``outcome``, ``stage``, ``lead_office``, ``developer``)
        or a series aligned to the ledger, such as :func:`accounts`. Without it one row, ``all``.

    Returns
    -------
    DataFrame
        Indexed by group, ``not_given`` for entries that name none: ``entries`` (应整治),
        ``done``, of these ``public``, ``inclusive`` and ``no_outcome``; ``open``, of these
        ``overdue`` and ``undated`` (no deadline); ``rate`` (done of entries). Sums over the rows
        are the totals.

    Raises
    ------
    InputError
        When the ledger has no such column, or a cell holds something that is no date.

    Examples
    --------
    >>> ledger = pd.DataFrame({"outcome": ["public", "inclusive", None], "progress": "done"})
    >>> completion(ledger, on="2025-03-31")[["done", "public", "inclusive", "rate"]]
         done  public  inclusive  rate
    all     3       1          1   1.0
    """
    flags = _flags(ledger, on)
    if by is None:
        return _with_rates(flags.sum().to_frame(ALL).T)
    return _with_rates(flags.groupby(groups(ledger, by)).sum().rename_axis("group"))


def completion_by_problem(ledger: pd.DataFrame, *, on: date | str) -> pd.DataFrame:
    """Count entries by kind of problem, as :func:`completion` does.

    An entry with several kinds counts in each, so that the rows add up to more than the entries.

    Returns
    -------
    DataFrame
        Indexed by kind: ``planning``, ``building``, ``handover``, ``use``, ``unsurveyed``, and
        ``not_given``.

    Examples
    --------
    >>> ledger = pd.DataFrame({"problem_kinds": ["planning;building", "building"]})
    >>> completion_by_problem(ledger, on="2025-03-31")["entries"].head(3).to_dict()
    {'planning': 1, 'building': 2, 'handover': 0}
    """
    flags = _flags(ledger, on)
    kinds = texts(ledger, "problem_kinds").fillna(NOT_GIVEN).map(_parts)
    sums = flags.assign(kind=kinds).explode("kind").groupby("kind").sum()
    others = [kind for kind in sums.index if kind not in (*PROBLEM_KINDS, NOT_GIVEN)]
    order = [*PROBLEM_KINDS, *others, NOT_GIVEN]
    return _with_rates(sums.reindex(order).fillna(0))


def ranking(
    ledger: pd.DataFrame,
    *,
    on: date | str,
    by: str = "county",
    previous: Snapshot | None = None,
) -> pd.DataFrame:
    """Rank counties or towns by their completion rate, with the change since a snapshot.

    Parameters
    ----------
    ledger : DataFrame
    on : date or str
        The day.
    by : str
        ``county`` or ``town``.
    previous : Snapshot, optional
        The ledger on an earlier day.

    Returns
    -------
    DataFrame
        As :func:`completion`, best first, and ``rank`` (equal rates share the better rank; none
        for ``not_given``), ``done_change``, ``rate_change`` and ``rank_change`` (positive: has
        risen). Changes are missing without `previous` and for groups that it lacks; groups that
        are only in `previous` stand with 0 entries.

    Examples
    --------
    >>> ledger = pd.DataFrame({"county": ["A", "A", "B"], "progress": ["done", None, "done"]})
    >>> ranking(ledger, on="2025-03-31")["rank"].to_dict()
    {'B': 1, 'A': 2}
    """
    now = _ranked(completion(ledger, on=on, by=by))
    if previous is None:
        return _sorted(_with_changes(now, None))
    before = _ranked(completion(previous.entries, on=previous.on, by=by))
    gone = before.index.difference(now.index)
    empty = pd.DataFrame(dict.fromkeys(COUNTS, 0), index=gone).assign(rate=np.nan)
    both = pd.concat([now, empty.assign(rank=pd.array([pd.NA] * len(gone), dtype="Int64"))])
    return _sorted(_with_changes(both if len(gone) else now, before))


def overdue_entries(ledger: pd.DataFrame, *, on: date | str) -> pd.DataFrame:
    """List the entries that are overdue on a day, the longest first.

    Entries that are open without a deadline cannot be judged: :func:`check_ledger` lists them.

    Returns
    -------
    DataFrame
        These rows of the ledger, with ``days_over``.

    Examples
    --------
    >>> ledger = pd.DataFrame({"community": ["x", "y"], "deadline": ["2025-03-31", "2025-03-30"]})
    >>> overdue_entries(ledger, on="2025-03-31")[["community", "days_over"]].values.tolist()
    [['y', 1]]
    """
    states = entry_states(ledger, on=on)
    late = ledger[states["overdue"]].assign(
        days_over=states.loc[states["overdue"], "days_over"].astype(int)
    )
    return late.sort_values("days_over", ascending=False, kind="stable")


def bulletin(
    ledger: pd.DataFrame,
    *,
    on: date | str,
    by: str = "county",
    previous: Snapshot | None = None,
    language: Language = "zh",
) -> pd.DataFrame:
    """Return the table of the monthly bulletin (月通报): one row a county, and the total.

    Parameters
    ----------
    ledger, on, by, previous
        As for :func:`ranking`.
    language : {"zh", "en"}
        Of the headers.

    Returns
    -------
    DataFrame
        The columns 县区, 排名, 应整治数, 已完成, 完成率, 其中公办, 其中普惠, 本月完成, 超期,
        完成率较上期, 排名较上期; rates are shares.

    Examples
    --------
    >>> ledger = pd.DataFrame({"county": ["A", "B"], "done_date": ["2025-03-05", None]})
    >>> bulletin(ledger, on="2025-03-31", language="en")["Done this month"].tolist()
    [1, 0, 1]
    """
    table = ranking(ledger, on=on, by=by, previous=previous)
    day, done_on = as_date(on), dates(ledger, "done_date")
    this_month = done_on.ge(day.replace(day=1)) & done_on.le(day)
    counts = this_month.groupby(groups(ledger, by)).sum()
    table = table.assign(done_this_month=counts.reindex(table.index).fillna(0).astype(int))
    total = completion(ledger, on=on).assign(done_this_month=int(this_month.sum()))
    total["rank"] = pd.array([pd.NA], dtype="Int64")
    total["rank_change"] = pd.array([pd.NA], dtype="Int64")
    total["rate_change"] = np.nan
    if previous is not None:
        before = completion(previous.entries, on=previous.on)
        total["rate_change"] = total["rate"] - before["rate"]
    rows = pd.concat([table[list(BULLETIN)], total[list(BULLETIN)]])
    names = [_group_label(name, language) for name in rows.index]
    rows.insert(0, by, names)
    labels = {c: term(f"ledger.{c}", language) for c in BULLETIN}
    labels[by] = term(f"ledger.{by}", language) if has_term(f"ledger.{by}") else by
    return rows.rename(columns=labels).reset_index(drop=True)


def _flags(ledger: pd.DataFrame, on: date | str) -> pd.DataFrame:
    """What each entry counts for, as 0 and 1."""
    states, outcome = entry_states(ledger, on=on), texts(ledger, "outcome")
    done = states["done"]
    table = pd.DataFrame({"entries": True, "done": done}, index=ledger.index)
    for kind in OUTCOMES:
        table[kind] = done & (outcome == kind)
    table["no_outcome"] = done & ~outcome.isin(OUTCOMES)
    table = table.assign(open=~done, overdue=states["overdue"], undated=states["undated"])
    return table[list(COUNTS)].astype(int)


def _parts(kinds: str) -> list[str]:
    """The kinds of a cell, each once."""
    parts = [part.strip() for part in kinds.split(";")]
    return list(dict.fromkeys(part for part in parts if part)) or [NOT_GIVEN]


def _with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    whole = counts.astype(int)
    return whole.assign(rate=(whole["done"] / whole["entries"]).where(whole["entries"] > 0))


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Equal rates share a rank: a quotient of whole numbers is the same float however reached."""
    rates = table["rate"].where(table.index != NOT_GIVEN)
    return table.assign(rank=rates.rank(method="min", ascending=False).astype("Int64"))


def _with_changes(table: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    columns = ["done", "rate", "rank"]
    old = pd.DataFrame(columns=columns) if before is None else before[columns]
    old = old.reindex(table.index).astype({"done": "Int64", "rate": float, "rank": "Int64"})
    return table.assign(
        done_change=table["done"].astype("Int64") - old["done"],
        rate_change=table["rate"] - old["rate"],
        rank_change=old["rank"] - table["rank"],
    )


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """By rank, then name; what has no rank comes last."""
    return table.sort_index().sort_values("rank", kind="stable", na_position="last")


def _group_label(name: str, language: Language) -> str:
    return term(f"ledger.{name}", language) if name in (ALL, NOT_GIVEN) else name

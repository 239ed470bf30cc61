"""Snapshots of the ledger: files that carry their day, and what moved between two of them.

Imports from `register`, `rectification`, `inputs.columns`, `layers` and `errors`.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pandas as pd

from kgspatial.balance.ledger.rectification import entry_states
from kgspatial.balance.ledger.register import Snapshot, entry_keys
from kgspatial.errors import InputError
from kgspatial.inputs.columns.cells import as_date, dates, first_row, texts
from kgspatial.layers import TABLES

_FILE = re.compile(r"ledger_(\d{4}-\d{2}-\d{2})\.csv")
NUMBERS = tuple(c.name for c in TABLES["ledger"].columns if c.kind in ("number", "integer"))
DATES = tuple(c.name for c in TABLES["ledger"].columns if c.kind == "date")
CHANGES = ("new", "closed", "reopened", "changed", "gone")
DIFF_COLUMNS = ("entry", "county", "community", "change", "column", "before", "after")


def write_snapshot(ledger: pd.DataFrame, folder: str | Path, *, on: date | str) -> Path:
    """Write the ledger as it stands on a day, as ``ledger_2025-03-31.csv`` (UTF-8 with mark).

    Parameters
    ----------
    ledger : DataFrame
    folder : str or Path
        Made where it is not there.
    on : date or str
        The day.

    Returns
    -------
    Path
        The file, written whole or not at all.

    Raises
    ------
    InputError
        When that day's snapshot is there already and says something else: history is not
        rewritten.
    """
    path = Path(folder) / f"ledger_{as_date(on).date().isoformat()}.csv"
    # All texts in quotes: a lone carriage return in one would else end its row.
    table = _with_iso_dates(ledger)
    text = table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    written = text.encode("utf-8-sig")
    if path.exists():
        if path.read_bytes() == written:
            return path
        raise InputError(
            "there is another snapshot of that day",
            source=path,
            hint="Take it away first if the new one is right.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(written)
    beside.replace(path)
    return path


def read_snapshot(path: str | Path) -> Snapshot:
    """Read a snapshot back; its index counts the lines of the file.

    Raises
    ------
    InputError
        When the file is not there, its name carries no day, or a number in it is none.
    """
    path = Path(path)
    match = _FILE.fullmatch(path.name)
    if match is None:
        raise InputError(
            "the name carries no day", source=path, hint="Call it ledger_2025-03-31.csv."
        )
    if not path.exists():
        raise InputError("there is no such snapshot", source=path)
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table = table.set_axis(pd.RangeIndex(2, 2 + len(table)), axis=0).astype(object)
    table = table.where(table != "", None)
    table.attrs["source"] = str(path)
    for name in (n for n in NUMBERS if n in table.columns):
        table[name] = _numbers(table[name], name, path)
    return Snapshot(as_date(match[1]).date(), table)


def snapshots_in(folder: str | Path) -> dict[date, Path]:
    """Return the snapshots of a folder by their day, the oldest first.

    Raises
    ------
    InputError
        When a file is called like a snapshot of a day that is none.
    """
    found = {}
    for path in sorted(Path(folder).glob("ledger_*.csv")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise InputError(
                "the name carries no day", source=path, hint="Call it ledger_2025-03-31.csv."
            )
        found[as_date(match[1]).date()] = path
    return dict(sorted(found.items()))


def diff_snapshots(before: Snapshot, after: Snapshot) -> pd.DataFrame:
    """Tell what moved between two days.

    Parameters
    ----------
    before, after : Snapshot
        Entries are the same when :func:`entry_keys` says so.

    Returns
    -------
    DataFrame
        ``entry``, ``county``, ``community``, ``change``, ``column``, ``before``, ``after``: a
        row for each entry that is ``new``, ``gone``, ``closed`` (done by now) or ``reopened``,
        and one for each ``changed`` field of an entry that is in both. Running numbers (序号)
        are no change. Sorted in the order of these words, then by entry and column.

    Raises
    ------
    InputError
        When two entries of a snapshot cannot be told apart.

    Examples
    --------
    >>> day = pd.DataFrame({"community": ["x"], "progress": ["under_way"]})
    >>> now = pd.DataFrame({"community": ["x", "y"], "progress": ["done", None]})
    >>> moved = diff_snapshots(
    ...     Snapshot(date(2025, 2, 28), day), Snapshot(date(2025, 3, 31), now)
    ... )
    >>> moved[["entry", "change"]].values.tolist()
    [['y', 'new'], ['x', 'closed'], ['x', 'changed']]
    """
    by_id = all(
        len(s.entries) and texts(s.entries, "entry_id").notna().all() for s in (before, after)
    )
    old, new = _by_key(before, by_id=by_id), _by_key(after, by_id=by_id)
    both = old.index.intersection(new.index)
    moved = [
        _whole(new.loc[new.index.difference(old.index)], "new"),
        _whole(old.loc[old.index.difference(new.index)], "gone"),
        _whole(new.loc[both[~old.loc[both, "_done"] & new.loc[both, "_done"]]], "closed"),
        _whole(new.loc[both[old.loc[both, "_done"] & ~new.loc[both, "_done"]]], "reopened"),
        _fields(old.loc[both], new.loc[both]),
    ]
    table = pd.concat(moved, ignore_index=True)
    order = table["change"].map({change: i for i, change in enumerate(CHANGES)})
    table = table.assign(_order=order).sort_values(["_order", "entry", "column"], kind="stable")
    return table[list(DIFF_COLUMNS)].reset_index(drop=True)


def _with_iso_dates(ledger: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in DATES if name in ledger.columns]
    iso = {name: dates(ledger, name).dt.strftime("%Y-%m-%d").astype(object) for name in columns}
    return ledger.assign(**{name: days.where(days.notna(), None) for name, days in iso.items()})


def _numbers(cells: pd.Series, name: str, path: Path) -> pd.Series:
    bad = cells.notna() & pd.to_numeric(cells, errors="coerce").isna()
    if bad.any():
        row = int(first_row(bad))
        raise InputError(f"'{cells[row]}' is no number", source=path, row=row, column=name)
    return cells.astype(float)  # as Python reads them: to_numeric may lose the last digit


def _by_key(snapshot: Snapshot, *, by_id: bool) -> pd.DataFrame:
    """The entries under what tells them apart; ids only where both snapshots have them."""
    entries = _with_iso_dates(snapshot.entries)
    named = entries if by_id else entries.drop(columns="entry_id", errors="ignore")
    done = entry_states(entries, on=snapshot.on)["done"]
    return entries.assign(_done=done).set_axis(pd.Index(entry_keys(named)), axis=0)


def _whole(entries: pd.DataFrame, change: str) -> pd.DataFrame:
    rows = pd.DataFrame({"entry": entries.index, "change": change}, dtype=object)
    for name in ("county", "community"):
        rows[name] = texts(entries, name).to_numpy(dtype=object)
    return rows.reindex(columns=list(DIFF_COLUMNS)).astype(object)


def _fields(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """A row for each field that differs; numbers are compared as numbers, all else as texts."""
    names = [c for c in dict.fromkeys((*old, *new)) if c not in ("_done", "number")]
    parts = []
    for name in names:
        was, is_ = _comparable(old, name), _comparable(new, name)
        differs = ~((was == is_) | (was.isna() & is_.isna()))
        if differs.any():
            rows = _whole(new[differs], "changed")
            values = {"before": was[differs].to_numpy(), "after": is_[differs].to_numpy()}
            parts.append(rows.assign(column=name, **values))
    empty = pd.DataFrame(columns=list(DIFF_COLUMNS), dtype=object)
    return pd.concat(parts, ignore_index=True) if parts else empty


def _comparable(entries: pd.DataFrame, name: str) -> pd.Series:
    cells = texts(entries, name)
    return cells.map(float if name in NUMBERS else str, na_action="ignore").astype(object)

"""The annex tables of what is to come: projects, indicators with their targets, the ledger.

Imports from `indicator_table`, `rule_tables`, `tables`, `wording`, `balance.ledger`, `layers`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.balance.ledger import completion, cost_per_place, entry_states, ranking
from kgspatial.balance.ledger.rectification import ALL
from kgspatial.inputs.columns.cells import NOT_GIVEN, dates
from kgspatial.report.indicator_table import indicators_annex
from kgspatial.report.rule_tables import codes_text, told
from kgspatial.report.tables import Annex, labelled
from kgspatial.report.wording import clean, language_of
from kgspatial.terms import Language, term

if TYPE_CHECKING:
    from kgspatial.balance import Balance
    from kgspatial.study import Study

LEDGER_COLUMNS = (
    *("number", "county", "town", "community", "kindergarten", "developer", "approved_year"),
    *("delivered_year", "households", "classes", "planned_places", "places", "problem_kinds"),
    *("use", "measures", "outcome", "responsible_unit", "responsible_person", "lead_office"),
    *("stage", "deadline", "progress", "done_date", "state", "days_over", "notes"),
)
RANKING_COLUMNS = (
    *("rank", "group", "entries", "done_count", "rate", "public_count", "inclusive_count"),
    *("no_outcome", "open_count", "overdue"),
)
PROJECT_COLUMNS = (
    *("number", "name", "county", "town", "location", "work", "classes", "places_added"),
    *("public_places_added", "investment_wan", "cost_per_place", "planned_wan", "done_wan"),
    *("year", "funding", "started", "opens", "progress", "responsible_unit", "notes"),
)
CODES = {
    "problem_kinds": "problem",
    "use": "use",
    "measures": "measure",
    "outcome": "outcome",
    "lead_office": "office",
    "stage": "stage",
    "progress": "progress",
    "work": "work",
    "funding": "funding",
}
"""Columns of codes, and how their words begin in the table of terms."""

RENAMED = {
    "done": "done_count",
    "public": "public_count",
    "inclusive": "inclusive_count",
    "open": "open_count",
}


def ledger_annexes(study: Study, balance: Balance, language: Language) -> list[Annex]:
    """Return annexes 15 and 16, and 17 in two: entries, and the ranking of counties or towns."""
    return [
        _projects(study.projects, language),
        indicators_annex(study, balance, language),
        _entries(study.ledger, language),
        _ranking(study.ledger, language),
    ]


def ledger_tables(
    study: Study, balance: Balance, language: Language | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of projects, indicators and ledger with headers for people.

    Parameters
    ----------
    study : Study
        The study area.
    balance : Balance
        The balance of children and places as it is; targets are those of its year and later ones.
    language : {'zh', 'en'}, optional
        The plan's unless given.

    Returns
    -------
    dict of str to DataFrame
        By key: ``projects``, ``indicators``, ``ledger``, ``ledger_ranking``; only those that the
        study has.

    Examples
    --------
    >>> ledger_tables(study, balance, "en")["indicators"]  # doctest: +SKIP
    """
    spoken = language_of(study, language)
    annexes = ledger_annexes(study, balance, spoken)
    return {a.key: labelled(a.complete(), spoken) for a in annexes if len(a.frame)}


def ledger_day(ledger: pd.DataFrame) -> pd.Timestamp | None:
    """Return the last day of which a ledger knows that something was done; None without any.

    It is the day on which entries are judged: a table must not depend on the clock, and what was
    overdue then surely is.
    """
    done = dates(ledger, "done_date").max()
    return None if pd.isna(done) else pd.Timestamp(done)


def _projects(projects: pd.DataFrame | None, language: Language) -> Annex:
    if projects is None or projects.empty:
        return Annex("projects", pd.DataFrame())
    frame = _worded(projects, language).assign(cost_per_place=cost_per_place(projects).to_numpy())
    shown = told(_numbered(frame), PROJECT_COLUMNS, ("name",))
    sums = ("places_added", "public_places_added", "investment_wan", "planned_wan", "done_wan")
    total: dict[str, object] = {"name": term("report.total", language)}
    total |= {c: float(shown[c].sum()) for c in sums if c in shown and shown[c].notna().all()}
    if {"places_added", "investment_wan"} <= set(total) and total["places_added"]:
        total["cost_per_place"] = shown["investment_wan"].sum() / shown["places_added"].sum()
    return Annex("projects", shown, total)


def _entries(ledger: pd.DataFrame | None, language: Language) -> Annex:
    if ledger is None or ledger.empty:
        return Annex("ledger", pd.DataFrame())
    day = ledger_day(ledger)
    states = entry_states(ledger, on="1900-01-01" if day is None else day)
    words = np.where(states["done"], "done", np.where(states["overdue"], "overdue", "open"))
    frame = _worded(ledger, language).assign(
        state=[term(f"ledger.state_{word}", language) for word in words],
        days_over=states["days_over"].to_numpy(),
    )
    return Annex("ledger", told(_numbered(frame), LEDGER_COLUMNS, ("community", "county")))


def _ranking(ledger: pd.DataFrame | None, language: Language) -> Annex:
    if ledger is None or ledger.empty:
        return Annex("ledger_ranking", pd.DataFrame())
    by = next((c for c in ("county", "town") if c in ledger and ledger[c].notna().any()), None)
    if by is None:
        return Annex("ledger_ranking", pd.DataFrame())
    day = ledger_day(ledger)
    on = "1900-01-01" if day is None else day
    table = ranking(ledger, on=on, by=by).rename(columns=RENAMED)
    names = [
        term("ledger.not_given", language) if n == NOT_GIVEN else clean(n) for n in table.index
    ]
    shown = told(table.assign(group=names), RANKING_COLUMNS, ("entries",))
    whole = completion(ledger, on=on).rename(columns=RENAMED).loc[ALL].to_dict()
    total = {str(c): float(whole[c]) for c in shown if c in whole}
    shown = shown.rename(columns={"group": by})
    return Annex("ledger_ranking", shown, {by: term("report.total", language), **total})


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """With running numbers of its own: those of a file move with every row that is put in."""
    return frame.assign(number=np.arange(1, len(frame) + 1))


def _worded(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """The same with codes in words, and fresh row numbers."""
    coded = {c: p for c, p in CODES.items() if c in table}
    words = {c: [codes_text(v, p, language) for v in table[c]] for c, p in coded.items()}
    return table.reset_index(drop=True).assign(**words)

"""The annex tables of a layout in phases: its actions, and each year with and without it.

Imports from `tables`, `wording`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.report.tables import TEXTS, Annex, labelled, said
from kgspatial.report.wording import language_of, value_label
from kgspatial.terms import Language, term

if TYPE_CHECKING:
    from kgspatial.siting import LayoutPlan
    from kgspatial.study import Study

ACTION_COLUMNS = (
    *("order", "year", "subject_id", "name", "unit_id", "action", "into_id", "kind", "classes"),
    *("places_before", "places", "cost_wan", "newly_served", "moved_here", "worth"),
    *("cost_per_child_wan", "runner_up", "runner_up_difference", "horizon_use", *TEXTS),
)
PHASE_COLUMNS = (
    *("year", "scenario", "children", "places_without", "places", "served_without", "served"),
    *("unserved_without", "unserved", "vacant_without", "vacant", "moved", "cost_wan"),
)


def layout_annexes(layout: LayoutPlan, language: Language) -> list[Annex]:
    """Return the actions and the phases; the former is empty where nothing is to be done."""
    return [_actions(layout, language), _phases(layout, language)]


def layout_tables(
    study: Study, layout: LayoutPlan, language: Language | None = None
) -> dict[str, pd.DataFrame]:
    """Return ``layout`` and ``phases`` with headers for people.

    Parameters
    ----------
    study : Study
        The study area.
    layout : LayoutPlan
        The layout in phases.
    language : {'zh', 'en'}, optional
        The plan's unless given.
    """
    spoken = language_of(study, language)
    annexes = layout_annexes(layout, spoken)
    return {a.key: labelled(a.complete(), spoken) for a in annexes if len(a.frame)}


def _actions(layout: LayoutPlan, language: Language) -> Annex:
    table = pd.DataFrame(layout.actions.drop(columns="geometry"))
    if table.empty:
        return Annex("layout", table)
    uses = [c for c in table if str(c).startswith("use_")]
    table = table.assign(
        action=[value_label(a, language) for a in table["action"]],
        kind=[value_label(k, language) for k in table["kind"]],
        horizon_use=table[uses[-1]],
        **{name: said(table[f"{name}_{language}"]) for name in TEXTS},
    )
    total = {
        "subject_id": term("report.total", language),
        "cost_wan": float(table["cost_wan"].sum()),
        "newly_served": float(table["newly_served"].sum()),
    }
    kept = [c for c in ACTION_COLUMNS if c == "subject_id" or table[c].notna().any()]
    return Annex("layout", table[kept].reset_index(drop=True), total)


def _phases(layout: LayoutPlan, language: Language) -> Annex:
    table = layout.phases
    if table.empty:
        return Annex("phases", table)
    named = table.assign(scenario=[value_label(s, language) for s in table["scenario"]])
    return Annex("phases", named[[c for c in PHASE_COLUMNS if named[c].notna().any()]])

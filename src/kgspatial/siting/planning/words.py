"""The reason of an action in words, in each language.

Imports from `courses`, `terms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgspatial.siting.planning.courses import NEW
from kgspatial.terms import Language, term

SAID = 0.5
"""Children from which a whole number says something."""


def said(row: Mapping[str, Any], years: Sequence[int], leaving: float, language: Language) -> str:
    """Return why an action is taken: what it is, what it changes, and what else could be done.

    Parameters
    ----------
    row : mapping
        The action, as in ``LayoutPlan.actions``.
    years : sequence of int
        The phases; the last in which the place is open tells how much of it is used.
    leaving : float
        Children who leave it in the year of the action.
    language : {"zh", "en"}
        Of the text.
    """
    facts = _facts(row, years, leaving, language)
    parts = [_main(row, leaving)]
    worth = row["worth"]
    if row["action"] not in NEW and abs(worth) >= SAID:
        parts.append("worth" if worth > 0 else "lost")
    elif parts[0] == "close":
        parts.append("all_placed")
    if row["runner_up"]:
        parts.append("runner_up")
    return "".join(term(f"layout.{part}", language, **facts) for part in parts)


def _main(row: Mapping[str, Any], leaving: float) -> str:
    if row["action"] in NEW:
        return "new"
    return "close_empty" if row["action"] == "close" and leaving < SAID else str(row["action"])


def _facts(
    row: Mapping[str, Any], years: Sequence[int], leaving: float, language: Language
) -> dict[str, object]:
    classes = 0 if np.isnan(row["classes"]) else round(row["classes"])
    used = {year: row[f"use_{year}"] for year in years if not np.isnan(row[f"use_{year}"])}
    horizon = max(used, default=years[-1])
    return {
        "year": row["year"],
        "size": term(f"layout.{'one_class' if classes == 1 else 'classes'}", language, n=classes),
        "places": row["places"],
        "before": row["places_before"],
        "cost": row["cost_wan"],
        "worth": abs(row["worth"]),
        "new": row["newly_served"],
        "moved": row["moved_here"],
        "use": used.get(horizon, 0.0),
        "horizon": horizon,
        "into": row["into_id"] or "",
        "kind": term(f"values.{row['kind']}", language) if row["kind"] else "",
        "leaving": leaving,
        "difference": row["runner_up_difference"],
        "other": row["runner_up"] or "",
    }

"""The five synchronisations (五同步) of supporting kindergartens with the first residential phase.

Imports from `verdicts`, `inputs.columns`, `standards`, `study`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.balance.rules.verdicts import (
    Known,
    asked,
    joined,
    judged,
    rulings,
    stacked,
    texts,
)
from kgspatial.inputs.columns.cells import dates
from kgspatial.standards import Profile

if TYPE_CHECKING:
    from kgspatial.study import Study

PHASE_ONE = "phase_one_date"
STAGES = {
    "planning": "planned_date",
    "design": "designed_date",
    "construction": "built_date",
    "acceptance": "accepted_date",
    "delivery": "handed_over_date",
}
"""The five stages and the column of the ledger that dates each."""

RULE = "estates.synchronised"
"""One clause for all five stages; their verdicts are ``estates.synchronised.planning`` and so on."""


def check_synchronisation(
    study: Study, year: int | None = None, profile: str | Path | Profile | None = None
) -> pd.DataFrame:
    """Judge whether each stage of the kindergartens in the ledger came with the first homes.

    Parameters
    ----------
    study : Study
        Its ledger (整治台账), with a date for each of the five stages of the kindergarten and
        ``phase_one_date``, that of the first residential phase.
    year : int, optional
        The plan's year unless given: the rule must be in force.
    profile : str, Path or Profile, optional
        The plan's own unless given; its ``estates.synchronised`` is the days that a stage may come
        after the first phase.

    Returns
    -------
    DataFrame
        Five rows for each entry of the ledger, as
        :func:`kgspatial.balance.rules.check_kindergartens` has them; empty without a ledger.
        ``subject_id`` is the entry's ``entry_id``, else its ``community_id``, else its estate.
        ``value`` is the days by which the stage came after the first phase (negative: before it).
        A date that the file gave as a month or a year is its last day.

    Raises
    ------
    InputError
        When a cell holds something that is no date.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from kgspatial.study import Study
    >>> gardens = {"kindergarten_id": ["K1"], "places": [90]}
    >>> layer = gpd.GeoDataFrame(gardens, geometry=[Point(118.08, 24.48)], crs=4490)
    >>> estate = {"community": ["金城花园"], "phase_one_date": ["2024-08-31"]}
    >>> ledger = pd.DataFrame({**estate, "built_date": ["2024-08-31"], "accepted_date": ["2024-09-02"]})
    >>> found = check_synchronisation(Study(kindergartens=layer, ledger=ledger), 2024)
    >>> found.loc[1:3, ["rule", "value", "verdict", "missing"]].values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['estates.synchronised.design', nan, 'unknown', 'designed_date'],
     ['estates.synchronised.construction', 0.0, 'met', ''],
     ['estates.synchronised.acceptance', 2.0, 'not_met', '']]
    """
    when, rules = asked(study, year, profile)
    if study.ledger is None:
        return stacked([])
    subjects = _subjects(study.ledger.reset_index(drop=True))
    late = {stage: _days_late(study.ledger, column) for stage, column in STAGES.items()}
    return stacked(
        [
            judged(subjects, replace(ruling, rule=replace(ruling.rule, id=f"{RULE}.{stage}")), days)
            for ruling in rulings(rules, RULE, when)
            for stage, days in late.items()
        ]
    )


def _days_late(ledger: pd.DataFrame, column: str) -> Known:
    """Days from the first phase to a stage."""
    days = (dates(ledger, column) - dates(ledger, PHASE_ONE)).dt.days
    lacks = (np.where(dates(ledger, c).isna(), c, "") for c in (column, PHASE_ONE))
    missing = [joined(row) for row in zip(*lacks, strict=True)]
    return Known(np.asarray(days, dtype=np.float64), np.array(missing, dtype=object))


def _subjects(ledger: pd.DataFrame) -> pd.DataFrame:
    ids = [texts(ledger, column) for column in ("entry_id", "community_id", "community")]
    first = [next((cell for cell in row if cell), "") for row in zip(*ids, strict=True)]
    return pd.DataFrame({"subject_id": first, "name": ids[-1]}, ledger.index, dtype=object)

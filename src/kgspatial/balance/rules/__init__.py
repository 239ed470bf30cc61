"""Verdicts by the planning rules: met, not met, or cannot be judged and what is missing.

Imports from `standards`, `demand`, `inputs`, `study`. Module order: verdicts, class_size, areas,
kindergartens, towns, villages, estates, synchronisation, summary.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.balance.rules.estates import check_estates
from kgspatial.balance.rules.kindergartens import check_kindergartens
from kgspatial.balance.rules.summary import rule_summary
from kgspatial.balance.rules.synchronisation import check_synchronisation
from kgspatial.balance.rules.towns import check_towns
from kgspatial.balance.rules.verdicts import VERDICT_COLUMNS
from kgspatial.balance.rules.villages import check_villages
from kgspatial.standards import Profile

if TYPE_CHECKING:
    from kgspatial.study import Study

__all__ = [
    "VERDICT_COLUMNS",
    "check_estates",
    "check_kindergartens",
    "check_rules",
    "check_synchronisation",
    "check_towns",
    "check_villages",
    "rule_summary",
]

_NUMBERS = {"value": float, "threshold": float}


def check_rules(
    study: Study, year: int | None = None, profile: str | Path | Profile | None = None
) -> pd.DataFrame:
    """Judge kindergartens, towns, villages and estates by the rules of a profile, in one table.

    Parameters
    ----------
    study : Study
        Layers that it lacks add no rows.
    year : int, optional
        The plan's year unless given.
    profile : str, Path or Profile, optional
        The plan's own unless given.

    Returns
    -------
    DataFrame
        ``subject`` (``kindergarten``, ``unit``, ``village``, ``community``, and ``entry`` for those of
        the ledger), then :data:`VERDICT_COLUMNS`: ``subject_id``, ``name``, ``rule``, ``value``,
        ``threshold``, ``verdict`` (``met``, ``not_met``, ``unknown``), ``missing`` (what would have
        to be known, empty unless the verdict is unknown), ``source``, ``evidence``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from kgspatial.study import Study
    >>> gardens = {"kindergarten_id": ["K1"], "classes": [13], "places": [361]}
    >>> layer = gpd.GeoDataFrame(gardens, geometry=[Point(118.08, 24.48)], crs="EPSG:4490")
    >>> found = check_rules(Study(kindergartens=layer), 2024)
    >>> found.loc[found["verdict"] == "not_met", ["subject", "rule", "value", "threshold"]].values
    array([['kindergarten', 'max_places', 361.0, 360.0],
           ['kindergarten', 'limits.classes', 13.0, 12.0]], dtype=object)
    """
    tables = {
        "kindergarten": check_kindergartens(study, year, profile),
        "unit": check_towns(study, year, profile),
        "village": check_villages(study, year, profile),
        "community": check_estates(study, year, profile),
        "entry": check_synchronisation(study, year, profile),
    }
    columns = ["subject", *VERDICT_COLUMNS]
    filled = [t.assign(subject=subject)[columns] for subject, t in tables.items() if len(t)]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    return pd.concat([table.astype(_NUMBERS) for table in filled], ignore_index=True)

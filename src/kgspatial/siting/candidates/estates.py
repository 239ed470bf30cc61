"""Estates without the kindergarten places that the norm owes them, as candidates.

Imports from `findings`, `table`, `balance.rules`, `demand`, `standards`, `study`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.balance.rules import check_estates
from kgspatial.balance.rules.areas import urban_of
from kgspatial.demand.owed import steps_reached
from kgspatial.demand.residents import numbers_of
from kgspatial.siting.candidates.findings import Finding
from kgspatial.siting.candidates.table import candidate_table, inner_points
from kgspatial.standards import NormRule, Profile
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNLINKED = "supports_community"
"""What is missing of a verdict when no kindergarten says which estate it belongs to."""


def estate_candidates(
    study: Study, profile: Profile, year: int | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the estates that are owed more places than there are, at a point inside each.

    Parameters
    ----------
    study : Study
        Its communities; none are returned unless ``[siting] estates`` is set.
    profile : Profile
        Its norm says what is owed. Estates of which it cannot be told are no candidates; of those
        that share a kindergarten, the one that hosts it is.
    year : int, optional
        Estates delivered later are owed nothing yet.

    Returns
    -------
    GeoDataFrame
        Candidates of source ``community``. ``min_classes`` is set where the norm has steps and
        nothing is there yet: the classes with which an estate of that size must build.
    list of Finding
        A note on each estate whose kindergarten may stand beside it unnamed.
    """
    if study.communities is None or not study.settings.siting.estates:
        return candidate_table({}, gpd.GeoSeries([], crs=study.crs)), []
    short = _short(study, profile, year)
    layer = study.communities
    rows = layer.set_index(layer["community_id"].astype(str)).loc[short["subject_id"]]
    ids = [f"estate-{own}" for own in short["subject_id"]]
    columns = {name: rows[name] for name in ("name", "name_latin") if name in rows}
    least = np.where(short["value"] > 0, np.nan, _least_classes(study, rows, short, profile))
    table = candidate_table(
        {**columns, "site_id": ids, "source": "community", "min_classes": least},
        inner_points(rows.geometry),
    )
    open_ones = short["missing"].eq(UNLINKED).to_numpy(dtype=bool)
    texts = zip(ids, short["threshold"], short["value"], strict=True)
    notes = [
        Finding(site, "check", "estate_unlinked", {"owed": owed, "there": there})
        for (site, owed, there), is_open in zip(texts, open_ones, strict=True)
        if is_open
    ]
    return table, notes


def _short(study: Study, profile: Profile, year: int | None) -> pd.DataFrame:
    """Verdicts on the estates that are owed something; of a group, on its host."""
    verdicts = check_estates(study, year, profile)
    together = verdicts.groupby("group")["residents_used"].transform("sum")
    verdicts = verdicts.assign(residents=together.to_numpy(dtype=np.float64))
    hosts = verdicts["subject_id"].eq(verdicts["group"])
    known = verdicts["verdict"].eq("not_met") | verdicts["missing"].eq(UNLINKED)
    return verdicts[hosts & known].reset_index(drop=True)


def _least_classes(
    study: Study, rows: gpd.GeoDataFrame, short: pd.DataFrame, profile: Profile
) -> NDArray[np.float64]:
    """Classes of the norm's step for each estate, or for those that share; NaN where it has none."""
    sizes = pd.DataFrame(
        {
            "residents": short["residents"].to_numpy(dtype=np.float64),
            "households": numbers_of(rows, "households"),
            "floor_area_m2": numbers_of(rows, "floor_area_m2"),
        }
    )
    least = _by_steps(profile.norm, sizes)
    if profile.norm_rural is not None:
        rural = np.array([flag is False for flag in urban_of(study, rows)], dtype=bool)
        least = np.where(rural, _by_steps(profile.norm_rural, sizes), least)
    return np.minimum(least, float(max(step.classes for step in profile.ladder)))


def _by_steps(norm: NormRule, sizes: pd.DataFrame) -> NDArray[np.float64]:
    classes = np.array([np.nan, *(step.classes or np.nan for step in norm.steps)])
    reached = np.nan_to_num(steps_reached(norm, sizes)).astype(np.int64)
    return np.asarray(classes[reached], dtype=np.float64)

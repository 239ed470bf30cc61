"""Which communities and districts to help first: ranked, with the reason in words.

Imports from `gaps`, `assess`, `access`, `travel`, `study`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kgspatial.access import nearest_with_room
from kgspatial.balance.assess import Balance
from kgspatial.balance.gaps import NOBODY, crowded
from kgspatial.errors import InputError
from kgspatial.terms import LANGUAGES, Language, term
from kgspatial.travel import measure_travel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.study import Study

Level = Literal["community", "unit"]

FARTHER = 5.0
"""How many times the walking limit is searched for a free place."""

AT_LEAST = 0.5
"""Fewer children without a place than this are rounding, and no row of the list."""


def priorities(
    study: Study,
    balance: Balance,
    *,
    by: Level = "community",
    later: Balance | None = None,
    farthest_m: float | None = None,
) -> pd.DataFrame:
    """Rank communities or units by children without a place.

    Parameters
    ----------
    study : Study
        The study area.
    balance : Balance
        The present state.
    by : {"community", "unit"}
        What is ranked; children outside all communities are in the ranking of units only.
    later : Balance, optional
        The state in a later year, of the same points, for the trend.
    farthest_m : float, optional
        How far the nearest free place is looked for; five times the walking limit unless given.

    Returns
    -------
    DataFrame
        ``rank``, ``id``, ``name``, ``unserved``, of these ``unreached`` (no kindergarten within
        the limit: a place must come nearer) and ``crowded`` (within reach, but full: places must
        be added), ``nearest_free_m`` (mean walk of the unserved to the nearest vacant place; nan
        beyond `farthest_m`), ``trend`` (unserved later minus now), ``reason_zh``, ``reason_en``.
        Most unserved first, then the longer walk to a free place, then the worse trend, then id.

    Raises
    ------
    InputError
        When `later` has other demand points.
    """
    points = balance.demand
    key = points["community_id"] if by == "community" else points["unit_id"]
    if later is not None and list(later.demand["demand_id"]) != list(points["demand_id"]):
        raise InputError("the later state has other demand points than the present one")
    metres = _to_free_place(study, balance, farthest_m)
    waiting = points["unserved"].to_numpy(dtype=float)
    found = np.isfinite(metres)
    table = pd.DataFrame(
        {
            "id": key.to_numpy(dtype=object),
            "unserved": waiting,
            "unreached": points["unreached"].to_numpy(dtype=float),
            "crowded": crowded(balance),
            "walked": np.where(found, metres, 0.0) * waiting,
            "walking": np.where(found, waiting, 0.0),
            "trend": np.nan if later is None else later.demand["unserved"].to_numpy() - waiting,
        }
    )
    sums = table.dropna(subset="id").groupby("id").sum(min_count=1)
    sums["nearest_free_m"] = (sums["walked"] / sums["walking"]).where(sums["walking"] > NOBODY)
    sums = sums[sums["unserved"] >= AT_LEAST].drop(columns=["walked", "walking"]).reset_index()
    ranked = sums.sort_values(
        ["unserved", "nearest_free_m", "trend", "id"],
        ascending=[False, False, False, True],
        na_position="first",
        ignore_index=True,
    )
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    ranked.insert(2, "name", ranked["id"].map(_names(study, by)))
    year = later.year if later is not None else None
    return ranked.assign(**{f"reason_{lang}": _reasons(ranked, year, lang) for lang in LANGUAGES})


def _to_free_place(study: Study, balance: Balance, farthest_m: float | None) -> NDArray[np.float64]:
    """Walk of each point to the nearest vacant place; nan for points that need none."""
    metres = np.full(len(balance.demand), np.nan)
    needy = np.flatnonzero(balance.demand["unserved"].to_numpy(dtype=float) > NOBODY)
    limit = FARTHER * balance.travel.limit_m if farthest_m is None else farthest_m
    if not len(needy):
        return metres
    gardens = balance.kindergartens
    vacant = gardens["vacant"].where(gardens["vacant"] >= AT_LEAST, 0.0)
    if balance.travel.provenance.get("method") == "given":
        travel = balance.travel
        metres[needy] = nearest_with_room(travel, vacant)[needy]
        return metres
    rows = balance.demand.iloc[needy]
    travel = measure_travel(study, rows, to=gardens, limit_m=limit, network=balance.travel.network)
    metres[needy] = nearest_with_room(travel, vacant)
    return metres


def _names(study: Study, by: Level) -> dict[str, str]:
    layer = study.communities if by == "community" else study.units
    column = f"{by}_id"
    if layer is None or "name" not in layer:
        return {}
    named = layer.dropna(subset="name")
    return dict(zip(named[column], named["name"], strict=True))


def _reasons(ranked: pd.DataFrame, year: int | None, language: Language) -> list[str]:
    rows = ranked[["unserved", "unreached", "crowded", "nearest_free_m", "trend"]]
    return [
        _reason({str(k): float(v) for k, v in row.items()}, year, language)
        for row in rows.astype(float).to_dict("records")
    ]


def _reason(row: dict[str, float], year: int | None, language: Language) -> str:
    parts = [term("priority.unserved", language, count=f"{row['unserved']:,.0f}")]
    parts += [
        term(f"priority.{key}", language, count=f"{row[key]:,.0f}")
        for key in ("unreached", "crowded")
        if row[key] >= AT_LEAST
    ]
    free = row["nearest_free_m"]
    if np.isfinite(free):
        parts.append(term("priority.free", language, metres=f"{free:,.0f}"))
    else:
        parts.append(term("priority.no_free", language))
    if year is not None and np.isfinite(row["trend"]):
        word = (
            "more" if row["trend"] >= AT_LEAST else "fewer" if row["trend"] <= -AT_LEAST else "same"
        )
        count = f"{abs(row['trend']):,.0f}"
        parts.append(term(f"priority.{word}", language, year=year, count=count))
    return term("priority.separator", language).join(parts) + term("priority.end", language)

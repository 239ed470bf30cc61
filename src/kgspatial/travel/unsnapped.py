"""Points that no street reaches: a table of all of them, and what the planner is told.

Imports from `network`, `places`, `matrix`, `inputs.problems`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.travel.matrix import UNSNAPPED_COLUMNS, no_unsnapped
from kgspatial.travel.network import Entrances, StreetNetwork
from kgspatial.travel.places import ids_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUT_OFF = "its streets join none that lead to the other side"
"""Reason of a point that is snapped, but to a part of the network without a partner."""

NAMED = 20
"""Points of one kind that are listed one by one; more are counted."""


def unsnapped_table(
    network: StreetNetwork,
    start: tuple[Entrances, NDArray[np.str_]],
    end: tuple[Entrances, NDArray[np.str_]],
) -> pd.DataFrame:
    """Points without an entrance, and those whose streets lead to no point of the other side."""
    parts = []
    for role, (own, ids), (other, _) in (("origin", start, end), ("destination", end, start)):
        lost = own.unsnapped
        parts.append(lost.assign(role=role, id=ids[lost["point"].to_numpy(dtype=np.int64)]))
        alone = _cut_off(network, own, other)
        parts.append(
            pd.DataFrame({"role": role, "id": ids[alone], "reason": CUT_OFF, "street_m": np.nan})
        )
    filled = [part[list(UNSNAPPED_COLUMNS)] for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else no_unsnapped()


def _cut_off(network: StreetNetwork, own: Entrances, other: Entrances) -> NDArray[np.int64]:
    """Points that are snapped to connected parts on which no point of the other side lies."""
    mine = network.component[network.tail[own.edge]]
    theirs = network.component[network.tail[other.edge]]
    joined = np.unique(own.point[np.isin(mine, theirs)])
    return np.setdiff1d(np.unique(own.point), joined)


def unsnapped_problems(
    table: pd.DataFrame, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the table as findings: named one by one where there are few, else counted."""
    children = pd.Series(origins["children"].to_numpy(dtype=float), index=ids_of(origins))
    kind = pd.Series(origins["source"].to_numpy(dtype=object), index=ids_of(origins))
    layer = "candidates" if "site_id" in destinations else "kindergartens"
    named = table.assign(
        kind=np.where(table["role"] == "origin", table["id"].map(kind), layer),
        children=table["id"].map(children).where(table["role"] == "origin"),
    )
    problems: list[Problem] = []
    for (what, reason), rows in named.groupby(["kind", "reason"], sort=True):
        problems += _findings(str(what), str(reason), rows, layer)
    return problem_table(problems)


def _findings(what: str, reason: str, rows: pd.DataFrame, layer: str) -> list[Problem]:
    own = layer if what == layer else "demand"
    done = "not reached along streets; its children count as out of reach"
    if own == layer:
        done = "no walk leads there"
    if what == "cell" or len(rows) > NAMED:
        count = f"{len(rows)} points ({what})"
        held = f" with {rows['children'].sum():,.1f} children" if own == "demand" else ""
        return [Problem(own, "no_street", f"{count}{held}: {reason}", done)]
    return [
        Problem(own, "no_street", _told(reason, metres), done, value=str(name))
        for name, metres in zip(rows["id"], rows["street_m"], strict=True)
    ]


def _told(reason: str, metres: float) -> str:
    return f"{reason} ({metres:,.0f} m)" if np.isfinite(metres) else reason

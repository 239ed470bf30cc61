"""Why each site: what it adds, in which order, and the reason in words.

Imports from `balance`, `travel`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from kgspatial.balance import Balance, allocate
from kgspatial.terms import LANGUAGES, term

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kgspatial.travel import TravelMatrix


def build_order(
    before: Balance, reach: TravelMatrix, chosen: NDArray[np.int64], sizes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order the chosen sites by what each gains on top of those before it.

    Returns
    -------
    order : ndarray of int
        Positions in `chosen`, best first; equal gains by site id.
    gained : ndarray
        Children gained by each in that order: they sum to the gain of the whole plan.
    """
    base = float(before.demand["served"].sum())
    left = sorted(range(len(chosen)), key=lambda i: str(reach.destination_ids[chosen[i]]))
    order: list[int] = []
    gained: list[float] = []
    while left:
        worth = [_served_with(before, reach, chosen[[*order, i]], sizes[[*order, i]]) for i in left]
        best = int(np.argmax(np.round(worth, 6)))
        order.append(left.pop(best))
        gained.append(max(worth[best] - base, 0.0))
        base = worth[best]
    return np.array(order, dtype=np.int64), np.array(gained)


def _served_with(
    before: Balance, reach: TravelMatrix, columns: NDArray[np.int64], sizes: NDArray[np.float64]
) -> float:
    places = np.concatenate([before.kindergartens["places"].to_numpy(dtype=float), sizes])
    flow = allocate(
        before.travel.beside(reach.to_destinations(columns)),
        before.demand["children"].to_numpy(dtype=float),
        places,
    )
    return float(flow.sum())


def reasons(
    sites: gpd.GeoDataFrame, before: Balance, reach: TravelMatrix, columns: NDArray[np.int64]
) -> dict[str, list[str]]:
    """State in words what each site finds around it and what it changes, in each language."""
    within = sparse.csc_array(reach.csr[:, columns])
    sums = {
        name: np.add.reduceat(
            np.append(before.demand[name].to_numpy(dtype=float)[within.indices], 0.0),
            within.indptr[:-1],
        )
        * (np.diff(within.indptr) > 0)
        for name in ("children", "unserved", "unreached")
    }
    places = sites["places"].to_numpy(dtype=float)
    facts = pd.DataFrame(
        {
            **sums,
            "limit": reach.limit_m,
            "gained": sites["children_gained"].to_numpy(dtype=float),
            "classes": sites["classes"].to_numpy(dtype=int),
            "places": places,
            "used": sites["served"].to_numpy(dtype=float) / places,
        }
    )
    rows = [{str(k): v for k, v in row.items()} for row in facts.to_dict(orient="records")]
    return {
        f"reason_{language}": [term("siting.reason", language, **row) for row in rows]
        for language in LANGUAGES
    }

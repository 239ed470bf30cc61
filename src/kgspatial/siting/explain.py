"""Why each site: what it adds, in which order, and the reason in words.

Imports from `balance`, `travel`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    from kgspatial.travel import TravelMatrix as Matrix

    added = Matrix(reach.csr[:, columns], reach.origin_ids, reach.destination_ids[columns], reach.limit_m)
    places = np.concatenate([before.kindergartens["places"].to_numpy(dtype=float), sizes])
    flow = allocate(before.travel.beside(added), before.demand["children"].to_numpy(dtype=float), places)
    return float(flow.sum())


def reasons(
    sites: gpd.GeoDataFrame, before: Balance, reach: TravelMatrix, columns: NDArray[np.int64]
) -> dict[str, list[str]]:
    """State in words what each site finds around it and what it changes, in each language."""
    within = reach.csr[:, columns].tocsc()
    texts: dict[str, list[str]] = {f"reason_{language}": [] for language in LANGUAGES}
    for i, site in enumerate(sites.itertuples()):
        rows = within.indices[within.indptr[i] : within.indptr[i + 1]]
        near = before.demand.iloc[rows]
        values = {
            "limit": reach.limit_m,
            "children": near["children"].sum(),
            "unserved": near["unserved"].sum(),
            "unreached": near["unreached"].sum(),
            "gained": site.children_gained,
            "classes": site.classes,
            "places": site.places,
            "used": site.served / site.places,
        }
        for language in LANGUAGES:
            texts[f"reason_{language}"].append(term("siting.reason", language, **values))
    return texts

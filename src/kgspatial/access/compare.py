"""`compare_access`: several measures side by side, with a flag for what is out of reach.

Imports from `floating`, `opportunity`, `travel`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.access.decays import Binary
from kgspatial.access.floating import (
    balanced,
    huff_two_step,
    modified_two_step,
    three_step,
    two_step,
)
from kgspatial.access.opportunity import cumulative, gravity, nearest, unreached

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kgspatial.access.decays import Decay
    from kgspatial.travel import TravelMatrix


def compare_access(
    travel: TravelMatrix, children: ArrayLike, places: ArrayLike, *, decay: Decay | None = None
) -> pd.DataFrame:
    """Compute the accessibility measures that need nothing but a matrix, children and places.

    Parameters
    ----------
    travel : TravelMatrix
        Demand points x kindergartens.
    children : array-like, shape (origins,)
    places : array-like, shape (destinations,)
    decay : Decay, optional
        Weights by distance for all measures that have them.

    Returns
    -------
    DataFrame
        One row per origin, indexed by its id: ``children``, ``reached`` (False where nothing is in
        reach: the 0 of the measures then means distance, not crowding), ``nearest`` (nan there),
        ``cumulative`` and ``gravity`` in places, ``two_step``, ``modified_two_step``,
        ``three_step``, ``balanced`` and ``huff_two_step`` in places per 100 children.
    """
    weigh = Binary(max(travel.limit, np.finfo(float).tiny)) if decay is None else decay
    return pd.DataFrame(
        {
            "children": np.asarray(children, dtype=np.float64),
            "reached": ~unreached(travel, decay=decay),
            "nearest": nearest(travel),
            "cumulative": cumulative(travel, places),
            "gravity": gravity(travel, places, decay=decay),
            "two_step": two_step(travel, children, places, decay=weigh),
            "modified_two_step": modified_two_step(travel, children, places, decay=weigh),
            "three_step": three_step(travel, children, places, decay=weigh),
            "balanced": balanced(travel, children, places, decay=weigh),
            "huff_two_step": huff_two_step(travel, children, places, decay=weigh),
        },
        index=pd.Index(travel.origin_ids, name="demand_id"),
    )

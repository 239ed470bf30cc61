"""Gates: which estate each of them opens, by the id that it names or by where it stands.

Imports from `inputs.problems`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.inputs.problems import Problem, problem_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

AT_THE_WALL_M = 30.0
"""A gate without an id belongs to the estate whose boundary is nearest, within this distance."""


def gates_of(
    gates: gpd.GeoDataFrame | None, outlines: NDArray[np.object_], ids: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.int64], pd.DataFrame]:
    """Match gates with estates.

    Parameters
    ----------
    gates : GeoDataFrame, optional
        Points, with ``community_id`` where it is known.
    outlines : ndarray of Polygon, shape (n,)
        The estates.
    ids : ndarray of str, shape (n,)
        Their ids.

    Returns
    -------
    points : ndarray of Point
        The gates that are used; one between two estates, equally near to both, twice.
    estate : ndarray of int
        Position of the estate that each opens.
    problems : DataFrame
        Gates that belong to no estate.
    """
    if gates is None or not len(gates):
        return np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64), problem_table([])
    at = gates.geometry.to_numpy()
    named = _named(gates)
    position = pd.Series(np.arange(len(ids)), index=ids)
    position = position[~position.index.duplicated()]
    by_id = named.map(position).to_numpy(dtype=np.float64)
    known = np.isfinite(by_id)
    silent = np.flatnonzero(named.isna().to_numpy())
    gate, estate = shapely.STRtree(shapely.boundary(outlines)).query_nearest(
        at[silent], max_distance=AT_THE_WALL_M, all_matches=True
    )
    used = np.concatenate([np.flatnonzero(known), silent[gate]])
    opened = np.concatenate([by_id[known].astype(np.int64), estate])
    unknown = np.flatnonzero(~known & named.notna().to_numpy())
    far = np.setdiff1d(silent, silent[gate])
    return at[used], opened, problem_table(_problems(gates, named, unknown, far))


def _named(gates: gpd.GeoDataFrame) -> pd.Series:
    if "community_id" not in gates:
        return pd.Series(None, index=gates.index, dtype=object)
    return gates["community_id"].astype(object)


def _problems(gates: gpd.GeoDataFrame, named: pd.Series, unknown: Ints, far: Ints) -> list[Problem]:
    source = str(gates.attrs.get("source", ""))
    found = [
        Problem(
            *("gates", "gate_of_nobody", f"it names the community '{named.iloc[i]}'"),
            *("not used: there is none of that id", "warning", source),
            column="community_id",
            value=str(named.iloc[i]),
        )
        for i in unknown
    ]
    if len(far):
        text = f"{len(far)} gates stand more than {AT_THE_WALL_M:g} m from every community"
        found.append(Problem("gates", "gate_apart", text, "not used", "warning", source))
    return found

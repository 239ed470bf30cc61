"""Who goes where, for the lines that a click draws: pairs of every state, packed in columns.

Imports from `drawn`, `packing`, `result_layers`. `assets/flows.js` reads what is written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.maps.drawn import Drawn, Scene
from kgspatial.maps.packing import pack_points
from kgspatial.maps.result_layers import catchment_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.balance import Balance

    Ints = NDArray[np.int64]

MOST_PAIRS = 30_000
"""Pairs of all states together that a map carries: about 100 kB of the file."""

TENTHS = 10
"""Children of a pair are whole tenths; a pair of less than half a tenth is none."""

OUTLINES = {"kindergartens": "catchments", "sites": "site_catchments"}
"""Layers of places, with the layer that holds the outlines of their catchments."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Children of one state from demand points to kindergartens, by place in the ids of all."""

    origins: Ints
    places: Ints
    tenths: Ints


def flow_content(scene: Scene, layers: Sequence[Drawn]) -> dict[str, Any] | None:
    """Return the pairs of every state, and which row of which layer they belong to.

    Parameters
    ----------
    scene : Scene
        Its balances hold the assignments.
    layers : sequence of Drawn
        The layers of the map.

    Returns
    -------
    dict or None
        ``origins``, ``places``: points; ``states``: for each year, the pairs before and perhaps
        after; ``nodes``: for each layer, the origin or place of each row; ``left_out``: the
        number of pairs that were not kept, and of all. None where nobody goes anywhere.
    """
    states = [s for pair in states_of(scene) for s in pair if s is not None]
    homes = _first_of_each([s.demand for s in states], "demand_id")
    gardens = _first_of_each([s.kindergartens for s in states], "kindergarten_id")
    all_pairs = [_pairs(s, homes.index, gardens.index) for s in states]
    count = sum(len(p.tenths) for p in all_pairs)
    if not count:
        return None
    kept = _largest(all_pairs, MOST_PAIRS)
    used = np.unique(np.concatenate([p.origins for p in kept]))
    packed = iter([_packed(p, used) for p in kept])
    return {
        "origins": pack_points(gpd.GeoSeries(homes.geometry.iloc[used])),
        "places": pack_points(gpd.GeoSeries(gardens.geometry)),
        "states": [[None if s is None else next(packed) for s in two] for two in states_of(scene)],
        "nodes": _nodes(scene, layers, homes.index[used], gardens.index),
        "left_out": [count - sum(len(p.tenths) for p in kept), count],
    }


def states_of(scene: Scene) -> list[tuple[Balance, Balance | None]]:
    """Return the states before and after of each year; of the one year where there is no slider."""
    if scene.years:
        return [(year.before, year.after) for year in scene.years]
    return [(scene.balance, scene.after)]


def _first_of_each(tables: Sequence[gpd.GeoDataFrame], column: str) -> gpd.GeoDataFrame:
    """Shapes by id, each id once, in the order in which they are met."""
    together = pd.concat([t[[column, "geometry"]] for t in tables])
    together = together.assign(**{column: together[column].astype(str)})
    once = together.drop_duplicates(column).set_index(column)
    return gpd.GeoDataFrame(once, crs=tables[0].crs)


def _pairs(state: Balance, homes: pd.Index, gardens: pd.Index) -> Pairs:
    matrix = state.assignment.tocoo()
    tenths = np.rint(matrix.data * TENTHS).astype(np.int64)
    there = tenths > 0
    home = homes.get_indexer(pd.Index(state.demand["demand_id"].astype(str)))
    garden = gardens.get_indexer(pd.Index(state.kindergartens["kindergarten_id"].astype(str)))
    origins, places = home[matrix.row[there]], garden[matrix.col[there]]
    order = np.lexsort((places, origins))
    return Pairs(origins[order], places[order], tenths[there][order])


def _largest(all_pairs: list[Pairs], most: int) -> list[Pairs]:
    """The pairs with the most children of all states together; the earlier of equal ones."""
    tenths = np.concatenate([p.tenths for p in all_pairs])
    if len(tenths) <= most:
        return all_pairs
    chosen = np.zeros(len(tenths), dtype=bool)
    chosen[np.argsort(-tenths, kind="stable")[:most]] = True
    parts = np.split(chosen, np.cumsum([len(p.tenths) for p in all_pairs])[:-1])
    return [
        Pairs(p.origins[c], p.places[c], p.tenths[c]) for p, c in zip(all_pairs, parts, strict=True)
    ]


def _packed(pairs: Pairs, used: Ints) -> dict[str, list[int]]:
    origins = np.searchsorted(used, pairs.origins)
    return {
        "from": np.diff(origins, prepend=0).tolist(),
        "to": pairs.places.tolist(),
        "tenths": pairs.tenths.tolist(),
    }


def _nodes(
    scene: Scene, layers: Sequence[Drawn], homes: pd.Index, gardens: pd.Index
) -> dict[str, dict[str, Any]]:
    """For each clickable layer that is there: its side, the node of each row, the outlines."""
    there = {layer.key for layer in layers}
    found: dict[str, dict[str, Any]] = {}
    clickable = {key: (side, ids) for key, side, ids in _clickable(scene) if key in there}
    for key, (side, ids) in clickable.items():
        known = homes if side == "origins" else gardens
        found[key] = {"side": side, "rows": known.get_indexer(pd.Index(ids)).tolist()}
    for key, outlines in OUTLINES.items():
        if key in found and outlines in there:
            areas = pd.Index(catchment_table(scene, outlines)["kindergarten_id"].astype(str))
            rows = areas.get_indexer(pd.Index(clickable[key][1])).tolist()
            found[key]["outlines"] = {"layer": outlines, "rows": rows}
    return found


def _clickable(scene: Scene) -> Iterator[tuple[str, str, list[str]]]:
    """Layers whose rows send or take children: key, side, ids."""
    demand = scene.balance.demand
    of_community = demand.loc[demand["source"] == "community"]
    pairs = zip(of_community["community_id"], of_community["demand_id"], strict=True)
    by_community = {str(community): str(point) for community, point in pairs}
    own = scene.balance.communities["community_id"].astype(str)
    yield "communities", "origins", [by_community.get(i, "") for i in own]
    elsewhere = demand.loc[demand["source"].isin(["village", "unit"]), "demand_id"]
    yield "points", "origins", elsewhere.astype(str).tolist()
    gardens = scene.balance.kindergartens["kindergarten_id"]
    yield "kindergartens", "places", gardens.astype(str).tolist()
    if scene.sites is not None:
        yield "sites", "places", scene.sites.sites["site_id"].astype(str).tolist()
    if scene.layout is not None:
        for year, table in scene.layout.actions.groupby("year"):
            yield f"layout_{year}", "places", table["subject_id"].astype(str).tolist()

"""What the rows of one layer should be near in another: estates, streets, units, kindergartens.

Imports from `alignment` and `rows`. Names and ids are trusted before nearness: a kindergarten that carries
its estate's name belongs to it wherever it lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from shapely import STRtree

from kgspatial.inputs.checks.alignment import Comparison
from kgspatial.inputs.checks.rows import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

MOST_POINTS, MOST_MEMBERS = 400, 1200
"""Points compared per pair of layers: more cost time and tell nothing new."""

PAIRS, SOME, MANY = 3, 8, 20
"""Fewest points that tell: with their own shape each, with any shape of a kind, with any street."""

KINDS = ("幼儿园", "幼稚园", "幼兒園", "小区", "社区", "住宅区", "配套")
"""What names end in without telling one estate from another."""

SHORTEST, LONGEST = 3, 16
"""Characters of an estate's name that are looked for within a kindergarten's."""

MEMBERS_GAIN = 0.01
"""Units are so large that few of their communities come to lie outside by a shift: little nearness
is lost, but what is lost is not by chance."""

STREETSIDE = ("kindergartens", "communities", "villages", "candidates", "hazards")


def comparisons_between(layers: Mapping[str, gpd.GeoDataFrame]) -> Iterator[Comparison]:
    """Yield what can be compared in a study's layers, in its CRS in metres."""
    gardens, communities = layers.get("kindergartens"), layers.get("communities")
    if gardens is not None and communities is not None:
        yield _supporting(gardens, communities)
        yield Comparison(
            *("kindergartens", "communities", "from the nearest community", SOME),
            *(_corners(gardens), STRtree(communities.geometry.to_numpy())),
        )
    if gardens is not None and "candidates" in layers:
        yield _expansions(layers["candidates"], gardens)
    if "units" in layers:
        yield from _members(layers)
    if "streets" in layers:
        streets = STRtree(layers["streets"].geometry.to_numpy())
        for name in (n for n in STREETSIDE if n in layers):
            yield Comparison(
                *(name, "streets", "from the nearest street", MANY),
                *(_corners(layers[name]), streets),
            )


def _supporting(gardens: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Comparison:
    """Kindergartens and the estates that they support: by id as they say, else by name."""
    estate = _named_after(gardens, communities)
    if "supports_community" in gardens:
        numbers = pd.Series(np.arange(len(communities)), index=communities["community_id"])
        said = gardens["supports_community"].map(numbers).to_numpy(dtype="float64")
        estate = np.where(np.isnan(said), estate, said)
    return _paired(
        *("kindergartens", "communities", "from the communities that they support"),
        *(gardens, communities, estate),
    )


def _expansions(candidates: gpd.GeoDataFrame, gardens: gpd.GeoDataFrame) -> Comparison:
    """Sites that are called after the kindergarten that is to grow there."""
    return _paired(
        *("candidates", "kindergartens", "from the kindergartens whose name they carry"),
        *(candidates, gardens, _named_after(candidates, gardens)),
    )


def _paired(
    points_of: str,
    shapes_of: str,
    relation: str,
    frame: gpd.GeoDataFrame,
    others: gpd.GeoDataFrame,
    partner: NDArray[np.float64],
) -> Comparison:
    """Rows with the row of the other layer that each belongs to, by number; NaN where to none."""
    known = np.flatnonzero(~np.isnan(partner))
    known = known[:: _step(len(known))]
    points = shapely.point_on_surface(frame.geometry.to_numpy()[known])
    own = others.geometry.to_numpy()[partner[known].astype(int)]
    xy = np.asarray(shapely.get_coordinates(points))
    return Comparison(points_of, shapes_of, relation, PAIRS, xy, own)


def _named_after(frame: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """The number of the row whose name stands in each name: the longest, if there is only one."""
    if "name" not in frame or "name" not in others:
        return np.full(len(frame), np.nan)
    stems = pd.Series(np.arange(len(others)), index=[_stem(name) for name in others["name"]])
    stems = stems[~stems.index.duplicated(keep=False)]
    known = dict(zip(stems.index, stems, strict=True))
    return np.array([_longest_within(_stem(name), known) for name in frame["name"]])


def _longest_within(name: str, known: dict[str, int]) -> float:
    for length in range(min(len(name), LONGEST), SHORTEST - 1, -1):
        parts = {name[i : i + length] for i in range(len(name) - length + 1)}
        hits = [known[part] for part in parts if part in known]
        if hits:
            return float(hits[0]) if len(hits) == 1 else np.nan
    return np.nan


def _stem(name: object) -> str:
    """A name without signs and without what all estates and kindergartens are called."""
    text = plain_name(name)
    while kind := next((k for k in KINDS if text.endswith(k)), ""):
        text = text.removesuffix(kind)
    return text


def _members(layers: Mapping[str, gpd.GeoDataFrame]) -> Iterator[Comparison]:
    """Communities and villages, and the units that they name as theirs."""
    units = layers["units"]
    numbers = pd.Series(np.arange(len(units)), index=units["unit_id"])
    for name in (n for n in ("communities", "villages") if n in layers):
        if "unit_id" not in layers[name]:
            continue
        unit = layers[name]["unit_id"].map(numbers).astype("float64").to_numpy()
        known = np.flatnonzero(~np.isnan(unit))
        corners, of = _corners_of(layers[name].geometry.to_numpy()[known], MOST_MEMBERS)
        yield Comparison(
            *(name, "units", "from the units that they belong to", MANY, corners),
            units.geometry.to_numpy()[unit[known][of].astype(int)],
            MEMBERS_GAIN,
        )


def _corners(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """A layer's points, or the corners of its lines and outlines."""
    return _corners_of(frame.geometry.to_numpy())[0]


def _corners_of(
    shapes: NDArray[np.object_], most: int = MOST_POINTS
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Corners, evenly thinned where they are many, and the numbers of the shapes that they are of."""
    rows = np.arange(len(shapes))[:: _step(len(shapes), most)]
    corners, of = shapely.get_coordinates(shapes[rows], return_index=True)
    thin = slice(None, None, _step(len(corners), most))
    return corners[thin], rows[of[thin]]


def _step(count: int, most: int = MOST_POINTS) -> int:
    return max(1, -(-count // most))

"""Undeclared web-map coordinates: which layer sits as GCJ-02 or BD-09 would, against the others.

Imports from `china`, `crs`, `problems`. A layer is suspected when taking it for GCJ-02 or BD-09
brings it onto what it belongs to, and no other layer contradicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from kgspatial.inputs.china import ChinaCrs, transform_china
from kgspatial.inputs.crs import CHINA_BOX, WGS84
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

MOST_POINTS = 2000
"""Points compared per pair of layers: a mean over more tells nothing new."""

SUFFIXES = ("幼儿园", "幼稚园", "小区", "社区", "配套")
"""Endings that a kindergarten's name adds to the name of its estate."""


@dataclass(frozen=True)
class Rule:
    """When a comparison counts: enough points, far off before, near after."""

    at_least: int
    far_m: float
    near_m: float
    ratio: float


SUPPORTED = Rule(at_least=3, far_m=150.0, near_m=150.0, ratio=0.4)
"""A supporting kindergarten lies in or beside its estate; both shifts exceed an estate's width."""

STREETSIDE = Rule(at_least=20, far_m=75.0, near_m=100.0, ratio=0.6)
"""Any point is near some street: only many points, all coming nearer, tell something."""

IN_ESTATES = Rule(at_least=8, far_m=75.0, near_m=50.0, ratio=0.4)
"""Kindergartens of a town mostly lie in its estates."""

CONTRADICTED = 1.5
"""A comparison whose distance grows by this factor speaks against the suspicion."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Points of one layer, and the shapes of another to which they should be near."""

    points_of: str
    shapes_of: str
    relation: str
    rule: Rule
    lonlat: NDArray[np.float64]
    shapes: NDArray[np.object_]
    paired: bool
    """Whether each point belongs to the shape of its own row, or to the nearest one."""


@dataclass(frozen=True)
class Evidence:
    """Mean distance of a comparison as it is, and with the suspected layer moved."""

    comparison: Comparison
    before: float
    after: float

    @property
    def speaks_for(self) -> bool:
        """Whether the points come onto what they belong to."""
        rule = self.comparison.rule
        enough = len(self.comparison.lonlat) >= rule.at_least and self.before >= rule.far_m
        return enough and self.after <= min(rule.near_m, rule.ratio * self.before)

    @property
    def speaks_against(self) -> bool:
        """Whether the points were near before and are not so after."""
        rule = self.comparison.rule
        enough = len(self.comparison.lonlat) >= rule.at_least and self.after >= rule.far_m
        return enough and self.after >= CONTRADICTED * self.before

    def __str__(self) -> str:
        c = self.comparison
        return (
            f"from {self.before:,.0f} m to {self.after:,.0f} m {c.relation} "
            f"({len(c.lonlat)} points of {c.points_of})"
        )


def undeclared_shifts(layers: Mapping[str, gpd.GeoDataFrame]) -> list[Problem]:
    """Return a warning for each layer that looks like undeclared GCJ-02 or BD-09.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Checked layers by name, in one projected CRS.

    Notes
    -----
    Single layers are suspected first; kindergartens and communities together only where neither
    alone explains the distance to the streets, because both often come from one web map.
    """
    gardens = layers.get("kindergartens")
    if gardens is None or not _in_china(gardens):
        return []
    comparisons = list(_comparisons(layers))
    suspects: list[tuple[str, ...]] = [
        (name,) for name in ("kindergartens", "communities", "candidates", "streets")
    ]
    found = _suspected(comparisons, suspects, layers)
    both = ("kindergartens", "communities")
    if not found and "streets" in layers and "communities" in layers:
        found = _suspected(comparisons, [both], layers)
    return found


def _suspected(
    comparisons: list[Comparison],
    suspects: list[tuple[str, ...]],
    layers: Mapping[str, gpd.GeoDataFrame],
) -> list[Problem]:
    found = []
    for moved in suspects:
        name, evidence = _best_system(comparisons, moved, layers)
        found += [_problem(layers[layer], layer, name, evidence) for layer in moved if evidence]
    return found


def _best_system(
    comparisons: list[Comparison], moved: tuple[str, ...], layers: Mapping[str, gpd.GeoDataFrame]
) -> tuple[ChinaCrs, list[Evidence]]:
    """The shifted system that explains the layers best, with the evidence; none when none does."""
    best: tuple[float, ChinaCrs, list[Evidence]] = (np.inf, "GCJ-02", [])
    concerned = [c for c in comparisons if (c.points_of in moved) != (c.shapes_of in moved)]
    to_study = _from_lonlat(layers)
    for system in get_args(ChinaCrs)[1:]:
        told = [_evidence(c, c.points_of in moved, system, to_study) for c in concerned]
        speaking = [e for e in told if e.speaks_for]
        if not speaking or any(e.speaks_against for e in told):
            continue
        ratio = float(np.mean([e.after / e.before for e in speaking]))
        if ratio < best[0]:
            best = (ratio, system, speaking)
    return best[1], best[2]


def _evidence(
    comparison: Comparison, points_move: bool, system: ChinaCrs, to_study: Transformer
) -> Evidence:
    """Distances as they are and with one side moved; shapes stay, the points move against them."""
    start, end = (system, "WGS 84") if points_move else ("WGS 84", system)
    lon, lat = comparison.lonlat.T
    moved = np.column_stack(transform_china(lon, lat, from_=start, to=end))
    before, after = (_mean_distance(comparison, p, to_study) for p in (comparison.lonlat, moved))
    return Evidence(comparison, before, after)


def _mean_distance(
    comparison: Comparison, lonlat: NDArray[np.float64], to_study: Transformer
) -> float:
    points = shapely.points(*to_study.transform(*lonlat.T))
    if comparison.paired:
        return float(shapely.distance(points, comparison.shapes).mean())
    _, apart = shapely.STRtree(comparison.shapes).query_nearest(
        points, return_distance=True, all_matches=False
    )
    return float(apart.mean())


def _comparisons(layers: Mapping[str, gpd.GeoDataFrame]) -> Iterator[Comparison]:
    gardens, communities = layers["kindergartens"], layers.get("communities")
    if communities is not None:
        supporting, supported = _supported(gardens, communities)
        relation = "from the communities that they support"
        sides = ("kindergartens", "communities", relation, SUPPORTED)
        yield Comparison(*sides, _lonlat(supporting, gardens), supported, paired=True)
        estates = communities.geometry.to_numpy()
        sides = ("kindergartens", "communities", "from the nearest community", IN_ESTATES)
        yield Comparison(*sides, _lonlat(_points(gardens), gardens), estates, paired=False)
    if "streets" in layers:
        streets = layers["streets"].geometry.to_numpy()
        relation = "from the nearest street"
        for name in ("kindergartens", "communities", "candidates"):
            if name in layers:
                points = _lonlat(_points(layers[name]), layers[name])
                yield Comparison(
                    *(name, "streets", relation, STREETSIDE, points, streets), paired=False
                )


def _points(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """A layer's points, or the corners of its outlines; evenly thinned where they are many."""
    points = np.asarray(shapely.points(shapely.get_coordinates(frame.geometry.to_numpy())))
    return points[:: max(1, len(points) // MOST_POINTS)]


def _supported(
    gardens: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Kindergartens and their estates: as `supports_community` says, else by the same name."""
    ids = pd.Series(np.arange(len(communities)), index=communities["community_id"].to_numpy())
    places = pd.Series(np.nan, index=gardens.index)
    if "supports_community" in gardens:
        places = gardens["supports_community"].map(ids)
    if "name" in gardens and "name" in communities:
        stems = pd.Series(np.arange(len(communities)), index=communities["name"].map(_stem))
        unique = stems[~stems.index.duplicated(keep=False) & (stems.index != "")]
        places = places.fillna(gardens["name"].map(_stem).map(unique))
    known = places.notna().to_numpy()
    numbers = places[known].to_numpy(dtype=int)
    return gardens.geometry.to_numpy()[known], communities.geometry.to_numpy()[numbers]


def _stem(name: object) -> str:
    """What a kindergarten's name and its estate's have in common."""
    text = "".join(name.split()) if isinstance(name, str) else ""
    while ended := next((s for s in SUFFIXES if text.endswith(s)), ""):
        text = text.removesuffix(ended)
    return text


def _lonlat(points: NDArray[np.object_], frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    to_lonlat = Transformer.from_crs(frame.crs, WGS84, always_xy=True)
    return np.column_stack(to_lonlat.transform(*shapely.get_coordinates(points).T))


def _from_lonlat(layers: Mapping[str, gpd.GeoDataFrame]) -> Transformer:
    return Transformer.from_crs(WGS84, layers["kindergartens"].crs, always_xy=True)


def _in_china(frame: gpd.GeoDataFrame) -> bool:
    lonlat = _lonlat(_points(frame), frame)
    west, south, east, north = CHINA_BOX
    return bool(((lonlat >= (west, south)) & (lonlat <= (east, north))).all())


def _problem(
    frame: gpd.GeoDataFrame, layer: str, system: ChinaCrs, evidence: list[Evidence]
) -> Problem:
    told = "; ".join(str(e) for e in evidence)
    return Problem(
        layer,
        "looks_shifted",
        f"it looks like {system}: taken as such, mean distances shrink {told}",
        f'used as it is; if it is so, write crs = "{system}" under [inputs.{layer}]',
        "warning",
        str(frame.attrs.get("source", "")),
        value=system,
    )

"""Undeclared web-map coordinates: which layers sit where GCJ-02 or BD-09 would put them.

Imports from `relations`, `alignment`, `china`, `crs` and `problems`. Two layers tell only how they
lie to each other. So each pair votes for the displacement between its layers (none, or one that a
mistaken declaration makes), and the fewest mistakes that explain all votes are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, cast, get_args

import numpy as np
import shapely
from pyproj import Geod

from kgspatial.inputs.checks.alignment import Comparison, Fit, best_fit
from kgspatial.inputs.checks.relations import comparisons_between
from kgspatial.inputs.coordinates.china import ChinaCrs, china_crs_name, transform_china
from kgspatial.inputs.coordinates.crs import CHINA_BOX, lonlat_transformer
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from pyproj import CRS

SYSTEMS: tuple[ChinaCrs, ...] = get_args(ChinaCrs)

OFFSETS: dict[ChinaCrs, tuple[int, int]] = {"WGS 84": (0, 0), "GCJ-02": (1, 0), "BD-09": (0, 1)}
"""Displacements counted in shifts of GCJ-02 and of BD-09, so that they can be compared exactly."""

MISTAKE, TURNED_TWICE = 2, 3
"""How unlikely each is. Two layers from one web map are likelier than streets turned twice."""

SELDOM_TURNED = ("streets", "units")
"""Layers that nobody turns from a web map's coordinates by hand: not suspected of it."""

COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True)
class Reading:
    """A layer's coordinates are of the system `actual`, and were taken as `declared`."""

    actual: ChinaCrs = "WGS 84"
    declared: ChinaCrs = "WGS 84"

    @property
    def right(self) -> bool:
        """Whether the declaration was right."""
        return self.actual == self.declared

    @property
    def offset(self) -> tuple[int, int]:
        """Where the layer lies, against where it belongs."""
        (a, b), (c, d) = OFFSETS[self.actual], OFFSETS[self.declared]
        return a - c, b - d


MOVES = (Reading(), *(Reading(a, b) for a in SYSTEMS for b in SYSTEMS if a != b))
"""The displacements of one layer against another that mistakes in one or both can make."""


@dataclass(frozen=True)
class Vote:
    """What one comparison tells: the points lie to the shapes as if read so."""

    comparison: Comparison
    move: Reading
    fit: Fit

    @property
    def layers(self) -> tuple[str, str]:
        """The layers that it compares."""
        return self.comparison.points_of, self.comparison.shapes_of

    def __str__(self) -> str:
        c, fit = self.comparison, self.fit
        return (
            f"from {fit.before_m:,.0f} m to {fit.after_m:,.0f} m {c.relation} "
            f"({fit.points} points of {c.points_of})"
        )


Explanation = dict[str, Reading]
"""The layers that were read wrongly, and how."""


def undeclared_shifts(layers: Mapping[str, gpd.GeoDataFrame]) -> list[Problem]:
    """Return a warning for each layer whose declared system another one would explain better.

    A layer declared WGS 84 (or CGCS2000, or in metres) may hold GCJ-02 or BD-09; one declared so
    may hold WGS 84 and have been turned for nothing. Nothing is moved here.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Checked layers by name, in one projected CRS; ``attrs["crs_declared"]`` is the declaration
        where there was one.

    Notes
    -----
    Nothing is said outside China, where fewer than a handful of points tell, where no place stands
    out, or where the comparisons contradict each other.
    """
    return [
        _problem(name, reading, votes, found, layers)
        for votes in _groups(list(_votes(layers)))
        if (found := _explanations(votes, layers))
        for name, reading in {(n, r): None for e in found for n, r in e.items()}
    ]


def _votes(layers: Mapping[str, gpd.GeoDataFrame]) -> Iterator[Vote]:
    to_lonlat = lonlat_transformer(cast("CRS", next(iter(layers.values())).crs))
    for comparison in comparisons_between(layers):
        if len(comparison.xy) < comparison.at_least:
            continue
        lon, lat = to_lonlat.transform(*comparison.xy.T)
        if not _in_china(float(np.median(lon)), float(np.median(lat))):
            continue
        back = [transform_china(lon, lat, from_=m.actual, to=m.declared) for m in MOVES[1:]]
        places = [np.column_stack(to_lonlat.transform(*b, direction="INVERSE")) for b in back]
        fit = best_fit(comparison, [comparison.xy, *places])
        if fit is not None:
            yield Vote(comparison, MOVES[fit.place], fit)


def _in_china(lon: float, lat: float) -> bool:
    west, south, east, north = CHINA_BOX
    return west <= lon <= east and south <= lat <= north


# ---------------------------------------------------------------- from votes to mistakes


def _groups(votes: list[Vote]) -> list[list[Vote]]:
    """Votes on layers that are compared with each other, directly or by way of others."""
    groups: list[tuple[set[str], list[Vote]]] = []
    for vote in votes:
        joined = [g for g in groups if g[0] & set(vote.layers)]
        groups = [g for g in groups if g not in joined]
        names = set(vote.layers).union(*(g[0] for g in joined))
        groups.append((names, [*(v for g in joined for v in g[1]), vote]))
    return [members for _, members in groups]


def _explanations(votes: list[Vote], layers: Mapping[str, gpd.GeoDataFrame]) -> list[Explanation]:
    """The sets of mistakes that explain all votes and are the least unlikely; none if none does.

    At least one of the layers is right: where all are said to be wrong, nothing tells so.
    """
    names = sorted({name for vote in votes for name in vote.layers})
    best: list[Explanation] = []
    least = np.inf
    for readings in product(*(_readings(layers[name], name) for name in names)):
        unlikely = sum(cost for _, cost in readings)
        told = dict(zip(names, (reading for reading, _ in readings), strict=True))
        wrong = {n: r for n, r in told.items() if not r.right}
        if unlikely > least or len(wrong) == len(told):
            continue
        if all(_explains(told, vote) for vote in votes):
            best = [*(best if unlikely == least else []), wrong]
            least = unlikely
    return best


def _readings(frame: gpd.GeoDataFrame, name: str) -> list[tuple[Reading, int]]:
    """How a layer can have been read, each with how unlikely it is."""
    declared = _declared(frame)
    found = [(Reading(a, declared), 0 if a == declared else MISTAKE) for a in SYSTEMS]
    if declared == "WGS 84" and name not in SELDOM_TURNED:
        found += [(Reading("WGS 84", was), TURNED_TWICE) for was in SYSTEMS[1:]]
    return found


def _declared(frame: gpd.GeoDataFrame) -> ChinaCrs:
    """The declared system; everything that is not a web map's is as good as WGS 84."""
    return china_crs_name(str(frame.attrs.get("crs_declared") or "")) or "WGS 84"


def _explains(told: Explanation, vote: Vote) -> bool:
    points, shapes = (told[name].offset for name in vote.layers)
    return (points[0] - shapes[0], points[1] - shapes[1]) == vote.move.offset


# ---------------------------------------------------------------- what to say


def _problem(
    name: str,
    reading: Reading,
    votes: list[Vote],
    explanations: list[Explanation],
    layers: Mapping[str, gpd.GeoDataFrame],
) -> Problem:
    frame = layers[name]
    declared = _declared(frame)
    text = (
        f"{_looks(reading, declared)}: it lies {_way(frame, reading)} of where it belongs; put "
        f"back, {_evidence(name, votes, explanations[0])}"
    )
    done = f"used as it is; if it is so, {_advice(frame, name, reading, declared)}"
    others = [e for e in explanations if e.get(name) != reading]
    if others:
        told = " and ".join(f"{n} ({r.actual})" for n, r in others[0].items())
        done += f"; or else the mistake lies in {told}"
    source = str(frame.attrs.get("source", ""))
    return Problem(name, "looks_shifted", text, done, "warning", source, value=reading.actual)


def _looks(reading: Reading, declared: ChinaCrs) -> str:
    if reading.declared != declared:
        was = reading.declared
        return f"it looks as if it had been turned from {was} into WGS 84, which it was already"
    if reading.actual == "WGS 84":
        return f"it looks as if it were WGS 84 already, not {declared}"
    return f"it looks like {reading.actual}"


def _way(frame: gpd.GeoDataFrame, reading: Reading) -> str:
    """How far and in which direction a layer lies off, at its middle."""
    middle = np.median(shapely.get_coordinates(frame.geometry.to_numpy()), axis=0)
    lon, lat = lonlat_transformer(cast("CRS", frame.crs)).transform(*middle)
    back_lon, back_lat = transform_china(lon, lat, from_=reading.actual, to=reading.declared)
    towards, _, metres = Geod(ellps="WGS84").inv(float(back_lon), float(back_lat), lon, lat)
    return f"{metres:,.0f} m {COMPASS[round(towards / 45) % len(COMPASS)]}"


def _evidence(name: str, votes: list[Vote], explanation: Explanation) -> str:
    """What shrinks when the layer is put back; for one that no vote moves, whom it goes with."""
    own = [v for v in votes if name in v.layers]
    moving = [str(v) for v in own if not v.move.right]
    if moving:
        return f"mean distances shrink {'; '.join(moving)}"
    along = sorted({n for v in own for n in v.layers} & set(explanation) - {name})
    points = sum(v.fit.points for v in own if along and set(v.layers) <= {name, *along})
    return f"it fits {' and '.join(along)}, which lie as it does ({points} points)"


def _advice(frame: gpd.GeoDataFrame, name: str, reading: Reading, declared: ChinaCrs) -> str:
    if reading.declared != declared:
        return "take the file from before it was turned"
    if not frame.attrs.get("source"):
        call = f'kgspatial.transform_china(..., from_="{reading.actual}", to="{declared}")'
        return f"turn it before with {call}"
    crs = "EPSG:4326" if reading.actual == "WGS 84" else reading.actual
    return f'write crs = "{crs}" under [inputs.{name}]'

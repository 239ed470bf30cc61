"""Colours, shapes, sizes and class limits that the map and the figures of the report share.

Imports nothing of kgspatial. Sources: STANDARDS 3.3 (suggested symbols of plan maps).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Steps = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Symbol:
    """A point symbol: its fill, its shape and the colour of its edge."""

    fill: str
    shape: str
    line: str = "#ffffff"


KIND_SYMBOLS: dict[str, Symbol] = {
    "public": Symbol("#d7301f", "circle"),
    "inclusive": Symbol("#fc8d59", "square"),
    "private": Symbol("#737373", "triangle"),
    "unknown_kind": Symbol("#3b3b3b", "diamond"),
}
"""Symbol of each kind of kindergarten."""

ACTION_SYMBOLS: dict[str, Symbol] = {
    "build": Symbol("#1a9850", "star", "#000000"),
    "convert": Symbol("#fdae61", "pentagon", "#000000"),
    "expand": Symbol("#fdae61", "plus", "#000000"),
    "kind": Symbol("#80b1d3", "diamond", "#000000"),
    "nursery": Symbol("#bebada", "square", "#000000"),
    "merge": Symbol("#f0f0f0", "triangle", "#000000"),
    "close": Symbol("#6b6b6b", "cross", "#000000"),
}
"""Symbol of each action on a site."""

NOT_COUNTED_SYMBOL = Symbol("#ffffff", "circle", "#737373")
"""Of a kindergarten whose places do not count as supply."""

EXCLUDED_SYMBOL = Symbol("#6b6b6b", "cross")
CANDIDATE_SYMBOL = Symbol("#ffffff", "circle", "#1a9850")
HAZARD_SYMBOL = Symbol("#ffd92f", "triangle", "#000000")
VILLAGE_SYMBOL = Symbol("#8c6d31", "square")

GAP_LIMITS = (0.5, 10.0, 30.0, 100.0)
"""Upper limits of the classes of children without a place; the first is "less than one child"."""

GAP_COLOURS = ("#eef1ea", "#fee8c8", "#fdbb84", "#ef6548", "#b30000")
UNREACHED_COLOUR = "#54278f"
UNREACHED_SHARE = 0.5
"""No kindergarten counts as in reach when this share of the children has none."""

UNIT_GAP_LIMITS = (-0.3, -0.1, 0.1, 0.3)
"""Limits between the classes of gap over children in units: within a tenth, a unit is balanced."""

UNIT_GAP_COLOURS = ("#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b")
"""From a large surplus to a large gap: blue and red stay apart for the colour-blind."""

CELL_COLOURS = ("#fff4e3", "#fddcb8", "#f6ab94", "#d5787a", "#ab94c9")
"""The gap's colours mixed with white, without the first and with the one of no kindergarten in
reach: cells outside communities must not be taken for communities."""

DENSITY_LIMITS = (0.1, 0.3, 1.0, 3.0)
"""Limits between the classes of children without a place per hectare, outside communities."""

DEMAND_COLOURS = ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c")

PLACE_STEPS = ((90.0, 30.0), (180.0, 48.0), (270.0, 70.0), (360.0, 95.0), (float("inf"), 125.0))
"""Up to so many places, a symbol of so many square points: the steps of the scale ladder."""

CHILD_STEPS = ((10.0, 20.0), (30.0, 40.0), (100.0, 70.0), (300.0, 110.0), (float("inf"), 160.0))
"""Likewise up to so many children at a point: a village or a unit without known area."""

MANY_KINDERGARTENS = 150
"""Symbols shrink in the overview where there are more."""

BOUNDARY_COLOUR, STREET_COLOUR, COMMUNITY_EDGE = "#8a8a8a", "#dcd8d0", "#7d7d7d"
OUTLINE_COLOUR, BARRIER_COLOUR, CATCHMENT_COLOUR = "#4d4d4d", "#4a90c2", "#5e3c99"

NOBODY_COLOUR = "#f2f2f2"
"""Of an estate in which no child of the age lives."""

COVERAGE_COLOURS = {"covered": "#abd9e9", "partly": "#fee090", "uncovered": "#d73027"}
RATIO_COLOURS = ("#bdbdbd", "#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
"""Of places per 100 children, from none in reach to many: one ramp that grows darker."""

LINK_COLOUR = "#6a3d9a"
OBLIGATION_COLOURS = {
    "none": "#f0f0f0",
    "met": "#92c5de",
    "part": "#fdae61",
    "nothing": "#b2182b",
    "unknown": "#bdbdbd",
}
VERDICT_COLOURS = {"met": "#2166ac", "not_met": "#d7301f", "unknown": "#d9d9d9"}
YEAR_SYMBOLS = (
    Symbol("#fde725", "star", "#000000"),
    Symbol("#35b779", "diamond", "#000000"),
    Symbol("#31688e", "square", "#000000"),
    Symbol("#b5a6d9", "pentagon", "#000000"),
    Symbol("#cccccc", "circle", "#000000"),
)
"""Of the years of projects, the first years first."""


def gap_classes(
    unserved: NDArray[np.float64], unreached: NDArray[np.float64], children: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the class of each area: the gap's, or the last one where no kindergarten is in reach.

    Parameters
    ----------
    unserved, unreached, children : ndarray
        Children without a place, without a kindergarten within the limit, and all.
    """
    classes = np.searchsorted(GAP_LIMITS, unserved, side="left").astype(np.int64)
    alone = unreached >= np.maximum(GAP_LIMITS[0], UNREACHED_SHARE * children)
    return np.where(alone, len(GAP_COLOURS), classes)


def gap_labels() -> list[str]:
    """Return how the gap classes are called, without the last one; children are shown rounded."""
    limits = GAP_LIMITS[1:]
    bounds = zip((1.0, *limits), limits, strict=False)
    return ["0", *(f"{low:g}–{high:g}" for low, high in bounds), f"> {limits[-1]:g}"]


def place_sizes(places: NDArray[np.float64], steps: Steps = PLACE_STEPS) -> NDArray[np.float64]:
    """Return the symbol size of each number of places (or children), in square points."""
    limits, sizes = np.array(steps).T
    return np.asarray(sizes[np.searchsorted(limits, places, side="left")])


def place_label(size: float, steps: Steps = PLACE_STEPS) -> str:
    """Return how the legend calls a size of the steps."""
    limit = next(limit for limit, own in steps if own == size)
    return f"≤ {limit:g}" if np.isfinite(limit) else f"> {steps[-2][0]:g}"

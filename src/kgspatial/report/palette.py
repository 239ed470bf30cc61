"""Colours, shapes and classes of the plates: those of the interactive map, as matplotlib says them.

Imports from `maps.symbols`.
"""

from __future__ import annotations

from kgspatial.maps import symbols
from kgspatial.maps.symbols import (
    BOUNDARY_COLOUR,
    DEMAND_COLOURS,
    GAP_COLOURS,
    GAP_LIMITS,
    STREET_COLOUR,
    UNREACHED_COLOUR,
)

__all__ = [
    "ACTION_STYLES",
    "BOUNDARY_COLOUR",
    "DEMAND_COLOURS",
    "GAP_COLOURS",
    "GAP_LIMITS",
    "KIND_STYLES",
    "NET_COLOUR",
    "NOBODY_COLOUR",
    "PLACE_SIZES",
    "SHORT_COLOUR",
    "STREET_COLOUR",
    "SURPLUS_COLOUR",
    "UNREACHED_COLOUR",
]

MARKERS = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "star": "*",
    "plus": "P",
}

KIND_STYLES = {kind: (s.fill, MARKERS[s.shape]) for kind, s in symbols.KIND_SYMBOLS.items()}
"""Fill and matplotlib marker of each kind of kindergarten."""

ACTION_STYLES = {action: (s.fill, MARKERS[s.shape]) for action, s in symbols.ACTION_SYMBOLS.items()}
"""Fill and matplotlib marker of each action on a site."""

NOBODY_COLOUR = "#f7f7f5"

SHORT_COLOUR, SURPLUS_COLOUR, NET_COLOUR = "#d7301f", "#3182bd", "#222222"

PLACE_SIZES = symbols.PLACE_STEPS
"""Up to so many places, a symbol of so many square points: the steps of the scale ladder."""

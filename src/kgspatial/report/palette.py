"""The symbols of the interactive map as matplotlib says them, and the colours of the charts.

Imports from `maps.symbols`.
"""

from __future__ import annotations

from kgspatial.maps import symbols

MARKERS = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "star": "*",
    "pentagon": "p",
    "plus": "P",
    "cross": "X",
}

KIND_STYLES = {kind: (s.fill, MARKERS[s.shape]) for kind, s in symbols.KIND_SYMBOLS.items()}
"""Fill and matplotlib marker of each kind of kindergarten."""

ACTION_STYLES = {action: (s.fill, MARKERS[s.shape]) for action, s in symbols.ACTION_SYMBOLS.items()}
"""Fill and matplotlib marker of each action on a site."""

NOBODY_COLOUR = "#f7f7f5"

SHORT_COLOUR, SURPLUS_COLOUR, NET_COLOUR = "#d7301f", "#3182bd", "#222222"

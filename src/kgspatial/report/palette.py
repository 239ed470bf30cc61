"""Colours, shapes and classes of the plates: those of the interactive map, as matplotlib says them.

Sources: STANDARDS 3.3 (suggested symbols of plan maps).
"""

from __future__ import annotations

KIND_STYLES: dict[str, tuple[str, str]] = {
    "public": ("#d7301f", "o"),
    "inclusive": ("#fc8d59", "s"),
    "private": ("#737373", "^"),
    "unknown_kind": ("#3b3b3b", "D"),
}
"""Fill and matplotlib marker of each kind of kindergarten."""

ACTION_STYLES: dict[str, tuple[str, str]] = {
    "build": ("#1a9850", "*"),
    "convert": ("#fdae61", "*"),
    "expand": ("#fdae61", "P"),
}
"""Fill and matplotlib marker of each action on a site."""

GAP_LIMITS = (0.5, 10.0, 30.0, 100.0)
"""Upper limits of the classes of children without a place; the first is "less than one child"."""

GAP_COLOURS = ("#eef1ea", "#fee8c8", "#fdbb84", "#ef6548", "#b30000")
UNREACHED_COLOUR = "#54278f"

DEMAND_COLOURS = ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c")
NOBODY_COLOUR = "#f7f7f5"

SHORT_COLOUR, SURPLUS_COLOUR, NET_COLOUR = "#d7301f", "#3182bd", "#222222"
BOUNDARY_COLOUR, STREET_COLOUR = "#8a8a8a", "#dcd8d0"

PLACE_SIZES = ((90.0, 30.0), (180.0, 48.0), (270.0, 70.0), (360.0, 95.0), (float("inf"), 125.0))
"""Up to so many places, a symbol of so many square points: the steps of the scale ladder."""

"""What the page's tools are told: their texts, what can be searched, what is listed in tables.

Imports from `drawn`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgspatial.maps.drawn import Drawn, Scene

TEXTS = (
    *("legend", "before", "after", "close", "missing", "state", "north", "extent_button"),
    *("tools", "search", "search_results", "search_none", "search_count"),
    *("flow_from", "flow_to", "flow_none", "flow_hint"),
    *("ruler", "ruler_hint", "ruler_total", "coordinates", "full_screen"),
    *("print", "print_view", "print_paper", "print_back", "print_scale"),
    *("table", "table_of", "table_number", "table_kind", "year", "by_year", "state_of"),
)
"""Phrases of the page; those with ``{placeholders}`` are filled in the browser."""

SEARCHED = ("sites", "kindergartens", "communities", "points", "villages", "units", "candidates")


def tool_content(scene: Scene, layers: Sequence[Drawn]) -> dict[str, Any]:
    """Return the texts, the layers that are searched, and the tables with their layers."""
    named = [layer.key for layer in layers if layer.titles]
    phases = sorted(key for key in named if key.startswith("layout_"))
    tables = [
        (scene.say("table_layout"), phases),
        *((scene.say(f"layer_{key}"), [key]) for key in ("sites", "kindergartens")),
    ]
    return {
        "texts": {key: scene.say(key) for key in TEXTS},
        "search": [*phases, *(key for key in SEARCHED if key in named)],
        "tables": [
            {"label": label, "layers": keys}
            for label, keys in tables
            if keys and set(keys) <= set(named)
        ],
    }

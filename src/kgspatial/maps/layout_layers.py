"""The layout on the map: what is built, converted, expanded, made smaller, merged or closed, and when.

Imports from `drawn`, `packing`, `result_layers`, `symbols`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgspatial.maps import symbols
from kgspatial.maps.drawn import Drawn, Scene, Style, fields, labels, subtitles, titles
from kgspatial.maps.packing import pack_points
from kgspatial.maps.result_layers import SITE_RADIUS, SITE_ZOOM, TEXTS

FIELDS = (
    *("action", "year", "kind", "classes", "places_before", "places", "newly_served", "moved_here"),
    *("worth", "cost_wan", "into_id", "runner_up", *TEXTS),
)


def layout_layers(scene: Scene) -> Iterator[Drawn]:
    """Yield the actions of a layout, a layer for each of its years, the near term on top."""
    if scene.layout is None:
        return
    actions = scene.layout.actions
    for year in sorted(actions["year"].unique(), reverse=True):
        table = actions[actions["year"] == year].reset_index(drop=True)
        there = [a for a in symbols.ACTION_SYMBOLS if (table["action"] == a).any()]
        styles = [
            Style(scene.value(a), s.shape, s.fill, s.line, radius=SITE_RADIUS)
            for a in there
            for s in [symbols.ACTION_SYMBOLS[a]]
        ]
        shown = table.assign(
            action=[scene.value(a) for a in table["action"]],
            kind=[scene.value(k) for k in table["kind"]],
            year=table["year"].astype(str),
            unit_id=table["unit_id"].astype(str).map(scene.unit_names()),
            **{name: table[f"{name}_{scene.language}"] for name in TEXTS},
        )
        names = titles(scene, shown, "subject_id")
        label = scene.say("layer_layout", year=year)
        yield Drawn(
            f"layout_{year}",
            label,
            "points",
            pack_points(table.geometry),
            styles,
            [there.index(a) for a in table["action"]],
            titles=[f"{n} {name}" for n, name in zip(table["order"], names, strict=True)],
            subtitles=subtitles(scene, shown, "subject_id", label),
            fields=fields(scene, shown, FIELDS),
            labels=labels(names, table.geometry, SITE_ZOOM, -table["order"], size=12, bold=True),
            marks=[str(n) for n in table["order"]],
        )

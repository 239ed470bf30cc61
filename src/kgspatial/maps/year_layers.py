"""What the year slider changes: classes of communities, units by gap, the tables of popups by year.

Imports from `drawn`, `packing`, `symbols`, `result_layers`, `flows`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.maps import symbols
from kgspatial.maps.drawn import (
    DIGITS,
    FIELD_KINDS,
    Drawn,
    Scene,
    Series,
    Style,
    fields,
    subtitles,
    titles,
)
from kgspatial.maps.flows import states_of
from kgspatial.maps.packing import pack_numbers
from kgspatial.maps.result_layers import gap_classes_of

if TYPE_CHECKING:
    from kgspatial.balance import Balance

UNIT_COLUMNS = ("children", "places", "unserved", "gap")
COLUMNS = {"communities": ("children", "unserved", "gap"), "units": UNIT_COLUMNS}
GAP_PLATE = "gap"
IDS = {"communities": "community_id", "units": "unit_id"}


def with_years(scene: Scene, layer: Drawn) -> Drawn:
    """Return a layer with its classes and popup tables of every year of the slider."""
    if not scene.years or layer.key not in COLUMNS:
        return layer
    tables = _tables(scene, layer.key)
    series = [_series(scene, tables, column) for column in COLUMNS[layer.key]]
    if layer.key != "communities":
        return replace(layer, series=series)
    before, after = _both(tables, gap_classes_of)
    return replace(layer, of_years=before, of_years_after=after, series=series)


Tables = list[tuple[pd.DataFrame, pd.DataFrame | None]]


def _tables(scene: Scene, key: str) -> Tables:
    """A layer's rows of every state in the order in which the layer is drawn."""
    ids = getattr(scene.balance, key)[IDS[key]]
    if key == "units":
        ids = _drawn_units(scene)["unit_id"]

    def rows(state: Balance) -> pd.DataFrame:
        return pd.DataFrame(getattr(state, key).set_index(IDS[key]).loc[ids].reset_index())

    return [(rows(now), None if later is None else rows(later)) for now, later in states_of(scene)]


def _drawn_units(scene: Scene) -> gpd.GeoDataFrame:
    table = scene.balance.units
    there = table.geometry.notna() & ~table.geometry.is_empty
    return gpd.GeoDataFrame(table[there].reset_index(drop=True))


def _both(
    tables: Tables, read: Callable[[pd.DataFrame], list[Any]]
) -> tuple[list[list[Any]], list[list[Any] | None] | None]:
    """What is read from the states before and after; None where no year has a state after."""
    after = [None if later is None else read(later) for _, later in tables]
    return [read(now) for now, _ in tables], after if any(after) else None


def _series(scene: Scene, tables: Tables, column: str) -> Series:
    kind = FIELD_KINDS.get(column, "count")
    before, after = _both(tables, lambda t: pack_numbers(t[column].to_numpy(float), DIGITS[kind]))
    return Series(scene.column(column), kind, before, after)


def unit_gap_layer(scene: Scene) -> Drawn | None:
    """Return the units by gap over children, in the same classes in all years.

    The whole map has them with several years only; the plate of gaps always.
    """
    if scene.study.units is None or not (scene.years or scene.plate == GAP_PLATE):
        return None
    units = _drawn_units(scene)
    if units.empty:
        return None
    return Drawn(
        "unit_gaps",
        scene.say("layer_unit_gaps"),
        "areas",
        {"same_as": "units"},
        _styles(scene.say("unit_gap_classes").split("|")),
        shown=False,
        titles=titles(scene, units, "unit_id"),
        subtitles=subtitles(scene, units, "unit_id", scene.value("unit")),
        **_unit_states(scene, units),
    )


def _unit_states(scene: Scene, units: gpd.GeoDataFrame) -> dict[str, Any]:
    """Classes and popups: of every year where there are several, else of the one."""
    tables = _tables(scene, "units")
    before, after = _both(tables, _unit_classes)
    if not scene.years:
        later = tables[0][1]
        rows = fields(
            scene, units, UNIT_COLUMNS, None if later is None else later[list(UNIT_COLUMNS)]
        )
        return {"of": before[0], "of_after": after and after[0], "fields": rows}
    now = [state.year for state in scene.years].index(scene.balance.year or 0)
    series = [_series(scene, tables, column) for column in UNIT_COLUMNS]
    years = {"of_years": before, "of_years_after": after}
    return {"of": before[now], "series": series, **years}


def _styles(labels: Sequence[str]) -> list[Style]:
    return [
        Style(label, fill=colour, line=symbols.BOUNDARY_COLOUR, width=1.0)
        for label, colour in zip(labels, symbols.UNIT_GAP_COLOURS, strict=True)
    ]


def _unit_classes(table: pd.DataFrame) -> list[int]:
    """Classes of gap over children; without children, a unit with places has a large surplus."""
    children, gap = (table[c].to_numpy(dtype=float) for c in ("children", "gap"))
    some = np.where(children > 0, children, 1.0)
    ratio = np.where(children > 0, gap / some, np.where(gap < 0, -1.0, 0.0))
    return [int(c) for c in np.searchsorted(symbols.UNIT_GAP_LIMITS, ratio, side="left")]

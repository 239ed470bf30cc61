"""The charts: the ladder of gaps by unit, and how far the places are used.

Imports from `figure_parts`, `plates` (names, kinds), `palette`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from kgspatial.report import palette
from kgspatial.report.figure_parts import Scene, blank_sheet, drawn_name, wrapped
from kgspatial.report.plates import footnote, kinds_of
from kgspatial.report.wording import latin_names, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS, FEWEST_BARS = 30, 8
STEPS = 10
NAME_COLUMNS = 24
_LEGEND_STYLE: Any = {"loc": "upper center", "ncols": 4, "frameon": False, "fontsize": 9}


def units_chart(scene: Scene) -> Figure | None:
    """Draw children without a place and vacant places of each unit side by side; None if no units.

    A unit can be short and have empty places at once, where these are out of reach: so both are
    shown, and the net gap as a mark.
    """
    if scene.study.units is None:
        return None
    units = scene.balance.units.sort_values(["gap", "unit_id"], ascending=[True, True])
    shown = _both_ends(units)
    title = scene.say("figure_units")
    if len(shown) < len(units):
        title = scene.say("figure_units_part", title=title, shown=len(shown), count=len(units))
    figure = blank_sheet(scene, title, footnote(scene))
    axes = figure.add_axes((0.21, 0.13, 0.75, 0.74))
    handles = _ladder(axes, scene, shown)
    keys = ("columns.vacant", "report.legend_net", "columns.unserved")
    labels = [scene.label(k) for k in keys]
    figure.legend(handles, labels, bbox_to_anchor=(0.585, 0.93), **_LEGEND_STYLE)
    return figure


def _both_ends(units: pd.DataFrame) -> pd.DataFrame:
    """Return all units, or those of the largest surplus and the largest shortage."""
    half = MOST_BARS // 2
    return units if len(units) <= MOST_BARS else pd.concat([units.head(half), units.tail(half)])


def _ladder(axes: Axes, scene: Scene, units: pd.DataFrame) -> list[Any]:
    """Draw the bars; return what the legend names: surplus, net gap, shortage."""
    rows = np.arange(len(units))
    height = 0.72
    short = axes.barh(rows, units["unserved"], height, color=palette.SHORT_COLOUR)
    surplus = axes.barh(rows, -units["vacant"], height, color=palette.SURPLUS_COLOUR)
    (net,) = axes.plot(units["gap"], rows, "D", ms=5.5, mfc=palette.NET_COLOUR, mec="white")
    spare = max(FEWEST_BARS - len(units), 0) / 2
    axes.set_ylim(-0.6 - spare, len(units) - 0.4 + spare)
    axes.axvline(0, color="black", lw=0.8)
    latin = latin_names(scene.study, "unit_id")
    special = {"outside": scene.label("values.outside")}
    names = [
        special.get(str(i)) or drawn_name(scene, n, latin.get(str(i), ""), i)
        for i, n in zip(units["unit_id"], units["name"], strict=True)
    ]
    axes.set_yticks(
        rows, [wrapped(n, NAME_COLUMNS) for n in names], size=9 if len(units) < 20 else 7.5
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say(value, "gap")))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(scene.say("axis_gap"))
    axes.grid(axis="x", color="#e0e0e0", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return [surplus, net, short]


def utilisation_chart(scene: Scene) -> Figure | None:
    """Draw how many kindergartens are how far used; None where none counts as supply.

    Left by the places that the allocation uses, right by the children enrolled, where known.
    """
    rows = scene.balance.kindergartens
    rows = rows[rows["counted"].astype(bool) & (rows["places"] > 0)]
    if rows.empty:
        return None
    figure = blank_sheet(scene, scene.say("figure_utilisation"), footnote(scene))
    register = rows[rows["enrolled"].notna()]
    both = len(register) > 0
    left = figure.add_axes((0.08, 0.16, 0.41 if both else 0.88, 0.68))
    _histogram(left, scene, rows, rows["utilisation"], scene.say("axis_utilisation"))
    if both:
        right = figure.add_axes((0.565, 0.16, 0.41, 0.68), sharey=left)
        ratio = register["enrolled"] / register["places"]
        _histogram(right, scene, register, ratio, scene.say("axis_enrolment", count=len(register)))
    figure.legend(*left.get_legend_handles_labels(), bbox_to_anchor=(0.52, 0.93), **_LEGEND_STYLE)
    return figure


def _histogram(axes: Axes, scene: Scene, rows: pd.DataFrame, ratio: pd.Series, label: str) -> None:
    """Stack the numbers of kindergartens by kind over tenths of use; what is over 100 % apart."""
    kinds = np.array(kinds_of(rows))
    exact = np.round(ratio.to_numpy(dtype=float), 9)
    tenths = np.clip(np.ceil(exact * STEPS).astype(int) - 1, 0, STEPS)
    bars = STEPS + bool((tenths == STEPS).any())
    below = np.zeros(bars)
    for kind, (colour, _) in palette.KIND_STYLES.items():
        counts = np.bincount(tenths[kinds == kind], minlength=bars)[:bars]
        if counts.any():
            axes.bar(
                (np.arange(bars) + 0.5) / STEPS, counts, 0.9 / STEPS, bottom=below, color=colour,
                label=scene.label(f"values.{kind}"),
            )  # fmt: skip
        below = below + counts
    axes.set_xlim(0, bars / STEPS)
    ticks = np.arange(0, STEPS + 1, 2) / STEPS
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    if bars > STEPS:
        axes.text(1 + 0.5 / STEPS, -0.02, "> 100%", ha="center", va="top", size=8,
                  transform=axes.get_xaxis_transform())  # fmt: skip
        axes.set_xticks(ticks[:-1])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(label, labelpad=8)
    axes.set_ylabel(scene.say("axis_kindergartens"))
    axes.grid(axis="y", color="#e0e0e0", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)

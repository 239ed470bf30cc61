"""The parts that plates share: the sheet, title, legend, scale bar, north arrow, labels.

Imports from `lettering`, `wording`. Works on matplotlib Figure objects; pyplot and
its global state are not used.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from kgspatial.report.lettering import Lettering
from kgspatial.report.wording import clean, text_width
from kgspatial.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    from kgspatial.balance import Balance
    from kgspatial.siting import SitePlan
    from kgspatial.study import Study

    LegendGroup = tuple[str, Sequence[Artist]]

WIDTH_IN, HEIGHT_IN = 8.6, 6.2
"""A little over the text's width of an A4 page, so that letters stay readable in the document."""
MAP_BOX = (0.025, 0.085, 0.705, 0.825)
PANEL_LEFT, PANEL_WIDTH = 0.75, 0.24
PANEL_COLUMNS = 28
"""Half-width characters that fit into a line of the panel."""
NOTE_COLUMNS = 150
NEVER_FIRST = "，。；：、）,.;:)"
"""Characters that may not begin a line."""
MARGIN = 0.04
EMPTY_EXTENT_M = 500.0
LEGEND_SIZES = (8.5, 8.0, 7.5, 7.0, 6.5)
LEGEND_FLOOR = MAP_BOX[1] + 0.13
"""Figure fraction above which the legend must end: the scale bar and north arrow lie below."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What every plate is drawn from."""

    study: Study
    balance: Balance
    sites: SitePlan | None
    lettering: Lettering

    def say(self, key: str, **values: object) -> str:
        """Return a phrase of the report in the figures' language."""
        return term(f"report.{key}", self.lettering.language, **values)

    def label(self, key: str) -> str:
        """Return any label of the table of terms in the figures' language."""
        return term(key, self.lettering.language)


def blank_sheet(scene: Scene, title: str, footnote: str) -> Figure:
    """Return a figure with its title on top and the source note at the bottom."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), facecolor="white")
    FigureCanvasAgg(figure)
    plan = scene.lettering.first(scene.study.settings.plan.name)
    heading = f"{plan} {title}" if plan else title
    figure.text(
        0.5,
        0.955,
        heading,
        ha="center",
        va="center",
        size=14,
        weight=scene.lettering.heading_weight,
    )
    figure.text(0.025, 0.012, wrapped(footnote, NOTE_COLUMNS), va="bottom", size=7, color="#595959")
    return figure


def wrapped(text: str, columns: int) -> str:
    """Break a text into lines; between any two characters where it is Chinese."""
    if text_width(text) == len(text):
        return "\n".join(textwrap.wrap(text, columns)) or text
    lines, line = [], ""
    for character in text:
        if text_width(line + character) > columns and character not in NEVER_FIRST:
            lines.append(line)
            line = ""
        line += character
    return "\n".join([*lines, line])


def map_axes(figure: Figure, bounds: Sequence[float]) -> Axes:
    """Add map axes whose scale is the same both ways and whose box is filled."""
    axes = figure.add_axes(MAP_BOX)
    west, south, east, north = bounds
    ratio = (MAP_BOX[3] * HEIGHT_IN) / (MAP_BOX[2] * WIDTH_IN)
    width = max(east - west, (north - south) / ratio, EMPTY_EXTENT_M) * (1 + 2 * MARGIN)
    x, y = (west + east) / 2, (south + north) / 2
    axes.set_xlim(x - width / 2, x + width / 2)
    axes.set_ylim(y - width * ratio / 2, y + width * ratio / 2)
    axes.set_autoscale_on(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#fbfaf7")
    return axes


def total_bounds(layers: Iterable[gpd.GeoDataFrame | gpd.GeoSeries | None]) -> tuple[float, ...]:
    """Return the bounds around all shapes of the layers."""
    boxes = [f.total_bounds for f in layers if f is not None and len(f)]
    stacked = np.array([b for b in boxes if np.isfinite(b).all()])
    low, high = stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)
    return (*low.tolist(), *high.tolist())


def add_scale_and_north(figure: Figure, axes: Axes, scene: Scene) -> None:
    """Draw the scale bar and north arrow into the panel, at the map's own scale."""
    west, east = axes.get_xlim()
    width = (east - west) / MAP_BOX[2] * PANEL_WIDTH
    panel = figure.add_axes((PANEL_LEFT, MAP_BOX[1], PANEL_WIDTH, 0.12))
    panel.set_xlim(0, width)
    panel.set_ylim(0, 1)
    panel.axis("off")
    length = nice_length(0.72 * width)
    for part, colour in enumerate(("black", "white")):
        panel.add_patch(
            Rectangle(
                (part * length / 2, 0.12), length / 2, 0.1, facecolor=colour, edgecolor="black"
            )
        )
    for part, metres in enumerate((0.0, length / 2, length)):
        align = ("left", "center", "center")[part]
        panel.text(metres, 0.28, distance_text(metres, length, last=part == 2), ha=align, size=7)
    panel.annotate(
        "",
        xy=(0.92 * width, 0.75),
        xytext=(0.92 * width, 0.12),
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.4},
    )
    panel.text(0.92 * width, 0.8, scene.say("north"), ha="center", size=9)


def nice_length(limit_m: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten that fits."""
    power = 10.0 ** math.floor(math.log10(limit_m))
    return max(step * power for step in (1, 2, 5) if step * power <= limit_m)


def distance_text(metres: float, length: float, *, last: bool) -> str:
    """Return a number of a scale bar of that length; the last one carries the unit."""
    number, unit = (metres / 1000, "km") if length >= 1000 else (metres, "m")
    return f"{number:g} {unit}" if last else f"{number:g}"


def add_legends(
    figure: Figure,
    groups: Sequence[LegendGroup],
    scene: Scene,
    shorter: Sequence[Sequence[LegendGroup]] = (),
) -> None:
    """Stack the legend in the panel, in the largest letters that leave room for the scale bar.

    Where even the smallest leave none, the `shorter` legends are tried, one after the other.
    """
    top = MAP_BOX[1] + MAP_BOX[3]
    figure.text(PANEL_LEFT, top, scene.say("legend"), size=12, va="top")
    tries = [(said, size) for said in (groups, *shorter) for size in LEGEND_SIZES]
    for number, (said, size) in enumerate(tries, start=1):
        drawn = _stacked(figure, said, top - 0.035, size, scene.lettering.heading_weight)
        lowest = min(_bottom(figure, legend) for legend in drawn)
        if lowest > LEGEND_FLOOR or number == len(tries):
            return
        for legend in drawn:
            legend.remove()


def _stacked(
    figure: Figure, groups: Sequence[LegendGroup], top: float, size: float, weight: str
) -> list[Legend]:
    drawn = []
    for heading, handles in groups:
        legend = figure.legend(
            handles,
            [wrapped(str(h.get_label()), PANEL_COLUMNS) for h in handles],
            title=wrapped(heading, PANEL_COLUMNS) if heading else None,
            loc="upper left",
            bbox_to_anchor=(PANEL_LEFT, top),
            frameon=False,
            fontsize=size,
            title_fontsize=size + 0.5,
            alignment="left",
            borderaxespad=0.0,
            borderpad=0.0,
            handlelength=1.6 if any(h.get_visible() for h in handles) else 0.0,
            handletextpad=0.6 if any(h.get_visible() for h in handles) else 0.0,
            labelspacing=0.5,
        )
        legend.get_title().set_fontweight(weight)
        drawn.append(legend)
        top = _bottom(figure, legend) - 0.016
    return drawn


def _bottom(figure: Figure, legend: Legend) -> float:
    box = legend.get_window_extent().transformed(figure.transFigure.inverted())
    return float(box.y0)


def place_labels(
    axes: Axes,
    labels: Sequence[tuple[float, float, str]],
    *,
    size: float,
    colour: str = "#333333",
    offsets: Sequence[tuple[float, float]] = ((0.0, 0.0),),
    taken: Sequence[Bbox] = (),
) -> list[Bbox]:
    """Write labels, most important first, each at the first offset (in points) that is free.

    A label that finds no room is left out: the tables hold all of them.
    """
    occupied = list(taken)
    for x, y, text in labels:
        for offset in offsets:
            written = _written(axes, (x, y), text, offset, size, colour)
            box = written.get_window_extent().padded(2.0)
            if _inside(box, axes) and not any(box.overlaps(other) for other in occupied):
                occupied.append(box)
                break
            written.remove()
    return occupied


def _inside(box: Bbox, axes: Axes) -> bool:
    frame = axes.get_window_extent()
    return bool(
        box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1
    )


def _written(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    offset: tuple[float, float],
    size: float,
    colour: str,
) -> Text:
    return axes.annotate(
        text,
        at,
        xytext=offset,
        textcoords="offset points",
        ha="center",
        va="center",
        size=size,
        color=colour,
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
        zorder=9,
    )


def legend_mark(label: str, marker: str, colour: str, size: float, edge: str = "white") -> Line2D:
    """Return a legend's entry for a marker."""
    return Line2D([], [], ls="", marker=marker, mfc=colour, mec=edge, ms=size, label=label)


def drawn_name(scene: Scene, own: object, latin: str, identity: object) -> str:
    """Return the name that the figure's language wants and its fonts can write."""
    wanted = (clean(own), latin) if scene.lettering.language == "zh" else (latin, clean(own))
    return scene.lettering.first(*wanted, clean(identity))

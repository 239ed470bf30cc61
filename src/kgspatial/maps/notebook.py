"""What a notebook shows of a map: its page in a sandboxed frame, or a picture where that is too large.

Imports from `symbols`, `drawn`.
"""

from __future__ import annotations

import base64
import html
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kgspatial.maps import symbols

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from kgspatial.balance import Balance
    from kgspatial.maps.drawn import Scene

MOST_BYTES = 5_000_000
"""A larger output makes notebooks slow to open, and some editors refuse it."""

ALLOWED = "allow-scripts allow-modals allow-downloads allow-popups"
"""Enough for the map, its print view and its tables; the notebook itself is out of its reach."""

FRAME = "width:100%;aspect-ratio:16/10;min-height:420px;border:1px solid #cfcbc2"
MARKS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D"}


def framed(page: str, title: str) -> str:
    """Return a frame that holds a page and keeps it away from the notebook around it."""
    name, inside = html.escape(title), html.escape(page)
    return (
        f'<iframe title="{name}" sandbox="{ALLOWED}" allow="fullscreen" style="{FRAME}" '
        f'srcdoc="{inside}"></iframe>'
    )


def pictured(png: bytes, title: str, note: str) -> str:
    """Return a picture with what is to be said about it."""
    image = base64.b64encode(png).decode("ascii")
    name, said = html.escape(title), html.escape(note)
    return (
        f'<figure style="margin:0"><img alt="{name}" style="max-width:100%" '
        f'src="data:image/png;base64,{image}"><figcaption>{name}<br>{said}</figcaption></figure>'
    )


def saved(page: str) -> Path:
    """Write a page to a file of its own among the temporary ones, and return its path."""
    handle, name = tempfile.mkstemp(prefix="kgspatial-map-", suffix=".html")
    with os.fdopen(handle, "wb") as file:
        file.write(page.encode("utf-8"))
    return Path(name)


def picture_of(scene: Scene) -> bytes:
    """Return a PNG of communities by their gap, units, kindergartens and proposed sites."""
    figure = Figure(figsize=(9, 5.6), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    balance = scene.balance
    _fill(axes, balance)
    there = balance.units.geometry.notna() & ~balance.units.geometry.is_empty
    if there.any():
        balance.units[there].boundary.plot(ax=axes, color=symbols.OUTLINE_COLOUR, linewidth=0.8)
    _gardens(axes, balance)
    if scene.sites is not None and len(scene.sites.sites):
        _points(axes, scene.sites.sites, symbols.ACTION_SYMBOLS["build"].fill, "*", 90)
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return target.getvalue()


def _fill(axes: Axes, balance: Balance) -> None:
    table = balance.communities
    if table.empty:
        return
    columns = (table[c].to_numpy(dtype=float) for c in ("unserved", "unreached", "children"))
    ramp = np.array([*symbols.GAP_COLOURS, symbols.UNREACHED_COLOUR], dtype=object)
    table.plot(ax=axes, color=ramp[symbols.gap_classes(*columns)], edgecolor="#7d7d7d", lw=0.2)


def _gardens(axes: Axes, balance: Balance) -> None:
    kinds = balance.kindergartens["kind"].where(
        balance.kindergartens["kind"].isin(symbols.KIND_SYMBOLS), "unknown_kind"
    )
    for kind, symbol in symbols.KIND_SYMBOLS.items():
        of_kind = balance.kindergartens[kinds == kind]
        _points(axes, of_kind, symbol.fill, MARKS[symbol.shape], 14)


def _points(axes: Axes, table: gpd.GeoDataFrame, colour: str, mark: str, size: float) -> None:
    if len(table):
        at = table.geometry.representative_point()
        axes.scatter(
            *(at.x, at.y),
            s=size,
            c=colour,
            marker=mark,
            edgecolors="#ffffff",
            linewidths=0.4,
            zorder=5,
        )

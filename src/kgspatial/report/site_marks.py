"""The proposed sites on a plate: marks, lines of their catchments, and the list in the legend.

Imports from `maps`, `figure_parts`, `palette`, `wording`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from kgspatial.maps import symbols
from kgspatial.maps.reach_lines import reach_lines
from kgspatial.report import palette
from kgspatial.report.figure_parts import Scene, drawn_name, legend_mark, place_labels
from kgspatial.report.wording import latin_names, say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from kgspatial.report.figure_parts import LegendGroup
    from kgspatial.siting import SitePlan

LISTED_SITES = (12, 8, 5, 3, 2, 1)
"""Names in the legend at most: the first number that leaves room for the rest of it."""
AROUND = [(0, 11), (11, 6), (-11, 6), (11, -6), (-11, -6), (0, -11), (17, 0), (-17, 0)]


def site_areas(plan: SitePlan) -> gpd.GeoDataFrame:
    """Return the catchments of the proposed sites, as the walks were measured."""
    after = plan.after.catchments
    return after[after["kindergarten_id"].isin(plan.sites["site_id"])]


def draw_sites(axes: Axes, sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    """Draw the proposed sites with the lines of their catchments."""
    x, y = sites.geometry.x.to_numpy(dtype=float), sites.geometry.y.to_numpy(dtype=float)
    actions = sites["action"].astype(str).to_numpy()
    lines = reach_lines(areas.set_index("kindergarten_id")).reindex(sites["site_id"])
    for action, (colour, marker) in palette.ACTION_STYLES.items():
        own = actions == action
        parts = shapely.get_parts(lines[own].to_numpy())
        edges = [shapely.get_coordinates(p) for p in parts]
        axes.add_collection(
            LineCollection(edges, colors=colour, linestyles="--", linewidths=1.2, zorder=5)
        )
        axes.scatter(
            x[own],
            y[own],
            s=190,
            c=colour,
            marker=marker,
            edgecolors="black",
            linewidths=0.8,
            zorder=8,
        )
    labels = list(zip(x.tolist(), y.tolist(), sites["order"].astype(str), strict=True))
    place_labels(axes, labels, size=11, colour="black", offsets=AROUND)


def site_groups(
    scene: Scene, plan: SitePlan, areas: gpd.GeoDataFrame, listed: int
) -> list[LegendGroup]:
    """Return the legend of sites: actions, catchment and excluded candidates, then the list."""
    actions = [
        legend_mark(scene.label(f"values.{action}"), marker, colour, 11, edge="black")
        for action, (colour, marker) in palette.ACTION_STYLES.items()
        if (plan.sites["action"] == action).any()
    ]
    method, radius = areas["method"].iloc[0], float(areas["radius_m"].iloc[0])
    reach = scene.say(f"legend_{method}", radius=say(radius))
    actions.append(Line2D([], [], ls="--", color="#555555", lw=1.2, label=reach))
    if len(plan.excluded):
        actions.append(
            legend_mark(scene.say("legend_excluded"), "X", symbols.EXCLUDED_SYMBOL.fill, 8)
        )
    return [(scene.say("legend_sites"), actions), ("", _site_list(scene, plan.sites, listed))]


def _site_list(scene: Scene, sites: gpd.GeoDataFrame, listed: int) -> list[Artist]:
    latin = latin_names(scene.study, "site_id")
    texts = []
    for row in sites.head(listed).itertuples():
        name = drawn_name(scene, row.name, latin.get(str(row.site_id), ""), row.site_id)
        values = {"order": row.order, "name": name, "classes": say(row.classes)}
        texts.append(scene.say("legend_site", **values))
    if len(sites) > listed:
        texts.append(scene.say("legend_more", count=len(sites) - listed))
    return [Line2D([], [], ls="", visible=False, label=t) for t in texts]

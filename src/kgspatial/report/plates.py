"""The maps: where children live, where places are short, and the layout that is proposed.

Imports from `maps.symbols`, `figure_parts`, `palette`, `wording`. Each function returns one finished Figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from pyproj import Transformer

from kgspatial.maps import symbols
from kgspatial.report import palette
from kgspatial.report.figure_parts import (
    Scene,
    add_legends,
    add_scale_and_north,
    blank_sheet,
    drawn_name,
    legend_mark,
    map_axes,
    place_labels,
    total_bounds,
)
from kgspatial.report.site_marks import LISTED_SITES, draw_sites, site_areas, site_groups
from kgspatial.report.wording import clean, is_missing, latin_names

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from kgspatial.balance import Balance
    from kgspatial.layers import Grid
    from kgspatial.report.figure_parts import LegendGroup

    Floats = NDArray[np.float64]

MANY_POLYGONS = 3000
MOST_LABELLED = 60
"""Units beyond this number stay without names, which would hide the map."""
BARRIER_WIDTH = 1.4
POINT_COLOUR = "#5a5a5a"
"""Of children where no area is known for them, hence no density."""


def demand_plate(scene: Scene) -> Figure:
    """Map children per hectare with the kindergartens, and children without a known area."""
    figure, axes = _map(scene, "figure_demand")
    areas, points = _areas_and_points(scene, scene.balance)
    per_hectare = areas["children"].to_numpy(dtype=float) / np.maximum(
        areas.area.to_numpy() / 1e4, 1e-9
    )
    limits = _density_limits(per_hectare, areas["children"].to_numpy(dtype=float))
    colours = np.array(symbols.DEMAND_COLOURS, dtype=object)[np.searchsorted(limits, per_hectare)]
    colours[areas["children"] <= 0] = palette.NOBODY_COLOUR
    _fill(axes, areas, colours)
    sizes = _dots(axes, points, POINT_COLOUR)
    _boundaries(axes, scene, label=True)
    _kindergartens(axes, scene.balance)
    names = [*(f"≤ {u:g}" for u in limits), f"> {limits[-1]:g}" if len(limits) else "> 0"]
    ramp = [_patch(symbols.DEMAND_COLOURS[i], n) for i, n in enumerate(names)]
    groups = [(scene.say("legend_density"), ramp), *_dot_groups(scene, sizes)]
    add_legends(figure, [*groups, *_kind_groups(scene), *_ground_groups(scene)], scene)
    return figure


def gap_plate(scene: Scene) -> Figure:
    """Map children without a place, with the kindergartens by kind."""
    figure, axes = _map(scene, "figure_gaps")
    _gaps(axes, scene, scene.balance)
    _boundaries(axes, scene, label=True)
    _kindergartens(axes, scene.balance)
    groups = [_gap_group(scene, "legend_gap"), *_kind_groups(scene), *_ground_groups(scene)]
    add_legends(figure, groups, scene)
    return figure


def layout_plate(scene: Scene) -> Figure | None:
    """Map the proposed kindergartens with what stays short after them; None without sites."""
    plan = scene.sites
    if plan is None or plan.sites.empty:
        return None
    areas = site_areas(plan)
    figure, axes = _map(scene, "figure_layout", extra=areas.geometry)
    _gaps(axes, scene, plan.after)
    _boundaries(axes, scene, label=False)
    _kindergartens(axes, plan.before)
    _excluded(axes, plan.excluded)
    draw_sites(axes, plan.sites, areas)
    rest = [_gap_group(scene, "legend_gap_after"), *_kind_groups(scene), *_ground_groups(scene)]
    longest, *shorter = (
        [*site_groups(scene, plan, areas, listed), *rest] for listed in LISTED_SITES
    )
    add_legends(figure, longest, scene, shorter)
    return figure


def _map(scene: Scene, key: str, extra: gpd.GeoSeries | None = None) -> tuple[Figure, Axes]:
    figure = blank_sheet(scene, scene.say(key), footnote(scene))
    balance = scene.balance
    areas = balance.units[balance.units.geometry.notna()] if scene.study.units is not None else None
    layers = [balance.communities, balance.demand, balance.kindergartens, areas, extra]
    axes = map_axes(figure, total_bounds(layers))
    add_scale_and_north(figure, axes, scene)
    _streets(axes, scene.study.streets)
    return figure, axes


def footnote(scene: Scene) -> str:
    """Return the line under a figure: source, year, CRS, walking limit."""
    given = scene.lettering.first(scene.study.settings.plan.source_note)
    files = [clean(p).replace("\\", "/").rsplit("/", 1)[-1] for p in scene.study.inputs["path"]]
    files = [f for f in files if scene.lettering.can_write(f)]
    source = given or scene.say("list_separator").join(files) or scene.say("in_memory")
    year = scene.balance.year
    return scene.say(
        "figure_note",
        source=source,
        year=scene.say("year_unknown") if year is None else year,
        crs=scene.study.crs.name,
        limit=f"{scene.study.settings.travel.limit_m:,.0f}",
    )


def _streets(axes: Axes, streets: gpd.GeoDataFrame | None) -> None:
    if streets is None or streets.empty:
        return
    cut = _is_barrier(streets)
    for rows, colour, width in (
        (streets[~cut], symbols.STREET_COLOUR, 0.5),
        (streets[cut], symbols.BARRIER_COLOUR, BARRIER_WIDTH),
    ):
        parts = shapely.get_parts(rows.geometry.to_numpy())
        lines = [shapely.get_coordinates(p) for p in parts]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, zorder=1.5))


def _is_barrier(streets: gpd.GeoDataFrame) -> pd.Series:
    """Which rows of the layer cut walks instead of carrying them."""
    return streets["barrier"].notna() if "barrier" in streets else pd.Series(False, streets.index)


def _ground_groups(scene: Scene) -> list[LegendGroup]:
    """Return the legend of barriers on foot; none without any."""
    streets = scene.study.streets
    if streets is None or not _is_barrier(streets).any():
        return []
    label = scene.label("map.layer_barriers")
    line = Line2D([], [], color=symbols.BARRIER_COLOUR, lw=BARRIER_WIDTH, label=label)
    return [("", [line])]


def _boundaries(axes: Axes, scene: Scene, *, label: bool) -> None:
    """Draw the units' boundaries; names where there is room, most children first, unless many."""
    if scene.study.units is None:
        return
    units = scene.balance.units[scene.balance.units.geometry.notna()]
    edges = units.geometry.boundary
    few = len(units) <= MOST_LABELLED
    _plot(edges, axes, color=symbols.BOUNDARY_COLOUR, linewidth=0.9 if few else 0.4, zorder=4)
    if not (label and few):
        return
    latin = latin_names(scene.study, "unit_id")
    ordered = units.sort_values(["children", "unit_id"], ascending=[False, True])
    points = ordered.geometry.representative_point()
    names = [
        drawn_name(scene, row.name, latin.get(str(row.unit_id), ""), row.unit_id)
        for row in ordered[["name", "unit_id"]].itertuples(index=False)
    ]
    place_labels(axes, list(zip(points.x, points.y, names, strict=True)), size=8.5)


def _fill(axes: Axes, areas: gpd.GeoDataFrame, colours: NDArray[np.object_]) -> None:
    """Fill the areas; grid cells without lines of their own, polygons with thin ones."""
    cell = (areas["source"] == "cell").to_numpy()
    thin = 0.35 if len(areas) < MANY_POLYGONS else 0.05
    for rows, edge, width in ((cell, None, 0.1), (~cell, symbols.COMMUNITY_EDGE, thin)):
        if rows.any():
            fill = list(colours[rows])
            style = {"color": fill, "edgecolor": edge or fill, "linewidth": width}
            _plot(
                gpd.GeoSeries(areas.geometry[rows]),
                axes,
                zorder=1 if edge is None else 1.2,
                **style,
            )


def _plot(shapes: gpd.GeoSeries, axes: Axes, **style: Any) -> None:
    """Draw without what geopandas would do to the axes: their aspect and its English labels."""
    shapes.plot(ax=axes, aspect=None, **style)
    axes.set(xlabel="", ylabel="")


def _areas_and_points(scene: Scene, balance: Balance) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return demand by the polygon or grid cell behind each point, and the points without one."""
    demand = balance.demand
    shapes = pd.Series(None, index=demand.index, dtype=object)
    for source, layer, key in (
        ("community", balance.communities, "community_id"),
        ("unit", balance.units, "unit_id"),
        ("village", scene.study.villages, "village_id"),
    ):
        rows = demand["source"] == source
        if rows.any() and layer is not None:
            ids = layer[key].map("village-{}".format) if source == "village" else layer[key]
            known = pd.Series(np.asarray(layer.geometry.array), index=ids)
            wanted = demand.loc[rows, "demand_id" if source == "village" else key]
            shapes[rows] = known.reindex(wanted).to_numpy()
    cells = demand["source"] == "cell"
    if cells.any() and scene.study.population is not None:
        shapes[cells] = _cell_squares(scene, scene.study.population.grid, demand[cells])
    shaped = gpd.GeoSeries(shapes, crs=scene.study.crs)
    known = shaped.geom_type.isin(["Polygon", "MultiPolygon"])
    return demand.set_geometry(shaped)[known], demand[~known]


def _dots(axes: Axes, points: gpd.GeoDataFrame, colours: str | list[str]) -> Floats:
    """Draw children at points, sized by their number; return the sizes in square points."""
    sizes = symbols.place_sizes(points["children"].to_numpy(dtype=float), symbols.CHILD_STEPS)
    if len(points):
        x, y, edge = points.geometry.x, points.geometry.y, symbols.COMMUNITY_EDGE
        axes.scatter(x, y, s=sizes, c=colours, edgecolors=edge, linewidths=0.5, zorder=3)
    return sizes


def _dot_groups(scene: Scene, sizes: Floats) -> list[LegendGroup]:
    """Return the legend of children at points; none without such points."""
    marks: list[Artist] = [
        legend_mark(label, "o", POINT_COLOUR, float(np.sqrt(size)), edge=symbols.COMMUNITY_EDGE)
        for size in np.unique(sizes)
        for label in [symbols.place_label(size, symbols.CHILD_STEPS)]
    ]
    return [(scene.label("columns.children"), marks)] if marks else []


def _cell_squares(scene: Scene, grid: Grid, cells: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the grid cells as polygons in the study's CRS."""
    x, y = grid.centres(cells["cell_number"].to_numpy(dtype=np.int64))
    half_x, half_y = abs(grid.transform.a) / 2, abs(grid.transform.e) / 2
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    rings = np.stack(
        [np.stack([x + i * half_x, y + j * half_y], axis=-1) for i, j in corners], axis=1
    )
    move = Transformer.from_crs(grid.crs, scene.study.crs, always_xy=True)
    moved = np.stack(move.transform(rings[..., 0], rings[..., 1]), axis=-1)
    return np.asarray(shapely.polygons(moved))


def _density_limits(per_hectare: Floats, children: Floats) -> Floats:
    """Return four class limits, two digits each: about a fifth of all children live in each class."""
    order = np.argsort(per_hectare)
    share = np.cumsum(children[order])
    if not len(share) or share[-1] <= 0:
        return np.array([])
    places = np.searchsorted(share, share[-1] * np.array([0.2, 0.4, 0.6, 0.8]))
    quintiles = per_hectare[order][places]
    return np.unique([float(f"{q:.1g}") if q < 1 else float(f"{q:.2g}") for q in quintiles])


def _gaps(axes: Axes, scene: Scene, balance: Balance) -> None:
    areas, points = _areas_and_points(scene, balance)
    _fill(axes, areas, _gap_colours(areas))
    _dots(axes, points, list(_gap_colours(points)))


def _gap_colours(demand: gpd.GeoDataFrame) -> NDArray[np.object_]:
    values = [demand[c].to_numpy(dtype=float) for c in ("unserved", "unreached", "children")]
    colours = np.array([*symbols.GAP_COLOURS, symbols.UNREACHED_COLOUR], dtype=object)
    return np.asarray(colours[symbols.gap_classes(*values)])


def _patch(colour: str, label: str) -> Patch:
    return Patch(fc=colour, ec="#999999", lw=0.6, label=label)


def _gap_group(scene: Scene, heading: str) -> LegendGroup:
    colours = zip(symbols.GAP_COLOURS, symbols.gap_labels(), strict=True)
    patches = [_patch(colour, label) for colour, label in colours]
    alone = _patch(symbols.UNREACHED_COLOUR, scene.say("legend_unreached"))
    return scene.say(heading), [*patches, alone]


def kinds_of(kindergartens: pd.DataFrame) -> list[str]:
    """Return the kind of each row, with a word for the missing one."""
    return ["unknown_kind" if is_missing(k) else str(k) for k in kindergartens["kind"]]


def _kindergartens(axes: Axes, balance: Balance) -> None:
    """Draw the kindergartens that count as supply, by kind and size."""
    rows = balance.kindergartens[balance.kindergartens["counted"].astype(bool)]
    kinds = np.array(kinds_of(rows))
    sizes = symbols.place_sizes(rows["places"].to_numpy(dtype=float)) * _crowding(rows)
    for kind, (colour, marker) in palette.KIND_STYLES.items():
        own = kinds == kind
        axes.scatter(
            rows.geometry.x[own],
            rows.geometry.y[own],
            s=sizes[own],
            c=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.6,
            zorder=6,
        )


def _crowding(kindergartens: pd.DataFrame) -> float:
    """Return by how much symbols shrink where there are many."""
    return 1.0 if len(kindergartens) <= symbols.MANY_KINDERGARTENS else 0.35


def _kind_groups(scene: Scene) -> list[LegendGroup]:
    """Return the legend of kindergartens: their kinds, and their sizes where these differ."""
    rows = scene.balance.kindergartens
    rows = rows[rows["counted"].astype(bool)]
    there = set(kinds_of(rows))
    kinds = [
        legend_mark(scene.label(f"values.{kind}"), marker, colour, 8)
        for kind, (colour, marker) in palette.KIND_STYLES.items()
        if kind in there
    ]
    used = set(symbols.place_sizes(rows["places"].to_numpy(dtype=float)))
    scale = _crowding(rows)
    sizes = [
        legend_mark(symbols.place_label(size), "o", "#9a9a9a", float(np.sqrt(size * scale)))
        for _, size in symbols.PLACE_STEPS
        if size in used
    ]
    groups: list[LegendGroup] = [(scene.say("legend_kindergartens"), kinds)]
    return [*groups, (scene.say("legend_places"), sizes)] if len(sizes) > 1 else groups


def _excluded(axes: Axes, excluded: gpd.GeoDataFrame) -> None:
    if len(excluded):
        points = excluded.geometry.representative_point()
        axes.scatter(
            points.x,
            points.y,
            s=55,
            marker="X",
            c=symbols.EXCLUDED_SYMBOL.fill,
            edgecolors="white",
            linewidths=0.7,
            zorder=5,
        )

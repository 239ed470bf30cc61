"""Draws the pictures of the documentation from the sample district: ``python docs/make_pictures.py``."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import shapely
from matplotlib.axes import Axes

import kgspatial as kg
from kgspatial.access import GaussianToLimit, nearest, two_step
from kgspatial.supply import kindergarten_supply
from kgspatial.travel import catchments, entrances_of, street_reach

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
SAMPLE = HERE.parent / "data" / "sample" / "plan.toml"
LIMIT_M, DETOUR = 800.0, 1.3

WATER, STREET, CATCHMENT, SCHOOL = "#6baed6", "#9a9a9a", "#2171b5", "#b2182b"


def ground(axes: Axes, study: kg.Study, title: str, at: tuple[float, float], half_m: float) -> None:
    """Streets and river around a place."""
    streets = study.streets
    barrier = streets["barrier"].notna()
    streets[~barrier].plot(ax=axes, color=STREET, linewidth=0.6, zorder=2)
    streets[barrier].plot(ax=axes, color=WATER, linewidth=3, zorder=2)
    axes.set(xlim=(at[0] - half_m, at[0] + half_m), ylim=(at[1] - half_m, at[1] + half_m))
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    x, y = at[0] - half_m * 0.93, at[1] - half_m * 0.93
    axes.plot([x, x + 500], [y, y], color="black", linewidth=2, zorder=9)
    axes.text(x + 250, y + half_m * 0.02, "500 m", ha="center", va="bottom", fontsize=9, zorder=9)


def straight_against_street(study: kg.Study, demand: kg.Demand) -> plt.Figure:
    """Two kindergartens by the river: circles, and what a walk along streets reaches."""
    gardens = kindergarten_supply(study, year=2025)
    by_river = beside_river(study, gardens)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.6), layout="constrained")
    at = by_river.geometry.union_all().centroid
    for axes, method, title in (
        (left, "straight", f"straight line x {DETOUR:g}, {LIMIT_M:.0f} m"),
        (right, "street", f"along streets, {LIMIT_M:.0f} m"),
    ):
        travel = kg.measure_travel(study, demand, method=method, limit_m=LIMIT_M, detour=DETOUR)
        shape = "radius" if method == "straight" else "street"
        found = catchments(demand.points, gardens, travel, method=shape, detour=DETOUR)
        ids = by_river["kindergarten_id"]
        own = found.areas[found.areas["kindergarten_id"].isin(ids)]
        ground(axes, study, title, (at.x, at.y), 1150)
        own.plot(ax=axes, color=CATCHMENT, alpha=0.25, zorder=1)
        own.boundary.plot(ax=axes, color=CATCHMENT, linewidth=1, zorder=3)
        columns = np.flatnonzero(np.isin(travel.destination_ids, ids))
        reached = travel.to_destinations(columns).reached
        inside = demand.points[reached]
        inside.plot(ax=axes, color=CATCHMENT, markersize=inside["children"] * 3 + 2, zorder=4)
        by_river.plot(ax=axes, color=SCHOOL, marker="^", markersize=90, zorder=5)
        total = inside["children"].sum()
        axes.set_xlabel(f"{total:,.0f} children within reach of the two (dots: where they live)")
    return figure


def beside_river(study: kg.Study, gardens: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Of the pairs of kindergartens that face each other over the water, the nearest."""
    river = study.streets.geometry[study.streets["barrier"].notna()].union_all()
    near = gardens[gardens.distance(river) < 700]
    best = (np.inf, 0, 0)
    for i, a in enumerate(near.geometry):
        for j, b in enumerate(near.geometry):
            if i < j and shapely.LineString([a, b]).crosses(river):
                best = min(best, (a.distance(b), i, j))
    return near.iloc[[best[1], best[2]]]


def river_and_bridges(study: kg.Study) -> plt.Figure:
    """What one kindergarten reaches with the bridges, and without them."""
    gardens = kindergarten_supply(study, year=2025)
    bridges = study.streets["bridge"].fillna(False).astype(bool)
    middle = study.streets[bridges].geometry.union_all()
    garden = gardens.iloc[[int(np.argmin(gardens.distance(middle)))]]
    figure, panels = plt.subplots(1, 2, figsize=(11, 5.6), layout="constrained")
    for axes, streets, title in (
        (panels[0], study.streets, "with its bridges"),
        (panels[1], study.streets[~bridges], "the same streets without bridges"),
    ):
        network = kg.travel.street_network(streets)
        starts = entrances_of(network, garden, snap_m=200)
        reach = street_reach(network, starts, limits=[500, 1000, 1500])
        ground(axes, study, title, (garden.geometry.x.iloc[0], garden.geometry.y.iloc[0]), 1500)
        for limit, colour, width in (
            (1500, "#c6dbef", 6),
            (1000, "#6baed6", 4),
            (500, "#08519c", 3),
        ):
            reach[reach["limit_m"] == limit].plot(ax=axes, color=colour, linewidth=width, zorder=3)
        garden.plot(ax=axes, color=SCHOOL, marker="^", markersize=90, zorder=5)
        km = reach.length[reach["limit_m"] == 1500].sum() / 1000
        axes.set_xlabel(
            f"{km:.1f} km of street within a walk of 1,500 m (dark: 500 m, middle: 1,000 m)"
        )
    return figure


def two_measures(study: kg.Study, demand: kg.Demand) -> plt.Figure:
    """Distance to the nearest kindergarten, and places per 100 children within reach."""
    gardens = kindergarten_supply(study, year=2025)
    travel = kg.measure_travel(study, demand, method="street", limit_m=1500)
    homes = study.communities.set_index("community_id")
    own = demand.points["source"].eq("community").to_numpy()
    metres = nearest(travel)[own]
    ratio = two_step(
        travel, demand.points["children"], gardens["places"], decay=GaussianToLimit(1500)
    )[own]
    ids = demand.points.loc[own, "community_id"]
    figure, panels = plt.subplots(1, 2, figsize=(11, 5.4), layout="constrained")
    at = homes.geometry.union_all().centroid
    for axes, values, title, colours, label in (
        (panels[0], metres, "how far is the nearest?", "viridis_r", "metres along streets"),
        (
            panels[1],
            ratio,
            "how many places per child?",
            "RdYlGn",
            "places per 100 children (Gaussian 2SFCA)",
        ),
    ):
        ground(axes, study, title, (at.x, at.y), 3600)
        top = 1500 if axes is panels[0] else 150
        table = homes.loc[ids].assign(value=values)
        table.plot(
            ax=axes, column="value", cmap=colours, vmin=0, vmax=top, zorder=3, legend=True,
            legend_kwds={"label": label, "orientation": "horizontal", "shrink": 0.7,
                         "extend": "max" if axes is panels[1] else "neither"},
            missing_kwds={"color": "#dddddd"},
        )  # fmt: skip
        gardens.plot(ax=axes, color=SCHOOL, marker="^", markersize=16, zorder=5)
        axes.set_xlabel("grey: none within 1,500 m" if axes is panels[0] else "")
    return figure


def main() -> None:
    """Draw all pictures."""
    mpl.use("Agg")
    plt.rcParams["font.family"] = "DejaVu Sans"
    study = kg.read_study(SAMPLE)
    demand = kg.estimate_demand(study)
    PICTURES.mkdir(exist_ok=True)
    for name, figure in (
        ("straight_against_street", straight_against_street(study, demand)),
        ("river_and_bridges", river_and_bridges(study)),
        ("two_measures", two_measures(study, demand)),
    ):
        for axes in figure.axes:
            axes.set_ylabel("")
        figure.savefig(PICTURES / f"{name}.png", dpi=80)
        plt.close(figure)


if __name__ == "__main__":
    main()

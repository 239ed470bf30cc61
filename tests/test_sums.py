"""Sums agree at all levels, on the sample and on a real place."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from tainan import DATA as TAINAN
from tainan import write_plan

import kgspatial as kg
from kgspatial.balance import (
    Balance,
    gaps_by_area,
    gaps_by_catchment,
    gaps_by_kind,
    gaps_by_kindergarten,
    gaps_over_years,
    indicators_by_level,
)
from kgspatial.study import Study

SAMPLE = Path(__file__).parents[1] / "data" / "sample"

CHILDREN = ("children", "served", "unserved", "unreached")
SUPPLY = ("places", "vacant")
KINDS = ("public", "inclusive", "private", "unknown")


class Place(NamedTuple):
    """A study, its balance, and two levels of areas: small ones, each with the large one it is of."""

    study: Study
    balance: Balance
    small: gpd.GeoDataFrame
    large: gpd.GeoDataFrame


def balance_of(study: Study) -> Balance:
    demand = kg.estimate_demand(study, year=2025)
    return kg.assess_balance(study, demand, kg.measure_travel(study, demand))


def sample() -> Place:
    """The towns of the sample as large areas, and as small ones each of them cut in two."""
    study = kg.read_study(SAMPLE / "plan.toml")
    towns = study.units[["unit_id", "geometry"]].rename(columns={"unit_id": "large"})
    west, south, east, north = towns.total_bounds
    middle = (west + east) / 2
    halves = [box(west, south, middle, north), box(middle, south, east, north)]
    half = gpd.GeoDataFrame({"half": ["W", "E"]}, geometry=halves, crs=towns.crs)
    small = gpd.overlay(towns, half, keep_geom_type=True)
    small["unit_id"] = small["large"] + small["half"]
    return Place(study, balance_of(study), small, study.units)


def tainan(folder: Path) -> Place:
    """752 villages and the 37 towns that they make up; a village's code begins with its town's.

    One point lies in two villages of two towns, as published: the lowest code counts at both levels.
    """
    study = kg.read_study(write_plan(folder))
    villages = gpd.read_file(TAINAN / "villages.gpkg")
    small = villages.assign(large=villages["unit_id"].str[:8])
    codes = small.drop_duplicates(["town_name", "large"]).set_index("town_name")["large"]
    assert codes.index.is_unique, "a town has one code"
    towns = gpd.read_file(TAINAN / "towns.gpkg")
    large = towns.assign(unit_id=towns["name"].map(codes))
    assert large["unit_id"].notna().all()
    assert len(large) == 37
    return Place(study, balance_of(study), small, large)


@pytest.fixture(
    scope="module",
    params=[
        "sample",
        pytest.param(
            "tainan",
            marks=[
                pytest.mark.realdata,
                pytest.mark.slow,
                pytest.mark.skipif(
                    not TAINAN.is_dir(), reason="the Tainan data are not part of the project"
                ),
            ],
        ),
    ],
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    if request.param == "sample":
        return sample()
    return tainan(tmp_path_factory.mktemp("tainan"))


COLUMNS = [*CHILDREN, "crowded", *SUPPLY, "gap", *(f"places_{kind}" for kind in KINDS)]


def test_districts_add_up_to_towns(place: Place) -> None:
    small = gaps_by_area(place.balance, place.small).set_index("unit_id")
    large = gaps_by_area(place.balance, place.large).set_index("unit_id")
    home = dict(zip(place.small["unit_id"].astype(str), place.small["large"], strict=True))
    home["outside"] = "outside"
    sums = small[COLUMNS].groupby(small.index.map(home)).sum().reindex(large.index).fillna(0.0)
    assert (small[COLUMNS].abs().sum() > 0).sum() >= 8, "the case has something to add up"
    np.testing.assert_allclose(sums, large[COLUMNS], atol=1e-6)


def test_towns_add_up_to_the_area(place: Place) -> None:
    totals = place.balance.totals
    for areas in (place.small, place.large):
        table = gaps_by_area(place.balance, areas)
        for column in (*CHILDREN, *SUPPLY):
            assert table[column].sum() == pytest.approx(totals[column])
        assert table["gap"].sum() == pytest.approx(totals["children"] - totals["places"])
        np.testing.assert_allclose(table["unreached"] + table["crowded"], table["unserved"])


def test_kinds_add_up_to_the_totals_and_in_every_town_to_its_places(place: Place) -> None:
    kinds, totals = gaps_by_kind(place.balance), place.balance.totals
    for column in ("places", "served", "vacant"):
        assert kinds[column].sum() == pytest.approx(totals[column])
    assert kinds["kindergartens"].sum() == place.balance.kindergartens["counted"].sum()
    towns = gaps_by_area(place.balance, place.large)
    parts = towns[[f"places_{kind}" for kind in KINDS]].sum(axis=1)
    np.testing.assert_allclose(parts, towns["places"])


def test_communities_and_cells_add_up_to_the_total(place: Place) -> None:
    points, homes = place.balance.demand, place.balance.communities
    cells = points[points["source"] != "community"]
    for column in CHILDREN:
        whole = homes[column].sum() + cells[column].sum()
        assert whole == pytest.approx(place.balance.totals[column])


def test_units_of_the_balance_are_those_of_any_polygons(place: Place) -> None:
    units = place.balance.units.set_index("unit_id")
    again = gaps_by_area(place.balance, place.study.units).set_index("unit_id")
    columns = [*CHILDREN, *SUPPLY, "gap"]
    np.testing.assert_allclose(units[columns], again.loc[units.index, columns], atol=1e-6)


def test_catchments_and_the_unreached_add_up_to_the_children(place: Place) -> None:
    table, totals = gaps_by_catchment(place.balance), place.balance.totals
    assert table["children"].sum() + totals["unreached"] == pytest.approx(totals["children"])
    assert table["places"].sum() == pytest.approx(totals["places"])
    np.testing.assert_allclose(table["gap"], table["children"] - table["places"], atol=1e-9)
    assert (table["only_children"] <= table["children"] + 1e-6).all()
    areas = place.balance.catchments
    np.testing.assert_allclose(areas["only_children"] + areas["shared_children"], areas["children"])


def test_extra_places_of_kindergartens_are_the_children_before_full_ones(place: Place) -> None:
    table, totals = gaps_by_kindergarten(place.balance, under_used=0.5), place.balance.totals
    assert table["extra_places"].sum() == pytest.approx(totals["unserved"] - totals["unreached"])
    assert table["served"].sum() == pytest.approx(totals["served"])
    asked = table[table["extra_places"] > 1e-6]
    np.testing.assert_allclose(asked["vacant"], 0.0, atol=1e-3)
    used = table["served"] / table["places"]
    assert table["under_used"].tolist() == (used < 0.5).tolist()
    assert 0 < table["under_used"].sum() < len(table)


def test_who_goes_where_adds_up_on_both_sides(place: Place) -> None:
    found = place.balance
    np.testing.assert_allclose(found.assignment.sum(axis=1), found.demand["served"], atol=1e-6)
    np.testing.assert_allclose(
        found.assignment.sum(axis=0), found.kindergartens["served"], atol=1e-6
    )


def test_parts_of_indicators_add_up_over_units(place: Place) -> None:
    table = indicators_by_level(place.balance)
    units = table[table["level"] == "unit"].astype({"part": float, "whole": float})
    area = table[table["level"] == "area"].set_index("id")
    sums = units.groupby("id")[["part", "whole"]].sum()
    for name in ("coverage", "gross_enrolment", "public_share"):
        if pd.isna(area.loc[name, "value"]):
            assert name != "coverage", "only what rests on enrolments may be open"
            continue
        assert sums.loc[name, "part"] == pytest.approx(area.loc[name, "part"])
        assert sums.loc[name, "whole"] == pytest.approx(area.loc[name, "whole"])
    assert area.loc["coverage", "value"] == pytest.approx(place.balance.totals["coverage"])


def test_towns_add_up_to_the_area_in_every_year_and_scenario() -> None:
    study = kg.read_study(SAMPLE / "plan.toml")
    asked = {"years": [2026, 2030], "scenarios": ("low", "high")}
    area = gaps_over_years(study, **asked).set_index(["year", "scenario"])
    towns = gaps_over_years(study, **asked, areas=study.units)
    sums = towns.groupby(["year", "scenario"])[[*CHILDREN, *SUPPLY, "gap"]].sum()
    assert len(area) == 4
    np.testing.assert_allclose(sums.loc[area.index], area[sums.columns])
    np.testing.assert_allclose(area["gap"], area["children"] - area["places"])
    high, low = (area.xs(s, level="scenario")["children"] for s in ("high", "low"))
    assert high[2030] > low[2030]

"""Candidates: of which kinds, what limits them, and why some may not be used."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from kgspatial.errors import InputError
from kgspatial.inputs.settings import (
    BalanceSettings,
    PlanSettings,
    Settings,
    SitingSettings,
    TravelSettings,
)
from kgspatial.layers import SOURCES
from kgspatial.siting.candidates import ACTIONS, COLUMNS, candidate_sites, sizes_of
from kgspatial.siting.candidates.areas import area_needs, site_rules
from kgspatial.siting.candidates.lattices import HEXAGONS, SQUARES, Lattice, nodes_near
from kgspatial.standards import read_profile
from kgspatial.standards.hazards import BINDING, CLASSES, OTHER, hazard_kind, keep_away_rules
from kgspatial.standards.rule_files import read_rule_file
from kgspatial.study import Study
from kgspatial.terms import LANGUAGES, has_term, term

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
LIMIT = 500.0


def at(x: float, y: float = 0.0) -> Point:
    return Point(WEST + x, SOUTH + y)


def plot(x: float, y: float, width: float, depth: float):
    return box(WEST + x, SOUTH + y, WEST + x + width, SOUTH + y + depth)


def layer(shapes: list[object], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def sites(shapes: list[object], **columns: object) -> gpd.GeoDataFrame:
    return layer(shapes, **{"site_id": [f"S{i}" for i in range(len(shapes))], **columns})


def hazards(kind: str, shape: object, **columns: object) -> gpd.GeoDataFrame:
    return layer([shape], hazard=[kind], **columns)


def unserved(places: list[tuple[float, float]], children: object = 50.0) -> gpd.GeoDataFrame:
    ids = [f"D{i}" for i in range(len(places))]
    return layer([at(*xy) for xy in places], demand_id=ids, name=None, unserved=children)


NEAR_ALL = unserved([(-5000, -5000), (5000, 5000), (-5000, 5000), (5000, -5000)], 0.0)


def study(
    profile: str = "national",
    year: int | None = 2025,
    accepts: str = "all",
    limit: float = LIMIT,
    layers: dict[str, object] | None = None,
    **siting: object,
) -> Study:
    """One kindergarten of three classes 4 km to the north, and whatever else is given."""
    far = layer([at(0, 4000)], kindergarten_id=["K1"], places=[90.0], classes=[3.0])
    return Study(
        **{
            "kindergartens": far,
            "settings": Settings(
                plan=PlanSettings(year=year, profile=profile),
                travel=TravelSettings(limit_m=limit),
                balance=BalanceSettings(accepts=accepts),
                siting=SitingSettings(**siting),
            ),
            "crs": CRS,
            **(layers or {}),
        }
    )


def sorted_out(
    place: Study, demand: gpd.GeoDataFrame = NEAR_ALL, **options: object
) -> tuple[pd.DataFrame, pd.DataFrame]:
    usable, excluded = candidate_sites(place, demand, **{"year": 2025, **options})
    return usable.set_index("site_id"), excluded.set_index("site_id")


def of_sites(candidates: gpd.GeoDataFrame, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    layers = {"candidates": candidates, **options.pop("layers", {})}  # type: ignore[dict-item]
    return sorted_out(study(layers=layers, **options))  # type: ignore[arg-type]


# --- the contract ------------------------------------------------------------------------------


KINDS = [k for k in keep_away_rules() if k != OTHER]


SEEDS = st.integers(0, 2**32 - 1)


def world(seed: int) -> tuple[Study, gpd.GeoDataFrame]:
    """Sites of every source, among hazards, units and kindergartens, with any of the options."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 9))

    def shape() -> object:
        x, y = random.uniform(-2000, 2000, 2)
        return at(x, y) if random.random() < 0.5 else plot(x, y, 60.0, random.choice([20.0, 90.0]))

    def maybe(values: list[object]) -> list[object]:
        return [values[i] for i in random.integers(0, len(values), count)]

    candidates = sites(
        [shape() for _ in range(count)],
        source=maybe([*SOURCES, None]),
        site_area_m2=maybe([np.nan, 500.0, 3000.0]),
        floor_area_m2=maybe([np.nan, 300.0, 1200.0]),
        max_classes=maybe([np.nan, 2.0, 6.0]),
        cost_wan=maybe([np.nan, 900.0]),
        available_year=maybe([np.nan, 2024.0, 2030.0]),
        land_code=maybe([None, "R22", "B1"]),
        kindergarten_id=maybe([None, "K1", "K2", "K9"]),
    )
    gardens = layer(
        [at(*random.uniform(-2000, 2000, 2)) for _ in range(2)],
        kindergarten_id=["K1", "K2"],
        classes=[12.0, 10.0],
    )
    harm = layer(
        [shape() for _ in range(4)],
        hazard=random.choice([*KINDS, "彩虹"], 4),
        keep_away_m=random.choice([np.nan, 0.0, 300.0], 4),
    )
    layers = {"candidates": candidates, "kindergartens": gardens, "hazards": harm}
    if random.random() < 0.5:
        layers["units"] = layer([plot(-1000, -1000, 1500, 1500)], unit_id=["U"], urban=[True])
    options = {
        "profile": str(random.choice(["national", "harbin_2019", "fuzhou_2011"])),
        "generate": [None, "demand", "hexagons", "grid"][random.integers(0, 4)],
        "expand": bool(random.random() < 0.5),
        "min_spacing_m": float(random.choice([0.0, 800.0])),
        "forbidden": ("S0",) if random.random() < 0.3 else (),
    }
    demand = unserved([tuple(random.uniform(-2000, 2000, 2)) for _ in range(5)])
    return study(layers=layers, **options), demand


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_candidate_is_either_usable_or_excluded_with_a_reason_in_both_languages(
    seed: int,
) -> None:
    place, demand = world(seed)
    usable, excluded = candidate_sites(place, demand, year=2025)
    both = [*usable["site_id"], *excluded["site_id"]]
    assert len(both) == len(set(both))
    assert set(place.candidates["site_id"]) <= set(both)
    for language in LANGUAGES:
        assert excluded[f"reason_{language}"].map(lambda t: isinstance(t, str) and t != "").all()
        checks = usable[f"checks_{language}"]
        assert checks.map(lambda t: t is None or (isinstance(t, str) and t != "")).all()
    assert list(usable.columns) == [*COLUMNS, "geometry"]
    assert (usable.geom_type == "Point").all()
    assert usable["action"].isin(["build", "convert", "expand"]).all()
    assert not usable["site_id"].isin(place.settings.siting.forbidden).any()


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_layer_changes_nothing(seed: int) -> None:
    place, demand = world(seed)
    turned = place.candidates.iloc[::-1].reset_index(drop=True)
    other = Study(
        candidates=turned,
        kindergartens=place.kindergartens,
        hazards=place.hazards,
        units=place.units,
        settings=place.settings,
        crs=place.crs,
    )
    for one, two in zip(sorted_out(place, demand), sorted_out(other, demand), strict=True):
        pd.testing.assert_frame_equal(one.sort_index(), two.sort_index())


def test_every_source_has_an_action() -> None:
    assert set(SOURCES) <= set(ACTIONS)


def test_a_site_without_columns_is_a_parcel_that_may_be_used_in_every_size() -> None:
    usable, excluded = of_sites(sites([at(0)]))
    assert excluded.empty
    row = usable.loc["S0"]
    assert (row["source"], row["action"]) == ("parcel", "build")
    assert math.isnan(row["max_classes"])
    assert math.isnan(row["min_classes"])
    assert [row[c] for c in ("kindergarten_id", "group", "checks_zh", "checks_en")] == [None] * 4
    assert (row["required"], row["prefer_away"]) == (False, False)
    places = sizes_of(usable, np.array([3, 12]), read_profile())
    assert places.tolist() == [[90.0, 360.0]]


def test_several_reasons_are_all_told() -> None:
    late = sites([at(0)], land_code=["B1"], available_year=[2030])
    _, excluded = of_sites(late, forbidden=("S0",))
    text = excluded.loc["S0", "reason_en"]
    assert text.split("; ") == [
        "the plan forbids it",
        "land code B1 is not for kindergartens (allowed: 080404, R12, R22, R32)",
        "available from 2030 only",
    ]
    assert excluded.loc["S0", "reason_zh"].count("；") == 2


# --- land --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["080404", "80404", "80404.0", "R22", "r22", "Ｒ２２", "R22/B1"])
def test_land_for_kindergartens_is_known_however_it_is_written(code: str) -> None:
    usable, _ = of_sites(sites([at(0)], land_code=[code]))
    assert "S0" in usable.index


@pytest.mark.parametrize("code", ["B1", "R2", "0804", "二类居住用地"])
def test_a_parcel_of_other_land_is_excluded_unless_the_plan_allows_it(code: str) -> None:
    parcel = sites([at(0)], land_code=[code])
    _, excluded = of_sites(parcel)
    assert code in excluded.loc["S0", "reason_zh"]
    usable, _ = of_sites(parcel, land_codes=(code,))
    assert "S0" in usable.index


def test_the_land_code_binds_parcels_only() -> None:
    others = sites([at(i * 50) for i in range(4)], source=[*SOURCES], land_code=["B1"] * 4)
    _, excluded = of_sites(others)
    assert list(excluded.index) == ["S0"]


def test_an_idle_building_is_converted() -> None:
    usable, _ = of_sites(sites([at(0)], source=["idle_building"]))
    assert usable.loc["S0", "action"] == "convert"


def test_a_site_farther_outside_the_units_than_the_walk_is_excluded() -> None:
    units = layer([plot(0, 0, 1000, 1000)], unit_id=["U"])
    row = sites([at(500, 500), at(1499, 500), at(1502, 500)])
    usable, excluded = of_sites(row, layers={"units": units})
    assert list(usable.index) == ["S0", "S1"]
    assert "502 m" in excluded.loc["S2", "reason_en"]


def test_where_everybody_has_a_place_and_no_layer_is_given_there_are_no_candidates() -> None:
    units = layer([plot(0, 0, 1000, 1000)], unit_id=["U"])
    for place in (study(), study(layers={"units": units})):
        usable, excluded = candidate_sites(place, unserved([(0, 0)], 0.0), year=None)
        assert usable.empty
        assert excluded.empty
        assert list(usable.columns) == [*COLUMNS, "geometry"]


def test_without_units_the_hull_of_the_demand_is_the_study_area() -> None:
    place = study(layers={"candidates": sites([at(0, 499), at(0, 502)])})
    usable, excluded = sorted_out(place, unserved([(-1000, 0), (1000, 0)]))
    assert (list(usable.index), list(excluded.index)) == (["S0"], ["S1"])


# --- areas -------------------------------------------------------------------------------------


def classes_by_trying(profile: str, rule_ids: tuple[str, ...], area: float) -> int:
    """Classes that fit, by going through the sizes and the rules one by one."""
    rules = [r for i in rule_ids for r in read_profile(profile).rules_in(i, 2025) if r.binds]
    for classes in range(1, 13):
        for rule in rules:
            if rule.classes_from is not None and classes < rule.classes_from:
                continue
            needed = rule.value * 30 * classes if "per_child" in rule.id else rule.value
            if area < needed:
                return classes - 1
    return 12


@given(
    st.sampled_from(["national", "harbin_2019", "fuzhou_2011"]),
    st.sampled_from(["parcel", "idle_building"]),
    st.integers(60, 700),
)
@settings(max_examples=50, deadline=None)
def test_the_area_limits_the_classes(profile: str, source: str, tens: int) -> None:
    area = tens * 10.0 + 5.0  # never within the slack of what a size needs
    columns = {"site_area_m2": [area], "floor_area_m2": [area], "source": [source]}
    usable, excluded = of_sites(sites([at(0)], **columns), profile=profile)
    ids = {
        "parcel": ("areas.site_m2_per_child", "areas.site_m2"),
        "idle_building": ("areas.floor_m2_per_child", "areas.floor_m2"),
    }
    fit = classes_by_trying(profile, ids[source], area)
    if fit < 3:
        assert list(excluded.index) == ["S0"]
    elif fit == 12:
        assert math.isnan(usable.loc["S0", "max_classes"])
    else:
        assert usable.loc["S0", "max_classes"] == fit


def test_an_idle_building_too_small_for_any_size_says_what_is_needed() -> None:
    small = sites([at(0)], source=["idle_building"], floor_area_m2=[840.0])
    _, excluded = of_sites(small)
    assert "840 m²" in excluded.loc["S0", "reason_zh"]
    assert f"{3 * 30 * 10.44:,.0f} m²" in excluded.loc["S0", "reason_zh"]
    assert "建标175-2016" in excluded.loc["S0", "reason_en"]


def test_fewer_classes_cost_less_in_proportion_and_a_note_says_why() -> None:
    row = sites([at(0)], site_area_m2=[2800.0], max_classes=[12], cost_wan=[1200.0])
    usable, _ = of_sites(row, profile="harbin_2019")
    assert usable.loc["S0", "max_classes"] == 8
    assert usable.loc["S0", "cost_wan"] == pytest.approx(800.0)
    assert "9 need 4,000 m²" in usable.loc["S0", "checks_en"]


def test_the_outline_is_measured_where_the_area_is_not_given() -> None:
    row = sites([plot(0, 0, 50, 40), at(500)], source=["parcel", "parcel"])
    usable, _ = of_sites(row, profile="harbin_2019")
    assert usable.loc["S0", "max_classes"] == 5
    assert math.isnan(usable.loc["S1", "max_classes"])


def test_town_and_country_need_their_own_areas() -> None:
    units = layer(
        [plot(0, 0, 500, 500), plot(1000, 0, 500, 500)], unit_id=["T", "C"], urban=[True, False]
    )
    row = sites([at(250, 250), at(1250, 250)], site_area_m2=[13.5 * 180] * 2)
    usable, _ = of_sites(row, profile="fuzhou_2011", layers={"units": units})
    assert usable["max_classes"].tolist() == [6.0, 5.0]
    unknown, _ = of_sites(row, profile="fuzhou_2011")
    assert unknown["max_classes"].tolist() == [6.0, 6.0]


def test_what_nobody_could_verify_asks_for_a_check_and_limits_nothing() -> None:
    assert not read_profile().rule("areas.site_m2_per_child").binds
    usable, excluded = of_sites(sites([at(0)], site_area_m2=[200.0]))
    assert excluded.empty
    assert math.isnan(usable.loc["S0", "max_classes"])
    assert "未核实" in usable.loc["S0", "checks_zh"]


def test_a_rule_that_is_not_in_force_needs_nothing() -> None:
    profile = read_profile("harbin_2019")
    ids = site_rules(profile, True)
    assert area_needs(profile, ids, 12, year=2025).m2.max() == 5400.0
    assert area_needs(profile, ids, 12, year=2010).m2.max() == 0.0
    assert area_needs(profile, ids, 12, year=2025, opened=2005.0).m2.max() == 0.0


def test_a_site_with_room_for_less_than_the_smallest_size_is_excluded() -> None:
    row = sites([at(0), at(50)], max_classes=[2, 2], source=["parcel", "expansion"])
    _, excluded = of_sites(row)
    assert list(excluded.index) == ["S0"]
    assert "3" in excluded.loc["S0", "reason_zh"]
    smaller, _ = sorted_out(study(layers={"candidates": row}), classes=[2])
    assert list(smaller.index) == ["S0", "S1"]


# --- hazards -----------------------------------------------------------------------------------


def test_only_what_was_read_or_calculated_excludes() -> None:
    for rule in itertools.chain(*keep_away_rules().values()):
        assert rule.effect in CLASSES
        assert rule.effect != "exclude" or rule.origin.evidence in BINDING
        assert rule.written == "exclude" or rule.effect == rule.written


def test_every_kind_of_hazard_has_a_label_in_both_languages_and_is_known_by_it() -> None:
    for kind in KINDS:
        assert has_term(f"hazards.{kind}")
        labels = [term(f"hazards.{kind}", language) for language in LANGUAGES]
        assert [hazard_kind(text) for text in (kind, *labels)] == [kind] * 3


def test_no_name_means_two_kinds_of_hazard() -> None:
    import kgspatial.standards

    folder = Path(kgspatial.standards.__file__).parent
    table = read_rule_file(folder / "hazards.toml")
    for kind, entry in table.values.items():
        assert {hazard_kind(name) for name in entry["names"]} <= {kind}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_keeps_its_distance_and_no_more(kind: str) -> None:
    for rule in keep_away_rules()[kind]:
        for metres in (rule.distance_m - 0.6, rule.distance_m + 0.6):
            strictest = min(
                (
                    CLASSES.index(r.effect)
                    for r in keep_away_rules()[kind]
                    if metres < max(r.distance_m, 0.5)
                ),
                default=None,
            )
            if metres < 0:
                continue
            harm = hazards(kind, plot(metres + 10.0, -50, 10, 100))
            usable, excluded = of_sites(
                sites([plot(-10, -10, 20, 20)], source=["expansion"]),
                layers={"hazards": harm, "kindergartens": gardens(classes=[3.0, 3.0])},
            )
            assert ("S0" in excluded.index) == (strictest == 0)
            if strictest != 0:
                row = usable.loc["S0"]
                label = term(f"hazards.{kind}")
                assert (label in row["checks_zh"]) == (strictest is not None)
                assert row["prefer_away"] == (strictest == 2)


def test_the_law_on_power_lines_excludes_and_names_itself() -> None:
    line = LineString([(WEST - 500, SOUTH + 19), (WEST + 500, SOUTH + 19)])
    _, excluded = of_sites(
        sites([at(0)]), layers={"hazards": hazards("power_line_500kv", line, name=["云湖线"])}
    )
    assert "云湖线" in excluded.loc["S0", "reason_zh"]
    assert "电力设施保护条例" in excluded.loc["S0", "reason_zh"]
    assert "19 m" in excluded.loc["S0", "reason_en"]


def test_a_petrol_station_is_checked_because_its_distance_is_from_memory() -> None:
    usable, _ = of_sites(sites([at(0)]), layers={"hazards": hazards("加油站", at(40))})
    assert "未核实" in usable.loc["S0", "checks_zh"]
    assert "Gas station" in usable.loc["S0", "checks_en"]


def test_the_distance_of_the_layer_stands_above_the_table() -> None:
    line = hazards("power_line_500kv", at(19), keep_away_m=[15.0])
    usable, _ = of_sites(sites([at(0)]), layers={"hazards": line})
    assert usable.loc["S0", "checks_zh"] is None
    station = hazards("gas_station", at(40), keep_away_m=[60.0])
    _, excluded = of_sites(sites([at(0)]), layers={"hazards": station})
    assert "60 m" in excluded.loc["S0", "reason_zh"]


def test_a_market_next_door_excludes_and_one_down_the_road_is_only_better_farther_away() -> None:
    row = sites([plot(0, 0, 50, 50), plot(80, 0, 50, 50), plot(200, 0, 50, 50)])
    market = hazards("集贸市场", plot(-30, 0, 30, 50))
    usable, excluded = of_sites(row, layers={"hazards": market})
    assert list(excluded.index) == ["S0"]
    assert usable["prefer_away"].tolist() == [False, False]
    near, _ = of_sites(row, layers={"hazards": hazards("集贸市场", plot(140, 0, 20, 50))})
    assert near["prefer_away"].tolist() == [False, True, True]


def test_a_main_across_the_site_excludes_and_one_beside_it_is_checked() -> None:
    shapes = [plot(0, 0, 50, 50), plot(0, 53, 50, 50), plot(0, 60, 50, 50)]
    row = sites(shapes, source=["idle_building"] * 3)
    pipe = LineString([(WEST - 9, SOUTH + 49), (WEST + 90, SOUTH + 49)])
    usable, excluded = of_sites(row, layers={"hazards": hazards("gas_main", pipe)})
    assert list(excluded.index) == ["S0"]
    assert usable["checks_zh"].notna().tolist() == [True, False]


def test_a_hazard_that_no_table_knows_is_to_be_checked_when_near() -> None:
    harm = hazards("彩虹", at(49))
    usable, _ = of_sites(sites([at(0), at(0, 100)]), layers={"hazards": harm})
    assert "彩虹" in usable.loc["S0", "checks_en"]
    assert usable.loc["S1", "checks_en"] is None


# --- estates -----------------------------------------------------------------------------------


def an_estate(**columns: object) -> gpd.GeoDataFrame:
    table = {"community_id": ["C1"], "name": ["东苑"], "children": [100.0], "residents": [6000.0]}
    return layer([plot(0, 0, 300, 300)], **{**table, **columns})


def test_an_estate_without_its_kindergarten_is_a_candidate_only_when_asked() -> None:
    layers = {"communities": an_estate()}
    usable, _ = sorted_out(study(layers=layers, estates=True))
    row = usable.loc["estate-C1"]
    assert (row["source"], row["action"], row["name"]) == ("community", "build", "东苑")
    assert an_estate().union_all().contains(row["geometry"])
    assert "estate-C1" not in sorted_out(study(layers=layers))[0].index


@pytest.mark.parametrize(("places", "is_there"), [(180.0, False), (179.0, True)])
def test_an_estate_that_has_what_the_norm_owes_is_no_candidate(
    places: float, is_there: bool
) -> None:
    own = layer([at(150, 150)], kindergarten_id=["K1"], places=[places], supports_community=["C1"])
    layers = {"communities": an_estate(), "kindergartens": own}
    usable, _ = sorted_out(study(layers=layers, estates=True))
    assert ("estate-C1" in usable.index) == is_there


def test_an_estate_that_is_not_delivered_yet_is_no_candidate() -> None:
    layers = {"communities": an_estate(delivered_year=[2028])}
    assert sorted_out(study(layers=layers, estates=True))[0].empty


def test_an_estate_whose_size_nobody_knows_is_no_candidate() -> None:
    layers = {"communities": an_estate(residents=[np.nan])}
    assert sorted_out(study(layers=layers, estates=True))[0].empty


def test_an_estate_must_build_the_classes_of_the_norms_step() -> None:
    layers = {"communities": an_estate()}
    usable, _ = sorted_out(study("guangdong_2022", layers=layers, estates=True))
    assert usable.loc["estate-C1", "min_classes"] == 6
    places = sizes_of(usable, np.array([3, 6, 9]), read_profile())
    assert places.tolist() == [[0.0, 180.0, 270.0]]
    national, _ = sorted_out(study(layers=layers, estates=True))
    assert math.isnan(national.loc["estate-C1", "min_classes"])


def test_small_estates_that_share_are_one_candidate() -> None:
    pair = layer(
        [plot(0, 0, 200, 200), plot(250, 0, 200, 200)],
        community_id=["C1", "C2"],
        residents=[3000.0, 2500.0],
        children=[60.0, 50.0],
    )
    usable, _ = sorted_out(study("guangdong_2022", layers={"communities": pair}, estates=True))
    assert list(usable.index) == ["estate-C1"]
    assert usable.loc["estate-C1", "min_classes"] == 6


def test_where_no_kindergarten_names_its_estate_the_estate_is_to_be_checked() -> None:
    layers = {"communities": an_estate()}
    usable, _ = sorted_out(study(layers=layers, estates=True))
    assert "180" in usable.loc["estate-C1", "checks_zh"]


# --- expansions --------------------------------------------------------------------------------


def gardens(**columns: object) -> gpd.GeoDataFrame:
    table = {"kindergarten_id": ["K1", "K2"], "name": ["一园", "二园"], "classes": [9.0, 12.0]}
    return layer([at(0), at(1000)], **{**table, **columns})


def test_kindergartens_may_grow_to_twelve_classes_only_when_asked() -> None:
    layers = {"kindergartens": gardens()}
    usable, excluded = sorted_out(study(layers=layers, expand=True))
    row = usable.loc["expand-K1"]
    assert (row["max_classes"], row["kindergarten_id"], row["action"]) == (3.0, "K1", "expand")
    assert "12" in excluded.loc["expand-K2", "reason_zh"]
    usable, excluded = sorted_out(study(layers=layers))
    assert usable.empty
    assert excluded.empty


def test_a_kindergarten_grows_as_far_as_its_site_allows() -> None:
    table = gardens(classes=[3.0, 3.0], site_area_m2=[2800.0, 60_000.0], opened_year=[2020, 2020])
    usable, _ = sorted_out(study("harbin_2019", layers={"kindergartens": table}, expand=True))
    assert usable["max_classes"].tolist() == [5.0, 9.0]
    cramped = gardens(classes=[5.0, 8.0], site_area_m2=[2600.0, 3900.0], opened_year=[2020, 2000])
    usable, excluded = sorted_out(
        study("harbin_2019", layers={"kindergartens": cramped}, expand=True)
    )
    assert "2,700 m²" in excluded.loc["expand-K1", "reason_en"]
    assert usable.loc["expand-K2", "max_classes"] == 4  # older than the rule


def test_only_kindergartens_that_count_may_grow() -> None:
    table = gardens(classes=[3.0, 3.0], kind=["public", "private"])
    usable, _ = sorted_out(study(layers={"kindergartens": table}, expand=True, accepts="inclusive"))
    assert list(usable.index) == ["expand-K1"]


def test_an_expansion_of_the_layer_is_linked_by_id_or_position_and_kept_within_twelve() -> None:
    row = sites(
        [at(5000), at(60), at(500), at(1000)],
        source=["expansion"] * 4,
        max_classes=[6.0] * 4,
        cost_wan=[600.0] * 4,
        kindergarten_id=["K1", None, None, "K2"],
    )
    place = study(layers={"kindergartens": gardens(), "candidates": row})
    usable, excluded = sorted_out(place)
    assert usable["kindergarten_id"].tolist() == ["K1", "K1", None]
    assert usable["max_classes"].tolist() == [3.0, 3.0, 6.0]
    assert usable["cost_wan"].tolist() == [300.0, 300.0, 600.0]
    assert usable["checks_zh"].notna().tolist() == [False, True, True]
    assert "一园" in usable.loc["S1", "checks_zh"]
    assert list(excluded.index) == ["S3"]


def test_an_expansion_of_a_kindergarten_that_is_not_there_is_excluded() -> None:
    _, excluded = of_sites(sites([at(0)], source=["expansion"], kindergarten_id=["K9"]))
    assert "K9" in excluded.loc["S0", "reason_en"]


def test_a_kindergarten_whose_expansion_the_layer_holds_is_left_to_it() -> None:
    row = sites([at(0)], source=["expansion"], kindergarten_id=["K1"])
    place = study(
        layers={"kindergartens": gardens(classes=[3.0, 3.0]), "candidates": row}, expand=True
    )
    usable, _ = sorted_out(place)
    assert usable["kindergarten_id"].tolist() == ["K1", "K2"]


# --- one action a place ------------------------------------------------------------------------


def test_two_expansions_of_one_kindergarten_are_one_place() -> None:
    row = sites(
        [at(0), at(300), at(1000)],
        source=["expansion"] * 3,
        kindergarten_id=["K1", "K1", "K2"],
    )
    place = study(layers={"kindergartens": gardens(classes=[3.0, 3.0]), "candidates": row})
    assert sorted_out(place)[0]["group"].tolist() == ["S0", "S0", None]


def test_a_building_on_a_parcel_is_the_same_place_and_a_neighbour_is_not() -> None:
    shapes = [plot(0, 0, 100, 100), at(50, 50), plot(100, 0, 100, 100), plot(199.9, 0, 100, 100)]
    row = sites(shapes, source=["parcel", "idle_building", "parcel", "parcel"])
    usable, _ = of_sites(row)
    assert usable["group"].tolist() == ["S0", "S0", None, None]


def test_what_may_not_be_used_takes_nobodys_place() -> None:
    row = sites([plot(0, 0, 100, 100), plot(0, 0, 100, 100)], available_year=[2025, 2030])
    usable, _ = of_sites(row)
    assert usable["group"].tolist() == [None]


# --- generated ---------------------------------------------------------------------------------


def nodes_by_trying(
    lattice: Lattice, xy: np.ndarray, spacing: float, radius: float
) -> set[tuple[int, int]]:
    """Nodes within the radius of a point, by going through all numbers that could be."""
    most = int(3 * (np.abs(xy).max() + radius) / spacing) + 2
    found = set()
    for a, b in itertools.product(range(-most, most + 1), repeat=2):
        x = spacing * (a + (b / 2 if lattice is HEXAGONS else 0))
        y = spacing * b * (math.sqrt(3) / 2 if lattice is HEXAGONS else 1)
        if min(math.hypot(x - u, y - v) for u, v in xy) <= radius:
            found.add((a, b))
    return found


@given(
    st.sampled_from([HEXAGONS, SQUARES]),
    st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400)), min_size=1, max_size=4),
    st.sampled_from([90.0, 150.0, 300.0]),
    st.floats(0.0, 300.0),
)
@settings(max_examples=50, deadline=None)
def test_lattices_have_every_node_near_the_points_and_no_other(
    lattice: Lattice, points: list[tuple[float, float]], spacing: float, radius: float
) -> None:
    xy = np.array(points)
    found = nodes_near(lattice, xy, spacing, radius)
    assert len(found) == len({tuple(n) for n in found})
    wanted = nodes_by_trying(lattice, xy, spacing, radius)
    found_too = {tuple(node) for node in found.tolist()}
    for node in wanted ^ found_too:  # only rounding at the very rim may differ
        place = lattice.places(np.array([node]), spacing)[0]
        rim = np.hypot(*(xy - place).T).min()
        assert rim == pytest.approx(radius, abs=1e-6)


@given(
    st.sampled_from([HEXAGONS, SQUARES]),
    st.tuples(st.floats(-900, 900), st.floats(-900, 900)),
)
@settings(max_examples=50, deadline=None)
def test_every_point_lies_in_the_cell_of_the_nearest_node(
    lattice: Lattice, xy: tuple[float, float]
) -> None:
    column, row = lattice.cell_of(np.array([xy[0] / 100]), np.array([xy[1] / 100]))
    own = lattice.places(np.column_stack((column, row)), 100.0)[0]
    away = math.hypot(*(own - xy))
    around = np.array(list(itertools.product(range(-2, 3), repeat=2)))
    others = lattice.places(np.column_stack((column, row)) + around, 100.0)
    assert away <= np.hypot(*(others - xy).T).min() + 1e-9
    assert away <= lattice.radius * 100.0 + 1e-9


@pytest.mark.parametrize(("how", "lattice"), [("hexagons", HEXAGONS), ("grid", SQUARES)])
@pytest.mark.parametrize("spacing", [400.0, 2000.0])
def test_every_unserved_child_has_a_generated_site_near(
    how: str, lattice: Lattice, spacing: float
) -> None:
    places = np.random.default_rng(7).uniform(-3000, 3000, (30, 2))
    demand = unserved([tuple(p) for p in places], [50.0] * 29 + [0.0])
    units = layer([plot(-9000, -9000, 18_000, 18_000)], unit_id=["U"])
    place = study(generate=how, spacing_m=spacing, limit=600.0, layers={"units": units})
    usable, _ = sorted_out(place, demand)
    xy = np.column_stack((usable.geometry.x - WEST, usable.geometry.y - SOUTH))
    away = np.hypot(*(places[:-1, None] - xy[None]).transpose(2, 0, 1))
    assert away.min(axis=1).max() <= lattice.radius * spacing + 1e-6
    assert away.min(axis=0).max() <= max(600.0, lattice.radius * spacing) + 1e-6
    assert set(usable["source"]) == {"generated"}


def test_generated_sites_lie_where_they_lie_whatever_the_demand_is() -> None:
    place = study(generate="hexagons", spacing_m=700.0)
    few, _ = sorted_out(place, unserved([(0, 0)]))
    many, _ = sorted_out(place, unserved([(0, 0), (900, 400), (-2000, 1000)]))
    assert set(few.index) < set(many.index)
    assert (many.loc[few.index].geometry.distance(few.geometry) == 0).all()


def test_without_a_layer_the_points_with_the_most_unserved_children_are_taken() -> None:
    demand = unserved([(0, 0), (10, 0), (5000, 0)], [5.0, 9.0, 0.0])
    usable, _ = sorted_out(study(), demand)
    assert list(usable.index) == ["near-D1"]


def test_beside_a_layer_nothing_is_generated_unless_asked() -> None:
    demand, layers = unserved([(0, 0)]), {"candidates": sites([at(100)])}
    assert list(sorted_out(study(layers=layers), demand)[0].index) == ["S0"]
    both, _ = sorted_out(study(layers=layers, generate="demand"), demand)
    assert list(both.index) == ["S0", "near-D0"]


def test_no_site_is_generated_on_excluded_land() -> None:
    place = study(
        generate="grid",
        spacing_m=100.0,
        layers={"hazards": hazards("地质灾害", plot(-1000, 0, 2000, 2000))},
    )
    usable, excluded = sorted_out(place, unserved([(0, 0)]))
    assert len(usable)
    assert (usable.geometry.y < SOUTH).all()
    assert (excluded.geometry.y >= SOUTH - 0.5).all()


def test_generated_sites_keep_apart_from_kindergartens_known_sites_and_each_other() -> None:
    layers = {
        "kindergartens": gardens(kind=["public", "private"]),
        "candidates": sites([at(0, 400), at(50)]),
    }
    place = study(layers=layers, generate="grid", spacing_m=100.0, min_spacing_m=250.0,
                  accepts="public")  # fmt: skip
    usable, excluded = sorted_out(place, unserved([(0, 0), (1000, 0)]))
    made = usable[usable["source"] == "generated"]
    fixed = [at(0), at(0, 400), at(50)]
    gaps = [made.geometry.distance(p).min() for p in fixed]
    assert min(gaps) >= 250.0
    assert made.geometry.distance(at(1000)).min() < 250.0  # that kindergarten does not count
    between = [a.distance(b) for a, b in itertools.combinations(made.geometry, 2)]
    assert min(between) >= 250.0
    near = excluded.geometry.map(lambda p: min(p.distance(f) for f in fixed))
    assert (near < 250.0).all()
    assert excluded["reason_zh"].str.contains("一园|S0|S1").all()
    assert {"S0", "S1"} <= set(usable.index)


def test_of_two_generated_sites_the_one_with_more_children_stays() -> None:
    demand = unserved([(0, 0), (700, 0)], [10.0, 20.0])
    place = study(generate="demand", spacing_m=300.0, min_spacing_m=800.0)
    assert list(sorted_out(place, demand)[0].index) == ["near-D1"]
    wanted = study(generate="demand", spacing_m=300.0, min_spacing_m=800.0, required=("near-D0",))
    assert list(sorted_out(wanted, demand)[0].index) == ["near-D0"]


@pytest.mark.parametrize("spacing", [0.0, 0.01])
def test_a_spacing_that_cannot_be_is_refused(spacing: float) -> None:
    place = study(generate="grid", spacing_m=spacing)
    with pytest.raises(InputError, match="spacing_m"):
        sorted_out(place, unserved([(0, 0)]))


def test_an_id_of_the_layer_that_is_made_here_too_is_refused() -> None:
    layers = {"candidates": sites([at(100)], site_id=["near-D0"])}
    with pytest.raises(InputError, match="near-D0"):
        sorted_out(study(layers=layers, generate="demand"), unserved([(0, 0)]))


# --- wishes ------------------------------------------------------------------------------------


def test_required_sites_are_marked_and_forbidden_ones_excluded() -> None:
    usable, excluded = of_sites(
        sites([at(0), at(100), at(200)]), required=("S1",), forbidden=("S2",)
    )
    assert usable["required"].to_dict() == {"S0": False, "S1": True}
    assert list(excluded.index) == ["S2"]


@pytest.mark.parametrize("key", ["required", "forbidden"])
def test_a_wish_for_a_site_that_is_not_there_names_the_nearest(key: str) -> None:
    with pytest.raises(InputError, match=rf"siting\.{key}.*'P10'") as caught:
        of_sites(sites([at(0), at(100)], site_id=["P01", "A77"]), **{key: ("P10",)})
    assert "P01" in caught.value.hint


@pytest.mark.parametrize(
    ("columns", "wishes", "words"),
    [
        ({}, {"required": ("S0",), "forbidden": ("S0",)}, "at once"),
        ({"land_code": ["B1", None]}, {"required": ("S0",)}, "land code B1"),
        ({}, {"required": ("S0", "S1")}, "one place"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused_with_the_reason(
    columns: dict[str, object], wishes: dict[str, tuple[str, ...]], words: str
) -> None:
    same = [plot(0, 0, 50, 50), plot(0, 0, 50, 50)]
    with pytest.raises(InputError, match=words):
        of_sites(sites(same, **columns), **wishes)


def test_the_plan_file_says_all_of_it(tmp_path: Path) -> None:
    from kgspatial.inputs.planfile import read_plan_file

    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[siting]\ngenerate = "hexagons"\nmin_spacing_m = 300\nestates = true\nexpand = true\n'
        'land_codes = ["A33"]\nrequired = ["S1"]\nforbidden = ["S2"]\n',
        encoding="utf-8",
    )
    read = read_plan_file(plan).settings.siting
    assert (read.generate, read.min_spacing_m, read.estates, read.expand) == (
        *("hexagons", 300.0, True, True),
    )
    assert (read.land_codes, read.required, read.forbidden) == (("A33",), ("S1",), ("S2",))


def test_a_site_that_a_project_uses_already_is_excluded_with_its_name() -> None:
    candidates = sites([at(0), at(300)], max_classes=[6.0, 6.0])
    projects = pd.DataFrame({"name": ["East"], "site_id": ["S0"], "places_added": [90]})
    usable, excluded = of_sites(candidates, layers={"projects": projects})
    assert usable.index.tolist() == ["S1"]
    assert "East" in excluded.loc["S0", "reason_zh"]
    assert "East" in excluded.loc["S0", "reason_en"]
    stopped = projects.assign(progress="stopped")
    assert len(of_sites(candidates, layers={"projects": stopped})[0]) == 2

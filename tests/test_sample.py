"""The sample district: made anew it is the same, it is in order, and it shows what it was built for."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import kgspatial as kg
from kgspatial.balance import Balance
from kgspatial.demand import Demand, available_methods, backtest, births_by_unit, school_cohorts
from kgspatial.siting import SitePlan
from kgspatial.study import Study
from kgspatial.travel import straight

DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "sample"
HALF_RIVER_M = 55.0
COUNTS = {
    "communities": (90, 150),
    "kindergartens": (35, 50),
    "candidates": (40, 40),
    "units": (7, 7),
    "villages": (15, 40),
    "hazards": (6, 20),
    "streets": (300, 3000),
}
PROVINCES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽",
    "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西",
    "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "sample"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DATA))
        runpy.run_path(str(DATA / "make_sample.py"))["make_sample"](folder)
    return folder


@pytest.fixture(scope="module")
def study() -> Study:
    return kg.read_study(SAMPLE / "plan.toml")


@pytest.fixture(scope="module")
def demand(study: Study) -> Demand:
    return kg.estimate_demand(study)


@pytest.fixture(scope="module")
def balance(study: Study, demand: Demand) -> Balance:
    return kg.assess_balance(study, demand, kg.measure_travel(study, demand))


@pytest.fixture(scope="module")
def sites(study: Study, balance: Balance) -> SitePlan:
    return kg.propose_sites(study, balance)


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, object]]:
    return json.loads((SAMPLE / "answers.json").read_text(encoding="utf-8"))


def test_the_scripts_make_the_committed_files_byte_for_byte(made: Path) -> None:
    assert {p.name for p in made.iterdir()} == {p.name for p in SAMPLE.iterdir()}
    changed = [p.name for p in made.iterdir() if p.read_bytes() != (SAMPLE / p.name).read_bytes()]
    assert changed == []


def test_the_sample_stays_small() -> None:
    assert sum(p.stat().st_size for p in SAMPLE.iterdir()) <= 5_000_000


def test_reading_it_finds_nothing_wrong(study: Study, balance: Balance) -> None:
    assert set(study.problems["severity"]) <= {"note"}
    assert set(balance.problems["severity"]) <= {"note"}


def test_it_is_the_size_of_a_county_town(study: Study, demand: Demand) -> None:
    found = {name: len(frame) for name, frame in study.layers.items()}
    assert set(found) == set(COUNTS)
    wrong = {n: found[n] for n, (low, high) in COUNTS.items() if not low <= found[n] <= high}
    assert wrong == {}
    west, south, east, north = study.units.total_bounds
    assert 11_000 < east - west < 13_000
    assert 9_000 < north - south < 11_000
    assert 60_000 <= _residents(study) <= 90_000
    assert 0.025 < demand.points["children"].sum() / _residents(study) < 0.035


def _residents(study: Study) -> float:
    """Everybody: communities, and of the villages those whom no polygon shows."""
    inside = gpd.sjoin(study.villages, study.communities, predicate="within")["residents_right"]
    hamlets = study.villages["residents"].sub(inside, fill_value=0.0)
    assert (hamlets >= 0).all()
    return float(study.communities["residents"].sum() + hamlets.sum())


def test_the_grid_goes_before_the_registers(study: Study, demand: Demand) -> None:
    assert demand.method == "grid"
    assert available_methods(study, 2025) == ("register", "grid", "households", "norm", "cohort")


def test_births_fall_and_so_do_the_ages(study: Study) -> None:
    births = study.births.groupby("year")["births"].sum()
    assert births.index.tolist() == list(range(2019, 2025))
    assert births.is_monotonic_decreasing
    assert births[2024] < 0.8 * births[2019]
    ages = study.units[[f"age_{age}" for age in range(7)]]
    assert ages.sum().is_monotonic_increasing
    assert (ages["age_6"] > ages["age_0"]).all()


def test_the_register_misses_the_new_estate_and_holds_the_old_streets(
    study: Study, demand: Demand
) -> None:
    living = demand.points.groupby("unit_id")["children"].sum()
    ratio = study.units.set_index("unit_id")["children"] / living
    assert ratio["U04"] < 0.6, "those who moved in are registered elsewhere"
    assert (ratio[["U01", "U02", "U05", "U06", "U07"]] > 1.05).all()


def test_those_who_moved_in_were_born_elsewhere(study: Study) -> None:
    counted = study.units.set_index("unit_id")[["age_3", "age_4", "age_5"]].sum(axis=1)
    check = backtest(school_cohorts(births_by_unit(study), [2025]), counted)
    assert abs(check.bias) < 0.06
    assert check.units.loc["U04", "relative_error"] < -0.2
    assert check.units.loc["U06", "relative_error"] > 0.1


@pytest.mark.parametrize(
    ("layer", "column"),
    [
        ("communities", "community_id"),
        ("kindergartens", "kindergarten_id"),
        ("candidates", "site_id"),
        ("units", "unit_id"),
        ("villages", "village_id"),
    ],
)
def test_ids_and_names_are_given_once(study: Study, layer: str, column: str) -> None:
    frame = study.layers[layer]
    for once in (column, "name", "name_latin"):
        assert frame[once].notna().all()
        assert frame[once].is_unique, once


def test_no_name_is_that_of_a_province(study: Study) -> None:
    names = [n for frame in study.layers.values() for n in frame["name"].dropna()]
    assert [n for n in names if any(p in n for p in PROVINCES)] == []


def test_the_towns_tile_the_district(study: Study) -> None:
    district = study.units.union_all()
    assert district.geom_type == "Polygon"
    assert district.area == pytest.approx(study.units.area.sum(), rel=1e-6)


def test_everything_lies_inside_the_district(study: Study) -> None:
    district = study.units.union_all().buffer(1.0)
    outside = {n: int((~f.within(district)).sum()) for n, f in study.layers.items()}
    assert outside == dict.fromkeys(study.layers, 0)


def test_everything_lies_in_the_unit_that_it_names(study: Study) -> None:
    for frame in (study.communities, study.villages):
        assert (study.unit_of(frame.representative_point()) == frame["unit_id"]).all()


def test_nothing_but_bridges_stands_in_the_river(study: Study) -> None:
    river = study.streets[study.streets["barrier"].eq("river")].union_all()
    for name in ("communities", "kindergartens", "candidates", "villages"):
        assert study.layers[name].distance(river).min() > HALF_RIVER_M, name
    bridges = study.streets[study.streets["bridge"].fillna(False).astype(bool)]
    assert len(bridges) >= 4
    assert bridges.distance(river).min() > 200


def test_only_the_named_pair_of_communities_overlaps(
    study: Study, answers: dict[str, dict[str, object]]
) -> None:
    shapes = study.communities.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    area = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    ids = study.communities["community_id"].to_numpy()
    pairs = [{ids[i], ids[j]} for i, j, shared in zip(a, b, area, strict=True) if shared > 1.0]
    assert pairs == [set(answers["overlapping_communities"]["community_ids"])]
    assert area.max() < 0.1 * min(shapes[a[0]].area, shapes[b[0]].area)


def test_the_balance_is_one_of_shortage_and_surplus_side_by_side(
    demand: Demand, balance: Balance
) -> None:
    totals = balance.totals
    assert 0.75 < totals["coverage"] < 0.92
    assert totals["unserved"] > 0.1 * totals["children"]
    assert totals["vacant"] > 0.1 * totals["places"]
    assert totals["enrolled"] < totals["children"]
    assert (demand.points["source"] == "cell").any()


def test_kindergartens_differ_in_kind_and_in_how_full_they_are(study: Study) -> None:
    gardens = study.kindergartens
    assert set(gardens["kind"]) == {"public", "inclusive", "private"}
    assert (gardens["enrolled"] > gardens["places"]).sum() >= 3
    assert (gardens["enrolled"] < 0.5 * gardens["places"]).sum() >= 3
    assert (gardens["licensed"] == False).sum() == 1  # noqa: E712


def test_some_candidates_are_too_late_and_some_too_near_a_hazard(
    study: Study, sites: SitePlan
) -> None:
    assert set(study.candidates["source"]) == {"parcel", "idle_building", "expansion"}
    late = study.candidates["available_year"].gt(2025)
    assert late.sum() >= 3
    near = set(sites.excluded["site_id"]) - set(study.candidates.loc[late, "site_id"])
    assert len(near) >= 3


def test_the_new_estate_has_no_kindergarten_in_reach_and_its_plot_must_be_built_on(
    study: Study, balance: Balance, sites: SitePlan, answers: dict[str, dict[str, object]]
) -> None:
    answer = answers["new_estate_without_kindergarten"]
    estate = _rows(balance.communities, "community_id", answer["community_ids"])
    given = _rows(study.communities, "community_id", answer["community_ids"])
    assert (given["delivered_year"] >= 2022).all()
    assert estate["unreached"].sum() == pytest.approx(estate["children"].sum())
    assert sites.new == 3
    assert sites.result.status == "optimal"
    assert answer["site_id"] in set(sites.sites["site_id"])
    others = study.candidates[study.candidates["site_id"] != answer["site_id"]]
    without = kg.propose_sites(replace(study, candidates=others), balance)
    assert without.result.status == "optimal"
    assert without.result.bound < sites.result.objective - 0.25 * estate["children"].sum()


def test_the_factory_quarter_has_places_that_stay_vacant(
    balance: Balance, answers: dict[str, dict[str, object]]
) -> None:
    answer = answers["quarter_of_surplus"]
    gardens = _rows(balance.kindergartens, "kindergarten_id", answer["kindergarten_ids"])
    assert set(gardens["unit_id"]) == {answer["unit_id"]}
    assert gardens["vacant"].sum() > 0.4 * gardens["places"].sum()
    assert gardens["enrolled"].sum() < 0.6 * gardens["places"].sum()
    unit = _rows(balance.units, "unit_id", [answer["unit_id"]])
    assert unit["gap"].item() < 0


def test_the_river_cuts_a_bank_off_from_vacant_places(
    study: Study, demand: Demand, balance: Balance, answers: dict[str, dict[str, object]]
) -> None:
    answer = answers["bank_cut_off_by_the_river"]
    bank = _rows(balance.communities, "community_id", answer["community_ids"])
    assert bank["unreached"].sum() == pytest.approx(bank["children"].sum())
    across = _rows(balance.kindergartens, "kindergarten_id", answer["kindergarten_ids"])
    vacant = across[across["vacant"] > 10]
    settings = study.settings.travel
    dry = straight(bank, vacant, limit_m=settings.limit_m, detour=settings.detour)
    assert dry.reached.all()
    near = np.unique(dry.csr.indices)
    assert vacant["vacant"].to_numpy()[near].sum() > bank["children"].sum()
    on_land = straight(
        demand.points, study.kindergartens, limit_m=settings.limit_m, detour=settings.detour
    )
    bridged = kg.assess_balance(study, demand, on_land)
    bank_then = _rows(bridged.communities, "community_id", answer["community_ids"])
    assert bank_then["unserved"].sum() < 0.5 * bank["unserved"].sum()


def _rows(frame: gpd.GeoDataFrame, column: str, ids: object) -> gpd.GeoDataFrame:
    found = frame[frame[column].isin(list(ids))]
    assert len(found) == len(list(ids))
    return found

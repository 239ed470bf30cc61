"""Rules of choice: kinds that count, the nearest first, own estate first, who stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog
from shapely import Point, box

import kgspatial as kg
from kgspatial.balance import (
    allocate,
    allocate_by_choice,
    gaps_by_area,
    gaps_by_kind,
    gaps_by_kindergarten,
    gaps_over_years,
    own_pairs,
    priorities,
)
from kgspatial.errors import InputError
from kgspatial.inputs.settings import BalanceSettings
from kgspatial.supply import kindergarten_supply
from kgspatial.travel import TravelMatrix

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "plan.toml"
CRS = "EPSG:4549"
quick = settings(deadline=None, max_examples=50)


def random_town(seed: int) -> tuple[TravelMatrix, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    n, m = random.integers(2, 12), random.integers(1, 6)
    table = random.integers(1, 1200, (n, m)).astype(float)
    at = np.nonzero(table <= 800)
    csr = sparse.csr_array((table[at], at), shape=table.shape)
    names = [[f"{k}{i:02d}" for i in range(c)] for k, c in (("p", n), ("k", m))]
    travel = TravelMatrix(csr, *map(np.array, names), 800.0)
    return travel, random.integers(0, 30, n) / 2.0, random.integers(0, 60, m).astype(float)


towns = st.integers(0, 2**31).map(random_town)


class TestAllocation:
    @settings(deadline=None, max_examples=200)
    @given(towns)
    def test_it_serves_and_walks_as_a_linear_program_does(self, town: tuple) -> None:
        travel, children, places = town
        found = allocate(travel, children, places)
        table = travel.csr.tocoo()
        pairs = np.arange(table.nnz)
        if not table.nnz:
            assert found.sum() == 0
            return
        rows = [
            sparse.csr_array((np.ones(table.nnz), (index, pairs)), shape=(size, table.nnz))
            for index, size in ((table.row, len(children)), (table.col, len(places)))
        ]
        best = linprog(
            table.data - 1e6, A_ub=sparse.vstack(rows), b_ub=np.concatenate([children, places]),
            method="highs",
        )  # fmt: skip
        assert found.sum() == pytest.approx(best.x.sum(), abs=1e-6)
        assert found.multiply(travel.csr).sum() == pytest.approx(best.x @ table.data, abs=1e-3)

    @quick
    @given(towns, st.sampled_from(["most_served", "nearest"]), st.integers(0, 99))
    def test_no_rule_breaks_places_children_or_limit(
        self, town: tuple, order: str, seed: int
    ) -> None:
        travel, children, places = town
        random = np.random.default_rng(seed)
        own = sparse.csr_array(random.integers(0, 2, travel.csr.shape).astype(float))
        stays = random.integers(0, 70, len(places)).astype(float)
        found = allocate_by_choice(travel, children, places, order=order, own=own, stays=stays)
        assert (found.sum(axis=1) <= children + 1e-6).all()
        assert (found.sum(axis=0) <= places + 1e-6).all()
        pairs = found.tocoo()
        stored = set(zip(*travel.csr.tocoo().coords, strict=True))
        assert (
            set(zip(pairs.row[pairs.data > 1e-9], pairs.col[pairs.data > 1e-9], strict=True))
            <= stored
        )

    @quick
    @given(towns)
    def test_without_rules_it_is_the_plain_allocation(self, town: tuple) -> None:
        found = allocate_by_choice(*town)
        np.testing.assert_allclose(found.toarray(), allocate(*town).toarray())

    @quick
    @given(towns)
    def test_any_rule_serves_no_more_than_the_free_allocation(self, town: tuple) -> None:
        travel, _children, places = town
        most = allocate(*town).sum()
        own = sparse.csr_array(np.eye(*travel.csr.shape))
        for rules in ({"order": "nearest"}, {"own": own}, {"stays": places / 2}):
            assert allocate_by_choice(*town, **rules).sum() <= most + 1e-6

    def test_an_estate_fills_its_own_kindergarten_before_nearer_ones_do(self) -> None:
        csr = sparse.csr_array(np.array([[100.0, 300.0], [200.0, 50.0]]))
        travel = TravelMatrix(csr, ["a", "b"], ["k", "m"], 500.0)
        own = own_pairs(["b", None], ["b", None])
        assert own.toarray().tolist() == [[1, 0], [0, 0]]
        own = own_pairs(["a", "b"], ["b", None])
        found = allocate_by_choice(travel, [10, 10], [10, 10], own=own).toarray()
        assert found.tolist() == [[0, 10], [10, 0]]

    def test_who_is_enrolled_stays_even_where_more_could_be_served(self) -> None:
        csr = sparse.csr_array(
            (np.array([100.0, 150.0, 200.0]), ([0, 1, 1], [0, 0, 1])), shape=(2, 2)
        )
        travel = TravelMatrix(csr, ["a", "b"], ["k", "m"], 500.0)
        free = allocate_by_choice(travel, [10, 10], [10, 10])
        assert free.sum() == 20
        kept = allocate_by_choice(travel, [4, 10], [10, 0], stays=[10, np.nan])
        assert kept.sum() == 10


def town_study(**balance: object) -> tuple[kg.Study, kg.Demand]:
    east, north = 500_000.0, 2_700_000.0
    homes = gpd.GeoDataFrame(
        {"community_id": ["C1", "C2"], "children": [60.0, 30.0], "name": ["甲", "乙"]},
        geometry=[box(east + x, north, east + x + 100, north + 100) for x in (0, 400)],
        crs=CRS,
    )
    schools = gpd.GeoDataFrame(
        {
            "kindergarten_id": ["K1", "K2", "K3"],
            "places": [40.0, 20.0, 30.0],
            "kind": ["public", "inclusive", "private"],
            "enrolled": [40.0, 10.0, 15.0],
            "supports_community": ["C2", None, None],
        },
        geometry=[Point(east + x, north + 50) for x in (150, 350, 2500)],
        crs=CRS,
    )
    rules = kg.inputs.settings.Settings(balance=BalanceSettings(**balance))
    study = kg.Study(communities=homes, kindergartens=schools, settings=rules)
    return study, kg.estimate_demand(study)


class TestBalanceUnderRules:
    def assessed(self, **balance: object) -> kg.Balance:
        study, demand = town_study(**balance)
        return kg.assess_balance(study, demand, kg.measure_travel(study, demand, limit_m=500))

    @pytest.mark.parametrize(
        ("accepts", "places"), [("all", 90.0), ("inclusive", 60.0), ("public", 40.0)]
    )
    def test_only_kinds_that_families_accept_are_supply(self, accepts: str, places: float) -> None:
        found = self.assessed(accepts=accepts)
        assert found.totals["places"] == places
        left_out = found.kindergartens["not_counted"].dropna().tolist()
        assert left_out == ["not_accepted"] * (3 - found.kindergartens["counted"].sum())

    def test_own_estate_first_moves_children_not_places(self) -> None:
        plain, own = self.assessed(), self.assessed(own_estate_first=True)
        assert own.assignment.toarray()[1, 0] == pytest.approx(30)
        assert plain.totals["served"] == own.totals["served"] == 60

    def test_nearest_first_serves_no_more(self) -> None:
        assert self.assessed(allocation="nearest").totals["served"] <= 60

    def test_children_are_conserved_under_every_rule(self) -> None:
        for rules in (
            {"keep_enrolled": True},
            {"allocation": "nearest"},
            {"own_estate_first": True},
        ):
            totals = self.assessed(**rules).totals
            assert totals["served"] + totals["unserved"] == pytest.approx(90)


@pytest.fixture(scope="module")
def sample() -> tuple[kg.Study, kg.Demand, kg.Balance]:
    study = kg.read_study(SAMPLE)
    demand = kg.estimate_demand(study)
    return study, demand, kg.assess_balance(study, demand, kg.measure_travel(study, demand))


class TestGaps:
    def test_towns_add_up_to_the_area_and_kinds_to_the_totals(self, sample: tuple) -> None:
        study, _, balance = sample
        by_unit, totals = gaps_by_area(balance, study.units), balance.totals
        for column in ("children", "served", "unserved", "unreached", "places", "vacant"):
            assert by_unit[column].sum() == pytest.approx(totals[column])
        kinds = by_unit.filter(like="places_").sum().sum()
        assert kinds == pytest.approx(totals["places"])
        by_kind = gaps_by_kind(balance)
        for column in ("places", "served", "vacant"):
            assert by_kind[column].sum() == pytest.approx(totals[column])
        assert by_kind["enrolled"].sum() == pytest.approx(totals["enrolled"])

    def test_districts_of_ones_own_add_up_to_towns(self, sample: tuple) -> None:
        study, _, balance = sample
        halves = []
        for row in study.units.itertuples():
            west, south, east, north = row.geometry.bounds
            middle = (west + east) / 2
            for name, part in (
                ("w", box(west, south, middle, north)), ("e", box(middle, south, east, north)),
            ):  # fmt: skip
                halves.append({"zone": f"{row.unit_id}-{name}", "geometry": row.geometry & part})
        zones = gpd.GeoDataFrame(halves, crs=study.crs)
        fine = gaps_by_area(balance, zones, id_column="zone")
        coarse = gaps_by_area(balance, study.units).set_index("unit_id")
        summed = fine.drop(columns=["zone", "gap_classes"]).groupby(fine["zone"].str[:3]).sum()
        for unit in study.units["unit_id"]:
            np.testing.assert_allclose(
                summed.loc[unit], coarse.loc[unit, summed.columns].astype(float), atol=1e-6
            )

    def test_children_without_a_place_are_out_of_reach_or_before_full_doors(
        self, sample: tuple
    ) -> None:
        study, _, balance = sample
        table = gaps_by_area(balance, study.units)
        np.testing.assert_allclose(table["unreached"] + table["crowded"], table["unserved"])

    def test_gaps_keep_their_sign_and_classes_follow_them(self, sample: tuple) -> None:
        study, _, balance = sample
        table = gaps_by_area(balance, study.units, places_per_class=30)
        np.testing.assert_allclose(table["gap"], table["children"] - table["places"])
        assert (table["gap"] < 0).any()
        assert (np.sign(table["gap_classes"]) == np.sign(table["gap"])).all()
        assert (table["gap_classes"].abs() * 30 >= table["gap"].abs() - 1e-6).all()
        assert ((table["gap_classes"].abs() - 1) * 30 < table["gap"].abs()).all()

    def test_extra_places_are_the_children_before_full_doors(self, sample: tuple) -> None:
        _, _, balance = sample
        table = gaps_by_kindergarten(balance, under_used=0.5)
        waiting = balance.demand["unserved"].sum() - balance.demand["unreached"].sum()
        assert table["extra_places"].sum() == pytest.approx(waiting)
        assert (table.loc[table["extra_places"] > 0.5, "utilisation"] > 0.999).all()
        assert (table["under_used"] == (table["utilisation"] < 0.5)).all()

    def test_a_kind_with_a_missing_enrolment_is_not_added_up(self, sample: tuple) -> None:
        _, _, balance = sample
        gardens = balance.kindergartens.copy()
        first = gardens.index[gardens["counted"].astype(bool) & (gardens["kind"] == "private")][0]
        gardens.loc[first, "enrolled"] = np.nan
        found = gaps_by_kind(replace(balance, kindergartens=gardens))["enrolled"]
        assert np.isnan(found["private"])
        assert found["public"] > 0

    def test_with_fewer_births_the_gap_falls_year_by_year(self, sample: tuple) -> None:
        study, _, _ = sample
        table = gaps_over_years(study, [2026, 2029], scenarios=("low", "high"))
        assert table["scenario"].tolist() == ["low", "high"] * 2
        np.testing.assert_allclose(table["served"] + table["unserved"], table["children"])
        low = table[table["scenario"] == "low"].set_index("year")["gap"]
        high = table[table["scenario"] == "high"].set_index("year")["gap"]
        assert low[2029] < low[2026]
        assert low[2029] < high[2029]


class TestPriorities:
    def test_most_children_without_a_place_come_first(self, sample: tuple) -> None:
        study, _, balance = sample
        table = priorities(study, balance)
        assert table["unserved"].is_monotonic_decreasing
        assert table["rank"].tolist() == list(range(1, len(table) + 1))
        own = balance.communities.set_index("community_id")["unserved"]
        np.testing.assert_allclose(table["unserved"], own.loc[table["id"]])
        assert set(own[own >= 0.5].index) == set(table["id"])

    def test_who_waits_before_full_doors_finds_no_free_place_within_the_limit(
        self, sample: tuple
    ) -> None:
        study, _, balance = sample
        table = priorities(study, balance)
        free = table["nearest_free_m"].dropna()
        assert (free > balance.travel.limit_m).all()
        assert len(free) > 5

    def test_units_add_up_to_all_children_without_a_place(self, sample: tuple) -> None:
        study, _, balance = sample
        table = priorities(study, balance, by="unit")
        small = balance.units.loc[balance.units["unserved"] < 0.5, "unserved"].sum()
        assert table["unserved"].sum() + small == pytest.approx(balance.totals["unserved"])

    def test_the_trend_is_that_of_the_later_state_and_stands_in_the_reason(
        self, sample: tuple
    ) -> None:
        study, demand, balance = sample
        fewer = replace(demand, points=demand.points.assign(children=demand.points["children"] / 2))
        later = replace(kg.assess_balance(study, fewer, balance.travel), year=2030)
        table = priorities(study, balance, by="unit", later=later)
        assert (table["trend"] <= 0).all()
        assert table["reason_en"].str.contains("2030").all()
        assert table["reason_zh"].str.contains("2030年").all()
        other = replace(later, demand=later.demand.iloc[1:])
        with pytest.raises(InputError, match="other demand points"):
            priorities(study, balance, later=other)

    def test_where_all_are_served_nobody_comes_first(self) -> None:
        study, demand = town_study()
        plenty = replace(demand, points=demand.points.assign(children=1.0))
        balance = kg.assess_balance(study, plenty, kg.measure_travel(study, plenty, limit_m=500))
        assert not len(priorities(study, balance))
        assert isinstance(priorities(study, balance), pd.DataFrame)


def test_a_million_pairs_are_assigned() -> None:
    random = np.random.default_rng(5)
    n, m, each = 20_000, 400, 50
    rows = np.repeat(np.arange(n), each)
    columns = np.concatenate([random.choice(m, each, replace=False) for _ in range(n)])
    csr = sparse.csr_array((random.uniform(1, 900, n * each), (rows, columns)), shape=(n, m))
    children, places = random.gamma(0.5, 2.0, n), random.integers(20, 70, m).astype(float)
    found = allocate(csr, children, places)
    assert found.sum() == pytest.approx(min(children.sum(), places.sum()), rel=1e-3)


def test_supply_of_another_kind_keeps_its_row(sample: tuple) -> None:
    study, _, _ = sample
    settings_ = replace(study.settings, balance=BalanceSettings(accepts="public"))
    other = object.__new__(type(study))
    other.__dict__.update(study.__dict__ | {"settings": settings_})
    table = kindergarten_supply(other, year=2025)
    assert len(table) == len(study.kindergartens)
    assert set(table.loc[table["counted"], "kind"]) == {"public"}

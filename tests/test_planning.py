"""Layouts of a study over phases: what is proposed, what it says of it, and what it keeps to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

import kgspatial as kg
from kgspatial.inputs.settings import PlanSettings, Settings, TravelSettings
from kgspatial.siting import LayoutPlan

SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "plan.toml"
CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_710_000.0
BUILDING = ("build", "convert", "expand")


@pytest.fixture(scope="module")
def sample() -> tuple[kg.Study, kg.Balance]:
    study = kg.read_study(SAMPLE)
    demand = kg.estimate_demand(study)
    return study, kg.assess_balance(study, demand, kg.measure_travel(study, demand))


@pytest.fixture(scope="module")
def falling(sample: tuple[kg.Study, kg.Balance]) -> LayoutPlan:
    """Three new sites, everything allowed, nothing that stands half empty."""
    return kg.plan_layout(*sample, kg.LayoutSettings(years=(2028, 2033), new=3, least_use=0.6))


def town(
    children: list[tuple[float, float]],
    gardens: list[tuple[float, float, str]],
    sites: list[tuple[float, str, float]],
    *,
    units: int = 1,
    profile: str = "national",
) -> tuple[kg.Study, kg.Balance]:
    """Estates, kindergartens and candidates along a street: metres from the west, and a number."""

    def at(metres: float) -> Point:
        return Point(WEST + metres, SOUTH)

    homes = gpd.GeoDataFrame(
        {
            "community_id": [f"C{i}" for i in range(len(children))],
            "children": [c for _, c in children],
        },
        geometry=[at(x).buffer(20) for x, _ in children],
        crs=CRS,
    )
    layer = gpd.GeoDataFrame(
        {
            "kindergarten_id": [f"K{i}" for i in range(len(gardens))],
            "places": [p for _, p, _ in gardens],
            "kind": [k for _, _, k in gardens],
        },
        geometry=[at(x) for x, _, _ in gardens],
        crs=CRS,
    )
    candidates = gpd.GeoDataFrame(
        {
            "site_id": [f"S{i}" for i in range(len(sites))],
            "source": [s for _, s, _ in sites],
            "max_classes": [m for _, _, m in sites],
        },
        geometry=[at(x) for x, _, _ in sites],
        crs=CRS,
    )
    width = 10_000.0 / units
    strips = [
        box(WEST + i * width - 500, SOUTH - 500, WEST + (i + 1) * width - 500, SOUTH + 500)
        for i in range(units)
    ]
    areas = gpd.GeoDataFrame({"unit_id": [f"U{i}" for i in range(units)]}, geometry=strips, crs=CRS)
    study = kg.Study(
        communities=homes,
        kindergartens=layer,
        candidates=candidates,
        units=areas,
        crs=CRS,
        settings=Settings(
            plan=PlanSettings(year=2025, profile=profile), travel=TravelSettings(limit_m=500)
        ),
    )
    demand = kg.estimate_demand(study)
    return study, kg.assess_balance(study, demand, kg.measure_travel(study, demand))


YEARS = kg.LayoutSettings(years=(2028, 2033))


class TestOnTheSample:
    def test_the_plan_is_proven(self, falling: LayoutPlan) -> None:
        assert falling.result.status == "optimal"
        assert [g.goal for g in falling.result.goals] == ["served", "cost"]

    def test_children_are_conserved_in_every_phase_and_unit(self, falling: LayoutPlan) -> None:
        table = falling.phases
        both = (table["served"] + table["unserved"]).to_numpy()
        assert both == pytest.approx(table["children"].to_numpy())
        both = (table["served"] + table["vacant"]).to_numpy()
        assert both == pytest.approx(table["places"].to_numpy())
        by_year = falling.units.groupby("year")[["children", "served", "places"]].sum()
        for name in by_year:
            assert by_year[name].to_numpy() == pytest.approx(table[name].to_numpy())

    def test_nothing_built_stands_empty_at_the_horizon(self, falling: LayoutPlan) -> None:
        new = falling.actions[falling.actions["action"].isin(BUILDING)]
        assert len(new)
        assert (new["use_2033"] >= 0.6 - 1e-6).all()

    def test_with_falling_births_an_old_kindergarten_grows_where_a_new_one_would_stand_empty(
        self, sample: tuple[kg.Study, kg.Balance]
    ) -> None:
        """By the number of children served alone, buildings are planned that births leave empty.

        Where what is built must be used to the end, such a building is not proposed, and an old
        kindergarten is expanded instead, by as many classes as are used to the end.
        """
        layout = kg.LayoutSettings(years=(2026, 2033), scenarios=("low",), actions=BUILDING, new=6)
        plain = kg.plan_layout(*sample, layout).actions
        used = kg.plan_layout(*sample, replace(layout, least_use=0.6)).actions
        empty = plain[(plain["action"] == "build") & (plain["use_2033"] < 0.2)]
        dropped = empty[~empty["subject_id"].isin(used["subject_id"])]
        assert len(dropped)
        instead = used[used["action"].isin(("expand", "convert"))]
        assert len(instead)
        assert not instead["subject_id"].isin(plain["subject_id"]).any()
        assert (used["use_2033"] >= 0.6 - 1e-6).all()

    def test_no_child_loses_a_place_where_kindergartens_close(self, falling: LayoutPlan) -> None:
        gone = falling.actions[falling.actions["action"].isin(("close", "merge"))]
        assert len(gone)
        assert gone["worth"].to_numpy() == pytest.approx(0.0, abs=1e-3)
        merged = gone[gone["action"] == "merge"]
        assert merged["into_id"].notna().all()
        assert gone[gone["action"] == "close"]["into_id"].isna().all()

    def test_the_worth_of_an_action_is_the_objective_without_it(
        self, sample: tuple[kg.Study, kg.Balance], falling: LayoutPlan
    ) -> None:
        """Only building is allowed, so that a plan for two sites cannot make up elsewhere."""
        layout = kg.LayoutSettings(years=(2028,), new=3, actions=("build",))
        study, balance = sample
        plan = kg.plan_layout(study, balance, layout)
        last = plan.actions.sort_values("worth").iloc[0]
        fewer = replace(
            study,
            candidates=study.candidates[
                study.candidates["site_id"].isin(
                    plan.actions.loc[plan.actions["subject_id"] != last["subject_id"], "subject_id"]
                )
            ],
        )
        without = kg.plan_layout(fewer, balance, layout)
        lost = plan.result.objective - without.result.objective
        assert last["worth"] == pytest.approx(lost, abs=1e-3)

    def test_the_runner_up_is_no_better(self, falling: LayoutPlan) -> None:
        new = falling.actions[falling.actions["runner_up"].notna()]
        assert len(new)
        assert (new["runner_up_difference"] >= 0).all()
        assert not set(new["runner_up"]) & set(falling.actions["subject_id"])

    def test_newly_served_and_moved_are_all_who_go_there(self, falling: LayoutPlan) -> None:
        built = falling.actions[falling.actions["action"] == "build"]
        used = built["use_2028"] * built["places"]
        together = built["newly_served"] + built["moved_here"]
        assert together.to_numpy() == pytest.approx(used.to_numpy(), abs=1e-3)

    def test_reasons_are_whole_sentences_in_both_languages(self, falling: LayoutPlan) -> None:
        for column in ("reason_zh", "reason_en"):
            texts = " ".join(falling.actions[column])
            assert "nan" not in texts
            assert "None" not in texts
        assert falling.actions["reason_zh"].str.endswith("。").all()

    def test_more_sites_never_serve_fewer(self, sample: tuple[kg.Study, kg.Balance]) -> None:
        curve = kg.trade_off(*sample, replace(YEARS, actions=BUILDING), new=range(4))
        assert curve["new"].tolist() == [0, 1, 2, 3]
        assert (curve["added"].dropna() >= 0).all()
        assert (curve["added"].dropna().diff().dropna() <= 1e-6).all()
        assert (curve["bound"] >= curve["served"] - 1e-6).all()

    def test_scenarios_alone_and_together(self, sample: tuple[kg.Study, kg.Balance]) -> None:
        layout = replace(YEARS, new=2, actions=BUILDING, scenarios=("low", "high"), least_use=0.6)
        table = kg.compare_scenarios(*sample, layout).set_index("subject_id")
        assert list(table.columns) == ["low", "high", "together", "in_all"]
        for _, row in table.iterrows():
            same = row["low"].split(" ")[0] == row["high"].split(" ")[0] != ""
            assert row["in_all"] == same

    def test_sensitivity_counts_variants(self, sample: tuple[kg.Study, kg.Balance]) -> None:
        layout = replace(YEARS, new=2, actions=BUILDING)
        variants, chosen = kg.sensitivity(
            *sample, layout, demand=(0.5,), costs=(2.0,), limits_m=(600.0,)
        )
        assert variants["variant"].tolist() == ["plan", "children x 0.5", "cost x 2", "limit 600 m"]
        assert variants["cost_wan"][2] == pytest.approx(variants["cost_wan"][0])
        assert variants["served"][1] < variants["served"][0]
        assert set(chosen["share"]) <= {0.25, 0.5, 0.75, 1.0}


class TestConditions:
    def test_one_kindergarten_for_all_who_walk_there_is_cheaper_than_two_half_empty_ones(
        self,
    ) -> None:
        study, balance = town(
            [(0, 30), (400, 30)], [(100, 90, "public"), (300, 90, "public")], [(9_000, "parcel", 6)]
        )
        plan = kg.plan_layout(study, balance, replace(YEARS, close_below=0.7, actions=("close",)))
        assert plan.actions["action"].tolist() == ["merge"]
        row = plan.actions.iloc[0]
        assert {row["subject_id"], row["into_id"]} == {"K0", "K1"}
        assert plan.phases["served"].tolist() == pytest.approx([60.0, 60.0])

    def test_a_kindergarten_stays_where_closing_would_cost_a_child_its_place(self) -> None:
        study, balance = town(
            [(0, 30), (900, 30)], [(0, 90, "public"), (900, 90, "public")], [(9_000, "parcel", 6)]
        )
        plan = kg.plan_layout(study, balance, replace(YEARS, close_below=0.7, actions=("close",)))
        assert not len(plan.actions)

    def test_each_unit_keeps_a_public_kindergarten_where_the_profile_says_so(self) -> None:
        where = {
            "children": [(4_300, 30), (4_700, 30)],
            "gardens": [(4_300, 90, "public"), (4_600, 90, "public")],
            "sites": [(9_000, "parcel", 6.0)],
        }
        layout = replace(YEARS, close_below=0.7, actions=("close",))
        study, balance = town(**where, units=2)  # type: ignore[arg-type]
        free = kg.plan_layout(study, balance, replace(layout, central=False))
        bound = kg.plan_layout(study, balance, layout)
        assert free.actions["action"].tolist() == ["merge"]
        assert not len(bound.actions)

    def test_streets_are_not_bound_by_a_clause_on_towns(self) -> None:
        study, balance = town(
            [(4_300, 30), (4_700, 30)],
            [(4_300, 90, "public"), (4_600, 90, "public")],
            [(9_000, "parcel", 6.0)],
            units=2,
        )
        streets = replace(study, units=study.units.assign(name=["东街道", "西街道"]))
        towns = replace(study, units=study.units.assign(name=["东镇", "西镇"]))
        layout = replace(YEARS, close_below=0.7, actions=("close",))
        assert len(kg.plan_layout(streets, balance, layout).actions) == 1
        assert not len(kg.plan_layout(towns, balance, layout).actions)
        named = replace(streets.settings.plan, profile="enping_2023")
        enping = replace(streets, settings=replace(streets.settings, plan=named))
        assert not len(kg.plan_layout(enping, balance, layout).actions)

    def test_a_unit_where_nothing_public_can_stand_is_named_and_does_not_block(self) -> None:
        study, balance = town(
            [(0, 30)], [(0, 90, "private")], [(100, "parcel", 6)], units=2, profile="enping_2023"
        )
        plan = kg.plan_layout(study, balance, replace(YEARS, actions=("close",)))
        assert [name.split(": ")[1] for name in plan.unmet] == ["U0", "U1"]
        assert plan.result.status == "optimal"

    def test_a_share_of_public_places_is_reached_by_changing_kinds(self) -> None:
        study, balance = town(
            [(0, 90)], [(0, 60, "private"), (100, 60, "public")], [(9_000, "parcel", 6)]
        )
        layout = replace(YEARS, actions=("kind",), public_share=0.7, costs={"kind": 0.05})
        plan = kg.plan_layout(study, balance, layout)
        assert plan.actions[["subject_id", "action", "kind"]].to_numpy().tolist() == [
            ["K0", "kind", "public"]
        ]
        assert plan.result.status == "optimal"

    def test_money_of_each_phase_is_kept(self) -> None:
        study, balance = town(
            [(0, 90), (3_000, 90)],
            [(9_000, 30, "public")],
            [(0, "parcel", 3), (3_000, "parcel", 3)],
        )
        layout = replace(YEARS, budget_wan=(405.0, 405.0), costs={"build": 4.5})
        plan = kg.plan_layout(study, balance, layout)
        built = plan.actions[plan.actions["action"] == "build"]
        assert built["year"].tolist() == [2028, 2033]
        assert built["cost_wan"].tolist() == pytest.approx([405.0, 405.0])

    def test_a_floor_that_money_cannot_reach_says_how_much_is_missing(self) -> None:
        study, balance = town(
            [(0, 90)], [(9_000, 30, "public")], [(0, "parcel", 3)],
        )  # fmt: skip
        layout = replace(YEARS, least_served=1.0, budget_wan=(300.0, 300.0), costs={"build": 4.5})
        plan = kg.plan_layout(study, balance, layout)
        assert plan.result.status == "infeasible"
        assert not len(plan.actions)
        assert "infeasible" in repr(plan)
        row = plan.shortfall.iloc[0]
        assert (row["condition"], row["year"]) == ("budget", 2028)
        assert (row["asked"], row["missing"]) == pytest.approx((300.0, 105.0))

    def test_who_nothing_reaches_is_named_with_the_metres_that_are_missing(self) -> None:
        study, balance = town([(0, 90), (3_000, 10)], [(0, 90, "public")], [(2_000, "parcel", 3)])
        plan = kg.plan_layout(study, balance, YEARS)
        (row,) = plan.unreachable.to_dict(orient="records")
        assert row["children"] == 10
        assert row["nearest_id"] == "S0"
        assert row["beyond_m"] == pytest.approx(500.0)

    def test_a_village_of_4000_keeps_its_kindergarten_where_the_profile_says_so(self) -> None:
        study, balance = town(
            [(0, 30), (400, 30)],
            [(0, 90, "public"), (400, 90, "inclusive")],
            [(9_000, "parcel", 6)],
            profile="enping_2023",
        )
        village = gpd.GeoDataFrame(
            {"village_id": ["V1"], "residents": [4000]},
            geometry=[box(WEST + 350, SOUTH - 50, WEST + 450, SOUTH + 50)],
            crs=CRS,
        )
        layout = replace(YEARS, close_below=0.7, actions=("close",))
        assert kg.plan_layout(study, balance, layout).actions["subject_id"].tolist() == ["K1"]
        with_village = replace(study, villages=village)
        assert not len(kg.plan_layout(with_village, balance, layout).actions)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("layout", "words"),
        [
            (kg.LayoutSettings(), "years of its phases"),
            (kg.LayoutSettings(years=(2033, 2028)), "follow one another"),
            (kg.LayoutSettings(years=(2020,)), "plan's year on"),
            (kg.LayoutSettings(years=(2028,), budget_wan=(1.0, 2.0)), "2 sums for 1 phases"),
            (kg.LayoutSettings(years=(2028,), likelihood=(1.0, 2.0)), "each scenario"),
            (kg.LayoutSettings(years=(2028,), costs={"bild": 1.0}), "no cost 'bild'"),
            (kg.LayoutSettings(years=(2028,), goals=("speed",)), "no goal 'speed'"),
        ],
    )
    def test_settings_that_do_not_fit(self, layout: kg.LayoutSettings, words: str) -> None:
        study, balance = town([(0, 30)], [(0, 90, "public")], [(100, "parcel", 6)])
        with pytest.raises(kg.InputError, match=words):
            kg.plan_layout(study, balance, layout)

    def test_a_trade_off_over_both(self) -> None:
        study, balance = town([(0, 30)], [(0, 90, "public")], [(100, "parcel", 6)])
        with pytest.raises(kg.InputError, match="not over both"):
            kg.trade_off(study, balance, YEARS, new=(1,), budgets_wan=(1.0,))


def test_a_plan_of_nothing_to_do_says_so() -> None:
    study, balance = town([(0, 80)], [(0, 90, "public")], [(100, "parcel", 6)])
    plan = kg.plan_layout(study, balance, YEARS)
    assert "nothing to do" in repr(plan)
    assert isinstance(plan.actions, gpd.GeoDataFrame)
    assert pd.isna(plan.phases["moved"][0])
    assert np.isclose(plan.phases["served"], 80.0).all()

"""Layouts at the edges of what planners bring: layers that are missing, kindergartens that come and go."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box
from test_planning import CRS, SOUTH, WEST, YEARS, town

import kgspatial as kg
from kgspatial.siting import LayoutPlan

HOMES = [(0, 80), (300, 40), (900, 60)]
GARDENS = [(0, 60, "public"), (800, 30, "private")]
SITES = [(250, "parcel", 6.0), (950, "idle_building", 3.0)]
GROWING = [(0, "expansion", 3.0), (950, "parcel", 3.0)]
Edit = Callable[[kg.Study], kg.Study]


def with_columns(layer: str, **columns: object) -> Edit:
    return lambda study: replace(study, **{layer: getattr(study, layer).assign(**columns)})


def with_siting(**values: object) -> Edit:
    def edit(study: kg.Study) -> kg.Study:
        siting = replace(study.settings.siting, **values)
        return replace(study, settings=replace(study.settings, siting=siting))

    return edit


def with_balance(**values: object) -> Edit:
    def edit(study: kg.Study) -> kg.Study:
        balance = replace(study.settings.balance, **values)
        return replace(study, settings=replace(study.settings, balance=balance))

    return edit


def with_travel(**values: object) -> Edit:
    def edit(study: kg.Study) -> kg.Study:
        travel = replace(study.settings.travel, **values)
        return replace(study, settings=replace(study.settings, travel=travel))

    return edit


def edited(
    *edits: Edit,
    homes: list[tuple[float, float]] = HOMES,
    gardens: list[tuple[float, float, str]] = GARDENS,
    sites: list[tuple[float, str, float]] = SITES,
    units: int = 1,
) -> tuple[kg.Study, kg.Balance]:
    study, _ = town(homes, gardens, sites, units=units)
    for edit in edits:
        study = edit(study)
    demand = kg.estimate_demand(study)
    return study, kg.assess_balance(study, demand, kg.measure_travel(study, demand))


def is_sound(plan: LayoutPlan) -> None:
    """Children are conserved, states agree with phases, uses with places, and words are whole."""
    table = plan.phases
    assert (table["served"] + table["unserved"]).to_numpy() == pytest.approx(table["children"])
    assert (table["served"] + table["vacant"]).to_numpy() == pytest.approx(table["places"])
    first = table[table["scenario"] == table["scenario"].iloc[0]].set_index("year")
    for year, state in plan.after.items():
        assert state.totals["served"] == pytest.approx(first["served"][year], abs=1e-3)
        assert state.totals["places"] == pytest.approx(first["places"][year], abs=1e-3)
    actions = plan.actions
    for year, rows in actions.groupby("year"):
        assert rows["newly_served"].sum() <= first["served"][year] + 1e-3
        own = plan.after[year].kindergartens.set_index("kindergarten_id")
        for row in rows.itertuples():
            if row.subject_id in own.index and row.places > 0:
                used = getattr(row, f"use_{year}") * row.places
                assert own["served"][row.subject_id] == pytest.approx(used, abs=1e-3)
    for column in ("reason_zh", "reason_en", "rules_zh", "rules_en"):
        for text in actions[column].dropna():
            assert "nan" not in text
            assert "None" not in text


def written(tmp_path: Path, study: kg.Study, balance: kg.Balance, plan: LayoutPlan) -> dict:
    kg.write_outputs(tmp_path / "out", study, balance, layout=plan)

    def refused(name: str) -> None:
        raise AssertionError(name)

    text = (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refused)


LAYERS: dict[str, tuple[Edit, ...]] = {
    "no units": (lambda study: replace(study, units=None),),
    "no candidates": (lambda study: replace(study, candidates=None),),
    "no kinds": (with_columns("kindergartens", kind=None),),
    "one without a licence": (with_columns("kindergartens", licensed=[False, True]),),
    "one that closes": (with_columns("kindergartens", closes_year=[2030, np.nan]),),
    "one that opens": (with_columns("kindergartens", opened_year=[np.nan, 2030]),),
    "only public ones accepted": (with_balance(accepts="public"),),
    "names that break things": (
        with_columns("kindergartens", name=["{0}<b>", None]),
        with_columns("candidates", name=['=HYPERLINK("a")', "<script>{x}</script>"]),
    ),
}


@pytest.mark.parametrize("edits", LAYERS.values(), ids=LAYERS.keys())
def test_a_plan_is_made_and_written_whatever_is_missing(
    edits: tuple[Edit, ...], tmp_path: Path
) -> None:
    study, balance = edited(*edits)
    plan = kg.plan_layout(study, balance, YEARS)
    assert plan.result.status == "optimal"
    assert len(plan.actions)
    is_sound(plan)
    summary = written(tmp_path, study, balance, plan)
    assert len(summary["layout"]["actions"]) == len(plan.actions)


ODD = {
    "distance only": replace(YEARS, goals=("distance",)),
    "cost only": replace(YEARS, goals=("cost",)),
    "actions before children": replace(YEARS, goals=("actions", "served")),
    "no sites": replace(YEARS, new=0),
    "no money": replace(YEARS, budget_wan=(0.0, 0.0)),
}


@pytest.mark.parametrize("layout", ODD.values(), ids=ODD.keys())
def test_nothing_is_done_where_no_goal_or_no_means_call_for_it(layout: kg.LayoutSettings) -> None:
    plan = kg.plan_layout(*edited(), layout)
    assert plan.result.status == "optimal"
    assert not len(plan.actions)
    is_sound(plan)


class TestWalks:
    """A street along the south, or a matrix of the planner's own."""

    def test_along_streets(self) -> None:
        street = gpd.GeoDataFrame(
            geometry=[LineString([(WEST - 200, SOUTH), (WEST + 1_500, SOUTH)])], crs=CRS
        )
        by_street = with_travel(method="street")
        study, balance = edited(lambda study: replace(study, streets=street), by_street)
        plan = kg.plan_layout(study, balance, YEARS)
        assert plan.actions["subject_id"].tolist() == ["S0", "S1"]
        is_sound(plan)

    def test_a_matrix_that_knows_one_of_the_candidates(self) -> None:
        study, balance = self.with_matrix([("C1", "S0", 0.0)])
        plan = kg.plan_layout(study, balance, YEARS)
        assert plan.actions["subject_id"].tolist() == ["S0"]
        is_sound(plan)

    def test_a_matrix_that_knows_none_is_refused(self) -> None:
        study, balance = self.with_matrix([])
        with pytest.raises(kg.InputError, match="no row of the travel matrix fits"):
            kg.plan_layout(study, balance, YEARS)

    @staticmethod
    def with_matrix(more: list[tuple[str, str, float]]) -> tuple[kg.Study, kg.Balance]:
        rows = [("C0", "K0", 10.0), ("C1", "K0", 300.0), ("C2", "K1", 100.0), *more]
        table = pd.DataFrame(rows, columns=["origin_id", "destination_id", "metres"])
        return edited(lambda study: replace(study, travel=table), with_travel(method="given"))


class TestKindergartensThatComeAndGo:
    def test_what_is_added_to_a_kindergarten_goes_with_it(self) -> None:
        link = with_columns("candidates", kindergarten_id=["K0", None])
        closing = with_columns("kindergartens", closes_year=[2030, np.nan])
        plan = kg.plan_layout(*edited(link, closing, sites=GROWING), YEARS)
        row = plan.actions.set_index("subject_id").loc["S0"]
        assert row["places"] == 60 + 30 * row["classes"]
        assert pd.isna(row["use_2033"])
        after = plan.after[2033].kindergartens.set_index("kindergarten_id")
        assert after["places"]["K0"] == 0
        is_sound(plan)

    def test_a_kindergarten_is_not_expanded_before_it_opens(self) -> None:
        link = with_columns("candidates", kindergarten_id=["K0", None])
        opening = with_columns("kindergartens", opened_year=[2030, np.nan])
        plan = kg.plan_layout(*edited(link, opening, sites=GROWING), YEARS)
        assert plan.actions.set_index("subject_id")["year"]["S0"] == 2033

    def test_one_that_counts_as_supply_in_no_phase_is_not_expanded_and_that_is_said(self) -> None:
        link = with_columns("candidates", kindergarten_id=["K0", None])
        closed = with_columns("kindergartens", licensed=[False, True])
        plan = kg.plan_layout(*edited(link, closed, sites=GROWING), YEARS)
        assert plan.actions["subject_id"].tolist() == ["S1"]
        assert plan.excluded["site_id"].tolist() == ["S0"]
        assert "does not count as supply" in plan.excluded["reason_en"].iloc[0]

    def test_requiring_its_expansion_is_refused(self) -> None:
        link = with_columns("candidates", kindergarten_id=["K0", None])
        closed = with_columns("kindergartens", licensed=[False, True])
        study, balance = edited(link, closed, with_siting(required=("S0",)), sites=GROWING)
        with pytest.raises(kg.InputError, match="counts as supply in no phase"):
            kg.plan_layout(study, balance, YEARS)


class TestRequiredSites:
    LITTLE_USED = ((0, 20), (900, 60))

    def test_a_required_expansion_is_not_met_by_closing_the_kindergarten(self) -> None:
        link = with_columns("candidates", kindergarten_id=["K0", None])
        study, balance = edited(
            link,
            with_siting(required=("S0",)),
            homes=list(self.LITTLE_USED),
            gardens=[(0, 90, "public"), (800, 30, "private")],
            sites=GROWING,
        )
        plan = kg.plan_layout(study, balance, YEARS)
        assert "expand" in plan.actions.set_index("subject_id")["action"]["S0"]
        assert "K0" not in plan.actions["subject_id"].tolist()

    def test_more_required_than_allowed_names_the_number(self) -> None:
        study, balance = edited(with_siting(required=("S0", "S1")))
        plan = kg.plan_layout(study, balance, replace(YEARS, new=1))
        assert plan.result.status == "infeasible"
        assert plan.shortfall["condition"].tolist() == ["p"]
        assert plan.shortfall["missing"].tolist() == pytest.approx([1.0])

    def test_required_without_money_names_the_sites(self, tmp_path: Path) -> None:
        study, balance = edited(with_siting(required=("S0", "S1")))
        plan = kg.plan_layout(study, balance, replace(YEARS, budget_wan=(0.0, 0.0)))
        assert plan.shortfall["about"].tolist() == ["S0", "S1"]
        summary = written(tmp_path, study, balance, plan)
        assert summary["layout"]["status"] == "infeasible"

    def test_a_required_site_whose_action_is_not_allowed_is_refused(self) -> None:
        study, balance = edited(with_siting(required=("S0",)))
        with pytest.raises(kg.InputError, match="nothing may be done at the required site 'S0'"):
            kg.plan_layout(study, balance, replace(YEARS, actions=("close",)))

    def test_a_parcel_over_an_expansion_is_not_used_beside_it(self) -> None:
        """They are one place, although the expansion counts with its kindergarten."""
        study, balance = edited(
            with_columns("candidates", kindergarten_id=["K0", None]),
            homes=[(0, 400)],
            gardens=[(0, 60, "public")],
            sites=[(0, "expansion", 3.0), (0, "parcel", 6.0)],
        )
        plan = kg.plan_layout(study, balance, YEARS)
        assert plan.actions["subject_id"].tolist() == ["S1"]
        assert plan.phases["served"].to_numpy() == pytest.approx([240.0, 240.0])


class TestNumbersThatCannotBe:
    @pytest.mark.parametrize(
        ("layout", "words"),
        [
            (replace(YEARS, least_use=1.5), "least_use must be a share"),
            (replace(YEARS, town_floor=-0.1), "town_floor must be a share"),
            (replace(YEARS, new=-1), "0 or more, not -1"),
            (replace(YEARS, budget_wan=(-1.0, 0.0)), "sums of 0 or more"),
            (replace(YEARS, costs={"build": -5.0}), "'build' must be"),
            (
                replace(YEARS, scenarios=("low", "mid"), likelihood=(0.0, 1.0)),
                "above 0 for each scenario",
            ),
        ],
    )
    def test_are_refused(self, layout: kg.LayoutSettings, words: str) -> None:
        with pytest.raises(kg.InputError, match=words):
            kg.plan_layout(*edited(), layout)


class TestWords:
    def test_one_class_is_no_classes(self) -> None:
        classes = with_columns("kindergartens", classes=[3])
        study, balance = edited(classes, homes=[(0, 40)], gardens=[(0, 90, "public")])
        plan = kg.plan_layout(study, balance, replace(YEARS, actions=("nursery",)))
        (row,) = plan.actions.to_dict("records")
        assert row["reason_en"].startswith("From 2028, 1 class for nursery use;")
        assert row["reason_zh"].startswith("2028年起1个班改作托班")

    def test_children_who_lose_their_place_are_told(self) -> None:
        layout = replace(YEARS, goals=("cost",), close_below=1.1, actions=("close",), central=False)
        study, balance = edited(homes=[(0, 30)], gardens=[(0, 60, "public")])
        plan = kg.plan_layout(study, balance, layout)
        (row,) = plan.actions.to_dict("records")
        assert row["worth"] == pytest.approx(-30.0)
        assert "因此规划期年均失去学位30人" in row["reason_zh"]
        assert "lose a place by it, a year: 30" in row["reason_en"]

    def test_a_kindergarten_without_children_closes_without_any(self) -> None:
        study, balance = edited(homes=[(0, 30)], gardens=[(0, 60, "public"), (900, 30, "private")])
        plan = kg.plan_layout(study, balance, replace(YEARS, actions=("close",)))
        (row,) = plan.actions.to_dict("records")
        assert (row["subject_id"], row["action"], row["moved_from"]) == ("K1", "close", "")
        assert "no children are there" in row["reason_en"]

    def test_what_a_site_meets_and_what_is_not_known_is_said(self) -> None:
        plan = kg.plan_layout(*edited(), YEARS)
        rules = plan.actions.set_index("subject_id")["rules_en"]
        assert "a size of the ladder (classes: 3)" in rules["S0"]
        assert "at most 360" in rules["S0"]
        assert "cannot be judged" in rules["S0"]
        assert "建标175-2016" in rules["S0"]


class TestWhoMoves:
    def test_children_who_stay_are_not_said_to_move(self) -> None:
        """K0 is full, S0 takes those who have no place: nobody leaves K0."""
        plan = kg.plan_layout(*edited(), YEARS)
        row = plan.actions.set_index("subject_id").loc["S0"]
        assert (row["moved_here"], row["moved_from"]) == (0.0, "")
        assert np.isnan(row["distance_before_m"])

    def test_nor_where_shares_of_kinds_bind(self) -> None:
        """Columns of shares lie behind those of flows, as those of other goals do."""
        plan = kg.plan_layout(*edited(), replace(YEARS, inclusive_share=0.1))
        row = plan.actions.set_index("subject_id").loc["S0"]
        assert row["moved_here"] == pytest.approx(0.0, abs=1e-2)

    @pytest.mark.parametrize("goal", ["worst", "regret", "fair"])
    def test_nor_under_goals_of_their_own_columns(self, goal: str) -> None:
        plan = kg.plan_layout(*edited(), replace(YEARS, goals=(goal, "served")))
        row = plan.actions.set_index("subject_id").loc["S0"]
        assert row["moved_here"] == pytest.approx(0.0, abs=1e-2)

    def test_two_sites_share_who_is_newly_served(self) -> None:
        study, balance = edited(
            homes=[(0, 240)],
            gardens=[(0, 60, "public")],
            sites=[(100, "parcel", 3.0), (200, "parcel", 3.0)],
        )
        plan = kg.plan_layout(study, balance, replace(YEARS, years=(2028,)))
        assert len(plan.actions) == 2
        gained = plan.phases["served"] - plan.phases["served_without"]
        assert plan.actions["newly_served"].sum() == pytest.approx(gained.iloc[0], abs=1e-3)

    def test_the_walk_before_is_that_of_those_who_are_moved(self) -> None:
        """With the shortest walks asked for, some go from K0, 300 m off, to the new site beside them."""
        study, balance = edited(
            homes=[(0, 30), (300, 30)],
            gardens=[(0, 60, "public")],
            sites=[(300, "parcel", 3.0)],
        )
        plan = kg.plan_layout(study, balance, replace(YEARS, goals=("served", "distance")))
        (row,) = plan.actions.to_dict("records")
        assert row["moved_from"] == "K0 (30)"
        assert row["distance_before_m"] == pytest.approx(300.0, abs=2.0)
        assert row["distance_m"] == pytest.approx(0.0, abs=2.0)
        walks = plan.result.goals[1]
        assert walks.goal == "distance"
        table = plan.phases
        lasting = np.array([3.0, 5.0]) / 8.0
        walked = float((table["mean_distance_m"] * table["served"] * lasting).sum())
        assert walks.value == pytest.approx(walked, abs=0.2)


class TestTooLittleTime:
    def test_the_plan_is_what_is_there_and_is_not_called_proven(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from kgspatial.errors import SolverError
        from kgspatial.siting.layout import solving

        real = solving.solve

        def stopped(model, **limits):
            if model.integer.any():
                raise SolverError("stopped")
            return real(model, **limits)

        monkeypatch.setattr(solving, "solve", stopped)
        plan = kg.plan_layout(*edited(), YEARS)
        assert plan.result.status == "gap"
        assert not len(plan.actions)
        served = plan.result.goals[0]
        assert (served.value, served.bound) == pytest.approx((90.0, 180.0))
        is_sound(plan)


def test_a_floor_that_cannot_be_kept_names_the_unit(tmp_path: Path) -> None:
    study, balance = edited(units=2)
    plan = kg.plan_layout(study, balance, replace(YEARS, town_floor=1.0, new=0))
    assert plan.shortfall["about"].tolist() == ["U0", "U0"]
    assert written(tmp_path, study, balance, plan)["layout"]["shortfall"][0]["missing"] > 0


def test_who_lies_in_no_unit_is_no_town() -> None:
    """The floor holds for each unit; the estate beyond all of them does not bind it."""
    study, balance = edited(
        lambda study: replace(
            study,
            units=gpd.GeoDataFrame(
                {"unit_id": ["U0"]},
                geometry=[box(WEST - 500, SOUTH - 500, WEST + 600, SOUTH + 500)],
                crs=CRS,
            ),
        ),
        homes=[(0, 30), (900, 60)],
    )
    plan = kg.plan_layout(study, balance, replace(YEARS, town_floor=1.0, new=0))
    assert plan.result.status == "optimal"


def test_a_need_that_can_be_met_later_binds_then() -> None:
    study, balance = edited(
        with_columns("candidates", available_year=[2030, 2030]),
        gardens=[(0, 60, "private"), (800, 30, "private")],
    )
    plan = kg.plan_layout(study, balance, replace(YEARS, goals=("cost",)))
    assert plan.unmet == ("towns.central_kindergartens: U0 (2028)",)
    assert plan.actions["year"].tolist() == [2033]
    assert plan.actions["kind"].tolist() == ["public"]


def test_the_trade_off_counts_children_whatever_the_first_goal() -> None:
    layout = replace(YEARS, goals=("actions", "served"), least_served=0.6)
    table = kg.trade_off(*edited(), layout, new=(1, 2))
    assert table["served"].to_numpy() == pytest.approx([150.0, 150.0], abs=1e-2)
    assert table["bound"].isna().all()


TOWNS = settings(max_examples=8, deadline=None)


def random_town(seed: int) -> tuple[kg.Study, kg.Balance]:
    random = np.random.default_rng(seed)
    spots = random.permutation(np.arange(0, 2_000, 50))
    n, k, m = (int(random.integers(*r)) for r in ((2, 5), (1, 4), (1, 4)))
    kinds = random.choice(["public", "inclusive", "private"], k)
    return town(
        [(float(x), float(random.integers(5, 120))) for x in spots[:n]],
        [(float(x), float(random.integers(20, 120)), kind) for x, kind in zip(spots[n:], kinds, strict=False)],
        [(float(x), "parcel", float(random.choice([3, 6]))) for x in spots[n + k : n + k + m]],
    )  # fmt: skip


class TestOnInventedTowns:
    @TOWNS
    @given(st.integers(0, 10_000), st.sampled_from([0.0, 0.6]))
    def test_plans_are_sound_and_worth_is_what_is_lost_without(
        self, seed: int, least_use: float
    ) -> None:
        study, balance = random_town(seed)
        layout = replace(YEARS, new=2, least_use=least_use, central=False)
        plan = kg.plan_layout(study, balance, layout)
        is_sound(plan)
        new = plan.actions[plan.actions["action"] == "build"]
        assert (new["worth"] > -1e-6).all()
        for row in new.itertuples():
            both = row.newly_served + row.moved_here
            used = getattr(row, f"use_{row.year}") * row.places
            assert both == pytest.approx(used, abs=1e-3)
        if len(new):
            self.loses(study, balance, plan, new.iloc[0])

    def loses(self, study: kg.Study, balance: kg.Balance, plan: LayoutPlan, row: pd.Series) -> None:
        """What the plan's courses serve without one of them, found year by year by the balance."""
        weight = dict(zip((2028, 2033), (3 / 8, 5 / 8), strict=True))
        without = 0.0
        for year, state in plan.after.items():
            gardens = state.kindergartens
            places = gardens["places"].where(gardens["kindergarten_id"] != row["subject_id"], 0.0)
            children = state.demand["children"].to_numpy()
            flow = kg.balance.allocate(state.travel.csr, children, places.to_numpy())
            without += weight[year] * flow.sum()
        assert row["worth"] == pytest.approx(plan.result.objective - without, abs=1e-2)

    @TOWNS
    @given(st.integers(0, 10_000))
    def test_without_a_condition_no_fewer_are_served(self, seed: int) -> None:
        study, balance = random_town(seed)
        bound = replace(YEARS, new=1, least_use=0.7, budget_wan=(500.0, 500.0), public_share=0.5)
        strict = kg.plan_layout(study, balance, bound)
        for change in (
            {"new": None},
            {"least_use": 0.0},
            {"budget_wan": ()},
            {"public_share": None},
        ):
            free = kg.plan_layout(study, balance, replace(bound, **change))
            if strict.result.status != "infeasible":
                assert free.result.objective >= strict.result.objective - 1e-3

    @TOWNS
    @given(st.integers(0, 10_000))
    def test_a_second_run_and_shuffled_rows_give_the_same_plan(self, seed: int) -> None:
        study, balance = random_town(seed)
        layout = replace(YEARS, new=2)
        first, second = (kg.plan_layout(study, balance, layout) for _ in range(2))
        pd.testing.assert_frame_equal(
            pd.DataFrame(first.actions.drop(columns="geometry")),
            pd.DataFrame(second.actions.drop(columns="geometry")),
        )
        mixed = replace(
            study,
            **{
                layer: getattr(study, layer).iloc[::-1].reset_index(drop=True)
                for layer in ("communities", "kindergartens", "candidates")
            },
        )
        demand = kg.estimate_demand(mixed)
        other = kg.plan_layout(
            mixed, kg.assess_balance(mixed, demand, kg.measure_travel(mixed, demand)), layout
        )
        assert [(g.goal, g.status) for g in other.result.goals] == [
            (g.goal, g.status) for g in first.result.goals
        ]
        assert [g.value for g in other.result.goals] == pytest.approx(
            [g.value for g in first.result.goals], abs=1e-2
        )
        assert self.done(other) == self.done(first)

    @staticmethod
    def done(plan: LayoutPlan) -> set[tuple[str, str, int, float]]:
        rows = plan.actions
        kept = ["subject_id", "action", "year", "places"]
        return set(rows[kept].itertuples(index=False, name=None))

"""The siting room: exact answers, what is proven, and reductions that change nothing."""

from __future__ import annotations

import dataclasses
from itertools import combinations, product
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
from kgspatial.balance import allocate, assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import InputError
from kgspatial.inputs.settings import PlanSettings, Settings, SitingSettings, TravelSettings
from kgspatial.siting import SitePlan, capacitated_coverage, propose_sites
from kgspatial.siting.core import deficit_core, merge_equal_rows
from kgspatial.siting.worth import single_site_worth
from kgspatial.study import Study
from kgspatial.travel import measure_travel

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "plan.toml"
LADDER = np.array([90.0, 180.0, 270.0, 360.0])


def most_served(reach: np.ndarray, demand: np.ndarray, room: np.ndarray) -> float:
    """Maximum flow by linear programming: an independent way to count who finds a place."""
    points, facilities = np.nonzero(reach)
    if not len(points) or not len(room):
        return 0.0
    rows = np.zeros((len(demand) + len(room), len(points)))
    rows[points, np.arange(len(points))] = 1.0
    rows[len(demand) + facilities, np.arange(len(points))] = 1.0
    found = linprog(-np.ones(len(points)), A_ub=rows, b_ub=np.concatenate([demand, room]))
    return float(-found.fun)


def by_trying_everything(
    reach: np.ndarray,
    demand: np.ndarray,
    modules: np.ndarray,
    p: int,
    old: np.ndarray,
    room: np.ndarray,
) -> tuple[float, float]:
    """The most served over all choices, and the least capacity that serves as many."""
    best, smallest = most_served(old, demand, room), 0.0
    for count in range(1, p + 1):
        for chosen in combinations(range(reach.shape[1]), count):
            for sizes in product(modules, repeat=count):
                both = np.hstack([old, reach[:, chosen]])
                served = most_served(both, demand, np.concatenate([room, sizes]))
                if served > best + 1e-6:
                    best, smallest = served, sum(sizes)
                elif served > best - 1e-6:
                    smallest = min(smallest, sum(sizes))
    return best, smallest


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    points, sites, old = (int(random.integers(low, 7)) for low in (1, 1, 0))
    reach = (random.random((points, min(sites, 4))) < 0.5).astype(float)
    fixed = (random.random((points, min(old, 3))) < 0.5).astype(float)
    demand = random.choice([0.0, 3.25, 40.0, 111.1, 260.0], points)
    room = random.choice([0.0, 30.0, 90.0], fixed.shape[1])
    return reach, demand, np.array([90.0, 180.0]), fixed, room


@given(small_cases(), st.integers(0, 2))
@settings(max_examples=40, deadline=None)
def test_no_choice_of_sites_and_sizes_serves_more(case: tuple[np.ndarray, ...], p: int) -> None:
    reach, demand, modules, fixed, room = case
    found = capacitated_coverage(reach, demand, modules, p=p, existing=(fixed, room))
    best, smallest = by_trying_everything(reach, demand, modules, p, fixed, room)
    assert found.objective == pytest.approx(best, abs=1e-4)
    assert found.bound >= found.objective
    assert found.status == "optimal"
    assert len(found.chosen) <= p
    built = np.hstack([fixed, reach[:, found.chosen]])
    assert most_served(built, demand, np.concatenate([room, found.sizes])) == pytest.approx(
        best, abs=1e-4
    )
    if p < 2:
        assert found.sizes.sum() == pytest.approx(smallest, abs=1e-6)


@given(small_cases())
@settings(max_examples=40, deadline=None)
def test_assignments_respect_reach_demand_and_capacity(case: tuple[np.ndarray, ...]) -> None:
    reach, demand, modules, fixed, room = case
    found = capacitated_coverage(reach, demand, modules, p=2, existing=(fixed, room))
    flow = found.assignment.toarray()
    assert (flow[reach == 0] == 0).all()
    assert (flow.sum(axis=1) <= demand + 1e-6).all()
    assert (flow[:, found.chosen].sum(axis=0) <= found.sizes + 1e-6).all()


@given(small_cases())
@settings(max_examples=40, deadline=None)
def test_the_core_loses_nothing(case: tuple[np.ndarray, ...]) -> None:
    reach, demand, modules, fixed, room = case
    old = sparse.csr_array(fixed)
    core = deficit_core(old, demand, allocate(old, demand, room))
    settled = demand.sum() - demand[core.points].sum()
    whole = capacitated_coverage(reach, demand, modules, p=2, existing=(fixed, room))
    part = capacitated_coverage(
        reach[core.points],
        demand[core.points],
        modules,
        p=2,
        existing=(fixed[np.ix_(core.points, core.existing)], room[core.existing]),
    )
    assert part.objective + settled == pytest.approx(whole.objective, abs=1e-4)


@given(small_cases())
@settings(max_examples=40, deadline=None)
def test_single_site_worth_bounds_every_combination(case: tuple[np.ndarray, ...]) -> None:
    reach, demand, _, fixed, room = case
    sites = np.arange(reach.shape[1])
    size = np.full(len(sites), 180.0)
    worth = single_site_worth(
        sparse.csr_array(reach), demand, sparse.csr_array(fixed), room, sites, size
    )
    linked = worth.component >= 0
    for chosen in ([], [0], list(sites)):
        both = np.hstack([fixed[linked], reach[linked][:, chosen]])
        most = most_served(both, demand[linked], np.concatenate([room, size[chosen]]))
        bound = worth.base.sum() + worth.gain.toarray()[:, chosen].sum()
        assert most <= bound + 1e-4


def test_merging_points_of_equal_reach_keeps_the_total() -> None:
    links = sparse.csr_array(np.array([[1.0, 0, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]]))
    merged, amount, group = merge_equal_rows(links, np.array([1.0, 2.0, 4.0, 8.0]))
    assert merged.shape[0] == 3
    assert group[0] == group[1]
    assert amount[group[0]] == 3.0
    assert amount.sum() == 15.0


def test_a_point_served_by_one_site_only_is_served_whole_or_not_at_all() -> None:
    reach = np.ones((2, 2))
    demand = np.array([100.0, 100.0])
    split = capacitated_coverage(reach, demand, [90.0], p=2)
    whole = capacitated_coverage(reach, demand, [90.0], p=2, single_source=True)
    assert split.objective == pytest.approx(180.0)
    assert whole.objective == 0.0
    assert not len(whole.chosen)


def test_a_budget_buys_the_sizes_that_serve_the_most() -> None:
    reach, demand = np.eye(3), np.array([80.0, 170.0, 300.0])
    costs = np.array([1.0, 2.0, 3.0, 4.0])
    found = capacitated_coverage(reach, demand, LADDER, budget=5.0, costs=costs)
    spent = costs[np.searchsorted(LADDER, found.sizes)].sum()
    assert spent <= 5.0
    assert found.objective == pytest.approx(80.0 + 360.0 if spent > 5.0 else 350.0 + 90.0)


def test_a_stored_distance_of_zero_is_within_reach() -> None:
    reach = sparse.csr_array((np.array([0.0]), (np.array([0]), np.array([0]))), shape=(1, 1))
    assert capacitated_coverage(reach, [50.0], [90.0], p=1).objective == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": [1.0, -1.0]}, "weights"),
        ({"weights": [1.0]}, "weights"),
        ({"modules": [np.nan]}, "modules"),
        ({"budget": 3.0}, "costs"),
        ({"existing": (np.ones((1, 1)), [1.0])}, "existing"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes: dict[str, object], words: str) -> None:
    arguments = {"reach": np.ones((2, 2)), "weights": [1.0, 1.0], "modules": [1.0], "p": 1}
    with pytest.raises(InputError, match=words):
        capacitated_coverage(**{**arguments, **changes})


def test_nothing_is_written_to_stdout_by_the_solver(capfd: pytest.CaptureFixture[str]) -> None:
    capacitated_coverage(np.ones((2, 2)), [5.0, 5.0], [3.0], p=1)
    seen = capfd.readouterr()
    assert seen.out == ""
    assert seen.err == ""


WEST, SOUTH = 500_000.0, 2_700_000.0
CRS = "EPSG:4549"


def a_row_of_estates(**layers: object) -> Study:
    """Five estates in a row, 1 km apart, one kindergarten at the first with 60 places."""
    x = WEST + 1000.0 * np.arange(5)
    communities = gpd.GeoDataFrame(
        {
            "community_id": [f"C{i}" for i in range(5)],
            "name": [f"第{i}小区" for i in range(5)],
            "children": [50.0, 100.0, 150.0, 200.0, 40.0],
        },
        geometry=[box(a - 50, SOUTH - 50, a + 50, SOUTH + 50) for a in x],
        crs=CRS,
    )
    kindergartens = gpd.GeoDataFrame(
        {"kindergarten_id": ["K1"], "places": [60.0]}, geometry=[Point(x[0], SOUTH)], crs=CRS
    )
    plan = Settings(
        plan=PlanSettings(name="行列", year=2025),
        travel=TravelSettings(limit_m=500.0),
        siting=SitingSettings(new=2),
    )
    return Study(
        **{
            "communities": communities,
            "kindergartens": kindergartens,
            "settings": plan,
            "crs": CRS,
            **layers,
        }
    )


def candidates(**columns: object) -> gpd.GeoDataFrame:
    x = WEST + 1000.0 * np.arange(5)
    return gpd.GeoDataFrame(
        {"site_id": [f"S{i}" for i in range(5)], **columns},
        geometry=[Point(a, SOUTH) for a in x],
        crs=CRS,
    )


def proposed(study: Study, **options: object) -> SitePlan:
    demand = estimate_demand(study)
    balance = assess_balance(study, demand, measure_travel(study, demand))
    return propose_sites(study, balance, **options)


def test_the_two_estates_with_the_most_children_get_the_sites() -> None:
    plan = proposed(a_row_of_estates(candidates=candidates()))
    assert list(plan.sites["site_id"]) == ["S3", "S2"]
    assert list(plan.sites["classes"]) == [9, 6]
    assert list(plan.sites["children_gained"]) == pytest.approx([200.0, 150.0])
    assert plan.result.status == "optimal"
    assert plan.new == 2


def test_children_are_conserved_from_before_to_after() -> None:
    plan = proposed(a_row_of_estates(candidates=candidates()))
    before, after = plan.before.totals, plan.after.totals
    assert after["children"] == before["children"]
    assert after["served"] + after["unserved"] == pytest.approx(after["children"])
    assert after["served"] - before["served"] == pytest.approx(plan.sites["children_gained"].sum())
    assert after["served"] == pytest.approx(plan.result.objective)


def test_a_site_too_small_for_a_size_gets_a_smaller_one() -> None:
    plan = proposed(a_row_of_estates(candidates=candidates(max_classes=[3] * 5)), new=1)
    assert list(plan.sites["places"]) == [90.0]


def test_cost_follows_the_classes_that_are_built() -> None:
    sites = candidates(max_classes=[12] * 5, cost_wan=[1200.0] * 5)
    plan = proposed(a_row_of_estates(candidates=sites), new=1)
    assert list(plan.sites["cost_wan"]) == pytest.approx([1200.0 * 9 / 12])


def test_a_candidate_beside_a_hazard_is_excluded_with_its_reason() -> None:
    hazards = gpd.GeoDataFrame(
        {"hazard": ["gas_station"], "name": ["北加油站"], "keep_away_m": [100.0]},
        geometry=[Point(WEST + 3000, SOUTH + 60)],
        crs=CRS,
    )
    plan = proposed(a_row_of_estates(candidates=candidates(), hazards=hazards))
    assert list(plan.excluded["site_id"]) == ["S3"]
    assert "北加油站" in plan.excluded["reason_zh"].iloc[0]
    assert "60 m" in plan.excluded["reason_en"].iloc[0]
    assert "S3" not in set(plan.sites["site_id"])


def test_a_candidate_that_comes_too_late_is_excluded() -> None:
    late = candidates(available_year=[2025, 2025, 2025, 2030, 2025])
    plan = proposed(a_row_of_estates(candidates=late))
    assert list(plan.excluded["site_id"]) == ["S3"]
    assert "2030" in plan.excluded["reason_en"].iloc[0]


def test_candidates_are_generated_where_no_layer_gives_them() -> None:
    plan = proposed(a_row_of_estates())
    assert set(plan.sites["site_id"]) == {"near-C2", "near-C3"}
    assert plan.result.status == "optimal"


def test_a_site_that_gains_nothing_is_not_proposed() -> None:
    study = a_row_of_estates(candidates=candidates())
    full = study.communities.assign(children=[50.0, 0.0, 0.0, 0.0, 0.0])
    plan = proposed(dataclasses.replace(study, communities=full), new=3)
    assert plan.sites.empty
    assert plan.result.status == "optimal"
    assert plan.after.totals == plan.before.totals


def test_reasons_name_what_is_within_reach() -> None:
    plan = proposed(a_row_of_estates(candidates=candidates()), new=1)
    assert "200 children aged 3-5" in plan.sites["reason_en"].iloc[0]
    assert "新增入园200人" in plan.sites["reason_zh"].iloc[0]


def test_the_order_of_candidates_does_not_matter() -> None:
    sites = candidates()
    other = sites.iloc[::-1].reset_index(drop=True)
    plans = [proposed(a_row_of_estates(candidates=c)) for c in (sites, other)]
    columns = ["site_id", "classes", "children_gained"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(plans[0].sites[columns]), pd.DataFrame(plans[1].sites[columns])
    )


def test_fewer_than_no_sites_cannot_be_asked_for() -> None:
    with pytest.raises(InputError, match="0 or more"):
        proposed(a_row_of_estates(candidates=candidates()), new=-1)


def test_a_flow_with_nearly_empty_entries_is_left_as_it_is() -> None:
    """Entries below the noise are dropped in a copy: the balance that was given keeps them all."""
    reach = sparse.csr_array(np.array([[100.0, 200.0], [150.0, 0.0]]))
    flow = sparse.csr_array(
        (np.array([30.0, 1e-12, 10.0]), np.array([0, 1, 0]), np.array([0, 2, 3])), shape=(2, 2)
    )
    before = [a.copy() for a in (flow.data, flow.indices, flow.indptr, reach.indptr)]
    deficit_core(reach, np.array([40.0, 20.0]), flow)
    after = (flow.data, flow.indices, flow.indptr, reach.indptr)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_proposing_sites_leaves_the_balance_as_it_was() -> None:
    study = kg.read_study(SAMPLE)
    demand = kg.estimate_demand(study)
    balance = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
    flow, walks = balance.assignment, balance.travel.csr
    before = [a.copy() for a in (flow.data, flow.indices, flow.indptr, walks.data, walks.indptr)]
    sites = kg.propose_sites(study, balance, new=2)
    kg.plan_layout(study, balance, kg.LayoutSettings(years=(2028,), new=1))
    after = (flow.data, flow.indices, flow.indptr, walks.data, walks.indptr)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert len(sites.sites) == 2


def test_more_required_sites_than_may_be_chosen_are_refused() -> None:
    with pytest.raises(InputError, match="2 sites are required, but 1 may be chosen"):
        capacitated_coverage(np.ones((1, 2)), [10.0], [30.0], p=1, required=[0, 1])

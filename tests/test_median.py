"""The p-median and p-center: brute force agrees, bounds hold whenever the search is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from kgspatial.errors import InputError, SolverError
from kgspatial.siting import median_search, p_center, p_median
from kgspatial.siting.median_branching import unit_of
from kgspatial.siting.median_capacity import find_capacitated_median
from kgspatial.siting.median_search import find_median
from kgspatial.siting.watching import watched

Case = tuple[np.ndarray, np.ndarray, int]


@st.composite
def towns(draw: st.DrawFn) -> Case:
    """Distances (whole metres, steps or any), some out of reach; weights; a number of sites."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, sites = int(random.integers(1, 8)), int(random.integers(1, 7))
    distances = (
        random.choice([0.0, 1.0, 2.5, 4.0, 7.25, 9.0], (points, sites)),
        random.integers(0, 30, (points, sites)).astype(float),
        random.uniform(0, 1000, (points, sites)),
    )[draw(st.integers(0, 2))]
    distances[random.random((points, sites)) < draw(st.sampled_from([0.0, 0.2, 0.5]))] = np.nan
    weights = random.choice([0.0, 1.0, 3.5, 10.0], points)
    return distances, weights, int(random.integers(1, sites + 1))


@st.composite
def plains(draw: st.DrawFn) -> Case:
    """Larger cases, where brute force still counts the choices: points and sites in a plain."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, sites = random.integers(0, 40, (30, 2)), random.integers(0, 40, (12, 2))
    apart = np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1))
    return np.floor(apart), random.integers(1, 9, 30).astype(float), int(random.integers(1, 6))


def choices(sites: int, p: int) -> Iterator[list[int]]:
    return (list(chosen) for chosen in combinations(range(sites), p))


def costs_of(distances: np.ndarray, weights: np.ndarray) -> np.ndarray:
    table = np.where(np.isnan(distances), np.inf, distances)
    return np.where(np.isinf(table), np.inf, weights[:, None] * np.where(np.isinf(table), 0, table))


def nearest_total(distances: np.ndarray, weights: np.ndarray, p: int) -> float:
    """The least cost, over all choices; infinite where none reaches every point."""
    costs = costs_of(distances, weights)
    return min(float(costs[:, c].min(axis=1).sum()) for c in choices(costs.shape[1], p))


def whole_total(costs: np.ndarray, need: np.ndarray, room: np.ndarray, p: int) -> float:
    """The least cost of whole points, over all choices and all assignments to them."""
    rows = np.arange(len(costs))
    least = np.inf
    for chosen in choices(costs.shape[1], p):
        for places in product(chosen, repeat=len(costs)):
            load = np.bincount(places, need, minlength=len(room))
            if (load <= room).all():
                least = min(least, float(costs[rows, list(places)].sum()))
    return least


def shared_total(costs: np.ndarray, need: np.ndarray, room: np.ndarray, p: int) -> float:
    """The least cost when points may be shared, over all choices, each a linear program."""
    least = np.inf
    for chosen in choices(costs.shape[1], p):
        point, at = np.nonzero(np.isfinite(costs[:, chosen]))
        each, taken = np.zeros((len(costs), len(point))), np.zeros((p, len(point)))
        each[point, np.arange(len(point))] = 1.0
        taken[at, np.arange(len(point))] = need[point]
        if (each.sum(axis=1) == 0).any():
            continue
        found = linprog(costs[:, chosen][point, at], taken, room[chosen], each, np.ones(len(costs)))
        least = min(least, found.fun) if found.status == 0 else least
    return least


class TestWithoutCapacities:
    @given(st.one_of(towns(), plains()))
    @cases(max_examples=150, deadline=None)
    def test_no_other_sites_are_nearer_in_total(self, case: Case) -> None:
        distances, weights, p = case
        found, least = p_median(distances, weights, p=p), nearest_total(distances, weights, p)
        if np.isinf(least):
            assert found.status == "infeasible"
            return
        assert found.objective == pytest.approx(least, rel=1e-9, abs=1e-9)
        assert (found.status, len(found.chosen)) == ("optimal", p)
        assert found.bound <= found.objective

    @given(plains(), st.integers(1, 4))
    @cases(max_examples=50, deadline=None)
    def test_points_written_as_several_change_nothing(self, case: Case, times: int) -> None:
        distances, weights, p = case
        again = np.repeat(distances, times, axis=0)
        shares = np.repeat(weights / times, times)
        one, several = p_median(distances, weights, p=p), p_median(again, shares, p=p)
        assert several.objective == pytest.approx(one.objective)
        assert (several.status, several.assignment.shape) == ("optimal", again.shape)

    @given(plains())
    @cases(max_examples=50, deadline=None)
    def test_sites_written_twice_change_nothing(self, case: Case) -> None:
        distances, weights, p = case
        twice = p_median(np.hstack([distances, distances]), weights, p=p)
        assert twice.objective == pytest.approx(p_median(distances, weights, p=p).objective)
        assert len(twice.chosen) == p

    @given(plains(), st.integers(0, 3))
    @cases(max_examples=50, deadline=None)
    def test_the_bound_holds_wherever_the_search_is_stopped(self, case: Case, most: int) -> None:
        distances, weights, p = case
        costs = costs_of(distances, weights)
        stopped = find_median(costs, p, time_limit_s=60, most_branches=most)
        least = nearest_total(distances, weights, p)
        assert stopped.bound <= least + 1e-6 <= stopped.objective + 2e-6

    @given(st.one_of(towns(), plains()))
    @cases(max_examples=50, deadline=None)
    def test_what_branching_leaves_open_is_solved_to_the_end(self, case: Case) -> None:
        distances, weights, p = case
        least = nearest_total(distances, weights, p)
        with mock.patch.multiple(median_search, FEW_BRANCHES=0, ROOT_STEPS=10):
            found = p_median(distances, weights, p=p)
        assert found.objective == pytest.approx(least, rel=1e-9, abs=1e-9)
        assert found.status == ("infeasible" if np.isinf(least) else "optimal")

    @given(plains(), st.sampled_from([0.01, 0.1, 0.5]))
    @cases(max_examples=50, deadline=None)
    def test_a_gap_that_is_good_enough_is_kept_to(self, case: Case, gap: float) -> None:
        distances, weights, p = case
        found, least = (
            p_median(distances, weights, p=p, gap_target=gap),
            nearest_total(distances, weights, p),
        )
        assert found.bound <= least + 1e-6 <= found.objective + 2e-6
        assert found.gap <= gap + 1e-6

    def test_each_point_goes_to_the_nearest_site(self) -> None:
        found = p_median([[5, 1, 9], [1, 7, 9], [2, 2, 9]], [1.0, 2.0, 4.0], p=2)
        assert found.chosen.tolist() == [0, 1]
        assert found.assignment.toarray().tolist() == [[0, 1, 0], [2, 0, 0], [4, 0, 0]]

    def test_the_same_question_has_the_same_answer(self) -> None:
        random = np.random.default_rng(3)
        distances, weights = random.uniform(0, 9, (60, 30)), np.ones(60)
        answers = {tuple(p_median(distances, weights, p=6).chosen) for _ in range(3)}
        assert len(answers) == 1

    def test_a_town_without_points_needs_no_proof(self) -> None:
        found = p_median(np.zeros((0, 3)), [], p=1)
        assert (found.objective, found.status, found.chosen.tolist()) == (0.0, "optimal", [0])

    def test_without_time_an_answer_is_not_called_optimal(self) -> None:
        random = np.random.default_rng(0)
        points = random.uniform(0, 1000, (300, 2))
        distances = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        found = p_median(distances, np.ones(300), p=5, time_limit_s=0.0)
        full = p_median(distances, np.ones(300), p=5)
        assert full.status == "optimal"
        assert found.status == "gap"
        assert found.bound <= full.objective <= found.objective

    def test_a_watched_search_tells_its_bound_and_stops_when_asked(self) -> None:
        random = np.random.default_rng(0)
        points = random.uniform(0, 1000, (300, 2))
        distances = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        told: list[tuple[float, float]] = []
        with watched(lambda best, bound, _: told.append((best, bound))):
            full = p_median(distances, np.ones(300), p=5)
        with watched() as watch:
            watch.stopped = True
            stopped = p_median(distances, np.ones(300), p=5)
        assert told
        assert all(bound <= full.objective + 1e-6 <= best + 2e-6 for best, bound in told)
        assert (full.status, stopped.status) == ("optimal", "gap")


class TestWithCapacities:
    @given(towns(), st.integers(0, 2**32 - 1))
    @cases(max_examples=150, deadline=None)
    def test_no_other_assignment_of_whole_points_is_cheaper(self, case: Case, seed: int) -> None:
        distances, weights, p = case
        distances, weights = distances[:5, :5], weights[:5]
        p, random = min(p, distances.shape[1]), np.random.default_rng(seed)
        need = random.choice([0.0, 1.0, 2.0, 3.5, 5.0], len(weights))
        room = random.choice([3.0, 6.0, 10.0], distances.shape[1])
        found = p_median(distances, weights, p=p, capacities=room, demands=need, single_source=True)
        least = whole_total(costs_of(distances, weights), need, room, p)
        if np.isinf(least):
            assert found.status == "infeasible"
        else:
            assert found.objective == pytest.approx(least, rel=1e-9, abs=1e-9)
            assert (found.status, len(found.chosen)) == ("optimal", p)

    @given(towns(), st.integers(0, 2**32 - 1))
    @cases(max_examples=50, deadline=None)
    def test_no_other_sharing_of_points_is_cheaper(self, case: Case, seed: int) -> None:
        distances, weights, p = case
        random = np.random.default_rng(seed)
        need = random.choice([1.0, 2.0, 3.5, 5.0], len(weights))
        room = random.choice([3.0, 6.0, 10.0], distances.shape[1])
        found = p_median(distances, weights, p=p, capacities=room, demands=need)
        least = shared_total(costs_of(distances, weights), need, room, p)
        if np.isinf(least):
            assert found.status == "infeasible"
        else:
            assert found.objective == pytest.approx(least, rel=1e-6, abs=1e-5)
            assert found.bound <= found.objective

    @given(plains())
    @cases(max_examples=50, deadline=None)
    def test_room_for_all_is_no_condition(self, case: Case) -> None:
        distances, weights, p = case
        roomy = np.full(distances.shape[1], weights.sum())
        found = p_median(distances, weights, p=p, capacities=roomy, single_source=True)
        assert found.objective == pytest.approx(p_median(distances, weights, p=p).objective)
        assert found.status == "optimal"

    @given(plains(), st.floats(1.05, 1.6))
    @cases(max_examples=50, deadline=None)
    def test_rooms_are_kept_and_sharing_is_never_dearer(self, case: Case, slack: float) -> None:
        distances, weights, p = case
        room = np.full(distances.shape[1], np.ceil(weights.sum() / p * slack) + 9.0)
        whole = p_median(distances, weights, p=p, capacities=room, single_source=True)
        shared = p_median(distances, weights, p=p, capacities=room)
        taken = whole.assignment.toarray()
        assert whole.status == "optimal"
        assert (taken.sum(axis=0) <= room).all()
        assert ((taken > 0).sum(axis=1) == 1).all()
        assert shared.bound <= whole.objective + 1e-6

    @given(plains())
    @cases(max_examples=25, deadline=None)
    def test_the_bound_holds_when_the_time_is_up(self, case: Case) -> None:
        distances, weights, p = case
        room = np.full(distances.shape[1], np.ceil(weights.sum() / p * 1.1) + 9.0)
        costs = costs_of(distances, weights)
        full = find_capacitated_median(costs, weights, room, p, time_limit_s=60)
        stopped = find_capacitated_median(costs, weights, room, p, time_limit_s=0.01)
        assert stopped.bound <= full.objective + 1e-6
        assert stopped.objective >= full.objective - 1e-6

    def test_sites_that_are_full_send_points_farther(self) -> None:
        distances = [[1, 9], [1, 9], [1, 9]]
        found = p_median(distances, [1.0, 1.0, 1.0], p=2, capacities=[2, 5], single_source=True)
        assert found.objective == 11.0
        assert found.assignment.sum(axis=0).tolist() == [2.0, 1.0]

    def test_more_demand_than_room_has_no_answer(self) -> None:
        found = p_median([[1.0], [1.0]], [2.0, 2.0], p=1, capacities=[3.0], single_source=True)
        assert (found.status, found.chosen.tolist()) == ("infeasible", [])

    def test_capacities_below_zero_are_refused(self) -> None:
        with pytest.raises(InputError, match="capacities"):
            p_median([[1.0]], [1.0], p=1, capacities=[-1.0])


class TestCenter:
    @given(st.one_of(towns(), plains()))
    @cases(max_examples=150, deadline=None)
    def test_no_other_sites_shorten_the_longest_walk(self, case: Case) -> None:
        distances, _, p = case
        table = np.where(np.isnan(distances), np.inf, distances)
        least = min(table[:, c].min(axis=1).max() for c in choices(table.shape[1], p))
        found = p_center(distances, p=p)
        if np.isinf(least):
            assert found.status == "infeasible"
        else:
            assert (found.objective, found.status) == (least, "optimal")
            assert len(found.chosen) <= p
            assert found.assignment.sum() == len(table)

    @given(plains())
    @cases(max_examples=25, deadline=None)
    def test_points_written_twice_change_nothing(self, case: Case) -> None:
        distances, _, p = case
        twice = p_center(np.vstack([distances, distances]), p=p)
        assert twice.objective == p_center(distances, p=p).objective

    def test_without_points_there_is_no_walk(self) -> None:
        assert p_center(np.zeros((0, 2)), p=1).objective == 0.0

    def test_without_sites_to_choose_nobody_is_reached(self) -> None:
        assert p_center([[1.0]], p=0).status == "infeasible"


@pytest.mark.parametrize("form", [sparse.coo_array, sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("metres", [[5.0, 1.0, 3.0], [1.0, 5.0, 3.0]])
def test_of_a_pair_stored_twice_the_shorter_way_counts(form: type, metres: list[float]) -> None:
    if form is sparse.coo_array:
        distances = form((metres, ([0, 0, 0], [0, 0, 1])), shape=(1, 2))
    elif form is sparse.csr_array:
        distances = form((metres, [0, 0, 1], [0, 3]), shape=(1, 2))
    else:
        distances = form((metres, [0, 0, 0], [0, 2, 3]), shape=(1, 2))
    assert p_median(distances, [1.0], p=1).objective == 1.0
    assert p_center(distances, p=1).objective == 1.0


@pytest.mark.parametrize(
    ("costs", "unit"), [([2.0, 4.0, 10.0], 2.0), ([3.0, 7.0], 1.0), ([1.5, 3.0], 0.0), ([], 0.0)]
)
def test_whole_costs_have_a_common_unit(costs: list[float], unit: float) -> None:
    assert unit_of(np.array(costs)) == unit


def test_too_little_time_for_any_answer_is_said() -> None:
    # The two outer sites reach everybody; the greedy choice takes the middle one first.
    distances = np.full((60, 3), np.nan)
    metres = np.arange(60.0)
    distances[:30, 0], distances[30:, 1], distances[10:50, 2] = metres[:30], metres[30:], 1.0
    assert p_median(distances, np.ones(60), p=2).chosen.tolist() == [0, 1]
    with pytest.raises(SolverError, match="time"):
        p_median(distances, np.ones(60), p=2, time_limit_s=0.0)

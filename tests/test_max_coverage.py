"""The proof of maximal covering: parts, prices, branches; loops and brute force as oracles."""

from __future__ import annotations

import time
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from kgspatial.siting import cover_bound, cover_branch, max_coverage
from kgspatial.siting.cover_branch import proven_cover
from kgspatial.siting.cover_kernels import (
    FORCED,
    OPEN,
    REMOVED,
    bring_down,
    cut_out,
)
from kgspatial.siting.cover_links import useful_sites
from kgspatial.siting.cover_prices import Part, Stand, priced, settled_sites
from kgspatial.siting.cover_search import searched
from kgspatial.siting.watching import current_watch

seeds = st.integers(0, 2**32 - 1)
Linked = tuple[np.ndarray, np.ndarray, int]


def linked(random: np.random.Generator, most_points: int = 14, most_sites: int = 8) -> Linked:
    """Reach in which every point has a site, demand with ties, how many to choose: 1 at least."""
    points, sites = (int(random.integers(1, most + 1)) for most in (most_points, most_sites))
    reach = (random.random((points, sites)) < random.uniform(0.1, 0.7)).astype(float)
    reach[np.arange(points), random.integers(0, sites, points)] = 1.0
    whole = random.integers(1, 4, points).astype(float)
    demand = whole if random.random() < 0.5 else random.gamma(0.5, 30.0, points) + 1e-6
    return reach, demand, int(random.integers(1, sites + 1))


small = seeds.map(lambda seed: linked(np.random.default_rng(seed)))
middling = seeds.map(lambda seed: linked(np.random.default_rng(seed), 60, 12))


def ways_of(reach: np.ndarray) -> tuple[np.ndarray, ...]:
    by_point, by_site = sparse.csr_array(reach), sparse.csr_array(reach.T)
    parts = (by_site.indptr, by_site.indices, by_point.indptr, by_point.indices)
    return tuple(values.astype(np.int32) for values in parts)


def covered(reach: np.ndarray, demand: np.ndarray, sites: object) -> float:
    return float(demand[reach[:, list(sites)].any(axis=1)].sum())


def sets_of(sites: int, count: int) -> list[tuple[int, ...]]:
    return [chosen for size in range(count + 1) for chosen in combinations(range(sites), size)]


def best_of(case: Linked) -> float:
    reach, demand, count = case
    return max(covered(reach, demand, sites) for sites in sets_of(reach.shape[1], count))


def many_alike() -> Linked:
    """Sites at random that take some branches: 40 of them, 120 points."""
    random = np.random.default_rng(3)
    return (random.random((120, 40)) < 0.15).astype(float), random.gamma(1.5, 40.0, 120), 5


def part_of(case: Linked) -> Part:
    reach, demand, count = case
    sites, points = np.arange(reach.shape[1]), np.arange(len(demand))
    return Part(sites, points, points, demand, ways_of(reach), count, 0.0)


@given(small, seeds, st.sampled_from([0, 25, 100]))
@cases(max_examples=50, deadline=None)
def test_from_any_prices_no_answer_exceeds_the_bound(case: Linked, seed: int, steps: int) -> None:
    reach, demand, count = case
    random = np.random.default_rng(seed)
    price = demand * random.choice([0.0, 0.5, 1.0], len(demand))
    start = Stand(price, np.full(reach.shape[1], count / reach.shape[1]))
    found = priced(part_of(case), start, floor=-np.inf, most_steps=steps, enough=0.0, until=np.inf)
    assert best_of(case) <= found.bound + 1e-9
    assert found.taken.sum() == count
    assert ((found.stand.price >= 0) & (found.stand.price <= demand * (1 + 1e-12))).all()


def test_steps_lead_to_the_value_of_the_relaxation() -> None:
    reach, demand, count = many_alike()
    points, sites = reach.shape
    whole = linprog(
        np.concatenate([np.zeros(sites), -demand]),
        A_ub=np.vstack(
            [
                np.hstack([-reach, np.eye(points)]),
                np.concatenate([np.ones(sites), np.zeros(points)]),
            ]
        ),
        b_ub=np.concatenate([np.zeros(points), [count]]),
        bounds=(0.0, 1.0),
    )
    start = Stand(demand / reach.sum(axis=1), np.full(sites, count / sites))
    found = priced(
        part_of((reach, demand, count)),
        start,
        floor=-np.inf,
        most_steps=3000,
        enough=0.0,
        until=np.inf,
    )
    assert -whole.fun <= found.bound + 1e-6
    assert found.bound == pytest.approx(-whole.fun, rel=1e-4)


@given(small, seeds)
@cases(max_examples=50, deadline=None)
def test_answers_above_the_floor_use_no_removed_site_and_every_forced_one(
    case: Linked, seed: int
) -> None:
    reach, demand, count = case
    random = np.random.default_rng(seed)
    start = Stand(demand * random.random(len(demand)), np.zeros(reach.shape[1]))
    part = part_of(case)
    found = priced(part, start, floor=-np.inf, most_steps=0, enough=0.0, until=np.inf)
    floor = found.bound - random.random() * demand.sum()
    state = settled_sites(part, found, floor)
    if count == reach.shape[1]:
        assert (state == FORCED).all()
        return
    for chosen in sets_of(reach.shape[1], count):
        if covered(reach, demand, chosen) >= floor + 1e-9:
            assert (state[list(chosen)] != REMOVED).all()
            assert set(np.flatnonzero(state == FORCED)) <= set(chosen)


@given(small, seeds)
@cases(max_examples=50, deadline=None)
def test_what_is_cut_out_covers_as_before(case: Linked, seed: int) -> None:
    reach, demand, _ = case
    random = np.random.default_rng(seed)
    state = random.choice([REMOVED, OPEN, OPEN, FORCED], reach.shape[1]).astype(np.int8)
    keys = random.choice([random.integers(1, 2**62, reach.shape[1]), np.ones(reach.shape[1], int)])
    settled, sites, points, group, amount, ways = cut_out(state, keys, demand, *ways_of(reach))
    forced = np.flatnonzero(state == FORCED)
    assert sites.tolist() == np.flatnonzero(state == OPEN).tolist()
    assert settled == pytest.approx(covered(reach, demand, forced))
    assert np.bincount(group, demand[points], len(amount)) == pytest.approx(amount)
    shape = (len(amount), len(sites))
    by_point = sparse.csr_array((np.ones(len(ways[3])), ways[3], ways[2]), shape=shape).toarray()
    by_site = sparse.csr_array((np.ones(len(ways[1])), ways[1], ways[0]), shape=shape[::-1])
    assert (by_point == by_site.toarray().T).all()
    assert (by_point[group] == reach[np.ix_(points, sites)]).all()
    for chosen in sets_of(len(sites), 2):
        whole = covered(reach, demand, [*forced, *sites[list(chosen)]])
        assert settled + covered(by_point, amount, chosen) == pytest.approx(whole)


def test_points_that_the_same_open_sites_reach_become_one() -> None:
    reach = np.array([[1.0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    state = np.array([OPEN, OPEN, REMOVED], dtype=np.int8)
    found = cut_out(state, np.array([5, 6, 7]), np.array([1.0, 2, 4, 8]), *ways_of(reach))
    assert found[3].tolist() == [0, 0, 1, 2]
    assert found[4].tolist() == [3.0, 4.0, 8.0]


@given(seeds)
@cases(max_examples=50, deadline=None)
def test_shares_that_are_brought_down_lie_nearest_to_those_wanted(seed: int) -> None:
    random = np.random.default_rng(seed)
    sites = int(random.integers(1, 20))
    wanted, length = random.normal(0.5, 1.0, sites), random.uniform(0.1, 3.0, sites)
    count, share = float(random.integers(1, sites + 1)), np.zeros(sites)
    bring_down(wanted, length, count, share)
    assert ((share >= 0) & (share <= 1)).all()
    assert share.sum() <= count * (1 + 1e-6)
    apart = ((share - wanted) ** 2 / length).sum()
    for _ in range(20):
        other = random.random(sites)
        other *= min(1.0, count / other.sum())
        assert apart <= ((other - wanted) ** 2 / length).sum() + 1e-6


@given(small)
@cases(max_examples=50, deadline=None)
def test_a_site_is_useless_only_if_another_reaches_all_its_points(case: Linked) -> None:
    reach = case[0]
    useful = useful_sites(sparse.csr_array(reach))
    for site in np.flatnonzero(~useful):
        assert any((reach[:, site] <= reach[:, other]).all() for other in np.flatnonzero(useful))
    for one, other in combinations(np.flatnonzero(useful), 2):
        assert (reach[:, one] > reach[:, other]).any()
        assert (reach[:, other] > reach[:, one]).any()


@given(middling, seeds)
@cases(max_examples=50, deadline=None)
def test_the_search_never_loses_what_it_had(case: Linked, seed: int) -> None:
    reach, demand, count = case
    random = np.random.default_rng(seed)
    size = int(random.integers(0, count + 1))
    start = np.sort(random.choice(reach.shape[1], size, replace=False))
    limits = {"enough": np.inf, "seed": seed, "until": time.perf_counter() + 30.0}
    found = searched(sparse.csr_array(reach), demand, count, start, **limits)
    again = searched(sparse.csr_array(reach), demand, count, start, **limits)
    assert found.tolist() == again.tolist() == sorted(set(found.tolist()))
    assert len(found) <= count
    assert covered(reach, demand, found) >= covered(reach, demand, start) - 1e-9


def proven(case: Linked, most_nodes: int = 10**6) -> tuple[np.ndarray, float]:
    """The proof from no answer and poor prices, with few steps: what is left is branched on."""
    reach, demand, count = case
    calls = iter(range(10**9))

    def is_over(_until: float) -> bool:
        return next(calls) >= most_nodes

    steps = {"FIRST_STEPS": 25, "MOST_STEPS": 25, "TRIAL_STEPS": 25, "TRIED": 2, "is_over": is_over}
    with patch.multiple(cover_branch, **steps):
        nothing = np.zeros(0, dtype=np.int64)
        return proven_cover(
            sparse.csr_array(reach),
            demand,
            count,
            np.zeros(len(demand)),
            nothing,
            until=np.inf,
            least_rise=0.0,
        )


@given(small)
@cases(max_examples=50, deadline=None)
def test_branches_end_at_the_best_answer(case: Linked) -> None:
    chosen, bound = proven(case)
    assert covered(*case[:2], chosen) == pytest.approx(best_of(case), rel=1e-8)
    assert bound == pytest.approx(best_of(case), rel=1e-8)
    assert len(chosen) <= case[2]


@given(small, st.integers(0, 12))
@cases(max_examples=50, deadline=None)
def test_branches_cut_short_leave_a_true_bound(case: Linked, most_nodes: int) -> None:
    chosen, bound = proven(case, most_nodes)
    assert covered(*case[:2], chosen) <= best_of(case) + 1e-9
    assert bound >= best_of(case) * (1 - 1e-8)


def test_hundreds_of_small_instances_are_proven_as_by_brute_force() -> None:
    for random in np.random.default_rng(20).spawn(300):
        reach, demand, count = linked(random)
        with patch.object(cover_bound, "MOST_STEPS", int(random.integers(0, 4))):
            found = max_coverage(reach, demand, p=count)
        best = best_of((reach, demand, count))
        assert found.status == "optimal"
        assert found.objective == pytest.approx(best, rel=1e-6)
        assert found.bound >= best * (1 - 1e-8)


def corners_of_a_solid() -> np.ndarray:
    """Each of four sites reaches three of six points: halves of all four would reach every point."""
    pairs = list(combinations(range(4), 2))
    return np.array([[float(site in pair) for site in range(4)] for pair in pairs])


@pytest.mark.parametrize("demand", [np.ones(6), np.full(6, 0.7)], ids=["whole", "broken"])
def test_halves_of_sites_are_no_answer(demand: np.ndarray) -> None:
    found = max_coverage(corners_of_a_solid(), demand, p=2)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(5 * demand[0])
    assert found.bound == pytest.approx(5 * demand[0])


def test_who_asks_is_told_of_falling_bounds_and_rising_answers() -> None:
    reach, demand, count = many_alike()
    told: list[tuple[float, float]] = []
    with patch("kgspatial.siting.watching.TELL_EVERY_S", 0.0):
        found = max_coverage(reach, demand, p=count, tell=lambda *news: told.append(news[:2]))
    best, bounds = zip(*told, strict=True)
    assert list(best) == sorted(best)
    assert list(bounds) == sorted(bounds, reverse=True)
    assert all(value <= found.bound + 1e-9 for value in best)
    assert all(bound >= found.objective - 1e-9 for bound in bounds)


def test_a_search_that_is_stopped_gives_its_best_answer_and_a_true_bound() -> None:
    reach, demand, count = many_alike()

    def stop(*_news: float) -> None:
        watch = current_watch()
        assert watch is not None
        watch.stopped = True

    with patch.object(cover_bound, "MOST_STEPS", 10):
        stopped = max_coverage(reach, demand, p=count, tell=stop)
    whole = max_coverage(reach, demand, p=count)
    assert whole.status == "optimal"
    assert stopped.status == "gap"
    assert stopped.objective <= whole.objective + 1e-9
    assert stopped.bound >= whole.objective - 1e-9
    assert len(stopped.chosen) == count


def test_more_sites_than_are_compared_are_all_useful() -> None:
    twice = sparse.csr_array(np.ones((1, 3)))
    assert useful_sites(twice).tolist() == [True, False, False]
    with patch("kgspatial.siting.cover_links.MOST_COMPARED", 2):
        assert useful_sites(twice).all()

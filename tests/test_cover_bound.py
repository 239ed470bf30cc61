"""Bounds, exchanges and removals of maximal covering: nothing that is proven may be wrong."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from kgspatial.siting import cover_bound, max_coverage, set_cover
from kgspatial.siting._kernels import exchange_each
from kgspatial.siting.cover_bound import bounded_cover
from kgspatial.siting.cover_links import without_idle

DATA = Path(__file__).parents[2] / "shared" / "data" / "benchmarks"
Covering = tuple[np.ndarray, np.ndarray, int]


def covering(seed: int, most_points: int, most_sites: int) -> Covering:
    """Reach with points that no site reaches and equal rows, weights with zeros and ties, p."""
    random = np.random.default_rng(seed)
    points, sites = (int(random.integers(1, most + 1)) for most in (most_points, most_sites))
    reach = (random.random((points, sites)) < random.uniform(0.1, 0.7)).astype(float)
    reach = reach[random.integers(0, points, points)]
    ties = random.choice([0.0, 0.1, 0.2, 0.3, 1.0, 2.0], points)
    weights = ties if random.random() < 0.6 else random.gamma(0.5, 30.0, points)
    return reach, weights, int(random.integers(0, sites + 1))


small = st.integers(0, 2**32 - 1).map(lambda seed: covering(seed, 14, 8))
middling = st.integers(0, 2**32 - 1).map(lambda seed: covering(seed, 90, 40))


def covered(reach: np.ndarray, weights: np.ndarray, sites: object) -> float:
    return float(weights[reach[:, list(sites)].any(axis=1)].sum())


def answers(case: Covering) -> dict[tuple[int, ...], float]:
    """Every set of at most p sites, and what it covers."""
    reach, weights, p = case
    sets = [s for size in range(p + 1) for s in combinations(range(reach.shape[1]), size)]
    return {sites: covered(reach, weights, sites) for sites in sets}


def groups_of(case: Covering) -> tuple[sparse.csr_array, np.ndarray]:
    """As the bound takes them: only points with demand that a site reaches."""
    reach, weights, _ = case
    rows = reach.any(axis=1) & (weights > 0)
    return sparse.csr_array(reach[rows]), weights[rows]


def bounded(case: Covering, steps: int, gap_target: float = 1e-9) -> cover_bound.BoundedCover:
    with patch.object(cover_bound, "MOST_STEPS", steps):
        return bounded_cover(*groups_of(case), case[2], time_limit_s=30.0, gap_target=gap_target)


@given(small, st.sampled_from([0, 1, 2, 5, 20, 1000]), st.sampled_from([1e-9, 0.1]))
@cases(max_examples=300)
def test_the_best_answer_lies_between_what_was_found_and_the_bound(
    case: Covering, steps: int, gap_target: float
) -> None:
    found = bounded(case, steps, gap_target)
    best = max(answers(case).values())
    assert found.objective <= best * (1 + 1e-12)
    assert found.bound >= best * (1 - 1e-12)
    assert found.objective == pytest.approx(covered(*case[:2], found.chosen), rel=1e-12)
    assert found.chosen.tolist() == sorted(set(found.chosen.tolist()))


@given(small, st.sampled_from([1, 2, 5, 20, 1000]))
@cases(max_examples=300)
def test_every_answer_as_good_uses_only_open_sites_and_all_forced_ones(
    case: Covering, steps: int
) -> None:
    found = bounded(case, steps)
    forced = set(np.flatnonzero(found.must_be_chosen))
    for sites, value in answers(case).items():
        if value >= found.objective:
            assert found.may_be_chosen[list(sites)].all()
            assert forced <= set(sites)
    assert forced <= set(found.chosen)


def test_a_site_that_no_best_answer_uses_is_removed_and_one_that_all_use_is_forced() -> None:
    reach = np.eye(4)[:, [0, 1, 2, 3]]
    found = bounded((reach, np.array([10.0, 1.0, 8.0, 2.0]), 2), 1000)
    assert found.chosen.tolist() == [0, 2]
    assert found.may_be_chosen.tolist() == [True, False, True, False]
    assert found.must_be_chosen.tolist() == [True, False, True, False]


def test_sites_that_tie_stay_open() -> None:
    found = bounded((np.eye(3), np.array([5.0, 5.0, 5.0]), 2), 1000)
    assert found.chosen.tolist() == [0, 1]
    assert found.may_be_chosen.all()
    assert not found.must_be_chosen.any()


@given(middling)
@cases(max_examples=60)
def test_the_reduced_model_and_the_whole_model_agree(case: Covering) -> None:
    reach, weights, p = case
    points, sites = reach.shape
    linked = LinearConstraint(np.hstack([-reach, np.eye(points)]), ub=0.0)
    number = LinearConstraint(np.concatenate([np.ones(sites), np.zeros(points)]), ub=p)
    whole = milp(
        np.concatenate([np.zeros(sites), -weights]),
        constraints=[linked, number],
        integrality=np.concatenate([np.ones(sites), np.zeros(points)]),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0},
    )
    found = max_coverage(reach, weights, p=p)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(-whole.fun, rel=1e-6, abs=1e-9)


@given(small, st.sampled_from([0, 1, 3]))
@cases(max_examples=100)
def test_what_the_prices_leave_open_is_solved(case: Covering, steps: int) -> None:
    with patch.object(cover_bound, "MOST_STEPS", steps):
        found = max_coverage(*case[:2], p=case[2])
    assert found.status == "optimal"
    assert found.objective == pytest.approx(max(answers(case).values()), rel=1e-9)


@given(small, st.sampled_from([(0.0, 0.0), (30.0, 0.3)]))
@cases(max_examples=100)
def test_an_answer_that_is_stopped_early_still_has_a_true_bound(
    case: Covering, limits: tuple[float, float]
) -> None:
    seconds, gap_target = limits
    found = max_coverage(*case[:2], p=case[2], time_limit_s=seconds, gap_target=gap_target)
    best = max(answers(case).values())
    assert found.objective <= best * (1 + 1e-12)
    assert found.bound >= best * (1 - 1e-6)
    assert found.status == "gap" or found.objective == pytest.approx(best, rel=1e-6)


@given(middling, st.integers(0, 2**32 - 1))
@cases(max_examples=60)
def test_points_split_and_shuffled_change_nothing(case: Covering, seed: int) -> None:
    reach, weights, p = case
    whole = np.ceil(weights)
    parts = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(whole)), 4))
    once, split = max_coverage(reach, whole, p=p), max_coverage(reach[parts], whole[parts] / 4, p=p)
    assert once.chosen.tolist() == split.chosen.tolist()
    assert (once.objective, once.status) == (split.objective, split.status)


@given(middling)
@cases(max_examples=40)
def test_weights_in_other_units_choose_the_same_sites(case: Covering) -> None:
    reach, weights, p = case
    found = max_coverage(reach, weights, p=p)
    for unit in (2.0**-40, 2.0**40):
        other = max_coverage(reach, weights * unit, p=p)
        assert (other.chosen.tolist(), other.status) == (found.chosen.tolist(), found.status)


@given(middling, st.sampled_from([0.0, 30.0]))
@cases(max_examples=100)
def test_every_chosen_site_reaches_somebody_that_the_others_do_not(
    case: Covering, seconds: float
) -> None:
    reach, weights, p = case
    found = max_coverage(reach, weights, p=p, time_limit_s=seconds)
    assert len(found.chosen) <= p
    for site in found.chosen:
        others = covered(reach, weights, found.chosen[found.chosen != site])
        assert covered(reach, weights, found.chosen) > others


def test_of_sites_that_make_each_other_idle_only_the_last_is_dropped() -> None:
    ring = sparse.csr_array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    assert without_idle(ring, np.arange(3)).tolist() == [0, 1]


@given(middling)
@cases(max_examples=20)
def test_the_same_question_gets_the_same_answer(case: Covering) -> None:
    first, second = (max_coverage(*case[:2], p=case[2]) for _ in range(2))
    assert first.chosen.tobytes() == second.chosen.tobytes()
    assert (first.objective, first.bound) == (second.objective, second.bound)


@given(small)
@cases(max_examples=100)
def test_the_compiled_exchanges_are_those_of_plain_numpy(case: Covering) -> None:
    links, amount = groups_of(case)
    amount = np.ceil(amount)  # whole numbers: no rounding that could turn a tie
    by_site = sparse.csr_array(links.T)
    chosen, plain = (np.full(case[2], -1) for _ in range(2))
    times, gains = np.zeros(len(amount), dtype=np.int64), by_site @ amount
    ways = (by_site.indptr, by_site.indices, links.indptr, links.indices)
    for _ in range(3 * (case[2] > 0)):
        replaced = exchange_each(chosen, times, gains, amount, *ways)
        assert replaced == exchange_plainly(plain, links.toarray() > 0, amount)
        assert chosen.tolist() == plain.tolist()
        assert times.tolist() == (links.toarray()[:, plain[plain >= 0]]).sum(axis=1).tolist()
        assert gains == pytest.approx(by_site @ np.where(times == 0, amount, 0.0))


def exchange_plainly(chosen: np.ndarray, reach: np.ndarray, amount: np.ndarray) -> int:
    """Each chosen site in turn gives way to the one that adds the most; -1 where none adds."""
    replaced = 0
    for position, site in enumerate(chosen):
        others = np.delete(chosen, position)
        left = ~reach[:, others[others >= 0]].any(axis=1)
        gains = amount[left] @ reach[left]
        alone, best = gains[site] if site >= 0 else 0.0, int(np.argmax(gains))
        if gains[best] > alone:
            chosen[position], replaced = best, replaced + 1
        elif alone == 0.0:
            chosen[position] = -1
    return replaced


@pytest.mark.parametrize(
    ("reach", "weights", "p"),
    [
        (np.zeros((0, 3)), [], 2),
        (np.zeros((3, 0)), [1.0, 1.0, 1.0], 0),
        (np.zeros((3, 2)), [1.0, 1.0, 1.0], 1),
        (np.ones((3, 2)), [0.0, 0.0, 0.0], 2),
        (np.ones((3, 2)), [1.0, 1.0, 1.0], 0),
    ],
    ids=["no points", "no sites", "nothing in reach", "no demand", "no site wanted"],
)
def test_where_nothing_can_be_covered_nothing_is_chosen(
    reach: np.ndarray, weights: list[float], p: int
) -> None:
    found = max_coverage(reach, weights, p=p)
    assert (found.chosen.tolist(), found.objective, found.bound) == ([], 0.0, 0.0)
    assert found.status == "optimal"


def test_all_sites_together_cover_all_that_can_be_reached() -> None:
    reach = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]])
    found = max_coverage(reach, [1.0, 2.0, 4.0], p=3)
    assert (found.chosen.tolist(), found.objective, found.status) == ([0, 1], 3.0, "optimal")


def test_a_link_that_is_stored_twice_counts_once() -> None:
    twice = sparse.csr_array((np.ones(3), np.array([0, 0, 1]), np.array([0, 2, 3])), shape=(2, 2))
    assert max_coverage(twice, [1.0, 1.5], p=1).chosen.tolist() == [1]
    assert max_coverage(twice, [2.0, 1.5], p=1).chosen.tolist() == [0]


@pytest.mark.parametrize("question", ["most", "fewest"])
def test_the_callers_matrix_is_left_as_it_is(question: str) -> None:
    metres = sparse.csr_array(
        (np.array([5.0, 1.0, 7.0]), np.array([2, 0, 1]), np.array([0, 2, 3])), shape=(2, 3)
    )
    before = metres.toarray()
    if question == "most":
        max_coverage(metres, [1.0, 1.0], p=1)
    else:
        set_cover(metres, [1.0, 1.0])
    assert metres.toarray().tolist() == before.tolist()


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason="published instances are not part of the project")
@pytest.mark.parametrize("size", [324, 402])
def test_the_published_optimum_lies_between_answer_and_bound(size: int) -> None:
    text = (DATA / "mclp_sjc" / "OPTIMA_computed.txt").read_text()
    line = next(row for row in text.splitlines() if f"SJC {size}" in row)
    rows = np.loadtxt(DATA / "mclp_sjc" / f"SJC{size}.txt", skiprows=1, usecols=(0, 1, 2))
    apart = rows[:, None, :2] - rows[None, :, :2]
    reach = (np.hypot(apart[..., 0], apart[..., 1]) <= 800).astype(float)
    for p, optimum in re.findall(r"\((\d+), (\d+), 0\)", line):
        found = bounded((reach, rows[:, 2], int(p)), 1000)
        assert found.objective <= float(optimum) <= found.bound * (1 + 1e-12)
        assert found.bound <= found.objective * 1.02

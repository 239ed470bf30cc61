"""Set covering: no cheaper sites serve the share, and what cannot be served is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from kgspatial.errors import InputError
from kgspatial.siting import set_cover
from kgspatial.siting.set_covering_parts import binding_points, reduced, useful_sites

SHARES = (0.0, 0.3, 0.7, 0.9, 1.0)


@dataclass(frozen=True)
class Town:
    """Who reaches which sites and which kindergartens that are there; demand, prices and rooms."""

    reach: np.ndarray
    demand: np.ndarray
    price: np.ndarray
    room: np.ndarray
    old_reach: np.ndarray
    old_room: np.ndarray
    share: float

    def ask(self, **conditions: object) -> object:
        return set_cover(self.reach, self.demand, share=self.share, costs=self.price, **conditions)

    def choices(self) -> Iterator[list[int]]:
        sites = range(len(self.price))
        return (list(c) for n in range(len(self.price) + 1) for c in combinations(sites, n))

    def is_enough(self, served: float) -> bool:
        return served >= self.share * self.demand.sum() * (1 - 1e-9) - 1e-9


@st.composite
def towns(draw: st.DrawFn) -> Town:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, sites, old = (int(random.integers(1, high)) for high in (7, 6, 3))
    return Town(
        reach=(random.random((points, sites)) < draw(st.sampled_from([0.3, 0.6]))).astype(float),
        demand=random.choice([0.0, 1.0, 3.0, 4.0, 7.5], points),
        price=np.ones(sites) if draw(st.booleans()) else random.choice([0.0, 1, 2, 3.5, 5], sites),
        room=random.choice([2.0, 5.0, 8.0, 12.0, np.inf], sites),
        old_reach=(random.random((points, old)) < 0.4).astype(float),
        old_room=random.choice([1.0, 4.0, 8.0], old),
        share=draw(st.sampled_from(SHARES)),
    )


@st.composite
def links(draw: st.DrawFn) -> tuple[sparse.csr_array, np.ndarray]:
    """Links of up to 40 points and 25 sites, every point with one at least, and prices."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, sites = int(random.integers(1, 40)), int(random.integers(1, 25))
    reach = random.random((points, sites)) < draw(st.sampled_from([0.05, 0.15, 0.4]))
    reach[np.arange(points), random.integers(0, sites, points)] = True
    return sparse.csr_array(reach.astype(float)), random.choice([1.0, 2.0, 3.5], sites)


def most_shared(reach: np.ndarray, demand: np.ndarray, room: np.ndarray) -> float:
    """The most demand that fits, points shared as needed: a linear program of its own."""
    point, facility = np.nonzero(reach)
    if not len(point):
        return 0.0
    rows = np.zeros((sum(reach.shape), len(point)))
    rows[point, np.arange(len(point))] = 1.0
    rows[len(reach) + facility, np.arange(len(point))] = 1.0
    limits = np.concatenate([demand, np.minimum(room, demand.sum() + 1)])
    return -float(linprog(-np.ones(len(point)), rows, limits).fun)


def most_whole(reach: np.ndarray, demand: np.ndarray, room: np.ndarray) -> float:
    """The most demand that fits when points stay whole: every assignment is tried."""
    ways = [[-1, *np.flatnonzero(row)] for row in reach]
    most = 0.0
    for places in product(*ways):
        taken = np.array(places)
        load = np.bincount(taken[taken >= 0], demand[taken >= 0], minlength=len(room))
        if (load <= room).all():
            most = max(most, float(demand[taken >= 0].sum()))
    return most


@given(towns())
@cases(max_examples=200, deadline=None)
def test_no_cheaper_sites_reach_the_share(town: Town) -> None:
    found = town.ask()
    covered = {tuple(c): town.demand[town.reach[:, c].any(axis=1)].sum() for c in town.choices()}
    enough = [town.price[list(c)].sum() for c, served in covered.items() if town.is_enough(served)]
    if not enough:
        assert found.status == "infeasible"
        assert found.most_served == pytest.approx(max(covered.values()))
        return
    assert found.objective == pytest.approx(min(enough))
    assert found.status == "optimal"
    assert town.is_enough(found.assignment.sum())
    assert (found.assignment.toarray()[town.reach == 0] == 0).all()


@given(towns(), st.booleans())
@cases(max_examples=200, deadline=None)
def test_no_cheaper_sites_have_room_for_the_share(town: Town, whole: bool) -> None:
    existing = (town.old_reach, town.old_room)
    found = town.ask(capacities=town.room, existing=existing, single_source=whole)
    most = most_whole if whole else most_shared
    served = {
        tuple(c): most(
            np.hstack([town.reach[:, c], town.old_reach]),
            town.demand,
            np.concatenate([town.room[c], town.old_room]),
        )
        for c in town.choices()
    }
    enough = [town.price[list(c)].sum() for c, amount in served.items() if town.is_enough(amount)]
    if not enough:
        assert found.status == "infeasible"
        assert found.most_served >= max(served.values()) - 1e-6
        return
    taken = found.assignment.toarray()
    assert found.objective == pytest.approx(min(enough))
    assert found.status == "optimal"
    assert (taken[town.reach == 0] == 0).all()
    assert (taken.sum(axis=0) <= town.room * (1 + 1e-9)).all()
    assert (taken.sum(axis=1) <= town.demand + 1e-6).all()
    if whole:
        assert ((taken > 0).sum(axis=1) <= 1).all()


@given(towns())
@cases(max_examples=50, deadline=None)
def test_kindergartens_that_are_there_are_used_first(town: Town) -> None:
    endless = np.full(len(town.old_room), np.inf)
    found = town.ask(existing=(town.old_reach, endless))
    free = np.hstack([town.reach, town.old_reach])
    price = np.concatenate([town.price, np.zeros(len(endless))])
    as_sites = set_cover(free, town.demand, share=town.share, costs=price)
    assert found.objective == pytest.approx(as_sites.objective)
    assert found.status == as_sites.status
    assert not found.assignment.toarray()[town.old_reach.any(axis=1)].any()


@given(towns(), st.integers(2, 4), st.booleans())
@cases(max_examples=50, deadline=None)
def test_points_written_as_several_change_nothing(town: Town, times: int, has_room: bool) -> None:
    room = {"capacities": town.room} if has_room else {}
    again = set_cover(
        np.repeat(town.reach, times, axis=0),
        np.repeat(town.demand / times, times),
        share=town.share,
        costs=town.price,
        **room,
    )
    once = town.ask(**room)
    assert again.status == once.status
    assert again.objective == pytest.approx(once.objective)


@given(links())
@cases(max_examples=100, deadline=None)
def test_reductions_keep_the_optimum(case: tuple[sparse.csr_array, np.ndarray]) -> None:
    reach, price = case
    plain = linear_least(reach, price)
    forced, parts = reduced(reach, price)
    least = price[forced].sum() + sum(linear_least(p.links, price[p.sites]) for p in parts)
    found = set_cover(reach, np.ones(reach.shape[0]), costs=price)
    # Reductions may raise the value of the relaxation, never above the best whole answer.
    assert plain <= least + 1e-9
    assert least <= found.objective + 1e-9
    assert (np.diff(reach[:, found.chosen].indptr) > 0).all()


def linear_least(reach: sparse.csr_array, price: np.ndarray) -> float:
    rows = -reach.toarray()
    return float(linprog(price, rows, -np.ones(len(rows)), bounds=(0, 1)).fun)


@given(links())
@cases(max_examples=50, deadline=None)
def test_parts_share_neither_points_nor_sites(case: tuple[sparse.csr_array, np.ndarray]) -> None:
    forced, parts = reduced(*case)
    sites = np.concatenate([forced, *(part.sites for part in parts)])
    points = np.concatenate([np.zeros(0, int), *(part.points for part in parts)])
    assert len(np.unique(sites)) == len(sites)
    assert len(np.unique(points)) == len(points)
    for part in parts:
        assert (part.links != case[0][part.points][:, part.sites]).nnz == 0


def test_a_site_is_dropped_for_one_that_reaches_more_and_costs_no_more() -> None:
    reach = sparse.csr_array(np.array([[1.0, 1, 0, 1], [0, 1, 1, 1]]))
    assert useful_sites(reach, np.ones(4)).tolist() == [False, True, False, False]
    assert useful_sites(reach, np.array([0.5, 1, 1, 1])).tolist() == [True, True, False, False]


def test_a_point_with_more_ways_is_covered_in_any_case() -> None:
    reach = sparse.csr_array(np.array([[1.0, 1, 0], [1, 0, 0], [0, 1, 1]]))
    assert binding_points(reach).tolist() == [False, True, True]


def test_points_that_nobody_reaches_are_named() -> None:
    found = set_cover([[1, 0], [0, 0], [0, 1], [0, 0]], [5.0, 3.0, 2.0, 0.0])
    assert (found.status, found.unreached.tolist()) == ("infeasible", [1])
    assert found.most_served == 7.0
    assert set_cover([[1, 0], [0, 0], [0, 1]], [5.0, 3.0, 2.0], share=0.7).objective == 2.0


def test_too_little_room_is_told_from_too_little_reach() -> None:
    found = set_cover([[1, 1], [1, 1]], [30.0, 30.0], capacities=[20.0, 25.0])
    assert (found.status, found.unreached.tolist()) == ("infeasible", [])
    assert found.most_served == pytest.approx(45.0)


def test_a_whole_community_needs_one_kindergarten_with_room_for_it() -> None:
    ask = {"reach": [[1, 1]], "weights": [30.0], "capacities": [20.0, 20.0]}
    assert set_cover(**ask).objective == 2.0
    assert set_cover(**ask, single_source=True).status == "infeasible"


def test_no_sites_or_no_points_leave_nothing_to_choose() -> None:
    assert set_cover(np.zeros((0, 2)), []).objective == 0.0
    assert set_cover(np.zeros((2, 0)), [0.0, 0.0]).objective == 0.0
    assert set_cover(np.zeros((2, 0)), [1.0, 0.0]).unreached.tolist() == [0]
    assert set_cover(np.zeros((2, 0)), [1.0, 0.0], share=0.0).status == "optimal"


def test_the_time_limit_leaves_a_cover_with_its_bound() -> None:
    random = np.random.default_rng(5)
    reach = (random.random((120, 50)) < 0.08).astype(float)
    reach[np.arange(120), random.integers(0, 50, 120)] = 1.0
    found, full = (set_cover(reach, np.ones(120), time_limit_s=limit) for limit in (0.0, 60.0))
    assert reach[:, found.chosen].any(axis=1).all()
    assert found.bound <= full.objective <= found.objective
    assert full.status == "optimal"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"capacities": [1.0]}, "capacities"),
        ({"capacities": [1.0, -1.0]}, "capacities"),
        ({"existing": (np.ones((3, 1)), [1.0])}, "existing reach"),
        ({"existing": (np.ones((2, 1)), [1.0, 2.0])}, "existing capacities"),
        ({"costs": [1.0]}, "costs"),
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        set_cover(np.ones((2, 2)), [1.0, 1.0], **wrong)

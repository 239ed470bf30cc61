"""Layouts on arrays: every goal and condition against trying all courses of all facilities."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from kgspatial.balance import allocate
from kgspatial.errors import InputError
from kgspatial.siting import capacitated_coverage
from kgspatial.siting.layout import Conditions, Need, Options, Situations, phased_coverage

SEEDS = st.integers(0, 10_000_000)
TRIALS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


class Town:
    """A small random layout problem."""

    def __init__(self, seed: int, *, phases: int = 1, scenarios: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.random = random
        points, old, new = int(random.integers(2, 5)), 2, int(random.integers(1, 3))
        self.metres = random.integers(50, 1500, (points, old + new)).astype(float)
        self.metres[random.random(self.metres.shape) < 0.35] = np.inf
        n = phases * scenarios
        self.situations = Situations(
            random.integers(0, 60, (points, n)).astype(float),
            np.tile(np.arange(phases), scenarios),
            np.repeat(np.arange(scenarios), phases),
            random.integers(1, 4, n).astype(float),
        )
        self.options = self._options(old, new, phases)
        self.town = random.integers(0, 2, points)

    def _options(self, old: int, new: int, phases: int) -> Options:
        random, rows = self.random, []
        for f in range(old):
            places = float(random.integers(10, 80))
            rows.append((f, np.full(phases, places), np.zeros(phases), True))
            for start in range(phases):
                later = np.arange(phases) >= start
                for change, money in ((30.0, 100.0), (-places, 5.0)):
                    rows.append(
                        (
                            f,
                            np.where(later, places + change, places),
                            later_cost(later, money),
                            False,
                        )
                    )
        for f in range(old, old + new):
            for start in range(phases):
                later = np.arange(phases) >= start
                rows += [
                    (f, np.where(later, size, 0.0), later_cost(later, 4 * size), False)
                    for size in (30.0, 60.0)
                ]
        facility, capacity, cost, keeps = zip(*rows, strict=True)
        capacity = np.array(capacity)
        kinds = random.integers(0, 3, old + new)[np.array(facility)][:, None]
        kinds = np.broadcast_to(kinds, capacity.shape)
        return Options.of(
            np.array(facility),
            capacity,
            cost=np.array(cost),
            running=capacity.sum(axis=1) / 10,
            public=kinds == 0,
            inclusive=kinds <= 1,
            keeps=np.array(keeps),
        )


def later_cost(later: np.ndarray, money: float) -> np.ndarray:
    cost = np.zeros(len(later))
    cost[np.flatnonzero(later)[0]] = money
    return cost


def layouts(options: Options, facilities: int) -> list[np.ndarray]:
    """Every way to give each facility a course."""
    ways = []
    for f in range(facilities):
        mine = np.flatnonzero(options.facility == f).tolist()
        ways.append(mine if options.keeps[mine].any() else [*mine, None])
    return [np.array([q for q in way if q is not None], dtype=int) for way in product(*ways)]


def allowed(town: Town, chosen: np.ndarray, conditions: Conditions) -> bool:
    options = town.options.at(chosen)
    if conditions.p is not None and options.counts.sum() > conditions.p:
        return False
    if conditions.budget is not None and (options.cost.sum(axis=0) > conditions.budget).any():
        return False
    if any(np.isin(chosen, group).sum() > 1 for group in conditions.groups):
        return False
    if not all(np.isin(chosen, group).any() for group in conditions.required):
        return False
    return all((need.options[chosen].sum(axis=0) >= 1).all() for need in conditions.needs)


class Flow:
    """The linear program of who goes where with settled courses, written point by point."""

    def __init__(self, town: Town, chosen: np.ndarray, conditions: Conditions) -> None:
        self.town, self.options = town, town.options.at(chosen)
        situations, metres = town.situations, town.metres
        self.columns = [
            (i, f, h)
            for h in range(len(situations))
            for i in range(metres.shape[0])
            for f in self.options.facility
            if np.isfinite(metres[i, f])
        ]
        self.rows: list[np.ndarray] = []
        self.most: list[float] = []
        for h, phase in enumerate(situations.phase):
            for i in range(metres.shape[0]):
                self._add(lambda c, i=i, h=h: c[0] == i and c[2] == h, situations.demand[i, h])
            for q, f in enumerate(self.options.facility):
                room = self.options.capacity[q, phase]
                self._add(lambda c, f=f, h=h: c[1] == f and c[2] == h, room)
                least = self.options.least[q, phase]
                if least > 0:
                    self._add(lambda c, f=f, h=h: c[1] == f and c[2] == h, -least, -1.0)
            self._shares(h, phase, conditions)
            self._floors(h, conditions)

    def _add(self, belongs, most: float, sign: float = 1.0) -> None:
        self.rows.append(np.array([sign * belongs(c) for c in self.columns], dtype=float))
        self.most.append(float(most))

    def _shares(self, h: int, phase: int, conditions: Conditions) -> None:
        for kind in ("public", "inclusive"):
            share = getattr(conditions, f"{kind}_share")
            if share is None:
                continue
            right = dict(
                zip(self.options.facility, getattr(self.options, kind)[:, phase], strict=True)
            )
            self.rows.append(
                np.array([(share - right[f]) * (k == h) for _, f, k in self.columns], dtype=float)
            )
            self.most.append(0.0)

    def _floors(self, h: int, conditions: Conditions) -> None:
        demand = self.town.situations.demand[:, h]
        if conditions.least_served is not None:
            self._add(lambda c: c[2] == h, -conditions.least_served * demand.sum(), -1.0)
        if conditions.town_floor is not None:
            for t in (0, 1):
                least = conditions.town_floor * demand[self.town.town == t].sum()
                self._add(lambda c, t=t: c[2] == h and self.town.town[c[0]] == t, -least, -1.0)

    def best(self, gain) -> float | None:
        """The most of the sum of `gain` of each flow; None where nothing is allowed."""
        if not self.columns:
            return 0.0 if min(self.most) >= -1e-9 else None
        cost = -np.array([gain(*c) for c in self.columns], dtype=float)
        found = linprog(cost, A_ub=np.array(self.rows), b_ub=np.array(self.most))
        return -found.fun if found.status == 0 else None


def served_of(town: Town):
    return lambda _i, _f, h: town.situations.weight[h]


def all_of(town: Town, conditions: Conditions) -> list[tuple[np.ndarray, float]]:
    """Every allowed layout with the children that it serves."""
    found = []
    for chosen in layouts(town.options, town.metres.shape[1]):
        if allowed(town, chosen, conditions):
            value = Flow(town, chosen, conditions).best(served_of(town))
            if value is not None:
                found.append((chosen, value))
    return found


def agrees(town: Town, conditions: Conditions) -> None:
    result = phased_coverage(
        town.metres, town.options, town.situations, conditions, goals=("served",)
    )
    found = all_of(town, conditions)
    if not found:
        assert result.status == "infeasible"
        return
    assert result.status == "optimal"
    assert result.objective == pytest.approx(max(v for _, v in found), abs=1e-4)
    assert allowed(town, result.chosen, conditions)
    holds(town, result)
    assert result.served() @ town.situations.weight == pytest.approx(result.objective, abs=1e-3)


def holds(town: Town, result) -> None:
    """No point is served beyond its children, no facility beyond its places, nobody beyond reach."""
    options = town.options.at(result.chosen)
    for h, phase in enumerate(town.situations.phase):
        flow = result.flows[h].toarray()
        assert (flow >= 0).all()
        assert (flow.sum(axis=1) <= town.situations.demand[:, h] + 1e-9).all()
        room = np.zeros(flow.shape[1])
        room[options.facility] = options.capacity[:, phase]
        assert (flow.sum(axis=0) <= room + 1e-9).all()
        assert not flow[~np.isfinite(town.metres)].any()


class TestConditions:
    @TRIALS
    @given(SEEDS)
    def test_number_and_money(self, seed: int) -> None:
        town = Town(seed, phases=1 + seed % 2)
        phases = town.options.phases
        agrees(
            town, Conditions(p=seed % 3, budget=np.full(phases, [80.0, 150.0, np.inf][seed % 3]))
        )

    @TRIALS
    @given(SEEDS)
    def test_shares_of_kinds(self, seed: int) -> None:
        agrees(
            Town(seed, phases=1 + seed % 2), Conditions(p=2, public_share=0.5, inclusive_share=0.85)
        )

    @TRIALS
    @given(SEEDS)
    def test_a_course_that_must_serve_so_many(self, seed: int) -> None:
        town = Town(seed, phases=2)
        least = np.where(town.options.keeps[:, None], 0.0, 0.6 * town.options.capacity)
        town.options = Options(**{**vars(town.options), "least": least})
        agrees(town, Conditions(p=2))

    @TRIALS
    @given(SEEDS)
    def test_floors_of_towns_and_of_all(self, seed: int) -> None:
        town = Town(seed)
        agrees(town, Conditions(town=town.town, town_floor=0.5, least_served=0.6))

    @TRIALS
    @given(SEEDS)
    def test_one_of_a_group_and_what_is_required(self, seed: int) -> None:
        town = Town(seed)
        acting = np.flatnonzero(~town.options.keeps)
        at = town.options.facility[acting]
        group, must = acting[np.isin(at, [0, 2])], acting[at == 1]
        agrees(town, Conditions(p=2, groups=(group,), required=(must,)))

    @TRIALS
    @given(SEEDS)
    def test_a_need_in_every_phase(self, seed: int) -> None:
        town = Town(seed, phases=2)
        meets = (town.options.capacity > 0) & town.options.public
        agrees(town, Conditions(p=2, needs=(Need("a public kindergarten", meets),)))

    @TRIALS
    @given(SEEDS)
    def test_whole_points(self, seed: int) -> None:
        town = Town(seed)
        result = phased_coverage(
            town.metres,
            town.options,
            town.situations,
            Conditions(p=1, single_source=True),
            goals=("served",),
        )
        best = max(
            _whole(town, chosen)
            for chosen in layouts(town.options, town.metres.shape[1])
            if allowed(town, chosen, Conditions(p=1))
        )
        assert result.objective == pytest.approx(best, abs=1e-4)
        flow = result.flows[0]
        assert (np.diff(flow.indptr) <= 1).all()
        served = np.asarray(flow.sum(axis=1)).ravel()
        whole = np.isclose(served, 0.0) | np.isclose(served, town.situations.demand[:, 0])
        assert whole.all()


def _whole(town: Town, chosen: np.ndarray) -> float:
    """The most that is served when each point goes whole to one facility, by trying all."""
    options, demand = town.options.at(chosen), town.situations.demand[:, 0]
    ways = [
        [None, *np.flatnonzero(np.isfinite(town.metres[i, options.facility]))]
        for i in range(len(demand))
    ]
    best = 0.0
    for way in product(*ways):
        load = np.zeros(len(chosen))
        for i, q in enumerate(way):
            if q is not None:
                load[q] += demand[i]
        if (load <= options.capacity[:, 0] + 1e-9).all():
            best = max(best, load.sum() * town.situations.weight[0])
    return best


class TestGoals:
    @TRIALS
    @given(SEEDS)
    def test_served_then_money_then_metres(self, seed: int) -> None:
        town = Town(seed)
        result = phased_coverage(
            town.metres,
            town.options,
            town.situations,
            Conditions(p=2),
            goals=("served", "cost", "distance"),
        )
        found = all_of(town, Conditions(p=2))
        most = max(v for _, v in found)
        best = [chosen for chosen, v in found if v > most - 1e-6]
        money = {tuple(c): _money(town.options.at(c)) for c in best}
        least = min(money.values())
        assert [g.goal for g in result.goals] == ["served", "cost", "distance"]
        assert result.goals[0].value == pytest.approx(most, abs=1e-3)
        assert result.goals[1].value == pytest.approx(least, abs=1e-3)
        metres = min(
            _least_metres(town, np.array(c, int), most)
            for c, m in money.items()
            if m < least + 1e-6
        )
        assert result.goals[2].value == pytest.approx(metres, abs=1.0)
        walked = sum(
            (f.toarray() * np.where(np.isfinite(town.metres), town.metres, 0)).sum()
            for f in result.flows
        )
        assert walked * town.situations.weight[0] == pytest.approx(metres, abs=1.0)

    @TRIALS
    @given(SEEDS)
    def test_the_worst_scenario_and_the_greatest_regret(self, seed: int) -> None:
        town = Town(seed, scenarios=3)
        worst = phased_coverage(
            town.metres, town.options, town.situations, Conditions(p=1), goals=("worst",)
        )
        regret = phased_coverage(
            town.metres, town.options, town.situations, Conditions(p=1), goals=("regret",)
        )
        shares, missed = [], []
        by_scenario = [_alone(town, h) for h in range(3)]
        best = [max(values.values()) for values in by_scenario]
        totals = town.situations.demand.sum(axis=0) * town.situations.weight
        for chosen in by_scenario[0]:
            served = [values[chosen] for values in by_scenario]
            shares.append(
                min(min(s / max(t, 1.0), 1.0) for s, t in zip(served, totals, strict=True))
            )
            missed.append(max(b - s for b, s in zip(best, served, strict=True)))
        assert worst.objective == pytest.approx(max(shares), abs=1e-6)
        assert regret.objective == pytest.approx(min(missed), abs=1e-3)

    @TRIALS
    @given(SEEDS)
    def test_the_least_served_town_first(self, seed: int) -> None:
        town = Town(seed)
        demand = town.situations.demand[:, 0]
        if not all(demand[town.town == t].sum() > 0 for t in (0, 1)):
            return
        result = phased_coverage(
            town.metres,
            town.options,
            town.situations,
            Conditions(p=1, town=town.town),
            goals=("fair", "served"),
        )
        flow = result.flows[0]
        served = np.asarray(flow.sum(axis=1)).ravel()
        shares = sorted(served[town.town == t].sum() / demand[town.town == t].sum() for t in (0, 1))
        best = max(
            _fairest(town, chosen)
            for chosen in layouts(town.options, town.metres.shape[1])
            if allowed(town, chosen, Conditions(p=1))
        )
        assert shares == pytest.approx(best, abs=1e-3)

    @TRIALS
    @given(SEEDS)
    def test_equal_points_change_nothing(self, seed: int) -> None:
        town = Town(seed, phases=2)
        once = phased_coverage(
            town.metres, town.options, town.situations, Conditions(p=1), goals=("served",)
        )
        halves = town.situations.with_demand(np.repeat(town.situations.demand / 2, 2, axis=0))
        twice = phased_coverage(
            np.repeat(town.metres, 2, axis=0),
            town.options,
            halves,
            Conditions(p=1),
            goals=("served",),
        )
        assert twice.objective == pytest.approx(once.objective, abs=1e-4)


def _money(options: Options) -> float:
    return float(options.cost.sum() + options.running.sum())


def _least_metres(town: Town, chosen: np.ndarray, served: float) -> float:
    flow = Flow(town, chosen, Conditions())
    flow.rows.append(np.array([-town.situations.weight[h] for _, _, h in flow.columns]))
    flow.most.append(-served + 1e-7)
    return -(flow.best(lambda i, f, h: -town.metres[i, f] * town.situations.weight[h]) or 0.0)


def _alone(town: Town, scenario: int) -> dict[tuple[int, ...], float]:
    """What every layout of one action at most serves in one scenario."""
    own = Town.__new__(Town)
    own.metres, own.options, own.town = town.metres, town.options, town.town
    own.situations = town.situations.of_scenario(scenario)
    return {tuple(c): v for c, v in all_of(own, Conditions(p=1))}


def _fairest(town: Town, chosen: np.ndarray) -> tuple[float, float]:
    """The greatest least share, and then the greatest other: towns are two, so both ways round."""
    demand = town.situations.demand[:, 0]
    totals = [demand[town.town == t].sum() for t in (0, 1)]
    flow = Flow(town, chosen, Conditions())
    low, high = 0.0, 1.0
    while high - low > 1e-7:  # the least share, by halving
        share = (low + high) / 2
        bound = Flow(town, chosen, Conditions(town_floor=share))
        low, high = (share, high) if bound.best(lambda *_: 1.0) is not None else (low, share)
    other = 0.0
    for t in (0, 1):
        bound = Flow(town, chosen, Conditions(town_floor=max(low - 1e-7, 0.0)))
        value = bound.best(lambda i, f, h, t=t: float(town.town[i] == t))
        other = max(other, (value or 0.0) / totals[t])
    assert flow.columns is not None
    return low, other


class TestMoves:
    def test_a_child_stays_where_it_is_unless_its_places_go(self) -> None:
        metres = np.array([[100.0, 110.0], [100.0, 110.0]])
        options = Options.of([0, 1], [[50.0, 50.0], [50.0, 50.0]], keeps=[True, True])
        demand = np.array([[50.0, 30.0], [50.0, 30.0]])
        situations = Situations(demand, np.array([0, 1]), np.array([0, 0]), np.ones(2))
        result = phased_coverage(metres, options, situations, goals=("served",))
        first, second = (flow.toarray() for flow in result.flows)
        left = np.clip(first * 0.6 - second, 0, None).sum()
        assert left == pytest.approx(0.0, abs=1e-5)

    def test_children_of_a_closed_kindergarten_move_and_no_others(self) -> None:
        metres = np.array([[100.0, 300.0], [300.0, 100.0]])
        options = Options.of(
            [0, 1, 0],
            [[60.0, 60.0], [60.0, 60.0], [60.0, 0.0]],
            running=[10.0, 10.0, 5.0],
            keeps=[True, True, False],
        )
        demand = np.array([[20.0, 20.0], [30.0, 30.0]])
        situations = Situations(demand, np.array([0, 1]), np.array([0, 0]), np.ones(2))
        result = phased_coverage(
            metres,
            options,
            situations,
            goals=("served", "cost", "distance"),
            present=sparse.csr_array(np.array([[20.0, 0.0], [0.0, 30.0]])),
        )
        assert result.chosen.tolist() == [1, 2]
        assert result.flows[0].toarray() == pytest.approx(
            np.array([[20.0, 0.0], [0.0, 30.0]]), abs=1e-5
        )
        assert result.flows[1].toarray() == pytest.approx(
            np.array([[0.0, 20.0], [0.0, 30.0]]), abs=1e-5
        )


class TestWhatIsRefused:
    OPTIONS = Options.of([0], [[30.0]])

    def test_an_unknown_goal(self) -> None:
        with pytest.raises(InputError, match="no goal 'speed'"):
            phased_coverage([[1.0]], self.OPTIONS, [1.0], goals=("speed",))

    def test_a_fair_goal_without_towns(self) -> None:
        with pytest.raises(InputError, match="needs the town"):
            phased_coverage([[1.0]], self.OPTIONS, [1.0], goals=("fair",))

    @pytest.mark.parametrize(
        ("metres", "demand", "words"),
        [
            ([[-1.0]], [1.0], "0 or more"),
            ([[1.0]], [-1.0], "0 or more"),
            ([[1.0]], [1.0, 2.0], "expected 1 points"),
            ([1.0], [1.0], "must be a matrix"),
        ],
    )
    def test_numbers_and_shapes_that_cannot_be(self, metres, demand, words: str) -> None:
        with pytest.raises(InputError, match=words):
            phased_coverage(metres, self.OPTIONS, demand)

    def test_a_facility_outside_the_matrix(self) -> None:
        with pytest.raises(InputError, match="columns of reach"):
            phased_coverage([[1.0]], Options.of([1], [[30.0]]), [1.0])

    def test_more_children_asked_of_a_course_than_it_has_places(self) -> None:
        with pytest.raises(InputError, match="no less than what must be served"):
            phased_coverage([[1.0]], Options.of([0], [[30.0]], least=[[31.0]]), [1.0])


class TestSitesThatMustOrMayNot:
    @TRIALS
    @given(SEEDS)
    def test_required_sites_and_groups_agree_with_trying_all(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        points, sites = 5, 4
        reach = random.random((points, sites)) < 0.5
        children = random.integers(1, 60, points).astype(float)
        must, group = int(random.integers(sites)), random.choice(sites, 2, replace=False)
        found = capacitated_coverage(
            reach, children, [30.0, 60.0], p=2, required=[must], groups=[group]
        )
        best = -1.0
        for chosen in combinations(range(sites), 2):
            for sizes in product((30.0, 60.0), repeat=2):
                if must in chosen and not set(group) <= set(chosen):
                    room = np.zeros(sites)
                    room[list(chosen)] = sizes
                    best = max(best, allocate(_metres_of(reach), children, room).sum())
        alone = np.zeros(sites)
        alone[must] = 60.0
        best = max(best, allocate(_metres_of(reach), children, alone).sum())
        assert must in found.chosen
        assert not set(group) <= set(found.chosen.tolist())
        assert found.objective == pytest.approx(best, abs=1e-4)


def _metres_of(reach: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array(reach.astype(float))

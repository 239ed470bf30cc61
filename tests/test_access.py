"""Accessibility: against PySAL's `access`, against loops written out, and against themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from access import access as peer_access
from access import fca, raam
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from kgspatial import access
from kgspatial.errors import InputError
from kgspatial.travel import given as given_matrix

DATA = Path(__file__).parents[2] / "shared" / "data" / "belo_horizonte"
quick = settings(deadline=None, max_examples=40)

DECAYS = (
    access.Binary(700.0),
    access.Steps((300.0, 600.0, 900.0), (1.0, 0.68, 0.22)),
    access.Linear(950.0),
    access.Exponential(0.002),
    access.Gaussian(400.0, limit=900.0),
    access.GaussianToLimit(900.0),
    access.Power(1.5, scale=100.0),
    access.Logistic(500.0, 150.0),
)


class Town:
    """Points and kindergartens at random: a table with nan where it is too far."""

    def __init__(self, seed: int, points: int = 12, gardens: int = 5) -> None:
        random = np.random.default_rng(seed)
        table = random.uniform(0, 1400, (points, gardens))
        self.table = np.where(table <= 1000, table, np.nan)
        self.children = random.integers(1, 40, points).astype(float)
        self.places = random.integers(0, 200, gardens).astype(float)
        at = np.nonzero(~np.isnan(self.table))
        self.csr = sparse.csr_array((self.table[at], at), shape=table.shape)

    def weight(self, decay: access.Decay) -> np.ndarray:
        """Weights as a full table, 0 where it is too far."""
        full = decay(np.nan_to_num(self.table, nan=1e12).ravel()).reshape(self.table.shape)
        return np.where(np.isnan(self.table), 0.0, full)

    @property
    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Demand, supply and costs as the peer takes them."""
        row, column = np.nonzero(~np.isnan(self.table))
        costs = pd.DataFrame(
            {"origin": row, "dest": 1000 + column, "cost": self.table[row, column]}
        )
        demand = pd.DataFrame({"demand": self.children}, index=np.arange(len(self.children)))
        supply = pd.DataFrame({"supply": self.places}, index=1000 + np.arange(len(self.places)))
        return demand.rename_axis("geoid"), supply.rename_axis("geoid"), costs


towns = st.integers(0, 2**31).map(Town)


def same(ours: np.ndarray, theirs: pd.Series) -> None:
    """Ours has a 0 where the peer has no row, or no ratio."""
    full = theirs.reindex(range(len(ours))).fillna(0.0).to_numpy()
    np.testing.assert_allclose(ours, full, rtol=1e-9, atol=1e-9)


def in_peer(measure: Callable, town: Town, decay: access.Decay) -> pd.Series:
    """The peer's measure of all pairs that weigh anything: it divides by 0 for the others."""
    demand, supply, costs = town.frames
    weighs = costs["cost"].map(lambda d: float(decay(np.array([d]))[0]))
    return measure(
        demand, supply, costs[weighs > 0].copy(), demand_index=True, supply_index=True,
        max_cost=1000, weight_fn=lambda d: float(decay(np.array([d]))[0]),
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*inplace keyword")
class TestAgainstPySAL:
    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_two_step_with_every_decay(self, town: Town, decay: access.Decay) -> None:
        found = access.two_step(town.csr, town.children, town.places, decay=decay) / 100
        same(found, in_peer(fca.two_stage_fca, town, decay))

    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_three_step(self, town: Town, decay: access.Decay) -> None:
        found = access.three_step(town.csr, town.children, town.places, decay=decay) / 100
        same(found, in_peer(fca.three_stage_fca, town, decay))

    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_gravity(self, town: Town, decay: access.Decay) -> None:
        _, supply, costs = town.frames
        theirs = fca.weighted_catchment(
            supply, costs, 1000, cost_source="dest", cost_dest="origin", loc_index=True,
            loc_value="supply", weight_fn=lambda d: float(decay(np.array([d]))[0]),
        )  # fmt: skip
        same(access.gravity(town.csr, town.places, decay=decay), theirs)

    @quick
    @given(towns)
    def test_cumulative_opportunities(self, town: Town) -> None:
        _, supply, costs = town.frames
        theirs = fca.weighted_catchment(
            supply, costs, 600, cost_source="dest", cost_dest="origin", loc_index=True,
            loc_value="supply",
        )  # fmt: skip
        same(access.cumulative(town.csr, town.places, limit=600), theirs)

    @quick
    @given(st.integers(0, 2**31), st.sampled_from([300.0, 800.0]))
    def test_rational_agents(self, seed: int, scale: float) -> None:
        town = Town(seed, points=25, gardens=6)
        town.places = town.places + 1
        demand, supply, costs = town.frames
        theirs = raam.raam(demand, supply, costs, tau=scale)
        found = access.rational_agents(town.csr, town.children, town.places, scale=scale)
        both = theirs.reindex(range(len(found))).to_numpy(dtype=float)
        np.testing.assert_allclose(found, both, rtol=1e-9)

    def test_through_its_own_door_with_the_weights_of_the_paper(self) -> None:
        town = Town(7)
        demand, supply, costs = town.frames
        peer = peer_access.Access(
            demand_df=demand.reset_index(), demand_index="geoid", demand_value="demand",
            supply_df=supply.reset_index(), supply_index="geoid", supply_value=["supply"],
            cost_df=costs, cost_origin="origin", cost_dest="dest", cost_name="cost",
        )  # fmt: skip
        steps = {300: 1, 600: 0.68, 900: 0.22}
        theirs = peer.enhanced_two_stage_fca(
            weight_fn=lambda d: next((w for b, w in steps.items() if d <= b), 0), max_cost=1000
        )
        found = access.two_step(town.csr, town.children, town.places, decay=DECAYS[1])
        same(found / 100, theirs["e2sfca_supply"])


def loops(town: Town, decay: access.Decay) -> dict[str, np.ndarray]:
    """The measures that the peer does not have, written out pair by pair."""
    f, children, places = town.weight(decay), town.children, town.places
    n, m = f.shape
    found = {k: np.zeros(n) for k in ("modified", "balanced", "huff", "available")}
    for j in range(m):
        crowd = sum(f[k, j] * children[k] for k in range(n))
        comes = sum(f[k, j] / f[k].sum() * children[k] for k in range(n) if f[k].sum() > 0)
        drawn = 0.0
        for k in range(n):
            pull = sum(places[q] * f[k, q] for q in range(m))
            drawn += children[k] * f[k, j] * places[j] * f[k, j] / pull if pull > 0 else 0.0
        for i in range(n):
            if crowd > 0:
                found["modified"][i] += 100 * places[j] * f[i, j] ** 2 / crowd
                found["available"][i] += places[j] * children[i] * f[i, j] / crowd
            if comes > 0 and f[:, j].sum() > 0:
                found["balanced"][i] += 100 * places[j] / comes * f[i, j] / f[:, j].sum()
            pull = sum(places[q] * f[i, q] for q in range(m))
            if drawn > 0 and pull > 0:
                chosen = places[j] * f[i, j] / pull
                found["huff"][i] += 100 * chosen * f[i, j] * places[j] / drawn
    return found


class TestAgainstLoops:
    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_measures_that_the_peer_does_not_have(self, town: Town, decay: access.Decay) -> None:
        expected = loops(town, decay)
        args = (town.csr, town.children, town.places)
        found = {
            "modified": access.modified_two_step(*args, decay=decay),
            "balanced": access.balanced(*args, decay=decay),
            "huff": access.huff_two_step(*args, decay=decay),
            "available": access.spatial_availability(*args, decay=decay),
        }
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-9, err_msg=name)

    @quick
    @given(towns)
    def test_nearest_and_nearest_with_room(self, town: Town) -> None:
        vacant = np.where(town.places > 60, town.places, 0.0)
        for i, row in enumerate(town.table):
            reached = [d for d in row if d <= 1000]
            free = [d for d, v in zip(row, vacant, strict=True) if d <= 1000 and v > 0]
            for found, expected in (
                (access.nearest(town.csr)[i], reached),
                (access.nearest_with_room(town.csr, vacant)[i], free),
            ):
                assert found == min(expected) if expected else np.isnan(found)

    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_flows_keep_both_margins_where_they_can(self, town: Town, decay: access.Decay) -> None:
        town.table[:] = np.nan_to_num(town.table, nan=999.0)
        town.csr = sparse.csr_array(town.table)
        town.places += 1
        open_decay = access.Exponential(0.003)  # all pairs weigh something
        flows = access.doubly_constrained(town.csr, town.children, town.places, decay=open_decay)
        assert flows.converged
        total = min(town.children.sum(), town.places.sum())
        np.testing.assert_allclose(
            flows.flows.sum(axis=1), town.children * total / town.children.sum(), rtol=1e-6
        )
        np.testing.assert_allclose(
            flows.flows.sum(axis=0), town.places * total / town.places.sum(), rtol=1e-6
        )
        mean = (flows.flows.toarray() * town.table).sum(axis=1) / flows.flows.sum(axis=1)
        np.testing.assert_allclose(flows.distance, mean)

    def test_flows_that_cannot_fill_every_kindergarten_say_so(self) -> None:
        travel = sparse.csr_array(np.array([[100.0, 0.0], [100.0, 200.0], [100.0, 0.0]]))
        flows = access.doubly_constrained(travel, [50, 1, 50], [10, 91], max_iterations=200)
        assert not flows.converged
        assert flows.residual > 1
        np.testing.assert_allclose(flows.flows.sum(axis=1), [50, 1, 50])

    def test_flows_are_those_of_the_balanced_table(self) -> None:
        # Doubly constrained by hand: with equal weights flows are products of the margins.
        travel = sparse.csr_array(np.full((2, 2), 300.0))
        flows = access.doubly_constrained(travel, [30, 10], [20, 20]).flows.toarray()
        np.testing.assert_allclose(flows, [[15, 15], [5, 5]])


class TestWhatMustHold:
    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_two_step_shares_out_all_places_that_are_reached(
        self, town: Town, decay: access.Decay
    ) -> None:
        found = access.two_step(town.csr, town.children, town.places, decay=decay)
        reached = (town.weight(decay).T @ town.children) > 0
        np.testing.assert_allclose(
            (found * town.children).sum() / 100, town.places[reached].sum(), atol=1e-9
        )

    @quick
    @given(towns)
    def test_doubling_places_and_children_leaves_ratios(self, town: Town) -> None:
        args, twice = (town.children, town.places), (2 * town.children, 2 * town.places)
        for measure in (
            access.two_step, access.three_step, access.balanced, access.huff_two_step,
        ):  # fmt: skip
            np.testing.assert_allclose(measure(town.csr, *args), measure(town.csr, *twice))

    @quick
    @given(towns, st.sampled_from(DECAYS))
    def test_the_order_of_rows_does_not_matter(self, town: Town, decay: access.Decay) -> None:
        order = np.random.default_rng(1).permutation(len(town.children))
        for measure in (access.two_step, access.balanced, access.huff_two_step):
            plain = measure(town.csr, town.children, town.places, decay=decay)
            mixed = measure(town.csr[order], town.children[order], town.places, decay=decay)
            np.testing.assert_allclose(plain[order], mixed, rtol=1e-9, atol=1e-9)

    @quick
    @given(towns, st.floats(50, 900), st.floats(1, 300))
    def test_a_longer_limit_never_lowers_what_is_in_reach(
        self, town: Town, limit: float, more: float
    ) -> None:
        near = access.cumulative(town.csr, town.places, limit=limit)
        assert (access.cumulative(town.csr, town.places, limit=limit + more) >= near).all()

    @quick
    @given(towns)
    def test_a_point_with_nothing_in_reach_has_0_and_a_flag(self, town: Town) -> None:
        lost = np.isnan(town.table).all(axis=1)
        np.testing.assert_array_equal(access.unreached(town.csr), lost)
        assert (access.two_step(town.csr, town.children, town.places)[lost] == 0).all()
        assert np.isnan(access.nearest(town.csr)[lost]).all()

    def test_a_distance_of_0_is_the_best_of_all(self) -> None:
        beside = sparse.csr_array((np.array([0.0, 500.0]), ([0, 1], [0, 0])), shape=(2, 1))
        for decay in DECAYS:
            found = access.gravity(beside, [100.0], decay=decay)
            assert found[0] == pytest.approx(100 * decay(np.zeros(1))[0])
            assert found[0] >= found[1]

    @quick
    @given(st.sampled_from(DECAYS), st.lists(st.floats(0, 3000), min_size=2, max_size=20))
    def test_no_decay_rises_or_leaves_0_to_1(
        self, decay: access.Decay, distances: list[float]
    ) -> None:
        found = decay(np.sort(np.array(distances)))
        assert ((found >= 0) & (found <= 1)).all()
        assert (np.diff(found) <= 1e-12).all()

    def test_families_of_parts_move_where_whole_children_would_not(self) -> None:
        travel = sparse.csr_array(np.array([[100.0, 200.0]] * 4))
        whole = access.rational_agents(travel, [8] * 4, [4, 40], scale=500)
        parts = access.rational_agents(travel, [0.8] * 4, [0.4, 4.0], scale=500)
        np.testing.assert_allclose(parts, whole, rtol=0.02)

    @pytest.mark.parametrize(
        ("children", "places", "text"),
        [
            ([1.0], [1.0, 1.0], "children"),
            ([1.0, 2.0], [1.0], "places"),
            ([-1.0, 2.0], [1.0, 1.0], "0 or more"),
            ([np.nan, 2.0], [1.0, 1.0], "missing"),
        ],
    )
    def test_counts_that_do_not_fit_are_refused(
        self, children: list[float], places: list[float], text: str
    ) -> None:
        with pytest.raises(InputError, match=text):
            access.two_step(sparse.csr_array(np.ones((2, 2))), children, places)

    def test_a_pair_stored_twice_is_refused(self) -> None:
        twice = sparse.coo_array(([100.0, 200.0], ([0, 0], [0, 0])), shape=(1, 1))
        with pytest.raises(InputError, match="two distances"):
            access.nearest(twice)

    def test_a_full_table_cannot_tell_a_walk_of_0_from_none(self) -> None:
        with pytest.raises(InputError, match="csr"):
            access.nearest(np.ones((2, 2)))

    def test_an_over_full_kindergarten_has_no_room(self) -> None:
        travel = sparse.csr_array(np.array([[100.0, 300.0]]))
        assert access.nearest_with_room(travel, [-12.0, 3.0]) == [300.0]

    @pytest.mark.parametrize("decay", [lambda _d: 1.0, lambda d: -d, lambda d: d * np.nan])
    def test_a_decay_of_ones_own_must_give_weights(self, decay: Callable) -> None:
        with pytest.raises(InputError, match="decay"):
            access.gravity(sparse.csr_array(np.ones((2, 2))), [1.0, 1.0], decay=decay)

    def test_a_weight_of_next_to_nothing_breaks_nothing(self) -> None:
        far = sparse.csr_array(np.array([[720.0]]))
        found = access.two_step(far, [1.0], [90.0], decay=access.Exponential(1.0))
        assert np.isfinite(found).all()

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: access.Binary(0),
            lambda: access.Gaussian(-1),
            lambda: access.Steps((500, 300), (1, 0.5)),
            lambda: access.Steps((300,), (1, 0.5)),
            lambda: access.Steps((300,), (-1,)),
            lambda: access.Steps((300, 500), (0.5, 1)),
            lambda: access.Power(1, limit=np.nan),
        ],
    )
    def test_decays_that_cannot_be_are_refused(self, wrong: Callable) -> None:
        with pytest.raises(InputError):
            wrong()


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason="the travel times of Belo Horizonte are not there")
class TestBeloHorizonte:
    @pytest.fixture
    def city(self) -> tuple:
        places = pd.read_csv(DATA / "land_use.csv")
        times = pd.read_csv(DATA / "travel_matrix.csv.gz")
        travel = given_matrix(times, origins=places["id"], destinations=places["id"])
        return travel, places

    def test_all_pairs_are_used(self, city: tuple) -> None:
        travel, _ = city
        assert travel.csr.nnz == 748_437
        assert travel.unit == "min"

    def test_every_measure_runs_and_schools_are_shared_out(self, city: tuple) -> None:
        travel, places = city
        children, schools = places["population"], places["schools"] * 1.0
        decay = access.Steps((10, 20, 30), (1.0, 0.68, 0.22))
        table = access.compare_access(travel, children, schools, decay=decay)
        assert len(table) == 898
        numbers = table.drop(columns=["nearest", "reached"]).to_numpy(dtype=float)
        assert np.isfinite(numbers).all()
        reached = access.gravity(travel.csr.T.tocsr(), children, decay=decay) > 0
        total = (table["two_step"] * table["children"]).sum() / 100
        assert total == pytest.approx(schools[reached].sum())
        flows = access.doubly_constrained(
            travel, children, schools, decay=access.Exponential(0.02), tolerance=1e-6
        )
        assert flows.converged
        cost = access.rational_agents(travel, children, schools, scale=30.0)
        has_school = access.gravity(travel, schools) > 0
        np.testing.assert_array_equal(np.isfinite(cost), has_school & (children > 0).to_numpy())

    def test_two_step_equals_the_peer(self, city: tuple) -> None:
        travel, places = city
        times = pd.read_csv(DATA / "travel_matrix.csv.gz")
        theirs = fca.two_stage_fca(
            places.set_index("id")[["population"]].rename_axis("geoid"),
            places.set_index("id")[["schools"]].rename_axis("geoid"),
            times[times["travel_time"] <= 30], demand_index=True, demand_name="population",
            supply_index=True, supply_name="schools", cost_origin="from_id", cost_dest="to_id",
            cost_name="travel_time", max_cost=30,
        )  # fmt: skip
        found = access.two_step(
            travel, places["population"], places["schools"], decay=access.Binary(30)
        )
        expected = theirs.reindex(places["id"]).fillna(0.0)
        np.testing.assert_allclose(found / 100, expected, rtol=1e-9, atol=1e-12)

    def test_rich_hexagons_reach_more_jobs(self, city: tuple) -> None:
        travel, places = city
        jobs = access.cumulative(travel, places["jobs"], limit=30)
        index = access.concentration_index(jobs, places["population"], places["income_per_capita"])
        assert 0 < index < 1
        assert 0 < access.gini(jobs, places["population"]) < 1

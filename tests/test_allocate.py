"""Allocation: as many children as possible find a place in reach, and then walk the least."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from kgspatial.balance import allocate
from kgspatial.errors import InputError
from kgspatial.travel import TravelMatrix

quick = settings(deadline=None, max_examples=60)


@st.composite
def towns(draw: st.DrawFn, whole: bool = False) -> tuple[TravelMatrix, np.ndarray, np.ndarray]:
    """A few homes and kindergartens with reach, children and places as they come."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    count = st.integers(0, 30).map(float) if whole else st.floats(0, 30).map(lambda v: round(v, 5))
    metres = st.one_of(st.none(), st.sampled_from([0, 100, 250.5, 400]), st.floats(0, 500))
    table = [[draw(metres) for _ in range(m)] for _ in range(n)]
    children = np.array([draw(count) for _ in range(n)])
    places = np.array([draw(st.integers(0, 40)) for _ in range(m)], dtype=float)
    return travel_of(table), children, places


def travel_of(table: list[list[float | None]]) -> TravelMatrix:
    dense = np.array([[np.nan if v is None else v for v in row] for row in table], dtype=float)
    at = np.nonzero(~np.isnan(dense))
    csr = sparse.csr_array((dense[at], at), shape=dense.shape)
    ids = [[f"{kind}{i}" for i in range(n)] for kind, n in zip("ok", dense.shape, strict=True)]
    return TravelMatrix(csr, np.array(ids[0]), np.array(ids[1]), 500.0)


def optimum(travel: TravelMatrix, children: np.ndarray, places: np.ndarray) -> tuple[float, float]:
    """Most children served, and the least child-metres for it, by two linear programmes (HiGHS)."""
    pairs = travel.csr.tocoo()
    if not pairs.nnz:
        return 0.0, 0.0
    one, k = np.ones(pairs.nnz), np.arange(pairs.nnz)
    rows = sparse.csr_array((one, (pairs.row, k)), shape=(len(children), pairs.nnz))
    columns = sparse.csr_array((one, (pairs.col, k)), shape=(len(places), pairs.nnz))
    limits, bounds = sparse.vstack([rows, columns]), np.concatenate([children, places])
    most = linprog(-one, A_ub=limits, b_ub=bounds, method="highs")
    served = -most.fun
    keep = sparse.vstack([limits, sparse.csr_array(-one[None, :])])
    least = linprog(pairs.data, A_ub=keep, b_ub=np.append(bounds, -(served - 1e-7)), method="highs")
    return served, least.fun


def metres_of(flow: sparse.csr_array, travel: TravelMatrix) -> float:
    return float(flow.multiply(travel.csr).sum())


class TestProperties:
    @quick
    @given(towns())
    def test_most_children_are_served_and_then_walk_the_least(self, given_town: tuple) -> None:
        travel, children, places = given_town
        flow = allocate(travel, children, places)
        served, metres = optimum(travel, children, places)
        assert flow.sum() == pytest.approx(served, abs=1e-4)
        assert metres_of(flow, travel) == pytest.approx(metres, abs=0.05)

    @quick
    @given(towns())
    def test_nobody_is_served_twice_and_no_place_taken_twice(self, given_town: tuple) -> None:
        travel, children, places = given_town
        flow = allocate(travel, children, places)
        assert (flow.sum(axis=1) <= children * (1 + 1e-12)).all()
        assert (flow.sum(axis=0) <= places * (1 + 1e-12)).all()
        assert (flow.data > 0).all()

    @quick
    @given(towns())
    def test_nobody_walks_beyond_reach(self, given_town: tuple) -> None:
        travel, children, places = given_town
        reach = set(zip(*travel.csr.tocoo().coords, strict=True))
        assert set(zip(*allocate(travel, children, places).tocoo().coords, strict=True)) <= reach

    @quick
    @given(towns(whole=True))
    def test_whole_children_stay_whole(self, given_town: tuple) -> None:
        flow = allocate(*given_town)
        np.testing.assert_allclose(flow.data, np.round(flow.data), atol=1e-9)

    @quick
    @given(towns(whole=True), st.randoms(use_true_random=False))
    def test_the_order_of_rows_and_columns_decides_nothing(self, given_town: tuple, random) -> None:
        travel, children, places = given_town
        rows, columns = list(range(len(children))), list(range(len(places)))
        random.shuffle(rows)
        random.shuffle(columns)
        turned = TravelMatrix(
            travel.csr[rows][:, columns],
            travel.origin_ids[rows],
            travel.destination_ids[columns],
            travel.limit_m,
        )
        first = allocate(travel, children, places).toarray()[rows][:, columns]
        second = allocate(turned, children[rows], places[columns]).toarray()
        np.testing.assert_array_equal(first, second)


class TestExamples:
    def test_a_child_goes_further_so_that_another_is_served_at_all(self) -> None:
        travel = travel_of([[10.0, 400.0], [20.0, None]])
        flow = allocate(travel, [1, 1], [1, 1]).toarray()
        assert flow.tolist() == [[0, 1], [1, 0]]

    def test_a_place_next_door_is_within_reach(self) -> None:
        flow = allocate(travel_of([[0.0, 5.0]]), [3.0], [2, 9]).toarray()
        assert flow.tolist() == [[2, 1]]

    def test_a_fraction_of_a_child_is_served_to_its_last_part(self) -> None:
        children = [1 / 3, 0.1 + 0.2, 1e-9]
        flow = allocate(travel_of([[1.0], [1.0], [1.0]]), children, [10])
        np.testing.assert_array_equal(flow.sum(axis=1), children)

    def test_more_places_than_any_number_of_children_can_be_told(self) -> None:
        assert allocate(travel_of([[1.0]]), [5.0], [1e15]).sum() == 5.0

    def test_a_million_children_are_allocated(self) -> None:
        flow = allocate(travel_of([[450.0], [400.0]]), [600_000.4, 500_000.0], [1_000_000])
        assert flow.sum() == pytest.approx(1_000_000, abs=1)
        assert flow.toarray()[1, 0] == pytest.approx(500_000)

    @pytest.mark.parametrize(("children", "places"), [([0.0], [5.0]), ([5.0], [0.0])])
    def test_where_there_is_nobody_or_nothing_nothing_is_allocated(
        self, children: list[float], places: list[float]
    ) -> None:
        assert allocate(travel_of([[1.0]]), children, places).nnz == 0

    @pytest.mark.parametrize("shape", [(0, 0), (2, 0), (0, 2), (2, 2)])
    def test_a_matrix_without_entries_allocates_nothing(self, shape: tuple[int, int]) -> None:
        flow = allocate(sparse.csr_array(shape), np.ones(shape[0]), np.ones(shape[1]))
        assert flow.shape == shape
        assert flow.nnz == 0

    def test_a_plain_sparse_matrix_will_do(self) -> None:
        flow = allocate(sparse.coo_array(([7.0], ([1], [0])), shape=(2, 1)), [1, 1], [1])
        assert flow.toarray().tolist() == [[0], [1]]


class TestRefusals:
    @pytest.mark.parametrize("children", [[1.0, 2.0], [-1.0], [np.nan], [np.inf]])
    def test_children_that_cannot_be(self, children: list[float]) -> None:
        with pytest.raises(InputError, match="children must"):
            allocate(travel_of([[1.0]]), children, [1.0])

    @pytest.mark.parametrize("places", [[1.0, 2.0], [-1.0], [np.nan]])
    def test_places_that_cannot_be(self, places: list[float]) -> None:
        with pytest.raises(InputError, match="places must"):
            allocate(travel_of([[1.0]]), [1.0], places)

    @pytest.mark.parametrize("metres", [-1.0, np.nan, np.inf])
    def test_distances_that_cannot_be(self, metres: float) -> None:
        with pytest.raises(InputError, match="distances must"):
            allocate(sparse.csr_array(([metres], ([0], [0])), shape=(1, 1)), [1.0], [1.0])

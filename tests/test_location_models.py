"""Location models on arrays: brute force agrees, and published optima are reproduced and proven."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from kgspatial.errors import InputError
from kgspatial.siting import capacitated_coverage, max_coverage, p_center, p_median, set_cover
from kgspatial.siting.arrays import links_of
from kgspatial.siting.core import merge_equal_rows

DATA = Path(__file__).parents[2] / "shared" / "data" / "benchmarks"
published = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="published instances are not part of the project"),
]


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Distances with some pairs out of reach, weights with zeros, and a number of sites."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, sites = int(random.integers(1, 9)), int(random.integers(1, 7))
    distances = random.choice([0.0, 1.0, 2.5, 4.0, 7.25, 9.0], (points, sites))
    distances[random.random((points, sites)) < 0.25] = np.nan
    weights = random.choice([0.0, 1.0, 3.5, 10.0], points)
    return distances, weights, int(random.integers(1, sites + 1))


def choices(sites: int, p: int) -> Iterator[list[int]]:
    return (list(chosen) for chosen in combinations(range(sites), p))


@given(tables())
@cases(max_examples=150)
def test_no_other_sites_cover_more(case: tuple[np.ndarray, np.ndarray, int]) -> None:
    distances, weights, p = case
    reach = (np.nan_to_num(distances, nan=99.0) <= 3.0).astype(float)
    found = max_coverage(reach, weights, p=p)
    best = max(weights[reach[:, c].any(axis=1)].sum() for c in choices(reach.shape[1], p))
    assert found.objective == pytest.approx(best)
    assert found.status == "optimal"
    assert len(found.chosen) <= p
    assert (found.assignment.toarray()[reach == 0] == 0).all()


@given(tables(), st.sampled_from([0.0, 0.4, 0.8, 1.0]))
@cases(max_examples=150)
def test_no_fewer_sites_cover_the_share(
    case: tuple[np.ndarray, np.ndarray, int], share: float
) -> None:
    distances, weights, _ = case
    reach = (np.nan_to_num(distances, nan=99.0) <= 3.0).astype(float)
    found = set_cover(reach, weights, share=share)
    need = share * weights.sum() - 1e-9
    enough = [
        len(c)
        for p in range(reach.shape[1] + 1)
        for c in choices(reach.shape[1], p)
        if weights[reach[:, c].any(axis=1)].sum() >= need
    ]
    if enough:
        assert found.objective == min(enough)
        assert weights[reach[:, found.chosen].any(axis=1)].sum() >= need
    else:
        assert found.status == "infeasible"


@given(tables())
@cases(max_examples=150)
def test_no_other_sites_are_nearer_in_total(case: tuple[np.ndarray, np.ndarray, int]) -> None:
    distances, weights, p = case
    table = np.where(np.isnan(distances), np.inf, distances)
    reaching = [c for c in choices(len(table[0]), p) if np.isfinite(table[:, c].min(axis=1)).all()]
    found = p_median(distances, weights, p=p)
    if not reaching:
        assert found.status == "infeasible"
        return
    best = min(float(weights @ table[:, c].min(axis=1)) for c in reaching)
    assert found.objective == pytest.approx(best, abs=1e-9)
    assert found.status == "optimal"
    assert found.bound <= found.objective + 1e-9
    assert found.assignment.sum() == pytest.approx(weights.sum())


@given(tables(), st.booleans())
@cases(max_examples=80)
def test_capacities_are_kept_and_no_cheaper_assignment_exists(
    case: tuple[np.ndarray, np.ndarray, int], whole: bool
) -> None:
    distances, weights, p = case
    room = np.full(distances.shape[1], 14.0)
    found = p_median(distances, weights, p=p, capacities=room, single_source=whole)
    free = p_median(distances, weights, p=p)
    if found.status == "infeasible":
        return
    taken = found.assignment.toarray()
    assert (taken.sum(axis=0) <= room + 1e-6).all()
    assert found.objective >= free.objective - 1e-6
    if whole:
        assert ((taken > 1e-9).sum(axis=1) <= 1).all()


@given(tables())
@cases(max_examples=150)
def test_no_other_sites_shorten_the_longest_walk(case: tuple[np.ndarray, np.ndarray, int]) -> None:
    distances, _, p = case
    table = np.where(np.isnan(distances), np.inf, distances)
    longest = [table[:, c].min(axis=1).max() for c in choices(table.shape[1], p)]
    found = p_center(distances, p=p)
    if np.isinf(min(longest)):
        assert found.status == "infeasible"
    else:
        assert found.objective == min(longest)
        assert found.status == "optimal"


def test_sparse_and_dense_distances_say_the_same() -> None:
    dense = np.array([[0.0, 3.0], [np.nan, 1.0]])
    table = sparse.csr_array((np.array([0.0, 3.0, 1.0]), ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    answers = [p_median(d, [1.0, 1.0], p=2) for d in (dense, table)]
    assert [a.objective for a in answers] == [1.0, 1.0]


def out_of_order() -> sparse.csr_array:
    """Distances whose columns are stored in no order, as sums and slices of matrices leave them."""
    columns, metres = np.array([2, 0, 1, 1, 0, 2]), np.array([5.0, 1.0, 7.0, 2.0, 4.0, 3.0])
    return sparse.csr_array((metres, columns, np.array([0, 2, 5, 6])), shape=(3, 3))


@pytest.mark.parametrize(
    "ask",
    [
        lambda metres: max_coverage(metres, np.ones(3), p=1),
        lambda metres: set_cover(metres, np.ones(3)),
        lambda metres: p_median(metres, np.ones(3), p=2),
        lambda metres: p_center(metres, p=2),
        lambda metres: capacitated_coverage(metres, np.ones(3), [2.0], p=1),
        lambda metres: capacitated_coverage(
            np.ones((3, 1)), np.ones(3), [2.0], p=1, existing=(metres, np.ones(3))
        ),
        lambda metres: merge_equal_rows(links_of(metres), np.ones(3)),
        lambda metres: merge_equal_rows(metres, np.ones(3)),
    ],
    ids=[
        "max_coverage",
        "set_cover",
        "p_median",
        "p_center",
        "capacitated_coverage",
        "existing facilities",
        "merging of links",
        "merging",
    ],
)
def test_asking_leaves_the_matrix_as_it_was(ask: Callable[[sparse.csr_array], object]) -> None:
    metres, before = out_of_order(), out_of_order()
    ask(metres)
    assert metres.indices.tolist() == before.indices.tolist()
    assert metres.indptr.tolist() == before.indptr.tolist()
    assert metres.data.tolist() == before.data.tolist()


def test_points_that_store_their_sites_in_another_order_are_merged() -> None:
    columns = np.array([1, 0, 0, 1, 1])
    links = sparse.csr_array((np.ones(5), columns, np.array([0, 2, 4, 5])), shape=(3, 2))
    merged, amount, group = merge_equal_rows(links, np.array([1.0, 2.0, 4.0]))
    assert group[0] == group[1] != group[2]
    assert amount[group].tolist() == [3.0, 3.0, 4.0]
    assert merged.toarray()[group].tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize("p", [-1, 3])
def test_a_number_of_sites_that_is_not_there_is_refused(p: int) -> None:
    with pytest.raises(InputError, match="between 0 and"):
        p_median(np.ones((2, 2)), [1.0, 1.0], p=p)


def test_negative_distances_and_shares_are_refused() -> None:
    with pytest.raises(InputError, match="0 or more"):
        p_center([[-1.0]], p=1)
    with pytest.raises(InputError, match="between 0 and 1"):
        set_cover([[1.0]], [1.0], share=1.5)


class TestPublishedInstances:
    """OR-Library (Beasley 1990, Journal of the Operational Research Society 41) and SJC."""

    pytestmark = published

    @pytest.mark.parametrize("number", range(1, 21))
    def test_p_median_of_the_or_library(self, number: int) -> None:
        folder = DATA / "orlib_pmed"
        text = (folder / "pmedopt.txt").read_text()
        optimum = int(re.search(rf"pmed{number}\s+(\d+)", text)[1])
        values = np.array((folder / f"pmed{number}.txt").read_text().split(), dtype=int)
        nodes, edges, p = values[:3]
        streets = np.zeros((nodes, nodes))
        for a, b, length in values[3 : 3 + 3 * edges].reshape(-1, 3):
            streets[a - 1, b - 1] = streets[b - 1, a - 1] = length
        distances = dijkstra(sparse.csr_array(streets), directed=False)
        found = p_median(distances, np.ones(nodes), p=int(p), time_limit_s=60)
        assert (found.objective, found.status) == (optimum, "optimal")

    @pytest.mark.parametrize("number", range(1, 11))
    def test_capacitated_p_median_of_the_or_library(self, number: int) -> None:
        values = (DATA / "orlib_pmedcap" / f"pmedcap1({number}).txt").read_text().split()
        optimum, nodes, p, room = map(int, values[1:5])
        rows = np.array(values[5 : 5 + 4 * nodes], dtype=float).reshape(-1, 4)
        apart = rows[:, None, 1:3] - rows[None, :, 1:3]
        found = p_median(
            np.floor(np.hypot(apart[..., 0], apart[..., 1])),
            np.ones(nodes),
            p=p,
            capacities=np.full(nodes, float(room)),
            demands=rows[:, 3],
            single_source=True,
            time_limit_s=60,
        )
        assert (found.objective, found.status) == (optimum, "optimal")

    @pytest.mark.parametrize("size", [324, 402])
    def test_maximal_covering_of_sao_jose_dos_campos(self, size: int) -> None:
        folder = DATA / "mclp_sjc"
        line = next(
            text
            for text in (folder / "OPTIMA_computed.txt").read_text().splitlines()
            if f"SJC {size}" in text
        )
        rows = np.loadtxt(folder / f"SJC{size}.txt", skiprows=1, usecols=(0, 1, 2))
        apart = rows[:, None, :2] - rows[None, :, :2]
        reach = (np.hypot(apart[..., 0], apart[..., 1]) <= 800).astype(float)
        for p, optimum in re.findall(r"\((\d+), (\d+), 0\)", line):
            found = max_coverage(reach, rows[:, 2], p=int(p))
            assert (found.objective, found.status) == (float(optimum), "optimal")

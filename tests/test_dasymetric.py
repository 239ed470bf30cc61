"""Control totals spread by weights, and tables fitted to totals of two kinds: nobody is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from kgspatial.demand.dasymetric import FittedTable, fit_margins, spread
from kgspatial.errors import InputError

UNITS = ["A", "B", "C", "D"]
NUMBERS = st.just(0.0) | st.floats(1e-300, 1e12) | st.integers(1, 1000).map(float)


@st.composite
def towns(draw: st.DrawFn) -> tuple[pd.Series, list[str], list[float]]:
    """Totals of four units, some with points, some without, some of whose points weigh nothing."""
    totals = draw(st.lists(NUMBERS, min_size=4, max_size=4))
    points = draw(st.lists(st.tuples(st.sampled_from(UNITS), NUMBERS), max_size=30))
    return pd.Series(totals, index=UNITS), [u for u, _ in points], [w for _, w in points]


@given(towns())
def test_every_total_is_spread_or_left(
    town: tuple[pd.Series, list[str], list[float]],
) -> None:
    totals, unit, weights = town
    amounts, left = spread(totals, unit, weights)
    assert np.all(amounts >= 0)
    placed = pd.Series(amounts).groupby(np.array(unit, dtype=object)).sum()
    together = placed.reindex(UNITS).fillna(0.0) + left.reindex(UNITS).fillna(0.0)
    assert together.to_numpy() == pytest.approx(totals.to_numpy(), rel=1e-9, abs=0.0)


@given(towns())
def test_amounts_go_with_the_weights(town: tuple[pd.Series, list[str], list[float]]) -> None:
    totals, unit, weights = town
    amounts, _ = spread(totals, unit, weights)
    for name in UNITS:
        inside = [i for i, u in enumerate(unit) if u == name]
        whole = sum(weights[i] for i in inside)
        for i in inside:
            expected = totals[name] * (weights[i] / whole) if whole else 0.0
            assert amounts[i] == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_points_and_totals_does_not_matter(
    town: tuple[pd.Series, list[str], list[float]], random: np.random.Generator
) -> None:
    totals, unit, weights = town
    amounts, left = spread(totals, unit, weights)
    order = list(range(len(unit)))
    random.shuffle(order)
    again, left_again = spread(totals[::-1], [unit[i] for i in order], [weights[i] for i in order])
    assert again == pytest.approx(amounts[order], rel=1e-12)
    assert left_again.to_dict() == left.to_dict()


def test_a_unit_without_a_weighted_point_keeps_its_total() -> None:
    totals = pd.Series({"no points": 10, "nobody": 20, "empty": 0, "town": 30})
    amounts, left = spread(totals, ["nobody", "nobody", "town"], [0, 0, 5])
    assert amounts.tolist() == [0.0, 0.0, 30.0]
    assert left.to_dict() == {"no points": 10.0, "nobody": 20.0}


def test_what_nobody_counted_stays_missing() -> None:
    totals = pd.Series({"A": 10.0, "B": np.nan, "C": np.nan})
    amounts, left = spread(totals, pd.Series(["A", "B", "Z", None, pd.NA]), np.ones(5))
    assert amounts[0] == 10.0
    assert np.isnan(amounts[1:]).all()
    assert left.empty


def test_weights_at_the_ends_of_the_numbers_do_not_lose_anybody() -> None:
    totals = pd.Series({"A": 6.0, "B": 5.0})
    amounts, left = spread(totals, ["A", "A", "B", "B"], [1.7e308, 1.7e308, 5e-324, 5e-324])
    assert amounts.tolist() == [3.0, 3.0, 2.5, 2.5]
    assert left.empty


def test_without_points_every_total_is_left() -> None:
    amounts, left = spread(pd.Series({"A": 6.0}), [], [])
    assert len(amounts) == 0
    assert left.to_dict() == {"A": 6.0}


@pytest.mark.parametrize("weight", [np.nan, -1.0, np.inf])
def test_a_weight_that_says_nothing_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match=r"1 of 2 weights .* at place 1"):
        spread(pd.Series({"A": 6.0}), ["A", "A"], [1.0, weight])


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        (pd.Series([1.0, 2.0], index=["A", "A"]), "unit 'A' has two totals"),
        (pd.Series({"A": -1.0}), "unit 'A' has a total of -1"),
        (pd.Series({"A": np.inf}), "unit 'A' has a total of inf"),
        (pd.Series([1.0], index=pd.Index([None], dtype=object)), "a total belongs to no unit"),
    ],
)
def test_a_total_that_cannot_be_is_refused(totals: pd.Series, words: str) -> None:
    with pytest.raises(InputError, match=words):
        spread(totals, ["A"], [1.0])


def test_weights_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="2 points, but weights of shape"):
        spread(pd.Series({"A": 6.0}), ["A", "A"], [1.0])


# Fitting to rows and columns


def fit(
    seed: object, rows: object, columns: object, tolerance: float = 1e-9, **options: int
) -> FittedTable:
    return fit_margins(
        pd.DataFrame(seed), pd.Series(rows), pd.Series(columns), tolerance=tolerance, **options
    )


def test_the_published_example_is_fitted() -> None:
    """The result that the documentation of ProportionalFitting.jl prints ("Getting started").

    https://github.com/vankesteren/ProportionalFitting.jl, docs/src/index.md; the table is that of
    the encyclopedia's article on the method.
    """
    seed = [[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]]
    printed = [
        [64.5585, 46.2325, 35.3843, 3.82473],
        [49.9679, 68.1594, 156.499, 25.3742],
        [56.7219, 144.428, 145.082, 53.7673],
        [28.7516, 41.18, 63.0347, 17.0337],
    ]
    fitted = fit(seed, [150, 300, 400, 150], [200, 300, 400, 100])
    assert fitted.values.to_numpy() == pytest.approx(np.array(printed), rel=5e-6)
    assert fitted.largest_error <= 1e-9


def test_a_census_table_with_zeros_is_fitted() -> None:
    """Ages by marital status; last year's table, this year's totals.

    Seed and totals: Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, as in
    example 9.14 of the SAS/IML User's Guide. Expected values: the package ipfn 1.4.4 on the same
    numbers, rounded.
    """
    seed = [
        [1306, 83, 0],
        [619, 765, 3],
        [263, 1194, 9],
        [173, 1372, 28],
        [171, 1393, 51],
        [159, 1372, 81],
        [208, 1350, 108],
        [1116, 4100, 2329],
    ]
    expected = [
        [1325.27, 86.73, 0.00],
        [615.56, 783.39, 3.05],
        [253.94, 1187.18, 8.88],
        [165.13, 1348.55, 27.32],
        [173.41, 1454.71, 52.87],
        [147.21, 1308.12, 76.67],
        [202.33, 1352.28, 107.40],
        [1105.16, 4181.04, 2357.81],
    ]
    fitted = fit(seed, [1412, 1402, 1450, 1541, 1681, 1532, 1662, 7644], [3988, 11702, 2634])
    assert fitted.values.to_numpy() == pytest.approx(np.array(expected), abs=0.005)


@st.composite
def reachable(draw: st.DrawFn, one_in: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """A seed, and a table with the same zeros (one number in so many) whose sums are the totals."""
    rows, columns = draw(st.tuples(st.integers(2, 6), st.integers(2, 5)))
    sized = {"min_size": rows * columns, "max_size": rows * columns}
    zero = np.array(draw(st.lists(st.integers(1, one_in).map(lambda n: n == 4), **sized)))
    seed, table = (
        np.where(zero, 0.0, draw(st.lists(st.floats(0.5, 5.0), **sized))) for _ in range(2)
    )
    return seed.reshape(rows, columns), table.reshape(rows, columns)


@given(reachable())
def test_totals_that_can_be_met_are_met(pair: tuple[np.ndarray, np.ndarray]) -> None:
    seed, table = pair
    fitted = fit(seed, table.sum(axis=1), table.sum(axis=0))
    values = fitted.values.to_numpy()
    assert fitted.largest_error <= 1e-9
    assert values.sum(axis=1) == pytest.approx(table.sum(axis=1), rel=2e-9)
    assert values.sum(axis=0) == pytest.approx(table.sum(axis=0), rel=2e-9)
    assert np.all((values > 0) == (seed > 0))


@given(reachable(one_in=3))
def test_odds_stay_as_in_the_seed(pair: tuple[np.ndarray, np.ndarray]) -> None:
    seed, table = pair
    values = fit(seed, table.sum(axis=1), table.sum(axis=0)).values.to_numpy()
    odds = [t[:-1, :-1] * t[1:, 1:] / (t[:-1, 1:] * t[1:, :-1]) for t in (values, seed)]
    assert odds[0] == pytest.approx(odds[1], rel=1e-9)


@given(reachable(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_does_not_matter(
    pair: tuple[np.ndarray, np.ndarray], random: np.random.Generator
) -> None:
    seed, table = (pd.DataFrame(part) for part in pair)
    fitted = fit_margins(seed, table.sum(axis=1), table.sum(axis=0), tolerance=1e-12)
    rows, columns = list(seed.index), list(seed.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    again = fit_margins(
        seed.loc[rows, columns], table.sum(axis=1), table.sum(axis=0), tolerance=1e-12
    )
    assert list(again.values.columns) == columns
    back = again.values.loc[fitted.values.index, fitted.values.columns]
    assert back.to_numpy() == pytest.approx(fitted.values.to_numpy(), rel=1e-8)


def placeable(seed: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> int:
    """How many can be placed at all: a maximum flow from rows to columns."""
    down, across = seed.shape
    ends = down + across + 1
    arcs = np.zeros((ends + 1, ends + 1), dtype=np.int32)
    arcs[0, 1 : down + 1] = rows
    arcs[down + 1 : ends, ends] = columns
    arcs[1 : down + 1, down + 1 : ends] = np.where(seed > 0, rows.sum(), 0)
    return int(maximum_flow(csr_matrix(arcs), 0, ends).flow_value)


def small_table(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A seed with zeros and whole totals of the same sum, no row or column empty."""
    while True:
        shape = random.integers(2, 7, 2)
        seed = random.random(shape) * (random.random(shape) < 0.6)
        rows = random.integers(1, 30, shape[0])
        columns = random.multinomial(rows.sum(), np.ones(shape[1]) / shape[1])
        if (seed @ columns > 0).all() and (rows @ seed > 0)[columns > 0].all():
            return seed, rows, columns


def test_whole_totals_are_met_or_refused_by_how_much_they_are_out_of_reach() -> None:
    """The most that can be placed at all is a maximum flow from rows to columns."""
    rounds = {"max_iterations": 1000}  # of the 10,000 that are usual: quicker to refuse
    random, seen = np.random.default_rng(4), {"met": 0, "refused": 0}
    for _ in range(100):
        seed, rows, columns = small_table(random)
        short = rows.sum() - placeable(seed, rows, columns)
        seen["refused" if short else "met"] += 1
        if short:
            with pytest.raises(InputError, match=rf"unreachable.*: {short} short"):
                fit(seed, rows, columns, **rounds)
        else:
            values = fit(seed, rows, columns, **rounds).values.to_numpy()
            assert values.sum(axis=1) == pytest.approx(rows, rel=2e-9)
            assert values.sum(axis=0) == pytest.approx(columns, rel=2e-9)
            assert not values[seed == 0].any()
    assert min(seen.values()) > 10


def test_an_empty_row_with_a_total_is_named() -> None:
    seed = pd.DataFrame({"age_3": [1.0, 0.0], "age_4": [1.0, 0.0]}, index=["east", "west"])
    ages = pd.Series({"age_3": 3.0, "age_4": 4.0})
    with pytest.raises(InputError, match="row 'west' has a total of 2"):
        fit_margins(seed, pd.Series({"east": 5.0, "west": 2.0}), ages)
    with pytest.raises(InputError, match="column 'age_4' has a total of 4"):
        fit_margins(
            pd.DataFrame({"age_3": [1.0], "age_4": [0.0]}, index=["east"]),
            pd.Series({"east": 7.0}),
            ages,
        )


def test_totals_of_zero_give_zeros() -> None:
    fitted = fit([[1.0, 2.0], [3.0, 4.0]], [0.0, 10.0], [10.0, 0.0])
    assert fitted.values.to_numpy().tolist() == [[0.0, 0.0], [10.0, 0.0]]
    assert fit([[1.0]], [0.0], [0.0]).values.to_numpy().tolist() == [[0.0]]


def test_sums_that_differ_are_refused_by_how_much() -> None:
    with pytest.raises(InputError, match=r"add up to 100, the column totals to 97.*differ by 3"):
        fit([[1.0, 1.0]], [100.0], [50.0, 47.0])


def test_rows_that_need_all_of_their_columns_leave_nothing_there_to_others() -> None:
    """Fitting in turn would come closer to these zeros for ever (off by 1/n after n rounds)."""
    fitted = fit([[1.0, 1.0], [0.0, 1.0]], [1.0, 1.0], [1.0, 1.0])
    assert fitted.values.to_numpy() == pytest.approx(np.eye(2), abs=1e-12)
    seed = [[1, 0, 0, 0], [2, 3, 0, 0], [4, 5, 6, 7], [8, 9, 10, 11]]
    fitted = fit(seed, [10, 20, 30, 40], [10, 20, 20, 50])
    within = fit([[6, 7], [10, 11]], [30, 40], [20, 50]).values.to_numpy()
    assert np.diag(fitted.values)[:2] == pytest.approx([10, 20], rel=1e-9)
    assert fitted.values.to_numpy()[2:, 2:] == pytest.approx(within, rel=1e-7)
    assert not fitted.values.to_numpy()[[1, 2, 2, 3, 3], [0, 0, 1, 0, 1]].any()


def test_next_to_no_room_takes_many_rounds_and_is_fitted() -> None:
    fitted = fit([[1, 1, 0, 1], [1, 0, 1, 0]], [7, 8.0625], [1.0625, 1, 8, 5])
    assert fitted.iterations > 1000
    assert fitted.values.to_numpy() == pytest.approx(
        np.array([[1.0, 1.0, 0.0, 5.0], [0.0625, 0.0, 8.0, 0.0]]), rel=1e-6
    )


def test_too_few_rounds_are_not_given_out_as_fitted() -> None:
    with pytest.raises(InputError, match=r"does not meet its totals after 2 rounds of fitting"):
        fit([[1.0, 2.0], [3.0, 9.0]], [10.0, 1.0], [5.0, 6.0], max_iterations=2)


def test_seeds_at_the_ends_of_the_numbers_are_fitted() -> None:
    fitted = fit([[1e300, 1e-300], [5e-324, 1e300]], [1.0, 1.0], [1.0, 1.0])
    assert fitted.values.to_numpy() == pytest.approx(np.eye(2), abs=1e-9)


@pytest.mark.parametrize(
    ("seed", "rows", "columns", "words"),
    [
        ({"a": [1.0, -1.0]}, [1.0, 1.0], {"a": 2.0}, "seed has -1 in row '1', column 'a'"),
        ({"a": [1.0, np.nan]}, [1.0, 1.0], {"a": 2.0}, "seed has nan in row '1', column 'a'"),
        ({"a": [1.0]}, [1.0, 1.0], {"a": 2.0}, "total of row '1', which the seed has not"),
        ({"a": [1.0], "b": [1.0]}, [2.0], {"a": 2.0}, "column 'b' has no total"),
        ({"a": [1.0]}, [np.nan], {"a": 2.0}, "row '0' has no total"),
        ({"a": [1.0]}, [-2.0], {"a": 2.0}, "row '0' has a total of -2"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    seed: object, rows: object, columns: object, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        fit(seed, rows, columns)


def test_a_seed_names_each_unit_once() -> None:
    seed = pd.DataFrame([[1.0], [2.0]], index=["A", "A"], columns=["age_3"])
    with pytest.raises(InputError, match="row 'A' twice"):
        fit_margins(seed, pd.Series({"A": 1.0}), pd.Series({"age_3": 1.0}))

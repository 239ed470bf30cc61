"""Inequality of access: known values, and what must hold for any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgspatial.access import concentration_index, gini, palma, theil
from kgspatial.errors import InputError

quick = settings(deadline=None, max_examples=60)
groups = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=2, max_size=12).filter(
    lambda g: sum(a * w for a, w in g) > 0
)


def child_by_child(rows: list[tuple[int, int]]) -> np.ndarray:
    """The access of each single child."""
    return np.repeat([float(a) for a, _ in rows], [w for _, w in rows])


@quick
@given(groups)
def test_gini_is_half_the_mean_difference_over_the_mean(rows: list[tuple[int, int]]) -> None:
    each = child_by_child(rows)
    apart = np.mean([abs(a - b) for a in each for b in each])
    access, children = zip(*rows, strict=True)
    assert gini(access, children) == pytest.approx(apart / (2 * each.mean()), abs=1e-12)


@quick
@given(groups)
def test_theil_is_the_mean_of_share_times_its_log(rows: list[tuple[int, int]]) -> None:
    each = child_by_child(rows) / child_by_child(rows).mean()
    expected = np.mean([x * math.log(x) if x > 0 else 0.0 for x in each])
    access, children = zip(*rows, strict=True)
    assert theil(access, children) == pytest.approx(expected, abs=1e-12)


@quick
@given(groups)
def test_palma_takes_the_best_tenth_over_the_worst_four_tenths(rows: list[tuple[int, int]]) -> None:
    each = np.sort(np.repeat(child_by_child(rows), 10))  # tenths of children divide without rest
    n = len(each)
    best, worst = each[n - n // 10 :].sum(), each[: 4 * n // 10].sum()
    access, children = zip(*rows, strict=True)
    found = palma(access, children)
    assert found == (pytest.approx(best / worst) if worst > 0 else math.inf)


@quick
@given(groups)
def test_ranked_by_access_itself_concentration_is_gini(rows: list[tuple[int, int]]) -> None:
    access, children = zip(*rows, strict=True)
    assert concentration_index(access, children, access) == pytest.approx(
        gini(access, children), abs=1e-12
    )
    against = concentration_index(access, children, [-a for a in access])
    assert against == pytest.approx(-gini(access, children), abs=1e-12)


@quick
@given(groups)
def test_the_unit_and_the_order_do_not_matter(rows: list[tuple[int, int]]) -> None:
    access, children = map(np.array, zip(*rows, strict=True))
    for measure in (gini, palma, theil):
        assert measure(access * 7.0, children) == pytest.approx(measure(access, children))
        assert measure(access[::-1], children[::-1]) == pytest.approx(measure(access, children))


def test_access_that_does_not_go_with_income_has_no_concentration() -> None:
    assert concentration_index([1, 2, 2, 1], [1] * 4, [1, 2, 3, 4]) == pytest.approx(0.0)


def test_equal_ranks_share_their_place() -> None:
    apart = concentration_index([1.0, 3.0, 5.0], [1, 1, 2], [1, 1, 2])
    together = concentration_index([2.0, 5.0], [2, 2], [1, 2])
    assert apart == pytest.approx(together)


def test_without_any_access_nothing_can_be_said() -> None:
    for measure in (gini, palma, theil):
        assert math.isnan(measure([0.0, 0.0], [3, 4]))
    assert math.isnan(concentration_index([0.0], [3], [1]))


def test_missing_access_and_points_without_children_are_left_out() -> None:
    assert gini([1.0, 3.0, np.nan, 9.0], [1, 1, 5, 0]) == gini([1.0, 3.0], [1, 1])


@pytest.mark.parametrize("children", [[1.0], [1.0, -1.0], [1.0, np.nan]])
def test_what_does_not_fit_is_refused(children: list[float]) -> None:
    with pytest.raises(InputError):
        gini([1.0, 2.0], children)

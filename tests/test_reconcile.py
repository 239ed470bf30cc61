"""Children brought to control totals: shares stay, totals hold, and what is odd is listed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st

from kgspatial.demand.reconcile import Reconciled, to_totals
from kgspatial.errors import InputError
from kgspatial.study import OUTSIDE

UNITS = ["A", "B", "C", "D"]
NUMBERS = st.just(0.0) | st.floats(1e-9, 1e9) | st.integers(1, 1000).map(float)


def points(*rows: tuple[object, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["unit_id", "children"]).astype({"children": float})
    return table.set_index(pd.Index([f"P{i}" for i in range(len(table))]))


def codes(found: Reconciled) -> dict[str, list[str]]:
    """Values of the problems by code, without the note on the range."""
    listed: dict[str, list[str]] = {}
    for problem in found.problems:
        if problem.code != "reconciled":
            listed.setdefault(problem.code, []).append(problem.value)
    return listed


@st.composite
def towns(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.Series]:
    rows = draw(st.lists(st.tuples(st.sampled_from(UNITS), NUMBERS), max_size=30))
    totals = draw(st.lists(NUMBERS | st.just(np.nan), min_size=3, max_size=3))
    return points(*rows), pd.Series(totals, index=["A", "B", "Z"])


@cases(max_examples=50)
@given(towns())
def test_each_unit_sums_to_its_total(town: tuple[pd.DataFrame, pd.Series]) -> None:
    table, totals = town
    found = to_totals(table, totals)
    after = found.children.groupby(table["unit_id"]).sum()
    for unit, total in totals.dropna().items():
        assert after.get(unit, 0.0) + found.left.get(unit, 0.0) == pytest.approx(total, rel=1e-9)
    told = table["unit_id"].isin(totals.dropna().index)
    assert found.children[~told].equals(table.loc[~told, "children"])


@cases(max_examples=50)
@given(towns())
def test_points_keep_their_shares_of_the_unit(town: tuple[pd.DataFrame, pd.Series]) -> None:
    table, totals = town
    found = to_totals(table, totals)
    for unit, factor in found.factors.items():
        inside = table["unit_id"] == unit
        before = table.loc[inside, "children"]
        assert found.children[inside].to_numpy() == pytest.approx(
            before.to_numpy() * factor, rel=1e-9
        )


@cases(max_examples=50)
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(
    town: tuple[pd.DataFrame, pd.Series], random: np.random.Generator
) -> None:
    table, totals = town
    order = list(table.index)
    random.shuffle(order)
    found, again = to_totals(table, totals), to_totals(table.loc[order], totals[::-1])
    assert list(again.children.index) == order
    assert again.children[table.index].to_numpy() == pytest.approx(
        found.children.to_numpy(), rel=1e-12
    )


@cases(max_examples=50)
@given(towns())
def test_every_unit_is_multiplied_listed_or_empty(town: tuple[pd.DataFrame, pd.Series]) -> None:
    table, totals = town
    found = to_totals(table, totals)
    listed = codes(found)
    assert set(listed.get("no_total", [])) == set(table["unit_id"]) - set(totals.dropna().index)
    assert listed.get("total_left", []) == list(found.left.index)
    both = set(found.factors.index) | set(found.left.index)
    assert all(totals[unit] == 0 for unit in set(totals.dropna().index) - both)


def test_a_unit_without_a_total_stays_and_is_listed() -> None:
    table = points(("A", 10.0), ("B", 7.0), (OUTSIDE, 3.0), (None, 2.0))
    found = to_totals(table, pd.Series({"A": 15.0, "B": np.nan}))
    assert found.children.tolist() == [15.0, 7.0, 3.0, 2.0]
    texts = [(p.problem, p.done) for p in found.problems if p.code == "no_total"]
    assert texts == [
        ("unit 'B' has no control total", "its 7.0 children stay as they are"),
        ("what lies in no unit has no control total", "its 3.0 children stay as they are"),
        ("what lies in no unit has no control total", "its 2.0 children stay as they are"),
    ]


def test_a_total_without_children_is_left_and_listed() -> None:
    table = points(("A", 10.0), ("B", 0.0))
    found = to_totals(table, pd.Series({"A": 10.0, "B": 4.0, "C": 5.0}))
    assert found.left.to_dict() == {"B": 4.0, "C": 5.0}
    assert codes(found) == {"total_left": ["B", "C"]}


def test_a_total_of_a_unit_that_there_is_not_is_an_error() -> None:
    table, totals = points(("A", 10.0)), pd.Series({"A": 10.0, "Y": 1.0, "Z": 2.0})
    with pytest.raises(InputError, match=r"unit 'Y', but no such unit\n  It is one of 2 such"):
        to_totals(table, totals, units=["A", "B"])
    assert to_totals(table, totals, units=["A", "Y", "Z"]).left.to_dict() == {"Y": 1.0, "Z": 2.0}


def test_the_range_of_factors_is_a_note_and_those_beyond_two_a_warning() -> None:
    table = points(("A", 10.0), ("B", 10.0), ("C", 10.0), ("D", 10.0))
    found = to_totals(table, pd.Series({"A": 20.0, "B": 20.1, "C": 5.0, "D": 4.0}))
    assert found.factors.to_dict() == pytest.approx({"A": 2.0, "B": 2.01, "C": 0.5, "D": 0.4})
    note = found.problems[0]
    assert (note.code, note.severity) == ("reconciled", "note")
    assert "4 units were multiplied by 0.4 to 2.01" in note.problem
    assert codes(found) == {"far_from_total": ["B", "D"]}
    assert all(p.severity == "warning" for p in found.problems[1:])
    assert "10.0 children by the method, its control total is 4.0" in found.problems[2].problem


def test_a_total_of_zero_takes_the_children_away_and_says_so() -> None:
    found = to_totals(points(("A", 10.0)), pd.Series({"A": 0.0}))
    assert found.children.tolist() == [0.0]
    assert codes(found) == {"far_from_total": ["A"]}


def test_next_to_no_children_still_take_their_total() -> None:
    found = to_totals(points(("A", 5e-324), ("A", 5e-324)), pd.Series({"A": 100.0}))
    assert found.children.tolist() == [50.0, 50.0]
    assert found.left.empty


def test_without_totals_nothing_changes() -> None:
    table = points(("A", 10.0), ("B", 7.0))
    found = to_totals(table, pd.Series(dtype=float))
    assert found.children.equals(table["children"])
    assert codes(found) == {"no_total": ["A", "B"]}
    assert found.factors.empty


def test_points_are_not_changed_in_place() -> None:
    table = points(("A", 10.0))
    to_totals(table, pd.Series({"A": 20.0}))
    assert table["children"].tolist() == [10.0]


@pytest.mark.parametrize("children", [np.nan, -1.0, np.inf])
def test_children_that_are_no_number_are_refused(children: float) -> None:
    with pytest.raises(InputError, match=r"1 of 2 points .* the first lies in unit 'B'"):
        to_totals(points(("A", 1.0), ("B", children)), pd.Series({"A": 1.0}))

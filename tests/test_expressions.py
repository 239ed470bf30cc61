"""Indicators of one's own: expressions are computed, nothing in them is run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgspatial.balance.expressions import evaluate
from kgspatial.errors import InputError

TABLE = pd.DataFrame(
    {
        "places": [90.0, 180.0, 360.0],
        "vacant": [0.0, 60.0, 40.0],
        "enrolled": [95.0, np.nan, 300.0],
        "licensed": [True, True, False],
        "name": ["a", "b", "c"],
    }
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum(places)", 630.0),
        ("sum(vacant) / sum(places)", 100 / 630),
        ("sum(places - vacant) * 2", 1060.0),
        ("mean(places)", 210.0),
        ("min(places) + max(places)", 450.0),
        ("count(places > 100) / count(places)", 2 / 3),
        ("count(licensed)", 2.0),
        ("-(1 + 2.5)", -3.5),
        ("sum(places * (vacant >= 40))", 540.0),
    ],
)
def test_expressions_are_computed_as_they_read(text: str, value: float) -> None:
    assert evaluate(text, TABLE) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["sum(enrolled)", "count(enrolled > 10)", "1 / 0", "sum(places) / sum(places * 0)"]
)
def test_what_cannot_be_judged_is_no_number(text: str) -> None:
    assert evaluate(text, TABLE) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os').system('true')", "not understood"),
        ("places.sum()", "not understood"),
        ("sum(place)", "'place' is no column"),
        ("sum(name)", "'name' is no column"),
        ("places", "one value a row"),
        ("sum(places", "cannot be read"),
        ("sum(places) if 1 else 2", "not understood"),
        ("[p for p in places]", "no column"),
        ("2 ** 9999", "not understood"),
        ("'a' * 3", "not understood"),
        ("sum(places, vacant)", "not understood"),
        ("eval('1')", "not understood"),
        ("1 < 2 < 3", "not understood"),
        ("places[0]", "not understood"),
        ("lambda: 1", "not understood"),
        ("1" * 600, "longer than"),
        ("(" * 240 + "1" + ")" * 240, "cannot be read"),
    ],
)
def test_anything_else_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        evaluate(text, TABLE, where="balance.indicators.mine")


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="sumcount()+-*/<>=.places vacant0123456789_[]{}'\"", max_size=60))
def test_no_text_does_anything_but_give_a_number_or_an_error(text: str) -> None:
    try:
        value = evaluate(text, TABLE)
    except InputError:
        return
    assert value is None or np.isfinite(value)

"""Bridges of several parts, short edges, and what an elevation file may hide."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from test_slope import GRID, WEST, lane, plane, study, write

from kgspatial.errors import InputError
from kgspatial.layers import Elevation
from kgspatial.travel import with_slopes


@pytest.mark.parametrize("cuts", [[100, 900], [100, 500, 900], [100, 400, 600, 900]])
def test_a_bridge_of_several_parts_does_not_dip_into_the_valley(cuts: list[int]) -> None:
    x, _ = GRID.centres(np.arange(GRID.size))
    deep = np.clip(200 - abs(x - WEST - 500), 0, None)
    valley = Elevation(GRID, (0.05 * (x - WEST) - deep).reshape(GRID.shape))
    parts = [[(a, 0), (b, 0)] for a, b in pairwise(cuts)]
    whole = with_slopes(lane([(100, 0), (900, 0)]), plane(0.05)).metres.sum()
    found = with_slopes(lane(*parts, bridge=[True] * len(parts)), valley).metres.sum()
    assert found == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("long", [50, 20, 10, 5, 2])
def test_errors_of_heights_do_not_grow_where_a_street_is_cut_small(long: int) -> None:
    random = np.random.default_rng(1)
    ground = Elevation(GRID, random.normal(0, 3, GRID.shape))
    ways = [(k, s) for k in range(-400, 400, 40) for s in (900, long)]
    total = {900: 0.0, long: 0.0}
    for y, s in ways:
        total[s] += with_slopes(
            lane(*([(a, y), (a + s, y)] for a in range(100, 1000, s))), ground
        ).metres.sum()
    assert total[long] <= 1.02 * total[900]


def test_a_short_edge_on_an_even_slope_counts_as_a_long_one() -> None:
    one = with_slopes(lane([(100, 0), (870, 0)]), plane(0.12)).metres.sum()
    many = with_slopes(
        lane(*([(100 + 7 * k, 0), (107 + 7 * k, 0)] for k in range(110))), plane(0.12)
    )
    assert many.metres.sum() == pytest.approx(one, rel=1e-6)


@pytest.mark.parametrize("void", [-9999.0, -32768.0, np.inf])
def test_heights_that_are_not_on_earth_are_no_heights(tmp_path: Path, void: float) -> None:
    values = np.full(GRID.shape, 100.0)
    values[30:50] = void
    found = study(write(tmp_path / "dem.tif", values))
    known = found.elevation.values[np.isfinite(found.elevation.values)]
    assert set(known) <= {100.0}
    assert "impossible_height" in found.problems["code"].tolist()


def test_heights_in_an_unknown_unit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cm"):
        study(write(tmp_path / "dem.tif", np.full(GRID.shape, 100.0), unit="cm"))

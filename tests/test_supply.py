"""Supply: how many places each kindergarten offers in a year, and which of them count."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest
from shapely import Point

from kgspatial.inputs.settings import BalanceSettings, Settings
from kgspatial.study import Study
from kgspatial.supply import kindergarten_supply

Make = Callable[..., Study]


@pytest.fixture
def register(town: Make) -> Callable[..., gpd.GeoDataFrame]:
    """Supply of three kindergartens with the given columns."""

    def make(*, year: int | None = None, unlicensed: bool = False, **columns: object):
        table = {"kindergarten_id": ["K1", "K2", "K3"], **columns}
        shapes = [Point(500_000 + x, 2_700_000) for x in range(3)]
        gardens = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4549")
        settings = Settings(balance=BalanceSettings(count_unlicensed=unlicensed))
        return kindergarten_supply(town(kindergartens=gardens, settings=settings), year=year)

    return make


def test_places_go_before_classes_of_30(register: Callable) -> None:
    found = register(places=[100, None, None], classes=[9, 6, None])
    assert found["places"].tolist() == [100, 180, 0]
    assert found["places_derived"].tolist() == [False, True, False]


def test_classes_come_from_places_rounded_up(register: Callable) -> None:
    found = register(places=[100, 90, None], classes=[9, None, None])
    assert found["classes"].tolist()[:2] == [9, 3]
    assert register(places=[91, 300, None])["classes"].tolist()[:2] == [4, 10]
    assert found["classes_derived"].tolist() == [False, True, False]


def test_a_kindergarten_that_tells_neither_counts_nothing_and_says_why(register: Callable) -> None:
    found = register(places=[100, None, 0])
    assert found["not_counted"].tolist() == [None, "no_places", None]
    assert found["counted"].tolist() == [True, False, True]


def test_an_unlicensed_kindergarten_keeps_its_row_without_places(register: Callable) -> None:
    found = register(places=[90, 90, 90], licensed=["是", "否", None])
    assert found["places"].tolist() == [90, 0, 90]
    assert found["not_counted"].tolist() == [None, "unlicensed", None]


def test_unlicensed_kindergartens_count_where_the_plan_says_so(register: Callable) -> None:
    found = register(places=[90, 90, 90], licensed=[True, False, None], unlicensed=True)
    assert found["places"].tolist() == [90, 90, 90]


@pytest.mark.parametrize(
    ("year", "open_"),
    [(2024, [False, True, True]), (2025, [True, False, True]), (None, [True] * 3)],
)
def test_only_what_is_open_in_the_year_counts(
    register: Callable, year: int | None, open_: list[bool]
) -> None:
    found = register(
        year=year,
        places=[90, 90, 90],
        opened_year=[2025, 1999, None],
        closes_year=[2050, 2025, None],
    )
    assert found["counted"].tolist() == open_
    assert found["places"].tolist() == [90 if o else 0 for o in open_]


def test_the_study_is_not_changed(town: Make) -> None:
    study = town()
    before = study.kindergartens.copy()
    kindergarten_supply(study, year=2025)
    assert study.kindergartens.equals(before)

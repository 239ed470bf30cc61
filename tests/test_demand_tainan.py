"""What splitting bands and spreading totals costs in a real city, where the truth is known."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
TAINAN = ROOT.parent / "shared" / "data" / "tainan"

needs_data = [
    pytest.mark.realdata,
    pytest.mark.skipif(not TAINAN.is_dir(), reason="the Tainan data are not part of the project"),
]


def loaded() -> ModuleType:
    path = ROOT / "benchmarks" / "demand_tainan.py"
    spec = importlib.util.spec_from_file_location("demand_tainan", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tainan() -> ModuleType:
    return loaded()


@pytest.fixture(scope="module")
def districts(tainan: ModuleType) -> pd.DataFrame:
    return tainan.split_bands(tainan.district_ages())


@pytest.fixture(scope="module")
def villages(tainan: ModuleType) -> pd.DataFrame:
    return tainan.village_weights()


def wrong_place(found: pd.Series, exact: pd.Series) -> float:
    return float((found - exact).abs().sum() / exact.sum())


def worst(found: pd.Series, exact: pd.Series) -> float:
    return float((found / exact - 1.0).abs().max())


class TestDistricts:
    pytestmark = needs_data

    def test_counts_are_those_of_the_villages(self, districts: pd.DataFrame) -> None:
        counted = gpd.read_file(TAINAN / "villages.gpkg", ignore_geometry=True)
        by_district = counted.groupby("town_name")["children"].sum()
        assert len(districts) == 37
        assert districts["exact"].sum() == 43_954
        assert districts["exact"].to_dict() == by_district.to_dict()

    def test_plain_shares_count_too_many_in_every_district(self, districts: pd.DataFrame) -> None:
        """Age 2 (17,718) weighs on the band 1-4, and 6 to 9 are more than 5 (14,147) on 5-9."""
        assert districts["plain"].sum() == pytest.approx(62_128 / 2 + 76_073 / 5)
        assert (districts["plain"] > districts["exact"]).all()

    def test_sprague_finds_the_citys_total_better(self, districts: pd.DataFrame) -> None:
        exact = districts["exact"].sum()
        for way in ("sprague", "sprague_city"):
            assert abs(districts[way].sum() - exact) < abs(districts["plain"].sum() - exact) / 5

    def test_multipliers_of_small_districts_are_worse_than_those_of_the_city(
        self, districts: pd.DataFrame
    ) -> None:
        exact = districts["exact"]
        city, each = (districts[way] for way in ("sprague_city", "sprague"))
        assert wrong_place(city, exact) < wrong_place(each, exact)
        assert worst(city, exact) < worst(districts["plain"], exact) < worst(each, exact)

    def test_fitted_to_the_citys_total_plain_shares_are_the_best(
        self, districts: pd.DataFrame
    ) -> None:
        exact = districts["exact"]
        fitted = {
            way: districts[f"{way}_fitted"]
            for way in ("plain", "plain_0_4", "sprague", "sprague_city")
        }
        for found in fitted.values():
            assert found.sum() == pytest.approx(43_954, rel=1e-9)
        errors = {way: wrong_place(found, exact) for way, found in fitted.items()}
        assert min(errors, key=errors.__getitem__) == "plain"
        assert errors["plain"] < wrong_place(districts["plain"], exact) / 2

    def test_ages_are_better_with_both_sums_than_with_one(self, tainan: ModuleType) -> None:
        tables = tainan.fitted_ages(tainan.district_ages())
        exact = tables["exact"]
        errors = {how: tainan.off(table, exact) for how, table in tables.items()}
        assert errors["exact"] == 0
        assert (
            errors["bands, both sums"]
            < errors["no seed, both sums"]
            < errors["bands, districts' sums only"]
        )
        both = tables["bands, both sums"]
        assert both.sum().to_numpy() == pytest.approx(exact.sum().to_numpy(), rel=1e-9)
        assert both.sum(axis=1).to_numpy() == pytest.approx(exact.sum(axis=1).to_numpy(), rel=1e-9)


class TestVillages:
    pytestmark = needs_data

    def test_each_district_keeps_its_total_whatever_the_weight(
        self, tainan: ModuleType, villages: pd.DataFrame
    ) -> None:
        found = tainan.spread_districts(villages)
        totals = villages.groupby("district")["exact"].sum()
        assert len(found) == 752
        for weight in found:
            sums = found[weight].groupby(villages["district"]).sum()
            assert sums.to_numpy() == pytest.approx(totals.to_numpy(), rel=1e-9)

    def test_children_of_other_ages_beat_residents_beat_households_beat_area(
        self, tainan: ModuleType, villages: pd.DataFrame
    ) -> None:
        found = tainan.spread_districts(villages)
        order = ["children of 0-2", "residents, 2017", "households, 2017", "one each", "area"]
        errors = [wrong_place(found[weight], villages["exact"]) for weight in order]
        assert errors == sorted(errors)
        assert errors[0] < errors[-1] / 4

    def test_one_year_of_age_is_too_few_children_to_spread_by(
        self, tainan: ModuleType, villages: pd.DataFrame
    ) -> None:
        found = tainan.spread_districts(villages)
        three, one = (
            wrong_place(found[f"children of {ages}"], villages["exact"]) for ages in ("0-2", "6")
        )
        assert three < one

    def test_small_areas_add_up_to_their_villages(
        self, tainan: ModuleType, villages: pd.DataFrame
    ) -> None:
        """Spread over 12,774 areas and summed, or over 752 villages at once: the same."""
        areas = gpd.read_file(TAINAN / "areas.gpkg", ignore_geometry=True)
        totals = villages.groupby("district")["exact"].sum()
        district = areas["unit_id"].map(villages["district"])
        amounts, left = tainan.spread(totals, district, areas["residents"].fillna(0.0))
        by_village = pd.Series(amounts).groupby(areas["unit_id"]).sum()
        at_once = tainan.spread_districts(villages)["residents, 2017"]
        assert left.empty
        assert by_village[at_once.index].to_numpy() == pytest.approx(at_once.to_numpy(), rel=1e-9)


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not TAINAN.is_dir(), reason="the Tainan data are not part of the project")
def test_the_command_prints_every_district() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "demand_tainan"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    lines = done.stdout.splitlines()
    assert sum("區 " in line for line in lines) == 37
    total = next(line.split() for line in lines if line.startswith("all"))
    assert total[1:3] == ["43,954", "46,279"]


def test_without_the_data_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = loaded()
    monkeypatch.setattr(module, "DATA", tmp_path / "absent")
    module.main()
    assert "not part of the project" in capsys.readouterr().out

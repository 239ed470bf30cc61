"""A real place: the chain on Tainan's 12,774 small areas and 421 kindergartens."""

from __future__ import annotations

import pytest
from tainan import DATA, write_plan

from kgspatial.plan import PlanRun, run_plan

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the Tainan data are not part of the project"),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    folder = tmp_path_factory.mktemp("tainan")
    return run_plan(write_plan(folder), folder / "out")


def test_published_totals_are_in_the_summary(done: PlanRun) -> None:
    summary = done.outputs.summary
    assert summary["children"] == pytest.approx(43_954, abs=0.5)
    assert summary["places"] == 47_030
    assert summary["served"] + summary["unserved"] == pytest.approx(summary["children"])
    for key in ("children", "places", "served", "unserved"):
        assert sum(row[key] for row in summary["units"]) == pytest.approx(summary[key])


def test_every_area_and_kindergarten_is_used(done: PlanRun) -> None:
    assert len(done.balance.communities) == 12_774
    assert len(done.balance.kindergartens) == 421
    assert len(done.balance.units) >= 752


def test_the_sites_are_proven(done: PlanRun) -> None:
    assert done.sites.result.status == "optimal"
    assert len(done.sites.sites) == 5
    assert done.outputs.summary["after"]["served"] > done.outputs.summary["served"]


def test_the_map_is_written(done: PlanRun) -> None:
    assert 100_000 < done.outputs.map.stat().st_size < 5_000_000

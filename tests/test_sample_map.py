"""The sample district's map as a planner opens it: by double-click, on a machine without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import WIDE, Opened

from kgspatial.plan import PlanRun, run_plan
from kgspatial.sample import sample_folder

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> PlanRun:
    return run_plan(sample_folder() / "plan.toml", tmp_path_factory.mktemp("sample") / "out")


@pytest.fixture
def window(chromium: Any, done: PlanRun) -> Iterator[Opened]:
    opened = Opened(chromium, Path(done.outputs.map), WIDE)
    yield opened
    opened.context.close()


def test_it_opens_without_asking_for_anything(window: Opened, done: PlanRun) -> None:
    counts = window.page.evaluate("kgspatial.layers.counts()")
    assert counts["communities"] == len(done.balance.communities)
    assert counts["kindergartens"] == len(done.balance.kindergartens)
    assert counts["sites"] == len(done.sites.sites)
    window.assert_quiet()


def test_a_popup_says_the_numbers_of_the_balance(window: Opened, done: PlanRun) -> None:
    short = done.balance.communities["unserved"].to_numpy()
    row = int(short.argmax())
    title, states, *rows = window.popup("communities", row)
    now, then = done.balance.communities.iloc[row], done.sites.after.communities.iloc[row]
    said = {cells[0]: cells[1:] for cells in rows}
    assert title == [now["name"]]
    assert len(states) == 3
    assert said["3–5岁幼儿（人）"] == [f"{now['children']:,.0f}"]
    assert said["未获学位（人）"] == [f"{v['unserved']:,.0f}" for v in (now, then)]


def test_the_colours_of_what_is_short_can_be_switched_off(window: Opened, done: PlanRun) -> None:
    row = int(done.balance.communities["unserved"].to_numpy().argmax())
    drawn = window.colour("communities", row)
    assert drawn != ""
    window.switch("communities")
    assert "communities" not in window.page.evaluate("kgspatial.layers.counts()")
    window.assert_quiet()


def test_the_sites_lie_where_the_plan_puts_them(window: Opened, done: PlanRun) -> None:
    for row, site in enumerate(done.outputs.summary["sites"]):
        there = window.page.evaluate(
            f"kgspatial.layers.built.get('sites').getLayers()[{row}].getLatLng()"
        )
        assert there["lat"] == pytest.approx(site["lat"], abs=1e-5)
        assert there["lng"] == pytest.approx(site["lon"], abs=1e-5)

"""The map in a browser without a network: what is drawn, what a click says, what a switch does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import pytest
from browsing import NARROW, WIDE, Opened
from test_maps import (
    HOSTILE,
    LAT,
    LON,
    Results,
    assessed,
    communities,
    kindergartens,
    small_results,
    small_study,
)

from kgspatial.maps import PlanMap, packing, plan_map, symbols
from kgspatial.study import Study

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def results() -> Results:
    return small_results()


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    windows: list[Opened] = []

    def open_map(map_: PlanMap, size: tuple[int, int] = WIDE) -> Opened:
        file = tmp_path / "map.html"
        map_.save(file)
        windows.append(Opened(chromium, file, size))
        return windows[-1]

    yield open_map
    for window in windows:
        window.context.close()


def test_everything_is_drawn_and_nothing_is_asked_for(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results))
    for key in window.page.evaluate(
        "kgspatial.layers.layers.filter(l => !l.shown).map(l => l.key)"
    ):
        window.switch(key)
    counts = window.page.evaluate("kgspatial.layers.counts()")
    assert counts["communities"] == 12
    assert counts["kindergartens"] == 4
    assert counts["sites"] == 1
    assert len(counts) == 16
    window.assert_quiet()


def test_communities_have_the_colour_of_their_class(opened: Any, results: Results) -> None:
    _, balance, plan = results
    window = opened(plan_map(*results))
    ramp = [*symbols.GAP_COLOURS, symbols.UNREACHED_COLOUR]
    for state, table in (("before", balance.communities), ("after", plan.after.communities)):
        window.page.click(f"input[value={state}]")
        window.settle()
        columns = (table[c].to_numpy() for c in ("unserved", "unreached", "children"))
        expected = [ramp[c] for c in symbols.gap_classes(*columns)]
        assert [window.colour("communities", row) for row in range(12)] == expected
    assert window.page.inner_text("li[data-layer=communities] .kg-layer-name").endswith("· 规划后")
    window.assert_quiet()


def test_a_click_on_a_community_says_its_numbers(opened: Any, results: Results) -> None:
    _, balance, plan = results
    window = opened(plan_map(*results, language="en"))
    title, states, *rows = window.popup("communities", 7)
    assert title == ["Estate 8"]
    assert states == ["", "Before", "After the plan"]
    said = {row[0]: row[1:] for row in rows}
    now, then = balance.communities.iloc[7], plan.after.communities.iloc[7]
    whole = [packing.pack_numbers([v["unserved"]], 0)[0] for v in (now, then)]
    assert said["Children without a place"] == [f"{v:,d}" for v in whole]
    assert said["Gap (+ short, - surplus)"] == [f"+{v:,d}" if v > 0 else f"{v}" for v in whole]
    assert said["Children aged 3-5"] == [f"{round(now['children']):,d}"]
    assert said["Unit"] == ["South"]
    assert "nan" not in str(rows).lower()
    window.assert_quiet()


def test_a_click_on_a_kindergarten_shows_a_dash_for_what_is_missing(
    opened: Any, results: Results
) -> None:
    window = opened(plan_map(*results, language="en"))
    rows = {row[0]: row[1:] for row in window.popup("kindergartens", 3)[1:]}
    assert rows["Enrolled children"] == ["—"]
    assert rows["Kind"] == ["Kind not given"]
    assert rows["Places"] == ["30"]
    assert rows["Utilisation"] == ["100.0%", "100.0%"]


def test_a_click_on_a_site_says_why(opened: Any, results: Results) -> None:
    plan = results[2]
    window = opened(plan_map(*results))
    title = window.popup("sites", 0)[0]
    assert title == [f"1 {plan.sites['name'].iloc[0]}"]
    assert plan.sites["reason_zh"].iloc[0] in window.page.inner_text(".kg-popup")


def test_a_click_beside_everything_says_the_unit(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results))
    x, y = window.centre("communities", 5)
    window.page.mouse.click(x, y - 45)
    window.page.wait_for_selector(".kg-popup")
    assert window.page.inner_text(".kg-popup h2") == "城南街道"


def test_a_layer_is_switched_off_and_on_again_in_its_place(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results))
    before = window.colour("communities", 3)
    assert before == symbols.UNREACHED_COLOUR
    assert window.colour("kindergartens", 0) == "#d7301f"
    window.switch("communities")
    assert window.colour("kindergartens", 0) == "#d7301f"
    window.switch("kindergartens")
    assert window.page.evaluate("Object.keys(kgspatial.layers.counts())").count("communities") == 0
    assert window.legend("communities") == []
    window.switch("communities")
    window.switch("kindergartens")
    assert window.colour("kindergartens", 0) == "#d7301f"
    window.assert_quiet()


def test_switching_off_takes_the_colour_away(opened: Any) -> None:
    study = Study(kindergartens=kindergartens(), communities=communities().assign(children=20.0))
    window = opened(plan_map(study, assessed(study)))
    assert window.colour("communities", 3) == symbols.UNREACHED_COLOUR
    window.page.focus("li[data-layer=communities] input")
    window.page.keyboard.press("Space")
    window.settle()
    assert window.colour("communities", 3) == ""
    window.assert_quiet()


def test_the_legend_says_what_is_drawn(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results))
    assert window.legend("communities") == [*symbols.gap_labels(), "步行范围内无园"]
    kinds = ["公办", "普惠性民办", "非普惠性民办", "类型不详"]
    assert window.legend("kindergartens")[:4] == kinds
    assert window.legend("sites") == ["新建"]
    swatches = window.page.eval_on_selector_all(
        "li[data-layer=communities] .kg-swatch",
        """canvases => canvases.map(c => Array.from(
            c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data).slice(0, 3))""",
    )
    drawn = ["#{:02x}{:02x}{:02x}".format(*s) for s in swatches]
    assert drawn == [*symbols.GAP_COLOURS, symbols.UNREACHED_COLOUR]


def test_hostile_names_stay_text(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results))
    window.page.evaluate("() => { window.alert = () => { window.hacked = true; }; }")
    assert window.popup("communities", 0)[0] == [HOSTILE]
    assert window.page.evaluate("document.querySelectorAll('.kg-popup img').length") == 0
    assert not window.page.evaluate("window.hacked === true")
    window.assert_quiet()


def test_the_language_reaches_every_text(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results, language="en"))
    assert window.page.evaluate("document.documentElement.lang") == "en"
    window.popup("kindergartens", 0)
    close = window.page.get_attribute(".leaflet-popup-close-button", "aria-label")
    assert close == "Close"
    text = window.page.inner_text("body")
    assert "图例" not in text
    assert "Legend and layers" in text
    assert "Source: 示例数据; Walking limit 600 m" in text


def test_the_image_lies_under_the_communities_in_its_place(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results))
    window.switch("demand")
    seen = window.page.eval_on_selector_all(
        "img.kg-grid",
        "images => images.map(i => [i.complete && i.naturalWidth > 0, "
        "getComputedStyle(i).imageRendering])",
    )
    assert seen == [[True, "pixelated"]] * 2
    corner = window.page.evaluate("kgspatial.layers.built.get('demand').getBounds().getNorthWest()")
    grid = results[0].population.grid
    assert corner["lng"] == pytest.approx(grid.transform.c, abs=1e-5)
    assert corner["lat"] == pytest.approx(grid.transform.f, abs=1e-5)


def test_a_narrow_screen_opens_with_the_legend_closed(opened: Any, results: Results) -> None:
    window = opened(plan_map(*results), NARROW)
    assert not window.page.is_visible(".kg-legend-body")
    window.page.click(".kg-legend-opener")
    assert window.page.is_visible(".kg-legend-body")
    assert window.page.get_attribute(".kg-legend-opener", "aria-expanded") == "true"
    assert window.page.evaluate("document.documentElement.scrollWidth") == NARROW[0]


def test_folium_children_appear(opened: Any, results: Results) -> None:
    map_ = plan_map(*results)
    folium.Marker([LAT + 0.004, LON + 0.012], popup="<i>here</i>").add_to(map_)
    circle = folium.Circle(
        [LAT + 0.004, LON + 0.004], radius=60, fill_color="#00ff00", fill_opacity=1
    )
    circle.add_to(map_)
    map_.keep_in_front(circle)
    window = opened(map_)
    assert window.page.locator("img.leaflet-marker-icon").evaluate("i => i.naturalWidth") > 0
    window.page.click("img.leaflet-marker-icon")
    window.page.wait_for_selector(".leaflet-popup")
    assert window.page.inner_text(".leaflet-popup-content") == "here"
    window.assert_quiet()


def test_a_study_without_communities_opens(opened: Any) -> None:
    study = small_study(communities=None)
    window = opened(plan_map(study, assessed(study)))
    assert window.page.evaluate("kgspatial.layers.counts()")["kindergartens"] == 4
    window.assert_quiet()

"""Whatever a file says is shown as it says it: nothing of it runs, nothing of it is evaluated."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from browsing import WIDE, Opened
from PIL import Image
from test_maps import (
    assessed,
    candidates,
    communities,
    content,
    hazards,
    kindergartens,
    population,
    rendered,
    settings,
    streets,
    units,
    villages,
)

from kgspatial.balance import Balance
from kgspatial.errors import InputError
from kgspatial.layers import Population
from kgspatial.maps import BaseMap, PlanMap, plan_map, plate_map, plates_of
from kgspatial.siting import propose_sites
from kgspatial.study import Study

HOSTILE = {
    "jinja expression": "{{7*191}}",
    "jinja attribute": "{{ self.__init__.__globals__ }}{% for x in (1,) %}1337{% endfor %}",
    "jinja comment": "{# never closed",
    "template literal": "${window.hacked=1}",
    "backticks": "`+(window.hacked=1)+`",
    "closing script": "</script><script>window.hacked=1</script>",
    "image": "<img src=x onerror='window.hacked=1'>",
    "vector image": "<svg/onload=window.hacked=1>",
    "address": "javascript:window.hacked=1",
    "quotes": "'\";window.hacked=1;//\\",
    "attribute": '" onmouseover="window.hacked=1" x=\'',
    "separators": "a\u2028window.hacked=1\u2029b",
    "right to left": "\u202egnp.exe\u202c",
    "cdata": "<![CDATA[<script>window.hacked=1</script>]]>",
    "comment": "<!--<script>window.hacked=1",
    "entities": "&lt;b&gt;&#x27;&amp;amp;&NewLine;",
    "policy": "'; script-src 'unsafe-inline' *; x '",
    "formats": "%s {0} {plan} {title} %(x)s $$ $& \\1",
    "prototype": "__proto__",
    "long": "长" * 6000,
}
PRODUCT = "1337"
"""7 x 191: stands on the page only if somebody worked it out."""

STATE = "() => [window.hacked, document.querySelectorAll('.kg-page img[src=x], svg[onload], [onmouseover]').length]"
POPUPS = """() => kgspatial.layers.layers.filter((l) => l.titles).map((layer) => {
  const box = kgspatial.popupContent(layer, 0, kgspatial.layers.texts);
  document.body.append(box);
  const said = [layer.key, box.querySelector('h2').textContent, box.textContent];
  box.remove();
  return said;
})"""


def hostile_study(text: str) -> Study:
    """A study with a text in every column, name and setting that takes any text."""

    def called(table: gpd.GeoDataFrame, **more: Any) -> gpd.GeoDataFrame:
        columns = {c: text for c in ("name", "name_latin") if c in table}
        return table.assign(**columns, **more, **{f"{text[:40]}column": text})

    first = {"unit_id": [text[:200], "U2"]}
    ways = streets().assign(barrier=[None, text])
    gardens = called(kindergartens(), grade=text, head_id=[None, "K1", None, None])
    projects = pd.DataFrame(
        {"name": [text], "kindergarten_id": ["K1"], "places_added": [90.0], "year": [2026]}
    ).assign(responsible_unit=text, progress=text, location=text)
    grid = population()
    plan = replace(settings().plan, name=text, source_note=text, author=text)
    return Study(
        kindergartens=gardens,
        communities=called(communities(), residents=500.0),
        units=called(units(), **first),
        candidates=called(candidates(), land_code=text),
        hazards=called(hazards(), hazard=[text]),
        streets=ways,
        villages=called(villages()),
        population=Population(grid.grid, grid.bands, f"{text[:60]}.tif"),
        projects=projects,
        settings=replace(settings(), plan=plan),
    )


@cache
def plain() -> tuple[Study, Balance]:
    study = hostile_study("街")
    return study, assessed(study)


@pytest.fixture(scope="module", params=HOSTILE.values(), ids=HOSTILE.keys())
def results(request: Any) -> Any:
    text = request.param
    study = hostile_study(text)
    balance = assessed(study)
    return text, study, balance, propose_sites(study, balance, new=1, time_limit_s=5)


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    windows: list[Opened] = []

    def open_map(map_: PlanMap) -> Opened:
        map_.save(tmp_path / "map.html")
        windows.append(Opened(chromium, tmp_path / "map.html", WIDE))
        windows[-1].page.on("dialog", lambda d: windows[-1].complaints.append(d.message))
        return windows[-1]

    yield open_map
    for window in windows:
        window.context.close()


def assert_nothing_ran(window: Opened) -> None:
    window.settle()
    assert window.page.evaluate(STATE) == [None, 0]
    window.assert_quiet()


@pytest.mark.browser
def test_every_text_is_shown_as_it_was_given(opened: Any, results: Any) -> None:
    text, *given = results
    window = opened(plan_map(*given))
    heading = window.page.eval_on_selector("#kg-header h1", "e => e.textContent")
    assert heading == f"{text}幼儿园学位供需地图（2025年）"
    assert text in window.page.eval_on_selector("#kg-note", "e => e.textContent")
    assert text in window.page.eval_on_selector(
        "li[data-layer=barriers] .kg-entries", "e => e.textContent"
    )
    popups = {key: (title, whole) for key, title, whole in window.page.evaluate(POPUPS)}
    for key in ("communities", "kindergartens", "units", "villages", "excluded", "hazards"):
        assert popups[key][0] == text, key
    assert popups["sites"][0] == f"1 {text}"
    assert text in popups["sites"][1]
    assert text in popups["communities"][1].replace(text, "", 1)  # of its unit
    if PRODUCT not in text:
        assert PRODUCT not in window.page.evaluate("document.body.textContent")
    assert_nothing_ran(window)


@pytest.mark.browser
def test_searching_clicking_and_listing_run_nothing(opened: Any, results: Any) -> None:
    text, *given = results
    window = opened(plan_map(*given))
    window.popup("kindergartens", 0)
    for box in window.page.query_selector_all("input[type=search], .kg-search input"):
        box.fill(text[:80])
        window.page.wait_for_timeout(250)
    for button in window.page.query_selector_all(".kg-toolbar button"):
        if button.is_visible():
            button.click()
            window.page.wait_for_timeout(100)
            window.page.keyboard.press("Escape")
    assert_nothing_ran(window)


def test_plates_carry_texts_in_their_payload_only(results: Any) -> None:
    text, *given = results
    names = plates_of(*given)
    assert {"projects", "links", "villages"} <= set(names)
    for name in names:
        page = rendered(plate_map(name, *given))
        if len(text) > 12 and not text.startswith("长"):
            marked = page.split("<title>")[0] + page.split("</title>")[1]
            assert text not in marked
        assert text in content(page)["title"]
    projects = content(rendered(plate_map("projects", *given)))
    drawn = next(one for one in projects["layers"] if one["key"] == "plate_projects")
    assert drawn["titles"] == [text]
    assert text in [v for field in drawn["fields"] for v in field["values"]]


def test_saving_and_showing_give_the_same_text(results: Any) -> None:
    _, *given = results
    map_ = plan_map(*given)
    target = io.BytesIO()
    map_.save(target, close_file=False)
    assert target.getvalue().decode("utf-8") == rendered(map_)
    assert "<iframe" in map_._repr_html_()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_source_of_a_base_map_is_text_and_its_address_an_address(
    text: str, tmp_path: Path
) -> None:
    study, balance = plain()
    tile = tmp_path / "10" / "846" / "441.png"
    for column in range(844, 850):
        for row in range(437, 444):
            tile = tmp_path / "10" / str(column) / f"{row}.png"
            tile.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8)).save(tile)
    page = rendered(plan_map(study, balance, base=BaseMap(folder=tmp_path, attribution=text)))
    assert text in content(page)["note"]
    for address in (f"https://a.example/{text}/{{z}}/{{x}}/{{y}}.png", text, f"http://{text}/"):
        try:
            base = BaseMap((address,))
        except InputError:
            continue
        assert base.hosts() == ["https://a.example"]
        assert not set("'\";<>`, ") & set(base.addresses[0])


@pytest.mark.parametrize("text", [*HOSTILE.values(), "fr", ""], ids=[*HOSTILE.keys(), "fr", "none"])
def test_a_language_that_is_none_is_refused_by_name(text: str) -> None:
    study, balance = plain()
    if not text:
        assert '<html lang="zh-CN">' in rendered(plan_map(study, balance, language=None))
        return
    with pytest.raises(InputError, match="zh"):
        plan_map(study, balance, language=text)  # type: ignore[arg-type]

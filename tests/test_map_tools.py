"""The tools of the map in a browser: search, lines, ruler, print view, table, years; and who can use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import NARROW, WIDE, Opened
from pyproj import Geod
from test_maps import (
    HOSTILE,
    Results,
    assessed,
    by_households,
    communities,
    content,
    kindergartens,
    rendered,
    small_results,
    small_study,
    units,
)

from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import InputError
from kgspatial.inputs.settings import LayoutSettings
from kgspatial.maps import PlanMap, flows, plan_map, symbols, year_layers
from kgspatial.maps.drawn import Scene
from kgspatial.siting import LayoutPlan, plan_layout, propose_sites
from kgspatial.study import Study
from kgspatial.travel import measure_travel

WGS84 = Geod(ellps="WGS84")
GROWTH = {2027: 1.4, 2030: 0.3}
YEARS = [2025, 2027, 2030]
UNIT_COLOURS = list(symbols.UNIT_GAP_COLOURS)


def grown(study: Study, year: int, factor: float) -> Balance:
    """The state in which every place has so many times the children."""
    demand = estimate_demand(study)
    points = demand.points.assign(children=demand.points["children"] * factor)
    later = replace(demand, points=points, year=year)
    return assess_balance(study, later, measure_travel(study, later))


@pytest.fixture(scope="module")
def results() -> Results:
    return small_results()


@pytest.fixture(scope="module")
def years(results: Results) -> dict[int, Balance]:
    return {year: grown(results[0], year, factor) for year, factor in GROWTH.items()}


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    windows: list[Opened] = []

    def open_map(map_: PlanMap, size: tuple[int, int] = WIDE) -> Opened:
        file = tmp_path / f"map{len(windows)}.html"
        map_.save(file)
        windows.append(Opened(chromium, file, size))
        return windows[-1]

    yield open_map
    for window in windows:
        window.context.close()


@pytest.fixture
def window(opened: Any, results: Results) -> Iterator[Opened]:
    one = opened(plan_map(*results))
    yield one
    one.assert_quiet()


def popup_title(window: Opened) -> str:
    window.page.wait_for_selector(".kg-popup")
    return str(window.page.locator(".kg-popup h2").last.inner_text())


def texts(window: Opened, selector: str) -> list[str]:
    return list(window.page.locator(selector).all_inner_texts())


# Search by name


@pytest.mark.browser
class TestSearch:
    def test_a_name_leads_to_its_place(self, window: Opened) -> None:
        window.page.fill(".kg-search input", "向阳")
        assert texts(window, ".kg-suggestions [role=option] span") == ["向阳幼儿园"]
        window.page.click(".kg-suggestions [role=option]")
        assert popup_title(window) == "向阳幼儿园"
        where = "kgspatial.layers.built.get('kindergartens').getLayers()[1].getLatLng()"
        assert window.page.evaluate(f"kgspatial.map.getBounds().contains({where})")
        assert window.page.evaluate("kgspatial.map.getZoom()") >= 15.5

    def test_the_keyboard_alone_suffices(self, window: Opened) -> None:
        window.page.focus(".kg-search input")
        window.page.keyboard.type("小区")
        window.page.keyboard.press("ArrowDown")
        window.page.keyboard.press("ArrowDown")
        chosen = window.page.get_attribute(".kg-search input", "aria-activedescendant")
        assert texts(window, f"#{chosen} span") == ["第5小区"]
        window.page.keyboard.press("Enter")
        assert popup_title(window) == "第5小区"
        assert not window.page.is_visible(".kg-suggestions")
        assert window.page.get_attribute(".kg-search input", "aria-expanded") == "false"

    def test_escape_empties_it(self, window: Opened) -> None:
        window.page.fill(".kg-search input", "小区")
        window.page.keyboard.press("Escape")
        assert window.page.input_value(".kg-search input") == ""
        assert not window.page.is_visible(".kg-suggestions")

    def test_what_is_hidden_is_shown_when_it_is_gone_to(self, window: Opened) -> None:
        assert not window.page.is_checked("li[data-layer=candidates] input")
        window.page.fill(".kg-search input", "旧校舍")
        window.page.keyboard.press("Enter")
        assert popup_title(window) == "旧校舍"
        assert window.page.is_checked("li[data-layer=candidates] input")

    def test_an_id_is_a_name_too(self, window: Opened) -> None:
        window.page.fill(".kg-search input", "c07")
        assert texts(window, ".kg-suggestions [role=option] span") == ["第8小区"]

    def test_a_unit_is_seen_whole(self, window: Opened) -> None:
        window.page.evaluate("kgspatial.map.setZoom(18, { animate: false })")
        window.page.fill(".kg-search input", "城北街道")
        window.page.keyboard.press("Enter")
        assert popup_title(window) == "城北街道"
        window.page.keyboard.press("Escape")
        unit = "kgspatial.layers.built.get('units').getLayers()[1].getBounds()"
        across = f"kgspatial.map.getBounds().getEast() - {unit}.getEast()"
        assert window.page.evaluate(across) > 0
        assert window.page.evaluate("kgspatial.map.getZoom()") < 17

    def test_no_such_name(self, window: Opened) -> None:
        window.page.fill(".kg-search input", "不存在")
        assert texts(window, ".kg-suggestions li") == ["没有匹配的名称"]

    def test_every_name_is_found_by_itself(self, window: Opened) -> None:
        first = window.page.evaluate(
            """() => {
              const set = kgspatial.layers;
              const known = ['communities', 'kindergartens'].flatMap((key) => set.find(key).titles
                .map((title) => ({ title, name: title.toLowerCase(), all: title.toLowerCase() })));
              return known.map((one) => [one.title, kgspatial.findNames(known, one.title)[0].title]);
            }"""
        )
        assert len(first) == 16
        assert all(asked == found for asked, found in first)

    def test_hostile_names_stay_text(self, window: Opened) -> None:
        window.page.fill(".kg-search input", "<img")
        assert texts(window, ".kg-suggestions [role=option] span") == [HOSTILE]
        assert window.page.locator(".kg-suggestions img").count() == 0


# Who goes where


def pairs_of(balance: Balance, column: int) -> dict[str, float]:
    """Children by demand point of one kindergarten: those of at least half a tenth."""
    found = balance.assignment.toarray()[:, column]
    ids = balance.demand["demand_id"]
    return {i: round(n, 1) for i, n in zip(ids, found, strict=True) if n >= 0.05}


def ends_of(window: Opened) -> list[float]:
    return sorted(window.page.evaluate("kgspatial.flows.ends().map(e => e.children)"))


@pytest.mark.browser
class TestLines:
    def test_a_kindergarten_shows_where_its_children_come_from(
        self, window: Opened, results: Results
    ) -> None:
        balance = results[1]
        for row in range(len(balance.kindergartens)):
            window.popup("kindergartens", row)
            expected = pairs_of(balance, row)
            assert ends_of(window) == pytest.approx(sorted(expected.values()))
            assert window.page.locator("path.kg-flow").count() == len(expected)
            assert window.page.locator("path.kg-outline").count() == 1
            window.page.keyboard.press("Escape")
            window.page.wait_for_selector(".kg-popup", state="detached")

    def test_the_lines_end_where_the_children_live(self, window: Opened, results: Results) -> None:
        balance = results[1]
        window.popup("kindergartens", 0)
        ends = window.page.evaluate("kgspatial.flows.ends().map(e => [e.at.lng, e.at.lat])")
        homes = balance.demand[balance.demand["demand_id"].isin(pairs_of(balance, 0))]
        points = homes.geometry.to_crs(4326)
        expected = sorted(zip(points.x, points.y, strict=True))
        assert np.array(sorted(ends)) == pytest.approx(np.array(expected), abs=2e-6)

    def test_a_community_shows_where_its_children_go(
        self, window: Opened, results: Results
    ) -> None:
        balance = results[1]
        row = int(balance.communities["served"].to_numpy().argmax())
        window.popup("communities", row)
        own = np.flatnonzero(
            balance.demand["community_id"] == balance.communities.loc[row, "community_id"]
        )
        going = balance.assignment.toarray()[own].ravel()
        assert ends_of(window) == pytest.approx(sorted(np.round(going[going >= 0.05], 1)))
        assert texts(window, ".kg-status p")[0].startswith(balance.communities.loc[row, "name"])

    def test_the_outline_is_the_catchment(self, window: Opened, results: Results) -> None:
        window.popup("kindergartens", 2)
        box = window.page.evaluate(
            """() => {
              const lines = kgspatial.flows.drawn.getLayers();
              const own = lines.find((l) => l.options.className === 'kg-outline').getBounds();
              return [own.getWest(), own.getSouth(), own.getEast(), own.getNorth()];
            }"""
        )
        area = results[1].catchments.geometry.to_crs(4326).iloc[2]
        assert box == pytest.approx(area.bounds, abs=2e-6)

    def test_they_follow_the_state(self, window: Opened, results: Results) -> None:
        plan = results[2]
        window.popup("communities", 3)
        assert ends_of(window) == []
        assert "没有可画的就学连线" in texts(window, ".kg-status p")[0]
        window.page.click("input[value=after]")
        going = plan.after.assignment.toarray()[3]
        assert ends_of(window) == pytest.approx(sorted(np.round(going[going >= 0.05], 1)))
        assert sum(ends_of(window)) > 0

    def test_a_site_has_lines_after_the_plan_only(self, window: Opened, results: Results) -> None:
        plan = results[2]
        window.popup("sites", 0)
        assert ends_of(window) == []
        window.page.click("input[value=after]")
        expected = pairs_of(plan.after, len(results[1].kindergartens))
        assert ends_of(window) == pytest.approx(sorted(expected.values()))

    def test_escape_and_a_click_elsewhere_clear(self, window: Opened) -> None:
        window.popup("kindergartens", 1)
        assert window.page.locator("path.kg-flow").count() > 0
        window.page.keyboard.press("Escape")
        assert window.page.locator("path.kg-flow").count() == 0
        assert texts(window, ".kg-status p") == []
        window.popup("kindergartens", 1)
        window.page.mouse.click(80, 500)
        assert window.page.locator("path.kg-flow").count() == 0


@pytest.mark.browser
def test_a_village_shows_where_its_children_go(opened: Any) -> None:
    study = by_households()
    balance = assessed(study)
    plan = propose_sites(study, balance, new=1, time_limit_s=5)
    window = opened(plan_map(study, balance, plan))
    village = int(np.flatnonzero(plan.after.demand["source"] == "village")[0])
    going = plan.after.assignment.toarray()[village]
    window.page.click("input[value=after]")
    window.page.evaluate("kgspatial.layers.visit(kgspatial.layers.find('points'), 0)")
    assert ends_of(window) == pytest.approx(sorted(np.round(going[going >= 0.05], 1)))
    assert sum(ends_of(window)) > 0


def kept_pairs(drawn: dict[str, Any]) -> list[int]:
    return [t for two in drawn["flows"]["states"] for state in two for t in state["tenths"]]


def test_beyond_the_limit_the_largest_pairs_are_kept_and_the_note_says_so(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = kept_pairs(content(rendered(plan_map(*results))))
    monkeypatch.setattr(flows, "MOST_PAIRS", 20)
    cut = content(rendered(plan_map(*results, language="en")))
    assert sorted(kept_pairs(cut)) == sorted(every)[-20:]
    assert f"the 20 of {len(every)} pairs with the most children" in cut["note"]


def test_where_nobody_goes_anywhere_there_are_no_lines() -> None:
    study = small_study(kindergartens=kindergartens().assign(places=0.0))
    assert "flows" not in content(rendered(plan_map(study, assessed(study))))


# Ruler, coordinates, full screen

METRES = re.compile(r"([\d,]+) m")


@pytest.mark.browser
class TestRuler:
    def test_metres_are_those_of_the_ellipsoid(self, window: Opened) -> None:
        random = np.random.default_rng(8)
        near = random.uniform([73, 18], [135, 53], (30, 2))
        ends = near + random.uniform(-0.5, 0.5, (30, 2)) * 10.0 ** -random.integers(0, 5, (30, 1))
        far = random.uniform([-180, -89], [180, 89], (10, 2))
        starts = np.vstack([near, far, [[117.7, 24.5], [10.0, 0.0]]])
        ends = np.vstack(
            [ends, random.uniform([73, 18], [135, 53], (10, 2)), [[117.7, 24.5], [11.0, 0.0]]]
        )
        told = window.page.evaluate(
            """pairs => pairs.map(([a, b]) => kgspatial.geodesicMetres(
                 { lng: a[0], lat: a[1] }, { lng: b[0], lat: b[1] }))""",
            [list(pair) for pair in zip(starts.tolist(), ends.tolist(), strict=True)],
        )
        expected = WGS84.inv(*starts.T, *ends.T)[2]
        assert np.array(told) == pytest.approx(expected, abs=1e-3)

    def test_clicks_make_a_line_and_open_nothing(self, window: Opened) -> None:
        window.page.click(".kg-ruler")
        for key, row in (("kindergartens", 0), ("communities", 5), ("kindergartens", 1)):
            window.page.mouse.click(*window.centre(key, row))
        points = window.page.evaluate("kgspatial.measure.points.map(p => [p.lng, p.lat])")
        legs = WGS84.line_lengths(*np.transpose(points))
        said = [float(m.replace(",", "")) for m in METRES.findall(texts(window, ".kg-status p")[0])]
        assert said == [pytest.approx(sum(legs), abs=0.5), pytest.approx(legs[-1], abs=0.5)]
        assert window.page.locator(".kg-popup").count() == 0

    def test_the_keyboard_measures_from_the_middle(self, window: Opened) -> None:
        window.page.focus(".kg-ruler")
        window.page.keyboard.press("Enter")
        window.page.keyboard.press("Enter")
        window.page.evaluate("kgspatial.map.panBy([150, 0], { animate: false })")
        window.page.keyboard.press("Enter")
        assert window.page.evaluate("kgspatial.measure.points.length") == 2
        window.page.keyboard.press("Backspace")
        assert window.page.evaluate("kgspatial.measure.points.length") == 1

    def test_escape_ends_it_and_clicks_open_popups_again(self, window: Opened) -> None:
        window.page.click(".kg-ruler")
        assert window.page.get_attribute(".kg-ruler", "aria-pressed") == "true"
        window.page.mouse.click(*window.centre("communities", 5))
        window.page.keyboard.press("Escape")
        assert window.page.get_attribute(".kg-ruler", "aria-pressed") == "false"
        assert window.page.locator(".leaflet-kg-ruler-pane path").count() == 0
        assert window.popup("communities", 5)[0] == ["第6小区"]


@pytest.mark.browser
class TestScreen:
    def test_the_coordinates_are_those_under_the_mouse(self, window: Opened) -> None:
        window.page.mouse.move(*window.centre("kindergartens", 0))
        told = texts(window, ".kg-coordinates")[0]
        assert re.fullmatch(r"\d+\.\d{6}, \d+\.\d{6}", told)
        at = window.page.evaluate(
            "kgspatial.layers.built.get('kindergartens').getLayers()[0].getLatLng()"
        )
        pixel = 5e-5
        assert [float(v) for v in told.split(", ")] == pytest.approx(
            [at["lng"], at["lat"]], abs=pixel
        )

    def test_full_screen_and_back(self, window: Opened) -> None:
        for is_full in ("true", "false"):
            window.page.click(".kg-full-screen")
            window.page.wait_for_selector(f".kg-full-screen[aria-pressed={is_full}]")
            assert window.page.evaluate("Boolean(document.fullscreenElement)") == (
                is_full == "true"
            )


# Print view

PAPER_MM = {"A4": (297, 210), "A3": (420, 297)}
POINTS_PER_MM = 72 / 25.4


def sheets(pdf: bytes) -> list[tuple[float, float]]:
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(float(w) / POINTS_PER_MM, float(h) / POINTS_PER_MM) for w, h in found]


def box_of(window: Opened, selector: str) -> dict[str, float]:
    return dict(window.page.locator(selector).first.bounding_box())


def lies_in(inner: Mapping[str, float], outer: Mapping[str, float]) -> bool:
    return all(
        outer[low] - 0.5 <= inner[low]
        and inner[low] + inner[size] <= outer[low] + outer[size] + 0.5
        for low, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.browser
class TestPrinting:
    @pytest.mark.parametrize("paper", ["A4", "A3"])
    def test_the_sheet_holds_everything(self, opened: Any, results: Results, paper: str) -> None:
        window = opened(plan_map(*results))
        for key in ("candidates", "villages", "hazards", "catchments", "demand"):
            window.switch(key)
        window.page.click(".kg-print")
        window.page.select_option(".kg-print-bar select", paper)
        window.settle()
        sheet = box_of(window, ".kg-page")
        parts = (".kg-header h1", ".kg-legend", ".kg-north", ".leaflet-control-scale", "#kg-note")
        for part in parts:
            assert window.page.is_visible(part)
            assert lies_in(box_of(window, part), sheet), part
        body = "e => e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth"
        assert window.page.locator(".kg-legend-body").evaluate(body)
        assert lies_in(box_of(window, ".kg-legend"), box_of(window, ".kg-map"))
        pdf = window.page.pdf(prefer_css_page_size=True)
        assert sheets(pdf) == [pytest.approx(PAPER_MM[paper], abs=0.5)]
        window.assert_quiet()

    def test_the_scale_is_that_of_the_paper(self, window: Opened) -> None:
        window.page.click(".kg-print")
        told = float(
            re.search(r"1:([\d,]+)", texts(window, ".kg-print-scale")[0])[1].replace(",", "")
        )
        a, b = (
            window.page.evaluate(f"kgspatial.map.containerPointToLatLng([{x}, 300])")
            for x in (300, 400)
        )
        metres = WGS84.inv(a["lng"], a["lat"], b["lng"], b["lat"])[2]
        assert told == pytest.approx(metres / (100 * 0.0254 / 96), rel=0.01)

    def test_the_area_that_was_seen_is_on_the_sheet(self, window: Opened) -> None:
        inside = "kgspatial.map.getBounds().contains(kgspatial.map.kgBounds)"
        assert window.page.evaluate(inside)
        window.page.click(".kg-print")
        assert window.page.evaluate(inside)

    def test_only_layers_that_are_on_stand_in_its_legend(self, window: Opened) -> None:
        window.page.click(".kg-print")
        assert window.page.is_visible("li[data-layer=communities]")
        assert not window.page.is_visible("li[data-layer=candidates]")
        assert texts(window, ".kg-states label:visible") == ["现状"]

    def test_going_back_restores_the_page(self, window: Opened) -> None:
        before = [box_of(window, s) for s in (".kg-page", ".kg-legend", "#kg-note")]
        zoom = window.page.evaluate("kgspatial.map.getZoom()")
        window.page.click(".kg-print")
        window.page.click(".kg-print-back")
        assert [box_of(window, s) for s in (".kg-page", ".kg-legend", "#kg-note")] == before
        assert window.page.evaluate("kgspatial.map.getZoom()") == zoom
        assert window.page.evaluate("document.activeElement.className") == "kg-tool kg-print"

    def test_printing_from_the_menu_gives_the_same_sheet(self, window: Opened) -> None:
        pdf = window.page.pdf(prefer_css_page_size=True)
        assert sheets(pdf) == [pytest.approx(PAPER_MM["A4"], abs=0.5)]
        assert not window.page.evaluate("'kgPrint' in document.documentElement.dataset")


# The table


def column_of(window: Opened, label: str) -> list[str]:
    heads = texts(window, ".kg-table thead th")
    number = next(i for i, head in enumerate(heads) if head.startswith(label))
    return texts(window, f".kg-table tbody tr > :nth-child({number + 1})")


@pytest.mark.browser
class TestTable:
    def test_its_rows_are_the_sites_and_lead_to_them(
        self, window: Opened, results: Results
    ) -> None:
        sites = results[2].sites
        window.page.click(".kg-table-opener")
        assert column_of(window, "名称") == [f"1 {sites['name'].iloc[0]}"]
        assert column_of(window, "学位") == [f"{sites['places'].iloc[0]:,.0f}"]
        window.page.click(".kg-table tbody tr td")
        assert popup_title(window) == f"1 {sites['name'].iloc[0]}"
        assert window.page.get_attribute(".kg-table tbody tr", "aria-current") == "true"

    def test_it_sorts_both_ways_and_keeps_what_is_missing_last(
        self, window: Opened, results: Results
    ) -> None:
        window.page.click(".kg-table-opener")
        window.page.select_option(".kg-table select", "现状幼儿园")
        places = sorted(results[1].kindergartens["places"])
        window.page.click(".kg-table thead button:has-text('学位（个）')")
        assert column_of(window, "学位（个）") == [f"{p:g}" for p in places]
        assert texts(window, ".kg-table th[aria-sort=ascending] button") == ["学位（个）"]
        window.page.keyboard.press("Enter")
        assert column_of(window, "学位（个）") == [f"{p:g}" for p in places[::-1]]
        for _ in range(2):
            window.page.click(".kg-table thead button:has-text('在园幼儿')")
            assert column_of(window, "在园幼儿")[2:] == ["—", "—"]

    def test_the_keyboard_reaches_a_place(self, window: Opened) -> None:
        window.page.focus(".kg-table-opener")
        window.page.keyboard.press("Enter")
        window.page.select_option(".kg-table select", "现状幼儿园")
        window.page.focus(".kg-table tbody tr:nth-child(2) button")
        window.page.keyboard.press("Enter")
        assert popup_title(window) == "向阳幼儿园"

    def test_a_click_on_the_map_marks_the_row(self, window: Opened) -> None:
        window.page.click(".kg-table-opener")
        window.page.select_option(".kg-table select", "现状幼儿园")
        window.popup("kindergartens", 1)
        assert texts(window, ".kg-table tr[aria-current] th") == ["向阳幼儿园"]

    def test_it_follows_the_state(self, window: Opened, results: Results) -> None:
        window.page.click(".kg-table-opener")
        window.page.select_option(".kg-table select", "现状幼儿园")
        label = "以其为最近园的幼儿"
        for state, table in (("before", results[1]), ("after", results[2].after)):
            window.page.click(f"input[value={state}]")
            nearest = table.kindergartens["nearest_children"].iloc[:4]
            assert column_of(window, label) == [f"{round(n):,}" for n in nearest]


# The years


def slide(window: Opened, year: int) -> None:
    window.page.focus(".kg-years input")
    window.page.keyboard.press("Home")
    for _ in range(YEARS.index(year)):
        window.page.keyboard.press("ArrowRight")
    window.settle()


def gap_colours(balance: Balance) -> list[str]:
    ramp = [*symbols.GAP_COLOURS, symbols.UNREACHED_COLOUR]
    columns = (balance.communities[c].to_numpy() for c in ("unserved", "unreached", "children"))
    return [ramp[c] for c in symbols.gap_classes(*columns)]


def unit_colour(gap: float, children: float) -> str:
    """By the words of the legend: a tenth is balanced, beyond three tenths it is large."""
    share = gap / children
    if abs(share) <= 0.1:
        return UNIT_COLOURS[2]
    size = 2 if abs(share) > 0.3 else 1
    return UNIT_COLOURS[2 + (size if share > 0 else -size)]


@pytest.mark.browser
class TestYears:
    @pytest.fixture
    def window(self, opened: Any, results: Results, years: dict[int, Balance]) -> Iterator[Opened]:
        one = opened(plan_map(*results, years=years))
        yield one
        one.assert_quiet()

    def test_each_year_has_its_colours_in_the_same_classes(
        self, window: Opened, results: Results, years: dict[int, Balance]
    ) -> None:
        states = {2025: results[1], **years}
        legend = window.legend("communities")
        seen = {}
        for year in (2030, 2025, 2027):
            slide(window, year)
            seen[year] = [window.colour("communities", row) for row in range(12)]
            assert seen[year] == gap_colours(states[year])
            assert window.legend("communities") == legend
            assert texts(window, ".kg-years output") == [str(year)]
        assert seen[2025] != seen[2027] != seen[2030]

    def test_units_have_the_colour_of_their_gap(self, opened: Any, results: Results) -> None:
        few = small_study(communities=communities().iloc[:1])
        balance = assessed(few)
        window = opened(plan_map(few, balance, years={2030: grown(few, 2030, 0.2)}))
        for key in ("cells", "communities"):
            window.switch(key)
        window.switch("unit_gaps")
        for state, year in ((balance, 2025), (grown(few, 2030, 0.2), 2030)):
            window.page.focus(".kg-years input")
            window.page.keyboard.press("Home" if year == 2025 else "End")
            window.settle()
            inside = state.units[state.units["unit_id"] != "outside"]
            expected = [
                unit_colour(g, c) for g, c in zip(inside["gap"], inside["children"], strict=True)
            ]
            drawn = window.page.evaluate(
                "kgspatial.layers.built.get('unit_gaps').getLayers().map(l => l.options.fillColor)"
            )
            assert drawn == expected

    def test_heading_and_figures_are_those_of_the_year(
        self, window: Opened, years: dict[int, Balance]
    ) -> None:
        slide(window, 2030)
        assert texts(window, ".kg-header h1") == ["示例区幼儿园学位供需地图（2030年）"]
        assert texts(window, ".kg-figures dd")[0] == f"{years[2030].totals['children']:,.0f}"
        slide(window, 2025)
        assert texts(window, ".kg-header h1") == ["示例区幼儿园学位供需地图（2025年）"]

    def test_the_switch_is_kept_for_years_that_have_both_states(
        self, window: Opened, results: Results
    ) -> None:
        window.page.click("input[value=after]")
        assert [window.colour("communities", r) for r in range(12)] == gap_colours(results[2].after)
        slide(window, 2027)
        assert window.page.is_disabled("input[value=after]")
        assert window.page.is_checked("input[value=before]")
        slide(window, 2025)
        assert window.page.is_enabled("input[value=after]")

    def test_layers_say_which_year_they_show(self, window: Opened) -> None:
        slide(window, 2030)
        name = "li[data-layer={}] .kg-layer-name"
        assert texts(window, name.format("communities"))[0].endswith(" · 2030")
        assert texts(window, name.format("cells"))[0].endswith(" · 2025")
        assert not texts(window, name.format("kindergartens"))[0].endswith(("2025", "2030"))

    def test_a_popup_lists_the_years(
        self, window: Opened, results: Results, years: dict[int, Balance]
    ) -> None:
        slide(window, 2027)
        window.popup("communities", 7)
        rows = window.page.eval_on_selector_all(
            ".kg-popup-years tr",
            "rows => rows.map(r => Array.from(r.cells).map(c => c.textContent))",
        )
        assert [row[0] for row in rows] == ["年份", "2025", "2027", "2030"]
        states = {2025: results[1], **years}
        for cells in rows[1:]:
            own = states[int(cells[0])].communities.iloc[7]
            assert cells[1].split(" → ")[0] == f"{round(own['children']):,}"
        assert texts(window, ".kg-popup-years [aria-current] th") == ["2027"]

    def test_the_table_of_years_fits_the_popup(
        self, opened: Any, results: Results, years: dict[int, Balance]
    ) -> None:
        window = opened(plan_map(*results, years=years, language="en"))
        for key in ("units", "communities"):
            window.page.evaluate(f"kgspatial.layers.visit(kgspatial.layers.find('{key}'), 0)")
            last = window.page.locator(".kg-popup").last
            assert last.evaluate("e => e.scrollWidth <= e.clientWidth")

    def test_the_lines_are_those_of_the_year(
        self, window: Opened, years: dict[int, Balance]
    ) -> None:
        slide(window, 2030)
        window.popup("kindergartens", 0)
        assert ends_of(window) == pytest.approx(sorted(pairs_of(years[2030], 0).values()))
        slide(window, 2025)
        assert len(ends_of(window)) > 0


@pytest.fixture(scope="module")
def layout(results: Results) -> LayoutPlan:
    study, balance, _ = results
    return plan_layout(study, balance, LayoutSettings(years=(2028, 2033), new=1))


@pytest.mark.browser
class TestLayout:
    """A layout brings its own years: the slider and the switch show what it changes."""

    @pytest.fixture
    def window(self, opened: Any, results: Results, layout: LayoutPlan) -> Iterator[Opened]:
        study, balance, _ = results
        one = opened(plan_map(study, balance, layout=layout))
        yield one
        one.assert_quiet()

    def test_its_years_have_both_states(self, window: Opened, layout: LayoutPlan) -> None:
        assert window.page.is_disabled("input[value=after]")
        window.page.focus(".kg-years input")
        for year in (2028, 2033):
            window.page.keyboard.press("ArrowRight")
            for state, table in (("before", layout.before), ("after", layout.after)):
                window.page.evaluate(f"kgspatial.layers.setAfter({str(state == 'after').lower()})")
                window.settle()
                seen = [window.colour("communities", row) for row in range(12)]
                assert seen == gap_colours(table[year])

    def test_an_action_has_its_lines_and_its_row(self, window: Opened, layout: LayoutPlan) -> None:
        action = layout.actions.iloc[0]
        window.page.click(".kg-table-opener")
        assert column_of(window, "名称") == [f"1 {action['name']}"]
        window.page.focus(".kg-years input")
        window.page.keyboard.press("End")
        window.page.click("input[value=after]")
        window.page.click(".kg-table tbody tr td")
        state = layout.after[2033]
        ids = state.kindergartens["kindergarten_id"].tolist()
        expected = pairs_of(state, ids.index(action["subject_id"]))
        assert ends_of(window) == pytest.approx(sorted(expected.values()))
        assert len(expected) > 0


def test_years_of_another_study_are_refused(results: Results) -> None:
    fewer = small_study(communities=communities().iloc[:5])
    with pytest.raises(InputError, match="the communities of 2030 are not those of 2025"):
        plan_map(*results, years={2030: assessed(fewer)})
    other = small_study(units=units().assign(unit_id=["A", "B"]))
    with pytest.raises(InputError, match="the units of 2030"):
        plan_map(*results, years={2030: assessed(other)})


def test_the_plate_of_gaps_has_its_units_in_one_year_too(results: Results) -> None:
    study, balance, plan = results
    scene = Scene(study, balance, plan, "zh", plate="gap")
    drawn = year_layers.unit_gap_layer(scene)
    assert drawn is not None
    expected = [
        [
            unit_colour(gap, children)
            for gap, children in zip(table["gap"], table["children"], strict=True)
        ][:2]
        for table in (balance.units, plan.after.units)
    ]
    seen = [[drawn.styles[c].fill for c in of] for of in (drawn.of, drawn.of_after)]
    assert seen == expected
    assert [f.label for f in drawn.fields][:2] == ["3–5岁幼儿（人）", "学位（个）"]


def test_years_need_the_year_of_the_first_state(results: Results) -> None:
    study, balance, _ = results
    with pytest.raises(InputError, match="year of its first state"):
        plan_map(study, replace(balance, year=None), years={2030: balance})


def test_one_year_has_no_slider(results: Results) -> None:
    drawn = content(rendered(plan_map(*results, years={2025: results[1]})))
    assert "years" not in drawn
    assert "unit_gaps" not in drawn["legend"]


# For everyone

CONTRAST = """() => {
  const parse = (text) => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return n.length < 4 ? [...n, 1] : n;
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const background = (element, ground) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), ground);
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const isShown = element.checkVisibility() && element.getClientRects().length > 0;
    if (!text || !isShown || element.closest('script, style, noscript')) continue;
    const colour = parse(getComputedStyle(element).color);
    const darkest = element.closest('.folium-map') ? [84, 39, 143] : [255, 255, 255];
    const ratios = [[255, 255, 255], darkest].map((ground) => {
      const behind = background(element, ground);
      const [a, b] = [light(over(colour, behind)), light(behind)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
    found.push([text, Math.min(...ratios)]);
  }
  return found;
}"""

NAMES = """() => Array.from(document.querySelectorAll('button, input, select, a[href], [role=option]'))
  .filter((e) => e.checkVisibility())
  .map((e) => e.getAttribute('aria-label') || e.textContent.trim() || e.title
    || (e.labels && Array.from(e.labels).map((l) => l.textContent).join('')) || '')"""


@pytest.mark.browser
class TestForEveryone:
    def test_texts_stand_out_from_what_is_behind_them(
        self, opened: Any, results: Results, years: dict[int, Balance]
    ) -> None:
        window = opened(plan_map(*results, years=years, language="en"))
        window.page.click(".kg-table-opener")
        window.popup("kindergartens", 1)
        window.page.fill(".kg-search input", "e")
        window.page.keyboard.press("ArrowDown")
        window.page.wait_for_timeout(400)  # the popup fades in
        found = window.page.evaluate(CONTRAST)
        assert len(found) > 80
        assert [(text, round(ratio, 2)) for text, ratio in found if ratio < 4.5] == []
        placeholder = window.page.evaluate(
            "getComputedStyle(document.querySelector('.kg-search input'), '::placeholder').color"
        )
        assert contrast(placeholder, "rgb(255, 255, 255)") >= 4.5

    def test_every_control_has_a_name(
        self, opened: Any, results: Results, years: dict[int, Balance]
    ) -> None:
        window = opened(plan_map(*results, years=years, language="en"))
        window.page.click(".kg-table-opener")
        window.page.fill(".kg-search input", "e")
        names = window.page.evaluate(NAMES)
        assert len(names) > 40
        assert all(names)
        assert window.page.evaluate("document.documentElement.lang") == "en"
        assert not re.search(r"[\u4e00-\u9fff]", " ".join(texts(window, ".kg-toolbar")))

    def test_the_focus_is_seen_and_passes_every_tool(
        self, opened: Any, results: Results, years: dict[int, Balance]
    ) -> None:
        window = opened(plan_map(*results, years=years))
        passed = []
        for _ in range(12):
            window.page.keyboard.press("Tab")
            style, name = window.page.evaluate(
                """() => {
                  const own = document.activeElement;
                  const style = getComputedStyle(own);
                  return [`${style.outlineStyle} ${style.outlineWidth}`, `${own.type} ${own.className}`];
                }"""
            )
            passed.append(name)
            assert style.split()[0] == "solid"
            assert float(style.split()[1].removesuffix("px")) >= 1
        for tool in (
            "search",
            "range",
            "kg-table-opener",
            "kg-ruler",
            "kg-full-screen",
            "kg-print",
        ):
            assert any(tool in name for name in passed), tool

    def test_tools_fit_a_narrow_screen(
        self, opened: Any, results: Results, years: dict[int, Balance]
    ) -> None:
        window = opened(plan_map(*results, years=years), NARROW)
        assert window.page.evaluate("document.documentElement.scrollWidth") == NARROW[0]
        assert box_of(window, ".kg-map")["height"] > 300
        for tool in (".kg-search input", ".kg-years input", ".kg-print"):
            assert window.page.is_visible(tool)
        window.assert_quiet()


def channels(colour: str) -> np.ndarray:
    if colour.startswith("#"):
        return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.array([float(n) for n in re.findall(r"[\d.]+", colour)[:3]]) / 255


def linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.1: contrast ratio of two colours."""
    light = sorted(float(linear(channels(c)) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


SEEN_BY = {
    "everyone": np.eye(3),
    "deuteranopes": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopes": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
"""On linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.0."""

TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ @ np.ones(3)
LEAST_DIFFERENCE = 7.0
"""CIE 1976: about three times what a trained eye just tells apart side by side (2.3)."""


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    x, y, z = TO_XYZ @ np.clip(seen @ linear(channels(colour)), 0, 1) / WHITE
    fx, fy, fz = (np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


PALETTES = {
    "gaps": (*symbols.GAP_COLOURS, symbols.UNREACHED_COLOUR),
    "cells": symbols.CELL_COLOURS,
    "demand": symbols.DEMAND_COLOURS,
    "unit gaps": symbols.UNIT_GAP_COLOURS,
}


@pytest.mark.parametrize("eyes", list(SEEN_BY))
@pytest.mark.parametrize("name", list(PALETTES))
def test_any_two_classes_of_a_palette_can_be_told_apart(name: str, eyes: str) -> None:
    seen = np.array([lab(colour, SEEN_BY[eyes]) for colour in PALETTES[name]])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert apart[~np.eye(len(seen), dtype=bool)].min() >= LEAST_DIFFERENCE


@pytest.mark.parametrize("kinds", [symbols.KIND_SYMBOLS, symbols.ACTION_SYMBOLS])
def test_kinds_differ_in_shape_and_not_in_colour_alone(kinds: dict[str, symbols.Symbol]) -> None:
    kinds = {k: s for k, s in kinds.items() if s != kinds.get("unknown")}
    shapes = [s.shape for s in kinds.values()]
    assert len(set(shapes)) == len(shapes)


def test_an_empty_map_is_at_most_300_kb() -> None:
    study = Study(
        kindergartens=kindergartens().iloc[:1],
        communities=communities().iloc[:1].assign(children=1.0),
    )
    assert len(rendered(plan_map(study, assessed(study))).encode()) <= 300_000

"""Plates of a plan: each shows the layers that answer its question, or says what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsing import WIDE, Opened
from test_maps import by_households, content, keys_of, layer, rendered, small_results, small_study

from kgspatial.access import GaussianToLimit, two_step
from kgspatial.balance import Balance, assess_balance
from kgspatial.balance.rules import check_estates
from kgspatial.demand import estimate_demand
from kgspatial.errors import InputError
from kgspatial.maps import PlanMap, plan_map, plate_map, plates_of, symbols
from kgspatial.maps.plates import PLATES
from kgspatial.siting import SitePlan
from kgspatial.study import Study
from kgspatial.terms import term
from kgspatial.travel import measure_travel


def projects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["东区新园", "第一幼儿园扩建", "四小区配套", "无处可查"],
            "site_id": ["S1", None, None, None],
            "kindergarten_id": [None, "K1", None, None],
            "community_id": [None, None, "C04", None],
            "work": ["new", "expansion", "supporting", "new"],
            "places_added": [270.0, 90.0, None, 60.0],
            "year": [2026, 2027, 2026, 2028],
        }
    )


@cache
def complete() -> tuple[Study, Balance, SitePlan]:
    """A study that has everything that any plate asks for."""
    study = small_study()
    gardens = study.kindergartens.assign(
        head_id=[None, "K1", "K1", None], supports_community=["C00", None, None, None]
    )
    return small_results(
        kindergartens=gardens,
        communities=study.communities.assign(residents=[800.0] * 11 + [None]),
        projects=projects(),
    )


def plate(name: str, **options: Any) -> str:
    return rendered(plate_map(name, *complete(), **options))


def on(page: str) -> set[str]:
    return {one["key"] for one in content(page)["layers"] if one["shown"]}


def test_a_complete_study_has_every_plate() -> None:
    assert plates_of(*complete()) == tuple(PLATES)


def test_plates_of_a_bare_study_are_those_that_need_only_demand_and_kindergartens() -> None:
    study = small_study(
        candidates=None, hazards=None, villages=None, communities=None, projects=None
    )
    demand = estimate_demand(study)
    balance = assess_balance(study, demand, measure_travel(study, demand))
    always = ("population", "kindergartens", "coverage", "accessibility", "gap")
    assert plates_of(study, balance) == always
    for name in set(PLATES) - set(always):
        with pytest.raises(InputError, match=f"the plate '{name}' needs"):
            plate_map(name, study, balance)
    for name in always:
        assert "kindergartens" in keys_of(rendered(plate_map(name, study, balance)))


def test_a_plate_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(InputError, match="population, kindergartens"):
        plate_map("density", *complete())


@pytest.mark.parametrize("name", PLATES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_plate_is_called_by_its_question_and_shows_its_layers(name: str, language: str) -> None:
    page = plate(name, language=language)
    title = term(f"map.plate_{name}", language, plan="示例区")
    assert content(page)["title"].startswith(title)
    assert {"units", "outline"} <= on(page)
    own = {key for key in keys_of(page) if key.startswith("plate_")}
    assert own <= on(page)
    shown = {key for key in PLATES[name].shown if not key.endswith("_")} & keys_of(page)
    assert shown <= on(page)
    assert sorted(content(page)["legend"]) == sorted(keys_of(page))
    assert content(page)["has_after"] == (name in {"gap", "layout"})


def test_a_plate_leaves_out_what_is_not_its_question() -> None:
    page = plate("kindergartens")
    assert keys_of(page) == {
        *("kindergartens", "catchments", "units", "outline", "streets", "barriers"),
    }


def test_an_estate_is_covered_when_its_children_reach_a_kindergarten() -> None:
    _, balance, _ = complete()
    drawn = layer(plate("coverage"), "plate_coverage")
    labels = [s["label"] for s in drawn["styles"]]
    said = [labels[c] for c in drawn["of"]]
    for label, row in zip(said, balance.communities.itertuples(), strict=True):
        share = row.unreached / row.children
        assert label == ("全部覆盖" if share == 0 else "未覆盖" if share == 1 else "部分覆盖")
    assert set(said) == {"全部覆盖", "未覆盖"}


def test_accessibility_is_that_of_the_two_step_method() -> None:
    _, balance, _ = complete()
    page = plate("accessibility")
    drawn = layer(page, "plate_accessibility")
    ratio = two_step(
        balance.travel,
        balance.demand["children"],
        balance.kindergartens["places"],
        decay=GaussianToLimit(600.0),
    )
    own = balance.demand.assign(ratio=ratio)
    own = own[own["source"] == "community"].set_index("community_id")["ratio"]
    expected = own.loc[balance.communities["community_id"]].to_numpy()
    np.testing.assert_allclose(drawn["fields"][0]["values"], expected, atol=0.051)
    labels = ["步行范围内无学位", "≤ 50", "50–80", "80–100", "100–150", "> 150"]
    assert [s["label"] for s in drawn["styles"]] == labels
    limits = [0, 50, 80, 100, 150]
    assert drawn["of"] == [sum(v > limit for limit in limits) for v in expected]
    assert "plate_accessibility_cells" in keys_of(page)


def test_children_are_shown_by_the_grid_or_by_estates_and_points() -> None:
    assert {"demand", "plate_population"} <= on(plate("population"))
    study = by_households()
    demand = estimate_demand(study)
    balance = assess_balance(study, demand, measure_travel(study, demand))
    page = rendered(plate_map("population", study, balance))
    assert "demand" not in keys_of(page)
    areas = balance.communities
    density = layer(page, "plate_population")["fields"][1]["values"]
    expected = areas["children"].to_numpy() / (areas.area.to_numpy() / 1e4)
    np.testing.assert_allclose(density, expected, atol=0.051)
    assert layer(page, "plate_population_points")["titles"] == ["河西村"]


def test_projects_lie_at_their_site_kindergarten_or_estate_and_the_rest_is_counted() -> None:
    drawn = layer(plate("projects"), "plate_projects")
    assert drawn["titles"] == ["东区新园", "第一幼儿园扩建", "四小区配套"]
    assert "另有1项无位置" in drawn["label"]
    assert [drawn["styles"][c]["label"] for c in drawn["of"]] == ["2026", "2027", "2026"]
    assert len({s["shape"] for s in drawn["styles"]}) == 2
    added = next(f for f in drawn["fields"] if f["label"] == "新增学位（个）")
    assert added["values"] == [270, 90, None]


def test_links_lead_from_branches_to_their_head() -> None:
    drawn = layer(plate("links"), "plate_links")
    assert drawn["titles"] == ["向阳幼儿园", "K3"]
    assert drawn["fields"][0]["values"] == ["第一幼儿园", "第一幼儿园"]


def test_estates_are_shown_by_what_they_owe_and_have() -> None:
    study, balance, _ = complete()
    found = check_estates(study, balance.year)
    drawn = layer(plate("obligations"), "plate_obligations")
    owed = next(f for f in drawn["fields"] if f["label"] == "应配学位（个）")["values"]
    np.testing.assert_allclose(
        [np.nan if v is None else v for v in owed], found["places_owed"], atol=0.501
    )
    labels = [drawn["styles"][c]["label"] for c in drawn["of"]]
    for label, row in zip(labels, found.itertuples(), strict=True):
        if row.verdict == "unknown":
            assert label == "无法判定"
        elif row.verdict == "met":
            assert label == ("已足额配建" if row.threshold > 0 else "无配建要求")
        else:
            assert label == ("部分配建" if row.value > 0 else "未配建")
    assert len(set(labels)) > 1


def test_villages_are_shown_by_their_rule() -> None:
    drawn = layer(plate("villages"), "plate_villages")
    assert drawn["titles"] == ["河西村"]
    assert drawn["styles"][0]["shape"] == "circle"
    assert drawn["styles"][0]["label"].startswith("小村")


def test_candidates_without_a_proposal_are_those_of_the_study() -> None:
    study, balance, sites = complete()
    alone = rendered(plate_map("hazards", study, balance))
    assert layer(alone, "plate_candidates")["titles"] == ["东区地块", "旧校舍", "气站旁地块"]
    judged = plate("hazards")
    assert "plate_candidates" not in keys_of(judged)
    assert layer(judged, "excluded")["titles"] == sites.excluded["name"].tolist()


def test_the_gap_keeps_its_classes_over_the_years() -> None:
    study, balance, _ = complete()
    later = replace(balance, year=2030)
    page = rendered(plate_map("gap", study, balance, years={2030: later}))
    assert content(page)["years"] == [2025, 2030]
    assert "unit_gaps" in on(page)
    assert "years" not in content(plate("coverage"))


def test_the_whole_map_is_not_changed_by_plates() -> None:
    page = rendered(plan_map(*complete()))
    assert not [key for key in keys_of(page) if key.startswith("plate_")]


def test_colours_of_classes_differ() -> None:
    for colours in (
        list(symbols.COVERAGE_COLOURS.values()),
        symbols.RATIO_COLOURS,
        list(symbols.OBLIGATION_COLOURS.values()),
    ):
        assert len(set(colours)) == len(colours)


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    windows: list[Opened] = []

    def open_map(map_: PlanMap) -> Opened:
        map_.save(tmp_path / "map.html")
        windows.append(Opened(chromium, tmp_path / "map.html", WIDE))
        return windows[-1]

    yield open_map
    for window in windows:
        window.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", PLATES)
def test_a_plate_opens_without_a_network(opened: Any, name: str) -> None:
    window = opened(plate_map(name, *complete()))
    counts = window.page.evaluate("kgspatial.layers.counts()")
    assert set(counts) == on(plate(name))
    assert all(counts.values())
    own = [key for key in counts if key.startswith("plate_") and not key.endswith("_cells")]
    for key in own:
        assert window.colour(key, 0) or key == "plate_population"
    window.assert_quiet()


@pytest.mark.browser
def test_a_click_on_a_plate_says_its_figures(opened: Any) -> None:
    window = opened(plate_map("obligations", *complete()))
    title, *rows = window.popup("plate_obligations", 4)
    assert title == ["第5小区"]
    assert rows[0][0] == "应配学位（个）"

"""The map as a file: what is in it, that it needs nothing else, and that names stay names."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from branca.element import Element
from folium.plugins import MarkerCluster
from folium.raster_layers import ImageOverlay
from PIL import Image
from pyproj import Geod, Transformer
from shapely import LineString, MultiPolygon, Point, Polygon, box

from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import KgspatialError
from kgspatial.inputs.settings import (
    DemandSettings,
    PlanSettings,
    Settings,
    SitingSettings,
    TravelSettings,
)
from kgspatial.layers import Grid, Population
from kgspatial.maps import PlanMap, packing, plan_map, symbols, write_standalone
from kgspatial.maps.grid_images import cell_hectares, palette_png
from kgspatial.maps.reach_lines import reach_lines
from kgspatial.report import palette
from kgspatial.siting import SitePlan, propose_sites
from kgspatial.study import Study
from kgspatial.travel import measure_travel

CRS = "EPSG:4548"
LON, LAT = 117.7, 24.5
WEST, SOUTH = Transformer.from_crs(4326, CRS, always_xy=True).transform(LON, LAT)
HOSTILE = "<img src=x onerror=alert(1)>"
GAP_COLUMNS = ("unserved", "unreached", "children")
CLOSING = "</script><b>&amp;"

Results = tuple[Study, Balance, SitePlan]


def at(x: float, y: float) -> Point:
    return Point(WEST + x, SOUTH + y)


def square(x: float, y: float, side: float) -> Polygon:
    return box(WEST + x, SOUTH + y, WEST + x + side, SOUTH + y + side)


def communities() -> gpd.GeoDataFrame:
    """Four by three squares of 300 m, 600 m apart; the right column is far from any kindergarten."""
    cells = [(i, j) for j in range(3) for i in range(4)]
    names = [HOSTILE, CLOSING, None, *(f"第{n}小区" for n in range(4, 13))]
    return gpd.GeoDataFrame(
        {
            "community_id": [f"C{n:02d}" for n in range(12)],
            "name": names,
            "name_latin": [HOSTILE, CLOSING, None, *(f"Estate {n}" for n in range(4, 13))],
            "households": [200.0, None, *(150.0 + 10 * n for n in range(10))],
        },
        geometry=[square(600 * i, 600 * j, 300) for i, j in cells],
        crs=CRS,
    )


def kindergartens() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "kindergarten_id": ["K1", "K2", "K3", "K4"],
            "name": ["第一幼儿园", "向阳幼儿园", None, "无类型园"],
            "name_latin": ["First", "Sunny", None, "Kindless"],
            "kind": ["public", "inclusive", "private", None],
            "places": [200.0, 90.0, 60.0, 30.0],
            "enrolled": [180.0, None, 50.0, None],
        },
        geometry=[at(450, 150), at(1050, 750), at(450, 1350), at(1050, 1450)],
        crs=CRS,
    )


def units() -> gpd.GeoDataFrame:
    halves = [
        box(WEST - 200, SOUTH + low, WEST + 2300, SOUTH + high)
        for low, high in ((-200, 1000), (1000, 1900))
    ]
    names = {"name": ["城南街道", "城北街道"], "name_latin": ["South", "North"]}
    return gpd.GeoDataFrame({"unit_id": ["U1", "U2"], **names}, geometry=halves, crs=CRS)


def candidates() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "site_id": ["S1", "S2", "S3"],
            "name": ["东区地块", "旧校舍", "气站旁地块"],
            "name_latin": ["East plot", "Old school", "By the gas station"],
            "source": ["parcel", "idle_building", "parcel"],
            "cost_wan": [1500.0, np.nan, 900.0],
            "max_classes": [12.0, 9.0, 12.0],
        },
        geometry=[at(1700, 150), at(1700, 1350), at(2200, 800)],
        crs=CRS,
    )


def hazards() -> gpd.GeoDataFrame:
    table = {"hazard": ["gas_station"], "name": ["加油站"], "keep_away_m": [100.0]}
    return gpd.GeoDataFrame(table, geometry=[at(2210, 810)], crs=CRS)


def streets() -> gpd.GeoDataFrame:
    lines = [
        LineString([(WEST, SOUTH + 450), (WEST + 2100, SOUTH + 450)]),
        LineString([(WEST + 1500, SOUTH - 100), (WEST + 1500, SOUTH + 300)]),
    ]
    return gpd.GeoDataFrame({"barrier": [None, "river"]}, geometry=lines, crs=CRS)


def villages() -> gpd.GeoDataFrame:
    table = {"village_id": ["V1"], "name": ["河西村"], "residents": [820.0]}
    return gpd.GeoDataFrame(table, geometry=[at(-100, 1700)], crs=CRS)


def population() -> Population:
    step = 0.000833333
    grid = Grid((26, 32), Affine(step, 0, LON - 0.002, 0, -step, LAT + 0.0185), "EPSG:4326")
    people = np.add.outer(np.linspace(0.2, 3.0, 26), np.linspace(0.2, 3.0, 32))
    people[:, 30:] = 0.0
    return Population(grid, {"children": people}, "children.tif")


def settings(language: str = "zh", name: str = "示例区") -> Settings:
    plan = PlanSettings(name=name, year=2025, language=language, source_note="示例数据")
    return Settings(plan=plan, travel=TravelSettings(limit_m=600.0), siting=SitingSettings(new=1))


def small_study(**changes: Any) -> Study:
    layers = {
        "kindergartens": kindergartens(),
        "communities": communities(),
        "units": units(),
        "candidates": candidates(),
        "hazards": hazards(),
        "streets": streets(),
        "villages": villages(),
        "population": population(),
        "settings": settings(),
    }
    return Study(**{**layers, **changes})


def assessed(study: Study) -> Balance:
    demand = estimate_demand(study)
    return assess_balance(study, demand, measure_travel(study, demand))


def small_results(**changes: Any) -> Results:
    study = small_study(**changes)
    balance = assessed(study)
    return study, balance, propose_sites(study, balance, new=1, time_limit_s=5)


@pytest.fixture(scope="module")
def results() -> Results:
    return small_results()


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return rendered(plan_map(*results))


def rendered(map_: PlanMap) -> str:
    return str(map_.get_root().render())


class Reader(HTMLParser):
    """Collects what a browser would see of a page: elements, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")

        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[self.inside][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def policy(self) -> str:
        found = [m["content"] for m in self.all("meta") if m.get("http-equiv")]
        assert len(found) == 1
        return found[0] or ""


def content(page: str) -> dict[str, Any]:
    data = re.search(r'id="kg-payload">([^<]*)<', page)
    assert data is not None
    return dict(json.loads(zlib.decompress(base64.b64decode(data[1]), -15).decode("utf-8")))


def layer(page: str, key: str) -> dict[str, Any]:
    return next(one for one in content(page)["layers"] if one["key"] == key)


def field(drawn: dict[str, Any], label: str) -> dict[str, Any]:
    return next(one for one in drawn["fields"] if one["label"] == label)


def unpacked(packed: dict[str, Any]) -> np.ndarray:
    return np.cumsum(np.column_stack([packed["x"], packed["y"]]), axis=0) / packed["scale"]


def polygons_of(packed: dict[str, Any]) -> list[MultiPolygon]:
    points = iter(unpacked(packed).tolist())
    sizes, rings = iter(packed["points"]), iter(packed["rings"])

    def polygon() -> Polygon:
        shells = [[next(points) for _ in range(next(sizes))] for _ in range(next(rings))]
        return Polygon(shells[0], shells[1:])

    return [MultiPolygon([polygon() for _ in range(n)]) for n in packed["polygons"]]


# The payload


def test_polygons_come_back_as_they_went_in() -> None:
    ring = Polygon(square(0, 0, 300).exterior, [square(100, 100, 50).exterior])
    shapes = gpd.GeoSeries(
        [ring, MultiPolygon([ring, square(500, 0, 10)]), square(9, 9, 0.01)], crs=CRS
    )
    packed, tolerance = packing.pack_areas(shapes)
    assert tolerance == 0
    back = polygons_of(packed)
    for given, got in zip(shapes.to_crs(4326), back, strict=True):
        assert len(got.geoms) == len(getattr(given, "geoms", [given]))
        assert got.hausdorff_distance(given) < 1e-6
    assert [len(g.interiors) for g in back[0].geoms] == [1]


def test_lines_and_points_come_back_as_they_went_in(results: Results, page: str) -> None:
    study, balance, _ = results
    street = layer(page, "streets")["shapes"]
    expected = study.streets.geometry.to_crs(4326).iloc[:1].get_coordinates().to_numpy()
    np.testing.assert_allclose(unpacked(street), expected, atol=6e-7)
    assert (street["points"], street["parts"]) == ([2], [1])
    gardens = layer(page, "kindergartens")["shapes"]
    expected = balance.kindergartens.geometry.to_crs(4326).get_coordinates().to_numpy()
    np.testing.assert_allclose(unpacked(gardens), expected, atol=6e-7)


def test_many_vertices_are_simplified_but_no_polygon_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packing, "MOST_VERTICES", 200)
    shapes = gpd.GeoSeries([at(500 * i, 0).buffer(10.0**i) for i in range(-1, 3)], crs=CRS)
    packed, tolerance = packing.pack_areas(shapes)
    assert tolerance in packing.TOLERANCES_M[1:]
    assert packed["polygons"] == [1, 1, 1, 1]
    assert min(packed["points"]) >= 3
    gone = [
        a.symmetric_difference(b).area
        for a, b in zip(shapes, packing.simplified(shapes)[0], strict=True)
    ]
    assert max(gone) <= tolerance * max(shapes.length)


def test_the_note_states_the_tolerance(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "容差" not in content(rendered(plan_map(*results)))["note"]
    monkeypatch.setattr(packing, "MOST_VERTICES", 10)
    assert "图形简化容差 10 m" in content(rendered(plan_map(*results)))["note"]


def test_numbers_round_half_away_from_zero_and_missing_ones_are_null() -> None:
    assert packing.pack_numbers([0.5, -0.5, -1.5, np.nan, np.inf], 0) == [1, -1, -2, None, None]
    assert packing.pack_numbers([0.8755, np.nan], 3) == [0.876, None]


def test_popup_numbers_are_those_of_the_balance(results: Results, page: str) -> None:
    _, balance, plan = results
    drawn = layer(page, "communities")
    for column, label in (("unserved", "未获学位(人)"), ("gap", "学位缺口(+缺 −余)")):
        row = next(
            f for f in drawn["fields"] if f["label"].replace("（", "(").replace("）", ")") == label
        )
        assert row["values"] == packing.pack_numbers(balance.communities[column], 0)
        assert row["after"] == packing.pack_numbers(plan.after.communities[column], 0)
    households = drawn["fields"][1]["values"]
    assert households[:2] == [200, None]


def test_figures_are_the_totals(results: Results, page: str) -> None:
    _, balance, plan = results
    shown = [(f["value"], f.get("after", f["value"])) for f in content(page)["figures"]]
    keys = ("children", "places", "served", "unserved", "unreached", "vacant")
    expected = [
        tuple(packing.pack_numbers([balance.totals[k], plan.after.totals[k]], 0)) for k in keys
    ]
    assert shown == expected


def test_classes_follow_the_rule() -> None:
    unserved = np.array([0.0, 0.49, 0.6, 10.0, 10.1, 30.1, 100.1, 20.0, 0.4])
    unreached = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0, 0.4])
    children = np.array([9.0, 9.0, 9.0, 20.0, 50.0, 50.0, 200.0, 30.0, 0.4])
    expected = [0, 0, 1, 1, 2, 3, 4, 5, 0]
    assert symbols.gap_classes(unserved, unreached, children).tolist() == expected


def test_kinds_keep_colour_and_shape_in_map_and_report(page: str) -> None:
    drawn = {(s["label"], s["fill"], s["shape"]) for s in layer(page, "kindergartens")["styles"]}
    assert drawn == {
        ("公办", "#d7301f", "circle"),
        ("普惠性民办", "#fc8d59", "square"),
        ("非普惠性民办", "#737373", "triangle"),
        ("类型不详", "#3b3b3b", "diamond"),
    }
    assert palette.KIND_STYLES["public"] == ("#d7301f", "o")
    assert set(palette.ACTION_STYLES) == set(symbols.ACTION_SYMBOLS)


def test_the_legend_holds_only_kinds_that_exist(results: Results) -> None:
    gardens = kindergartens().assign(kind="public")
    study = small_study(kindergartens=gardens)
    drawn = layer(rendered(plan_map(study, assessed(study))), "kindergartens")
    assert [s["label"] for s in drawn["styles"]] == ["公办"]


def test_a_kindergarten_that_does_not_count_looks_different() -> None:
    study = small_study(kindergartens=kindergartens().assign(licensed=[True, True, True, False]))
    drawn = layer(rendered(plan_map(study, assessed(study))), "kindergartens")
    assert [s["label"] for s in drawn["styles"]][-1] == "未计入供给"
    assert drawn["of"] == [0, 1, 2, 3]
    assert "否（无证）" in [v for f in drawn["fields"] for v in f["values"]]


def test_a_hazard_that_is_a_line_is_drawn_as_a_line() -> None:
    wire = LineString([(WEST, SOUTH), (WEST + 900, SOUTH + 900)])
    table = {"hazard": ["high_voltage_line"], "name": [None], "keep_away_m": [30.0]}
    study = small_study(hazards=gpd.GeoDataFrame(table, geometry=[wire], crs=CRS))
    page = rendered(plan_map(study, assessed(study)))
    drawn = layer(page, "hazard_lines")
    assert (drawn["form"], drawn["titles"]) == ("lines", ["高压线"])
    assert "hazards" not in keys_of(page)
    assert "keep_away" in keys_of(page)


def test_every_layer_stands_in_the_legend_once(page: str) -> None:
    given = content(page)
    assert sorted(given["legend"]) == sorted(one["key"] for one in given["layers"])
    assert len(set(given["legend"])) == 16


# The page


def test_the_page_loads_nothing_from_elsewhere(page: str) -> None:
    reader = Reader(page)
    for _, attributes in reader.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            assert (attributes.get(name) or "data:").startswith("data:")
    for style in reader.texts["style"]:
        targets = re.findall(r"url\(\s*[\"']?([^)\"']*)", style)
        assert all(t.startswith("data:image/") for t in targets)
        assert "@import" not in style
    assert "sourceMappingURL" not in page
    scripts = "".join(reader.texts["script"])
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|importScripts|WebSocket)\s*\(\s*[\"']http", scripts
    )


def test_the_policy_names_the_hash_of_each_script(page: str) -> None:
    reader = Reader(page)
    hashes = set(re.findall(r"'sha256-([^']+)'", reader.policy()))
    inline = [
        text
        for attributes, text in zip(reader.all("script"), reader.texts["script"], strict=True)
        if "type" not in attributes
    ]
    expected = {base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in inline}
    assert hashes == expected
    assert len(inline) >= 9
    directives = dict(d.strip().split(" ", 1) for d in reader.policy().split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["img-src"] == "data: blob:"
    assert "unsafe" not in directives["script-src"]


def test_names_never_become_markup(results: Results) -> None:
    study, balance, plan = results
    hostile = small_study(settings=settings(name=CLOSING + HOSTILE))
    for map_ in (plan_map(study, balance, plan), plan_map(hostile, balance, plan)):
        page = rendered(map_)
        assert HOSTILE not in page
        assert page.count("</script>") == len(Reader(page).all("script"))
        assert {tag for tag, _ in Reader(page).elements} >= {"html", "head", "body", "script"}
        assert not Reader(page).all("img")
    assert HOSTILE in content(page)["title"]
    assert layer(page, "communities")["titles"][:3] == [HOSTILE, CLOSING, "C02"]


def test_our_scripts_write_texts_as_text_only() -> None:
    for script in (files("kgspatial.maps") / "assets").iterdir():
        text = script.read_text(encoding="utf-8")
        allowed = 1 if script.name == "start.js" else 0
        assert text.count("innerHTML") == allowed, script.name
        assert not re.search(r"insertAdjacentHTML|document\.write|outerHTML|\beval\(|https?:", text)


def test_the_same_results_give_the_same_bytes(results: Results) -> None:
    def saved() -> bytes:
        map_ = plan_map(*results)
        folium.Marker([LAT, LON], tooltip="here").add_to(map_)
        target = io.BytesIO()
        map_.save(target, close_file=False)
        return target.getvalue()

    first = saved()
    assert first == saved()
    assert not re.search(rb"_[0-9a-f]{32}", first)
    map_ = plan_map(*results)
    assert rendered(map_) == rendered(map_)


def test_the_language_is_that_of_the_plan_or_the_one_asked_for(results: Results) -> None:
    study, balance, plan = results
    chinese, english = (rendered(plan_map(study, balance, plan, language=c)) for c in ("zh", "en"))
    assert rendered(plan_map(study, balance, plan)) == chinese
    assert Reader(chinese).all("html") == [{"lang": "zh-CN"}]
    assert Reader(english).all("html") == [{"lang": "en"}]
    assert Reader(chinese).texts["title"] == ["示例区幼儿园学位供需地图（2025年）"]
    assert Reader(english).texts["title"] == ["示例区 Kindergarten places: supply and demand, 2025"]
    assert layer(english, "communities")["titles"][3] == "Estate 4"
    assert field(layer(english, "communities"), "Unit")["values"][0] == "South"
    assert "Within 600 m" in field(layer(english, "sites"), "Reason")["values"][0]


def test_the_note_says_source_limit_and_crs(page: str) -> None:
    note = content(page)["note"]
    assert "数据来源：示例数据" in note
    assert "600 m" in note
    assert "CGCS2000 / 3-degree Gauss-Kruger CM 117E" in note


def test_missing_values_never_show_as_nan(results: Results, page: str) -> None:
    text = json.dumps(content(page), ensure_ascii=False)
    assert not re.search(r'"(nan|None|NaN|NaT|<NA>)"|\bNaN\b|Infinity', text)
    gardens = layer(page, "kindergartens")
    assert gardens["titles"] == ["第一幼儿园", "向阳幼儿园", "K3", "无类型园"]
    enrolled = next(f for f in gardens["fields"] if f["values"][0] == 180)
    assert enrolled["values"] == [180, None, 50, None]


# What may be absent


def keys_of(page: str) -> set[str]:
    return {one["key"] for one in content(page)["layers"]}


def test_a_study_without_communities(results: Results) -> None:
    study = small_study(communities=None)
    page = rendered(plan_map(study, assessed(study)))
    assert "communities" not in keys_of(page)
    assert {"cells", "units", "kindergartens"} <= keys_of(page)
    assert not content(page)["has_after"]


def test_a_study_without_units_population_and_ground() -> None:
    counted = communities().assign(children=20.0)
    study = Study(kindergartens=kindergartens(), communities=counted)
    page = rendered(plan_map(study, assessed(study)))
    assert keys_of(page) == {"communities", "outline", "kindergartens", "catchments"}
    assert content(page)["title"] == "幼儿园学位供需地图"


def test_only_units_and_kindergartens() -> None:
    study = Study(kindergartens=kindergartens(), units=units().assign(children=[300.0, 200.0]))
    page = rendered(plan_map(study, assessed(study)))
    assert keys_of(page) == {"points", "units", "outline", "kindergartens", "catchments"}
    drawn = layer(page, "points")
    assert drawn["titles"] == ["城南街道", "城北街道"]
    assert field(drawn, "3–5岁幼儿（人）")["values"] == [300, 200]


def test_a_plan_without_sites_has_no_state_after(results: Results) -> None:
    study, balance, _ = results
    page = rendered(plan_map(study, balance, propose_sites(study, balance, new=0)))
    assert not content(page)["has_after"]
    assert "sites" not in keys_of(page)
    assert "candidates" in keys_of(page)


def test_what_lies_in_no_unit_is_named_but_not_drawn() -> None:
    half = units().iloc[:1]
    study = small_study(units=half)
    page = rendered(plan_map(study, assessed(study)))
    assert layer(page, "units")["titles"] == ["城南街道"]
    assert "街镇范围外" in layer(page, "communities")["fields"][0]["values"]


def test_a_grid_of_residents_beside_counts_of_children_is_not_drawn() -> None:
    grid = Population(population().grid, {"residents": population().bands["children"]})
    study = small_study(communities=communities().assign(children=20.0), population=grid)
    assert not {"demand", "cells"} & keys_of(rendered(plan_map(study, assessed(study))))


def by_households(**changes: Any) -> Study:
    """Children by the people of communities and of one far village; the grid tells nothing."""
    far = {"village_id": ["V1"], "name": ["河西村"], "name_latin": ["Hexi"], "residents": [820.0]}
    sized = communities().assign(residents=400.0)
    village = gpd.GeoDataFrame(far, geometry=[at(1700, 300)], crs=CRS)
    chosen = replace(settings(), demand=DemandSettings(method="households"))
    return small_study(**{"communities": sized, "villages": village, "settings": chosen, **changes})


def test_the_grid_is_drawn_only_when_the_demand_is_the_grids(page: str) -> None:
    assert "demand" in keys_of(page)
    study = by_households()
    assert study.population is not None
    assert "demand" not in keys_of(rendered(plan_map(study, assessed(study))))


def test_the_grid_is_not_drawn_when_totals_of_units_changed_it() -> None:
    chosen = replace(settings(), demand=DemandSettings(method="grid", control=True))
    study = small_study(units=units().assign(children=[300.0, 200.0]), settings=chosen)
    assert "demand" not in keys_of(rendered(plan_map(study, assessed(study))))


def test_children_of_a_village_are_drawn_where_it_lies() -> None:
    study = by_households()
    balance = assessed(study)
    sites = propose_sites(study, balance, new=1, time_limit_s=5)
    village = (balance.demand["source"] == "village").to_numpy()
    before, after = (b.demand[village].iloc[0] for b in (balance, sites.after))
    assert before["unserved"] > after["unserved"]

    page = rendered(plan_map(study, balance, sites))
    drawn = layer(page, "points")
    assert drawn["titles"] == ["河西村"]
    assert drawn["subtitles"] == ["行政村　V1"]
    assert (drawn["of"], drawn["of_after"]) == tuple(
        [int(symbols.gap_classes(*(np.array([row[c]]) for c in GAP_COLUMNS))[0])]
        for row in (before, after)
    )
    assert field(drawn, "所在街镇")["values"] == ["城南街道"]
    unserved = field(drawn, "未获学位（人）")
    assert unserved["values"] == [pytest.approx(before["unserved"], abs=0.5)]
    assert unserved["after"] == [pytest.approx(after["unserved"], abs=0.5)]
    assert layer(rendered(plan_map(study, balance, language="en")), "points")["titles"] == ["Hexi"]


def test_no_points_are_drawn_where_every_child_has_a_polygon_or_a_cell(page: str) -> None:
    assert "points" not in keys_of(page)


# Ways of walking


def street_grid() -> gpd.GeoDataFrame:
    """Streets 300 m apart both ways, and a river that no street crosses."""
    ways = [LineString([at(-300, y), at(2400, y)]) for y in range(-150, 1800, 300)]
    ways += [LineString([at(x, -150), at(x, 1650)]) for x in range(-300, 2400, 300)]
    river = LineString([at(-350, -200), at(-350, 1800)])
    return gpd.GeoDataFrame(
        {"barrier": [*([None] * len(ways)), "river"]}, geometry=[*ways, river], crs=CRS
    )


def walking(method: str, **changes: Any) -> Study:
    chosen = replace(settings(), travel=TravelSettings(limit_m=600.0, method=method))
    return small_study(streets=street_grid(), settings=chosen, **changes)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_map_of_walks_along_streets_tells_of_no_straight_lines(language: str) -> None:
    study = walking("street")
    balance = assessed(study)
    sites = propose_sites(study, balance, new=1, time_limit_s=5)
    page = rendered(plan_map(study, balance, sites, language=language))
    told = json.dumps(content(page), ensure_ascii=False).lower()
    assert not [w for w in ("绕行", "detour", "半径", "radius ", "直线", "straight") if w in told]
    names = {
        "zh": ("沿道路步行 600 m 范围", "规划园沿道路步行 600 m 范围"),
        "en": ("Catchments (600 m along streets)", "Proposed catchments (600 m along streets)"),
    }
    keys = ("catchments", "site_catchments")
    assert tuple(layer(page, key)["label"] for key in keys) == names[language]
    assert {"zh": "沿道路量算", "en": "along streets"}[language] in content(page)["note"]


def test_barriers_are_not_drawn_as_streets() -> None:
    study = walking("street")
    page = rendered(plan_map(study, assessed(study)))
    assert len(layer(page, "streets")["of"]) == len(study.streets) - 1
    assert len(layer(page, "barriers")["of"]) == 1


def test_a_map_by_a_given_matrix_says_so() -> None:
    near = measure_travel(small_study(), estimate_demand(small_study())).csr.tocoo()
    plain = small_study()
    starts = estimate_demand(plain).points["demand_id"].to_numpy()
    ends = plain.kindergartens["kindergarten_id"].to_numpy()
    walks = {"origin_id": starts[near.row], "destination_id": ends[near.col], "metres": near.data}
    study = walking("given", travel=pd.DataFrame(walks))
    page = rendered(plan_map(study, assessed(study)))
    assert "按自备步行距离表" in content(page)["note"]
    assert layer(page, "catchments")["label"] == "步行 600 m 可达外包线"
    assert "绕行" not in json.dumps(content(page), ensure_ascii=False)


def test_a_straight_map_names_its_radius_and_detour(results: Results, page: str) -> None:
    assert layer(page, "catchments")["label"] == "服务范围（半径600 m）"
    assert "绕行系数1" in content(page)["note"]


def test_lines_of_catchments_leave_out_the_middles_of_blocks_alone() -> None:
    small, large = square(100, 100, 100), square(400, 400, 300)
    whole = square(0, 0, 1000)
    holed = Polygon(whole.exterior, [small.exterior, large.exterior])
    drawn = reach_lines(gpd.GeoDataFrame(geometry=[holed, whole, Polygon()], crs=CRS))
    assert drawn.iloc[0].length == pytest.approx(4000 + 1200)
    assert drawn.iloc[1].equals_exact(whole.boundary)
    assert drawn.iloc[2].is_empty


# Folium's children


def test_children_that_need_only_leaflet_are_welcome(results: Results) -> None:
    map_ = plan_map(*results)
    assert isinstance(map_, folium.Map)
    folium.Marker([LAT, LON], popup="<b>here</b>", tooltip="there").add_to(map_)
    shape = results[1].units[["geometry"]].to_crs(4326).assign(site="https://a.example/?b=1")
    folium.GeoJson(shape.to_json(), tooltip=folium.GeoJsonTooltip(["site"])).add_to(map_)
    folium.Marker([LAT, LON], icon=folium.DivIcon("x")).add_to(map_)
    page = rendered(map_)
    assert "L.marker(" in page
    assert "L.geoJson(" in page


CORNERS = [[LAT, LON], [LAT + 0.01, LON + 0.01]]


@pytest.mark.parametrize(
    ("child", "named"),
    [
        (lambda: folium.TileLayer("OpenStreetMap"), "openstreetmap.org"),
        (lambda: MarkerCluster([[LAT, LON]]), "leaflet.markercluster.js"),
        (lambda: folium.Marker([LAT, LON], icon=folium.Icon(color="red")), "awesome-markers"),
        (lambda: ImageOverlay("https://a.example/a.png", CORNERS), "a.example/a.png"),
        (lambda: Element("<img src='https://a.example/b.png'>"), "a.example/b.png"),
        (lambda: Element("<style>@import 'https://a.example/b.css';</style>"), "a.example/b.css"),
        (lambda: Element("<script src='plugin.js'></script>"), "plugin.js"),
        (lambda: Element("<script>$.ajax('/c.json')</script>"), "jQuery"),
    ],
)
def test_children_that_need_more_are_refused_by_name(
    results: Results, tmp_path: Path, child: Callable[[], Element], named: str
) -> None:
    map_, added = plan_map(*results), child()
    (map_.get_root().html if type(added) is Element else map_).add_child(added)
    with pytest.raises(KgspatialError, match="stand alone") as raised:
        map_.save(tmp_path / "map.html")
    assert named in str(raised.value)
    assert not (tmp_path / "map.html").exists()


def test_a_child_that_is_taken_away_leaves_nothing(results: Results, page: str) -> None:
    map_ = plan_map(*results)
    marker = folium.Marker([LAT, LON]).add_to(map_)
    assert rendered(map_) != page
    map_._children.pop(marker.get_name())
    assert rendered(map_) == page


def test_a_notebook_shows_the_same_page(results: Results, page: str, tmp_path: Path) -> None:
    map_ = plan_map(*results)
    assert "srcdoc=" in map_._repr_html_()
    write_standalone(map_, tmp_path / "map.html")
    assert (tmp_path / "map.html").read_bytes() == page.encode()


# The grid as an image


def pixels_of(png: bytes) -> tuple[np.ndarray, bytes]:
    """Classes and palette of an indexed PNG, read by another library."""
    image = Image.open(io.BytesIO(png))
    assert image.mode == "P"
    palette = image.getpalette()
    assert palette is not None
    return np.asarray(image), bytes(palette)


def test_a_png_holds_its_classes() -> None:
    classes = np.array([[0, 1], [2, 1]], dtype=np.uint8)
    pixels, colours = pixels_of(palette_png(classes, ["#010203", "#0a0b0c"]))
    np.testing.assert_array_equal(pixels, classes)
    assert colours[:9] == bytes([0, 0, 0, 1, 2, 3, 10, 11, 12])


@pytest.mark.parametrize("count", [1, 15, 16, 200])
def test_a_png_of_any_number_of_classes_and_columns_is_read_as_it_was_written(count: int) -> None:
    classes = np.arange(7 * 5, dtype=np.uint8).reshape(7, 5) % (count + 1)
    pixels, _ = pixels_of(palette_png(classes, ["#010203"] * count))
    np.testing.assert_array_equal(pixels, classes)


def test_the_grid_lies_where_its_cells_lie(page: str) -> None:
    """The class under each cell's centre in the image is the class of the cell's density."""
    drawn = layer(page, "demand")["shapes"]
    pixels, _ = pixels_of(base64.b64decode(drawn["url"].split(",")[1]))
    grid, children = population().grid, population().bands["children"]
    (south, west), (north, east) = drawn["bounds"]
    lon, lat = grid.centres(np.arange(grid.size))
    up = [np.arctanh(np.sin(np.radians(v))) for v in (lat, south, north)]
    column = ((lon - west) / (east - west) * pixels.shape[1]).astype(int)
    row = ((up[2] - up[0]) / (up[2] - up[1]) * pixels.shape[0]).astype(int)
    inside = column < pixels.shape[1]
    assert inside.sum() >= (children > 0).sum()
    seen = pixels[row[inside], column[inside]]
    density = children.ravel()[inside]
    assert ((seen == 0) == (density == 0)).all()
    order = np.argsort(density, kind="stable")
    assert (np.diff(seen[order].astype(int)) >= 0).mean() > 0.97
    assert set(seen) == {0, 1, 2, 3, 4, 5} - ({0} if (density > 0).all() else set())


def test_cells_have_the_area_of_the_ellipsoid() -> None:
    grid = population().grid
    t = grid.transform
    corners = [(t.c, t.f), (t.c, t.f + t.e), (t.c + t.a, t.f + t.e), (t.c + t.a, t.f)]
    area, _ = Geod(ellps="GRS80").polygon_area_perimeter(*zip(*corners, strict=True))
    assert cell_hectares(grid)[0, 0] == pytest.approx(abs(area) / 1e4, rel=0.005)
    metric = Grid((2, 2), Affine(50, 0, WEST, 0, -50, SOUTH), CRS)
    assert cell_hectares(metric).tolist() == [[0.25], [0.25]]


def test_after_the_plan_fewer_cells_are_out_of_reach(page: str) -> None:
    drawn = layer(page, "cells")["shapes"]
    alone = []
    for url in (drawn["url"], drawn["url_after"]):
        pixels, _ = pixels_of(base64.b64decode(url.split(",")[1]))
        alone.append((pixels == len(symbols.CELL_COLOURS)).mean())
    assert alone[1] < alone[0]

"""Base maps: which are known, what they ask for, and what is said when they cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folium
import pytest
from branca.element import Element
from folium.plugins import MarkerCluster
from PIL import Image
from test_maps import LAT, LON, Reader, Results, content, rendered, small_results

from kgspatial.errors import InputError, KgspatialError, KgspatialWarning
from kgspatial.maps import BaseMap, plan_map
from kgspatial.maps.tiles import KEY_VARIABLE, embedded_tiles, tile_address, tile_at

INTRANET = "http://10.20.30.40:8080/tiles/{z}/{x}/{y}.png"
BOUNDS = [[24.49, 117.69], [24.52, 117.73]]


@pytest.fixture(scope="module")
def results() -> Results:
    return small_results()


def directives(page: str) -> dict[str, str]:
    return dict(d.strip().split(" ", 1) for d in Reader(page).policy().split(";"))


def tile(folder: Path, zoom: int, x: int, y: int, name: str = "{}.png") -> Path:
    path = folder / str(zoom) / str(x) / name.format(y)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), "#336699").save(path)
    return path


def test_without_a_base_map_nothing_may_be_asked_for(results: Results) -> None:
    page = rendered(plan_map(*results))
    assert "base" not in content(page)
    assert directives(page)["img-src"] == "data: blob:"


@pytest.mark.parametrize("base", ["osm", "gaode", INTRANET, BaseMap((INTRANET,))])
def test_a_base_map_from_a_network_must_be_allowed(results: Results, base: Any) -> None:
    with pytest.raises(InputError, match="allow_network=True"):
        plan_map(*results, base=base)


def test_an_allowed_host_may_give_images_and_nothing_else(results: Results) -> None:
    page = rendered(plan_map(*results, base=INTRANET, allow_network=True))
    told = directives(page)
    assert told["img-src"] == "data: blob: http://10.20.30.40:8080"
    assert "http" not in "".join(v for k, v in told.items() if k != "img-src")
    assert content(page)["base"]["addresses"] == [INTRANET]
    assert "底图：10.20.30.40" in content(page)["note"]


def test_subdomains_are_named_one_by_one(results: Results) -> None:
    page = rendered(plan_map(*results, base="gaode", allow_network=True))
    hosts = [f"https://webrd0{n}.is.autonavi.com" for n in range(1, 5)]
    assert directives(page)["img-src"].split()[2:] == hosts
    assert content(page)["base"]["datum"] == "GCJ-02"


def test_a_tianditu_key_comes_from_the_environment_with_a_warning(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(InputError, match=KEY_VARIABLE):
        plan_map(*results, base="tianditu", allow_network=True)
    monkeypatch.setenv(KEY_VARIABLE, "0123456789abcdef0123456789abcdef")
    with pytest.warns(KgspatialWarning, match="can read and use it"):
        page = rendered(plan_map(*results, base="tianditu", allow_network=True))
    addresses = content(page)["base"]["addresses"]
    assert ["LAYER=vec" in addresses[0], "LAYER=cva" in addresses[1]] == [True, True]
    assert all("tk=0123456789abcdef0123456789abcdef" in a for a in addresses)
    monkeypatch.setenv(KEY_VARIABLE, "x; img-src *")
    with pytest.raises(InputError, match="no key"):
        plan_map(*results, base="tianditu", allow_network=True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (INTRANET, INTRANET),
        (
            (
                "https://gis.example/wmts/1.0.0/roads/default/GoogleMapsCompatible"
                "/{TileMatrix}/{TileRow}/{TileCol}.png"
            ),
            "https://gis.example/wmts/1.0.0/roads/default/GoogleMapsCompatible/{z}/{y}/{x}.png",
        ),
        (
            "https://gis.example/wmts?layer=roads&tilematrixset=EPSG:3857",
            (
                "https://gis.example/wmts?layer=roads&tilematrixset=EPSG:3857&service=WMTS"
                "&request=GetTile&version=1.0.0&style=&format=image/png&tilematrix={z}&tilerow={y}"
                "&tilecol={x}"
            ),
        ),
        (
            (
                "https://gis.example/gwc?LAYER=a&TILEMATRIXSET=EPSG:900913&TILEMATRIX=EPSG:900913:{z}"
                "&TILEROW={y}&TILECOL={x}"
            ),
            (
                "https://gis.example/gwc?LAYER=a&TILEMATRIXSET=EPSG:900913&TILEMATRIX=EPSG:900913:{z}"
                "&TILEROW={y}&TILECOL={x}"
            ),
        ),
    ],
)
def test_addresses_of_tiles_and_of_wmts(given: str, expected: str) -> None:
    assert tile_address(given) == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("https://a.example/{z}/{x}.png", "{y}"),
        ("https://a.example/{z}/{x}/{y}/{Style}.png", "{Style}"),
        ("https://a.example/wmts?layer=roads&tilematrixset=EPSG:4326", "Web Mercator"),
        ("https://a.example/wmts", "names no layer"),
        ("ftp://a.example/{z}/{x}/{y}.png", "no address"),
        ("https://a b.example/{z}/{x}/{y}.png", "no address"),
        ("https://a.example/'; script-src *; /{z}/{x}/{y}.png", "no address"),
    ],
)
def test_addresses_that_cannot_be_used_are_told_why(given: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        BaseMap((given,))
    assert said in str(raised.value)


def test_a_name_that_is_nothing_is_refused_with_the_known_ones(results: Results) -> None:
    with pytest.raises(InputError, match="osm, gaode, tianditu"):
        plan_map(*results, base="no such folder")


def test_tiles_of_the_area_are_embedded_and_others_left_out(
    results: Results, tmp_path: Path
) -> None:
    for zoom in (10, 14):
        x, y = tile_at(LON + 0.01, LAT + 0.005, zoom)
        tile(tmp_path, zoom, x, y)
        tile(tmp_path, zoom, x + 40, y)
        tile(tmp_path, zoom, x, y + 40)
    (tmp_path / "readme.txt").write_text("not a tile")
    (tmp_path / "14" / str(x) / "notes.png").write_text("not a tile")
    page = rendered(plan_map(*results, base=tmp_path))
    base = content(page)["base"]
    assert sorted(base["tiles"]) == sorted(
        "/".join(map(str, (z, *tile_at(LON + 0.01, LAT + 0.005, z)))) for z in (10, 14)
    )
    assert (base["min_zoom"], base["max_zoom"]) == (10, 14)
    assert all(t.startswith("data:image/png;base64,") for t in base["tiles"].values())
    assert directives(page)["img-src"] == "data: blob:"


def test_a_folder_without_tiles_of_the_area_is_an_error(tmp_path: Path) -> None:
    tile(tmp_path, 10, 3, 4)
    with pytest.raises(InputError, match="no tile of the folder") as raised:
        embedded_tiles(tmp_path, BOUNDS)
    assert str(tmp_path) in str(raised.value)
    assert "XYZ, not TMS" in str(raised.value)


def test_tiles_that_are_too_large_together_are_an_error(tmp_path: Path) -> None:
    path = tile(tmp_path, 12, *tile_at(117.7, 24.5, 12))
    most = path.stat().st_size
    assert len(embedded_tiles(tmp_path, BOUNDS, most)) == 1
    with pytest.raises(InputError, match="at most"):
        embedded_tiles(tmp_path, BOUNDS, most - 1)


def test_a_base_map_has_addresses_or_a_folder(tmp_path: Path) -> None:
    for wrong in ({}, {"addresses": (INTRANET,), "folder": tmp_path}):
        with pytest.raises(InputError, match="either"):
            BaseMap(**wrong)
    with pytest.raises(InputError, match="BD-09"):
        BaseMap((INTRANET,), datum="BD-09")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="subdomains"):
        BaseMap(("https://{s}.a.example/{z}/{x}/{y}.png",))


def test_children_may_load_files_where_a_network_is_allowed(results: Results) -> None:
    map_ = plan_map(*results, allow_network=True)
    folium.TileLayer("OpenStreetMap").add_to(map_)
    MarkerCluster([[LAT, LON]]).add_to(map_)
    told = directives(rendered(map_))
    assert "https://tile.openstreetmap.org" in told["img-src"]
    assert "https://cdnjs.cloudflare.com" in told["script-src"]
    assert "'unsafe-inline'" not in told["script-src"]


def test_a_library_that_the_page_lacks_is_refused_even_with_a_network(results: Results) -> None:
    map_ = plan_map(*results, allow_network=True)
    map_.get_root().html.add_child(Element("<script>jQuery('p')</script>"))
    with pytest.raises(KgspatialError, match="jQuery"):
        rendered(map_)

"""GeoJSON: marks, systems, damaged and mixed shapes; outlines that cross or lie over each other.

Imports from `case`, `geometry`, `town` and `writing`.
"""

from __future__ import annotations

import json
from typing import Any

from corpus.case import LayerCase
from corpus.geometry import (
    ESTATE,
    collection,
    estate_features,
    feature,
    garden_features,
    outline,
    point,
    polygon,
)
from corpus.town import ESTATES, GARDENS, bd09, gcj02, projected
from corpus.writing import numbered, text

SIX, FIVE = numbered(1), numbered(1, ESTATES)
PLAIN = ("name", "classes", "places", "enrolled")
GARDENS_READ: dict[str, Any] = {"rows": SIX, "same": PLAIN, "rows_in": 6}
ESTATES_READ: dict[str, Any] = {
    "layer": "communities",
    "rows": FIVE,
    "same": ESTATE,
    "rows_in": 5,
}

GARDENS_IN_METRES = [
    feature(
        {"type": "Point", "coordinates": list(projected(g.lon, g.lat))},
        园所名称=g.name,
        班数=g.classes,
        学位数=g.places,
        在园人数=g.enrolled,
    )
    for g in GARDENS.values()
]
OLD_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
OLD_DEGREES = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


def _moved(shift: Any) -> list[dict[str, Any]]:
    """Estates as a web map shows them."""
    features = estate_features()
    for held, estate in zip(features, ESTATES.values(), strict=True):
        held["geometry"] = polygon([shift(x, y) for x, y in estate.ring])
    return features


def _square(west: float, south: float, side: float = 0.002) -> list[tuple[float, float]]:
    e, n = west + side, south + side
    return [(west, south), (e, south), (e, n), (west, n), (west, south)]


SPIKED = [
    *((114.06, 27.35), (114.062, 27.35), (114.062, 27.352), (114.0611, 27.352)),
    *((114.0611, 27.3522), (114.06114, 27.35198), (114.06106, 27.352), (114.06, 27.352)),
    (114.06, 27.35),
]
"""A square of some 200 m with a spike at its top that crosses itself."""

BOW_TIE = [(114.07, 27.35), (114.072, 27.352), (114.072, 27.35), (114.07, 27.351), (114.07, 27.35)]

SYSTEMS = (
    LayerCase(
        name="geojson_mark",
        about="A byte order mark before the first bracket",
        file="geojson_bom.geojson",
        make=text(collection(garden_features()), mark=b"\xef\xbb\xbf"),
        **GARDENS_READ,
    ),
    LayerCase(
        name="geojson_silent",
        about="No system in the file: GeoJSON is in WGS 84, which is said by its standard",
        file="geojson_estates.geojson",
        make=text(collection(estate_features())),
        **ESTATES_READ,
    ),
    LayerCase(
        name="geojson_old_crs",
        about="The old member 'crs' with a Gauss-Kruger zone",
        file="geojson_old_crs.geojson",
        make=text(collection(GARDENS_IN_METRES, crs=OLD_CRS)),
        **GARDENS_READ,
    ),
    LayerCase(
        name="geojson_metres_without_crs",
        about="Metres, and no word about the system: as WGS 84 they lie nowhere on the earth",
        file="geojson_metres.geojson",
        make=text(collection(GARDENS_IN_METRES)),
        refused=("are metres, but", "EPSG:4534"),
    ),
    LayerCase(
        name="geojson_metres_declared",
        about="The same file with its system in the plan file",
        file="geojson_metres.geojson",
        declared={"crs": "EPSG:4547"},
        **GARDENS_READ,
    ),
    LayerCase(
        name="geojson_degrees_declared_as_metres",
        about="Degrees, but the plan file says a Gauss-Kruger zone",
        file="geojson_estates.geojson",
        layer="communities",
        declared={"crs": "EPSG:4547"},
        refused=("degrees", "EPSG:4547"),
    ),
    LayerCase(
        name="geojson_gcj02",
        about="Outlines drawn on a web map, and a file that says WGS 84 of them; declared GCJ-02",
        file="geojson_gcj02.geojson",
        make=text(collection(_moved(gcj02), crs=OLD_DEGREES)),
        declared={"crs": "gcj02"},
        **ESTATES_READ,
    ),
    LayerCase(
        name="geojson_bd09",
        about="Outlines of the other web map, declared BD-09",
        file="geojson_bd09.geojson",
        make=text(collection(_moved(bd09))),
        declared={"crs": "BD-09"},
        **ESTATES_READ,
    ),
    LayerCase(
        name="geojson_swapped",
        about="Latitude before longitude in all coordinates",
        file="geojson_swapped.geojson",
        make=text(
            collection(
                [
                    feature({"type": "Point", "coordinates": [g.lat, g.lon]}, 名称=g.name, 学位=1)
                    for g in GARDENS.values()
                ]
            )
        ),
        refused=("swapped",),
    ),
    LayerCase(
        name="geojson_gb18030",
        about="A GeoJSON in GB18030, which its standard does not allow",
        file="geojson_gb18030.geojson",
        make=text(collection(garden_features()), "gb18030"),
        declared={"encoding": "GB18030"},
        **GARDENS_READ,
    ),
    LayerCase(
        name="geojson_gb18030_not_declared",
        about="The same file, and the plan file says nothing: detected and said",
        file="geojson_gb18030.geojson",
        notes=(("encoding_detected", None, ""),),
        says=("GB18030",),
        **GARDENS_READ,
    ),
    LayerCase(
        name="json_suffix",
        about="GeoJSON under the name .json, as web services give it",
        file="json_suffix.json",
        make=text(collection(garden_features())),
        **GARDENS_READ,
    ),
)

SHAPES = (
    LayerCase(
        name="geojson_self_crossing",
        about="A spike that crosses itself is cut off and its area said; a bow tie is refused",
        file="geojson_self_crossing.geojson",
        layer="communities",
        make=text(
            collection(
                [
                    feature(polygon(SPIKED), 小区名称="云栖苑", 总户数=1860),
                    feature(polygon(BOW_TIE), 小区名称="澄湖湾", 总户数=1240),
                    *estate_features(("E3",)),
                ]
            )
        ),
        rows={1: "", 3: "E3"},
        same=("name", "households"),
        values={(1, "name"): "云栖苑", (1, "households"): 1860.0},
        rows_in=3,
        problems=(("invalid_geometry", 2, ""),),
        notes=(("invalid_geometry", 1, ""),),
        says=("its area changed by", "would change its area by"),
    ),
    LayerCase(
        name="geojson_no_shape",
        about="Features without geometry, with an empty one and with half of one",
        file="geojson_no_shape.geojson",
        make=text(
            collection(
                [
                    *garden_features(("K1", "K2")),
                    feature(None, 园所名称="澄湖湾幼儿园", 班数=6, 学位数=180, 在园人数=176),
                    feature(
                        {"type": "Point", "coordinates": []}, 园所名称="栖凤里幼儿园", 学位数=180
                    ),
                    feature(
                        {"type": "MultiPoint", "coordinates": []},
                        园所名称="小禾苗幼儿园",
                        学位数=90,
                    ),
                ]
            )
        ),
        rows={1: "K1", 2: "K2"},
        same=PLAIN,
        rows_in=5,
        problems=(
            ("gdal_warning", None, ""),
            ("no_geometry", 3, ""),
            ("no_geometry", 4, ""),
            ("no_geometry", 5, ""),
        ),
    ),
    LayerCase(
        name="geojson_mixed",
        about="Points, outlines and a line in one layer of kindergartens; one point in a list",
        file="geojson_mixed.geojson",
        make=text(
            collection(
                [
                    *garden_features(("K1",)),
                    feature(
                        polygon(
                            _square(GARDENS["K2"].lon - 0.0005, GARDENS["K2"].lat - 0.0005, 0.001)
                        ),
                        园所名称="云栖苑幼儿园",
                        学位数=270,
                    ),
                    feature(
                        {
                            "type": "LineString",
                            "coordinates": [[114.0709, 27.3486], [114.0715, 27.3487]],
                        },
                        园所名称="澄湖湾幼儿园",
                        学位数=180,
                    ),
                    feature(
                        {"type": "MultiPoint", "coordinates": [[114.0554, 27.3433]]},
                        园所名称="栖凤里幼儿园",
                        学位数=180,
                    ),
                    feature(
                        {
                            "type": "GeometryCollection",
                            "geometries": [point("K5")],
                        },
                        园所名称="小禾苗幼儿园",
                        学位数=90,
                    ),
                ]
            )
        ),
        rows={1: "K1", 2: "K2", 4: "K4"},
        same=("name", "places"),
        rows_in=5,
        problems=(("wrong_geometry", 3, ""), ("wrong_geometry", 5, "")),
    ),
    LayerCase(
        name="geojson_heights",
        about="Three numbers for each corner, and a fourth that no one understands",
        file="geojson_heights.geojson",
        layer="communities",
        make=text(
            collection(
                [
                    feature(
                        polygon([(round(x, 6), round(y, 6), 88.0) for x, y in e.ring]),
                        小区名称=e.name,
                        总户数=e.households,
                    )
                    for e in ESTATES.values()
                ]
            )
        ),
        rows=FIVE,
        same=("name", "households"),
        rows_in=5,
    ),
    LayerCase(
        name="geojson_in_parts",
        about="An estate on both sides of a street, as one feature of two parts, and one with a hole",
        file="geojson_in_parts.geojson",
        layer="communities",
        make=text(
            collection(
                [
                    feature(
                        {
                            "type": "MultiPolygon",
                            "coordinates": [
                                [_square(114.050, 27.350)],
                                [_square(114.053, 27.350)],
                            ],
                        },
                        小区名称="两岸苑",
                        总户数="1,500户",
                    ),
                    feature(
                        polygon(_square(114.06, 27.35), _square(114.0605, 27.3505, 0.001)[::-1]),
                        小区名称="环翠里",
                        总户数="900",
                    ),
                ]
            )
        ),
        rows={1: "", 2: ""},
        same=(),
        values={(1, "households"): 1500.0, (2, "households"): 900.0, (2, "name"): "环翠里"},
        rows_in=2,
        notes=(("numbers_converted", 1, "households"),),
    ),
    LayerCase(
        name="geojson_shares",
        about="入住率 as 85%, 0.62, 70 under a header with (%) and 无; one above all",
        file="geojson_shares.geojson",
        layer="communities",
        make=text(
            collection(
                [
                    feature(
                        outline(i), 小区=ESTATES[i].name, 户数=ESTATES[i].households, 入住率=share
                    )
                    for i, share in zip(
                        ESTATES, ("85%", "0.62", "７０％", "无", "170%"), strict=True
                    )
                ]
            )
        ),
        rows=FIVE,
        same=("name", "households"),
        values={
            (1, "occupancy"): 0.85,
            (2, "occupancy"): 0.62,
            (3, "occupancy"): 0.7,
            (4, "occupancy"): None,
            (5, "occupancy"): None,
        },
        rows_in=5,
        problems=(("out_of_range", 5, "occupancy"),),
    ),
    LayerCase(
        name="geojson_nested",
        about="Properties that are lists and objects beside plain ones; different ones per feature",
        file="geojson_nested.geojson",
        make=text(
            collection(
                [
                    feature(point("K1"), 园所名称="霁川区中心幼儿园", 学位数=360, 照片=["a", "b"]),
                    feature(
                        point("K2"), 园所名称="云栖苑幼儿园", 学位数="270人", 联系={"人": "林"}
                    ),
                    feature(point("K3"), 园所名称="澄湖湾幼儿园", 学位数=None),
                ]
            )
        ),
        rows=numbered(1, ("K1", "K2", "K3")),
        values={(1, "places"): 360.0, (2, "places"): 270.0, (3, "places"): None},
        rows_in=3,
        problems=(("missing_value", 3, "places"),),
    ),
)

BROKEN = (
    LayerCase(
        name="geojson_cut_off",
        about="A download that stopped in the middle of a feature",
        file="geojson_cut_off.geojson",
        layer="communities",
        make=text(collection(estate_features())[:700]),
        refused=("cannot be read",),
    ),
    LayerCase(
        name="geojson_without_features",
        about="A query that found nothing",
        file="geojson_without_features.geojson",
        layer="communities",
        make=text(collection([])),
        refused=("is empty",),
    ),
    LayerCase(
        name="geojson_service_error",
        about="The answer of a web service that refused, saved as .geojson",
        file="geojson_service_error.geojson",
        layer="communities",
        make=text(json.dumps({"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"})),
        refused=("cannot be read",),
    ),
)

CASES = (*SYSTEMS, *SHAPES, *BROKEN)

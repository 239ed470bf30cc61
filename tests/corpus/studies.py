"""Layers that contradict each other, read together through a plan file; and plan files themselves.

Imports from `case`, `geometry`, `town` and `writing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.case import CheckCase, Maker, StudyCase
from corpus.geometry import collection, feature, outline, polygon
from corpus.tifs import grid, people, tif
from corpus.town import ESTATES, GARDENS, UNITS, bd09, gcj02
from corpus.writing import cells, raw, register, text

HEAD = "幼儿园名称,办园性质,班级数,学位数,在园人数,经度,纬度"
UNIT_FEATURES = [feature(polygon(u.ring), 街道代码=u.id, 街道名称=u.name) for u in UNITS.values()]
CHILDREN = [
    feature(outline(i), 小区编号=i, 小区名称=e.name, 适龄儿童数=e.children)
    for i, e in ESTATES.items()
]


def _kindergartens(place: Any, changes: Mapping[str, str] | None = None) -> list[str]:
    """A register whose positions a web map gave."""
    lines = []
    for i, g in GARDENS.items():
        lon, lat = place(g.lon, g.lat)
        said = cells(g, ("name", "kind", "classes", "places", "enrolled"))
        lines.append((changes or {}).get(i) or ",".join([*said, f"{lon:.6f}", f"{lat:.6f}"]))
    return [HEAD, *lines]


def _same(lon: float, lat: float) -> tuple[float, float]:
    return lon, lat


def together(plan: str, files: Mapping[str, Maker]) -> Maker:
    """Writes a plan file and what it names, in a folder of their own."""

    def make(path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(plan, encoding="utf-8")
        for name, maker in files.items():
            maker(path.parent / name)

    return make


def plan(**inputs: str) -> str:
    """A plan file of these layers; each value is the rest of the section."""
    sections = [f"[inputs.{layer}]\n{said}\n" for layer, said in inputs.items()]
    return "\n".join(['[plan]\nname = "霁川区"\nyear = 2025\n', *sections])


COMMUNITIES = text(collection(CHILDREN))
BOTH = plan(
    kindergartens='path = "kindergartens.csv"\ncrs = "EPSG:4490"',
    communities='path = "communities.geojson"',
)
ALL = plan(
    kindergartens='path = "kindergartens.csv"\ncrs = "EPSG:4490"',
    communities='path = "communities.geojson"',
    units='path = "units.geojson"',
)


def _study(name: str, about: str, kindergartens: list[str], **more: Any) -> StudyCase:
    files = {"kindergartens.csv": text(kindergartens), "communities.geojson": COMMUNITIES}
    return StudyCase(
        name=name,
        about=about,
        file=f"{name}/plan.toml",
        parts=tuple(f"{name}/{f}" for f in ("plan.toml", *files)),
        make=together(BOTH, files),
        **more,
    )


DOUBTS = {
    "K1": "霁川区中心幼儿园,公办,12,3600,342,114.051200,27.352100",
    "K4": "栖凤里幼儿园,普惠性民办,6,0,173,114.055400,27.343300",
    "K5": "小禾苗幼儿园,非普惠性民办,3,90,264,114.047300,27.346800",
    "K6": "石埠镇中心幼儿园,公办,6,180,97,115.082600,27.338400",
}
TWICE = [
    *register(),
    "云栖苑幼儿园,公办,9,270,251,114.061700,27.353300",
    "云栖苑幼儿园分园,公办,3,90,60,114.070900,27.348600",
]
OVERLAPPING = [
    *CHILDREN,
    feature(
        polygon([(round(x + 0.0012, 6), round(y, 6)) for x, y in ESTATES["E1"].ring]),
        小区编号="E6",
        小区名称="云栖苑二期",
        适龄儿童数=40,
    ),
]
OF_UNITS = [
    feature(outline(i), 小区名称=e.name, 总户数=e.households, 所属街道=unit)
    for (i, e), unit in zip(
        ESTATES.items(), ("U1", "U1", "U1", "霁南街道", "霁北街道"), strict=True
    )
]
HOUSEHOLDS = [
    feature(outline(i), 小区名称=e.name, 总户数=f"{e.households}户") for i, e in ESTATES.items()
]
CLASSES_ONLY = [
    "园所名称,班数,学位数,经度,纬度",
    "霁川区中心幼儿园,12,,114.051200,27.352100",
    "云栖苑幼儿园,,270,114.061500,27.353200",
    "小禾苗幼儿园,3班,无,114.047300,27.346800",
]

STUDIES = (
    _study(
        "study_as_it_should_be",
        "A clean register and clean estates: nothing is suspected",
        register(),
        layer_rows={"kindergartens": 6, "communities": 5},
    ),
    _study(
        "study_gcj02_undeclared",
        "Kindergartens picked on a web map and declared as CGCS2000: 500 m off their estates",
        _kindergartens(gcj02),
        layer_rows={"kindergartens": 6, "communities": 5},
        layer_problems=(("kindergartens", "looks_shifted", None, ""),),
        says=("looks like GCJ-02", 'crs = "GCJ-02"'),
    ),
    _study(
        "study_bd09_undeclared",
        "Kindergartens of the other web map, 1,100 m off their estates",
        _kindergartens(bd09),
        layer_rows={"kindergartens": 6, "communities": 5},
        layer_problems=(("kindergartens", "looks_shifted", None, ""),),
        says=("looks like BD-09", 'crs = "BD-09"'),
    ),
    _study(
        "study_doubtful_numbers",
        "3,600 places, none at all, 264 children on 90 places, and one a degree too far east",
        _kindergartens(_same, DOUBTS),
        layer_rows={"kindergartens": 6, "communities": 5},
        layer_problems=(
            ("kindergartens", "odd_places", 2, "places"),
            ("kindergartens", "odd_places", 5, "places"),
            ("kindergartens", "over_full", 6, "enrolled"),
            ("kindergartens", "outside_area", 7, "kindergarten_id"),
        ),
    ),
    _study(
        "study_entered_twice",
        "One kindergarten of the same name 23 m away, one on the point of another",
        TWICE,
        layer_rows={"kindergartens": 8, "communities": 5},
        layer_problems=(
            ("kindergartens", "same_name", 8, "name"),
            ("kindergartens", "same_point", 9, "kindergarten_id"),
        ),
    ),
    StudyCase(
        name="study_overlapping_estates",
        about="Two estates of which one lies over half of the other",
        file="study_overlapping_estates/plan.toml",
        parts=tuple(
            f"study_overlapping_estates/{f}"
            for f in ("plan.toml", "kindergartens.csv", "communities.geojson")
        ),
        make=together(
            BOTH,
            {
                "kindergartens.csv": text(register()),
                "communities.geojson": text(collection(OVERLAPPING)),
            },
        ),
        layer_rows={"kindergartens": 6, "communities": 6},
        layer_problems=(("communities", "overlap", 6, "community_id"),),
    ),
    StudyCase(
        name="study_units_by_name",
        about="Estates name their street by id, by name, and one that is not there",
        file="study_units_by_name/plan.toml",
        parts=tuple(
            f"study_units_by_name/{f}"
            for f in ("plan.toml", "kindergartens.csv", "communities.geojson", "units.geojson")
        ),
        make=together(
            ALL,
            {
                "kindergartens.csv": text(register()),
                "communities.geojson": text(collection(OF_UNITS)),
                "units.geojson": text(collection(UNIT_FEATURES)),
            },
        ),
        layer_rows={"kindergartens": 6, "communities": 5, "units": 2},
        layer_problems=(("communities", "unknown_unit", 5, "unit_id"),),
    ),
    StudyCase(
        name="study_households_only",
        about="Estates with households only, as lists of housing bureaus are, and a grid",
        file="study_households_only/plan.toml",
        parts=tuple(
            f"study_households_only/{f}"
            for f in ("plan.toml", "kindergartens.csv", "communities.geojson", "children.tif")
        ),
        make=together(
            plan(
                kindergartens='path = "kindergartens.csv"\ncrs = "EPSG:4490"',
                communities='path = "communities.geojson"',
                population='path = "children.tif"\nbands = { children = 1 }',
            ),
            {
                "kindergartens.csv": text(register()),
                "communities.geojson": text(collection(HOUSEHOLDS)),
                "children.tif": tif(grid(people(1.0))),
            },
        ),
        layer_rows={"kindergartens": 6, "communities": 5},
        says=("1860户, read as 1860",),
    ),
    _study(
        "study_places_from_classes",
        "Places missing but classes given: by the norm of 30 a class, flagged as derived",
        CLASSES_ONLY,
        layer_rows={"kindergartens": 3, "communities": 5},
        places={
            "霁川区中心幼儿园": (360.0, True),
            "云栖苑幼儿园": (270.0, False),
            "小禾苗幼儿园": (90.0, True),
        },
    ),
)

FIRST_LINES = '[plan]\nname = "霁川区"\nyear = 2025\n\n[inputs.kindergartens]\n'
GOOD = FIRST_LINES + (
    'path = "csv_plain_utf8.csv"\ncrs = "EPSG:4490"\n\n[inputs.communities]\n'
    'path = "plan_children.geojson"\n'
)


def _plan_case(name: str, about: str, content: str | bytes, *words: str, **more: Any) -> CheckCase:
    make = raw(content) if isinstance(content, bytes) else text(content)
    return CheckCase(name=name, about=about, file=f"{name}.toml", make=make, refused=words, **more)


PLANS = (
    CheckCase(
        name="plan_good",
        about="A plan file with a byte order mark, as Windows editors save it: not one problem",
        file="plan_good.toml",
        parts=("plan_good.toml", "plan_children.geojson"),
        make=together(
            "",
            {
                "plan_good.toml": text(GOOD, mark=b"\xef\xbb\xbf"),
                "plan_children.geojson": COMMUNITIES,
            },
        ),
        status=0,
    ),
    _plan_case(
        "plan_with_warnings",
        "A plan whose register has rows without a position: done, with problems to look at",
        GOOD.replace("csv_plain_utf8.csv", "csv_some_without_position.csv"),
        status=1,
        says=("3", "4", "5"),
    ),
    _plan_case(
        "plan_unknown_key",
        "A key that is misspelt: the nearest known one is named",
        GOOD.replace("crs =", "csr ="),
        *("unknown key 'csr'", "Did you mean 'crs'?"),
    ),
    _plan_case(
        "plan_unknown_layer",
        "A layer that is misspelt",
        GOOD.replace("inputs.kindergartens", "inputs.kindergarten"),
        *("unknown key 'kindergarten'", "Did you mean 'kindergartens'?"),
    ),
    _plan_case(
        "plan_wrong_type",
        "The year as a text",
        GOOD.replace("year = 2025", 'year = "2025"'),
        *("plan.year", "expected a whole number", "'2025'"),
    ),
    _plan_case(
        "plan_gbk",
        "A plan file saved in GBK",
        GOOD.encode("gbk"),
        *("is not UTF-8 text", "Save it as UTF-8"),
    ),
    _plan_case(
        "plan_windows_path",
        "A path with backslashes in double quotation marks, which TOML takes for signs",
        GOOD.replace("csv_plain_utf8.csv", "D:\\规划\\2025\\幼儿园.xlsx"),
        *("not valid TOML",),
    ),
    _plan_case(
        "plan_without_path",
        "A layer that says its system and no path",
        GOOD.replace('path = "csv_plain_utf8.csv"\n', ""),
        *("must say its path", "inputs.kindergartens"),
    ),
    _plan_case(
        "plan_missing_file",
        "A file that is not there",
        GOOD.replace("csv_plain_utf8.csv", "幼儿园一览表.xlsx"),
        *("no such file", "relative to the plan file"),
    ),
    _plan_case(
        "plan_two_layers_wrong",
        "Two layers that cannot be used: both are listed at once",
        GOOD.replace("csv_plain_utf8.csv", "csv_swapped.csv").replace(
            "plan_children.geojson", "geojson_cut_off.geojson"
        ),
        *("swapped in every row", "geojson_cut_off.geojson", "cannot be read"),
    ),
    _plan_case(
        "plan_without_kindergartens",
        "A plan that declares no kindergartens",
        '[plan]\nyear = 2025\n\n[inputs.communities]\npath = "plan_children.geojson"\n',
        *("no kindergartens are declared", "[inputs.kindergartens]"),
    ),
    _plan_case(
        "plan_bands_of_a_table",
        "Bands for a layer that is no raster",
        GOOD.replace('crs = "EPSG:4490"', "bands = { children = 1 }"),
        *("only the population raster has bands",),
    ),
)

CASES = (*STUDIES, *PLANS)

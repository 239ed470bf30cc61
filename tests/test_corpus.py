"""Awkward files as planners have them: each is understood as its case says, or refused in plain words."""

from __future__ import annotations

import math
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from corpus.case import Case, CheckCase, GridCase, LayerCase, StudyCase
from corpus.cases import CASES
from corpus.contents import same_content
from corpus.make_corpus import make_corpus
from corpus.town import STREETS, TOWN, Garden, Site
from pyproj import Transformer

import kgspatial
from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, check_layer, read_layer, read_population
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.inputs.problems import Problem
from kgspatial.layers import LAYERS
from kgspatial.supply import kindergarten_supply

FILES = Path(__file__).parent / "corpus" / "files"
METRES = "EPSG:4547"
NEAR_M = 1.0
NOTED_ROWS = ("title_row", "header_row", "total_row", "note_row", "blank_row")
ROW_CODES = (*NOTED_ROWS, "other_table")

LAYER_CASES = [c for c in CASES if isinstance(c, LayerCase)]
READ_LAYERS = [c for c in LAYER_CASES if not c.refused]


def _id(case: Case) -> str:
    return case.name


# ---------------------------------------------------------------- layers


def read(case: LayerCase) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[Problem]]:
    """The raw layer, the checked one with the user's rows as its index, and all findings."""
    declared = LayerInput(str(FILES / case.file), **case.declared)  # type: ignore[arg-type]
    raw, problems = read_layer(case.layer, declared)
    checked, found = check_layer(raw, LAYERS[case.layer])
    left_out = {p.row for p in found if p.done == "row left out"}
    used = [row for row in raw.index if row not in left_out]
    return raw, checked.set_axis(pd.Index(used), axis=0), problems + found


@pytest.mark.parametrize("case", READ_LAYERS, ids=_id)
def test_a_layer_is_understood(case: LayerCase) -> None:
    _, frame, problems = read(case)
    assert list(frame.index) == list(case.rows)
    _findings_are(case, problems)
    for row, record in case.rows.items():
        if record:
            _is_the_record(frame.loc[[row]], record, case)
    for (row, column), expected in case.values.items():
        found = frame.loc[row, column] if column in frame else None
        assert _same(found, expected), (row, column, found)


@pytest.mark.parametrize("case", [c for c in READ_LAYERS if c.rows_in], ids=_id)
def test_every_row_is_used_or_listed(case: LayerCase) -> None:
    raw, frame, problems = read(case)
    outside = [row for p in problems if p.code in ROW_CODES for row in _rows_of(p)]
    assert not set(outside) & set(raw.index)
    assert len(outside) == len(set(outside))
    header = set(case.header) - set(outside) if _is_table(case) else set()
    assert len(raw) + len(outside) + len(header) == case.rows_in
    left_out = Counter(p.row for p in problems if p.done == "row left out")
    assert set(frame.index) | set(left_out) == set(raw.index)
    assert len(frame) + len(left_out) == len(raw)
    assert set(left_out.values()) <= {1}


def test_the_rows_of_every_table_and_layer_are_counted() -> None:
    assert {Path(c.file).suffix for c in READ_LAYERS if not c.rows_in} == {".pbf"}


def _rows_of(problem: Problem) -> list[int]:
    """A run of blank rows, or another table, is one finding: it names its first and last row."""
    assert problem.row is not None
    if problem.code in ("blank_row", "other_table") and problem.value:
        first, last = map(int, problem.value.split("-"))
        return list(range(first, last + 1))
    return [problem.row]


def _is_table(case: Case) -> bool:
    return case.file.endswith((".csv", ".tsv", ".txt", ".xlsx", ".xls"))


def _is_the_record(row: gpd.GeoDataFrame, record: str, case: LayerCase) -> None:
    if record in STREETS:
        name, line = STREETS[record]
        truth, shape = {"name": name}, shapely.LineString(line)
    else:
        held = TOWN[record]
        truth = {c: _truth(held, c) for c in case.same}
        shape = _shape(held)
    for column in case.same:
        assert _same(row[column].iloc[0], truth[column]), (record, column, row[column].iloc[0])
    _lies_there(row, shape, record)


def _truth(held: object, column: str) -> object:
    return held.id if column.endswith("_id") else getattr(held, column)  # type: ignore[attr-defined]


def _shape(held: object) -> shapely.Geometry:
    if isinstance(held, Garden | Site):
        return shapely.Point(held.lon, held.lat)
    return shapely.Polygon(held.ring)  # type: ignore[attr-defined]


def _lies_there(row: gpd.GeoDataFrame, shape: shapely.Geometry, record: str) -> None:
    truth = gpd.GeoSeries([shape], crs="EPSG:4490").to_crs(METRES).iloc[0]
    found = row.geometry.to_crs(METRES).iloc[0]
    if truth.geom_type == "Point" and found.geom_type != "Point":
        found = found.centroid
    off = shapely.hausdorff_distance(truth, found)
    assert off <= NEAR_M, f"{record} lies {off:.1f} m off"


def _same(found: object, expected: object) -> bool:
    if expected is None:
        return bool(pd.isna(found))  # type: ignore[call-overload]
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        return math.isclose(float(found), expected, rel_tol=1e-6)  # type: ignore[arg-type]
    return bool(found == expected)


# ---------------------------------------------------------------- findings


def _findings_are(case: Case, problems: list[Problem]) -> None:
    serious = [(p.code, p.row, p.column) for p in problems if p.severity != "note"]
    assert sorted(serious, key=str) == sorted(case.problems, key=str)
    notes = Counter((p.code, p.row, p.column) for p in problems if p.severity == "note")
    assert not Counter(case.notes) - notes, f"only {sorted(notes, key=str)}"
    listed = [f for f in notes.elements() if f[0] in NOTED_ROWS]
    assert len(listed) == sum(f[0] in NOTED_ROWS for f in case.notes), listed
    _says([f"{p.problem}; {p.done}; {p.value}" for p in problems], case.says)


def _says(texts: list[str], words: Iterable[str]) -> None:
    for word in words:
        assert any(word in text for text in texts), (word, texts)


@pytest.mark.parametrize("case", [c for c in LAYER_CASES if c.refused], ids=_id)
def test_a_layer_is_refused_with_what_to_do(case: LayerCase) -> None:
    with pytest.raises(InputError) as caught:
        read(case)
    _refusal_is(case, caught.value)


def _refusal_is(case: Case, error: InputError) -> None:
    said = Path(str(error.source))
    assert said == FILES / case.file or (_is_pattern(case) and said.parent == _folder(case))
    for words in case.refused:
        assert words in f"{error.message}\n{error.hint}"
    if case.refused_at is not None:
        assert error.row == case.refused_at


def _is_pattern(case: Case) -> bool:
    return "*" in case.file or "{" in case.file


def _folder(case: Case) -> Path:
    return (FILES / case.file).parent


# ---------------------------------------------------------------- grids


@pytest.mark.parametrize("case", [c for c in CASES if isinstance(c, GridCase)], ids=_id)
def test_a_grid_is_understood_or_refused(case: GridCase) -> None:
    declared = LayerInput(str(FILES / case.file), **case.declared)  # type: ignore[arg-type]
    area = Area(*case.area) if case.area else None
    if case.refused:
        with pytest.raises(InputError) as caught:
            read_population(declared, area=area, year=case.year)
        _refusal_is(case, caught.value)
        return
    population, problems = read_population(declared, area=area, year=case.year)
    _findings_are(case, problems)
    assert {b: float(v.sum()) for b, v in population.bands.items()} == pytest.approx(case.sums)
    if case.shape is not None:
        assert population.grid.shape == case.shape
    to_grid = Transformer.from_crs(4490, population.grid.crs, always_xy=True)
    t = population.grid.transform
    for (band, lon, lat), expected in case.cells.items():
        x, y = to_grid.transform(lon, lat)
        row, column = math.floor((y - t.f) / t.e), math.floor((x - t.c) / t.a)
        assert population.bands[band][row, column] == pytest.approx(expected)


# ---------------------------------------------------------------- whole plans


@pytest.mark.parametrize("case", [c for c in CASES if isinstance(c, StudyCase)], ids=_id)
def test_a_study_is_understood_or_refused(case: StudyCase) -> None:
    if case.refused:
        with pytest.raises(InputError) as caught:
            kgspatial.read_study(FILES / case.file)
        for words in case.refused:
            assert words in str(caught.value)
        return
    study = kgspatial.read_study(FILES / case.file)
    found = study.problems
    serious = found[found["severity"] != "note"]
    rows = [
        (r.layer, r.code, None if pd.isna(r.row) else int(r.row), r.column)
        for r in serious.itertuples()
    ]
    assert sorted(rows, key=str) == sorted(case.layer_problems, key=str)
    _says([f"{p.problem}; {p.done}; {p.value}" for p in found.itertuples()], case.says)
    assert {n: len(study.layers[n]) for n in case.layer_rows} == dict(case.layer_rows)
    if case.places:
        supply = kindergarten_supply(study).set_index("name")
        said = zip(supply["places"], supply["places_derived"], strict=True)
        assert dict(zip(supply.index, said, strict=True)) == dict(case.places)


@pytest.mark.parametrize("case", [c for c in CASES if isinstance(c, CheckCase)], ids=_id)
def test_the_command_says_what_is_wrong_with_a_plan(
    case: CheckCase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kgspatial.cli import main

    monkeypatch.setattr(sys, "argv", ["kgspatial", "check", str(FILES / case.file)])
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == case.status
    assert "Traceback" not in said.err
    for words in (*case.refused, *case.says):
        assert words in said.out + said.err


# ---------------------------------------------------------------- the corpus itself


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_file_has_a_case_and_every_case_its_files() -> None:
    there = {str(p.relative_to(FILES)) for p in FILES.rglob("*") if p.is_file()}
    written = [name for case in CASES for name in case.files]
    assert len(written) == len(set(written))
    assert set(written) == there


def test_there_are_more_than_a_hundred_awkward_data_sets() -> None:
    assert len({case.file for case in CASES}) > 100


def test_the_script_makes_the_committed_files(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    made = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    assert made == {p.relative_to(FILES) for p in FILES.rglob("*") if p.is_file()}
    other = [name for name in sorted(made) if not same_content(tmp_path / name, FILES / name)]
    assert not other


def _suffix(*suffixes: str) -> Callable[[Case], bool]:
    return lambda case: case.file.endswith(suffixes)


def _declared(**said: str) -> Callable[[Case], bool]:
    def is_so(case: Case) -> bool:
        declared = getattr(case, "declared", {})
        return all(re.match(text, str(declared.get(key, ""))) for key, text in said.items())

    return is_so


def _headed(*headers: str) -> Callable[[Case], bool]:
    """Whether one of the headers stands in a table of text."""

    def is_so(case: Case) -> bool:
        if not case.file.endswith(".csv"):
            return False
        first = (FILES / case.file).read_bytes().decode("utf-8", "ignore").splitlines()[0]
        return any(header in first.split(",") for header in headers)

    return is_so


def _in_archive(suffix: str) -> Callable[[Case], bool]:
    def is_so(case: Case) -> bool:
        if not case.file.endswith(".zip"):
            return False
        return any(n.endswith(suffix) for n in zipfile.ZipFile(FILES / case.file).namelist())

    return is_so


def _begins(mark: bytes, suffix: str) -> Callable[[Case], bool]:
    return lambda case: (
        case.file.endswith(suffix) and (FILES / case.file).read_bytes().startswith(mark)
    )


def _is_gb18030(case: Case) -> bool:
    if not case.file.endswith((".csv", ".tsv")):
        return False
    content = (FILES / case.file).read_bytes()
    return "\ufffd" in content.decode("utf-8", "replace") and "幼儿园" in content.decode("gb18030")


def _raster(what: Callable[[Any], bool]) -> Callable[[Case], bool]:
    import rasterio

    def is_so(case: Case) -> bool:
        if not case.file.endswith(".tif") or _is_pattern(case):
            return False
        with rasterio.open(FILES / case.file) as raster:
            return what(raster)

    return is_so


FORMATS: dict[str, Callable[[Case], bool]] = {
    "Shapefile": _suffix(".shp"),
    "Shapefile in a .zip": _in_archive(".shp"),
    "Shapefile without .cpg": lambda c: (
        c.file.endswith(".shp") and not (FILES / c.file).with_suffix(".cpg").exists()
    ),
    "GeoPackage": _suffix(".gpkg"),
    "GeoJSON": _suffix(".geojson"),
    "GeoParquet": _suffix(".parquet"),
    "FlatGeobuf": _suffix(".fgb"),
    "KML": _suffix(".kml"),
    "File Geodatabase": _in_archive(".gdbtable"),
    "DXF": _suffix(".dxf"),
    "a layer named": _declared(layer="."),
    "CSV": _suffix(".csv"),
    "TSV": _suffix(".tsv"),
    "UTF-8 with a mark": _begins(b"\xef\xbb\xbf", ".csv"),
    "GB18030": _is_gb18030,
    "XLSX": _begins(b"PK", ".xlsx"),
    "XLS": _begins(b"\xd0\xcf\x11\xe0", ".xls"),
    "lon and lat": _headed("经度", "Longitude"),
    "x and y": _headed("X坐标", "东坐标", "X"),
    "both in one column": _headed("经纬度"),
    "EPSG code": _declared(crs=r"EPSG:\d+"),
    "WKT": _declared(crs=r"PROJCS\["),
    "GCJ-02": _declared(crs="(?i)gcj-?02"),
    "BD-09": _declared(crs="(?i)bd-?09"),
    "GeoTIFF in tiles": _raster(lambda r: r.profile["tiled"]),
    "GeoTIFF in strips": _raster(lambda r: not r.profile["tiled"]),
    "GeoTIFF with nodata": _raster(lambda r: r.nodata is not None),
    "GeoTIFF of several bands": _raster(lambda r: r.count > 1),
    "GeoTIFF in metres": _raster(lambda r: bool(r.crs) and r.crs.is_projected),
    "WorldPop, second release": lambda c: "R2025A" in c.file and "{year}" in c.file,
    "WorldPop, first release": lambda c: c.file.endswith("chn_*_2020.tif"),
    "mosaic": lambda c: c.file.endswith("/*.tif"),
    "OSM PBF": _suffix(".osm.pbf"),
    "plan file": _suffix(".toml"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_in_it_and_is_read(name: str) -> None:
    assert any(FORMATS[name](case) for case in CASES if not case.refused)

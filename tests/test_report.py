"""The report room: what stands in the tables, the figures and the document, and what must not."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import matplotlib.style
import numpy as np
import openpyxl
import pandas as pd
import pytest
from affine import Affine
from docx import Document
from docx.oxml.ns import qn
from matplotlib.figure import Figure
from PIL import Image
from shapely import Point, box

import kgspatial.report.lettering as lettering_module
from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import KgspatialWarning
from kgspatial.inputs.settings import DemandSettings, PlanSettings, Settings, SitingSettings
from kgspatial.layers import Grid, Population
from kgspatial.plan import PlanRun, run_plan
from kgspatial.reading import read_study
from kgspatial.report import annex_tables, write_document, write_figures, write_tables
from kgspatial.report.figure_parts import LEGEND_FLOOR, Scene, nice_length
from kgspatial.report.figures import _style as figure_style
from kgspatial.report.lettering import Lettering, choose_lettering
from kgspatial.report.plates import _areas_and_points, demand_plate, layout_plate
from kgspatial.report.sentences import parameters, proof_sentence
from kgspatial.report.wording import clean, say
from kgspatial.sample import sample_folder
from kgspatial.siting import SitePlan, propose_sites
from kgspatial.study import Study
from kgspatial.terms import Language
from kgspatial.travel import measure_travel

CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
DANGEROUS = '=HYPERLINK("http://a.example","x")'
FORBIDDEN = ("nan", "None", "NaN", "{", "}", "<NA>")

Results = tuple[Study, Balance, SitePlan]


def place(x: float, y: float) -> Point:
    return Point(WEST + x, SOUTH + y)


def square(x: float, y: float, side: float) -> object:
    return box(WEST + x, SOUTH + y, WEST + x + side, SOUTH + y + side)


def communities() -> gpd.GeoDataFrame:
    """Four by four squares of 300 m; the last column is far from every kindergarten."""
    cells = [(i, j) for j in range(4) for i in range(4)]
    return gpd.GeoDataFrame(
        {
            "community_id": [f"C{n:02d}" for n in range(16)],
            "name": [
                DANGEROUS,
                "+锦绣花园",
                "-滨江苑",
                "@东湖里",
                *(f"第{n}小区" for n in range(12)),
            ],
            "name_latin": [f"Estate {n}" for n in range(16)],
            "households": [200 + 10 * n for n in range(16)],
        },
        geometry=[square(800 * i, 800 * j, 300) for i, j in cells],
        crs=CRS,
    )


def kindergartens() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "kindergarten_id": ["K1", "K2", "K3", "K4", "K5"],
            "name": ["第一幼儿园", "=1+1", "向阳幼儿园", None, "无证园"],
            "name_latin": ["First", "Two", "Sunny", None, "Unlicensed"],
            "kind": ["public", "inclusive", "private", None, "private"],
            "places": [90, 180, 60, 90, 100],
            "classes": [3, 6, 2, 3, 3],
            "enrolled": [100.0, 60.0, 50.0, None, 80.0],
            "licensed": [True, True, True, True, False],
        },
        geometry=[
            place(150, 150),
            place(950, 150),
            place(150, 1750),
            place(1750, 2550),
            place(0, 0),
        ],
        crs=CRS,
    )


def units() -> gpd.GeoDataFrame:
    low, middle, high = SOUTH - 200, SOUTH + 1400, SOUTH + 3000
    names = {"name": ["城南街道", "城北街道"], "name_latin": ["South", "North"]}
    halves = [box(WEST - 200, y0, WEST + 3000, y1) for y0, y1 in ((low, middle), (middle, high))]
    return gpd.GeoDataFrame({"unit_id": ["U1", "U2"], **names}, geometry=halves, crs=CRS)


def candidates() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "site_id": ["S1", "S2", "S3"],
            "name": ["东区地块", "@旧校舍", "气站旁地块"],
            "name_latin": ["East plot", "Old school", "By the gas station"],
            "source": ["parcel", "idle_building", "parcel"],
            "cost_wan": [1500.0, np.nan, 900.0],
            "max_classes": [12, 9, 12],
        },
        geometry=[place(2550, 150), place(2550, 1750), place(2550, 2550)],
        crs=CRS,
    )


def hazards() -> gpd.GeoDataFrame:
    table = {"hazard": ["gas_station"], "name": ["加油站"], "keep_away_m": [100.0]}
    return gpd.GeoDataFrame(table, geometry=[place(2560, 2560)], crs=CRS)


def population() -> Population:
    grid = Grid((34, 34), Affine(100, 0, WEST - 200, 0, -100, SOUTH + 3200), CRS)
    people = np.add.outer(np.linspace(0.5, 1.5, 34), np.linspace(0.2, 2.0, 34))
    return Population(grid, {"children": people}, "children.tif")


def study_with(language: str = "zh", **layers: object) -> Study:
    plan = PlanSettings(
        name="示例区", year=2025, language=language, author="规划院", source_note="示例数据"
    )
    inputs = pd.DataFrame(
        {
            "layer": ["communities"],
            "path": ["c.gpkg"],
            "sha256": ["ab" * 32],
            "rows": [16],
            "crs": ["CGCS2000"],
        }
    )
    given = {
        "kindergartens": kindergartens(),
        "settings": Settings(plan=plan, siting=SitingSettings(new=2)),
    }
    return Study(**{**given, "inputs": inputs, **layers})


def solve(study: Study) -> Results:
    demand = estimate_demand(study)
    balance = assess_balance(study, demand, measure_travel(study, demand))
    return study, balance, propose_sites(study, balance)


@pytest.fixture(scope="module")
def results() -> Results:
    return solve(
        study_with(
            communities=communities(), units=units(), candidates=candidates(), hazards=hazards(),
            population=population(),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def bare() -> Results:
    """Only communities with counts and kindergartens without names, kinds or enrolment."""
    counts = communities()[["community_id", "geometry"]].assign(children=30.0)
    few = kindergartens()[["kindergarten_id", "places", "geometry"]]
    return solve(study_with(communities=counts, kindergartens=few, settings=Settings()))


@pytest.fixture(scope="module")
def grid_only() -> Results:
    return solve(study_with(population=population()))


@pytest.fixture(scope="module")
def book(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("x") / "tables.xlsx", *results)


@pytest.fixture(scope="module")
def report(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("d")
    figures = write_figures(folder / "figures", *results)
    return write_document(folder / "report.docx", *results, figures)


def texts_of(path: Path) -> str:
    """All text of a workbook or a document."""
    if path.suffix == ".xlsx":
        sheets = openpyxl.load_workbook(path).worksheets
        cells = [
            str(c.value)
            for s in sheets
            for row in s.iter_rows()
            for c in row
            if c.value is not None
        ]
        return "\n".join(cells)
    document = Document(str(path))
    parts = [p.text for p in document.paragraphs]
    return "\n".join(parts + [c.text for t in document.tables for r in t.rows for c in r.cells])


class TestTables:
    def test_every_annex_that_the_results_support_is_there(self, results: Results) -> None:
        found = annex_tables(*results)
        assert list(found) == [
            *("summary", "kindergartens", "units", "communities", "sites", "before_after"),
            *("excluded", "problems", "inputs"),
        ]
        assert all(len(t) for t in found.values())

    def test_rows_of_units_add_up_to_the_totals(self, results: Results) -> None:
        study, balance, sites = results
        table = annex_tables(study, balance, sites, "en")["units"]
        parts, total = table.iloc[:-1], table.iloc[-1]
        for header, key in (
            ("Children aged 3-5", "children"),
            ("Places", "places"),
            ("Children served", "served"),
            ("Children without a place", "unserved"),
            ("Vacant places", "vacant"),
        ):
            assert parts[header].sum() == pytest.approx(balance.totals[key])
            assert total[header] == pytest.approx(balance.totals[key])
        gap = balance.totals["children"] - balance.totals["places"]
        assert total["Gap (+ short, - surplus)"] == pytest.approx(gap)

    def test_communities_and_the_rest_add_up_to_the_totals(self, results: Results) -> None:
        study, balance, sites = results
        table = annex_tables(study, balance, sites, "en")["communities"]
        assert "Outside all communities" in set(table["Name"])
        assert table["Children aged 3-5"].iloc[-1] == pytest.approx(balance.totals["children"])
        assert table["Children without a place"].iloc[-1] == pytest.approx(
            balance.totals["unserved"]
        )

    def test_kindergartens_add_up_and_the_unlicensed_counts_nothing(self, results: Results) -> None:
        study, balance, sites = results
        table = annex_tables(study, balance, sites, "zh")["kindergartens"].set_index("幼儿园编号")
        assert table.loc["K5", "计入供给"] == "否"
        assert table.loc["K5", "学位（个）"] == 0
        assert table["学位（个）"].iloc[-1] == pytest.approx(balance.totals["places"])
        assert table["空余学位（个）"].iloc[-1] == pytest.approx(balance.totals["vacant"])

    def test_gains_of_sites_add_up_to_the_difference_of_the_states(self, results: Results) -> None:
        study, balance, sites = results
        table = annex_tables(study, balance, sites, "en")["sites"]
        gained = sites.after.totals["served"] - sites.before.totals["served"]
        assert table["Children gained"].iloc[-1] == pytest.approx(gained)
        assert table["Children gained"].iloc[:-1].sum() == pytest.approx(gained)

    def test_a_total_cost_with_a_missing_part_is_not_given(self, results: Results) -> None:
        study, balance, sites = results
        cost = annex_tables(study, balance, sites, "en")["sites"]["Cost (10,000 yuan)"]
        assert cost.iloc[:-1].isna().any()
        assert pd.isna(cost.iloc[-1])

    def test_shares_are_not_judged_where_a_register_is_incomplete(self, results: Results) -> None:
        study, balance, sites = results
        units = annex_tables(study, balance, sites, "en")["units"].set_index("Unit ID")
        share = "Share enrolled in public ones"
        assert units.loc["U1", share] == pytest.approx(100 / 160)
        assert pd.isna(units.loc["U2", share])

    def test_names_follow_the_language(self, results: Results) -> None:
        study, balance, sites = results
        assert "South" in set(annex_tables(study, balance, sites, "en")["units"]["Name"])
        assert "城南街道" in set(annex_tables(study, balance, sites, "zh")["units"]["名称"])

    def test_without_sites_there_are_no_tables_of_sites(self, results: Results) -> None:
        study, balance, _ = results
        assert not {"sites", "before_after", "excluded"} & set(annex_tables(study, balance))

    def test_without_units_the_table_has_the_whole_area(self, bare: Results) -> None:
        study, balance, sites = bare
        units = annex_tables(study, balance, sites)["units"]
        assert units["名称"].tolist()[0] == "全区"
        assert units["3–5岁幼儿（人）"].iloc[-1] == pytest.approx(16 * 30)


class TestWorkbook:
    def test_sheets_headers_and_frozen_rows(self, book: Path) -> None:
        sheets = openpyxl.load_workbook(book)
        assert sheets.sheetnames[:3] == [
            "主要指标",
            "附表1 现状幼儿园一览表",
            "附表2 分街镇供需现状表",
        ]
        sheet = sheets["附表1 现状幼儿园一览表"]
        assert [c.value for c in sheet[2]][:3] == ["序号", "幼儿园编号", "名称"]
        assert sheet.freeze_panes == "A3"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage

    def test_names_never_become_formulas_or_links(self, book: Path) -> None:
        cells = [
            c for s in openpyxl.load_workbook(book).worksheets for row in s.iter_rows() for c in row
        ]
        assert not [c for c in cells if c.data_type == "f" or c.hyperlink is not None]
        texts = {c.value for c in cells if c.data_type == "s"}
        assert {DANGEROUS, "=1+1", "+锦绣花园", "-滨江苑", "@东湖里"} <= texts

    def test_numbers_are_numbers_with_a_format(self, book: Path) -> None:
        sheet = openpyxl.load_workbook(book)["附表1 现状幼儿园一览表"]
        heads = [c.value for c in sheet[2]]
        places = sheet.cell(3, heads.index("学位（个）") + 1)
        used = sheet.cell(3, heads.index("学位利用率") + 1)
        assert (places.value, places.number_format) == (90, "#,##0")
        assert used.number_format == "0.0%"

    def test_the_total_row_is_that_of_the_balance(self, book: Path, results: Results) -> None:
        sheet = openpyxl.load_workbook(book)["附表2 分街镇供需现状表"]
        heads = [c.value for c in sheet[2]]
        total = next(r for r in sheet.iter_rows(values_only=True) if "合计" in r)
        assert total[heads.index("3–5岁幼儿（人）")] == pytest.approx(results[1].totals["children"])

    def test_what_is_missing_is_an_empty_cell(self, book: Path) -> None:
        sheet = openpyxl.load_workbook(book)["附表1 现状幼儿园一览表"]
        heads = [c.value for c in sheet[2]]
        assert sheet.cell(6, heads.index("在园幼儿（人）") + 1).value is None

    def test_each_table_names_its_source(self, book: Path) -> None:
        for sheet in openpyxl.load_workbook(book).worksheets:
            first = [str(row[0]) for row in sheet.iter_rows(values_only=True)]
            assert "数据来源：示例数据。" in first

    def test_the_same_results_give_the_same_bytes(self, results: Results, tmp_path: Path) -> None:
        first = write_tables(tmp_path / "a.xlsx", *results).read_bytes()
        assert first == write_tables(tmp_path / "b.xlsx", *results).read_bytes()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("case", ["results", "bare", "grid_only"])
def test_no_text_shows_a_missing_value_or_a_placeholder(
    case: str, language: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    study, balance, sites = request.getfixturevalue(case)
    book = write_tables(tmp_path / "t.xlsx", study, balance, sites, language)
    report = write_document(tmp_path / "r.docx", study, balance, sites, [], language)
    for path in (book, report):
        words = texts_of(path).replace(DANGEROUS, "")
        assert not [w for w in FORBIDDEN if w in words]
        assert len(words) > 500


class TestFigures:
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_all_figures_are_written_without_a_missing_glyph(
        self, results: Results, language: str, tmp_path: Path
    ) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            paths = write_figures(tmp_path, *results, language)
        names = ["1_demand", "2_utilisation", "3_gaps", "4_units", "5_layout"]
        assert [p.stem for p in paths] == names
        for path in paths:
            image = Image.open(path)
            assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)
            assert image.size == (1720, 1240)
            assert "Software" not in image.info
            assert np.asarray(image.convert("L")).std() > 10

    def test_the_same_results_give_the_same_bytes(self, results: Results, tmp_path: Path) -> None:
        first = [p.read_bytes() for p in write_figures(tmp_path / "a", *results)]
        assert first == [p.read_bytes() for p in write_figures(tmp_path / "b", *results)]

    @pytest.mark.parametrize("case", ["bare", "grid_only"])
    def test_layers_that_are_missing_are_left_out(
        self, case: str, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        study, balance, _ = request.getfixturevalue(case)
        names = [p.stem for p in write_figures(tmp_path, study, balance)]
        assert names == ["1_demand", "2_utilisation", "3_gaps"]

    def test_only_villages_with_an_outline_get_a_density(self, tmp_path: Path) -> None:
        outlined = square(3200, 200, 400)
        study = study_with(
            communities=communities().assign(residents=300.0),
            villages=gpd.GeoDataFrame(
                {"village_id": ["V1", "V2"], "name": ["东村", "西村"], "residents": [900.0, 500.0]},
                geometry=[outlined, place(3200, 2500)],
                crs=CRS,
            ),
            settings=Settings(
                plan=PlanSettings(year=2025), demand=DemandSettings(method="households")
            ),
        )
        _, balance, _ = solve(study)
        areas, points = _areas_and_points(
            Scene(study, balance, None, choose_lettering("en")), balance
        )
        shapes = areas.set_index("demand_id").geometry
        assert shapes["village-V1"].equals(outlined)
        assert points["demand_id"].tolist() == ["village-V2"]
        assert len(areas) + len(points) == len(balance.demand)
        assert len(write_figures(tmp_path, study, balance, None, "en")) == 3

    def test_without_a_chinese_font_figures_are_english_and_say_so(
        self, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lettering_module, "find_cjk_family", lambda: None)
        with pytest.warns(KgspatialWarning, match="fonts-noto-cjk") as caught:
            paths = write_figures(tmp_path, *results, "zh")
        assert len(paths) == 5
        assert not [w for w in caught if "Glyph" in str(w.message)]

    def test_english_without_a_chinese_font_warns_of_nothing(
        self, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lettering_module, "find_cjk_family", lambda: None)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert len(write_figures(tmp_path, *results, "en")) == 5

    def test_a_name_that_the_fonts_lack_gives_way_to_the_next(self) -> None:
        latin = Lettering("en", ("DejaVu Sans",), frozenset(map(ord, "South U1")))
        assert latin.first("城南街道", "South", "U1") == "South"
        assert latin.first("城南街道", "", "U1") == "U1"
        assert latin.first("城南街道") == ""

    def test_a_chinese_font_is_chosen_where_there_is_one(self) -> None:
        if lettering_module.find_cjk_family() is None:
            pytest.skip("no Chinese font on this machine")
        chosen = choose_lettering("zh")
        assert chosen.language == "zh"
        assert chosen.can_write("幼儿园学位缺口图")

    def test_global_settings_of_matplotlib_stay_as_they_were(
        self, results: Results, tmp_path: Path
    ) -> None:
        import matplotlib as mpl

        before = dict(mpl.rcParams)
        write_figures(tmp_path, results[0], results[1], None, "en")
        assert dict(mpl.rcParams) == before

    @pytest.mark.parametrize(
        ("limit", "length"), [(1900.0, 1000.0), (2100.0, 2000.0), (99.0, 50.0)]
    )
    def test_scale_bars_have_round_lengths(self, limit: float, length: float) -> None:
        assert nice_length(limit) == pytest.approx(length)


class TestDocument:
    def test_chapters_figures_and_tables_are_there(self, report: Path) -> None:
        document = Document(str(report))
        chapters = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
        assert chapters == [
            *("摘要", "现状", "供需平衡与缺口", "布局方案", "数据与假设", "方法的局限", "数据问题"),
        ]
        assert len(document.inline_shapes) == 5
        captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
        assert [c[:2] for c in captions if c.startswith("图")] == [
            "图1",
            "图2",
            "图3",
            "图4",
            "图5",
        ]
        assert len(document.tables) == len([c for c in captions if c.startswith("表")])

    def test_the_summary_states_the_numbers_of_the_balance(
        self, report: Path, results: Results
    ) -> None:
        words = texts_of(report)
        totals = results[1].totals
        for key in ("children", "places", "served", "unserved", "unreached", "vacant"):
            assert say(totals[key]) in words
        assert "缺与余并存" in words

    def test_east_asian_fonts_are_set(self, report: Path) -> None:
        styles = Document(str(report)).styles
        for name, font in (("Normal", "宋体"), ("Heading 1", "黑体"), ("Title", "黑体")):
            fonts = styles[name].element.rPr.rFonts
            assert fonts.get(qn("w:eastAsia")) == font
            assert fonts.get(qn("w:eastAsiaTheme")) is None

    def test_inputs_are_named_with_their_sums(self, report: Path) -> None:
        assert "ab" * 32 in texts_of(report)

    def test_the_same_results_give_the_same_bytes(self, results: Results, tmp_path: Path) -> None:
        first = write_document(tmp_path / "a.docx", *results).read_bytes()
        assert first == write_document(tmp_path / "b.docx", *results).read_bytes()

    def test_optimal_is_said_only_where_it_is_proven(self, results: Results) -> None:
        _, _, sites = results

        def said(**changes: object) -> str:
            result = dataclasses.replace(sites.result, **changes)
            return proof_sentence(dataclasses.replace(sites, result=result), "en")

        assert "proven optimal" in said(status="optimal", gap=0.0)
        assert "not proven" in said(status="gap", gap=0.02)
        assert "not proven" in said(status="optimal", gap=0.02)
        assert "No bound is known" in said(status="gap", bound=np.inf, gap=np.inf)
        assert said(status="infeasible") == ""

    def test_without_sites_it_says_that_none_were_analysed(
        self, bare: Results, tmp_path: Path
    ) -> None:
        study, balance, _ = bare
        path = write_document(tmp_path / "r.docx", study, balance, None, [], "en")
        assert "No sites were analysed." in texts_of(path)

    def test_problems_are_listed(self, results: Results, tmp_path: Path) -> None:
        study, balance, sites = results
        row = {
            "layer": "kindergartens",
            "row": 7,
            "problem": "bad\x0bplace",
            "done": "left out",
            "severity": "warning",
        }
        found = pd.DataFrame([row]).reindex(columns=balance.problems.columns)
        seen = dataclasses.replace(balance, problems=found)
        words = texts_of(write_document(tmp_path / "r.docx", study, seen, sites, [], "en"))
        assert "badplace" in words
        assert "checks of the inputs: 1." in words


class TestWording:
    def test_halves_are_rounded_away_from_zero(self) -> None:
        assert [say(v) for v in (0.5, 1.5, 2.5, -0.4, 1234.5)] == ["1", "2", "3", "0", "1,235"]

    def test_gaps_carry_their_sign(self) -> None:
        assert [say(v, "gap") for v in (12.0, -3.0, 0.2)] == ["+12", "-3", "0"]

    @pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, np.nan, ""])
    def test_what_is_missing_is_empty(self, missing: object) -> None:
        assert say(missing) == ""
        assert clean(missing) == ""

    def test_characters_that_xml_forbids_are_dropped(self) -> None:
        assert clean("a\x00b\x1fc\ud800") == "abc"


def test_importing_the_room_loads_no_drawing_or_writing_library() -> None:
    heavy = "{'matplotlib', 'docx', 'xlsxwriter'}"
    code = f"import sys, kgspatial.report; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


STRAIGHT_WORDS = ("绕行", "直线", "半径", "detour", "straight line", "radius")
"""What only straight lines may be told with."""


def sample_by(method: str, folder: Path, language: Language = "zh") -> PlanRun:
    """Run the sample district with its walks measured otherwise."""
    shutil.copytree(sample_folder(), folder / "plan", dirs_exist_ok=True)
    plan = folder / "plan" / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    named = text.replace("[travel]\n", f'[travel]\nmethod = "{method}"\n')
    if method == "given":
        named += '\n[inputs.travel]\npath = "walks.csv"\n'
    plan.write_text(named, encoding="utf-8")
    return run_plan(plan, folder / "out", language=language)


def write_walks(folder: Path) -> None:
    """Write minutes of a plan's own: a straight walk to every kindergarten and candidate."""
    (folder / "plan").mkdir()
    study = read_study(sample_folder() / "plan.toml")
    points, slow = estimate_demand(study).points, 40.0
    parts = []
    for ends, key in ((study.kindergartens, "kindergarten_id"), (study.candidates, "site_id")):
        metres = measure_travel(study, points, to=ends, detour=1.0).csr.tocoo()
        start = points["demand_id"].to_numpy()[metres.row]
        end = ends[key].to_numpy()[metres.col]
        parts.append(
            pd.DataFrame({"from_id": start, "to_id": end, "travel_time": metres.data / slow})
        )
    pd.concat(parts).to_csv(folder / "plan" / "walks.csv", index=False)


@pytest.fixture(scope="module", params=["zh", "en"])
def along_streets(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> PlanRun:
    return sample_by("street", tmp_path_factory.mktemp("street"), request.param)


def legend_texts(figure: Figure) -> list[str]:
    texts = [t for legend in figure.legends for t in legend.get_texts()]
    return [t.get_text().replace("\n", " ") for t in texts]


def scene_of(run: PlanRun) -> Scene:
    lettering = choose_lettering(run.study.settings.plan.language)
    return Scene(run.study, run.balance, run.sites, lettering)


def drawn(plate: Callable[[Scene], Figure | None], run: PlanRun, **layers: object) -> Figure:
    """Draw a plate of a run as `write_figures` does, with layers of the study replaced."""
    scene = scene_of(run)
    scene = dataclasses.replace(scene, study=dataclasses.replace(run.study, **layers))
    with matplotlib.style.context(["default", figure_style(scene.lettering)], after_reset=True):
        figure = plate(scene)
        assert figure is not None
        figure.canvas.draw()
    return figure


class TestWaysOfWalking:
    def test_nothing_of_a_street_run_tells_of_straight_lines(self, along_streets: PlanRun) -> None:
        out = along_streets.outputs.folder
        told = [texts_of(out / "report.docx"), texts_of(out / "tables.xlsx")]
        told.append((out / "problems.csv").read_text(encoding="utf-8-sig"))
        for plate in (layout_plate, demand_plate):
            told += legend_texts(drawn(plate, along_streets))
        found = [w for w in STRAIGHT_WORDS for text in told if w in text.lower()]
        assert not found
        along = {"zh": "沿道路步行距离", "en": "walking distance along streets"}
        assert along[along_streets.study.settings.plan.language] in told[0]

    def test_the_layout_draws_the_streets_that_are_reached(self, along_streets: PlanRun) -> None:
        figure = drawn(layout_plate, along_streets)
        said = {"zh": "沿道路步行 800 m 范围", "en": "800 m along streets"}
        assert said[along_streets.study.settings.plan.language] in legend_texts(figure)
        dashed = [c for c in figure.axes[0].collections if c.get_zorder() == 5 and c.get_paths()]
        corners = np.vstack([path.vertices for c in dashed for path in c.get_paths()])
        sites = along_streets.sites.sites
        apart = np.hypot(
            corners[:, 0, None] - sites.geometry.x.to_numpy(),
            corners[:, 1, None] - sites.geometry.y.to_numpy(),
        ).min(axis=1)
        assert apart.min() < 0.5 * apart.max()  # no circles: some streets lead less far

    def test_barriers_are_named_in_the_legend_of_maps(self, along_streets: PlanRun) -> None:
        barriers = {"zh": "步行阻隔", "en": "Barriers on foot"}
        wanted = barriers[along_streets.study.settings.plan.language]
        assert wanted in legend_texts(drawn(demand_plate, along_streets))
        assert wanted not in legend_texts(drawn(demand_plate, along_streets, streets=None))

    def test_parameters_are_those_of_the_way(self, along_streets: PlanRun) -> None:
        table = parameters(along_streets.study, along_streets.balance, "en").set_index("parameter")
        assert table.loc["Longest walk to a street, m", "value"] == "200"
        assert "Walking speed, m a minute" not in table.index

    def test_the_summary_tells_how_the_matrix_was_made(self, along_streets: PlanRun) -> None:
        out = along_streets.outputs.folder
        said = json.loads((out / "summary.json").read_text(encoding="utf-8"))["parameters"]
        assert said["travel_matrix"]["method"] == "street"
        assert said["travel_matrix"]["snap_m"] == 200

    def test_a_matrix_of_minutes_is_called_the_plans_own(self, tmp_path: Path) -> None:
        write_walks(tmp_path)
        run = sample_by("given", tmp_path)
        out = run.outputs.folder
        report = texts_of(out / "report.docx")
        assert "自备步行距离表" in report
        assert not [
            w for w in ("绕行", "半径", "直线") if w in report + texts_of(out / "tables.xlsx")
        ]
        table = parameters(run.study, run.balance, "en").set_index("parameter")
        assert table.loc["Walking speed, m a minute", "value"] == "54"
        assert "步行 800 m 可达范围" in legend_texts(drawn(layout_plate, run))

    def test_many_long_names_leave_room_for_the_scale_bar(self, along_streets: PlanRun) -> None:
        plan = along_streets.sites
        many = pd.concat([plan.sites] * 5, ignore_index=True)
        named = many.assign(name="新区第一中心幼儿园东侧规划地块及其配套设施用地")
        run = dataclasses.replace(along_streets, sites=dataclasses.replace(plan, sites=named))
        figure = drawn(layout_plate, run)
        lowest = min(legend.get_window_extent().y0 for legend in figure.legends)
        assert lowest / figure.bbox.height > LEGEND_FLOOR
        assert any(text.startswith(("...", "……")) for text in legend_texts(figure))

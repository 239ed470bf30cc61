"""A plan end to end on the sample district: every file, every key, sums that agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from kgspatial.plan import STEPS, PlanRun, run_plan
from kgspatial.sample import sample_folder

CONTRACT_KEYS = {
    *("year", "children", "places", "enrolled", "served", "unserved", "unreached", "vacant"),
    *("coverage", "mean_distance_m", "units", "sites", "siting", "indicators", "problems"),
    *("inputs", "versions"),
}
UNIT_KEYS = {"unit_id", "children", "places", "served", "gap"}
SITE_KEYS = {
    *("site_id", "action", "classes", "places", "children_gained", "cost_wan", "lon", "lat"),
}
LAYERS = {"demand", "communities", "kindergartens", "catchments", "units", "sites"}


@pytest.fixture(scope="module")
def steps() -> list[str]:
    return []


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> PlanRun:
    folder = tmp_path_factory.mktemp("plan") / "out"
    return run_plan(sample_folder() / "plan.toml", folder, progress=steps.append)


@pytest.fixture(scope="module")
def summary(done: PlanRun) -> dict:
    return json.loads((done.outputs.folder / "summary.json").read_text(encoding="utf-8"))


def test_every_file_of_the_contract_is_written(done: PlanRun) -> None:
    names = {str(f.relative_to(done.outputs.folder)) for f in done.outputs.files}
    assert names >= {
        *("results.gpkg", "map.html", "tables.xlsx", "report.docx", "summary.json"),
        *("problems.csv", "figures/1_demand.png", "figures/3_gaps.png", "figures/5_layout.png"),
    }
    found = {str(f.relative_to(done.outputs.folder)) for f in done.outputs.folder.rglob("*.*")}
    assert found == names, "nothing half written is left behind"
    assert all(f.stat().st_size > 0 for f in done.outputs.files)


def test_every_step_is_announced_in_order(done: PlanRun, steps: list[str]) -> None:
    assert done.outputs.map.exists()
    assert tuple(steps) == STEPS


def test_the_summary_has_every_key_of_the_contract(summary: dict) -> None:
    assert set(summary) >= CONTRACT_KEYS
    assert all(set(row) >= UNIT_KEYS for row in summary["units"])
    assert all(set(row) >= SITE_KEYS for row in summary["sites"])
    assert set(summary["siting"]) >= {"objective", "bound", "gap", "status", "seconds"}
    assert set(summary["after"]) >= {"children", "served", "unserved", "vacant"}


def test_served_and_unserved_make_all_children(summary: dict) -> None:
    assert summary["served"] + summary["unserved"] == pytest.approx(summary["children"], rel=1e-9)
    after = summary["after"]
    assert after["served"] + after["unserved"] == pytest.approx(after["children"], rel=1e-9)
    assert after["children"] == pytest.approx(summary["children"], rel=1e-9)


def test_units_sum_to_the_totals(summary: dict) -> None:
    for key in ("children", "places", "served", "unserved", "unreached"):
        total = sum(row[key] for row in summary["units"])
        assert total == pytest.approx(summary[key], rel=1e-9), key
    gap = sum(row["gap"] for row in summary["units"])
    assert gap == pytest.approx(summary["children"] - summary["places"], rel=1e-9)


def test_the_grid_is_conserved(done: PlanRun, summary: dict) -> None:
    bands = done.study.population.bands
    grid = bands["age_1_4"].sum() / 2 + bands["age_5_9"].sum() / 5
    assert summary["children"] == pytest.approx(grid, rel=1e-9)


def test_the_proposal_is_proven_and_adds_up(summary: dict) -> None:
    assert summary["siting"]["status"] == "optimal"
    assert summary["siting"]["objective"] == pytest.approx(summary["after"]["served"], rel=1e-9)
    gained = sum(site["children_gained"] for site in summary["sites"])
    assert gained == pytest.approx(summary["after"]["served"] - summary["served"], rel=1e-6)
    assert {site["action"] for site in summary["sites"]} <= {"build", "convert", "expand"}


def test_inputs_are_named_with_their_hashes(summary: dict) -> None:
    assert {row["layer"] for row in summary["inputs"]} >= {"communities", "population"}
    assert all(len(row["sha256"]) == 64 for row in summary["inputs"])
    assert not any(Path(row["path"]).is_absolute() for row in summary["inputs"])


def test_every_result_layer_is_there_in_wgs_84(done: PlanRun, summary: dict) -> None:
    path = done.outputs.folder / "results.gpkg"
    assert set(pyogrio.list_layers(path)[:, 0]) == LAYERS
    layers = {name: gpd.read_file(path, layer=name) for name in LAYERS}
    assert {frame.crs.to_epsg() for frame in layers.values()} == {4326}
    assert layers["demand"]["children"].sum() == pytest.approx(summary["children"], rel=1e-9)
    assert layers["kindergartens"]["places"].sum() == summary["places"]
    assert set(layers["demand"]["source"]) == {"community", "cell"}
    assert list(layers["sites"]["site_id"]) == [site["site_id"] for site in summary["sites"]]
    assert layers["catchments"].geom_type.isin(["MultiPolygon"]).all()


def test_results_come_in_the_crs_that_the_plan_asks_for(tmp_path: Path) -> None:
    shutil.copytree(sample_folder(), tmp_path / "project")
    plan = tmp_path / "project" / "plan.toml"
    text = plan.read_text(encoding="utf-8").replace("year = 2025", 'year = 2025\ncrs = "EPSG:4547"')
    plan.write_text(text + "\n[report]\ndocuments = false\n", encoding="utf-8")
    made = run_plan(plan, tmp_path / "out", language="en")
    sites = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="sites")
    assert sites.crs.to_epsg() == 4547
    assert not (tmp_path / "out" / "report.docx").exists()
    assert made.study.settings.plan.language == "en"


def test_a_second_run_replaces_the_files_with_the_same_bytes(done: PlanRun) -> None:
    folder = done.outputs.folder
    first = {f.name: f.read_bytes() for f in done.outputs.files if f.name != "summary.json"}
    again = run_plan(sample_folder() / "plan.toml", folder)
    second = {f.name: f.read_bytes() for f in again.outputs.files if f.name != "summary.json"}
    assert [name for name in first if first[name] != second[name]] == []
    seconds = again.outputs.summary["siting"].pop("seconds")
    assert seconds >= 0
    old = {**done.outputs.summary, "siting": {**done.outputs.summary["siting"]}}
    old["siting"].pop("seconds", None)
    assert again.outputs.summary == old


def test_problems_are_written_for_a_spreadsheet(done: PlanRun) -> None:
    raw = (done.outputs.folder / "problems.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(done.outputs.folder / "problems.csv")
    assert list(table.columns) == list(done.balance.problems.columns)
    assert len(table) == len(done.balance.problems)

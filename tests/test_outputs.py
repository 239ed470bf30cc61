"""The result writer: files whole or not at all, and a message when they cannot be written."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

import kgspatial.outputs
from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import KgspatialError
from kgspatial.outputs import write_outputs
from kgspatial.reading import read_study
from kgspatial.sample import sample_folder
from kgspatial.study import Study
from kgspatial.summary import summarise
from kgspatial.travel import measure_travel


@pytest.fixture(scope="module")
def state() -> tuple[Study, Balance]:
    study = read_study(sample_folder() / "plan.toml")
    demand = estimate_demand(study)
    return study, assess_balance(study, demand, measure_travel(study, demand))


def test_without_sites_the_layer_is_there_and_empty(
    state: tuple[Study, Balance], tmp_path: Path
) -> None:
    made = write_outputs(tmp_path / "new" / "folder", *state)
    assert gpd.read_file(made.folder / "results.gpkg", layer="sites").empty
    assert made.summary["sites"] == []
    assert made.summary["siting"] is None


def test_an_interrupted_run_leaves_the_old_files(
    state: tuple[Study, Balance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "summary.json").write_text("old")

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kgspatial.outputs, "_write_problems", broken)
    with pytest.raises(KeyboardInterrupt):
        write_outputs(tmp_path, *state)
    assert [f.name for f in tmp_path.iterdir()] == ["summary.json"]
    assert (tmp_path / "summary.json").read_text() == "old"


def test_figures_of_an_earlier_run_do_not_stay(
    state: tuple[Study, Balance], tmp_path: Path
) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "5_layout.png").write_text("of an earlier run with sites")
    (tmp_path / "figures" / "own.png").write_text("the user's")
    write_outputs(tmp_path, *state)
    left = {f.name for f in (tmp_path / "figures").iterdir()}
    assert "5_layout.png" not in left
    assert {"own.png", "1_demand.png"} <= left


def test_a_file_in_the_place_of_the_folder_is_a_clear_error(
    state: tuple[Study, Balance], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(KgspatialError, match="cannot be written there"):
        write_outputs(tmp_path / "out", *state)


def test_what_is_missing_is_null_in_the_summary(state: tuple[Study, Balance]) -> None:
    study, balance = state
    unknown = balance.kindergartens.assign(enrolled=np.nan)
    summary = summarise(study, Balance(**{**vars(balance), "kindergartens": unknown}))
    assert summary["enrolled"] is None
    assert all(i["met"] is None for i in summary["indicators"])

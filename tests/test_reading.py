"""From a plan file to a study: checking goes on after what cannot be used, and lists all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgspatial.errors import InputError
from kgspatial.inputs import read_plan_file
from kgspatial.plan import check_inputs
from kgspatial.reading import check_plan, read_study

GARDENS = "园名,学位数,经度,纬度\n甲园,90,120.001,24.401\n乙园,约60,120.002,24.401\n合计,150,,\n"
HOMES = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"总户数": 900},'
    '"geometry": {"type": "Polygon", "coordinates":'
    "[[[120.0, 24.4], [120.003, 24.4], [120.003, 24.403], [120.0, 24.403], [120.0, 24.4]]]}}]}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "园.csv").write_text(GARDENS, encoding="gb18030")
    (tmp_path / "homes.geojson").write_text(HOMES, encoding="utf-8")
    return tmp_path


def plan_of(folder: Path, **layers: str) -> Path:
    text = "".join(
        f'[inputs.{name}]\npath = "{path}"\ncrs = "EPSG:4326"\n' for name, path in layers.items()
    )
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_can_be_used_is_used_and_every_row_accounted_for(folder: Path) -> None:
    study = read_study(plan_of(folder, kindergartens="园.csv", communities="homes.geojson"))
    assert study.kindergartens["places"].tolist() == [90, 60]
    assert study.communities is not None
    assert study.communities["households"].tolist() == [900]
    listed = study.problems[study.problems["code"] == "total_row"]
    assert (listed["row"].tolist(), listed["source"].tolist()) == ([4], ["园.csv"])


def test_checking_lists_every_layer_that_cannot_be_used(folder: Path) -> None:
    plan = plan_of(folder, kindergartens="园.csv", units="nix.gpkg", villages="homes.geojson")
    study, problems = check_plan(read_plan_file(plan))
    assert study is None
    refused = problems[problems["code"] == "refused"]
    assert refused[["layer", "source", "severity"]].values.tolist() == [
        ["units", "nix.gpkg", "error"],
        ["villages", "homes.geojson", "error"],
    ]
    assert "total_row" in problems["code"].tolist(), "findings of the others are listed too"
    with pytest.raises(InputError, match=r"nix\.gpkg"):
        read_study(plan)


def test_a_plan_that_does_not_tell_the_children_is_checked_all_the_same(folder: Path) -> None:
    plan = plan_of(folder, kindergartens="园.csv")
    study, problems = check_inputs(read_plan_file(plan))
    assert study is not None
    assert problems[problems["code"] == "no_demand"]["severity"].tolist() == ["warning"]


def test_births_are_a_table_of_their_own(folder: Path) -> None:
    text = "出生人口统计表,,\n街道,年份,出生人数\n西街,2021年,120人\n西街,2022,\n东街,2021,80\n合计,,200\n"
    (folder / "出生.csv").write_text(text, encoding="utf-8")
    plan = plan_of(folder, kindergartens="园.csv")
    plan.write_text(plan.read_text(encoding="utf-8") + '[inputs.births]\npath = "出生.csv"\n')
    study = read_study(plan)
    assert study.births is not None
    assert study.births.to_numpy().tolist() == [["西街", 2021, 120], ["东街", 2021, 80]]
    lost = study.problems[study.problems["code"] == "missing_value"].iloc[0]
    assert (lost["layer"], lost["row"], lost["done"]) == ("births", 4, "row left out")
    assert study.inputs.set_index("layer").loc["births", "rows"] == 2

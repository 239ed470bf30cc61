"""The plan file: what it may say, and how it is told what is wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgspatial.errors import PlanError
from kgspatial.inputs import Settings, read_plan_file

Write = Callable[[str], Path]


@pytest.fixture
def plan(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_an_empty_plan_is_all_defaults(plan: Write) -> None:
    found = read_plan_file(plan(""))
    assert found.settings == Settings()
    assert found.inputs == {}


def test_a_full_plan_is_read_as_written(plan: Write, tmp_path: Path) -> None:
    found = read_plan_file(
        plan(
            """
            [plan]
            name = "临江县"
            year = 2030
            language = "en"
            [inputs.communities]
            path = "layers/小区.shp"
            crs = "BD-09"
            encoding = "GB18030"
            columns = { community_id = "编号", children = "幼儿" }
            [inputs.population]
            path = "pop.tif"
            bands = { children = 2 }
            [demand]
            age_share = 0.04
            [travel]
            limit_m = 1000
            detour = 1.3
            [balance]
            count_unlicensed = true
            [siting]
            classes = [6, 9]
            """
        )
    )
    assert found.settings.plan.name == "临江县"
    assert found.settings.travel.limit_m == 1000.0
    assert isinstance(found.settings.travel.limit_m, float)
    assert found.settings.siting.classes == (6, 9)
    assert found.inputs["communities"].path == str(tmp_path / "layers" / "小区.shp")
    assert found.inputs["communities"].columns == {"community_id": "编号", "children": "幼儿"}
    assert found.inputs["population"].bands == {"children": 2}


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes("[plan]\nname = '甲'\n".encode("utf-8-sig"))
    assert read_plan_file(path).settings.plan.name == "甲"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[travle]\nlimit_m = 5", "Did you mean 'travel'?"),
        ("[travel]\nlimitm = 5", "Did you mean 'limit_m'?"),
        ("[inputs.comunities]\npath = 'a'", "Did you mean 'communities'?"),
        ("[inputs.units]\npaht = 'a'", "Did you mean 'path'?"),
        ("[inputs.units]\npath = 'a'\ncolumns = { uint_id = 'b' }", "Did you mean 'unit_id'?"),
        ("[inputs.population]\npath = 'a'\nbands = { childern = 1 }", "Did you mean 'children'?"),
        ("[plan]\nzzz = 1", "Known: name, year"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(
    plan: Write, text: str, said: str
) -> None:
    with pytest.raises(PlanError, match="unknown key") as caught:
        read_plan_file(plan(text))
    assert said in str(caught.value)
    assert "plan.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("[plan]\nyear = '2025'", "plan.year", "expected a whole number, found '2025'"),
        ("[plan]\nyear = 2025.5", "plan.year", "expected a whole number"),
        ("[plan]\nyear = true", "plan.year", "expected a whole number"),
        ("[plan]\nname = 3", "plan.name", "expected a text"),
        ("[plan]\nlanguage = 'fr'", "plan.language", "'fr' is not one of zh, en"),
        ("[travel]\nlimit_m = 'far'", "travel.limit_m", "expected a number"),
        ("[travel]\nlimit_m = -1", "travel.limit_m", "0 or more"),
        ("[travel]\nlimit_m = inf", "travel.limit_m", "0 or more"),
        ("[travel]\nlimit_m = nan", "travel.limit_m", "0 or more"),
        ("[balance]\ncount_unlicensed = 1", "balance.count_unlicensed", "true or false"),
        ("[siting]\nclasses = 6", "siting.classes", "expected a list"),
        ("[siting]\nclasses = [6, 'nine']", "siting.classes", "expected a whole number"),
        ("[inputs.units]\npath = 'a'\ncolumns = 'b'", "inputs.units.columns", "expected a table"),
        ("[inputs.units]\npath = 'a'\ncolumns = { name = 1 }", "columns.name", "expected a text"),
        ("[inputs.units]\ncrs = 'EPSG:4490'", "inputs.units", "must say its path"),
        (
            "[inputs.units]\npath = 'a'\nbands = { children = 1 }",
            "inputs.units",
            "only the population",
        ),
        ("[inputs.population]\npath = 'a'\nlayer = 'b'", "inputs.population.layer", "has no layer"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_was_expected(
    plan: Write, text: str, key: str, said: str
) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan_file(plan(text))
    assert said in str(caught.value)
    assert key in str(caught.value.column)


@pytest.mark.parametrize("text", ["plan = 3", "inputs = 'x'", "[inputs]\nunits = 'a.gpkg'"])
def test_a_section_that_is_no_table_is_refused(plan: Write, text: str) -> None:
    with pytest.raises(PlanError, match=r"table"):
        read_plan_file(plan(text))


def test_what_is_no_toml_names_the_line(plan: Write) -> None:
    with pytest.raises(PlanError, match=r"not valid TOML.*line 2"):
        read_plan_file(plan("[plan]\nname = 临江县\n"))


def test_a_plan_saved_as_gbk_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes("[plan]\nname = '临江县'\n".encode("gbk"))
    with pytest.raises(PlanError, match="Save it as UTF-8"):
        read_plan_file(path)


def test_a_plan_that_is_not_there_names_the_sample(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="kgspatial sample"):
        read_plan_file(tmp_path / "none.toml")


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="folder"):
        read_plan_file(tmp_path)


def test_a_plan_below_a_file_cannot_be_read(plan: Write) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan_file(plan("") / "plan.toml")


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "ignore")))
def test_whatever_the_bytes_the_plan_is_read_or_refused_on_purpose(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with contextlib.suppress(PlanError):
        read_plan_file(path)

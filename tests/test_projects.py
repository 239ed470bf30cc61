"""The list of projects: its money and places add up, and later years gain what has opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgspatial.balance.ledger import (
    added_supply,
    cost_per_place,
    link_projects,
    opening_years,
    project_totals,
)
from kgspatial.errors import InputError
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.readers import read_plain

HEADERS = (
    *(
        "项目名称",
        "地点",
        "建设性质",
        "班数",
        "新增学位",
        "公办新增学位",
        "总投资(万元)",
        "年度计划投资",
    ),
    *("累计完成投资", "资金来源", "开工时间", "竣工/开园时间", "进度", "责任单位"),
)
"""STANDARDS 1.6."""

ENPING = (
    ("新建实验幼儿园", "新建", 10_400, 500, 20.80),
    ("第一幼儿园东安分园", "新建(分园)", 2_000, 500, 4.00),
    ("金坑小学→东成镇第一幼儿园", "改(扩)建", 2_000, 360, 5.56),
    ("米仓小学→米仓幼儿园", "改建", 1_000, 270, 3.70),
    ("西安小学→公办幼儿园", "改建", 3_000, 360, 8.33),
    ("锦江帝景幼儿园", "小区配套", 800, 270, 2.96),
    ("牛江、圣堂、横陂中心园扩建", "扩建", 3_000, 810, 3.70),
    ("那吉镇中心幼儿园选址改建", "改建", None, 300, np.nan),
)
"""STANDARDS 1.4: name, kind of work, 万元, places, 万元 a place; the last states no cost."""


@pytest.fixture(scope="module")
def enping(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The projects of the Enping action plan, as read from a workbook."""
    path = tmp_path_factory.mktemp("projects") / "项目清单.xlsx"
    rows = [
        {"项目名称": name, "建设性质": work, "总投资(万元)": wan, "新增学位": places}
        for name, work, wan, places, _ in ENPING
    ]
    pd.DataFrame(rows).to_excel(path, index=False)
    return read_plain("projects", LayerInput(str(path)))[0]


def projects_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows).astype(object)
    return table.where(table.notna(), None).assign(name=[f"P{i}" for i in range(len(rows))])


amounts = st.one_of(st.none(), st.integers(0, 20_000).map(float))
rows_ = st.lists(
    st.fixed_dictionaries(
        {
            "work": st.sampled_from(("new", "expansion", "reuse", None)),
            "funding": st.sampled_from(("bonds", "bonds;budget", "grants", None)),
            "year": st.sampled_from((2023.0, 2024.0, None)),
            "investment_wan": amounts,
            "planned_wan": amounts,
            "done_wan": amounts,
            "places_added": amounts,
            "opens": st.sampled_from(("2023-09-01", "2024-09-01", "2025-02-20", None)),
            "kindergarten_id": st.sampled_from(("K1", None)),
            "site_id": st.sampled_from(("S1", None)),
            "progress": st.sampled_from(("done", "stopped", None)),
        }
    ),
    min_size=1,
    max_size=15,
)


# --- reading ---


def test_the_columns_of_the_documents_are_read_under_their_names(tmp_path: Path) -> None:
    row = ["东安分园", "东安", "盘活", 15, 500, 400, 2000, "1,000万元", 2300]
    row += ["专项债券、财政", "2022.3", "2023年9月1日", "在建", "教育局"]
    path = tmp_path / "项目.xlsx"
    pd.DataFrame([row], columns=HEADERS).to_excel(path, index=False)
    project = read_plain("projects", LayerInput(str(path)))[0].iloc[0]
    assert len(project) == len(HEADERS)
    assert (project["work"], project["funding"]) == ("reuse", "bonds;budget")
    assert project[["investment_wan", "planned_wan", "done_wan"]].tolist() == [2000, 1000, 2300]
    assert project[["places_added", "public_places_added"]].tolist() == [500, 400]
    assert (project["opens"], project["progress"]) == ("2023-09-01", "under_way")


# --- money and places ---


def test_enping_adds_3070_places_for_22200_wan(enping: pd.DataFrame) -> None:
    programme = enping[enping["investment_wan"].notna()]
    row = project_totals(programme).loc["all"]
    assert (row["investment_wan"], row["places_added"]) == (22_200, 3_070)
    assert round(row["cost_per_place_wan"], 2) == 7.23
    others = project_totals(programme[programme["name"] != "新建实验幼儿园"]).loc["all"]
    assert round(others["cost_per_place_wan"], 2) == 4.59


def test_each_place_in_enping_costs_what_the_plan_says(enping: pd.DataFrame) -> None:
    expected = [round(cost, 2) for *_, cost in ENPING]
    assert cost_per_place(enping).round(2).tolist() == pytest.approx(expected, nan_ok=True)


def test_a_project_without_a_cost_is_counted_and_in_no_cost_per_place(enping: pd.DataFrame) -> None:
    row = project_totals(enping).loc["all"]
    assert (row["projects"], row["without_cost"]) == (8, 1)
    assert (row["places_added"], round(row["cost_per_place_wan"], 2)) == (3_370, 7.23)


def test_enping_by_kind_of_work_with_convert_and_extend_as_expansion(enping: pd.DataFrame) -> None:
    table = project_totals(enping, by="work")
    assert table["places_added"].to_dict() == {
        "conversion": 930,
        "expansion": 1170,
        "new": 1000,
        "supporting": 270,
    }
    assert table["investment_wan"].to_dict() == {
        "conversion": 4000,
        "expansion": 5000,
        "new": 12400,
        "supporting": 800,
    }
    assert table.loc["conversion", "cost_per_place_wan"] == pytest.approx(4000 / 630)


def test_zhangzhou_has_done_230_percent_of_its_plan() -> None:
    projects = pd.DataFrame({"planned_wan": [1_300.0, 1_202.0], "done_wan": [4_000.0, 1_753.9]})
    row = project_totals(projects).loc["all"]
    assert (row["done_wan"], row["planned_wan"]) == (pytest.approx(5_753.9), 2_502)
    assert round(100 * row["investment_rate"]) == 230


def test_a_rate_is_over_the_projects_that_tell_both() -> None:
    projects = pd.DataFrame({"planned_wan": [100.0, 100.0, None], "done_wan": [50.0, None, 70.0]})
    assert project_totals(projects).loc["all", "investment_rate"] == 0.5


@pytest.mark.parametrize(
    "row", [{"planned_wan": 0.0, "done_wan": 5.0}, {"done_wan": 5.0}, {"planned_wan": 5.0}]
)
def test_without_a_plan_or_a_report_the_rate_cannot_be_judged(row: dict[str, float]) -> None:
    assert np.isnan(project_totals(pd.DataFrame([row])).loc["all", "investment_rate"])


@given(rows_, st.sampled_from(("work", "funding", "year")))
@settings(max_examples=50, deadline=None)
def test_groups_add_up_to_the_total(rows: list[dict[str, Any]], by: str) -> None:
    projects = projects_of(rows)
    parts, whole = project_totals(projects, by=by), project_totals(projects).loc["all"]
    for name in ("projects", "investment_wan", "done_wan", "places_added", "without_places"):
        assert parts[name].sum() == whole[name]
    assert ((parts["investment_rate"] >= 0) | parts["investment_rate"].isna()).all()


@given(rows_)
@settings(max_examples=50, deadline=None)
def test_costs_are_those_of_a_plain_loop(rows: list[dict[str, Any]]) -> None:
    both = [
        (row["investment_wan"], row["places_added"])
        for row in rows
        if row["investment_wan"] is not None and row["places_added"] is not None
    ]
    wan, places = (sum(part) for part in zip(*both, strict=True)) if both else (0, 0)
    expected = wan / places if places else np.nan
    found = project_totals(projects_of(rows)).loc["all", "cost_per_place_wan"]
    assert found == pytest.approx(expected, nan_ok=True)


def test_projects_by_the_year_of_their_opening() -> None:
    projects = pd.DataFrame(
        {"places_added": [90, 180, 270], "opens": ["2024-09-01", "2025年", None]}
    )
    table = project_totals(projects, by=opening_years(projects))
    assert table["places_added"].to_dict() == {"2024": 90, "2025": 180, "not_given": 270}


def test_money_of_several_sources_is_not_split() -> None:
    projects = pd.DataFrame({"funding": ["bonds", "bonds;budget"], "investment_wan": [10.0, 20.0]})
    table = project_totals(projects, by="funding")
    assert table["investment_wan"].to_dict() == {"bonds": 10, "bonds;budget": 20}


# --- supply of later years ---


def test_places_count_from_the_year_of_the_opening() -> None:
    projects = pd.DataFrame(
        {
            "name": ["甲", "乙"],
            "site_id": ["S1", None],
            "kindergarten_id": [None, "K1"],
            "places_added": [300, 90],
            "classes": [9, 3],
            "opens": ["2025-09-01", "2026-02-20"],
        }
    )
    by_year = {y: added_supply(projects, y)[0]["places"].sum() for y in (2024, 2025, 2026, 2030)}
    assert by_year == {2024: 0, 2025: 300, 2026: 390, 2030: 390}
    supply, problems = added_supply(projects, 2026)
    assert supply[["site_id", "kindergarten_id"]].values.tolist() == [["S1", None], [None, "K1"]]
    assert (supply["from_year"].tolist(), problems) == ([2025, 2026], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"site_id": None}, "project_nowhere"),
        ({"places_added": None, "classes": 9}, "project_without_places"),
        ({"opens": None}, "project_without_opening"),
        ({"progress": "stopped"}, "project_stopped"),
    ],
)
def test_a_project_that_cannot_count_is_listed(change: dict[str, object], code: str) -> None:
    row = {"name": "甲", "site_id": "S1", "places_added": 300, "opens": "2025-09-01"} | change
    supply, problems = added_supply(pd.DataFrame([row], index=[4]), 2030)
    assert supply.empty
    assert [(p.code, p.row) for p in problems] == [(code, 4)]


@given(rows_, st.integers(2022, 2026))
@settings(max_examples=50, deadline=None)
def test_a_project_counts_waits_or_is_listed(rows: list[dict[str, Any]], year: int) -> None:
    projects = projects_of(rows)
    now, problems = added_supply(projects, year)
    later, same = added_supply(projects, year + 1)
    listed = {p.row for p in problems}
    assert (set(now.index) <= set(later.index), problems == same) == (True, True)
    assert listed.isdisjoint(now.index)
    waiting = set(projects.index) - listed - set(now.index)
    assert all(int(rows[i]["opens"][:4]) > year for i in waiting)
    assert all(int(rows[i]["opens"][:4]) <= year for i in now.index)


def test_an_opening_that_is_no_date_is_named_with_its_row() -> None:
    projects = pd.DataFrame({"name": ["甲"], "opens": ["明年"]}, index=[6])
    with pytest.raises(InputError, match="row 6, column 'opens': '明年' is no date"):
        added_supply(projects, 2025)


def test_projects_are_linked_to_what_they_change() -> None:
    projects = pd.DataFrame(
        {
            "name": ["扩建", "配套", "新建"],
            "kindergarten": ["第一幼儿园", None, None],
            "community": [None, "金城 花园", None],
            "site_id": [None, None, "S9"],
        },
        index=[2, 3, 4],
    )
    table, problems = link_projects(
        projects,
        kindergartens=pd.DataFrame({"kindergarten_id": ["K1"], "name": ["第一幼儿园"]}),
        communities=pd.DataFrame({"community_id": ["C1"], "name": ["金城花园"]}),
        candidates=pd.DataFrame({"site_id": ["S1"]}),
    )
    assert table["kindergarten_id"].tolist() == ["K1", None, None]
    assert table["community_id"].tolist() == [None, "C1", None]
    assert table["site_id"].tolist() == [None, None, None]
    assert [(p.code, p.row) for p in problems] == [("name_matched", 3), ("name_unknown", 4)]

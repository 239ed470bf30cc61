"""The annex tables of rules, targets, ledger and projects: one row each, and no more than is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely import Point, box

import kgspatial as kg
from kgspatial.balance import Balance, check_kindergartens, check_villages
from kgspatial.inputs.settings import BalanceSettings, OwnIndicator, PlanSettings, Settings
from kgspatial.report import write_tables
from kgspatial.report.ledger_tables import ledger_day, ledger_tables
from kgspatial.report.rule_tables import missing_text, rule_tables
from kgspatial.study import Study

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
WEST, SOUTH = 500_000.0, 2_700_000.0

GARDENS: list[dict[str, Any]] = [
    # complete, and meets every rule
    {
        "name": "东镇中心幼儿园",
        "kind": "public",
        "places": 180,
        "classes": 6,
        "enrolled": 150,
        "classes_junior": 2,
        "classes_middle": 2,
        "classes_senior": 2,
        "licensed": True,
        "teachers": 12,
        "carers": 6,
        "staff": 25,
        "opened_year": 2019,
        "floor_area_m2": 2500.0,
        "outdoor_area_m2": 800.0,
        "supports_community": "C0",
    },
    # full classes, too few of everybody, too small
    {
        "name": "小星幼儿园",
        "kind": "private",
        "places": 90,
        "classes": 3,
        "enrolled": 100,
        "classes_junior": 1,
        "classes_middle": 1,
        "classes_senior": 1,
        "licensed": True,
        "teachers": 4,
        "carers": 1,
        "staff": 9,
        "opened_year": 2018,
        "floor_area_m2": 900.0,
        "outdoor_area_m2": 300.0,
    },
    # from before the standard of 2017
    {
        "name": "老园",
        "kind": "public",
        "places": 90,
        "classes": 3,
        "enrolled": 60,
        "teachers": 9,
        "carers": 0,
        "staff": 12,
        "opened_year": 1995,
        "floor_area_m2": 300.0,
        "outdoor_area_m2": 90.0,
    },
    # of which hardly anything is known
    {"name": "新园", "places": 90},
]

LEDGER = pd.DataFrame(
    {
        "county": ["甲县", "甲县", "乙县"],
        "community": ["江景", "湖景", "别处"],
        "community_id": ["C0", "C1", None],
        "problem_kinds": ["handover", "planning;building", "use"],
        "outcome": ["public", None, "inclusive"],
        "stage": ["handover", "permits", None],
        "deadline": ["2024-06-30", "2024-03-31", None],
        "done_date": ["2024-05-31", None, "2024-04-30"],
        "phase_one_date": ["2023-12-31"] * 2 + [None],
        "built_date": ["2024-01-02", "2023-12-31", None],
    },
    index=[2, 3, 4],
)

PROJECTS = pd.DataFrame(
    {
        "name": ["实验幼儿园", "第二幼儿园"],
        "work": ["new", "expansion"],
        "places_added": [500.0, 500.0],
        "investment_wan": [10_400.0, 2_000.0],
        "planned_wan": [100.0, None],
        "funding": ["bonds;budget", None],
        "year": [2024.0, 2025.0],
    },
    index=[2, 3],
)


def layer(rows: list[dict[str, Any]], id_column: str, shapes: list[Any]) -> gpd.GeoDataFrame:
    ids = [f"{id_column[0].upper()}{i}" for i in range(len(rows))]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4549").assign(**{id_column: ids})


def square(east: float, side: float = 400.0) -> Any:
    return box(WEST + east, SOUTH, WEST + east + side, SOUTH + side)


@pytest.fixture(scope="module")
def study() -> Study:
    gardens = layer(
        GARDENS,
        "kindergarten_id",
        [Point(WEST + 200 + 900 * i, SOUTH + 200) for i in range(len(GARDENS))],
    )
    estates = layer(
        [
            {"name": "江景", "households": 1_500, "residents": 4_800, "children": 150},
            {"name": "湖景", "households": 1_500, "residents": 4_800, "children": 120},
        ],
        "community_id",
        [square(0), square(900)],
    )
    villages = layer(
        [{"name": "大村", "residents": 4_000}, {"name": "小村", "residents": 900}],
        "village_id",
        [square(1_800), square(4_000)],
    )
    indicators = {"vacancy": OwnIndicator("sum(vacant) / sum(places)", at_most=0.01)}
    return Study(
        kindergartens=gardens,
        communities=estates,
        villages=villages,
        ledger=LEDGER,
        projects=PROJECTS,
        settings=Settings(
            plan=PlanSettings(year=2024, profile="enping_2023"),
            balance=BalanceSettings(indicators=indicators),
        ),
    )


def balance_of(study: Study, year: int = 2024) -> Balance:
    demand = kg.estimate_demand(study, year=year)
    return kg.assess_balance(study, demand, kg.measure_travel(study, demand))


@pytest.fixture(scope="module")
def balance(study: Study) -> Balance:
    return balance_of(study)


@pytest.fixture(scope="module")
def rules(study: Study, balance: Balance) -> dict[str, pd.DataFrame]:
    return rule_tables(study, balance, "en")


@pytest.fixture(scope="module")
def progress(study: Study, balance: Balance) -> dict[str, pd.DataFrame]:
    return ledger_tables(study, balance, "en")


def verdicts(table: pd.DataFrame) -> list[str]:
    return table["Verdict"].dropna().tolist()


# --- kindergartens ---


def test_a_kindergarten_from_before_2017_shows_its_areas_and_is_not_concerned(
    rules: dict[str, pd.DataFrame],
) -> None:
    table = rules["areas"].set_index("Name")
    assert verdicts(table) == ["Met", "Not met", "Not concerned", "Cannot be judged"]
    assert table.loc["老园", "Outdoor area per child (m²)"] == 90 / 60
    assert table.loc["东镇中心幼儿园", "Floor area per child (m²)"] == pytest.approx(2500 / 150)
    assert "Opened in" in table.loc["新园", "What would have to be known"]


def test_class_sizes_stand_beside_what_the_classes_hold(rules: dict[str, pd.DataFrame]) -> None:
    table = rules["class_sizes"].set_index("Name")
    assert verdicts(table) == ["Met", "Not met", "Met", "Cannot be judged"]
    row = table.loc["小星幼儿园"]
    assert row["Children per class"] == pytest.approx(100 / 3)
    assert row["Children a class may have"] == 30


def test_persons_short_are_those_whom_a_loop_over_the_rules_finds(
    study: Study, rules: dict[str, pd.DataFrame]
) -> None:
    table = rules["staffing"].set_index("Name")
    assert verdicts(table) == ["Met", "Not met", "Met", "Cannot be judged"]
    assert table.loc["小星幼儿园", "Teachers short"] == max(-(-100 // 15) - 4, 2 * 3 - 4)
    assert table.loc["小星幼儿园", "Carers short"] == 3 - 1
    assert table.loc["小星幼儿园", "Staff short"] == -(-100 // 7) - 9
    assert table.loc["小星幼儿园", "Teachers or carers short"] == -(-100 // 9) - (4 + 1)
    assert table.loc["老园", "Carers short"] == 0, "three teachers a class do without"
    assert table.loc["老园", "Two teachers and a carer a class"] == "Met"
    assert pd.isna(table.loc["新园", "Teachers short"])


def test_whoever_is_short_of_nobody_meets_the_rules_once_they_are_hired(
    study: Study, rules: dict[str, pd.DataFrame]
) -> None:
    short = rules["staffing"].set_index("Kindergarten ID")
    names = {"teachers": "Teachers short", "carers": "Carers short", "staff": "Staff short"}
    more = study.kindergartens.copy()
    for column, header in names.items():
        added = more["kindergarten_id"].map(short[header]).astype(float)
        more[column] = more[column].astype(float) + added
    hired = check_kindergartens(replace(study, kindergartens=more), 2024)
    staff = hired[hired["rule"].isin(["staffing.teachers_per_class", "staffing.carers_per_class"])]
    ratios = ("children_per_teacher", "children_per_staff")
    staff = pd.concat([staff, hired[hired["rule"].isin([f"staffing.{r}" for r in ratios])]])
    assert len(staff) == 4 * len(GARDENS)
    assert "not_met" not in set(staff["verdict"])


# --- villages and estates ---


def test_a_large_village_should_have_its_own_and_a_small_one_a_branch(
    rules: dict[str, pd.DataFrame],
) -> None:
    table = rules["villages"].set_index("Name")
    assert table.loc["大村", "Form that it should have"] == "Its own"
    assert table.loc["大村", "Large enough for its own"] == "Yes"
    assert table.loc["大村", "Verdict"] == "Met"
    assert table.loc["小村", "Form that it should have"] == "Branch or joint"
    assert table.loc["小村", "Head kindergarten proposed"] == "东镇中心幼儿园"
    assert "serves it" in table.loc["小村", "What would have to be known"]
    assert table.loc["Total", "Residents"] == 4_900


def test_by_a_number_nobody_verified_no_form_is_named(study: Study, balance: Balance) -> None:
    plan = replace(study.settings, plan=PlanSettings(year=2024, profile="national"))
    table = rule_tables(replace(study, settings=plan), balance, "en")["villages"]
    assert "Form that it should have" not in table
    assert set(verdicts(table)) == {"Cannot be judged"}
    assert check_villages(study, 2024, "national")["verdict"].eq("unknown").all()


def test_an_estate_shows_what_it_is_owed_and_how_it_stands_in_the_ledger(
    rules: dict[str, pd.DataFrame],
) -> None:
    table = rules["estates"].set_index("Name")
    assert verdicts(table) == ["Not met", "Not met"]
    missing = table["Places owed"] - table["Places provided"]
    assert table["Places missing (+ short, - more)"].iloc[:2].tolist() == missing.iloc[:2].tolist()
    assert table.loc["湖景", "Kind of problem"] == "Planning, Building"
    assert table.loc["江景", "Five stages with the first homes"] == "Not met"
    assert table.loc["湖景", "Five stages with the first homes"] == "Cannot be judged"


# --- targets, ledger, projects ---


def test_indicators_stand_beside_the_targets_of_this_and_of_later_years(study: Study) -> None:
    plan = replace(study.settings, plan=PlanSettings(year=2023, profile="enping_2023"))
    table = ledger_tables(replace(study, settings=plan), balance_of(study, 2023), "en")
    rows = table["indicators"].set_index("Indicator")
    assert rows.loc["Children per teacher", ["Target of the year", "Target of 2024"]].tolist() == [
        "≤ 16.0",
        "≤ 15.0",
    ]
    assert rows.loc["Share of classes within class size", "Target of 2024"] == "≥ 85.0%"
    assert rows.loc["vacancy", "Verdict"] == "Not met"


def test_the_ledger_is_judged_on_the_last_day_that_it_knows(
    progress: dict[str, pd.DataFrame],
) -> None:
    assert str(ledger_day(LEDGER)) == "2024-05-31 00:00:00"
    table = progress["ledger"].set_index("Estate")["State"]
    assert table.to_dict() == {"江景": "Done", "湖景": "Overdue", "别处": "Done"}


def test_counties_are_ranked_and_add_up(progress: dict[str, pd.DataFrame]) -> None:
    table = progress["ledger_ranking"].set_index("County")
    assert table.loc[["乙县", "甲县"], "Rank"].tolist() == [1, 2]
    for header in ("To rectify", "Done", "Of these public", "Of these inclusive"):
        assert table.loc["Total", header] == table[header].iloc[:-1].sum()
    assert table.loc["Total", "Completion rate"] == pytest.approx(2 / 3)


def test_projects_have_their_cost_per_place_and_a_total_only_of_what_all_tell(
    progress: dict[str, pd.DataFrame],
) -> None:
    table = progress["projects"].set_index("Name")
    assert table["Cost per place (10,000 yuan)"].tolist() == [20.8, 4.0, 12.4]
    assert table.loc["Total", "Investment (10,000 yuan)"] == 12_400
    assert pd.isna(table.loc["Total", "Planned this year (10,000 yuan)"])
    assert table.loc["实验幼儿园", "Funding"] == "Bonds, Budget"


# --- only what the inputs allow ---


def test_a_study_of_places_only_has_no_table_of_staff_areas_villages_or_ledger() -> None:
    gardens = layer([{"places": 90}], "kindergarten_id", [Point(WEST + 200, SOUTH + 200)])
    homes = layer([{"children": 30}], "community_id", [square(0)])
    bare = Study(kindergartens=gardens, communities=homes)
    assert rule_tables(bare, balance_of(bare)) == {}
    assert set(ledger_tables(bare, balance_of(bare))) == {"indicators"}


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("", ""),
        ("teachers, teachers, carers", "Teachers, Carers"),
        ("classes_junior, classes_senior", "Classes by age group"),
        ("residents or households", "Residents or Households"),
    ],
)
def test_what_is_missing_is_said_in_the_words_of_the_headers(missing: str, words: str) -> None:
    assert missing_text(missing, "en") == words


# --- the workbook ---


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_has_a_sheet_for_each_and_no_missing_value_in_words(
    study: Study, balance: Balance, tmp_path: Path, language: str
) -> None:
    path = write_tables(tmp_path / "tables.xlsx", study, balance, None, language)
    book = openpyxl.load_workbook(path)
    numbers = ("4", "5", "6", "12", "13", "15", "16", "17")
    heads = [f"附表{n} " if language == "zh" else f"A{n} " for n in numbers]
    assert all(any(name.startswith(h) for name in book.sheetnames) for h in heads)
    cells = [c.value for s in book for row in s.iter_rows() for c in row if c.value is not None]
    words = {str(v) for v in cells}
    assert not words & {"nan", "None", "NaT", "<NA>", "True", "False"}
    codes = {"not_met", "unknown", "not_concerned", "building", "handover", "bonds", "new"}
    assert not words & codes
    heads = {str(c.value) for s in book for c in s[2] if c.value is not None} - {"SHA-256"}
    foreign = {h for h in heads if (language == "zh") == h.replace("²", "2").isascii()}
    assert not foreign | {h for h in heads if "_" in h}, "every header has its words"


def test_the_sample_has_the_tables_that_its_layers_allow() -> None:
    study = kg.read_study(SAMPLE / "plan.toml")
    found = balance_of(study, 2025)
    assert set(rule_tables(study, found)) == {
        *("areas", "class_sizes", "staffing", "villages", "estates"),
    }
    staff = rule_tables(study, found, "en")["staffing"]
    rules = check_kindergartens(study, 2025)
    failing = rules[rules["rule"].str.startswith("staffing.") & (rules["verdict"] == "not_met")]
    assert (staff["Verdict"] == "Not met").sum() == failing["subject_id"].nunique()

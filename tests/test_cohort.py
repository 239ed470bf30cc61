"""The cohort forecast: school years, survival, moves, births to come, and how wrong it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as cases
from hypothesis import strategies as st

from kgspatial.demand.backtests import backtest
from kgspatial.demand.cohort import ages_on, by_urban, forecast_children, forecast_problems
from kgspatial.demand.scenarios import (
    Scenario,
    Survival,
    default_scenarios,
    default_survival,
)
from kgspatial.demand.school_years import month_of, running_school_year, school_cohorts
from kgspatial.errors import InputError

ROOT = Path(__file__).parents[1]
TAINAN = ROOT.parent / "shared" / "data" / "tainan"

# Announced births of China, in 10,000, and the children of 3 to 5 they give, to the unit.
BIRTHS = pd.Series(
    {
        2014: 1687,
        2015: 1655,
        2016: 1786,
        2017: 1723,
        2018: 1523,
        2019: 1465,
        2020: 1202,
        2021: 1062,
        2022: 956,
        2023: 902,
        2024: 954,
        2025: 792,
    }
)
COHORTS = {
    2020: 5152,
    2021: 5076,
    2022: 4818,
    2023: 4364,
    2024: 3883,
    2025: 3390,
    2026: 3020,
    2027: 2848,
    2028: 2703,
}

MID = Scenario("mid")
AUGUST = date(2025, 8, 31)
AGES = ["age_3", "age_4", "age_5"]
REFERENCES = st.dates(date(2019, 1, 1), date(2026, 12, 31))


def counted(rows: np.ndarray | list[list[float]], ids: list[str] | None = None) -> pd.DataFrame:
    table = np.asarray(rows, dtype=float)
    index = ids or [f"U{i}" for i in range(len(table))]
    return pd.DataFrame(table, index=index, columns=[f"age_{a}" for a in range(table.shape[1])])


@st.composite
def counts(draw: st.DrawFn, units: int | None = None) -> pd.DataFrame:
    """Children of 0 to 6 by unit: with zeros, tiny and large units."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = units or draw(st.integers(1, 6))
    return counted(random.choice([0.0, 0.5, 3.0, 40.0, 1234.5, 9e5], (rows, 7)))


def born(table: pd.DataFrame, reference: date, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    years = range(reference.year, reference.year + 4)
    return pd.DataFrame(
        random.uniform(0, 500, (len(table), 4)), index=table.index, columns=list(years)
    )


# School years


def test_the_national_cohorts_follow_from_the_announced_births() -> None:
    found = school_cohorts(BIRTHS, COHORTS)
    assert dict(zip(found["year"], found["children"].round().astype(int), strict=True)) == COHORTS
    assert found[AGES].sum(axis=1).to_numpy() == pytest.approx(found["children"].to_numpy())


@given(st.integers(2015, 2030), st.integers(0, 2**32 - 1))
def test_a_child_counts_by_the_age_reached_on_31_august(year: int, seed: int) -> None:
    """Month by month, against the rule said with dates."""
    random = np.random.default_rng(seed)
    months = pd.period_range(f"{year - 8}-01", f"{year}-12", freq="M")
    births = pd.Series(random.integers(0, 50, len(months)).astype(float), index=months)
    cut = date(year, 8, 31)
    expected = dict.fromkeys((3, 4, 5), 0.0)
    for month, count in births.items():
        birthday = date(month.year, month.month, 28)
        had = (cut.month, cut.day) >= (birthday.month, birthday.day)
        age = cut.year - birthday.year - (0 if had else 1)
        if age in expected:
            expected[age] += count
    found = school_cohorts(births, [year]).iloc[0]
    assert [found[f"age_{a}"] for a in (3, 4, 5)] == pytest.approx(list(expected.values()))


def test_births_of_months_spread_evenly_equal_births_of_years() -> None:
    months = pd.period_range("2014-01", "2025-12", freq="M")
    monthly = pd.Series([BIRTHS[m.year] / 12 for m in months], index=months)
    found, expected = school_cohorts(monthly, COHORTS), school_cohorts(BIRTHS, COHORTS)
    pd.testing.assert_frame_equal(found, expected)


def test_a_school_year_without_its_births_stays_missing() -> None:
    found = school_cohorts(BIRTHS, [2019, 2025, 2029]).set_index("year")
    assert found["children"].isna().tolist() == [True, False, True]
    assert found.loc[2019].isna().to_dict() == {
        "age_3": False,
        "age_4": False,
        "age_5": True,
        "children": True,
    }


def test_cohorts_of_units_come_by_unit_with_or_without_a_column_of_ids() -> None:
    births = pd.DataFrame([BIRTHS, BIRTHS * 2], index=pd.Index(["a", "b"], name="unit_id"))
    found = school_cohorts(births, [2025, 2026])
    assert found["unit_id"].tolist() == ["a", "a", "b", "b"]
    assert found["children"].to_numpy()[2:] == pytest.approx(2 * found["children"].to_numpy()[:2])
    pd.testing.assert_frame_equal(school_cohorts(births.reset_index(), [2025, 2026]), found)
    months = pd.period_range("2014-01", "2025-12", freq="M")
    monthly = pd.DataFrame(1.0, index=births.index, columns=months)
    assert (school_cohorts(monthly.reset_index(), [2025])["children"] == 36.0).all()


def test_the_census_hour_is_the_end_of_october() -> None:
    assert month_of(date(2020, 11, 1)) == month_of(date(2020, 10, 31))
    assert month_of(date(2020, 12, 31)) == month_of(date(2021, 1, 1)) == 2021 * 12
    assert [running_school_year(d) for d in (date(2020, 8, 31), date(2020, 11, 1))] == [2020, 2020]
    assert running_school_year(date(2020, 6, 30)) == 2019


# The forecast


@given(counts(), REFERENCES, st.integers(0, 2**32 - 1))
@cases(max_examples=60)
def test_a_cohort_that_nobody_joins_or_leaves_keeps_its_number(
    ages: pd.DataFrame, reference: date, seed: int
) -> None:
    first = running_school_year(reference)
    years = range(first, first + 7)
    births = born(ages, reference, seed)
    found = forecast_children(ages, years, reference=reference, births=births, scenarios=[MID])
    by_year = found.set_index(["year", "unit_id"])[AGES]
    for year in years[:-1]:
        now, then = by_year.loc[year], by_year.loc[year + 1]
        np.testing.assert_allclose(now["age_3"], then["age_4"], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(now["age_4"], then["age_5"], rtol=1e-9, atol=1e-9)


@given(counts(), REFERENCES, st.integers(0, 2**32 - 1))
@cases(max_examples=60)
def test_nobody_counted_is_lost_on_the_way(ages: pd.DataFrame, reference: date, seed: int) -> None:
    """All who were 0 to 6 and all born since are somewhere among all ages on any later day."""
    random = np.random.default_rng(seed)
    later = date(reference.year + int(random.integers(1, 4)), int(random.integers(1, 13)), 28)
    older = ages.assign(**{f"age_{a}": 0.0 for a in range(7, 13)})
    everyone = Survival("nobody dies", (1.0,) * 13)
    found = ages_on(later, range(13), older, reference=reference, scenario=MID, survival=everyone)
    since = (month_of(later) - month_of(reference)) / 12
    expected = ages.sum(axis=1) + ages["age_0"] * since
    np.testing.assert_allclose(found.sum(axis=1), expected, rtol=1e-9)


def one_by_one(
    ages: dict[int, float], births: dict[int, float], keep: dict[int, float], years: int
) -> dict[int, float]:
    """Children on 31 August, moved on year by year; births by school year (September on)."""
    for step in range(years):
        older = {a + 1: n * keep[a + 1] for a, n in ages.items() if a < 5}
        ages = older | {0: births[step] * keep[0]}
    return ages


@given(counts(units=1), st.integers(0, 6), st.integers(0, 2**32 - 1))
@cases(max_examples=60)
def test_survival_and_moves_by_age_act_year_by_year(
    ages: pd.DataFrame, years: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    survival = Survival("own", tuple(random.uniform(0.9, 1.0, 6)))
    rates = dict(zip(range(1, 6), random.uniform(-0.2, 0.3, 5), strict=True))
    migration = pd.DataFrame([rates], index=ages.index).add_prefix("age_")
    months = pd.period_range("2025-09", "2031-12", freq="M")
    births = pd.DataFrame(random.uniform(0, 90, (1, len(months))), ages.index, months)
    found = forecast_children(
        ages,
        [2025 + years],
        reference=AUGUST,
        births=births,
        survival=survival,
        scenarios=[Scenario("own", migration=migration)],
    )
    school = {y: births.iloc[0, 12 * y : 12 * y + 12].sum() for y in range(6)}
    keep = {a: survival.reaching[a] * (1 + rates.get(a, 0.0)) for a in range(6)}
    start = {a: ages[f"age_{a}"].item() for a in range(6)}
    expected = one_by_one(start, school, keep, years)
    assert found[AGES].iloc[0].tolist() == pytest.approx([expected[a] for a in (3, 4, 5)])


@pytest.mark.parametrize(
    ("day", "part"),
    [
        (date(2024, 8, 31), 0),
        (date(2024, 11, 1), 2),
        (date(2024, 12, 31), 4),
        (date(2025, 5, 31), 9),
    ],
)
def test_a_count_within_the_school_year_is_put_back_to_the_ages_of_31_august(
    day: date, part: int
) -> None:
    """Of the children aged 4 on 31 December a third turned 4 since August: they count as 3."""
    ages = counted([[700.0, 600.0, 500.0, 400.0, 300.0, 200.0, 100.0]])
    found = forecast_children(ages, [2024], reference=day, scenarios=[MID]).iloc[0]
    later = part / 12
    expected = [
        (1 - later) * n + later * older for n, older in [(400, 300), (300, 200), (200, 100)]
    ]
    assert found[AGES].tolist() == pytest.approx(expected)


def test_the_months_from_a_year_end_count_to_the_next_august_are_part_of_a_year() -> None:
    ages = counted([[120.0] * 7])
    moved = Scenario("moved", migration=0.1)
    found = forecast_children(ages, [2025], reference=date(2024, 12, 31), scenarios=[moved])
    assert found[AGES].iloc[0].tolist() == pytest.approx([120 * 1.1 ** (8 / 12)] * 3)
    running = forecast_children(ages, [2024], reference=date(2024, 12, 31), scenarios=[moved])
    assert running[AGES].iloc[0].tolist() == pytest.approx([120.0] * 3)


def test_births_since_the_count_reach_kindergarten_three_years_later() -> None:
    births = pd.DataFrame([[300.0, 240.0, 120.0]], index=["U0"], columns=[2025, 2026, 2027])
    found = forecast_children(
        counted([[90.0] * 6]), [2028, 2029, 2030], reference=AUGUST, births=births, scenarios=[MID]
    )
    assert found["age_3"].tolist() == pytest.approx([90, 300 / 3 + 240 * 2 / 3, 240 / 3 + 80])


def test_beyond_the_given_births_the_scenario_goes_on_by_its_yearly_rate() -> None:
    births = pd.DataFrame([[300.0, 240.0]], index=["U0"], columns=[2025, 2026])
    fewer = Scenario("fewer", births_change=-0.1)
    found = forecast_children(
        counted([[90.0] * 6]), [2030, 2031], reference=AUGUST, births=births, scenarios=[fewer]
    )
    in_2027, in_2028 = 240 * 0.9, 240 * 0.81
    expected = [240 / 3 + in_2027 * 2 / 3, in_2027 / 3 + in_2028 * 2 / 3]
    assert found["age_3"].tolist() == pytest.approx(expected)


def test_without_births_the_youngest_stand_for_a_year_of_births() -> None:
    ages = counted([[50.0, 60.0, 70.0, 80.0, 90.0, 95.0]])
    more = Scenario("more", births_change=0.2)
    found = forecast_children(ages, [2029, 2030], reference=AUGUST, scenarios=[more])
    assert found["age_3"].tolist() == pytest.approx([50 * 1.2, 50 * 1.44])


@given(counts(units=5), REFERENCES, st.integers(0, 2**32 - 1))
@cases(max_examples=40)
def test_the_units_together_are_the_forecast_of_their_sum(
    ages: pd.DataFrame, reference: date, seed: int
) -> None:
    random = np.random.default_rng(seed)
    one = Scenario("one", random.uniform(-0.3, 0.3), random.uniform(-0.2, 0.2))
    years = [running_school_year(reference) + y for y in (0, 2, 5)]
    births = born(ages, reference, seed)
    whole = ages.sum().to_frame("all").T
    both = [
        forecast_children(table, years, reference=reference, births=b, scenarios=[one])
        for table, b in ((ages, births), (whole, births.sum().to_frame("all").T))
    ]
    together = both[0].groupby("year")[AGES].sum()
    np.testing.assert_allclose(together, both[1].set_index("year")[AGES], rtol=1e-9, atol=1e-9)


@given(counts(), REFERENCES, st.lists(st.floats(-0.4, 0.4), min_size=3, max_size=3), st.booleans())
@cases(max_examples=60)
def test_more_births_or_more_moving_in_never_give_fewer_children(
    ages: pd.DataFrame, reference: date, rates: list[float], births: bool
) -> None:
    names = ("low", "mid", "high")
    scenarios = [
        Scenario(n, births_change=r) if births else Scenario(n, migration=r)
        for n, r in zip(names, sorted(rates), strict=True)
    ]
    years = range(running_school_year(reference), running_school_year(reference) + 7)
    found = forecast_children(ages, years, reference=reference, scenarios=scenarios)
    wide = found.pivot_table("children", ["unit_id", "year"], "scenario")
    tolerance = 1e-9 * (1.0 + wide["mid"])
    assert (wide["low"] <= wide["mid"] + tolerance).all()
    assert (wide["mid"] <= wide["high"] + tolerance).all()


@given(counts(units=6), st.permutations(range(6)))
@cases(max_examples=40)
def test_the_order_and_the_ids_of_units_do_not_matter(ages: pd.DataFrame, order: list[int]) -> None:
    rates = pd.Series(np.linspace(-0.1, 0.15, 6), index=ages.index)
    names = {old: 1000 - i for i, old in enumerate(ages.index)}
    plain = forecast_children(
        ages, [2026, 2030], reference=AUGUST, scenarios=[Scenario("s", -0.05, rates)]
    )
    other = forecast_children(
        ages.iloc[order].rename(names),
        [2026, 2030],
        reference=AUGUST,
        scenarios=[Scenario("s", -0.05, rates.iloc[::-1].rename(names))],
    )
    assert other["unit_id"].unique().tolist() == [names[ages.index[i]] for i in order]
    moved = plain.assign(unit_id=plain["unit_id"].map(names)).set_index(["unit_id", "year"])
    found = other.set_index(["unit_id", "year"]).loc[moved.index]
    np.testing.assert_allclose(found[AGES], moved[AGES], rtol=1e-12)


@given(counts(units=4), counts(units=4), st.floats(0, 5), REFERENCES, st.integers(0, 2**32 - 1))
@cases(max_examples=40)
def test_the_forecast_is_linear_in_what_was_counted(
    one: pd.DataFrame, two: pd.DataFrame, factor: float, reference: date, seed: int
) -> None:
    scenario = Scenario("s", -0.07, pd.Series([0.1, -0.1, 0.0, 0.3], one.index), 0.9)
    year = running_school_year(reference) + 4
    births = [born(one, reference, seed), born(one, reference, seed + 1)]
    estates = pd.DataFrame({"unit_id": one.index, "year": year, "children": [1.0, 0, 7, 30]})

    def children(ages: pd.DataFrame, born_since: pd.DataFrame, delivered: float) -> np.ndarray:
        found = forecast_children(
            ages,
            [year],
            reference=reference,
            births=born_since,
            scenarios=[scenario],
            delivered=estates.assign(children=estates["children"] * delivered),
        )
        return found["expected"].to_numpy()

    mixed = children(one + factor * two, births[0] + factor * births[1], 1.0 + factor)
    parts = children(one, births[0], 1.0) + factor * children(two, births[1], 1.0)
    np.testing.assert_allclose(mixed, parts, rtol=1e-9, atol=1e-9)


def test_years_and_scenarios_are_rows_of_one_table() -> None:
    found = forecast_children(counted([[9.0] * 6, [8.0] * 6]), [2026, 2028], reference=AUGUST)
    assert list(found.columns) == [
        "unit_id",
        "year",
        "scenario",
        *AGES,
        "delivered",
        "children",
        "gross_enrolment",
        "expected",
    ]
    assert found[["unit_id", "year", "scenario"]].values.tolist() == [
        [u, y, s] for u in ("U0", "U1") for y in (2026, 2028) for s in ("low", "mid", "high")
    ]


def test_gross_enrolment_above_one_is_not_clipped() -> None:
    ratio = pd.Series({2026: 0.9, 2027: 1.15})
    found = forecast_children(
        counted([[100.0] * 6]),
        [2026, 2027],
        reference=AUGUST,
        scenarios=[replace(MID, enrolment=ratio)],
    )
    assert found["expected"].tolist() == pytest.approx([270.0, 345.0])
    assert found["gross_enrolment"].tolist() == [0.9, 1.15]


def test_delivered_estates_add_to_their_year_and_are_not_carried_on() -> None:
    estates = pd.DataFrame(
        {"unit_id": ["U0", "U0", "U1"], "year": [2027, 2027, 2026], "children": [4.0, 6.0, 5.0]}
    )
    found = forecast_children(
        counted([[1.0] * 6] * 2), [2026, 2027, 2028], reference=AUGUST, delivered=estates
    )
    mid = found[found["scenario"] == "mid"]
    assert mid["delivered"].tolist() == [0, 10, 0, 5, 0, 0]
    assert mid["children"].tolist() == pytest.approx([3, 13, 3, 8, 3, 3])


def test_a_missing_count_is_missing_only_in_the_years_that_need_it() -> None:
    ages = counted([[10.0, 20.0, np.nan, 40.0, 50.0, 60.0], [1.0] * 6])
    found = forecast_children(ages, range(2025, 2030), reference=AUGUST, scenarios=[MID])
    first = found[found["unit_id"] == "U0"].set_index("year")["children"]
    assert first.isna().to_dict() == {2025: False, 2026: True, 2027: True, 2028: True, 2029: False}
    assert (found.loc[found["unit_id"] == "U1", "children"] == 3.0).all()
    problem = next(p for p in forecast_problems(found) if p.code == "no_forecast")
    assert problem.value == "U0"
    assert "2026, 2027, 2028" in problem.problem


def test_an_estate_of_unknown_size_and_a_unit_without_births_stay_missing() -> None:
    ages = counted([[5.0] * 6] * 2)
    estates = pd.DataFrame({"unit_id": ["U0"] * 2, "year": [2026] * 2, "children": [np.nan, 3.0]})
    births = pd.DataFrame([[5.0, 5.0]], index=["U1"], columns=[2025, 2026])
    found = forecast_children(
        ages, [2026, 2029], reference=AUGUST, births=births, scenarios=[MID], delivered=estates
    )
    assert found["children"].isna().tolist() == [True, True, False, False]
    assert found["age_4"].notna().all()


# What is assumed


def test_nobody_dies_or_moves_unless_the_planner_says_so() -> None:
    assert set(default_survival().reaching) == {1.0}
    mid = next(s for s in default_scenarios() if s.name == "mid")
    assert (mid.births_change, mid.migration, mid.enrolment) == (0.0, 0.0, 1.0)


def test_the_named_survival_leaves_out_the_published_share_of_children_under_five() -> None:
    reaching = default_survival("china_2024").reaching
    assert 1 - reaching[0] == pytest.approx(0.0040)
    assert 1 - np.prod(reaching[:5]) == pytest.approx(0.0056, abs=5e-5)


def test_every_assumption_is_named_to_the_planner() -> None:
    found = forecast_children(counted([[1.0] * 6]), [2026], reference=AUGUST)
    notes = [p for p in forecast_problems(found) if p.code == "assumed"]
    assert [p.problem.split(":")[0] for p in notes] == [
        "survival 'neutral'",
        "scenario 'low'",
        "scenario 'mid'",
        "scenario 'high'",
    ]
    assert json.loads(json.dumps(found.attrs)) == found.attrs
    own = Scenario("own", evidence="own", source="county bureau")
    given = forecast_children(
        counted([[1.0] * 6]),
        [2026],
        reference=AUGUST,
        survival=default_survival("china_2024"),
        scenarios=[own],
    )
    assert forecast_problems(given) == []


# What cannot be used


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"years": [2024]}, "school year 2024 is over"),
        ({"years": []}, "no school year"),
        ({"ages": counted([[1.0] * 5]), "years": [2025]}, "5 years old"),
        ({"ages": counted([[1.0] * 6]).drop(columns="age_0")}, "age_0"),
        ({"ages": counted([[1.0] * 6]).drop(columns="age_2")}, "3 years old"),
        ({"ages": counted([[1.0] * 6] * 2, ["U0", "U0"])}, "given twice"),
        ({"ages": counted([[1, 1, 1, -1, 1, 1]])}, "-1"),
        ({"ages": counted([[1.0] * 6]).astype({"age_1": str})}, "not numbers"),
        ({"reference": date(2025, 12, 31), "years": [2025]}, "5 years old"),
        ({"births": pd.DataFrame({2025: [1.0]}, index=["other"])}, "unit 'other'"),
        ({"births": pd.DataFrame({2027: [1.0]}, index=["U0"]), "years": [2030]}, "without a gap"),
        ({"births": pd.DataFrame({"2025": [1.0]}, index=["U0"])}, "calendar year"),
        ({"births": pd.DataFrame([[1.0, 1.0]], ["U0"], [2025, 2025])}, "given twice"),
        ({"births": pd.DataFrame([[1.0]], ["U0"], pd.period_range("2025Q3", periods=1))}, "months"),
        (
            {
                "births": pd.DataFrame(
                    [[1.0]], ["U0"], pd.period_range("2025-09", periods=1, freq="M")
                )
            },
            "twelve months",
        ),
        ({"survival": Survival("short", (1.0,) * 5)}, "ends before age 5"),
        ({"scenarios": [MID, MID]}, "same name"),
        (
            {"scenarios": [Scenario("s", migration=pd.Series({"other": 0.1}))]},
            "no rate of unit 'U0'",
        ),
        ({"scenarios": [Scenario("s", migration=pd.DataFrame({"age_1": [0.1]}, ["U0"]))]}, "age_2"),
        ({"scenarios": [Scenario("s", enrolment=pd.Series({2020: 0.9}))]}, "ratio for 2026"),
        (
            {"delivered": pd.DataFrame({"unit_id": ["X"], "year": [2026], "children": [1.0]})},
            "unit 'X'",
        ),
        (
            {"delivered": pd.DataFrame({"unit_id": ["U0"], "year": [2026], "children": [-1.0]})},
            "-1",
        ),
    ],
)
def test_what_cannot_be_used_is_said(change: dict[str, object], words: str) -> None:
    given = {"ages": counted([[1.0] * 6]), "years": [2026], "reference": AUGUST} | change
    with pytest.raises(InputError, match=words):
        forecast_children(given.pop("ages"), given.pop("years"), **given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"births_change": -1.0},
        {"migration": -1.0},
        {"enrolment": -0.1},
        {"migration": float("nan")},
    ],
)
def test_a_scenario_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="scenario 'odd'"):
        Scenario("odd", **wrong)


def test_survival_is_a_share_and_has_a_known_name() -> None:
    with pytest.raises(InputError, match="outside 0 to 1"):
        Survival("odd", (1.0, 1.2))
    with pytest.raises(InputError, match="neutral"):
        default_survival("elsewhere")


# Urban and rural


def test_urban_rural_and_unknown_units_are_added_up_apart() -> None:
    ages = counted([[1.0] * 6, [2.0] * 6, [4.0] * 6, [8.0] * 6, [np.nan] * 6])
    found = forecast_children(
        ages, [2026, 2027], reference=AUGUST, scenarios=[replace(MID, enrolment=0.5)]
    )
    urban = pd.Series({"U1": False, "U0": True, "U2": pd.NA, "U4": True}, dtype="boolean")
    table = by_urban(found, urban)
    assert table[["urban", "year"]].values.tolist() == [
        [u, y] for u in ("urban", "rural", "unknown") for y in (2026, 2027)
    ]
    assert table["children"].tolist() == pytest.approx([3, 3, 6, 6, 36, 36])
    assert table["expected"].tolist() == pytest.approx([1.5, 1.5, 3, 3, 18, 18])
    assert table["gross_enrolment"].tolist() == [0.5] * 6
    assert table["units"].tolist() == [2, 2, 1, 1, 2, 2]
    assert table["units_missing"].tolist() == [1, 1, 0, 0, 0, 0]
    assert table["children"].sum() == pytest.approx(found["children"].sum())


def test_a_group_of_units_without_numbers_has_no_sum() -> None:
    found = forecast_children(counted([[np.nan] * 6, [2.0] * 6]), [2026], reference=AUGUST)
    table = by_urban(found, pd.Series({"U0": True, "U1": False}))
    assert table.set_index("urban")["children"].isna().groupby("urban").all().to_dict() == {
        "rural": False,
        "urban": True,
    }
    with pytest.raises(InputError, match="twice"):
        by_urban(found, pd.Series([True, False], index=["U0", "U0"]))


# The back-test


def test_the_error_is_forecast_minus_counted_by_unit_and_in_all() -> None:
    found = backtest(
        pd.Series({"A": 120.0, "B": 40.0, "C": 5.0}), pd.Series({"B": 50, "A": 100, "C": 0})
    )
    assert found.units["error"].to_dict() == {"A": 20.0, "B": -10.0, "C": 5.0}
    assert found.units["absolute_error"].tolist() == [20.0, 10.0, 5.0]
    assert found.units["relative_error"].tolist() == pytest.approx([0.2, -0.2, np.nan], nan_ok=True)
    assert (found.compared, found.forecast, found.actual) == (3, 165.0, 150.0)
    assert found.mae == pytest.approx(35 / 3)
    assert found.mape == pytest.approx(35 / 150)
    assert found.bias == pytest.approx(15 / 150)
    assert "3 units" in repr(found)


def test_units_that_lack_a_side_are_listed_and_not_counted() -> None:
    found = backtest(
        pd.Series({"A": 10.0, "B": 7.0, "C": np.nan, "D": np.nan}),
        pd.Series({"A": 8.0, "C": 5.0, "E": 4.0}),
    )
    assert found.units["found"].to_dict() == {
        "A": "both",
        "B": "forecast only",
        "C": "actual only",
        "D": "neither",
        "E": "actual only",
    }
    assert found.missing.index.tolist() == ["B", "C", "D", "E"]
    assert found.missing["error"].isna().all()
    assert (found.compared, found.mae, found.bias) == (1, 2.0, 0.25)


def test_a_forecast_meets_the_kindergartens_of_its_units() -> None:
    forecast = forecast_children(
        counted([[30.0] * 6, [20.0] * 6]),
        [2026],
        reference=AUGUST,
        scenarios=[replace(MID, enrolment=0.9)],
    )
    kindergartens = pd.DataFrame(
        {"unit_id": ["U0", "U0", "U1", "U1"], "enrolled": [50.0, 40.0, 30.0, np.nan]}
    )
    found = backtest(forecast, kindergartens).units
    assert found["forecast"].tolist() == pytest.approx([81.0, 54.0])
    assert found["actual"].tolist() == pytest.approx([90.0, np.nan], nan_ok=True)


def test_a_backtest_of_nothing_in_common_has_no_figures() -> None:
    found = backtest(pd.Series({"A": 1.0}), pd.Series({"B": 1.0}))
    assert found.compared == 0
    assert np.isnan([found.mae, found.mape, found.bias]).all()


@pytest.mark.parametrize(
    ("forecast", "words"),
    [
        (pd.DataFrame({"unit_id": ["A"] * 2, "year": [2025, 2026], "children": 1.0}), "year"),
        (pd.DataFrame({"unit_id": ["A"] * 2, "scenario": ["a", "b"], "children": 1.0}), "scenario"),
        (pd.DataFrame({"unit_id": ["A"], "persons": [1.0]}), "expected, children"),
        (pd.DataFrame({"unit_id": ["A"], "children": ["many"]}), "not in numbers"),
        (pd.Series([1.0, 2.0], index=["A", "A"]), "unit 'A' twice"),
    ],
)
def test_a_backtest_takes_one_number_a_unit(forecast: pd.Series | pd.DataFrame, words: str) -> None:
    with pytest.raises(InputError, match=words):
        backtest(forecast, pd.Series({"A": 1.0}))


# Real places


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not TAINAN.is_dir(), reason="the Tainan data are not part of the project")
def test_tainan_is_forecast_district_by_district() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "demand_cohort"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    lines = done.stdout.splitlines()
    total = next(line.split() for line in lines if line.startswith("all"))
    assert (total[2], total[5]) == ("198,038", "43,954")
    assert sum("區 " in line for line in lines) == 37

"""How far the cohort method is off: the national series, and Tainan's districts from 2015 on.

Tainan's villages were counted by single year of age in May 2015. For later years its published
summary has children of 0 to 12 in March 2019, 2020 and 2021 (the columns that its script
`reports/summary/02_cunli_compare.php` adds up), not children of 3 to 5: so ages 0 to 12 are
forecast and compared, by the same code that forecasts ages 3 to 5.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from kgspatial.demand.backtests import Backtest, backtest
from kgspatial.demand.cohort import ages_on, forecast_children
from kgspatial.demand.scenarios import Scenario, Survival, default_scenarios
from kgspatial.demand.school_years import month_of, school_cohorts

DATA = Path(__file__).parents[2] / "shared" / "data" / "tainan"
COUNTED = date(2015, 5, 31)
CHILDHOOD = range(13)
LATER = (2019, 2020, 2021)
SCHOOL_YEAR = 2018

# Announced births (NBS communiqués), and children of 3-5 as the Ministry of Education's enrolment
# over gross enrolment ratio implies them; both in 10,000.
NATIONAL_BIRTHS = {
    2014: 1687, 2015: 1655, 2016: 1786, 2017: 1723, 2018: 1523, 2019: 1465,
    2020: 1202, 2021: 1062, 2022: 956, 2023: 902, 2024: 954, 2025: 792,
}  # fmt: skip
ENROLLED = {
    2020: 4818.26,
    2021: 4805.21,
    2022: 4627.55,
    2023: 4092.98,
    2024: 3583.99,
    2025: 3225.52,
}
GROSS_ENROLMENT = {2020: 0.852, 2021: 0.881, 2022: 0.897, 2023: 0.911, 2024: 0.920, 2025: 0.929}


def national() -> None:
    cohorts = school_cohorts(pd.Series(NATIONAL_BIRTHS), range(2020, 2029)).set_index("year")
    implied = pd.Series(ENROLLED) / pd.Series(GROSS_ENROLMENT)
    found = backtest(cohorts["children"], implied).units
    print("\nChina, 10,000 children of 3 to 5: announced births against enrolment / gross ratio")
    print(f"{'school year':<12} {'from births':>12} {'implied':>9} {'error':>8}")
    for year, row in found.iterrows():
        known = row["found"] == "both"
        rest = f"{row['actual']:>9,.0f} {row['relative_error']:>8.1%}" if known else f"{'-':>9}"
        print(f"{year:<12} {row['forecast']:>12,.0f} {rest}")


def counted_ages() -> pd.DataFrame:
    """Children of each single year of age by district, May 2015."""
    path = DATA / "tw_population_2015-05_67000_village_single_age.csv"
    villages = pd.read_csv(path, encoding="utf-8-sig", index_col=False)
    ages = pd.DataFrame(
        {f"age_{a}": villages[f"{a}歲-男"] + villages[f"{a}歲-女"] for a in CHILDHOOD}
    )
    # Names of two characters are filled up with a wide space: 東　區.
    district = villages["區域別"].str.removeprefix("臺南市").str.replace(r"\s", "", regex=True)
    return ages.groupby(district).sum()


def counted_later() -> pd.DataFrame:
    """Children of 0 to 12 by district in March of each later year."""
    path = DATA / "tw_population_summary_tainan_adult_children_2019_2021.csv"
    villages = pd.read_csv(path, encoding="utf-8-sig")
    district = villages["cunli"].str.extract(r"臺南市(.+?區)", expand=False)
    counts = villages[[f"chilren{year}" for year in LATER]].set_axis(list(LATER), axis=1)
    return counts.groupby(district).sum()


def later(ages: pd.DataFrame, year: int, scenario: Scenario) -> pd.Series:
    nobody_dies = Survival("neutral", (1.0,) * len(CHILDHOOD))
    march = date(year, 3, 31)
    table = ages_on(
        march, CHILDHOOD, ages, reference=COUNTED, scenario=scenario, survival=nobody_dies
    )
    return table.sum(axis=1)


def print_scenarios(ages: pd.DataFrame, actual: pd.DataFrame) -> None:
    print("\nTainan, 37 districts: children of 0 to 12, forecast from May 2015")
    head = f"{'forecast':>9} {'counted':>9} {'bias':>7} {'MAPE':>7} {'MAE':>7}"
    print(f"{'March':<6} {'births a year':<14} {'born since count':>17} {head}")
    # Births near 0 leave those who were counted in 2015.
    nobody = Scenario("none", births_change=-0.9999999)
    for year in LATER:
        print_errors(year, "as in 2015", "", backtest(ages.sum(axis=1), actual[year]))
        born_before = later(ages, year, nobody).sum()
        for scenario in default_scenarios():
            found = backtest(later(ages, year, scenario), actual[year])
            born_since = f"{1.0 - born_before / found.forecast:.1%}"
            print_errors(year, f"{scenario.births_change:+.0%}", born_since, found)


def print_calibrated(ages: pd.DataFrame, actual: pd.DataFrame) -> None:
    """Do districts go on winning or losing children as they did from 2015 to 2019?"""
    years = (month_of(date(LATER[0], 3, 31)) - month_of(COUNTED)) / 12.0
    ratio = actual[LATER[0]] / later(ages, LATER[0], Scenario("mid"))
    moved = Scenario("moved", migration=ratio ** (1.0 / years) - 1.0)
    for year in LATER[1:]:
        print_errors(year, "+0%, moves *", "", backtest(later(ages, year, moved), actual[year]))
    print(f"* a yearly net rate by district, from the errors of {LATER[0]}")


def print_errors(year: int, births: str, born_since: str, found: Backtest) -> None:
    assert found.missing.empty
    print(
        f"{year:<6} {births:<14} {born_since:>17} {found.forecast:>9,.0f} {found.actual:>9,.0f} "
        f"{found.bias:>+7.1%} {found.mape:>7.1%} {found.mae:>7,.0f}"
    )


def print_districts(ages: pd.DataFrame, found: Backtest) -> None:
    school = forecast_children(
        ages, [SCHOOL_YEAR], reference=COUNTED, scenarios=[Scenario("mid")]
    ).set_index("unit_id")["children"]
    now = ages[["age_3", "age_4", "age_5"]].sum(axis=1)
    print(f"\nThe same by district, births unchanged, March {LATER[0]}; and children of 3 to 5")
    print(
        f"{'district':<8} {'forecast':>9} {'counted':>9} {'error':>8} {'':>7}"
        f"   {'3-5, 2015':>9} {f'3-5, Sept {SCHOOL_YEAR}':>14}"
    )
    order = found.units.sort_values("relative_error").index
    for name, row in found.units.loc[order].iterrows():
        print(
            f"{name:<8} {row['forecast']:>9,.0f} {row['actual']:>9,.0f} {row['error']:>+8,.0f} "
            f"{row['relative_error']:>+7.1%}   {now[name]:>9,.0f} {school[name]:>14,.0f}"
        )
    print(
        f"{'all':<8} {found.forecast:>9,.0f} {found.actual:>9,.0f} "
        f"{found.forecast - found.actual:>+8,.0f} {found.bias:>+7.1%}   "
        f"{now.sum():>9,.0f} {school.sum():>14,.0f}"
    )


def main() -> None:
    national()
    if not DATA.is_dir():
        print("\nTainan's counts are not part of the project: its districts are left out")
        return
    ages, actual = counted_ages(), counted_later()
    print_scenarios(ages, actual)
    print_calibrated(ages, actual)
    unchanged = later(ages, LATER[0], Scenario("mid"))
    print_districts(ages, backtest(unchanged, actual[LATER[0]]))

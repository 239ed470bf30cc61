"""The households method: who lives in an estate now and when it has filled, and what is assumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgspatial.demand.filling import Filling, default_filling
from kgspatial.demand.households import household_children
from kgspatial.demand.norm import norm_children
from kgspatial.errors import InputError
from kgspatial.inputs.problems import Problem
from kgspatial.standards import Rule, read_profile, share_3_to_5

CURVE = Filling("curve", (0, 4), (0.2, 1.0))
DATA = Path(__file__).parents[2] / "shared" / "data" / "tainan"
Found = tuple[pd.DataFrame, list[Problem]]


def estimate(year: int = 2025, counted_year: int | None = None, **columns: object) -> Found:
    """Children of estates with 2.5 persons a household, 4 % of them aged 3 to 5."""
    table = pd.DataFrame({k: v if isinstance(v, list) else [v] for k, v in columns.items()})
    return household_children(
        table,
        year=year,
        persons_per_household=2.5,
        share_3_to_5=0.04,
        filling=CURVE,
        counted_year=counted_year,
    )


def residents(year: int = 2025, counted_year: int | None = None, **columns: object) -> float:
    return float(estimate(year, counted_year, **columns)[0]["residents_used"].item())


class TestPrecedence:
    def test_households_times_persons_times_share(self) -> None:
        found, _ = estimate(households=1000)
        row = found.iloc[0]
        assert row["children"] == pytest.approx(1000 * 2.5 * 0.04)
        assert (row["basis"], row["occupancy_basis"]) == ("households", "full")

    def test_residents_as_counted_go_before_households(self) -> None:
        found, _ = estimate(households=1000, residents=1800, occupancy=0.5)
        row = found.iloc[0]
        assert (row["residents_used"], row["basis"]) == (1800, "residents")
        assert np.isnan(row["occupancy_used"])

    def test_a_missing_count_of_one_estate_falls_back_to_its_households(self) -> None:
        found, _ = estimate(households=[100, 100], residents=[300, None])
        assert found["residents_used"].tolist() == [300, 250]
        assert found["basis"].tolist() == ["residents", "households"]

    @pytest.mark.parametrize(("delivered", "expected"), [(2025, 500), (2026, 0)])
    def test_an_estate_delivered_later_holds_nobody(self, delivered: int, expected: float) -> None:
        assert residents(households=1000, delivered_year=delivered) == expected

    def test_not_even_when_residents_are_planned_and_that_is_said(self) -> None:
        found, problems = estimate(residents=3000, delivered_year=2026, community_id="C9")
        assert found.loc[0, ["children", "basis"]].tolist() == [0.0, "not_delivered"]
        (note,) = [p for p in problems if p.code == "not_delivered"]
        assert "C9" in note.done

    @pytest.mark.parametrize(
        ("year", "share"), [(2024, 0.2), (2025, 0.4), (2028, 1.0), (2050, 1.0)]
    )
    def test_an_estate_fills_as_the_curve_says(self, year: int, share: float) -> None:
        found, _ = estimate(year, households=1000, delivered_year=2024)
        assert found["occupancy_used"].item() == pytest.approx(share)
        assert found["occupancy_basis"].item() == "filling"

    def test_the_occupancy_as_counted_goes_before_the_curve(self) -> None:
        lived = {
            "households": [1000, 1000],
            "occupancy": [0.7, 0.1],
            "delivered_year": [2005, 2024],
        }
        found, _ = estimate(**lived)
        assert found["residents_used"].tolist() == [1750, 250]
        assert found["occupancy_basis"].tolist() == ["given", "given"]

    def test_empty_homes_of_an_old_estate_stay_empty(self) -> None:
        old = {"households": 1000, "occupancy": 0.7, "delivered_year": 2005}
        assert residents(2035, 2025, **old) == 1750

    def test_a_new_estate_fills_on_from_what_was_counted(self) -> None:
        new = {"households": 1000, "occupancy": 0.1, "delivered_year": 2024}
        # of the 90 % empty homes a third fills where the curve goes from 40 % to 60 %
        assert residents(2026, 2025, **new) == pytest.approx(2500 * (0.1 + 0.9 / 3))
        assert residents(2028, 2025, **new) == pytest.approx(2500)

    def test_nothing_is_taken_back_in_time(self) -> None:
        new = {"households": 1000, "occupancy": 0.5, "delivered_year": 2020}
        assert residents(2021, 2025, **new) == 1250

    def test_residents_grow_by_the_homes_that_fill(self) -> None:
        new = {"households": 1000, "residents": 300, "occupancy": 0.1, "delivered_year": 2024}
        found, _ = estimate(2028, 2025, **new)
        assert found["residents_used"].item() == pytest.approx(300 + 900 * 2.5)
        assert found["basis"].item() == "residents_filling"

    def test_residents_grow_with_occupancy_where_homes_are_not_known(self) -> None:
        assert residents(2028, 2025, residents=300, occupancy=0.1, delivered_year=2024) == 3000

    def test_residents_without_an_occupancy_stay_as_counted(self) -> None:
        assert residents(2028, 2025, residents=300, delivered_year=2024) == 300

    def test_planned_residents_come_by_the_curve(self) -> None:
        found, _ = estimate(2028, 2025, residents=3000, delivered_year=2027)
        assert found["residents_used"].item() == pytest.approx(1200)
        assert found["basis"].item() == "residents_filling"


class TestReport:
    def test_what_cannot_be_said_is_missing_and_listed(self) -> None:
        found, problems = estimate(
            community_id=["A", "B"], households=[100, None], occupancy=[1.0, 1.0]
        )
        assert found["children"].isna().tolist() == [False, True]
        assert found["basis"].tolist() == ["households", None]
        assert [(p.code, p.value) for p in problems] == [("no_residents", "B")]

    def test_results_keep_the_index(self) -> None:
        table = pd.DataFrame({"households": [1, 2]}, index=["x", "y"])
        found, _ = household_children(
            table, year=2025, persons_per_household=2, share_3_to_5=0.04, filling=CURVE
        )
        assert found.index.tolist() == ["x", "y"]

    def test_nullable_columns_of_a_study_are_understood(self) -> None:
        table = pd.DataFrame({"households": [10.0, 20.0], "delivered_year": [2024, None]})
        table = table.astype({"delivered_year": "Int64"})
        found, _ = household_children(
            table, year=2024, persons_per_household=2, share_3_to_5=0.04, filling=CURVE
        )
        assert found["residents_used"].tolist() == [4.0, 40.0]

    def test_each_default_that_is_used_is_noted_with_its_source(self) -> None:
        table = pd.DataFrame(
            {
                "households": [100, 100, None],
                "residents": [None, None, 5],
                "delivered_year": [2024, None, None],
            }
        )
        _, problems = household_children(
            table,
            year=2025,
            persons_per_household=read_profile().rule("persons_per_household"),
            share_3_to_5=share_3_to_5(2025),
            filling=default_filling(),
        )
        assert {p.severity for p in problems} == {"note"}
        persons, share, filling, full = problems
        assert "2 communities take the default 2.62" in persons.problem
        assert "第七次全国人口普查" in persons.done
        assert "(seen)" in persons.done
        assert "3 communities take the default 0.0241" in share.problem
        assert "(calc)" in share.done
        assert "1 communities" in filling.problem
        assert "20% after 0 years, 100% after 4 years" in filling.done
        assert filling.done.endswith("(assumption)")
        assert "1 communities carry neither" in full.problem

    def test_ones_own_numbers_are_not_noted(self) -> None:
        _, problems = estimate(households=100, occupancy=0.9)
        assert problems == []

    def test_residents_in_an_estate_said_to_be_empty_are_doubted(self) -> None:
        found, problems = estimate(residents=100, occupancy=0.0, delivered_year=2020)
        assert found["residents_used"].item() == 100
        assert [(p.code, p.severity) for p in problems] == [("empty_lived_in", "warning")]

    @pytest.mark.parametrize("change", [{"persons_per_household": 0.0}, {"share_3_to_5": 2.41}])
    def test_numbers_that_cannot_be_are_refused(self, change: dict[str, float]) -> None:
        numbers = {"persons_per_household": 2.6, "share_3_to_5": 0.024, **change}
        with pytest.raises(InputError, match="must lie from"):
            household_children(
                pd.DataFrame({"households": [1]}), year=2025, filling=CURVE, **numbers
            )

    def test_a_number_from_memory_is_refused(self) -> None:
        with pytest.raises(InputError, match="never verified"):
            household_children(
                pd.DataFrame({"households": [1]}),
                year=2025,
                persons_per_household=Rule("persons_per_household", 3.0, "x", "mem"),
                share_3_to_5=0.024,
                filling=CURVE,
            )


class TestFilling:
    @pytest.mark.parametrize("name", ["even_5_years", "even_10_years", "at_once"])
    def test_curves_that_ship_are_assumptions_and_end_full(self, name: str) -> None:
        curve = default_filling(name)
        assert curve.evidence == "assumption"
        assert curve.share_after([-1, 30]).tolist() == [0.0, 1.0]

    def test_an_unknown_curve_names_the_known_ones(self) -> None:
        with pytest.raises(InputError, match="even_5_years"):
            default_filling("slow")

    @pytest.mark.parametrize(
        ("years", "shares", "message"),
        [
            ((), (), "0 years"),
            ((0, 1), (0.5,), "1 shares"),
            ((1, 2), (0.5, 0.6), "rise from 0"),
            ((0, 2, 2), (0.1, 0.2, 0.3), "rise from 0"),
            ((0, 1), (0.6, 0.5), "shares must rise"),
            ((0, 1), (20, 100), "shares must rise"),
        ],
    )
    def test_numbers_that_make_no_curve_are_refused(
        self, years: tuple[float, ...], shares: tuple[float, ...], message: str
    ) -> None:
        with pytest.raises(InputError, match=message):
            Filling("x", years, shares)


rows = st.fixed_dictionaries(
    {
        "households": st.one_of(st.none(), st.floats(0, 5000)),
        "residents": st.one_of(st.none(), st.floats(0, 20_000)),
        "occupancy": st.one_of(st.none(), st.floats(0, 1)),
        "delivered_year": st.one_of(st.none(), st.integers(2000, 2040)),
    }
)


class TestInvariants:
    @given(st.lists(rows, min_size=1, max_size=8))
    def test_what_lives_there_never_falls_with_the_years(
        self, table: list[dict[str, float]]
    ) -> None:
        columns = pd.DataFrame(table).to_dict("list")
        by_year = [estimate(y, 2025, **columns)[0]["residents_used"] for y in range(2020, 2046)]
        change = np.diff(np.vstack(by_year), axis=0)
        assert (change[~np.isnan(change)] >= -1e-6).all()

    @given(st.lists(rows, min_size=1, max_size=8), st.randoms(use_true_random=False))
    def test_the_order_of_rows_changes_nothing(
        self, table: list[dict[str, float]], chance: object
    ) -> None:
        order = list(range(len(table)))
        chance.shuffle(order)  # type: ignore[attr-defined]
        frame = pd.DataFrame(table)
        plain, _ = estimate(2030, 2025, **frame.to_dict("list"))
        shuffled, _ = estimate(2030, 2025, **frame.iloc[order].to_dict("list"))
        pd.testing.assert_frame_equal(
            shuffled, plain.iloc[order].reset_index(drop=True), check_exact=True
        )


@pytest.fixture(scope="module")
def villages() -> pd.DataFrame:
    """Households, residents and children of 3 to 5 as registered in Tainan's villages, May 2015."""
    if not DATA.is_dir():
        pytest.skip("the Tainan data are not part of the project")
    raw = pd.read_csv(
        DATA / "tw_population_2015-05_67000_village_single_age.csv", thousands=","
    ).rename(columns=str.strip)
    ages = [f"{age}歲-{sex}" for age in (3, 4, 5) for sex in "男女"]
    return pd.DataFrame(
        {"households": raw["戶數"], "residents": raw["人口數"], "children": raw[ages].sum(axis=1)}
    ).astype(float)


@pytest.mark.realdata
class TestTainan:
    @pytest.mark.parametrize(("column", "missed"), [("households", 0.301), ("residents", 0.269)])
    def test_one_share_for_all_gives_the_total_and_misses_the_villages(
        self, villages: pd.DataFrame, column: str, missed: float
    ) -> None:
        total = villages.sum()
        found, _ = household_children(
            villages[[column]],
            year=2015,
            persons_per_household=total["residents"] / total["households"],
            share_3_to_5=total["children"] / total["residents"],
            filling=CURVE,
        )
        assert found["children"].sum() == pytest.approx(total["children"], rel=1e-9)
        apart = (found["children"] - villages["children"]).abs().sum() / total["children"]
        assert apart == pytest.approx(missed, abs=5e-4)

    @pytest.mark.parametrize(("profile", "times"), [("national", 1.29), ("guangdong_2022", 1.72)])
    def test_the_norm_asks_for_far_more_places_than_there_are_children(
        self, villages: pd.DataFrame, profile: str, times: float
    ) -> None:
        places, _ = norm_children(villages[["residents"]], read_profile(profile).norm)
        assert places.sum() / villages["children"].sum() == pytest.approx(times, abs=5e-3)

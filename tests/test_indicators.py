"""Indicators: thresholds of the rules, by how much they are missed, and the plan's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kgspatial as kg
from kgspatial.balance import assess_indicators, compare_indicators
from kgspatial.errors import InputError, PlanError
from kgspatial.inputs.settings import OwnIndicator
from kgspatial.summary import summarise

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="module")
def balance() -> kg.Balance:
    study = kg.read_study(SAMPLE / "plan.toml")
    demand = kg.estimate_demand(study)
    return kg.assess_balance(study, demand, kg.measure_travel(study, demand))


def changed(balance: kg.Balance, **columns: object) -> kg.Balance:
    return replace(balance, kindergartens=balance.kindergartens.assign(**columns))


def by_id(balance: kg.Balance, **own: OwnIndicator) -> dict[str, kg.balance.Indicator]:
    return {i.id: i for i in assess_indicators(balance, own=own)}


def test_shares_are_over_children_not_over_kindergartens(balance: kg.Balance) -> None:
    gardens = balance.kindergartens[balance.kindergartens["counted"].astype(bool)]
    public = gardens.loc[gardens["kind"] == "public", "enrolled"].sum()
    assert by_id(balance)["public_share"].value == pytest.approx(public / gardens["enrolled"].sum())


def test_a_missed_target_says_by_how_many_children(balance: kg.Balance) -> None:
    assert by_id(balance)["gross_enrolment"].missed == 0
    fewer = changed(balance, enrolled=balance.kindergartens["enrolled"] / 2)
    found = by_id(fewer)["gross_enrolment"]
    enrolled = fewer.totals["enrolled"]
    assert found.met is False
    assert found.missed == pytest.approx(found.threshold * balance.totals["children"] - enrolled)


def test_moving_that_many_children_to_public_places_meets_the_target(balance: kg.Balance) -> None:
    gardens = balance.kindergartens
    private = changed(
        balance, kind=np.where(gardens["kind"] == "public", "private", gardens["kind"])
    )
    short = by_id(private)["public_share"]
    assert short.met is False
    total = balance.totals["enrolled"]
    assert short.missed / total == pytest.approx(short.threshold - short.value)


def test_a_missing_enrolment_is_no_pass(balance: kg.Balance) -> None:
    gardens = balance.kindergartens
    holes = changed(balance, enrolled=gardens["enrolled"].where(gardens.index != 0))
    others = ("coverage", "areas_share")  # these do not rest on the children enrolled
    for indicator in (i for name, i in by_id(holes).items() if name not in others):
        assert indicator.value is None
        assert indicator.met is None
        assert indicator.missed is None


class TestOwnIndicators:
    def test_they_count_the_kindergartens_that_count(self, balance: kg.Balance) -> None:
        own = OwnIndicator("sum(vacant) / sum(places)", at_most=0.3, source="plan")
        found = by_id(balance, vacancy=own)["vacancy"]
        totals = balance.totals
        assert found.value == pytest.approx(totals["vacant"] / totals["places"])
        assert found.met is (found.value <= 0.3)
        assert (found.direction, found.source) == ("at_most", "plan")

    @pytest.mark.parametrize(("bound", "met"), [(0.0, True), (0.99, False)])
    def test_at_least_and_at_most_are_told_apart(
        self, balance: kg.Balance, bound: float, met: bool
    ) -> None:
        own = OwnIndicator("sum(served) / sum(children)", over="demand", at_least=bound)
        assert by_id(balance, served=own)["served"].met is met

    def test_without_a_threshold_it_is_only_observed(self, balance: kg.Balance) -> None:
        found = by_id(balance, count=OwnIndicator("count(places > 60)"))["count"]
        assert found.value > 0
        assert found.met is None

    def test_two_thresholds_and_unknown_columns_are_refused(self, balance: kg.Balance) -> None:
        with pytest.raises(InputError, match="both"):
            by_id(balance, x=OwnIndicator("1", at_least=1, at_most=2))
        with pytest.raises(InputError, match="plces"):
            by_id(balance, x=OwnIndicator("sum(plces)"))


def plan(tmp_path: Path, text: str) -> Path:
    base = (SAMPLE / "plan.toml").read_text(encoding="utf-8")
    base = base.replace('path = "', f'path = "{SAMPLE.as_posix()}/')
    (tmp_path / "plan.toml").write_text(f"{base}\n{text}", encoding="utf-8")
    return tmp_path / "plan.toml"


def test_the_plan_file_names_them_and_the_summary_holds_them(tmp_path: Path) -> None:
    text = '[balance.indicators.vacancy]\nexpression = "sum(vacant) / sum(places)"\nat_most = 0.3\n'
    study = kg.read_study(plan(tmp_path, text))
    demand = kg.estimate_demand(study)
    found = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
    last = summarise(study, found)["indicators"][-1]
    assert last["id"] == "vacancy"
    assert last["value"] == pytest.approx(found.totals["vacant"] / found.totals["places"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[balance.indicators.x]\nat_most = 1\n", "expression"),
        ('[balance.indicators.x]\nexpression = "1"\natleast = 1\n', "at_least"),
        ('[balance.indicators]\nx = "sum(places)"\n', "balance.indicators.x"),
        ('[balance.indicators.x]\nexpression = "1"\nover = "towns"\n', "towns"),
    ],
)
def test_a_wrong_key_of_an_indicator_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PlanError) as error:
        kg.read_study(plan(tmp_path, text))
    assert said in str(error.value)


def test_two_states_lie_side_by_side(balance: kg.Balance) -> None:
    before = assess_indicators(balance)
    gardens = balance.kindergartens
    after = assess_indicators(changed(balance, enrolled=gardens["enrolled"] * 2))
    table = compare_indicators(before, after).set_index("id")
    doubled = table.loc["gross_enrolment"]
    assert doubled["change"] == pytest.approx(doubled["before"])
    assert table.loc["public_share", "change"] == pytest.approx(0.0)
    alone = compare_indicators(before, [])
    assert alone["after"].isna().all()

"""Every method of demand through a study: nobody lost, nobody twice, and the methods side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import Point, box

import kgspatial as kg
from kgspatial.demand import available_methods, cohort_forecast, compare_demand, estimate_demand
from kgspatial.demand.estimate import METHODS
from kgspatial.errors import InputError, PlanError
from kgspatial.inputs.planfile import read_plan_file
from kgspatial.inputs.settings import DemandSettings, PlanSettings, Settings
from kgspatial.layers import Grid, Population
from kgspatial.standards import read_profile, share_3_to_5
from kgspatial.study import OUTSIDE, Study
from kgspatial.terms import LANGUAGES, term

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
DOCS = Path(__file__).parents[1] / "docs"
CRS = "EPSG:4549"
WEST, SOUTH = 500_000.0, 2_700_000.0
AGES = [f"age_{age}" for age in range(7)]
EXACT = {"rel": 1e-9, "abs": 1e-9}
Make = Callable[..., Study]


def chosen(year: int | None = 2025, **demand: Any) -> Settings:
    return Settings(plan=PlanSettings(year=year), demand=DemandSettings(**demand))


def people(values: object) -> Population:
    """Children in cells of 100 m, with the lower left corner at the town's corner."""
    children = np.asarray(values, dtype=float)
    rows, columns = children.shape
    transform = Affine(100, 0, WEST, 0, -100, SOUTH + 100 * rows)
    return Population(Grid((rows, columns), transform, CRS), {"children": children})


def at(x: float, y: float, width: float = 0.0, height: float = 0.0):
    if not width:
        return Point(WEST + x, SOUTH + y)
    return box(WEST + x, SOUTH + y, WEST + x + width, SOUTH + y + height)


def villages(*places: tuple[float, ...], residents: list[float]) -> gpd.GeoDataFrame:
    ids = [f"V{i}" for i in range(len(places))]
    table = {"village_id": ids, "residents": residents}
    return gpd.GeoDataFrame(table, geometry=[at(*p) for p in places], crs=CRS)


def by_unit(points: gpd.GeoDataFrame) -> pd.Series:
    return points.groupby("unit_id")["children"].sum()


def codes(problems: pd.DataFrame) -> list[str]:
    return problems["code"].tolist()


@pytest.fixture(scope="module")
def sample() -> Study:
    return kg.read_study(SAMPLE / "plan.toml")


@pytest.fixture
def aged(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Units with children by single year of age: 10 to 16 in the west, twice as many in the east."""
    ages = {name: [10.0 + i, 20.0 + 2 * i] for i, name in enumerate(AGES)}
    return units.assign(urban=[True, False], **ages)


unknown_or = lambda numbers: st.one_of(st.none(), numbers)  # noqa: E731


@st.composite
def towns(draw: st.DrawFn) -> dict[str, Any]:
    """Units side by side, communities anywhere on, between and beyond them, a grid, and counts."""
    count, homes = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    spot, side = st.floats(-300, 2200), st.floats(1, 700)
    shapes = [
        at(draw(spot), draw(st.floats(-300, 600)), draw(side), draw(side)) for _ in range(homes)
    ]
    numbers = st.lists(unknown_or(st.floats(0, 900)), min_size=homes, max_size=homes)
    totals = [draw(unknown_or(st.floats(0, 5000))) for _ in range(count)]
    counts = draw(st.lists(st.floats(0, 1e4), min_size=count * 7, max_size=count * 7))
    ages = np.reshape(counts, (7, count))
    columns = {"residents": draw(numbers), "households": draw(numbers), "children": draw(numbers)}
    return {
        "kindergartens": gpd.GeoDataFrame(
            {"kindergarten_id": ["K"], "places": [1]}, geometry=[at(1, 1)], crs=CRS
        ),
        "communities": gpd.GeoDataFrame(
            {"community_id": [f"C{i}" for i in range(homes)]}
            | {c: pd.Series(v, dtype=float) for c, v in columns.items()},
            geometry=shapes,
            crs=CRS,
        ),
        "units": gpd.GeoDataFrame(
            {
                "unit_id": [f"U{i}" for i in range(count)],
                "children": pd.Series(totals, dtype=float),
                **dict(zip(AGES, ages, strict=True)),
            },
            geometry=[at(500 * i, 0, 500, 500) for i in range(count)],
            crs=CRS,
        ),
        "population": people(
            np.reshape(draw(st.lists(st.floats(0, 900), min_size=100, max_size=100)), (5, 20))
        ),
    }


some = settings(max_examples=25, deadline=None)


class TestConservation:
    @some
    @given(towns(), st.sampled_from(["auto", "grid", "residents", "households", "area"]))
    def test_totals_of_units_are_met_whatever_they_are_spread_by(
        self, layers: dict[str, Any], spread_by: str
    ) -> None:
        given_totals = layers["units"].set_index("unit_id")["children"]
        assume(given_totals.notna().any())
        weights = layers["communities"].get(spread_by)
        assume(weights is None or weights.notna().any())
        study = Study(**layers, settings=chosen(spread_by=spread_by))
        found = by_unit(estimate_demand(study, method="dasymetric").points)
        for unit, total in given_totals.fillna(0.0).items():
            assert found.get(unit, 0.0) == pytest.approx(total, **EXACT)
        assert found.get(OUTSIDE, 0.0) == 0.0

    @some
    @given(towns(), st.sampled_from(["low", "mid", "high"]), st.integers(2025, 2032))
    def test_a_forecast_is_spread_without_loss(
        self, layers: dict[str, Any], scenario: str, year: int
    ) -> None:
        study = Study(**layers, settings=chosen(counted_on="2025-08-31"))
        forecast = cohort_forecast(study, [year], [scenario]).set_index("unit_id")["children"]
        found = by_unit(
            estimate_demand(study, year=year, method="cohort", scenario=scenario).points
        )
        for unit, total in forecast.items():
            assert found.get(unit, 0.0) == pytest.approx(total, **EXACT)
        assert found.sum() == pytest.approx(forecast.sum(), **EXACT)

    @some
    @given(towns())
    def test_counts_stay_as_counted_and_gaps_are_filled_from_the_grid(
        self, layers: dict[str, Any]
    ) -> None:
        counts = layers["communities"]["children"]
        assume(counts.notna().any())
        study = Study(**layers, settings=chosen(fill="grid"))
        points = estimate_demand(study, method="register").points
        by_grid = estimate_demand(study, method="grid").points
        inside = by_grid[by_grid["source"] == "community"].set_index("community_id")["children"]
        wanted = counts.fillna(pd.Series(inside.to_numpy()))
        np.testing.assert_allclose(points["children"], wanted, rtol=1e-9, atol=1e-9)
        assert points["method"].tolist() == ["grid" if c else "register" for c in counts.isna()]

    @some
    @given(towns(), st.sampled_from(["grid", "households", "norm", "cohort"]))
    def test_control_totals_are_met_after_any_method(
        self, layers: dict[str, Any], method: str
    ) -> None:
        totals = layers["units"].set_index("unit_id")["children"].dropna()
        told = layers["communities"][["residents", "households"]].notna().any(axis=None)
        assume(len(totals) and (told or method not in ("households", "norm")))
        free = Study(**layers, settings=chosen(counted_on="2025-08-31"))
        bound = Study(**layers, settings=chosen(counted_on="2025-08-31", control=True))
        before, after = (by_unit(estimate_demand(s, method=method).points) for s in (free, bound))
        for unit in [*layers["units"]["unit_id"], OUTSIDE]:
            wanted = totals.get(unit, before.get(unit, 0.0))
            assert after.get(unit, 0.0) == pytest.approx(wanted, **EXACT)

    @some
    @given(towns(), st.lists(st.floats(0, 3000), min_size=3, max_size=3))
    def test_every_resident_counts_once_by_households_and_by_norm(
        self, layers: dict[str, Any], given_residents: list[float]
    ) -> None:
        places = [(100.0, 100.0), (700.0, 250.0), (300.0, 0.0, 600.0, 500.0)]
        layers["villages"] = villages(*places, residents=given_residents)
        layers["communities"] = layers["communities"].drop(columns="households")
        study = Study(**layers, settings=chosen())
        everybody = _residents_counted_once(study)
        households = estimate_demand(study, method="households")
        assert households.children == pytest.approx(share_3_to_5(2025).value * everybody, **EXACT)
        norm = estimate_demand(study, method="norm")
        assert norm.children == pytest.approx(0.030 * everybody, **EXACT)


def _residents_counted_once(study: Study) -> float:
    """Those of communities, and of each village those whom no community in it shows: by a loop."""
    living = study.communities["residents"].fillna(0.0).tolist()
    beside = study.villages["residents"].tolist()
    for shape, residents in zip(study.communities.geometry, living, strict=True):
        for i, village in enumerate(study.villages.geometry):
            is_point = village.geom_type == "Point"
            inner = shape.representative_point()
            if shape.intersects(village) if is_point else village.intersects(inner):
                beside[i] -= residents
                break
    return sum(living) + sum(max(0.0, rest) for rest in beside)


class TestRegister:
    def test_gaps_are_filled_and_flagged(self, town: Make, communities: gpd.GeoDataFrame) -> None:
        holes = communities.assign(children=[30, None, None], residents=[None, 1000, None])
        demand = estimate_demand(town(communities=holes, settings=chosen()), method="register")
        by_share = 1000 * share_3_to_5(2025).value
        assert demand.points["children"].tolist() == pytest.approx([30.0, by_share, 0.0])
        assert demand.points["method"].tolist() == ["register", "households", "register"]
        assert {"count_filled", "no_count"} <= set(codes(demand.problems))

    def test_a_named_way_of_filling_holds(self, town: Make, communities: gpd.GeoDataFrame) -> None:
        holes = communities.assign(children=[30, None, 90], residents=[None, 1000, None])
        grid = people(np.ones((5, 19)))
        filled = {
            fill: estimate_demand(
                town(communities=holes, population=grid, settings=chosen(fill=fill)),
                method="register",
            ).points["children"][1]
            for fill in ("auto", "grid", "norm", "none")
        }
        assert filled == pytest.approx({"auto": 9.0, "grid": 9.0, "norm": 30.0, "none": 0.0})

    def test_counts_of_units_stand_in_for_those_of_communities(self, sample: Study) -> None:
        points = estimate_demand(sample, method="register").points
        counted = sample.units.set_index("unit_id")["children"]
        np.testing.assert_allclose(by_unit(points)[counted.index], counted, rtol=1e-9)
        assert set(points["method"]) == {"register"}


class TestVillages:
    def test_lie_beside_communities(self, town: Make, communities: gpd.GeoDataFrame) -> None:
        homes = communities.assign(residents=[1000, 2000, 3000])
        rural = villages((500, 100), residents=[400])
        demand = estimate_demand(
            town(communities=homes, villages=rural, settings=chosen(age_share=0.02)),
            method="households",
        )
        assert demand.points["children"].tolist() == [20, 40, 60, 8]
        assert demand.points["source"].tolist() == ["community"] * 3 + ["village"]
        assert demand.points["demand_id"].iloc[-1] == "village-V0"
        assert demand.problems.empty

    def test_count_with_those_whom_no_community_shows(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        homes = communities.assign(residents=[1000, 2000, 3000])
        inside = villages((100, 100), (790, -10, 320, 320), residents=[1500, 1900])
        demand = estimate_demand(
            town(communities=homes, villages=inside, settings=chosen(age_share=0.02)),
            method="households",
        )
        assert demand.points["children"].tolist() == [20, 40, 60, 10, 0]
        shown = demand.problems.set_index("code")["problem"]
        assert shown["residents_shown"].endswith("2 villages: V0, V1")
        assert shown["fewer_residents"].endswith("more residents: V1")

    def test_keep_their_residents_until_an_estate_in_them_is_lived_in(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        homes = communities.assign(residents=[1000, 0, 0], delivered_year=[2027, 2000, 2000])
        inside = villages((100, 100), residents=[1500])
        study = town(communities=homes, villages=inside, settings=chosen(age_share=0.02))
        points = estimate_demand(study, method="households").points
        assert points["children"].tolist() == [0, 0, 0, 30]

    def test_owe_by_the_rural_norm(self, town: Make) -> None:
        rural = villages((500, 100), residents=[3000])
        study = town(communities=None, villages=rural)
        study = replace(study, settings=Settings(plan=PlanSettings(profile="fujian_2010")))
        assert read_profile("fujian_2010").norm_rural is not None
        demand = estimate_demand(study, method="norm")
        assert codes(demand.problems) == ["norm_without_size"]


class TestControlTotals:
    def test_of_a_unit_without_points_make_a_point(
        self, town: Make, units: gpd.GeoDataFrame
    ) -> None:
        far = gpd.GeoDataFrame({"unit_id": ["N"]}, geometry=[at(0, 2000, 900, 900)], crs=CRS)
        three = pd.concat([units, far], ignore_index=True).assign(children=[180.0, None, 25.0])
        demand = estimate_demand(town(units=three, settings=chosen(control=True)))
        points = demand.points.set_index("demand_id")
        assert points["children"].to_dict() == {"C1": 60, "C2": 120, "C3": 90, "unit-N": 25}
        assert points.loc["unit-N", ["source", "unit_id", "method"]].tolist() == [
            *("unit", "N", "control")
        ]
        assert {"reconciled", "no_total", "total_left"} == set(codes(demand.problems))

    def test_without_a_total_are_an_error(self, town: Make) -> None:
        with pytest.raises(InputError, match="no unit carries a count of children"):
            estimate_demand(town(settings=chosen(control=True)))

    def test_hold_on_the_sample_after_each_method(self, sample: Study) -> None:
        bound = replace(
            sample,
            settings=replace(
                sample.settings, demand=DemandSettings(control=True, counted_on="2025-08-31")
            ),
        )
        counted = sample.units.set_index("unit_id")["children"]
        for method in ("grid", "households", "norm", "cohort"):
            found = by_unit(estimate_demand(bound, method=method).points)
            np.testing.assert_allclose(found[counted.index], counted, rtol=1e-9)
            assert found.sum() == pytest.approx(counted.sum(), rel=1e-9)


class TestForecast:
    def test_of_the_counted_year_is_the_count(self, town: Make, aged: gpd.GeoDataFrame) -> None:
        study = town(units=aged, settings=chosen(counted_on="2025-08-31"))
        demand = estimate_demand(study, method="cohort")
        assert by_unit(demand.points).to_dict() == pytest.approx({"W": 42.0, "E": 84.0})
        assert demand.scenario == "mid"
        assert estimate_demand(study).scenario == ""

    def test_moves_the_youngest_on(self, sample: Study) -> None:
        ages = sample.units.set_index("unit_id")[["age_0", "age_1", "age_2"]].sum(axis=1)
        found = by_unit(estimate_demand(sample, year=2028, method="cohort").points)
        np.testing.assert_allclose(found[ages.index], ages, rtol=1e-9)

    @pytest.mark.parametrize(("scenario", "rate"), [("low", 0.92), ("mid", 1.0), ("high", 1.08)])
    def test_goes_on_with_births_by_the_scenario(
        self, sample: Study, scenario: str, rate: float
    ) -> None:
        last = sample.births[sample.births["year"] == 2024].set_index("unit_id")["births"]
        one, two, three = (last * rate**k for k in (1, 2, 3))  # of 2025, 2026 and 2027
        since = one / 3 + two * 2 / 3 + two / 3 + three * 2 / 3
        wanted = sample.units.set_index("unit_id")["age_0"] + since
        demand = estimate_demand(sample, year=2030, method="cohort", scenario=scenario)
        found = by_unit(demand.points)
        np.testing.assert_allclose(found[wanted.index], wanted, rtol=1e-9)
        assert (demand.method, demand.scenario, demand.year) == ("cohort", scenario, 2030)

    def test_adds_estates_that_are_delivered_after_the_count(self, sample: Study) -> None:
        homes = sample.communities.copy()
        coming = homes["community_id"].iloc[:3].tolist()
        homes.loc[homes.index[:3], "delivered_year"] = 2027
        later = replace(sample, communities=homes)
        table = cohort_forecast(later, [2026, 2028], ["mid"]).groupby("year").sum(numeric_only=True)
        assert table.loc[2026, "delivered"] == 0
        assert table.loc[2028, "delivered"] > 0
        demand = estimate_demand(later, year=2028, method="cohort")
        assert demand.children == pytest.approx(table.loc[2028, "children"], rel=1e-9)
        before = estimate_demand(sample, year=2028, method="cohort").points
        more = demand.points.set_index("demand_id")["children"].sub(
            before.set_index("demand_id")["children"]
        )
        assert more[more.abs() > 1e-9].index.tolist() == coming
        assert more.sum() == pytest.approx(table.loc[2028, "delivered"], rel=1e-9)
        assert "estates_added" in demand.problems["code"].tolist()

    def test_adds_the_migration_of_a_unit_to_that_of_the_scenario(self, sample: Study) -> None:
        rates = pd.Series(0.0, index=sample.units.index)
        rates.iloc[0] = -0.05
        moving = replace(sample, units=sample.units.assign(migration=rates))
        still, moved = (
            by_unit(estimate_demand(s, year=2028, method="cohort").points) for s in (sample, moving)
        )
        leaving = sample.units["unit_id"].iloc[0]
        assert moved[leaving] == pytest.approx(still[leaving] * 0.95**3, rel=1e-9)
        others = still.index.drop(leaving)
        np.testing.assert_allclose(moved[others], still[others], rtol=1e-12)

    def test_shares_the_births_of_the_whole_area(self, sample: Study) -> None:
        whole = sample.births.groupby("year", as_index=False)["births"].sum()
        shared = replace(sample, births=whole)
        found, alike = (
            cohort_forecast(s, [2030, 2031], ["low"]).groupby("year")["children"].sum()
            for s in (shared, sample)
        )
        np.testing.assert_allclose(found, alike, rtol=1e-9)
        demand = estimate_demand(shared, year=2030, method="cohort")
        assert demand.problems["problem"].str.contains("births 'of the whole area'").sum() == 1
        own = estimate_demand(sample, year=2030, method="cohort")
        assert not own.problems["problem"].str.contains("births 'of the whole area'").any()

    def test_takes_births_that_call_units_by_name(self, sample: Study) -> None:
        names = sample.units.set_index("unit_id")["name"]
        called = sample.births.assign(unit_id=sample.births["unit_id"].map(names))
        found, wanted = (
            cohort_forecast(s, [2030]) for s in (replace(sample, births=called), sample)
        )
        pd.testing.assert_frame_equal(found, wanted)

    def test_says_which_births_name_no_unit(self, sample: Study) -> None:
        two = np.arange(len(sample.births)) < 2
        holes = sample.births.assign(unit_id=sample.births["unit_id"].mask(two))
        demand = estimate_demand(replace(sample, births=holes), year=2028, method="cohort")
        lost = demand.problems.set_index("code").loc["no_unit"]
        assert lost["problem"] == "2 rows with 564 births name no unit, unlike others"

    def test_of_an_unknown_scenario_is_an_error(self, sample: Study) -> None:
        with pytest.raises(InputError, match="no scenario 'worst'") as caught:
            estimate_demand(sample, method="cohort", scenario="worst")
        assert "low, mid, high" in str(caught.value.hint)

    @pytest.mark.parametrize("day", ["", "August 2025"])
    def test_needs_the_day_of_the_count(self, town: Make, aged: gpd.GeoDataFrame, day: str) -> None:
        with pytest.raises(InputError, match="counted_on"):
            estimate_demand(town(units=aged, settings=chosen(counted_on=day)), method="cohort")

    def test_needs_ages_and_a_year(self, town: Make, aged: gpd.GeoDataFrame) -> None:
        day = "2025-08-31"
        with pytest.raises(InputError, match="single year of age"):
            estimate_demand(town(settings=chosen(counted_on=day)), method="cohort")
        undated = town(units=aged, settings=chosen(None, counted_on=day))
        with pytest.raises(InputError, match="needs a year"):
            estimate_demand(undated, method="cohort")

    def test_names_a_unit_whose_ages_are_missing(self, town: Make, aged: gpd.GeoDataFrame) -> None:
        holes = aged.assign(age_3=[None, 26.0])
        demand = estimate_demand(
            town(units=holes, settings=chosen(counted_on="2025-08-31")), method="cohort"
        )
        assert by_unit(demand.points).to_dict() == pytest.approx({"W": 0.0, "E": 84.0})
        lost = demand.problems[demand.problems["code"] == "no_forecast"]
        assert lost["value"].tolist() == ["W"]


class TestUrbanAndRural:
    def test_are_told_apart(self, town: Make, aged: gpd.GeoDataFrame) -> None:
        demand = estimate_demand(town(units=aged))
        assert demand.by_urban.to_dict() == {"urban": 90.0, "rural": 90.0, "unknown": 0.0}
        assert demand.points["urban"].tolist() == [True, True, False]

    def test_what_is_not_said_stays_unknown(self, town: Make, aged: gpd.GeoDataFrame) -> None:
        half = aged.assign(urban=[True, None])
        assert estimate_demand(town(units=half)).by_urban.tolist() == [90.0, 0.0, 90.0]
        assert estimate_demand(town()).by_urban.tolist() == [0.0, 0.0, 180.0]
        assert estimate_demand(town(units=None)).by_urban.tolist() == [0.0, 0.0, 180.0]

    @pytest.mark.parametrize("method", ["grid", "households", "norm", "register", "cohort"])
    def test_add_up_on_the_sample(self, sample: Study, method: Any) -> None:
        demand = estimate_demand(sample, method=method)
        urban = demand.points["unit_id"].isin(["U01", "U02", "U03", "U04"])
        sums = demand.points["children"].groupby(urban).sum()
        assert demand.by_urban["urban"] == pytest.approx(sums[True], rel=1e-12)
        assert demand.by_urban.sum() == pytest.approx(demand.children, rel=1e-12)


class TestComparison:
    def test_puts_the_methods_of_the_sample_side_by_side(self, sample: Study) -> None:
        found = compare_demand(sample, 2025)
        assert found.methods == ("register", "grid", "households", "norm", "cohort")
        ratios = [f"{m}_to_register" for m in found.methods if m != "register"]
        assert found.units.columns.tolist() == [
            *("unit_id", "name", "urban", "geometry", *found.methods, *ratios)
        ]
        for method in found.methods:
            demand = estimate_demand(sample, method=method)
            alone = by_unit(demand.points)[found.units["unit_id"]]
            np.testing.assert_allclose(found.units[method], alone, rtol=1e-12)
            assert found.totals.loc["all", method] == pytest.approx(demand.children, rel=1e-9)
            apart = found.totals.loc[["urban", "rural", "unknown"], method]
            np.testing.assert_allclose(apart, demand.by_urban, rtol=1e-9)
        estate = found.units.set_index("unit_id").loc["U04"]
        assert estate["cohort_to_register"] == pytest.approx(446 / 225)

    def test_shows_that_the_methods_differ_as_they_were_made_to(self, sample: Study) -> None:
        units = compare_demand(sample).units.set_index("unit_id")
        assert units.loc["U04", "grid_to_register"] > 1.5, "those who moved in are not registered"
        assert units.loc["U02", "norm_to_register"] > 1.5, "the norm sees no ageing"
        assert (units.loc[["U05", "U06", "U07"], "cohort_to_register"] < 0.95).all()

    def test_without_units_is_of_the_whole_area(self, town: Make) -> None:
        found = compare_demand(town(units=None, population=people(np.ones((5, 19)))))
        assert found.units["unit_id"].tolist() == ["all"]
        assert found.units[["register", "grid"]].iloc[0].tolist() == pytest.approx([180.0, 95.0])
        assert found.units["grid_to_register"].tolist() == pytest.approx([95 / 180])

    def test_shows_what_lies_in_no_unit(
        self, town: Make, communities: gpd.GeoDataFrame, units: gpd.GeoDataFrame
    ) -> None:
        west = units[units["unit_id"] == "W"]
        found = compare_demand(town(communities=communities, units=west))
        assert found.units["unit_id"].tolist() == ["W", OUTSIDE]
        assert found.units["register"].tolist() == [90.0, 90.0]
        assert found.units.geometry.isna().tolist() == [False, True]

    def test_has_no_ratio_where_nobody_is_registered(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        none = communities.assign(children=[0.0, 0.0, 90.0], residents=[900.0] * 3)
        found = compare_demand(
            town(communities=none, settings=chosen()), methods=["register", "norm"]
        )
        ratios = found.units.set_index("unit_id")["norm_to_register"]
        assert np.isnan(ratios["W"])
        assert ratios["E"] == pytest.approx(27 / 90)

    def test_lists_the_methods_that_are_left_out(self, town: Make, units: gpd.GeoDataFrame) -> None:
        young = units.assign(age_0=[1.0, 2.0])
        study = town(units=young, settings=chosen(counted_on="2025-08-31"))
        assert available_methods(study, 2025) == ("register", "cohort")
        found = compare_demand(study)
        assert found.methods == ("register",)
        left = found.problems.set_index("code").loc["method_left_out"]
        assert "do not tell all who are 3 years old" in left["problem"]
        with pytest.raises(InputError, match="3 years old"):
            compare_demand(study, methods=["cohort"])

    def test_refuses_what_it_does_not_know_or_cannot_do(
        self, town: Make, communities: gpd.GeoDataFrame
    ) -> None:
        wrong: Any = ["auto"]
        with pytest.raises(InputError, match="no demand method 'auto'"):
            compare_demand(town(), methods=wrong)
        with pytest.raises(InputError, match="no method of demand"):
            compare_demand(town(communities=communities.drop(columns="children")))

    def test_of_a_later_year_moves_only_what_knows_of_years(self, sample: Study) -> None:
        now, later = (compare_demand(sample, year).totals.loc["all"] for year in (2025, 2028))
        same = ["register", "grid", "norm"]
        np.testing.assert_allclose(now[same], later[same], rtol=1e-12)
        youngest = sample.units[["age_0", "age_1", "age_2"]].sum(axis=None)
        assert later["cohort"] == pytest.approx(youngest)
        shares = share_3_to_5(2028).value / share_3_to_5(2025).value
        assert later["households"] / now["households"] == pytest.approx(shares)


class TestPlanFile:
    @staticmethod
    def read(folder: Path, text: str) -> DemandSettings:
        path = folder / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return read_plan_file(path).settings.demand

    def test_scenarios_are_the_planners_own(self, sample: Study, tmp_path: Path) -> None:
        text = """
            [demand]
            method = "cohort"
            scenario = "leaving"
            counted_on = "2025-08-31"
            [demand.scenarios.low]
            births_change = -0.05
            [demand.scenarios.leaving]
            migration = -0.1
            enrolment = 0.9
        """
        demand = self.read(tmp_path, text)
        study = replace(sample, settings=replace(sample.settings, demand=demand))
        forecast = cohort_forecast(study, [2028, 2030])
        assert forecast["scenario"].unique().tolist() == ["low", "leaving", "mid", "high"]
        sums = forecast.groupby(["scenario", "year"])[["children", "expected"]].sum()
        youngest = sample.units[["age_0", "age_1", "age_2"]].sum(axis=None)
        assert sums.loc[("leaving", 2028), "children"] == pytest.approx(youngest * 0.9**3)
        assert sums.loc[("leaving", 2028), "expected"] == pytest.approx(youngest * 0.9**4)
        low, high = (sums.loc[(s, 2030), "children"] for s in ("low", "high"))
        assert low < sums.loc[("mid", 2030), "children"] < high
        assert estimate_demand(study, year=2028).children == pytest.approx(youngest * 0.9**3)

    def test_an_estate_fills_as_the_plan_says(
        self, town: Make, communities: gpd.GeoDataFrame, tmp_path: Path
    ) -> None:
        text = """
            [demand]
            method = "households"
            age_share = 0.02
            persons_per_household = 2.5
            filling_years = [0, 2]
            filling_shares = [0.5, 0.9]
        """
        demand = self.read(tmp_path, text)
        homes = communities.drop(columns="children").assign(
            households=[1000.0] * 3, delivered_year=[2025, 2024, 2015]
        )
        study = town(communities=homes, settings=Settings(PlanSettings(year=2025), demand))
        found = estimate_demand(study).points["children"]
        assert found.tolist() == pytest.approx([25.0, 35.0, 45.0])

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ('[demand]\nmethod = "guess"', "'guess' is not one of"),
            ('[demand]\nspread_by = "beds"', "'beds' is not one of"),
            ("[demand]\ncontrol = 1", "expected true or false"),
            ('[demand.scenarios.low]\nbirths_change = "-5 %"', "expected a number"),
            ("[demand.scenarios]\nlow = -0.05", "expected a table"),
            ("[demand]\nspread = 1", "unknown key 'spread'"),
        ],
    )
    def test_refuses_what_cannot_be(self, tmp_path: Path, text: str, match: str) -> None:
        with pytest.raises(PlanError, match=match):
            self.read(tmp_path, text)

    def test_refuses_a_scenario_with_an_unknown_key(self, sample: Study, tmp_path: Path) -> None:
        demand = self.read(tmp_path, "[demand.scenarios.low]\nbirth_change = -0.05")
        study = replace(sample, settings=replace(sample.settings, demand=demand))
        with pytest.raises(InputError, match="unknown key 'birth_change'"):
            cohort_forecast(study, [2028])

    def test_names_a_scenario_that_there_is_not(self, sample: Study, tmp_path: Path) -> None:
        text = '[demand]\nmethod = "cohort"\nscenario = "lwo"\ncounted_on = "2025-08-31"'
        demand = self.read(tmp_path, text)
        study = replace(sample, settings=replace(sample.settings, demand=demand))
        with pytest.raises(InputError, match="no scenario 'lwo'"):
            estimate_demand(study)


class TestDocuments:
    def test_show_every_key_of_demand(self, tmp_path: Path) -> None:
        names = {f.name for f in fields(DemandSettings)}
        page = (DOCS / "plan-file.md").read_text(encoding="utf-8")
        shown = page.split("```toml\n", 1)[1].split("```", 1)[0]
        section = shown.split("\n[demand]", 1)[1].split("\n[travel]", 1)[0]
        keys = set(re.findall(r"^(?:# )?(\w+) = ", section, re.MULTILINE))
        own = {"births_change", "migration", "enrolment"}
        assert keys == (names - {"scenarios"}) | own
        commented = re.sub(r"^# (?=\w+ = |\[)", "", section, flags=re.MULTILINE)
        found = TestPlanFile.read(tmp_path, f"[demand]{commented}")
        assert found.scenarios["low"].keys() == own
        table = (
            (DOCS / "demand.md").read_text(encoding="utf-8").split("## Keys of the plan file")[1]
        )
        assert {n for n in names if f"`{n}`" not in table} == {"scenarios"}

    def test_name_every_method_and_its_label(self) -> None:
        page = (DOCS / "demand.md").read_text(encoding="utf-8")
        assert [m for m in METHODS if f"## `{m}`" not in page] == []
        labels = [term(f"report.method_{m}", language) for m in METHODS for language in LANGUAGES]
        assert len(set(labels)) == 2 * len(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_the_same_columns(
    town: Make, communities: gpd.GeoDataFrame, aged: gpd.GeoDataFrame, method: Any
) -> None:
    homes = communities.assign(residents=[1000.0, 2000.0, 3000.0])
    study = town(
        communities=homes,
        units=aged.assign(children=[100.0, 50.0]),
        population=people(np.ones((5, 19))),
        settings=chosen(counted_on="2025-08-31"),
    )
    demand = estimate_demand(study, method=method)
    plain = estimate_demand(town())
    assert demand.points.columns.tolist() == plain.points.columns.tolist()
    assert demand.points.crs == study.crs
    assert demand.points["demand_id"].is_unique
    assert (demand.points["children"] >= 0).all()
    assert demand.children > 0
    assert set(demand.points["method"]) == {method}
    assert f"by {method}: " in repr(demand)


def test_a_gap_in_the_register_without_a_year_is_listed_rather_than_refused(town: Make) -> None:
    homes = town().communities.assign(children=[30.0, None, 90.0], residents=[900, 800, 700])
    demand = estimate_demand(town(communities=homes, settings=Settings()), method="register")
    assert demand.points["method"].tolist()[0] == "register"
    assert set(demand.problems["code"]) & {"count_filled", "no_count"}

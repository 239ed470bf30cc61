"""Children of 3 to 5 from age bands: plain shares, Sprague multipliers, and what both keep."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rastering import METRES
from shapely import Point

from kgspatial import Study
from kgspatial.demand import children_grid
from kgspatial.demand.ages import (
    END_PANEL,
    NEXT_PANEL,
    children_3_to_5,
    sprague_ages,
    sprague_groups,
    sprague_shares,
)
from kgspatial.errors import InputError
from kgspatial.inputs import Settings
from kgspatial.inputs.settings import DemandSettings
from kgspatial.layers import Grid, Population
from kgspatial.standards import read_profile

BANDS_OF_1950 = {
    "age_0": 12172.491,
    "age_1_4": 41997.509,
    "age_5_9": 44775.0,
    "age_10_14": 42142.0,
    "age_15_19": 38464.0,
}

quick = settings(deadline=None, max_examples=60)
GROUPS = ("age_0_4", "age_5_9", "age_10_14", "age_15_19")


def groups(*counts: object) -> dict[str, np.ndarray]:
    return {name: np.asarray(c, dtype=float) for name, c in zip(GROUPS, counts, strict=True)}


@st.composite
def even_bands(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """Cells or villages with up to 200 persons a band, as a whole with even bands."""
    shape = draw(st.sampled_from([(7,), (3, 4)]))
    drawn = arrays(float, shape, elements=st.floats(0, 200))
    bands = {name: draw(drawn) for name in GROUPS}
    totals = [float(bands[name].sum()) for name in GROUPS]
    assume(min(totals) > 0.5 * max(totals) > 0)
    assume((sprague_ages(totals) >= 0).all())
    return bands


class TestPlainShares:
    def test_are_half_of_1_to_4_and_a_fifth_of_5_to_9(self) -> None:
        bands = {"age_1_4": np.array([[40.0, 0.0]]), "age_5_9": np.array([[50.0, 5.0]])}
        np.testing.assert_array_equal(children_3_to_5(bands), [[30.0, 1.0]])

    def test_are_two_fifths_of_0_to_4(self) -> None:
        bands = {"age_0_4": np.array([50.0]), "age_5_9": np.array([50.0])}
        np.testing.assert_allclose(children_3_to_5(bands), [30.0])

    def test_prefer_the_band_that_is_closer(self) -> None:
        bands = {"age_0_4": np.array([99.0]), "age_1_4": np.array([40.0]), "age_5_9": np.zeros(1)}
        np.testing.assert_array_equal(children_3_to_5(bands), [20.0])

    def test_are_those_of_the_rule_profile(self) -> None:
        bands = {"age_1_4": np.array([40.0]), "age_5_9": np.array([50.0])}
        own = {"age_1_4": 0.6, "age_5_9": 0.1}
        national = read_profile().shares_3_to_5
        assert children_3_to_5(bands, shares=own).tolist() == [29.0]
        np.testing.assert_array_equal(
            children_3_to_5(bands, shares=national), children_3_to_5(bands)
        )

    def test_overstate_the_children_of_a_country_where_births_fall(self) -> None:
        """China's births of 2016 to 2024 (NBS, 10,000), in 2025: by cohort there are 3,220."""
        births = dict(
            zip(range(2016, 2025), [1786, 1723, 1523, 1465, 1202, 1062, 956, 902, 954], strict=True)
        )
        exact = births[2020] + births[2021] + births[2022]
        bands = {
            "age_1_4": np.array(sum(births[y] for y in range(2021, 2025)), dtype=float),
            "age_5_9": np.array(sum(births[y] for y in range(2016, 2021)), dtype=float),
        }
        assert exact == 3220
        assert children_3_to_5(bands) / exact == pytest.approx(1.0798, abs=5e-5)

    def test_of_residents_are_one_share(self) -> None:
        """2025: 140,489 (10,000) persons, 3,390 of them 3 to 5 (24.1 in 1,000)."""
        found = children_3_to_5({"residents": np.array([140_489.0])}, age_share=0.0241)
        assert found == pytest.approx(3390, rel=2e-3)

    def test_of_children_are_all(self) -> None:
        bands = {"children": np.array([3.5]), "age_1_4": np.array([9.0])}
        for split in ("plain", "sprague"):
            assert children_3_to_5(bands, split=split).tolist() == [3.5]


class TestMultipliers:
    def test_of_each_group_add_up_to_that_group_alone(self) -> None:
        np.testing.assert_allclose(END_PANEL.sum(axis=0), [1, 0, 0, 0], atol=1e-12)
        np.testing.assert_allclose(NEXT_PANEL.sum(axis=0), [0, 1, 0, 0], atol=1e-12)

    def test_are_those_of_a_polynomial_through_the_cumulated_counts(self) -> None:
        """Derived anew: the fourth degree through 0, 5, 10, 15 and 20, read at every age."""
        panels = np.empty((10, 4))
        for group in range(4):
            cumulated = np.concatenate([[0.0], np.cumsum(np.eye(4)[group])])
            curve = np.polynomial.Polynomial.fit([0, 5, 10, 15, 20], cumulated, 4)
            panels[:, group] = np.diff(curve(np.arange(11)))
        np.testing.assert_allclose(np.vstack([END_PANEL, NEXT_PANEL]), panels, atol=1e-12)

    def test_give_the_published_single_years(self) -> None:
        """DemoTools (Riffe and others), `graduate_sprague`, example of 1950, ages 0 to 5."""
        published = [12172.491, 11380.448, 10717.448, 10171.000, 9728.613, 9377.795]
        found = sprague_ages([54170, 44775, 42142, 38464])
        np.testing.assert_allclose(found[:6], published, atol=5e-4)
        children = children_3_to_5(groups(54170, 44775, 42142, 38464), split="sprague")
        assert children == pytest.approx(10171.000 + 9728.613 + 9377.795, abs=2e-3)

    def test_keep_the_groups_of_the_world_banks_example(self) -> None:
        """simPop (Templ and others), `sprague`: the first four of its seventeen groups."""
        found = sprague_ages([1_971_990, 2_095_820, 2_157_190, 2_094_110])
        assert found[:5].sum() == pytest.approx(1_971_990)
        assert found[5:].sum() == pytest.approx(2_095_820)
        # Age 3 by hand: .1200 x 1,971,990 + .1360 x 2,095,820 - .0720 x 2,157,190 + .0160 x ...
        assert found[3] == pytest.approx(236_638.8 + 285_031.52 - 155_317.68 + 33_505.76)

    def test_leave_equal_years_equal(self) -> None:
        np.testing.assert_allclose(sprague_ages(np.full((2, 4), 50.0)), np.full((2, 10), 10.0))

    def test_find_a_straight_decline(self) -> None:
        years = np.arange(100.0, 80.0, -1.0)
        found = sprague_ages(years.reshape(4, 5).sum(axis=1))
        np.testing.assert_allclose(found, years[:10])


class TestSprague:
    @quick
    @given(even_bands())
    def test_gives_the_whole_area_the_published_number(self, bands: dict[str, np.ndarray]) -> None:
        found = children_3_to_5(bands, split="sprague")
        ages = sprague_ages([bands[name].sum() for name in GROUPS])
        assert found.sum() == pytest.approx(ages[3:6].sum(), rel=1e-9)

    @quick
    @given(even_bands())
    def test_gives_no_part_a_negative_number_or_more_than_its_bands(
        self, bands: dict[str, np.ndarray]
    ) -> None:
        found = children_3_to_5(bands, split="sprague")
        assert (found >= 0).all()
        assert (found <= bands["age_0_4"] + bands["age_5_9"]).all()

    @quick
    @given(even_bands(), st.floats(0, 1))
    def test_takes_the_bands_0_and_1_to_4_together(
        self, bands: dict[str, np.ndarray], newborn: float
    ) -> None:
        young = bands["age_0_4"]
        apart = {"age_0": newborn * young, "age_1_4": young - newborn * young, **bands}
        del apart["age_0_4"]
        np.testing.assert_allclose(
            children_3_to_5(apart, split="sprague"), children_3_to_5(bands, split="sprague")
        )

    def test_would_be_negative_in_a_cell_by_itself(self) -> None:
        """Which is why the shares are those of the area: one cell holds 2 of 0-4, 40 of 10-14."""
        cells = groups([2, 500], [3, 500], [40, 500], [5, 500])
        one = sprague_ages([2, 3, 40, 5])
        assert one[3] < 0
        found = children_3_to_5(cells, split="sprague")
        assert (found > 0).all()

    def test_may_be_taken_area_by_area(self) -> None:
        bands = groups([50, 60, 90], [50, 50, 100], [50, 45, 120], [50, 40, 110])
        found = children_3_to_5(bands, split="sprague", areas=np.array([7, 2, 2]))
        first = children_3_to_5(groups([50], [50], [50], [50]), split="sprague")
        second = children_3_to_5(groups([60, 90], [50, 100], [45, 120], [40, 110]), split="sprague")
        np.testing.assert_allclose(found, [*first, *second])

    def test_areas_may_be_the_parts_themselves(self) -> None:
        bands = groups([50, 60, 90], [50, 50, 100], [50, 45, 120], [50, 40, 110])
        found = children_3_to_5(bands, split="sprague", areas=np.arange(3))
        ages = sprague_ages(np.column_stack([bands[name] for name in GROUPS]))
        np.testing.assert_allclose(found, ages[:, 3:6].sum(axis=1))

    def test_areas_of_cells_have_the_shape_of_the_cells(self) -> None:
        bands = groups(*np.full((4, 2, 3), 50.0))
        areas = np.array([[0, 0, 1], [1, 1, 0]])
        found = children_3_to_5(bands, split="sprague", areas=areas)
        np.testing.assert_allclose(found, np.full((2, 3), 30.0))

    def test_a_part_without_a_number_stays_without_and_does_not_spoil_the_others(self) -> None:
        bands = groups([50, np.nan, 100], [50, 70, 100], [50, 70, 100], [50, 70, 100])
        found = children_3_to_5(bands, split="sprague")
        np.testing.assert_allclose(found, [30, np.nan, 60])
        alone = children_3_to_5(bands, split="sprague", areas=np.zeros(3, int))
        np.testing.assert_allclose(alone, found)

    def test_of_nobody_are_none(self) -> None:
        assert children_3_to_5(groups([0], [0], [0], [0]), split="sprague").tolist() == [0.0]
        empty = groups([0, 50], [0, 50], [30, 50], [0, 50])
        found = children_3_to_5(empty, split="sprague", areas=np.arange(2))
        np.testing.assert_allclose(found, [0, 30])

    def test_shares_lie_between_0_and_1(self) -> None:
        found = sprague_shares(groups(54170, 44775, 42142, 38464))
        assert found["age_0_4"] == pytest.approx((10171.000 + 9728.613) / 54170, abs=1e-7)
        assert found["age_5_9"] == pytest.approx(9377.795 / 44775, abs=1e-7)

    def test_groups_keep_the_older_bands(self) -> None:
        bands = {name: np.array([float(i)]) for i, name in enumerate(("age_0", "age_1_4"), 1)}
        bands |= {name: np.array([9.0]) for name in GROUPS[1:]}
        found = sprague_groups(bands)
        assert list(found) == list(GROUPS)
        assert found["age_0_4"].tolist() == [3.0]


class TestSettings:
    """``[demand] age_split`` of a plan file says how the bands of its grid are split."""

    @staticmethod
    def study(split: str, **bands: float) -> Study:
        garden = gpd.GeoDataFrame(
            {"kindergarten_id": ["K1"], "places": [90]},
            geometry=[Point(METRES.c + 50, METRES.f - 50)],
            crs="EPSG:4549",
        )
        grid = Grid((1, 2), METRES, "EPSG:4549")
        counts = {name: np.array([[n, n / 2]]) for name, n in bands.items()}
        chosen = DemandSettings(age_split=split)  # type: ignore[arg-type]
        return Study(
            kindergartens=garden,
            population=Population(grid, counts),
            settings=Settings(demand=chosen),
        )

    def test_is_plain_unless_said(self) -> None:
        assert DemandSettings().age_split == "plain"
        found = children_grid(self.study("plain", **BANDS_OF_1950))
        np.testing.assert_allclose(found, [[29953.7545, 29953.7545 / 2]])

    def test_may_be_sprague(self) -> None:
        """The published example of 1950, in two cells of one age structure."""
        found = children_grid(self.study("sprague", **BANDS_OF_1950))
        np.testing.assert_allclose(found, [[29277.408, 29277.408 / 2]], rtol=1e-7)


class TestRefusals:
    def test_bands_that_do_not_suffice(self) -> None:
        with pytest.raises(InputError, match=r"grid.tif: its bands \(age_1_4\) do not tell"):
            children_3_to_5({"age_1_4": np.ones(1)}, source="grid.tif")
        with pytest.raises(InputError, match="do not tell"):
            children_3_to_5({"residents": np.ones(1)})

    @pytest.mark.parametrize("gone", ["age_0_4", "age_10_14", "age_15_19"])
    def test_bands_that_do_not_suffice_for_sprague(self, gone: str) -> None:
        bands = groups([50], [50], [50], [50])
        del bands[gone]
        with pytest.raises(InputError, match="do not suffice for Sprague") as caught:
            children_3_to_5(bands, split="sprague")
        assert 'age_split = "plain"' in caught.value.hint

    @pytest.mark.parametrize("share", [-0.1, 1.2])
    def test_a_share_that_is_none(self, share: float) -> None:
        with pytest.raises(InputError, match="share from 0 to 1"):
            children_3_to_5({"residents": np.ones(1)}, age_share=share)

    def test_a_split_that_is_unknown(self) -> None:
        with pytest.raises(InputError, match="Known: plain, sprague"):
            children_3_to_5({"children": np.ones(1)}, split="beers")  # type: ignore[arg-type]

    def test_an_area_too_uneven_for_a_polynomial_is_not_clipped(self) -> None:
        with pytest.raises(InputError, match="negative numbers of persons in 1 of 1 areas"):
            children_3_to_5(groups([2], [3], [40], [5]), split="sprague")
        bands = groups([2, 50, 0], [3, 50, 0], [40, 50, 9], [5, 50, 0])
        with pytest.raises(InputError, match="in 1 of 3 areas"):
            children_3_to_5(bands, split="sprague", areas=np.arange(3))

"""A raster in blocks: the same children as from one piece, and never more than a block at once."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rastering import METRES, moved, write_raster
from shapely import Polygon, box

from kgspatial.demand.ages import children_3_to_5
from kgspatial.demand.coverage import coverage_matrix, share_overlaps, split_counts
from kgspatial.demand.zonal import ZonalChildren, coverage_sums, zonal_children
from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, read_population
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.inputs.rasters.blocks import population_blocks
from kgspatial.layers import Grid, Population

CRS = "EPSG:4549"
ROWS, COLUMNS = 60, 70
CHILDREN = {"children": 1}
BANDS = ("age_0", "age_1_4", "age_5_9", "age_10_14", "age_15_19")
LAYOUTS = pytest.mark.parametrize(
    "layout",
    [
        {"tiled": True, "blockxsize": 16, "blockysize": 32},
        {"blockysize": 1},
        {"blockysize": 7, "compress": "deflate"},
        {"blockysize": ROWS},
        {"tiled": True, "blockxsize": 32, "blockysize": 16, "interleave": "pixel"},
    ],
    ids=str,
)


def people(bands: int = 1, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    counts = random.gamma(0.5, 4.0, (bands, ROWS, COLUMNS))
    counts[:, random.random((ROWS, COLUMNS)) < 0.6] = -1.0
    return counts


def town() -> gpd.GeoSeries:
    """Communities that overlap, nest, have a hole, are tiny, and reach beyond the edge."""
    x, y = METRES.c, METRES.f
    shapes = [
        box(x + 510, y - 2_350, x + 2_480, y - 730),
        box(x + 1_500, y - 2_000, x + 3_300, y - 1_100),
        box(x + 700, y - 1_200, x + 900, y - 1_000),
        Polygon(
            box(x + 4_000, y - 5_500, x + 6_050, y - 3_010).exterior,
            [box(x + 4_400, y - 4_900, x + 5_000, y - 3_500).exterior],
        ),
        box(x - 700, y - 6_700, x + 333, y - 4_444),
        box(x + 3_501, y - 151, x + 3_507, y - 140),
    ]
    return gpd.GeoSeries(shapes, crs=CRS, index=[f"C{i}" for i in range(len(shapes))])


def in_blocks(path: Path, cells: int, **how: object) -> ZonalChildren:
    declared = LayerInput(str(path), bands=how.pop("bands", CHILDREN))  # type: ignore[arg-type]
    return zonal_children(town(), population_blocks(declared, cells=cells), **how)  # type: ignore[arg-type]


class TestBlocks:
    @LAYOUTS
    @pytest.mark.parametrize("cells", [30, 140, 500, 1_500, 10_000])
    def test_are_the_raster_and_no_cell_twice(
        self, tmp_path: Path, layout: dict[str, object], cells: int
    ) -> None:
        path = write_raster(tmp_path / "p.tif", people(2), nodata=-1.0, **layout)
        declared = LayerInput(str(path), bands={"age_1_4": 1, "age_5_9": 2})
        whole, _ = read_population(declared)
        seen = np.zeros(whole.grid.shape, int)
        together = {name: np.zeros(whole.grid.shape) for name in whole.bands}
        for block, _ in population_blocks(declared, cells=cells):
            (rows, columns), t = block.grid.shape, block.grid.transform
            row, column = round((t.f - METRES.f) / METRES.e), round((t.c - METRES.c) / METRES.a)
            place = np.s_[row : row + rows, column : column + columns]
            seen[place] += 1
            assert block.grid.size * 2 <= cells
            for name, band in block.bands.items():
                together[name][place] = band
        assert (seen == 1).all()
        for name, band in together.items():
            np.testing.assert_array_equal(band, whole.bands[name])

    def test_follow_the_blocks_of_the_file(self, tmp_path: Path) -> None:
        layout = {"tiled": True, "blockxsize": 16, "blockysize": 32}
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0, **layout)
        blocks = population_blocks(LayerInput(str(path), bands=CHILDREN), cells=1_100)
        shapes = [block.grid.shape for block, _ in blocks]
        assert shapes == [(32, 32), (32, 32), (32, 6), (28, 32), (28, 32), (28, 6)]

    def test_of_an_area_are_its_window(self, tmp_path: Path) -> None:
        degrees = Affine(0.01, 0, 119.7, 0, -0.01, 24.8)
        path = write_raster(
            tmp_path / "p.tif", people(), nodata=-1.0, crs="EPSG:4326", transform=degrees
        )
        area, declared = Area(119.9, 24.4, 120.1, 24.6), LayerInput(str(path), bands=CHILDREN)
        whole, notes = read_population(declared, area=area)
        blocks = list(population_blocks(declared, area=area, cells=100))
        assert len(blocks) > 3
        assert sum(block.grid.size for block, _ in blocks) == whole.grid.size
        assert sum(block.bands["children"].sum() for block, _ in blocks) == pytest.approx(
            whole.bands["children"].sum()
        )
        assert blocks[0][1] == notes
        assert [note.code for note in notes] == ["window_read"]

    def test_join_several_files_and_add_up_what_counts_the_same_cells(self, tmp_path: Path) -> None:
        for sex in "fm":
            write_raster(tmp_path / f"chn_{sex}_1_2020.tif", people(seed=ord(sex)), nodata=-1.0)
            write_raster(tmp_path / f"chn_{sex}_5_2020.tif", people(seed=3), nodata=-1.0)
            name = f"chn_{sex}_5_2020_east.tif"
            write_raster(tmp_path / name, people(), nodata=-1.0, transform=moved(METRES, COLUMNS))
            write_raster(
                tmp_path / f"chn_{sex}_1_2020_east.tif",
                people(seed=9),
                nodata=-1.0,
                transform=moved(METRES, COLUMNS),
            )
        declared = LayerInput(str(tmp_path / "chn_*.tif"))
        whole, notes = read_population(declared)
        for name, band in whole.bands.items():
            parts = [b.bands[name].sum() for b, _ in population_blocks(declared, cells=2_000)]
            assert len(parts) > 4
            assert sum(parts) == pytest.approx(band.sum(), rel=1e-12)
        found = [p for _, problems in population_blocks(declared, cells=2_000) for p in problems]
        assert found == notes

    def test_count_marks_of_no_data_over_all_blocks(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", people())
        declared = LayerInput(str(path), bands=CHILDREN)
        _, notes = read_population(declared)
        blocks = list(population_blocks(declared, cells=700))
        assert all(not problems for _, problems in blocks[:-1])
        assert blocks[-1][1] == notes
        (note,) = notes
        assert note.code == "undeclared_nodata"
        assert note.problem.startswith(f"{np.count_nonzero(people() == -1):,} cells")

    def test_of_what_holds_no_counts_are_refused(self, tmp_path: Path) -> None:
        values = np.zeros((20, 20))
        values[::4, 3] = [-9.0, -99.0, -999.0, -9999.0, -99999.0]
        path = write_raster(tmp_path / "p.tif", values)
        with pytest.raises(InputError, match="many values"):
            list(population_blocks(LayerInput(str(path), bands=CHILDREN), cells=100))


class TestChildren:
    @LAYOUTS
    @pytest.mark.parametrize("cells", [70, 900])
    @pytest.mark.parametrize("merge", [1, 4])
    def test_are_those_of_the_raster_in_one_piece(
        self, tmp_path: Path, layout: dict[str, object], cells: int, merge: int
    ) -> None:
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0, **layout)
        found = in_blocks(path, cells, merge=merge)
        whole = read_population(LayerInput(str(path), bands=CHILDREN))
        at_once = zonal_children(town(), [whole], merge=merge)
        np.testing.assert_allclose(found.inside, at_once.inside, rtol=1e-12)
        np.testing.assert_allclose(
            found.outside["children"], at_once.outside["children"], rtol=1e-12
        )
        assert found.outside.geometry.geom_equals_exact(at_once.outside.geometry, 1e-6).all()
        assert found.inside.index.tolist() == town().index.tolist()

    def test_are_those_of_the_coverage_matrix(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0)
        found = in_blocks(path, 900)
        population, _ = read_population(LayerInput(str(path), bands=CHILDREN))
        grid, children = population.grid, population.bands["children"].ravel()
        shares = share_overlaps(coverage_matrix(town(), grid), town(), grid)
        inside, left = split_counts(shares, children)
        np.testing.assert_allclose(found.inside, inside, rtol=1e-12)
        cells = np.flatnonzero(left > 0)
        np.testing.assert_allclose(found.outside["children"], left[cells], rtol=1e-12)
        np.testing.assert_allclose(found.outside.geometry.x, grid.centres(cells)[0])
        np.testing.assert_allclose(found.outside.geometry.y, grid.centres(cells)[1])
        assert found.outside.crs.equals(CRS)

    @settings(deadline=None, max_examples=40)
    @given(st.integers(1, 5_000), st.integers(1, 30), st.integers(0, 2**32 - 1))
    def test_are_conserved(self, cells: int, merge: int, seed: int) -> None:
        """The raster is cut into blocks in memory, each with a grid of its own."""
        counts = np.maximum(people(seed=seed)[0], 0.0)
        grid = Grid((ROWS, COLUMNS), METRES, CRS)
        high = max(1, cells // COLUMNS)
        blocks = [
            (
                Population(
                    Grid(counts[row : row + high].shape, moved(METRES, 0, row), CRS),
                    {"children": counts[row : row + high]},
                ),
                [],
            )
            for row in range(0, ROWS, high)
        ]
        found = zonal_children(town(), blocks, merge=merge)
        assert found.children == pytest.approx(counts.sum(), rel=1e-9)
        shares = share_overlaps(coverage_matrix(town(), grid), town(), grid)
        np.testing.assert_allclose(found.inside, split_counts(shares, counts.ravel())[0])

    def test_of_polygons_in_another_system_are_the_same(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0)
        blocks = population_blocks(LayerInput(str(path), bands=CHILDREN), cells=900)
        found = zonal_children(town().to_crs("EPSG:4326"), blocks)
        np.testing.assert_allclose(found.inside, in_blocks(path, 900).inside, rtol=1e-6)

    @pytest.mark.parametrize("split", ["plain", "sprague"])
    def test_from_age_bands_are_those_of_all_cells_together(
        self, tmp_path: Path, split: str
    ) -> None:
        path = write_raster(tmp_path / "p.tif", people(5), nodata=-1.0, names=BANDS)
        found = in_blocks(path, 900, bands={}, split=split)
        population, _ = read_population(LayerInput(str(path)))
        children = children_3_to_5(population.bands, split=split).ravel()  # type: ignore[arg-type]
        grid = population.grid
        shares = share_overlaps(coverage_matrix(town(), grid), town(), grid)
        inside, left = split_counts(shares, children)
        np.testing.assert_allclose(found.inside, inside, rtol=1e-9)
        np.testing.assert_allclose(found.outside["children"], left[left > 0], rtol=1e-9)
        assert found.children == pytest.approx(children.sum(), rel=1e-9)

    def test_from_residents_are_a_share(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0)
        found = in_blocks(path, 900, bands={"residents": 1}, age_share=0.03)
        np.testing.assert_allclose(found.inside, 0.03 * in_blocks(path, 900).inside)

    def test_carry_what_was_found_in_the_file(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", people())
        assert [problem.code for problem in in_blocks(path, 900).problems] == ["undeclared_nodata"]


class TestOutside:
    def test_squares_stand_where_their_children_live(self) -> None:
        counts = np.zeros((4, 4))
        counts[0, 0], counts[0, 1], counts[3, 3] = 3.0, 1.0, 5.0
        population = Population(Grid((4, 4), METRES, CRS), {"children": counts})
        far = gpd.GeoSeries([box(0, 0, 1, 1)], crs=CRS)
        outside = zonal_children(far, [(population, [])], merge=2).outside
        assert outside["children"].tolist() == [4.0, 5.0]
        assert outside.geometry.x.tolist() == [METRES.c + 75.0, METRES.c + 350.0]
        assert outside.geometry.y.tolist() == [METRES.f - 50.0, METRES.f - 350.0]

    def test_nobody_is_left_where_polygons_cover_all(self) -> None:
        population = Population(Grid((4, 4), METRES, CRS), {"children": np.ones((4, 4))})
        all_of_it = gpd.GeoSeries([box(*population.grid.bounds).buffer(50)], crs=CRS)
        found = zonal_children(all_of_it, [(population, [])])
        assert found.inside.tolist() == [pytest.approx(16.0)]
        assert found.outside.empty
        assert found.outside.crs.equals(CRS)

    def test_everybody_is_left_where_there_is_no_polygon(self) -> None:
        population = Population(Grid((2, 2), METRES, CRS), {"children": np.ones((2, 2))})
        found = zonal_children(gpd.GeoSeries([], crs=CRS), [(population, [])])
        assert found.inside.empty
        assert found.outside["children"].tolist() == [1, 1, 1, 1]

    def test_nobody_anywhere_is_no_error(self) -> None:
        population = Population(Grid((2, 2), METRES, CRS), {"children": np.zeros((2, 2))})
        found = zonal_children(town(), [(population, [])])
        assert found.children == 0.0
        assert found.outside.empty

    def test_more_than_can_be_demand_points_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0)
        monkeypatch.setattr("kgspatial.demand.zonal.MAX_SQUARES", 200)
        with pytest.raises(InputError, match="more than 200 cells") as caught:
            in_blocks(path, 900)
        assert "merge=10" in caught.value.hint
        with pytest.raises(InputError, match="squares of 2 x 2 cells"):
            in_blocks(path, 900, merge=2)
        assert in_blocks(path, 900, merge=10).children == pytest.approx(
            people()[people() > 0].sum()
        )


class TestRefusals:
    def test_no_block(self) -> None:
        with pytest.raises(InputError, match="no block"):
            coverage_sums(town(), [])

    def test_squares_of_no_cell(self) -> None:
        with pytest.raises(InputError, match="at least one cell"):
            coverage_sums(town(), [], merge=0)

    @pytest.mark.parametrize(
        "other",
        [
            Grid((2, 2), moved(METRES, 2.5), CRS),
            Grid((2, 2), Affine(50, 0, METRES.c, 0, -50, METRES.f), CRS),
            Grid((2, 2), METRES, "EPSG:4548"),
        ],
        ids=["beside", "smaller", "elsewhere"],
    )
    def test_blocks_of_several_grids(self, other: Grid) -> None:
        counts = {"children": np.ones((2, 2))}
        with pytest.raises(InputError, match="do not lie on one grid"):
            coverage_sums(town(), [(Grid((2, 2), METRES, CRS), counts), (other, counts)])

    def test_bands_that_do_not_suffice(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "p.tif", people(), nodata=-1.0)
        with pytest.raises(InputError, match="do not tell"):
            in_blocks(path, 900, bands={"age_1_4": 1})
        with pytest.raises(InputError, match="do not suffice for Sprague"):
            in_blocks(path, 900, bands={"age_1_4": 1}, split="sprague")

    def test_what_is_no_polygon(self) -> None:
        population = Population(Grid((2, 2), METRES, CRS), {"children": np.ones((2, 2))})
        with pytest.raises(InputError, match="polygons only"):
            zonal_children(gpd.GeoSeries([shapely.Point(0, 0)], crs=CRS), [(population, [])])

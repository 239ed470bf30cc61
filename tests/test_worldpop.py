"""What the names of population rasters say, and which of them a path means."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from rastering import METRES, moved, write_raster
from shapely import Point, box

from kgspatial.demand import children_grid
from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, read_population
from kgspatial.inputs.coordinates.areas import study_area
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.rasters.worldpop import RasterFile, population_rasters
from kgspatial.reading import read_study
from kgspatial.study import Study

GLOBAL2 = "chn_{sex}_{age}_2025_CN_100m_R2025A_v1.tif"
GLOBAL2_1KM = "chn_{sex}_{age}_2025_CN_1km_R2025A_UA_v1.tif"
GLOBAL1 = "chn_{sex}_{age}_2020.tif"
CONSTRAINED = "chn_{sex}_{age}_2020_constrained.tif"
RELEASES = pytest.mark.parametrize(
    ("name", "ages"),
    [
        (GLOBAL2, ("00", "01", "05", "10", "15", "90")),
        (GLOBAL2_1KM, ("00", "01", "05", "10")),
        (GLOBAL1, ("0", "1", "5", "10", "80")),
        (CONSTRAINED, ("0", "1", "5", "10")),
        ("chn_{sex}_{age}_2020_constrained_UNadj.tif", ("0", "1", "5")),
        ("global_{sex}_{age}_2020_1km.tif", ("0", "1", "5", "10")),
        ("厦门_chn_{sex}_{age}_2025_clip.TIF", ("00", "01", "05")),
    ],
)


def names(model: str, sexes: str = "fm", ages: Iterable[str] = ("01", "05")) -> list[str]:
    return [model.format(sex=sex, age=age) for sex in sexes for age in ages]


def put(folder: Path, wanted: Iterable[str]) -> Path:
    """Files of these names, without content: names alone say what is in them."""
    for name in wanted:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def chosen(path: Path | str, year: int | None = None) -> dict[str, list[str]]:
    """Names of the files that are read, by band."""
    found: dict[str, list[str]] = {}
    for file in population_rasters(str(path), year)[0]:
        found.setdefault(str(file.band), []).append(file.path.name)
    return found


def notes(path: Path | str, year: int | None = None) -> list[Problem]:
    return population_rasters(str(path), year)[1]


def said(path: Path | str, year: int | None = None, **how: bool) -> str:
    with pytest.raises(InputError) as caught:
        population_rasters(str(path), year, **how)
    assert caught.value.hint
    return str(caught.value)


class TestReleases:
    @RELEASES
    def test_are_understood_by_their_names(
        self, tmp_path: Path, name: str, ages: tuple[str, ...]
    ) -> None:
        put(tmp_path, names(name, ages=ages))
        for path in (name, name.replace("{sex}", "{f,m}"), name.replace("_{age}_", "_*_")):
            found = chosen(tmp_path / path)
            older = ["age_10_14", "age_15_19"] if "15" in ages else []
            bands = ["age_0", "age_1_4", "age_5_9", *older]
            assert {band: len(files) for band, files in found.items()} == dict.fromkeys(bands, 2)
            assert found["age_1_4"] == sorted(names(name, ages=ages[1:2]))

    @RELEASES
    def test_say_which_file_is_missing_in_their_own_way(
        self, tmp_path: Path, name: str, ages: tuple[str, ...]
    ) -> None:
        put(tmp_path, names(name, ages=ages))
        for age, word in ((ages[1], "age 1"), (ages[2], "age 5")):
            gone = names(name, ages=[age])
            for file in gone:
                (tmp_path / file).unlink()
            text = said(tmp_path / name)
            assert word in text
            assert ", ".join(sorted(gone)) in text
            put(tmp_path, gone)
        lost = name.format(sex="m", age=ages[2])
        (tmp_path / lost).unlink()
        text = said(tmp_path / name)
        assert "one sex only: 'm' is missing" in text
        assert lost in text

    @pytest.mark.parametrize("name", [GLOBAL2, GLOBAL1])
    def test_of_both_sexes_together_need_no_other(self, tmp_path: Path, name: str) -> None:
        put(tmp_path, names(name, "t"))
        assert chosen(tmp_path / name) == {
            "age_1_4": [name.format(sex="t", age="01")],
            "age_5_9": [name.format(sex="t", age="05")],
        }

    def test_of_both_sexes_together_and_apart_are_not_counted_twice(self, tmp_path: Path) -> None:
        put(tmp_path, names(GLOBAL2, "fmt"))
        assert "same people twice" in said(tmp_path / GLOBAL2)
        assert "same people twice" in said(tmp_path / GLOBAL2, by_name=False)
        for path in (GLOBAL2.replace("{sex}", "{f,m}"), GLOBAL2.replace("{sex}", "[fm]")):
            assert len(chosen(tmp_path / path)["age_1_4"]) == 2
        assert len(chosen(tmp_path / GLOBAL2.replace("{sex}", "t"))["age_1_4"]) == 1

    def test_without_any_child_name_the_files_of_children(self, tmp_path: Path) -> None:
        put(tmp_path, names("pop_{age}_{sex}_wuhan.tif", ages=("20", "30")))
        text = said(tmp_path / "pop_{age}_{sex}_wuhan.tif")
        assert "no band for children: its files hold the ages from 20, 30 years on" in text
        for name in names("pop_{age}_{sex}_wuhan.tif", ages=("1", "5")):
            assert name in text

    def test_of_one_age_only_are_not_enough(self, tmp_path: Path) -> None:
        put(tmp_path, [GLOBAL1.format(sex="f", age="1")])
        text = said(tmp_path / "chn_f_1_2020.tif")
        assert "chn_f_5_2020.tif" in text

    def test_that_cover_parts_are_complete_in_each_part(self, tmp_path: Path) -> None:
        put(tmp_path, names("west_{sex}_{age}.tif") + names("east_{sex}_{age}.tif"))
        (tmp_path / "east_m_05.tif").unlink()
        text = said(tmp_path / "*_{sex}_{age}.tif")
        assert "east_m_05.tif" in text
        assert "west" not in text.split("Needed")[1]


class TestTotals:
    @pytest.mark.parametrize(
        "wanted",
        [
            ["chn_pop_2025_CN_100m_R2025A_v1.tif"],
            ["chn_ppp_2020.tif"],
            ["chn_ppp_2020_1km_Aggregated_UNadj.tif"],
            ["chn_T_F_2025_CN_100m_R2025A_v1.tif", "chn_T_M_2025_CN_100m_R2025A_v1.tif"],
        ],
    )
    def test_are_residents(self, tmp_path: Path, wanted: list[str]) -> None:
        put(tmp_path, wanted)
        assert chosen(tmp_path / "chn_*.tif") == {"residents": wanted}

    def test_of_one_sex_name_the_other_in_their_own_way(self, tmp_path: Path) -> None:
        put(tmp_path, ["chn_T_F_2025_CN_100m_R2025A_v1.tif"])
        assert "chn_T_M_2025_CN_100m_R2025A_v1.tif" in said(tmp_path / "chn_T_{sex}_2025*")

    def test_stand_back_where_the_ages_of_children_are(self, tmp_path: Path) -> None:
        put(tmp_path, [*names(GLOBAL2), "chn_pop_2025_CN_100m_R2025A_v1.tif"])
        assert set(chosen(tmp_path / "chn_*")) == {"age_1_4", "age_5_9"}
        assert "chn_pop_2025_CN_100m_R2025A_v1.tif" in notes(tmp_path / "chn_*")[0].done

    def test_stand_in_where_only_other_ages_are(self, tmp_path: Path) -> None:
        put(tmp_path, [*names(GLOBAL2, ages=["20"]), "chn_pop_2025_CN_100m_R2025A_v1.tif"])
        assert set(chosen(tmp_path / "chn_*")) == {"residents"}

    def test_per_square_kilometre_are_refused(self, tmp_path: Path) -> None:
        put(tmp_path, ["chn_pd_2020_1km.tif"])
        assert "square kilometre" in said(tmp_path / "chn_pd_2020_1km.tif")
        assert "square kilometre" in said(tmp_path / "chn_pd_2020_1km.tif", by_name=False)


class TestSingleYears:
    def test_of_3_to_5_are_the_children(self, tmp_path: Path) -> None:
        put(tmp_path, [f"人口_{age}岁.tif" for age in range(18)])
        assert chosen(tmp_path / "人口_{age}岁.tif") == {
            "children": ["人口_3岁.tif", "人口_4岁.tif", "人口_5岁.tif"]
        }

    def test_that_lack_one_name_it(self, tmp_path: Path) -> None:
        put(tmp_path, [f"a_{age}.tif" for age in (1, 2, 3, 5)])
        assert "a_4.tif" in said(tmp_path / "a_{age}.tif")

    def test_are_added_up(self, tmp_path: Path) -> None:
        for age in range(1, 8):
            write_raster(tmp_path / f"a_{age}.tif", [[10.0**age]])
        found = read_population(LayerInput(str(tmp_path / "a_{age}.tif")))[0]
        assert {n: v.tolist() for n, v in found.bands.items()} == {"children": [[111_000.0]]}


class TestFolders:
    AGES = ("00", "01", "05", "10", "15")
    ALL = (*names(GLOBAL2, "fmt", AGES),)
    TOTALS = ("chn_T_F_2025_CN_100m_R2025A_v1.tif", "chn_T_M_2025_CN_100m_R2025A_v1.tif")

    def test_as_unpacked_are_read_for_the_children_and_say_so(self, tmp_path: Path) -> None:
        put(tmp_path, [*self.ALL, *self.TOTALS])
        assert chosen(tmp_path) == {
            "age_0": names(GLOBAL2, "t", ["00"]),
            "age_1_4": names(GLOBAL2, "t", ["01"]),
            "age_5_9": names(GLOBAL2, "t", ["05"]),
            "age_10_14": names(GLOBAL2, "t", ["10"]),
            "age_15_19": names(GLOBAL2, "t", ["15"]),
        }
        (note,) = notes(tmp_path)
        assert (note.code, note.severity) == ("files_understood", "note")
        assert "age_1_4 from chn_t_01_2025_CN_100m_R2025A_v1.tif" in note.problem
        assert "12 others are not read" in note.done

    @pytest.mark.parametrize("gone", ["t_00", "t_10", "t_15"])
    def test_are_read_without_the_older_ages_where_these_do_not_suffice_for_sprague(
        self, tmp_path: Path, gone: str
    ) -> None:
        put(tmp_path, [name for name in names(GLOBAL2, "t", self.AGES) if gone not in name])
        assert set(chosen(tmp_path)) - {"age_0"} == {"age_1_4", "age_5_9"}

    def test_without_both_sexes_together_are_read_apart(self, tmp_path: Path) -> None:
        put(tmp_path, names(GLOBAL2, "fm", ("00", "01", "05", "10")))
        assert chosen(tmp_path)["age_1_4"] == names(GLOBAL2, "fm", ["01"])

    def test_may_lie_in_folders_with_what_archives_of_macs_carry(self, tmp_path: Path) -> None:
        put(tmp_path / "chn_agesex_structures_2025" / "data", names(GLOBAL2, "t"))
        put(tmp_path / "__MACOSX", [f"._{name}" for name in names(GLOBAL2, "t")])
        put(tmp_path, ["readme.txt", "chn_t_01_2025_CN_100m_R2025A_v1.tif.aux.xml"])
        assert len(chosen(tmp_path)["age_1_4"]) == 1

    def test_of_several_years_are_read_for_the_plans(self, tmp_path: Path) -> None:
        put(
            tmp_path, names(GLOBAL1, "t") + [n.replace("2020", "2019") for n in names(GLOBAL1, "t")]
        )
        assert chosen(tmp_path, 2019)["age_1_4"] == ["chn_t_01_2019.tif"]
        assert "several years (2019, 2020)" in said(tmp_path, 2021)
        assert "several years (2019, 2020)" in said(tmp_path)

    def test_may_be_named_by_a_pattern(self, tmp_path: Path) -> None:
        for year in (2024, 2025):
            put(tmp_path / str(year), [n.replace("2025_", f"{year}_") for n in names(GLOBAL2, "t")])
        assert chosen(tmp_path / "{year}", 2024)["age_5_9"] == [
            "chn_t_05_2024_CN_100m_R2025A_v1.tif"
        ]

    def test_that_lack_children_name_their_files(self, tmp_path: Path) -> None:
        put(tmp_path, names(GLOBAL2, "t", ("10", "15")))
        assert "chn_t_01_2025_CN_100m_R2025A_v1.tif" in said(tmp_path)

    def test_of_tiles_that_say_nothing_are_one_raster(self, tmp_path: Path) -> None:
        write_raster(tmp_path / "片区1.tif", [[1.0, 2.0]])
        write_raster(tmp_path / "片区2.tif", [[3.0, 4.0]], transform=moved(METRES, 2))
        found, problems = read_population(LayerInput(str(tmp_path), bands={"children": 1}))
        assert found.bands["children"].tolist() == [[1, 2, 3, 4]]
        assert [problem.code for problem in problems] == ["files_understood"]

    def test_of_an_esri_grid_are_one_raster(self, tmp_path: Path) -> None:
        put(tmp_path / "rkgrid", ["hdr.adf", "w001001.adf"])
        (file,) = population_rasters(str(tmp_path / "rkgrid"), None)[0]
        assert file.path == tmp_path / "rkgrid"

    def test_without_rasters_speak_of_archives(self, tmp_path: Path) -> None:
        put(tmp_path, ["chn_agesex_structures_2025_CN_100m_R2025A_v1.zip"])
        assert "unpacked first" in said(tmp_path)


class TestYears:
    TREE = "R2025A/{year}/CHN/v1/100m/constrained/chn_{sex}_{age}_{year}_CN_100m_R2025A_v1.tif"

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        for year in (2024, 2025, 2030):
            model = self.TREE.replace("{year}", str(year))
            put(tmp_path, names(model))
        return tmp_path

    def test_are_the_plans(self, tree: Path) -> None:
        files, _ = population_rasters(str(tree / self.TREE), 2030)
        assert {file.year for file in files} == {2030}
        assert {file.path.parts[-6] for file in files} == {"2030"}

    def test_that_are_missing_list_those_that_are_there(self, tree: Path) -> None:
        text = said(tree / self.TREE, 2028)
        assert "for the plan's year 2028" in text
        assert "There are files for 2024, 2025, 2030." in text

    def test_have_to_be_said_by_the_plan(self, tree: Path) -> None:
        assert "Write year = ... under [plan]" in said(tree / self.TREE)

    def test_are_the_same_at_every_place(self, tmp_path: Path) -> None:
        put(tmp_path, names("2024/chn_{sex}_{age}_2025.tif"))
        assert "no file fits" in said(tmp_path / "{year}/chn_{sex}_{age}_{year}.tif", 2025)
        assert "no file fits" in said(tmp_path / "{year}/chn_{sex}_{age}_{year}.tif", 2024)

    def test_of_a_file_are_those_of_its_name_rather_than_its_folders(self, tmp_path: Path) -> None:
        put(tmp_path / "2025", ["chn_ppp_2020.tif"])
        (problem,) = notes(tmp_path / "{year}" / "chn_ppp_*.tif", 2025)
        assert (problem.code, problem.value) == ("other_year", "2020")

    def test_of_files_are_one(self, tmp_path: Path) -> None:
        put(tmp_path, ["chn_ppp_2019.tif", "chn_ppp_2020.tif"])
        text = said(tmp_path / "chn_ppp_*.tif", 2020)
        assert "several years (2019, 2020)" in text
        assert "{year}" in text
        assert "several years" in said(tmp_path / "chn_ppp_*.tif", 2020, by_name=False)

    def test_other_than_the_plans_are_said(self, tmp_path: Path) -> None:
        put(tmp_path, ["chn_ppp_2020.tif"])
        path = tmp_path / "chn_ppp_2020.tif"
        assert not notes(path, 2020)
        assert not notes(path)
        (problem,) = notes(path, 2025)
        assert (problem.code, problem.severity, problem.value) == ("other_year", "warning", "2020")


class TestPatterns:
    def test_mean_no_files_that_stand_beside_rasters(self, tmp_path: Path) -> None:
        beside = [f"chn_t_01_2020.{end}" for end in ("tfw", "tif.aux.xml", "tif.ovr", "tif.msk")]
        put(tmp_path, [*names(GLOBAL1, "t"), *beside, "._chn_t_01_2020.tif"])
        assert chosen(tmp_path / "*")["age_1_4"] == ["chn_t_01_2020.tif"]
        assert chosen(tmp_path / "chn_t_*")["age_1_4"] == ["chn_t_01_2020.tif"]

    def test_take_signs_as_a_shell_does(self, tmp_path: Path) -> None:
        put(tmp_path, ["a1.tif", "a2.tif", "a3.tif", "b1.tif"])
        for pattern, wanted in {
            "a?.tif": ["a1.tif", "a2.tif", "a3.tif"],
            "a[12].tif": ["a1.tif", "a2.tif"],
            "a[!1].tif": ["a2.tif", "a3.tif"],
            "{a,b}1.tif": ["a1.tif", "b1.tif"],
            "{a, b}1*": ["a1.tif", "b1.tif"],
            "a.tif": None,
        }.items():
            if wanted is None:
                assert "no such file" in said(tmp_path / pattern)
            else:
                assert chosen(tmp_path / pattern) == {"None": wanted}

    def test_take_a_file_of_that_very_name_as_it_is(self, tmp_path: Path) -> None:
        put(tmp_path, ["人口[1].tif", "人口1.tif"])
        assert chosen(tmp_path / "人口[1].tif") == {"None": ["人口[1].tif"]}

    def test_explain_a_placeholder_that_does_not_exist(self, tmp_path: Path) -> None:
        assert "{jahr} stands for nothing" in said(tmp_path / "chn_{jahr}_*.tif")
        assert "relative to the plan file" in said(tmp_path / "chn_*.tif")

    def test_that_cannot_be_understood(self, tmp_path: Path) -> None:
        assert "cannot be understood as a pattern" in said(tmp_path / "a[z-a].tif")

    def test_say_age_and_sex_where_the_names_alone_do_not(self, tmp_path: Path) -> None:
        put(tmp_path, names("{age}/{sex}/grid.tif", ages=("1", "5")))
        files = population_rasters(str(tmp_path / "{age}/{sex}/grid.tif"), None)[0]
        assert [(f.age, f.sex) for f in files] == [(1, "f"), (1, "m"), (5, "f"), (5, "m")]
        (tmp_path / "5/m/grid.tif").unlink()
        assert "5/m/grid.tif" in said(tmp_path / "{age}/{sex}/grid.tif")

    @pytest.mark.skipif(not hasattr(os, "seteuid"), reason="rights are those of Unix")
    def test_in_folders_that_may_not_be_read(self, tmp_path: Path) -> None:
        folder = put(tmp_path / "closed", ["a.tif"])
        folder.chmod(0)
        me = os.geteuid()
        if me == 0:
            os.seteuid(65534)  # who may read everything has to become nobody to see this
        try:
            assert "Permission denied" in said(folder / "*.tif")
        finally:
            os.seteuid(me)
            folder.chmod(0o700)


def test_a_file_knows_nothing_that_its_name_does_not_say() -> None:
    file = RasterFile(Path("人口.tif"))
    assert (file.band, file.age, file.sex, file.year) == (None, None, None, None)


class TestCounts:
    """Sexes are added up, bands stay apart, and declared bands are what they are declared to be."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for sex, tens in (("f", 1.0), ("m", 10.0), ("t", 11.0)):
            for age in ("00", "01", "05", "10"):
                write_raster(
                    tmp_path / GLOBAL2.format(sex=sex, age=age),
                    np.array([[tens * int(age), -99999.0]], "float32"),
                    dtype="float32",
                    nodata=-99999.0,
                    crs="EPSG:4326",
                    transform=Affine(1 / 1200, 0, 118.0, 0, -1 / 1200, 24.5),
                )
        return tmp_path

    @pytest.mark.parametrize("path", ["", GLOBAL2.replace("{sex}", "{f,m}"), "chn_t_*_2025_*"])
    def test_are_the_same_whichever_files_tell_them(self, folder: Path, path: str) -> None:
        found = read_population(LayerInput(str(folder / path)), year=2025)[0]
        assert {name: band[0].tolist() for name, band in found.bands.items()} == {
            "age_0": [0, 0],
            "age_1_4": [11, 0],
            "age_5_9": [55, 0],
        }

    def test_of_declared_bands_are_added_up_over_sexes_and_ages(self, folder: Path) -> None:
        path = str(folder / GLOBAL2.replace("{sex}", "{f,m}"))
        found, (note,) = read_population(LayerInput(path, bands={"residents": 1}))
        assert found.bands["residents"].tolist() == [[11.0 * 16, 0]]
        assert note.problem.startswith("8 files are read: ")

    def test_of_a_total_and_its_parts_are_refused(self, folder: Path) -> None:
        total = folder / GLOBAL2.format(sex="t", age="01")
        total.rename(folder / "chn_pop_2025_CN_100m_R2025A_v1.tif")
        path = str(folder / "chn_{f_01,m_01,pop}_2025*")
        with pytest.raises(InputError, match="counted twice"):
            read_population(LayerInput(path, bands={"residents": 1}))

    def test_of_two_data_sets_of_one_kind_are_refused(self, folder: Path) -> None:
        for path in folder.glob("chn_t_*"):
            write_raster(
                folder / path.name.replace("_CN_", "_UC_"),
                [[1.0, 1.0]],
                crs="EPSG:4326",
                transform=Affine(1 / 1200, 0, 118.0, 0, -1 / 1200, 24.5),
            )
        with pytest.raises(InputError, match="counted twice"):
            read_population(LayerInput(str(folder)))

    def test_reach_the_children_of_a_study(self, folder: Path) -> None:
        garden = gpd.GeoDataFrame(
            {"kindergarten_id": ["K1"], "places": [90]},
            geometry=[Point(118.0004, 24.4996)],
            crs="EPSG:4326",
        )
        study = Study(kindergartens=garden, population=folder / GLOBAL2.replace("{sex}", "{f,m}"))
        assert children_grid(study).tolist() == [[0.5 * 11 + 0.2 * 55, 0]]


class TestInputs:
    """A result says which files its children come from."""

    PLAN = """
    [plan]
    year = 2025
    [inputs.kindergartens]
    path = "gardens.csv"
    crs = "EPSG:4326"
    [inputs.population]
    path = "data/{year}/chn_{sex}_{age}_{year}.tif"
    """

    def test_name_the_pattern_and_hash_the_files_that_were_read(self, tmp_path: Path) -> None:
        (tmp_path / "gardens.csv").write_text(
            "kindergarten_id,places,lon,lat\nK1,90,120.001,24.4\n", encoding="utf-8"
        )
        for year in (2024, 2025):
            for number, name in enumerate(names(f"data/{year}/chn_{{sex}}_{{age}}_{year}.tif")):
                write_raster(tmp_path / name, [[float(number + year)]])
        write_raster(tmp_path / "data/2025/chn_f_10_2025.tif", [[9.0]])
        (tmp_path / "plan.toml").write_text(self.PLAN, encoding="utf-8")
        study = read_study(tmp_path / "plan.toml")
        digest = hashlib.sha256()
        for name in sorted(names("data/2025/chn_{sex}_{age}_2025.tif")):
            digest.update((tmp_path / name).read_bytes())
        row = study.inputs.set_index("layer").loc["population"]
        assert row["path"] == "data/{year}/chn_{sex}_{age}_{year}.tif"
        assert row["sha256"] == digest.hexdigest()
        assert study.population is not None
        assert study.population.bands["age_1_4"].tolist() == [[2025 + 0 + 2025 + 2]]
        assert study.problems["source"].tolist() == ["data/{year}/chn_{sex}_{age}_{year}.tif"]


WUHAN = Path(__file__).parents[2] / "shared" / "data" / "wuhan"


@pytest.mark.realdata
@pytest.mark.skipif(not WUHAN.is_dir(), reason="the Wuhan data are not part of the project")
class TestWuhan:
    """WorldPop's rasters of Wuhan, of which only the ages 20 and 30 are here."""

    JIANGAN = (114.25, 30.57, 114.38, 30.72)

    @pytest.mark.parametrize("path", ["pop_{age}_{sex}_wuhan.tif", "pop_*_{sex}_wuhan.tif"])
    def test_has_no_children_until_their_files_are_there(self, path: str) -> None:
        if "{age}" in path:
            text = said(WUHAN / path)
            assert "hold the ages from 20, 30 years on" in text
            wanted = names("pop_{age}_{sex}_wuhan.tif", ages=("1", "5"))
            assert all(name in text for name in wanted)
        else:
            with pytest.raises(InputError, match="not said what its 1 band"):
                read_population(LayerInput(str(WUHAN / path)))

    def test_is_read_for_one_district_only(self) -> None:
        import rasterio
        from rasterio.windows import from_bounds

        district = gpd.GeoDataFrame(
            {"unit_id": ["江岸区"]}, geometry=[box(*self.JIANGAN)], crs="EPSG:4326"
        )
        path = WUHAN / "pop_20_f_wuhan.tif"
        found, problems = read_population(
            LayerInput(str(path), bands={"residents": 1}),
            area=study_area({"units": district.to_crs("EPSG:4547")}),
        )
        assert [problem.code for problem in problems] == ["window_read"]
        assert found.grid.size < 0.03 * 1662 * 1668
        west, south, east, north = found.grid.bounds
        assert west < self.JIANGAN[0] < self.JIANGAN[2] < east
        assert south < self.JIANGAN[1] < self.JIANGAN[3] < north
        with rasterio.open(path) as raster:
            window = from_bounds(*found.grid.bounds, raster.transform).round_offsets()
            plain = raster.read(1, window=window.round_lengths(), masked=True).filled(0.0)
        np.testing.assert_array_equal(found.bands["residents"], plain)
        assert 10_000 < found.bands["residents"].sum() < 500_000

    def test_adds_up_what_is_declared_as_one_band(self) -> None:
        whole = read_population(
            LayerInput(str(WUHAN / "pop_{age}_{sex}_wuhan.tif"), bands={"residents": 1})
        )[0]
        parts = [
            read_population(LayerInput(str(file), bands={"residents": 1}))[0]
            for file in sorted(WUHAN.glob("pop_*.tif"))
        ]
        assert len(parts) == 4
        total = sum(part.bands["residents"].sum() for part in parts)
        assert whole.bands["residents"].sum() == pytest.approx(total, rel=1e-12)

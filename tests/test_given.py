"""The user's own travel matrix: taken as it is, and everything odd about it said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given as such
from hypothesis import settings
from hypothesis import strategies as st
from shapely import Point

import kgspatial as kg
from kgspatial.errors import InputError
from kgspatial.travel import given

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
quick = settings(deadline=None, max_examples=50)


def table(*rows: tuple, unit: str = "metres") -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["origin_id", "destination_id", unit], index=range(2, 2 + len(rows))
    )


def codes(found: kg.TravelMatrix) -> list[str]:
    return found.problems["code"].tolist()


class TestWhatIsTaken:
    @quick
    @such(
        st.dictionaries(
            st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")),
            st.floats(0, 900),
            min_size=1,
        ),
        st.sampled_from([None, 300.0]),
    )
    def test_every_pair_within_the_limit_is_there_with_its_value(
        self, pairs: dict, limit: float | None
    ) -> None:
        rows = table(*((*pair, value) for pair, value in pairs.items()))
        found = given(rows, origins=list("abcd"), destinations=list("xyz"), limit=limit)
        bound = max(pairs.values()) if limit is None else limit
        stored = found.csr.tocoo()
        names = zip(found.origin_ids[stored.row], found.destination_ids[stored.col], strict=True)
        kept = {p: v for p, v in pairs.items() if v <= bound}
        assert dict(zip(names, stored.data, strict=True)) == kept

    def test_without_ids_the_table_tells_them(self) -> None:
        found = given(table(("b", "k", 5.0), ("a", "k", 0.0)))
        assert found.origin_ids.tolist() == ["a", "b"]
        assert found.csr.toarray().tolist() == [[0.0], [5.0]]
        assert found.csr.nnz == 2

    def test_names_of_routing_engines_are_known(self) -> None:
        r5py = pd.DataFrame({"from_id": ["a"], "to_id": ["k"], "travel_time": [7]})
        assert given(r5py).unit == "min"
        chinese = pd.DataFrame({"起点": ["a"], "终点": ["k"], "步行距离": [70]})
        assert given(chinese).unit == "m"

    def test_whole_numbers_with_a_point_are_the_ids_that_they_mean(self) -> None:
        rows = pd.DataFrame(
            {"origin_id": [1.0, 2.0], "destination_id": [10, 10], "metres": [5.0, 6.0]}
        )
        found = given(rows, origins=["1", "2"], destinations=[10])
        assert found.csr.toarray().ravel().tolist() == [5.0, 6.0]

    def test_texts_such_as_1_0_are_the_ids_that_they_mean(self) -> None:
        rows = pd.DataFrame({"origin_id": ["1.0"], "destination_id": ["k"], "metres": [5.0]})
        assert given(rows, origins=["1"], destinations=["k"]).csr.nnz == 1
        homes = gpd.GeoDataFrame({"demand_id": [1.0]}, geometry=[Point(0, 0)], crs=4549)
        found = given(rows.assign(origin_id=1), origins=homes, destinations=["k"])
        assert found.origin_ids.tolist() == ["1.0"]
        assert found.csr.nnz == 1
        assert given(rows.assign(origin_id="1.0a"), origins=["1.0a"]).csr.nnz == 1

    def test_minutes_are_used_where_metres_are_all_empty(self) -> None:
        both = table(("a", "k", np.nan)).assign(minutes=6.0)
        assert given(both).unit == "min"

    def test_metres_go_before_minutes_unless_minutes_are_asked_for(self) -> None:
        both = table(("a", "k", 300.0)).assign(minutes=6.0)
        assert given(both).limit == 300.0
        assert codes(given(both)) == ["two_units"]
        assert given(both, unit="min").limit == 6.0

    def test_minutes_become_metres_at_a_childs_speed(self) -> None:
        found = given(table(("a", "k", 10.0), unit="minutes")).in_metres(54)
        assert found.unit == "m"
        assert found.csr.toarray() == [[540.0]]
        assert found.in_minutes(54).csr.toarray() == pytest.approx(np.array([[10.0]]))
        with pytest.raises(InputError, match="minutes"):
            _ = given(table(("a", "k", 10.0), unit="minutes")).limit_m


class TestWhatIsSaid:
    def test_ids_that_nobody_bears_are_listed_with_their_row(self) -> None:
        found = given(
            table(("a", "k", 1.0), ("ghost", "k", 2.0), ("a", "?", 3.0)),
            origins=["a"], destinations=["k"],
        )  # fmt: skip
        lost = found.problems[["row", "column", "value"]].to_numpy().tolist()
        assert lost == [[3, "origin_id", "ghost"], [4, "destination_id", "?"]]
        assert found.csr.nnz == 1

    def test_of_many_unknown_ids_the_first_are_named_and_the_rest_counted(self) -> None:
        rows = table(("a", "k", 1.0), *((f"g{i}", "k", 2.0) for i in range(30)))
        found = given(rows, origins=["a"], destinations=["k"])
        assert codes(found) == ["unknown_id"] * 11
        assert "20 more" in found.problems["problem"].iloc[-1]

    def test_when_no_id_fits_examples_of_both_sides_are_shown(self) -> None:
        with pytest.raises(InputError) as error:
            given(table(("1", "2", 3.0)), origins=["C001"], destinations=["K1"])
        assert "'1'" in error.value.hint
        assert "'C001'" in error.value.hint

    @pytest.mark.parametrize("value", [-1.0, np.inf])
    def test_a_walk_that_cannot_be_is_an_error_and_left_out(self, value: float) -> None:
        found = given(table(("a", "k", value), ("b", "k", 5.0)))
        assert codes(found) == ["no_walk"]
        assert found.problems["severity"].tolist() == ["error"]
        assert found.csr.nnz == 1

    def test_a_missing_value_is_out_of_reach_and_counted(self) -> None:
        found = given(table(("a", "k", np.nan), ("b", "k", 5.0)))
        assert codes(found) == ["out_of_reach"]
        assert found.csr.nnz == 1

    def test_of_two_values_for_a_pair_the_least_is_used_and_said(self) -> None:
        found = given(table(("a", "k", 9.0), ("a", "k", 5.0), ("a", "k", 5.0)))
        assert found.csr.toarray() == [[5.0]]
        assert codes(found) == ["pair_twice", "pair_repeated"]

    def test_who_has_no_row_is_named(self) -> None:
        found = given(table(("a", "k", 5.0)), origins=["a", "b"], destinations=["k", "m"])
        texts = found.problems["problem"].tolist()
        assert texts == ["1 origins have no row: b", "1 destinations have no row: m"]

    def test_near_pairs_that_the_table_lacks_are_counted(self) -> None:
        homes = gpd.GeoDataFrame(
            {"demand_id": ["a", "b"]}, geometry=[Point(0, 0), Point(100, 0)], crs=4549
        )
        schools = gpd.GeoDataFrame(
            {"kindergarten_id": ["k", "m"]}, geometry=[Point(0, 50), Point(90, 50)], crs=4549
        )
        rows = table(("a", "k", 60.0), ("b", "m", 60.0), ("a", "m", 130.0))
        found = given(rows, origins=homes, destinations=schools, limit=200)
        assert "1 pairs within 200 m" in found.problems["problem"].iloc[0]
        assert "b to k" in found.problems["problem"].iloc[0]

    @pytest.mark.parametrize("column", ["origin_id", "destination_id", "metres"])
    def test_a_missing_column_is_named(self, column: str) -> None:
        with pytest.raises(InputError, match=column):
            given(table(("a", "k", 5.0)).drop(columns=column))

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            (lambda rows: given(rows.iloc[:0]), "empty"),
            (lambda rows: given(rows, origins=["a", "a"]), "twice"),
            (lambda rows: given(rows, origins=["a", None]), "missing"),
            (lambda rows: given(rows, unit="s"), "m or min"),
            (lambda rows: given(rows, limit=-1), "positive"),
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, change: Callable, text: str) -> None:
        with pytest.raises(InputError, match=text):
            change(table(("a", "k", 5.0)))

    def test_a_text_among_the_metres_is_listed_with_its_row(self) -> None:
        found = given(table(("a", "k", 5.0), ("b", "k", "far")))
        assert found.problems[["code", "row", "value"]].to_numpy().tolist() == [
            ["no_walk", 3, "far"]
        ]

    def test_seconds_are_not_taken_for_minutes(self) -> None:
        rows = pd.DataFrame({"origin_id": ["a"], "destination_id": ["k"], "duration": [300]})
        with pytest.raises(InputError) as error:
            given(rows)
        assert "60" in error.value.hint


def test_empty_values_in_a_file_are_no_warning_each(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text("kindergarten_id,places,lon,lat\nk,90,118.0,24.5\n")
    (tmp_path / "m.csv").write_text("from_id,to_id,travel_time\n" + "a,k,\n" * 40 + "b,k,7\n")
    (tmp_path / "plan.toml").write_text(
        '[inputs.kindergartens]\npath = "k.csv"\ncrs = "EPSG:4490"\n'
        '[inputs.travel]\npath = "m.csv"\n[travel]\nmethod = "given"\n'
    )
    study = kg.read_study(tmp_path / "plan.toml")
    assert len(study.travel) == 41
    assert "missing_value" not in study.problems["code"].tolist()


def test_a_plan_runs_on_its_own_matrix(tmp_path: Path) -> None:
    study = kg.read_study(SAMPLE / "plan.toml")
    demand = kg.estimate_demand(study)
    own = kg.measure_travel(study, demand)
    sites = kg.measure_travel(study, demand, to=study.candidates)
    rows = []
    for part in (own, sites):
        pairs = part.csr.tocoo()
        rows.append(
            pd.DataFrame(
                {
                    "from_id": part.origin_ids[pairs.row],
                    "to_id": part.destination_ids[pairs.col],
                    "travel_time": pairs.data / 54.0,
                }
            )
        )
    pd.concat(rows).to_csv(tmp_path / "matrix.csv", index=False)
    text = (SAMPLE / "plan.toml").read_text(encoding="utf-8")
    text = text.replace('path = "', f'path = "{SAMPLE.as_posix()}/')
    text = text.replace(
        "[travel]",
        f'[inputs.travel]\npath = "{tmp_path.as_posix()}/matrix.csv"\n\n[travel]\nmethod = "given"',
    )
    text += "\n[report]\ndocuments = false\n"
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    run = kg.run_plan(tmp_path / "plan.toml", tmp_path / "out")
    assert run.balance.totals["served"] == pytest.approx(
        kg.assess_balance(study, demand, own).totals["served"], abs=1e-6
    )
    assert "travel" in run.study.inputs["layer"].tolist()
    assert "unknown_id" not in run.balance.problems["code"].tolist()
    assert run.travel.provenance["speed_m_per_min"] == 54.0

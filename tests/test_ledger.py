"""The rectification ledger: read, linked, counted, ranked, kept as snapshots."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from kgspatial.balance.ledger import (
    Snapshot,
    accounts,
    bulletin,
    check_ledger,
    completion,
    completion_by_problem,
    diff_snapshots,
    entry_keys,
    entry_states,
    group_links,
    group_totals,
    kindergarten_heads,
    link_ledger,
    overdue_entries,
    ranking,
    read_snapshot,
    snapshots_in,
    write_snapshot,
)
from kgspatial.errors import InputError
from kgspatial.inputs.columns.dates import read_dates
from kgspatial.inputs.planfile import LayerInput
from kgspatial.inputs.readers import read_plain

HEADERS = (
    *(
        "序号",
        "县区",
        "街道/镇",
        "小区名称",
        "开发企业",
        "规划批复/交付年份",
        "规划户数",
        "规划班数",
    ),
    *(
        "应配建学位",
        "实配学位",
        "问题类别",
        "现状用途",
        "整治措施",
        "举办方式",
        "责任单位",
        "责任人",
    ),
    *("牵头部门", "整治时限", "进展", "完成日期", "备注"),
)
"""STANDARDS 1.6, as the ledgers of the documents head their columns."""

COUNTIES = ("兰山区", "罗庄区", "河东区", None)
MARCH = date(2025, 3, 31)


def read(folder: Path, *rows: dict[str, Any]) -> tuple[pd.DataFrame, list[Any]]:
    """A ledger as the readers take it from a workbook."""
    table = pd.DataFrame([{h: row.get(h) for h in HEADERS} for row in rows], columns=HEADERS)
    table.to_excel(folder / "台账.xlsx", index=False)
    return read_plain("ledger", LayerInput(str(folder / "台账.xlsx")))


@pytest.fixture
def linyi() -> pd.DataFrame:
    """Linyi 2020: 238 entries, of which 145 are done, 65 as public and 80 as inclusive ones."""
    outcome = ["public"] * 65 + ["inclusive"] * 80 + [None] * 93
    done = ["2020-06-30"] * 145 + [None] * 93
    counties = [COUNTIES[i % 3] for i in range(238)]
    names = [f"小区{i}" for i in range(238)]
    columns = {"county": counties, "community": names, "outcome": outcome, "done_date": done}
    return pd.DataFrame(columns).assign(deadline="2020-12-31")


dates_ = st.one_of(st.none(), st.dates(date(2024, 6, 1), date(2025, 9, 1)).map(date.isoformat))
entries_ = st.lists(
    st.fixed_dictionaries(
        {
            "county": st.sampled_from(COUNTIES),
            "outcome": st.sampled_from(("public", "inclusive", None)),
            "progress": st.sampled_from(("done", "under_way", "停工待查", None)),
            "deadline": dates_,
            "done_date": dates_,
            "places": st.one_of(st.none(), st.floats(0, 1e6)),
            "notes": st.one_of(st.none(), st.text("甲 ,\"';\n\r=éA1", min_size=1)),
            "problem_kinds": st.sampled_from(("planning", "building;use", "unsurveyed", None)),
        }
    ),
    min_size=1,
    max_size=20,
)


def ledger_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows).astype(object)
    table = table.where(table.notna(), None)
    ids = [f"E{i}" for i in range(len(rows))]
    return table.assign(places=table["places"].astype(float), entry_id=ids, community="x")


# --- reading ---


def test_the_columns_of_the_documents_are_read_under_their_names(tmp_path: Path) -> None:
    row = dict.fromkeys(HEADERS, "1") | {
        "小区名称": "阳光花园",
        "规划批复/交付年份": "2016年",
        "问题类别": "规划、建设不到位",
        "现状用途": "出租",
        "整治措施": "回收/移交",
        "举办方式": "委托普惠性民办",
        "牵头部门": "教育、住建",
        "整治时限": "2020年12月底",
        "完成日期": "2020.6.30",
        "进展": "已完成",
    }
    table, _ = read(tmp_path, row)
    entry = table.iloc[0]
    assert len(table.columns) == len(HEADERS)
    assert entry["problem_kinds"] == "planning;building"
    assert entry["measures"] == "recover;hand_over"
    assert entry["lead_office"] == "education;housing"
    assert (entry["use"], entry["outcome"], entry["progress"]) == ("rented", "inclusive", "done")
    assert (entry["deadline"], entry["done_date"]) == ("2020-12-31", "2020-06-30")
    assert (entry["delivered_year"], entry["planned_places"]) == (2016, 1)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("规划不到位", "planning"),
        ("建设不到位", "building"),
        ("移交不到位", "handover"),
        ("使用不到位", "use"),
        ("未摸排", "unsurveyed"),
        ("使用、移交不到位", "handover;use"),
    ],
)
def test_the_kinds_of_problem_are_told_by_their_words(tmp_path: Path, word: str, code: str) -> None:
    table, _ = read(tmp_path, {"小区名称": "x", "问题类别": word})
    assert table["problem_kinds"].tolist() == [code]


def test_a_word_that_is_no_kind_is_listed_and_the_others_of_its_cell_stay(tmp_path: Path) -> None:
    table, problems = read(tmp_path, {"小区名称": "x", "问题类别": "移交；其他"})
    assert table["problem_kinds"].tolist() == ["handover"]
    assert [(p.row, p.value) for p in problems if p.code == "not_a_value"] == [(2, "移交；其他")]


def test_a_deadline_that_is_no_date_is_listed_with_its_row(tmp_path: Path) -> None:
    rows = ({"小区名称": "x", "整治时限": "2025-06-30"}, {"小区名称": "y", "整治时限": "尽快"})
    table, problems = read(tmp_path, *rows)
    assert table["deadline"].tolist() == ["2025-06-30", None]
    found = [(p.row, p.column, p.value) for p in problems if p.code == "not_a_value"]
    assert found == [(3, "deadline", "尽快")]


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("2025-03-31", "2025-03-31"),
        (pd.Timestamp(2025, 3, 31), "2025-03-31"),
        (date(2025, 3, 31), "2025-03-31"),
        ("２０２５年３月３１日", "2025-03-31"),
        ("2025/3/1", "2025-03-01"),
        ("2025.3.1", "2025-03-01"),
        (20250301, "2025-03-01"),
        ("2024年2月", "2024-02-29"),
        ("2025年9月底前", "2025-09-30"),
        (2025.0, "2025-12-31"),
        ("2025年6月前", None),
        (2025.1, None),
        ("2025-02-30", None),
        ("2025-13-01", None),
        ("31.03.25", None),
    ],
)
def test_dates_as_they_are_written(cell: object, iso: str | None) -> None:
    assert read_dates(pd.Series([cell], dtype=object)).values.tolist() == [iso]


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
@settings(max_examples=50, deadline=None)
def test_every_day_is_read_in_every_way_of_writing_it(day: date) -> None:
    ways = (f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日")
    assert set(read_dates(pd.Series(ways)).values) == {day.isoformat()}


# --- linking ---


@pytest.fixture
def estates() -> gpd.GeoDataFrame:
    names = ["金城花园", "江景 (一期)", "江景 (二期)", "阳光", "阳光", None]
    ids = [f"C{i}" for i in range(1, 7)]
    shapes = [box(i, 0, i + 1, 1) for i in range(6)]
    return gpd.GeoDataFrame({"community_id": ids, "name": names}, geometry=shapes, crs="EPSG:4526")


def link_of(estates: gpd.GeoDataFrame, **row: object) -> tuple[object, object, list[str]]:
    ledger = pd.DataFrame([row], index=[7]).astype(object)
    table, problems = link_ledger(ledger, communities=estates)
    assert all(p.row == 7 and p.layer == "ledger" for p in problems)
    codes = [p.code for p in problems]
    return table.loc[7, "community_id"], table.loc[7, "community_match"], codes


def test_an_entry_is_linked_by_its_id(estates: gpd.GeoDataFrame) -> None:
    assert link_of(estates, community_id="C4", community="阳光") == ("C4", "id", [])


def test_an_entry_is_linked_by_the_same_name(estates: gpd.GeoDataFrame) -> None:
    assert link_of(estates, community="金城花园") == ("C1", "name", [])


def test_a_name_written_otherwise_is_linked_and_told(estates: gpd.GeoDataFrame) -> None:
    how = "name_written_otherwise"
    assert link_of(estates, community="金城花園 ") == ("C1", how, ["name_matched"])
    assert link_of(estates, community="江景（一期）") == ("C2", how, ["name_matched"])


def test_a_name_of_two_estates_links_nothing(estates: gpd.GeoDataFrame) -> None:
    assert link_of(estates, community="阳光") == (None, None, ["name_ambiguous"])


def test_two_phases_are_not_one_estate(estates: gpd.GeoDataFrame) -> None:
    assert link_of(estates, community="江景") == (None, None, ["name_unknown"])


def test_an_id_that_is_not_there_is_not_replaced_by_the_name(estates: gpd.GeoDataFrame) -> None:
    found = link_of(estates, community_id="C99", community="金城花园")
    assert found == (None, None, ["name_unknown"])


def test_an_id_with_the_name_of_another_estate_is_told(estates: gpd.GeoDataFrame) -> None:
    found = link_of(estates, community_id="C1", community="江景 (一期)")
    assert found == ("C1", "id", ["name_differs"])


def test_an_entry_that_names_nothing_is_no_finding(estates: gpd.GeoDataFrame) -> None:
    assert link_of(estates, community=None) == (None, None, [])


def test_kindergartens_are_linked_in_the_same_way() -> None:
    gardens = pd.DataFrame({"kindergarten_id": ["K1"], "name": ["第一幼儿园"]})
    ledger = pd.DataFrame({"community": ["x", "y"], "kindergarten": ["第一 幼儿园", "第二幼儿园"]})
    table, problems = link_ledger(ledger, kindergartens=gardens)
    assert table["kindergarten_id"].tolist() == ["K1", None]
    assert [(p.code, p.value) for p in problems if p.severity == "warning"] == [
        ("name_unknown", "第二幼儿园")
    ]


@given(st.lists(st.sampled_from(["甲园", "甲 园", "乙园", "丙", None]), min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_every_entry_is_linked_or_listed(names: list[str | None]) -> None:
    layer = pd.DataFrame({"community_id": ["1", "2", "3"], "name": ["甲园", "乙-园", "乙·园"]})
    ledger = pd.DataFrame({"community": pd.Series(names, dtype=object)})
    table, problems = link_ledger(ledger, communities=layer)
    listed = {p.row for p in problems if p.severity == "warning"}
    lost = table.index[table["community_id"].isna() & ledger["community"].notna()]
    assert listed == set(lost)
    assert set(table["community_id"].dropna()) <= {"1"}


# --- counting ---


def test_linyi_has_done_61_percent_of_its_plan(linyi: pd.DataFrame) -> None:
    row = completion(linyi, on="2020-12-31").loc["all"]
    assert (row["entries"], row["done"]) == (238, 145)
    assert round(100 * row["rate"]) == 61
    assert (row["public"], row["inclusive"], row["no_outcome"]) == (65, 80, 0)


def test_before_the_first_is_done_nothing_is(linyi: pd.DataFrame) -> None:
    assert completion(linyi, on="2020-06-29").loc["all", "done"] == 0
    assert completion(linyi, on="2020-06-30").loc["all", "done"] == 145


@given(entries_, st.sampled_from(("county", "outcome", "progress")))
@settings(max_examples=50, deadline=None)
def test_groups_add_up_to_the_total_and_rates_are_shares(
    rows: list[dict[str, Any]], by: str
) -> None:
    ledger = ledger_of(rows)
    parts, whole = (completion(ledger, on=MARCH, by=by), completion(ledger, on=MARCH).loc["all"])
    counts = parts.drop(columns="rate")
    assert counts.sum().to_dict() == whole.drop("rate").astype(int).to_dict()
    assert parts["rate"].between(0, 1).all()
    assert (parts["done"] + parts["open"] == parts["entries"]).all()
    done = parts[["public", "inclusive", "no_outcome"]].sum(axis=1)
    assert (done == parts["done"]).all()
    assert (parts["overdue"] + parts["undated"] <= parts["open"]).all()


@given(entries_)
@settings(max_examples=50, deadline=None)
def test_states_are_those_of_a_plain_loop(rows: list[dict[str, Any]]) -> None:
    states = entry_states(ledger_of(rows), on=MARCH)
    for row, (_, state) in zip(rows, states.iterrows(), strict=True):
        if row["done_date"] is None:
            done = row["progress"] == "done"
        else:
            done = date.fromisoformat(row["done_date"]) <= MARCH
        limit = row["deadline"] and date.fromisoformat(row["deadline"])
        late = not done and limit is not None and limit < MARCH
        assert (state["done"], state["overdue"]) == (done, late)
        assert state["undated"] == (not done and limit is None)
        assert (
            np.isnan(state["days_over"]) if not late else state["days_over"] == (MARCH - limit).days
        )


@given(entries_)
@settings(max_examples=50, deadline=None)
def test_kinds_of_problem_count_each_entry_in_each_of_its_kinds(rows: list[dict[str, Any]]) -> None:
    expected = Counter(
        kind for row in rows for kind in (row["problem_kinds"] or "not_given").split(";")
    )
    table = completion_by_problem(ledger_of(rows), on=MARCH)
    assert table["entries"].to_dict() == {kind: expected[kind] for kind in table.index}
    assert set(expected) <= set(table.index)


def test_old_and_new_accounts_are_told_by_the_year_of_delivery() -> None:
    years = pd.DataFrame(
        {"delivered_year": [2018, 2019, None, None], "approved_year": [2025, 2000, 2010, None]}
    )
    assert accounts(years).tolist() == ["old", "new", "old", None]
    assert accounts(years, since=2018).tolist() == ["new", "new", "old", None]
    table = completion(years, on=MARCH, by=accounts(years))
    assert table["entries"].to_dict() == {"new": 1, "not_given": 1, "old": 2}


def test_a_column_that_is_not_there_is_an_error(linyi: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no column 'city'"):
        completion(linyi, on=MARCH, by="city")


def test_a_cell_that_is_no_date_is_named_with_its_row() -> None:
    ledger = pd.DataFrame({"deadline": ["2025-01-31", "soon"]}, index=[2, 3])
    ledger.attrs["source"] = "台账.xlsx"
    with pytest.raises(InputError, match=r"台账.xlsx, row 3, column 'deadline': 'soon' is no date"):
        entry_states(ledger, on=MARCH)


def test_rows_that_go_by_one_number_are_refused() -> None:
    twice = pd.DataFrame({"progress": ["done", None]}, index=[2, 2])
    with pytest.raises(InputError, match="two rows of the table go by the number 2"):
        completion(twice, on=MARCH)


# --- overdue ---


def test_an_entry_is_overdue_from_the_day_after_its_deadline() -> None:
    ledger = pd.DataFrame({"community": ["x"], "deadline": ["2025-03-31"]})
    assert overdue_entries(ledger, on=MARCH).empty
    assert overdue_entries(ledger, on=MARCH + timedelta(1))["days_over"].tolist() == [1]


def test_what_is_done_or_has_no_deadline_is_not_overdue_and_the_longest_comes_first() -> None:
    ledger = pd.DataFrame(
        {
            "community": ["done", "none", "late", "later"],
            "deadline": ["2024-01-01", None, "2025-03-01", "2025-01-01"],
            "done_date": ["2025-03-31", None, None, "2025-04-01"],
        }
    )
    late = overdue_entries(ledger, on=MARCH)
    assert late["community"].tolist() == ["later", "late"]
    assert late["days_over"].tolist() == [89, 30]
    assert completion(ledger, on=MARCH).loc["all", "undated"] == 1


# --- ranking ---


def ledger_with(done: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """For each county, how many entries of how many are done."""
    rows = [
        {"county": county, "progress": "done" if i < some else None}
        for county, (some, of) in done.items()
        for i in range(of)
    ]
    return pd.DataFrame(rows, columns=["county", "progress"]).astype(object)


def test_equal_rates_share_a_rank_and_the_next_is_left_out() -> None:
    ledger = ledger_with({"甲": (1, 3), "乙": (2, 6), "丙": (3, 3), "丁": (0, 5)})
    ranks = ranking(ledger, on=MARCH)["rank"]
    assert ranks.to_dict() == {"丙": 1, "乙": 2, "甲": 2, "丁": 4}


def test_entries_without_a_county_are_counted_and_not_ranked() -> None:
    ledger = ledger_with({"甲": (1, 3), "": (2, 2)})
    table = ranking(ledger, on=MARCH)
    assert table.index.tolist() == ["甲", "not_given"]
    assert table["rank"].isna().tolist() == [False, True]
    assert table["entries"].sum() == 5


def test_changes_are_told_since_the_last_snapshot() -> None:
    before = Snapshot(date(2025, 2, 28), ledger_with({"甲": (1, 4), "乙": (2, 4), "丙": (1, 1)}))
    now = ledger_with({"甲": (3, 4), "乙": (2, 4), "丁": (0, 1)})
    table = ranking(now, on=MARCH, previous=before)
    assert table.index.tolist() == ["甲", "乙", "丁", "丙"]
    assert table["done_change"].tolist() == [2, 0, pd.NA, -1]
    assert table.loc[["甲", "乙"], "rate_change"].tolist() == [0.5, 0.0]
    assert table["rank_change"].tolist()[:2] == [2, 0]
    assert table.loc["丙", ["entries", "done"]].tolist() == [0, 0]
    assert pd.isna(table.loc["丙", "rate"])


def test_without_a_snapshot_no_change_is_told() -> None:
    table = ranking(ledger_with({"甲": (1, 3)}), on=MARCH)
    assert table[["done_change", "rate_change", "rank_change"]].isna().all(axis=None)


def test_the_bulletin_ranks_counties_and_ends_with_the_total(linyi: pd.DataFrame) -> None:
    table = bulletin(linyi, on="2020-06-30")
    assert list(table.columns[:4]) == ["县区", "排名", "应整治数", "已完成"]
    assert table["县区"].tolist()[-1] == "合计"
    assert table["已完成"].tolist()[:-1] == [49, 48, 48]
    for column in ("应整治数", "已完成", "其中公办", "其中普惠", "本月完成", "超期"):
        assert table[column].iloc[:-1].sum() == table[column].iloc[-1]
    assert bulletin(linyi, on="2020-07-31")["本月完成"].sum() == 0


def test_the_bulletin_tells_the_change_of_the_total(linyi: pd.DataFrame) -> None:
    before = Snapshot(date(2020, 5, 31), linyi)
    table = bulletin(linyi, on="2020-06-30", previous=before, language="en")
    assert table["Change of rate"].iloc[-1] == pytest.approx(145 / 238)
    assert table["County"].iloc[-1] == "Total"


# --- findings ---


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ({"progress": "done", "outcome": "public"}, {"done_undated"}),
        ({"progress": "under_way", "done_date": "2025-03-01"}, {"done_contradicted", "no_outcome"}),
        (
            {"progress": "done", "done_date": "2025-04-01", "deadline": "2025-06-30"},
            {"done_contradicted"},
        ),
        ({"progress": "under_way"}, {"no_deadline"}),
        ({"done_date": "2025-03-01", "outcome": "inclusive"}, set()),
        ({"deadline": "2025-06-30"}, set()),
    ],
)
def test_what_keeps_an_entry_from_being_judged_is_listed(
    row: dict[str, str], codes: set[str]
) -> None:
    ledger = pd.DataFrame([{"community": "x", **row}], index=[5])
    problems = check_ledger(ledger, on=MARCH)
    assert {p.code for p in problems} == codes
    assert all(p.row == 5 for p in problems)


def test_an_entry_that_stands_twice_is_listed_once() -> None:
    ledger = pd.DataFrame({"community": ["x", "y", "x"], "deadline": "2025-06-30"}, index=[2, 3, 4])
    found = [(p.code, p.row) for p in check_ledger(ledger, on=MARCH)]
    assert found == [("entry_repeated", 4)]
    with pytest.raises(InputError, match="row 4: two entries of the ledger are called 'x'"):
        entry_keys(ledger)


# --- snapshots ---


@given(entries_)
@settings(max_examples=50, deadline=None)
def test_a_snapshot_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder, ledger = tmp_path_factory.mktemp("snapshots"), ledger_of(rows)
    path = write_snapshot(ledger, folder, on=MARCH)
    assert path.name == "ledger_2025-03-31.csv"
    back = read_snapshot(path)
    assert back.on == MARCH
    pd.testing.assert_frame_equal(
        back.entries.reset_index(drop=True), ledger, check_dtype=False, check_index_type=False
    )
    assert diff_snapshots(Snapshot(MARCH, ledger), back).empty


@given(entries_, entries_)
@settings(max_examples=50, deadline=None)
def test_a_diff_turned_round_swaps_its_words(
    some: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    a, b = Snapshot(MARCH, ledger_of(some)), Snapshot(MARCH, ledger_of(others))
    forth, back = diff_snapshots(a, b), diff_snapshots(b, a)
    swapped = {"new": "gone", "gone": "new", "closed": "reopened", "reopened": "closed"}
    swapped["changed"] = "changed"
    there = Counter(zip(forth["entry"], forth["change"].map(swapped), strict=True))
    assert there == Counter(zip(back["entry"], back["change"], strict=True))
    assert (forth["change"] == "new").sum() == max(0, len(others) - len(some))


def test_a_diff_tells_what_is_new_closed_changed_and_gone() -> None:
    before = pd.DataFrame(
        {
            "community": ["closed", "changed", "gone", "same", "reopened"],
            "number": ["1", "2", "3", "4", "5"],
            "places": [180.0, 90.0, 0.0, np.nan, 1.0],
            "progress": ["under_way", None, None, None, "done"],
        }
    )
    after = pd.DataFrame(
        {
            "community": ["new", "same", "changed", "closed", "reopened"],
            "number": ["1", "2", "3", "4", "5"],
            "places": [0, np.nan, 180, 180, 1],
            "progress": [None, None, None, "done", None],
        }
    )
    moved = diff_snapshots(Snapshot(date(2025, 2, 28), before), Snapshot(MARCH, after))
    rows = moved[["entry", "change", "column", "before", "after"]].astype(object)
    assert rows.where(rows.notna(), None).values.tolist() == [
        ["new", "new", None, None, None],
        ["closed", "closed", None, None, None],
        ["reopened", "reopened", None, None, None],
        ["changed", "changed", "places", 90.0, 180.0],
        ["closed", "changed", "progress", "under_way", "done"],
        ["reopened", "changed", "progress", "done", None],
        ["gone", "gone", None, None, None],
    ]


def test_an_entry_whose_day_of_completion_has_come_is_closed() -> None:
    ledger = pd.DataFrame({"community": ["x"], "done_date": ["2025-03-15"]})
    moved = diff_snapshots(Snapshot(date(2025, 2, 28), ledger), Snapshot(MARCH, ledger))
    assert moved[["entry", "change"]].values.tolist() == [["x", "closed"]]


def test_entries_go_by_their_ids_only_where_both_snapshots_have_them() -> None:
    plain = pd.DataFrame({"community": ["x"]})
    with_ids = plain.assign(entry_id="T-1")
    moved = diff_snapshots(Snapshot(MARCH, plain), Snapshot(MARCH, with_ids))
    assert moved[["entry", "change", "column"]].values.tolist() == [["x", "changed", "entry_id"]]


def test_a_snapshot_of_a_day_is_written_once(tmp_path: Path) -> None:
    ledger = pd.DataFrame({"community": ["x"], "progress": [None]})
    path = write_snapshot(ledger, tmp_path, on="2025-03-31")
    assert write_snapshot(ledger, tmp_path, on=MARCH) == path
    with pytest.raises(InputError, match="another snapshot of that day"):
        write_snapshot(ledger.assign(progress="done"), tmp_path, on=MARCH)
    assert read_snapshot(path).entries["progress"].tolist() == [None]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_snapshots_of_a_folder_come_by_their_day(tmp_path: Path) -> None:
    ledger = pd.DataFrame({"community": ["x"]})
    days = [MARCH, date(2024, 12, 31), date(2025, 1, 31)]
    paths = {day: write_snapshot(ledger, tmp_path, on=day) for day in days}
    (tmp_path / "notes.csv").write_text("", encoding="utf-8")
    assert list(snapshots_in(tmp_path).items()) == sorted(paths.items())


@pytest.mark.parametrize("name", ["ledger_march.csv", "ledger_2025-02-30.csv"])
def test_a_snapshot_without_a_day_in_its_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("community\nx\n", encoding="utf-8")
    for read_ in (lambda: read_snapshot(tmp_path / name), lambda: snapshots_in(tmp_path)):
        with pytest.raises(InputError, match=r"no day|no date"):
            read_()


def test_a_number_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger_2025-03-31.csv"
    path.write_text("community,places\nx,90\ny,many\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3, column 'places': 'many' is no number"):
        read_snapshot(path)


# --- groups ---


def gardens(heads: list[str | None], **columns: object) -> gpd.GeoDataFrame:
    ids = [chr(ord("A") + i) for i in range(len(heads))]
    table = {"kindergarten_id": ids, "head_id": pd.Series(heads, dtype=object), **columns}
    points = [Point(300 * i, 400 * i) for i in range(len(heads))]
    return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4526")


def test_branches_of_branches_belong_to_the_head_of_all() -> None:
    heads, problems = kindergarten_heads(gardens([None, "A", "B", None]))
    assert problems == []
    assert heads["group_id"].tolist() == ["A", "A", "A", "D"]
    assert heads["head_id"].tolist() == [None, "A", "B", None]


def test_a_head_may_be_given_by_its_name() -> None:
    layer = gardens([None, "中心 园", "无此园"], name=["中心园", "东", "西"])
    heads, problems = kindergarten_heads(layer)
    assert heads["head_id"].tolist() == [None, "A", None]
    assert [(p.code, p.row) for p in problems] == [("name_unknown", 2), ("name_matched", 1)]


def test_a_kindergarten_that_names_itself_is_a_head() -> None:
    heads, problems = kindergarten_heads(gardens(["A", "A"]))
    assert (heads["head_id"].tolist(), problems) == ([None, "A"], [])


def test_heads_in_a_circle_are_listed_and_lead_nobody_in_it() -> None:
    heads, problems = kindergarten_heads(gardens(["B", "C", "A", "A"]))
    assert [(p.code, p.row, p.value) for p in problems] == [
        ("circular_head", 0, "B"),
        ("circular_head", 1, "C"),
        ("circular_head", 2, "A"),
    ]
    assert heads["group_id"].tolist() == ["A", "B", "C", "A"]


@given(st.lists(st.one_of(st.none(), st.integers(0, 7)), min_size=8, max_size=8))
@settings(max_examples=50, deadline=None)
def test_groups_are_those_of_a_walk_up_the_heads(picks: list[int | None]) -> None:
    heads = [None if pick is None else "ABCDEFGH"[pick] for pick in picks]
    up = dict(zip("ABCDEFGH", heads, strict=True))

    def circle(start: str) -> bool:
        at = up[start]
        for _ in up:
            if at == start:
                return up[start] != start
            at = up.get(at) if at else None
        return False

    def top(at: str) -> str:
        while up[at] not in (None, at) and not circle(at):
            at = str(up[at])
        return at

    found, problems = kindergarten_heads(gardens(heads))
    assert found["group_id"].tolist() == [top(own) for own in up]
    assert {p.row for p in problems} == {i for i, own in enumerate(up) if circle(own)}


def test_links_are_lines_from_branch_to_head() -> None:
    links, _ = group_links(gardens([None, "A", "B"]))
    assert links[["kindergarten_id", "head_id"]].values.tolist() == [["B", "A"], ["C", "B"]]
    assert links.length.tolist() == [500, 500]
    assert links.geometry.iloc[0].coords[0] == (300, 400)
    assert links.crs == "EPSG:4526"


def test_a_layer_without_branches_has_no_links() -> None:
    links, problems = group_links(gardens([None, None]).drop(columns="head_id"))
    assert (len(links), problems) == (0, [])
    assert links.crs == "EPSG:4526"


def test_totals_of_a_group_count_its_head_and_say_what_is_not_known() -> None:
    layer = gardens(
        [None, "A", "A", None, "D", None],
        name=list("甲乙丙丁戊己"),
        places=[360, 180, 90, 270, 90, 500],
        enrolled=[300, 200, 80, 100, np.nan, 1],
    )
    table, _ = group_totals(layer)
    assert table.index.tolist() == ["A", "D"]
    assert table["name"].tolist() == ["甲", "丁"]
    assert table["campuses"].tolist() == [3, 2]
    assert table["places"].tolist() == [630, 360]
    assert table.loc["A", "enrolled"] == 580
    assert np.isnan(table.loc["D", "enrolled"])


def test_an_id_that_stands_twice_is_refused() -> None:
    layer = gardens([None, None]).assign(kindergarten_id="A")
    with pytest.raises(InputError, match="row 1, column 'kindergarten_id'"):
        kindergarten_heads(layer)

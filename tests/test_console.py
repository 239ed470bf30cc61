"""The problem table in a terminal: errors first, long runs shortened, nothing cut off."""

from __future__ import annotations

import pandas as pd
from rich.cells import cell_len

from kgspatial.console import SHOWN_EACH, problem_text
from kgspatial.inputs import Problem, problem_table


def findings(count: int = 1) -> pd.DataFrame:
    notes = [Problem("kindergartens", "total_row", "a total", "listed", "note", "园.xlsx", 40)]
    rows = [
        Problem("kindergartens", "repeated_id", "its id stands in an earlier row too", "kept")
        for _ in range(count)
    ]
    placed = [
        Problem(p.layer, p.code, p.problem, p.done, "warning", "园.xlsx", i + 2, "kindergarten_id")
        for i, p in enumerate(rows)
    ]
    return problem_table([*notes, *placed])


def test_warnings_stand_before_notes() -> None:
    text = problem_text(findings(), "en", width=120)
    assert text.index("stands in an earlier row") < text.index("a total")


def test_a_long_run_of_one_finding_is_counted_with_its_rows() -> None:
    text = problem_text(findings(SHOWN_EACH + 40), "en", width=120)
    assert text.count("its id stands in") == SHOWN_EACH
    assert "the same in 40 more rows: 7, 8, 9" in text


def test_no_line_is_wider_than_the_terminal_and_no_text_is_lost() -> None:
    long = "一个很长的说明" * 30
    table = problem_table([Problem("", "x", long, "kept", "note", "a.csv", 1, "places", "w" * 90)])
    text = problem_text(table, "zh", width=80)
    assert text.count("很") == 30
    assert text.count("w") == 90
    assert all(cell_len(line) <= 80 for line in text.splitlines())


def test_signs_that_a_terminal_library_reads_as_markup_are_shown_as_they_are() -> None:
    table = problem_table([Problem("units", "x", "[red]name[/red]", "[inputs.units]", "note")])
    text = problem_text(table, "en", width=100)
    assert "[red]name[/red]" in text
    assert "[inputs.units]" in text


def test_in_chinese_the_kind_of_a_finding_stands_before_its_english_text() -> None:
    assert "合计行: a total" in problem_text(findings(), "zh", width=120)
    assert "合计行" not in problem_text(findings(), "en", width=120)


def test_a_finding_of_an_unknown_kind_has_its_text_alone() -> None:
    table = problem_table([Problem("units", "of_tomorrow", "it is new", "listed", "note")])
    assert ": it is new" not in problem_text(table, "zh", width=100)
    assert "it is new" in problem_text(table, "zh", width=100)

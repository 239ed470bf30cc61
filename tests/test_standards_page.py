"""The page of the rule profiles says what the data files say, and its own example is a profile."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from kgspatial.standards import profile_names, read_profile
from kgspatial.standards.listing import ListedRule, list_rules

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "standards.md").read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    return page.split(f" `{name}`\n", 1)[1].split("\n## ", 1)[0]


def rows(page: str, name: str) -> list[list[str]]:
    """The cells of a profile's table, without the backslashes that Markdown needs."""
    lines = [line for line in section(page, name).splitlines() if line.startswith("| ")][1:]
    return [line.replace("\\", "").strip("| ").split(" | ") for line in lines]


def own_rules(name: str) -> list[ListedRule]:
    return [rule for rule in list_rules(name) if rule.profile == read_profile(name).id]


def test_the_page_is_what_the_data_files_make(page: str) -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_pages.py"))["standards_page"]()
    assert page == made


def test_every_profile_has_a_section_and_the_national_one_comes_first(page: str) -> None:
    found = re.findall(r"^## .+ `(\w+)`$", page, re.MULTILINE)
    assert found[0] == "national"
    assert sorted(found) == list(profile_names())


@pytest.mark.parametrize("name", profile_names())
class TestASection:
    def test_has_the_rules_that_the_profile_itself_says_and_no_others(
        self, page: str, name: str
    ) -> None:
        shown = [re.findall(r"`(\S+)`", cells[0])[0] for cells in rows(page, name)]
        assert sorted(shown) == sorted(rule.id for rule in own_rules(name))

    def test_names_clause_source_and_mark_of_each(self, page: str, name: str) -> None:
        sources = re.findall(r"^\d+\. (.+)$", section(page, name), re.MULTILINE)
        shown = [
            (cells[3], sources[int(cells[4]) - 1].replace("\\", ""), cells[5].split("`")[1])
            for cells in rows(page, name)
        ]
        wanted = [
            (rule.origin.clause or "—", rule.origin.source, rule.origin.evidence)
            for rule in own_rules(name)
        ]
        assert sorted(shown) == sorted(wanted)

    def test_marks_what_nobody_verified_and_nothing_else(self, page: str, name: str) -> None:
        marked = [cells[0] for cells in rows(page, name) if "未核实" in cells[5]]
        assert len(marked) == sum(not rule.binds for rule in own_rules(name))
        assert all("`mem`" in c[5] for c in rows(page, name) if c[0] in marked)


def test_the_example_of_the_page_is_a_profile_that_can_be_read(page: str, tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    path = tmp_path / "our_county.toml"
    path.write_text(example, encoding="utf-8")
    profile = read_profile(path)
    assert profile.based_on == ("guangdong_2022", "national")
    assert profile.rule("targets.inclusive_share").value == 0.9
    sizes = {y: [r.value for r in profile.rules_in("class_size.junior", y)] for y in (2025, 2027)}
    assert sizes == {2025: [28], 2027: [25]}

"""The documentation tells what the code does, and all of it."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from kgspatial.inputs.osm.streets import LEFT_OUT
from kgspatial.inputs.tables.row_kinds import LISTED
from kgspatial.layers import LAYERS, POPULATION, TABLES
from kgspatial.terms import LANGUAGES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kgspatial"
PAGE = ROOT / "docs" / "own-data.md"

CODE = r'"([a-z]+(?:_[a-z]+)*)"'
LAYER_NAMES = {*LAYERS, *TABLES, POPULATION, "demand"}
NOT_CODES = {*LAYER_NAMES, "error", "warning", "note"}
"""What else stands in a finding: its layer and severity."""

FINDING = re.compile(
    r"(?:[Pp]roblem|_note|_left_out)\("  # the calls that make one
    r"(?:[^\"()]|\((?!\")[^\"()]*\)|\*\()*?"  # arguments without a text
    rf"(?:\"(?:{'|'.join(sorted(LAYER_NAMES))}|)\",\s*)?{CODE},"
)
CHOSEN = re.compile(rf"\bcode(?:, text)? = \(?\s*{CODE}(?: if \w+ else {CODE})?")
REASON = re.compile(rf"\(?{CODE}, (?:text|SWAPPED|\"its coordinates|\"it has)")


def codes_of(text: str) -> set[str]:
    """Codes of the findings that a piece of source makes."""
    found = [m for rule in (FINDING, CHOSEN, REASON) for m in rule.finditer(text)]
    return {code for m in found for code in m.groups() if code} - NOT_CODES


def codes_in_the_source() -> dict[str, str]:
    """Each code of a finding, and a module that makes it."""
    rooms = ("inputs", "demand", "supply", "travel", "balance")
    modules = [
        *(module for room in rooms for module in sorted((SOURCE / room).rglob("*.py"))),
        *(SOURCE / name for name in ("study.py", "reading.py", "plan.py")),
    ]
    found = {c: m.name for m in modules for c in codes_of(m.read_text(encoding="utf-8"))}
    found |= dict.fromkeys(LISTED, "row_kinds.py")
    return found | {f"not_walked_{reason}": "streets.py" for reason in LEFT_OUT}


def codes_in_the_docs() -> set[str]:
    """Codes in the first column of the tables whose first column is called so."""
    found: set[str] = set()
    within = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        within = line.startswith("| code |") or (within and line.startswith("|"))
        if within:
            found |= set(re.findall(r"`([a-z_]+)`", line.split("|")[1]))
    return found


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ('Problem(name, "elsewhere", text, done)', {"elsewhere"}),
        ('rows.problem(\n    int(row),\n    "odd_places",\n    text)', {"odd_places"}),
        ('Problem(*("kindergartens", "over_full", text), column="places")', {"over_full"}),
        ('Problem("", "no_demand", error.message, "")', {"no_demand"}),
        ('return _left_out(spec, source, row, "no_area", "it has none")', {"no_area"}),
        ('code = "repeated_id" if old else "missing_id"', {"repeated_id", "missing_id"}),
        ('reasons[row] = "no_geometry", "it has no position"', {"no_geometry"}),
        ('text = "its outline", "it"', set()),
    ],
)
def test_codes_are_found_in_every_way_of_writing_them(line: str, codes: set[str]) -> None:
    assert codes_of(line) == codes


def test_every_problem_code_is_in_the_docs() -> None:
    made = codes_in_the_source()
    missing = {code: module for code, module in made.items() if code not in codes_in_the_docs()}
    assert missing == {}


def test_every_problem_code_in_the_docs_is_made_somewhere() -> None:
    assert codes_in_the_docs() - set(codes_in_the_source()) == set()


def titles() -> dict[str, dict[str, str]]:
    """Titles of findings by their code, as the table of terms has them."""
    terms = tomllib.loads((SOURCE / "terms.toml").read_text(encoding="utf-8"))
    return dict(terms["problems"])


def test_every_problem_code_has_a_title_in_both_languages() -> None:
    made = codes_in_the_source()
    assert {code: module for code, module in made.items() if code not in titles()} == {}
    assert all(title[language] for title in titles().values() for language in LANGUAGES)


def test_every_title_is_of_a_problem_code_and_tells_it_from_others() -> None:
    assert titles().keys() - codes_in_the_source().keys() == set()
    for language in LANGUAGES:
        said = [title[language] for title in titles().values()]
        assert sorted(said) == sorted(set(said))


def test_titles_are_short_and_in_their_language() -> None:
    assert [t["zh"] for t in titles().values() if not 2 <= len(t["zh"]) <= 16] == []
    assert [t["en"] for t in titles().values() if len(t["en"]) > 40 or not t["en"].isascii()] == []
    assert [t["zh"] for t in titles().values() if not re.search("[\u4e00-\u9fff]", t["zh"])] == []


def test_the_page_of_aliases_is_made_from_those_that_are_read() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_pages.py"))["aliases_page"]()
    assert (ROOT / "docs" / "aliases.md").read_text(encoding="utf-8") == made


def test_the_page_of_aliases_has_every_column_of_every_layer() -> None:
    page = (ROOT / "docs" / "aliases.md").read_text(encoding="utf-8")
    for spec in (*LAYERS.values(), *TABLES.values()):
        section = page.split(f"`{spec.name}`\n", 1)[1].split("\n## ", 1)[0]
        assert [c for c in spec.column_names if f"| `{c}` |" not in section] == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    nav = re.findall(r"^  - .+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(nav) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_links_from_the_front_page_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\(([^):]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link.split("#")[0]).exists()] == []

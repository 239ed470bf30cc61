"""The documentation tells what the code does, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgspatial.inputs.osm.streets import LEFT_OUT
from kgspatial.inputs.tables.row_kinds import LISTED
from kgspatial.layers import LAYERS, POPULATION

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kgspatial"
PAGE = ROOT / "docs" / "own-data.md"

CODE = r'"([a-z]+(?:_[a-z]+)*)"'
LAYER_NAMES = {*LAYERS, POPULATION}
NOT_CODES = {*LAYER_NAMES, "error", "warning", "note"}
"""What else stands in a finding: its layer and severity."""

FINDING = re.compile(
    r"(?:[Pp]roblem|_note|_left_out)\("  # the calls that make one
    r"(?:[^\"()]|\((?!\")[^\"()]*\)|\*\()*?"  # arguments without a text
    rf"(?:\"(?:{'|'.join(sorted(LAYER_NAMES))})\",\s*)?{CODE},"
)
CHOSEN = re.compile(rf"\bcode(?:, text)? = \(?\s*{CODE}(?: if \w+ else {CODE})?")
REASON = re.compile(rf"\(?{CODE}, (?:text|SWAPPED|\"its coordinates|\"it has)")


def codes_of(text: str) -> set[str]:
    """Codes of the findings that a piece of source makes."""
    found = [m for rule in (FINDING, CHOSEN, REASON) for m in rule.finditer(text)]
    return {code for m in found for code in m.groups() if code} - NOT_CODES


def codes_in_the_source() -> dict[str, str]:
    """Each code of a finding about inputs, and a module that makes it."""
    modules = [
        *sorted((SOURCE / "inputs").rglob("*.py")),
        SOURCE / "study.py",
        SOURCE / "reading.py",
    ]
    found = {c: m.name for m in modules for c in codes_of(m.read_text(encoding="utf-8"))}
    found |= dict.fromkeys(LISTED, "row_kinds.py")
    return found | {f"not_walked_{reason}": "osm_streets.py" for reason in LEFT_OUT}


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

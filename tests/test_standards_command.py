"""`kgspatial standards`: every rule is shown with its source, and what nobody verified stands apart."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from kgspatial.errors import InputError
from kgspatial.standards import profile_names, read_profile
from kgspatial.standards.listing import (
    explain_rule,
    list_profiles,
    list_rules,
    rule_label,
    rule_text,
    standards_text,
)

COMMAND = [sys.executable, "-m", "kgspatial", "standards"]
OWN = """[profile]
id = "own"
name_zh = "本规划"
name_en = "own"
based_on = "wuhan"

[service_radius_m]
value = 400
source = "本规划"
evidence = "mem"
valid_from = 2024
valid_to = 2030
"""


def standards(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", profile_names())
class TestEveryProfile:
    def test_shows_all_its_rules_with_source_and_evidence(self, name: str) -> None:
        profile, listed = read_profile(name), list_rules(name)
        shown = {(rule.id, rule.value) for rule in listed}
        assert shown >= {(rule.id, rule.value) for rule in profile.rules}
        assert all(rule.origin.source and rule.origin.evidence for rule in listed)
        norm_parts = sum(rule.id.startswith("norm.steps") for rule in listed)
        assert norm_parts == len(profile.norm.steps) + len(profile.norm.unverified)
        assert sum(rule.id.startswith("ladder[") for rule in listed) == len(profile.ladder)

    def test_tells_which_profile_says_what(self, name: str) -> None:
        profile = read_profile(name)
        assert {rule.profile for rule in list_rules(name)} <= {profile.id, *profile.based_on}

    def test_calls_every_rule_by_a_name(self, name: str) -> None:
        for language in ("zh", "en"):
            nameless = {r.id for r in list_rules(name) if not rule_label(r.id, language)}
            assert nameless == set()


class TestInheritance:
    def test_an_own_number_is_its_own_and_the_rest_is_inherited(self) -> None:
        rules = {rule.id: rule for rule in list_rules("fujian_2013")}
        assert (rules["service_radius_m"].value, rules["service_radius_m"].profile) == (
            *(300, "fujian_2013"),
        )
        assert (rules["max_places"].value, rules["max_places"].profile) == (360, "national")

    def test_explaining_a_rule_shows_what_it_replaces(self) -> None:
        rows = explain_rule("xiamen_2012", "norm_rural")
        assert [(row.value, row.profile) for row in rows] == [(3000, "fujian_2010")]
        rows = explain_rule("xiamen_2012", "norm")
        assert [row.id for row in rows[:3]] == ["norm", "norm.steps[1]", "norm.split"]
        assert {row.profile for row in rows} == {"xiamen_2012", "fujian_2010", "national"}

    def test_a_table_stands_for_its_rules(self) -> None:
        asked = {rule.id for rule in explain_rule("national", "targets")}
        assert asked == {rule.id for rule in list_rules() if rule.id.startswith("targets.")}

    def test_an_unknown_rule_names_the_nearest(self) -> None:
        with pytest.raises(InputError, match="service_radius_m"):
            explain_rule("national", "service_radius")


class TestUnverified:
    def test_stands_apart_and_never_among_what_holds(self, own: Path) -> None:
        shown, apart = standards_text(str(own)).split("未核实（")
        assert "service_radius_m\t服务半径\t500" in shown
        assert "\t400" not in shown
        assert "service_radius_m\t服务半径\t400" in apart
        assert "2400户以上设12班" in apart
        assert "2024–2030" in apart

    def test_is_told_in_json_too(self, own: Path) -> None:
        found = json.loads(standards_text(str(own), as_json=True))
        assert all(rule["binds"] and rule["evidence"] != "mem" for rule in found["rules"])
        apart = {(rule["id"], rule["value"]) for rule in found["unverified"]}
        assert {("service_radius_m", 400), ("norm.steps[3]", 12)} <= apart

    def test_no_heading_without_any(self) -> None:
        rules = [rule for rule in list_rules() if rule.binds]
        assert "未核实（" not in rule_text(rules)


class TestTheCommand:
    def test_without_a_profile_lists_them(self) -> None:
        done = standards()
        assert done.returncode == 0, done.stderr
        names = [line.split("\t")[0] for line in done.stdout.splitlines()[1:]]
        assert names == [profile["id"] for profile in list_profiles()] == list(profile_names())

    def test_lists_the_rules_of_one_in_lines_of_fields(self) -> None:
        done = standards("guangdong_2022", "--language", "en")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Guangdong 2022 (guangdong_2022; based on national)\n")
        lines = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
        assert {len(line) for line in lines} == {8}
        (split,) = (line for line in lines if line[0] == "norm.split")
        assert split[2:] == [
            *("12000 residents", "超过1.2万人分设2所以上"),
            "广东省加强住宅小区配套幼儿园建设和管理工作的指导意见(粤教基〔2022〕33号)",
            *("read in the document", "2022–", "guangdong_2022"),
        ]

    def test_explains_one_rule(self) -> None:
        done = standards("--rule", "max_places", "--json")
        (rule,) = json.loads(done.stdout)["rules"]
        assert (rule["value"], rule["clause"], rule["unit"]) == (360, "第十一条", "places")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("utopia",), "Known: "),
            (("national", "--rule", "nothing"), "no rule 'nothing'"),
            (("no.toml",), "no such rule profile"),
            (("--language", "fr"), "not a language"),
        ],
    )
    def test_a_mistake_gets_a_message_and_status_2(
        self, arguments: tuple[str, ...], words: str
    ) -> None:
        done = standards(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr

    def test_prints_a_table_on_a_terminal(self) -> None:
        control, terminal = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "wuhan"], stdout=terminal, env={**os.environ, "PYTHONUTF8": "1"}
        ):
            os.close(terminal)
            seen = b""
            while piece := _read(control):
                seen += piece
        assert "─" in seen.decode()
        assert "\t" not in seen.decode()


def _read(control: int) -> bytes:
    try:
        return os.read(control, 4096)
    except OSError:  # Linux says so when the other side is closed
        return b""


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_table_keeps_within_the_terminal_and_loses_nothing(width: int) -> None:
    rules = list_rules("wuhan")
    text = rule_text(rules, width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    letters = set(text)
    assert all(set(rule.origin.clause) - {" "} <= letters for rule in rules)

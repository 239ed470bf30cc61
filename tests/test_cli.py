"""The command: what it prints where, its exit statuses, and no traceback for a user's mistake."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from kgspatial.sample import sample_folder

COMMAND = [sys.executable, "-m", "kgspatial"]


def kgspatial(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "project"
    made = kgspatial("sample", folder)
    assert made.returncode == 0
    assert made.stdout.strip() == str(folder / "plan.toml")
    plan = folder / "plan.toml"
    plan.write_text(
        plan.read_text(encoding="utf-8") + "\n[report]\ndocuments = false\n", encoding="utf-8"
    )
    return folder


def changed(project: Path, tmp_path: Path, old: str, new: str) -> Path:
    """A plan beside the project's own with one text replaced."""
    plan = project / f"{tmp_path.name}.toml"
    text = (project / "plan.toml").read_text(encoding="utf-8")
    assert old in text
    plan.write_text(text.replace(old, new), encoding="utf-8")
    return plan


def test_demo_prints_where_the_map_lies(tmp_path: Path) -> None:
    done = kgspatial("demo", "--language", "en", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"Map: {tmp_path / 'kgspatial-demo' / 'map.html'}" in done.stdout
    assert (tmp_path / "kgspatial-demo" / "map.html").exists()


def test_run_prints_the_summary_as_json_and_nothing_else(project: Path, tmp_path: Path) -> None:
    done = kgspatial("run", project / "plan.toml", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(
        (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    )
    assert done.stderr == ""


def test_quiet_prints_nothing(project: Path, tmp_path: Path) -> None:
    done = kgspatial("run", project / "plan.toml", "--out", tmp_path / "out", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_results_go_beside_the_caller_unless_said_otherwise(project: Path, tmp_path: Path) -> None:
    before = {f: f.read_bytes() for f in project.iterdir()}
    done = kgspatial("run", project / "plan.toml", "--quiet", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "plan-results" / "summary.json").exists()
    assert {f: f.read_bytes() for f in project.iterdir()} == before, "inputs are never touched"


def test_check_reads_only(project: Path, tmp_path: Path) -> None:
    done = kgspatial("check", project / "plan.toml", "--language", "en", cwd=tmp_path)
    assert done.returncode == 0
    assert "communities.geojson" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_problem_to_look_at_gives_status_1(project: Path, tmp_path: Path) -> None:
    register = (project / "kindergartens.csv").read_text(encoding="utf-8-sig").splitlines()
    worse = project / "worse.csv"
    worse.write_text("\n".join([*register, register[1]]) + "\n", encoding="utf-8")
    plan = changed(project, tmp_path, "kindergartens.csv", "worse.csv")
    checked = kgspatial("check", plan, "--json")
    assert checked.returncode == 1
    assert any(found["layer"] == "kindergartens" for found in json.loads(checked.stdout))
    ran = kgspatial("run", plan, "--out", tmp_path / "out", "--language", "en")
    assert ran.returncode == 1
    assert "Problems in the inputs" in ran.stdout


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("new = 3", "nwe = 3", "Did you mean 'new'?"),
        ("limit_m = 800", 'limit_m = "far"', "expected a number"),
        ('path = "units.geojson"', 'path = "towns.geojson"', "no such file"),
        ('path = "population.tif"', 'path = "README.md"', "README.md"),
        ('path = "communities.geojson"\ncrs = "EPSG:4490"', 'path = "x.shp"', "x.shp"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    project: Path, tmp_path: Path, old: str, new: str, words: str
) -> None:
    done = kgspatial("run", changed(project, tmp_path, old, new), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_register_without_a_declared_crs_is_refused(project: Path, tmp_path: Path) -> None:
    plan = changed(
        project,
        tmp_path,
        'path = "kindergartens.csv"\ncrs = "EPSG:4490"',
        'path = "kindergartens.csv"',
    )
    done = kgspatial("check", plan, "--json")
    assert done.returncode == 2
    first = json.loads(done.stdout)[0]
    assert (first["code"], first["source"]) == ("refused", "kindergartens.csv")
    assert "crs = " in first["done"]
    assert "kindergartens.csv" in kgspatial("check", plan).stdout
    quiet = kgspatial("check", plan, "--quiet")
    assert (quiet.returncode, quiet.stdout) == (2, "")
    assert "kindergartens.csv" in quiet.stderr
    ran = kgspatial("run", plan, "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert "crs" in ran.stderr


@pytest.mark.parametrize(
    "arguments", [["run"], ["fly"], ["run", "plan.toml", "--language", "fr"], ["run", "none.toml"]]
)
def test_a_wrong_call_gives_status_2(arguments: list[str], tmp_path: Path) -> None:
    done = kgspatial(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_sample_is_not_written_over_something(project: Path) -> None:
    done = kgspatial("sample", project)
    assert done.returncode == 2
    assert "not empty" in done.stderr


def test_an_interruption_gives_status_130(project: Path, tmp_path: Path) -> None:
    code = (
        "import kgspatial.plan, kgspatial.cli, sys\n"
        "def interrupted(*a, **k): raise KeyboardInterrupt\n"
        "kgspatial.plan.run_plan = interrupted\n"
        f"sys.argv = ['kgspatial', 'run', {str(project / 'plan.toml')!r}]\n"
        "kgspatial.cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_progress_is_shown_on_a_terminal_only(project: Path, tmp_path: Path) -> None:
    control, terminal = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "run", str(project / "plan.toml"), "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        env={**os.environ, "TERM": "xterm", "PYTHONUTF8": "1"},
    ) as process:
        os.close(terminal)
        seen = b""
        while True:
            try:
                piece = os.read(control, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        out = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0
    assert len(seen) > 0
    assert "\x1b" not in out


def test_versions_and_help_are_told() -> None:
    assert kgspatial("--version").stdout.startswith("kgspatial ")
    for command in ("demo", "run", "check", "sample"):
        assert command in kgspatial("--help").stdout


def test_the_sample_folder_has_a_plan() -> None:
    assert (sample_folder() / "plan.toml").is_file()

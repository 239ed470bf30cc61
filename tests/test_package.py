"""The package: its public names, and that importing it costs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import kgspatial

SOURCE = Path(kgspatial.__file__).parent
ROOMS = (
    *(
        "cli",
        "console",
        "plan",
        "outputs",
        "summary",
        "sample",
        "report",
        "maps",
        "siting",
        "balance",
    ),
    *(
        "access",
        "travel",
        "supply",
        "demand",
        "standards",
        "reading",
        "study",
        "inputs",
        "layers",
        "terms",
        "errors",
    ),
)
"""From the top down: a room imports from those after it only."""


def test_every_public_name_is_there() -> None:
    assert {name for name in kgspatial.__all__ if getattr(kgspatial, name) is None} == set()
    assert set(kgspatial.__all__) <= set(dir(kgspatial))


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, kgspatial; print({'geopandas', 'folium', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_rooms_import_downwards_only() -> None:
    wrong = []
    for path in SOURCE.rglob("*.py"):
        room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        if room not in ROOMS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith(
                "kgspatial."
            ):
                continue
            target = str(node.module).split(".")[1]
            if ROOMS.index(target) < ROOMS.index(room):
                wrong.append(f"{path.relative_to(SOURCE)} imports {node.module}")
    assert wrong == []

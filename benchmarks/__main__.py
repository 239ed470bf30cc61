"""Runs the benchmarks: ``python -m benchmarks [NAME...]``, all of them without a name."""

from __future__ import annotations

import platform
import sys
from importlib import import_module
from os import cpu_count

NAMES = (
    "accessibility",
    "allocation",
    "capacitated",
    "coordinates",
    "coverage",
    "coverage_blocks",
    "covering",
    "demand_cohort",
    "demand_tainan",
    "maps",
    "published",
    "raster_window",
    "reading",
    "siting",
    "straight",
    "streets",
    "streets_large",
)


def main() -> None:
    wanted = sys.argv[1:] or list(NAMES)
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    print(f"Python {platform.python_version()}, {cpu_count()} cores, {platform.machine()}")
    for name in wanted:
        import_module(f"benchmarks.{name}").main()


main()

"""What a kindergarten place costs to build, convert, expand and run, where a planner gives no number.

Imports from `rule_files`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files

from kgspatial.standards.rule_files import ORIGIN, Rule, read_rule_file

UNIT = "10,000 yuan per place"


@cache
def unit_costs() -> dict[str, Rule]:
    """Return indicative costs per place in 10,000 yuan: ``build``, ``convert``, ``expand``, ``running``.

    Without land; ``running`` is per year. Each with its range where the sources give one.

    Examples
    --------
    >>> unit_costs()["build"].value, unit_costs()["build"].evidence
    (4.5, 'calc')
    """
    file = read_rule_file(files("kgspatial") / "standards" / "costs.toml")
    found = {}
    for name in file.values:
        table = file.table(name)
        table.check_keys(("value", "low", "high", *ORIGIN))
        value = table.number("value", 0, 100)
        ends = [
            table.number(key, 0, 100) if key in table.values else None for key in ("low", "high")
        ]
        rule = table.origin().rule(f"costs.{name}", value, unit=UNIT, direction="")
        found[name] = replace(rule, low=ends[0], high=ends[1])
    return found

"""Checked reading of rule files (TOML): whatever is wrong is refused with file, line and key.

Imports from `errors`.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from kgspatial.errors import InputError

EVIDENCE = ("seen", "sec", "calc", "mem")
"""Read in a published copy; second-hand; arithmetic from marked numbers; from memory (未核实)."""

UNVERIFIED = "mem"
"""Evidence mark of a number from memory: it never binds."""

FIRST_YEAR, LAST_YEAR = 1949, 2100

ORIGIN = ("source", "clause", "evidence", "valid_from", "valid_to")
"""Keys that say where a number comes from and when it holds."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\"\-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([\w\-]+)\s*=")


@dataclass(frozen=True)
class Origin:
    """Where a number comes from and when it holds."""

    source: str
    clause: str
    evidence: str
    valid_from: int | None = None
    valid_to: int | None = None

    def rule(self, rule_id: str, value: float, *, unit: str = "", direction: str = "") -> Rule:
        """Return a number that comes from here."""
        years = (self.valid_from, self.valid_to)
        return Rule(
            *(rule_id, value, self.source, self.evidence, self.clause, direction, unit), *years
        )


@dataclass(frozen=True)
class Rule:
    """One number of a profile with where it comes from."""

    id: str
    value: float
    source: str
    evidence: str
    clause: str = ""
    direction: str = ""
    unit: str = ""
    valid_from: int | None = None
    valid_to: int | None = None
    low: float | None = None
    high: float | None = None
    """Ends of the range around the value, where the source gives one."""
    profile: str = ""
    """Id of the profile whose file says it: the profile itself, or one that it is based on."""
    opened_from: int | None = None
    """It applies only to kindergartens opened in this year or later."""
    classes_from: int | None = None
    """It applies only to kindergartens of so many classes or more."""
    streets: bool = False
    """A rule for towns (乡镇) that names streets (街道) too."""

    @property
    def binds(self) -> bool:
        """Whether it may decide anything: its number was read somewhere, not remembered."""
        return self.evidence != UNVERIFIED

    def holds_in(self, year: int | None) -> bool:
        """Whether it is in force in `year`; without a year, whether it has not been ended."""
        if year is None:
            return self.valid_to is None
        first, last = self.years
        return first <= year <= last

    @property
    def years(self) -> tuple[int, int]:
        """The first and the last year in which it is in force."""
        return self.valid_from or FIRST_YEAR, self.valid_to or LAST_YEAR


@dataclass(frozen=True)
class RuleFile:
    """A rule file: its name as the user knows it and its text."""

    name: str
    text: str

    def line(self, path: str) -> int | None:
        """Line of a key such as ``norm.value`` or ``ladder[2].classes``; None where it is not."""
        table, _, key = path.rpartition(".")
        lines = _lines_of(self.text)
        found = (lines.get(p) for p in (path, table or key))
        return next((line for line in found if line), None)


@dataclass(frozen=True)
class Table:
    """One table of a rule file with the path that leads to it."""

    file: RuleFile
    path: str
    values: dict[str, Any]

    def wrong(self, key: str, message: str, hint: str = "") -> InputError:
        """Return the error that names file, line and key."""
        path = ".".join(part for part in (self.path, key) if part)
        where = {"source": self.file.name, "row": self.file.line(path), "column": path}
        return InputError(message, **where, hint=hint)  # type: ignore[arg-type]

    def check_keys(self, known: Collection[str]) -> None:
        """Refuse keys that nothing would read."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known)}."
                raise self.wrong(key, "this key is not known", hint)

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        value = self._given(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(key, f"expected a number, found {value!r}")
        if not (math.isfinite(value) and low <= value <= high):
            raise self.wrong(key, f"{value:g} cannot be: it must lie from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.number(key, low, high)
        if value != int(value):
            raise self.wrong(key, f"expected a whole number, found {value:g}")
        return int(value)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._given(key)
        if not isinstance(value, bool):
            raise self.wrong(key, f"expected true or false, found {value!r}")
        return value

    def words(self, key: str, allowed: Collection[str] = ()) -> str:
        """Return a text that is not empty, one of `allowed` where these are given."""
        value = self._given(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"expected a text, found {value!r}")
        if allowed and value not in allowed:
            raise self.wrong(key, f"'{value}' is not one of {', '.join(allowed)}")
        return value

    def table(self, key: str) -> Table:
        """Return the table under `key`."""
        path = ".".join(part for part in (self.path, key) if part)
        value = self._given(key)
        if not isinstance(value, dict):
            raise self.wrong(key, f"expected a table: write [{path}]")
        return Table(self.file, path, value)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of a list under `key`, counted from 1 in their paths."""
        path = ".".join(part for part in (self.path, key) if part)
        value = self._given(key)
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.wrong(key, f"expected a list of tables: write [[{path}]]")
        return [Table(self.file, f"{path}[{i}]", v) for i, v in enumerate(value, start=1)]

    def origin(self, base: Origin | None = None) -> Origin:
        """Where this table's numbers come from; what it does not say comes from `base`."""
        given = self.values
        if base is not None:
            own = {key: base.__dict__[key] for key in ("source", "evidence") if key not in given}
            given = {**own, **given}
        filled = Table(self.file, self.path, given)
        years = [
            filled.whole(key, FIRST_YEAR, LAST_YEAR) if key in given else None
            for key in ("valid_from", "valid_to")
        ]
        if None not in years and years[0] > years[1]:  # type: ignore[operator]
            raise self.wrong("valid_to", f"it ends ({years[1]}) before it begins ({years[0]})")
        clause = filled.words("clause") if "clause" in given else ""
        return Origin(filled.words("source"), clause, filled.words("evidence", EVIDENCE), *years)

    def _given(self, key: str) -> Any:
        if key not in self.values:
            raise self.wrong(key, f"'{key}' is missing")
        return self.values[key]


def read_rule_file(path: Traversable | Path) -> Table:
    """Read a rule file as the table of its tables.

    Raises
    ------
    InputError
        When there is no such file or it is not TOML in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("there is no such rule profile", source=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        hint = "Save it as UTF-8 in your editor."
        raise InputError("the file cannot be read as text", source=str(path), hint=hint) from error
    try:
        return Table(RuleFile(path.name, text), "", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is not valid TOML: {error}", source=path.name) from error


def _lines_of(text: str) -> dict[str, int]:
    """Line numbers, from 1, of every header and key; TOML's own reader keeps none."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[2].replace('"', "")
            if header[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                lines.setdefault(table, number)
                table = f"{table}[{counts[table]}]"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return lines

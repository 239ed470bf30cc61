"""From a file's own column names to canonical ones, with what was recognised and what was not used.

Imports from `aliases`, `numbers`, `planfile`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.aliases import (
    all_units,
    column_keys,
    fallback_keys,
    key,
    known_names,
    unit_key,
    units_of,
)
from kgspatial.inputs.numbers import read_numbers
from kgspatial.inputs.problems import Problem
from kgspatial.layers import LAYERS, Column

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput

FrameT = TypeVar("FrameT", bound=pd.DataFrame)

SHOWN_COLUMNS = 15
DBF_NAME_BYTES = 10
SUM_WORDS = ("合计", "小计", "总计", "总数")
_BRACKETS = re.compile(r"[(\[【〔{]([^)\]】〕}]*)[)\]】〕}]")
_YEAR_BEFORE = re.compile(r"^(?:19|20)\d{2}(?:学年|年度?)(?:春季|秋季|底|末)?")
_PER_HEAD = re.compile(r"生均|人均|/|每")
_BARE_UNIT = re.compile(r"(?:亩|m2|平方米|平米|公顷|万元|元|%)$")
_UNIT_AFTER_SIGN = re.compile(r"[/_,:-]([^/_,:-]+)$")


@dataclass(frozen=True)
class Meaning:
    """What a header stands for: the canonical column, and the unit of its numbers."""

    name: str
    unit: str = ""
    factor: float = 1.0
    rank: int | None = None
    """Place among the weak aliases; None for a strong one."""


def with_canonical_names(
    frame: FrameT, name: str, declared: LayerInput, path: Path
) -> tuple[FrameT, list[Problem]]:
    """Columns under their canonical names, numbers in the units of these.

    What the plan file names goes before a like-named column, that before an alias. A layer
    without a column of ids gets ids from its row numbers.

    Raises
    ------
    InputError
        When the plan file names a column that is not there, or two columns mean the same.
    """
    named = declared.columns or {}
    there = [c for c in frame.columns if c != getattr(frame, "active_geometry_name", None)]
    _check_named(named, there, path)
    tabular = not isinstance(frame, gpd.GeoDataFrame)
    free = [c for c in there if c not in named and c not in named.values()]
    own = set(known_names(name, tabular))
    exact = [c for c in free if c in own]
    meanings = {c: recognise(str(c), name, tabular) for c in free if c not in exact}
    found = _one_each(meanings, {*named, *exact}, path)
    taken = {**{c: (c, None) for c in exact}, **{m.name: (c, m) for c, m in found.items()}}
    taken |= {c: (theirs, recognise(theirs, name, tabular)) for c, theirs in named.items()}
    problems = _reports(name, path, found, [c for c in free if c not in found and c not in exact])
    columns = {}
    for canonical, (theirs, meaning) in taken.items():
        columns[canonical], notes = _in_units(frame[theirs], canonical, meaning, name, path)
        problems += notes
    renamed = frame.drop(columns=[c for c in there if c not in exact]).assign(**columns)
    renamed, notes = _with_ids(renamed, name, path)
    return renamed, problems + notes


def _check_named(named: dict[str, str], there: list[str], path: Path) -> None:
    for canonical, theirs in named.items():
        if theirs not in there:
            raise InputError(
                f"no column '{theirs}', which the plan file names for '{canonical}'",
                source=path,
                column=theirs,
                hint=f"Its columns: {', '.join(map(str, there))}.",
            )


def recognise(header: str, layer: str, with_coordinates: bool) -> Meaning | None:
    """What a header stands for in a layer, or None when nothing is known of it."""
    return _recognise(header, layer, with_coordinates)


@cache
def _recognise(header: str, layer: str, with_coordinates: bool) -> Meaning | None:
    text = unicodedata.normalize("NFKC", header).strip().casefold()
    whole = _plain_meaning(text, layer, with_coordinates)
    if whole is not None:
        return whole
    bracketed = [part.strip() for part in _BRACKETS.findall(text)]
    bare = _BRACKETS.sub("", text)
    if any(_PER_HEAD.search(part) for part in (*bracketed, bare)) and not _UNIT_AFTER_SIGN.search(
        bare
    ):
        return None
    if bracketed:
        meaning = _plain_meaning(bare, layer, with_coordinates)
        parts = [re.sub(r"^(?:计量)?单位:?", "", part) for part in bracketed]
        return _measured(meaning, next((p for p in parts if unit_key(p) in all_units()), ""), layer)
    for pattern in (_UNIT_AFTER_SIGN, _BARE_UNIT):
        if (match := pattern.search(text)) and unit_key(match[0].lstrip("/_,:-")) in all_units():
            meaning = _plain_meaning(text[: match.start()], layer, with_coordinates)
            return _measured(meaning, match[0].lstrip("/_,:-"), layer)
    return _cut_off(text, layer) if with_coordinates or len(text) <= DBF_NAME_BYTES else None


def _plain_meaning(text: str, layer: str, with_coordinates: bool) -> Meaning | None:
    """The meaning of a header without units: as it is, without its year, without 合计 after it."""
    strong, weak = column_keys(layer, with_coordinates), fallback_keys(layer)
    for tried in dict.fromkeys((key(text), key(_YEAR_BEFORE.sub("", text)))):
        stem = next((tried.removesuffix(w) for w in SUM_WORDS if tried.endswith(w)), tried)
        for candidate in (tried, stem):
            if candidate in strong:
                return Meaning(strong[candidate])
            if candidate in weak:
                return Meaning(weak[candidate][0], rank=weak[candidate][1])
    return None


def _measured(meaning: Meaning | None, unit: str, layer: str) -> Meaning | None:
    """A meaning with its unit; None where the unit measures something else."""
    if meaning is None or not unit:
        return meaning
    column = _column(meaning.name, layer)
    factor = units_of(column.unit).get(unit_key(unit)) if column and column.unit else None
    if factor is None:
        return None if column is not None and column.kind == "number" else meaning
    return Meaning(meaning.name, unit, factor, meaning.rank)


def _column(canonical: str, layer: str) -> Column | None:
    return next((c for c in LAYERS[layer].columns if c.name == canonical), None)


def _cut_off(text: str, layer: str) -> Meaning | None:
    """The one column whose name, cut to the ten bytes of a Shapefile's field, is `text`."""
    found = _cut_names(layer).get(text, frozenset())
    return Meaning(next(iter(found))) if len(found) == 1 else None


@cache
def _cut_names(layer: str) -> dict[str, frozenset[str]]:
    """Names and aliases as ten bytes leave them: ten letters, five characters in GBK, three in UTF-8."""
    from kgspatial.inputs.aliases import alias_data

    aliases = alias_data()["columns"].get(layer, {})
    whole = [(name, name) for name in LAYERS[layer].column_names]
    whole += [(alias.casefold(), name) for name, names in aliases.items() for alias in names]
    cut: dict[str, frozenset[str]] = {}
    for alias, name in whole:
        for encoding in ("gb18030", "utf-8"):
            left = alias.encode(encoding)[:DBF_NAME_BYTES].decode(encoding, "ignore")
            if left != alias:
                cut[left] = cut.get(left, frozenset()) | {name}
    return cut


def _one_each(
    meanings: dict[str, Meaning | None], given: set[str], path: Path
) -> dict[str, Meaning]:
    """One file column for each canonical name that is not given otherwise."""
    wanted: dict[str, list[tuple[str, Meaning]]] = {}
    for column, meaning in meanings.items():
        if meaning is not None and meaning.name not in given:
            wanted.setdefault(meaning.name, []).append((column, meaning))
    chosen: dict[str, Meaning] = {}
    for canonical, columns in wanted.items():
        strong = [(c, m) for c, m in columns if m.rank is None]
        if len(strong) > 1:
            raise _two_for_one(canonical, [c for c, _ in strong], path)
        best = strong or sorted(columns, key=lambda pair: pair[1].rank or 0)
        chosen[best[0][0]] = best[0][1]
    return chosen


def _two_for_one(canonical: str, columns: list[str], path: Path) -> InputError:
    both = " and ".join(f"'{c}'" for c in columns)
    return InputError(
        f"the columns {both} both mean '{canonical}'",
        source=path,
        column=columns[0],
        hint=f'Name the right one in the plan file: columns = {{ {canonical} = "{columns[0]}" }}.',
    )


def _reports(name: str, path: Path, found: dict[str, Meaning], unused: list[str]) -> list[Problem]:
    """One note on what was recognised by an alias, one on what no one uses."""
    source, problems = str(path), []
    if found:
        pairs = ", ".join(f"{c} = {m.name}" for c, m in found.items())
        text = f"columns recognised by their names: {pairs}"
        done = "read as such; columns = { ... } in the plan file changes it"
        problems.append(Problem(name, "columns_recognised", text, done, "note", source))
    if unused:
        shown = ", ".join(map(str, unused[:SHOWN_COLUMNS]))
        more = f" and {len(unused) - SHOWN_COLUMNS} more" if len(unused) > SHOWN_COLUMNS else ""
        text = f"columns that are not used: {shown}{more}"
        problems.append(Problem(name, "columns_ignored", text, "left aside", "note", source))
    return problems


def _in_units(
    cells: pd.Series, canonical: str, meaning: Meaning | None, layer: str, path: Path
) -> tuple[pd.Series, list[Problem]]:
    """A column's numbers in its own unit, where its header says another one."""
    column = _column(canonical, layer)
    if meaning is None or meaning.factor == 1.0 or meaning.name != canonical or column is None:
        return cells, []
    numbers = read_numbers(cells, column.unit, meaning.factor)
    if column.unit == "share" and not (read_numbers(cells, column.unit).values > 1).any():
        return cells, []  # a spreadsheet keeps 85 % as 0.85 whatever the header says
    read = numbers.values.notna()
    if not read.any():
        return cells, []
    row = read.index[int(read.to_numpy().argmax())]
    example = f"{cells.loc[row]} is {numbers.values.loc[row]:.10g}"
    text = f"{int(read.sum())} numbers in {meaning.unit}, as the header says, such as {example}"
    done = f"converted to {column.unit}"
    note = Problem(layer, "numbers_converted", text, done, "note", str(path), column=canonical)
    converted = cells.astype(object).where(~read, numbers.values.astype(object))
    return converted, [note]


def _with_ids(frame: FrameT, name: str, path: Path) -> tuple[FrameT, list[Problem]]:
    """Ids from row numbers where no column holds any; units take their names, which others use."""
    id_column = LAYERS[name].id_column
    if id_column is None or id_column in frame.columns or frame.empty:
        return frame, []
    ids = pd.Series([f"row-{row}" for row in frame.index], index=frame.index, dtype=object)
    what = "row numbers"
    if name == "units" and "name" in frame.columns:
        names = frame["name"]
        if names.notna().all() and names.is_unique:
            ids, what = names, "names"
    text = f"no column holds ids; they are made from the {what}, such as '{ids.iloc[0]}'"
    done = "used; name a column in the plan file where the file has one"
    note = Problem(name, "ids_made", text, done, "note", str(path), column=id_column)
    return frame.assign(**{id_column: ids}), [note]

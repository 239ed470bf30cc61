"""From a file's own column names to canonical ones, with what was recognised and what was not used.

Imports from `meanings`, `aliases`, `numbers`, `planfile`, `problems`, `layers` and `errors`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.columns.aliases import key, known_names
from kgspatial.inputs.columns.meanings import Meaning, column_of, recognise
from kgspatial.inputs.columns.numbers import read_numbers
from kgspatial.inputs.problems import Problem
from kgspatial.layers import spec_of

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput

FrameT = TypeVar("FrameT", bound=pd.DataFrame)
Choice = tuple[str, Meaning]
"""A file's column and what it means."""

SHOWN_COLUMNS = 15
OWN_NAMES, FILE_COLUMNS = "own_names", "file_columns"
"""Keys of a frame's ``attrs``: canonical name to the column's name in the file; all its columns."""

COUNTERS = ("序号", "objectid", "fid", "id")
"""Columns that number rows: they are ids only where no number comes twice."""


def with_canonical_names(
    frame: FrameT, name: str, declared: LayerInput, path: Path
) -> tuple[FrameT, list[Problem]]:
    """Columns under their canonical names, numbers in the units of these.

    What the plan file names goes before a like-named column, that before an alias. A layer
    without a column of ids gets ids from its row numbers.

    Returns
    -------
    frame : DataFrame or GeoDataFrame
        Canonical columns only; its ``attrs`` say what the file calls them, and all its columns.
    problems : list of Problem
        Which columns were recognised, could mean the same, or are not used; which numbers were
        converted by the unit in their header.

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
    found = _candidates(meanings, {*named, *exact})
    problems = _drop_counter(found, frame, name, path)
    chosen = {canonical: _best(canonical, columns, path) for canonical, columns in found.items()}
    taken: dict[str, tuple[str, Meaning | None]] = {c: (c, None) for c in exact}
    taken |= chosen
    taken |= {c: (theirs, recognise(theirs, name, tabular)) for c, theirs in named.items()}
    problems += _reports(name, path, chosen, found, [c for c in free if c not in exact])
    columns = {}
    for canonical, (theirs, meaning) in taken.items():
        columns[canonical], notes = _in_units(frame[theirs], canonical, meaning, name, path)
        problems += notes
    renamed = frame.drop(columns=[c for c in there if c not in exact]).assign(**columns)
    renamed, notes = _with_ids(renamed, name, path)
    names = {canonical: str(theirs) for canonical, (theirs, _) in taken.items()}
    columns_there = [str(c) for c in there]
    renamed.attrs = {**renamed.attrs, OWN_NAMES: names, FILE_COLUMNS: columns_there}
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


def _candidates(
    meanings: dict[str, Meaning | None], given: Iterable[str]
) -> dict[str, list[Choice]]:
    """For each canonical name that is not given otherwise, the columns that could be it.

    A weak alias is one only where there is no strong one; the best comes first.
    """
    found: dict[str, list[Choice]] = {}
    for column, meaning in meanings.items():
        if meaning is not None and meaning.name not in given:
            found.setdefault(meaning.name, []).append((column, meaning))
    for canonical, columns in found.items():
        strong = [(c, m) for c, m in columns if m.rank is None]
        found[canonical] = strong or sorted(columns, key=lambda choice: choice[1].rank or 0)
    return found


def _drop_counter(
    found: dict[str, list[Choice]], frame: pd.DataFrame, name: str, path: Path
) -> list[Problem]:
    """Take a column of row numbers that start anew in each town off the candidates for ids."""
    id_column = spec_of(name).id_column
    if id_column not in found:
        return []
    column, meaning = found[id_column][0]
    cells = frame[column]
    if meaning.rank is None or key(str(column)) not in COUNTERS:
        return []
    if cells.notna().all() and cells.is_unique:
        return []
    del found[id_column]
    text = f"the numbers in '{column}' repeat or are missing: they are not used as ids"
    done = f'left aside; columns = {{ {id_column} = "{column}" }} in the plan file changes it'
    return [Problem(name, "columns_ambiguous", text, done, "note", str(path), None, str(column))]


def _best(canonical: str, columns: list[Choice], path: Path) -> Choice:
    """The first of several weak aliases; two strong ones are for the user to choose from."""
    if len(columns) > 1 and columns[0][1].rank is None:
        first = columns[0][0]
        both = " and ".join(f"'{c}'" for c, _ in columns)
        raise InputError(
            f"the columns {both} both mean '{canonical}'",
            source=path,
            column=first,
            hint=f'Name the right one in the plan file: columns = {{ {canonical} = "{first}" }}.',
        )
    return columns[0]


def _reports(
    name: str,
    path: Path,
    chosen: dict[str, Choice],
    found: dict[str, list[Choice]],
    free: list[str],
) -> list[Problem]:
    """A note on what was recognised by an alias, on what could be too, and on what no one uses."""
    source, problems = str(path), []
    done = "read as such; columns = { ... } in the plan file changes it"
    if chosen:
        pairs = ", ".join(f"{c} = {canonical}" for canonical, (c, _) in chosen.items())
        text = f"columns recognised by their names: {pairs}"
        problems.append(Problem(name, "columns_recognised", text, done, "note", source))
    others = {canonical: [c for c, _ in columns[1:]] for canonical, columns in found.items()}
    for canonical, columns in others.items():
        if columns:
            taken = chosen[canonical][0]
            text = f"'{taken}' is taken as {canonical}; it could also be {', '.join(columns)}"
            problems.append(
                Problem(name, "columns_ambiguous", text, done, "note", source, None, str(taken))
            )
    seen = {c for c, _ in chosen.values()} | {c for columns in others.values() for c in columns}
    unused = [str(c) for c in free if c not in seen]
    if unused:
        shown = ", ".join(unused[:SHOWN_COLUMNS])
        more = f" and {len(unused) - SHOWN_COLUMNS} more" if len(unused) > SHOWN_COLUMNS else ""
        text = f"columns that are not used: {shown}{more}"
        problems.append(Problem(name, "columns_ignored", text, "left aside", "note", source))
    return problems


def _in_units(
    cells: pd.Series, canonical: str, meaning: Meaning | None, layer: str, path: Path
) -> tuple[pd.Series, list[Problem]]:
    """A column's numbers in its own unit, where its header says another one."""
    column = column_of(canonical, layer)
    if meaning is None or meaning.factor == 1.0 or meaning.name != canonical or column is None:
        return cells, []
    numbers = read_numbers(cells, column.unit, meaning.factor)
    if column.unit == "share" and not (read_numbers(cells, column.unit).values > 1).any():
        return cells, []  # a spreadsheet keeps 85 % as 0.85 whatever the header says
    read = numbers.values.notna()
    if not read.any():
        return cells, []
    by_header = read & ~numbers.converted
    shown = by_header if by_header.any() else read
    row = read.index[int(shown.to_numpy().argmax())]
    example = f"{str(cells.loc[row]).strip()} is {numbers.values.loc[row]:.10g}"
    text = f"{int(by_header.sum())} numbers in {meaning.unit}, as the header says"
    if (own := int((read & numbers.converted).sum())) > 0:
        text += f", and {own} as their cells say"
    text += f", such as {example}"
    done = f"converted to {column.unit}"
    note = Problem(layer, "numbers_converted", text, done, "note", str(path), column=canonical)
    converted = cells.astype(object).where(~read, numbers.values.astype(object))
    return converted, [note]


def _with_ids(frame: FrameT, name: str, path: Path) -> tuple[FrameT, list[Problem]]:
    """Ids from row numbers where no column holds any; units take their names, which others use."""
    id_column = spec_of(name).id_column
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

"""Tables of points as texts: coordinates moved in place, every other byte left as it is.

Imports from `movement`, `angles`, `meanings`, `charsets`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.charsets import CHINESE, UTF8
from kgspatial.inputs.columns.meanings import recognise
from kgspatial.inputs.convert.movement import Movement, check_moved
from kgspatial.inputs.coordinates.angles import read_coordinates, read_pairs
from kgspatial.inputs.files import Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.inputs.problems import Problem

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
SEPARATORS = (",", "\t", ";", "|")
ROWS_LOOKED_AT = 50
"""At the top, in which the header is looked for."""

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: UTF8,
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks, the longer ones first."""

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")

PAIRS = (("lon", "lat"), ("x", "y"))
TOGETHER = ("lon_lat", "lat_lon")
ANY_LAYER = "hazards"
"""Coordinates are called alike in all layers."""

DEGREE_DECIMALS, METRE_DECIMALS = 8, 4
"""A millimetre in degrees, and a tenth of one."""


@dataclass(frozen=True)
class _Record:
    """One row: the line in which it begins, and where its cells begin and end in the text."""

    line: int
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Columns:
    """Which cells of a row are coordinates: two, or one that holds both."""

    names: tuple[str, ...]
    own: tuple[str, ...]
    places: tuple[int, ...]


def moved_text(
    content: bytes, move: Movement, source: Source, encoding: str | None, written_in: str | None
) -> tuple[bytes, int, list[Problem]]:
    """Move the points of a table of text.

    Parameters
    ----------
    content : bytes
        The file. Its columns are told by their names, as everywhere: 经度, lon, X坐标, 经纬度...
    move : Movement
        From where to where.
    source : Source
        The file, for messages.
    encoding : str or None
        Of the file; else as its byte order mark says, UTF-8 or GB 18030.
    written_in : str or None
        The encoding to write; the file's own unless given.

    Returns
    -------
    content : bytes
        Cells with coordinates changed, all else byte by byte as it was.
    rows : int
        How many points were moved.
    problems : list of Problem
        Cells that are no coordinates, and what `check_moved` finds.

    Raises
    ------
    InputError
        When the table or its coordinates cannot be found, read or moved.
    """
    mark = next((m for m in MARKS if content.startswith(m)), b"")
    text, codec = _decoded(content[len(mark) :], MARKS.get(mark, encoding), source)
    records, columns = _table(text, source)
    points, problems = _points(text, records, columns, source)
    moved = np.column_stack(move(points[:, 0], points[:, 1]))
    lines = np.array([record.line for record in records], dtype=np.int64)
    problems += check_moved(move, points, moved, lines, source)
    changed = np.isfinite(points).all(axis=1) & (moved != points).any(axis=1)
    result = _replaced(text, records, columns, moved, changed, move.gives_degrees)
    problems += _metres_under_degrees(move, columns, source)
    keeps = written_in is None or codecs.lookup(written_in).name == codec
    target = codec if keeps else codecs.lookup(str(written_in)).name
    head = mark if keeps else b""
    return (
        head + _encoded(result, target, source),
        int(np.isfinite(points).all(axis=1).sum()),
        (problems),
    )


def _decoded(content: bytes, encoding: str | None, source: Source) -> tuple[str, str]:
    tried = [encoding] if encoding else [UTF8, CHINESE]
    for name in tried:
        try:
            codec = codecs.lookup(name).name
            text = content.decode(codec)
        except (UnicodeError, LookupError):
            continue
        if text.encode(codec) == content and "\0" not in text:
            return text, codec
    said = f"the table cannot be read: its texts are not in {' or '.join(tried)}"
    raise source.error(said, "Say its own encoding: --from-encoding UTF-16 (for example).")


def _encoded(text: str, codec: str, source: Source) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError as error:
        said = f"'{text[error.start]}' cannot be written in {codec}"
        line = text.count("\n", 0, error.start) + 1
        raise InputError(said, source=source.path, row=line) from error


def _table(text: str, source: Source) -> tuple[list[_Record], _Columns]:
    """The rows under the header, and its columns of coordinates.

    Whichever separator finds both in columns of their own, then the one that finds most columns.
    """
    found: list[tuple[int, int, str, int, list[str]]] = []
    for separator in SEPARATORS:
        try:
            for record in islice(_records(text, separator, source), ROWS_LOOKED_AT):
                names = [_plain(text[a:b]) for a, b in record.cells]
                width = len(_places(names))
                if width:
                    found.append((width, len(names), separator, record.line, names))
        except InputError:  # quotation marks that are open only under this separator
            continue
    if not found:
        raise source.error(
            "no columns of coordinates were found under the names lon and lat (经度 and 纬度), "
            "x and y, or lon_lat (经纬度)",
            "Name them so in the first row of the table.",
        )
    _, _, separator, line, names = max(found, key=lambda f: (f[0], f[1], -f[3]))
    columns = _columns(names, source)
    rows = _records(text, separator, source)
    last = max(columns.places)
    return [r for r in rows if r.line > line and len(r.cells) > last], columns


def _records(text: str, separator: str, source: Source) -> Iterator[_Record]:
    cell = re.compile(rf'"(?:[^"]|"")*"[^{separator}\r\n]*|[^{separator}\r\n]*')
    at, line, first = 0, 1, 1
    cells: list[tuple[int, int]] = []
    while at < len(text):
        found = cell.match(text, at)
        end = found.end() if found else at
        if text[at] == '"' and text[at:end].count('"') % 2:
            said = "the table cannot be read: quotation marks that begin here are left open"
            raise InputError(said, source=source.path, row=line)
        line += text.count("\n", at, end)
        cells.append((at, end))
        if text[end : end + 1] == separator:
            at = end + 1
            if at < len(text):
                continue
            cells.append((at, at))
        yield _Record(first, tuple(cells))
        at = end + (2 if text[end : end + 2] == "\r\n" else 1)
        line += 1
        first, cells = line, []


def _plain(cell: str) -> str:
    """A cell's value without its quotation marks."""
    inner = cell.strip()
    if len(inner) >= 2 and inner[0] == inner[-1] == '"':
        return inner[1:-1].replace('""', '"')
    return inner


def _places(header: list[str]) -> dict[str, list[int]]:
    """Where the coordinates may be: the places of each name of the first pair that is there."""
    meanings = [recognise(name, ANY_LAYER, True) for name in header]
    for names in (*PAIRS, *((name,) for name in TOGETHER)):
        places = {n: [i for i, m in enumerate(meanings) if m and m.name == n] for n in names}
        if all(places.values()):
            return places
    return {}


def _columns(header: list[str], source: Source) -> _Columns:
    places = _places(header)
    for name, at in places.items():
        if len(at) > 1:
            which = ", ".join(header[i] for i in at)
            said = f"several columns could be '{name}': {which}"
            raise source.error(said, "Leave one of them under such a name; rename the others.")
    first = tuple(at[0] for at in places.values())
    return _Columns(tuple(places), tuple(header[i] for i in first), first)


def _points(
    text: str, records: list[_Record], columns: _Columns, source: Source
) -> tuple[NDArray[np.float64], list[Problem]]:
    """Coordinates of each row, NaN where a cell is empty or no coordinate."""
    index = pd.Index([record.line for record in records])
    cells = [
        pd.Series([_plain(text[slice(*r.cells[i])]) or None for r in records], index, dtype=object)
        for i in columns.places
    ]
    if len(cells) == 1:
        x, y, problems = read_pairs(cells[0], source.layer, columns.names[0], source.path)
    else:
        x, first = read_coordinates(cells[0], source.layer, columns.names[0], source.path)
        y, second = read_coordinates(cells[1], source.layer, columns.names[1], source.path)
        problems = first + second
    if records and not (x.notna() & y.notna()).any():
        example = next((str(t) for t in pd.concat(cells).dropna()), "")
        said = f"no row has coordinates that can be read, such as '{example}'"
        raise source.error(said, "Expected are numbers with decimal points, such as 117.6471.")
    left = [replace(p, done="left as it is") if p.severity != "note" else p for p in problems]
    return np.column_stack([x.to_numpy("float64"), y.to_numpy("float64")]), left


def _replaced(
    text: str,
    records: list[_Record],
    columns: _Columns,
    points: NDArray[np.float64],
    changed: NDArray[np.bool_],
    degrees: bool,
) -> str:
    """The text with the cells of changed points written anew, in the quotation marks they had."""
    decimals = DEGREE_DECIMALS if degrees else METRE_DECIMALS
    turned = columns.names == ("lat_lon",)
    parts, at = [], 0
    for i in np.flatnonzero(changed):
        values = [_written(v, decimals) for v in (points[i][::-1] if turned else points[i])]
        spans = [records[i].cells[place] for place in columns.places]
        each = [values] if len(spans) == 1 else [[value] for value in values]
        for (begin, end), new in sorted(zip(spans, each, strict=True)):
            parts += [text[at:begin], _in_place_of(text[begin:end], new)]
            at = end
    return "".join([*parts, text[at:]])


def _written(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _in_place_of(cell: str, values: list[str]) -> str:
    """A cell with other numbers; blanks, quotation marks and what is between two numbers stay."""
    if len(NUMBER.findall(cell)) == len(values):
        new = iter(values)
        return NUMBER.sub(lambda _: next(new), cell)
    inner = cell.strip()
    before, after = cell[: len(cell) - len(cell.lstrip())], cell[len(cell.rstrip()) :]
    quote = '"' if inner.startswith('"') else ""
    return f"{before}{quote}{' '.join(values)}{quote}{after}"


def _metres_under_degrees(move: Movement, columns: _Columns, source: Source) -> list[Problem]:
    if move.gives_degrees == (columns.names[0] != "x"):
        return []
    what = "longitude and latitude" if move.gives_degrees else "metres to the east and north"
    own = ", ".join(columns.own)
    said = f"the columns {own} now hold {what}"
    return [source.problem("names_kept", said, "the names were left as they are")]

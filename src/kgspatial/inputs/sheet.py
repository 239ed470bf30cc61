"""What a sheet's rows are: the header, the data, and the titles, totals and notes around it.

Imports from `headers`, `aliases`, `problems` and `errors`. Every row is read as data or listed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from kgspatial.errors import InputError
from kgspatial.inputs.aliases import all_units, key, unit_key
from kgspatial.inputs.headers import recognise
from kgspatial.inputs.problems import Problem

LOOKED_AT, DEEPEST_HEADER = 40, 3
Cells = list[Any]

LISTED = {
    "title_row": "text above the header",
    "blank_row": "the row is blank",
    "header_row": "the header, or a repetition of it",
    "total_row": "a total of other rows",
    "note_row": "a note, not a row of data",
}
_TOTAL = re.compile(
    r"(?:合计|小计|总计|共计|总和|累计|汇总|平均|平均值|grandtotal|subtotal|totals?|sum)"
)
_TOTAL_AFTER = re.compile(r".{1,10}(?:合计|小计|总计|共计|汇总)(?:数)?")
_NOTE = re.compile(
    r"(?:(?:注|备注|说明|附注|填表说明|填报说明|编制说明|notes?|source|remarks?|prepared by)\s*\d{0,2}"
    r"|(?:填表|填报|制表|审核|统计|联系|报送|复核)(?:人|单位|日期|时间|部门)?|联系电话|电话|单位负责人"
    r"|负责人|单位|计量单位|日期|数据来源|资料来源|来源|统计时间|截止日期|截至)\s*[:：]"
    r"|(?:注|备注|说明|附注)\s*\d{0,2}(?:[、.．]|$)"
)
_SECTION = re.compile(r"[(（]?[一二三四五六七八九十]+[)）]?[、.．]|第[一二三四五六七八九十]+[部类]")
_SENTENCE = re.compile(r"[。;；:：]")


@dataclass(frozen=True)
class Merge:
    """Cells that are one: positions in the grid, all inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """Cells as they lie in a file, None where blank, with the row number that the user sees."""

    cells: list[Cells]
    rows: list[int]
    source: str
    merges: tuple[Merge, ...] = ()
    lettered: bool = False
    """Whether a column without a name goes by its letter (a spreadsheet) or must have a name."""


def table_of(
    sheet: Sheet, layer: str, named: Collection[str] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the data rows of a sheet under their header.

    Parameters
    ----------
    sheet : Sheet
        The cells.
    layer : str
        Which layer's names to look for in the header.
    named : collection of str
        Columns that the plan file names; they count as recognised.

    Returns
    -------
    table : DataFrame
        Cells as they are, index = row in the file.
    problems : list of Problem
        One note for each row (or run of blank rows) that is not data.
    """
    top, depth = _find_header(sheet, layer, named)
    names = _header_names(sheet, top, depth, layer, named)
    kinds = _row_kinds(sheet, top, depth, names)
    data = [i for i, kind in enumerate(kinds) if kind is None]
    cells = _filled_down(sheet, data, top + depth)
    _refuse_longer(sheet, data, cells, len(names), top)
    width = len(names)
    content = [(row + [None] * width)[:width] for row in cells]
    index = pd.Index([sheet.rows[i] for i in data], name="row", dtype="int64")
    table = pd.DataFrame(content, columns=list(names), index=index, dtype=object)
    plain = top == 0 and depth == 1
    return table, _listed(sheet, layer, kinds, top, plain)


# --- the header -------------------------------------------------------------------------------


def _find_header(sheet: Sheet, layer: str, named: Collection[str]) -> tuple[int, int]:
    """The first line and the number of lines of the header: where most names are recognised."""
    filled = [i for i, row in enumerate(sheet.cells) if _given(row)][:LOOKED_AT]
    if not filled:
        raise InputError("the file is empty: it has no cell with anything", source=sheet.source)
    best, found = (0, 0, 0), (filled[0], 1)
    for top in filled:
        for depth in _depths(sheet, top):
            names = _header_names(sheet, top, depth, layer, named)
            known = {_known(n, layer, named) for n in names} - {None}
            if known and (len(known), len(set(names)), -top) > best:
                best, found = (len(known), len(set(names)), -top), (top, depth)
    if best[0] == 0:
        several = (i for i in filled if len({str(c) for c in _given(sheet.cells[i])}) > 1)
        found = (next(several, filled[0]), 1)
    top, depth = found
    while depth > 1 and len({str(c) for c in _given(sheet.cells[top])}) == 1:
        top, depth = top + 1, depth - 1
    return top, depth


def _known(name: str, layer: str, named: Collection[str]) -> str | None:
    if name in named:
        return name
    meaning = recognise(name, layer, with_coordinates=True)
    return meaning.name if meaning is not None else None


def _depths(sheet: Sheet, top: int) -> list[int]:
    """How many lines a header that begins at `top` may have."""
    cells = sheet.cells
    if len({str(c) for c in _given(cells[top])}) < 2:
        return [1]
    spans = [m for m in sheet.merges if m.top == top and m.left < len(cells[top])]
    depth = max((m.bottom - m.top + 1 for m in spans if m.bottom > m.top), default=1)
    depth = min(depth, DEEPEST_HEADER)
    grouped = any(m.bottom == m.top and m.right > m.left for m in spans)
    while depth < DEEPEST_HEADER and top + depth < len(cells):
        upper, lower = cells[top + depth - 1], cells[top + depth]
        below = grouped and depth == 1 and _all_text(lower)
        if not (below or _is_unit_line(lower) or (not spans and _continues(upper, lower))):
            break
        depth += 1
    return [depth] if depth > 1 else [1, 2] if _may_follow(sheet, top) else [1]


def _may_follow(sheet: Sheet, top: int) -> bool:
    return top + 1 < len(sheet.cells) and _all_text(sheet.cells[top + 1])


def _all_text(row: Cells) -> bool:
    given = _given(row)
    return bool(given) and all(isinstance(c, str) and not _is_number(c) for c in given)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_unit_line(row: Cells) -> bool:
    given = [str(c).strip("()（） ") for c in _given(row)]
    return len(given) > 1 and all(unit_key(c) in all_units() for c in given)


def _continues(upper: Cells, lower: Cells) -> bool:
    """Whether `lower` only names parts of groups of `upper`: it fills blanks and stands under groups."""
    if not _all_text(lower):
        return False
    under = [c for c, cell in enumerate(lower) if cell is not None]
    upper = upper + [None] * (len(lower) + 1 - len(upper))
    allowed = all(upper[c] is None or upper[c + 1] is None for c in under)
    return allowed and sum(upper[c] is None for c in under) >= 1 and len(under) > 1


def _header_names(
    sheet: Sheet, top: int, depth: int, layer: str, named: Collection[str]
) -> list[str]:
    """One name for each column; parts of a group carry the group's name before their own."""
    width = max(len(sheet.cells[i]) for i in range(top, min(top + depth, len(sheet.cells))))
    if sheet.lettered:
        width = max(len(row) for row in sheet.cells)
    lines = _lines(sheet, top, depth, width)
    parts = [[line[c] for line in lines] for c in range(width)]
    joined = [_joined(p, layer, named) for p in parts]
    leaves = [next((t for t in reversed(p) if t), "") for p in parts]
    single = {n for n in leaves if leaves.count(n) == 1}
    names = [
        leaf if leaf in single and _only_leaf(p, leaf, name, layer, named) else name
        for p, leaf, name in zip(parts, leaves, joined, strict=True)
    ]
    return _distinct(names, sheet, top)


def _lines(sheet: Sheet, top: int, depth: int, width: int) -> list[list[str]]:
    """Header lines as texts, merged cells and groups filled in."""
    height = min(depth, len(sheet.cells) - top)
    grid: list[Cells] = [(sheet.cells[top + i] + [None] * width)[:width] for i in range(height)]
    merges = [m for m in sheet.merges if top <= m.top < top + height]
    for m in merges:
        value = sheet.cells[m.top][m.left] if m.left < len(sheet.cells[m.top]) else None
        for i in range(m.top - top, min(m.bottom - top + 1, height)):
            for c in range(m.left, min(m.right + 1, width)):
                grid[i][c] = value
    if not any(m.right > m.left for m in merges):
        for upper, lower in pairwise(grid):
            for c in range(1, width):
                if upper[c] is None and lower[c] is not None:
                    upper[c] = upper[c - 1]
    return [[_clean(cell) for cell in line] for line in grid]


def _clean(cell: Any) -> str:
    """A header's text on one line; blanks within Chinese are layout."""
    text = "" if cell is None else str(cell).strip()
    return re.sub(r"\s+", " " if text.isascii() else "", text)


def _joined(parts: list[str], layer: str, named: Collection[str]) -> str:
    texts = list(dict.fromkeys(p for p in parts if p))
    if len(texts) > 1 and unit_key(texts[-1].strip("()（）")) in all_units():
        if _known(plain := "".join(texts), layer, named):
            return plain
        texts[-1] = f"({texts[-1].strip('()（）')})"
    return (" " if all(t.isascii() for t in texts) else "").join(texts)


def _only_leaf(parts: list[str], leaf: str, name: str, layer: str, named: Collection[str]) -> bool:
    """Whether the group says nothing (基本情况/园所名称), so that the part's own name is its meaning."""
    groups = [p for p in parts if p and p != leaf]
    silent = not any(_known(g, layer, named) for g in groups)
    return silent and not _known(name, layer, named) and bool(_known(leaf, layer, named))


def _distinct(names: list[str], sheet: Sheet, top: int) -> list[str]:
    """Names of their own: a second 备注 is 备注 (2); a column of cells without a name has its letter."""
    while (
        names
        and not names[-1]
        and not any(
            len(row) >= len(names) and row[len(names) - 1] is not None for row in sheet.cells[top:]
        )
    ):
        names = names[:-1]
    found: list[str] = []
    for c, name in enumerate(names):
        wanted, n = name or f"column {_letter(c)}", 1
        plain = wanted
        while wanted in found:
            n += 1
            wanted = f"{plain} ({n})"
        found.append(wanted)
    return found


def _letter(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


# --- the rows below ---------------------------------------------------------------------------


def _row_kinds(sheet: Sheet, top: int, depth: int, names: Sequence[str]) -> list[str | None]:
    """The code of each row that is no data, None for data."""
    cells = sheet.cells
    header = [cells[i] for i in range(top, top + depth)]
    titles = {key(str(_given(cells[i])[0])) for i in range(top) if _given(cells[i])}
    last = max((i for i, row in enumerate(cells) if len(_given(row)) > 1), default=top)
    kinds: list[str | None] = []
    for i, row in enumerate(cells):
        if not _given(row):
            kinds.append("blank_row")
        elif i < top + depth:
            kinds.append("title_row" if i < top else "header_row")
        elif any(_repeats(row, line) for line in header) or (
            i == top + depth and _is_numbering(row, len(names))
        ):
            kinds.append("header_row")
        elif len(_given(row)) == 1 and key(str(_given(row)[0])) in titles - {""}:
            kinds.append("title_row")
        elif _is_total(row):
            kinds.append("total_row")
        elif _is_note(sheet, i, len(names), tail=i > last):
            kinds.append("note_row")
        else:
            kinds.append(None)
    return kinds


def _given(row: Cells) -> Cells:
    return [c for c in row if c is not None]


def _repeats(row: Cells, header: Cells) -> bool:
    pairs = [(str(a), str(b)) for a, b in zip(row, header, strict=False) if a is not None]
    same = sum(key(a) == key(b) != "" for a, b in pairs)
    return same >= 2 and same >= 0.6 * len(pairs)


def _is_numbering(row: Cells, width: int) -> bool:
    """A line 1, 2, 3 ... under the header, as statistical forms have it."""
    texts = [str(c).strip("()（） ") for c in _given(row)]
    counted = [str(i + 1) for i in range(len(texts))]
    return width >= 5 and len(texts) == width and texts == counted


def _is_total(row: Cells) -> bool:
    texts = [key(c) for c in _given(row) if isinstance(c, str)]
    numbers = any(not isinstance(c, str) or _is_number(c) for c in _given(row))
    first = next((t for t in texts if t and not t.isdigit()), "")
    return any(_TOTAL.fullmatch(t) for t in texts) or bool(
        numbers and _TOTAL_AFTER.fullmatch(first)
    )


def _is_note(sheet: Sheet, i: int, width: int, *, tail: bool) -> bool:
    row = sheet.cells[i]
    given = _given(row)
    if not isinstance(given[0], str):
        return False
    text = unicodedata.normalize("NFKC", given[0]).strip()
    if _NOTE.match(re.sub(r"\s+", "", text).casefold()) and (":" in text or len(given) <= 2):
        return True
    if len(given) > 1 or width < 3:
        return False
    wide = any(m.top == i and m.right - m.left + 1 >= 0.5 * width for m in sheet.merges)
    sentence = tail and (len(text) >= 12 or bool(_SENTENCE.search(given[0])))
    return wide or sentence or bool(_SECTION.match(text))


def _filled_down(sheet: Sheet, data: list[int], start: int) -> list[Cells]:
    """Data rows, with a text that is merged over several rows in each of them.

    A number merged over rows stays in the first: places that two campuses share count once.
    """
    rows = {i: list(sheet.cells[i]) for i in data}
    for m in sheet.merges:
        if m.bottom == m.top or m.top < start or m.left >= len(sheet.cells[m.top]):
            continue
        value = sheet.cells[m.top][m.left]
        if not isinstance(value, str):
            continue
        for i in range(m.top + 1, m.bottom + 1):
            if i in rows:
                rows[i] += [None] * (m.left + 1 - len(rows[i]))
                rows[i][m.left] = value
    return [rows[i] for i in data]


def _refuse_longer(sheet: Sheet, data: list[int], cells: list[Cells], width: int, top: int) -> None:
    """A row with values beyond the header has its columns shifted, as by a comma in an address."""
    for i, row in zip(data, cells, strict=True):
        if _given(row[width:]):
            line = sheet.rows[i]
            raise InputError(
                f"line {line} has more values than the header (line {sheet.rows[top]}) has names",
                source=sheet.source,
                row=line,
                hint="Put texts that hold the separator in quotation marks, and give every column "
                "a name.",
            )


def _listed(
    sheet: Sheet, layer: str, kinds: list[str | None], top: int, plain: bool
) -> list[Problem]:
    """A note for each row that is no data; runs of blank rows are one note."""
    problems: list[Problem] = []
    run: list[int] = []
    for i, kind in [*enumerate(kinds), (len(kinds), None)]:
        if kind == "blank_row":
            run.append(sheet.rows[i])
            continue
        if run:
            problems.append(_blank(layer, sheet.source, run[0], run[-1]))
            run = []
        if kind is None or (kind == "header_row" and plain and i == top):
            continue
        value = " | ".join(str(c).strip() for c in _given(sheet.cells[i]))[:120]
        text = LISTED[kind]
        problems.append(
            Problem(
                layer,
                kind,
                text,
                "not read as data",
                "note",
                sheet.source,
                sheet.rows[i],
                "",
                value,
            )
        )
    return problems


def _blank(layer: str, source: str, first: int, last: int) -> Problem:
    text = LISTED["blank_row"] if first == last else f"rows {first} to {last} are blank"
    value = "" if first == last else f"{first}-{last}"
    return Problem(layer, "blank_row", text, "not read as data", "note", source, first, "", value)

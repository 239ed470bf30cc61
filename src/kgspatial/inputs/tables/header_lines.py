"""Where a sheet's header is, how many lines it has, and what each column is called.

Imports from `meanings`, `aliases`, `sheet` and `errors`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from kgspatial.errors import InputError
from kgspatial.inputs.columns.aliases import COORDINATE_NAMES, all_units, key, plain, unit_key
from kgspatial.inputs.columns.meanings import column_of, is_per_head, recognise
from kgspatial.inputs.tables.sheet import Cells, Sheet, column_letter, given, is_number

LOOKED_AT, DEEPEST_HEADER = 40, 3
NONE_NAMED: Mapping[str, str] = MappingProxyType({})
_BRACKETS = "()（）[]【】 "
_YEAR = re.compile(r"(?:19|20)\d{2}(?:\.0)?")
_OTHER_MEANING = re.compile(
    r"规划|近期|远期|预测|目标|拟|新增|新建|需求|缺口|标准|应配|设计|核定|计划|去年|上年|比|率|均|增|减|"
    r"(?:19|20)\d{2}|plan|target|forecast|needed|norm"
)
"""Groups whose parts mean something else than they would by themselves."""


@dataclass(frozen=True)
class Header:
    """The header of a sheet: its lines, and for each column its name and what it is known as."""

    top: int
    depth: int
    names: tuple[str, ...]
    known: tuple[str | None, ...]
    unnamed: tuple[int, ...] = ()
    """Columns that have only a letter as their name."""

    @property
    def end(self) -> int:
        """The first row below it."""
        return self.top + self.depth

    def positions(self, *canonical: str) -> list[int]:
        """Columns that are known by one of these names."""
        return [c for c, name in enumerate(self.known) if name in canonical]


def find_header(sheet: Sheet, layer: str, named: Mapping[str, str] = NONE_NAMED) -> Header:
    """Find the header: the first lines in which about as many names are known as anywhere.

    Parameters
    ----------
    sheet : Sheet
        The cells.
    layer : str
        Whose names to look for.
    named : mapping of str to str
        Columns that the plan file names, to what it says they are.

    Raises
    ------
    InputError
        When no cell holds anything.
    """
    filled = [i for i, row in enumerate(sheet.cells) if given(row)][:LOOKED_AT]
    if not filled:
        raise InputError("the file is empty: it has no cell with anything", source=sheet.source)
    best = {top: _best_depth(sheet, top, layer, named) for top in filled}
    most = max(count for count, _ in best.values())
    if most == 0:
        several = (i for i in filled if len(set(map(str, given(sheet.cells[i])))) > 1)
        top, depth = next(several, filled[0]), 1
    else:
        counts = {i: count for i, (count, _) in best.items()}
        top = _first_header(sheet, counts)
        depth = best[top][1]
    names, unnamed = _names(sheet, top, depth, layer, named)
    known = tuple(_known(name, layer, named) for name in names)
    return Header(top, depth, names, known, unnamed)


def _first_header(sheet: Sheet, counts: dict[int, int]) -> int:
    """The first line with at least half as many known names as the best, and at least two.

    Two are enough where numbers follow: a second table below may have more names than the first,
    whose rows are no titles of it.
    """
    filled = list(counts)
    full = max(filled, key=lambda i: counts[i])
    for i, following in zip(filled, [*filled[1:], None], strict=True):
        if counts[i] < 2 or not _may_be_header(sheet.cells[i]):
            continue
        data = following is not None and not _may_be_header(sheet.cells[following])
        if data or 2 * counts[i] >= counts[full]:
            return i
    return full


def _best_depth(sheet: Sheet, top: int, layer: str, named: Mapping[str, str]) -> tuple[int, int]:
    """How many names are known in the header that would begin at `top`, and its lines."""
    found = (0, 1)
    for depth in _depths(sheet, top):
        count = _count_known(sheet, top, depth, layer, named)
        if depth > 1 and count < _count_known(sheet, top + 1, depth - 1, layer, named):
            continue  # a line such as 单位：人 ... 2025年3月 above the header takes names away
        deeper = count == found[0] and depth > found[1]
        if count > found[0] or (deeper and _names_parts(sheet, top, layer, named)):
            found = (count, depth)
    return found


def _count_known(sheet: Sheet, top: int, depth: int, layer: str, named: Mapping[str, str]) -> int:
    names, _ = _names(sheet, top, depth, layer, named)
    return len({_known(n, layer, named) for n in names} - {None})


def _names_parts(sheet: Sheet, top: int, layer: str, named: Mapping[str, str]) -> bool:
    """Whether the line below `top` holds names of columns, as no row of data does."""
    upper, lower = sheet.cells[top], sheet.cells[top + 1]
    known = sum(_known(_clean(c), layer, named) is not None for c in given(lower))
    first = next(c for c, cell in enumerate(upper) if cell is not None)
    return known > 1 or (known == 1 and sheet.cell(top + 1, first) is None)


def _known(name: str, layer: str, named: Mapping[str, str]) -> str | None:
    if name in named:
        return named[name]
    meaning = recognise(name, layer, with_coordinates=True)
    return meaning.name if meaning is not None else None


def _may_be_header(row: Cells) -> bool:
    return not any(is_number(c) and not _YEAR.fullmatch(str(c)) for c in given(row))


# --- how many lines ---------------------------------------------------------------------------


def _depths(sheet: Sheet, top: int) -> list[int]:
    """How many lines a header that begins at `top` may have."""
    cells = sheet.cells
    if len(set(map(str, given(cells[top])))) < 2:
        return [1]
    spans = [m for m in sheet.merges if m.top == top and m.left < len(cells[top])]
    depth = max((m.bottom - m.top + 1 for m in spans if m.bottom > m.top), default=1)
    depth = min(depth, DEEPEST_HEADER, len(cells) - top)
    grouped = any(m.bottom == m.top and m.right > m.left for m in spans)
    while depth < DEEPEST_HEADER and top + depth < len(cells):
        upper, lower = cells[top + depth - 1], cells[top + depth]
        below = grouped and depth == 1 and _all_text(lower)
        if not (below or _is_unit_line(lower) or (not spans and _continues(upper, lower))):
            break
        depth += 1
    if depth > 1:
        return [depth]
    follows = top + 1 < len(cells) and _all_text(cells[top + 1])
    return [1, 2] if follows else [1]


def _all_text(row: Cells) -> bool:
    cells = given(row)
    return bool(cells) and all(isinstance(c, str) and not is_number(c) for c in cells)


def _is_unit_line(row: Cells) -> bool:
    cells = [str(c).strip(_BRACKETS) for c in given(row)]
    return len(cells) > 1 and all(unit_key(c) in all_units() for c in cells)


def _continues(upper: Cells, lower: Cells) -> bool:
    """Whether `lower` only names parts of groups of `upper`: it fills blanks, or stands under groups."""
    if not _all_text(lower):
        return False
    under = [c for c, cell in enumerate(lower) if cell is not None]
    upper = upper + [None] * (len(lower) + 1 - len(upper))
    allowed = all(upper[c] is None or upper[c + 1] is None for c in under)
    return allowed and any(upper[c] is None for c in under) and len(under) > 1


# --- the names --------------------------------------------------------------------------------


def _names(
    sheet: Sheet, top: int, depth: int, layer: str, named: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """One name for each column; parts of a group carry the group's name before their own."""
    width = max(len(row) for row in sheet.cells[top : top + depth])
    if sheet.lettered:
        width = max(len(row) for row in sheet.cells)
    lines = _lines(sheet, top, depth, width)
    parts = [[line[c] for line in lines] for c in range(width)]
    leaves = [next((t for t in reversed(p) if t), "") for p in parts]
    names = []
    for p, leaf in zip(parts, leaves, strict=True):
        name = _joined(p, layer, named)
        alone = leaves.count(leaf) == 1 and _means_by_itself(p, leaf, name, layer, named)
        names.append(leaf if alone else name)
    return tuple(_distinct(names)), tuple(c for c, name in enumerate(names) if not name)


def _lines(sheet: Sheet, top: int, depth: int, width: int) -> list[list[str]]:
    """Header lines as texts, merged cells and groups filled in."""
    grid: list[Cells] = [(row + [None] * width)[:width] for row in sheet.cells[top : top + depth]]
    merges = [m for m in sheet.merges if top <= m.top < top + depth]
    for m in merges:
        for i in range(m.top - top, min(m.bottom - top + 1, depth)):
            for c in range(m.left, min(m.right + 1, width)):
                grid[i][c] = sheet.cell(m.top, m.left)
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


def _joined(parts: list[str], layer: str, named: Mapping[str, str]) -> str:
    texts = list(dict.fromkeys(p for p in parts if p and key(p) != "其中"))
    if len(texts) > 1 and unit_key(texts[-1].strip(_BRACKETS)) in all_units():
        if _known(plain := "".join(texts), layer, named):
            return plain
        texts[-1] = f"({texts[-1].strip(_BRACKETS)})"
    return (" " if all(t.isascii() for t in texts) else "").join(texts)


def _means_by_itself(
    parts: list[str], leaf: str, name: str, layer: str, named: Mapping[str, str]
) -> bool:
    """Whether a part's own name is its meaning, because the group adds nothing (基本情况/园所名称)."""
    own = _known(leaf, layer, named)
    if own is None or _known(name, layer, named) is not None:
        return False
    groups = [p for p in parts if p and p != leaf]
    if any(is_per_head(g) or _OTHER_MEANING.search(plain(g)) for g in groups):
        return False
    return own in COORDINATE_NAMES or all(_counts_alike(g, own, layer) for g in groups)


def _counts_alike(group: str, own: str, layer: str) -> bool:
    """教职工/专任教师 count persons both; 在园幼儿数/小班 does not count classes."""
    meaning = recognise(group, layer, with_coordinates=True)
    if meaning is None:
        return True
    theirs, ours = column_of(meaning.name, layer), column_of(own, layer)
    return theirs is not None and ours is not None and theirs.unit == ours.unit != ""


def _distinct(names: list[str]) -> Iterator[str]:
    """Names of their own: a second 备注 is 备注 (2); a column without a name has its letter."""
    taken: set[str] = set()
    for c, name in enumerate(names):
        plain = wanted = name or f"column {column_letter(c)}"
        n = 1
        while wanted in taken:
            n += 1
            wanted = f"{plain} ({n})"
        taken.add(wanted)
        yield wanted

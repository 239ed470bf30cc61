"""What the rows around a sheet's data are: titles, repeated headers, totals, notes, other tables.

Imports from `header_lines`, `meanings`, `aliases`, `sheet`, `layers` and `errors`. A row with both
coordinates is data, whatever it is called, unless its name itself says that it is a total.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from kgspatial.errors import InputError
from kgspatial.inputs.columns.aliases import COORDINATE_NAMES, key, means_missing, plain
from kgspatial.inputs.columns.meanings import column_of, recognise
from kgspatial.inputs.tables.header_lines import Header
from kgspatial.inputs.tables.sheet import Cells, Sheet, given, is_number
from kgspatial.layers import spec_of

LISTED = {
    "title_row": "text above a header",
    "blank_row": "the row is blank",
    "header_row": "the header, or a repetition of it",
    "total_row": "a total of other rows",
    "note_row": "a note, not a row of data",
    "other_table": "another table",
}
"""Codes of rows that are no data."""

Kind = str | None
"""One of :data:`LISTED`, None for a row of data."""

SAME_CELLS = 0.6
"""Share of a row's cells that stand in the header above them when the row repeats it."""

_MAY_BE_TOTAL = re.compile(r"[计計和汇匯彙均]|tot|sum|average|mean|其\s*中", re.IGNORECASE)
_COUNT = r"(?:\d+[所个家园班户人]?)?"
_TOTAL = re.compile(
    rf"(?:全[区县市镇街校]|本[页表])?(?:合计|小计|总计|共计|总和|累计|汇总|平均|平均值){_COUNT}"
    rf"|其中|(?:grandtotal|subtotal|totals?|sum|average|mean){_COUNT}"
)
_TOTAL_AFTER = re.compile(rf".{{1,12}}(?:合计|小计|总计|共计|汇总|subtotal|total)数?{_COUNT}")
_PART_OF_TOTAL = re.compile(r"其\s*中\s*[:：]")
_NOTE = re.compile(
    r"(?:(?:注|备注|说明|附注|填表说明|填报说明|编制说明|notes?|source|remarks?|preparedby)\d{0,2}"
    r"|(?:填表|填报|制表|审核|统计|联系|报送|复核)(?:人|单位|日期|时间|部门)?|联系电话|电话|单位负责人"
    r"|负责人|单位|计量单位|日期|数据来源|资料来源|来源|统计时间|截止日期|截至)(?:\([^)]*\))?:"
)
_NOTE_MARK = re.compile(r"(?:注|备注|说明|附注|notes?)\d{0,2}(?:[、.]|$)")
_SECTION = re.compile(
    r"[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十]+\)|第[一二三四五六七八九十]+[部类]"
)
_DEGREES = re.compile(r"\d\s*[°º˚度]")
_TWO_NUMBERS = re.compile(r"\d\D+\d")
_SENTENCE = re.compile(r"[。;:]")
LONG_TEXT = 12


def row_kinds(sheet: Sheet, header: Header, layer: str) -> list[Kind]:
    """The kind of each row of a sheet, None for data.

    Raises
    ------
    InputError
        When a second table of the same layer stands below the first, with its columns in another
        order: its rows would be read under wrong names.
    """
    reader = _Reader(sheet, header, layer)
    kinds: list[Kind] = [_above(row) for row in sheet.cells[: header.top]]
    kinds += ["header_row"] * header.depth
    other = gap = False
    for i in range(header.end, len(sheet.cells)):
        kind = reader.kind(i, below_header=kinds[-1] == "header_row", after_gap=gap)
        if kind == "header_row":
            other = False
        elif other or kind == "other_table":
            other, kind = True, "other_table"
        kinds.append(kind)
        alone = kind is None and len(given(sheet.cells[i])) == 1
        gap = gap if alone else kind not in (None, "header_row")
    return _with_tail(sheet, header, _with_titles(sheet, header, kinds))


def _above(row: Cells) -> Kind:
    return "title_row" if given(row) else "blank_row"


class _Reader:
    """The rows below one header."""

    def __init__(self, sheet: Sheet, header: Header, layer: str) -> None:
        self.sheet, self.header, self.layer = sheet, header, layer
        self.lines = sheet.cells[header.top : header.end]
        self.titles = {key(str(given(row)[0])) for row in sheet.cells[: header.top] if given(row)}
        self.titles.discard("")
        self.pair = header.positions("lon", "lat") or header.positions("x", "y")
        self.together = header.positions("lon_lat", "lat_lon")
        self.counted = [c for c, name in enumerate(header.known) if _counts(name, layer)]
        self.names = header.positions("name") or header.positions(
            spec_of(layer).id_column or "name"
        )
        self.wide = {m.top for m in sheet.merges if m.right - m.left + 1 >= len(header.names) / 2}

    def kind(self, i: int, *, below_header: bool, after_gap: bool) -> Kind:
        """What row `i` is, knowing what stands above it."""
        row = self.sheet.cells[i]
        if below_header and _is_numbering(row, len(self.header.names)):
            return "header_row"
        if self._has_place(row):
            return "total_row" if self._named_total(row) else None
        if not given(row):
            return "blank_row"
        return self._header_again(row, i, after_gap=after_gap) or self._around_data(row, i)

    def _around_data(self, row: Cells, i: int) -> Kind:
        """Whether a row without a place is a title, a total or a note."""
        cells = given(row)
        if len(cells) == 1 and key(str(cells[0])) in self.titles:
            return "title_row"
        if self._named_total(row) or self._is_total(row):
            return "total_row"
        return "note_row" if self._is_note(row, i) else None

    def _has_place(self, row: Cells) -> bool:
        if len(self.pair) > 1:
            return all(c < len(row) and _is_coordinate(row[c]) for c in self.pair)
        return any(c < len(row) and _TWO_NUMBERS.search(str(row[c])) for c in self.together)

    # --- headers ---

    def _header_again(self, row: Cells, i: int, *, after_gap: bool) -> Kind:
        """A header below the first: the same again, or that of another table."""
        if not self._may_be_header(row):
            return None
        if any(_repeats(row, line) for line in self.lines):
            return "header_row"
        found = self._recognised(row)
        elsewhere = any(self._known(c) != name for c, name in found.items())
        if len(found) < 2:
            unlike = elsewhere or (len(found) == 1 and self._text_for_number(row))
            return "other_table" if after_gap and unlike else None
        if not elsewhere:
            return "header_row"
        self._refuse_same_layer(found, i)
        return "other_table"

    def _known(self, column: int) -> str | None:
        return self.header.known[column] if column < len(self.header.known) else None

    def _may_be_header(self, row: Cells) -> bool:
        """Whether no cell holds a number, and a text stands where the column has numbers."""
        if any(c < len(row) and row[c] is not None and is_number(row[c]) for c in self.counted):
            return False
        cells = given(row)
        return len(cells) > 1 and all(isinstance(c, str) and not is_number(c) for c in cells)

    def _text_for_number(self, row: Cells) -> bool:
        texts = [row[c] for c in self.counted if c < len(row) and row[c] is not None]
        return any(not means_missing(t) and not any(map(str.isdigit, t)) for t in texts)

    def _recognised(self, row: Cells) -> dict[int, str]:
        found: dict[int, str] = {}
        for c, cell in enumerate(row):
            if isinstance(cell, str) and len(cell) <= 40:
                meaning = recognise(cell, self.layer, with_coordinates=True)
                if meaning is not None and meaning.name not in found.values():
                    found[c] = meaning.name
        return found

    def _refuse_same_layer(self, found: dict[int, str], i: int) -> None:
        ours = set(self.header.known) - {None}
        same = ours & set(found.values())
        if len(same) < 0.5 * len(ours) and not same & set(COORDINATE_NAMES):
            return
        first, line = self.sheet.rows[self.header.top], self.sheet.rows[i]
        raise InputError(
            f"a second table begins in line {line} with other columns than the first (line "
            f"{first}): read together, its rows would stand under wrong names",
            source=self.sheet.source,
            row=line,
            hint="Put it in a file or sheet of its own, or its columns in the order of the first.",
        )

    # --- totals and notes ---

    def _named_total(self, row: Cells) -> bool:
        """Whether its name is a word for a total, or what stands first where it has no name."""
        names = [row[c] for c in self.names if c < len(row)]
        if self.names and not given(names):
            names = [next((c for c in row if isinstance(c, str) and not is_number(c)), None)]
        return any(isinstance(name, str) and _says_total(name) for name in names)

    def _is_total(self, row: Cells) -> bool:
        """A word for a total before the name or instead of it; or a name that ends in one, as 南街小计."""
        name = self.names[0] if self.names else None
        named = name is not None and name < len(row) and isinstance(row[name], str)
        labels = [c for c in (row[:name] if named else row) if isinstance(c, str)]
        if any(_says_total(label) for label in labels):
            return True
        texts = (c for c in row if isinstance(c, str) and not is_number(c))
        first = [next(texts, ""), row[name] if named and name is not None else ""]
        numbers = any(is_number(c) for c in given(row))
        return numbers and any(_ends_in_total(t) for t in first)

    def _is_note(self, row: Cells, i: int) -> bool:
        cells = given(row)
        if not isinstance(cells[0], str):
            return False
        text = plain(cells[0])
        joined = re.sub(r"\s+", "", text)
        if _NOTE.match(joined) or (len(cells) <= 2 and _NOTE_MARK.match(joined)):
            return True
        alone = len(cells) == 1 and len(self.header.names) > 2
        return alone and (i in self.wide or bool(_SECTION.match(text)))


def _is_coordinate(cell: Any) -> bool:
    return cell is not None and (is_number(cell) or bool(_DEGREES.search(str(cell))))


def _counts(name: str | None, layer: str) -> bool:
    if name in ("lon", "lat", "x", "y"):
        return True
    column = column_of(name, layer) if name is not None else None
    return column is not None and column.kind in ("number", "integer")


def _repeats(row: Cells, line: Cells) -> bool:
    """Whether a row has the texts of a header's line in the same columns."""
    pairs = [(str(a), str(b)) for a, b in zip(row, line, strict=False) if a is not None]
    same = sum(key(a) == key(b) != "" for a, b in pairs)
    return same >= 2 and same >= SAME_CELLS * len(pairs)


def _is_numbering(row: Cells, width: int) -> bool:
    """A line 1, 2, 3 ... or 甲, 乙, 1, 2 ... under the header, as statistical forms have it."""
    texts = [str(c).strip("()（） ") for c in given(row)]
    if width < 4 or len(texts) != width:
        return False
    letters = next((i for i, t in enumerate(texts) if t not in "甲乙丙丁戊"), len(texts))
    start = letters if texts[letters:] and texts[letters] == "1" and letters else 0
    return texts[start:] == [str(i + 1) for i in range(len(texts) - start)]


@lru_cache(maxsize=10_000)
def _says_total(text: str) -> bool:
    if not _MAY_BE_TOTAL.search(text):
        return False
    return bool(_TOTAL.fullmatch(key(text))) or bool(_PART_OF_TOTAL.match(text.strip()))


@lru_cache(maxsize=10_000)
def _ends_in_total(text: str) -> bool:
    return bool(_MAY_BE_TOTAL.search(text) and _TOTAL_AFTER.fullmatch(key(text)))


def _with_titles(sheet: Sheet, header: Header, kinds: list[Kind]) -> list[Kind]:
    """A text alone between a gap and a further header is that table's title."""
    found = list(kinds)
    for i in range(header.end + 1, len(found)):
        starts = found[i] in ("header_row", "other_table") and found[i - 1] != found[i]
        above = i - 1
        while starts and above > header.end and found[above] == "blank_row":
            above -= 1
        alone = found[above] is None and len(given(sheet.cells[above])) == 1
        if starts and alone and above > header.end and found[above - 1] is not None:
            found[above] = "title_row"
    return found


def _with_tail(sheet: Sheet, header: Header, kinds: list[Kind]) -> list[Kind]:
    """Texts alone in their row below all data are notes: sentences, and whatever follows a gap.

    The name of a kindergarten alone in the last row stays a row of data without a position.
    """
    found = list(kinds)
    tail = len(found)
    while tail > header.end and (
        found[tail - 1] is not None or len(given(sheet.cells[tail - 1])) == 1
    ):
        tail -= 1
    after_gap = False
    for i in range(tail, len(found)):
        if found[i] is not None:
            after_gap = True
        elif len(header.names) > 2 and (after_gap or _is_sentence(given(sheet.cells[i])[0])):
            found[i] = "note_row"
            after_gap = True
    return found


def _is_sentence(cell: object) -> bool:
    if not isinstance(cell, str):
        return False
    return len(cell) >= LONG_TEXT or bool(_SENTENCE.search(plain(cell)))

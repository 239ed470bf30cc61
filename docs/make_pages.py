"""Writes the pages that are generated from data files: ``python docs/make_pages.py``.

`aliases.md` comes from the table of aliases that the readers use; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kgspatial.inputs.columns.aliases import AUXILIARY, alias_data
from kgspatial.layers import LAYERS, TABLES, Column, Layer
from kgspatial.terms import term

HERE = Path(__file__).parent
HEAD = """<!-- Made by docs/make_pages.py from the table of aliases; do not edit by hand. -->

# Names of columns, units and words

What the readers understand without being told, beside the canonical names themselves (see [Bring your own data](own-data.md)).

- Names are compared without blanks, punctuation, letter case and full width, and in simplified characters.
- A year before a name (`2024年在园人数`), 现有 or 现状 before it, 合计 after it and a unit in brackets or after a stroke (`用地面积（亩）`) are
  taken off. Values per head (`生均用地面积`) are something else, and not read.
- *Names in italics* are taken only where none of the others is there, the first of them first.
- Two columns of a file for one canonical name are an error; the plan file then says which is right:

```toml
[inputs.kindergartens]
path = "register.xlsx"
crs = "EPSG:4490"
columns = { places = "核定学位" }
```
"""

ANSWERS = {
    "inclusive": "yes or no; tells `kind`",
    "kind_detail": "words for `kind`",
    "licence_number": "tells `licensed`",
}
"""What columns of registers that are in no layer say."""

UNITS = {"m2": "m²", "10,000 yuan": "万元", "count": "any number of things"}
CODES = {
    "kind_open": ("`kind`", "not told whether `inclusive` or `private`"),
    "flag": ("yes or no", ""),
    "missing": ("any column", "missing"),
}
"""Tables of words that are not simply those of a column: of what they are, and what they mean."""


def aliases_page() -> str:
    """The page of aliases, units and words."""
    data = alias_data()
    parts = [HEAD, *_coordinates(data["columns"]["coordinates"])]
    for spec in (*LAYERS.values(), *TABLES.values()):
        parts += _layer(spec, data)
    parts += [*_units(data["units"]), *_words(data["values"])]
    return "\n".join(parts)


def _table(
    title: str, *lines: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> list[str]:
    """A section: its heading, a line about it, its table."""
    written = [f"| {' | '.join(row)} |" for row in rows]
    head = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return [f"## {title}", "", *(f"{line}\n" for line in lines), *head, *written, ""]


def _coordinates(table: Mapping[str, list[str]]) -> list[str]:
    rows = [(f"`{name}`", _names(names)) for name, names in table.items()]
    text = (
        "`lon` and `lat` in degrees, `x` (east) and `y` (north) in metres, or both in one column."
    )
    return _table("Coordinates of a table", text, columns=("column", "read as such"), rows=rows)


def _layer(spec: Layer, data: Mapping[str, Any]) -> list[str]:
    strong, weak = data["columns"].get(spec.name, {}), data["fallback"].get(spec.name, {})
    answers = {c.name: _answer(c) for c in spec.columns}
    answers |= {name: ANSWERS[name] for name in AUXILIARY.get(spec.name, ())}
    rows = [
        (f"`{name}`", answer, _both(strong.get(name, []), weak.get(name, [])))
        for name, answer in answers.items()
    ]
    title = f"{term(f'report.layer_{spec.name}', 'zh')} `{spec.name}`"
    return _table(title, columns=("column", "in", "read as such"), rows=rows)


def _answer(column: Column) -> str:
    """What stands in a column's cells."""
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    if column.codes:
        return f"several of {', '.join(f'`{code}`' for code in column.codes)}"
    plain = {"text": "text", "flag": "yes or no", "date": "a date"}.get(column.kind, "")
    return UNITS.get(column.unit, column.unit) or plain


def _both(strong: list[str], weak: list[str]) -> str:
    return ", ".join(part for part in (_names(strong), _names(weak, sign="*")) if part) or "—"


def _names(names: list[str], sign: str = "") -> str:
    return ", ".join(f"{sign}{_plain(n)}{sign}" for n in names)


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return "".join(f"\\{c}" if c in "\\*_|[]<>`#" else c for c in text)


def _units(units: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = []
    for unit, table in units.items():
        for factor in dict.fromkeys(table.values()):
            written = [w for w, f in table.items() if f == factor]
            rows.append((UNITS.get(unit, unit), f"{factor:.10g}", _names(written)))
    text = "In headers (`用地面积（亩）`) and in cells (`2.5亩`); the cell goes before the header."
    return _table("Units", text, columns=("column in", "times", "written as"), rows=rows)


def _words(values: Mapping[str, Mapping[str, list[str]]]) -> list[str]:
    rows = []
    for kind, table in values.items():
        of, meaning = CODES.get(kind, (f"`{kind}`", ""))
        answers = {"true": "yes", "false": "no"}
        for code, words in table.items():
            rows.append((of, meaning or answers.get(code, f"`{code}`"), _names(words)))
    return _table("Words for values", columns=("column", "value", "read as such"), rows=rows)


if __name__ == "__main__":
    (HERE / "aliases.md").write_text(aliases_page(), encoding="utf-8", newline="\n")

"""Writes the pages that are generated from data files: ``python docs/make_pages.py``.

`aliases.md` comes from the table of aliases that the readers use; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path

from kgspatial.inputs.aliases import AUXILIARY, alias_data
from kgspatial.layers import LAYERS, Column
from kgspatial.terms import term

HERE = Path(__file__).parent
NOTE = "<!-- Made by docs/make_pages.py from the table of aliases; do not edit by hand. -->"
HEAD = f"""{NOTE}

# Names of columns, units and words

Headers are compared without blanks, punctuation, letter case, full width, a leading year (`2024年在园人数`) and units in brackets
(`用地面积（亩）`). A column called by its canonical name needs no alias. Names in italics are taken only where none of the others is
there, the first of them first. Two columns of a file for one canonical name are an error; the plan file then says which is right:

```toml
[inputs.kindergartens]
path = "register.xlsx"
crs = "EPSG:4490"
columns = {{ places = "核定学位" }}
```
"""


def aliases_page() -> str:
    """The page of aliases, units and words."""
    data = alias_data()
    parts = [HEAD, _coordinates(data["columns"]["coordinates"])]
    parts += [_layer(name, data) for name in LAYERS]
    parts += [_units(data["units"]), _words(data["values"])]
    return "\n".join(parts)


def _coordinates(table: dict[str, list[str]]) -> str:
    rows = [f"| `{name}` | {_names(names)} |" for name, names in table.items()]
    return "\n".join(
        [
            "## Coordinates of a table",
            "",
            "| canonical name | read as such |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _layer(name: str, data: dict[str, dict[str, dict[str, list[str]]]]) -> str:
    strong, weak = data["columns"].get(name, {}), data["fallback"].get(name, {})
    label = term(f"report.layer_{name}", "zh")
    head = ["| canonical name | unit | read as such |", "|---|---|---|"]
    rows = [_row(c.name, _unit(c), strong, weak) for c in LAYERS[name].columns]
    rows += [_row(extra, "", strong, weak) for extra in AUXILIARY.get(name, ())]
    return "\n".join([f"## {name} {label}", "", *head, *rows, ""])


def _row(name: str, unit: str, strong: dict[str, list[str]], weak: dict[str, list[str]]) -> str:
    names = [_names(strong.get(name, [])), _names(weak.get(name, []), sign="*")]
    return f"| `{name}` | {unit} | {', '.join(n for n in names if n)} |"


def _unit(column: Column) -> str:
    plain = {"text": "text", "flag": "yes or no", "number": "", "integer": ""}[column.kind]
    return column.unit or plain


def _names(names: list[str], sign: str = "") -> str:
    return ", ".join(f"{sign}{_plain(n)}{sign}" for n in names)


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return "".join(f"\\{c}" if c in "\\*_|[]<>`#" else c for c in text)


def _units(units: dict[str, dict[str, float]]) -> str:
    rows = [
        f"| {unit} | {', '.join(f'{_plain(w)} = {f:.10g}' for w, f in table.items())} |"
        for unit, table in units.items()
    ]
    head = ["## Units", "", "In headers (`用地面积（亩）`) and in cells (`2.5亩`).", ""]
    return "\n".join([*head, "| into | one of these is so many |", "|---|---|", *rows, ""])


def _words(values: dict[str, dict[str, list[str]]]) -> str:
    rows = [
        f"| `{kind}` | `{code}` | {_names(words)} |"
        for kind, table in values.items()
        for code, words in table.items()
    ]
    head = ["## Words for values", "", "| column | value | read as such |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    (HERE / "aliases.md").write_text(aliases_page(), encoding="utf-8", newline="\n")

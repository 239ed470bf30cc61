"""Writes the pages that are generated from data files: ``python docs/make_pages.py``.

`aliases.md` comes from the table of aliases that the readers use, `standards.md` from the rule
profiles; tests compare page and data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kgspatial.inputs.columns.aliases import AUXILIARY, alias_data
from kgspatial.layers import LAYERS, TABLES, Column, Layer
from kgspatial.standards import Profile, profile_names, read_profile
from kgspatial.standards.listing import COLUMNS, ListedRule, list_rules, rule_label, rule_row
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

RULES_HEAD = """<!-- Made by docs/make_pages.py from src/kgspatial/standards/profiles; do not edit by hand. -->

# Rule profiles

The planning rules that kgspatial comes with, each number with its clause, source and evidence mark. `kgspatial standards [PROFILE]` prints
the same lists, with all that a profile inherits; `--rule ID` explains one number and what it replaces.

## How profiles inherit

`based_on` names the profile whose rules hold where a file is silent: national, then province, then city, then the plan's own. A whole
table is overridden, so that a number and its source stay together; of `[targets]` and the other groups (`[class_size]`, `[staffing]`, ...), single rules. Below, `national` is
shown in full and every other profile with what it says itself.

| mark | | the number |
|---|---|---|
| `seen` | {seen} | was read in a published copy of the document |
| `sec` | {sec} | was read where somebody else cites it |
| `calc` | {calc} | is arithmetic on numbers that carry a mark |
| `mem` | {mem} | was found nowhere. It never decides anything and never replaces a number that was read; it is shown so that somebody may verify it |

A rule that has ended, or has not begun, in the year of the plan decides nothing in that year. `opened_year >= 2017` in brackets: only for kindergartens
opened since. A rule for towns (乡镇) does not concern streets (街道) unless it says `streets = true`: `towns and streets` in brackets.

## A profile of your own

A TOML file beside the plan file, with the tables that differ; source and evidence are required.

```toml
[profile]
id = "our_county"
name_zh = "本县"
name_en = "Our county"
based_on = "guangdong_2022"

[targets.inclusive_share]
value = 0.90
direction = "at_least"
source = "本县学前教育发展提升行动计划"
clause = "普惠性幼儿园覆盖率不低于90%"
evidence = "seen"
valid_from = 2026

[[class_size.junior]]      # double brackets: an entry for each span of years
value = 28
source = "本县过渡期方案"
evidence = "seen"
valid_from = 2025
valid_to = 2026

[[class_size.junior]]
value = 25
source = "幼儿园工作规程(教育部令第39号)"
evidence = "seen"
valid_from = 2027
```

`kgspatial standards our_county.toml` reads it and names file, line and key of what it refuses. In the plan file:

```toml
[plan]
profile = "our_county.toml"   # or the name of one below
```

Places owed (`[norm]`) have forms of their own: see [Demand](demand.md).
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


def standards_page() -> str:
    """The page of the rule profiles: the national one in full, of the others what they say."""
    marks = {mark: term(f"standards.{mark}", "zh") for mark in ("seen", "sec", "calc", "mem")}
    parts = [RULES_HEAD.format(**marks)]
    for name in sorted(profile_names(), key=lambda name: (name != "national", name)):
        parts += _profile(read_profile(name), list_rules(name))
    return "\n".join(parts)


def _profile(profile: Profile, rules: Sequence[ListedRule]) -> list[str]:
    """The section of a profile; its sources are numbered and stand below the table."""
    own = sorted((r for r in rules if r.profile == profile.id), key=lambda r: not r.binds)
    sources = list(dict.fromkeys(rule.origin.source for rule in own))
    based = " → ".join(f"`{name}`" for name in profile.based_on)
    about = [f"Based on {based}."] if based else []
    rows = [_rule(rule, sources.index(rule.origin.source) + 1) for rule in own]
    columns = ("rule", "value", "years", "clause", "source", "evidence")
    table = _table(f"{profile.name_zh} `{profile.id}`", *about, columns=columns, rows=rows)
    listed = [f"{number}. {_plain(source)}" for number, source in enumerate(sources, start=1)]
    return [*table, "Sources:", "", *listed, ""]


def _rule(rule: ListedRule, source: int) -> tuple[str, ...]:
    said = dict(zip(COLUMNS, rule_row(rule, "en"), strict=True))
    names = f"{rule_label(rule.id, 'zh')} {said['label']} `{rule.id}`"
    mark = f"`{rule.origin.evidence}`" if rule.binds else f"**{term('standards.mem', 'zh')}** `mem`"
    value, clause = (_plain(said[key]) or "—" for key in ("rule", "clause"))
    return names, value, said["years"] or "—", clause, str(source), mark


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


PAGES = {"aliases.md": aliases_page, "standards.md": standards_page}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (HERE / page).write_text(make(), encoding="utf-8", newline="\n")

"""How findings look in a terminal: one table per layer, long runs of one finding shortened.

Imports from `terms`.
"""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.terms import Language, has_term, term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

SHOWN_EACH = 5
"""Rows shown of one finding; the rest is counted."""

ROWS_NAMED = 12
WIDTH_WITHOUT_TERMINAL = 150
COLUMNS = ("severity", "row", "column", "value", "problem", "done")
SEVERITY_ORDER = {"error": 0, "warning": 1, "note": 2}


def problem_text(problems: pd.DataFrame, language: Language, *, width: int | None = None) -> str:
    """Return the problem table as text for a terminal.

    Parameters
    ----------
    problems : DataFrame
        The problem table, see :func:`kgspatial.inputs.problem_table`.
    language : {"zh", "en"}
        Language of the headings and of the kinds of findings; the findings are in English.
    width : int, optional
        Characters in a line; the terminal's unless given.
    """
    from rich.console import Console

    wide = width or shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns
    lines = io.StringIO()
    console = Console(file=lines, width=wide, highlight=False, color_system=None, soft_wrap=False)
    for number, ((layer, source), found) in enumerate(_by_file(problems)):
        if number:
            console.print()
        console.print(_heading(layer, source, language), markup=False)
        console.print(_table(_shortened(found, language), language))
    return "\n".join(line.rstrip() for line in lines.getvalue().splitlines())


def _by_file(problems: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Findings of each file, in the order in which the files were read."""
    for (layer, source), found in problems.groupby(["layer", "source"], sort=False):
        yield (str(layer), str(source)), found


def layer_label(layer: str, language: Language) -> str:
    """Return how people call a layer; the study as a whole where there is none."""
    return term(f"report.layer_{layer}", language) if layer else term("command.study", language)


def _heading(layer: str, source: str, language: Language) -> str:
    return f"{layer_label(layer, language)}  {source}".rstrip()


def _table(found: pd.DataFrame, language: Language) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shares = {"problem": 3, "done": 2}
    for name in COLUMNS:
        table.add_column(
            term(f"columns.{name}", language),
            justify="right" if name == "row" else "left",
            ratio=shares.get(name),
            overflow="fold",
            no_wrap=name in ("severity", "row"),
            max_width=None if name in shares else 24,
        )
    for row in found[list(COLUMNS)].itertuples(index=False, name=None):
        table.add_row(*(Text(cell) for cell in row))
    return table


def _shortened(found: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Rows as texts, errors first; of a finding that many rows share, the first and a count."""
    order = found["severity"].map(SEVERITY_ORDER)
    found = found.iloc[order.argsort(kind="stable")]
    parts = []
    for _, same in found.groupby(["severity", "code", "column"], sort=False):
        shown = _texts(same.head(SHOWN_EACH), language)
        rest = same.iloc[SHOWN_EACH:]
        parts += [shown, _rest(rest, shown, language)] if len(rest) else [shown]
    return pd.concat(parts, ignore_index=True)


def _texts(found: pd.DataFrame, language: Language) -> pd.DataFrame:
    texts = found.astype({"row": "string"}).fillna({"row": ""}).astype(str)
    titles = found["code"].map(lambda code: _title(code, language))
    texts["problem"] = titles.where(titles == "", titles + ": ") + found["problem"]
    texts["severity"] = found["severity"].map(lambda s: term(f"values.{s}", language))
    return texts


def _title(code: str, language: Language) -> str:
    """A finding's kind in Chinese; in English the finding says it itself."""
    known = language == "zh" and has_term(f"problems.{code}")
    return term(f"problems.{code}", "zh") if known else ""


def _rest(rest: pd.DataFrame, shown: pd.DataFrame, language: Language) -> pd.DataFrame:
    rows = [str(row) for row in rest["row"].dropna()]
    named = ", ".join(rows[:ROWS_NAMED]) + (", ..." if len(rows) > ROWS_NAMED else "")
    text = term("command.same_in_more_rows", language, count=len(rest), rows=named)
    return shown.head(1).assign(row="", value="", problem=text, done="")

"""Writes the annex tables as a workbook that is ready to print.

Imports from `tables`, `layout_tables`, `rule_tables`, `ledger_tables`, `wording`, `terms`; the only module that knows xlsxwriter. Every text is
written as text, so no name in the data can become a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kgspatial.report.layout_tables import layout_annexes
from kgspatial.report.ledger_tables import ledger_annexes
from kgspatial.report.rule_tables import rule_annexes
from kgspatial.report.tables import build_annexes
from kgspatial.report.wording import clean, column_kind, header, is_missing, language_of, text_width
from kgspatial.terms import Language, has_term, term
from kgspatial.travel.wording import way_of_travel

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from kgspatial.balance import Balance
    from kgspatial.report.tables import Annex
    from kgspatial.report.wording import ValueKind
    from kgspatial.siting import LayoutPlan, SitePlan
    from kgspatial.study import Study

NUMBER_FORMATS: dict[ValueKind, str] = {
    "count": "#,##0",
    "gap": "[Red]+#,##0;[Blue]-#,##0;0",
    "share": "0.0%",
    "money": "#,##0.0",
    "degrees": "0.000000",
    "year": "0",
}
A4 = 9
HEADER_ROW = 1
NARROWEST, WIDEST = 8, 44
LONGEST_TEXT = 32_767
"""Characters that a cell of the format may hold."""
UNDATED = 2000
"""Year of creation in the file's properties where the plan names none: the same inputs must give
the same bytes, so the clock is never asked."""


def write_tables(
    path: str | Path,
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    language: Language | None = None,
    layout: LayoutPlan | None = None,
) -> Path:
    """Write the annex tables as an Excel workbook, one sheet each.

    Parameters
    ----------
    path : str or Path
        The file to write (``.xlsx``); an existing one is replaced.
    study : Study
        The study area.
    balance : Balance
        The balance of children and places as it is.
    sites : SitePlan, optional
        The proposed sites.
    language : {'zh', 'en'}, optional
        Language of headers and values; the plan's unless given.
    layout : LayoutPlan, optional
        The layout in phases: two sheets more.

    Returns
    -------
    Path
        The file.
    """
    from xlsxwriter import Workbook

    spoken = language_of(study, language)
    buffer = io.BytesIO()
    book = Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(_properties(study, spoken))
    formats = _formats(book)
    notes = source_notes(study, balance, spoken)
    extra = [] if layout is None else layout_annexes(layout, spoken)
    extra += [*rule_annexes(study, balance, spoken), *ledger_annexes(study, balance, spoken)]
    for annex in build_annexes(study, balance, sites, spoken, extra):
        _write_sheet(book, annex, formats, notes, spoken)
    book.close()
    target = Path(path)
    target.write_bytes(buffer.getvalue())
    return target


def source_notes(study: Study, balance: Balance, language: Language) -> list[str]:
    """Return the lines under every table: where the data come from and how they are counted."""
    travel = study.settings.travel
    files = [clean(p).replace("\\", "/").rsplit("/", 1)[-1] for p in study.inputs["path"]]
    given = study.settings.plan.source_note or term("report.list_separator", language).join(files)
    year = term("report.year_unknown", language) if balance.year is None else balance.year
    return [
        term("report.note_source", language, source=given or term("report.in_memory", language)),
        term(
            "report.note_basis",
            language,
            year=year,
            limit=f"{travel.limit_m:,.0f}",
            way=way_of_travel(balance.travel, travel.detour, language),
            profile=study.settings.plan.profile,
        ),
    ]


def _properties(study: Study, language: Language) -> dict[str, Any]:
    plan = study.settings.plan
    return {
        "title": clean(study.settings.report.title or plan.name)
        or term("report.default_title", language),
        "author": clean(plan.author),
        "created": dt.datetime(plan.year or UNDATED, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None),
    }


def _formats(book: Workbook) -> dict[str, Format]:
    cell = {"border": 1, "border_color": "#bfbfbf", "valign": "vcenter"}
    total = {**cell, "bold": True, "bg_color": "#f2f2f2", "top": 2}
    made = {
        "title": book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"}),
        "header": book.add_format(
            {**cell, "bold": True, "bg_color": "#d9e2ec", "text_wrap": True, "align": "center"}
        ),
        "note": book.add_format({"font_size": 9, "font_color": "#595959"}),
        "text": book.add_format({**cell, "text_wrap": True, "num_format": "@"}),
        "text_total": book.add_format({**total, "num_format": "@"}),
    }
    for kind, pattern in NUMBER_FORMATS.items():
        made[kind] = book.add_format({**cell, "num_format": pattern})
        made[f"{kind}_total"] = book.add_format({**total, "num_format": pattern})
    return made


def _write_sheet(
    book: Workbook, annex: Annex, formats: dict[str, Format], notes: list[str], language: Language
) -> None:
    table = annex.complete()
    title = term(f"report.table_{annex.key}", language)
    sheet = book.add_worksheet(title)
    sheet.write_string(0, 0, title, formats["title"])
    for column, name in enumerate(table.columns):
        sheet.write_string(HEADER_ROW, column, header(str(name), language), formats["header"])
        _write_column(sheet, column, annex, table[name], formats)
        sheet.set_column(column, column, _width(table[name], header(str(name), language)))
    own = f"report.note_{annex.key}"
    lines = [*([term(own, language)] if has_term(own) else []), *notes]
    for offset, line in enumerate(lines):
        sheet.write_string(HEADER_ROW + 2 + len(table) + offset, 0, line, formats["note"])
    _set_up(sheet, len(annex.frame), len(table.columns), title)


def _write_column(
    sheet: Worksheet, column: int, annex: Annex, values: pd.Series, formats: dict[str, Format]
) -> None:
    kind = column_kind(str(values.name))
    by_row = annex.row_kinds if str(values.name).startswith("value_") else ()
    for number, value in enumerate(values):
        of_row = by_row[number] if by_row else kind
        suffix = "_total" if number >= len(annex.frame) else ""
        _write_cell(sheet, HEADER_ROW + 1 + number, column, value, formats[of_row + suffix])


def _write_cell(sheet: Worksheet, row: int, column: int, value: object, style: Format) -> None:
    if is_missing(value):
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, clean(value)[:LONGEST_TEXT], style)
    else:
        sheet.write_number(row, column, float(value), style)  # type: ignore[arg-type]


def _width(values: pd.Series, title: str) -> float:
    """Return a width that shows most values whole; headers wrap, so half their width will do."""
    kind = column_kind(str(values.name))
    texts = values.map(clean) if kind == "text" else pd.Series(["0,000,000"])
    longest = max((text_width(t) for t in texts), default=0)
    return float(min(max(NARROWEST, longest + 2, text_width(title) / 2 + 2), WIDEST))


def _set_up(sheet: Worksheet, rows: int, columns: int, title: str) -> None:
    sheet.set_row(0, 24)
    sheet.set_row(HEADER_ROW, 45)
    sheet.freeze_panes(HEADER_ROW + 1, 0)
    sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + rows, columns - 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.repeat_rows(0, HEADER_ROW)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{title}&R&P / &N")

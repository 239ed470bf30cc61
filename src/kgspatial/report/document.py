"""Writes the report of a plan as a Word document.

Imports from `sentences`, `tables`, `docx_parts`. The full tables are in the workbook; here stand
the findings in words, the first rows, the figures and what the results rest on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.report import sentences, tables
from kgspatial.report.wording import clean, kind_label, language_of
from kgspatial.report.workbook import UNDATED, source_notes
from kgspatial.terms import Language, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docx.document import Document as DocumentObject

    from kgspatial.balance import Balance
    from kgspatial.siting import SitePlan
    from kgspatial.study import Study

FIRST_ROWS = 10
MOST_UNITS = 40
MOST_PROBLEMS = 20
UNIT_COLUMNS = ("name", "children", "places", "gap", "served", "unserved", "unreached", "vacant")
COMMUNITY_COLUMNS = ("name", "unit", "children", "unserved", "unreached", "nearest_m")
VACANT_COLUMNS = ("name", "unit", "kind", "places", "served", "vacant", "utilisation")
SITE_COLUMNS = (
    *("order", "name", "unit", "action", "classes", "places", "children_gained", "cost_wan"),
)
CHANGE_COLUMNS = (
    *("name", "children", "unserved_before", "unserved_after", "gap_before", "gap_after"),
)
PROBLEM_COLUMNS = ("layer", "row", "column", "problem", "done")


class _Writer:
    """A document in the making: it numbers its figures and tables."""

    def __init__(
        self, document: DocumentObject, figures: Iterable[Path], language: Language
    ) -> None:
        self.document = document
        self.language = language
        self.figures = {Path(f).stem.partition("_")[2]: Path(f) for f in figures}
        self.counts = {"figure": 0, "table": 0}

    def caption(self, what: str, title: str) -> str:
        self.counts[what] += 1
        return term(f"report.caption_{what}", self.language, number=self.counts[what], title=title)

    def heading(self, chapter: str) -> None:
        self.document.add_heading(term(f"report.chapter_{chapter}", self.language), level=1)

    def sentences(self, texts: Sequence[str]) -> None:
        from kgspatial.report.docx_parts import add_sentences

        add_sentences(self.document, [t for t in texts if t], self.language)

    def bullets(self, texts: Sequence[str]) -> None:
        from kgspatial.report.docx_parts import add_bullets

        add_bullets(self.document, texts)

    def figure(self, key: str) -> None:
        from kgspatial.report.docx_parts import add_caption, add_picture

        if key in self.figures:
            title = term(f"report.figure_{key}", self.language)
            add_picture(self.document, self.figures[key], title)
            add_caption(self.document, self.caption("figure", title), above=False)

    def table(self, key: str, frame: pd.DataFrame, count: int | None = None) -> None:
        """Add a table; `count` is how many rows there are when only the first are shown."""
        from kgspatial.report.docx_parts import add_caption, add_table

        if frame.empty:
            return
        frame = frame.dropna(axis="columns", how="all")
        title = _unnumbered(term(f"report.table_{key}", self.language))
        if count is not None and count > len(frame):
            title += term("report.rows_shown", self.language, shown=len(frame), count=count)
        add_caption(self.document, self.caption("table", title), above=True)
        add_table(self.document, frame, self.language)


def write_document(
    path: str | Path,
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    figures: Iterable[Path] = (),
    language: Language | None = None,
) -> Path:
    """Write the report: findings in sentences, figures, tables, assumptions, limits, problems.

    Parameters
    ----------
    path : str or Path
        The file to write (``.docx``); an existing one is replaced.
    study : Study
        The study area.
    balance : Balance
        The balance of children and places as it is.
    sites : SitePlan, optional
        The proposed sites.
    figures : iterable of Path
        What :func:`write_figures` returned; without them the report has no pictures.
    language : {'zh', 'en'}, optional
        Language of the report; the plan's unless given.

    Returns
    -------
    Path
        The file. The same results give the same bytes.
    """
    from kgspatial.report.docx_parts import document_bytes, new_document

    spoken = language_of(study, language)
    plan, title = study.settings.plan, report_title(study, spoken)
    author = clean(plan.author)
    document = new_document(title=title, author=author, year=plan.year or UNDATED)
    document.add_heading(title, level=0)
    year = "" if balance.year is None else str(balance.year)
    subtitle = term("report.subtitle", spoken, year=year, author=author).strip(" \u3000")
    if subtitle:
        document.add_paragraph(subtitle, style="Subtitle")
    writer = _Writer(document, figures, spoken)
    _summary(writer, study, balance, sites)
    _present(writer, balance)
    _gaps(writer, study, balance)
    _proposals(writer, study, balance, sites)
    _assumptions(writer, study, balance)
    _limits_and_problems(writer, study, balance)
    target = Path(path)
    target.write_bytes(document_bytes(document))
    return target


def report_title(study: Study, language: Language) -> str:
    """Return the title that the plan gives, or one made from its name."""
    own = clean(study.settings.report.title)
    name = clean(study.settings.plan.name)
    default = term("report.default_title", language)
    return own or (f"{name} {default}" if name else default)


def _unnumbered(title: str) -> str:
    """Return a table's title without the number that it has among the annexes."""
    head, _, rest = title.partition(" ")
    return rest if rest and (head.startswith("附表") or head[1:].isdigit()) else title


def _summary(writer: _Writer, study: Study, balance: Balance, sites: SitePlan | None) -> None:
    writer.heading("summary")
    writer.bullets(sentences.summary_sentences(study, balance, sites, writer.language))
    if sites is not None and len(sites.sites):
        writer.sentences([sentences.proof_sentence(sites, writer.language)])


def _present(writer: _Writer, balance: Balance) -> None:
    writer.heading("present")
    writer.sentences(sentences.present_sentences(balance, writer.language))
    writer.table("kinds", _supply_by_kind(balance, writer.language))
    writer.figure("demand")
    writer.figure("utilisation")


def _supply_by_kind(balance: Balance, language: Language) -> pd.DataFrame:
    rows = balance.kindergartens
    labels = pd.Series([kind_label(k, language) for k in rows["kind"]], index=rows.index)
    grouped = pd.DataFrame(rows).groupby(labels, sort=False)
    table = grouped[["places", "served", "vacant"]].sum()
    table.insert(0, "kindergartens", grouped.size())
    table.insert(2, "enrolled", grouped["enrolled"].sum(min_count=1))
    total = table.sum(min_count=1).to_frame(term("report.total", language)).T
    both = pd.concat([table.sort_values("places", ascending=False, kind="stable"), total])
    both["utilisation"] = both["served"] / both["places"].where(both["places"] > 0)
    return both.rename_axis("kind").reset_index()


def _gaps(writer: _Writer, study: Study, balance: Balance) -> None:
    language = writer.language
    writer.heading("gaps")
    writer.sentences(sentences.gap_sentences(study, balance, language))
    writer.figure("gaps")
    writer.figure("units")
    units = tables.units_annex(study, balance, language)
    shown = units.complete() if len(units.frame) <= MOST_UNITS else _largest(units.frame)
    writer.table("units", _columns(shown, UNIT_COLUMNS), len(units.frame))
    communities = tables.communities_annex(study, balance, language).frame
    if len(communities):
        own = communities[communities["community_id"] != ""]
        _leading(writer, "short", own, "unserved", COMMUNITY_COLUMNS)
    gardens = tables.kindergartens_annex(study, balance, language).frame
    _leading(writer, "vacant", gardens, "vacant", VACANT_COLUMNS)


def _largest(units: pd.DataFrame) -> pd.DataFrame:
    """Return the units with the largest shortage and the largest surplus, by gap."""
    ordered = units.sort_values(["gap", "unit_id"], ascending=[False, True])
    half = MOST_UNITS // 2
    return pd.concat([ordered.head(half), ordered.tail(half)])


def _leading(
    writer: _Writer, key: str, frame: pd.DataFrame, column: str, columns: Sequence[str]
) -> None:
    """Add the first rows by a column, of those that still round to one child or place."""
    ordered = frame.sort_values(column, ascending=False, kind="stable")
    counted = ordered[ordered[column] >= sentences.ONE_CHILD]
    writer.table(key, _columns(counted.head(FIRST_ROWS), columns), len(counted))


def _columns(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns that are there; ids stand in for names that are missing."""
    shown = frame[[c for c in columns if c in frame.columns]].copy()
    ids = next((c for c in frame.columns if str(c).endswith("_id")), None)
    if ids is not None and "name" in columns:
        names = frame["name"] if "name" in frame else pd.Series("", index=frame.index)
        filled = names.where(names.map(clean) != "", frame[ids])
        shown = shown.drop(columns="name", errors="ignore")
        shown.insert(list(columns).index("name"), "name", filled)
    return shown


def _proposals(writer: _Writer, study: Study, balance: Balance, sites: SitePlan | None) -> None:
    language = writer.language
    writer.heading("proposals")
    writer.sentences(sentences.proposal_sentences(sites, language))
    if sites is None:
        return
    writer.sentences([sentences.proof_sentence(sites, language)])
    if sites.sites.empty:
        return
    writer.figure("layout")
    plan = tables.sites_annex(study, balance, sites, language)
    writer.table("sites", _columns(plan.complete(), SITE_COLUMNS))
    for sentence in sentences.site_sentences(study, balance, sites, language):
        writer.sentences([sentence])
    change = tables.before_after_annex(study, sites, language)
    rows = change.complete() if len(change.frame) <= MOST_UNITS else _changed(change.frame)
    writer.table("before_after", _columns(rows, CHANGE_COLUMNS), len(change.frame))


def _changed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the units that the plan changes most."""
    gain = frame["unserved_before"] - frame["unserved_after"]
    return frame.loc[gain.sort_values(ascending=False, kind="stable").index].head(FIRST_ROWS)


def _assumptions(writer: _Writer, study: Study, balance: Balance) -> None:
    language = writer.language
    writer.heading("assumptions")
    writer.sentences(source_notes(study, balance, language))
    writer.sentences([term("report.say_parameters", language)])
    writer.table("parameters", sentences.parameters(study, balance, language))
    inputs = tables.inputs_annex(study, language).frame
    if len(inputs):
        writer.sentences([term("report.say_inputs", language)])
        writer.table("inputs", inputs[["layer", "path", "rows", "crs", "sha256"]])


def _limits_and_problems(writer: _Writer, study: Study, balance: Balance) -> None:
    language = writer.language
    writer.heading("limits")
    writer.bullets(sentences.limit_sentences(study, balance, language))
    writer.heading("problems")
    serious = balance.problems[balance.problems["severity"] != "note"]
    found = tables.problems_annex(replace(balance, problems=serious), language).frame
    if found.empty:
        writer.sentences([term("report.say_no_problems", language)])
        return
    writer.sentences([term("report.say_problems", language, count=len(found))])
    writer.table("problems", found.head(MOST_PROBLEMS)[list(PROBLEM_COLUMNS)], len(found))

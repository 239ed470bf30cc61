"""The annex tables: which there are, their columns, order and totals.

Imports from `wording`, `terms`. Columns keep their canonical names until they are shown; the
numbers follow the annexes of STANDARDS 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.report.wording import (
    clean,
    column_kind,
    header,
    kind_label,
    language_of,
    shown_names,
    unit_names,
    value_label,
)
from kgspatial.terms import Language, has_term, term

if TYPE_CHECKING:
    from kgspatial.balance import Balance
    from kgspatial.report.wording import ValueKind
    from kgspatial.siting import SitePlan
    from kgspatial.study import Study

SUMS = ("children", "places", "served", "unserved", "unreached", "vacant")
COMPARED = ("places", "served", "unserved", "unreached", "vacant", "gap")
KINDERGARTEN_COLUMNS = (
    *("number", "kindergarten_id", "name", "unit", "kind", "grade", "classes", "places"),
    *("enrolled", "enrolment_rate", "served", "vacant", "utilisation", "nearest_children", "gap"),
    *("staff", "teachers", "carers", "site_area_m2", "floor_area_m2", "outdoor_area_m2"),
    *("opened_year", "counted"),
)
KINDERGARTEN_DETAILS = (
    *("grade", "staff", "teachers", "carers"),
    *("site_area_m2", "floor_area_m2", "outdoor_area_m2", "opened_year"),
)
UNIT_COLUMNS = (
    *("number", "unit_id", "name", "children", "places", "enrolled", "gap", "served", "unserved"),
    *("unreached", "vacant", "coverage", "public_share", "inclusive_share"),
)
COMMUNITY_COLUMNS = (
    *("number", "community_id", "name", "unit", "households", "residents", "children", "served"),
    *("unserved", "unreached", "gap", "nearest_m", "mean_distance_m"),
)
TEXTS = ("reason", "rules", "checks")
SITE_COLUMNS = (
    *("order", "site_id", "name", "unit", "source", "action", "classes", "places"),
    *("children_gained", "served", "cost_wan", "cost_per_place", "lon", "lat", *TEXTS),
)
PROBLEM_COLUMNS = (
    *("layer", "source", "row", "column", "value", "code", "problem", "severity", "done"),
)


@dataclass(frozen=True, eq=False)
class Annex:
    """One annex table with canonical columns, and its last row when it has totals."""

    key: str
    frame: pd.DataFrame
    total: dict[str, object] = field(default_factory=dict)
    row_kinds: tuple[ValueKind, ...] = ()
    """How each row's values are written, where that differs by row and not by column."""

    def complete(self) -> pd.DataFrame:
        """Return the rows with the total as the last one."""
        if not self.total:
            return self.frame
        last = pd.DataFrame([self.total]).reindex(columns=self.frame.columns)
        nullable = {c: t.name.capitalize() for c, t in self.frame.dtypes.items() if t.kind == "i"}
        typed = self.frame.astype(nullable)
        return pd.concat([typed, last.astype(dict(typed.dtypes))], ignore_index=True)


def annex_tables(
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    language: Language | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the annex tables of a plan, with headers for people.

    Parameters
    ----------
    study : Study
        The study area.
    balance : Balance
        The balance of children and places as it is.
    sites : SitePlan, optional
        The proposed sites.
    language : {'zh', 'en'}, optional
        Language of headers and values; the plan's unless given.

    Returns
    -------
    dict of str to DataFrame
        By key: ``summary``, ``kindergartens``, ``units``, ``communities``, ``sites``,
        ``before_after``, ``excluded``, ``problems``, ``inputs``; only those that have rows.
        The last row of a table of counts is its total; totals equal ``balance.totals``.
        Children are fractions, as everywhere in the library.

    Examples
    --------
    >>> annex_tables(study, balance, language="en")["units"]  # doctest: +SKIP
    """
    spoken = language_of(study, language)
    annexes = build_annexes(study, balance, sites, spoken)
    return {a.key: labelled(a.complete(), spoken) for a in annexes}


def labelled(frame: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the table with the headers that people read."""
    return frame.set_axis([header(str(c), language) for c in frame.columns], axis=1)


def build_annexes(
    study: Study,
    balance: Balance,
    sites: SitePlan | None,
    language: Language,
    extra: Sequence[Annex] = (),
) -> list[Annex]:
    """Return every annex that has rows, in the order of the workbook; `extra` before the problems."""
    annexes = [
        summary_annex(balance, sites, language),
        kindergartens_annex(study, balance, language),
        units_annex(study, balance, language),
        communities_annex(study, balance, language),
    ]
    if sites is not None:
        annexes += [
            sites_annex(study, balance, sites, language),
            before_after_annex(study, sites, language),
            excluded_annex(study, sites, language),
        ]
    annexes += [*extra, problems_annex(balance, language), inputs_annex(study, language)]
    return [a for a in annexes if len(a.frame)]


def summary_annex(balance: Balance, sites: SitePlan | None, language: Language) -> Annex:
    """Return the key figures, before and, with sites, after."""
    keys = ("children", "places", "enrolled", *SUMS[2:], "coverage", "mean_distance_m")
    rows: dict[str, list[str] | list[float]] = {"indicator": [header(k, language) for k in keys]}
    rows["value_before"] = [_finite(balance.totals[k]) for k in keys]
    if sites is not None and len(sites.sites):
        rows["value_after"] = [_finite(sites.after.totals.get(k)) for k in keys]
    return Annex("summary", pd.DataFrame(rows), row_kinds=tuple(column_kind(k) for k in keys))


def kindergartens_annex(study: Study, balance: Balance, language: Language) -> Annex:
    """Return the list of kindergartens with what they offer and how far it is used."""
    frame = pd.DataFrame(balance.kindergartens.drop(columns="geometry"))
    details = study.kindergartens.set_index("kindergarten_id")
    for column in KINDERGARTEN_DETAILS:
        if column in details.columns and column not in frame.columns:
            frame[column] = frame["kindergarten_id"].map(details[column])
    frame = frame.assign(
        number=np.arange(1, len(frame) + 1),
        name=shown_names(frame, "kindergarten_id", study, language),
        unit=_units_of(frame, study, balance, language),
        kind=[kind_label(k, language) for k in frame["kind"]],
        enrolment_rate=_ratio(frame["enrolled"], frame["places"]),
        counted=[term("report.yes" if c else "report.no", language) for c in frame["counted"]],
    )
    frame = _shown(frame, KINDERGARTEN_COLUMNS)
    sums = _sums(frame, ("classes", "places", "enrolled", "served", "vacant", "nearest_children"))
    sums["gap"] = _sum(frame, "gap")
    sums["utilisation"] = _ratio_of(sums.get("served"), sums.get("places"))
    return Annex("kindergartens", frame, {"name": term("report.total", language), **sums})


def units_annex(study: Study, balance: Balance, language: Language) -> Annex:
    """Return children, places and gaps by unit; the whole area only, without units."""
    units = pd.DataFrame(balance.units.drop(columns="geometry"))
    called = unit_names(study, balance, language)
    frame = units.assign(
        number=np.arange(1, len(units) + 1),
        name=[called[str(i)] for i in units["unit_id"]],
        coverage=1.0 - _ratio(units["unreached"], units["children"]),
        **_enrolment_by(balance.kindergartens, units["unit_id"]),
    )
    whole = _enrolment(balance.kindergartens)
    total: dict[str, object] = {
        "name": term("report.total", language),
        **{k: balance.totals[k] for k in (*SUMS, "coverage")},
        "gap": _net_gap(balance),
        **whole,
    }
    if frame.empty:
        only = {**total, "number": 1, "unit_id": "all", "name": term("values.all", language)}
        return Annex("units", pd.DataFrame([only]).reindex(columns=list(UNIT_COLUMNS)))
    return Annex("units", _shown(frame, UNIT_COLUMNS, keep=("enrolled",)), total)


def _enrolment_by(kindergartens: pd.DataFrame, unit_ids: pd.Series) -> dict[str, list[float]]:
    groups = dict(tuple(pd.DataFrame(kindergartens).groupby("unit_id")))
    nothing = kindergartens.iloc[:0]
    rows = [_enrolment(groups.get(i, nothing)) for i in unit_ids]
    return {k: [row[k] for row in rows] for k in ("enrolled", "public_share", "inclusive_share")}


def _enrolment(kindergartens: pd.DataFrame) -> dict[str, float]:
    """Return enrolled children of what counts as supply, and their shares by kind.

    Shares are over children, not over kindergartens (STANDARDS 0.7); one missing number makes
    them impossible to judge.
    """
    there = kindergartens[kindergartens["counted"].astype(bool)]
    enrolled = there["enrolled"].astype(float)
    total = enrolled.sum()
    judged = len(there) > 0 and enrolled.notna().all() and there["kind"].notna().all()
    public, inclusive = (enrolled[there["kind"] == k].sum() for k in ("public", "inclusive"))
    return {
        "enrolled": enrolled.sum(min_count=1),
        "public_share": _ratio_of(public, total) if judged else np.nan,
        "inclusive_share": _ratio_of(public + inclusive, total) if judged else np.nan,
    }


def communities_annex(study: Study, balance: Balance, language: Language) -> Annex:
    """Return the communities, most children without a place first, and the rest of the area."""
    frame = pd.DataFrame(balance.communities.drop(columns="geometry"))
    if frame.empty:
        return Annex("communities", frame)
    frame = frame.sort_values(["unserved", "community_id"], ascending=[False, True])
    frame = frame.assign(
        number=np.arange(1, len(frame) + 1),
        name=shown_names(frame, "community_id", study, language),
        unit=_units_of(frame, study, balance, language),
    )
    frame = _shown(frame, COMMUNITY_COLUMNS)
    rest = balance.demand[balance.demand["source"] != "community"]
    if len(rest):
        beyond: dict[str, object] = {k: rest[k].sum() for k in ("children", *SUMS[2:5])}
        beyond |= {"name": term("report.beyond_communities", language), "community_id": ""}
        beyond["gap"] = beyond["unserved"]
        frame = Annex("", frame, beyond).complete()
    sums = _sums(frame, ("households", "residents", "children", *SUMS[2:5], "gap"))
    return Annex("communities", frame, {"name": term("report.total", language), **sums})


def sites_annex(study: Study, balance: Balance, sites: SitePlan, language: Language) -> Annex:
    """Return the proposed kindergartens in their order, with sizes, cost and reason."""
    frame = pd.DataFrame(sites.sites.drop(columns="geometry"))
    if frame.empty:
        return Annex("sites", frame)
    frame = frame.assign(
        name=shown_names(frame, "site_id", study, language),
        unit=_units_of(frame, study, balance, language),
        source=[value_label(s, language) for s in frame["source"]],
        action=[value_label(a, language) for a in frame["action"]],
        cost_per_place=_ratio(frame["cost_wan"], frame["places"]),
        **{name: said(frame[f"{name}_{language}"]) for name in TEXTS},
    )
    frame = _shown(frame, SITE_COLUMNS)
    sums = _sums(frame, ("classes", "places", "children_gained", "served"))
    if "cost_wan" in frame and frame["cost_wan"].notna().all():
        sums["cost_wan"] = _sum(frame, "cost_wan")
    return Annex("sites", frame, {"name": term("report.total", language), **sums})


def said(texts: pd.Series) -> pd.Series:
    """Return texts as a document can hold them; missing where there is nothing to say."""
    return texts.map(lambda text: clean(text) or None)


def before_after_annex(study: Study, sites: SitePlan, language: Language) -> Annex:
    """Return what the sites change in each unit."""
    states = {"before": sites.before, "after": sites.after}
    called = unit_names(study, sites.after, language)
    base = sites.after.units
    frame = pd.DataFrame({"unit_id": base["unit_id"], "children": base["children"]})
    frame.insert(1, "name", [called[str(i)] for i in base["unit_id"]])
    total: dict[str, object] = {"name": term("report.total", language)}
    total["children"] = sites.before.totals["children"]
    for column in COMPARED:
        for state, balance in states.items():
            values = balance.units.set_index("unit_id")[column]
            frame[f"{column}_{state}"] = frame["unit_id"].map(values)
            whole = _net_gap(balance) if column == "gap" else balance.totals[column]
            total[f"{column}_{state}"] = whole
    if frame.empty or sites.sites.empty:
        return Annex("before_after", frame.iloc[:0])
    return Annex("before_after", frame, total)


def excluded_annex(study: Study, sites: SitePlan, language: Language) -> Annex:
    """Return the candidates that may not be used, and why."""
    frame = pd.DataFrame(sites.excluded.drop(columns="geometry"))
    if frame.empty:
        return Annex("excluded", frame)
    frame = frame.assign(
        name=shown_names(frame, "site_id", study, language),
        reason=frame[f"reason_{language}"].map(clean),
    )
    return Annex("excluded", frame[["site_id", "name", "reason"]])


def problems_annex(balance: Balance, language: Language) -> Annex:
    """Return what was found wrong in the inputs."""
    frame = balance.problems.reindex(columns=list(PROBLEM_COLUMNS))
    return Annex(
        "problems",
        frame.assign(
            layer=[layer_label(v, language) for v in frame["layer"]],
            severity=[value_label(v, language) for v in frame["severity"]],
        ),
    )


def inputs_annex(study: Study, language: Language) -> Annex:
    """Return the files that were read."""
    frame = study.inputs
    return Annex("inputs", frame.assign(layer=[layer_label(v, language) for v in frame["layer"]]))


def layer_label(value: object, language: Language) -> str:
    """Return how a layer is called."""
    key = f"report.layer_{clean(value)}"
    return term(key, language) if has_term(key) else clean(value)


def _units_of(frame: pd.DataFrame, study: Study, balance: Balance, language: Language) -> list[str]:
    called = unit_names(study, balance, language)
    return [called.get(clean(i), clean(i)) for i in frame["unit_id"]]


def _shown(
    frame: pd.DataFrame, columns: tuple[str, ...], keep: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return the columns that are there and say something, with a fresh index."""
    there = [c for c in columns if c in frame.columns and (c in keep or says(frame[c]))]
    return frame[there].reset_index(drop=True)


def says(column: pd.Series) -> bool:
    """Return whether a column holds anything."""
    return bool((column.notna() & (column.astype(str) != "")).any())


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    divisor = whole.astype(float)
    return part.astype(float) / divisor.where(divisor > 0)


def _ratio_of(part: object, whole: object) -> float:
    a, b = float(part or 0.0), float(whole or 0.0)  # type: ignore[arg-type]
    return a / b if b > 0 else np.nan


def _sum(frame: pd.DataFrame, column: str) -> float:
    return float(frame[column].sum())


def _sums(frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, object]:
    return {c: _sum(frame, c) for c in columns if c in frame.columns}


def _net_gap(balance: Balance) -> float:
    return float(balance.demand["children"].sum() - balance.kindergartens["places"].sum())


def _finite(value: object) -> float:
    number = np.nan if value is None else float(value)  # type: ignore[arg-type]
    return number if np.isfinite(number) else np.nan

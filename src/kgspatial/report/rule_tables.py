"""The annex tables of the rules: who meets them, by how much not, and what is not known.

Imports from `tables`, `wording`, `balance`, `standards`, `terms`. Only what the inputs allow is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.balance import (
    check_estates,
    check_kindergartens,
    check_synchronisation,
    check_villages,
)
from kgspatial.balance.ledger import link_ledger
from kgspatial.balance.rules.areas import per_child_of
from kgspatial.balance.rules.verdicts import (
    MET,
    NO_THRESHOLD,
    NOT_IN_FORCE,
    NOT_MET,
    UNKNOWN,
    open_kindergartens,
)
from kgspatial.balance.rules.villages import OWN
from kgspatial.report.tables import Annex, labelled, says
from kgspatial.report.wording import clean, header, joined, language_of, shown_names, unit_names
from kgspatial.terms import Language, has_term, term

if TYPE_CHECKING:
    from kgspatial.balance import Balance
    from kgspatial.study import Study

NOT_CONCERNED = "not_concerned"
"""The verdict on a subject to which no rule of the table applies."""

AREAS = {
    "outdoor_m2_per_child": "outdoor_area_m2",
    "floor_m2_per_child": "floor_area_m2",
    "site_m2_per_child": "site_area_m2",
}
RATIOS = {
    "children_per_teacher": "teachers",
    "children_per_staff": "staff",
    "children_per_educator": "educators",
}
"""Ratios of staff, and of which persons more are needed where they are not met."""

PER_CLASS = {"teachers_per_class": "teachers", "carers_per_class": "carers"}
HEAD = ("number", "kindergarten_id", "name", "unit")
TAIL = ("verdict", "missing")
AREA_COLUMNS = (*HEAD, "opened_year", "enrolled", *AREAS, *TAIL)
CLASS_COLUMNS = (
    *(*HEAD, "enrolled", "classes", "classes_nursery", "classes_junior", "classes_middle"),
    *("classes_senior", "classes_mixed", "children_per_class", "class_limit", *TAIL),
)
STAFF_COLUMNS = (
    *(*HEAD, "enrolled", "classes", "staff", "teachers", "carers", *RATIOS, *PER_CLASS),
    *("two_and_one", "teachers_short", "carers_short", "educators_short", "staff_short", *TAIL),
)
VILLAGE_COLUMNS = (
    *("number", "village_id", "name", "unit", "residents", "large", "kindergartens", "form"),
    *("head_name", "head_distance_m", *TAIL),
)
ESTATE_COLUMNS = (
    *("number", "community_id", "name", "unit", "households", "residents", "classes_owed"),
    *("kindergartens_owed", "places_owed", "places_provided", "places_missing", "shared_with"),
    *("problem_kinds", "synchronised", *TAIL, "clause"),
)


def rule_annexes(study: Study, balance: Balance, language: Language) -> list[Annex]:
    """Return annexes 4, 5, 6, 12 and 13; those of which the inputs tell nothing are empty."""
    year = study.settings.plan.year if balance.year is None else balance.year
    verdicts = check_kindergartens(study, year)
    table = open_kindergartens(study, year)
    base = _kindergartens(study, balance, pd.DataFrame(table.drop(columns="geometry")), language)
    per_child = {name: per_child_of(table, column).value for name, column in AREAS.items()}
    return [
        _areas(base.assign(**per_child), verdicts, language),
        _class_sizes(base, verdicts, language),
        _staffing(base, verdicts, language),
        _villages(study, balance, year, language),
        _estates(study, balance, year, language),
    ]


def rule_tables(
    study: Study, balance: Balance, language: Language | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of the rules with headers for people.

    Parameters
    ----------
    study : Study
        The study area.
    balance : Balance
        The balance of children and places as it is; its year decides which rules are in force.
    language : {'zh', 'en'}, optional
        The plan's unless given.

    Returns
    -------
    dict of str to DataFrame
        By key: ``areas``, ``class_sizes``, ``staffing``, ``villages``, ``estates``; only those of
        which the inputs tell something.

    Examples
    --------
    >>> rule_tables(study, balance, "en")["staffing"]  # doctest: +SKIP
    """
    spoken = language_of(study, language)
    annexes = rule_annexes(study, balance, spoken)
    return {a.key: labelled(a.complete(), spoken) for a in annexes if len(a.frame)}


def overall(verdicts: pd.DataFrame, ids: Iterable[str], language: Language) -> pd.DataFrame:
    """Return one verdict for each subject in words, and what is missing for it.

    One rule that is not met is enough; then one that cannot be judged. A subject that no rule
    concerns has a word of its own.
    """
    weight = verdicts["verdict"].map({MET: 0, UNKNOWN: 1, NOT_MET: 2})
    worst = weight.groupby(verdicts["subject_id"]).max().map({0: MET, 1: UNKNOWN, 2: NOT_MET})
    open_ones = verdicts[verdicts["verdict"] == UNKNOWN]
    lacks = open_ones.groupby("subject_id")["missing"].agg(", ".join)
    names = pd.Series(list(ids), dtype=object)
    words = names.map(worst).fillna(NOT_CONCERNED)
    return pd.DataFrame(
        {
            "verdict": [term(f"verdicts.{word}", language) for word in words],
            "missing": [missing_text(m, language) for m in names.map(lacks)],
        }
    )


def heard(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts without those of rules that nobody verified or that are not in force.

    Of several rules together, these have no say.
    """
    silent = verdicts["missing"].str.contains(f"{NO_THRESHOLD}|{NOT_IN_FORCE}")
    return verdicts[~silent.astype(bool)]


def missing_text(missing: object, language: Language) -> str:
    """Return what would have to be known, in the words of the column headers."""
    parts = dict.fromkeys(_group(part) for part in clean(missing).split(", ") if part)
    choice = term("verdicts.or", language)
    shown = (choice.join(_called(t, language) for t in part.split(" or ")) for part in parts)
    return joined(shown, language)


def told(frame: pd.DataFrame, columns: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Return the columns that say something; nothing at all where none of `values` is known."""
    there = [c for c in columns if c in frame.columns and says(frame[c])]
    if not any(c in there for c in values):
        return frame.iloc[:0]
    return frame[there].reset_index(drop=True)


def _group(token: str) -> str:
    return "age_groups" if token.startswith("classes_") else token


def _called(token: str, language: Language) -> str:
    key = f"verdicts.missing_{token}"
    return term(key, language) if has_term(key) else header(token, language)


def _of(verdicts: pd.DataFrame, *rules: str) -> pd.DataFrame:
    """The verdicts of some rules; a name that ends in a dot stands for all that begin with it."""
    named = [
        verdicts["rule"].str.startswith(r) if r.endswith(".") else verdicts["rule"] == r
        for r in rules
    ]
    return verdicts[np.logical_or.reduce(named)]


def _kindergartens(
    study: Study, balance: Balance, table: pd.DataFrame, language: Language
) -> pd.DataFrame:
    """What all tables of kindergartens begin with."""
    frame = table.reset_index(drop=True)
    if "name" not in frame:
        frame["name"] = None
    home = balance.kindergartens.set_index("kindergarten_id")["unit_id"]
    called = unit_names(study, balance, language)
    return frame.assign(
        number=np.arange(1, len(frame) + 1),
        name=shown_names(frame, "kindergarten_id", study, language),
        unit=frame["kindergarten_id"].map(home).map(lambda u: called.get(str(u), "")),
    )


def _areas(frame: pd.DataFrame, verdicts: pd.DataFrame, language: Language) -> Annex:
    """Annex 4: areas per child; kindergartens from before the standard are not concerned."""
    said = overall(heard(_of(verdicts, "areas.")), frame["kindergarten_id"], language)
    return Annex("areas", told(frame.assign(**said), AREA_COLUMNS, tuple(AREAS)))


def _class_sizes(frame: pd.DataFrame, verdicts: pd.DataFrame, language: Language) -> Annex:
    """Annex 5: children a class against what the classes of a kindergarten hold."""
    sizes = verdicts[verdicts["rule"].str.startswith("class_size")]
    own = sizes.drop_duplicates("subject_id").set_index("subject_id")
    ids = frame["kindergarten_id"]
    whole = frame.assign(
        children_per_class=ids.map(own["value"]),
        class_limit=ids.map(own["threshold"]),
        **overall(sizes, ids, language),
    )
    shown = told(whole, CLASS_COLUMNS, ("children_per_class",))
    return Annex("class_sizes", shown, _total(shown, ("enrolled", "classes"), language))


def _staffing(frame: pd.DataFrame, verdicts: pd.DataFrame, language: Language) -> Annex:
    """Annex 6: ratios, two teachers and a carer in each class, and how many persons are short."""
    ids, rules = frame["kindergarten_id"], heard(_of(verdicts, "staffing."))
    values = {
        name: ids.map(_single(rules, f"staffing.{name}")["value"]) for name in (*RATIOS, *PER_CLASS)
    }
    pair = _of(rules, *(f"staffing.{name}" for name in PER_CLASS))
    whole = frame.assign(
        **values,
        two_and_one=overall(pair, ids, language)["verdict"],
        **_short(frame, rules),
        **overall(rules, ids, language),
    )
    shown = told(whole, STAFF_COLUMNS, tuple(values))
    sums = ("enrolled", "classes", "staff", "teachers", "carers")
    short = ("teachers_short", "carers_short", "educators_short", "staff_short")
    return Annex("staffing", shown, _total(shown, (*sums, *short), language))


def _single(rules: pd.DataFrame, rule: str) -> pd.DataFrame:
    """The verdicts of one rule by subject; the last one where a profile says it twice."""
    return (
        rules[rules["rule"] == rule]
        .drop_duplicates("subject_id", keep="last")
        .set_index("subject_id")
    )


def _short(frame: pd.DataFrame, rules: pd.DataFrame) -> dict[str, pd.Series]:
    """Persons that each kindergarten lacks: the most that any rule asks; nan where none decides."""
    short: dict[str, pd.Series] = {}
    if {"teachers", "carers"} <= set(frame):
        frame = frame.assign(
            educators=frame["teachers"].astype(float) + frame["carers"].astype(float)
        )
    for name, persons in (*RATIOS.items(), *PER_CLASS.items()):
        if persons not in frame:
            continue
        own = _single(rules, f"staffing.{name}").reindex(frame["kindergarten_id"])
        decided, threshold = (
            own["verdict"].isin([MET, NOT_MET]).to_numpy(),
            own["threshold"].to_numpy(),
        )
        if name in RATIOS:
            asked = np.ceil((frame["enrolled"].astype(float) / threshold).round(9))
        else:
            asked = np.ceil((frame["classes"].astype(float) * threshold).round(9))
        lacks = (asked - frame[persons].astype(float)).clip(lower=0.0)
        lacks = lacks.where(own["verdict"].to_numpy() == NOT_MET, 0.0).where(decided)
        before = short.get(f"{persons}_short")
        short[f"{persons}_short"] = lacks if before is None else np.fmax(before, lacks)
    return short


def _villages(study: Study, balance: Balance, year: int | None, language: Language) -> Annex:
    """Annex 12: each village, the kindergarten that it should have, and the head of a branch."""
    found = check_villages(study, year)
    if study.villages is None or found.empty:
        return Annex("villages", pd.DataFrame())
    found = found.drop_duplicates("subject_id", keep="last").reset_index(drop=True)
    verified = (
        ~found["missing"].str.contains(NO_THRESHOLD).astype(bool) & found["residents"].notna()
    )
    large = (found["rule"] == OWN).map({True: "yes", False: "no"}).where(verified)
    form = (found["rule"] == OWN).map({True: "own", False: "branch"}).where(verified)
    said = overall(found, found["subject_id"], language)
    frame = found[["name", "residents", "head_distance_m"]].assign(
        number=np.arange(1, len(found) + 1),
        village_id=found["subject_id"],
        unit=_village_units(study, balance, found["subject_id"], language),
        large=[term(f"report.{v}", language) if clean(v) else "" for v in large],
        kindergartens=found["value"],
        form=[term(f"verdicts.form_{v}", language) if clean(v) else "" for v in form],
        head_name=found["head_name"].where(found["head_name"].map(clean) != "", found["head_id"]),
        **said,
    )
    frame["name"] = shown_names(frame, "village_id", study, language)
    frame["head_distance_m"] = frame["head_distance_m"].astype(float)
    shown = told(frame, VILLAGE_COLUMNS, ("residents", "kindergartens"))
    return Annex("villages", shown, _total(shown, ("residents", "kindergartens"), language))


def _village_units(study: Study, balance: Balance, ids: pd.Series, language: Language) -> pd.Series:
    villages, called = study.villages, unit_names(study, balance, language)
    if villages is None or "unit_id" not in villages:
        return pd.Series("", index=ids.index, dtype=object)
    home = dict(zip(villages["village_id"].astype(str), villages["unit_id"], strict=True))
    return ids.map(home).map(lambda unit: called.get(clean(unit), ""))


def _estates(study: Study, balance: Balance, year: int | None, language: Language) -> Annex:
    """Annex 13: the places that each estate is owed, has and lacks; its entry in the ledger."""
    found = check_estates(study, year)
    if study.communities is None or found.empty:
        return Annex("estates", pd.DataFrame())
    ids = found["subject_id"]
    own = study.communities.set_index("community_id").reindex(ids)
    homes = balance.communities.set_index("community_id")["unit_id"].reindex(ids)
    called = unit_names(study, balance, language)
    frame = found.assign(
        number=np.arange(1, len(found) + 1),
        community_id=ids,
        unit=[called.get(clean(unit), "") for unit in homes],
        shared_with=found["group"].where(found["group"] != ids, ""),
        **{c: own[c].to_numpy() for c in ("households", "residents") if c in own},
        **overall(found, ids, language),
        **_in_ledger(study, ids, year, language),
    )
    frame["name"] = shown_names(frame, "community_id", study, language)
    shown = told(frame, ESTATE_COLUMNS, ("places_owed", "kindergartens_owed", "problem_kinds"))
    sums = ("households", "residents", "classes_owed", "kindergartens_owed", "places_owed")
    return Annex("estates", shown, _total(shown, (*sums, "places_provided"), language))


def _in_ledger(
    study: Study, ids: pd.Series, year: int | None, language: Language
) -> dict[str, list[str]]:
    """What the ledger says of each estate: kinds of problem, and the five synchronisations."""
    if study.ledger is None:
        return {}
    ledger, _ = link_ledger(study.ledger.reset_index(drop=True), communities=study.communities)
    linked = ledger["community_id"].map(clean)
    stages = check_synchronisation(study, year)
    each = len(stages) // max(len(ledger), 1)
    stages = stages.assign(subject_id=np.repeat(linked.to_numpy(dtype=object), each))
    kinds = ledger.get("problem_kinds", pd.Series(None, index=ledger.index)).map(clean)
    problems = kinds.groupby(linked).agg(";".join)
    there = ids.isin(set(linked)).to_numpy()
    states = overall(stages, ids, language)["verdict"]
    return {
        "problem_kinds": [codes_text(k, "problem", language) for k in ids.map(problems)],
        "synchronised": [s if t else "" for s, t in zip(states, there, strict=True)],
    }


def codes_text(codes: object, prefix: str, language: Language) -> str:
    """Return the codes of a cell in words, each once."""
    parts = dict.fromkeys(p.strip() for p in clean(codes).split(";") if p.strip())
    keys = ((part, f"ledger.{prefix}_{part}") for part in parts)
    return joined((term(k, language) if has_term(k) else p for p, k in keys), language)


def _total(frame: pd.DataFrame, columns: Sequence[str], language: Language) -> dict[str, object]:
    """Sums of the columns of which every row is known; a part is no total."""
    if frame.empty:
        return {}
    whole = [c for c in columns if c in frame.columns and frame[c].notna().all()]
    sums: dict[str, object] = {c: float(frame[c].astype(float).sum()) for c in whole}
    return {"name": term("report.total", language), **sums} if sums and "name" in frame else {}

"""How values, names and headers are written for people.

Imports from `terms`. Nothing written here reads ``nan`` or ``None``: what is missing is left
empty in a table and said to be missing in a sentence.
"""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kgspatial.terms import Language, has_term, term

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kgspatial.balance import Balance
    from kgspatial.study import Study

ValueKind = Literal["text", "count", "gap", "share", "money", "degrees", "year"]

COLUMN_KINDS: dict[str, ValueKind] = {
    **dict.fromkeys(
        (
            *("number", "order", "households", "residents", "children", "places", "classes"),
            *("enrolled", "served", "unserved", "unreached", "vacant", "nearest_children"),
            *("nearest_m", "mean_distance_m", "children_gained", "site_area_m2", "floor_area_m2"),
            *("outdoor_area_m2", "teachers", "carers", "staff", "rows", "kindergartens", "row"),
        ),
        "count",
    ),
    **dict.fromkeys(("utilisation", "enrolment_rate", "coverage"), "share"),
    **dict.fromkeys(("public_share", "inclusive_share"), "share"),
    **dict.fromkeys(("cost_wan", "cost_per_place"), "money"),
    **dict.fromkeys(("lon", "lat"), "degrees"),
    **dict.fromkeys(("opened_year", "closes_year", "year"), "year"),
    **dict.fromkeys(
        (
            *(
                "places_before",
                "newly_served",
                "moved_here",
                "moved",
                "worth",
                "runner_up_difference",
            ),
            *("places_without", "served_without", "unserved_without", "vacant_without"),
        ),
        "count",
    ),
    **dict.fromkeys(("cost_per_child_wan",), "money"),
    **dict.fromkeys(("horizon_use",), "share"),
    **dict.fromkeys(
        (
            *("teachers_short", "carers_short", "educators_short", "staff_short", "classes_owed"),
            "places_owed",
            *("kindergartens_owed", "places_provided", "head_distance_m", "planned_places"),
            *("classes_nursery", "classes_junior", "classes_middle", "classes_senior"),
            *("classes_mixed", "class_limit", "days_over", "entries", "rank", "done_count"),
            *("public_count", "inclusive_count", "no_outcome", "open_count", "overdue"),
            *("places_added", "public_places_added"),
        ),
        "count",
    ),
    **dict.fromkeys(
        (
            *("outdoor_m2_per_child", "floor_m2_per_child", "site_m2_per_child"),
            *("children_per_class", "children_per_teacher", "children_per_staff"),
            *("children_per_educator", "teachers_per_class", "carers_per_class"),
            *("investment_wan", "planned_wan", "done_wan"),
        ),
        "money",
    ),
    **dict.fromkeys(("approved_year", "delivered_year"), "year"),
    "rate": "share",
    "places_missing": "gap",
    "gap": "gap",
}

STATES = ("before", "after")
LAYER_OF_ID = {
    "community_id": "communities",
    "kindergarten_id": "kindergartens",
    "unit_id": "units",
    "site_id": "candidates",
    "village_id": "villages",
}


def language_of(study: Study, language: Language | None) -> Language:
    """Return the language asked for, or else the plan's."""
    return language or study.settings.plan.language


def split_state(column: str) -> tuple[str, str]:
    """Split ``served_after`` into ``("served", "after")``; the state is empty for most columns."""
    base, _, state = column.rpartition("_")
    return (base, state) if state in STATES else (column, "")


def column_kind(column: str) -> ValueKind:
    """Return how the values of a canonical column are written."""
    return COLUMN_KINDS.get(split_state(column)[0], "text")


def header(column: str, language: Language) -> str:
    """Return the header of a canonical column."""
    base, state = split_state(column)
    label = term(f"columns.{base}", language) if has_term(f"columns.{base}") else base
    return term(f"report.{state}_of", language, label=label) if state else label


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NA or empty text."""
    return pd.api.types.is_scalar(value) and (bool(pd.isna(value)) or value == "")


def clean(value: object) -> str:
    """Return data as text: empty where missing, without characters that XML forbids."""
    if is_missing(value):
        return ""
    return "".join(
        c for c in str(value) if c in "\t\n" or unicodedata.category(c) not in _FORBIDDEN
    )


_FORBIDDEN = frozenset({"Cc", "Cs", "Cn"})


def say(value: object, kind: ValueKind = "count") -> str:
    """Return a value as a table cell shows it; an empty string where it is missing."""
    if is_missing(value):
        return ""
    if kind == "text":
        return clean(value)
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return ""
    return _number(number, kind)


def _number(number: float, kind: ValueKind) -> str:
    if kind == "share":
        return f"{number:.1%}"
    if kind == "money":
        return f"{number:,.1f}"
    if kind == "degrees":
        return f"{number:.6f}"
    if kind == "year":
        return f"{number:.0f}"
    whole = _whole(number)
    return f"{whole:+,d}" if kind == "gap" and whole else f"{whole:,d}"


def _whole(number: float) -> int:
    """Round half away from zero, as people do; Python's `round` goes to the even number."""
    return int(math.copysign(math.floor(abs(number) + 0.5), number))


def known(value: object, kind: ValueKind, language: Language) -> str:
    """Return a value for a sentence; says "not known" where it is missing."""
    return say(value, kind) or term("report.unknown", language)


def joined(items: Iterable[str], language: Language) -> str:
    """Return items as an enumeration inside a sentence."""
    return term("report.list_separator", language).join(items)


def value_label(value: object, language: Language) -> str:
    """Return the label of a coded value such as ``public`` or ``build``; itself if it has none."""
    text = clean(value)
    return term(f"values.{text}", language) if has_term(f"values.{text}") else text


def kind_label(value: object, language: Language) -> str:
    """Return the label of a kind of kindergarten; the missing kind has one of its own."""
    return value_label("unknown_kind" if is_missing(value) else value, language)


def latin_names(study: Study, id_column: str) -> dict[str, str]:
    """Return the Latin names that the study's layer gives, by id."""
    layer = getattr(study, LAYER_OF_ID[id_column])
    if layer is None or "name_latin" not in layer.columns:
        return {}
    return {str(i): clean(n) for i, n in zip(layer[id_column], layer["name_latin"], strict=True)}


def shown_names(
    frame: pd.DataFrame, id_column: str, study: Study, language: Language
) -> pd.Series[str]:
    """Return a name for each row, in its language where one is given; may be empty."""
    own = frame["name"].map(clean).astype(object)
    if language == "zh":
        return own
    latin = latin_names(study, id_column)
    foreign = frame[id_column].map(lambda i: latin.get(str(i), ""))
    return foreign.where(foreign != "", own)


def unit_names(study: Study, balance: Balance, language: Language) -> dict[str, str]:
    """Return how each unit is called, by id; the id itself where it has no name."""
    units = balance.units
    names = shown_names(units, "unit_id", study, language)
    called = {str(i): n or clean(i) for i, n in zip(units["unit_id"], names, strict=True)}
    for special in ("outside", "all"):
        if special in called:
            called[special] = term(f"values.{special}", language)
    return called


def text_width(text: str) -> int:
    """Return the width of a text in half-width characters; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

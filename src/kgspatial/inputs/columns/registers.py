"""What a kindergarten register says in several columns at once: kind, licence, classes by age.

Imports from `aliases`, `numbers`, `values`, `problems` and `layers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.inputs.columns.aliases import AUXILIARY, coded, means_missing
from kgspatial.inputs.columns.numbers import read_numbers
from kgspatial.inputs.columns.values import as_text, typed_column
from kgspatial.inputs.problems import Problem
from kgspatial.layers import Column

if TYPE_CHECKING:
    import geopandas as gpd

CLASSES_BY_AGE = tuple(
    f"classes_{group}" for group in ("nursery", "junior", "middle", "senior", "mixed")
)
INCLUSIVE, LICENCE_NUMBER, KIND_DETAIL = AUXILIARY["kindergartens"]


def with_register_columns(
    raw: gpd.GeoDataFrame, source: str
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Fill `kind`, `licensed` and `classes` from the columns in which registers say them.

    Parameters
    ----------
    raw : GeoDataFrame
        Kindergartens as read, with canonical names; ``inclusive`` (是否普惠), ``kind_detail``
        (办园类型, beside 办园性质) and ``licence_number`` (办园许可证号) are columns of registers that
        no result carries.
    source : str
        The file, for messages.

    Returns
    -------
    frame : GeoDataFrame
        Its rows, with these columns filled where they were not given.
    problems : list of Problem
        What was derived, and each kind that stays unclear.
    """
    frame, problems = raw, []
    for step in (_with_detail, _with_kinds, _with_licences, _with_classes):
        frame, found = step(frame, source)
        problems += found
    return frame, problems


def _with_detail(frame: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """办园类型 says more than 办园性质 where that is blank or only 民办."""
    if KIND_DETAIL not in frame:
        return frame, []
    if "kind" not in frame:
        return frame.assign(kind=frame[KIND_DETAIL]), []
    words, details = as_text(frame["kind"]), as_text(frame[KIND_DETAIL])
    known = {d for d in details.dropna().unique() if coded(d, "kind") is not None}
    open_words = {w for w in words.dropna().unique() if coded(w, "kind_open") is not None}
    told = (words.isna() | words.isin(list(open_words))) & details.isin(list(known))
    if not told.any():
        return frame, []
    text = (
        f"{int(told.sum())} cells of kind are blank or only say 民办, and the other column tells "
        f"more, such as {details[told].iloc[0]}"
    )
    note = _note("derived", text, "kind was filled from it", source, "kind")
    return frame.assign(kind=words.where(~told, details)), [note]


def _with_kinds(frame: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """民办 alone names two kinds: which of them, 是否普惠 or the other words of the column tell."""
    problems: list[Problem] = []
    inclusive = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    if INCLUSIVE in frame:
        column = Column(INCLUSIVE, "flag")
        inclusive, problems = typed_column(frame[INCLUSIVE], column, "kindergartens", source)
    if "kind" not in frame:
        return frame, problems
    words = as_text(frame["kind"])
    open_words = {w for w in words.dropna().unique() if coded(w, "kind_open") is not None}
    unclear = words.isin(list(open_words))
    if not unclear.any():
        return frame, problems
    told = {coded(w, "kind") for w in words.dropna().unique()}
    other = "private" if "inclusive" in told else None
    kinds = inclusive.map({True: "inclusive", False: "private"}).astype(object)
    kinds = kinds.where(kinds.notna(), other)
    problems += _kinds_told(words[unclear], kinds[unclear], source, by_words=other is not None)
    return frame.assign(kind=frame["kind"].astype(object).where(~unclear, kinds)), problems


def _kinds_told(
    words: pd.Series, kinds: pd.Series, source: str, *, by_words: bool
) -> list[Problem]:
    known, open_ = kinds.notna(), kinds.isna()
    problems = []
    if known.any():
        shown = ", ".join(sorted(set(kinds[known])))
        why = (
            "the column has a word of its own for inclusive ones" if by_words else "是否普惠 tells"
        )
        text = (
            f"{int(known.sum())} cells say {words[known].iloc[0]}: read as {shown}, because {why}"
        )
        problems.append(_note("values_recognised", text, "read as such", source, "kind"))
    text = "it does not say whether it is inclusive (普惠性) or not"
    done = "kind left out; write 普惠性民办 or 非普惠性民办, or give a column 是否普惠"
    return problems + [
        Problem(
            *(
                "kindergartens",
                "unclear_kind",
                text,
                done,
                "warning",
                source,
                int(row),
                "kind",
                str(w),
            )
        )
        for row, w in zip(words.index[open_], words[open_], strict=True)
    ]


def _with_licences(frame: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """A licence number is a licence; 无 is none; an empty cell says nothing."""
    if LICENCE_NUMBER not in frame or "licensed" in frame:
        return frame, []
    numbers = as_text(frame[LICENCE_NUMBER])
    absent = numbers.map(
        lambda t: coded(t, "flag") == "false" or means_missing(t), na_action="ignore"
    )
    licensed = (~absent.astype("boolean")).astype("boolean")
    text = (
        f"licences are told by their numbers: {int(licensed.sum())} rows have one, "
        f"{int((~licensed).sum())} say that there is none, {int(licensed.isna().sum())} say nothing"
    )
    note = _note("derived", text, "licensed was filled from them", source, "licensed")
    return frame.assign(licensed=licensed), [note]


def _with_classes(frame: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """The classes of the age groups are all classes where no total is given."""
    parts = [c for c in CLASSES_BY_AGE if c in frame]
    if not parts:
        return frame, []
    counts = pd.DataFrame({c: read_numbers(frame[c], "classes").values for c in parts})
    total = counts.sum(axis=1, min_count=1)
    given = frame["classes"] if "classes" in frame else pd.Series(np.nan, index=frame.index)
    empty = read_numbers(given, "classes").values.isna() & total.notna()
    if not empty.any():
        return frame, []
    text = f"{int(empty.sum())} rows have classes by age group and no total"
    classes = given.astype(object).where(~empty, total.astype(object))
    note = _note("derived", text, "classes are their sum", source, "classes")
    return frame.assign(classes=classes), [note]


def _note(code: str, text: str, done: str, source: str, column: str) -> Problem:
    return Problem("kindergartens", code, text, done, "note", source, column=column)

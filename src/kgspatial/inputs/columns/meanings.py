"""What one header stands for: the canonical column of a layer, and the unit of its numbers.

Imports from `aliases` and `layers`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from kgspatial.inputs.columns.aliases import (
    alias_data,
    all_units,
    column_keys,
    fallback_keys,
    key,
    plain,
    unit_key,
    units_of,
)
from kgspatial.layers import Column, spec_of

DBF_NAME_BYTES = 10
LONGEST_HEADER = 60
SUM_WORDS = ("合计", "小计", "总计", "总数")
NOW_WORDS = ("现状", "现有", "目前", "当前", "本年", "本学年", "本学期")
"""Words before a name that leave its meaning as it is: a register tells what there is."""

_BRACKETS = re.compile(r"[(\[【〔{<]([^)\]】〕}>]*)[)\]】〕}>]")
_YEAR_BEFORE = re.compile(
    r"^(?:截至|至)?(?>(?:19|20)\d{2}(?:学年度?|年度?)?(?:春季|秋季|年?[初底末])?)(?!规划|预测|目标|拟|需)"
)
_YEAR_AFTER = re.compile(r"(?:19|20)\d{2}年?$")
_PER_HEAD = re.compile(
    r"[生人班户]均|均[生人班户]|每一?个?[生人班户名位]|\bper\b|"
    r"(?:m2|平方?米|亩|公顷|元|个|人|班)\s*/\s*(?:每?[生人班户座]|child|pupil|person|class|place|seat)"
)
_BARE_UNIT = re.compile(r"(?:亩数?|m2|平方米|平米|公顷|万元|元|[%‰])$")
_SHARE = re.compile("[%‰]")
"""Signs that are units: names are compared without them."""
_UNIT_AFTER_SIGN = re.compile(r"[/_,:-]([^/_,:-]+)$")


@dataclass(frozen=True)
class Meaning:
    """What a header stands for: the canonical column, and the unit of its numbers."""

    name: str
    unit: str = ""
    factor: float = 1.0
    rank: int | None = None
    """Place among the weak aliases; None for a strong one."""


def recognise(header: str, layer: str, with_coordinates: bool) -> Meaning | None:
    """What a header stands for in a layer, or None when nothing is known of it.

    Parameters
    ----------
    header : str
        As in the file: blanks, punctuation, case and full width do not matter; a year, a unit in
        brackets and 合计 around the name are understood. A value per head (生均) is no total.
    layer : str
        Whose names to compare with.
    with_coordinates : bool
        Whether the file is a table, which has coordinates in columns.

    Examples
    --------
    >>> recognise("用地面积（亩）", "kindergartens", True).name
    'site_area_m2'
    >>> recognise("生均用地面积（m²）", "kindergartens", True) is None
    True
    """
    return _recognise(header, layer, with_coordinates) if len(header) <= LONGEST_HEADER else None


def is_per_head(text: str) -> bool:
    """Whether a header is of values per child, class or household."""
    return _PER_HEAD.search(plain(text)) is not None


def column_of(canonical: str, layer: str) -> Column | None:
    """The schema's column of this name, None for coordinates and other columns of files only."""
    return next((c for c in spec_of(layer).columns if c.name == canonical), None)


@lru_cache(maxsize=20_000)
def _recognise(header: str, layer: str, with_coordinates: bool) -> Meaning | None:
    text = plain(header)
    whole = _plain_meaning(text, layer, with_coordinates)
    if whole is not None and not _SHARE.search(text):
        return whole
    if _PER_HEAD.search(text):
        return None
    bracketed = [part.strip() for part in _BRACKETS.findall(text)]
    if bracketed:
        meaning = _plain_meaning(_BRACKETS.sub("", text), layer, with_coordinates)
        parts = [re.sub(r"^(?:计量)?单位:?", "", part) for part in bracketed]
        return _measured(meaning, next((p for p in parts if unit_key(p) in all_units()), ""), layer)
    for pattern in (_UNIT_AFTER_SIGN, _BARE_UNIT):
        if (match := pattern.search(text)) and unit_key(match[0].lstrip("/_,:-")) in all_units():
            meaning = _plain_meaning(text[: match.start()], layer, with_coordinates)
            return _measured(meaning, match[0].lstrip("/_,:-"), layer)
    return _cut_off(text, layer)


def _plain_meaning(text: str, layer: str, with_coordinates: bool) -> Meaning | None:
    """The meaning of a header without units: as it is, without its year, without 合计 after it."""
    strong, weak = column_keys(layer, with_coordinates), fallback_keys(layer)
    dated = _YEAR_AFTER.sub("", _YEAR_BEFORE.sub("", text))
    for tried in dict.fromkeys((key(text), key(dated))):
        now = next((tried.removeprefix(w) for w in NOW_WORDS if tried.startswith(w)), tried)
        for candidate in dict.fromkeys((tried, now, _without_sum(tried), _without_sum(now))):
            if candidate in strong:
                return Meaning(strong[candidate])
            if candidate in weak:
                return Meaning(weak[candidate][0], rank=weak[candidate][1])
    return None


def _without_sum(name: str) -> str:
    return next((name.removesuffix(w) for w in SUM_WORDS if name.endswith(w)), name)


def _measured(meaning: Meaning | None, unit: str, layer: str) -> Meaning | None:
    """A meaning with its unit; None where the unit measures something else."""
    if meaning is None or not unit:
        return meaning
    column = column_of(meaning.name, layer)
    factor = units_of(column.unit).get(unit_key(unit)) if column and column.unit else None
    if factor is None:
        return None if column is not None and column.kind == "number" else meaning
    return Meaning(meaning.name, unit, factor, meaning.rank)


def _cut_off(text: str, layer: str) -> Meaning | None:
    """The one column whose name, cut to the ten bytes of a Shapefile's field, is `text`."""
    found = _cut_names(layer).get(text, frozenset())
    return Meaning(next(iter(found))) if len(found) == 1 else None


@cache
def _cut_names(layer: str) -> dict[str, frozenset[str]]:
    """Names and aliases as ten bytes leave them: ten letters, five characters in GBK, three in UTF-8."""
    aliases = alias_data()["columns"].get(layer, {})
    theirs = [(alias.casefold(), name) for name, names in aliases.items() for alias in names]
    ours = [(name, name) for name in spec_of(layer).column_names]
    return {**_cut(theirs), **_cut(ours)}


def _cut(whole: list[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """What is left of each name, to the columns that it may stand for."""
    cut: dict[str, frozenset[str]] = {}
    for alias, name in whole:
        for encoding in ("gb18030", "utf-8"):
            left = alias.encode(encoding)[:DBF_NAME_BYTES].decode(encoding, "ignore")
            if left != alias:
                cut[left] = cut.get(left, frozenset()) | {name}
    return cut

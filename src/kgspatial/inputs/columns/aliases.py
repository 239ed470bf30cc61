"""What planners call things, as data: headers, units and coded values; and how names are compared.

Imports from `layers`. The names themselves are in `aliases.toml`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

from kgspatial.layers import spec_of

COORDINATE_NAMES = ("lon", "lat", "x", "y", "lon_lat", "lat_lon")
"""Canonical names of coordinate columns, which tables have instead of a geometry."""

AUXILIARY = {"kindergartens": ("inclusive", "licence_number", "kind_detail")}
"""Columns that registers have and no layer: they tell `kind` and `licensed`, see `registers`."""

_SIGNS = re.compile(r"[\W_]+")
_NOT_COUNTED = ("m2", "10,000 yuan", "m", "share", "year")


@cache
def alias_data() -> dict[str, Any]:
    """The content of ``aliases.toml``."""
    text = resources.files("kgspatial.inputs.columns").joinpath("aliases.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _simplified() -> dict[int, str]:
    return str.maketrans(dict(alias_data()["writing"]["simplified"].split()))


def plain(text: str) -> str:
    """A text as it is compared: NFKC, case folded, in simplified characters, trimmed."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_simplified()).strip()


def key(text: str) -> str:
    """A name as it is compared: as a plain text, without blanks and punctuation."""
    return _SIGNS.sub("", plain(text))


@cache
def column_keys(layer: str, with_coordinates: bool) -> dict[str, str]:
    """Key of each strong alias, and of each canonical name, to the canonical name."""
    data = alias_data()["columns"]
    tables = [data.get(layer, {})] + ([data["coordinates"]] if with_coordinates else [])
    found: dict[str, str] = {}
    for table in tables:
        for canonical, names in table.items():
            found |= {key(alias): canonical for alias in names}
    return {**found, **{key(name): name for name in known_names(layer, with_coordinates)}}


def known_names(layer: str, with_coordinates: bool) -> tuple[str, ...]:
    """All canonical names that a column of a layer's file may have."""
    coordinates = COORDINATE_NAMES if with_coordinates else ()
    return (*spec_of(layer).column_names, *AUXILIARY.get(layer, ()), *coordinates)


@cache
def fallback_keys(layer: str) -> dict[str, tuple[str, int]]:
    """Key of each weak alias to its canonical name and its place in the list."""
    table: dict[str, list[str]] = alias_data()["fallback"].get(layer, {})
    return {key(a): (name, i) for name, aliases in table.items() for i, a in enumerate(aliases)}


@cache
def value_keys(kind: str) -> dict[str, str]:
    """Key of each word for a coded value to the code."""
    table: dict[str, list[str]] = alias_data()["values"][kind]
    return {_value_key(w): code for code, words in table.items() for w in (code, *words)}


def _value_key(word: str) -> str:
    """Signs such as √ and — are all that some words have."""
    return key(word) or plain(word)


def coded(word: str, kind: str) -> str | None:
    """The code that a word stands for, or None."""
    return value_keys(kind).get(_value_key(word))


def has_codes(column: str) -> bool:
    """Whether a column's words are codes."""
    return column in alias_data()["values"]


@cache
def _missing_words() -> frozenset[str]:
    words: list[str] = alias_data()["values"]["missing"]["words"]
    return frozenset(plain(w) for w in words)


def means_missing(text: str) -> bool:
    """Whether a cell says that there is nothing: a dash, 无, n/a."""
    return plain(text) in _missing_words()


@cache
def units_of(unit: str) -> dict[str, float]:
    """How units are written, to the factor that turns one of them into a column's `unit`.

    What is counted may be written as a plain number of things (12个) or with its own word (12班),
    but not with another's: 12班 are no places.
    """
    units: dict[str, dict[str, float]] = alias_data()["units"]
    table = units[unit] if unit in _NOT_COUNTED else {**units["count"], **units[unit]}
    return {unit_key(written): float(factor) for written, factor in table.items()}


@cache
def all_units() -> frozenset[str]:
    """How any unit is written."""
    return frozenset(unit_key(w) for table in alias_data()["units"].values() for w in table)


def unit_key(text: str) -> str:
    """A unit as it is compared: ㎡ and m² are m2, without blanks."""
    return re.sub(r"\s+", "", plain(text))

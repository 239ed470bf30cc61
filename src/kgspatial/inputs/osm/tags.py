"""Tags of OpenStreetMap: which make a street that is walked on, a kindergarten, a residential area.

Imports from `planfile`, `layers` and `errors`. The tags themselves are in `osm_tags.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from kgspatial.errors import InputError
from kgspatial.layers import LAYERS

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Severity

Tags: TypeAlias = Mapping[str, str]
Words: TypeAlias = frozenset[str]
WordTable: TypeAlias = Mapping[str, Words]

Closed = Literal["forbidden", "needs_foot", "not_there", "no_street", "unknown"]
"""Why nobody walks on a way; :func:`closed_because`."""

FALSE_WORDS = frozenset({"no", "false", "0"})


@dataclass(frozen=True)
class StreetRules:
    """``[streets]`` of the table: values of `highway` and of the tags that open or close a way."""

    walkable: Words
    needs_foot: Words
    not_there: Words
    no_street: Words
    foot_allows: Words
    foot_forbids: Words
    access_forbids: Words
    walked_beside: WordTable

    @property
    def keys(self) -> tuple[str, ...]:
        """All tags that the rules look at."""
        return ("highway", "foot", "access", "motorroad", "barrier", "locked", *self.walked_beside)


@dataclass(frozen=True)
class PlaceRules:
    """``[kindergartens]`` or ``[communities]``: what is read, and what is listed but not read."""

    what: str
    read: WordTable
    listed: WordTable
    listed_what: str
    listed_severity: Severity
    always: tuple[str, ...]
    """Columns that are there even when no element has a value for them."""
    values: Mapping[str, Mapping[str, str]]
    """Canonical value by column and value of the tag; other values of these columns are dropped."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys by which an element can be found."""
        return (*self.read, *self.listed)


@cache
def _table() -> dict[str, Any]:
    text = resources.files("kgspatial.inputs.osm").joinpath("tags.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def street_rules() -> StreetRules:
    """Return the rules for streets."""
    table = {k: v for k, v in _table()["streets"].items() if k not in ("columns", "flags")}
    beside = _words(table.pop("walked_beside"))
    return StreetRules(walked_beside=beside, **{k: frozenset(v) for k, v in table.items()})


@cache
def place_rules(name: str) -> PlaceRules:
    """Return the rules for a layer of places."""
    table = {k: v for k, v in _table()[name].items() if k != "columns"}
    return PlaceRules(
        **{
            **table,
            "read": _words(table["read"]),
            "listed": _words(table["listed"]),
            "always": tuple(table["always"]),
            "values": table.get("values", {}),
        }
    )


def _words(table: Mapping[str, Iterable[str]]) -> dict[str, Words]:
    return {key: frozenset(values) for key, values in table.items()}


def values_of(tags: Tags, key: str) -> Words:
    """The values of one tag, which may hold several with semicolons between them."""
    text = tags.get(key, "")
    return frozenset(part.strip() for part in text.split(";")) if text else frozenset()


def matches(tags: Tags, wanted: WordTable) -> bool:
    """Whether one of the tags has one of the wanted values."""
    return any(values_of(tags, key) & values for key, values in wanted.items())


def is_set(value: str | None) -> bool:
    """Whether a tag such as `bridge` says yes: any value but a denial."""
    return value is not None and value not in FALSE_WORDS


def closed_because(tags: Tags) -> Closed | None:
    """Why nobody walks on a way with these tags, or None when people do.

    `foot` goes before `access`, and both before the kind of street.
    """
    rules, kinds = street_rules(), values_of(tags, "highway")
    if kinds & rules.not_there:
        return "not_there"
    if kinds & rules.no_street:
        return "no_street"
    said = foot_says(tags)
    if said is not None:
        return None if said else "forbidden"
    motorroad = is_set(tags.get("motorroad"))
    if kinds & rules.walkable and not motorroad:
        return None
    if kinds & rules.needs_foot or motorroad:
        return None if matches(tags, rules.walked_beside) else "needs_foot"
    return "unknown"


def foot_says(tags: Tags) -> bool | None:
    """Whether `foot` or `access` allow people on foot; None where they do not say."""
    rules, foot = street_rules(), values_of(tags, "foot")
    if foot & rules.foot_allows:
        return True
    if foot & rules.foot_forbids or values_of(tags, "access") & rules.access_forbids:
        return False
    return None


def is_closed_gate(tags: Tags) -> bool:
    """Whether a node on a street stops people on foot."""
    said = foot_says(tags)
    return "barrier" in tags and (said is False or (said is None and is_set(tags.get("locked"))))


def column_keys(name: str, declared: LayerInput, path: Path) -> dict[str, tuple[str, ...]]:
    """Canonical columns of a layer, each with the tags it is taken from, the first of them first.

    Raises
    ------
    InputError
        When the plan file names a tag for something that is no column of the layer.
    """
    named = declared.columns or {}
    for canonical in named:
        if canonical not in LAYERS[name].column_names:
            raise InputError(
                "an OpenStreetMap file holds its positions itself: it has no columns for them",
                source=path,
                column=canonical,
            )
    table = _table()[name]
    keys = {c: tuple(k) for c, k in {**table["columns"], **table.get("flags", {})}.items()}
    return {**keys, **{canonical: (key,) for canonical, key in named.items()}}


def flag_columns(name: str) -> tuple[str, ...]:
    """Columns of a layer that hold yes or no."""
    return tuple(c.name for c in LAYERS[name].columns if c.kind == "flag")


def first_value(tags: Tags, keys: tuple[str, ...]) -> str | None:
    """The value of the first of several tags that is there."""
    return next((tags[key] for key in keys if tags.get(key)), None)

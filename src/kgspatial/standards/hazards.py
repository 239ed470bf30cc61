"""Distances to keep from hazards, by kind, in three classes, each with its source.

Imports from `rule_files`, `terms`. The numbers lie in `hazards.toml`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast, get_args

from kgspatial.standards.rule_files import ORIGIN, Origin, Table, read_rule_file
from kgspatial.terms import LANGUAGES, has_term, term

HazardClass = Literal["exclude", "check", "prefer_away"]
CLASSES: tuple[HazardClass, ...] = get_args(HazardClass)
"""From the strictest to the mildest."""

BINDING = ("seen", "calc")
"""Evidence on which a site may be excluded."""

OTHER = "other"
"""Kind of what the table does not know."""

FARTHEST_M = 5_000.0


@dataclass(frozen=True)
class KeepAway:
    """One distance to keep from a kind of hazard.

    Parameters
    ----------
    kind : str
        Such as ``gas_station``.
    written : {"exclude", "check", "prefer_away"}
        The class as the source has it.
    distance_m : float
        A site nearer than this is concerned; at 0, one that touches or overlaps the hazard.
    origin : Origin
        Source, clause and evidence.
    """

    kind: str
    written: HazardClass
    distance_m: float
    origin: Origin

    @property
    def effect(self) -> HazardClass:
        """The class that holds: what nobody read in the document excludes nothing."""
        if self.written == "exclude" and self.origin.evidence not in BINDING:
            return "check"
        return self.written


def keep_away_rules() -> Mapping[str, tuple[KeepAway, ...]]:
    """Return the distances by kind of hazard.

    Raises
    ------
    InputError
        When the data file has an unknown key, a missing source or an impossible distance.

    Examples
    --------
    >>> [(r.effect, r.distance_m, r.origin.evidence) for r in keep_away_rules()["high_voltage_line"]]
    [('exclude', 10.0, 'seen'), ('check', 20.0, 'seen')]
    >>> [(r.written, r.effect) for r in keep_away_rules()["gas_station"]]
    [('exclude', 'check')]
    """
    return MappingProxyType({kind: rules for kind, (_, rules) in _table().items()})


def hazard_kind(text: str) -> str:
    """Return the kind that a layer's word means, :data:`OTHER` where the table does not know it.

    Parameters
    ----------
    text : str
        A code, its label in Chinese or English, or another usual name.

    Examples
    --------
    >>> hazard_kind("垃圾中转站"), hazard_kind("Gas station"), hazard_kind("彩虹")
    ('waste_transfer', 'gas_station', 'other')
    """
    return _names().get(_plain(text), OTHER)


@cache
def _table() -> dict[str, tuple[tuple[str, ...], tuple[KeepAway, ...]]]:
    whole = read_rule_file(files("kgspatial") / "standards" / "hazards.toml")
    return {kind: _kind(whole.table(kind), kind) for kind in whole.values}


def _kind(table: Table, kind: str) -> tuple[tuple[str, ...], tuple[KeepAway, ...]]:
    table.check_keys(("names", "keep_away"))
    return tuple(table.values["names"]), tuple(
        _rule(entry, kind) for entry in table.tables("keep_away")
    )


def _rule(entry: Table, kind: str) -> KeepAway:
    entry.check_keys(("class", "distance_m", *ORIGIN))
    written = cast("HazardClass", entry.words("class", CLASSES))
    return KeepAway(kind, written, entry.number("distance_m", 0, FARTHEST_M), entry.origin())


@cache
def _names() -> dict[str, str]:
    """Kind by every name that it has: code, labels, other names."""
    found: dict[str, str] = {}
    for kind, (names, _) in _table().items():
        key = f"hazards.{kind}"
        labels = [term(key, language) for language in LANGUAGES] if has_term(key) else []
        found |= {_plain(name): kind for name in (kind, *labels, *names)}
    return found


def _plain(text: str) -> str:
    """Compare without width, case, blanks and underscores; a dash stays, as in 1-10 kV."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and c != "_")

"""Reads a rule profile. Imports from `errors`.

A rule acts only when its evidence mark is not ``mem``: what nobody could verify never binds.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kgspatial.errors import InputError

UNVERIFIED = "mem"
"""Evidence mark of a number from memory."""


@dataclass(frozen=True)
class Rule:
    """One number of a profile with where it comes from."""

    id: str
    value: float
    source: str
    evidence: str
    clause: str = ""
    direction: str = ""

    @property
    def binds(self) -> bool:
        """Whether it may decide anything: its number was read somewhere, not remembered."""
        return self.evidence != UNVERIFIED


@dataclass(frozen=True)
class Step:
    """One step of the scale ladder: a kindergarten of so many classes and places."""

    classes: int
    places: int
    residents_up_to: int


@dataclass(frozen=True)
class Profile:
    """The rules of one profile."""

    id: str
    name_zh: str
    name_en: str
    places_per_class: float
    max_places: float
    service_radius_m: float
    ladder: tuple[Step, ...]
    shares_3_to_5: dict[str, float]
    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule:
        """Return one rule by its id, such as ``targets.public_share``."""
        found = next((r for r in self.rules if r.id == rule_id), None)
        if found is None:
            raise InputError(f"the profile '{self.id}' has no rule '{rule_id}'")
        return found

    def places(self, classes: float) -> float:
        """Planning capacity of so many classes."""
        return classes * self.places_per_class


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with kgspatial."""
    folder = files("kgspatial") / "standards" / "profiles"
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


@cache
def read_profile(name: str = "national") -> Profile:
    """Read a rule profile by name.

    Raises
    ------
    InputError
        When there is no such profile.
    """
    if name not in profile_names():
        raise InputError(
            f"there is no rule profile '{name}'", hint=f"Known: {', '.join(profile_names())}."
        )
    path = files("kgspatial") / "standards" / "profiles" / f"{name}.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    singles = {k: v for k, v in data.items() if isinstance(v, dict) and "value" in v}
    singles |= {f"targets.{k}": v for k, v in data["targets"].items()}
    shares = data["shares_3_to_5"]
    return Profile(
        id=data["profile"]["id"],
        name_zh=data["profile"]["name_zh"],
        name_en=data["profile"]["name_en"],
        places_per_class=float(data["places_per_class"]["value"]),
        max_places=float(data["max_places"]["value"]),
        service_radius_m=float(data["service_radius_m"]["value"]),
        ladder=tuple(Step(s["classes"], s["places"], s["residents_up_to"]) for s in data["ladder"]),
        shares_3_to_5={k: float(v) for k, v in shares.items() if isinstance(v, float)},
        rules=tuple(
            Rule(
                k,
                float(v["value"]),
                v["source"],
                v["evidence"],
                v.get("clause", ""),
                v.get("direction", ""),
            )
            for k, v in singles.items()
        ),
    )

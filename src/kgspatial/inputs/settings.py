"""What a plan file may say: its sections as frozen dataclasses with their defaults.

Imports from `terms` only. `planfile` fills these from TOML; a study in memory uses the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kgspatial.terms import Language


@dataclass(frozen=True)
class PlanSettings:
    """``[plan]``: what the plan is called, for which year, and how results are written."""

    name: str = ""
    year: int | None = None
    language: Language = "zh"
    profile: str = "national"
    crs: str | None = None
    """CRS of the result layers; WGS 84 unless given."""
    study_crs: str | None = None
    """Projected CRS of the analysis; chosen from the area unless given."""
    author: str = ""
    source_note: str = ""


@dataclass(frozen=True)
class DemandSettings:
    """``[demand]``: where the numbers of children come from."""

    method: Literal["auto", "register", "grid"] = "auto"
    age_share: float | None = None
    """Share of residents who are 3 to 5, for a grid of residents."""
    age_split: Literal["plain", "sprague"] = "plain"
    """How age bands are split: equal single years, or Sprague multipliers."""


@dataclass(frozen=True)
class TravelSettings:
    """``[travel]``: how far a child is walked to kindergarten."""

    method: Literal["straight"] = "straight"
    limit_m: float = 500.0
    """500 m is the upper end of the urban service radius 300-500 m of 建标175-2016 (`seen`)."""
    detour: float = 1.0
    """Walking metres per metre of straight line."""


@dataclass(frozen=True)
class BalanceSettings:
    """``[balance]``: which kindergartens count as supply."""

    count_unlicensed: bool = False


@dataclass(frozen=True)
class SitingSettings:
    """``[siting]``: what may be proposed and how long the solver may take."""

    new: int = 3
    classes: tuple[int, ...] = ()
    """Sizes to choose from; the rule profile's ladder unless given."""
    spacing_m: float = 1000.0
    """Distance between generated candidates, where no layer of candidates is given."""
    time_limit_s: float = 60.0
    gap_target: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class ReportSettings:
    """``[report]``: the documents."""

    title: str = ""
    documents: bool = True


@dataclass(frozen=True)
class Settings:
    """All analysis sections of a plan file."""

    plan: PlanSettings = field(default_factory=PlanSettings)
    demand: DemandSettings = field(default_factory=DemandSettings)
    travel: TravelSettings = field(default_factory=TravelSettings)
    balance: BalanceSettings = field(default_factory=BalanceSettings)
    siting: SitingSettings = field(default_factory=SitingSettings)
    report: ReportSettings = field(default_factory=ReportSettings)

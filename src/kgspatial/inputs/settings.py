"""What a plan file may say: its sections as frozen dataclasses with their defaults.

Imports from `terms` only. `planfile` fills these from TOML; a study in memory uses the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NewType

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


DemandMethod = Literal["auto", "register", "grid", "households", "norm", "dasymetric", "cohort"]

Signed = NewType("Signed", float)
"""A number that may be negative, such as a rate of change."""


@dataclass(frozen=True)
class DemandSettings:
    """``[demand]``: where the numbers of children come from."""

    method: DemandMethod = "auto"
    scenario: str = "mid"
    """Of the forecast: low, mid, high, or one of `scenarios`."""
    control: bool = False
    """Whether each unit's children are multiplied to the count that the units layer carries."""
    fill: Literal["auto", "none", "grid", "households", "norm"] = "auto"
    """How communities without a count are filled where others carry one."""
    spread_by: Literal[
        "auto", "grid", "children", "residents", "households", "floor_area_m2", "area"
    ] = "auto"
    """By what the totals of units are spread over communities and cells."""
    age_share: float | None = None
    """Share of residents who are 3 to 5; the national one of the year unless given."""
    age_split: Literal["plain", "sprague"] = "plain"
    """How age bands are split: equal single years, or Sprague multipliers."""
    persons_per_household: float | None = None
    """The rule profile's unless given."""
    counted_year: int | None = None
    """When residents and occupancy were counted; the plan's year unless given."""
    filling_years: tuple[float, ...] = ()
    filling_shares: tuple[float, ...] = ()
    """Share of an estate's homes that are lived in by years since delivery."""
    counted_on: str = ""
    """Day on which children were counted by single year of age, such as 2024-08-31."""
    survival: str = "neutral"
    scenarios: dict[str, dict[str, Signed]] = field(default_factory=dict)
    """Scenarios of the forecast: births_change, migration (yearly rates), enrolment."""


TravelMethod = Literal["straight", "street", "given"]
Crossings = Literal["auto", "at_grade", "shared"]


@dataclass(frozen=True)
class TravelSettings:
    """``[travel]``: how far a child is walked to kindergarten."""

    method: TravelMethod = "straight"
    """As the crow flies, along the streets layer, or the plan's own matrix (``[inputs.travel]``)."""
    limit_m: float = 500.0
    """500 m is the upper end of the urban service radius 300-500 m of 建标175-2016 (`seen`)."""
    detour: float = 1.0
    """Walking metres per metre of straight line; of the method `straight`."""
    snap_m: float = 200.0
    """Longest walk from a point to the nearest street; of the method `street`."""
    crossings: Crossings = "auto"
    """Whether lines join where they cross at grade or only where they share a vertex."""
    speed_m_per_min: float = 54.0
    """Walking speed of a child of 4, by which minutes and metres are told apart."""


@dataclass(frozen=True)
class OwnIndicator:
    """``[balance.indicators.NAME]``: an indicator of the plan's own."""

    expression: str
    """Over the columns of `over`, such as ``sum(vacant) / sum(places)``."""
    over: Literal["kindergartens", "communities", "demand", "units"] = "kindergartens"
    at_least: float | None = None
    at_most: float | None = None
    name_zh: str = ""
    name_en: str = ""
    source: str = ""


@dataclass(frozen=True)
class BalanceSettings:
    """``[balance]``: which kindergartens count as supply, and who goes where."""

    count_unlicensed: bool = False
    accepts: Literal["all", "inclusive", "public"] = "all"
    """Kinds that families accept: all, public and inclusive, or public only."""
    allocation: Literal["most_served", "nearest"] = "most_served"
    """As many as possible find a place, or the nearest come first."""
    own_estate_first: bool = False
    """Whether a supporting kindergarten (配套园) takes the children of its estate first."""
    keep_enrolled: bool = False
    """Whether children who are enrolled keep their places, and only the rest is assigned."""
    indicators: dict[str, OwnIndicator] = field(default_factory=dict)
    """Indicators of the plan's own, by their ids."""

    @property
    def is_free(self) -> bool:
        """Whether all places are open to all, so that as many as possible are served."""
        chosen = self.own_estate_first or self.keep_enrolled
        return self.allocation == "most_served" and not chosen


LayoutAction = Literal["build", "convert", "expand", "close", "nursery", "kind"]


@dataclass(frozen=True)
class LayoutSettings:
    """``[siting.layout]``: a layout in phases, with everything that may be done and what binds it."""

    years: tuple[int, ...] = ()
    """The phases: the year by which the actions of each are in place (near term, long term)."""
    scenarios: tuple[str, ...] = ("mid",)
    """Scenarios of the forecast; of several, children count by likelihood."""
    likelihood: tuple[float, ...] = ()
    """Of each scenario; all equal unless given."""
    demand_method: DemandMethod | None = None
    """How children of later years are estimated; ``cohort`` where births are known, unless given."""
    actions: tuple[LayoutAction, ...] = ("build", "convert", "expand", "close", "nursery")
    """What may be done: build, convert idle buildings, expand, close or merge, turn classes into
    nursery classes, and change the kind (to inclusive or public)."""
    goals: tuple[str, ...] = ("served", "cost")
    """Optimised one after another: served, cost, distance, actions, worst, regret, fair."""
    new: int | None = None
    """Sites that are built, converted or expanded, at most."""
    budget_wan: tuple[float, ...] = ()
    """Money for each phase in 10,000 yuan; no limit unless given."""
    least_use: float = 0.0
    """Share of the places of what is built, converted or expanded that must be used in each phase."""
    close_below: float = 0.5
    """Kindergartens used less than this in the last phase may be closed, merged or made smaller."""
    public_share: float | None = None
    """Share of the children served who must be at public kindergartens."""
    inclusive_share: float | None = None
    """The same for public and inclusive ones."""
    town_floor: float | None = None
    """Share of each unit's children who must be served, in every phase and scenario."""
    least_served: float | None = None
    """The same for the whole area."""
    central: bool = True
    """Whether each town keeps, or gets, a public kindergarten where the rule profile asks for one."""
    villages: bool = True
    """Whether large villages keep, or get, a kindergarten where the rule profile asks for one."""
    single_source: bool = False
    """Whether the children of a community all go to one kindergarten."""
    new_kind: Literal["public", "inclusive", "private"] = "public"
    """Kind of what is built."""
    costs: dict[str, float] = field(default_factory=dict)
    """10,000 yuan per place: build, convert, expand, running (a year), close, nursery, kind (a year)."""
    time_limit_s: float = 120.0
    gap_target: float = 0.0


Generate = Literal["demand", "hexagons", "grid"]


@dataclass(frozen=True)
class SitingSettings:
    """``[siting]``: what may be proposed and how long the solver may take."""

    new: int = 3
    classes: tuple[int, ...] = ()
    """Sizes to choose from; the rule profile's ladder unless given."""
    spacing_m: float = 1000.0
    """Distance between generated candidates."""
    generate: Generate | None = None
    """How candidates are generated, also beside a layer; without a layer, ``demand``."""
    min_spacing_m: float = 0.0
    """Least distance of a generated candidate from kindergartens, other candidates and its kind."""
    estates: bool = False
    """Whether estates that are owed places by the norm are candidates."""
    expand: bool = False
    """Whether kindergartens may be expanded, up to the largest size allowed."""
    land_codes: tuple[str, ...] = ()
    """Land codes of parcels that may be used beside those of kindergartens (080404, R22)."""
    required: tuple[str, ...] = ()
    """Ids of candidates that must be chosen."""
    forbidden: tuple[str, ...] = ()
    """Ids of candidates that may not be chosen."""
    time_limit_s: float = 60.0
    gap_target: float = 0.0
    seed: int = 0
    layout: LayoutSettings = field(default_factory=LayoutSettings)
    """A layout in phases beside the sites."""


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

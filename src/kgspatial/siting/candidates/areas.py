"""How many classes a site has room for, by the areas that the rule profile asks for.

Imports from `findings`, `balance.rules.areas`, `standards`, `study`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np

from kgspatial.balance.rules.areas import RURAL, URBAN, urban_of
from kgspatial.siting.candidates.findings import Finding, cited
from kgspatial.siting.candidates.table import is_generated
from kgspatial.standards import Profile, Rule
from kgspatial.standards.hazards import HazardClass
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWN = 1e-3
"""Share by which an area may be short: outlines and scales of projections are no better."""

SITE = "areas.site_m2"
FLOOR_RULES = ("areas.floor_m2_per_child", "areas.floor_m2")


class Needs(NamedTuple):
    """Square metres that 1, 2, 3 ... classes need, and the rule that says so."""

    m2: Floats
    rules: tuple[Rule | None, ...]

    def fitting(self, area: float) -> float:
        """Most classes for which an area is enough; infinite where all of them fit."""
        fit = int(np.searchsorted(self.m2, area * (1.0 + DRAWN), side="right"))
        return np.inf if fit == len(self.m2) else float(fit)


class _Measured(NamedTuple):
    """Candidates that are held against one kind of area, its column and its word in texts."""

    sources: tuple[str, ...]
    column: str
    word: str


_LAND = _Measured(("parcel", "community"), "site_area_m2", "site")
_BUILDING = _Measured(("idle_building",), "floor_area_m2", "floor")


class _Both(NamedTuple):
    """What is needed by the rules that bind, and by those that nobody could verify."""

    binding: Needs
    unverified: Needs


@dataclass(frozen=True)
class _Site:
    """One candidate, the kind of area it is held against (as the texts name it), and its area."""

    site_id: str
    word: str
    area: float

    def finding(
        self, effect: HazardClass, key: str, classes: int, needs: Needs, **more: object
    ) -> Finding:
        """Say that so many classes need more than there is."""
        rule = needs.rules[classes - 1]
        values = {
            "area": self.area,
            "classes": classes,
            "needed": float(needs.m2[classes - 1]),
            "cited": "" if rule is None else cited(rule),
            **more,
        }
        return Finding(self.site_id, effect, f"{key}_{self.word}", values)


def area_needs(
    profile: Profile,
    ids: Sequence[str],
    count: int,
    *,
    year: int | None,
    opened: float = np.inf,
    binding: bool = True,
) -> Needs:
    """Return the area that each number of classes needs.

    Parameters
    ----------
    profile : Profile
        The rules; ``..._per_child`` holds for the places of the classes, others from their
        ``classes_from`` on.
    ids : sequence of str
        Which rules.
    count : int
        Classes up to which to go.
    year : int, optional
        In which the rules must be in force.
    opened : float
        Year of opening: rules for later kindergartens do not apply. NaN: not known, so that only
        rules for all apply.
    binding : bool
        The rules that bind, or those that nobody could verify.
    """
    m2 = np.zeros(count)
    rules: list[Rule | None] = [None] * count
    for rule in (r for rule_id in ids for r in profile.rules_in(rule_id, year)):
        if rule.binds == binding and (rule.opened_from is None or opened >= rule.opened_from):
            _raise(m2, rules, rule, profile)
    return Needs(m2, tuple(rules))


def _raise(m2: Floats, rules: list[Rule | None], rule: Rule, profile: Profile) -> None:
    """Raise what each size needs to what a rule says; a larger size never needs less."""
    for at in range((rule.classes_from or 1) - 1, len(m2)):
        per_child = "_per_child" in rule.id
        own = rule.value * profile.places(at + 1) if per_child else rule.value
        if own > m2[at]:
            m2[at], rules[at] = own, rule


def site_rules(profile: Profile, urban: bool | None) -> tuple[str, ...]:
    """Return the rules of land per child and whole for a place in town or in the country.

    Where the profile has one for each and nothing says which place it is, the milder one.
    """
    said = {rule.id: rule.value for rule in profile.rules if rule.id in (URBAN, RURAL)}
    if RURAL not in said or urban is True:
        return URBAN, SITE
    if urban is False or URBAN not in said:
        return RURAL, SITE
    return min(said, key=lambda rule_id: said[rule_id]), SITE


def within_areas(
    study: Study,
    table: gpd.GeoDataFrame,
    profile: Profile,
    sizes: NDArray[np.int64],
    year: int | None,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Lower the classes of each site to those for which its area is enough.

    Parameters
    ----------
    study : Study
        Its units say what is town and country.
    table : GeoDataFrame
        Candidates. Parcels are held against the rules of land (the outline is measured where
        ``site_area_m2`` is missing), idle buildings against those of floor area. A site whose area
        nobody knows is not limited.
    profile : Profile
        The rules. Those from memory (``mem``) ask for a check, and limit nothing.
    sizes : ndarray of int
        Classes of the kindergartens that may be built.
    year : int, optional
        The plan's year.

    Returns
    -------
    GeoDataFrame
        `table` with ``max_classes`` lowered, and ``cost_wan`` in the same proportion.
    list of Finding
        Sites without room for the smallest size, and notes on the others.
    """
    found: list[Finding] = []
    most = table["max_classes"].to_numpy(dtype=np.float64, copy=True)
    cost = table["cost_wan"].to_numpy(dtype=np.float64, copy=True)
    urban = urban_of(study, table)
    needs: dict[tuple[str, ...], _Both] = {}
    for kind in (_LAND, _BUILDING):
        area = _areas(table, kind)
        for row in np.flatnonzero(~np.isnan(area)):
            ids = site_rules(profile, urban[row]) if kind is _LAND else FLOOR_RULES
            if ids not in needs:
                needs[ids] = _both(profile, ids, int(sizes.max()), year)
            site = _Site(str(table["site_id"].iloc[row]), kind.word, float(area[row]))
            fit, said = _judged(site, needs[ids], float(most[row]), sizes)
            found += said
            cost[row] *= fit / most[row] if fit < most[row] else 1.0
            most[row] = fit
    return table.assign(max_classes=most, cost_wan=cost), found


def _areas(table: gpd.GeoDataFrame, kind: _Measured) -> Floats:
    """The area that counts for each candidate of the kind; NaN for others and where not known."""
    area = table[kind.column].to_numpy(dtype=np.float64, copy=True)
    if kind is _LAND:
        drawn = table.area.to_numpy(dtype=np.float64)
        parcel = table["source"].eq("parcel").to_numpy(dtype=bool)
        area = np.where(np.isnan(area) & parcel & (drawn > 0), drawn, area)
    counts = table["source"].isin(kind.sources).to_numpy(dtype=bool) & ~is_generated(table)
    return np.where(counts, area, np.nan)


def _both(profile: Profile, ids: Sequence[str], count: int, year: int | None) -> _Both:
    return _Both(
        area_needs(profile, ids, count, year=year),
        area_needs(profile, ids, count, year=year, binding=False),
    )


def _judged(
    site: _Site, needs: _Both, most: float, sizes: NDArray[np.int64]
) -> tuple[float, list[Finding]]:
    """The classes that a site has room for (NaN: any number), and what to say of it."""
    least, fit = int(sizes.min()), needs.binding.fitting(site.area)
    if fit < least:
        return most, [site.finding("exclude", "excluded", least, needs.binding)]
    found, limit = [], float(np.fmin(most, sizes.max()))
    if fit < limit:
        found.append(site.finding("check", "lowered", int(fit) + 1, needs.binding, fit=int(fit)))
        most = limit = fit
    if (doubtful := needs.unverified.fitting(site.area)) < limit:
        found.append(site.finding("check", "unverified", int(doubtful) + 1, needs.unverified))
    return most, found

"""Which rules a proposed site meets: its size, its places, its area, what it must keep away from.

Imports from `candidates`, `balance.rules.areas`, `standards`, `study`, `terms`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from kgspatial.balance.rules.areas import urban_of
from kgspatial.siting.candidates.areas import DRAWN, FLOOR_RULES, area_needs, site_rules
from kgspatial.siting.candidates.findings import cited
from kgspatial.standards import Profile, Rule, read_profile
from kgspatial.standards.hazards import hazard_kind, keep_away_rules
from kgspatial.standards.listing import list_rules
from kgspatial.standards.rule_files import Origin
from kgspatial.study import Study
from kgspatial.terms import LANGUAGES, Language, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Said = tuple[str, dict[str, object], Origin | Rule | None]
"""A text's key, its numbers, and where the rule is from."""

LAND, FLOOR = ("parcel", "community"), ("idle_building",)


def rules_met(
    study: Study,
    sites: gpd.GeoDataFrame,
    classes: Sequence[float] | Floats,
    total: Sequence[float] | Floats,
    years: Sequence[int | None],
) -> dict[str, list[str]]:
    """Say which rules each site meets, each with its source; and what the inputs cannot tell.

    Parameters
    ----------
    study : Study
        Its candidates hold the areas, its hazards what was kept away from.
    sites : GeoDataFrame
        Points; ``site_id``, ``source``, ``action``.
    classes : sequence of float
        Built at each.
    total : sequence of float
        Classes there afterwards; more than `classes` where a kindergarten grows.
    years : sequence of int
        From which each is there.

    Returns
    -------
    dict of str to list of str
        ``rules_zh`` and ``rules_en``, one text for each site.
    """
    profile = read_profile(study.settings.plan.profile)
    ladder = {
        r.value: r.origin
        for r in list_rules(study.settings.plan.profile)
        if r.id.startswith("ladder") and r.binds
    }
    areas = _areas(study)
    hazards = _hazards(study)
    urban = urban_of(study, sites)
    found: list[list[Said]] = []
    for row, (site, source, action) in enumerate(
        zip(sites["site_id"].astype(str), sites["source"], sites["action"], strict=True)
    ):
        said = list(_sizes(profile, ladder, action, classes[row], total[row], years[row]))
        if source in (*LAND, *FLOOR):
            ids = site_rules(profile, urban[row]) if source in LAND else FLOOR_RULES
            word = "site" if source in LAND else "floor"
            area = areas[word].get(site, np.nan)
            said += _area(profile, ids, word, area, round(classes[row]), years[row])
        found.append([*said, hazards])
    return {f"rules_{k}": [_text(said, k) for said in found] for k in LANGUAGES}


def _text(said: Sequence[Said], language: Language) -> str:
    texts = []
    for key, values, origin in said:
        source = "" if origin is None else cited(origin)[language]
        texts.append(term(f"siting.{key}", language, cited=source, **values))
    return term("siting.separator", language).join(texts)


def _sizes(
    profile: Profile,
    ladder: dict[float | None, Origin],
    action: str,
    classes: float,
    total: float,
    year: int | None,
) -> Iterator[Said]:
    """Whether the size is one of the ladder, and within the largest."""
    places = profile.places(1) * classes
    if action != "expand" and places in ladder:
        yield "met_ladder", {"classes": f"{classes:g}"}, ladder[places]
    if np.isnan(total):
        return
    whole, most = profile.places(1) * total, profile.rule("max_places")
    if whole <= most.value:
        yield "met_places", {"places": f"{whole:g}", "limit": f"{most.value:g}"}, most
    for rule in profile.rules_in("limits.classes", year):
        if rule.binds and total <= rule.value:
            yield "met_classes", {"classes": f"{total:g}", "limit": f"{rule.value:g}"}, rule


def _area(
    profile: Profile,
    ids: Sequence[str],
    word: str,
    area: float,
    classes: int,
    year: int | None,
) -> Iterator[Said]:
    """Whether the area is enough for the classes; said too where nobody knows it."""
    needs = area_needs(profile, ids, classes, year=year)
    needed, rule = float(needs.m2[-1]), needs.rules[-1]
    if rule is None:
        return
    if np.isnan(area):
        yield f"unknown_{word}", {"classes": classes, "needed": needed}, rule
    elif area * (1.0 + DRAWN) >= needed:
        yield f"met_{word}", {"area": area, "classes": classes, "needed": needed}, rule


def _areas(study: Study) -> dict[str, dict[str, float]]:
    """Square metres of land and of floor of the layer's candidates; parcels as drawn where not said."""
    table = study.candidates
    if table is None:
        return {"site": {}, "floor": {}}
    found = {}
    for word in ("site", "floor"):
        column, nothing = f"{word}_area_m2", np.full(len(table), np.nan)
        area = table[column].to_numpy(dtype=float, na_value=np.nan) if column in table else nothing
        if word == "site":
            drawn = table.area.to_numpy(dtype=float)
            area = np.where(np.isnan(area) & (drawn > 0), drawn, area)
        found[word] = dict(zip(table["site_id"].astype(str), area.tolist(), strict=True))
    return found


def _hazards(study: Study) -> Said:
    """What the candidates were held against, by the rules for the kinds of hazards that are there."""
    hazards = study.hazards
    if hazards is None or hazards.empty:
        return "unknown_hazards", {}, None
    kinds = {hazard_kind(str(text)) for text in hazards["hazard"]}
    rules = [r for kind in sorted(kinds) for r in keep_away_rules()[kind] if r.effect == "exclude"]
    sources = list(dict.fromkeys(r.origin.source for r in rules if r.origin.source))
    values: dict[str, object] = {"count": len(hazards), "sources": "；".join(sources)}
    return "met_hazards_by_rule" if sources else "met_hazards", values, None

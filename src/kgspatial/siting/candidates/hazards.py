"""Candidates too near to hazards: by the layer's own distances, else by the rules for each kind.

Imports from `findings`, `standards.hazards`, `study`, `terms`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.siting.candidates.findings import Finding, Said, cited
from kgspatial.standards.hazards import (
    CLASSES,
    OTHER,
    HazardClass,
    KeepAway,
    hazard_kind,
    keep_away_rules,
)
from kgspatial.study import Study
from kgspatial.terms import LANGUAGES, Language, term

TOUCHING_M = 0.5
"""What lies nearer than this touches: neighbouring outlines are not drawn better."""

SHOWN = 1e-6
"""Metres of rounding before whole metres are shown: 60 is not to become 59."""


class _Claim(NamedTuple):
    """What one hazard asks for: a distance, its class, and the rule unless it is the layer's own."""

    hazard: int
    effect: HazardClass
    least_m: float
    rule: KeepAway | None


def near_hazards(study: Study, table: gpd.GeoDataFrame) -> list[Finding]:
    """Find what each candidate lies too near to.

    Parameters
    ----------
    study : Study
        Its hazards. One with ``keep_away_m`` excludes what is nearer than that; others go by the
        rules for their kind (:func:`kgspatial.standards.hazards.keep_away_rules`), of which the
        strictest that applies counts.
    table : GeoDataFrame
        Candidates; distances are from their outlines.

    Returns
    -------
    list of Finding
        One for each pair of candidate and hazard, in the order of the hazards.
    """
    hazards = study.hazards
    if hazards is None or table.empty:
        return []
    claims = _claims(hazards)
    if not claims:
        return []
    names = [_name(hazards.iloc[row]) for row in range(len(hazards))]
    found = _pairs(table, hazards, claims)
    return [
        _finding(str(table["site_id"].iloc[site]), claims[claim], metres, names)
        for site, claim, metres in zip(found["site"], found["claim"], found["metres"], strict=True)
    ]


def _claims(hazards: gpd.GeoDataFrame) -> list[_Claim]:
    own = np.full(len(hazards), np.nan)
    if "keep_away_m" in hazards:
        own = hazards["keep_away_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    claims = []
    for row, (text, least) in enumerate(zip(hazards["hazard"], own, strict=True)):
        if not np.isnan(least):
            claims.append(_Claim(row, "exclude", float(least), None))
            continue
        rules = keep_away_rules()[hazard_kind(str(text))]
        claims += [_Claim(row, rule.effect, rule.distance_m, rule) for rule in rules]
    return claims


def _pairs(
    table: gpd.GeoDataFrame, hazards: gpd.GeoDataFrame, claims: list[_Claim]
) -> pd.DataFrame:
    """Candidates and the claims that they do not meet: of each hazard, the strictest."""
    shapes = hazards.geometry.to_numpy()[[claim.hazard for claim in claims]]
    touches = np.array([c.rule is not None and c.least_m == 0 for c in claims], dtype=bool)
    least = np.where(touches, TOUCHING_M, [claim.least_m for claim in claims])
    claim, site = table.sindex.query(shapes, predicate="dwithin", distance=least)
    metres = shapely.distance(shapes[claim], table.geometry.to_numpy()[site])
    rank = np.array([CLASSES.index(c.effect) for c in claims])
    pairs = pd.DataFrame(
        {
            "site": site,
            "hazard": np.array([c.hazard for c in claims])[claim],
            "rank": rank[claim],
            "claim": claim,
            "metres": metres,
        }
    )
    too_near = pd.DataFrame(pairs[metres < least[claim]])
    ordered = too_near.sort_values(["site", "hazard", "rank", "claim"])
    return ordered.drop_duplicates(["site", "hazard"])


def _finding(site: str, claim: _Claim, metres: float, names: list[Said]) -> Finding:
    values: dict[str, object] = {
        "name": names[claim.hazard],
        "metres": np.floor(metres + SHOWN),
        "least": claim.least_m,
    }
    if claim.rule is None:
        return Finding(site, "exclude", "excluded_hazard", values)
    values["cited"] = cited(claim.rule.origin)
    touch = "_touch" if claim.rule.distance_m == 0 else ""
    keys = {"exclude": "excluded_hazard_by_rule", "check": "check_hazard"}
    key = keys.get(claim.effect, "prefer_hazard")
    return Finding(site, claim.rule.effect, f"{key}{touch}", values)


def _name(hazard: pd.Series[Any]) -> Said:
    """What a hazard is called: its name, in English its Latin name; else what kind it is."""
    kind = hazard_kind(str(hazard["hazard"]))
    return {language: _own_name(hazard, kind, language) for language in LANGUAGES}


def _own_name(hazard: pd.Series[Any], kind: str, language: Language) -> str:
    column = "name_latin" if language == "en" and "name_latin" in hazard else "name"
    own = hazard.get(column)
    if isinstance(own, str) and own:
        return own
    return str(hazard["hazard"]) if kind == OTHER else term(f"hazards.{kind}", language)

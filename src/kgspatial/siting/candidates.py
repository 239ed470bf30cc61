"""Candidate sites: those of the layer, or generated ones, and why some may not be used.

Imports from `balance`, `study`, `terms`, `standards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.standards import Profile
from kgspatial.study import Study
from kgspatial.terms import LANGUAGES, Language, has_term, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACTIONS = {
    "parcel": "build",
    "community": "build",
    "idle_building": "convert",
    "expansion": "expand",
}
"""What is done on a candidate of each source."""

Finding = tuple[int, str, dict[str, Any]]
"""Row of a candidate, key of the reason, and what the reason names."""

UNSERVED_NOISE = 1e-3
"""Children below which a demand point asks for no candidate."""

COLUMNS = (
    "site_id",
    "name",
    "name_latin",
    "source",
    "action",
    "max_classes",
    "cost_wan",
    "available_year",
)


def candidate_sites(
    study: Study, demand: gpd.GeoDataFrame, *, year: int | None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the candidates that may be used, and those that may not with the reason.

    Without a candidates layer, candidates are generated: over hexagons of ``[siting] spacing_m``,
    the demand point with the most unserved children of each hexagon that has any.

    Parameters
    ----------
    study : Study
        Its candidates and hazards. A candidate nearer to a hazard than ``keep_away_m`` is
        excluded, one with ``available_year`` after `year` too.
    demand : GeoDataFrame
        Demand points with ``unserved``, of a balance.
    year : int, optional
        The plan's year.

    Returns
    -------
    usable : GeoDataFrame
        Points: ``site_id``, ``name``, ``source``, ``action``, ``max_classes``, ``cost_wan``.
    excluded : GeoDataFrame
        ``site_id``, ``name``, ``reason_zh``, ``reason_en`` and the point.
    """
    given = study.candidates
    table = _generated(study, demand) if given is None else _given(given)
    reasons = _reasons(study, table, year)
    out = reasons["reason_zh"].notna().to_numpy()
    shapes = gpd.GeoSeries(_inner_points(table.geometry), crs=study.crs)
    points = table.set_geometry(shapes)
    excluded = points[["site_id", "name"]].assign(
        reason_zh=reasons["reason_zh"], reason_en=reasons["reason_en"]
    )
    usable = points[[c for c in COLUMNS if c in points]]
    return (
        gpd.GeoDataFrame(
            usable[~out].reset_index(drop=True), geometry=shapes[~out].reset_index(drop=True)
        ),
        gpd.GeoDataFrame(
            excluded[out].reset_index(drop=True), geometry=shapes[out].reset_index(drop=True)
        ),
    )


def sizes_of(
    candidates: gpd.GeoDataFrame, classes: NDArray[np.int64], profile: Profile
) -> NDArray[np.float64]:
    """Places of each size at each candidate, 0 where the site is too small for it."""
    most = candidates["max_classes"].fillna(np.inf).to_numpy(dtype=np.float64)
    fits = classes[None, :] <= most[:, None]
    return np.where(fits, profile.places(1) * classes[None, :], 0.0)


def _given(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = candidates.copy()
    for column in COLUMNS:
        if column not in table:
            table[column] = None if column in ("name", "name_latin", "source") else np.nan
    table["source"] = table["source"].fillna("parcel")
    return table.assign(action=table["source"].map(ACTIONS))


def _generated(study: Study, demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    short = demand[demand["unserved"] > UNSERVED_NOISE]
    q, r = _hexagon(
        np.asarray(short.geometry.x, dtype=np.float64),
        np.asarray(short.geometry.y, dtype=np.float64),
        study.settings.siting.spacing_m,
    )
    best = (
        short.assign(q=q, r=r)
        .sort_values(["unserved", "demand_id"], ascending=[False, True])
        .drop_duplicates(["q", "r"])
        .sort_values("demand_id")
    )
    return gpd.GeoDataFrame(
        {
            "site_id": best["demand_id"].map("near-{}".format),
            "name": best["name"],
            "source": "community",
            "action": "build",
            "max_classes": np.nan,
            "cost_wan": np.nan,
            "available_year": np.nan,
        },
        geometry=best.geometry,
        crs=study.crs,
    ).reset_index(drop=True)


def _hexagon(
    x: NDArray[np.float64], y: NDArray[np.float64], spacing: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Axial coordinates of the hexagon that holds each point; centres lie `spacing` apart."""
    side = spacing / np.sqrt(3.0)
    q, r = (np.sqrt(3.0) / 3.0 * x - y / 3.0) / side, (2.0 / 3.0 * y) / side
    s = -q - r
    rq, rr, rs = np.rint(q), np.rint(r), np.rint(s)
    dq, dr, ds = np.abs(rq - q), np.abs(rr - r), np.abs(rs - s)
    fix_q = (dq > dr) & (dq > ds)
    fix_r = ~fix_q & (dr > ds)
    rq = np.where(fix_q, -rr - rs, rq)
    rr = np.where(fix_r, -rq - rs, rr)
    return rq.astype(np.int64), rr.astype(np.int64)


def _reasons(study: Study, table: gpd.GeoDataFrame, year: int | None) -> pd.DataFrame:
    """Why a candidate may not be used, in each language; None where it may. The first reason counts."""
    texts = {language: np.full(len(table), None, dtype=object) for language in LANGUAGES}
    findings = [*_too_late(table, year), *_too_near(study, table)]
    for language in LANGUAGES:
        names = [] if study.hazards is None else _hazard_names(study.hazards, language)
        for row, key, values in reversed(findings):
            shown = {**values, "name": names[values["hazard"]]} if "hazard" in values else values
            texts[language][row] = term(f"siting.excluded_{key}", language, **shown)
    return pd.DataFrame({f"reason_{k}": v for k, v in texts.items()}, index=table.index)


def _too_late(table: gpd.GeoDataFrame, year: int | None) -> list[Finding]:
    if year is None:
        return []
    years = table["available_year"].to_numpy(dtype=np.float64)
    return [
        (int(row), "too_late", {"year": int(years[row])}) for row in np.flatnonzero(years > year)
    ]


def _too_near(study: Study, table: gpd.GeoDataFrame) -> list[Finding]:
    hazards = study.hazards
    if hazards is None or "keep_away_m" not in hazards:
        return []
    sites = table.geometry.to_numpy()
    kept_away = hazards["keep_away_m"].to_numpy(dtype=float)
    found: list[Finding] = []
    for row, shape in enumerate(hazards.geometry):
        metres, least = shapely.distance(sites, shape), kept_away[row]
        found += [
            (int(site), "hazard", {"hazard": row, "metres": metres[site], "least": least})
            for site in np.flatnonzero(metres < least)
        ]
    return found


def _hazard_names(hazards: gpd.GeoDataFrame, language: Language) -> list[str]:
    """What a hazard is called: its name, in English its Latin name; else what kind it is."""
    kinds = [
        term(f"hazards.{code}", language) if has_term(f"hazards.{code}") else str(code)
        for code in hazards["hazard"]
    ]
    column = "name_latin" if language == "en" and "name_latin" in hazards else "name"
    if column not in hazards:
        return kinds
    own = hazards[column]
    return [
        kind if missing else str(name)
        for name, missing, kind in zip(own, own.isna(), kinds, strict=True)
    ]


def _inner_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return shapes.where(shapes.geom_type == "Point", shapes.representative_point())

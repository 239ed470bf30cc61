"""Candidate sites: those of the layer, or generated ones, and why some may not be used.

Imports from `balance`, `study`, `terms`, `standards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kgspatial.standards import Profile
from kgspatial.study import Study
from kgspatial.terms import LANGUAGES, has_term, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACTIONS = {"parcel": "build", "community": "build", "idle_building": "convert", "expansion": "expand"}
"""What is done on a candidate of each source."""

UNSERVED_NOISE = 1e-3
"""Children below which a demand point asks for no candidate."""

COLUMNS = ("site_id", "name", "name_latin", "source", "action", "max_classes", "cost_wan", "available_year")


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
    table = _given(study) if study.candidates is not None else _generated(study, demand)
    reasons = _reasons(study, table, year)
    out = reasons["reason_zh"].notna().to_numpy()
    shapes = gpd.GeoSeries(_inner_points(table.geometry), crs=study.crs)
    points = table.set_geometry(shapes)
    excluded = points[["site_id", "name"]].assign(**{c: reasons[c] for c in reasons})
    usable = points[[c for c in COLUMNS if c in points]]
    return (
        gpd.GeoDataFrame(usable[~out].reset_index(drop=True), geometry=shapes[~out].reset_index(drop=True)),
        gpd.GeoDataFrame(excluded[out].reset_index(drop=True), geometry=shapes[out].reset_index(drop=True)),
    )


def sizes_of(candidates: gpd.GeoDataFrame, classes: NDArray[np.int64], profile: Profile) -> NDArray[np.float64]:
    """Places of each size at each candidate, 0 where the site is too small for it."""
    most = candidates["max_classes"].fillna(np.inf).to_numpy(dtype=float)
    fits = classes[None, :] <= most[:, None]
    return np.where(fits, profile.places(1) * classes[None, :], 0.0)


def _given(study: Study) -> gpd.GeoDataFrame:
    assert study.candidates is not None
    table = study.candidates.copy()
    for column in COLUMNS:
        if column not in table:
            table[column] = None if column in ("name", "name_latin", "source") else np.nan
    table["source"] = table["source"].fillna("parcel")
    return table.assign(action=table["source"].map(ACTIONS))


def _generated(study: Study, demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    short = demand[demand["unserved"] > UNSERVED_NOISE]
    q, r = _hexagon(short.geometry.x.to_numpy(), short.geometry.y.to_numpy(), study.settings.siting.spacing_m)
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
    reasons = pd.DataFrame(None, index=table.index, columns=["reason_zh", "reason_en"], dtype=object)
    if year is not None:
        late = table["available_year"].gt(year)
        for i in table.index[late]:
            _set(reasons, i, "too_late", year=int(table.at[i, "available_year"]))
    hazards = study.hazards
    if hazards is None or "keep_away_m" not in hazards:
        return reasons
    for h in hazards[hazards["keep_away_m"].notna()].itertuples():
        near = shapely.distance(table.geometry.to_numpy(), h.geometry)
        for i in table.index[near < h.keep_away_m]:
            if reasons.at[i, "reason_zh"] is None or pd.isna(reasons.at[i, "reason_zh"]):
                name = getattr(h, "name", None) or h.hazard
                _set(reasons, i, "hazard", name=name, metres=near[i], least=h.keep_away_m)
    return reasons


def _set(reasons: pd.DataFrame, row: object, key: str, **values: object) -> None:
    for language in LANGUAGES:
        shown = dict(values)
        if "name" in shown and has_term(f"hazards.{shown['name']}"):
            shown["name"] = term(f"hazards.{shown['name']}", language)
        reasons.loc[row, f"reason_{language}"] = term(f"siting.excluded_{key}", language, **shown)


def _inner_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return shapes.where(shapes.geom_type == "Point", shapes.representative_point())

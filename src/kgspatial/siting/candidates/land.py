"""Land that may not be used: of another land code, not free in time, too small, beyond the study area.

Imports from `findings`, `table`, `study`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from kgspatial.siting.candidates.findings import Finding
from kgspatial.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDERGARTEN_LAND = ("080404", "R12", "R22", "R32")
"""Land for kindergartens: 080404 幼儿园用地 (国土空间用地用海分类指南), and the service land of
residential areas R12, R22, R32 (GB 50137-2011, after GB 50180-2018)."""

_CODE = re.compile(r"[A-Za-z]*\d+")


def other_land(table: gpd.GeoDataFrame, allowed: Sequence[str]) -> list[Finding]:
    """Find parcels whose land code is none of kindergartens and none that the plan allows.

    Parameters
    ----------
    table : GeoDataFrame
        Candidates; a parcel without a code may be used, one with several if any of them may.
    allowed : sequence of str
        Codes beside :data:`KINDERGARTEN_LAND`.
    """
    codes = [*KINDERGARTEN_LAND, *allowed]
    known = {code for text in codes for code in _codes(text)}
    parcels = table[table["source"].eq("parcel") & table["land_code"].notna()]
    return [
        Finding(str(site), "exclude", "excluded_land", {"code": text, "codes": ", ".join(codes)})
        for site, text in zip(parcels["site_id"], parcels["land_code"], strict=True)
        if not _codes(text) & known
    ]


def _codes(text: str) -> set[str]:
    """Codes in a cell such as ``R22/B1``, or its words; a zero that a worksheet took off is no difference."""
    plain = unicodedata.normalize("NFKC", text).upper().strip()
    plain = plain.removesuffix(".0")
    return {code.lstrip("0") for code in _CODE.findall(plain)} or {plain}


def too_late(table: gpd.GeoDataFrame, year: int | None) -> list[Finding]:
    """Find candidates that are not free by the plan's year."""
    if year is None:
        return []
    late = table[table["available_year"] > year]
    return [
        Finding(str(site), "exclude", "excluded_too_late", {"year": int(when)})
        for site, when in zip(late["site_id"], late["available_year"], strict=True)
    ]


def taken_by_projects(study: Study, table: gpd.GeoDataFrame) -> list[Finding]:
    """Find candidates on which a project of the list already puts a kindergarten."""
    if study.projects is None or "site_id" not in study.projects:
        return []
    running = study.projects
    if "progress" in running:
        running = running[running["progress"] != "stopped"]
    named = running.dropna(subset="site_id").drop_duplicates("site_id").set_index("site_id")["name"]
    taken = table[table["site_id"].isin(named.index)]
    return [
        Finding(str(site), "exclude", "excluded_project", {"name": str(named[site])})
        for site in taken["site_id"]
    ]


def too_small(table: gpd.GeoDataFrame, sizes: NDArray[np.int64]) -> list[Finding]:
    """Find candidates on which fewer classes may be built than the smallest size has.

    A kindergarten that is there already may grow by a single class.
    """
    expands = table["source"].eq("expansion").to_numpy(dtype=bool)
    least = np.where(expands, 1.0, float(sizes.min()))
    small = table["max_classes"].to_numpy(dtype=np.float64) < least
    values = zip(table["site_id"][small], table["max_classes"][small], least[small], strict=True)
    return [
        Finding(str(site), "exclude", "excluded_small", {"classes": most, "least": need})
        for site, most, need in values
    ]


def beyond_study(study: Study, table: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> list[Finding]:
    """Find candidates farther outside the study area than the walking limit.

    The area is that of the units; without units, the hull of the demand points.
    """
    limit = study.settings.travel.limit_m
    if study.units is not None:
        (_, _), away = study.units.sindex.nearest(
            table.geometry.to_numpy(), return_all=False, return_distance=True
        )
    else:
        hull = shapely.MultiPoint(demand.geometry.to_numpy()).convex_hull
        away = np.nan_to_num(shapely.distance(table.geometry.to_numpy(), hull))
    return [
        Finding(
            str(table["site_id"].iloc[row]),
            "exclude",
            "excluded_beyond",
            {"metres": float(away[row]), "limit": limit},
        )
        for row in np.flatnonzero(away > limit)
    ]

"""Generated candidates keep a distance from kindergartens, from known sites and from each other.

Imports from `findings`, `table`, `supply`, `study`, `inputs.settings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from scipy.spatial import cKDTree

from kgspatial.inputs.settings import SitingSettings
from kgspatial.siting.candidates.findings import Finding, called
from kgspatial.siting.candidates.table import inner_points, is_generated
from kgspatial.study import Study
from kgspatial.supply import kindergarten_supply

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def too_close(
    study: Study, table: gpd.GeoDataFrame, out: NDArray[np.bool_], year: int | None
) -> list[Finding]:
    """Find generated candidates nearer than ``[siting] min_spacing_m`` to what is there.

    Parameters
    ----------
    study : Study
        Its kindergartens of the kinds that families accept (``[balance] accepts``), open in `year`.
    table : GeoDataFrame
        Candidates. Those of the layer, estates and expansions are never excluded for this: somebody
        named them. Generated ones keep away from these too.
    out : ndarray of bool
        Candidates that may not be used anyway: nobody keeps away from them.
    year : int, optional
        The plan's year.
    """
    least, rows = study.settings.siting.min_spacing_m, np.flatnonzero(is_generated(table))
    supply = kindergarten_supply(study, year=year)
    gardens = supply[supply["counted"].to_numpy(dtype=bool)]
    known = table[~is_generated(table) & ~out]
    fixed = [(gardens, "kindergarten_id"), (known, "site_id")]
    places = np.vstack([_xy(frame) for frame, _ in fixed])
    if least <= 0 or not len(rows) or not len(places):
        return []
    names = [called(row, column) for frame, column in fixed for _, row in frame.iterrows()]
    metres, nearest = (np.atleast_1d(f) for f in cKDTree(places).query(_xy(table.iloc[rows])))
    return [
        Finding(
            str(table["site_id"].iloc[row]),
            "exclude",
            "excluded_spacing",
            {"metres": np.floor(away), "least": least, "name": names[whom]},
        )
        for row, away, whom in zip(rows, metres, nearest, strict=True)
        if away < least
    ]


def thinned(
    table: gpd.GeoDataFrame, out: NDArray[np.bool_], settings: SitingSettings
) -> gpd.GeoDataFrame:
    """Return the candidates without generated ones that lie too near to each other.

    Parameters
    ----------
    table : GeoDataFrame
        Candidates. Of two generated ones nearer than ``min_spacing_m``, the one with more unserved
        children in its cell stays, then the one whose id comes first.
    out : ndarray of bool
        Candidates that may not be used: they stay to be told, and take nobody's place.
    settings : SitingSettings
        ``min_spacing_m``; what it requires stays.
    """
    rows = np.flatnonzero(is_generated(table) & ~out)
    if settings.min_spacing_m <= 0 or not len(rows):
        return table
    order = (
        table.iloc[rows]
        .assign(row=rows)
        .sort_values(["weight", "site_id"], ascending=[False, True])
    )
    rows, xy = order["row"].to_numpy(), _xy(order)
    required = order["site_id"].isin(list(settings.required)).to_numpy(dtype=bool)
    stays = _apart(xy, required, settings.min_spacing_m)
    kept = np.full(len(table), True)
    kept[rows] = stays
    return table[kept].reset_index(drop=True)


def _apart(xy: Floats, required: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """Go through points in their order and drop each that is nearer than `least` to one that stays."""
    stays = required.copy()
    nearby: Sequence[list[int]] = cKDTree(xy).query_ball_point(xy, least)  # type: ignore[assignment]
    for row, near in enumerate(nearby):
        others = [other for other in near if stays[other] and other != row]
        away = np.hypot(xy[others, 0] - xy[row, 0], xy[others, 1] - xy[row, 1])
        stays[row] = required[row] or not (away < least).any()
    return stays


def _xy(table: gpd.GeoDataFrame) -> Floats:
    points = inner_points(table.geometry)
    return np.column_stack((points.x, points.y)).astype(np.float64)

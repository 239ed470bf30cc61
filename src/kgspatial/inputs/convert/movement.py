"""From one coordinate system to another, web maps' among them, with what is doubtful on the way.

Imports from `china`, `crs`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.china import in_china_box, is_plain_degrees, transform_china
from kgspatial.inputs.coordinates.crs import WGS84, DeclaredCrs, lonlat_transformer
from kgspatial.inputs.files import Source
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

MODERN_SEMI_MAJOR_M = 6378137.0
"""Of WGS 84, CGCS2000 and GRS 80; Beijing 1954 and Xian 1980 have other ellipsoids."""

AREA_MARGIN_DEG = 3.0
SAMPLE = 1000

LOCAL_PARAMETERS = (
    "Ask the surveying office for its parameters and write them in --from: "
    "'+proj=tmerc ... +towgs84=...'."
)


@dataclass(frozen=True)
class Movement:
    """The way from one declared system to another; called with x and y, it gives x and y.

    Coordinates that are not finite come back as they are.
    """

    start: DeclaredCrs
    end: DeclaredCrs

    def __call__(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Move points: east or longitude first, whatever the systems say of their axes."""
        first, last = self.start.shifted, self.end.shifted
        if first and last:
            return transform_china(x, y, from_=first, to=last)
        if first:
            x, y = transform_china(x, y, from_=first, to="WGS 84")
        x, y = _transformed(self.start.crs, self.end.crs, x, y)
        if last:
            x, y = transform_china(x, y, from_="WGS 84", to=last)
        return x, y

    @property
    def crs(self) -> CRS | None:
        """What the result is labelled with: nothing where it is shifted."""
        return None if self.end.shifted else self.end.crs

    @property
    def gives_degrees(self) -> bool:
        """Whether the result is in longitudes and latitudes."""
        return bool(self.end.crs.is_geographic)


def _transformed(start: CRS, end: CRS, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if _alike(start, end):
        return x, y
    finite = np.isfinite(x) & np.isfinite(y)
    x_out, y_out = np.array(x), np.array(y)
    moved = x[finite], y[finite]
    for step in _way(start, end):
        moved = step.transform(*moved)
    x_out[finite], y_out[finite] = moved
    return x_out, y_out


def _alike(start: CRS, end: CRS) -> bool:
    return start == end or (is_plain_degrees(start) and is_plain_degrees(end))


@lru_cache(maxsize=16)
def _way(start: CRS, end: CRS) -> tuple[Transformer, ...]:
    """The transformations to take one after another, in one step or by way of WGS 84.

    PROJ may take equal degrees for equal places only where the ellipsoids are: those of Beijing
    1954 and Xian 1980 lie 100 m from that of CGCS2000.
    """
    steps = ((start, end),), ((start, WGS84), (WGS84, end))
    for way in steps:
        try:
            return tuple(
                Transformer.from_crs(
                    a, b, always_xy=True, allow_ballpark=_is_modern(a) and _is_modern(b)
                )
                for a, b in way
            )
        except ProjError:
            continue
    raise InputError(
        f"nothing is known of how '{start.name}' and '{end.name}' lie to each other",
        hint=LOCAL_PARAMETERS,
    )


def _is_modern(crs: CRS) -> bool:
    ellipsoid = crs.ellipsoid
    return ellipsoid is not None and ellipsoid.semi_major_metre == MODERN_SEMI_MAJOR_M


def check_moved(
    move: Movement, before: Floats, after: Floats, rows: Rows, source: Source
) -> list[Problem]:
    """Look at points as they were and as they came out.

    Parameters
    ----------
    move : Movement
        From where to where.
    before, after : ndarray of shape (points, 2)
        Coordinates, east or longitude first.
    rows : ndarray of shape (points,)
        The row of each, as the user counts it.
    source : Source
        The file.

    Returns
    -------
    list of Problem
        Points outside China's box, where nothing is shifted; datums without exact parameters; a
        system that is meant for another area.

    Raises
    ------
    InputError
        When coordinates are not of the system that they are said to be in, or have no place in
        the other one.
    """
    finite = np.isfinite(before).all(axis=1)
    before, after, rows = before[finite], after[finite], rows[finite]
    if not len(rows):
        return []
    if move.start.crs.is_geographic:
        _check_degrees(before, rows, source)
    elif (np.abs(before) <= (180.0, 90.0)).all():
        said = f"its coordinates are degrees, and '{move.start.crs.name}' has metres"
        raise source.error(said, "Say their system: --from EPSG:4490 (or GCJ-02, BD-09, ...).")
    lost = ~np.isfinite(after).all(axis=1)
    if lost.any():
        at = int(np.argmax(lost))
        said = f"{_shown(before[at])} has no place in '{move.end.crs.name}'"
        raise InputError(said, source=source.path, row=int(rows[at]))
    problems = _outside_china(move, before if move.start.shifted else after, rows, source)
    return problems + _other_datum(move, source) + _elsewhere(move, before, source)


def _shown(point: Floats) -> str:
    return f"{point[0]:.10g}, {point[1]:.10g}"


def _check_degrees(points: Floats, rows: Rows, source: Source) -> None:
    bad = (np.abs(points) > (180.0, 90.0)).any(axis=1)
    if not bad.any():
        return
    at = int(np.argmax(bad))
    swapped = bool((np.abs(points) <= (90.0, 180.0)).all())
    raise InputError(
        f"{_shown(points[at])} is no longitude and latitude",
        source=source.path,
        row=int(rows[at]),
        hint="Longitude and latitude look swapped in every row: exchange them in the file first."
        if swapped
        else "Say the system of these metres: --from EPSG:4548 (or its own).",
    )


def _outside_china(move: Movement, lonlat: Floats, rows: Rows, source: Source) -> list[Problem]:
    name = move.start.shifted or move.end.shifted
    outside = ~in_china_box(lonlat[:, 0], lonlat[:, 1])
    if name is None or not outside.any():
        return []
    found = np.unique(rows[outside])
    of = len(np.unique(rows))
    said = f"{len(found)} of {of} rows lie outside China's box; {name} is the same as WGS 84 there"
    severity = "warning" if outside.all() else "note"
    place = {"row": int(found[0]), "severity": severity}
    return [source.problem("outside_china", said, "not shifted", **place)]


def _other_datum(move: Movement, source: Source) -> list[Problem]:
    start, end = move.start.crs, move.end.crs
    if _is_modern(start) == _is_modern(end) or start.is_bound or end.is_bound:
        return []
    said = f"'{start.name}' and '{end.name}' rest on different ellipsoids"
    done = "general parameters were used, which are metres off; local ones belong into --from"
    return [source.problem("datum_changed", said, done)]


def _elsewhere(move: Movement, points: Floats, source: Source) -> list[Problem]:
    """Points far from the area that a projected system is meant for: the wrong one, or x for y."""
    crs = move.start.crs
    area = crs.area_of_use
    if not crs.is_projected or area is None:
        return []
    if _any_in(area.bounds, crs, points[:SAMPLE], source):
        return []
    if _any_in(area.bounds, crs, points[:SAMPLE, ::-1], source):
        said = f"x and y look exchanged: in '{crs.name}', x is the way east and y the way north"
        raise source.error(said, "Exchange them in the file.")
    said = f"no point lies where '{crs.name}' is meant for"
    return [source.problem("crs_elsewhere", said, "transformed as declared")]


def _any_in(
    area: tuple[float, float, float, float], crs: CRS, points: Floats, source: Source
) -> bool:
    to_lonlat = lonlat_transformer(crs, source=str(source.path))
    lonlat = np.column_stack(to_lonlat.transform(points[:, 0], points[:, 1]))
    least = np.array(area[:2]) - AREA_MARGIN_DEG
    most = np.array(area[2:]) + AREA_MARGIN_DEG
    return bool(((lonlat >= least) & (lonlat <= most)).all(axis=1).any())


def file_and_declared(
    own: CRS | None, declared: DeclaredCrs | None, source: Source
) -> tuple[DeclaredCrs, list[Problem]]:
    """Return the system that coordinates are in: what is declared goes before the file's own.

    Raises
    ------
    InputError
        When neither says it.
    """
    if declared is None:
        if own is None:
            raise source.error(
                "the file does not say its coordinate reference system",
                "Say it: --from EPSG:4490 (or GCJ-02, BD-09, ...).",
            )
        return DeclaredCrs(own), []
    expected = declared.shifted is not None and (own is None or is_plain_degrees(own))
    if own is None or expected or own == declared.crs:
        return declared, []
    taken = declared.shifted or declared.crs.name
    said = f"the file says that its coordinates are in '{own.name}'"
    return declared, [source.problem("crs_replaced", said, f"taken as {taken}, as --from says")]

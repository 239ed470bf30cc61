"""Rows that stand twice for one place: on one point, under one name, with one outline; overlaps.

Imports from `rows` and `problems`. Each row is told against an earlier one, so that the table names
the row to look at and the one that it repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from kgspatial.inputs.checks.rows import plain_name, rows_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kgspatial.inputs.checks.rows import Rows
    from kgspatial.inputs.problems import Problem

    Shapes = NDArray[np.object_]
    Numbers = NDArray[np.intp]

SAME_POINT_M = 1.0
"""Points as near as this are one point, written with one decimal more or less."""

SAME_NAME_M = 50.0
"""Two rows of one name as near as this are one place entered twice, or one that a street cuts."""

SAME_SHAPE = 0.9
"""Two outlines that share this part of the larger one were drawn from the same place."""

SHOWN_OVERLAP, WIDE_OVERLAP = 0.01, 0.10
"""Shares of the smaller community: below the first, outlines that touch; above the second, look."""

POLYGON_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

COMMON_AREA = "2********"
"""Of the nine intersections of two shapes (DE-9IM), that of their insides is an area."""


class Pairs(NamedTuple):
    """Rows and an earlier row that each repeats, by position, and how far apart they are."""

    later: Numbers
    earlier: Numbers
    apart: NDArray[np.float64]


class Overlaps(NamedTuple):
    """Pairs of polygons with the area that they share, and its share of either."""

    later: Numbers
    earlier: Numbers
    area: NDArray[np.float64]
    of_smaller: NDArray[np.float64]
    of_larger: NDArray[np.float64]


def repeated_rows(frame: gpd.GeoDataFrame, name: str) -> list[Problem]:
    """Return the rows of a layer that stand for the place of an earlier row.

    Parameters
    ----------
    frame : GeoDataFrame
        Checked points or polygons in a CRS in metres; the index is the row as the user counts it.
    name : str
        The layer.

    Returns
    -------
    list of Problem
        ``same_shape`` (outlines that share more than 90 % of the larger one), ``same_name`` (one
        name within 50 m) and ``same_point`` (within 1 m); of several earlier rows the first, or
        the nearest. Two rows are told together once.
    """
    rows, shapes = rows_of(frame, name), frame.geometry.to_numpy()
    found: dict[tuple[int, int], Problem] = {}
    for later, earlier, share in _of_one_shape(shapes):
        found[later, earlier] = _same_shape(rows, later, earlier, share)
    for pairs, tell in (
        (_of_one_name(shapes, rows.names), _same_name),
        (_on_one_point(shapes), _same_point),
    ):
        for later, earlier, apart in zip(*(part.tolist() for part in pairs), strict=True):
            if (later, earlier) not in found:
                found[later, earlier] = tell(rows, later, earlier, apart)
    return [found[pair] for pair in sorted(found)]


def overlapping_rows(communities: gpd.GeoDataFrame) -> list[Problem]:
    """Return the communities of which a part lies in an earlier one, with area and share.

    Those that are one outline drawn twice are for :func:`repeated_rows`.
    """
    rows = rows_of(communities, "communities")
    found = _overlaps(communities.geometry.to_numpy(), SHOWN_OVERLAP)
    return [
        rows.problem(
            later,
            "overlap",
            f"{area / 10_000:,.2f} ha of it ({share:.1%} of the smaller one) lie in "
            f"{rows.called(earlier)} too",
            "used as it is; children there are shared between both",
            "warning" if share > WIDE_OVERLAP else "note",
        )
        for later, earlier, area, share, of_larger in zip(*(p.tolist() for p in found), strict=True)
        if of_larger <= SAME_SHAPE
    ]


def _same_shape(rows: Rows, later: int, earlier: int, share: float) -> Problem:
    text = f"its outline is that of {rows.called(earlier)}: they share {share:.0%} of their area"
    return rows.problem(later, "same_shape", text, "both kept; delete one of them")


def _same_name(rows: Rows, later: int, earlier: int, apart: float) -> Problem:
    text = f"{rows.called(earlier)} has the same name, {apart:,.0f} m away"
    done = "both kept; delete one if they are the same"
    value = rows.names[later]
    return rows.problem(later, "same_name", text, done, column="name", value=value)


def _same_point(rows: Rows, later: int, earlier: int, _apart: float) -> Problem:
    text = f"it lies on the same point as {rows.called(earlier)}"
    done = "both kept; delete one, or correct its position"
    return rows.problem(later, "same_point", text, done)


# ---------------------------------------------------------------- pairs of rows


def _of_one_shape(shapes: Shapes) -> list[tuple[int, int, float]]:
    found = _overlaps(shapes, SAME_SHAPE)
    first: dict[int, tuple[int, int, float]] = {}
    for later, earlier, share in zip(
        found.later.tolist(), found.earlier.tolist(), found.of_larger.tolist(), strict=True
    ):
        if share > SAME_SHAPE:
            first.setdefault(later, (later, earlier, share))
    return list(first.values())


def _of_one_name(shapes: Shapes, names: NDArray[np.object_]) -> Pairs:
    plain = pd.Series([plain_name(name) for name in names], dtype=object)
    repeated = np.flatnonzero(plain.duplicated(keep=False) & (plain != ""))
    return _near_pairs(shapes, repeated, pd.factorize(plain)[0], SAME_NAME_M)


def _on_one_point(shapes: Shapes) -> Pairs:
    points = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POINT)
    return _near_pairs(shapes, points, np.zeros(len(shapes), dtype=np.intp), SAME_POINT_M)


def _near_pairs(shapes: Shapes, which: Numbers, kinds: Numbers, metres: float) -> Pairs:
    """Rows of one kind within a distance: each row with the nearest earlier one.

    Rows on the very same point are paired with the first of them before: a register whose
    addresses were all found at the town hall would make pairs without end.
    """
    stacked = _stacked(shapes, which, kinds)
    single = which[np.isin(which, stacked.later, invert=True)]
    around = shapely.bounds(shapes[single]) + metres * np.array([-1, -1, 1, 1])
    one, other = shapely.STRtree(shapes[single]).query(shapely.box(*around.T))
    one, other = single[one], single[other]
    kept = (other < one) & (kinds[one] == kinds[other])
    one, other = one[kept], other[kept]
    apart = shapely.distance(shapes[one], shapes[other])
    order = np.lexsort((other, apart, one))
    order = order[apart[order] <= metres]
    _, nearest = np.unique(one[order], return_index=True)
    near = Pairs(one[order][nearest], other[order][nearest], apart[order][nearest])
    return Pairs(*(np.concatenate(parts) for parts in zip(stacked, near, strict=True)))


def _stacked(shapes: Shapes, which: Numbers, kinds: Numbers) -> Pairs:
    """Rows that stand on the very point of an earlier row of their kind, with the first of them."""
    points = which[shapely.get_type_id(shapes[which]) == shapely.GeometryType.POINT]
    x, y = shapely.get_coordinates(shapes[points]).T
    table = pd.DataFrame({"kind": kinds[points], "x": x, "y": y, "row": points})
    first = table.groupby(["kind", "x", "y"])["row"].transform("first").to_numpy()
    again = first != points
    return Pairs(points[again], first[again], np.zeros(int(again.sum())))


def _overlaps(shapes: Shapes, least: float) -> Overlaps:
    """Pairs of polygons of which more than this share of the smaller one is common.

    Most neighbours only touch, or only their boxes meet: areas are computed for what is left.
    """
    polygons = np.flatnonzero(np.isin(shapely.get_type_id(shapes), POLYGON_TYPES))
    one, other = shapely.STRtree(shapes[polygons]).query(shapes[polygons])
    one, other = polygons[one[other < one]], polygons[other[other < one]]
    areas = shapely.area(shapes)
    kept = _common_boxes(shapes, one, other) > least * np.minimum(areas[one], areas[other])
    one, other = one[kept], other[kept]
    shapely.prepare(shapes[np.unique(one)])
    kept = shapely.relate_pattern(shapes[one], shapes[other], COMMON_AREA)
    one, other = one[kept], other[kept]
    area = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    of_smaller = area / np.minimum(areas[one], areas[other])
    of_larger = area / np.maximum(areas[one], areas[other])
    order = np.lexsort((other, one))
    order = order[of_smaller[order] > least]
    return Overlaps(*(part[order] for part in (one, other, area, of_smaller, of_larger)))


def _common_boxes(shapes: Shapes, one: Numbers, other: Numbers) -> NDArray[np.float64]:
    """Area that two bounding boxes share: more than the shapes can, and found at once."""
    west, south, east, north = shapely.bounds(shapes).T
    width = np.minimum(east[one], east[other]) - np.maximum(west[one], west[other])
    height = np.minimum(north[one], north[other]) - np.maximum(south[one], south[other])
    return np.asarray(np.maximum(width, 0.0) * np.maximum(height, 0.0))

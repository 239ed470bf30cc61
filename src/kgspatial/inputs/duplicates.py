"""Rows that stand twice for one place: on one point, under one name, with one outline; overlaps.

Imports from `rows` and `problems`. Each row is told against an earlier one, so that the table names
the row to look at and the one that it repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import shapely

from kgspatial.inputs.rows import plain_name, rows_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kgspatial.inputs.problems import Problem
    from kgspatial.inputs.rows import Rows

    Shapes = NDArray[np.object_]

SAME_POINT_M = 1.0
"""Points as near as this are one point, written with one decimal more or less."""

SAME_NAME_M = 50.0
"""Two rows of one name as near as this are one place entered twice, or one that a street cuts."""

SAME_SHAPE = 0.9
"""Two outlines that share this part of the larger one were drawn from the same place."""

SHOWN_OVERLAP, WIDE_OVERLAP = 0.01, 0.10
"""Shares of the smaller community: below the first, outlines that touch; above the second, look."""

PAIR = ["later", "earlier"]

POLYGON_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

COMMON_AREA = "2********"
"""Of the nine intersections of two shapes (DE-9IM), that of their insides is an area."""


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
        name within 50 m) and ``same_point`` (within 1 m), each row and earlier row once; of several
        earlier rows the nearest or first.
    """
    rows, shapes = rows_of(frame, name), frame.geometry.to_numpy()
    found: list[tuple[int, Problem]] = []
    told: set[tuple[int, int]] = set()
    for pairs, tell in (
        (_of_one_shape(shapes), _same_shape),
        (_of_one_name(shapes, rows.names), _same_name),
        (_on_one_point(shapes), _same_point),
    ):
        new = [pair for pair in pairs.itertuples(index=False) if (pair[0], pair[1]) not in told]
        found += [(pair[0], tell(rows, *pair)) for pair in new]
        told |= {(pair[0], pair[1]) for pair in new}
    return [problem for _, problem in sorted(found, key=lambda entry: entry[0])]


def overlapping_rows(communities: gpd.GeoDataFrame) -> list[Problem]:
    """Return the communities of which a part lies in an earlier one, with area and share.

    Those that are one outline drawn twice are for :func:`repeated_rows`.
    """
    rows = rows_of(communities, "communities")
    pairs = _overlaps(communities.geometry.to_numpy(), SHOWN_OVERLAP)
    return [
        rows.problem(
            pair.later,
            "overlap",
            f"{pair.area / 10_000:,.2f} ha of it ({pair.of_smaller:.1%} of the smaller one) lie "
            f"in {rows.called(pair.earlier)} too",
            "used as it is; children there are shared between both",
            "warning" if pair.of_smaller > WIDE_OVERLAP else "note",
        )
        for pair in pairs[pairs["of_larger"] <= SAME_SHAPE].itertuples(index=False)
    ]


def _same_shape(rows: Rows, later: int, earlier: int, share: float) -> Problem:
    text = f"its outline is that of {rows.called(earlier)}: both share {share:.0%} of their area"
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


# ---------------------------------------------------------------- pairs: later, earlier, a measure


def _of_one_shape(shapes: Shapes) -> pd.DataFrame:
    pairs = _overlaps(shapes, SAME_SHAPE)
    twice = pairs[pairs["of_larger"] > SAME_SHAPE]
    return twice.drop_duplicates("later")[[*PAIR, "of_larger"]]


def _of_one_name(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """Only rows whose name is given again are laid into the tree, so that most maps cost nothing."""
    plain = pd.Series([plain_name(name) for name in names], dtype=object)
    repeated = np.flatnonzero(plain.duplicated(keep=False) & (plain != ""))
    codes = pd.factorize(plain)[0]
    return _near_pairs(shapes, repeated, codes, SAME_NAME_M)


def _on_one_point(shapes: Shapes) -> pd.DataFrame:
    points = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POINT)
    return _near_pairs(shapes, points, np.zeros(len(shapes), dtype=np.intp), SAME_POINT_M)


def _near_pairs(
    shapes: Shapes, which: NDArray[np.intp], kinds: NDArray[np.intp], metres: float
) -> pd.DataFrame:
    """Rows of one kind within a distance: each row with the nearest earlier one.

    Rows on the very same point are paired first, with the first of them: a register whose
    addresses were all found at the town hall would make pairs without end.
    """
    boxes = shapely.bounds(shapes[which])
    table = pd.DataFrame(boxes, columns=["west", "south", "east", "north"])
    table["kind"], table["row"] = kinds[which], which
    first = table.groupby(["kind", "west", "south", "east", "north"])["row"].transform("first")
    again = table.index[(first != table["row"]) & (table["west"] == table["east"])]
    stacked = pd.DataFrame(
        {"later": table.loc[again, "row"], "earlier": first[again], "apart": 0.0}
    )
    single = which[np.isin(which, table.loc[again, "row"], invert=True)]
    one, other = shapely.STRtree(shapes[single]).query(
        shapes[single], predicate="dwithin", distance=metres
    )
    one, other = single[one], single[other]
    kept = (other < one) & (kinds[one] == kinds[other])
    one, other = one[kept], other[kept]
    apart = shapely.distance(shapes[one], shapes[other])
    near = pd.DataFrame({"later": one, "earlier": other, "apart": apart})
    near = near.sort_values(["later", "apart", "earlier"]).drop_duplicates("later")
    return pd.concat([frame for frame in (stacked, near) if len(frame)] or [near])


def _overlaps(shapes: Shapes, least: float) -> pd.DataFrame:
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
    pairs = {"later": one, "earlier": other, "area": area}
    table = pd.DataFrame({**pairs, "of_smaller": of_smaller, "of_larger": of_larger})
    return table[table["of_smaller"] > least].sort_values(PAIR)


def _common_boxes(
    shapes: Shapes, one: NDArray[np.intp], other: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Area that two bounding boxes share: more than the shapes can, and found at once."""
    west, south, east, north = shapely.bounds(shapes).T
    width = np.minimum(east[one], east[other]) - np.maximum(west[one], west[other])
    height = np.minimum(north[one], north[other]) - np.maximum(south[one], south[other])
    return cast("NDArray[np.float64]", np.maximum(width, 0.0) * np.maximum(height, 0.0))

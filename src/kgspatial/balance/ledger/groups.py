"""Groups of kindergartens (总园, 分园): who leads whom, links as lines, totals per group.

Imports from `inputs.columns`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from kgspatial.errors import InputError
from kgspatial.inputs.columns.cells import first_row, numbers, row_number, source_of, texts
from kgspatial.inputs.columns.links import linked, names_of
from kgspatial.inputs.problems import Problem


def kindergarten_heads(kindergartens: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Tell which kindergarten leads each, and which leads its whole group.

    Parameters
    ----------
    kindergartens : GeoDataFrame
        With ``kindergarten_id`` and, for branches, ``head_id``: the id of the head kindergarten,
        or its name. One that names itself is a head.

    Returns
    -------
    heads : DataFrame
        Aligned to the layer: ``kindergarten_id``, ``head_id`` (None without one) and
        ``group_id``, the head of all; a kindergarten in no group is its own.
    problems : list of Problem
        Heads that are not there, that several bear the name of, or that lead each other in a
        circle: such links are not used.

    Examples
    --------
    >>> layer = pd.DataFrame({"kindergarten_id": ["A", "B", "C"], "head_id": [None, "A", "B"]})
    >>> kindergarten_heads(layer)[0]["group_id"].tolist()
    ['A', 'A', 'A']
    """
    ids = _ids(kindergartens)
    named, problems = _named_heads(kindergartens, ids)
    position = pd.Series(np.arange(len(ids)), index=ids.to_numpy())
    own = np.arange(len(ids))
    head = named.map(position).fillna(pd.Series(own, index=ids.index)).to_numpy(dtype=np.int64)
    circle = _in_circles(head)
    problems += _circular(kindergartens, ids, named, circle)
    head = np.where(circle, own, head)
    heads = ids.to_numpy(dtype=object)
    led = np.where(head != own, heads[head], None)
    table = pd.DataFrame({"kindergarten_id": ids, "group_id": heads[_tops(head)]})
    table.insert(1, "head_id", pd.Series(led, index=ids.index, dtype=object))
    return table, problems


def group_links(kindergartens: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return a line from each branch to the kindergarten that leads it.

    Parameters
    ----------
    kindergartens : GeoDataFrame
        As for :func:`kindergarten_heads`; polygons are taken at an inner point.

    Returns
    -------
    links : GeoDataFrame
        ``kindergarten_id``, ``head_id``, ``group_id`` and the line, in the layer's CRS.
    problems : list of Problem
        As :func:`kindergarten_heads`.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame(
    ...     {"kindergarten_id": ["A", "B"], "head_id": [None, "A"]},
    ...     geometry=gpd.points_from_xy([0, 300], [0, 400]),
    ...     crs="EPSG:4526",
    ... )
    >>> group_links(layer)[0].length.tolist()
    [500.0]
    """
    heads, problems = kindergarten_heads(kindergartens)
    spots = shapely.point_on_surface(kindergartens.geometry.to_numpy())
    points = shapely.get_coordinates(spots)
    position = pd.Series(np.arange(len(heads)), index=heads["kindergarten_id"].to_numpy())
    branch = heads["head_id"].notna().to_numpy()
    ends = position[heads.loc[branch, "head_id"]].to_numpy()
    pairs = np.stack([points[branch], points[ends]], axis=1)
    lines = np.asarray(shapely.linestrings(pairs), dtype=object)
    table = heads[branch].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=lines, crs=kindergartens.crs), problems


def group_totals(kindergartens: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Add up places and children of each group of two and more kindergartens.

    Parameters
    ----------
    kindergartens : GeoDataFrame
        As for :func:`kindergarten_heads`, with ``places`` and ``enrolled`` where known.

    Returns
    -------
    groups : DataFrame
        Indexed by ``group_id``: ``name`` of the head, ``campuses`` with the head,
        ``places`` and ``enrolled`` (nan where a campus does not say).
    problems : list of Problem
        As :func:`kindergarten_heads`.
    """
    heads, problems = kindergarten_heads(kindergartens)
    group = heads["group_id"]
    names = pd.Series(
        texts(kindergartens, "name").to_numpy(), index=heads["kindergarten_id"], dtype=object
    )
    table = pd.DataFrame({"campuses": group.value_counts(sort=False)})
    for name in ("places", "enrolled"):
        cells = numbers(kindergartens, name)
        total = cells.groupby(group).sum()
        table[name] = total.where(~cells.isna().groupby(group).any())
    table.insert(0, "name", names[~names.index.duplicated()].reindex(table.index))
    return table[table["campuses"] > 1].sort_index().rename_axis("group_id"), problems


def _ids(kindergartens: pd.DataFrame) -> pd.Series:
    ids = texts(kindergartens, "kindergarten_id")
    bad = ids.isna() | ids.duplicated()
    if bad.any():
        row = first_row(bad)
        raise InputError(
            "a kindergarten has no id, or one that stands in an earlier row too",
            source=source_of(kindergartens) or None,
            row=row_number(row),
            column="kindergarten_id",
            hint="Study(...) gives such rows ids of their own: take study.kindergartens.",
        )
    return ids.astype(str)


def _named_heads(kindergartens: pd.DataFrame, ids: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """The id of each head, whether the column gives its id or its name."""
    given = texts(kindergartens, "head_id")
    is_id = given.isin(list(ids))
    asked = pd.DataFrame({"head_id": given.where(is_id, None), "head": given.where(~is_id, None)})
    asked.attrs["source"] = source_of(kindergartens)
    found, problems = linked(
        asked, "head", names_of(kindergartens, "kindergarten_id"), "kindergartens"
    )
    return found["head_id"], problems


def _in_circles(head: np.ndarray) -> np.ndarray:
    """Which kindergartens lead, over others, themselves; one that names itself does not."""
    rows = np.arange(len(head))
    graph = csr_matrix((np.ones(len(head)), (rows, head)), shape=(len(head), len(head)))
    _, part = connected_components(graph, directed=True, connection="strong")
    return np.asarray(np.bincount(part, minlength=1)[part] > 1)


def _tops(head: np.ndarray) -> np.ndarray:
    """The end of each chain of heads; every step doubles the way."""
    while True:
        further = head[head]
        if np.array_equal(further, head):
            return head
        head = further


def _circular(
    kindergartens: pd.DataFrame, ids: pd.Series, named: pd.Series, circle: np.ndarray
) -> list[Problem]:
    source = source_of(kindergartens)
    return [
        Problem(
            *("kindergartens", "circular_head", f"'{ids[row]}' leads, over others, itself"),
            "its link to its head is not used",
            source=source,
            row=row_number(row),
            column="head_id",
            value=str(named[row]),
        )
        for row in ids.index[circle]
    ]

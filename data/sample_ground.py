"""The ground of the invented district: outline, river, quarters of blocks, roads, towns.

Coordinates are metres east and north of the district's south-west corner (`sample_files.ORIGIN`).
Imports from `sample_names`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from sample_names import AVENUES, LANES, RURAL_ROADS, Name, NameBook, random_stream
from shapely import Geometry, LineString, Point, Polygon

Array = NDArray[np.float64]

RIVER_WIDTH_M = 110.0
MEET_M = 150.0
"""A road that ends closer to another one leads on to it."""
SNAP_M = 0.1
"""Street ends closer than this meet."""

OUTLINE = (
    (250, 600), (1600, 150), (3600, 300), (5800, 120), (8200, 350), (10200, 150), (11600, 700),
    (11850, 2600), (11700, 4500), (11900, 6500), (11500, 8800), (10200, 9800), (8200, 9650),
    (6200, 9880), (4000, 9700), (1800, 9850), (400, 9300), (150, 7200), (350, 5000), (120, 2800),
)  # fmt: skip
RIVER_COURSE = (
    (6300, 10300), (5900, 9200), (5350, 8300), (5500, 7300), (6150, 6500), (6200, 5600),
    (5750, 4700), (5650, 3800), (6100, 2900), (6650, 2100), (6500, 1200), (5900, 500), (5800, -300),
)  # fmt: skip
TOWN_LINES = (
    ((3650, -300), (3750, 1500), (3500, 2700), (3300, 3350), (5000, 3600), (5700, 3560),
     (7200, 3550), (9000, 3300), (12300, 3600)),
    ((3300, 3350), (2900, 4300), (2700, 5200), (2300, 6200), (2000, 7200), (2300, 8300),
     (4300, 8550), (5600, 8700)),
    ((2300, 6200), (3500, 6250), (6300, 6250)),
    ((-300, 5100), (1300, 5300), (2700, 5200)),
    ((5600, 7150), (8000, 7080), (9170, 7010), (9205, 6010), (10700, 5500), (12300, 5600)),
)  # fmt: skip
"""Boundaries between towns besides the river, which parts those north of the first line."""

TOWNS: dict[str, tuple[Name, str, bool, tuple[float, float]]] = {
    "U01": (("霁城街道", "Jicheng Jiedao"), "街道", True, (4500, 5000)),
    "U02": (("汀桥街道", "Tingqiao Jiedao"), "街道", True, (3300, 7200)),
    "U03": (("澄泽街道", "Chengze Jiedao"), "街道", True, (7800, 5500)),
    "U04": (("朗坪街道", "Langping Jiedao"), "街道", True, (9900, 7500)),
    "U05": (("荻洲镇", "Dizhou Zhen"), "镇", False, (5300, 2500)),
    "U06": (("禾岭镇", "Heling Zhen"), "镇", False, (1500, 7900)),
    "U07": (("桑陂镇", "Sangpi Zhen"), "镇", False, (1900, 2200)),
}
"""Name, level, urban and a point inside each town."""

ROADS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0, 4650), (1250, 4800), (2600, 4950), (3600, 5050), (4700, 5050)),
    ((4900, 5600), (4650, 6150), (4100, 6500), (3600, 6900)),
    ((3000, 7500), (2600, 8300), (2100, 8800), (1700, 9000), (1250, 9500), (900, 10000)),
    ((3600, 7700), (4250, 8150), (5000, 8420), (5800, 8150), (7300, 8150), (8400, 7850),
     (9500, 7750)),
    ((10050, 7480), (11000, 7900), (12000, 8100)),
    ((9000, 5200), (10200, 5000), (11000, 4900), (12000, 4700)),
    ((4700, 4700), (4600, 3900), (5050, 3300), (5400, 2600), (5100, 1700), (5200, 950),
     (6350, 800), (7400, 900), (8800, 1300), (10300, 1600), (12000, 1700)),
    ((4500, 4600), (3700, 3700), (3000, 2900), (2400, 2200), (1900, 1300), (2200, 500), (2100, 0)),
    ((5300, 2500), (4300, 2100), (3300, 1850), (2300, 1900), (1200, 2000), (0, 2300)),
    ((1250, 4800), (950, 5700), (900, 6900), (1250, 8100), (1800, 8950)),
    ((1250, 4800), (1500, 3600), (2100, 2500), (2300, 2000)),
    ((7900, 4500), (7950, 3500), (8300, 2600), (8500, 1800), (8350, 1130)),
    ((6600, 2560), (7200, 2700), (7800, 2950), (8160, 2960)),
    ((8160, 2960), (9300, 3100), (10400, 3700), (10900, 4400), (11000, 4900)),
    ((10300, 1600), (10700, 2700), (10400, 3700)),
    ((7300, 8150), (7500, 8700), (8600, 9000), (9700, 8900), (10900, 8950), (11000, 7900)),
    ((10050, 6330), (10600, 6330), (11150, 6500), (11300, 7300), (11000, 7900)),
    ((2600, 8300), (3300, 9100), (4450, 9150), (5000, 8420)),
    ((1250, 8100), (500, 8250)),
    ((2500, 4930), (1950, 6000), (2700, 6900)),
    ((5200, 950), (4400, 850), (2000, 900)),
    ((8800, 1300), (9300, 700), (10400, 500), (10300, 1600)),
)  # fmt: skip
BRIDGE_ROADS = (3, 6)
"""Roads of `ROADS` that cross the river; two streets of the old town do so as well."""


@dataclass(frozen=True)
class Street:
    """One street before the network is cut into edges."""

    line: LineString
    name: Name | None
    highway: str
    crosses: bool = False


@dataclass(frozen=True)
class Quarter:
    """A built-up area: its streets, and the blocks between them without the street space."""

    name: str
    streets: tuple[Street, ...]
    blocks: tuple[Polygon, ...]

    @property
    def area(self) -> Polygon:
        """Everything within the outermost streets."""
        lines = [s.line for s in self.streets if s.highway != "footway"]
        return shapely.union_all(shapely.polygonize(shapely.get_parts(shapely.node(
            shapely.multilinestrings(lines)
        ))))  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """What lies there before people come: all geometry in local metres."""

    outline: Polygon
    river: LineString
    water: Polygon
    quarters: dict[str, Quarter]
    roads: tuple[Street, ...]
    towns: dict[str, Polygon]


def make_ground() -> Ground:
    """Lay out the district."""
    outline = Polygon(smooth(OUTLINE, closed=True))
    river = LineString(smooth(RIVER_COURSE))
    quarters = {q.name: q for q in (_old_town(river), *_new_towns(river), *_small_quarters(river))}
    return Ground(
        outline=outline,
        river=river,
        water=river.buffer(RIVER_WIDTH_M / 2, quad_segs=4),
        quarters=quarters,
        roads=(*_rural_roads(quarters), *_bridge_streets(quarters)),
        towns=_towns(outline, river),
    )


def smooth(points: tuple[tuple[float, float], ...], closed: bool = False) -> Array:
    """Round the corners of a line twice (Chaikin 1974), keeping its ends."""
    line = np.asarray([*points, points[0]] if closed else points, dtype=float)
    for _ in range(2):
        first, second = line[:-1], line[1:]
        cut = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], axis=1)
        cut = cut.reshape(-1, 2)
        line = np.vstack([cut, cut[:1]]) if closed else np.vstack([line[:1], cut, line[-1:]])
    return line


def river_x(river: LineString, y: Array) -> Array:
    """Return the easting of the river's centre line at northings `y`."""
    x, north = np.asarray(river.coords).T
    return np.interp(y, north[::-1], x[::-1])


def mesh_quarter(
    name: str,
    nodes: Array,
    *,
    inset_m: float,
    drop: float,
    part: int,
    main: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset()),
    merge: frozenset[tuple[int, int, int]] = frozenset(),
) -> Quarter:
    """Make streets and blocks of a mesh of crossings.

    Parameters
    ----------
    nodes : ndarray of shape (rows, columns, 2)
        Crossings.
    inset_m : float
        From the street's middle to the block.
    drop : float
        Share of inner street pieces that are missing or footways only, as in grown towns.
    main : pair of sets
        Rows and columns that are main streets: never dropped.
    merge : set of (axis, line, piece)
        Pieces that are footways in any case.
    """
    rng = random_stream(part)
    book = NameBook(rng)
    streets: list[Street] = []
    for axis in (0, 1):
        lines = nodes if axis == 0 else nodes.transpose(1, 0, 2)
        for i, line in enumerate(lines):
            edge = i in (0, len(lines) - 1)
            highway = "secondary" if i in main[axis] else "tertiary" if edge else "residential"
            street_name = book.place(AVENUES if i in main[axis] or edge else LANES)
            for j in range(len(line) - 1):
                missing = not edge and i not in main[axis] and rng.random() < drop
                if missing or (axis, i, j) in merge:
                    if (axis, i, j) in merge or rng.random() < 0.6:
                        streets.append(Street(LineString(line[j : j + 2]), None, "footway"))
                    continue
                streets.append(Street(LineString(line[j : j + 2]), street_name, highway))
    return Quarter(name, tuple(streets), _blocks(streets, inset_m))


def _blocks(streets: list[Street], inset_m: float) -> tuple[Polygon, ...]:
    """Return the faces between the streets for wheels, less the street space, west to east."""
    lines = [s.line for s in streets if s.highway != "footway"]
    noded = shapely.union_all(shapely.multilinestrings(lines), grid_size=SNAP_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = [f.buffer(-inset_m, join_style="mitre") for f in faces]
    usable = [b for b in inner if isinstance(b, Polygon) and b.area > 1500]
    return tuple(sorted(usable, key=lambda b: (round(b.centroid.y, -1), round(b.centroid.x))))


def _grid(corner: tuple[float, float], step: tuple[float, float], count: tuple[int, int],
          turn_deg: float = 0.0) -> Array:  # fmt: skip
    """Return a straight mesh of `count` (columns, rows) blocks, turned about its corner."""
    v, u = np.meshgrid(
        np.arange(count[1] + 1) * step[1], np.arange(count[0] + 1) * step[0], indexing="ij"
    )
    turn = np.deg2rad(turn_deg)
    x = corner[0] + u * np.cos(turn) - v * np.sin(turn)
    y = corner[1] + u * np.sin(turn) + v * np.cos(turn)
    return np.stack([x, y], axis=-1)


def _riverside(river: LineString, side_m: float, far_x: float | None, y: tuple[float, float],
               count: tuple[int, int], depth_m: float = 0.0) -> Array:  # fmt: skip
    """Return a mesh whose one side follows the river at `side_m` (west is negative)."""
    v = np.linspace(y[0], y[1], count[1] + 1)
    near = river_x(river, v) + side_m
    far = near + depth_m if far_x is None else np.full_like(v, far_x)
    west, east = (far, near) if side_m < 0 else (near, far)
    share = np.linspace(0, 1, count[0] + 1)
    x = west[:, None] * (1 - share) + east[:, None] * share
    return np.stack([x, np.broadcast_to(v[:, None], x.shape)], axis=-1)


def _jitter(nodes: Array, by_m: float, part: int) -> Array:
    """Move the inner crossings at random, the outer ones less."""
    shift = random_stream(part).uniform(-by_m, by_m, nodes.shape)
    shift[[0, -1]] *= 0.3
    shift[:, [0, -1]] *= 0.3
    return nodes + shift


def _old_town(river: LineString) -> Quarter:
    nodes = _jitter(_riverside(river, -95, 4150, (4350, 5750), (11, 9)), 34, 11)
    main = (frozenset({2, 6}), frozenset({5}))
    return mesh_quarter("old_town", nodes, inset_m=6, drop=0.16, part=12, main=main)


NEW_TOWN_CORNER, NEW_TOWN_STEP, NEW_TOWN_TURN = (6750.0, 4250.0), (300.0, 280.0), 3.0


def _new_towns(river: LineString) -> tuple[Quarter, Quarter]:
    """Return the new town and its extension: one grid with main streets on every second line."""
    nodes = _grid(NEW_TOWN_CORNER, NEW_TOWN_STEP, (13, 14), NEW_TOWN_TURN)
    core = nodes[:10, :9]
    core = np.concatenate([_bank_nodes(core, river), core], axis=1)
    main = (frozenset(range(0, 10, 2)), frozenset({0, *range(1, 10, 2)}))
    new_town = mesh_quarter("new_town", core, inset_m=19, drop=0.12, part=22, main=main)
    north = nodes[6:, 8:13]
    estate = frozenset({(0, 6, 2), (0, 6, 3), (1, 3, 5), (1, 3, 6)})
    return new_town, mesh_quarter(
        "extension",
        north,
        inset_m=19,
        drop=0.0,
        part=24,
        main=(frozenset({0, 2, 5, 7}), frozenset({0, 2, 4})),
        merge=estate,
    )


def _bank_nodes(core: Array, river: LineString) -> Array:
    """Return a column of crossings on the riverside road, on the rows of the grid."""
    first = core[:, :1]
    y = first[..., 1] - 0.6 * np.tan(np.deg2rad(NEW_TOWN_TURN)) * 300
    return np.stack([river_x(river, y) + 150, y], axis=-1)


def _small_quarters(river: LineString) -> tuple[Quarter, ...]:
    works = _jitter(_grid((2560, 6650), (200, 185), (8, 7), -4), 6, 31)
    dizhou = _jitter(_riverside(river, -96, 4950, (2130, 3020), (8, 6)), 16, 33)
    wharf = _jitter(_riverside(river, 92, None, (2330, 2760), (3, 3), 285), 7, 35)
    heling = _jitter(_grid((1480, 8720), (135, 125), (5, 4), 8), 18, 37)
    sangpi = _jitter(_grid((1950, 1700), (140, 125), (5, 4), -7), 18, 39)
    return (
        mesh_quarter("works", works, inset_m=8, drop=0.08, part=32,
                     main=(frozenset({3}), frozenset({4}))),
        mesh_quarter("dizhou", dizhou, inset_m=6, drop=0.14, part=34,
                     main=(frozenset({3}), frozenset({3}))),
        mesh_quarter("wharf", wharf, inset_m=4, drop=0.0, part=36),
        mesh_quarter("heling", heling, inset_m=6, drop=0.1, part=38),
        mesh_quarter("sangpi", sangpi, inset_m=6, drop=0.1, part=40),
    )  # fmt: skip


def _rural_roads(quarters: dict[str, Quarter]) -> list[Street]:
    """Return the roads between the quarters, ending at the quarters' outer streets."""
    book = NameBook(random_stream(51))
    built = shapely.union_all([q.area for q in quarters.values()])
    roads = []
    for i, points in enumerate(ROADS):
        name = book.place(RURAL_ROADS)
        outside = LineString(smooth(points)).difference(built)
        highway = "secondary" if i < 9 else "unclassified"
        pieces = shapely.get_parts(outside)
        roads += [Street(piece, name, highway, i in BRIDGE_ROADS) for piece in pieces]
    edges = [q.area.exterior for q in quarters.values()]
    return [
        replace(road, line=_met(road.line, [*edges, *(r.line for r in roads if r is not road)]))
        for road in roads
    ]


def _met(line: LineString, others: list[Geometry]) -> LineString:
    """Lead the ends of a road to the nearest other one, where they end just short of it."""
    points = list(line.coords)
    around = shapely.union_all(others)
    for end, at in ((0, 0), (-1, len(points))):
        tip = Point(points[end])
        if 0.01 < tip.distance(around) < MEET_M:
            found = shapely.shortest_line(tip, around).coords[1]
            points.insert(at if end == 0 else len(points), found)
    return LineString(points)


def _bridge_streets(quarters: dict[str, Quarter]) -> tuple[Street, ...]:
    """Return the two streets that join the old town with the new town over the river."""
    streets = []
    old, new = (_outer_nodes(quarters[q], side) for q, side in (("old_town", 1), ("new_town", -1)))
    for name, y in ((("霁虹路", "Jihong Lu"), 4680), (("望汀路", "Wangting Lu"), 5330)):
        start = old[np.argmin(np.abs(old[:, 1] - y))]
        end = new[np.argmin(np.abs(new[:, 1] - start[1]))]
        streets.append(Street(LineString([start, end]), name, "secondary", crosses=True))
    return tuple(streets)


def _outer_nodes(quarter: Quarter, side: int) -> Array:
    """Return the crossings on a quarter's eastern (1) or western (-1) edge with a main street."""
    ends = np.array([
        max(s.line.coords, key=lambda p: side * p[0])
        for s in quarter.streets
        if s.highway == "secondary" and abs(np.diff(s.line.xy[0])[0]) > abs(np.diff(s.line.xy[1])[0])
    ])  # fmt: skip
    edge = shapely.distance(shapely.points(ends), quarter.area.exterior) < 1
    ends = ends[edge]
    return ends[side * ends[:, 0] > side * np.median(ends[:, 0]) - 900]


def _towns(outline: Polygon, river: LineString) -> dict[str, Polygon]:
    """Cut the district into towns that share their boundaries' points."""
    lines = [LineString(points) for points in TOWN_LINES]
    north = shapely.get_parts(shapely.union_all([river, lines[0]]))
    upper = [p for p in north if p.centroid.y > 3700]
    noded = shapely.union_all([outline.exterior, *lines, *upper], grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return {
        unit_id: next(f for f in faces if f.contains(Point(inside)))
        for unit_id, (_, _, _, inside) in TOWNS.items()
    }

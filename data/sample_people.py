"""The people of the invented district: communities, villages, hamlets and the children's grid.

Imports from `sample_ground` and `sample_names`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from sample_ground import NEW_TOWN_TURN, Ground, Quarter, smooth
from sample_names import (
    ESTATES,
    FACTORY_QUARTERS,
    OLD_QUARTERS,
    PHASES,
    URBAN_VILLAGES,
    VILLAGES,
    Name,
    NameBook,
    random_stream,
)
from shapely import Point, Polygon
from shapely.affinity import rotate

CELL_M = 100
GRID_ROWS, GRID_COLUMNS = 102, 122
"""Cells from the south-west corner, one row and column beyond the outline."""

ESTATE_BLOCK = 22
"""Block of the extension that footways part into the phases of the new estate."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Character:
    """What communities of one kind have in common; ranges are drawn from evenly."""

    per_hectare: tuple[float, float]
    children: float
    """Children of 3 to 5 per resident."""
    bands: tuple[float, float, float]
    """Children under 1, of 1 to 4 and of 5 to 9, in cohorts of 3 to 5: births are falling."""
    delivered: tuple[int, int] | None = None
    occupancy: tuple[float, float] | None = None
    household: float = 2.7


GROWING, STEADY, AGEING = (0.82, 3.72, 5.70), (0.72, 3.58, 6.05), (0.55, 3.25, 6.90)
CHARACTERS = {
    "old": Character((125, 205), 0.027, STEADY, (1983, 2004)),
    "estate": Character((85, 165), 0.039, GROWING, (2011, 2021), (0.55, 0.95), 2.9),
    "new_estate": Character((165, 175), 0.044, GROWING, (2022, 2024), (0.62, 0.78), 2.9),
    "works": Character((85, 135), 0.017, AGEING, (1974, 1996), None, 2.3),
    "town": Character((90, 170), 0.030, STEADY, (1988, 2012)),
    "wharf": Character((150, 190), 0.033, STEADY, (1985, 1998)),
    "urban_village": Character((85, 130), 0.034, GROWING, None, None, 3.1),
    "village": Character((40, 70), 0.026, STEADY, None, None, 3.0),
}


@dataclass(frozen=True)
class Community:
    """One community before it has an id; geometry in local metres."""

    kind: str
    quarter: str
    name: Name
    shape: Polygon
    residents: int
    households: int
    delivered_year: int | None
    occupancy: float | None
    unit_id: str
    community_id: str = ""


@dataclass(frozen=True)
class Village:
    """One administrative village: its middle, and the hamlets that no polygon shows."""

    name: Name
    point: Point
    unit_id: str
    hamlets: tuple[tuple[float, float, int], ...]
    """East, north and residents of each."""
    has_polygon: bool


URBAN_VILLAGE_SITES = (
    (3830, 4190), (3850, 5480), (4760, 6130), (5480, 6080), (4590, 7420), (2330, 6830),
    (9420, 5560), (6650, 7250), (8350, 7330), (7500, 3870), (5420, 3830),
)  # fmt: skip
VILLAGE_COUNT, VILLAGE_POLYGONS = 24, 10
QUARTER_PLANS = {
    "old_town": ("old", 0.48, 0.60),
    "new_town": ("estate", 0.31, 0.0),
    "extension": ("estate", 0.30, 0.0),
    "works": ("works", 0.36, 0.40),
    "dizhou": ("town", 0.42, 0.40),
    "wharf": ("wharf", 1.0, 1.0),
    "heling": ("town", 0.36, 0.40),
    "sangpi": ("town", 0.36, 0.40),
}
"""Kind of communities, share of blocks that are lived in, chance to join with a neighbour."""
EMPTY_BLOCKS = {"extension": frozenset({16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28})}
"""Blocks around the new estate that are still empty."""


def make_communities(ground: Ground, villages: list[Village]) -> list[Community]:
    """Return all communities, numbered from north to south within each quarter."""
    rng, book = random_stream(61), NameBook(random_stream(62))
    found: list[Community] = []
    for number, (quarter, (kind, share, joined)) in enumerate(QUARTER_PLANS.items()):
        own = random_stream(600 + number)
        shapes = _lived_in(ground.quarters[quarter], share, joined, own)
        found += [_settle(kind, quarter, _name(kind, book), shape, ground, rng) for shape in shapes]
    found += _estate_phases(ground, book, rng)
    for x, y in URBAN_VILLAGE_SITES:
        shape = _free(_blob((x, y), (105, 165), rng), ground)
        name = book.village(URBAN_VILLAGES)
        found.append(_settle("urban_village", "fringe", name, shape, ground, rng))
    for village in villages:
        if village.has_polygon:
            shape = _free(_blob(village.point.coords[0], (85, 125), rng), ground)
            found.append(_settle("village", "rural", village.name, shape, ground, rng))
    return [
        replace(c, community_id=f"C{i:03d}", shape=_rounded(c.shape))
        for i, c in enumerate(_with_overlap(found), start=1)
    ]


def _name(kind: str, book: NameBook) -> Name:
    suffixes = {"estate": ESTATES, "works": FACTORY_QUARTERS}.get(kind, OLD_QUARTERS)
    return book.place(suffixes)


def _lived_in(
    quarter: Quarter, share: float, joined: float, rng: np.random.Generator
) -> list[Polygon]:
    """Choose blocks that are lived in and join some with a neighbour across a lane."""
    skip = EMPTY_BLOCKS.get(quarter.name, frozenset()) | (
        {ESTATE_BLOCK} if quarter.name == "extension" else set()
    )
    open_blocks = [b for i, b in enumerate(quarter.blocks) if i not in skip]
    wide = shapely.union_all([s.line for s in quarter.streets if s.highway == "secondary"])
    taken: set[int] = set()
    shapes = []
    for i, block in enumerate(open_blocks):
        draw, join_draw = rng.random(), rng.random()
        if i in taken or draw > share:
            continue
        taken.add(i)
        shape = block
        if join_draw < joined:
            other = _neighbour(i, open_blocks, taken, wide)
            if other is not None:
                taken.add(other[0])
                shape = other[1]
        shapes.append(shape)
    return shapes


def _neighbour(
    i: int, blocks: list[Polygon], taken: set[int], wide: shapely.Geometry
) -> tuple[int, Polygon] | None:
    """Return the first free neighbour across a lane, and the two blocks as one."""
    for j, other in enumerate(blocks):
        if j in taken or blocks[i].distance(other) > 20:
            continue
        both = shapely.union_all([b.buffer(10, join_style="mitre") for b in (blocks[i], other)])
        shape = both.buffer(-10, join_style="mitre")
        longer = blocks[i].length + other.length - shape.length
        if isinstance(shape, Polygon) and longer > 120 and wide.intersection(shape).length < 5:
            return j, shape
    return None


def _estate_phases(ground: Ground, book: NameBook, rng: np.random.Generator) -> list[Community]:
    """Return the new estate: one large block that footways part into phases."""
    quarter = ground.quarters["extension"]
    block = quarter.blocks[ESTATE_BLOCK]
    paths = shapely.union_all([s.line for s in quarter.streets if s.highway == "footway"])
    kept = block.difference(estate_plot(ground).buffer(4, join_style="mitre"))
    parts = shapely.get_parts(kept.difference(paths.buffer(6, cap_style="square")))
    ordered = sorted(parts, key=lambda p: (-round(p.centroid.y, -2), p.centroid.x))
    name = book.place(ESTATES)
    return [
        _settle("new_estate", "extension", (name[0] + p[0], f"{name[1]} {p[1]}"), part, ground, rng)
        for part, p in zip(ordered, PHASES, strict=False)
    ]


def estate_plot(ground: Ground) -> Polygon:
    """Return the plot in the middle of the new estate that is kept free for a kindergarten."""
    middle = ground.quarters["extension"].blocks[ESTATE_BLOCK].centroid
    plot = shapely.box(middle.x + 12, middle.y + 12, middle.x + 87, middle.y + 76)
    return _rounded(rotate(plot, NEW_TOWN_TURN, origin=(middle.x, middle.y)))


def _settle(
    kind: str, quarter: str, name: Name, shape: Polygon, ground: Ground, rng: np.random.Generator
) -> Community:
    """Give a polygon its residents and its years."""
    like = CHARACTERS[kind]
    draws = rng.random(4)
    residents = round(shape.area / 1e4 * _between(like.per_hectare, draws[0]))
    occupancy = round(_between(like.occupancy, draws[1]), 2) if like.occupancy else None
    homes = residents / (like.household * (0.94 + 0.12 * draws[2])) / (occupancy or 1.0)
    delivered = int(_between(like.delivered, draws[3])) if like.delivered else None
    return Community(
        kind, quarter, name, shape, residents, round(homes), delivered, occupancy,
        unit_of(ground, shape.representative_point()),
    )  # fmt: skip


def _between(limits: tuple[float, float], draw: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * float(draw)


def unit_of(ground: Ground, point: Point) -> str:
    """Return the town in which a point lies."""
    return next(unit for unit, town in ground.towns.items() if town.intersects(point))


def _blob(
    middle: tuple[float, float], radius: tuple[float, float], rng: np.random.Generator
) -> Polygon:
    """Return an outline as grown villages have it."""
    corners = 11
    angle = (np.arange(corners) + rng.uniform(-0.25, 0.25, corners)) * 2 * np.pi / corners
    r = rng.uniform(*radius, corners)
    points = np.stack([middle[0] + 1.25 * r * np.cos(angle), middle[1] + r * np.sin(angle)], axis=1)
    return Polygon(smooth(tuple(map(tuple, points)), closed=True)[::2])


def _free(shape: Polygon, ground: Ground) -> Polygon:
    """Take away what lies on the river or within a quarter."""
    built = shapely.union_all([q.area.buffer(25) for q in ground.quarters.values()])
    rest = shape.difference(built).difference(ground.water.buffer(20))
    return max(shapely.get_parts(rest), key=lambda p: p.area)


def _with_overlap(found: list[Community]) -> list[Community]:
    """Draw one estate's eastern edge 55 m too far, over the neighbour's fence, as it happens."""
    estates = [c for c in found if c.quarter == "new_town"]
    pairs = [
        (a, b, shape)
        for a in estates
        for b in estates
        if a is not b and 30 < a.shape.distance(b.shape) < 45
        for shape in [_stretched(a.shape, b.shape)]
        if 3000 < shape.intersection(b.shape).area < 8000
        and sum(shape.intersects(c.shape) for c in estates) == 2
    ]
    wrong, _, shape = pairs[0]
    return [replace(c, shape=shape) if c is wrong else c for c in found]


def _stretched(shape: Polygon, towards: Polygon) -> Polygon:
    """Move the corners on the side of another polygon 55 m towards it, if that lies to the east."""
    xy = np.asarray(shape.exterior.coords)
    if towards.centroid.x - shape.centroid.x < 200:
        return shape
    moved = xy + np.where(xy[:, :1] > shape.centroid.x, [[55.0, 2.9]], [[0.0, 0.0]])
    return Polygon(moved)


def _rounded(shape: Polygon) -> Polygon:
    return Polygon(np.round(np.asarray(shape.exterior.coords), 1))


def make_villages(ground: Ground) -> list[Village]:
    """Scatter villages over the open country, each with hamlets around it."""
    rng, book = random_stream(71), NameBook(random_stream(72))
    built = shapely.union_all([q.area for q in ground.quarters.values()])
    sites = [Point(p) for p in URBAN_VILLAGE_SITES]
    villages: list[Village] = []
    while len(villages) < VILLAGE_COUNT:
        point = Point(np.round(rng.uniform((0, 0), (12000, 10000)), 1))
        near = [*sites, *(v.point for v in villages)]
        if not _in_the_country(point, ground, built, 330) or min(map(point.distance, near)) < 950:
            continue
        has_polygon = len(villages) < VILLAGE_POLYGONS
        villages.append(
            Village(
                book.village(VILLAGES),
                point,
                unit_of(ground, point),
                _hamlets(point, ground, built, rng, 0 if not has_polygon else 200),
                has_polygon,
            )
        )
    return villages


def _in_the_country(point: Point, ground: Ground, built: shapely.Geometry, away_m: float) -> bool:
    inside = ground.outline.buffer(-away_m).contains(point)
    return inside and min(built.distance(point), ground.water.distance(point)) > away_m


def _hamlets(
    middle: Point, ground: Ground, built: shapely.Geometry, rng: np.random.Generator, least_m: float
) -> tuple[tuple[float, float, int], ...]:
    wanted, found = int(rng.integers(2, 5)), []
    while len(found) < wanted:
        x, y = np.round(np.asarray(middle.coords[0]) + rng.uniform(-480, 480, 2), 1)
        residents = int(rng.integers(35, 110))
        point = Point(x, y)
        if _in_the_country(point, ground, built, 110) and point.distance(middle) >= least_m:
            found.append((float(x), float(y), residents))
    return tuple(found)


def make_grid(communities: list[Community], villages: list[Village]) -> Array:
    """Return children under 1, of 1 to 4 and of 5 to 9 per cell, the first row in the north."""
    bands = np.zeros((3, GRID_ROWS, GRID_COLUMNS))
    cells = shapely.box(
        *np.meshgrid(np.arange(GRID_COLUMNS) * CELL_M, np.arange(GRID_ROWS) * CELL_M),
        *np.meshgrid(np.arange(1, GRID_COLUMNS + 1) * CELL_M, np.arange(1, GRID_ROWS + 1) * CELL_M),
    )
    cover = {c.community_id: _cover(c.shape, cells) for c in communities}
    filled = np.minimum(sum(cover.values()), 1.0)
    for community in communities:
        # Grids of this kind follow the houses: a cell that is all houses weighs more than an edge.
        weight = cover[community.community_id] * filled
        like = CHARACTERS[community.kind]
        people = community.residents * weight / weight.sum()
        bands += np.multiply.outer(np.array(like.bands) * like.children / 3, people)
    like = CHARACTERS["village"]
    for x, y, residents in (h for v in villages for h in v.hamlets):
        per_band = np.array(like.bands) * like.children / 3 * residents
        bands[:, int(y // CELL_M), int(x // CELL_M)] += per_band
    return np.round(bands[:, ::-1], 3)


def _cover(shape: Polygon, cells: NDArray[np.object_]) -> Array:
    """Covered share of each cell."""
    west, south, east, north = (int(v // CELL_M) for v in shape.bounds)
    window = np.s_[south : north + 1, west : east + 1]
    cover = np.zeros(cells.shape)
    parts = shapely.intersection(cells[window], shape)
    cover[window] = np.round(shapely.area(parts) / CELL_M**2, 6)
    return cover

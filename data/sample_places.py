"""What stands in the invented district: kindergartens, candidate sites, hazards.

Imports from `sample_people`, `sample_ground` and `sample_names`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sample_ground import Ground
from sample_names import (
    DISTRICT,
    NUMBERS,
    PRIVATE_KINDERGARTENS,
    Name,
    NameBook,
    join,
    random_stream,
    syllables,
)
from sample_people import CHARACTERS, ESTATE_BLOCK, Community, estate_plot
from shapely import LineString, Point, Polygon

Array = NDArray[np.float64]
Row = dict[str, object]

YEAR = 2025
KINDERGARTEN: Name = ("幼儿园", "You'eryuan")


@dataclass(frozen=True)
class Supply:
    """How a quarter is supplied: kindergartens, places per child, how full, and near where the first."""

    count: int
    places_per_child: float
    filled: tuple[float, float]
    starts: tuple[tuple[float, float], ...]
    kinds: tuple[str, ...] = ("public", "inclusive", "public", "inclusive", "private")


SUPPLY = {
    "old_town": Supply(9, 0.94, (0.86, 1.12), ((5000, 5000),)),
    "new_town": Supply(9, 0.92, (0.88, 1.10), ((7000, 5000),)),
    "extension": Supply(1, 1.20, (0.80, 0.90), ((9500, 6500),), ("inclusive",)),
    "works": Supply(6, 2.60, (0.32, 0.50), ((3300, 7200),)),
    "dizhou": Supply(
        4, 1.90, (0.52, 0.70), ((6200, 2600), (6250, 2300)), ("public", "inclusive", "private")
    ),
    "heling": Supply(2, 1.30, (0.70, 0.95), ((1700, 9000),), ("public", "private")),
    "sangpi": Supply(2, 1.30, (0.70, 0.95), ((2200, 1900),), ("public", "private")),
    "fringe": Supply(5, 0.80, (0.90, 1.06), ((3800, 4200),), ("inclusive", "private")),
    "rural": Supply(2, 2.40, (0.50, 0.60), ((1700, 4200),), ("public",)),
}
KIND_SIZE = {"public": 1.35, "inclusive": 0.9, "private": 0.65}
"""Public kindergartens are the larger ones."""
UNLICENSED = ("fringe", 3)
"""Quarter and place in it of the one kindergarten without a licence."""


def make_kindergartens(communities: list[Community]) -> list[Row]:
    """Spread each quarter's kindergartens over its communities."""
    rng, names = random_stream(81), _KindergartenNames()
    rows: list[Row] = []
    for quarter, supply in SUPPLY.items():
        homes = [c for c in communities if c.quarter == quarter and c.kind != "new_estate"]
        children = sum(c.residents * CHARACTERS[c.kind].children for c in homes)
        kinds = [supply.kinds[i % len(supply.kinds)] for i in range(supply.count)]
        share = rng.uniform(0.7, 1.3, supply.count) * [KIND_SIZE[k] for k in kinds]
        wanted = children * supply.places_per_child * share / share.sum()
        hosts = _spread([c.shape.centroid for c in homes], supply.count, supply.starts)
        for i, (host, kind) in enumerate(zip(hosts, kinds, strict=True)):
            licensed = (quarter, i) != UNLICENSED
            row = _kindergarten(homes[host], kind, wanted[i], supply.filled, rng)
            name = names.give(kind, homes[host])
            own = {"name": name[0], "name_latin": name[1], "licensed": "是" if licensed else "否"}
            key = {"kindergarten_id": f"K{len(rows) + 1:02d}", "quarter": quarter}
            rows.append(key | own | row)
    return rows


def _spread(points: list[Point], count: int, starts: tuple[tuple[float, float], ...]) -> list[int]:
    """Choose points far from each other, beginning with those nearest to `starts`."""
    xy = np.round(shapely.get_coordinates(points), 1)
    chosen: list[int] = []
    while len(chosen) < count:
        if len(chosen) < len(starts):
            away = -np.hypot(*(xy - starts[len(chosen)]).T)
            away[chosen] = -np.inf
        else:
            away = np.min([np.hypot(*(xy - xy[c]).T) for c in chosen], axis=0)
        chosen.append(int(np.argmax(np.round(away, 1))))
    return chosen


def _kindergarten(
    host: Community, kind: str, wanted: float, filled: tuple[float, float], rng: np.random.Generator
) -> Row:
    per_class = 30 if kind == "public" else 25
    classes = int(np.clip(round(wanted / per_class), 2, 12))
    places = classes * per_class
    enrolled = round(places * rng.uniform(*filled))
    floor = classes * 30 * (9 if kind == "public" else 7)
    point = _inside(host.shape, 0.45)
    return {
        "kind": kind,
        "classes": classes,
        "places": places,
        "enrolled": enrolled,
        "opened_year": min(_opened(host, rng), YEAR - 2),
        "site_area_m2": classes * (520 if kind == "public" else 380),
        "floor_area_m2": floor,
        "outdoor_area_m2": classes * (190 if kind == "public" else 120),
        "teachers": classes * (2 if kind == "public" else 1) + int(rng.integers(0, 3)),
        "carers": classes,
        "staff": classes * 4 + int(rng.integers(0, 3)) if kind == "public" else classes * 3,
        "supports_community": host.community_id if host.kind == "estate" else None,
        "geometry": point,
    }


def _opened(host: Community, rng: np.random.Generator) -> int:
    draw = int(rng.integers(0, 14))
    if host.delivered_year is None:
        return 2004 + draw
    return (
        host.delivered_year + 1 if host.kind == "estate" else max(host.delivered_year, 1988) + draw
    )


def _inside(shape: Polygon, towards_corner: float) -> Point:
    """Return a point of a polygon between its middle and one of its corners."""
    middle = np.asarray(shape.representative_point().coords[0])
    corners = np.asarray(shape.exterior.coords)[:-1]
    order = np.lexsort((np.round(corners[:, 0]), -np.round(corners[:, 1])))
    for corner in corners[order]:
        point = Point(np.round(middle + towards_corner * (corner - middle), 1))
        if shape.buffer(-5).contains(point):
            return point
    return Point(np.round(middle, 1))


class _KindergartenNames:
    """Names as they are usual: numbered or central public ones, estates' own, fanciful ones."""

    def __init__(self) -> None:
        self._numbers, self._fanciful = iter(NUMBERS), iter(PRIVATE_KINDERGARTENS)
        self._book = NameBook(random_stream(82))

    def give(self, kind: str, host: Community) -> Name:
        if kind == "private" or (kind == "inclusive" and host.kind == "urban_village"):
            return join(next(self._fanciful), KINDERGARTEN)
        centre = {"dizhou": ("荻洲镇中心", "Dizhou Zhen Zhongxin"),
                  "heling": ("禾岭镇中心", "Heling Zhen Zhongxin"),
                  "sangpi": ("桑陂镇中心", "Sangpi Zhen Zhongxin")}.get(host.quarter)  # fmt: skip
        if kind == "public" and centre and self._book.take(centre):
            return join(centre, KINDERGARTEN)
        if kind == "public" and host.quarter in ("old_town", "new_town"):
            number = next(self._numbers)
            district = join(DISTRICT, ("第" + number[0], syllables("Di", number[1])))
            return join(district, KINDERGARTEN)
        return join(host.name, KINDERGARTEN)


SITE_M2 = {3: 1800, 6: 3300, 9: 4700, 12: 6000}
WAN_PER_CLASS = {"parcel": 240, "idle_building": 70, "expansion": 110}
PARCELS = {"new_town": 10, "extension": 3}
IDLE = {"old_town": 4, "works": 3, "dizhou": 2, "heling": 1, "sangpi": 1}
EXPANSIONS = {"old_town": 6, "new_town": 4, "fringe": 2}
LATE = {3: 2027, 7: 2026, 11: 2028}
"""Candidates by their number that come free after the plan's year."""


def make_candidates(
    ground: Ground, communities: list[Community], kindergartens: list[Row]
) -> list[Row]:
    """Return parcels, idle buildings and grounds to expand on; the new estate's plot is first."""
    rng, book = random_stream(91), NameBook(random_stream(92))
    lived_in = shapely.union_all([c.shape for c in communities])
    rows = [_site("parcel", estate_plot(ground), 9, _lot(book), rng)]
    for quarter, count in PARCELS.items():
        for block in _empty_blocks(ground, quarter, lived_in, count):
            classes = int(rng.choice([6, 9, 12]))
            rows.append(_site("parcel", _plot(block, SITE_M2[classes]), classes, _lot(book), rng))
    rows += _beside_estate(ground, book, rng)
    for quarter, count in IDLE.items():
        for block in _empty_blocks(ground, quarter, lived_in, count):
            classes = int(rng.choice([3, 3, 6]))
            plot = _plot(block, 0.6 * SITE_M2[classes])
            rows.append(_site("idle_building", plot, classes, _old_use(book, rng), rng))
    warehouse = communities_of(communities, "wharf")[2].shape
    rows.append(
        _site(
            "idle_building",
            _plot(warehouse, 1000),
            3,
            ("霁水码头旧仓库", "Ji Shui Matou Jiu Cangku"),
            rng,
        )
    )
    rows += _expansions(kindergartens, lived_in, rng)
    return [
        {"site_id": f"S{i:02d}"} | row | {"available_year": LATE.get(i, row["available_year"])}
        for i, row in enumerate(rows, start=1)
    ]


def communities_of(communities: list[Community], kind: str) -> list[Community]:
    """Return the communities of one kind."""
    return [c for c in communities if c.kind == kind]


def _empty_blocks(
    ground: Ground, quarter: str, lived_in: shapely.Geometry, count: int
) -> list[Polygon]:
    """Choose blocks without homes, far from each other, and from the new estate."""
    far = ground.quarters["extension"].blocks[ESTATE_BLOCK]
    blocks = [
        b
        for b in ground.quarters[quarter].blocks
        if b.intersection(lived_in).area < 1 and b.distance(far) > 500
    ]
    middle = shapely.union_all(blocks).centroid.coords[0]
    return [blocks[i] for i in _spread([b.centroid for b in blocks], count, (middle,))]


def _beside_estate(ground: Ground, book: NameBook, rng: np.random.Generator) -> list[Row]:
    """Two parcels beside the new estate that may not be used: too near a line, too late."""
    blocks = ground.quarters["extension"].blocks
    under_line = _plot(blocks[26], SITE_M2[9], (0, 70))
    late = _plot(blocks[21], SITE_M2[9])
    rows = [_site("parcel", p, 9, _lot(book), rng) for p in (under_line, late)]
    return [rows[0], rows[1] | {"available_year": 2028}]


def _lot(book: NameBook) -> Name:
    return book.place([("地块", "Dikuai")])


def _old_use(book: NameBook, rng: np.random.Generator) -> Name:
    uses = [("旧小学", "Jiu Xiaoxue"), ("旧办公楼", "Jiu Bangonglou"), ("旧厂房", "Jiu Changfang")]
    return book.place([uses[int(rng.integers(len(uses)))]])


def _plot(block: Polygon, area_m2: float, shift: tuple[float, float] = (0, 0)) -> Polygon:
    """Return a rectangle of that area within a block, parallel to the block's longest side."""
    xy = np.asarray(block.exterior.coords)
    sides = np.diff(xy, axis=0)
    along = sides[int(np.argmax(np.round(np.hypot(*sides.T))))]
    along = along / np.hypot(*along)
    middle = np.asarray(block.representative_point().coords[0]) + shift
    for shrink in (1.0, 0.85, 0.7, 0.55, 0.4, 0.25):
        long, short = (0.5 * np.sqrt(area_m2 * r) * shrink for r in (1.3, 1 / 1.3))
        across = np.array([-along[1], along[0]])
        corners = [middle + a * long * along + b * short * across
                   for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]  # fmt: skip
        plot = Polygon(np.round(corners, 1))
        if block.contains(plot):
            return plot
    raise ValueError("no plot fits into the block")


def _site(source: str, plot: Polygon, classes: int, name: Name, rng: np.random.Generator) -> Row:
    cost = classes * WAN_PER_CLASS[source] * rng.uniform(0.9, 1.1)
    return {
        "name": name[0],
        "name_latin": name[1],
        "source": source,
        "site_area_m2": round(plot.area, -1),
        "floor_area_m2": None if source == "parcel" else classes * 320,
        "max_classes": classes,
        "cost_wan": round(cost, -1),
        "available_year": YEAR if source == "parcel" else None,
        "land_code": "080404" if source == "parcel" else None,
        "geometry": plot,
    }


def _ground_beside(point: Point, lived_in: shapely.Geometry) -> Polygon:
    """Return the ground to expand on: beside the kindergarten, in the same community if it fits."""
    x, y = point.coords[0]
    plots = [
        shapely.box(x + dx - 18, y + dy - 14, x + dx + 18, y + dy + 14)
        for dx, dy in ((38, 0), (-38, 0), (0, -34), (0, 34), (30, -30), (-30, -30))
    ]
    return next((p for p in plots if lived_in.contains(p)), plots[0])


def _expansions(
    kindergartens: list[Row], lived_in: shapely.Geometry, rng: np.random.Generator
) -> list[Row]:
    """Return ground beside the fullest licensed kindergartens of some quarters."""
    rows = []
    for quarter, count in EXPANSIONS.items():
        own = [k for k in kindergartens if k["quarter"] == quarter and k["licensed"] == "是"]
        own.sort(key=lambda k: (-round(k["enrolled"] / k["places"], 6), k["kindergarten_id"]))
        for k in own[:count]:
            plot = _ground_beside(k["geometry"], lived_in)
            name = (f"{k['name']}扩建", f"{k['name_latin']} Kuojian")
            rows.append(_site("expansion", plot, 3, name, rng))
    return rows


def make_hazards(candidates: list[Row]) -> list[Row]:
    """Return what kindergartens keep away from, two of it beside candidates."""
    book = NameBook(random_stream(95))
    beside = candidates[4]["geometry"]
    filling = Point(beside.bounds[2] + 22, beside.bounds[1] + 30)
    plant = Polygon([(1790, 6290), (2110, 6260), (2130, 6480), (1820, 6510)])
    line = LineString([(6900, 9450), (8700, 8380), (10150, 8380), (11200, 7300), (11500, 5500)])
    placed: list[tuple[str, Name, float, shapely.Geometry]] = [
        ("gas_station", ("加油站", "Jiayouzhan"), 50, filling),
        ("gas_station", ("加油站", "Jiayouzhan"), 50, Point(3550, 3580)),
        ("gas_station", ("加油站", "Jiayouzhan"), 50, Point(9350, 5120)),
        ("gas_station", ("加油站", "Jiayouzhan"), 50, Point(5165, 3085)),
        ("chemical_plant", ("化工厂", "Huagongchang"), 500, plant),
        ("high_voltage_line", ("高压线", "Gaoyaxian"), 150, line),
        ("substation", ("变电站", "Biandianzhan"), 100, Point(8700, 8380)),
        ("waste_transfer", ("垃圾转运站", "Laji Zhuanyunzhan"), 60, Point(2460, 8010)),
        ("wholesale_market", ("批发市场", "Pifa Shichang"), 50, Point(4050, 5330)),
    ]
    rows = []
    for hazard, suffix, keep_away_m, geometry in placed:
        name = book.place([suffix])
        rows.append(
            {"hazard": hazard, "name": name[0], "name_latin": name[1],
             "keep_away_m": keep_away_m, "geometry": geometry}
        )  # fmt: skip
    return rows

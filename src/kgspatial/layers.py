"""The layer schemas: which layers there are, their columns, types and units.

This is the vocabulary of the whole library. Imports from `errors` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from affine import Affine
from pyproj import CRS

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Geod

ColumnKind = Literal["text", "number", "integer", "flag", "date"]
"""Dates are texts as ISO 8601 writes them, such as 2025-03-31."""

KINDS = ("public", "inclusive", "private")
SOURCES = ("parcel", "idle_building", "community", "expansion")

PROBLEM_KINDS = ("planning", "building", "handover", "use", "unsurveyed")
"""What is wrong with a supporting kindergarten: 规划, 建设, 移交, 使用不到位 (国办发〔2019〕3号), 未摸排."""

USES = ("public", "inclusive", "profit", "rented", "sold", "idle", "diverted")
MEASURES = ("build", "convert", "build_nearby", "replace", "purchase", "recover", "hand_over")
OUTCOMES = ("public", "inclusive")
OFFICES = ("education", "housing")
STAGES = ("land_study", "land_sale", "permits", "acceptance", "handover", "follow_up")
PROGRESS = ("not_started", "under_way", "done", "stopped")
WORKS = ("new", "conversion", "expansion", "relocation", "enlargement", "reuse", "supporting")
FUNDING = ("bonds", "grants", "balancing", "donations", "budget")

FIRST_YEAR, LAST_YEAR = 1900, 2100
OLDEST_AGE = 6
"""Children are counted by single year of age up to this one, for the cohort method."""


@dataclass(frozen=True)
class Column:
    """One column of a layer: its canonical name, type, limits and unit.

    A cell holds one of `values`, or several of `codes` joined by ";".
    """

    name: str
    kind: ColumnKind = "text"
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    unit: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """One layer: what identifies a row, which shapes it takes, which columns it knows."""

    name: str
    id_column: str | None
    shapes: tuple[str, ...]
    columns: tuple[Column, ...]
    one_of: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Canonical names of all known columns, in their order."""
        return tuple(c.name for c in self.columns)


def _count(name: str, unit: str = "", maximum: float | None = None) -> Column:
    return Column(name, "number", minimum=0, maximum=maximum, unit=unit)


def _year(name: str) -> Column:
    return Column(name, "integer", minimum=FIRST_YEAR, maximum=LAST_YEAR, unit="year")


POLYGONS = ("Polygon", "MultiPolygon")
POINTS = ("Point",)
LINES = ("LineString", "MultiLineString")

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "communities",
            "community_id",
            POLYGONS,
            (
                Column("community_id", required=True),
                Column("name"),
                Column("name_latin"),
                _count("households", "households"),
                _count("residents", "persons"),
                _count("children", "children"),
                _count("floor_area_m2", "m2"),
                _year("delivered_year"),
                _count("occupancy", "share", maximum=1),
                Column("unit_id"),
                _count("planned_places", "places"),
            ),
        ),
        Layer(
            "kindergartens",
            "kindergarten_id",
            POINTS + POLYGONS,
            (
                Column("kindergarten_id", required=True),
                Column("name"),
                Column("name_latin"),
                _count("places", "places"),
                _count("classes", "classes"),
                _count("enrolled", "children"),
                Column("kind", values=KINDS),
                Column("licensed", "flag"),
                Column("grade"),
                _count("classes_nursery", "classes"),
                _count("classes_junior", "classes"),
                _count("classes_middle", "classes"),
                _count("classes_senior", "classes"),
                _count("classes_mixed", "classes"),
                _count("site_area_m2", "m2"),
                _count("floor_area_m2", "m2"),
                _count("outdoor_area_m2", "m2"),
                _count("teachers", "persons"),
                _count("carers", "persons"),
                _count("staff", "persons"),
                _year("opened_year"),
                _year("closes_year"),
                Column("head_id"),
                Column("supports_community"),
            ),
            one_of=("places", "classes"),
        ),
        Layer(
            "units",
            "unit_id",
            POLYGONS,
            (
                Column("unit_id", required=True),
                Column("name"),
                Column("name_latin"),
                Column("level"),
                Column("urban", "flag"),
                _count("residents", "persons"),
                _count("children", "children"),
                *(_count(f"age_{age}", "children") for age in range(OLDEST_AGE + 1)),
                Column("migration", "number", minimum=-1, maximum=1, unit="share"),
            ),
        ),
        Layer(
            "villages",
            "village_id",
            POINTS + POLYGONS,
            (
                Column("village_id", required=True),
                Column("name"),
                Column("name_latin"),
                Column("residents", "number", required=True, minimum=0, unit="persons"),
                Column("unit_id"),
            ),
        ),
        Layer(
            "streets",
            None,
            LINES,
            (
                Column("name"),
                Column("highway"),
                Column("foot"),
                Column("access"),
                Column("barrier"),
                Column("bridge", "flag"),
                Column("tunnel", "flag"),
                Column("level", "integer"),
                _count("length_m", "m"),
            ),
        ),
        Layer(
            "gates",
            None,
            POINTS,
            (
                Column("community_id"),
                Column("name"),
            ),
        ),
        Layer(
            "candidates",
            "site_id",
            POINTS + POLYGONS,
            (
                Column("site_id", required=True),
                Column("name"),
                Column("name_latin"),
                Column("source", values=SOURCES),
                _count("site_area_m2", "m2"),
                _count("floor_area_m2", "m2"),
                _count("max_classes", "classes"),
                _count("cost_wan", "10,000 yuan"),
                _year("available_year"),
                Column("land_code"),
                Column("kindergarten_id"),
            ),
        ),
        Layer(
            "hazards",
            None,
            POINTS + LINES + POLYGONS,
            (
                Column("hazard", required=True),
                Column("name"),
                Column("name_latin"),
                _count("keep_away_m", "m"),
            ),
        ),
    )
}

TABLES: dict[str, Layer] = {
    "births": Layer(
        "births",
        None,
        (),
        (
            Column("unit_id"),
            Column("year", "integer", True, FIRST_YEAR, LAST_YEAR, unit="year"),
            Column("births", "number", required=True, minimum=0, unit="persons"),
        ),
    ),
    "travel": Layer(
        "travel",
        None,
        (),
        (
            Column("origin_id", required=True),
            Column("destination_id", required=True),
            Column("metres", "number", unit="m"),
            Column("minutes", "number", unit="min"),
        ),
    ),
    "ledger": Layer(
        "ledger",
        None,
        (),
        (
            Column("number"),
            Column("entry_id"),
            Column("county"),
            Column("town"),
            Column("community", required=True),
            Column("community_id"),
            Column("kindergarten"),
            Column("kindergarten_id"),
            Column("developer"),
            _year("approved_year"),
            _year("delivered_year"),
            _count("households", "households"),
            _count("classes", "classes"),
            _count("planned_places", "places"),
            _count("places", "places"),
            Column("problem_kinds", codes=PROBLEM_KINDS),
            Column("use", values=USES),
            Column("measures", codes=MEASURES),
            Column("outcome", values=OUTCOMES),
            Column("responsible_unit"),
            Column("responsible_person"),
            Column("lead_office", codes=OFFICES),
            Column("stage", values=STAGES),
            Column("deadline", "date"),
            Column("progress"),
            Column("done_date", "date"),
            Column("planned_date", "date"),
            Column("designed_date", "date"),
            Column("built_date", "date"),
            Column("accepted_date", "date"),
            Column("handed_over_date", "date"),
            Column("phase_one_date", "date"),
            Column("notes"),
        ),
    ),
    "projects": Layer(
        "projects",
        None,
        (),
        (
            Column("project_id"),
            Column("name", required=True),
            Column("county"),
            Column("town"),
            Column("location"),
            Column("community"),
            Column("community_id"),
            Column("kindergarten"),
            Column("kindergarten_id"),
            Column("site_id"),
            Column("work", values=WORKS),
            _count("classes", "classes"),
            _count("places_added", "places"),
            _count("public_places_added", "places"),
            _count("investment_wan", "10,000 yuan"),
            _count("planned_wan", "10,000 yuan"),
            _count("done_wan", "10,000 yuan"),
            Column("funding", codes=FUNDING),
            _year("year"),
            Column("started", "date"),
            Column("opens", "date"),
            Column("progress"),
            Column("responsible_unit"),
            Column("notes"),
        ),
    ),
}
"""Tables without a place: births by calendar year (by unit where `unit_id` is given), the user's
own travel matrix (a pair of demand point and kindergarten a row), the rectification ledger
(整治台账, an estate a row) and the list of projects (项目清单)."""


def spec_of(name: str) -> Layer:
    """Return the schema of a layer or of a table without a place."""
    return LAYERS[name] if name in LAYERS else TABLES[name]


POPULATION = "population"
"""The raster of people; its bands are named in :data:`BANDS`."""

ELEVATION = "elevation"
"""The other raster: heights, by which walks uphill count more."""

RASTERS = (POPULATION, ELEVATION)

BANDS = ("children", "age_0", "age_1_4", "age_5_9", "age_10_14", "age_15_19", "residents")
"""Band names that a population raster may carry (`children` are aged 3 to 5)."""


@dataclass(frozen=True)
class Grid:
    """The cells of a raster: how many, where, in which CRS.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    transform : affine.Affine
        From (column, row) to CRS coordinates of a cell's corner, without rotation.
    crs : pyproj.CRS or anything that it takes
        The raster's CRS; geographic ones are allowed.

    Raises
    ------
    InputError
        When the transform is rotated or a side of a cell is zero.
    """

    shape: tuple[int, int]
    transform: Affine
    crs: CRS

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", (int(self.shape[0]), int(self.shape[1])))
        object.__setattr__(self, "transform", Affine(*self.transform[:6]))
        object.__setattr__(self, "crs", CRS.from_user_input(self.crs))
        t = self.transform
        if t.b or t.d or not t.a or not t.e:
            raise InputError(
                "the raster is rotated or has cells without a side; kgspatial needs north-up cells",
                hint="Export it again with north-up cells; warping would resample the counts.",
            )

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.shape[0] * self.shape[1]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge in the grid's CRS."""
        t, (rows, columns) = self.transform, self.shape
        x, y = sorted((t.c, t.c + columns * t.a)), sorted((t.f, t.f + rows * t.e))
        return x[0], y[0], x[1], y[1]

    def cell_areas_m2(self) -> NDArray[np.float64]:
        """Area of the cells of each row on the ground, m², as a column (rows, 1).

        Cells in degrees: the zone between two parallels of the CRS's ellipsoid (Snyder 1987, Map
        Projections: A Working Manual, equation 3-12). Projected cells: their size in metres.
        """
        rows, t = self.shape[0], self.transform
        if not self.crs.is_geographic:
            metres = self.crs.axis_info[0].unit_conversion_factor
            return np.full((rows, 1), abs(t.a * t.e) * metres**2)
        geod = cast("Geod", self.crs.get_geod())
        b, e = geod.b, max(np.sqrt(geod.es), 1e-9)  # a sphere is an ellipsoid of next to no e
        sine = np.sin(np.radians(np.clip(t.f + t.e * np.arange(rows + 1), -90.0, 90.0)))
        zone = sine / (1.0 - (e * sine) ** 2) + np.arctanh(e * sine) / e
        area = 0.5 * b**2 * np.abs(np.diff(zone)) * np.radians(abs(t.a))
        return np.asarray(area[:, None])

    def centres(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates of the centres of cells given by their row-major number."""
        rows, columns = np.divmod(np.asarray(cells, dtype=np.int64), self.shape[1])
        x = self.transform.c + (columns + 0.5) * self.transform.a
        y = self.transform.f + (rows + 0.5) * self.transform.e
        return x, y


@dataclass(frozen=True, eq=False)
class Population:
    """A population grid: counts per cell by band.

    Parameters
    ----------
    grid : Grid
        The cells.
    bands : dict of str to ndarray
        Counts per cell (not densities), arrays of ``grid.shape``; names from :data:`BANDS`.
        Cells without data hold 0.
    source : str
        The file, for messages.
    """

    grid: Grid
    bands: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        for name, values in self.bands.items():
            if name not in BANDS:
                raise InputError(
                    f"unknown band '{name}'; known are {', '.join(BANDS)}", source=self.source
                )
            if values.shape != self.grid.shape:
                raise InputError(
                    f"band '{name}' has the shape {values.shape}, the grid {self.grid.shape}",
                    source=self.source,
                )
            if not np.isfinite(values).all() or (values < 0).any():
                raise InputError(
                    f"band '{name}' holds negative or non-finite counts", source=self.source
                )


@dataclass(frozen=True, eq=False)
class Elevation:
    """An elevation raster.

    Parameters
    ----------
    grid : Grid
        The cells.
    values : ndarray of float, shape ``grid.shape``
        Metres above the sea; nan where nothing is known.
    source : str
        The file, for messages.
    """

    grid: Grid
    values: NDArray[np.float64]
    source: str = ""

    def __post_init__(self) -> None:
        if self.values.shape != self.grid.shape:
            raise InputError(
                f"the heights have the shape {self.values.shape}, the grid {self.grid.shape}",
                source=self.source or None,
            )

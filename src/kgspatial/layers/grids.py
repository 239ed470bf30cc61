"""The rasters: people by age, and heights, on the cells of a grid.

Imports from `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
from affine import Affine
from pyproj import CRS

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Geod

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

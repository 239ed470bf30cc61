"""A layer of a spatial file as an Arrow table: attributes as they are, shapes as binary.

Imports from `china`, `movement`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from kgspatial.inputs.convert.movement import Movement, check_moved
from kgspatial.inputs.coordinates.china import with_corners_moved
from kgspatial.inputs.files import Source

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyproj import CRS

    from kgspatial.inputs.problems import Problem

SHAPE = "kgspatial:shape"
"""Name of the column of shapes while a layer is in hand; no attribute is called so."""


@dataclass(frozen=True)
class SpatialLayer:
    """One layer, whatever its format."""

    name: str
    table: pa.Table
    """Attributes in their order and types; shapes as well-known binary in the column `SHAPE`."""
    kind: str | None
    """Of shapes, as the file declares it ("MultiPolygon Z", "Unknown"); None without shapes."""
    crs: CRS | None
    ids: str | None = None
    """The column of the numbers that the format counts its rows by, where it was read."""
    shape_name: str = ""
    """What the file calls its column of shapes."""
    about: str = ""
    """What the file is to say of its coordinates, where it cannot name their system."""
    geo: dict[str, Any] | None = None
    """What GeoParquet says of its columns."""

    def shapes(self, source: Source) -> NDArray[np.object_]:
        """Return the shapes, None where a row has none.

        Raises
        ------
        InputError
            When one cannot be read.
        """
        binary = self.table.column(SHAPE).to_numpy(zero_copy_only=False)
        try:
            return np.asarray(shapely.from_wkb(binary), dtype=object)
        except GEOSException as error:
            said = f"one of its shapes in '{self.name}' cannot be read: {error}"
            hint = "Repair the layer's shapes, or draw its arcs as lines."
            raise source.error(said, hint) from error

    def with_shapes(self, shapes: NDArray[np.object_], crs: CRS | None) -> SpatialLayer:
        """Return the layer with other shapes for its rows, in the column's place."""
        import pyarrow as pa

        binary = pa.array(shapely.to_wkb(shapes, flavor="iso"), type=pa.binary())
        at = self.table.column_names.index(SHAPE)
        table = self.table.set_column(at, SHAPE, binary)
        kept = table.replace_schema_metadata(self.table.schema.metadata)
        return replace(self, table=kept, crs=crs)


def moved_layer(
    layer: SpatialLayer, move: Movement, source: Source
) -> tuple[SpatialLayer, list[Problem]]:
    """Return the layer with every corner moved."""
    shapes = layer.shapes(source)
    moved = with_corners_moved(shapes, move)
    before, of = shapely.get_coordinates(shapes, return_index=True)
    problems = check_moved(move, before, shapely.get_coordinates(moved), of + 1, source)
    return layer.with_shapes(moved, move.crs), problems


def kinds_of(shapes: NDArray[np.object_]) -> list[str]:
    """Return the kinds of shapes, such as "Point" and "MultiPolygon Z", in alphabetical order."""
    present = shapes[~shapely.is_missing(shapes)]
    high = shapely.has_z(present)
    first = np.unique(2 * shapely.get_type_id(present) + high, return_index=True)[1]
    return sorted(f"{present[i].geom_type}{' Z' if high[i] else ''}" for i in first)


def layer_kind(layer: SpatialLayer, source: Source) -> str:
    """Return the kind to declare for a layer's shapes: the one that all have, else "Unknown".

    Nothing is turned into another kind: one area of several parts among others of one part makes
    a layer of unknown kind.
    """
    kinds = kinds_of(layer.shapes(source))
    return kinds[0] if len(kinds) == 1 else "Unknown" if kinds else layer.kind or "Unknown"

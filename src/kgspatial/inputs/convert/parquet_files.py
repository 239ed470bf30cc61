"""GeoParquet as it lies there: one layer, its attributes in their own types.

Imports from `spatial_layer`, `files`, `problems` and `errors`. GDAL in the wheels of pyogrio does
not have the format.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from shapely.errors import GEOSException

from kgspatial.inputs.convert.spatial_layer import SHAPE, SpatialLayer, kinds_of
from kgspatial.inputs.files import Source

if TYPE_CHECKING:
    from kgspatial.inputs.problems import Problem

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
GEO = b"geo"
VERSION = "1.0.0"
"""Of the GeoParquet specification, for files that were in another format."""

STALE = ("covering", "bbox", "crs", "encoding", "geometry_types", "epoch")
"""What a column of shapes says of itself that does not hold once they have moved."""


def read_parquet(source: Source) -> tuple[SpatialLayer, list[Problem]]:
    """Read a GeoParquet file; the boxes of its shapes, which some carry as a column, are left out.

    Raises
    ------
    InputError
        When it cannot be read as GeoParquet.
    """
    import geopandas as gpd
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(source.path)
        geo = json.loads((table.schema.metadata or {}).get(GEO, b"null"))
        if geo is None:
            raise source.error("the file has no geometry: it is Parquet, but not GeoParquet")
        primary = geo["primary_column"]
        shapes = gpd.read_parquet(source.path, columns=[primary]).geometry
    except (ValueError, OSError, KeyError, TypeError, pa.ArrowException, GEOSException) as error:
        raise source.error(f"the file cannot be read as GeoParquet: {error}") from error
    at = table.column_names.index(primary)
    names = [SHAPE if i == at else name for i, name in enumerate(table.column_names)]
    kinds = geo["columns"][primary].get("geometry_types") or []
    kind = kinds[0] if len(kinds) == 1 else "Unknown"
    renamed = table.rename_columns(names).replace_schema_metadata(table.schema.metadata)
    layer = SpatialLayer(source.path.stem, renamed, kind, shapes.crs, shape_name=primary, geo=geo)
    layer = layer.with_shapes(shapes.to_numpy(), shapes.crs)
    return _without_boxes(layer), _other_shapes(geo, source)


def _without_boxes(layer: SpatialLayer) -> SpatialLayer:
    """The layer without the column of its shapes' boxes, which would be wrong once they moved."""
    covering = (layer.geo or {})["columns"][layer.shape_name].get("covering", {})
    box = covering.get("bbox", {}).get("xmin", [""])[0]
    if box not in layer.table.column_names:
        return layer
    left = layer.table.drop_columns([box]).replace_schema_metadata(layer.table.schema.metadata)
    return replace(layer, table=left)


def _other_shapes(geo: dict[str, Any], source: Source) -> list[Problem]:
    others = sorted(set(geo["columns"]) - {geo["primary_column"]})
    if not others:
        return []
    said = f"it has more than one column of shapes; besides the first: {', '.join(others)}"
    return [source.problem("more_shapes", said, "left where they are, under their own system")]


def write_parquet(layer: SpatialLayer, path: Path, source: Source) -> None:
    """Write a layer as GeoParquet; without a CRS, the file says that it is unknown."""
    from pyarrow import parquet

    name = layer.shape_name or "geometry"
    shapes = layer.shapes(source)
    present = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    old = layer.geo or {"version": VERSION, "columns": {}}
    kept = {k: v for k, v in old["columns"].get(name, {}).items() if k not in STALE}
    column = {
        **kept,
        "encoding": "WKB",
        "geometry_types": kinds_of(shapes),
        "crs": None if layer.crs is None else layer.crs.to_json_dict(),
    }
    if len(present):
        column["bbox"] = [float(v) for v in shapely.total_bounds(present)]
    geo = {**old, "primary_column": name, "columns": {**old["columns"], name: column}}
    names = [name if n == SHAPE else n for n in layer.table.column_names]
    metadata = {**(layer.table.schema.metadata or {}), GEO: json.dumps(geo).encode()}
    parquet.write_table(layer.table.rename_columns(names).replace_schema_metadata(metadata), path)

"""OpenStreetMap files, read offline: streets, kindergartens and residential areas.

Imports from `osm.streets`, `osm.places`, `osm.elements`, `files` and `errors`. Needs the extra
``osm`` (the package ``osmium``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kgspatial.errors import InputError
from kgspatial.inputs.files import existing
from kgspatial.inputs.osm.elements import file_format
from kgspatial.inputs.osm.places import read_places
from kgspatial.inputs.osm.streets import read_streets

if TYPE_CHECKING:
    import geopandas as gpd

    from kgspatial.inputs.coordinates.areas import Area
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Problem

OSM_LAYERS = ("streets", "kindergartens", "communities")
"""Layers that OpenStreetMap can give."""


def is_osm(path: Path) -> bool:
    """Whether a file's name says OpenStreetMap: .pbf (.osm.pbf), .osm, .osm.gz or .osm.bz2."""
    return file_format(path) is not None


def read_osm(
    path: Path, name: str, declared: LayerInput, area: Area | None = None
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Read one layer of an OpenStreetMap file.

    Parameters
    ----------
    path : Path
        An extract, whole or larger than the study area.
    name : str
        ``streets``, ``kindergartens`` or ``communities``.
    declared : LayerInput
        Its ``columns`` name the tag for a canonical column, in place of the usual one. Its ``crs``
        is not looked at: OpenStreetMap is in WGS 84.
    area : Area, optional
        Only what touches this rectangle is kept; all unless given.

    Returns
    -------
    frame : GeoDataFrame
        EPSG:4326, under canonical names, values as the tags have them. Streets: one line a way,
        with all its nodes, so that ways which meet share a vertex; ``name``, ``bridge``,
        ``tunnel``; the index is the way's id. Kindergartens and communities: ids such as
        ``way/123``, the index counts from 1; a point, or the outline.
    problems : list of Problem
        What was left out and why, by OpenStreetMap id in `value`.

    Raises
    ------
    InputError
        When the package ``osmium`` is not installed, the file cannot be read to its end, it holds
        nothing for the layer, or the plan file asks for what such a file does not have.

    Notes
    -----
    The file is streamed; memory holds the positions of its nodes (16 bytes each, about twice the
    size of a .pbf; those of a file of 400 MB or more lie in a temporary file) and what is kept.
    Which tags are wanted is in ``osm_tags.toml``.
    """
    path = existing(path, name)
    if name not in OSM_LAYERS:
        raise InputError(
            f"OpenStreetMap files are read for {', '.join(OSM_LAYERS)}, not for '{name}'",
            source=path,
            hint="Save that layer as GeoPackage, GeoJSON or Shapefile.",
        )
    for key in ("layer", "encoding"):
        if getattr(declared, key) is not None:
            raise InputError(
                f"an OpenStreetMap file has no {key}",
                source=path,
                column=key,
                hint="Take it out of the plan file: what is read follows from the layer's name.",
            )
    if name == "streets":
        frame, problems = read_streets(path, declared, area)
    else:
        frame, problems = read_places(path, name, declared, area)
    _check_named(frame, declared, path)
    frame.attrs = {"source": str(path)}
    return frame, problems


def _check_named(frame: gpd.GeoDataFrame, declared: LayerInput, path: Path) -> None:
    """Refuse a tag that the plan file names and no element has."""
    for canonical, tag in (declared.columns or {}).items():
        if canonical not in frame or not frame[canonical].any():
            raise InputError(
                f"nothing that is read has the tag '{tag}', which the plan file names for "
                f"'{canonical}'",
                source=path,
                column=canonical,
            )

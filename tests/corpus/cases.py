"""All cases of the corpus, in the order of the modules that hold them."""

from __future__ import annotations

from corpus import (
    cells,
    containers,
    coordinates,
    geojsons,
    maps_of_osm,
    rasters,
    registers,
    shapefiles,
    studies,
    texts,
    workbook_cells,
    workbooks,
    worldpop,
)
from corpus.case import Case

CASES: tuple[Case, ...] = (
    *texts.CASES,
    *cells.CASES,
    *registers.CASES,
    *coordinates.CASES,
    *workbooks.CASES,
    *workbook_cells.CASES,
    *shapefiles.CASES,
    *geojsons.CASES,
    *containers.CASES,
    *worldpop.CASES,
    *rasters.CASES,
    *maps_of_osm.CASES,
    *studies.CASES,
)

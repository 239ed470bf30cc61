"""The layer schemas: which layers there are, their columns, types and units.

This is the vocabulary of the whole library. Imports from `errors` only. Module order: schema, vector,
tables, grids.
"""

from __future__ import annotations

from kgspatial.layers.grids import (
    BANDS,
    ELEVATION,
    POPULATION,
    RASTERS,
    Elevation,
    Grid,
    Population,
)
from kgspatial.layers.schema import (
    KINDS,
    LAST_YEAR,
    OUTCOMES,
    PROBLEM_KINDS,
    SOURCES,
    Column,
    Layer,
)
from kgspatial.layers.tables import TABLES
from kgspatial.layers.vector import LAYERS

__all__ = [
    "BANDS",
    "ELEVATION",
    "KINDS",
    "LAST_YEAR",
    "LAYERS",
    "OUTCOMES",
    "POPULATION",
    "PROBLEM_KINDS",
    "RASTERS",
    "SOURCES",
    "TABLES",
    "Column",
    "Elevation",
    "Grid",
    "Layer",
    "Population",
    "spec_of",
]


def spec_of(name: str) -> Layer:
    """Return the schema of a layer or of a table without a place."""
    return LAYERS[name] if name in LAYERS else TABLES[name]

"""What a schema is made of: columns, kinds of geometry, coded words.

Imports nothing of kgspatial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


def count_column(name: str, unit: str = "", maximum: float | None = None) -> Column:
    """A number of 0 or more."""
    return Column(name, "number", minimum=0, maximum=maximum, unit=unit)


def year_column(name: str) -> Column:
    """A calendar year."""
    return Column(name, "integer", minimum=FIRST_YEAR, maximum=LAST_YEAR, unit="year")


POLYGONS = ("Polygon", "MultiPolygon")
POINTS = ("Point",)
LINES = ("LineString", "MultiLineString")

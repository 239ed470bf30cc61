"""What a case is: a file, how it is declared, and what must come out of it.

Imports nothing of the corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Finding = tuple[str, int | None, str]
"""Code, row as the user counts it, column."""

Maker = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One awkward file, or one way of declaring it."""

    name: str
    about: str
    """The awkwardness, in one sentence."""
    file: str
    """What the plan file would name; a pattern for rasters of several files."""
    make: Maker | None = None
    """Writes the file and all that belongs to it; None where another case writes it."""
    parts: tuple[str, ...] = ()
    """All files that are written, where these are not `file` alone."""
    problems: tuple[Finding, ...] = ()
    """All warnings and errors, no others."""
    notes: tuple[Finding, ...] = ()
    """Notes that must be among those given."""
    says: tuple[str, ...] = ()
    """Words that stand in the findings (or in the refusal), each in some one of them."""
    refused: tuple[str, ...] = ()
    """Words of the refusal and of its hint; empty where the file is read."""
    refused_at: int | None = None
    """Row that the refusal names."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that the case writes."""
        return () if self.make is None else self.parts or (self.file,)


@dataclass(frozen=True, kw_only=True)
class LayerCase(Case):
    """A layer of places: through `read_layer` and `check_layer`."""

    layer: str = "kindergartens"
    declared: Mapping[str, object] = field(default_factory=dict)
    """`crs`, `columns`, `layer`, `encoding`."""
    rows: Mapping[int, str] = field(default_factory=dict)
    """Row in the file to the record of the town that it holds; all rows that are used."""
    same: tuple[str, ...] = ("name",)
    """Columns that must hold what the town's record says."""
    values: Mapping[tuple[int, str], object] = field(default_factory=dict)
    """Further values by row and column; None where there must be none."""
    rows_in: int | None = None
    """Lines of the table, or features of the layer, counted by the one who wrote it."""
    header: tuple[int, ...] = (1,)
    """Lines of the header; without meaning where the file is no table."""


@dataclass(frozen=True, kw_only=True)
class GridCase(Case):
    """A population raster: through `read_population`."""

    declared: Mapping[str, object] = field(default_factory=dict)
    area: tuple[float, float, float, float] | None = None
    year: int | None = None
    sums: Mapping[str, float] = field(default_factory=dict)
    """People by band."""
    cells: Mapping[tuple[str, float, float], float] = field(default_factory=dict)
    """People by band in the cell at a longitude and latitude."""
    shape: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class StudyCase(Case):
    """A plan file and all that it names: through `read_study`; findings carry their layer."""

    layer_rows: Mapping[str, int] = field(default_factory=dict)
    layer_problems: tuple[tuple[str, str, int | None, str], ...] = ()
    """All warnings and errors: layer, code, row, column."""
    places: Mapping[str, tuple[float, bool]] = field(default_factory=dict)
    """Places by kindergarten, and whether they are derived."""


@dataclass(frozen=True, kw_only=True)
class CheckCase(Case):
    """A plan file through the command `kgspatial check`."""

    status: int = 2

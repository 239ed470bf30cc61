"""The columns of a layout's program: options first, then flows; and its rows as they are collected.

Imports from `options`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.layout.options import Conditions, Options, Situations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Case:
    """One layout problem: who reaches what, what may be done, in which situations, how bound."""

    links: sparse.csr_array
    """Points x facilities; entries are metres."""
    options: Options
    situations: Situations
    conditions: Conditions


@dataclass(frozen=True, eq=False)
class Flows:
    """The flow columns: point, facility and situation of each, and the children of a unit of flow."""

    point: Ints
    facility: Ints
    situation: Ints
    metres: Floats
    scale: Floats
    most: Floats

    def __len__(self) -> int:
        return len(self.point)


@dataclass(eq=False)
class Rows:
    """Rows of the program as they are collected, each with what it is called."""

    count: int = 0
    parts: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def add(
        self, row: Ints, column: Ints, value: Floats, lower: Floats, upper: Floats, label: str = ""
    ) -> None:
        """Add ``len(lower)`` rows; `row` counts from 0 within them."""
        self.parts.append((row + self.count, column, value))
        self.lower.append(np.asarray(lower, dtype=np.float64))
        self.upper.append(np.asarray(upper, dtype=np.float64))
        self.labels += [label] * len(lower)
        self.count += len(lower)

    def one(self, column: Ints, value: Floats, lower: float, upper: float, label: str = "") -> None:
        """Add a single row."""
        row = np.zeros(len(column), dtype=np.int64)
        self.add(row, column, value, np.array([lower]), np.array([upper]), label)

    def matrix(self, columns: int) -> sparse.csr_array:
        """All rows as a sparse matrix."""
        row, column, value = (np.concatenate(p) for p in zip(*self.parts, strict=True))
        return sparse.csr_array((value, (row, column)), shape=(self.count, columns))


def flows_of(case: Case) -> Flows:
    """A column for each point and facility within reach, where the facility may have places."""
    links, options, demand = case.links, case.options, case.situations.demand
    point = np.repeat(np.arange(links.shape[0]), np.diff(links.indptr))
    facility = links.indices.astype(np.int64)
    room = room_of(options, links.shape[1])
    found = []
    for h, phase in enumerate(case.situations.phase):
        used = np.flatnonzero((demand[point, h] > 0) & (room[facility, phase] > 0))
        found.append((point[used], facility[used], np.full(len(used), h), links.data[used]))
    at, to, when, metres = (np.concatenate(part) for part in zip(*found, strict=True))
    children, ones = demand[at, when], np.ones(len(at))
    if case.conditions.single_source:
        return Flows(at, to, when, metres, children, ones)
    return Flows(at, to, when, metres, ones, children)


def room_of(options: Options, facilities: int) -> Floats:
    """The most places that a facility may have in each phase."""
    room = np.zeros((facilities, options.phases))
    np.maximum.at(room, options.facility, options.capacity)
    return room

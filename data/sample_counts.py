"""What offices have counted in the invented district: registered children, ages, births.

By town, as registers give it. Each register sees other children: the household register those who
are entered at an address, wherever they live; the immunisation register those who live there and
come for their injections; the birth register the addresses of mothers. Imports from `sample_names`
and `sample_people`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sample_ground import TOWNS
from sample_names import random_stream
from sample_people import CHARACTERS, Character, Community, Village

COUNTED_ON = "2025-08-31"
AGES = range(7)
BIRTH_YEARS = range(2019, 2025)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """How the registers see the children of one kind of communities."""

    registered: float
    """Children in the household register for each child of 3 to 5 of the grid."""
    immunised: float
    """Children in the immunisation register for each child of the grid."""
    moving: float
    """Children gained (or lost) a year by families who move, as a share."""


SEEN = {
    "old": Seen(1.22, 0.97, -0.020),
    "estate": Seen(0.78, 1.03, 0.025),
    "new_estate": Seen(0.30, 1.15, 0.180),
    "works": Seen(1.30, 0.94, -0.035),
    "town": Seen(1.06, 0.98, -0.015),
    "wharf": Seen(1.10, 0.99, -0.010),
    "urban_village": Seen(0.45, 1.12, 0.030),
    "village": Seen(1.32, 0.93, -0.040),
}
"""Old streets keep addresses for their schools, migrants are registered at home in the country."""


def registered_children(
    communities: list[Community], villages: list[Village]
) -> dict[str, dict[str, int]]:
    """Return ``children`` (3 to 5, household register) and ``age_0`` ... ``age_6`` by town."""
    rng = random_stream(101)
    rows = {}
    for unit in TOWNS:
        groups = _cohorts(unit, communities, villages)
        registered = 3 * sum(SEEN[kind].registered * size for kind, size in groups.items())
        living = np.array(
            [sum(_living(kind, size, a) for kind, size in groups.items()) for a in AGES]
        )
        around = rng.uniform(0.97, 1.03, len(AGES))
        ages = np.round(living * around).astype(int).tolist()
        rows[unit] = {"children": round(registered)} | {f"age_{a}": ages[a] for a in AGES}
    return rows


def births_of_mothers(
    communities: list[Community], villages: list[Village]
) -> list[dict[str, object]]:
    """Return births by town and calendar year, under the headings that an office would write."""
    rng = random_stream(102)
    rows: list[dict[str, object]] = []
    for unit in TOWNS:
        groups = _cohorts(unit, communities, villages)
        for year in BIRTH_YEARS:
            born = sum(_born(kind, size, year) for kind, size in groups.items())
            count = round(born * rng.uniform(0.98, 1.02))
            rows.append({"街镇代码": unit, "出生年份": year, "出生人数": count})
    return rows


def _cohorts(unit: str, communities: list[Community], villages: list[Village]) -> dict[str, float]:
    """Return the mean cohort of 3 to 5, a third of these children, by kind of community."""
    sizes: dict[str, float] = {}
    for c in communities:
        if c.unit_id == unit:
            sizes[c.kind] = sizes.get(c.kind, 0.0) + c.residents * CHARACTERS[c.kind].children / 3
    hamlets = sum(people for v in villages if v.unit_id == unit for _, _, people in v.hamlets)
    sizes["village"] = sizes.get("village", 0.0) + hamlets * CHARACTERS["village"].children / 3
    return sizes


def _curve(like: Character, age: float) -> float:
    """Return the children of an age in cohorts of 3 to 5: the grid's bands as a straight line."""
    under_1, of_1_to_4, of_5_to_9 = like.bands[0], like.bands[1] / 4, like.bands[2] / 5
    if age < 1:
        return under_1
    return of_1_to_4 + (age - 2.5) * (of_5_to_9 - of_1_to_4) / 4.5


def _living(kind: str, size: float, age: int) -> float:
    return SEEN[kind].immunised * size * _curve(CHARACTERS[kind], age)


def _born(kind: str, size: float, year: int) -> float:
    """Return the births of a calendar year: a third of one cohort of September, two of the next.

    Those who have moved in since were born elsewhere.
    """
    age = int(COUNTED_ON[:4]) - year
    stayed = [_living(kind, size, a) / (1 + SEEN[kind].moving) ** a for a in (age - 1, age)]
    return stayed[0] / 3 + 2 * stayed[1] / 3

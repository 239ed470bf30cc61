"""The households method: persons living in a community, and the children of 3 to 5 among them.

Imports from `filling`, `residents`, `standards`, `inputs.problems` and `errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kgspatial.demand.filling import Filling
from kgspatial.demand.residents import default_note, ids_of, listed, number_from, numbers_of
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kgspatial.demand.residents import Number

HOUSEHOLD_COLUMNS = ("children", "residents_used", "occupancy_used", "basis", "occupancy_basis")

BASES = ("not_delivered", "residents", "residents_filling", "households")
"""Nobody lives there yet; residents as given; these grown or filling; households x persons."""

OCCUPANCY_BASES = ("given", "filling", "full")
"""The share as counted; the curve of filling, alone or since then; nothing, so all homes count."""

LEAST_SHARE = 1e-9
"""A share of homes below this is nobody: residents per home cannot be told from it."""

PERSONS = (1.0, 10.0)
SHARES = (0.0, 0.2)
"""What persons per household and the share of children aged 3 to 5 can be at all."""


@dataclass(frozen=True)
class _Lived:
    """How far homes are lived in: at the count, in the wanted year, and by which curve."""

    counted: NDArray[np.float64]
    wanted: NDArray[np.float64]
    curve: NDArray[np.float64]
    unbuilt: NDArray[np.bool_]


def household_children(
    communities: pd.DataFrame,
    *,
    year: int,
    persons_per_household: Number,
    share_3_to_5: Number,
    filling: Filling,
    counted_year: int | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Estimate children aged 3 to 5 from residents, or from households, occupancy and delivery.

    Parameters
    ----------
    communities : DataFrame
        ``residents`` (persons living there when counted), ``households`` (all homes of the
        estate), ``occupancy`` (share of them lived in when counted), ``delivered_year``,
        ``community_id``; any may be missing, as a column or in a row.
    year : int
        For which the children are wanted.
    persons_per_household, share_3_to_5 : float or Rule
        Persons of a household that lives there; share of residents aged 3 to 5 in that year. A
        Rule is a default of the profile: where it is used, a note with its source says so.
    filling : Filling
        Share of homes lived in by years since delivery.
    counted_year : int, optional
        When residents and occupancy were counted; `year` unless given. Nothing is taken back in
        time: for an earlier `year` they hold as counted.

    Returns
    -------
    DataFrame
        Aligned to the index of `communities`: ``children``, ``residents_used`` (persons),
        ``occupancy_used`` (share of the homes lived in; NaN where residents were taken as
        counted), ``basis`` (one of :data:`BASES`), ``occupancy_basis`` (one of
        :data:`OCCUPANCY_BASES`). Where nothing can be said, numbers are NaN and words None.
    list of Problem
        Defaults and assumptions used, communities without numbers, contradictions.

    Raises
    ------
    InputError
        When persons or share lie outside what can be.

    Notes
    -----
    In this order, for each community:

    1. Delivered after `year`: nobody lives there, whatever else is given.
    2. Residents go before households. They stay as counted, unless an occupancy was counted with
       them and homes have filled since (below): each brings the persons of a household, or, where
       households are not given, residents grow with the occupancy. Residents of an estate that was
       not delivered at the count are those planned: they come as the curve says.
    3. Households x occupancy x persons per household. The occupancy as counted goes before the
       curve; without it the curve holds; without a delivery year too, all homes count.

    What was counted never falls and is never replaced by the curve. After the count, of the homes
    then empty (1 - o), as large a part fills as the curve C fills of its own, t years after
    delivery: ``o + (1 - o) (C(t) - C(t0)) / (1 - C(t0))``. An estate older than the curve is done
    filling; its empty homes stay empty.

    The housing-unit method (Smith, Tayman, Swanson, *A Practitioner's Guide to State and Local
    Population Projections*, 2013: households x persons per household) with an age share.

    Examples
    --------
    >>> estates = pd.DataFrame({"households": [1000, 1000], "delivered_year": [2010, 2024]})
    >>> curve = Filling("ours", (0, 4), (0.2, 1.0))
    >>> found, _ = household_children(
    ...     estates, year=2025, persons_per_household=2.5, share_3_to_5=0.024, filling=curve
    ... )
    >>> found["children"].round(1).tolist()
    [60.0, 24.0]
    """
    persons = number_from(persons_per_household, "persons per household", *PERSONS)
    share = number_from(share_3_to_5, "the share of children aged 3 to 5", *SHARES)
    counted_year = year if counted_year is None else counted_year
    found = _residents(communities, year, counted_year, persons, filling)
    found.insert(0, "children", found["residents_used"] * share)
    used = int(_by_persons(communities, found, counted_year).sum())
    problems = default_note(persons_per_household, "persons per household", used)
    used = int(found["children"].gt(0).sum())
    problems += default_note(share_3_to_5, "share of children aged 3 to 5", used)
    problems += _assumed(found, filling)
    return found, problems + _doubtful(communities, found, year)


def _residents(
    communities: pd.DataFrame, year: int, counted_year: int, persons: float, filling: Filling
) -> pd.DataFrame:
    counted, households = (numbers_of(communities, c) for c in ("residents", "households"))
    lived = _lived(communities, year, counted_year, filling)
    occupancy = np.where(np.isnan(lived.wanted), lived.curve, lived.wanted)
    occupancy = np.where(np.isnan(occupancy), 1.0, occupancy)
    grown = _grown(lived, counted, households * persons)
    living = np.where(np.isnan(counted), households * occupancy * persons, grown)
    later = numbers_of(communities, "delivered_year") > year
    basis = np.select(
        [later, ~np.isnan(counted) & (grown != counted), ~np.isnan(counted), ~np.isnan(households)],
        ["not_delivered", "residents_filling", "residents", "households"],
        "",
    )
    by_homes = np.isin(basis, ["residents_filling", "households"])
    as_counted = lived.wanted == lived.counted
    why = np.select(
        [~by_homes, as_counted & ~lived.unbuilt, ~np.isnan(lived.curve)],
        ["", "given", "filling"],
        "full",
    )
    return pd.DataFrame(
        {
            "residents_used": np.where(later, 0.0, living),
            "occupancy_used": np.where(later, 0.0, np.where(by_homes, occupancy, np.nan)),
            "basis": pd.Series(_words(basis), communities.index, dtype=object),
            "occupancy_basis": pd.Series(_words(why), communities.index, dtype=object),
        },
        index=communities.index,
    )


def _lived(communities: pd.DataFrame, year: int, counted_year: int, filling: Filling) -> _Lived:
    given, delivered = (numbers_of(communities, c) for c in ("occupancy", "delivered_year"))
    unbuilt = delivered > counted_year
    counted = np.where(unbuilt, 0.0, given)
    then, curve = (
        filling.share_after(counted_year - delivered),
        filling.share_after(year - delivered),
    )
    empty = np.where(then < 1.0, 1.0 - then, np.inf)
    filled = np.nan_to_num(np.clip((curve - then) / empty, 0.0, 1.0))
    return _Lived(counted, counted + (1.0 - counted) * filled, curve, unbuilt)


def _grown(
    lived: _Lived, counted: NDArray[np.float64], full: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Residents in the wanted year from those given, with what all homes together hold.

    Homes filled since the count bring the persons of a household; where homes are not known,
    residents grow with the occupancy. Planned residents come by the curve.
    """
    more = np.nan_to_num(lived.wanted - lived.counted)
    known = lived.counted > LEAST_SHARE
    each = np.divide(counted, lived.counted, out=np.zeros_like(counted), where=known)
    since = counted + more * np.where(np.isnan(full), each, full)
    return np.where(lived.unbuilt, counted * lived.curve, since)


def _by_persons(
    communities: pd.DataFrame, found: pd.DataFrame, counted_year: int
) -> NDArray[np.bool_]:
    """Whether the persons of a household had a part in the residents."""
    homes = ~np.isnan(numbers_of(communities, "households"))
    built = ~(numbers_of(communities, "delivered_year") > counted_year)
    since = found["basis"].eq("residents_filling").to_numpy() & homes & built
    return np.asarray(found["basis"].eq("households").to_numpy() | since)


def _words(texts: NDArray[np.str_]) -> NDArray[np.object_]:
    words = texts.astype(object)
    words[texts == ""] = None
    return words


def _assumed(found: pd.DataFrame, filling: Filling) -> list[Problem]:
    """Say for how many communities the curve, or full occupancy, stands in for a number."""
    problems = []
    by_curve, full = (int(found["occupancy_basis"].eq(b).sum()) for b in ("filling", "full"))
    if by_curve:
        text = f"{by_curve} communities are taken to fill as the curve '{filling.name}' says"
        points = zip(filling.years, filling.shares, strict=True)
        curve = ", ".join(f"{share:.0%} after {y:g} years" for y, share in points)
        origin = f"; {filling.source} ({filling.evidence})" if filling.evidence else ""
        problems.append(_note("filling_assumed", text, f"used: {curve}{origin}", "occupancy"))
    if full:
        text = f"{full} communities carry neither occupancy nor delivery year"
        done = "all their homes count as lived in (assumption)"
        problems.append(_note("occupancy_assumed", text, done, "occupancy"))
    return problems


def _doubtful(communities: pd.DataFrame, found: pd.DataFrame, year: int) -> list[Problem]:
    ids = ids_of(communities)
    counted, given = (numbers_of(communities, c) for c in ("residents", "occupancy"))
    later = found["basis"].eq("not_delivered").to_numpy()
    problems = [
        Problem(
            *("communities", "no_residents", f"'{i}' carries neither residents nor households"),
            "left without a number of children",
            column="households",
            value=str(i),
        )
        for i in ids[found["basis"].isna().to_numpy()]
    ]
    if len(early := ids[later & (counted > 0)]):
        text = f"{len(early)} communities carry residents but are delivered after {year}"
        done = f"nobody counted in {year}: {listed(early)}"
        problems.append(_note("not_delivered", text, done, "delivered_year"))
    if len(empty := ids[~later & (counted > 0) & (given == 0)]):
        text = f"{len(empty)} communities carry residents and an occupancy of 0"
        done = f"the residents were used: {listed(empty)}"
        problems.append(Problem("communities", "empty_lived_in", text, done, column="occupancy"))
    return problems


def _note(code: str, text: str, done: str, column: str) -> Problem:
    return Problem("communities", code, text, done, "note", column=column)

"""Children of 3 to 5 from counts by age band, on arrays: plain shares and Sprague multipliers.

Imports from `standards`, `layers` and `errors`. Every method here is a share of each band's
people who are 3 to 5, so that nobody is added to a band or lost from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from kgspatial.errors import InputError
from kgspatial.standards import read_profile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

AgeSplit = Literal["plain", "sprague"]

END_PANEL = np.array(
    [
        [0.3616, -0.2768, 0.1488, -0.0336],
        [0.2640, -0.0960, 0.0400, -0.0080],
        [0.1840, 0.0400, -0.0320, 0.0080],
        [0.1200, 0.1360, -0.0720, 0.0160],
        [0.0704, 0.1968, -0.0848, 0.0176],
    ]
)
"""Sprague multipliers of the ages 0 to 4 (rows) by the groups 0-4, 5-9, 10-14 and 15-19."""

NEXT_PANEL = np.array(
    [
        [0.0336, 0.2272, -0.0752, 0.0144],
        [0.0080, 0.2320, -0.0480, 0.0080],
        [-0.0080, 0.2160, -0.0080, 0.0000],
        [-0.0160, 0.1840, 0.0400, -0.0080],
        [-0.0176, 0.1408, 0.0912, -0.0144],
    ]
)
"""The same of the ages 5 to 9. The mid panel begins at age 10 and is not needed here."""

UNDER_FIVE = ("age_0", "age_1_4")
OLDER_GROUPS = ("age_5_9", "age_10_14", "age_15_19")

ROUNDING = 1e-12
"""Part of an area's persons below which a negative number is rounding."""


def children_3_to_5(
    bands: Mapping[str, NDArray[np.float64]],
    *,
    split: AgeSplit = "plain",
    areas: NDArray[np.int64] | None = None,
    shares: Mapping[str, float] | None = None,
    age_share: float | None = None,
    source: str | None = None,
) -> NDArray[np.float64]:
    """Children aged 3 to 5 in cells, villages or other parts of an area.

    Parameters
    ----------
    bands : mapping of str to ndarray
        Persons by band, arrays of one shape. A band ``children`` is taken as it is. Else age
        bands are split; ``age_0_4`` may stand for ``age_0`` and ``age_1_4``. Else ``residents``
        are multiplied by `age_share`.
    split : {"plain", "sprague"}
        ``plain``: ages 3 and 4 are half of the band 1-4 (two fifths of the band 0-4), age 5 is a
        fifth of the band 5-9. ``sprague``: see :func:`sprague_ages`, taken for each area as a
        whole. What the multipliers give as the area's children of 3 and 4 is a share of its band
        0-4, what they give as its children of 5 a share of its band 5-9; these shares hold in all
        its parts. The area's total is that of the published method. Its parts are never
        negative, as they would often be if the multipliers were applied to each: they are a
        polynomial through four groups, and a cell or a village holds too few people for one.
    areas : ndarray of int, optional
        Number of the area in which each part lies, of the shape of the bands. All are one area
        unless given.
    shares : mapping of str to float, optional
        Plain share of each band, ``shares_3_to_5`` of a rule profile; the national one unless
        given.
    age_share : float, optional
        Share of residents who are 3 to 5.
    source : str, optional
        The file, for messages.

    Returns
    -------
    ndarray of float64
        Of the shape of the bands. A part without a number in a band has none here.

    Raises
    ------
    InputError
        When the bands do not suffice, a share is not from 0 to 1, or the multipliers give an area
        a negative number at some age: its bands are then too uneven for them, and nothing is
        clipped.

    Examples
    --------
    >>> bands = {"age_1_4": np.array([40.0, 8.0]), "age_5_9": np.array([50.0, 5.0])}
    >>> children_3_to_5(bands)
    array([30.,  5.])
    """
    if split == "sprague" and "children" not in bands:
        return _by_sprague(bands, areas, source)
    found = band_shares(bands, split=split, shares=shares, age_share=age_share, source=source)
    return _weighted(bands, found)


def band_shares(
    totals: Mapping[str, ArrayLike],
    *,
    split: AgeSplit = "plain",
    shares: Mapping[str, float] | None = None,
    age_share: float | None = None,
    source: str | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Share of each band's persons who are 3 to 5, by which :func:`children_3_to_5` multiplies.

    Parameters
    ----------
    totals : mapping of str to array_like
        Persons of whole areas by band, each of shape (areas,) or one number. Only the multipliers
        look at the numbers, the other shares depend on which bands there are.
    split, shares, age_share, source
        As for :func:`children_3_to_5`.

    Returns
    -------
    dict of str to ndarray
        For each band that is used, of shape (areas,) for the multipliers and () else.
    """
    if split not in get_args(AgeSplit):
        known = ", ".join(get_args(AgeSplit))
        raise InputError(f"there is no age split '{split}'", hint=f"Known: {known}.")
    if "children" in totals:
        return {"children": np.ones(())}
    if split == "sprague":
        return _sprague_shares(totals, source)
    plain = read_profile().shares_3_to_5 if shares is None else shares
    for found in (plain, _of_all_under_five(plain)):
        if set(found) <= set(totals):
            return {band: np.asarray(share) for band, share in found.items()}
    if age_share is not None and not 0.0 <= age_share <= 1.0:
        raise InputError(f"[demand] age_share is a share from 0 to 1, not {age_share:g}")
    if "residents" in totals and age_share is not None:
        return {"residents": np.asarray(age_share)}
    raise InputError(
        f"its bands ({', '.join(totals)}) do not tell how many children are 3 to 5",
        source=source,
        hint="Needed: 'children', or 'age_1_4' and 'age_5_9', or 'residents' with "
        "[demand] age_share.",
    )


def sprague_ages(groups: ArrayLike) -> NDArray[np.float64]:
    """Persons at each single year of age from 0 to 9, by Sprague's fifth-difference formula.

    A polynomial through the cumulated counts of four five-year groups, written as multipliers.
    Each group's own five years add up to the group.

    Parameters
    ----------
    groups : array_like, shape (..., 4)
        Persons of 0-4, 5-9, 10-14 and 15-19.

    Returns
    -------
    ndarray, shape (..., 10)
        Persons of 0, 1, ... 9; may be negative where the groups are very uneven.

    References
    ----------
    Sprague, T. B. (1880). Explanation of a new formula for interpolation. Journal of the
    Institute of Actuaries 22, 270-285. The multipliers: Shryock, H. S. and Siegel, J. S. (1973),
    The Methods and Materials of Demography; second edition by Siegel, J. S. and Swanson, D. A.
    (2004), page 727. Their use with population rasters: Gagnon, A. A. and Vargas Mesa, G. (2021),
    Estimating school-age populations by applying Sprague multipliers to raster data, IIEP-UNESCO.

    Examples
    --------
    >>> sprague_ages([500.0, 500.0, 500.0, 500.0]).round(6)
    array([100., 100., 100., 100., 100., 100., 100., 100., 100., 100.])
    """
    return np.asarray(np.asarray(groups, dtype=np.float64) @ np.vstack([END_PANEL, NEXT_PANEL]).T)


def _by_sprague(
    bands: Mapping[str, NDArray[np.float64]], areas: NDArray[np.int64] | None, source: str | None
) -> NDArray[np.float64]:
    """Shares of whole areas, for all their parts."""
    names = (*_under_five(bands, source), *OLDER_GROUPS)
    known = np.logical_and.reduce([np.isfinite(bands[name]) for name in names])
    if areas is None:
        totals = {name: np.sum(bands[name], where=known) for name in names}
        return _weighted(bands, _sprague_shares(totals, source))
    area = np.unique(areas, return_inverse=True)[1].reshape(known.shape)
    found = _sprague_shares(_sums(bands, names, known, area), source)
    return _weighted(bands, {name: share[area] for name, share in found.items()})


def _sums(
    bands: Mapping[str, NDArray[np.float64]],
    names: tuple[str, ...],
    known: NDArray[np.bool_],
    area: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Persons of each area by band, over the parts that have a number in every band."""
    count = area.max(initial=-1) + 1
    sums = [np.bincount(area[known], bands[name][known], minlength=count) for name in names]
    return {name: found.astype(np.float64) for name, found in zip(names, sums, strict=True)}


def _weighted(
    bands: Mapping[str, NDArray[np.float64]], shares: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    return np.asarray(sum(bands[name] * share for name, share in shares.items()))


def _of_all_under_five(plain: Mapping[str, float]) -> dict[str, float]:
    """Plain shares for the band 0-4: the band 1-4 is four of its five years."""
    return {
        ("age_0_4" if band == "age_1_4" else band): share * (0.8 if band == "age_1_4" else 1.0)
        for band, share in plain.items()
    }


def _under_five(bands: Mapping[str, object], source: str | None) -> tuple[str, ...]:
    """Names of the bands that make up 0-4, where all of Sprague's groups are there."""
    young = UNDER_FIVE if set(UNDER_FIVE) <= set(bands) else ("age_0_4",)
    missing = set(young + OLDER_GROUPS) - set(bands)
    if missing:
        raise InputError(
            f"its bands ({', '.join(bands)}) do not suffice for Sprague multipliers",
            source=source,
            hint="Needed: 'age_0' and 'age_1_4', 'age_5_9', 'age_10_14' and 'age_15_19'. "
            'Without them write age_split = "plain" under [demand].',
        )
    return young


def _sprague_shares(
    totals: Mapping[str, ArrayLike], source: str | None
) -> dict[str, NDArray[np.float64]]:
    young = _under_five(totals, source)
    under_five = np.sum([np.asarray(totals[name], dtype=np.float64) for name in young], axis=0)
    older = [np.asarray(totals[name], dtype=np.float64) for name in OLDER_GROUPS]
    groups = np.stack([under_five, *older], axis=-1)
    ages = sprague_ages(groups)
    _refuse_negative(ages, groups, source)
    of_young = _ratio(ages[..., 3] + ages[..., 4], under_five)
    return {**dict.fromkeys(young, of_young), "age_5_9": _ratio(ages[..., 5], older[0])}


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _refuse_negative(
    ages: NDArray[np.float64], groups: NDArray[np.float64], source: str | None
) -> None:
    """Refuse a negative single year in a group that holds anybody."""
    below = ages < -ROUNDING * np.abs(ages).sum(axis=-1, keepdims=True)
    uneven = np.atleast_1d((below & np.repeat(groups[..., :2] > 0, 5, axis=-1)).any(axis=-1))
    if uneven.any():
        raise InputError(
            f"Sprague multipliers give negative numbers of persons in {uneven.sum()} of "
            f"{uneven.size} areas, so uneven are the age bands",
            source=source,
            hint='Take larger areas, or write age_split = "plain" under [demand].',
        )

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
    if split not in get_args(AgeSplit):
        known = ", ".join(get_args(AgeSplit))
        raise InputError(f"there is no age split '{split}'", hint=f"Known: {known}.")
    if split == "sprague" and "children" not in bands:
        return _by_sprague(sprague_groups(bands, source=source), areas, source)
    return _weighted(bands, _plain_shares(bands, shares, age_share, source))


def _plain_shares(
    bands: Mapping[str, object],
    shares: Mapping[str, float] | None,
    age_share: float | None,
    source: str | None,
) -> Mapping[str, float]:
    """Share of each band's persons who are 3 to 5; which ones are used depends on what is there."""
    if "children" in bands:
        return {"children": 1.0}
    plain = read_profile().shares_3_to_5 if shares is None else shares
    for found in (plain, _of_all_under_five(plain)):
        if set(found) <= set(bands):
            return found
    if age_share is not None and not 0.0 <= age_share <= 1.0:
        raise InputError(f"[demand] age_share is a share from 0 to 1, not {age_share:g}")
    if "residents" in bands and age_share is not None:
        return {"residents": age_share}
    raise InputError(
        f"its bands ({', '.join(bands)}) do not tell how many children are 3 to 5",
        source=source,
        hint="Needed: 'children', or 'age_1_4' and 'age_5_9', or 'residents' with "
        "[demand] age_share.",
    )


def _of_all_under_five(plain: Mapping[str, float]) -> Mapping[str, float]:
    """Plain shares for the band 0-4: the band 1-4 is four of its five years."""
    others = {band: share for band, share in plain.items() if band != "age_1_4"}
    return {"age_0_4": 0.8 * plain["age_1_4"], **others} if "age_1_4" in plain else plain


def _weighted(
    bands: Mapping[str, NDArray[np.float64]],
    shares: Mapping[str, float] | Mapping[str, NDArray[np.float64]],
) -> NDArray[np.float64]:
    return np.asarray(sum(bands[name] * share for name, share in shares.items()))


# ---------------------------------------------------------------- Sprague multipliers


def sprague_ages(groups: ArrayLike) -> NDArray[np.float64]:
    """Persons at each single year of age from 0 to 9, by Sprague multipliers.

    The end panel and the one next to it: the polynomial of fourth degree through the cumulated
    counts at the ages 0, 5, 10, 15 and 20, written as multipliers of the groups. Each group's
    own five years add up to the group.

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


def sprague_groups(
    bands: Mapping[str, NDArray[np.float64]], *, source: str | None = None
) -> dict[str, NDArray[np.float64]]:
    """Return the four groups that the multipliers need, ``age_0_4`` and :data:`OLDER_GROUPS`.

    Raises
    ------
    InputError
        When one is missing.
    """
    young = UNDER_FIVE if set(UNDER_FIVE) <= set(bands) else ("age_0_4",)
    if not {*young, *OLDER_GROUPS} <= set(bands):
        raise InputError(
            f"its bands ({', '.join(bands)}) do not suffice for Sprague multipliers",
            source=source,
            hint="Needed: 'age_0', 'age_1_4', 'age_5_9', 'age_10_14' and 'age_15_19'. "
            'Without them write age_split = "plain" under [demand].',
        )
    under_five = np.asarray(sum(bands[name] for name in young))
    return {"age_0_4": under_five, **{name: bands[name] for name in OLDER_GROUPS}}


def sprague_shares(
    totals: Mapping[str, ArrayLike], *, source: str | None = None
) -> dict[str, NDArray[np.float64]]:
    """Share of the band 0-4 who are 3 or 4, and of the band 5-9 who are 5, in whole areas.

    Parameters
    ----------
    totals : mapping of str to array_like
        Persons of each area by group, see :func:`sprague_groups`.
    source : str, optional
        The file, for messages.

    Returns
    -------
    dict of str to ndarray
        ``age_0_4`` and ``age_5_9``, of the shape of the totals; 0 where a group is empty.

    Raises
    ------
    InputError
        When an area has a negative number of persons at some age of a group that is not empty.
    """
    groups = np.stack(
        [np.asarray(totals[name], dtype=np.float64) for name in ("age_0_4", *OLDER_GROUPS)],
        axis=-1,
    )
    ages = sprague_ages(groups)
    _refuse_negative(ages, groups, source)
    return {
        "age_0_4": _ratio(ages[..., 3] + ages[..., 4], groups[..., 0]),
        "age_5_9": _ratio(ages[..., 5], groups[..., 1]),
    }


def _by_sprague(
    groups: Mapping[str, NDArray[np.float64]], areas: NDArray[np.int64] | None, source: str | None
) -> NDArray[np.float64]:
    """Shares of whole areas, for all their parts; totals are of parts with a number in each."""
    known = np.logical_and.reduce([np.isfinite(group) for group in groups.values()])
    if areas is None:
        totals = {name: np.sum(group, where=known) for name, group in groups.items()}
        return _weighted(groups, sprague_shares(totals, source=source))
    area = np.unique(areas, return_inverse=True)[1].reshape(known.shape)
    count = area.max(initial=-1) + 1
    sums = {
        name: np.bincount(area[known], group[known], minlength=count)
        for name, group in groups.items()
    }
    shares = sprague_shares(sums, source=source)
    return _weighted(groups, {name: share[area] for name, share in shares.items()})


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

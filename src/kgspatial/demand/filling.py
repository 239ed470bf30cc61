"""How a new estate fills: the share of its homes lived in, by years since delivery.

Imports from `errors`. The curves are data (`filling.toml`) and are assumptions, not facts.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

DEFAULT = "even_5_years"


@dataclass(frozen=True)
class Filling:
    """A curve of filling, straight between its points and level after the last.

    Parameters
    ----------
    name : str
        What it is called in problems and reports.
    years : tuple of float
        Years since delivery, from 0, rising.
    shares : tuple of float
        Share of the homes that are lived in, 0 to 1, never falling.
    evidence, source : str
        Where the curve comes from; ``assumption`` for one that nobody observed.

    Raises
    ------
    InputError
        When the numbers make no such curve.

    Examples
    --------
    >>> Filling("ours", (0, 2), (0.5, 1.0)).share_after([-1, 0, 1, 9]).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """

    name: str
    years: tuple[float, ...]
    shares: tuple[float, ...]
    evidence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        years, shares = self.years, self.shares
        hint = "Such as years = [0, 4] and shares = [0.2, 1.0]."
        if not years or len(years) != len(shares):
            raise InputError(
                f"filling '{self.name}' has {len(years)} years and {len(shares)} shares", hint=hint
            )
        if years[0] != 0 or any(a >= b for a, b in pairwise(years)):
            raise InputError(
                f"filling '{self.name}': years must rise from 0, not {list(years)}", hint=hint
            )
        if not all(0 <= s <= 1 for s in shares) or any(a > b for a, b in pairwise(shares)):
            message = f"shares must rise from 0 to 1, not {list(shares)}"
            raise InputError(f"filling '{self.name}': {message}", hint=hint)

    def share_after(self, years: ArrayLike) -> NDArray[np.float64]:
        """Share of the homes lived in so many years after delivery; 0 before it.

        Parameters
        ----------
        years : array of float
            Years since delivery; NaN gives NaN.
        """
        since = np.asarray(years, dtype=np.float64)
        return np.asarray(np.where(since < 0, 0.0, np.interp(since, self.years, self.shares)))


@cache
def _curves() -> dict[str, dict[str, Any]]:
    path = files("kgspatial") / "demand" / "filling.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def default_filling(name: str = DEFAULT) -> Filling:
    """Return a curve that comes with kgspatial: an assumption, not an observation.

    Raises
    ------
    InputError
        When there is none of that name.

    Examples
    --------
    >>> default_filling().share_after([0, 1, 2, 3, 4]).round(3).tolist()
    [0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if name not in _curves():
        known = ", ".join(_curves())
        raise InputError(f"there is no filling curve '{name}'", hint=f"Known: {known}.")
    curve = _curves()[name]
    return Filling(
        name, tuple(curve["years"]), tuple(curve["shares"]), curve["evidence"], curve["source"]
    )

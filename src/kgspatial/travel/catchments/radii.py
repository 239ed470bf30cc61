"""Service radii of the planning rules, as limits for catchments.

Imports from `standards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgspatial.standards import read_profile

if TYPE_CHECKING:
    from pathlib import Path


def service_radii(profile: str | Path = "national") -> tuple[float, ...]:
    """Return the service radii that a rule profile names, in metres, the least first.

    Parameters
    ----------
    profile : str or Path
        Name of a rule profile, or the plan's own file.

    Returns
    -------
    tuple of float
        The lower end of the range where the rule has one, and its value. The 1,500 m for villages
        that some texts print could not be verified: give it yourself where it is meant.

    Examples
    --------
    >>> service_radii("national")
    (300.0, 500.0)
    """
    rule = read_profile(profile).rule("service_radius_m")
    ends = {float(rule.value), *(() if rule.low is None else (float(rule.low),))}
    return tuple(sorted(ends))

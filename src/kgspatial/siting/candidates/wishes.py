"""Sites that the plan requires or forbids by their ids, and where that contradicts the rest.

Imports from `findings`, `errors`, `inputs.settings`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd

from kgspatial.errors import InputError
from kgspatial.inputs.settings import SitingSettings
from kgspatial.siting.candidates.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_wishes(settings: SitingSettings, site_ids: Sequence[str]) -> None:
    """Refuse ids that no candidate has, and sites that are required and forbidden.

    Raises
    ------
    InputError
        The nearest known id is named.
    """
    for key in ("required", "forbidden"):
        for asked in getattr(settings, key):
            if asked not in site_ids:
                near = difflib.get_close_matches(asked, site_ids, n=1, cutoff=0.0)
                hint = f"Did you mean '{near[0]}'?" if near else "There are no candidates at all."
                message = f"there is no candidate '{asked}'"
                raise InputError(message, column=f"siting.{key}", hint=hint)
    both = [i for i in settings.required if i in settings.forbidden]
    if both:
        message = f"the site '{both[0]}' is required and forbidden at once"
        raise InputError(message, column="siting.required", hint="Take it off one of the lists.")


def forbidden_sites(settings: SitingSettings) -> list[Finding]:
    """Find the sites that the plan forbids."""
    return [
        Finding(i, "exclude", "excluded_forbidden", {}) for i in dict.fromkeys(settings.forbidden)
    ]


def check_required(
    settings: SitingSettings, usable: gpd.GeoDataFrame, reasons: Mapping[str, str]
) -> None:
    """Refuse required sites that may not be used, or of which only one may be.

    Parameters
    ----------
    settings : SitingSettings
        ``required``.
    usable : GeoDataFrame
        ``site_id``, ``group``.
    reasons : mapping
        Why others may not be used, by id.

    Raises
    ------
    InputError
        The reason is told.
    """
    for asked in settings.required:
        if asked in reasons:
            message = f"the required site '{asked}' may not be used: {reasons[asked]}"
            hint = "Take it off the list, or mend what excludes it."
            raise InputError(message, column="siting.required", hint=hint)
    asked_for = usable[usable["required"].to_numpy(dtype=bool) & usable["group"].notna().to_numpy()]
    for group, rows in asked_for.groupby("group"):
        if len(rows) > 1:
            names = "' and '".join(rows["site_id"].astype(str))
            message = f"the required sites '{names}' are one place (group '{group}')"
            hint = "Only one of them can be used: take the others off the list."
            raise InputError(message, column="siting.required", hint=hint)

"""How walks were measured, in words for people.

Imports from `matrix`, `inputs.settings`, `terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kgspatial.terms import term

if TYPE_CHECKING:
    from kgspatial.inputs.settings import TravelMethod
    from kgspatial.terms import Language
    from kgspatial.travel.matrix import TravelMatrix


def travel_method(travel: TravelMatrix) -> TravelMethod:
    """How a matrix was measured; one that does not say is taken as straight lines."""
    return cast("TravelMethod", travel.provenance.get("method", "straight"))


def way_of_travel(travel: TravelMatrix, detour: float, language: Language) -> str:
    """Name the way in a few words: the detour factor of straight lines, streets, or a matrix.

    Parameters
    ----------
    travel : TravelMatrix
        The matrix behind the results.
    detour : float
        Of straight lines, where the matrix does not say it.
    language : {"zh", "en"}
        Of the words.
    """
    told = travel.provenance.get("detour", detour)
    return term(f"report.way_{travel_method(travel)}", language, detour=f"{float(told):g}")

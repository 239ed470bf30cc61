"""What was found of a candidate: why it may not be used, what to check, and the words for it.

Imports from `standards`, `terms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kgspatial.standards.hazards import HazardClass
from kgspatial.standards.rule_files import Origin, Rule
from kgspatial.terms import LANGUAGES, Language, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.object_]

Said = Mapping[Language, str]
"""A text in each language."""


@dataclass(frozen=True)
class Finding:
    """One thing found of one candidate.

    Parameters
    ----------
    site_id : str
        The candidate.
    effect : {"exclude", "check", "prefer_away"}
        What follows from it.
    key : str
        Of the text, in section ``siting`` of the table of terms.
    values : mapping
        What the text names: numbers, texts, or a text for each language.
    """

    site_id: str
    effect: HazardClass
    key: str
    values: Mapping[str, object]

    def text(self, language: Language) -> str:
        """Return it in words."""
        shown = {
            name: value[language] if isinstance(value, Mapping) else value
            for name, value in self.values.items()
        }
        return term(f"siting.{self.key}", language, **shown)


def said_of(key: str) -> Said:
    """Return a label of the table of terms in each language."""
    return {language: term(key, language) for language in LANGUAGES}


def called(row: Mapping[str, object] | pd.Series[Any], id_column: str) -> Said:
    """Return what a row is called: its name, in English its Latin name, else its id."""
    name = next(t for t in (row.get("name"), str(row[id_column])) if isinstance(t, str) and t)
    latin = row.get("name_latin")
    return {"zh": name, "en": latin if isinstance(latin, str) and latin else name}


def cited(origin: Origin | Rule) -> Said:
    """Return source, clause and evidence as they stand behind a number."""
    source = "，".join(filter(None, (origin.source, origin.clause)))
    evidence = said_of(f"standards.{origin.evidence}")
    return {
        language: term("siting.cited", language, source=source, evidence=evidence[language])
        for language in LANGUAGES
    }


def concerned(
    site_ids: pd.Series[str], found: Sequence[Finding], effect: HazardClass
) -> NDArray[np.bool_]:
    """Tell which candidates have a finding of that effect."""
    return site_ids.isin([f.site_id for f in found if f.effect == effect]).to_numpy(dtype=bool)


def texts_of(
    site_ids: pd.Series[str], found: Sequence[Finding], *effects: HazardClass
) -> dict[Language, Words]:
    """Return the findings of each candidate in words, joined; None where there is none.

    Parameters
    ----------
    site_ids : Series
        The candidates.
    found : sequence of Finding
        Said in this order, each text once.
    *effects : str
        Which of them.
    """
    by_site: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.effect in effects:
            by_site.setdefault(finding.site_id, []).append(finding)
    return {
        language: np.array(
            [_joined(by_site.get(str(i), ()), language) for i in site_ids], dtype=object
        )
        for language in LANGUAGES
    }


def _joined(found: Sequence[Finding], language: Language) -> str | None:
    texts = dict.fromkeys(finding.text(language) for finding in found)
    return term("siting.separator", language).join(texts) or None

"""Labels for people, in Chinese and English, from one table of terms (`terms.toml`).

Imports nothing of kgspatial: every room that speaks to people may import from here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def _terms() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((files("kgspatial") / "terms.toml").read_text(encoding="utf-8"))


def term(key: str, language: Language = "zh", **values: object) -> str:
    """Return the label of ``section.key``, with ``{placeholders}`` filled from `values`.

    Examples
    --------
    >>> term("columns.children", "en")
    'Children aged 3-5'
    """
    section, name = key.split(".", 1)
    text = _terms()[section][name][language]
    return text.format(**values) if values else text


def has_term(key: str) -> bool:
    """Whether the table of terms knows ``section.key``."""
    section, name = key.split(".", 1)
    return name in _terms().get(section, {})

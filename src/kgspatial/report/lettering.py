"""Which font writes the figures, and what it can write.

Imports from `errors`, `terms`. A figure never shows a box for a missing character: what the
fonts cannot write is replaced by a Latin name, an id, or left out.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from kgspatial.errors import KgspatialWarning
from kgspatial.terms import Language

CJK_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "SimSun",
    "Noto Sans CJK JP",
    "Noto Sans CJK TC",
    "Noto Sans CJK HK",
    "Arial Unicode MS",
    "Droid Sans Fallback",
)
"""Sans-serif families with simplified Chinese, best first. The regional variants of Noto hold
the same characters; matplotlib may list a collection by its first face only, the Japanese."""

CJK_FILES = (
    "notosanscjk",
    "sourcehansans",
    "wqy",
    "simhei",
    "msyh",
    "pingfang",
    "droidsansfallback",
)
LATIN_FAMILY = "DejaVu Sans"
"""Comes with matplotlib, so that it is always there."""


@dataclass(frozen=True)
class Lettering:
    """The language of the figures, their font families, and the characters that these hold.

    `heading_weight` is bold only where the first family has a bold face of its own.
    """

    language: Language
    families: tuple[str, ...]
    glyphs: frozenset[int]
    heading_weight: str = "normal"

    def can_write(self, text: str) -> bool:
        """Whether every character of the text has a shape."""
        return all(ord(c) in self.glyphs or c == "\n" for c in text)

    def first(self, *choices: str) -> str:
        """Return the first text that is not empty and can be written, or an empty one."""
        return next((t for t in choices if t and self.can_write(t)), "")


def choose_lettering(language: Language) -> Lettering:
    """Return the lettering for a language; English, with a warning, where Chinese has no font."""
    family = find_cjk_family()
    if language == "zh" and family is None:
        warnings.warn(
            "no font with Chinese characters was found, so the figures are labelled in English; "
            "install one (Debian, Ubuntu: apt-get install fonts-noto-cjk or fonts-wqy-microhei) "
            "and run again",
            KgspatialWarning,
            stacklevel=3,
        )
        language = "en"
    families = (LATIN_FAMILY,) if family is None else (family, LATIN_FAMILY)
    glyphs = frozenset().union(*map(_glyphs, families))
    return Lettering(language, families, glyphs, _heading_weight(families[0]))


def find_cjk_family() -> str | None:
    """Return the best family with Chinese characters that matplotlib can use, or None."""
    return _known_family() or _unlisted_family()


def _known_family() -> str | None:
    from matplotlib.font_manager import fontManager

    there = {entry.name for entry in fontManager.ttflist}
    return next((f for f in CJK_FAMILIES if f in there), None)


def _unlisted_family() -> str | None:
    """Look at the disk: matplotlib's list is cached and misses what was installed since."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    for file in sorted(findSystemFonts()):
        name = file.replace("\\", "/").rsplit("/", 1)[-1].lower()
        if name.startswith(CJK_FILES):
            fontManager.addfont(file)
    return _known_family()


def _heading_weight(family: str) -> str:
    from matplotlib.font_manager import fontManager, weight_dict

    weights = [e.weight for e in fontManager.ttflist if e.name == family]
    numbers = [weight_dict.get(w, 400) if isinstance(w, str) else w for w in weights]
    return "bold" if max(numbers, default=400) >= weight_dict["bold"] else "normal"


def _glyphs(family: str) -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family=family))).get_charmap())

"""Paths with placeholders: which files one means, and what stands in each place.

Imports from `errors`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from kgspatial.errors import InputError

MAGIC = re.compile(r"\{(?:age|sex|year|[^{}/]*,[^{}/]*)\}|\*+|\?|\[[^\]/]+\]")
ANY_YEAR = r"(?:19|20)\d\d"
PLACES = {"age": r"\d{1,2}", "sex": "[fmtFMT]"}

SIDE_FILES = (".xml", ".ovr", ".aux", ".prj", ".msk", ".tfw", ".tifw", ".wld", ".md", ".txt")
"""What stands beside rasters under the same name; a pattern that ends in ``*`` does not mean it."""


@dataclass(frozen=True)
class Match:
    """A file that a pattern fits."""

    path: Path
    said: dict[str, str] = field(default_factory=dict)
    """What stands in the file's path for ``age``, ``sex`` and ``year``."""
    model: str = ""
    """The path with ``{age}``, ``{sex}`` and ``{year}`` in the place of what they stand for."""


def is_pattern(path: str) -> bool:
    """Whether a path has placeholders and is not by chance the name of a file."""
    return MAGIC.search(path) is not None and not Path(path).exists()


def matches(path: str, year: str) -> list[Match]:
    """Return the files that a pattern fits, in the order of their names.

    Parameters
    ----------
    path : str
        ``{age}``, ``{sex}`` and ``{year}`` stand for what they say, and for the same at every
        place; ``{a,b}`` for one of several words; ``*``, ``?`` and ``[...]`` as in a shell.
    year : str
        Regular expression of what ``{year}`` stands for.

    Raises
    ------
    InputError
        When the pattern cannot be understood.
    """
    start = Path(path)
    found = [Match(Path(start.anchor), {}, start.anchor)]
    try:
        for part in start.parts[1 if start.anchor else 0 :]:
            found = [deeper for match in found for deeper in _step(match, part, year)]
    except re.error as error:
        raise InputError(
            f"it cannot be understood as a pattern: {error}",
            source=path,
            hint="Brackets stand for one of the signs in them, such as [0-9].",
        ) from error
    return sorted((m for m in found if not _beside_a_raster(m.path)), key=lambda m: m.path)


def read_places(match: re.Match[str]) -> tuple[dict[str, str], str] | None:
    """What the groups of a match say, and its text with their names in their places.

    Groups may be numbered (``age_2``): None when those of one name differ.
    """
    said: dict[str, str] = {}
    model, end = "", 0
    for name in sorted(match.groupdict(), key=match.start):
        key, text = name.split("_")[0], match[name]
        if said.setdefault(key, text).lower() != text.lower():
            return None
        model += f"{match.string[end : match.start(name)]}{{{key}}}"
        end = match.end(name)
    return said, model + match.string[end:]


def _step(before: Match, part: str, year: str) -> list[Match]:
    """One level deeper; a file or folder of that very name is taken as it is."""
    folder = before.path
    if (folder / part).exists():
        return [Match(folder / part, before.said, str(Path(before.model) / part))]
    if not MAGIC.search(part) or not folder.is_dir():
        return []
    wanted = _expression(part, year)
    found = []
    for entry in folder.iterdir():
        match = wanted.fullmatch(entry.name)
        hidden = entry.name.startswith(".") and not part.startswith(".")
        read = read_places(match) if match and not hidden else None
        if read is not None and _agree(before.said, read[0]):
            model = str(Path(before.model) / read[1])
            found.append(Match(entry, {**before.said, **read[0]}, model))
    return found


def _agree(before: dict[str, str], said: dict[str, str]) -> bool:
    return all(before.get(key, text).lower() == text.lower() for key, text in said.items())


def _beside_a_raster(path: Path) -> bool:
    return path.suffix.lower() in SIDE_FILES


def _expression(pattern: str, year: str) -> re.Pattern[str]:
    text, end = "", 0
    for number, magic in enumerate(MAGIC.finditer(pattern)):
        text += re.escape(pattern[end : magic.start()]) + _meaning(magic.group(), number, year)
        end = magic.end()
    return re.compile(text + re.escape(pattern[end:]))


def _meaning(sign: str, number: int, year: str) -> str:
    word = sign.strip("{}")
    if word in PLACES or word == "year":
        return f"(?P<{word}_{number}>{PLACES.get(word, year)})"
    if sign.startswith("{"):
        return f"(?:{'|'.join(re.escape(w.strip()) for w in word.split(','))})"
    if sign.startswith("["):
        inner = sign[1:-1].replace("\\", r"\\")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return "." if sign == "?" else ".*"

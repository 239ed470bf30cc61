"""Which files a population path means, and what their names say: age, sex and year.

Imports from `files`, `layers` and `errors`. Names are those of WorldPop, both releases, or those
that the path itself explains by its ``{age}`` and ``{sex}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kgspatial.errors import InputError
from kgspatial.inputs.files import existing

AGE_BANDS = {0: "age_0", 1: "age_1_4", 5: "age_5_9"}
"""Bands by the first age of a file; WorldPop's file of age 1 holds the ages 1 to 4."""

CHILD_AGES = (1, 5)
"""First ages without which the children of 3 to 5 are not known."""

WORLDPOP_NAMES = (
    re.compile(
        r"[a-z]{3,6}_(?P<sex>[fmt])_(?P<age>\d{1,2})_(?P<year>(?:19|20)\d\d)(?!\d)", re.IGNORECASE
    ),
    re.compile(r"[a-z]{3,6}_t_(?P<sex>[fm])_(?P<year>(?:19|20)\d\d)(?!\d)", re.IGNORECASE),
    re.compile(r"[a-z]{3,6}_(?:pop|ppp)_(?P<year>(?:19|20)\d\d)(?!\d)", re.IGNORECASE),
)
"""One age and sex (R2025A ``chn_f_01_2025_CN_...``, before that ``chn_f_1_2020``), everybody of
one sex, everybody."""

MAGIC = re.compile(r"\{(?:age|sex|year|[^{}/]*,[^{}/]*)\}|\*+|\?|\[[^\]/]+\]")
BOTH, ALONE = {"f", "m"}, {"t"}
NAMES_SHOWN = 6


@dataclass(frozen=True)
class RasterFile:
    """One file and what its name says of it; None where it says nothing."""

    path: Path
    band: str | None = None
    sex: str | None = None
    year: int | None = None
    age: int | None = None
    """First age of its people; None when it holds all ages or says nothing."""


def raster_files(path: str, year: int | None) -> list[RasterFile]:
    """Return the files that a path means, in the order of their names.

    Parameters
    ----------
    path : str
        A file, or a pattern: ``{year}`` stands for the plan's year, ``{age}`` and ``{sex}`` for
        what the names say, ``{a,b}`` for one of several words, ``*``, ``?`` and ``[...]`` as in
        a shell.
    year : int, optional
        The plan's year.

    Raises
    ------
    InputError
        When no file is found.
    """
    if Path(path).exists() or not MAGIC.search(path):
        return [_named(existing(path, "population"), {})]
    if "{year}" in path and year is None:
        raise InputError(
            "the path has {year}, and the plan says no year",
            source=path,
            hint="Write year = ... under [plan].",
        )
    found = _matches(path, str(year))
    if not found:
        raise _nothing_found(path, year)
    return found


def child_files(files: list[RasterFile], path: str) -> list[RasterFile]:
    """Return the files whose names say a band, both sexes of each; all when no name says one.

    Raises
    ------
    InputError
        When there are ages, but not those of the children; when one sex is missing, or counted
        twice; when the files are of several years.
    """
    if all(f.band is None and f.age is None for f in files):
        return files
    known = [f for f in files if f.band is not None]
    bands = {f.band for f in known}
    if not {AGE_BANDS[age] for age in CHILD_AGES} <= bands and "residents" not in bands:
        raise _no_children(files, path)
    years = sorted({f.year for f in known if f.year is not None})
    if len(years) > 1:
        raise InputError(
            f"its files are of several years ({', '.join(map(str, years))})",
            source=path,
            hint="Write {year} in the path: it stands for the plan's year.",
        )
    for band in sorted(bands, key=str):
        _check_sexes(str(band), [f for f in known if f.band == band], path)
    return known


def _matches(path: str, year: str) -> list[RasterFile]:
    """Files that a pattern fits, level by level: a folder of that very name is taken as it is."""
    start = Path(path)
    found: list[tuple[Path, dict[str, str]]] = [(Path(start.anchor), {})]
    for part in start.parts[1 if start.anchor else 0 :]:
        found = [
            (entry, {**before, **said})
            for folder, before in found
            for entry, said in _step(folder, part, year)
            if all(before.get(key, value) == value for key, value in said.items())
        ]
    return [_named(file, said) for file, said in sorted(found, key=lambda f: f[0])]


def _step(folder: Path, part: str, year: str) -> list[tuple[Path, dict[str, str]]]:
    if (folder / part).exists():
        return [(folder / part, {})]
    if not MAGIC.search(part) or not folder.is_dir():
        return []
    wanted = _expression(part, year)
    fits = ((entry, wanted.fullmatch(entry.name)) for entry in folder.iterdir())
    return [(entry, match.groupdict()) for entry, match in fits if match is not None]


def _expression(pattern: str, year: str) -> re.Pattern[str]:
    """The pattern as a regular expression that keeps what stands for age and sex."""
    text, end = "", 0
    named: set[str] = set()
    for magic in MAGIC.finditer(pattern):
        text += re.escape(pattern[end : magic.start()])
        end, sign = magic.end(), magic.group()
        if sign in ("{age}", "{sex}") and sign in named:
            text += f"(?P={sign[1:-1]})"
        else:
            text += _meaning(sign, year)
        named.add(sign)
    return re.compile(text + re.escape(pattern[end:]))


def _meaning(sign: str, year: str) -> str:
    fixed = {
        "{age}": r"(?P<age>\d{1,2})",
        "{sex}": "(?P<sex>[fmtFMT])",
        "{year}": year,
        "?": "[^/]",
    }
    if sign in fixed:
        return fixed[sign]
    if sign.startswith("{"):
        return f"(?:{'|'.join(re.escape(word) for word in sign[1:-1].split(','))})"
    if sign.startswith("["):
        inner = sign[1:-1].replace("\\", r"\\")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return "[^/]*"


def _named(path: Path, said: dict[str, str]) -> RasterFile:
    """The file with what the pattern's placeholders say, or else its WorldPop name."""
    match = next((m for name in WORLDPOP_NAMES if (m := name.match(path.name))), None)
    by_name = match.groupdict() if match else {}
    age, sex = said.get("age") or by_name.get("age"), said.get("sex") or by_name.get("sex")
    year = by_name.get("year")
    everybody = "residents" if match else None
    band = AGE_BANDS.get(int(age)) if age is not None else everybody
    return RasterFile(
        path,
        band,
        (sex or "t").lower() if band or age is not None else None,
        int(year) if year else None,
        int(age) if age is not None else None,
    )


def _check_sexes(band: str, files: list[RasterFile], path: str) -> None:
    sexes = {str(f.sex) for f in files}
    if sexes in (BOTH, ALONE):
        return
    shown = ", ".join(sorted(f.path.name for f in files)[:NAMES_SHOWN])
    if "t" in sexes:
        text = f"it counts the same children twice for {band}: both sexes together and apart"
        hint = (
            f"Name either those of 't' or those of 'f' and 'm', for example with {{f,m}}: {shown}."
        )
    else:
        (missing,) = BOTH - sexes
        text = f"it holds one sex only for {band}: the files of '{missing}' are missing"
        hint = f"Put them beside {shown}, or write {{sex}} in the path."
    raise InputError(text, source=path, hint=hint)


def _no_children(files: list[RasterFile], path: str) -> InputError:
    ages = sorted({f.age for f in files if f.age is not None})
    return InputError(
        f"there is no band for children: its files hold the ages from {', '.join(map(str, ages))} "
        "years on",
        source=path,
        hint=f"Needed, beside them: {', '.join(_wanted_names(files))}.",
    )


def _wanted_names(files: list[RasterFile]) -> list[str]:
    """Names of the files of ages 1 and 5, made after the names that are there."""
    there = {f.band for f in files}
    first_age = min(f.age for f in files if f.age is not None)
    models = [f.path.name for f in files if f.age == first_age]
    wide = "0" if any("R2025A" in f.path.name for f in files) else ""
    old = re.compile(rf"(?<=_)0?{first_age}(?=[_.])")
    return [
        old.sub(f"{wide}{age}", name, count=1)
        for age in CHILD_AGES
        if AGE_BANDS[age] not in there
        for name in models
    ][:NAMES_SHOWN]


def _nothing_found(path: str, year: int | None) -> InputError:
    others: set[str] = set()
    if "{year}" in path:
        found = (re.search(r"(?:19|20)\d\d", f.path.name) for f in _matches(path, r"(?:19|20)\d\d"))
        others = {match.group() for match in found if match}
    years = f" for the plan's year {year}" if "{year}" in path else ""
    return InputError(
        f"no file fits this pattern{years}",
        source=path,
        hint=f"There are files for {', '.join(sorted(others))}."
        if others
        else "Paths in a plan file are relative to the plan file.",
    )

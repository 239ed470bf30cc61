"""Which files a population path means, and what their names say: age, sex and year.

Imports from `patterns`, `files`, `problems`, `layers` and `errors`. Names are those of WorldPop,
both releases, or those that the path itself explains by its ``{age}`` and ``{sex}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from kgspatial.errors import InputError
from kgspatial.inputs.files import existing
from kgspatial.inputs.problems import Problem
from kgspatial.inputs.rasters.patterns import ANY_YEAR, Match, is_pattern, matches, read_places
from kgspatial.layers import POPULATION

AGE_BANDS = {0: "age_0", 1: "age_1_4", 5: "age_5_9"}
"""Bands by the first age of a file; WorldPop's file of age 1 holds the ages 1 to 4."""

OLDER_BANDS = {10: "age_10_14", 15: "age_15_19"}
"""Bands that only Sprague multipliers need, and only together with the age 0."""

CHILD_AGES = (1, 5)
"""First ages without which the children of 3 to 5 are not known."""

SINGLE_YEARS = {3: "children", 4: "children", 5: "children"}
"""Bands where each file holds one year of age, as files of the ages 2, 3 and 4 tell."""

ONLY_SINGLE = {2, 3, 4}

_SEX, _AGE = r"(?P<sex>[fmt]|\{sex\})", r"(?P<age>\d{1,2}|\{age\})"
_YEAR = rf"(?P<year>{ANY_YEAR}|\{{year\}})(?!\d)"
_PLACE = r"(?<![a-z])[a-z]{3,6}_"
AGE_NAME = re.compile(rf"(?<![a-z\d]){_SEX}_{_AGE}_{_YEAR}", re.IGNORECASE)
"""One age and sex: R2025A ``chn_f_01_2025_CN_100m_...``, before that ``chn_f_1_2020...``."""

TOTAL_NAMES = (
    re.compile(rf"{_PLACE}t_(?P<sex>[fm]|\{{sex\}})_{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_PLACE}(?:pop|ppp)_{_YEAR}", re.IGNORECASE),
)
"""Everybody of one sex, everybody."""

DENSITY_NAME = re.compile(rf"{_PLACE}pd_{_YEAR}", re.IGNORECASE)
TWO_DIGITS = re.compile(r"R20\d\d[A-Z]")
"""Global2 writes 01, Global1 wrote 1."""

RASTER_SUFFIXES = (".tif", ".tiff", ".img", ".asc")
ESRI_GRID = "hdr.adf"
NAMES_SHOWN = 6


@dataclass(frozen=True)
class RasterFile:
    """One file and what its name says of it."""

    path: Path
    model: str = ""
    """Its path with ``{age}``, ``{sex}`` and ``{year}`` in the place of what they stand for."""
    said: dict[str, str] = field(default_factory=dict)
    total: bool = False
    """Whether the name says that people of all ages are counted."""
    band: str | None = None
    """The band that it holds by its name; None when the name does not say one."""

    @property
    def age(self) -> int | None:
        """First age of its people; None when it holds all ages or says nothing."""
        return int(self.said["age"]) if "age" in self.said else None

    @property
    def year(self) -> int | None:
        """Year of its count."""
        return int(self.said["year"]) if "year" in self.said else None

    @property
    def sex(self) -> str | None:
        """``f``, ``m``, or ``t`` for both; None when the name says nothing of people."""
        counts = self.total or "age" in self.said or "sex" in self.said
        return self.said.get("sex", "t").lower() if counts else None

    def sibling(self, **others: str | int) -> str:
        """Name of the file of another age or sex, from the first part that says one."""
        parts = Path(self.model).parts
        first = next((i for i, part in enumerate(parts) if "{" in part), len(parts) - 1)
        name = "/".join(parts[first:])
        for key, own in self.said.items():
            new = str(others.get(key, own))
            if key == "age" and (re.match(r"0\d", own) or TWO_DIGITS.search(self.model)):
                new = new.zfill(2)
            name = name.replace(f"{{{key}}}", new.upper() if own.isupper() else new)
        return name


def population_rasters(
    path: str, year: int | None, *, by_name: bool = True, density: bool = False
) -> tuple[list[RasterFile], list[Problem]]:
    """Return the files of a population path that are to be read, and what was understood.

    Parameters
    ----------
    path : str
        A file, a folder of files, or a pattern: ``{year}`` stands for the plan's year, ``{age}``
        and ``{sex}`` for what the names say, ``{a,b}`` for one of several words, ``*``, ``?``
        and ``[...]`` as in a shell.
    year : int, optional
        The plan's year.
    density : bool
        Whether the plan file says that the cells hold people per area.
    by_name : bool
        Whether names tell the bands; False when the plan file numbers the bands.

    Returns
    -------
    files : list of RasterFile
        In the order of their names, with their bands where names say ages: both sexes of the
        ages 1 to 4 and 5 to 9 (and 0 where it is there; 10 to 14 and 15 to 19 where 0 and both
        are), or of 3, 4 and 5 where each file holds one year, or everybody. All files where no
        name says anything.
    problems : list of Problem
        Which files are read as what, and which are not; another year than the plan's.

    Raises
    ------
    InputError
        When there is no file; when there are ages, but not those of the children; when one sex
        is missing, or counted twice; when the files are of several years, or are densities.
    """
    try:
        found, in_folder = _files(path, year)
    except OSError as error:
        raise InputError(
            f"it cannot be looked up: {error.strerror}",
            source=path,
            hint="Ask for the right to read the file and its folder, or copy it to your own.",
        ) from error
    files = _of_one_year(found, path, year if in_folder else None)
    if not density:
        _refuse_densities(files)
    chosen = _with_bands(files, path) if by_name else files
    if in_folder:
        chosen = _not_twice(chosen)
    _check_sexes(chosen, path)
    notes = _understood(chosen, found, path) if in_folder or len(chosen) > 1 else []
    return chosen, notes + _other_year(chosen, year)


# ---------------------------------------------------------------- from the path to files


def _files(path: str, year: int | None) -> tuple[list[RasterFile], bool]:
    """The files that a path means, and whether it (or part of it) names folders."""
    if is_pattern(path):
        if "{year}" in path and year is None:
            raise InputError(
                "the path has {year}, and the plan says no year",
                source=path,
                hint="Write year = ... under [plan].",
            )
        found = matches(path, str(year))
        if not found:
            raise _nothing_found(path, year)
    else:
        found = [Match(existing(path, POPULATION), {}, path)]
    folders = [m for m in found if _is_folder(m.path)]
    files = [file for m in found for file in (_inside(m) if m in folders else [_named(m)])]
    if not files:
        raise InputError(
            "there is no raster in this folder",
            source=path,
            hint=f"Rasters are files such as {', '.join('*' + s for s in RASTER_SUFFIXES)}; "
            "an archive (.zip) has to be unpacked first.",
        )
    return files, bool(folders)


def _is_folder(path: Path) -> bool:
    """Whether it holds files of their own: an Esri grid is a folder, and one raster."""
    return path.is_dir() and not (path / ESRI_GRID).exists()


def _inside(folder: Match) -> list[RasterFile]:
    """Rasters in a folder and its folders, but for the hidden ones that archives of Macs carry."""
    paths = sorted(p for p in folder.path.rglob("*") if p.suffix.lower() in RASTER_SUFFIXES)
    return [
        _named(Match(path, folder.said, str(path)))
        for path in paths
        if path.is_file() and not path.name.startswith(".")
    ]


def _named(match: Match) -> RasterFile:
    """The file with what the pattern's placeholders say, or else its WorldPop name."""
    folder, name = Path(match.model).parent, Path(match.model).name
    aged, total = AGE_NAME.search(name), None
    if aged is None:
        total = next((m for kind in TOTAL_NAMES if (m := kind.search(name))), None)
    known = aged or total
    said, model = (read_places(known) if known else None) or ({}, name)
    by_name = {key: text for key, text in said.items() if not text.startswith("{")}
    return RasterFile(match.path, str(folder / model), {**match.said, **by_name}, total is not None)


def _nothing_found(path: str, year: int | None) -> InputError:
    years = sorted({m.said["year"] for m in matches(path, ANY_YEAR)}) if "{year}" in path else []
    unknown = [
        w for w in re.findall(r"\{[^{},/]*\}", path) if w[1:-1] not in ("age", "sex", "year")
    ]
    if years:
        hint = f"There are files for {', '.join(years)}."
    elif unknown:
        hint = f"{unknown[0]} stands for nothing; known: {{year}}, {{age}}, {{sex}}, {{a,b}}."
    else:
        hint = "Paths in a plan file are relative to the plan file."
    wanted = f" for the plan's year {year}" if "{year}" in path else ""
    return InputError(f"no file fits this pattern{wanted}", source=path, hint=hint)


def _of_one_year(files: list[RasterFile], path: str, wanted: int | None) -> list[RasterFile]:
    """The files, which must be of one year; of several years in a folder, those of the plan's."""
    years = sorted({f.year for f in files if f.year is not None})
    if len(years) > 1 and wanted in years:
        return [f for f in files if f.year == wanted]
    if len(years) > 1:
        raise InputError(
            f"its files are of several years ({', '.join(map(str, years))})",
            source=path,
            hint="Write {year} in the path: it stands for the plan's year.",
        )
    return files


def _refuse_densities(files: list[RasterFile]) -> None:
    density = next((f for f in files if DENSITY_NAME.search(f.path.name)), None)
    if density is not None:
        raise InputError(
            "by its name it holds people per square kilometre, not people per cell",
            source=density.path,
            hint="Take WorldPop's counts of the same year instead (their names have 'ppp' or 'pop'), or "
            'write density = "per_km2" beside its path.',
        )


# ---------------------------------------------------------------- from files to bands


def _with_bands(files: list[RasterFile], path: str) -> list[RasterFile]:
    """The files whose names say a band that tells the children; all when no name says anything."""
    aged = [f for f in files if f.age is not None]
    totals = [replace(f, band="residents") for f in files if f.total]
    if not aged:
        return totals or files
    single = bool(ONLY_SINGLE & {f.age for f in aged})
    bands = SINGLE_YEARS if single else _age_bands(aged)
    needed = tuple(SINGLE_YEARS) if single else CHILD_AGES
    if totals and not {f.age for f in aged} & set(needed):
        return totals
    for _, group in _grouped(aged):
        _check_ages(group, needed, path)
    return [replace(f, band=bands[f.age]) for f in aged if f.age in bands]


def _age_bands(aged: list[RasterFile]) -> dict[int, str]:
    """The bands of the young, and the older ones where Sprague multipliers find all they need."""
    sexes = {age: {f.sex for f in aged if f.age == age} for age in (0, 1, *OLDER_BANDS)}
    complete = all(found == sexes[1] for found in sexes.values())
    return {**AGE_BANDS, **OLDER_BANDS} if complete else AGE_BANDS


def _grouped(files: list[RasterFile]) -> list[tuple[str, list[RasterFile]]]:
    """Files by their model: those that differ by age, sex and year only."""
    by_model = sorted(files, key=lambda f: f.model)
    return [(model, list(group)) for model, group in groupby(by_model, lambda f: f.model)]


def _check_ages(group: list[RasterFile], needed: tuple[int, ...], path: str) -> None:
    ages = sorted({f.age for f in group if f.age is not None})
    missing = [age for age in needed if age not in ages]
    if not missing:
        return
    models = [f for f in group if f.age == ages[0]]
    names = _shown(f.sibling(age=age) for age in missing for f in models)
    held = ", ".join(map(str, ages))
    none = len(missing) == len(needed)
    raise InputError(
        f"there is no band for children: its files hold the ages from {held} years on"
        if none
        else f"the files of age {', '.join(map(str, missing))} are missing (it has {held})",
        source=path,
        hint=f"Needed, beside them: {names}.",
    )


def _not_twice(files: list[RasterFile]) -> list[RasterFile]:
    """Of a folder that has both sexes together and apart: those that are together."""
    together = {(f.band, f.age) for f in files if f.sex == "t"}
    return [f for f in files if f.sex in (None, "t") or (f.band, f.age) not in together]


def _check_sexes(files: list[RasterFile], path: str) -> None:
    for _, group in _grouped(files):
        for age in sorted({f.age for f in group}, key=str):
            _check_pair([f for f in group if f.age == age and f.sex is not None], path)


def _check_pair(files: list[RasterFile], path: str) -> None:
    """Refuse one sex alone, and both together beside one apart."""
    sexes = {f.sex for f in files}
    if sexes in (set(), {"t"}, {"f", "m"}):
        return
    names = _shown(f.path.name for f in files)
    if "t" in sexes:
        raise InputError(
            f"it counts the same people twice, both sexes together and apart: {names}",
            source=path,
            hint="Name either 't' or 'f' and 'm', for example {f,m} in the place of {sex}.",
        )
    other = "m" if sexes == {"f"} else "f"
    raise InputError(
        f"it holds one sex only: '{other}' is missing",
        source=path,
        hint=f"Needed, beside {names}: {_shown(f.sibling(sex=other) for f in files)}. "
        "Write {sex} in the path to read both.",
    )


# ---------------------------------------------------------------- what was understood


def _understood(chosen: list[RasterFile], found: list[RasterFile], path: str) -> list[Problem]:
    """A note on what several files are read as, and which of them are not."""
    bands = sorted({f.band for f in chosen}, key=str)
    parts = [
        (f"{band} from " if band else "") + _shown(f.path.name for f in chosen if f.band == band)
        for band in bands
    ]
    read = {f.path for f in chosen}
    left = [f.path.name for f in found if f.path not in read]
    done = "added up where they count the same cells, joined where they adjoin"
    if left:
        done += f"; {len(left)} others are not read: {_shown(left)}"
    text = f"{len(chosen)} files are read: {'; '.join(parts)}"
    return [Problem(POPULATION, "files_understood", text, done, "note", path)]


def _other_year(files: list[RasterFile], year: int | None) -> list[Problem]:
    other = next((f for f in files if f.year is not None), None)
    if year is None or other is None or other.year == year:
        return []
    text = f"its files are of {other.year}, the plan is for {year}"
    done = "used as they are; the number of births has changed since"
    source, value = str(other.path), str(other.year)
    return [Problem(POPULATION, "other_year", text, done, "warning", source, value=value)]


def _shown(names: Iterable[str]) -> str:
    """Names without repetition, the first of many."""
    once = list(dict.fromkeys(names))
    return ", ".join(once[:NAMES_SHOWN]) + (", ..." if len(once) > NAMES_SHOWN else "")

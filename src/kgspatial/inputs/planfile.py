"""The plan file: TOML to settings and input declarations, with unknown keys refused.

Imports from `aliases`, `settings`, `layers` and `errors`.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from kgspatial.errors import PlanError
from kgspatial.inputs.columns.aliases import known_names
from kgspatial.inputs.settings import PlanSettings, Settings, Signed
from kgspatial.layers import BANDS, ELEVATION, LAYERS, POPULATION, RASTERS, TABLES

T = TypeVar("T")

INPUT_NAMES = (*LAYERS, *TABLES, *RASTERS)


@dataclass(frozen=True)
class LayerInput:
    """``[inputs.LAYER]``: where a layer lies and how to read it."""

    path: str
    crs: str | None = None
    columns: dict[str, str] | None = None
    """Canonical name to the name in the file."""
    layer: str | None = None
    encoding: str | None = None
    bands: dict[str, int] | None = None
    """Band name to band number (from 1), for the population raster."""
    density: Literal["per_km2", "per_ha"] | None = None
    """That the raster's cells hold people per area, and per which; counts unless given."""


@dataclass(frozen=True)
class PlanFile:
    """A plan file as read: its place, its settings, its inputs with absolute paths."""

    path: Path
    settings: Settings
    inputs: dict[str, LayerInput]


def read_plan_file(path: str | Path) -> PlanFile:
    """Read and check a plan file.

    Parameters
    ----------
    path : str or Path
        A TOML file; paths in it are relative to its folder.

    Raises
    ------
    PlanError
        When the file is missing or no TOML, or a key is unknown, missing or of the wrong type.
    """
    path = Path(path)
    content = _toml(path)
    known = (*(f.name for f in fields(Settings)), "inputs")
    _refuse_unknown(content, known, path, "")
    settings = Settings(
        **{
            f.name: _section(
                get_type_hints(Settings)[f.name], content.get(f.name, {}), path, f.name
            )
            for f in fields(Settings)
        }
    )
    settings = replace(settings, plan=_with_profile_path(settings.plan, path))
    return PlanFile(path, settings, _inputs(content.get("inputs", {}), path))


def _with_profile_path(plan: PlanSettings, path: Path) -> PlanSettings:
    """The plan's own rule profile lies beside it, as its layers do."""
    if not plan.profile.endswith(".toml"):
        return plan
    return replace(plan, profile=str((path.parent / plan.profile).resolve()))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise PlanError(
            "there is no such plan file",
            source=path,
            hint="`kgspatial sample DIR` writes a project with a plan file to start from.",
        ) from None
    except IsADirectoryError:
        raise PlanError("this is a folder; name the plan file in it", source=path) from None
    except OSError as error:
        raise PlanError(f"the plan file cannot be read ({error.strerror})", source=path) from error
    except UnicodeDecodeError as error:
        raise PlanError(
            f"the plan file is not UTF-8 text (byte {error.start})",
            source=path,
            hint="Save it as UTF-8 in your editor.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"the plan file is not valid TOML: {error}", source=path) from error


def _inputs(tables: Any, path: Path) -> dict[str, LayerInput]:
    if not isinstance(tables, dict):
        raise PlanError("'inputs' must hold tables such as [inputs.communities]", source=path)
    _refuse_unknown(tables, INPUT_NAMES, path, "inputs")
    found: dict[str, LayerInput] = {}
    for name, table in tables.items():
        entry = _section(LayerInput, table, path, f"inputs.{name}")
        _check_input(name, entry, path)
        found[name] = LayerInput(
            **{
                **{f.name: getattr(entry, f.name) for f in fields(LayerInput)},
                "path": str((path.parent / entry.path).resolve()),
            }
        )
    return found


def _check_input(name: str, entry: LayerInput, path: Path) -> None:
    if name in RASTERS:
        for key in ("columns", "layer", "encoding"):
            if getattr(entry, key) is not None:
                raise PlanError(
                    f"a raster has no {key}", source=path, column=f"inputs.{name}.{key}"
                )
    if name == POPULATION:
        _refuse_unknown(entry.bands or {}, BANDS, path, f"inputs.{name}.bands")
        return
    if entry.density is not None:
        raise PlanError(
            "only the population raster has a density", source=path, column=f"inputs.{name}"
        )
    if entry.bands is not None:
        raise PlanError(
            "only the population raster has bands", source=path, column=f"inputs.{name}"
        )
    if name == ELEVATION:
        return
    _refuse_unknown(
        entry.columns or {},
        known_names(name, with_coordinates=name in LAYERS),
        path,
        f"inputs.{name}.columns",
    )


def _refuse_unknown(
    table: dict[str, Any], known: tuple[str, ...], path: Path, section: str
) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            where = f"[{section}]" if section else "the plan file"
            raise PlanError(
                f"unknown key '{key}' in {where}",
                source=path,
                hint=f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known)}.",
            )


def _section(cls: type[T], table: Any, path: Path, section: str) -> T:
    """Fill a dataclass from a TOML table, checking each value against the field's type."""
    if not isinstance(table, dict):
        raise PlanError(f"'{section}' must be a table: write [{section}]", source=path)
    hints = get_type_hints(cls)
    _refuse_unknown(table, tuple(hints), path, section)
    values = {
        key: _value(hints[key], value, path, f"{section}.{key}") for key, value in table.items()
    }
    try:
        return cls(**values)
    except TypeError:
        missing = next(f.name for f in fields(cls) if f.name not in values)  # type: ignore[arg-type]
        hint = 'Write path = "..." in it; relative to the plan file.'
        raise PlanError(
            f"[{section}] must say its {missing}",
            source=path,
            column=section,
            hint=hint if missing == "path" else f"Write {missing} = ... in it.",
        ) from None


def _value(hint: Any, value: Any, path: Path, key: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (hint,) = [a for a in args if a is not type(None)]
        return _value(hint, value, path, key)
    if origin is Literal:
        if value not in args:
            raise PlanError(
                f"'{value}' is not one of {', '.join(map(str, args))}", source=path, column=key
            )
        return value
    if origin is dict:
        return _mapping(args[1], value, path, key)
    if isinstance(hint, type) and is_dataclass(hint):
        return _section(hint, value, path, key)
    if origin is tuple:
        return _sequence(args[0], value, path, key)
    return _scalar(hint, value, path, key)


def _mapping(hint: Any, value: Any, path: Path, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PlanError("expected a table such as { name = ... }", source=path, column=key)
    return {k: _value(hint, v, path, f"{key}.{k}") for k, v in value.items()}


def _sequence(hint: Any, value: Any, path: Path, key: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise PlanError("expected a list such as [3, 6]", source=path, column=key)
    return tuple(_scalar(hint, v, path, key) for v in value)


def _scalar(hint: Any, value: Any, path: Path, key: str) -> Any:
    signed = hint is Signed
    hint = float if signed else hint
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        wanted = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[
            hint
        ]
        raise PlanError(f"expected {wanted}, found {value!r}", source=path, column=key)
    if hint in (int, float) and signed and not math.isfinite(value):
        raise PlanError(f"expected a number, found {value!r}", source=path, column=key)
    if hint in (int, float) and not (math.isfinite(value) and (signed or value >= 0)):
        raise PlanError(f"expected a number of 0 or more, found {value!r}", source=path, column=key)
    return value

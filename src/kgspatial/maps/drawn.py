"""What a layer of the map consists of: shapes, styles, popups, labels; and the scene it is from.

Imports from `packing`, `study`, `balance`, `siting`, `terms`.
"""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.maps.packing import Packed, pack_numbers, pack_points
from kgspatial.terms import Language, has_term, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kgspatial.balance import Balance
    from kgspatial.maps.years import YearState
    from kgspatial.siting import LayoutPlan, SitePlan
    from kgspatial.study import Study

FieldKind = Literal["count", "gap", "share", "money", "text", "prose"]
Form = Literal["areas", "lines", "points", "image"]

DIGITS: dict[FieldKind, int] = {"count": 0, "gap": 0, "share": 3, "money": 1}
FIELD_KINDS: dict[str, FieldKind] = {
    "gap": "gap",
    "utilisation": "share",
    **dict.fromkeys(("cost_wan", "ratio"), "money"),
    **dict.fromkeys(
        (*("kind", "grade", "unit_id", "source", "action", "hazard", "counted"),),
        "text",
    ),
    **dict.fromkeys(("into_id", "runner_up"), "text"),
    "year": "text",
    **dict.fromkeys(("reason", "rules", "checks"), "prose"),
}
"""How the values of a column are written; numbers that are not named here are counts."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What the map is drawn from."""

    study: Study
    balance: Balance
    sites: SitePlan | None
    language: Language
    layout: LayoutPlan | None = None
    years: tuple[YearState, ...] = ()
    plate: str = ""
    """Which plate of a plan it is; the whole map unless named."""
    before_only: bool = False
    """Whether the state with the proposed sites is left out."""

    @property
    def after(self) -> Balance | None:
        """The state with the proposed sites; None where there are none."""
        if self.before_only or self.sites is None or self.sites.sites.empty:
            return None
        return self.sites.after

    def say(self, key: str, **values: object) -> str:
        """Return a phrase of the map."""
        return term(f"map.{key}", self.language, **values)

    def column(self, name: str) -> str:
        """Return the label of a column."""
        own = f"map.column_{name}"
        return term(own if has_term(own) else f"columns.{name}", self.language)

    def value(self, value: object, section: str = "values") -> str:
        """Return the label of a coded value; the value itself if it has none, empty if missing."""
        text = as_text(value)
        key = f"{section}.{text}"
        return term(key, self.language) if text and has_term(key) else text

    def unit_names(self) -> dict[str, str]:
        """Return how each unit is called, by id."""
        units = self.balance.units
        names = dict(zip(units["unit_id"].astype(str), titles(self, units, "unit_id"), strict=True))
        return {i: self.value(i) if i in {"outside", "all"} else n for i, n in names.items()}


@dataclass(frozen=True)
class Style:
    """One class of a layer: how it is drawn, and what the legend calls it.

    Parameters
    ----------
    label : str
        Entry of the legend; an empty one has no entry.
    shape : str
        ``area``, ``line`` or the shape of a point symbol.
    fill, line : str
        Colours; empty for none.
    width : float
        Width of the line in pixels.
    dash : str
        Dashes of the line as Leaflet takes them.
    radius : float
        Radius of a point symbol in pixels.
    """

    label: str
    shape: str = "area"
    fill: str = ""
    line: str = ""
    width: float = 1.0
    dash: str = ""
    radius: float = 0.0


@dataclass(frozen=True, eq=False)
class Field:
    """A labelled row of a popup: one value per row of the layer, and perhaps one after the plan."""

    label: str
    kind: FieldKind
    values: list[Any]
    after: list[Any] | None = None


@dataclass(frozen=True, eq=False)
class Series:
    """A column of a popup's table by year: for each year the values of all rows.

    `after` holds None for a year without a state after the plan.
    """

    label: str
    kind: FieldKind
    values: list[list[Any]]
    after: list[list[Any] | None] | None = None


@dataclass(frozen=True, eq=False)
class Labels:
    """Names written on the map where there is room, the most important first."""

    at: Packed
    texts: list[str]
    zoom: float
    size: int = 12
    bold: bool = False
    colour: str = "#333333"


@dataclass(frozen=True, eq=False)
class Drawn:
    """One layer of the map that can be switched on and off, with its part of the legend.

    Parameters
    ----------
    key, label : str
        Its name in the code and for people.
    form : {"areas", "lines", "points", "image"}
        How `shapes` are drawn.
    shapes : Packed
        From `packing`, or ``bounds`` and ``url`` of an image.
    styles : sequence of Style
        Its classes; `of` names one for each row.
    of_after : list of int, optional
        The classes with the proposed sites.
    of_years, of_years_after : list of list of int, optional
        The classes in each year of the slider; None after the plan where a year has no such state.
    radii : list of float, optional
        Radius of each row's symbol; `sizes` explain them in the legend.
    titles, subtitles, fields
        Of the popups; without titles there are none.
    marks : list of str, optional
        Written into the symbols.
    ground : bool
        Whether its areas take only the clicks that nothing else took.
    """

    key: str
    label: str
    form: Form
    shapes: Packed
    styles: Sequence[Style]
    of: list[int] | None = None
    of_after: list[int] | None = None
    of_years: list[list[int]] | None = None
    of_years_after: list[list[int] | None] | None = None
    shown: bool = True
    radii: list[float] | None = None
    sizes: Sequence[Style] = ()
    sizes_label: str = ""
    crowded: bool = False
    titles: list[str] | None = None
    subtitles: list[str] | None = None
    fields: Sequence[Field] = ()
    series: Sequence[Series] = ()
    labels: Labels | None = None
    marks: list[str] | None = None
    ground: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as the browser gets it: what is not given is left out."""
        content: dict[str, Any] = _plain(self)
        return content


def _plain(value: Any) -> Any:
    """Dataclasses as dicts, without copying the long lists in them as `asdict` would."""
    if is_dataclass(value):
        own = {f.name: _plain(getattr(value, f.name)) for f in fields_of(value)}
        return {name: v for name, v in own.items() if v not in (None, (), [], "")}
    if isinstance(value, list | tuple) and value and is_dataclass(value[0]):
        return [_plain(v) for v in value]
    return value


def as_text(value: object) -> str:
    """Return a value as text; empty where it is missing."""
    return "" if bool(pd.api.types.is_scalar(value)) and bool(pd.isna(value)) else str(value)  # type: ignore[call-overload]


def titles(scene: Scene, table: pd.DataFrame, id_column: str | None) -> list[str]:
    """Return what each row is called: its name in the map's language, else its id."""
    wanted = ["name", "name_latin"] if scene.language == "zh" else ["name_latin", "name"]
    columns = [c for c in (*wanted, id_column) if c is not None and c in table]
    if not columns:
        return [""] * len(table)
    texts = pd.DataFrame({c: table[c].map(as_text).astype(object) for c in columns})
    return texts.replace("", None).bfill(axis=1).iloc[:, 0].fillna("").tolist()


def subtitles(scene: Scene, table: pd.DataFrame, id_column: str, layer: str) -> list[str]:
    """Return what kind of thing each row is, with its id where the title does not say it."""
    ids = [as_text(i) for i in table[id_column]]
    named = [own != i for own, i in zip(titles(scene, table, id_column), ids, strict=True)]
    return [
        scene.say("subtitle", layer=layer, id=i) if has else layer
        for i, has in zip(ids, named, strict=True)
    ]


def fields(
    scene: Scene, table: pd.DataFrame, columns: Iterable[str], after: pd.DataFrame | None = None
) -> list[Field]:
    """Return the popup rows of those columns that hold anything.

    Parameters
    ----------
    scene : Scene
        For labels and values.
    table : DataFrame
        One row per row of the layer.
    columns : iterable of str
        Canonical names, in order.
    after : DataFrame, optional
        The same columns with the proposed sites, aligned by position; a column that it lacks
        has one value for both states.
    """
    found = []
    for column in columns:
        if column not in table or table[column].isna().all():
            continue
        kind = FIELD_KINDS.get(column, "count")
        later = None if after is None or column not in after else after[column]
        found.append(
            Field(
                scene.column(column),
                kind,
                _values(scene, table[column], kind),
                None if later is None else _values(scene, later, kind),
            )
        )
    return found


def _values(scene: Scene, values: pd.Series, kind: FieldKind) -> list[Any]:
    if kind not in DIGITS:
        return [scene.value(v) or None for v in values]
    return pack_numbers(pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan), DIGITS[kind])


def labels(
    names: Sequence[str], shapes: gpd.GeoSeries, zoom: float, importance: pd.Series, **style: Any
) -> Labels:
    """Return labels at the shapes' inner points, the most important first."""
    order = np.argsort(-importance.fillna(0.0).to_numpy(dtype=float), kind="stable")
    named = [i for i in order.tolist() if names[i]]
    at = pack_points(gpd.GeoSeries(shapes.iloc[named], crs=shapes.crs))
    return Labels(at, [names[i] for i in named], zoom, **style)

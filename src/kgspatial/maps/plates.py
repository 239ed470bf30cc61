"""Plates: one map for each question of a layout plan, with the layers that answer it.

Imports from `plate_shades`, `plate_subjects`, `planmap`, `content`, `drawn`. The list of plates is that of STANDARDS 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kgspatial.errors import InputError
from kgspatial.maps.drawn import Drawn, Scene
from kgspatial.maps.planmap import PlanMap, drawn_map, scene_of
from kgspatial.maps.plate_shades import accessibility_layers, coverage_layers, population_layers
from kgspatial.maps.plate_subjects import (
    candidate_layers,
    link_layers,
    obligation_layers,
    obligation_table,
    project_layers,
    project_table,
    village_layers,
)
from kgspatial.maps.tiles import BaseMap

if TYPE_CHECKING:
    from kgspatial.balance import Balance
    from kgspatial.siting import LayoutPlan, SitePlan
    from kgspatial.study import Study
    from kgspatial.terms import Language

GROUND = ("units", "outline", "streets", "barriers")


REPLACED = ("sites", "site_catchments")
"""Layers of the proposed sites, which a layout in phases takes the place of."""


@dataclass(frozen=True)
class Plate:
    """What a plate shows.

    Parameters
    ----------
    shown, offered : tuple of str
        Layers of the whole map that are on, and those that can be switched on.
    own : callable
        Makes the layers that only this plate has.
    lacks : callable
        Says what the inputs lack for it, in words; nothing when they suffice.
    changes : bool
        Whether it differs between the states before and after, and from year to year.
    """

    shown: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    own: Callable[[Scene], Iterator[Drawn]] = lambda _: iter(())
    lacks: Callable[[Scene], str] = lambda _: ""
    changes: bool = False


def _no_layout(scene: Scene) -> str:
    proposed = scene.sites is not None and not scene.sites.sites.empty
    return "" if proposed or scene.layout is not None else "proposed sites, or a layout"


def _no_projects(scene: Scene) -> str:
    if scene.study.projects is None:
        return "a list of projects: Study(projects=...)"
    placed = project_table(scene).geometry.notna().any()
    return "" if placed else "projects that name a site, a kindergarten or an estate of the study"


def _no_links(scene: Scene) -> str:
    gardens = scene.study.kindergartens
    there = "head_id" in gardens and bool(gardens["head_id"].notna().any())
    return "" if there else "kindergartens with a head_id: which kindergarten leads each branch"


def _no_obligations(scene: Scene) -> str:
    if scene.study.communities is None:
        return "communities"
    table = obligation_table(scene)
    if (table["verdict"] != "unknown").any():
        return ""
    missing = sorted({word for cell in table["missing"] for word in str(cell).split(";") if word})
    return f"what tells the places that estates owe and have: {', '.join(missing)}"


def _no_hazards(scene: Scene) -> str:
    layers = (scene.study.hazards, scene.study.candidates)
    there = any(layer is not None and len(layer) for layer in layers)
    return "" if there else "hazards, or candidates"


def _no_villages(scene: Scene) -> str:
    villages = scene.study.villages
    return "" if villages is not None and len(villages) else "villages with their residents"


SITES = ("sites", "site_catchments", "layout_")
PLATES: dict[str, Plate] = {
    "population": Plate(("demand",), ("kindergartens",), population_layers),
    "kindergartens": Plate(("kindergartens",), ("catchments",)),
    "coverage": Plate(("kindergartens", "catchments"), (), coverage_layers),
    "accessibility": Plate(("kindergartens",), ("catchments",), accessibility_layers),
    "gap": Plate(
        ("unit_gaps", "communities", "points", "cells"),
        ("kindergartens", "catchments"),
        changes=True,
    ),
    "layout": Plate(
        ("kindergartens", *SITES),
        ("communities", "excluded", "catchments"),
        lacks=_no_layout,
        changes=True,
    ),
    "projects": Plate(("kindergartens",), ("communities",), project_layers, _no_projects),
    "links": Plate(("kindergartens",), (), link_layers, _no_links),
    "obligations": Plate(("kindergartens",), (), obligation_layers, _no_obligations),
    "hazards": Plate(
        ("hazards", "hazard_lines", "keep_away", "candidates", "excluded"),
        ("kindergartens", "sites"),
        candidate_layers,
        _no_hazards,
    ),
    "villages": Plate(("kindergartens",), ("catchments",), village_layers, _no_villages),
}
"""The plates by name, in the order in which a plan has them."""


def plates_of(
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    layout: LayoutPlan | None = None,
) -> tuple[str, ...]:
    """Return the names of the plates that the inputs allow, in the order of a plan.

    Parameters
    ----------
    study, balance, sites, layout
        As for :func:`plate_map`.

    Examples
    --------
    >>> plates_of(study, balance)  # doctest: +SKIP
    ('population', 'kindergartens', 'coverage', 'accessibility', 'gap', 'hazards', 'villages')
    """
    scene = scene_of(study, balance, sites, layout)
    return tuple(name for name, plate in PLATES.items() if not plate.lacks(scene))


def plate_map(
    name: str,
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    layout: LayoutPlan | None = None,
    *,
    language: Language | None = None,
    base: str | Path | BaseMap | None = None,
    allow_network: bool = False,
    years: Mapping[int, Balance] | None = None,
) -> PlanMap:
    """Draw one plate of a layout plan as an interactive map.

    Parameters
    ----------
    name : str
        One of ``population``, ``kindergartens``, ``coverage``, ``accessibility``, ``gap``,
        ``layout``, ``projects``, ``links``, ``obligations``, ``hazards``, ``villages``.
    study, balance, sites, layout, language, base, allow_network, years
        As for :func:`kgspatial.maps.plan_map`.

    Returns
    -------
    PlanMap
        With the layers that answer the plate's question; some more can be switched on.

    Raises
    ------
    InputError
        When there is no such plate, or the inputs lack what it shows.

    Notes
    -----
    Accessibility: places per 100 children by the two-step floating catchment method with a
    Gaussian decay that ends at the walking limit (:func:`kgspatial.access.two_step`).
    Obligations and villages are judged by :mod:`kgspatial.balance.rules`.

    Examples
    --------
    >>> plate_map("coverage", study, balance).save("coverage.html")  # doctest: +SKIP
    """
    if name not in PLATES:
        raise InputError(f"there is no plate '{name}'", hint=f"Plates: {', '.join(PLATES)}.")
    scene = scene_of(study, balance, sites, layout, language, years)
    lacks = PLATES[name].lacks(scene)
    if lacks:
        raise InputError(f"the plate '{name}' needs {lacks}")
    scene = replace(scene, plate=name)
    if not PLATES[name].changes:
        scene = replace(scene, before_only=True, years=())
    return drawn_map(scene, base, allow_network, lambda layers: arranged(scene, layers))


def arranged(scene: Scene, layers: list[Drawn]) -> list[Drawn]:
    """Return a plate's layers out of those of the whole map, with its own among them."""
    plate = PLATES[scene.plate]
    on, off = (*GROUND, *plate.shown), plate.offered
    if scene.layout is not None:  # its signs would lie on those of the sites
        on, off = tuple(n for n in on if n not in REPLACED), (*off, *REPLACED)
    kept = [
        replace(layer, shown=_named(layer.key, on))
        for layer in layers
        if _named(layer.key, (*on, *off))
    ]
    own = list(plate.own(scene))
    below = [layer for layer in own if layer.form in ("image", "areas")]
    lines = [layer for layer in own if layer.form == "lines"]
    points = [layer for layer in own if layer.form == "points"]
    top = next((i for i, layer in enumerate(kept) if layer.form == "points"), len(kept))
    return [*below, *kept[:top], *lines, *kept[top:], *points]


def _named(key: str, names: tuple[str, ...]) -> bool:
    """Whether a key is one of names; a name that ends in _ stands for all that begin so."""
    return any(key == name or (name.endswith("_") and key.startswith(name)) for name in names)

"""`PlanMap` and `plan_map`: a folium map whose page stands alone.

Imports from `page`, `content`, `drawn`, `study`, `balance`, `siting`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import folium
from jinja2 import Template

from kgspatial.errors import InputError
from kgspatial.maps.content import Chooser, map_bounds, map_content, map_title
from kgspatial.maps.drawn import Scene
from kgspatial.maps.notebook import picture_of
from kgspatial.maps.packing import compressed
from kgspatial.maps.page import Page, StandaloneFigure
from kgspatial.maps.tiles import BaseMap, base_content, read_base
from kgspatial.maps.years import year_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kgspatial.balance import Balance
    from kgspatial.siting import LayoutPlan, SitePlan
    from kgspatial.study import Study
    from kgspatial.terms import Language

WEB_LANGUAGES = {"zh": "zh-CN", "en": "en"}


class PlanMap(folium.Map):
    """A folium map of a plan; what it saves or shows is one page that needs no network.

    Children are added as to any folium map. Saving a map with children that need files from
    elsewhere, such as tiles or plugins, raises a KgspatialError that names these files.

    Parameters
    ----------
    page : Page
        Language, title and content of the page.
    bounds : list
        ((south, west), (north, east)) in degrees.
    labels : dict of str to str
        Texts of the controls.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = kgspatial.createMap(
                {{ this.get_name()|tojson }}, {{ this.head|tojson }});
            {%- if this.objects_to_stay_in_front %}
            kgspatial.keepInFront({{ this.get_name() }}, () => [
                {%- for one in this.objects_to_stay_in_front %}{{ one.get_name() }},{% endfor -%}
            ]);
            {%- endif %}
        {% endmacro %}
        """
    )
    default_js: list[tuple[str, str]] = []  # noqa: RUF012
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, page: Page, bounds: list[list[float]], labels: dict[str, str]) -> None:
        (south, west), (north, east) = bounds
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True
        )
        self.default_js, self.default_css = [], []
        self.head = {"bounds": bounds, "labels": labels}
        StandaloneFigure(page).add_child(self)

    def save(
        self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, **kwargs: Any
    ) -> None:
        """Write the standalone page.

        Parameters
        ----------
        outfile : str, Path or binary file
            Where to write.
        close_file : bool
            Whether an open file is closed afterwards.

        Raises
        ------
        KgspatialError
            When a child needs files from elsewhere; nothing is written then.
        """
        html = self.get_root().render(**kwargs).encode("utf-8")
        if isinstance(outfile, str | bytes | Path):
            Path(outfile.decode() if isinstance(outfile, bytes) else outfile).write_bytes(html)
            return
        outfile.write(html)
        if close_file:
            outfile.close()


def plan_map(
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
    """Draw the state of an area, and the proposed sites, on an interactive map.

    Parameters
    ----------
    study : Study
        The study area.
    balance : Balance
        The present state.
    sites : SitePlan, optional
        The proposal: sites with their reasons, and a switch between the states before and after.
    layout : LayoutPlan, optional
        The layout in phases: what is done where, a layer for each of its years.
    language : {"zh", "en"}, optional
        Language of the map; the plan's unless given.
    base : str, Path or BaseMap, optional
        A base map under the results: a folder of tiles, the address of tiles or of a WMTS,
        ``"osm"``, ``"gaode"``, ``"tianditu"``, or a :class:`~kgspatial.maps.BaseMap`.
    allow_network : bool
        Whether the map may ask for files when it is opened: tiles of a base map that is not a
        folder, and whatever children added later need.
    years : mapping of int to Balance, optional
        The states of other years, all of one study: a slider steps through them and the year of
        `balance`. With a layout, its years unless given.

    Returns
    -------
    PlanMap
        A folium map: ``.save(path)`` writes it, a notebook shows it.

    Raises
    ------
    InputError
        When there is no such base map, its tiles take too much room, or they come from a network
        that is not allowed; when a year was assessed with other communities or units.

    Examples
    --------
    >>> plan_map(study, balance, sites).save("map.html")  # doctest: +SKIP
    """
    scene = scene_of(study, balance, sites, layout, language, years)
    return drawn_map(scene, base, allow_network)


def scene_of(
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    layout: LayoutPlan | None = None,
    language: Language | None = None,
    years: Mapping[int, Balance] | None = None,
) -> Scene:
    """Return what a map is drawn from; parameters as for :func:`plan_map`."""
    said = study.settings.plan.language if language is None else language
    if said not in WEB_LANGUAGES:
        hint = f"Languages: {', '.join(WEB_LANGUAGES)}."
        raise InputError(f"maps are not written in '{said}'", hint=hint)
    scene = Scene(study, balance, sites, said, layout)
    return replace(scene, years=year_states(balance, scene.after, years, layout))


def drawn_map(
    scene: Scene,
    base: str | Path | BaseMap | None,
    allow_network: bool,
    choose: Chooser | None = None,
) -> PlanMap:
    """Return the map of a scene; `choose` makes a plate's layers out of those of the whole map."""
    tiles = read_base(base, allow_network=allow_network)
    page = Page(
        language=WEB_LANGUAGES[scene.language],
        title=map_title(scene),
        payload=compressed(with_base(map_content(scene, choose), tiles, scene)),
        old_browser=scene.say("old_browser"),
        tile_hosts=() if tiles is None else tuple(tiles.hosts()),
        allow_network=allow_network,
        say=scene.say,
        picture=lambda: picture_of(scene),
    )
    labels = {key: scene.say(key) for key in ("zoom_in", "zoom_out", "close")}
    return PlanMap(page, map_bounds(scene), labels)


def with_base(content: dict[str, Any], base: BaseMap | None, scene: Scene) -> dict[str, Any]:
    """Return the content with its base map, and with whose map it is in the note."""
    if base is None:
        return content
    given = [content["note"], scene.say("note_base", source=base.attribution)]
    note = scene.say("note_separator").join(given if base.attribution else given[:1])
    tiles = base_content(base, map_bounds(scene), scene.say("base"))
    return {**content, "note": note, "base": tiles}


def write_standalone(map_: PlanMap, path: str | Path) -> None:
    """Write a map as one HTML file that opens without a network.

    Parameters
    ----------
    map_ : PlanMap
        From :func:`plan_map`.
    path : str or Path
        The file.

    Raises
    ------
    KgspatialError
        When a child that was added needs files from elsewhere.
    """
    map_.save(path)

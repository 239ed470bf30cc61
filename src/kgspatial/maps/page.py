"""The page around the map: one HTML file with Leaflet, our scripts and the data inside.

Imports from `notebook`, `errors`. Leaflet comes from the package XStatic-Leaflet.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from branca.element import Element, Figure

from kgspatial.errors import KgspatialError
from kgspatial.maps import notebook
from kgspatial.maps.notebook import framed, pictured, saved

SCRIPTS = (
    *("payload", "symbols", "labels", "popups", "tiles", "layers", "panels"),
    *("toolbar", "search", "years", "geodesic", "ruler", "screen", "flows", "table", "printing"),
    "start",
)
"""Our scripts in `assets`, in the order in which they build on each other."""

ELSEWHERE = r"(?:https?:)?//"
LOADS = (
    re.compile(r"\bsrc\s*=\s*[\"'](?!data:|blob:)([^\"']+)", re.IGNORECASE),
    re.compile(rf"\bsrc\s*=\s*({ELSEWHERE}[^\s>]+)", re.IGNORECASE),
    re.compile(r"<link\b[^>]*\bhref\s*=\s*[\"']?(?!data:)([^\"'\s>]+)", re.IGNORECASE),
    re.compile(rf"(?:url\(|@import)\s*[\"']?({ELSEWHERE}[^\"'\s)]+)", re.IGNORECASE),
    re.compile(
        r"\bL\.(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay|icon)\(\s*(?:\{\s*\"iconUrl\":\s*)?"
        rf"[\"']({ELSEWHERE}[^\"']+)"
    ),
    re.compile(r"\b(?:fetch|ajax|getJSON)\(\s*[\"']([^\"']+)"),
)
"""Where markup and scripts of folium's elements name files that a browser would fetch."""

LIBRARIES = {
    "Leaflet.awesome-markers (folium.Icon)": re.compile(r"\bL\.AwesomeMarkers\b"),
    "jQuery": re.compile(r"(?:\$\.|\bjQuery\b)"),
}
"""Libraries that folium's own map brings along and some of its elements take for granted."""

ORIGIN = re.compile(r"(?P<scheme>https?:)?//(?P<host>[A-Za-z0-9.*-]+(?::\d+)?)", re.IGNORECASE)
RANDOM_ID = re.compile(r"(?<=_)[0-9a-f]{32}\b")
SCRIPT = re.compile(
    r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True)
class Page:
    """What the page says apart from folium's elements.

    Parameters
    ----------
    language : str
        For the ``lang`` attribute.
    title : str
        Of the window.
    payload : str
        The compressed content of the map.
    old_browser : str
        Shown by browsers that cannot read the payload, or run no scripts.
    tile_hosts : tuple of str
        Origins that the page may ask for images: those of its base map.
    allow_network : bool
        Whether children added in Python may load files from elsewhere.
    say : callable
        Phrases by key, for what a notebook shows instead of a page that is too large for it.
    picture : callable
        The PNG that it shows then.
    """

    language: str
    title: str
    payload: str
    old_browser: str
    tile_hosts: tuple[str, ...] = ()
    allow_network: bool = False
    say: Callable[..., str] = "{path}".format
    picture: Callable[[], bytes] = bytes


class StandaloneFigure(Figure):
    """A branca figure that renders as one page with everything inside.

    Parameters
    ----------
    page : Page
        What it says apart from its children.
    """

    def __init__(self, page: Page) -> None:
        super().__init__(title=page.title)
        self.page = page
        self.header._children.pop("meta_http")

    def render(self, **kwargs: Any) -> str:
        """Return the page; the same bytes for the same content.

        Raises
        ------
        KgspatialError
            When an element needs files from elsewhere, unless the page allows a network.
        """
        parts = (self.header, self.html, self.script)
        own = [OrderedDict(part._children) for part in parts]
        try:
            for child in self._children.values():
                child.render(**kwargs)
            header, body, script = (part.render(**kwargs) for part in parts)
        finally:
            # Rendering leaves the children's markup behind; a child taken away later would stay.
            for part, children in zip(parts, own, strict=True):
                part._children = children
        if self.page.allow_network:
            refuse_libraries(header, body, script)
        else:
            refuse_elsewhere(header, body, script)
        header, body, script = stable_ids(self, header, body, script)
        return page_html(self.page, header, body, script)

    def _repr_html_(self, **kwargs: Any) -> str:
        """Show the page in a sandboxed frame; a picture and the saved page where it is large."""
        page, title = self.render(**kwargs), self.page.title
        shown = framed(page, title)
        if len(shown.encode("utf-8")) <= notebook.MOST_BYTES:
            return shown
        said = {"path": saved(page), "size": f"{len(page) / 1e6:.1f}"}
        return pictured(self.page.picture(), title, self.page.say("notebook_large", **said))


def refuse_elsewhere(*markup: str) -> None:
    """Raise an error naming the files that a browser would have to fetch."""
    text = "\n".join(markup)
    found = asked_for(text) | _libraries(text)
    if found:
        raise KgspatialError(
            "the map cannot stand alone: what was added to it needs files from elsewhere:\n"
            + "\n".join(f"  {name}" for name in sorted(found))
            + "\n  Add only what Leaflet draws by itself: folium.Marker, GeoJson, Circle, DivIcon;"
            + "\n  or let the map ask for these files: plan_map(..., allow_network=True)."
        )


def refuse_libraries(*markup: str) -> None:
    """Raise an error naming the libraries that the page does not hold, network or not."""
    found = _libraries("\n".join(markup))
    if found:
        raise KgspatialError(
            "what was added to the map needs libraries that its page does not hold:\n"
            + "\n".join(f"  {name}" for name in sorted(found))
            + "\n  Use folium.DivIcon or folium.CustomIcon instead of folium.Icon."
        )


def asked_for(markup: str) -> set[str]:
    """Return the files that markup and scripts of folium's elements name."""
    return {match for pattern in LOADS for match in pattern.findall(markup)}


def _libraries(markup: str) -> set[str]:
    return {name for name, pattern in LIBRARIES.items() if pattern.search(markup)}


def stable_ids(root: Element, *markup: str) -> list[str]:
    """Replace folium's random ids by numbers in the order of their appearance."""
    known = _ids(root, set())
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        found = match.group()
        return numbers.setdefault(found, str(len(numbers) + 1)) if found in known else found

    return [RANDOM_ID.sub(number, text) for text in markup]


def _ids(element: Element, seen: set[str]) -> set[str]:
    """Ids of an element, its children and the elements that it refers to."""
    if element._id in seen:
        return seen
    seen.add(element._id)
    related = [*element._children.values(), *vars(element).values()]
    for other in related:
        for one in other if isinstance(other, list | tuple) else [other]:
            if isinstance(one, Element):
                _ids(one, seen)
    return seen


def page_html(page: Page, header: str, body: str, script: str) -> str:
    """Return the whole page; scripts run only if their hash is in its security policy."""
    blocks = [*(_asset(f"{name}.js") for name in SCRIPTS), _inert(script)]
    leaflet, *scripts = (
        f"<script>\n{block.strip()}\n</script>" for block in [_leaflet_script(), *blocks]
    )
    own = "\n".join(scripts)
    warning = html.escape(page.old_browser)
    elsewhere = hosts_of(asked_for(f"{header}{body}{script}")) if page.allow_network else ()
    inside = f"""{leaflet}
{header}
</head>
<body data-old-browser="{warning}">
<noscript>{warning}</noscript>
<main class="kg-page">
<header class="kg-header" id="kg-header"></header>
<div class="kg-map">{body}</div>
<footer class="kg-note" id="kg-note"></footer>
</main>
<script type="application/octet-stream" id="kg-payload">{page.payload}</script>
{own}
</body>
</html>
"""
    return f"""<!DOCTYPE html>
<html lang="{page.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(inside, page.tile_hosts, elsewhere)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(page.title)}</title>
<link rel="icon" href="data:,">
<style>
{_leaflet_style()}
{_asset("map.css")}{_asset("tools.css")}</style>
{inside}"""


def hosts_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the origins of addresses as a policy names them; a subdomain to be filled is a star."""
    found = (ORIGIN.match(address.replace("{s}", "*")) for address in addresses)
    return tuple(sorted({f"{m['scheme'] or 'https:'}//{m['host']}" for m in found if m}))


def policy(markup: str, images: Sequence[str] = (), anything: Sequence[str] = ()) -> str:
    """Return the content security policy: no script but those inside, nothing from elsewhere.

    Parameters
    ----------
    markup : str
        The page below its head, with its scripts.
    images, anything : sequence of str
        Origins from which images, and files of any kind, may come after all.
    """
    hashes = [
        base64.b64encode(hashlib.sha256(m["code"].encode("utf-8")).digest()).decode("ascii")
        for m in SCRIPT.finditer(markup)
        if "type=" not in m["attributes"]
    ]
    sources = {
        "default-src": ["'none'"],
        "script-src": [*(f"'sha256-{h}'" for h in hashes), *anything],
        "style-src": ["'unsafe-inline'", *anything],
        "img-src": ["data:", "blob:", *images, *anything],
        "font-src": ["data:", *anything],
        **({"connect-src": anything} if anything else {}),
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{directive} {' '.join(allowed)}" for directive, allowed in sources.items())


def _inert(script: str) -> str:
    """A script whose strings cannot end the element that it stands in."""
    return re.sub(r"<(/script|!--)", r"<\\\1", script, flags=re.IGNORECASE)


def _asset(name: str) -> str:
    return (files("kgspatial.maps") / "assets" / name).read_text(encoding="utf-8")


@cache
def _leaflet() -> Path:
    from xstatic.pkg import leaflet

    return Path(leaflet.BASE_DIR)


@cache
def _leaflet_script() -> str:
    """Leaflet, and its marker images as options: it looks for them beside its style sheet."""
    code = (_leaflet() / "leaflet.js").read_text(encoding="utf-8")
    images = {
        "iconUrl": "marker-icon",
        "iconRetinaUrl": "marker-icon-2x",
        "shadowUrl": "marker-shadow",
    }
    options = ", ".join(f'{key}: "{_image(f"images/{name}.png")}"' for key, name in images.items())
    defaults = f'L.Icon.Default.imagePath = "";\nL.Icon.Default.mergeOptions({{{options}}});'
    return f"{re.sub(r'//# sourceMappingURL=.*', '', code).strip()}\n{defaults}"


@cache
def _leaflet_style() -> str:
    style = (_leaflet() / "leaflet.css").read_text(encoding="utf-8")
    style = re.sub(r"\s*behavior: url\([^)]*\);", "", style)
    return re.sub(r"url\((images/[^)]+)\)", lambda m: f"url({_image(m[1])})", style)


def _image(name: str) -> str:
    data = base64.b64encode((_leaflet() / name).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{data}"

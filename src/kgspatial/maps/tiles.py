"""Base maps: tiles under the results, embedded from a folder or asked for from an address.

Imports from `inputs.coordinates`, `errors`. `assets/tiles.js` lays them out, and moves those of GCJ-02 to WGS 84.
"""

from __future__ import annotations

import base64
import math
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from kgspatial.errors import InputError, KgspatialWarning
from kgspatial.inputs.coordinates.china import transform_china

Datum = Literal["WGS 84", "GCJ-02"]
Bounds = list[list[float]]

KEY_VARIABLE = "KGSPATIAL_TIANDITU_KEY"
MOST_BYTES = 12_000_000
"""Embedded tiles beyond this make a file that mail and old machines refuse."""

MEDIA = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
PLACES = {"tilematrix": "z", "tilecol": "x", "tilerow": "y", "z": "z", "x": "x", "y": "y", "s": "s"}
ADDRESS = re.compile(r"https?://(?P<host>(?:[A-Za-z0-9-]|\{s\})(?:[A-Za-z0-9.-]|\{s\})*(?::\d+)?)/")
FORBIDDEN = re.compile(r"[\s\"'<>`\\;,]")
"""In no address of tiles: it would end the directive of the policy that it stands in."""

WEB_MERCATOR = ("3857", "900913", "102100", "googlemapscompatible", "webmercatorquad", "w")
TIANDITU = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}"
    "&TILECOL={{x}}&tk={key}"
)


OSM = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
GAODE = (
    "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8"
    "&x={x}&y={y}&z={z}"
)
KNOWN = ("osm", "gaode", "tianditu")
"""Public services; each has terms of use that whoever publishes a map must keep."""


@dataclass(frozen=True)
class BaseMap:
    """Tiles of the Web Mercator scheme that lie under a map.

    Parameters
    ----------
    addresses : tuple of str
        Templates with ``{z}``, ``{x}``, ``{y}`` and perhaps ``{s}``, the lowest layer first.
    folder : Path, optional
        Instead of addresses: a folder of ``{z}/{x}/{y}.png`` (or .jpg, .webp) to embed.
    attribution : str
        Whose map it is; stands in the map's note.
    datum : {"WGS 84", "GCJ-02"}
        Where the tiles have things. Those of GCJ-02 are moved in the browser, so that the results
        keep their place and the tiles come to lie right under them.
    subdomains : tuple of str
        What ``{s}`` stands for.
    min_zoom, max_zoom : int
        Zooms for which there are tiles; beyond them the nearest are stretched.

    Examples
    --------
    >>> BaseMap(("https://maps.county.example/{z}/{x}/{y}.png",)).hosts()
    ['https://maps.county.example']
    """

    addresses: tuple[str, ...] = ()
    folder: Path | None = None
    attribution: str = ""
    datum: Datum = "WGS 84"
    subdomains: tuple[str, ...] = ()
    min_zoom: int = 0
    max_zoom: int = 18

    def __post_init__(self) -> None:
        if bool(self.addresses) == (self.folder is not None):
            raise InputError("a base map has either addresses or a folder of tiles")
        if self.datum not in ("WGS 84", "GCJ-02"):
            raise InputError(f"no base map has the datum '{self.datum}'", hint="WGS 84 or GCJ-02")
        checked = tuple(tile_address(a) for a in self.addresses)
        if any("{s}" in a for a in checked) and not self.subdomains:
            raise InputError("the address has {s}, but no subdomains are given")
        if not all(re.fullmatch(r"[A-Za-z0-9-]+", s) for s in self.subdomains):
            raise InputError("subdomains are letters and digits, such as ('a', 'b')")
        object.__setattr__(self, "addresses", checked)

    def hosts(self) -> list[str]:
        """Return the origins that a browser asks for tiles, as a security policy names them."""
        found = []
        for address in self.addresses:
            start = address.split("://", 1)[0] + "://" + ADDRESS.match(address)["host"]  # type: ignore[index]
            names = self.subdomains if "{s}" in start else ("",)
            found += [start.replace("{s}", name) for name in names]
        return list(dict.fromkeys(found))


def read_base(base: str | Path | BaseMap | None, *, allow_network: bool) -> BaseMap | None:
    """Return the base map that a user names; None for none.

    Parameters
    ----------
    base : str, Path, BaseMap or None
        A folder of tiles; the address of tiles (``{z}``, ``{x}``, ``{y}``) or of a WMTS;
        ``"osm"``, ``"gaode"`` or ``"tianditu"``, whose key stands in the environment variable
        ``KGSPATIAL_TIANDITU_KEY``; or a :class:`BaseMap`.
    allow_network : bool
        Whether the map may ask for tiles when it is opened.

    Raises
    ------
    InputError
        When there is no such base map, or it needs a network that is not allowed.

    Examples
    --------
    >>> read_base("osm", allow_network=True).hosts()
    ['https://tile.openstreetmap.org']
    """
    if base is None:
        return None
    found = base if isinstance(base, BaseMap) else _named(base)
    if found.addresses and not allow_network:
        raise InputError(
            f"the base map asks {', '.join(found.hosts())} for tiles whenever the map is opened",
            hint="Allow it with allow_network=True, or give a folder of tiles to embed.",
        )
    return found


def _named(base: str | Path) -> BaseMap:
    name = str(base)
    if name in KNOWN:
        return {"osm": _osm, "gaode": _gaode, "tianditu": _tianditu}[name]()
    if "://" in name:
        return BaseMap((name,), attribution=urlsplit(name).hostname or "")
    if Path(base).is_dir():
        return BaseMap(folder=Path(base))
    raise InputError(
        f"'{name}' is neither a folder of tiles, an address nor a known base map",
        hint=f"Known: {', '.join(KNOWN)}.",
    )


def _osm() -> BaseMap:
    return BaseMap((OSM,), attribution="© OpenStreetMap contributors", max_zoom=19)


def _gaode() -> BaseMap:
    four = ("1", "2", "3", "4")
    return BaseMap((GAODE,), attribution="© 高德地图", datum="GCJ-02", subdomains=four)


def _tianditu() -> BaseMap:
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not re.fullmatch(r"[A-Za-z0-9]{8,64}", key):
        raise InputError(
            f"Tianditu wants a key: {KEY_VARIABLE} is not set, or holds no key",
            hint="Keys are given out at console.tianditu.gov.cn; set the variable, then try again.",
        )
    warnings.warn(
        "the Tianditu key is written into the map: whoever has the file can read and use it",
        KgspatialWarning,
        stacklevel=5,
    )
    return BaseMap(
        tuple(TIANDITU.format(layer=layer, key=key) for layer in ("vec", "cva")),
        attribution="天地图",
        subdomains=tuple("01234567"),
    )


def tile_address(address: str) -> str:
    """Return a template with ``{z}``, ``{x}``, ``{y}`` from an address of tiles or of a WMTS.

    Raises
    ------
    InputError
        When it is no address of tiles in Web Mercator.

    Examples
    --------
    >>> tile_address("http://10.1.2.3:8080/wmts/roads/{TileMatrix}/{TileRow}/{TileCol}.png")
    'http://10.1.2.3:8080/wmts/roads/{z}/{y}/{x}.png'
    """
    if not ADDRESS.match(address) or FORBIDDEN.search(address):
        raise InputError(
            f"'{address}' is no address of tiles",
            hint="For example https://maps.county.example/{z}/{x}/{y}.png",
        )
    _check_mercator(address)
    text = address if "{" in address else _wmts_query(address)
    text = re.sub(r"\{([^{}]*)\}", lambda m: _place(m[1], address), text)
    missing = [p for p in ("{z}", "{x}", "{y}") if p not in text]
    if missing:
        raise InputError(f"'{address}' does not say where {', '.join(missing)} stand")
    return text


def _place(name: str, address: str) -> str:
    known = PLACES.get(name.lower())
    if known is None:
        raise InputError(
            f"'{address}' leaves {{{name}}} open",
            hint="Write its value; only {z}, {x}, {y} and {s} stay.",
        )
    return f"{{{known}}}"


def _check_mercator(address: str) -> None:
    """A matrix set that the address names must be Web Mercator's: the map knows no other."""
    named = re.search(r"[?&]tilematrixset=([^&]+)", address, re.IGNORECASE)
    words = set(re.split(r"[^a-z0-9]+", named[1].lower())) if named else set()
    if named and not words & set(WEB_MERCATOR):
        raise InputError(
            f"the tiles of '{named[1]}' are not in Web Mercator",
            hint="Ask the service for EPSG:3857 (GoogleMapsCompatible), or embed a folder of tiles.",
        )


def _wmts_query(address: str) -> str:
    """A WMTS address by keys and values, with the keys that every request needs."""
    given = {key.lower() for key, _ in parse_qsl(urlsplit(address).query)}
    if "layer" not in given or "tilematrixset" not in given:
        raise InputError(
            f"'{address}' has no {{z}}, {{x}}, {{y}}, and names no layer of a WMTS",
            hint="For a WMTS write ...?layer=NAME&tilematrixset=GoogleMapsCompatible",
        )
    wanted = {
        "service": "WMTS",
        "request": "GetTile",
        "version": "1.0.0",
        "style": "",
        "format": "image/png",
        "tilematrix": "{z}",
        "tilerow": "{y}",
        "tilecol": "{x}",
    }
    return address + "".join(f"&{k}={v}" for k, v in wanted.items() if k not in given)


def base_content(base: BaseMap, bounds: Bounds, label: str) -> dict[str, Any]:
    """Return what `assets/tiles.js` reads: addresses, or the embedded tiles of an area.

    Parameters
    ----------
    base : BaseMap
        The base map.
    bounds : list
        ((south, west), (north, east)) in degrees: tiles beyond are not embedded.
    label : str
        What its switch is called.
    """
    area = _in_gcj(bounds) if base.datum == "GCJ-02" else bounds
    tiles = {} if base.folder is None else embedded_tiles(base.folder, area)
    if tiles:
        zooms = [int(name.split("/")[0]) for name in tiles]
        base = replace(base, min_zoom=min(zooms), max_zoom=max(zooms))
    content = {
        "label": label,
        "addresses": list(base.addresses),
        "subdomains": list(base.subdomains),
        "datum": base.datum,
        "min_zoom": base.min_zoom,
        "max_zoom": base.max_zoom,
    }
    return {**content, "tiles": tiles} if base.folder is not None else content


def _in_gcj(bounds: Bounds) -> Bounds:
    lat, lon = zip(*bounds, strict=True)
    east, north = transform_china(lon, lat, from_="WGS84", to="GCJ-02")
    return [[float(n), float(e)] for n, e in zip(north, east, strict=True)]


def embedded_tiles(folder: Path, bounds: Bounds, most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """Return the tiles of a folder around an area as data URIs, by ``z/x/y``.

    Raises
    ------
    InputError
        When none lies there, or all together are too large to embed.
    """
    found = sorted(_tiles_in(folder, bounds), key=lambda tile: tile[0])
    if not found:
        raise InputError(
            "no tile of the folder lies in the map's area",
            source=folder,
            hint="Tiles are read from {z}/{x}/{y}.png, rows counted from the north (XYZ, not TMS).",
        )
    size = sum(path.stat().st_size for _, path in found)
    if size > most_bytes:
        raise InputError(
            f"the {len(found):,} tiles of the map's area take {size / 1e6:.1f} MB; a map embeds at "
            f"most {most_bytes / 1e6:.0f} MB",
            source=folder,
            hint="Leave out the deepest zooms: beyond them the nearest tiles are stretched.",
        )
    return {"/".join(map(str, place)): _data_uri(path) for place, path in found}


def _tiles_in(folder: Path, bounds: Bounds) -> Iterator[tuple[tuple[int, int, int], Path]]:
    """Tiles within the area and one more on each side: half a screen stands around it."""
    for level in sorted(p for p in folder.iterdir() if p.name.isdigit() and p.is_dir()):
        (south, west), (north, east) = bounds
        left, top = tile_at(west, north, int(level.name))
        right, bottom = tile_at(east, south, int(level.name))
        for x in range(left - 1, right + 2):
            column = level / str(x)
            if not column.is_dir():
                continue
            for path in sorted(column.iterdir()):
                row = int(path.stem) if path.stem.isdigit() else -1
                if path.suffix.lower() in MEDIA and top - 1 <= row <= bottom + 1:
                    yield (int(level.name), x, row), path


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Return column and row of the tile that holds a place (XYZ scheme, rows from the north).

    Examples
    --------
    >>> tile_at(118.08, 24.48, 10)
    (847, 440)
    """
    count = 2**zoom
    turned = math.asinh(math.tan(math.radians(lat))) / math.pi
    return math.floor((lon + 180.0) / 360.0 * count), math.floor((1.0 - turned) / 2.0 * count)


def _data_uri(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:image/{MEDIA[path.suffix.lower()]};base64,{data}"

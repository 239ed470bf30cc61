"""Opening a map in headless Chromium without a network, for every test that looks at maps."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "KGSPATIAL_REQUIRE_BROWSER"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
WIDE, NARROW = (1280, 800), (400, 700)

CENTRE = """([key, row]) => {
  const shape = kgspatial.layers.built.get(key).getLayers()[row];
  const at = shape.getBounds ? shape.getBounds().getCenter() : shape.getLatLng();
  const point = kgspatial.map.latLngToContainerPoint(at);
  const box = kgspatial.map.getContainer().getBoundingClientRect();
  return [box.left + point.x, box.top + point.y];
}"""
PIXEL = """([x, y]) => {
  const canvas = document.querySelector('.leaflet-overlay-pane canvas');
  const box = canvas.getBoundingClientRect();
  const sharp = canvas.width / box.width;
  const spot = document.createElement('canvas').getContext('2d');
  spot.drawImage(canvas, -Math.floor((x - box.left) * sharp), -Math.floor((y - box.top) * sharp));
  return Array.from(spot.getImageData(0, 0, 1, 1).data);
}"""


def browser_path() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Opened:
    """A map in a page without a network, with whatever it asked for and complained about."""

    def __init__(self, browser: Any, file: Path, size: tuple[int, int]) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.context.set_offline(True)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.route(
            "**/*",
            lambda route: (
                route.continue_() if route.request.url == file.as_uri() else route.abort()
            ),
        )
        self.file = file
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-kg-ready]", timeout=20_000)
        self.settle()

    def settle(self) -> None:
        """Wait until Leaflet has drawn: it does so in the next animation frame."""
        self.page.evaluate(
            "new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"
        )

    def centre(self, key: str, row: int) -> list[float]:
        return list(self.page.evaluate(CENTRE, [key, row]))

    def colour(self, key: str, row: int) -> str:
        """Colour on the canvas at the middle of a shape; empty where nothing is drawn."""
        red, green, blue, alpha = self.page.evaluate(PIXEL, self.centre(key, row))
        return f"#{red:02x}{green:02x}{blue:02x}" if alpha else ""

    def switch(self, key: str) -> None:
        self.page.click(f"li[data-layer={key}] input")
        self.settle()

    def popup(self, key: str, row: int) -> list[list[str]]:
        """Click on a shape and read the popup: its title, then its rows."""
        self.page.mouse.click(*self.centre(key, row))
        self.page.wait_for_selector(".kg-popup")
        title = self.page.inner_text(".kg-popup h2")
        rows = self.page.eval_on_selector_all(
            ".kg-popup tr", "rows => rows.map(r => Array.from(r.cells).map(c => c.textContent))"
        )
        return [[title], *rows]

    def legend(self, key: str) -> list[str]:
        return list(
            self.page.eval_on_selector_all(
                f"li[data-layer={key}] .kg-entries li", "items => items.map(i => i.textContent)"
            )
        )

    def assert_quiet(self) -> None:
        assert self.requests == [self.file.as_uri()]
        assert self.complaints == []

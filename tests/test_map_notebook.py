"""The map in a notebook, and in the HTML that one makes of it: offline, framed, never too large."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_maps import Results, rendered, small_results

from kgspatial.maps import notebook, plan_map, symbols

CELL = """
import sys
sys.path.insert(0, {tests!r})
from test_maps import small_results
from kgspatial.maps import plan_map
plan_map(*small_results())
"""


@pytest.fixture(scope="module")
def results() -> Results:
    return small_results()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    context.set_offline(True)
    yield context.new_page()
    context.close()


def frame_of(page: Any) -> Any:
    page.wait_for_selector("iframe")
    found = next(f for f in page.frames if f != page.main_frame)
    found.wait_for_selector("html[data-kg-ready]", timeout=20_000)
    return found


@pytest.mark.browser
def test_the_output_shows_the_map_and_keeps_it_away_from_the_notebook(
    page: Any, results: Results, tmp_path: Path
) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text))
    page.on("pageerror", lambda e: complaints.append(str(e)))
    file = tmp_path / "cell.html"
    file.write_text(
        f"<!doctype html><meta charset=utf-8>{plan_map(*results)._repr_html_()}", "utf-8"
    )
    page.goto(file.as_uri())
    frame = frame_of(page)
    assert frame.evaluate("kgspatial.layers.counts().communities") == 12
    reach = "() => { try { return Boolean(parent.document); } catch (e) { return false; } }"
    assert not frame.evaluate(reach)
    assert complaints == []


def test_a_map_that_is_too_large_is_a_picture_and_a_saved_page(
    results: Results, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    map_ = plan_map(*results)
    assert len(map_._repr_html_().encode()) < notebook.MOST_BYTES
    monkeypatch.setattr(notebook, "MOST_BYTES", 50_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shown = map_._repr_html_()
    assert "<iframe" not in shown
    path = Path(re.search(r"已保存为 (\S+\.html)", shown)[1])  # type: ignore[index]
    assert path.parent == tmp_path
    assert path.read_text("utf-8") == rendered(map_)


def test_the_picture_has_the_colours_of_what_is_short_and_of_the_kindergartens(
    results: Results,
) -> None:
    from kgspatial.maps.planmap import scene_of

    image = Image.open(io.BytesIO(notebook.picture_of(scene_of(*results)))).convert("RGB")
    seen = {tuple(c) for c in np.asarray(image).reshape(-1, 3).tolist()}
    for colour in (symbols.UNREACHED_COLOUR, "#d7301f", symbols.ACTION_SYMBOLS["build"].fill):
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in seen
    assert image.size[0] >= 800


@pytest.mark.browser
def test_an_executed_notebook_made_into_a_page_shows_the_map(page: Any, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    nbconvert = pytest.importorskip("nbconvert")
    cell = nbformat.v4.new_code_cell(CELL.format(tests=str(Path(__file__).parent)))
    book = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    exporter = nbconvert.HTMLExporter(template_name="basic")
    exported, _ = exporter.from_notebook_node(book)
    file = tmp_path / "notebook.html"
    file.write_text(exported, encoding="utf-8")
    page.goto(file.as_uri())
    frame = frame_of(page)
    assert frame.evaluate("kgspatial.layers.counts().kindergartens") == 4

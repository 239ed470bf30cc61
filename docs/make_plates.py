"""Takes a picture of each plate of the sample in headless Chromium: ``python docs/make_plates.py``.

Needs Playwright (extra ``test``) and a Chromium on the PATH. Projects and branches are invented here, so that
their plates show something.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
from playwright.sync_api import sync_playwright

import kgspatial as kg
from kgspatial.maps import plate_map, plates_of

HERE = Path(__file__).parent
PICTURES = HERE / "pictures" / "plates"
SAMPLE = HERE.parent / "data" / "sample" / "plan.toml"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1200, "height": 760}
LAYOUT = kg.LayoutSettings(years=(2028, 2033), new=3, least_use=0.6)


def sample() -> kg.Study:
    """The sample with two projects and two branches."""
    study = kg.read_study(SAMPLE)
    projects = pd.DataFrame(
        {
            "name": ["霁洲幼儿园新建", "泰溪坊小区幼儿园扩建"],
            "site_id": ["S04", None],
            "kindergarten_id": [None, "K04"],
            "work": ["new", "expand"],
            "places_added": [180.0, 60.0],
            "opens": ["2027-09-01", "2026-09-01"],
        }
    )
    heads = study.kindergartens["kindergarten_id"].map({"K31": "K30", "K34": "K06"})
    return replace(
        study, projects=projects, kindergartens=study.kindergartens.assign(head_id=heads)
    )


def main() -> None:
    """Draw all plates that the sample allows."""
    study = sample()
    demand = kg.estimate_demand(study)
    balance = kg.assess_balance(study, demand, kg.measure_travel(study, demand))
    sites = kg.propose_sites(study, balance, new=3)
    layout = kg.plan_layout(study, balance, LAYOUT)
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser_path = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        for name in plates_of(study, balance, sites, layout):
            file = Path(folder) / f"{name}.html"
            plate_map(name, study, balance, sites, layout).save(file)
            page.goto(file.as_uri())
            page.wait_for_timeout(1_500)
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()

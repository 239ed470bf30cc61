"""The plan of a real place, for every test that looks at Tainan."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data" / "tainan"

PLAN = """
[plan]
name = "臺南市"
year = 2025
source_note = "最小統計區與村里人口、幼兒園名冊"

[inputs.communities]
path = "{data}/areas.gpkg"

[inputs.kindergartens]
path = "{data}/kindergartens.csv"
crs = "EPSG:4326"

[inputs.units]
path = "{data}/villages.gpkg"

[travel]
limit_m = 2000
detour = 1.3

[siting]
new = 5
"""


def write_plan(folder: Path) -> Path:
    """Write the plan file into a folder."""
    path = folder / "plan.toml"
    path.write_text(PLAN.format(data=DATA.as_posix()), encoding="utf-8")
    return path

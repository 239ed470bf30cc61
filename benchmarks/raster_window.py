"""A district's window of a population raster: memory and seconds beside plain rasterio.

Each reading runs in a process of its own, because a peak of memory never goes down again. The
rasters are in strips as wide as the country, as WorldPop's are; where nobody lives they are empty.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from benchmarks.common import print_head, print_row

WEST, NORTH, DEGREES = 80.0, 54.0, 1 / 1200
DISTRICT = (84.0, 51.0, 84.5, 51.5)
"""600 x 600 cells, some 36 x 55 km."""

BEGIN = """
import json, sys, time
from pathlib import Path
import numpy as np, rasterio
from rasterio.windows import from_bounds
from kgspatial.inputs import LayerInput, read_population
from kgspatial.inputs.coordinates.areas import Area

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

path, *box = json.loads(sys.argv[1])
before, begun = peak(), time.perf_counter()
"""
END = "\nprint(json.dumps([total, time.perf_counter() - begun, peak() - before]))"

OURS = """
declared = LayerInput(path, bands={"children": 1})
total = read_population(declared, area=Area(*box))[0].bands["children"].sum()
"""
WINDOWED = """
with rasterio.open(path) as raster:
    window = from_bounds(*box, raster.transform).round_offsets().round_lengths()
    total = raster.read(1, window=window, masked=True).filled(0).sum(dtype=float)
"""
WHOLE = """
with rasterio.open(path) as raster:
    window = from_bounds(*box, raster.transform).round_offsets().round_lengths()
    counts = raster.read(1)
    counts = counts[window.toslices()]
    total = counts[counts >= 0].sum(dtype=float)
"""


def write_country(path: Path, columns: int, rows: int) -> None:
    """People in the rows of the district and around it, nobody elsewhere."""
    row = round((NORTH - DISTRICT[3]) / DEGREES)
    people = np.random.default_rng(1).gamma(0.3, 2.0, (900, columns)).astype("float32")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        width=columns,
        height=rows,
        crs="EPSG:4326",
        transform=Affine(DEGREES, 0, WEST, 0, -DEGREES, NORTH),
        nodata=-99999.0,
        compress="lzw",
        blockysize=1,
        SPARSE_OK=True,
    ) as out:
        out.write(people, 1, window=Window(0, row - 150, columns, 900))


def measured(work: str, path: Path) -> tuple[float, list[float], float]:
    """Sum of the window, seconds of three runs, and the most memory in MB beyond the program's."""
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", BEGIN + work + END, json.dumps([str(path), *DISTRICT])],
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append(json.loads(done.stdout))
    totals, seconds, memory = zip(*runs, strict=True)
    return totals[0], list(seconds), max(memory)


def main() -> None:
    if not Path("/proc/self/status").exists():
        print("\nraster_window: peaks of memory are read from /proc, which is not here")
        return
    readings = (
        ("kgspatial read_population", OURS),
        ("rasterio read(window=...)", WINDOWED),
        ("rasterio read()", WHOLE),
    )
    with tempfile.TemporaryDirectory() as folder:
        for columns, rows in ((20_000, 15_000), (60_000, 40_000)):
            path = Path(folder) / "country.tif"
            write_country(path, columns, rows)
            print_head(
                f"600 x 600 cells of {columns:,} x {rows:,} (kgspatial: one more all around)"
            )
            for name, work in readings[: 3 if columns < 60_000 else 2]:
                total, seconds, memory = measured(work, path)
                print_row(name, seconds, f"{memory:6.0f} MB more memory, {total:,.0f} people")
            path.unlink()

"""Children of 4,000 communities from 20,000 x 20,000 cells: block by block, within 2 GB.

The raster is on disk, written to a folder that is removed again: once with people in towns only,
as WorldPop's constrained grids have them, once with people in every cell. The join runs in a
process of its own, whose largest memory is printed; another one adds up the same communities with
exactextract, which reads the same file.
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

from benchmarks.common import CRS, NORTH, WEST, print_head, print_row
from benchmarks.coverage import SINGLE, outlines
from kgspatial.demand.coverage import shared_outlines

SIDE, CELL_M, BLOCK = 20_000, 30.0, 512
LIMIT_MB = 2048

BEGIN = """
import json, sys, time
from pathlib import Path
import geopandas as gpd

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

raster, layer, merge = sys.argv[1], sys.argv[2], int(sys.argv[3])
polygons = gpd.read_file(layer)
begun = time.perf_counter()
"""
END = """
print(json.dumps([sums.tolist(), total, time.perf_counter() - begun, peak()]))
"""
OURS = """
from kgspatial.demand.zonal import zonal_children
from kgspatial.inputs import LayerInput
from kgspatial.inputs.rasters.blocks import population_blocks
blocks = population_blocks(LayerInput(raster, bands={"children": 1}))
found = zonal_children(polygons, blocks, merge=merge)
sums, total = found.inside.to_numpy(), found.children
"""
THEIRS = """
from exactextract import exact_extract
sums = exact_extract(raster, polygons, ["sum"], output="pandas")["sum"].to_numpy()
total = float("nan")
"""


def write_raster(path: Path, *, everywhere: bool) -> float:
    """Write children as whole numbers, and return how many there are."""
    random = np.random.default_rng(3)
    people = random.poisson(0.8, (BLOCK, SIDE)).astype("uint8")
    total = 0.0
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="uint8",
        count=1,
        width=SIDE,
        height=SIDE,
        crs=CRS,
        transform=Affine(CELL_M, 0, WEST, 0, -CELL_M, NORTH),
        nodata=255,
        compress="deflate",
        zlevel=1,
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        SPARSE_OK=True,
    ) as out:
        for row in range(0, SIDE, BLOCK):
            height = min(BLOCK, SIDE - row)
            strip = np.roll(people[:height], row, axis=1)
            lived = np.ones(SIDE, bool) if everywhere else _towns(row)
            strip = np.where(lived, strip, 0 if everywhere else 255).astype("uint8")
            if (strip != 255).any():
                total += float(strip[strip != 255].sum())
                out.write(strip, 1, window=Window(0, row, SIDE, height))
    return total


def _towns(row: int) -> np.ndarray:
    """Every fourth row of storage blocks has towns, in every fifth block of it."""
    columns = np.arange(SIDE) // BLOCK
    return (columns % 5 == 0) & (row // BLOCK % 4 == 0)


def measured(work: str, *arguments: object) -> tuple[np.ndarray, float, float, float]:
    """Sums by community, all children, seconds, and the most memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + work + END, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    sums, total, seconds, memory = json.loads(done.stdout)
    return np.array(sums), total, seconds, memory


def main() -> None:
    if not Path("/proc/self/status").exists():
        print("\ncoverage_blocks: peaks of memory are read from /proc, which is not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        layer, raster = Path(folder) / "communities.gpkg", Path(folder) / "children.tif"
        communities = outlines(4_000, SIDE * CELL_M)
        apart = shared_outlines(communities, communities.crs).group < 0  # others share children
        communities.to_file(layer)
        for name, everywhere, merge in (("in towns", False, 5), ("everywhere", True, 20)):
            written = write_raster(raster, everywhere=everywhere)
            size = raster.stat().st_size / 1e6
            print_head(f"4,000 communities, {SIDE:,} x {SIDE:,} cells, people {name}")
            sums, total, seconds, memory = measured(OURS, raster, layer, merge)
            note = f"{memory:6.0f} MB at most; file {size:.0f} MB; squares of {merge} x {merge}"
            print_row("kgspatial zonal_children", [seconds], note)
            theirs, _, others, more = measured(THEIRS, raster, layer, merge)
            worst = float(np.max((np.abs(sums - theirs) / np.maximum(theirs, 1.0))[apart]))
            note = f"{more:6.0f} MB; {apart.sum():,} do not overlap, difference {worst:.1e}"
            print_row("exactextract, sums only", [others], note)
            print(f"children written {written:,.0f}, joined {total:,.6f}")
            assert abs(total - written) <= 1e-9 * written
            assert worst < SINGLE
            assert memory < LIMIT_MB
            raster.unlink()

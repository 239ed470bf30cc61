"""Reading 100,000 polygons with eight attributes: kgspatial's reader beside pyogrio and fiona.

The reading itself is timed: from the file to a GeoDataFrame under canonical names. The checks of
a layer come after it and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from benchmarks.common import CRS, NORTH, WEST, print_head, print_row, timed
from kgspatial.inputs import LayerInput
from kgspatial.inputs.columns.headers import with_canonical_names
from kgspatial.inputs.vector.read import read_vector

COUNT, CORNERS = 100_000, 8
RUNS = 9
OURS = "kgspatial read_vector, canonical names"
CHARACTERS = np.array(list("金银福安康乐和平东西南北中山水花园苑城府庭里新村镇小区"))


def estates(seed: int = 7) -> gpd.GeoDataFrame:
    """Eight-cornered estates with Chinese names, whole and real numbers, and empty cells."""
    random = np.random.default_rng(seed)
    x, y = WEST + random.uniform(0, 40_000, COUNT), NORTH - random.uniform(0, 40_000, COUNT)
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    radius = random.uniform(20, 200, COUNT)
    corners = [
        x[:, None] + radius[:, None] * np.cos(angle),
        y[:, None] + radius[:, None] * np.sin(angle),
    ]
    names = CHARACTERS[random.integers(0, len(CHARACTERS), (COUNT, 6))]
    table = {
        "code": [f"C{i:06d}" for i in range(COUNT)],
        "name": ["".join(name) for name in names],
        "town": random.choice(["东城街道", "西城街道", "北关镇"], COUNT),
        "homes": random.integers(50, 5_000, COUNT).astype("int32"),
        "built": random.integers(1980, 2025, COUNT).astype("int32"),
        "floor": random.uniform(1e3, 1e6, COUNT).round(1),
        "lived_in": random.uniform(0, 1, COUNT).round(3),
        "remark": random.choice(np.array([None, "安置房", "商品房"], dtype=object), COUNT),
    }
    shapes = shapely.polygons(np.stack(corners, axis=-1))
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def write_files(folder: Path) -> dict[str, Path]:
    """The same layer in each format; Shapefiles with a .cpg, as plain readers need it."""
    layer = estates()
    paths = {
        "GeoPackage": folder / "estates.gpkg",
        "FlatGeobuf": folder / "estates.fgb",
        "GeoParquet": folder / "estates.parquet",
        "Shapefile in UTF-8": folder / "utf8.shp",
        "Shapefile in GBK": folder / "gbk.shp",
    }
    for name, path in paths.items():
        if name == "GeoParquet":
            layer.to_parquet(path)
        elif name.startswith("Shapefile"):
            layer.to_file(path, encoding="GBK" if "GBK" in name else "UTF-8")
        else:
            layer.to_file(path)
    return paths


def read_ours(path: Path) -> gpd.GeoDataFrame:
    """What `read_layer` does before its checks."""
    columns = {"community_id": "code", "name": "name", "households": "homes"}
    declared = LayerInput(str(path), columns=columns)
    raw, _ = read_vector(path, "communities", declared)
    return with_canonical_names(raw, "communities", declared, path)[0]


def peers(path: Path) -> dict[str, Callable[[], gpd.GeoDataFrame]]:
    """Plain readers of the same file; GeoParquet is read by geopandas, which pyogrio leaves to it."""
    if path.suffix == ".parquet":
        return {"geopandas.read_parquet": lambda: gpd.read_parquet(path)}
    found = {"pyogrio, Arrow": lambda: pyogrio.read_dataframe(path, use_arrow=True)}
    if find_spec("fiona") is not None:
        found["fiona"] = lambda: gpd.read_file(path, engine="fiona")
    return found


def main() -> None:
    with TemporaryDirectory(prefix="kgspatial-bench-") as folder:
        for name, path in write_files(Path(folder)).items():
            print_head(f"{COUNT:,} polygons from a {name}")
            work = {OURS: lambda path=path: read_ours(path), **peers(path)}
            results, seconds = in_turn(work)
            print_row(OURS, seconds[OURS])
            for peer in list(work)[1:]:
                same(results[OURS], results[peer])
                ratio = min(seconds[OURS]) / min(seconds[peer])
                said = f"the same rows; kgspatial takes {ratio:.2f} times as long"
                print_row(peer, seconds[peer], said)


def in_turn(
    work: dict[str, Callable[[], gpd.GeoDataFrame]],
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, list[float]]]:
    """Readers one after the other, again and again: what slows the machine slows all of them."""
    results, seconds = {}, {name: [] for name in work}
    for _ in range(RUNS):
        for name, read in work.items():
            results[name], taken = timed(read, 1)
            seconds[name] += taken
    return results, seconds


def same(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> None:
    """Stop where a row, a shape, a name or a number is not the same."""
    assert shapely.equals_exact(ours.geometry.values, theirs.geometry.values).all()
    assert ours["community_id"].tolist() == theirs["code"].tolist()
    assert ours["name"].tolist() == theirs["name"].tolist()
    assert ours["households"].tolist() == theirs["homes"].tolist()
    assert ours.crs == theirs.crs

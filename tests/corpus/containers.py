"""GeoPackage, FlatGeobuf, GeoParquet, File Geodatabase, KML and DXF.

Imports from `case`, `geometry`, `town` and `writing`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.case import LayerCase, Maker
from corpus.geometry import ESTATE, dxf, estates, kml, placemark
from corpus.town import ESTATES, GARDENS, STREETS, UNITS, projected
from corpus.writing import archive, numbered, raw, text

if TYPE_CHECKING:
    import geopandas as gpd

FIVE = numbered(1, ESTATES)
ESTATES_READ: dict[str, Any] = {
    "layer": "communities",
    "rows": FIVE,
    "same": ESTATE,
    "rows_in": 5,
}
FIXED_TIME = "2025-03-01T09:00:00.000Z"


def _estates_frame() -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely import Polygon

    shapes = [Polygon([(round(x, 6), round(y, 6)) for x, y in e.ring]) for e in ESTATES.values()]
    frame = gpd.GeoDataFrame(estates(), geometry=shapes, crs="EPSG:4490")
    numbers = frame.select_dtypes("number").columns
    return frame.astype(dict.fromkeys(numbers, "int32"))  # what a geodatabase knows


def _gardens_frame() -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely import Point

    columns = {"幼儿园名称": "name", "核定学位": "places", "办园班数": "classes"}
    table = {h: [getattr(g, c) for g in GARDENS.values()] for h, c in columns.items()}
    shapes = [Point(g.lon, g.lat) for g in GARDENS.values()]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490")
    return frame.astype({"核定学位": "int32", "办园班数": "int32"})


def _units_frame() -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely import Polygon

    table = {"街道代码": list(UNITS), "街道名称": [u.name for u in UNITS.values()]}
    shapes = [Polygon(u.ring) for u in UNITS.values()]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490").to_crs(4547)


Frames = Mapping[str, Callable[[], Any]]


def _written(driver: str, frames: Frames) -> Maker:
    """Writes layers by GDAL, at a fixed time."""

    def make(path: Path) -> None:
        import pyogrio

        path.unlink(missing_ok=True)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
        try:
            for layer, frame in frames.items():
                pyogrio.write_dataframe(
                    frame(), path, layer=layer, driver=driver, append=path.exists()
                )
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})

    return make


def _without_geometry() -> Any:
    return _gardens_frame().drop(columns="geometry")


def _geodatabase(frames: Frames) -> Maker:
    """Writes a File Geodatabase and packs it with its folder, as it is sent."""

    def make(path: Path) -> None:
        import pyogrio

        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "霁川区.gdb"
            for layer, frame in frames.items():
                pyogrio.write_dataframe(
                    frame(), place, layer=layer, driver="OpenFileGDB", append=place.exists()
                )
            files = sorted(f for f in place.iterdir() if f.suffix != ".lock")
            archive(path, {f"霁川区.gdb/{f.name}": f.read_bytes() for f in files})
            shutil.rmtree(place)

    return make


def _parquet(frame: Callable[[], Any]) -> Maker:
    def make(path: Path) -> None:
        frame().to_parquet(path, index=False)

    return make


# ---------------------------------------------------------------- KML and DXF


def _ring_kml(record: str) -> str:
    positions = " ".join(f"{x:.6f},{y:.6f},0" for x, y in ESTATES[record].ring)
    ring = f"<LinearRing><coordinates>{positions}</coordinates></LinearRing>"
    return f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"


def _point_kml(record: str) -> str:
    g = GARDENS[record]
    return f"<Point><coordinates>{g.lon:.6f},{g.lat:.6f},0</coordinates></Point>"


ESTATES_KML = "\n".join(
    placemark(e.name, _ring_kml(i), 总户数=e.households, 常住人口=f"{e.residents}人")
    for i, e in ESTATES.items()
)
FOLDERS_KML = (
    "<Folder><name>公办园</name>"
    + "".join(
        placemark(GARDENS[i].name, _point_kml(i), 学位数=GARDENS[i].places)
        for i in ("K1", "K2", "K6")
    )
    + "</Folder>\n<Folder><name>民办园</name>"
    + "".join(placemark(GARDENS[i].name, _point_kml(i), 学位数=GARDENS[i].places) for i in ("K3",))
    + "</Folder>"
)
OUTLINES = [("居住用地", True, [projected(x, y) for x, y in e.ring[:-1]]) for e in ESTATES.values()]
CENTRE_LINES = [
    ("道路中心线", False, [projected(x, y) for x, y in line]) for _, line in STREETS.values()
]

CASES = (
    LayerCase(
        name="geopackage_several_layers",
        about="A GeoPackage of three layers and none is named: they are listed",
        file="gpkg_three_layers.gpkg",
        layer="communities",
        make=_written(
            "GPKG", {"现状小区": _estates_frame, "现状幼儿园": _gardens_frame, "街道": _units_frame}
        ),
        refused=("several layers", "layer = ", "现状小区", "现状幼儿园", "街道"),
    ),
    LayerCase(
        name="geopackage_layer_named",
        about="The same GeoPackage with the layer named",
        file="gpkg_three_layers.gpkg",
        declared={"layer": "现状小区"},
        **ESTATES_READ,
    ),
    LayerCase(
        name="geopackage_layer_in_metres",
        about="Another layer of it, in another system than the first",
        file="gpkg_three_layers.gpkg",
        layer="units",
        declared={"layer": "街道"},
        rows=numbered(1, UNITS),
        same=("unit_id", "name"),
        rows_in=2,
    ),
    LayerCase(
        name="geopackage_layer_misspelt",
        about="The plan file names a layer that is not there",
        file="gpkg_three_layers.gpkg",
        layer="communities",
        declared={"layer": "现状居住小区"},
        refused=("no layer '现状居住小区'", "现状小区"),
    ),
    LayerCase(
        name="geopackage_without_shapes",
        about="A GeoPackage whose only layer is a table without shapes",
        file="gpkg_table.gpkg",
        make=_written("GPKG", {"登记表": _without_geometry}),
        refused=("no geometry",),
    ),
    LayerCase(
        name="geopackage_cut_off",
        about="A GeoPackage whose copy broke off",
        file="gpkg_cut_off.gpkg",
        layer="communities",
        make=raw(b"SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20" + bytes(3000)),
        refused=("cannot be read",),
    ),
    LayerCase(
        name="flatgeobuf",
        about="FlatGeobuf, which sorts its rows by place unless told not to",
        file="fgb_units.fgb",
        layer="units",
        make=_written("FlatGeobuf", {"units": _units_frame}),
        rows={1: "", 2: ""},
        same=(),
        rows_in=2,
    ),
    LayerCase(
        name="geoparquet",
        about="GeoParquet with Chinese column names",
        file="parquet_estates.parquet",
        make=_parquet(_estates_frame),
        **ESTATES_READ,
    ),
    LayerCase(
        name="parquet_without_shapes",
        about="A Parquet table without shapes",
        file="parquet_table.parquet",
        make=_parquet(_without_geometry),
        refused=("GeoParquet",),
    ),
    LayerCase(
        name="geodatabase",
        about="A File Geodatabase in an archive, two feature classes, one of them named",
        file="zip_geodatabase.zip",
        make=_geodatabase({"现状小区": _estates_frame, "现状幼儿园": _gardens_frame}),
        declared={"layer": "现状小区"},
        **ESTATES_READ,
    ),
    LayerCase(
        name="geodatabase_none_named",
        about="The same geodatabase, and no feature class is named",
        file="zip_geodatabase.zip",
        layer="communities",
        refused=("several layers", "现状小区", "现状幼儿园"),
    ),
    LayerCase(
        name="kml_outlines",
        about="KML from a globe: heights of 0, values as texts in extended data",
        file="kml_estates.kml",
        layer="communities",
        make=text(kml(ESTATES_KML)),
        rows=FIVE,
        same=("name", "households", "residents"),
        rows_in=5,
    ),
    LayerCase(
        name="kml_folders",
        about="KML whose folders are layers of their own: listed where none is named",
        file="kml_folders.kml",
        make=text(kml(FOLDERS_KML)),
        refused=("several layers", "公办园", "民办园"),
    ),
    LayerCase(
        name="kml_folder_named",
        about="The same file with one folder named",
        file="kml_folders.kml",
        declared={"layer": "公办园"},
        rows={1: "K1", 2: "K2", 3: "K6"},
        same=("name", "places"),
        rows_in=3,
    ),
    LayerCase(
        name="drawing_without_system",
        about="A drawing says no system",
        file="dxf_streets.dxf",
        layer="streets",
        make=text(dxf(CENTRE_LINES)),
        refused=("coordinate reference system", "crs = "),
    ),
    LayerCase(
        name="drawing_of_streets",
        about="Centre lines of a drawing, with the system in the plan file",
        file="dxf_streets.dxf",
        layer="streets",
        declared={"crs": "EPSG:4547"},
        rows=numbered(1, STREETS),
        same=(),
        rows_in=3,
    ),
    LayerCase(
        name="drawing_of_outlines",
        about="Closed polylines of a drawing are outlines of estates",
        file="dxf_outlines.dxf",
        layer="communities",
        make=text(dxf(OUTLINES)),
        declared={"crs": "EPSG:4547"},
        rows=FIVE,
        same=(),
        rows_in=5,
    ),
)

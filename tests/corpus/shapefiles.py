"""Shapefiles: encodings said, unsaid and wrong; parts missing; names cut; archives.

Imports from `case`, `geometry` and `town`.
"""

from __future__ import annotations

from typing import Any

from corpus.case import LayerCase
from corpus.geometry import (
    ESRI_4490,
    ESRI_4547,
    ESTATE,
    LINE,
    POINT,
    POLYGON,
    POLYGON_Z,
    Dbf,
    beside,
    estates,
    part_names,
    rings,
    shapefile,
    zipped,
)
from corpus.town import ESTATES, GARDENS, STREETS, projected
from corpus.writing import numbered

FIVE = numbered(1, ESTATES)
ESTATES_READ: dict[str, Any] = {
    "layer": "communities",
    "rows": FIVE,
    "same": ESTATE,
    "rows_in": 5,
}
UTF8, GBK = Dbf("utf-8"), Dbf("gbk", "GBK")


def _estates(dbf: Dbf, prj: str | None = ESRI_4490, epsg: int = 4490) -> dict[str, bytes]:
    return shapefile(POLYGON, rings(epsg), estates(), dbf, prj)


def _gardens(columns: dict[str, str], dbf: Dbf, prj: str | None = ESRI_4490) -> dict[str, bytes]:
    table = {h: [getattr(g, c) for g in GARDENS.values()] for h, c in columns.items()}
    return shapefile(POINT, [(g.lon, g.lat) for g in GARDENS.values()], table, dbf, prj)


def _in_folder(folder: bytes, stem: str, parts: dict[str, bytes]) -> dict[str | bytes, bytes]:
    return {folder + f"/{stem}{s}".encode("gbk"): content for s, content in parts.items()}


ENCODINGS = (
    LayerCase(
        name="shapefile_gbk_silent",
        about="GBK, no .cpg and no language in the .dbf: detected and said",
        file="shp_gbk_silent.shp",
        parts=part_names("shp_gbk_silent", "shp shx dbf prj"),
        make=beside(_estates(Dbf("gbk", None))),
        notes=(("encoding_detected", None, ""),),
        says=("GB18030",),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_utf8_silent",
        about="UTF-8, no .cpg and no language in the .dbf",
        file="shp_utf8_silent.shp",
        parts=part_names("shp_utf8_silent", "shp shx dbf prj"),
        make=beside(_estates(Dbf("utf-8", None))),
        notes=(("encoding_detected", None, ""),),
        says=("UTF-8",),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_gbk_as_utf8",
        about="A .cpg that says UTF-8, copied beside a .dbf in GBK",
        file="shp_gbk_as_utf8.shp",
        parts=part_names("shp_gbk_as_utf8"),
        make=beside(_estates(Dbf("gbk", "UTF-8"))),
        problems=(("encoding_wrong", None, ""),),
        says=("its .cpg says 'UTF-8'", "GB18030"),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_utf8_as_gbk",
        about="A .cpg that says GBK beside a .dbf in UTF-8: read as said it would be 灏忓尯",
        file="shp_utf8_as_gbk.shp",
        parts=part_names("shp_utf8_as_gbk"),
        make=beside(_estates(Dbf("utf-8", "GBK"))),
        problems=(("encoding_wrong", None, ""),),
        says=("its .cpg says 'GBK'", "UTF-8"),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_gbk_as_latin1",
        about="The .cpg of a program that knows only its own default: ISO-8859-1 of a GBK file",
        file="shp_gbk_as_latin1.shp",
        parts=part_names("shp_gbk_as_latin1"),
        make=beside(_estates(Dbf("gbk", "ISO-8859-1"))),
        problems=(("encoding_wrong", None, ""),),
        says=("GB18030",),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_gbk_said",
        about="A .cpg with the number of the code page, 936",
        file="shp_cpg_936.shp",
        parts=part_names("shp_cpg_936"),
        make=beside(_estates(Dbf("gbk", "936"))),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_language_byte",
        about="No .cpg, but the .dbf says the Chinese code page in its language byte",
        file="shp_language_byte.shp",
        parts=part_names("shp_language_byte", "shp shx dbf prj"),
        make=beside(_estates(Dbf("gbk", None, 0x4D))),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_encoding_declared",
        about="The plan file says the encoding of a silent Shapefile",
        file="shp_gbk_silent.shp",
        declared={"encoding": "GB18030"},
        **ESTATES_READ,
    ),
)

NAMES = (
    LayerCase(
        name="shapefile_names_cut_gbk",
        about="Fields of ten bytes: five characters of 建筑面积（平方米） and 规划总户数 in GBK",
        file="shp_names_cut_gbk.shp",
        layer="communities",
        parts=part_names("shp_names_cut_gbk", "shp shx dbf prj"),
        make=beside(
            shapefile(
                POLYGON,
                rings(),
                estates(
                    {
                        "居住小区名称": "name",
                        "规划总户数": "households",
                        "住宅建筑面积": "floor_area_m2",
                        "竣工年份": "delivered_year",
                    }
                ),
                Dbf("gbk", None),
            )
        ),
        rows=FIVE,
        same=("name", "households", "floor_area_m2", "delivered_year"),
        rows_in=5,
        notes=(("encoding_detected", None, ""), ("columns_recognised", None, "")),
        says=("居住小区名",),
    ),
    LayerCase(
        name="shapefile_names_cut_utf8",
        about="Fields of ten bytes hold three characters in UTF-8: 在园人, 学位数, 办园性",
        file="shp_names_cut_utf8.shp",
        parts=part_names("shp_names_cut_utf8"),
        make=beside(
            _gardens(
                {
                    "园所名称": "name",
                    "学位数": "places",
                    "在园人数": "enrolled",
                    "班级数": "classes",
                },
                UTF8,
            )
        ),
        rows=numbered(1),
        same=("name", "places", "enrolled", "classes"),
        rows_in=6,
        notes=(("columns_recognised", None, ""),),
    ),
    LayerCase(
        name="shapefile_names_cut_english",
        about="Canonical names cut to ten letters: kindergart, site_area_, opened_yea",
        file="shp_names_cut_english.shp",
        parts=part_names("shp_names_cut_english"),
        make=beside(
            _gardens(
                {
                    "kindergarten_id": "id",
                    "name": "name",
                    "places": "places",
                    "site_area_m2": "site_area_m2",
                    "opened_year": "opened_year",
                },
                UTF8,
            )
        ),
        rows=numbered(1),
        same=("kindergarten_id", "name", "places", "site_area_m2", "opened_year"),
        rows_in=6,
    ),
    LayerCase(
        name="shapefile_texts_cut",
        about="A text field of nine bytes cuts names within a character, as some programs do",
        file="shp_texts_cut.shp",
        parts=part_names("shp_texts_cut", "shp shx dbf prj"),
        make=beside(
            _gardens({"名称": "name", "学位数": "places"}, Dbf("gbk", None, width=9, half=True))
        ),
        rows=numbered(1),
        same=("places",),
        values={(1, "name"): "霁川区中", (2, "name"): "云栖苑幼", (5, "name"): "小禾苗幼"},
        rows_in=6,
        notes=(("encoding_detected", None, ""), ("text_cut", 1, "名称")),
    ),
)

PARTS = (
    LayerCase(
        name="shapefile_without_prj",
        about="Metres and no .prj: nothing says where this is",
        file="shp_without_prj.shp",
        layer="communities",
        parts=part_names("shp_without_prj", "shp shx dbf cpg"),
        make=beside(_estates(GBK, None, 4547)),
        refused=("coordinate reference system", 'crs = "EPSG:4490"'),
    ),
    LayerCase(
        name="shapefile_without_prj_declared",
        about="The same Shapefile with its system in the plan file",
        file="shp_without_prj.shp",
        declared={"crs": "EPSG:4547"},
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_esri_projection",
        about="A .prj in Esri's words for a Gauss-Kruger zone",
        file="shp_esri_projection.shp",
        parts=part_names("shp_esri_projection"),
        make=beside(_estates(UTF8, ESRI_4547, 4547)),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_prj_that_cannot_be",
        about="A .prj that says degrees beside coordinates in metres",
        file="shp_wrong_prj.shp",
        layer="communities",
        parts=part_names("shp_wrong_prj"),
        make=beside(_estates(UTF8, ESRI_4490, 4547)),
        refused=("are metres, but", "EPSG:4534"),
    ),
    LayerCase(
        name="shapefile_prj_overruled",
        about="The plan file says what the .prj says wrongly",
        file="shp_wrong_prj.shp",
        declared={"crs": "EPSG:4547"},
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_without_dbf",
        about="Only the .shp was sent, as the file that bears the name",
        file="shp_without_dbf.shp",
        layer="communities",
        parts=part_names("shp_without_dbf", "shp shx"),
        make=beside(_estates(UTF8), drop=(".dbf", ".prj", ".cpg")),
        refused=(".dbf", "copy all of them"),
    ),
    LayerCase(
        name="shapefile_without_shx",
        about="The .shx was left behind",
        file="shp_without_shx.shp",
        parts=part_names("shp_without_shx", "shp dbf prj cpg"),
        make=beside(_estates(UTF8), drop=(".shx",)),
        notes=(("index_restored", None, ""),),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_with_heights",
        about="Outlines with a height at each corner, as a survey exports them",
        file="shp_with_heights.shp",
        parts=part_names("shp_with_heights"),
        make=beside(shapefile(POLYGON_Z, rings(), estates(), UTF8)),
        **ESTATES_READ,
    ),
    LayerCase(
        name="shapefile_without_a_shape",
        about="A row without a shape, and one whose outline is only a line there and back",
        file="shp_without_a_shape.shp",
        layer="communities",
        parts=part_names("shp_without_a_shape"),
        make=beside(
            shapefile(
                POLYGON,
                [
                    rings()[0],
                    None,
                    *rings()[2:4],
                    [
                        [
                            (114.076, 27.3405),
                            (114.079, 27.3405),
                            (114.079, 27.3405),
                            (114.076, 27.3405),
                        ]
                    ],
                ],
                estates(),
                UTF8,
            )
        ),
        rows={1: "E1", 3: "E3", 4: "E4"},
        same=ESTATE,
        rows_in=5,
        problems=(("no_area", 5, ""), ("no_geometry", 2, "")),
    ),
    LayerCase(
        name="shapefile_of_streets",
        about="Street lines in metres, GBK, the last of them without length",
        file="shp_streets.shp",
        layer="streets",
        parts=part_names("shp_streets"),
        make=beside(
            shapefile(
                LINE,
                [
                    *([[projected(x, y) for x, y in line]] for _, line in STREETS.values()),
                    [[projected(114.05, 27.35)] * 2],
                ],
                {"路名": [*(name for name, _ in STREETS.values()), "无名路"]},
                GBK,
                ESRI_4547,
            )
        ),
        rows={1: "R1", 2: "R2", 3: "R3"},
        rows_in=4,
        problems=(("no_length", 4, ""),),
    ),
)

ARCHIVES = (
    LayerCase(
        name="zip_with_gbk_names",
        about="An archive of Chinese Windows: folder and file names in GBK, the .dbf too",
        file="zip_gbk_folder.zip",
        make=zipped(
            _in_folder("霁川区\\小区".encode("gbk"), "居住小区", _estates(Dbf("gbk", None)))
        ),
        notes=(("encoding_detected", None, ""),),
        **ESTATES_READ,
    ),
    LayerCase(
        name="zip_from_a_mac",
        about="An archive of macOS: its own litter beside each file",
        file="zip_from_a_mac.zip",
        make=zipped(
            {f"estates/小区{s}": content for s, content in _estates(UTF8).items()}
            | {f"__MACOSX/estates/._小区{s}": b"\0\5\26\7" for s in _estates(UTF8)}
            | {"estates/.DS_Store": b"\0\0\0\1Bud1"}
        ),
        **ESTATES_READ,
    ),
    LayerCase(
        name="zip_with_two_shapefiles",
        about="Two Shapefiles in one archive and none is named: both are listed",
        file="zip_two_shapefiles.zip",
        layer="communities",
        make=zipped(
            {f"小区{s}": content for s, content in _estates(UTF8).items()}
            | {
                f"幼儿园{s}": content
                for s, content in _gardens({"名称": "name", "学位数": "places"}, UTF8).items()
            }
        ),
        refused=("several data sets", "layer = ", "小区.shp", "幼儿园.shp"),
    ),
    LayerCase(
        name="zip_with_two_shapefiles_one_named",
        about="The same archive with one of them named",
        file="zip_two_shapefiles.zip",
        declared={"layer": "幼儿园"},
        rows=numbered(1),
        same=("name", "places"),
        rows_in=6,
    ),
    LayerCase(
        name="zip_without_data",
        about="An archive that holds a letter and no data",
        file="zip_without_data.zip",
        layer="communities",
        make=zipped({"说明.txt": "数据另行发送。".encode()}),
        refused=("the archive cannot be read", "no spatial data"),
    ),
)

CASES = (*ENCODINGS, *NAMES, *PARTS, *ARCHIVES)

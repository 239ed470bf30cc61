"""Where things are: one column for both coordinates, degrees and minutes, swapped, other systems.

Imports from `case`, `writing` and `town`.
"""

from __future__ import annotations

from collections.abc import Callable

from corpus.case import LayerCase
from corpus.town import GARDENS, bd09, gcj02, projected
from corpus.writing import numbered, text

CGCS = {"crs": "EPSG:4490"}
SIX = numbered(2)
SAME = ("name", "places")
TWO_MORE = ("园所名称", "学位数")


def _places(*headers: str, say: Callable[[float, float], tuple[object, ...]]) -> list[str]:
    """Names and places of all gardens, then what `say` makes of longitude and latitude."""
    lines = ([g.name, g.places, *say(g.lon, g.lat)] for g in GARDENS.values())
    return [",".join(map(str, line)) for line in ([*TWO_MORE, *headers], *lines)]


def _minutes(degrees: float) -> str:
    """To a thousandth of a second, which is 3 cm."""
    thousandths = round(degrees * 3600_000)
    whole, rest = divmod(thousandths, 3600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{whole}°{minutes}′{rest / 1000:.3f}″"


def _metres(epsg: int, *, north_first: bool = False) -> Callable[[float, float], tuple[str, str]]:
    def say(lon: float, lat: float) -> tuple[str, str]:
        x, y = (f"{v:.3f}" for v in projected(lon, lat, epsg))
        return (y, x) if north_first else (x, y)

    return say


TEXTS = (
    LayerCase(
        name="both_in_one_column",
        about="经纬度 in one cell, with a comma, a full-width comma, blanks or brackets between",
        file="csv_lonlat_one_column.csv",
        make=text(
            [
                "园所名称,学位数,经纬度",
                '霁川区中心幼儿园,360,"114.051200,27.352100"',
                "云栖苑幼儿园,270,114.061500，27.353200",
                "澄湖湾幼儿园,180,114.070900 27.348600",
                '栖凤里幼儿园,180,"(114.055400, 27.343300)"',
                "小禾苗幼儿园,90,114.047300;27.346800",
                "石埠镇中心幼儿园,180,１１４．０８２６００，２７．３３８４００",
            ]
        ),
        declared=CGCS,
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="latitude_first_in_one_column",
        about="纬经度 in one cell",
        file="csv_latlon_one_column.csv",
        make=text(_places("纬经度", say=lambda lon, lat: (f'"{lat:.6f},{lon:.6f}"',))),
        declared=CGCS,
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="one_column_the_other_way_round",
        about="经纬度 in one cell, but latitude stands first in all of them",
        file="csv_lonlat_turned.csv",
        make=text(_places("经纬度", say=lambda lon, lat: (f'"{lat:.6f},{lon:.6f}"',))),
        declared=CGCS,
        refused=("swapped in every row", "columns = { lat_lon = "),
    ),
    LayerCase(
        name="degrees_minutes_seconds",
        about="114°3′4.320″ as a survey writes it",
        file="csv_dms.csv",
        make=text(_places("经度", "纬度", say=lambda lon, lat: (_minutes(lon), _minutes(lat)))),
        declared=CGCS,
        rows=SIX,
        same=SAME,
        rows_in=7,
        notes=(("numbers_converted", None, "lon"), ("numbers_converted", None, "lat")),
    ),
    LayerCase(
        name="minutes_with_sides_of_the_world",
        about="E114°3'4.32\", 东经114度3分, 114.0709E and 北纬27°21′ in one table",
        file="csv_dms_sides.csv",
        make=text(
            [
                "园所名称,学位数,经度,纬度",
                "霁川区中心幼儿园,360,\"E114°3'4.32\"\"\",N27°21'7.56''",
                "云栖苑幼儿园,270,东经114度3分41.4秒,北纬27度21分11.52秒",
                "澄湖湾幼儿园,180,114.070900E,27.348600N",
                "栖凤里幼儿园,180,114° 3′ 19.44″ E,27° 20′ 35.88″ N",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3", "K4")),
        same=SAME,
        rows_in=5,
    ),
    LayerCase(
        name="minutes_in_one_column",
        about="Both coordinates in degrees and minutes in one cell",
        file="csv_dms_one_column.csv",
        make=text(
            _places("经纬度坐标", say=lambda lon, lat: (f"{_minutes(lon)}E {_minutes(lat)}N",))
        ),
        declared=CGCS,
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="some_without_a_position",
        about="Blank, 待补充 and half a position: listed, left out, not put at 0, 0",
        file="csv_some_without_position.csv",
        make=text(
            [
                "园所名称,学位数,经度,纬度",
                "霁川区中心幼儿园,360,114.051200,27.352100",
                "云栖苑幼儿园,270,,",
                "澄湖湾幼儿园,180,待补充,待补充",
                "栖凤里幼儿园,180,114.0554,",
                "小禾苗幼儿园,90,见附图,27.346800",
            ]
        ),
        declared=CGCS,
        rows={2: "K1"},
        same=SAME,
        rows_in=6,
        problems=(
            *(("no_geometry", 3, ""), ("no_geometry", 4, ""), ("no_geometry", 5, "")),
            *(("no_geometry", 6, ""), ("not_a_value", 6, "lon")),
        ),
    ),
)

TURNED = (
    LayerCase(
        name="all_swapped",
        about="经度 and 纬度 stand in each other's column in every row: refused with the fix",
        file="csv_swapped.csv",
        make=text(_places("经度", "纬度", say=lambda lon, lat: (f"{lat:.6f}", f"{lon:.6f}"))),
        declared=CGCS,
        refused=("longitude and latitude look swapped", "columns = { lon = ", "lat = "),
    ),
    LayerCase(
        name="all_swapped_and_said_so",
        about="The same table, with the columns named the other way round in the plan file",
        file="csv_swapped.csv",
        declared={**CGCS, "columns": {"lon": "纬度", "lat": "经度"}},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="one_row_swapped",
        about="One row of six has them the other way round: reported, never turned in silence",
        file="csv_one_swapped.csv",
        make=text(
            [
                *_places("经度", "纬度", say=lambda lon, lat: (f"{lon:.6f}", f"{lat:.6f}"))[:6],
                "石埠镇中心幼儿园,180,27.338400,114.082600",
            ]
        ),
        declared=CGCS,
        rows=numbered(2, ("K1", "K2", "K3", "K4", "K5")),
        same=SAME,
        rows_in=7,
        problems=(("bad_coordinates", 7, ""), ("swapped", 7, "经度")),
    ),
    LayerCase(
        name="x_is_north",
        about="X坐标 is north and Y坐标 is east, as Chinese surveys have it: refused with the fix",
        file="csv_x_north.csv",
        make=text(_places("X坐标", "Y坐标", say=_metres(4547, north_first=True))),
        declared={"crs": "EPSG:4547"},
        refused=("x (east) and y (north) look swapped", "columns = { x = ", "y = "),
    ),
    LayerCase(
        name="x_is_north_and_said_so",
        about="The same table, with the columns named in the plan file",
        file="csv_x_north.csv",
        declared={"crs": "EPSG:4547", "columns": {"x": "Y坐标", "y": "X坐标"}},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="x_is_north_with_zone",
        about="The same habit, with the zone's number before the easting",
        file="csv_x_north_prefix.csv",
        make=text(_places("X坐标", "Y坐标", say=_metres(4526, north_first=True))),
        declared={"crs": "EPSG:4526"},
        refused=("x (east) and y (north) look swapped", "columns = { x = "),
    ),
)

SYSTEMS = (
    LayerCase(
        name="zone_with_number",
        about="CGCS2000, three-degree zone 38 with its number before the easting",
        file="csv_zone_38.csv",
        make=text(_places("东坐标", "北坐标", say=_metres(4526))),
        declared={"crs": "EPSG:4526"},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="zone_with_number_declared_without",
        about="Eastings of 38,5xx,xxx m declared as the zone without number",
        file="csv_zone_38.csv",
        declared={"crs": "EPSG:4547"},
        refused=("EPSG:4526",),
    ),
    LayerCase(
        name="zone_without_number",
        about="CGCS2000, central meridian 114 E, eastings of six digits",
        file="csv_cm_114.csv",
        make=text(_places("X", "Y", say=_metres(4547))),
        declared={"crs": "EPSG:4547"},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="zone_without_number_declared_with",
        about="Eastings of six digits declared as the zone with number",
        file="csv_cm_114.csv",
        declared={"crs": "EPSG:4526"},
        refused=("EPSG:4547",),
    ),
    LayerCase(
        name="six_degree_zone",
        about="CGCS2000, six-degree zone 20 with its number",
        file="csv_six_degree_zone.csv",
        make=text(_places("X坐标", "Y坐标", say=_metres(4498))),
        declared={"crs": "EPSG:4498"},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="system_as_wkt",
        about="The plan file holds the whole WKT of a projection",
        file="csv_cm_114.csv",
        declared={
            "crs": 'PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_Geodetic_Coordinate_'
            'System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
            'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
            'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
            'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
            'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
        },
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="degrees_declared_as_metres",
        about="Longitudes and latitudes, but the plan file says a projected system",
        file="csv_plain_utf8.csv",
        declared={"crs": "EPSG:4547"},
        refused=("are degrees", "EPSG:4490"),
    ),
    LayerCase(
        name="metres_declared_as_degrees",
        about="Metres, but the plan file says degrees",
        file="csv_cm_114.csv",
        declared=CGCS,
        refused=("are metres, but", "EPSG:4534"),
    ),
    LayerCase(
        name="no_system_at_all",
        about="A table says no system and the plan file neither: nothing is guessed",
        file="csv_plain_utf8.csv",
        refused=("coordinate reference system", "GCJ-02"),
    ),
    LayerCase(
        name="gcj02_declared",
        about="Points picked on a web map, declared as GCJ-02",
        file="csv_gcj02.csv",
        make=text(_places("高德经度", "高德纬度", say=gcj02)),
        declared={"crs": "GCJ-02"},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="bd09_declared",
        about="Points of the other web map, declared as bd09 in small letters",
        file="csv_bd09.csv",
        make=text(_places("百度经度", "百度纬度", say=bd09)),
        declared={"crs": "bd09"},
        rows=SIX,
        same=SAME,
        rows_in=7,
    ),
    LayerCase(
        name="unknown_system",
        about="A name that could be several systems",
        file="csv_plain_utf8.csv",
        declared={"crs": "北京54"},
        refused=("'北京54' is not known", "EPSG"),
    ),
)

CASES = (*TEXTS, *TURNED, *SYSTEMS)

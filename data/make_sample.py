"""Make the invented sample district: ``python data/make_sample.py data/sample``.

Which files does the sample consist of, and what is known about it beforehand? Imports from
`sample_files`, `sample_ground`, `sample_people`, `sample_counts`, `sample_places`, `sample_streets`;
kgspatial is not imported, so that the sample cannot inherit its mistakes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sample_counts import COUNTED_ON, births_of_mothers, registered_children
from sample_files import (
    GEOGRAPHIC,
    PROJECTED,
    write_csv,
    write_geojson,
    write_geotiff,
    write_points_csv,
)
from sample_ground import TOWNS, Ground, make_ground
from sample_names import DISTRICT
from sample_people import (
    CELL_M,
    URBAN_VILLAGE_SITES,
    Community,
    Village,
    make_communities,
    make_grid,
    make_villages,
)
from sample_places import (
    YEAR,
    Row,
    communities_of,
    make_candidates,
    make_hazards,
    make_kindergartens,
)
from sample_streets import lanes_to, network
from shapely import Point

BANDS = ("age_0", "age_1_4", "age_5_9")


def make_sample(folder: Path) -> None:
    """Write all files of the sample into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ground = make_ground()
    villages = make_villages(ground)
    communities = make_communities(ground, villages)
    kindergartens = make_kindergartens(communities)
    candidates = make_candidates(ground, communities, kindergartens)
    hazards = make_hazards(candidates)
    streets = [s for q in ground.quarters.values() for s in q.streets]
    lanes = lanes_to(ground, [*(v.point for v in villages), *map(Point, URBAN_VILLAGE_SITES)])
    write_geojson(folder / "units.geojson", _unit_rows(ground, communities, villages))
    write_geojson(folder / "communities.geojson", [_community_row(c) for c in communities])
    write_geojson(folder / "villages.geojson", _village_rows(villages, communities))
    write_geojson(folder / "candidates.geojson", candidates)
    write_geojson(folder / "hazards.geojson", hazards)
    write_geojson(folder / "streets.geojson", network(ground, [*streets, *ground.roads, *lanes]))
    write_points_csv(
        folder / "kindergartens.csv",
        [{k: v for k, v in row.items() if k != "quarter"} for row in kindergartens],
    )
    write_csv(folder / "births.csv", births_of_mothers(communities, villages))
    write_geotiff(folder / "population.tif", make_grid(communities, villages), BANDS, CELL_M)
    _write_text(folder / "plan.toml", PLAN)
    _write_text(folder / "README.md", README)
    answers = _answers(communities, kindergartens, candidates)
    _write_text(folder / "answers.json", json.dumps(answers, ensure_ascii=False, indent=2) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _unit_rows(ground: Ground, communities: list[Community], villages: list[Village]) -> list[Row]:
    counts = registered_children(communities, villages)
    return [
        {
            "unit_id": unit_id,
            "name": name[0],
            "name_latin": name[1],
            "level": level,
            "urban": urban,
            **counts[unit_id],
            "geometry": ground.towns[unit_id],
        }
        for unit_id, (name, level, urban, _) in TOWNS.items()
    ]


def _community_row(c: Community) -> Row:
    return {
        "community_id": c.community_id,
        "name": c.name[0],
        "name_latin": c.name[1],
        "households": c.households,
        "residents": c.residents,
        "unit_id": c.unit_id,
        "delivered_year": c.delivered_year,
        "occupancy": c.occupancy,
        "geometry": c.shape,
    }


def _village_rows(villages: list[Village], communities: list[Community]) -> list[Row]:
    """Villages with all their residents, those in a polygon of the communities among them."""
    inside = {c.name: c.residents for c in communities if c.kind == "village"}
    return [
        {
            "village_id": f"V{i:02d}",
            "name": v.name[0] + "村",
            "name_latin": v.name[1] + " Cun",
            "residents": inside.get(v.name, 0) + sum(people for _, _, people in v.hamlets),
            "unit_id": v.unit_id,
            "geometry": v.point,
        }
        for i, v in enumerate(villages, start=1)
    ]


def _answers(communities: list[Community], kindergartens: list[Row], candidates: list[Row]) -> Row:
    """State what the district was built to show, by ids; no figure of any program is in here."""
    plenty = [k["kindergarten_id"] for k in kindergartens if k["quarter"] == "works"]
    across = [k["kindergarten_id"] for k in kindergartens if k["quarter"] == "dizhou"]
    overlap = [
        (a.community_id, b.community_id)
        for i, a in enumerate(communities)
        for b in communities[i + 1 :]
        if a.shape.intersection(b.shape).area > 1
    ]
    return {
        "new_estate_without_kindergarten": {
            "meaning": "No kindergarten lies within reach of these communities; a plan of three new "
            "sites must use this candidate.",
            "community_ids": [c.community_id for c in communities_of(communities, "new_estate")],
            "site_id": candidates[0]["site_id"],
        },
        "quarter_of_surplus": {
            "meaning": "The old factory quarter: more than 40 % of these kindergartens' places "
            "stay vacant.",
            "unit_id": "U02",
            "kindergarten_ids": plenty,
        },
        "bank_cut_off_by_the_river": {
            "meaning": "No kindergarten can be reached from these communities on foot; without the "
            "river, kindergartens with vacant places among those named would be near enough.",
            "community_ids": [c.community_id for c in communities_of(communities, "wharf")],
            "kindergarten_ids": across,
        },
        "overlapping_communities": {
            "meaning": "These two polygons overlap slightly; nobody may be counted twice.",
            "community_ids": list(overlap[0]),
        },
    }


PLAN = f"""\
# {DISTRICT[0]} {DISTRICT[1]}: an invented district to start from. Paths are relative to this file.

[plan]
name = "{DISTRICT[0]}"
year = {YEAR}
language = "zh"
source_note = "虚构示例数据，不对应任何真实地点"

[inputs.communities]
path = "communities.geojson"
crs = "EPSG:{GEOGRAPHIC}"

[inputs.kindergartens]
path = "kindergartens.csv"
crs = "EPSG:{GEOGRAPHIC}"

[inputs.population]
path = "population.tif"
crs = "EPSG:{PROJECTED}"

[inputs.units]
path = "units.geojson"
crs = "EPSG:{GEOGRAPHIC}"

[inputs.births]
path = "births.csv"

[inputs.villages]
path = "villages.geojson"
crs = "EPSG:{GEOGRAPHIC}"

[inputs.streets]
path = "streets.geojson"
crs = "EPSG:{GEOGRAPHIC}"

[inputs.candidates]
path = "candidates.geojson"
crs = "EPSG:{GEOGRAPHIC}"

[inputs.hazards]
path = "hazards.geojson"
crs = "EPSG:{GEOGRAPHIC}"

[demand]
counted_on = "{COUNTED_ON}"   # 分年龄人口的统计日 day of the children by single year of age

[travel]
limit_m = 800    # 步行距离上限（米） walking limit in metres
detour = 1.3     # 绕行系数 walking metres per metre of straight line

[siting]
new = 3          # 最多新增几处 new sites at most
"""

README = f"""\
# 示例数据：{DISTRICT[0]} / Sample data: {DISTRICT[1]}

本文件夹中的一切都是虚构的：地名、幼儿园、人口、道路与河流均由程序生成，不对应任何真实地点；坐标落在空旷草原上。
作者放弃一切权利（等同 CC0 1.0），可自由使用。

Everything here is invented: names, kindergartens, people, streets and the river come from a
program and stand for no real place; the coordinates lie in open grassland. No rights reserved
(as under CC0 1.0): use it as you like.

| 文件 / file | 内容 | content |
|---|---|---|
| `plan.toml` | 计划文件，从这里开始 | the plan file: start here |
| `communities.geojson` | 居住小区（无幼儿数，由格网得出；有两个小区故意略有重叠） | communities, without children: these come from the grid; two overlap slightly on purpose |
| `population.tif` | 100 m 人口格网，波段 `age_0`、`age_1_4`、`age_5_9`（EPSG:{PROJECTED}） | children by age band, 100 m cells |
| `kindergartens.csv` | 现状幼儿园（一所无证） | kindergartens, one of them unlicensed |
| `units.geojson` | 街镇；`children` 为户籍3–5岁幼儿，`age_0` 至 `age_6` 为预防接种登记的分年龄幼儿（{COUNTED_ON}） | towns; `children` are those of 3 to 5 in the household register, `age_0` to `age_6` those in the immunisation register by age ({COUNTED_ON}) |
| `births.csv` | 按母亲住址登记的出生人数，分街镇、分年 | births by town and calendar year, by the mother's address |
| `villages.geojson` | 行政村 | administrative villages |
| `streets.geojson` | 路网；`barrier` = `river` 的行是河流，桥两侧各 300 m 断开 | streets; rows with `barrier` = `river` are the river, open for 300 m either side of each bridge |
| `candidates.geojson` | 候选用地（部分距避让设施过近，部分 {YEAR} 年后方可用） | candidate sites, some too near a hazard, some not free by {YEAR} |
| `hazards.geojson` | 避让设施 | what kindergartens keep away from |
| `answers.json` | 预先已知的答案，供检验 | what is known beforehand, for tests |

矢量与表格坐标为 CGCS2000 经纬度（EPSG:{GEOGRAPHIC}）。 Vector files and the table are in CGCS2000 degrees.

重新生成（结果逐字节相同）/ made again, byte for byte, by: `python data/make_sample.py data/sample`
"""

if __name__ == "__main__":
    make_sample(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample")

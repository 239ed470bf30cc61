"""OpenStreetMap files: small maps written here, broken ones, and two real extracts."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgspatial.errors import InputError
from kgspatial.inputs import LayerInput, check_layer
from kgspatial.inputs.coordinates.areas import Area
from kgspatial.inputs.osm import elements as osm_file_room
from kgspatial.inputs.osm.read import OSM_LAYERS, is_osm, read_osm
from kgspatial.inputs.osm.tags import closed_because, street_rules
from kgspatial.inputs.problems import Problem
from kgspatial.layers import LAYERS

osmium = pytest.importorskip("osmium", reason="the extra 'osm' is not installed")

Tags = Mapping[str, str]
Nodes = Mapping[int, tuple[Any, ...]]

DATA = Path(__file__).parents[2] / "shared" / "data" / "helsinki"
HELSINKI = ("test.osm.pbf", "Helsinki.osm.pbf")
real = [
    pytest.mark.realdata,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="the Helsinki extracts are no part of the project"
    ),
]

# Nine nodes in a square grid, 7 8 9 in the north, 1 2 3 in the south, some 100 m apart.
GRID = {
    1 + row * 3 + column: (118.08 + 0.001 * column, 24.48 + 0.001 * row)
    for row in range(3)
    for column in range(3)
}
SQUARE = [1, 3, 9, 7, 1]
INNER = {21: (118.0805, 24.4805), 22: (118.081, 24.4805), 23: (118.0805, 24.481)}


def write_map(
    path: Path,
    ways: Mapping[int, tuple[Sequence[int], Tags]] | None = None,
    relations: Mapping[int, tuple[Sequence[tuple[str, int, str]], Tags]] | None = None,
    nodes: Nodes | None = None,
    *,
    file_format: str = "pbf",
    kinds: str = "nwr",
) -> Path:
    """Write a map: nodes as (lon, lat) or (lon, lat, tags), ways as nodes and tags."""
    from osmium.osm import mutable

    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(osmium.io.File(path, file_format)) as writer:
        for kind in kinds:
            if kind == "n":
                for number, (lon, lat, *tags) in sorted({**GRID, **INNER, **(nodes or {})}.items()):
                    node = mutable.Node(
                        id=number, location=(lon, lat), tags=tags[0] if tags else {}
                    )
                    writer.add_node(node)
            elif kind == "w":
                for number, (refs, tags) in sorted((ways or {}).items()):
                    writer.add_way(mutable.Way(id=number, nodes=refs, tags=dict(tags)))
            else:
                for number, (members, tags) in sorted((relations or {}).items()):
                    writer.add_relation(
                        mutable.Relation(id=number, members=list(members), tags=dict(tags))
                    )
    return path


def read(
    path: Path, name: str, area: Area | None = None, **declared: Any
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    return read_osm(path, name, LayerInput(str(path), **declared), area)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "town.osm.pbf"


def codes(problems: list[Problem]) -> dict[str, str]:
    """Code of the finding on each OpenStreetMap id."""
    return {p.value: p.code for p in problems if re.fullmatch(r"(node|way|relation)/\d+", p.value)}


class TestStreets:
    def test_ways_that_meet_share_the_very_same_vertex(self, here: Path) -> None:
        ways = {
            11: ([1, 2, 3], {"highway": "footway"}),
            12: ([8, 5, 2], {"highway": "residential"}),
        }
        streets, problems = read(write_map(here, ways), "streets")
        assert list(streets.index) == [11, 12]
        assert streets.crs == "EPSG:4326"
        one, other = (set(line.coords) for line in streets.geometry)
        assert one & other == {GRID[2]}
        assert [len(line.coords) for line in streets.geometry] == [3, 3]
        assert problems == []

    def test_a_bridge_shares_no_vertex_with_the_path_below_it(self, here: Path) -> None:
        ways = {
            11: ([4, 6], {"highway": "footway", "bridge": "yes", "layer": "1"}),
            12: ([2, 8], {"highway": "path", "tunnel": "no"}),
            13: ([1, 3], {"highway": "path", "tunnel": "building_passage"}),
        }
        streets, _ = read(write_map(here, ways), "streets")
        assert streets.geometry.loc[11].intersects(streets.geometry.loc[12])
        assert not set(streets.geometry.loc[11].coords) & set(streets.geometry.loc[12].coords)
        assert list(streets["bridge"]) == [True, False, False]
        assert list(streets["tunnel"]) == [False, False, True]

    def test_columns_say_what_the_network_needs(self, here: Path) -> None:
        ways = {
            11: ([1, 2], {"highway": "steps", "layer": "-1", "access": "permissive"}),
            12: ([2, 3], {"highway": "cycleway", "segregated": "yes", "layer": "0;1"}),
            13: ([1, 4], {"highway": "trunk", "foot": "designated", "layer": "2"}),
            14: ([4, 7], {"highway": "residential"}),
        }
        streets, _ = read(write_map(here, ways), "streets")
        assert list(streets["highway"]) == ["steps", "cycleway", "trunk", "residential"]
        assert list(streets["foot"].fillna("")) == ["", "yes", "designated", ""]
        assert list(streets["access"].fillna("")) == ["permissive", "", "", ""]
        np.testing.assert_array_equal(streets["level"], [-1, np.nan, 2, np.nan])

    @settings(max_examples=60, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(sorted(street_rules().keys)),
            st.sampled_from(["yes", "no", "both", "private", "designated", "private;delivery"]),
        ),
        st.sampled_from(sorted(street_rules().walkable | street_rules().needs_foot)),
    )
    def test_what_is_read_as_walked_is_walked_by_its_columns_alone(
        self, tmp_path_factory: pytest.TempPathFactory, tags: dict[str, str], kind: str
    ) -> None:
        path = tmp_path_factory.mktemp("map") / "town.osm.pbf"
        ways = {11: ([1, 2], {**tags, "highway": kind}), 12: ([2, 3], {"highway": "path"})}
        streets, _ = read(write_map(path, ways), "streets")
        for row in streets[["highway", "foot", "access"]].itertuples(index=False):
            said = {k: v for k, v in row._asdict().items() if isinstance(v, str)}
            assert closed_because(said) is None

    def test_a_river_and_a_wall_are_no_streets(self, here: Path) -> None:
        ways = {
            11: ([1, 2, 3], {"highway": "footway", "barrier": "kerb"}),
            12: ([4, 5, 6], {"waterway": "river", "name": "江"}),
            13: ([7, 8, 9], {"barrier": "wall"}),
        }
        streets, problems = read(write_map(here, ways), "streets")
        assert list(streets.index) == [11]
        assert "barrier" not in streets  # in this layer it marks lines that cut the way
        assert problems == []

    @pytest.mark.parametrize(
        ("walked", "tags"),
        [
            (True, {"highway": "living_street"}),
            (True, {"highway": "steps"}),
            (True, {"highway": "service", "service": "driveway"}),
            (True, {"highway": "primary"}),
            (True, {"highway": "service", "access": "private", "foot": "yes"}),
            (True, {"highway": "service", "access": "permissive"}),
            (True, {"highway": "trunk", "sidewalk": "right"}),
            (True, {"highway": "trunk", "sidewalk:left": "yes"}),
            (True, {"highway": "motorway", "foot": "designated"}),
            (True, {"highway": "cycleway", "segregated": "yes"}),
            (True, {"highway": "cycleway", "foot": "yes;permissive"}),
            (True, {"highway": "footway;cycleway"}),
            (True, {"highway": "goat_track", "foot": "yes"}),
            (False, {"highway": "service", "access": "private"}),
            (False, {"highway": "service", "access": "private;delivery"}),
            (False, {"highway": "residential", "foot": "no"}),
            (False, {"highway": "primary", "foot": "use_sidepath", "access": "yes"}),
            (False, {"highway": "motorway"}),
            (False, {"highway": "trunk"}),
            (False, {"highway": "trunk", "sidewalk": "no"}),
            (False, {"highway": "primary", "motorroad": "yes"}),
            (False, {"highway": "cycleway"}),
            (False, {"highway": "construction", "construction": "residential", "foot": "yes"}),
            (False, {"highway": "proposed"}),
            (False, {"highway": "rest_area"}),
            (False, {"highway": "goat_track"}),
        ],
    )
    def test_tags_say_where_people_walk(self, here: Path, walked: bool, tags: Tags) -> None:
        ways = {11: ([1, 2], {"highway": "path"}), 12: ([2, 3], tags)}
        streets, problems = read(write_map(here, ways), "streets")
        assert (12 in streets.index) is walked
        assert len(problems) == (0 if walked else 1)

    @given(
        kind=st.sampled_from(sorted(street_rules().walkable | street_rules().needs_foot)),
        access=st.sampled_from(["", "yes", "no", "private", "destination"]),
        lanes=st.sampled_from(["", "2"]),
    )
    def test_the_tag_foot_has_the_last_word(self, kind: str, access: str, lanes: str) -> None:
        tags = {"highway": kind, **({"access": access} if access else {}), "lanes": lanes}
        assert closed_because({**tags, "foot": "yes"}) is None
        assert closed_because({**tags, "foot": "no"}) == "forbidden"

    def test_what_is_left_out_is_counted_by_its_reason(self, here: Path) -> None:
        ways = {
            11: ([1, 2], {"highway": "path"}),
            12: ([2, 3], {"highway": "service", "access": "private"}),
            13: ([4, 5], {"highway": "service", "foot": "no"}),
            14: ([5, 6], {"highway": "motorway"}),
            15: ([7, 8], {"highway": "construction"}),
            16: ([8, 9], {"highway": "goat_track"}),
        }
        _, problems = read(write_map(here, ways), "streets")
        found = {p.code: (p.problem[:6], p.value, p.severity) for p in problems}
        assert found == {
            "not_walked_forbidden": ("2 elem", "", "note"),
            "not_walked_needs_foot": ("1 elem", "", "note"),
            "not_walked_not_there": ("1 elem", "", "note"),
            "not_walked_unknown": ("1 elem", "highway=goat_track (1)", "warning"),
        }

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.fixed_dictionaries(
                {"highway": st.sampled_from(["path", "motorway", "proposed", "services", "x"])},
                optional={
                    "foot": st.sampled_from(["yes", "no", "maybe"]),
                    "access": st.sampled_from(["private", "yes"]),
                },
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_ways_in_are_streets_and_ways_listed(self, here: Path, tags: list[Tags]) -> None:
        ways = {10 + i: ([1 + i, 2 + i], t) for i, t in enumerate(tags)}
        ways[99] = ([1, 9], {"highway": "path"})
        streets, problems = read(write_map(here, ways), "streets")
        listed = sum(int(p.problem.split()[0]) for p in problems)
        assert len(streets) + listed == len(ways)

    def test_a_square_is_kept_as_its_outline(self, here: Path) -> None:
        ways = {11: (SQUARE, {"highway": "pedestrian", "area": "yes", "name": "广场"})}
        streets, _ = read(write_map(here, ways), "streets")
        assert streets.geometry.loc[11].is_closed
        assert streets.loc[11, "name"] == "广场"

    def test_a_square_of_several_ways_is_kept_as_their_lines(self, here: Path) -> None:
        ways = {
            11: ([1, 3, 9], {}),
            12: ([9, 7, 1], {"highway": "footway", "access": "private"}),
            13: ([21, 22, 23, 21], {"building": "yes"}),
        }
        members = [("w", 11, "outer"), ("w", 12, "outer"), ("w", 13, "inner"), ("w", 14, "inner")]
        square = {"type": "multipolygon", "highway": "pedestrian", "name": "广场"}
        streets, problems = read(write_map(here, ways, {5: (members, square)}), "streets")
        assert dict(streets["name"]) == {11: "广场", 13: "广场"}  # the private edge stays private
        assert codes(problems) == {"relation/5": "cut_by_extract"}  # way 14 is not there

    def test_a_closed_gate_on_a_street_is_listed(self, here: Path) -> None:
        nodes = {
            30: (118.0803, 24.48, {"barrier": "gate", "access": "private"}),
            31: (118.0804, 24.48, {"barrier": "gate"}),
            32: (118.0806, 24.48, {"barrier": "gate", "locked": "yes"}),
            33: (118.0807, 24.48, {"barrier": "bollard", "access": "no", "foot": "yes"}),
            34: (118.5, 24.5, {"barrier": "gate", "access": "no"}),
        }
        ways = {11: ([1, 30, 31, 32, 33, 2], {"highway": "footway"})}
        streets, problems = read(write_map(here, ways, nodes=nodes), "streets")
        (gates,) = problems
        assert (gates.code, gates.value) == ("closed_gates", "node/30, node/32")
        assert len(streets.geometry.loc[11].coords) == 6

    def test_a_way_that_the_extract_cuts_keeps_what_is_there(self, here: Path) -> None:
        ways = {
            11: ([1, 2, 3, 404], {"highway": "path"}),
            12: ([4, 5, 404, 7, 8], {"highway": "path"}),
            13: ([404, 9], {"highway": "path"}),
            14: ([6, 6], {"highway": "path"}),
        }
        streets, problems = read(write_map(here, ways), "streets")
        assert list(streets.geom_type) == ["LineString", "MultiLineString"]
        assert streets.geometry.loc[11].coords[:] == [GRID[1], GRID[2], GRID[3]]
        pieces = [piece.coords[:] for piece in streets.geometry.loc[12].geoms]
        assert pieces == [[GRID[4], GRID[5]], [GRID[7], GRID[8]]]
        assert codes(problems) == {
            "way/11": "cut_by_extract",
            "way/12": "cut_by_extract",
            "way/13": "cut_by_extract",
            "way/14": "no_length",
        }
        assert [p.severity for p in problems] == ["note", "warning", "note", "warning"]

    def test_the_local_name_goes_before_the_chinese_one(self, here: Path) -> None:
        ways = {
            11: ([1, 2], {"highway": "path", "name": "中山路", "name:zh": "x", "name:en": "y"}),
            12: ([2, 3], {"highway": "path", "name:zh": "环岛路"}),
            13: ([5, 6], {"highway": "path"}),
        }
        streets, _ = read(write_map(here, ways), "streets")
        assert list(streets["name"][:2]) == ["中山路", "环岛路"]
        assert streets["name"].isna().loc[13]

    def test_the_checked_layer_has_every_street(self, here: Path) -> None:
        ways = {4_000_000_000 + i: ([i, i + 1], {"highway": "path"}) for i in range(1, 9)}
        streets, _ = read(write_map(here, ways), "streets")
        checked, problems = check_layer(streets, LAYERS["streets"])
        assert len(checked) == 8
        assert problems == []


class TestKindergartens:
    def test_nodes_ways_and_relations_are_kindergartens(self, here: Path) -> None:
        tags = {"amenity": "kindergarten"}
        nodes = {30: (118.09, 24.48, {**tags, "name": "一幼", "capacity": "360"})}
        ways = {11: (SQUARE, {**tags, "operator:type": "public"}), 12: ([5, 6, 9, 8, 5], {})}
        relation = {"type": "multipolygon", **tags, "operator:type": "private", "name:en": "Third"}
        path = write_map(here, ways, {13: ([("w", 12, "outer")], relation)}, nodes)
        found, _ = read(path, "kindergartens")
        assert list(found["kindergarten_id"]) == ["node/30", "way/11", "relation/13"]
        assert list(found.index) == [1, 2, 3]
        assert list(found.geom_type) == ["Point", "Polygon", "Polygon"]
        assert found["places"].tolist()[0] == "360"
        assert found["kind"].tolist()[1] == "public"
        assert found["kind"].isna().tolist() == [True, False, True]  # private may be inclusive
        assert found["name_latin"].tolist()[2] == "Third"
        checked, problems = check_layer(found, LAYERS["kindergartens"])
        assert checked["places"].iloc[0] == 360
        assert [p.code for p in problems] == ["missing_value", "missing_value"]

    def test_a_map_without_capacities_says_so_once(self, here: Path) -> None:
        nodes = {30: (118.09, 24.48, {"amenity": "kindergarten"})}
        found, problems = read(write_map(here, nodes=nodes), "kindergartens")
        assert found["places"].isna().all()
        assert [(p.code, p.column, p.severity) for p in problems] == [
            ("no_capacity", "places", "warning")
        ]
        _, later = check_layer(found, LAYERS["kindergartens"])
        assert [p.code for p in later] == ["missing_value"]

    def test_a_building_for_kindergartens_is_listed_unless_one_is_there(self, here: Path) -> None:
        ways = {
            11: ([1, 2, 5, 4, 1], {"amenity": "kindergarten", "capacity": "90"}),
            12: ([21, 22, 23, 21], {"building": "kindergarten"}),
            13: ([6, 9, 8, 6], {"building": "kindergarten", "name": "旧园"}),
        }
        found, problems = read(write_map(here, ways), "kindergartens")
        assert list(found["kindergarten_id"]) == ["way/11"]
        assert codes(problems) == {"way/13": "not_read"}
        assert problems[0].problem.endswith("旧园")

    def test_one_that_is_drawn_twice_is_reported(self, here: Path) -> None:
        tags = {"amenity": "kindergarten", "capacity": "90"}
        nodes = {30: (118.081, 24.4812, tags), 31: (118.09, 24.5, tags)}
        found, problems = read(write_map(here, {11: (SQUARE, tags)}, nodes=nodes), "kindergartens")
        assert len(found) == 3
        assert codes(problems) == {"node/30": "mapped_twice"}

    def test_several_values_of_a_tag_are_taken_apart(self, here: Path) -> None:
        nodes = {30: (118.081, 24.48, {"amenity": "school;kindergarten"})}
        found, _ = read(write_map(here, nodes=nodes), "kindergartens")
        assert len(found) == 1

    def test_the_plan_file_names_the_tag_of_a_column(self, here: Path) -> None:
        tags = {"amenity": "kindergarten", "children": "80", "fee": "private", "capacity": "1"}
        path = write_map(here, nodes={30: (118.081, 24.48, tags)})
        named = {"places": "children", "kind": "fee"}
        found, problems = read(path, "kindergartens", columns=named)
        assert found.loc[1, ["places", "kind"]].tolist() == ["80", "private"]
        assert problems == []
        with pytest.raises(InputError, match="has the tag 'seats'"):
            read(path, "kindergartens", columns={"places": "seats"})
        with pytest.raises(InputError, match="holds its positions itself"):
            read(path, "kindergartens", columns={"lon": "x"})


class TestCommunities:
    HOME: ClassVar = {"landuse": "residential"}
    AREA: ClassVar = {"type": "multipolygon", "landuse": "residential"}

    def test_a_hole_is_cut_out_of_a_relation(self, here: Path) -> None:
        ways = {11: ([1, 3, 9], {}), 12: ([1, 7, 9], {}), 13: ([21, 22, 23, 21], self.HOME)}
        members = [("w", 11, "outer"), ("w", 12, "outer"), ("w", 13, "inner")]
        found, problems = read(write_map(here, ways, {5: (members, self.AREA)}), "communities")
        assert list(found["community_id"]) == ["way/13", "relation/5"]
        whole = shapely.Polygon([GRID[i] for i in SQUARE])
        hole = shapely.Polygon([INNER[i] for i in (21, 22, 23)])
        assert found.geometry.iloc[1].equals(whole.difference(hole))
        assert found.geometry.iloc[1].area == pytest.approx(whole.area - hole.area)
        assert problems == []

    def test_two_outlines_are_one_community(self, here: Path) -> None:
        ways = {11: ([1, 2, 5, 1], {}), 12: ([6, 9, 8, 6], {})}
        members = [("w", 11, "outer"), ("w", 12, "outer"), ("n", 5, "label")]
        tags = {**self.AREA, "name": "花园小区", "population": "1200"}
        found, _ = read(write_map(here, ways, {5: (members, tags)}), "communities")
        assert list(found.geom_type) == ["MultiPolygon"]
        assert found.loc[1, ["name", "residents"]].tolist() == ["花园小区", "1200"]

    def test_all_that_is_broken_is_listed(self, here: Path) -> None:
        nodes = {30: (118.081, 24.48, self.HOME)}
        ways = {
            11: (SQUARE, self.HOME),
            12: ([1, 2, 404, 4, 1], self.HOME),
            13: ([1, 2, 3], self.HOME),
            14: ([1, 2, 1], self.HOME),
            15: ([1, 3, 9], {}),
            16: ([404, 1, 2, 404], {}),
            17: ([1, 9, 3, 7, 1], {}),
        }
        outers = {5: [15, 99], 6: [15], 7: [15], 8: [16], 9: [17], 10: []}
        relations = {
            number: ([("w", way, "outer") for way in members], self.AREA)
            for number, members in outers.items()
        }
        relations[7] = (relations[7][0], {**self.HOME, "type": "site"})
        found, problems = read(write_map(here, ways, relations, nodes), "communities")
        assert list(found["community_id"]) == ["way/11"]
        assert codes(problems) == {
            "node/30": "wrong_geometry",
            "way/12": "cut_by_extract",
            "way/13": "unclosed",
            "way/14": "no_area",
            "relation/5": "cut_by_extract",
            "relation/6": "unclosed",
            "relation/7": "wrong_geometry",
            "relation/8": "cut_by_extract",
            "relation/9": "unclosed",
            "relation/10": "unclosed",
        }
        assert {p.severity for p in problems} == {"error"}

    def test_a_way_that_crosses_itself_is_left_to_the_later_check(self, here: Path) -> None:
        ways = {11: ([1, 9, 3, 7, 1], self.HOME), 12: ([1, 2, 5, 1], self.HOME)}
        found, problems = read(write_map(here, ways), "communities")
        assert problems == []
        assert found.geometry.is_valid.tolist() == [False, True]
        _, later = check_layer(found, LAYERS["communities"])
        assert [(p.code, p.row) for p in later] == [("invalid_geometry", 1)]

    def test_a_neighbourhood_without_estates_is_listed_but_not_read(self, here: Path) -> None:
        nodes = {
            30: (118.081, 24.481, {"place": "neighbourhood"}),
            31: (118.2, 24.6, {"place": "neighbourhood", "name": "新村"}),
        }
        found, problems = read(
            write_map(here, {11: (SQUARE, self.HOME)}, nodes=nodes), "communities"
        )
        assert len(found) == 1
        assert codes(problems) == {"node/31": "not_read"}

    def test_a_map_whose_communities_are_all_broken_says_why(self, here: Path) -> None:
        path = write_map(here, {13: ([1, 2, 3], self.HOME)})
        with pytest.raises(InputError, match=r"none of its 1 .*way/13: it is a line"):
            read(path, "communities")


class TestWindow:
    NEAR = Area(118.0795, 24.4795, 118.0805, 24.4835)
    FAR = Area(10.0, 50.0, 11.0, 51.0)

    def test_streets_that_touch_the_area_are_kept_whole(self, here: Path) -> None:
        path_tags = {"highway": "path"}
        ways = {11: ([1, 2, 3], path_tags), 12: ([6, 9], path_tags), 13: ([3, 404], path_tags)}
        streets, problems = read(write_map(here, ways), "streets", self.NEAR)
        assert streets.geometry.loc[11].coords[:] == [GRID[1], GRID[2], GRID[3]]
        assert list(streets.index) == [11]
        outside, lost = problems
        assert (outside.code, outside.problem[:9]) == ("outside_area", "1 street ")
        assert lost.value == "way/13"  # where it runs is not known
        with pytest.raises(InputError, match="none of its 2 streets lies in the study area"):
            read(here, "streets", self.FAR)

    def test_communities_elsewhere_are_counted(self, here: Path) -> None:
        home = {"landuse": "residential"}
        ways = {11: ([1, 2, 5, 1], home), 12: ([6, 9, 8, 6], home)}
        found, problems = read(write_map(here, ways), "communities", self.NEAR)
        assert list(found["community_id"]) == ["way/11"]
        assert [p.code for p in problems] == ["outside_area"]
        with pytest.raises(InputError, match="lies in the study area"):
            read(here, "communities", self.FAR)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map with something for each layer, and enough names to fill several kilobytes."""
    home = {"landuse": "residential"}
    ways = {10 + i: ([1 + i, 2 + i], {"highway": "path", "name": f"{i} 路" * 40}) for i in range(8)}
    ways |= {30: (SQUARE, home), 31: ([1, 3, 9], {}), 32: ([9, 7, 1], {})}
    members = [("w", 31, "outer"), ("w", 32, "outer")]
    relations = {5: (members, {**home, "type": "multipolygon"})}
    nodes = {40: (118.081, 24.4812, {"amenity": "kindergarten", "capacity": "90"})}
    folder = tmp_path_factory.mktemp("town")
    write_map(folder / "town.osm", ways, relations, nodes, file_format="osm")
    # Editors and query services write ways before the nodes that they refer to.
    write_map(folder / "turned.osm", ways, relations, nodes, file_format="osm", kinds="rwn")
    write_map(folder / "town.osm.bz2", ways, relations, nodes, file_format="osm.bz2")
    return write_map(folder / "town.osm.pbf", ways, relations, nodes)


class TestFiles:
    def test_names_tell_openstreetmap_files(self) -> None:
        yes = ("a.osm.pbf", "A.PBF", "b.osm", "c.osm.gz", "d.osm.bz2", "厦门.osm.pbf")
        no = ("a.gpkg", "b.osm.zip", "pbf", "c.geojson", "d.bz2", "osm.csv")
        assert all(is_osm(Path(name)) for name in yes)
        assert not any(is_osm(Path(name)) for name in no)

    @pytest.mark.parametrize("name", OSM_LAYERS)
    @pytest.mark.parametrize("other", ["town.osm", "turned.osm", "town.osm.bz2"])
    def test_every_format_and_order_gives_the_same(self, town: Path, name: str, other: str) -> None:
        expected, listed = read(town, name)
        found, problems = read(town.with_name(other), name)
        assert found.drop(columns="geometry").equals(expected.drop(columns="geometry"))
        assert found.geometry.geom_equals_exact(expected.geometry, 0).all()
        assert [p.code for p in problems] == [p.code for p in listed]

    @pytest.mark.parametrize("name", OSM_LAYERS)
    def test_a_large_file_keeps_its_nodes_on_the_disk(
        self, town: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected, _ = read(town, name)
        made = []
        create = osmium.index.create_map
        monkeypatch.setattr(
            osmium.index, "create_map", lambda kind: made.append(kind) or create(kind)
        )
        monkeypatch.setattr(osm_file_room, "LARGE_FILE", 0)
        found, _ = read(town, name)
        assert found.geometry.geom_equals_exact(expected.geometry, 0).all()
        assert made[0].startswith("sparse_file_array,")
        assert not Path(made[0].partition(",")[2]).exists()  # nothing is left behind

    def test_other_layers_are_named(self, town: Path) -> None:
        with pytest.raises(
            InputError, match="streets, kindergartens, communities, not for 'units'"
        ):
            read(town, "units")

    @pytest.mark.parametrize("key", ["layer", "encoding"])
    def test_there_are_no_layers_and_encodings_to_choose(self, town: Path, key: str) -> None:
        with pytest.raises(InputError, match=f"has no {key}"):
            read(town, "streets", **{key: "lines"})

    @pytest.mark.parametrize("name", OSM_LAYERS)
    def test_without_the_extra_it_is_named(
        self, town: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(osm_file_room, "find_spec", lambda _: None)
        with pytest.raises(InputError, match=r'pip install "kgspatial\[osm\]"'):
            read(town, name)

    @pytest.mark.parametrize("name", OSM_LAYERS)
    def test_a_map_without_the_layer_says_what_is_missing(self, here: Path, name: str) -> None:
        with pytest.raises(InputError, match="it holds no"):
            read(write_map(here), name)

    @pytest.mark.parametrize("name", OSM_LAYERS)
    @pytest.mark.parametrize(
        "content",
        [b"", b"hello\n" * 99, b"PK\x03\x04" + bytes(range(256)) * 9, b"<osm/>", b"\0" * 64],
    )
    def test_what_is_no_map_is_refused(self, here: Path, name: str, content: bytes) -> None:
        here.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read as OpenStreetMap data"):
            read(here, name)

    def test_a_missing_file_and_a_folder_are_refused(self, here: Path) -> None:
        with pytest.raises(InputError, match="there is no such file"):
            read(here, "streets")
        here.mkdir()
        with pytest.raises(InputError, match="cannot be read"):
            read(here, "streets")

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(share=st.floats(0, 0.999), name=st.sampled_from(OSM_LAYERS))
    def test_a_download_that_broke_off_is_refused(
        self, town: Path, here: Path, share: float, name: str
    ) -> None:
        content = town.read_bytes()
        here.write_bytes(content[: int(share * len(content))])
        with pytest.raises(InputError):
            read(here, name)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        place=st.floats(0, 0.999),
        byte=st.integers(0, 255),
        name=st.sampled_from(OSM_LAYERS),
        original=st.sampled_from(["town.osm.pbf", "town.osm"]),
    )
    def test_a_wrong_byte_raises_nothing_else(
        self, town: Path, tmp_path: Path, place: float, byte: int, name: str, original: str
    ) -> None:
        content = bytearray(town.with_name(original).read_bytes())
        content[int(place * len(content))] = byte
        damaged = tmp_path / original
        damaged.write_bytes(content)
        with contextlib.suppress(InputError):
            found, _ = read(damaged, name)
            assert len(found)

    def test_a_history_is_refused(self, here: Path) -> None:
        path = write_map(here, {11: ([1, 2], {"highway": "path"})}, file_format="osh.pbf")
        with pytest.raises(InputError, match="history of its objects"):
            read(path, "streets")

    @pytest.mark.parametrize(("way", "refs"), [(-11, [1, 2]), (11, [1, -2])])
    def test_what_was_never_uploaded_is_refused(
        self, here: Path, way: int, refs: list[int]
    ) -> None:
        nodes = {-2: (118.0, 24.0)}
        path = write_map(here, {way: (refs, {"highway": "path"})}, nodes=nodes)
        with pytest.raises(InputError, match=f"negative ids, such as those of way/{way}"):
            read(path, "streets")


# ---------------------------------------------------------------- real extracts, read twice


def gdal_ways(path: Path) -> dict[int, dict[str, str]]:
    """Tags of all ways with the tag highway, lines and areas, as GDAL reads them."""
    pair = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
    found: dict[int, dict[str, str]] = {}
    for layer, number in (("lines", "osm_id"), ("multipolygons", "osm_way_id")):
        columns = [number, "highway", "other_tags"]
        table = gdal_table(path, layer).reindex(columns=columns).astype(object).fillna("")
        for way, kind, others in table.itertuples(index=False):
            tags = {**({"highway": kind} if kind else {}), **dict(pair.findall(others))}
            if way and "highway" in tags:
                found[int(way)] = tags
    return found


def gdal_table(path: Path, layer: str) -> pd.DataFrame:
    """Tags of a layer as GDAL reads it."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rings that the border leaves open
        return pyogrio.read_dataframe(path, layer=layer, read_geometry=False).astype(object)


def plainly_walked(tags: dict[str, str]) -> bool:
    """The rule for these two extracts, written out once more."""
    if tags["highway"] == "construction" or tags.get("foot") == "no":
        return False
    if tags.get("foot") in ("yes", "designated", "permissive"):
        return True
    if tags.get("access") in ("private", "no"):
        return False
    roads = ("motorway", "motorway_link", "cycleway")
    return tags["highway"] not in roads or "segregated" in tags


def square_edges(path: Path) -> set[int]:
    """Ways of pedestrian multipolygons that have no tag highway of their own."""
    edges: set[int] = set()
    tagged: set[int] = set()
    for element in osmium.FileProcessor(path, osmium.osm.WAY | osmium.osm.RELATION):
        tags = dict(element.tags)
        if "highway" not in tags:
            continue
        if element.is_way():
            tagged.add(element.id)
        elif tags.get("type") == "multipolygon" and plainly_walked(tags):
            edges |= {member.ref for member in element.members if member.type == "w"}
    return edges - tagged


def shapely_points(line: shapely.Geometry) -> list[tuple[float, float]]:
    return [(x, y) for x, y in shapely.get_coordinates(line).tolist()]


@pytest.mark.parametrize("name", HELSINKI)
class TestHelsinki:
    pytestmark = real

    def test_streets_are_those_that_gdal_sees(self, name: str) -> None:
        path = DATA / name
        streets, problems = read(path, "streets")
        lost = {
            int(v.partition("/")[2])
            for v in (p.value for p in problems if "left out" in p.done)
            if v
        }
        theirs = {way for way, tags in gdal_ways(path).items() if plainly_walked(tags)}
        ours = set(streets.index)
        assert len(ours) > 250
        assert theirs - ours <= lost  # GDAL makes lines and rings of what the border cuts
        assert ours - theirs <= square_edges(path)  # which GDAL has as relations

    def test_every_node_of_a_street_is_a_vertex_and_the_same_in_all_streets(
        self, name: str
    ) -> None:
        path = DATA / name
        streets, _ = read(path, "streets")
        lines = dict(zip(streets.index, streets.geometry, strict=True))
        used: Counter[int] = Counter()
        corners: dict[int, tuple[float, float]] = {}
        for way in osmium.FileProcessor(path).with_locations():
            if not way.is_way() or way.id not in lines:
                continue
            nodes = {n.ref: (n.lon, n.lat) for n in way.nodes if n.location.valid()}
            if len(nodes) == len({n.ref for n in way.nodes}):
                expected = [nodes[n.ref] for n in way.nodes]
                assert list(lines[way.id].coords) == expected
            corners |= nodes
            used.update(list(nodes))
        junctions = {corners[node] for node, ways in used.items() if ways > 1}
        assert len(junctions) > 200
        ends = Counter(xy for line in lines.values() for xy in set(shapely_points(line)))
        assert sum(ends[xy] > 1 for xy in junctions) == len(junctions)

    def test_residential_areas_are_read_or_listed(self, name: str) -> None:
        path = DATA / name
        communities, problems = read(path, "communities")
        theirs = gdal_table(path, "multipolygons").query("landuse == 'residential'")
        lost = [p for p in problems if p.code == "cut_by_extract"]
        assert len(communities) + len(lost) == len(theirs) == 26
        assert communities.geometry.is_valid.all()
        checked, _ = check_layer(communities, LAYERS["communities"])
        assert len(checked) == len(communities)


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason="the Helsinki extracts are no part of the project")
def test_the_one_kindergarten_of_the_small_extract_is_found() -> None:
    found, problems = read(DATA / "test.osm.pbf", "kindergartens")
    assert list(found["kindergarten_id"]) == ["node/1324225776"]
    assert [p.code for p in problems] == ["not_read", "no_capacity"]
    assert np.allclose(found.geometry.iloc[0].coords, [(26.95902, 60.53478)], atol=1e-5)

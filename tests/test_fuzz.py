"""Whatever bytes a planner's file holds: only kgspatial's own exceptions come out."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kgspatial.errors import KgspatialError
from kgspatial.inputs import LayerInput, check_layer, read_layer
from kgspatial.inputs.planfile import read_plan_file
from kgspatial.layers import LAYERS
from kgspatial.reading import check_plan, study_from_plan

BOUNDED = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = sorted(LAYERS)

cells = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "经度",
            "纬度",
            "在园人数",
            "学位数",
            "园名",
            "合计",
            "小计",
            "注：",
            "kindergarten_id",
            "places",
        ]
    ),
    st.sampled_from(
        ["120.5", "23.5", "2.5亩", "３６０", "1,200", "-", "东经120度", "120,23", '"', "1e400"]
    ),
    st.floats().map(str),
    st.integers(-(10**20), 10**20).map(str),
)
separators = st.sampled_from([",", "\t", ";", "|"])
encodings = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "latin-1"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Bytes of a table: cells of all sorts, any separator, any encoding, perhaps cut off."""
    rows = draw(st.lists(st.lists(cells, max_size=6), max_size=7))
    separator, end = draw(separators), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(separator.join(row) for row in rows)
    content = text.encode(draw(encodings), "replace")
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


numbers = st.one_of(st.floats(), st.integers(-200, 200), st.none(), st.text(max_size=2))
positions = st.recursive(st.lists(numbers, max_size=4), lambda inner: st.lists(inner, max_size=4))
kinds = st.sampled_from(
    ["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection", "Circle", ""]
)
shapes = st.one_of(
    st.none(),
    st.fixed_dictionaries({"type": kinds, "coordinates": positions}),
    st.fixed_dictionaries({"type": kinds}),
    st.just({"type": "Point", "coordinates": [120.5, 23.5]}),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=4)),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
features = st.fixed_dictionaries(
    {"type": st.just("Feature"), "geometry": shapes},
    optional={
        "properties": st.one_of(
            st.none(),
            st.dictionaries(st.sampled_from(["园名", "places", "学位数", "a"]), values, max_size=3),
        )
    },
)
collections = st.fixed_dictionaries(
    {"type": st.sampled_from(["FeatureCollection", "Feature", "Nothing"])},
    optional={"features": st.lists(features, max_size=4), "crs": values},
)


def read_and_check(path: Path, name: str) -> None:
    """Read a layer and check it; any error but kgspatial's own fails the test."""
    with suppress(KgspatialError):
        frame, _ = read_layer(name, LayerInput(str(path), crs="EPSG:4326"))
        check_layer(frame, LAYERS[name])


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt", "xlsx", "xls"])
class TestTables:
    @BOUNDED
    @given(content=st.one_of(tables(), st.binary(max_size=200)), name=st.sampled_from(NAMES))
    def test_of_any_bytes(self, tmp_path: Path, suffix: str, content: bytes, name: str) -> None:
        path = tmp_path / f"t.{suffix}"
        path.write_bytes(content)
        read_and_check(path, name)


class TestGeoJson:
    @BOUNDED
    @given(content=collections, name=st.sampled_from(NAMES))
    def test_of_any_structure(self, tmp_path: Path, content: object, name: str) -> None:
        path = tmp_path / "g.geojson"
        path.write_text(json.dumps(content), encoding="utf-8")
        read_and_check(path, name)

    @BOUNDED
    @given(content=collections.map(json.dumps), at=st.integers(0, 200), put=st.binary(max_size=3))
    def test_of_broken_bytes(self, tmp_path: Path, content: str, at: int, put: bytes) -> None:
        whole = content.encode()
        path = tmp_path / "g.geojson"
        path.write_bytes(whole[:at] + put + whole[at + len(put) :])
        read_and_check(path, "kindergartens")


toml_values = st.one_of(
    st.integers(-5, 10**20).map(str),
    st.floats().map(str),
    st.text(max_size=6).map(json.dumps),
    st.sampled_from(
        ["true", "[]", "{}", "[1, 2]", '"GCJ-02"', '"EPSG:4490"', '"g.csv"', "2025-01-01"]
    ),
)
toml_keys = st.sampled_from(
    ["path", "crs", "columns", "layer", "encoding", "bands", "year", "new", "limit_m", "name", "x"]
)
sections = st.sampled_from(
    [
        "plan",
        "inputs",
        "inputs.kindergartens",
        "inputs.population",
        "siting",
        "travel",
        "demand",
        "q",
    ]
)


@st.composite
def plan_texts(draw: st.DrawFn) -> str:
    lines = []
    for section in draw(st.lists(sections, unique=True, max_size=4)):
        lines.append(f"[{section}]")
        keys = draw(st.lists(toml_keys, unique=True, max_size=4))
        lines += [f"{key} = {draw(toml_values)}" for key in keys]
    return "\n".join(lines)


class TestPlanFiles:
    @BOUNDED
    @given(content=st.one_of(plan_texts().map(str.encode), st.binary(max_size=120)))
    @example(content=b'[inputs.kindergartens]\npath = "\x00"\n')
    @example(content=b'[inputs.kindergartens]\npath = ""\n')
    def test_of_any_content(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "plan.toml"
        path.write_bytes(content)
        (tmp_path / "g.csv").write_text(
            "园名,学位数,经度,纬度\n甲,90,120.5,23.5\n", encoding="utf-8"
        )
        with suppress(KgspatialError):
            plan = read_plan_file(path)
            for use in (check_plan, study_from_plan):
                use(plan)

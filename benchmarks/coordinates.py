"""1,000,000 points from GCJ-02 to WGS 84: kgspatial beside the packages of PyPI.

Points are drawn in WGS 84 and shifted with 80-bit arithmetic, so the error of each is known. Most
packages give back what the mirror formula gives, metres off; the fastest of them stands at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from statistics import median

import numpy as np

from benchmarks.common import print_head, print_row, timed
from kgspatial import transform_china

POINTS, EXACT_M, SHARE = 1_000_000, 1e-3, 0.1
Pair = tuple[np.ndarray, np.ndarray]


def points(seed: int = 5) -> tuple[Pair, Pair]:
    """Points of China in WGS 84 and in GCJ-02."""
    random = np.random.default_rng(seed)
    lon, lat = random.uniform(73.6, 134.8, POINTS), random.uniform(3.5, 53.5, POINTS)
    gcj_lon, gcj_lat = shifted(lon.astype(np.longdouble), lat.astype(np.longdouble))
    return (lon, lat), (gcj_lon.astype(np.float64), gcj_lat.astype(np.float64))


def shifted(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """The published formula, term by term."""
    pi = np.longdouble("3.14159265358979323846")
    x, y = lon - 105, lat - 35

    def wave(q: np.ndarray, height: int, period: float) -> np.ndarray:
        return height * np.sin(q * pi * 2 / np.longdouble(period)) * 2 / 3

    root, product = np.sqrt(np.abs(x)) / 10, x * y / 10
    both = wave(3 * x, 20, 1) + wave(x, 20, 1)
    north = -100 + 2 * x + 3 * y + y * y / 5 + product + 2 * root + both
    north += wave(y, 20, 2) + wave(y, 40, 6) + wave(y, 160, 24) + wave(y, 320, 60)
    east = 300 + x + 2 * y + x * x / 10 + product + root + both
    east += wave(x, 20, 2) + wave(x, 40, 6) + wave(x, 150, 24) + wave(x, 300, 60)
    a, ee = np.longdouble(6378245), np.longdouble("0.00669342162296594323")
    phi = lat * pi / 180
    m = 1 - ee * np.sin(phi) ** 2
    per_east, per_north = np.sqrt(m) / (a * np.cos(phi)), m * np.sqrt(m) / (a * (1 - ee))
    return lon + east * per_east * 180 / pi, lat + north * per_north * 180 / pi


def coord_convert(lon: np.ndarray, lat: np.ndarray) -> Pair:
    move = import_module("coord_convert.transform").gcj2wgs
    return _columns([move(a, b) for a, b in zip(lon.tolist(), lat.tolist(), strict=True)])


def geocoordinates(lon: np.ndarray, lat: np.ndarray) -> Pair:
    peer = import_module("geocoordinates_ffi")
    move, point = peer.gcj02_to_wgs84_refined, peer.Gcj02
    found = (move(point(lat=b, lon=a)) for a, b in zip(lon.tolist(), lat.tolist(), strict=True))
    return _columns([(p.lon, p.lat) for p in found])


def pybind11(lon: np.ndarray, lat: np.ndarray) -> Pair:
    move = import_module("pybind11_coordtransform").gcj02_to_wgs84_Nx2
    return _columns(move(np.column_stack([lon, lat])))


def _columns(rows: object) -> Pair:
    table = np.asarray(rows)
    return table[:, 0], table[:, 1]


PEERS: dict[str, Callable[[np.ndarray, np.ndarray], Pair]] = {
    "coord-convert": coord_convert,
    "geocoordinates-rs": geocoordinates,
    "pybind11-coordtransform": pybind11,
}


def error_m(found: Pair, truth: Pair) -> float:
    metres = np.radians(6378137.0)
    east = (found[0] - truth[0]) * np.cos(np.radians(truth[1]))
    return float(metres * np.hypot(east, found[1] - truth[1]).max())


def main() -> None:
    wgs, gcj = points()
    print_head(f"{POINTS:,} points from GCJ-02 to WGS 84")
    ours, seconds = timed(lambda: transform_china(*gcj, from_="GCJ-02", to="WGS 84"))
    error = error_m(ours, wgs)
    print_row("kgspatial transform_china", seconds, f"largest error {error:.1e} m")
    assert error < EXACT_M
    exact: dict[str, float] = {}
    for name, move in PEERS.items():
        try:
            theirs, took = timed(lambda move=move: move(*gcj), runs=1)
        except ModuleNotFoundError:
            print(f"{name:<44} is not installed")
            continue
        off = error_m(theirs, wgs)
        print_row(name, took, f"largest error {off:.1e} m")
        if off <= EXACT_M:
            exact[name] = took[0]
            assert error_m(ours, theirs) <= EXACT_M
    if exact:
        best = min(exact, key=exact.__getitem__)
        share = median(seconds) / exact[best]
        print(
            f"best at {EXACT_M * 1000:.0f} mm or better: {best}; kgspatial takes {share:.1%} of it"
        )
        assert share <= SHARE

"""The map as a file: what is in it, that it needs nothing else, and that names stay names."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import struct
import warnings
import zlib
from html.parser import HTMLParser
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from branca.element import Element
from folium.plugins import MarkerCluster
from pyproj import Transformer
from shapely import LineString, MultiPolygon, Point, Polygon, box

from kgspatial.balance import Balance, assess_balance
from kgspatial.demand import estimate_demand
from kgspatial.errors import KgspatialError
from kgspatial.inputs.settings import PlanSettings, Settings, SitingSettings, TravelSettings
from kgspatial.layers import Grid, Population
from kgspatial.maps import PlanMap, packing, plan_map, symbols, write_standalone
from kgspatial.maps.grid_images import cell_hectares, palette_png
from kgspatial.report import palette
from kgspatial.siting import SitePlan, propose_sites
from kgspatial.study import Study
from kgspatial.travel import measure_travel

CRS = "EPSG:4548"
LON, LAT = 117.7, 24.5
WEST, SOUTH = Transformer.from_crs(4326, CRS, always_xy=True).transform(LON, LAT)
HOSTILE = "<img src=x onerror=alert(1)>"
CLOSING = "</script><b>&amp;"

Results = tuple[Study, Balance, SitePlan]


def at(x: float, y: float) -> Point:
    return Point(WEST + x, SOUTH + y)


def square(x: float, y: float, side: float) -> Polygon:
    return box(WEST + x, SOUTH + y, WEST + x + side, SOUTH + y + side)


def communities() -> gpd.GeoDataFrame:
    """Four by three squares of 300 m, 600 m apart; the right column is far from any kindergarten."""
    cells = [(i, j) for j in range(3) for i in range(4)]
    names = [HOSTILE, CLOSING, None, *(f"第{n}小区" for n in range(4, 13))]
    return gpd.GeoDataFrame(
        {
            "community_id": [f"C{n:02d}" for n in range(12)],
            "name": names,
            "name_latin": [HOSTILE, CLOSING, None, *(f"Estate {n}" for n in range(4, 13))],
            "households": [200.0, None, *(150.0 + 10 * n for n in range(10))],
        },
        geometry=[square(600 * i, 600 * j, 300) for i, j in cells],
        crs=CRS,
    )


def kindergartens() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "kindergarten_id": ["K1", "K2", "K3", "K4"],
            "name": ["第一幼儿园", "向阳幼儿园", None, "无类型园"],
            "name_latin": ["First", "Sunny", None, "Kindless"],
            "kind": ["public", "inclusive", "private", None],
            "places": [200.0, 90.0, 60.0, 30.0],
            "enrolled": [180.0, None, 50.0, None],
        },
        geometry=[at(450, 150), at(1050, 750), at(450, 1350), at(1050, 1450)],
        crs=CRS,
    )


def units() -> gpd.GeoDataFrame:
    halves = [
        box(WEST - 200, SOUTH + low, WEST + 2300, SOUTH + high)
        for low, high in ((-200, 1000), (1000, 1900))
    ]
    names = {"name": ["城南街道", "城北街道"], "name_latin": ["South", "North"]}
    return gpd.GeoDataFrame({"unit_id": ["U1", "U2"], **names}, geometry=halves, crs=CRS)


def candidates() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "site_id": ["S1", "S2", "S3"],
            "name": ["东区地块", "旧校舍", "气站旁地块"],
            "name_latin": ["East plot", "Old school", "By the gas station"],
            "source": ["parcel", "idle_building", "parcel"],
            "cost_wan": [1500.0, np.nan, 900.0],
            "max_classes": [12.0, 9.0, 12.0],
        },
        geometry=[at(1700, 150), at(1700, 1350), at(2200, 800)],
        crs=CRS,
    )


def hazards() -> gpd.GeoDataFrame:
    table = {"hazard": ["gas_station"], "name": ["加油站"], "keep_away_m": [100.0]}
    return gpd.GeoDataFrame(table, geometry=[at(2210, 810)], crs=CRS)


def streets() -> gpd.GeoDataFrame:
    lines = [
        LineString([(WEST, SOUTH + 450), (WEST + 2100, SOUTH + 450)]),
        LineString([(WEST + 1500, SOUTH - 100), (WEST + 1500, SOUTH + 300)]),
    ]
    return gpd.GeoDataFrame({"barrier": [None, "river"]}, geometry=lines, crs=CRS)


def villages() -> gpd.GeoDataFrame:
    table = {"village_id": ["V1"], "name": ["河西村"], "residents": [820.0]}
    return gpd.GeoDataFrame(table, geometry=[at(-100, 1700)], crs=CRS)


def population() -> Population:
    step = 0.000833333
    grid = Grid((26, 32), Affine(step, 0, LON - 0.002, 0, -step, LAT + 0.0185), "EPSG:4326")
    people = np.add.outer(np.linspace(0.2, 3.0, 26), np.linspace(0.2, 3.0, 32))
    people[:, 30:] = 0.0
    return Population(grid, {"children": people}, "children.tif")


def settings(language: str = "zh", name: str = "示例区") -> Settings:
    plan = PlanSettings(name=name, year=2025, language=language, source_note="示例数据")
    return Settings(plan=plan, travel=TravelSettings(limit_m=600.0), siting=SitingSettings(new=1))


def small_study(**changes: Any) -> Study:
    layers = {
        "kindergartens": kindergartens(),
        "communities": communities(),
        "units": units(),
        "candidates": candidates(),
        "hazards": hazards(),
        "streets": streets(),
        "villages": villages(),
        "population": population(),
        "settings": settings(),
    }
    return Study(**{**layers, **changes})


def assessed(study: Study) -> Balance:
    demand = estimate_demand(study)
    return assess_balance(study, demand, measure_travel(study, demand))


def small_results(**changes: Any) -> Results:
    study = small_study(**changes)
    balance = assessed(study)
    return study, balance, propose_sites(study, balance, new=1, time_limit_s=5)

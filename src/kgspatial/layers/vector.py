"""The layers with a place: communities, kindergartens, units, villages, streets, gates, candidates, hazards.

Imports from `schema`.
"""

from __future__ import annotations

from kgspatial.layers.schema import (
    KINDS,
    LINES,
    OLDEST_AGE,
    POINTS,
    POLYGONS,
    SOURCES,
    Column,
    Layer,
    count_column,
    year_column,
)

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "communities",
            "community_id",
            POLYGONS,
            (
                Column("community_id", required=True),
                Column("name"),
                Column("name_latin"),
                count_column("households", "households"),
                count_column("residents", "persons"),
                count_column("children", "children"),
                count_column("floor_area_m2", "m2"),
                year_column("delivered_year"),
                count_column("occupancy", "share", maximum=1),
                Column("unit_id"),
                count_column("planned_places", "places"),
            ),
        ),
        Layer(
            "kindergartens",
            "kindergarten_id",
            POINTS + POLYGONS,
            (
                Column("kindergarten_id", required=True),
                Column("name"),
                Column("name_latin"),
                count_column("places", "places"),
                count_column("classes", "classes"),
                count_column("enrolled", "children"),
                Column("kind", values=KINDS),
                Column("licensed", "flag"),
                Column("grade"),
                count_column("classes_nursery", "classes"),
                count_column("classes_junior", "classes"),
                count_column("classes_middle", "classes"),
                count_column("classes_senior", "classes"),
                count_column("classes_mixed", "classes"),
                count_column("site_area_m2", "m2"),
                count_column("floor_area_m2", "m2"),
                count_column("outdoor_area_m2", "m2"),
                count_column("teachers", "persons"),
                count_column("carers", "persons"),
                count_column("staff", "persons"),
                year_column("opened_year"),
                year_column("closes_year"),
                Column("head_id"),
                Column("supports_community"),
            ),
            one_of=("places", "classes"),
        ),
        Layer(
            "units",
            "unit_id",
            POLYGONS,
            (
                Column("unit_id", required=True),
                Column("name"),
                Column("name_latin"),
                Column("level"),
                Column("urban", "flag"),
                count_column("residents", "persons"),
                count_column("children", "children"),
                *(count_column(f"age_{age}", "children") for age in range(OLDEST_AGE + 1)),
                Column("migration", "number", minimum=-1, maximum=1, unit="share"),
            ),
        ),
        Layer(
            "villages",
            "village_id",
            POINTS + POLYGONS,
            (
                Column("village_id", required=True),
                Column("name"),
                Column("name_latin"),
                Column("residents", "number", required=True, minimum=0, unit="persons"),
                Column("unit_id"),
            ),
        ),
        Layer(
            "streets",
            None,
            LINES,
            (
                Column("name"),
                Column("highway"),
                Column("foot"),
                Column("access"),
                Column("barrier"),
                Column("bridge", "flag"),
                Column("tunnel", "flag"),
                Column("level", "integer"),
                count_column("length_m", "m"),
            ),
        ),
        Layer(
            "gates",
            None,
            POINTS,
            (
                Column("community_id"),
                Column("name"),
            ),
        ),
        Layer(
            "candidates",
            "site_id",
            POINTS + POLYGONS,
            (
                Column("site_id", required=True),
                Column("name"),
                Column("name_latin"),
                Column("source", values=SOURCES),
                count_column("site_area_m2", "m2"),
                count_column("floor_area_m2", "m2"),
                count_column("max_classes", "classes"),
                count_column("cost_wan", "10,000 yuan"),
                year_column("available_year"),
                Column("land_code"),
                Column("kindergarten_id"),
            ),
        ),
        Layer(
            "hazards",
            None,
            POINTS + LINES + POLYGONS,
            (
                Column("hazard", required=True),
                Column("name"),
                Column("name_latin"),
                count_column("keep_away_m", "m"),
            ),
        ),
    )
}

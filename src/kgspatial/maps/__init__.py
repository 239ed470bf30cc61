"""The interactive map: a folium map of the results that opens without a network.

Imports from `siting`, `balance`, `demand`, `study` and below. Module order: symbols, reach_lines,
packing, years, drawn, base_layers, result_layers, layout_layers, grid_images, flows, year_layers,
tools, content, tiles, notebook, page, planmap, plate_shades, plate_subjects, plates.
"""

from kgspatial.maps.planmap import PlanMap, plan_map, write_standalone
from kgspatial.maps.plates import plate_map, plates_of
from kgspatial.maps.tiles import BaseMap

__all__ = [
    "BaseMap",
    "PlanMap",
    "plan_map",
    "plate_map",
    "plates_of",
    "write_standalone",
]

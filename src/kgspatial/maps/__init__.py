"""The interactive map: a folium map of the results that opens without a network.

Imports from `siting`, `balance`, `demand`, `study` and below. Module order: symbols, reach_lines,
packing, drawn, base_layers, result_layers, grid_images, content, page, planmap.
"""

from kgspatial.maps.planmap import PlanMap, plan_map, write_standalone

__all__ = ["PlanMap", "plan_map", "write_standalone"]

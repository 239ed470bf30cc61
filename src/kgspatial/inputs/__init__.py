"""From planners' files to checked layers: readers, CRS (GCJ-02, BD-09), checks, problem list.

Imports from `layers`, `terms` and `errors`. Order, from below: settings, problems, files, charsets,
the rooms `columns`, `coordinates`; planfile; the rooms `tables`, `vector`, `osm`, `rasters`,
`checks`; readers; the room `convert`. Each room names its own order.
"""

from kgspatial.inputs.checks.layer import check_layer
from kgspatial.inputs.coordinates.china import transform_china
from kgspatial.inputs.coordinates.crs import parse_crs, projected_crs
from kgspatial.inputs.files import sha256
from kgspatial.inputs.planfile import LayerInput, PlanFile, read_plan_file
from kgspatial.inputs.problems import Problem, problem_table
from kgspatial.inputs.rasters.read import read_population
from kgspatial.inputs.readers import read_layer
from kgspatial.inputs.settings import Settings

__all__ = [
    "LayerInput",
    "PlanFile",
    "Problem",
    "Settings",
    "check_layer",
    "parse_crs",
    "problem_table",
    "projected_crs",
    "read_layer",
    "read_plan_file",
    "read_population",
    "sha256",
    "transform_china",
]

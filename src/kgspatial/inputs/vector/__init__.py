"""Vector files to raw layers: what GDAL reads, GeoParquet, archives and drawings.

Module order: texts, copies, frames, ogr, shapefiles, kml, drawings, archives, read.
"""

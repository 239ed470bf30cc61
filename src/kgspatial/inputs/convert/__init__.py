"""Files from one coordinate system to another, with nothing else changed.

Module order: spatial_layer, layer_files, parquet_files, text_points, movement, file.
"""

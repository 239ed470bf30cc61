"""Population rasters to counts per cell: patterns of files, mosaics, windows and blocks.

Module order: patterns, worldpop, cells, mosaic, read, blocks.
"""

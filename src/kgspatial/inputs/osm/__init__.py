"""OpenStreetMap files, read offline; needs the extra `osm.read`.

Module order: tags, elements, streets, places, read.
"""

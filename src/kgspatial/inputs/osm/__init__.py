"""OpenStreetMap files, read offline; needs the extra `osm`.

Module order: tags, elements, streets, places, read.
"""

"""Coordinate systems and coordinates in texts: GCJ-02 and BD-09, zones, angles, the study area.

Module order: _china_formulas, china, crs, zones, areas, angles, points.
"""

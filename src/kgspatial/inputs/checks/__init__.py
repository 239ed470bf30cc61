"""What is wrong in a layer or between layers; every finding goes into the problem table.

Module order: rows, shapes, layer, relations, alignment, shifts, elsewhere, duplicates, doctor.
"""

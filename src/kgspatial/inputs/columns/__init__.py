"""What columns mean: headers, units, coded words and numbers, with their table of aliases.

Module order: aliases, numbers, values, registers, meanings, headers.
"""

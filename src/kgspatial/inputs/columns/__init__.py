"""What columns mean: headers, units, coded words and numbers, with their table of aliases.

Module order: aliases, numbers, dates, values, registers, meanings, headers, cells, links.
"""

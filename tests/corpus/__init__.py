"""Awkward files as planners have them, and what must be understood of each; see README.md."""

"""Runs the command as ``python -m kgspatial``. Imports from `cli`."""

from kgspatial.cli import main

main()

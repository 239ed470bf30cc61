"""The examples in the docstrings run and give what they show."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import kgspatial

MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(kgspatial.__path__, "kgspatial.")
    if not m.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_module_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0

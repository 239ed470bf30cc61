"""From a file's own column names to canonical ones.

Imports from `planfile`, `problems` and `errors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput

FrameT = TypeVar("FrameT", bound=pd.DataFrame)


def with_canonical_names(frame: FrameT, declared: LayerInput, path: Path) -> FrameT:
    """Columns under their canonical names; what the plan file names goes before a like-named one."""
    named = declared.columns or {}
    there = [c for c in frame.columns if c != getattr(frame, "active_geometry_name", None)]
    for canonical, theirs in named.items():
        if theirs not in there:
            raise InputError(
                f"no column '{theirs}', which the plan file names for '{canonical}'",
                source=path,
                column=theirs,
                hint=f"Its columns: {', '.join(map(str, there))}.",
            )
    gone = [c for c in there if c in named or c in named.values()]
    return frame.drop(columns=gone).assign(**{c: frame[theirs] for c, theirs in named.items()})

"""A layer's rows as a person finds them in the file: by number, id and name.

Imports from `problems` and `layers`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kgspatial.inputs.problems import Problem, Severity
from kgspatial.layers import LAYERS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Rows:
    """What is said of a checked layer's rows in findings, each row by its position.

    Parameters
    ----------
    layer, source : str
        The layer and its file.
    numbers : ndarray of int
        Rows as the user counts them.
    ids, names : ndarray of str
        Empty where there are none.
    """

    layer: str
    source: str
    numbers: NDArray[np.int64]
    ids: NDArray[np.object_]
    names: NDArray[np.object_]

    def called(self, row: int) -> str:
        """A row's id, name and number, as far as it has them."""
        parts = (f"'{self.ids[row]}'", self.names[row], f"(row {self.numbers[row]})")
        return " ".join(str(part) for part in parts if part not in ("", "''"))

    def problem(
        self,
        row: int,
        code: str,
        text: str,
        done: str,
        severity: Severity = "warning",
        *,
        column: str = "",
        value: object = None,
    ) -> Problem:
        """A finding in one row; one that is in no column is found by the row's id."""
        if not column:
            column, value = LAYERS[self.layer].id_column or "", self.ids[row]
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        number = int(self.numbers[row])
        return Problem(
            *(self.layer, code, text, done, severity, self.source, number, column, shown)
        )


def rows_of(frame: gpd.GeoDataFrame, name: str) -> Rows:
    """Return what findings say of the rows of a checked layer, whose index counts as the user does."""
    id_column = LAYERS[name].id_column
    source = str(frame.attrs.get("source", ""))
    numbers = frame.index.to_numpy(dtype=np.int64)
    return Rows(name, source, numbers, _texts(frame, id_column), _texts(frame, "name"))


def _texts(frame: gpd.GeoDataFrame, column: str | None) -> NDArray[np.object_]:
    if column is None or column not in frame:
        return np.full(len(frame), "", dtype=object)
    texts = frame[column].astype(object)
    return np.asarray(texts.where(texts.notna(), ""), dtype=object)


def plain_name(name: object) -> str:
    """A name by which rows are compared: no blanks, no brackets, half width, small letters.

    Phases of one estate (一期, 二期) keep different names, because they are different places.
    """
    if not isinstance(name, str):
        return ""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())

"""The exceptions and warnings that kgspatial raises on purpose.

Imports nothing: every other room may import from here.
"""

from __future__ import annotations

from pathlib import Path


class KgspatialError(Exception):
    """Base of all errors that kgspatial raises on purpose."""


class InputError(KgspatialError):
    """Something the user gave cannot be used: a file, a row, a column or a value.

    Parameters
    ----------
    message : str
        What was found and what was expected, in the user's words.
    source : str or Path, optional
        The file in which it was found.
    row : int, optional
        The row as the user counts it in that file.
    column : str, optional
        The column's name.
    hint : str, optional
        What to do next.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        hint: str = "",
    ) -> None:
        self.message = message
        self.source = None if source is None else str(source)
        self.row = row
        self.column = column
        self.hint = hint
        super().__init__(self._text())

    def _text(self) -> str:
        place = [
            part
            for part in (
                self.source,
                f"row {self.row}" if self.row is not None else None,
                f"column '{self.column}'" if self.column is not None else None,
            )
            if part
        ]
        text = f"{', '.join(place)}: {self.message}" if place else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class PlanError(InputError):
    """The plan file says something that cannot be carried out."""


class SolverError(KgspatialError):
    """A solver stopped without an answer that can be used."""


class KgspatialWarning(UserWarning):
    """Something that a person should look at; never used for progress."""
